//! Objects that the request names and nothing ties to the caller.
//!
//! Whether an object belongs to somebody is not written anywhere, so the siblings decide here too, and it stays a hint.

use ward_diagnostics::{Confidence, Finding};
use ward_linter::guards::Effect;
use ward_linter::{Lint, LintContext, declare_lint};

use super::doors::{Door, Openness, doors};

declare_lint! {
    /// Objects that the request names and nothing ties to the caller.
    MISSING_OWNER_CHECK = {
        name: "missing-owner-check",
        group: "access",
        summary: "an object is loaded or changed by an id of the request that nothing ties to the caller",
        severity: Medium,
        confidence: Low,
        cwe: [639],
        owasp: ["API1:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint = Lint { metadata: &MISSING_OWNER_CHECK, check };

/// An endpoint that takes an id, and how many of its siblings tie theirs to the caller.
struct Evidence<'a> {
    door: Door<'a>,
    tied: usize,
    total: usize,
}

fn describe(cx: &LintContext, evidence: &Evidence) -> Finding {
    let Evidence { door, tied, total } = evidence;
    let message = format!("nothing ties what `{}` names to the caller", door.title());
    let mut finding = Finding::new(&MISSING_OWNER_CHECK, door.place, message)
        .label("the id of the request meets nothing that the caller's identity gave")
        .note(format!("{tied} of {total} other handlers in this file tie such an id to the caller"))
        .help("look the object up by its id and the caller's, or compare its owner with the caller before using it");
    finding.endpoint = Some(door.reference());
    finding.function = Some(cx.name(door.function));
    finding
}

fn check(cx: &LintContext) {
    let doors = doors(cx);
    let named: Vec<&Door> = doors.iter().filter(|door| names_an_object(door)).collect();
    for door in &named {
        if is_tied(cx, door) || door.access.verdict.role {
            continue;
        }
        let siblings =
            named.iter().filter(|other| other.place.file == door.place.file && other.place != door.place);
        let total = siblings.clone().count();
        let tied = siblings.filter(|other| is_tied(cx, other)).count();
        if tied >= 2 && tied * 10 >= total * 6 {
            let evidence = Evidence { door: **door, tied, total };
            let mut finding = describe(cx, &evidence);
            finding.confidence = Confidence::Low;
            cx.report(finding);
        }
    }
}

/// Whether a known caller names an object in the path, and something is done with it.
fn names_an_object(door: &Door) -> bool {
    let does =
        [Effect::Read, Effect::Write, Effect::File].iter().any(|effect| door.access.effects.has(*effect));
    let changes = door.endpoint.methods.may_change();
    door.is_guarded() && door.openness == Openness::Closed && door.names_object() && (does || changes)
}

fn is_tied(cx: &LintContext, door: &Door) -> bool {
    door.access.verdict.owner || cx.guards().ties(door.function)
}
