//! What only the service itself can have made: a text that equals a keyed hash proves what went into the hash.

use ward_semantics::TyKind;
use ward_syntax::{BinaryOp, Expr, ExprId, Literal, Symbol};

use super::Evaluator;
use super::calls::ExternalCall;
use crate::models::{Barrier, SourceClass};
use crate::value::{AccessPath, Fact, Facts, Root, ValueId};

/// The part of a hash that tells that a key went into it.
const KEYED: &str = "!";

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
