//! Names, types and calls across the workspace.
//!
//! [`Semantics::new`] takes the lowered files and what is known of external crates, and answers: what does
//! this path mean ([`Resolution`]), what type has this expression ([`BodyTypes`]), what may this call reach
//! ([`Callee`]), and in which order do functions depend on each other ([`CallGraph`]).

mod call_graph;
mod def;
mod externals;
mod infer;
mod semantics;
mod signature;
mod template;
mod ty;

pub use call_graph::CallGraph;
pub use def::{DefId, DefIndex};
pub use externals::{CarriesText, ExternalFn, ExternalType, Externals, Template};
pub use infer::{BodyTypes, Callee, Resolution};
pub use semantics::Semantics;
pub use signature::{FieldInfo, ImplInfo, Signature};
pub use template::TemplateError;
pub use ty::{TraitName, TraitRef, Ty, TyKind};
