//! What a request can make panic: results unwrapped, indices, slices, divisors.
//!
//! Most servers catch a panic of one request, so the harm is a dropped connection, a poisoned lock, a log full of
//! traces; where a panic aborts, it is the whole service. A check of the same value on the way is believed. What is not
//! seen to be reached by an endpoint, and what is often checked in ways that are not followed (bounds, parts of a document or
//! text), is told with low confidence.

use ward_diagnostics::{Confidence, Severity};
use ward_flow::{Reached, WayStepKind};
use ward_linter::{Lint, LintContext, declare_lint};

use super::numbers;

declare_lint! {
    /// What a request can make panic.
    REQUEST_PANIC = {
        name: "request-panic",
        group: "input",
        summary: "a malformed request makes the handler panic",
        severity: Medium,
        confidence: Medium,
        cwe: [248, 617],
        owasp: ["API4:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint = Lint { metadata: &REQUEST_PANIC, check };

/// A kind of sink, what to say of it, and how bad it is.
const KINDS: [(&str, &str, &str, Severity); 4] = [
    (
        "unwrap",
        "a malformed request makes the `unwrap` after",
        "this comes from the request and may be malformed",
        Severity::Medium,
    ),
    (
        "index",
        "a number of the request may be out of bounds for",
        "nothing bounds this number",
        Severity::Low,
    ),
    (
        "slice",
        "a short request, or one with other characters, is out of bounds for",
        "this text may be shorter, or have no character's border there",
        Severity::Low,
    ),
    ("divisor", "a number of the request is the divisor of", "this may be zero", Severity::Low),
];

fn check(cx: &LintContext) {
    for (kind, message, label, severity) in KINDS {
        for (reached, confidence) in cx.flows(kind).into_iter().filter_map(numbers::of_request) {
            let ends = if kind == "unwrap" { " panic" } else { "" };
            let message = format!("{message} `{}`{ends}", reached.callee);
            let confidence = if is_sure(cx, kind, &reached) { confidence } else { Confidence::Low };
            let mut finding = numbers::finding(cx, &REQUEST_PANIC, message, &reached, confidence)
                .label(label)
                .note("a panic ends the request without an answer, and the whole service where panics abort; whatever lock is held is poisoned");
            finding.severity = severity;
            cx.report(finding);
        }
    }
}

/// Whether an endpoint reaches the place, and what fails there is a parser: a check before it is rare.
fn is_sure(cx: &LintContext, kind: &str, reached: &Reached) -> bool {
    const PARTS: [&str; 5] = ["get", "split_once", "rsplit_once", "strip_prefix", "strip_suffix"];
    let callee = reached.callee.as_str();
    let is_part = PARTS.contains(&callee) || callee.starts_with("as_");
    let reaching = || cx.endpoints().reaching(cx.semantics(), reached.function, Some(reached.place));
    // Where no endpoint is known at all, routing is not understood.
    let is_reached = || cx.endpoints().all().is_empty() || !reaching().is_empty();
    kind == "unwrap" && !is_part && !is_round_trip(reached) && is_reached()
}

/// Whether what is read was written by the service itself: a value made of a request's parts and read again.
fn is_round_trip(reached: &Reached) -> bool {
    const WRITERS: [&str; 4] = ["to_value", "to_vec", "to_vec_named", "to_allocvec"];
    reached.ways.iter().all(|way| {
        way.steps
            .iter()
            .any(|step| matches!(step.kind, WayStepKind::External(name) if WRITERS.contains(&name.as_str())))
    })
}
