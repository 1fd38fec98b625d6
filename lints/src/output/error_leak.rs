//! The text of an internal error in a response.
//!
//! A finding stands where the text enters the response. Where a type of the project's own carries it there (an
//! enum of errors with its `IntoResponse`), that is the one place of that type, with the places that fill it told
//! beside it. What the error is (a database's, a file's) and which status it goes out with decide how bad it is:
//! the text of a parser in a `400` tells a client what it did wrong.

use std::collections::{BTreeMap, BTreeSet};

use ward_diagnostics::{Confidence, Finding, Severity};
use ward_flow::{AccessPath, Entry, Reached, Way, WayStep, WayStepKind};
use ward_linter::{Lint, LintContext, declare_lint};
use ward_semantics::{Callee, DefId, Resolution, TraitName, Ty, TyKind};
use ward_syntax::{Expr, ExprId, FileId, FileSpan, Span, Symbol};

use crate::administrators;
use crate::flows::of_error;
use crate::input::taken;

declare_lint! {
    /// The text of an internal error in a response.
    ERROR_LEAK = {
        name: "error-leak",
        group: "output",
        summary: "the text of an internal error becomes part of a response",
        severity: Medium,
        confidence: High,
        cwe: [209],
        owasp: ["API8:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint = Lint { metadata: &ERROR_LEAK, check, kinds: &["error-response"], guards: true };

/// What a status says of whose fault an error is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Status {
    Server,
    Client,
    Success,
    Unknown,
}

/// An error's text in a response.
struct Evidence {
    at: FileSpan,
    function: DefId,
    reached: Reached,
    way: Way,
    kind: Symbol,
    status: Status,
    confidence: Confidence,
    /// Where a type of the project's own is filled with such texts.
    filled: Vec<FileSpan>,
}

/// More functions of one file are told as one finding.
const MOST_OF_FILE: usize = 2;
/// More other places are not listed.
const MOST_OTHERS: usize = 8;

fn describe(cx: &LintContext, evidence: &Evidence, others: &[&Evidence]) -> Finding {
    let Evidence { at, reached, way, kind, status, .. } = evidence;
    let whose = name_of(*kind);
    let message = match status {
        Status::Server => format!("the text of {whose} is sent with a server error"),
        Status::Client => format!("the text of {whose} is sent to the client"),
        Status::Success | Status::Unknown => format!("the text of {whose} becomes part of a response"),
    };
    let mut finding = Finding::new(&ERROR_LEAK, *at, message)
        .label("sent to whoever made the request")
        .note("such texts name tables, columns, files, hosts and versions: they tell an attacker what to try next, and a user nothing")
        .help(reached.sink.help.as_str());
    finding.confidence = evidence.confidence;
    finding.severity = if *status == Status::Client { Severity::Low } else { Severity::Medium };
    finding.function = Some(cx.name(evidence.function));
    let flow = cx.tell(way, reached);
    if let Some(first) = flow.steps.first()
        && first.location != *at
    {
        finding = finding.related(first.location, first.message.clone());
    }
    for place in evidence.filled.iter().take(MOST_OTHERS) {
        finding = finding.related(*place, "filled with an error's text here");
    }
    for other in others.iter().take(MOST_OTHERS) {
        finding = finding.related(other.at, format!("so is the text of {}", name_of(other.kind)));
    }
    finding.flow(flow)
}

fn check(cx: &LintContext) {
    let reached = cx.flows("error-response");
    let mut all: Vec<Evidence> = reached.iter().flat_map(|reached| evidence(cx, reached)).collect();
    all.extend(carried(cx));
    // The surest comes first, a known status before none, then what stands first.
    all.sort_by_key(|evidence| {
        (
            std::cmp::Reverse(evidence.confidence),
            matches!(evidence.status, Status::Unknown | Status::Success),
            evidence.at,
        )
    });
    let mut functions: BTreeMap<DefId, Vec<Evidence>> = BTreeMap::new();
    for evidence in all {
        let known = functions.entry(evidence.function).or_default();
        let source = |evidence: &Evidence| evidence.way.steps.first().map(|step| step.at);
        if !known.iter().any(|other| source(other) == source(&evidence) || other.at == evidence.at) {
            known.push(evidence);
        }
    }
    let mut files: BTreeMap<_, Vec<Vec<Evidence>>> = BTreeMap::new();
    for group in functions.into_values() {
        // What hardly counts is told for itself, and what every resolver does, once for all of them.
        if let Some(first) = group.first() {
            let package = is_handed_on(&first.reached).then(|| cx.semantics().package(first.function));
            let file = package.is_none().then_some(first.at.file);
            files.entry((package, file, first.confidence > Confidence::Low)).or_default().push(group);
        }
    }
    for mut groups in files.into_values() {
        groups.sort_by_key(|group| (std::cmp::Reverse(group[0].confidence), group[0].at));
        if groups.len() > MOST_OF_FILE {
            groups = vec![groups.into_iter().flatten().collect()];
        }
        for group in &groups {
            if let Some((first, others)) = group.split_first() {
                cx.report(describe(cx, first, &others.iter().collect::<Vec<_>>()));
            }
        }
    }
}

/// Whether `?` makes an error of it that keeps the text.
fn is_handed_on(reached: &Reached) -> bool {
    matches!(reached.callee.as_str(), "async_graphql::Error" | "juniper::FieldError")
}

/// The ways by which errors reach one place.
fn evidence(cx: &LintContext, reached: &Reached) -> Vec<Evidence> {
    let status = status_of(reached.context);
    let ways = reached.ways.iter().filter(|way| !is_left_out(cx, reached, way)).filter_map(|way| {
        let Entry::Other { kind, .. } = way.entry else { return None };
        let confidence = confidence(cx, reached, way, kind)?;
        let (at, function) = entrance(cx, reached, way);
        Some(Evidence {
            at,
            function,
            reached: reached.clone(),
            way: way.clone(),
            kind,
            status,
            confidence,
            filled: Vec::new(),
        })
    });
    ways.filter(|evidence| cx.is_reported(evidence.function)).collect()
}

/// Whether a text stands in a field that is not written into a document: `#[serde(skip_serializing)]`.
fn is_left_out(cx: &LintContext, reached: &Reached, way: &Way) -> bool {
    is_document(cx, reached) && way.steps.iter().any(|step| fills_skipped(cx, step))
}

/// Whether what is sent is what serde writes: `Json(failure)`.
fn is_document(cx: &LintContext, reached: &Reached) -> bool {
    let is_json = |name: &str| name.rsplit(':').next().is_some_and(|last| last.eq_ignore_ascii_case("json"));
    let ir = cx.semantics().ir(reached.place.file);
    is_json(reached.callee.as_str())
        || taken::calls(cx, reached.function)
            .iter()
            .any(|call| is_json(call.name) && ir.expr_span(call.expr) == reached.place.span)
}

/// Whether a step stands where a field is filled that its struct does not write.
fn fills_skipped(cx: &LintContext, step: &WayStep) -> bool {
    let semantics = cx.semantics();
    let Some(types) = semantics.types(step.function) else { return false };
    let ir = semantics.ir(step.at.file);
    taken::expressions(cx, step.function).into_iter().any(|(_, expr)| {
        let Expr::Struct { path, fields, .. } = expr else { return false };
        let Resolution::Def(adt) = types.path(path) else { return false };
        let is_skipped = |name: Symbol| {
            taken::fields(cx, adt).iter().any(|field| {
                field.name == name && taken::says(&field.attributes, "serde", &["skip", "skip_serializing"])
            })
        };
        let mut inits = ir.field_inits(fields).iter();
        inits.any(|init| ir.expr_span(init.value).contains(step.at.span) && is_skipped(init.name))
    })
}

/// Where the text enters the response: where it is given to the function that makes one of any text, else there.
fn entrance(cx: &LintContext, reached: &Reached, way: &Way) -> (FileSpan, DefId) {
    let semantics = cx.semantics();
    let takes_text = semantics
        .signature(reached.function)
        .is_some_and(|signature| signature.params.iter().any(|ty| is_text(cx, *ty)));
    let mut calls = way.steps.iter().filter(|step| matches!(step.kind, WayStepKind::Call(_)));
    let into = |step: &&WayStep| matches!(step.kind, WayStepKind::Call(callee) if callee == reached.function);
    match calls.find(into) {
        Some(call) if takes_text => (call.at, call.function),
        _ => (reached.place, reached.function),
    }
}

/// Whether a parameter of this type is given a text.
fn is_text(cx: &LintContext, ty: Ty) -> bool {
    let makes_text = |bounds: &[ward_semantics::TraitRef]| {
        bounds.iter().any(|bound| {
            matches!(bound.name, TraitName::External(path) if path.as_str().ends_with("::Into")
                || path.as_str().ends_with("::ToString") || path.as_str().ends_with("::AsRef"))
        })
    };
    match ty.kind() {
        TyKind::Str | TyKind::StaticStr => true,
        TyKind::External { path, .. } => matches!(path.as_str(), "std::string::String" | "std::borrow::Cow"),
        TyKind::Bounds(bounds) => makes_text(bounds),
        TyKind::Param { owner, name } => makes_text(cx.semantics().bounds(*owner, *name)),
        _ => false,
    }
}

/// Errors' texts that types of the project's own carry into responses: one for each type and place.
fn carried(cx: &LintContext) -> Vec<Evidence> {
    let semantics = cx.semantics();
    // Who gives which part of itself away, by type.
    let mut given: BTreeMap<DefId, Vec<(AccessPath, Reached)>> = BTreeMap::new();
    for def in semantics.functions().iter().filter(|def| cx.is_reported(**def)) {
        let Some(info) = semantics.enclosing_impl(*def) else { continue };
        let TyKind::Adt { def: owner, .. } = info.self_ty.kind() else { continue };
        let mut parts = cx.given_of_self(*def, "error-response");
        parts.retain(|(path, _)| !path.is_empty());
        if !parts.is_empty() {
            given.entry(*owner).or_default().extend(parts);
        }
    }
    let mut all: BTreeMap<(DefId, &str), Evidence> = BTreeMap::new();
    for def in semantics.functions().iter().filter(|def| !given.is_empty() && cx.is_reported(**def)) {
        let Some(signature) = semantics.signature(*def) else { continue };
        for owner in error_types(signature.ret.kind()) {
            for (part, way) in cx.filled(*def, "error-response") {
                // What one variant holds is not what another one gives away.
                let is_it = |(path, _): &&(AccessPath, Reached)| path.covers(&part) || part.covers(path);
                // What is sent with a status tells more than the same within it.
                let has_no_status =
                    |(_, reached): &&(AccessPath, Reached)| status_of(reached.context) == Status::Unknown;
                let Some(parts) = given.get(&owner) else { continue };
                let Some((_, reached)) = parts.iter().filter(is_it).min_by_key(has_no_status) else {
                    continue;
                };
                let key = (owner, part.names().next().map_or("", Symbol::as_str));
                let Entry::Other { kind, .. } = way.entry else { continue };
                let status = status_of(reached.context);
                let Some(confidence) = confidence(cx, reached, &way, kind) else { continue };
                let Some(last) = way.steps.last().map(|step| step.at) else { continue };
                let new = || Evidence {
                    at: reached.place,
                    function: reached.function,
                    reached: reached.clone(),
                    way: way.clone(),
                    kind,
                    status,
                    confidence,
                    filled: Vec::new(),
                };
                let evidence = all.entry(key).or_insert_with(new);
                // The surest of the texts is told.
                if confidence > evidence.confidence {
                    *evidence = Evidence { filled: std::mem::take(&mut evidence.filled), ..new() };
                }
                if !evidence.filled.contains(&last) {
                    evidence.filled.push(last);
                }
            }
        }
    }
    all.into_values().collect()
}

/// The types of the project that a function returns, whole or as an error.
fn error_types(ty: &TyKind) -> Vec<DefId> {
    match ty {
        TyKind::Adt { def, .. } => vec![*def],
        TyKind::External { args, .. } => args.iter().flat_map(|arg| error_types(arg.kind())).collect(),
        _ => Vec::new(),
    }
}

/// How sure it is that a text tells of the inside; `None` if it does not.
fn confidence(cx: &LintContext, reached: &Reached, way: &Way, kind: Symbol) -> Option<Confidence> {
    let status = status_of(reached.context);
    let sure = match (kind.as_str(), status) {
        ("parse" | "format" | "unknown", Status::Client) => return None,
        // An error whose type is not known may be a text of the project's own, unless it is made a text here.
        ("unknown", Status::Server) if becomes_text(way, reached) => Confidence::Medium,
        ("parse" | "format" | "unknown", _)
        | ("any" | "template" | "task", Status::Client)
        | (_, Status::Success) => Confidence::Low,
        // Printed, such an error shows what was added last; where nothing is added, it is the inner error.
        ("any", _) if uses_context(cx, reached.function) => Confidence::Low,
        ("any", _) | (_, Status::Unknown | Status::Client) => Confidence::Medium,
        (_, Status::Server) => Confidence::High,
    };
    // What fails over an error's text seldom repeats it.
    let sure = if of_error(way) || is_meant(cx, reached, way, kind) { Confidence::Low } else { sure };
    Some(match way.assumed {
        0 => sure,
        1 => sure.min(Confidence::Medium),
        _ => Confidence::Low,
    })
}

/// Whether there are signs that the text was meant for whoever reads it, or is read by nobody: it went through a
/// function that is named for taking out what must not be told, it is a message of the service's own, or the error it
/// becomes part of is no answer yet.
fn is_meant(cx: &LintContext, reached: &Reached, way: &Way, kind: Symbol) -> bool {
    let semantics = cx.semantics();
    let cleans = way.steps.iter().any(|step| match step.kind {
        WayStepKind::Return(callee) => {
            let name = semantics.def_map.name(callee).as_str();
            ["sanitize", "redact", "scrub", "user_message", "public_message"]
                .iter()
                .any(|word| name.contains(word))
        }
        _ => false,
    });
    cleans
        || (kind.as_str() == "any" && is_own_message(cx, way))
        || is_no_answer(cx, reached)
        || is_of_stream(cx, reached)
        || is_before_service(cx, reached)
        || administrators::are_alone(cx, reached.function, reached.place)
}

/// Whether an error is what a function of the workspace made that fails with messages of its own only.
fn is_own_message(cx: &LintContext, way: &Way) -> bool {
    let semantics = cx.semantics();
    let Some(first) = way.steps.first() else { return false };
    let Some(types) = semantics.types(first.function) else { return false };
    let ir = semantics.ir(first.at.file);
    let callee = types.callees().find_map(|(expr, callee)| match callee {
        Callee::Fn(def) if ir.expr_span(expr) == first.at.span => Some(*def),
        _ => None,
    });
    let Some((file, body)) = callee.and_then(|callee| semantics.body(callee)) else { return false };
    let ir = semantics.ir(file);
    let run = ir.body(body).exprs;
    run.of(&ir.exprs).iter().all(|expr| !matches!(expr, Expr::Try(_) | Expr::Await(_)))
}

/// Whether a status of gRPC is made where none is returned: as a part of another error.
fn is_no_answer(cx: &LintContext, reached: &Reached) -> bool {
    let is_status = reached.callee.as_str().split("::").any(|segment| segment == "Status");
    let returns = || {
        let signature = cx.semantics().signature(reached.function)?;
        Some(
            matches!(signature.ret.kind(), TyKind::External { path, args } if path.as_str() == "std::result::Result"
            && args.get(1).is_some_and(|error| matches!(error.kind(), TyKind::Adt { .. }))),
        )
    };
    is_status && reached.sink.krate.as_str() == "tonic" && returns().unwrap_or(false)
}

/// Whether an error is what a piece of a stream failed with: a body that is sent in pieces is cut off there, and says nothing.
fn is_of_stream(cx: &LintContext, reached: &Reached) -> bool {
    let Some((file, body)) = cx.semantics().body(reached.function) else { return false };
    let ir = cx.semantics().ir(file);
    let is_stream = |mut expr: ExprId| loop {
        expr = match ir.expr(expr) {
            Expr::MethodCall { method, .. } if method.as_str().contains("stream") => return true,
            Expr::MethodCall { receiver, .. } => receiver,
            _ => return false,
        };
    };
    ir.body(body).exprs.of(&ir.exprs).iter().any(|expr| match *expr {
        Expr::MethodCall { receiver, method, args, .. }
            if matches!(method.as_str(), "map" | "map_err" | "then" | "filter_map" | "and_then") =>
        {
            let holds = |arg: ExprId| ir.expr_span(arg).contains(reached.place.span);
            ir.list(args).any(holds) && is_stream(receiver)
        }
        _ => false,
    })
}

/// Whether an error is made while the program starts: in `main`, or in what `main` alone calls, and in no closure that may
/// wait for requests.
fn is_before_service(cx: &LintContext, reached: &Reached) -> bool {
    let semantics = cx.semantics();
    let is_main = |def: DefId| {
        semantics.def_map.name(def).as_str() == "main" && semantics.def_map.container(def).is_none()
    };
    if waits(cx, reached.function, reached.place.span) {
        return false;
    }
    let (mut seen, mut open) = (BTreeSet::from([reached.function]), vec![reached.function]);
    while let Some(def) = open.pop() {
        if is_main(def) {
            continue;
        }
        let is_of_trait = semantics.enclosing_impl(def).is_some_and(|own| own.trait_ref.is_some());
        let callers = semantics.call_graph().callers(def);
        let is_called_at_once = || callers.iter().all(|caller| calls_at_once(cx, *caller, def));
        if is_of_trait || callers.is_empty() || seen.len() > MOST_OTHERS || !is_called_at_once() {
            return false;
        }
        open.extend(callers.iter().copied().filter(|caller| seen.insert(*caller)));
    }
    true
}

/// Whether a function only calls another, and gives it to nobody who calls it later.
fn calls_at_once(cx: &LintContext, caller: DefId, called: DefId) -> bool {
    let semantics = cx.semantics();
    let Some(types) = semantics.types(caller) else { return false };
    let ir = semantics.ir(semantics.locate(caller).0);
    let calls = types.callees().filter(|(_, callee)| **callee == Callee::Fn(called));
    let calls: Vec<ExprId> = calls.map(|(call, _)| call).collect();
    let named = types.paths().filter(|(_, meant)| *meant == Resolution::Def(called)).count();
    let by_name = calls.iter().filter(|call| matches!(ir.expr(**call), Expr::Call { .. })).count();
    !calls.is_empty() && named == by_name && !calls.iter().any(|call| waits(cx, caller, ir.expr_span(*call)))
}

/// Whether a place stands in a closure that is called for something else than an error that is there already.
fn waits(cx: &LintContext, function: DefId, place: Span) -> bool {
    const AT_ONCE: &[&str] = &["map_err", "or_else", "unwrap_or_else", "ok_or_else", "map", "and_then"];
    let Some((file, body)) = cx.semantics().body(function) else { return true };
    let ir = cx.semantics().ir(file);
    let is_around =
        |arg: ExprId| matches!(ir.expr(arg), Expr::Closure(_)) && ir.expr_span(arg).contains(place);
    ir.body(body).exprs.of(&ir.exprs).iter().any(|expr| match *expr {
        Expr::MethodCall { method, args, .. } => {
            ir.list(args).any(is_around) && !AT_ONCE.contains(&method.as_str())
        }
        Expr::Call { args, .. } => ir.list(args).any(is_around),
        Expr::LetStmt { init: Some(init), .. } => is_around(init),
        _ => false,
    })
}

/// Whether an error is made a text on its way, or given to something that does so.
fn becomes_text(way: &Way, reached: &Reached) -> bool {
    let is_made =
        |step: &WayStep| matches!(step.kind, WayStepKind::External(name) if name.as_str() == "to_string");
    let last = reached.callee.as_str().rsplit(':').next().unwrap_or_default();
    way.hole.is_some() || way.steps.iter().any(is_made) || last.contains("Error")
}

/// Whether a package adds context to its errors.
fn uses_context(cx: &LintContext, function: DefId) -> bool {
    let semantics = cx.semantics();
    let package = semantics.package(function);
    let is_context = |expr: &Expr| matches!(expr, Expr::MethodCall { method, .. } if matches!(method.as_str(), "context" | "with_context" | "wrap_err"));
    let own = semantics.functions().iter().filter(|def| semantics.package(**def) == package);
    let files: BTreeSet<FileId> = own.map(|def| semantics.locate(*def).0).collect();
    let adds =
        |file| semantics.ask("context of errors", file, || semantics.ir(file).exprs.iter().any(is_context));
    files.into_iter().any(adds)
}

/// What a status says: `INTERNAL_SERVER_ERROR`, `InternalServerError`, `ErrorInternalServerError`, `500`,
/// `internal`.
fn status_of(context: Option<Symbol>) -> Status {
    const SERVER: &[&str] = &[
        "internalservererror",
        "internal",
        "unknown",
        "badgateway",
        "serviceunavailable",
        "unavailable",
        "gatewaytimeout",
        "dataloss",
        "aborted",
        "notimplemented",
        "insufficientstorage",
        "resourceexhausted",
    ];
    let Some(context) = context else { return Status::Unknown };
    let name: String = context.as_str().chars().filter(char::is_ascii_alphanumeric).collect();
    let name = name.to_lowercase();
    let name = name.strip_prefix("error").unwrap_or(&name);
    match name.as_bytes() {
        [b'5', _, _] => Status::Server,
        [b'4', _, _] => Status::Client,
        [b'1'..=b'3', _, _] => Status::Success,
        _ if SERVER.contains(&name) => Status::Server,
        _ if matches!(name, "ok" | "created" | "accepted") => Status::Success,
        _ => Status::Client,
    }
}

/// For messages: what an error is.
fn name_of(kind: Symbol) -> &'static str {
    match kind.as_str() {
        "database" => "a database error",
        "io" => "an I/O error",
        "http" => "an HTTP client's error",
        "task" => "a task's error",
        "backtrace" => "a backtrace",
        "template" => "a template engine's error",
        "parse" => "a parser's error",
        "format" => "a formatter's error",
        _ => "an internal error",
    }
}

#[cfg(test)]
mod tests {
    use super::{Status, status_of};
    use ward_syntax::Symbol;

    #[test]
    fn a_status_is_read_however_it_is_named() {
        let of = |name| status_of(Some(Symbol::new(name)));
        let server =
            ["INTERNAL_SERVER_ERROR", "ErrorInternalServerError", "InternalServerError", "500", "internal"];
        assert!(server.into_iter().all(|name| of(name) == Status::Server));
        let client = ["BAD_REQUEST", "ErrorNotFound", "404", "invalid_argument"];
        assert!(client.into_iter().all(|name| of(name) == Status::Client));
        assert!(of("OK") == Status::Success && status_of(None) == Status::Unknown);
    }
}
