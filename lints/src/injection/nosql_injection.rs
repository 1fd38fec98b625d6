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
pub const LINT: Lint =
    Lint { metadata: &NOSQL_INJECTION, check, kinds: &["nosql", "nosql-argument"], guards: false };

static WORDING: Wording = Wording {
    message: "request data becomes the query or script given to",
    label: "this is read as a query or script",
    note: "operators such as `$ne` and `$regex` turn a comparison into one that always holds, and a script reads and changes any key",
    help: None,
};

fn check(cx: &LintContext) {
    report(cx, &NOSQL_INJECTION, &["nosql", "nosql-argument"], |way, _, kind| judge(way, kind));
}

/// An argument of a command is data, but behind `EVAL` the first is a script.
fn judge(way: &Way, kind: &str) -> Option<Judgement> {
    if kind == "nosql-argument" && !is_script(way.lead.as_str()) {
        return None;
    }
    Some(Judgement { confidence: by_request(way)?, severity: Severity::High, wording: &WORDING })
}

/// Whether what stands behind a lead of words, each ended by U+001F, is a script.
fn is_script(lead: &str) -> bool {
    let mut words = lead.split('\u{1F}');
    let command = words.next().unwrap_or_default();
    command.eq_ignore_ascii_case("eval") && words.count() == 1
}
