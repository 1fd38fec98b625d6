//! Bodies of answers that the service gave itself: as long as it made them.

use ward_linter::LintContext;
use ward_semantics::{Callee, DefId, Ty, TyKind};
use ward_syntax::ExprId;

use crate::input::taken;
use crate::scope::{Root, Scope};

/// Callers are asked this many calls back.
const MOST_CALLERS: u8 = 3;

/// Whether a body is taken of a response, here or by all that call the function with it.
pub(super) fn is_of_answer(cx: &LintContext, function: DefId, body: ExprId) -> bool {
    of_answer(cx, function, body, MOST_CALLERS)
}

fn of_answer(cx: &LintContext, function: DefId, body: ExprId, depth: u8) -> bool {
    let Some(scope) = Scope::new(cx, function) else { return false };
    if scope.made_of(body).iter().any(|part| is_response(scope.types.expr(*part))) {
        return true;
    }
    let (Some(depth), Root::Parameter(index)) = (depth.checked_sub(1), scope.origin(body).1) else {
        return false;
    };
    let mut callers = cx.semantics().call_graph().callers(function).iter().peekable();
    callers.peek().is_some() && callers.all(|caller| gives_of_answer(cx, *caller, function, index, depth))
}

/// Whether a caller calls a function with a response's body.
fn gives_of_answer(cx: &LintContext, caller: DefId, function: DefId, index: usize, depth: u8) -> bool {
    let calls = taken::calls(cx, caller);
    let mut given = calls
        .iter()
        .filter(|call| matches!(call.callee, Callee::Fn(def) if *def == function))
        .map(|call| call.inputs.get(index).is_some_and(|(expr, _)| of_answer(cx, caller, *expr, depth)))
        .peekable();
    given.peek().is_some() && given.all(|is_of_answer| is_of_answer)
}

fn is_response(ty: Ty) -> bool {
    matches!(ty.kind(), TyKind::External { path, .. } if path.as_str().ends_with("::Response"))
}
