//! Any origin, with credentials.
//!
//! A page of any origin may read what needs no credentials: that is what `*` is for, and it is left out. What is told is that
//! the browser sends the caller's cookies along and lets any page read the answer: an origin that is mirrored, or a test of it
//! that lets all pass, beside `allow_credentials`. Where a library refuses the two together, nothing is said.

mod chain;
mod credentials;
mod headers;

use ward_diagnostics::{Confidence, Finding};
use ward_linter::{Lint, LintContext, declare_lint};
use ward_semantics::DefId;
use ward_syntax::{Expr, FileSpan};

use self::credentials::Credentials;
use crate::scope::{Scope, in_scopes};

declare_lint! {
    /// Any origin, with credentials.
    PERMISSIVE_CORS = {
        name: "permissive-cors",
        group: "transport",
        summary: "pages of any origin may read answers that were made for the caller's own credentials",
        severity: Medium,
        confidence: Medium,
        cwe: [942],
        owasp: ["API8:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint = Lint { metadata: &PERMISSIVE_CORS, check, kinds: &[], guards: false };

/// How any origin gets in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum How {
    /// One call allows it all.
    Permissive(&'static str),
    /// The origin of the request is sent back.
    Mirrored(&'static str),
    /// A test of it holds for all, or for names that anybody can have.
    Tested(&'static str),
    /// No origin is named, and none named means all.
    Default,
    /// The header is written by hand.
    Header,
}

/// Any origin, with credentials.
struct Evidence {
    place: FileSpan,
    function: DefId,
    /// Where credentials are allowed, if that is elsewhere.
    credentials: Option<FileSpan>,
    how: How,
    confidence: Confidence,
}

fn describe(cx: &LintContext, evidence: &Evidence, known_by: Credentials) -> Finding {
    let message = match evidence.how {
        How::Permissive(call) => format!("`{call}` allows any origin, with credentials"),
        How::Mirrored(call) => format!("`{call}` beside credentials allows any origin to use them"),
        How::Tested(test) => {
            format!("the origin is tested by `{test}`, which anybody's can pass, and credentials are allowed")
        }
        How::Default => "credentials are allowed, and no origin is named, which allows all".to_owned(),
        How::Header => "the origin of the request is sent back as allowed, with credentials".to_owned(),
    };
    let mut finding = Finding::new(&PERMISSIVE_CORS, evidence.place, message)
        .label("any page may ask in its visitor's name, and read the answer")
        .note(match known_by {
            Credentials::Browser => {
                "a visitor's browser sends the cookies of this service along, and hands the answer to the page that asked"
            }
            Credentials::Header | Credentials::Unseen => {
                "nothing here reads a cookie so far: once something before it or within it does, a visitor's browser sends it along"
            }
        })
        .help("name the origins that may use credentials, or allow any origin without them");
    if let Some(credentials) = evidence.credentials.filter(|place| *place != evidence.place) {
        finding = finding.related(credentials, "credentials are allowed here");
    }
    finding.confidence = evidence.confidence.min(match known_by {
        Credentials::Browser => Confidence::High,
        // Whoever writes headers by hand means what they say.
        Credentials::Header if evidence.how == How::Header => Confidence::Medium,
        // A page that has no token gets nothing, and where nobody is known there is nothing to get.
        Credentials::Header | Credentials::Unseen => Confidence::Low,
    });
    finding.function = Some(cx.name(evidence.function));
    finding
}

fn check(cx: &LintContext) {
    let found: Vec<Evidence> = in_scopes(cx, "permissive-cors", |scope| {
        if cx.is_example(scope.function) { Vec::new() } else { of_function(scope) }
    });
    if found.is_empty() {
        return;
    }
    let known_by = credentials::of(cx);
    for evidence in &found {
        cx.report(describe(cx, evidence, known_by));
    }
}

fn of_function(scope: &Scope) -> Vec<Evidence> {
    let ir = scope.ir;
    // Nearly no function is about this.
    let is_cors =
        |name: &str| name.starts_with("Cors") || name == "cors" || name.starts_with("ACCESS_CONTROL_ALLOW");
    let speaks_of_it = scope.body.exprs.of(&ir.exprs).iter().any(|expr| match *expr {
        Expr::Path(path) | Expr::Struct { path, .. } => {
            ir.path_segments(path).iter().any(|segment| is_cors(segment.name.as_str()))
        }
        Expr::Literal(ward_syntax::Literal::Str(text)) => {
            text.as_str().get(..20).is_some_and(|start| start.eq_ignore_ascii_case("access-control-allow"))
        }
        _ => false,
    });
    if !speaks_of_it {
        return Vec::new();
    }
    let mut found: Vec<Evidence> = scope.body.exprs.ids().filter_map(|id| chain::of(scope, id)).collect();
    found.extend(headers::of(scope));
    found
}
