//! What only the service itself can have made: a text that equals a keyed hash proves what went into the hash.

use smallvec::SmallVec;
use ward_semantics::TyKind;
use ward_syntax::{Arm, BinaryOp, Expr, ExprId, Literal, Symbol};

use super::Evaluator;
use super::calls::ExternalCall;
use crate::models::{Barrier, SourceClass};
use crate::value::{AccessPath, Fact, Facts, Origin, Root, ValueId};

/// The part of a hash that tells that a key went into it.
const KEYED: &str = "!";
/// What is assumed of an error of which others were sorted out before.
const DOUBTED: u8 = 2;

impl Evaluator<'_> {
    /// What goes into a hash or a statement: it is part of the result, or of what is changed.
    pub(super) fn bound_by(
        &mut self,
        call: &ExternalCall,
        barrier: &Barrier,
        (facts, bound): (&[Fact], ValueId),
        result: ValueId,
    ) -> ValueId {
        let changes = matches!(self.types.expr(call.expr).kind(), TyKind::Tuple(parts) if parts.is_empty());
        let Some((receiver, before)) = call.receiver.filter(|_| changes) else {
            return self.binding(result, facts);
        };
        let expr = call.args.iter().find(|input| input.1 == bound).and_then(|input| input.0);
        let is_key = barrier.context.is_some() || expr.is_some_and(|expr| self.names_key(expr));
        let mut hash = self.binding(before, facts);
        if is_key {
            let nothing = self.values.constant(None);
            hash = self.values.with_part(hash, Symbol::new(KEYED), nothing);
        }
        if let Some(place) = self.place(receiver) {
            self.write_place(&place, hash);
        }
        result
    }

    /// Whether an expression is a key by its name.
    fn names_key(&self, expr: ExprId) -> bool {
        let is_key = |name: Symbol| {
            let name = name.as_str().to_lowercase();
            ["key", "secret", "salt", "pepper"].iter().any(|word| name.contains(word))
        };
        match self.ir.expr(expr) {
            Expr::Local(local) => is_key(self.ir.local(local).name),
            Expr::Path(path) => is_key(self.last_name(path)),
            Expr::Field { base, name } => is_key(name) || self.names_key(base),
            Expr::MethodCall { receiver, method, .. } => is_key(method) || self.names_key(receiver),
            Expr::Ref { operand, .. } | Expr::Unary { operand, .. } => self.names_key(operand),
            _ => false,
        }
    }

    /// What is made of a hash is one still, in other letters.
    pub(super) fn still_sealed(&mut self, call: &ExternalCall, result: ValueId) -> ValueId {
        let inputs = call.receiver.iter().map(|receiver| receiver.1);
        let inputs = inputs.chain(call.args.iter().map(|input| input.1));
        let Some(hash) = inputs.into_iter().find(|input| self.is_keyed(*input)) else { return result };
        let facts = self.bound_in(hash).unwrap_or_default();
        if self.is_keyed(result) || facts.is_empty() {
            return result;
        }
        let nothing = self.values.constant(None);
        let result = self.binding(result, &facts);
        self.values.with_part(result, Symbol::new(KEYED), nothing)
    }

    fn is_keyed(&self, id: ValueId) -> bool {
        self.part_known(id, Symbol::new(KEYED)).is_some()
    }

    /// What it tells that something of the request equals a keyed hash.
    pub(super) fn told_by_seal(&self, hash: ValueId, given: ValueId) -> Facts {
        if !self.is_keyed(hash) || !self.is_requested(given) {
            return Facts::new();
        }
        self.bound_in(hash).unwrap_or_default()
    }

    /// What it tells that a status is below those of the server's own errors: a value that holds the status holds no
    /// internal error then.
    pub(super) fn told_by_status(&self, op: BinaryOp, lhs: ExprId, rhs: ExprId) -> (Facts, Facts) {
        let is_first =
            |expr| matches!(self.ir.expr(expr), Expr::Literal(Literal::Int(text)) if text.as_str() == "500");
        match op {
            BinaryOp::Lt if is_first(rhs) && self.names_status(lhs) => {
                (self.no_errors_inside(), Facts::new())
            }
            BinaryOp::Ge if is_first(rhs) && self.names_status(lhs) => {
                (Facts::new(), self.no_errors_inside())
            }
            // Internal errors have the status of all such errors.
            BinaryOp::Eq if self.is_internal(rhs) && self.names_status(lhs) => {
                (Facts::new(), self.no_errors_inside())
            }
            _ => (Facts::new(), Facts::new()),
        }
    }

    /// `StatusCode::INTERNAL_SERVER_ERROR`, or its number.
    fn is_internal(&self, expr: ExprId) -> bool {
        match self.ir.expr(expr) {
            Expr::Literal(Literal::Int(text)) => text.as_str() == "500",
            Expr::Path(path) => {
                let last = self.ir.path_segments(path).last();
                last.is_some_and(|last| last.name.as_str() == "INTERNAL_SERVER_ERROR")
            }
            _ => false,
        }
    }

    /// The same, where the status is asked itself.
    pub(super) fn asked_for_status(&mut self, method: Symbol, answer: ValueId) -> ValueId {
        match method.as_str() {
            "is_server_error" => {
                let facts = self.no_errors_inside();
                self.with_outcome(answer, &[], &facts)
            }
            "is_client_error" | "is_success" => {
                let facts = self.no_errors_inside();
                self.with_outcome(answer, &facts, &[])
            }
            _ => answer,
        }
    }

    /// Nothing of `self` is an internal error's text.
    fn no_errors_inside(&self) -> Facts {
        let kinds = self.cx.models.kinds.of_class(SourceClass::Error);
        if self.body.self_local.is_none() || kinds.is_empty() {
            return Facts::new();
        }
        Facts::from_elem(Fact { root: Root::Parameter(0), path: AccessPath::EMPTY, kinds }, 1)
    }

    /// Whether an arm asks an error by its guard, and answers those that it is about as an error of the server, with
    /// nothing of their text.
    pub(super) fn sorts_out_errors(&self, arm: &Arm, answer: ValueId) -> bool {
        let Some(guard) = arm.guard else { return false };
        let errors = self.cx.models.kinds.of_class(SourceClass::Error);
        let tells = self.values.flatten(answer).iter().any(|origin| origin.open.meets(errors));
        let (asked, bound) = (self.span(guard), self.ir.pat_span(arm.pat));
        let is_asked = |id: ExprId| match self.ir.expr(id) {
            Expr::Local(local) => asked.contains(self.span(id)) && bound.contains(self.ir.local(local).span),
            _ => false,
        };
        !tells && self.body.exprs.ids().any(is_asked) && self.answers_server_error(arm.body)
    }

    fn answers_server_error(&self, answer: ExprId) -> bool {
        let place = self.span(answer);
        let is_one = |name: Symbol| {
            let letters = name.as_str().chars().filter(char::is_ascii_alphabetic);
            letters.map(|c| c.to_ascii_lowercase()).eq("internalservererror".chars())
        };
        self.body.exprs.ids().filter(|id| place.contains(self.span(*id))).any(|id| match self.ir.expr(id) {
            Expr::Path(path) => is_one(self.last_name(path)),
            Expr::Literal(Literal::Int(number)) => number.as_str() == "500",
            _ => false,
        })
    }

    /// What an arm makes of an error of which others were sorted out before: that it is one of the inside is an assumption.
    pub(super) fn doubted_since(&mut self, told: usize, answer: ValueId) -> ValueId {
        let cx = self.cx;
        let errors = cx.models.kinds.of_class(SourceClass::Error);
        for hit in self.hits.iter_mut().skip(told).filter(|hit| cx.kind(hit.sink.kind).meets(errors)) {
            hit.origin.assumed = hit.origin.assumed.saturating_add(DOUBTED);
        }
        self.doubted_error(answer)
    }

    fn doubted_error(&mut self, id: ValueId) -> ValueId {
        let errors = self.cx.models.kinds.of_class(SourceClass::Error);
        let fields: SmallVec<[(Symbol, ValueId); 4]> = SmallVec::from_slice(self.values.get(id).fields);
        let id = self.values.with_origins(id, |origin| {
            let doubts = if origin.open.without(errors).is_empty() { DOUBTED } else { 0 };
            Some(Origin { assumed: origin.assumed.saturating_add(doubts), ..origin })
        });
        fields.into_iter().fold(id, |id, (name, part)| {
            if self.values.is_plain(part) {
                return id;
            }
            let part = self.doubted_error(part);
            self.values.with_part(id, name, part)
        })
    }

    fn names_status(&self, expr: ExprId) -> bool {
        let is_status = |name: Symbol| name.as_str().contains("status") || name.as_str().contains("code");
        match self.ir.expr(expr) {
            Expr::Local(local) => is_status(self.ir.local(local).name),
            Expr::Field { name, .. } => is_status(name),
            Expr::MethodCall { receiver, method, .. } => is_status(method) || self.names_status(receiver),
            Expr::Cast { operand, .. } | Expr::Unary { operand, .. } => self.names_status(operand),
            _ => false,
        }
    }
}
