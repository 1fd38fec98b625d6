//! A query or script of a document store that somebody else chose.
//!
//! A document of a request that is used as a filter brings operators (`$ne`, `$where`) of its own, and text that a store
//! runs as a script is code. A text that is one value in a document is neither.

use ward_diagnostics::Severity;
use ward_flow::Way;
use ward_linter::{Lint, LintContext, declare_lint};

use crate::flows::{Judgement, Wording, by_request, report};

declare_lint! {
    /// A query or script of a document store that somebody else chose.
    NOSQL_INJECTION = {
        name: "nosql-injection",
        group: "injection",
        summary: "a request chooses operators of a query, or writes in a script that a store runs",
        severity: High,
        confidence: High,
        cwe: [943],
        owasp: ["API8:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint = Lint { metadata: &NOSQL_INJECTION, check };

static WORDING: Wording = Wording {
    message: "request data becomes the query or script given to",
    label: "this is read as a query or script",
    note: "operators such as `$ne` and `$regex` turn a comparison into one that always holds, and a script reads and changes any key",
    help: None,
};

fn check(cx: &LintContext) {
    report(cx, &NOSQL_INJECTION, &["nosql"], |way, _, kind| judge(way, kind));
}

fn judge(way: &Way, _: &str) -> Option<Judgement> {
    Some(Judgement { confidence: by_request(way)?, severity: Severity::High, wording: &WORDING })
}
