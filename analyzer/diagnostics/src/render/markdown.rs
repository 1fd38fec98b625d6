//! Markdown for the summary of a CI job or a comment.

use std::cmp::Reverse;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::figures::{analysed, left_out, suppressed};
use crate::escape::{block, inline};
use crate::finding::Finding;
use crate::metadata::Severity;
use crate::report::{Report, Sources};
use crate::text::Texts;

/// GitHub takes no summary of more than a mebibyte.
const MOST_BYTES: usize = 900_000;
/// The table of all findings leaves room for some of them in full.
const MOST_OF_TABLE: usize = 600_000;
/// And what went wrong leaves room for both.
const MOST_PROBLEMS: usize = 200;

/// Writes a report as Markdown: a table of all findings, the most severe first, and each with its data flow.
pub fn markdown(report: &Report<'_>, sources: &dyn Sources, out: &mut dyn Write) -> io::Result<()> {
    let texts = Texts::new(sources);
    let mut findings: Vec<&Finding> = report.active().collect();
    findings.sort_by_key(|finding| Reverse((finding.severity, finding.confidence)));
    let mut text = head(report, findings.len());
    if !findings.is_empty() {
        text.push_str("\n| severity | lint | place | what |\n|---|---|---|---|\n");
    }
    for (index, finding) in findings.iter().enumerate() {
        if text.len() > MOST_OF_TABLE {
            let _ = writeln!(text, "\n{} more findings are left out here.", findings.len() - index);
            findings.truncate(index);
            break;
        }
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            finding.severity,
            finding.lint.name,
            code(&texts.place(finding.primary.location)),
            cell(&finding.message)
        );
    }
    for (index, finding) in findings.iter().enumerate() {
        let section = section(finding, &texts);
        if text.len() + section.len() > MOST_BYTES {
            let _ = writeln!(text, "\n{} more findings are only in the table.", findings.len() - index);
            break;
        }
        text.push_str(&section);
    }
    problems(&mut text, report);
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn head(report: &Report<'_>, active: usize) -> String {
    let mut text = format!("## {}\n\n", super::TOOL_NAME);
    // Writing to a string does not fail.
    let _ = match active {
        0 => write!(text, "No findings"),
        1 => write!(text, "**1 finding**"),
        _ => write!(text, "**{active} findings**"),
    };
    let counts = Severity::ALL.into_iter().rev().map(|severity| (severity, report.count(severity)));
    let counts: Vec<String> = counts
        .filter(|(_, count)| *count > 0)
        .map(|(severity, count)| format!("{count} {severity}"))
        .collect();
    if !counts.is_empty() {
        let _ = write!(text, ": {}", counts.join(", "));
    }
    if let Some(suppressed) = suppressed(report) {
        let _ = write!(text, " ({suppressed})");
    }
    let _ = writeln!(text, ". Analysed {}.", analysed(&report.stats));
    if let Some(parts) = left_out(&report.stats) {
        let _ = writeln!(text, "Not analysed: {parts}.");
    }
    text
}

fn section(finding: &Finding, texts: &Texts<'_>) -> String {
    let place = texts.place(finding.primary.location);
    let mut text = format!(
        "\n<details><summary><b>{}</b>: {} <code>{}</code></summary>\n\n",
        finding.lint.name,
        inline_html(&finding.message),
        html(&place)
    );
    let _ = writeln!(text, "severity {}, confidence {}", finding.severity, finding.confidence);
    if let Some(endpoint) = &finding.endpoint {
        let guard = endpoint.guarded.told(code);
        let _ = writeln!(
            text,
            "\nreachable through {}{guard}",
            code(&format!("{} {}", endpoint.method, endpoint.path))
        );
    }
    let place = finding.primary.location;
    if let Some(source) = texts.text(place.file) {
        let line = source.line(place.span.start);
        let _ = writeln!(text, "\n{}", fenced(source.slice(source.line_span(line)).trim()));
    }
    if let Some(flow) = finding.flows.first() {
        text.push('\n');
        for (index, step) in flow.steps.iter().enumerate() {
            let _ = writeln!(
                text,
                "{}. {} {}",
                index + 1,
                code(&texts.place(step.location)),
                cell(&step.message)
            );
        }
    }
    for note in &finding.notes {
        let _ = writeln!(text, "\n{}", cell(note));
    }
    for help in &finding.help {
        let _ = if help.contains('\n') {
            writeln!(text, "\nInstead:\n\n{}", fenced(help))
        } else {
            writeln!(text, "\nInstead: {}", cell(help))
        };
    }
    text.push_str("\n</details>\n");
    text
}

fn problems(text: &mut String, report: &Report<'_>) {
    if report.problems.is_empty() {
        return;
    }
    text.push_str("\n### About this run\n\n");
    for problem in report.problems.iter().take(MOST_PROBLEMS) {
        let place = problem.path.as_ref().map(|path| match problem.position {
            Some((line, column)) => format!("{}: ", code(&format!("{path}:{line}:{column}"))),
            None => format!("{}: ", code(path)),
        });
        let _ = writeln!(
            text,
            "- {}: {}{}",
            problem.level.name(),
            place.unwrap_or_default(),
            cell(&problem.message)
        );
    }
    if let Some(more @ 1..) = report.problems.len().checked_sub(MOST_PROBLEMS) {
        let _ = writeln!(text, "- and {more} more");
    }
}

/// A code span: its fence is longer than any row of backticks within.
fn code(text: &str) -> String {
    let text = inline(text).replace('|', "\\|");
    let fence = "`".repeat(longest(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

fn fenced(text: &str) -> String {
    let text = block(text);
    let fence = "`".repeat(longest(&text).max(2) + 1);
    format!("{fence}rust\n{text}\n{fence}")
}

/// The longest row of backticks.
fn longest(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or(0)
}

/// One of our messages in a line of Markdown: its code spans stay, the rest is text.
fn cell(text: &str) -> String {
    let text = block(text).replace('\n', " ").replace('|', "\\|");
    let parts = text.split('`').enumerate();
    let parts = parts.map(|(index, part)| if index % 2 == 0 { markup(part) } else { format!("`{part}`") });
    parts.collect()
}

/// A text in which nothing is markup.
fn markup(text: &str) -> String {
    html(text).replace('*', "\\*").replace('_', "\\_").replace('[', "\\[")
}

/// One of our messages within HTML.
fn inline_html(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let parts = parts.map(
        |(index, part)| if index % 2 == 0 { html(part) } else { format!("<code>{}</code>", html(part)) },
    );
    parts.collect()
}

fn html(text: &str) -> String {
    inline(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::{cell, code, inline_html};

    #[test]
    fn code_keeps_its_backticks() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a`b|c"), "``a`b\\|c``");
        assert_eq!(code("`a"), "`` `a ``");
    }

    #[test]
    fn text_is_no_markup() {
        assert_eq!(cell("a <b> *c* `d|e`"), "a &lt;b&gt; \\*c\\* `d\\|e`");
        assert_eq!(inline_html("a <b> `<c>`"), "a &lt;b&gt; <code>&lt;c&gt;</code>");
    }
}
