//! Endpoints among those of one file or router.

use ward_diagnostics::Confidence;
use ward_linter::LintContext;
use ward_linter::guards::Effect;

use super::Evidence;
use crate::access::doors::{Door, Openness};
use crate::access::identity::cannot_tell;

/// So many siblings must ask for a role.
const FEWEST: usize = 4;

/// Endpoints that ask for a login only where nearly all others of their file ask for more.
pub(super) fn outliers(cx: &LintContext, doors: &[Door]) -> Vec<Evidence> {
    let guarded: Vec<&Door> =
        doors.iter().filter(|door| door.is_guarded() && door.openness == Openness::Closed).collect();
    guarded.iter().filter(|door| is_plain(cx, door)).filter_map(|door| judge(cx, &guarded, door)).collect()
}

/// Whether nothing is asked but who calls.
fn is_plain(cx: &LintContext, door: &Door) -> bool {
    let verdict = door.own;
    !verdict.role
        && !verdict.owner
        && !cx.guards().ties(door.function)
        && !cx.guards().asks_role(door.function)
}

fn judge(cx: &LintContext, guarded: &[&Door], door: &Door) -> Option<Evidence> {
    let changes = door.endpoint.methods.may_change();
    if !changes && door.access.effects.is_empty() {
        return None;
    }
    let near = || {
        guarded.iter().filter(|other| {
            other.place.file == door.place.file
                && other.place != door.place
                && other.endpoint.router == door.endpoint.router
        })
    };
    let total = near().count();
    let asking = near().filter(|other| other.own.role).count();
    // Where reading is for more people, what changes something is compared with what does, too.
    let alone = changes && asking * 10 < total * 8;
    let siblings = || near().filter(|other| !alone || other.endpoint.methods.may_change());
    let total = siblings().count();
    let asking = siblings().filter(|other| other.own.role).count();
    let is_rule = if alone { asking == total } else { asking * 10 >= total * 8 };
    if asking < FEWEST || !is_rule {
        return None;
    }
    // Who asks for a role over what the path names, or to list all, says nothing of what names nothing: anybody may begin
    // something new.
    let is_like = |other: &&&Door| {
        other.own.role && !other.names_object() && other.endpoint.methods == door.endpoint.methods
    };
    let is_alike = door.names_object() || siblings().any(|other| is_like(&other));
    // What gives out files by a name of the request is no less than what its siblings do, if all of them ask.
    let hands_out = door.names_object() && door.access.effects.has(Effect::File) && asking == total;
    let confidence = match (changes, door.is_unclear()) {
        (_, true) => Confidence::Low,
        _ if !is_alike || door.is_about_caller() => Confidence::Low,
        (true, _) if door.does_harm() => Confidence::Medium,
        (false, _) if hands_out && cannot_tell(cx, door) => Confidence::Medium,
        _ => Confidence::Low,
    };
    Some(Evidence {
        function: door.function,
        place: door.place,
        message: format!("`{}` is open to every caller who is logged in", door.title()),
        label: "nothing here asks for a role or permission".to_owned(),
        note: format!(
            "{asking} of {total} other endpoints of this router and file{} ask for one",
            if alone { " that change something" } else { "" }
        ),
        help: "ask for the role or permission that its siblings ask for".to_owned(),
        example: siblings().find(|other| other.own.role).map(|other| other.place),
        endpoint: Some(door.reference()),
        confidence,
    })
    .filter(|_| cx.is_reported(door.function))
}
