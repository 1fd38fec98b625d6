//! Expressions: one function per form, each returning the expression's value.

use smallvec::SmallVec;
use ward_semantics::{Resolution, TyKind};
use ward_syntax::{
    BinaryOp, BlockKind, Expr, ExprId, ItemKind, List, Literal, LocalId, Pat, PatId, Run, Symbol, UnaryOp,
    sym,
};

use super::places::Place;
use super::{Evaluator, Exit, LoopExit, State};
use crate::models::Operator;
use crate::step::StepKind;
use crate::value::{Callable, Facts, Outcome, Text, Value, ValueId, add};

/// The text of a condition that holds in debug builds only.
const DEBUG_BUILD: &str = "cfg(debug_assertions)";

impl Evaluator<'_> {
    /// Evaluates an expression.
    pub(super) fn eval(&mut self, expr: ExprId) -> ValueId {
        if self.budget == 0 || self.values.len() > self.most_values {
            return ValueId::NOTHING;
        }
        self.budget -= 1;
        let value = self.eval_uncut(expr);
        let value = self.cut(value, self.types.expr(expr));
        if let Some(last) = self.slot(expr) {
            self.last[last] = value;
        }
        value
    }

    fn slot(&self, expr: ExprId) -> Option<usize> {
        let slot = expr.index().checked_sub(self.body.exprs.start as usize)?;
        (slot < self.last.len()).then_some(slot)
    }

    /// The value an expression had when it was evaluated last.
    pub(super) fn last_value(&self, expr: ExprId) -> ValueId {
        self.slot(expr).map_or(ValueId::NOTHING, |slot| self.last[slot])
    }

    pub(super) fn eval_list(&mut self, list: List<ExprId>) -> SmallVec<[ValueId; 4]> {
        let exprs: SmallVec<[ExprId; 6]> = self.ir.list(list).collect();
        exprs.into_iter().map(|expr| self.eval(expr)).collect()
    }

    fn eval_uncut(&mut self, expr: ExprId) -> ValueId {
        match self.ir.expr(expr) {
            Expr::Missing | Expr::Item(_) => ValueId::NOTHING,
            Expr::Literal(literal) => self.eval_literal(literal),
            Expr::Local(local) => {
                if let Some(place) = self.aliases.get(&local).cloned() {
                    return self.read_place(&place);
                }
                let value = self.local(local);
                self.without_other_variants(local, value)
            }
            Expr::Path(_) => self.eval_path(expr),
            Expr::Unary { op: UnaryOp::Not, operand } => self.eval_not(operand),
            Expr::Unary { operand, .. } | Expr::Ref { operand, .. } | Expr::Cast { operand, .. } => {
                self.eval(operand)
            }
            Expr::Await(operand) => self.eval(operand),
            Expr::Binary { op, lhs, rhs } => self.eval_binary(expr, op, lhs, rhs),
            Expr::Assign { op, lhs, rhs } => self.eval_assign(expr, op, lhs, rhs),
            Expr::Call { callee, args } => self.eval_call(expr, callee, args),
            Expr::MethodCall { receiver, method, args, .. } => {
                self.eval_method_call(expr, receiver, method, args)
            }
            Expr::Field { base, name } => {
                let value = self.eval(base);
                if self.is_transparent(base, name) {
                    return value;
                }
                if let Some(column) = self.only_column(base, value) {
                    return column;
                }
                let part = self.values.part(value, name);
                let part = self.narrowed(part);
                let part = match self.types.expr(base).kind() {
                    TyKind::Adt { def, .. } => self.read_by_refusal(part, *def, name),
                    _ => part,
                };
                let part = self.with_row_source(part, base, name, self.span(expr));
                self.with_type_source(part, self.types.expr(expr), name, self.span(expr))
            }
            Expr::Index { base, index } => {
                let at = self.eval(index);
                let value = self.eval(base);
                self.check_index(base, value, index, at);
                self.check_element(base, value, index);
                match self.values.constant_of(at) {
                    Some(key) if !key.as_str().starts_with(|c: char| c.is_ascii_digit()) => {
                        let part = self.values.part(value, key);
                        self.narrowed(part)
                    }
                    Some(key) => self.element(value, key.as_str()),
                    _ => value,
                }
            }
            Expr::Range { start, end, .. } => {
                let start = start.map_or(ValueId::NOTHING, |start| self.eval(start));
                let end = end.map_or(ValueId::NOTHING, |end| self.eval(end));
                if start == ValueId::NOTHING { end } else { self.values.join(start, end) }
            }
            Expr::Tuple(elements) => {
                let holder = self.holder.take();
                let exprs: SmallVec<[ExprId; 6]> = self.ir.list(elements).collect();
                let values = self.eval_list(elements);
                let inputs: SmallVec<[_; 6]> = exprs.into_iter().zip(values.iter().copied()).collect();
                self.check_tuple(expr, &inputs, holder);
                let parts =
                    values.iter().enumerate().map(|(i, value)| (super::patterns::index_name(i), *value));
                let parts = parts.collect();
                self.composed(parts)
            }
            Expr::Array(elements) => self.eval_array(elements),
            Expr::Repeat { value, len } => {
                let length = self.eval(len);
                self.check_operator(Operator::Repeat, length, len);
                self.eval(value)
            }
            Expr::Struct { path, fields, rest } => self.eval_struct(expr, path, fields, rest),
            Expr::Record(fields) => self.eval_document(fields),
            Expr::Block { kind, stmts, tail } => self.eval_block(kind, stmts, tail),
            Expr::LetStmt { pat, init, otherwise, .. } => {
                self.eval_let_statement(pat, init, otherwise);
                ValueId::NOTHING
            }
            Expr::If { cond, then, otherwise } => self.eval_if(cond, then, otherwise),
            Expr::Let { pat, scrutinee } => self.eval_let(pat, scrutinee),
            Expr::Match { scrutinee, arms } => self.eval_match(scrutinee, arms),
            Expr::Loop { body } => self.eval_loop(None, body),
            Expr::While { cond, body } => self.eval_loop(Some(cond), body),
            Expr::For { pat, iter, body } => self.eval_for(pat, iter, body),
            Expr::Break(value) => self.eval_break(value),
            Expr::Continue => {
                self.eval_continue();
                ValueId::NOTHING
            }
            Expr::Return(value) => {
                let returned = value.map_or(ValueId::NOTHING, |value| self.eval(value));
                if let Some(value) = value {
                    self.note_doubts(value);
                }
                self.leave(returned);
                self.die();
                ValueId::NOTHING
            }
            Expr::Closure(closure) => {
                if !self.all_closures.iter().any(|(known, _)| *known == closure) {
                    self.all_closures.push((closure, expr));
                }
                self.values.of_callable(Text::Unknown, Callable::Closure(closure))
            }
            Expr::Try(operand) => self.eval_try(expr, operand),
            Expr::Format(format) => self.eval_format(expr, format),
            Expr::Macro(id) => self.eval_macro(id),
        }
    }

    fn eval_literal(&mut self, literal: Literal) -> ValueId {
        match literal {
            Literal::Str(text) | Literal::ByteStr(text) | Literal::Int(text) | Literal::Float(text) => {
                self.values.constant(Some(text))
            }
            Literal::Char(c) => self.values.constant(Some(Symbol::new(c.encode_utf8(&mut [0; 4])))),
            Literal::Bool(truth) => {
                let outcome = if truth { Outcome::Success } else { Outcome::Failure };
                self.values.push(Value { text: Text::Constant, outcome, ..Value::default() })
            }
        }
    }

    fn eval_path(&mut self, expr: ExprId) -> ValueId {
        let Expr::Path(path) = self.ir.expr(expr) else { return ValueId::NOTHING };
        let callable = match self.types.path(path) {
            Resolution::Def(def) => match &self.cx.semantics.item(def).kind {
                ItemKind::Const { .. } => return self.eval_const(def),
                ItemKind::Fn(_) => Callable::Function(def),
                ItemKind::Struct { fields, .. } if !fields.fields.is_empty() => {
                    Callable::Constructor { def, variant: None }
                }
                _ => return self.values.constant(None),
            },
            Resolution::Variant { def, index } => {
                if self.cx.semantics.fields(def, Some(index)).is_empty() {
                    return self.values.constant(None);
                }
                Callable::Constructor { def, variant: Some(index) }
            }
            Resolution::External(path) => return self.eval_external_path(path),
            Resolution::Method { ty, name } => {
                let row = self.cx.models.methods.get(&(ty, name));
                if let Some(constant) = row.and_then(|row| row.constant) {
                    return self.constant_of(constant);
                }
                Callable::External(Some(ty), name)
            }
            Resolution::TraitItem { item, .. } => match &self.cx.semantics.item(item).kind {
                ItemKind::Const { .. } => return self.values.constant(None),
                _ => Callable::Function(item),
            },
            Resolution::Param { .. } | Resolution::Unresolved => {
                return ValueId::NOTHING;
            }
        };
        self.values.of_callable(Text::Constant, callable)
    }

    fn eval_external_path(&mut self, path: Symbol) -> ValueId {
        if let Some(constant) = self.cx.models.functions.get(&path).and_then(|model| model.constant) {
            return self.constant_of(constant);
        }
        let last = path.as_str().rsplit(':').next().unwrap_or_default();
        if last == "None" {
            let none = Value { text: Text::Constant, outcome: Outcome::Failure, ..Value::default() };
            return self.values.push(none);
        }
        self.values.of_callable(Text::Constant, Callable::External(None, path))
    }

    /// Constants and statics are fixed in the program; a literal's text is known.
    fn eval_const(&mut self, def: ward_semantics::DefId) -> ValueId {
        let literal = self.cx.body(def).and_then(|(file, body)| {
            let ir = self.cx.semantics.ir(file);
            let mut root = ir.body(body).root;
            while let Expr::Ref { operand, .. } = ir.expr(root) {
                root = operand;
            }
            match ir.expr(root) {
                Expr::Literal(Literal::Str(text) | Literal::Int(text)) => Some(text),
                _ => None,
            }
        });
        self.values.constant(literal)
    }

    fn eval_binary(&mut self, expr: ExprId, op: BinaryOp, lhs: ExprId, rhs: ExprId) -> ValueId {
        match op {
            BinaryOp::And => self.eval_and(lhs, rhs),
            BinaryOp::Or => self.eval_or(lhs, rhs),
            BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => {
                self.eval_comparison(op, lhs, rhs)
            }
            BinaryOp::Add if !self.is_number(expr) => {
                let (left, right) = (self.eval(lhs), self.eval(rhs));
                self.appended(left, right, self.span(expr))
            }
            BinaryOp::Div => {
                let (left, right) = (self.eval(lhs), self.eval(rhs));
                self.check_divisor(right, rhs);
                self.computed(left, right)
            }
            BinaryOp::Rem | BinaryOp::BitAnd => {
                let (left, right) = (self.eval(lhs), self.eval(rhs));
                if op == BinaryOp::Rem {
                    self.check_divisor(right, rhs);
                }
                let result = self.computed(left, right);
                self.no_more_than(result, &[left, right])
            }
            _ => {
                let (left, right) = (self.eval(lhs), self.eval(rhs));
                if op == BinaryOp::Sub {
                    self.check_minuend(left, lhs, right);
                }
                self.computed(left, right)
            }
        }
    }

    fn eval_assign(&mut self, expr: ExprId, op: Option<BinaryOp>, lhs: ExprId, rhs: ExprId) -> ValueId {
        let value = self.eval(rhs);
        if let Expr::Tuple(targets) = self.ir.expr(lhs) {
            let targets: SmallVec<[ExprId; 4]> = self.ir.list(targets).collect();
            for (index, target) in targets.into_iter().enumerate() {
                let part = self.values.part(value, super::patterns::index_name(index));
                if let Some(place) = self.place(target) {
                    self.write_place(&place, part);
                }
            }
            return ValueId::NOTHING;
        }
        if let Expr::Index { base, index } = self.ir.expr(lhs) {
            let at = self.eval(index);
            self.check_index(base, ValueId::NOTHING, index, at);
        }
        if matches!(op, Some(BinaryOp::Div | BinaryOp::Rem)) {
            self.check_divisor(value, rhs);
        }
        let Some(place) = self.place(lhs) else { return ValueId::NOTHING };
        match op {
            Some(BinaryOp::Add) if !self.is_number(lhs) => self.append(&place, value, self.span(expr)),
            Some(_) => self.join_place(&place, value),
            None if matches!(self.ir.expr(lhs), Expr::Index { .. }) => self.join_place(&place, value),
            None => {
                let name = place.path.last().copied().unwrap_or_else(|| self.ir.local(place.local).name);
                let value = self.stepped(value, self.span(expr), StepKind::Bound(name));
                if let Expr::Local(local) = self.ir.expr(lhs) {
                    self.aliases.remove(&local);
                    let value = self.told_by_assignment(value);
                    self.set_local(local, value);
                } else {
                    self.write_place(&place, value);
                }
            }
        }
        ValueId::NOTHING
    }

    /// `found = true` tells whoever asks for it later what was known there.
    fn told_by_assignment(&mut self, value: ValueId) -> ValueId {
        if self.state.cleared.is_empty() || self.values.get(value).outcome == Outcome::Open {
            return value;
        }
        let facts = self.facts_of_every_round(&self.state.cleared);
        self.with_facts_of_outcome(value, &facts)
    }

    fn eval_array(&mut self, elements: List<ExprId>) -> ValueId {
        let values = self.eval_list(elements);
        let Some((first, rest)) = values.split_first() else { return self.values.constant(None) };
        let all = rest.iter().fold(*first, |all, value| self.values.join(all, *value));
        let all = self.of_known_length(all);
        self.with_keys(all, &values)
    }

    /// An array of pairs with constant keys is a map: what stands under a key is a part of that name.
    fn with_keys(&mut self, all: ValueId, pairs: &[ValueId]) -> ValueId {
        let (key, payload) = (super::patterns::index_name(0), super::patterns::index_name(1));
        let field = |values: &crate::value::Values, id: ValueId, name| {
            values.fields_of(id).iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
        };
        let mut all = all;
        for pair in pairs {
            let (key, value) = (field(&self.values, *pair, key), field(&self.values, *pair, payload));
            let name = key.and_then(|key| self.key_of(key));
            if let (Some(name), Some(value)) = (name, value) {
                all = self.values.with_part(all, name, value);
            }
        }
        all
    }

    fn eval_struct(
        &mut self,
        expr: ExprId,
        path: ward_syntax::PathId,
        fields: Run,
        rest: Option<ExprId>,
    ) -> ValueId {
        let variant = self.variant_name(path);
        let mut parts: SmallVec<[(Symbol, ValueId); 1]> = SmallVec::new();
        let mut given: SmallVec<[_; 8]> = SmallVec::new();
        for init in self.ir.field_inits(fields) {
            let value = self.eval(init.value);
            let name =
                variant.map_or(init.name, |variant| super::patterns::variant_field(variant, init.name));
            parts.push((name, value));
            given.push((name, value, self.span(init.value)));
        }
        self.check_fields(expr, &given);
        let Some(rest) = rest else { return self.composed(parts) };
        let base = self.eval(rest);
        parts.into_iter().fold(base, |base, (name, part)| self.values.with_part(base, name, part))
    }

    fn eval_block(&mut self, kind: BlockKind, stmts: List<ExprId>, tail: Option<ExprId>) -> ValueId {
        if kind == BlockKind::Async {
            return self.in_own_exit(|evaluator| evaluator.eval_statements(stmts, tail));
        }
        self.eval_statements(stmts, tail)
    }

    fn eval_statements(&mut self, stmts: List<ExprId>, tail: Option<ExprId>) -> ValueId {
        let stmts: SmallVec<[ExprId; 16]> = self.ir.list(stmts).collect();
        for stmt in stmts {
            self.eval(stmt);
        }
        tail.map_or(ValueId::NOTHING, |tail| self.eval(tail))
    }

    /// Evaluates something that `return` and `?` leave, and gives back all it may return.
    pub(super) fn in_own_exit(&mut self, run: impl FnOnce(&mut Self) -> ValueId) -> ValueId {
        let loops = std::mem::take(&mut self.loops);
        self.exits.push(Exit::default());
        let was_dead = self.state.dead;
        let conditions = self.conditions.len();
        let value = run(self);
        self.conditions.truncate(conditions);
        self.leave(value);
        let exit = self.exits.pop().unwrap_or_default();
        self.loops = loops;
        if let Some(locals) = exit.locals {
            self.state.locals = locals;
        }
        self.state.cleared = exit.always.unwrap_or_default();
        self.state.dead = was_dead;
        exit.value.unwrap_or_default()
    }

    fn eval_let_statement(&mut self, pat: PatId, init: Option<ExprId>, otherwise: Option<ExprId>) {
        let Some(init) = init else { return };
        let value = self.eval(init);
        if let Pat::Bind { local, sub: None } = self.ir.pat(pat) {
            self.note_list(local, init);
        }
        if let (Pat::Bind { local, sub: None }, Expr::Ref { mutable: true, operand }) =
            (self.ir.pat(pat), self.ir.expr(init))
            && let Some(place) = self.place(operand)
        {
            self.aliases.insert(local, place);
            return;
        }
        let (success, failure) = self.match_facts(pat, value);
        if let Some(otherwise) = otherwise {
            let before = self.state.clone();
            self.assume(&failure);
            self.conditions.push(init);
            self.eval(otherwise);
            self.state = State { dead: before.dead, ..before };
            self.assume(&success);
        }
        self.bind(pat, value);
    }

    fn eval_if(&mut self, cond: ExprId, then: ExprId, otherwise: Option<ExprId>) -> ValueId {
        let depth = self.conditions.len();
        self.conditions.push(cond);
        let cond = self.eval_truth(cond);
        let before = self.state.clone();
        self.assume_success(cond);
        self.state.dead |= self.is_of_debug_builds(cond);
        let yes = self.eval(then);
        let yes = self.with_branch_facts(yes);
        let mut after_then = std::mem::replace(&mut self.state, before);
        self.assume_failure(cond);
        let no = otherwise.map_or(ValueId::NOTHING, |otherwise| self.eval(otherwise));
        let no = self.with_branch_facts(no);
        let mut after_else = std::mem::take(&mut self.state);
        self.with_branch_facts_of_locals(&mut after_then, &after_else);
        self.with_branch_facts_of_locals(&mut after_else, &after_then);
        if !after_then.dead && !after_else.dead {
            self.conditions.truncate(depth);
        }
        let value = match (after_then.dead, after_else.dead) {
            (true, _) => no,
            (_, true) => yes,
            _ => self.values.join(yes, no),
        };
        self.state = self.join_states(after_then, after_else);
        value
    }

    /// A branch that ends in `Ok(..)` or `false` tells that the branch was taken. What was checked after the value was
    /// made holds for it too.
    fn with_branch_facts(&mut self, id: ValueId) -> ValueId {
        if self.state.dead {
            return id;
        }
        let id = self.narrowed(id);
        if self.values.outcome_of(id) == Outcome::Open {
            return id;
        }
        self.with_known_facts(id)
    }

    /// `cfg!(debug_assertions)`: what is done then only is not done in production.
    fn is_of_debug_builds(&self, condition: ValueId) -> bool {
        self.values.constant_of(condition).is_some_and(|text| text.as_str() == DEBUG_BUILD)
    }

    fn eval_match(&mut self, scrutinee: ExprId, arms: Run) -> ValueId {
        let value = self.eval(scrutinee);
        let told = self.told_of(scrutinee, value);
        let before = self.state.clone();
        let mut result: Option<ValueId> = None;
        let mut after: Option<State> = None;
        let mut missed = Facts::new();
        let has_variants = self.has_variants(scrutinee);
        let matched = if has_variants { self.variable(scrutinee) } else { None };
        let mut taken: SmallVec<[Symbol; 4]> = SmallVec::new();
        let depth = self.conditions.len();
        self.conditions.push(scrutinee);
        let mut leads_out = false;
        let mut is_sorted_out = false;
        for arm in self.ir.arms(arms) {
            self.state = before.clone();
            self.assume(&missed);
            let (success, failure) = self.match_facts(arm.pat, told);
            self.assume(&success);
            // The scrutinee is read again: what this arm's pattern told of it holds for the variables too.
            let narrowed = self.narrowed(value);
            let is_doubted = is_sorted_out && self.outcome_of_pattern(arm.pat) != Outcome::Success;
            let matched_value = self.ok_of_field(scrutinee, arm.pat, narrowed);
            self.bind(arm.pat, matched_value);
            if has_variants {
                self.note_variants(matched, arm.pat, &taken);
            }
            if let Some(guard) = arm.guard {
                self.conditions.push(guard);
                let guard = self.eval_truth(guard);
                if self.matches_all(arm.pat) {
                    add(&mut missed, self.values.get(guard).if_failure);
                }
                self.assume_success(guard);
                self.state.dead |= self.is_of_debug_builds(guard);
            } else {
                add(&mut missed, &failure);
                if has_variants {
                    taken.extend(self.taken_variants(arm.pat));
                }
            }
            let told = self.hits.len();
            let arm_value = self.eval(arm.body);
            let arm_value = if is_doubted { self.doubted_since(told, arm_value) } else { arm_value };
            let arm_value = self.with_branch_facts(arm_value);
            is_sorted_out |= self.sorts_out_errors(arm, arm_value);
            let mut arm_state = std::mem::take(&mut self.state);
            self.with_branch_facts_of_locals(&mut arm_state, &before);
            leads_out |= arm_state.dead;
            if !arm_state.dead {
                result = Some(result.map_or(arm_value, |all| self.values.join(all, arm_value)));
            }
            after = Some(match after {
                None => arm_state,
                Some(after) => self.join_states(after, arm_state),
            });
        }
        if !leads_out {
            self.conditions.truncate(depth);
        }
        let variants = before.variants.clone();
        self.state = after.unwrap_or(before);
        self.state.variants = variants;
        result.unwrap_or_default()
    }

    /// `loop` and `while`: two rounds if the first one changed anything that could matter.
    fn eval_loop(&mut self, cond: Option<ExprId>, body: ExprId) -> ValueId {
        self.loops.push(LoopExit::default());
        self.rounds.push(None);
        let mut value = None;
        let mut left_with = Facts::new();
        for round in 0..2 {
            let before = self.state.clone();
            if let Some(cond) = cond {
                let cond = self.eval(cond);
                let exit_facts: Facts = self.values.if_failure_of(cond).into();
                let skipped = self.state.clone();
                self.assume_success(cond);
                self.eval(body);
                self.end_round();
                let after = std::mem::take(&mut self.state);
                self.state = self.join_states(skipped, after);
                left_with = exit_facts;
            } else {
                self.eval(body);
                self.end_round();
            }
            if round == 1 || !self.changed(&before) {
                break;
            }
        }
        self.rounds.pop();
        // A further round begins where the condition still holds.
        self.assume(&left_with);
        let exit = self.loops.pop().unwrap_or_default();
        if let Some(broken) = exit.broken {
            let state = std::mem::take(&mut self.state);
            // A plain `loop` is left by `break` only.
            self.state = if cond.is_none() { broken } else { self.join_states(state, broken) };
        } else if cond.is_none() {
            self.die();
        }
        value = value.or(exit.value);
        value.unwrap_or_default()
    }

    fn end_round(&mut self) {
        if let Some(continued) = self.loops.last_mut().and_then(|exit| exit.continued.take()) {
            let state = std::mem::take(&mut self.state);
            self.state = self.join_states(state, continued);
        }
    }

    fn eval_for(&mut self, pat: PatId, iter: ExprId, body: ExprId) -> ValueId {
        let items = self.eval(iter);
        let items = self.iterated(items, self.types.expr(iter), self.ir.pat_span(pat));
        let list = self.changed_in_place(pat, iter);
        self.loops.push(LoopExit::default());
        self.rounds.push(Some(items));
        let mut always = None;
        let mut left_in_list = None;
        for round in 0..2 {
            let before = self.state.clone();
            self.bind(pat, items);
            if let Some((element, list)) = &list {
                self.aliases.insert(*element, list.clone());
            }
            self.eval(body);
            let skipped_items =
                self.loops.last().is_some_and(|exit| exit.continued.is_some() || exit.broken.is_some());
            self.end_round();
            if !skipped_items && !self.state.dead {
                // Every round ended here, so what its end knows of the items is known of all of them.
                let own = self.values.origins_of(items);
                let facts = self.state.cleared.iter().filter(|fact| own.iter().any(|o| o.root == fact.root));
                always = Some(facts.copied().collect::<Facts>());
            }
            if let Some((_, list)) = list.as_ref().filter(|_| !self.state.dead) {
                left_in_list = self.local_slot(list.local).map(|slot| self.state.locals[slot]);
            }
            let after = std::mem::replace(&mut self.state, before.clone());
            let skipped = std::mem::take(&mut self.state);
            self.state = self.join_states(skipped, after);
            if round == 1 || !self.changed(&before) {
                break;
            }
        }
        self.rounds.pop();
        let exit = self.loops.pop().unwrap_or_default();
        if let Some(broken) = exit.broken {
            let state = std::mem::take(&mut self.state);
            self.state = self.join_states(state, broken);
        } else {
            // A list that the loop does not go over holds nothing.
            if let Some(((_, list), left)) = list.as_ref().zip(left_in_list) {
                self.set_local(list.local, left);
            }
            self.assume(&always.unwrap_or_default());
            let tested = self.refused_characters(iter, body);
            self.assume(&tested);
            let tested = self.refused_segments(iter, body);
            self.assume(&tested);
        }
        ValueId::NOTHING
    }

    /// The variable that stands for each element of a list, and the list: `for x in &mut list`, `in list.iter_mut()`.
    fn changed_in_place(&self, pat: PatId, iter: ExprId) -> Option<(LocalId, Place)> {
        let Pat::Bind { local, sub: None } = self.ir.pat(pat) else { return None };
        let list = match self.ir.expr(iter) {
            Expr::Ref { mutable: true, operand } => operand,
            Expr::MethodCall { receiver, method, .. } if method.as_str() == "iter_mut" => receiver,
            _ => return None,
        };
        matches!(self.ir.expr(list), Expr::Local(_)).then_some(())?;
        Some((local, self.place(list)?))
    }

    fn changed(&self, before: &State) -> bool {
        let pairs = self.state.locals.iter().zip(&before.locals);
        pairs.filter(|(new, old)| new != old).any(|(new, _)| !self.values.is_plain(*new))
    }

    fn eval_break(&mut self, value: Option<ExprId>) -> ValueId {
        let value = value.map(|value| self.eval(value));
        if self.state.dead {
            return ValueId::NOTHING;
        }
        if let Some(mut exit) = self.loops.pop() {
            let state = self.state.clone();
            exit.broken = Some(match exit.broken.take() {
                None => state,
                Some(old) => self.join_states(old, state),
            });
            exit.value = match (exit.value, value) {
                (Some(old), Some(new)) => Some(self.values.join(old, new)),
                (old, new) => new.or(old),
            };
            self.loops.push(exit);
        }
        self.die();
        ValueId::NOTHING
    }

    fn eval_continue(&mut self) {
        if !self.state.dead
            && let Some(mut exit) = self.loops.pop()
        {
            let state = self.state.clone();
            exit.continued = Some(match exit.continued.take() {
                None => state,
                Some(old) => self.join_states(old, state),
            });
            self.loops.push(exit);
        }
        self.die();
    }

    fn eval_try(&mut self, expr: ExprId, operand: ExprId) -> ValueId {
        let value = self.eval(operand);
        self.note_doubts(operand);
        let error = self.error_of(value, self.types.expr(operand), self.span(operand));
        let error = match self.types.conversion(expr) {
            Some(conversion) => self.call_function(conversion, &[error], self.span(expr), &[None]),
            None => self.error_handed_over(error, operand),
        };
        if self.values.outcome_of(value) != Outcome::Success {
            let before = self.state.cleared.clone();
            self.assume_failure(value);
            let failure = self.failure(error);
            self.leave(failure);
            self.state.cleared = before;
        }
        self.assume_success(value);
        if self.values.outcome_of(value) == Outcome::Failure {
            self.die();
        }
        let payload = self.payload(value);
        self.narrowed(payload)
    }

    /// `Err(error)`.
    pub(super) fn failure(&mut self, error: ValueId) -> ValueId {
        let fields = if self.values.is_plain(error) {
            SmallVec::new()
        } else {
            SmallVec::from_elem((sym::ERR, error), 1)
        };
        self.values.push(Value {
            text: Text::Constant,
            outcome: Outcome::Failure,
            fields,
            ..Value::default()
        })
    }

    fn eval_macro(&mut self, id: ward_syntax::MacroId) -> ValueId {
        let call = self.ir.macro_call(id);
        if call.path.as_str() == "cfg" && self.names_only(call.args, "debug_assertions") {
            return self.values.constant(Some(Symbol::new(DEBUG_BUILD)));
        }
        let values = self.eval_list(call.args);
        let inputs: SmallVec<[_; 4]> = self.ir.list(call.args).zip(values.iter().copied()).collect();
        self.check_macro(call.path, &inputs);
        self.check_panicking(call.path, &inputs);
        if self.cx.models.macro_names.contains(&Symbol::new(call.path.last_segment())) {
            let path = self.cx.semantics.resolve_macro(self.def, call.path);
            let row = self.cx.models.macros.get(&path).and_then(|path| self.cx.models.functions.get(path));
            if let Some(list) = row.and_then(|row| self.path_elements(row, call)) {
                return list;
            }
            if row.is_some_and(|row| row.flow.as_ref().is_some_and(Vec::is_empty)) {
                return ValueId::NOTHING;
            }
            if let Some(statement) = row.and_then(|row| self.statement_of_macro(row, &values)) {
                return statement;
            }
        }
        if !call.text.is_empty() {
            return self.values.constant(None);
        }
        let last = call.path.as_str().rsplit(':').next().unwrap_or_default();
        if matches!(last, "params" | "named_params" | "values") || last.starts_with("query") {
            // Bound values: they are no part of the text.
            return ValueId::NOTHING;
        }
        values.into_iter().reduce(|all, value| self.values.join(all, value)).unwrap_or_default()
    }

    /// Whether an expression is a number.
    fn is_number(&self, expr: ExprId) -> bool {
        matches!(self.types.expr(expr).kind(), TyKind::Scalar(_))
    }

    /// Whether the one argument is a name.
    fn names_only(&self, args: List<ExprId>, name: &str) -> bool {
        let mut args = self.ir.list(args);
        let only = args.next().filter(|_| args.next().is_none());
        only.is_some_and(|only| match self.ir.expr(only) {
            Expr::Path(path) => self.last_name(path).as_str() == name,
            _ => false,
        })
    }

    /// Whether a type is a text or a view of one.
    pub(super) fn is_text(ty: ward_semantics::Ty) -> bool {
        match ty.kind() {
            TyKind::Str | TyKind::StaticStr => true,
            TyKind::External { path, .. } => {
                matches!(path.as_str(), "std::string::String" | "std::borrow::Cow")
            }
            _ => false,
        }
    }
}
