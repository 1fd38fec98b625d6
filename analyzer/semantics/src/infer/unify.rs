//! Variables of one body's inference.

use ward_syntax::Symbol;

use crate::known::known;
use crate::{Ty, TyKind};

/// How many variables are replaced in one type.
const MAX_REPLACED: u32 = 512;

/// The variables of a body.
#[derive(Debug, Default)]
pub(super) struct Variables {
    table: Vec<Variable>,
}

#[derive(Clone, Copy, Debug)]
struct Variable {
    kind: VariableKind,
    bound: Option<Ty>,
}

/// What a variable may stand for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum VariableKind {
    /// Any type.
    Any,
    /// That of an integer literal.
    Integer,
    /// That of a float literal.
    Float,
}

impl Variables {
    pub(super) fn fresh(&mut self, kind: VariableKind) -> Ty {
        self.table.push(Variable { kind, bound: None });
        Ty::new(TyKind::Infer(self.table.len() as u32 - 1))
    }

    /// What a type is known to be, as far as its outermost constructor.
    pub(super) fn shallow(&self, mut ty: Ty) -> Ty {
        while ty.has_infer()
            && let TyKind::Infer(variable) = ty.kind()
            && let Some(bound) = self.table[*variable as usize].bound
        {
            ty = bound;
        }
        ty
    }

    pub(super) fn kind(&self, variable: u32) -> VariableKind {
        self.table[variable as usize].kind
    }

    /// A type with everything known about its variables put in.
    pub(super) fn resolve(&self, ty: Ty) -> Ty {
        self.replace(ty, &mut { MAX_REPLACED }, &|variable, _| Ty::new(TyKind::Infer(variable)))
    }

    /// A type without variables: literals have their default type, the rest is not known.
    pub(super) fn finish(&self, ty: Ty) -> Ty {
        self.replace(ty, &mut { MAX_REPLACED }, &|_, kind| match kind {
            VariableKind::Any => Ty::unknown(),
            VariableKind::Integer => known().types.i32,
            VariableKind::Float => known().types.f64,
        })
    }

    /// Variables may stand for types made of variables, each several times, so there is a limit.
    fn replace(&self, ty: Ty, left: &mut u32, unbound: &dyn Fn(u32, VariableKind) -> Ty) -> Ty {
        ty.replace_infer(&mut |variable| {
            *left = left.saturating_sub(1);
            let Variable { kind, bound } = self.table[variable as usize];
            match bound {
                _ if *left == 0 => Ty::unknown(),
                Some(bound) => self.replace(bound, left, unbound),
                None => unbound(variable, kind),
            }
        })
    }

    /// Makes two types the same as far as they can be. Where they cannot, nothing happens: the compiler has
    /// a coercion there that does not matter here.
    pub(super) fn unify(&mut self, a: Ty, b: Ty) {
        if a == b || !(a.has_infer() || b.has_infer()) {
            return;
        }
        let (a, b) = (self.shallow(a), self.shallow(b));
        if a == b {
            return;
        }
        match (a.kind(), b.kind()) {
            (TyKind::Infer(x), TyKind::Infer(y)) if self.kind(*x) != VariableKind::Any => self.bind(*y, a),
            (TyKind::Infer(x), _) => self.bind(*x, b),
            (_, TyKind::Infer(y)) => self.bind(*y, a),
            (TyKind::External { path, args: x }, TyKind::External { path: other, args: y })
                if path == other =>
            {
                self.unify_all(x, y);
            }
            (TyKind::Adt { def, args: x }, TyKind::Adt { def: other, args: y }) if def == other => {
                self.unify_all(x, y);
            }
            (TyKind::Tuple(x), TyKind::Tuple(y)) if x.len() == y.len() => self.unify_all(x, y),
            (TyKind::Slice(x), TyKind::Slice(y)) => self.unify(*x, *y),
            (TyKind::Slice(x), TyKind::External { path, args })
            | (TyKind::External { path, args }, TyKind::Slice(x))
                if *path == known().vec =>
            {
                self.unify_all(&[*x], args);
            }
            (TyKind::FnPtr { params: x, ret }, TyKind::FnPtr { params: y, ret: other }) => {
                self.unify_all(x, y);
                self.unify(*ret, *other);
            }
            (TyKind::FnPtr { ret: x, .. }, TyKind::Closure { ret: y, .. })
            | (
                TyKind::Closure { ret: x, .. },
                TyKind::FnPtr { ret: y, .. } | TyKind::Closure { ret: y, .. },
            ) => {
                self.unify(*x, *y);
            }
            _ => {}
        }
    }

    fn unify_all(&mut self, a: &[Ty], b: &[Ty]) {
        for (a, b) in a.iter().zip(b) {
            self.unify(*a, *b);
        }
    }

    fn bind(&mut self, variable: u32, ty: Ty) {
        let ty = match ty.kind() {
            TyKind::Unknown | TyKind::Never => return,
            // What else the variable meets may be borrowed for less than `'static`.
            TyKind::StaticStr => known().types.str,
            TyKind::Scalar(name) if !is_literal_type(self.kind(variable), *name) => return,
            TyKind::Scalar(_) | TyKind::Infer(_) => ty,
            _ if self.kind(variable) != VariableKind::Any => return,
            _ => ty,
        };
        if ty.has_infer() && self.occurs(variable, ty) {
            return;
        }
        self.table[variable as usize].bound = Some(ty);
    }

    fn occurs(&self, variable: u32, ty: Ty) -> bool {
        let mut found = false;
        self.resolve(ty).replace_infer(&mut |other| {
            found |= other == variable;
            Ty::unknown()
        });
        found
    }
}

fn is_literal_type(kind: VariableKind, scalar: Symbol) -> bool {
    match kind {
        VariableKind::Any => true,
        VariableKind::Integer => scalar.as_str().starts_with(['i', 'u']),
        VariableKind::Float => scalar.as_str().starts_with('f'),
    }
}
