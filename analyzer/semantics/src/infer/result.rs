//! What inference leaves behind for one body: types of expressions and locals, what paths mean, what calls
//! reach.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use ward_syntax::{ExprId, LocalId, PathId, Run, Symbol};

use crate::{DefId, Ty};

/// What a path means.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Resolution {
    /// A struct, enum, function, const, static, trait, module or alias of the workspace. Associated functions
    /// and consts are resolved through `Type::name`, `Self::name` and `<T as Trait>::name`.
    Def(DefId),
    /// A variant of an enum of the workspace.
    Variant {
        /// The enum.
        def: DefId,
        /// Which of its variants.
        index: u32,
    },
    /// A canonical external path, e.g. `sqlx::query`; `Some` is `std::option::Option::Some`.
    External(Symbol),
    /// An associated function of an external type: `String::from`, `Self::x` where `Self` is external.
    Method {
        /// The canonical path of the type.
        ty: Symbol,
        /// The function's name.
        name: Symbol,
    },
    /// A generic type parameter.
    Param {
        /// The item that declares it.
        owner: DefId,
        /// Its name.
        name: Symbol,
    },
    /// `T::name` or `Trait::name` where the implementing type is not known: the declaration.
    TraitItem {
        /// The trait.
        trait_def: DefId,
        /// Its item; the implementations are [`crate::Semantics::implementations`] of it.
        item: DefId,
    },
    /// Nothing known.
    Unresolved,
}

/// What a call reaches.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Callee {
    /// Exactly this function or method of the workspace.
    Fn(DefId),
    /// A method of a trait of the workspace on a type that is only known by its bounds.
    Dispatch {
        /// The trait's item.
        declaration: DefId,
        /// All implementations in the workspace, the default one included where some impl does not override it.
        #[serde(with = "shared")]
        targets: Arc<[DefId]>,
    },
    /// A free external function by canonical path.
    External(Symbol),
    /// A method or associated function of an external type.
    Method {
        /// The canonical path of the type (after dereferencing) or trait that has a row for it, else of the
        /// receiver's own type; `*` when only the rows for every type know it.
        ty: Symbol,
        /// The method's name.
        name: Symbol,
    },
    /// A method on a receiver of unknown type that no method of the workspace fits.
    UnknownMethod(Symbol),
    /// A method on a receiver of unknown type: the few methods of the workspace that fit by name and arity.
    Guess(#[serde(with = "shared")] Arc<[DefId]>),
    /// A tuple struct or variant of the workspace.
    Constructor {
        /// The struct or enum.
        def: DefId,
        /// The variant, if it is an enum.
        variant: Option<u32>,
    },
    /// `Some(..)`, `Ok(..)`, `Json(..)`: an external path called whose last segment starts with a capital.
    ExternalConstructor(Symbol),
    /// A value is called: a closure or function pointer in a local, field or parameter.
    Value,
    /// Nothing known.
    Unresolved,
}

/// The result of inference for one body. It answers for nodes of that body alone; closures belong to the
/// body around them, items inside it do not.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct BodyTypes {
    /// The body's expressions and locals, as runs of the file's arenas.
    pub(crate) expr_run: Run,
    pub(crate) local_run: Run,
    /// Types by position in the run.
    pub(crate) exprs: Box<[Ty]>,
    pub(crate) locals: Box<[Ty]>,
    /// Sorted by expression.
    pub(crate) callees: Box<[(ExprId, Callee)]>,
    /// Sorted by path.
    pub(crate) paths: Box<[(PathId, Resolution)]>,
    /// Sorted by expression.
    pub(crate) fields: Box<[(ExprId, FieldOwner)]>,
    /// Sorted by expression.
    pub(crate) conversions: Box<[(ExprId, DefId)]>,
}

/// The struct, or enum and variant, that has a field.
pub(crate) type FieldOwner = (DefId, Option<u32>);

impl BodyTypes {
    /// The type of an expression.
    #[inline]
    pub fn expr(&self, id: ExprId) -> Ty {
        let index = id.index().checked_sub(self.expr_run.start as usize);
        index.and_then(|index| self.exprs.get(index)).copied().unwrap_or_else(Ty::unknown)
    }

    /// The type of a local.
    pub fn local(&self, id: LocalId) -> Ty {
        let index = id.index().checked_sub(self.local_run.start as usize);
        index.and_then(|index| self.locals.get(index)).copied().unwrap_or_else(Ty::unknown)
    }

    /// What a call or method call reaches; [`Callee::Unresolved`] for other expressions.
    pub fn callee(&self, call: ExprId) -> &Callee {
        self.callees
            .binary_search_by_key(&call, |row| row.0)
            .map_or(&Callee::Unresolved, |at| &self.callees[at].1)
    }

    /// What a path in an expression, pattern or struct literal of the body means.
    pub fn path(&self, path: PathId) -> Resolution {
        find(&self.paths, path).unwrap_or(Resolution::Unresolved)
    }

    /// The struct (or enum and variant) of the workspace whose field a field expression reads, after
    /// dereferencing.
    pub fn field(&self, field: ExprId) -> Option<(DefId, Option<u32>)> {
        find(&self.fields, field)
    }

    /// The workspace's `From::from` that a `?` applies to the error, or that an `.into()` or `.parse()` comes to.
    pub fn conversion(&self, expr: ExprId) -> Option<DefId> {
        find(&self.conversions, expr)
    }

    /// All calls with what they reach, in the order of expressions.
    pub fn callees(&self) -> impl Iterator<Item = (ExprId, &Callee)> {
        self.callees.iter().map(|(expr, callee)| (*expr, callee))
    }

    /// All paths with what they mean, in the order of paths.
    pub fn paths(&self) -> impl Iterator<Item = (PathId, Resolution)> + '_ {
        self.paths.iter().copied()
    }

    /// All conversions, in the order of expressions.
    pub fn conversions(&self) -> impl Iterator<Item = (ExprId, DefId)> + '_ {
        self.conversions.iter().copied()
    }
}

fn find<K: Ord + Copy, V: Copy>(rows: &[(K, V)], key: K) -> Option<V> {
    rows.binary_search_by_key(&key, |row| row.0).ok().map(|at| rows[at].1)
}

/// Lists that many have in common.
mod shared {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::DefId;

    pub(super) fn serialize<S: Serializer>(list: &Arc<[DefId]>, serializer: S) -> Result<S::Ok, S::Error> {
        (**list).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<[DefId]>, D::Error> {
        Vec::deserialize(deserializer).map(Arc::from)
    }
}
