//! `ward.toml` and its places.

use insta::assert_snapshot;
use ward_project::{DiscoverOptions, discover, line_column, read_config};
use ward_syntax::Span;

use crate::support::{Folder, messages};

const PACKAGE: &str = "package.name = \"app\"\n";

#[test]
fn the_file_lies_in_the_root() {
    let folder = Folder::of(&["src/main.rs"]);
    folder.write("Cargo.toml", PACKAGE);
    folder.write("ward.toml", "[lints]\nsql-injection = \"high\"\n");
    let config = folder.discover("src").config.unwrap();
    assert_eq!(config.path, folder.path("ward.toml").canonicalize().unwrap());
    assert!(config.section.is_empty());
    assert_eq!(config.text, "[lints]\nsql-injection = \"high\"\n");
    assert_eq!(config.table["lints"]["sql-injection"].as_str(), Some("high"));
    assert_eq!(read_config(&folder.path(""), &[]).unwrap().unwrap().text, config.text);
}

#[test]
fn it_may_stand_in_the_manifest() {
    let folder = Folder::of(&["src/main.rs", "none/src/lib.rs"]);
    folder.write("Cargo.toml", format!("{PACKAGE}[package.metadata.ward]\nlevel = 3\n"));
    folder.write("none/Cargo.toml", "[workspace]\npackage = {}\n");
    let config = folder.discover("").config.unwrap();
    assert_eq!(config.section, ["package", "metadata", "ward"]);
    assert_eq!(config.table["level"].as_integer(), Some(3));
    folder.write(
        "Cargo.toml",
        format!("{PACKAGE}[package.metadata.ward]\nlevel = 3\n[workspace.metadata.ward]\nlevel = 4\n"),
    );
    let config = folder.discover("").config.unwrap();
    assert_eq!(config.section, ["workspace", "metadata", "ward"]);
    assert_eq!(config.table["level"].as_integer(), Some(4));
    assert!(folder.discover("none").config.is_none());
}

#[test]
fn that_of_the_workspace_above_counts_for_a_member() {
    let folder = Folder::of(&["ward.toml", "a/api/src/main.rs", "other/src/main.rs"]);
    folder.write("a/Cargo.toml", "[workspace]\nmembers = [\"api\"]\n[workspace.metadata.ward]\nlevel = 1\n");
    folder.write("a/api/Cargo.toml", PACKAGE);
    folder.write("other/Cargo.toml", PACKAGE);
    assert_eq!(folder.discover("a/api").config.unwrap().table["level"].as_integer(), Some(1));
    assert_eq!(folder.discover("a/api/src/main.rs").config.unwrap().table["level"].as_integer(), Some(1));
    assert!(folder.discover("other").config.is_none(), "the folder above is not its workspace");
}

#[test]
fn the_file_goes_before_the_manifest_and_says_so() {
    let folder = Folder::of(&["src/main.rs", "ward.toml"]);
    folder.write("Cargo.toml", format!("{PACKAGE}[package.metadata.ward]\nlevel = 3\n"));
    let project = folder.discover("");
    assert!(project.config.unwrap().table.is_empty());
    assert_snapshot!(messages(&project.problems), @"Config Cargo.toml: `[package.metadata.ward]` is not used, because there is a `ward.toml` (move it to the `ward.toml`)");
}

#[test]
fn bad_toml_is_an_error_with_its_place() {
    let folder = Folder::of(&["src/main.rs"]);
    folder.write("ward.toml", "[lints]\nä = \"ö\" x\n");
    let error = discover(&folder.path(""), &DiscoverOptions::default()).unwrap_err();
    let root = folder.path("").canonicalize().unwrap().display().to_string();
    assert_snapshot!(error.to_string().replace(&root, "service"), @"service/ward.toml:2:9: unexpected key or value, expected newline, `#`");
    assert_eq!(read_config(&folder.path(""), &[]).unwrap_err().to_string(), error.to_string());
}

#[test]
fn sections_are_read_with_their_place() {
    let folder = Folder::of(&["src/main.rs"]);
    let text = "[package]\nname = \"app\"\n[package.metadata.ward]\nlevel = 3\nname = 4\n";
    folder.write("Cargo.toml", text);
    let config = folder.discover("").config.unwrap();
    let table: toml::Table = config.read().unwrap();
    assert_eq!(table, config.table);
    let error = config.read::<std::collections::BTreeMap<String, String>>().unwrap_err();
    assert_eq!((error.position.line, error.position.column), (4, 9));
    assert_eq!(error.span.text(text), "3");
    assert_snapshot!(error.message, @"invalid type: integer `3`, expected a string");
}

#[test]
fn columns_are_characters() {
    let place = line_column("a\nää b", Span::new(7, 8));
    assert_eq!((place.line, place.column), (2, 4));
}
