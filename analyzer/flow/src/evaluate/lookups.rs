//! What a store was asked for by a text, and found.
//!
//! A statement remembers what would be known of the texts it binds if they equalled something stored; the call that
//! runs it makes that what is known where a row is found. A row lies deeper in what such a call returns than it may
//! fail: `Result<Option<Row>, E>` tells in its inner part that there is one.

use smallvec::SmallVec;
use ward_semantics::{Ty, TyKind};
use ward_syntax::{Expr, ExprId, Symbol, sym};

use super::Evaluator;
use super::calls::ExternalCall;
use super::patterns::TRUTH;
use super::text::has;
use crate::models::{Barrier, CallModel, Input, Part, Port, When};
use crate::value::{Fact, Facts, KindSet, Outcome, Text, Value, ValueId, add};

/// The parts of a statement that tell what would be known of what it binds, with its place behind.
const BOUND: &str = "?";

/// What it proves that a statement was answered.
#[derive(PartialEq, Eq, Debug)]
struct Answer {
    row: Row,
    proven: Proven,
}

/// What an answer is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Row {
    /// A row: there is one that equals what is proven.
    Found,
    /// A row that is always there; the value in it tells whether there is one.
    Truth,
    /// A row that is always there.
    Nothing,
}

/// Which of what is bound equals something stored.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Proven {
    All,
    /// By place.
    These(SmallVec<[usize; 4]>),
}

impl Proven {
    fn holds(&self, place: usize) -> bool {
        match self {
            Self::All => true,
            Self::These(places) => places.contains(&place),
        }
    }
}

impl Evaluator<'_> {
    /// A statement that binds one more text.
    pub(super) fn binding(&mut self, statement: ValueId, facts: &[Fact]) -> ValueId {
        let place = self.values.fields_of(statement).iter().filter(|(name, _)| is_bound(*name)).count();
        self.binding_at(statement, place, facts)
    }

    fn binding_at(&mut self, statement: ValueId, place: usize, facts: &[Fact]) -> ValueId {
        let value = Value { text: Text::Constrained, if_success: facts.into(), ..Value::default() };
        let bound = self.values.push(value);
        self.values.with_part(statement, bound_name(place), bound)
    }

    /// The statement that a macro makes: its parts, and what it binds.
    pub(super) fn statement_of_macro(&mut self, row: &CallModel, values: &[ValueId]) -> Option<ValueId> {
        let edges = row.flow.as_ref().filter(|edges| !edges.is_empty())?;
        let mut statement = ValueId::NOTHING;
        for edge in edges {
            let (Port::Argument(index), Some(Part::Named(name))) = (edge.from, edge.part) else {
                return None;
            };
            if let Some(value) = values.get(usize::from(index)) {
                statement = self.values.with_part(statement, name, *value);
            }
        }
        let text = edges.iter().filter_map(|edge| match edge.from {
            Port::Argument(index) => Some(usize::from(index)),
            _ => None,
        });
        let bound = values.get(text.max().unwrap_or_default() + 1..).unwrap_or_default();
        for barrier in row.barriers.iter().filter(|barrier| barrier.when == When::Bound) {
            let kinds = self.cx.kinds(&barrier.kinds);
            for (place, value) in bound.iter().enumerate() {
                let facts = self.facts_of_values(&[*value], kinds);
                statement = self.binding_at(statement, place, &facts);
            }
        }
        Some(statement)
    }

    /// What is known of the texts that a statement binds if it finds a row.
    pub(super) fn bound_in(&self, statement: ValueId) -> Option<Facts> {
        let bound = self.values.fields_of(statement).iter().filter(|(name, _)| is_bound(*name));
        let mut bound = bound.map(|(_, value)| self.values.if_success_of(*value)).peekable();
        bound.peek()?;
        let mut all = Facts::new();
        bound.for_each(|facts| add(&mut all, facts));
        Some(all)
    }

    /// What a builder of statements is given becomes part of its statement: `table.filter(id.eq(text))`.
    pub(super) fn with_bound_arguments(&mut self, call: &ExternalCall, result: ValueId) -> ValueId {
        if matches!(call.name.as_str(), "or" | "or_filter" | "not") {
            return self.unbound(result);
        }
        let mut facts = Facts::new();
        for (_, value) in call.args {
            add(&mut facts, &self.bound_in(*value).unwrap_or_default());
        }
        if facts.is_empty() { result } else { self.binding(result, &facts) }
    }

    fn unbound(&mut self, statement: ValueId) -> ValueId {
        let fields = self.values.fields_of(statement);
        let kept: SmallVec<[(Symbol, ValueId); 4]> =
            fields.iter().filter(|(name, _)| !is_bound(*name)).copied().collect();
        if kept.len() == fields.len() { statement } else { self.values.with_fields(statement, &kept) }
    }

    /// What a call returns that asks a store for what equals a text.
    pub(super) fn answered(
        &mut self,
        call: &ExternalCall,
        barrier: &Barrier,
        (kinds, asked): (KindSet, ValueId),
        result: ValueId,
    ) -> ValueId {
        let answer = match barrier.statement {
            Some(statement) => self.answer_of(call, statement),
            None => Answer { row: Row::Found, proven: Proven::All },
        };
        let facts = if call.receiver.is_some_and(|receiver| receiver.1 == asked) {
            self.bound_at(asked, &answer.proven)
        } else {
            let expr = call.args.iter().find(|input| input.1 == asked).and_then(|input| input.0);
            let given = self.given_to_statement(expr, asked);
            let given: SmallVec<[ValueId; 4]> =
                (0..).zip(given).filter(|(place, _)| answer.proven.holds(*place)).map(|row| row.1).collect();
            self.facts_of_values(&given, kinds)
        };
        match answer.row {
            _ if facts.is_empty() => result,
            Row::Nothing => result,
            Row::Found => self.found(result, self.types.expr(call.expr), &facts),
            Row::Truth => {
                let truth = self.truth(facts, Facts::new());
                self.values.with_part(result, Symbol::new(TRUTH), truth)
            }
        }
    }

    fn bound_at(&self, statement: ValueId, proven: &Proven) -> Facts {
        let mut facts = Facts::new();
        for (name, bound) in self.values.fields_of(statement) {
            let place = name.as_str().strip_prefix(BOUND).and_then(|place| place.parse().ok());
            if place.is_some_and(|place| proven.holds(place)) {
                add(&mut facts, self.values.if_success_of(*bound));
            }
        }
        facts
    }

    /// What would be known of the values that a call binds.
    pub(super) fn facts_of_asked(&self, expr: Option<ExprId>, asked: ValueId, kinds: KindSet) -> Facts {
        let given = self.given_to_statement(expr, asked);
        self.facts_of_values(&given, kinds)
    }

    /// That all of some values are harmless for some kinds.
    pub(super) fn facts_of_values(&self, values: &[ValueId], kinds: KindSet) -> Facts {
        let origins = values.iter().flat_map(|value| self.values.flatten(*value));
        origins.map(|origin| Fact { root: origin.root, path: origin.path, kinds }).collect()
    }

    /// The values that a statement is given, one by one: `params![id, name]`, `&[&id, &name]`, `(id, name)`.
    fn given_to_statement(&self, expr: Option<ExprId>, asked: ValueId) -> SmallVec<[ValueId; 4]> {
        let list = match expr.map(|expr| self.without_reference(expr)) {
            Some(Expr::Macro(id)) => self.ir.macro_call(id).args,
            Some(Expr::Array(list) | Expr::Tuple(list)) => list,
            _ => return SmallVec::from_elem(asked, 1),
        };
        self.ir.list(list).map(|expr| self.last_value(expr)).collect()
    }

    fn without_reference(&self, expr: ExprId) -> Expr {
        match self.ir.expr(expr) {
            Expr::Ref { operand, .. } => self.without_reference(operand),
            expr => expr,
        }
    }

    fn answer_of(&mut self, call: &ExternalCall, statement: Input) -> Answer {
        let value = self.input(call, statement.port);
        let value = match statement.part {
            Some(part) => value.and_then(|value| self.part_known(value, part)),
            None => value,
        };
        answer_to(value.map_or("", |value| self.values.shape(value).as_str()))
    }

    /// A result in which something was found: what is known where it is there.
    pub(super) fn found(&mut self, result: ValueId, ty: Ty, facts: &[Fact]) -> ValueId {
        match ty.kind() {
            TyKind::External { path, args } if is_future(*path) => match args.first() {
                Some(inner) => self.found(result, *inner, facts),
                None => result,
            },
            TyKind::External { args, .. } if Self::is_fallible(ty) => match args.first() {
                Some(inner) if Self::is_fallible(*inner) => {
                    let name = Symbol::new(TRUTH);
                    let inside = match self.part_known(result, name) {
                        Some(inside) => inside,
                        // The error around it is none of its own.
                        None if !matches!(inner.kind(), TyKind::External { path, .. } if path.as_str() == "std::result::Result") => {
                            self.values.inside(result, sym::ERR)
                        }
                        None => result,
                    };
                    let inside = self.with_outcome(inside, facts, &[]);
                    self.values.with_part(result, name, inside)
                }
                _ => self.with_outcome(result, facts, &[]),
            },
            TyKind::Unknown => self.with_outcome(result, facts, &[]),
            _ if Self::is_fallible(ty) => self.with_outcome(result, facts, &[]),
            _ => result,
        }
    }

    /// Whether a value of a type is there or not, or is true or not.
    pub(super) fn is_fallible(ty: Ty) -> bool {
        match ty.kind() {
            TyKind::Scalar(name) => name.as_str() == "bool",
            TyKind::External { path, .. } => {
                matches!(path.as_str(), "std::result::Result" | "std::option::Option")
            }
            _ => false,
        }
    }

    /// Whether a type is a result or an option of what may be there or not itself.
    pub(super) fn is_fallible_twice(ty: Ty) -> bool {
        match ty.kind() {
            TyKind::External { args, .. } if Self::is_fallible(ty) => {
                args.first().is_some_and(|inner| Self::is_fallible(*inner))
            }
            _ => false,
        }
    }

    /// A result around what is there or not: what that tells is another thing than what the result tells.
    pub(super) fn around(&mut self, inside: ValueId, outcome: Outcome) -> ValueId {
        let value = self.values.get(inside);
        let tells = !value.if_success.is_empty()
            || !value.if_failure.is_empty()
            || (value.outcome != Outcome::Open && value.origins.is_empty())
            || value.fields.iter().any(|(name, _)| name.as_str() == TRUTH);
        if !tells {
            let value = Value { outcome, ..value.to_value() };
            return if outcome == Outcome::Open { inside } else { self.values.push(value) };
        }
        let outside = self.values.inside(inside, Symbol::new(TRUTH));
        let mut outside = Value { outcome, ..self.values.owned(outside) };
        outside.set_part(Symbol::new(TRUTH), inside);
        self.values.push(outside)
    }

    /// The one column of a row that tells whether there is something: `SELECT EXISTS(..) AS there`, perhaps as an option.
    pub(super) fn only_column(&mut self, base: ExprId, row: ValueId) -> Option<ValueId> {
        let value = self.values.get(row);
        let tells = !value.if_success.is_empty() && value.origins.is_empty() && value.fields.is_empty();
        let is_row = *self.types.expr(base).kind() == TyKind::Unknown;
        (tells && is_row).then(|| self.around(row, Outcome::Open))
    }

    /// What a method makes of a result around what is there or not: `found.ok().flatten()`, `row.optional()`.
    pub(super) fn with_layers(&mut self, call: &ExternalCall, result: ValueId) -> ValueId {
        let Some((_, receiver)) = call.receiver else { return result };
        let inner = self.part_known(receiver, Symbol::new(TRUTH));
        match (call.name.as_str(), inner) {
            ("flatten" | "unwrap_or_default", Some(inner)) => inner,
            ("unwrap_or", Some(inner)) => match call.args.first() {
                Some((_, other)) if self.values.outcome_of(*other) == Outcome::Failure => inner,
                _ => result,
            },
            ("optional", None) => self.around(result, Outcome::Open),
            ("map", _) if Self::is_fallible_twice(self.types.expr(call.expr)) => {
                self.around(result, Outcome::Open)
            }
            _ => result,
        }
    }

    /// What is known by the name of the function where it has found something.
    pub(super) fn named_lookups(&self) -> KindSet {
        self.lookups_named(self.cx.semantics.def_map.name(self.def).as_str())
    }

    /// What a function returns of which nothing but its name is known. How deep in that a row lies is not known, either:
    /// it counts as found where two things are there, `find_by_id(id)?.ok_or(..)?`.
    pub(super) fn found_by_unknown(&mut self, call: &ExternalCall, result: ValueId) -> ValueId {
        let kinds = self.lookups_named(call.name.last_segment());
        if kinds.is_empty() {
            return result;
        }
        let given: SmallVec<[ValueId; 4]> = call.args.iter().map(|input| input.1).collect();
        let facts = self.facts_of_values(&given, kinds);
        let ty = self.types.expr(call.expr);
        if *ty.kind() != TyKind::Unknown {
            return self.found(result, ty, &facts);
        }
        let inside = self.with_outcome(result, &facts, &[]);
        self.around(inside, Outcome::Open)
    }

    fn lookups_named(&self, name: &str) -> KindSet {
        let rows = self.cx.models.named_lookups.iter().filter(|row| has(name, row.word));
        rows.fold(KindSet::NONE, |kinds, row| kinds.union(self.cx.kinds(&row.kinds)))
    }
}

fn is_bound(name: Symbol) -> bool {
    name.as_str().starts_with(BOUND)
}

fn bound_name(place: usize) -> Symbol {
    Symbol::new(&format!("{BOUND}{place}"))
}

fn is_future(path: Symbol) -> bool {
    path.last_segment() == "Future"
}

/// What it proves that a statement of SQL was answered: that what its conditions compare equals something stored.
fn answer_to(statement: &str) -> Answer {
    const ALWAYS: &[&str] = &["count(", "max(", "min(", "sum(", "coalesce(", "avg("];
    let text = statement.to_lowercase();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let nothing = Answer { row: Row::Nothing, proven: Proven::These(SmallVec::new()) };
    let Some((head, condition)) = text.split_once(" where ") else { return nothing };
    let reads = head.starts_with("select ") || head.starts_with("delete ");
    if !reads || ALWAYS.iter().any(|word| head.contains(word)) {
        return nothing;
    }
    let before = head.matches('?').count();
    let mut seen = before;
    let mut proven = SmallVec::new();
    for part in conjuncts(condition) {
        if let Some(place) = compared(part, seen) {
            proven.push(place);
        }
        seen += part.matches('?').count();
    }
    let row = if head.contains("exists(") || head.contains("exists (") { Row::Truth } else { Row::Found };
    Answer { row, proven: Proven::These(proven) }
}

/// The conditions that must all hold, up to what ends them.
fn conjuncts(condition: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0i32, 0);
    let mut end = condition.len();
    for (at, c) in condition.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        let rest = &condition[at..];
        let ends = [" order by ", " limit ", " group by ", " for update", " returning ", " union "];
        if depth < 0 || (depth == 0 && ends.iter().any(|word| rest.starts_with(word))) {
            end = at;
            break;
        }
        if depth == 0 && rest.starts_with(" and ") {
            parts.push(&condition[start..at]);
            start = at + " and ".len();
        }
        // One of two conditions proves neither.
        if depth == 0 && rest.starts_with(" or ") {
            return Vec::new();
        }
    }
    parts.push(condition.get(start..end).unwrap_or_default());
    parts
}

/// The place of what a condition compares with a column: `id = $2`, `id = ?`. `before` are those that stand before it.
fn compared(condition: &str, before: usize) -> Option<usize> {
    let condition = condition.trim().trim_end_matches(';');
    let (column, bound) = condition.split_once('=')?;
    let is_column = |text: &str| {
        text.chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '"' | '`' | '(' | ')' | '[' | ']'))
    };
    let (column, bound) = (column.trim(), bound.trim());
    let bound = bound.split_once("::").map_or(bound, |(bound, _)| bound);
    let bound = bound.strip_prefix("any(").or_else(|| bound.strip_prefix("lower(")).unwrap_or(bound);
    let bound = bound.trim_end_matches(')');
    if column.is_empty() || !is_column(column) {
        return None;
    }
    let number = bound.strip_prefix(['$', '?'])?;
    if number.is_empty() { Some(before) } else { number.parse::<usize>().ok()?.checked_sub(1) }
}

#[cfg(test)]
mod tests {
    use super::{Proven, Row, answer_to};

    fn proven(text: &str) -> Vec<usize> {
        let answer = answer_to(text);
        match answer.proven {
            Proven::These(places) if answer.row == Row::Found => places.to_vec(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn a_row_proves_that_what_is_compared_is_stored() {
        assert_eq!(proven("SELECT * FROM files\n  WHERE id = $1 AND owner = $2"), [0, 1]);
        assert_eq!(proven("select 1 from files where id=?;"), [0]);
        assert_eq!(proven("SELECT * FROM files f WHERE f.id = ?2 AND name LIKE ?1 LIMIT 1"), [1]);
        assert_eq!(proven("SELECT * FROM f WHERE a LIKE ? AND (b IS NULL OR b > ?) AND f.\"id\" = ?"), [2]);
        assert_eq!(proven("DELETE FROM files WHERE id = ANY($1::text[]) RETURNING id"), [0]);
        let none = [
            "SELECT * FROM files WHERE id = $1 OR name = $2",
            "SELECT COUNT(*) FROM files WHERE id = ?",
            "INSERT INTO files (id) VALUES (?) RETURNING id",
            "UPDATE files SET id = ? WHERE owner = ? RETURNING id",
            "SELECT * FROM files LIMIT ?",
            "SELECT * FROM files WHERE id != ? AND size >= ?",
            "",
        ];
        assert!(none.into_iter().all(|text| proven(text).is_empty()));
        let exists = answer_to("SELECT EXISTS(SELECT 1 FROM files WHERE id = ?)");
        assert_eq!((exists.row, exists.proven.holds(0)), (Row::Truth, true));
    }
}
