//! tide: an application whose methods give routes, which change it.
//!
//! The middleware of an application covers all its routes, whenever they were added; that of a route covers what is
//! added to the route afterwards.

use std::sync::Arc;

use ward_semantics::Ty;
use ward_semantics::endpoint::{
    Attached, AttachedKind, Call, Evaluator, Framework, Handler, Methods, Outcome, Route, Router, Value,
    texts,
};
use ward_syntax::Symbol;

use super::common::{METHODS, REST, method_named, methods_in, opaque_route, owned};

/// The framework.
#[derive(Debug)]
pub(super) struct Tide;

/// `Server`; while a route of it is built, the route's path is noted.
const APP: &str = "app";
/// The paths of the route that is built.
const AT: &str = "at";
/// The middleware of the route that is built, on a router of its own.
const AROUND: &str = "around";

impl Framework for Tide {
    fn name(&self) -> &'static str {
        "tide"
    }

    fn crates(&self) -> &'static [&'static str] {
        &["tide"]
    }

    fn builds(&self, path: &str) -> bool {
        matches!(path, "tide::new" | "tide::with_state")
            || path.split("::").any(|name| matches!(name, "Server" | "Route"))
    }

    fn parameter(&self, path: &str, _: &[Ty]) -> Option<Router> {
        matches!(path.rsplit(':').next(), Some("Server" | "Route"))
            .then(|| Router { in_place: true, ..Router::empty(APP) })
    }

    fn call(&self, cx: &mut Evaluator<'_>, call: &Call<'_>) -> Option<Value> {
        let mut segments = call.path.as_str().rsplit("::");
        let (name, parent) = (segments.next()?, segments.next()?);
        let is_new = matches!((parent, name), ("tide" | "Server", "new" | "with_state"));
        is_new.then(|| Value::router(Router { in_place: true, ..cx.router(self, APP) }))
    }

    fn method(&self, cx: &mut Evaluator<'_>, router: Arc<Router>, call: &Call<'_>) -> Outcome {
        let mut router = owned(router);
        let first = call.argument(0);
        let at = router.note(AT).cloned();
        match (call.name(), &at) {
            ("listen" | "bind" | "respond" | "into_http_service", _) => {
                router.notes.clear();
                cx.serve(&Value::router(router.clone()));
                return Outcome::value(Value::Unknown);
            }
            ("at", outer) => {
                // Below the route it is called on, with that route's middleware; on the application from its root.
                let outer = outer.as_ref().map_or_else(|| vec![Symbol::new("")], texts);
                let inner = texts(first);
                let mut paths = Vec::new();
                for front in &outer {
                    paths.extend(
                        inner
                            .iter()
                            .map(|back| Value::Text(Symbol::new(&self.join(front.as_str(), back.as_str())))),
                    );
                }
                let around = router.note(AROUND).cloned();
                let mut route = router.clone();
                route.notes.clear();
                route.notes.push((AT, Value::OneOf(Arc::new(paths))));
                route.notes.extend(around.map(|around| (AROUND, around)));
                return Outcome::value(Value::router(route));
            }
            ("with", None) => router.layers.push(cx.attached(AttachedKind::Layer, first, call)),
            ("with", Some(_)) => {
                let mut around = match router.note(AROUND) {
                    Some(Value::Router(around)) => Router::clone(around),
                    _ => cx.router(self, APP),
                };
                around.layers.insert(0, cx.attached(AttachedKind::Layer, first, call));
                router.notes.push((AROUND, Value::router(around)));
            }
            ("reset_middleware", Some(_)) => {
                router.notes.retain(|note| note.0 != AROUND);
            }
            ("nest", Some(at)) => self.nest(cx, &mut router, at, call),
            ("serve_dir", Some(at)) => self.add(cx, &mut router, at, &Methods::one("get"), Some(REST), call),
            ("serve_file", Some(at)) => {
                for path in texts(at) {
                    let file = Handler::External(Symbol::new("tide::Route::serve_file"));
                    let mut route = cx.route(Methods::one("get"), path, file, call.place, call.function);
                    route.wrap(&around(&router));
                    router.routes.push(route);
                }
            }
            ("all", Some(at)) => self.add(cx, &mut router, at, &Methods::Any, None, call),
            ("method", Some(at)) => {
                let methods = methods_in(first);
                let handler = [call.argument(1).clone()];
                let call = Call { arguments: &handler, ..copied(call) };
                self.add(cx, &mut router, at, &methods, None, &call);
            }
            (name, Some(at)) if METHODS.contains(&name) => {
                if let Some(methods) = method_named(name) {
                    self.add(cx, &mut router, at, &methods, None, call);
                }
            }
            _ => {}
        }
        Outcome::router(router)
    }
}

impl Tide {
    /// Adds what answers at the paths of a route.
    fn add(
        &self,
        cx: &mut Evaluator<'_>,
        router: &mut Router,
        at: &Value,
        methods: &Methods,
        rest: Option<&str>,
        call: &Call<'_>,
    ) {
        let routes: Vec<Route> = match rest {
            Some(rest) => {
                let below = texts(at).into_iter().map(|path| Symbol::new(&self.join(path.as_str(), rest)));
                let files = Handler::External(Symbol::new("tide::Route::serve_dir"));
                below.map(|path| cx.route(methods.clone(), path, files, call.place, call.function)).collect()
            }
            None => cx.routes(methods, at, call.argument(0), call),
        };
        let layers = around(router);
        for mut route in routes {
            route.wrap(&layers);
            router.routes.push(route);
        }
    }

    fn nest(&self, cx: &mut Evaluator<'_>, router: &mut Router, at: &Value, call: &Call<'_>) {
        let layers = around(router);
        let inner = match call.argument(0) {
            Value::Router(inner) => Router::clone(inner),
            other => {
                for path in texts(at) {
                    let path = Symbol::new(&self.join(path.as_str(), REST));
                    let mut route = opaque_route(cx, path, other, call);
                    route.wrap(&layers);
                    router.routes.push(route);
                }
                return;
            }
        };
        for mut route in cx.close(&Router { prefix: texts(at), ..inner }) {
            route.wrap(&layers);
            router.routes.push(route);
        }
    }
}

/// The middleware of the route that is built.
fn around(router: &Router) -> Vec<Attached> {
    match router.note(AROUND) {
        Some(Value::Router(around)) => around.layers.clone(),
        _ => Vec::new(),
    }
}

fn copied<'a>(call: &Call<'a>) -> Call<'a> {
    Call {
        path: call.path,
        arguments: call.arguments,
        types: call.types,
        place: call.place,
        generics: call.generics,
        function: call.function,
    }
}
