//! Numbers that somebody else chose: arithmetic keeps them, a bound makes them harmless.

use ward_semantics::{Carries, Ty, TyKind};
use ward_syntax::{BinaryOp, Expr, ExprId, Literal, Symbol};

use super::absent::bound_to;
use super::calls::ExternalCall;
use super::{Evaluator, patterns};
use crate::models::Operator;
use crate::value::{Fact, Facts, Origin, Root, Text, Value, ValueId, add};

impl Evaluator<'_> {
    /// What an operator makes of two numbers.
    pub(super) fn computed(&mut self, left: ValueId, right: ValueId) -> ValueId {
        let joined = self.values.join(left, right);
        if self.values.constant_of(joined).is_none() {
            return joined;
        }
        let value = Value { constant: None, tail: None, ..self.values.owned(joined) };
        self.values.push(value)
    }

    /// A number that is shown to be no more than one that the request did not choose is harmless.
    pub(super) fn ordered(&mut self, op: BinaryOp, left: ValueId, right: ValueId) -> ValueId {
        let (left_facts, right_facts) = (self.bounded(left, right), self.bounded(right, left));
        let (mut success, mut failure) = match op {
            BinaryOp::Lt | BinaryOp::Le => (left_facts, right_facts),
            _ => (right_facts, left_facts),
        };
        let compared = self.cx.models.kinds.compared();
        if !compared.is_empty() {
            let of = |facts: &Facts| -> Facts {
                facts.iter().map(|fact| Fact { kinds: compared, ..*fact }).collect()
            };
            let (from_success, from_failure) = (of(&success), of(&failure));
            add(&mut success, &from_failure);
            add(&mut failure, &from_success);
        }
        self.truth(success, failure)
    }

    /// What is known of a value that is no more than another.
    pub(super) fn bounded(&self, id: ValueId, bound: ValueId) -> Facts {
        let kinds = self.cx.models.kinds.of_numbers();
        if kinds.is_empty() || self.is_free(bound) {
            return Facts::new();
        }
        let origins = self.values.origins_of(id).iter().filter(|origin| origin.open.meets(kinds));
        origins.map(|origin| Fact { root: origin.root, path: origin.path, kinds }).collect()
    }

    /// Whether a value is a number that somebody else chose.
    fn is_free(&self, id: ValueId) -> bool {
        let kinds = self.cx.models.kinds.of_numbers();
        let is_free = |origin: &Origin| matches!(origin.root, Root::Source(_)) && origin.open.meets(kinds);
        self.values.origins_of(id).iter().any(is_free)
    }

    /// A result that is no more than any of some values.
    pub(super) fn no_more_than(&mut self, result: ValueId, values: &[ValueId]) -> ValueId {
        let kinds = self.cx.models.kinds.of_numbers();
        if kinds.is_empty() || values.iter().all(|value| self.is_free(*value)) {
            return result;
        }
        self.without(result, kinds)
    }

    /// A call that measures a text or a collection, or limits a number, gives a number that nobody chose freely.
    pub(super) fn measured(&mut self, call: &ExternalCall, result: ValueId) -> ValueId {
        let kinds = self.cx.models.kinds.of_numbers();
        if kinds.is_empty() || self.values.is_plain(result) {
            return result;
        }
        let carries = |ty| self.cx.semantics.carries(ty);
        match call.name.last_segment() {
            "len" | "count" | "capacity" | "size_hint" | "len_utf8" | "finish" => self.without(result, kinds),
            "find" | "rfind" | "position" | "rposition" | "partition_point" | "binary_search"
                if carries(self.types.expr(call.expr)) != Carries::Text =>
            {
                let receiver =
                    call.receiver.map_or(Carries::Text, |(expr, _)| carries(self.types.expr(expr)));
                let is_item = receiver != Carries::Text && matches!(call.name.as_str(), "find" | "rfind");
                if is_item { result } else { self.without(result, kinds) }
            }
            "enumerate" | "char_indices" | "match_indices" => {
                let number = self.constrained();
                let item = self.values.part(result, patterns::index_name(1));
                let whole = self.values.with_part(result, patterns::index_name(0), number);
                self.values.with_part(whole, patterns::index_name(1), item)
            }
            "min" | "clamp" => {
                let receiver = call.receiver.iter().map(|receiver| receiver.1);
                let inputs: smallvec::SmallVec<[ValueId; 4]> =
                    receiver.chain(call.args.iter().map(|input| input.1)).collect();
                self.no_more_than(result, &inputs)
            }
            _ => result,
        }
    }

    // Operators that are sinks.

    pub(super) fn check_operator(&mut self, operator: Operator, value: ValueId, place: ExprId) {
        let models = self.cx.models;
        if models.operator_sinks.is_empty() || self.values.is_plain(value) {
            return;
        }
        let name = Symbol::new(match operator {
            Operator::Index | Operator::Slice | Operator::SlicedText | Operator::CutText => "[..]",
            Operator::Divide => "/",
            Operator::Subtract => "-",
            Operator::Repeat => "[_; n]",
            Operator::First | Operator::Later => "[..]",
            Operator::Piece | Operator::Absent | Operator::RefusedText | Operator::RefusedNumber => "",
        });
        for (_, sink) in models.operator_sinks.iter().filter(|(of, _)| *of == operator) {
            self.check_input(sink, name, value, self.span(place), (0, None));
        }
    }

    /// Division by zero panics for integers only.
    pub(super) fn check_divisor(&mut self, value: ValueId, place: ExprId) {
        let is_integer =
            |ty: Ty| matches!(ty.kind(), TyKind::Scalar(name) if !matches!(name.as_str(), "f32" | "f64"));
        if is_integer(self.types.expr(place)) {
            self.check_operator(Operator::Divide, value, place);
        }
    }

    /// Below zero there is no unsigned number. What the request chooses both sides of is seldom meant to be ordered by it.
    pub(super) fn check_minuend(&mut self, value: ValueId, place: ExprId, subtrahend: ValueId) {
        let is_unsigned =
            |ty: Ty| matches!(ty.kind(), TyKind::Scalar(name) if name.as_str().starts_with('u'));
        let is_fixed = |id| self.values.text_of(id) == Text::Constant && self.values.is_plain(id);
        if is_unsigned(self.types.expr(place)) && is_fixed(subtrahend) && !self.is_raised(place, subtrahend) {
            self.check_operator(Operator::Subtract, value, place);
        }
    }

    /// Whether a variable was made by adding at least as much: `let page = page + 1; page - 1`.
    fn is_raised(&self, place: ExprId, subtrahend: ValueId) -> bool {
        let Expr::Local(local) = self.ir.expr(place) else { return false };
        let Some(Expr::Binary { op: BinaryOp::Add, lhs, rhs }) =
            bound_to(self.ir, self.body, local).map(|init| self.ir.expr(init))
        else {
            return false;
        };
        let number = |text: Symbol| text.as_str().parse::<u64>().ok();
        let added = [lhs, rhs].into_iter().find_map(|side| match self.ir.expr(side) {
            Expr::Literal(Literal::Int(text)) => number(text),
            _ => None,
        });
        let taken = self.values.constant_of(subtrahend).and_then(number);
        added.zip(taken).is_some_and(|(added, taken)| added >= taken)
    }

    /// Indexing panics where the index is out of bounds; maps and documents have other rules.
    pub(super) fn check_index(&mut self, base: ExprId, value: ValueId, index: ExprId, at: ValueId) {
        if self.cx.models.operator_sinks.is_empty() {
            return;
        }
        let ty = self.types.expr(base);
        if let Expr::Range { start, end, .. } = self.ir.expr(index) {
            if !is_sliced(ty) {
                return;
            }
            let is_free = !self.values.origins_of(at).is_empty();
            if is_free {
                self.check_operator(Operator::Slice, at, index);
            } else if Self::is_text(ty) && (start.is_some() || end.is_some()) {
                self.check_operator(Operator::SlicedText, value, base);
            }
            if Self::is_text(ty) && self.is_cut(base, start, end) {
                self.check_operator(Operator::CutText, value, base);
            }
        } else if is_sliced(ty) && matches!(self.types.expr(index).kind(), TyKind::Scalar(_)) {
            self.check_operator(Operator::Index, at, index);
        }
    }
}

/// Whether a type is a list or text whose parts have numbers.
fn is_sliced(ty: Ty) -> bool {
    match ty.kind() {
        TyKind::Slice(_) | TyKind::Str | TyKind::StaticStr => true,
        TyKind::External { path, .. } => matches!(
            path.as_str(),
            "std::vec::Vec"
                | "std::string::String"
                | "std::borrow::Cow"
                | "std::collections::VecDeque"
                | "bytes::Bytes"
        ),
        _ => false,
    }
}
