//! How types relate: impls that fit them, what they dereference to, their fields and associated types.

use std::cell::Cell;

use smallvec::SmallVec;
use ward_syntax::{Symbol, sym};

use crate::known::known;
use crate::signature::head;
use crate::type_ref::{Elided, TypeReader, special_bound};
use crate::{
    DefId, DefKind, ExternalType, ImplInfo, Semantics, Template, TraitName, TraitRef, Ty, TyKind, TypeHead,
};

/// How many times a receiver is dereferenced.
pub(crate) const MAX_DEREFS: usize = 8;

/// How deeply supertraits are followed.
const MAX_SUPERTRAITS: usize = 8;

/// How many associated types that stand for each other are followed.
const MAX_ASSOCIATED: u32 = 6;

/// What generic parameters stand for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Subst {
    pairs: SmallVec<[(DefId, Symbol, Ty); 6]>,
}

impl Subst {
    pub(crate) fn get(&self, owner: DefId, name: Symbol) -> Option<Ty> {
        let pair = self.pairs.iter().find(|pair| pair.0 == owner && pair.1 == name);
        pair.map(|pair| pair.2)
    }

    pub(crate) fn insert(&mut self, owner: DefId, name: Symbol, ty: Ty) {
        self.pairs.push((owner, name, ty));
    }

    /// A struct's or enum's parameters by its arguments.
    pub(crate) fn of_args(semantics: &Semantics, owner: DefId, args: &[Ty]) -> Self {
        let mut subst = Self::default();
        if !args.is_empty()
            && let Some(generics) = semantics.generics(owner)
        {
            for (param, arg) in generics.params.iter().zip(args) {
                subst.insert(owner, param.name, *arg);
            }
        }
        subst
    }

    /// A type with the parameters replaced, and with associated types looked up where `Self` is known now.
    pub(crate) fn apply(&self, semantics: &Semantics, ty: Ty) -> Ty {
        ty.replace_params(&mut |owner, name| {
            self.get(owner, name).or_else(|| self.associated(semantics, owner, name))
        })
    }

    fn associated(&self, semantics: &Semantics, alias: DefId, name: Symbol) -> Option<Ty> {
        if semantics.def_map.kind(alias) != DefKind::TypeAlias {
            return None;
        }
        let trait_def = semantics.def_map.container(alias)?;
        let self_ty = self.get(trait_def, sym::SELF_TYPE)?;
        let is_concrete = !matches!(self_ty.kind(), TyKind::Param { .. } | TyKind::Infer(_));
        is_concrete.then(|| semantics.associated_type(trait_def, self_ty, name))
    }
}

/// Whether `ty` is one of the types that `pattern` stands for; binds the parameters of `owner` in it. What is
/// not known fits everything.
pub(crate) fn fits(pattern: Ty, ty: Ty, owner: DefId, subst: &mut Subst, resolve: &dyn Fn(Ty) -> Ty) -> bool {
    if pattern == ty && !pattern.has_param() {
        return true;
    }
    let ty = if ty.has_infer() { resolve(ty) } else { ty };
    if let TyKind::Param { owner: declared, name } = pattern.kind()
        && *declared == owner
    {
        if subst.get(owner, *name).is_none() {
            subst.insert(owner, *name, ty);
        }
        return true;
    }
    let mut all = |patterns: &[Ty], types: &[Ty]| {
        patterns.iter().zip(types).all(|(pattern, ty)| fits(*pattern, *ty, owner, subst, resolve))
    };
    match (pattern.kind(), ty.kind()) {
        (_, TyKind::Unknown | TyKind::Infer(_)) | (TyKind::Unknown, _) => true,
        (TyKind::Adt { def: a, args: patterns }, TyKind::Adt { def: b, args: types }) => {
            a == b && all(patterns, types)
        }
        (TyKind::External { path: a, args: patterns }, TyKind::External { path: b, args: types }) => {
            a == b && all(patterns, types)
        }
        (TyKind::Tuple(patterns), TyKind::Tuple(types)) => {
            patterns.len() == types.len() && all(patterns, types)
        }
        (TyKind::Slice(pattern), TyKind::Slice(ty)) => all(&[*pattern], &[*ty]),
        (TyKind::Str | TyKind::StaticStr, TyKind::Str | TyKind::StaticStr) => true,
        (TyKind::Param { .. }, TyKind::Param { .. }) => true,
        (TyKind::Bounds(a), TyKind::Bounds(b)) => {
            a.first().map(|bound| bound.name) == b.first().map(|bound| bound.name)
        }
        (TyKind::FnPtr { params: patterns, ret: pattern }, TyKind::FnPtr { params: types, ret: ty }) => {
            patterns.len() == types.len() && all(patterns, types) && all(&[*pattern], &[*ty])
        }
        (TyKind::Scalar(a), TyKind::Scalar(b)) => a == b,
        (TyKind::Never, TyKind::Never) => true,
        _ => false,
    }
}

/// A row for an external type, and how its parameters are filled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowOf<'a> {
    pub(crate) path: Symbol,
    pub(crate) row: &'a ExternalType,
    pub(crate) args: &'static [Ty],
    /// For a type that is known by a bound on an external trait: its associated types.
    pub(crate) bindings: &'static [(Symbol, Ty)],
}

impl RowOf<'_> {
    /// Whether a hole is one of the row's own parameters.
    pub(crate) fn has(&self, hole: Symbol) -> bool {
        self.row.params.contains(&hole)
    }

    /// What a hole of the row's templates stands for: its parameters by their names, and those that are left
    /// by the bindings in order.
    pub(crate) fn fill(&self, hole: Symbol) -> Ty {
        if let Some((_, ty)) = self.bindings.iter().find(|(name, _)| *name == hole) {
            return *ty;
        }
        let at = self.row.params.iter().position(|param| *param == hole);
        let arg = at.and_then(|at| {
            let bound = |at: usize| self.bindings.get(at - self.args.len()).map(|(_, ty)| *ty);
            self.args.get(at).copied().or_else(|| bound(at))
        });
        arg.unwrap_or_else(Ty::unknown)
    }

    pub(crate) fn instantiate(&self, template: &Template) -> Ty {
        template.instantiate(&mut |hole| self.fill(hole))
    }
}

impl Semantics {
    /// The row that the methods and fields of a type are found in.
    pub(crate) fn row(&self, ty: Ty) -> Option<RowOf<'_>> {
        let known = known();
        let (path, args): (Symbol, &'static [Ty]) = match ty.kind() {
            TyKind::External { path, args } => (*path, args),
            TyKind::Scalar(name) => (*name, &[]),
            TyKind::Str | TyKind::StaticStr => (known.str_type, &[]),
            TyKind::Slice(element) => (known.slice, std::slice::from_ref(element)),
            _ => return None,
        };
        self.row_at(path, args)
    }

    pub(crate) fn row_at(&self, path: Symbol, args: &'static [Ty]) -> Option<RowOf<'_>> {
        let row = self.externals.types.get(&path)?;
        Some(RowOf { path, row, args, bindings: &[] })
    }

    /// The row of an external trait that a type is known to implement.
    pub(crate) fn row_of_bound(&self, bound: &'static TraitRef) -> Option<RowOf<'_>> {
        let TraitName::External(path) = bound.name else {
            return None;
        };
        let row = self.externals.types.get(&path)?;
        Some(RowOf { path, row, args: &bound.args, bindings: &bound.bindings })
    }

    /// What a type dereferences to: smart pointers, guards, extractors, the workspace's `impl Deref`.
    pub fn deref(&self, ty: Ty) -> Option<Ty> {
        match ty.kind() {
            TyKind::Adt { .. } => {
                let target = self.associated_of(ty, known().deref_trait, sym::TARGET)?;
                (target != ty && !target.is_unknown()).then_some(target)
            }
            TyKind::External { .. } => {
                let row = self.row(ty)?;
                let target = row.row.deref.as_ref().map(|template| row.instantiate(template))?;
                (target != ty).then_some(target)
            }
            _ => None,
        }
    }

    /// A type and what it dereferences to, step by step.
    pub fn derefs(&self, ty: Ty) -> impl Iterator<Item = Ty> + '_ {
        std::iter::successors(Some(ty), |ty| self.deref(*ty)).take(MAX_DEREFS)
    }

    /// The type of a field, after dereferencing as often as it takes; unknown if there is none.
    pub fn field_ty(&self, ty: Ty, name: Symbol) -> Ty {
        self.find_field(ty, name).map_or_else(Ty::unknown, |field| field.0)
    }

    /// A field's type, and the struct of the workspace that has it.
    pub(crate) fn find_field(&self, ty: Ty, name: Symbol) -> Option<(Ty, Option<DefId>)> {
        self.derefs(ty).find_map(|ty| self.own_field(ty, name))
    }

    fn own_field(&self, ty: Ty, name: Symbol) -> Option<(Ty, Option<DefId>)> {
        match ty.kind() {
            TyKind::Adt { def, args } if self.def_map.kind(*def) == DefKind::Struct => {
                let field = self.fields(*def, None).iter().find(|field| field.name == name)?;
                Some((Subst::of_args(self, *def, args).apply(self, field.ty), Some(*def)))
            }
            TyKind::Tuple(parts) => {
                let index: usize = name.as_str().parse().ok()?;
                Some((*parts.get(index)?, None))
            }
            _ => {
                let row = self.row(ty)?;
                Some((row.instantiate(row.row.fields.get(&name)?), None))
            }
        }
    }

    /// The impl of an external trait for a type, with what its parameters stand for: of several, that for the narrowest.
    pub(crate) fn external_impl(&self, ty: Ty, trait_path: Symbol) -> Option<(&ImplInfo, Subst)> {
        let name = TraitName::External(trait_path);
        let suits = |info: &ImplInfo, ty: Ty| {
            let mut subst = Subst::default();
            fits(info.self_ty, ty, info.def, &mut subst, &|ty| ty).then_some(subst)
        };
        let wanted = self
            .external_impls(ty)
            .filter(|info| info.trait_ref.as_ref().is_some_and(|trait_ref| trait_ref.name == name));
        let fitting = wanted.filter_map(|info| Some((info, suits(info, ty)?)));
        fitting.reduce(|(best, subst), (other, other_subst)| {
            let is_narrower = best.self_ty != other.self_ty && suits(best, other.self_ty).is_some();
            if is_narrower { (other, other_subst) } else { (best, subst) }
        })
    }

    /// The workspace's functions that make a value of this type of one of a type from outside: `From::from`.
    pub fn conversions_from_outside(&self, ty: Ty) -> Vec<DefId> {
        let from = TraitName::External(crate::known::known().from_trait);
        let impls = self.external_impls(ty).filter(|info| {
            info.trait_ref.as_ref().is_some_and(|trait_ref| {
                trait_ref.name == from
                    && trait_ref.args.first().is_some_and(|arg| {
                        matches!(arg.kind(), TyKind::External { .. } | TyKind::Unknown | TyKind::Bounds(_))
                    })
            })
        });
        impls.filter_map(|info| self.impls.item(info.def, sym::FROM)).collect()
    }

    /// An associated type that the workspace's impl of an external trait gives a type.
    pub(crate) fn associated_of(&self, ty: Ty, trait_path: Symbol, name: Symbol) -> Option<Ty> {
        let (info, subst) = self.external_impl(ty, trait_path)?;
        let alias = self.impls.item(info.def, name)?;
        Some(subst.apply(self, self.alias_type(alias)?))
    }

    /// The workspace's implementation of a method of an external trait for a type.
    pub fn trait_method(&self, ty: Ty, trait_path: Symbol, method: Symbol) -> Option<DefId> {
        let (info, _) = self.external_impl(ty, trait_path)?;
        self.impls.item(info.def, method)
    }

    /// What an associated type of an impl stands for. It may name associated types in turn, in a circle too.
    fn alias_type(&self, alias: DefId) -> Option<Ty> {
        thread_local! {
            static DEPTH: Cell<u32> = const { Cell::new(0) };
        }
        let written = self.alias_target(alias)?;
        let depth = DEPTH.get();
        if depth >= MAX_ASSOCIATED {
            return None;
        }
        DEPTH.set(depth + 1);
        let ty = TypeReader::new(self, alias, Elided::Any, &mut Ty::unknown).ty(written);
        DEPTH.set(depth);
        Some(ty)
    }

    /// `Type::Name` as seen from `scope`: what an impl says, or a bound, or the declaration of the trait.
    pub(crate) fn associated_type(&self, scope: DefId, ty: Ty, name: Symbol) -> Ty {
        self.find_associated(scope, ty, name).unwrap_or_else(Ty::unknown)
    }

    fn find_associated(&self, scope: DefId, ty: Ty, name: Symbol) -> Option<Ty> {
        match ty.kind() {
            TyKind::Param { owner, name: param } => {
                return self.associated_of_bounds(self.bounds(*owner, *param), name, MAX_SUPERTRAITS);
            }
            TyKind::Bounds(bounds) => return self.associated_of_bounds(bounds, name, MAX_SUPERTRAITS),
            _ => {}
        }
        let own = self.def_map.self_owner(scope).filter(|owner| self.def_map.kind(*owner) == DefKind::Impl);
        if let Some(owner) = own
            && self.self_type(owner) == ty
            && let Some(alias) = self.impls.item(owner, name)
            && alias != scope
        {
            return self.alias_type(alias);
        }
        let of_type = head(ty).map(|head| self.impls.of_type(head)).unwrap_or_default();
        let of_all = self.impls.of_type(TypeHead::Param);
        let from_impl = of_type.iter().chain(of_all).find_map(|def| {
            let alias = self.impls.item(*def, name).filter(|alias| *alias != scope)?;
            let mut subst = Subst::default();
            let is_fit = fits(self.impl_info(*def)?.self_ty, ty, *def, &mut subst, &|ty| ty);
            let target = self.alias_type(alias).filter(|_| is_fit)?;
            Some(subst.apply(self, target))
        });
        from_impl.or_else(|| match ty.kind() {
            TyKind::External { path, args } => {
                let is_item = *path == known().iterator && name == sym::ITEM;
                let is_output = *path == known().future && name == sym::OUTPUT;
                args.first().copied().filter(|_| is_item || is_output)
            }
            TyKind::FnPtr { ret, .. } if name == sym::OUTPUT => Some(*ret),
            _ => None,
        })
    }

    fn associated_of_bounds(&self, bounds: &[TraitRef], name: Symbol, depth: usize) -> Option<Ty> {
        let given = bounds.iter().find_map(|bound| bound.bindings.iter().find(|(given, _)| *given == name));
        if let Some((_, ty)) = given {
            return Some(*ty);
        }
        let depth = depth.checked_sub(1)?;
        bounds.iter().find_map(|bound| {
            let TraitName::Workspace(trait_def) = bound.name else {
                return None;
            };
            if let Some(alias) = self.impls.item(trait_def, name) {
                return Some(Ty::new(TyKind::Param { owner: alias, name }));
            }
            let inherited = self.bounds(trait_def, sym::SELF_TYPE).get(1..).unwrap_or_default();
            self.associated_of_bounds(inherited, name, depth)
        })
    }

    /// An item of a trait of the workspace or of its supertraits, with the trait that declares it.
    pub(crate) fn trait_item(&self, trait_def: DefId, name: Symbol) -> Option<(DefId, DefId)> {
        self.trait_item_within(trait_def, name, MAX_SUPERTRAITS)
    }

    fn trait_item_within(&self, trait_def: DefId, name: Symbol, depth: usize) -> Option<(DefId, DefId)> {
        if let Some(item) = self.impls.item(trait_def, name) {
            return Some((trait_def, item));
        }
        let depth = depth.checked_sub(1)?;
        let inherited = self.bounds(trait_def, sym::SELF_TYPE).get(1..).unwrap_or_default();
        inherited.iter().find_map(|bound| match bound.name {
            TraitName::Workspace(trait_def) => self.trait_item_within(trait_def, name, depth),
            TraitName::External(_) => None,
        })
    }

    /// The iterator, future or function that a type known by its bounds is; the type itself otherwise.
    pub(crate) fn through_bounds(&self, ty: Ty) -> Ty {
        let special = match ty.kind() {
            TyKind::Param { owner, name } => self.bounds(*owner, *name).iter().find_map(special_bound),
            TyKind::Bounds(bounds) => bounds.iter().find_map(special_bound),
            _ => None,
        };
        special.unwrap_or(ty)
    }
}
