//! Bodies that are read into memory however long they are.
//!
//! Frameworks limit what their extractors read; what is reported switches that off or reads past it, or belongs to a
//! framework that limits nothing by itself. Answers of hosts that a request chooses are bodies too. A limit of any kind
//! in the same function, or around the same router, is believed.

use ward_diagnostics::{Confidence, Finding, Severity};
use ward_flow::Reached;
use ward_linter::{Lint, LintContext, declare_lint};
use ward_semantics::{Callee, DefId, Ty, TyKind};
use ward_syntax::{ExprId, FileSpan};

mod answers;
mod downloads;
mod limits;
mod reads;

use limits::{is_for_counters, is_most, limits};

use super::numbers;
use super::taken::{self, Call};

declare_lint! {
    /// Bodies that are read into memory however long they are.
    UNBOUNDED_BODY = {
        name: "unbounded-body",
        group: "input",
        summary: "a body is read into memory without a limit",
        severity: Medium,
        confidence: Medium,
        cwe: [770, 400],
        owasp: ["API4:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint =
    Lint { metadata: &UNBOUNDED_BODY, check, kinds: &["whole-body", "url"], guards: false };

/// A limit that is switched off, or a place that reads without one.
struct Evidence {
    at: FileSpan,
    function: DefId,
    what: &'static str,
    help: &'static str,
    confidence: Confidence,
    /// Others of the kind in the same function.
    others: Vec<FileSpan>,
}

const NOTE: &str = "one request can fill the memory of the process";

fn describe(cx: &LintContext, evidence: &Evidence) -> Finding {
    let mut finding = Finding::new(&UNBOUNDED_BODY, evidence.at, evidence.what)
        .label("no limit is left here")
        .note(NOTE)
        .help(evidence.help);
    finding.confidence = evidence.confidence;
    finding.function = Some(cx.name(evidence.function));
    evidence.others.iter().fold(finding, |finding, other| finding.related(*other, "and here"))
}

fn check(cx: &LintContext) {
    let found = cx.in_functions("unbounded-body", |function| {
        let calls = taken::calls(cx, function);
        switched_off(cx, function, &calls).into_iter().chain(reads::of(cx, function, &calls)).collect()
    });
    for evidence in &found {
        cx.report(describe(cx, evidence));
    }
    downloads::check(cx);
    for (reached, confidence) in cx.flows("whole-body").into_iter().filter_map(numbers::of_request) {
        if limits(cx, reached.function) {
            continue;
        }
        let (what, label) = if unpacks(&reached) {
            (
                "unpacks what the request brings, however much comes of it",
                "a few bytes may become millions here",
            )
        } else {
            ("reads the whole body of the request, however long it is", "nothing limits this body")
        };
        let message = format!("`{}` {what}", reached.callee);
        let mut finding =
            numbers::finding(cx, &UNBOUNDED_BODY, message, &reached, confidence).label(label).note(NOTE);
        finding.severity = Severity::Medium;
        cx.report(finding);
    }
}

/// Whether a place decompresses.
fn unpacks(reached: &Reached) -> bool {
    let last = reached.callee.as_str().rsplit(':').next().unwrap_or_default();
    matches!(last, "read_to_end" | "read_to_string" | "decode_all") || last.starts_with("decompress")
}

/// Whether a stream of request data is read into memory, not into a file.
fn keeps_stream(calls: &[Call]) -> bool {
    let is_stream = |ty: Ty| matches!(ty.kind(), TyKind::External { path, .. } if path.as_str() == "rocket::data::DataStream");
    calls.iter().any(|call| {
        matches!(call.name, "into_bytes" | "into_string" | "read_to_end" | "read_to_string")
            && call.inputs.first().is_some_and(|(_, ty)| is_stream(*ty))
    })
}

/// The places in a function where a limit is switched off.
fn switched_off(cx: &LintContext, function: DefId, calls: &[Call]) -> Vec<Evidence> {
    let semantics = cx.semantics();
    let (file, _) = semantics.locate(function);
    let ir = semantics.ir(file);
    let mut found = Vec::new();
    for call in calls {
        let (owner, name) = match call.callee {
            Callee::Method { ty, name } => (ty.as_str(), name.as_str()),
            Callee::External(path) => path.as_str().rsplit_once("::").unwrap_or_default(),
            _ => continue,
        };
        let owner = owner.rsplit(':').next().unwrap_or_default();
        let place = |expr: ExprId| FileSpan { file, span: ir.expr_span(expr) };
        let unbounded = |index: usize| call.inputs.get(index).is_some_and(|(expr, _)| is_most(ir, *expr));
        let (what, help, at) = match (name, owner) {
            ("disable", "DefaultBodyLimit") if !is_for_counters(cx, function, call.expr) => (
                "the limit of request bodies is switched off",
                "set one that fits with `DefaultBodyLimit::max(..)`, or put a `RequestBodyLimitLayer` around the routes",
                call.expr,
            ),
            ("max", "DefaultBodyLimit") if unbounded(0) => (
                "the limit of request bodies is no limit",
                "choose a limit that the service can hold in memory for every connection",
                call.expr,
            ),
            ("to_bytes", _) if unbounded(1) && !answers::is_of_answer(cx, function, call.inputs[0].0) => (
                "the body is read whole, however long it is",
                "give a limit that the service can hold in memory for every connection",
                call.inputs[1].0,
            ),
            ("new", "PayloadConfig") if unbounded(0) => (
                "the limit of request bodies is no limit",
                "choose a limit that the service can hold in memory for every connection",
                call.expr,
            ),
            ("limit", "PayloadConfig" | "JsonConfig" | "FormConfig") if unbounded(1) => (
                "the limit of request bodies is no limit",
                "choose a limit that the service can hold in memory for every connection",
                call.inputs[1].0,
            ),
            ("open", "Data") if unbounded(1) && keeps_stream(calls) => (
                "the body is read whole, however long it is",
                "open it with a limit that the service can hold in memory for every connection",
                call.inputs[1].0,
            ),
            _ => continue,
        };
        found.push(Evidence {
            at: place(at),
            function,
            what,
            help,
            confidence: Confidence::High,
            others: Vec::new(),
        });
    }
    if !found.is_empty() && limits(cx, function) {
        found.clear();
    }
    found
}
