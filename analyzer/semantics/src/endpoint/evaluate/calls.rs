//! Calls of functions, methods and macros.

use std::sync::Arc;

use ward_syntax::{Expr, ExprId, FileSpan, List, MacroId, Symbol, TypeRefId, sym};

use super::expressions::{hole, made};
use super::{Evaluator, Frame};
use crate::endpoint::relevant::TYPE_DEPTH;
use crate::endpoint::{Call, Made, Outcome, Router, StructValue, Value, What};
use crate::{Callee, DefId, DefKind, Namespace, PathTarget, Semantics, Ty, TyKind, TypeHead};

/// A function that only makes a text or a middleware is evaluated if its body is no longer than this.
const SMALL_BODY: u32 = 160;

/// What a trait's method extends, the nearest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Extends {
    /// Routers of this kind.
    This,
    /// Other routers of the framework.
    Like,
    /// Whatever has the traits that it asks for.
    Many,
}

/// Functions of the standard library that give their argument.
const TRANSPARENT: &[&str] = &[
    "std::option::Option::Some",
    "std::result::Result::Ok",
    "std::boxed::Box::new",
    "std::boxed::Box::pin",
    "std::boxed::Box::from",
    "std::sync::Arc::new",
    "std::sync::Arc::clone",
    "std::sync::Arc::from",
    "std::rc::Rc::new",
    "std::pin::Pin::new",
    "std::string::String::from",
    "std::mem::take",
    "std::vec::Vec::from",
    "std::future::ready",
    "std::convert::identity",
    "std::sync::Mutex::new",
    "std::sync::RwLock::new",
    "std::cell::RefCell::new",
    "std::cell::Cell::new",
    "tokio::sync::Mutex::new",
    "tokio::sync::RwLock::new",
    "parking_lot::Mutex::new",
    "parking_lot::RwLock::new",
    "std::borrow::Cow::from",
    "std::borrow::Cow::Borrowed",
    "std::convert::From::from",
    "std::clone::Clone::clone",
];

/// Methods that give their receiver, whatever it is.
const KEEPING: &[&str] = &[
    "clone",
    "to_owned",
    "to_string",
    "as_str",
    "as_ref",
    "as_mut",
    "as_deref",
    "borrow",
    "borrow_mut",
    "into",
    "try_into",
    "into_inner",
    "unwrap",
    "expect",
    "unwrap_or_default",
    "unwrap_or_else",
    "unwrap_or",
    "ok",
    "context",
    "with_context",
    "map_err",
    "cloned",
    "into_string",
    "into_boxed_str",
    "lock",
    "read",
    "write",
    "get_mut",
    "leak",
];

impl<'a> Evaluator<'a> {
    pub(super) fn call(
        &mut self,
        frame: &mut Frame<'a>,
        id: ExprId,
        callee: ExprId,
        args: List<ExprId>,
    ) -> Value {
        let Some(types) = frame.types else { return Value::Unknown };
        let target = types.callee(id);
        let args: Vec<ExprId> = frame.ir.list(args).collect();
        let values: Vec<Value> = args.iter().map(|arg| self.expr(frame, *arg)).collect();
        if let Some(def) = derived_default(self.semantics, frame, id, callee) {
            return made(What::Item(def), values, frame.call_place(id, None));
        }
        match target {
            Callee::Fn(def) => self.workspace_call(frame, id, *def, None, &args, values),
            Callee::Dispatch { targets, .. } => {
                self.any_call(frame, id, &Arc::clone(targets), None, &args, &values)
            }
            Callee::Guess(targets) => self.any_call(frame, id, &Arc::clone(targets), None, &args, &values),
            Callee::External(path) | Callee::ExternalConstructor(path) => {
                self.external_call(frame, id, callee, *path, &args, values)
            }
            Callee::Method { ty, name } => {
                let path = Symbol::new(&format!("{ty}::{name}"));
                self.external_call(frame, id, callee, path, &args, values)
            }
            Callee::Constructor { def, variant } => {
                let fields = values
                    .into_iter()
                    .enumerate()
                    .map(|(index, value)| (Symbol::new(&index.to_string()), value))
                    .collect();
                Value::Struct(Arc::new(StructValue { def: *def, variant: *variant, fields }))
            }
            Callee::Value | Callee::UnknownMethod(_) => {
                let function = self.expr(frame, callee);
                if matches!(function, Value::Function(_) | Value::Closure(_) | Value::OneOf(_)) {
                    let (value, after) = self.apply(&function, values);
                    self.put_back(frame, &args, after);
                    return value;
                }
                self.opaque(frame, id, What::Unknown, None, &args, values)
            }
            Callee::Unresolved => {
                let function = self.expr(frame, callee);
                match &function {
                    Value::Function(def) => self.workspace_call(frame, id, *def, None, &args, values),
                    Value::OneOf(_) | Value::Closure(_) => self.apply(&function, values).0,
                    Value::Made(made) => {
                        if let What::External(path) = made.what {
                            return self.external_call(frame, id, callee, path, &args, values);
                        }
                        self.opaque(frame, id, made.what, None, &args, values)
                    }
                    _ => self.opaque(frame, id, What::Unknown, None, &args, values),
                }
            }
        }
    }

    /// The type that a path calls a method of a trait on, where the method is written for many: `Health::route()`.
    fn type_before(&self, frame: &Frame<'a>, call: ExprId, method: DefId) -> Option<DefId> {
        let Expr::Call { callee, .. } = frame.ir.expr(call) else { return None };
        let Expr::Path(path) = frame.ir.expr(callee) else { return None };
        let map = &self.semantics.def_map;
        let container = map.container(method)?;
        let is_for_many = map.kind(container) == DefKind::Trait
            || self
                .semantics
                .impls
                .get(container)
                .is_some_and(|data| data.has_trait && matches!(data.head, TypeHead::Param));
        if !is_for_many {
            return None;
        }
        let data = frame.ir.path(path);
        if let Some(ty) = data.qualified_self {
            return match self.semantics.resolve_type(frame.function, ty).kind() {
                TyKind::Adt { def, .. } => Some(*def),
                _ => None,
            };
        }
        let names: Vec<Symbol> = frame.ir.path_segments(path).iter().map(|segment| segment.name).collect();
        let (_, before) = names.split_last()?;
        let names = &self.semantics.names();
        let found = map.resolve(names, frame.function, before, data.leading_colon, Namespace::Type);
        match found.target {
            PathTarget::Def(def) if found.rest == 0 => Some(def),
            _ => None,
        }
    }

    fn external_call(
        &mut self,
        frame: &mut Frame<'a>,
        id: ExprId,
        callee: ExprId,
        path: Symbol,
        args: &[ExprId],
        values: Vec<Value>,
    ) -> Value {
        if TRANSPARENT.contains(&path.as_str()) {
            return values.into_iter().next().unwrap_or_default();
        }
        if matches!(path.as_str(), "std::vec::Vec::new" | "std::vec::Vec::with_capacity") {
            return Value::list(Vec::new());
        }
        let generics = match frame.ir.expr(callee) {
            Expr::Path(path) => {
                let segments = frame.ir.path_segments(path);
                segments.iter().flat_map(|segment| frame.ir.list(segment.args)).collect()
            }
            _ => Vec::new(),
        };
        let generics = self.generics(frame, &generics);
        let place = frame.call_place(id, args.first().copied());
        let types = frame.types_of(args);
        let call = Call {
            path,
            arguments: &values,
            types: &types,
            place,
            generics: &generics,
            function: frame.function,
        };
        if let Some(value) = self.framework_call(&call) {
            return value;
        }
        if let Some(value) = self.unresolved_call(&call) {
            return value;
        }
        self.opaque(frame, id, What::External(path), None, args, values)
    }

    fn generics(&self, frame: &Frame<'a>, generics: &[TypeRefId]) -> Vec<Ty> {
        generics.iter().map(|ty| self.semantics.resolve_type(frame.function, *ty)).collect()
    }

    /// Asks the frameworks that know the crate of a path.
    pub(super) fn framework_call(&mut self, call: &Call<'_>) -> Option<Value> {
        let crates = self.crates;
        for index in crates.of(call.path.as_str()) {
            let framework = self.frameworks[*index];
            self.current_framework = *index;
            if let Some(value) = framework.call(self, call) {
                return Some(value);
            }
        }
        None
    }

    /// Asks all frameworks about a path that leads nowhere.
    fn unresolved_call(&mut self, call: &Call<'_>) -> Option<Value> {
        if !self.crates.of(call.path.as_str()).is_empty() {
            return None;
        }
        for index in 0..self.frameworks.len() {
            let framework = self.frameworks[index];
            self.current_framework = index;
            if let Some(value) = framework.unresolved_call(self, call) {
                return Some(value);
            }
        }
        None
    }

    /// A call that is not evaluated: routers given to it are served, closures are run.
    fn opaque(
        &mut self,
        frame: &mut Frame<'a>,
        id: ExprId,
        what: What,
        receiver: Option<Value>,
        args: &[ExprId],
        values: Vec<Value>,
    ) -> Value {
        for (arg, value) in args.iter().zip(&values) {
            match value {
                Value::Closure(_) => {
                    let result = self.apply_in(frame, value, Vec::new());
                    self.serve(&result);
                }
                Value::Function(def) if self.relevant.contains(*def) && !self.visited.contains(def) => {
                    let result = self.apply_in(frame, value, Vec::new());
                    self.serve(&result);
                }
                Value::Unknown | Value::Text(_) => {}
                value if !matches!(frame.ir.expr(*arg), Expr::Ref { mutable: false, .. }) => {
                    self.serve(value);
                }
                _ => {}
            }
        }
        let place = frame.call_place(id, args.first().copied());
        Value::Made(Arc::new(Made { what, receiver, arguments: values, place }))
    }

    #[allow(clippy::needless_pass_by_value, reason = "each target takes one of its own")]
    fn any_call(
        &mut self,
        frame: &mut Frame<'a>,
        id: ExprId,
        targets: &[DefId],
        receiver: Option<Value>,
        args: &[ExprId],
        values: &[Value],
    ) -> Value {
        let mut result = Value::Unknown;
        for def in targets {
            result = result.or(self.workspace_call(frame, id, *def, receiver.clone(), args, values.to_vec()));
        }
        result
    }

    fn workspace_call(
        &mut self,
        frame: &mut Frame<'a>,
        id: ExprId,
        def: DefId,
        receiver: Option<Value>,
        args: &[ExprId],
        values: Vec<Value>,
    ) -> Value {
        if !self.is_evaluated(def) {
            return self.opaque(frame, id, What::Function(def), receiver, args, values);
        }
        let is_method = self.semantics.signature(def).is_some_and(|signature| signature.self_ty.is_some());
        let (receiver, values, skip) = match receiver {
            // `Type::method(value, ..)`.
            None if is_method => {
                let mut values = values.into_iter();
                (Some(values.next().unwrap_or_default()), values.collect(), 1)
            }
            receiver => (receiver, values, 0),
        };
        let arguments: Vec<Value> = values.clone();
        let called_on = self.type_before(frame, id, def);
        let (value, after) = self.function_of(called_on, def, receiver, values);
        self.put_back(frame, &args[skip.min(args.len())..], after);
        if value.is_unknown() {
            // Something, made by this function.
            let place = frame.call_place(id, args.first().copied());
            return Value::Made(Arc::new(Made {
                what: What::Function(def),
                receiver: None,
                arguments,
                place,
            }));
        }
        value
    }

    /// Whether a function's body is worth a look.
    fn is_evaluated(&self, def: DefId) -> bool {
        if self.relevant.contains(def) {
            return true;
        }
        let Some(signature) = self.semantics.signature(def) else { return false };
        let fits = match signature.ret.kind() {
            TyKind::Str | TyKind::StaticStr | TyKind::Bounds(_) | TyKind::Unknown => true,
            TyKind::External { path, .. } => {
                path.as_str() == "std::string::String" || !path.as_str().starts_with("std::")
            }
            TyKind::Slice(_) | TyKind::Adt { .. } => true,
            TyKind::Tuple(parts) => !parts.is_empty(),
            _ => false,
        };
        fits && self.semantics.body_size(def).is_some_and(|size| size <= SMALL_BODY)
    }

    /// Puts what a call did to its arguments back where they came from.
    fn put_back(&mut self, frame: &mut Frame<'a>, args: &[ExprId], after: Vec<Value>) {
        for (arg, value) in args.iter().zip(after) {
            if !matches!(value, Value::Router(_) | Value::List(_) | Value::Struct(_)) {
                continue;
            }
            if let Some(place) = frame.place_of(*arg) {
                self.assign(frame, &place, value);
            }
        }
    }

    pub(super) fn method_call(
        &mut self,
        frame: &mut Frame<'a>,
        id: ExprId,
        receiver_expr: ExprId,
        method: Symbol,
        args: List<ExprId>,
        generics: List<TypeRefId>,
    ) -> Value {
        let receiver = self.expr(frame, receiver_expr);
        let args: Vec<ExprId> = frame.ir.list(args).collect();
        let values: Vec<Value> = args.iter().map(|arg| self.expr(frame, *arg)).collect();
        let Some(types) = frame.types else { return Value::Unknown };
        let target = types.callee(id);
        let name = method.as_str();
        let receiver = match receiver {
            // A router that comes from nobody knows where is one all the same.
            Value::Unknown => {
                let place = frame.call_place(id, args.first().copied());
                self.holder(types.expr(receiver_expr), place).map_or(Value::Unknown, Value::router)
            }
            receiver => receiver,
        };
        if !matches!(receiver, Value::Router(_)) {
            self.registered(frame, id, method, &args, &values);
        }
        if let Callee::Fn(def) = target {
            return self.own_method(frame, id, receiver_expr, *def, receiver, &args, values);
        }
        if let Value::Router(router) = &receiver
            && let Some(def) = self.extension(router, target)
        {
            return self.own_method(frame, id, receiver_expr, def, receiver, &args, values);
        }
        if let Value::OneOf(all) = &receiver
            && let Some(router) = all.iter().find(|value| matches!(value, Value::Router(_)))
        {
            let router = router.clone();
            return self.on_value(frame, id, receiver_expr, router, method, &args, values, generics);
        }
        if let Callee::Dispatch { targets, .. } = target
            && !matches!(receiver, Value::Router(_))
        {
            let targets = Arc::clone(targets);
            return self.any_call(frame, id, &targets, Some(receiver), &args, &values);
        }
        if let Callee::Guess(targets) = target
            && receiver.is_unknown()
            && targets.len() == 1
        {
            let targets = Arc::clone(targets);
            return self.any_call(frame, id, &targets, Some(receiver), &args, &values);
        }
        if name == "map"
            || name == "and_then"
            || name == "map_or"
            || name == "unwrap_or_else"
            || name == "then"
        {
            // Of an option or result, or whatever a framework makes of it.
            if !matches!(receiver, Value::Router(_) | Value::List(_))
                && self.is_optional(frame, receiver_expr)
            {
                let function = values.last().cloned().unwrap_or_default();
                let value = self.apply_in(frame, &function, vec![receiver.clone()]);
                return if name == "unwrap_or_else" { receiver.or(value) } else { value };
            }
        }
        if name == "map_or_else"
            && let [default, function] = &values[..]
            && !matches!(receiver, Value::Router(_))
        {
            let (default, function) = (default.clone(), function.clone());
            let value = self.apply_in(frame, &default, Vec::new());
            return value.or(self.apply_in(frame, &function, vec![receiver]));
        }
        self.on_value(frame, id, receiver_expr, receiver, method, &args, values, generics)
    }

    /// A method that is given an item of a framework: the framework may see it fill a table of routes.
    fn registered(
        &mut self,
        frame: &Frame<'a>,
        id: ExprId,
        method: Symbol,
        args: &[ExprId],
        values: &[Value],
    ) {
        let Some(Value::Made(first)) = values.first() else { return };
        let What::External(item) = first.what else { return };
        let crates = self.crates;
        for index in crates.of(item.as_str()) {
            let types = frame.types_of(args);
            let call = Call {
                path: method,
                arguments: values,
                types: &types,
                place: frame.call_place(id, args.first().copied()),
                generics: &[],
                function: frame.function,
            };
            self.current_framework = *index;
            let framework = self.frameworks[*index];
            if let Some(router) = framework.registered(self, &call) {
                self.serve(&Value::router(router));
            }
        }
    }

    #[allow(clippy::unused_self, reason = "reads as a question to the evaluation")]
    fn is_optional(&self, frame: &Frame<'a>, expr: ExprId) -> bool {
        let ty = frame.types.map_or_else(Ty::unknown, |types| types.expr(expr));
        ty.as_external("std::option::Option").is_some() || ty.as_external("std::result::Result").is_some()
    }

    /// A method of the workspace.
    #[allow(clippy::too_many_arguments, reason = "the parts of one call")]
    fn own_method(
        &mut self,
        frame: &mut Frame<'a>,
        id: ExprId,
        receiver_expr: ExprId,
        def: DefId,
        receiver: Value,
        args: &[ExprId],
        values: Vec<Value>,
    ) -> Value {
        if !self.is_evaluated(def) {
            if matches!(receiver, Value::Router(_)) && self.keeps_receiver(def)
                || matches!(receiver, Value::List(_)) && receiver.holds_router()
            {
                return receiver;
            }
            return self.opaque(frame, id, What::Function(def), Some(receiver), args, values);
        }
        let was_router = matches!(receiver, Value::Router(_) | Value::Struct(_) | Value::List(_));
        let arguments = values.clone();
        let (value, mut after) = self.function(def, Some(receiver.clone()), values);
        let changed = after.pop().unwrap_or_default();
        if was_router
            && matches!(changed, Value::Router(_) | Value::Struct(_) | Value::List(_))
            && let Some(place) = frame.place_of(receiver_expr)
        {
            self.assign(frame, &place, changed);
        }
        self.put_back(frame, args, after);
        if value.is_unknown() {
            if matches!(receiver, Value::Router(_)) && self.keeps_receiver(def) {
                return receiver;
            }
            let place = frame.call_place(id, args.first().copied());
            let what = What::Function(def);
            return Value::Made(Arc::new(Made { what, receiver: Some(receiver), arguments, place }));
        }
        value
    }

    /// The method by which a trait of the workspace extends routers like this one: `routes().needs_login()`.
    fn extension(&self, router: &Router, callee: &Callee) -> Option<DefId> {
        let (Callee::Dispatch { targets, .. } | Callee::Guess(targets)) = callee else { return None };
        let gives_router = |def: DefId| {
            let ret = self.semantics.signature(def).map(|signature| signature.ret);
            self.keeps_receiver(def) || ret.is_some_and(|ret| self.may_be_router(ret))
        };
        let extends = |def: DefId| {
            let own = self.semantics.signature(def)?.self_ty?;
            if matches!(own.kind(), TyKind::Param { .. }) {
                return Some(Extends::Many);
            }
            let (file, _) = self.semantics.locate(def);
            let place = FileSpan { file, span: self.semantics.item(def).name_span };
            let held = self.holder(own, place).filter(|held| held.framework == router.framework)?;
            Some(if held.kind == router.kind { Extends::This } else { Extends::Like })
        };
        let fitting = targets.iter().copied().filter(|def| gives_router(*def));
        fitting.filter_map(|def| Some((extends(def)?, def))).min().map(|(_, def)| def)
    }

    /// Whether a value of a type may be a router, as far as a signature tells.
    fn may_be_router(&self, ty: Ty) -> bool {
        match ty.kind() {
            TyKind::Bounds(_) => true,
            _ => self.crates.holds(ty, TYPE_DEPTH),
        }
    }

    /// Whether a method gives something of its receiver's type.
    fn keeps_receiver(&self, def: DefId) -> bool {
        self.semantics.signature(def).is_some_and(|signature| signature.self_ty == Some(signature.ret))
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one call")]
    fn on_value(
        &mut self,
        frame: &mut Frame<'a>,
        id: ExprId,
        receiver_expr: ExprId,
        receiver: Value,
        method: Symbol,
        args: &[ExprId],
        values: Vec<Value>,
        generics: List<TypeRefId>,
    ) -> Value {
        let name = method.as_str();
        let generics: Vec<TypeRefId> = frame.ir.list(generics).collect();
        let generics = self.generics(frame, &generics);
        let place = frame.call_place(id, args.first().copied());
        let types = frame.types_of(args);
        let call = Call {
            path: method,
            arguments: &values,
            types: &types,
            place,
            generics: &generics,
            function: frame.function,
        };
        if let Value::Router(router) = &receiver {
            if name == "clone" {
                return receiver;
            }
            self.serve_by_method(&receiver, name);
            self.current_framework = router.framework;
            let framework = self.frameworks[router.framework];
            let outcome = framework.method(self, Arc::clone(router), &call);
            return self.settle(frame, receiver_expr, outcome);
        }
        if let Some(outcome) = self.foreign_method(frame, receiver_expr, &receiver, &call) {
            return self.settle(frame, receiver_expr, outcome);
        }
        if let Value::List(all) = &receiver {
            let all = Arc::clone(all);
            if let Some(value) = self.list_method(frame, &all, receiver_expr, name, &values) {
                return value;
            }
        }
        if name == "to_string" && matches!(receiver, Value::Struct(_)) {
            return self.display(receiver);
        }
        // How a type writes itself.
        if name == "write_str" && receiver.is_unknown() {
            return values.into_iter().next().unwrap_or_default();
        }
        if let Value::Text(text) = &receiver
            && let Some(text) = text_method(text.as_str(), name, &values)
        {
            return Value::Text(text);
        }
        if KEEPING.contains(&name) {
            return match receiver {
                Value::Unknown => {
                    values.into_iter().next().filter(|_| name == "unwrap_or").unwrap_or_default()
                }
                receiver => receiver,
            };
        }
        // The elements of what is not known: closures run once.
        let what = match frame.types.map(|types| types.callee(id)) {
            Some(Callee::Method { ty, name }) => What::External(Symbol::new(&format!("{ty}::{name}"))),
            _ => What::Method(method),
        };
        if name == "fold"
            && let [state, function] = &values[..]
        {
            let (state, function) = (state.clone(), function.clone());
            return self.apply_in(frame, &function, vec![state]);
        }
        // What only reports or unpacks a result that holds routers.
        if matches!(receiver, Value::List(_)) && receiver.holds_router() {
            return receiver;
        }
        let receiver = if receiver.is_unknown() { None } else { Some(receiver) };
        if let Some(receiver) = &receiver
            && !matches!(receiver, Value::Struct(_))
        {
            let mut routers = Vec::new();
            receiver.routers(&mut routers);
            if !routers.is_empty() {
                // A builder around a router: what it becomes is not known, the router is kept in it.
                return self.opaque(frame, id, what, Some(receiver.clone()), args, values);
            }
        }
        self.opaque(frame, id, what, receiver, args, values)
    }

    fn foreign_method(
        &mut self,
        frame: &Frame<'a>,
        receiver_expr: ExprId,
        receiver: &Value,
        call: &Call<'_>,
    ) -> Option<Outcome> {
        let ty = frame.types.map_or_else(Ty::unknown, |types| types.expr(receiver_expr));
        let known: Option<Symbol> = match (receiver, ty.kind()) {
            (Value::Made(made), _) if let What::External(path) = made.beginning().what => Some(path),
            (_, TyKind::External { path, .. }) => Some(*path),
            _ => None,
        };
        let crates = self.crates;
        let own = known.map(|path| crates.of(path.as_str())).unwrap_or_default();
        for index in own {
            let framework = self.frameworks[*index];
            self.current_framework = *index;
            if let Some(outcome) = framework.foreign_method(self, receiver, call) {
                return Some(outcome);
            }
        }
        if own.is_empty()
            && matches!(receiver, Value::Function(_) | Value::Closure(_) | Value::Unknown | Value::Text(_))
        {
            for index in 0..self.frameworks.len() {
                let framework = self.frameworks[index];
                self.current_framework = index;
                if let Some(outcome) = framework.foreign_method(self, receiver, call) {
                    return Some(outcome);
                }
            }
        }
        None
    }

    /// The result of a method, its receiver put back if it was changed in place.
    fn settle(&mut self, frame: &mut Frame<'a>, receiver: ExprId, outcome: Outcome) -> Value {
        if let Some(mut changed) = outcome.receiver
            && let Some(place) = frame.place_of_chain(receiver)
        {
            self.note(&changed);
            // What calls on the way there noted is of their results, not of what they were called on.
            if frame.place_of(receiver).is_none()
                && let Value::Router(router) = &mut changed
                && let Some(Value::Router(before)) = frame.value_at(&place)
            {
                Arc::make_mut(router).notes.clone_from(&before.notes);
            }
            self.assign(frame, &place, changed);
        }
        outcome.value
    }

    pub(super) fn macro_call(&mut self, frame: &mut Frame<'a>, id: ExprId, call: MacroId) -> Value {
        let call = frame.ir.macro_call(call);
        let args: Vec<ExprId> = frame.ir.list(call.args).collect();
        let values: Vec<Value> = args.iter().map(|arg| self.expr(frame, *arg)).collect();
        let name = call.path.as_str();
        if matches!(name, "concat" | "std::concat") {
            return values.into_iter().reduce(|text, piece| self.sum(text, piece)).unwrap_or_default();
        }
        if matches!(name, "env" | "option_env") {
            return Value::Text(hole());
        }
        let names = self.semantics.names();
        let target =
            self.semantics.def_map.resolve_text(&names, frame.function, call.path, Namespace::Macro).target;
        let path = match target {
            PathTarget::External(path) => path,
            _ => call.path,
        };
        let place = frame.expr_place(id);
        let path = Symbol::new(&format!("{path}!"));
        let types = frame.types_of(&args);
        let known =
            Call { path, arguments: &values, types: &types, place, generics: &[], function: frame.function };
        if let Some(value) = self.framework_call(&known).or_else(|| self.unresolved_call(&known)) {
            // What is given a router to add to leaves it where it was.
            if matches!((&value, values.first()), (Value::Router(_), Some(Value::Router(_)))) {
                self.put_back(frame, &args[..1], vec![value.clone()]);
            }
            return value;
        }
        let whole = matches!(&values[..], [Value::Router(_) | Value::List(_)]);
        if whole {
            values.into_iter().next().unwrap_or_default()
        } else {
            made(What::External(path), values, place)
        }
    }
}

/// The type of which a call makes the value that a derive says: `Check::default()`.
fn derived_default(semantics: &Semantics, frame: &Frame<'_>, call: ExprId, callee: ExprId) -> Option<DefId> {
    let Expr::Path(path) = frame.ir.expr(callee) else { return None };
    let is_default = frame.ir.path_segments(path).last()?.name == sym::DEFAULT;
    let types = frame.types.filter(|types| is_default && !matches!(types.callee(call), Callee::Fn(_)))?;
    match types.expr(call).kind() {
        TyKind::Adt { def, .. } => {
            let derives = semantics.def_map.derives(*def);
            derives.iter().any(|name| name.as_str() == "Default").then_some(*def)
        }
        _ => None,
    }
}

/// What a method makes of a known text.
fn text_method(text: &str, method: &str, arguments: &[Value]) -> Option<Symbol> {
    let argument = || arguments.first().and_then(Value::as_text);
    let changed = match method {
        "trim" => text.trim(),
        "strip_prefix" => text.strip_prefix(argument()?.as_str())?,
        "strip_suffix" => text.strip_suffix(argument()?.as_str())?,
        "trim_end_matches" => text.trim_end_matches(argument()?.as_str()),
        "trim_start_matches" => text.trim_start_matches(argument()?.as_str()),
        "trim_end" => text.trim_end(),
        "trim_start" => text.trim_start(),
        _ => return None,
    };
    Some(Symbol::new(changed))
}
