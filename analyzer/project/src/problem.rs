//! What went wrong: problems that cost one file or manifest, and errors that end the run.

use std::fmt;
use std::path::PathBuf;

use ward_syntax::{LineColumn, Span};

/// Something that could not be read. The rest is analysed all the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// What sort of thing.
    pub kind: ProblemKind,
    /// The file or folder, relative to the root where it lies below it, `/`-separated.
    pub path: String,
    /// Where in it, in bytes.
    pub span: Option<Span>,
    /// The same for people.
    pub position: Option<LineColumn>,
    /// What is wrong: lower case, no full stop, without the path.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// The sorts of [`Problem`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum ProblemKind {
    /// A `Cargo.toml` that could not be read or does not make sense; its files are analysed as loose ones.
    Manifest,
    /// A manifest that names a file, a member or a workspace that is not there.
    Missing,
    /// A folder that could not be listed.
    Folder,
    /// A file that could not be opened or read.
    Unreadable,
    /// A file that was gone when it was to be read.
    Vanished,
    /// A file that is not UTF-8.
    Encoding,
    /// A file larger than [`crate::DiscoverOptions::max_file_size`].
    TooLarge,
    /// Rust that could not be parsed; what could be is analysed.
    Syntax,
    /// A configuration that is there and not used.
    Config,
    /// A defect of the analyzer, confined to one file.
    Internal,
}

impl Problem {
    /// A problem with the whole of `path`.
    pub(crate) fn new(kind: ProblemKind, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind, path: path.into(), span: None, position: None, message: message.into(), help: None }
    }

    /// With the next step.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With a place.
    pub(crate) fn at(mut self, span: Span, position: LineColumn) -> Self {
        self.span = Some(span);
        self.position = Some(position);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if let Some(LineColumn { line, column }) = self.position {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Why there is nothing to analyse.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// The path given does not exist.
    #[error("`{}` does not exist", path.display())]
    NotFound {
        /// The path as given.
        path: PathBuf,
    },
    /// The path given is a file that is neither Rust nor a manifest.
    #[error("`{}` is neither a folder, a `.rs` file nor a `Cargo.toml`", path.display())]
    NotRust {
        /// The path as given.
        path: PathBuf,
    },
    /// There is no Rust file to analyse.
    #[error("no Rust file to analyse in `{}`", path.display())]
    Empty {
        /// The root that was searched.
        path: PathBuf,
    },
    /// The path given, or the configuration, could not be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// `ward.toml` is not TOML.
    #[error(transparent)]
    Config(#[from] crate::ConfigError),
    /// A pattern of [`crate::DiscoverOptions::exclude`] does not parse.
    #[error("exclude pattern `{pattern}` is not valid: {message}")]
    Exclude {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        message: String,
    },
    /// Worker threads could not be started.
    #[error("cannot start the worker threads: {message}")]
    Threads {
        /// What the system says.
        message: String,
    },
}

impl ProjectError {
    /// The next step for the user, lower case and without a full stop.
    pub fn help(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "check the spelling, or give the folder of a workspace or package",
            Self::NotRust { .. } => {
                "give the folder of a workspace or package, its `Cargo.toml`, or one `.rs` file"
            }
            Self::Empty { .. } => {
                "give a folder with Rust files; those that `.gitignore` or an exclude pattern names are left out"
            }
            Self::Read { source, .. } if source.kind() == std::io::ErrorKind::IsADirectory => {
                "a file is expected here, and this is a folder"
            }
            Self::Read { .. } => "check that you may read it",
            Self::Config(_) => "correct `ward.toml` at this place",
            Self::Exclude { .. } => "write it as in a `.gitignore`: `generated/`, `**/schema.rs`, `!keep.rs`",
            Self::Threads { .. } => "ask for fewer threads",
        }
    }
}
