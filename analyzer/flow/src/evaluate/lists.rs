//! Lists that are written out in pieces: bound to a variable, and grown by `push` before they are used.

use smallvec::SmallVec;
use ward_semantics::Callee;
use ward_syntax::{Expr, ExprId, LocalId, Symbol, sym};

use super::Evaluator;
use super::calls::Inputs;
use crate::value::ValueId;

/// The elements of a list, in their order.
pub(super) type Written = SmallVec<[ExprId; 4]>;

/// A list that grows longer is one of which nothing is known.
const LONGEST: usize = 32;

impl Evaluator<'_> {
    /// A variable is bound to a list that is written out.
    pub(super) fn note_list(&mut self, local: LocalId, init: ExprId) {
        let list = self.written(init);
        match list {
            Some(list) => self.lists.insert(local, list),
            None => self.lists.remove(&local),
        };
    }

    /// The elements of a list that is written out, or made empty.
    fn written(&self, expr: ExprId) -> Option<Written> {
        match self.ir.expr(expr) {
            Expr::Array(elements) => Some(self.ir.list(elements).collect()),
            Expr::Ref { operand, .. } => self.written(operand),
            Expr::MethodCall { receiver, method, .. }
                if matches!(method.as_str(), "to_vec" | "into_iter") =>
            {
                self.written(receiver)
            }
            Expr::Call { .. } => match self.types.callee(expr) {
                Callee::Method { ty, name } if ty.as_str() == "std::vec::Vec" => {
                    (*name == sym::NEW || name.as_str() == "with_capacity").then(Written::new)
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// A method is called on a variable: what is pushed comes behind, after other changes nothing is known.
    pub(super) fn note_change(&mut self, receiver: ExprId, method: Symbol, inputs: &Inputs) {
        if self.lists.is_empty() {
            return;
        }
        let Some(local) = self.variable(receiver) else { return };
        let Some(list) = self.lists.get(&local) else { return };
        let more: Written = match (method.as_str(), inputs.first().and_then(|input| input.0)) {
            ("push", Some(pushed)) => SmallVec::from_elem(pushed, 1),
            ("extend" | "extend_from_slice", Some(pushed)) => match self.written(pushed) {
                Some(more) => more,
                None => return self.forget_list(local),
            },
            (
                "extend" | "append" | "insert" | "clear" | "truncate" | "retain" | "remove" | "pop" | "drain"
                | "swap" | "reverse" | "sort" | "dedup" | "splice",
                _,
            ) => return self.forget_list(local),
            _ => return,
        };
        // A loop is gone through twice.
        if more.iter().all(|element| list.contains(element)) {
            return;
        }
        if list.len() + more.len() > LONGEST {
            return self.forget_list(local);
        }
        if let Some(list) = self.lists.get_mut(&local) {
            list.extend(more);
        }
    }

    fn forget_list(&mut self, local: LocalId) {
        self.lists.remove(&local);
    }

    /// The elements of a list, be it written out here or in a variable, with the values they had last.
    pub(super) fn listed_elements(&self, expr: ExprId) -> SmallVec<[(Option<ExprId>, ValueId); 4]> {
        let here = self.elements(expr);
        if !here.is_empty() {
            return here;
        }
        let Some(list) = self.variable(expr).and_then(|local| self.lists.get(&local)) else { return here };
        // What is told stands where the list is used.
        list.iter().map(|element| (Some(expr), self.last_value(*element))).collect()
    }
}
