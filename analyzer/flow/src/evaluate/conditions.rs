//! Conditions: what is known when they hold and when they fail.

use smallvec::SmallVec;
use ward_semantics::{Callee, Resolution};
use ward_syntax::{
    BinaryOp, Body, Expr, ExprId, List, Literal, Pat, PatId, PathId, SourceIr, Symbol, UnaryOp, sym,
};

use super::Evaluator;
use super::absent::bound_to;
use super::patterns::{TRUTH, index_name};
use crate::models::{Barrier, SourceClass, When};
use crate::value::{Fact, Facts, KindSet, Origin, Outcome, Root, Text, Value, ValueId, add, common};

impl Evaluator<'_> {
    /// An expression that is a truth, whatever else it was found in: a column of a row, the inner part of a result.
    pub(super) fn eval_truth(&mut self, expr: ExprId) -> ValueId {
        let value = self.eval(expr);
        let fields = self.values.get(value).fields;
        fields.iter().find(|(name, _)| name.as_str() == TRUTH).map_or(value, |(_, truth)| *truth)
    }

    pub(super) fn eval_and(&mut self, lhs: ExprId, rhs: ExprId) -> ValueId {
        let left = self.eval_truth(lhs);
        let before = self.state.cleared.clone();
        self.assume_success(left);
        let right = self.eval_truth(rhs);
        self.state.cleared = before;
        let (left, right) = (self.values.get(left), self.values.get(right));
        let mut success: Facts = left.if_success.into();
        add(&mut success, right.if_success);
        let failure = common(left.if_failure, right.if_failure);
        self.truth(success, failure)
    }

    pub(super) fn eval_or(&mut self, lhs: ExprId, rhs: ExprId) -> ValueId {
        let left = self.eval_truth(lhs);
        let before = self.state.cleared.clone();
        self.assume_failure(left);
        let right = self.eval_truth(rhs);
        self.state.cleared = before;
        let (left, right) = (self.values.get(left), self.values.get(right));
        let mut failure: Facts = left.if_failure.into();
        add(&mut failure, right.if_failure);
        let success = common(left.if_success, right.if_success);
        self.truth(success, failure)
    }

    pub(super) fn eval_not(&mut self, operand: ExprId) -> ValueId {
        let value = self.eval_truth(operand);
        let value = self.values.get(value);
        let not = Value {
            text: Text::Constrained,
            if_success: value.if_failure.into(),
            if_failure: value.if_success.into(),
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
            let order = self.ordered(op, left, right);
            let (below, above) = self.told_by_status(op, lhs, rhs);
            return self.with_outcome(order, &below, &above);
        }
        for (known, other) in [(left, right), (right, left)] {
            if self.values.get(known).outcome != Outcome::Open {
                self.note_asked(other);
            }
        }
        let text = self.cx.models.kinds.of_text();
        let fixed = |evaluator: &Self, id| {
            let value = evaluator.values.get(id);
            !value.origins.iter().any(|origin| origin.open.meets(text)) && value.text != Text::Unknown
        };
        let (told_left, told_right) = (self.told_of(lhs, left), self.told_of(rhs, right));
        let cleared = match (fixed(self, left), fixed(self, right)) {
            (true, false) => self.all_of(told_right),
            (false, true) => self.all_of(told_left),
            (true, true) => {
                let mut cleared = self.bounded(left, right);
                add(&mut cleared, &self.bounded(right, left));
                cleared
            }
            (false, false) => match (self.is_requested(left), self.is_requested(right)) {
                (true, false) => self.requested(left),
                (false, true) => self.requested(right),
                // A parameter that equals what no parameter brought: whoever calls with request data learns of it.
                (false, false) => match (self.given_by(left), self.given_by(right)) {
                    (Given::Whole, Given::Own | Given::Part) => self.all_of(left),
                    (Given::Own | Given::Part, Given::Whole) => self.all_of(right),
                    _ => Facts::new(),
                },
                (true, true) => Facts::new(),
            },
        };
        let mut otherwise = cleared.clone();
        otherwise.iter_mut().for_each(|fact| {
            fact.kinds = fact.kinds.intersection(self.cx.models.kinds.compared());
        });
        otherwise.retain(|fact| !fact.kinds.is_empty());
        let (mut equal, unequal) = self.told_by_equality((lhs, left), (rhs, right));
        add(&mut equal, &cleared);
        add(&mut equal, &self.told_by_count(lhs, right));
        add(&mut equal, &self.told_by_seal(left, right));
        add(&mut equal, &self.told_by_seal(right, left));
        add(&mut otherwise, &unequal);
        add(&mut otherwise, &self.told_by_status(BinaryOp::Eq, lhs, rhs).1);
        match op {
            BinaryOp::Eq => self.truth(equal, otherwise),
            _ => self.truth(otherwise, equal),
        }
    }

    /// A value as it is compared: what a method that is not known says of a text is another text, and what is known of
    /// that is not known of the one it was asked of.
    pub(super) fn told_of(&mut self, expr: ExprId, value: ValueId) -> ValueId {
        if let Expr::Tuple(elements) = self.ir.expr(expr) {
            return self.told_of_each(elements, value);
        }
        if self.values.origins_of(value).is_empty() || !self.is_derived(expr) {
            return value;
        }
        let part = Symbol::new("()");
        self.values.with_origins(value, |origin| Some(Origin { path: origin.path.then(part), ..origin }))
    }

    fn told_of_each(&mut self, elements: List<ExprId>, value: ValueId) -> ValueId {
        let elements: SmallVec<[ExprId; 4]> = self.ir.list(elements).collect();
        let mut told = value;
        for (index, element) in elements.into_iter().enumerate() {
            let part = self.values.part(value, index_name(index));
            let part_told = self.told_of(element, part);
            if part_told != part {
                told = self.values.with_part(told, index_name(index), part_told);
            }
        }
        told
    }

    /// Whether an expression is what a method that no model speaks of says.
    fn is_derived(&self, expr: ExprId) -> bool {
        match self.ir.expr(expr) {
            Expr::Ref { operand, .. }
            | Expr::Unary { operand, .. }
            | Expr::Await(operand)
            | Expr::Try(operand) => self.is_derived(operand),
            Expr::MethodCall { receiver, method, .. } => {
                let is_known = match self.types.callee(expr) {
                    Callee::Method { ty, name } => {
                        let methods = &self.cx.models.methods;
                        methods.contains_key(&(*ty, *name)) || methods.contains_key(&(sym::ANY, *name))
                    }
                    Callee::UnknownMethod(name) => self.standard_method(*name).is_some(),
                    _ => true,
                };
                (!is_known && !is_same_text(method.as_str())) || self.is_derived(receiver)
            }
            _ => false,
        }
    }

    /// `list.count() == 1`: the only element is the one that was looked at.
    fn told_by_count(&self, counted: ExprId, number: ValueId) -> Facts {
        let is_one = self.values.constant_of(number).is_some_and(|text| text.as_str() == "1");
        match self.ir.expr(counted) {
            Expr::MethodCall { receiver, method, .. }
                if is_one && matches!(method.as_str(), "count" | "len") =>
            {
                self.told_by_elements(self.last_value(receiver))
            }
            _ => Facts::new(),
        }
    }

    /// Where a compared value comes from, seen from inside the function.
    fn given_by(&self, id: ValueId) -> Given {
        let origins = self.values.flatten(id);
        if origins.is_empty() {
            return Given::Own;
        }
        let by_caller = |origin: &Origin| matches!(origin.root, Root::Parameter(_));
        match (origins.iter().all(by_caller), origins.iter().any(|origin| origin.path.is_empty())) {
            (true, true) => Given::Whole,
            (true, false) => Given::Part,
            (false, _) => Given::Mixed,
        }
    }

    /// Whether a request brought the value, or a part of it.
    pub(super) fn is_requested(&self, id: ValueId) -> bool {
        self.values.flatten(id).iter().any(|origin| self.is_of_request(origin))
    }

    /// What is known of request data that equals something of the service's own.
    fn requested(&self, id: ValueId) -> Facts {
        let origins = self.values.flatten(id);
        let requested = origins.iter().filter(|origin| self.is_of_request(origin));
        requested.map(|origin| Fact { root: origin.root, path: origin.path, kinds: KindSet::ALL }).collect()
    }

    /// Whether a request brought what an origin speaks of; an error's text, a secret and others came from inside.
    pub(super) fn is_of_request(&self, origin: &Origin) -> bool {
        let kinds = self.cx.models.kinds.of_class(SourceClass::Request);
        matches!(origin.root, Root::Source(_)) && origin.open.meets(kinds)
    }

    /// What models say of a value that is, and that is not, a certain text or variant.
    fn told_by_equality(&self, left: (ExprId, ValueId), right: (ExprId, ValueId)) -> (Facts, Facts) {
        let (mut equal, mut unequal) = (Facts::new(), Facts::new());
        for ((expr, known), (_, other)) in [(left, right), (right, left)] {
            let (yes, no) = match (self.values.constant_of(known), self.ir.expr(expr)) {
                (Some(text), _) => self.told_by_text(text, other),
                (None, Expr::Path(path)) => self.told_by_variant(path, other),
                _ => continue,
            };
            add(&mut equal, &yes);
            add(&mut unequal, &no);
        }
        (equal, unequal)
    }

    /// What the models of `str::eq` say of a value that is compared with a text.
    pub(super) fn told_by_text(&self, text: Symbol, compared: ValueId) -> (Facts, Facts) {
        let (mut equal, mut unequal) = (Facts::new(), Facts::new());
        let models = self.cx.models;
        let Some(model) = models.methods.get(&(Symbol::new("str"), Symbol::new("eq"))) else {
            return (equal, unequal);
        };
        for barrier in model.barriers.iter().filter(|barrier| barrier.given.contains(&text)) {
            let facts = self.facts_of_barrier(barrier, compared);
            add(if barrier.when == When::False { &mut unequal } else { &mut equal }, &facts);
        }
        (equal, unequal)
    }

    /// What models say of a value that is, and that is not, a variant outside the workspace.
    pub(super) fn told_by_variant(&self, path: PathId, compared: ValueId) -> (Facts, Facts) {
        let (mut is, mut is_not) = (Facts::new(), Facts::new());
        let path = match self.types.path(path) {
            Resolution::External(path) => path,
            Resolution::Method { ty, name } => Symbol::new(&format!("{ty}::{name}")),
            _ => return (is, is_not),
        };
        for barrier in self.cx.models.pattern_barriers.get(&path).into_iter().flatten() {
            let facts = self.facts_of_barrier(barrier, compared);
            add(if barrier.when == When::False { &mut is_not } else { &mut is }, &facts);
        }
        (is, is_not)
    }

    /// What is known of a value that a check let through.
    pub(super) fn facts_of_barrier(&self, barrier: &Barrier, checked: ValueId) -> Facts {
        self.facts_for(barrier, self.cx.kinds(&barrier.kinds), checked)
    }

    /// The same, for these kinds.
    pub(super) fn facts_for(&self, barrier: &Barrier, kinds: KindSet, checked: ValueId) -> Facts {
        if kinds.is_empty() {
            return Facts::new();
        }
        let origins = &self.values.origins_of(checked);
        let fits = |origin: &&Origin| barrier.context.is_none() || origin.escaped == barrier.context;
        let facts = origins.iter().filter(fits);
        facts.map(|origin| Fact { root: origin.root, path: origin.path, kinds }).collect()
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
        let polarity = if method == "all" { Polarity::Holds } else { Polarity::Fails };
        let facts = self.cleared_text(text, self.cleared_by_predicate(*predicate, polarity));
        if facts.is_empty() {
            return None;
        }
        let _ = call;
        Some(match polarity {
            Polarity::Holds => self.truth(facts, Facts::new()),
            Polarity::Fails => self.truth(Facts::new(), facts),
        })
    }

    /// The kinds of sink for which a test of characters lets harmless ones through only. The test is asked
    /// with the characters that it must refuse beside those that are harmful everywhere.
    pub(super) fn cleared_by_characters(&self, test: impl Fn(&str) -> bool) -> KindSet {
        if !test("") {
            return KindSet::NONE;
        }
        let rows = self.cx.models.refused_characters.iter();
        let failed = rows.filter(|row| !test(row.characters.as_str()));
        failed.fold(KindSet::ALL, |kinds, row| kinds.without(self.cx.kinds(&row.kinds)))
    }

    /// The same, where a closure or a function tests the characters.
    fn cleared_by_predicate(&self, predicate: ExprId, polarity: Polarity) -> KindSet {
        self.cleared_by_characters(|refused| self.is_safe_predicate(predicate, polarity, refused))
    }

    /// That a text is harmless for some kinds.
    fn cleared_text(&self, text: ExprId, kinds: KindSet) -> Facts {
        let mut facts = self.all_of(self.last_value(text));
        facts.iter_mut().for_each(|fact| fact.kinds = kinds);
        facts.retain(|fact| !fact.kinds.is_empty());
        facts
    }

    /// The kinds for which `text.chars().filter(predicate)` keeps harmless characters only.
    pub(super) fn safe_characters_kept(&self, receiver: ExprId, method: &str, args: &[ExprId]) -> KindSet {
        let [predicate] = args else { return KindSet::NONE };
        match method {
            "filter" | "take_while" if self.characters_of(receiver).is_some() => {
                self.cleared_by_predicate(*predicate, Polarity::Holds)
            }
            _ => KindSet::NONE,
        }
    }

    /// `text.retain(predicate)` leaves in a text the characters that the predicate holds for.
    pub(super) fn retain_characters(&mut self, text: ExprId, args: &[ExprId]) {
        let ([predicate], Some(place)) = (args, self.place(text)) else { return };
        let kinds = self.cleared_by_predicate(*predicate, Polarity::Holds);
        let value = self.read_place(&place);
        let left = self.without(value, kinds);
        self.write_place(&place, left);
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
        let refuses = |stmt: ExprId, refused: &str| match self.ir.expr(stmt) {
            Expr::If { cond, then, otherwise: None } => {
                self.is_safe_test(cond, Polarity::Fails, refused) && self.always_leaves(then)
            }
            Expr::Match { arms, .. } => {
                let stays = |arm: &&ward_syntax::Arm| !self.always_leaves(arm.body);
                self.ir.arms(arms).iter().filter(stays).all(|arm| is_safe_pattern(self.ir, arm.pat, refused))
            }
            _ => false,
        };
        let any = |refused: &str| self.ir.list(stmts).chain(tail).any(|stmt| refuses(stmt, refused));
        self.cleared_text(text, self.cleared_by_characters(any))
    }

    /// What is known after `for part in text.split('/') { if part == ".." { return .. } }`: what it is that the text does
    /// not contain it.
    pub(super) fn refused_segments(&self, iter: ExprId, body: ExprId) -> Facts {
        let Expr::MethodCall { receiver, method, .. } = self.ir.expr(iter) else { return Facts::new() };
        let Expr::Block { stmts, tail, .. } = self.ir.expr(body) else { return Facts::new() };
        if !matches!(method.as_str(), "split" | "rsplit" | "split_terminator") {
            return Facts::new();
        }
        let models = self.cx.models;
        let contains = models.methods.get(&(Symbol::new("str"), Symbol::new("contains")));
        let told = |text: Symbol| {
            let barriers = contains.into_iter().flat_map(|model| &model.barriers);
            let rows = barriers.filter(|row| row.when == When::False && row.given.contains(&text));
            rows.fold(KindSet::NONE, |kinds, row| kinds.union(self.cx.kinds(&row.kinds)))
        };
        let refused = |stmt: ExprId| match self.ir.expr(stmt) {
            Expr::If { cond, then, otherwise: None } if self.always_leaves(then) => self.equal_texts(cond),
            _ => Vec::new(),
        };
        let texts = self.ir.list(stmts).chain(tail).flat_map(refused);
        let kinds = texts.fold(KindSet::NONE, |kinds, text| kinds.union(told(text)));
        self.cleared_text(receiver, kinds)
    }

    /// The texts with one of which something is equal: `part == ".." || part == "."`.
    fn equal_texts(&self, cond: ExprId) -> Vec<Symbol> {
        match self.ir.expr(cond) {
            Expr::Binary { op: BinaryOp::Or, lhs, rhs } => {
                let mut texts = self.equal_texts(lhs);
                texts.extend(self.equal_texts(rhs));
                texts
            }
            Expr::Binary { op: BinaryOp::Eq, lhs, rhs } => {
                let literals = [lhs, rhs].into_iter().filter_map(|side| match self.ir.expr(side) {
                    Expr::Literal(Literal::Str(text)) => Some(text),
                    _ => None,
                });
                literals.collect()
            }
            _ => Vec::new(),
        }
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
                matches!(path.rsplit(':').next(), Some("bail" | "panic"))
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

    fn is_safe_predicate(&self, predicate: ExprId, polarity: Polarity, refused: &str) -> bool {
        match self.ir.expr(predicate) {
            Expr::Closure(closure) => self.is_safe_test(self.ir.closure(closure).body, polarity, refused),
            Expr::Ref { operand, .. } => self.is_safe_predicate(operand, polarity, refused),
            Expr::Path(path) => match self.types.path(path) {
                Resolution::Def(def) => polarity == Polarity::Holds && self.is_safe_function(def, refused),
                _ => polarity == Polarity::Holds && is_safe_class(self.last_name(path).as_str()),
            },
            _ => false,
        }
    }

    fn is_safe_function(&self, def: ward_semantics::DefId, refused: &str) -> bool {
        let Some((file, body)) = self.cx.body(def) else { return false };
        let ir = self.cx.semantics.ir(file);
        let body: Body = ir.body(body);
        safe_test(ir, body.root, Polarity::Holds, refused, 16)
    }

    fn is_safe_test(&self, test: ExprId, polarity: Polarity, refused: &str) -> bool {
        if let Expr::Call { .. } = self.ir.expr(test)
            && let Callee::Fn(def) = self.types.callee(test)
        {
            return polarity == Polarity::Holds && self.is_safe_function(*def, refused);
        }
        match self.ir.expr(test) {
            Expr::Unary { op: UnaryOp::Not, operand } => self.is_safe_test(operand, polarity.flip(), refused),
            // `let ok = letter.is_alphanumeric(); if !ok { return .. }`
            Expr::Local(local) => bound_to(self.ir, self.body, local)
                .is_some_and(|test| self.is_safe_test(test, polarity, refused)),
            Expr::Binary { op: BinaryOp::Or, lhs, rhs } => {
                let (lhs, rhs) =
                    (self.is_safe_test(lhs, polarity, refused), self.is_safe_test(rhs, polarity, refused));
                if polarity == Polarity::Holds { lhs && rhs } else { lhs || rhs }
            }
            Expr::Binary { op: BinaryOp::And, lhs, rhs } => {
                let (lhs, rhs) =
                    (self.is_safe_test(lhs, polarity, refused), self.is_safe_test(rhs, polarity, refused));
                if polarity == Polarity::Holds { lhs || rhs } else { lhs && rhs }
            }
            _ => safe_test(self.ir, test, polarity, refused, 16),
        }
    }

    /// Facts that speak of other values than the one iterated.
    pub(super) fn facts_beside(&self, facts: &Facts, iterated: ValueId) -> Facts {
        let own = &self.values.origins_of(iterated);
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
fn safe_test(ir: &SourceIr, test: ExprId, polarity: Polarity, refused: &str, depth: u8) -> bool {
    if depth == 0 {
        return false;
    }
    let test_of = |expr, polarity| safe_test(ir, expr, polarity, refused, depth - 1);
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
            is_safe_literal(ir, lhs, refused) || is_safe_literal(ir, rhs, refused)
        }
        Expr::Binary { op: BinaryOp::Ne, lhs, rhs } if polarity == Polarity::Fails => {
            is_safe_literal(ir, lhs, refused) || is_safe_literal(ir, rhs, refused)
        }
        Expr::MethodCall { method, .. } if polarity == Polarity::Holds && is_safe_class(method.as_str()) => {
            true
        }
        Expr::MethodCall { receiver, method, .. } if polarity == Polarity::Holds => {
            method.as_str() == "contains" && is_safe_literal(ir, receiver, refused)
        }
        // `char::is_alphanumeric(c)`
        Expr::Call { callee, .. } if polarity == Polarity::Holds => match ir.expr(callee) {
            Expr::Path(path) => {
                ir.path_segments(path).last().is_some_and(|name| is_safe_class(name.name.as_str()))
            }
            _ => false,
        },
        Expr::Let { pat, .. } => polarity == Polarity::Holds && is_safe_pattern(ir, pat, refused),
        _ => false,
    }
}

fn is_safe_pattern(ir: &SourceIr, pat: PatId, refused: &str) -> bool {
    match ir.pat(pat) {
        // Ranges of characters are written for letters and digits.
        Pat::Range => true,
        Pat::Literal(literal) => is_safe_text(literal, refused),
        Pat::Or(pats) => ir.list(pats).all(|pat| is_safe_pattern(ir, pat, refused)),
        Pat::Ref(inner) => is_safe_pattern(ir, inner, refused),
        _ => false,
    }
}

fn is_safe_literal(ir: &SourceIr, expr: ExprId, refused: &str) -> bool {
    match ir.expr(expr) {
        Expr::Literal(literal) => is_safe_text(literal, refused),
        Expr::Ref { operand, .. } | Expr::Unary { op: UnaryOp::Deref, operand } => {
            is_safe_literal(ir, operand, refused)
        }
        Expr::Array(elements) => ir.list(elements).all(|element| is_safe_literal(ir, element, refused)),
        Expr::Range { .. } => true,
        _ => false,
    }
}

fn is_safe_text(literal: Literal, refused: &str) -> bool {
    let safe = |c| is_safe_character(c, refused);
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

/// Whether a method of this name gives the text itself, whatever has it.
fn is_same_text(method: &str) -> bool {
    method.starts_with("as_")
        || method.starts_with("to_")
        || method.starts_with("into_")
        || matches!(
            method,
            "into" | "clone" | "cloned" | "borrow" | "deref" | "inner" | "get_ref" | "get" | "value" | "text"
        )
}

/// Whether a character is harmless, those aside that must be refused.
pub(super) fn is_safe_character(c: char, refused: &str) -> bool {
    let common = matches!(c, '_' | '-' | '.' | ':' | '/' | '@' | '+' | '=' | ' ' | ',');
    c.is_alphanumeric() || (common && !refused.contains(c))
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

/// Where a compared value comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Given {
    /// From nothing that the function was given.
    Own,
    /// A parameter.
    Whole,
    /// A part of a parameter: what `self` or a context holds is the service's own.
    Part,
    /// Something else.
    Mixed,
}
