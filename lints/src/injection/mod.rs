//! Data becomes code.

pub mod command_injection;
pub mod path_traversal;
mod sql_fix;
pub mod sql_injection;
