//! What the values of a body are called.

use ward_linter::guards::words;
use ward_syntax::{Expr, ExprId, FormatId, Literal, Pat, PatId, Piece};

use super::{DEEPEST, Scope};
use crate::secrets::has;

impl Scope<'_> {
    /// The names of what is below an expression, outermost first: of locals, fields, functions, and the keys of headers
    /// and variables of the environment that are read.
    pub(crate) fn names(&self, expr: ExprId) -> Vec<&'static str> {
        let mut names = Vec::new();
        self.collect_names(expr, DEEPEST, &mut names);
        names
    }

    /// Whether a place stands below a condition that speaks of one of some words.
    pub(crate) fn is_below(&self, place: ExprId, list: &'static str) -> bool {
        let ir = self.ir;
        let place = ir.expr_span(place);
        self.body.exprs.of(&ir.exprs).iter().any(|expr| match *expr {
            Expr::If { cond, then, .. } if ir.expr_span(then).contains(place) => {
                self.names(cond).iter().any(|name| words(name).any(|word| has(list, &word)))
            }
            _ => false,
        })
    }

    /// Whether a place stands where something has failed: below a condition that speaks of it, or in the arm of an error.
    pub(crate) fn is_below_failure(&self, place: ExprId) -> bool {
        const FAILURES: &str = "success error err failed failure status";
        let ir = self.ir;
        let at = ir.expr_span(place);
        let is_error = |pat: PatId| match ir.pat(pat) {
            Pat::TupleStruct { path, .. } | Pat::Path(path) => ir
                .path_segments(path)
                .iter()
                .any(|segment| segment.name.as_str() == "Err" || segment.name.as_str().ends_with("Error")),
            _ => false,
        };
        let speaks_of_it = |cond: ExprId| {
            let cond = ir.expr_span(cond);
            self.body.exprs.ids().filter(|id| cond.contains(ir.expr_span(*id))).any(|id| match ir.expr(id) {
                Expr::MethodCall { method: name, .. } | Expr::Field { name, .. } => {
                    words(name.as_str()).any(|word| has(FAILURES, &word))
                }
                Expr::Let { pat, .. } => is_error(pat),
                _ => false,
            })
        };
        self.body.exprs.of(&ir.exprs).iter().any(|expr| match *expr {
            Expr::Match { arms, .. } => {
                ir.arms(arms).iter().any(|arm| is_error(arm.pat) && ir.expr_span(arm.body).contains(at))
            }
            Expr::If { cond, then, .. } => ir.expr_span(then).contains(at) && speaks_of_it(cond),
            _ => false,
        })
    }

    fn collect_names(&self, expr: ExprId, depth: u8, names: &mut Vec<&'static str>) {
        let Some(depth) = depth.checked_sub(1) else { return };
        if let Expr::MethodCall { receiver, method, .. } = self.ir.expr(expr)
            && matches!(method.as_str(), "expose_secret" | "unsecure" | "secret")
        {
            names.push("secret");
            return self.collect_names(receiver, depth, names);
        }
        if let Some(inside) = self.inside(expr) {
            return self.collect_names(inside, depth, names);
        }
        match self.ir.expr(expr) {
            Expr::Local(local) => {
                names.push(self.ir.local(local).name.as_str());
                if let Some(value) = self.bound_to(local) {
                    self.collect_names(value, depth, names);
                }
            }
            Expr::Field { base, name } => {
                // The fields of tuples have no names.
                if name.as_str().starts_with(|c: char| c.is_ascii_digit()) {
                    return self.collect_names(base, depth, names);
                }
                names.push(name.as_str());
            }
            Expr::MethodCall { method, args, .. } => {
                names.extend(self.ir.list(args).find_map(|arg| self.key(arg)));
                names.push(method.as_str());
            }
            Expr::Call { callee, args } => {
                names.extend(self.ir.list(args).find_map(|arg| self.key(arg)));
                names.extend(self.last_segment(callee));
            }
            Expr::Path(path) => {
                names.extend(self.ir.path_segments(path).last().map(|segment| segment.name.as_str()));
            }
            // `cfg!(debug_assertions)`
            Expr::Macro(call) => {
                for arg in self.ir.list(self.ir.macro_call(call).args) {
                    self.collect_names(arg, depth, names);
                }
            }
            Expr::Format(format) => {
                if let Some(value) = self.prefixed(format) {
                    self.collect_names(value, depth, names);
                }
            }
            _ => {}
        }
    }

    /// What a text is that a template puts a prefix before: `Bearer {token}`, `token={token}`.
    fn prefixed(&self, format: FormatId) -> Option<ExprId> {
        match &*self.ir.format(format).pieces {
            [Piece::Hole { value, .. }] => Some(*value),
            [Piece::Text { text, .. }, Piece::Hole { value, .. }]
                if text.as_str().ends_with([' ', '=', ':']) =>
            {
                Some(*value)
            }
            _ => None,
        }
    }

    /// The text of a key that something is read by: a literal, or the name of a constant.
    pub(crate) fn key(&self, arg: ExprId) -> Option<&'static str> {
        match self.ir.expr(arg) {
            Expr::Literal(Literal::Str(text)) => Some(text.as_str()),
            Expr::Path(path) => self.ir.path_segments(path).last().map(|segment| segment.name.as_str()),
            Expr::Ref { operand, .. } => self.key(operand),
            _ => None,
        }
    }

    /// How an expression is written, without what it is wrapped in: `self.token`, `secret`, `sign(..)`.
    pub(crate) fn written(&self, expr: ExprId) -> String {
        if let Some(inside) = self.inside(expr) {
            return self.written(inside);
        }
        match self.ir.expr(expr) {
            Expr::Local(local) => self.ir.local(local).name.to_string(),
            Expr::Field { base, name } => format!("{}.{name}", self.written(base)),
            Expr::MethodCall { method, .. } => format!("{method}(..)"),
            Expr::Call { callee, .. } => format!("{}(..)", self.last_segment(callee).unwrap_or_default()),
            Expr::Path(path) => self
                .ir
                .path_segments(path)
                .last()
                .map_or_else(String::new, |segment| segment.name.to_string()),
            Expr::Format(format) => {
                self.prefixed(format).map_or_else(|| "..".to_owned(), |value| self.written(value))
            }
            _ => "..".to_owned(),
        }
    }
}
