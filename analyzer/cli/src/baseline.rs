//! `cargo ward baseline`, and what a run makes of the file it writes.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context;
use ward_linter::baseline::{BASELINE_FILE, Baseline};

use crate::arguments::{BaselineArguments, CheckArguments};
use crate::catalog::lints;
use crate::check::Plan;
use crate::exit::{Failure, Status, shown};
use crate::outcome::{Files, Outcome};
use crate::output;
use crate::paths::Place;

/// A baseline, and the file it stands in.
#[derive(Debug)]
pub(crate) struct Placed {
    file: PathBuf,
    baseline: Baseline,
}

/// The baseline that counts for a run.
pub(crate) fn for_run(arguments: &CheckArguments, place: &Place) -> anyhow::Result<Option<Placed>> {
    if arguments.no_baseline {
        return Ok(None);
    }
    if let Some(file) = &arguments.baseline {
        return if let Some(baseline) = read(file)? {
            Ok(Some(Placed { file: file.clone(), baseline }))
        } else {
            let message = format!("there is no baseline `{}`", file.display());
            Err(Failure { message, help: Some("`cargo ward baseline` writes one".into()) }.into())
        };
    }
    let Some(file) = ward_project::find_beside(&place.path, &place.within, BASELINE_FILE)? else {
        return Ok(None);
    };
    Ok(read(&file)?.map(|baseline| Placed { file, baseline }))
}

/// Suppresses what is known. Returns how many entries are looked for and no longer found.
pub(crate) fn apply(known: Option<&Placed>, plan: &Plan, outcome: &mut Outcome) -> usize {
    let Some(Placed { file, baseline }) = known else { return 0 };
    let files = files_from(file, outcome);
    let left = baseline.apply(&mut outcome.findings, &files);
    left.only(|lint, path| is_looked_at(plan, outcome, &files, (lint, path))).len()
}

/// The files of a run, with the paths that they have from the folder of a baseline.
fn files_from(baseline: &Path, outcome: &Outcome) -> Files {
    let folder = baseline.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    outcome.files.below(&folder).map_or_else(|| outcome.files.clone(), |(files, _)| files)
}

/// Whether a run would have found again what stands in a baseline as found by a lint in a file.
fn is_looked_at(plan: &Plan, outcome: &Outcome, files: &Files, (lint, path): (&str, &str)) -> bool {
    let is_analysed = |(known, absolute): &(String, PathBuf)| known == path && plan.place.reports(absolute);
    let ran = lints().find(|known| known.name == lint).is_none_or(|known| plan.settings.runs(known));
    // Elsewhere it may have moved to where this run has not looked.
    let is_gone = || {
        let file = files.root.join(path);
        files.root == outcome.files.root && plan.place.reports(&file) && !file.exists()
    };
    ran && (files.files.iter().any(is_analysed) || is_gone())
}

/// Writes the baseline.
pub(crate) fn write(arguments: &BaselineArguments) -> anyhow::Result<Status> {
    let plan = Plan::new(&arguments.analysis)?;
    let file = match &arguments.output {
        Some(file) => file.clone(),
        None => place_of(&plan.place)?,
    };
    let old = read(&file)?;
    let pool = ward_project::thread_pool(arguments.analysis.threads.map(usize::from))?;
    let mut outcome = pool.install(|| plan.analyse())?;
    let name = shown(&file);
    if arguments.prune && old.is_none() {
        let message = format!("there is no baseline `{name}` to prune");
        return Err(Failure { message, help: Some("`cargo ward baseline` writes one".into()) }.into());
    }
    let files = files_from(&file, &outcome);
    let known = old.clone().unwrap_or_default();
    let (is_known, left) = known.known(&outcome.findings, &files);
    let fixed = left.only(|lint, path| is_looked_at(&plan, &outcome, &files, (lint, path)));
    let kept = left.without(&fixed);
    let new = if arguments.prune {
        known.without(&fixed)
    } else {
        // Alone a file does not know its own modules: what is known keeps its entry.
        let is_alone = plan.place.is_one_file();
        let mut is_known = is_known.into_iter();
        outcome.findings.retain(|finding| match (is_known.next(), is_alone) {
            (Some(true), is_alone) => !is_alone,
            _ => plan.thresholds.show(finding),
        });
        let found = Baseline::of(&outcome.findings, &files);
        if is_alone { known.without(&fixed).with(&found) } else { found.with(&kept) }
    };
    let before = known.len();
    if old.as_ref() != Some(&new) {
        output::replace_text(&file, &new.text())?;
    }
    output::print(&match (arguments.prune, before) {
        (true, _) => format!("{} taken out of `{name}`, {} left\n", before - new.len(), new.len()),
        (false, 0) => format!("{} recorded in `{name}`\n", findings(new.len())),
        (false, _) => format!("{} recorded in `{name}`, which held {before} before\n", findings(new.len())),
    })?;
    if !kept.is_empty() {
        output::print(&format!(
            "kept: {} of lints or files that this run did not look at\n",
            findings(kept.len())
        ))?;
    }
    Ok(Status::Clean)
}

fn findings(count: usize) -> String {
    if count == 1 { "1 finding".to_owned() } else { format!("{count} findings") }
}

/// Where the baseline lies, or will.
fn place_of(place: &Place) -> anyhow::Result<PathBuf> {
    match ward_project::find_beside(&place.path, &place.within, BASELINE_FILE)? {
        Some(file) => Ok(file),
        None => Ok(ward_project::workspace_of(&place.path)?.join(BASELINE_FILE)),
    }
}

fn read(file: &Path) -> anyhow::Result<Option<Baseline>> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("cannot read `{}`", shown(file))),
    };
    Baseline::parse(&text).map(Some).map_err(|error| {
        let message = format!("{}: {error}", shown(file));
        Failure { message, help: Some(error.help().to_owned()) }.into()
    })
}
