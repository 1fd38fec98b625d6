//! What is known already and what is new: baselines, and the work since a revision.

// What lays out and runs a test may fail it.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;

use support::{CLEAN, MANIFEST, Project, VULNERABLE};

#[test]
fn a_baseline_hides_what_is_known_and_counts() {
    let project = Project::vulnerable();
    insta::assert_snapshot!(project.run(&["baseline"]).told(), @"
    status 0
    --- stdout
    1 finding recorded in `ward-baseline.tsv`
    ");
    insta::assert_snapshot!(project.read("ward-baseline.tsv").replace('\t', " | "), @"
    # cargo-ward baseline, version 1
    # fingerprint | count | body | lint | path | function
    0e4d057183decb1f | 1 | 6dbc7916fe687dba | sql-injection | src/main.rs | shop::find
    ");
    let ran = project.run(&["--format", "sarif"]);
    assert_eq!(ran.status, 0);
    let suppression = &ran.json()["runs"][0]["results"][0]["suppressions"][0];
    assert_eq!(
        (&suppression["kind"], &suppression["justification"]),
        (&"external".into(), &"in the baseline".into())
    );
    // Lines that move, and format that changes, change nothing.
    project.write(
        "src/main.rs",
        VULNERABLE.replace("async fn", "// more\n\nasync  fn").replace("query(&sql)", "query(\n&sql,\n)"),
    );
    project.run(&["-q"]).succeeded();
    // The function moves to a module of its own.
    project.write("src/main.rs", "mod find;\n");
    project.write("src/find.rs", VULNERABLE);
    project.run(&["-q"]).succeeded();
    fs::remove_file(project.path("src/find.rs")).unwrap();
    // A second instance is new.
    let second = "    sqlx::query(&sql).execute(&pool).await?;\n";
    project.write("src/main.rs", VULNERABLE.replace(second, &second.repeat(2)));
    let ran = project.run(&["-q"]);
    assert_eq!((ran.status, ran.stdout.lines().count()), (1, 1), "{}", ran.stdout);
    assert_eq!(project.run(&["-q", "--no-baseline"]).stdout.lines().count(), 2);
}

#[test]
fn the_summary_says_by_what_findings_are_suppressed() {
    let suppressed =
        VULNERABLE.replace("async fn", "// ward: allow(sql-injection, reason = \"checked\")\nasync fn");
    let project = Project::new(&[("src/main.rs", "mod a;\nmod b;\n"), ("src/a.rs", &suppressed)]);
    let summary = |arguments: &[&str]| project.run(arguments).stdout.lines().next().unwrap().to_owned();
    assert_eq!(summary(&[]), "no findings (1 suppressed in the source)");
    project.write("src/b.rs", VULNERABLE);
    project.run(&["baseline"]).succeeded();
    assert_eq!(summary(&[]), "no findings (2 suppressed: 1 by the baseline, 1 in the source)");
    let override_ = "[[override]]\npaths = [\"a.rs\"]\nlints.all = \"allow\"\nreason = \"old\"\n";
    project.write("ward.toml", override_);
    project.write("src/a.rs", VULNERABLE);
    assert!(summary(&[]).contains("1 by the configuration"), "{}", summary(&[]));
}

/// The header has the word of the compiler: an error makes the run fail, a warning does not.
#[test]
fn what_makes_the_run_fail_is_an_error() {
    let project = Project::new(&[("src/lib.rs", CALLER)]);
    for (arguments, status, word) in [(&[][..], 1, "error"), (&["-W", "all"][..], 0, "warning")] {
        let ran = project.run(arguments);
        assert!(ran.stdout.contains("severity medium"), "{}", ran.stdout);
        assert!(ran.stdout.starts_with(&format!("{word}[sql-injection]")), "{}", ran.stdout);
        assert_eq!(ran.status, status);
    }
    project.write("src/more.rs", VULNERABLE);
    project.write("ward.toml", "[[override]]\npaths = [\"src/lib.rs\"]\nlints = { all = \"warn\" }\n");
    let told = project.run(&[]).stdout;
    assert!(told.contains("\n2 findings: 1 high, 1 medium, one of them a warning\n"), "{told}");
}

/// A library that takes its callers' text for SQL, which is less severe than a request's.
const CALLER: &str = "mod more;

pub async fn find(pool: &sqlx::PgPool, name: &str) -> sqlx::Result<()> {
    sqlx::query(&format!(\"SELECT 1 FROM a WHERE b = '{name}'\")).execute(pool).await.map(drop)
}
";

#[test]
fn fixed_findings_are_pruned_on_request() {
    let project = Project::new(&[
        ("src/main.rs", "mod a;\nmod b;\n"),
        ("src/a.rs", VULNERABLE),
        ("src/b.rs", VULNERABLE),
    ]);
    project.run(&["baseline"]).succeeded();
    project.write("src/b.rs", CLEAN);
    project.write("src/c.rs", VULNERABLE.replace("find", "search"));
    project.write("src/main.rs", "mod a;\nmod b;\nmod c;\n");
    insta::assert_snapshot!(project.run(&["baseline", "--prune"]).told(), @"
    status 0
    --- stdout
    1 taken out of `ward-baseline.tsv`, 1 left
    ");
    assert_eq!(project.run(&["-q"]).stdout.lines().count(), 1);
    insta::assert_snapshot!(project.run(&["baseline"]).told(), @"
    status 0
    --- stdout
    2 findings recorded in `ward-baseline.tsv`, which held 1 before
    ");
    project.run(&["-q"]).succeeded();
}

#[test]
fn what_a_run_does_not_look_at_stays_in_the_baseline() {
    let project = Project::new(&[
        ("src/main.rs", "mod a;\nmod b;\n"),
        ("src/a.rs", VULNERABLE),
        ("src/b.rs", &VULNERABLE.replace("find", "search")),
    ]);
    project.run(&["baseline"]).succeeded();
    let all = project.read("ward-baseline.tsv");
    for part in [
        &["src/a.rs"][..],
        &["--lint", "ssrf"],
        &["-A", "injection"],
        &["--min-severity", "critical"],
        &["--exclude", "b.rs"],
        &["src/"],
    ] {
        project.run(&[&["baseline"], part].concat()).succeeded();
        assert_eq!(project.read("ward-baseline.tsv"), all, "{part:?}");
        project.run(&[&["baseline", "--prune"], part].concat()).succeeded();
        assert_eq!(project.read("ward-baseline.tsv"), all, "{part:?}");
    }
    // What it does look at, and does not find again, goes.
    project.write("src/a.rs", CLEAN);
    let told = project.run(&["src/b.rs"]).stdout;
    assert!(!told.contains("repaired"), "{told}");
    let told = project.run(&[]).stdout;
    assert!(
        told.contains("repaired: 1 of the baseline (take out with `cargo ward baseline --prune`)"),
        "{told}"
    );
    project.run(&["baseline", "--prune", "src/b.rs"]).succeeded();
    assert_eq!(project.read("ward-baseline.tsv"), all);
    insta::assert_snapshot!(project.run(&["baseline", "src/a.rs"]).told(), @"
    status 0
    --- stdout
    1 finding recorded in `ward-baseline.tsv`, which held 2 before
    kept: 1 finding of lints or files that this run did not look at
    ");
    assert_eq!(project.read("ward-baseline.tsv").lines().count(), 3);
}

#[test]
fn the_baseline_of_a_workspace_knows_what_a_member_has() {
    let workspace = "[workspace]\nmembers = [\"api\"]\n";
    let project = Project::bare(&[
        ("Cargo.toml", workspace.as_bytes()),
        ("api/Cargo.toml", MANIFEST.as_bytes()),
        ("api/src/main.rs", VULNERABLE.as_bytes()),
    ]);
    project.run(&["baseline", "api"]).succeeded();
    let all = project.read("ward-baseline.tsv");
    assert!(all.contains("\tapi/src/main.rs\t"), "{all}");
    project.run(&["baseline"]).succeeded();
    assert_eq!(project.read("ward-baseline.tsv"), all);
    assert_eq!(project.run(&["-q", "api"]).status, 0);
}

#[test]
fn what_is_wrong_with_a_baseline_is_told() {
    let project = Project::vulnerable();
    insta::assert_snapshot!(project.run(&["--baseline", "none.tsv"]).told(), @"
    status 2
    --- stderr
    error: there is no baseline `none.tsv`
      help: `cargo ward baseline` writes one
    ");
    insta::assert_snapshot!(project.run(&["baseline", "--prune"]).told(), @"
    status 2
    --- stderr
    error: there is no baseline `ward-baseline.tsv` to prune
      help: `cargo ward baseline` writes one
    ");
    project.write("ward-baseline.tsv", "# cargo-ward baseline, version 99\n");
    insta::assert_snapshot!(project.run(&[]).told(), @"
    status 2
    --- stderr
    error: ward-baseline.tsv: the baseline has the form 99, which is newer than 1, the last this version reads
      help: update cargo-ward, or write the baseline anew by `cargo ward baseline`
    ");
    project.write("ward-baseline.tsv", "# cargo-ward baseline, version 1\n<<<<<<< ours\n");
    insta::assert_snapshot!(project.run(&[]).told(), @"
    status 2
    --- stderr
    error: ward-baseline.tsv: line 2: six values have to stand here, with tabs between them
      help: correct it, or write it anew by `cargo ward baseline`
    ");
}

#[test]
fn only_what_a_branch_brings_is_reported() {
    let project = Project::new(&[("src/main.rs", "mod old;\n"), ("src/old.rs", VULNERABLE)]);
    project.commit();
    project.git(&["checkout", "-q", "-b", "work"]);
    project.write("src/main.rs", "mod new;\nmod old;\n");
    project.write("src/new.rs", VULNERABLE.replace("find", "search"));
    project.write("src/old.rs", format!("// a line more\n{VULNERABLE}"));
    let ran = project.run(&["--since", "main"]);
    assert_eq!(ran.status, 1);
    assert!(ran.stdout.contains("src/new.rs:6:17"), "{}", ran.stdout);
    assert!(ran.stdout.contains("1 finding: 1 high") && !ran.stdout.contains("src/old.rs"), "{}", ran.stdout);
    assert!(ran.stdout.contains("not new: 1 from before the changes since `main`"), "{}", ran.stdout);
    // Committed or not, and from a folder below, it is the same.
    project.commit();
    assert_eq!(project.run(&["--since", "main", "-q"]).stdout.lines().count(), 1);
    assert_eq!(project.run(&["--since", "HEAD", "-q"]).told(), "status 0\n");
    assert_eq!(project.run(&["src/new.rs", "--since", "main", "-q"]).stdout.lines().count(), 1);
    // What happens on the other branch meanwhile does not count.
    project.git(&["checkout", "-q", "main"]);
    project.write("src/old.rs", CLEAN);
    project.commit();
    project.git(&["checkout", "-q", "work"]);
    assert_eq!(project.run(&["--since", "main", "-q"]).stdout.lines().count(), 1);
}

#[test]
fn a_finding_far_from_the_change_is_new_if_the_change_brings_it() {
    let sink = "pub async fn run(pool: &sqlx::PgPool, sql: &str) {\n    let _ = sqlx::query(sql).execute(pool).await;\n}\n";
    let safe = "use axum::extract::{Path, State};\nuse sqlx::PgPool;\nasync fn find(State(pool): State<PgPool>, Path(name): Path<String>) {\n    crate::db::run(&pool, \"SELECT 1\").await;\n}\n";
    let project =
        Project::new(&[("src/main.rs", "mod api;\nmod db;\n"), ("src/db.rs", sink), ("src/api.rs", safe)]);
    project.commit();
    project.write("src/api.rs", safe.replace("\"SELECT 1\"", "&name"));
    let ran = project.run(&["--since", "HEAD", "-q"]);
    assert_eq!(ran.status, 1, "{}", ran.told());
    assert!(ran.stdout.starts_with("src/db.rs:2:"), "{}", ran.stdout);
}

#[test]
fn what_is_hidden_is_not_counted_as_old() {
    let project = Project::vulnerable();
    project.commit();
    let told =
        |arguments: &[&str]| project.run(&[&["--since", "HEAD"], arguments].concat()).succeeded().stdout;
    assert!(told(&[]).contains("not new: 1 from before"), "{}", told(&[]));
    let hidden = told(&["--min-severity", "critical"]);
    assert!(hidden.contains("no findings") && !hidden.contains("not new"), "{hidden}");
}

#[test]
fn what_git_does_not_know_is_told() {
    let project = Project::vulnerable();
    insta::assert_snapshot!(project.run(&["--since", "main"]).told(), @"
    status 2
    --- stderr
    error: `[folder]` is in no git repository
      help: go to a checkout, or leave the option away
    ");
    project.commit();
    insta::assert_snapshot!(project.run(&["--since", "mian"]).told(), @"
    status 2
    --- stderr
    error: git knows no revision `mian`
      help: did you mean `main`?
    ");
    insta::assert_snapshot!(project.run(&["--since", "release"]).told(), @"
    status 2
    --- stderr
    error: git knows no revision `release`
      help: check the spelling; a shallow clone has to fetch it first: `git fetch origin BRANCH`
    ");
    insta::assert_snapshot!(project.run(&["--since", "--all"]).told(), @"
    status 2
    --- stderr
    error: unexpected argument '--all' found

      tip: a similar argument exists: '--allow'

    Usage: cargo-ward --allow <LINT> [PATH]...

    For more information, try '--help'.
    ");
    let mut command = project.command(&["--since", "main"]);
    let ran = project.ran(&command.env("PATH", "").output().unwrap());
    insta::assert_snapshot!(ran.told(), @"
    status 2
    --- stderr
    error: git is needed for this, and there is no `git` command
      help: install git, or leave the option away
    ");
}

#[test]
fn a_submodule_is_compared_at_its_own_commit() {
    let library = Project::new(&[("src/lib.rs", VULNERABLE)]);
    library.commit();
    let project = Project::new(&[("src/lib.rs", CLEAN)]);
    project.commit();
    let url = library.folder.path().to_str().unwrap();
    project.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", url, "parts"]);
    project.commit();
    assert_eq!(project.run(&["-q"]).status, 1);
    assert_eq!(project.run(&["-q", "--since", "HEAD"]).told(), "status 0\n");
}

#[test]
fn that_histories_have_nothing_in_common_is_told() {
    let project = Project::vulnerable();
    project.commit();
    project.git(&["checkout", "-q", "--orphan", "other"]);
    project.write("notes.md", "another beginning\n");
    project.commit();
    let told = project.run(&["-q", "--since", "main"]).told();
    assert_eq!(
        told,
        "status 0\n--- stderr\nnote: no common commit of `main` and the present one is known, so `main` itself is \
         compared with; they share no history\n"
    );
}

#[test]
fn what_git_refuses_is_told_in_its_words() {
    let project = Project::vulnerable();
    project.commit();
    let mut command = project.command(&["--since", "HEAD"]);
    command.env("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1");
    let told = project.ran(&command.output().unwrap());
    assert_eq!(told.status, 2);
    assert!(
        told.stderr.starts_with("error: git says: detected dubious ownership in repository at "),
        "{}",
        told.stderr
    );
    assert!(told.stderr.contains("safe.directory"), "{}", told.stderr);
}
