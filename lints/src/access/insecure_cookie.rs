//! Cookies of sessions that leave out `Secure` or `HttpOnly`.
//!
//! Layers of sessions set both by default, so what is told of them is a switch that the code itself turns off. A cookie made by
//! hand is told where its name or value says that it lets its owner in, and nothing in the function that makes it sets the
//! attribute. What only takes a cookie away is left out, and so is what a setting decides.

mod made;

use ward_diagnostics::{Confidence, Finding};
use ward_linter::guards::words;
use ward_linter::{Lint, LintContext, declare_lint};
use ward_semantics::{Callee, DefId, Resolution, TyKind};
use ward_syntax::{Expr, ExprId, FileSpan, ItemKind, Literal};

use crate::scope::{Scope, in_scopes};
use crate::secrets::has;

declare_lint! {
    /// Cookies of sessions that leave out `Secure` or `HttpOnly`.
    INSECURE_COOKIE = {
        name: "insecure-cookie",
        group: "access",
        summary: "a cookie that lets its owner in is sent without `Secure` or `HttpOnly`",
        severity: Medium,
        confidence: Medium,
        cwe: [614, 1004],
        owasp: ["API8:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint = Lint { metadata: &INSECURE_COOKIE, check, kinds: &[], guards: false };

/// An attribute of cookies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Attribute {
    Secure,
    HttpOnly,
}

/// Why a cookie lacks an attribute.
enum Why {
    /// A method turns it off.
    SwitchedOff(&'static str),
    /// Nothing sets it.
    NotSet,
}

/// A cookie that lacks attributes.
struct Evidence {
    place: FileSpan,
    function: DefId,
    /// Its name, where it is known.
    cookie: Option<String>,
    lacks: Vec<Attribute>,
    why: Why,
    confidence: Confidence,
}

fn describe(cx: &LintContext, evidence: &Evidence) -> Finding {
    let lacks = match evidence.lacks.as_slice() {
        [Attribute::HttpOnly] => "`HttpOnly`",
        [Attribute::Secure] => "`Secure`",
        _ => "`Secure` and `HttpOnly`",
    };
    let message = match (&evidence.why, &evidence.cookie) {
        (Why::SwitchedOff(method), _) => {
            format!("`{method}(false)` sends the session's cookie without {lacks}")
        }
        (Why::NotSet, Some(cookie)) => format!("the cookie `{cookie}` is sent without {lacks}"),
        (Why::NotSet, None) => format!("the session's cookie is sent without {lacks}"),
    };
    let (note, help) = if evidence.lacks == [Attribute::HttpOnly] {
        (
            "a script in the page can read it: whoever can put one there takes over the session",
            "set `http_only(true)`, unless the page's own scripts need the cookie",
        )
    } else {
        (
            "the browser sends it over plain HTTP too, where everybody on the way reads it and takes over the session",
            "set `secure(true)`; browsers make an exception for `localhost`",
        )
    };
    let mut finding =
        Finding::new(&INSECURE_COOKIE, evidence.place, message).label("sent this way").note(note).help(help);
    finding.confidence = evidence.confidence;
    finding.function = Some(cx.name(evidence.function));
    finding
}

fn check(cx: &LintContext) {
    let found = in_scopes(cx, "insecure-cookie", |scope| {
        if cx.is_example(scope.function) { Vec::new() } else { of_function(scope) }
    });
    for evidence in &found {
        cx.report(describe(cx, evidence));
    }
}

fn of_function(scope: &Scope) -> Vec<Evidence> {
    scope.body.exprs.ids().filter_map(|id| switched_off(scope, id).or_else(|| made::of(scope, id))).collect()
}

/// A method that turns an attribute of a session's cookie off.
fn switched_off(scope: &Scope, call: ExprId) -> Option<Evidence> {
    let Expr::MethodCall { receiver, method, args, .. } = scope.ir.expr(call) else { return None };
    let attribute = match method.as_str() {
        "secure" | "cookie_secure" | "with_secure" | "set_secure" => Attribute::Secure,
        "http_only" | "cookie_http_only" | "with_http_only" | "set_http_only" | "with_httponly" => {
            Attribute::HttpOnly
        }
        _ => return None,
    };
    let mut args = scope.ir.list(args);
    let (first, None) = (args.next()?, args.next()) else { return None };
    if !is_false(scope, first) || matches!(scope.types.callee(call), Callee::Fn(_)) {
        return None;
    }
    let is_session = names_of_chain(scope, receiver)
        .iter()
        .any(|name| words(name).any(|word| has("session sessions identity auth cookie store", &word)));
    if !is_session || made::is_harmless(scope, receiver) {
        return None;
    }
    let confidence = if is_conditional(scope, call) { Confidence::Low } else { Confidence::Medium };
    Some(Evidence {
        place: scope.place(first),
        function: scope.function,
        cookie: None,
        lacks: vec![attribute],
        why: Why::SwitchedOff(method.as_str()),
        confidence,
    })
}

/// `false`, written here or as a constant that no `cfg` chooses.
fn is_false(scope: &Scope, expr: ExprId) -> bool {
    let no = Expr::Literal(Literal::Bool(false));
    match scope.ir.expr(expr) {
        Expr::Path(path) => {
            let Resolution::Def(def) = scope.types.path(path) else { return false };
            let semantics = scope.cx.semantics();
            let item = semantics.item(def);
            let is_chosen = || item.attributes.iter().any(|attribute| attribute.path.as_str() == "cfg");
            let Some((file, body)) = semantics.body(def) else { return false };
            let ir = semantics.ir(file);
            matches!(item.kind, ItemKind::Const { .. }) && ir.expr(ir.body(body).root) == no && !is_chosen()
        }
        expr => expr == no,
    }
}

/// The types and functions that a chain of methods begins with.
fn names_of_chain(scope: &Scope, expr: ExprId) -> Vec<String> {
    let mut names = Vec::new();
    let mut next = Some(expr);
    while let Some(expr) = next
        && names.len() < 40
    {
        if let TyKind::External { path, .. } = scope.types.expr(expr).kind() {
            names.push(path.to_string());
        }
        next = match scope.ir.expr(expr) {
            Expr::MethodCall { receiver, .. } => Some(receiver),
            Expr::Call { callee, .. } => {
                if let Expr::Path(path) = scope.ir.expr(callee) {
                    names.extend(scope.ir.path_segments(path).iter().map(|segment| segment.name.to_string()));
                }
                None
            }
            Expr::Local(local) => scope.bound_to(local),
            _ => scope.inside(expr),
        };
    }
    names
}

/// Whether a branch decides if a place is reached.
fn is_conditional(scope: &Scope, call: ExprId) -> bool {
    let ir = scope.ir;
    let place = ir.expr_span(call);
    let around = |id: ExprId| ir.expr_span(id).contains(place);
    scope.body.exprs.of(&ir.exprs).iter().any(|expr| match *expr {
        Expr::If { then, otherwise, .. } => around(then) || otherwise.is_some_and(around),
        Expr::Match { arms, .. } => ir.arms(arms).iter().any(|arm| around(arm.body)),
        _ => false,
    })
}
