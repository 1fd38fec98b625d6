//! Text that somebody else chose within a header.
//!
//! Line breaks are refused by the header types of all frameworks; what is left is a value that is put together of parts:
//! the name of a file, the attributes of a cookie. A header that is the data as a whole holds no other parts.

use ward_diagnostics::{Confidence, Severity};
use ward_flow::Way;
use ward_linter::{Lint, LintContext, declare_lint};

use crate::flows::{Judgement, Wording, by_request, report};

declare_lint! {
    /// Text that somebody else chose within a header.
    HEADER_INJECTION = {
        name: "header-injection",
        group: "injection",
        summary: "a request adds parameters to a header that is put together as text",
        severity: Low,
        confidence: Medium,
        cwe: [113, 74],
        owasp: ["API8:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint = Lint { metadata: &HEADER_INJECTION, check, kinds: &["header"], guards: false };

static WORDING: Wording = Wording {
    message: "request data becomes part of the text of a header given to",
    label: "this text has parts, and may bring its own",
    note: "a quote or a semicolon ends the part: another file name is proposed, or attributes of the cookie are changed",
    help: None,
};

fn check(cx: &LintContext) {
    report(cx, &HEADER_INJECTION, &["header"], |way, _, kind| judge(way, kind));
}

fn judge(way: &Way, _: &str) -> Option<Judgement> {
    let confidence = by_request(way)?.min(Confidence::Medium);
    way.hole?;
    Some(Judgement { confidence, severity: Severity::Low, wording: &WORDING })
}
