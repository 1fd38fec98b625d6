//! What a function of the workspace refuses: texts and numbers by which it decides whether it fails.
//!
//! Those are what a condition looks at behind which an error is returned, and what is given to something that fails by
//! itself. Callers that unwrap the result let whoever chose the argument decide.

use smallvec::SmallVec;
use ward_semantics::{Callee, Carries, TyKind};
use ward_syntax::{Expr, ExprId};

use super::Evaluator;
use crate::models::{Asked, Operator, Port};
use crate::value::{KindSet, Origin, Outcome, Root, ValueId};

/// Methods whose result is their receiver's still, as far as failing goes.
const SAME_OUTCOME: &[&str] = &[
    "ok",
    "as_ref",
    "as_mut",
    "map_err",
    "map",
    "cloned",
    "copied",
    "context",
    "with_context",
    "ok_or",
    "ok_or_else",
    "and_then",
    "trim",
];
impl Evaluator<'_> {
    /// A function of the workspace that refuses some of what it is given, and what is given to it.
    pub(super) fn check_refused(&mut self, call: ExprId, args: &[ExprId]) {
        let Callee::Fn(def) = *self.types.callee(call) else { return };
        let Some(summary) = self.cx.summary(def) else { return };
        let name = self.cx.semantics.def_map.name(def);
        for parameter in summary.refuses.clone() {
            let Some(arg) = args.get(usize::from(parameter)).copied() else { continue };
            let value = self.last_value(arg);
            // What a text is put into is the service's own.
            if self.values.origins_of(value).iter().any(|origin| origin.hole.is_some()) {
                continue;
            }
            let carries = self.cx.semantics.carries(self.types.expr(arg));
            let operator =
                if carries == Carries::Text { Operator::RefusedText } else { Operator::RefusedNumber };
            self.check_operator_of(operator, name, value, arg);
        }
    }

    /// Whether the function returns what may be a failure.
    pub(super) fn may_fail(&self) -> bool {
        let signature = self.cx.semantics.signature(self.def);
        signature.is_some_and(|signature| {
            matches!(signature.ret.kind(), TyKind::External { path, .. }
                if matches!(path.as_str(), "std::result::Result" | "std::option::Option"))
        })
    }

    /// A failure is returned: what the conditions speak of decided it.
    pub(super) fn note_failure(&mut self, value: ValueId) {
        if self.exits.len() != 1
            || self.conditions.is_empty()
            || self.values.outcome_of(value) != Outcome::Failure
            || !self.may_fail()
        {
            return;
        }
        let new = self.conditions.iter().copied().filter(|condition| !self.failed_by.contains(condition));
        for condition in new.collect::<Vec<_>>() {
            self.failed_by.insert(condition);
            let spoken = self.spoken_of(condition);
            self.refuse(&spoken);
        }
    }

    /// What an expression that the function returns, or that `?` stands behind, fails by.
    pub(super) fn note_doubts(&mut self, expr: ExprId) {
        if self.exits.len() == 1 && !self.state.dead && self.may_fail() {
            let doubts = self.doubts(expr);
            self.refuse(&doubts);
        }
    }

    fn refuse(&mut self, origins: &[Origin]) {
        let kinds = self.refused_kinds();
        for origin in origins {
            let Root::Parameter(parameter) = origin.root else { continue };
            if origin.path.is_empty()
                && origin.open.meets(kinds)
                && self.is_plain_parameter(parameter)
                && !self.refuses.contains(&parameter)
            {
                self.refuses.push(parameter);
            }
        }
    }

    /// Whether a parameter is a text or a number: of a struct it is not known which part is refused.
    fn is_plain_parameter(&self, parameter: u16) -> bool {
        let offset = usize::from(self.takes_self());
        let Some(index) = usize::from(parameter).checked_sub(offset) else { return false };
        let signature = self.cx.semantics.signature(self.def);
        let ty = signature.and_then(|signature| signature.params.get(index));
        ty.is_some_and(|ty| match ty.kind() {
            TyKind::Str | TyKind::Scalar(_) => true,
            TyKind::Slice(element) => matches!(element.kind(), TyKind::Scalar(_)),
            TyKind::External { path, .. } => {
                matches!(path.as_str(), "std::string::String" | "std::borrow::Cow" | "bytes::Bytes")
            }
            _ => false,
        })
    }

    pub(super) fn refused_kinds(&self) -> KindSet {
        let rows = self.cx.models.operator_sinks.iter();
        let rows = rows.filter(|(of, _)| matches!(of, Operator::RefusedText | Operator::RefusedNumber));
        let kinds = rows.map(|(_, sink)| self.cx.kind(sink.kind));
        kinds.fold(KindSet::NONE, KindSet::union)
    }

    /// The origins of the variables and parts that a condition looks at itself; what other functions answer of them is
    /// theirs.
    fn spoken_of(&mut self, condition: ExprId) -> SmallVec<[Origin; 4]> {
        match self.ir.expr(condition) {
            Expr::Local(_) | Expr::Field { .. } => {
                self.values.origins_of(self.last_value(condition)).iter().copied().collect()
            }
            Expr::Binary { lhs, rhs, .. } => {
                let mut both = self.spoken_of(lhs);
                both.extend(self.spoken_of(rhs));
                both
            }
            Expr::Unary { operand: inner, .. }
            | Expr::Ref { operand: inner, .. }
            | Expr::Cast { operand: inner, .. }
            | Expr::Index { base: inner, .. }
            | Expr::Block { tail: Some(inner), .. } => self.spoken_of(inner),
            Expr::Let { scrutinee, .. } => self.spoken_of(scrutinee),
            Expr::MethodCall { receiver, .. } if !self.is_of_workspace(condition) => {
                let mut all = self.doubts(condition);
                all.extend(self.spoken_of(receiver));
                all
            }
            Expr::Call { .. } | Expr::MethodCall { .. } => self.doubts(condition),
            _ => SmallVec::new(),
        }
    }

    /// The origins of what a result's failing depends on: the input of a parser, the arguments of a function that refuses
    /// some.
    fn doubts(&mut self, expr: ExprId) -> SmallVec<[Origin; 4]> {
        match self.ir.expr(expr) {
            Expr::Await(inner) => self.doubts(inner),
            Expr::Block { tail: Some(tail), .. } => self.doubts(tail),
            Expr::If { cond, then, otherwise: Some(otherwise) } => {
                self.doubts_of_choice(cond, &[then, otherwise])
            }
            Expr::Match { scrutinee, arms } => {
                let bodies: SmallVec<[ExprId; 4]> = self.ir.arms(arms).iter().map(|arm| arm.body).collect();
                self.doubts_of_choice(scrutinee, &bodies)
            }
            Expr::MethodCall { receiver, args, method, .. } => {
                if SAME_OUTCOME.contains(&method.as_str()) {
                    return self.doubts(receiver);
                }
                let args: SmallVec<[ExprId; 4]> =
                    std::iter::once(receiver).chain(self.ir.list(args)).collect();
                self.doubts_of_call(expr, &args, Some(receiver))
            }
            Expr::Call { args, .. } => {
                let args: SmallVec<[ExprId; 4]> = self.ir.list(args).collect();
                self.doubts_of_call(expr, &args, None)
            }
            _ => SmallVec::new(),
        }
    }

    /// Of some branches, what each fails by, and the condition, if one of them is a failure.
    fn doubts_of_choice(&mut self, condition: ExprId, branches: &[ExprId]) -> SmallVec<[Origin; 4]> {
        let fails = |branch: &ExprId| self.values.outcome_of(self.last_value(*branch)) == Outcome::Failure;
        let mut all = if branches.iter().any(fails) { self.spoken_of(condition) } else { SmallVec::new() };
        for branch in branches {
            all.extend(self.doubts(*branch));
        }
        all
    }

    /// The arguments count a receiver first.
    fn doubts_of_call(
        &mut self,
        call: ExprId,
        args: &[ExprId],
        receiver: Option<ExprId>,
    ) -> SmallVec<[Origin; 4]> {
        let types = self.types;
        if let Callee::Fn(def) = *types.callee(call) {
            let Some(summary) = self.cx.summary(def) else { return SmallVec::new() };
            let mut all = SmallVec::new();
            for parameter in &summary.refuses {
                let Some(arg) = args.get(usize::from(*parameter)) else { continue };
                all.extend(self.values.flatten(self.last_value(*arg)));
            }
            return all;
        }
        let models = self.cx.models;
        let Some(model) = models.of_callee(types.callee(call)) else { return SmallVec::new() };
        let own = usize::from(receiver.is_some());
        let inputs =
            model.sinks.iter().filter(|sink| sink.asked == Asked::Unwrapped && sink.given.is_empty());
        let inputs = inputs.filter_map(|sink| match sink.input {
            Port::Receiver => receiver.or(args.first().copied()),
            Port::Argument(index) => args.get(usize::from(index) + own).copied(),
            _ => None,
        });
        let inputs: SmallVec<[ExprId; 2]> = inputs.collect();
        inputs.into_iter().flat_map(|input| self.values.flatten(self.last_value(input))).collect()
    }
}
