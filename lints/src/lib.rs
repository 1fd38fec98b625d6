//! The lints, and the models and frameworks they rest on.
//!
//! A lint is four things named after it: `src/<group>/<lint>.rs`, `docs/<lint>.md`, `specs/<lint>.md`, and its line
//! below.

pub mod frameworks;
pub mod injection;
mod models;
pub mod output;

use ward_linter::{Lint, Registry};

/// Every lint, by name.
pub static LINTS: &[Lint] = &[injection::sql_injection::LINT, output::unencoded_html::LINT];

/// The lints with their models.
pub const fn registry() -> Registry {
    Registry { lints: LINTS, models: models::FILES, frameworks: frameworks::FRAMEWORKS }
}
