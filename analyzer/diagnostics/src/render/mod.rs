//! Writes a [`Report`](crate::Report) for people and for machines.

mod figures;
mod github;
mod gitlab;
mod html;
mod json;
mod junit;
mod limits;
mod links;
mod markdown;
pub mod routes;
mod sarif;
mod snippet;
mod terminal;
mod text;

pub use github::github;
pub use gitlab::gitlab;
pub use html::html;
pub use json::{JSON_VERSION, json};
pub use junit::junit;
pub use markdown::markdown;
pub use sarif::{SarifOptions, VersionControl, sarif};
pub use terminal::{Color, TerminalOptions, Verbosity, terminal};

/// The name by which the analyzer signs what it writes.
const TOOL_NAME: &str = "cargo-ward";
