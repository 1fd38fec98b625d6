//! Calls of external functions and methods, as rows describe them.

use smallvec::SmallVec;
use ward_syntax::{Expr, Symbol, sym};

use super::Infer;
use super::call::Args;
use super::value::Value;
use crate::known::known;
use crate::relate::RowOf;
use crate::signature::head;
use crate::template::numbered_hole;
use crate::{ExternalFn, Template, Ty, TyKind};

/// What a row's templates may name beside the arguments.
pub(super) struct RowCall<'r> {
    /// The type or trait that the function belongs to.
    pub(super) row: Option<RowOf<'r>>,
    /// `Self`.
    pub(super) self_ty: Ty,
    /// The turbofish.
    pub(super) written: &'r [Ty],
}

/// What has been found for the holes of one call.
#[derive(Default)]
struct Holes {
    args: SmallVec<[Ty; 4]>,
    results: SmallVec<[Option<Ty>; 4]>,
    asked: SmallVec<[(usize, Ty); 2]>,
}

impl<'a> Infer<'a> {
    /// Infers the arguments of a call and what it gives.
    pub(super) fn call_row(
        &mut self,
        function: Option<&'a ExternalFn>,
        call: &RowCall<'_>,
        args: &mut Args,
        expected: Ty,
    ) -> Ty {
        let Some(function) = function else {
            self.all_args(args);
            return Ty::unknown();
        };
        let mut holes = Holes::default();
        for at in 0..args.exprs.len() {
            let closure = function.closures.iter().find(|(index, _)| *index == at);
            let (ty, result) = match closure {
                Some((_, params)) => self.closure_arg(params, call, args, at, &mut holes),
                None => (self.arg(args, at, Ty::unknown()), None),
            };
            holes.args.push(ty);
            holes.results.push(result);
        }
        let Some(returns) = &function.returns else {
            return Ty::unknown();
        };
        let ret = self.instantiate(returns, call, &mut holes);
        self.expect(ret, expected);
        ret
    }

    fn instantiate(&mut self, template: &Template, call: &RowCall<'_>, holes: &mut Holes) -> Ty {
        template.instantiate(&mut |hole| self.fill(hole, call, holes))
    }

    fn fill(&mut self, hole: Symbol, call: &RowCall<'_>, holes: &mut Holes) -> Ty {
        if let Some(row) = call.row
            && row.has(hole)
        {
            return row.fill(hole);
        }
        if hole == sym::SELF_TYPE {
            return call.self_ty;
        }
        match numbered_hole(hole) {
            Some(('A', at)) => {
                // A row written for `Arc::clone(&x)` serves `x.clone()` too.
                let receiver = if holes.args.is_empty() { call.self_ty } else { Ty::unknown() };
                let ty = holes.args.get(at).copied().unwrap_or(receiver);
                self.variables.resolve(ty)
            }
            Some(('F', at)) => self.result_of_arg(at, holes),
            Some((_, at)) => match call.written.get(at) {
                Some(ty) => *ty,
                None => self.asked(at, holes),
            },
            None => Ty::unknown(),
        }
    }

    /// What the context asks for: a variable until it is known.
    fn asked(&mut self, at: usize, holes: &mut Holes) -> Ty {
        if let Some((_, ty)) = holes.asked.iter().find(|(index, _)| *index == at) {
            return *ty;
        }
        let ty = self.fresh();
        holes.asked.push((at, ty));
        ty
    }

    fn result_of_arg(&mut self, at: usize, holes: &Holes) -> Ty {
        if let Some(Some(result)) = holes.results.get(at) {
            return *result;
        }
        let ty = holes.args.get(at).copied().unwrap_or_else(Ty::unknown);
        let ty = self.known(ty);
        match self.semantics.through_bounds(ty).kind() {
            TyKind::Closure { ret, .. } | TyKind::FnPtr { ret, .. } => *ret,
            TyKind::FnDef(def) => self.apply_function(*def, None, &[]),
            _ => Ty::unknown(),
        }
    }

    /// An argument that is called with values of known types: its type, and what it gives.
    fn closure_arg(
        &mut self,
        params: &[Template],
        call: &RowCall<'_>,
        args: &mut Args,
        at: usize,
        holes: &mut Holes,
    ) -> (Ty, Option<Ty>) {
        let params: SmallVec<[Ty; 4]> =
            params.iter().map(|template| self.instantiate(template, call, holes)).collect();
        let is_path = args.types[at].is_none() && matches!(self.ir.expr(args.exprs[at]), Expr::Path(_));
        if is_path && let Expr::Path(path) = self.ir.expr(args.exprs[at]) {
            let value = self.value(path);
            let ty = self.type_of(&value);
            self.set_expr(args.exprs[at], ty);
            args.types[at] = Some(ty);
            let result = self.apply_value(&value, ty, &params);
            return (ty, Some(result));
        }
        let ret = self.fresh();
        let wanted = Ty::new(TyKind::FnPtr { params: params.as_slice().into(), ret });
        let ty = self.arg(args, at, wanted);
        let shallow = self.known(ty);
        let result = match self.semantics.through_bounds(shallow).kind() {
            TyKind::Closure { ret, .. } => *ret,
            TyKind::FnPtr { params: own, ret } => {
                for (own, given) in own.iter().zip(&params) {
                    self.coerce(*given, *own);
                }
                *ret
            }
            TyKind::FnDef(def) => self.apply_function(*def, None, &params),
            _ => Ty::unknown(),
        };
        (ty, Some(result))
    }

    /// What a function given by its path comes to for arguments of these types.
    fn apply_value(&mut self, value: &Value, ty: Ty, args: &[Ty]) -> Ty {
        let semantics = self.semantics;
        match *value {
            Value::Fn { def, self_ty } => {
                let candidates =
                    self_ty.and_then(head).map(|head| semantics.members(head, semantics.def_map.name(def)));
                let fitting = match (candidates, self_ty, args.first()) {
                    (Some(candidates), Some(self_ty), Some(first)) if candidates.len() > 1 => {
                        self.fitting(candidates, self_ty, *first)
                    }
                    _ => None,
                };
                self.apply_function(fitting.unwrap_or(def), self_ty, args)
            }
            Value::Dispatch { item, .. } => self.apply_function(item, None, args),
            Value::External(path) => {
                let function = semantics.externals.functions.get(&path);
                let call = RowCall { row: None, self_ty: Ty::unknown(), written: &[] };
                self.apply_row(function, &call, args)
            }
            Value::Associated { ty, path, name } => {
                let (owner, function) = self.associated_row(ty, path, name);
                let first = args.first().copied().unwrap_or_else(Ty::unknown);
                let is_method = head(first).is_some() && head(first) == head(ty);
                if is_method {
                    self.variables.unify(ty, first);
                }
                let is_of_all =
                    name != sym::FROM && (owner == known().every_type || self.semantics.row(ty).is_none());
                let self_ty = if is_of_all { first } else { ty };
                let row = semantics.row(ty);
                let call = RowCall { row, self_ty, written: &[] };
                let is_conversion =
                    name == sym::FROM && function.is_none_or(|function| function.returns.is_none());
                if is_conversion { ty } else { self.apply_row(function, &call, args) }
            }
            _ => match ty.kind() {
                TyKind::FnPtr { params, ret } => {
                    for (param, arg) in params.iter().zip(args) {
                        self.coerce(*arg, *param);
                    }
                    *ret
                }
                TyKind::Closure { ret, .. } => *ret,
                _ => Ty::unknown(),
            },
        }
    }

    fn apply_row(&mut self, function: Option<&ExternalFn>, call: &RowCall<'_>, args: &[Ty]) -> Ty {
        let Some(returns) = function.and_then(|function| function.returns.as_ref()) else {
            return Ty::unknown();
        };
        let mut holes = Holes { args: args.into(), ..Holes::default() };
        self.instantiate(returns, call, &mut holes)
    }
}
