//! actix-web, with the wrappers that document its routes.
//!
//! What wraps a scope or the app covers all that is in it, whenever it was added; the last one added is outermost.

use std::sync::Arc;

use ward_semantics::endpoint::{
    Attached, AttachedKind, AttributeArgument, Call, Evaluator, Framework, Handler, Methods, Outcome, Route,
    Router, Unknown, UnknownPart, Value, What, attribute_arguments, texts,
};
use ward_semantics::{DefId, Ty};
use ward_syntax::{Attribute, FileSpan, Span, Symbol};

use super::common::{
    FALLBACK, METHODS, REST, attached_by_text, attribute_text, each, first_text, is_attribute_of,
    method_named, methods_in, opaque_route, owned, text, unknown_path, viewer_paths,
};

/// The framework, or one that is built like it.
#[derive(Debug)]
pub(super) struct ActixWeb {
    pub(super) name: &'static str,
    pub(super) crates: &'static [&'static str],
}

/// actix-web itself.
pub(super) static ACTIX_WEB: ActixWeb = ActixWeb {
    name: "actix-web",
    crates: &[
        "actix_web",
        "actix_files",
        "actix_web_codegen",
        "actix_web_codegen_const_routes",
        "actix_web_lab",
        "apistos",
        "my_codegen",
        "paperclip",
        "utoipa_actix_web",
    ],
};

/// `App`, `Scope`.
const SCOPE: &str = "scope";
/// `Resource`.
const RESOURCE: &str = "resource";
/// `Route`: its routes have no path.
const ROUTE: &str = "route";
/// How deep tables of routes may name one another.
const MOST_TABLES: usize = 8;
/// `&mut ServiceConfig`.
const CONFIG: &str = "config";

impl Framework for ActixWeb {
    fn name(&self) -> &'static str {
        self.name
    }

    fn crates(&self) -> &'static [&'static str] {
        self.crates
    }

    fn builds(&self, path: &str) -> bool {
        let mut segments = path.rsplit("::");
        let (name, parent) = (segments.next().unwrap_or_default(), segments.next().unwrap_or_default());
        match parent {
            "web" => {
                matches!(name, "scope" | "resource" | "route" | "to" | "method") || METHODS.contains(&name)
            }
            _ => [name, parent]
                .iter()
                .any(|name| matches!(*name, "App" | "Scope" | "Resource" | "ServiceConfig")),
        }
    }

    fn parameter(&self, path: &str, _: &[Ty]) -> Option<Router> {
        let kind = match path.rsplit(':').next().unwrap_or(path) {
            "App" | "Scope" => SCOPE,
            "Resource" => RESOURCE,
            "Route" => ROUTE,
            "ServiceConfig" => CONFIG,
            _ => return None,
        };
        Some(Router { in_place: kind == CONFIG, ..Router::empty(kind) })
    }

    fn call(&self, cx: &mut Evaluator<'_>, call: &Call<'_>) -> Option<Value> {
        let mut segments = call.path.as_str().rsplit("::");
        let (name, parent) = (segments.next()?, segments.next()?);
        if name == "services!" {
            return Some(Value::list(call.arguments.to_vec()));
        }
        if call.arguments.is_empty() && name != "new" && parent != "web" {
            return None;
        }
        let router = match (parent, name) {
            ("App", "new" | "default" | "with" | "with_config") => cx.router(self, SCOPE),
            ("web" | "Scope", "scope" | "new") => {
                Router { prefix: texts(call.argument(0)), ..cx.router(self, SCOPE) }
            }
            ("web" | "Resource", "resource" | "new") => Router {
                prefix: each(call.argument(0)).iter().flat_map(texts).collect(),
                ..cx.router(self, RESOURCE)
            },
            ("web", "route") | ("Route", "new") => {
                Router { methods: Some(Methods::Any), ..cx.router(self, ROUTE) }
            }
            ("web", "method") => {
                Router { methods: Some(methods_in(call.argument(0))), ..cx.router(self, ROUTE) }
            }
            ("web", "to") => {
                let mut router = Router { methods: Some(Methods::Any), ..cx.router(self, ROUTE) };
                router.routes = cx.routes(&Methods::Any, &text(""), call.argument(0), call);
                router
            }
            ("web", name) => Router { methods: Some(method_named(name)?), ..cx.router(self, ROUTE) },
            _ => return None,
        };
        Some(Value::router(router))
    }

    fn method(&self, cx: &mut Evaluator<'_>, router: Arc<Router>, call: &Call<'_>) -> Outcome {
        let mut router = owned(router);
        let first = call.argument(0);
        match (call.name(), router.kind) {
            ("wrap" | "wrap_fn" | "middleware" | "filter", _) => {
                router.layers.push(cx.attached(AttachedKind::Layer, first, call));
            }
            ("guard", ROUTE) => self.route_guard(cx, &mut router, call),
            ("guard", _) => router.layers.push(cx.attached(AttachedKind::Condition, first, call)),
            ("method", ROUTE) => self.set_methods(&mut router, methods_in(first)),
            ("to" | "to_async" | "service", ROUTE) => {
                let methods = router.methods.clone().unwrap_or(Methods::Any);
                router.routes = cx.routes(&methods, &text(""), first, call);
            }
            ("route", RESOURCE) => self.add_at(cx, &mut router, "", first, call),
            ("to" | "to_async", RESOURCE) => {
                let routes = cx.routes(&Methods::Any, &text(""), first, call);
                router.routes.extend(routes);
            }
            (name, RESOURCE) if METHODS.contains(&name) => {
                let routes = cx.routes(&Methods::one(name), &text(""), first, call);
                router.routes.extend(routes);
            }
            ("route", _) => {
                for path in texts(first) {
                    self.add_at(cx, &mut router, path.as_str(), call.argument(1), call);
                }
            }
            ("service" | "push_service", _) => self.service(cx, &mut router, first, call),
            ("configure", _) => self.configure(cx, &mut router, call),
            ("default_service", SCOPE | CONFIG) => self.add_at(cx, &mut router, FALLBACK, first, call),
            _ => {}
        }
        Outcome::router(router)
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["get", "post", "put", "patch", "delete", "head", "options", "trace", "connect", "route"]
    }

    fn attributed(&self, cx: &mut Evaluator<'_>, function: DefId) -> Option<Router> {
        let semantics = cx.semantics;
        let mut router = cx.router(self, RESOURCE);
        for attribute in &semantics.item(function).attributes {
            if self.attributes().contains(&attribute.last_segment())
                && is_attribute_of(cx, function, attribute, self.crates())
            {
                self.add_attribute(cx, &mut router, function, attribute);
            }
        }
        (!router.routes.is_empty()).then_some(router)
    }

    fn join(&self, prefix: &str, path: &str) -> String {
        if path.is_empty() {
            return prefix.to_owned();
        }
        let prefix = prefix.trim_end_matches('/');
        let slash = if path.is_empty() || path.starts_with('/') { "" } else { "/" };
        format!("{prefix}{slash}{path}")
    }
}

#[allow(clippy::unused_self, reason = "methods of the framework, whether they need it or not")]
impl ActixWeb {
    fn set_methods(&self, router: &mut Router, methods: Methods) {
        for route in &mut router.routes {
            route.methods = methods.clone();
        }
        router.methods = Some(methods);
    }

    /// `guard::Post()` says the method; other guards are conditions.
    fn route_guard(&self, cx: &mut Evaluator<'_>, router: &mut Router, call: &Call<'_>) {
        let guard = call.argument(0);
        let methods = methods_in(guard);
        if methods != Methods::Any && router.methods == Some(Methods::Any) {
            self.set_methods(router, methods);
        } else {
            router.layers.push(cx.attached(AttachedKind::Condition, guard, call));
        }
    }

    /// Adds the routes of a value at a path.
    fn add_at(
        &self,
        cx: &mut Evaluator<'_>,
        router: &mut Router,
        path: &str,
        value: &Value,
        call: &Call<'_>,
    ) {
        match value {
            Value::Router(inner) => {
                for mut route in cx.close(inner) {
                    route.path = Symbol::new(&self.join(path, route.path.as_str()));
                    router.routes.push(route);
                }
            }
            Value::OneOf(all) => {
                for value in all.iter() {
                    self.add_at(cx, router, path, value, call);
                }
            }
            value => {
                let route = opaque_route(cx, Symbol::new(path), value, call);
                router.routes.push(route);
            }
        }
    }

    fn service(&self, cx: &mut Evaluator<'_>, router: &mut Router, value: &Value, call: &Call<'_>) {
        if let Some(paths) = viewer_paths(value) {
            router.routes.extend(paths.into_iter().map(|path| opaque_route(cx, path, value, call)));
            return;
        }
        match value {
            Value::List(all) | Value::OneOf(all) => {
                for value in all.iter() {
                    self.service(cx, router, value, call);
                }
            }
            Value::Router(inner) => router.routes.extend(cx.close(inner)),
            Value::Function(function) => {
                let Some(inner) = cx.attributed(self, *function) else {
                    let route = opaque_route(cx, unknown_path(), value, call);
                    router.routes.push(route);
                    return;
                };
                let mut routes = cx.close(&inner);
                for route in &mut routes {
                    route.router = Some(call.function);
                }
                router.routes.extend(routes);
            }
            Value::Unknown => {
                let route = opaque_route(cx, unknown_path(), value, call);
                router.routes.push(route);
            }
            value => {
                // A file server tells its path first.
                let path = first_text(value)
                    .map_or_else(unknown_path, |path| Symbol::new(&self.join(path.as_str(), REST)));
                let route = opaque_route(cx, path, value, call);
                router.routes.push(route);
            }
        }
    }

    fn configure(&self, cx: &mut Evaluator<'_>, router: &mut Router, call: &Call<'_>) {
        if let Value::Made(made) = call.argument(0)
            && let What::Item(item) = made.what
        {
            let routes = self.tabled(cx, item, MOST_TABLES);
            if !routes.is_empty() {
                router.routes.extend(routes);
                return;
            }
        }
        let config = Router { in_place: true, ..cx.router(self, CONFIG) };
        let (_, after) = cx.apply(call.argument(0), vec![Value::router(config)]);
        match after.first() {
            Some(Value::Router(config)) if is_callable(call.argument(0)) => {
                router.routes.extend(cx.close(config));
            }
            _ => {
                let place = call.place;
                let mut route = opaque_route(cx, unknown_path(), call.argument(0), call);
                route.unknown.push(Unknown { part: UnknownPart::Handler, place });
                router.routes.push(route);
            }
        }
    }

    /// The routes that an attribute of the workspace's own makes of a table: `"/path" => get(handler)`, with several
    /// in brackets, and `sub(Type)` for those of another type.
    fn tabled(&self, cx: &mut Evaluator<'_>, item: DefId, depth: usize) -> Vec<Route> {
        let mut routes = Vec::new();
        if depth == 0 {
            return routes;
        }
        let (file, _) = cx.semantics.locate(item);
        for attribute in &cx.semantics.item(item).attributes {
            let place = FileSpan { file, span: attribute.span };
            for table in attribute_arguments(attribute).iter().filter(|argument| argument.name == "routes") {
                for row in parts(table.value) {
                    self.row(cx, item, row, place, depth, &mut routes);
                }
            }
        }
        routes
    }

    fn row(
        &self,
        cx: &mut Evaluator<'_>,
        item: DefId,
        row: &'static str,
        place: FileSpan,
        depth: usize,
        routes: &mut Vec<Route>,
    ) {
        let Some((path, answers)) = row.split_once("=>") else { return };
        let path = path.trim().trim_matches('"');
        let answers = answers.trim();
        let answers = answers.strip_prefix('[').and_then(|all| all.strip_suffix(']')).unwrap_or(answers);
        for answer in parts(answers) {
            let Some((name, of)) = answer.strip_suffix(')').and_then(|answer| answer.split_once('(')) else {
                continue;
            };
            let of: String = of.split_whitespace().collect();
            let named = cx.named(item, &of);
            match (method_named(name.trim()), named) {
                (Some(methods), What::Function(function)) => {
                    let handler = Handler::Function(function);
                    routes.push(cx.route(methods, Symbol::new(path), handler, place, item));
                }
                (Some(methods), _) => {
                    routes.push(cx.route(methods, Symbol::new(path), Handler::Unknown, place, item));
                }
                (None, What::Item(sub)) => {
                    for mut route in self.tabled(cx, sub, depth - 1) {
                        route.path = Symbol::new(&self.join(path, route.path.as_str()));
                        routes.push(route);
                    }
                }
                (None, _) => {}
            }
        }
    }

    fn add_attribute(
        &self,
        cx: &mut Evaluator<'_>,
        router: &mut Router,
        function: DefId,
        attribute: &Attribute,
    ) {
        let (file, _) = cx.semantics.locate(function);
        let mut paths = Vec::new();
        let mut methods: Vec<String> = Vec::new();
        let mut layers: Vec<Attached> = Vec::new();
        for argument in attribute_arguments(attribute) {
            match argument.name {
                "" => paths.push(attribute_text(cx, function, &argument)),
                // A fork of the attributes takes a constant's path as a text.
                "path" => {
                    let value = argument.literal().map(|text| cx.constant_text(function, &text));
                    paths.push(value.and_then(|value| value.as_text()).unwrap_or_else(unknown_path));
                }
                "method" => methods.extend(argument.literal()),
                "wrap" => layers.push(attached_by_text(cx, AttachedKind::Layer, function, &argument)),
                "guard" => layers.push(attached_by_text(cx, AttachedKind::Condition, function, &argument)),
                _ => {}
            }
        }
        let methods = match attribute.last_segment() {
            "route" if methods.is_empty() => Methods::Any,
            "route" => Methods::of(methods.iter().map(String::as_str)),
            name => Methods::one(name),
        };
        let prefix = self.module_prefix(cx, function);
        for path in paths {
            let handler = Handler::Function(function);
            let place = FileSpan { file, span: attribute.span };
            let path = Symbol::new(&format!("{prefix}{path}"));
            let mut route = cx.route(methods.clone(), path, handler, place, function);
            route.wrap(&layers);
            router.routes.push(route);
        }
    }

    /// What `#[scope("/x")]` on the module around a function puts before its path.
    fn module_prefix(&self, cx: &mut Evaluator<'_>, function: DefId) -> String {
        let semantics = cx.semantics;
        let Some(parent) = semantics.item(function).parent else { return String::new() };
        let (file, _) = semantics.locate(function);
        let module = semantics.defs.def(file, parent);
        let Some(attribute) = semantics.item(module).attribute("scope") else { return String::new() };
        let path = attribute_arguments(attribute).first().and_then(AttributeArgument::literal);
        path.unwrap_or_default().trim_end_matches('/').to_owned()
    }
}

/// The parts of a text between commas, as of an attribute's arguments.
fn parts(text: &'static str) -> Vec<&'static str> {
    let attribute =
        Attribute { path: Symbol::new(""), args: Symbol::new(text), span: Span::default(), args_start: 0 };
    attribute_arguments(&attribute).into_iter().map(|argument| argument.whole).collect()
}

fn is_callable(value: &Value) -> bool {
    matches!(value, Value::Function(_) | Value::Closure(_) | Value::OneOf(_))
}
