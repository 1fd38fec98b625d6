//! Message authentication codes: values for which a MAC was made.

use ward_linter::LintContext;
use ward_linter::guards::words;
use ward_semantics::{Callee, DefId, Resolution, Ty, TyKind};
use ward_syntax::{Expr, ExprId};

use crate::scope::Scope;
use crate::secrets::has;

/// Whether a MAC was made for a value: here, or in a function that is called for it.
pub(super) fn is_mac(scope: &Scope, expr: ExprId) -> bool {
    let ir = scope.ir;
    scope.made_of(expr).into_iter().any(|part| match ir.expr(part) {
        Expr::Call { callee, .. } => match ir.expr(callee) {
            Expr::Path(path) => is_hmac(scope.types.path(path)) || makes_mac(scope, part, 2),
            _ => false,
        },
        Expr::MethodCall { .. } => makes_mac(scope, part, 2),
        _ => false,
    })
}

/// Whether a value is a code for one use that was computed here: it is made by a function, or a type, that is named for that.
pub(super) fn is_code(scope: &Scope, expr: ExprId) -> bool {
    const WORDS: &str = "totp hotp";
    const ASKS: &str = "verify check validate matches";
    let ir = scope.ir;
    let says = |name: &str| words(name).any(|word| has(WORDS, &word));
    let asks = |name: &str| words(name).any(|word| has(ASKS, &word));
    scope.made_of(expr).into_iter().any(|part| match ir.expr(part) {
        Expr::Call { callee, .. } => scope.last_segment(callee).is_some_and(|name| says(name) && !asks(name)),
        Expr::MethodCall { receiver, method, .. } if method.as_str().starts_with("generate") => {
            matches!(scope.types.expr(receiver).kind(), TyKind::External { path, .. } if says(path.as_str()))
        }
        _ => false,
    })
}

fn is_hmac(resolution: Resolution) -> bool {
    let path = match resolution {
        Resolution::External(path) | Resolution::Method { ty: path, .. } => path.as_str(),
        _ => return false,
    };
    path.split("::").any(|segment| segment.eq_ignore_ascii_case("hmac") || segment == "SimpleHmac")
        && !path.ends_with("::Key")
        && !path.ends_with("::verify")
}

/// Whether the function of the workspace that is called makes a MAC, or says so by its name.
fn makes_mac(scope: &Scope, call: ExprId, depth: u8) -> bool {
    let targets: &[DefId] = match scope.types.callee(call) {
        Callee::Fn(def) => &[*def],
        Callee::Dispatch { targets, .. } => targets,
        _ => return false,
    };
    let says_so = |def: DefId| {
        words(scope.cx.semantics().def_map.name(def).as_str())
            .any(|word| matches!(word.as_str(), "sign" | "hmac" | "mac"))
    };
    targets.iter().any(|target| says_so(*target) || function_makes_mac(scope.cx, *target, depth))
        || is_keyed(scope, call, targets)
}

/// Whether a function that is named for signatures is given a key.
fn is_keyed(scope: &Scope, call: ExprId, targets: &[DefId]) -> bool {
    let semantics = scope.cx.semantics();
    let is_signature = |def: &DefId| {
        words(semantics.def_map.name(*def).as_str()).any(|word| matches!(word.as_str(), "signature" | "sig"))
    };
    let (Expr::Call { args, .. } | Expr::MethodCall { args, .. }) = scope.ir.expr(call) else {
        return false;
    };
    let is_key = |arg: ExprId| {
        let names = scope.names(arg);
        names.iter().any(|name| words(name).any(|word| matches!(word.as_str(), "key" | "secret")))
    };
    targets.iter().any(is_signature) && scope.ir.list(args).any(is_key)
}

fn function_makes_mac(cx: &LintContext, function: DefId, depth: u8) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let semantics = cx.semantics();
    let gives_text = semantics.signature(function).is_some_and(|signature| {
        !matches!(signature.ret.kind(), TyKind::Scalar(_)) && signature.ret != Ty::unit()
    });
    let Some(types) = semantics.types(function).filter(|_| gives_text) else { return false };
    types.paths().any(|(_, resolution)| is_hmac(resolution))
        || types.callees().any(|(_, callee)| match callee {
            Callee::Fn(def) => function_makes_mac(cx, *def, depth),
            _ => false,
        })
}
