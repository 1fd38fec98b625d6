//! Item-level types: signatures of functions, fields, impls. Bodies are inferred from these alone.

use ward_syntax::Symbol;

use crate::{DefId, TraitRef, Ty};

/// The types in a function's head.
#[derive(Clone, PartialEq, Eq, Debug)]
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
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FieldInfo {
    /// Its name, or index as text.
    pub name: Symbol,
    /// Its type, in the generic parameters of the struct or enum.
    pub ty: Ty,
}

/// The head of an impl.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImplInfo {
    /// The impl itself.
    pub def: DefId,
    /// The implementing type, in the impl's generic parameters.
    pub self_ty: Ty,
    /// The trait; none for an inherent impl, and where the trait is not known.
    pub trait_ref: Option<TraitRef>,
}
