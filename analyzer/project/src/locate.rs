//! From the path a user gives to the folder that is analysed.

use std::path::{Path, PathBuf};

use crate::config::{BASELINE_FILE, CONFIG_FILE};
use crate::manifest::{MANIFEST, Manifest};
use crate::{ProjectError, walk};

/// What a path stands for.
#[derive(Debug)]
pub(crate) struct Location {
    /// The root: absolute, links resolved.
    pub(crate) root: PathBuf,
    /// The one file to analyse in it, if the path names a file.
    pub(crate) file: Option<PathBuf>,
    /// The workspace above the root that the packages in it may belong to.
    pub(crate) outer: Option<OuterWorkspace>,
}

/// A workspace whose manifest lies above the root.
#[derive(Debug)]
pub(crate) struct OuterWorkspace {
    /// Its folder.
    pub(crate) folder: PathBuf,
    /// Its manifest.
    pub(crate) manifest: Manifest,
}

/// Finds the root for `path`; see the crate's documentation.
pub(crate) fn locate(path: &Path) -> Result<Location, ProjectError> {
    let absolute = canonical(path)?;
    if absolute.is_dir() {
        return Ok(Location::new(root_of_folder(absolute), None));
    }
    let parent = absolute.parent().unwrap_or(&absolute).to_owned();
    if absolute.file_name().is_some_and(|name| name == MANIFEST) {
        return Ok(Location::new(parent, None));
    }
    if absolute.is_file() && absolute.extension().is_some_and(|extension| extension == "rs") {
        return Ok(Location::new(parent, Some(absolute)));
    }
    Err(ProjectError::NotRust { path: path.to_owned() })
}

/// The folder of the workspace that a file or folder belongs to, or else of its package, or else the folder itself.
///
/// # Errors
/// When `path` does not exist.
pub fn workspace_of(path: &Path) -> Result<PathBuf, ProjectError> {
    let absolute = canonical(path)?;
    let folder = if absolute.is_dir() { absolute.as_path() } else { absolute.parent().unwrap_or(&absolute) };
    let Some(package) = manifest_folder_above(folder) else { return Ok(folder.to_owned()) };
    Ok(outer_workspace(package).map_or_else(|| package.to_owned(), |workspace| workspace.folder))
}

/// The file of this name that counts for `path`: in its root, or in the folders above, up to that of the workspace, or else in
/// the only folder below that is set up, and lies in one of `within` if there are some.
///
/// # Errors
/// When `path` does not exist.
pub fn find_beside(path: &Path, within: &[PathBuf], name: &str) -> Result<Option<PathBuf>, ProjectError> {
    let location = locate(path)?;
    let above = location.config_folders().map(|folder| folder.join(name)).find(|file| file.is_file());
    Ok(above.or_else(|| Some(location.nested_folder(within)?.join(name)).filter(|file| file.is_file())))
}

fn canonical(path: &Path) -> Result<PathBuf, ProjectError> {
    std::fs::canonicalize(path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => ProjectError::NotFound { path: path.to_owned() },
        _ => ProjectError::Read { path: path.to_owned(), source },
    })
}

impl Location {
    fn new(root: PathBuf, file: Option<PathBuf>) -> Self {
        let outer = outer_workspace(&root);
        Self { root, file, outer }
    }

    /// Where a configuration may lie, nearest first: the root, and the folders above it up to its workspace,
    /// or to its package if it is none itself.
    pub(crate) fn config_folders(&self) -> impl Iterator<Item = &Path> {
        let outer = self.outer.as_ref().map(|outer| outer.folder.as_path());
        let top =
            outer.filter(|outer| self.root.starts_with(outer)).or_else(|| manifest_folder_above(&self.root));
        let above =
            top.map_or(1, |top| self.root.ancestors().take_while(|folder| folder.starts_with(top)).count());
        self.root.ancestors().take(above)
    }
}

impl Location {
    /// The only folder below a root that is no package itself where there is a configuration or a baseline: the service of a
    /// repository that holds other things, too.
    pub(crate) fn nested_folder(&self, within: &[PathBuf]) -> Option<PathBuf> {
        if self.file.is_some() || manifest_folder_above(&self.root).is_some() {
            return None;
        }
        let mut found = Vec::new();
        configured_below(&self.root, MOST_LEVELS, &mut found);
        found.retain(|folder| within.is_empty() || within.iter().any(|wanted| folder.starts_with(wanted)));
        if let [only] = found.as_slice() { Some(only.clone()) } else { None }
    }
}

/// A service lies so many folders below the top of its repository.
const MOST_LEVELS: usize = 2;

fn configured_below(folder: &Path, levels: usize, found: &mut Vec<PathBuf>) {
    let Some(levels) = levels.checked_sub(1) else { return };
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if !is_folder
            || name == "target"
            || name == "node_modules"
            || name.as_encoded_bytes().starts_with(b".")
        {
            continue;
        }
        let below = entry.path();
        if [CONFIG_FILE, BASELINE_FILE].iter().any(|name| below.join(name).is_file()) {
            found.push(below);
        } else {
            configured_below(&below, levels, found);
        }
    }
}

fn root_of_folder(folder: PathBuf) -> PathBuf {
    match manifest_folder_above(&folder) {
        Some(above) if above != folder && !walk::holds_manifest(&folder) => above.to_owned(),
        _ => folder,
    }
}

/// The nearest folder with a manifest, `folder` itself or above it, in the same git repository.
fn manifest_folder_above(folder: &Path) -> Option<&Path> {
    for above in folder.ancestors() {
        if above.join(MANIFEST).is_file() {
            return Some(above);
        }
        if above.join(".git").exists() {
            return None;
        }
    }
    None
}

/// The workspace above `root` that `root` is in: the one its manifest names, or the nearest that does not
/// exclude it. None if the root is a workspace itself.
fn outer_workspace(root: &Path) -> Option<OuterWorkspace> {
    let own = Manifest::read(&root.join(MANIFEST)).ok();
    if own.as_ref().is_some_and(|manifest| manifest.workspace.is_some()) {
        return None;
    }
    let named = own.and_then(|manifest| manifest.package?.workspace);
    if let Some(named) = named {
        let folder = std::fs::canonicalize(root.join(named)).ok()?;
        return OuterWorkspace::read(&folder);
    }
    let mut above = root.ancestors().skip(1).filter_map(OuterWorkspace::read);
    above.find(|workspace| !workspace.excludes(root))
}

impl OuterWorkspace {
    /// Reads a workspace's manifest; none if there is no manifest, or it is not of a workspace.
    fn read(folder: &Path) -> Option<Self> {
        let manifest = Manifest::read(&folder.join(MANIFEST)).ok()?;
        manifest.workspace.is_some().then(|| Self { folder: folder.to_owned(), manifest })
    }

    fn excludes(&self, folder: &Path) -> bool {
        let relative = walk::relative(&self.folder, folder);
        self.manifest.workspace.as_ref().is_some_and(|workspace| workspace.excludes(&relative))
    }
}
