//! Which files are found, and from where.

use insta::assert_snapshot;
use ward_project::{DiscoverOptions, ProjectError, discover};

use crate::support::{Folder, link, messages, paths};

const PACKAGE: &str = "[package]\nname = \"app\"\nedition = \"2024\"\n";

#[test]
fn a_package_with_all_its_targets() {
    let folder = Folder::of(&[
        "src/lib.rs",
        "src/main.rs",
        "src/routes/mod.rs",
        "src/bin/worker.rs",
        "src/bin/migrate/main.rs",
        "src/bin/migrate/steps.rs",
        "tests/api.rs",
        "tests/common/mod.rs",
        "tests/slow/main.rs",
        "benches/load.rs",
        "examples/client.rs",
        "build.rs",
        "scripts/seed.rs",
    ]);
    folder.write("Cargo.toml", PACKAGE);
    assert_snapshot!(folder.layout(""), @"
    package0 app `app` in ``, 2024
      Lib app src/lib.rs
      Bin migrate src/bin/migrate/main.rs
      Bin worker src/bin/worker.rs
      Bin app src/main.rs
      Example client examples/client.rs
      Test api tests/api.rs
      Test slow tests/slow/main.rs
      Bench load benches/load.rs
      BuildScript build_script_build build.rs
      file benches/load.rs Bench
      file build.rs BuildScript
      file examples/client.rs Example
      file scripts/seed.rs Source
      file src/bin/migrate/main.rs Source
      file src/bin/migrate/steps.rs Source
      file src/bin/worker.rs Source
      file src/lib.rs Source
      file src/main.rs Source
      file src/routes/mod.rs Source
      file tests/api.rs Test
      file tests/common/mod.rs Test
      file tests/slow/main.rs Test
    ");
}

#[test]
fn a_library_that_serves_tests_is_test_code() {
    let folder =
        Folder::of(&["api/src/lib.rs", "api-test/src/lib.rs", "contest/src/lib.rs", "load-test/src/lib.rs"]);
    folder.write("Cargo.toml", "[workspace]\nmembers = [\"*\"]\n");
    let manifest =
        |name: &str, rest: &str| format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n{rest}");
    let dev =
        "[dev-dependencies]\napi-test = { path = \"../api-test\" }\ncontest = { path = \"../contest\" }\n";
    folder.write("api/Cargo.toml", manifest("api", dev));
    for name in ["api-test", "contest", "load-test"] {
        let path = format!("{name}/Cargo.toml");
        folder.write(&path, manifest(name, ""));
    }
    let layout = folder.layout("");
    let files: Vec<&str> = layout.lines().filter_map(|line| line.trim().strip_prefix("file ")).collect();
    assert_eq!(
        files,
        [
            "api/src/lib.rs Source",
            "api-test/src/lib.rs Test",
            "contest/src/lib.rs Source",
            "load-test/src/lib.rs Source"
        ]
    );
}

#[test]
fn what_is_not_the_projects_own_is_left_out() {
    let folder = Folder::of(&[
        "src/main.rs",
        "src/vendor/mod.rs",
        "src/target/mod.rs",
        "target/debug/build/out.rs",
        "web/node_modules/x/a.rs",
        ".hidden/a.rs",
        "src/.a.rs",
        "vendor/serde/src/lib.rs",
        "third_party/a.rs",
        "deps/serde/.cargo-checksum.json",
        "deps/serde/src/lib.rs",
        "deps/own.rs",
        "tool/target/CACHEDIR.TAG",
        "tool/target/out.rs",
        "src/main.rs.bak",
    ]);
    folder.write("Cargo.toml", PACKAGE);
    folder.write("deps/serde/Cargo.toml", PACKAGE);
    assert_eq!(folder.files(""), ["deps/own.rs", "src/main.rs", "src/target/mod.rs", "src/vendor/mod.rs"]);
}

#[test]
fn a_package_may_be_called_vendor() {
    let folder = Folder::of(&["vendor/src/lib.rs"]);
    folder.write("Cargo.toml", "[workspace]\nmembers = [\"vendor\"]");
    folder.write("vendor/Cargo.toml", PACKAGE);
    assert_eq!(folder.files(""), ["vendor/src/lib.rs"]);
}

#[test]
fn gitignore_is_respected_in_every_folder_and_without_a_repository() {
    let folder =
        Folder::of(&["src/main.rs", "src/schema.rs", "out/a.rs", "src/deep/a.rs", "src/deep/kept.rs"]);
    std::fs::remove_dir(folder.path(".git")).unwrap();
    folder.write("Cargo.toml", PACKAGE);
    folder.write(".gitignore", "/out\nschema.rs\n");
    folder.write("src/deep/.gitignore", "*.rs\n!kept.rs\n");
    assert_eq!(folder.files(""), ["src/deep/kept.rs", "src/main.rs"]);
    assert_eq!(folder.files("src/deep"), ["src/deep/kept.rs", "src/main.rs"]);
}

#[test]
fn exclude_patterns_are_those_of_a_gitignore() {
    let folder =
        Folder::of(&["src/main.rs", "src/gen/a.rs", "src/gen/kept.rs", "src/schema.rs", "gen/schema.rs"]);
    folder.write("Cargo.toml", PACKAGE);
    let exclude = ["/src/gen/*", "!kept.rs", "src/schema.rs"].map(str::to_owned).to_vec();
    let project = folder.discover_with("", &DiscoverOptions { exclude, ..DiscoverOptions::default() });
    assert_eq!(paths(&project), ["gen/schema.rs", "src/gen/kept.rs", "src/main.rs"]);
}

#[test]
fn exclude_patterns_count_from_the_configuration_above() {
    let folder = Folder::of(&["api/src/main.rs", "api/src/gen/a.rs", "ward.toml"]);
    folder.write("Cargo.toml", "[workspace]\nmembers = [\"api\"]");
    folder.write("api/Cargo.toml", PACKAGE);
    let options = DiscoverOptions { exclude: vec!["/api/src/gen/".to_owned()], ..DiscoverOptions::default() };
    assert_eq!(paths(&folder.discover_with("api", &options)), ["src/main.rs"]);
    assert_eq!(paths(&folder.discover_with("", &options)), ["api/src/main.rs"]);
}

#[test]
fn an_invalid_exclude_pattern_is_named() {
    let folder = Folder::of(&["a.rs"]);
    let options = DiscoverOptions { exclude: vec!["a{".to_owned()], ..DiscoverOptions::default() };
    let error = discover(&folder.path(""), &options).unwrap_err();
    assert_snapshot!(error, @"exclude pattern `a{` is not valid: unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)");
    assert_snapshot!(error.help(), @"write it as in a `.gitignore`: `generated/`, `**/schema.rs`, `!keep.rs`");
}

#[test]
fn links_are_not_followed() {
    let folder = Folder::of(&["src/main.rs", "other/a.rs"]);
    folder.write("Cargo.toml", PACKAGE);
    link(folder.path(""), folder.path("src/above"));
    link(folder.path("src/itself.rs"), folder.path("src/itself.rs"));
    link(folder.path("other/a.rs"), folder.path("src/a.rs"));
    assert_eq!(folder.files(""), ["other/a.rs", "src/main.rs"]);
}

#[test]
fn the_path_given_may_be_a_link() {
    let folder = Folder::of(&["real/src/main.rs"]);
    folder.write("real/Cargo.toml", PACKAGE);
    link(folder.path("real"), folder.path("link"));
    if folder.path("link").exists() {
        assert_eq!(folder.files("link"), ["src/main.rs"]);
    }
}

#[test]
fn a_folder_in_a_package_stands_for_the_package() {
    let folder = Folder::of(&["src/lib.rs", "src/routes/a.rs", "docs/read.md"]);
    folder.write("Cargo.toml", PACKAGE);
    assert_eq!(folder.files("src/routes"), ["src/lib.rs", "src/routes/a.rs"]);
    assert_eq!(folder.files("docs"), ["src/lib.rs", "src/routes/a.rs"]);
    assert_eq!(folder.files("Cargo.toml"), ["src/lib.rs", "src/routes/a.rs"]);
}

#[test]
fn a_folder_of_packages_stands_for_itself() {
    let folder = Folder::of(&["crates/a/src/lib.rs", "crates/b/src/lib.rs", "app/src/main.rs"]);
    let workspace =
        "[workspace]\nmembers = [\"crates/*\", \"app\"]\n[workspace.package]\nedition = \"2021\"\n";
    folder.write("Cargo.toml", workspace);
    folder.write("app/Cargo.toml", PACKAGE);
    folder.write("crates/a/Cargo.toml", "package = { name = \"a\", edition.workspace = true }");
    folder.write("crates/b/Cargo.toml", PACKAGE);
    assert_snapshot!(folder.layout("crates"), @"
    package0 a `a` in `a`, 2021, workspace above
      Lib a a/src/lib.rs
      file a/src/lib.rs Source
    package1 app `app` in `b`, 2024, workspace above
      Lib app b/src/lib.rs
      file b/src/lib.rs Source
    ");
}

#[test]
fn a_lone_file_is_a_package() {
    let folder = Folder::of(&["tests/my-script.rs", "tests/other.rs"]);
    assert_snapshot!(folder.layout("tests/my-script.rs"), @"
    package0 my_script `my-script` in ``, 2021, loose
      Loose my_script my-script.rs
      file my-script.rs Source
    ");
}

#[test]
fn loose_crates_and_files() {
    let folder = Folder::of(&[
        "server/src/main.rs",
        "server/src/admin/main.rs",
        "server/src/bin/tool.rs",
        "server/tests/api.rs",
        "flat/lib.rs",
        "flat/part.rs",
        "flat/inner/main.rs",
        "notes/my-a.b.rs",
        "tests/b.rs",
    ]);
    assert_snapshot!(folder.layout(""), @"
    package0 service `service` in ``, 2021, loose
      Test b tests/b.rs
      Loose my_a_b notes/my-a.b.rs
      file notes/my-a.b.rs Source
      file tests/b.rs Test
    package1 flat `flat` in `flat`, 2021, loose
      Lib flat flat/lib.rs
      file flat/lib.rs Source
      file flat/part.rs Source
    package2 inner `inner` in `flat/inner`, 2021, loose
      Bin inner flat/inner/main.rs
      file flat/inner/main.rs Source
    package3 server `server` in `server`, 2021, loose
      Bin tool server/src/bin/tool.rs
      Bin server server/src/main.rs
      Test api server/tests/api.rs
      file server/src/admin/main.rs Source
      file server/src/bin/tool.rs Source
      file server/src/main.rs Source
      file server/tests/api.rs Test
    ");
}

#[test]
fn a_border_of_a_repository_is_not_crossed_upwards() {
    let folder = Folder::of(&["src/main.rs", "checkout/.git/HEAD", "checkout/a.rs"]);
    folder.write("Cargo.toml", PACKAGE);
    assert_eq!(folder.files("checkout"), ["a.rs"]);
}

#[test]
fn paths_that_cannot_be_analysed() {
    let folder = Folder::of(&["notes.txt", "empty/readme.md"]);
    let error = |path: &str| {
        let error = discover(&folder.path(path), &DiscoverOptions::default()).unwrap_err();
        let root = folder.path("").display().to_string();
        format!("{error} ({})", error.help()).replace(&root, "service/")
    };
    assert_snapshot!(error("gone"), @"`service/gone` does not exist (check the spelling, or give the folder of a workspace or package)");
    assert_snapshot!(error("notes.txt"), @"`service/notes.txt` is neither a folder, a `.rs` file nor a `Cargo.toml` (give the folder of a workspace or package, its `Cargo.toml`, or one `.rs` file)");
    assert_snapshot!(error("empty"), @"no Rust file to analyse in `service/empty` (give a folder with Rust files; those that `.gitignore` or an exclude pattern names are left out)");
}

#[test]
#[cfg(unix)]
fn a_folder_that_cannot_be_listed_is_a_problem() {
    use std::fs::{Permissions, read_dir, set_permissions};
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::of(&["src/main.rs", "src/secret/a.rs"]);
    folder.write("Cargo.toml", PACKAGE);
    let secret = folder.path("src/secret");
    set_permissions(&secret, Permissions::from_mode(0o000)).unwrap();
    let is_allowed_anyway = read_dir(&secret).is_ok();
    let project = folder.discover("");
    set_permissions(&secret, Permissions::from_mode(0o755)).unwrap();
    if is_allowed_anyway {
        return;
    }
    assert_eq!(paths(&project), ["src/main.rs"]);
    assert_snapshot!(messages(&project.problems), @"Folder src/secret: cannot list the folder: permission denied (make it readable, or exclude it)");
}

#[test]
fn a_path_that_is_no_name_is_an_error() {
    let error = discover("\0".as_ref(), &DiscoverOptions::default()).unwrap_err();
    assert!(matches!(error, ProjectError::Read { .. }), "{error}");
}
