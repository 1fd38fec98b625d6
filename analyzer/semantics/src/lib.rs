//! Names, types and calls across the workspace.
//!
//! [`Semantics::new`] takes the lowered files and what is known of external crates, and answers: what does
//! this path mean ([`Resolution`]), what type has this expression ([`BodyTypes`]), what may this call reach
//! ([`Callee`]), and in which order do functions depend on each other ([`CallGraph`]).

mod def;
mod externals;
mod ty;

pub use def::{DefId, DefIndex};
pub use externals::{CarriesText, ExternalFn, ExternalType, Externals, Template};
pub use ty::{TraitName, TraitRef, Ty, TyKind};
