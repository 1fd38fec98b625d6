//! Types, as far as following data needs them.
//!
//! Types are interned for the life of the process: [`Ty`] is a pointer and compares by identity. References
//! and lifetimes are dropped, with one exception: `&'static str` is [`TyKind::StaticStr`], because nobody can
//! put request data into one without leaking memory.

use std::cell::RefCell;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{LazyLock, Mutex, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};
use ward_syntax::{ClosureId, FileId, Symbol};

use crate::DefId;

/// An interned type.
#[derive(Clone, Copy)]
pub struct Ty(&'static TyKind);

/// What a type is.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
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
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct TraitRef {
    /// The trait.
    pub name: TraitName,
    /// Generic arguments.
    pub args: Box<[Ty]>,
    /// Associated types given.
    pub bindings: Box<[(Symbol, Ty)]>,
}

/// Which trait.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TraitName {
    /// One of the workspace.
    Workspace(DefId),
    /// One from outside, by canonical path.
    External(Symbol),
}

static TABLE: LazyLock<Mutex<FxHashSet<&'static TyKind>>> = LazyLock::new(Mutex::default);

thread_local! {
    static CACHE: RefCell<FxHashMap<&'static TyKind, Ty>> = RefCell::default();
}

impl Ty {
    /// The type of this kind.
    pub fn new(kind: TyKind) -> Self {
        CACHE.with_borrow_mut(|cache| {
            if let Some(ty) = cache.get(&kind) {
                return *ty;
            }
            let mut table = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
            let kind = match table.get(&kind) {
                Some(known) => known,
                None => {
                    let kind: &'static TyKind = Box::leak(Box::new(kind));
                    table.insert(kind);
                    kind
                }
            };
            cache.insert(kind, Self(kind));
            Self(kind)
        })
    }

    /// What it is.
    pub fn kind(self) -> &'static TyKind {
        self.0
    }

    /// The type nobody knows.
    pub fn unknown() -> Self {
        static UNKNOWN: TyKind = TyKind::Unknown;
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

    /// Whether it is unknown.
    pub fn is_unknown(self) -> bool {
        matches!(self.0, TyKind::Unknown)
    }

    /// The arguments of the external type at `path`, if this is one.
    pub fn as_external(self, path: &str) -> Option<&'static [Self]> {
        match self.0 {
            TyKind::External { path: own, args } if own.as_str() == path => Some(args),
            _ => None,
        }
    }
}

impl PartialEq for Ty {
    fn eq(&self, other: &Self) -> bool {
        // `Unknown` is the only kind with two addresses.
        std::ptr::eq(self.0, other.0) || (self.is_unknown() && other.is_unknown())
    }
}

impl Eq for Ty {}

impl Hash for Ty {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let address = if self.is_unknown() { 0 } else { std::ptr::from_ref(self.0).addr() };
        address.hash(state);
    }
}

impl fmt::Debug for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0, f)
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
