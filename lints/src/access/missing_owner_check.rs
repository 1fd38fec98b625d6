//! Objects that the request names and nothing ties to the caller.
//!
//! Whether an object belongs to somebody is not written anywhere, so the siblings decide here too. It is reported where
//! most others of the same object look at who calls, and what changes it takes no identity that it could look at; what
//! stands in the same file as others that do gives a hint. What statements ask for is written down, however: one that
//! changes a row by its id alone is compared with those of the same table ([`columns`]), and an object that is loaded by its id
//! alone with how others treat theirs ([`objects`]). Where the path itself says whose it is, who calls must be looked at ([`named`]).

mod columns;
mod named;
mod objects;

use ward_diagnostics::{Confidence, Finding};
use ward_linter::guards::Effect;
use ward_linter::{Lint, LintContext, declare_lint};
use ward_syntax::FileSpan;

use super::doors::{Door, Openness, doors};
use super::identity::{cannot_tell, looks_at_caller};

declare_lint! {
    /// Objects that the request names and nothing ties to the caller.
    MISSING_OWNER_CHECK = {
        name: "missing-owner-check",
        group: "access",
        summary: "an object is loaded or changed by an id of the request that nothing ties to the caller",
        severity: Medium,
        confidence: Low,
        cwe: [639],
        owasp: ["API1:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint = Lint { metadata: &MISSING_OWNER_CHECK, check, kinds: &[], guards: true };

/// An endpoint that takes an id, and how many of its siblings tie theirs to the caller.
struct Evidence<'a> {
    door: Door<'a>,
    tied: usize,
    total: usize,
    family: Family,
    example: Option<FileSpan>,
}

/// What makes handlers siblings.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    /// They stand in one file.
    File,
    /// They are about the same object.
    Object,
}

fn describe(cx: &LintContext, evidence: &Evidence) -> Finding {
    let Evidence { door, tied, total, family, example } = evidence;
    let message = format!("nothing ties what `{}` names to the caller", door.title());
    let (label, note) = match family {
        Family::File => (
            "the id of the request meets nothing that the caller's identity gave",
            format!("{tied} of {total} other handlers in this file tie such an id to the caller"),
        ),
        Family::Object => (
            "this does not take the caller's identity",
            format!("{tied} of {total} other handlers of the same object look at who calls"),
        ),
    };
    let mut finding = Finding::new(&MISSING_OWNER_CHECK, door.place, message).label(label).note(note).help(
        "look the object up by its id and the caller's, or compare its owner with the caller before using it",
    );
    if let Some(example) = example {
        finding = finding.related(*example, "this one looks at who calls");
    }
    door.finding(
        cx,
        finding,
        match family {
            Family::File => Confidence::Low,
            Family::Object => Confidence::Medium,
        },
    )
}

/// An owner that the request names goes before the caller.
fn describe_chosen(cx: &LintContext, door: &Door, place: FileSpan) -> Finding {
    let message = format!("`{}` lets the request say whose it is", door.title());
    let finding = Finding::new(&MISSING_OWNER_CHECK, place, message)
        .label("the caller counts only where the request names nobody")
        .note("whoever is logged in can do this in the name of anybody else")
        .help("take the caller's id whatever the request says, or compare the two");
    door.finding(cx, finding, Confidence::Medium)
}

/// A statement that finds rows by their id alone.
fn describe_statement(cx: &LintContext, evidence: &columns::Evidence) -> Finding {
    let columns::Evidence { door, function, place, table, asking } = evidence;
    let message = format!("`{}` changes a row of `{table}` whoever owns it", door.title());
    let mut finding = Finding::new(&MISSING_OWNER_CHECK, *place, message)
        .label("the row is found by its id alone")
        .note(format!("{asking} other functions that find rows of `{table}` ask for the owner, too"))
        .help("add the caller's id to the condition, and answer 404 where no row was changed");
    finding.confidence = Confidence::Medium;
    finding.endpoint = Some(door.reference());
    finding.function = Some(cx.name(*function));
    finding
}

/// An object that is loaded by its id alone and used.
fn describe_object(cx: &LintContext, evidence: &objects::Evidence) -> Finding {
    let objects::Evidence { door, place, object, loader, asking, example } = evidence;
    let message = format!("`{}` uses a `{object}` and does not ask whether the caller may", door.title());
    let mut finding = Finding::new(&MISSING_OWNER_CHECK, *place, message)
        .label("loaded by an id of the request alone")
        .note(format!("{asking} other functions that load one with `{loader}` ask"))
        .help("ask as they do before anything is read from it or done with it");
    if let Some(example) = example {
        finding = finding.related(*example, "this one asks");
    }
    door.finding(cx, finding, Confidence::Medium)
}

/// Somebody whom the path names, and a caller who is not looked at.
fn describe_named(cx: &LintContext, evidence: &named::Evidence) -> Finding {
    let named::Evidence { door, place, identity, named, looking, example } = evidence;
    let message = format!("`{}` does to any `{named}` what only the caller may do to his own", door.title());
    let mut finding = Finding::new(&MISSING_OWNER_CHECK, *place, message)
        .label("this is taken and never looked at")
        .note(format!("{looking} other handlers look at the `{identity}` that they take"))
        .help(format!("compare `{named}` of the path with the caller before anything is done"));
    if let Some(example) = example {
        finding = finding.related(*example, "this one looks at it");
    }
    let confidence = if door.is_behind_unknown() { Confidence::Low } else { Confidence::Medium };
    door.finding(cx, finding, confidence)
}

/// Where a handler that changes something takes another for the caller, if the request says so.
fn chosen(cx: &LintContext, door: &Door) -> Option<FileSpan> {
    let is_asked = door.own.role || door.own.owner;
    let may = door.is_guarded() && door.endpoint.methods.may_change() && door.openness == Openness::Closed;
    cx.guards().yields(door.function).filter(|_| may && !is_asked)
}

fn check(cx: &LintContext) {
    let doors = doors(cx);
    for door in &doors {
        if let Some(place) = chosen(cx, door) {
            cx.report(describe_chosen(cx, door, place));
        }
    }
    let by_id_alone = columns::outliers(cx, &doors);
    for evidence in &by_id_alone {
        cx.report(describe_statement(cx, evidence));
    }
    let unasked = objects::outliers(cx, &doors);
    for evidence in &unasked {
        cx.report(describe_object(cx, evidence));
    }
    let of_anybody = named::outliers(cx, &doors);
    for evidence in &of_anybody {
        cx.report(describe_named(cx, evidence));
    }
    let named: Vec<&Door> = doors.iter().filter(|door| names_an_object(door)).collect();
    for door in &named {
        let is_told = of_anybody.iter().any(|evidence| evidence.door.place == door.place)
            || by_id_alone.iter().any(|evidence| evidence.door.place == door.place)
            || unasked.iter().any(|evidence| evidence.door.place == door.place);
        if is_tied(cx, door) || door.own.role || is_told {
            continue;
        }
        let of_object = of_object(cx, &named, door);
        if let Some(evidence) = of_object.or_else(|| of_file(cx, &named, door)) {
            cx.report(describe(cx, &evidence));
        }
    }
}

/// Whether most others that do something with the same object look at who calls, and this one, which changes it, could not
/// even tell.
fn of_object<'a>(cx: &LintContext, named: &[&Door<'a>], door: &Door<'a>) -> Option<Evidence<'a>> {
    let changes = door.endpoint.methods.may_change() && !door.access.effects.is_empty();
    if !changes || door.is_unclear() || cx.guards().asks_role(door.function) || !cannot_tell(cx, door) {
        return None;
    }
    let object = door.object();
    let krate = |door: &Door| cx.semantics().def_map.crate_of(door.function);
    let siblings: Vec<&&Door> = named
        .iter()
        .filter(|other| other.place != door.place && krate(other) == krate(door))
        .filter(|other| other.segments().starts_with(&object))
        .collect();
    let looking: Vec<&&&Door> = siblings.iter().filter(|other| looks_at_caller(cx, other)).collect();
    let (tied, total) = (looking.len(), siblings.len());
    let example = looking.first().map(|other| other.place);
    (tied >= 2 && tied * 2 >= total).then_some(Evidence {
        door: *door,
        tied,
        total,
        family: Family::Object,
        example,
    })
}

fn of_file<'a>(cx: &LintContext, named: &[&Door<'a>], door: &Door<'a>) -> Option<Evidence<'a>> {
    let siblings =
        named.iter().filter(|other| other.place.file == door.place.file && other.place != door.place);
    let total = siblings.clone().count();
    let tied = siblings.filter(|other| is_tied(cx, other)).count();
    (tied >= 2 && tied * 10 >= total * 6).then_some(Evidence {
        door: *door,
        tied,
        total,
        family: Family::File,
        example: None,
    })
}

/// Whether a known caller names an object in the path, and something is done with it.
fn names_an_object(door: &Door) -> bool {
    let does =
        [Effect::Read, Effect::Write, Effect::File].iter().any(|effect| door.access.effects.has(*effect));
    let changes = door.endpoint.methods.may_change();
    door.is_guarded() && door.openness == Openness::Closed && door.names_object() && (does || changes)
}

fn is_tied(cx: &LintContext, door: &Door) -> bool {
    door.own.owner || cx.guards().ties(door.function)
}
