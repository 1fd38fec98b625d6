//! axum, with the crates that build its routers in other ways: utoipa-axum, aide, axum-extra, tower.
//!
//! A layer covers the routes that are there when it is added. The methods of one path are a router, too.

use std::sync::Arc;

use ward_semantics::endpoint::{
    Attached, AttachedKind, Call, Evaluator, Framework, Made, Methods, Outcome, Router, Value, What,
    attribute_arguments, texts,
};
use ward_semantics::{DefId, Ty, TyKind};
use ward_syntax::Symbol;

use super::common::{
    FALLBACK, METHODS, REST, attribute_text, first_text, made_by, method_named, methods_in, opaque_route,
    owned, text, unknown_path, viewer_paths,
};

/// The framework.
#[derive(Debug)]
pub(super) struct Axum;

/// `Router`.
const ROUTER: &str = "router";
/// `MethodRouter`: its routes have no path yet.
const ON_PATH: &str = "methods";
/// A handler with layers of its own.
const HANDLER: &str = "handler";

const ROUTER_TYPES: &[&str] = &["Router", "ApiRouter", "OpenApiRouter"];
const METHOD_TYPES: &[&str] = &["MethodRouter", "ApiMethodRouter", "UtoipaMethodRouter"];

impl Framework for Axum {
    fn name(&self) -> &'static str {
        "axum"
    }

    fn crates(&self) -> &'static [&'static str] {
        &["axum", "axum_extra", "utoipa_axum", "aide", "tower", "tower_http", "utoipa"]
    }

    fn builds(&self, path: &str) -> bool {
        if path.starts_with("tower") || path.starts_with("utoipa::") {
            return false;
        }
        path.contains("::routing::")
            || path.split("::").any(|name| ROUTER_TYPES.contains(&name) || METHOD_TYPES.contains(&name))
    }

    /// A path keeps the slash at its end; one that is `/` itself adds none to a prefix.
    fn join(&self, prefix: &str, path: &str) -> String {
        match (prefix, path) {
            ("", _) => path.to_owned(),
            (_, "" | "/") => prefix.to_owned(),
            _ if prefix.ends_with('/') => format!("{prefix}{}", path.trim_start_matches('/')),
            _ if path.starts_with('/') => format!("{prefix}{path}"),
            _ => format!("{prefix}/{path}"),
        }
    }

    fn parameter(&self, path: &str, _: &[Ty]) -> Option<Router> {
        let name = path.rsplit(':').next().unwrap_or(path);
        let kind = if ROUTER_TYPES.contains(&name) {
            ROUTER
        } else if METHOD_TYPES.contains(&name) {
            ON_PATH
        } else {
            return None;
        };
        Some(Router::empty(kind))
    }

    fn call(&self, cx: &mut Evaluator<'_>, call: &Call<'_>) -> Option<Value> {
        let path = call.path.as_str();
        if path == "utoipa_axum::routes!" {
            return Some(self.documented(cx, call));
        }
        let mut segments = path.rsplit("::");
        let (name, ty) = (segments.next()?, segments.next()?);
        if ROUTER_TYPES.contains(&ty) {
            return match name {
                "new" | "default" | "with_openapi" => Some(Value::router(cx.router(self, ROUTER))),
                "from" => call.arguments.first().cloned(),
                _ => None,
            };
        }
        if METHOD_TYPES.contains(&ty) && matches!(name, "new" | "default") {
            return Some(Value::router(cx.router(self, ON_PATH)));
        }
        if ty == "middleware" && name.starts_with("from_extractor") {
            return taken(call);
        }
        if !path.contains("::routing::") || call.arguments.is_empty() {
            return None;
        }
        let (methods, handler) = on_method(call)?;
        let mut router = cx.router(self, ON_PATH);
        self.add_handler(cx, &mut router, &methods, handler, call);
        Some(Value::router(router))
    }

    fn method(&self, cx: &mut Evaluator<'_>, router: Arc<Router>, call: &Call<'_>) -> Outcome {
        if call.name().starts_with("split_for_parts") {
            return Outcome::value(Value::list(vec![Value::Router(router), Value::Unknown]));
        }
        let mut router = owned(router);
        match (call.name(), router.kind) {
            ("layer" | "route_layer", _) => self.layer(&mut router, call),
            ("merge", ON_PATH) => self.merge(cx, &mut router, call.argument(0), call),
            (_, ON_PATH) => {
                if call.name() == "fallback" || call.name() == "fallback_service" {
                    self.add_handler(cx, &mut router, &Methods::Any, call.argument(0), call);
                } else if let Some((methods, handler)) = on_method(call) {
                    self.add_handler(cx, &mut router, &methods, handler, call);
                }
            }
            (_, ROUTER) => self.router_method(cx, &mut router, call),
            _ => {}
        }
        Outcome::router(router)
    }

    fn foreign_method(&self, cx: &mut Evaluator<'_>, receiver: &Value, call: &Call<'_>) -> Option<Outcome> {
        let argument = call.argument(0);
        match (call.name(), receiver, argument) {
            // A service put into layers.
            ("layer" | "service", Value::Made(_), Value::Router(inner)) => {
                let mut router = Router::clone(inner);
                let layers = layers_of(receiver, call);
                for route in &mut router.routes {
                    route.wrap(&layers);
                }
                Some(Outcome::router(router))
            }
            ("layer", Value::Function(_) | Value::Closure(_), _) if call.arguments.len() == 1 => {
                let mut router = cx.router(self, HANDLER);
                self.add_handler(cx, &mut router, &Methods::Any, receiver, call);
                self.layer(&mut router, call);
                Some(Outcome::router(router))
            }
            _ => None,
        }
    }
}

#[allow(clippy::unused_self, reason = "methods of the framework, whether they need it or not")]
impl Axum {
    fn router_method(&self, cx: &mut Evaluator<'_>, router: &mut Router, call: &Call<'_>) {
        let (first, second) = (call.argument(0), call.argument(1));
        match call.name() {
            "route"
            | "route_service"
            | "api_route"
            | "api_route_with"
            | "route_with_tsr"
            | "api_route_docs"
            | "api_route_docs_with" => self.add_at(cx, router, first, second, "", call),
            "nest" | "nest_service" | "nest_api_service" => {
                self.add_at(cx, router, first, second, REST, call);
            }
            "merge" | "routes" => self.merge(cx, router, first, call),
            "fallback" | "fallback_service" => {
                let routes = cx.routes(&Methods::Any, &text(FALLBACK), first, call);
                router.routes.extend(routes);
            }
            name => {
                if let Some(method) = name.strip_prefix("typed_")
                    && METHODS.contains(&method)
                {
                    let path = typed_path(cx, first);
                    let routes = cx.routes(&Methods::one(method), &Value::Text(path), first, call);
                    router.routes.extend(routes);
                }
            }
        }
    }

    /// Adds what answers some methods.
    fn add_handler(
        &self,
        cx: &mut Evaluator<'_>,
        router: &mut Router,
        methods: &Methods,
        handler: &Value,
        call: &Call<'_>,
    ) {
        if let Value::Router(inner) = handler {
            for route in &inner.routes {
                let methods = if inner.kind == HANDLER { methods.clone() } else { route.methods.clone() };
                router.routes.push(ward_semantics::endpoint::Route { methods, ..route.clone() });
            }
            return;
        }
        let routes = cx.routes(methods, &text(""), handler, call);
        router.routes.extend(routes);
    }

    /// Adds all routes of a value below a path. `rest` is the path of a service about which nothing is known.
    fn add_at(
        &self,
        cx: &mut Evaluator<'_>,
        router: &mut Router,
        path: &Value,
        value: &Value,
        rest: &str,
        call: &Call<'_>,
    ) {
        for prefix in texts(path) {
            match value {
                Value::Router(inner) => {
                    let inner = Router { prefix: vec![prefix], ..Router::clone(inner) };
                    let mut routes = cx.close(&inner);
                    // A group of methods is routed here: that is the place to show, not where it was made.
                    if inner.kind == ON_PATH {
                        for route in &mut routes {
                            route.router = Some(call.function);
                        }
                    }
                    router.routes.extend(routes);
                }
                Value::OneOf(all) if all.iter().any(|value| matches!(value, Value::Router(_))) => {
                    for value in all.iter() {
                        self.add_at(cx, router, &Value::Text(prefix), value, rest, call);
                    }
                }
                value => {
                    let path = Symbol::new(&self.join(prefix.as_str(), rest));
                    let route = opaque_route(cx, path, value, call);
                    router.routes.push(route);
                }
            }
        }
    }

    fn merge(&self, cx: &mut Evaluator<'_>, router: &mut Router, value: &Value, call: &Call<'_>) {
        if let Some(paths) = viewer_paths(value) {
            router.routes.extend(paths.into_iter().map(|path| opaque_route(cx, path, value, call)));
            return;
        }
        match value {
            Value::Router(inner) => router.routes.extend(cx.close(inner)),
            Value::OneOf(all) | Value::List(all) => {
                for value in all.iter() {
                    self.merge(cx, router, value, call);
                }
            }
            Value::Unknown => {}
            value => {
                let path = first_text(value).filter(|path| path.as_str().starts_with('/'));
                let path =
                    path.map_or_else(unknown_path, |path| Symbol::new(&self.join(path.as_str(), REST)));
                let route = opaque_route(cx, path, value, call);
                router.routes.push(route);
            }
        }
    }

    fn layer(&self, router: &mut Router, call: &Call<'_>) {
        let layers = layers_of(call.argument(0), call);
        let fallback = Symbol::new(FALLBACK);
        for route in &mut router.routes {
            if call.name() == "layer" || route.path != fallback {
                route.wrap(&layers);
            }
        }
    }

    /// `routes!(a, b)`: functions whose methods and paths stand in their attributes.
    fn documented(&self, cx: &mut Evaluator<'_>, call: &Call<'_>) -> Value {
        let mut router = cx.router(self, ROUTER);
        for argument in call.arguments {
            let Value::Function(function) = argument else { continue };
            let (methods, path) = documented_as(cx, *function);
            let routes = cx.routes(&methods, &Value::Text(path), argument, call);
            router.routes.extend(routes);
        }
        Value::router(router)
    }
}

/// A layer that takes a type out of the request, and hands on those requests that have it.
fn taken(call: &Call<'_>) -> Option<Value> {
    let made = |what, arguments| Made { what, receiver: None, arguments, place: call.place };
    let ty = made(What::Taken(*call.generics.first()?), Vec::new());
    Some(Value::Made(Arc::new(made(What::External(call.path), vec![Value::Made(Arc::new(ty))]))))
}

/// The methods and the handler of `get(handler)` and all its forms.
fn on_method<'c>(call: &'c Call<'_>) -> Option<(Methods, &'c Value)> {
    let name = call.name();
    let base = name.strip_suffix("_service").or_else(|| name.strip_suffix("_with")).unwrap_or(name);
    match base {
        "on" => Some((methods_in(call.argument(0)), call.argument(1))),
        "any" => Some((Methods::Any, call.argument(0))),
        base => Some((method_named(base)?, call.argument(0))),
    }
}

/// The layers that a value given to `layer` is, innermost first.
fn layers_of(value: &Value, call: &Call<'_>) -> Vec<Attached> {
    let mut outermost_first = Vec::new();
    collect_layers(value, call, &mut outermost_first);
    outermost_first.reverse();
    outermost_first
}

fn collect_layers(value: &Value, call: &Call<'_>, into: &mut Vec<Attached>) {
    match value {
        Value::List(all) => all.iter().for_each(|value| collect_layers(value, call, into)),
        Value::Made(made) if is_stack(value) => {
            let Some(receiver) = &made.receiver else { return };
            collect_layers(receiver, call, into);
            let name = match made.what {
                What::External(path) | What::Method(path) => {
                    path.as_str().rsplit(':').next().unwrap_or_default()
                }
                _ => "",
            };
            match (name, made.arguments.first()) {
                ("layer" | "option_layer" | "layer_fn", Some(layer)) => {
                    let start = into.len();
                    collect_layers(layer, call, into);
                    for attached in &mut into[start..] {
                        attached.place = made.place;
                    }
                }
                ("into_inner" | "check_service" | "check_clone" | "boxed" | "boxed_clone", _) => {}
                _ => {
                    let named = Symbol::new(&format!("tower::ServiceBuilder::{name}"));
                    let mut attached = Attached::new(AttachedKind::Layer, value, made.place);
                    attached.what = What::External(named);
                    into.push(attached);
                }
            }
        }
        value => {
            // What changes answers comes too late to refuse.
            let changes = ["map_response", "map_response_with_state"];
            let is_late = changes.iter().any(|name| made_by(value, &format!("::{name}")).is_some());
            let kind = if is_late { AttachedKind::Catcher } else { AttachedKind::Layer };
            into.push(Attached::new(kind, value, call.place));
        }
    }
}

/// Whether a value is a stack of layers being built.
fn is_stack(value: &Value) -> bool {
    let mut value = value;
    while let Value::Made(made) = value {
        match &made.receiver {
            Some(receiver) => value = receiver,
            None => return made_by(value, "ServiceBuilder::new").is_some(),
        }
    }
    false
}

/// What the attribute that documents a function says of its methods and path.
fn documented_as(cx: &mut Evaluator<'_>, function: DefId) -> (Methods, Symbol) {
    let semantics = cx.semantics;
    let attribute = semantics
        .item(function)
        .attributes
        .iter()
        .find(|attribute| semantics.resolve_attribute(function, attribute).as_str() == "utoipa::path");
    let Some(attribute) = attribute else { return (Methods::Any, unknown_path()) };
    let mut methods = Vec::new();
    let mut path = Symbol::new("");
    for argument in attribute_arguments(attribute) {
        match argument.name {
            "" if METHODS.contains(&argument.value) => methods.push(argument.value),
            "method" => methods.extend(argument.value.split(',').map(str::trim)),
            "path" => path = attribute_text(cx, function, &argument),
            _ => {}
        }
    }
    let methods = if methods.is_empty() { Methods::Any } else { Methods::of(methods) };
    (methods, path)
}

/// The path that the type of a handler's argument declares.
fn typed_path(cx: &mut Evaluator<'_>, handler: &Value) -> Symbol {
    let params: Vec<Ty> = match handler {
        Value::Function(def) => {
            cx.semantics.signature(*def).map(|signature| signature.params.clone()).unwrap_or_default()
        }
        Value::Closure(closure) => {
            let params = &cx.semantics.ir(closure.file).closure(closure.closure).params;
            params
                .iter()
                .filter_map(|(_, ty)| *ty)
                .map(|ty| cx.semantics.resolve_type(closure.function, ty))
                .collect()
        }
        _ => Vec::new(),
    };
    for ty in params {
        let TyKind::Adt { def, .. } = ty.kind() else { continue };
        let Some(attribute) = cx.semantics.item(*def).attribute("typed_path") else { continue };
        if let Some(path) = attribute_arguments(attribute).first() {
            return attribute_text(cx, *def, path);
        }
    }
    unknown_path()
}
