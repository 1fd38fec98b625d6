//! Calls of code outside the workspace, by its models, and of what nothing is known about.

use std::sync::LazyLock;

use smallvec::SmallVec;
use ward_semantics::{DefId, Template, Ty, TyKind};
use ward_syntax::{Expr, ExprId, HoleStyle, Span, Symbol, sym};

use super::Evaluator;
use super::calls::{ExternalCall, Inputs};
use crate::models::{CallModel, Elements, HandlerSource, Port, Source, SourceClass};
use crate::sources;
use crate::step::StepKind;
use crate::value::{Callable, KindSet, Origin, Value, ValueId};

/// What is assumed where a function that is not known is given what may hold no text.
const FOREIGN: u8 = 2;

/// The types whose methods a receiver of unknown type is taken to have, by name.
const STANDARD_TYPES: &[&str] = &[
    "std::iter::Iterator",
    "std::option::Option",
    "std::result::Result",
    "str",
    "std::string::String",
    "slice",
    "std::vec::Vec",
    "std::collections::HashMap",
];
/// The same, as symbols.
pub(crate) static STANDARD: LazyLock<Vec<Symbol>> =
    LazyLock::new(|| STANDARD_TYPES.iter().map(|ty| Symbol::new(ty)).collect());
const SCALARS: &[&str] = &[
    "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64",
    "u128", "usize",
];

impl<'a> Evaluator<'a> {
    pub(super) fn call_external(&mut self, call: &ExternalCall) -> ValueId {
        let models = self.cx.models;
        let any = sym::ANY;
        let model = match (call.ty, call.receiver) {
            (Some(ty), _) => {
                models.methods.get(&(ty, call.name)).or_else(|| models.methods.get(&(any, call.name)))
            }
            (None, Some(_)) => {
                models.methods.get(&(any, call.name)).or_else(|| self.standard_method(call.name))
            }
            (None, None) => models.functions.get(&call.name),
        };
        if let Some((receiver, _)) = call.receiver {
            let args: SmallVec<[ExprId; 2]> = call.args.iter().filter_map(|input| input.0).collect();
            let method = call.name.as_str();
            if let Some(truth) = self.eval_character_test(call.expr, receiver, method, &args) {
                return truth;
            }
            let kept = self.safe_characters_kept(receiver, method, &args);
            if kept == KindSet::ALL {
                return self.constrained();
            }
            if !kept.is_empty() {
                let value = call.receiver.map_or(ValueId::NOTHING, |receiver| receiver.1);
                return self.without(value, kept);
            }
            if method == "retain" && call.ty.is_some_and(|ty| ty.as_str() == "std::string::String") {
                self.retain_characters(receiver, &args);
            }
        }
        if let Some((receiver, value)) = call.receiver
            && call.name.as_str() == "to_string"
            && let ty = self.types.expr(receiver)
            && matches!(ty.kind(), TyKind::Adt { .. })
        {
            let span = self.span(call.expr);
            let printed = self.printed_expression(receiver, value, HoleStyle::Display, span);
            if printed != value {
                return printed;
            }
        }
        if let Some((receiver, value)) = call.receiver
            && call.name == sym::TO_STRING
            && self.is_error(value)
        {
            // Here an error becomes a text.
            let value = self.stepped(value, self.span(call.expr), StepKind::External(sym::TO_STRING));
            return self
                .call_external_model(&ExternalCall { receiver: Some((receiver, value)), ..*call }, model);
        }
        self.call_external_model(call, model)
    }

    /// Whether all that is known of a value is that it is what an error says.
    fn is_error(&self, value: ValueId) -> bool {
        let errors = self.cx.models.kinds.of_class(SourceClass::Error);
        let origins = self.values.origins_of(value);
        !origins.is_empty() && origins.iter().all(|origin| origin.open.without(errors).is_empty())
    }

    fn call_external_model(&mut self, call: &ExternalCall, model: Option<&CallModel>) -> ValueId {
        if let Some(text) = self.concatenated(call).or_else(|| self.substituted(call)) {
            return text;
        }
        if call.receiver.is_some() && model.is_none_or(|model| model.sinks.is_empty()) {
            self.check_name_only_sinks(call);
        }
        match model {
            // `Option::map(x, f)`: the receiver is the first argument.
            Some(model) if model.has_receiver && call.receiver.is_none() => {
                let mut args = call.args.clone();
                let receiver = if args.is_empty() { None } else { Some(args.remove(0)) };
                let receiver = receiver.and_then(|(expr, value)| Some((expr?, value)));
                self.call_model(&ExternalCall { receiver, args: &args, ..*call }, model)
            }
            Some(model) => {
                let result = self.call_model(call, model);
                let is_plain = call.ty.is_none()
                    && self.bound_in(result).is_none()
                    && self.standard_result_is_plain(call);
                let result = if is_plain {
                    let told = self.values.get(result);
                    let (success, failure) = (told.if_success.into(), told.if_failure.into());
                    self.truth(success, failure)
                } else {
                    result
                };
                let result = self.with_bound_arguments(call, result);
                let result = self.still_sealed(call, result);
                if call.ty.is_none() { self.looked_up(call, result) } else { result }
            }
            None => {
                let result = self.call_unknown(call);
                let result = self.with_bound_arguments(call, result);
                let result = self.still_sealed(call, result);
                let result = self.found_by_unknown(call, result);
                let result = self.converted_call(call, result);
                self.looked_up(call, result)
            }
        }
    }

    /// In a function that answers a question by its name (`is_known`), what is found under a key or in a list of which
    /// nothing is known is one of the service's own.
    fn looked_up(&mut self, call: &ExternalCall, result: ValueId) -> ValueId {
        let [(_, key)] = call.args.as_slice() else { return result };
        let asks = matches!(call.name.as_str(), "get" | "contains" | "contains_key");
        if !asks || call.receiver.is_none() || !self.is_question() {
            return result;
        }
        let facts = self.all_of(*key);
        self.with_outcome(result, &facts, &[])
    }

    /// Whether the function's name is a question and its result a truth, or a result with one.
    fn is_question(&self) -> bool {
        const QUESTIONS: &[&str] = &["is_", "has_", "can_", "may_", "are_"];
        let name = self.cx.semantics.def_map.name(self.def).as_str();
        let Some(signature) = self.cx.semantics.signature(self.def) else { return false };
        let is_truth = |ty: Ty| matches!(ty.kind(), TyKind::Scalar(name) if name.as_str() == "bool");
        let answers = match signature.ret.kind() {
            TyKind::External { args, .. } => args.first().is_some_and(|inner| {
                is_truth(*inner)
                    || matches!(inner.kind(), TyKind::External { args, .. } if args.first().is_some_and(|ty| is_truth(*ty)))
            }),
            _ => is_truth(signature.ret),
        };
        answers && QUESTIONS.iter().any(|word| name.starts_with(word))
    }

    /// The standard library's method of this name, for a receiver of unknown type: `map` maps whatever it is.
    pub(super) fn standard_method(&self, name: Symbol) -> Option<&'a CallModel> {
        let models = self.cx.models;
        STANDARD.iter().find_map(|ty| models.methods.get(&(*ty, name)))
    }

    /// Whether the standard library's method of this name returns a number, a truth or nothing.
    fn standard_result_is_plain(&self, call: &ExternalCall) -> bool {
        if call.receiver.is_none() {
            return false;
        }
        let types = &self.cx.semantics.externals.types;
        let mut rows = STANDARD.iter().filter_map(|ty| types.get(ty)?.methods.get(&call.name));
        match rows.next().and_then(|row| row.returns.as_ref()) {
            Some(Template::Named(path, args)) => {
                args.is_empty()
                    && SCALARS.contains(&path.as_str())
                    && !matches!(call.name.as_str(), "any" | "all")
            }
            _ => false,
        }
    }

    /// A function or closure registered as a handler is called with request data.
    fn call_handlers(&mut self, call: &ExternalCall, model: &CallModel) {
        for handler in &model.handlers {
            let Some((_, value)) = call.args.get(usize::from(handler.argument)).copied() else { continue };
            let span = self.span(call.expr);
            let callables: SmallVec<[Callable; 2]> = SmallVec::from_slice(self.values.callables_of(value));
            for callable in callables {
                match callable {
                    Callable::Closure(closure) => {
                        let mut given: SmallVec<[ValueId; 4]> = SmallVec::new();
                        for (_, ty) in &self.ir.closure(closure).params {
                            let ty = ty.map(|ty| self.type_of_ref(ty));
                            let wanted = handler.types.is_empty()
                                || ty.is_some_and(|ty| sources::is_one_of(ty, &handler.types));
                            let name = Symbol::new(call.name.last_segment());
                            given.push(if wanted {
                                self.source(handler.source, name, span)
                            } else {
                                ValueId::NOTHING
                            });
                        }
                        self.call_closure(closure, &given);
                    }
                    Callable::Function(def) => self.call_handler(def, handler, span),
                    _ => {}
                }
            }
        }
    }

    fn call_handler(&mut self, def: DefId, handler: &HandlerSource, span: Span) {
        let Some(signature) = self.cx.semantics.signature(def) else { return };
        let mut given: SmallVec<[ValueId; 4]> = SmallVec::new();
        for ty in &signature.params {
            let wanted = handler.types.is_empty() || sources::is_one_of(*ty, &handler.types);
            let kinds = self.cx.models.kinds.carried_by(self.cx.semantics.carries(*ty));
            let name = self.cx.semantics.def_map.name(def);
            given.push(if wanted && !kinds.is_empty() {
                let source = self.source(handler.source, name, span);
                self.cut(source, *ty)
            } else {
                ValueId::NOTHING
            });
        }
        self.call_item(def, &given, span);
    }

    fn call_unknown(&mut self, call: &ExternalCall) -> ValueId {
        let given = call.receiver.map_or(ValueId::NOTHING, |receiver| receiver.1);
        self.run_callables(call.args, given);
        let span = self.span(call.expr);
        let Some((_, value)) = call.receiver else {
            let result = self.assumed_of(call.args, span, call.name);
            return self.parsed_as_unknown(call, result);
        };
        // What a result failed with stays that, whatever is made of what it holds.
        let error = self.part_known(value, sym::ERR);
        let held = if error.is_some() { self.payload(value) } else { value };
        let inputs: Inputs = SmallVec::from_elem((None, held), 1);
        let result = self.assumed_of(&inputs, span, call.name);
        let result = error.map_or(result, |error| self.values.with_part(result, sym::ERR, error));
        let result = self.outcome_through(call, result);
        let result = self.with_layers(call, result);
        self.measured(call, result)
    }

    /// What code that no model speaks of may make of its inputs: the way rests on one more assumption.
    pub(super) fn assumed_of(&mut self, inputs: &Inputs, span: Span, name: Symbol) -> ValueId {
        let all = inputs.iter().map(|input| input.1).reduce(|all, value| self.values.join(all, value));
        let Some(all) = all else { return ValueId::NOTHING };
        let origins = self.values.flatten(all);
        if origins.is_empty() {
            return ValueId::NOTHING;
        }
        let is_foreign = |expr: ExprId| self.cx.semantics.is_foreign(self.types.expr(expr));
        let mut exprs = inputs.iter().filter(|input| !self.values.is_plain(input.1)).map(|input| input.0);
        // That it makes text of what may hold none is an assumption of its own.
        let assumed = if exprs.all(|expr| expr.is_some_and(is_foreign)) { FOREIGN } else { 1 };
        let mut value = Value::default();
        for origin in origins {
            let step = self.step(Some(origin.step), span, StepKind::External(name));
            value.origins.push(Origin { step, assumed: origin.assumed.saturating_add(assumed), ..origin });
        }
        self.values.push(value)
    }

    fn call_model(&mut self, call: &ExternalCall, model: &CallModel) -> ValueId {
        let span = self.span(call.expr);
        if let Some(constant) = model.constant {
            return self.constant_of(constant);
        }
        let listed = model.elements.and_then(|elements| self.listed(call, elements));
        if listed.is_none() {
            self.call_handlers(call, model);
        }
        let (receiver, args) = match model.elements {
            Some(_) if listed.is_none() => self.out_of_lists(call),
            _ => (call.receiver, call.args.clone()),
        };
        let call = &ExternalCall { receiver, args: &args, ..*call };
        if model.appends.is_none() {
            for sink in &model.sinks {
                self.check_sink(sink, call, 0);
            }
        }
        let name = Symbol::new(call.name.last_segment());
        let result = match model.source {
            _ if listed.is_some() => listed.unwrap_or_default(),
            Some(source) if source.class == SourceClass::Request => {
                self.run_callables(call.args, ValueId::NOTHING);
                let made = self.source(source, name, span);
                self.check_returned(model, call, made);
                made
            }
            Some(source) => {
                let passed = self.flow_through(call, model);
                let made = self.source(source, self.column(call, source).unwrap_or(name), span);
                if made == ValueId::NOTHING { passed } else { self.values.join(passed, made) }
            }
            None => match model.appends {
                Some(between) => self.append_arguments(call, model, between),
                None => self.flow_through(call, model),
            },
        };
        let result = match model.elements {
            Some(Elements::Count(0)) => self.list_of(&[]),
            Some(Elements::Count(_)) => self.list_of(&[result]),
            _ => result,
        };
        let result = model.part.map_or(result, |part| self.part_by_row(call, result, part));
        let result = self.element_taken(call, result);
        let result = self.with_layers(call, result);
        let result = self.outcome_through(call, result);
        let result =
            model.barriers.iter().fold(result, |result, barrier| self.guarded(call, barrier, result));
        let result = model.message.map_or(result, |kind| self.message(call, kind, result));
        if model.diverges {
            self.die();
        }
        let result = self.parsed(call, result);
        let result = self.converted_call(call, result);
        let result = match name.as_str() {
            "collect" | "try_collect" | "from_iter" => self.mapped(result, self.types.expr(call.expr)),
            _ => result,
        };
        self.measured(call, result)
    }

    /// What of a row is read, if it is written out: its name or number.
    fn column(&self, call: &ExternalCall, source: Source) -> Option<Symbol> {
        let column = call.args.first().filter(|_| source.class == SourceClass::Stored)?;
        self.values.constant_of(column.1)
    }

    /// `error.into()` and `Error::from(error)`, by what a derive makes of them.
    fn converted_call(&mut self, call: &ExternalCall, result: ValueId) -> ValueId {
        let from = match (call.name.last_segment(), call.receiver, call.args.as_slice()) {
            ("into", Some((receiver, _)), []) => receiver,
            ("from", None, [(Some(from), _)]) => *from,
            _ => return result,
        };
        self.converted_by_derive(result, self.types.expr(from), self.types.expr(call.expr))
    }

    /// The call as it is written: `sqlx::query`, `execute`.
    pub(super) fn callee_name(&self, call: &ExternalCall) -> Symbol {
        match self.ir.expr(call.expr) {
            Expr::Call { callee, .. } => match self.ir.expr(callee) {
                Expr::Path(path) => {
                    let names = self.ir.path_segments(path).iter().map(|segment| segment.name.as_str());
                    Symbol::new(&names.collect::<SmallVec<[&str; 4]>>().join("::"))
                }
                _ => call.name,
            },
            _ => call.name,
        }
    }

    /// Whether a value of this type may be given where a text is expected.
    fn may_be_text(ty: ward_semantics::Ty) -> bool {
        match ty.kind() {
            ward_semantics::TyKind::External { args, .. } => {
                Self::is_text(ty) || args.first().is_some_and(|inner| Self::is_text(*inner))
            }
            ward_semantics::TyKind::Adt { .. } | ward_semantics::TyKind::Tuple(_) => false,
            _ => true,
        }
    }

    fn is_unknown_external(&self, ty: ward_semantics::Ty) -> bool {
        match ty.kind() {
            ward_semantics::TyKind::Unknown
            | ward_semantics::TyKind::Param { .. }
            | ward_semantics::TyKind::Bounds(_) => true,
            ward_semantics::TyKind::External { path, .. } => {
                !self.cx.semantics.externals.types.contains_key(path)
            }
            _ => false,
        }
    }

    fn depends_on(&self, crates: &[Symbol]) -> bool {
        let package = self.cx.semantics.project.package(self.cx.semantics.package(self.def));
        package.dependencies.iter().any(|dependency| crates.contains(&dependency.name))
    }

    /// A receiver of unknown type, a method name and number of arguments that only a database has, and a
    /// package that uses that database.
    fn check_name_only_sinks(&mut self, call: &ExternalCall) {
        let models = self.cx.models;
        let Some(rows) = models.name_only_sinks.get(&call.name) else { return };
        let Some((receiver, _)) = call.receiver else { return };
        if !self.is_unknown_external(self.types.expr(receiver)) {
            return;
        }
        for row in rows {
            let is_text = match row.sink.input {
                Port::Argument(index) => call.args.get(usize::from(index)).and_then(|input| input.0),
                _ => None,
            };
            let is_text = is_text.is_none_or(|arg| Self::may_be_text(self.types.expr(arg)));
            if is_text && usize::from(row.arguments) == call.args.len() && self.depends_on(&row.crates) {
                self.check_sink(&row.sink, call, 1);
                return;
            }
        }
    }
}

pub(super) fn starts_with_capital(name: &str) -> bool {
    name.starts_with(char::is_uppercase)
}
