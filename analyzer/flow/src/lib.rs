//! Following data: models of external code, values, function summaries, and the ways from sources to sinks.

pub mod models;
