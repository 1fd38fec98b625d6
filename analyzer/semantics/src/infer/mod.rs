//! Types inside bodies.
//!
//! One pass over a body in the order of its expressions, with variables for what is not known yet: the
//! element type of `Vec::new()`, the target of `.parse()`. What a place expects flows inwards; what an
//! expression gives flows outwards. Nothing is rejected: code that compiles needs no proof here.

mod call;
mod closure;
mod expr;
mod lookup;
mod method;
mod pattern;
mod pending;
mod result;
mod row;
#[cfg(test)]
mod tests;
mod unify;
mod value;

use std::cmp::Ordering;

use smallvec::SmallVec;
use ward_syntax::{BodyId, ClosureId, Expr, ExprId, FileId, ItemKind, LocalId, PathId, SourceIr, TypeRefId};

use crate::known::known;
use crate::signature::head;
use crate::type_ref::{Elided, TypeReader};
use crate::{DefId, Semantics, Ty, TyKind};
use pending::Pending;
use result::FieldOwner;
pub use result::{BodyTypes, Callee, Resolution};
use unify::{VariableKind, Variables};

/// Infers the types of the body of `def`.
pub(crate) fn infer(semantics: &Semantics, def: DefId, file: FileId, body: BodyId) -> BodyTypes {
    let mut infer = Infer::new(semantics, def, file, body);
    infer.body(body);
    infer.finish()
}

/// Inference of one body.
struct Infer<'a> {
    semantics: &'a Semantics,
    owner: DefId,
    file: FileId,
    ir: &'a SourceIr,
    types: BodyTypes,
    exprs: Vec<Ty>,
    locals: Vec<Ty>,
    callees: Vec<(ExprId, Callee)>,
    paths: Vec<(PathId, Resolution)>,
    fields: Vec<(ExprId, FieldOwner)>,
    conversions: Vec<(ExprId, DefId)>,
    variables: Variables,
    /// What `return` gives: of the function, closure or async block at hand.
    ret: Ty,
    /// What `break` gives, for each loop around.
    breaks: Vec<Ty>,
    /// Iterators collected into what is not known yet: the item, and the collection.
    collecting: Vec<(Ty, Ty)>,
    pending: Vec<Pending>,
    /// Parameters of closures, to be known better when the closure is called.
    closures: Vec<(ClosureId, SmallVec<[Ty; 4]>)>,
    /// Locals that are assigned after they are bound, sorted.
    assigned: Vec<LocalId>,
}

impl<'a> Infer<'a> {
    fn new(semantics: &'a Semantics, owner: DefId, file: FileId, body: BodyId) -> Self {
        let ir = semantics.ir(file);
        let body = ir.body(body);
        let mut assigned: Vec<LocalId> =
            body.exprs.of(&ir.exprs).iter().filter_map(|e| assigned(ir, e)).collect();
        assigned.sort_unstable();
        Self {
            semantics,
            owner,
            file,
            ir,
            types: BodyTypes { expr_run: body.exprs, local_run: body.locals, ..BodyTypes::default() },
            exprs: vec![Ty::unknown(); body.exprs.len as usize],
            locals: vec![Ty::unknown(); body.locals.len as usize],
            callees: Vec::new(),
            paths: Vec::new(),
            fields: Vec::new(),
            conversions: Vec::new(),
            variables: Variables::default(),
            ret: Ty::unknown(),
            breaks: Vec::new(),
            collecting: Vec::new(),
            pending: Vec::new(),
            closures: Vec::new(),
            assigned,
        }
    }

    fn body(&mut self, body: BodyId) {
        let body = self.ir.body(body);
        let semantics = self.semantics;
        if let Some(signature) = semantics.signature(self.owner)
            && let ItemKind::Fn(function) = &semantics.item(self.owner).kind
        {
            if let Some(local) = body.self_local {
                self.set_local(local, signature.self_ty.unwrap_or_else(Ty::unknown));
            }
            for (param, ty) in function.params.iter().zip(&signature.params) {
                self.bind_pattern(param.pat, *ty);
            }
            self.ret = signature.ret;
        } else if let Some(ty) = semantics.value_type(self.owner) {
            self.ret = ty;
        }
        self.check(body.root, self.ret);
    }

    fn finish(mut self) -> BodyTypes {
        self.settle_all();
        let mut types = std::mem::take(&mut self.types);
        let variables = &self.variables;
        let finish = |types: Vec<Ty>| types.into_iter().map(|ty| variables.finish(ty)).collect();
        types.exprs = finish(self.exprs);
        types.locals = finish(self.locals);
        types.callees = sorted(self.callees);
        types.paths = sorted(self.paths);
        types.fields = sorted(self.fields);
        types.conversions = sorted(self.conversions);
        types
    }

    fn fresh(&mut self) -> Ty {
        self.variables.fresh(VariableKind::Any)
    }

    fn set_local(&mut self, local: LocalId, ty: Ty) {
        let index = local.index().wrapping_sub(self.types.local_run.start as usize);
        if let Some(slot) = self.locals.get_mut(index) {
            *slot = ty;
        }
    }

    fn local(&self, local: LocalId) -> Ty {
        let index = local.index().wrapping_sub(self.types.local_run.start as usize);
        self.locals.get(index).copied().unwrap_or_else(Ty::unknown)
    }

    fn set_expr(&mut self, expr: ExprId, ty: Ty) {
        let index = expr.index().wrapping_sub(self.types.expr_run.start as usize);
        if let Some(slot) = self.exprs.get_mut(index) {
            *slot = ty;
        }
    }

    fn set_callee(&mut self, call: ExprId, callee: Callee) {
        self.callees.push((call, callee));
    }

    /// A type written in the body; `_` is a variable.
    fn written(&mut self, id: TypeRefId) -> Ty {
        let variables = &mut self.variables;
        let hole = &mut || variables.fresh(VariableKind::Any);
        TypeReader::new(self.semantics, self.owner, Elided::Any, hole).ty(id)
    }

    /// Reads types of the body with variables for what is left out.
    fn with_reader<T>(&mut self, read: impl FnOnce(&mut TypeReader<'a, '_>) -> T) -> T {
        let variables = &mut self.variables;
        let hole = &mut || variables.fresh(VariableKind::Any);
        read(&mut TypeReader::new(self.semantics, self.owner, Elided::Any, hole))
    }

    /// What a type is known to be by now, at least its outermost constructor.
    fn known(&mut self, ty: Ty) -> Ty {
        let ty = self.variables.shallow(ty);
        if let TyKind::Infer(variable) = ty.kind() {
            if self.variables.kind(*variable) == VariableKind::Integer {
                return known().types.i32;
            }
            if self.variables.kind(*variable) == VariableKind::Float {
                return known().types.f64;
            }
            if !self.collecting.is_empty() {
                self.settle();
                return self.variables.shallow(ty);
            }
        }
        ty
    }

    /// Infers an expression that must come to `expected`.
    fn check(&mut self, expr: ExprId, expected: Ty) -> Ty {
        let ty = self.infer(expr, expected);
        self.coerce(ty, expected);
        if ty.is_unknown() && !expected.is_unknown() && self.is_definite(expected) {
            self.set_expr(expr, expected);
            return expected;
        }
        ty
    }

    /// Learns from a value of type `actual` standing where `expected` is wanted.
    fn coerce(&mut self, actual: Ty, expected: Ty) {
        if !(actual.has_infer() || expected.has_infer()) {
            return;
        }
        let (actual, wanted) = (self.variables.shallow(actual), self.variables.shallow(expected));
        match (actual.kind(), wanted.kind()) {
            (TyKind::Infer(_), _) if !self.is_definite(wanted) => {}
            (TyKind::Infer(_), _) | (_, TyKind::Infer(_)) => self.variables.unify(actual, wanted),
            (TyKind::FnDef(def), TyKind::FnPtr { params, ret }) => {
                let given = self.apply_function(*def, None, params);
                self.variables.unify(given, *ret);
            }
            (_, TyKind::External { path, args }) if *path == known().iterator => {
                if let Some(item) = self.item_of(actual)
                    && let Some(wanted) = args.first()
                {
                    self.variables.unify(item, *wanted);
                }
            }
            _ => {
                let wanted_head = head(wanted);
                let fitting = self.semantics.derefs(actual).find(|ty| head(*ty) == wanted_head);
                self.variables.unify(fitting.unwrap_or(actual), wanted);
            }
        }
    }

    /// Whether a place that wants a type gets a value of just this type: not of one that implements a trait, and
    /// not of what a parameter of another function stands for.
    fn is_definite(&self, wanted: Ty) -> bool {
        match wanted.kind() {
            TyKind::Bounds(_) => false,
            TyKind::Param { owner, .. } => {
                *owner == self.owner || Some(*owner) == self.semantics.def_map.container(self.owner)
            }
            _ => true,
        }
    }

    /// The type of a value that comes from one of two places.
    fn join(&mut self, a: Ty, b: Ty) -> Ty {
        let (x, y) = (self.variables.shallow(a), self.variables.shallow(b));
        match (x.kind(), y.kind()) {
            (TyKind::Never | TyKind::Unknown, _) => b,
            (_, TyKind::Never | TyKind::Unknown) => a,
            (TyKind::StaticStr, TyKind::Str | TyKind::External { .. }) => b,
            _ => {
                self.variables.unify(a, b);
                a
            }
        }
    }
}

/// The local that an assignment changes as a whole.
fn assigned(ir: &SourceIr, expr: &Expr) -> Option<LocalId> {
    match expr {
        Expr::Assign { lhs, .. } => match ir.expr(*lhs) {
            Expr::Local(local) => Some(local),
            Expr::Unary { operand, .. } => match ir.expr(operand) {
                Expr::Local(local) => Some(local),
                _ => None,
            },
            _ => None,
        },
        Expr::Ref { mutable: true, operand } => match ir.expr(*operand) {
            Expr::Local(local) => Some(local),
            _ => None,
        },
        _ => None,
    }
}

/// Rows in the order of their keys. Where a node was visited twice the last visit counts.
fn sorted<K: Ord + Copy, V>(mut rows: Vec<(K, V)>) -> Box<[(K, V)]> {
    if !rows.is_sorted_by(|a, b| a.0.cmp(&b.0) == Ordering::Less) {
        rows.reverse();
        rows.sort_by_key(|row| row.0);
        rows.dedup_by_key(|row| row.0);
    }
    rows.into_boxed_slice()
}
