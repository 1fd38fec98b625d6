//! Text that somebody else chose in a page, without encoding.
//!
//! A finding stands where the text is put into the markup, because that is where the encoding is missing; a page
//! that is built in one function is one finding, however many holes it has. What counts as encoded depends on the
//! place in the page: an escape for text does nothing for a script.

use std::collections::BTreeMap;

use ward_diagnostics::{Confidence, Finding, Flow, FlowStep, Severity, StepKind};
use ward_flow::models::SourceClass;
use ward_flow::{Entry, Hole, Reached, UNKNOWN, Way, WayStep, WayStepKind};
use ward_linter::{Lint, LintContext, declare_lint};
use ward_semantics::{DefId, Resolution};
use ward_syntax::{FileSpan, Symbol};

use super::html::{HtmlContext, is_markup};
use super::template_holes::{Filled, Templates};
use super::templates::Printed;
use crate::flows::{Stored, is_by_header, of_error};

declare_lint! {
    /// Text that somebody else chose in a page, without encoding.
    UNENCODED_HTML = {
        name: "unencoded-html",
        group: "output",
        summary: "text that somebody else chose becomes part of a page without encoding",
        severity: High,
        confidence: High,
        cwe: [79],
        owasp: ["API8:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint = Lint { metadata: &UNENCODED_HTML, check, kinds: &["html", "stored"], guards: false };

/// A text put into a page.
struct Evidence {
    /// Where it is put into the markup, or given as all of it.
    at: FileSpan,
    /// In which function.
    function: DefId,
    reached: Reached,
    way: Way,
    context: HtmlContext,
    confidence: Confidence,
    /// How a template prints it, if one does.
    printed: Option<Printed>,
}

fn describe(cx: &LintContext, evidence: &Evidence, others: &[Evidence]) -> Finding {
    let Evidence { at, function, reached, way, context, confidence, printed } = evidence;
    let message = match escape_of(way) {
        _ if *printed == Some(Printed::Escaped) => {
            format!("the escape of this text is not enough for {}", context.name())
        }
        Some(_) => format!("the escape of this text is not enough for {}", context.name()),
        None if matches!(way.entry, Entry::Other { class: SourceClass::Filesystem, .. }) => {
            format!("the name of a file becomes part of {} without encoding", context.name())
        }
        None if is_stored(way) => {
            format!("a text that a request has stored becomes part of {} without encoding", context.name())
        }
        None => format!("request data becomes part of {} without encoding", context.name()),
    };
    let mut finding = Finding::new(&UNENCODED_HTML, *at, message)
        .label(match printed {
            Some(_) => "printed by the template here",
            None if way.hole.is_some() => "put into the page here",
            None => "sent as a page",
        })
        .note("whoever chooses this text can write elements and scripts of their own, which run in the browser of the user who opens the page")
        .help(reached.sink.help.as_str());
    finding.confidence = *confidence;
    finding.severity = if escape_of(way).is_some() { Severity::Medium } else { Severity::High };
    finding.function = Some(cx.name(*function));
    let mut flow = cx.tell(way, reached);
    if printed.is_some() {
        tell_template(&mut flow, *at, reached);
    }
    if let Some(first) = flow.steps.first()
        && first.location != *at
    {
        finding = finding.related(first.location, first.message.clone());
    }
    for other in others {
        finding = finding.related(other.at, format!("so does this text, into {}", other.context.name()));
    }
    if printed.is_some() {
        finding = finding.related(reached.place, "given to the template here");
    } else if reached.place != *at && !reached.callee.is_empty() {
        finding = finding.related(reached.place, format!("sent by `{}`", reached.callee));
    }
    finding.flow(flow)
}

/// The last step of a flow into a template.
fn tell_template(flow: &mut Flow, at: FileSpan, reached: &Reached) {
    if let Some(last) = flow.steps.last_mut() {
        last.kind = StepKind::Step;
        last.message = format!("given to the template by `{}`", reached.callee);
        let function = last.function.clone();
        let message = "printed by the template".to_owned();
        flow.steps.push(FlowStep { location: at, message, kind: StepKind::Sink, function });
    }
}

fn check(cx: &LintContext) {
    let mut pages: BTreeMap<(FileSpan, DefId), Vec<Evidence>> = BTreeMap::new();
    let flows = with_stored(cx, cx.flows("html"));
    check_templates(cx, &flows);
    let mut all: Vec<Evidence> = flows.iter().flat_map(|reached| evidence(cx, reached)).collect();
    // The surest comes first, then what stands first: of two for one place, and as the place of the finding.
    all.sort_by_key(|evidence| (evidence.function, std::cmp::Reverse(evidence.confidence), evidence.at));
    for evidence in all {
        let page = pages.iter_mut().find(|((_, function), _)| *function == evidence.function);
        match page {
            Some((_, page)) if page.iter().any(|known| known.at == evidence.at) => {}
            Some((_, page)) => page.push(evidence),
            None => drop(pages.insert((evidence.at, evidence.function), vec![evidence])),
        }
    }
    for page in pages.into_values() {
        if let Some((first, others)) = page.split_first() {
            cx.report(describe(cx, first, others));
        }
    }
}

/// The places with what requests write there, and with what requests have stored before: the field of a row has the name of
/// what was stored. What else a row holds is the service's own.
fn with_stored(cx: &LintContext, mut flows: Vec<Reached>) -> Vec<Reached> {
    let stored = Stored::of(cx, "html");
    let as_it_came = |way: &Way| stored.before(way).iter().any(|(_, brought)| escape_of(brought).is_none());
    for reached in &mut flows {
        reached.ways.retain(|way| !is_stored(way) || (way.assumed == 0 && as_it_came(way)));
    }
    flows.retain(|reached| !reached.ways.is_empty());
    flows
}

/// Whether a way begins with what was stored before.
fn is_stored(way: &Way) -> bool {
    matches!(way.entry, Entry::Other { class: SourceClass::Stored, .. })
}

/// What templates print. A hole is told once, whoever fills it, and a value that fills several in one finding.
fn check_templates(cx: &LintContext, flows: &[Reached]) {
    let mut templates = Templates::new(cx);
    let mut holes: BTreeMap<FileSpan, Evidence> = BTreeMap::new();
    for reached in flows {
        for way in &reached.ways {
            let Some(part) = way.part else { continue };
            for filled in templates.filled(reached, part) {
                let Some(evidence) = printed_evidence(reached, way, &filled) else { continue };
                let known = holes.get(&filled.at).map(|known| known.confidence);
                if known.is_none_or(|known| known < evidence.confidence) {
                    holes.insert(filled.at, evidence);
                }
            }
        }
    }
    let mut values: BTreeMap<(FileSpan, &str), Vec<Evidence>> = BTreeMap::new();
    for evidence in holes.into_values() {
        let part = evidence.way.part.map_or("", |part| part.name.as_str());
        values.entry((evidence.reached.place, part)).or_default().push(evidence);
    }
    for mut filled in values.into_values() {
        // Stable: of equally sure ones the first in the template stays first.
        filled.sort_by_key(|evidence| std::cmp::Reverse(evidence.confidence));
        if let Some((first, others)) = filled.split_first() {
            cx.report(describe(cx, first, others));
        }
    }
}

/// A text that a template prints, unless it is harmless there.
fn printed_evidence(reached: &Reached, way: &Way, filled: &Filled) -> Option<Evidence> {
    let Filled { at, hole, is_exact } = filled;
    let context = HtmlContext::after(&hole.before);
    if escape_of(way).is_some_and(|escape| context.is_served_by(escape.as_str())) {
        return None;
    }
    if hole.printed == Printed::Escaped && context.is_served_by("<\"") {
        return None;
    }
    let sure = match way.assumed {
        _ if matches!(way.entry, Entry::Caller { .. }) => return None,
        _ if of_error(way) || hole.printed != Printed::Raw => Confidence::Low,
        0 if *is_exact && !is_stored(way) => Confidence::High,
        0 => Confidence::Medium,
        1 if *is_exact => Confidence::Medium,
        _ => Confidence::Low,
    };
    Some(Evidence {
        at: *at,
        function: reached.function,
        reached: reached.clone(),
        way: way.clone(),
        context,
        confidence: sure,
        printed: Some(hole.printed),
    })
}

/// The ways by which a request writes in a page.
fn evidence(cx: &LintContext, reached: &Reached) -> Vec<Evidence> {
    let ways = reached.ways.iter().filter(|way| way.part.is_none()).filter_map(|way| {
        let (hole, context) = place_in_page(way);
        if escape_of(way).is_some_and(|escape| context.is_served_by(escape.as_str())) {
            return None;
        }
        if looks_at_markup(cx, way) {
            return None;
        }
        // A document that says it is XML is the business of another lint.
        if hole.is_some_and(|hole| hole.before.as_str().contains("<?xml ")) {
            return None;
        }
        let mut confidence = confidence(reached, way, hole)?;
        // Browsers encode the brackets and quotes of a path; what decodes it brings them back.
        if way.escaped.is_some_and(|context| context.as_str() == "rooted") && !is_decoded(way) {
            confidence = Confidence::Low;
        }
        // Who would have to send the header is who sees the page.
        if is_by_header(way) {
            confidence = Confidence::Low;
        }
        // Nobody sees the page of a redirect.
        if cx.semantics().def_map.name(reached.function).as_str().contains("redirect") {
            confidence = Confidence::Low;
        }
        let (at, function) = put_at(way).unwrap_or((reached.place, reached.function));
        if reached.callee.is_empty() && is_of_message(cx, function) {
            confidence = Confidence::Low;
        }
        let evidence = Evidence {
            at,
            function,
            reached: reached.clone(),
            way: way.clone(),
            context,
            confidence,
            printed: None,
        };
        cx.is_reported(function).then_some(evidence)
    });
    ways.collect()
}

/// Whether a function on the way looks at the markup that stands in a markdown text.
fn looks_at_markup(cx: &LintContext, way: &Way) -> bool {
    let semantics = cx.semantics();
    let renders = |step: &&WayStep| matches!(step.kind, WayStepKind::Bound(_) | WayStepKind::External(_));
    let mut functions: Vec<DefId> = way.steps.iter().filter(renders).map(|step| step.function).collect();
    functions.dedup();
    functions.into_iter().any(|function| {
        let Some(types) = semantics.types(function) else { return false };
        types.paths().any(|(_, resolution)| {
            let path = match resolution {
                Resolution::External(path) => path.as_str(),
                Resolution::Method { ty, name } if ty.as_str() == "pulldown_cmark::Event" => name.as_str(),
                _ => return false,
            };
            matches!(path, "Html" | "InlineHtml")
                || (path.starts_with("pulldown_cmark::Event::") && path.ends_with("Html"))
        })
    })
}

/// Whether a function, or one that calls it, sends mails or messages of a chat: what is put together there is no page.
fn is_of_message(cx: &LintContext, function: DefId) -> bool {
    const MOST_CALLS: usize = 2;
    let semantics = cx.semantics();
    let sends = |def: &DefId| {
        let (Some(types), Some((file, _))) = (semantics.types(*def), semantics.body(*def)) else {
            return false;
        };
        let ir = semantics.ir(file);
        types.paths().any(|(path, resolution)| {
            let is_mail = match resolution {
                Resolution::External(path) | Resolution::Method { ty: path, .. } => {
                    path.as_str().starts_with("lettre::")
                }
                _ => false,
            };
            is_mail || ir.path_segments(path).iter().any(|segment| segment.name.as_str() == "ParseMode")
        })
    };
    let mut level = vec![function];
    for _ in 0..=MOST_CALLS {
        if level.iter().any(sends) {
            return true;
        }
        level = level.iter().flat_map(|def| semantics.call_graph().callers(*def)).copied().collect();
    }
    false
}

/// Whether a text was decoded on its way.
fn is_decoded(way: &Way) -> bool {
    way.steps.iter().any(|step| match step.kind {
        WayStepKind::External(name) => name.as_str().contains("decode"),
        _ => false,
    })
}

/// The escape of a text for pages. What is known of it as a path or a word of a command is none.
fn escape_of(way: &Way) -> Option<Symbol> {
    way.escaped
        .filter(|context| !matches!(context.as_str(), "rooted" | "segment" | "canonical" | "shell-quoted"))
}

/// The hole that is in markup, and what it is in.
fn place_in_page(way: &Way) -> (Option<Hole>, HtmlContext) {
    let holes = [way.hole, way.outer].into_iter().flatten();
    let hole = holes.into_iter().find(|hole| is_markup(hole.before.as_str(), hole.after.as_str()));
    let context = hole.map_or(HtmlContext::Text, |hole| HtmlContext::after(hole.before.as_str()));
    // `href="{base}{name}"` that was put together before: the name is not at the start.
    let is_later = way.lead.as_str().ends_with(UNKNOWN);
    let context =
        if context == HtmlContext::Address && is_later { HtmlContext::Quoted('"') } else { context };
    (hole, context)
}

/// Where the text was put into another first.
fn put_at(way: &Way) -> Option<(FileSpan, DefId)> {
    let put = |kind| matches!(kind, WayStepKind::Template | WayStepKind::Appended);
    let is_plain = way.hole.is_some_and(|hole| !is_markup(hole.before.as_str(), hole.after.as_str()));
    let mut steps = way.steps.iter().filter(|step| put(step.kind));
    let first = steps.next()?;
    // What is put together before it becomes part of a page is no markup yet.
    let step = if is_plain && way.outer.is_some() { steps.next().unwrap_or(first) } else { first };
    Some((step.at, step.function))
}

/// How sure it is that a way writes in a page; `None` if it does not.
fn confidence(reached: &Reached, way: &Way, hole: Option<Hole>) -> Option<Confidence> {
    if matches!(way.entry, Entry::Caller { .. }) {
        return None;
    }
    // Known by the looks of the text alone, or by where it is sent.
    let is_sent = !reached.callee.is_empty();
    match way.assumed {
        _ if of_error(way) => Some(Confidence::Low),
        // A whole page may have been stored as one.
        _ if is_stored(way) => {
            let is_part = hole.is_some() || reached.callee.as_str().ends_with("PreEscaped");
            Some(if is_part { Confidence::Medium } else { Confidence::Low })
        }
        0 if is_sent && hole.is_some() => Some(Confidence::High),
        0 => Some(Confidence::Medium),
        1 if hole.is_some() => Some(Confidence::Medium),
        // What something unknown made of the data and is sent as a whole may well be a page that escapes.
        _ => Some(Confidence::Low),
    }
}
