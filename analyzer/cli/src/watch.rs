//! `--watch`: a run whenever a file changes.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use ward_project::{DiscoverOptions, Snapshot};

use crate::arguments::CheckArguments;
use crate::exit::{self, Status, Style};
use crate::{check, output, paths};

/// How often files are looked at.
const PAUSE: Duration = Duration::from_millis(300);

/// Runs until somebody stops it. What goes wrong in one run is told, and the next file that changes starts another.
pub(crate) fn watch(arguments: &CheckArguments) -> anyhow::Result<Status> {
    let path = paths::to_analyse(&arguments.analysis)?;
    let pool = ward_project::thread_pool(arguments.analysis.threads.map(usize::from))?;
    let style = output::message_style(arguments.color);
    let state = || {
        let options = DiscoverOptions { templates: ward_lints::TEMPLATES, ..DiscoverOptions::default() };
        pool.install(|| Snapshot::take(&path, &options)).map(|snapshot| snapshot.stamp())
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
