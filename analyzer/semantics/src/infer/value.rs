//! Paths where values stand: what they name, and the type of that.

use smallvec::SmallVec;
use ward_syntax::{PathId, Segment, Symbol, sym};

use super::lookup::Method;
use super::{Infer, Resolution};
use crate::known::known;
use crate::relate::{Subst, fits};
use crate::signature::head;
use crate::type_ref::future;
use crate::{DefId, DefKind, Namespace, PathTarget, Semantics, TraitName, Ty, TyKind, TypeHead};

/// What a path in an expression or pattern names.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// A function of the workspace; for an associated one with the type it is taken from.
    Fn { def: DefId, self_ty: Option<Ty> },
    /// A function of a trait of the workspace for a type that is known by bounds, or not at all.
    Dispatch { item: DefId, self_ty: Ty },
    /// A const or static.
    Const { def: DefId, ty: Ty },
    /// A struct or variant of the workspace; its type with variables for the arguments.
    Constructor { def: DefId, variant: Option<u32>, ty: Ty },
    /// An external struct or variant.
    ExternalConstructor { path: Symbol, ty: Ty },
    /// An external function.
    External(Symbol),
    /// An associated function or const of an external type.
    Associated { ty: Ty, path: Symbol, name: Symbol },
    /// A generic parameter.
    Param { owner: DefId, name: Symbol },
    /// Some other item.
    Item(DefId),
    /// Nothing known.
    Unknown,
}

impl Infer<'_> {
    /// What a path names as a value.
    pub(super) fn value(&mut self, path: PathId) -> Value {
        self.named(path, Namespace::Value)
    }

    /// What a path names in a struct literal or pattern.
    pub(super) fn type_or_variant(&mut self, path: PathId) -> Value {
        self.named(path, Namespace::Type)
    }

    fn named(&mut self, path: PathId, namespace: Namespace) -> Value {
        let value = self.find_value(path, namespace);
        let resolution = self.resolution(&value);
        self.paths.push((path, resolution));
        value
    }

    fn find_value(&mut self, id: PathId, namespace: Namespace) -> Value {
        let ir = self.ir;
        let path = ir.path(id);
        let segments = ir.path_segments(id);
        if let Some(qualified_self) = path.qualified_self {
            let base = self.written(qualified_self);
            let (of_trait, rest) = segments.split_at(segments.len().min(path.trait_segments as usize));
            let trait_name = self.trait_of(of_trait, path.leading_colon);
            return self.associated_path(base, rest, trait_name);
        }
        let result = self.semantics.resolve_path(self.owner, id, namespace);
        let (used, rest) = segments.split_at(segments.len() - result.rest.min(segments.len()));
        match (result.target, rest) {
            (PathTarget::Def(def), []) => self.item_value(def, result.target, used),
            (PathTarget::Def(def), [name]) if self.semantics.def_map.kind(def) == DefKind::Trait => {
                let self_ty = self.fresh();
                self.trait_value(def, name.name, self_ty)
            }
            (PathTarget::Variant { def, index }, []) => {
                let ty = self.with_reader(|reader| reader.target(result.target, used));
                Value::Constructor { def, variant: Some(index), ty }
            }
            (PathTarget::External(path), _) => self.external_value(path, used),
            (PathTarget::SelfType(_), []) => {
                let ty = self.with_reader(|reader| reader.target(result.target, used));
                constructor_of(self.semantics, ty)
            }
            (PathTarget::Param { owner, name }, []) => Value::Param { owner, name },
            (PathTarget::Unresolved, _) => Value::Unknown,
            (target, rest) => {
                let base = self.with_reader(|reader| reader.target(target, used));
                self.associated_path(base, rest, None)
            }
        }
    }

    fn trait_of(&self, segments: &[Segment], leading_colon: bool) -> Option<TraitName> {
        if segments.is_empty() {
            return None;
        }
        let names: SmallVec<[Symbol; 6]> = segments.iter().map(|segment| segment.name).collect();
        let semantics = self.semantics;
        let result =
            semantics.def_map.resolve(&semantics.names(), self.owner, &names, leading_colon, Namespace::Type);
        match result.target {
            PathTarget::Def(def) => Some(TraitName::Workspace(def)),
            PathTarget::External(path) => Some(TraitName::External(path)),
            _ => None,
        }
    }

    fn associated_path(&mut self, base: Ty, rest: &[Segment], trait_name: Option<TraitName>) -> Value {
        let Some((last, between)) = rest.split_last() else {
            return constructor_of(self.semantics, base);
        };
        let semantics = self.semantics;
        let base =
            between.iter().fold(base, |ty, segment| semantics.associated_type(self.owner, ty, segment.name));
        self.associated(base, last.name, trait_name)
    }

    fn item_value(&mut self, def: DefId, target: PathTarget, used: &[Segment]) -> Value {
        let semantics = self.semantics;
        match semantics.def_map.kind(def) {
            DefKind::Fn => Value::Fn { def, self_ty: None },
            DefKind::Const => Value::Const { def, ty: semantics.value_type(def).unwrap_or_else(Ty::unknown) },
            DefKind::Struct | DefKind::Enum => {
                let ty = self.with_reader(|reader| reader.target(target, used));
                Value::Constructor { def, variant: None, ty }
            }
            DefKind::TypeAlias => {
                let ty = self.with_reader(|reader| reader.target(target, used));
                constructor_of(semantics, ty)
            }
            _ => Value::Item(def),
        }
    }

    /// `Type::name`, `T::name`, `<Type as Trait>::name`.
    fn associated(&mut self, base: Ty, name: Symbol, trait_name: Option<TraitName>) -> Value {
        let base = self.known(base);
        let semantics = self.semantics;
        if let TyKind::Adt { def, .. } = base.kind()
            && let Some(index) = semantics.def_map.variant(*def, name)
        {
            return Value::Constructor { def: *def, variant: Some(index), ty: base };
        }
        if let Some(def) = self.member(base, name, trait_name) {
            return self.member_value(def, base);
        }
        if let Some(TraitName::Workspace(trait_def)) = trait_name {
            return self.trait_value(trait_def, name, base);
        }
        let known = known();
        match self.method_of_bounds(base, name) {
            Some(Method::Dispatch { item, .. }) => return Value::Dispatch { item, self_ty: base },
            Some(Method::Row { row, .. }) => return Value::Associated { ty: base, path: row.path, name },
            _ => {}
        }
        if let TyKind::Param { .. } = base.kind()
            && let Some(def) = self.member_of_all(base, name)
        {
            return self.member_value(def, base);
        }
        match (trait_name, base.kind()) {
            (Some(TraitName::External(path)), _) => Value::Associated { ty: base, path, name },
            (_, TyKind::External { path, .. }) => Value::Associated { ty: base, path: *path, name },
            (_, TyKind::Scalar(path)) => Value::Associated { ty: base, path: *path, name },
            (_, TyKind::Str | TyKind::StaticStr) => {
                Value::Associated { ty: base, path: known.str_type, name }
            }
            (_, TyKind::Slice(_)) => Value::Associated { ty: base, path: known.slice, name },
            // What a derive or an external trait gives a type of the workspace.
            (_, TyKind::Adt { .. } | TyKind::Param { .. }) => {
                let of_impl = self.row_of_impl(base, name);
                let provided = of_impl.and_then(|row| row.row.methods.get(&name)?.calls);
                if let Some(def) = provided.and_then(|calls| self.member(base, calls, None)) {
                    return self.member_value(def, base);
                }
                let path = of_impl.map_or(known.every_type, |row| row.path);
                Value::Associated { ty: base, path, name }
            }
            _ => Value::Unknown,
        }
    }

    fn member_value(&mut self, def: DefId, base: Ty) -> Value {
        let semantics = self.semantics;
        if semantics.def_map.kind(def) != DefKind::Const {
            return Value::Fn { def, self_ty: Some(base) };
        }
        let ty = semantics.value_type(def).unwrap_or_else(Ty::unknown);
        let subst = self.container_subst(def, base);
        Value::Const { def, ty: subst.apply(semantics, ty) }
    }

    /// An associated function or const of a type, be it its own or that of a trait.
    fn member(&mut self, base: Ty, name: Symbol, trait_name: Option<TraitName>) -> Option<DefId> {
        let semantics = self.semantics;
        let own = semantics.members(head(base)?, name);
        let of_all = semantics.members(TypeHead::Param, name);
        let fitting = own.iter().chain(of_all).copied().filter(|def| {
            trait_name.is_none_or(|trait_name| semantics.trait_of_member(*def) == Some(trait_name))
        });
        let candidates: SmallVec<[DefId; 4]> = fitting.collect();
        self.choose(&candidates, base)
    }

    /// The first candidate whose impl is for the type. A type of the workspace that fits none has the first
    /// all the same; an impl for `Arc<Own>` is not one for every `Arc`.
    pub(super) fn choose(&self, candidates: &[DefId], self_ty: Ty) -> Option<DefId> {
        let first = candidates.first().copied()?;
        let is_external = matches!(self_ty.kind(), TyKind::External { .. });
        if candidates.len() == 1 && !is_external {
            return Some(first);
        }
        let fitting = candidates.iter().copied().find(|def| self.is_member_of(*def, self_ty));
        fitting.or((!is_external).then_some(first))
    }

    pub(super) fn is_member_of(&self, def: DefId, self_ty: Ty) -> bool {
        let semantics = self.semantics;
        let Some(info) =
            semantics.def_map.container(def).and_then(|container| semantics.impl_info(container))
        else {
            return true;
        };
        fits(info.self_ty, self_ty, info.def, &mut Subst::default(), &|ty| self.variables.shallow(ty))
    }

    /// `Trait::name`.
    fn trait_value(&mut self, trait_def: DefId, name: Symbol, self_ty: Ty) -> Value {
        match self.semantics.trait_item(trait_def, name) {
            Some((_, item)) => Value::Dispatch { item, self_ty },
            None => Value::Unknown,
        }
    }

    fn external_value(&mut self, path: Symbol, segments: &[Segment]) -> Value {
        let known = known();
        let mut wrap = |path: Symbol, of: Symbol, count: usize| {
            let args: SmallVec<[Ty; 4]> = (0..count).map(|_| self.fresh()).collect();
            let ty = Ty::new(TyKind::External { path: of, args: args.into_vec().into() });
            Value::ExternalConstructor { path, ty }
        };
        if path == known.some || path == known.none {
            return wrap(path, known.option, 1);
        }
        if path == known.ok || path == known.err {
            return wrap(path, known.result, 2);
        }
        let Some((prefix, name)) = crate::semantics::split(path) else {
            return Value::External(path);
        };
        let is_type = |path: Symbol| {
            let externals = &self.semantics.externals;
            externals.types.contains_key(&path)
                || externals.type_aliases.contains_key(&path)
                || is_type_name(path)
        };
        let is_constructor = starts_with_capital(name.as_str());
        if is_type(prefix) {
            let before = &segments[..segments.len().saturating_sub(1)];
            let of_type = self.with_reader(|reader| reader.target(PathTarget::External(prefix), before));
            let externals = &self.semantics.externals;
            let is_described = externals.functions.contains_key(&path)
                || externals.types.get(&prefix).is_some_and(|ty| ty.methods.contains_key(&name));
            if is_constructor && !is_described {
                return Value::ExternalConstructor { path, ty: of_type };
            }
            let owner = match of_type.kind() {
                TyKind::External { path, .. } => *path,
                _ => prefix,
            };
            return Value::Associated { ty: of_type, path: owner, name };
        }
        if is_constructor && !self.semantics.externals.functions.contains_key(&path) {
            let ty = if is_type_name(path) {
                self.with_reader(|reader| reader.target(PathTarget::External(path), segments))
            } else {
                Ty::unknown()
            };
            return Value::ExternalConstructor { path, ty };
        }
        Value::External(path)
    }

    fn resolution(&self, value: &Value) -> Resolution {
        match *value {
            Value::Fn { def, .. } | Value::Const { def, .. } | Value::Item(def) => Resolution::Def(def),
            Value::Dispatch { item, .. } => match self.semantics.def_map.container(item) {
                Some(trait_def) => Resolution::TraitItem { trait_def, item },
                None => Resolution::Def(item),
            },
            Value::Constructor { def, variant: Some(index), .. } => Resolution::Variant { def, index },
            Value::Constructor { def, variant: None, .. } => Resolution::Def(def),
            Value::ExternalConstructor { path, .. } | Value::External(path) => Resolution::External(path),
            Value::Associated { path, name, .. } => Resolution::Method { ty: path, name },
            Value::Param { owner, name } => Resolution::Param { owner, name },
            Value::Unknown => Resolution::Unresolved,
        }
    }

    /// The type of a path as an expression.
    pub(super) fn path_value(&mut self, path: PathId) -> Ty {
        let value = self.value(path);
        self.type_of(&value)
    }

    pub(super) fn type_of(&mut self, value: &Value) -> Ty {
        let known = known();
        match *value {
            Value::Fn { def, .. } => Ty::new(TyKind::FnDef(def)),
            Value::Dispatch { item, .. } => match self.semantics.def_map.kind(item) {
                DefKind::Const => self.semantics.value_type(item).unwrap_or_else(Ty::unknown),
                _ => Ty::new(TyKind::FnDef(item)),
            },
            Value::Const { ty, .. } => ty,
            Value::Constructor { def, variant, ty } => self.constructor_type(def, variant, ty),
            Value::ExternalConstructor { path, ty } => match ty.kind() {
                TyKind::External { args, .. } if path == known.some || path == known.ok => {
                    function(&[args[0]], ty)
                }
                TyKind::External { args, .. } if path == known.err => function(&[args[1]], ty),
                _ => ty,
            },
            Value::Associated { ty, name, .. } if is_constant(name.as_str()) => ty,
            Value::External(_)
            | Value::Associated { .. }
            | Value::Param { .. }
            | Value::Item(_)
            | Value::Unknown => Ty::unknown(),
        }
    }

    /// A struct or variant used as a value: with fields it is a function.
    fn constructor_type(&mut self, def: DefId, variant: Option<u32>, ty: Ty) -> Ty {
        let semantics = self.semantics;
        let fields = semantics.fields(def, variant);
        if fields.is_empty() {
            return ty;
        }
        let subst = match ty.kind() {
            TyKind::Adt { args, .. } => Subst::of_args(semantics, def, args),
            _ => Subst::default(),
        };
        let params: SmallVec<[Ty; 4]> = fields.iter().map(|field| subst.apply(semantics, field.ty)).collect();
        function(&params, ty)
    }

    /// What a function of the workspace gives for arguments of these types, `self` among them.
    pub(super) fn apply_function(&mut self, def: DefId, self_ty: Option<Ty>, args: &[Ty]) -> Ty {
        let semantics = self.semantics;
        let Some(signature) = semantics.signature(def) else {
            return Ty::unknown();
        };
        let self_ty = self_ty.or_else(|| signature.self_ty.and(args.first().copied()));
        let subst = self.subst(def, self_ty, &[]);
        let params = signature.self_ty.iter().chain(&signature.params);
        for (param, arg) in params.zip(args) {
            let param = subst.apply(semantics, *param);
            self.coerce(*arg, param);
        }
        let ret = subst.apply(semantics, signature.ret);
        if signature.is_async { future(ret) } else { ret }
    }
}

impl Semantics {
    /// The trait whose impl, or whose declaration, an item belongs to.
    pub(crate) fn trait_of_member(&self, def: DefId) -> Option<TraitName> {
        let container = self.def_map.container(def)?;
        match self.def_map.kind(container) {
            DefKind::Trait => Some(TraitName::Workspace(container)),
            _ => self.impls.get(container)?.trait_name,
        }
    }
}

fn function(params: &[Ty], ret: Ty) -> Ty {
    Ty::new(TyKind::FnPtr { params: params.into(), ret })
}

/// The constructor that a struct's type is.
fn constructor_of(semantics: &Semantics, ty: Ty) -> Value {
    match ty.kind() {
        TyKind::Adt { def, .. } if semantics.def_map.kind(*def) == DefKind::Struct => {
            Value::Constructor { def: *def, variant: None, ty }
        }
        TyKind::Adt { def, .. } => Value::Item(*def),
        TyKind::External { path, .. } => Value::ExternalConstructor { path: *path, ty },
        _ => Value::Unknown,
    }
}

/// Whether a path ends like a type: `Json`, not `json`, `MAX` or `i32`.
fn is_type_name(path: Symbol) -> bool {
    let name = path.as_str().rsplit(':').next().unwrap_or_default();
    starts_with_capital(name) && (name.len() == 1 || name.bytes().any(|byte| byte.is_ascii_lowercase()))
}

fn starts_with_capital(name: &str) -> bool {
    name.starts_with(char::is_uppercase)
}

fn is_constant(name: &str) -> bool {
    starts_with_capital(name) && name != sym::SELF_TYPE.as_str()
}
