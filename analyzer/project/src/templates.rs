//! Templates of pages among the files of a project.

use crate::walk::{FoundFile, is_in_folder};
use crate::{FileRole, PackageId, Project, ProjectFile};
use ward_syntax::FileId;

/// Adds templates to a project that is laid out: files stay sorted by path, and targets keep their roots.
pub(crate) fn add_templates(project: &mut Project, templates: Vec<FoundFile>) {
    if templates.is_empty() {
        return;
    }
    let code = std::mem::take(&mut project.files);
    let roles: Vec<ProjectFile> =
        templates.into_iter().map(|found| template(project, &code, found)).collect();
    let mut all: Vec<(Option<usize>, ProjectFile)> =
        code.into_iter().enumerate().map(|(index, file)| (Some(index), file)).collect();
    all.extend(roles.into_iter().map(|file| (None, file)));
    all.sort_by(|(_, a), (_, b)| (&a.path, &a.absolute).cmp(&(&b.path, &b.absolute)));
    let mut moved = vec![FileId(0); all.len()];
    for (new, (old, _)) in all.iter().enumerate() {
        if let Some(old) = old {
            moved[*old] = FileId(new as u32);
        }
    }
    for target in project.packages.iter_mut().flat_map(|package| &mut package.targets) {
        target.root = moved[target.root.index()];
    }
    project.files = all.into_iter().map(|(_, file)| file).collect();
}

/// A template as a file of the package in the nearest folder above it.
fn template(project: &Project, code: &[ProjectFile], found: FoundFile) -> ProjectFile {
    let FoundFile { path, absolute, size } = found;
    let above = project.packages().filter(|(_, package)| is_in_folder(&path, &package.directory));
    let nearest = above.max_by_key(|(_, package)| package.directory.len()).map(|(id, _)| id);
    let package = nearest.or(code.first().map(|file| file.package)).unwrap_or(PackageId(0));
    ProjectFile { path, absolute, package, role: FileRole::Template, size }
}
