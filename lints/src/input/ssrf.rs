//! Text that somebody else chose in the host of a URL that the service asks.
//!
//! Only where the host is chosen counts: behind a constant or configured origin and a slash, what the request brings
//! is a path. Parsing alone checks nothing, as every URL parses.

use ward_diagnostics::{Confidence, Severity};
use ward_flow::Way;
use ward_linter::{Lint, LintContext, declare_lint};

use crate::flows::{Judgement, UrlPosition, Wording, by_request, report};

declare_lint! {
    /// Text that somebody else chose in the host of a URL that the service asks.
    SSRF = {
        name: "ssrf",
        group: "input",
        summary: "a request chooses which host the service talks to",
        severity: High,
        confidence: High,
        cwe: [918],
        owasp: ["API7:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint = Lint { metadata: &SSRF, check };

static WORDING: Wording = Wording {
    message: "request data chooses the host in the URL given to",
    label: "this host is asked",
    note: "whoever chooses the host makes the service talk to its own network: databases, cloud metadata, services that trust it",
    help: None,
};

fn check(cx: &LintContext) {
    report(cx, &SSRF, &["url"], judge);
}

fn judge(way: &Way, _: &str) -> Option<Judgement> {
    let confidence = by_request(way)?;
    let confidence = match UrlPosition::of(way) {
        UrlPosition::Behind | UrlPosition::Slash => return None,
        UrlPosition::BehindUnknown => Confidence::Low,
        UrlPosition::Start | UrlPosition::Host => confidence,
    };
    Some(Judgement { confidence, severity: Severity::High, wording: &WORDING })
}
