//! Text that somebody else chose in the path of a file.
//!
//! Two things can go wrong with a path, and a check against the one is none against the other: an absolute path
//! replaces the folder it is joined to, and `..` leaves it. An absolute path is harmless where it was put behind
//! other text; joined to a folder it is not.

use ward_diagnostics::Severity;
use ward_flow::Way;
use ward_linter::{Lint, LintContext, declare_lint};

use crate::flows::{Judgement, Wording, by_request, report};

declare_lint! {
    /// Text that somebody else chose in the path of a file.
    PATH_TRAVERSAL = {
        name: "path-traversal",
        group: "injection",
        summary: "a request chooses which file is opened, written or removed",
        severity: High,
        confidence: High,
        cwe: [22, 73],
        owasp: ["API8:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint = Lint { metadata: &PATH_TRAVERSAL, check };

static ANYWHERE: Wording = Wording {
    message: "request data becomes part of the path given to",
    label: "this path may lead out of its folder",
    note: "`..` leaves the folder, and an absolute path replaces it: any file the service can reach can be meant",
    help: None,
};

static ABSOLUTE: Wording = Wording {
    message: "an absolute path from the request replaces the folder in what is given to",
    label: "this path may be another than the one below the folder",
    note: "`join` and `push` forget what they have when they are given an absolute path, and nothing here refuses one",
    help: None,
};

fn check(cx: &LintContext) {
    report(cx, &PATH_TRAVERSAL, &["path-parent", "path-absolute"], |way, _, kind| judge(way, kind));
}

fn judge(way: &Way, kind: &str) -> Option<Judgement> {
    let confidence = by_request(way)?;
    let parent = kind == "path-parent";
    if !parent && !way.lead.is_empty() {
        return None;
    }
    let wording = if parent { &ANYWHERE } else { &ABSOLUTE };
    Some(Judgement { confidence, severity: Severity::High, wording })
}
