//! Places that can be written to: a local variable and the way to a part of it.

use smallvec::SmallVec;
use ward_semantics::Callee;
use ward_syntax::{Expr, ExprId, LocalId, Symbol, UnaryOp};

use super::Evaluator;
use crate::value::ValueId;

/// A local variable or a part of it.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) local: LocalId,
    pub(super) path: SmallVec<[Symbol; 3]>,
}

/// Methods that give a reference into their receiver.
const REACHES_IN: &[&str] = &[
    "as_mut",
    "as_ref",
    "as_deref",
    "as_deref_mut",
    "borrow",
    "borrow_mut",
    "by_ref",
    "deref_mut",
    "entry",
    "expect",
    "first_mut",
    "get_mut",
    "get_or_insert",
    "get_or_insert_with",
    "iter_mut",
    "last_mut",
    "lock",
    "make_mut",
    "or_default",
    "or_insert",
    "or_insert_with",
    "unwrap",
    "values_mut",
    "write",
];

impl Evaluator<'_> {
    /// The place an expression speaks of, through references and the methods that reach in.
    pub(super) fn place(&self, expr: ExprId) -> Option<Place> {
        match self.ir.expr(expr) {
            Expr::Local(local) => {
                Some(self.aliases.get(&local).cloned().unwrap_or(Place { local, path: SmallVec::new() }))
            }
            Expr::Field { base, name } => {
                let mut place = self.place(base)?;
                if place.path.len() < 3 && !self.is_transparent(base, name) {
                    place.path.push(name);
                }
                Some(place)
            }
            Expr::Ref { operand, .. } | Expr::Unary { op: UnaryOp::Deref, operand } => self.place(operand),
            Expr::Index { base, .. } => self.place(base),
            Expr::Await(operand) | Expr::Try(operand) => self.place(operand),
            Expr::MethodCall { receiver, method, .. }
                if REACHES_IN.contains(&method.as_str()) || self.appends(expr) =>
            {
                self.place(receiver)
            }
            _ => None,
        }
    }

    /// Whether a call gives back its receiver with something appended.
    fn appends(&self, call: ExprId) -> bool {
        match self.types.callee(call) {
            Callee::Method { ty, name } => {
                self.cx.models.methods.get(&(*ty, *name)).is_some_and(|model| model.appends.is_some())
            }
            _ => false,
        }
    }

    pub(super) fn read_place(&mut self, place: &Place) -> ValueId {
        let mut value = self.local(place.local);
        for name in &place.path {
            value = self.values.part(value, *name);
        }
        value
    }

    pub(super) fn write_place(&mut self, place: &Place, value: ValueId) {
        let old = self.local_slot(place.local).map_or(ValueId::NOTHING, |slot| self.state.locals[slot]);
        let new = self.values.with_part_at(old, &place.path, value);
        self.set_local(place.local, new);
    }

    /// Adds a value to what a place holds.
    pub(super) fn join_place(&mut self, place: &Place, value: ValueId) {
        let old = self.read_place(place);
        let new = self.values.join(old, value);
        if new != old {
            self.write_place(place, new);
        }
    }
}
