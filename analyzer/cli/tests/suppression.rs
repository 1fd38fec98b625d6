//! Suppressions in the source, as users write and remove them.

// What lays out and runs a test may fail it.
#![allow(clippy::unwrap_used)]

mod support;

use support::{Project, VULNERABLE};

/// The finding with this comment in the line before it, and in its own.
fn with(before: &str, behind: &str) -> Project {
    let query = "    sqlx::query(&sql).execute(&pool).await?;";
    let text = VULNERABLE.replace(query, &format!("{before}{query}{behind}"));
    Project::new(&[("src/main.rs", &text)])
}

#[test]
fn a_comment_suppresses_what_it_stands_before_or_behind() {
    for project in [
        with("    // ward: allow(sql-injection, reason = \"checked\")\n", ""),
        with("", " // ward: allow(sql_injection, reason = \"checked\")"),
        with("    /* ward: allow(injection, reason = \"checked\") */\n", ""),
    ] {
        let ran = project.run(&["--format", "json"]);
        let report = ran.json();
        assert_eq!((ran.status, &report["summary"]["suppressed"]), (0, &1.into()), "{}", ran.told());
        let suppressed = &report["findings"][0]["suppressed"];
        assert_eq!((&suppressed["by"], &suppressed["justification"]), (&"source".into(), &"checked".into()));
    }
    let ran =
        with("    // ward: allow(sql-injection, reason = \"checked\")\n", "").run(&["--format", "sarif"]);
    let suppression = &ran.json()["runs"][0]["results"][0]["suppressions"][0];
    assert_eq!(
        (&suppression["kind"], &suppression["justification"]),
        (&"inSource".into(), &"checked".into())
    );
}

#[test]
fn an_item_may_be_suppressed_as_a_whole() {
    for said in [
        "// ward: allow(sql-injection)\n",
        "#[cfg_attr(ward, allow(sql-injection, reason = \"checked\"))]\n",
        "#[cfg_attr(ward, allow(sql_injection))]\n#[allow(dead_code)]\n",
    ] {
        let text = VULNERABLE.replace("async fn", &format!("{said}async fn"));
        let ran = Project::new(&[("src/main.rs", &text)]).run(&["--format", "json"]);
        assert_eq!((ran.status, &ran.json()["summary"]["suppressed"]), (0, &1.into()), "{said}");
    }
}

#[test]
fn what_is_wrong_with_suppressions_is_told() {
    let told = |before: &str| with(before, "").run(&["--lint", "sql-injection"]).stdout;
    let problems = |before: &str| {
        let told = told(before);
        told[told.find("warning: ").unwrap_or(told.len())..].to_owned()
    };
    insta::assert_snapshot!(problems("    // ward: allow(sql-injectoin)\n"), @"
    warning: src/main.rs:6:20: there is no lint or group `sql-injectoin`
     = help: did you mean `sql-injection`?

    1 finding: 1 high
    analysed 1 file with 9 lines in 1 package, 0 endpoints, in [time]
    to learn more, or to suppress it: cargo ward explain sql-injection
    fixable: 1 after review (see with `--unsafe-fixes --diff`)
    ");
    insta::assert_snapshot!(problems("    // ward: alow(sql-injection)\n"), @r#"
    warning: src/main.rs:6:14: `alow` means nothing here
     = help: write `allow(lint, reason = "..")` or `public(reason = "..")`

    1 finding: 1 high
    analysed 1 file with 9 lines in 1 package, 0 endpoints, in [time]
    to learn more, or to suppress it: cargo ward explain sql-injection
    fixable: 1 after review (see with `--unsafe-fixes --diff`)
    "#);
    insta::assert_snapshot!(problems("    // ward: allow(sql-injection) it is fine\n"), @r#"
    warning: src/main.rs:6:34: there is more after the closing bracket; a reason stands within: `reason = ".."`
     = help: write `allow(lint, reason = "..")` or `public(reason = "..")`

    1 finding: 1 high
    analysed 1 file with 9 lines in 1 package, 0 endpoints, in [time]
    to learn more, or to suppress it: cargo ward explain sql-injection
    fixable: 1 after review (see with `--unsafe-fixes --diff`)
    "#);
    // In a text, in documentation, or as a mention it is nothing.
    assert_eq!(problems("    let _ = \"// ward: alow(x)\";\n    // as in ward: allow\n").find("ward:"), None);
}

const DEAD: &str = "\
// ward: allow(sql-injection, reason = \"gone\")
pub fn double(number: u32) -> u32 {
    number * 2 // ward: allow(injection)
}

// ward: public(reason = \"no function\")
pub struct Table;
";

#[test]
fn unused_suppressions_are_told_and_removed() {
    let project = Project::new(&[("src/lib.rs", DEAD)]);
    insta::assert_snapshot!(project.run(&[]).told(), @"
    status 0
    --- stdout
    warning: src/lib.rs:1:16: `sql-injection` is suppressed here, and not found
     = help: remove it, or let `--fix-unused-suppressions` do so

    warning: src/lib.rs:3:31: `injection` is suppressed here, and not found
     = help: remove it, or let `--fix-unused-suppressions` do so

    warning: src/lib.rs:6:1: `public` belongs to no function here
     = help: put it directly before the handler

    no findings
    analysed 1 file with 7 lines in 1 package, 0 endpoints, in [time]
    ");
    let diff = project.run(&["--fix-unused-suppressions", "--diff"]);
    insta::assert_snapshot!(diff.told(), @r#"
    status 1
    --- stdout
    --- a/src/lib.rs
    +++ b/src/lib.rs
    @@ -1,6 +1,5 @@
    -// ward: allow(sql-injection, reason = "gone")
     pub fn double(number: u32) -> u32 {
    -    number * 2 // ward: allow(injection)
    +    number * 2
     }
     
     // ward: public(reason = "no function")
    "#);
    let refused = project.run(&["--fix-unused-suppressions"]);
    insta::assert_snapshot!(refused.told(), @"
    status 2
    --- stderr
    error: the files are in no git repository, so changes could not be taken back
      help: look at them by `--diff` first, or change them anyway by `--allow-dirty`
    ");
    project.commit();
    project.run(&["--fix-unused-suppressions", "-q"]).succeeded();
    insta::assert_snapshot!(project.read("src/lib.rs"), @r#"
    pub fn double(number: u32) -> u32 {
        number * 2
    }

    // ward: public(reason = "no function")
    pub struct Table;
    "#);
    assert_eq!(project.run(&["--fix-unused-suppressions", "-q"]).told(), "status 0\n");
}

#[test]
fn a_dirty_file_is_not_changed() {
    let project = Project::new(&[("src/lib.rs", DEAD)]);
    project.commit();
    project.write("src/lib.rs", format!("{DEAD}\n// more\n"));
    let ran = project.run(&["--fix-unused-suppressions"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("not committed: src/lib.rs"), "{}", ran.stderr);
    assert!(project.read("src/lib.rs").contains("gone"));
    project.run(&["--fix-unused-suppressions", "--allow-dirty", "-q"]).succeeded();
    assert!(!project.read("src/lib.rs").contains("gone"));
}

#[test]
fn reasons_may_be_mandatory_and_unused_ones_fatal() {
    let project = with("    // ward: allow(sql-injection)\n", "");
    project.write("ward.toml", "[suppressions]\nrequire-reason = true\n");
    let ran = project.run(&[]);
    assert_eq!(ran.status, 1);
    assert!(ran.stdout.contains("src/main.rs:6:5: this suppresses nothing, because"), "{}", ran.stdout);
    project.write(
        "src/main.rs",
        project.read("src/main.rs").replace("injection)", "injection, reason = \" \")"),
    );
    assert_eq!(project.run(&["-q"]).status, 1);
    project.write("src/main.rs", project.read("src/main.rs").replace("\" \"", "\"our own\""));
    assert_eq!(project.run(&["-q"]).told(), "status 0\n");
    let project = Project::new(&[("src/lib.rs", DEAD)]);
    project.write("ward.toml", "[suppressions]\nunused = \"deny\"\n");
    assert_eq!(project.run(&["-q"]).status, 1);
    project.write("ward.toml", "[suppressions]\nunused = \"allow\"\n");
    assert!(!project.run(&[]).stdout.contains("not found"));
}

#[test]
fn suppressions_in_test_code_are_left_alone() {
    let text = "#[cfg(test)]\nmod tests {\n    // ward: allow(sql-injection)\n    fn a() {}\n}\n";
    let project =
        Project::new(&[("src/lib.rs", text), ("tests/a.rs", "// ward: allow(sql-injection)\nfn a() {}\n")]);
    assert!(!project.run(&[]).stdout.contains("warning"), "{}", project.run(&[]).stdout);
    assert!(
        project
            .run(&["--include-tests"])
            .stdout
            .contains("src/lib.rs:3:20: `sql-injection` is suppressed here")
    );
}
