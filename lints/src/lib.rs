//! The lints, and the models and frameworks they rest on.
//!
//! A lint is four things named after it: `src/<group>/<lint>.rs`, `docs/<lint>.md`, `specs/<lint>.md`, and its line
//! below.

mod flows;
pub mod frameworks;
pub mod injection;
pub mod input;
mod models;
pub mod output;

use ward_linter::{Lint, Registry};

/// Every lint, by name.
pub static LINTS: &[Lint] = &[
    injection::code_injection::LINT,
    injection::command_injection::LINT,
    injection::header_injection::LINT,
    injection::ldap_injection::LINT,
    injection::nosql_injection::LINT,
    output::open_redirect::LINT,
    injection::path_traversal::LINT,
    injection::regex_injection::LINT,
    injection::sql_injection::LINT,
    input::ssrf::LINT,
    injection::template_injection::LINT,
    output::unencoded_html::LINT,
    injection::xml_injection::LINT,
];

/// The lints with their models.
pub const fn registry() -> Registry {
    Registry { lints: LINTS, models: models::FILES, frameworks: frameworks::FRAMEWORKS }
}
