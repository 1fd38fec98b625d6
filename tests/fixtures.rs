//! The services in `fixtures/`: every line marked `//~` is reported, and no other.

use ward_dev::repository;
use ward_diagnostics::LintMetadata;
use ward_tests::{analyze_folder, compare};

#[test]
fn fixtures_hold() {
    let lints: Vec<&LintMetadata> = ward_lints::LINTS.iter().map(|lint| lint.metadata).collect();
    let wrong = compare(&repository().join("fixtures"), &lints);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn fixtures_parse_and_every_package_is_seen() {
    let analysis = analyze_folder(&repository().join("fixtures")).unwrap();
    assert_eq!(analysis.problems, []);
    assert_eq!(analysis.stats.unparsed + analysis.stats.skipped, 0);
    let manifest = std::fs::read_to_string(repository().join("fixtures/Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let members = manifest["workspace"]["members"].as_array().unwrap();
    assert_eq!(analysis.stats.packages, members.len());
}
