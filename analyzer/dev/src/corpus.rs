//! `cargo dev corpus`: the command over many services, one line of a table for each.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::release;

/// Prints a table in Markdown with a line for each folder in `folder`.
pub(crate) fn run(folder: &Path, binary: Option<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("{}: cannot be read", folder.display()))?;
    let mut services: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    services.retain(|path| path.is_dir());
    services.sort();
    ensure!(!services.is_empty(), "{}: there is no folder in it", folder.display());
    let binary = binary.map_or_else(|| release::build("cargo-ward"), Ok)?;
    println!("| service | lines | seconds | unparsed | status | findings |\n|---|---|---|---|---|---|");
    for service in services {
        println!("{}", line(&binary, &service)?);
    }
    Ok(())
}

fn line(binary: &Path, service: &Path) -> Result<String> {
    let name = service.file_name().unwrap_or_default().to_string_lossy();
    let start = Instant::now();
    let output = Command::new(binary)
        .args(["--format", "json", "--min-confidence", "low"])
        .arg(service)
        .output()
        .with_context(|| format!("{}: cannot be run", binary.display()))?;
    let seconds = start.elapsed().as_secs_f64();
    let status = output.status.code().map_or_else(|| "killed".to_owned(), |code| code.to_string());
    let Ok(report) = serde_json::from_slice::<Value>(&output.stdout) else {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().next().unwrap_or_default();
        return Ok(format!("| {name} | | {seconds:.2} | | {status} | {said} |"));
    };
    let summary = &report["summary"];
    let (lines, unparsed) = (&summary["lines"], &summary["unparsed"]);
    let findings = counts(&report["findings"]);
    Ok(format!("| {name} | {lines} | {seconds:.2} | {unparsed} | {status} | {findings} |"))
}

/// How many findings there are by lint and confidence: `sql-injection: 3 high, 1 low`.
fn counts(findings: &Value) -> String {
    const LEVELS: [&str; 3] = ["high", "medium", "low"];
    let mut counts: BTreeMap<(&str, usize), usize> = BTreeMap::new();
    for finding in findings.as_array().into_iter().flatten() {
        let lint = finding["lint"].as_str().unwrap_or_default();
        let level = LEVELS.iter().position(|level| finding["confidence"] == **level);
        *counts.entry((lint, level.unwrap_or(LEVELS.len()))).or_default() += 1;
    }
    let mut lints: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for ((lint, level), count) in counts {
        let level = LEVELS.get(level).unwrap_or(&"?");
        lints.entry(lint).or_default().push(format!("{count} {level}"));
    }
    lints
        .into_iter()
        .map(|(lint, counts)| format!("{lint}: {}", counts.join(", ")))
        .collect::<Vec<_>>()
        .join("; ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::counts;

    #[test]
    fn findings_are_counted_by_lint_and_confidence() {
        let finding = |lint: &str, confidence: &str| json!({ "lint": lint, "confidence": confidence });
        let findings =
            [finding("b", "low"), finding("b", "high"), finding("a", "medium"), finding("b", "high")];
        assert_eq!(counts(&json!(findings)), "a: 1 medium; b: 2 high, 1 low");
        assert_eq!(counts(&json!([])), "");
    }
}
