//! The parts of a `Cargo.toml` that say where code lies and how it is named.
//!
//! Read with structs of our own: cargo's own model is stricter than an analysis needs, and looks for targets on
//! disk where the walk already knows all files. Keys not named here are not looked at, whatever they hold.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use ward_syntax::{LineColumn, Span};

use crate::{ConfigError, DependencyKind};

/// The name of a manifest.
pub(crate) const MANIFEST: &str = "Cargo.toml";

/// A table of dependencies by key.
pub(crate) type Dependencies = BTreeMap<String, DependencySpec>;

/// A manifest.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(crate) struct Manifest {
    #[serde(alias = "project")]
    pub(crate) package: Option<PackageTable>,
    pub(crate) workspace: Option<WorkspaceTable>,
    pub(crate) lib: Option<TargetTable>,
    pub(crate) bin: Vec<TargetTable>,
    pub(crate) example: Vec<TargetTable>,
    pub(crate) test: Vec<TargetTable>,
    pub(crate) bench: Vec<TargetTable>,
    pub(crate) dependencies: Dependencies,
    #[serde(alias = "dev_dependencies")]
    pub(crate) dev_dependencies: Dependencies,
    #[serde(alias = "build_dependencies")]
    pub(crate) build_dependencies: Dependencies,
    pub(crate) target: BTreeMap<String, Platform>,
    pub(crate) features: BTreeMap<String, Vec<String>>,
    pub(crate) patch: BTreeMap<String, Dependencies>,
}

/// `[target.'cfg(..)']`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(crate) struct Platform {
    dependencies: Dependencies,
    #[serde(alias = "dev_dependencies")]
    dev_dependencies: Dependencies,
    #[serde(alias = "build_dependencies")]
    build_dependencies: Dependencies,
}

/// `[package]`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(crate) struct PackageTable {
    pub(crate) name: Option<String>,
    pub(crate) edition: Option<Inheritable>,
    pub(crate) build: Option<Build>,
    pub(crate) workspace: Option<String>,
    pub(crate) autolib: Option<bool>,
    pub(crate) autobins: Option<bool>,
    pub(crate) autoexamples: Option<bool>,
    pub(crate) autotests: Option<bool>,
    pub(crate) autobenches: Option<bool>,
}

/// `[workspace]`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(crate) struct WorkspaceTable {
    pub(crate) members: Vec<String>,
    pub(crate) exclude: Vec<String>,
    pub(crate) package: WorkspacePackage,
    pub(crate) dependencies: Dependencies,
}

/// `[workspace.package]`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct WorkspacePackage {
    pub(crate) edition: Option<String>,
}

/// A text, or `{ workspace = true }`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Inheritable {
    Value(String),
    Workspace {
        #[serde(rename = "workspace")]
        _workspace: bool,
    },
}

/// `build`: a path, several, or whether there is one.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Build {
    Auto(bool),
    Path(String),
    Paths(Vec<String>),
}

/// `[lib]`, `[[bin]]` and the like.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct TargetTable {
    pub(crate) name: Option<String>,
    pub(crate) path: Option<String>,
}

/// The value of a dependency: a version, or more.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum DependencySpec {
    Version(#[allow(dead_code)] String),
    Detailed(DependencyDetail),
}

/// A dependency with more than a version.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct DependencyDetail {
    pub(crate) workspace: bool,
    pub(crate) path: Option<String>,
    pub(crate) package: Option<String>,
    pub(crate) optional: bool,
}

impl DependencySpec {
    /// What it says besides a version.
    pub(crate) fn detail(&self) -> Option<&DependencyDetail> {
        match self {
            Self::Version(_) => None,
            Self::Detailed(detail) => Some(detail),
        }
    }
}

/// Why a manifest is not used.
#[derive(Debug)]
pub(crate) struct ManifestError {
    pub(crate) message: String,
    pub(crate) place: Option<(Span, LineColumn)>,
}

impl Manifest {
    /// Reads the manifest at `path`.
    pub(crate) fn read(path: &Path) -> Result<Self, ManifestError> {
        let bytes =
            std::fs::read(path).map_err(|error| ManifestError::new(format!("cannot read it: {error}")))?;
        let text = String::from_utf8(bytes).map_err(|error| {
            ManifestError::new(format!("not UTF-8 from byte {} on", error.utf8_error().valid_up_to()))
        })?;
        let manifest: Self = toml::from_str(&text).map_err(|error| {
            let ConfigError { span, position, message, .. } = ConfigError::new(path, &text, &error);
            ManifestError { message, place: Some((span, position)) }
        })?;
        if manifest.package.is_none() && manifest.workspace.is_none() {
            return Err(ManifestError::new("neither a `[package]` nor a `[workspace]`"));
        }
        Ok(manifest)
    }

    /// All dependency tables with their kinds, those of platforms included.
    pub(crate) fn dependency_tables(&self) -> impl Iterator<Item = (DependencyKind, &Dependencies)> {
        use DependencyKind::{Build, Dev, Normal};
        let own =
            [(Normal, &self.dependencies), (Dev, &self.dev_dependencies), (Build, &self.build_dependencies)];
        let platforms = self.target.values().flat_map(|platform| {
            let Platform { dependencies, dev_dependencies, build_dependencies } = platform;
            [(Normal, dependencies), (Dev, dev_dependencies), (Build, build_dependencies)]
        });
        own.into_iter().chain(platforms)
    }
}

impl ManifestError {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), place: None }
    }
}

impl WorkspaceTable {
    /// Whether `directory`, relative to the workspace, is excluded: an `exclude` names it or a folder above it,
    /// and no member does so more directly.
    pub(crate) fn excludes(&self, directory: &str) -> bool {
        let named = |paths: &[String]| paths.iter().any(|path| lies_below(directory, path));
        named(&self.exclude) && !named(&self.members)
    }
}

fn lies_below(directory: &str, folder: &str) -> bool {
    let folder = folder.trim_start_matches("./").trim_end_matches('/');
    directory.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
