//! What comes in.

pub mod ssrf;
