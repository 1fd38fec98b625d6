//! Closures.

use smallvec::SmallVec;
use ward_syntax::ClosureId;

use super::Infer;
use crate::known::known;
use crate::type_ref::future;
use crate::{Ty, TyKind};

impl Infer<'_> {
    pub(super) fn closure(&mut self, id: ClosureId, expected: Ty) -> Ty {
        let ir = self.ir;
        let closure = ir.closure(id);
        let (wanted, wanted_ret) = self.wanted_function(expected);
        let mut params: SmallVec<[Ty; 4]> = SmallVec::new();
        for (at, (pat, ty)) in closure.params.iter().enumerate() {
            let wanted = wanted.get(at).copied().unwrap_or_else(Ty::unknown);
            let written = ty.map(|ty| self.written(ty)).filter(|ty| !ty.is_unknown());
            if let Some(written) = written {
                self.variables.unify(written, wanted);
            }
            let ty = match written {
                Some(ty) => ty,
                None if wanted.is_unknown() => self.fresh(),
                None => wanted,
            };
            self.bind_pattern(*pat, ty);
            params.push(ty);
        }
        let written = closure.ret.map(|ret| self.written(ret)).filter(|ty| !ty.is_unknown());
        let wanted_ret = wanted_ret.map(|ret| if closure.is_async { self.future_output(ret) } else { ret });
        let ret = written.or(wanted_ret.filter(|ty| !ty.is_unknown())).unwrap_or_else(|| self.fresh());
        let outer = std::mem::replace(&mut self.ret, ret);
        let breaks = std::mem::take(&mut self.breaks);
        let body = self.infer(closure.body, ret);
        self.coerce(body, ret);
        self.breaks = breaks;
        self.ret = outer;
        self.closures.push((id, params));
        let shallow = self.variables.shallow(body);
        let is_telling = !matches!(shallow.kind(), TyKind::Never | TyKind::Unknown | TyKind::Infer(_));
        let ret = if written.is_none() && is_telling { body } else { ret };
        let ret = if closure.is_async { future(ret) } else { ret };
        Ty::new(TyKind::Closure { file: self.file, closure: id, ret })
    }

    /// The parameters and the result that a place wants of a closure.
    fn wanted_function(&mut self, expected: Ty) -> (&'static [Ty], Option<Ty>) {
        let shallow = self.variables.shallow(expected);
        match self.semantics.through_bounds(shallow).kind() {
            TyKind::FnPtr { params, ret } => (params, Some(*ret)),
            _ => (&[], None),
        }
    }

    /// What a future gives; unknown for another type.
    fn future_output(&mut self, ty: Ty) -> Ty {
        match self.variables.shallow(ty).kind() {
            TyKind::External { path, args } if *path == known().future => {
                args.first().copied().unwrap_or_else(Ty::unknown)
            }
            _ => Ty::unknown(),
        }
    }

    /// The parameters of a closure inferred before.
    pub(super) fn closure_params(&self, id: ClosureId) -> SmallVec<[Ty; 4]> {
        let found = self.closures.iter().rev().find(|(closure, _)| *closure == id);
        found.map(|(_, params)| params.clone()).unwrap_or_default()
    }
}
