//! Kinds of sink: what sort of value is dangerous, whose it is, and what makes it harmless.
//!
//! The code below calls sinks named after their kind; a line that must be reported names them in a comment.

#![allow(clippy::unwrap_used, reason = "what a test needs and does not find fails it")]

use std::collections::BTreeSet;
use std::fs;

use ward_flow::models::{ModelFile, load as load_models};
use ward_flow::{Entry, FlowIndex};
use ward_project::{DiscoverOptions, discover, load, thread_pool};
use ward_semantics::Semantics;
use ward_syntax::Symbol;

const MODELS: &str = r#"
[[kind]]
name = "size"
carries = "large-number"

[[kind]]
name = "index"
carries = "number"
bound = "any"

[[kind]]
name = "leak"
carries = "any"
from = ["error"]

[[type]]
path = "db::Error"

[[type]]
path = "web::Request"
text = "none"

[[source]]
parameter = "web::Input"
kind = "query"

[[type]]
path = "web::Input"
params = ["T"]
deref = "T"
fields = { 0 = "T" }

[[source]]
error_type = "db::Error"
kind = "database"

[[fn]]
path = "db::load"
returns = "Result<String, db::Error>"

[[sink]]
call = "sink::size"
input = "0"
kind = "size"
help = "limit it"

[[sink]]
call = "sink::index"
input = "0"
kind = "index"
help = "check it"

[[sink]]
call = "sink::text"
input = "0"
kind = "text"
help = "bind it"

[[sink]]
call = "sink::leak"
input = "0"
kind = "leak"
help = "keep it"

[[sink]]
call = "sink::tell!"
input = "1"
kind = "text"
help = "bind it"
"#;

/// Lines with a comment `//~ kind ..` against what flows there.
#[test]
fn kinds_of_sinks() {
    let code = include_str!("flows/kinds.rs");
    let mut expected = BTreeSet::new();
    for (line, text) in code.lines().enumerate() {
        if let Some((_, kinds)) = text.split_once("//~") {
            expected.extend(kinds.split_whitespace().map(|kind| (line + 1, kind.to_owned())));
        }
    }
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("src")).unwrap();
    let manifest = "[package]\nname = \"app\"\nversion = \"0.0.0\"\nedition = \"2024\"\n";
    fs::write(root.path().join("Cargo.toml"), manifest).unwrap();
    fs::write(root.path().join("src/main.rs"), code).unwrap();
    let std = include_str!("../lints/models/std.toml");
    let files = [("lib.toml", MODELS), ("std.toml", std)].map(|(name, text)| ModelFile { name, text });
    let found = thread_pool(None).unwrap().install(|| {
        let (mut models, errors) = load_models(&files, None);
        assert_eq!(errors, []);
        let options = DiscoverOptions::default();
        let project = discover(root.path(), &options).unwrap();
        let loaded = load(&project, &options);
        let semantics = Semantics::new(project, loaded.files, std::mem::take(&mut models.externals));
        let flows = FlowIndex::new(&semantics, &models);
        let mut found = BTreeSet::new();
        for kind in ["size", "index", "text", "leak"] {
            for reached in flows.reached(&semantics, Symbol::new(kind)) {
                let is_error = matches!(reached.ways[0].entry, Entry::Other { .. });
                assert_eq!(is_error, kind == "leak");
                let before = &code[..reached.place.span.start as usize];
                found.insert((before.matches('\n').count() + 1, kind.to_owned()));
            }
        }
        found
    });
    assert_eq!(found, expected);
}
