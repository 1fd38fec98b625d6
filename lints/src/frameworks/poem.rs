//! poem and poem-openapi.
//!
//! Everything is an endpoint: a route tree, the methods of one path, a handler. What wraps one covers all that is in
//! it by then. An API of poem-openapi is an impl whose methods say path and method by attribute.

use std::sync::Arc;

use ward_semantics::endpoint::{
    Attached, AttachedKind, Call, Condition, Evaluator, Framework, Handler, Made, Methods, Outcome, Route,
    Router, Value, What, attribute_arguments, texts,
};
use ward_semantics::{DefId, TraitName, Ty, TyKind, TypeHead};
use ward_syntax::{Attribute, FileSpan, Symbol};

use super::common::{
    METHODS, REST, adt_of, attached_by_text, attribute_text, block_of, method_named, methods_in,
    opaque_route, owned, text,
};

/// The framework.
#[derive(Debug)]
pub(super) struct Poem;

/// `Route`.
const ROUTE: &str = "route";
/// `RouteMethod`: its routes have no path yet.
const ON_PATH: &str = "methods";
/// `RouteDomain`, `RouteScheme`.
const CHOICE: &str = "choice";
/// Anything else that is an endpoint: a wrapped route tree, or a wrapped handler.
const ENDPOINT: &str = "endpoint";
/// `OpenApiService`.
const API: &str = "api";

impl Framework for Poem {
    fn name(&self) -> &'static str {
        "poem"
    }

    fn crates(&self) -> &'static [&'static str] {
        &["poem", "poem_openapi", "poem_grpc"]
    }

    fn builds(&self, path: &str) -> bool {
        let mut names = path.rsplit("::");
        let name = names.next().unwrap_or_default();
        METHODS.contains(&name) && matches!(names.next(), Some("poem" | "route"))
            || path.split("::").any(|name| {
                matches!(
                    name,
                    "Route"
                        | "RouteMethod"
                        | "RouteDomain"
                        | "RouteScheme"
                        | "OpenApiService"
                        | "EndpointExt"
                )
            })
    }

    fn parameter(&self, path: &str, _: &[Ty]) -> Option<Router> {
        let kind = match path.rsplit(':').next().unwrap_or(path) {
            "Route" => ROUTE,
            "RouteMethod" => ON_PATH,
            "RouteDomain" | "RouteScheme" => CHOICE,
            "Endpoint" | "IntoEndpoint" | "BoxEndpoint" | "DynEndpoint" => ENDPOINT,
            "OpenApiService" => API,
            _ => return None,
        };
        Some(Router::empty(kind))
    }

    fn call(&self, cx: &mut Evaluator<'_>, call: &Call<'_>) -> Option<Value> {
        let mut segments = call.path.as_str().rsplit("::");
        let (name, parent) = (segments.next()?, segments.next()?);
        let router = match (parent, name) {
            ("Route", "new" | "default") => cx.router(self, ROUTE),
            ("RouteMethod", "new" | "default") => cx.router(self, ON_PATH),
            ("RouteDomain" | "RouteScheme", "new" | "default") => cx.router(self, CHOICE),
            ("OpenApiService", "new") => {
                let mut router = cx.router(self, API);
                router.routes = self.api(cx, call.argument(0), call.argument_type(0), call);
                router
            }
            ("poem" | "route", name) if !call.arguments.is_empty() => {
                let methods = method_named(name)?;
                let mut router = cx.router(self, ON_PATH);
                Self::add_handler(cx, &mut router, &methods, call.argument(0), call);
                router
            }
            _ => return None,
        };
        Some(Value::router(router))
    }

    fn method(&self, cx: &mut Evaluator<'_>, router: Arc<Router>, call: &Call<'_>) -> Outcome {
        let (first, second) = (call.argument(0), call.argument(1));
        let name = call.name();
        let name = name.strip_prefix("try_").unwrap_or(name);
        if router.kind == API && is_document(name) {
            return Outcome::value(document(name, call));
        }
        let mut router = owned(router);
        match (name, router.kind) {
            ("at" | "nest_no_strip", ROUTE) => {
                self.add_at(cx, &mut router, first, second, Below::Itself, call);
            }
            ("just_at", ROUTE) => self.add_at(cx, &mut router, &text(""), first, Below::Itself, call),
            ("nest", ROUTE) => self.add_at(cx, &mut router, first, second, Below::Rest, call),
            ("at", CHOICE) => self.add_at(cx, &mut router, &text(""), second, Below::Rest, call),
            ("http" | "https" | "custom" | "fallback", CHOICE) => {
                let inner = call.arguments.last().cloned().unwrap_or_default();
                self.add_at(cx, &mut router, &text(""), &inner, Below::Rest, call);
            }
            ("method", ON_PATH) => Self::add_handler(cx, &mut router, &methods_in(first), second, call),
            (name, ON_PATH) if METHODS.contains(&name) => {
                if let Some(methods) = method_named(name) {
                    Self::add_handler(cx, &mut router, &methods, first, call);
                }
            }
            _ => wrap(&mut router, name, call),
        }
        Outcome::router(router)
    }

    fn foreign_method(&self, cx: &mut Evaluator<'_>, receiver: &Value, call: &Call<'_>) -> Option<Outcome> {
        if !matches!(
            call.name(),
            "with" | "with_if" | "around" | "before" | "catch_error" | "catch_all_error"
        ) || matches!(receiver, Value::Unknown | Value::Text(_))
        {
            return None;
        }
        // A handler that is wrapped by itself.
        let mut router = cx.router(self, ENDPOINT);
        router.routes = cx.routes(&Methods::Any, &text(""), receiver, call);
        wrap(&mut router, call.name(), call);
        Some(Outcome::router(router))
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["oai"]
    }

    fn attributed(&self, cx: &mut Evaluator<'_>, function: DefId) -> Option<Router> {
        let block = block_of(cx, function)?;
        if !is_api(cx, block) {
            return None;
        }
        let mut router = cx.router(self, ENDPOINT);
        router.routes = self.operation(cx, block, function, function);
        (!router.routes.is_empty()).then_some(router)
    }
}

/// What a value put at a path answers, if it is no router.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Below {
    /// The path itself.
    Itself,
    /// All below it.
    Rest,
}

impl Poem {
    /// Adds all that an endpoint answers at a path.
    fn add_at(
        &self,
        cx: &mut Evaluator<'_>,
        router: &mut Router,
        path: &Value,
        value: &Value,
        below: Below,
        call: &Call<'_>,
    ) {
        for path in texts(path) {
            let path = Symbol::new(&plain(path.as_str()));
            match value {
                Value::Router(inner) => {
                    // A tree put at a path, not below it, still sees the whole path.
                    let whole = below == Below::Itself && inner.kind == ROUTE;
                    let prefix = if whole { Vec::new() } else { vec![path] };
                    let mut routes = cx.close(&Router { prefix, ..Router::clone(inner) });
                    if inner.kind == ON_PATH {
                        for route in &mut routes {
                            route.router = Some(call.function);
                        }
                    }
                    router.routes.extend(routes);
                }
                Value::OneOf(all) if all.iter().any(|value| matches!(value, Value::Router(_))) => {
                    for value in all.iter() {
                        self.add_at(cx, router, &Value::Text(path), value, below, call);
                    }
                }
                value if below == Below::Rest => {
                    let path = Symbol::new(&self.join(path.as_str(), REST));
                    let route = opaque_route(cx, path, value, call);
                    router.routes.push(route);
                }
                value => {
                    let routes = cx.routes(&Methods::Any, &Value::Text(path), value, call);
                    router.routes.extend(routes);
                }
            }
        }
    }

    fn add_handler(
        cx: &mut Evaluator<'_>,
        router: &mut Router,
        methods: &Methods,
        handler: &Value,
        call: &Call<'_>,
    ) {
        if let Value::Router(inner) = handler {
            for route in cx.close(inner) {
                router.routes.push(Route { methods: methods.clone(), ..route });
            }
            return;
        }
        let routes = cx.routes(methods, &text(""), handler, call);
        router.routes.extend(routes);
    }

    /// The operations of an API, or of several in a tuple.
    fn api(&self, cx: &mut Evaluator<'_>, value: &Value, ty: Ty, call: &Call<'_>) -> Vec<Route> {
        let parts: &[Ty] = match ty.kind() {
            TyKind::Tuple(parts) => parts,
            _ => &[],
        };
        if let Value::List(all) = value {
            let part = |at: usize| parts.get(at).copied().unwrap_or_else(Ty::unknown);
            let routes: Vec<Vec<Route>> =
                all.iter().enumerate().map(|(at, value)| self.api(cx, value, part(at), call)).collect();
            return routes.concat();
        }
        if !parts.is_empty() {
            let routes: Vec<Vec<Route>> =
                parts.iter().map(|part| self.api(cx, &Value::Unknown, *part, call)).collect();
            return routes.concat();
        }
        if value.is_unknown() && matches!(ty.kind(), TyKind::Tuple(_)) {
            return Vec::new();
        }
        match adt_of(cx, value, ty) {
            Some(def) => self.operations(cx, def),
            None => vec![opaque_route(cx, Symbol::new(REST), value, call)],
        }
    }

    /// The operations that the impls of a type declare.
    fn operations(&self, cx: &mut Evaluator<'_>, ty: DefId) -> Vec<Route> {
        let semantics = cx.semantics;
        let mut routes = Vec::new();
        for block in semantics.impls.of_type(TypeHead::Adt(ty)) {
            if !is_api(cx, *block) {
                continue;
            }
            let declared = match semantics.impls.get(*block).and_then(|data| data.trait_name) {
                Some(TraitName::Workspace(declared)) => Some(declared),
                _ => None,
            };
            for (name, item) in semantics.impls.items(*block) {
                // The attributes of a trait's operation stand in the trait.
                let outer = declared.and_then(|declared| semantics.impls.item(declared, *name));
                let marked = [*item].into_iter().chain(outer).find(|item| {
                    semantics.item(*item).attributes.iter().any(|known| known.last_segment() == "oai")
                });
                if let Some(marked) = marked {
                    let owner = if marked == *item { *block } else { declared.unwrap_or(*block) };
                    routes.extend(self.operation(cx, owner, marked, *item));
                }
            }
        }
        routes
    }

    /// The routes of one operation: `block` says the prefix, `marked` has the attributes, `function` answers.
    fn operation(&self, cx: &mut Evaluator<'_>, block: DefId, marked: DefId, function: DefId) -> Vec<Route> {
        let semantics = cx.semantics;
        let mut prefix = Symbol::new("");
        for attribute in semantics.item(block).attributes.iter().filter(|known| is_openapi(known)) {
            for argument in attribute_arguments(attribute) {
                if argument.name == "prefix_path" {
                    prefix = attribute_text(cx, block, &argument);
                }
            }
        }
        let (file, _) = semantics.locate(marked);
        let mut routes = Vec::new();
        for attribute in
            semantics.item(marked).attributes.iter().filter(|known| known.last_segment() == "oai")
        {
            let (mut path, mut methods, mut layers) = (None, Vec::new(), Vec::new());
            for argument in attribute_arguments(attribute) {
                match argument.name {
                    "path" => path = Some(attribute_text(cx, marked, &argument)),
                    "method" => methods.extend(argument.literal()),
                    "transform" => {
                        layers.push(attached_by_text(cx, AttachedKind::Layer, marked, &argument));
                    }
                    _ => {}
                }
            }
            let Some(path) = path else { continue };
            let path = Symbol::new(&self.join(prefix.as_str(), &plain(path.as_str())));
            let methods = Methods::of(methods.iter().map(String::as_str));
            let place = FileSpan { file, span: attribute.span };
            let mut route = cx.route(methods, path, Handler::Function(function), place, function);
            for layer in layers {
                route.wrap(&transformed(cx, layer));
            }
            routes.push(route);
        }
        routes
    }
}

/// What a function that wraps an operation attaches: what it wraps it in, if that is seen, or the function.
fn transformed(cx: &mut Evaluator<'_>, layer: Attached) -> Vec<Attached> {
    let What::Function(function) = layer.what else { return vec![layer] };
    let mut inner = cx.router(&Poem, ENDPOINT);
    let handler = Handler::Function(function);
    inner.routes.push(Route {
        methods: Methods::Any,
        path: Symbol::new(""),
        handler,
        place: layer.place,
        layers: Vec::new(),
        router: None,
        unknown: Vec::new(),
    });
    inner.partial = true;
    let (value, _) = cx.apply(&Value::Function(function), vec![Value::router(inner)]);
    match value {
        Value::Router(router) if router.routes.len() == 1 && !router.routes[0].layers.is_empty() => {
            router.routes[0].layers.clone()
        }
        _ => vec![layer],
    }
}

/// What the methods that wrap an endpoint do.
fn wrap(router: &mut Router, name: &str, call: &Call<'_>) {
    let first = call.argument(0);
    let kind = match name {
        "with" | "around" | "before" => AttachedKind::Layer,
        "with_if" => AttachedKind::Layer,
        "catch_error" | "catch_all_error" => AttachedKind::Catcher,
        _ => return,
    };
    let mut attached =
        Attached::new(kind, if name == "with_if" { call.argument(1) } else { first }, call.place);
    if name == "with_if" {
        attached.condition = Condition::Sometimes;
    }
    let layers = match first {
        // Several at once: the first is innermost.
        Value::List(all) if name == "with" => {
            all.iter().map(|value| Attached::new(kind, value, call.place)).collect()
        }
        _ => vec![attached],
    };
    for route in &mut router.routes {
        route.wrap(&layers);
    }
    router.kind = ENDPOINT;
}

/// Methods of an API that give an endpoint which shows its document.
fn is_document(name: &str) -> bool {
    matches!(
        name,
        "swagger_ui"
            | "rapidoc"
            | "redoc"
            | "scalar"
            | "stoplight_elements"
            | "openapi_explorer"
            | "spec_endpoint"
            | "spec_endpoint_yaml"
    )
}

fn document(name: &str, call: &Call<'_>) -> Value {
    Value::Made(Arc::new(Made {
        what: What::External(Symbol::new(&format!("poem_openapi::OpenApiService::{name}"))),
        receiver: None,
        arguments: Vec::new(),
        place: call.place,
    }))
}

fn is_openapi(attribute: &Attribute) -> bool {
    attribute.last_segment() == "OpenApi"
}

fn is_api(cx: &Evaluator<'_>, block: DefId) -> bool {
    cx.semantics.item(block).attributes.iter().any(is_openapi)
}

/// A path without the patterns of its parameters: `/:id<\d+>` is `/:id`, `/<\d+>` has no name.
fn plain(path: &str) -> String {
    let segment = |segment: &str| match segment.find('<') {
        Some(0) => ":param".to_owned(),
        Some(at) if segment.starts_with(':') => segment[..at].to_owned(),
        _ => segment.to_owned(),
    };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}
