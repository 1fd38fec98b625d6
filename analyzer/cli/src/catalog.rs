//! What there is to know about lints without a run: `lints` and `explain`.

use std::fmt::Write as _;

use ward_linter::LintMetadata;

use crate::arguments::{ListFormat, command_line};
use crate::output;

/// Every lint, by name.
pub(crate) fn lints() -> impl Iterator<Item = &'static LintMetadata> {
    ward_lints::LINTS.iter().map(|lint| lint.metadata)
}

/// Reads the name of a lint.
pub(crate) fn known_lint(name: &str) -> Result<String, String> {
    if lints().any(|lint| lint.name == name) {
        return Ok(name.to_owned());
    }
    let of_group: Vec<&str> = lints().filter(|lint| lint.group == name).map(|lint| lint.name).collect();
    if !of_group.is_empty() {
        return Err(format!("this is a group of lints: `{}`", of_group.join("`, `")));
    }
    Err(format!("there is no such lint; {}", lint_advice(name)))
}

/// Reads the name of a lint or group, or `all`.
pub(crate) fn known_name(name: &str) -> Result<String, String> {
    if name == "all" || ward_lints::registry().names(name) {
        return Ok(name.to_owned());
    }
    Err(format!("there is no such lint or group; {}", lint_advice(name)))
}

/// What to do about a name that is none.
pub(crate) fn lint_advice(wrong: &str) -> String {
    ward_lints::registry().advice(wrong)
}

/// Prints the page of a lint, and what to do about a finding that is to stay.
pub(crate) fn explain(name: &str) -> anyhow::Result<()> {
    let pages = lints().filter(|lint| lint.name == name).map(|lint| without_markers(lint.page));
    output::print(&format!("{}{}", pages.collect::<String>(), SUPPRESSION.replace("{lint}", name)))
}

/// A page without the marks by which its examples are tests: `//~ sql-injection`.
fn without_markers(page: &str) -> String {
    let lines = page.lines().filter(|line| !line.trim_start().starts_with("//~"));
    let plain =
        |line: &str| line.split_once("//~").map_or(line, |(code, _)| code).trim_end().to_owned() + "\n";
    lines.map(plain).collect()
}

/// Of every lint.
const SUPPRESSION: &str = r#"
## To suppress a finding

- One: `// ward: allow({lint}, reason = "..")` behind it, or in the line before it.
- In some files, at some endpoints, or everywhere: the level `allow` in `ward.toml`, which `cargo ward init` writes.
- All that there are today: `cargo ward baseline` records them, so that only new ones are reported.
"#;

/// Prints what lints there are.
pub(crate) fn list(format: ListFormat) -> anyhow::Result<()> {
    match format {
        ListFormat::Table => table(),
        ListFormat::Json => json(),
    }
}

fn json() -> anyhow::Result<()> {
    let rows = lints().map(|lint| {
        serde_json::json!({
            "name": lint.name,
            "group": lint.group,
            "summary": lint.summary,
            "severity": lint.severity.name(),
            "confidence": lint.confidence.name(),
            "cwe": lint.cwe,
            "owasp": lint.owasp,
            "since": lint.since,
        })
    });
    let list = serde_json::json!({ "version": 1, "lints": rows.collect::<Vec<_>>() });
    output::print(&format!("{list:#}\n"))
}

fn table() -> anyhow::Result<()> {
    let head = ["name", "group", "severity", "summary"];
    let rows = lints().map(|lint| [lint.name, lint.group, lint.severity.name(), lint.summary]);
    let rows: Vec<_> = std::iter::once(head).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let [names, groups, severities] = [0, 1, 2].map(width);
    let mut table = String::new();
    for [name, group, severity, summary] in rows {
        // Writing to a string does not fail.
        let _ = writeln!(table, "{name:names$}  {group:groups$}  {severity:severities$}  {summary}");
    }
    table.push_str("\nmore about one: cargo ward explain NAME\n");
    output::print(&table)
}

/// Prints the completions for a shell.
pub(crate) fn completions(shell: clap_complete::Shell) -> anyhow::Result<()> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command_line(), "cargo-ward", &mut text);
    output::print(&String::from_utf8_lossy(&text))
}

/// Prints the manual page.
pub(crate) fn manual() -> anyhow::Result<()> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command_line()).render(&mut text)?;
    output::print(&String::from_utf8_lossy(&text))
}
