//! Secrets that are compared with `==`.
//!
//! Two things must come together: one side is a secret that the service holds or computes, by its name or because a MAC
//! was made for it, and the other comes from whoever calls. What is compared with a constant, with another part of the same
//! request, or between two values of the service's own tells nobody anything. A comparison in a function that is given both
//! sides is told where names say that it is about who may come in.

mod mac;

use ward_diagnostics::{Confidence, Finding};
use ward_linter::guards::words;
use ward_linter::{Lint, LintContext, declare_lint};
use ward_semantics::{DefId, Ty, TyKind};
use ward_syntax::{BinaryOp, Expr, ExprId, FileSpan, SourceIr, UnaryOp};

use crate::scope::{Origin, Root, Scope, in_scopes, refuses};
use crate::secrets::{Named, has, is_about_access};

declare_lint! {
    /// Secrets that are compared with `==`.
    TIMING_UNSAFE_COMPARISON = {
        name: "timing-unsafe-comparison",
        group: "access",
        summary: "a secret is compared with `==`, whose time tells how much of a guess is right",
        severity: Medium,
        confidence: Medium,
        cwe: [208],
        owasp: ["API2:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint = Lint { metadata: &TIMING_UNSAFE_COMPARISON, check, kinds: &[], guards: false };

/// Methods that compare texts.
const METHODS: &[&str] = &["eq", "ne", "eq_ignore_ascii_case"];

/// A comparison that takes longer the more of a guess is right.
struct Evidence {
    place: FileSpan,
    function: DefId,
    /// How the secret is written.
    secret: String,
    operator: &'static str,
    what: What,
    confidence: Confidence,
}

/// What is compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum What {
    Secret,
    Mac,
    /// A code that is good for one use.
    Code,
}

/// One side of a comparison.
struct Side {
    expr: ExprId,
    named: Named,
    is_mac: bool,
    is_code: bool,
    origin: Origin,
    root: Root,
    names: Vec<&'static str>,
}

fn describe(cx: &LintContext, evidence: &Evidence) -> Finding {
    let Evidence { secret, operator, what, .. } = evidence;
    let message = match what {
        What::Secret => format!("the secret `{secret}` is compared with `{operator}`"),
        What::Code => format!("the one-time code `{secret}` is compared with `{operator}`"),
        What::Mac => format!("the message authentication code `{secret}` is compared with `{operator}`"),
    };
    let help = match what {
        What::Secret | What::Code => {
            "compare the bytes in constant time: `subtle::ConstantTimeEq::ct_eq`, or `constant_time_eq::constant_time_eq`"
        }
        What::Mac => {
            "let the MAC verify what was received: `mac.verify_slice(..)` of `hmac`, or `ring::hmac::verify`"
        }
    };
    let mut finding = Finding::new(&TIMING_UNSAFE_COMPARISON, evidence.place, message)
        .label("ends at the first byte that differs")
        .note("how long it takes tells how many bytes of a guess are right: with many requests a secret can be found byte by byte")
        .help(help);
    finding.confidence = evidence.confidence;
    finding.function = Some(cx.name(evidence.function));
    finding
}

fn check(cx: &LintContext) {
    let found = in_scopes(cx, "timing-unsafe-comparison", |scope| {
        let found = compared(scope);
        if found.is_empty() || !is_comparison_itself(cx, scope.function) {
            return found;
        }
        if is_of_secret(cx, scope.function) { exposed(scope) } else { Vec::new() }
    });
    for evidence in &found {
        cx.report(describe(cx, evidence));
    }
}

/// Whether a function says how values of a type compare, or stands in for something in tests. What takes a request
/// serves it, whatever it is called.
fn is_comparison_itself(cx: &LintContext, function: DefId) -> bool {
    let name = cx.semantics().def_map.name(function).as_str();
    let serves = !cx.inputs(function).is_empty();
    matches!(name, "eq" | "ne" | "cmp" | "partial_cmp")
        || !serves
            && words(&cx.name(function)).any(|word| {
                matches!(word.as_str(), "mock" | "mocks" | "fake" | "dummy" | "stub" | "test" | "tests")
            })
}

/// Whether a function is of a type that is called a secret, and holds nothing else.
fn is_of_secret(cx: &LintContext, function: DefId) -> bool {
    let Some(info) = cx.semantics().enclosing_impl(function) else { return false };
    let TyKind::Adt { def, .. } = info.self_ty.kind() else { return false };
    let name = cx.semantics().def_map.name(*def);
    Named::of(name.as_str()) >= Named::Token && cx.semantics().fields(*def, None).len() == 1
}

/// Where a type takes out what it hides, to compare it.
fn exposed(scope: &Scope) -> Vec<Evidence> {
    let ir = scope.ir;
    let of = |id: ExprId| {
        let Expr::Binary { op: BinaryOp::Eq | BinaryOp::Ne, lhs, rhs } = ir.expr(id) else { return None };
        (is_exposed(ir, lhs) && is_exposed(ir, rhs)).then(|| Evidence {
            place: scope.place(id),
            function: scope.function,
            secret: scope.written(lhs),
            operator: "==",
            what: What::Secret,
            confidence: Confidence::Medium,
        })
    };
    scope.body.exprs.ids().filter_map(of).collect()
}

fn compared(scope: &Scope) -> Vec<Evidence> {
    let ir = scope.ir;
    let mut found = Vec::new();
    // What is taken out of a list decides nothing.
    let retains =
        |expr: &Expr| matches!(expr, Expr::MethodCall { method, .. } if method.as_str() == "retain");
    let all = || scope.body.exprs.ids();
    let retained: Vec<ExprId> = all().filter(|id| retains(&ir.expr(*id))).collect();
    let is_retained = |id: ExprId| retained.iter().any(|call| ir.expr_span(*call).contains(ir.expr_span(id)));
    for id in all().filter(|id| !is_retained(*id)) {
        let (lhs, rhs, operator) = match ir.expr(id) {
            Expr::Binary { op: BinaryOp::Eq, lhs, rhs } => (lhs, rhs, "=="),
            Expr::Binary { op: BinaryOp::Ne, lhs, rhs } => (lhs, rhs, "!="),
            Expr::MethodCall { receiver, method, args, .. } if METHODS.contains(&method.as_str()) => {
                let mut args = ir.list(args);
                match (args.next(), args.next()) {
                    (Some(arg), None) => (receiver, arg, method.as_str()),
                    _ => continue,
                }
            }
            Expr::MethodCall { receiver, method, args, .. } if method.as_str() == "all" => {
                match paired(ir, receiver, ir.list(args).next()) {
                    Some((lhs, rhs)) => (lhs, rhs, "all"),
                    None => continue,
                }
            }
            _ => continue,
        };
        if is_plain(&ir.expr(lhs)) || is_plain(&ir.expr(rhs)) {
            continue;
        }
        if METHODS.contains(&operator) && !is_text_method(scope, id, lhs) {
            continue;
        }
        if let Some((side, confidence)) = secret_side(scope, lhs, rhs) {
            let what = match side {
                Side { is_mac: true, .. } => What::Mac,
                Side { is_code: true, .. } => What::Code,
                _ => What::Secret,
            };
            let secret = scope.written(side.expr);
            found.push(Evidence {
                place: scope.place(id),
                function: scope.function,
                secret,
                operator,
                what,
                confidence,
            });
        }
    }
    found
}

/// What is compared byte by byte: the sides of `a.iter().zip(b).all(|(x, y)| x == y)`.
fn paired(ir: &SourceIr, receiver: ExprId, test: Option<ExprId>) -> Option<(ExprId, ExprId)> {
    let Expr::MethodCall { receiver: first, method, args, .. } = ir.expr(receiver) else { return None };
    let Expr::Closure(test) = ir.expr(test?) else { return None };
    let is_equal = matches!(ir.expr(ir.closure(test).body), Expr::Binary { op: BinaryOp::Eq, .. });
    let second = ir.list(args).next().filter(|_| is_equal && method.as_str() == "zip")?;
    Some((whole(ir, first), whole(ir, second)))
}

/// What the elements are of: `key` of `key.as_bytes().iter()`.
fn whole(ir: &SourceIr, elements: ExprId) -> ExprId {
    match ir.expr(elements) {
        Expr::MethodCall { receiver, method, .. }
            if matches!(
                method.as_str(),
                "iter" | "into_iter" | "bytes" | "chars" | "as_bytes" | "copied" | "cloned"
            ) =>
        {
            whole(ir, receiver)
        }
        Expr::Ref { operand, .. } => whole(ir, operand),
        _ => elements,
    }
}

/// Whether a value is taken out of a type that hides it.
fn is_exposed(ir: &SourceIr, value: ExprId) -> bool {
    match ir.expr(value) {
        Expr::Ref { operand, .. } | Expr::Unary { operand, .. } => is_exposed(ir, operand),
        Expr::MethodCall { receiver, method, .. } => {
            method.as_str() == "expose_secret" || method.as_str() == "as_bytes" && is_exposed(ir, receiver)
        }
        _ => false,
    }
}

/// Whether an expression is no text at all.
fn is_plain(expr: &Expr) -> bool {
    matches!(expr, Expr::Literal(_) | Expr::Unary { op: UnaryOp::Neg, .. } | Expr::Tuple(_) | Expr::Array(_))
}

/// Whether `eq` is the method that compares texts: columns of query builders have one of that name.
fn is_text_method(scope: &Scope, call: ExprId, receiver: ExprId) -> bool {
    let ty = scope.types.expr(receiver);
    if !ty.is_unknown() {
        return text(scope, ty, 4) == Some(true);
    }
    let is_condition = |expr: &Expr| match *expr {
        Expr::Unary { op: UnaryOp::Not, operand } => operand == call,
        Expr::If { cond, .. } => cond == call,
        Expr::Binary { op: BinaryOp::And | BinaryOp::Or, lhs, rhs } => lhs == call || rhs == call,
        _ => false,
    };
    let is_value =
        matches!(scope.ir.expr(receiver), Expr::Field { .. } | Expr::Local(_) | Expr::MethodCall { .. });
    is_value && scope.body.exprs.of(&scope.ir.exprs).iter().any(is_condition)
}

/// The side of a comparison that is a secret which the other side guesses.
fn secret_side(scope: &Scope, lhs: ExprId, rhs: ExprId) -> Option<(Side, Confidence)> {
    let (left, right) = (side(scope, lhs)?, side(scope, rhs)?);
    let is_said = |side: &Side| side.is_mac || side.is_code || side.named >= Named::Token;
    let is_other = |side: &Side| side.named == Named::Other && !side.is_code;
    if (!is_said(&left) && !is_said(&right)) || is_other(&left) || is_other(&right) {
        return None;
    }
    if left.origin == Origin::Constant || right.origin == Origin::Constant {
        return None;
    }
    // What a graph says that something is: `authorization` is a class there.
    if left.named.max(right.named) <= Named::Token && (is_of_graph(&left) || is_of_graph(&right)) {
        return None;
    }
    if left.root == right.root || (left.origin == Origin::Request && right.origin == Origin::Request) {
        return None;
    }
    // Two computed codes, a repetition of what was typed, what is not to be typed again, or what is guessed once.
    let is_no_guess = |side: &Side| is_repetition(side) || is_identity(side) || is_taken_out(side);
    if (left.is_mac && right.is_mac) || is_no_guess(&left) || is_no_guess(&right) || is_change(&left, &right)
    {
        return None;
    }
    let sent = left.origin == Origin::Request || right.origin == Origin::Request;
    let given = left.origin.is_given() || right.origin.is_given();
    let both_given = left.origin.is_given() && right.origin.is_given();
    let named = left.named.max(right.named);
    let is_checked = is_about_access(scope.cx, scope.function) || refuses(scope);
    let is_mac = left.is_mac || right.is_mac;
    let is_code = left.is_code || right.is_code;
    let confidence = match named {
        _ if is_mac => {
            if given {
                Confidence::High
            } else {
                Confidence::Medium
            }
        }
        _ if is_code && given => Confidence::Medium,
        Named::Secret if sent && !both_given => Confidence::High,
        Named::Secret if given && (is_checked || is_check(scope)) => Confidence::Medium,
        Named::Secret if sent => Confidence::Medium,
        Named::Token if given && is_checked => Confidence::Medium,
        _ if given => Confidence::Low,
        _ => return None,
    };
    // The side that the service holds is the one to tell of; where both are given, the one whose name says more.
    let is_left = if left.is_mac != right.is_mac {
        left.is_mac
    } else if left.is_code != right.is_code {
        left.is_code
    } else if rank(left.origin) != rank(right.origin) {
        rank(left.origin) < rank(right.origin)
    } else {
        left.named >= right.named
    };
    Some((if is_left { left } else { right }, confidence))
}

/// How far out a value comes from.
fn rank(origin: Origin) -> u8 {
    match origin {
        Origin::Constant | Origin::Held | Origin::Unknown => 0,
        Origin::Caller => 1,
        Origin::Request => 2,
    }
}

fn side(scope: &Scope, expr: ExprId) -> Option<Side> {
    if text(scope, scope.types.expr(expr), 4) == Some(false) {
        return None;
    }
    let names = scope.names(expr);
    // What a request is taken apart from says nothing of the parts.
    let telling = names.iter().filter(|name| !has("query uri request params headers", name));
    let named = telling.map(|name| Named::of(name)).find(|named| *named != Named::Nothing);
    let (origin, root) = scope.origin(expr);
    let is_mac = mac::is_mac(scope, expr);
    let is_code = mac::is_code(scope, expr);
    Some(Side { expr, named: named.unwrap_or(Named::Nothing), is_mac, is_code, origin, root, names })
}

/// Whether a value is what was typed once more, to be sure.
fn is_repetition(side: &Side) -> bool {
    const WORDS: &str = "confirm confirmation confirmed again repeat repeated retype retyped reentered password2 \
        check";
    side.names.first().is_some_and(|name| words(name).any(|word| has(WORDS, &word)))
}

/// Whether a value is taken out of where it is kept: whoever guesses wrong has no second try at it.
fn is_taken_out(side: &Side) -> bool {
    const METHODS: &str = "remove pop take getdel get_del";
    !side.origin.is_given() && side.names.iter().any(|name| has(METHODS, name))
}

/// Whether a value is a name in a graph of statements.
fn is_of_graph(side: &Side) -> bool {
    const WORDS: &str =
        "iri iris predicate predicates triple triples quad quads graph ontology vocabulary vocab";
    side.names.iter().any(|name| words(name).any(|word| has(WORDS, &word)))
}

/// Whether an old password is compared with the new one: both come with one request.
fn is_change(left: &Side, right: &Side) -> bool {
    let is_one = |side: &Side, list: &'static str| {
        side.names.first().is_some_and(|name| words(name).any(|word| has(list, &word)))
    };
    let old = "old current previous";
    (is_one(left, old) && is_one(right, "new")) || (is_one(left, "new") && is_one(right, old))
}

/// Whether a value says who somebody is: a password that is compared with it is one that is chosen, and may not be the same.
fn is_identity(side: &Side) -> bool {
    const WORDS: &str = "email emails mail username usernames nickname identity";
    side.names.first().is_some_and(|name| words(name).last().is_some_and(|word| has(WORDS, &word)))
}

/// Whether values of a type are texts or bytes; not known of many.
fn text(scope: &Scope, ty: Ty, depth: u8) -> Option<bool> {
    let depth = depth.checked_sub(1)?;
    match ty.kind() {
        TyKind::Str | TyKind::StaticStr => Some(true),
        TyKind::Scalar(name) => Some(name.as_str() == "u8" && depth < 3),
        TyKind::Slice(element) => text(scope, *element, depth.min(3)),
        TyKind::Tuple(_) | TyKind::FnPtr { .. } | TyKind::Closure { .. } => Some(false),
        TyKind::External { path, args } => match path.as_str() {
            "std::string::String" | "bytes::Bytes" | "http::HeaderValue" => Some(true),
            "std::option::Option"
            | "std::result::Result"
            | "std::vec::Vec"
            | "std::boxed::Box"
            | "std::sync::Arc"
            | "std::rc::Rc"
            | "std::borrow::Cow" => text(scope, *args.first()?, depth.min(3)),
            "url::Url" | "http::Uri" => Some(false),
            path if path.starts_with("uuid::")
                || path.starts_with("chrono::")
                || path.starts_with("time::") =>
            {
                Some(false)
            }
            _ => None,
        },
        TyKind::Adt { def, .. } => {
            let semantics = scope.cx.semantics();
            match &semantics.item(*def).kind {
                ward_syntax::ItemKind::Struct { .. } => match semantics.fields(*def, None) {
                    [only] => text(scope, only.ty, depth),
                    _ => Some(false),
                },
                _ => Some(false),
            }
        }
        _ => None,
    }
}

/// Whether a function is called a check.
fn is_check(scope: &Scope) -> bool {
    let name = scope.cx.semantics().def_map.name(scope.function).as_str();
    words(name).any(|word| matches!(word.as_str(), "check" | "checks" | "validate" | "validates" | "matches"))
}
