//! What there is to know about lints without a run: `lints` and `explain`.

use std::fmt::Write as _;

use ward_linter::LintMetadata;

use crate::nearest::did_you_mean;
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
    Err(format!("there is no such lint; {}", lint_advice(name)))
}

/// What to do about a name that is none.
pub(crate) fn lint_advice(wrong: &str) -> String {
    let lowered = wrong.to_lowercase().replace('_', "-");
    did_you_mean(&lowered, lints().map(|lint| lint.name))
        .unwrap_or_else(|| "`cargo ward lints` lists them".to_owned())
}

/// Prints the page of a lint.
pub(crate) fn explain(name: &str) -> anyhow::Result<()> {
    let pages = lints().filter(|lint| lint.name == name).map(|lint| lint.page);
    output::print(&pages.collect::<String>())
}

/// Prints a table of the lints.
pub(crate) fn list() -> anyhow::Result<()> {
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
