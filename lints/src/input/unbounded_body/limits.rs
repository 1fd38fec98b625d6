//! What limits a body, and what only looks as if it did.

use ward_linter::LintContext;
use ward_semantics::{Callee, DefId};
use ward_syntax::{Expr, ExprId, SourceIr};

use crate::input::taken;

/// Whether a function, or one that calls it, limits bodies in another way.
pub(super) fn limits(cx: &LintContext, function: DefId) -> bool {
    let callers = cx.semantics().call_graph().callers(function).iter().copied();
    std::iter::once(function).chain(callers).any(|def| {
        let ir = cx.semantics().ir(cx.semantics().locate(def).0);
        let is_none = |call: &taken::Call| call.inputs.iter().any(|(expr, _)| is_most(ir, *expr));
        taken::calls(cx, def).iter().any(|call| is_limit(call) && !is_none(call))
    })
}

/// What asks for a length, or reads no more than a certain one.
const LIMITS: &[&str] = &[
    "content_length",
    "content_length_limit",
    "size_hint",
    "with_limited_body",
    "into_limited_body",
    "to_bytes_limited",
];

fn is_limit(call: &taken::Call) -> bool {
    let owner = match call.callee {
        Callee::Method { ty, .. } => ty.as_str(),
        Callee::External(path) => path.as_str(),
        _ => "",
    };
    owner.contains("RequestBodyLimitLayer")
        || (owner.ends_with("Limited") && call.name == "new")
        || (owner.contains("DefaultBodyLimit") && call.name == "max")
        || LIMITS.contains(&call.name)
        || owner.contains("RequestBodyLimitLayer::new")
        || owner.ends_with("Limited::new")
        || owner.ends_with("DefaultBodyLimit::max")
}

/// Whether an expression is the greatest number there is: `usize::MAX`.
pub(super) fn is_most(ir: &SourceIr, expr: ExprId) -> bool {
    match ir.expr(expr) {
        Expr::Path(path) => {
            let names = ir.path_segments(path);
            names.last().is_some_and(|last| matches!(last.name.as_str(), "MAX" | "max_value"))
                && names.len() > 1
                && matches!(names[names.len() - 2].name.as_str(), "usize" | "u64" | "isize" | "i64" | "u32")
        }
        Expr::Cast { operand, .. } => is_most(ir, operand),
        _ => false,
    }
}
