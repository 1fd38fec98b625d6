//! What protects the way between two machines.

pub mod permissive_cors;
pub mod tls_verification_disabled;
