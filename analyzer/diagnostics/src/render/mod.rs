//! Writes a [`Report`](crate::Report) for people and for machines.

mod json;
pub mod routes;
mod sarif;
mod snippet;
mod terminal;

pub use json::{JSON_VERSION, json};
pub use sarif::{SarifOptions, VersionControl, sarif};
pub use terminal::{Color, TerminalOptions, Verbosity, terminal};

/// The name by which the analyzer signs what it writes.
const TOOL_NAME: &str = "cargo-ward";
