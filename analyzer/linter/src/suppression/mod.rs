//! What the source says to the analyzer: findings that are not to be reported, and handlers that anybody may call.
//!
//! A comment `// ward: allow(lint, reason = "..")` belongs to the statement, match arm, field or item it stands behind or
//! before; an attribute `#[cfg_attr(ward, allow(lint, reason = ".."))]` to its item. Both are found by the syntax, so
//! text in strings is nothing, and a formatter that moves lines changes nothing.

mod parse;
mod remove;

use std::collections::BTreeMap;
use std::ops::Range;

use ward_diagnostics::{
    Edit, Finding, Location, Loss, ProblemLevel, ReportProblem, Suppression, SuppressionKind,
};
use ward_project::read_source;
use ward_semantics::{DefId, Semantics};
use ward_syntax::{FileId, Item, LineIndex, Span};

use self::parse::{FORMS, Kind, Said, Wrong, parse};
use crate::config::{Suppressions, Unused};
use crate::{LintMetadata, Registry, Settings};

/// Everything the source says.
#[derive(Debug, Default)]
pub(crate) struct Directives {
    /// How they are treated.
    rules: Suppressions,
    allowed: Vec<Allowed>,
    public: Vec<Public>,
    wrong: Vec<Misspelt>,
}

/// What has become of the suppressions of a run.
#[derive(Debug, Default)]
pub(crate) struct SuppressionOutcome {
    /// What is wrong with some, or useless about them, in the order of files and places.
    pub(crate) problems: Vec<ReportProblem>,
    /// What to change so that none is left that suppresses nothing.
    pub(crate) removals: Vec<Edit>,
}

/// A suppression.
#[derive(Debug)]
struct Allowed {
    place: Place,
    names: Vec<Named>,
    reason: Option<String>,
}

/// A lint or group in a suppression.
#[derive(Debug)]
struct Named {
    name: String,
    span: Span,
    used: bool,
}

/// A handler that anybody may call.
#[derive(Debug)]
struct Public {
    place: Place,
    reason: Option<String>,
}

/// Something that is no directive.
#[derive(Debug)]
struct Misspelt {
    place: Place,
    at: Span,
    message: String,
}

/// Where something is said, and about what.
#[derive(Clone, Copy, Debug)]
struct Place {
    file: FileId,
    /// The comment or attribute.
    span: Span,
    /// What it belongs to.
    target: Span,
    form: Form,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    Comment,
    Attribute,
}

impl Directives {
    /// Reads what all files say.
    pub(crate) fn read(semantics: &Semantics, rules: Suppressions) -> Self {
        let mut directives = Self { rules, ..Self::default() };
        for (file, _) in semantics.project.files() {
            if !semantics.files[file.index()].ir.outline().has_directives {
                continue;
            }
            let ir = semantics.ir(file);
            for directive in &ir.directives {
                let place =
                    Place { file, span: directive.span, target: directive.target, form: Form::Comment };
                directives.enter(place, directive.text.as_str(), directive.text_start);
            }
            for (_, item) in ir.tree.iter() {
                for attribute in
                    item.attributes.iter().filter(|attribute| attribute.last_segment() == "cfg_attr")
                {
                    let text = attribute.args.as_str();
                    let Some(said) = for_ward(text) else { continue };
                    let start = attribute.args_start + (text.len() - said.len()) as u32;
                    let place =
                        Place { file, span: attribute.span, target: item.span, form: Form::Attribute };
                    directives.enter(place, said.trim_end(), start);
                }
            }
        }
        directives
    }

    fn enter(&mut self, place: Place, text: &str, start: u32) {
        let at = |range: Range<usize>| Span::new(start + range.start as u32, start + range.end as u32);
        match parse(text) {
            Ok(Said { kind: Kind::Allow, names, reason }) => {
                let named = |(name, range): (&str, Range<usize>)| Named {
                    name: name.replace('_', "-"),
                    span: at(range),
                    used: false,
                };
                let names = names.into_iter().map(named).collect();
                self.allowed.push(Allowed { place, names, reason });
            }
            Ok(Said { kind: Kind::Public, reason, .. }) => self.public.push(Public { place, reason }),
            Err(Wrong { message, at: range }) => self.wrong.push(Misspelt { place, at: at(range), message }),
        }
    }

    /// Whether what gives this reason counts.
    fn counts(&self, reason: Option<&str>) -> bool {
        !self.rules.require_reason || gives_reason(reason)
    }

    /// The reason why anybody may call a function, if the source says so: empty if it gives none.
    pub(crate) fn public(&self, semantics: &Semantics, def: DefId) -> Option<&str> {
        let (file, _) = semantics.locate(def);
        let item = semantics.item(def);
        let said = self
            .public
            .iter()
            .find(|public| public.place.file == file && public.place.target == item.span)
            .filter(|public| self.counts(public.reason.as_deref()))?;
        Some(said.reason.as_deref().unwrap_or_default())
    }

    /// Marks the findings that the source suppresses.
    pub(crate) fn apply(&mut self, findings: &mut [Finding]) {
        let required = self.rules.require_reason;
        for finding in findings {
            let at = finding.primary.location;
            for allowed in &mut self.allowed {
                let counts = !required || gives_reason(allowed.reason.as_deref());
                if allowed.place.file != at.file || !allowed.place.target.contains(at.span) {
                    continue;
                }
                for named in &mut allowed.names {
                    if named.name == finding.lint.name || named.name == finding.lint.group {
                        named.used = true;
                        if counts {
                            finding.suppression = Some(Suppression {
                                kind: SuppressionKind::InSource,
                                justification: allowed.reason.clone(),
                            });
                        }
                    }
                }
            }
        }
    }

    /// What is wrong with directives, or useless about them.
    pub(crate) fn judge(
        self,
        semantics: &Semantics,
        registry: &Registry,
        settings: &Settings,
    ) -> SuppressionOutcome {
        let mut judge = Judge {
            semantics,
            registry,
            settings,
            texts: BTreeMap::new(),
            told: Vec::new(),
            removals: Vec::new(),
        };
        for wrong in &self.wrong {
            judge.tell(wrong.place, wrong.at, wrong.message.clone(), FORMS.to_owned());
        }
        for public in &self.public {
            judge.public(public);
        }
        for allowed in &self.allowed {
            judge.allowed(allowed);
        }
        judge.told.sort_by_key(|(location, _)| *location);
        SuppressionOutcome {
            problems: judge.told.into_iter().map(|(_, problem)| problem).collect(),
            removals: judge.removals,
        }
    }
}

fn gives_reason(reason: Option<&str>) -> bool {
    reason.is_some_and(|reason| !reason.trim().is_empty())
}

/// What an attribute's arguments say if they hold only for the analyzer: what follows in `cfg_attr(ward, ..)`.
fn for_ward(args: &str) -> Option<&str> {
    let rest = args.trim_start().strip_prefix("ward")?.trim_start().strip_prefix(',')?;
    Some(rest.trim_start())
}

/// The names without the dead ones, in the place of all; none if something else stands between them.
fn shorter(text: &str, names: &[Named], dead: &[Span]) -> Option<(Span, String)> {
    let all = names.iter().map(|named| named.span).reduce(Span::cover)?;
    if all.text(text).contains('"') {
        return None;
    }
    let kept = names.iter().filter(|named| !dead.contains(&named.span));
    Some((all, kept.map(|named| named.span.text(text)).collect::<Vec<_>>().join(", ")))
}

struct Judge<'a> {
    semantics: &'a Semantics,
    registry: &'a Registry,
    settings: &'a Settings,
    texts: BTreeMap<FileId, String>,
    told: Vec<(Location, ReportProblem)>,
    removals: Vec<Edit>,
}

impl Judge<'_> {
    fn allowed(&mut self, allowed: &Allowed) {
        let place = allowed.place;
        if !self.is_reported_on(place) {
            return;
        }
        let Suppressions { require_reason, unused } = self.settings.suppressions;
        if require_reason && !gives_reason(allowed.reason.as_deref()) {
            let help = "add why: `allow(lint, reason = \"..\")`".to_owned();
            let message = "this suppresses nothing, because it gives no reason".to_owned();
            self.tell(place, place.span, message, help);
        }
        if unused == Unused::Allow {
            return;
        }
        let mut dead = Vec::new();
        for named in &allowed.names {
            if !self.registry.names(&named.name) {
                let message = format!("there is no lint or group `{}`", named.name);
                let help = self.registry.advice(&named.name);
                self.tell(place, named.span, message, help);
            } else if !named.used && self.ran(&named.name) {
                let message = format!("`{}` is suppressed here, and not found", named.name);
                let help = "remove it, or let `--fix-unused-suppressions` do so".to_owned();
                self.tell(place, named.span, message, help);
                dead.push(named.span);
            }
        }
        if dead.is_empty() {
            return;
        }
        let text = self.text(place.file);
        let edit = if dead.len() == allowed.names.len() {
            Some((remove::whole(text, place.span, place.form == Form::Comment), String::new()))
        } else {
            shorter(text, &allowed.names, &dead)
        };
        let file = place.file;
        let edit = edit.map(|(span, replacement)| Edit { location: Location { file, span }, replacement });
        self.removals.extend(edit);
    }

    fn public(&mut self, public: &Public) {
        let place = public.place;
        if !self.is_reported_on(place) {
            return;
        }
        if self.settings.suppressions.require_reason && !gives_reason(public.reason.as_deref()) {
            let help = "add why: `public(reason = \"..\")`".to_owned();
            let message = "this makes nothing public, because it gives no reason".to_owned();
            self.tell(place, place.span, message, help);
        }
        let tree = &self.semantics.ir(place.file).tree;
        if !tree.iter().any(|(_, item)| item.span == place.target && item.as_fn().is_some()) {
            let help = "put it directly before the handler".to_owned();
            self.tell(place, place.span, "`public` belongs to no function here".to_owned(), help);
        }
    }

    /// Whether some lint that a name means ran.
    fn ran(&self, name: &str) -> bool {
        let means = |lint: &LintMetadata| lint.name == name || lint.group == name;
        self.registry.lints.iter().any(|lint| means(lint.metadata) && self.settings.runs(lint.metadata))
    }

    /// Whether findings are looked for where something is said.
    fn is_reported_on(&self, place: Place) -> bool {
        let tree = &self.semantics.ir(place.file).tree;
        let around = |item: &Item| item.span.contains(place.target);
        let is_test = tree.iter().any(|(_, item)| item.is_test && around(item));
        crate::context::is_reported_on(
            self.semantics.files[place.file.index()].role,
            is_test,
            self.settings.tests,
        )
    }

    fn text(&mut self, file: FileId) -> &str {
        let project = &self.semantics.project;
        self.texts.entry(file).or_insert_with(|| read_source(project, file).unwrap_or_default())
    }

    fn tell(&mut self, place: Place, at: Span, message: String, help: String) {
        let text = self.text(place.file);
        let position = LineIndex::new(text).position(text, at.start);
        let unused = self.settings.suppressions.unused;
        let problem = ReportProblem {
            path: Some(self.semantics.project.file(place.file).path.clone()),
            position: Some((position.line, position.column)),
            message,
            help: Some(help),
            level: if unused == Unused::Deny { ProblemLevel::Error } else { ProblemLevel::Warning },
            loss: Loss::Nothing,
        };
        self.told.push((Location { file: place.file, span: at }, problem));
    }
}
