//! Text that somebody else chose as the source of a script.
//!
//! An engine that is embedded runs what it is given, with the functions and objects that the service registered.

use ward_diagnostics::Severity;
use ward_flow::Way;
use ward_linter::{Lint, LintContext, declare_lint};

use crate::flows::{Judgement, Wording, by_request, report};

declare_lint! {
    /// Text that somebody else chose as the source of a script.
    CODE_INJECTION = {
        name: "code-injection",
        group: "injection",
        summary: "a request writes in a script that the service runs",
        severity: Critical,
        confidence: High,
        cwe: [94, 95],
        owasp: ["API8:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint = Lint { metadata: &CODE_INJECTION, check, kinds: &["code"], guards: false };

static WORDING: Wording = Wording {
    message: "request data becomes part of the script given to",
    label: "this text is run",
    note: "whoever writes the script uses everything that the engine was given, and the time and memory of the service",
    help: None,
};

fn check(cx: &LintContext) {
    report(cx, &CODE_INJECTION, &["code"], |way, _, kind| judge(way, kind));
}

fn judge(way: &Way, _: &str) -> Option<Judgement> {
    Some(Judgement { confidence: by_request(way)?, severity: Severity::Critical, wording: &WORDING })
}
