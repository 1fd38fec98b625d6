//! All manifests of a project, and which workspace claims which package.

use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::locate::{Location, OuterWorkspace};
use crate::manifest::{MANIFEST, Manifest, ManifestError, PackageTable, WorkspaceTable};
use crate::walk::{is_in_folder, relative};
use crate::{Problem, ProblemKind};

/// The manifests below a root.
pub(crate) struct Manifests<'l> {
    root: &'l Path,
    by_folder: FxHashMap<&'l str, Manifest>,
    /// The folders whose manifest is broken, by path.
    pub(crate) broken: Vec<&'l str>,
    /// The workspaces below the root, by path.
    workspaces: Vec<Members<'l>>,
    outer: Option<&'l OuterWorkspace>,
    /// What is wrong with manifests.
    pub(crate) problems: Vec<Problem>,
}

/// The members of a workspace below the root.
struct Members<'l> {
    folder: &'l str,
    globs: GlobSet,
}

/// The workspace of a package.
#[derive(Clone)]
pub(crate) struct WorkspaceRef<'m> {
    /// Its folder: absolute, perhaps above the root.
    pub(crate) folder: PathBuf,
    /// Its manifest.
    pub(crate) manifest: &'m Manifest,
    /// Its table in the manifest.
    pub(crate) table: &'m WorkspaceTable,
}

impl<'l> Manifests<'l> {
    /// Reads the manifests in `folders`, which are relative to the root.
    pub(crate) fn read(location: &'l Location, folders: &'l [String]) -> Self {
        let mut manifests = Self {
            root: &location.root,
            by_folder: FxHashMap::default(),
            broken: Vec::new(),
            workspaces: Vec::new(),
            outer: location.outer.as_ref(),
            problems: Vec::new(),
        };
        let read = |folder: &'l String| {
            let path = manifests.absolute(folder).join(MANIFEST);
            (folder.as_str(), Manifest::read(&path))
        };
        let all: Vec<_> = folders.par_iter().map(read).collect();
        for (folder, manifest) in all {
            manifests.enter(folder, manifest);
        }
        manifests.read_members();
        manifests
    }

    fn enter(&mut self, folder: &'l str, manifest: Result<Manifest, ManifestError>) {
        match manifest {
            Ok(manifest) => {
                self.by_folder.insert(folder, manifest);
            }
            Err(error) => {
                let problem = Problem::new(ProblemKind::Manifest, join(folder, MANIFEST), error.message)
                    .help("correct it; until then its files are analysed as loose ones");
                self.problems.push(match error.place {
                    Some((span, position)) => problem.at(span, position),
                    None => problem,
                });
                self.broken.push(folder);
            }
        }
    }

    fn read_members(&mut self) {
        let tables = self.by_folder.iter();
        let mut tables: Vec<_> =
            tables.filter_map(|(folder, manifest)| Some((*folder, manifest.workspace.as_ref()?))).collect();
        tables.sort_by_key(|(folder, _)| *folder);
        let mut workspaces = Vec::new();
        let mut problems = Vec::new();
        for (folder, table) in tables {
            let mut globs = GlobSetBuilder::new();
            for member in &table.members {
                let pattern = trim_pattern(member);
                match GlobBuilder::new(pattern).literal_separator(true).build() {
                    Ok(glob) => {
                        globs.add(glob);
                    }
                    Err(error) => {
                        let message =
                            format!("workspace member `{member}` is not a valid pattern: {}", error.kind());
                        problems.push(Problem::new(ProblemKind::Manifest, join(folder, MANIFEST), message));
                    }
                }
                problems.extend(self.missing_member(folder, member));
            }
            workspaces.push(Members { folder, globs: globs.build().unwrap_or_default() });
        }
        self.workspaces = workspaces;
        self.problems.append(&mut problems);
    }

    /// A problem if `member` is no pattern and has no manifest. It need not be below the root.
    fn missing_member(&self, folder: &str, member: &str) -> Option<Problem> {
        let is_pattern = member.contains(['*', '?', '[', '{']);
        if is_pattern || self.absolute(folder).join(member).join(MANIFEST).exists() {
            return None;
        }
        let message = format!("workspace member `{member}` has no `{MANIFEST}`");
        let problem = Problem::new(ProblemKind::Missing, join(folder, MANIFEST), message);
        Some(problem.help("add it, or take the member out of `members`"))
    }

    /// All packages with their folders, in no order.
    pub(crate) fn packages(&self) -> impl Iterator<Item = (&'l str, &Manifest, &PackageTable)> {
        let manifests = self.by_folder.iter();
        manifests.filter_map(|(folder, manifest)| Some((*folder, manifest, manifest.package.as_ref()?)))
    }

    /// The manifest in `folder` with its package, if it has one.
    pub(crate) fn package(&self, folder: &str) -> Option<(&Manifest, &PackageTable)> {
        let manifest = self.by_folder.get(folder)?;
        Some((manifest, manifest.package.as_ref()?))
    }

    /// The workspace of the package in `folder`: the one it names, or the nearest above it that does not
    /// exclude it, as cargo finds it.
    pub(crate) fn workspace_of(&self, folder: &str) -> Option<WorkspaceRef<'_>> {
        let named = self.package(folder).and_then(|(_, package)| package.workspace.as_deref());
        if let Some(named) = named {
            let named = normalise(&self.absolute(folder).join(named));
            return self.workspace_at(&named);
        }
        let above = ancestors(folder).filter_map(|above| self.workspace_at(&self.absolute(above)));
        let outer = self.outer.and_then(|outer| self.workspace_at(&outer.folder));
        let absolute = self.absolute(folder);
        above.chain(outer).find(|workspace| {
            absolute == workspace.folder || !workspace.table.excludes(&relative(&workspace.folder, &absolute))
        })
    }

    fn workspace_at(&self, folder: &Path) -> Option<WorkspaceRef<'_>> {
        let manifest = match self.outer {
            Some(outer) if outer.folder == folder => &outer.manifest,
            _ => self.by_folder.get(relative_below(self.root, folder)?.as_str())?,
        };
        Some(WorkspaceRef { folder: folder.to_owned(), manifest, table: manifest.workspace.as_ref()? })
    }

    /// Whether a workspace below the root names the package in `folder` as a member.
    pub(crate) fn is_member(&self, folder: &str) -> bool {
        let workspaces = self.workspaces.iter().filter(|workspace| is_in_folder(folder, workspace.folder));
        workspaces.into_iter().any(|workspace| {
            let below = folder[workspace.folder.len()..].trim_start_matches('/');
            below.is_empty() || workspace.globs.is_match(below)
        })
    }

    /// Where a folder relative to the root lies.
    pub(crate) fn absolute(&self, folder: &str) -> PathBuf {
        folder
            .split('/')
            .filter(|name| !name.is_empty())
            .fold(self.root.to_owned(), |path, name| path.join(name))
    }

    /// A path that a manifest in `base` gives, relative to the root; none if it leaves the root.
    pub(crate) fn resolve(&self, base: &Path, path: &str) -> Option<String> {
        relative_below(self.root, &normalise(&base.join(path)))
    }
}

/// `folder` and the folders above it up to the root, all relative to it.
pub(crate) fn ancestors(folder: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder), |folder| {
        if folder.is_empty() {
            return None;
        }
        Some(folder.rsplit_once('/').map_or("", |(above, _)| above))
    })
}

/// `name` in `folder`, which may be the root.
pub(crate) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

fn relative_below(root: &Path, path: &Path) -> Option<String> {
    path.starts_with(root).then(|| relative(root, path))
}

/// Takes `.` and `..` out of an absolute path, without asking the system about links.
fn normalise(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

fn trim_pattern(pattern: &str) -> &str {
    pattern.trim_start_matches("./").trim_end_matches('/')
}
