//! Places that can be assigned to.

use std::sync::Arc;

use smallvec::SmallVec;
use ward_syntax::{Expr, ExprId, LocalId, Symbol, UnaryOp};

use super::expressions::field;
use super::{Evaluator, Frame};
use crate::endpoint::{StructValue, Value};

/// A variable, or a field of one.
pub(super) struct Place {
    local: LocalId,
    fields: SmallVec<[Symbol; 2]>,
}

impl Frame<'_> {
    /// The place that a chain of methods begins with, each of which gives its receiver.
    pub(super) fn place_of_chain(&self, expr: ExprId) -> Option<Place> {
        match self.ir.expr(expr) {
            Expr::MethodCall { receiver, .. } => self.place_of_chain(receiver),
            _ => self.place_of(expr),
        }
    }

    /// The place that an expression is, references looked through.
    pub(super) fn place_of(&self, expr: ExprId) -> Option<Place> {
        match self.ir.expr(expr) {
            Expr::Local(local) => Some(Place { local, fields: SmallVec::new() }),
            Expr::Ref { operand, .. } | Expr::Unary { op: UnaryOp::Deref, operand } => self.place_of(operand),
            Expr::Field { base, name } => {
                let mut place = self.place_of(base)?;
                place.fields.push(name);
                Some(place)
            }
            Expr::MethodCall { receiver, method, .. }
                if matches!(method.as_str(), "as_mut" | "borrow_mut" | "unwrap" | "by_ref" | "iter_mut") =>
            {
                self.place_of(receiver)
            }
            _ => None,
        }
    }

    /// What is in a place.
    pub(super) fn value_at(&self, place: &Place) -> Option<Value> {
        let root = self.locals.get(&place.local)?;
        Some(place.fields.iter().fold(root.clone(), |value, name| field(&value, *name)))
    }
}

impl<'a> Evaluator<'a> {
    /// Puts a value into a place.
    pub(super) fn assign(&mut self, frame: &mut Frame<'a>, place: &Place, value: Value) {
        let Some((field, before)) = place.fields.split_last() else {
            frame.locals.insert(place.local, value);
            return;
        };
        let root = frame.locals.entry(place.local).or_default();
        let Some(target) = descend(root, before) else {
            self.serve(&value);
            return;
        };
        match target {
            Value::Struct(fields) => Arc::make_mut(fields).set(*field, value),
            Value::List(all) => {
                if let Ok(index) = field.as_str().parse::<usize>()
                    && let Some(slot) = Arc::make_mut(all).get_mut(index)
                {
                    *slot = value;
                }
            }
            _ => self.serve(&value),
        }
    }
}

/// The value below some fields.
fn descend<'v>(value: &'v mut Value, fields: &[Symbol]) -> Option<&'v mut Value> {
    let Some((first, rest)) = fields.split_first() else { return Some(value) };
    match value {
        Value::Struct(fields) => {
            let fields: &mut StructValue = Arc::make_mut(fields);
            let slot = fields.fields.iter_mut().find(|field| field.0 == *first)?;
            descend(&mut slot.1, rest)
        }
        _ => None,
    }
}
