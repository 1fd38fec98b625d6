//! Guards that are taken and never consulted, beside an id that they should be compared with.

use rustc_hash::FxHashMap;
use ward_diagnostics::Confidence;
use ward_linter::LintContext;
use ward_linter::guards::{GuardKind, is_identity};
use ward_semantics::endpoint::Extractor;
use ward_semantics::{Ty, TyKind};
use ward_syntax::{Expr, FileSpan, LocalId, Pat, PatId, SourceIr};

use super::Evidence;
use crate::access::doors::{Door, Openness};

/// How the handlers that take a guard treat it.
#[derive(Default)]
struct Treatment {
    /// They consult it, and take an id from the request.
    consulted: usize,
    ignored: usize,
    example: Option<FileSpan>,
}

/// Handlers that take an id and a guard, and never look at the guard, where others that take both do.
pub(super) fn guards(cx: &LintContext, doors: &[Door]) -> Vec<Evidence> {
    let mut treatments: FxHashMap<Ty, Treatment> = FxHashMap::default();
    let mut ignoring: Vec<(Door, Extractor)> = Vec::new();
    for door in doors.iter().filter(|door| door.is_guarded() && door.names_object()) {
        for extractor in guards_of(cx, door) {
            let known = treatments.entry(extractor.ty).or_default();
            if is_consulted(cx, door, &extractor) || asks_another(cx, door, &extractor) {
                known.consulted += 1;
                known.example = known.example.or(Some(door.place));
            } else {
                known.ignored += 1;
                ignoring.push((*door, extractor));
            }
        }
    }
    ignoring
        .into_iter()
        .filter(|(door, _)| door.openness != Openness::Declared && !cx.guards().ties(door.function))
        .filter_map(|(door, extractor)| judge(cx, &door, &extractor, &treatments[&extractor.ty]))
        .collect()
}

/// The guards of the workspace that a handler takes.
fn guards_of(cx: &LintContext, door: &Door) -> Vec<Extractor> {
    let extractors = door.endpoint.extractors(cx.semantics());
    let taken = door.access.guards.iter().filter(|guard| guard.verdict.enforces());
    let taken = taken.filter_map(|guard| match guard.how {
        GuardKind::Argument(index) => extractors.get(index).copied(),
        _ => None,
    });
    taken.filter(|extractor| matches!(extractor.ty.kind(), TyKind::Adt { .. })).collect()
}

/// Whether a handler consults another parameter that stands for the caller: `details: AuthDetails<Role>`.
fn asks_another(cx: &LintContext, door: &Door, extractor: &Extractor) -> bool {
    let stands_for_caller = |ty: Ty| match ty.kind() {
        TyKind::Adt { def, .. } => is_identity(cx.semantics().def_map.name(*def).as_str()),
        TyKind::External { path, .. } => is_identity(path.as_str().rsplit(':').next().unwrap_or_default()),
        _ => false,
    };
    let others = door.endpoint.extractors(cx.semantics());
    others.iter().any(|other| {
        other.pattern != extractor.pattern && stands_for_caller(other.ty) && is_consulted(cx, door, other)
    })
}

fn judge(cx: &LintContext, door: &Door, extractor: &Extractor, treatment: &Treatment) -> Option<Evidence> {
    // A guard that proves a role is enough for what is the same for all its holders; one that is nearly always
    // consulted is not.
    let asks_more = cx.guards().of_extractor(extractor.ty);
    let Treatment { consulted, ignored, example } = treatment;
    if *consulted < 2 || *consulted < *ignored || !(asks_more.owner || asks_more.role) {
        return None;
    }
    let confidence = if asks_more.owner { Confidence::Medium } else { Confidence::Low };
    let ty = cx.semantics().pretty_type(extractor.ty);
    let place = FileSpan {
        file: door.place.file,
        span: cx.semantics().ir(door.place.file).pat_span(extractor.pattern),
    };
    Some(Evidence {
        function: door.function,
        place,
        message: format!("`{}` takes `{ty}` and never compares it with what the request names", door.title()),
        label: "this is never consulted".to_owned(),
        note: format!("{consulted} other handlers that take `{ty}` and an id use both"),
        help: format!("compare the id of the request with what `{ty}` was made for"),
        example: *example,
        endpoint: Some(door.reference()),
        confidence,
    })
}

/// Whether a handler's body uses what a parameter binds.
fn is_consulted(cx: &LintContext, door: &Door, extractor: &Extractor) -> bool {
    let ir = cx.semantics().ir(door.place.file);
    let mut locals = Vec::new();
    bound(ir, extractor.pattern, &mut locals);
    let Some((_, body)) = cx.semantics().body(door.function) else { return true };
    let exprs = ir.body(body).exprs.of(&ir.exprs);
    exprs.iter().any(|expr| matches!(expr, Expr::Local(local) if locals.contains(local)))
}

/// The locals that a pattern binds.
fn bound(ir: &SourceIr, pattern: PatId, into: &mut Vec<LocalId>) {
    match ir.pat(pattern) {
        Pat::Bind { local, .. } => into.push(local),
        Pat::Ref(inner) => bound(ir, inner, into),
        Pat::Tuple(pats) | Pat::TupleStruct { pats, .. } => {
            ir.list(pats).for_each(|pat| bound(ir, pat, into));
        }
        Pat::Struct { fields, .. } => {
            ir.field_pats(fields).iter().for_each(|field| bound(ir, field.pat, into));
        }
        _ => {}
    }
}
