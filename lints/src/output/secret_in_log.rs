//! Secrets in log lines.
//!
//! What is printed must be a text that is called a secret, a struct whose derived `Debug` prints one, or the headers of a
//! request, which hold its credentials. A name of a token that may be something else needs a function about access around it.
//! What is printed to the console is told where a request leads there: a command may print what its user asked for.

mod instrument;
mod printed;

use ward_diagnostics::{Confidence, Finding};
use ward_linter::{Lint, LintContext, declare_lint};
use ward_semantics::DefId;
use ward_syntax::{Expr, ExprId, FileSpan, Format, HoleStyle, Piece, SourceIr, Span};

use self::printed::Printed;
use crate::scope::Scope;
use crate::secrets::has;

declare_lint! {
    /// Secrets in log lines.
    SECRET_IN_LOG = {
        name: "secret-in-log",
        group: "output",
        summary: "a secret is written to the log",
        severity: Medium,
        confidence: Medium,
        cwe: [532],
        owasp: ["API8:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint = Lint { metadata: &SECRET_IN_LOG, check, kinds: &[], guards: false };

/// Macros that write to a log.
const LOGS: &str =
    "trace debug info warn error event log trace_span debug_span info_span warn_span error_span span";
/// Macros that write to the console.
const CONSOLE: &str = "print println eprint eprintln dbg";

/// A secret that is written.
struct Evidence {
    place: FileSpan,
    /// The whole macro or attribute.
    line: FileSpan,
    function: DefId,
    printed: Printed,
    confidence: Confidence,
}

fn describe(cx: &LintContext, evidence: &Evidence) -> Finding {
    let (message, help) = match &evidence.printed {
        Printed::Secret { name, .. } => (
            format!("the secret `{name}` is written to the log"),
            "leave it out, or log what tells it apart and gives nothing away: an id, the name of the key",
        ),
        Printed::Field { ty, field } => (
            format!("`Debug` of `{ty}` writes its secret `{field}` to the log"),
            "keep the secret in a `secrecy::SecretString`, or write `Debug` by hand and leave it out",
        ),
        Printed::Headers => (
            "the headers of a request, with its credentials, are written to the log".to_owned(),
            "log the headers that matter one by one, or mark credentials with `set_sensitive` first",
        ),
        Printed::Filled { name } => (
            format!("headers with the credential in `{name}` are written to the log"),
            "log the headers that matter one by one, or mark the credential with `HeaderValue::set_sensitive`",
        ),
        Printed::Body { name } => (
            format!("the body `{name}` of an exchange of tokens is written to the log"),
            "log its length and the status: the body holds codes, tokens or the secret of the client",
        ),
        Printed::Whole { name, field } => (
            format!("`{name}` is written to the log with its secret `{field}`"),
            "log the fields that tell it apart and give nothing away",
        ),
    };
    let mut finding = Finding::new(&SECRET_IN_LOG, evidence.place, message)
        .label("readable by whoever reads the log")
        .note(
            "logs are kept long, copied to other systems and read by many: a secret in them is no longer one",
        )
        .help(help);
    finding.confidence = evidence.confidence;
    finding.function = Some(cx.name(evidence.function));
    finding
}

fn check(cx: &LintContext) {
    let found = cx.in_functions("secret-in-log", |function| {
        let scope = Scope::new(cx, function);
        let mut evidence = scope.as_ref().map(written).unwrap_or_default();
        evidence.extend(instrument::recorded(cx, function));
        // Macros of the workspace expand one argument to several places, and a line may print it twice.
        evidence.sort_by_key(|evidence| {
            (evidence.line, evidence.printed.clone(), std::cmp::Reverse(evidence.confidence))
        });
        evidence.dedup_by(|one, other| {
            one.place == other.place || (one.line == other.line && one.printed == other.printed)
        });
        evidence
    });
    for evidence in &found {
        cx.report(describe(cx, evidence));
    }
}

/// Words in conditions that say that somebody wants to see such things. Lines of the level `trace` are for them too.
const REVEALING: &str = "debug dump show print verbose reveal";

/// The secrets that a function's own log lines hold.
fn written(scope: &Scope) -> Vec<Evidence> {
    let (ir, function) = (scope.ir, scope.function);
    let mut found = Vec::new();
    for id in scope.body.exprs.ids() {
        let (path, values) = match ir.expr(id) {
            Expr::Format(format) => {
                let format = ir.format(format);
                (format.path, values_of(ir, format))
            }
            Expr::Macro(call) => {
                let call = ir.macro_call(call);
                let values = ir.list(call.args).map(|arg| (arg, HoleStyle::Debug, ir.expr_span(arg)));
                (call.path, values.collect())
            }
            _ => continue,
        };
        let name = path.as_str().rsplit(':').next().unwrap_or_default();
        let is_console = has(CONSOLE, name);
        if !is_console && !has(LOGS, name) {
            continue;
        }
        for (value, style, span) in values {
            let Some((printed, confidence)) = printed::of(scope, value, style) else { continue };
            let is_meant = name.starts_with("trace")
                || (is_console && !serves(scope.cx, function))
                || scope.is_below(id, REVEALING);
            let confidence = if is_meant { Confidence::Low } else { confidence };
            let line = scope.place(id);
            found.push(Evidence { place: FileSpan { span, ..line }, line, function, printed, confidence });
        }
    }
    found
}

/// The values that a line prints, how, and where they stand in it.
fn values_of(ir: &SourceIr, format: &Format) -> Vec<(ExprId, HoleStyle, Span)> {
    let holes = format.pieces.iter().filter_map(|piece| match *piece {
        Piece::Hole { value, style, .. } => Some((value, style, ir.expr_span(value))),
        Piece::Text { .. } => None,
    });
    // How a field is printed is not known; of texts it does not matter.
    let fields = ir.field_inits(format.fields).iter().filter(|field| field.name.as_str() != "logger");
    holes.chain(fields.map(|field| (field.value, HoleStyle::Other, ir.expr_span(field.value)))).collect()
}

/// Whether a request leads to a function.
fn serves(cx: &LintContext, function: DefId) -> bool {
    !cx.inputs(function).is_empty() || !cx.endpoints().reaching(cx.semantics(), function, None).is_empty()
}
