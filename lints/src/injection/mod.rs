//! Data becomes code.

pub mod command_injection;
pub mod path_traversal;
pub mod sql_injection;
