//! What a configuration names and the analysed code does not have: misspelt, or left over.

use toml::Spanned;
use ward_diagnostics::{Loss, ProblemLevel, ReportProblem};
use ward_flow::models::Models;
use ward_project::{ConfigFile, PathPatterns, line_column};
use ward_semantics::endpoint::{Endpoints, UnknownPart};
use ward_semantics::{DefId, DefKind, Semantics};
use ward_syntax::Span;

use super::EndpointPattern;
use crate::Settings;
use crate::nearest::{did_you_mean, distance};

/// Tells of what means nothing, in the order of the file. Where only a part of what the configuration is for was analysed,
/// nothing is told: the rest may have it.
pub(crate) fn unmatched(
    semantics: &Semantics,
    endpoints: &Endpoints,
    models: &Models,
    settings: &Settings,
) -> Vec<ReportProblem> {
    let project = &semantics.project;
    let Some(config) = &project.config else { return Vec::new() };
    let is_whole = project.packages.iter().any(|package| package.manifest.is_some());
    if config.path.parent() != Some(project.root.as_path()) || !is_whole {
        return Vec::new();
    }
    let mut told = Told { config, found: Vec::new() };
    let access = &settings.access;
    for guard in access.guards.iter().chain(access.roles.values().flatten()) {
        told.guard(semantics, guard);
    }
    let [paths, places] = settings.levels.patterns();
    for pattern in paths {
        told.path(semantics, pattern);
    }
    // What is not wholly known may be what is meant.
    let is_known = endpoints.all().iter().all(|endpoint| {
        endpoint
            .unknown
            .iter()
            .all(|unknown| matches!(unknown.part, UnknownPart::Handler | UnknownPart::Layer))
    });
    if is_known {
        for pattern in access.public.iter().chain(places) {
            told.endpoint(endpoints, pattern);
        }
    }
    let own: Vec<&str> = semantics.def_map.crates().map(|(_, krate)| krate.name.as_str()).collect();
    for call in &models.user_calls {
        let first = call.path.as_str().split("::").next().unwrap_or_default();
        let is_own = first == "crate" || own.contains(&first);
        if is_own && semantics.functions_named(call.path.as_str()).is_empty() {
            let help = nearest(semantics, call.path.as_str(), |kind| kind == DefKind::Fn);
            let message = format!("there is no function `{}`: this row says nothing", call.path);
            told.tell(Span::new(call.span.0, call.span.1), message, help);
        }
    }
    told.found.sort_by_key(|problem| problem.position);
    told.found
}

struct Told<'a> {
    config: &'a ConfigFile,
    found: Vec<ReportProblem>,
}

impl Told<'_> {
    fn guard(&mut self, semantics: &Semantics, guard: &Spanned<String>) {
        let path = guard.get_ref();
        if semantics
            .defs
            .iter()
            .any(|def| is_guard_kind(semantics.def_map.kind(def)) && means(semantics, path, def))
        {
            return;
        }
        let help = nearest(semantics, path, is_guard_kind).unwrap_or_else(|| {
            "name a function or type of the workspace; those of other crates are told by `[[model.guard]]`".to_owned()
        });
        self.tell(span(guard), format!("there is no guard `{path}` in the code"), Some(help));
    }

    fn path(&mut self, semantics: &Semantics, pattern: &Spanned<String>) {
        let Some(folder) = self.config.path.parent() else { return };
        let text = pattern.get_ref();
        let Ok(patterns) = PathPatterns::new(folder, std::slice::from_ref(text)) else { return };
        let mut files = semantics.project.files.iter();
        if files.any(|file| patterns.matches(&file.absolute)) || folder.join(text.trim_matches('/')).exists()
        {
            return;
        }
        let help = "patterns are as in a `.gitignore` beside this file: `src/legacy/`, `**/schema.rs`";
        self.tell(span(pattern), format!("no file fits `{text}`"), Some(help.to_owned()));
    }

    fn endpoint(&mut self, endpoints: &Endpoints, text: &Spanned<String>) {
        let Ok(pattern) = text.get_ref().parse::<EndpointPattern>() else { return };
        let mut all = endpoints.all().iter();
        let fits = |method: &str, path: &str| pattern.matches(method, path);
        if all.any(|endpoint| {
            endpoint.methods.names().iter().any(|method| fits(method, endpoint.path.as_str()))
        }) {
            return;
        }
        let path = text.get_ref().split_whitespace().next_back().unwrap_or_default();
        let known = endpoints.all().iter().map(|endpoint| endpoint.path.as_str());
        let help = did_you_mean(path, known.filter(|known| *known != path));
        let help = help.unwrap_or_else(|| "`cargo ward routes` lists them".to_owned());
        self.tell(span(text), format!("no endpoint fits `{}`", text.get_ref()), Some(help));
    }

    fn tell(&mut self, span: Span, message: String, help: Option<String>) {
        let at = line_column(&self.config.text, span);
        let name = self.config.path.file_name().unwrap_or_default();
        self.found.push(ReportProblem {
            path: Some(name.to_string_lossy().into_owned()),
            position: Some((at.line, at.column)),
            message,
            help,
            level: ProblemLevel::Warning,
            loss: Loss::Nothing,
        });
    }
}

fn span(text: &Spanned<String>) -> Span {
    Span::new(text.span().start as u32, text.span().end as u32)
}

fn is_guard_kind(kind: DefKind) -> bool {
    matches!(kind, DefKind::Fn | DefKind::Struct | DefKind::Enum)
}

/// Whether a path that the configuration writes means an item: the item's path ends so.
pub(crate) fn means(semantics: &Semantics, path: &str, def: DefId) -> bool {
    let path = path.strip_prefix("crate::").unwrap_or(path);
    let last = path.rsplit("::").next().unwrap_or(path);
    semantics.def_map.name(def).as_str() == last
        && semantics.path(def).strip_suffix(path).is_some_and(|rest| rest.is_empty() || rest.ends_with("::"))
}

/// The item that was probably meant: its own name is near, and of several its path.
fn nearest(semantics: &Semantics, path: &str, is_meant: impl Fn(DefKind) -> bool) -> Option<String> {
    let last = path.rsplit("::").next().unwrap_or(path);
    let items = semantics.defs.iter().filter(|def| is_meant(semantics.def_map.kind(*def)));
    let near = items.filter(|def| distance(last, semantics.def_map.name(*def).as_str()).is_some());
    let paths: Vec<String> = near.map(|def| semantics.path(def)).collect();
    let below = |own: &String| strsim::damerau_levenshtein(path, own);
    let best = paths.iter().min_by_key(|own| (below(own), *own))?;
    let shown = best.split_once("::").filter(|_| path.starts_with("crate::"));
    let shown = shown.map_or_else(|| best.clone(), |(_, below)| format!("crate::{below}"));
    Some(format!("did you mean `{shown}`?"))
}
