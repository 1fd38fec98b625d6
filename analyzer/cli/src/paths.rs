//! From the paths a user gives to the one that is analysed.

use std::path::PathBuf;

use crate::arguments::AnalysisArguments;

/// The path to analyse: the only one given, or the folder that holds the workspaces of all.
pub(crate) fn to_analyse(arguments: &AnalysisArguments) -> anyhow::Result<PathBuf> {
    if let ([path], false) = (arguments.paths.as_slice(), arguments.workspace) {
        return Ok(path.clone());
    }
    let mut folders = Vec::new();
    for path in &arguments.paths {
        folders.push(ward_project::workspace_of(path)?);
    }
    let common = folders.into_iter().reduce(|one, other| {
        let above = one.ancestors().find(|above| other.starts_with(above));
        above.map_or_else(PathBuf::new, PathBuf::from)
    });
    Ok(common.unwrap_or_else(|| PathBuf::from(".")))
}
