//! Request data in the lines of a plain-text log.
//!
//! Only what `Display` prints counts: `{:?}` escapes line breaks. What a line break does depends on who writes the lines. Loggers
//! that put records into JSON escape it, and one of them in the workspace silences the lint. `env_logger` indents what follows, and
//! formatters of `tracing` hand it on, as the console does; both are so common and do so little harm that they are told with low
//! confidence. Loggers that write records as they are let a request write lines of its own.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use ward_diagnostics::{Confidence, Finding};
use ward_flow::{Entry, Reached, Way};
use ward_linter::{Lint, LintContext, declare_lint};
use ward_semantics::{DefId, TyKind};
use ward_syntax::{Expr, ExprId, HoleStyle, Piece};

use crate::administrators;
use crate::flows::by_request;
use crate::scope::{Scope, in_scopes};
use crate::secrets::{has, is_text};

declare_lint! {
    /// Request data in the lines of a plain-text log.
    LOG_INJECTION = {
        name: "log-injection",
        group: "injection",
        summary: "a request writes lines of its own into the log",
        severity: Low,
        confidence: Medium,
        cwe: [117],
        owasp: ["API8:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint = Lint { metadata: &LOG_INJECTION, check, kinds: &["log-line"], guards: true };

/// A line that data becomes part of.
struct Evidence {
    reached: Reached,
    way: Way,
    confidence: Confidence,
}

/// More other lines are not listed.
const MOST_OTHERS: usize = 8;

/// Who writes the lines of a workspace.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Writer {
    /// Nothing known, or one that hands line breaks on so that they are seen, or that is for the console.
    Any,
    /// One that writes what it is given.
    Raw,
    /// One that escapes: JSON.
    Escaping,
}

/// Loggers that write the text of a record as it is.
const RAW: &str =
    "fern simplelog flexi_logger log4rs simple_logger pretty_env_logger stderrlog simple_log ftlog spdlog";
/// Loggers that write JSON.
const ESCAPING: &str = "tracing_bunyan_formatter json_subscriber tracing_stackdriver tracing_logstash slog_json slog_bunyan structured_logger \
    json_env_logger tracing_json tracing_log_json tracing_gelf tracing_loki tracing_ecs logforth";

fn describe(cx: &LintContext, evidence: &Evidence, others: &[Evidence]) -> Finding {
    let Evidence { reached, way, confidence } = evidence;
    let message = format!("request data becomes part of a line written by `{}`", reached.callee);
    let mut finding = Finding::new(&LOG_INJECTION, reached.place, message)
        .label("a line break in it begins another line")
        .note("whoever sends the request adds lines that look like the service's own, and hides what really happened among them")
        .help(reached.sink.help.as_str());
    finding.confidence = *confidence;
    finding.function = Some(cx.name(reached.function));
    for other in others.iter().take(MOST_OTHERS) {
        finding = finding.related(other.reached.place, "so does it here");
    }
    finding.flow(cx.tell(way, reached))
}

fn check(cx: &LintContext) {
    let reached = cx.flows("log-line");
    if reached.is_empty() {
        return;
    }
    let writer = writer(cx);
    if writer == Writer::Escaping {
        return;
    }
    // The lines of a function are told together: what repairs one repairs all.
    let mut functions: BTreeMap<DefId, Vec<Evidence>> = BTreeMap::new();
    for reached in reached {
        let is_trusted = administrators::are_alone(cx, reached.function, reached.place);
        let most = if is_trusted { Confidence::Low } else { most(cx, &reached, writer) };
        let judged = reached.ways.iter().filter_map(|way| Some((judge(way)?.min(most), way)));
        let Some((confidence, way)) = judged.max_by_key(|(confidence, _)| *confidence) else { continue };
        let way = way.clone();
        functions.entry(reached.function).or_default().push(Evidence { reached, way, confidence });
    }
    for mut lines in functions.into_values() {
        lines.sort_by_key(|evidence| (Reverse(evidence.confidence), evidence.reached.place));
        lines.dedup_by_key(|evidence| evidence.reached.place);
        if let Some((first, others)) = lines.split_first() {
            cx.report(describe(cx, first, others));
        }
    }
}

/// How sure it is at most of a line: it must be a text that a raw logger writes, and no quiet line.
fn most(cx: &LintContext, reached: &Reached, writer: Writer) -> Confidence {
    const LOUD: &str = "error warn info log event";
    let is_told = writer == Writer::Raw && has(LOUD, reached.callee.as_str()) && is_plain(cx, reached);
    if is_told { Confidence::Medium } else { Confidence::Low }
}

/// Whether what is printed is a text itself: what an error or another type says, seldom holds all of what was sent.
fn is_plain(cx: &LintContext, reached: &Reached) -> bool {
    let Some(scope) = Scope::new(cx, reached.function) else { return false };
    let ir = scope.ir;
    let mut printed = scope.body.exprs.of(&ir.exprs).iter().filter_map(|expr| match *expr {
        Expr::Format(format) => Some(ir.format(format)),
        _ => None,
    });
    printed.any(|format| {
        let is_line = format.path.as_str().rsplit(':').next() == Some(reached.callee.as_str());
        // Expansions of macros stand at the same place as the call.
        let mut holes = format.pieces.iter().filter_map(|piece| match *piece {
            Piece::Hole { value, style: HoleStyle::Display, .. } => Some(value),
            _ => None,
        });
        is_line && holes.any(|value| ir.expr_span(value) == reached.place.span && holds_text(&scope, value))
    })
}

/// Whether a value is a text, or an extractor that prints the one it holds.
fn holds_text(scope: &Scope, value: ExprId) -> bool {
    let ty = scope.types.expr(value);
    let held = match ty.kind() {
        TyKind::External { args, .. } if args.len() == 1 => is_text(args[0]),
        _ => None,
    };
    is_text(ty) == Some(true) || held == Some(true)
}

/// How sure it is that a way brings a line break; `None` if it cannot.
fn judge(way: &Way) -> Option<Confidence> {
    let Entry::Request(kind) = way.entry else { return None };
    // Neither a header nor the URI of a request can hold a line break.
    if matches!(kind.as_str(), "header" | "cookie" | "uri") || is_of_head(way) {
        return None;
    }
    let most = if kind.as_str() == "request" { Confidence::Low } else { Confidence::Medium };
    Some(by_request(way)?.min(most))
}

/// Whether the data is a part of a request that stands before its body.
fn is_of_head(way: &Way) -> bool {
    way.path.names().any(|name| has("uri method headers version", name.as_str()))
}

/// Who writes the lines: what packages depend on, and how it is set up.
fn writer(cx: &LintContext) -> Writer {
    let packages = &cx.semantics().project.packages;
    let depends = |list: &'static str| {
        packages
            .iter()
            .flat_map(|package| &package.dependencies)
            .any(|dependency| has(list, &dependency.package_name.replace('-', "_")))
    };
    if depends(ESCAPING) {
        return Writer::Escaping;
    }
    let set_up = in_scopes(cx, "log writers", |scope| {
        let writers = scope.body.exprs.ids().filter_map(|id| set_up(scope, id));
        writers.max().into_iter().collect()
    });
    let known = if depends(RAW) { Writer::Raw } else { Writer::Any };
    set_up.into_iter().max().unwrap_or(Writer::Any).max(known)
}

/// What an expression says of who writes: `fern::Dispatch::new`, `tracing_subscriber::fmt().json()`,
/// `env_logger::Builder::new().format(..)`.
fn set_up(scope: &Scope, call: ExprId) -> Option<Writer> {
    if let Expr::Path(path) = scope.ir.expr(call) {
        let first = scope.ir.path_segments(path).first()?.name;
        return has(RAW, first.as_str()).then_some(Writer::Raw);
    }
    let Expr::MethodCall { receiver, method, args, .. } = scope.ir.expr(call) else { return None };
    let count = scope.ir.list(args).count();
    match (method.as_str(), count) {
        ("json" | "flatten_event", _)
            if begins_with(scope, receiver, "fmt layer builder FmtSubscriber Layer") =>
        {
            Some(Writer::Escaping)
        }
        ("event_format" | "fmt_fields", 1) if begins_with(scope, receiver, "fmt layer builder") => {
            let formatter = scope.ir.list(args).next()?;
            let names = scope.names(formatter);
            names.iter().any(|name| name.to_lowercase().contains("json")).then_some(Writer::Escaping)
        }
        // A format of the service's own is not indented.
        ("format", 1) if begins_with(scope, receiver, "Builder builder env_logger") => {
            let format = scope.ir.list(args).next()?;
            Some(if escapes(scope, format) { Writer::Escaping } else { Writer::Raw })
        }
        _ => None,
    }
}

/// Whether a format of the service's own speaks of JSON, or escapes what it writes.
fn escapes(scope: &Scope, format: ExprId) -> bool {
    const ESCAPES: &str = "escape_debug escape_default replace";
    let ir = scope.ir;
    let span = ir.expr_span(format);
    let escapes = |expr: ExprId| match ir.expr(expr) {
        Expr::Path(path) => {
            ir.path_segments(path).iter().any(|segment| segment.name.as_str().contains("json"))
        }
        Expr::MethodCall { method, .. } => has(ESCAPES, method.as_str()),
        _ => false,
    };
    scope.names(format).iter().any(|name| name.to_lowercase().contains("json"))
        || scope.body.exprs.ids().any(|expr| span.contains(ir.expr_span(expr)) && escapes(expr))
}

/// Whether a chain of methods begins with a call that has one of some names in its path.
fn begins_with(scope: &Scope, expr: ExprId, names: &'static str) -> bool {
    let mut next = expr;
    for _ in 0..30 {
        next = match scope.ir.expr(next) {
            Expr::MethodCall { receiver, .. } => receiver,
            Expr::Local(local) => match scope.bound_to(local) {
                Some(value) => value,
                None => return false,
            },
            Expr::Call { callee, .. } => {
                let Expr::Path(path) = scope.ir.expr(callee) else { return false };
                let is_own = matches!(scope.types.expr(next).kind(), TyKind::Adt { .. });
                let mut segments = scope.ir.path_segments(path).iter();
                return !is_own && segments.any(|segment| has(names, segment.name.as_str()));
            }
            _ => return false,
        };
    }
    false
}
