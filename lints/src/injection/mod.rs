//! Data becomes code.

pub mod code_injection;
pub mod command_injection;
pub mod header_injection;
pub mod ldap_injection;
pub mod log_injection;
pub mod nosql_injection;
pub mod path_traversal;
pub mod regex_injection;
mod sql_fix;
pub mod sql_injection;
pub mod template_injection;
pub mod xml_injection;
