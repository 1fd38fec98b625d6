//! Texts that are cut at a fixed number of bytes: where they are longer, a character may lie across the border.

use ward_semantics::Resolution;
use ward_syntax::{BinaryOp, Expr, ExprId, ItemKind, Literal, LocalId, UnaryOp};

use super::Evaluator;
use super::absent::bound_to;

/// Borders are looked for through so many names and methods.
const MOST_NAMES: usize = 4;

impl Evaluator<'_> {
    /// Whether a text is cut at a fixed place although it was thought of how long it is: `&text[..text.len().min(80)]`, or
    /// `&text[..80]` where its length is asked.
    pub(super) fn is_cut(&self, text: ExprId, start: Option<ExprId>, end: Option<ExprId>) -> bool {
        let is_bounded = |end| self.is_shortened(text, end, MOST_NAMES);
        let is_fixed = |end| self.is_fixed_number(end) && self.is_length_asked(text);
        let is_from_end = |start| self.is_before_end(text, start, MOST_NAMES);
        match (start, end) {
            (None, Some(end)) => is_bounded(end) || is_fixed(end),
            (Some(start), None) => is_from_end(start),
            _ => false,
        }
    }

    /// `text.len().min(80)`, `80.min(text.len())`, `std::cmp::min(text.len(), 80)`.
    fn is_shortened(&self, text: ExprId, end: ExprId, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let is_pair = |one: ExprId, other: ExprId| {
            self.is_length(text, one) && self.is_fixed_number(other)
                || self.is_length(text, other) && self.is_fixed_number(one)
        };
        match self.ir.expr(end) {
            Expr::Local(local) => {
                self.made_once(local).is_some_and(|end| self.is_shortened(text, end, depth))
            }
            Expr::MethodCall { receiver, method, args, .. } if method.as_str() == "min" => {
                self.ir.list(args).next().is_some_and(|arg| is_pair(receiver, arg))
            }
            Expr::Call { callee, args } => {
                let args: Vec<ExprId> = self.ir.list(args).collect();
                let is_min = matches!(self.ir.expr(callee), Expr::Path(path)
                    if self.ir.path_segments(path).last().is_some_and(|last| last.name.as_str() == "min"));
                is_min && matches!(args[..], [one, other] if is_pair(one, other))
            }
            _ => false,
        }
    }

    /// `text.len() - 4`, `text.len().saturating_sub(4)`.
    fn is_before_end(&self, text: ExprId, start: ExprId, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        match self.ir.expr(start) {
            Expr::Local(local) => {
                self.made_once(local).is_some_and(|start| self.is_before_end(text, start, depth))
            }
            Expr::Binary { op: BinaryOp::Sub, lhs, rhs } => {
                self.is_length(text, lhs) && self.is_fixed_number(rhs)
            }
            Expr::MethodCall { receiver, method, args, .. } if method.as_str() == "saturating_sub" => {
                self.is_length(text, receiver)
                    && self.ir.list(args).next().is_some_and(|arg| self.is_fixed_number(arg))
            }
            _ => false,
        }
    }

    /// What a variable is made of that is not changed later.
    fn made_once(&self, local: LocalId) -> Option<ExprId> {
        if self.is_changed(local) { None } else { bound_to(self.ir, self.body, local) }
    }

    fn is_changed(&self, local: LocalId) -> bool {
        let exprs = self.body.exprs.of(&self.ir.exprs);
        let mut changes = exprs.iter();
        changes.any(|expr| matches!(*expr, Expr::Assign { lhs, .. } if self.variable(lhs) == Some(local)))
    }

    /// A number above zero that stands in the program.
    fn is_fixed_number(&self, expr: ExprId) -> bool {
        match self.ir.expr(expr) {
            Expr::Literal(Literal::Int(number)) => number.as_str() != "0",
            Expr::Path(path) => match self.types.path(path) {
                Resolution::Def(def) => matches!(self.cx.semantics.item(def).kind, ItemKind::Const { .. }),
                _ => false,
            },
            Expr::Local(local) => match self.made_once(local).map(|made| self.ir.expr(made)) {
                Some(Expr::Literal(Literal::Int(number))) => number.as_str() != "0",
                Some(_) => false,
                None => !self.is_changed(local) && is_named_limit(self.ir.local(local).name.as_str()),
            },
            _ => false,
        }
    }

    /// `text.len()`.
    fn is_length(&self, text: ExprId, expr: ExprId) -> bool {
        match self.ir.expr(expr) {
            Expr::MethodCall { receiver, method, .. } => {
                method.as_str() == "len" && self.is_same_place(receiver, text)
            }
            Expr::Local(local) => self.made_once(local).is_some_and(|made| {
                matches!(self.ir.expr(made), Expr::MethodCall { .. }) && self.is_length(text, made)
            }),
            _ => false,
        }
    }

    fn is_length_asked(&self, text: ExprId) -> bool {
        self.body.exprs.of(&self.ir.exprs).iter().any(|expr| match *expr {
            Expr::Binary { op: BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge, lhs, rhs } => {
                self.is_length(text, lhs) || self.is_length(text, rhs)
            }
            _ => false,
        })
    }

    /// Whether two expressions are the same variable, or the same field of one.
    fn is_same_place(&self, one: ExprId, other: ExprId) -> bool {
        match (self.ir.expr(one), self.ir.expr(other)) {
            (Expr::Ref { operand, .. } | Expr::Unary { op: UnaryOp::Deref, operand }, _) => {
                self.is_same_place(operand, other)
            }
            (_, Expr::Ref { operand, .. } | Expr::Unary { op: UnaryOp::Deref, operand }) => {
                self.is_same_place(one, operand)
            }
            (Expr::Local(one), Expr::Local(other)) => one == other,
            (Expr::Field { base: one, name }, Expr::Field { base: other, name: named }) => {
                name == named && self.is_same_place(one, other)
            }
            _ => false,
        }
    }
}

/// Whether a variable says by its name how long a text may be: `max`, `limit`, `max_len`.
fn is_named_limit(name: &str) -> bool {
    const WORDS: [&str; 6] = ["max", "limit", "maximum", "width", "cap", "length"];
    name.split('_').any(|word| WORDS.contains(&word))
}
