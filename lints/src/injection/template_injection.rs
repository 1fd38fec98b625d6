//! Text that somebody else chose as the source of a template.
//!
//! What is filled into a template is data and escaped; what is read as one is code. The two stand side by side in the
//! calls of all engines.

use ward_diagnostics::Severity;
use ward_flow::Way;
use ward_linter::{Lint, LintContext, declare_lint};

use crate::flows::{Judgement, Wording, by_request, report};

declare_lint! {
    /// Text that somebody else chose as the source of a template.
    TEMPLATE_INJECTION = {
        name: "template-injection",
        group: "injection",
        summary: "a request writes in the source of a template",
        severity: High,
        confidence: High,
        cwe: [1336],
        owasp: ["API8:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint = Lint { metadata: &TEMPLATE_INJECTION, check, kinds: &["template"], guards: false };

static WORDING: Wording = Wording {
    message: "request data becomes part of the template source given to",
    label: "this text is read as a template",
    note: "a template can read everything it is given, call the functions that are registered, include other templates, and loop without end",
    help: None,
};

fn check(cx: &LintContext) {
    report(cx, &TEMPLATE_INJECTION, &["template"], |way, _, kind| judge(way, kind));
}

fn judge(way: &Way, _: &str) -> Option<Judgement> {
    Some(Judgement { confidence: by_request(way)?, severity: Severity::High, wording: &WORDING })
}
