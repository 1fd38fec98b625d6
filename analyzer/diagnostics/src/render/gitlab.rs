//! GitLab's security report for static analysis, which its merge requests and vulnerability pages read.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::text::sentence;
use crate::finding::{Finding, Flow, StepKind};
use crate::fingerprint;
use crate::metadata::{LintMetadata, Severity};
use crate::report::{ProblemLevel, Report, ReportProblem, Sources};
use crate::text::Texts;

/// The version of the form.
const VERSION: &str = "15.2.1";
/// The form takes no more flows of one finding.
const MOST_FLOWS: usize = 10;
/// Nor longer texts, in characters: one that is refuses the whole report.
const MOST_DESCRIPTION: usize = 1 << 20;
const MOST_SOLUTION: usize = 7000;
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// Writes a report in GitLab's form. `time` is when the run was made, in seconds since 1970; the form asks for it.
pub fn gitlab(report: &Report<'_>, sources: &dyn Sources, time: u64, out: &mut dyn Write) -> io::Result<()> {
    let texts = Texts::new(sources);
    let fingerprints = fingerprint::compute(&report.findings, &texts);
    let findings = report.findings.iter().zip(&fingerprints);
    let active = findings.filter(|(finding, _)| finding.suppression.is_none());
    let vulnerabilities: Vec<Value> =
        active.map(|(finding, fingerprint)| vulnerability(finding, fingerprint, &texts)).collect();
    let failed = report.problems.iter().any(|problem| problem.level == ProblemLevel::Error);
    let tool = json!({
        "id": super::TOOL_NAME,
        "name": super::TOOL_NAME,
        "version": report.tool_version,
        "url": REPOSITORY,
        "vendor": { "name": super::TOOL_NAME },
    });
    let document = json!({
        "version": VERSION,
        "schema": format!(
            "https://gitlab.com/gitlab-org/security-products/security-report-schemas/-/raw/v{VERSION}/dist/sast-report-format.json"
        ),
        "scan": {
            "analyzer": tool,
            "scanner": tool,
            "type": "sast",
            "start_time": date(time),
            "end_time": date(time),
            "status": if failed { "failure" } else { "success" },
            "messages": report.problems.iter().map(message).collect::<Vec<_>>(),
        },
        "vulnerabilities": vulnerabilities,
    });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    out.write_all(b"\n")?;
    out.flush()
}

fn message(problem: &ReportProblem) -> Value {
    let level = match problem.level {
        ProblemLevel::Error => "fatal",
        ProblemLevel::Warning => "warn",
        ProblemLevel::Note => "info",
    };
    let place = problem.path.as_ref().map(|path| match problem.position {
        Some((line, column)) => format!("{path}:{line}:{column}: "),
        None => format!("{path}: "),
    });
    json!({ "level": level, "value": format!("{}{}", place.unwrap_or_default(), problem.message) })
}

fn vulnerability(finding: &Finding, fingerprint: &str, texts: &Texts<'_>) -> Value {
    let place = finding.primary.location;
    let mut location = Map::from_iter([("file".to_owned(), json!(texts.path(place.file)))]);
    if let Some(text) = texts.text(place.file) {
        location.insert("start_line".to_owned(), json!(text.line(place.span.start)));
        location.insert("end_line".to_owned(), json!(text.line(place.span.end)));
    }
    if let Some(function) = &finding.function {
        location.insert("method".to_owned(), json!(function));
    }
    let mut description = vec![sentence(&finding.message)];
    if let Some(endpoint) = &finding.endpoint {
        let guard = endpoint.guarded.told(|name| format!("`{name}`"));
        description.push(format!("Reachable through `{} {}`{guard}.", endpoint.method, endpoint.path));
    }
    description.extend(finding.notes.iter().map(|note| sentence(note)));
    description.push(format!("Confidence: {}.", finding.confidence));
    let mut vulnerability = json!({
        "id": id(fingerprint),
        "name": finding.lint.summary,
        "description": cut(description.join("\n\n"), MOST_DESCRIPTION),
        "severity": severity(finding.severity),
        "location": location,
        "identifiers": identifiers(finding.lint),
        "links": [{ "url": page(finding.lint) }],
    });
    if !finding.help.is_empty() {
        vulnerability["solution"] = json!(cut(finding.help.join("\n"), MOST_SOLUTION));
    }
    let flows = finding.flows.iter().map(|flow| steps(flow, texts)).filter(|steps| !steps.is_empty());
    let flows: Vec<Vec<Value>> = flows.take(MOST_FLOWS).collect();
    if !flows.is_empty() {
        let flows = json!({ "name": "code_flows", "type": "code-flows", "items": flows });
        vulnerability["details"] = json!({ "code_flows": flows });
    }
    vulnerability
}

/// At most as many characters of a text. Messages name code, and there is no end to how long a line of code may be.
fn cut(mut text: String, most: usize) -> String {
    if let Some((at, _)) = text.char_indices().nth(most) {
        let end = text[..at].char_indices().next_back().map_or(0, |(last, _)| last);
        text.truncate(end);
        text.push('…');
    }
    text
}

/// The steps of a flow, as far as their files can be read.
fn steps(flow: &Flow, texts: &Texts<'_>) -> Vec<Value> {
    let steps = flow.steps.iter().filter_map(|step| {
        let place = step.location;
        let text = texts.text(place.file)?;
        let kind = match step.kind {
            StepKind::Source => "source",
            StepKind::Sink => "sink",
            StepKind::Step | StepKind::Call | StepKind::Return => "propagation",
        };
        Some(json!({
            "node_type": kind,
            "file_location": {
                "file_name": texts.path(place.file),
                "line_start": text.line(place.span.start),
                "line_end": text.line(place.span.end),
                "type": "file-location",
            },
            "type": "code-flow-node",
        }))
    });
    steps.collect()
}

fn identifiers(lint: &LintMetadata) -> Vec<Value> {
    let own = json!({ "type": "cargo_ward", "name": lint.name, "value": lint.name, "url": page(lint) });
    let cwe = lint.cwe.iter().map(|number| {
        json!({
            "type": "cwe",
            "name": format!("CWE-{number}"),
            "value": number.to_string(),
            "url": format!("https://cwe.mitre.org/data/definitions/{number}.html"),
        })
    });
    let owasp = lint.owasp.iter().map(|risk| json!({ "type": "owasp", "name": risk, "value": risk }));
    std::iter::once(own).chain(cwe).chain(owasp).collect()
}

fn page(lint: &LintMetadata) -> String {
    format!("{REPOSITORY}/blob/main/lints/docs/{}.md", lint.name)
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "Critical",
        Severity::High => "High",
        Severity::Medium => "Medium",
        Severity::Low => "Low",
        Severity::Info => "Info",
    }
}

/// A fingerprint in the form of a UUID, which is what GitLab suggests for an id.
fn id(fingerprint: &str) -> String {
    let (hash, count) = fingerprint.split_once(':').unwrap_or((fingerprint, "1"));
    let count: u64 = count.parse().unwrap_or_default();
    let digits = format!("{hash:0>16}{count:016x}");
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..32]];
    parts.join("-")
}

/// Seconds since 1970 as GitLab writes times: UTC, without a zone.
fn date(time: u64) -> String {
    let (days, seconds) = (time / 86_400, time % 86_400);
    // Days are counted from the 1st of March of the year 0, so that the day that comes and goes is the last of a year.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = era * 400 + year + next;
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::Value;
    use ward_syntax::{FileId, Span};

    use super::{date, gitlab, id};
    use crate::finding::{Finding, Flow, FlowStep, Location, StepKind};
    use crate::metadata::{Confidence, LintMetadata, Severity};
    use crate::report::{Report, RunStats, Sources};

    static LINT: LintMetadata = LintMetadata {
        name: "a-lint",
        group: "group",
        summary: "what it finds",
        severity: Severity::High,
        confidence: Confidence::High,
        cwe: &[89],
        owasp: &[],
        since: "0.1.0",
        page: "",
    };

    /// The second file is gone.
    struct OneFile;

    impl Sources for OneFile {
        fn path(&self, file: FileId) -> &'static str {
            if file.index() == 0 { "src/a.rs" } else { "src/gone.rs" }
        }

        fn text(&self, file: FileId) -> Option<Arc<str>> {
            (file.index() == 0).then(|| "fn a() {}".into())
        }
    }

    fn flow(file: u32) -> Flow {
        let location = Location { file: FileId(file), span: Span::new(0, 2) };
        let step = |kind| FlowStep { location, message: "here".to_owned(), kind, function: None };
        Flow { steps: vec![step(StepKind::Source), step(StepKind::Sink)] }
    }

    fn finding() -> Finding {
        Finding::new(&LINT, Location { file: FileId(0), span: Span::new(0, 2) }, "m")
    }

    /// The flows of a finding as the form has them.
    fn flows(flows: Vec<Flow>) -> Value {
        let finding = Finding { flows, ..finding() };
        vulnerability(finding)["details"]["code_flows"]["items"].clone()
    }

    /// A finding as the form has it.
    fn vulnerability(finding: Finding) -> Value {
        let report = Report {
            tool_version: "0.1.0",
            lints: &[&LINT],
            findings: vec![finding],
            problems: Vec::new(),
            stats: RunStats::default(),
            root: ".".to_owned(),
        };
        let mut out = Vec::new();
        gitlab(&report, &OneFile, 0, &mut out).unwrap();
        let document: Value = serde_json::from_slice(&out).unwrap();
        document["vulnerabilities"][0].clone()
    }

    #[test]
    fn no_text_is_longer_than_the_form_takes() {
        let long = Finding { help: vec!["é".repeat(7001)], notes: vec!["é".repeat(1 << 20)], ..finding() };
        let found = vulnerability(long);
        let length = |key: &str| found[key].as_str().unwrap().chars().count();
        assert_eq!((length("solution"), length("description")), (7000, 1 << 20));
        assert!(found["solution"].as_str().unwrap().ends_with("é…"));
        let fits = Finding { help: vec!["é".repeat(7000)], ..finding() };
        assert_eq!(vulnerability(fits)["solution"], "é".repeat(7000));
    }

    #[test]
    fn no_flow_is_empty_and_there_are_no_more_than_the_form_takes() {
        assert_eq!(flows(vec![flow(1)]), Value::Null);
        assert_eq!(flows(vec![flow(1), flow(0)]).as_array().unwrap().len(), 1);
        assert_eq!(flows(vec![flow(0); 12]).as_array().unwrap().len(), 10);
    }

    #[test]
    fn times_are_dates() {
        assert_eq!(date(0), "1970-01-01T00:00:00");
        assert_eq!(date(951_782_399), "2000-02-28T23:59:59");
        assert_eq!(date(951_782_400), "2000-02-29T00:00:00");
        assert_eq!(date(1_767_225_599), "2025-12-31T23:59:59");
    }

    #[test]
    fn ids_have_the_form_of_a_uuid() {
        assert_eq!(id("0123456789abcdef:2"), "01234567-89ab-cdef-0000-000000000002");
    }
}
