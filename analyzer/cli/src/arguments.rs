//! The arguments: what they are called, what they mean, and what the help says about them.

use std::collections::BTreeSet;
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
  cargo ward                                      analyse the current folder
  cargo ward services/billing                     analyse another folder
  cargo ward --min-severity high                  report the worst findings only
  cargo ward --since main                         report what this branch adds
  cargo ward --format sarif --output ward.sarif   write SARIF for code scanning
  cargo ward --format terminal --format html=report.html
  cargo ward explain sql-injection                read about a lint

Exit status:
  0  no findings
  1  findings, other than those of lints set to `warn`; with `--diff`, changes to make
  2  the run failed: wrong arguments, an invalid `ward.toml`, or nothing that could be analysed";

const CONFIGURATION: &str = r#"

Configuration:
  Settings live in `ward.toml` beside the `Cargo.toml`, or in `[workspace.metadata.ward]`:
  `exclude`, `include-tests`, `include-examples`, `max-file-size`, `min-severity` and
  `min-confidence` mean the same as the options of that name; `[lints]` and `[[override]]` set lint
  levels; `[access]` names guards, roles and public endpoints; `[model]` describes your own sources,
  sinks and barriers. Options on the command line take precedence; excluded patterns are combined.
  `cargo ward init` writes a first `ward.toml`, `cargo ward schema` prints its JSON schema.

Suppressions:
  // ward: allow(sql-injection, reason = "..")             on the line of, or above, a statement or item
  #[cfg_attr(ward, allow(sql-injection, reason = ".."))]   above an item
  // ward: public(reason = "..")                           above a handler that anyone may call

Environment:
  NO_COLOR        no colour, unless `--color always` is given
  CLICOLOR_FORCE  colour even if the output is not a terminal"#;

/// Find security mistakes in Rust web services by reading their source.
///
/// Analyses a workspace, a package, a folder or a single file. Follows request data through functions, files and crates,
/// and reports where it reaches a dangerous operation, with every step on the way and what to write instead. Nothing is
/// built, no toolchain is called, and the network is not used. Files that cannot be read or parsed are reported, and the
/// rest is still analysed.
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
    /// Analyse and report findings (the default command).
    #[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}{CONFIGURATION}"))]
    Check(CheckArguments),
    /// List the endpoints: method, path, handler, inputs and guards.
    ///
    /// Routers are followed through functions, modules and crates. What could not be evaluated is marked, never left out.
    Routes(RoutesArguments),
    /// Explain a lint: what it finds, why it matters, and what to write instead.
    Explain {
        /// The name of the lint, for example `sql-injection`.
        #[arg(value_parser = Names::Lints, hide_possible_values = true)]
        lint: String,
    },
    /// List the lints.
    Lints {
        /// How to write the list.
        #[arg(long, value_name = "FORMAT", default_value = "table")]
        format: ListFormat,
    },
    /// Record the current findings, so that only new ones are reported from now on.
    ///
    /// Findings are recorded by content, not by line: code that is moved or reformatted keeps its entry, and a second
    /// instance of a recorded finding counts as new.
    Baseline(BaselineArguments),
    /// Write a `ward.toml`, a pre-commit entry and a CI workflow; existing files are kept.
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
    /// If several paths are given, the workspaces they belong to are analysed, each once.
    #[arg(value_name = "PATH", default_value = ".", hide_default_value = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Analyse the whole workspace that a path belongs to; for hooks, which pass the names of changed files.
    #[arg(long, help_heading = "Analysis")]
    pub(crate) workspace: bool,

    /// Hide findings below this severity [default: info].
    #[arg(long, value_name = "SEVERITY", value_parser = severity(), help_heading = "Report")]
    pub(crate) min_severity: Option<Severity>,
    /// Hide findings below this confidence [default: medium].
    ///
    /// High: every step of the data flow is resolved. Medium: one step is assumed. Low: judged by name or shape alone.
    #[arg(long, value_name = "CONFIDENCE", value_parser = confidence(), help_heading = "Report")]
    pub(crate) min_confidence: Option<Confidence>,

    /// Run only these lints; repeat, or separate with commas.
    #[arg(long = "lint", value_name = "LINT", value_delimiter = ',', value_parser = Names::Lints, hide_possible_values = true, help_heading = "Analysis")]
    pub(crate) lints: Vec<String>,
    /// Do not report findings of this lint or group.
    #[arg(short = 'A', long, value_name = "LINT", value_delimiter = ',', value_parser = Names::LintsAndGroups, hide_possible_values = true, help_heading = "Analysis")]
    pub(crate) allow: Vec<String>,
    /// Report findings of this lint or group without failing; goes before `--allow`.
    #[arg(short = 'W', long, value_name = "LINT", value_delimiter = ',', value_parser = Names::LintsAndGroups, hide_possible_values = true, help_heading = "Analysis")]
    pub(crate) warn: Vec<String>,
    /// Report findings of this lint or group, and fail (the default); goes before `--allow` and `--warn`.
    ///
    /// The order on the command line does not matter: `-A all -D sql-injection` leaves only one lint.
    #[arg(short = 'D', long, value_name = "LINT", value_delimiter = ',', value_parser = Names::LintsAndGroups, hide_possible_values = true, help_heading = "Analysis")]
    pub(crate) deny: Vec<String>,
    /// Skip files and folders that match; may be repeated.
    ///
    /// A pattern is written as in a `.gitignore`: `generated/`, `**/schema.rs`, `/tools`. Files that `.gitignore` names
    /// are always skipped, and so are `target`, vendored code and hidden folders.
    #[arg(long, value_name = "PATTERN", help_heading = "Analysis")]
    pub(crate) exclude: Vec<String>,
    /// Also report findings in test code: `tests`, `benches`, `#[cfg(test)]`, `#[test]`.
    #[arg(long, help_heading = "Analysis")]
    pub(crate) include_tests: bool,
    /// Also report findings in examples.
    #[arg(long, help_heading = "Analysis")]
    pub(crate) include_examples: bool,
    /// Skip files larger than this, in bytes or with a unit: `500K`, `16M` [default: 8M].
    #[arg(long, value_name = "SIZE", help_heading = "Analysis")]
    pub(crate) max_file_size: Option<Size>,
    /// Number of threads [default: one per core].
    ///
    /// The report does not depend on it.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=MOST_THREADS), help_heading = "Analysis")]
    pub(crate) threads: Option<u16>,
    /// Neither read nor write the cache in the target directory.
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

    /// Format of the report, and the file to write it to, as in `sarif=ward.sarif`; may be repeated.
    ///
    /// Without a file, the report goes to `--output`, or to the standard output.
    #[arg(long = "format", value_name = "FORMAT[=FILE]", default_value = "terminal", value_parser = FormatParser, help_heading = "Report")]
    pub(crate) formats: Vec<FormatArgument>,
    /// Write the report to this file instead of the standard output.
    ///
    /// The file is replaced when the report is complete, and never left half written.
    #[arg(short, long, value_name = "FILE", help_heading = "Report")]
    pub(crate) output: Option<PathBuf>,
    /// When to use colour; files are never coloured.
    #[arg(long, value_name = "WHEN", default_value = "auto", help_heading = "Report")]
    pub(crate) color: ColorWhen,
    /// Category of the SARIF report, if a repository uploads more than one.
    ///
    /// It becomes part of `automationDetails.id`. Code scanning replaces a report by the next one of the same category.
    #[arg(long, value_name = "NAME", help_heading = "Report")]
    pub(crate) category: Option<String>,
    /// Print one line per finding, without warnings and summary.
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Report")]
    pub(crate) quiet: bool,
    /// Print all data flows in full and more figures; given twice, also the time of each phase.
    #[arg(short, long, action = clap::ArgAction::Count, help_heading = "Report")]
    pub(crate) verbose: u8,

    /// Run again whenever a file changes, until stopped with Ctrl-C.
    #[arg(long, conflicts_with_all = ["fix", "unsafe_fixes", "fix_unused_suppressions", "diff"], help_heading = "Report")]
    pub(crate) watch: bool,

    /// Report only findings that are new since this branch, tag or commit.
    ///
    /// The whole program is analysed twice, as it is now and as it was at the merge base, so a change in one file that
    /// causes a finding in another is reported too.
    #[arg(long, value_name = "REVISION", help_heading = "Changes")]
    pub(crate) since: Option<String>,
    /// Baseline file, as written by `cargo ward baseline` [default: ward-baseline.tsv, if it exists].
    #[arg(long, value_name = "FILE", conflicts_with = "no_baseline", help_heading = "Changes")]
    pub(crate) baseline: Option<PathBuf>,
    /// Ignore the baseline: report known findings as well.
    #[arg(long, help_heading = "Changes")]
    pub(crate) no_baseline: bool,

    /// Apply fixes that are safe.
    #[arg(long, help_heading = "Fixes")]
    pub(crate) fix: bool,
    /// With `--fix`, also apply fixes that need review; with `--diff`, also show them.
    #[arg(long, help_heading = "Fixes")]
    pub(crate) unsafe_fixes: bool,
    /// Remove suppressions that suppress nothing.
    #[arg(long, help_heading = "Fixes")]
    pub(crate) fix_unused_suppressions: bool,
    /// Show the changes that fixes would make as a diff, without writing any file.
    #[arg(long, conflicts_with = "output", help_heading = "Fixes")]
    pub(crate) diff: bool,
    /// Allow fixes to files with uncommitted changes, or outside a git repository.
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
    /// Only remove entries that are no longer found; add none.
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
        if file.as_ref().is_some_and(|file| file.as_os_str().is_empty()) {
            let message =
                format!("`--format {name}=` names no file: write `{name}=FILE`, or `{name}` alone\n");
            return Err(command.clone().error(clap::error::ErrorKind::ValueValidation, message));
        }
        Ok(FormatArgument { format, file })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Format::value_variants().iter().filter_map(ValueEnum::to_possible_value)))
    }
}

/// Reads names of lints, and tells shells which there are.
#[derive(Clone, Copy, Debug)]
enum Names {
    Lints,
    LintsAndGroups,
}

impl TypedValueParser for Names {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        match self {
            Self::Lints => catalog::known_lint.parse_ref(command, argument, value),
            Self::LintsAndGroups => catalog::known_name.parse_ref(command, argument, value),
        }
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let lints = catalog::lints().map(|lint| lint.name);
        let names: BTreeSet<&'static str> = match self {
            Self::Lints => lints.collect(),
            Self::LintsAndGroups => {
                lints.chain(catalog::lints().map(|lint| lint.group)).chain(["all"]).collect()
            }
        };
        Some(Box::new(names.into_iter().map(PossibleValue::new)))
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
    /// Report what changed since this branch, tag or commit: endpoints that were added, removed, or lost a guard.
    ///
    /// Compared is the merge base, so what others have done there meanwhile does not count.
    #[arg(long, value_name = "REVISION")]
    pub(crate) diff: Option<String>,
    /// Write to this file instead of the standard output.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// When to use colour; files are never coloured.
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorWhen,
    /// Skip files and folders that match; may be repeated.
    #[arg(long, value_name = "PATTERN")]
    pub(crate) exclude: Vec<String>,
    /// Also show the endpoints of examples.
    #[arg(long)]
    pub(crate) include_examples: bool,
    /// Number of threads [default: one per core].
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

/// The forms of the list of lints.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum ListFormat {
    /// For people.
    Table,
    /// Everything, for programs of your own.
    Json,
}

/// The forms of a report.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Format {
    /// For people: source, data flow, what to write instead.
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
    /// A single HTML page with filters.
    Html,
}

/// When to colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum ColorWhen {
    /// If the output is a terminal, and `NO_COLOR` is not set.
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
