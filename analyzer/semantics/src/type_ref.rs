//! Types as they are written, to [`Ty`].

use smallvec::SmallVec;
use ward_syntax::{List, Path, PathId, Segment, SourceIr, Symbol, TypeRef, TypeRefId, sym};

use crate::known::known;
use crate::template::{builtin, numbered_hole};
use crate::{DefId, DefKind, Namespace, PathTarget, Semantics, TraitName, TraitRef, Ty, TyKind};

/// How deeply types nest and aliases stand for aliases before they are not known.
const MAX_DEPTH: u32 = 48;

/// What `_` and arguments left out stand for.
pub(crate) type Hole<'a> = &'a mut dyn FnMut() -> Ty;

/// What an elided lifetime of a reference is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Elided {
    /// Some lifetime.
    Any,
    /// `'static`, as in the types of consts and statics.
    Static,
}

/// Reads the types written in one item.
pub(crate) struct TypeReader<'a, 'h> {
    semantics: &'a Semantics,
    /// The item whose names are meant.
    scope: DefId,
    ir: &'a SourceIr,
    elided: Elided,
    hole: Hole<'h>,
    depth: u32,
}

impl<'a, 'h> TypeReader<'a, 'h> {
    pub(crate) fn new(semantics: &'a Semantics, scope: DefId, elided: Elided, hole: Hole<'h>) -> Self {
        Self { semantics, scope, ir: semantics.ir_of(scope), elided, hole, depth: 0 }
    }

    /// The type written at `id`.
    pub(crate) fn ty(&mut self, id: TypeRefId) -> Ty {
        if self.depth >= MAX_DEPTH {
            return Ty::unknown();
        }
        self.depth += 1;
        let ty = self.written(self.ir.type_ref(id));
        self.depth -= 1;
        ty
    }

    fn written(&mut self, written: TypeRef) -> Ty {
        match written {
            TypeRef::Missing => Ty::unknown(),
            TypeRef::Infer => (self.hole)(),
            TypeRef::Never => known().types.never,
            TypeRef::Path(path) => self.path(path),
            TypeRef::Ref { inner, is_static, .. } => {
                let inner = self.ty(inner);
                let is_static = is_static || self.elided == Elided::Static;
                if is_static && inner == known().types.str { known().types.static_str } else { inner }
            }
            TypeRef::Ptr(inner) => self.ty(inner),
            TypeRef::Tuple(parts) if parts.is_empty() => known().types.unit,
            TypeRef::Tuple(parts) => Ty::tuple(&self.all(parts)),
            TypeRef::Slice(element) | TypeRef::Array(element) => Ty::new(TyKind::Slice(self.ty(element))),
            TypeRef::Fn { params, ret } => {
                let params = self.all(params).into_vec().into();
                let ret = ret.map_or(known().types.unit, |ret| self.ty(ret));
                Ty::new(TyKind::FnPtr { params, ret })
            }
            TypeRef::Impl(bounds) | TypeRef::Dyn(bounds) => {
                let bounds: SmallVec<[TypeRefId; 4]> = self.ir.list(bounds).collect();
                bounds_type(self.bounds(&bounds))
            }
        }
    }

    fn all(&mut self, list: List<TypeRefId>) -> SmallVec<[Ty; 4]> {
        let ir = self.ir;
        ir.list(list).map(|id| self.ty(id)).collect()
    }

    /// The traits written as bounds, markers left out.
    pub(crate) fn bounds(&mut self, bounds: &[TypeRefId]) -> Vec<TraitRef> {
        bounds.iter().filter_map(|bound| self.trait_ref(*bound)).collect()
    }

    /// The trait that a bound or an impl names; none for markers and unknown ones.
    pub(crate) fn trait_ref(&mut self, id: TypeRefId) -> Option<TraitRef> {
        let TypeRef::Path(path) = self.ir.type_ref(id) else {
            return None;
        };
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let trait_ref = self.trait_path(path);
        self.depth -= 1;
        trait_ref
    }

    fn trait_path(&mut self, path: PathId) -> Option<TraitRef> {
        let result = self.semantics.resolve_path(self.scope, path, Namespace::Type);
        let name = match result.target {
            PathTarget::Def(def) if self.semantics.def_map.kind(def) == DefKind::Trait => {
                TraitName::Workspace(def)
            }
            PathTarget::External(path) if !known().is_marker(path) => TraitName::External(path),
            _ => return None,
        };
        let segment = self.ir.path_segments(path).last()?;
        let args = self.all(segment.args).into_vec().into();
        let bindings = segment.bindings.of(&self.ir.bindings);
        let bindings = bindings.iter().map(|binding| (binding.name, self.ty(binding.ty))).collect();
        Some(TraitRef { name, args, bindings })
    }

    /// The type that a path means.
    pub(crate) fn path(&mut self, id: PathId) -> Ty {
        let path = self.ir.path(id);
        if let Some(qualified_self) = path.qualified_self {
            return self.qualified(path, qualified_self);
        }
        let result = self.semantics.resolve_path(self.scope, id, Namespace::Type);
        let segments = path.segments.of(&self.ir.segments);
        let (used, rest) = segments.split_at(segments.len() - result.rest.min(segments.len()));
        let base = self.target(result.target, used);
        self.project_all(base, rest)
    }

    /// `<T>::Name`, `<T as Trait>::Name`.
    fn qualified(&mut self, path: Path, qualified_self: TypeRefId) -> Ty {
        let base = self.ty(qualified_self);
        let segments = path.segments.of(&self.ir.segments);
        self.project_all(base, &segments[segments.len().min(path.trait_segments as usize)..])
    }

    fn project_all(&mut self, base: Ty, segments: &[Segment]) -> Ty {
        segments.iter().fold(base, |ty, segment| self.semantics.associated_type(self.scope, ty, segment.name))
    }

    /// The type of what the first segments of a path lead to.
    pub(crate) fn target(&mut self, target: PathTarget, segments: &[Segment]) -> Ty {
        match target {
            PathTarget::Def(def) => self.item(def, segments.last()),
            // The arguments of an enum stand before its variant or after.
            PathTarget::Variant { def, .. } => {
                let with_args = segments.iter().rev().find(|segment| !segment.args.is_empty());
                self.item(def, with_args.or(segments.last()))
            }
            PathTarget::External(path) => self.external(path, segments),
            PathTarget::Param { owner, name } => Ty::new(TyKind::Param { owner, name }),
            PathTarget::SelfType(owner) => self.semantics.self_type(owner),
            PathTarget::Primitive(name) => builtin(name).unwrap_or_else(Ty::unknown),
            PathTarget::Unresolved => Ty::unknown(),
        }
    }

    fn item(&mut self, def: DefId, segment: Option<&Segment>) -> Ty {
        match self.semantics.def_map.kind(def) {
            DefKind::Struct | DefKind::Enum => {
                let args = self.args_of(def, segment);
                Ty::new(TyKind::Adt { def, args: args.into_vec().into() })
            }
            DefKind::TypeAlias => {
                let args = self.args_of(def, segment);
                self.alias(def, &args)
            }
            DefKind::Trait => {
                let args =
                    segment.map(|segment| self.all(segment.args).into_vec().into()).unwrap_or_default();
                let name = TraitName::Workspace(def);
                Ty::new(TyKind::Bounds([TraitRef { name, args, bindings: Box::default() }].into()))
            }
            _ => Ty::unknown(),
        }
    }

    /// The arguments for an item's generic parameters: written, by default, or left out.
    fn args_of(&mut self, def: DefId, segment: Option<&Segment>) -> SmallVec<[Ty; 4]> {
        let Some(generics) = self.semantics.generics(def) else {
            return SmallVec::new();
        };
        if generics.params.is_empty() {
            return SmallVec::new();
        }
        let mut args = segment.map(|segment| self.all(segment.args)).unwrap_or_default();
        let is_written = !args.is_empty();
        args.truncate(generics.params.len());
        for param in &generics.params[args.len()..] {
            let arg = match param.default {
                Some(default) if is_written || self.depth > 0 => self.elsewhere(def, default),
                _ => (self.hole)(),
            };
            args.push(arg);
        }
        args
    }

    /// What an alias of the workspace stands for.
    fn alias(&mut self, def: DefId, args: &[Ty]) -> Ty {
        let Some(written) = self.semantics.alias_target(def) else {
            return Ty::unknown();
        };
        let ty = self.elsewhere(def, written);
        let Some(generics) = self.semantics.generics(def) else {
            return ty;
        };
        ty.replace_params(&mut |owner, name| {
            let at = generics.params.iter().position(|param| param.name == name);
            at.filter(|_| owner == def).map(|at| args.get(at).copied().unwrap_or_else(Ty::unknown))
        })
    }

    /// A type written in another item.
    fn elsewhere(&mut self, def: DefId, written: TypeRefId) -> Ty {
        let mut reader = TypeReader {
            semantics: self.semantics,
            scope: def,
            ir: self.semantics.ir_of(def),
            elided: self.elided,
            hole: &mut Ty::unknown,
            depth: self.depth + 1,
        };
        reader.ty(written)
    }

    fn external(&mut self, path: Symbol, segments: &[Segment]) -> Ty {
        let args = segments.last().map(|segment| self.all(segment.args)).unwrap_or_default();
        self.semantics.external_type(path, &args, self.hole)
    }
}

impl Semantics {
    /// An external type with what arguments are written, aliases expanded and types that only wrap others
    /// left out.
    pub(crate) fn external_type(&self, path: Symbol, args: &[Ty], hole: Hole<'_>) -> Ty {
        let known = known();
        if let Some(template) = self.externals.type_aliases.get(&path) {
            let mut seen: SmallVec<[(Symbol, Ty); 4]> = SmallVec::new();
            return template.instantiate(&mut |name| {
                if let Some((_, ty)) = seen.iter().find(|(known, _)| *known == name) {
                    return *ty;
                }
                // A hole with a number names the argument; others are in the order of the arguments.
                let at = numbered_hole(name).map_or(seen.len(), |(_, at)| at);
                let ty = args.get(at).copied().unwrap_or_else(&mut *hole);
                seen.push((name, ty));
                ty
            });
        }
        if let Some(ty) = builtin(path) {
            return ty;
        }
        if let [inner] = args {
            let is_pointer = path == known.boxed || path == known.arc || path == known.rc;
            if path == known.pin || (is_pointer && is_callable_or_driven(*inner)) {
                return *inner;
            }
        }
        let mut args: SmallVec<[Ty; 4]> = args.into();
        match self.externals.types.get(&path) {
            Some(row) => args.resize_with(args.len().max(row.params.len()), &mut *hole),
            // Many crates have a `Result` of their own, which is the usual one with their error.
            None if path.as_str().ends_with("::Result") && (1..=2).contains(&args.len()) => {
                args.resize(2, Ty::unknown());
                return Ty::new(TyKind::External { path: known.result, args: args.into_vec().into() });
            }
            None => {}
        }
        Ty::new(TyKind::External { path, args: args.into_vec().into() })
    }
}

/// Closures, iterators and futures: what they are boxed in does not matter.
fn is_callable_or_driven(ty: Ty) -> bool {
    match ty.kind() {
        TyKind::FnPtr { .. } => true,
        TyKind::External { path, .. } => *path == known().iterator || *path == known().future,
        _ => false,
    }
}

/// The type of a value that is known by its traits: iterators, futures and closures have types of their own.
pub(crate) fn bounds_type(bounds: Vec<TraitRef>) -> Ty {
    let special = bounds.iter().find_map(special_bound);
    match special {
        Some(ty) => ty,
        None if bounds.is_empty() => Ty::unknown(),
        None => Ty::new(TyKind::Bounds(bounds.into())),
    }
}

/// The type that a bound on iterators, futures or closures comes to.
pub(crate) fn special_bound(bound: &TraitRef) -> Option<Ty> {
    let known = known();
    let TraitName::External(path) = bound.name else {
        return None;
    };
    let binding = |wanted: Symbol| {
        bound.bindings.iter().find(|(name, _)| *name == wanted).map_or_else(Ty::unknown, |(_, ty)| *ty)
    };
    if known.is_iterator_trait(path) {
        return Some(Ty::new(TyKind::External { path: known.iterator, args: [binding(sym::ITEM)].into() }));
    }
    if path == known.future || path == known.into_future {
        return Some(Ty::new(TyKind::External { path: known.future, args: [binding(sym::OUTPUT)].into() }));
    }
    if known.is_fn_trait(path) {
        let params = match bound.args.first().map(|args| args.kind()) {
            Some(TyKind::Tuple(params)) => params.clone(),
            _ => Box::default(),
        };
        let has_ret = bound.bindings.iter().any(|(name, _)| *name == sym::OUTPUT);
        let ret = if has_ret { binding(sym::OUTPUT) } else { known.types.unit };
        let ret = if known.is_async_fn_trait(path) { future(ret) } else { ret };
        return Some(Ty::new(TyKind::FnPtr { params, ret }));
    }
    None
}

/// The future of a type.
pub(crate) fn future(output: Ty) -> Ty {
    Ty::new(TyKind::External { path: known().future, args: [output].into() })
}
