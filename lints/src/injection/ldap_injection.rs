//! Text that somebody else chose in an LDAP filter or name.
//!
//! Filters are text in parentheses; a value that brings parentheses and stars of its own writes in the filter.

use ward_diagnostics::Severity;
use ward_flow::Way;
use ward_linter::{Lint, LintContext, declare_lint};

use crate::flows::{Judgement, Wording, by_request, report};

declare_lint! {
    /// Text that somebody else chose in an LDAP filter or name.
    LDAP_INJECTION = {
        name: "ldap-injection",
        group: "injection",
        summary: "a request writes in an LDAP filter or distinguished name",
        severity: High,
        confidence: High,
        cwe: [90],
        owasp: ["API8:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint = Lint { metadata: &LDAP_INJECTION, check, kinds: &["ldap"], guards: false };

static WORDING: Wording = Wording {
    message: "request data becomes part of the LDAP filter or name given to",
    label: "this text is read as a filter or a name",
    note: "a value such as `*)(uid=*` changes what the filter asks: a login then succeeds for any user, or a search gives all entries",
    help: None,
};

fn check(cx: &LintContext) {
    report(cx, &LDAP_INJECTION, &["ldap"], |way, _, kind| judge(way, kind));
}

fn judge(way: &Way, _: &str) -> Option<Judgement> {
    Some(Judgement { confidence: by_request(way)?, severity: Severity::High, wording: &WORDING })
}
