//! The command as users run it: its options, what it prints, its exit status, and what it makes of bad input.

// What lays out and runs a test may fail it.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use support::{CLEAN, MANIFEST, Project, VULNERABLE, WAREHOUSE, nothing};

// Help, lints and pages.

#[test]
fn help_is_short_or_long() {
    insta::assert_snapshot!("short_help", nothing().run(&["-h"]).told());
    insta::assert_snapshot!("long_help", nothing().run(&["--help"]).told());
}

#[test]
fn cargo_puts_the_name_before_the_arguments() {
    let project =
        Project::new(&[("src/lib.rs", CLEAN), ("ward/src/lib.rs", CLEAN), ("ward/Cargo.toml", MANIFEST)]);
    let analysed = |arguments: &[&str]| project.run(arguments).json()["summary"]["files"].clone();
    assert_eq!(analysed(&["--format", "json"]), 2);
    assert_eq!(analysed(&["ward", "--format", "json"]), 2);
    assert_eq!(analysed(&["ward", "ward", "--format", "json"]), 1);
    assert!(project.run(&["ward", "--help"]).stdout.contains("Usage: cargo ward [OPTIONS] [PATH]"));
    assert!(project.run(&["--help"]).stdout.contains("Usage: cargo-ward [OPTIONS] [PATH]"));
}

#[test]
fn the_version_is_that_of_the_package() {
    let ran = nothing().run(&["--version"]);
    assert_eq!((ran.status, ran.stdout), (0, format!("cargo-ward {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn lints_are_listed() {
    let ran = nothing().run(&["lints"]);
    let mut lines = ran.stdout.lines();
    assert_eq!(ran.status, 0);
    assert_eq!(
        lines.next().unwrap().split_whitespace().collect::<Vec<_>>(),
        ["name", "group", "severity", "summary"]
    );
    let row = lines.find(|line| line.starts_with("sql-injection ")).unwrap();
    assert_eq!(row.split_whitespace().take(3).collect::<Vec<_>>(), ["sql-injection", "injection", "high"]);
}

#[test]
fn programs_may_list_the_lints() {
    let list = nothing().run(&["lints", "--format", "json"]).succeeded().json();
    let lints = list["lints"].as_array().unwrap();
    let lint = lints.iter().find(|lint| lint["name"] == "sql-injection").unwrap();
    assert_eq!(
        (&lint["group"], &lint["severity"], &lint["cwe"][0]),
        (&"injection".into(), &"high".into(), &89.into())
    );
}

#[test]
fn a_lint_is_explained_by_its_page() {
    let ran = nothing().run(&["explain", "sql-injection"]);
    let (page, rest) = ran.stdout.split_at(ran.stdout.find("\n## To suppress").unwrap());
    // Without the marks that make tests of its examples.
    let whole = include_str!("../../../lints/docs/sql-injection.md");
    assert!(whole.contains(" //~ sql-injection\n") && !page.contains("//~"), "{page}");
    assert_eq!(page.lines().count(), whole.lines().count());
    insta::assert_snapshot!(rest, @r#"
    ## To suppress a finding

    - One: `// ward: allow(sql-injection, reason = "..")` behind it, or in the line before it.
    - In some files, at some endpoints, or everywhere: the level `allow` in `ward.toml`, which `cargo ward init` writes.
    - All that there are today: `cargo ward baseline` records them, so that only new ones are reported.
    "#);
    assert_eq!(ran.status, 0);
}

#[test]
fn unknown_names_are_told_the_nearest() {
    let project = nothing();
    let told: Vec<String> = [
        ["explain", "sql_injectoin"],
        ["explain", "everything"],
        ["explain", "output"],
        ["--format", "sarif="],
        ["--lint", "sql-injection,sqlinjection"],
        ["--min-severity", "hgh"],
        ["--fromat", "json"],
        ["--threads", "0"],
        ["--max-file-size", "1.5M"],
        ["--quiet", "--verbose"],
    ]
    .iter()
    .map(|arguments| format!("$ cargo ward {}\n{}", arguments.join(" "), project.run(arguments).told()))
    .collect();
    insta::assert_snapshot!("unknown_names", told.join("\n"));
}

// Reports.

#[test]
fn a_finding_is_shown_with_its_source() {
    insta::assert_snapshot!("terminal", Project::vulnerable().run(&[]).told());
}

#[test]
fn a_terminal_report_may_be_short_or_long() {
    let project = Project::vulnerable();
    let quiet = project.run(&["-q"]);
    insta::assert_snapshot!(quiet.told(), @"
    status 1
    --- stdout
    src/main.rs:6:17: error[sql-injection]: request data becomes part of the SQL text given to `sqlx::query`
    ");
    let long = project.run(&["-v"]);
    assert!(long.stdout.contains("1 function\n"), "{}", long.stdout);
    assert_eq!(long.stderr, "");
    let timed = project.run(&["-vv", "--format", "json", "--no-cache"]);
    assert_eq!(timed.json()["findings"].as_array().unwrap().len(), 1);
    for phase in ["discover", "models", "parse", "resolve", "flow", "lint"] {
        assert!(timed.stderr.lines().any(|line| line.starts_with(phase) && line.ends_with(" ms")), "{phase}");
    }
}

#[test]
fn nothing_found_is_success() {
    let ran = Project::new(&[("src/lib.rs", CLEAN)]).run(&[]);
    insta::assert_snapshot!(ran.told(), @"
    status 0
    --- stdout
    no findings
    analysed 1 file with 3 lines in 1 package, 0 endpoints, in [time]
    ");
}

#[test]
fn an_empty_file_is_fine() {
    let ran = Project::new(&[("src/lib.rs", "")]).run(&["-q"]);
    insta::assert_snapshot!(ran.told(), @"status 0");
}

#[test]
fn json_holds_the_finding() {
    let ran = Project::vulnerable().run(&["--format", "json"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (1, ""));
    let report = ran.json();
    let finding = &report["findings"][0];
    assert_eq!(finding["lint"], "sql-injection");
    assert_eq!(finding["path"], "src/main.rs");
    assert_eq!((&finding["start"]["line"], &finding["start"]["column"]), (&6.into(), &17.into()));
    assert_eq!(report["summary"]["files"], 1);
}

#[test]
fn sarif_holds_the_finding() {
    let project = Project::vulnerable();
    let ran = project.run(&["--format", "sarif"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (1, ""));
    let log = ran.json();
    let run = &log["runs"][0];
    let place = &run["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(log["version"], "2.1.0");
    assert_eq!(run["results"][0]["ruleId"], "sql-injection");
    assert_eq!(place["artifactLocation"]["uri"], "src/main.rs");
    assert_eq!(place["region"]["startLine"], 6);
    assert_eq!(run["automationDetails"]["id"], "cargo-ward/");
    let log = project.run(&["--format", "sarif", "--category", "backend"]).json();
    assert_eq!(log["runs"][0]["automationDetails"]["id"], "cargo-ward/backend/");
}

#[test]
fn the_bytes_do_not_depend_on_the_threads() {
    let project = Project::new(&[("src/lib.rs", "mod a;\nmod b;\nmod broken;\n"), ("src/broken.rs", "fn (")]);
    for name in ["a", "b", "c", "d", "e"] {
        project.write(&format!("src/{name}.rs"), VULNERABLE);
    }
    for format in ["terminal", "json", "sarif"] {
        let run = |threads| project.run(&["--format", format, "--threads", threads]).told();
        let one = run("1");
        assert!(one.starts_with("status 1\n"), "{one}");
        assert_eq!(one, run("2"), "{format}");
        assert_eq!(one, run("4"), "{format}");
    }
}

// Thresholds.

#[test]
fn hidden_findings_are_counted() {
    let library = "\
        pub fn clear(db: &rusqlite::Connection, table: &str) -> rusqlite::Result<usize> {\n    \
            db.execute(&format!(\"DELETE FROM {table}\"), [])\n\
        }\n";
    let project = Project::new(&[("src/lib.rs", library)]);
    project.write("src/find.rs", VULNERABLE);
    assert!(
        project
            .run(&[])
            .stdout
            .ends_with("\nhidden: 1 with low confidence (show with `--min-confidence low`)\n")
    );
    fs::remove_file(project.path("src/find.rs")).unwrap();
    insta::assert_snapshot!(project.run(&[]).told(), @"
    status 0
    --- stdout
    no findings
    analysed 1 file with 3 lines in 1 package, 0 endpoints, in [time]
    hidden: 1 with low confidence (show with `--min-confidence low`)
    ");
    assert_eq!(project.run(&["--min-confidence", "low"]).status, 1);
    assert_eq!(project.run(&["--quiet"]).told(), "status 0\n");

    let project = Project::vulnerable();
    insta::assert_snapshot!(project.run(&["--min-severity", "critical"]).told(), @"
    status 0
    --- stdout
    no findings
    analysed 1 file with 8 lines in 1 package, 0 endpoints, in [time]
    hidden: 1 of high severity (show with `--min-severity high`)
    ");
    assert_eq!(project.run(&["--min-severity", "high", "--min-confidence", "high"]).status, 1);
    let json = project.run(&["--min-severity", "critical", "--format", "json"]);
    assert_eq!((json.status, json.json()["findings"].as_array().unwrap().len()), (0, 0));
}

// What is analysed.

#[test]
fn what_is_analysed_can_be_chosen() {
    let clean = format!("mod old;\n{CLEAN}");
    let project = Project::new(&[("src/lib.rs", &clean), ("tests/find.rs", VULNERABLE)]);
    project.write("examples/find.rs", VULNERABLE);
    project.write("src/old.rs", VULNERABLE);
    project.write("src/named_by_nobody.rs", VULNERABLE);
    let found = |arguments: &[&str]| {
        let report = project.run(&[arguments, &["--format", "json"]].concat()).json();
        let paths = report["findings"].as_array().unwrap().iter();
        paths.map(|finding| finding["path"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found(&[]), ["src/old.rs"]);
    assert_eq!(found(&["--include-tests"]), ["src/old.rs", "tests/find.rs"]);
    assert_eq!(found(&["--include-examples"]), ["examples/find.rs", "src/old.rs"]);
    assert_eq!(found(&["--exclude", "old.rs"]), [""; 0]);
    assert_eq!(found(&["--exclude", "src", "--include-tests", "--exclude", "/examples"]), ["tests/find.rs"]);
    assert_eq!(found(&["--max-file-size", "200"]), [""; 0]);
    assert_eq!(found(&["--max-file-size", "1K"]), ["src/old.rs"]);
    assert_eq!(found(&["src/old.rs"]), ["old.rs"]);
    assert_eq!(found(&["check", "."]), ["src/old.rs"]);
    assert_eq!(found(&["--lint", "sql-injection"]), ["src/old.rs"]);
}

#[test]
fn test_modules_are_reported_on_if_asked_for() {
    let module = format!("#[cfg(test)]\nmod tests {{\n{VULNERABLE}}}\n");
    let project = Project::new(&[("src/lib.rs", &module)]);
    assert_eq!(project.run(&["-q"]).status, 0);
    assert_eq!(project.run(&["-q", "--include-tests"]).status, 1);
}

// Colour.

#[test]
fn colour_is_for_terminals_and_those_who_ask() {
    let project = Project::vulnerable();
    let is_coloured = |arguments: &[&str], variables: &[(&str, &str)]| {
        let output = project.command(arguments).envs(variables.iter().copied()).output().unwrap();
        project.ran(&output).stdout.contains('\u{1b}')
    };
    assert!(!is_coloured(&[], &[]));
    assert!(is_coloured(&["--color", "always"], &[]));
    assert!(is_coloured(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(is_coloured(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!is_coloured(&[], &[("CLICOLOR_FORCE", "0")]));
    assert!(!is_coloured(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!is_coloured(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    assert_eq!(project.run(&["--color", "always", "--output", "report.txt"]).status, 1);
    assert!(!fs::read_to_string(project.path("report.txt")).unwrap().contains('\u{1b}'));
}

#[test]
fn messages_about_the_run_are_coloured_alike() {
    let project = nothing();
    assert!(project.run(&["gone", "--color", "always"]).stderr.starts_with("\u{1b}[1;31merror"));
    assert!(project.run(&["gone"]).stderr.starts_with("error: "));
}

// Writing.

/// The names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = entries.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_report_may_go_to_a_file() {
    let project = Project::vulnerable();
    let printed = project.run(&["--format", "json"]).stdout;
    project.write("out/report.json", "what was there before");
    let ran = project.run(&["--format", "json", "-o", "out/report.json"]);
    insta::assert_snapshot!(ran.told(), @"
    status 1
    --- stderr
    1 finding, written to `out/report.json`
    ");
    assert_eq!(fs::read_to_string(project.path("out/report.json")).unwrap(), printed);
    assert_eq!(names(&project.path("out")), ["report.json"]);
    assert_eq!(project.run(&["-q", "-o", "new.txt"]).told(), "status 1\n");
    assert!(fs::read_to_string(project.path("new.txt")).unwrap().starts_with("src/main.rs:6:17: error"));
    assert_eq!(project.run(&["--format", "json", "-o", "-"]).stdout, printed);
}

#[test]
fn an_output_that_cannot_be_is_told_before_the_work() {
    let project = Project::vulnerable();
    insta::assert_snapshot!(project.run(&["-o", "missing/report.txt"]).told(), @"
    status 2
    --- stderr
    error: cannot write `missing/report.txt`: there is no folder `missing`
      help: create it first
    ");
    insta::assert_snapshot!(project.run(&["-o", "src"]).told(), @"
    status 2
    --- stderr
    error: cannot write `src`: it is a folder
      help: name a file in it
    ");
}

#[cfg(unix)]
#[test]
fn files_keep_their_permissions_and_links() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let project = Project::vulnerable();
    let mode = |path: &str| fs::metadata(project.path(path)).unwrap().permissions().mode() & 0o777;
    project.write("plain.txt", "");
    project.run(&["-o", "new.txt"]);
    assert_eq!(mode("new.txt"), mode("plain.txt"));
    fs::set_permissions(project.path("plain.txt"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("plain.txt", project.path("link.txt")).unwrap();
    project.run(&["-o", "link.txt"]);
    assert!(fs::symlink_metadata(project.path("link.txt")).unwrap().is_symlink());
    assert!(fs::read_to_string(project.path("plain.txt")).unwrap().contains("sql-injection"));
    assert_eq!(mode("plain.txt"), 0o640);
}

#[cfg(unix)]
#[test]
fn a_pipe_is_written_to_not_replaced() {
    let project = Project::vulnerable();
    let pipe = project.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let path = pipe.clone();
    let reader = std::thread::spawn(move || fs::read_to_string(path).unwrap());
    assert_eq!(project.run(&["-q", "-o", "pipe"]).status, 1);
    assert!(!fs::symlink_metadata(&pipe).unwrap().is_file());
    assert!(reader.join().unwrap().contains("sql-injection"));
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let project = Project::vulnerable();
    for (arguments, status) in
        [(&["-q"][..], 1), (&["--format", "sarif"], 1), (&["lints"], 0), (&["--help"], 0)]
    {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = project.command(arguments).stdout(writer).output().unwrap();
        let ran = project.ran(&output);
        assert_eq!((ran.status, ran.stderr.as_str()), (status, ""), "{arguments:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_failure() {
    let project = Project::vulnerable();
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let ran = project.ran(&project.command(&["--format", "json"]).stdout(full).output().unwrap());
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.starts_with("error: cannot write to the standard output: "), "{}", ran.stderr);
}

// Configuration.

#[test]
fn a_configuration_means_what_options_mean() {
    let project = Project::new(&[("src/lib.rs", VULNERABLE), ("tests/find.rs", VULNERABLE)]);
    let status = |configuration: &str, arguments: &[&str]| {
        project.write("ward.toml", configuration);
        let ran = project.run(&[arguments, &["-q"]].concat());
        assert_eq!(ran.stderr, "", "{configuration}");
        (ran.status, ran.stdout.lines().count())
    };
    assert_eq!(status("", &[]), (1, 1));
    assert_eq!(status("include-tests = true", &[]), (1, 2));
    assert_eq!(status("include-tests = true\nexclude = [\"src\"]", &[]), (1, 1));
    assert_eq!(status("include-tests = true\nexclude = [\"tests\"]", &["--exclude", "!tests"]), (1, 2));
    assert_eq!(status("min-severity = \"critical\"", &[]), (0, 0));
    assert_eq!(status("min-severity = \"critical\"", &["--min-severity", "low"]), (1, 1));
    assert_eq!(status("max-file-size = \"1K\"\nlints.sql-injection = \"deny\"", &[]), (1, 1));
    assert_eq!(status("max-file-size = 100", &["--max-file-size", "1M"]), (1, 1));
    fs::remove_file(project.path("ward.toml")).unwrap();
    project.write("Cargo.toml", format!("{MANIFEST}[package.metadata.ward]\nmin-severity = \"critical\"\n"));
    assert_eq!(project.run(&[]).status, 0);
}

#[test]
fn a_users_own_models_count() {
    let project = Project::new(&[("src/main.rs", WAREHOUSE)]);
    assert_eq!(project.run(&["-q"]).status, 0);
    project.write(
        "ward.toml",
        "[[model.sink]]\ncall = \"warehouse::ask\"\ninput = \"0\"\nkind = \"sql\"\nhelp = \"bind the value\"\n",
    );
    assert_eq!(project.run(&["-q"]).status, 1);
}

#[test]
fn a_wrong_configuration_is_told_with_its_place() {
    let project = Project::vulnerable();
    let wrong = [
        "exclude = [\"a\"\n",
        "include-tests = true\nexlude = [\"a\"]\n",
        "threads = 2\n",
        "\n  min-severity = \"hgh\"\n",
        "include-tests = 3\n",
        "lints = [\"sql-injection\", \"sql-injectoin\"]\n",
        "[lints]\nall = \"warn\"\nsql-injectoin = \"allow\"\n",
        "[lints]\nsql-injection = \"forbid\"\n",
        "[[override]]\npath = [\"src\"]\n",
        "[[override]]\npaths = [\"src/{a\"]\nlints.all = \"allow\"\n",
        "[[override]]\nendpoints = [\"health\"]\nlints.all = \"allow\"\n",
        "[access]\npublic = [\"/health\", \"GO AWAY /now\"]\n",
        "[acess]\n",
        "max-file-size = \"8 apples\"\n",
        "exclude = [\"a{\"]\n",
        "[[model.sink]]\ncal = \"warehouse::ask\"\n",
        "[[model.snk]]\n",
        "[[model.sink]]\ncall = \"crate::ask\"\ninput = \"0\"\nkind = \"sqll\"\nhelp = \"bind it\"\n",
        "[[model.barrier]]\ncall = \"crate::quoted\"\nkinds = [\"*\", \"everything\"]\n",
        "include-tests = true\nexclude = [\"gen/\", \"[bad\"]\n",
        "[[model.sink]]\ncall = \"ware house\"\ninput = \"nought\"\nkind = \"sql\"\nhelp = \"bind it\"\n",
        "# \u{1b}[31m\nkey = \u{1b}\n",
    ];
    let told = wrong.map(|text| {
        project.write("ward.toml", text);
        format!("{}\n{}", text.replace('\u{1b}', "ESC").trim(), project.run(&[]).told())
    });
    insta::assert_snapshot!("wrong_configuration", told.join("\n"));
}

#[test]
fn a_folder_is_no_configuration() {
    let project = Project::new(&[("src/lib.rs", CLEAN), ("ward.toml/note", "")]);
    let told = project.run(&[]).told();
    assert!(told.contains("error: cannot read `[folder]/ward.toml`: "), "{told}");
    assert!(told.ends_with("  help: a file is expected here, and this is a folder\n"), "{told}");
}

#[test]
fn what_a_configuration_names_and_the_code_has_not_is_told() {
    let service = "\
pub mod auth { pub struct User; }
pub fn run(text: &str) { other::send(text) }
pub fn app() -> axum::Router {
    axum::Router::new().route(\"/health\", axum::routing::get(health))
}
async fn health() {}
";
    let project = Project::new(&[("src/lib.rs", service)]);
    let right = "\
[access]
guards = [\"crate::auth::User\"]
public = [\"/health\"]
roles = { admin = [\"auth::User\"] }

[[override]]
paths = [\"src/\"]
endpoints = [\"GET /health\"]
lints.all = \"warn\"

[[model.sink]]
call = \"crate::run\"
input = \"0\"
kind = \"sql\"
help = \"bind it\"
";
    project.write("ward.toml", right);
    assert_eq!(project.run(&["-q"]).told(), "status 0\n");
    assert!(!project.run(&[]).stdout.contains("warning"), "{}", project.run(&[]).stdout);
    let wrong = right
        .replace("User\"]\npublic", "Usr\", \"their_auth::login\"]\npublic")
        .replace("\"/health\"]", "\"/heallth\"]")
        .replace("\"auth::User\"]", "\"auth::Admin\"]")
        .replace("\"src/\"", "\"legacy/**\"")
        .replace("GET /health", "POST /health")
        .replace("crate::run", "crate::db::run");
    project.write("ward.toml", wrong);
    let told = project.run(&[]).stdout;
    insta::assert_snapshot!(told.split("no findings").next().unwrap(), @"
    warning: ward.toml:2:11: there is no guard `crate::auth::Usr` in the code
     = help: did you mean `crate::auth::User`?

    warning: ward.toml:2:31: there is no guard `their_auth::login` in the code
     = help: name a function or type of the workspace; those of other crates are told by
             `[[model.guard]]`

    warning: ward.toml:3:11: no endpoint fits `/heallth`
     = help: did you mean `/health`?

    warning: ward.toml:4:20: there is no guard `auth::Admin` in the code
     = help: name a function or type of the workspace; those of other crates are told by
             `[[model.guard]]`

    warning: ward.toml:7:10: no file fits `legacy/**`
     = help: patterns are as in a `.gitignore` beside this file: `src/legacy/`, `**/schema.rs`

    warning: ward.toml:8:14: no endpoint fits `POST /health`
     = help: `cargo ward routes` lists them

    warning: ward.toml:12:8: there is no function `crate::db::run`: this row says nothing
     = help: did you mean `crate::run`?

    ");
    // Somebody else's part of the workspace may have it.
    assert!(!project.run(&["src/lib.rs"]).stdout.contains("ward.toml"));
}

#[test]
fn a_manifest_may_hold_everything() {
    let project = Project::new(&[("src/main.rs", WAREHOUSE)]);
    let section = "[[package.metadata.ward.model.sink]]\ncall = \"warehouse::ask\"\ninput = \"0\"\n";
    let row = format!("{section}kind = \"sql\"\nhelp = \"bind it\"\n");
    project.write("Cargo.toml", format!("{MANIFEST}\n{row}"));
    assert_eq!(project.run(&["-q"]).status, 1);
    project.write("Cargo.toml", format!("{MANIFEST}\n{row}[package.metadata.ward.lints]\nall = \"allow\"\n"));
    assert_eq!(project.run(&["-q"]).told(), "status 0\n");
    project.write("Cargo.toml", format!("{MANIFEST}\n{section}kin = \"sql\"\n"));
    insta::assert_snapshot!(project.run(&[]).told(), @"
    status 2
    --- stderr
    error: Cargo.toml:13:1: unknown key `kin`
      help: did you mean `kind`?
    ");
    project.write(
        "Cargo.toml",
        format!("{MANIFEST}\n[package.metadata.ward.lints]\nsql-injektion = \"warn\"\n"),
    );
    insta::assert_snapshot!(project.run(&[]).told(), @"
    status 2
    --- stderr
    error: Cargo.toml:11:1: there is no lint or group `sql-injektion`
      help: did you mean `sql-injection`?
    ");
}

#[test]
fn levels_decide_what_becomes_of_a_finding() {
    let main = format!("{VULNERABLE}\n#[path = \"legacy/old.rs\"]\nmod old;\n");
    let project = Project::new(&[("src/main.rs", &main), ("src/legacy/old.rs", VULNERABLE)]);
    let run = |configuration: &str| {
        project.write("ward.toml", configuration);
        let ran = project.run(&["--format", "json"]);
        assert_eq!(ran.stderr, "", "{configuration}");
        let report = ran.json();
        let findings = report["findings"].as_array().unwrap().clone();
        let levels = findings.iter().map(|finding| {
            let suppressed = finding["suppressed"]["justification"].as_str();
            suppressed.map_or_else(|| finding["level"].as_str().unwrap().to_owned(), str::to_owned)
        });
        (ran.status, levels.collect::<Vec<_>>().join(" "))
    };
    let expect = |status: i32, levels: &str| (status, levels.to_owned());
    assert_eq!(run(""), expect(1, "deny deny"));
    assert_eq!(run("lints.sql-injection = \"warn\""), expect(0, "warn warn"));
    assert_eq!(run("lints.injection = \"allow\""), expect(0, ""));
    assert_eq!(run("lints = { all = \"allow\", sql-injection = \"deny\" }"), expect(1, "deny deny"));
    let legacy = "[[override]]\npaths = [\"src/legacy/\"]\n";
    assert_eq!(run(&format!("{legacy}lints.all = \"allow\"")), expect(1, "deny"));
    assert_eq!(run(&format!("{legacy}lints.injection = \"warn\"")), expect(1, "warn deny"));
    let reason = "lints.all = \"allow\"\nreason = \"goes away\"";
    assert_eq!(run(&format!("{legacy}{reason}")), expect(1, "goes away deny"));
    assert_eq!(
        run("lints.all = \"allow\"\n[[override]]\npaths = [\"main.rs\"]\nlints.all = \"warn\""),
        expect(0, "warn")
    );
    assert_eq!(
        run("[[override]]\nendpoints = [\"/internal/**\"]\nlints.all = \"allow\""),
        expect(1, "deny deny")
    );
}

// Bad input.

#[test]
fn a_path_has_to_lead_somewhere() {
    let project = Project::bare(&[("notes.txt", b""), ("empty/notes.txt", b"")]);
    let told = ["gone", "lint", "notes.txt", "empty", "g\u{1b}ne"]
        .map(|path| format!("$ cargo ward {}\n{}", path.escape_default(), project.run(&[path]).told()));
    insta::assert_snapshot!("paths", told.join("\n"));
}

#[test]
fn bad_files_are_told_of_and_the_rest_is_analysed() {
    let project = Project::vulnerable();
    project.write("src/encoding.rs", b"fn name() -> &str { \"\xff\" }\n");
    project.write("src/broken.rs", "fn broken( {\n");
    project.write("src/empty.rs", "");
    project.write("src/large.rs", format!("//{}\n", "x".repeat(2 << 20)));
    project
        .write("src/deep.rs", format!("fn deep() {{ {}1{} }}\n", "(".repeat(100_000), ")".repeat(100_000)));
    project.write("src/unclosed.rs", "(".repeat(100_000));
    project.write("src/blocks.rs", format!("fn deep() {}{}\n", "{".repeat(50_000), "}".repeat(50_000)));
    project.write("src/minus.rs", format!("const DEEP: i32 = {}1;\n", "- ".repeat(100_000)));
    let ran = project.run(&["--max-file-size", "1M"]);
    assert_eq!(ran.status, 1);
    let problems = ran.stdout.find("warning: ").unwrap();
    insta::assert_snapshot!("bad_files", &ran.stdout[problems..]);
    let json = project.run(&["--max-file-size", "1M", "--format", "json"]).json();
    assert_eq!((&json["summary"]["unparsed"], &json["summary"]["skipped"]), (&5.into(), &2.into()));
    // What was not looked at is told even so.
    let quiet = project.run(&["--max-file-size", "1M", "-q"]);
    assert_eq!(
        quiet.stderr.lines().filter(|line| line.starts_with("warning: src/")).count(),
        7,
        "{}",
        quiet.stderr
    );
    let junit = project.run(&["--max-file-size", "1M", "--format", "junit"]).stdout;
    assert!(junit.contains("name=\"src/large.rs\">\n      <skipped message=\""), "{junit}");
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    use std::os::unix::fs::symlink;
    let project = Project::vulnerable();
    symlink("itself.rs", project.path("src/itself.rs")).unwrap();
    symlink("gone.rs", project.path("src/dangling.rs")).unwrap();
    symlink("../src", project.path("src/above")).unwrap();
    let ran = project.run(&["--format", "json"]);
    assert_eq!(ran.status, 1);
    assert_eq!(ran.json()["findings"].as_array().unwrap().len(), 1);
    let itself = project.run(&["src/itself.rs"]);
    assert_eq!(itself.status, 2);
    assert!(itself.stderr.starts_with("error: cannot read `src/itself.rs`: "), "{}", itself.stderr);
}

#[cfg(unix)]
#[test]
fn an_unreadable_file_is_told_of() {
    use std::os::unix::fs::PermissionsExt;
    let project = Project::vulnerable();
    project.write("src/secret.rs", VULNERABLE);
    fs::set_permissions(project.path("src/secret.rs"), fs::Permissions::from_mode(0o0)).unwrap();
    if fs::read(project.path("src/secret.rs")).is_ok() {
        eprintln!("skipped: this user may read everything");
        return;
    }
    let ran = project.run(&[]);
    assert_eq!(ran.status, 1);
    assert!(ran.stdout.contains("warning: src/secret.rs: cannot read the file"), "{}", ran.stdout);
}

#[test]
fn a_run_that_could_read_nothing_failed() {
    let project = Project::bare(&[("src/lib.rs", b"\xff\xfe"), ("Cargo.toml", MANIFEST.as_bytes())]);
    insta::assert_snapshot!(project.run(&[]).told(), @"
    status 2
    --- stdout
    warning: src/lib.rs: not UTF-8 from byte 0 on, skipped
     = help: save it as UTF-8; the compiler does not read it either

    error: no file could be analysed
     = help: see what is said about each file

    no findings
    analysed 0 files with 0 lines in 1 package, 0 endpoints, in [time]
    not analysed: 1 file that could not be read
    ");
    let sarif = project.run(&["--format", "sarif"]);
    assert_eq!(sarif.status, 2);
    assert_eq!(sarif.json()["runs"][0]["invocations"][0]["executionSuccessful"], false);
    let project = Project::new(&[("tests/find.rs", VULNERABLE)]);
    insta::assert_snapshot!(project.run(&["-q"]).told(), @"
    status 2
    --- stdout
    error: no file could be analysed
    ");
}

#[test]
fn a_manifest_may_be_broken_or_missing() {
    let project = Project::bare(&[("src/main.rs", VULNERABLE.as_bytes())]);
    let missing = project.run(&["-q"]);
    assert_eq!((missing.status, missing.stderr.as_str()), (1, ""));
    let broken = ["[package\nname = \"shop\"\n", "package = 3\n", "[workspace]\nmembers = [\"gone\"]\n", ""]
        .map(|text| {
            project.write("Cargo.toml", text);
            let ran = project.run(&[]);
            assert_eq!(ran.status, 1, "{text}");
            let problems =
                ran.stdout.find("warning: ").unwrap_or_else(|| ran.stdout.find("1 finding").unwrap());
            format!("{text}---\n{}", &ran.stdout[problems..])
        });
    insta::assert_snapshot!("broken_manifests", broken.join("\n"));
}

#[test]
fn control_characters_never_reach_a_terminal() {
    let code = VULNERABLE.replace("'{name}'", "'\u{1b}]0;title\u{7}{name}\u{202e}'");
    let project = Project::new(&[("src/main.rs", &code), ("src/b\u{1b}[2Jd.rs", "fn (")]);
    for format in ["terminal", "json", "sarif"] {
        let ran = project.run(&["--format", format]);
        assert_eq!(ran.status, 1);
        assert!(!ran.stdout.contains(['\u{1b}', '\u{7}']), "{format}");
    }
    let shown = project.run(&[]).stdout;
    assert!(shown.contains("'\\u{1b}]0;title\\u{7}{name}\\u{202e}"), "{shown}");
    assert!(shown.contains("warning: src/b\\u{1b}[2Jd.rs"), "{shown}");
}

#[test]
fn positions_count_characters_whatever_ends_a_line() {
    let place = |text: String| {
        let report = Project::new(&[("src/main.rs", &text)]).run(&["--format", "json"]).json();
        let finding = &report["findings"][0];
        let number = |value: &Value| value.as_u64().unwrap();
        (
            number(&finding["start"]["line"]),
            number(&finding["start"]["column"]),
            number(&finding["end"]["column"]),
        )
    };
    assert_eq!(place(VULNERABLE.to_owned()), (6, 17, 21));
    assert_eq!(place(VULNERABLE.replace('\n', "\r\n")), (6, 17, 21));
    assert_eq!(place(format!("\u{feff}{VULNERABLE}")), (6, 17, 21));
    assert_eq!(place(format!("\u{feff}{}", VULNERABLE.replace('\n', "\r\n"))), (6, 17, 21));
    assert_eq!(place(format!("#!/usr/bin/env run\n{VULNERABLE}")), (7, 17, 21));
    assert_eq!(place(VULNERABLE.replace("    sqlx::query", "/* ü🦀 */ sqlx::query")), (6, 22, 26));
    assert_eq!(place(VULNERABLE.replace("    sqlx::query", "\t\tsqlx::query")), (6, 15, 19));
    let first = VULNERABLE.replace('\n', " ");
    let column = first.find("&sql)").unwrap() as u64 + 1;
    assert_eq!(place(first.clone()), (1, column, column + 4));
    assert_eq!(place(format!("\u{feff}{first}")), (1, column, column + 4));
}
