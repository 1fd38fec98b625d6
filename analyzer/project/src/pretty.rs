//! A project as text, for snapshots and for people.

use std::fmt::Write;

use crate::walk::relative;
use crate::{Dependency, Package, PackageId, Project};

/// The layout of a project: one line for each package, target, dependency, feature, file and problem. Absolute
/// paths are left out.
pub fn pretty(project: &Project) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write(&mut text, project);
    text
}

fn write(text: &mut String, project: &Project) -> std::fmt::Result {
    if let Some(config) = &project.config {
        let section = config.section.join(".");
        writeln!(text, "config {} [{section}]", config.path.file_name().unwrap_or_default().display())?;
    }
    for (id, package) in project.packages() {
        write_package(text, project, id, package)?;
    }
    for problem in &project.problems {
        writeln!(text, "{:?} {problem}", problem.kind)?;
    }
    Ok(())
}

fn write_package(text: &mut String, project: &Project, id: PackageId, package: &Package) -> std::fmt::Result {
    let Package { name, package_name, directory, edition, .. } = package;
    write!(text, "{id:?} {name} `{package_name}` in `{directory}`, {edition}")?;
    if package.is_loose() {
        write!(text, ", loose")?;
    }
    if let Some(workspace) = &package.workspace {
        match workspace.strip_prefix(&project.root) {
            Ok(_) => write!(text, ", workspace `{}`", relative(&project.root, workspace))?,
            Err(_) => write!(text, ", workspace above")?,
        }
    }
    writeln!(text)?;
    for target in &package.targets {
        writeln!(text, "  {:?} {} {}", target.kind, target.name, project.file(target.root).path)?;
    }
    for dependency in &package.dependencies {
        write_dependency(text, dependency)?;
    }
    for feature in &package.features {
        writeln!(text, "  feature {} [{}]", feature.name, feature.enables.join(", "))?;
    }
    for file in project.files.iter().filter(|file| file.package == id) {
        writeln!(text, "  file {} {:?}", file.path, file.role)?;
    }
    Ok(())
}

fn write_dependency(text: &mut String, dependency: &Dependency) -> std::fmt::Result {
    let Dependency { name, package_name, kind, .. } = dependency;
    write!(text, "  {kind:?} dependency {name} `{package_name}`")?;
    if dependency.optional {
        write!(text, ", optional")?;
    }
    if let Some(package) = dependency.package {
        write!(text, " = {package:?}")?;
    }
    writeln!(text)
}
