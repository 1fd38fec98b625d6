//! Values of which it says nothing of a credential that they are there, and answers that let in nobody.

use ward_semantics::{Callee, Resolution};
use ward_syntax::{Expr, ExprId, Pat, PatId};

use super::deps::{Deps, Sense, Shape, Value};
use super::evaluate::Evaluator;

/// What is special about a value that patterns are matched with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Matched {
    /// Nothing.
    Any,
    /// A middleware has left it in all requests: that it is there says nothing of who calls.
    ForAll,
    /// It is a result of what may be absent: an error says nothing of who sends nothing.
    Optional,
}

/// What a decision depends on that is made by matching a value with patterns.
pub(crate) fn decides(value: Value, matched: Matched) -> Deps {
    match matched {
        Matched::ForAll => value.all().without(Deps::CREDENTIAL),
        Matched::Any | Matched::Optional => value.all(),
    }
}

impl Evaluator<'_> {
    /// What is special about a value that patterns are matched with.
    pub(crate) fn matched(&self, expr: ExprId, value: Value) -> Matched {
        match () {
            () if !value.data.has(Deps::CREDENTIAL) => Matched::Any,
            () if self.holds_for_all(expr) => Matched::ForAll,
            () if value.fail.has(Deps::CREDENTIAL) => Matched::Any,
            () if self.is_transposed(expr) || self.may_hold_nothing(expr) => Matched::Optional,
            () if self.refuses_who_is_known(expr) => Matched::Optional,
            () => Matched::Any,
        }
    }

    /// Whether an expression gives what a middleware has left in all requests.
    pub(crate) fn holds_for_all(&self, expr: ExprId) -> bool {
        let held = self.types.expr(expr).as_external("std::option::Option").and_then(|args| args.first());
        held.is_some_and(|held| self.cx.known.is_for_all(*held))
    }

    /// `found.map(read).transpose()`.
    fn is_transposed(&self, expr: ExprId) -> bool {
        let Expr::MethodCall { receiver, method, .. } = self.ir.expr(expr) else { return false };
        match method.as_str() {
            "transpose" => self.types.expr(receiver).as_external("std::result::Result").is_none(),
            "map_err" => self.is_transposed(receiver),
            _ => false,
        }
    }

    /// Whether a result holds what may be absent, and fails for another reason: `session.get::<User>("user")`.
    fn may_hold_nothing(&self, expr: ExprId) -> bool {
        let held = self.types.expr(expr).as_external("std::result::Result").and_then(|args| args.first());
        held.is_some_and(|held| held.as_external("std::option::Option").is_some())
    }

    /// Whether a call of a function gives an error only to those who have sent a credential.
    fn refuses_who_is_known(&self, expr: ExprId) -> bool {
        if let Expr::Await(inner) = self.ir.expr(expr) {
            return self.refuses_who_is_known(inner);
        }
        let Callee::Fn(def) = self.types.callee(expr) else { return false };
        let summary = self.cx.known.summary(*def);
        summary.is_some_and(|summary| {
            summary.present.has(Deps::CREDENTIAL) && !summary.fail.has(Deps::CREDENTIAL)
        })
    }

    /// What it says of a credential that a pattern matches such a value.
    pub(crate) fn sense_in(&self, pat: PatId, matched: Matched) -> Sense {
        match matched {
            Matched::Any => self.sense_of(pat),
            Matched::ForAll => Sense::Unknown,
            // Only what is there can be wrong.
            Matched::Optional if self.is_error(pat) => Sense::Present,
            Matched::Optional => match self.ir.pat(pat) {
                Pat::TupleStruct { pats, .. } => {
                    self.ir.list(pats).next().map_or(Sense::Unknown, |inner| self.sense_of(inner))
                }
                _ => self.sense_of(pat),
            },
        }
    }

    /// `Err(..)`.
    pub(crate) fn is_error(&self, pat: PatId) -> bool {
        let Pat::TupleStruct { path, .. } = self.ir.pat(pat) else { return false };
        self.ir.path_segments(path).last().is_some_and(|last| last.name.as_str() == "Err")
    }

    /// Whether an answer lets in somebody of whom nothing is known: `Ok(None)`, `Ok(Caller { user: None })`,
    /// `Ok(Caller::Nobody)`.
    pub(crate) fn admits_nobody(&self, answer: ExprId, value: Value) -> bool {
        let Expr::Call { args, .. } = self.ir.expr(answer) else { return false };
        let Some(given) = self.ir.list(args).next() else { return false };
        if value.shape != Shape::Success || value.data.has(Deps::CREDENTIAL) {
            return false;
        }
        match self.ir.expr(given) {
            Expr::Path(path) => {
                self.is_none_path(given) || matches!(self.types.path(path), Resolution::Variant { .. })
            }
            Expr::Struct { fields, .. } => {
                self.ir.field_inits(fields).iter().any(|init| self.is_none_path(init.value))
            }
            Expr::Call { args, .. } if matches!(self.types.callee(given), Callee::Constructor { .. }) => {
                self.ir.list(args).any(|part| self.is_none_path(part))
            }
            _ => false,
        }
    }

    /// `if is_bearer(request) { check(request)? } else { Ok(Caller { user: None }) }`: who sends nothing is let in.
    pub(crate) fn admits_one_side(&mut self, decided_by: Value, refused_before: Deps) {
        if self.admits && decided_by.all().has(Deps::CREDENTIAL) {
            let refused = self.summary.fail.without(decided_by.all());
            self.summary.fail = refused_before.union(refused);
        }
    }
}
