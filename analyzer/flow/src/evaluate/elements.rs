//! Lists of values of which each has its place: what a chain of filters takes out of a request, one value after the
//! other, until a handler gets them all as its arguments.
//!
//! Such a list has a part for every place and one more that tells how many there are. Where the count is not known,
//! any value may stand at any place.

use smallvec::SmallVec;
use ward_semantics::{Ty, TyKind};
use ward_syntax::{BinaryOp, Expr, ExprId, MacroCall, Symbol};

use super::Evaluator;
use super::calls::{ExternalCall, Inputs};
use super::patterns::index_name;
use crate::models::{CallModel, Elements};
use crate::value::{Value, ValueId};

/// The part that tells how many there are.
const COUNT: &str = "#";
/// Longer lists are lists of unknown length.
const LONGEST: usize = 16;

type List = SmallVec<[ValueId; 4]>;

impl Evaluator<'_> {
    /// What a call makes of lists whose elements are known by their places. `None` where that is not known.
    pub(super) fn listed(&mut self, call: &ExternalCall, elements: Elements) -> Option<ValueId> {
        let (expr, receiver) = call.receiver?;
        let own = self.elements_of(receiver).or_else(|| self.elements_by_type(receiver, expr))?;
        match elements {
            Elements::Count(_) | Elements::Path | Elements::Unknown => None,
            Elements::Append => {
                let (expr, more) = call.args.first().copied()?;
                let mut all = own;
                let more = self.elements_of(more).or_else(|| self.elements_by_type(more, expr?))?;
                all.extend(more);
                (all.len() <= LONGEST).then(|| self.list_of(&all))
            }
            Elements::Call => {
                let (expr, called) = call.args.first().copied()?;
                let span = expr.map_or(self.span(call.expr), |expr| self.span(expr));
                let result = self.call_value(called, &own, span);
                let result = self.payload(result);
                Some(self.list_of(&List::from_elem(result, 1)))
            }
        }
    }

    /// A list of these values.
    pub(super) fn list_of(&mut self, elements: &[ValueId]) -> ValueId {
        let count = self.values.constant(Some(Symbol::new(&elements.len().to_string())));
        let places = elements.iter().enumerate().map(|(place, value)| (index_name(place), *value));
        let fields = std::iter::once((Symbol::new(COUNT), count)).chain(places).collect();
        self.values.push(Value { fields, ..Value::default() })
    }

    /// Pairs that become a map, or what may be one: what is found by a key is a value, whatever the key.
    pub(super) fn mapped(&mut self, pairs: ValueId, ty: Ty) -> ValueId {
        let is_map = match ty.kind() {
            TyKind::External { path, args } if path.as_str() == "std::result::Result" => {
                return args.first().map_or(pairs, |inner| self.mapped(pairs, *inner));
            }
            TyKind::External { path, .. } => path.as_str().ends_with("Map"),
            TyKind::Unknown => true,
            _ => false,
        };
        let value = self.values.get(pairs);
        let held = value.fields.iter().find(|(name, _)| *name == index_name(1)).map(|(_, held)| *held);
        let Some(held) = held.filter(|_| is_map && value.origins.is_empty()) else { return pairs };
        let fields: SmallVec<[(Symbol, ValueId); 4]> = SmallVec::from_slice(value.fields);
        self.values.with_fields(held, &fields)
    }

    /// The receiver and arguments of a call after which no place is known: any value may stand at any.
    pub(super) fn out_of_lists(&mut self, call: &ExternalCall) -> (Option<(ExprId, ValueId)>, Inputs) {
        let receiver = call.receiver.map(|(expr, value)| (expr, self.out_of_list(value)));
        let args = call.args.iter().map(|(expr, value)| (*expr, self.out_of_list(*value)));
        (receiver, args.collect())
    }

    fn out_of_list(&mut self, list: ValueId) -> ValueId {
        if !self.values.fields_of(list).iter().any(|(name, _)| name.as_str() == COUNT) {
            return list;
        }
        let origins = self.values.flatten(list).into_iter().collect();
        self.values.push(Value { origins, ..Value::default() })
    }

    /// The elements of a list, if it is known how many there are.
    fn elements_of(&mut self, list: ValueId) -> Option<List> {
        let fields = self.values.fields_of(list);
        let (_, count) = fields.iter().find(|(name, _)| name.as_str() == COUNT)?;
        let count: usize = self.values.constant_of(*count)?.as_str().parse().ok()?;
        Some((0..count).map(|place| self.values.part(list, index_name(place))).collect())
    }

    /// The elements of a list of which only the type tells how many there are: `BoxedFilter<(State, u32)>`,
    /// `impl Filter<Extract = (State, u32)>`.
    fn elements_by_type(&mut self, list: ValueId, expr: ExprId) -> Option<List> {
        let is_tuple = |ty: &&Ty| matches!(ty.kind(), TyKind::Tuple(_));
        let types = match self.types.expr(expr).kind() {
            TyKind::External { args, .. } => args.iter().find(is_tuple)?,
            TyKind::Bounds(bounds) => {
                let mut bound = bounds.iter().flat_map(|bound| &bound.bindings).map(|(_, ty)| ty);
                bound.find(is_tuple)?
            }
            _ => return None,
        };
        let TyKind::Tuple(parts) = types.kind() else { return None };
        Some((0..parts.len()).map(|place| self.values.part(list, index_name(place))).collect())
    }

    /// What a macro of a path takes out of it: a value for every type between the slashes.
    pub(super) fn path_elements(&mut self, row: &CallModel, call: &MacroCall) -> Option<ValueId> {
        let (Some(Elements::Path), Some(source)) = (row.elements, row.source) else { return None };
        let mut segments: SmallVec<[ExprId; 8]> = SmallVec::new();
        for arg in self.ir.list(call.args) {
            self.segments(arg, &mut segments);
        }
        if !call.complete || segments.is_empty() {
            return None;
        }
        let types: SmallVec<[ExprId; 8]> =
            segments.into_iter().filter(|segment| matches!(self.ir.expr(*segment), Expr::Path(_))).collect();
        let name = Symbol::new("path");
        let elements: List = types.iter().map(|ty| self.source(source, name, self.span(*ty))).collect();
        Some(self.list_of(&elements))
    }

    /// What stands between slashes.
    fn segments(&self, expr: ExprId, segments: &mut SmallVec<[ExprId; 8]>) {
        match self.ir.expr(expr) {
            Expr::Binary { op: BinaryOp::Div, lhs, rhs } if segments.len() < LONGEST => {
                self.segments(lhs, segments);
                self.segments(rhs, segments);
            }
            _ => segments.push(expr),
        }
    }
}
