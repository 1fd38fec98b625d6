//! The body of one function as its text tells: what its locals are bound to, and what an expression is made of.
//!
//! What data does across functions is the business of flows. This looks at one body, and at the names of what it calls;
//! it is for questions about values that nobody sends, such as which of two texts the service already had.

mod names;
mod origin;

use std::cell::OnceCell;

use rustc_hash::FxHashMap;
use serde::Serialize;
use serde::de::DeserializeOwned;
use ward_linter::LintContext;
use ward_semantics::{BodyTypes, Callee, DefId};
use ward_syntax::{Body, Expr, ExprId, FileSpan, LocalId, Pat, PatId, Piece, SourceIr, UnaryOp};

use crate::secrets::has;

pub(crate) use self::origin::{Origin, Root};

/// A chain of locals, calls and fields is followed no further.
const DEEPEST: u8 = 24;

/// What a local is bound to.
#[derive(Clone, Copy, Debug)]
enum Binding {
    Parameter(usize),
    Receiver,
    /// A part of an expression's value.
    Of(ExprId),
}

/// The body of one function, with what its locals are bound to.
pub(crate) struct Scope<'a> {
    pub(crate) cx: &'a LintContext<'a>,
    pub(crate) function: DefId,
    pub(crate) ir: &'a SourceIr,
    pub(crate) body: Body,
    pub(crate) types: &'a BodyTypes,
    /// Found out when somebody asks: most bodies are looked at and say nothing.
    locals: OnceCell<Locals>,
}

type Locals = FxHashMap<LocalId, Binding>;

/// What `find` finds in the scopes of all functions that are reported on: see [`LintContext::in_functions`].
pub(crate) fn in_scopes<T>(cx: &LintContext, question: &str, find: impl Fn(&Scope) -> Vec<T>) -> Vec<T> {
    cx.in_functions(question, |function| Scope::new(cx, function).map_or_else(Vec::new, |scope| find(&scope)))
}

/// The same, where what is found is kept as well: see [`LintContext::found_in_functions`].
pub(crate) fn found_in_scopes<T: Serialize + DeserializeOwned>(
    cx: &LintContext,
    question: &str,
    find: impl Fn(&Scope) -> Vec<T>,
) -> Vec<T> {
    let find = |function| Scope::new(cx, function).map_or_else(Vec::new, |scope| find(&scope));
    cx.found_in_functions(question, find)
}

/// Methods that hand on what they are called on, in another type or a part of it.
const TRANSPARENT: &str = "as_str as_bytes as_ref as_mut as_deref as_slice as_array clone cloned copied \
    to_string to_owned to_vec into try_into into_string into_bytes into_boxed_slice into_inner unwrap expect \
    unwrap_or_default unwrap_or unwrap_or_else trim trim_start trim_end borrow deref iter into_iter bytes chars \
    to_str to_string_lossy ok ok_or ok_or_else map_err as_os_str get_ref expose_secret expose unsecure reveal \
    secret read write lock load inner strip_prefix trim_start_matches trim_end_matches trim_matches and_then map \
    filter flatten context with_context wrap_err value get_value as_inner into_bytes_owned or finalize values \
    next first last nth split splitn split_once then skip take replace or_else into_owned as_text keys \
    finalize_fixed encode_hex to_hex as_byte_slice";

impl<'a> Scope<'a> {
    /// The scope of a function, const or static whose body was read.
    pub(crate) fn new(cx: &'a LintContext<'a>, function: DefId) -> Option<Self> {
        let semantics = cx.semantics();
        let types = semantics.types(function)?;
        let (_, body) = semantics.body(function)?;
        let ir = semantics.ir_of(function);
        Some(Self { cx, function, ir, body: ir.body(body), types, locals: OnceCell::new() })
    }

    /// What a local is bound to.
    fn binding(&self, local: LocalId) -> Option<Binding> {
        self.locals.get_or_init(|| self.bindings()).get(&local).copied()
    }

    fn bindings(&self) -> Locals {
        let mut locals = Locals::default();
        if let Some(local) = self.body.self_local {
            locals.insert(local, Binding::Receiver);
        }
        let item = self.cx.semantics().item(self.function).as_fn();
        let params = item.map(|item| item.params.as_slice()).unwrap_or_default();
        for (index, param) in params.iter().enumerate() {
            self.bind(&mut locals, param.pat, Binding::Parameter(index));
        }
        for id in self.body.exprs.ids() {
            self.bind_in(&mut locals, id);
        }
        locals
    }

    fn bind_in(&self, locals: &mut Locals, id: ExprId) {
        match self.ir.expr(id) {
            Expr::LetStmt { pat, init: Some(value), .. } | Expr::Let { pat, scrutinee: value } => {
                self.bind_to(locals, pat, value);
            }
            Expr::For { pat, iter, .. } => self.bind(locals, pat, Binding::Of(iter)),
            Expr::Match { scrutinee, arms } => {
                for arm in self.ir.arms(arms) {
                    self.bind_to(locals, arm.pat, scrutinee);
                }
            }
            Expr::MethodCall { receiver, args, .. } => {
                for arg in self.ir.list(args) {
                    if let Expr::Closure(closure) = self.ir.expr(arg) {
                        for (pat, _) in &self.ir.closure(closure).params {
                            self.bind(locals, *pat, Binding::Of(receiver));
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// Binds a pattern to a value; the elements of tuples one by one.
    fn bind_to(&self, locals: &mut Locals, pat: PatId, value: ExprId) {
        let ir = self.ir;
        match (ir.pat(pat), ir.expr(value)) {
            (Pat::Tuple(pats), Expr::Tuple(values)) if ir.list(pats).len() == ir.list(values).len() => {
                for (pat, value) in ir.list(pats).zip(ir.list(values)) {
                    self.bind_to(locals, pat, value);
                }
            }
            (Pat::Or(pats), _) => ir.list(pats).for_each(|pat| self.bind_to(locals, pat, value)),
            _ => self.bind(locals, pat, Binding::Of(value)),
        }
    }

    fn bind(&self, locals: &mut Locals, pat: PatId, binding: Binding) {
        let ir = self.ir;
        match ir.pat(pat) {
            Pat::Bind { local, sub } => {
                locals.entry(local).or_insert(binding);
                if let Some(sub) = sub {
                    self.bind(locals, sub, binding);
                }
            }
            Pat::Ref(inner) => self.bind(locals, inner, binding),
            Pat::Tuple(pats) | Pat::Slice(pats) | Pat::Or(pats) | Pat::TupleStruct { pats, .. } => {
                ir.list(pats).for_each(|pat| self.bind(locals, pat, binding));
            }
            Pat::Struct { fields, .. } => {
                for field in ir.field_pats(fields) {
                    self.bind(locals, field.pat, binding);
                }
            }
            _ => {}
        }
    }

    /// The expression that a local is bound to a part of.
    pub(crate) fn bound_to(&self, local: LocalId) -> Option<ExprId> {
        match self.binding(local)? {
            Binding::Of(value) => Some(value),
            _ => None,
        }
    }

    /// The expression that a local is bound to as a whole, by a single name.
    pub(crate) fn bound_whole(&self, local: LocalId) -> Option<ExprId> {
        let value = self.bound_to(local)?;
        let ir = self.ir;
        let is_whole = |pat: PatId| matches!(ir.pat(pat), Pat::Bind { local: found, .. } if found == local);
        let is_assigned =
            |expr: &Expr| matches!(*expr, Expr::Assign { lhs, .. } if ir.expr(lhs) == Expr::Local(local));
        let mut all = self.body.exprs.of(&ir.exprs).iter();
        let is_bound = all.any(|expr| matches!(*expr, Expr::LetStmt { pat, init: Some(init), .. } if init == value && is_whole(pat)));
        (is_bound && !self.body.exprs.of(&ir.exprs).iter().any(is_assigned)).then_some(value)
    }

    /// Where an expression stands.
    pub(crate) fn place(&self, expr: ExprId) -> FileSpan {
        let (file, _) = self.cx.semantics().locate(self.function);
        FileSpan { file, span: self.ir.expr_span(expr) }
    }

    /// What an expression hands on: what is below borrows, conversions and wrappers.
    pub(crate) fn inside(&self, expr: ExprId) -> Option<ExprId> {
        match self.ir.expr(expr) {
            Expr::Unary { op: UnaryOp::Deref, operand }
            | Expr::Ref { operand, .. }
            | Expr::Await(operand)
            | Expr::Try(operand)
            | Expr::Cast { operand, .. } => Some(operand),
            Expr::MethodCall { receiver, method, .. } if self.is_transparent(expr, method.as_str()) => {
                Some(receiver)
            }
            Expr::Call { callee, args } => {
                let name = self.last_segment(callee)?;
                let mut args = self.ir.list(args);
                let wraps = matches!(
                    name,
                    "Some" | "Ok" | "from" | "from_utf8" | "from_utf8_lossy" | "as_ref" | "to_string"
                );
                if wraps { args.next() } else { None }
            }
            Expr::Block { tail: Some(tail), .. } => Some(tail),
            _ => None,
        }
    }

    fn is_transparent(&self, call: ExprId, method: &str) -> bool {
        has(TRANSPARENT, method)
            && !matches!(self.types.callee(call), Callee::Fn(_) | Callee::Dispatch { .. })
    }

    /// The last segment of the path that is called.
    pub(crate) fn last_segment(&self, callee: ExprId) -> Option<&'static str> {
        match self.ir.expr(callee) {
            Expr::Path(path) => self.ir.path_segments(path).last().map(|segment| segment.name.as_str()),
            _ => None,
        }
    }

    /// Every expression that a value is made of in this body, itself first: receivers, arguments, and what locals are
    /// bound to.
    pub(crate) fn made_of(&self, expr: ExprId) -> Vec<ExprId> {
        let mut found = vec![expr];
        let mut next = 0;
        while let Some(expr) = found.get(next).copied()
            && found.len() < 60
        {
            next += 1;
            let parts: Vec<ExprId> = match self.ir.expr(expr) {
                Expr::Local(local) => self.bound_to(local).into_iter().collect(),
                Expr::MethodCall { receiver, args, .. } => {
                    std::iter::once(receiver).chain(self.ir.list(args)).collect()
                }
                Expr::Call { args, .. } => self.ir.list(args).collect(),
                Expr::Unary { operand, .. }
                | Expr::Ref { operand, .. }
                | Expr::Await(operand)
                | Expr::Try(operand) => {
                    vec![operand]
                }
                Expr::Block { tail: Some(tail), .. } => vec![tail],
                Expr::If { then, otherwise, .. } => std::iter::once(then).chain(otherwise).collect(),
                Expr::Match { arms, .. } => self.ir.arms(arms).iter().map(|arm| arm.body).collect(),
                Expr::Format(format) => {
                    let pieces = self.ir.format(format).pieces.iter();
                    pieces
                        .filter_map(|piece| match piece {
                            Piece::Hole { value, .. } => Some(*value),
                            Piece::Text { .. } => None,
                        })
                        .collect()
                }
                _ => Vec::new(),
            };
            for part in parts {
                if !found.contains(&part) {
                    found.push(part);
                }
            }
        }
        found
    }
}

/// Whether a function answers that somebody may not come in.
pub(crate) fn refuses(scope: &Scope) -> bool {
    const ANSWERS: &str = "UNAUTHORIZED FORBIDDEN Unauthorized Forbidden Unauthenticated PermissionDenied ErrorUnauthorized \
        ErrorForbidden unauthorized forbidden unauthenticated permission_denied";
    let ir = scope.ir;
    scope.body.exprs.of(&ir.exprs).iter().any(|expr| match *expr {
        Expr::Path(path) => {
            ir.path_segments(path).last().is_some_and(|segment| has(ANSWERS, segment.name.as_str()))
        }
        _ => false,
    })
}
