//! One body: which of its refusals depend on the caller's credential.
//!
//! Expressions are evaluated in order, once. Conditions are kept as frames: code behind `let Some(x) = e else { .. }`
//! or within an arm runs under one. A refusal is an answer that says no: an error, nothing, `false`, a status, in
//! a middleware whatever does not come from what is behind it. It counts for what its frames depend on, unless
//! it is only reached where a credential is present.

use std::cell::OnceCell;

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use ward_flow::models::{GuardCall, Models};
use ward_semantics::{BodyTypes, Callee, DefId, Semantics, Ty, TyKind};
use ward_syntax::{
    BinaryOp, BlockKind, BodyId, ClosureId, Expr, ExprId, FileId, FileSpan, Literal, LocalId, Pat, PatId,
    SourceIr, Span, Symbol, UnaryOp,
};

use super::calls::is_response;
use super::deps::{Deps, Frame, Reach, Sense, Shape, Summary, Value};
use super::index::Known;
use super::matching::{Matched, decides};
use super::memo::note_body;
use super::names;
use super::statuses::Status;

/// What every evaluation needs.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) semantics: &'a Semantics,
    pub(crate) models: &'a Models,
    pub(crate) known: &'a Known,
}

impl Context<'_> {
    /// The body of another item than the one that is evaluated.
    pub(crate) fn body(self, def: DefId) -> Option<(FileId, BodyId)> {
        note_body(def);
        self.semantics.body(def)
    }
}

/// The types that a function says something of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Types {
    /// Of what it leaves in a request that comes of a credential, and whether it does so where there is none, too.
    pub(crate) attached: Vec<(Ty, bool)>,
    /// Of the workspace, extracted by naming them.
    pub(crate) asked: Vec<Ty>,
    /// External extractors that are used as only a version offers which refuses nobody.
    pub(crate) lenient: Vec<Symbol>,
    /// Names under which it leaves in a request what comes of a credential.
    pub(crate) named: Vec<Symbol>,
}

/// What a parameter holds beyond being one.
#[derive(Default)]
pub(crate) struct Given {
    pub(crate) value: Value,
    /// Whether the function is where a credential of the request is read.
    pub(crate) is_read: bool,
    /// Whether it is what the request asks for: path, query, body.
    pub(crate) is_sent: bool,
}

/// Whether an expression is the answer of the function.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    /// It is.
    Answer,
    /// It is a value on the way.
    Inner,
}

#[allow(clippy::struct_excessive_bools, reason = "facts that do not depend on each other")]
pub(crate) struct Evaluator<'a> {
    pub(crate) cx: Context<'a>,
    pub(crate) def: DefId,
    pub(crate) file: FileId,
    pub(crate) ir: &'a SourceIr,
    pub(crate) types: &'a BodyTypes,
    locals: FxHashMap<LocalId, Value>,
    pub(crate) frames: Vec<Frame>,
    pub(crate) summary: Summary,
    /// Types of what it leaves in a request that comes of a credential, and whether it does so where there is none, too.
    pub(crate) attached: Vec<(Ty, bool)>,
    /// Types of the workspace that it extracts by naming them: `request.guard::<User>()`.
    pub(crate) asked: Vec<Ty>,
    /// Types that it uses as only a version offers which refuses nobody.
    pub(crate) lenient: Vec<Symbol>,
    /// Names under which it leaves in a request what comes of a credential.
    pub(crate) named: Vec<Symbol>,
    /// Whether it hands requests on: an answer that does not come from behind it refuses.
    pub(crate) is_middleware: bool,
    /// Whether `true` and `false` are the answers.
    answers_bool: bool,
    /// Whether the expression is given to a `return`, with more of the function behind it.
    returns: bool,
    /// Whether `Some(response)` refuses and `None` lets through.
    some_refuses: bool,
    /// Whether it tells by `Ok(true)` and `Ok(false)`: an error is no answer.
    pub(crate) answers_in_ok: bool,
    /// Whether a credential was found wrong somewhere, and the request handed on all the same.
    goes_on: bool,
    /// Whether something is refused by comparing a credential.
    compares: bool,
    /// What is refused only where the request chose to come there.
    dropped: Deps,
    /// Where some have been let go on by now: on what that depends.
    escaped: Option<Deps>,
    /// Whether the branch has refused by now.
    refused: bool,
    /// How many closures and futures are around the expression.
    nesting: u32,
    /// Parameters that turned out to be a credential: something judges them as one.
    proven: Deps,
    /// Variables that hold headers, cookies or a session.
    pub(crate) carriers: FxHashSet<LocalId>,
    /// Variables that hold the name of a credential's header or cookie.
    pub(crate) settings: FxHashSet<LocalId>,
    /// Variables that hold what the request asks for, whole or in part.
    pub(crate) sent: FxHashSet<LocalId>,
    /// Variables that hold the error of a result, and what that fails for.
    pub(crate) errors: FxHashMap<LocalId, Deps>,
    /// Variables that hold an async block.
    pub(crate) futures: FxHashSet<LocalId>,
    /// Whether the variable that is bound is declared as a credential: `let token: Authorization<Bearer> = ..`.
    pub(crate) wants_credential: bool,
    /// Texts that variables hold.
    pub(crate) texts: FxHashMap<LocalId, Symbol>,
    /// Where the body names a status that says no for another reason than who calls, once somebody has asked.
    pub(crate) statuses: OnceCell<Vec<(Status, Span)>>,
    /// Whether somebody of whom nothing is known has been let in: `Ok(Caller { user: None })`.
    pub(crate) admits: bool,
    /// Variables that hold a reference to what a request carries, and its type.
    pub(crate) borrowed: FxHashMap<LocalId, Ty>,
    /// What was bound last.
    pub(crate) dropped_value: Value,
    /// How deep the expression is; what is deeper than anybody writes is not looked at.
    depth: u32,
}

const MOST_DEPTH: u32 = 256;

impl<'a> Evaluator<'a> {
    pub(crate) fn new(cx: Context<'a>, def: DefId, file: FileId) -> Option<Self> {
        let types = cx.semantics.types(def)?;
        let ir = cx.semantics.ir(file);
        let ret = cx.semantics.signature(def).map(|signature| signature.ret);
        Some(Self {
            cx,
            def,
            file,
            ir,
            types,
            locals: FxHashMap::default(),
            frames: Vec::new(),
            summary: Summary { hops: u8::MAX, ..Summary::default() },
            attached: Vec::new(),
            asked: Vec::new(),
            lenient: Vec::new(),
            named: Vec::new(),
            is_middleware: hands_on(cx, def, types),
            answers_bool: ret.is_some_and(is_bool),
            returns: false,
            some_refuses: ret.is_some_and(refuses_by_some),
            answers_in_ok: ret
                .and_then(|ret| ret.as_external("std::result::Result")?.first().copied())
                .is_some_and(is_bool),
            goes_on: false,
            compares: false,
            dropped: Deps::NONE,
            escaped: None,
            refused: false,
            nesting: 0,
            proven: Deps::NONE,
            carriers: FxHashSet::default(),
            settings: FxHashSet::default(),
            sent: FxHashSet::default(),
            errors: FxHashMap::default(),
            futures: FxHashSet::default(),
            wants_credential: false,
            texts: FxHashMap::default(),
            statuses: OnceCell::new(),
            admits: false,
            borrowed: FxHashMap::default(),
            dropped_value: Value::default(),
            depth: 0,
        })
    }

    /// What a function does. `given` tells of a parameter what it holds beyond being one.
    pub(crate) fn function(
        cx: Context<'a>,
        def: DefId,
        given: &dyn Fn(usize, Ty) -> Given,
    ) -> Option<(Summary, Types)> {
        let (file, body) = cx.semantics.body(def)?;
        let function = cx.semantics.item(def).as_fn()?;
        let mut evaluator = Self::new(cx, def, file)?;
        let body = evaluator.ir.body(body);
        let mut index = 0;
        if let Some(local) = body.self_local {
            evaluator.locals.insert(local, Value::fallible(Deps::param(0)));
            index = 1;
        }
        let signature = cx.semantics.signature(def);
        for (position, param) in function.params.iter().enumerate() {
            let ty = signature.and_then(|s| s.params.get(position)).copied().unwrap_or_else(Ty::unknown);
            let Given { value: own, is_read, is_sent } = given(position, ty);
            if is_read {
                let place = FileSpan { file, span: evaluator.ir.pat_span(param.pat) };
                (evaluator.summary.reads, evaluator.summary.reads_sent) = (true, true);
                (evaluator.summary.hops, evaluator.summary.credential) = (0, Some(place));
            }
            let own = Value { data: own.data.union(Deps::param(index)), ..own };
            let own =
                if is_fallible(ty) { Value { fail: own.fail.union(Deps::param(index)), ..own } } else { own };
            evaluator.bind(param.pat, own);
            if is_sent {
                evaluator.note_sent(param.pat);
            }
            index += 1;
        }
        evaluator.run(body.root);
        let Self { summary, attached, asked, lenient, named, .. } = evaluator;
        Some((summary, Types { attached, asked, lenient, named }))
    }

    /// What a closure does where it stands for a function: middleware, a handler, an interceptor.
    pub(crate) fn closure(cx: Context<'a>, def: DefId, file: FileId, closure: ClosureId) -> Option<Summary> {
        let mut evaluator = Self::new(cx, def, file)?;
        let closure = evaluator.ir.closure(closure);
        evaluator.answers_bool = is_bool(evaluator.types.expr(closure.body));
        for (index, (pat, _)) in closure.params.iter().enumerate() {
            let own = evaluator.given_by_type(*pat);
            let own = Value { data: own.data.union(Deps::param(index)), ..own };
            let is_fallible = evaluator.bound_type(*pat).is_some_and(is_fallible);
            let fail = if is_fallible { own.fail.union(Deps::param(index)) } else { own.fail };
            evaluator.bind(*pat, Value { fail, ..own });
        }
        evaluator.run(closure.body);
        Some(evaluator.summary)
    }

    fn run(&mut self, root: ExprId) {
        self.answer(root);
        if self.summary.hops == u8::MAX {
            self.summary.hops = 0;
        }
        self.summary.denies = self.some_refuses;
        // A part of the request turns out to be a credential where it is judged as one.
        self.summary.reads |= self.summary.fail.has(Deps::CREDENTIAL);
        if self.summary.fail.has(self.proven) {
            self.summary.fail = self.summary.fail.union(Deps::CREDENTIAL);
        }
        // That there is some credential is all that is asked for, and anybody can send one.
        if self.goes_on && !self.compares && !self.summary.fail.has(Deps::JUDGED) {
            self.summary.fail = self.summary.fail.without(Deps::CREDENTIAL);
        }
    }

    fn given_by_type(&self, pat: PatId) -> Value {
        self.bound_type(pat).map_or_else(Value::default, |ty| self.cx.known.given(self.cx, ty))
    }

    fn bound_type(&self, pat: PatId) -> Option<Ty> {
        match self.ir.pat(pat) {
            Pat::Bind { local, .. } => Some(self.types.local(local)),
            _ => None,
        }
    }

    pub(crate) fn place(&self, expr: ExprId) -> FileSpan {
        FileSpan { file: self.file, span: self.ir.expr_span(expr) }
    }

    // Answers.

    /// An expression whose value is the function's answer.
    fn answer(&mut self, expr: ExprId) {
        self.visit(expr, Position::Answer);
    }

    pub(crate) fn eval(&mut self, expr: ExprId) -> Value {
        self.visit(expr, Position::Inner)
    }

    fn visit(&mut self, expr: ExprId, position: Position) -> Value {
        if self.depth >= MOST_DEPTH {
            return Value::default();
        }
        self.depth += 1;
        let value = self.visit_kind(expr, position);
        self.depth -= 1;
        value
    }

    fn visit_kind(&mut self, expr: ExprId, position: Position) -> Value {
        match self.ir.expr(expr) {
            Expr::Block { kind, stmts, tail } => {
                if kind == BlockKind::Async && position == Position::Inner {
                    // What its answers fail for is told where they are given.
                    return self.nested(|own| Value {
                        fail: Deps::NONE,
                        ..own.visit_block(stmts, tail, Position::Answer)
                    });
                }
                self.visit_block(stmts, tail, position)
            }
            Expr::If { cond, then, otherwise } => self.visit_if(cond, then, otherwise, position),
            Expr::Match { scrutinee, arms } => self.visit_match(scrutinee, arms, position),
            Expr::Return(value) => {
                match value {
                    Some(value) => {
                        let before = std::mem::replace(&mut self.returns, true);
                        self.answer(value);
                        self.returns = before;
                    }
                    None => self.leave_unit(expr),
                }
                Value::default()
            }
            Expr::Await(inner) if position == Position::Answer => self.visit(inner, position),
            _ if position == Position::Answer => self.leave(expr),
            _ => self.value(expr),
        }
    }

    fn visit_block(
        &mut self,
        stmts: ward_syntax::List<ExprId>,
        tail: Option<ExprId>,
        position: Position,
    ) -> Value {
        let stmts: SmallVec<[ExprId; 16]> = self.ir.list(stmts).collect();
        for stmt in stmts {
            let value = self.eval(stmt);
            // A response that is told to refuse and not returned.
            if value.shape == Shape::Refusal && self.is_effect(stmt) {
                self.refuse(stmt);
            }
            self.drops(stmt, value);
        }
        match tail {
            Some(tail) => self.visit(tail, position),
            None => Value::default(),
        }
    }

    /// `check(&key).await?;` of a check that says yes or no, which nobody hears: what has been refused until then is only
    /// that there is no credential.
    fn drops(&mut self, stmt: ExprId, value: Value) {
        self.ignores(stmt, value);
        let Expr::Try(inner) = self.ir.expr(stmt) else { return };
        let mut call = inner;
        while let Expr::Await(inner) | Expr::MethodCall { receiver: inner, .. } = self.ir.expr(call)
            && !matches!(self.types.callee(call), Callee::Fn(_))
        {
            call = inner;
        }
        let Callee::Fn(check) = self.types.callee(call) else { return };
        let checks = is_bool(self.types.expr(stmt)) && !self.says_yes_only(*check);
        if checks && value.data.has(Deps::CREDENTIAL) && self.nesting == 0 {
            self.summary.fail = self.summary.fail.without(Deps::CREDENTIAL);
            self.summary.unheard = Some(self.place(call));
        }
    }

    /// `let _ = require_staff(&user);`, `is_staff(&user);`: somebody is asked, and nobody looks at the answer.
    fn ignores(&mut self, stmt: ExprId, value: Value) {
        let (asked, value) = match self.ir.expr(stmt) {
            Expr::LetStmt { pat, init: Some(init), otherwise: None, .. } if self.is_unused(pat) => {
                (init, self.dropped_value)
            }
            _ => (stmt, value),
        };
        let mut call = asked;
        while let Expr::Await(inner) = self.ir.expr(call) {
            call = inner;
        }
        let ty = self.types.expr(asked);
        let answers = is_bool(ty) || ty.as_external("std::result::Result").is_some();
        let Some(name) = self.called_name(call).filter(|_| answers && self.nesting == 0) else { return };
        if !value.fail.has(Deps::CREDENTIAL) || !names::is_check(name.as_str()) {
            return;
        }
        let place = self.place(call);
        if value.all().has(Deps::ROLE) {
            self.summary.unheard_role.get_or_insert(place);
        } else {
            self.summary.unheard.get_or_insert(place);
        }
    }

    /// The name of what a call calls.
    fn called_name(&self, call: ExprId) -> Option<Symbol> {
        match self.ir.expr(call) {
            Expr::MethodCall { method, .. } => Some(method),
            Expr::Call { callee, .. } => match self.ir.expr(callee) {
                Expr::Path(path) => self.ir.path_segments(path).last().map(|segment| segment.name),
                _ => None,
            },
            _ => None,
        }
    }

    /// A pattern that says itself that nobody looks at what it binds.
    fn is_unused(&self, pat: PatId) -> bool {
        match self.ir.pat(pat) {
            Pat::Wild => true,
            Pat::Bind { local, .. } => self.ir.local(local).name.as_str().starts_with('_'),
            _ => false,
        }
    }

    /// `if !user.is_staff { warn!(..) }`: who has no role is noted, and goes on.
    fn shrugs(&mut self, cond: ExprId, value: Value, then: ExprId, otherwise: Option<ExprId>) {
        let denies = matches!(
            self.ir.expr(cond),
            Expr::Unary { op: UnaryOp::Not, .. } | Expr::Binary { op: BinaryOp::Ne, .. }
        );
        let about_role = value.all().has(Deps::ROLE) && value.all().has(Deps::CREDENTIAL);
        if otherwise.is_none() && denies && about_role && self.nesting == 0 && self.only_logs(then) {
            let place = self.place(cond);
            self.summary.unheard_role.get_or_insert(place);
        }
    }

    /// Whether a block does nothing, or only writes a line.
    fn only_logs(&self, block: ExprId) -> bool {
        const LOGS: &[&str] = &["trace", "debug", "info", "warn", "error", "println", "eprintln", "log"];
        let Expr::Block { stmts, tail, .. } = self.ir.expr(block) else { return false };
        self.ir.list(stmts).chain(tail).all(|stmt| match self.ir.expr(stmt) {
            Expr::Format(format) => LOGS.contains(&self.ir.format(format).path.last_segment()),
            Expr::Tuple(parts) => parts.is_empty(),
            _ => false,
        })
    }

    /// Whether a function that answers at all says yes: every `Ok` in it holds `true`, and what else there is fails.
    fn says_yes_only(&self, def: DefId) -> bool {
        let Some((file, body)) = self.cx.body(def) else { return false };
        let ir = self.cx.semantics.ir(file);
        let answer = |expr: &Expr| {
            let Expr::Call { callee, args } = *expr else { return None };
            let Expr::Path(path) = ir.expr(callee) else { return None };
            let is_ok = ir.path_segments(path).last().is_some_and(|last| last.name.as_str() == "Ok");
            ir.list(args).next().filter(|_| is_ok)
        };
        let mut answers = ir.body(body).exprs.of(&ir.exprs).iter().filter_map(answer).peekable();
        let is_yes = |expr: ExprId| matches!(ir.expr(expr), Expr::Literal(Literal::Bool(true)));
        answers.peek().is_some() && answers.all(is_yes)
    }

    /// A call for its effect: `res.status_code(StatusCode::UNAUTHORIZED);`.
    fn is_effect(&self, stmt: ExprId) -> bool {
        matches!(self.ir.expr(stmt), Expr::MethodCall { .. } | Expr::Call { .. })
    }

    fn visit_if(
        &mut self,
        cond: ExprId,
        then: ExprId,
        otherwise: Option<ExprId>,
        position: Position,
    ) -> Value {
        let place = cond;
        let cond = self.eval(cond);
        let refused_before = self.summary.fail;
        let admitted_before = std::mem::take(&mut self.admits);
        self.shrugs(place, cond, then, otherwise);
        let is_judged = cond.sense == Sense::Present && cond.all().has(Deps::JUDGED);
        self.goes_on |= self.is_middleware && is_judged && otherwise.is_none() && !self.leaves(then);
        let mark = self.frames.len();
        let (then_leaves, other_leaves) =
            (self.leaves(then), otherwise.is_some_and(|otherwise| self.leaves(otherwise)));
        let reach = |other_leaves| if other_leaves { Reach::All } else { Reach::Some };
        let frame = Frame { deps: cond.all(), sense: cond.sense, reach: reach(other_leaves) };
        let inverse = Frame { deps: cond.all(), sense: cond.sense.inverse(), reach: reach(then_leaves) };
        let (one, of_then) = self.branch(mark, frame, then, position);
        let (other, of_other) = match otherwise {
            Some(otherwise) => self.branch(mark, inverse, otherwise, position),
            None => (Value::default(), Left::default()),
        };
        self.admits_one_side(cond, refused_before);
        self.admits |= admitted_before;
        self.refused_in_all(&[(of_then.dropped, then_leaves), (of_other.dropped, other_leaves)], place);
        match (then_leaves, other_leaves) {
            (true, false) => self.frames.push(Frame { reach: Reach::All, ..inverse }),
            (false, true) => self.frames.push(Frame { reach: Reach::All, ..frame }),
            _ => {}
        }
        for (left, leaves) in [(of_then, then_leaves), (of_other, other_leaves)] {
            self.frames.extend(left.behind(cond.all()).filter(|_| !leaves));
            self.escapes(left, cond.all());
        }
        decided(one.join(other), &[one, other], cond)
    }

    /// One branch: its value, and what is to be known of it behind it.
    fn branch(&mut self, mark: usize, frame: Frame, body: ExprId, position: Position) -> (Value, Left) {
        self.frames.truncate(mark);
        self.frames.push(frame);
        let dropped = std::mem::take(&mut self.dropped);
        let escaped = std::mem::take(&mut self.escaped);
        let refused = std::mem::take(&mut self.refused);
        let value = self.visit(body, position);
        if value.shape == Shape::Refusal
            && position == Position::Inner
            && self.is_effect(body)
            && self.is_unit(body)
        {
            self.refuse(body);
        }
        let left = Left {
            dropped: std::mem::replace(&mut self.dropped, dropped),
            escaped: std::mem::replace(&mut self.escaped, escaped),
        };
        self.refused = refused;
        self.frames.truncate(mark);
        (value, left)
    }

    /// Some of those in a branch under this condition have been let go on.
    fn escapes(&mut self, left: Left, cond: Deps) {
        if let Some(deps) = left.escaped {
            let before = self.escaped.unwrap_or_default();
            self.escaped = Some(before.union(deps).union(cond));
        }
    }

    fn is_unit(&self, expr: ExprId) -> bool {
        matches!(self.types.expr(expr).kind(), TyKind::Tuple(parts) if parts.is_empty())
    }

    /// What every branch refuses for is refused whatever the request chose.
    fn refused_in_all(&mut self, branches: &[(Deps, bool)], place: ExprId) {
        let union = branches.iter().fold(Deps::NONE, |all, (dropped, _)| all.union(*dropped));
        if union.is_none() {
            return;
        }
        let in_all = branches.iter().all(|(dropped, leaves)| dropped.has(Deps::CREDENTIAL) || *leaves);
        if in_all {
            self.refuse_for(union, Sense::Absent, place);
        } else {
            self.dropped = self.dropped.union(union);
        }
    }

    fn visit_match(&mut self, scrutinee: ExprId, arms: ward_syntax::Run, position: Position) -> Value {
        let value = self.eval(scrutinee);
        let mark = self.frames.len();
        let arms = self.ir.arms(arms);
        let matched = self.matched(scrutinee, value);
        let known = arms.iter().map(|arm| self.sense_in(arm.pat, matched).of(value));
        let any_present = matched != Matched::Optional && known.clone().any(|sense| sense == Sense::Present);
        let any_absent = known.clone().any(|sense| sense == Sense::Absent);
        let mut values: SmallVec<[Value; 8]> = SmallVec::new();
        let mut dropped: SmallVec<[(Deps, bool); 8]> = SmallVec::new();
        let mut after: SmallVec<[Frame; 2]> = SmallVec::new();
        let staying = arms.iter().filter(|arm| !self.leaves(arm.body)).count();
        let all_leave = staying == 0;
        let mut refused_before = self.summary.fail;
        let mut lets_in = false;
        let admitted_before = std::mem::take(&mut self.admits);
        for arm in arms {
            let sense = match self.sense_in(arm.pat, matched).of(value) {
                Sense::Unknown if any_present => Sense::Absent,
                Sense::Unknown if any_absent => Sense::Present,
                sense => sense,
            };
            self.frames.truncate(mark);
            self.bind(arm.pat, unwrapped(value));
            self.carry(arm.pat, scrutinee);
            self.note_error(arm.pat, value);
            let mut deps = decides(value, matched);
            let mut sense = sense;
            if let Some(guard) = arm.guard {
                let guard = self.eval(guard);
                deps = deps.union(guard.all());
                if sense == Sense::Unknown {
                    sense = guard.sense;
                }
            }
            let leaves = self.leaves(arm.body);
            let reach = if staying > usize::from(!leaves) { Reach::Some } else { Reach::All };
            let frame = Frame { deps: deps.union(self.roles_in(arm.pat)), sense, reach };
            let is_absent = arm.guard.is_none() && self.sense_of(arm.pat) == Sense::Absent;
            let before = std::mem::take(&mut self.admits);
            let about_caller = value.all();
            let (value, of_arm) = self.branch(mark, frame, arm.body, position);
            if self.admits && matches!(self.ir.pat(arm.pat), Pat::Path(_)) {
                // `Sent::Nothing => Ok(Caller::Nobody)`: one of what everybody is.
                refused_before = refused_before.without(about_caller);
            }
            self.admits |= before;
            lets_in |= is_absent && (value.shape == Shape::Success || value.data.has(Deps::NEXT));
            values.push(value);
            dropped.push((of_arm.dropped, leaves));
            after.extend(of_arm.behind(frame.deps).filter(|_| !leaves));
            self.escapes(of_arm, frame.deps);
            let is_fault = matched == Matched::Optional && self.is_error(arm.pat);
            if leaves && !all_leave && !is_fault {
                after.push(Frame { deps: frame.deps, sense: frame.sense.inverse(), reach: Reach::All });
            }
        }
        self.frames.truncate(mark);
        self.admits_one_side(value, refused_before);
        self.admits |= admitted_before;
        if lets_in && position == Position::Answer {
            // `Err(Missing) => Success(None), Err(Wrong) => Failure`: who sends nothing is let in.
            let refused = self.summary.fail.without(value.all());
            self.summary.fail = refused_before.union(refused);
        }
        self.refused_in_all(&dropped, scrutinee);
        self.frames.extend(after);
        let joined = values.iter().copied().reduce(Value::join).unwrap_or_default();
        decided(joined, &values, value)
    }

    /// What it says of a credential that a pattern matches.
    pub(crate) fn sense_of(&self, pat: PatId) -> Sense {
        let of_path = |path| match self.ir.path_segments(path).last().map(|segment| segment.name.as_str()) {
            Some("Some" | "Ok" | "Success" | "Ready" | "Authorized" | "Authenticated") => Sense::Present,
            Some(
                "None" | "Err" | "Error" | "Failure" | "Forward" | "Unauthorized" | "Unauthenticated"
                | "Forbidden",
            ) => Sense::Absent,
            _ => Sense::Unknown,
        };
        match self.ir.pat(pat) {
            Pat::TupleStruct { path, pats } => {
                let mut inner = self.ir.list(pats).map(|pat| self.sense_of(pat));
                match of_path(path) {
                    Sense::Present if inner.any(|sense| sense == Sense::Absent) => Sense::Absent,
                    own => own,
                }
            }
            Pat::Path(path) => of_path(path),
            Pat::Literal(Literal::Bool(_)) => Sense::Unknown,
            Pat::Tuple(pats) | Pat::Or(pats) => {
                let mut senses = self.ir.list(pats).map(|pat| self.sense_of(pat));
                if senses.any(|sense| sense == Sense::Absent) {
                    return Sense::Absent;
                }
                let mut senses = self.ir.list(pats).map(|pat| self.sense_of(pat));
                if senses.any(|sense| sense == Sense::Present) { Sense::Present } else { Sense::Unknown }
            }
            Pat::Ref(inner) | Pat::Bind { sub: Some(inner), .. } => self.sense_of(inner),
            _ => Sense::Unknown,
        }
    }

    /// Whether an expression never comes to its end: it returns, breaks, or only panics.
    pub(crate) fn leaves(&self, expr: ExprId) -> bool {
        match self.ir.expr(expr) {
            Expr::Return(_) | Expr::Break(_) | Expr::Continue => true,
            Expr::Block { kind: BlockKind::Plain | BlockKind::Unsafe, stmts, tail } => {
                tail.is_some_and(|tail| self.leaves(tail))
                    || self.ir.list(stmts).any(|stmt| self.leaves(stmt))
            }
            Expr::If { then, otherwise: Some(otherwise), .. } => self.leaves(then) && self.leaves(otherwise),
            Expr::Match { arms, .. } => {
                let arms = self.ir.arms(arms);
                !arms.is_empty() && arms.iter().all(|arm| self.leaves(arm.body))
            }
            Expr::Macro(id) => self.cx.known.is_refusing_macro(self.ir.macro_call(id).path),
            Expr::Format(id) => {
                let name = self.ir.format(id).path.last_segment();
                matches!(name, "bail" | "panic" | "unreachable" | "todo" | "unimplemented")
            }
            _ => false,
        }
    }

    /// Evaluates something that answers for itself, a closure or a future, as a value.
    pub(crate) fn nested(&mut self, body: impl FnOnce(&mut Self) -> Value) -> Value {
        let outer = self.summary;
        let mark = self.frames.len();
        let (escaped, refused, admits) = (self.escaped, self.refused, self.admits);
        let some_refuses = std::mem::replace(&mut self.some_refuses, false);
        self.summary.data = Deps::NONE;
        self.summary.fail = Deps::NONE;
        self.nesting += 1;
        let value = body(self);
        self.nesting -= 1;
        self.frames.truncate(mark);
        (self.escaped, self.refused, self.some_refuses) = (escaped, refused, some_refuses);
        self.admits = admits;
        let inner = self.summary;
        self.summary = Summary { data: outer.data, fail: outer.fail, ..inner };
        Value {
            data: inner.data.union(value.data),
            fail: inner.fail.union(value.fail),
            sense: value.sense,
            ..Value::default()
        }
    }

    /// A closure as a value: its parameters hold `given`.
    pub(crate) fn closure_value(&mut self, closure: ClosureId, given: Value) -> Value {
        let closure = self.ir.closure(closure);
        for (pat, _) in &closure.params {
            self.bind(*pat, given);
        }
        let answers_bool = std::mem::replace(&mut self.answers_bool, false);
        let body = closure.body;
        let value = self.nested(|own| {
            own.answer(body);
            Value::default()
        });
        self.answers_bool = answers_bool;
        value
    }

    // Leaving.

    /// The function answers with the value of `expr`.
    fn leave(&mut self, expr: ExprId) -> Value {
        if let Some(inner) = self.wrapped(expr) {
            return self.visit(inner, Position::Answer);
        }
        let mut value = self.eval(expr);
        if matches!(self.ir.expr(expr), Expr::Struct { .. }) {
            // It is there, whatever of its fields is not.
            value.fail = Deps::NONE;
        }
        self.admits |= !self.is_middleware && self.admits_nobody(expr, value);
        if self.returns && value.shape == Shape::Success && !self.is_middleware && self.is_ok_response(expr) {
            value.shape = Shape::Plain;
        }
        if self.some_refuses && value.shape != Shape::Plain {
            value.shape = if self.is_none_path(expr) { Shape::Success } else { Shape::Refusal };
        }
        self.summary.data = self.summary.data.union(value.data);
        for frame in &self.frames {
            self.summary.data = self.summary.data.union(frame.deps);
        }
        let from_behind = value.data.has(Deps::NEXT);
        if let Some(fail) = self.error_of(expr)
            && !self.returns
        {
            value.fail = value.fail.union(fail);
        }
        let goes_on = match value.shape {
            Shape::Refusal => false,
            Shape::Success => from_behind || !self.is_middleware,
            Shape::Plain => from_behind,
        };
        if self.returns && goes_on {
            self.let_go();
        }
        match value.shape {
            Shape::Refusal => self.refuse(expr),
            Shape::Success if self.is_middleware && !from_behind => self.refuse(expr),
            Shape::Success => {}
            Shape::Plain if self.is_middleware && !from_behind && value.fail.is_none() => self.refuse(expr),
            Shape::Plain if self.answers_bool => self.refuse_for(value.all(), value.sense.inverse(), expr),
            Shape::Plain if !self.returns && !from_behind && self.is_error_for_unknown(expr) => {
                self.refuse(expr);
            }
            // One page for those who are known and another for all others refuses nobody; what is answered early does.
            Shape::Plain if value.fail.is_none() && (!self.returns || from_behind) => {}
            Shape::Plain if self.returns => self.refuse_for(value.fail, Sense::Absent, expr),
            Shape::Plain => self.may_fail(value.fail, expr),
        }
        value
    }

    /// Whether an answer that somebody gets who is not known says that something is wrong.
    fn is_error_for_unknown(&self, expr: ExprId) -> bool {
        let is_absent = |frame: &Frame| frame.sense == Sense::Absent && frame.deps.has(Deps::CREDENTIAL);
        self.frames.iter().any(is_absent) && self.names_status(Status::Error, expr)
    }

    /// `Ok(response)`: what it says is said by the response.
    fn is_ok_response(&self, expr: ExprId) -> bool {
        let Expr::Call { args, .. } = self.ir.expr(expr) else { return false };
        self.ir.list(args).next().is_some_and(|inner| is_response(self.types.expr(inner)))
    }

    /// A pattern binds the error of what may have failed.
    pub(crate) fn note_error(&mut self, pat: PatId, value: Value) {
        let Pat::TupleStruct { pats, .. } = self.ir.pat(pat) else { return };
        if let Some(Pat::Bind { local, .. }) = self.ir.list(pats).next().map(|pat| self.ir.pat(pat))
            && self.is_error(pat)
        {
            self.errors.insert(local, value.fail);
        }
    }

    /// What an answer refuses for that is an error, or the response which that makes of itself.
    fn error_of(&self, expr: ExprId) -> Option<Deps> {
        const MAKING: &[&str] = &["error_response", "into_response", "as_response", "to_response"];
        match self.ir.expr(expr) {
            Expr::Local(local) => self.errors.get(&local).copied(),
            Expr::MethodCall { receiver, method, args, .. }
                if args.is_empty() && MAKING.contains(&method.as_str()) =>
            {
                self.error_of(receiver)
            }
            _ => None,
        }
    }

    fn leave_unit(&mut self, _: ExprId) {
        for frame in &self.frames {
            self.summary.data = self.summary.data.union(frame.deps);
        }
        if !self.refused {
            self.let_go();
        }
    }

    /// The function is left, and nobody is refused: what comes behind is for the others. Where a credential is known to
    /// be absent, an early answer is a refusal.
    fn let_go(&mut self) {
        let is_absent = |frame: &Frame| frame.sense == Sense::Absent && frame.deps.has(Deps::CREDENTIAL);
        if !self.frames.iter().any(is_absent) {
            self.escaped.get_or_insert(Deps::NONE);
        }
    }

    pub(crate) fn is_none_path(&self, expr: ExprId) -> bool {
        match self.ir.expr(expr) {
            Expr::Path(path) => {
                self.ir.path_segments(path).last().is_some_and(|segment| segment.name.as_str() == "None")
            }
            _ => false,
        }
    }

    /// What an answer wraps that is the answer itself: `Box::pin(..)`, `ready(..)`, `(..).boxed()`.
    fn wrapped(&self, expr: ExprId) -> Option<ExprId> {
        match self.ir.expr(expr) {
            Expr::Call { callee, args } => {
                let Expr::Path(path) = self.ir.expr(callee) else { return None };
                let names = self.ir.path_segments(path);
                let name = names.last()?.name.as_str();
                let mut args = self.ir.list(args);
                let only = args.next().filter(|_| args.next().is_none())?;
                let is_wrapper = matches!(name, "pin" | "ready" | "Left" | "Right" | "wrap" | "from")
                    && !matches!(self.types.callee(expr), Callee::Fn(_));
                is_wrapper.then_some(only)
            }
            Expr::MethodCall { receiver, method, args, .. } => {
                let is_wrapper = matches!(
                    method.as_str(),
                    "boxed" | "boxed_local" | "map_into_boxed_body" | "into" | "map_into_right_body"
                );
                (is_wrapper && args.is_empty()).then_some(receiver)
            }
            _ => None,
        }
    }

    /// The function refuses here.
    pub(crate) fn refuse(&mut self, expr: ExprId) {
        // That there were too many requests is about no credential.
        if self.names_status(Status::Limit, expr) {
            return;
        }
        self.refuse_for(Deps::REFUSED, Sense::Absent, expr);
        self.summary.refuses |= !self.names_status(Status::Fault, expr);
        self.refused = true;
        self.summary.always |= self.frames.is_empty() && self.nesting == 0;
    }

    /// The function fails here if what depends on `deps` is absent. Whoever comes here without a credential is served where
    /// it is not, unless somebody says no: that he came so is no reason.
    pub(crate) fn may_fail(&mut self, deps: Deps, expr: ExprId) {
        if deps.has(Deps::REFUSED) {
            return self.refuse_for(deps, Sense::Absent, expr);
        }
        let absent = |frame: &Frame| frame.sense == Sense::Absent;
        let frames = std::mem::take(&mut self.frames);
        self.frames = frames.iter().filter(|frame| !absent(frame)).copied().collect();
        self.refuse_for(deps, Sense::Absent, expr);
        self.frames = frames;
    }

    /// The function refuses here if what depends on `deps` is as `sense` says.
    pub(crate) fn refuse_for(&mut self, deps: Deps, sense: Sense, expr: ExprId) {
        let mut open = Deps::NONE;
        let mut present = Deps::NONE;
        self.compares |=
            self.frames.iter().any(|frame| frame.sense == Sense::Unknown && frame.deps.has(Deps::CREDENTIAL));
        let is_chosen = !self.is_middleware
            && (self.frames.iter().any(|frame| frame.is_chosen()) || self.is_otherwise_conditional());
        let last = Frame { deps, sense, reach: Reach::All };
        for Frame { deps, sense, .. } in self.frames.iter().copied().chain([last]) {
            match sense {
                Sense::Present => present = present.union(deps),
                Sense::Absent | Sense::Unknown => open = open.union(deps),
            }
        }
        let mut refused = open.without(present.of_caller());
        if is_chosen && refused.has(Deps::CREDENTIAL) {
            // Whoever leaves the choice away is not refused.
            self.dropped = self.dropped.union(refused);
            refused = refused.without(Deps::CREDENTIAL).without(Deps::ROLE).without(Deps::OWNER);
        }
        self.summary.fail = self.summary.fail.union(refused);
        self.summary.present = self.summary.present.union(present).union(open);
        self.summary.refuses |= !deps.is_none();
        if refused.has(Deps::CREDENTIAL) && self.summary.refusal.is_none() {
            self.summary.refusal = Some(self.place(expr));
        }
    }

    /// Whether something else decides, where a credential is known to be absent, if this is reached: who has none and is not
    /// sent away by that goes on.
    fn is_otherwise_conditional(&self) -> bool {
        let about_caller = Deps::CREDENTIAL.union(Deps::ROLE).union(Deps::OWNER);
        let absent = |frame: &Frame| frame.sense == Sense::Absent && frame.deps.has(Deps::CREDENTIAL);
        let Some(first) = self.frames.iter().position(absent) else { return false };
        self.frames[first + 1..]
            .iter()
            .any(|frame| frame.reach == Reach::Some && !frame.deps.has(about_caller))
    }

    /// Something judges what depends on `deps` as a credential: where it is known to be there, so is the credential.
    pub(crate) fn prove(&mut self, deps: Deps) {
        let deps = deps.of_caller().without(Deps::CREDENTIAL);
        if deps.is_none() {
            return;
        }
        self.summary.judged = self.summary.judged.union(deps);
        let mut is_there = false;
        for frame in self.frames.iter_mut().filter(|frame| frame.sense == Sense::Present) {
            if deps.is_within(frame.deps) {
                frame.deps = frame.deps.union(Deps::CREDENTIAL);
                is_there = true;
            }
        }
        if is_there {
            self.proven = self.proven.union(deps);
        }
    }

    /// A credential is read here.
    pub(crate) fn read_credential(&mut self, expr: ExprId, hops: u8) {
        self.summary.reads_sent = true;
        self.note_read(expr, hops);
    }

    /// A credential is read here, or what a middleware has left of one.
    pub(crate) fn note_read(&mut self, expr: ExprId, hops: u8) {
        self.summary.reads = true;
        if hops < self.summary.hops {
            self.summary.hops = hops;
            self.summary.credential = Some(self.place(expr));
        }
    }

    // Locals.

    pub(crate) fn local(&self, local: LocalId) -> Value {
        self.locals.get(&local).copied().unwrap_or_default()
    }

    /// `ty` is the type of what is assigned to: the variable, or a part of it.
    pub(crate) fn assign(&mut self, local: LocalId, value: Value, ty: Ty) {
        // What is assigned under a condition depends on that too, where it may tell of it: a filter that is set for
        // those who may see more is no answer to whether they may.
        let tells = !matches!(ty.kind(), TyKind::Adt { .. });
        let frames = self.frames.iter().filter(|_| tells);
        let deps = frames.fold(Deps::NONE, |all, frame| all.union(frame.deps));
        // What only some put their credential into is there for all others, too: `builder = builder.user(user)`.
        let is_of_some = |frame: &Frame| {
            frame.sense == Sense::Present && frame.reach == Reach::Some && frame.deps.has(Deps::CREDENTIAL)
        };
        let is_of_some = value.data.has(Deps::CREDENTIAL) && self.frames.iter().any(is_of_some);
        let is_fallible = is_fallible(self.types.local(local));
        let own = self.locals.entry(local).or_default();
        let joined = own.join(value);
        let stands_in = is_of_some && !is_fallible && !own.data.has(Deps::CREDENTIAL);
        *own = Value { data: joined.data.union(deps), ..joined };
        if stands_in {
            own.data = own.data.union(Deps::STAND_IN);
        }
        if is_fallible {
            own.fail = own.fail.union(own.data);
        }
    }

    /// A pattern is bound to what the request asks for.
    pub(crate) fn note_sent(&mut self, pat: PatId) {
        match self.ir.pat(pat) {
            Pat::Bind { local, sub } => {
                self.sent.insert(local);
                self.name_sent(local, self.ir.local(local).name);
                if let Some(sub) = sub {
                    self.note_sent(sub);
                }
            }
            Pat::Ref(inner) => self.note_sent(inner),
            Pat::Tuple(pats) | Pat::TupleStruct { pats, .. } => {
                let pats: SmallVec<[PatId; 4]> = self.ir.list(pats).collect();
                pats.into_iter().for_each(|pat| self.note_sent(pat));
            }
            Pat::Struct { fields, .. } => {
                for field in self.ir.field_pats(fields) {
                    self.note_sent(field.pat);
                    if let Pat::Bind { local, .. } = self.ir.pat(field.pat) {
                        self.name_sent(local, field.name);
                    }
                }
            }
            _ => {}
        }
    }

    /// A variable holds the part of the request that has this name.
    fn name_sent(&mut self, local: LocalId, name: Symbol) {
        if self.is_sent_credential(name.as_str(), self.types.local(local)) {
            let own = self.locals.entry(local).or_default();
            own.data = own.data.union(Deps::CREDENTIAL).union(Deps::SENT);
            if is_fallible(self.types.local(local)) {
                own.fail = own.fail.union(own.data);
            }
        }
    }

    pub(crate) fn bind(&mut self, pat: PatId, value: Value) {
        match self.ir.pat(pat) {
            Pat::Bind { local, sub } => {
                self.locals.insert(local, value);
                if let Some(sub) = sub {
                    self.bind(sub, value);
                }
            }
            Pat::Ref(inner) => self.bind(inner, value),
            Pat::Tuple(pats) | Pat::Slice(pats) | Pat::Or(pats) | Pat::TupleStruct { pats, .. } => {
                let pats: SmallVec<[PatId; 4]> = self.ir.list(pats).collect();
                for pat in pats {
                    self.bind_part(pat, value);
                }
            }
            Pat::Struct { fields, .. } => {
                for field in self.ir.field_pats(fields) {
                    self.bind_part(field.pat, value);
                }
            }
            _ => {}
        }
    }

    fn bind_part(&mut self, pat: PatId, value: Value) {
        let part = match self.ir.pat(pat) {
            Pat::Bind { local, .. } if is_fallible(self.types.local(local)) => Value::fallible(value.data),
            Pat::Bind { .. } => unwrapped(value),
            _ => value,
        };
        self.bind(pat, part);
    }
}

/// What is to be known of a branch behind it.
#[derive(Clone, Copy, Default)]
struct Left {
    /// What it refuses only because the request chose it.
    dropped: Deps,
    /// Where some of those in it have been let go on: on what that depends.
    escaped: Option<Deps>,
}

impl Left {
    /// What holds for those who come out of it.
    fn behind(self, cond: Deps) -> impl Iterator<Item = Frame> {
        let frame = |deps: Deps| Frame { deps: deps.union(cond), sense: Sense::Absent, reach: Reach::All };
        self.escaped.map(frame).into_iter()
    }
}

/// A value of which is known that it is there.
pub(crate) fn unwrapped(value: Value) -> Value {
    let shape = if value.denies { Shape::Refusal } else { Shape::Plain };
    Value { shape, denies: value.denies, ..Value::of(value.data) }
}

/// A value that one of several branches gives: where some refuse and some do not, it fails by the condition.
fn decided(joined: Value, branches: &[Value], cond: Value) -> Value {
    let refusals = branches.iter().filter(|value| value.shape == Shape::Refusal).count();
    let mut value = Value { data: joined.data.union(cond.all()), ..joined };
    if cond.all().is_none() {
        return value;
    }
    if refusals > 0 && refusals < branches.len() {
        value.fail = value.fail.union(cond.all());
        value.shape = Shape::Plain;
    }
    value
}

/// Whether a function that gives this refuses by giving something, and lets through by giving nothing: `Option<Response>`.
fn refuses_by_some(ret: Ty) -> bool {
    let Some([inner, ..]) = ret.as_external("std::option::Option") else { return false };
    match inner.kind() {
        TyKind::External { path, .. } => path.last_segment().ends_with("Response"),
        _ => false,
    }
}

pub(crate) fn is_bool(ty: Ty) -> bool {
    matches!(ty.kind(), TyKind::Scalar(name) if name.as_str() == "bool")
}

/// Whether a value of a type may say no.
pub(crate) fn is_fallible(ty: Ty) -> bool {
    ty.as_external("std::option::Option").is_some()
        || ty.as_external("std::result::Result").is_some()
        || is_bool(ty)
}

/// Whether a body hands a request on to what is behind it.
pub(crate) fn hands_on(cx: Context, def: DefId, types: &BodyTypes) -> bool {
    let name = cx.semantics.def_map.name(def);
    types.callees().any(|(_, callee)| is_next(cx.models, name, callee))
}

/// Whether a callee is what is behind a middleware, called in a function of this name.
pub(crate) fn is_next(models: &Models, function: Symbol, callee: &Callee) -> bool {
    match callee {
        Callee::Method { ty, name } => {
            let row = models.methods.get(&(*ty, *name)).and_then(|model| model.guard);
            row == Some(GuardCall::Next) || (name.as_str() == "call" && function == *name)
        }
        Callee::UnknownMethod(name) => {
            (name.as_str() == "call" && function == *name) || name.as_str() == "call_next"
        }
        _ => false,
    }
}
