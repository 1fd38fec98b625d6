//! Rocket, with the crate that documents its routes.
//!
//! Routes are functions by attribute, collected by `routes![..]` into vectors, which are lists of routes here.
//! Fairings see every request of the application.

use std::sync::Arc;

use ward_semantics::endpoint::{
    AttachedKind, Call, Evaluator, Framework, Handler, Methods, Outcome, Router, Value, attribute_arguments,
    texts,
};
use ward_semantics::{DefId, Ty};
use ward_syntax::{Attribute, FileSpan, Symbol};

use super::common::{
    METHODS, REST, attribute_text, each, is_attribute_of, methods_in, opaque_route, owned, unknown_path,
    viewer_paths,
};

/// The framework.
#[derive(Debug)]
pub(super) struct Rocket;

/// `Rocket<Build>`.
const APP: &str = "app";
/// `Vec<Route>`, `Route`.
const ROUTES: &str = "routes";

impl Framework for Rocket {
    fn name(&self) -> &'static str {
        "rocket"
    }

    fn crates(&self) -> &'static [&'static str] {
        &["rocket", "rocket_okapi", "rocket_contrib"]
    }

    fn builds(&self, path: &str) -> bool {
        matches!(path, "rocket::build" | "rocket::custom" | "rocket::ignite")
            || path.split("::").any(|name| matches!(name, "Rocket" | "Route"))
            || path.contains("AdHoc::")
    }

    fn parameter(&self, path: &str, _: &[Ty]) -> Option<Router> {
        match path.rsplit(':').next()? {
            "Rocket" => Some(Router::empty(APP)),
            "Route" => Some(Router { in_place: true, ..Router::empty(ROUTES) }),
            _ => None,
        }
    }

    fn call(&self, cx: &mut Evaluator<'_>, call: &Call<'_>) -> Option<Value> {
        let path = call.path.as_str();
        match call.name() {
            "build" | "custom" | "ignite" if path.matches("::").count() <= 2 => {
                Some(Value::router(cx.router(self, APP)))
            }
            "routes!" | "openapi_get_routes!" | "routes_with_openapi!" => {
                Some(Value::router(self.listed(cx, call)))
            }
            "mount_endpoints_and_merged_docs!" => self.mounted(cx, call),
            // The routes, and the document about them.
            "openapi_get_routes_spec!" => {
                let routes = Value::router(self.listed(cx, call));
                Some(Value::list(vec![routes, Value::Unknown]))
            }
            // What it does is done where it is attached.
            "on_ignite" | "try_on_ignite" | "on_attach" if path.contains("AdHoc") => {
                Some(Value::Made(Arc::new(ward_semantics::endpoint::Made {
                    what: ward_semantics::endpoint::What::External(call.path),
                    receiver: None,
                    arguments: call.arguments.to_vec(),
                    place: call.place,
                })))
            }
            "new" | "ranked" if path.contains("Route::") => {
                let arguments = &call.arguments[call.arguments.len().checked_sub(3)?..];
                let methods = methods_in(&arguments[0]);
                let mut router = Router { in_place: true, ..cx.router(self, ROUTES) };
                router.routes = cx.routes(&methods, &arguments[1], &arguments[2], call);
                Some(Value::router(router))
            }
            _ => None,
        }
    }

    fn unresolved_call(&self, cx: &mut Evaluator<'_>, call: &Call<'_>) -> Option<Value> {
        // Imported by `#[macro_use] extern crate`, beside others.
        let name = call.path.as_str();
        matches!(name, "routes!" | "openapi_get_routes!").then(|| Value::router(self.listed(cx, call)))
    }

    fn method(&self, cx: &mut Evaluator<'_>, router: Arc<Router>, call: &Call<'_>) -> Outcome {
        let mut router = owned(router);
        let first = call.argument(0);
        match (call.name(), router.kind) {
            ("mount", APP) => {
                for prefix in texts(first) {
                    for value in each(call.argument(1)) {
                        self.mount(cx, &mut router, prefix, &value, call);
                    }
                }
            }
            ("attach", APP) => return self.attach(cx, router, call),
            ("append" | "extend" | "push", ROUTES) => {
                for value in each(first) {
                    if let Value::Router(more) = value {
                        router.routes.extend(cx.close(&more));
                    }
                }
            }
            _ => {}
        }
        Outcome::router(router)
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["get", "post", "put", "patch", "delete", "head", "options", "route"]
    }

    fn attributed(&self, cx: &mut Evaluator<'_>, function: DefId) -> Option<Router> {
        let semantics = cx.semantics;
        let mut router = cx.router(self, ROUTES);
        for attribute in &semantics.item(function).attributes {
            if self.attributes().contains(&attribute.last_segment())
                && is_attribute_of(cx, function, attribute, self.crates())
            {
                self.add_attribute(cx, &mut router, function, attribute);
            }
        }
        (!router.routes.is_empty()).then_some(router)
    }
}

#[allow(clippy::unused_self, reason = "methods of the framework, whether they need it or not")]
impl Rocket {
    /// `routes![a, b]`.
    fn listed(&self, cx: &mut Evaluator<'_>, call: &Call<'_>) -> Router {
        let mut router = Router { in_place: true, ..cx.router(self, ROUTES) };
        for value in call.arguments {
            match value {
                Value::Function(function) => match cx.attributed(self, *function) {
                    Some(inner) => {
                        let mut routes = inner.routes;
                        for route in &mut routes {
                            route.router = Some(call.function);
                        }
                        router.routes.extend(routes);
                    }
                    None => router.routes.push(opaque_route(cx, unknown_path(), value, call)),
                },
                // Settings of the document, or a name that is not known.
                Value::Made(_) | Value::Unknown | Value::OneOf(_) => {
                    router.routes.push(opaque_route(cx, unknown_path(), value, call));
                }
                _ => {}
            }
        }
        router
    }

    /// `mount_endpoints_and_merged_docs! { app, "/api", settings, "/users" => users::routes(&settings) }`.
    fn mounted(&self, cx: &mut Evaluator<'_>, call: &Call<'_>) -> Option<Value> {
        let [Value::Router(app), base, _, parts @ ..] = call.arguments else { return None };
        let mut app = Router::clone(app);
        for base in texts(base) {
            for part in parts.chunks_exact(2) {
                for path in texts(&part[0]) {
                    let prefix = Symbol::new(&self.join(base.as_str(), path.as_str()));
                    let routes = each(&part[1]).into_iter().filter(|value| matches!(value, Value::Router(_)));
                    routes.for_each(|routes| self.mount(cx, &mut app, prefix, &routes, call));
                }
            }
        }
        Some(Value::router(app))
    }

    fn mount(
        &self,
        cx: &mut Evaluator<'_>,
        app: &mut Router,
        prefix: Symbol,
        value: &Value,
        call: &Call<'_>,
    ) {
        if let Some(paths) = viewer_paths(value) {
            for path in paths {
                let path = Symbol::new(&self.join(prefix.as_str(), path.as_str()));
                app.routes.push(opaque_route(cx, path, value, call));
            }
            return;
        }
        match value {
            Value::Router(routes) => {
                let routes = Router { prefix: vec![prefix], ..Router::clone(routes) };
                app.routes.extend(cx.close(&routes));
            }
            Value::OneOf(all) | Value::List(all) => {
                for value in all.iter() {
                    self.mount(cx, app, prefix, value, call);
                }
            }
            value => {
                let path = Symbol::new(&self.join(prefix.as_str(), REST));
                app.routes.push(opaque_route(cx, path, value, call));
            }
        }
    }

    fn attach(&self, cx: &mut Evaluator<'_>, mut router: Router, call: &Call<'_>) -> Outcome {
        let value = call.argument(0);
        let stage = match value {
            Value::Made(made) => made.arguments.iter().find(|value| {
                matches!(value, Value::Closure(_))
                    || matches!(value, Value::Function(_))
                        && ward_semantics::endpoint::handler(value) != Handler::Unknown
            }),
            _ => None,
        };
        let is_stage = matches!(value, Value::Made(made) if matches!(made.what, ward_semantics::endpoint::What::External(path) if path.as_str().contains("AdHoc") && path.as_str().contains("on_ignite") || path.as_str().ends_with("on_attach")));
        if is_stage && let Some(stage) = stage {
            let (result, _) = cx.apply(stage, vec![Value::router(router.clone())]);
            if let Value::Router(result) = result
                && result.kind == APP
            {
                return Outcome::router(owned(result));
            }
            return Outcome::router(router);
        }
        router.layers.push(cx.attached(AttachedKind::Hook, value, call));
        Outcome::router(router)
    }

    fn add_attribute(
        &self,
        cx: &mut Evaluator<'_>,
        router: &mut Router,
        function: DefId,
        attribute: &Attribute,
    ) {
        let (file, _) = cx.semantics.locate(function);
        let mut path = Symbol::new("/");
        let mut method = attribute.last_segment().to_ascii_uppercase();
        for argument in attribute_arguments(attribute) {
            match argument.name {
                "" if argument.value.starts_with(['"', 'r']) => {
                    path = attribute_text(cx, function, &argument);
                }
                "uri" | "path" => path = attribute_text(cx, function, &argument),
                "" if METHODS.iter().any(|name| argument.value.eq_ignore_ascii_case(name)) => {
                    method = argument.value.to_ascii_uppercase();
                }
                "method" => method = argument.literal().unwrap_or_else(|| argument.value.to_owned()),
                _ => {}
            }
        }
        let methods = if method == "ROUTE" { Methods::Any } else { Methods::one(&method) };
        let place = FileSpan { file, span: attribute.span };
        let route = cx.route(methods, path, Handler::Function(function), place, function);
        router.routes.push(route);
    }
}
