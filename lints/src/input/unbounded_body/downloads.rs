//! Answers of hosts that a request chose, read whole.
//!
//! Whoever chooses the host chooses how long its answer is.

use ward_diagnostics::{Confidence, Finding, Severity};
use ward_flow::Reached;
use ward_linter::LintContext;
use ward_semantics::Callee;
use ward_syntax::{ExprId, FileSpan, Symbol};

use super::{NOTE, UNBOUNDED_BODY};
use crate::flows::{UrlPosition, by_request};
use crate::input::taken;

pub(super) fn check(cx: &LintContext) {
    let mut told: Vec<FileSpan> = Vec::new();
    for mut reached in cx.flows("url") {
        reached.ways.retain(|way| {
            by_request(way).is_some()
                && matches!(UrlPosition::of(way), UrlPosition::Start | UrlPosition::Host)
        });
        let confidence = reached.ways.iter().filter_map(by_request).max().unwrap_or(Confidence::Low);
        let Some((name, at)) = read_whole(cx, &reached).filter(|(_, at)| !told.contains(at)) else {
            continue;
        };
        if reached.ways.is_empty() {
            continue;
        }
        told.push(at);
        let message =
            format!("`{name}` reads the whole answer of a host that the request chose, however long it is");
        let mut finding = Finding::new(&UNBOUNDED_BODY, at, message)
            .label("nothing limits this answer")
            .related(reached.place, "this host is asked")
            .note(NOTE)
            .help("read the answer piece by piece (`chunk`, `bytes_stream`), and stop above a limit");
        finding.confidence = confidence.min(Confidence::Medium);
        finding.severity = Severity::Medium;
        finding.function = Some(cx.name(reached.function));
        for way in &reached.ways {
            finding = finding.flow(cx.tell(way, &reached));
        }
        cx.report(finding);
    }
}

/// The call in the same function that reads the answer, if nothing limits it there.
fn read_whole(cx: &LintContext, reached: &Reached) -> Option<(&'static str, FileSpan)> {
    const READS: [&str; 3] = ["bytes", "copy_to", "read_to_end"];
    const LIMITS: [&str; 4] = ["content_length", "take", "chunk", "bytes_stream"];
    let calls = taken::calls(cx, reached.function);
    if calls.iter().any(|call| LIMITS.contains(&call.name)) {
        return None;
    }
    let is_answer =
        |path: Symbol| path.as_str().starts_with("reqwest::") && path.as_str().ends_with("Response");
    let (file, _) = cx.semantics().locate(reached.function);
    let ir = cx.semantics().ir(file);
    let place = |expr: ExprId| FileSpan { file, span: ir.expr_span(expr) };
    calls.into_iter().find_map(|call| match call.callee {
        Callee::Method { ty, .. } if READS.contains(&call.name) && is_answer(*ty) => {
            Some((call.name, place(call.expr)))
        }
        _ => None,
    })
}
