//! Impls: of which type, of which trait, and with which items.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use ward_syntax::{ItemKind, Symbol, TypeRef, TypeRefId};

use crate::{DefId, DefKind, DefMap, NameContext, Namespace, PathTarget, Template, TraitName};

/// The outermost constructor of a type, references left out.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum TypeHead {
    /// A struct or enum of the workspace.
    Adt(DefId),
    /// A type from outside, by canonical path.
    External(Symbol),
    /// `str`, `u32`, ..
    Primitive(Symbol),
    /// `dyn Trait`.
    Dyn(TraitName),
    /// `[T]` and `[T; N]`.
    Slice,
    /// `(A, B)`.
    Tuple,
    /// `fn(A) -> B`.
    Function,
    /// A generic parameter: an impl for every type.
    Param,
    /// Not known.
    Unknown,
}

/// What an impl is of.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct ImplHead {
    pub(crate) self_head: TypeHead,
    pub(crate) trait_name: Option<TraitName>,
    pub(crate) has_trait: bool,
}

/// One impl.
#[derive(Debug, Serialize, Deserialize)]
pub struct ImplData {
    /// The item.
    pub def: DefId,
    /// The head of the implementing type.
    pub head: TypeHead,
    /// Whether it is of a trait.
    pub has_trait: bool,
    /// The trait; none for an inherent impl, and where it is not known.
    pub trait_name: Option<TraitName>,
    /// Functions, constants and types in it, in source order.
    pub items: Vec<(Symbol, DefId)>,
}

/// All impls and traits of the workspace.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct ImplIndex {
    impls: Vec<ImplData>,
    by_def: FxHashMap<DefId, u32>,
    by_head: FxHashMap<TypeHead, Vec<DefId>>,
    by_trait: FxHashMap<TraitName, Vec<DefId>>,
    traits: FxHashMap<DefId, Vec<(Symbol, DefId)>>,
    implementations: FxHashMap<DefId, Vec<DefId>>,
    members: FxHashMap<Symbol, Vec<DefId>>,
}

impl ImplIndex {
    /// Sorts the impls of the workspace.
    pub fn build(cx: &NameContext<'_>, map: &DefMap) -> Self {
        let mut index = Self::default();
        for def in cx.defs.iter() {
            match &cx.item(def).kind {
                ItemKind::Impl { trait_ref, .. } => index.enter_impl(map, def, trait_ref.is_some()),
                ItemKind::Trait { .. } => {
                    index.traits.entry(def).or_default();
                }
                ItemKind::Fn(_) | ItemKind::Const { .. } | ItemKind::TypeAlias { .. } => {
                    index.enter_member(map, def);
                }
                _ => {}
            }
        }
        index.link_traits(cx);
        index
    }

    /// An impl.
    pub fn get(&self, def: DefId) -> Option<&ImplData> {
        self.by_def.get(&def).map(|index| &self.impls[*index as usize])
    }

    /// All impls, in the order of items.
    pub fn all(&self) -> &[ImplData] {
        &self.impls
    }

    /// The impls for a type: inherent ones and those of traits, in the order of items. Those for every type
    /// are at [`TypeHead::Param`].
    pub fn of_type(&self, head: TypeHead) -> &[DefId] {
        self.by_head.get(&head).map_or(&[], Vec::as_slice)
    }

    /// The impls of a trait, in the order of items.
    pub fn of_trait(&self, name: TraitName) -> &[DefId] {
        self.by_trait.get(&name).map_or(&[], Vec::as_slice)
    }

    /// The items of a trait or impl, in source order.
    pub fn items(&self, container: DefId) -> &[(Symbol, DefId)] {
        let of_impl = self.get(container).map(|data| data.items.as_slice());
        of_impl.or_else(|| self.traits.get(&container).map(Vec::as_slice)).unwrap_or_default()
    }

    /// The item of a trait or impl by name.
    pub fn item(&self, container: DefId, name: Symbol) -> Option<DefId> {
        self.items(container).iter().find(|(item, _)| *item == name).map(|(_, def)| *def)
    }

    /// An item of a type by name: from its inherent impls, else from those of traits. Traits' own default
    /// items are not looked at.
    pub fn member_of(&self, head: TypeHead, name: Symbol) -> Option<DefId> {
        let mut of_trait = None;
        for def in self.of_type(head) {
            let Some(data) = self.get(*def) else { continue };
            match self.item(*def, name) {
                Some(item) if !data.has_trait => return Some(item),
                Some(item) => of_trait = of_trait.or(Some(item)),
                None => {}
            }
        }
        of_trait
    }

    /// What a trait's item may run: the items of its impls, and the declaration itself where it has a body
    /// that some impl does not replace, or where there is no impl. In the order of items.
    pub fn implementations(&self, trait_item: DefId) -> &[DefId] {
        self.implementations.get(&trait_item).map_or(&[], Vec::as_slice)
    }

    /// Every item of a trait with what it may run, in no order.
    pub(crate) fn all_implementations(&self) -> impl Iterator<Item = (DefId, &[DefId])> {
        self.implementations.iter().map(|(item, of)| (*item, of.as_slice()))
    }

    /// All items of impls and traits with a name, in the order of items.
    pub fn members_named(&self, name: Symbol) -> &[DefId] {
        self.members.get(&name).map_or(&[], Vec::as_slice)
    }

    fn enter_impl(&mut self, map: &DefMap, def: DefId, has_trait: bool) {
        let head = map.impl_heads.get(&def);
        let (head, trait_name) =
            head.map_or((TypeHead::Unknown, None), |head| (head.self_head, head.trait_name));
        self.by_def.insert(def, self.impls.len() as u32);
        self.impls.push(ImplData { def, head, has_trait, trait_name, items: Vec::new() });
        self.by_head.entry(head).or_default().push(def);
        if let Some(name) = trait_name {
            self.by_trait.entry(name).or_default().push(def);
        }
    }

    /// Parents stand before their members, so the impl or trait is there.
    fn enter_member(&mut self, map: &DefMap, def: DefId) {
        let Some(container) = map.container(def) else { return };
        let name = map.name(def);
        match self.by_def.get(&container) {
            Some(index) => self.impls[*index as usize].items.push((name, def)),
            None => self.traits.entry(container).or_default().push((name, def)),
        }
        self.members.entry(name).or_default().push(def);
    }

    fn link_traits(&mut self, cx: &NameContext<'_>) {
        let mut implementations: FxHashMap<DefId, Vec<DefId>> = FxHashMap::default();
        for (trait_def, items) in &self.traits {
            let impls = self.of_trait(TraitName::Workspace(*trait_def));
            for (name, item) in items {
                let mut found: Vec<DefId> = impls.iter().filter_map(|def| self.item(*def, *name)).collect();
                if has_body(cx, *item) && (impls.is_empty() || found.len() < impls.len()) {
                    found.push(*item);
                }
                found.sort_unstable();
                implementations.insert(*item, found);
            }
        }
        self.implementations = implementations;
    }
}

fn has_body(cx: &NameContext<'_>, def: DefId) -> bool {
    match &cx.item(def).kind {
        ItemKind::Fn(function) => function.body.is_some(),
        ItemKind::Const { body, .. } => body.is_some(),
        _ => false,
    }
}

/// What each impl is of.
pub(crate) fn heads(map: &DefMap, cx: NameContext<'_>) -> FxHashMap<DefId, ImplHead> {
    let mut heads = FxHashMap::default();
    for def in cx.defs.iter().filter(|def| map.kind(*def) == DefKind::Impl) {
        if let ItemKind::Impl { trait_ref, self_ty, .. } = cx.item(def).kind {
            let self_head = map.type_head(&cx, def, self_ty);
            let trait_name = trait_ref.and_then(|ty| map.trait_name(&cx, def, ty));
            heads.insert(def, ImplHead { self_head, trait_name, has_trait: trait_ref.is_some() });
        }
    }
    heads
}

/// How many aliases are followed before a circle is suspected.
const MAX_ALIASES: usize = 8;

impl DefMap {
    /// The head of a type as written inside an item. Aliases are followed, references left out.
    pub fn type_head(&self, cx: &NameContext<'_>, scope: DefId, ty: TypeRefId) -> TypeHead {
        self.head(cx, scope, ty, MAX_ALIASES)
    }

    /// The head of what an alias stands for.
    pub(crate) fn alias_head(&self, cx: &NameContext<'_>, alias: DefId) -> TypeHead {
        self.alias(cx, alias, MAX_ALIASES)
    }

    /// The trait that a bound as written inside an item names.
    pub fn trait_name(&self, cx: &NameContext<'_>, scope: DefId, bound: TypeRefId) -> Option<TraitName> {
        let (file, _) = cx.defs.locate(scope);
        let TypeRef::Path(path) = cx.ir(file).type_ref(bound) else { return None };
        let result = self.resolve_path(cx, scope, path, Namespace::Type);
        match result.target {
            PathTarget::Def(def) if result.rest == 0 && self.kind(def) == DefKind::Trait => {
                Some(TraitName::Workspace(def))
            }
            PathTarget::External(path) => Some(TraitName::External(path)),
            _ => None,
        }
    }

    fn head(&self, cx: &NameContext<'_>, scope: DefId, ty: TypeRefId, depth: usize) -> TypeHead {
        let (file, _) = cx.defs.locate(scope);
        let ir = cx.ir(file);
        match ir.type_ref(ty) {
            TypeRef::Ref { inner, .. } | TypeRef::Ptr(inner) => self.head(cx, scope, inner, depth),
            TypeRef::Slice(_) | TypeRef::Array(_) => TypeHead::Slice,
            TypeRef::Tuple(_) => TypeHead::Tuple,
            TypeRef::Fn { .. } => TypeHead::Function,
            TypeRef::Dyn(bounds) => {
                let name = ir.list(bounds).find_map(|bound| self.trait_name(cx, scope, bound));
                name.map_or(TypeHead::Unknown, TypeHead::Dyn)
            }
            TypeRef::Path(path) => {
                let result = self.resolve_path(cx, scope, path, Namespace::Type);
                if result.rest == 0 { self.head_of(cx, result.target, depth) } else { TypeHead::Unknown }
            }
            TypeRef::Missing | TypeRef::Infer | TypeRef::Never | TypeRef::Impl(_) => TypeHead::Unknown,
        }
    }

    fn head_of(&self, cx: &NameContext<'_>, target: PathTarget, depth: usize) -> TypeHead {
        match target {
            PathTarget::Def(def) => match self.kind(def) {
                DefKind::Struct | DefKind::Enum => TypeHead::Adt(def),
                DefKind::Trait => TypeHead::Dyn(TraitName::Workspace(def)),
                DefKind::TypeAlias if depth > 0 => self.alias(cx, def, depth - 1),
                _ => TypeHead::Unknown,
            },
            PathTarget::External(path) => match cx.externals.type_aliases.get(&path) {
                Some(Template::Named(path, _)) => TypeHead::External(*path),
                Some(Template::Tuple(_)) => TypeHead::Tuple,
                Some(Template::Slice(_)) => TypeHead::Slice,
                _ => TypeHead::External(path),
            },
            PathTarget::Primitive(name) => TypeHead::Primitive(name),
            PathTarget::Param { .. } => TypeHead::Param,
            PathTarget::SelfType(owner) => match self.kind(owner) {
                DefKind::Struct | DefKind::Enum => TypeHead::Adt(owner),
                DefKind::Impl => self.impl_heads.get(&owner).map_or(TypeHead::Unknown, |head| head.self_head),
                _ => TypeHead::Param,
            },
            PathTarget::Variant { .. } | PathTarget::Unresolved => TypeHead::Unknown,
        }
    }

    fn alias(&self, cx: &NameContext<'_>, alias: DefId, depth: usize) -> TypeHead {
        match cx.item(alias).kind {
            ItemKind::TypeAlias { ty: Some(ty), .. } => self.head(cx, alias, ty, depth),
            _ => TypeHead::Unknown,
        }
    }
}
