//! Texts of a request that are stored as they are, without a look at them.
//!
//! Most services store most fields so, and mostly that is fine: this is for who asks for it, at low confidence. A field counts
//! as looked at where anything asks about it on the way: a length, a comparison, a check by name, or its own type.

use std::collections::BTreeSet;

use ward_diagnostics::{Confidence, Finding, Severity};
use ward_linter::LintContext;
use ward_linter::guards::words;
use ward_semantics::{Callee, DefId};
use ward_syntax::{BinaryOp, Expr, ExprId, Field, FileSpan};

use super::UNVALIDATED_EXTRACTOR;
use crate::input::taken::{self, Taken};
use crate::scope::Scope;
use crate::secrets::{has, is_text};

/// A type whose texts are stored unseen.
struct Evidence<'a> {
    taken: &'a Taken,
    fields: Vec<&'a Field>,
    /// Where the first is stored.
    stored: FileSpan,
}

fn describe(cx: &LintContext, evidence: &Evidence) -> Finding {
    let Evidence { taken, fields, stored } = evidence;
    let names: Vec<String> = fields.iter().map(|field| format!("`{}`", field.name)).collect();
    let message = format!("{} of the request is stored without a look at it", names.join(", "));
    let mut finding = Finding::new(&UNVALIDATED_EXTRACTOR, taken.place, message)
        .label("of any length, and any characters")
        .related(*stored, "it is stored here")
        .note(
            "a text without a limit fills the table, and whoever reads it later must be ready for everything",
        )
        .help("declare what it may be (`validator`, `garde`, a newtype that checks) and refuse the rest");
    finding.confidence = Confidence::Low;
    finding.severity = Severity::Low;
    finding.function = Some(cx.name(taken.function));
    finding
}

pub(super) fn check(cx: &LintContext, all: &[Taken]) {
    let mut seen: BTreeSet<(DefId, DefId)> = BTreeSet::new();
    for taken in all {
        if !matches!(taken.kind.as_str(), "body" | "form" | "argument")
            || is_checked_whole(cx, taken)
            || !seen.insert((taken.function, taken.adt))
        {
            continue;
        }
        let texts = texts(cx, taken.adt);
        if !texts.is_empty()
            && let Some(evidence) = evidence(cx, taken, texts)
        {
            cx.report(describe(cx, &evidence));
        }
    }
}

/// Whether a type declares rules, is made of another, or is taken by what validates.
fn is_checked_whole(cx: &LintContext, taken: &Taken) -> bool {
    let item = cx.semantics().item(taken.adt);
    let validates = |path: &str| ["valid", "garde"].iter().any(|word| path.to_lowercase().contains(word));
    item.derives("Validate")
        || item.derives("FromForm")
        || taken::says(&item.attributes, "serde", &["try_from", "from"])
        || taken.wrappers.iter().any(|wrapper| validates(wrapper.as_str()))
}

/// The fields that hold a text of any form.
fn texts<'a>(cx: &LintContext<'a>, adt: DefId) -> Vec<&'a Field> {
    let types = cx.semantics().fields(adt, None);
    let fields = taken::fields(cx, adt).into_iter().zip(types);
    let plain = fields.filter(|(field, info)| {
        is_text(info.ty) == Some(true)
            && !taken::says(
                &field.attributes,
                "serde",
                &["deserialize_with", "with", "skip", "skip_deserializing"],
            )
    });
    plain.map(|(field, _)| field).collect()
}

/// The texts that the handler, or what it calls itself, stores, and neither looks at.
fn evidence<'a>(cx: &LintContext, taken: &'a Taken, texts: Vec<&'a Field>) -> Option<Evidence<'a>> {
    let callees = cx.semantics().call_graph().callees(taken.function);
    let functions = std::iter::once(taken.function).chain(callees.iter().copied());
    let scopes: Vec<Scope> = functions.filter_map(|function| Scope::new(cx, function)).collect();
    if scopes.iter().any(|scope| checks_whole(scope, taken.adt)) {
        return None;
    }
    let mut fields = Vec::new();
    let mut place = None;
    for field in texts {
        let stored = scopes.iter().find_map(|scope| stored(scope, taken.adt, field));
        if let Some(stored) = stored
            && !scopes.iter().any(|scope| looks_at(scope, taken.adt, field))
        {
            place = place.or(Some(stored));
            fields.push(field);
        }
    }
    place.map(|stored| Evidence { taken, fields, stored })
}

/// Whether a value is a field of the type, below borrows and conversions.
fn is_field(scope: &Scope, expr: ExprId, adt: DefId, field: &Field) -> bool {
    let mut expr = expr;
    while let Some(inside) = scope.inside(expr) {
        expr = inside;
    }
    match scope.ir.expr(expr) {
        Expr::Field { base, name } => name == field.name && taken::holds(scope.types.expr(base), adt),
        Expr::Local(local) => match scope.bound_whole(local) {
            Some(value) => is_field(scope, value, adt, field),
            None => false,
        },
        _ => false,
    }
}

/// Where a function stores a field.
fn stored(scope: &Scope, adt: DefId, field: &Field) -> Option<FileSpan> {
    let is_it = |expr: ExprId| is_field(scope, expr, adt, field);
    scope.body.exprs.ids().find_map(|id| {
        let value = match scope.ir.expr(id) {
            Expr::MethodCall { method, args, .. } if has("bind push_bind", method.as_str()) => {
                scope.ir.list(args).find(|arg| is_it(*arg))
            }
            Expr::Call { callee, args } if scope.last_segment(callee) == Some("Set") => {
                scope.ir.list(args).find(|arg| is_it(*arg))
            }
            Expr::Macro(call) => {
                let call = scope.ir.macro_call(call);
                let name = call.path.as_str().rsplit(':').next().unwrap_or_default();
                let binds = name.starts_with("query") || has("params named_params", name);
                scope.ir.list(call.args).find(|arg| binds && is_it(*arg))
            }
            _ => None,
        };
        value.map(|value| scope.place(value))
    })
}

/// Whether a function gives the whole value to something that checks it.
fn checks_whole(scope: &Scope, adt: DefId) -> bool {
    scope.body.exprs.ids().any(|id| match scope.ir.expr(id) {
        Expr::MethodCall { receiver, method, .. } => {
            is_check(method.as_str()) && taken::holds(scope.types.expr(receiver), adt)
        }
        Expr::Call { callee, args } => {
            scope.last_segment(callee).is_some_and(is_check)
                && scope.ir.list(args).any(|arg| taken::holds(scope.types.expr(arg), adt))
        }
        _ => false,
    })
}

fn is_check(name: &str) -> bool {
    const CHECKS: &str = "valid validate validated validator check checked verify verified ensure sanitize sanitized normalize \
        assert parse try_from hash clean escape";
    words(name).any(|word| has(CHECKS, &word)) || name.contains("valid")
}

/// Whether a function asks anything about a field.
fn looks_at(scope: &Scope, adt: DefId, field: &Field) -> bool {
    const ASKS: &str = "is_empty len chars bytes contains starts_with ends_with find matches split split_once eq cmp \
        eq_ignore_ascii_case is_ascii char_indices parse try_into trim truncate get lines is_some_and";
    let is_it = |expr: ExprId| is_field(scope, expr, adt, field);
    scope.body.exprs.ids().any(|id| match scope.ir.expr(id) {
        Expr::MethodCall { receiver, method, args, .. } => {
            let asks = has(ASKS, method.as_str()) && !matches!(scope.types.callee(id), Callee::Fn(_));
            let name = method.as_str();
            (is_it(receiver) && (asks || is_check(name)))
                || ((is_check(name) || name == "is_match" || name == "contains")
                    && scope.ir.list(args).any(is_it))
        }
        Expr::Call { callee, args } => {
            scope.last_segment(callee).is_some_and(is_check) && scope.ir.list(args).any(is_it)
        }
        Expr::Binary { op: BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Gt, lhs, rhs } => {
            is_it(lhs) || is_it(rhs)
        }
        Expr::Match { scrutinee, .. } => is_it(scrutinee),
        _ => false,
    })
}
