//! Data becomes code.

pub mod sql_injection;
