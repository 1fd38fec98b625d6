//! The lints, and the models and frameworks they rest on.
//!
//! A lint is four things named after it: `src/<group>/<lint>.rs`, `docs/<lint>.md`, `specs/<lint>.md`, and its line
//! below.

pub mod access;
mod administrators;
mod flows;
pub mod frameworks;
pub mod injection;
pub mod input;
mod models;
pub mod output;
mod scope;
mod secrets;
pub mod transport;

use ward_linter::{Lint, Registry};

/// Every lint, by name.
pub static LINTS: &[Lint] = &[
    injection::code_injection::LINT,
    injection::command_injection::LINT,
    output::error_leak::LINT,
    access::hardcoded_secret::LINT,
    injection::header_injection::LINT,
    access::insecure_cookie::LINT,
    injection::ldap_injection::LINT,
    injection::log_injection::LINT,
    input::mass_assignment::LINT,
    access::missing_auth::LINT,
    access::missing_authorization::LINT,
    access::missing_owner_check::LINT,
    injection::nosql_injection::LINT,
    output::open_redirect::LINT,
    access::optional_guard::LINT,
    injection::path_traversal::LINT,
    transport::permissive_cors::LINT,
    injection::regex_injection::LINT,
    input::request_panic::LINT,
    output::secret_in_log::LINT,
    output::sensitive_response::LINT,
    access::spoofable_client_ip::LINT,
    injection::sql_injection::LINT,
    input::ssrf::LINT,
    injection::template_injection::LINT,
    access::timing_unsafe_comparison::LINT,
    transport::tls_verification_disabled::LINT,
    input::unbounded_allocation::LINT,
    input::unbounded_body::LINT,
    output::unencoded_html::LINT,
    input::unvalidated_extractor::LINT,
    injection::xml_injection::LINT,
];

/// How the names of files end that are templates of pages.
pub const TEMPLATES: &[&str] = output::templates::NAMES;

/// The lints with their models.
pub const fn registry() -> Registry {
    Registry { lints: LINTS, models: models::FILES, frameworks: frameworks::FRAMEWORKS }
}
