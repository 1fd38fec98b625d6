//! Whom the path names, where who calls is taken and not looked at: `PUT /users/{user}/notes/{note}` with `_caller: User`.

use rustc_hash::FxHashMap;
use ward_linter::LintContext;
use ward_linter::guards::words;
use ward_semantics::endpoint::Extractor;
use ward_semantics::{Ty, TyKind};
use ward_syntax::FileSpan;

use super::Door;
use super::columns::is_of_staff;
use crate::access::doors::Openness;
use crate::access::identity::{identities, is_consulted, only_tells_of};

/// So many others must look at the identity: it says more than that somebody is logged in.
const FEWEST: usize = 3;

/// An endpoint that does something to whoever the path names.
pub(super) struct Evidence<'a> {
    pub(super) door: Door<'a>,
    /// The identity that is taken.
    pub(super) place: FileSpan,
    pub(super) identity: String,
    /// The part of the path.
    pub(super) named: &'static str,
    pub(super) looking: usize,
    pub(super) example: Option<FileSpan>,
}

/// Endpoints that take who calls, never look at him, and change what belongs to whom the path names.
pub(super) fn outliers<'a>(cx: &LintContext, doors: &[Door<'a>]) -> Vec<Evidence<'a>> {
    let mut looking: FxHashMap<Ty, Vec<FileSpan>> = FxHashMap::default();
    for door in doors.iter().filter(|door| door.is_guarded()) {
        for taken in own_identities(cx, door).into_iter().filter(|taken| is_consulted(cx, door, taken)) {
            looking.entry(taken.ty).or_default().push(door.place);
        }
    }
    doors.iter().filter_map(|door| judge(cx, door, &looking)).collect()
}

fn judge<'a>(
    cx: &LintContext,
    door: &Door<'a>,
    looking: &FxHashMap<Ty, Vec<FileSpan>>,
) -> Option<Evidence<'a>> {
    let named = owner_in_path(door)?;
    let taken = own_identities(cx, door);
    let first = taken.first()?;
    let others = looking.get(&first.ty)?;
    let is_unseen = taken.iter().all(|taken| !is_consulted(cx, door, taken));
    let asks_role = taken.iter().any(|taken| cx.guards().of_extractor(taken.ty).role);
    if !may_lack(cx, door) || !is_unseen || asks_role || others.len() < FEWEST || only_tells_of(cx, door) {
        return None;
    }
    let ir = cx.semantics().ir(door.place.file);
    Some(Evidence {
        door: *door,
        place: FileSpan { file: door.place.file, span: ir.pat_span(first.pattern) },
        identity: cx.semantics().pretty_type(first.ty),
        named,
        looking: others.len(),
        example: others.first().copied(),
    })
}

/// Whether an endpoint changes something for a caller who is known and of whom nothing more is asked.
fn may_lack(cx: &LintContext, door: &Door) -> bool {
    door.is_guarded()
        && door.openness == Openness::Closed
        && door.endpoint.methods.may_change()
        && !door.own.role
        && !door.own.owner
        && !cx.guards().asks_role(door.function)
        && !is_of_staff(door.endpoint.path.as_str())
        && !is_of_staff(&cx.name(door.function))
}

/// The identities of the workspace that a handler takes.
fn own_identities(cx: &LintContext, door: &Door) -> Vec<Extractor> {
    let is_own = |ty: Ty| matches!(ty.kind(), TyKind::Adt { .. });
    let holds_own = |ty: Ty| match ty.kind() {
        TyKind::External { args, .. } => args.first().is_some_and(|inner| is_own(*inner)),
        _ => is_own(ty),
    };
    let all = identities(cx, door).into_iter();
    all.filter(|taken| holds_own(taken.ty) && cx.guards().of_extractor(taken.ty).enforces()).collect()
}

/// The part of a path that names whose what follows is: `{user}` of `/users/{user}/notes/{note}`.
fn owner_in_path(door: &Door) -> Option<&'static str> {
    const OWNERS: &[&str] = &["user", "username", "owner", "principal", "account", "customer", "uid"];
    let mut segments = door.endpoint.path.as_str().split('/');
    let named = segments.find_map(|segment| {
        let name = segment.strip_prefix('{')?.strip_suffix('}')?;
        words(name).any(|word| OWNERS.contains(&word.as_str())).then_some(name)
    })?;
    // What is done to the person himself is often for others to do.
    segments.any(|segment| segment.contains('{')).then_some(named)
}
