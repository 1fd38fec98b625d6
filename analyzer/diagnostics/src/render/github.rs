//! Workflow commands of GitHub Actions, which become annotations beside the changed lines.

use std::cmp::Reverse;
use std::io::{self, Write};

use crate::escape::{block, inline};
use crate::finding::Finding;
use crate::metadata::LintLevel;
use crate::report::{ProblemLevel, Report, Sources};
use crate::text::Texts;

/// Writes a report as workflow commands: the most severe findings first, because GitHub shows only some of each level.
pub fn github(report: &Report<'_>, sources: &dyn Sources, out: &mut dyn Write) -> io::Result<()> {
    let texts = Texts::new(sources);
    let mut findings: Vec<&Finding> = report.active().collect();
    findings.sort_by_key(|finding| Reverse((finding.level, finding.severity, finding.confidence)));
    for finding in &findings {
        annotation(finding, &texts, out)?;
    }
    for problem in &report.problems {
        let command = match problem.level {
            ProblemLevel::Error => "error",
            ProblemLevel::Warning => "warning",
            ProblemLevel::Note => "notice",
        };
        let mut properties = Vec::new();
        properties.extend(problem.path.as_ref().map(|path| format!("file={}", property(path))));
        if let Some((line, column)) = problem.position {
            properties.push(format!("line={line},col={column}"));
        }
        properties.push("title=cargo-ward".to_owned());
        let help = problem.help.as_ref().map(|help| format!("\n{help}")).unwrap_or_default();
        writeln!(
            out,
            "::{command} {}::{}",
            properties.join(","),
            data(&format!("{}{help}", problem.message))
        )?;
    }
    let plural = if findings.len() == 1 { "" } else { "s" };
    writeln!(out, "cargo-ward: {} finding{plural} in {} files", findings.len(), report.stats.files)?;
    out.flush()
}

fn annotation(finding: &Finding, texts: &Texts<'_>, out: &mut dyn Write) -> io::Result<()> {
    // As in the other forms: what makes the run fail is an error, and nothing else is.
    let command = match finding.level {
        LintLevel::Deny => "error",
        LintLevel::Warn | LintLevel::Allow => "warning",
    };
    let place = finding.primary.location;
    let mut properties = format!("file={}", property(texts.path(place.file)));
    if let Some(text) = texts.text(place.file) {
        let (start, end) = (text.position(place.span.start), text.position(place.span.end));
        properties.extend([
            ",line=".to_owned(),
            start.line.to_string(),
            ",endLine=".to_owned(),
            end.line.to_string(),
        ]);
        // Columns are only allowed within one line.
        if start.line == end.line {
            properties.extend([
                ",col=".to_owned(),
                start.column.to_string(),
                ",endColumn=".to_owned(),
                end.column.to_string(),
            ]);
        }
    }
    let mut message = finding.message.clone();
    let endpoint = finding.endpoint.as_ref();
    let endpoint =
        endpoint.map(|endpoint| format!("reachable through `{} {}`", endpoint.method, endpoint.path));
    for line in endpoint.iter().chain(&finding.notes).chain(&finding.help) {
        message.push('\n');
        message.push_str(line);
    }
    let title =
        format!("{} (severity {}, confidence {})", finding.lint.name, finding.severity, finding.confidence);
    writeln!(out, "::{command} {properties},title={}::{}", property(&title), data(&message))
}

/// A text behind the second `::`. A log shows it, so no control character may be left.
fn data(text: &str) -> String {
    block(text).replace('%', "%25").replace('\n', "%0A")
}

/// A text in the list of properties.
fn property(text: &str) -> String {
    inline(text).replace('%', "%25").replace(':', "%3A").replace(',', "%2C")
}
