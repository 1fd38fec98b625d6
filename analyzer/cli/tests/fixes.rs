//! Fixes: what they make of the source, and when they refuse.

// What lays out and runs a test may fail it.
#![allow(clippy::unwrap_used)]

mod support;

use support::{Project, VULNERABLE};

const SQLITE: &str = "\
use axum::extract::{Path, State};
use sqlx::SqlitePool;

async fn find(State(pool): State<SqlitePool>, Path(name): Path<String>) -> sqlx::Result<()> {
    sqlx::query(&format!(\"SELECT id FROM users WHERE name = '{name}' AND nick LIKE '%{}%'\", name))
        .execute(&pool)
        .await?;
    Ok(())
}
";

const RUSQLITE: &str = "\
use axum::extract::Path;

async fn find(Path((name, age)): Path<(String, String)>) {
    let db = rusqlite::Connection::open(\"a.db\").unwrap();
    let sql = format!(\"DELETE FROM users WHERE name = '{name}' AND nick = '{age}'\");
    db.execute(&sql, []).unwrap();
}
";

const POSTGRES: &str = "\
use axum::extract::Path;

async fn find(Path(name): Path<String>, client: tokio_postgres::Client) {
    let _ = client.query(&format!(\"SELECT id FROM users WHERE name = '{name}'\"), &[]).await;
}
";

/// A table's name cannot be bound, and neither can half a text.
const UNFIXABLE: &str = "\
use axum::extract::{Path, State};
use sqlx::SqlitePool;

async fn find(State(pool): State<SqlitePool>, Path(name): Path<String>) {
    let _ = sqlx::query(&format!(\"DELETE FROM {name}\")).execute(&pool).await;
    let _ = sqlx::query(&format!(\"DELETE FROM a WHERE b = 'x{name}'\")).execute(&pool).await;
    let _ = sqlx::query(&format!(\"DELETE FROM a WHERE b = '{name}' AND c = ?\")).bind(1).execute(&pool).await;
}
";

fn project(text: &str) -> Project {
    let project = Project::new(&[("src/main.rs", text)]);
    project.commit();
    project
}

#[test]
fn a_safe_fix_binds_values() {
    let project = project(SQLITE);
    let shown = project.run(&["--fix", "--diff"]);
    assert_eq!(shown.status, 1, "{}", shown.told());
    let wanted =
        "+    sqlx::query(\"SELECT id FROM users WHERE name = ? AND nick LIKE ?\")\n+        .bind(&name)\n";
    assert!(shown.stdout.starts_with("--- a/src/main.rs\n+++ b/src/main.rs\n"), "{}", shown.stdout);
    assert!(shown.stdout.contains(wanted), "{}", shown.stdout);
    assert_eq!(project.read("src/main.rs"), SQLITE);
    let fixed = project.run(&["--fix"]).succeeded();
    assert!(
        fixed.stdout.contains("no findings\n") && fixed.stdout.contains("fixed: 1 place\n"),
        "{}",
        fixed.stdout
    );
    let bound = "WHERE name = ? AND nick LIKE ?\")\n        .bind(&name)\n        .bind(format!(\"%{}%\", name))\n        .execute(&pool)\n";
    assert!(project.read("src/main.rs").contains(bound), "{}", project.read("src/main.rs"));
}

/// No crate binds an extractor: what is no text by its type is bound as the text that was formatted.
#[test]
fn what_is_no_text_is_bound_as_its_text() {
    let text = SQLITE.replace("axum::extract::{Path, State}", "actix_web::web::{Data, Path}");
    let text = text.replace(
        "State(pool): State<SqlitePool>, Path(name): Path<String>",
        "pool: Data<SqlitePool>, name: Path<String>",
    );
    let project = project(&text);
    project.run(&["--fix", "-q"]).succeeded();
    let text = project.read("src/main.rs");
    assert!(
        text.contains("        .bind(name.to_string())\n        .bind(format!(\"%{}%\", name))\n"),
        "{text}"
    );
}

#[test]
fn a_local_that_only_the_query_uses_becomes_a_literal() {
    let project = project(RUSQLITE);
    project.run(&["--fix", "-q"]).succeeded();
    let text = project.read("src/main.rs");
    assert!(text.contains("let sql = \"DELETE FROM users WHERE name = ?1 AND nick = ?2\";\n"), "{text}");
    assert!(text.contains("db.execute(sql, rusqlite::params![name, age]).unwrap();"), "{text}");
}

#[test]
fn what_has_to_be_read_is_asked_for() {
    let pairs = [
        (VULNERABLE, "name = $1\";\n    sqlx::query(sql).bind(&name).execute(&pool)"),
        (POSTGRES, "client.query(\"SELECT id FROM users WHERE name = $1\", &[&name])"),
    ];
    for (text, wanted) in pairs {
        let project = project(text);
        let kept = project.run(&["--fix"]);
        assert_eq!(kept.status, 1);
        let told = "fixed: nothing\nleft: 1 with a fix to review (see it with `--unsafe-fixes --diff`)\n";
        assert!(kept.stdout.contains(told), "{}", kept.stdout);
        assert_eq!(project.read("src/main.rs"), text);
        let alone = project.run(&["--unsafe-fixes"]);
        assert_eq!(alone.status, 1);
        assert!(
            alone.stderr.starts_with("note: `--unsafe-fixes` changes nothing by itself"),
            "{}",
            alone.stderr
        );
        assert!(alone.stdout.contains("fixable: 1 after review (see with `--unsafe-fixes --diff`)\n"));
        assert_eq!(project.read("src/main.rs"), text);
        project.run(&["--fix", "--unsafe-fixes", "-q"]).succeeded();
        assert!(project.read("src/main.rs").contains(wanted), "{}", project.read("src/main.rs"));
    }
}

#[test]
fn what_is_uncertain_is_left_alone() {
    let project = project(UNFIXABLE);
    let ran = project.run(&["--fix", "--unsafe-fixes", "-q"]);
    assert_eq!((ran.status, ran.stdout.lines().count()), (1, 3), "{}", ran.stdout);
    assert_eq!(project.read("src/main.rs"), UNFIXABLE);
    let told = project.run(&["--fix"]).stdout;
    assert!(told.contains("fixed: nothing\n") && !told.contains("left:"), "{told}");
}

#[test]
fn fixes_stand_in_sarif_and_json() {
    let project = project(SQLITE);
    let fix = project.run(&["--format", "json"]).json()["findings"][0]["fixes"][0].clone();
    assert_eq!((&fix["safe"], fix["edits"].as_array().unwrap().len()), (&true.into(), 3), "{fix}");
    let log = project.run(&["--format", "sarif"]).json();
    let changes = &log["runs"][0]["results"][0]["fixes"][0]["artifactChanges"];
    assert_eq!(changes[0]["replacements"].as_array().unwrap().len(), 3, "{changes}");
}

#[test]
fn what_is_not_reported_is_not_changed() {
    let project = project(SQLITE);
    project.run(&["baseline"]).succeeded();
    project.run(&["--fix"]).succeeded();
    assert_eq!(project.read("src/main.rs"), SQLITE);
    project.write("src/new.rs", SQLITE.replace("find", "search"));
    project.write("src/main.rs", format!("mod new;\n{SQLITE}"));
    project.commit();
    std::fs::remove_file(project.path("ward-baseline.tsv")).unwrap();
    let ran = project.run(&["--fix", "--since", "HEAD~1"]).succeeded();
    assert!(
        ran.stdout.contains("fixed: 1 place\n") && ran.stdout.contains("not new: 1 from"),
        "{}",
        ran.stdout
    );
    assert!(project.read("src/new.rs").contains(".bind(&name)"));
    assert_eq!(project.read("src/main.rs"), format!("mod new;\n{SQLITE}"));
    project.run(&["--fix", "--no-baseline"]).succeeded();
    assert!(project.read("src/main.rs").contains(".bind(&name)"));
}

#[test]
fn a_difference_goes_to_no_file() {
    let ran = project(SQLITE).run(&["--fix", "--diff", "--output", "report.txt"]);
    insta::assert_snapshot!(ran.told(), @"
    status 2
    --- stderr
    error: the argument '--diff' cannot be used with '--output <FILE>'

    Usage: cargo-ward --fix --diff [PATH]...

    For more information, try '--help'.
    ");
}

#[cfg(unix)]
#[test]
fn if_one_file_cannot_be_written_none_is() {
    let large = format!("// {}\n{}", "long ".repeat(2_000), SQLITE.replace("find", "search"));
    let project =
        Project::new(&[("src/main.rs", "mod a;\nmod z;\n"), ("src/a.rs", SQLITE), ("src/z.rs", &large)]);
    project.commit();
    // No file may grow beyond what the first needs; that counts for any user.
    let mut command = std::process::Command::new("sh");
    let script = "trap '' XFSZ; ulimit -f 4; exec \"$0\" --fix --no-cache";
    command.args(["-c", script, env!("CARGO_BIN_EXE_cargo-ward")]).current_dir(project.path(""));
    let ran = project.ran(&command.output().unwrap());
    assert_eq!(ran.status, 2, "{}", ran.told());
    assert!(ran.stderr.contains("nothing was changed: cannot write `"), "{}", ran.stderr);
    assert_eq!(project.read("src/a.rs"), SQLITE);
    assert_eq!(project.read("src/z.rs"), large);
    assert_eq!(std::fs::read_dir(project.path("src")).unwrap().count(), 3);
    let ran = project.run(&["--fix"]).succeeded();
    assert!(ran.stdout.contains("fixed: 2 places\n"), "{}", ran.stdout);
}
