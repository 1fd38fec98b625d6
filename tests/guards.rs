//! Guards by what they do: every section of `guards.md`, executed.
//!
//! A marker behind the head of a function or struct says what is expected of it: `//= enforced`, `//= optional`,
//! `//= none`, followed by `role` and `owner` where these are asked for. A `routes` block says what guards endpoints.

#![allow(clippy::unwrap_used, reason = "what a test needs and does not find fails it")]

use std::path::Path;

use ward_flow::models::{ModelFile, load as load_models};
use ward_linter::guards::{Authenticates, Guards, Verdict};
use ward_project::{DiscoverOptions, discover, load, read_source, thread_pool};
use ward_semantics::{DefId, DefKind, Semantics, Ty, TyKind};
use ward_tests::{compare_guards, lay_out, sections};

/// What is wrong with the verdicts on a folder's functions and types, measured by its markers.
fn wrong_in(root: &Path) -> Vec<String> {
    let options = DiscoverOptions::default();
    let project = discover(root, &options).unwrap();
    let registry = ward_lints::registry();
    let files: Vec<ModelFile> =
        registry.models.iter().map(|&(name, text)| ModelFile { name, text }).collect();
    let (mut models, errors) = load_models(&files, None);
    assert_eq!(errors, []);
    let externals = std::mem::take(&mut models.externals);
    let loaded = load(&project, &options);
    let semantics = Semantics::new(project, loaded.files, externals);
    let guards = Guards::new(&semantics, &models, Vec::new(), None);
    let mut wrong = Vec::new();
    for def in semantics.defs.iter() {
        let (file, _) = semantics.locate(def);
        let text = read_source(&semantics.project, file).unwrap();
        let start = semantics.item(def).name_span.start as usize;
        let line = text[start.min(text.len())..].lines().next().unwrap_or_default();
        let Some((_, expected)) = line.split_once("//= ") else { continue };
        let Some(verdict) = verdict(&semantics, &guards, def) else { continue };
        let found = told(&verdict);
        if found != expected.trim() {
            wrong.push(format!("`{}`: expected {expected}, found {found}", semantics.path(def)));
        }
    }
    wrong
}

fn verdict(semantics: &Semantics, guards: &Guards, def: DefId) -> Option<Verdict> {
    match semantics.def_map.kind(def) {
        DefKind::Fn => Some(guards.of_function(def)),
        DefKind::Struct | DefKind::Enum => {
            Some(guards.of_extractor(Ty::new(TyKind::Adt { def, args: Box::default() })))
        }
        _ => None,
    }
}

fn told(verdict: &Verdict) -> String {
    let mut text = match verdict.authenticates {
        Authenticates::None => "none",
        Authenticates::Optional => "optional",
        Authenticates::Enforced => "enforced",
    }
    .to_owned();
    if verdict.role {
        text.push_str(" role");
    }
    if verdict.owner {
        text.push_str(" owner");
    }
    text
}

#[test]
fn guards_are_known_by_what_they_do() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/guards.md")).unwrap();
    let only = std::env::var("WARD_SPEC").unwrap_or_default();
    let mut wrong = Vec::new();
    for section in sections(&text).iter().filter(|section| section.title.contains(&only)) {
        let root = tempfile::tempdir().unwrap();
        lay_out(section, root.path());
        let pool = thread_pool(Some(2)).unwrap();
        for line in pool.install(|| wrong_in(root.path())) {
            wrong.push(format!("guards.md:{} ({}): {line}", section.line, section.title));
        }
        let Some(expected) = &section.routes else { continue };
        for line in compare_guards(root.path(), expected) {
            wrong.push(format!("guards.md:{} ({}): {line}", section.line, section.title));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
