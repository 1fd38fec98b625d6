//! Text that somebody else chose in the host of a URL that the service asks.
//!
//! Only where the host is chosen counts: behind a constant or configured origin and a slash, what the request brings
//! is a path. Parsing alone checks nothing, as every URL parses. Where a function on the way asks addresses whether
//! they are private or local, or the service's own name resolver does, the confidence is low: whether the filter is
//! complete is another question.

use rustc_hash::FxHashSet;
use ward_diagnostics::{Confidence, Finding, Severity};
use ward_flow::{Entry, Reached, Way};
use ward_linter::{Lint, LintContext, declare_lint};
use ward_semantics::{Callee, DefId, Semantics, TraitName};
use ward_syntax::Symbol;

use crate::administrators;
use crate::flows::{Judgement, Stored, UrlPosition, Wording, by_request, report};

declare_lint! {
    /// Text that somebody else chose in the host of a URL that the service asks.
    SSRF = {
        name: "ssrf",
        group: "input",
        summary: "a request chooses which host the service talks to",
        severity: High,
        confidence: High,
        cwe: [918],
        owasp: ["API7:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint = Lint { metadata: &SSRF, check, kinds: &["url", "stored"], guards: true };

static WORDING: Wording = Wording {
    message: "request data chooses the host in the URL given to",
    label: "this host is asked",
    note: "whoever chooses the host makes the service talk to its own network: databases, cloud metadata, services that trust it",
    help: None,
};

fn check(cx: &LintContext) {
    let resolves = resolver_filters(cx.semantics());
    report(cx, &SSRF, &["url"], |way, reached, _| {
        let filtered = resolves || way_filters(cx.semantics(), way, reached);
        let is_meant = filtered || is_by_administrator(cx, way);
        let most = if is_meant { Confidence::Low } else { sure_of(cx.semantics(), way, reached) };
        judge(way, most)
    });
    if !resolves {
        check_stored(cx);
    }
}

/// Texts that requests brought and that were stored meanwhile: the field of a row has the name of what was stored.
fn check_stored(cx: &LintContext) {
    let stored = Stored::of(cx, "url");
    if stored.is_empty() {
        return;
    }
    let semantics = cx.semantics();
    for reached in cx.flows("url") {
        // Whom a request has asked by the same place is told already.
        if reached.ways.iter().any(|way| matches!(way.entry, Entry::Request(_))) {
            continue;
        }
        let fetched = reached.ways.iter().find_map(|way| {
            let is_host = matches!(UrlPosition::of(way), UrlPosition::Start | UrlPosition::Host);
            let is_sure = is_host && way.assumed == 0 && !way_filters(semantics, way, &reached);
            let before = if is_sure { stored.before(way) } else { &[] };
            let (at, brought) = before.iter().find(|(at, brought)| !way_filters(semantics, brought, at))?;
            Some((way, at, brought))
        });
        let Some((way, at, brought)) = fetched else { continue };
        let callee = reached.callee;
        let message =
            format!("a text that a request has stored chooses the host that is asked by `{callee}`");
        let mut finding = Finding::new(&SSRF, reached.place, message)
            .label(WORDING.label)
            .note(WORDING.note)
            .help(reached.sink.help.as_str())
            .related(at.place, "stored here");
        finding.confidence = Confidence::Medium;
        finding.severity = Severity::High;
        finding.function = Some(cx.name(reached.function));
        cx.report(finding.flow(cx.tell(brought, at)).flow(cx.tell(way, &reached)));
    }
}

/// Whether the data comes in where administrators are let in alone: whom the service talks to is theirs to say.
fn is_by_administrator(cx: &LintContext, way: &Way) -> bool {
    way.steps.first().is_some_and(|first| administrators::are_alone(cx, first.function, first.at))
}

/// How sure it can be at most that a host is asked. A request that is put together may be one to the service itself, if
/// it is not sent where it is made; who connects to what a request is addressed to is a proxy, which does so for everybody.
fn sure_of(semantics: &Semantics, way: &Way, reached: &Reached) -> Confidence {
    let is_whole_request = matches!(way.entry, Entry::Request(kind) if kind.as_str() == "request");
    let last = reached.callee.as_str().rsplit(':').next().unwrap_or_default();
    match last {
        "uri" if is_whole_request || !calls_one_of(semantics, reached.function, SENDERS) => Confidence::Low,
        "connect" if is_whole_request => Confidence::Low,
        "uri" | "connect" => Confidence::Medium,
        _ => Confidence::High,
    }
}

/// What sends a request that was put together by hand.
const SENDERS: &[&str] = &["request", "send_request", "send", "execute", "fetch"];

/// Judges a way; the confidence is `most` at most.
fn judge(way: &Way, most: Confidence) -> Option<Judgement> {
    let confidence = by_request(way)?;
    let confidence = match UrlPosition::of(way) {
        UrlPosition::Behind | UrlPosition::Slash => return None,
        UrlPosition::BehindUnknown => Confidence::Low,
        // A request's own URI names a host where it is meant for a proxy.
        UrlPosition::Start | UrlPosition::Host if is_of_own_uri(way) => Confidence::Low,
        UrlPosition::Start | UrlPosition::Host => confidence,
    };
    let confidence = most.min(confidence);
    Some(Judgement { confidence, severity: Severity::High, wording: &WORDING })
}

/// Whether the data is a part of the request's own URI, but its query.
fn is_of_own_uri(way: &Way) -> bool {
    matches!(way.entry, Entry::Request(kind) if kind.as_str() == "uri")
        && way.path.names().all(|name| name.as_str() != "query")
}

/// What code asks an address that may not be talked to.
const QUESTIONS: &[&str] = &["is_private", "is_loopback", "is_link_local", "is_global", "is_unique_local"];
/// What a function that is named for a check asks of a URL.
const HOST_QUESTIONS: &[&str] = &["host", "host_str", "domain", "octets", "segments"];
/// Words in the names of such functions.
const CHECKS: &[&str] = &["valid", "check", "allow", "block", "safe", "verify", "ensure", "permit", "deny"];
/// How many calls deep a filter of addresses is looked for.
const FILTER_DEPTH: usize = 3;

/// Whether a function on the way, or one it calls, filters addresses.
fn way_filters(semantics: &Semantics, way: &Way, reached: &Reached) -> bool {
    let mut functions: Vec<DefId> = way.steps.iter().map(|step| step.function).collect();
    functions.push(reached.function);
    functions.dedup();
    functions.into_iter().any(|function| filters(semantics, function, FILTER_DEPTH))
}

/// Whether the service resolves names by itself and filters addresses there.
fn resolver_filters(semantics: &Semantics) -> bool {
    let resolve = Symbol::new("reqwest::dns::Resolve");
    let of_resolver = |def: &DefId| {
        semantics.enclosing_impl(*def).is_some_and(|found| {
            found.trait_ref.as_ref().is_some_and(|bound| bound.name == TraitName::External(resolve))
        })
    };
    !semantics.trait_impls(resolve).is_empty()
        && semantics
            .functions()
            .iter()
            .filter(|def| of_resolver(def))
            .any(|def| filters(semantics, *def, FILTER_DEPTH + 1))
}

/// Whether a function, or one it calls, asks addresses whether they are private.
fn filters(semantics: &Semantics, function: DefId, depth: usize) -> bool {
    let mut seen = FxHashSet::from_iter([function]);
    let mut level = vec![function];
    for _ in 0..=depth {
        if level.iter().any(|def| asks_addresses(semantics, *def)) {
            return true;
        }
        let callees = level.iter().flat_map(|def| semantics.callees(*def)).copied();
        level = callees.filter(|callee| seen.insert(*callee)).collect();
    }
    false
}

fn asks_addresses(semantics: &Semantics, function: DefId) -> bool {
    let is_check = || {
        let name = semantics.def_map.name(function);
        CHECKS.iter().any(|word| name.as_str().contains(word))
    };
    calls_one_of(semantics, function, QUESTIONS)
        || (calls_one_of(semantics, function, HOST_QUESTIONS) && is_check())
}

fn calls_one_of(semantics: &Semantics, function: DefId, names: &[&str]) -> bool {
    let Some(types) = semantics.types(function) else { return false };
    types.callees().any(|(_, callee)| match callee {
        Callee::Method { name, .. } | Callee::UnknownMethod(name) => names.contains(&name.as_str()),
        _ => false,
    })
}
