//! Chores of the developers, as far as tests use them too; `cargo dev help` lists them all.

pub mod generate;
pub mod new_lint;
pub mod pipeline;
pub mod schema;

use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}
