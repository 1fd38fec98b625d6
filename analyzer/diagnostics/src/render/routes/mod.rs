//! Writes the table of endpoints.

mod html;
mod json;
mod markdown;
mod openapi;
mod terminal;

use crate::routes::{RouteChange, RouteRow};

pub use html::html;
pub use json::json;
pub use markdown::markdown;
pub use openapi::openapi;
pub use terminal::{RouteTableOptions, terminal};

/// What is written: all endpoints, or what changed.
#[derive(Clone, Copy, Debug)]
pub struct RouteReport<'a> {
    /// The endpoints as they are.
    pub routes: &'a [RouteRow],
    /// What changed since another revision, and the revision's name; none if that was not asked for.
    pub changes: Option<(&'a str, &'a [RouteChange])>,
    /// What the service is called.
    pub name: &'a str,
    /// The version of the analyzer.
    pub tool_version: &'a str,
}

/// `3 endpoints`.
fn counted(count: usize) -> String {
    format!("{count} endpoint{}", if count == 1 { "" } else { "s" })
}
