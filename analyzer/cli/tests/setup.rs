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
    written: `.gitattributes`
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
    kept:    `.gitattributes`
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
    written: `.gitattributes`
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
fn what_lies_beside_the_workspaces_of_several_paths_is_not_theirs() {
    let project = Project::bare(&[]);
    for name in ["one", "two", "three"] {
        project.write(&format!("{name}/Cargo.toml"), MANIFEST);
        project.write(&format!("{name}/src/main.rs"), VULNERABLE);
    }
    let places = |arguments: &[&str]| {
        let ran = project.run(&[&["-q"], arguments].concat());
        ran.stdout.lines().map(|line| line.split(':').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(places(&["one", "three/src"]), ["one/src/main.rs", "three/src/main.rs"]);
    assert_eq!(places(&["one", "one/src/main.rs"]), ["one/src/main.rs"]);
    // The one that is set up is so from above, too.
    project.write("two/ward.toml", "[lints]\nall = \"allow\"\n");
    assert_eq!(places(&["one", "three"]).len(), 2);
    assert_eq!(places(&["two", "three"]), [""; 0]);
    project.commit();
    assert_eq!(places(&["--since", "HEAD", "one", "three"]), [""; 0]);
}

#[test]
fn a_service_below_the_top_is_set_up_as_such() {
    let project = Project::bare(&[
        ("backend/Cargo.toml", MANIFEST.as_bytes()),
        ("backend/src/main.rs", VULNERABLE.as_bytes()),
        ("frontend/package.json", b"{}"),
    ]);
    project.git(&["init", "-q", "-b", "trunk"]);
    project.run(&["init", "backend"]).succeeded();
    let workflow = project.read(".github/workflows/ward.yml");
    assert!(workflow.contains("branches: [trunk]\n"), "{workflow}");
    assert!(workflow.ends_with("        with:\n          path: backend\n"), "{workflow}");
    assert_eq!(project.read("backend/.gitattributes"), "ward-baseline.tsv merge=union\n");
    assert_eq!(project.run(&["-q"]).status, 1);
    project.run(&["baseline", "backend"]).succeeded();
    assert_eq!(project.run(&["-q"]).told(), "status 0\n");
    project.run(&["baseline"]).succeeded();
    assert!(!project.path("ward-baseline.tsv").exists());
    project.write("backend/ward.toml", "lints.injection = \"warn\"\n");
    assert_eq!(project.run(&["-q", "--no-baseline"]).stdout.matches("warning[sql-injection]").count(), 1);
}

#[test]
fn a_configuration_that_does_not_count_is_told_of() {
    let project = Project::bare(&[]);
    for name in ["one", "two"] {
        project.write(&format!("{name}/Cargo.toml"), MANIFEST);
        project.write(&format!("{name}/src/main.rs"), VULNERABLE);
        project.write(&format!("{name}/ward.toml"), "[lints]\nall = \"allow\"\n");
    }
    let ran = project.run(&["."]);
    assert_eq!(ran.status, 1);
    for name in ["one", "two"] {
        let told =
            format!("warning: {name}/ward.toml: does not count, because more than its folder is analysed\n");
        assert!(ran.stdout.contains(&told), "{}", ran.stdout);
    }
    assert!(!project.run(&["one"]).stdout.contains("does not count"));
}

#[test]
fn a_hook_is_given_files_that_are_no_rust() {
    let project = Project::bare(&[("ts/y.toml", b"a = 1\n"), ("ts/index.ts", b"")]);
    insta::assert_snapshot!(project.run(&["--workspace", "ts/y.toml"]).told(), @"
    status 0
    --- stderr
    note: no Rust file to analyse in the workspaces of these paths
    ");
    assert_eq!(project.run(&["--workspace", "-q", "ts/y.toml"]).told(), "status 0\n");
    assert_eq!(project.run(&["ts"]).status, 2);
    project.write("api/Cargo.toml", MANIFEST);
    project.write("api/src/main.rs", VULNERABLE);
    assert_eq!(project.run(&["--workspace", "-q", "ts/y.toml", "api/Cargo.toml"]).stdout.lines().count(), 1);
}

#[test]
fn a_part_of_a_package_is_reported_and_all_of_it_analysed() {
    let routes = "\
use axum::extract::{Path, State};

pub async fn find(State(pool): State<sqlx::PgPool>, Path(name): Path<String>) {
    crate::store::find(&pool, &name).await;
}
";
    let store = "\
pub async fn find(pool: &sqlx::PgPool, name: &str) {
    sqlx::query(&format!(\"SELECT 1 FROM a WHERE b = '{name}'\")).execute(pool).await.unwrap();
}
";
    let project = Project::new(&[
        ("src/main.rs", "mod routes;\nmod store;\n"),
        ("src/routes/mod.rs", routes),
        ("src/store/mod.rs", store),
    ]);
    assert_eq!(project.run(&["-q", "src/routes"]).stdout, "");
    let found = project.run(&["-q", "src/store"]).stdout;
    assert!(found.starts_with("src/store/mod.rs:2:"), "{found}");
    let alone = project.run(&["src/store/mod.rs"]).stdout;
    assert!(alone.contains("analysed alone: "), "{alone}");
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
