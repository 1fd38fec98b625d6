//! The headers of an answer, written by hand.

use ward_diagnostics::Confidence;
use ward_syntax::{BinaryOp, Expr, ExprId, Literal, LocalId, Pat, PatId};

use super::{Evidence, How};
use crate::scope::{Origin, Scope};

/// An origin that is sent back unseen, beside credentials.
pub(super) fn of(scope: &Scope) -> Option<Evidence> {
    let mut credentials = written(scope, "access-control-allow-credentials").into_iter();
    let credentials = credentials.find(|value| says_true(scope, *value) && !is_set_up(scope, *value))?;
    let mut origins = written(scope, "access-control-allow-origin").into_iter();
    let origin = origins.find(|value| is_of_request(scope, *value))?;
    let place = if is_tested(scope) { unseen(scope)? } else { origin };
    Some(Evidence {
        place: scope.place(place),
        function: scope.function,
        credentials: Some(scope.place(credentials)),
        how: How::Header,
        confidence: Confidence::Medium,
    })
}

/// The values that are given to a header.
fn written(scope: &Scope, header: &str) -> Vec<ExprId> {
    let ir = scope.ir;
    let mut found = Vec::new();
    for id in scope.body.exprs.ids() {
        let pair: Vec<ExprId> = match ir.expr(id) {
            Expr::MethodCall { method, args, .. }
                if matches!(method.as_str(), "insert" | "append" | "header" | "insert_header" | "set") =>
            {
                ir.list(args).collect()
            }
            Expr::Tuple(parts) => ir.list(parts).collect(),
            Expr::Call { callee, args } if is_header_new(scope, callee) => ir.list(args).collect(),
            _ => continue,
        };
        if let [name, value] = pair.as_slice()
            && is_header(scope, *name, header)
        {
            found.push(*value);
        }
    }
    found
}

/// `Header::new(name, value)`.
fn is_header_new(scope: &Scope, callee: ExprId) -> bool {
    let Expr::Path(path) = scope.ir.expr(callee) else { return false };
    let mut last = scope.ir.path_segments(path).iter().rev().map(|segment| segment.name.as_str());
    last.next() == Some("new") && last.next() == Some("Header")
}

fn is_header(scope: &Scope, name: ExprId, header: &str) -> bool {
    match scope.ir.expr(name) {
        Expr::Literal(Literal::Str(text)) => text.as_str().eq_ignore_ascii_case(header),
        Expr::Path(_) => {
            scope.last_segment(name).is_some_and(|name| name.replace('_', "-").eq_ignore_ascii_case(header))
        }
        _ => scope.inside(name).is_some_and(|inside| is_header(scope, inside, header)),
    }
}

/// Whether `"true"` is what a header is made of.
fn says_true(scope: &Scope, value: ExprId) -> bool {
    scope.made_of(value).into_iter().any(|part| match scope.ir.expr(part) {
        Expr::Literal(Literal::Str(text)) => text.as_str() == "true",
        Expr::Literal(Literal::Bool(given)) => given,
        _ => false,
    })
}

/// Whether a value is the `Origin` of the request.
fn is_of_request(scope: &Scope, value: ExprId) -> bool {
    let is_named = scope.made_of(value).into_iter().any(|part| match scope.ir.expr(part) {
        Expr::Local(local) => scope.ir.local(local).name.as_str().contains("origin"),
        Expr::Path(_) => scope.last_segment(part) == Some("ORIGIN"),
        Expr::Literal(Literal::Str(text)) => text.as_str().eq_ignore_ascii_case("origin"),
        _ => false,
    });
    is_named && scope.origin(value).0 == Origin::Request
}

/// Whether a setting for credentials decides about a place.
fn is_set_up(scope: &Scope, value: ExprId) -> bool {
    let ir = scope.ir;
    let place = ir.expr_span(value);
    scope.body.exprs.of(&ir.exprs).iter().any(|expr| match *expr {
        Expr::If { cond, then, .. } if ir.expr_span(then).contains(place) => {
            scope.names(cond).iter().any(|name| name.contains("credential"))
        }
        _ => false,
    })
}

/// Whether the origin is compared with anything, or looked up in something.
fn is_tested(scope: &Scope) -> bool {
    let ir = scope.ir;
    let is_origin = |expr: ExprId| scope.origin(expr).0 == Origin::Request;
    scope.body.exprs.of(&ir.exprs).iter().any(|expr| match *expr {
        Expr::Binary { op: BinaryOp::Eq | BinaryOp::Ne, lhs, rhs } => is_origin(lhs) || is_origin(rhs),
        Expr::MethodCall { method, args, receiver, .. } => {
            let tests = matches!(
                method.as_str(),
                "contains"
                    | "any"
                    | "is_match"
                    | "ends_with"
                    | "starts_with"
                    | "contains_key"
                    | "eq"
                    | "matches"
            ) || method.as_str().contains("allow")
                || method.as_str().starts_with("is_");
            tests && (is_origin(receiver) || ir.list(args).any(is_origin))
        }
        Expr::Call { callee, args } => {
            let name = scope.last_segment(callee).unwrap_or_default();
            (name.contains("allow") || name.contains("origin") || name.starts_with("is_"))
                && ir.list(args).any(is_origin)
        }
        _ => false,
    })
}

/// An arm of a match that gives the origin back without a look at it: it has no guard, or one that asks for `*`.
fn unseen(scope: &Scope) -> Option<ExprId> {
    let ir = scope.ir;
    for id in scope.body.exprs.ids() {
        let Expr::Match { scrutinee, arms } = ir.expr(id) else { continue };
        let Expr::Tuple(parts) = ir.expr(scrutinee) else { continue };
        let asks = ir.list(parts).any(|part| is_of_request(scope, part));
        for arm in ir.arms(arms).iter().filter(|_| asks) {
            let gives = scope.inside(arm.body).map_or(ir.expr(arm.body), |inside| ir.expr(inside));
            let Expr::Local(local) = gives else { continue };
            let is_unseen = arm.guard.is_none_or(|guard| asks_for_all(scope, guard));
            if is_unseen && binds(scope, arm.pat, local) {
                return Some(arm.body);
            }
        }
    }
    None
}

fn asks_for_all(scope: &Scope, guard: ExprId) -> bool {
    let is_star = |expr: ExprId| matches!(scope.ir.expr(expr), Expr::Literal(Literal::Str(text)) if text.as_str() == "*");
    matches!(scope.ir.expr(guard), Expr::Binary { op: BinaryOp::Eq, lhs, rhs } if is_star(lhs) || is_star(rhs))
}

fn binds(scope: &Scope, pat: PatId, local: LocalId) -> bool {
    let ir = scope.ir;
    match ir.pat(pat) {
        Pat::Bind { local: found, .. } => found == local,
        Pat::Ref(inner) => binds(scope, inner, local),
        Pat::Tuple(pats) | Pat::TupleStruct { pats, .. } => ir.list(pats).any(|pat| binds(scope, pat, local)),
        _ => false,
    }
}
