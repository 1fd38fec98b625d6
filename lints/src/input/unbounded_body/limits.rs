//! What limits a body, and what only looks as if it did.

use ward_linter::LintContext;
use ward_semantics::{Callee, DefId, Resolution};
use ward_syntax::{BinaryOp, Expr, ExprId, Literal, SourceIr};

use crate::input::taken;

/// Whether a function, or one that calls it, limits bodies in another way.
pub(super) fn limits(cx: &LintContext, function: DefId) -> bool {
    let callers = || cx.semantics().call_graph().callers(function).iter().copied();
    std::iter::once(function).chain(callers()).any(|def| limits_itself(cx, def))
        || callers().any(|caller| puts_behind_limit(cx, caller, function))
}

fn limits_itself(cx: &LintContext, function: DefId) -> bool {
    let ir = cx.semantics().ir(cx.semantics().locate(function).0);
    let is_none = |call: &taken::Call| call.inputs.iter().any(|(expr, _)| is_most(ir, *expr));
    taken::calls(cx, function).iter().any(|call| is_limit(call) && !is_none(call))
        || (demands_length(cx, function) && compares(cx, function))
}

/// Whether a function fails where a request does not say how long it is: `headers.get(CONTENT_LENGTH)..ok_or(..)?`.
fn demands_length(cx: &LintContext, function: DefId) -> bool {
    let ir = cx.semantics().ir(cx.semantics().locate(function).0);
    taken::expressions(cx, function).into_iter().any(|(_, expr)| match expr {
        Expr::Try(tried) => match ir.expr(tried) {
            Expr::MethodCall { receiver, method, .. } => {
                matches!(method.as_str(), "ok_or" | "ok_or_else") && is_length(ir, receiver)
            }
            _ => false,
        },
        _ => false,
    })
}

/// Whether an expression is made of the header that says how long a body is.
fn is_length(ir: &SourceIr, mut expr: ExprId) -> bool {
    let is_name = |arg: ExprId| match ir.expr(arg) {
        Expr::Path(path) => {
            ir.path_segments(path).last().is_some_and(|last| last.name.as_str() == "CONTENT_LENGTH")
        }
        Expr::Literal(Literal::Str(name)) => name.as_str().eq_ignore_ascii_case("content-length"),
        _ => false,
    };
    while let Expr::MethodCall { receiver, method, args, .. } = ir.expr(expr) {
        if method.as_str() == "get" && ir.list(args).next().is_some_and(is_name) {
            return true;
        }
        expr = receiver;
    }
    false
}

/// Whether a function compares numbers: of one that reads a stream, the length.
pub(super) fn compares(cx: &LintContext, function: DefId) -> bool {
    taken::expressions(cx, function)
        .into_iter()
        .any(|(_, expr)| matches!(expr, Expr::Binary { op, .. } if ORDERED.contains(&op)))
}

const ORDERED: [BinaryOp; 4] = [BinaryOp::Lt, BinaryOp::Le, BinaryOp::Gt, BinaryOp::Ge];

/// Whether a limit is switched off for handlers alone that count what they read themselves:
/// `post(upload).layer(DefaultBodyLimit::disable())`.
pub(super) fn is_for_counters(cx: &LintContext, function: DefId, switch: ExprId) -> bool {
    let semantics = cx.semantics();
    let Some(types) = semantics.types(function) else { return false };
    let ir = semantics.ir(semantics.locate(function).0);
    let around = taken::expressions(cx, function).into_iter().find_map(|(_, expr)| match expr {
        Expr::MethodCall { receiver, method, args, .. }
            if method.as_str() == "layer" && ir.list(args).any(|arg| arg == switch) =>
        {
            Some(receiver)
        }
        _ => None,
    });
    let Some(mut around) = around else { return false };
    let mut handlers = Vec::new();
    loop {
        match ir.expr(around) {
            Expr::MethodCall { receiver, args, .. } => {
                handlers.extend(ir.list(args));
                around = receiver;
            }
            Expr::Call { args, .. } => {
                handlers.extend(ir.list(args));
                break;
            }
            _ => return false,
        }
    }
    let counts = |handler: ExprId| match ir.expr(handler) {
        Expr::Path(path) => match types.path(path) {
            Resolution::Def(def) => counts_pieces(cx, def),
            _ => false,
        },
        _ => false,
    };
    !handlers.is_empty() && handlers.into_iter().all(counts)
}

/// Whether a function reads a body piece by piece, and compares how much came with something.
fn counts_pieces(cx: &LintContext, function: DefId) -> bool {
    let ir = cx.semantics().ir(cx.semantics().locate(function).0);
    let reads = taken::calls(cx, function)
        .iter()
        .any(|call| matches!(call.name, "chunk" | "next" | "try_next" | "frame" | "data"));
    let counts = |expr: Expr| match expr {
        Expr::Binary { op, lhs, rhs } if ORDERED.contains(&op) => {
            [lhs, rhs].into_iter().any(|side| adds_length(ir, side))
        }
        _ => false,
    };
    reads && taken::expressions(cx, function).into_iter().any(|(_, expr)| counts(expr))
}

/// Whether an expression is a length that is added to another: `written + chunk.len()`.
fn adds_length(ir: &SourceIr, expr: ExprId) -> bool {
    let is_length = |expr: ExprId| match ir.expr(expr) {
        Expr::MethodCall { method, .. } => method.as_str() == "len",
        Expr::Cast { operand, .. } => {
            matches!(ir.expr(operand), Expr::MethodCall { method, .. } if method.as_str() == "len")
        }
        _ => false,
    };
    match ir.expr(expr) {
        Expr::Binary { op: BinaryOp::Add, lhs, rhs } => is_length(lhs) || is_length(rhs),
        _ => false,
    }
}

/// Whether a function puts the filter that another gives behind one that limits: `limited().and(reading())`.
fn puts_behind_limit(cx: &LintContext, caller: DefId, reading: DefId) -> bool {
    let semantics = cx.semantics();
    let Some(types) = semantics.types(caller) else { return false };
    let ir = semantics.ir(semantics.locate(caller).0);
    let given_by = |expr: ExprId| match types.callee(expr) {
        Callee::Fn(def) => Some(*def),
        _ => None,
    };
    taken::expressions(cx, caller).into_iter().any(|(_, expr)| {
        let Expr::MethodCall { mut receiver, method, args, .. } = expr else { return false };
        if method.as_str() != "and" || ir.list(args).next().and_then(given_by) != Some(reading) {
            return false;
        }
        // Only what stands in the same chain is asked first: the other side of an `or` is not.
        loop {
            if given_by(receiver).is_some_and(|before| limits_itself(cx, before)) {
                return true;
            }
            let Expr::MethodCall { receiver: before, method, args, .. } = ir.expr(receiver) else {
                return false;
            };
            let joined = ir.list(args).next().filter(|_| method.as_str() == "and").and_then(given_by);
            if joined.is_some_and(|joined| limits_itself(cx, joined)) {
                return true;
            }
            if method.as_str() == "or" {
                return false;
            }
            receiver = before;
        }
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

/// So many bytes for every request are no limit.
const NO_LIMIT: u128 = 2 << 30;

/// Whether an expression is the greatest number there is, `usize::MAX`, or one as good as that.
pub(super) fn is_most(ir: &SourceIr, expr: ExprId) -> bool {
    if number(ir, expr).is_some_and(|number| number >= NO_LIMIT) {
        return true;
    }
    match ir.expr(expr) {
        Expr::Path(path) => {
            let names = ir.path_segments(path);
            names.last().is_some_and(|last| matches!(last.name.as_str(), "MAX" | "max_value"))
                && names.len() > 1
                && matches!(names[names.len() - 2].name.as_str(), "usize" | "u64" | "isize" | "i64" | "u32")
        }
        Expr::Cast { operand, .. } => is_most(ir, operand),
        Expr::MethodCall { receiver, method, .. } => unit(method.as_str()).is_some() && is_most(ir, receiver),
        _ => false,
    }
}

/// A number that is written out: `10 * 1024 * 1024`.
fn number(ir: &SourceIr, expr: ExprId) -> Option<u128> {
    match ir.expr(expr) {
        Expr::Literal(Literal::Int(text)) => {
            let digits: String = text.as_str().chars().filter(|c| *c != '_').collect();
            let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
            digits[..end].parse().ok()
        }
        Expr::Binary { op: BinaryOp::Mul, lhs, rhs } => number(ir, lhs)?.checked_mul(number(ir, rhs)?),
        Expr::MethodCall { receiver, method, .. } => {
            number(ir, receiver)?.checked_mul(unit(method.as_str())?)
        }
        _ => None,
    }
}

/// How many bytes one of a unit is: `8.mebibytes()`.
fn unit(name: &str) -> Option<u128> {
    Some(match name {
        "bytes" => 1,
        "kilobytes" => 1_000,
        "kibibytes" => 1 << 10,
        "megabytes" => 1_000_000,
        "mebibytes" => 1 << 20,
        "gigabytes" => 1_000_000_000,
        "gibibytes" => 1 << 30,
        "terabytes" => 1_000_000_000_000,
        "tebibytes" => 1 << 40,
        _ => return None,
    })
}
