//! Parts of a service that stand open as a whole, where nearly all else that changes something is guarded.
//!
//! A router of its own for what is public is a decision, so one of them says little. It says more where it changes a
//! lot: the area is for administrators by its path, or the rest of the service asks in its handlers, where nothing is
//! decided for an area as a whole.

use rustc_hash::FxHashMap;
use ward_linter::LintContext;
use ward_linter::guards::{Authenticates, words};
use ward_semantics::{CrateId, DefId};
use ward_syntax::FileId;

use super::doors::{Door, Openness};

/// So many endpoints of an area must change something.
const FEWEST_OPEN: usize = 3;

/// Endpoints that are routed together and all open.
pub(super) struct OpenArea<'a> {
    doors: Vec<Door<'a>>,
    /// How many endpoints of the rest of the service that change something are guarded.
    pub(super) guarded: usize,
    /// How many there are.
    pub(super) total: usize,
}

impl<'a> OpenArea<'a> {
    pub(super) fn first(&self) -> Door<'a> {
        self.doors[0]
    }

    /// How many of them change something.
    pub(super) fn changing(&self) -> usize {
        self.doors.iter().filter(|door| changes(door)).count()
    }

    pub(super) fn holds(&self, door: &Door) -> bool {
        self.doors.iter().any(|own| own.place == door.place)
    }
}

/// What routes an endpoint, or where its handler stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    Router(DefId),
    File(FileId),
}

/// The open areas of all services, in order.
pub(super) fn find<'a>(cx: &LintContext, doors: &[Door<'a>]) -> Vec<OpenArea<'a>> {
    let mut areas: FxHashMap<(CrateId, Place), Vec<Door<'a>>> = FxHashMap::default();
    for door in doors.iter().filter(|door| door.openness == Openness::Closed) {
        let krate = cx.semantics().def_map.crate_of(door.function);
        let place = door.endpoint.router.map_or(Place::File(door.place.file), Place::Router);
        areas.entry((krate, place)).or_default().push(*door);
    }
    let mut found: Vec<OpenArea<'a>> =
        areas.into_iter().filter_map(|((krate, _), area)| judge(cx, doors, krate, area)).collect();
    found.sort_by_key(|area| area.first().place);
    found
}

fn judge<'a>(
    cx: &LintContext,
    doors: &[Door],
    krate: CrateId,
    mut area: Vec<Door<'a>>,
) -> Option<OpenArea<'a>> {
    area.sort_by_key(|door| (!changes(door), door.place));
    if area.iter().any(|door| is_called_public(cx, door)) {
        return None;
    }
    let is_open = |door: &Door| {
        door.access.verdict.authenticates == Authenticates::None
            && !door.is_unclear()
            && !door.has_unseen_guard(cx)
    };
    let changing = area.iter().filter(|door| changes(door)).count();
    if changing < FEWEST_OPEN || !area.iter().all(is_open) {
        return None;
    }
    let holds = |door: &&Door| area.iter().any(|own| own.place == door.place);
    let of_rest = |door: &&Door| {
        door.endpoint.methods.may_change()
            && door.openness == Openness::Closed
            && cx.semantics().def_map.crate_of(door.function) == krate
            && !holds(door)
    };
    let rest = doors.iter().filter(of_rest);
    let total = rest.clone().count();
    let guarded = rest.clone().filter(|door| door.is_guarded()).count();
    let outside = rest.filter(|door| door.is_guarded_outside()).count();
    let is_mistake = if area.iter().all(is_for_administrators) {
        guarded >= 6 && guarded * 10 >= total * 6
    } else {
        guarded >= 20 && guarded * 10 >= total * 9 && outside * 2 <= guarded
    };
    is_mistake.then_some(OpenArea { doors: area, guarded, total })
}

/// Whether an endpoint changes something that can be seen.
fn changes(door: &Door) -> bool {
    door.endpoint.methods.may_change() && door.does_harm()
}

/// Whether what routes an endpoint says that it is for everybody: `fn public_router()`.
fn is_called_public(cx: &LintContext, door: &Door) -> bool {
    const WORDS: &[&str] = &["public", "open", "anonymous", "unauthenticated", "unprotected", "guest"];
    door.endpoint.router.is_some_and(|router| {
        words(cx.semantics().def_map.name(router).as_str()).any(|word| WORDS.contains(&word.as_str()))
    })
}

/// Whether a path says who is meant.
fn is_for_administrators(door: &Door) -> bool {
    const WORDS: &[&str] = &["admin", "admins", "administration", "administrator", "superuser"];
    door.segments().iter().any(|segment| words(segment).any(|word| WORDS.contains(&word.as_str())))
}
