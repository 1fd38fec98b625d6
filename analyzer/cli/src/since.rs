//! `--since`: what the work since a revision brings, by the analysis of the whole program before and after it.

use std::path::Path;

use ward_linter::baseline::Baseline;

use crate::check::Plan;
use crate::git::Repository;
use crate::outcome::Outcome;
use crate::settings::Thresholds;

/// The findings that were there before the work since `revision` began.
pub(crate) fn old(revision: &str, plan: &Plan, root: &Path) -> anyhow::Result<Baseline> {
    let repository = Repository::around(root)?;
    let base = repository.base(revision)?;
    let mut below = root.strip_prefix(&repository.top).unwrap_or(Path::new("")).to_owned();
    if plan.place.path.is_file()
        && let Some(name) = plan.place.path.file_name()
    {
        below.push(name);
    }
    let find = || findings_at(&base, &repository, plan, &below);
    match plan.cache() {
        Some(cache) => cache.at_commit(&base, &below, || {
            plan.take_lowered(&cache);
            find()
        }),
        None => find(),
    }
}

/// Drops the findings that are old, and says how many of them would have been shown.
pub(crate) fn drop_old(old: &Baseline, thresholds: Thresholds, outcome: &mut Outcome) -> usize {
    let (known, _) = old.known(&outcome.findings, &outcome.files);
    let mut known = known.into_iter();
    let mut shown = 0;
    outcome.findings.retain(|finding| {
        let is_known = known.next().unwrap_or(false);
        shown += usize::from(is_known && thresholds.show(finding));
        !is_known
    });
    shown
}

/// The findings of a commit, in a folder or file of the repository.
fn findings_at(commit: &str, repository: &Repository, plan: &Plan, below: &Path) -> anyhow::Result<Baseline> {
    let folder = repository.laid_out(commit)?;
    let old = folder.path().join(below);
    if !old.exists() {
        return Ok(Baseline::default());
    }
    match plan.analyse_at(&old) {
        Ok(before) => Ok(Baseline::of(&before.findings, &before.files)),
        // There was no Rust yet.
        Err(error) if is_empty(&error) => Ok(Baseline::default()),
        Err(error) => Err(error.context(format!("the analysis of commit {commit} failed"))),
    }
}

/// Whether there was nothing to analyse.
pub(crate) fn is_empty(error: &anyhow::Error) -> bool {
    use ward_linter::RunError;
    use ward_project::ProjectError;
    matches!(error.downcast_ref(), Some(RunError::Project(ProjectError::Empty { .. })))
}
