//! How a run ends: its exit status, and what is said when it fails.

use std::fmt::{self, Write as _};
use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use ward_diagnostics::ReportProblem;
use ward_diagnostics::escape::block;
use ward_linter::config::ConfigurationError;
use ward_linter::nearest::did_you_mean;
use ward_linter::{ModelError, RunError};
use ward_project::ProjectError;

use crate::arguments::commands;

const REPORT_IT: &str = concat!(
    "this is a defect of cargo-ward; please report it with this message, and the code if you may: ",
    env!("CARGO_PKG_REPOSITORY"),
    "/issues"
);

/// How a run went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Status {
    /// Nothing was found.
    Clean,
    /// There are findings.
    Findings,
    /// The run itself failed.
    Failed,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(match status {
            Status::Clean => 0,
            Status::Findings => 1,
            Status::Failed => 2,
        })
    }
}

/// Why a run failed, and what to do about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Failure {
    /// What is wrong: lower case, no full stop.
    pub(crate) message: String,
    /// The next step.
    pub(crate) help: Option<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// How messages are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Style {
    /// With colour.
    Coloured,
    /// Without.
    Plain,
}

/// Says on the standard error why the run failed.
pub(crate) fn tell(error: &anyhow::Error, style: Style) {
    let (red, bold, end) = match style {
        Style::Coloured => ("\u{1b}[1;31m", "\u{1b}[1m", "\u{1b}[0m"),
        Style::Plain => ("", "", ""),
    };
    let mut text = String::new();
    // Writing to a string does not fail.
    for Failure { message, help } in failures(error) {
        let _ = writeln!(text, "{red}error{end}{bold}: {}{end}", block(&message));
        if let Some(help) = help {
            let _ = writeln!(text, "  {bold}help{end}: {}", block(&help));
        }
    }
    // Nobody is left to be told of a closed standard error.
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Says on the standard error what could not be read or means nothing, a line for each.
pub(crate) fn warn<'a>(problems: impl IntoIterator<Item = &'a ReportProblem>) {
    let lines = problems.into_iter().map(|problem| format!("warning: {}\n", block(&problem.line())));
    // Nobody is left to be told of a closed standard error.
    let _ = io::stderr().write_all(lines.collect::<String>().as_bytes());
}

/// Says on the standard error what is good to know.
pub(crate) fn note(text: &str) {
    // Nobody is left to be told of a closed standard error.
    let _ = writeln!(io::stderr(), "note: {text}");
}

fn failures(error: &anyhow::Error) -> Vec<Failure> {
    if let Some(failure) = error.downcast_ref::<Failure>() {
        return vec![failure.clone()];
    }
    match error.downcast_ref::<RunError>() {
        Some(RunError::Models(errors)) => return errors.iter().map(in_model).collect(),
        Some(RunError::Project(error)) => return vec![in_project(error)],
        None => {}
    }
    match error.downcast_ref::<ConfigurationError>() {
        Some(ConfigurationError::Project(error)) => return vec![in_project(error)],
        Some(ConfigurationError::Wrong { path, position, message, help }) => {
            let place = format!("{}:{}:{}", shown(path), position.line, position.column);
            return vec![Failure { message: format!("{place}: {message}"), help: help.clone() }];
        }
        None => {}
    }
    match error.downcast_ref::<ProjectError>() {
        Some(error) => vec![in_project(error)],
        None => vec![Failure { message: format!("{error:#}"), help: None }],
    }
}

fn in_project(error: &ProjectError) -> Failure {
    let message = match error {
        ProjectError::Config(error) => {
            let position = error.position;
            format!("{}:{}:{}: {}", shown(&error.path), position.line, position.column, error.message)
        }
        error => error.to_string(),
    };
    let help = meant_command(error).unwrap_or_else(|| error.help().to_owned());
    Failure { message, help: Some(help) }
}

/// A path that does not exist may be a command that was misspelt.
fn meant_command(error: &ProjectError) -> Option<String> {
    let ProjectError::NotFound { path } = error else { return None };
    did_you_mean(path.to_str()?, commands().iter().map(String::as_str))
}

fn in_model(error: &ModelError) -> Failure {
    let ModelError { file, line, column, message, help } = error;
    let file = shown(Path::new(file));
    Failure { message: format!("{file}:{line}:{column}: {message}"), help: help.clone() }
}

/// A path as the user would write it: below the current folder without what leads there.
pub(crate) fn shown(path: &Path) -> String {
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    let below = here.as_deref().ok().and_then(|here| path.strip_prefix(here).ok());
    below.unwrap_or(path).display().to_string()
}

/// What panicked so far, with the place in our code.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Keeps panics for the message that will be written, instead of writing each at once from whatever thread it
/// happens in. With `RUST_BACKTRACE` they are written as well.
pub(crate) fn keep_panics() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        PANICS.lock().unwrap_or_else(PoisonError::into_inner).push(told(info));
        if std::env::var_os("RUST_BACKTRACE").is_some_and(|value| value != "0") {
            usual(info);
        }
    }));
}

/// What panicked so far, sorted.
pub(crate) fn panics() -> Vec<String> {
    let mut panics = PANICS.lock().unwrap_or_else(PoisonError::into_inner).clone();
    panics.sort();
    panics
}

/// Turns a panic into an error.
pub(crate) fn guarded(run: impl FnOnce() -> anyhow::Result<Status>) -> anyhow::Result<Status> {
    panic::catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
        let message = format!("internal error: {}", panics().join("; "));
        Err(Failure { message, help: Some(REPORT_IT.to_owned()) }.into())
    })
}

fn told(info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let text = payload.downcast_ref::<&str>().copied();
    let message =
        text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
    match info.location() {
        Some(at) => format!("{message} at {}:{}", at.file(), at.line()),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Failure, guarded, keep_panics};

    #[test]
    fn a_panic_becomes_an_error_that_asks_for_a_report() {
        keep_panics();
        let error = guarded(|| panic!("index out of bounds")).expect_err("it panicked");
        drop(std::panic::take_hook());
        let failure = error.downcast_ref::<Failure>().expect("a failure");
        assert!(failure.message.starts_with("internal error: index out of bounds at "), "{failure}");
        assert!(failure.message.contains("exit.rs:"), "{failure}");
        assert!(failure.help.as_ref().is_some_and(|help| help.contains("please report it")));
    }
}
