//! Abstract evaluation of the bodies that build routers.

mod calls;
mod expressions;
mod lists;
mod patterns;
mod places;
mod serve;

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use ward_syntax::{ExprId, FileId, FileSpan, LocalId, SourceIr, Span, Symbol, sym};

use super::collect::is_called;
use super::relevant::{Crates, Relevant};
use super::{
    Attached, AttachedKind, ClosureValue, Framework, HOLE, Handler, Made, Methods, Route, Router, Unknown,
    UnknownPart, Value, What,
};
use crate::{BodyTypes, DefId, Semantics, Ty};

/// How deep calls are followed.
const MOST_FRAMES: usize = 40;

/// How many expressions are evaluated for one root: far more than any service needs.
const MOST_STEPS: usize = 2_000_000;

/// Evaluates bodies, and is what a [`Framework`] asks for help.
pub struct Evaluator<'a> {
    /// The index.
    pub semantics: &'a Semantics,
    pub(super) frameworks: &'a [&'static dyn Framework],
    pub(super) crates: &'a Crates<'a>,
    relevant: &'a Relevant,
    /// Functions being evaluated.
    stack: Vec<DefId>,
    steps: usize,
    /// What `Self` is in the method of a trait that runs, where its call says so.
    pub(super) self_type: Option<DefId>,
    /// The framework whose code runs.
    pub(super) current_framework: usize,
    /// Of which functions it was asked whether another calls them, and what the answer was.
    pub(super) asked_called: Vec<(DefId, bool)>,
    /// Functions that have been evaluated.
    pub(super) visited: FxHashSet<DefId>,
    /// What consts, and functions whose arguments tell nothing, come to.
    known: FxHashMap<DefId, Value>,
    /// What frameworks made of names once; see [`Self::remembered`].
    remembered: FxHashMap<(usize, Symbol), Option<Router>>,
    /// Routes that are served, as seen from outside.
    pub(super) served: Vec<(usize, Route)>,
    /// Routes of functions that nothing calls, which give them to whoever may.
    pub(super) given: Vec<(usize, Route)>,
    /// Every route ever seen, by where it is routed and what answers, with its longest path.
    pub(super) seen: FxHashMap<(FileSpan, Handler), (usize, Route)>,
}

/// The variables of a function or closure.
pub(super) struct Frame<'a> {
    function: DefId,
    file: FileId,
    ir: &'a SourceIr,
    types: Option<&'a BodyTypes>,
    locals: FxHashMap<LocalId, Value>,
    /// What `return` gave.
    returned: Value,
    /// What `break` gave.
    broken: Value,
}

impl<'a> Evaluator<'a> {
    pub(super) fn new(
        semantics: &'a Semantics,
        frameworks: &'a [&'static dyn Framework],
        crates: &'a Crates<'a>,
        relevant: &'a Relevant,
    ) -> Self {
        Self {
            semantics,
            frameworks,
            crates,
            relevant,
            stack: Vec::new(),
            steps: 0,
            self_type: None,
            current_framework: 0,
            asked_called: Vec::new(),
            visited: FxHashSet::default(),
            known: FxHashMap::default(),
            remembered: FxHashMap::default(),
            served: Vec::new(),
            given: Vec::new(),
            seen: FxHashMap::default(),
        }
    }

    /// Evaluates a function that nothing else evaluates, and serves what comes out of it.
    pub(super) fn root(&mut self, function: DefId) {
        self.steps = 0;
        let count = self.semantics.signature(function).map_or(0, |signature| signature.params.len());
        let (value, parameters) = self.function(function, None, vec![Value::Unknown; count]);
        let before = self.served.len();
        self.serve(&value);
        for parameter in &parameters {
            if matches!(parameter, Value::Router(router) if router.in_place) {
                self.serve(parameter);
            }
        }
        let is_forgotten = self.is_forgotten(function);
        for (framework, mut route) in self.served.drain(before..) {
            if is_forgotten {
                route.unknown.push(Unknown { part: UnknownPart::Mount, place: route.place });
            }
            self.given.push((framework, route));
        }
    }

    /// Whether a function of a program is called by nobody, and nothing says that somebody else calls it.
    fn is_forgotten(&mut self, function: DefId) -> bool {
        const HARMLESS: &[&str] =
            &["doc", "allow", "expect", "cfg", "cfg_attr", "inline", "must_use", "deprecated", "instrument"];
        let semantics = self.semantics;
        let item = semantics.item(function);
        let package = semantics.package(function);
        item.name != sym::MAIN
            && item.attributes.iter().all(|attribute| HARMLESS.contains(&attribute.last_segment()))
            && semantics.enclosing_impl(function).is_none_or(|block| block.trait_ref.is_none())
            && (semantics.project.package(package).library().is_none()
                || self.relevant.programs.contains(&package))
            && !self.is_called(function)
    }

    fn is_called(&mut self, function: DefId) -> bool {
        let is_called = is_called(self.semantics, function);
        self.asked_called.push((function, is_called));
        is_called
    }

    /// Calls a function or closure. Gives the result, and the arguments as the call leaves them.
    pub fn apply(&mut self, callee: &Value, arguments: Vec<Value>) -> (Value, Vec<Value>) {
        match callee {
            Value::Function(def) => self.function(*def, None, arguments),
            Value::Closure(closure) => self.closure(closure, arguments),
            Value::OneOf(all) => {
                let mut result = Value::Unknown;
                let mut arguments = arguments;
                for callee in all.iter() {
                    let (value, after) = self.apply(callee, arguments);
                    result = result.or(value);
                    arguments = after;
                }
                (result, arguments)
            }
            _ => (Value::Unknown, arguments),
        }
    }

    fn frame(&self, function: DefId) -> Frame<'a> {
        let (file, _) = self.semantics.locate(function);
        Frame {
            function,
            file,
            ir: self.semantics.ir_of(function),
            types: self.semantics.types(function),
            locals: FxHashMap::default(),
            returned: Value::Unknown,
            broken: Value::Unknown,
        }
    }

    /// Evaluates a function of the workspace with these arguments.
    fn function(
        &mut self,
        function: DefId,
        receiver: Option<Value>,
        arguments: Vec<Value>,
    ) -> (Value, Vec<Value>) {
        self.function_of(None, function, receiver, arguments)
    }

    /// Evaluates a function; `called_on` is what `Self` is in a trait's method that is written for many types.
    fn function_of(
        &mut self,
        called_on: Option<DefId>,
        function: DefId,
        receiver: Option<Value>,
        arguments: Vec<Value>,
    ) -> (Value, Vec<Value>) {
        self.visited.insert(function);
        let Some((_, body)) = self.semantics.body(function) else { return (Value::Unknown, arguments) };
        if self.stack.len() >= MOST_FRAMES || self.stack.contains(&function) || self.steps > MOST_STEPS {
            return (Value::Unknown, arguments);
        }
        let plain = called_on.is_none()
            && receiver.as_ref().is_none_or(Value::is_unknown)
            && arguments.iter().all(Value::is_unknown);
        if plain && let Some(value) = self.known.get(&function) {
            return (value.clone(), arguments);
        }
        let mut frame = self.frame(function);
        let body = frame.ir.body(body);
        self.stack.push(function);
        let item = self.semantics.item(function);
        let mut parameters = Vec::new();
        if let Some(declared) = item.as_fn() {
            let types = self.semantics.signature(function).map(|signature| signature.params.as_slice());
            if let (Some(local), Some(receiver)) = (body.self_local, receiver) {
                frame.locals.insert(local, receiver);
            }
            for (index, param) in declared.params.iter().enumerate() {
                let given = arguments.get(index).cloned().unwrap_or_default();
                let ty = types.and_then(|types| types.get(index)).copied();
                let value = self.parameter(given, ty, frame.place(param.span));
                self.bind(&mut frame, param.pat, value);
                parameters.push(param.pat);
            }
        }
        let outer = std::mem::replace(&mut self.self_type, called_on);
        let value = self.expr(&mut frame, body.root);
        self.self_type = outer;
        let value = value.or(std::mem::take(&mut frame.returned));
        self.note_frame(&frame);
        self.stack.pop();
        let mut after: Vec<Value> = parameters.iter().map(|pat| frame.bound(*pat)).collect();
        if let Some(local) = body.self_local {
            // The receiver comes last, for the caller to put back.
            after.push(frame.locals.get(&local).cloned().unwrap_or_default());
        }
        self.note(&value);
        if plain && !after.iter().any(|value| matches!(value, Value::Router(_))) {
            self.known.insert(function, value.clone());
        }
        (value, after)
    }

    /// Evaluates a closure with these arguments.
    fn closure(&mut self, closure: &Arc<ClosureValue>, arguments: Vec<Value>) -> (Value, Vec<Value>) {
        self.closure_in(closure, arguments, None)
    }

    /// Evaluates a closure; what it changes of the variables around it is put back into `around`.
    fn closure_in(
        &mut self,
        closure: &Arc<ClosureValue>,
        arguments: Vec<Value>,
        around: Option<&mut Frame<'a>>,
    ) -> (Value, Vec<Value>) {
        if self.stack.len() >= MOST_FRAMES || self.steps > MOST_STEPS {
            return (Value::Unknown, arguments);
        }
        let mut frame = self.frame(closure.function);
        frame.locals.clone_from(&closure.locals);
        if let Some(around) = &around
            && around.file == frame.file
        {
            frame.locals.clone_from(&around.locals);
        }
        let declared = frame.ir.closure(closure.closure);
        self.stack.push(closure.function);
        for (index, (pat, ty)) in declared.params.iter().enumerate() {
            let given = arguments.get(index).cloned().unwrap_or_default();
            let ty = match ty {
                Some(ty) => Some(self.semantics.resolve_type(closure.function, *ty)),
                None => frame.types.and_then(|types| match frame.ir.pat(*pat) {
                    ward_syntax::Pat::Bind { local, .. } => Some(types.local(local)),
                    _ => None,
                }),
            };
            let place = frame.place(frame.ir.pat_span(*pat));
            let value = self.parameter(given, ty, place);
            self.bind(&mut frame, *pat, value);
        }
        let value = self.expr(&mut frame, declared.body);
        let value = value.or(std::mem::take(&mut frame.returned));
        self.note_frame(&frame);
        self.stack.pop();
        self.note(&value);
        let after = declared.params.iter().map(|(pat, _)| frame.bound(*pat)).collect();
        if let Some(around) = around
            && around.file == frame.file
        {
            for (local, value) in frame.locals {
                if around.locals.contains_key(&local) {
                    around.locals.insert(local, value);
                }
            }
        }
        (value, after)
    }

    /// A parameter's value: what is given, or an empty router where only its type is known.
    fn parameter(&self, given: Value, ty: Option<Ty>, place: FileSpan) -> Value {
        if !given.is_unknown() {
            return given;
        }
        let Some(ty) = ty else { return given };
        self.holder(ty, place).map_or(given, Value::router)
    }

    /// An empty router of a type, where the type holds routes.
    pub(super) fn holder(&self, ty: Ty, place: FileSpan) -> Option<Router> {
        let of_path = |path: Symbol, args: &[Ty]| {
            self.crates.of(path.as_str()).iter().find_map(|index| {
                let router = self.frameworks[*index].parameter(path.as_str(), args)?;
                let unknown = vec![Unknown { part: UnknownPart::Mount, place }];
                Some(Router { framework: *index, unknown, ..router })
            })
        };
        // Behind a lock or a pointer it is one, too.
        self.semantics.derefs(ty).find_map(|ty| match ty.kind() {
            crate::TyKind::External { path, args } => of_path(*path, args),
            crate::TyKind::Bounds(bounds) => bounds.iter().find_map(|bound| match bound.name {
                crate::TraitName::External(path) => of_path(path, &bound.args),
                crate::TraitName::Workspace(_) => None,
            }),
            _ => None,
        })
    }

    /// What a const or static comes to.
    fn constant(&mut self, def: DefId) -> Value {
        if let Some(value) = self.known.get(&def) {
            return value.clone();
        }
        let Some((_, body)) = self.semantics.body(def) else { return Value::Unknown };
        if self.stack.len() >= MOST_FRAMES || self.stack.contains(&def) {
            return Value::Unknown;
        }
        let mut frame = self.frame(def);
        let root = frame.ir.body(body).root;
        self.stack.push(def);
        let value = self.expr(&mut frame, root);
        self.stack.pop();
        let value = match value {
            Value::Unknown => Value::Made(Arc::new(Made {
                what: What::Item(def),
                receiver: None,
                arguments: Vec::new(),
                place: frame.place(self.semantics.item(def).name_span),
            })),
            value => value,
        };
        self.known.insert(def, value.clone());
        value
    }

    /// Remembers the routers in all variables of a frame.
    fn note_frame(&mut self, frame: &Frame<'_>) {
        for value in frame.locals.values() {
            self.note(value);
        }
    }

    /// Remembers the routes in a value, in case they get lost.
    fn note(&mut self, value: &Value) {
        let mut routers = Vec::new();
        value.routers(&mut routers);
        for router in routers.into_iter().filter(|router| !router.partial) {
            for route in &router.routes {
                self.see(router.framework, route);
            }
        }
    }

    fn see(&mut self, framework: usize, route: &Route) {
        let key = (route.place, route.handler);
        let longer = |known: &(usize, Route)| {
            (route.path.as_str().len(), route.layers.len())
                > (known.1.path.as_str().len(), known.1.layers.len())
        };
        match self.seen.get_mut(&key) {
            Some(known) if longer(known) => *known = (framework, route.clone()),
            Some(_) => {}
            None => {
                self.seen.insert(key, (framework, route.clone()));
            }
        }
    }
}

/// What frameworks ask for.
impl Evaluator<'_> {
    /// An empty router of a framework; of none if the framework is not registered.
    pub fn router(&self, framework: &dyn Framework, kind: &'static str) -> Router {
        let index = self.frameworks.iter().position(|known| known.name() == framework.name());
        Router { framework: index.unwrap_or(0), ..Router::empty(kind) }
    }

    /// The routes that a path, given by a value, and a handler make: one for each text that the path may be.
    pub fn routes(
        &mut self,
        methods: &Methods,
        path: &Value,
        handler: &Value,
        call: &super::Call<'_>,
    ) -> Vec<Route> {
        let mut routes = Vec::new();
        for path in texts(path) {
            for handler in handlers(handler) {
                routes.push(self.route(methods.clone(), path, handler, call.place, call.function));
            }
        }
        routes
    }

    /// One route.
    pub fn route(
        &mut self,
        methods: Methods,
        path: Symbol,
        handler: Handler,
        place: FileSpan,
        function: DefId,
    ) -> Route {
        let mut unknown = Vec::new();
        if path.as_str().contains(HOLE) {
            unknown.push(Unknown { part: UnknownPart::Path, place });
        }
        if handler == Handler::Unknown {
            unknown.push(Unknown { part: UnknownPart::Handler, place });
        }
        let route =
            Route { methods, path, handler, place, layers: Vec::new(), router: Some(function), unknown };
        let framework = self.current_framework;
        self.see(framework, &route);
        route
    }

    /// The router that a framework makes of a name alone, made once: to look through the whole workspace at every call
    /// takes long.
    pub fn remembered(
        &mut self,
        framework: &dyn Framework,
        name: &str,
        make: impl FnOnce(&mut Self) -> Option<Router>,
    ) -> Option<Router> {
        let index = self.frameworks.iter().position(|known| known.name() == framework.name()).unwrap_or(0);
        let key = (index, Symbol::new(name));
        if let Some(router) = self.remembered.get(&key) {
            return router.clone();
        }
        let router = make(self);
        self.remembered.insert(key, router.clone());
        router
    }

    /// A router's routes as seen from outside of it.
    pub fn close(&self, router: &Router) -> Vec<Route> {
        let framework = self.frameworks[router.framework];
        router.close(&|prefix, path| framework.join(prefix, path))
    }

    /// A value attached, at the place of a call.
    pub fn attached(&self, kind: AttachedKind, value: &Value, call: &super::Call<'_>) -> Attached {
        Attached::new(kind, value, call.place)
    }

    /// The framework's attributed routes of a function, if it has some.
    pub fn attributed(&mut self, framework: &dyn Framework, function: DefId) -> Option<Router> {
        let names = framework.attributes();
        let attributes = &self.semantics.item(function).attributes;
        if !attributes.iter().any(|attribute| names.contains(&attribute.last_segment())) {
            return None;
        }
        self.current_framework =
            self.frameworks.iter().position(|known| known.name() == framework.name()).unwrap_or(0);
        framework.attributed(self, function)
    }

    /// What a path written as text names inside an item: a function, an item, or something external.
    pub fn named(&self, scope: DefId, path: &str) -> What {
        let names = self.semantics.names();
        for namespace in [crate::Namespace::Value, crate::Namespace::Type] {
            let result = self.semantics.def_map.resolve_text(&names, scope, Symbol::new(path), namespace);
            match result.target {
                crate::PathTarget::Def(def) if self.semantics.item(def).as_fn().is_some() => {
                    return What::Function(def);
                }
                crate::PathTarget::Def(def) => return What::Item(def),
                crate::PathTarget::External(path) => return What::External(path),
                _ => {}
            }
        }
        What::Unknown
    }

    /// What an expression written as text comes to inside an item: the path of a constant, fields of it, and what its
    /// methods give that take nothing.
    pub fn constant_text(&mut self, scope: DefId, text: &str) -> Value {
        let mut parts = text.split('.').map(str::trim);
        let first = parts.next().unwrap_or_default();
        let mut value = self.constant_named(scope, first);
        for name in parts {
            value = match &value {
                Value::Struct(own) => match name.strip_suffix("()") {
                    Some(method) => {
                        let head = crate::TypeHead::Adt(own.def);
                        match self.semantics.impls.member_of(head, Symbol::new(method)) {
                            Some(function) => self.function(function, Some(value), Vec::new()).0,
                            None => Value::Unknown,
                        }
                    }
                    None => own.field(Symbol::new(name)),
                },
                _ => Value::Unknown,
            };
        }
        value
    }

    /// The constant that a path written as text means inside an item.
    pub fn constant_named(&mut self, scope: DefId, path: &str) -> Value {
        let result = self.semantics.def_map.resolve_text(
            &self.semantics.names(),
            scope,
            Symbol::new(path),
            crate::Namespace::Value,
        );
        match result.target {
            crate::PathTarget::Def(def) if self.semantics.item(def).as_fn().is_some() => Value::Function(def),
            crate::PathTarget::Def(def) => self.constant(def),
            crate::PathTarget::External(path) => Value::Made(Arc::new(Made {
                what: What::External(path),
                receiver: None,
                arguments: Vec::new(),
                place: FileSpan { file: self.semantics.locate(scope).0, span: Span::default() },
            })),
            _ => Value::Unknown,
        }
    }
}

/// What answers, where a value is a handler; several where conditions choose.
pub(super) fn handlers(value: &Value) -> Vec<Handler> {
    match value {
        Value::OneOf(all) => {
            let mut found: Vec<Handler> = all.iter().flat_map(handlers).collect();
            found.dedup();
            found
        }
        other => vec![handler(other)],
    }
}

/// What answers, where a value is a handler.
pub fn handler(value: &Value) -> Handler {
    match value {
        Value::Function(def) => Handler::Function(*def),
        Value::Closure(closure) => {
            Handler::Closure { function: closure.function, file: closure.file, closure: closure.closure }
        }
        // A newtype around a handler of the workspace.
        Value::Struct(value) => match &value.fields[..] {
            [(_, inner @ (Value::Function(_) | Value::Closure(_)))] => handler(inner),
            _ => Handler::Service(value.def),
        },
        // A response that is always the same.
        Value::Text(_) | Value::List(_) => Handler::External(Symbol::new(super::CONSTANT)),
        Value::OneOf(all) => {
            all.iter().map(handler).find(|known| *known != Handler::Unknown).unwrap_or(Handler::Unknown)
        }
        Value::Made(made) => match (made.what, &made.receiver) {
            (What::Function(def), _) => Handler::Factory(def),
            (What::Item(def), _) => Handler::Service(def),
            (What::Closure { function, file, closure }, _) => Handler::Closure { function, file, closure },
            (What::Method(_) | What::External(_), Some(receiver)) => handler(receiver),
            (What::External(path), None) => {
                // A wrapper around a handler of the workspace.
                let inner = made.arguments.iter().map(handler).find(|known| {
                    matches!(known, Handler::Function(_) | Handler::Closure { .. } | Handler::Service(_))
                });
                inner.unwrap_or(Handler::External(path))
            }
            _ => Handler::Unknown,
        },
        _ => Handler::Unknown,
    }
}

/// The texts that a value may be; one that is not known if nothing is known.
pub fn texts(value: &Value) -> Vec<Symbol> {
    match value {
        Value::Text(text) => vec![*text],
        Value::OneOf(all) => {
            let mut found: Vec<Symbol> = Vec::new();
            for text in all.iter().flat_map(texts) {
                if !found.contains(&text) {
                    found.push(text);
                }
            }
            found
        }
        _ => vec![Symbol::new("\u{1}")],
    }
}

impl Frame<'_> {
    fn place(&self, span: Span) -> FileSpan {
        FileSpan { file: self.file, span }
    }

    /// The types of some expressions.
    fn types_of(&self, exprs: &[ExprId]) -> SmallVec<[Ty; 4]> {
        let ty = |expr: &ExprId| self.types.map_or_else(Ty::unknown, |types| types.expr(*expr));
        exprs.iter().map(ty).collect()
    }

    fn expr_place(&self, expr: ExprId) -> FileSpan {
        self.place(self.ir.expr_span(expr))
    }

    /// The value of the variable that a pattern binds.
    fn bound(&self, pat: ward_syntax::PatId) -> Value {
        match self.ir.pat(pat) {
            ward_syntax::Pat::Bind { local, .. } => self.locals.get(&local).cloned().unwrap_or_default(),
            ward_syntax::Pat::Ref(inner) => self.bound(inner),
            _ => Value::Unknown,
        }
    }

    /// From the first argument of a call to its end.
    fn call_place(&self, call: ExprId, first: Option<ExprId>) -> FileSpan {
        let whole = self.ir.expr_span(call);
        let start = first.map_or(whole.end.saturating_sub(1), |first| self.ir.expr_span(first).start);
        let inside = whole.start <= start && start <= whole.end;
        self.place(if inside { Span::new(start, whole.end) } else { whole })
    }
}
