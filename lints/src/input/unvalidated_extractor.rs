//! Values taken of a request whose validation is declared, and walked round.
//!
//! Not every field needs a rule, so a missing one is told to nobody who does not ask. What is reported was meant to be checked:
//! rules that are derived and never run on the way from the handler, newtypes with a checking constructor that a derived
//! `Deserialize` does not call, and limits of a query that nothing limits.

mod fields;
mod limits;
mod newtypes;
mod rules;

use ward_linter::{Lint, LintContext, declare_lint};

declare_lint! {
    /// Values taken of a request whose validation is walked round.
    UNVALIDATED_EXTRACTOR = {
        name: "unvalidated-extractor",
        group: "input",
        summary: "a value taken of a request is not validated where it was meant to be",
        severity: Medium,
        confidence: High,
        cwe: [20, 1284],
        owasp: ["API4:2023", "API6:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint = Lint { metadata: &UNVALIDATED_EXTRACTOR, check, kinds: &["limit"], guards: false };

fn check(cx: &LintContext) {
    let taken = super::taken::all(cx);
    rules::check(cx, &taken);
    newtypes::check(cx, &taken);
    limits::check(cx);
    fields::check(cx, &taken);
}
