//! The arguments: what they are called, what they mean, and what the help says about them.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use ward_diagnostics::{Confidence, Severity, UnknownLevel};
use ward_linter::config::Size;

use crate::exit::Style;
use crate::{catalog, output};

/// The most worker threads that can be asked for.
const MOST_THREADS: i64 = 1024;

const EXAMPLES: &str = "\
Examples:
  cargo ward                                      what is here
  cargo ward services/billing                     only what lies below this folder
  cargo ward --min-severity high                  only what is worst, for a gate
  cargo ward --format sarif --output ward.sarif   for code scanning
  cargo ward --since main                         only what this branch brings
  cargo ward --format terminal --format html=report.html
  cargo ward explain sql-injection                what a lint finds, and what to write instead

Exit status:
  0  nothing was found
  1  there are findings at or above `--min-severity` and `--min-confidence`
  2  the run failed: wrong arguments, a wrong `ward.toml`, or nothing that could be analysed";

const CONFIGURATION: &str = r#"

Configuration:
  A `ward.toml` beside the `Cargo.toml`, or `[workspace.metadata.ward]` in it, may hold
  `exclude`, `include-tests`, `include-examples`, `max-file-size`, `min-severity` and
  `min-confidence`, which mean what the options of the same name mean; levels of lints under
  `[lints]` and `[[override]]`; guards, roles and public endpoints under `[access]`; and rows under
  `[model]` that tell of your own sources, sinks and barriers. Options win; excluded patterns add up.
  `cargo ward init` writes a first one, `cargo ward schema` prints its schema.

Suppressions:
  // ward: allow(sql-injection, reason = "..")             behind or before a statement or item
  #[cfg_attr(ward, allow(sql-injection, reason = ".."))]   before an item
  // ward: public(reason = "..")                           before a handler that anybody may call

Environment:
  NO_COLOR        no colour, unless `--color always` is given
  CLICOLOR_FORCE  colour even if the output is no terminal"#;

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
    /// Record today's findings as known, so that only new ones are reported.
    ///
    /// The file holds a line for each kind of finding, by what it consists of: moved and reformatted code keeps its
    /// entry, and a second instance of an old finding is new.
    Baseline(BaselineArguments),
    /// Write a `ward.toml`, an entry for pre-commit and a CI workflow; nothing that is there is changed.
    Init(InitArguments),
    /// Print the JSON schema of `ward.toml`.
    Schema,
    /// Print the completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page.
    Man,
}

/// What is analysed, and what of it is shown.
#[derive(Clone, Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct AnalysisArguments {
    /// What to analyse: the folder of a workspace or package, any other folder, a `Cargo.toml`, or one `.rs` file.
    ///
    /// Of several paths, the workspaces they belong to are analysed, once.
    #[arg(value_name = "PATH", default_value = ".", hide_default_value = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Analyse the whole workspace that a path belongs to, for hooks that pass the names of changed files.
    #[arg(long, help_heading = "Analysis")]
    pub(crate) workspace: bool,

    /// Hide findings that are less severe [default: info].
    #[arg(long, value_name = "SEVERITY", value_parser = severity(), help_heading = "Report")]
    pub(crate) min_severity: Option<Severity>,
    /// Hide findings that are less sure [default: medium].
    ///
    /// High: the way of the data is resolved from end to end. Medium: one assumption. Low: by name or shape alone.
    #[arg(long, value_name = "CONFIDENCE", value_parser = confidence(), help_heading = "Report")]
    pub(crate) min_confidence: Option<Confidence>,

    /// Run only these lints; may be given several times, or as a list with commas.
    #[arg(long = "lint", value_name = "LINT", value_delimiter = ',', value_parser = catalog::known_lint, help_heading = "Analysis")]
    pub(crate) lints: Vec<String>,
    /// Do not report findings of this lint or group.
    #[arg(short = 'A', long, value_name = "LINT", value_delimiter = ',', value_parser = catalog::known_name, help_heading = "Analysis")]
    pub(crate) allow: Vec<String>,
    /// Report findings of this lint or group without failing.
    #[arg(short = 'W', long, value_name = "LINT", value_delimiter = ',', value_parser = catalog::known_name, help_heading = "Analysis")]
    pub(crate) warn: Vec<String>,
    /// Report findings of this lint or group, and fail; this is the default.
    #[arg(short = 'D', long, value_name = "LINT", value_delimiter = ',', value_parser = catalog::known_name, help_heading = "Analysis")]
    pub(crate) deny: Vec<String>,
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
    /// Do not use what an earlier run has left in the target directory, and leave nothing there.
    ///
    /// The report is the same; it only takes longer.
    #[arg(long, help_heading = "Analysis")]
    pub(crate) no_cache: bool,
}

/// The arguments of a run.
#[derive(Clone, Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct CheckArguments {
    #[command(flatten)]
    pub(crate) analysis: AnalysisArguments,

    /// How to write the report, and where to: `sarif=ward.sarif`; may be given several times.
    ///
    /// Without a file it goes to the standard output, or to that of `--output`.
    #[arg(long = "format", value_name = "FORMAT[=FILE]", default_value = "terminal", value_parser = FormatParser, help_heading = "Report")]
    pub(crate) formats: Vec<FormatArgument>,
    /// Write the report to this file instead of the standard output.
    ///
    /// The file is replaced as a whole when the report is complete, never half written.
    #[arg(short, long, value_name = "FILE", help_heading = "Report")]
    pub(crate) output: Option<PathBuf>,
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

    /// Run again whenever a file changes, until interrupted.
    #[arg(long, conflicts_with_all = ["fix", "unsafe_fixes", "fix_unused_suppressions", "diff"], help_heading = "Report")]
    pub(crate) watch: bool,

    /// Report only what the work since this revision brings: a branch, a tag or a commit.
    ///
    /// The whole program is analysed as it is now, and as it was where the work began; what was found there already is
    /// not reported.
    #[arg(long, value_name = "REVISION", help_heading = "Changes")]
    pub(crate) since: Option<String>,
    /// The findings that are known, as `cargo ward baseline` has written them [default: ward-baseline.tsv, if there is one].
    #[arg(long, value_name = "FILE", conflicts_with = "no_baseline", help_heading = "Changes")]
    pub(crate) baseline: Option<PathBuf>,
    /// Report known findings as well.
    #[arg(long, help_heading = "Changes")]
    pub(crate) no_baseline: bool,

    /// Repair what can be repaired without a doubt.
    #[arg(long, help_heading = "Fixes")]
    pub(crate) fix: bool,
    /// Repair also where the change has to be read.
    #[arg(long, help_heading = "Fixes")]
    pub(crate) unsafe_fixes: bool,
    /// Remove suppressions that suppress nothing.
    #[arg(long, help_heading = "Fixes")]
    pub(crate) fix_unused_suppressions: bool,
    /// Show what would be changed, and change nothing.
    #[arg(long, help_heading = "Fixes")]
    pub(crate) diff: bool,
    /// Change files although they have changes that are not committed, or are in no repository.
    #[arg(long, help_heading = "Fixes")]
    pub(crate) allow_dirty: bool,
}

/// The arguments of `baseline`.
#[derive(Clone, Debug, Args)]
pub(crate) struct BaselineArguments {
    #[command(flatten)]
    pub(crate) analysis: AnalysisArguments,
    /// The file to write [default: ward-baseline.tsv beside the manifest of the workspace].
    #[arg(short, long, value_name = "FILE", help_heading = "Report")]
    pub(crate) output: Option<PathBuf>,
    /// Only take out what is no longer found; add nothing.
    #[arg(long, help_heading = "Report")]
    pub(crate) prune: bool,
}

/// The arguments of `init`.
#[derive(Clone, Debug, Args)]
pub(crate) struct InitArguments {
    /// The folder of the workspace or package.
    #[arg(default_value = ".", hide_default_value = true)]
    pub(crate) path: PathBuf,
}

/// A format, and the file it goes to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct FormatArgument {
    /// The format.
    pub(crate) format: Format,
    /// The file, if one is named.
    pub(crate) file: Option<PathBuf>,
}

/// Reads `FORMAT` or `FORMAT=FILE`.
#[derive(Clone, Copy, Debug)]
struct FormatParser;

impl TypedValueParser for FormatParser {
    type Value = FormatArgument;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<FormatArgument, clap::Error> {
        let text = value.to_string_lossy();
        let (name, file) = match text.split_once('=') {
            Some((name, file)) => (name.to_owned(), Some(PathBuf::from(file))),
            None => (text.into_owned(), None),
        };
        let format = clap::builder::EnumValueParser::<Format>::new();
        let format = format.parse_ref(command, argument, OsStr::new(&name))?;
        Ok(FormatArgument { format, file })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Format::value_variants().iter().filter_map(ValueEnum::to_possible_value)))
    }
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
    /// The skeleton of an `OpenAPI` document.
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
    /// Annotations of GitHub Actions.
    Github,
    /// GitLab's security report.
    Gitlab,
    /// Test reports in XML, for CI systems that show tests.
    Junit,
    /// Markdown, for the summary of a CI job.
    Markdown,
    /// One page to look at, with filters.
    Html,
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

/// The command line, for completions and the manual page.
pub(crate) fn command_line() -> clap::Command {
    Arguments::command()
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
