//! From what was found to written reports.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use ward_diagnostics::render::{self, SarifOptions, TerminalOptions, Verbosity};
use ward_diagnostics::{
    Applicability, Confidence, Finding, LintMetadata, Loss, ProblemLevel, Report, ReportProblem, Severity,
};

use crate::arguments::{CheckArguments, Format};
use crate::catalog::lints;
use crate::check::Plan;
use crate::exit::{self, Failure};
use crate::fix;
use crate::outcome::{Files, Outcome};
use crate::output::Destination;
use crate::settings::Thresholds;

/// A report that is asked for: its form, and where it goes.
#[derive(Debug)]
pub(crate) struct Target {
    format: Format,
    destination: Destination,
    /// The file as it was named.
    name: Option<String>,
}

impl Target {
    /// All reports that are asked for; fails where writing would fail later.
    pub(crate) fn all(arguments: &CheckArguments) -> anyhow::Result<Vec<Self>> {
        let mut output = arguments.output.as_deref();
        let mut targets: Vec<Self> = Vec::new();
        for argument in &arguments.formats {
            let file = argument.file.as_deref().or_else(|| output.take());
            let destination = Destination::new(file)?;
            let taken = |target: &Self| target.destination == destination;
            if let Some(other) = targets.iter().find(|target| taken(target)) {
                let place =
                    file.map_or("the standard output".to_owned(), |file| format!("`{}`", file.display()));
                let message =
                    format!("two reports cannot go to {place}: {:?} and {:?}", other.format, argument.format);
                let help = "name a file for one: `--format sarif=ward.sarif`".to_owned();
                return Err(Failure { message: message.to_lowercase(), help: Some(help) }.into());
            }
            let name =
                file.filter(|_| destination != Destination::Stdout).map(|file| file.display().to_string());
            targets.push(Self { format: argument.format, destination, name });
        }
        if let Some(unused) = output {
            let message =
                format!("`--output {}` is left over: every format names its own file", unused.display());
            return Err(Failure { message, help: Some("leave one of them away".into()) }.into());
        }
        Ok(targets)
    }
}

/// What a report depends on, beside what was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reporter<'a> {
    /// The forms of the report.
    pub(crate) arguments: &'a CheckArguments,
    /// What was analysed.
    pub(crate) plan: &'a Plan,
    /// Where reports go.
    pub(crate) targets: &'a [Target],
    /// How many fixes were made.
    pub(crate) fixed: usize,
    /// How many findings were there before, with `--since`.
    pub(crate) old: Option<usize>,
    /// How many findings of the baseline are gone.
    pub(crate) stale: usize,
}

impl Reporter<'_> {
    /// Writes all reports; returns how many findings make the run fail. Takes findings and problems out of the outcome.
    pub(crate) fn report(&self, outcome: &mut Outcome) -> anyhow::Result<usize> {
        let found = std::mem::take(&mut outcome.findings);
        let thresholds = self.plan.thresholds;
        let hidden = self.hidden(&found, thresholds);
        let lints = self.lints();
        let report = Report {
            tool_version: env!("CARGO_PKG_VERSION"),
            lints: &lints,
            findings: found.into_iter().filter(|finding| thresholds.show(finding)).collect(),
            problems: std::mem::take(&mut outcome.problems),
            stats: outcome.stats,
            root: self.plan.place.path.display().to_string(),
        };
        let hosted = outcome.files.in_repository().map(|above| from_above(&report, above));
        // Whoever sits in a terminal opens paths from where it is.
        let here = std::env::current_dir().and_then(|here| here.canonicalize()).ok();
        let near = here.and_then(|here| outcome.files.below(&here)).map(|above| from_above(&report, above));
        for target in self.targets {
            let (report, files) = match (&hosted, &near, target.format) {
                (Some((report, files)), _, Format::Sarif | Format::Github | Format::Gitlab)
                | (_, Some((report, files)), Format::Terminal) => (report, files),
                _ => (&report, &outcome.files),
            };
            target.destination.write(|out| self.render(target, report, files, &hidden, out))?;
        }
        self.tell(outcome, report.active().count(), &report.problems);
        let errors = report.problems.iter().filter(|problem| problem.level == ProblemLevel::Error).count();
        Ok(report.failing() + errors)
    }

    /// The lints that ran.
    fn lints(&self) -> Vec<&'static LintMetadata> {
        lints().filter(|lint| self.plan.settings.runs(lint)).collect()
    }

    fn render(
        &self,
        target: &Target,
        report: &Report<'_>,
        texts: &Files,
        hidden: &str,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        match target.format {
            Format::Sarif => {
                let category = self.arguments.category.clone();
                let options = SarifOptions { category, ..SarifOptions::default() };
                let left_out = render::sarif(report, texts, &options, out)?;
                if left_out > 0 {
                    let note = "left out of the SARIF report, because code scanning takes no more; the most severe are kept";
                    // Nobody is left to be told of a closed standard error.
                    let _ = writeln!(io::stderr(), "warning: {left_out} findings {note}");
                }
                Ok(())
            }
            Format::Json => render::json(report, texts, out),
            Format::Github => render::github(report, texts, out),
            Format::Gitlab => render::gitlab(report, texts, now(), out),
            Format::Junit => render::junit(report, texts, out),
            Format::Markdown => render::markdown(report, texts, out),
            Format::Html => render::html(report, texts, out),
            Format::Terminal => {
                let options = TerminalOptions {
                    color: target.destination.color(self.arguments.color),
                    width: target.destination.width(),
                    verbosity: self.verbosity(),
                    links: target.destination.links().then(|| texts.root.display().to_string()),
                };
                render::terminal(report, texts, &options, out)?;
                if self.arguments.quiet { Ok(()) } else { out.write_all(hidden.as_bytes()) }
            }
        }
    }

    /// Whether a file was analysed without the package it belongs to.
    fn is_alone(&self) -> bool {
        let place = &self.plan.place;
        let workspace = || ward_project::workspace_of(&place.path);
        place.is_one_file() && workspace().is_ok_and(|folder| folder.join("Cargo.toml").exists())
    }

    fn verbosity(&self) -> Verbosity {
        match (self.arguments.quiet, self.arguments.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, 0) => Verbosity::Normal,
            (false, _) => Verbosity::Verbose,
        }
    }

    /// What is said beside the report, on the standard error.
    fn tell(&self, outcome: &Outcome, count: usize, problems: &[ReportProblem]) {
        let mut text = String::new();
        if self.arguments.quiet {
            // What was not looked at is no finding, and no peace either.
            exit::warn(problems.iter().filter(|problem| problem.loss != Loss::Nothing));
        }
        for name in self.targets.iter().filter_map(|target| target.name.as_ref()) {
            let plural = if count == 1 { "" } else { "s" };
            if !self.arguments.quiet {
                // Writing to a string does not fail.
                let _ = writeln!(text, "{count} finding{plural}, written to `{name}`");
            }
        }
        if self.arguments.verbose > 0 {
            for panic in exit::panics() {
                let _ = writeln!(text, "internal error: {panic}");
            }
        }
        if self.arguments.verbose > 1 {
            for (phase, time) in &outcome.phases {
                let _ = writeln!(text, "{phase:10} {:8.1} ms", time.as_secs_f64() * 1000.0);
            }
            if let Some(lowered) = &self.plan.settings.discover.lowered
                && lowered.added() + lowered.reused() > 0
            {
                let (parsed, reused) = (lowered.added(), lowered.reused());
                let _ = writeln!(text, "files: {parsed} parsed, {reused} taken from the cache");
            }
            if let Some((reused, anew)) = self.plan.settings.evaluations.as_ref().map(|all| all.reused())
                && anew + reused > 0
            {
                let _ = writeln!(text, "functions: {anew} evaluated, {reused} taken from the cache");
            }
        }
        // Nobody is left to be told of a closed standard error.
        let _ = io::stderr().write_all(text.as_bytes());
    }

    /// What is said about what was fixed, and about findings that are not shown; empty if there are none.
    fn hidden(&self, findings: &[Finding], thresholds: Thresholds) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        if self.fixed > 0 {
            let plural = if self.fixed == 1 { "" } else { "s" };
            let _ = writeln!(text, "fixed: {} place{plural}", self.fixed);
        } else if self.arguments.fix_mode() == fix::Mode::Write {
            text.push_str("fixed: nothing\n");
        }
        if self.arguments.fix && !self.arguments.unsafe_fixes {
            let active = findings.iter().filter(|finding| finding.suppression.is_none());
            let shown = active.filter(|finding| thresholds.show(finding));
            let is_unsafe = |finding: &&Finding| {
                finding.fixes.iter().any(|fix| fix.applicability == Applicability::Unsafe)
            };
            if let count @ 1.. = shown.filter(is_unsafe).count() {
                let _ = writeln!(
                    text,
                    "left: {count} with a fix to review (see it with `--unsafe-fixes --diff`)"
                );
            }
        }
        if self.arguments.fix_mode() == fix::Mode::Keep {
            text.push_str(&fixable(findings, thresholds));
        }
        if let (Some(old @ 1..), Some(revision)) = (self.old, &self.arguments.since) {
            let _ = writeln!(text, "not new: {old} from before the changes since `{revision}`");
        }
        if self.stale > 0 {
            let _ = writeln!(
                text,
                "repaired: {} of the baseline (take out with `cargo ward baseline --prune`)",
                self.stale
            );
        }
        text.push_str(&hidden(findings, thresholds));
        if self.is_alone() {
            text.push_str(
                "analysed alone: nothing is known of the rest of its package (`--workspace` looks at all of it)\n",
            );
        }
        text
    }
}

/// A report with the paths that files have from a folder above the root.
fn from_above<'r>(report: &Report<'r>, (files, prefix): (Files, String)) -> (Report<'r>, Files) {
    let mut report = report.clone();
    let paths = report.problems.iter_mut().filter_map(|problem| problem.path.as_mut());
    // What lies outside the root is told with its whole path.
    for path in paths.filter(|path| !path.starts_with('/')) {
        path.insert_str(0, &prefix);
    }
    (report, files)
}

/// What is said about findings that could be fixed; empty if there are none.
fn fixable(findings: &[Finding], thresholds: Thresholds) -> String {
    let shown = findings.iter().filter(|finding| finding.suppression.is_none() && thresholds.show(finding));
    let shown: Vec<&Finding> = shown.collect();
    let with = |how: Applicability| {
        let has = |finding: &&&Finding| finding.fixes.iter().any(|fix| fix.applicability == how);
        shown.iter().filter(has).count()
    };
    match (with(Applicability::Safe), with(Applicability::Unsafe)) {
        (0, 0) => String::new(),
        (0, review) => format!("fixable: {review} after review (see with `--unsafe-fixes --diff`)\n"),
        (safe, 0) => format!("fixable: {safe} (fix with `--fix`)\n"),
        (safe, review) => format!(
            "fixable: {safe} (fix with `--fix`), {review} after review (see with `--unsafe-fixes --diff`)\n"
        ),
    }
}

/// The time that a report bears, in seconds since 1970. Those who build the same thing twice may set it.
fn now() -> u64 {
    let set = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.trim().parse().ok());
    set.unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
}

/// What is said about the findings that are not shown; empty if all are.
fn hidden(findings: &[Finding], thresholds: Thresholds) -> String {
    let active = || findings.iter().filter(|finding| finding.suppression.is_none());
    let unsure = active().filter(|finding| finding.confidence < thresholds.confidence);
    let unsure: Vec<Confidence> = unsure.map(|finding| finding.confidence).collect();
    let mild = active().filter(|finding| {
        finding.confidence >= thresholds.confidence && finding.severity < thresholds.severity
    });
    let mild: Vec<Severity> = mild.map(|finding| finding.severity).collect();
    let mut text = String::new();
    // Writing to a string does not fail.
    if let Some(least) = unsure.iter().min() {
        let names = Confidence::ALL.into_iter().filter(|level| unsure.contains(level)).map(Confidence::name);
        let names = names.collect::<Vec<_>>().join(" or ");
        let _ = writeln!(
            text,
            "hidden: {} with {names} confidence (show with `--min-confidence {least}`)",
            unsure.len()
        );
    }
    if let Some(least) = mild.iter().min() {
        let names = Severity::ALL.into_iter().filter(|level| mild.contains(level)).map(Severity::name);
        let names = names.collect::<Vec<_>>().join(" or ");
        let _ =
            writeln!(text, "hidden: {} of {names} severity (show with `--min-severity {least}`)", mild.len());
    }
    text
}
