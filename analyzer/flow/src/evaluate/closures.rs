//! Calls of values: closures, functions handed about, constructors.

use smallvec::SmallVec;
use ward_semantics::DefId;
use ward_syntax::{ClosureId, ExprId, Span, Symbol};

use super::calls::Inputs;
use super::external::starts_with_capital;
use super::patterns::TRUTH;
use super::{Evaluator, State};
use crate::models::{CallModel, Port};
use crate::sources;
use crate::step::StepKind;
use crate::summary::{ClosureCall, Exported};
use crate::value::{Callable, Facts, KindSet, Outcome, Root, Value, ValueId};

impl Evaluator<'_> {
    /// Calls whatever functions a value may be.
    pub(super) fn call_value(&mut self, called: ValueId, values: &[ValueId], span: Span) -> ValueId {
        let callables: SmallVec<[Callable; 2]> = SmallVec::from_slice(self.values.callables_of(called));
        let mut result: Option<ValueId> = None;
        for callable in callables {
            let one = match callable {
                Callable::Closure(closure) => self.call_closure(closure, values),
                Callable::Function(def) => {
                    let model = self.cx.own.of(def);
                    self.check_called(model, self.cx.semantics.def_map.name(def), values, span);
                    let result = self.call_item(def, values, span);
                    let safe = self.made_safe(model);
                    if safe.is_empty() { result } else { self.without(result, safe) }
                }
                Callable::Parameter(parameter) => self.call_parameter(parameter, values, span),
                Callable::Constructor { def, variant } => self.construct(def, variant, values),
                Callable::External(ty, name) => {
                    let models = self.cx.models;
                    let model = match ty {
                        Some(ty) => models.methods.get(&(ty, name)),
                        None => models.functions.get(&name),
                    };
                    self.check_called(model, Symbol::new(name.last_segment()), values, span);
                    self.call_external_value(ty, name, values)
                }
            };
            result = Some(result.map_or(one, |all| self.values.join(all, one)));
        }
        result.unwrap_or_default()
    }

    pub(super) fn call_item(&mut self, def: DefId, values: &[ValueId], span: Span) -> ValueId {
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
        if ty.is_none() && starts_with_capital(name.last_segment()) {
            return self.construct_external(name, values);
        }
        let models = self.cx.models;
        let model = match ty {
            Some(ty) => models.methods.get(&(ty, name)),
            None => models.functions.get(&name),
        };
        // `map(String::as_str)`: the receiver is the first argument.
        let first = values.first().copied().unwrap_or_default();
        let safe = self.made_safe(model);
        match model.and_then(|model| model.flow.as_ref()) {
            Some(flow) if !flow.iter().any(|edge| edge.to == Port::Return) => self.constrained(),
            _ if !safe.is_empty() => self.without(first, safe),
            _ => first,
        }
    }

    /// The kinds of sink for which the result of a call is safe, whatever it is given.
    fn made_safe(&self, model: Option<&CallModel>) -> KindSet {
        let barriers = model.into_iter().flat_map(|model| &model.barriers).filter(|barrier| {
            barrier.what == Port::Return && barrier.context.is_none() && barrier.given.is_empty()
        });
        barriers.fold(KindSet::NONE, |kinds, barrier| kinds.union(self.cx.kinds(&barrier.kinds)))
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
    pub(super) fn run_callables(&mut self, inputs: &Inputs, given: ValueId) {
        for (expr, value) in inputs {
            if !self.values.callables_of(*value).is_empty() {
                let span = expr.map_or(self.span(self.body.root), |expr| self.span(expr));
                let mut given = [given, given];
                self.leave_out_shared(*value, &mut given);
                self.call_value(*value, &given, span);
            }
        }
    }

    // Constructors.

    pub(super) fn construct(&mut self, def: DefId, variant: Option<u32>, values: &[ValueId]) -> ValueId {
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

    pub(super) fn construct_external(&mut self, path: Symbol, values: &[ValueId]) -> ValueId {
        let first = values.first().copied().unwrap_or_default();
        match path.last_segment() {
            "Err" => self.failure(first),
            "Ok" | "Some" => {
                let inner = self.values.get(first);
                let is_truth = inner.origins.is_empty()
                    && (inner.outcome != Outcome::Open
                        || !inner.if_success.is_empty()
                        || !inner.if_failure.is_empty());
                let mut value = Value { outcome: Outcome::Success, ..inner.to_value() };
                if is_truth {
                    // What the truth inside tells is another thing than what `Ok` tells.
                    let inner = self.with_known_facts(first);
                    (value.if_success, value.if_failure) = (Facts::new(), Facts::new());
                    value.set_part(Symbol::new(TRUTH), inner);
                }
                self.values.push(value)
            }
            _ => values.iter().skip(1).fold(first, |all, value| self.values.join(all, *value)),
        }
    }

    // External code.
}
