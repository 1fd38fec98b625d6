//! The layout of what is analysed: packages, targets and files, before anything is parsed.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use ward_syntax::{FileId, Symbol};

use crate::{ConfigFile, Problem};

/// What [`crate::discover`] found.
#[derive(Debug)]
pub struct Project {
    /// The folder that reported paths are relative to; absolute, links resolved.
    pub root: PathBuf,
    /// Packages in the order of their folders; a [`PackageId`] is an index.
    pub packages: Vec<Package>,
    /// Files sorted by path; a [`FileId`] is an index.
    pub files: Vec<ProjectFile>,
    /// What could not be read, in the order of paths. None of it stops the analysis of the rest.
    pub problems: Vec<Problem>,
    /// `ward.toml`, or the same in a manifest's metadata.
    pub config: Option<ConfigFile>,
}

/// Index of a package in [`Project::packages`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PackageId(pub u32);

/// A package, or loose files that are treated as one.
#[derive(Debug)]
pub struct Package {
    /// The name by which code speaks of it: that of its library, or of the package, with `-` turned into `_`.
    pub name: Symbol,
    /// The name in the manifest; for loose files that of the folder or file.
    pub package_name: String,
    /// Its folder, relative to the root, `/`-separated, empty for the root itself.
    pub directory: String,
    /// Its manifest; none for loose files and where the manifest could not be read.
    pub manifest: Option<PathBuf>,
    /// The folder of the workspace it belongs to, which may lie above the root. A package without `[workspace]`
    /// that no workspace claims has none.
    pub workspace: Option<PathBuf>,
    /// Its edition: 2015 if the manifest names none, 2021 for loose files.
    pub edition: Edition,
    /// Its crates: the library first, then binaries, examples, tests, benches, the build script, each by path.
    pub targets: Vec<Target>,
    /// Its dependencies of all kinds and platforms, optional ones included, sorted by name and kind.
    pub dependencies: Vec<Dependency>,
    /// Its features, sorted by name.
    pub features: Vec<Feature>,
}

/// A crate of a package.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Target {
    /// What is built of it.
    pub kind: TargetKind,
    /// The crate's name, with `-` turned into `_`.
    pub name: Symbol,
    /// Its root module.
    pub root: FileId,
}

/// What is built of a crate.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum TargetKind {
    /// The library, procedural macros included.
    Lib,
    /// A binary.
    Bin,
    /// An example.
    Example,
    /// An integration test.
    Test,
    /// A benchmark.
    Bench,
    /// `build.rs`.
    BuildScript,
    /// A file that belongs to no package and lies beside no `main.rs` or `lib.rs`. Each such file is a target, also
    /// one that another names with `mod`: nothing is parsed yet, so whoever builds the module tree finds out.
    Loose,
}

/// An entry of a dependency table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dependency {
    /// The crate's name as this package's code writes it: the key if it is renamed, the name of the library if
    /// that is among the packages here, with `-` turned into `_`.
    pub name: Symbol,
    /// The real name of the package, which `package = ".."` may give.
    pub package_name: String,
    /// The table it stands in.
    pub kind: DependencyKind,
    /// Whether it is `optional`.
    pub optional: bool,
    /// The package, if it is one of this project's, by path or by `[patch]`.
    pub package: Option<PackageId>,
}

/// The tables of dependencies.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum DependencyKind {
    /// `[dependencies]`.
    Normal,
    /// `[dev-dependencies]`.
    Dev,
    /// `[build-dependencies]`.
    Build,
}

/// A feature with what it enables.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Feature {
    /// Its name.
    pub name: String,
    /// Features and dependencies, as written.
    pub enables: Vec<String>,
}

/// A Rust edition.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Edition {
    /// 2015, where `use` paths begin at the crate root.
    E2015,
    /// 2018.
    E2018,
    /// 2021.
    E2021,
    /// 2024, and any later one this version does not know.
    E2024,
}

/// A Rust file.
#[derive(Debug)]
pub struct ProjectFile {
    /// Its path relative to the root, `/`-separated. Bytes that are not UTF-8 are replaced.
    pub path: String,
    /// Where it lies.
    pub absolute: PathBuf,
    /// The package it belongs to: that of the nearest folder above it.
    pub package: PackageId,
    /// What it is for, by where it lies. Whether it is generated shows only when it is read: see
    /// [`crate::LoadedFile::role`].
    pub role: FileRole,
    /// Its size in bytes when it was found.
    pub size: u64,
}

/// What a file is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum FileRole {
    /// Code of the library or of a binary.
    Source,
    /// Integration tests.
    Test,
    /// Benchmarks.
    Bench,
    /// Examples.
    Example,
    /// The build script.
    BuildScript,
    /// A template of pages, or a file of messages: no Rust.
    Template,
    /// Written by a program, as its first lines say. Read for its names, not reported on.
    Generated,
    /// Named by no module, so that it is not compiled. Read for its names, not reported on.
    Unnamed,
}

impl Project {
    /// The file at `id`.
    pub fn file(&self, id: FileId) -> &ProjectFile {
        &self.files[id.index()]
    }

    /// All files with their ids, by path.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &ProjectFile)> {
        (0u32..).map(FileId).zip(&self.files)
    }

    /// The package at `id`.
    pub fn package(&self, id: PackageId) -> &Package {
        &self.packages[id.index()]
    }

    /// All packages with their ids, by folder.
    pub fn packages(&self) -> impl Iterator<Item = (PackageId, &Package)> {
        (0u32..).map(PackageId).zip(&self.packages)
    }

    /// The file at a path relative to the root, `/`-separated and without `.` and `..`.
    pub fn file_at(&self, path: &str) -> Option<FileId> {
        let found = self.files.binary_search_by(|file| file.path.as_str().cmp(path)).ok()?;
        Some(FileId(found as u32))
    }
}

impl PackageId {
    /// The index as a `usize`, for slices.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Debug for PackageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "package{}", self.0)
    }
}

impl Package {
    /// Whether these are files without a manifest that could be read.
    pub fn is_loose(&self) -> bool {
        self.manifest.is_none()
    }

    /// The library, if there is one.
    pub fn library(&self) -> Option<Target> {
        self.targets.iter().copied().find(|target| target.kind == TargetKind::Lib)
    }

    /// The dependency that `name` means in this package's code; a normal one before others.
    pub fn dependency(&self, name: Symbol) -> Option<&Dependency> {
        self.dependencies.iter().find(|dependency| dependency.name == name)
    }
}

impl Edition {
    /// Reads a manifest's `edition`.
    pub(crate) fn parse(text: &str) -> Self {
        match text {
            "2015" => Self::E2015,
            "2018" => Self::E2018,
            "2021" => Self::E2021,
            _ => Self::E2024,
        }
    }
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::E2015 => "2015",
            Self::E2018 => "2018",
            Self::E2021 => "2021",
            Self::E2024 => "2024",
        })
    }
}

impl FileRole {
    /// Whether only a test run or a benchmark executes it.
    pub fn is_test(self) -> bool {
        matches!(self, Self::Test | Self::Bench)
    }
}
