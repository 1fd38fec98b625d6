//! Handlers that only ask who calls where their siblings ask whether he may.
//!
//! Siblings are the other endpoints of a file or router, the other implementations of a trait, and the other methods of
//! one implementation: dispatchers that are no HTTP routers are outliers too. What siblings do is told by what they ask
//! ([`endpoints`]), and by the check that most of them call ([`common`]). A guard that knows more than a login, such
//! as the organisation it was made for, is reported where it is taken and never consulted, and a check
//! that names another operation where it stands ([`actions`]), or whose answer nobody looks at ([`unheard`]). A guard that is weaker
//! than the one all others of the file take is another matter ([`stronger`]).

mod actions;
mod common;
mod endpoints;
mod ignored;
mod implementations;
mod stronger;
mod unheard;

use ward_diagnostics::{Confidence, Finding};
use ward_linter::{Lint, LintContext, declare_lint};
use ward_semantics::DefId;
use ward_syntax::FileSpan;

use super::doors::doors;

declare_lint! {
    /// Handlers that only ask who calls where their siblings ask whether he may.
    MISSING_AUTHORIZATION = {
        name: "missing-authorization",
        group: "access",
        summary: "a handler only asks who calls where its siblings ask whether he may",
        severity: High,
        confidence: Medium,
        cwe: [862],
        owasp: ["API5:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint = Lint { metadata: &MISSING_AUTHORIZATION, check, kinds: &[], guards: true };

/// A function that does less than its siblings.
struct Evidence {
    function: DefId,
    place: FileSpan,
    /// What is missing.
    message: String,
    label: String,
    /// What the siblings do.
    note: String,
    help: String,
    /// A sibling that does it.
    example: Option<FileSpan>,
    endpoint: Option<ward_diagnostics::EndpointRef>,
    confidence: Confidence,
}

fn describe(cx: &LintContext, evidence: Evidence) -> Finding {
    let mut finding = Finding::new(&MISSING_AUTHORIZATION, evidence.place, evidence.message)
        .label(evidence.label)
        .note(evidence.note)
        .help(evidence.help);
    if let Some(example) = evidence.example {
        finding = finding.related(example, "this one asks");
    }
    finding.confidence = evidence.confidence;
    finding.endpoint = evidence.endpoint;
    finding.function = Some(cx.name(evidence.function));
    finding
}

fn check(cx: &LintContext) {
    let doors = doors(cx);
    let mut found: Vec<Evidence> = Vec::new();
    found.extend(unheard::checks(cx, &doors));
    found.extend(endpoints::outliers(cx, &doors));
    found.extend(stronger::guards(cx, &doors));
    found.extend(ignored::guards(cx, &doors));
    found.extend(implementations::outliers(cx));
    found.extend(common::outliers(cx, &doors));
    found.extend(actions::mistaken(cx, &doors));
    let mut seen: Vec<FileSpan> = Vec::new();
    for evidence in found {
        let place =
            FileSpan { file: evidence.place.file, span: cx.semantics().item(evidence.function).name_span };
        if !seen.contains(&place) {
            seen.push(place);
            cx.report(describe(cx, evidence));
        }
    }
}
