//! What lints that follow data share: they ask for the places that somebody's data reaches, judge each way by
//! the text around it, and tell of the surest.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;
use ward_diagnostics::{Confidence, Finding, LintMetadata, Severity};
use ward_flow::models::SourceClass;
use ward_flow::{Entry, Reached, UNKNOWN, Way, WayStep, WayStepKind};
use ward_linter::LintContext;
use ward_semantics::DefId;
use ward_semantics::endpoint::{Endpoint, Handler};
use ward_syntax::{Expr, FileSpan, Symbol, sym};

/// What a lint says of a place.
pub(crate) struct Wording {
    /// Stands before the call's name: `request data becomes part of the path given to`.
    pub(crate) message: &'static str,
    /// What the place is.
    pub(crate) label: &'static str,
    /// Why it matters.
    pub(crate) note: &'static str,
    /// What to write instead, where it is not what the sink's model says.
    pub(crate) help: Option<&'static str>,
}

/// What a lint makes of one way.
pub(crate) struct Judgement {
    /// How sure it is.
    pub(crate) confidence: Confidence,
    /// How bad.
    pub(crate) severity: Severity,
    /// The words for it.
    pub(crate) wording: &'static Wording,
}

/// Reports every place that data reaches by a way that `judge` holds for dangerous. Several kinds of sink are told
/// together where they stand at one place.
pub(crate) fn report(
    cx: &LintContext,
    lint: &'static LintMetadata,
    kinds: &[&'static str],
    judge: impl Fn(&Way, &Reached, &str) -> Option<Judgement>,
) {
    let mut told_before: Vec<Told> = Vec::new();
    for Place { reached, ways } in places(cx, kinds) {
        let judged = ways.iter().filter_map(|(kind, way)| Some((way, judge(way, &reached, kind)?)));
        let mut judged: Vec<(&Way, Judgement)> = judged.collect();
        judged.sort_by_key(|(_, judgement)| Reverse((judgement.confidence, judgement.severity)));
        let Some((way, judgement)) = judged.first() else { continue };
        let mut finding = describe(lint, &reached, judgement);
        finding.function = Some(cx.name(reached.function));
        let mut told: Vec<&Way> = Vec::new();
        for (way, _) in &judged {
            if !told.iter().any(|other| other.steps == way.steps) {
                told.push(way);
                finding = finding.flow(cx.tell(way, &reached));
            }
        }
        if let Some((at, message)) = entry(cx, way, &reached) {
            finding = finding.related(at, message);
        }
        let is_same = |told: &&mut Told| {
            told.function == reached.function
                && told.steps == way.steps
                && told.finding.confidence >= finding.confidence
                && are_arms_of_one(cx, reached.function, told.place, reached.place)
        };
        match told_before.iter_mut().find(is_same) {
            Some(told) => told.others.push(reached.place),
            None => told_before.push(Told {
                function: reached.function,
                place: reached.place,
                steps: way.steps.clone(),
                finding,
                others: Vec::new(),
            }),
        }
    }
    for told in told_before {
        let others = told.others.into_iter().take(MOST_OTHERS);
        cx.report(others.fold(told.finding, |finding, other| finding.related(other, "so does it here")));
    }
}

/// A finding, and the places in other arms of a match that the same value comes to.
struct Told {
    function: DefId,
    place: FileSpan,
    steps: Vec<WayStep>,
    finding: Finding,
    others: Vec<FileSpan>,
}

/// More other places are not listed.
const MOST_OTHERS: usize = 8;

/// Whether two places stand in different arms of one match: only one of them is ever run.
fn are_arms_of_one(cx: &LintContext, function: DefId, one: FileSpan, other: FileSpan) -> bool {
    let Some((file, body)) = cx.semantics().body(function) else { return false };
    let ir = cx.semantics().ir(file);
    ir.body(body).exprs.of(&ir.exprs).iter().any(|expr| {
        let Expr::Match { arms, .. } = *expr else { return false };
        let arm = |place: FileSpan| {
            let mut arms = ir.arms(arms).iter();
            arms.position(|arm| ir.expr_span(arm.body).contains(place.span))
        };
        matches!((arm(one), arm(other)), (Some(one), Some(other)) if one != other)
    })
}

/// A place, with its ways by the kind of sink that they reach there.
struct Place {
    reached: Reached,
    ways: Vec<(&'static str, Way)>,
}

/// The places of all kinds, each once, in their order.
fn places(cx: &LintContext, kinds: &[&'static str]) -> Vec<Place> {
    let mut all: Vec<Place> = Vec::new();
    let mut known: FxHashMap<FileSpan, usize> = FxHashMap::default();
    for kind in kinds {
        for mut reached in cx.flows(kind) {
            let ways = std::mem::take(&mut reached.ways).into_iter().map(|way| (*kind, way));
            if let Some(at) = known.get(&reached.place) {
                all[*at].ways.extend(ways);
            } else {
                known.insert(reached.place, all.len());
                all.push(Place { ways: ways.collect(), reached });
            }
        }
    }
    all.sort_by_key(|place| place.reached.place);
    all
}

fn describe(lint: &'static LintMetadata, reached: &Reached, judgement: &Judgement) -> Finding {
    let Judgement { confidence, severity, wording } = judgement;
    // A sink that is known by its text has no call.
    let callee = reached.callee.as_str();
    let message = if callee.is_empty() {
        wording.message.to_owned()
    } else {
        format!("{} `{callee}`", wording.message)
    };
    let mut finding = Finding::new(lint, reached.place, message)
        .label(wording.label)
        .note(wording.note)
        .help(wording.help.unwrap_or(reached.sink.help.as_str()));
    finding.confidence = *confidence;
    finding.severity = *severity;
    finding
}

/// Where the data comes in, as a label beside the place.
fn entry(cx: &LintContext, way: &Way, reached: &Reached) -> Option<(FileSpan, String)> {
    let first = cx.tell(way, reached).steps.into_iter().next()?;
    (first.location != reached.place).then_some((first.location, first.message))
}

/// What requests store, by the name that it has: the field of the request, or the variable that holds it.
pub(crate) struct Stored(FxHashMap<Symbol, Vec<(Reached, Way)>>);

/// So many places that store something of one name are told apart.
const MOST_STORED: usize = 12;

impl Stored {
    /// All that is stored as it came, as far as sinks of a kind are concerned.
    pub(crate) fn of(cx: &LintContext, kind: &str) -> Self {
        let mut stored: FxHashMap<Symbol, Vec<(Reached, Way)>> = FxHashMap::default();
        for reached in cx.flows("stored") {
            let mut ways = reached
                .ways
                .iter()
                .filter(|way| by_request(way) == Some(Confidence::High) && cx.is_open(way, kind));
            let Some(way) = ways.next() else { continue };
            for name in names_of(way) {
                let all = stored.entry(name).or_default();
                if all.len() < MOST_STORED {
                    all.push((reached.clone(), way.clone()));
                }
            }
        }
        Self(stored)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Where what a way reads again was stored, if the way begins with what was stored before.
    pub(crate) fn before(&self, way: &Way) -> &[(Reached, Way)] {
        let is_row = matches!(way.entry, Entry::Other { class: SourceClass::Stored, .. });
        let name = is_row.then(|| field_of(way)).flatten();
        name.and_then(|name| self.0.get(&name)).map_or(&[], Vec::as_slice)
    }
}

/// The field or column of a row that a way begins with; of a column that is known by its number, what it is bound to.
fn field_of(way: &Way) -> Option<Symbol> {
    let mut names = way.steps.iter().filter_map(|step| match step.kind {
        WayStepKind::Source { name, .. } | WayStepKind::Bound(name) => Some(name),
        _ => None,
    });
    names.find(|name| is_name(*name))
}

fn is_name(name: Symbol) -> bool {
    name.as_str().starts_with(char::is_alphabetic)
}

/// The names of what comes by a way: of its part of what comes in, and of the last variable that it is bound to.
fn names_of(way: &Way) -> impl Iterator<Item = Symbol> {
    let bound = way.steps.iter().rev().find_map(|step| match step.kind {
        WayStepKind::Bound(name) | WayStepKind::Source { name, .. } => Some(name),
        _ => None,
    });
    let part = way.path.names().filter(|name| is_name(*name)).last();
    part.into_iter().chain(bound.filter(|bound| Some(*bound) != part))
}

/// How sure it is that a request writes here; `None` if none does.
pub(crate) fn by_request(way: &Way) -> Option<Confidence> {
    let Entry::Request(kind) = way.entry else { return None };
    let most = match kind.as_str() {
        // What goes wrong with a request seldom repeats it.
        _ if of_error(way) => Confidence::Low,
        // Between whoever talks to an agent and its tools stands the agent.
        "tool" => Confidence::Medium,
        // Which protocol is spoken, and with whom, is not known; messages of numbered parts are those of a program's own.
        "connection" if is_decoded(way) => Confidence::Low,
        "connection" => Confidence::Medium,
        _ => Confidence::High,
    };
    let sure = match way.assumed {
        0 => Confidence::High,
        1 => Confidence::Medium,
        _ => Confidence::Low,
    };
    Some(sure.min(most))
}

/// Whether a message was read from bytes that are no text.
fn is_decoded(way: &Way) -> bool {
    const DECODERS: [&str; 6] =
        ["deserialize", "from_bytes", "decode", "from_reader", "read_message", "decode_from_slice"];
    way.steps.iter().any(
        |step| matches!(step.kind, WayStepKind::External(name) if DECODERS.contains(&name.last_segment())),
    )
}

/// Whether the data is what an error says that was made of it.
pub(crate) fn of_error(way: &Way) -> bool {
    way.path.names().any(|name| name == sym::ERR)
}

/// Whether the data is a header, or what the request says of where it comes from or goes to: a link cannot choose that
/// for who follows it.
pub(crate) fn is_by_header(way: &Way) -> bool {
    let Entry::Request(kind) = way.entry else { return false };
    kind.as_str() == "header" || way.path.names().any(|name| is_header(name.as_str()))
}

fn is_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('_', "-");
    matches!(name.as_str(), "host" | "referer" | "referrer" | "origin" | "forwarded" | ":authority")
        || name.starts_with("x-forwarded-")
}

/// Whether the data is the path of a request that one route alone leads in by, and that has a constant path.
pub(crate) fn is_constant_path(cx: &LintContext, way: &Way) -> bool {
    way.escaped.is_some_and(|context| context.as_str() == "rooted") && is_of_constant_route(cx, way)
}

/// Whether all endpoints whose code the data comes in by have a constant path.
fn is_of_constant_route(cx: &LintContext, way: &Way) -> bool {
    let Some(first) = way.steps.first() else { return false };
    let holds = |endpoint: &&Endpoint| match endpoint.handler {
        Handler::Closure { function, file, closure } => {
            let ir = cx.semantics().ir(file);
            let mut patterns = ir.closure(closure).params.iter().map(|(pattern, _)| ir.pat_span(*pattern));
            let body = ir.expr_span(ir.closure(closure).body);
            let is_inside = body.contains(first.at.span);
            function == first.function && (is_inside || patterns.any(|span| span == first.at.span))
        }
        _ => endpoint.function() == Some(first.function),
    };
    let mut endpoints = cx.endpoints().all().iter().filter(holds).peekable();
    endpoints.peek().is_some() && endpoints.all(|endpoint| !endpoint.path.as_str().contains(['{', '*']))
}

/// Whether the data is the whole URI of the request itself: what a server gets of it begins with the path.
pub(crate) fn is_own_uri(way: &Way) -> bool {
    let Entry::Request(kind) = way.entry else { return false };
    let mut names = way.path.names().map(ward_syntax::Symbol::as_str).filter(|name| *name != "0");
    match kind.as_str() {
        "uri" => names.next().is_none(),
        "request" => names.next() == Some("uri") && names.next().is_none(),
        _ => false,
    }
}

/// Where in a URL a text stands, told by what stands before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum UrlPosition {
    /// At its beginning.
    Start,
    /// Behind one slash at its beginning: another makes a host of what follows.
    Slash,
    /// In the host, behind a scheme.
    Host,
    /// Behind something that is not known, and nothing else.
    BehindUnknown,
    /// In the path, the query or the fragment.
    Behind,
}

impl UrlPosition {
    /// Where the text of a way stands. A path of a URL, with its slash, ends the host before it.
    pub(crate) fn of(way: &Way) -> Self {
        let is_rooted = way.escaped.is_some_and(|context| context.as_str() == "rooted") || is_own_uri(way);
        match Self::behind(way.lead.as_str()) {
            Self::BehindUnknown if is_rooted => Self::Behind,
            Self::Host if is_rooted && !way.lead.as_str().ends_with("//") => Self::Behind,
            position => position,
        }
    }

    fn behind(lead: &str) -> Self {
        let rest = match lead.split_once("://") {
            // A URL within a URL.
            Some((before, _)) if before.contains(['/', '?', '#']) => return Self::Behind,
            Some((_, rest)) => {
                return if rest.contains(['/', '?', '#']) { Self::Behind } else { Self::Host };
            }
            None => lead,
        };
        match rest {
            "" => Self::Start,
            "/" => Self::Slash,
            "//" => Self::Host,
            UNKNOWN => Self::BehindUnknown,
            _ if rest.contains(['/', '?', '#']) => Self::Behind,
            // A piece of text that is no URL yet: what it is put behind decides.
            _ => Self::BehindUnknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::UrlPosition;

    #[test]
    fn what_stands_before_tells_the_position() {
        let cases = [
            ("", UrlPosition::Start),
            ("/", UrlPosition::Slash),
            ("https://", UrlPosition::Host),
            ("https://api.", UrlPosition::Host),
            ("//", UrlPosition::Host),
            ("https://example.com/", UrlPosition::Behind),
            ("https://example.com?q=", UrlPosition::Behind),
            ("\u{FFFC}", UrlPosition::BehindUnknown),
            ("\u{FFFC}/", UrlPosition::Behind),
            ("\u{FFFC}://", UrlPosition::Host),
            ("/users/", UrlPosition::Behind),
            ("/login?next=", UrlPosition::Behind),
            ("/login?next=https://", UrlPosition::Behind),
        ];
        for (lead, position) in cases {
            assert_eq!(UrlPosition::behind(lead), position, "{lead}");
        }
    }
}
