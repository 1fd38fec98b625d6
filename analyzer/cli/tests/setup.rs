//! What surrounds a run: a first configuration, completions, the manual page, several paths.

// What lays out and runs a test may fail it.
#![allow(clippy::unwrap_used)]

mod support;

use support::{CLEAN, MANIFEST, Project, VULNERABLE, nothing};

#[test]
fn init_writes_what_is_missing_and_nothing_else() {
    let project = Project::vulnerable();
    project.commit();
    insta::assert_snapshot!(project.run(&["init"]).told(), @"
    status 0
    --- stdout
    written: `ward.toml`
    written: `.pre-commit-config.yaml`
    written: `.github/workflows/ward.yml`
    next:    cargo ward; then `cargo ward baseline` records what is to be left for later
             `pre-commit install` starts the hook; the rest starts with the next push
    ");
    insta::assert_snapshot!(
        "init_files",
        ["ward.toml", ".pre-commit-config.yaml", ".github/workflows/ward.yml"]
            .map(|path| format!("-- {path}\n{}", project.read(path)))
            .join("\n")
    );
    assert_eq!(project.run(&["-q"]).status, 1);
    project.write("ward.toml", "");
    insta::assert_snapshot!(project.run(&["init"]).told(), @"
    status 0
    --- stdout
    kept:    the configuration in `ward.toml`
    kept:    `.pre-commit-config.yaml`
    kept:    `.github/workflows/ward.yml`
    next:    cargo ward; then `cargo ward baseline` records what is to be left for later
             `pre-commit install` starts the hook; the rest starts with the next push
    ");
    assert_eq!(project.read("ward.toml"), "");
}

#[test]
fn init_sees_what_is_there() {
    let project = Project::new(&[("src/lib.rs", CLEAN)]);
    project.write(
        ".pre-commit-config.yaml",
        "repos:\n  - repo: https://example.com/other\n    rev: v1\n    hooks:\n      - id: other\n",
    );
    project.write(".gitlab-ci.yml", "test:\n  script: cargo test\n");
    project.commit();
    insta::assert_snapshot!(project.run(&["init", "src"]).told(), @"
    status 0
    --- stdout
    written: `ward.toml`
    changed: `.pre-commit-config.yaml`, one entry added at the end
    to do:   add this job to `.gitlab-ci.yml`:
    ward:
      image: rust:latest
      script:
        - cargo install --git https://github.com/cargo-ward/cargo-ward --tag v0.1.0 --locked cargo-ward
        - cargo ward --format terminal --format gitlab=gl-sast-report.json --format junit=ward.xml
      artifacts:
        when: always
        reports:
          sast: gl-sast-report.json
          junit: ward.xml

    next:    cargo ward; then `cargo ward baseline` records what is to be left for later
             `pre-commit install` starts the hook; the rest starts with the next push
    ");
    insta::assert_snapshot!(project.read(".pre-commit-config.yaml"), @"
    repos:
      - repo: https://example.com/other
        rev: v1
        hooks:
          - id: other
      - repo: https://github.com/cargo-ward/cargo-ward
        rev: v0.1.0
        hooks:
          - id: cargo-ward
    ");
}

#[test]
fn several_paths_are_the_workspaces_they_belong_to() {
    let project = Project::bare(&[]);
    for (path, text) in [
        ("one/Cargo.toml", "[workspace]\nmembers = [\"api\"]\n"),
        ("one/api/Cargo.toml", MANIFEST),
        ("one/api/src/main.rs", VULNERABLE),
        ("two/Cargo.toml", MANIFEST),
        ("two/src/lib.rs", CLEAN),
    ] {
        project.write(path, text);
    }
    let files = |arguments: &[&str]| {
        let ran = project.run(&[arguments, &["--format", "json"]].concat());
        ran.json()["summary"]["files"].clone()
    };
    assert_eq!(files(&["one/api/src/main.rs", "--workspace"]), 1);
    assert_eq!(files(&["one/api/src/main.rs", "one/Cargo.toml"]), 1);
    assert_eq!(files(&["one/api/src/main.rs", "two/src/lib.rs", "two/Cargo.toml"]), 2);
    assert_eq!(project.run(&["one/api/src/main.rs", "gone.rs"]).status, 2);
}

#[test]
fn levels_may_be_given_as_options() {
    let project = Project::vulnerable();
    assert_eq!(project.run(&["-q", "-W", "sql-injection"]).status, 0);
    assert_eq!(project.run(&["-q", "--allow", "injection"]).told(), "status 0\n");
    project.write("ward.toml", "lints.all = \"allow\"\n");
    assert_eq!(project.run(&["-q"]).status, 0);
    assert_eq!(project.run(&["-q", "-D", "sql-injection"]).status, 1);
    assert!(project.run(&["-D", "sql-injektion"]).stderr.contains("did you mean `sql-injection`?"));
}

#[test]
fn shells_editors_and_manuals_are_served() {
    let project = nothing();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = project.run(&["completions", shell]).succeeded();
        assert!(ran.stdout.contains("min-severity"), "{shell}");
        let names = ran.stdout.contains("sql-injection") && ran.stdout.contains("all code-injection");
        assert!(names || !["bash", "zsh"].contains(&shell), "{shell} knows the lints");
    }
    assert!(project.run(&["man"]).succeeded().stdout.contains(".TH cargo-ward"));
    let schema = project.run(&["schema"]).succeeded().json();
    assert_eq!(schema["title"], "ward.toml");
}
