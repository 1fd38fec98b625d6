//! What protects the way between two machines.

pub mod tls_verification_disabled;
