//! What a request can make panic: results unwrapped, indices, slices, divisors.
//!
//! Most servers catch a panic of one request, so the harm is a dropped connection, a poisoned lock, a log full of
//! traces; where a panic aborts, it is the whole service. A check of the same value on the way is believed. What is not
//! seen to be reached by an endpoint, and what is often checked in ways that are not followed (bounds, parts of a document or
//! text), is told with low confidence.

use std::cmp::Reverse;

use rustc_hash::FxHashSet;
use ward_diagnostics::{Confidence, Severity};
use ward_flow::models::Asked;
use ward_flow::{Entry, Reached, Way, WayStep, WayStepKind};
use ward_linter::{Lint, LintContext, declare_lint};
use ward_semantics::{Ty, TyKind};
use ward_syntax::{Expr, ExprId, FileSpan, Literal};

use super::{numbers, taken};

declare_lint! {
    /// What a request can make panic.
    REQUEST_PANIC = {
        name: "request-panic",
        group: "input",
        summary: "a malformed request makes the handler panic",
        severity: Medium,
        confidence: Medium,
        cwe: [248, 617],
        owasp: ["API4:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint = Lint { metadata: &REQUEST_PANIC, check, kinds: &NAMES, guards: false };

/// A kind of sink, what to say of it, and how bad it is.
const KINDS: [(&str, &str, &str, Severity); 13] = [
    (
        "unwrap",
        "a malformed request makes the `unwrap` after",
        "this comes from the request and may be malformed",
        Severity::Medium,
    ),
    (
        "utf-8",
        "a malformed request makes the `unwrap` after",
        "this comes from the request and may be malformed",
        Severity::Medium,
    ),
    (
        "refused",
        "a malformed request makes the `unwrap` after",
        "this number comes from the request and may be refused",
        Severity::Medium,
    ),
    (
        "absent",
        "a request without it makes the `unwrap` of",
        "the request may leave this out",
        Severity::Medium,
    ),
    (
        "first-element",
        "a request with nothing in it is out of bounds for",
        "the request may leave this empty",
        Severity::Medium,
    ),
    (
        "later-element",
        "a request with fewer parts is out of bounds for",
        "the request decides how many there are",
        Severity::Medium,
    ),
    (
        "duration",
        "a number of the request makes",
        "a negative number panics, and so does one that is too large",
        Severity::Medium,
    ),
    ("time-span", "a number of the request makes", "a number that is too large panics", Severity::Medium),
    ("cut", "", "a character of several bytes may lie across the border", Severity::Low),
    (
        "index",
        "a number of the request may be out of bounds for",
        "nothing bounds this number",
        Severity::Low,
    ),
    (
        "slice",
        "a short request, or one with other characters, is out of bounds for",
        "this text may be shorter, or have no character's border there",
        Severity::Low,
    ),
    (
        "minuend",
        "a number of the request may be less than what is taken from it by",
        "this may be zero: a build with checks of overflow panics, any other goes on with a huge number",
        Severity::Low,
    ),
    ("divisor", "a number of the request is the divisor of", "this may be zero", Severity::Low),
];

const NAMES: [&str; KINDS.len()] = {
    let mut names = [""; KINDS.len()];
    let mut at = 0;
    while at < KINDS.len() {
        names[at] = KINDS[at].0;
        at += 1;
    }
    names
};

fn check(cx: &LintContext) {
    for (kind, message, label, severity) in KINDS {
        let all: Vec<(Reached, Confidence)> = cx
            .flows(kind)
            .into_iter()
            .filter_map(numbers::of_request)
            .map(|(reached, confidence)| {
                let sure = is_sure(cx, kind, &reached);
                (reached, if sure { confidence } else { Confidence::Low })
            })
            .collect();
        let all = if kind == "absent" { once_in_each(all) } else { all };
        let (all, others) = if kind == "minuend" { once_in_file(all) } else { (all, Vec::new()) };
        let places: Vec<(FileSpan, Confidence)> =
            all.iter().map(|(reached, confidence)| (reached.place, *confidence)).collect();
        for (reached, confidence) in all {
            // Of a chain of calls that may each fail, the first of the surest is told.
            let is_told = |(place, other): &(FileSpan, Confidence)| {
                if is_inside(*place, reached.place) {
                    *other >= confidence
                } else {
                    is_inside(reached.place, *place) && *other > confidence
                }
            };
            if places.iter().any(is_told) {
                continue;
            }
            let message = message_of(kind, message, &reached);
            let mut finding = numbers::finding(cx, &REQUEST_PANIC, message, &reached, confidence)
                .label(label)
                .note("a panic ends the request without an answer, and the whole service where panics abort; whatever lock is held is poisoned");
            finding.severity = severity;
            let of_file = others.iter().filter(|place| place.file == reached.place.file).take(MOST_OTHERS);
            cx.report(of_file.fold(finding, |finding, place| finding.related(*place, "and here")));
        }
    }
}

/// Other places of one file are told with the first, up to this many.
const MOST_OTHERS: usize = 8;

/// The first of the surest places of each file, and the others: how pages are counted is decided once.
fn once_in_file(all: Vec<(Reached, Confidence)>) -> (Vec<(Reached, Confidence)>, Vec<FileSpan>) {
    let mut all = all;
    all.sort_by_key(|(reached, confidence)| (Reverse(*confidence), reached.place));
    let mut told = FxHashSet::default();
    let (first, others): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|(reached, _)| told.insert(reached.place.file));
    (first, others.into_iter().map(|(reached, _)| reached.place).collect())
}

/// What is left out is told once in each function.
fn once_in_each(all: Vec<(Reached, Confidence)>) -> Vec<(Reached, Confidence)> {
    let mut all = all;
    all.sort_by_key(|(reached, _)| reached.place);
    let mut told = FxHashSet::default();
    all.retain(|(reached, _)| told.insert((reached.function, reached.callee)));
    all
}

fn message_of(kind: &str, message: &str, reached: &Reached) -> String {
    let callee = reached.callee;
    match kind {
        _ if callee.as_str().ends_with('!') => format!("a malformed request makes `{callee}` panic"),
        "cut" => "the text of a request is cut within a character by `[..]`, which panics".to_owned(),
        "unwrap" | "utf-8" | "refused" | "absent" | "duration" | "time-span" => {
            format!("{message} `{callee}` panic")
        }
        _ if reached.sink.asked == Asked::Unwrapped => {
            format!("a malformed request makes the `unwrap` after `{callee}` panic")
        }
        _ => format!("{message} `{callee}`"),
    }
}

/// Whether an endpoint reaches the place, and what fails there is a parser: a check before it is rare.
fn is_sure(cx: &LintContext, kind: &str, reached: &Reached) -> bool {
    const PARTS: [&str; 5] = ["get", "split_once", "rsplit_once", "strip_prefix", "strip_suffix"];
    let callee = reached.callee.as_str();
    let is_part = PARTS.contains(&callee) || callee.starts_with("as_");
    let reaching = || cx.endpoints().reaching(cx.semantics(), reached.function, Some(reached.place));
    // Where no endpoint is known at all, routing is not understood.
    let is_reached = || {
        !reaching().is_empty()
            || (cx.endpoints().all().is_empty() && (callee != "parse" || parses_known(cx, reached)))
    };
    let is_told = match kind {
        "unwrap" => {
            !is_part
                && !is_round_trip(reached)
                && !is_part_of_uri(cx, reached)
                && !is_of_head_again(cx, reached)
        }
        "first-element" => !reached.ways.iter().all(|way| is_of_route(kind, way)),
        "later-element" => !reached.ways.iter().all(|way| is_counted(cx, reached, way)),
        "cut" => !reached.ways.iter().all(is_of_letters),
        "time-span" => !is_widened(cx, reached),
        "absent" => reached.ways.iter().any(is_read),
        "utf-8" | "refused" | "duration" | "minuend" => true,
        _ => false,
    };
    is_told && is_reached()
}

/// Whether what a request brings was read into the type that has the part: nothing else was made of it on the way.
fn is_read(way: &Way) -> bool {
    const READERS: [&str; 9] = [
        "from_slice",
        "from_str",
        "from_bytes",
        "from_reader",
        "from_value",
        "deserialize",
        "deserialize_bytes",
        "json",
        "into_inner",
    ];
    let is_reader = |name: &str| READERS.contains(&name.rsplit(':').next().unwrap_or(name));
    way.steps.iter().all(|step| match step.kind {
        WayStepKind::External(name) => is_reader(name.as_str()),
        _ => true,
    })
}

/// Whether how many parts there are is known by the route that led here: a path has as many as it is matched with, and no
/// segment that is captured is empty.
fn is_of_route(kind: &str, way: &Way) -> bool {
    let Entry::Request(entry) = way.entry else { return true };
    let is_rooted = way.escaped.is_some_and(|context| context.as_str() == "rooted");
    let is_of_uri = way.path.names().any(|name| name.as_str() == "uri");
    is_rooted || is_of_uri || entry.as_str() == "uri" || (kind == "first-element" && entry.as_str() == "path")
}

/// Whether how many parts there are is known by the route, which is none that ends in any number of segments.
fn is_counted(cx: &LintContext, reached: &Reached, way: &Way) -> bool {
    is_of_route("later-element", way)
        && !(is_of_any_path(cx, way) && number_of(cx, reached).is_some_and(|number| number > 1))
}

/// Whether data comes in where requests of any path do: by a fallback, or a route that ends in a wildcard.
fn is_of_any_path(cx: &LintContext, way: &Way) -> bool {
    let Some(first) = way.steps.first() else { return false };
    let mut endpoints = cx.endpoints().all().iter();
    endpoints
        .any(|endpoint| endpoint.function() == Some(first.function) && endpoint.path.as_str().contains('*'))
}

/// Which element is taken of a list: `parts[2]`.
fn number_of(cx: &LintContext, reached: &Reached) -> Option<u64> {
    let ir = cx.semantics().ir(reached.place.file);
    taken::expressions(cx, reached.function).into_iter().find_map(|(_, expr)| match expr {
        Expr::Index { base, index } if ir.expr_span(base) == reached.place.span => match ir.expr(index) {
            Expr::Literal(Literal::Int(number)) => number.as_str().parse().ok(),
            _ => None,
        },
        _ => None,
    })
}

/// Whether a text has no characters of several bytes: headers and paths as they are sent.
fn is_of_letters(way: &Way) -> bool {
    const SENT_SO: [&str; 3] = ["header", "cookie", "uri"];
    let Entry::Request(entry) = way.entry else { return true };
    SENT_SO.contains(&entry.as_str())
        || way.path.names().any(|name| matches!(name.as_str(), "uri" | "headers"))
        || way.escaped.is_some_and(|context| context.as_str() == "rooted")
}

/// Whether a number is, or may be, made of a shorter one, which is not too large: `i64::from(minutes)`, `minutes as i64`.
fn is_widened(cx: &LintContext, reached: &Reached) -> bool {
    const SHORT: [&str; 6] = ["i8", "u8", "i16", "u16", "i32", "u32"];
    let semantics = cx.semantics();
    let Some((file, _)) = semantics.body(reached.function) else { return false };
    let Some(types) = semantics.types(reached.function) else { return false };
    let ir = semantics.ir(file);
    let scalar = |expr: ExprId| match types.expr(expr).kind() {
        TyKind::Scalar(name) => Some(name.as_str()),
        _ => None,
    };
    let is_short = |expr: ExprId| scalar(expr).is_some_and(|name| SHORT.contains(&name));
    // What is cast may be short if it is not known.
    let may_be_short = |expr: ExprId| scalar(expr).is_none_or(|name| SHORT.contains(&name));
    let made_of = |expr: &Expr| match *expr {
        Expr::Cast { operand, .. } => Some(operand),
        Expr::Call { args, .. } => ir.list(args).next(),
        Expr::MethodCall { receiver, method, .. } if method.as_str() == "into" => Some(receiver),
        _ => None,
    };
    taken::expressions(cx, reached.function).into_iter().any(|(id, expr)| {
        reached.place.span.contains(ir.expr_span(id))
            && (is_short(id) || made_of(&expr).is_some_and(may_be_short))
    })
}

/// Whether the path of a request is parsed as a path, which it was before.
fn is_part_of_uri(cx: &LintContext, reached: &Reached) -> bool {
    let is_path = |way: &Way| way.escaped.is_some_and(|context| context.as_str() == "rooted");
    let of_uri = |ty: Ty| {
        let path = match ty.kind() {
            TyKind::External { path, .. } => path.as_str(),
            _ => return false,
        };
        path.starts_with("http::") && (path.ends_with("::PathAndQuery") || path.ends_with("Uri"))
    };
    reached.callee.as_str() == "parse"
        && reached.ways.iter().all(is_path)
        && parsed_type(cx, reached).is_some_and(of_uri)
}

/// Whether the value of a header is made of what stood in the head of a request: no character that it refuses can come there.
fn is_of_head_again(cx: &LintContext, reached: &Reached) -> bool {
    let is_of_head = |way: &Way| {
        let is_rooted = way.escaped.is_some_and(|context| context.as_str() == "rooted");
        let is_head = matches!(way.entry, Entry::Request(kind) if matches!(kind.as_str(), "header" | "uri"))
            || way.path.names().any(|name| matches!(name.as_str(), "headers" | "uri"));
        let is_decoded = |step: &WayStep| matches!(step.kind, WayStepKind::External(name) if name.as_str().contains("decode"));
        (is_rooted || is_head) && !way.steps.iter().any(is_decoded)
    };
    let is_value = |ty: Ty| {
        let TyKind::External { args, .. } = ty.kind() else { return false };
        let made = args.first().map(|ty| ty.kind());
        matches!(made, Some(TyKind::External { path, .. }) if path.as_str() == "http::HeaderValue")
    };
    reached.ways.iter().all(is_of_head) && made_type(cx, reached).is_some_and(is_value)
}

/// What a function gives that is called with the argument.
fn made_type(cx: &LintContext, reached: &Reached) -> Option<Ty> {
    let semantics = cx.semantics();
    let (file, _) = semantics.body(reached.function)?;
    let types = semantics.types(reached.function)?;
    let ir = semantics.ir(file);
    let is_it = |expr: Expr| match expr {
        Expr::Call { args, .. } => ir.list(args).any(|arg| ir.expr_span(arg) == reached.place.span),
        _ => false,
    };
    let (call, _) = taken::expressions(cx, reached.function).into_iter().find(|(_, expr)| is_it(*expr))?;
    Some(types.expr(call))
}

/// Whether what is read was written by the service itself: a value made of a request's parts and read again.
fn is_round_trip(reached: &Reached) -> bool {
    // As functions: the method `to_string` is no step of a way.
    const WRITERS: [&str; 6] =
        ["to_value", "to_vec", "to_vec_named", "to_allocvec", "to_string", "to_string_pretty"];
    reached.ways.iter().all(|way| {
        way.steps
            .iter()
            .any(|step| matches!(step.kind, WayStepKind::External(name) if WRITERS.contains(&name.as_str())))
    })
}

/// Whether it is known what a text is parsed as.
fn parses_known(cx: &LintContext, reached: &Reached) -> bool {
    parsed_type(cx, reached).is_some_and(|ty| ty != Ty::unknown())
}

/// What a text is parsed as.
fn parsed_type(cx: &LintContext, reached: &Reached) -> Option<Ty> {
    let semantics = cx.semantics();
    let (file, _) = semantics.body(reached.function)?;
    let types = semantics.types(reached.function)?;
    let ir = semantics.ir(file);
    let is_it = |expr: Expr| matches!(expr, Expr::MethodCall { receiver, .. } if ir.expr_span(receiver) == reached.place.span);
    let (call, _) = taken::expressions(cx, reached.function).into_iter().find(|(_, expr)| is_it(*expr))?;
    match types.expr(call).kind() {
        TyKind::External { args, .. } => args.first().copied(),
        _ => None,
    }
}

/// Whether a place lies within another.
fn is_inside(place: FileSpan, other: FileSpan) -> bool {
    let (inner, outer) = (place.span, other.span);
    place.file == other.file && inner != outer && outer.start <= inner.start && inner.end <= outer.end
}
