//! `ward.toml`: found, read and parsed here, understood by those whose sections it holds.

use std::path::{Path, PathBuf};

use serde::de::{DeserializeOwned, IntoDeserializer};
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use ward_syntax::{LineColumn, LineIndex, Span};

use crate::locate::{Location, locate};
use crate::manifest::MANIFEST;
use crate::walk::relative;
use crate::{Problem, ProblemKind, ProjectError};

/// The name of the configuration file.
pub const CONFIG_FILE: &str = "ward.toml";

/// The name of the file of known findings.
pub const BASELINE_FILE: &str = "ward-baseline.tsv";

/// A configuration as it stands in its file.
#[derive(Clone, Debug)]
pub struct ConfigFile {
    /// The file: a `ward.toml`, or a `Cargo.toml` with a `metadata.ward` table.
    pub path: PathBuf,
    /// The keys that lead to the configuration within the file: none in a `ward.toml`, else `workspace` or
    /// `package`, `metadata`, `ward`.
    pub section: Vec<&'static str>,
    /// The whole text of the file. Spans are bytes of it.
    pub text: String,
    /// The configuration.
    pub table: toml::Table,
}

/// A configuration that does not parse or does not have the expected shape.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}:{}:{}: {message}", path.display(), position.line, position.column)]
pub struct ConfigError {
    /// The file.
    pub path: PathBuf,
    /// Where in its text, in bytes.
    pub span: Span,
    /// The same for people.
    pub position: LineColumn,
    /// What is wrong: one line, no full stop.
    pub message: String,
}

/// The line and column, counted from 1, at which `span` begins in `text`.
pub fn line_column(text: &str, span: Span) -> LineColumn {
    LineIndex::new(text).position(text, span.start)
}

/// Reads the configuration that [`crate::discover`] would read for `path`, to fill its options from it.
///
/// It is the `ward.toml` of the root, or else `[workspace.metadata.ward]` or `[package.metadata.ward]` of the
/// manifest there, or else the same in the folders above, up to that of the workspace the root belongs to, or else that of the
/// only folder below that is set up, and lies in one of `within` if there are some.
///
/// # Errors
/// When `path` does not exist, or the configuration cannot be read or is not TOML.
pub fn read_config(path: &Path, within: &[PathBuf]) -> Result<Option<ConfigFile>, ProjectError> {
    find_config(&locate(path)?, within)
}

impl ConfigFile {
    /// Reads the configuration into `T`, so that errors carry their place in the file.
    ///
    /// # Errors
    /// When the configuration does not have the shape of `T`.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, ConfigError> {
        let found = read_section(&self.text, &self.section);
        found.map_err(|error| ConfigError::new(&self.path, &self.text, &error))
    }
}

/// Reads the part of a TOML text that `section` leads to, so that spans are those of the whole text.
///
/// # Errors
/// When the text is not TOML, or the part does not have the shape of `T`.
pub fn read_section<T: DeserializeOwned>(text: &str, section: &[&str]) -> Result<T, toml::de::Error> {
    let table = DeTable::parse(text)?;
    let span = table.span();
    let value = Spanned::new(span, DeValue::Table(table.into_inner()));
    T::deserialize(descend(value, section).into_deserializer())
}

/// The value that `keys` lead to, or the last one that is there.
fn descend<'t>(mut value: Spanned<DeValue<'t>>, keys: &[&str]) -> Spanned<DeValue<'t>> {
    for key in keys {
        let DeValue::Table(table) = value.get_mut() else { return value };
        let Some(inner) = table.remove(*key) else { return value };
        value = inner;
    }
    value
}

impl ConfigError {
    /// What `toml` says about the `text` of `path`.
    pub(crate) fn new(path: &Path, text: &str, error: &toml::de::Error) -> Self {
        let range = error.span().unwrap_or(0..0);
        let span = Span::new(range.start as u32, range.end as u32);
        let message = error.message().trim_end_matches('.').replace('\n', ", ");
        Self { path: path.to_owned(), span, position: line_column(text, span), message }
    }
}

/// The configuration of a root.
pub(crate) fn find_config(
    location: &Location,
    within: &[PathBuf],
) -> Result<Option<ConfigFile>, ProjectError> {
    for folder in location.config_folders() {
        if let Some(config) = config_in(folder)? {
            return Ok(Some(config));
        }
    }
    location.nested_folder(within).map_or(Ok(None), |folder| config_in(&folder))
}

fn config_in(folder: &Path) -> Result<Option<ConfigFile>, ProjectError> {
    let config = config_file(&folder.join(CONFIG_FILE))?;
    Ok(config.or_else(|| config_in_manifest(&folder.join(MANIFEST))))
}

/// A problem if a `ward.toml` hides a configuration in the manifest beside it.
pub(crate) fn hidden_config(root: &Path, config: &ConfigFile) -> Option<Problem> {
    if !config.section.is_empty() {
        return None;
    }
    let manifest = config.path.with_file_name(MANIFEST);
    let hidden = config_in_manifest(&manifest)?;
    let message = format!("`[{}]` is not used, because there is a `{CONFIG_FILE}`", hidden.section.join("."));
    Some(
        Problem::new(ProblemKind::Config, relative(root, &manifest), message)
            .help(format!("move it to the `{CONFIG_FILE}`")),
    )
}

/// Problems for each `ward.toml` below the root that says nothing about a run of all that lies below the root.
pub(crate) fn unused_configs(root: &Path, configs: &[PathBuf]) -> Vec<Problem> {
    let problem = |path: &PathBuf| {
        let folder = path.parent().map_or_else(String::new, |folder| relative(root, folder));
        let message = "does not count, because more than its folder is analysed";
        Problem::new(ProblemKind::Config, relative(root, path), message)
            .help(format!("analyse the folder by itself: `cargo ward {folder}`"))
    };
    configs.iter().map(problem).collect()
}

/// Reads a `ward.toml`; none if there is no such file.
fn config_file(path: &Path) -> Result<Option<ConfigFile>, ProjectError> {
    let read = std::fs::read(path).and_then(|bytes| String::from_utf8(bytes).map_err(std::io::Error::other));
    let text = match read {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(ProjectError::Read { path: path.to_owned(), source }),
    };
    match toml::from_str(&text) {
        Ok(table) => Ok(Some(ConfigFile { path: path.to_owned(), section: Vec::new(), text, table })),
        Err(error) => Err(ConfigError::new(path, &text, &error).into()),
    }
}

/// Reads the configuration out of a manifest. A manifest that cannot be read is reported where packages are.
fn config_in_manifest(path: &Path) -> Option<ConfigFile> {
    const SECTIONS: [[&str; 3]; 2] = [["workspace", "metadata", "ward"], ["package", "metadata", "ward"]];
    let text = std::fs::read_to_string(path).ok()?;
    if !text.contains("ward") {
        return None;
    }
    let manifest: toml::Table = toml::from_str(&text).ok()?;
    SECTIONS.iter().find_map(|section| {
        let table = section.iter().try_fold(&manifest, |table, key| table.get(*key)?.as_table())?.clone();
        Some(ConfigFile { path: path.to_owned(), section: section.to_vec(), text: text.clone(), table })
    })
}
