//! Conditions: what is known when they hold and when they fail.

use ward_semantics::{Callee, Resolution};
use ward_syntax::{BinaryOp, Body, Expr, ExprId, Literal, Pat, PatId, SourceIr, UnaryOp};

use super::Evaluator;
use crate::value::{Fact, Facts, Outcome, Text, Value, ValueId, add, common};

impl Evaluator<'_> {
    pub(super) fn eval_and(&mut self, lhs: ExprId, rhs: ExprId) -> ValueId {
        let left = self.eval(lhs);
        let before = self.state.cleared.clone();
        self.assume_success(left);
        let right = self.eval(rhs);
        self.state.cleared = before;
        let (left, right) = (self.values.get(left), self.values.get(right));
        let mut success = left.if_success.clone();
        add(&mut success, &right.if_success);
        let failure = common(&left.if_failure, &right.if_failure);
        self.truth(success, failure)
    }

    pub(super) fn eval_or(&mut self, lhs: ExprId, rhs: ExprId) -> ValueId {
        let left = self.eval(lhs);
        let before = self.state.cleared.clone();
        self.assume_failure(left);
        let right = self.eval(rhs);
        self.state.cleared = before;
        let (left, right) = (self.values.get(left), self.values.get(right));
        let mut failure = left.if_failure.clone();
        add(&mut failure, &right.if_failure);
        let success = common(&left.if_success, &right.if_success);
        self.truth(success, failure)
    }

    pub(super) fn eval_not(&mut self, operand: ExprId) -> ValueId {
        let value = self.eval(operand);
        let value = self.values.get(value);
        let not = Value {
            text: Text::Constrained,
            if_success: value.if_failure.clone(),
            if_failure: value.if_success.clone(),
            outcome: match value.outcome {
                Outcome::Open => Outcome::Open,
                Outcome::Success => Outcome::Failure,
                Outcome::Failure => Outcome::Success,
            },
            ..Value::default()
        };
        self.values.push(not)
    }

    /// A comparison with something fixed in the program leaves nothing of the other side's freedom.
    pub(super) fn eval_comparison(&mut self, op: BinaryOp, lhs: ExprId, rhs: ExprId) -> ValueId {
        let (left, right) = (self.eval(lhs), self.eval(rhs));
        if !matches!(op, BinaryOp::Eq | BinaryOp::Ne) {
            return self.ordered(op, left, right);
        }
        let text = self.cx.models.kinds.of_text();
        let fixed = |evaluator: &Self, id| {
            let value = evaluator.values.get(id);
            !value.origins.iter().any(|origin| origin.open.meets(text)) && value.text != Text::Unknown
        };
        let cleared = match (fixed(self, left), fixed(self, right)) {
            (true, false) => self.all_of(right),
            (false, true) => self.all_of(left),
            (true, true) => {
                let mut cleared = self.bounded(left, right);
                add(&mut cleared, &self.bounded(right, left));
                cleared
            }
            _ => Facts::new(),
        };
        let mut otherwise = cleared.clone();
        otherwise.iter_mut().for_each(|fact| {
            fact.kinds = fact.kinds.intersection(self.cx.models.kinds.compared());
        });
        otherwise.retain(|fact| !fact.kinds.is_empty());
        match op {
            BinaryOp::Eq => self.truth(cleared, otherwise),
            _ => self.truth(otherwise, cleared),
        }
    }

    pub(super) fn truth(&mut self, if_success: Facts, if_failure: Facts) -> ValueId {
        self.values.push(Value { text: Text::Constrained, if_success, if_failure, ..Value::default() })
    }

    /// `let pat = scrutinee` as a condition.
    pub(super) fn eval_let(&mut self, pat: PatId, scrutinee: ExprId) -> ValueId {
        let value = self.eval(scrutinee);
        self.bind(pat, value);
        let (success, failure) = self.match_facts(pat, value);
        self.truth(success, failure)
    }

    /// What `text.chars().all(predicate)` and its like tell of `text`.
    pub(super) fn eval_character_test(
        &mut self,
        call: ExprId,
        receiver: ExprId,
        method: &str,
        args: &[ExprId],
    ) -> Option<ValueId> {
        let [predicate] = args else { return None };
        let text = match method {
            "all" | "any" | "find" | "position" => self.characters_of(receiver)?,
            "contains" => receiver,
            _ => return None,
        };
        let safe = self.is_safe_predicate(*predicate, Polarity::Holds);
        let unsafe_excluded = self.is_safe_predicate(*predicate, Polarity::Fails);
        let value = self.last_value(text);
        let facts = self.all_of(value);
        if facts.is_empty() {
            return None;
        }
        let _ = call;
        match method {
            "all" if safe => Some(self.truth(facts, Facts::new())),
            "any" | "find" | "position" | "contains" if unsafe_excluded => {
                Some(self.truth(Facts::new(), facts))
            }
            _ => None,
        }
    }

    /// Whether `text.chars().filter(predicate)` keeps harmless characters only.
    pub(super) fn keeps_safe_characters(&self, receiver: ExprId, method: &str, args: &[ExprId]) -> bool {
        let [predicate] = args else { return false };
        match method {
            "filter" | "take_while" => {
                self.characters_of(receiver).is_some() && self.is_safe_predicate(*predicate, Polarity::Holds)
            }
            _ => false,
        }
    }

    /// The text whose characters or bytes are iterated.
    fn characters_of(&self, expr: ExprId) -> Option<ExprId> {
        let Expr::MethodCall { receiver, method, .. } = self.ir.expr(expr) else { return None };
        match method.as_str() {
            "chars" | "bytes" | "as_bytes" | "char_indices" => Some(receiver),
            "iter" | "into_iter" | "copied" | "cloned" | "skip" | "by_ref" | "rev" => {
                self.characters_of(receiver)
            }
            _ => None,
        }
    }

    /// What is known after `for c in text.chars() { if !harmless(c) { return .. } }`.
    pub(super) fn refused_characters(&self, iter: ExprId, body: ExprId) -> Facts {
        let Some(text) = self.characters_of(iter) else { return Facts::new() };
        let Expr::Block { stmts, tail, .. } = self.ir.expr(body) else { return Facts::new() };
        let refuses = |stmt: ExprId| match self.ir.expr(stmt) {
            Expr::If { cond, then, otherwise: None } => {
                self.is_safe_test(cond, Polarity::Fails) && self.always_leaves(then)
            }
            Expr::Match { arms, .. } => {
                let stays = |arm: &&ward_syntax::Arm| !self.always_leaves(arm.body);
                self.ir.arms(arms).iter().filter(stays).all(|arm| is_safe_pattern(self.ir, arm.pat))
            }
            _ => false,
        };
        if self.ir.list(stmts).chain(tail).any(refuses) {
            return self.all_of(self.last_value(text));
        }
        Facts::new()
    }

    /// Whether an expression always returns from the function.
    fn always_leaves(&self, expr: ExprId) -> bool {
        match self.ir.expr(expr) {
            Expr::Return(_) => true,
            Expr::Block { stmts, tail, .. } => {
                self.ir.list(stmts).chain(tail).any(|stmt| self.always_leaves(stmt))
            }
            Expr::Format(format) => {
                let path = self.ir.format(format).path.as_str();
                matches!(path.rsplit("::").next(), Some("bail" | "panic"))
            }
            Expr::Try(operand) => match self.ir.expr(operand) {
                Expr::Call { callee, .. } => match self.ir.expr(callee) {
                    Expr::Path(path) => self.last_name(path) == ward_syntax::sym::ERR,
                    _ => false,
                },
                _ => false,
            },
            _ => false,
        }
    }

    fn is_safe_predicate(&self, predicate: ExprId, polarity: Polarity) -> bool {
        match self.ir.expr(predicate) {
            Expr::Closure(closure) => self.is_safe_test(self.ir.closure(closure).body, polarity),
            Expr::Ref { operand, .. } => self.is_safe_predicate(operand, polarity),
            Expr::Path(path) => match self.types.path(path) {
                Resolution::Def(def) => polarity == Polarity::Holds && self.is_safe_function(def),
                _ => polarity == Polarity::Holds && is_safe_class(self.last_name(path).as_str()),
            },
            _ => false,
        }
    }

    fn is_safe_function(&self, def: ward_semantics::DefId) -> bool {
        let Some((file, body)) = self.cx.semantics.body(def) else { return false };
        let ir = self.cx.semantics.ir(file);
        let body: Body = ir.body(body);
        safe_test(ir, body.root, Polarity::Holds, 16)
    }

    fn is_safe_test(&self, test: ExprId, polarity: Polarity) -> bool {
        if let Expr::Call { .. } = self.ir.expr(test)
            && let Callee::Fn(def) = self.types.callee(test)
        {
            return polarity == Polarity::Holds && self.is_safe_function(*def);
        }
        match self.ir.expr(test) {
            Expr::Unary { op: UnaryOp::Not, operand } => self.is_safe_test(operand, polarity.flip()),
            Expr::Binary { op: BinaryOp::Or, lhs, rhs } => {
                let (lhs, rhs) = (self.is_safe_test(lhs, polarity), self.is_safe_test(rhs, polarity));
                if polarity == Polarity::Holds { lhs && rhs } else { lhs || rhs }
            }
            Expr::Binary { op: BinaryOp::And, lhs, rhs } => {
                let (lhs, rhs) = (self.is_safe_test(lhs, polarity), self.is_safe_test(rhs, polarity));
                if polarity == Polarity::Holds { lhs || rhs } else { lhs && rhs }
            }
            _ => safe_test(self.ir, test, polarity, 16),
        }
    }

    /// Facts that speak of other values than the one iterated.
    pub(super) fn facts_beside(&self, facts: &Facts, iterated: ValueId) -> Facts {
        let own = &self.values.get(iterated).origins;
        let about_own = |fact: &Fact| own.iter().any(|o| o.root == fact.root && o.path.covers(&fact.path));
        facts.iter().filter(|fact| !about_own(fact)).copied().collect()
    }
}

/// Whether a test is looked at as holding or as failing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Polarity {
    Holds,
    Fails,
}

impl Polarity {
    fn flip(self) -> Self {
        match self {
            Self::Holds => Self::Fails,
            Self::Fails => Self::Holds,
        }
    }
}

/// Whether a test of one character leaves harmless characters only.
fn safe_test(ir: &SourceIr, test: ExprId, polarity: Polarity, depth: u8) -> bool {
    if depth == 0 {
        return false;
    }
    let test_of = |expr, polarity| safe_test(ir, expr, polarity, depth - 1);
    match ir.expr(test) {
        Expr::Block { tail: Some(tail), .. } => test_of(tail, polarity),
        Expr::Unary { op: UnaryOp::Not, operand } => test_of(operand, polarity.flip()),
        Expr::Binary { op: BinaryOp::Or, lhs, rhs } => match polarity {
            Polarity::Holds => test_of(lhs, polarity) && test_of(rhs, polarity),
            Polarity::Fails => test_of(lhs, polarity) || test_of(rhs, polarity),
        },
        Expr::Binary { op: BinaryOp::And, lhs, rhs } => match polarity {
            Polarity::Holds => test_of(lhs, polarity) || test_of(rhs, polarity),
            Polarity::Fails => test_of(lhs, polarity) && test_of(rhs, polarity),
        },
        Expr::Binary { op: BinaryOp::Eq, lhs, rhs } if polarity == Polarity::Holds => {
            is_safe_literal(ir, lhs) || is_safe_literal(ir, rhs)
        }
        Expr::Binary { op: BinaryOp::Ne, lhs, rhs } if polarity == Polarity::Fails => {
            is_safe_literal(ir, lhs) || is_safe_literal(ir, rhs)
        }
        Expr::MethodCall { method, .. } if polarity == Polarity::Holds && is_safe_class(method.as_str()) => {
            true
        }
        Expr::MethodCall { receiver, method, .. } if polarity == Polarity::Holds => {
            method.as_str() == "contains" && is_safe_literal(ir, receiver)
        }
        Expr::Let { pat, .. } => polarity == Polarity::Holds && is_safe_pattern(ir, pat),
        _ => false,
    }
}

fn is_safe_pattern(ir: &SourceIr, pat: PatId) -> bool {
    match ir.pat(pat) {
        // Ranges of characters are written for letters and digits.
        Pat::Range => true,
        Pat::Literal(literal) => is_safe_text(literal),
        Pat::Or(pats) => ir.list(pats).all(|pat| is_safe_pattern(ir, pat)),
        Pat::Ref(inner) => is_safe_pattern(ir, inner),
        _ => false,
    }
}

fn is_safe_literal(ir: &SourceIr, expr: ExprId) -> bool {
    match ir.expr(expr) {
        Expr::Literal(literal) => is_safe_text(literal),
        Expr::Ref { operand, .. } | Expr::Unary { op: UnaryOp::Deref, operand } => {
            is_safe_literal(ir, operand)
        }
        Expr::Array(elements) => ir.list(elements).all(|element| is_safe_literal(ir, element)),
        Expr::Range { .. } => true,
        _ => false,
    }
}

fn is_safe_text(literal: Literal) -> bool {
    let safe = |c: char| {
        c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '/' | '@' | '+' | '=' | ' ' | ',')
    };
    match literal {
        Literal::Char(c) => safe(c),
        Literal::Str(text) | Literal::ByteStr(text) => text.as_str().chars().all(safe),
        Literal::Int(text) => {
            let byte = text.as_str().strip_prefix("b'").and_then(|rest| rest.chars().next());
            byte.is_none_or(safe)
        }
        Literal::Float(_) | Literal::Bool(_) => true,
    }
}

fn is_safe_class(name: &str) -> bool {
    matches!(
        name,
        "is_alphanumeric"
            | "is_ascii_alphanumeric"
            | "is_alphabetic"
            | "is_ascii_alphabetic"
            | "is_numeric"
            | "is_digit"
            | "is_ascii_digit"
            | "is_ascii_hexdigit"
            | "is_lowercase"
            | "is_ascii_lowercase"
            | "is_uppercase"
            | "is_ascii_uppercase"
    )
}
