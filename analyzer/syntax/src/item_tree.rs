//! The items of one file: modules, imports, functions, types, impls.
//!
//! Items lie in one arena, parents before children; an item inside a function body has that function as
//! parent. Everything an item says about types is a [`TypeRefId`] into the file's [`crate::SourceIr`].

use std::cell::RefCell;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::body::{BodyId, PatId, TypeRefId};
use crate::{Span, Symbol, sym};

/// Index of an item in its file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct ItemId(pub u32);

impl ItemId {
    /// The index as a `usize`, for slices.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The items of a file.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct ItemTree {
    /// All items, parents before children.
    pub items: Vec<Item>,
}

/// One item.
#[derive(Debug, Serialize, Deserialize)]
pub struct Item {
    /// Its name; the path's last segment for an impl's type, empty where there is none.
    pub name: Symbol,
    /// What it is.
    pub kind: ItemKind,
    /// How far it can be seen.
    pub visibility: Visibility,
    /// Attributes other than doc comments, derives included.
    pub attributes: Vec<Attribute>,
    /// The enclosing inline module, impl, trait or function.
    pub parent: Option<ItemId>,
    /// Within `#[cfg(test)]`, `#[test]` (any framework's) or a `#[bench]`.
    pub is_test: bool,
    /// The whole item.
    pub span: Span,
    /// Its name alone.
    pub name_span: Span,
}

/// Visibility, as far as analysis needs it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Visibility {
    /// No `pub`; trait items and enum variants inherit and are `Public`.
    Private,
    /// `pub(crate)`, `pub(super)`, `pub(in ..)`.
    Restricted,
    /// `pub`.
    Public,
}

/// The kinds of item.
#[derive(Debug, Serialize, Deserialize)]
pub enum ItemKind {
    /// `mod name;` or `mod name { .. }`.
    Module {
        /// Whether the body stands here; otherwise it is another file.
        inline: bool,
        /// `#[path = ".."]`.
        path: Option<Symbol>,
    },
    /// One flattened import: `use a::{b, c as d, e::*}` becomes three of these.
    Use(UseTree),
    /// `extern crate name as alias` (the alias is the item's name); `#[macro_use]` is an attribute.
    ExternCrate {
        /// The crate's name.
        krate: Symbol,
    },
    /// A free function, method, or associated function.
    Fn(Box<FnItem>),
    /// A struct or a union.
    Struct {
        /// Generic parameters.
        generics: Generics,
        /// Named, tuple or no fields.
        fields: Fields,
    },
    /// An enum.
    Enum {
        /// Generic parameters.
        generics: Generics,
        /// Its variants.
        variants: Vec<Variant>,
    },
    /// A trait; its items are items with this one as parent.
    Trait {
        /// Generic parameters.
        generics: Generics,
        /// Supertraits.
        bounds: Vec<TypeRefId>,
    },
    /// An impl; its items are items with this one as parent.
    Impl {
        /// Generic parameters.
        generics: Generics,
        /// `impl Trait for ..`; negative impls are left out.
        trait_ref: Option<TypeRefId>,
        /// The implementing type.
        self_ty: TypeRefId,
    },
    /// `const`, `static`, or an associated const.
    Const {
        /// Declared type.
        ty: TypeRefId,
        /// The initialiser, absent in a trait's declaration.
        body: Option<BodyId>,
        /// `static` rather than `const`.
        is_static: bool,
    },
    /// `type X = ..`, associated types included.
    TypeAlias {
        /// Generic parameters.
        generics: Generics,
        /// What it stands for, absent in a trait's declaration.
        ty: Option<TypeRefId>,
        /// Bounds in a trait's declaration.
        bounds: Vec<TypeRefId>,
    },
    /// `macro_rules! name { .. }`: the rules as source text, for expansion later.
    MacroRules {
        /// The tokens between the outer delimiters.
        tokens: Symbol,
    },
    /// A macro called at item position; the items it was found to hold are its children.
    MacroCall {
        /// The macro's path, joined with `::`.
        path: Symbol,
        /// Expressions that could be read in it.
        body: Option<BodyId>,
    },
}

/// One import.
#[derive(Debug, Serialize, Deserialize)]
pub struct UseTree {
    /// The segments before a glob or including the last name; `self` at the end is dropped.
    pub path: Vec<Symbol>,
    /// `::a::b`.
    pub leading_colon: bool,
    /// `a::*`. Otherwise the name it is known by here is the item's name (`_` for `as _`).
    pub glob: bool,
}

/// A function's signature and body.
#[derive(Debug, Serialize, Deserialize)]
pub struct FnItem {
    /// Generic parameters.
    pub generics: Generics,
    /// `self`, if any.
    pub self_param: Option<SelfParam>,
    /// The other parameters.
    pub params: Vec<Param>,
    /// The declared return type, absent for `()`. For `async fn` the type awaited to.
    pub ret: Option<TypeRefId>,
    /// `async fn`.
    pub is_async: bool,
    /// The body, absent in a trait's declaration.
    pub body: Option<BodyId>,
}

/// How a method takes `self`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum SelfParam {
    /// `self`, `mut self`, `self: Box<Self>` and the like.
    Value,
    /// `&self`.
    Ref,
    /// `&mut self`.
    RefMut,
}

/// One parameter.
#[derive(Debug, Serialize, Deserialize)]
pub struct Param {
    /// Its pattern, in the body's locals.
    pub pat: PatId,
    /// Its type.
    pub ty: TypeRefId,
    /// Attributes on it (`#[graphql(..)]`, `#[oai(..)]`).
    pub attributes: Vec<Attribute>,
    /// The whole parameter.
    pub span: Span,
}

/// Generic parameters and where clauses, merged.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Generics {
    /// Type parameters (lifetimes and consts left out) with their bounds, where clauses included.
    pub params: Vec<GenericParam>,
    /// Where clauses on types that are not plain parameters.
    pub predicates: Vec<(TypeRefId, Vec<TypeRefId>)>,
}

/// A type parameter.
#[derive(Debug, Serialize, Deserialize)]
pub struct GenericParam {
    /// Its name.
    pub name: Symbol,
    /// `T: A + B`.
    pub bounds: Vec<TypeRefId>,
    /// `T = X`.
    pub default: Option<TypeRefId>,
}

/// The fields of a struct or variant. A tuple field's name is its index.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Fields {
    /// How they are written.
    pub shape: FieldsShape,
    /// In order.
    pub fields: Vec<Field>,
}

/// Named, tuple, or none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum FieldsShape {
    /// `{ a: A }`.
    Named,
    /// `(A, B)`.
    Tuple,
    /// `;`.
    #[default]
    Unit,
}

/// A field.
#[derive(Debug, Serialize, Deserialize)]
pub struct Field {
    /// Its name, or index as text.
    pub name: Symbol,
    /// Its type.
    pub ty: TypeRefId,
    /// How far it can be seen.
    pub visibility: Visibility,
    /// Attributes other than doc comments.
    pub attributes: Vec<Attribute>,
    /// The whole field.
    pub span: Span,
}

/// A variant.
#[derive(Debug, Serialize, Deserialize)]
pub struct Variant {
    /// Its name.
    pub name: Symbol,
    /// Its fields.
    pub fields: Fields,
    /// Attributes other than doc comments.
    pub attributes: Vec<Attribute>,
    /// The whole variant.
    pub span: Span,
}

/// An attribute: `#[path(args)]` or `#[path = value]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Attribute {
    /// The path joined with `::`, as written.
    pub path: Symbol,
    /// The source text between the delimiters, or after `=`; empty if none.
    pub args: Symbol,
    /// The whole attribute.
    pub span: Span,
    /// Where `args` begins in the file, to place findings inside it.
    pub args_start: u32,
}

impl ItemTree {
    /// The item at `id`.
    #[inline]
    pub fn get(&self, id: ItemId) -> &Item {
        &self.items[id.index()]
    }

    /// All items with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (ItemId, &Item)> {
        (0u32..).map(ItemId).zip(&self.items)
    }
}

impl Item {
    /// The body of a function, const, static or macro call.
    pub fn body(&self) -> Option<BodyId> {
        match &self.kind {
            ItemKind::Fn(function) => function.body,
            ItemKind::Const { body, .. } | ItemKind::MacroCall { body, .. } => *body,
            _ => None,
        }
    }

    /// The function, if it is one.
    pub fn as_fn(&self) -> Option<&FnItem> {
        match &self.kind {
            ItemKind::Fn(function) => Some(function),
            _ => None,
        }
    }

    /// The first attribute whose last path segment is `name`.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.last_segment() == name)
    }

    /// Whether one of the item's derives has `name` as its last segment.
    pub fn derives(&self, name: &str) -> bool {
        let mut derives = self.attributes.iter().filter(|attribute| attribute.path == sym::DERIVE);
        derives.any(|attribute| {
            DERIVED.with_borrow_mut(|derived| {
                let names = derived.entry(attribute.args).or_insert_with(|| last_segments(attribute.args));
                names.contains(&name)
            })
        })
    }

    /// The last segments of what it derives.
    pub fn derived(&self) -> impl Iterator<Item = &'static str> {
        let derives = self.attributes.iter().filter(|attribute| attribute.path.as_str() == "derive");
        let paths = derives.flat_map(|attribute| attribute.args.as_str().split(','));
        paths.map(|path| path.trim().rsplit(':').next().unwrap_or_default().trim())
    }
}

thread_local! {
    /// The last segments of what is derived, by how it is written: the same derives come again and again.
    static DERIVED: RefCell<FxHashMap<Symbol, Box<[&'static str]>>> = RefCell::default();
}

fn last_segments(args: Symbol) -> Box<[&'static str]> {
    let paths = args.as_str().split(',');
    paths.map(|path| path.trim().rsplit(':').next().unwrap_or_default().trim()).collect()
}

impl Attribute {
    /// The last segment of the path.
    pub fn last_segment(&self) -> &'static str {
        self.path.last_segment()
    }
}
