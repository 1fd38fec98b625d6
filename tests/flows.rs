//! Kinds of sink: what sort of value is dangerous, whose it is, and what makes it harmless.
//!
//! The code below calls sinks named after their kind; a line that must be reported names them in a comment.

#![allow(clippy::unwrap_used, reason = "what a test needs and does not find fails it")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use ward_flow::models::{ModelFile, load as load_models};
use ward_flow::{Entry, Exported, FlowIndex};
use ward_project::{DiscoverOptions, discover, load, thread_pool};
use ward_semantics::{DefId, Semantics};
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
name = "log-line"

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
    let (semantics, flows) = analyzed(code);
    let mut found = BTreeSet::new();
    for kind in ["size", "index", "text", "leak"] {
        for reached in flows.reached(&semantics, Symbol::new(kind)) {
            let is_error = matches!(reached.ways[0].entry, Entry::Other { .. });
            assert_eq!(is_error, kind == "leak");
            let before = &code[..reached.place.span.start as usize];
            found.insert((before.matches('\n').count() + 1, kind.to_owned()));
        }
    }
    assert_eq!(found, expected);
}

/// What functions tell their callers, in words.
#[test]
fn summaries_in_words() {
    let (semantics, flows) = analyzed(include_str!("flows/summaries.rs"));
    insta::assert_snapshot!(flows.pretty_summaries(&semantics));
}

/// A method with many implementations, each of which calls it again and keeps what comes of it in a field of its own:
/// the parts of what it may return multiply with every call.
#[test]
fn what_many_implementations_return_stays_small() {
    let mut code = "pub trait Layer<E> { type Out; fn wrap(&self, inner: E) -> Self::Out; }\n".to_owned();
    code.push_str("pub struct Both<A, B> { first: A, second: B }\n");
    code.push_str("impl<E, A: Layer<E>, B: Layer<A::Out>> Layer<E> for Both<A, B> { type Out = B::Out;\n");
    code.push_str("    fn wrap(&self, inner: E) -> B::Out { self.second.wrap(self.first.wrap(inner)) } }\n");
    for number in 0..30 {
        writeln!(
            code,
            "pub struct Made{number}<E> {{ inner{number}: E, name{number}: String, text{number}: String }}\n\
             pub struct Of{number} {{ name: String, text: String }}\n\
             impl<E> Layer<E> for Of{number} {{ type Out = Made{number}<E>;\n\
             fn wrap(&self, inner: E) -> Self::Out {{\n\
             Made{number} {{ inner{number}: inner, name{number}: self.name.clone(), text{number}: self.text.clone() }} }} }}"
        )
        .unwrap();
    }
    code.push_str("pub fn serve<L: Layer<String>>(layer: L, input: Input<String>) { sink::text(layer.wrap(input.0)); }\n");
    code.push_str("fn main() {}\n");
    let (semantics, flows) = analyzed(&format!("use web::Input;\nuse std::string::String;\n{code}"));
    let parts = |def| {
        let mut count = 0;
        let summary = flows.summaries.get(def)?;
        count_parts(&summary.result, &mut count);
        Some(count)
    };
    let most = semantics.functions().iter().filter_map(|def| parts(*def)).max();
    assert!(most.is_some_and(|most| (1..=128).contains(&most)), "{most:?}");
}

/// Functions that check every part of what they are given and call the next one, which does so too: what each can say of
/// its parameter grows with all that it calls.
#[test]
fn what_functions_check_stays_small() {
    const CHECKS: usize = 12;
    const FUNCTIONS: usize = 100;
    let mut code = String::from("pub struct Form {");
    for number in 0..CHECKS * FUNCTIONS {
        write!(code, " f{number}: String,").unwrap();
    }
    code.push_str("}\nimpl Form {\n    fn check0(&self) {}\n");
    for function in 1..FUNCTIONS {
        writeln!(code, "    fn check{function}(&self) {{").unwrap();
        for number in (0..CHECKS).map(|check| function * CHECKS + check) {
            writeln!(code, "        if self.f{number} != \"fixed\" {{ panic!() }}").unwrap();
        }
        writeln!(code, "        self.check{}();\n    }}", function - 1).unwrap();
    }
    writeln!(code, "}}\npub fn serve(input: Input<Form>) {{ input.0.check{}();", FUNCTIONS - 1).unwrap();
    code.push_str("    sink::text(input.0.f1199);\n}\nfn main() {}\n");
    let (semantics, flows) = analyzed(&format!("use web::Input;\nuse std::string::String;\n{code}"));
    let facts = |def: &DefId| Some(flows.summaries.get(*def)?.always.len());
    let most = semantics.functions().iter().filter_map(facts).max();
    assert!(most.is_some_and(|most| (1..=128).contains(&most)), "{most:?}");
}

fn count_parts(value: &Exported, count: &mut usize) {
    for (_, part) in &value.fields {
        *count += 1;
        count_parts(part, count);
    }
}

fn analyzed(code: &str) -> (Semantics, FlowIndex) {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("src")).unwrap();
    let manifest = "[package]\nname = \"app\"\nversion = \"0.0.0\"\nedition = \"2024\"\n";
    fs::write(root.path().join("Cargo.toml"), manifest).unwrap();
    fs::write(root.path().join("src/main.rs"), code).unwrap();
    let std = include_str!("../lints/models/std.toml");
    let files = [("lib.toml", MODELS), ("std.toml", std)].map(|(name, text)| ModelFile { name, text });
    thread_pool(None).unwrap().install(|| {
        let (mut models, errors) = load_models(&files, None);
        assert_eq!(errors, []);
        let options = DiscoverOptions::default();
        let project = discover(root.path(), &options).unwrap();
        let loaded = load(&project, &options);
        let semantics = Semantics::new(project, loaded.files, std::mem::take(&mut models.externals));
        let flows = FlowIndex::new(&semantics, &models);
        (semantics, flows)
    })
}
