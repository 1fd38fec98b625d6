//! Targets of which only the first slash is asked for, wherever they come from: a cookie, a session, a parameter.
//!
//! That it is asked for tells that the text is not the service's own; that nothing asks for the second, that it may name a host.

use ward_linter::guards::words;
use ward_syntax::{Expr, ExprId, FileSpan, Literal};

use crate::scope::Scope;
use crate::secrets::has;

/// What the target of a redirect is called that somebody else may choose.
const NAMES: &str = "next redirect return returnto target dest destination continue back goto callback after";

/// The target of a redirect that is taken for a path of the service's own because it begins with a slash.
pub(super) fn believed(scope: &Scope) -> Option<FileSpan> {
    let ir = scope.ir;
    let tested: Vec<ExprId> = scope.body.exprs.ids().filter_map(|id| tested(scope, id)).collect();
    if tested.is_empty() || asks_for_more(scope) {
        return None;
    }
    let is_tested = |part: &ExprId| tested.iter().any(|tested| ir.expr(*tested) == ir.expr(*part));
    let target = scope.body.exprs.ids().filter_map(|id| target(scope, id));
    let mut believed = target.filter(|target| scope.made_of(*target).iter().any(is_tested));
    believed.next().map(|target| scope.place(target))
}

/// The local that is asked whether it begins with a slash.
fn tested(scope: &Scope, id: ExprId) -> Option<ExprId> {
    let Expr::MethodCall { receiver, method, args, .. } = scope.ir.expr(id) else { return None };
    let first = scope.ir.list(args).next().filter(|_| method.as_str() == "starts_with")?;
    let is_slash = match scope.ir.expr(first) {
        Expr::Literal(Literal::Char('/')) => true,
        Expr::Literal(Literal::Str(text)) => text.as_str() == "/",
        _ => false,
    };
    let Expr::Local(local) = scope.ir.expr(receiver) else { return None };
    let name = scope.ir.local(local).name;
    (is_slash && words(name.as_str()).any(|word| has(NAMES, &word))).then_some(receiver)
}

/// Whether something is asked about a second slash, or a host.
fn asks_for_more(scope: &Scope) -> bool {
    let ir = scope.ir;
    scope.body.exprs.of(&ir.exprs).iter().any(|expr| match *expr {
        Expr::Literal(Literal::Str(text)) => text.as_str().starts_with("//") || text.as_str().contains('\\'),
        Expr::Literal(Literal::Char(c)) => c == '\\',
        Expr::MethodCall { method, .. } => {
            has("host host_str origin domain authority join matches is_match contains", method.as_str())
        }
        _ => false,
    })
}

/// The target of a redirect: what `Redirect` is made of, or what is given to the header `Location`.
fn target(scope: &Scope, id: ExprId) -> Option<ExprId> {
    let ir = scope.ir;
    match ir.expr(id) {
        Expr::Call { callee, args } => {
            let Expr::Path(path) = ir.expr(callee) else { return None };
            let is_redirect =
                ir.path_segments(path).iter().any(|segment| segment.name.as_str() == "Redirect");
            ir.list(args).next().filter(|_| is_redirect)
        }
        Expr::Tuple(parts) => location(scope, &ir.list(parts).collect::<Vec<_>>()),
        Expr::MethodCall { method, args, .. }
            if has("insert append header insert_header", method.as_str()) =>
        {
            location(scope, &ir.list(args).collect::<Vec<_>>())
        }
        _ => None,
    }
}

fn location(scope: &Scope, pair: &[ExprId]) -> Option<ExprId> {
    let [name, value] = pair else { return None };
    let is_location = match scope.ir.expr(*name) {
        Expr::Literal(Literal::Str(text)) => text.as_str().eq_ignore_ascii_case("location"),
        Expr::Path(_) => scope.last_segment(*name) == Some("LOCATION"),
        _ => false,
    };
    is_location.then_some(*value)
}
