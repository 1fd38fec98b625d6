//! Newtypes whose constructor checks, and whose derived `Deserialize` does not call it.

use std::collections::BTreeMap;

use ward_diagnostics::{Confidence, Finding};
use ward_linter::LintContext;
use ward_semantics::{DefId, Ty, TyKind};
use ward_syntax::{Expr, Field, FileSpan, ItemKind, Visibility};

use super::UNVALIDATED_EXTRACTOR;
use crate::input::taken::{self, Taken};

/// A newtype that is made of a request without its check.
struct Evidence<'a> {
    newtype: DefId,
    /// The constructor that checks.
    constructor: DefId,
    taken: &'a Taken,
}

fn describe(cx: &LintContext, evidence: &Evidence) -> Finding {
    let Evidence { newtype, constructor, taken } = evidence;
    let semantics = cx.semantics();
    let place = |def: DefId| FileSpan { file: semantics.locate(def).0, span: semantics.item(def).name_span };
    let (name, check) = (semantics.def_map.name(*newtype), semantics.def_map.name(*constructor));
    let message = format!("`{name}` is deserialized without the check of `{name}::{check}`");
    let mut finding = Finding::new(&UNVALIDATED_EXTRACTOR, place(*newtype), message)
        .label("the derived `Deserialize` fills the field with whatever the request holds")
        .related(place(*constructor), "this is the check that is walked round")
        .related(taken.place, "a request brings it in here")
        .note("the type promises that its value was checked, and code that takes it relies on that")
        .help(format!("derive with `#[serde(try_from = \"..\")]` and check in `TryFrom`, or write `Deserialize` with `{name}::{check}`"));
    finding.confidence = Confidence::High;
    finding
}

pub(super) fn check(cx: &LintContext, all: &[Taken]) {
    let mut found: BTreeMap<DefId, Evidence> = BTreeMap::new();
    for taken in all {
        for newtype in taken::with_parts(cx, taken.adt) {
            if !found.contains_key(&newtype)
                && let Some(constructor) = walked_round(cx, newtype)
            {
                found.insert(newtype, Evidence { newtype, constructor, taken });
            }
        }
    }
    for evidence in found.values() {
        cx.report(describe(cx, evidence));
    }
}

/// What of serde gives `Deserialize` another way.
const OTHERWISE: &[&str] = &["try_from", "from", "deserialize_with", "with", "remote", "skip"];

/// The checking constructor of a newtype that a derived `Deserialize` does not call.
fn walked_round(cx: &LintContext, newtype: DefId) -> Option<DefId> {
    let semantics = cx.semantics();
    let item = semantics.item(newtype);
    let ItemKind::Struct { fields, .. } = &item.kind else { return None };
    let [Field { visibility: Visibility::Private, attributes, .. }] = fields.fields.as_slice() else {
        return None;
    };
    let is_plain = item.derives("Deserialize")
        && !taken::says(&item.attributes, "serde", OTHERWISE)
        && !taken::says(attributes, "serde", OTHERWISE)
        && !item.derives("Validate");
    if !is_plain {
        return None;
    }
    let inner = semantics.fields(newtype, None).first()?.ty;
    let members = semantics
        .functions()
        .iter()
        .copied()
        .filter(|def| semantics.enclosing_impl(*def).is_some_and(|info| is_adt(info.self_ty, newtype)));
    let members: Vec<DefId> = members.collect();
    // Somebody may make one of anything: then there is no promise.
    if members.iter().any(|def| makes_unchecked(cx, *def, newtype, inner)) {
        return None;
    }
    members.into_iter().find(|def| makes_checked(cx, *def, newtype, inner))
}

fn is_adt(ty: Ty, adt: DefId) -> bool {
    matches!(ty.kind(), TyKind::Adt { def, .. } if *def == adt)
}

/// Whether a function takes what is inside and gives the newtype if it likes it.
fn makes_checked(cx: &LintContext, function: DefId, newtype: DefId, inner: Ty) -> bool {
    let Some(signature) = cx.semantics().signature(function) else { return false };
    let gives = match signature.ret.kind() {
        TyKind::External { path, args } => {
            matches!(path.as_str(), "std::result::Result" | "std::option::Option")
                && args.first().is_some_and(|ty| is_adt(*ty, newtype))
        }
        _ => false,
    };
    gives && takes(&signature.params, inner) && signature.self_ty.is_none() && refuses(cx, function)
}

/// Whether a public function takes what is inside and gives the newtype whatever it is.
fn makes_unchecked(cx: &LintContext, function: DefId, newtype: DefId, inner: Ty) -> bool {
    let semantics = cx.semantics();
    let Some(signature) = semantics.signature(function) else { return false };
    let item = semantics.item(function);
    let is_offered = item.visibility == Visibility::Public || item.name.as_str() == "from";
    is_offered
        && !item.is_test
        && signature.self_ty.is_none()
        && is_adt(signature.ret, newtype)
        && takes(&signature.params, inner)
}

/// Whether the one parameter is what is inside, or a text for a text.
fn takes(params: &[Ty], inner: Ty) -> bool {
    let [param] = params else { return false };
    let is_text = |ty: Ty| match ty.kind() {
        TyKind::Str | TyKind::Param { .. } | TyKind::Bounds(_) => true,
        TyKind::External { path, .. } => path.as_str() == "std::string::String",
        _ => false,
    };
    *param == inner || (is_text(*param) && is_text(inner))
}

/// Whether a function decides: it has a branch, and a failure in it.
fn refuses(cx: &LintContext, function: DefId) -> bool {
    let all = taken::expressions(cx, function);
    let branches = all.iter().any(|(_, expr)| {
        matches!(expr, Expr::If { .. } | Expr::Match { .. } | Expr::Try(_))
            || matches!(expr, Expr::MethodCall { method, .. } if matches!(method.as_str(), "then" | "then_some" | "filter" | "ok_or" | "ok_or_else"))
    });
    let fails = taken::calls(cx, function)
        .iter()
        .any(|call| matches!(call.name, "Err" | "then" | "then_some" | "filter" | "ok_or" | "ok_or_else"))
        || all.iter().any(|(_, expr)| matches!(expr, Expr::Try(_) | Expr::Format(_)));
    let gives_none = cx.semantics().signature(function).is_some_and(|signature| {
        matches!(signature.ret.kind(), TyKind::External { path, .. } if path.as_str() == "std::option::Option")
    });
    branches && (fails || gives_none)
}
