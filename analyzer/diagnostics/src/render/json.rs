//! Our own JSON: everything a report holds, in a form that stays. [`json`] describes it.

use std::io::{self, Write};

use serde::Serialize;

use crate::finding::{Applicability, EndpointRef, Finding, Fix, FlowStep, Label, Location, SuppressionKind};
use crate::fingerprint;
use crate::metadata::{Confidence, LintLevel, Severity};
use crate::report::{Report, ReportProblem, Sources};
use crate::text::Texts;

/// The version of the form that [`json`] writes.
pub const JSON_VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    tool: Tool<'a>,
    summary: Summary,
    findings: Vec<JsonFinding<'a>>,
    problems: Vec<Problem<'a>>,
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'static str,
    version: &'a str,
}

#[derive(Serialize)]
struct Summary {
    findings: Counts,
    suppressed: usize,
    files: usize,
    lines: usize,
    packages: usize,
    functions: usize,
    endpoints: usize,
    unparsed: usize,
    skipped: usize,
    opaque_macros: usize,
}

#[derive(Serialize)]
struct Counts {
    info: usize,
    low: usize,
    medium: usize,
    high: usize,
    critical: usize,
}

#[derive(Serialize)]
struct JsonFinding<'a> {
    lint: &'static str,
    severity: Severity,
    confidence: Confidence,
    level: LintLevel,
    message: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
    label: &'a str,
    function: Option<&'a str>,
    endpoint: Option<Endpoint<'a>>,
    related: Vec<Related<'a>>,
    flows: Vec<Vec<Step<'a>>>,
    notes: &'a [String],
    help: &'a [String],
    fixes: Vec<JsonFix<'a>>,
    fingerprint: String,
    cwe: &'static [u16],
    owasp: &'static [&'static str],
    suppressed: Option<Suppressed<'a>>,
}

#[derive(Serialize)]
struct Place<'a> {
    path: &'a str,
    start: Position,
    end: Position,
}

#[derive(Serialize)]
struct Position {
    line: Option<u32>,
    column: Option<u32>,
    byte: u32,
}

#[derive(Serialize)]
struct Endpoint<'a> {
    method: &'a str,
    path: &'a str,
    guard: Option<&'a str>,
    handler: Place<'a>,
}

#[derive(Serialize)]
struct Related<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    message: &'a str,
}

#[derive(Serialize)]
struct Step<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    kind: &'static str,
    message: &'a str,
    function: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonFix<'a> {
    description: &'a str,
    safe: bool,
    edits: Vec<JsonEdit<'a>>,
}

#[derive(Serialize)]
struct JsonEdit<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    replacement: &'a str,
}

#[derive(Serialize)]
struct Suppressed<'a> {
    by: &'static str,
    justification: Option<&'a str>,
}

#[derive(Serialize)]
struct Problem<'a> {
    level: &'static str,
    message: &'a str,
    path: Option<&'a str>,
    line: Option<u32>,
    column: Option<u32>,
    help: Option<&'a str>,
}

/// Writes a report as JSON.
///
/// ```text
/// {
///   "version": 1,                       the version of this form; grows when a field changes its meaning
///   "tool": { "name", "version" },
///   "summary": {
///     "findings": { "info", "low", "medium", "high", "critical" },     active ones, counted
///     "suppressed", "files", "lines", "packages", "functions", "endpoints", "unparsed", "skipped", "opaque_macros"
///   },
///   "findings": [{
///     "lint", "severity", "confidence", "level", "message", "path", "start", "end",
///     "label":       what is at the place itself,
///     "function":    the qualified name of the enclosing function, or null,
///     "endpoint":    { "method", "path", "guard", "handler": place } or null; "guard" is null if there is none,
///     "related":     [{ place, "message" }],
///     "flows":       [[{ place, "kind", "message", "function" }]], kind is source, step, call, return or sink,
///     "notes", "help": [text],
///     "fixes":       [{ "description", "safe", "edits": [{ place, "replacement" }] }],
///     "fingerprint": the same in the next run, even if lines moved,
///     "cwe": [number], "owasp": [text],
///     "suppressed":  { "by": "source", "configuration" or "baseline", "justification" } or null
///   }],
///   "problems": [{ "level", "message", "path", "line", "column", "help" }]
/// }
/// ```
///
/// A place is `"path"`, `"start"` and `"end"`; a position is `{ "line", "column", "byte" }`. Lines and columns count
/// from 1, columns in characters, bytes from 0; the end lies behind the last character. If the file could not be
/// read again for the report, line and column are null. Paths are relative to the root of the run, with `/`.
pub fn json(report: &Report<'_>, sources: &dyn Sources, out: &mut dyn Write) -> io::Result<()> {
    let texts = Texts::new(sources);
    let fingerprints = fingerprint::compute(&report.findings, &texts);
    let findings = report.findings.iter().zip(fingerprints);
    let document = Document {
        version: JSON_VERSION,
        tool: Tool { name: super::TOOL_NAME, version: report.tool_version },
        summary: summary(report),
        findings: findings.map(|(finding, fingerprint)| texts.finding(finding, fingerprint)).collect(),
        problems: report.problems.iter().map(problem).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    out.write_all(b"\n")?;
    out.flush()
}

fn summary(report: &Report<'_>) -> Summary {
    let stats = &report.stats;
    Summary {
        findings: Counts {
            info: report.count(Severity::Info),
            low: report.count(Severity::Low),
            medium: report.count(Severity::Medium),
            high: report.count(Severity::High),
            critical: report.count(Severity::Critical),
        },
        suppressed: report.findings.len() - report.active().count(),
        files: stats.files,
        lines: stats.lines,
        packages: stats.packages,
        functions: stats.functions,
        endpoints: stats.endpoints,
        unparsed: stats.unparsed,
        skipped: stats.skipped,
        opaque_macros: stats.opaque_macros,
    }
}

impl<'a> Texts<'a> {
    fn finding<'f>(&self, finding: &'f Finding, fingerprint: String) -> JsonFinding<'f>
    where
        'a: 'f,
    {
        JsonFinding {
            lint: finding.lint.name,
            severity: finding.severity,
            confidence: finding.confidence,
            level: finding.level,
            message: &finding.message,
            place: self.json_place(finding.primary.location),
            label: &finding.primary.message,
            function: finding.function.as_deref(),
            endpoint: finding.endpoint.as_ref().map(|endpoint| self.endpoint(endpoint)),
            related: finding.related.iter().map(|label| self.related(label)).collect(),
            flows: finding.flows.iter().map(|flow| self.steps(&flow.steps)).collect(),
            notes: &finding.notes,
            help: &finding.help,
            fixes: finding.fixes.iter().map(|fix| self.fix(fix)).collect(),
            fingerprint,
            cwe: finding.lint.cwe,
            owasp: finding.lint.owasp,
            suppressed: finding.suppression.as_ref().map(|suppression| Suppressed {
                by: match suppression.kind {
                    SuppressionKind::InSource => "source",
                    SuppressionKind::Configuration => "configuration",
                    SuppressionKind::Baseline => "baseline",
                },
                justification: suppression.justification.as_deref(),
            }),
        }
    }

    fn json_place(&self, location: Location) -> Place<'a> {
        let text = self.text(location.file);
        let position = |byte: u32| {
            let known = text.as_ref().map(|text| text.position(byte));
            Position { line: known.map(|known| known.line), column: known.map(|known| known.column), byte }
        };
        Place {
            path: self.path(location.file),
            start: position(location.span.start),
            end: position(location.span.end),
        }
    }

    fn endpoint<'f>(&self, endpoint: &'f EndpointRef) -> Endpoint<'f>
    where
        'a: 'f,
    {
        Endpoint {
            method: &endpoint.method,
            path: &endpoint.path,
            guard: endpoint.guarded.name(),
            handler: self.json_place(endpoint.handler),
        }
    }

    fn related<'f>(&self, label: &'f Label) -> Related<'f>
    where
        'a: 'f,
    {
        Related { place: self.json_place(label.location), message: &label.message }
    }

    fn steps<'f>(&self, steps: &'f [FlowStep]) -> Vec<Step<'f>>
    where
        'a: 'f,
    {
        let step = |step: &'f FlowStep| Step {
            place: self.json_place(step.location),
            kind: step.kind.name(),
            message: &step.message,
            function: step.function.as_deref(),
        };
        steps.iter().map(step).collect()
    }

    fn fix<'f>(&self, fix: &'f Fix) -> JsonFix<'f>
    where
        'a: 'f,
    {
        let edits = fix.edits.iter();
        JsonFix {
            description: &fix.description,
            safe: fix.applicability == Applicability::Safe,
            edits: edits
                .map(|edit| JsonEdit {
                    place: self.json_place(edit.location),
                    replacement: &edit.replacement,
                })
                .collect(),
        }
    }
}

fn problem(problem: &ReportProblem) -> Problem<'_> {
    Problem {
        level: problem.level.name(),
        message: &problem.message,
        path: problem.path.as_deref(),
        line: problem.position.map(|(line, _)| line),
        column: problem.position.map(|(_, column)| column),
        help: problem.help.as_deref(),
    }
}
