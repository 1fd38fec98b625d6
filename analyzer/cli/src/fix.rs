//! Changing the source: fixes of findings, and suppressions that suppress nothing.
//!
//! A change is made in memory first; what it makes of a file has to parse as well as before, and the analysis of all
//! files with their new texts must not find more than before. Only then are files replaced, each as a whole.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use similar::TextDiff;
use ward_diagnostics::{Applicability, Edit, Loss, ProblemLevel, ReportProblem};
use ward_linter::analyze;
use ward_linter::baseline::Baseline;
use ward_project::content_hash;
use ward_syntax::{FileId, TestCode, lower};

use crate::arguments::CheckArguments;
use crate::check::Plan;
use crate::exit::Failure;
use crate::git::Repository;
use crate::outcome::{Files, Outcome};
use crate::output;

/// Files with their new texts.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    files: BTreeMap<FileId, Changed>,
    /// What was not changed, and why.
    problems: Vec<ReportProblem>,
    /// The files of each fix and removal.
    fixes: Vec<Vec<FileId>>,
}

#[derive(Debug)]
struct Changed {
    old: String,
    new: String,
    /// Start, end, and what comes in their place; sorted, in bytes of the old text.
    edits: Vec<(u32, u32, String)>,
}

/// Whether and how a run is to change files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// It is not.
    Keep,
    /// It shows what it would change.
    Show,
    /// It changes them.
    Write,
}

impl CheckArguments {
    /// Whether and how files are to be changed.
    pub(crate) fn fix_mode(&self) -> Mode {
        let asked = self.fix || self.fix_unused_suppressions;
        match (self.diff, asked) {
            (true, _) => Mode::Show,
            (false, true) => Mode::Write,
            (false, false) => Mode::Keep,
        }
    }
}

/// Makes the changes that the arguments ask for, and returns how many there were. Then the outcome is what was found
/// after them; `drop_known` has taken out of it what is not to be reported.
pub(crate) fn run(
    arguments: &CheckArguments,
    plan: &Plan,
    outcome: &mut Outcome,
    drop_known: &mut dyn FnMut(&mut Outcome),
) -> anyhow::Result<usize> {
    let mut changes = Changes::default();
    let plain =
        arguments.diff && !arguments.fix && !arguments.unsafe_fixes && !arguments.fix_unused_suppressions;
    let widened = arguments.unsafe_fixes && (arguments.fix || arguments.diff);
    let wanted = |applicability| match applicability {
        Applicability::Safe => arguments.fix || widened || plain,
        Applicability::Unsafe => widened,
    };
    for finding in outcome
        .findings
        .iter()
        .filter(|finding| finding.suppression.is_none() && plan.thresholds.show(finding))
    {
        if let Some(fix) = finding.fixes.iter().find(|fix| wanted(fix.applicability)) {
            changes.add(&fix.edits, &outcome.files);
        }
    }
    if arguments.fix_unused_suppressions {
        for edit in &outcome.unused {
            changes.add(std::slice::from_ref(edit), &outcome.files);
        }
    }
    changes.keep_what_parses(&outcome.files);
    let (count, mode) = (changes.fixes.len(), arguments.fix_mode());
    if count > 0 && mode == Mode::Write {
        check_repository(arguments, &changes, &outcome.files)?;
    }
    if count > 0 {
        let mut after = changes.analyse(plan, &outcome.files)?;
        drop_known(&mut after);
        if let Some(worse) = new_finding(outcome, &after) {
            let message =
                format!("nothing was changed, because the fixes together would bring a new finding: {worse}");
            return Err(
                Failure { message, help: Some("please report it; `--diff` shows the fixes".into()) }.into()
            );
        }
        match mode {
            Mode::Show => output::print(&changes.diff(&outcome.files))?,
            Mode::Write | Mode::Keep => {
                changes.write(&outcome.files)?;
                *outcome = after;
            }
        }
    }
    outcome.problems.append(&mut changes.problems);
    Ok(count)
}

impl Changes {
    /// Adds one fix, unless it touches what another changes.
    fn add(&mut self, edits: &[Edit], files: &Files) {
        let mut by_file: BTreeMap<FileId, Vec<&Edit>> = BTreeMap::new();
        for edit in edits {
            by_file.entry(edit.location.file).or_default().push(edit);
        }
        let Some(new) =
            by_file.iter().map(|(file, edits)| self.edited(*file, edits, files)).collect::<Option<Vec<_>>>()
        else {
            return;
        };
        for (file, changed) in by_file.keys().zip(new) {
            self.files.insert(*file, changed);
        }
        self.fixes.push(by_file.into_keys().collect());
    }

    /// A file with more edits. `None` if one does not fit.
    fn edited(&mut self, file: FileId, edits: &[&Edit], files: &Files) -> Option<Changed> {
        let (old, mut spans) = match self.files.get(&file) {
            Some(changed) => (changed.old.clone(), changed.edits.clone()),
            None => (self.read(file, files)?, Vec::new()),
        };
        for edit in edits {
            let span = edit.location.span;
            let overlaps = |(start, end, _): &(u32, u32, String)| {
                span.start < *end && *start < span.end || span.start == *start
            };
            if spans.iter().any(overlaps) || old.get(span.start as usize..span.end as usize).is_none() {
                return None;
            }
            spans.push((span.start, span.end, edit.replacement.clone()));
        }
        spans.sort();
        let mut new = old.clone();
        for (start, end, replacement) in spans.iter().rev() {
            new.replace_range(*start as usize..*end as usize, replacement);
        }
        Some(Changed { old, new, edits: spans })
    }

    /// The text that was analysed.
    fn read(&mut self, file: FileId, files: &Files) -> Option<String> {
        let text = std::fs::read_to_string(files.absolute(file)).ok();
        let text = text.filter(|text| files.hashes.get(file.index()) == Some(&content_hash(text)));
        if text.is_none() {
            self.tell(file, files, "not changed, because it has changed since it was analysed");
        }
        text
    }

    fn tell(&mut self, file: FileId, files: &Files, message: &str) {
        let path = files.files.get(file.index()).map(|(path, _)| path.clone());
        let problem = ReportProblem {
            path,
            position: None,
            message: message.to_owned(),
            help: Some("run again".to_owned()),
            level: ProblemLevel::Warning,
            loss: Loss::Nothing,
        };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Drops the changes of files that would have more syntax errors than before.
    fn keep_what_parses(&mut self, files: &Files) {
        let errors = |text: &str| lower(text, TestCode::Keep).1.len();
        let broken = self.files.iter().filter(|(_, changed)| errors(&changed.new) > errors(&changed.old));
        let broken: Vec<FileId> = broken.map(|(file, _)| *file).collect();
        for file in &broken {
            self.tell(*file, files, "not changed, because it would no longer parse");
        }
        // Half a fix is none, and the files of a fix may hold halves of others.
        let mut dropped = broken;
        while let Some(file) = dropped.pop() {
            self.files.remove(&file);
            let (gone, left): (Vec<_>, Vec<_>) =
                std::mem::take(&mut self.fixes).into_iter().partition(|fix| fix.contains(&file));
            self.fixes = left;
            dropped.extend(gone.into_iter().flatten().filter(|other| self.files.contains_key(other)));
        }
    }

    /// The analysis of all files with their new texts.
    fn analyse(&self, plan: &Plan, files: &Files) -> anyhow::Result<Outcome> {
        let texts =
            self.files.iter().map(|(file, changed)| (files.absolute(*file).to_owned(), changed.new.clone()));
        let mut settings = plan.settings.clone();
        settings.discover.texts = Arc::new(texts.collect());
        let mut outcome = analyze(&plan.place.path, &plan.registry, &settings)?.into();
        plan.narrow(&mut outcome);
        Ok(outcome)
    }

    fn diff(&self, files: &Files) -> String {
        let mut text = String::new();
        for (file, changed) in &self.files {
            let path = files.files.get(file.index()).map_or("", |(path, _)| path);
            let diff = TextDiff::from_lines(&changed.old, &changed.new);
            let (old, new) = (format!("a/{path}"), format!("b/{path}"));
            // Writing to a string does not fail.
            let _ = write!(text, "{}", diff.unified_diff().header(&old, &new));
        }
        text
    }

    /// Writes all files; if one cannot be written, those before it get their old texts back.
    fn write(&self, files: &Files) -> anyhow::Result<()> {
        let mut written: Vec<(FileId, &str)> = Vec::new();
        for (file, changed) in &self.files {
            if let Err(error) = output::replace_text(files.absolute(*file), &changed.new) {
                for (file, old) in written {
                    // What has just been written can be written again, or nothing helps.
                    let _ = output::replace_text(files.absolute(file), old);
                }
                return Err(error.context("nothing was changed"));
            }
            written.push((*file, &changed.old));
        }
        Ok(())
    }
}

/// Refuses to change what could not be taken back.
fn check_repository(arguments: &CheckArguments, changes: &Changes, files: &Files) -> anyhow::Result<()> {
    if arguments.allow_dirty {
        return Ok(());
    }
    let refuse = |message: String, help: &str| -> anyhow::Error {
        Failure { message, help: Some(help.into()) }.into()
    };
    let Ok(repository) = Repository::around(&files.root) else {
        let message = "the files are in no git repository, so changes could not be taken back".to_owned();
        return Err(refuse(
            message,
            "look at them by `--diff` first, or change them anyway by `--allow-dirty`",
        ));
    };
    let paths: Vec<PathBuf> = changes.files.keys().map(|file| files.absolute(*file).to_owned()).collect();
    let dirty = repository.dirty(&paths)?;
    if dirty.is_empty() {
        return Ok(());
    }
    let message = format!("these files have changes that are not committed: {}", dirty.join(", "));
    Err(refuse(message, "commit or stash them, or change them anyway by `--allow-dirty`"))
}

/// A finding that was not there before.
fn new_finding(before: &Outcome, after: &Outcome) -> Option<String> {
    let known = Baseline::of(&before.findings, &before.files);
    let counts =
        |outcome: &Outcome| outcome.findings.iter().filter(|finding| finding.suppression.is_none()).count();
    if counts(after) <= counts(before) {
        return None;
    }
    let (known, _) = known.known(&after.findings, &after.files);
    let new =
        after.findings.iter().zip(known).find(|(finding, known)| !known && finding.suppression.is_none());
    new.map(|(finding, _)| format!("{}: {}", finding.lint.name, finding.message))
}
