//! The wording of the steps of a way.

use ward_diagnostics::{Flow, FlowStep, StepKind};
use ward_flow::models::{Source, SourceClass};
use ward_flow::{Reached, Way, WayStep, WayStepKind};
use ward_semantics::Semantics;
use ward_syntax::Symbol;

/// A way as a flow, ending at the sink.
pub(crate) fn flow(semantics: &Semantics, way: &Way, reached: &Reached) -> Flow {
    let mut steps: Vec<FlowStep> = way.steps.iter().map(|step| told(semantics, step)).collect();
    steps.push(FlowStep {
        location: reached.place,
        message: reaching(&reached.callee.to_string()),
        kind: StepKind::Sink,
        function: Some(semantics.path(reached.function)),
    });
    Flow { steps }
}

/// Where a flow ends. Text that is only put together has no callee.
fn reaching(callee: &str) -> String {
    if callee.is_empty() { "ends up here".to_owned() } else { format!("reaches `{callee}`") }
}

fn told(semantics: &Semantics, step: &WayStep) -> FlowStep {
    let name = |def| semantics.def_map.name(def);
    let (kind, message) = match step.kind {
        WayStepKind::Source { source, name } => (StepKind::Source, entering(source, name)),
        WayStepKind::Parameter(name) => (StepKind::Source, format!("a caller passes `{name}`")),
        WayStepKind::Bound(name) => (StepKind::Step, format!("stored in `{name}`")),
        WayStepKind::Template => (StepKind::Step, "formatted into a string".to_owned()),
        WayStepKind::Appended => (StepKind::Step, "appended to a string".to_owned()),
        WayStepKind::External(name) if name.is_empty() => {
            (StepKind::Step, "passed through a call".to_owned())
        }
        WayStepKind::External(name) => (StepKind::Step, format!("passed through `{name}`")),
        WayStepKind::Call(callee) => (StepKind::Call, format!("passed to `{}`", name(callee))),
        WayStepKind::Return(callee) => (StepKind::Return, format!("returned by `{}`", name(callee))),
        WayStepKind::Closure => (StepKind::Step, "passed through a closure".to_owned()),
        WayStepKind::Received(name) if name.is_empty() => {
            (StepKind::Step, "sent, and received here".to_owned())
        }
        WayStepKind::Received(name) => (StepKind::Step, format!("sent, and received as `{name}`")),
    };
    FlowStep { location: step.at, message, kind, function: Some(semantics.path(step.function)) }
}

/// What a source brings in, and the name it has there.
fn entering(source: Source, name: Symbol) -> String {
    let what = match source.class {
        SourceClass::Request => request_part(source.kind),
        SourceClass::Error => return format!("`{name}` holds an internal error"),
        SourceClass::Stored => "stored data",
        SourceClass::Filesystem => "the file system",
        SourceClass::Secret => return format!("`{name}` holds a secret"),
    };
    format!("`{name}` comes from {what}")
}

/// Which part of a request a kind of source is.
fn request_part(kind: Symbol) -> &'static str {
    match kind.as_str() {
        "path" => "the request path",
        "query" => "the query string",
        "body" => "the request body",
        "form" => "a form field",
        "header" => "a request header",
        "cookie" => "a cookie",
        "upload" => "an uploaded file",
        "argument" => "an argument of the remote call",
        "tool" => "an argument of the tool call",
        "uri" => "the request URI",
        "connection" => "whoever connects",
        "archive" => "the name of an archive entry",
        _ => "the request",
    }
}
