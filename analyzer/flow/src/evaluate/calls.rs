//! Calls: of workspace functions by their summaries, of external code by its models, of closures by their
//! bodies.

use smallvec::SmallVec;
use ward_semantics::{Callee, TyKind};
use ward_syntax::{Expr, ExprId, List, Symbol, sym};

use super::Evaluator;
use crate::value::{Outcome, ValueId};

/// The receiver or arguments of a call: expressions and their values.
pub(super) type Inputs = SmallVec<[(Option<ExprId>, ValueId); 4]>;

/// A call of code outside the workspace.
pub(super) struct ExternalCall<'c> {
    pub(super) expr: ExprId,
    pub(super) ty: Option<Symbol>,
    pub(super) name: Symbol,
    pub(super) receiver: Option<(ExprId, ValueId)>,
    pub(super) args: &'c Inputs,
}

impl Evaluator<'_> {
    pub(super) fn eval_call(&mut self, expr: ExprId, callee: ExprId, args: List<ExprId>) -> ValueId {
        let types = self.types;
        match types.callee(expr) {
            called @ (Callee::Fn(_) | Callee::Dispatch { .. }) => {
                let inputs = self.inputs(args);
                self.call_own(expr, called, &inputs)
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
                let holds_tuple =
                    matches!(self.ir.list(args).next().map(|arg| self.ir.expr(arg)), Some(Expr::Tuple(_)));
                self.holder = holds_tuple.then_some(*path);
                let inputs = self.inputs(args);
                self.check_constructor(expr, *path, &inputs);
                if let ([(Some(inner), value)], "Ok" | "Some") = (inputs.as_slice(), path.last_segment())
                    && Self::is_fallible(self.types.expr(*inner))
                {
                    let inner = self.with_known_facts(*value);
                    return self.around(inner, Outcome::Success);
                }
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
                if self.values.callables_of(called).is_empty() {
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
        if self.unwrapped != outer {
            self.check_unwrapped(receiver);
        }
        self.unwrapped = outer;
        let inputs = self.inputs(args);
        self.note_change(receiver, method, &inputs);
        if method.as_str() == "next" {
            self.note_taken(expr, receiver);
        }
        let result = self.call_on(expr, (receiver, value), method, &inputs);
        self.note_question(method, receiver, value, inputs.first().and_then(|input| input.0));
        self.asked_for_status(method, result)
    }

    fn call_on(
        &mut self,
        expr: ExprId,
        (receiver, value): (ExprId, ValueId),
        method: Symbol,
        inputs: &Inputs,
    ) -> ValueId {
        let types = self.types;
        match types.callee(expr) {
            called @ (Callee::Fn(_) | Callee::Dispatch { .. }) => {
                self.call_own(expr, called, &with_receiver(receiver, value, inputs))
            }
            Callee::Guess(targets) => {
                self.call_guessed(targets, &with_receiver(receiver, value, inputs), self.span(expr))
            }
            Callee::Method { ty, name } => {
                let (ty, receiver) = (Some(*ty), Some((receiver, value)));
                self.call_external(&ExternalCall { expr, ty, name: *name, receiver, args: inputs })
            }
            Callee::Value => {
                let values: SmallVec<[ValueId; 4]> = inputs.iter().map(|input| input.1).collect();
                let part = self.values.part(value, method);
                self.call_value(part, &values, self.span(expr))
            }
            _ => {
                let receiver = Some((receiver, value));
                self.call_external(&ExternalCall { expr, ty: None, name: method, receiver, args: inputs })
            }
        }
    }

    /// Whether a call gives a result that is never a failure: a text parsed as a text.
    pub(super) fn never_fails(&self, call: &ExternalCall) -> bool {
        let TyKind::External { args, .. } = self.types.expr(call.expr).kind() else { return false };
        matches!(args.first().map(|ty| ty.kind()), Some(TyKind::External { path, .. })
            if matches!(path.as_str(), "std::string::String" | "std::path::PathBuf" | "std::ffi::OsString"))
            && call.name.last_segment() == "parse"
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

    pub(super) fn inputs(&mut self, args: List<ExprId>) -> Inputs {
        let args: SmallVec<[ExprId; 6]> = self.ir.list(args).collect();
        args.into_iter().map(|arg| (Some(arg), self.eval(arg))).collect()
    }

    /// `["/users/", name].concat()`: the elements of an array that is written out, one behind the other.
    pub(super) fn concatenated(&mut self, call: &ExternalCall) -> Option<ValueId> {
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

    /// Calls functions of the workspace, and heeds what the user's rows say of them.
    fn call_own(&mut self, expr: ExprId, callee: &Callee, inputs: &Inputs) -> ValueId {
        let (targets, declared) = match callee {
            Callee::Fn(def) => (std::slice::from_ref(def), *def),
            Callee::Dispatch { declaration, targets } => (&**targets, *declaration),
            _ => return ValueId::NOTHING,
        };
        let span = self.span(expr);
        let Some(model) = self.cx.own.of_callee(callee) else {
            return self.call_workspace(targets, inputs, span);
        };
        let function = self.cx.semantics.item(declared).as_fn();
        let takes_self = function.is_some_and(|function| function.self_param.is_some());
        let (receiver, args) = match inputs.split_first() {
            Some(((Some(first), value), others)) if takes_self => {
                (Some((*first, *value)), SmallVec::from_slice(others))
            }
            _ => (None, inputs.clone()),
        };
        let name = self.cx.semantics.def_map.name(declared);
        let call = ExternalCall { expr, ty: None, name, receiver, args: &args };
        for sink in &model.sinks {
            self.check_sink(sink, &call, 0);
        }
        let result = self.call_workspace(targets, inputs, span);
        let result = match model.source {
            Some(source) => {
                let made = self.source(source, name, span);
                self.values.join(result, made)
            }
            None => result,
        };
        model.barriers.iter().fold(result, |result, barrier| self.guarded(&call, barrier, result))
    }
}

fn with_receiver(receiver: ExprId, value: ValueId, inputs: &Inputs) -> Inputs {
    let mut all: Inputs = SmallVec::from_elem((Some(receiver), value), 1);
    all.extend(inputs.iter().copied());
    all
}
