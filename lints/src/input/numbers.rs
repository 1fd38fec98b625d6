//! What lints share that follow a request to an operator or a call.

use ward_diagnostics::{Confidence, Finding, LintMetadata};
use ward_flow::{Entry, Reached, Way};
use ward_linter::LintContext;

/// How sure it is that a request decides here; `None` if none does.
pub(super) fn by_request(way: &Way) -> Option<Confidence> {
    match (way.entry, way.assumed) {
        (Entry::Request(_), 0) => Some(Confidence::Medium),
        (Entry::Request(_), _) => Some(Confidence::Low),
        _ => None,
    }
}

/// The ways of a request, and how sure the surest is.
pub(super) fn of_request(mut reached: Reached) -> Option<(Reached, Confidence)> {
    reached.ways.retain(|way| by_request(way).is_some());
    let confidence = reached.ways.iter().filter_map(by_request).max()?;
    Some((reached, confidence))
}

/// A finding at the place that is reached, with the ways and the place where the data comes in.
pub(super) fn finding(
    cx: &LintContext,
    lint: &'static LintMetadata,
    message: String,
    reached: &Reached,
    confidence: Confidence,
) -> Finding {
    let mut finding = Finding::new(lint, reached.place, message).help(reached.sink.help.as_str());
    finding.confidence = confidence;
    finding.function = Some(cx.name(reached.function));
    for way in &reached.ways {
        finding = finding.flow(cx.tell(way, reached));
    }
    let first = reached.ways.first().and_then(|way| cx.tell(way, reached).steps.into_iter().next());
    match first {
        Some(first) if first.location != reached.place => finding.related(first.location, first.message),
        _ => finding,
    }
}
