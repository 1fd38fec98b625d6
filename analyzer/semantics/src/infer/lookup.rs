//! Finding methods by the type of the receiver.

use ward_syntax::{Symbol, sym};

use super::Infer;
use crate::known::known;
use crate::relate::{MAX_DEREFS, RowOf};
use crate::signature::head;
use crate::{DefId, ExternalFn, Template, TraitName, TraitRef, Ty, TyKind, TypeHead};

/// What a method's name comes to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Method<'a> {
    /// A function of the workspace, for the receiver dereferenced to `self_ty`.
    Fn { def: DefId, self_ty: Ty },
    /// A trait's method on a type that is known by its bounds.
    Dispatch { item: DefId, self_ty: Ty },
    /// A row.
    Row { row: RowOf<'a>, function: &'a ExternalFn, self_ty: Ty },
    /// A method of an external type of which no row tells.
    External(Symbol),
    /// A type of the workspace has no such method; something generated it.
    Missing,
    /// The type is not known.
    Unknown,
}

/// How deeply supertraits and templates of implemented traits are followed.
const MAX_TRAITS: usize = 6;

impl<'a> Infer<'a> {
    /// Finds a method of a receiver: its own ones, those of traits, then the same for what it dereferences to.
    pub(super) fn method(&mut self, receiver: Ty, name: Symbol) -> Method<'a> {
        let semantics = self.semantics;
        let mut external = None;
        let mut ty = self.known(receiver);
        for _ in 0..MAX_DEREFS {
            match ty.kind() {
                TyKind::Unknown | TyKind::Infer(_) | TyKind::Never => {
                    return self.method_of_all(receiver, name, Method::Unknown);
                }
                TyKind::External { path, .. } => external = Some(*path),
                // What an `Arc<Own>` has besides was generated for the workspace's own type.
                TyKind::Adt { .. } | TyKind::Param { .. } | TyKind::Bounds(_) => external = None,
                _ => {}
            }
            if let Some(found) = self.own_method(ty, name) {
                return found;
            }
            let is_pointer = matches!(ty.kind(), TyKind::External { .. });
            if is_pointer && name == known().clone {
                break;
            }
            let Some(target) = semantics.deref(self.variables.resolve(ty)) else {
                break;
            };
            ty = self.known(target);
        }
        if let Some(found) = self.wrapped(receiver).and_then(|inner| self.own_method(inner, name)) {
            return found;
        }
        self.method_of_all(receiver, name, external.map_or(Method::Missing, Method::External))
    }

    /// What a parameter of the function holds whose type is not described: a wrapper of one type, as frameworks hand
    /// over the state of a service, dereferences to it.
    pub(super) fn wrapped(&self, ty: Ty) -> Option<Ty> {
        let ty = self.variables.resolve(ty);
        let TyKind::External { path, args } = ty.kind() else { return None };
        let [inner] = &**args else { return None };
        let is_taken = || {
            let signature = self.semantics.signature(self.owner);
            signature.is_some_and(|signature| signature.params.contains(&ty))
        };
        let is_wrapper = matches!(inner.kind(), TyKind::Adt { .. })
            && !path.as_str().starts_with("std::")
            && self.semantics.row(ty).is_none()
            && is_taken();
        is_wrapper.then_some(*inner)
    }

    /// A method that the rows for every type know, unless nothing is known of the receiver.
    fn method_of_all(&self, receiver: Ty, name: Symbol, otherwise: Method<'a>) -> Method<'a> {
        let is_known = !matches!(self.variables.shallow(receiver).kind(), TyKind::Unknown | TyKind::Infer(_));
        match self.semantics.row_at(known().every_type, &[]) {
            Some(row) if is_known && let Some(function) = row.row.methods.get(&name) => {
                Method::Row { row, function, self_ty: receiver }
            }
            _ => otherwise,
        }
    }

    /// A method of a type itself, without dereferencing.
    fn own_method(&mut self, ty: Ty, name: Symbol) -> Option<Method<'a>> {
        let semantics = self.semantics;
        if let TyKind::External { .. }
        | TyKind::Scalar(_)
        | TyKind::Str
        | TyKind::StaticStr
        | TyKind::Slice(_) = ty.kind()
            && let Some(row) = semantics.row(ty)
            && let Some(found) = self.method_of_row(row, name, ty, MAX_TRAITS)
        {
            return Some(found);
        }
        if let Some(head) = head(ty)
            && let Some(def) = self.choose(self.methods(head, name), ty)
        {
            return Some(Method::Fn { def, self_ty: ty });
        }
        if let Some(found) = self.method_of_bounds(ty, name) {
            return Some(found);
        }
        if let TyKind::Adt { .. } = ty.kind()
            && let Some(row) = self.row_of_impl(ty, name)
            && let Some(found) = self.method_of_row(row, name, ty, MAX_TRAITS)
        {
            return Some(found);
        }
        let def = self.member_of_all(ty, name)?;
        Some(Method::Fn { def, self_ty: ty })
    }

    /// What an impl for all types that meet its bounds gives a type.
    pub(super) fn member_of_all(&self, ty: Ty, name: Symbol) -> Option<DefId> {
        let of_all = self.methods(TypeHead::Param, name);
        of_all.iter().copied().find(|def| self.meets_bounds(*def, ty))
    }

    fn methods(&self, head: TypeHead, name: Symbol) -> &'a [DefId] {
        self.semantics.members(head, name)
    }

    /// Whether a type implements what an impl for all types asks for, as far as the workspace tells.
    fn meets_bounds(&self, def: DefId, ty: Ty) -> bool {
        let semantics = self.semantics;
        let Some(container) = semantics.def_map.container(def) else {
            return false;
        };
        let Some(TyKind::Param { owner, name }) =
            semantics.impl_info(container).map(|info| info.self_ty.kind())
        else {
            return true;
        };
        semantics.bounds(*owner, *name).iter().all(|bound| match bound.name {
            TraitName::External(_) => true,
            TraitName::Workspace(trait_def) => semantics.implements(ty, trait_def),
        })
    }

    /// The row of an external trait that the workspace implements for a type and that has the method.
    pub(super) fn row_of_impl(&self, ty: Ty, name: Symbol) -> Option<RowOf<'a>> {
        let semantics = self.semantics;
        semantics.external_impls(ty).find_map(|info| {
            let trait_ref = info.trait_ref.as_ref()?;
            let TraitName::External(path) = trait_ref.name else {
                return None;
            };
            let row = semantics.externals.types.get(&path)?;
            if !row.methods.contains_key(&name) && row.implements.is_empty() {
                return None;
            }
            let associated = [sym::ITEM, sym::OUTPUT, sym::TARGET];
            let mut given = associated.iter().filter_map(|name| semantics.associated_of(ty, path, *name));
            // The one associated type stands for the one parameter: `Iterator<T>`.
            let args = Ty::tuple(&given.next().map(|ty| [ty]).into_iter().flatten().collect::<Vec<_>>());
            let TyKind::Tuple(args) = args.kind() else {
                return None;
            };
            Some(RowOf { path, row, args, bindings: &[] })
        })
    }

    /// A method of a generic parameter or trait object.
    pub(super) fn method_of_bounds(&self, ty: Ty, name: Symbol) -> Option<Method<'a>> {
        match ty.kind() {
            TyKind::Param { owner, name: param } => {
                self.method_of_traits(self.semantics.bounds(*owner, *param), name, ty, MAX_TRAITS)
            }
            TyKind::Bounds(bounds) => self.method_of_traits(bounds, name, ty, MAX_TRAITS),
            _ => None,
        }
    }

    fn method_of_traits(
        &self,
        bounds: &[TraitRef],
        name: Symbol,
        ty: Ty,
        depth: usize,
    ) -> Option<Method<'a>> {
        let semantics = self.semantics;
        let depth = depth.checked_sub(1)?;
        bounds.iter().find_map(|bound| match bound.name {
            TraitName::Workspace(trait_def) => {
                if let Some(item) = semantics.impls.item(trait_def, name) {
                    return Some(Method::Dispatch { item, self_ty: ty });
                }
                let inherited = semantics.bounds(trait_def, sym::SELF_TYPE).get(1..).unwrap_or_default();
                self.method_of_traits(inherited, name, ty, depth)
            }
            TraitName::External(_) => {
                if let Some(special) = crate::type_ref::special_bound(bound) {
                    let row = semantics.row(special)?;
                    return self.method_of_row(row, name, ty, MAX_TRAITS);
                }
                let bound = interned(bound)?;
                let row = semantics.row_of_bound(bound)?;
                self.method_of_row(row, name, ty, MAX_TRAITS)
            }
        })
    }

    /// A method of a row, or of the traits that the row says the type implements.
    fn method_of_row(&self, row: RowOf<'a>, name: Symbol, self_ty: Ty, depth: usize) -> Option<Method<'a>> {
        if let Some(function) = row.row.methods.get(&name) {
            return Some(Method::Row { row, function, self_ty });
        }
        let depth = depth.checked_sub(1)?;
        row.row.implements.iter().find_map(|template| {
            let implemented = row.instantiate(template);
            let row = self.semantics.row(implemented)?;
            self.method_of_row(row, name, self_ty, depth)
        })
    }

    /// The row of an associated function of an external type, and the path of the type that has it.
    pub(super) fn associated_row(
        &self,
        ty: Ty,
        path: Symbol,
        name: Symbol,
    ) -> (Symbol, Option<&'a ExternalFn>) {
        let semantics = self.semantics;
        if let Some(function) = semantics.associated_functions.get(&(path, name)) {
            return (path, semantics.externals.functions.get(function));
        }
        let own = semantics.row(ty).filter(|row| row.path == path).or_else(|| semantics.row_at(path, &[]));
        if let Some(row) = own
            && let Some(Method::Row { row, function, .. }) = self.method_of_row(row, name, ty, MAX_TRAITS)
        {
            return (row.path, Some(function));
        }
        let derefs = semantics.derefs(ty).skip(1).filter_map(|ty| semantics.row(ty));
        for row in derefs {
            if let Some(Method::Row { row, function, .. }) = self.method_of_row(row, name, ty, MAX_TRAITS) {
                return (row.path, Some(function));
            }
        }
        let every = known().every_type;
        match semantics.row_at(every, &[]).and_then(|row| row.row.methods.get(&name)) {
            Some(function) => (if path == every { every } else { path }, Some(function)),
            None => (path, None),
        }
    }

    /// What iterating over a value gives.
    pub(super) fn item_of(&mut self, ty: Ty) -> Option<Ty> {
        let semantics = self.semantics;
        let known = known();
        let mut ty = self.known(ty);
        for _ in 0..MAX_DEREFS {
            ty = semantics.through_bounds(ty);
            match ty.kind() {
                TyKind::Slice(element) => return Some(*element),
                TyKind::External { path, args } => {
                    if *path == known.hash_map || *path == known.btree_map {
                        return Some(Ty::tuple(args.get(..2)?));
                    }
                    let is_known = [
                        known.iterator,
                        known.vec,
                        known.option,
                        known.result,
                        known.range,
                        known.hash_set,
                        known.btree_set,
                        known.vec_deque,
                        known.binary_heap,
                    ];
                    if is_known.contains(path) {
                        return args.first().copied();
                    }
                    if let Some(item) = self.item_of_row(ty) {
                        return Some(item);
                    }
                }
                TyKind::Adt { .. } => {
                    let own = semantics.associated_of(ty, known.iterator, sym::ITEM);
                    if let Some(item) =
                        own.or_else(|| semantics.associated_of(ty, known.into_iterator, sym::ITEM))
                    {
                        return Some(item);
                    }
                }
                _ => {}
            }
            let target = semantics.deref(self.variables.resolve(ty))?;
            ty = self.known(target);
        }
        None
    }

    fn item_of_row(&self, ty: Ty) -> Option<Ty> {
        let known = known();
        let row = self.semantics.row(ty)?;
        let implemented = row.row.implements.iter().map(|template| row.instantiate(template));
        let methods = [known.into_iter, known.iter].into_iter().filter_map(|name| row.row.methods.get(&name));
        let returned = methods
            .filter_map(|function| function.returns.as_ref())
            .map(|returns| instantiate(returns, row, ty));
        implemented.chain(returned).find_map(|ty| match ty.kind() {
            TyKind::External { path, args } if *path == known.iterator => args.first().copied(),
            _ => None,
        })
    }

    /// What awaiting a value gives.
    pub(super) fn output_of(&mut self, ty: Ty) -> Ty {
        let semantics = self.semantics;
        let known = known();
        let ty = self.known(ty);
        let ty = semantics.through_bounds(ty);
        match ty.kind() {
            TyKind::External { path, args } if *path == known.future => {
                args.first().copied().unwrap_or_else(Ty::unknown)
            }
            TyKind::External { path, .. } => {
                let row = semantics.row(ty);
                let implemented = row
                    .into_iter()
                    .flat_map(|row| row.row.implements.iter().map(move |of| row.instantiate(of)));
                let output = implemented.filter_map(|ty| match ty.kind() {
                    TyKind::External { path, args } if *path == known.future => args.first().copied(),
                    _ => None,
                });
                let is_plain = *path == known.result || *path == known.option;
                let mut output = output;
                // A model may leave the future out.
                output.next().unwrap_or_else(|| if is_plain { ty } else { Ty::unknown() })
            }
            TyKind::Adt { .. } => {
                let own = semantics.associated_of(ty, known.future, sym::OUTPUT);
                let own = own.or_else(|| semantics.associated_of(ty, known.into_future, sym::OUTPUT));
                own.unwrap_or_else(Ty::unknown)
            }
            _ => Ty::unknown(),
        }
    }
}

fn instantiate(template: &Template, row: RowOf<'_>, self_ty: Ty) -> Ty {
    template.instantiate(&mut |hole| if hole == sym::SELF_TYPE { self_ty } else { row.fill(hole) })
}

/// A bound that lives as long as types do.
fn interned(bound: &TraitRef) -> Option<&'static TraitRef> {
    match Ty::new(TyKind::Bounds([bound.clone()].into())).kind() {
        TyKind::Bounds(bounds) => bounds.first(),
        _ => None,
    }
}
