//! Names, types and calls across the workspace.
//!
//! [`Semantics::new`] takes the lowered files and what is known of external crates, and answers: what does
//! this path mean ([`Resolution`]), what type has this expression ([`BodyTypes`]), what may this call reach
//! ([`Callee`]), and in which order do functions depend on each other ([`CallGraph`]).

mod answers;
mod call_graph;
mod def;
mod def_map;
mod demand;
pub mod endpoint;
mod exports;
mod externals;
mod infer;
mod kept;
mod known;
mod messages;
mod path_memo;
mod prelude;
mod pretty;
mod pretty_types;
mod relate;
mod resolve;
mod semantics;
mod signature;
mod template;
#[cfg(test)]
mod testing;
mod text;
mod trace;
mod traits;
mod ty;
mod type_ref;

pub use answers::Answers;
pub use call_graph::CallGraph;
pub use def::{DefId, DefIndex};
pub use def_map::{CrateData, CrateId, DefKind, DefMap, NameContext, Namespace, ScopeId};
pub use externals::{Carries, ExternalFn, ExternalType, Externals, Template};
pub use infer::{BodyTypes, Callee, Resolution};
pub use kept::{Changes, Understood, WorkspaceState};
pub use pretty::{pretty_impls, pretty_names, pretty_result};
pub use resolve::{PathResult, PathTarget};
pub use semantics::Semantics;
pub use signature::{FieldInfo, ImplInfo, Signature};
pub use template::TemplateError;
pub use trace::note_changeable;
pub use traits::{ImplData, ImplIndex, TypeHead};
pub use ty::{TraitName, TraitRef, Ty, TyKind};
pub use ward_project::PackageId;
