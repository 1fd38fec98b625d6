//! `--since`: what the work since a revision brings, by the analysis of the whole program before and after it.

use std::path::Path;

use ward_linter::baseline::Baseline;

use crate::check::Plan;
use crate::git::Repository;
use crate::outcome::Outcome;

/// Drops the findings that were there before the work since `revision` began, and says how many they are.
pub(crate) fn drop_old(revision: &str, plan: &Plan, outcome: &mut Outcome) -> anyhow::Result<Option<usize>> {
    let repository = Repository::around(&outcome.files.root)?;
    let base = repository.base(revision)?;
    let old = findings_at(&base, &repository, plan, &outcome.files.root)?;
    let (known, _) = old.known(&outcome.findings, &outcome.files);
    let before = outcome.findings.len();
    let mut known = known.into_iter();
    outcome.findings.retain(|_| !known.next().unwrap_or(false));
    Ok(Some(before - outcome.findings.len()))
}

/// The findings of a commit, in a folder of the repository.
fn findings_at(commit: &str, repository: &Repository, plan: &Plan, root: &Path) -> anyhow::Result<Baseline> {
    let folder = tempfile::Builder::new().prefix("cargo-ward-").tempdir()?;
    repository.export(commit, folder.path())?;
    let below = root.strip_prefix(&repository.top).unwrap_or(Path::new(""));
    let mut old = folder.path().join(below);
    if plan.path.is_file()
        && let Some(name) = plan.path.file_name()
    {
        old.push(name);
    }
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

fn is_empty(error: &anyhow::Error) -> bool {
    use ward_linter::RunError;
    use ward_project::ProjectError;
    matches!(error.downcast_ref(), Some(RunError::Project(ProjectError::Empty { .. })))
}
