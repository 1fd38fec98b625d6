//! warp: filters, put together until one of them replies.
//!
//! A filter is a set of alternatives. Each is a route as far as it is known: a piece of a path, a method, what it
//! takes of the request, and the function that comes last. Only the end tells whether that function answers or
//! makes a value for the next one, so nothing is a route before it is served.

use std::sync::Arc;

use ward_semantics::endpoint::{
    Attached, AttachedKind, Call, ClosureValue, Condition, Evaluator, Framework, Handler, Made, Methods,
    Outcome, Route, Router, Unknown, UnknownPart, Value, What, handler, texts,
};
use ward_semantics::{Callee, DefId, TraitName, Ty, TyKind};
use ward_syntax::{BinaryOp, Expr, ExprId, Pat, PatId, SourceIr, Symbol};

use super::common::{FALLBACK, METHODS, method_named, owned, unknown_path};

/// The framework.
#[derive(Debug)]
pub(super) struct Warp;

const FILTER: &str = "filter";

/// Modules whose items are no filters: handlers use them.
const OTHER: &[&str] =
    &["reply", "reject", "http", "hyper", "test", "sse", "redirect", "Reply", "Rejection", "Buf", "Stream"];

/// Filters of one path or header, which do not take a value and only choose.
const CONDITIONS: &[&str] = &["exact", "exact_ignore_case"];

impl Framework for Warp {
    fn name(&self) -> &'static str {
        "warp"
    }

    fn crates(&self) -> &'static [&'static str] {
        &["warp"]
    }

    fn builds(&self, path: &str) -> bool {
        path.split("::").skip(1).all(|name| !OTHER.contains(&name))
    }

    fn parameter(&self, path: &str, _: &[Ty]) -> Option<Router> {
        let name = path.rsplit(':').next().unwrap_or(path);
        matches!(name, "Filter" | "BoxedFilter").then(|| Router { partial: true, ..Router::empty(FILTER) })
    }

    fn call(&self, cx: &mut Evaluator<'_>, call: &Call<'_>) -> Option<Value> {
        let path = call.path.as_str();
        let name = call.name();
        let mut segments = path.rsplit("::").skip(1);
        let module = segments.next()?;
        if path.split("::").any(|name| OTHER.contains(&name)) {
            return None;
        }
        let mut part = empty(call);
        match (module, name) {
            (_, "path!") => part.path = path_of(cx, call.arguments),
            (_, "path") if !call.arguments.is_empty() => {
                let parts = texts(call.argument(0)).into_iter().map(|path| {
                    let mut part = part.clone();
                    part.path = path;
                    note_holes(&mut part);
                    part
                });
                let parts = parts.collect();
                return Some(filter(cx, self, parts));
            }
            ("path", "param") => {
                let name = call.generics.first().map_or_else(String::new, |ty| type_name(cx, *ty));
                part.path = Symbol::new(&format!("{{{}}}", if name.is_empty() { "param" } else { &name }));
            }
            ("path", "end") => part.path = Symbol::new("/"),
            ("path", "tail") => part.path = Symbol::new("{*tail}"),
            ("path", "full") => {
                part.layers.push(Attached::new(AttachedKind::Extractor, &made(call), call.place));
            }
            ("path", "peek") | (_, "any") => {}
            ("fs", "dir" | "file") => {
                part.handler = Handler::External(call.path);
                if name == "dir" {
                    part.path = Symbol::new("{*rest}");
                }
            }
            ("warp" | "method", name) if method_named(name).is_some() => {
                part.methods = method_named(name)?;
            }
            // What wraps filters, and what serves them.
            ("warp", "serve" | "service" | "wrap_fn" | "log" | "cors" | "trace")
            | ("log" | "cors" | "trace" | "compression" | "wrap", _) => return None,
            (_, name) if name.starts_with(char::is_uppercase) || is_type(module) => return None,
            (_, name) => {
                let kind = if CONDITIONS.contains(&name) {
                    AttachedKind::Condition
                } else {
                    AttachedKind::Extractor
                };
                part.layers.push(Attached::new(kind, &made(call), call.place));
            }
        }
        Some(filter(cx, self, vec![part]))
    }

    fn method(&self, cx: &mut Evaluator<'_>, router: Arc<Router>, call: &Call<'_>) -> Outcome {
        let mut router = owned(router);
        let first = call.argument(0);
        match call.name() {
            "and" => router.routes = Self::and(cx, &router.routes, first, call),
            "or" => Self::or(cx, &mut router, first, call),
            "map" | "and_then" | "then" => {
                if router.routes.is_empty() {
                    router.routes.push(beginning(call));
                }
                let decorates = answers_differ(&router.routes) || takes_reply(cx, first);
                for part in &mut router.routes {
                    let is_given = call.name() != "and_then" && takes_result(cx, first, part.handler);
                    if decorates || is_given || replies(cx, part.handler) {
                        decorate(part, first, call);
                    } else {
                        answer(part, first, call);
                    }
                }
            }
            "with" => Self::attach(&mut router, AttachedKind::Layer, call),
            "map_err" => Self::attach(&mut router, AttachedKind::Catcher, call),
            "recover" | "or_else" => {
                if gives(cx, first).is_some_and(is_value_given) {
                    let is_filter = |part: &&mut Route| is_value(part) && !replies(cx, part.handler);
                    router.routes.iter_mut().filter(is_filter).for_each(waive);
                }
                Self::attach(&mut router, AttachedKind::Catcher, call);
            }
            _ => {}
        }
        Outcome::router(router)
    }

    fn served(&self, cx: &mut Evaluator<'_>, router: &Arc<Router>) -> Arc<Router> {
        let mut router = Router::clone(router);
        router.partial = false;
        router.routes.retain(|part| {
            part.handler != Handler::Unknown
                || part.unknown.iter().any(|unknown| unknown.part == UnknownPart::Handler)
        });
        for route in &mut router.routes {
            if route.path.as_str().is_empty() {
                route.path = Symbol::new(FALLBACK);
            }
            if route.methods == Methods::Any
                && let Some(methods) = methods_asked(cx, route.handler)
            {
                route.methods = methods;
            }
            name_parameters(cx, route);
        }
        Arc::new(router)
    }
}

impl Warp {
    /// Every alternative of one filter followed by every one of the other.
    fn and(cx: &Evaluator<'_>, first: &[Route], second: &Value, call: &Call<'_>) -> Vec<Route> {
        let unknown = [beginning(call)];
        let first = if first.is_empty() { &unknown[..] } else { first };
        let second: Vec<Route> = match filter_in(second) {
            Some(second) if !second.routes.is_empty() => one_value(second.routes.clone()),
            _ => {
                let mut part = beginning(call);
                part.layers.push(Attached::new(AttachedKind::Extractor, second, call.place));
                if !matches!(second, Value::Unknown | Value::Router(_)) {
                    part.unknown.clear();
                }
                vec![part]
            }
        };
        let mut all = Vec::with_capacity(first.len() * second.len());
        for first in first {
            for second in &second {
                all.push(followed(cx, first, second));
            }
        }
        all
    }

    fn or(cx: &Evaluator<'_>, router: &mut Router, other: &Value, call: &Call<'_>) {
        let others = filter_in(other).map_or_else(|| vec![lost(other, call)], |other| other.routes.clone());
        for other in others {
            // Two ways to get the same value are one: what only one of them asks for is not always there.
            let twin = router.routes.iter_mut().find(|own| is_value(own) && is_value(&other));
            match twin {
                Some(own) if asks_nothing(cx, &other) => {
                    own.layers.extend(taken(&other));
                    waive(own);
                }
                Some(own) => either(own, other),
                None => router.routes.push(other),
            }
        }
    }

    fn attach(router: &mut Router, kind: AttachedKind, call: &Call<'_>) {
        let attached = Attached::new(kind, call.argument(0), call.place);
        for part in &mut router.routes {
            part.wrap(std::slice::from_ref(&attached));
        }
    }
}

fn filter(cx: &Evaluator<'_>, warp: &Warp, parts: Vec<Route>) -> Value {
    Value::router(Router { routes: parts, partial: true, ..cx.router(warp, FILTER) })
}

/// The filter that a value is, if conditions choose the first one that is known.
fn filter_in(value: &Value) -> Option<&Router> {
    match value {
        Value::Router(router) if router.kind == FILTER => Some(router),
        Value::OneOf(all) => all.iter().find_map(filter_in),
        _ => None,
    }
}

/// A part that says nothing.
fn empty(call: &Call<'_>) -> Route {
    Route {
        methods: Methods::Any,
        path: Symbol::new(""),
        handler: Handler::Unknown,
        place: call.place,
        layers: Vec::new(),
        router: Some(call.function),
        unknown: Vec::new(),
    }
}

/// The part that a filter of which nothing is known adds.
fn beginning(call: &Call<'_>) -> Route {
    let unknown = vec![Unknown { part: UnknownPart::Layer, place: call.place }];
    Route { unknown, ..empty(call) }
}

/// The part for a value that should be a filter.
fn lost(value: &Value, call: &Call<'_>) -> Route {
    let mut part = empty(call);
    part.path = unknown_path();
    part.handler = handler(value);
    note_holes(&mut part);
    if part.handler == Handler::Unknown {
        part.unknown.push(Unknown { part: UnknownPart::Handler, place: call.place });
    }
    part
}

fn note_holes(part: &mut Route) {
    if part.path.as_str().contains(ward_semantics::endpoint::HOLE) {
        part.unknown.push(Unknown { part: UnknownPart::Path, place: part.place });
    }
}

/// What a call of a filter's function makes, as a value.
fn made(call: &Call<'_>) -> Value {
    Value::Made(Arc::new(Made {
        what: What::External(call.path),
        receiver: None,
        arguments: call.arguments.to_vec(),
        place: call.place,
    }))
}

fn is_type(module: &str) -> bool {
    module.starts_with(char::is_uppercase)
}

/// Whether a part only takes a value of the request and chooses nothing by path or method.
fn is_value(part: &Route) -> bool {
    part.path.as_str().is_empty() && part.methods == Methods::Any
        || part.handler == Handler::Unknown && part.path.as_str().is_empty()
}

/// Whether a function gives the next one nothing.
fn gives_nothing(cx: &Evaluator<'_>, handler: Handler) -> bool {
    let Handler::Function(def) = handler else { return false };
    let ok = |ty: Ty| ty.as_external("std::result::Result").and_then(|args| args.first().copied());
    cx.semantics.signature(def).is_some_and(|signature| ok(signature.ret) == Some(Ty::unit()))
}

/// One part after the other.
fn followed(cx: &Evaluator<'_>, first: &Route, second: &Route) -> Route {
    let mut part = second.clone();
    if first.handler != Handler::Unknown && gives_nothing(cx, second.handler) {
        // What has answered stays the last that does.
        part.layers.splice(0..0, taken(second));
        part.handler = Handler::Unknown;
    }
    part.path = match (first.path.as_str(), second.path.as_str()) {
        ("", _) => second.path,
        (_, "") => first.path,
        (front, back) => Symbol::new(&ward_semantics::endpoint::join(front, back)),
    };
    if second.methods == Methods::Any {
        part.methods = first.methods.clone();
    }
    if part.path.as_str().is_empty() && reads_path(first) {
        part.path = unknown_path();
        note_holes(&mut part);
    }
    part.router = first.router;
    part.unknown.extend_from_slice(&first.unknown);
    if part.handler == Handler::Unknown {
        part.handler = first.handler;
        part.place = first.place;
        if first.handler != Handler::Unknown {
            part.layers.extend_from_slice(&first.layers);
            return part;
        }
    } else if let Some(value) = taken(first) {
        part.layers.push(value);
    }
    part.layers.extend_from_slice(&first.layers);
    part
}

/// Whether a function of a part has been given the whole path and nothing else, to find out itself whether it is meant.
fn reads_path(part: &Route) -> bool {
    let is_full = |attached: &Attached| match attached.what {
        What::External(path) => path.as_str().ends_with("path::full"),
        _ => false,
    };
    part.handler != Handler::Unknown && matches!(&part.layers[..], [only] if is_full(only))
}

/// Who does not pass what a part takes goes on all the same.
fn waive(part: &mut Route) {
    if let Some(last) = taken(part) {
        part.layers.insert(0, last);
        part.handler = Handler::Unknown;
    }
    for attached in &mut part.layers {
        attached.condition = Condition::Waived;
    }
}

/// The parts of a filter, those that get the same value as one: a condition chooses among them.
fn one_value(parts: Vec<Route>) -> Vec<Route> {
    let mut all: Vec<Route> = Vec::with_capacity(parts.len());
    for part in parts {
        match all.iter_mut().find(|own| is_value(own) && is_value(&part)) {
            Some(own) => either(own, part),
            None => all.push(part),
        }
    }
    all
}

/// Whether a way to get a value is open to every request: `any().map(|| None)`.
fn asks_nothing(cx: &Evaluator<'_>, part: &Route) -> bool {
    let takes_nothing = match part.handler {
        Handler::Closure { file, closure, .. } => cx.semantics.ir(file).closure(closure).params.is_empty(),
        Handler::Function(def) => cx.semantics.signature(def).is_some_and(|own| own.params.is_empty()),
        _ => false,
    };
    takes_nothing && part.layers.is_empty()
}

/// Two ways to get the same value.
fn either(own: &mut Route, other: Route) {
    if own.handler == Handler::Unknown && own.layers.is_empty() && other.layers.is_empty() {
        own.methods = match (&own.methods, &other.methods) {
            (Methods::Only(a), Methods::Only(b)) => {
                Methods::of(a.iter().chain(b).map(|name| name.as_str()).collect::<Vec<_>>())
            }
            _ => Methods::Any,
        };
        if own.methods != Methods::Any {
            return;
        }
    }
    // The last functions give the value, one of them each time.
    let ways = taken(own).into_iter().chain(std::mem::take(&mut own.layers));
    let ways = ways.chain(taken(&other)).chain(other.layers);
    own.layers = ways.map(|attached| Attached { condition: Condition::Sometimes, ..attached }).collect();
    own.handler = Handler::Unknown;
}

/// The function that was last so far, as one that takes a value of the request.
fn taken(part: &Route) -> Option<Attached> {
    let what = match part.handler {
        Handler::Function(def) | Handler::Factory(def) => What::Function(def),
        Handler::Closure { function, file, closure } => What::Closure { function, file, closure },
        Handler::Service(def) => What::Item(def),
        Handler::External(path) => What::External(path),
        Handler::Inline { .. } | Handler::Unknown => return None,
    };
    Some(Attached::new(AttachedKind::Extractor, &Value::Unknown, part.place).with(what))
}

/// A function after all that a part has taken.
fn answer(part: &mut Route, value: &Value, call: &Call<'_>) {
    let new = handler(value);
    if matches!(part.handler, Handler::Function(_))
        && matches!(new, Handler::External(_) | Handler::Factory(_))
    {
        // It turns what the function gives into a reply.
        decorate(part, value, call);
        return;
    }
    if let Some(attached) = taken(part) {
        part.layers.insert(0, attached);
    }
    part.handler = new;
    part.place = call.place;
    part.router = Some(call.function);
    if new == Handler::Unknown {
        part.unknown.push(Unknown { part: UnknownPart::Handler, place: call.place });
    }
}

/// Whether there are several ways in already, which answer each by itself.
fn answers_differ(parts: &[Route]) -> bool {
    parts.len() > 1
        && parts.iter().all(|part| part.handler != Handler::Unknown)
        && parts.iter().any(|part| part.handler != parts[0].handler)
}

/// A function that changes what another one has answered.
fn decorate(part: &mut Route, value: &Value, call: &Call<'_>) {
    if matches!(part.handler, Handler::Unknown) {
        answer(part, value, call);
        return;
    }
    // A value for the change may have been taken after the answer.
    if !matches!(part.handler, Handler::Function(_)) {
        let function = |attached: &Attached| match (attached.kind, attached.what) {
            (AttachedKind::Extractor, What::Function(def)) => Some(def),
            _ => None,
        };
        let found = part.layers.iter().enumerate().find_map(|(at, own)| Some((at, function(own)?)));
        if let Some((at, def)) = found {
            let answered = part.layers.remove(at);
            if let Some(attached) = taken(part) {
                part.layers.insert(0, attached);
            }
            part.handler = Handler::Function(def);
            part.place = answered.place;
        }
    }
    part.layers.push(Attached::new(AttachedKind::Layer, value, call.place));
}

/// Whether a function is given a reply, or the result of one.
fn takes_reply(cx: &Evaluator<'_>, value: &Value) -> bool {
    first_taken(cx, value).is_some_and(is_reply)
}

/// Whether a function is given the result of what answers. A result that a filter has extracted is a value as all
/// others are.
fn takes_result(cx: &Evaluator<'_>, value: &Value, answers: Handler) -> bool {
    let ok = |ty: Ty| ty.as_external("std::result::Result").and_then(|args| args.first().copied());
    let Some(taken) = first_taken(cx, value).and_then(ok) else { return false };
    let given = match answers {
        Handler::Function(def) => cx.semantics.signature(def).and_then(|signature| ok(signature.ret)),
        Handler::Closure { .. } => return matches!(taken.kind(), TyKind::Param { .. }),
        _ => None,
    };
    given
        .is_some_and(|given| given == taken || matches!(taken.kind(), TyKind::Param { .. } | TyKind::Unknown))
}

/// The type of the first parameter of a function; of a closure that only passes it on, that of the function behind it.
fn first_taken(cx: &Evaluator<'_>, value: &Value) -> Option<Ty> {
    match value {
        Value::Function(def) => cx.semantics.signature(*def)?.params.first().copied(),
        Value::Closure(closure) => {
            let declared = cx.semantics.ir(closure.file).closure(closure.closure);
            match declared.params[..] {
                [(pattern, None)] => {
                    first_taken(cx, &Value::Function(passes_on(cx, closure, pattern, declared.body)?))
                }
                [(_, ty), ..] => Some(cx.semantics.resolve_type(closure.function, ty?)),
                [] => None,
            }
        }
        _ => None,
    }
}

/// The function to which a closure gives its parameter first of all.
fn passes_on(cx: &Evaluator<'_>, closure: &ClosureValue, pattern: PatId, body: ExprId) -> Option<DefId> {
    let ir = cx.semantics.ir(closure.file);
    let mut body = body;
    while let Expr::Block { tail: Some(tail), .. } | Expr::Await(tail) = ir.expr(body) {
        body = tail;
    }
    let (Expr::Call { args, .. }, Pat::Bind { local, .. }) = (ir.expr(body), ir.pat(pattern)) else {
        return None;
    };
    let first = ir.list(args).next().map(|first| ir.expr(first));
    match cx.semantics.types(closure.function)?.callee(body) {
        Callee::Fn(def) if first == Some(Expr::Local(local)) => Some(*def),
        _ => None,
    }
}

/// Whether a function gives a reply.
fn replies(cx: &Evaluator<'_>, handler: Handler) -> bool {
    let Handler::Function(def) = handler else { return false };
    gives(cx, &Value::Function(def)).is_some_and(is_reply)
}

/// The type that a function gives.
fn gives(cx: &Evaluator<'_>, value: &Value) -> Option<Ty> {
    match value {
        Value::Function(def) => Some(cx.semantics.signature(*def)?.ret),
        Value::Closure(closure) => {
            let body = cx.semantics.ir(closure.file).closure(closure.closure).body;
            Some(cx.semantics.types(closure.function)?.expr(body))
        }
        _ => None,
    }
}

/// Whether the result of a function holds something when all goes well that is no reply.
fn is_value_given(ty: Ty) -> bool {
    match ty.kind() {
        TyKind::External { path, args } if matches!(last(path.as_str()), "Result" | "Future") => {
            args.first().is_some_and(|inner| is_value_given(*inner))
        }
        TyKind::Unknown | TyKind::Never => false,
        _ => !is_reply(ty),
    }
}

/// Whether a type is a reply, or may hold one.
fn is_reply(ty: Ty) -> bool {
    match ty.kind() {
        TyKind::External { path, args } => {
            matches!(
                last(path.as_str()),
                "Response" | "Reply" | "WithStatus" | "WithHeader" | "Json" | "Html"
            ) || matches!(last(path.as_str()), "Result" | "Future")
                && args.first().is_some_and(|inner| is_reply(*inner))
        }
        TyKind::Bounds(bounds) => bounds.iter().any(|bound| match bound.name {
            TraitName::External(path) => last(path.as_str()) == "Reply",
            TraitName::Workspace(_) => false,
        }),
        _ => false,
    }
}

/// The path that `"a" / u32 / ..` is.
fn path_of(cx: &Evaluator<'_>, arguments: &[Value]) -> Symbol {
    let mut path = String::new();
    for argument in arguments {
        pieces(cx, argument, &mut path);
    }
    Symbol::new(if path.is_empty() { "/" } else { &path })
}

fn pieces(cx: &Evaluator<'_>, value: &Value, path: &mut String) {
    let name = match value {
        Value::Text(text) => {
            path.push('/');
            path.push_str(text.as_str());
            return;
        }
        Value::Made(made) if made.what == What::Unknown && made.arguments.len() == 2 => {
            made.arguments.iter().for_each(|piece| pieces(cx, piece, path));
            return;
        }
        Value::Made(made) => match made.what {
            What::External(path) => last(path.as_str()).to_owned(),
            What::Item(def) => cx.semantics.def_map.name(def).as_str().to_owned(),
            _ => "param".to_owned(),
        },
        // `..`: more may follow.
        Value::Unknown => return,
        _ => "param".to_owned(),
    };
    path.push_str("/{");
    path.push_str(&name);
    path.push('}');
}

fn last(path: &str) -> &str {
    path.rsplit(':').next().unwrap_or(path)
}

fn type_name(cx: &Evaluator<'_>, ty: Ty) -> String {
    let name = cx.semantics.pretty_type(ty);
    let name = name.split('<').next().unwrap_or_default();
    last(name).chars().filter(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// Parameters of a path are known by their types. Where the function that answers takes as many values of a type as
/// the path has, they are named as it names them.
fn name_parameters(cx: &Evaluator<'_>, route: &mut Route) {
    if !route.path.as_str().contains('{') {
        return;
    }
    let parameters = parameters(cx, route.handler);
    let pieces: Vec<&str> = route.path.as_str().split('/').collect();
    let ty = |piece: &str| piece.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).map(str::to_owned);
    let types: Vec<Option<String>> = pieces.iter().map(|piece| ty(piece)).collect();
    let mut named = Vec::with_capacity(pieces.len());
    for (at, piece) in pieces.iter().enumerate() {
        let Some(ty) = &types[at] else {
            named.push((*piece).to_owned());
            continue;
        };
        let before = types[..at].iter().flatten().filter(|other| *other == ty).count();
        let count = types.iter().flatten().filter(|other| *other == ty).count();
        let names: Vec<&String> =
            parameters.iter().filter(|(_, known)| known == ty).map(|(name, _)| name).collect();
        named.push(match names.get(before) {
            Some(name) if names.len() == count => format!("{{{}}}", name.trim_start_matches('_')),
            _ => (*piece).to_owned(),
        });
    }
    route.path = Symbol::new(&named.join("/"));
}

/// The methods that a function answers which refuses all others itself: `if method != Method::POST { return .. }`.
fn methods_asked(cx: &Evaluator<'_>, handler: Handler) -> Option<Methods> {
    let semantics = cx.semantics;
    let (file, root) = match handler {
        Handler::Closure { file, closure, .. } => (file, semantics.ir(file).closure(closure).body),
        Handler::Function(def) => {
            let (file, body) = semantics.body(def)?;
            (file, semantics.ir(file).body(body).root)
        }
        _ => return None,
    };
    let ir = semantics.ir(file);
    let names = statements(ir, root).into_iter().find_map(|statement| match ir.expr(statement) {
        Expr::If { cond, then, otherwise: None } if returns(ir, then) => methods_but(ir, cond),
        _ => None,
    })?;
    Some(Methods::of(names))
}

/// The statements of a block, or of the only block within it.
fn statements(ir: &SourceIr, expr: ExprId) -> Vec<ExprId> {
    let Expr::Block { stmts, tail, .. } = ir.expr(expr) else { return Vec::new() };
    match tail {
        Some(tail) if stmts.is_empty() => statements(ir, tail),
        _ => ir.list(stmts).collect(),
    }
}

/// Whether a block ends by a `return`.
fn returns(ir: &SourceIr, expr: ExprId) -> bool {
    match ir.expr(expr) {
        Expr::Return(_) => true,
        Expr::Block { stmts, tail, .. } => {
            tail.or(ir.list(stmts).last()).is_some_and(|last| returns(ir, last))
        }
        _ => false,
    }
}

/// The methods for which alone a condition does not hold.
fn methods_but(ir: &SourceIr, cond: ExprId) -> Option<Vec<&'static str>> {
    match ir.expr(cond) {
        Expr::Binary { op: BinaryOp::And, lhs, rhs } => {
            Some([methods_but(ir, lhs)?, methods_but(ir, rhs)?].concat())
        }
        Expr::Binary { op: BinaryOp::Ne, lhs, rhs } => {
            method_constant(ir, lhs).or_else(|| method_constant(ir, rhs)).map(|name| vec![name])
        }
        _ => None,
    }
}

/// `Method::POST`, or a reference to it.
fn method_constant(ir: &SourceIr, expr: ExprId) -> Option<&'static str> {
    match ir.expr(expr) {
        Expr::Ref { operand, .. } => method_constant(ir, operand),
        Expr::Path(path) => match ir.path_segments(path) {
            [.., ty, name] if ty.name.as_str() == "Method" => {
                let name = name.name.as_str();
                METHODS.iter().any(|known| known.eq_ignore_ascii_case(name)).then_some(name)
            }
            _ => None,
        },
        _ => None,
    }
}

/// Names and types of what a function takes.
fn parameters(cx: &Evaluator<'_>, handler: Handler) -> Vec<(String, String)> {
    let semantics = cx.semantics;
    let name = |file, pat| match semantics.ir(file).pat(pat) {
        Pat::Bind { local, .. } => Some(semantics.ir(file).local(local).name.as_str().to_owned()),
        _ => None,
    };
    match handler {
        Handler::Function(def) => {
            let (file, _) = semantics.locate(def);
            let (Some(signature), Some(function)) = (semantics.signature(def), semantics.item(def).as_fn())
            else {
                return Vec::new();
            };
            let all = function.params.iter().zip(&signature.params);
            all.filter_map(|(param, ty)| Some((name(file, param.pat)?, type_name(cx, *ty)))).collect()
        }
        Handler::Closure { function, file, closure } => {
            let all = semantics.ir(file).closure(closure).params.iter();
            all.filter_map(|(pat, ty)| {
                let ty = semantics.resolve_type(function, (*ty)?);
                Some((name(file, *pat)?, type_name(cx, ty)))
            })
            .collect()
        }
        _ => Vec::new(),
    }
}
