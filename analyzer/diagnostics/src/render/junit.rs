//! `JUnit`'s XML, which most CI systems show as a list of tests: a lint without findings passes, each finding fails.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::finding::Finding;
use crate::report::{Loss, ProblemLevel, Report, ReportProblem, Sources};
use crate::text::Texts;

/// Writes a report as `JUnit` XML.
pub fn junit(report: &Report<'_>, sources: &dyn Sources, out: &mut dyn Write) -> io::Result<()> {
    let texts = Texts::new(sources);
    let quiet: Vec<&str> = report
        .lints
        .iter()
        .map(|lint| lint.name)
        .filter(|name| report.findings.iter().all(|finding| finding.lint.name != *name))
        .collect();
    let errors = report.problems.iter().filter(|problem| problem.level == ProblemLevel::Error);
    let errors: Vec<_> = errors.collect();
    let is_lost =
        |problem: &&ReportProblem| problem.level != ProblemLevel::Error && problem.loss != Loss::Nothing;
    let lost: Vec<_> = report.problems.iter().filter(is_lost).collect();
    let failures = report.active().count();
    let skipped = report.findings.len() - failures + lost.len();
    let tests = quiet.len() + report.findings.len() + errors.len() + lost.len();
    let counts = format!(
        "tests=\"{tests}\" failures=\"{failures}\" errors=\"{}\" skipped=\"{skipped}\"",
        errors.len()
    );
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a string does not fail.
    let _ = writeln!(
        text,
        "<testsuites name=\"{0}\" {counts}>\n  <testsuite name=\"{0}\" {counts}>",
        super::TOOL_NAME
    );
    for name in quiet {
        let _ = writeln!(text, "    <testcase classname=\"{name}\" name=\"no findings\"/>");
    }
    for finding in &report.findings {
        case(&mut text, finding, &texts);
    }
    let errors = errors.into_iter().map(|problem| (problem, "error"));
    for (problem, outcome) in errors.chain(lost.into_iter().map(|problem| (problem, "skipped"))) {
        let place = problem.path.as_deref().unwrap_or(super::TOOL_NAME);
        let _ = writeln!(
            text,
            "    <testcase classname=\"{}\" name=\"{}\">\n      <{outcome} message=\"{}\"/>\n    </testcase>",
            super::TOOL_NAME,
            attribute(place),
            attribute(&problem.message)
        );
    }
    text.push_str("  </testsuite>\n</testsuites>\n");
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn case(text: &mut String, finding: &Finding, texts: &Texts<'_>) {
    let place = texts.place(finding.primary.location);
    let path = texts.path(finding.primary.location.file);
    let line =
        texts.text(finding.primary.location.file).map(|text| text.line(finding.primary.location.span.start));
    let line = line.map(|line| format!(" line=\"{line}\"")).unwrap_or_default();
    let _ = writeln!(
        text,
        "    <testcase classname=\"{}\" name=\"{}\" file=\"{}\"{line}>",
        finding.lint.name,
        attribute(&place),
        attribute(path)
    );
    if let Some(suppression) = &finding.suppression {
        let reason = suppression.justification.as_deref().unwrap_or("suppressed");
        let _ = writeln!(text, "      <skipped message=\"{}\"/>", attribute(reason));
    } else {
        let mut body = format!(
            "{place}: {}\nseverity {}, confidence {}\n",
            finding.message, finding.severity, finding.confidence
        );
        if let Some(flow) = finding.flows.first() {
            for step in &flow.steps {
                let _ = writeln!(body, "  {}: {}", texts.place(step.location), step.message);
            }
        }
        for line in finding.notes.iter().chain(&finding.help) {
            let _ = writeln!(body, "{line}");
        }
        let _ = writeln!(
            text,
            "      <failure type=\"{}\" message=\"{}\">{}</failure>",
            finding.severity,
            attribute(&finding.message),
            content(&body)
        );
    }
    text.push_str("    </testcase>\n");
}

/// A text between tags. Characters that XML does not know are replaced.
fn content(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\n' | '\t' => escaped.push(character),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            character if character.is_control() => escaped.push('\u{fffd}'),
            character => escaped.push(character),
        }
    }
    escaped
}

/// A text in quotes.
fn attribute(text: &str) -> String {
    content(text).replace('"', "&quot;").replace('\n', "&#10;").replace('\t', "&#9;")
}

#[cfg(test)]
mod tests {
    use super::{attribute, content};

    #[test]
    fn what_xml_means_otherwise_is_escaped() {
        assert_eq!(content("a < b & c\u{1b}\n"), "a &lt; b &amp; c\u{fffd}\n");
        assert_eq!(attribute("say \"hi\"\n"), "say &quot;hi&quot;&#10;");
    }
}
