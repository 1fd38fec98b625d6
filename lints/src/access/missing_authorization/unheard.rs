//! Checks for a role whose answer nobody looks at.

use ward_diagnostics::Confidence;
use ward_linter::LintContext;

use super::Evidence;
use crate::access::doors::{Door, Openness};

/// Handlers that find out whether the caller has a role, and go on whatever the answer is.
pub(super) fn checks(cx: &LintContext, doors: &[Door]) -> Vec<Evidence> {
    doors.iter().filter_map(|door| judge(cx, door)).collect()
}

fn judge(cx: &LintContext, door: &Door) -> Option<Evidence> {
    let matters = door.endpoint.methods.may_change() || !door.access.effects.is_empty();
    if !matters || door.own.role || door.openness == Openness::Declared {
        return None;
    }
    let place = cx.guards().unheard_role(door.function)?;
    Some(Evidence {
        function: door.function,
        place,
        message: format!("`{}` goes on whatever this check says", door.title()),
        label: "nobody looks at the answer".to_owned(),
        note: "callers who may not do it do what the handler does".to_owned(),
        help: "answer 403 where it says no: `check(..)?`, or `if !allowed { return Err(..) }`".to_owned(),
        example: None,
        endpoint: Some(door.reference()),
        confidence: if door.is_unclear() { Confidence::Low } else { Confidence::Medium },
    })
}
