//! The models of crates that no spec needs, tried one by one: `models.md` holds a section for each.

use std::fs;

use ward_dev::repository;
use ward_diagnostics::LintMetadata;
use ward_tests::{compare, lay_out, sections};

#[test]
fn models_hold() {
    let text = fs::read_to_string(repository().join("tests/models.md")).unwrap();
    let lints: Vec<&LintMetadata> = ward_lints::LINTS.iter().map(|lint| lint.metadata).collect();
    let only = std::env::var("WARD_SPEC").unwrap_or_default();
    let mut wrong = Vec::new();
    for section in sections(&text).iter().filter(|section| section.title.contains(&only)) {
        let root = tempfile::tempdir().unwrap();
        lay_out(section, root.path());
        let found = compare(root.path(), &lints);
        wrong.extend(
            found.into_iter().map(|line| format!("models.md:{} ({}): {line}", section.line, section.title)),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
