//! Bodies that are read into memory however long they are.
//!
//! Frameworks limit what their extractors read; what is reported switches that off or reads past it. A limit of
//! any kind in the same function, or around the same router, is believed.

use ward_diagnostics::{Confidence, Finding, Severity};
use ward_linter::{Lint, LintContext, declare_lint};
use ward_semantics::{Callee, DefId};
use ward_syntax::{Expr, ExprId, FileSpan, SourceIr};

use super::{numbers, taken};

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
pub const LINT: Lint = Lint { metadata: &UNBOUNDED_BODY, check };

/// A limit that is switched off.
struct Evidence {
    at: FileSpan,
    function: DefId,
    what: &'static str,
    help: &'static str,
    confidence: Confidence,
}

const NOTE: &str = "one request can fill the memory of the process";

fn describe(cx: &LintContext, evidence: &Evidence) -> Finding {
    let mut finding = Finding::new(&UNBOUNDED_BODY, evidence.at, evidence.what)
        .label("no limit is left here")
        .note(NOTE)
        .help(evidence.help);
    finding.confidence = evidence.confidence;
    finding.function = Some(cx.name(evidence.function));
    finding
}

fn check(cx: &LintContext) {
    for function in cx.semantics().functions().iter().copied().filter(|def| cx.is_reported(*def)) {
        for evidence in switched_off(cx, function) {
            cx.report(describe(cx, &evidence));
        }
    }
    for (reached, confidence) in cx.flows("whole-body").into_iter().filter_map(numbers::of_request) {
        if limits(cx, reached.function) {
            continue;
        }
        let message = format!("`{}` reads the whole body of the request, however long it is", reached.callee);
        let mut finding = numbers::finding(cx, &UNBOUNDED_BODY, message, &reached, confidence)
            .label("nothing limits this body")
            .note(NOTE);
        finding.severity = Severity::Medium;
        cx.report(finding);
    }
}

/// Whether a function, or one that calls it, limits bodies in another way.
fn limits(cx: &LintContext, function: DefId) -> bool {
    let callers = cx.semantics().call_graph().callers(function).iter().copied();
    std::iter::once(function).chain(callers).any(|def| {
        let ir = cx.semantics().ir(cx.semantics().locate(def).0);
        let is_none = |call: &taken::Call| call.inputs.iter().any(|(expr, _)| is_most(ir, *expr));
        taken::calls(cx, def).iter().any(|call| is_limit(call) && !is_none(call))
    })
}

fn is_limit(call: &taken::Call) -> bool {
    let owner = match call.callee {
        Callee::Method { ty, .. } => ty.as_str(),
        Callee::External(path) => path.as_str(),
        _ => "",
    };
    owner.contains("RequestBodyLimitLayer")
        || (owner.ends_with("Limited") && call.name == "new")
        || (owner.contains("DefaultBodyLimit") && call.name == "max")
        || matches!(call.name, "content_length" | "size_hint")
        || owner.contains("RequestBodyLimitLayer::new")
        || owner.ends_with("Limited::new")
        || owner.ends_with("DefaultBodyLimit::max")
}

/// The places in a function where a limit is switched off.
fn switched_off(cx: &LintContext, function: DefId) -> Vec<Evidence> {
    let semantics = cx.semantics();
    let (file, _) = semantics.locate(function);
    let ir = semantics.ir(file);
    let mut found = Vec::new();
    for call in taken::calls(cx, function) {
        let path = match call.callee {
            Callee::Method { ty, name } => format!("{ty}::{name}"),
            Callee::External(path) => path.to_string(),
            _ => continue,
        };
        let place = |expr: ExprId| FileSpan { file, span: ir.expr_span(expr) };
        let unbounded = |index: usize| call.inputs.get(index).is_some_and(|(expr, _)| is_most(ir, *expr));
        let (what, help, at) = match path.rsplit("::").take(2).collect::<Vec<_>>().as_slice() {
            ["disable", "DefaultBodyLimit"] => (
                "the limit of request bodies is switched off",
                "set one that fits with `DefaultBodyLimit::max(..)`, or put a `RequestBodyLimitLayer` around the routes",
                call.expr,
            ),
            ["max", "DefaultBodyLimit"] if unbounded(0) => (
                "the limit of request bodies is no limit",
                "choose a limit that the service can hold in memory for every connection",
                call.expr,
            ),
            ["to_bytes", _] if unbounded(1) => (
                "the body is read whole, however long it is",
                "give a limit that the service can hold in memory for every connection",
                call.inputs[1].0,
            ),
            ["new", "PayloadConfig"] if unbounded(0) => (
                "the limit of request bodies is no limit",
                "choose a limit that the service can hold in memory for every connection",
                call.expr,
            ),
            ["limit", "PayloadConfig" | "JsonConfig" | "FormConfig"] if unbounded(1) => (
                "the limit of request bodies is no limit",
                "choose a limit that the service can hold in memory for every connection",
                call.inputs[1].0,
            ),
            _ => continue,
        };
        found.push(Evidence { at: place(at), function, what, help, confidence: Confidence::High });
    }
    if !found.is_empty() && limits(cx, function) {
        found.clear();
    }
    found
}

/// Whether an expression is the greatest number there is: `usize::MAX`.
fn is_most(ir: &SourceIr, expr: ExprId) -> bool {
    match ir.expr(expr) {
        Expr::Path(path) => {
            let names = ir.path_segments(path);
            names.last().is_some_and(|last| matches!(last.name.as_str(), "MAX" | "max_value"))
                && names.len() > 1
                && matches!(names[names.len() - 2].name.as_str(), "usize" | "u64" | "isize" | "i64" | "u32")
        }
        Expr::Cast { operand, .. } => is_most(ir, operand),
        _ => false,
    }
}
