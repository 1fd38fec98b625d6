//! `cargo ward`: the command line. Reads the arguments, runs the analysis, writes the report, and says by its exit
//! status how it went.

mod arguments;
mod baseline;
mod cache;
mod catalog;
mod check;
mod exit;
mod fix;
mod git;
mod init;
mod outcome;
mod output;
mod paths;
mod progress;
mod report;
mod routes;
mod settings;
mod since;
mod watch;

use std::process::ExitCode;

use arguments::{Command, Parsed};
use exit::Status;

#[global_allocator]
static GLOBAL: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    exit::keep_panics();
    let Parsed { command, diagnostics } = arguments::parse();
    let result = exit::guarded(|| match &command {
        Command::Check(arguments) if arguments.watch => watch::watch(arguments),
        Command::Check(arguments) => check::check(arguments),
        Command::Routes(arguments) => routes::routes(arguments),
        Command::Explain { lint } => catalog::explain(lint).map(|()| Status::Clean),
        Command::Lints { format } => catalog::list(*format).map(|()| Status::Clean),
        Command::Baseline(arguments) => baseline::write(arguments),
        Command::Init(arguments) => init::init(arguments),
        Command::Schema => output::print(include_str!("../ward.schema.json")).map(|()| Status::Clean),
        Command::Completions { shell } => catalog::completions(*shell).map(|()| Status::Clean),
        Command::Man => catalog::manual().map(|()| Status::Clean),
    });
    let status = result.unwrap_or_else(|error| {
        exit::tell(&error, diagnostics);
        Status::Failed
    });
    status.into()
}
