//! Text that somebody else chose as the target of a redirect.
//!
//! A path that begins with one slash may begin with two, and then names a host; a check of the first slash alone is
//! therefore none. Behind a literal segment, or a constant origin with its slash, a target stays where it belongs.

use std::collections::BTreeSet;

use ward_diagnostics::{Confidence, Finding, Severity};
use ward_flow::Way;
use ward_linter::{Lint, LintContext, declare_lint};
use ward_semantics::DefId;

mod slash;

use crate::flows::{
    Judgement, UrlPosition, Wording, by_request, is_by_header, is_constant_path, is_own_uri, report,
};
use crate::scope::in_scopes;

declare_lint! {
    /// Text that somebody else chose as the target of a redirect.
    OPEN_REDIRECT = {
        name: "open-redirect",
        group: "output",
        summary: "a request chooses where a redirect leads",
        severity: Medium,
        confidence: High,
        cwe: [601],
        owasp: ["API8:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint = Lint {
    metadata: &OPEN_REDIRECT,
    check,
    kinds: &["redirect-absolute", "redirect-relative"],
    guards: false,
};

static ABSOLUTE: Wording = Wording {
    message: "request data chooses the target of the redirect made by",
    label: "this may be a URL of any host",
    note: "a link to this service that leads to somebody else's page is what phishing needs; tokens in the target go along",
    help: None,
};

static RELATIVE: Wording = Wording {
    message: "request data may name a host in the target of the redirect made by",
    label: "this may begin with `//`",
    note: "a target that begins with `//` has no scheme, but it has a host: `//evil.example` leaves this service as `https://evil.example` does",
    help: None,
};

fn check(cx: &LintContext) {
    let kinds = ["redirect-absolute", "redirect-relative"];
    report(cx, &OPEN_REDIRECT, &kinds, |way, _, kind| judge(cx, way, kind));
    let told: BTreeSet<DefId> =
        kinds.iter().flat_map(|kind| cx.flows(kind)).map(|reached| reached.function).collect();
    let believed = in_scopes(cx, "believed slashes", |scope| {
        slash::believed(scope).map(|target| (scope.function, target)).into_iter().collect()
    });
    for (function, target) in believed {
        if !told.contains(&function) {
            let mut finding = Finding::new(
                &OPEN_REDIRECT,
                target,
                "a check of the first slash does not keep this redirect here",
            )
            .label(RELATIVE.label)
            .note(RELATIVE.note)
            .help("refuse what begins with `//` or `/\\\\` too, or choose the target from a list");
            finding.confidence = Confidence::Medium;
            finding.function = Some(cx.name(function));
            cx.report(finding);
        }
    }
}

/// How sure it can be at most that somebody else chooses what comes in.
///
/// A link cannot choose the headers that the visitor's browser sends along with it, with one exception: `Referer` is
/// the page that the link stands on. A path is chosen by the link, but where one route alone leads to the handler
/// and that has a constant path, there is nothing left to choose.
fn most(cx: &LintContext, way: &Way) -> Confidence {
    if is_by_header(way) || is_constant_path(cx, way) { Confidence::Low } else { Confidence::High }
}

fn judge(cx: &LintContext, way: &Way, kind: &str) -> Option<Judgement> {
    let confidence = by_request(way)?.min(most(cx, way));
    let absolute = kind == "redirect-absolute";
    if absolute && is_own_uri(way) {
        return None;
    }
    let (confidence, wording) = match UrlPosition::of(way) {
        UrlPosition::Behind => return None,
        UrlPosition::BehindUnknown => (Confidence::Low, &ABSOLUTE),
        UrlPosition::Start | UrlPosition::Host if absolute => (confidence, &ABSOLUTE),
        UrlPosition::Slash if absolute => return None,
        UrlPosition::Start | UrlPosition::Host | UrlPosition::Slash => (confidence, &RELATIVE),
    };
    Some(Judgement { confidence, severity: Severity::Medium, wording })
}
