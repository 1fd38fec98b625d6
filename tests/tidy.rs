//! The repository's own rules, kept by a machine: what a lint consists of, who depends on whom, and what the text of
//! the code may hold.

#![allow(clippy::unwrap_used, reason = "what a test needs and does not find fails it")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use ward_dev::{generate, repository, schema};

/// Frameworks and databases that the engine must not know by name. What it has to know of them stands in
/// `lints/models/` and `lints/src/`.
const FOREIGN: &[&str] = &[
    "actix",
    "async-graphql",
    "axum",
    "clickhouse",
    "deadpool",
    "diesel",
    "dioxus",
    "dropshot",
    "duckdb",
    "hyper",
    "jsonrpsee",
    "juniper",
    "lambda-http",
    "leptos",
    "libsql",
    "loco-rs",
    "mysql",
    "mysql-async",
    "ntex",
    "odbc-api",
    "poem",
    "postgres",
    "rocket",
    "rusqlite",
    "salvo",
    "scylla",
    "sea-orm",
    "sea-query",
    "sqlx",
    "surrealdb",
    "tiberius",
    "tide",
    "tokio-postgres",
    "tonic",
    "warp",
];

/// Which of our crates a crate may depend on, besides in its tests. Those who are not listed may depend on all.
const ARROWS: &[(&str, &[&str])] = &[
    ("ward_syntax", &[]),
    ("ward_project", &["ward_syntax"]),
    ("ward_diagnostics", &["ward_syntax"]),
    ("ward_semantics", &["ward_project", "ward_syntax"]),
    ("ward_flow", &["ward_semantics", "ward_project", "ward_syntax"]),
    ("ward_linter", &["ward_flow", "ward_diagnostics", "ward_semantics", "ward_project", "ward_syntax"]),
    ("ward_lints", &["ward_linter", "ward_flow", "ward_diagnostics", "ward_semantics", "ward_syntax"]),
    ("cargo-ward", &["ward_lints", "ward_linter", "ward_diagnostics", "ward_project", "ward_syntax"]),
];

/// The headings of a lint's page, in order.
const PAGE: &[&str] =
    &["What it does", "Why it matters", "Example", "Use instead", "Known limits", "References"];

/// A file of the repository.
struct File {
    /// Relative to the root, with `/` between its parts.
    path: String,
    text: String,
}

/// All text files that are part of the repository, or would be if they were added.
fn files() -> Vec<File> {
    let root = repository();
    let read = |path: String| {
        let text = fs::read_to_string(root.join(&path)).ok()?;
        Some(File { path, text })
    };
    let files: Vec<File> =
        listed(&root).unwrap_or_else(|| walked(&root)).into_iter().filter_map(read).collect();
    assert!(files.iter().any(|file| file.path == "README.md"), "these are not the files of the repository");
    files
}

/// What git says; `None` if it is not there, or this is no checkout.
fn listed(root: &Path) -> Option<Vec<String>> {
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let output = Command::new("git").args(arguments).current_dir(root).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let paths: BTreeSet<String> = text.split_terminator('\0').map(str::to_owned).collect();
    (output.status.success() && paths.contains("README.md")).then(|| paths.into_iter().collect())
}

/// The same without git.
fn walked(root: &Path) -> Vec<String> {
    let mut folders = vec![PathBuf::new()];
    let mut paths = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                folders.extend((path != Path::new("target") && path != Path::new(".git")).then_some(path));
            } else {
                paths.push(path.to_str().unwrap().replace('\\', "/"));
            }
        }
    }
    paths.sort();
    paths
}

fn rust_files() -> impl Iterator<Item = File> {
    files().into_iter().filter(|file| has_extension(file, "rs"))
}

fn has_extension(file: &File, extension: &str) -> bool {
    Path::new(&file.path).extension().is_some_and(|found| found == extension)
}

/// Fails with all that is wrong.
fn nothing_in(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} places:\n{}", wrong.len(), wrong.join("\n"));
}

/// Tokens of a file without comments, attributes and test code.
///
/// The second value takes the names of modules that are tests and lie in files of their own.
fn code(text: &str, tests: &mut BTreeSet<String>) -> Vec<TokenTree> {
    let stream: TokenStream = text.parse().expect("our own code consists of tokens");
    strip(stream, tests)
}

fn strip(stream: TokenStream, tests: &mut BTreeSet<String>) -> Vec<TokenTree> {
    let mut code = Vec::new();
    let mut tokens = stream.into_iter().peekable();
    let mut is_test = false;
    while let Some(token) = tokens.next() {
        if matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '#') {
            tokens.next_if(|next| matches!(next, TokenTree::Punct(punct) if punct.as_char() == '!'));
            if let Some(TokenTree::Group(attribute)) = tokens.next_if(
                |next| matches!(next, TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket),
            ) {
                is_test |=
                    matches!(attribute.stream().to_string().as_str(), "cfg (test)" | "cfg(test)" | "test");
            }
            continue;
        }
        if is_test {
            // The item ends with its braces or its semicolon.
            let (mut last, mut name, mut is_module) = (token, None, false);
            loop {
                match &last {
                    TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => break,
                    TokenTree::Punct(punct) if punct.as_char() == ';' => {
                        tests.extend(name.take());
                        break;
                    }
                    TokenTree::Ident(ident) if is_module => name = Some(ident.to_string()),
                    _ => {}
                }
                is_module = matches!(&last, TokenTree::Ident(ident) if ident == "mod");
                let Some(next) = tokens.next() else { break };
                last = next;
            }
            is_test = false;
            continue;
        }
        match token {
            TokenTree::Group(group) => {
                let inner = strip(group.stream(), tests).into_iter().collect();
                let mut stripped = Group::new(group.delimiter(), inner);
                stripped.set_span(group.span());
                code.push(stripped.into());
            }
            other => code.push(other),
        }
    }
    code
}

/// Calls `visit` with each token that is no group, and its line.
fn each_leaf(tokens: &[TokenTree], visit: &mut impl FnMut(&TokenTree, usize)) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => each_leaf(&group.stream().into_iter().collect::<Vec<_>>(), visit),
            leaf => visit(leaf, leaf.span().start().line),
        }
    }
}

#[test]
fn tests_and_comments_are_no_code() {
    let mut tests = BTreeSet::new();
    let text = "//! Docs.\n/// More.\n#[cfg(test)]\nmod cases;\n#[cfg(test)] mod inner { fn f() { a() } }\nfn g() { b(\"c\") }";
    let mut leaves = Vec::new();
    each_leaf(&code(text, &mut tests), &mut |leaf, line| leaves.push(format!("{leaf}:{line}")));
    assert_eq!(leaves, ["fn:6", "g:6", "b:6", "\"c\":6"]);
    assert_eq!(tests.into_iter().collect::<Vec<_>>(), ["cases"]);
}

#[test]
fn a_lint_is_four_things() {
    let lints = repository().join("lints");
    let mut wrong = Vec::new();
    let mut expected = BTreeSet::new();
    for lint in ward_lints::LINTS.iter().map(|lint| lint.metadata) {
        let name = lint.name;
        let module = format!("src/{}/{}.rs", lint.group, name.replace('-', "_"));
        wrong.extend((!lints.join(&module).is_file()).then(|| format!("{name}: there is no lints/{module}")));
        wrong.extend(lint.cwe.is_empty().then(|| format!("{name}: belongs to no CWE")));
        for folder in ["docs", "specs"] {
            let path = format!("{folder}/{name}.md");
            match fs::read_to_string(lints.join(&path)) {
                Ok(text) if text.starts_with(&format!("# {name}\n")) => {}
                Ok(_) => wrong.push(format!("lints/{path}: does not begin with `# {name}`")),
                Err(error) => wrong.push(format!("lints/{path}: {error}")),
            }
            expected.insert(path);
        }
        let headings: Vec<&str> = lint.page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        if headings != PAGE {
            wrong.push(format!("lints/docs/{name}.md: the headings are {headings:?}, not {PAGE:?}"));
        }
    }
    for folder in ["docs", "specs"] {
        for entry in fs::read_dir(lints.join(folder)).unwrap() {
            let path = format!("{folder}/{}", entry.unwrap().file_name().to_string_lossy());
            // The tables of endpoints are specs of the frameworks.
            let known = expected.contains(&path) || path == "specs/frameworks";
            wrong.extend((!known).then(|| format!("lints/{path}: belongs to no lint")));
        }
    }
    nothing_in(&wrong);
}

#[test]
fn lints_are_in_order() {
    let names: Vec<&str> = ward_lints::LINTS.iter().map(|lint| lint.metadata.name).collect();
    assert!(names.is_sorted(), "{names:?}");
}

#[test]
fn sections_of_a_spec_open_with_a_sentence() {
    let mut wrong = Vec::new();
    for file in files().iter().filter(|file| file.path.starts_with("lints/specs/")) {
        let lines: Vec<&str> = file.text.lines().collect();
        for (index, line) in lines.iter().enumerate().filter(|(_, line)| line.starts_with("## ")) {
            let next = lines[index + 1..].iter().find(|line| !line.is_empty());
            if next.is_none_or(|next| next.starts_with(['`', '#']) && !next.contains(' ')) {
                wrong.push(format!("{}:{}: `{line}` says nothing before its code", file.path, index + 1));
            }
        }
    }
    nothing_in(&wrong);
}

#[test]
fn the_readme_lists_the_lints() {
    let text = fs::read_to_string(repository().join("README.md")).unwrap();
    assert!(generate::readme(&text).unwrap() == text, "the table is stale, run `cargo dev generate`");
}

#[test]
fn the_schema_is_that_of_the_code() {
    let text = fs::read_to_string(repository().join(schema::PATH)).unwrap();
    assert!(schema::schema().unwrap() == text, "the schema is stale, run `cargo dev generate`");
}

#[test]
fn the_engine_knows_no_framework() {
    let mut tests = BTreeSet::new();
    let files: Vec<File> = rust_files().filter(|file| is_engine(&file.path)).collect();
    let code: Vec<_> = files.iter().map(|file| (file, code(&file.text, &mut tests))).collect();
    let mut wrong = Vec::new();
    for (file, tokens) in &code {
        let stem = Path::new(&file.path).file_stem().unwrap_or_default().to_string_lossy();
        if tests.contains(stem.as_ref()) {
            continue;
        }
        each_leaf(tokens, &mut |leaf, line| {
            if let Some(name) = foreign(&leaf.to_string()) {
                wrong.push(format!("{}:{line}: `{name}` in {leaf}", file.path));
            }
        });
    }
    assert!(code.len() > 50, "these are not all files of the engine");
    nothing_in(&wrong);
}

fn is_engine(path: &str) -> bool {
    path.starts_with("analyzer/") && path.split('/').nth(2) == Some("src")
}

/// The framework that a token names: `axum`, `axum_core`, `"axum::Router"`.
fn foreign(token: &str) -> Option<&'static str> {
    let words = token.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-');
    let mut words = words.map(|word| word.replace('_', "-"));
    words.find_map(|word| {
        let is_named = |name: &&&str| {
            word.strip_prefix(**name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        FOREIGN.iter().find(is_named).copied()
    })
}

#[test]
fn foreign_names_are_words() {
    assert_eq!(foreign("actix_web"), Some("actix"));
    assert_eq!(foreign("\"use axum::Router\""), Some("axum"));
    assert_eq!(foreign("sea_orm"), Some("sea-orm"));
    for token in ["poems", "\"context\"", "my_axum", "tidy"] {
        assert_eq!(foreign(token), None, "{token}");
    }
}

#[test]
fn only_lowering_knows_the_parser() {
    let home =
        ["src/lower/", "benches/", "examples/", "tests/"].map(|folder| format!("analyzer/syntax/{folder}"));
    let is_home = |path: &str| home.iter().any(|home| path.starts_with(home.as_str()));
    let mut wrong = Vec::new();
    for file in rust_files().filter(|file| !is_home(&file.path)) {
        let tokens: Vec<TokenTree> = file.text.parse::<TokenStream>().unwrap().into_iter().collect();
        each_leaf(&tokens, &mut |leaf, line| {
            if matches!(leaf, TokenTree::Ident(ident) if ident == "syn") {
                wrong.push(format!("{}:{line}: syn is used outside of analyzer/syntax/src/lower", file.path));
            }
        });
    }
    nothing_in(&wrong);
}

/// What an evaluation learns of other functions is noted, so that a later run knows when the answers are others.
#[test]
fn evaluations_ask_by_their_context() {
    let guards =
        ["calls", "expressions", "extract"].map(|name| format!("analyzer/linter/src/guards/{name}.rs"));
    let files = rust_files().filter(|file| {
        file.path.starts_with("analyzer/flow/src/evaluate/") && !file.path.ends_with("/evaluate/mod.rs")
            || guards.contains(&file.path)
    });
    let mut wrong = Vec::new();
    for file in files {
        let asked = ["cx.summaries.", "semantics.body(", "semantics.call_graph("];
        let found = asked.into_iter().filter(|asked| file.text.contains(asked));
        wrong
            .extend(found.map(|asked| format!("{}: `{asked}`, for which `Context` has a method", file.path)));
    }
    nothing_in(&wrong);
}

#[test]
fn crates_depend_downwards() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for file in
        files().iter().filter(|file| file.path.ends_with("Cargo.toml") && !file.path.starts_with("fixtures/"))
    {
        let manifest: toml::Table = file.text.parse().unwrap();
        let Some(name) = manifest.get("package").and_then(|package| package["name"].as_str()) else {
            continue;
        };
        let Some((_, allowed)) = ARROWS.iter().find(|(from, _)| *from == name) else { continue };
        seen += 1;
        for table in ["dependencies", "build-dependencies"] {
            for to in
                manifest.get(table).and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::keys)
            {
                let is_ours = to.starts_with("ward_") || to == "cargo-ward";
                if is_ours && !allowed.contains(&to.as_str()) {
                    wrong.push(format!("{}: `{name}` must not depend on `{to}`", file.path));
                }
                if to == "syn" && name != "ward_syntax" {
                    wrong.push(format!("{}: only ward_syntax may depend on syn", file.path));
                }
            }
        }
    }
    assert_eq!(seen, ARROWS.len(), "some crate of the list is not there");
    nothing_in(&wrong);
}

#[test]
fn files_say_what_they_are_for() {
    let is_silent = |file: &File| !file.text.starts_with("//!");
    let wrong: Vec<String> = rust_files()
        .filter(is_silent)
        .map(|file| format!("{}: does not begin with `//!`", file.path))
        .collect();
    nothing_in(&wrong);
}

#[test]
fn messages_are_lower_case_without_full_stop() {
    let mut wrong = Vec::new();
    for file in rust_files().filter(|file| file.path.starts_with("lints/src/")) {
        let tokens = code(&file.text, &mut BTreeSet::new());
        let mut check = |leaf: &TokenTree, line: usize| {
            if let Some(why) = text_of(leaf).and_then(|text| bad_message(&text)) {
                wrong.push(format!("{}:{line}: {leaf} {why}", file.path));
            }
        };
        each_message(&tokens, &mut check);
    }
    for &(name, text) in ward_lints::registry().models {
        let model: toml::Table = text.parse().unwrap();
        let sinks = model.get("sink").and_then(toml::Value::as_array).into_iter().flatten();
        for help in sinks.filter_map(|sink| sink.get("help")?.as_str()) {
            wrong.extend(bad_message(help).map(|why| format!("lints/models/{name}: `{help}` {why}")));
        }
    }
    for lint in ward_lints::LINTS {
        let summary = lint.metadata.summary;
        wrong.extend(bad_message(summary).map(|why| format!("{}: `{summary}` {why}", lint.metadata.name)));
    }
    nothing_in(&wrong);
}

/// Calls `visit` with the leaves of what is said to users: in `describe`, and in arguments of the methods that take a
/// message, wherever they are called.
fn each_message(tokens: &[TokenTree], visit: &mut impl FnMut(&TokenTree, usize)) {
    let mut says = false;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                let name = ident.to_string();
                let is_body_next = says && name != "fn" && name != "let";
                says = matches!(name.as_str(), "describe" | "label" | "note" | "help" | "related")
                    || is_body_next;
            }
            TokenTree::Group(group) => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                if says {
                    each_leaf(&inner, visit);
                } else {
                    each_message(&inner, visit);
                }
                says &= group.delimiter() != Delimiter::Brace;
            }
            TokenTree::Punct(punct) => says &= punct.as_char() != ';' && punct.as_char() != '.',
            TokenTree::Literal(_) => {}
        }
    }
}

/// The text of a string literal.
fn text_of(leaf: &TokenTree) -> Option<String> {
    let TokenTree::Literal(literal) = leaf else { return None };
    let written = literal.to_string();
    let raw = written.strip_prefix('r').map(|rest| rest.trim_matches('#'));
    Some(raw.unwrap_or(&written).strip_prefix('"')?.strip_suffix('"')?.to_owned())
}

/// What is wrong with a message. Acronyms may be capital.
fn bad_message(text: &str) -> Option<&'static str> {
    let mut chars = text.chars();
    let is_capital =
        chars.next().is_some_and(char::is_uppercase) && chars.next().is_some_and(char::is_lowercase);
    if is_capital {
        return Some("begins with a capital");
    }
    (text.ends_with('.') && !text.ends_with("..")).then_some("ends with a full stop")
}

#[test]
fn bad_messages_are_seen() {
    let text = r#"
        fn describe() -> Finding { let message = format!("Reaches `{x}`"); f.label("fine") }
        fn check() { cx.report(f.note("Bad.").help("SQL is fine")); let list = ["Not a message."]; }
    "#;
    let mut bad = Vec::new();
    each_message(&code(text, &mut BTreeSet::new()), &mut |leaf, _| {
        bad.extend(text_of(leaf).filter(|text| bad_message(text).is_some()));
    });
    assert_eq!(bad, ["Reaches `{x}`", "Bad."]);
    assert_eq!(bad_message("ends like this."), Some("ends with a full stop"));
    assert_eq!(bad_message("write `.bind(..)` or .."), None);
}

#[test]
fn every_model_file_is_tried() {
    let is_trial = |path: &str| {
        ["lints/specs/", "lints/docs/", "fixtures/"].iter().any(|folder| path.starts_with(folder))
            || ["tests/models.md", "tests/guards.md"].contains(&path)
    };
    let trials = files().into_iter().filter(|file| is_trial(&file.path));
    let trials: String = trials.map(|file| file.text).collect();
    let words: BTreeSet<&str> = trials.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let mut wrong = Vec::new();
    let mut untried: Vec<String> = Vec::new();
    for &(name, text) in ward_lints::registry().models {
        let model: toml::Table = text.parse().unwrap();
        let roots: BTreeSet<&str> = paths(&model).iter().filter_map(|path| path.split("::").next()).collect();
        // A file that describes no crate has no paths.
        wrong.extend((!roots.is_empty() && !roots.iter().any(|root| words.contains(root))).then(|| {
            format!("lints/models/{name}: no spec, page or fixture uses the crate, and neither does tests/models.md")
        }));
        let sinks = model.get("sink").and_then(toml::Value::as_array).into_iter().flatten();
        let calls: Vec<&str> = sinks.flat_map(|sink| strings(sink.get("call"))).collect();
        let is_tried = |call: &&&str| {
            call.rsplit("::").next().is_some_and(|last| words.contains(last.trim_end_matches('!')))
        };
        if !calls.is_empty() && !calls.iter().any(|call| is_tried(&call)) {
            wrong.push(format!("lints/models/{name}: none of its sinks is tried"));
        }
        untried.extend(calls.iter().filter(|call| !is_tried(call)).map(ToString::to_string));
    }
    println!("{} sinks of which the name is in no test: {}", untried.len(), untried.join(", "));
    nothing_in(&wrong);
}

/// Every path that a row of a model begins with.
fn paths(model: &toml::Table) -> Vec<&str> {
    const KEYS: &[&str] = &["path", "aliases", "call", "parameter", "attribute", "impl_attribute"];
    let rows = model.values().filter_map(toml::Value::as_array).flatten();
    rows.flat_map(|row| KEYS.iter().flat_map(|key| strings(row.get(*key)))).collect()
}

/// A string, or a list of them.
fn strings(value: Option<&toml::Value>) -> Vec<&str> {
    match value {
        Some(toml::Value::String(text)) => vec![text],
        Some(toml::Value::Array(list)) => list.iter().filter_map(toml::Value::as_str).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn nothing_is_left_to_do_and_no_machine_is_named() {
    let marks = [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["X", "XX"].concat()];
    let places = [["/wo", "rk/"].concat(), ["/ro", "ot/"].concat(), ["/tmp/", "ward"].concat()];
    let mut wrong = Vec::new();
    for file in files() {
        for (index, line) in file.text.lines().enumerate() {
            let at = format!("{}:{}", file.path, index + 1);
            let is_word = |word: &str| {
                line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|found| found == word)
            };
            wrong.extend(marks.iter().filter(|mark| is_word(mark)).map(|mark| format!("{at}: {mark}")));
            let begins = |place: &str| {
                line.match_indices(place)
                    .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
            };
            wrong.extend(
                places
                    .iter()
                    .filter(|place| begins(place))
                    .map(|place| format!("{at}: a path below {place}")),
            );
        }
    }
    nothing_in(&wrong);
}
