//! Text that somebody else chose in the path of a file.
//!
//! Two things can go wrong with a path, and a check against the one is none against the other: an absolute path
//! replaces the folder it is joined to, and `..` leaves it. An absolute path is harmless where it was put behind
//! other text; joined to a folder it is not.
//!
//! In a library nobody but callers brings a path. What a method opens below a folder that its object holds is told for
//! the text that callers name it by; a whole path is an interface, not a mistake.

mod drives;

use rustc_hash::FxHashSet;
use ward_diagnostics::{Confidence, Severity};
use ward_flow::{Entry, Reached, Way};
use ward_linter::{Lint, LintContext, declare_lint};
use ward_semantics::{DefId, TyKind};
use ward_syntax::FileSpan;

use crate::flows::{Judgement, Wording, by_request, is_constant_path, report};

declare_lint! {
    /// Text that somebody else chose in the path of a file.
    PATH_TRAVERSAL = {
        name: "path-traversal",
        group: "injection",
        summary: "a request chooses which file is opened, written or removed",
        severity: High,
        confidence: High,
        cwe: [22, 73],
        owasp: ["API8:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint =
    Lint { metadata: &PATH_TRAVERSAL, check, kinds: &["path-parent", "path-absolute"], guards: false };

static ANYWHERE: Wording = Wording {
    message: "request data becomes part of the path given to",
    label: "this path may lead out of its folder",
    note: "`..` leaves the folder, and an absolute path replaces it: any file the service can reach can be meant",
    help: None,
};

static ARCHIVED: Wording = Wording {
    message: "a name in an archive becomes part of the path given to",
    label: "this path may lead out of its folder",
    note: "whoever packs an archive chooses the names in it: `..` leaves the folder, and an absolute path replaces it",
    help: None,
};

static ABSOLUTE: Wording = Wording {
    message: "an absolute path from the request replaces the folder in what is given to",
    label: "this path may be another than the one below the folder",
    note: "`join` and `push` forget what they have when they are given an absolute path, and nothing here refuses one",
    help: None,
};

static BY_CALLER: Wording = Wording {
    message: "a caller's text becomes part of the path given to",
    label: "this path may lead out of its folder",
    note: "callers pass on what they were given, a request's path or the name of an upload, and rely on the folder being kept",
    help: None,
};

fn check(cx: &LintContext) {
    let below = below_own_folders(cx);
    report(cx, &PATH_TRAVERSAL, &["path-parent", "path-absolute"], |way, reached, kind| match way.entry {
        Entry::Caller { function, parameter, .. } => {
            let is_below = below.contains(&(function, reached.place));
            by_caller(cx, way, (function, parameter)).filter(|_| is_below)
        }
        _ => judge(cx, way, kind),
    });
    drives::check(cx);
}

/// The methods and their places where a path is made of what the object itself holds: a folder of its own. None in
/// services: what comes in there is known.
fn below_own_folders(cx: &LintContext) -> FxHashSet<(DefId, FileSpan)> {
    if !cx.endpoints().all().is_empty() {
        return FxHashSet::default();
    }
    let of_object = |way: &Way| match way.entry {
        Entry::Caller { function, parameter: 0, path } if !path.is_empty() => Some(function),
        _ => None,
    };
    let reached = cx.flows("path-parent");
    let of_place = |reached: &Reached| -> Vec<(DefId, FileSpan)> {
        reached.ways.iter().filter_map(of_object).map(|function| (function, reached.place)).collect()
    };
    reached.iter().flat_map(of_place).collect()
}

fn judge(cx: &LintContext, way: &Way, kind: &str) -> Option<Judgement> {
    let most = if is_in_name(way.lead.as_str()) || is_constant_path(cx, way) {
        Confidence::Low
    } else {
        Confidence::High
    };
    let confidence = by_request(way)?.min(most);
    let parent = kind == "path-parent";
    if !parent && !way.lead.is_empty() {
        return None;
    }
    let is_archived = matches!(way.entry, Entry::Request(kind) if kind.as_str() == "archive");
    let wording = match (is_archived, parent) {
        (true, _) => &ARCHIVED,
        (false, true) => &ANYWHERE,
        (false, false) => &ABSOLUTE,
    };
    Some(Judgement { confidence, severity: Severity::High, wording })
}

/// Whether a text stands in a component of a path behind others of its name: `{id}-{name}`. What it leads out of is a
/// folder of that beginning, and there is none.
fn is_in_name(lead: &str) -> bool {
    let name = lead.rsplit(['/', '\\']).next().unwrap_or(lead);
    name.ends_with(['-', '_', '.', '@', '=', '+', '~', '#']) && !matches!(name, "." | "..")
}

/// What callers outside the workspace pass to a method that opens files below a folder of its own: text that names
/// one of them, not a path that is theirs to choose.
fn by_caller(cx: &LintContext, way: &Way, (function, parameter): (DefId, u16)) -> Option<Judgement> {
    let semantics = cx.semantics();
    let takes_self = semantics.item(function).as_fn()?.self_param.is_some();
    let index = usize::from(parameter).checked_sub(usize::from(takes_self))?;
    let ty = semantics.signature(function)?.params.get(index).copied()?;
    let is_text = matches!(ty.kind(), TyKind::Str)
        || matches!(ty.kind(), TyKind::External { path, .. } if path.as_str() == "std::string::String");
    (takes_self && is_text && way.assumed == 0).then_some(Judgement {
        confidence: Confidence::Medium,
        severity: Severity::Medium,
        wording: &BY_CALLER,
    })
}
