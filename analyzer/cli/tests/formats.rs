//! The forms of a report, and several of them in one run.

// What lays out and runs a test may fail it.
#![allow(clippy::unwrap_used)]

mod support;

use support::{CLEAN, MANIFEST, Project, VULNERABLE};

/// A finding, a suppressed one, and a file that does not parse.
fn project() -> Project {
    let suppressed = VULNERABLE
        .replace("find", "search")
        .replace(".await?;", ".await?; // ward: allow(sql-injection, reason = \"a <b> & c\")");
    Project::new(&[
        ("src/main.rs", "mod broken;\nmod find;\nmod search;\n"),
        ("src/find.rs", VULNERABLE),
        ("src/search.rs", &suppressed),
        ("src/broken.rs", "fn broken( {\n"),
    ])
}

fn printed(format: &str) -> String {
    let project = project();
    let mut command = project.command(&["--lint", "sql-injection", "--format", format]);
    let ran = project.ran(&command.env("SOURCE_DATE_EPOCH", "1000000000").output().unwrap());
    assert_eq!((ran.status, ran.stderr.as_str()), (1, ""));
    ran.stdout
}

#[test]
fn github_annotations() {
    insta::assert_snapshot!("github", printed("github"));
}

#[test]
fn gitlab_report() {
    insta::assert_snapshot!("gitlab", printed("gitlab"));
}

#[test]
fn junit_tests() {
    insta::assert_snapshot!("junit", printed("junit"));
}

#[test]
fn markdown_summary() {
    insta::assert_snapshot!("markdown", printed("markdown"));
}

#[test]
fn an_html_page_loads_nothing() {
    let page = printed("html");
    for wanted in [
        "<title>cargo-ward: 1 findings</title>",
        "a &lt;b&gt; &amp; c",
        "<mark>&amp;sql</mark>",
        "class=\"sink\"",
    ] {
        assert!(page.contains(wanted), "{wanted}");
    }
    for unwanted in ["http://", "src=", "href=", "url(", "@import", "fetch("] {
        assert!(!page.contains(unwanted), "{unwanted}");
    }
    insta::assert_snapshot!("html", page[page.find("<header>").unwrap()..page.find("<script>").unwrap()]);
}

#[test]
fn one_run_may_write_several() {
    let project = Project::vulnerable();
    let ran =
        project.run(&["--format", "json=ward.json", "--format", "terminal", "--format", "sarif=ward.sarif"]);
    assert_eq!(ran.status, 1);
    assert!(ran.stdout.starts_with("error[sql-injection]"), "{}", ran.stdout);
    insta::assert_snapshot!(ran.stderr, @"
    1 finding, written to `ward.json`
    1 finding, written to `ward.sarif`
    ");
    assert!(project.read("ward.json").starts_with("{\n  \"version\""));
    assert!(project.read("ward.sarif").contains("\"ruleId\": \"sql-injection\""));
    let alone = project.run(&["--format", "json", "-o", "again.json", "-q"]);
    assert_eq!(alone.told(), "status 1\n");
    assert_eq!(project.read("again.json"), project.read("ward.json"));
}

#[test]
fn code_hosts_know_paths_from_the_top_of_the_repository() {
    let project = Project::bare(&[]);
    project.write("services/shop/Cargo.toml", MANIFEST);
    project.write("services/shop/src/main.rs", VULNERABLE);
    project.write("services/shop/src/broken.rs", "fn broken( {\n");
    project.commit();
    let run = |format: &str| project.run(&["services/shop", "--format", format]);
    let log = run("sarif").json();
    let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!(place["uri"], "services/shop/src/main.rs");
    assert!(run("github").stdout.contains("::error file=services/shop/src/main.rs,line=6,"));
    assert!(run("github").stdout.contains("::warning file=services/shop/src/broken.rs,line=1,"));
    assert_eq!(run("gitlab").json()["vulnerabilities"][0]["location"]["file"], "services/shop/src/main.rs");
    assert_eq!(run("json").json()["findings"][0]["path"], "src/main.rs");
}

#[test]
fn two_reports_need_two_places() {
    let project = Project::new(&[("src/lib.rs", CLEAN)]);
    let told: Vec<String> = [
        &["--format", "json", "--format", "sarif"][..],
        &["--format", "json=a", "--format", "sarif=a"],
        &["--format", "json=a", "-o", "b"],
        &["--format", "jsn=a"],
        &["--format", "json=none/a"],
    ]
    .iter()
    .map(|arguments| format!("$ cargo ward {}\n{}", arguments.join(" "), project.run(arguments).told()))
    .collect();
    insta::assert_snapshot!("two_places", told.join("\n"));
}

/// Escape sequences, bells and characters that turn the direction of text, in the source and in a file's name, reach
/// no log and no page: whatever is not JSON shows them as escapes, and markup as text.
#[cfg(unix)]
#[test]
fn hostile_sources_and_names_are_shown_as_text() {
    let text = support::VULNERABLE
        .replace("SELECT id", "SELECT \u{1b}[31m\u{7}\u{202e}<script>alert(1)</script> id");
    let name = "src/a\u{1b}]0;x\u{7}<img src=x onerror=alert(1)>|`\n::error::boo.rs";
    let project = Project::new(&[("src/main.rs", &text), (name, &text)]);
    for format in ["terminal", "github", "markdown", "html", "junit", "gitlab", "json", "sarif"] {
        let printed = project.run(&["--no-cache", "--format", format]).stdout;
        assert!(printed.contains("sql-injection"), "{format}: {printed}");
        let is_raw = |character: char| matches!(character, '\u{1b}' | '\u{7}' | '\u{202e}');
        // JSON may hold what is no control character: it is for programs.
        let is_json = matches!(format, "gitlab" | "json" | "sarif");
        let raw =
            printed.chars().find(|character| is_raw(*character) && !(is_json && *character == '\u{202e}'));
        assert_eq!(raw, None, "{format}: {printed}");
        assert!(!printed.lines().any(|line| line.starts_with("::error::boo")), "{format}: {printed}");
        let is_markup = matches!(format, "html" | "junit");
        assert!(
            !is_markup || !printed.contains("<script>alert") && !printed.contains("<img"),
            "{format}: {printed}"
        );
    }
}
