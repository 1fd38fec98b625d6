//! Which file a `mod name;` means.

use ward_project::Project;
use ward_syntax::{Attribute, FileId, Symbol};

/// Where the modules of a file, or of an inline module in it, have their files.
#[derive(Clone, Debug)]
pub(super) struct ModuleDirectory {
    /// For `mod name;`.
    children: String,
    /// For `#[path]`.
    paths: String,
}

impl ModuleDirectory {
    /// That of a crate's root, a `mod.rs`, or a file that a `#[path]` names.
    pub(super) fn of_owner(path: &str) -> Self {
        let (directory, _) = split(path);
        Self { children: directory.to_owned(), paths: directory.to_owned() }
    }

    /// That of a file `name.rs`, whose modules lie in `name/`.
    fn of_leaf(path: &str) -> Self {
        let (directory, name) = split(path);
        let stem = name.strip_suffix(".rs").unwrap_or(name);
        Self { children: join(directory, stem), paths: directory.to_owned() }
    }

    /// That of a file that is found by its name.
    pub(super) fn of(path: &str) -> Self {
        let (_, name) = split(path);
        match name {
            "mod.rs" | "lib.rs" | "main.rs" => Self::of_owner(path),
            _ => Self::of_leaf(path),
        }
    }

    /// That of `mod name { .. }`, which `#[path]` may move.
    pub(super) fn inline(&self, name: Symbol, path: Option<Symbol>) -> Self {
        let directory = match path {
            Some(path) => join(&self.paths, path.as_str()),
            None => join(&self.children, plain(name)),
        };
        Self { children: directory.clone(), paths: directory }
    }

    /// The files that `mod name;` may mean. More than one if a `cfg` chooses.
    pub(super) fn find(
        &self,
        project: &Project,
        name: Symbol,
        path: Option<Symbol>,
        attributes: &[Attribute],
    ) -> Vec<(FileId, Self)> {
        let conditional: Vec<&str> = attributes.iter().filter_map(conditional_path).collect();
        // What a `cfg_attr` says stands among the attributes as if it always held.
        let path = path.filter(|path| !conditional.contains(&path.as_str()));
        let given = path.map(Symbol::as_str).into_iter().chain(conditional);
        let mut found: Vec<(FileId, Self)> = Vec::new();
        for path in given {
            let path = join(&self.paths, path);
            if let Some(file) = project.file_at(&path) {
                found.push((file, Self::of_owner(&path)));
            }
        }
        if path.is_none() {
            let name = plain(name);
            let leaf = join(&self.children, &format!("{name}.rs"));
            let owner = join(&self.children, &format!("{name}/mod.rs"));
            if let Some(file) = project.file_at(&leaf) {
                found.push((file, Self::of_leaf(&leaf)));
            } else if let Some(file) = project.file_at(&owner) {
                found.push((file, Self::of_owner(&owner)));
            }
        }
        found.dedup_by_key(|(file, _)| *file);
        found
    }
}

/// The path in `#[cfg_attr(condition, path = "..")]`.
fn conditional_path(attribute: &Attribute) -> Option<&'static str> {
    if attribute.path.as_str() != "cfg_attr" {
        return None;
    }
    let arguments = attribute.args.as_str();
    let value = arguments.split(',').find_map(|argument| {
        let value = argument.trim().strip_prefix("path")?.trim_start().strip_prefix('=')?;
        Some(value.trim_start())
    })?;
    value.strip_prefix('"')?.split('"').next()
}

/// The name without `r#`.
fn plain(name: Symbol) -> &'static str {
    let name = name.as_str();
    name.strip_prefix("r#").unwrap_or(name)
}

/// The file at a path relative to that of another file.
pub(super) fn beside(project: &Project, file: &str, path: &str) -> Option<FileId> {
    below(project, split(file).0, path)
}

/// The file at a path relative to a folder.
pub(super) fn below(project: &Project, folder: &str, path: &str) -> Option<FileId> {
    project.file_at(&join(folder, path))
}

/// The directory and the name of a file.
pub(super) fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// Joins two `/`-separated paths; `.` and `..` are resolved.
fn join(base: &str, path: &str) -> String {
    let mut parts: Vec<&str> = base.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::{ModuleDirectory, join};

    #[test]
    fn paths_are_normalised() {
        assert_eq!(join("a/b", "../c/./d.rs"), "a/c/d.rs");
        assert_eq!(join("", "x.rs"), "x.rs");
        assert_eq!(join("a", "../../x.rs"), "../x.rs");
    }

    #[test]
    fn a_leaf_has_its_modules_below_its_name() {
        let directory = ModuleDirectory::of("src/a.rs");
        assert_eq!((directory.children.as_str(), directory.paths.as_str()), ("src/a", "src"));
        let directory = ModuleDirectory::of("src/a/mod.rs");
        assert_eq!((directory.children.as_str(), directory.paths.as_str()), ("src/a", "src/a"));
    }
}
