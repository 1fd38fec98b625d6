//! Code that nothing of a program reaches: a service that is never added, a helper that nobody calls. What is found there
//! is right, and hurts nobody as long as it stays so: it is told with low confidence.
//!
//! Only what is left when all doubt is taken away counts as unreached: no call and no name leads there from `main`, from an
//! endpoint that is served, from a trait that others may call by, from an attribute or from a macro that was not understood.
//! The libraries of a program's own package are there for the program; other libraries may be used by anybody.

use rustc_hash::{FxHashMap, FxHashSet};
use ward_diagnostics::{Confidence, Finding};
use ward_project::{PackageId, TargetKind, read_source};
use ward_semantics::endpoint::{Endpoint, Endpoints, UnknownPart};
use ward_semantics::{Callee, DefId, DefKind, Resolution, Semantics, TyKind};
use ward_syntax::{Attribute, Expr, Fields, FileId, Item, ItemKind, Symbol};

use crate::places::Functions;

/// More functions are not looked at on the way up.
const MOST_FUNCTIONS: usize = 400;

/// The weakness of a secret that stands in the source.
const HARDCODED: u16 = 798;

/// Attributes that make nobody call a function.
const INERT: &[&str] = &[
    "allow",
    "async_recursion",
    "async_trait",
    "cold",
    "deny",
    "deprecated",
    "doc",
    "expect",
    "inline",
    "instrument",
    "must_use",
    "rustfmt::skip",
    "track_caller",
    "warn",
];

/// Lowers the confidence of what is found in code that nothing reaches.
pub(crate) fn lower(semantics: &Semantics, endpoints: &Endpoints, findings: &mut [Finding]) {
    // Where nothing is seen to be served, the ways in are not known.
    if !endpoints.all().iter().any(is_served) {
        return;
    }
    let mut functions = Functions::default();
    let mut reach = Reach::new(semantics, endpoints);
    // What stands in the source is known, whether it is used or not.
    let is_by_use = |finding: &&mut Finding| !finding.lint.cwe.contains(&HARDCODED);
    let sure = findings.iter_mut().filter(|finding| finding.confidence > Confidence::Low);
    for finding in sure.filter(is_by_use) {
        let Some(own) = functions.at(semantics, finding.primary.location) else { continue };
        let begins = |flow: &ward_diagnostics::Flow| flow.steps.first().map(|step| step.location);
        let starts: Vec<Option<DefId>> =
            finding.flows.iter().filter_map(begins).map(|place| functions.at(semantics, place)).collect();
        let is_unreached = |reach: &mut Reach, def: DefId| !reach.is_reached(def);
        let comes_from_nowhere = |reach: &mut Reach| {
            let mut starts = starts.iter();
            !starts.as_slice().is_empty()
                && starts.all(|start| start.is_some_and(|start| is_unreached(reach, start)))
        };
        if is_unreached(&mut reach, own) || comes_from_nowhere(&mut reach) {
            finding.confidence = Confidence::Low;
            finding.notes.push("nothing that is seen of the program calls this code".to_owned());
        }
    }
}

/// What is known of who reaches which function.
struct Reach<'a> {
    semantics: &'a Semantics,
    endpoints: &'a Endpoints,
    /// Packages with a `main`.
    programs: FxHashSet<PackageId>,
    known: FxHashMap<DefId, bool>,
}

impl<'a> Reach<'a> {
    fn new(semantics: &'a Semantics, endpoints: &'a Endpoints) -> Self {
        let mains = semantics.functions().iter().filter(|def| is_main(semantics, **def));
        let is_program = |def: &&DefId| {
            let krate = semantics.def_map.crate_of(**def);
            matches!(semantics.def_map.crate_data(krate).kind, TargetKind::Bin | TargetKind::Lib)
        };
        let programs = mains.filter(is_program).map(|def| semantics.package(*def)).collect();
        Self { semantics, endpoints, programs, known: FxHashMap::default() }
    }

    /// Whether something of a program may come to a function.
    fn is_reached(&mut self, function: DefId) -> bool {
        if let Some(known) = self.known.get(&function) {
            return *known;
        }
        let reached = self.search(function);
        self.known.insert(function, reached);
        reached
    }

    fn search(&self, function: DefId) -> bool {
        let mut seen = FxHashSet::from_iter([function]);
        let mut open = vec![function];
        while let Some(def) = open.pop() {
            if seen.len() > MOST_FUNCTIONS || self.begins(def) {
                return true;
            }
            // Of a type that nobody makes, no method is called, whoever calls it by a trait.
            if self.is_of_trait(def) {
                continue;
            }
            let is_new = |caller: &DefId| !self.semantics.is_test(*caller) && seen.insert(*caller);
            open.extend(self.callers(def).into_iter().filter(is_new));
        }
        false
    }

    /// Who calls a function, or one that stands in its place where a feature is switched on or off.
    fn callers(&self, def: DefId) -> Vec<DefId> {
        let others = self.semantics.def_map.duplicates(def).iter().copied();
        let routers = |def| self.endpoints.of_handler(def).filter_map(|endpoint| endpoint.router);
        let callers = |def| self.semantics.call_graph().callers(def).iter().copied();
        std::iter::once(def).chain(others).flat_map(|def| callers(def).chain(routers(def))).collect()
    }

    fn is_of_trait(&self, def: DefId) -> bool {
        let container = self.semantics.def_map.container(def);
        container.is_some_and(|container| {
            matches!(self.semantics.item(container).kind, ItemKind::Impl { trait_ref: Some(_), .. })
        })
    }

    /// Whether a way may begin at a function, or come to it unseen.
    fn begins(&self, def: DefId) -> bool {
        let semantics = self.semantics;
        if semantics.def_map.kind(def) != DefKind::Fn
            || !self.programs.contains(&semantics.package(def))
            || is_main(semantics, def)
        {
            return true;
        }
        let mut endpoints = self.endpoints.of_handler(def).peekable();
        let is_handler = endpoints.peek().is_some();
        if endpoints.any(is_served) {
            return true;
        }
        let container = semantics.def_map.container(def);
        let attributes = container.map(|container| semantics.item(container).attributes.as_slice());
        let attributes = semantics.item(def).attributes.iter().chain(attributes.unwrap_or_default());
        if !is_handler && attributes.into_iter().any(|attribute| !is_inert(attribute)) {
            return true;
        }
        match container.map(|container| &semantics.item(container).kind) {
            Some(ItemKind::Trait { .. }) => true,
            _ if self.is_of_trait(def) => self.is_type_used(def),
            _ => self.is_named(def),
        }
    }

    /// Whether anything outside the impls of the type that a method belongs to speaks of that type.
    fn is_type_used(&self, method: DefId) -> bool {
        let semantics = self.semantics;
        let Some(info) = semantics.enclosing_impl(method) else { return true };
        let TyKind::Adt { def, .. } = info.self_ty.kind() else { return true };
        let impls = semantics.impls.of_type(ward_semantics::TypeHead::Adt(*def));
        let own: Vec<_> = impls
            .iter()
            .chain([def])
            .map(|def| (semantics.locate(*def).0, semantics.item(*def).span))
            .collect();
        let name = semantics.def_map.name(*def);
        self.files().any(|file| {
            let spans = segments_named(semantics, file, name);
            spans
                .iter()
                .any(|at| !own.iter().any(|(of, span)| *of == file && (span.start..span.end).contains(at)))
        }) || self.is_written(name)
    }

    /// Whether something that was not understood may mean a function: a method on something of unknown type, a path that was
    /// not resolved, an attribute, a macro.
    fn is_named(&self, def: DefId) -> bool {
        let name = self.semantics.def_map.name(def);
        let is_method =
            self.semantics.item(def).as_fn().is_some_and(|function| function.self_param.is_some());
        let says = |def: &DefId| !self.semantics.is_test(*def) && says(self.semantics, *def, name, is_method);
        self.semantics.with_bodies().iter().any(says) || self.is_written(name)
    }

    fn is_written(&self, name: Symbol) -> bool {
        let semantics = self.semantics;
        self.files()
            .any(|file| semantics.ask(&format!("writes {name}"), file, || writes(semantics, file, name)))
    }

    fn files(&self) -> impl Iterator<Item = FileId> {
        let files = self.semantics.files.iter().enumerate();
        files.filter(|(_, file)| !file.role.is_test()).map(|(index, _)| FileId(index as u32))
    }
}

fn is_main(semantics: &Semantics, def: DefId) -> bool {
    semantics.def_map.name(def).as_str() == "main" && semantics.def_map.container(def).is_none()
}

fn is_served(endpoint: &Endpoint) -> bool {
    !endpoint.unknown.iter().any(|unknown| unknown.part == UnknownPart::Mount)
}

fn is_inert(attribute: &Attribute) -> bool {
    let path = attribute.path.as_str();
    INERT.iter().any(|inert| path == *inert || path.rsplit("::").next() == Some(*inert))
}

/// Whether a body names something that nothing is known of.
fn says(semantics: &Semantics, def: DefId, name: Symbol, is_method: bool) -> bool {
    let (Some(types), Some((file, _))) = (semantics.types(def), semantics.body(def)) else { return false };
    let ir = semantics.ir(file);
    let is_last = |path| ir.path_segments(path).last().is_some_and(|segment| segment.name == name);
    let is_it = |callee: &Callee| matches!(callee, Callee::UnknownMethod(method) if *method == name);
    (is_method && types.callees().any(|(_, callee)| is_it(callee)))
        || types.paths().any(|(path, meant)| meant == Resolution::Unresolved && is_last(path))
}

/// Where a file has a segment of a path with a name.
fn segments_named(semantics: &Semantics, file: FileId, name: Symbol) -> Vec<u32> {
    semantics.ask(&format!("speaks of {name}"), file, || {
        let segments = semantics.ir(file).segments.iter();
        segments.filter(|segment| segment.name == name).map(|segment| segment.span.start).collect()
    })
}

/// Whether an attribute, or a macro that was not wholly understood, holds a word.
fn writes(semantics: &Semantics, file: FileId, word: Symbol) -> bool {
    let ir = semantics.ir(file);
    let word = word.as_str();
    let in_attributes =
        |item: &Item| attributes(item).any(|attribute| has_word(attribute.args.as_str(), word));
    if ir.tree.items.iter().any(in_attributes) {
        return true;
    }
    let in_rules = |item: &Item| matches!(&item.kind, ItemKind::MacroRules { tokens } if has_word(tokens.as_str(), word));
    if ir.tree.items.iter().any(in_rules) {
        return true;
    }
    let opaque = ir
        .exprs
        .iter()
        .zip(&ir.expr_spans)
        .filter(|(expr, _)| matches!(expr, Expr::Macro(call) if !ir.macro_call(*call).complete));
    let mut opaque = opaque.peekable();
    if opaque.peek().is_none() {
        return false;
    }
    let Ok(text) = read_source(&semantics.project, file) else { return true };
    opaque.any(|(_, span)| {
        text.get(span.start as usize..span.end as usize).is_none_or(|text| has_word(text, word))
    })
}

/// The attributes of an item, its fields and its variants.
fn attributes(item: &Item) -> impl Iterator<Item = &Attribute> {
    let (fields, variants) = match &item.kind {
        ItemKind::Struct { fields, .. } => (Some(fields), [].as_slice()),
        ItemKind::Enum { variants, .. } => (None, variants.as_slice()),
        _ => (None, [].as_slice()),
    };
    let of_variants =
        variants.iter().flat_map(|variant| variant.attributes.iter().chain(of_fields(&variant.fields)));
    item.attributes.iter().chain(fields.into_iter().flat_map(of_fields)).chain(of_variants)
}

fn of_fields(fields: &Fields) -> impl Iterator<Item = &Attribute> {
    fields.fields.iter().flat_map(|field| &field.attributes)
}

fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part))
}

#[cfg(test)]
mod tests {
    use super::has_word;

    #[test]
    fn words_are_whole() {
        assert!(has_word("deserialize_with = \"checks::name\"", "name"));
        assert!(!has_word("rename = \"names\"", "name"));
    }
}
