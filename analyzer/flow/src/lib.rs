//! Following data: models of external code, values, function summaries, and the ways from sources to sinks.
//!
//! [`FlowIndex::new`] evaluates every function once ([`evaluate`]), callees first, and keeps what each does
//! with data as a [`FunctionSummary`]. What reaches a sink is told by [`FlowIndex::reached`], with the whole way.

mod analysis;
mod demand;
mod evaluate;
mod mail;
mod memo;
pub mod models;
mod origins;
mod own;
mod pretty;
mod sources;
mod step;
mod summary;
mod told;
mod value;
mod way;

pub use analysis::FlowIndex;
pub use evaluate::{Context, evaluate};
pub use mail::Mail;
pub use memo::Evaluations;
pub use origins::Origins;
pub use sources::request_parameters;
pub use step::{SourceStep, Step, StepId, StepKind, Steps};
pub use summary::{ClosureCall, Exported, FunctionSummary, Hit, Message, Part, Summaries};
pub use value::{AccessPath, Callable, Fact, Facts, Hole, KindSet, Origin, Outcome, Root, Text, UNKNOWN};
pub use way::{Entry, Reached, Way, WayStep, WayStepKind};
