//! From an analysis to a written report.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::mem;
use std::sync::Arc;

use ward_diagnostics::render::{self, SarifOptions, TerminalOptions, Verbosity};
use ward_diagnostics::{Confidence, Finding, LintMetadata, Report, Severity, Sources};
use ward_linter::{Analysis, Settings};
use ward_project::{Project, read_source};
use ward_syntax::FileId;

use crate::arguments::{CheckArguments, Format};
use crate::catalog::lints;
use crate::exit;
use crate::output::Destination;
use crate::settings::Thresholds;

/// What a report depends on, beside what was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reporter<'a> {
    /// The form of the report.
    pub(crate) arguments: &'a CheckArguments,
    /// What was analysed.
    pub(crate) settings: &'a Settings,
    /// Which findings are shown.
    pub(crate) thresholds: Thresholds,
    /// Where it goes.
    pub(crate) destination: &'a Destination,
}

impl Reporter<'_> {
    /// Writes the report; returns how many findings it counts. Takes the findings and problems out of the analysis.
    pub(crate) fn report(&self, analysis: &mut Analysis) -> anyhow::Result<usize> {
        let found = mem::take(&mut analysis.findings);
        let hidden = hidden(&found, self.thresholds);
        let lints = self.lints();
        let report = Report {
            tool_version: env!("CARGO_PKG_VERSION"),
            lints: &lints,
            findings: found.into_iter().filter(|finding| self.thresholds.show(finding)).collect(),
            problems: mem::take(&mut analysis.problems),
            stats: analysis.stats,
            root: self.arguments.path.display().to_string(),
        };
        let texts = Texts(&analysis.semantics.project);
        self.destination.write(|out| self.render(&report, &texts, &hidden, out))?;
        let count = report.active().count();
        self.tell(analysis, count);
        Ok(count)
    }

    /// The lints that ran.
    fn lints(&self) -> Vec<&'static LintMetadata> {
        let wanted = &self.settings.lints;
        lints().filter(|lint| wanted.is_empty() || wanted.iter().any(|name| name == lint.name)).collect()
    }

    fn render(
        &self,
        report: &Report<'_>,
        texts: &Texts<'_>,
        hidden: &str,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        match self.arguments.format {
            Format::Sarif => {
                let category = self.arguments.category.clone();
                render::sarif(report, texts, &SarifOptions { category, ..SarifOptions::default() }, out)
            }
            Format::Json => render::json(report, texts, out),
            Format::Terminal => {
                let options = TerminalOptions {
                    color: self.destination.color(self.arguments.color),
                    width: self.destination.width(),
                    verbosity: self.verbosity(),
                };
                render::terminal(report, texts, &options, out)?;
                if self.arguments.quiet { Ok(()) } else { out.write_all(hidden.as_bytes()) }
            }
        }
    }

    fn verbosity(&self) -> Verbosity {
        match (self.arguments.quiet, self.arguments.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, 0) => Verbosity::Normal,
            (false, _) => Verbosity::Verbose,
        }
    }

    /// What is said beside the report, on the standard error.
    fn tell(&self, analysis: &Analysis, count: usize) {
        let mut text = String::new();
        if let (Some(path), false) = (&self.arguments.output, matches!(self.destination, Destination::Stdout))
            && !self.arguments.quiet
        {
            let plural = if count == 1 { "" } else { "s" };
            let _ = writeln!(text, "{count} finding{plural}, written to `{}`", path.display());
        }
        if self.arguments.verbose > 0 {
            for panic in exit::panics() {
                let _ = writeln!(text, "internal error: {panic}");
            }
        }
        if self.arguments.verbose > 1 {
            for (phase, time) in &analysis.phases {
                let _ = writeln!(text, "{phase:10} {:8.1} ms", time.as_secs_f64() * 1000.0);
            }
        }
        // Nobody is left to be told of a closed standard error.
        let _ = io::stderr().write_all(text.as_bytes());
    }
}

impl Thresholds {
    fn show(self, finding: &Finding) -> bool {
        finding.confidence >= self.confidence && finding.severity >= self.severity
    }
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
            "hidden: {} with {names} confidence, shown by `--min-confidence {least}`",
            unsure.len()
        );
    }
    if let Some(least) = mild.iter().min() {
        let names = Severity::ALL.into_iter().filter(|level| mild.contains(level)).map(Severity::name);
        let names = names.collect::<Vec<_>>().join(" or ");
        let _ =
            writeln!(text, "hidden: {} of {names} severity, shown by `--min-severity {least}`", mild.len());
    }
    text
}

/// The analysed files, read again where a report shows them.
struct Texts<'a>(&'a Project);

impl Sources for Texts<'_> {
    fn path(&self, file: FileId) -> &str {
        &self.0.file(file).path
    }

    fn text(&self, file: FileId) -> Option<Arc<str>> {
        Some(read_source(self.0, file).ok()?.into())
    }
}
