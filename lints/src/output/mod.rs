//! What goes out: pages, errors and data that tell or do more than they should.

pub mod error_leak;
pub(crate) mod html;
pub mod open_redirect;
pub mod secret_in_log;
pub mod sensitive_response;
mod template_holes;
pub(crate) mod templates;
pub mod unencoded_html;
