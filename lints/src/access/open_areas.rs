//! Parts of a service that stand open as a whole, where nearly all else that changes something is guarded.
//!
//! A router of its own for what is public is a decision, so one of them says little. It says more where it changes a
//! lot: the area is for administrators by its path, or the rest of the service asks in its handlers, where nothing is
//! decided for an area as a whole.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;
use ward_diagnostics::Confidence;
use ward_linter::LintContext;
use ward_linter::guards::{Authenticates, Effect, words};
use ward_semantics::{CrateId, DefId};
use ward_syntax::{FileId, FileSpan};

use super::doors::{Door, Kinship, Openness};
use super::public::is_for_visitors;
use crate::input::taken::reached_from;

/// So many endpoints of an area must change something.
const FEWEST_OPEN: usize = 3;

/// Endpoints that are routed together and all open.
pub(super) struct OpenArea<'a> {
    doors: Vec<Door<'a>>,
    /// How many other endpoints that change something are guarded.
    pub(super) guarded: usize,
    /// How many there are.
    pub(super) total: usize,
    /// What these others are.
    pub(super) others: String,
    pub(super) confidence: Confidence,
}

impl<'a> OpenArea<'a> {
    pub(super) fn first(&self) -> Door<'a> {
        self.doors[0]
    }

    /// How many of them change something.
    pub(super) fn changing(&self) -> usize {
        self.doors.iter().filter(|door| door.endpoint.methods.may_change()).count()
    }

    pub(super) fn holds(&self, door: &Door) -> bool {
        self.doors.iter().any(|own| own.place == door.place)
    }

    pub(super) fn overlaps(&self, other: &OpenArea) -> bool {
        self.doors.iter().any(|door| other.holds(door))
    }

    pub(super) fn holds_any(&self, handlers: &[FileSpan]) -> bool {
        self.doors.iter().any(|door| handlers.contains(&door.place))
    }
}

/// What endpoints of one area have in common.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Place {
    /// One function routes them.
    Router(DefId),
    /// Their handlers stand in one file.
    File(FileId),
    /// They are remote procedures.
    Procedures,
    /// Their paths begin alike.
    Section(Vec<&'static str>),
}

/// The open areas of all services, in order. What one function routes, or else one file, is an area, and so is what lies below
/// one path.
pub(super) fn find<'a>(cx: &LintContext, doors: &[Door<'a>]) -> Vec<OpenArea<'a>> {
    let fronts = Fronts::of(cx, doors);
    let judge = |area| judge(cx, doors, area);
    let mut found = areas(cx, doors, &|door| Some(by_place(door)), &judge);
    let sections = areas(cx, doors, &|door| fronts.section(cx, door).map(Place::Section), &judge);
    let is_new = |area: &OpenArea| !area.doors.iter().any(|door| found.iter().any(|known| known.holds(door)));
    let sections: Vec<OpenArea<'a>> = sections.into_iter().filter(is_new).collect();
    found.extend(sections);
    found.sort_by_key(|area| area.first().place);
    found
}

fn areas<'a>(
    cx: &LintContext,
    doors: &[Door<'a>],
    place: &dyn Fn(&Door) -> Option<Place>,
    judge: &dyn Fn(Vec<Door<'a>>) -> Option<OpenArea<'a>>,
) -> Vec<OpenArea<'a>> {
    let mut areas: FxHashMap<(CrateId, Place), Vec<Door<'a>>> = FxHashMap::default();
    for door in doors.iter().filter(|door| door.openness == Openness::Closed) {
        if let Some(place) = place(door) {
            areas.entry((crate_of(cx, door), place)).or_default().push(*door);
        }
    }
    areas.into_values().filter_map(judge).collect()
}

/// What routes an endpoint, or else the file of its handler.
fn by_place(door: &Door) -> Place {
    door.endpoint.router.map_or(Place::File(door.place.file), Place::Router)
}

/// Areas that may be open on purpose: a router beside guarded ones below the same path, and the methods of a service of remote
/// procedures beside guarded routes over the same state.
pub(super) fn beside<'a>(cx: &LintContext, doors: &[Door<'a>]) -> Vec<OpenArea<'a>> {
    let routed = |door: &Door| (!is_procedure(door)).then(|| by_place(door));
    let mut found = areas(cx, doors, &routed, &|area| beside_path(cx, doors, area));
    let procedures = |door: &Door| is_procedure(door).then_some(Place::Procedures);
    found.extend(areas(cx, doors, &procedures, &|area| beside_routes(cx, doors, area)));
    found.sort_by_key(|area| area.first().place);
    found
}

/// So many endpoints of an area that may be open on purpose must change something, and so many beside it must be guarded.
const FEWEST_BESIDE: usize = 2;
const FEWEST_AROUND: usize = 3;

fn beside_path<'a>(cx: &LintContext, doors: &[Door], mut area: Vec<Door<'a>>) -> Option<OpenArea<'a>> {
    area.sort_by_key(|door| (!changes(door), door.place));
    let is_meant = |door: &Door| {
        is_called_public(cx, door)
            || is_for_visitors(door.endpoint, cx.semantics().def_map.name(door.function).as_str())
    };
    if area.iter().any(is_meant) || !area.iter().all(|door| is_open(cx, door)) {
        return None;
    }
    let first = area[0];
    let is_near = |door: &Door| Kinship::Prefix.holds(cx, &first, door);
    if area_size(&area) < FEWEST_BESIDE || !area.iter().all(is_near) {
        return None;
    }
    let all = doors.iter().filter(|door| door.is_guarded() && is_near(door)).count();
    let rest = Rest::of(&area, doors, &is_near);
    let is_enough = all >= FEWEST_AROUND.max(area_size(&area)) && rest.guarded >= FEWEST_BESIDE;
    let is_odd = is_enough && rest.guarded * 10 >= rest.total * 8;
    let others = "below the same path".to_owned();
    let is_mistake = manages_access(&area);
    is_odd.then(|| if is_mistake { rest.around(area, others) } else { rest.perhaps(area, others) })
}

fn beside_routes<'a>(cx: &LintContext, doors: &[Door], mut area: Vec<Door<'a>>) -> Option<OpenArea<'a>> {
    area.sort_by_key(|door| door.place);
    let is_closed = |door: &Door| !is_open(cx, door) || is_among_nodes(door);
    if area.len() < FEWEST_BESIDE || area.iter().any(is_closed) {
        return None;
    }
    let own = crate_of(cx, &area[0]);
    let is_near = |door: &Door| !is_procedure(door) && uses(cx, own, crate_of(cx, door));
    let rest = Rest::of(&area, doors, &is_near);
    let is_odd = rest.guarded >= FEWEST_BESIDE && rest.guarded * 10 >= rest.total * 9;
    let others = "that are routed by paths".to_owned();
    let is_mistake = is_odd && does_the_same(cx, doors, &area, &is_near);
    is_odd.then(|| if is_mistake { rest.around(area, others) } else { rest.perhaps(area, others) })
}

/// So many functions that write must be called by both.
const FEWEST_SHARED: usize = 2;

/// Whether methods of a service call functions that change something, which guarded routes call, too: what is guarded there is
/// done here.
fn does_the_same(cx: &LintContext, doors: &[Door], area: &[Door], is_near: &dyn Fn(&Door) -> bool) -> bool {
    let writing = |door: &Door| -> BTreeSet<DefId> {
        let called = reached_from(cx, door.function).into_iter().skip(1);
        called
            .filter(|def| cx.guards().effects(*def).has(Effect::Write) || changes_by_name(cx, *def))
            .collect()
    };
    let guarded: BTreeSet<DefId> =
        doors.iter().filter(|door| door.is_guarded() && is_near(door)).flat_map(writing).collect();
    let own: BTreeSet<DefId> = area.iter().flat_map(writing).collect();
    own.intersection(&guarded).count() >= FEWEST_SHARED
}

/// Whether a function says by its name that it changes something: `index_document`, `delete`.
fn changes_by_name(cx: &LintContext, function: DefId) -> bool {
    const VERBS: &[&str] = &[
        "create", "insert", "put", "update", "delete", "remove", "index", "write", "store", "save", "drop",
        "purge",
    ];
    let name = cx.semantics().def_map.name(function);
    words(name.as_str()).next().is_some_and(|word| VERBS.contains(&word.as_str()))
}

/// Whether all of an area that changes something is about who may come in, and some of it changes or removes what a path
/// names: no visitor is meant to.
fn manages_access(area: &[Door]) -> bool {
    const WORDS: &[&str] = &[
        "token",
        "tokens",
        "key",
        "keys",
        "apikeys",
        "user",
        "users",
        "role",
        "roles",
        "permission",
        "permissions",
        "secret",
        "secrets",
        "credential",
        "credentials",
    ];
    let is_about = |door: &&Door| {
        let mut fixed = door.segments().into_iter().filter(|segment| !segment.contains('{'));
        fixed.any(|segment| words(segment).any(|word| WORDS.contains(&word.as_str())))
    };
    let is_by_name = |door: &Door| {
        let methods = door.endpoint.methods.names();
        door.names_object() && methods.iter().any(|method| matches!(*method, "PUT" | "PATCH" | "DELETE"))
    };
    let mut changing = area.iter().filter(|door| door.endpoint.methods.may_change());
    changing.all(|door| is_about(&door)) && area.iter().any(is_by_name)
}

/// How many endpoints of an area change something that can be seen.
fn area_size(area: &[Door]) -> usize {
    area.iter().filter(|door| changes(door)).count()
}

/// Whether a crate is another one, or is built on it.
fn uses(cx: &LintContext, krate: CrateId, other: CrateId) -> bool {
    let data = |krate| cx.semantics().def_map.crate_data(krate);
    let package = cx.semantics().project.package(data(krate).package);
    krate == other || package.dependency(data(other).name).is_some()
}

fn is_procedure(door: &Door) -> bool {
    door.endpoint.methods.names() == ["RPC"]
}

/// Whether a path names what the parts of one service say to each other.
fn is_among_nodes(door: &Door) -> bool {
    const WORDS: &[&str] = &[
        "raft",
        "internal",
        "peer",
        "peers",
        "cluster",
        "node",
        "replication",
        "replica",
        "gossip",
        "consensus",
        "shard",
        "worker",
        "agent",
    ];
    words(door.endpoint.path.as_str()).any(|word| WORDS.contains(&word.as_str()))
}

fn crate_of(cx: &LintContext, door: &Door) -> CrateId {
    cx.semantics().def_map.crate_of(door.function)
}

/// How the paths of most endpoints of a crate begin: `/api/v1`.
struct Fronts(FxHashMap<CrateId, usize>);

impl Fronts {
    fn of(cx: &LintContext, doors: &[Door]) -> Self {
        let mut paths: FxHashMap<CrateId, Vec<Vec<&str>>> = FxHashMap::default();
        for door in doors.iter().filter(|door| door.openness == Openness::Closed) {
            paths.entry(crate_of(cx, door)).or_default().push(door.segments());
        }
        Self(paths.into_iter().map(|(krate, paths)| (krate, front(&paths))).collect())
    }

    /// The path of what an endpoint is one of: up to who is meant, or else its first segment behind the front.
    fn section(&self, cx: &LintContext, door: &Door) -> Option<Vec<&'static str>> {
        let mut segments = door.segments();
        let front = *self.0.get(&crate_of(cx, door))?;
        let end = segments.iter().position(|segment| is_of_staff(segment)).unwrap_or(front);
        segments.truncate(end + 1);
        (segments.len() == end + 1 && !segments[end].contains('{')).then_some(segments)
    }
}

/// How many segments nearly all paths begin with.
fn front(paths: &[Vec<&str>]) -> usize {
    let alike = |depth: usize| {
        let mut counts: FxHashMap<&[&str], usize> = FxHashMap::default();
        for path in paths.iter().filter(|path| path.len() > depth) {
            *counts.entry(&path[..=depth]).or_default() += 1;
        }
        counts.into_values().max().is_some_and(|most| most * 20 >= paths.len() * 19)
    };
    let longest = paths.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest).find(|depth| !alike(*depth)).unwrap_or(longest)
}

fn judge<'a>(cx: &LintContext, doors: &[Door], mut area: Vec<Door<'a>>) -> Option<OpenArea<'a>> {
    area.sort_by_key(|door| (!changes(door), door.place));
    if area.iter().any(|door| is_called_public(cx, door)) {
        return None;
    }
    if !area.iter().all(|door| is_open(cx, door)) {
        return None;
    }
    let changing = area_size(&area);
    let krate = crate_of(cx, &area[0]);
    if changing >= FEWEST_OPEN {
        let rest = Rest::of(&area, doors, &|door| crate_of(cx, door) == krate);
        let is_mistake = if area.iter().all(is_for_administrators) {
            rest.guarded >= 6 && rest.guarded * 10 >= rest.total * 6
        } else {
            rest.guarded >= 20 && rest.guarded * 10 >= rest.total * 9 && rest.outside * 2 <= rest.guarded
        };
        if is_mistake {
            return Some(rest.around(area, "of this service".to_owned()));
        }
    }
    // What has the same name elsewhere is guarded, whatever crate it belongs to.
    let name = area[0].segments().into_iter().find(|segment| is_of_staff(segment))?;
    let is_alike = |door: &Door| door.segments().contains(&name);
    let declared = area.iter().filter(|door| door.endpoint.methods.may_change()).count();
    if changing == 0 || declared < FEWEST_OPEN || !area.iter().all(is_alike) {
        return None;
    }
    let rest = Rest::of(&area, doors, &is_alike);
    let is_mistake = rest.guarded >= 6 && rest.guarded * 10 >= rest.total * 9;
    is_mistake.then(|| rest.around(area, format!("with `{name}` in their paths")))
}

/// Whether nothing is known, or may be unknown, that asks who calls.
fn is_open(cx: &LintContext, door: &Door) -> bool {
    door.access.verdict.authenticates == Authenticates::None
        && !door.is_unclear()
        && !door.has_unseen_guard(cx)
}

/// The endpoints outside of an area that change something.
struct Rest {
    total: usize,
    guarded: usize,
    /// How many of these by what is attached to the route alone.
    outside: usize,
}

impl Rest {
    fn around(self, doors: Vec<Door>, others: String) -> OpenArea {
        let confidence = Confidence::Medium;
        OpenArea { doors, guarded: self.guarded, total: self.total, others, confidence }
    }

    fn perhaps(self, doors: Vec<Door>, others: String) -> OpenArea {
        OpenArea { confidence: Confidence::Low, ..self.around(doors, others) }
    }

    fn of(area: &[Door], doors: &[Door], is_related: &dyn Fn(&Door) -> bool) -> Self {
        let of_rest = |door: &&Door| {
            door.endpoint.methods.may_change()
                && door.openness == Openness::Closed
                && is_related(door)
                && !area.iter().any(|own| own.place == door.place)
        };
        let rest = doors.iter().filter(of_rest);
        Self {
            total: rest.clone().count(),
            guarded: rest.clone().filter(|door| door.is_guarded()).count(),
            outside: rest.filter(|door| door.is_guarded_outside()).count(),
        }
    }
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

/// Whether a segment of a path names those who run a service, or what they do.
fn is_of_staff(segment: &str) -> bool {
    const WORDS: &[&str] = &[
        "admin",
        "admins",
        "administration",
        "administrator",
        "superuser",
        "manage",
        "manager",
        "management",
        "backoffice",
        "staff",
        "moderation",
        "console",
        "internal",
        "private",
        "protected",
    ];
    !segment.contains('{') && words(segment).any(|word| WORDS.contains(&word.as_str()))
}

/// Whether a path says who is meant.
fn is_for_administrators(door: &Door) -> bool {
    const WORDS: &[&str] = &["admin", "admins", "administration", "administrator", "superuser"];
    door.segments().iter().any(|segment| words(segment).any(|word| WORDS.contains(&word.as_str())))
}
