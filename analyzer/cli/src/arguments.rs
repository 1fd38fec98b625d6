//! The arguments: what they are called, what they mean, and what the help says about them.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use ward_diagnostics::{Confidence, Severity, UnknownLevel};

use crate::exit::Style;
use crate::size::Size;
use crate::{catalog, output};

/// The most worker threads that can be asked for.
const MOST_THREADS: i64 = 1024;

const EXAMPLES: &str = "\
Examples:
  cargo ward                                      what is here
  cargo ward services/billing                     only what lies below this folder
  cargo ward --min-severity high                  only what is worst, for a gate
  cargo ward --format sarif --output ward.sarif   for code scanning
  cargo ward explain sql-injection                what a lint finds, and what to write instead

Exit status:
  0  nothing was found
  1  there are findings at or above `--min-severity` and `--min-confidence`
  2  the run failed: wrong arguments, a wrong `ward.toml`, or nothing that could be analysed";

const CONFIGURATION: &str = "

Configuration:
  A `ward.toml` beside the `Cargo.toml`, or `[workspace.metadata.ward]` in it, may hold
  `exclude`, `include-tests`, `include-examples`, `max-file-size`, `lints`, `min-severity` and
  `min-confidence`, which mean what the options of the same name mean. Options win; excluded
  patterns add up. Rows under `[model]` in `ward.toml` tell of your own sources, sinks and barriers.

Environment:
  NO_COLOR        no colour, unless `--color always` is given
  CLICOLOR_FORCE  colour even if the output is no terminal";

/// Find security mistakes in Rust web services, by reading their source.
///
/// Reads a workspace, a package, a folder or one file, follows what requests bring in through functions, files and
/// crates, and reports where it reaches a dangerous operation, with the whole way and what to write instead. Nothing
/// is built, no toolchain is called, and nothing is fetched. A file that cannot be read or parsed is told of, and all
/// others are analysed.
#[derive(Debug, Parser)]
#[command(
    name = "cargo-ward",
    version,
    args_conflicts_with_subcommands = true,
    after_help = EXAMPLES,
    after_long_help = format!("{EXAMPLES}{CONFIGURATION}"),
)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    check: CheckArguments,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Analyse and report; this is what happens without a command, too.
    #[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}{CONFIGURATION}"))]
    Check(CheckArguments),
    /// Print the endpoints: method, path, handler, what it takes, and what stands before it.
    ///
    /// Routers are followed through functions, modules and crates. What could not be evaluated is marked, never left out.
    Routes(RoutesArguments),
    /// Print the page of a lint: what it finds, why it matters, what to write instead.
    Explain {
        /// The name of the lint, for example `sql-injection`.
        #[arg(value_parser = catalog::known_lint)]
        lint: String,
    },
    /// List the lints.
    Lints,
}

/// The arguments of a run.
#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// What to analyse: the folder of a workspace or package, any other folder, a `Cargo.toml`, or one `.rs` file.
    #[arg(default_value = ".", hide_default_value = true)]
    pub(crate) path: PathBuf,

    /// How to write the report.
    #[arg(long, value_name = "FORMAT", default_value = "terminal", help_heading = "Report")]
    pub(crate) format: Format,
    /// Write the report to this file instead of the standard output.
    ///
    /// The file is replaced as a whole when the report is complete, never half written.
    #[arg(short, long, value_name = "FILE", help_heading = "Report")]
    pub(crate) output: Option<PathBuf>,
    /// Hide findings that are less severe [default: info].
    #[arg(long, value_name = "SEVERITY", value_parser = severity(), help_heading = "Report")]
    pub(crate) min_severity: Option<Severity>,
    /// Hide findings that are less sure [default: medium].
    ///
    /// High: the way of the data is resolved from end to end. Medium: one assumption. Low: by name or shape alone.
    #[arg(long, value_name = "CONFIDENCE", value_parser = confidence(), help_heading = "Report")]
    pub(crate) min_confidence: Option<Confidence>,
    /// When to colour; never in a file.
    #[arg(long, value_name = "WHEN", default_value = "auto", help_heading = "Report")]
    pub(crate) color: ColorWhen,
    /// Tell apart several SARIF reports about one repository.
    ///
    /// Becomes a part of `automationDetails.id`. Code scanning replaces a report by the next one of the same category.
    #[arg(long, value_name = "NAME", help_heading = "Report")]
    pub(crate) category: Option<String>,
    /// Print one line for each finding, and neither warnings nor a summary.
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Report")]
    pub(crate) quiet: bool,
    /// Print every flow in full, and all figures; twice: also the time of each phase.
    #[arg(short, long, action = clap::ArgAction::Count, help_heading = "Report")]
    pub(crate) verbose: u8,

    /// Run only these lints; may be given several times, or as a list with commas.
    #[arg(long = "lint", value_name = "LINT", value_delimiter = ',', value_parser = catalog::known_lint, help_heading = "Analysis")]
    pub(crate) lints: Vec<String>,
    /// Leave out files and folders; may be given several times.
    ///
    /// A pattern has the form of a line in a `.gitignore`: `generated/`, `**/schema.rs`, `/tools`. What `.gitignore`
    /// names is left out anyway, as are `target`, vendored code and hidden folders.
    #[arg(long, value_name = "PATTERN", help_heading = "Analysis")]
    pub(crate) exclude: Vec<String>,
    /// Also report on test code: `tests`, `benches`, `#[cfg(test)]`, `#[test]`.
    #[arg(long, help_heading = "Analysis")]
    pub(crate) include_tests: bool,
    /// Also report on examples.
    #[arg(long, help_heading = "Analysis")]
    pub(crate) include_examples: bool,
    /// Skip larger files, in bytes or with a unit: `500K`, `16M` [default: 8M].
    #[arg(long, value_name = "SIZE", help_heading = "Analysis")]
    pub(crate) max_file_size: Option<Size>,
    /// How many threads work [default: one for each core].
    ///
    /// The report does not depend on it.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=MOST_THREADS), help_heading = "Analysis")]
    pub(crate) threads: Option<u16>,
}

/// The arguments of `routes`.
#[derive(Debug, Args)]
pub(crate) struct RoutesArguments {
    /// What to analyse: the folder of a workspace or package, any other folder, a `Cargo.toml`, or one `.rs` file.
    #[arg(default_value = ".", hide_default_value = true)]
    pub(crate) path: PathBuf,
    /// How to write the table.
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: RouteFormat,
    /// Say what changed since this revision instead: endpoints added, removed, and un-guarded.
    #[arg(long, value_name = "REVISION")]
    pub(crate) diff: Option<String>,
    /// Write to this file instead of the standard output.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// When to colour; never in a file.
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorWhen,
    /// Leave out files and folders; may be given several times.
    #[arg(long, value_name = "PATTERN")]
    pub(crate) exclude: Vec<String>,
    /// Also show the endpoints of examples.
    #[arg(long)]
    pub(crate) include_examples: bool,
    /// How many threads work [default: one for each core].
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=MOST_THREADS))]
    pub(crate) threads: Option<u16>,
}

/// The forms of the table of endpoints.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum RouteFormat {
    /// For a terminal.
    Table,
    /// Everything, for programs of your own.
    Json,
    /// For a pull request or a document.
    Markdown,
    /// The skeleton of an OpenAPI document.
    Openapi,
    /// A page to look at and search in.
    Html,
}

/// The forms of a report.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Format {
    /// For people: source, the way of the data, what to write instead.
    Terminal,
    /// Everything, for programs of your own.
    Json,
    /// SARIF 2.1.0, for code scanning and editors.
    Sarif,
}

/// When to colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum ColorWhen {
    /// If a terminal shows it and the environment has nothing against it.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What was asked for.
#[derive(Debug)]
pub(crate) struct Parsed {
    /// What to do.
    pub(crate) command: Command,
    /// How to write messages about the run itself.
    pub(crate) diagnostics: Style,
}

/// The names of the commands.
pub(crate) fn commands() -> Vec<String> {
    Arguments::command().get_subcommands().map(|command| command.get_name().to_owned()).collect()
}

/// Reads the arguments of the process. Ends it if there is nothing more to do: for help, the version, or a mistake.
pub(crate) fn parse() -> Parsed {
    let (name, given) = invocation(std::env::args_os().collect());
    let matches = Arguments::command().bin_name(name).get_matches_from(given);
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let command = arguments.command.unwrap_or(Command::Check(arguments.check));
    let when = match &command {
        Command::Check(check) => check.color,
        Command::Routes(routes) => routes.color,
        _ => ColorWhen::Auto,
    };
    Parsed { command, diagnostics: output::message_style(when) }
}

/// How the program was called, and the arguments without the `ward` that cargo puts before them.
fn invocation(mut given: Vec<OsString>) -> (&'static str, Vec<OsString>) {
    if given.get(1).is_some_and(|argument| argument == "ward") {
        given.remove(1);
        return ("cargo ward", given);
    }
    ("cargo-ward", given)
}

fn severity() -> impl TypedValueParser<Value = Severity> {
    let names = PossibleValuesParser::new(Severity::ALL.map(Severity::name));
    names.try_map(|name| -> Result<Severity, UnknownLevel> { name.parse() })
}

fn confidence() -> impl TypedValueParser<Value = Confidence> {
    let names = PossibleValuesParser::new(Confidence::ALL.map(Confidence::name));
    names.try_map(|name| -> Result<Confidence, UnknownLevel> { name.parse() })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::{Arguments, invocation};

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn only_the_first_ward_is_cargos() {
        let given = |texts: &[&str]| texts.iter().map(Into::into).collect();
        assert_eq!(invocation(given(&["cargo-ward", "ward", "ward"])).1, ["cargo-ward", "ward"]);
        assert_eq!(invocation(given(&["cargo-ward", "src", "ward"])).1, ["cargo-ward", "src", "ward"]);
        assert_eq!(invocation(given(&["cargo-ward"])), ("cargo-ward", given(&["cargo-ward"])));
    }
}
