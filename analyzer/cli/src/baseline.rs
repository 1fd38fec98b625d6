//! `cargo ward baseline`, and what a run makes of the file it writes.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context;
use ward_linter::baseline::{BASELINE_FILE, Baseline};

use crate::arguments::{BaselineArguments, CheckArguments};
use crate::check::Plan;
use crate::exit::{Failure, Status, shown};
use crate::outcome::Outcome;
use crate::output;

/// The baseline that counts for a run.
pub(crate) fn for_run(arguments: &CheckArguments, path: &Path) -> anyhow::Result<Option<Baseline>> {
    if arguments.no_baseline {
        return Ok(None);
    }
    if let Some(file) = &arguments.baseline {
        return if let Some(baseline) = read(file)? {
            Ok(Some(baseline))
        } else {
            let message = format!("there is no baseline `{}`", file.display());
            Err(Failure { message, help: Some("`cargo ward baseline` writes one".into()) }.into())
        };
    }
    match ward_project::find_beside(path, BASELINE_FILE)? {
        Some(file) => read(&file),
        None => Ok(None),
    }
}

/// Suppresses what is known, and says of what is known and no longer found.
pub(crate) fn apply(baseline: Option<&Baseline>, outcome: &mut Outcome) {
    if let Some(baseline) = baseline {
        baseline.apply(&mut outcome.findings, &outcome.files);
    }
}

/// Writes the baseline.
pub(crate) fn write(arguments: &BaselineArguments) -> anyhow::Result<Status> {
    let plan = Plan::new(&arguments.analysis)?;
    let file = match &arguments.output {
        Some(file) => file.clone(),
        None => place(&plan.path)?,
    };
    let old = read(&file)?;
    let pool = ward_project::thread_pool(arguments.analysis.threads.map(usize::from))?;
    let mut outcome = pool.install(|| plan.analyse())?;
    outcome.findings.retain(|finding| plan.thresholds.show(finding));
    let name = shown(&file);
    let new = if arguments.prune {
        let Some(old) = &old else {
            let message = format!("there is no baseline `{name}` to prune");
            return Err(Failure { message, help: Some("`cargo ward baseline` writes one".into()) }.into());
        };
        let (_, fixed) = old.known(&outcome.findings, &outcome.files);
        old.without(&fixed)
    } else {
        Baseline::of(&outcome.findings, &outcome.files)
    };
    let before = old.as_ref().map_or(0, Baseline::len);
    if old.as_ref() != Some(&new) {
        output::replace_text(&file, &new.text())?;
    }
    output::print(&match (arguments.prune, before) {
        (true, _) => format!("{} taken out of `{name}`, {} left\n", before - new.len(), new.len()),
        (false, 0) => format!("{} recorded in `{name}`\n", findings(new.len())),
        (false, _) => format!("{} recorded in `{name}`, before it were {before}\n", findings(new.len())),
    })?;
    Ok(Status::Clean)
}

fn findings(count: usize) -> String {
    if count == 1 { "1 finding".to_owned() } else { format!("{count} findings") }
}

/// Where the baseline lies, or will.
fn place(path: &Path) -> anyhow::Result<PathBuf> {
    match ward_project::find_beside(path, BASELINE_FILE)? {
        Some(file) => Ok(file),
        None => Ok(ward_project::workspace_of(path)?.join(BASELINE_FILE)),
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
