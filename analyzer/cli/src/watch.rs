//! `--watch`: a run whenever a file changes.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::time::Duration;

use ward_linter::baseline::BASELINE_FILE;
use ward_project::{DiscoverOptions, ProjectError, Snapshot};

use crate::arguments::CheckArguments;
use crate::exit::{self, Status, Style};
use crate::{check, output, paths};

/// How often files are looked at.
const PAUSE: Duration = Duration::from_millis(300);

/// Runs until somebody stops it. What goes wrong in one run is told, and the next file that changes starts another.
pub(crate) fn watch(arguments: &CheckArguments) -> anyhow::Result<Status> {
    let place = paths::to_analyse(&arguments.analysis)?;
    let pool = ward_project::thread_pool(arguments.analysis.threads.map(usize::from))?;
    let style = output::message_style(arguments.color);
    // What the runs write themselves starts no other.
    let own: Vec<PathBuf> = arguments
        .formats
        .iter()
        .filter_map(|format| format.file.as_ref())
        .chain(&arguments.output)
        .filter_map(|file| Some(file.parent()?.join(".").canonicalize().ok()?.join(file.file_name()?)))
        .collect();
    let state = || {
        let exclude = arguments.analysis.exclude.clone();
        let (templates, within) = (ward_lints::TEMPLATES, place.within.clone());
        let options = DiscoverOptions { templates, exclude, within, ..DiscoverOptions::default() };
        let files = pool.install(|| Snapshot::take(&place.path, &options))?;
        let baseline = match &arguments.baseline {
            Some(file) => Some(file.clone()),
            None => ward_project::find_beside(&place.path, &place.within, BASELINE_FILE)?,
        };
        let baseline = baseline.and_then(|file| fs::metadata(file).ok());
        let baseline = baseline.map(|found| (found.len(), found.modified().ok()));
        Ok::<_, ProjectError>((files.stamp_without(&own), baseline))
    };
    loop {
        let before = state().ok();
        if io::stdout().is_terminal() {
            output::print("\u{1b}[2J\u{1b}[H")?;
        }
        if let Err(error) = check::check(arguments) {
            exit::tell(&error, style);
        }
        // Nobody is left to be told of a closed standard error.
        let _ = writeln!(io::stderr(), "{}", waiting(style));
        while state().ok() == before {
            std::thread::sleep(PAUSE);
        }
    }
}

fn waiting(style: Style) -> &'static str {
    match style {
        Style::Coloured => "\u{1b}[2mwaiting for changes, stop with Ctrl-C\u{1b}[0m",
        Style::Plain => "waiting for changes, stop with Ctrl-C",
    }
}
