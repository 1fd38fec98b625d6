//! What an analysis would read, without reading it: which files there are, how large they are, and when they changed.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rayon::prelude::*;

use crate::config::find_config;
use crate::load::content_hash;
use crate::locate::locate;
use crate::manifest::MANIFEST;
use crate::walk::{Found, exclude_patterns, walk};
use crate::{ConfigFile, DiscoverOptions, ProjectError};

/// Files that change too shortly before they are looked at may change again without a newer time.
const GRANULARITY: u128 = 2_000_000_000;

/// All files that count for an analysis.
#[derive(Debug)]
pub struct Snapshot {
    root: PathBuf,
    /// The workspace above the root, or the root.
    workspace: PathBuf,
    config: Option<ConfigFile>,
    files: Vec<Stamp>,
}

/// A file, as the file system describes it.
#[derive(Debug)]
struct Stamp {
    absolute: PathBuf,
    size: u64,
    /// Nanoseconds since 1970; 0 if it is not known.
    modified: u128,
    /// A number that another file in its place would not have.
    identity: u64,
}

impl Snapshot {
    /// Looks at everything that [`crate::discover`] and [`crate::load`] would read for `path`.
    ///
    /// # Errors
    /// As [`crate::discover`] has them.
    pub fn take(path: &Path, options: &DiscoverOptions) -> Result<Self, ProjectError> {
        let location = locate(path)?;
        let config = find_config(&location, &options.within)?;
        let beside_config = config.as_ref().and_then(|config| config.path.parent());
        let exclude = exclude_patterns(beside_config.unwrap_or(&location.root), &options.exclude)?;
        let found = match &location.file {
            Some(_) => Found::default(),
            None => walk(&location.root, &options.within, exclude, options.templates),
        };
        let files = found.files.into_iter().chain(found.templates).map(|file| file.absolute);
        let mut paths: Vec<PathBuf> = files.chain(found.configs).collect();
        paths.extend(location.file.iter().cloned());
        paths.extend(found.manifests.iter().map(|folder| location.root.join(folder).join(MANIFEST)));
        paths.extend(location.config_folders().map(|folder| folder.join(MANIFEST)));
        paths.extend(location.outer.iter().map(|outer| outer.folder.join(MANIFEST)));
        paths.extend(config.iter().map(|config| config.path.clone()));
        paths.sort();
        paths.dedup();
        let files = paths.into_par_iter().filter_map(Stamp::new).collect();
        let workspace = location.outer.map_or_else(|| location.root.clone(), |outer| outer.folder);
        Ok(Self { root: location.root, workspace, config, files })
    }

    /// The folder that paths are relative to.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of the workspace.
    pub fn workspace(&self) -> &Path {
        &self.workspace
    }

    /// The configuration that counts.
    pub fn config(&self) -> Option<&ConfigFile> {
        self.config.as_ref()
    }

    /// A number that changes if a file comes, goes, or is written to.
    pub fn stamp(&self) -> u128 {
        self.stamp_without(&[])
    }

    /// As [`Self::stamp`], for all files but some.
    pub fn stamp_without(&self, without: &[PathBuf]) -> u128 {
        hash_twice(|hasher| {
            self.root.hash(hasher);
            for file in self.files.iter().filter(|file| !without.contains(&file.absolute)) {
                (&file.absolute, file.size, file.modified, file.identity).hash(hasher);
            }
        })
    }

    /// Whether all files have been left alone long enough for [`Self::stamp`] to be trusted.
    pub fn is_settled(&self) -> bool {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
        self.files.iter().all(|file| file.modified > 0 && file.modified + GRANULARITY < now)
    }

    /// Reads all files, and returns a hash of each with its path, in the order of paths. What cannot be read has none.
    pub fn contents(&self) -> Vec<(PathBuf, Option<u64>)> {
        let read = |file: &Stamp| {
            let text = std::fs::read(&file.absolute).ok();
            let hash = text.map(|bytes| match std::str::from_utf8(&bytes) {
                Ok(text) => content_hash(text),
                Err(_) => hash_twice(|hasher| bytes.hash(hasher)) as u64,
            });
            (file.absolute.clone(), hash)
        };
        self.files.par_iter().map(read).collect()
    }
}

/// Two hashes as one number.
pub fn hash_twice(what: impl Fn(&mut DefaultHasher)) -> u128 {
    let hash = |seed: u8| {
        let mut hasher = DefaultHasher::new();
        hasher.write_u8(seed);
        what(&mut hasher);
        u128::from(hasher.finish())
    };
    hash(1) << 64 | hash(2)
}

impl Stamp {
    fn new(absolute: PathBuf) -> Option<Self> {
        let metadata = std::fs::symlink_metadata(&absolute).ok()?;
        let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let modified = modified.map_or(0, |since| since.as_nanos());
        Some(Self { size: metadata.len(), modified, identity: identity(&metadata), absolute })
    }
}

#[cfg(unix)]
fn identity(metadata: &std::fs::Metadata) -> u64 {
    use std::os::unix::fs::MetadataExt;
    metadata.ino()
        ^ metadata.ctime().cast_unsigned().rotate_left(32)
        ^ metadata.ctime_nsec().cast_unsigned().rotate_left(16)
}

#[cfg(not(unix))]
fn identity(_: &std::fs::Metadata) -> u64 {
    0
}
