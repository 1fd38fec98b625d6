//! `cargo ward`: the command line. Reads the arguments, runs the analysis, writes the report, and says by its exit
//! status how it went.

mod arguments;
mod catalog;
mod check;
mod configuration;
mod exit;
mod nearest;
mod output;
mod report;
mod revision;
mod routes;
mod settings;
mod size;

use std::process::ExitCode;

use arguments::{Command, Parsed};
use exit::Status;

#[global_allocator]
static GLOBAL: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    exit::keep_panics();
    let Parsed { command, diagnostics } = arguments::parse();
    let result = exit::guarded(|| match &command {
        Command::Check(arguments) => check::check(arguments),
        Command::Routes(arguments) => routes::routes(arguments),
        Command::Explain { lint } => catalog::explain(lint).map(|()| Status::Clean),
        Command::Lints => catalog::list().map(|()| Status::Clean),
    });
    let status = result.unwrap_or_else(|error| {
        exit::tell(&error, diagnostics);
        Status::Failed
    });
    status.into()
}
