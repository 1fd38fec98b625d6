//! Text that somebody else chose as a pattern.
//!
//! An engine that tries alternatives again takes exponential time for some patterns. The crate `regex` never does, but
//! a pattern may still grow large, and match what it should not: that is told with low confidence.

use ward_diagnostics::{Confidence, Severity};
use ward_flow::Way;
use ward_linter::{Lint, LintContext, declare_lint};

use crate::flows::{Judgement, Wording, by_request, report};

declare_lint! {
    /// Text that somebody else chose as a pattern.
    REGEX_INJECTION = {
        name: "regex-injection",
        group: "injection",
        summary: "a request chooses a pattern for a regular expression",
        severity: Medium,
        confidence: High,
        cwe: [1333, 625],
        owasp: ["API4:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint =
    Lint { metadata: &REGEX_INJECTION, check, kinds: &["regex", "regex-linear"], guards: false };

static WORDING: Wording = Wording {
    message: "request data becomes part of the pattern given to",
    label: "this text is read as a pattern",
    note: "a pattern such as `(a+)+$` takes exponential time in an engine with back-references, and one thread is gone",
    help: None,
};

fn check(cx: &LintContext) {
    report(cx, &REGEX_INJECTION, &["regex", "regex-linear"], |way, _, kind| judge(way, kind));
}

fn judge(way: &Way, kind: &str) -> Option<Judgement> {
    let confidence = by_request(way)?;
    Some(match kind {
        "regex" => Judgement { confidence, severity: Severity::Medium, wording: &WORDING },
        _ => Judgement { confidence: Confidence::Low, severity: Severity::Low, wording: &LINEAR },
    })
}

static LINEAR: Wording = Wording {
    message: "request data becomes part of the pattern given to",
    label: "this text is read as a pattern",
    note: "matching takes linear time with this crate, but a large pattern takes time and memory to compile, and `.*` matches what a plain text would not",
    help: None,
};
