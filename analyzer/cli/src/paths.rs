//! From the paths a user gives to what is analysed, and what of it is reported.

use std::path::{Path, PathBuf};

use crate::arguments::AnalysisArguments;

/// What is analysed.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The path that is analysed: the only one given, or the folder that holds the workspaces of all.
    pub(crate) path: PathBuf,
    /// These folders in it alone, if there are some.
    pub(crate) within: Vec<PathBuf>,
    /// The part of its package that is reported, if only a part is asked for.
    part: Option<PathBuf>,
}

impl Place {
    /// Whether one file is analysed alone.
    pub(crate) fn is_one_file(&self) -> bool {
        self.path.extension().is_some_and(|extension| extension == "rs") && self.path.is_file()
    }

    /// Whether what is found in a file is reported.
    pub(crate) fn reports(&self, file: &Path) -> bool {
        self.part.as_ref().is_none_or(|part| file.starts_with(part))
    }
}

/// What the paths given mean.
pub(crate) fn to_analyse(arguments: &AnalysisArguments) -> anyhow::Result<Place> {
    if let ([path], false) = (arguments.paths.as_slice(), arguments.workspace) {
        // Without a manifest in it or below, it is a part of the package around it.
        let part = path.canonicalize().ok().filter(|folder| folder.is_dir());
        return Ok(Place { path: path.clone(), within: Vec::new(), part });
    }
    let mut folders = Vec::new();
    for path in &arguments.paths {
        folders.push(ward_project::workspace_of(path)?);
    }
    folders.sort();
    // What lies below comes behind.
    folders.dedup_by(|below, above| below.starts_with(above));
    let common = folders.iter().cloned().reduce(|one, other| {
        let above = one.ancestors().find(|above| other.starts_with(above));
        above.map_or_else(PathBuf::new, PathBuf::from)
    });
    let path = common.unwrap_or_else(|| PathBuf::from("."));
    let within = if folders.len() > 1 { folders } else { Vec::new() };
    Ok(Place { path, within, part: None })
}
