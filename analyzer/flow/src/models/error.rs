//! What is wrong with a model file, and what was probably meant.

use std::fmt;
use std::ops::Range;

use ward_syntax::LineIndex;

use super::load::ModelFile;

/// Something wrong in a model file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelError {
    /// The file, by the name it was given.
    pub file: String,
    /// The line, counted from 1.
    pub line: u32,
    /// The column in characters, counted from 1.
    pub column: u32,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, message, help } = self;
        write!(f, "{file}:{line}:{column}: {message}")?;
        help.iter().try_for_each(|help| write!(f, "; {help}"))
    }
}

impl std::error::Error for ModelError {}

/// An error whose place is still a range of bytes.
#[derive(Debug)]
pub(super) struct Complaint {
    pub(super) file: usize,
    pub(super) span: Range<usize>,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl Complaint {
    /// What serde or the TOML parser has to say, in our words where it speaks of keys.
    pub(super) fn of_toml(file: usize, error: &toml::de::Error) -> Self {
        let text = error.message();
        let quoted: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
        let (message, help) = match quoted.as_slice() {
            [wrong, known @ ..] if text.starts_with("unknown field") => {
                let help = did_you_mean(wrong, known.iter().copied())
                    .unwrap_or_else(|| format!("keys here are `{}`", known.join("`, `")));
                (format!("unknown key `{wrong}`"), Some(help))
            }
            [missing] if text.starts_with("missing field") => {
                (format!("the key `{missing}` is missing"), None)
            }
            _ => (text.trim_end().replace('\n', ": "), None),
        };
        Self { file, span: error.span().unwrap_or(0..0), message, help }
    }
}

/// The complaints in the order of their places.
pub(super) fn place(files: &[ModelFile<'_>], mut complaints: Vec<Complaint>) -> Vec<ModelError> {
    complaints.sort_by_key(|complaint| (complaint.file, complaint.span.start));
    let placed = complaints.into_iter().map(|complaint| {
        let file = files[complaint.file];
        let at = LineIndex::new(file.text).position(file.text, complaint.span.start as u32);
        ModelError {
            file: file.name.to_owned(),
            line: at.line,
            column: at.column,
            message: complaint.message,
            help: complaint.help,
        }
    });
    placed.collect()
}

/// The nearest of the right names, if one is near: as help.
pub(super) fn did_you_mean<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let near = |name: &&str| strsim::damerau_levenshtein(wrong, name);
    let nearest = known.into_iter().map(|name| (near(&name), name)).min()?;
    let far = (wrong.chars().count() / 3).clamp(1, 4);
    (nearest.0 <= far).then(|| format!("did you mean `{}`?", nearest.1))
}
