//! From a path to the [`Project`] below it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use ward_syntax::{FunctionBodies, TestCode};

use crate::config::{find_config, hidden_config, unused_configs};
use crate::locate::{Location, locate};
use crate::packages::lay_out;
use crate::templates::add_templates;
use crate::walk::{Found, FoundFile, exclude_patterns, relative, walk};
use crate::{Lowered, Project, ProjectError};

/// What is looked at.
#[derive(Clone, Debug)]
pub struct DiscoverOptions {
    /// Whether test code is read: with [`TestCode::Trim`] tests and benches are not loaded, and test code within
    /// other files is blanked.
    pub tests: TestCode,
    /// Whether examples are loaded.
    pub include_examples: Examples,
    /// The folders to look at, absolute; all that lies below the root if there are none.
    pub within: Vec<PathBuf>,
    /// What to leave out: patterns as in a `.gitignore` that lies beside the configuration, or in the root if
    /// there is none.
    pub exclude: Vec<String>,
    /// Files larger than this are skipped, in bytes.
    pub max_file_size: u64,
    /// Texts that stand for what lies on disk, by absolute path.
    pub texts: Arc<BTreeMap<PathBuf, String>>,
    /// Hashes of what lies on disk, by absolute path, as [`crate::Snapshot::contents`] has found them just now: a file that need
    /// not be lowered again is not read again.
    pub contents: Arc<BTreeMap<PathBuf, u64>>,
    /// Counts the files that have been read, for those who watch.
    pub loaded: Arc<AtomicUsize>,
    /// How the names of files end that are templates of pages: `.html`. They are found with the code, and read by those who ask.
    pub templates: &'static [&'static str],
    /// Whether the bodies of functions are lowered with their file, or once they are wanted: [`crate::read_bodies`].
    pub bodies: FunctionBodies,
    /// Files that need not be lowered again, and where those are kept that are; `None` to keep nothing.
    pub lowered: Option<Arc<Lowered>>,
}

/// Whether examples are loaded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Examples {
    /// They are not.
    Skip,
    /// They are.
    Keep,
}

impl Default for DiscoverOptions {
    fn default() -> Self {
        Self {
            tests: TestCode::Keep,
            include_examples: Examples::Skip,
            within: Vec::new(),
            exclude: Vec::new(),
            max_file_size: 8 << 20,
            texts: Arc::default(),
            contents: Arc::default(),
            loaded: Arc::default(),
            templates: &[],
            bodies: FunctionBodies::Read,
            lowered: None,
        }
    }
}

/// Lays out what is to be analysed for `path`: packages, targets and files. Parses no Rust.
///
/// # Errors
/// When `path` does not exist or is no folder, manifest or Rust file, when there is nothing to analyse, when the
/// configuration is not TOML, and when an exclude pattern is invalid. Everything else is a
/// [`crate::Problem`] of the project.
pub fn discover(path: &Path, options: &DiscoverOptions) -> Result<Project, ProjectError> {
    let location = locate(path)?;
    let config = find_config(&location, &options.within)?;
    let beside_config = config.as_ref().and_then(|config| config.path.parent());
    let exclude = exclude_patterns(beside_config.unwrap_or(&location.root), &options.exclude)?;
    let mut found = match &location.file {
        Some(file) => Found { files: vec![lone_file(&location, file)], ..Found::default() },
        None => walk(&location.root, &options.within, exclude, options.templates),
    };
    if found.files.is_empty() {
        return Err(ProjectError::Empty { path: path.to_owned() });
    }
    let templates = std::mem::take(&mut found.templates);
    let used = config.as_ref().map(|config| config.path.as_path());
    found.configs.retain(|path| Some(path.as_path()) != used);
    let unused = unused_configs(&location.root, &found.configs);
    let mut project = lay_out(&location, found);
    add_templates(&mut project, templates);
    project.problems.extend(config.as_ref().and_then(|config| hidden_config(&project.root, config)));
    project.problems.extend(unused);
    project.config = config;
    Ok(project)
}

fn lone_file(location: &Location, file: &Path) -> FoundFile {
    let size = std::fs::metadata(file).map_or(0, |metadata| metadata.len());
    FoundFile { path: relative(&location.root, file), absolute: file.to_owned(), size }
}
