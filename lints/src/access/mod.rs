//! Who may do what: endpoints without a guard, guards that let everybody pass, checks that siblings make.

mod doors;
mod identity;
mod open_accounts;
mod open_areas;
mod open_tokens;
mod public;

pub mod hardcoded_secret;
pub mod insecure_cookie;
pub mod missing_auth;
pub mod missing_authorization;
pub mod missing_owner_check;
pub mod optional_guard;
pub mod spoofable_client_ip;
pub mod timing_unsafe_comparison;
