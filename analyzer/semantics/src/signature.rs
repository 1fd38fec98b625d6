//! Item-level types: signatures of functions, fields, impls, bounds. Bodies are inferred from these alone.

use rayon::prelude::*;
use rustc_hash::{FxBuildHasher, FxHashMap};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use ward_syntax::{
    Fields, FileId, FnItem, GenericParam, Generics, Item, ItemId, ItemKind, Symbol, TypeRefId, sym,
};

use crate::type_ref::{Elided, TypeReader};
use crate::{DefId, DefKind, Semantics, TraitName, TraitRef, Ty, TyKind, TypeHead};

/// The types in a function's head.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Signature {
    /// The type of `self`, if the function takes it.
    pub self_ty: Option<Ty>,
    /// The other parameters.
    pub params: Vec<Ty>,
    /// The return type; of an `async fn` the type awaited to.
    pub ret: Ty,
    /// Whether a call gives a future of `ret`.
    pub is_async: bool,
}

/// A field of a struct or variant.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FieldInfo {
    /// Its name, or index as text.
    pub name: Symbol,
    /// Its type, in the generic parameters of the struct or enum.
    pub ty: Ty,
}

/// The head of an impl.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ImplInfo {
    /// The impl itself.
    pub def: DefId,
    /// The implementing type, in the impl's generic parameters.
    pub self_ty: Ty,
    /// The trait; none for an inherent impl, and where the trait is not known.
    pub trait_ref: Option<TraitRef>,
}

/// The types of all items.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Signatures {
    items: Vec<ItemTypes>,
    impls: FxHashMap<DefId, ImplInfo>,
    /// The bounds of generic parameters, of `Self` in traits, and of the associated types of traits.
    bounds: FxHashMap<(DefId, Symbol), Box<[TraitRef]>>,
    #[serde(skip)]
    members: FxHashMap<(TypeHead, Symbol), SmallVec<[DefId; 2]>>,
    #[serde(skip)]
    external_traits: FxHashMap<TypeHead, Vec<DefId>>,
}

/// What types an item has.
#[derive(Debug, Default, Serialize, Deserialize)]
enum ItemTypes {
    #[default]
    None,
    Fn(Box<Signature>),
    /// The fields of a struct, or of each variant.
    Adt(Box<[Box<[FieldInfo]>]>),
    /// A const or static.
    Value(Ty),
}

impl Signatures {
    /// Fills the tables of `semantics`, each from the ones before it.
    pub(crate) fn build(semantics: &mut Semantics) {
        semantics.signatures.impls =
            per_item(semantics, read_impl).into_iter().map(|info| (info.def, info)).collect();
        Self::link(semantics);
        semantics.signatures.bounds = per_item(semantics, read_bounds).into_iter().flatten().collect();
        let items = per_item(semantics, |semantics, def| Some(read_item(semantics, def)));
        semantics.signatures.items = items;
    }

    /// Sorts the impls by their types.
    pub(crate) fn link(semantics: &mut Semantics) {
        semantics.signatures.members = members(semantics);
        semantics.signatures.external_traits = external_traits(semantics);
    }
}

/// What `read` gives for all items, in their order.
fn per_item<T: Send>(semantics: &Semantics, read: impl Fn(&Semantics, DefId) -> Option<T> + Sync) -> Vec<T> {
    let files = 0..semantics.files.len() as u32;
    let of_file = |file: u32| -> Vec<T> {
        let file = FileId(file);
        let count = semantics.ir(file).tree.items.len() as u32;
        (0..count).filter_map(|item| read(semantics, semantics.defs.def(file, ItemId(item)))).collect()
    };
    files.into_par_iter().map(of_file).flatten_iter().collect()
}

fn reader<'a, 'h>(
    semantics: &'a Semantics,
    def: DefId,
    hole: &'h mut dyn FnMut() -> Ty,
) -> TypeReader<'a, 'h> {
    TypeReader::new(semantics, def, Elided::Any, hole)
}

fn read_impl(semantics: &Semantics, def: DefId) -> Option<ImplInfo> {
    let ItemKind::Impl { trait_ref, self_ty, .. } = &semantics.item(def).kind else {
        return None;
    };
    let hole = &mut Ty::unknown;
    let mut reader = reader(semantics, def, hole);
    let trait_ref = trait_ref.and_then(|trait_ref| reader.trait_ref(trait_ref));
    Some(ImplInfo { def, self_ty: reader.ty(*self_ty), trait_ref })
}

/// Functions and consts by the head of their type and their name: inherent ones, then those of traits' impls,
/// then what traits provide by default.
fn members(semantics: &Semantics) -> FxHashMap<(TypeHead, Symbol), SmallVec<[DefId; 2]>> {
    let index = &semantics.impls;
    let is_member = |def: DefId| matches!(semantics.def_map.kind(def), DefKind::Fn | DefKind::Const);
    let count = index.all().iter().map(|data| data.items.len()).sum();
    let mut members: FxHashMap<(TypeHead, Symbol), SmallVec<[DefId; 2]>> =
        FxHashMap::with_capacity_and_hasher(count, FxBuildHasher);
    let (inherent, of_traits): (Vec<_>, Vec<_>) = index.all().iter().partition(|data| !data.has_trait);
    for data in inherent.into_iter().chain(of_traits.iter().copied()) {
        for (name, item) in data.items.iter().filter(|(_, item)| is_member(*item)) {
            members.entry((data.head, *name)).or_default().push(*item);
        }
    }
    for data in of_traits {
        let Some(TraitName::Workspace(trait_def)) = data.trait_name else { continue };
        for (name, item) in index.items(trait_def) {
            if is_member(*item) && index.item(data.def, *name).is_none() && semantics.has_body(*item) {
                let known = members.entry((data.head, *name)).or_default();
                if !known.contains(item) {
                    known.push(*item);
                }
            }
        }
    }
    members
}

fn external_traits(semantics: &Semantics) -> FxHashMap<TypeHead, Vec<DefId>> {
    let mut traits: FxHashMap<TypeHead, Vec<DefId>> = FxHashMap::default();
    for data in semantics.impls.all() {
        if let Some(TraitName::External(_)) = data.trait_name {
            traits.entry(data.head).or_default().push(data.def);
        }
    }
    traits
}

type NamedBounds = ((DefId, Symbol), Box<[TraitRef]>);

fn read_bounds(semantics: &Semantics, def: DefId) -> Option<Vec<NamedBounds>> {
    let item = semantics.item(def);
    let generics = generics_of(item)?;
    let hole = &mut Ty::unknown;
    let mut reader = reader(semantics, def, hole);
    let mut all: Vec<NamedBounds> = Vec::new();
    let bounded = generics.params.iter().filter(|param| !param.bounds.is_empty());
    for GenericParam { name, bounds, .. } in bounded {
        let bounds = reader.bounds(bounds);
        if !bounds.is_empty() {
            all.push(((def, *name), bounds.into()));
        }
    }
    match &item.kind {
        ItemKind::Trait { bounds, .. } => {
            let args =
                generics.params.iter().map(|param| Ty::new(TyKind::Param { owner: def, name: param.name }));
            let own =
                TraitRef { name: TraitName::Workspace(def), args: args.collect(), bindings: Box::default() };
            let bounds = std::iter::once(own).chain(reader.bounds(bounds)).collect();
            all.push(((def, sym::SELF_TYPE), bounds));
        }
        ItemKind::TypeAlias { bounds, .. } if !bounds.is_empty() => {
            all.push(((def, item.name), reader.bounds(bounds).into()));
        }
        _ => {}
    }
    Some(all)
}

fn read_item(semantics: &Semantics, def: DefId) -> ItemTypes {
    match &semantics.item(def).kind {
        ItemKind::Fn(function) => ItemTypes::Fn(Box::new(read_function(semantics, def, function))),
        ItemKind::Struct { fields, .. } => ItemTypes::Adt([read_fields(semantics, def, fields)].into()),
        ItemKind::Enum { variants, .. } => {
            let fields = variants.iter().map(|variant| read_fields(semantics, def, &variant.fields));
            ItemTypes::Adt(fields.collect())
        }
        ItemKind::Const { ty, .. } => {
            ItemTypes::Value(TypeReader::new(semantics, def, Elided::Static, &mut Ty::unknown).ty(*ty))
        }
        _ => ItemTypes::None,
    }
}

fn read_function(semantics: &Semantics, def: DefId, function: &FnItem) -> Signature {
    let hole = &mut Ty::unknown;
    let mut reader = reader(semantics, def, hole);
    let container = semantics.def_map.container(def);
    Signature {
        self_ty: function.self_param.and(container).map(|container| semantics.self_type(container)),
        params: function.params.iter().map(|param| reader.ty(param.ty)).collect(),
        ret: function.ret.map_or_else(Ty::unit, |ret| reader.ty(ret)),
        is_async: function.is_async,
    }
}

fn read_fields(semantics: &Semantics, def: DefId, fields: &Fields) -> Box<[FieldInfo]> {
    let hole = &mut Ty::unknown;
    let mut reader = reader(semantics, def, hole);
    fields.fields.iter().map(|field| FieldInfo { name: field.name, ty: reader.ty(field.ty) }).collect()
}

fn generics_of(item: &Item) -> Option<&Generics> {
    match &item.kind {
        ItemKind::Fn(function) => Some(&function.generics),
        ItemKind::Struct { generics, .. }
        | ItemKind::Enum { generics, .. }
        | ItemKind::Trait { generics, .. }
        | ItemKind::Impl { generics, .. }
        | ItemKind::TypeAlias { generics, .. } => Some(generics),
        _ => None,
    }
}

/// The head of a type; none for those that no impl can be for or that are not known.
pub(crate) fn head(ty: Ty) -> Option<TypeHead> {
    Some(match ty.kind() {
        TyKind::Adt { def, .. } => TypeHead::Adt(*def),
        TyKind::External { path, .. } => TypeHead::External(*path),
        TyKind::Scalar(name) => TypeHead::Primitive(*name),
        TyKind::Str | TyKind::StaticStr => TypeHead::Primitive(crate::known::known().str_type),
        TyKind::Slice(_) => TypeHead::Slice,
        TyKind::Tuple(_) => TypeHead::Tuple,
        TyKind::FnPtr { .. } => TypeHead::Function,
        TyKind::Bounds(bounds) => TypeHead::Dyn(bounds.first()?.name),
        _ => return None,
    })
}

impl Semantics {
    /// The signature of a function.
    pub fn signature(&self, def: DefId) -> Option<&Signature> {
        match self.signatures.items.get(def.index()) {
            Some(ItemTypes::Fn(signature)) => Some(signature),
            _ => None,
        }
    }

    /// The fields of a struct, or of a variant of an enum.
    pub fn fields(&self, def: DefId, variant: Option<u32>) -> &[FieldInfo] {
        match self.signatures.items.get(def.index()) {
            Some(ItemTypes::Adt(variants)) => {
                variants.get(variant.unwrap_or(0) as usize).map(|fields| &**fields).unwrap_or_default()
            }
            _ => &[],
        }
    }

    /// The fields of a struct, or of all variants one after the other.
    pub(crate) fn all_fields(&self, def: DefId) -> impl Iterator<Item = &FieldInfo> {
        let variants = match self.signatures.items.get(def.index()) {
            Some(ItemTypes::Adt(variants)) => &**variants,
            _ => &[],
        };
        variants.iter().flatten()
    }

    /// The declared type of a const or static.
    pub fn value_type(&self, def: DefId) -> Option<Ty> {
        match self.signatures.items.get(def.index()) {
            Some(ItemTypes::Value(ty)) => Some(*ty),
            _ => None,
        }
    }

    /// The head of an impl.
    pub fn impl_info(&self, impl_def: DefId) -> Option<&ImplInfo> {
        self.signatures.impls.get(&impl_def)
    }

    /// The bounds of a generic parameter. Those of `Self` in a trait begin with the trait.
    pub fn bounds(&self, owner: DefId, name: Symbol) -> &[TraitRef] {
        self.signatures.bounds.get(&(owner, name)).map(|bounds| &**bounds).unwrap_or_default()
    }

    /// Functions and consts of a type of this head by name, in the order in which they hide each other.
    pub(crate) fn members(&self, head: TypeHead, name: Symbol) -> &[DefId] {
        self.signatures.members.get(&(head, name)).map(|defs| &**defs).unwrap_or_default()
    }

    /// The impls of external traits for a type.
    pub(crate) fn external_impls(&self, ty: Ty) -> impl Iterator<Item = &ImplInfo> {
        let impls = head(ty).and_then(|head| self.signatures.external_traits.get(&head));
        impls.into_iter().flatten().filter_map(|def| self.impl_info(*def))
    }

    pub(crate) fn generics(&self, def: DefId) -> Option<&Generics> {
        generics_of(self.item(def))
    }

    /// What an alias or an associated type is declared to stand for, in its own file.
    pub(crate) fn alias_target(&self, def: DefId) -> Option<TypeRefId> {
        match self.item(def).kind {
            ItemKind::TypeAlias { ty, .. } => ty,
            _ => None,
        }
    }

    /// `Self` inside an impl, trait, struct or enum.
    pub(crate) fn self_type(&self, owner: DefId) -> Ty {
        match self.def_map.kind(owner) {
            DefKind::Impl => self.impl_info(owner).map_or_else(Ty::unknown, |info| info.self_ty),
            DefKind::Trait => Ty::new(TyKind::Param { owner, name: sym::SELF_TYPE }),
            DefKind::Struct | DefKind::Enum => {
                let params =
                    self.generics(owner).map(|generics| generics.params.as_slice()).unwrap_or_default();
                let args = params.iter().map(|param| Ty::new(TyKind::Param { owner, name: param.name }));
                Ty::new(TyKind::Adt { def: owner, args: args.collect() })
            }
            _ => Ty::unknown(),
        }
    }
}
