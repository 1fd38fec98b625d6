//! Types inside bodies.

mod result;

pub use result::{BodyTypes, Callee, Resolution};
