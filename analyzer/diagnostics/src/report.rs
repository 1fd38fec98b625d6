//! What a run has to say: findings, problems and figures, and the access to the source they talk about.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use ward_syntax::FileId;

use crate::finding::Finding;
use crate::metadata::{LintLevel, LintMetadata, Severity};

/// Access to the analysed files while a report is rendered.
pub trait Sources {
    /// The path of a file relative to the root of the run, with `/` between its parts.
    fn path(&self, file: FileId) -> &str;

    /// The text of a file as it lies on disk, a byte order mark included. It may be read again on demand;
    /// `None` if the file is gone or is no longer text.
    fn text(&self, file: FileId) -> Option<Arc<str>>;
}

/// Everything a run has to say.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    /// The version of the analyzer, for example `0.1.0`.
    pub tool_version: &'a str,
    /// The lints that ran, whether they found anything or not.
    pub lints: &'a [&'static LintMetadata],
    /// What they found, as [`crate::sort`] orders it.
    pub findings: Vec<Finding>,
    /// What went wrong in the run itself, in the order it is to be shown.
    pub problems: Vec<ReportProblem>,
    /// Figures of the run.
    pub stats: RunStats,
    /// The root that all paths are relative to, as the user wrote it.
    pub root: String,
}

impl Report<'_> {
    /// The findings that no suppression takes away.
    pub fn active(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.suppression.is_none())
    }

    /// How many active findings make the run fail.
    pub fn failing(&self) -> usize {
        self.active().filter(|finding| finding.level == LintLevel::Deny).count()
    }

    /// How many active findings are of a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.active().filter(|finding| finding.severity == severity).count()
    }
}

/// Something that went wrong in the run itself: a file that does not parse, a broken manifest.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct ReportProblem {
    /// The file it is about, relative to the root, with `/` between its parts.
    pub path: Option<String>,
    /// The line and the column in characters, both counted from 1.
    pub position: Option<(u32, u32)>,
    /// What went wrong, lower case, no full stop.
    pub message: String,
    /// The next step for the user.
    pub help: Option<String>,
    /// How much it costs the run.
    pub level: ProblemLevel,
    /// What of the source was not analysed for it.
    pub loss: Loss,
}

/// What of the source a [`ReportProblem`] keeps from being analysed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug, Serialize, Deserialize)]
pub enum Loss {
    /// Nothing.
    #[default]
    Nothing,
    /// A part of a file, or how files belong together.
    Part,
    /// A whole file.
    Whole,
}

impl ReportProblem {
    /// The place as a person would write it, and what went wrong.
    pub fn line(&self) -> String {
        match (&self.path, self.position) {
            (Some(path), Some((line, column))) => format!("{path}:{line}:{column}: {}", self.message),
            (Some(path), None) => format!("{path}: {}", self.message),
            (None, _) => self.message.clone(),
        }
    }
}

/// How much a [`ReportProblem`] costs the run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum ProblemLevel {
    /// Nothing; good to know.
    Note,
    /// A part was not analysed, the rest was.
    Warning,
    /// The run failed.
    Error,
}

impl ProblemLevel {
    /// The name in lower case, which is also the name of the SARIF level.
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Figures of a run.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct RunStats {
    /// Files that were analysed.
    pub files: usize,
    /// Lines in them.
    pub lines: usize,
    /// Packages they belong to.
    pub packages: usize,
    /// Functions with a body.
    pub functions: usize,
    /// Endpoints.
    pub endpoints: usize,
    /// Files that do not parse, or not wholly.
    pub unparsed: usize,
    /// Files that were not read: too large, not UTF-8, unreadable.
    pub skipped: usize,
    /// Macro calls whose tokens could not be understood.
    pub opaque_macros: usize,
    /// Wall time in milliseconds; shown to people only, never written to a file.
    pub millis: u64,
}
