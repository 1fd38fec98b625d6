//! Workspaces made of text, for tests.
//!
//! A fixture is the files of a project, each after a line `//- path`. A folder with a `src` is a package,
//! called as the folder is (`app` at the root); its targets follow from where its files lie. The line of any
//! of its files may add `deps: helper, db=tokio-postgres` (a package of the fixture or one from outside,
//! `name=package` if it is renamed) and `edition: 2015`. Files outside of packages are loose.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ward_project::{
    Dependency, DependencyKind, Edition, FileRole, FileState, LoadedFile, Package, PackageId, Project,
    ProjectFile, Target, TargetKind,
};
use ward_syntax::{FileId, Symbol, TestCode, lower};

/// The project and the files of a fixture. Panics if a file does not parse.
pub(crate) fn load(fixture: &str) -> (Project, Vec<LoadedFile>) {
    let texts = split(fixture);
    let mut packages = packages(&texts);
    let mut project = Project {
        root: PathBuf::from("/fixture"),
        packages: Vec::new(),
        files: Vec::new(),
        problems: Vec::new(),
        config: None,
    };
    let mut loaded = Vec::new();
    for (id, (path, (_, text))) in (0u32..).map(FileId).zip(&texts) {
        let index = owner(&packages, path);
        let package = &mut packages[index];
        let role = add_target(package, path, id);
        let (ir, errors) = lower(text, TestCode::Keep);
        assert!(errors.is_empty(), "{path}: {errors:?}");
        let lines = text.lines().count() as u32;
        loaded.push(LoadedFile { ir: ir.into(), role, lines, content_hash: 0, state: FileState::Read });
        let absolute = PathBuf::from("/fixture").join(path);
        let size = text.len() as u64;
        project.files.push(ProjectFile {
            path: path.clone(),
            absolute,
            package: PackageId(index as u32),
            role,
            size,
        });
    }
    let names: Vec<String> = packages.iter().map(|package| package.package_name.clone()).collect();
    for package in &mut packages {
        package.targets.sort_by_key(|target| (target.kind, target.root));
        for dependency in &mut package.dependencies {
            let local = names.iter().position(|name| *name == dependency.package_name);
            dependency.package = local.map(|index| PackageId(index as u32));
        }
    }
    project.packages = packages;
    (project, loaded)
}

/// Each file's path, options and text.
pub(crate) fn split(fixture: &str) -> BTreeMap<String, (String, String)> {
    let mut files = BTreeMap::new();
    let mut current: Option<(String, String, String)> = None;
    for line in fixture.lines() {
        if let Some(header) = line.trim_start().strip_prefix("//- ") {
            if let Some((path, options, text)) = current.take() {
                files.insert(path, (options, text));
            }
            let (path, options) = header.split_once(' ').unwrap_or((header, ""));
            current = Some((path.to_owned(), options.to_owned(), String::new()));
        } else if let Some((_, _, text)) = &mut current {
            text.push_str(line);
            text.push('\n');
        } else {
            assert!(line.trim().is_empty(), "a fixture begins with `//- path`");
        }
    }
    files.extend(current.map(|(path, options, text)| (path, (options, text))));
    files
}

/// The packages, by folder, with a loose one at the end for what lies outside of them.
fn packages(texts: &BTreeMap<String, (String, String)>) -> Vec<Package> {
    let mut folders: BTreeMap<String, Package> = BTreeMap::new();
    for path in texts.keys() {
        let folder = path.starts_with("src/").then_some("").or_else(|| Some(path.split_once("/src/")?.0));
        if let Some(folder) = folder {
            let name = if folder.is_empty() { "app" } else { folder.rsplit('/').next().unwrap_or_default() };
            folders
                .entry(folder.to_owned())
                .or_insert_with(|| package(folder, name, Some("Cargo.toml".into())));
        }
    }
    let mut packages: Vec<Package> = folders.into_values().collect();
    packages.push(package("", "loose", None));
    for (path, (options, _)) in texts {
        let index = owner(&packages, path);
        read_options(&mut packages[index], options);
    }
    packages
}

fn package(folder: &str, name: &str, manifest: Option<PathBuf>) -> Package {
    Package {
        name: Symbol::new(&name.replace('-', "_")),
        package_name: name.to_owned(),
        directory: folder.to_owned(),
        manifest,
        workspace: None,
        edition: Edition::E2021,
        targets: Vec::new(),
        dependencies: Vec::new(),
        features: Vec::new(),
    }
}

fn read_options(package: &mut Package, options: &str) {
    let options = options.replace("edition:", "\nedition:").replace("deps:", "\ndeps:");
    for option in options.lines().map(str::trim) {
        if let Some(names) = option.strip_prefix("deps:") {
            package.dependencies.extend(names.split(',').map(|name| dependency(name.trim())));
        } else if option == "edition: 2015" {
            package.edition = Edition::E2015;
        } else {
            assert!(option.is_empty(), "unknown option `{option}`");
        }
    }
}

fn dependency(written: &str) -> Dependency {
    let (name, package_name) = written.split_once('=').unwrap_or((written, written));
    Dependency {
        name: Symbol::new(&name.replace('-', "_")),
        package_name: package_name.to_owned(),
        kind: DependencyKind::Normal,
        optional: false,
        package: None,
    }
}

/// The package of the nearest folder above a file.
fn owner(packages: &[Package], path: &str) -> usize {
    let holds = |package: &Package| match package.directory.as_str() {
        "" => package.manifest.is_some(),
        folder => path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')),
    };
    let above = (0..packages.len()).filter(|index| holds(&packages[*index]));
    above.max_by_key(|index| packages[*index].directory.len()).unwrap_or(packages.len() - 1)
}

/// Adds the target whose root a file is, if it is one.
fn add_target(package: &mut Package, path: &str, root: FileId) -> FileRole {
    let inside = path.strip_prefix(&package.directory).unwrap_or(path).trim_start_matches('/');
    let own = package.name;
    let named = |name: &str| Symbol::new(&name.replace('-', "_"));
    let stem = inside.strip_suffix(".rs").unwrap_or(inside);
    let parts: Vec<&str> = stem.split('/').collect();
    let (kind, name, role) = match parts.as_slice() {
        _ if package.manifest.is_none() => {
            (TargetKind::Loose, named(parts.last().copied().unwrap_or_default()), FileRole::Source)
        }
        ["src", "lib"] => (TargetKind::Lib, own, FileRole::Source),
        ["src", "main"] => (TargetKind::Bin, own, FileRole::Source),
        ["src", "bin", name] | ["src", "bin", name, "main"] => {
            (TargetKind::Bin, named(name), FileRole::Source)
        }
        ["tests", name] => (TargetKind::Test, named(name), FileRole::Test),
        ["examples", name] => (TargetKind::Example, named(name), FileRole::Example),
        ["benches", name] => (TargetKind::Bench, named(name), FileRole::Bench),
        ["build"] => (TargetKind::BuildScript, named("build_script_build"), FileRole::BuildScript),
        ["tests", ..] => return FileRole::Test,
        _ => return FileRole::Source,
    };
    package.targets.push(Target { kind, name, root });
    role
}
