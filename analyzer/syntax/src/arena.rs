//! Four-byte ids, and lists of ids in one pool.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A dense index with a niche, so that `Option<Id>` is four bytes too.
pub trait Id: Copy {
    /// The id of the `index`-th element.
    fn from_index(index: usize) -> Self;
    /// Its index.
    fn index(self) -> usize;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub struct $name(std::num::NonZeroU32);

        impl crate::arena::Id for $name {
            #[inline]
            fn from_index(index: usize) -> Self {
                let id = u32::try_from(index + 1).ok().and_then(std::num::NonZeroU32::new);
                Self(id.expect("a file has fewer than 2^32 nodes"))
            }

            #[inline]
            fn index(self) -> usize {
                self.0.get() as usize - 1
            }
        }

        impl $name {
            /// Its index in the file.
            #[inline]
            pub fn index(self) -> usize {
                crate::arena::Id::index(self)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.index())
            }
        }
    )*};
}
pub(crate) use ids;

/// A list of ids in a file's pool.
pub struct List<T> {
    start: u32,
    element: PhantomData<fn() -> T>,
}

/// The pool of a file: every list is its length and then its ids. The list at 0 is empty.
#[derive(Debug, Serialize, Deserialize)]
pub struct ListPool(Vec<u32>);

impl Default for ListPool {
    fn default() -> Self {
        Self(vec![0])
    }
}

impl ListPool {
    /// Stores a list.
    pub fn push<T: Id>(&mut self, ids: &[T]) -> List<T> {
        if ids.is_empty() {
            return List::EMPTY;
        }
        let start = self.0.len() as u32;
        self.0.push(ids.len() as u32);
        self.0.extend(ids.iter().map(|id| id.index() as u32));
        List { start, element: PhantomData }
    }

    /// The ids of a list.
    pub fn get<T: Id>(&self, list: List<T>) -> impl ExactSizeIterator<Item = T> + DoubleEndedIterator + '_ {
        let start = list.start as usize;
        let end = start + 1 + self.0[start] as usize;
        self.0[start + 1..end].iter().map(|index| T::from_index(*index as usize))
    }

    /// The number of ids in a list.
    pub fn len<T: Id>(&self, list: List<T>) -> usize {
        self.0[list.start as usize] as usize
    }

    /// Gives back the memory that growing left over.
    pub fn shrink_to_fit(&mut self) {
        self.0.shrink_to_fit();
    }
}

impl<T> List<T> {
    /// The empty list.
    pub const EMPTY: Self = Self { start: 0, element: PhantomData };

    /// Whether it holds nothing.
    pub fn is_empty(self) -> bool {
        self.start == 0
    }
}

impl<T> Clone for List<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for List<T> {}

impl<T> PartialEq for List<T> {
    fn eq(&self, other: &Self) -> bool {
        self.start == other.start
    }
}

impl<T> Eq for List<T> {}

impl<T> Hash for List<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.start.hash(state);
    }
}

impl<T> Serialize for List<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.start.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { start: u32::deserialize(deserializer)?, element: PhantomData })
    }
}

impl<T> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "list@{}", self.start)
    }
}

/// A run of elements in one of the file's tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Run {
    /// First index.
    pub start: u32,
    /// How many.
    pub len: u32,
}

impl Run {
    /// The elements in `table`.
    pub fn of<T>(self, table: &[T]) -> &[T] {
        &table[self.start as usize..(self.start + self.len) as usize]
    }

    /// The elements' ids.
    pub fn ids<T: Id>(self) -> impl Iterator<Item = T> {
        (self.start..self.start + self.len).map(|index| T::from_index(index as usize))
    }
}
