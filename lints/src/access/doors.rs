//! Endpoints as the access lints see them: with what stands before them, and beside which others.

use rustc_hash::FxHashMap;
use ward_diagnostics::{Confidence, EndpointGuard, EndpointRef, Finding};
use ward_linter::LintContext;
use ward_linter::guards::{Effect, EndpointAccess, Guard, GuardKind, Verdict, words};
use ward_semantics::endpoint::{Attached, Endpoint, UnknownPart, What};
use ward_semantics::{CrateId, DefId};
use ward_syntax::FileSpan;

use super::public;

/// How a path shows a part that is not known.
const UNKNOWN: &str = "{?}";

/// How paths that are compared show their parameters.
const PARAMETER: &str = "{}";

/// An endpoint of code that is reported on.
#[derive(Clone, Copy)]
pub(super) struct Door<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) access: &'a EndpointAccess,
    /// What is asked beyond the login that stands before most endpoints of the service alike.
    pub(super) own: Verdict,
    /// The function that holds the handler's code.
    pub(super) function: DefId,
    /// The handler.
    pub(super) place: FileSpan,
    pub(super) openness: Openness,
}

/// Whether anybody is meant to come in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Openness {
    /// Nothing says so.
    Closed,
    /// What it does says so: a login, a health check, a callback.
    ByNature,
    /// The project says so.
    Declared,
}

impl Door<'_> {
    /// Whether nobody unknown gets in.
    pub(super) fn is_guarded(&self) -> bool {
        self.access.verdict.enforces()
    }

    /// Whether the request names an object in the path. A part that could not be evaluated is none.
    pub(super) fn names_object(&self) -> bool {
        self.endpoint.path.as_str().split('/').any(|segment| segment.contains('{') && segment != UNKNOWN)
    }

    /// Whether the path says that it is about whoever calls, and names nothing else: `/players/me/photo`.
    pub(super) fn is_about_caller(&self) -> bool {
        const CALLER: &[&str] = &["me", "self", "my", "mine", "myself", "current"];
        let in_path = |segment: &str| words(segment).any(|word| CALLER.contains(&word.as_str()));
        !self.names_object() && self.endpoint.path.as_str().split('/').any(in_path)
    }

    /// Whether a handler does more than read.
    pub(super) fn does_harm(&self) -> bool {
        let effects = [Effect::Write, Effect::File, Effect::Command, Effect::Outbound];
        effects.iter().any(|effect| self.access.effects.has(*effect))
    }

    /// What the request names: the path up to its last parameter, whatever parameters are called.
    pub(super) fn object(&self) -> Vec<&'static str> {
        let mut segments = self.segments();
        let end = segments.iter().rposition(|segment| *segment == PARAMETER).map_or(0, |at| at + 1);
        segments.truncate(end);
        segments
    }

    /// The segments of the path, whatever parameters are called.
    pub(super) fn segments(&self) -> Vec<&'static str> {
        let segments = self.endpoint.path.as_str().split('/').filter(|segment| !segment.is_empty());
        let is_parameter = |segment: &str| segment.starts_with('{') && segment != UNKNOWN;
        segments.map(|segment| if is_parameter(segment) { PARAMETER } else { segment }).collect()
    }

    /// Whether anything could be lost by leaving it open.
    pub(super) fn matters(&self) -> bool {
        self.endpoint.methods.may_change() || !self.access.effects.is_empty() || self.names_object()
    }

    /// Whether something that is called a guard stands before it, of which nothing is known.
    pub(super) fn has_unseen_guard(&self, cx: &LintContext) -> bool {
        let judged: Vec<usize> = self
            .access
            .guards
            .iter()
            .filter_map(|guard| match guard.how {
                GuardKind::Attached(index) => Some(index),
                GuardKind::Argument(_) | GuardKind::Body => None,
            })
            .collect();
        let layers = self.endpoint.layers.iter().enumerate();
        let unknown = layers.filter(|(index, _)| !judged.contains(index)).map(|(_, layer)| layer);
        unknown.into_iter().any(|layer| is_named_guard(cx, layer))
    }

    /// Whether something unknown may stand before it.
    pub(super) fn is_unclear(&self) -> bool {
        let parts = self.endpoint.unknown.iter().map(|unknown| unknown.part);
        parts
            .clone()
            .any(|part| matches!(part, UnknownPart::Layer | UnknownPart::Mount | UnknownPart::Handler))
    }

    /// Whether something unknown may stand before the handler, wherever it is mounted.
    pub(super) fn is_behind_unknown(&self) -> bool {
        self.endpoint
            .unknown
            .iter()
            .any(|unknown| matches!(unknown.part, UnknownPart::Layer | UnknownPart::Handler))
    }

    /// Whether a guard is attached to the route, whatever the handler takes or asks.
    pub(super) fn is_behind_guard(&self) -> bool {
        let is_attached = |how: GuardKind| matches!(how, GuardKind::Attached(_));
        self.access.guards.iter().any(|guard| guard.verdict.enforces() && is_attached(guard.how))
    }

    /// Whether what guards it is attached to the route, not taken or asked by the handler.
    pub(super) fn is_guarded_outside(&self) -> bool {
        let inside = |kind: GuardKind| !matches!(kind, GuardKind::Attached(_));
        let enforcing = self.access.guards.iter().filter(|guard| guard.verdict.enforces());
        self.is_guarded() && !enforcing.clone().any(|guard| inside(guard.how))
    }

    /// Whether a guard that the handler takes ties what the request names to the caller.
    pub(super) fn takes_owner(&self) -> bool {
        let is_taken = |guard: &Guard| matches!(guard.how, GuardKind::Argument(_));
        self.access
            .guards
            .iter()
            .any(|guard| is_taken(guard) && guard.verdict.enforces() && guard.verdict.owner)
    }

    /// A finding about this endpoint.
    pub(super) fn finding(&self, cx: &LintContext, finding: Finding, confidence: Confidence) -> Finding {
        let function = Some(cx.name(self.function));
        Finding { confidence, endpoint: Some(self.reference()), function, ..finding }
    }

    pub(super) fn reference(&self) -> EndpointRef {
        EndpointRef {
            method: self.endpoint.methods.names().join("|"),
            path: self.endpoint.path.as_str().to_owned(),
            handler: self.place,
            guarded: if self.is_guarded() { EndpointGuard::Unknown } else { EndpointGuard::None },
        }
    }

    pub(super) fn title(&self) -> String {
        self.endpoint.title()
    }
}

/// Whether a layer is called like a guard: itself, or the type that it is made of.
fn is_named_guard(cx: &LintContext, layer: &Attached) -> bool {
    const WORDS: &[&str] = &[
        "auth",
        "authenticate",
        "authentication",
        "authorization",
        "authorize",
        "authorized",
        "guard",
        "login",
        "jwt",
        "token",
        "identity",
        "session",
        "protect",
        "protected",
        "require",
        "required",
        "oidc",
        "permission",
        "admin",
    ];
    let is_named = |name: &str| words(name).any(|word| WORDS.contains(&word.as_str()));
    let made = match layer.what {
        What::Function(def) => {
            cx.semantics().signature(def).map(|signature| cx.semantics().pretty_type(signature.ret))
        }
        _ => None,
    };
    is_named(&layer.name(cx.semantics())) || made.is_some_and(|made| is_named(&made))
}

/// All endpoints of code that is reported on, one for each handler: of several routes to one handler the least
/// guarded counts.
pub(super) fn doors<'a>(cx: &'a LintContext) -> Vec<Door<'a>> {
    let semantics = cx.semantics();
    let mut doors: Vec<Door<'a>> = Vec::new();
    for (endpoint, access) in cx.endpoints().all().iter().zip(cx.endpoint_access()) {
        let Some(function) = endpoint.function() else { continue };
        if !cx.is_reported(function) {
            continue;
        }
        let place = endpoint.handler_place(semantics);
        let openness = public::openness(cx, endpoint, access, function);
        let door = Door { endpoint, access, own: access.verdict, function, place, openness };
        match doors.iter_mut().find(|known| known.place == place) {
            Some(known) if known.is_guarded() && !door.is_guarded() => *known = door,
            Some(_) => {}
            None => doors.push(door),
        }
    }
    let logins = Logins::of(cx, &doors);
    for door in &mut doors {
        door.own = logins.own(cx, door);
    }
    doors
}

/// What is attached to endpoints, and to how many.
struct Logins {
    attached: FxHashMap<FileSpan, Attachment>,
    /// How many endpoints of a crate are guarded.
    guarded: FxHashMap<CrateId, usize>,
}

/// How many guarded endpoints something stands before.
#[derive(Default)]
struct Attachment {
    all: usize,
    /// Those of them that name nothing.
    nameless: usize,
}

impl Logins {
    fn of(cx: &LintContext, doors: &[Door]) -> Self {
        let mut logins = Self { attached: FxHashMap::default(), guarded: FxHashMap::default() };
        for door in doors.iter().filter(|door| door.is_guarded()) {
            *logins.guarded.entry(cx.semantics().def_map.crate_of(door.function)).or_default() += 1;
            for guard in door.access.guards.iter().filter(|guard| is_attached(guard)) {
                let attachment = logins.attached.entry(guard.place).or_default();
                attachment.all += 1;
                attachment.nameless += usize::from(!door.names_object());
            }
        }
        logins
    }

    /// What the guards of an endpoint ask together. What stands before endpoints that name nothing, too, ties nothing to the
    /// caller; and what stands before most of a service asks for no role that one of them needs more than another, unless
    /// it is called so.
    fn own(&self, cx: &LintContext, door: &Door) -> Verdict {
        let guarded = self.guarded.get(&cx.semantics().def_map.crate_of(door.function)).copied().unwrap_or(0);
        let mut own = door.access.verdict;
        (own.role, own.owner) = (false, false);
        for guard in door.access.guards.iter().filter(|guard| guard.verdict.enforces()) {
            let (role, owner) = match (guard.how, self.attached.get(&guard.place)) {
                (GuardKind::Attached(index), Some(attachment)) => {
                    let is_common = attachment.nameless >= 2 && attachment.all * 2 >= guarded;
                    let layer = &door.endpoint.layers[index];
                    (!is_common || is_named_role(&layer.name(cx.semantics())), attachment.nameless == 0)
                }
                _ => (true, true),
            };
            own.role |= role && guard.verdict.role;
            own.owner |= owner && guard.verdict.owner;
        }
        own
    }
}

fn is_attached(guard: &Guard) -> bool {
    matches!(guard.how, GuardKind::Attached(_)) && guard.verdict.enforces()
}

/// Whether a layer is called after what callers may do or be.
fn is_named_role(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "role",
        "roles",
        "admin",
        "admins",
        "superuser",
        "permission",
        "permissions",
        "privilege",
        "privileges",
        "scope",
        "scopes",
        "staff",
        "moderator",
        "acl",
        "rbac",
    ];
    words(name).any(|word| WORDS.contains(&word.as_str()))
}

/// How the siblings of an endpoint are guarded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Siblings {
    /// How many there are that are not open by nature.
    pub(super) total: usize,
    /// How many of them are guarded.
    pub(super) guarded: usize,
    /// How many of these by what is attached to the route alone.
    pub(super) outside: usize,
    /// What makes them siblings.
    pub(super) kinship: Kinship,
    /// Which of them are counted.
    pub(super) among: Among,
    /// One of the guarded ones: its handler.
    pub(super) example: Option<FileSpan>,
}

/// Which siblings are counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Among {
    /// All of them.
    All,
    /// Those that change something, where reading is for more people.
    Changing,
    /// Those that only read.
    Reading,
}

impl Among {
    fn holds(self, door: &Door) -> bool {
        match self {
            Self::All => true,
            Self::Changing => door.endpoint.methods.may_change(),
            Self::Reading => !door.endpoint.methods.may_change(),
        }
    }
}

/// What endpoints have in common.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Kinship {
    /// Their handlers stand in one file.
    File,
    /// One function routes them.
    Router,
    /// Their paths begin alike.
    Prefix,
    /// They belong to one crate.
    Crate,
}

impl Kinship {
    const ALL: [Self; 4] = [Self::File, Self::Router, Self::Prefix, Self::Crate];

    /// What to say of siblings of this kind.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::File => "in this file",
            Self::Router => "of this router",
            Self::Prefix => "below this path",
            Self::Crate => "of this service",
        }
    }

    pub(super) fn holds(self, cx: &LintContext, one: &Door, other: &Door) -> bool {
        let map = &cx.semantics().def_map;
        if map.crate_of(one.function) != map.crate_of(other.function) {
            return false;
        }
        match self {
            Self::File => one.place.file == other.place.file,
            Self::Router => one.endpoint.router.is_some() && one.endpoint.router == other.endpoint.router,
            Self::Prefix => prefix(one.endpoint).is_some_and(|own| prefix(other.endpoint) == Some(own)),
            Self::Crate => true,
        }
    }
}

/// The path up to its second fixed segment, without a beginning that is not known.
fn prefix(endpoint: &Endpoint) -> Option<&'static str> {
    let path = endpoint.path.as_str();
    let path = path.strip_prefix('/').and_then(|rest| rest.strip_prefix(UNKNOWN)).unwrap_or(path);
    let mut ends = path.match_indices('/').map(|(at, _)| at).skip(2);
    let end = ends.next().unwrap_or(path.len());
    (end > 1 && !path[..end].contains('{')).then(|| &path[..end])
}

/// So few siblings say nothing.
const FEWEST: usize = 3;

/// The nearest siblings of an endpoint of which there are enough to say something.
pub(super) fn siblings(cx: &LintContext, doors: &[Door], own: &Door) -> Option<Siblings> {
    siblings_among(cx, doors, own, Among::All)
}

/// The same of some of them.
pub(super) fn siblings_among(cx: &LintContext, doors: &[Door], own: &Door, among: Among) -> Option<Siblings> {
    Kinship::ALL.into_iter().find_map(|kinship| {
        let found = related_among(cx, doors, own, kinship, among);
        (found.total >= FEWEST).then_some(found)
    })
}

/// The siblings of one kind.
pub(super) fn related(cx: &LintContext, doors: &[Door], own: &Door, kinship: Kinship) -> Siblings {
    related_among(cx, doors, own, kinship, Among::All)
}

pub(super) fn related_among(
    cx: &LintContext,
    doors: &[Door],
    own: &Door,
    kinship: Kinship,
    among: Among,
) -> Siblings {
    let mut found = Siblings { total: 0, guarded: 0, outside: 0, kinship, among, example: None };
    for other in doors {
        if !among.holds(other) {
            continue;
        }
        if other.place == own.place || other.openness != Openness::Closed || !kinship.holds(cx, own, other) {
            continue;
        }
        if !other.is_guarded() && !other.matters() {
            continue;
        }
        found.total += 1;
        if other.is_guarded() {
            found.guarded += 1;
            found.outside += usize::from(other.is_guarded_outside());
            found.example = found.example.or(Some(other.place));
        }
    }
    found
}

/// An area of a service has this many guarded endpoints, on the average.
const AREA: usize = 6;

/// Whether all that is guarded by layers lies below one path, or in a few areas, and this endpoint beside them: what is
/// guarded was decided by paths.
pub(super) fn is_beside_guarded_path(cx: &LintContext, doors: &[Door], own: &Door) -> bool {
    let related = doors.iter().filter(|door| door.is_guarded() && Kinship::Crate.holds(cx, own, door));
    let (behind, others): (Vec<&Door>, Vec<&Door>) = related.partition(|door| door.is_behind_guard());
    // Where handlers ask by themselves, too, paths decide nothing.
    if behind.len() < FEWEST || behind.len() < 3 * others.len() {
        return false;
    }
    let guarded: Vec<Vec<&str>> = behind.iter().map(|door| fixed_segments(door.endpoint)).collect();
    let Some(common) = guarded.iter().cloned().reduce(|common, path| {
        common.into_iter().zip(path).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
    }) else {
        return false;
    };
    let path = fixed_segments(own.endpoint);
    if !path.starts_with(&common) {
        return true;
    }
    let area = |path: &[&'static str]| path.get(common.len()).copied();
    let mut areas: Vec<Option<&str>> = guarded.iter().map(|path| area(path)).collect();
    areas.sort_unstable();
    areas.dedup();
    areas.len() * AREA <= guarded.len() && !areas.contains(&area(&path))
}

/// The segments of a path before its first parameter.
fn fixed_segments(endpoint: &Endpoint) -> Vec<&'static str> {
    let segments = endpoint.path.as_str().split('/').filter(|segment| !segment.is_empty());
    segments.take_while(|segment| !segment.contains('{')).collect()
}

impl Siblings {
    /// The part of them that is guarded, in percent.
    pub(super) fn percent(&self) -> usize {
        self.guarded * 100 / self.total.max(1)
    }
}

/// Lowers a confidence by one step.
pub(super) fn lower(confidence: Confidence) -> Confidence {
    match confidence {
        Confidence::High => Confidence::Medium,
        Confidence::Medium | Confidence::Low => Confidence::Low,
    }
}
