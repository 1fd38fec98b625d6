//! Calls: of workspace functions by their summaries, of external code by its models, of closures by their
//! bodies.

use smallvec::SmallVec;
use ward_semantics::{Callee, Carries, DefId, Template, Ty, TyKind};
use ward_syntax::{ClosureId, Expr, ExprId, HoleStyle, List, Span, Symbol, sym};

use super::{Evaluator, State};
use crate::models::{
    Asked, Barrier, Beside, CallModel, Constant, Edge, HandlerSource, Part, Port, Sink, SourceClass, When,
};
use crate::sources;
use crate::step::StepKind;
use crate::summary::{ClosureCall, Exported, Hit};
use crate::value::{
    Callable, Fact, Facts, Hole, KindSet, Origin, Outcome, Root, Text, Value, ValueId, add, joined_shape,
    kinds_of,
};

/// A function follows its callees' hits up to this many.
const MOST_HITS: usize = 64;
/// A call through a trait looks at this many implementations.
const MOST_TARGETS: usize = 24;

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
const SCALARS: &[&str] = &[
    "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64",
    "u128", "usize",
];

/// The receiver or arguments of a call: expressions and their values.
pub(super) type Inputs = SmallVec<[(Option<ExprId>, ValueId); 4]>;

/// A call of code outside the workspace.
pub(super) struct ExternalCall<'c> {
    pub(super) expr: ExprId,
    ty: Option<Symbol>,
    pub(super) name: Symbol,
    pub(super) receiver: Option<(ExprId, ValueId)>,
    pub(super) args: &'c Inputs,
}

impl<'a> Evaluator<'a> {
    pub(super) fn eval_call(&mut self, expr: ExprId, callee: ExprId, args: List<ExprId>) -> ValueId {
        let types = self.types;
        match types.callee(expr) {
            Callee::Fn(def) => {
                let inputs = self.inputs(args);
                self.call_workspace(&[*def], &inputs, self.span(expr))
            }
            Callee::Dispatch { targets, .. } => {
                let inputs = self.inputs(args);
                self.call_workspace(targets, &inputs, self.span(expr))
            }
            Callee::Guess(targets) => {
                let inputs = self.inputs(args);
                self.call_guessed(targets, &inputs, self.span(expr))
            }
            Callee::External(path) => {
                let inputs = self.inputs(args);
                self.call_external(&ExternalCall {
                    expr,
                    ty: None,
                    name: *path,
                    receiver: None,
                    args: &inputs,
                })
            }
            Callee::Method { ty, name } => {
                let inputs = self.inputs(args);
                let (ty, name) = (Some(*ty), *name);
                self.call_external(&ExternalCall { expr, ty, name, receiver: None, args: &inputs })
            }
            Callee::Constructor { def, variant } => {
                let values = self.eval_list(args);
                self.construct(*def, *variant, &values)
            }
            Callee::ExternalConstructor(path) => {
                let inputs = self.inputs(args);
                self.check_constructor(expr, *path, &inputs);
                let values: SmallVec<[ValueId; 4]> = inputs.iter().map(|input| input.1).collect();
                self.construct_external(*path, &values)
            }
            Callee::Value => {
                let called = self.eval(callee);
                let values = self.eval_list(args);
                self.call_value(called, &values, self.span(expr))
            }
            Callee::UnknownMethod(_) | Callee::Unresolved => {
                let called = self.eval(callee);
                let inputs = self.inputs(args);
                if self.values.get(called).callables.is_empty() {
                    self.run_callables(&inputs, ValueId::NOTHING);
                    return self.assumed_of(&inputs, self.span(expr), sym::EMPTY);
                }
                let values: SmallVec<[ValueId; 4]> = inputs.iter().map(|input| input.1).collect();
                self.call_value(called, &values, self.span(expr))
            }
        }
    }

    pub(super) fn eval_method_call(
        &mut self,
        expr: ExprId,
        receiver: ExprId,
        method: Symbol,
        args: List<ExprId>,
    ) -> ValueId {
        let outer = self.unwrapped;
        if matches!(method.as_str(), "unwrap" | "expect") {
            self.unwrapped = Some(self.fallible(receiver));
        }
        let value = self.eval(receiver);
        self.unwrapped = outer;
        let inputs = self.inputs(args);
        let types = self.types;
        match types.callee(expr) {
            Callee::Fn(def) => {
                self.call_workspace(&[*def], &with_receiver(receiver, value, &inputs), self.span(expr))
            }
            Callee::Dispatch { targets, .. } => {
                self.call_workspace(targets, &with_receiver(receiver, value, &inputs), self.span(expr))
            }
            Callee::Guess(targets) => {
                self.call_guessed(targets, &with_receiver(receiver, value, &inputs), self.span(expr))
            }
            Callee::Method { ty, name } => {
                let (ty, receiver) = (Some(*ty), Some((receiver, value)));
                self.call_external(&ExternalCall { expr, ty, name: *name, receiver, args: &inputs })
            }
            Callee::Value => {
                let values: SmallVec<[ValueId; 4]> = inputs.iter().map(|input| input.1).collect();
                let part = self.values.part(value, method);
                self.call_value(part, &values, self.span(expr))
            }
            _ => {
                let receiver = Some((receiver, value));
                self.call_external(&ExternalCall { expr, ty: None, name: method, receiver, args: &inputs })
            }
        }
    }

    /// Whether a call gives a result that is never a failure: a text parsed as a text.
    fn never_fails(&self, call: &ExternalCall) -> bool {
        let TyKind::External { args, .. } = self.types.expr(call.expr).kind() else { return false };
        matches!(args.first().map(|ty| ty.kind()), Some(TyKind::External { path, .. })
            if matches!(path.as_str(), "std::string::String" | "std::path::PathBuf" | "std::ffi::OsString"))
            && last_segment(call.name) == "parse"
    }

    /// The call that a result comes from: `x.await`, `x.ok()`, `x.as_ref()` are the result of `x` still.
    fn fallible(&self, expr: ExprId) -> ExprId {
        match self.ir.expr(expr) {
            Expr::Await(inner) => self.fallible(inner),
            Expr::MethodCall { receiver, method, .. }
                if matches!(
                    method.as_str(),
                    "ok" | "as_ref" | "as_mut" | "map_err" | "cloned" | "copied" | "context"
                ) =>
            {
                self.fallible(receiver)
            }
            _ => expr,
        }
    }

    fn inputs(&mut self, args: List<ExprId>) -> Inputs {
        let args: SmallVec<[ExprId; 6]> = self.ir.list(args).collect();
        args.into_iter().map(|arg| (Some(arg), self.eval(arg))).collect()
    }

    /// `["/users/", name].concat()`: the elements of an array that is written out, one behind the other.
    fn concatenated(&mut self, call: &ExternalCall) -> Option<ValueId> {
        let (receiver, _) = call.receiver?;
        let between = match (call.name.as_str(), call.args.as_slice()) {
            ("concat", []) => ValueId::NOTHING,
            ("join", [(_, between)]) => *between,
            _ => return None,
        };
        let elements = self.elements(receiver);
        let span = self.span(call.expr);
        let mut elements = elements.into_iter();
        let (_, mut all) = elements.next()?;
        for (_, element) in elements {
            if between != ValueId::NOTHING {
                all = self.appended(all, between, span);
            }
            all = self.appended(all, element, span);
        }
        Some(all)
    }

    // Workspace functions.

    fn call_workspace(&mut self, targets: &[DefId], inputs: &Inputs, span: Span) -> ValueId {
        let values: SmallVec<[ValueId; 4]> = inputs.iter().map(|input| input.1).collect();
        let exprs: SmallVec<[Option<ExprId>; 4]> = inputs.iter().map(|input| input.0).collect();
        if let [target] = targets {
            return self.call_function(*target, &values, span, &exprs);
        }
        let mut result = None;
        for target in targets.iter().take(MOST_TARGETS) {
            let before = self.state.cleared.clone();
            let one = self.call_function(*target, &values, span, &exprs);
            self.state.cleared = before;
            self.state.dead = false;
            result = Some(match result {
                Some(all) => self.values.join(all, one),
                None => one,
            });
        }
        result.unwrap_or_default()
    }

    /// Calls functions that fit by name and number of arguments only: what comes of it is by name alone.
    fn call_guessed(&mut self, targets: &[DefId], inputs: &Inputs, span: Span) -> ValueId {
        self.guesses += 2;
        let result = self.call_workspace(targets, inputs, span);
        self.guesses -= 2;
        result
    }

    /// Applies a function's summary. Arguments count `self` first; their expressions are written to where
    /// the function changes what it is given.
    pub(super) fn call_function(
        &mut self,
        def: DefId,
        values: &[ValueId],
        span: Span,
        exprs: &[Option<ExprId>],
    ) -> ValueId {
        let cx = self.cx;
        let Some(summary) = cx.summaries.get(def) else {
            return ValueId::NOTHING;
        };
        let mut closures: SmallVec<[(u16, ValueId); 2]> = SmallVec::new();
        for call in &summary.closure_calls {
            let Some(closure) = values.get(usize::from(call.parameter)).copied() else { continue };
            let arguments: SmallVec<[ValueId; 4]> = call
                .arguments
                .iter()
                .map(|argument| self.instantiate(argument, def, values, span, &closures))
                .collect();
            let result = self.call_value(closure, &arguments, span);
            match closures.iter_mut().find(|(parameter, _)| *parameter == call.parameter) {
                Some((_, all)) => *all = self.values.join(*all, result),
                None => closures.push((call.parameter, result)),
            }
        }
        for (parameter, output) in &summary.outputs {
            let Some(expr) = exprs.get(usize::from(*parameter)).copied().flatten() else { continue };
            let value = self.instantiate(output, def, values, span, &closures);
            if let Some(place) = self.place(expr) {
                self.join_place(&place, value);
            }
        }
        for (index, hit) in summary.hits.iter().enumerate() {
            self.lift(def, index as u32, hit, values, exprs, span);
        }
        let always = self.facts_here(&summary.always, values);
        self.assume(&always);
        self.assume_checked(def, values);
        let result = self.instantiate(&summary.result, def, values, span, &closures);
        if summary.diverges && def != self.def {
            self.die();
        }
        result
    }

    /// A function that is known by its name for a check that cannot be read from its body: what it was asked is
    /// taken to be checked, whatever it answers.
    fn assume_checked(&mut self, def: DefId, values: &[ValueId]) {
        let models = self.cx.models;
        if models.named_checks.is_empty() {
            return;
        }
        let name = self.cx.semantics.item(def).name.as_str();
        for check in models.named_checks.iter().filter(|check| name.contains(check.word.as_str())) {
            let kinds = self.cx.kinds(&check.kinds);
            for value in values {
                let origins = self.values.flatten(*value);
                let facts = origins.iter().map(|origin| Fact { root: origin.root, path: origin.path, kinds });
                let facts: Facts = facts.collect();
                self.assume(&facts);
            }
        }
    }

    /// A sink of a called function that one of the arguments reaches.
    ///
    /// A function that hands on a whole statement is no place to repair anything: the finding stands where the
    /// statement, built by then, is given to it.
    fn lift(
        &mut self,
        callee: DefId,
        index: u32,
        hit: &Hit,
        values: &[ValueId],
        exprs: &[Option<ExprId>],
        span: Span,
    ) {
        let Root::Parameter(parameter) = hit.origin.root else { return };
        let number = usize::from(parameter);
        let Some(value) = values.get(number).copied() else { return };
        let value = self.values.part_at(value, hit.origin.path);
        let kind = self.cx.kind(hit.sink.kind);
        for origin in self.reaching(&hit.sink, value) {
            let open = origin.open.intersection(hit.origin.open);
            if !open.meets(kind) {
                continue;
            }
            let mut lifted =
                Hit { next: Some((callee, index)), calls: hit.calls.saturating_add(1), ..hit.clone() };
            let is_statement = self.cx.models.kinds.of_class(SourceClass::Request).meets(kind);
            if is_statement && hit.origin.hole.is_none() && origin.hole.is_some() {
                let at = exprs.get(number).copied().flatten().map_or(span, |expr| self.span(expr));
                lifted.place = self.place_of_span(at);
                lifted.function = self.def;
                lifted.callee = self.cx.semantics.item(callee).name;
            }
            let step =
                self.step(Some(origin.step), span, StepKind::Through { callee, inner: hit.origin.step });
            lifted.origin = Origin {
                step,
                open,
                assumed: origin.assumed.saturating_add(hit.origin.assumed).saturating_add(self.guesses),
                hole: origin.hole.or(hit.origin.hole),
                outer: outer(&origin, &hit.origin),
                escaped: origin.escaped.or(hit.origin.escaped),
                lead: joined_shape(hit.origin.lead, origin.lead),
                ..origin
            };
            self.record(lifted);
        }
    }

    pub(super) fn record(&mut self, hit: Hit) {
        if matches!(hit.origin.root, Root::ClosureReturn(_)) || self.state.dead {
            return;
        }
        let rank = |hit: &Hit| (hit.origin.assumed, hit.calls);
        let same = |known: &Hit| {
            known.place == hit.place
                && known.sink.kind == hit.sink.kind
                && known.origin.root == hit.origin.root
                && known.origin.path == hit.origin.path
        };
        match self.hits.iter().position(same) {
            // Of several ways the surest, then the shortest: a way through a recursion is never that.
            Some(known) if rank(&hit) < rank(&self.hits[known]) => self.hits[known] = hit,
            None if self.hits.len() < MOST_HITS => self.hits.push(hit),
            _ => {}
        }
    }

    // Values that are called.

    /// Calls whatever functions a value may be.
    pub(super) fn call_value(&mut self, called: ValueId, values: &[ValueId], span: Span) -> ValueId {
        let callables = self.values.get(called).callables.clone();
        let mut result: Option<ValueId> = None;
        for callable in callables {
            let one = match callable {
                Callable::Closure(closure) => self.call_closure(closure, values),
                Callable::Function(def) => self.call_item(def, values, span),
                Callable::Parameter(parameter) => self.call_parameter(parameter, values, span),
                Callable::Constructor { def, variant } => self.construct(def, variant, values),
                Callable::External(ty, name) => self.call_external_value(ty, name, values),
            };
            result = Some(result.map_or(one, |all| self.values.join(all, one)));
        }
        result.unwrap_or_default()
    }

    fn call_item(&mut self, def: DefId, values: &[ValueId], span: Span) -> ValueId {
        let nowhere: SmallVec<[Option<ExprId>; 4]> = values.iter().map(|_| None).collect();
        if self.cx.semantics.has_body(def) {
            return self.call_function(def, values, span, &nowhere);
        }
        let targets = self.cx.semantics.implementations(def).to_vec();
        let inputs = values.iter().map(|value| (None, *value)).collect();
        self.call_workspace(&targets, &inputs, span)
    }

    fn call_parameter(&mut self, parameter: u16, values: &[ValueId], span: Span) -> ValueId {
        let arguments = values.iter().map(|value| Exported::new(&self.values, *value)).collect();
        let call = ClosureCall { parameter, arguments };
        if !self.closure_calls.contains(&call) && self.closure_calls.len() < 16 {
            self.closure_calls.push(call);
        }
        let step = self.step(None, span, StepKind::Closure);
        self.values.of_origin(super::origin(Root::ClosureReturn(parameter), step))
    }

    fn call_external_value(&mut self, ty: Option<Symbol>, name: Symbol, values: &[ValueId]) -> ValueId {
        if ty.is_none() && starts_with_capital(last_segment(name)) {
            return self.construct_external(name, values);
        }
        let models = self.cx.models;
        let model = match ty {
            Some(ty) => models.methods.get(&(ty, name)),
            None => models.functions.get(&name),
        };
        // `map(String::as_str)`: the receiver is the first argument.
        let first = values.first().copied().unwrap_or_default();
        let made_safe = model.into_iter().flat_map(|model| &model.barriers).filter(|barrier| {
            barrier.what == Port::Return && barrier.context.is_none() && barrier.given.is_empty()
        });
        let safe = made_safe.fold(KindSet::NONE, |kinds, barrier| kinds.union(self.cx.kinds(&barrier.kinds)));
        match model.and_then(|model| model.flow.as_ref()) {
            Some(flow) if !flow.iter().any(|edge| edge.to == Port::Return) => self.constrained(),
            _ if !safe.is_empty() => self.without(first, safe),
            _ => first,
        }
    }

    pub(super) fn call_closure(&mut self, closure: ClosureId, values: &[ValueId]) -> ValueId {
        if self.running.contains(&closure) || self.running.len() > 12 {
            return ValueId::NOTHING;
        }
        self.seen_closures.insert(closure);
        self.running.push(closure);
        let before = self.state.clone();
        let ir = self.ir;
        let signature = ir.closure(closure);
        for (index, (pat, ty)) in signature.params.iter().enumerate() {
            let ty = ty.map(|ty| self.type_of_ref(ty));
            let value = values.get(index).copied().unwrap_or_default();
            let value = match ty.and_then(|ty| sources::of_type(self.cx, ty)) {
                Some(source) => {
                    let name = self.pattern_name(*pat);
                    self.source(source, name, ir.pat_span(*pat))
                }
                None => value,
            };
            self.bind(*pat, value);
        }
        let result = self.in_own_exit(|evaluator| evaluator.eval(signature.body));
        let after = std::mem::replace(&mut self.state, before.clone());
        // It may run never or often: what it writes is added, what it checks is not relied on.
        let joined = self.join_states(before.clone(), State { dead: false, ..after });
        self.state = joined;
        self.state.cleared = before.cleared;
        self.state.dead = before.dead;
        self.running.pop();
        result
    }

    /// Runs closures given to code that is not known, with a value that may be what they get.
    fn run_callables(&mut self, inputs: &Inputs, given: ValueId) {
        for (expr, value) in inputs {
            if !self.values.get(*value).callables.is_empty() {
                let span = expr.map_or(self.span(self.body.root), |expr| self.span(expr));
                self.call_value(*value, &[given, given], span);
            }
        }
    }

    // Constructors.

    fn construct(&mut self, def: DefId, variant: Option<u32>, values: &[ValueId]) -> ValueId {
        let variant = variant.and_then(|index| self.variant_symbol(def, index));
        let name = |index| {
            let field = super::patterns::index_name(index);
            variant.map_or(field, |variant| super::patterns::variant_field(variant, field))
        };
        let parts = values.iter().enumerate().map(|(index, value)| (name(index), *value)).collect();
        self.composed(parts)
    }

    fn variant_symbol(&self, def: DefId, index: u32) -> Option<Symbol> {
        match &self.cx.semantics.item(def).kind {
            ward_syntax::ItemKind::Enum { variants, .. } => Some(variants.get(index as usize)?.name),
            _ => None,
        }
    }

    fn construct_external(&mut self, path: Symbol, values: &[ValueId]) -> ValueId {
        let first = values.first().copied().unwrap_or_default();
        match last_segment(path) {
            "Err" => self.failure(first),
            "Ok" | "Some" => {
                let value = Value { outcome: Outcome::Success, ..self.values.get(first).clone() };
                self.values.push(value)
            }
            _ => values.iter().skip(1).fold(first, |all, value| self.values.join(all, *value)),
        }
    }

    // External code.

    fn call_external(&mut self, call: &ExternalCall) -> ValueId {
        let models = self.cx.models;
        let any = Symbol::new("*");
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
        }
        if let Some((receiver, value)) = call.receiver
            && call.name.as_str() == "to_string"
            && let ty = self.types.expr(receiver)
            && matches!(ty.kind(), TyKind::Adt { .. })
        {
            let span = self.span(call.expr);
            let printed = self.printed(value, ty, HoleStyle::Display, span);
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
        let origins = &self.values.get(value).origins;
        !origins.is_empty() && origins.iter().all(|origin| origin.open.without(errors).is_empty())
    }

    fn call_external_model(&mut self, call: &ExternalCall, model: Option<&CallModel>) -> ValueId {
        if let Some(text) = self.concatenated(call) {
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
                if call.ty.is_none() && self.standard_result_is_plain(call) {
                    let told = self.values.get(result);
                    let (success, failure) = (told.if_success.clone(), told.if_failure.clone());
                    self.truth(success, failure)
                } else {
                    result
                }
            }
            None => self.call_unknown(call),
        }
    }

    /// The standard library's method of this name, for a receiver of unknown type: `map` maps whatever it is.
    fn standard_method(&self, name: Symbol) -> Option<&'a CallModel> {
        let models = self.cx.models;
        STANDARD_TYPES.iter().find_map(|ty| models.methods.get(&(Symbol::new(ty), name)))
    }

    /// Whether the standard library's method of this name returns a number, a truth or nothing.
    fn standard_result_is_plain(&self, call: &ExternalCall) -> bool {
        if call.receiver.is_none() {
            return false;
        }
        let types = &self.cx.semantics.externals.types;
        let mut rows =
            STANDARD_TYPES.iter().filter_map(|ty| types.get(&Symbol::new(ty))?.methods.get(&call.name));
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
            for callable in self.values.get(value).callables.clone() {
                match callable {
                    Callable::Closure(closure) => {
                        let mut given: SmallVec<[ValueId; 4]> = SmallVec::new();
                        for (_, ty) in &self.ir.closure(closure).params {
                            let ty = ty.map(|ty| self.type_of_ref(ty));
                            let wanted = handler.types.is_empty()
                                || ty.is_some_and(|ty| sources::is_one_of(ty, &handler.types));
                            let name = Symbol::new(last_segment(call.name));
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
            let name = self.cx.semantics.item(def).name;
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
        match call.receiver {
            Some((_, value)) => {
                let inputs: Inputs = SmallVec::from_elem((None, value), 1);
                let result = self.assumed_of(&inputs, span, call.name);
                let result = self.outcome_through(call, result);
                self.measured(call, result)
            }
            None => self.assumed_of(call.args, span, call.name),
        }
    }

    /// What code that no model speaks of may make of its inputs: the way rests on one more assumption.
    fn assumed_of(&mut self, inputs: &Inputs, span: Span, name: Symbol) -> ValueId {
        let all = inputs.iter().map(|input| input.1).reduce(|all, value| self.values.join(all, value));
        let Some(all) = all else { return ValueId::NOTHING };
        let origins = self.values.flatten(all);
        if origins.is_empty() {
            return ValueId::NOTHING;
        }
        let mut value = Value::default();
        for origin in origins {
            let step = self.step(Some(origin.step), span, StepKind::External(name));
            value.origins.push(Origin { step, assumed: origin.assumed.saturating_add(1), ..origin });
        }
        self.values.push(value)
    }

    fn call_model(&mut self, call: &ExternalCall, model: &CallModel) -> ValueId {
        let span = self.span(call.expr);
        if let Some(constant) = model.constant {
            return self.constant_of(constant);
        }
        self.call_handlers(call, model);
        if model.appends.is_none() {
            for sink in &model.sinks {
                self.check_sink(sink, call, 0);
            }
        }
        let name = Symbol::new(last_segment(call.name));
        let result = match model.source {
            Some(source) if source.class == SourceClass::Request => {
                self.run_callables(call.args, ValueId::NOTHING);
                self.source(source, name, span)
            }
            Some(source) => {
                let passed = self.flow_through(call, model);
                let made = self.source(source, name, span);
                if made == ValueId::NOTHING { passed } else { self.values.join(passed, made) }
            }
            None => match model.appends {
                Some(between) => self.append_arguments(call, model, between),
                None => self.flow_through(call, model),
            },
        };
        let result = model.part.map_or(result, |part| self.part_by_row(call, result, part));
        let result = self.outcome_through(call, result);
        let result =
            model.barriers.iter().fold(result, |result, barrier| self.guarded(call, barrier, result));
        if model.diverges {
            self.die();
        }
        let result = self.parsed(call, result);
        self.measured(call, result)
    }

    fn flow_through(&mut self, call: &ExternalCall, model: &CallModel) -> ValueId {
        let default = default_flow(call);
        let edges: &[Edge] = model.flow.as_deref().unwrap_or(&default);
        let mut closures: SmallVec<[(u8, ValueId); 2]> = SmallVec::new();
        for (index, (expr, value)) in call.args.iter().enumerate() {
            if self.values.get(*value).callables.is_empty() {
                continue;
            }
            let given = self.given_to_closure(call, edges, index as u8);
            let span = expr.map_or(self.span(call.expr), |expr| self.span(expr));
            let result = self.call_value(*value, &given, span);
            closures.push((index as u8, result));
        }
        let mut result: Option<ValueId> = None;
        let mut parts: SmallVec<[(Port, Symbol, ValueId); 1]> = SmallVec::new();
        for edge in edges {
            let value = match edge.from {
                Port::ClosureReturn(index) => {
                    closures.iter().find(|(known, _)| *known == index).map(|row| row.1)
                }
                from => self.input(call, from),
            };
            let Some(value) = value else { continue };
            if let Some(part) = edge.part {
                let set = self.parts_set(call, part, value);
                parts.extend(set.into_iter().map(|(name, value)| (edge.to, name, value)));
                continue;
            }
            match edge.to {
                Port::Return => result = Some(result.map_or(value, |all| self.values.join(all, value))),
                Port::Receiver => self.flow_into(call.receiver.map(|receiver| receiver.0), value, call),
                Port::Argument(index) => {
                    let target = call.args.get(usize::from(index)).and_then(|input| input.0);
                    self.flow_into(target, value, call);
                }
                Port::Arguments | Port::ClosureParameter(..) | Port::ClosureReturn(_) | Port::Name => {}
            }
        }
        for (to, name, value) in parts {
            match to {
                Port::Return => result = Some(self.values.with_part(result.unwrap_or_default(), name, value)),
                _ => self.part_into(call.receiver.map(|receiver| receiver.0), name, value),
            }
        }
        if matches!(call.name.as_str(), "map_err" | "ok_or_else")
            && let Some((_, error)) = closures.first()
            && !self.values.is_plain(*error)
        {
            // What the closure makes is the new error.
            result = Some(self.values.with_part(result.unwrap_or_default(), sym::ERR, *error));
        }
        let Some(mut result) = result else {
            let is_empty_text =
                edges.is_empty() && call.receiver.is_none() && Self::is_text(self.types.expr(call.expr));
            return if is_empty_text && matches!(call.name.as_str(), "new" | "with_capacity" | "default") {
                self.values.constant(Some(sym::EMPTY))
            } else {
                ValueId::NOTHING
            };
        };
        if let Some(quote) = self.doubled_quote(call) {
            result = self.escaped(result, quote);
        }
        if let Some(character) = self.character_reference(call) {
            result = self.referenced(result, character);
        }
        let known = self.values.get(result);
        if changes_text(last_segment(call.name)) && (known.constant.is_some() || known.shape.is_some()) {
            let value = Value { constant: None, tail: None, shape: None, ..known.clone() };
            result = self.values.push(value);
        }
        if call.receiver.is_none() {
            let name = Symbol::new(last_segment(call.name));
            result = self.stepped(result, self.span(call.expr), StepKind::External(name));
        }
        self.test_over_items(call, &closures, result)
    }

    /// `any`, `all` and `find` tell what their closure tells.
    fn test_over_items(
        &mut self,
        call: &ExternalCall,
        closures: &[(u8, ValueId)],
        result: ValueId,
    ) -> ValueId {
        let (Some((_, test)), Some((_, items))) = (closures.first(), call.receiver) else { return result };
        let test = self.values.get(*test);
        if test.if_success.is_empty() && test.if_failure.is_empty() {
            return result;
        }
        match call.name.as_str() {
            "all" => {
                let facts = test.if_success.clone();
                self.truth(facts, Facts::new())
            }
            "any" => {
                let (success, failure) = (test.if_success.clone(), test.if_failure.clone());
                let success = self.facts_beside(&success, items);
                self.truth(success, failure)
            }
            "filter" | "take_while" => {
                let facts = test.if_success.clone();
                self.cleared_of(result, &facts)
            }
            "find" | "position" => {
                let (success, failure) = (test.if_success.clone(), test.if_failure.clone());
                let if_success = self.facts_beside(&success, items);
                let value = Value { if_success, if_failure: failure, ..self.values.get(result).clone() };
                self.values.push(value)
            }
            _ => result,
        }
    }

    fn given_to_closure(
        &mut self,
        call: &ExternalCall,
        edges: &[Edge],
        argument: u8,
    ) -> SmallVec<[ValueId; 4]> {
        let mut given: SmallVec<[ValueId; 4]> = SmallVec::from_elem(ValueId::NOTHING, 4);
        if call.name.as_str() == "map_err"
            || call.name.as_str() == "or_else"
            || call.name.as_str() == "unwrap_or_else"
        {
            if let Some((expr, value)) = call.receiver {
                given[0] = self.error_of(value, self.types.expr(expr), self.span(expr));
            }
            return given;
        }
        for edge in edges {
            let Port::ClosureParameter(to, parameter) = edge.to else { continue };
            if to != argument || usize::from(parameter) >= given.len() {
                continue;
            }
            let Some(value) = self.input(call, edge.from) else { continue };
            let value = self.payload(value);
            let slot = usize::from(parameter);
            given[slot] =
                if given[slot] == ValueId::NOTHING { value } else { self.values.join(given[slot], value) };
        }
        given
    }

    fn input(&mut self, call: &ExternalCall, port: Port) -> Option<ValueId> {
        match port {
            Port::Receiver => call.receiver.map(|receiver| receiver.1).or_else(|| Some(call.args.first()?.1)),
            Port::Argument(index) => call.args.get(usize::from(index)).map(|input| input.1),
            Port::Arguments => {
                let values = call.args.iter().map(|input| input.1);
                values.reduce(|all, value| self.values.join(all, value))
            }
            Port::Name => Some(self.values.constant(Some(Symbol::new(last_segment(call.name))))),
            Port::Return | Port::ClosureParameter(..) | Port::ClosureReturn(_) => None,
        }
    }

    /// The parts that an edge sets.
    fn parts_set(&self, call: &ExternalCall, part: Part, value: ValueId) -> SmallVec<[(Symbol, ValueId); 1]> {
        match part {
            Part::Named(name) => SmallVec::from_elem((name, value), 1),
            Part::Argument(index) => {
                let name = call.args.get(usize::from(index)).and_then(|input| self.key_of(input.1));
                name.map(|name| (name, value)).into_iter().collect()
            }
            Part::Pairs => {
                let [first, second] = [0, 1].map(super::patterns::index_name);
                let key = self.part_known(value, first).and_then(|key| self.key_of(key));
                match key.zip(self.part_known(value, second)) {
                    Some(pair) => SmallVec::from_elem(pair, 1),
                    None => self.values.get(value).fields.clone(),
                }
            }
        }
    }

    /// A constant as the name of a part.
    pub(super) fn key_of(&self, id: ValueId) -> Option<Symbol> {
        self.text_of(id).map(|text| Symbol::new(&text.as_str().to_lowercase().replace('_', "-")))
    }

    /// A text fixed in a library.
    pub(super) fn constant_of(&mut self, constant: Constant) -> ValueId {
        let text = self.values.constant(Some(constant.text));
        let Some(key) = constant.key else { return text };
        let fields = SmallVec::from_elem((key, text), 1);
        self.values.push(Value { fields, ..self.values.get(text).clone() })
    }

    /// What a constant says: its text, or the name by which it is known.
    fn text_of(&self, id: ValueId) -> Option<Symbol> {
        let value = self.values.get(id);
        value.constant.or_else(|| match value.callables.as_slice() {
            [Callable::External(_, name)] => Some(Symbol::new(last_segment(*name))),
            _ => None,
        })
    }

    /// Sets a part of what a place holds.
    fn part_into(&mut self, target: Option<ExprId>, name: Symbol, value: ValueId) {
        let Some(mut place) = target.and_then(|target| self.place(target)) else { return };
        place.path.push(name);
        self.write_place(&place, value);
    }

    /// Data flows into a receiver or argument: appended to a text, added to anything else.
    fn flow_into(&mut self, target: Option<ExprId>, value: ValueId, call: &ExternalCall) {
        let Some(target) = target else { return };
        let Some(place) = self.place(target) else { return };
        let ty = self.types.expr(target);
        if Self::is_text(ty)
            || last_segment(call.name).starts_with("push_str")
            || call.name.as_str() == "write_str"
        {
            self.append(&place, value, self.span(call.expr));
            return;
        }
        let name = place.path.last().copied().unwrap_or_else(|| self.ir.local(place.local).name);
        let value = self.stepped(value, self.span(call.expr), StepKind::Bound(name));
        self.join_place(&place, value);
    }

    /// What is known of a receiver's outcome is known of what is made of it.
    fn outcome_through(&mut self, call: &ExternalCall, result: ValueId) -> ValueId {
        let Some((_, receiver)) = call.receiver else { return result };
        let value = self.values.get(receiver);
        let known = !value.if_success.is_empty()
            || !value.if_failure.is_empty()
            || value.outcome != Outcome::Open
            || value.fields.iter().any(|(name, _)| *name == sym::ERR);
        if !known {
            return result;
        }
        let (success, failure) = (value.if_success.clone(), value.if_failure.clone());
        match call.name.as_str() {
            "is_ok" | "is_some" | "is_ok_and" | "is_some_and" => self.truth(success, failure),
            "is_err" | "is_none" => self.truth(failure, success),
            "unwrap" | "expect" => {
                self.assume(&success);
                let payload = self.payload(result);
                self.narrowed(payload)
            }
            "unwrap_or" | "unwrap_or_default" | "unwrap_or_else" | "clone" | "iter" | "into_iter" => {
                self.payload(result)
            }
            "ok" => {
                let kept = self.payload(result);
                self.with_outcome(kept, &success, &failure)
            }
            _ => self.with_outcome(result, &success, &failure),
        }
    }

    fn with_outcome(&mut self, id: ValueId, if_success: &[Fact], if_failure: &[Fact]) -> ValueId {
        let mut value = self.values.get(id).clone();
        add(&mut value.if_success, if_success);
        add(&mut value.if_failure, if_failure);
        self.values.push(value)
    }

    /// A text that parses as something that carries no text is harmless itself.
    fn parsed(&mut self, call: &ExternalCall, result: ValueId) -> ValueId {
        if !matches!(
            last_segment(call.name),
            "parse" | "parse_str" | "from_str" | "try_parse" | "parse_from_str" | "from_str_radix"
        ) {
            return result;
        }
        let input =
            call.receiver.map(|receiver| receiver.1).or_else(|| call.args.first().map(|input| input.1));
        let Some(input) = input else { return result };
        let ty = self.types.expr(call.expr);
        let payload = match ty.kind() {
            ward_semantics::TyKind::External { args, .. } => args.first().copied(),
            _ => None,
        };
        let carries = payload.map_or(Carries::Text, |ty| self.cx.semantics.carries(ty));
        if carries == Carries::Text {
            return result;
        }
        let kinds = &self.cx.models.kinds;
        let (text, kinds) = (kinds.of_text(), kinds.carried_by(carries));
        let mut if_success = self.all_of(input);
        if_success.iter_mut().for_each(|fact| fact.kinds = text);
        let mut parsed = Value { text: Text::Constrained, if_success, ..Value::default() };
        if !kinds.is_empty() {
            let result = self.restricted(result, kinds);
            parsed.origins.clone_from(&self.values.get(result).origins);
        }
        self.values.push(parsed)
    }

    /// The payload of an `Err`, as far as its type tells too.
    pub(super) fn error_of(&mut self, value: ValueId, ty: Ty, span: Span) -> ValueId {
        let error = self.values.part(value, sym::ERR);
        match ty.kind() {
            TyKind::External { path, args } if path.as_str() == "std::result::Result" => {
                let error_type = args.get(1).copied().unwrap_or_else(Ty::unknown);
                match sources::of_unknown_error(self.cx, error_type) {
                    Some(source) if self.values.get(error).origins.is_empty() => {
                        let made = self.source(source, sym::ERR, span);
                        if error == ValueId::NOTHING { made } else { self.values.join(error, made) }
                    }
                    _ => self.with_type_source(error, error_type, sym::ERR, span),
                }
            }
            TyKind::Unknown => match sources::of_unknown_error(self.cx, ty) {
                Some(source) if self.values.get(error).origins.is_empty() => {
                    self.source(source, sym::ERR, span)
                }
                _ => error,
            },
            _ => error,
        }
    }

    fn guarded(&mut self, call: &ExternalCall, barrier: &Barrier, result: ValueId) -> ValueId {
        if !barrier.given.is_empty() && !self.is_given(call, &barrier.given) {
            return result;
        }
        let kinds = self.cx.kinds(&barrier.kinds);
        if barrier.what == Port::Return {
            return match barrier.context {
                None => self.without(result, kinds),
                Some(context) if kinds.is_empty() => self.marked(result, context),
                Some(context) => self.escaped(result, context),
            };
        }
        let Some(checked) = self.input(call, barrier.what) else { return result };
        // A check against what the request itself brought proves nothing.
        let others =
            call.receiver.iter().map(|receiver| receiver.1).chain(call.args.iter().map(|input| input.1));
        let text = self.cx.models.kinds.of_text();
        let brought = |other: ValueId| {
            let is_brought =
                |origin: &Origin| matches!(origin.root, Root::Source(_)) && origin.open.meets(text);
            self.values.get(other).origins.iter().any(is_brought)
        };
        if others.into_iter().any(|other| other != checked && brought(other)) {
            return result;
        }
        let facts = self.facts_of_barrier(barrier, checked);
        match barrier.when {
            When::Always => {
                self.assume(&facts);
                result
            }
            When::True | When::Ok => self.with_outcome(result, &facts, &[]),
            When::False => self.with_outcome(result, &[], &facts),
        }
    }

    /// The quote that `text.replace("'", "''")` doubles.
    fn doubled_quote(&self, call: &ExternalCall) -> Option<Symbol> {
        let [(_, from), (_, to)] = call.args.as_slice() else { return None };
        if call.name.as_str() != "replace" {
            return None;
        }
        let (from, to) = (self.values.get(*from).constant?, self.values.get(*to).constant?);
        let quote = from.as_str();
        let doubles = to.as_str().len() == 2 * quote.len()
            && to.as_str().starts_with(quote)
            && to.as_str().ends_with(quote);
        (doubles && matches!(quote, "'" | "\"" | "`")).then_some(from)
    }

    /// The character that `text.replace('<', "&lt;")` takes out of a text.
    fn character_reference(&self, call: &ExternalCall) -> Option<char> {
        let [(_, from), (_, to)] = call.args.as_slice() else { return None };
        if call.name.as_str() != "replace" {
            return None;
        }
        let from = self.values.get(*from).constant?;
        let to = self.values.get(*to).constant?;
        let is_reference = to.as_str().starts_with('&') && to.as_str().ends_with(';');
        match from.as_str() {
            "<" if is_reference => Some('<'),
            "\"" if is_reference => Some('"'),
            _ => None,
        }
    }

    /// A text in which a character of markup stands as a reference. Without `<` no element can begin, without
    /// `"` too no value of an attribute can end.
    fn referenced(&mut self, id: ValueId, character: char) -> ValueId {
        let (element, value, both) = (Symbol::new("<"), Symbol::new("\""), Symbol::new("<\""));
        let before = self.values.get(id).origins.first().and_then(|origin| origin.escaped);
        let context = match character {
            '<' if before == Some(value) || before == Some(both) => both,
            '<' => element,
            _ if before == Some(element) || before == Some(both) => both,
            _ => value,
        };
        self.escaped(id, context)
    }

    fn escaped(&mut self, id: ValueId, context: Symbol) -> ValueId {
        let mut value = self.values.get(id).clone();
        for origin in &mut value.origins {
            // What counts from here on is where the escaped text is put.
            *origin = Origin { escaped: Some(context), hole: None, outer: None, ..*origin };
        }
        self.values.push(value)
    }

    /// The items of a value that a loop goes over, with the marks that models give them.
    pub(super) fn iterated(&mut self, id: ValueId, ty: Ty) -> ValueId {
        let TyKind::External { path, .. } = ty.kind() else { return id };
        let models = self.cx.models;
        let Some(model) = models.methods.get(&(*path, Symbol::new("into_iter"))) else { return id };
        let marks = model.barriers.iter().filter(|barrier| barrier.what == Port::Return);
        marks.filter_map(|barrier| barrier.context).fold(id, |id, context| self.marked(id, context))
    }

    fn marked(&mut self, id: ValueId, context: Symbol) -> ValueId {
        let mut value = self.values.get(id).clone();
        value.origins.iter_mut().for_each(|origin| origin.escaped = Some(context));
        self.values.push(value)
    }

    /// Whether an argument names something that a sink asks for: a header by its text or its constant.
    fn names_given(&mut self, call: &ExternalCall, given: &[Symbol]) -> bool {
        call.args.clone().into_iter().any(|(_, value)| {
            let part = self.values.part(value, super::patterns::index_name(0));
            [value, part].into_iter().any(|value| self.is_named(value, given))
        })
    }

    fn is_named(&self, value: ValueId, given: &[Symbol]) -> bool {
        let value = self.values.get(value);
        let by_constant = value.callables.iter().filter_map(|callable| match callable {
            Callable::External(_, path) => Some(last_segment(*path).replace('_', "-")),
            _ => None,
        });
        let by_text = value.constant.map(|text| text.as_str().to_owned());
        let mut names = by_text.into_iter().chain(by_constant);
        names.any(|name| given.iter().any(|given| given.as_str().eq_ignore_ascii_case(&name)))
    }

    /// Whether an argument, or an element of one, is one of these constants.
    fn is_given(&self, call: &ExternalCall, given: &[Symbol]) -> bool {
        let is_one =
            |value: ValueId| self.values.get(value).constant.is_some_and(|text| given.contains(&text));
        call.args.iter().any(|(expr, value)| {
            is_one(*value)
                || expr.is_some_and(|expr| self.elements(expr).into_iter().any(|element| is_one(element.1)))
        })
    }

    /// The elements of an array that is written out, with the values they had last.
    fn elements(&self, expr: ExprId) -> SmallVec<[(Option<ExprId>, ValueId); 4]> {
        match self.ir.expr(expr) {
            Expr::Ref { operand, .. } => self.elements(operand),
            Expr::Index { base, .. } => self.elements(base),
            Expr::Array(elements) => {
                self.ir.list(elements).map(|element| (Some(element), self.last_value(element))).collect()
            }
            _ => SmallVec::new(),
        }
    }

    /// The part of a result that a row names; `{0}` is the part that the first argument names.
    fn part_by_row(&mut self, call: &ExternalCall, result: ValueId, part: Symbol) -> ValueId {
        let name = if part.as_str() == "{0}" {
            let key = call.args.first().map(|input| self.values.get(input.1));
            let by_constant = |key: &Value| {
                key.callables.iter().find_map(|callable| match callable {
                    Callable::External(_, path) => Some(Symbol::new(last_segment(*path))),
                    _ => None,
                })
            };
            key.and_then(|key| key.constant.or_else(|| by_constant(key))).unwrap_or(sym::UNDERSCORE)
        } else {
            part
        };
        let part = self.values.part(result, name);
        self.narrowed(part)
    }

    /// Each argument behind the text of the receiver; the elements of a list that is not written out stand
    /// behind others of which nothing is known.
    fn append_arguments(&mut self, call: &ExternalCall, model: &CallModel, between: Symbol) -> ValueId {
        let Some((receiver, mut all)) = call.receiver else { return ValueId::NOTHING };
        let span = self.span(call.expr);
        let between = self.values.constant(Some(between));
        for (expr, value) in call.args.clone() {
            let mut inputs = expr.map_or_else(SmallVec::new, |expr| self.elements(expr));
            if inputs.is_empty() {
                if expr.is_some_and(|expr| Self::is_list(self.types.expr(expr))) {
                    all = self.appended(all, between, span);
                    all = self.appended(all, ValueId::NOTHING, span);
                }
                inputs.push((expr, value));
            }
            for (expr, value) in inputs {
                all = self.appended(all, between, span);
                let own = self.behind(self.values.shape(all), value);
                for sink in &model.sinks {
                    let given = SmallVec::from_elem((expr, own), 1);
                    self.check_inputs(sink, call, given, (0, None));
                }
                all = self.appended(all, value, span);
            }
        }
        if let Some(place) = self.place(receiver) {
            self.write_place(&place, all);
        }
        all
    }

    /// The value with what stands before it in a text that is no text of its own.
    fn behind(&mut self, lead: Symbol, id: ValueId) -> ValueId {
        let mut origins = self.values.flatten(id);
        origins.iter_mut().for_each(|origin| origin.lead = joined_shape(lead, origin.lead));
        self.values.push(Value { origins: origins.into_iter().collect(), ..Value::default() })
    }

    fn is_list(ty: ward_semantics::Ty) -> bool {
        match ty.kind() {
            ward_semantics::TyKind::External { path, .. } => {
                matches!(path.as_str(), "std::vec::Vec" | "slice" | "std::iter::Iterator" | "array")
            }
            ward_semantics::TyKind::Slice(_) => true,
            _ => false,
        }
    }

    /// The value without what facts tell of its origins.
    fn cleared_of(&mut self, id: ValueId, facts: &Facts) -> ValueId {
        let mut value = self.values.get(id).clone();
        for origin in &mut value.origins {
            origin.open = origin.open.without(kinds_of(facts, origin.root, origin.path));
        }
        value.origins.retain(|origin| !origin.open.is_empty());
        self.values.push(value)
    }

    // Sinks.

    fn check_sink(&mut self, sink: &Sink, call: &ExternalCall, assumed: u8) {
        if sink.asked == Asked::Unwrapped && (self.unwrapped != Some(call.expr) || self.never_fails(call)) {
            return;
        }
        if let Some(context) = self.context_of(sink, call) {
            self.check_sink_in(sink, call, assumed, context);
        }
    }

    fn check_sink_in(&mut self, sink: &Sink, call: &ExternalCall, assumed: u8, context: Option<Symbol>) {
        let inputs: Inputs = match sink.input {
            Port::Receiver => call.receiver.iter().map(|(expr, value)| (Some(*expr), *value)).collect(),
            Port::Argument(index) => call.args.get(usize::from(index)).copied().into_iter().collect(),
            Port::Arguments => call.args.clone(),
            Port::Return | Port::ClosureParameter(..) | Port::ClosureReturn(_) | Port::Name => return,
        };
        self.check_inputs(sink, call, inputs, (assumed, context));
    }

    /// Inputs of a sink; with what is assumed, and the text of the sink's context.
    fn check_inputs(
        &mut self,
        sink: &Sink,
        call: &ExternalCall,
        inputs: Inputs,
        about: (u8, Option<Symbol>),
    ) {
        if !sink.given.is_empty() && !self.names_given(call, &sink.given) {
            return;
        }
        let kind = self.cx.kind(sink.kind);
        for (expr, value) in inputs {
            if !self.values.flatten(value).iter().any(|origin| origin.open.meets(kind)) {
                continue;
            }
            let span = expr.map_or(self.span(call.expr), |expr| self.span(expr));
            self.check_input(sink, self.callee_name(call), value, span, about);
        }
    }

    /// A value that is given to a sink; with what is assumed, and the text of the sink's context.
    pub(super) fn check_input(
        &mut self,
        sink: &Sink,
        callee: Symbol,
        value: ValueId,
        span: Span,
        (assumed, context): (u8, Option<Symbol>),
    ) {
        let kind = self.cx.kind(sink.kind);
        for origin in self.reaching(sink, value) {
            if !origin.open.meets(kind) {
                continue;
            }
            let origin = Origin { assumed: origin.assumed.saturating_add(assumed), ..origin };
            let place = self.place_of_span(span);
            self.record(Hit {
                sink: sink.clone(),
                callee,
                place,
                function: self.def,
                origin,
                next: None,
                calls: 0,
                context,
            });
        }
    }

    /// The origins of a value that matter to a sink: those of all its parts, or of the whole alone.
    fn reaching(&self, sink: &Sink, value: ValueId) -> SmallVec<[Origin; 4]> {
        if sink.whole {
            return self.values.get(value).origins.iter().copied().collect();
        }
        self.values.flatten(value)
    }

    /// Sinks that are macros: their arguments as they stand.
    pub(super) fn check_macro(&mut self, path: Symbol, inputs: &[(ExprId, ValueId)]) {
        let models = self.cx.models;
        let last = Symbol::new(last_segment(path));
        if !models.macro_names.contains(&last) {
            return;
        }
        let path = self.cx.semantics.resolve_macro(self.def, path);
        let Some(sinks) = models.macro_sinks.get(&path) else { return };
        for sink in sinks {
            let given = match sink.input {
                Port::Argument(index) => inputs.get(usize::from(index)..).unwrap_or_default().iter().take(1),
                Port::Arguments => inputs.iter().take(inputs.len()),
                Port::Receiver
                | Port::Return
                | Port::Name
                | Port::ClosureParameter(..)
                | Port::ClosureReturn(_) => {
                    continue;
                }
            };
            for (expr, value) in given.copied().collect::<SmallVec<[_; 4]>>() {
                self.check_input(sink, last, value, self.span(expr), (0, None));
            }
        }
    }

    /// The text of a sink's context, if it is one in which the sink is dangerous.
    #[allow(clippy::option_option, reason = "whether it is dangerous, and the text where there is one")]
    fn context_of(&mut self, sink: &Sink, call: &ExternalCall) -> Option<Option<Symbol>> {
        let Some(context) = sink.context else { return Some(None) };
        let value = self.input(call, context.port);
        let value = value.and_then(|value| match context.part {
            Some(part) => self.part_known(value, part),
            None => Some(value),
        });
        let text = value.and_then(|value| self.text_of(value));
        is_dangerous_in(sink, text).then_some(text)
    }

    /// A part of a value, if it is known as such.
    fn part_known(&self, id: ValueId, part: Symbol) -> Option<ValueId> {
        self.values.get(id).fields.iter().find(|(name, _)| *name == part).map(|(_, value)| *value)
    }

    /// A tuple struct or variant outside the workspace that is dangerous to fill.
    fn check_constructor(&mut self, expr: ExprId, path: Symbol, inputs: &Inputs) {
        let models = self.cx.models;
        let model = models.functions.get(&path).or_else(|| {
            let (owner, name) = path.as_str().rsplit_once("::")?;
            models.methods.get(&(Symbol::new(owner), Symbol::new(name)))
        });
        let Some(model) = model else { return };
        let call = ExternalCall { expr, ty: None, name: path, receiver: None, args: inputs };
        for sink in &model.sinks {
            self.check_sink(sink, &call, 0);
        }
    }

    /// A tuple whose last element is dangerous beside another of its elements.
    pub(super) fn check_tuple(&mut self, expr: ExprId, elements: &[(ExprId, ValueId)]) {
        let models = self.cx.models;
        let Some(((last, value), others)) = elements.split_last() else { return };
        for row in &models.tuple_sinks {
            let beside = others.iter().find_map(|(expr, value)| match row.beside {
                Beside::Type(path) => sources::is_one_of(self.types.expr(*expr), &[path]).then_some(*value),
                Beside::Part(part) => self.part_known(*value, part),
            });
            let Some(text) = beside.map(|beside| self.text_of(beside)) else { continue };
            if is_dangerous_in(&row.sink, text) {
                let inputs = SmallVec::from_elem((Some(*last), *value), 1);
                let name = match row.beside {
                    Beside::Type(path) => Symbol::new(last_segment(path)),
                    Beside::Part(part) => part,
                };
                let call = ExternalCall { expr, ty: None, name, receiver: None, args: &inputs };
                self.check_sink_in(&row.sink, &call, 0, text);
            }
        }
    }

    /// The call as it is written: `sqlx::query`, `execute`.
    fn callee_name(&self, call: &ExternalCall) -> Symbol {
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
}

/// The first telling hole around a text that was put into one already, where it goes on in a called function.
pub(super) fn outer(before: &Origin, inside: &Origin) -> Option<Hole> {
    let next = inside.hole.filter(|hole| before.hole.is_some() && hole.is_telling());
    before.outer.or(next).or(inside.outer)
}

fn with_receiver(receiver: ExprId, value: ValueId, inputs: &Inputs) -> Inputs {
    let mut all: Inputs = SmallVec::from_elem((Some(receiver), value), 1);
    all.extend(inputs.iter().copied());
    all
}

fn default_flow(call: &ExternalCall) -> SmallVec<[Edge; 4]> {
    match call.receiver {
        Some(_) => {
            let mut edges = SmallVec::from_elem(Edge::new(Port::Receiver, Port::Return), 1);
            for index in 0..call.args.len() as u8 {
                edges.push(Edge::new(Port::Receiver, Port::ClosureParameter(index, 0)));
            }
            edges
        }
        None => SmallVec::from_elem(Edge::new(Port::Arguments, Port::Return), 1),
    }
}

/// Whether a sink is dangerous in this context.
fn is_dangerous_in(sink: &Sink, context: Option<Symbol>) -> bool {
    sink.when.is_empty()
        || context.is_some_and(|context| {
            let context = context.as_str().to_lowercase();
            sink.when.iter().any(|word| context.contains(word.as_str()))
        })
}

pub(super) fn last_segment(path: Symbol) -> &'static str {
    path.as_str().rsplit("::").next().unwrap_or_default()
}

fn starts_with_capital(name: &str) -> bool {
    name.starts_with(char::is_uppercase)
}

/// Methods whose result is another text than their receiver's.
fn changes_text(name: &str) -> bool {
    !matches!(
        name,
        "from"
            | "new"
            | "from_static"
            | "from_str"
            | "parse"
            | "as_path"
            | "to_path_buf"
            | "as_os_str"
            | "to_str"
            | "to_string_lossy"
            | "display"
            | "to_string"
            | "to_owned"
            | "into"
            | "clone"
            | "as_str"
            | "as_ref"
            | "borrow"
            | "deref"
            | "unwrap"
            | "into_owned"
            | "try_from"
            | "try_into"
            | "expect"
    )
}
