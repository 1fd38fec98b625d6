//! Where the source is: packages and targets from manifests, the files below them, `ward.toml`, and the
//! parallel reading of all files into the IR.
//!
//! Two steps. [`discover`] lays out a [`Project`] without reading any Rust; [`load`] reads and lowers its
//! files on all cores. No cargo process is run, no toolchain is asked, nothing is fetched: manifests are
//! read as text, as cargo would read them.
//!
//! # What is analysed
//!
//! - `PATH` is a folder with a manifest: that folder is the root, and only what lies below it is analysed and
//!   reported, also when its package belongs to a larger workspace above. The workspace above is still read
//!   for what the package inherits from it, and for its `ward.toml`.
//! - `PATH` is a folder without a manifest, but with some below it: the folder is the root, and all packages
//!   and workspaces below it are analysed, loose files as well.
//! - `PATH` is a folder without a manifest in or below it: the nearest manifest above is looked for, as cargo
//!   does, but not across the border of a git repository. Its folder is the root. If there is none, the files
//!   of the folder are loose.
//! - [`DiscoverOptions::within`] names folders below the root: nothing beside them is analysed.
//! - A root without a manifest in or above it has the configuration of the only folder shortly below that has one.
//! - `PATH` is a `Cargo.toml`: as its folder. `PATH` is a `.rs` file: a loose package of this one file.
//!
//! All packages below the root are analysed, whether or not a workspace names them a member or excludes them:
//! `workspace.exclude` says how a package is built, not that nobody runs it. To leave code out, exclude it by
//! [`DiscoverOptions::exclude`].
//!
//! # What is left out
//!
//! Whatever `.gitignore` names; hidden files and folders; cargo's `target`; `node_modules`; vendored code, which
//! is a folder with a `.cargo-checksum.json`, or one called `vendor`, `third_party` or `third-party` that is
//! neither a package itself nor below a `src` (there it is a module about vendors). Symbolic links are not
//! followed. Generated files are read, because others name what is in them, and marked
//! [`FileRole::Generated`].
//!
//! Templates of pages are files of the project too, if the options say how their names end. They are no code of any
//! target: [`load`] only takes a hash of them.

mod config;
mod discover;
mod file_ir;
mod load;
mod locate;
mod lowered;
mod manifest;
mod packages;
mod pretty;
mod problem;
mod project;
mod snapshot;
mod targets;
mod templates;
mod walk;
mod workspaces;

pub use config::{
    BASELINE_FILE, CONFIG_FILE, ConfigError, ConfigFile, line_column, read_config, read_section,
};
pub use discover::{DiscoverOptions, Examples, discover};
pub use file_ir::{FileIr, FileOutline};
pub use load::{FileState, Loaded, LoadedFile, content_hash, load, read_bodies, read_source, thread_pool};
pub use locate::{find_beside, workspace_of};
pub use lowered::Lowered;
pub use pretty::pretty;
pub use problem::{Problem, ProblemKind, ProjectError};
pub use project::{
    Dependency, DependencyKind, Edition, Feature, FileRole, Package, PackageId, Project, ProjectFile, Target,
    TargetKind,
};
pub use snapshot::{Snapshot, hash_twice};
pub use walk::{MESSAGES, PathPatterns};
pub use ward_syntax::{FunctionBodies, TestCode};
