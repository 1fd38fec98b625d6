//! Reading a configuration, and what is wrong with it.

use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use ward_diagnostics::LintLevel;
use ward_project::{ConfigFile, PathPatterns, ProjectError, line_column};
use ward_syntax::{LineColumn, Span};

use super::levels::ALL;
use super::{Configuration, EndpointPattern, Levels, Table};
use crate::Registry;
use crate::nearest::did_you_mean;

/// What is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// It could not be found, read, or parsed.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// It says something that means nothing.
    #[error("{}:{}:{}: {message}", path.display(), position.line, position.column)]
    Wrong {
        /// The file.
        path: PathBuf,
        /// The place in it.
        position: LineColumn,
        /// What is wrong: lower case, no full stop.
        message: String,
        /// What to do about it.
        help: Option<String>,
    },
}

/// Reads the configuration that counts for `path`; without one, everything is left open.
///
/// # Errors
/// When `path` does not exist, the configuration cannot be read, or something in it means nothing.
pub fn read(
    path: &Path,
    within: &[PathBuf],
    registry: &Registry,
) -> Result<(Configuration, Levels), ConfigurationError> {
    let Some(file) = ward_project::read_config(path, within)? else {
        return Ok((Configuration::default(), Levels::default()));
    };
    let configuration: Configuration =
        file.read().map_err(|error| reworded(&error.path, error.position, &error.message))?;
    let checker = Checker { file: &file, registry };
    checker.lints(&configuration.lints)?;
    checker.endpoints(&configuration.access.public)?;
    let folder = file.path.parent().unwrap_or(Path::new(""));
    checker.paths(folder, &configuration.exclude)?;
    let mut placed = Vec::new();
    for row in &configuration.overrides {
        checker.lints(&row.lints)?;
        checker.endpoints(&row.endpoints)?;
        placed.push((row, checker.paths(folder, &row.paths)?));
    }
    let levels = Levels::new(&configuration.lints, placed);
    Ok((configuration, levels))
}

/// What else a configuration has to fit.
struct Checker<'a> {
    file: &'a ConfigFile,
    registry: &'a Registry,
}

impl Checker<'_> {
    fn lints(&self, levels: &Table<LintLevel>) -> Result<(), ConfigurationError> {
        for (name, _) in &levels.0 {
            let lint = name.get_ref();
            if !self.registry.names(lint) && lint != ALL {
                return Err(self.wrong(
                    name.span(),
                    format!("there is no lint or group `{lint}`"),
                    Some(self.registry.advice(lint)),
                ));
            }
        }
        Ok(())
    }

    fn paths(
        &self,
        folder: &Path,
        patterns: &[Spanned<String>],
    ) -> Result<Option<PathPatterns>, ConfigurationError> {
        for pattern in patterns {
            if let Err(error) = PathPatterns::new(folder, &[pattern.get_ref().clone()]) {
                let ProjectError::Exclude { pattern: text, message } = &error else {
                    return Err(error.into());
                };
                let message = format!("`{text}` is no pattern of paths: {message}");
                return Err(self.wrong(pattern.span(), message, Some(error.help().to_owned())));
            }
        }
        let patterns: Vec<String> = patterns.iter().map(|pattern| pattern.get_ref().clone()).collect();
        Ok(if patterns.is_empty() { None } else { Some(PathPatterns::new(folder, &patterns)?) })
    }

    fn endpoints(&self, patterns: &[Spanned<String>]) -> Result<(), ConfigurationError> {
        for pattern in patterns {
            if let Err(error) = pattern.get_ref().parse::<EndpointPattern>() {
                let message = format!("`{}` is no endpoint: {error}", pattern.get_ref());
                let help = "write it as `/path/*`, `/path/**` or `GET /path`".to_owned();
                return Err(self.wrong(pattern.span(), message, Some(help)));
            }
        }
        Ok(())
    }

    fn wrong(&self, range: Range<usize>, message: String, help: Option<String>) -> ConfigurationError {
        let position = line_column(&self.file.text, Span::new(range.start as u32, range.end as u32));
        ConfigurationError::Wrong { path: self.file.path.clone(), position, message, help }
    }
}

/// An error of the reader in our words, where it speaks of names.
fn reworded(path: &Path, position: LineColumn, message: &str) -> ConfigurationError {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let what = if message.starts_with("unknown field") { "key" } else { "value" };
    let (message, help) = match quoted.as_slice() {
        [wrong, right @ ..] if message.starts_with("unknown ") && !right.is_empty() => {
            let help = did_you_mean(wrong, right.iter().copied())
                .unwrap_or_else(|| format!("{what}s here are `{}`", right.join("`, `")));
            (format!("unknown {what} `{wrong}`"), Some(help))
        }
        _ => (message.to_owned(), None),
    };
    ConfigurationError::Wrong { path: path.to_owned(), position, message, help }
}
