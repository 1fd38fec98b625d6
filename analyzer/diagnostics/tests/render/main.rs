//! Reports that were put together by hand, and what every renderer makes of them.

#![allow(clippy::unwrap_used)]

mod report;
mod sarif;
mod snapshots;
