//! What a store was asked for by a text, and found.
//!
//! A statement remembers what would be known of the texts it binds if they equalled something stored; the call that
//! runs it makes that what is known where a row is found. A row lies deeper in what such a call returns than it may
//! fail: `Result<Option<Row>, E>` tells in its inner part that there is one.

use ward_semantics::{Ty, TyKind};
use ward_syntax::{Expr, ExprId, Symbol};

use super::Evaluator;
use super::calls::{ExternalCall, last_segment};
use super::patterns::TRUTH;
use crate::models::{Barrier, CallModel, Input, Part, Port, When};
use crate::value::{Fact, Facts, KindSet, Origin, Outcome, Text, Value, ValueId, add};

/// The part of a statement that tells what would be known of what it binds.
const BOUND: &str = "?";

/// What it proves that a statement was answered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// A row: what it binds equals something stored.
    Row,
    /// The same, if the value in the row is true.
    Truth,
    /// Nothing.
    Nothing,
}

impl Evaluator<'_> {
    /// A statement that binds a text.
    pub(super) fn binding(&mut self, statement: ValueId, facts: &[Fact]) -> ValueId {
        if facts.is_empty() {
            return statement;
        }
        let name = Symbol::new(BOUND);
        let mut all: Facts = match self.part_known(statement, name) {
            Some(bound) => self.values.get(bound).if_success.into(),
            None => Facts::new(),
        };
        add(&mut all, facts);
        let bound = self.values.push(Value { text: Text::Constrained, if_success: all, ..Value::default() });
        self.values.with_part(statement, name, bound)
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
        for barrier in row.barriers.iter().filter(|barrier| barrier.when == When::Bound) {
            let kinds = self.cx.kinds(&barrier.kinds);
            let origins = values.iter().flat_map(|value| self.values.flatten(*value));
            let facts: Facts = origins.map(|origin| fact_of(&origin, kinds)).collect();
            statement = self.binding(statement, &facts);
        }
        Some(statement)
    }

    /// What is known of the texts that a statement binds if it finds a row.
    pub(super) fn bound_in(&self, statement: ValueId) -> Option<Facts> {
        let bound = self.part_known(statement, Symbol::new(BOUND))?;
        Some(self.values.get(bound).if_success.into())
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
        self.binding(result, &facts)
    }

    fn unbound(&mut self, statement: ValueId) -> ValueId {
        let name = Symbol::new(BOUND);
        match self.part_known(statement, name) {
            Some(_) => self.values.inside(statement, name),
            None => statement,
        }
    }

    /// What a call returns that asks a store for what equals a text.
    pub(super) fn answered(
        &mut self,
        call: &ExternalCall,
        barrier: &Barrier,
        (kinds, asked): (KindSet, ValueId),
        result: ValueId,
    ) -> ValueId {
        let answer = barrier.statement.map_or(Answer::Row, |statement| self.answer_of(call, statement));
        let facts = match self.bound_in(asked) {
            Some(facts) => facts,
            // A statement that binds nothing was not asked for anything.
            None if call.receiver.is_some_and(|receiver| receiver.1 == asked) => return result,
            None => {
                let expr = call.args.iter().find(|input| input.1 == asked).and_then(|input| input.0);
                self.facts_of_asked(expr, asked, kinds)
            }
        };
        match answer {
            _ if facts.is_empty() => result,
            Answer::Nothing => result,
            Answer::Row => self.found(result, self.types.expr(call.expr), &facts),
            Answer::Truth => {
                let truth = self.truth(facts, Facts::new());
                self.values.with_part(result, Symbol::new(TRUTH), truth)
            }
        }
    }

    /// What would be known of the values that a statement is given, one by one or in a list.
    pub(super) fn facts_of_asked(&self, expr: Option<ExprId>, asked: ValueId, kinds: KindSet) -> Facts {
        let fact = |origin: &Origin| fact_of(origin, kinds);
        let mut facts: Facts = self.values.flatten(asked).iter().map(fact).collect();
        // Values that are bound are no part of what a macro makes of them.
        if let Some(Expr::Macro(id)) = expr.map(|expr| self.without_reference(expr)) {
            for arg in self.ir.list(self.ir.macro_call(id).args) {
                facts.extend(self.values.flatten(self.last_value(arg)).iter().map(fact));
            }
        }
        facts
    }

    fn without_reference(&self, expr: ExprId) -> Expr {
        match self.ir.expr(expr) {
            Expr::Ref { operand, .. } => self.without_reference(operand),
            expr => expr,
        }
    }

    fn answer_of(&mut self, call: &ExternalCall, statement: Input) -> Answer {
        let Some(value) = self.input(call, statement.port) else { return Answer::Nothing };
        let value = match statement.part {
            Some(part) => match self.part_known(value, part) {
                Some(value) => value,
                None => return Answer::Nothing,
            },
            None => value,
        };
        answer_to(self.values.shape(value).as_str())
    }

    /// A result in which something was found: what is known where it is there.
    pub(super) fn found(&mut self, result: ValueId, ty: Ty, facts: &[Fact]) -> ValueId {
        match ty.kind() {
            TyKind::External { path, args } if is_future(*path) => match args.first() {
                Some(inner) => self.found(result, *inner, facts),
                None => result,
            },
            TyKind::External { args, .. } if self.is_fallible(ty) => match args.first() {
                Some(inner) if self.is_fallible(*inner) => {
                    let name = Symbol::new(TRUTH);
                    let inside = self.part_known(result, name).unwrap_or(result);
                    let inside = self.with_outcome(inside, facts, &[]);
                    self.values.with_part(result, name, inside)
                }
                _ => self.with_outcome(result, facts, &[]),
            },
            TyKind::Unknown => self.with_outcome(result, facts, &[]),
            _ if self.is_fallible(ty) => self.with_outcome(result, facts, &[]),
            _ => result,
        }
    }

    /// Whether a value of a type is there or not, or is true or not.
    pub(super) fn is_fallible(&self, ty: Ty) -> bool {
        match ty.kind() {
            TyKind::Scalar(name) => name.as_str() == "bool",
            TyKind::External { path, .. } => {
                matches!(path.as_str(), "std::result::Result" | "std::option::Option")
            }
            _ => false,
        }
    }

    /// Whether a type is a result or an option of what may be there or not itself.
    pub(super) fn is_fallible_twice(&self, ty: Ty) -> bool {
        match ty.kind() {
            TyKind::External { args, .. } if self.is_fallible(ty) => {
                args.first().is_some_and(|inner| self.is_fallible(*inner))
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

    /// What a method makes of a result around what is there or not: `found.ok().flatten()`, `row.optional()`.
    pub(super) fn with_layers(&mut self, call: &ExternalCall, result: ValueId) -> ValueId {
        let Some((_, receiver)) = call.receiver else { return result };
        let inner = self.part_known(receiver, Symbol::new(TRUTH));
        match (call.name.as_str(), inner) {
            ("flatten" | "unwrap_or_default", Some(inner)) => inner,
            ("unwrap_or", Some(inner)) => match call.args.first() {
                Some((_, other)) if self.values.get(*other).outcome == Outcome::Failure => inner,
                _ => result,
            },
            ("optional", None) => self.around(result, Outcome::Open),
            ("map", _) if self.is_fallible_twice(self.types.expr(call.expr)) => {
                self.around(result, Outcome::Open)
            }
            _ => result,
        }
    }

    /// What is known by the name of the function where it has found something.
    pub(super) fn named_lookups(&self) -> KindSet {
        self.lookups_named(self.cx.semantics.item(self.def).name.as_str())
    }

    /// What a function returns of which nothing but its name is known. How deep in that a row lies is not known, either:
    /// it counts as found where two things are there, `find_by_id(id)?.ok_or(..)?`.
    pub(super) fn found_by_unknown(&mut self, call: &ExternalCall, result: ValueId) -> ValueId {
        let kinds = self.lookups_named(last_segment(call.name));
        if kinds.is_empty() {
            return result;
        }
        let origins = call.args.iter().flat_map(|input| self.values.flatten(input.1));
        let facts: Facts = origins.map(|origin| fact_of(&origin, kinds)).collect();
        let ty = self.types.expr(call.expr);
        if *ty.kind() != TyKind::Unknown {
            return self.found(result, ty, &facts);
        }
        let inside = self.with_outcome(result, &facts, &[]);
        self.around(inside, Outcome::Open)
    }

    fn lookups_named(&self, name: &str) -> KindSet {
        let rows = self.cx.models.named_lookups.iter().filter(|row| name.contains(row.word.as_str()));
        rows.fold(KindSet::NONE, |kinds, row| kinds.union(self.cx.kinds(&row.kinds)))
    }
}

fn fact_of(origin: &Origin, kinds: KindSet) -> Fact {
    Fact { root: origin.root, path: origin.path, kinds }
}

fn is_future(path: Symbol) -> bool {
    last_segment(path) == "Future"
}

/// What it proves that a statement of SQL was answered: that each value it binds equals something stored, if it asks for
/// equality only.
fn answer_to(statement: &str) -> Answer {
    let text = statement.to_lowercase();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some((head, condition)) = text.split_once(" where ") else { return Answer::Nothing };
    const OTHER: &[&str] =
        &[" or ", "like ", "<>", "!=", " not ", "regexp", "~", " between ", " match ", "glob ", "instr("];
    const ALWAYS: &[&str] = &["count(", "max(", "min(", "sum(", "coalesce(", "avg("];
    const EQUAL: &[&str] = &["= $", "=$", "= ?", "=?", "= :", "=:", "= @", "=@", "= any($", "in ("];
    let has = |text: &str, words: &[&str]| words.iter().any(|word| text.contains(word));
    let reads = head.starts_with("select ") || head.starts_with("delete ");
    if !reads || has(condition, OTHER) || has(head, ALWAYS) || !has(condition, EQUAL) {
        return Answer::Nothing;
    }
    if head.contains("exists(") || head.contains("exists (") { Answer::Truth } else { Answer::Row }
}

#[cfg(test)]
mod tests {
    use super::{Answer, answer_to};

    #[test]
    fn a_row_proves_that_what_is_bound_is_stored() {
        let is_row = |text| answer_to(text) == Answer::Row;
        assert!(is_row("SELECT * FROM files\n  WHERE id = $1 AND owner = $2"));
        assert!(is_row("select 1 from files where id=?"));
        assert!(!is_row("SELECT * FROM files WHERE id = $1 OR name LIKE $2"));
        assert!(!is_row("SELECT COUNT(*) FROM files WHERE id = ?"));
        assert!(!is_row("INSERT INTO files (id) VALUES (?) RETURNING id"));
        assert!(!is_row("SELECT * FROM files LIMIT ?"));
        assert!(answer_to("SELECT EXISTS(SELECT 1 FROM files WHERE id = ?)") == Answer::Truth);
    }
}
