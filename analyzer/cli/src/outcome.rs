//! What a run found, apart from the index it was found with, so that it can be kept.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ward_diagnostics::{Edit, Finding, ReportProblem, RunStats, Sources};
use ward_linter::Analysis;
use ward_syntax::FileId;

/// What a run found.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// All findings, of all confidences, in order.
    pub(crate) findings: Vec<Finding>,
    /// What could not be read or understood.
    pub(crate) problems: Vec<ReportProblem>,
    /// Figures.
    pub(crate) stats: RunStats,
    /// What to take out of the source so that no suppression is left that suppresses nothing.
    pub(crate) unused: Vec<Edit>,
    /// The files that findings speak of.
    pub(crate) files: Files,
    /// How long each phase took.
    pub(crate) phases: Vec<(&'static str, Duration)>,
}

/// The analysed files.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[allow(clippy::struct_field_names, reason = "the files are what it is about")]
pub(crate) struct Files {
    /// The folder that paths are relative to.
    pub(crate) root: PathBuf,
    /// Path, and where it lies; a [`FileId`] is an index.
    pub(crate) files: Vec<(String, PathBuf)>,
    /// A hash of the bytes of each that were analysed.
    pub(crate) hashes: Vec<u64>,
}

impl From<Analysis> for Outcome {
    fn from(mut analysis: Analysis) -> Self {
        let project = &analysis.semantics.project;
        let files = Files {
            root: project.root.clone(),
            files: project.files.iter().map(|file| (file.path.clone(), file.absolute.clone())).collect(),
            hashes: analysis.semantics.files.iter().map(|file| file.content_hash).collect(),
        };
        let outcome = Self {
            findings: std::mem::take(&mut analysis.findings),
            problems: std::mem::take(&mut analysis.problems),
            stats: analysis.stats,
            unused: std::mem::take(&mut analysis.unused),
            files,
            phases: std::mem::take(&mut analysis.phases),
        };
        // The process ends soon; taking the index apart piece by piece would only cost time.
        std::mem::forget(analysis);
        outcome
    }
}

impl Files {
    /// Where a file lies.
    pub(crate) fn absolute(&self, file: FileId) -> &Path {
        self.files.get(file.index()).map_or(Path::new(""), |(_, absolute)| absolute)
    }
}

impl Files {
    /// The same files with paths relative to the top of their repository, which is what code hosts know; and what leads
    /// from there to the root. `None` if the root is the top, or in no repository.
    pub(crate) fn in_repository(&self) -> Option<(Self, String)> {
        self.below(self.root.ancestors().find(|above| above.join(".git").exists())?)
    }

    /// The same files with paths relative to a folder above the root; and what leads from there to the root. `None` if it
    /// is the root itself, or not above it.
    pub(crate) fn below(&self, top: &Path) -> Option<(Self, String)> {
        let below: Vec<_> =
            self.root.strip_prefix(top).ok()?.iter().map(|part| part.to_string_lossy()).collect();
        if below.is_empty() {
            return None;
        }
        let prefix = format!("{}/", below.join("/"));
        let files = self.files.iter().map(|(path, absolute)| (format!("{prefix}{path}"), absolute.clone()));
        Some((Self { root: top.to_owned(), files: files.collect(), hashes: self.hashes.clone() }, prefix))
    }
}

impl Sources for Files {
    fn path(&self, file: FileId) -> &str {
        self.files.get(file.index()).map_or("", |(path, _)| path)
    }

    fn text(&self, file: FileId) -> Option<Arc<str>> {
        Some(std::fs::read_to_string(self.absolute(file)).ok()?.into())
    }
}
