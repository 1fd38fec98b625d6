//! Findings for people: source snippets, the data flow, the reason, what to write instead, a summary.
//!
//! Everything that comes from the analysed program goes through [`crate::escape`] before it is written.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use codespan_reporting::diagnostic::{Diagnostic, Severity as Level};
use codespan_reporting::files::Error;
use codespan_reporting::term::termcolor::{Ansi, NoColor};
use codespan_reporting::term::{Config, DisplayStyle, emit_to_write_style};

use ward_syntax::FileId;

use super::figures::{analysed, counted, grouped, left_out, suppressed};
use super::links::Links;
use super::snippet::Snippets;
use crate::escape::{block, inline};
use crate::finding::{Applicability, EndpointRef, Finding, Flow, Label, Location, StepKind};
use crate::metadata::{LintLevel, Severity};
use crate::report::{ProblemLevel, Report, ReportProblem, Sources};
use crate::text::Texts;

/// The columns that line numbers, borders and margins take beside the source.
const GUTTER: usize = 10;
/// The least room for source, however narrow the terminal is.
const LEAST_WIDTH: usize = 40;
/// A flow of more steps is shown with its middle left out, unless the output is verbose.
const MOST_STEPS: usize = 40;

/// How [`terminal`] writes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TerminalOptions {
    /// Whether to colour.
    pub color: Color,
    /// The width of the terminal in columns; longer source lines are cut.
    pub width: usize,
    /// How much to write.
    pub verbosity: Verbosity,
    /// The folder that paths are relative to, absolute, if places are to be links to their files.
    pub links: Option<String>,
}

impl Default for TerminalOptions {
    fn default() -> Self {
        Self { color: Color::Auto, width: 120, verbosity: Verbosity::Normal, links: None }
    }
}

/// When to colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Color {
    /// If the standard output is a terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How much to write.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Verbosity {
    /// One line for each finding, errors of the run, no summary.
    Quiet,
    /// Findings with source, their first flow, warnings of the run, and a summary.
    #[default]
    Normal,
    /// Also suppressed findings, every flow in full, notes of the run, and all figures.
    Verbose,
}

/// Writes a report for people: findings, then problems of the run, then a summary.
pub fn terminal(
    report: &Report<'_>,
    sources: &dyn Sources,
    options: &TerminalOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    let texts = Texts::new(sources);
    let mut printer = Printer { texts: &texts, options, out, links: Links::default() };
    let mut alike = Alike::default();
    for finding in &report.findings {
        if options.verbosity == Verbosity::Normal && finding.suppression.is_none() && alike.is_enough(finding)
        {
            continue;
        }
        if finding.suppression.is_none() || options.verbosity == Verbosity::Verbose {
            printer.finding(finding)?;
        }
    }
    for (first, more) in &alike.more {
        printer.more(first, more)?;
    }
    for problem in &report.problems {
        if problem.level >= least_problem(options.verbosity) {
            printer.problem(problem)?;
        }
    }
    if options.verbosity > Verbosity::Quiet {
        printer.out.write_all(summary(report, options.verbosity).as_bytes())?;
    }
    printer.out.flush()
}

/// How many findings that are alike are shown in full.
const MOST_ALIKE: usize = 4;

/// Findings of one lint that say the same in one file.
#[derive(Default)]
struct Alike<'r> {
    seen: BTreeMap<(FileId, &'static str, &'r str), usize>,
    /// Those that are not shown in full, with the first of each kind.
    more: Vec<(&'r Finding, Vec<&'r Finding>)>,
}

impl<'r> Alike<'r> {
    /// Whether enough findings like this one have been shown. It is kept then.
    fn is_enough(&mut self, finding: &'r Finding) -> bool {
        let key = |finding: &'r Finding| {
            (finding.primary.location.file, finding.lint.name, finding.message.as_str())
        };
        let seen = self.seen.entry(key(finding)).or_default();
        *seen += 1;
        if *seen <= MOST_ALIKE {
            return false;
        }
        match self.more.iter_mut().find(|(first, _)| key(first) == key(finding)) {
            Some((_, more)) => more.push(finding),
            None => self.more.push((finding, vec![finding])),
        }
        true
    }
}

struct Printer<'a> {
    texts: &'a Texts<'a>,
    options: &'a TerminalOptions,
    out: &'a mut dyn Write,
    /// What places lead to in the text that is written next.
    links: Links,
}

impl Printer<'_> {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        self.link(finding);
        let quiet = self.options.verbosity == Verbosity::Quiet;
        let width = self.width();
        let related = if quiet { &[] } else { finding.related.as_slice() };
        let (snippets, labels) = Snippets::new(&finding.primary, related, self.texts, width);
        let gone = self.gone(&finding.primary, related);
        let mut message = inline(&finding.message).into_owned();
        if quiet && let Some(place) = gone.first() {
            message = format!("{message} ({place})");
        }
        let diagnostic = Diagnostic::new(level(finding))
            .with_code(finding.lint.name)
            .with_message(message)
            .with_labels(labels)
            .with_notes(if quiet { Vec::new() } else { self.notes(finding, gone) });
        self.emit(&snippets, &diagnostic)
    }

    /// The room for text beside line numbers, borders and margins.
    fn width(&self) -> usize {
        self.options.width.saturating_sub(GUTTER).max(LEAST_WIDTH)
    }

    /// Findings that are like others, by their places.
    fn more(&mut self, first: &Finding, more: &[&Finding]) -> io::Result<()> {
        let message = format!("{} more: {}", more.len(), inline(&first.message));
        let mut places: Vec<String> =
            more.iter().map(|finding| self.place(finding.primary.location)).collect();
        places.push("`--verbose` shows each".to_owned());
        let diagnostic = Diagnostic::new(level(first))
            .with_code(first.lint.name)
            .with_message(message)
            .with_notes(vec![places.join("\n")]);
        for finding in more {
            self.link(finding);
        }
        self.emit(&Snippets::default(), &diagnostic)
    }

    /// Lets the places of a finding be links.
    fn link(&mut self, finding: &Finding) {
        let Some(root) = &self.options.links else { return };
        let steps = finding.flows.iter().flat_map(|flow| flow.steps.iter().map(|step| step.location));
        let related = finding.related.iter().map(|label| label.location);
        let endpoint = finding.endpoint.iter().map(|endpoint| endpoint.handler);
        for location in [finding.primary.location].into_iter().chain(related).chain(steps).chain(endpoint) {
            let place = self.place(location);
            self.links.place(&place, root, self.texts.path(location.file));
        }
        self.links.lint(finding.lint);
    }

    fn problem(&mut self, problem: &ReportProblem) -> io::Result<()> {
        let mut message = String::new();
        if let Some(path) = &problem.path {
            message.push_str(&inline(path));
            if let Some((line, column)) = problem.position {
                let _ = write!(message, ":{line}:{column}");
            }
            message.push_str(": ");
        }
        message.push_str(&inline(&problem.message));
        let level = match problem.level {
            ProblemLevel::Error => Level::Error,
            ProblemLevel::Warning => Level::Warning,
            ProblemLevel::Note => Level::Note,
        };
        let help = problem.help.iter().map(|help| titled("help", help, self.width()));
        let diagnostic = Diagnostic::new(level).with_message(message).with_notes_iter(help);
        self.emit(&Snippets::default(), &diagnostic)
    }

    /// Renders into memory first, so that a line is written whole or not at all.
    fn emit(&mut self, snippets: &Snippets, diagnostic: &Diagnostic<usize>) -> io::Result<()> {
        let display_style = match self.options.verbosity {
            Verbosity::Quiet => DisplayStyle::Short,
            Verbosity::Normal | Verbosity::Verbose => DisplayStyle::Rich,
        };
        let config = Config { display_style, ..Config::default() };
        let coloured = match self.options.color {
            Color::Auto => io::stdout().is_terminal(),
            Color::Always => true,
            Color::Never => false,
        };
        let rendered = if coloured {
            let mut writer = Ansi::new(Vec::new());
            emit_to_write_style(&mut writer, &config, snippets, diagnostic).map(|()| writer.into_inner())
        } else {
            let mut writer = NoColor::new(Vec::new());
            emit_to_write_style(&mut writer, &config, snippets, diagnostic)
                .map(|()| trimmed(&writer.into_inner()))
        };
        let rendered = rendered.map_err(into_io)?;
        if self.options.links.is_none() {
            return self.out.write_all(&rendered);
        }
        let linked = std::mem::take(&mut self.links).apply(&String::from_utf8_lossy(&rendered));
        self.out.write_all(linked.as_bytes())
    }

    /// The places whose file can no longer be read, so that there is nothing to show.
    fn gone(&self, primary: &Label, related: &[Label]) -> Vec<String> {
        let labels = std::iter::once(primary).chain(related);
        let gone = labels.filter(|label| self.texts.text(label.location.file).is_none());
        let describe = |label: &Label| {
            let path = inline(self.texts.path(label.location.file));
            let message = inline(&label.message);
            let colon = if message.is_empty() { "" } else { ": " };
            format!("in {path}, which can no longer be read{colon}{message}")
        };
        gone.map(describe).collect()
    }

    fn notes(&self, finding: &Finding, gone: Vec<String>) -> Vec<String> {
        let mut notes = gone;
        notes.push(rating(finding));
        notes.extend(finding.endpoint.as_ref().map(|endpoint| self.endpoint(endpoint)));
        let verbose = self.options.verbosity == Verbosity::Verbose;
        let shown = if verbose { finding.flows.len() } else { finding.flows.len().min(1) };
        for (index, flow) in finding.flows.iter().take(shown).enumerate() {
            notes.push(self.flow(flow, &flow_title(index, finding.flows.len(), shown)));
        }
        let titled = |title: &str, text: &str| titled(title, text, self.width());
        notes.extend(finding.notes.iter().map(|note| titled("note", note)));
        notes.extend(finding.help.iter().map(|help| titled("help", help)));
        for fix in &finding.fixes {
            let title = match fix.applicability {
                Applicability::Safe => "fix",
                Applicability::Unsafe => "fix to review",
            };
            notes.push(titled(title, &fix.description));
        }
        if let Some(suppression) = &finding.suppression {
            let reason = suppression.justification.as_deref().unwrap_or("no reason given");
            notes.push(titled("suppressed", reason));
        }
        notes
    }

    fn endpoint(&self, endpoint: &EndpointRef) -> String {
        let guard = endpoint.guarded.told(|name| format!("`{}`", inline(name)));
        let handler = self.place(endpoint.handler);
        let (method, path) = (inline(&endpoint.method), inline(&endpoint.path));
        format!("reachable through `{method} {path}`{guard}; handler at {handler}")
    }

    /// The steps of a flow, numbered, in columns; what is inside a called function is indented.
    fn flow(&self, flow: &Flow, title: &str) -> String {
        let places: Vec<String> = flow.steps.iter().map(|step| self.place(step.location)).collect();
        let width = places.iter().map(|place| place.chars().count()).max().unwrap_or(0);
        let digits = flow.steps.len().to_string().len();
        let cut = self.options.verbosity < Verbosity::Verbose && flow.steps.len() > MOST_STEPS;
        let left_out = if cut { MOST_STEPS / 2..flow.steps.len() - MOST_STEPS / 2 } else { 0..0 };
        let mut text = title.to_owned();
        for (index, ((step, place), depth)) in flow.steps.iter().zip(&places).zip(depths(flow)).enumerate() {
            if left_out.contains(&index) {
                if index == left_out.start {
                    let _ = write!(text, "\n  {:digits$}  ({} more steps)", "", left_out.len());
                }
                continue;
            }
            let (number, kind) = (index + 1, step.kind.name());
            let message = inline(&step.message);
            let indent = "  ".repeat(depth.min(8));
            let _ = write!(text, "\n  {number:digits$}  {place:width$}  {kind:6}  {indent}{message}");
        }
        text
    }

    /// `path:line:column`, or the path alone if the file can no longer be read.
    fn place(&self, location: Location) -> String {
        let path = inline(self.texts.path(location.file));
        let Some(text) = self.texts.text(location.file) else { return path.into_owned() };
        let position = text.position(location.span.start);
        format!("{path}:{}:{}", position.line, position.column)
    }
}

/// How deep in called functions each step is, the outermost at 0.
pub(super) fn depths(flow: &Flow) -> Vec<usize> {
    let mut depth = 0_isize;
    let mut depths = Vec::with_capacity(flow.steps.len());
    for step in &flow.steps {
        depths.push(depth);
        match step.kind {
            StepKind::Call => depth += 1,
            StepKind::Return => depth -= 1,
            StepKind::Source | StepKind::Step | StepKind::Sink => {}
        }
    }
    let outermost = depths.iter().copied().min().unwrap_or(0);
    depths.into_iter().map(|depth| (depth - outermost).unsigned_abs()).collect()
}

fn flow_title(index: usize, all: usize, shown: usize) -> String {
    match (all, shown) {
        (1, _) => "data flow:".to_owned(),
        (_, 1) => format!("data flow, the first of {all}:"),
        _ => format!("data flow {} of {all}:", index + 1),
    }
}

/// `severity high, confidence medium, CWE-89, API8:2023`.
fn rating(finding: &Finding) -> String {
    let mut text = format!("severity {}, confidence {}", finding.severity, finding.confidence);
    for number in finding.lint.cwe {
        let _ = write!(text, ", CWE-{number}");
    }
    for risk in finding.lint.owasp {
        let _ = write!(text, ", {risk}");
    }
    text
}

/// A text under a title, its later lines indented as far as the first. Long lines of prose are broken, code is not.
fn titled(title: &str, text: &str, width: usize) -> String {
    let indent = " ".repeat(title.len() + 2);
    let block = block(text);
    let room = width.saturating_sub(indent.len()).max(LEAST_WIDTH / 2);
    let lines: Vec<String> =
        if block.contains('\n') { block.lines().map(str::to_owned).collect() } else { wrapped(&block, room) };
    let mut titled = format!("{title}: {}", lines.first().map_or("", String::as_str));
    for line in lines.iter().skip(1) {
        let _ = write!(titled, "\n{}", format!("{indent}{line}").trim_end());
    }
    titled
}

/// A line broken between words.
fn wrapped(line: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in line.split(' ') {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            lines.push(String::new());
            used = 0;
        }
        let current = lines.last_mut().expect("there is always a line");
        if used > 0 {
            current.push(' ');
            used += 1;
        }
        current.push_str(word);
        used += length;
    }
    lines
}

/// As the compiler and clippy have it: what makes the run fail is an error, however severe, and nothing else is.
fn level(finding: &Finding) -> Level {
    match finding.level {
        LintLevel::Deny => Level::Error,
        LintLevel::Warn | LintLevel::Allow => Level::Warning,
    }
}

/// The mildest problem that is still shown.
fn least_problem(verbosity: Verbosity) -> ProblemLevel {
    match verbosity {
        Verbosity::Quiet => ProblemLevel::Error,
        Verbosity::Normal => ProblemLevel::Warning,
        Verbosity::Verbose => ProblemLevel::Note,
    }
}

/// The lines without the spaces they end with.
fn trimmed(rendered: &[u8]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(rendered.len());
    for line in rendered.split_inclusive(|byte| *byte == b'\n') {
        lines.extend(line.trim_ascii_end());
        if line.ends_with(b"\n") {
            lines.push(b'\n');
        }
    }
    lines
}

fn into_io(error: Error) -> io::Error {
    match error {
        Error::Io(error) => error,
        other => io::Error::other(other),
    }
}

/// What was found and what was looked at.
fn summary(report: &Report<'_>, verbosity: Verbosity) -> String {
    let active = report.active().count();
    let mut text = match active {
        0 => "no findings".to_owned(),
        _ => format!("{}: {}{}", counted(active, "finding"), by_severity(report), warnings(report, active)),
    };
    if let Some(suppressed) = suppressed(report) {
        let _ = write!(text, " ({suppressed})");
    }
    text.push('\n');
    let stats = &report.stats;
    let (seconds, hundredths) = (stats.millis / 1_000, stats.millis % 1_000 / 10);
    // Writing to a string does not fail.
    let _ = writeln!(text, "analysed {}, in {seconds}.{hundredths:02} s", analysed(stats));
    if let Some(parts) = left_out(stats) {
        let _ = writeln!(text, "not analysed: {parts}");
    }
    if verbosity == Verbosity::Verbose {
        let _ = writeln!(text, "{}", counted(stats.functions, "function"));
    }
    let mut lints: Vec<&str> = report.active().map(|finding| finding.lint.name).collect();
    lints.sort_unstable();
    lints.dedup();
    match lints[..] {
        [] => {}
        [lint] => {
            let _ = writeln!(text, "to learn more, or to suppress it: cargo ward explain {lint}");
        }
        _ => text.push_str("to learn more about a lint, or to suppress it: cargo ward explain LINT\n"),
    }
    text
}

/// How many of the findings do not make the run fail; empty if there are none.
fn warnings(report: &Report<'_>, active: usize) -> String {
    match report.active().filter(|finding| finding.level == LintLevel::Warn).count() {
        0 => String::new(),
        1 if active == 1 => ", a warning".to_owned(),
        1 => ", one of them a warning".to_owned(),
        count if count == active => ", all of them warnings".to_owned(),
        count => format!(", {} of them warnings", grouped(count)),
    }
}

fn by_severity(report: &Report<'_>) -> String {
    let of = |severity: Severity| match report.count(severity) {
        0 => None,
        count => Some(format!("{} {severity}", grouped(count))),
    };
    let counts: Vec<String> = Severity::ALL.into_iter().rev().filter_map(of).collect();
    counts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::titled;

    #[test]
    fn later_lines_stand_under_the_first() {
        let help = titled("help", "bind it:\n\nquery(\"?\")", 80);
        assert_eq!(help, "help: bind it:\n\n      query(\"?\")");
        assert_eq!(titled("note", "", 80), "note: ");
        assert_eq!(titled("note", "one two three four five", 20), "note: one two three four\n      five");
    }
}
