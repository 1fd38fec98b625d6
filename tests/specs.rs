//! Every spec and every page of a lint, executed.

#![allow(clippy::unwrap_used, reason = "what a test needs and does not find fails it")]

use std::fs;
use std::path::{Path, PathBuf};

use ward_diagnostics::LintMetadata;
use ward_tests::{
    Section, analyze_folder, compare, compare_routes, lay_out, one_by_one, route_lines, sections,
};

fn lints() -> Vec<&'static LintMetadata> {
    ward_lints::LINTS.iter().map(|lint| lint.metadata).collect()
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../lints").join(name)
}

/// Runs sections as projects of their own and tells what is wrong, with the section's place.
fn run(path: &Path, sections: &[Section]) -> Vec<String> {
    let only = std::env::var("WARD_SPEC").unwrap_or_default();
    let mut wrong = Vec::new();
    for section in sections.iter().filter(|section| section.title.contains(&only)) {
        let root = tempfile::tempdir().unwrap();
        lay_out(section, root.path());
        let name = path.file_name().unwrap().to_string_lossy();
        for line in compare(root.path(), &lints()) {
            wrong.push(format!("{name}:{} ({}): {line}", section.line, section.title));
        }
    }
    wrong
}

fn texts(name: &str) -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(folder(name)).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = entries.filter(|path| path.is_file()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn specs_hold() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (path, text) in texts("specs") {
        let sections = sections(&text);
        count += sections.len();
        wrong.extend(run(&path, &sections));
    }
    assert!(count > 0, "there is no spec");
    assert!(wrong.is_empty(), "{} of {count} sections and more:\n{}", wrong.len(), wrong.join("\n"));
}

/// The pages of the frameworks hold tables of endpoints alone. `WARD_ROUTES=print` prints the tables as they are.
#[test]
fn tables_hold() {
    let only = std::env::var("WARD_SPEC").unwrap_or_default();
    let print = std::env::var_os("WARD_ROUTES").is_some();
    let mut wrong = Vec::new();
    for (path, text) in texts("specs/frameworks") {
        let name = path.file_name().unwrap().to_string_lossy();
        for section in sections(&text) {
            if !section.title.contains(&only) && !name.contains(&only) {
                continue;
            }
            let root = tempfile::tempdir().unwrap();
            lay_out(&section, root.path());
            if print {
                let lines = analyze_folder(root.path()).map(|analysis| route_lines(&analysis));
                println!("{name}: {}\n```routes\n{}\n```\n", section.title, lines.unwrap().join("\n"));
            }
            let expected = section.routes.clone().unwrap_or_default();
            for line in compare_routes(root.path(), &expected) {
                wrong.push(format!("{name}:{} ({}): {line}", section.line, section.title));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pages_hold() {
    let mut wrong = Vec::new();
    for (path, text) in texts("docs") {
        for section in sections(&text) {
            wrong.extend(run(&path, &one_by_one(&section)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
