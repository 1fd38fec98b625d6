//! What manifests say: workspaces, inheritance, targets, dependencies; and what is wrong with them.

use insta::assert_snapshot;

use crate::support::{Folder, messages, paths};

#[test]
fn a_workspace_with_globs_excludes_and_inheritance() {
    let folder = Folder::of(&[
        "crates/api/src/main.rs",
        "crates/db-core/src/lib.rs",
        "crates/nested/deep/src/lib.rs",
        "outside/src/lib.rs",
        "old/src/lib.rs",
        "scripts/seed.rs",
    ]);
    folder.write(
        "Cargo.toml",
        r#"
        [workspace]
        members = ["crates/*", "crates/nested/deep/"]
        exclude = ["old"]
        [workspace.package]
        edition = "2021"
        [workspace.dependencies]
        core = { package = "db-core", path = "crates/db-core" }
        db-core = { path = "./crates/../crates/db-core" }
        serde = "1"
        "#,
    );
    folder.write(
        "crates/api/Cargo.toml",
        r#"
        [package]
        name = "api"
        edition.workspace = true
        [features]
        default = ["tls"]
        tls = ["dep:rustls"]
        [dependencies]
        core.workspace = true
        db-core = { workspace = true, optional = true }
        serde = { workspace = true, features = ["derive"] }
        rustls = { version = "1", optional = true }
        [dev-dependencies]
        serde.workspace = true
        [build-dependencies]
        cc = "1"
        [target.'cfg(unix)'.dependencies]
        nix-like = { package = "nix", version = "1" }
        outside = { path = "../../outside" }
        "#,
    );
    folder.write("crates/db-core/Cargo.toml", "package.name = \"db-core\"\nlib.name = \"database\"");
    folder.write("crates/nested/deep/Cargo.toml", "package = { name = \"deep\", edition = \"2018\" }");
    folder.write("outside/Cargo.toml", "package = { name = \"outside\", edition.workspace = true }");
    folder.write("old/Cargo.toml", "package = { name = \"old\", edition = \"2099\" }");
    assert_snapshot!(folder.layout(""), @"
    package0 service `service` in ``, 2021, loose
      Loose seed scripts/seed.rs
      file scripts/seed.rs Source
    package1 api `api` in `crates/api`, 2021, workspace ``
      Bin api crates/api/src/main.rs
      Build dependency cc `cc`
      Normal dependency core `db-core` = package2
      Normal dependency database `db-core`, optional = package2
      Normal dependency nix_like `nix`
      Normal dependency outside `outside` = package5
      Normal dependency rustls `rustls`, optional
      Normal dependency serde `serde`
      Dev dependency serde `serde`
      feature default [tls]
      feature tls [dep:rustls]
      file crates/api/src/main.rs Source
    package2 database `db-core` in `crates/db-core`, 2015, workspace ``
      Lib database crates/db-core/src/lib.rs
      file crates/db-core/src/lib.rs Source
    package3 deep `deep` in `crates/nested/deep`, 2018, workspace ``
      Lib deep crates/nested/deep/src/lib.rs
      file crates/nested/deep/src/lib.rs Source
    package4 old `old` in `old`, 2024
      Lib old old/src/lib.rs
      file old/src/lib.rs Source
    package5 outside `outside` in `outside`, 2021, workspace ``
      Lib outside outside/src/lib.rs
      file outside/src/lib.rs Source
    ");
}

#[test]
fn several_workspaces_below_one_folder() {
    let folder = Folder::of(&[
        "a/src/lib.rs",
        "a/x/src/lib.rs",
        "b/y/src/lib.rs",
        "b/y/z/src/lib.rs",
        "c/src/main.rs",
    ]);
    folder.write(
        "a/Cargo.toml",
        "package.name = \"a\"\n[workspace]\nmembers = [\"x\"]\npackage.edition = \"2018\"",
    );
    folder.write("a/x/Cargo.toml", "package = { name = \"same\", edition.workspace = true }");
    folder.write("b/Cargo.toml", "[workspace]\nmembers = [\"y\"]\npackage.edition = \"2024\"");
    folder.write(
        "b/y/Cargo.toml",
        "package = { name = \"same\", edition.workspace = true }\ndependencies.z.path = \"z\"",
    );
    folder.write("b/y/z/Cargo.toml", "[workspace]\n[package]\nname = \"z\"");
    folder.write("c/Cargo.toml", "package.name = \"c\"\ndependencies.same.path = \"../b/y\"");
    assert_snapshot!(folder.layout(""), @"
    package0 a `a` in `a`, 2015, workspace `a`
      Lib a a/src/lib.rs
      file a/src/lib.rs Source
    package1 same `same` in `a/x`, 2018, workspace `a`
      Lib same a/x/src/lib.rs
      file a/x/src/lib.rs Source
    package2 same `same` in `b/y`, 2024, workspace `b`
      Lib same b/y/src/lib.rs
      Normal dependency z `z` = package3
      file b/y/src/lib.rs Source
    package3 z `z` in `b/y/z`, 2015, workspace `b/y/z`
      Lib z b/y/z/src/lib.rs
      file b/y/z/src/lib.rs Source
    package4 c `c` in `c`, 2015
      Bin c c/src/main.rs
      Normal dependency same `same` = package2
      file c/src/main.rs Source
    ");
}

#[test]
fn a_member_is_analysed_alone_and_inherits_from_the_workspace_above() {
    let folder = Folder::of(&["api/src/main.rs", "core/src/lib.rs", "sub/.git/HEAD", "sub/src/lib.rs"]);
    let workspace = r#"
        [workspace]
        members = ["api", "core", "sub"]
        [workspace.package]
        edition = "2021"
        [workspace.dependencies]
        core = { path = "core" }
        database = { package = "sqlx", version = "1" }
    "#;
    folder.write("Cargo.toml", workspace);
    let inherits = "package = { name = \"p\", edition.workspace = true }\n\
        dependencies = { core.workspace = true, database.workspace = true }";
    folder.write("api/Cargo.toml", inherits);
    folder.write("core/Cargo.toml", "package.name = \"core\"");
    folder.write("sub/Cargo.toml", inherits);
    assert_snapshot!(folder.layout("api"), @"
    package0 p `p` in ``, 2021, workspace above
      Bin p src/main.rs
      Normal dependency core `core`
      Normal dependency database `sqlx`
      file src/main.rs Source
    ");
    assert_eq!(folder.layout("sub"), folder.layout("api").replace("main.rs", "lib.rs").replace("Bin", "Lib"));
}

#[test]
fn a_package_may_name_its_workspace() {
    let folder = Folder::of(&["root/src/lib.rs", "apart/src/lib.rs"]);
    folder.write(
        "root/Cargo.toml",
        "package.name = \"root\"\n[workspace]\nmembers = [\"../apart\"]\npackage.edition = \"2021\"",
    );
    folder.write(
        "apart/Cargo.toml",
        "package = { name = \"apart\", edition.workspace = true, workspace = \"../root\" }",
    );
    assert_snapshot!(folder.layout(""), @"
    package0 apart `apart` in `apart`, 2021, workspace `root`
      Lib apart apart/src/lib.rs
      file apart/src/lib.rs Source
    package1 root `root` in `root`, 2015, workspace `root`
      Lib root root/src/lib.rs
      file root/src/lib.rs Source
    ");
    assert_snapshot!(folder.layout("apart"), @"
    package0 apart `apart` in ``, 2021, workspace above
      Lib apart src/lib.rs
      file src/lib.rs Source
    ");
}

#[test]
fn an_excluded_package_has_no_workspace_unless_it_is_named_more_directly() {
    let folder = Folder::of(&["out/a/src/lib.rs", "out/b/src/lib.rs"]);
    folder.write(
        "Cargo.toml",
        "[workspace]\nmembers = [\"out/b\"]\nexclude = [\"./out/\"]\npackage.edition = \"2021\"",
    );
    for name in ["a", "b"] {
        let manifest = format!("package = {{ name = \"{name}\", edition.workspace = true }}");
        folder.write(&format!("out/{name}/Cargo.toml"), manifest);
    }
    assert_snapshot!(folder.layout(""), @"
    package0 a `a` in `out/a`, 2021
      Lib a out/a/src/lib.rs
      file out/a/src/lib.rs Source
    package1 b `b` in `out/b`, 2021, workspace ``
      Lib b out/b/src/lib.rs
      file out/b/src/lib.rs Source
    ");
    assert_snapshot!(folder.layout("out/a"), @"
    package0 a `a` in ``, 2021
      Lib a src/lib.rs
      file src/lib.rs Source
    ");
}

#[test]
fn targets_that_the_manifest_names() {
    let folder = Folder::of(&[
        "code/library.rs",
        "code/part.rs",
        "src/main.rs",
        "src/bin/left-alone.rs",
        "src/bin/by-name.rs",
        "tools/helper.rs",
        "examples/server/main.rs",
        "examples/server/routes.rs",
        "examples/small.rs",
        "qa/api.rs",
        "tests/ignored.rs",
        "make.rs",
        "build.rs",
    ]);
    folder.write(
        "Cargo.toml",
        r#"
        [package]
        name = "my-app"
        build = "make.rs"
        autobins = false
        autotests = false
        [lib]
        name = "my_library"
        path = "code/library.rs"
        [[bin]]
        name = "my-app"
        [[bin]]
        name = "by-name"
        [[bin]]
        name = "helper"
        path = "./tools/helper.rs"
        [[bin]]
        name = "server"
        path = "examples/server/main.rs"
        [[test]]
        name = "api"
        path = "qa/api.rs"
        "#,
    );
    assert_snapshot!(folder.layout(""), @"
    package0 my_library `my-app` in ``, 2015
      Lib my_library code/library.rs
      Bin server examples/server/main.rs
      Bin by_name src/bin/by-name.rs
      Bin my_app src/main.rs
      Bin helper tools/helper.rs
      Example small examples/small.rs
      Test api qa/api.rs
      BuildScript build_script_build make.rs
      file build.rs Source
      file code/library.rs Source
      file code/part.rs Source
      file examples/server/main.rs Source
      file examples/server/routes.rs Source
      file examples/small.rs Example
      file make.rs BuildScript
      file qa/api.rs Test
      file src/bin/by-name.rs Source
      file src/bin/left-alone.rs Source
      file src/main.rs Source
      file tests/ignored.rs Test
      file tools/helper.rs Source
    ");
}

#[test]
fn a_renamed_main_is_one_target() {
    let folder = Folder::of(&["src/main.rs"]);
    folder.write(
        "Cargo.toml",
        "package = { name = \"app\", build = false }\n[[bin]]\nname = \"server\"\npath = \"src/main.rs\"",
    );
    assert_snapshot!(folder.layout(""), @"
    package0 app `app` in ``, 2015
      Bin server src/main.rs
      file src/main.rs Source
    ");
}

#[test]
fn patches_tie_dependencies_to_packages() {
    let folder = Folder::of(&["src/lib.rs", "forks/orm/src/lib.rs"]);
    folder.write(
        "Cargo.toml",
        "package.name = \"app\"\ndependencies.orm = \"1\"\npatch.crates-io.fork = { package = \"orm\", path = \"forks/orm\" }",
    );
    folder.write("forks/orm/Cargo.toml", "package.name = \"orm\"");
    assert_snapshot!(folder.layout(""), @"
    package0 app `app` in ``, 2015
      Lib app src/lib.rs
      Normal dependency orm `orm` = package1
      file src/lib.rs Source
    package1 orm `orm` in `forks/orm`, 2015
      Lib orm forks/orm/src/lib.rs
      file forks/orm/src/lib.rs Source
    ");
}

#[test]
fn packages_among_the_tests_of_another_are_tests() {
    let folder = Folder::of(&[
        "src/lib.rs",
        "tests/cases/broken-app/src/main.rs",
        "tests/member/src/lib.rs",
        "tests/used/src/lib.rs",
        "examples/demo/src/main.rs",
    ]);
    folder.write(
        "Cargo.toml",
        "package.name = \"app\"\nworkspace.members = [\"tests/member\"]\ndependencies.used.path = \"tests/used\"",
    );
    for path in ["tests/cases/broken-app", "tests/member", "tests/used", "examples/demo"] {
        folder.write(&format!("{path}/Cargo.toml"), "package.name = \"p\"");
    }
    let project = folder.discover("");
    let roles: Vec<_> = project.files.iter().map(|file| format!("{:?} {}", file.role, file.path)).collect();
    assert_snapshot!(roles.join("\n"), @"
    Example examples/demo/src/main.rs
    Source src/lib.rs
    Test tests/cases/broken-app/src/main.rs
    Test tests/member/src/lib.rs
    Source tests/used/src/lib.rs
    ");
}

#[test]
fn broken_manifests_cost_only_themselves() {
    let folder = Folder::of(&[
        "a/src/main.rs",
        "a/src/routes.rs",
        "b/odd.rs",
        "c/src/lib.rs",
        "d/src/lib.rs",
        "good/src/lib.rs",
        "good/inner/src/lib.rs",
    ]);
    folder.write("Cargo.toml", "[workspace]\nmembers = [\"good\"]");
    folder.write("a/Cargo.toml", "[package]\nname = \"a\nversion = 1");
    folder.write("b/Cargo.toml", "[dependencies]\nserde = \"1\"");
    folder.write("c/Cargo.toml", b"[package]\nname = \"\xff\"");
    folder.write("d/Cargo.toml", "[package]\nname = [\"d\"]");
    folder.write("good/Cargo.toml", "package.name = \"good\"\ndependencies.a.path = \"../a\"");
    folder.write("good/inner/Cargo.toml", "");
    assert_snapshot!(folder.layout(""), @r#"
    package0 a `a` in `a`, 2021, loose
      Bin a a/src/main.rs
      file a/src/main.rs Source
      file a/src/routes.rs Source
    package1 b `b` in `b`, 2021, loose
      Loose odd b/odd.rs
      file b/odd.rs Source
    package2 c `c` in `c`, 2021, loose
      Lib c c/src/lib.rs
      file c/src/lib.rs Source
    package3 d `d` in `d`, 2021, loose
      Lib d d/src/lib.rs
      file d/src/lib.rs Source
    package4 good `good` in `good`, 2015, workspace ``
      Lib good good/src/lib.rs
      Normal dependency a `a` = package0
      file good/src/lib.rs Source
    package5 inner `inner` in `good/inner`, 2021, loose
      Lib inner good/inner/src/lib.rs
      file good/inner/src/lib.rs Source
    Manifest a/Cargo.toml:2:10: invalid basic string, expected `"`
    Manifest b/Cargo.toml: neither a `[package]` nor a `[workspace]`
    Manifest c/Cargo.toml: not UTF-8 from byte 18 on
    Manifest d/Cargo.toml:2:8: invalid type: sequence, expected a string
    Manifest good/inner/Cargo.toml: neither a `[package]` nor a `[workspace]`
    "#);
}

#[test]
fn files_and_members_that_are_not_there() {
    let folder = Folder::of(&["src/main.rs", "crates/kept/src/lib.rs", "ignored.rs", "elsewhere/src/lib.rs"]);
    folder.write(
        "Cargo.toml",
        r#"
        [package]
        name = "app"
        build = "gone/build.rs"
        [workspace]
        members = ["crates/*", "gone", "crates/[", "elsewhere"]
        [lib]
        path = "gone.rs"
        [[bin]]
        name = "gone-too"
        path = "gone/main.rs"
        [[bin]]
        name = "out"
        path = "ignored.rs"
        [dependencies]
        far = { path = "../../../../../../../../../far" }
        "#,
    );
    folder.write("crates/kept/Cargo.toml", "package.name = \"kept\"");
    folder.write("elsewhere/Cargo.toml", "package.name = \"elsewhere\"");
    folder.write(".gitignore", "ignored.rs\nelsewhere\n");
    let project = folder.discover("");
    assert_eq!(paths(&project), ["crates/kept/src/lib.rs", "src/main.rs"]);
    assert_snapshot!(messages(&project.problems), @"
    Missing Cargo.toml: `[[bin]]` names `gone/main.rs`, which is not there (correct the path; cargo does not build the package either)
    Missing Cargo.toml: `[lib]` names `gone.rs`, which is not there (correct the path; cargo does not build the package either)
    Missing Cargo.toml: `package.build` names `gone/build.rs`, which is not there (correct the path; cargo does not build the package either)
    Manifest Cargo.toml: workspace member `crates/[` is not a valid pattern: unclosed character class; missing ']' (no help)
    Missing Cargo.toml: workspace member `gone` has no `Cargo.toml` (add it, or take the member out of `members`)
    ");
}

#[test]
fn a_manifest_that_is_a_folder_is_no_manifest() {
    let folder = Folder::of(&["Cargo.toml/a.rs", "src/main.rs"]);
    assert_eq!(folder.files(""), ["Cargo.toml/a.rs", "src/main.rs"]);
}
