//! What comes in.

pub mod mass_assignment;
mod numbers;
pub mod request_panic;
pub mod ssrf;
pub(crate) mod taken;
pub mod unbounded_allocation;
pub mod unbounded_body;
pub mod unvalidated_extractor;
