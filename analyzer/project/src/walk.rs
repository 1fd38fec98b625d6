//! The walk over the folders: `.rs` files and manifests, with everything pruned that is not the project's own.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use globset::GlobBuilder;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use ignore::{DirEntry, WalkBuilder};

use crate::config::CONFIG_FILE;
use crate::manifest::MANIFEST;
use crate::{Problem, ProblemKind, ProjectError};

/// Cargo writes it into each package it vendors.
const CHECKSUM: &str = ".cargo-checksum.json";

/// How the name of a Rust file ends.
const RUST: &[u8] = b".rs";
/// How the names of files end that declare messages, of which Rust is generated.
pub const MESSAGES: &str = ".proto";
/// A larger template was written by a program.
const MOST_BYTES: u64 = 512 << 10;

/// What a walk found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Rust files, by path.
    pub(crate) files: Vec<FoundFile>,
    /// Templates of pages, and files of messages, by path.
    pub(crate) templates: Vec<FoundFile>,
    /// The folders that hold a manifest, relative to the root, by path.
    pub(crate) manifests: Vec<String>,
    /// Files of configuration.
    pub(crate) configs: Vec<PathBuf>,
    /// Folders that could not be listed, by path.
    pub(crate) problems: Vec<Problem>,
}

/// A Rust file.
#[derive(Debug)]
pub(crate) struct FoundFile {
    /// Relative to the root, `/`-separated.
    pub(crate) path: String,
    /// Where it lies.
    pub(crate) absolute: PathBuf,
    /// Its size in bytes.
    pub(crate) size: u64,
}

/// Compiles exclude patterns, which have the form and meaning of lines of a `.gitignore` in `folder`.
pub(crate) fn exclude_patterns(folder: &Path, patterns: &[String]) -> Result<Gitignore, ProjectError> {
    let invalid = |pattern: &str, error: &ignore::Error| {
        let message = match error {
            ignore::Error::Glob { err, .. } => err.clone(),
            error => error.to_string(),
        };
        ProjectError::Exclude { pattern: pattern.to_owned(), message }
    };
    let mut builder = GitignoreBuilder::new(folder);
    for pattern in patterns {
        // What git would take for a text is more likely a mistake: `[a-z`.
        let glob = pattern.trim_end().trim_start_matches('!');
        if !glob.starts_with('#')
            && let Err(error) = GlobBuilder::new(glob).literal_separator(true).build()
        {
            let message = error.kind().to_string();
            return Err(ProjectError::Exclude { pattern: pattern.clone(), message });
        }
        builder.add_line(None, pattern).map_err(|error| invalid(pattern, &error))?;
    }
    builder.build().map_err(|error| invalid(&patterns.join(", "), &error))
}

/// Patterns of paths, with the form and meaning of lines of a `.gitignore`.
#[derive(Clone, Debug)]
pub struct PathPatterns(Gitignore);

impl PathPatterns {
    /// Patterns as they would stand in a `.gitignore` in `folder`.
    ///
    /// # Errors
    /// When one is invalid.
    pub fn new(folder: &Path, patterns: &[String]) -> Result<Self, ProjectError> {
        exclude_patterns(folder, patterns).map(Self)
    }

    /// Whether they fit a file, given absolute, or a folder above it.
    pub fn matches(&self, file: &Path) -> bool {
        file.starts_with(self.0.path()) && self.0.matched_path_or_any_parents(file, false).is_ignore()
    }
}

/// Walks over `root`, or only over `within` if there are some: folders in it.
///
/// Beside Rust files and those of messages it takes those whose names end with one of `templates`.
pub(crate) fn walk(
    root: &Path,
    within: &[PathBuf],
    exclude: Gitignore,
    templates: &'static [&'static str],
) -> Found {
    let mut found = Found::default();
    let mut vendored = Vec::new();
    for entry in builder(root, within, exclude, templates).build() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                found.problems.extend(folder_problem(root, &error));
                continue;
            }
        };
        if !entry.file_type().is_some_and(|kind| kind.is_file()) {
            continue;
        }
        let name = entry.file_name();
        if name == MANIFEST {
            found.manifests.push(relative_folder(root, entry.path()));
        } else if name == CONFIG_FILE {
            found.configs.push(entry.into_path());
        } else if name == CHECKSUM {
            vendored.push(relative_folder(root, entry.path()));
        } else {
            let path = relative(root, entry.path());
            let size = entry.metadata().map_or(0, |metadata| metadata.len());
            let is_rust = name.as_encoded_bytes().ends_with(RUST);
            let file = FoundFile { path, absolute: entry.into_path(), size };
            if is_rust {
                found.files.push(file);
            } else if size <= MOST_BYTES {
                found.templates.push(file);
            }
        }
    }
    found.leave_out(&vendored);
    for files in [&mut found.files, &mut found.templates] {
        files.sort_by(|a, b| (&a.path, &a.absolute).cmp(&(&b.path, &b.absolute)));
    }
    found.manifests.sort();
    found.configs.sort();
    found.problems.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Whether there is a manifest below `folder`.
pub(crate) fn holds_manifest(folder: &Path) -> bool {
    let mut entries = builder(folder, &[], Gitignore::empty(), &[]).build().filter_map(Result::ok);
    entries.any(|entry| entry.file_name() == MANIFEST && entry.file_type().is_some_and(|kind| kind.is_file()))
}

/// `path` relative to `root`, `/`-separated.
pub(crate) fn relative(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    let mut text = String::with_capacity(path.as_os_str().len());
    for component in path.components() {
        if !text.is_empty() && !text.ends_with('/') {
            text.push('/');
        }
        text.push_str(&component.as_os_str().to_string_lossy());
    }
    text
}

fn relative_folder(root: &Path, file: &Path) -> String {
    relative(root, file.parent().unwrap_or(root))
}

impl Found {
    fn leave_out(&mut self, folders: &[String]) {
        if folders.is_empty() {
            return;
        }
        let is_below = |path: &str| folders.iter().any(|folder| is_in_folder(path, folder));
        self.files.retain(|file| !is_below(&file.path));
        self.templates.retain(|file| !is_below(&file.path));
        self.manifests.retain(|folder| !is_below(folder));
    }
}

/// Whether `path` is `folder` or lies below it; both relative to the root.
pub(crate) fn is_in_folder(path: &str, folder: &str) -> bool {
    folder.is_empty()
        || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A walk that does not depend on the machine: the user's global ignore file is not looked at, and `.gitignore`
/// counts without a repository, too.
fn builder(
    root: &Path,
    within: &[PathBuf],
    exclude: Gitignore,
    templates: &'static [&'static str],
) -> WalkBuilder {
    let mut builder = WalkBuilder::new(within.first().map_or(root, PathBuf::as_path));
    for further in within.iter().skip(1) {
        builder.add(further);
    }
    builder.standard_filters(false).git_ignore(true).git_exclude(true).parents(true).require_git(false);
    let root = root.to_owned();
    builder.filter_entry(move |entry| entry.depth() == 0 || is_wanted(entry, &root, &exclude, templates));
    builder
}

/// Whether to descend into a folder, or to look at a file. A link is neither.
fn is_wanted(entry: &DirEntry, root: &Path, exclude: &Gitignore, templates: &[&str]) -> bool {
    let Some(kind) = entry.file_type() else { return false };
    let name = entry.file_name().as_encoded_bytes();
    if kind.is_dir() {
        return !name.starts_with(b".") && !is_foreign(entry, root) && !is_excluded(entry, true, exclude);
    }
    if !kind.is_file() {
        return false;
    }
    if name == CHECKSUM.as_bytes() || name == CONFIG_FILE.as_bytes() {
        return true;
    }
    let is_beside = || std::iter::once(&MESSAGES).chain(templates).any(|end| name.ends_with(end.as_bytes()));
    let is_text = name.ends_with(RUST) || is_beside();
    let is_text = is_text && !name.starts_with(b".");
    (is_text || name == MANIFEST.as_bytes()) && !is_excluded(entry, false, exclude)
}

fn is_excluded(entry: &DirEntry, is_folder: bool, exclude: &Gitignore) -> bool {
    !exclude.is_empty() && exclude.matched(entry.path(), is_folder).is_ignore()
}

/// Folders of code that others wrote or cargo built.
fn is_foreign(entry: &DirEntry, root: &Path) -> bool {
    let path = entry.path();
    match entry.file_name().to_str() {
        Some("node_modules") => true,
        // A module may be called `target`, too.
        Some("target") => path.join("CACHEDIR.TAG").exists() || path.with_file_name(MANIFEST).exists(),
        Some("vendor" | "third_party" | "third-party") => {
            !is_below_src(path, root) && !path.join(MANIFEST).exists()
        }
        _ => false,
    }
}

fn is_below_src(path: &Path, root: &Path) -> bool {
    path.strip_prefix(root)
        .is_ok_and(|path| path.components().any(|component| component.as_os_str() == "src"))
}

fn folder_problem(root: &Path, error: &ignore::Error) -> Option<Problem> {
    let io = error.io_error()?;
    if io.kind() == ErrorKind::NotFound {
        return None;
    }
    let path = error_path(error).map_or_else(String::new, |path| relative(root, path));
    let problem = Problem::new(ProblemKind::Folder, path, format!("cannot list the folder: {}", io.kind()));
    Some(problem.help("make it readable, or exclude it"))
}

fn error_path(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => error_path(err),
        _ => None,
    }
}
