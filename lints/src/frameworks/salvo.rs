//! salvo: a tree of routers, each with its filters and hoops.
//!
//! A hoop covers its router's goal and all routers below it, whenever they were added; the first one is outermost.

use std::sync::Arc;

use ward_semantics::endpoint::{
    Attached, AttachedKind, Call, Condition, Evaluator, Framework, Methods, Outcome, Router, Value, What,
    join, texts,
};
use ward_semantics::{Ty, TypeHead};
use ward_syntax::Symbol;

use super::common::{
    METHODS, adt_of, each, made_by, method_named, methods_in, opaque_route, owned, text, unknown_path,
};

/// The framework.
#[derive(Debug)]
pub(super) struct Salvo;

const ROUTER: &str = "router";
/// `Service`: a router with hoops of its own.
const SERVICE: &str = "service";
/// A handler with hoops of its own.
const HANDLER: &str = "handler";

impl Framework for Salvo {
    fn name(&self) -> &'static str {
        "salvo"
    }

    fn crates(&self) -> &'static [&'static str] {
        &["salvo", "salvo_core", "salvo_oapi", "salvo_extra"]
    }

    fn builds(&self, path: &str) -> bool {
        path.rsplit("::").take(2).any(|name| matches!(name, "Router" | "Service"))
    }

    fn parameter(&self, path: &str, _: &[Ty]) -> Option<Router> {
        match path.rsplit(':').next().unwrap_or(path) {
            "Router" => Some(Router::empty(ROUTER)),
            "Service" => Some(Router::empty(SERVICE)),
            _ => None,
        }
    }

    fn call(&self, cx: &mut Evaluator<'_>, call: &Call<'_>) -> Option<Value> {
        let mut segments = call.path.as_str().rsplit("::");
        let (name, ty) = (segments.next()?, segments.next()?);
        let mut router = cx.router(self, ROUTER);
        match (ty, name) {
            ("Router", "new" | "default") => {}
            ("Router", name) => {
                let method = name.strip_prefix("try_").unwrap_or(name).strip_prefix("with_")?;
                Self::change(cx, &mut router, method, call);
            }
            ("Service", "new") => {
                router.kind = SERVICE;
                Self::push(cx, &mut router, call.argument(0), call);
            }
            _ => return None,
        }
        Some(Value::router(router))
    }

    fn method(&self, cx: &mut Evaluator<'_>, router: Arc<Router>, call: &Call<'_>) -> Outcome {
        let mut router = owned(router);
        let name = call.name();
        if name == "then" {
            let before = router.clone();
            let (value, _) = cx.apply(call.argument(0), vec![Value::router(router)]);
            let after = if matches!(value, Value::Router(_)) { value } else { Value::router(before) };
            return Outcome::value(after);
        }
        Self::change(cx, &mut router, name.strip_prefix("try_").unwrap_or(name), call);
        Outcome::router(router)
    }

    fn foreign_method(&self, cx: &mut Evaluator<'_>, receiver: &Value, call: &Call<'_>) -> Option<Outcome> {
        match call.name() {
            "hooped" | "hoop" if is_handler(cx, receiver) => {
                let mut router = cx.router(self, HANDLER);
                router.routes = cx.routes(&Methods::Any, &text(""), &goal(cx, receiver, Ty::unknown()), call);
                if call.name() == "hoop" {
                    Self::hoop(cx, &mut router, call.argument(0), call);
                }
                Some(Outcome::router(router))
            }
            // Documents and their viewers.
            "into_router" => {
                let mut router = cx.router(self, ROUTER);
                for path in texts(call.argument(0)) {
                    let route = opaque_route(cx, path, receiver, call);
                    router.routes.push(route);
                }
                Some(Outcome::router(router))
            }
            _ => None,
        }
    }
}

impl Salvo {
    /// What a method does to a router; constructors that begin with `with_` do the same to a new one.
    fn change(cx: &mut Evaluator<'_>, router: &mut Router, method: &str, call: &Call<'_>) {
        let first = call.argument(0);
        match method {
            "path" => Self::below(router, &texts(first)),
            "push" | "unshift" => Self::push(cx, router, first, call),
            "insert" => Self::push(cx, router, call.argument(1), call),
            "append" | "extend" => {
                for value in each(first) {
                    Self::push(cx, router, &value, call);
                }
            }
            // `before` is of versions before 0.12.
            "hoop" | "hoop_when" | "before" => {
                Self::hoop(cx, router, first, call);
                if method == "hoop_when"
                    && let Some(attached) = router.layers.first_mut()
                {
                    attached.condition = Condition::Sometimes;
                }
            }
            "filter" => Self::filter(cx, router, first, call),
            "filter_fn" | "host" | "scheme" | "port" => {
                router.layers.insert(0, cx.attached(AttachedKind::Condition, first, call));
            }
            "goal" => {
                let methods = router.methods.clone().unwrap_or(Methods::Any);
                Self::goal(cx, router, &methods, call);
            }
            "catcher" => router.layers.push(cx.attached(AttachedKind::Catcher, first, call)),
            name if METHODS.contains(&name) && !call.arguments.is_empty() => {
                if let Some(methods) = method_named(name) {
                    Self::goal(cx, router, &methods, call);
                }
            }
            _ => {}
        }
    }

    /// Puts paths below what stands before the router already.
    fn below(router: &mut Router, paths: &[Symbol]) {
        let paths: Vec<Symbol> = paths.iter().map(|path| Symbol::new(&plain(path.as_str()))).collect();
        if router.prefix.is_empty() {
            router.prefix = paths;
            return;
        }
        let before = std::mem::take(&mut router.prefix);
        for front in &before {
            router.prefix.extend(paths.iter().map(|back| Symbol::new(&join(front.as_str(), back.as_str()))));
        }
    }

    fn push(cx: &mut Evaluator<'_>, router: &mut Router, value: &Value, call: &Call<'_>) {
        match value {
            Value::Router(inner) => {
                let mut routes = cx.close(inner);
                if let Some(methods) = &router.methods {
                    for route in routes.iter_mut().filter(|route| route.methods == Methods::Any) {
                        route.methods = methods.clone();
                    }
                }
                router.routes.extend(routes);
            }
            Value::List(all) | Value::OneOf(all) => {
                for value in all.iter() {
                    Self::push(cx, router, value, call);
                }
            }
            value => {
                let route = opaque_route(cx, unknown_path(), value, call);
                router.routes.push(route);
            }
        }
    }

    fn goal(cx: &mut Evaluator<'_>, router: &mut Router, methods: &Methods, call: &Call<'_>) {
        match call.argument(0) {
            Value::Router(inner) => {
                for mut route in cx.close(inner) {
                    route.methods = methods.clone();
                    router.routes.push(route);
                }
            }
            value => {
                let handler = goal(cx, value, call.argument_type(0));
                let routes = cx.routes(methods, &text(""), &handler, call);
                router.routes.extend(routes);
            }
        }
    }

    fn hoop(cx: &mut Evaluator<'_>, router: &mut Router, value: &Value, call: &Call<'_>) {
        let attached = match goal(cx, value, call.argument_type(0)) {
            Value::Function(def) if !matches!(value, Value::Function(_)) => {
                Attached::new(AttachedKind::Layer, value, call.place).with(What::Function(def))
            }
            value => Attached::new(AttachedKind::Layer, &value, call.place),
        };
        router.layers.insert(0, attached);
    }

    /// Filters of methods and paths say which; all others are conditions.
    fn filter(cx: &mut Evaluator<'_>, router: &mut Router, value: &Value, call: &Call<'_>) {
        if let Value::Made(made) = value {
            if let Some(receiver) = &made.receiver
                && let What::Method(name) | What::External(name) = made.what
                && matches!(name.as_str().rsplit(':').next(), Some("and" | "or"))
            {
                Self::filter(cx, router, receiver, call);
                for argument in &made.arguments {
                    Self::filter(cx, router, argument, call);
                }
                return;
            }
            if made_by(value, "MethodFilter::new").is_some()
                && let Methods::Only(names) = methods_in(value)
            {
                Self::methods(router, names.into_iter());
                return;
            }
            if let What::External(path) = made.what
                && path.as_str().contains("filters::")
            {
                let name = path.as_str().rsplit(':').next().unwrap_or_default();
                if let Some(Methods::Only(names)) = method_named(name) {
                    Self::methods(router, names.into_iter());
                    return;
                }
                if matches!(name, "path" | "try_path") {
                    let paths = made.arguments.first().map(texts).unwrap_or_default();
                    Self::below(router, &paths);
                    return;
                }
            }
        }
        router.layers.insert(0, cx.attached(AttachedKind::Condition, value, call));
    }

    fn methods(router: &mut Router, names: impl Iterator<Item = Symbol>) {
        let before = match router.methods.take() {
            Some(Methods::Only(before)) => before,
            _ => <_>::default(),
        };
        let methods = Methods::Only(before.iter().copied().chain(names).collect());
        for route in &mut router.routes {
            if route.methods == Methods::Any || route.methods == Methods::Only(before.clone()) {
                route.methods = methods.clone();
            }
        }
        router.methods = Some(methods);
    }
}

/// Whether a value may answer, rather than wrap what does.
fn is_handler(cx: &Evaluator<'_>, value: &Value) -> bool {
    match value {
        Value::Function(_) | Value::Closure(_) => true,
        Value::Struct(_) => matches!(goal(cx, value, Ty::unknown()), Value::Function(_)),
        Value::Made(made) => made.receiver.as_ref().is_some_and(|receiver| is_handler(cx, receiver)),
        _ => false,
    }
}

/// What answers: a type that is a handler answers with its `handle`.
fn goal(cx: &Evaluator<'_>, value: &Value, ty: Ty) -> Value {
    if matches!(value, Value::Function(_) | Value::Closure(_) | Value::OneOf(_)) {
        return value.clone();
    }
    let Some(def) = adt_of(cx, value, ty) else { return value.clone() };
    let impls = cx.semantics.impls.of_type(TypeHead::Adt(def));
    let handle = impls.iter().find_map(|block| cx.semantics.impls.item(*block, Symbol::new("handle")));
    handle.map_or_else(|| value.clone(), Value::Function)
}

/// A path whose parameters that take the rest are written as others write them.
fn plain(path: &str) -> String {
    path.replace("{**", "{*").replace("{*+", "{*").replace("{*?", "{*").replace("<**", "<*")
}
