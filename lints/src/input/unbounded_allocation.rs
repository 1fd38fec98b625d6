//! Numbers of a request that say how much memory is reserved.
//!
//! What a text or list measures is no such number: it is as long as what was sent. Numbers of 16 bits are not
//! reported, nor is what a comparison, `min` or a validator bounds.

use ward_linter::{Lint, LintContext, declare_lint};

use super::numbers;

declare_lint! {
    /// Numbers of a request that say how much memory is reserved.
    UNBOUNDED_ALLOCATION = {
        name: "unbounded-allocation",
        group: "input",
        summary: "a number of the request decides how much memory is reserved",
        severity: Medium,
        confidence: Medium,
        cwe: [770, 789],
        owasp: ["API4:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint = Lint { metadata: &UNBOUNDED_ALLOCATION, check, kinds: &["capacity"], guards: false };

fn check(cx: &LintContext) {
    for (reached, confidence) in cx.flows("capacity").into_iter().filter_map(numbers::of_request) {
        let message =
            format!("a number of the request decides how much memory `{}` reserves", reached.callee);
        let finding = numbers::finding(cx, &UNBOUNDED_ALLOCATION, message, &reached, confidence)
            .label("nothing bounds this number")
            .note("one small request can ask for more memory than there is, and the process is killed or aborts");
        cx.report(finding);
    }
}
