//! The endpoints as rows of a table, and the endpoint of every finding.

use ward_diagnostics::{EndpointGuard, EndpointRef, Finding, RouteGuards, RouteLayer, RouteRow};
use ward_semantics::Semantics;
use ward_semantics::endpoint::{
    AttachedKind, CONSTANT, Condition, Endpoint, Endpoints, Handler, UnknownPart,
};

use crate::Analysis;
use crate::config::Access;
use crate::guards::{Effect, EndpointAccess, GuardKind, Guards};
use crate::places::{Functions, Lines};
use crate::suppression::Directives;

/// The endpoints of a run as rows, in the order of their paths.
pub fn route_rows(analysis: &Analysis) -> Vec<RouteRow> {
    let semantics = &analysis.semantics;
    let mut lines = Lines::default();
    let rows = analysis.endpoints.all().iter().zip(&analysis.access).zip(&analysis.public);
    rows.map(|((endpoint, access), public)| row(semantics, endpoint, (access, public.as_deref()), &mut lines))
        .collect()
}

/// Why anybody may call each endpoint, where the configuration or the source says so: empty if no reason is given.
pub(crate) fn declared_public(
    semantics: &Semantics,
    endpoints: &Endpoints,
    access: &Access,
    directives: &Directives,
) -> Vec<Option<String>> {
    let public = access.public();
    let declared = |endpoint: &Endpoint| {
        let by_comment =
            endpoint.function().and_then(|def| directives.public(semantics, def)).map(str::to_owned);
        let names = endpoint.methods.names();
        let is_named = || {
            names.iter().any(|method| public.iter().any(|row| row.matches(method, endpoint.path.as_str())))
        };
        by_comment.or_else(|| is_named().then(String::new))
    };
    endpoints.all().iter().map(declared).collect()
}

/// Whether what answers is code that was looked for and not found: a function that is neither read nor told of by a model.
/// A service that is made of a type of some crate, as files are served, is what it is called.
fn is_unseen(semantics: &Semantics, handler: Handler) -> bool {
    match handler {
        Handler::Unknown => true,
        Handler::External(path) if path.as_str() == CONSTANT => false,
        Handler::External(path) => {
            let is_type = |name: &str| name.starts_with(char::is_uppercase);
            !path.as_str().split("::").any(is_type) && !semantics.externals.functions.contains_key(&path)
        }
        _ => false,
    }
}

fn row(
    semantics: &Semantics,
    endpoint: &Endpoint,
    (access, public): (&EndpointAccess, Option<&str>),
    lines: &mut Lines,
) -> RouteRow {
    let layers = endpoint.layers.iter().map(|attached| RouteLayer {
        name: attached.name(semantics),
        kind: kind_name(attached.kind),
        at: lines.place(semantics, attached.place),
        always: attached.condition == Condition::Always,
    });
    let layers = layers.collect();
    let mut unknown: Vec<String> = endpoint
        .unknown
        .iter()
        .map(|unknown| {
            let at = lines.place(semantics, unknown.place);
            format!("{}, {}:{}", part_name(unknown.part), at.file, at.line)
        })
        .collect();
    let is_unseen = is_unseen(semantics, endpoint.handler);
    if is_unseen && endpoint.unknown.iter().all(|unknown| unknown.part != UnknownPart::Handler) {
        let at = lines.place(semantics, endpoint.place);
        unknown.push(format!("{}, {}:{}", part_name(UnknownPart::Handler), at.file, at.line));
    }
    unknown.dedup();
    let extractors = endpoint.extractors(semantics);
    RouteRow {
        methods: endpoint.methods.names().into_iter().map(str::to_owned).collect(),
        path: endpoint.path.as_str().to_owned(),
        framework: endpoint.framework,
        handler: handler_name(semantics, endpoint.handler),
        handler_at: lines.place(semantics, endpoint.handler_place(semantics)),
        routed_at: lines.place(semantics, endpoint.place),
        router: endpoint.router.map(|def| semantics.path(def)),
        extractors: extractors.iter().map(|extractor| semantics.pretty_type(extractor.ty)).collect(),
        layers,
        guards: match guard_names(semantics, endpoint, access) {
            names if !names.is_empty() => RouteGuards::By(names),
            _ if let Some(reason) = public => RouteGuards::Public(reason.to_owned()),
            // It may ask by itself.
            _ if is_unseen => RouteGuards::Unknown,
            _ => RouteGuards::None,
        },
        effects: effect_names(access),
        unknown,
    }
}

/// What stands in place of a name if the handler itself asks who calls.
const IN_HANDLER: &str = "checked in the handler";

/// The names of the guards that nobody gets past unknown.
fn guard_names(semantics: &Semantics, endpoint: &Endpoint, access: &EndpointAccess) -> Vec<String> {
    let extractors = endpoint.extractors(semantics);
    let enforcing = access.guards.iter().filter(|guard| guard.verdict.enforces());
    let mut names: Vec<String> = enforcing
        .filter_map(|guard| match guard.how {
            GuardKind::Attached(index) => endpoint.layers.get(index).map(|layer| layer.name(semantics)),
            GuardKind::Argument(index) => {
                extractors.get(index).map(|extractor| semantics.pretty_type(extractor.ty))
            }
            GuardKind::Body => Some(IN_HANDLER.to_owned()),
        })
        .collect();
    // What the handler asks of a guard it takes is no second one.
    if names.len() > 1 && names.last().is_some_and(|name| name == IN_HANDLER) {
        names.pop();
    }
    names.dedup();
    names
}

fn effect_names(access: &EndpointAccess) -> Vec<String> {
    const NAMES: [(Effect, &str); 5] = [
        (Effect::Write, "store write"),
        (Effect::Read, "store read"),
        (Effect::File, "file"),
        (Effect::Command, "command"),
        (Effect::Outbound, "outbound request"),
    ];
    let named = NAMES.iter().filter(|(effect, _)| access.effects.has(*effect));
    named.map(|(_, name)| (*name).to_owned()).collect()
}

fn kind_name(kind: AttachedKind) -> &'static str {
    match kind {
        AttachedKind::Layer => "layer",
        AttachedKind::Condition => "condition",
        AttachedKind::Interceptor => "interceptor",
        AttachedKind::Hook => "hook",
        AttachedKind::Extractor => "extractor",
        AttachedKind::Catcher => "catcher",
    }
}

fn part_name(part: UnknownPart) -> &'static str {
    match part {
        UnknownPart::Path => "a part of the path is not known",
        UnknownPart::Methods => "the methods are not known",
        UnknownPart::Handler => "the handler was not found",
        UnknownPart::Mount => "not seen to be served",
        UnknownPart::Layer => "something attached is not known",
    }
}

/// The name of what answers.
fn handler_name(semantics: &Semantics, handler: Handler) -> String {
    match handler {
        Handler::Function(def) => match semantics.enclosing_impl(def) {
            Some(info) => format!("{}::{}", semantics.pretty_type(info.self_ty), semantics.def_map.name(def)),
            None => semantics.def_map.name(def).as_str().to_owned(),
        },
        Handler::Closure { .. } => "closure".to_owned(),
        Handler::Factory(def) => format!("{}(..)", semantics.def_map.name(def)),
        Handler::Service(def) => semantics.def_map.name(def).as_str().to_owned(),
        Handler::External(path) => path.as_str().to_owned(),
        Handler::Inline { function, .. } => format!("in {}", semantics.def_map.name(function)),
        Handler::Unknown => "?".to_owned(),
    }
}

/// Gives every finding the endpoint through which it is reached, unless its lint said which.
pub(crate) fn name_endpoints(
    semantics: &Semantics,
    endpoints: &Endpoints,
    guards: &Guards,
    findings: &mut [Finding],
) {
    let access_of = |endpoint: &Endpoint| {
        let mut all = endpoints.all().iter().zip(guards.of_endpoints(endpoints));
        all.find(|(other, _)| std::ptr::eq(*other, endpoint)).map(|(_, access)| access)
    };
    let mut functions = Functions::default();
    for finding in findings.iter_mut().filter(|finding| finding.endpoint.is_none()) {
        // Where the data enters tells more than where it ends.
        let start = finding.flows.first().and_then(|flow| flow.steps.first()).map(|step| step.location);
        let places = start.into_iter().chain([finding.primary.location]);
        finding.endpoint = places
            .filter_map(|place| Some((functions.at(semantics, place)?, place)))
            .find_map(|(function, place)| {
                let reaching = endpoints.reaching(semantics, function, Some(place));
                reaching.first().map(|endpoint| reference(semantics, endpoint, access_of(endpoint)))
            });
    }
}

/// An endpoint as a finding names it.
fn reference(semantics: &Semantics, endpoint: &Endpoint, access: Option<&EndpointAccess>) -> EndpointRef {
    let guarded = access.map(|access| guard_names(semantics, endpoint, access).into_iter().next());
    EndpointRef {
        method: endpoint.methods.names().join("|"),
        path: endpoint.path.as_str().to_owned(),
        handler: endpoint.handler_place(semantics),
        guarded: match guarded {
            Some(Some(name)) if name == IN_HANDLER => EndpointGuard::InHandler,
            Some(Some(name)) => EndpointGuard::By(name),
            Some(None) => EndpointGuard::None,
            None => EndpointGuard::Unknown,
        },
    }
}
