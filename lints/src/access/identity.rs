//! What handlers do with the identity of the caller that they take.

use ward_linter::LintContext;
use ward_linter::guards::{Effect, GuardKind};
use ward_semantics::endpoint::Extractor;
use ward_semantics::{Ty, TyKind};
use ward_syntax::{Expr, ExprId, FormatId, LocalId, Pat, PatId, Piece, SourceIr, Span};

use super::doors::Door;

/// What a handler takes that tells who calls.
pub(super) fn identities(cx: &LintContext, door: &Door) -> Vec<Extractor> {
    let extractors = door.endpoint.extractors(cx.semantics());
    let taken = door.access.guards.iter().filter_map(|guard| match guard.how {
        GuardKind::Argument(index) => extractors.get(index).copied(),
        GuardKind::Attached(_) | GuardKind::Body => None,
    });
    taken.collect()
}

/// Whether a handler looks at who calls.
pub(super) fn looks_at_caller(cx: &LintContext, door: &Door) -> bool {
    cx.guards().ties(door.function)
        || door.own.owner
        || identities(cx, door).iter().any(|extractor| is_consulted(cx, door, extractor))
}

/// Whether a handler is asked for nothing that the path names, and looks at who calls.
pub(super) fn reads_by_caller(cx: &LintContext, door: &Door) -> bool {
    !door.names_object() && identities(cx, door).iter().any(|extractor| is_consulted(cx, door, extractor))
}

/// Whether a handler puts what its path names into messages and does nothing else with it: into texts, but for statements, and
/// into what is sent somewhere where nothing is stored.
pub(super) fn only_tells_of(cx: &LintContext, door: &Door) -> bool {
    let ir = cx.semantics().ir(door.place.file);
    let mut named = Vec::new();
    for extractor in door.endpoint.extractors(cx.semantics()) {
        let is_path =
            matches!(extractor.ty.kind(), TyKind::External { path, .. } if path.as_str().ends_with("::Path"));
        let mut taken = Vec::new();
        bound(ir, extractor.pattern, &mut taken);
        let in_path = |local: &LocalId| {
            let name = ir.local(*local).name;
            door.endpoint.path.as_str().split(['{', '}']).skip(1).step_by(2).any(|part| part == name.as_str())
        };
        named.extend(taken.into_iter().filter(|local| is_path || in_path(local)));
    }
    let Some((_, body)) = cx.semantics().body(door.function) else { return false };
    let exprs = ir.body(body).exprs;
    let effects = door.access.effects;
    let stores_nothing = !effects.has(Effect::Write) && !effects.has(Effect::Read);
    let types = cx.semantics().types(door.function);
    let is_message = |id: ExprId| match types.map_or_else(Ty::unknown, |types| types.expr(id)).kind() {
        TyKind::Adt { def, .. } => cx.semantics().item(*def).derives("Serialize"),
        _ => false,
    };
    let told: Vec<Span> = exprs
        .ids()
        .filter(|id| match ir.expr(*id) {
            Expr::Format(format) => !is_statement(ir, format),
            Expr::Struct { .. } => stores_nothing && is_message(*id),
            _ => false,
        })
        .map(|id| ir.expr_span(id))
        .collect();
    let mut uses = exprs
        .ids()
        .filter(|id| matches!(ir.expr(*id), Expr::Local(local) if named.contains(&local)))
        .map(|id| ir.expr_span(id))
        .peekable();
    uses.peek().is_some() && uses.all(|used| told.iter().any(|text| text.contains(used)))
}

/// Whether a text is one that a store is asked by, or the name of something that is loaded: `user:{id}`, `/files/{id}`.
fn is_statement(ir: &SourceIr, format: FormatId) -> bool {
    let texts = ir.format(format).pieces.iter().filter_map(|piece| match piece {
        Piece::Text { text, .. } => Some(text.as_str()),
        Piece::Hole { .. } => None,
    });
    !texts
        .into_iter()
        .any(|text| text.trim().contains(' ') && !text.contains('=') && !text.contains(" FROM "))
}

/// Whether a handler has nothing by which it could tell who calls: it takes no identity, and nothing of a request that may
/// hold one.
pub(super) fn cannot_tell(cx: &LintContext, door: &Door) -> bool {
    let asks = door.access.guards.iter().any(|guard| !matches!(guard.how, GuardKind::Attached(_)));
    let extractors = door.endpoint.extractors(cx.semantics());
    !asks && !extractors.iter().any(|extractor| may_hold_caller(extractor.ty))
}

/// Whether a parameter may hold what tells who calls: the whole request, its headers, what a middleware left in it.
fn may_hold_caller(ty: Ty) -> bool {
    const HOLDERS: &[&str] = &[
        "Extension",
        "ReqData",
        "HeaderMap",
        "HttpRequest",
        "Request",
        "RequestContext",
        "Parts",
        "Depot",
        "Session",
        "CookieJar",
        "Cookies",
        "Identity",
        "TypedHeader",
    ];
    match ty.kind() {
        TyKind::External { path, args } => {
            HOLDERS.contains(&path.as_str().rsplit("::").next().unwrap_or_default())
                || args.iter().any(|arg| may_hold_caller(*arg))
        }
        TyKind::Unknown => true,
        _ => false,
    }
}

/// Whether a handler's body uses what a parameter binds.
pub(super) fn is_consulted(cx: &LintContext, door: &Door, extractor: &Extractor) -> bool {
    let ir = cx.semantics().ir(door.place.file);
    let mut locals = Vec::new();
    bound(ir, extractor.pattern, &mut locals);
    let Some((_, body)) = cx.semantics().body(door.function) else { return true };
    let exprs = ir.body(body).exprs.of(&ir.exprs);
    exprs.iter().any(|expr| matches!(expr, Expr::Local(local) if locals.contains(local)))
}

/// The locals that a pattern binds.
pub(super) fn bound(ir: &SourceIr, pattern: PatId, into: &mut Vec<LocalId>) {
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
