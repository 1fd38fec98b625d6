//! Types, as far as following data needs them.
//!
//! Types are interned for the life of the process: [`Ty`] is a pointer and compares by identity. References
//! and lifetimes are dropped, with one exception: `&'static str` is [`TyKind::StaticStr`], because nobody can
//! put request data into one without leaking memory.

use std::cell::RefCell;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use rustc_hash::{FxBuildHasher, FxHashMap};
use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ward_syntax::{ClosureId, FileId, StoredNames, Symbol};

use crate::DefId;

/// An interned type.
#[derive(Clone, Copy)]
pub struct Ty(&'static Interned);

/// What a type is.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum TyKind {
    /// Not known.
    Unknown,
    /// `!`.
    Never,
    /// `bool`, `char`, integers and floats, by name.
    Scalar(Symbol),
    /// `str`; `String` is [`TyKind::External`] with `std::string::String`.
    Str,
    /// `&'static str`.
    StaticStr,
    /// `(A, B)`; unit is the empty tuple.
    Tuple(Box<[Ty]>),
    /// `[T]` and `[T; N]`.
    Slice(Ty),
    /// A struct, enum or union of the workspace. Aliases are resolved away.
    Adt {
        /// The item.
        def: DefId,
        /// Generic arguments, missing ones unknown.
        args: Box<[Ty]>,
    },
    /// A type from outside the workspace, by canonical path. `Option<T>` is `std::option::Option`. Every
    /// iterator that is not a workspace type is `std::iter::Iterator<Item>`, every future
    /// `std::future::Future<Output>`.
    External {
        /// The canonical path.
        path: Symbol,
        /// Generic arguments.
        args: Box<[Ty]>,
    },
    /// A generic parameter; `Self` in a trait is one named `Self`.
    Param {
        /// The item that declares it.
        owner: DefId,
        /// Its name.
        name: Symbol,
    },
    /// `dyn A + B` or `impl A + B`.
    Bounds(Box<[TraitRef]>),
    /// A function item of the workspace used as a value.
    FnDef(DefId),
    /// `fn(A) -> B`, and `impl Fn(A) -> B`.
    FnPtr {
        /// Parameters.
        params: Box<[Ty]>,
        /// Return type.
        ret: Ty,
    },
    /// A closure.
    Closure {
        /// Its file.
        file: FileId,
        /// The closure.
        closure: ClosureId,
        /// Its return type.
        ret: Ty,
    },
    /// A variable of one body's inference; none is left in its result.
    Infer(u32),
}

/// A trait with its arguments, as a bound.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct TraitRef {
    /// The trait.
    pub name: TraitName,
    /// Generic arguments.
    pub args: Box<[Ty]>,
    /// Associated types given.
    pub bindings: Box<[(Symbol, Ty)]>,
}

/// Which trait.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum TraitName {
    /// One of the workspace.
    Workspace(DefId),
    /// One from outside, by canonical path.
    External(Symbol),
}

/// A kind in its place in memory, with what folds over it want to know first.
struct Interned {
    kind: TyKind,
    has_infer: bool,
    has_param: bool,
    /// How many types it is made of, itself included.
    size: u16,
}

/// A larger type is not known: nobody writes one, and code that doubles a type in each line must end.
const MAX_SIZE: u16 = 256;

/// How many types a thread's cache has room for at first.
const CACHE_SIZE: usize = 1 << 12;

static TABLE: LazyLock<Mutex<FxHashMap<&'static TyKind, Ty>>> = LazyLock::new(Mutex::default);

static UNKNOWN: Interned = Interned { kind: TyKind::Unknown, has_infer: false, has_param: false, size: 1 };

thread_local! {
    static CACHE: RefCell<FxHashMap<&'static TyKind, Ty>> =
        RefCell::new(FxHashMap::with_capacity_and_hasher(CACHE_SIZE, FxBuildHasher));
}

impl Interned {
    fn new(kind: TyKind) -> Self {
        let mut interned = Self {
            has_infer: matches!(kind, TyKind::Infer(_)),
            has_param: matches!(kind, TyKind::Param { .. }),
            size: 1,
            kind: TyKind::Unknown,
        };
        kind.for_each_part(&mut |part: Ty| {
            interned.has_infer |= part.0.has_infer;
            interned.has_param |= part.0.has_param;
            interned.size = interned.size.saturating_add(part.0.size);
        });
        interned.kind = kind;
        interned
    }
}

impl Ty {
    /// The type of this kind; unknown if it is of a size that nobody writes.
    pub fn new(kind: TyKind) -> Self {
        CACHE.with_borrow_mut(|cache| {
            if let Some(ty) = cache.get(&kind) {
                return *ty;
            }
            let interned = Interned::new(kind);
            if interned.size > MAX_SIZE || matches!(interned.kind, TyKind::Unknown) {
                return Self::unknown();
            }
            let ty =
                if interned.has_infer { Self(Box::leak(Box::new(interned))) } else { Self::share(interned) };
            cache.insert(&ty.0.kind, ty);
            ty
        })
    }

    /// Enters a type into the table of all threads. Types of one body's inference never get there.
    fn share(interned: Interned) -> Self {
        let mut table = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ty) = table.get(&interned.kind) {
            return *ty;
        }
        let ty = Self(Box::leak(Box::new(interned)));
        table.insert(&ty.0.kind, ty);
        ty
    }

    /// What it is.
    #[inline]
    pub fn kind(self) -> &'static TyKind {
        &self.0.kind
    }

    /// The type nobody knows.
    pub fn unknown() -> Self {
        Self(&UNKNOWN)
    }

    /// `()`.
    pub fn unit() -> Self {
        Self::new(TyKind::Tuple(Box::default()))
    }

    /// An external type.
    pub fn external(path: &str, args: &[Self]) -> Self {
        Self::new(TyKind::External { path: Symbol::new(path), args: args.into() })
    }

    /// A tuple.
    pub fn tuple(parts: &[Self]) -> Self {
        Self::new(TyKind::Tuple(parts.into()))
    }

    /// Whether it is unknown.
    pub fn is_unknown(self) -> bool {
        std::ptr::eq(self.0, &raw const UNKNOWN)
    }

    /// Whether variables of inference occur in it.
    pub(crate) fn has_infer(self) -> bool {
        self.0.has_infer
    }

    /// Whether generic parameters occur in it.
    pub(crate) fn has_param(self) -> bool {
        self.0.has_param
    }

    /// The arguments of the external type at `path`, if this is one.
    pub fn as_external(self, path: &str) -> Option<&'static [Self]> {
        match self.kind() {
            TyKind::External { path: own, args } if own.as_str() == path => Some(args),
            _ => None,
        }
    }

    /// This type with `leaf` applied to every generic parameter in it.
    pub(crate) fn replace_params(self, leaf: &mut dyn FnMut(DefId, Symbol) -> Option<Self>) -> Self {
        if !self.has_param() {
            return self;
        }
        match self.kind() {
            TyKind::Param { owner, name } => leaf(*owner, *name).unwrap_or(self),
            kind => Self::new(kind.map_parts(&mut |part| part.replace_params(leaf))),
        }
    }

    /// This type with `leaf` applied to every variable in it.
    pub(crate) fn replace_infer(self, leaf: &mut dyn FnMut(u32) -> Self) -> Self {
        if !self.has_infer() {
            return self;
        }
        match self.kind() {
            TyKind::Infer(variable) => leaf(*variable),
            kind => Self::new(kind.map_parts(&mut |part| part.replace_infer(leaf))),
        }
    }
}

impl TyKind {
    /// Calls `visit` with the types that this one is made of.
    fn for_each_part(&self, visit: &mut dyn FnMut(Ty)) {
        match self {
            Self::Tuple(parts) | Self::Adt { args: parts, .. } | Self::External { args: parts, .. } => {
                parts.iter().copied().for_each(visit);
            }
            Self::Slice(part) | Self::Closure { ret: part, .. } => visit(*part),
            Self::FnPtr { params, ret } => params.iter().chain([ret]).copied().for_each(visit),
            Self::Bounds(bounds) => {
                for bound in bounds {
                    bound.args.iter().copied().for_each(&mut *visit);
                    bound.bindings.iter().for_each(|(_, ty)| visit(*ty));
                }
            }
            _ => {}
        }
    }

    /// This kind with every type it is made of replaced.
    fn map_parts(&self, map: &mut dyn FnMut(Ty) -> Ty) -> Self {
        let mut all = |parts: &[Ty]| parts.iter().map(|part| map(*part)).collect();
        match self {
            Self::Tuple(parts) => Self::Tuple(all(parts)),
            Self::Adt { def, args } => Self::Adt { def: *def, args: all(args) },
            Self::External { path, args } => Self::External { path: *path, args: all(args) },
            Self::Slice(part) => Self::Slice(map(*part)),
            Self::Closure { file, closure, ret } => {
                Self::Closure { file: *file, closure: *closure, ret: map(*ret) }
            }
            Self::FnPtr { params, ret } => {
                let params = all(params);
                Self::FnPtr { params, ret: map(*ret) }
            }
            Self::Bounds(bounds) => Self::Bounds(bounds.iter().map(|bound| bound.map_parts(map)).collect()),
            other => other.clone(),
        }
    }
}

impl TraitRef {
    /// This bound with every type in it replaced.
    pub(crate) fn map_parts(&self, map: &mut dyn FnMut(Ty) -> Ty) -> Self {
        Self {
            name: self.name,
            args: self.args.iter().map(|ty| map(*ty)).collect(),
            bindings: self.bindings.iter().map(|(name, ty)| (*name, map(*ty))).collect(),
        }
    }
}

impl PartialEq for Ty {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for Ty {}

impl Serialize for Ty {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let number = STORED.with_borrow_mut(|stored| stored.as_mut().map(|stored| stored.number(*self)));
        match number {
            Some(number) => number.serialize(serializer),
            None => self.kind().serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Ty {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if RESTORED.with_borrow(Option::is_none) {
            return TyKind::deserialize(deserializer).map(Self::new);
        }
        let number = u32::deserialize(deserializer)? as usize;
        let ty = RESTORED.with_borrow(|types| match types.as_ref()? {
            Restored::Whole(types) => types.get(number).copied(),
            Restored::Part(types) => types.get(number).copied(),
        });
        ty.ok_or_else(|| D::Error::custom("a type that is not among those that were stored"))
    }
}

thread_local! {
    /// The types of what this thread stores, where many values have them in common.
    static STORED: RefCell<Option<Numbers>> = const { RefCell::new(None) };
    /// The types of what this thread restores, likewise.
    static RESTORED: RefCell<Option<Restored>> = const { RefCell::new(None) };
}

/// Types by the order in which they were met, parts before what is made of them.
#[derive(Default)]
struct Numbers {
    all: Vec<Ty>,
    numbers: FxHashMap<Ty, u32>,
}

enum Restored {
    Whole(Arc<[Ty]>),
    /// While they are being restored.
    Part(Vec<Ty>),
}

impl Numbers {
    fn number(&mut self, ty: Ty) -> u32 {
        if let Some(number) = self.numbers.get(&ty) {
            return *number;
        }
        ty.kind().for_each_part(&mut |part| {
            self.number(part);
        });
        let number = self.all.len() as u32;
        self.all.push(ty);
        self.numbers.insert(ty, number);
        number
    }
}

/// Types that several values have in common which are stored one by one.
#[derive(Clone, Debug)]
pub(crate) struct StoredTypes(Arc<[Ty]>);

impl StoredTypes {
    /// What `body` returns, and the types of all that it has stored, as bytes. Their names are with those of the rest.
    pub(crate) fn collect<T>(body: impl FnOnce() -> T) -> (T, Option<Vec<u8>>) {
        STORED.set(Some(Numbers::default()));
        let result = body();
        let all = STORED.with_borrow(|stored| stored.as_ref().map(|stored| stored.all.clone()));
        let kinds: Vec<&TyKind> = all.iter().flatten().map(|ty| ty.kind()).collect();
        let bytes = StoredNames::write(&kinds, Vec::new());
        STORED.set(None);
        (result, bytes)
    }

    pub(crate) fn read_all(names: &StoredNames, bytes: &[u8]) -> Option<Self> {
        RESTORED.set(Some(Restored::Part(Vec::new())));
        let all = names.read::<AllTypes>(bytes);
        let read = RESTORED.take();
        all?;
        match read {
            Some(Restored::Part(types)) => Some(Self(types.into())),
            _ => None,
        }
    }

    /// A value that was stored with these names and types.
    pub(crate) fn read<T: serde::de::DeserializeOwned>(
        &self,
        names: &StoredNames,
        bytes: &[u8],
    ) -> Option<T> {
        RESTORED.set(Some(Restored::Whole(Arc::clone(&self.0))));
        let value = names.read(bytes);
        RESTORED.set(None);
        value
    }
}

/// Reads types one by one: each may be made of those before it.
struct AllTypes;

impl<'de> Deserialize<'de> for AllTypes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Self)
    }
}

impl<'de> Visitor<'de> for AllTypes {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("types")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut kinds: A) -> Result<Self, A::Error> {
        while let Some(kind) = kinds.next_element::<TyKind>()? {
            let ty = Ty::new(kind);
            RESTORED.with_borrow_mut(|types| {
                if let Some(Restored::Part(types)) = types {
                    types.push(ty);
                }
            });
        }
        Ok(self)
    }
}

impl Hash for Ty {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::ptr::from_ref(self.0).addr().hash(state);
    }
}

impl fmt::Debug for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.kind(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::{Ty, TyKind};

    #[test]
    fn equal_kinds_are_one_type() {
        let a = Ty::external("std::option::Option", &[Ty::new(TyKind::Str)]);
        let b = Ty::external("std::option::Option", &[Ty::new(TyKind::Str)]);
        assert_eq!(a, b);
        assert_ne!(a, Ty::unit());
        assert_eq!(Ty::unknown(), Ty::new(TyKind::Unknown));
    }
}
