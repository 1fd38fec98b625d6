//! Guards that are taken and never consulted, beside an id that they should be compared with.
//!
//! What other handlers do with the same guard decides. Whoever takes a guard only to ask for a login binds it and leaves it at
//! that, so it counts only where most of those that change what the request names consult it, or where those that
//! list and make the same things do.

use rustc_hash::FxHashMap;
use ward_diagnostics::Confidence;
use ward_linter::LintContext;
use ward_linter::guards::{Effect, is_identity, words};
use ward_semantics::endpoint::Extractor;
use ward_semantics::{CrateId, Ty, TyKind};
use ward_syntax::FileSpan;

use super::Evidence;
use crate::access::doors::{Door, Openness};
use crate::access::identity::{identities, is_consulted, only_tells_of};

/// How the handlers of a crate that take a guard and an id treat the guard.
#[derive(Default)]
struct Treatment {
    all: Share,
    /// Of those that change what the request names.
    changing: Share,
    example: Option<FileSpan>,
}

/// How many consult a guard, and how many do not.
#[derive(Clone, Copy, Default)]
struct Share {
    consulted: usize,
    ignored: usize,
}

impl Share {
    fn count(&mut self, consults: bool) {
        let part = if consults { &mut self.consulted } else { &mut self.ignored };
        *part += 1;
    }

    fn percent(self) -> usize {
        self.consulted * 100 / (self.consulted + self.ignored).max(1)
    }
}

type Treatments = FxHashMap<(CrateId, Ty), Treatment>;

/// Handlers that take an id and a guard, and never look at the guard, where others that take both do.
pub(super) fn guards(cx: &LintContext, doors: &[Door]) -> Vec<Evidence> {
    let mut treatments = Treatments::default();
    let mut ignoring: Vec<(Door, Extractor)> = Vec::new();
    for door in doors.iter().filter(|door| door.is_guarded() && door.names_object()) {
        for extractor in guards_of(cx, door) {
            let known = treatments.entry((crate_of(cx, door), extractor.ty)).or_default();
            let consults = is_consulted(cx, door, &extractor) || asks_another(cx, door, &extractor);
            known.all.count(consults);
            if changes_object(cx, door) {
                known.changing.count(consults);
            }
            if consults {
                known.example = known.example.or(Some(door.place));
            } else {
                ignoring.push((*door, extractor));
            }
        }
    }
    ignoring
        .into_iter()
        .filter(|(door, _)| door.openness != Openness::Declared && !cx.guards().ties(door.function))
        .filter(|(door, _)| !only_tells_of(cx, door))
        .filter_map(|(door, extractor)| judge(cx, doors, &door, &extractor, &treatments))
        .collect()
}

fn crate_of(cx: &LintContext, door: &Door) -> CrateId {
    cx.semantics().def_map.crate_of(door.function)
}

/// The guards of the workspace that a handler takes, by themselves or out of what holds them: `Extension<Member>`.
fn guards_of(cx: &LintContext, door: &Door) -> Vec<Extractor> {
    let is_own = |ty: Ty| matches!(ty.kind(), TyKind::Adt { .. });
    let is_known = |extractor: &Extractor| match extractor.ty.kind() {
        TyKind::Adt { .. } => true,
        TyKind::External { args, .. } => args.first().is_some_and(|inner| is_own(*inner)),
        _ => false,
    };
    let enforces = |extractor: &Extractor| cx.guards().of_extractor(extractor.ty).enforces();
    identities(cx, door).into_iter().filter(|extractor| enforces(extractor) && is_known(extractor)).collect()
}

/// Whether a handler consults another parameter that stands for the caller: `details: AuthDetails<Role>`.
fn asks_another(cx: &LintContext, door: &Door, extractor: &Extractor) -> bool {
    let stands_for_caller = |ty: Ty| match ty.kind() {
        TyKind::Adt { def, .. } => is_identity(cx.semantics().def_map.name(*def).as_str()),
        TyKind::External { path, .. } => is_identity(path.as_str().rsplit(':').next().unwrap_or_default()),
        _ => false,
    };
    let others = door.endpoint.extractors(cx.semantics());
    let taken = identities(cx, door);
    let is_taken = |other: &Extractor| taken.iter().any(|taken| taken.pattern == other.pattern);
    others.iter().any(|other| {
        other.pattern != extractor.pattern
            && (stands_for_caller(other.ty) || is_taken(other))
            && is_consulted(cx, door, other)
    })
}

fn judge(
    cx: &LintContext,
    doors: &[Door],
    door: &Door,
    extractor: &Extractor,
    treatments: &Treatments,
) -> Option<Evidence> {
    let treatment = &treatments[&(crate_of(cx, door), extractor.ty)];
    let ty = cx.semantics().pretty_type(extractor.ty);
    let of_login = of_login(cx, doors, door, extractor, treatment);
    let of_guard = of_guard(cx, extractor, treatment);
    let (confidence, note) =
        of_login.into_iter().chain(of_guard).max_by_key(|(confidence, _)| *confidence)?;
    let place = FileSpan {
        file: door.place.file,
        span: cx.semantics().ir(door.place.file).pat_span(extractor.pattern),
    };
    Some(Evidence {
        function: door.function,
        place,
        message: format!("`{}` takes `{ty}` and never compares it with what the request names", door.title()),
        label: "this is never consulted".to_owned(),
        note,
        help: format!("compare the id of the request with what `{ty}` was made for, or ask for a role"),
        example: treatment.example,
        endpoint: Some(door.reference()),
        confidence,
    })
}

/// A guard that proves a role is enough for what is the same for all its holders; one that is nearly always consulted is
/// not.
fn of_guard(cx: &LintContext, extractor: &Extractor, treatment: &Treatment) -> Option<(Confidence, String)> {
    let asks_more = cx.guards().of_extractor(extractor.ty);
    let Share { consulted, ignored } = treatment.all;
    if consulted < 2 || consulted < ignored || !(asks_more.owner || asks_more.role) {
        return None;
    }
    let is_rule = asks_more.owner && consulted >= 3 * ignored;
    let confidence = if is_rule { Confidence::Medium } else { Confidence::Low };
    let ty = cx.semantics().pretty_type(extractor.ty);
    Some((confidence, format!("{consulted} other handlers that take `{ty}` and an id use both")))
}

/// So many of those that change what the request names must consult the guard, and this part of them, in percent.
const FEWEST_CHANGING: usize = 3;
const LEAST_CHANGING: usize = 55;

/// What only reads is often for all who are logged in, so nearly all others must consult it, and there must be many.
const FEWEST_OF_ALL: usize = 20;
const LEAST_OF_ALL: usize = 95;

/// A guard that proves a login and nothing more.
fn of_login(
    cx: &LintContext,
    doors: &[Door],
    door: &Door,
    extractor: &Extractor,
    treatment: &Treatment,
) -> Option<(Confidence, String)> {
    let effects = door.access.effects;
    let asks = door.own.role || door.own.owner || cx.guards().asks_role(door.function);
    if asks || effects.is_empty() || door.openness != Openness::Closed {
        return None;
    }
    let ty = cx.semantics().pretty_type(extractor.ty);
    let Treatment { all, changing, .. } = treatment;
    if !door.endpoint.methods.may_change() {
        let gives = door.endpoint.methods.names() != ["HEAD"];
        let is_outlier = gives && all.consulted >= FEWEST_OF_ALL && all.percent() >= LEAST_OF_ALL;
        return is_outlier.then(|| {
            let note = format!("{} other handlers that take `{ty}` and an id use both", all.consulted);
            (Confidence::Medium, note)
        });
    }
    let stores = [Effect::Write, Effect::File, Effect::Command].iter().any(|effect| effects.has(*effect));
    if !stores || !changes_object(cx, door) {
        return None;
    }
    let is_usual = all.percent() >= LEAST_CHANGING && changing.percent() >= LEAST_CHANGING;
    if changing.consulted >= FEWEST_CHANGING && is_usual {
        let note = format!(
            "{} other handlers that take `{ty}` and change what an id names use both",
            changing.consulted
        );
        return Some((Confidence::Medium, note));
    }
    of_collection(cx, doors, door, extractor).map(|path| {
        (Confidence::Medium, format!("those that list and make what is in `{path}` consult `{ty}`"))
    })
}

/// The path of what a changed object is one of, if it is listed and made by who calls.
fn of_collection(cx: &LintContext, doors: &[Door], door: &Door, extractor: &Extractor) -> Option<String> {
    let mut collection = door.object();
    collection.pop();
    let siblings = doors.iter().filter(|other| {
        other.is_guarded() && crate_of(cx, other) == crate_of(cx, door) && other.segments() == collection
    });
    let consulting = siblings.filter(|other| {
        let mut taken = identities(cx, other).into_iter();
        taken.any(|taken| taken.ty == extractor.ty && is_consulted(cx, other, &taken))
    });
    let (changing, listing): (Vec<&Door>, Vec<&Door>) =
        consulting.partition(|other| other.endpoint.methods.may_change());
    (!changing.is_empty() && !listing.is_empty()).then(|| format!("/{}", collection.join("/")))
}

/// Whether an endpoint changes or removes what its path names, by its method or else by its name.
fn changes_object(cx: &LintContext, door: &Door) -> bool {
    const VERBS: &[&str] = &[
        "delete", "remove", "update", "edit", "modify", "set", "change", "enable", "disable", "cancel",
        "rename", "move", "revoke", "archive", "restore",
    ];
    let by_method = |method: &&str| matches!(*method, "DELETE" | "PUT" | "PATCH");
    let name = cx.semantics().def_map.name(door.function);
    door.endpoint.methods.names().iter().any(by_method)
        || door.endpoint.methods.may_change()
            && words(name.as_str()).any(|word| VERBS.contains(&word.as_str()))
}
