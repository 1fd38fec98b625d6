//! The work that benches measure: the whole analysis, and its floor.

use std::path::Path;

use anyhow::{Result, ensure};
use rayon::prelude::*;
use ward_linter::{Settings, analyze};
use ward_project::{DiscoverOptions, FileRole, ProjectFile, TestCode, discover, read_source};
use ward_syntax::parse_only;

/// Parses the files that [`analyze_all`] reads, largest first as there.
pub fn parse_all(path: &Path) -> Result<()> {
    let options = DiscoverOptions::default();
    let project = discover(path, &options)?;
    let is_code = |role: FileRole| !matches!(role, FileRole::Example | FileRole::Template);
    let is_read = |file: &ProjectFile| is_code(file.role) && file.size <= options.max_file_size;
    let files = project.files().filter(|(_, file)| is_read(file));
    let mut files: Vec<_> = files.map(|(id, file)| (file.size, id)).collect();
    files.sort_by_key(|(size, _)| std::cmp::Reverse(*size));
    let parsed: usize = files
        .into_iter()
        .par_bridge()
        .map(|(_, id)| read_source(&project, id).is_ok_and(|text| parse_only(&text)))
        .map(usize::from)
        .sum();
    ensure!(parsed > 0, "{}: no file parses", path.display());
    Ok(())
}

/// Analyses a path with all lints.
pub fn analyze_all(path: &Path, tests: TestCode) -> Result<()> {
    let discover = DiscoverOptions { tests, ..DiscoverOptions::default() };
    let analysis = analyze(path, &ward_lints::registry(), &Settings { discover, ..Settings::default() })?;
    ensure!(analysis.stats.files > 0, "{}: no file was read", path.display());
    // Only the work counts, and a process that ends need not give back what it holds.
    std::mem::forget(analysis);
    Ok(())
}
