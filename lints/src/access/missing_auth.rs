//! Endpoints that anybody can call although their siblings ask who calls.
//!
//! Most endpoints without a guard are public on purpose, so the siblings decide: an endpoint is reported where nearly
//! all others of its file, router, path or service are guarded, and neither its name nor what it does says that
//! it is meant for everybody. A service that guards nothing gets one finding, since there is one decision to make.

use rustc_hash::FxHashMap;
use ward_diagnostics::{Confidence, Finding, Severity};
use ward_linter::guards::{Authenticates, Effect, Guard, GuardKind};
use ward_linter::{Lint, LintContext, declare_lint};
use ward_semantics::endpoint::Handler;
use ward_semantics::{Callee, CrateId};
use ward_syntax::{FileSpan, Pat, PatId, Symbol};

use super::doors::{
    Among, Door, Kinship, Openness, Siblings, doors, is_beside_guarded_path, lower, related, related_among,
    siblings, siblings_among,
};
use super::open_accounts::makes_administrator;
use super::open_areas::{self, OpenArea};
use super::open_tokens::issues_for_anybody;
use super::public::is_for_visitors;

declare_lint! {
    /// Endpoints that anybody can call although their siblings ask who calls.
    MISSING_AUTH = {
        name: "missing-auth",
        group: "access",
        summary: "an endpoint lets everybody in where its siblings ask who calls",
        severity: High,
        confidence: Medium,
        cwe: [306],
        owasp: ["API2:2023", "API5:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint = Lint { metadata: &MISSING_AUTH, check, kinds: &[], guards: true };

/// An endpoint that stands open among guarded ones.
struct Evidence<'a> {
    door: Door<'a>,
    siblings: Siblings,
    confidence: Confidence,
}

fn describe(cx: &LintContext, evidence: &Evidence) -> Finding {
    let Evidence { door, siblings, confidence } = evidence;
    let message = format!("`{}` can be called by anybody", door.title());
    let of_siblings = format!(
        "{} of {} other endpoints {}{} ask who calls",
        siblings.guarded,
        siblings.total,
        siblings.kinship.words(),
        match siblings.among {
            Among::All => "",
            Among::Changing => " that change something",
            Among::Reading => " that only read",
        }
    );
    let mut finding = Finding::new(&MISSING_AUTH, door.place, message)
        .label("nothing on the way to this handler asks for a credential")
        .note(of_siblings)
        .help("guard it as its siblings are, or say that it is public: `// ward: public(reason = \"..\")` before the handler");
    if let Some(example) = siblings.example {
        finding = finding.related(example, "this one is guarded");
    }
    if door.endpoint.place != door.place {
        finding = finding.related(door.endpoint.place, "it is routed here");
    }
    finding.confidence = *confidence;
    finding.severity = if door.endpoint.methods.may_change() { Severity::High } else { Severity::Medium };
    finding.endpoint = Some(door.reference());
    finding.function = Some(cx.name(door.function));
    finding
}

fn describe_service(
    cx: &LintContext,
    name: &str,
    first: &Door,
    count: usize,
    confidence: Confidence,
) -> Finding {
    let message = format!(
        "no endpoint of `{name}` refuses who is not known, and {count} of them change what it stores"
    );
    let finding = Finding::new(&MISSING_AUTH, first.place, message)
        .label("the first of them")
        .note("whoever reaches the service's port can do all it offers")
        .help("add a guard, or say in `ward.toml` what is public: `[access]`, `public = [\"/**\"]`");
    first.finding(cx, finding, confidence)
}

/// An endpoint by which everybody becomes whoever he likes.
fn describe_token(cx: &LintContext, door: &Door) -> Finding {
    let message = format!("`{}` makes out a token for whoever the request names", door.title());
    let finding = Finding::new(&MISSING_AUTH, door.place, message)
        .label("nothing on the way asks for a password, a code or a signature")
        .note("other endpoints let in who has such a token")
        .help(
            "compare a secret that only its owner knows before the token is made out, or remove the endpoint",
        );
    door.finding(cx, finding, Confidence::Medium)
}

/// A sign-up by which everybody becomes an administrator.
fn describe_administrator(cx: &LintContext, door: &Door) -> Finding {
    let message = format!("`{}` makes an administrator of whoever calls it", door.title());
    let finding = Finding::new(&MISSING_AUTH, door.place, message)
        .label("nothing on the way asks for a credential or an invitation")
        .note("other endpoints for administrators let in whom this one has made")
        .help("guard it as they are, or let it make the first administrator only");
    door.finding(cx, finding, Confidence::Medium)
}

/// One finding for all: the decision was made where they are routed.
fn describe_area(cx: &LintContext, area: &OpenArea) -> Finding {
    let first = area.first();
    let message = format!(
        "none of the {} endpoints beside `{}` that change something asks who calls",
        area.changing(),
        first.title()
    );
    let around = format!(
        "{} of {} other endpoints {} that change something ask who calls",
        area.guarded, area.total, area.others
    );
    let mut finding = Finding::new(&MISSING_AUTH, first.place, message)
        .label("the first of them")
        .note(around)
        .help("guard their router as the others are, or say that it is public: `[access]` in `ward.toml`, `public = [..]`");
    finding.confidence = area.confidence;
    finding.severity = Severity::High;
    finding.endpoint = Some(first.reference());
    finding.function = Some(cx.name(first.function));
    finding
}

fn check(cx: &LintContext) {
    let doors = doors(cx);
    let mut services: FxHashMap<CrateId, Vec<Door>> = FxHashMap::default();
    for door in &doors {
        services.entry(cx.semantics().def_map.crate_of(door.function)).or_default().push(*door);
    }
    let (beside, perhaps): (Vec<OpenArea>, Vec<OpenArea>) =
        open_areas::beside(cx, &doors).into_iter().partition(|area| area.confidence > Confidence::Low);
    let mut areas = open_areas::find(cx, &doors);
    let beside = beside.into_iter().filter(|area| !areas.iter().any(|known| known.overlaps(area)));
    areas.extend(beside.collect::<Vec<_>>());
    for area in &areas {
        cx.report(describe_area(cx, area));
    }
    let mut told: Vec<FileSpan> = Vec::new();
    for door in &doors {
        let krate = cx.semantics().def_map.crate_of(door.function);
        let is_told = areas.iter().any(|area| area.holds(door));
        let has_guards = services[&krate].iter().any(super::doors::Door::is_guarded);
        if has_guards && issues_for_anybody(cx, door) {
            cx.report(describe_token(cx, door));
        } else if has_guards && makes_administrator(cx, &doors, door) {
            cx.report(describe_administrator(cx, door));
        } else if has_guards
            && !is_told
            && let Some(evidence) = judge(cx, &doors, *door)
        {
            told.push(door.place);
            cx.report(describe(cx, &evidence));
        }
    }
    let is_new = |area: &OpenArea| !areas.iter().any(|known| known.overlaps(area)) && !area.holds_any(&told);
    let perhaps: Vec<OpenArea> = perhaps.into_iter().filter(is_new).collect();
    for area in &perhaps {
        cx.report(describe_area(cx, area));
    }
    let areas: Vec<OpenArea> = areas.into_iter().chain(perhaps).collect();
    let is_told = |doors: &&Vec<Door>| doors.iter().any(|door| areas.iter().any(|area| area.holds(door)));
    let unguarded = services.values().filter(|doors| is_unguarded(doors) && !is_told(doors));
    let mut unguarded: Vec<&Vec<Door>> = unguarded.collect();
    unguarded.sort_by_key(|doors| doors[0].place);
    for doors in unguarded {
        report_service(cx, doors);
    }
}

/// Whether an endpoint is one that stands open by mistake.
fn judge<'a>(cx: &LintContext, doors: &[Door<'a>], door: Door<'a>) -> Option<Evidence<'a>> {
    if door.openness != Openness::Closed || door.is_guarded() || hears_of_caller(&door) {
        return None;
    }
    let changes = door.endpoint.methods.may_change();
    if !changes && !reads(cx, &door) {
        return None;
    }
    if (takes_nothing(cx, &door) || does_nothing(cx, &door)) && door.access.effects.is_empty() {
        return None;
    }
    let usual = by_siblings(cx, doors, door);
    if usual.as_ref().is_some_and(|evidence| evidence.confidence > Confidence::Low) {
        return usual;
    }
    let confidence = confidence_beside_collection(cx, &door);
    let beside = of_collection(cx, doors, &door).map(|siblings| Evidence { door, siblings, confidence });
    beside.or(usual)
}

/// The same by its nearest siblings.
fn by_siblings<'a>(cx: &LintContext, doors: &[Door<'a>], door: Door<'a>) -> Option<Evidence<'a>> {
    let changes = door.endpoint.methods.may_change();
    let harms_object = changes && door.names_object() && door.does_harm() || reaches_machine(&door);
    // Two of two tell enough of an endpoint that changes what the request names.
    let of_pair = if harms_object { pair(cx, doors, &door) } else { None };
    let siblings = match of_pair {
        Some(pair) => pair,
        None => nearest(cx, doors, &door, harms_object)?,
    };
    let least = if changes { 75 } else { 90 };
    if of_pair.is_none() && (siblings.guarded < 3 || siblings.percent() < least) {
        return wider(cx, doors, door, siblings.kinship).filter(|_| harms_object);
    }
    // A router of its own for what is public is a decision, not a mistake.
    let of_router = related_among(cx, doors, &door, Kinship::Router, siblings.among);
    if of_router.total >= 2 && of_router.percent() < 50 {
        return wider(cx, doors, door, Kinship::Router).filter(|_| harms_object);
    }
    let mut confidence = match siblings.percent() {
        90.. if changes && siblings.total >= 5 => Confidence::High,
        _ => Confidence::Medium,
    };
    // Guards around a router are left out on purpose more often than an argument is forgotten.
    if siblings.outside * 2 > siblings.guarded {
        confidence = if changes && siblings.total - siblings.guarded < 2 {
            Confidence::Medium
        } else {
            Confidence::Low
        };
    }
    let is_alone = door.does_harm() && stands_alone(cx, &door, &siblings);
    if siblings.kinship == Kinship::Crate || siblings.among == Among::Changing {
        confidence = if is_alone { confidence.min(Confidence::Medium) } else { lower(confidence) };
    }
    if !changes && !is_reading_guarded(cx, doors, &door, siblings.kinship) {
        confidence = Confidence::Low;
    }
    // `/admin/..` is guarded, and this lies beside it.
    if is_beside_guarded_path(cx, doors, &door) {
        confidence = Confidence::Low;
    }
    if !door.does_harm() {
        // What only reads is often meant for everybody, unless the request names what it wants.
        let names = !changes && door.names_object();
        let unseen = changes && door.access.effects.is_empty();
        confidence = if names || unseen { lower(Confidence::High).min(confidence) } else { Confidence::Low };
    }
    // Siblings that ask for themselves are not guarded by what stands before them all.
    let has_unseen = (siblings.outside > 0 || !harms_object) && door.has_unseen_guard(cx);
    let may_know = door.access.verdict.authenticates != Authenticates::None;
    if may_know || door.is_unclear() || siblings.percent() < 85 || has_unseen {
        confidence = Confidence::Low;
    }
    if of_pair.is_some() && related(cx, doors, &door, Kinship::Crate).percent() < 50 {
        confidence = Confidence::Low;
    }
    Some(Evidence { door, siblings, confidence })
}

/// Whether a handler may be told who calls, if anybody does: it decides then. A layer that lets everybody through guards nothing
/// where the handler of what changes something never asks what the layer found.
fn hears_of_caller(door: &Door) -> bool {
    let is_told = |guard: &Guard| {
        guard.verdict.authenticates != Authenticates::None && !matches!(guard.how, GuardKind::Attached(_))
    };
    door.access.verdict.authenticates != Authenticates::None
        && (!door.endpoint.methods.may_change() || door.access.guards.iter().any(is_told))
}

/// So many guarded endpoints of a service that change something tell of one that names no object, too.
const FEWEST_OF_SERVICE: usize = 50;

/// The nearest siblings. Where reading is for more people, those that change something tell of one that does.
fn nearest(cx: &LintContext, doors: &[Door], door: &Door, harms_object: bool) -> Option<Siblings> {
    let all = siblings(cx, doors, door);
    let is_clear = |siblings: &Siblings| siblings.guarded >= 3 && siblings.percent() >= 90;
    if all.is_some_and(|all| is_clear(&all)) || !(harms_object || door.endpoint.methods.may_change()) {
        return all;
    }
    let changing = siblings_among(cx, doors, door, Among::Changing).filter(|changing| {
        let is_wide = changing.kinship == Kinship::Crate && changing.guarded >= FEWEST_OF_SERVICE;
        let is_alone = is_wide || stands_alone(cx, door, changing);
        is_clear(changing) && (harms_object || is_alone && door.does_harm())
    });
    changing.or(all)
}

/// So many siblings that change something must ask in their handlers: near ones, and those of the whole service.
const FEWEST_NEAR: usize = 4;
const FEWEST_FAR: usize = 8;

/// Whether an endpoint is the only one that changes something and does not ask, where all others do in their handlers, and
/// nothing says that visitors are meant.
fn stands_alone(cx: &LintContext, door: &Door, siblings: &Siblings) -> bool {
    let fewest = if siblings.kinship <= Kinship::Router { FEWEST_NEAR } else { FEWEST_FAR };
    siblings.among == Among::Changing
        && siblings.guarded == siblings.total
        && siblings.guarded >= fewest
        && siblings.outside * 2 <= siblings.guarded
        && !is_meant_for_all(cx, door)
}

/// The siblings in the file, or else of the router, if there are two, and both are guarded.
fn pair(cx: &LintContext, doors: &[Door], door: &Door) -> Option<Siblings> {
    let found = [Kinship::File, Kinship::Router].map(|kinship| related(cx, doors, door, kinship));
    if found.iter().any(|siblings| siblings.total > 2) {
        return None;
    }
    found.into_iter().find(|siblings| siblings.guarded == 2)
}

/// So many others that change a collection or what is in it must be guarded.
const FEWEST_OF_COLLECTION: usize = 2;

/// The others that change a collection or what is in it, if all of them are guarded, of an endpoint that changes or removes what
/// its path names.
fn of_collection(cx: &LintContext, doors: &[Door], door: &Door) -> Option<Siblings> {
    let methods = door.endpoint.methods.names();
    let changes = methods.iter().all(|method| matches!(*method, "PUT" | "PATCH" | "DELETE"));
    let object = door.object();
    if !changes || object.len() < 2 || object != door.segments() || is_meant_for_all(cx, door) {
        return None;
    }
    let collection = &object[..object.len() - 1];
    let is_of_it = |other: &Door| other.segments() == collection || other.segments() == object;
    let all = doors.iter().filter(|other| Kinship::Crate.holds(cx, door, other) && is_of_it(other));
    let others = all.filter(|other| other.place != door.place && other.endpoint.methods.may_change());
    let mut found = Siblings {
        total: 0,
        guarded: 0,
        outside: 0,
        kinship: Kinship::Prefix,
        among: Among::Changing,
        example: None,
    };
    let mut is_understood = door.does_harm();
    for other in others {
        found.total += 1;
        found.guarded += usize::from(other.is_guarded());
        found.outside += usize::from(other.is_guarded_outside());
        found.example = found.example.or(Some(other.place));
        is_understood |= !other.does_harm();
    }
    (is_understood && found.guarded == found.total && found.guarded >= FEWEST_OF_COLLECTION).then_some(found)
}

fn confidence_beside_collection(cx: &LintContext, door: &Door) -> Confidence {
    let may_know = door.access.verdict.authenticates != Authenticates::None;
    if may_know || door.is_unclear() || door.has_unseen_guard(cx) {
        Confidence::Low
    } else {
        Confidence::Medium
    }
}

fn is_meant_for_all(cx: &LintContext, door: &Door) -> bool {
    is_for_visitors(door.endpoint, cx.semantics().def_map.name(door.function).as_str())
}

/// So many guarded endpoints of a service tell of one among open ones.
const FEWEST_AROUND: usize = 20;

/// An endpoint among few that are all open, of a service or below a path where nearly all others are guarded.
fn wider<'a>(cx: &LintContext, doors: &[Door<'a>], door: Door<'a>, near: Kinship) -> Option<Evidence<'a>> {
    let around = [Kinship::Prefix, Kinship::Crate].into_iter().filter(|kinship| *kinship > near);
    let mut around = around.map(|kinship| related(cx, doors, &door, kinship));
    let siblings = around.find(|siblings| siblings.guarded >= 6 && siblings.percent() >= 85)?;
    let is_sure = siblings.guarded >= FEWEST_AROUND
        && siblings.percent() >= 95
        && siblings.outside * 2 <= siblings.guarded;
    let is_unclear =
        door.is_unclear() || door.has_unseen_guard(cx) || is_beside_guarded_path(cx, doors, &door);
    let confidence = if is_sure && !is_unclear { Confidence::Medium } else { Confidence::Low };
    Some(Evidence { door, siblings, confidence })
}

/// Whether a handler runs programs or reaches files of the machine it runs on.
fn reaches_machine(door: &Door) -> bool {
    door.endpoint.methods.may_change()
        && [Effect::Command, Effect::File].iter().any(|effect| door.access.effects.has(*effect))
}

/// So few guarded endpoints that only read say nothing of others: in a file, unless nearly all of the service are, and in a
/// service.
const FEWEST_READERS_IN_FILE: usize = 2;
const FEWEST_READERS: usize = 3;
const MANY_READERS: usize = 6;

/// Whether others that change nothing, either, are guarded: in the file if that makes them siblings, else in the crate. Where
/// only what changes something is guarded, or much of what is read is open, reading is for everybody.
fn is_reading_guarded(cx: &LintContext, doors: &[Door], own: &Door, kinship: Kinship) -> bool {
    let of_crate = related_among(cx, doors, own, Kinship::Crate, Among::Reading);
    let (near, fewest) = match kinship {
        Kinship::File => (related_among(cx, doors, own, kinship, Among::Reading), FEWEST_READERS_IN_FILE),
        _ => (of_crate, FEWEST_READERS),
    };
    let is_rule = near.guarded >= 1 && of_crate.guarded >= MANY_READERS && of_crate.percent() >= 90;
    near.guarded >= fewest && of_crate.percent() >= 60 || is_rule
}

/// Whether a handler is not told anything of the request, or looks at nothing it is told: it answers everybody alike.
fn takes_nothing(cx: &LintContext, door: &Door) -> bool {
    let semantics = cx.semantics();
    let ir = semantics.ir(semantics.locate(door.function).0);
    let is_unused = |pat: PatId| match ir.pat(pat) {
        Pat::Wild => true,
        Pat::Bind { local, .. } => ir.local(local).name.as_str().starts_with('_'),
        _ => false,
    };
    semantics
        .item(door.function)
        .as_fn()
        .is_some_and(|function| function.params.iter().all(|param| is_unused(param.pat)))
}

/// Whether a handler calls nothing: it says that there is nothing yet.
fn does_nothing(cx: &LintContext, door: &Door) -> bool {
    let Some(types) = cx.semantics().types(door.function) else { return false };
    let builds =
        |callee: &Callee| matches!(callee, Callee::Constructor { .. } | Callee::ExternalConstructor(_));
    let is_whole = !matches!(door.endpoint.handler, Handler::Closure { .. } | Handler::Inline { .. });
    is_whole && types.callees().all(|(_, callee)| builds(callee))
}

/// Whether an endpoint that changes nothing may give away something: it looks something up, or asks somewhere else.
fn reads(cx: &LintContext, door: &Door) -> bool {
    if !door.access.effects.is_empty() {
        return true;
    }
    let is_own = |def: &ward_semantics::DefId| cx.semantics().signature(*def).is_some();
    door.names_object() && cx.semantics().call_graph().callees(door.function).iter().any(is_own)
}

/// Whether nothing in a service refuses who is not known.
fn is_unguarded(doors: &[Door]) -> bool {
    doors.iter().all(|door| !door.is_guarded())
}

/// So many endpoints that change something make a service worth a word.
const FEWEST_CHANGES: usize = 3;

fn report_service(cx: &LintContext, doors: &[Door]) {
    let stores = |door: &&Door| {
        door.openness == Openness::Closed
            && door.endpoint.methods.may_change()
            && door.access.effects.has(Effect::Write)
            && !door.is_unclear()
    };
    let changing: Vec<&Door> = doors.iter().filter(stores).collect();
    let Some(first) = changing.iter().min_by_key(|door| door.place) else { return };
    if changing.len() < FEWEST_CHANGES {
        return;
    }
    let name = cx.semantics().def_map.crate_data(cx.semantics().def_map.crate_of(first.function)).name;
    // Where people log in, something should come of it.
    let knows_users = doors.iter().any(|door| is_about_users(door.endpoint.path.as_str()));
    // A service that has a crate for credentials asks for them in some way that was not understood.
    // So does one that reads them and was not seen to refuse.
    let asks = doors.iter().any(|door| door.access.verdict.authenticates != Authenticates::None);
    let is_plain = knows_users && !asks && !has_credentials(cx);
    let confidence = if is_plain { Confidence::Medium } else { Confidence::Low };
    cx.report(describe_service(cx, name.as_str(), first, changing.len(), confidence));
}

fn is_about_users(path: &str) -> bool {
    ward_linter::guards::words(path).any(|word| {
        ["user", "users", "login", "signin", "signup", "account", "accounts", "admin", "customers"]
            .contains(&word.as_str())
    })
}

/// Whether a package depends on a crate that checks tokens.
fn has_credentials(cx: &LintContext) -> bool {
    const CRATES: &[&str] = &[
        "jsonwebtoken",
        "jwt",
        "jwt_simple",
        "josekit",
        "frank_jwt",
        "biscuit",
        "biscuit_auth",
        "openidconnect",
        "oauth2",
        "axum_login",
        "actix_identity",
        "actix_web_httpauth",
        "pasetors",
        "rusty_paseto",
    ];
    let names: Vec<Symbol> = CRATES.iter().map(|name| Symbol::new(name)).collect();
    let packages = &cx.semantics().project.packages;
    packages.iter().any(|package| names.iter().any(|name| package.dependency(*name).is_some()))
}
