//! A temporary folder with files, and what is found in it.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use ward_project::{DiscoverOptions, Problem, Project, discover, pretty};

/// A temporary folder, gone when dropped.
pub(crate) struct Folder(TempDir);

impl Folder {
    /// A folder with `files`: paths with their texts.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::Builder::new().prefix("service").tempdir().unwrap());
        // The border of a repository: nothing above it is looked at.
        fs::create_dir(folder.path(".git")).unwrap();
        for (path, text) in files {
            folder.write(path, text);
        }
        folder
    }

    /// A folder with empty files.
    pub(crate) fn of(paths: &[&str]) -> Self {
        Self::new(&paths.iter().map(|path| (*path, "")).collect::<Vec<_>>())
    }

    /// Where a path in it lies.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    /// Writes a file and the folders above it.
    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// What is found for a path in it.
    pub(crate) fn discover(&self, path: &str) -> Project {
        self.discover_with(path, &DiscoverOptions::default())
    }

    /// What is found for a path in it with options.
    pub(crate) fn discover_with(&self, path: &str, options: &DiscoverOptions) -> Project {
        discover(&self.path(path), options).unwrap()
    }

    /// The whole of what is found, as text; the folder's own name is replaced.
    pub(crate) fn layout(&self, path: &str) -> String {
        let name = self.0.path().file_name().unwrap().to_str().unwrap();
        pretty(&self.discover(path)).replace(name, "service")
    }

    /// The files that are found, as text.
    pub(crate) fn files(&self, path: &str) -> Vec<String> {
        paths(&self.discover(path))
    }
}

/// The paths of all files.
pub(crate) fn paths(project: &Project) -> Vec<String> {
    project.files.iter().map(|file| file.path.clone()).collect()
}

/// Problems with what to do about them, without the folder they are in.
pub(crate) fn messages(problems: &[Problem]) -> String {
    let lines = problems.iter().map(|problem| {
        let help = problem.help.as_deref().unwrap_or("no help");
        format!("{:?} {problem} ({help})", problem.kind)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Makes a link; none where the system has none.
pub(crate) fn link(to: impl AsRef<Path>, at: impl AsRef<Path>) {
    #[cfg(unix)]
    std::os::unix::fs::symlink(to, at).unwrap();
    #[cfg(not(unix))]
    let _ = (to, at);
}
