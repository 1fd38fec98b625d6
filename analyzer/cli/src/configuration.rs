//! What `ward.toml` says about a run: its keys, checked, with the place of whatever is wrong.

use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;
use toml::Spanned;
use ward_diagnostics::{Confidence, Severity};
use ward_project::{CONFIG_FILE, ConfigFile, line_column};
use ward_syntax::{LineColumn, Span};

use crate::catalog::{lint_advice, lints};
use crate::exit::{Failure, shown};
use crate::nearest::did_you_mean;
use crate::size::Size;

/// The keys of a configuration. They mean what the options of the same name mean.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Configuration {
    /// Patterns of what to leave out.
    pub(crate) exclude: Vec<String>,
    /// Whether to report on test code.
    pub(crate) include_tests: bool,
    /// Whether to report on examples.
    pub(crate) include_examples: bool,
    /// Files larger than this are skipped.
    pub(crate) max_file_size: Option<Size>,
    /// Findings less severe are hidden.
    pub(crate) min_severity: Option<Severity>,
    /// Findings less sure are hidden.
    pub(crate) min_confidence: Option<Confidence>,
    /// The lints to run.
    pub(crate) lints: Vec<Spanned<String>>,
    /// The user's own models, read where models are.
    model: Option<Spanned<IgnoredAny>>,
}

/// Reads the configuration that counts for `path`; without one, everything is left open.
pub(crate) fn read(path: &Path) -> anyhow::Result<Configuration> {
    let Some(file) = ward_project::read_config(path)? else { return Ok(Configuration::default()) };
    let configuration: Configuration =
        file.read().map_err(|error| reworded(&error.path, error.position, &error.message))?;
    check_lints(&file, &configuration)?;
    check_models(&file, &configuration)?;
    Ok(configuration)
}

fn check_lints(file: &ConfigFile, configuration: &Configuration) -> Result<(), Failure> {
    let unknown = |name: &&Spanned<String>| !lints().any(|lint| lint.name == name.get_ref());
    let Some(wrong) = configuration.lints.iter().find(unknown) else { return Ok(()) };
    let name = wrong.get_ref();
    let message = format!("there is no lint `{name}`");
    Err(failure(&file.path, position(file, wrong.span()), &message, Some(lint_advice(name))))
}

/// Rows in a manifest would be read by nobody.
fn check_models(file: &ConfigFile, configuration: &Configuration) -> Result<(), Failure> {
    let Some(model) = configuration.model.as_ref().filter(|_| !file.section.is_empty()) else {
        return Ok(());
    };
    let message = format!("models have to stand in a `{CONFIG_FILE}`");
    let help = format!("move the rows and the rest of the section to a `{CONFIG_FILE}` beside this file");
    Err(failure(&file.path, position(file, model.span()), &message, Some(help)))
}

fn position(file: &ConfigFile, range: Range<usize>) -> LineColumn {
    line_column(&file.text, Span::new(range.start as u32, range.end as u32))
}

/// An error of the reader in our words, where it speaks of names.
fn reworded(path: &Path, position: LineColumn, message: &str) -> Failure {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let what = if message.starts_with("unknown field") { "key" } else { "value" };
    match quoted.as_slice() {
        [wrong, right @ ..] if message.starts_with("unknown ") && !right.is_empty() => {
            let help = did_you_mean(wrong, right.iter().copied())
                .unwrap_or_else(|| format!("{what}s here are `{}`", right.join("`, `")));
            failure(path, position, &format!("unknown {what} `{wrong}`"), Some(help))
        }
        _ => failure(path, position, message, None),
    }
}

fn failure(path: &Path, position: LineColumn, message: &str, help: Option<String>) -> Failure {
    let LineColumn { line, column } = position;
    Failure { message: format!("{}:{line}:{column}: {message}", shown(path)), help }
}
