//! The crates of a package: those its manifest names, and those cargo would find by where files lie.

use ward_syntax::{FileId, Symbol};

use crate::manifest::{Build, MANIFEST, Manifest, PackageTable, TargetTable};
use crate::walk::FoundFile;
use crate::workspaces::{Manifests, join};
use crate::{Problem, ProblemKind, Target, TargetKind};

/// Finds the targets of one package.
pub(crate) struct TargetFinder<'a> {
    /// All files of the project, by path.
    pub(crate) files: &'a [FoundFile],
    /// All manifests.
    pub(crate) manifests: &'a Manifests<'a>,
    /// The package's folder.
    pub(crate) folder: &'a str,
    /// Its name as an identifier, which an unnamed library or `src/main.rs` has.
    pub(crate) name: &'a str,
    /// What was found.
    pub(crate) targets: Vec<Target>,
    /// Files that the manifest names and that are not there.
    pub(crate) problems: Vec<Problem>,
}

/// A kind of target of which a package may have several.
struct Several<'m> {
    kind: TargetKind,
    /// The name of its tables.
    key: &'static str,
    tables: &'m [TargetTable],
    /// Where cargo looks for more.
    folder: &'static str,
    auto: Option<bool>,
}

impl TargetFinder<'_> {
    /// Finds all targets.
    pub(crate) fn find(&mut self, manifest: &Manifest, package: &PackageTable) {
        self.find_library(manifest.lib.as_ref(), package.autolib);
        self.find_binary(package.autobins);
        for several in several(manifest, package) {
            self.find_several(&several);
        }
        self.find_build_scripts(package.build.as_ref());
        self.targets.sort_by_key(|target| (target.kind, target.root, target.name.as_str()));
        self.targets.dedup_by_key(|target| (target.kind, target.root));
    }

    fn find_library(&mut self, table: Option<&TargetTable>, auto: Option<bool>) {
        let name = table.and_then(|table| table.name.as_deref()).unwrap_or(self.name).to_owned();
        if let Some(path) = table.and_then(|table| table.path.as_deref()) {
            match self.named_file("[lib]", path) {
                Ok(root) => self.add(TargetKind::Lib, &name, root),
                Err(problem) => self.problems.extend(problem),
            }
        } else if (table.is_some() || auto != Some(false))
            && let Some(root) = self.file("src/lib.rs")
        {
            self.add(TargetKind::Lib, &name, root);
        }
    }

    /// `src/main.rs`. One that a `[[bin]]` names otherwise is renamed when that is found.
    fn find_binary(&mut self, auto: Option<bool>) {
        if auto != Some(false)
            && let Some(root) = self.file("src/main.rs")
        {
            self.add(TargetKind::Bin, self.name, root);
        }
    }

    fn find_several(&mut self, several: &Several<'_>) {
        for table in several.tables {
            self.find_named(several, table);
        }
        if several.auto == Some(false) {
            return;
        }
        for (name, root) in self.files_in(several.folder) {
            if !self.targets.iter().any(|target| target.root == root) {
                self.add(several.kind, &name, root);
            }
        }
    }

    fn find_named(&mut self, several: &Several<'_>, table: &TargetTable) {
        let Some(name) = table.name.as_deref().or_else(|| table.path.as_deref().map(stem)) else { return };
        let root = match table.path.as_deref() {
            Some(path) => match self.named_file(&format!("[[{}]]", several.key), path) {
                Ok(root) => root,
                Err(problem) => return self.problems.extend(problem),
            },
            None => match self.file_of_name(several, name) {
                Some(root) => root,
                None => return,
            },
        };
        self.targets.retain(|target| (target.kind, target.root) != (several.kind, root));
        self.add(several.kind, name, root);
    }

    fn file_of_name(&self, several: &Several<'_>, name: &str) -> Option<FileId> {
        let Several { folder, kind, .. } = several;
        let by_name = self.file(&format!("{folder}/{name}.rs"));
        let by_folder = || self.file(&format!("{folder}/{name}/main.rs"));
        let main = || self.file("src/main.rs").filter(|_| *kind == TargetKind::Bin);
        by_name.or_else(by_folder).or_else(main)
    }

    /// `*.rs` and `*/main.rs` in a folder of the package, with the names of their targets.
    fn files_in(&self, folder: &str) -> Vec<(String, FileId)> {
        let prefix = join(self.folder, folder) + "/";
        let first = self.files.partition_point(|file| file.path < prefix);
        let found = self.files.iter().enumerate().skip(first);
        let found = found.map_while(|(index, file)| Some((index, file.path.strip_prefix(&prefix)?)));
        let roots = found.filter_map(|(index, path)| {
            let name = path.strip_suffix("/main.rs").or_else(|| path.strip_suffix(".rs"))?;
            (!name.contains('/')).then(|| (name.to_owned(), FileId(index as u32)))
        });
        roots.collect()
    }

    fn find_build_scripts(&mut self, build: Option<&Build>) {
        let named = match build {
            Some(Build::Auto(false)) => return,
            None | Some(Build::Auto(true)) => {
                if let Some(root) = self.file("build.rs") {
                    self.add(TargetKind::BuildScript, "build_script_build", root);
                }
                return;
            }
            Some(Build::Path(path)) => std::slice::from_ref(path),
            Some(Build::Paths(paths)) => paths,
        };
        for path in named {
            match self.named_file("package.build", path) {
                Ok(root) => self.add(TargetKind::BuildScript, "build_script_build", root),
                Err(problem) => self.problems.extend(problem),
            }
        }
    }

    fn add(&mut self, kind: TargetKind, name: &str, root: FileId) {
        self.targets.push(Target { kind, name: identifier(name), root });
    }

    /// A file of the package.
    fn file(&self, path: &str) -> Option<FileId> {
        find_file(self.files, &join(self.folder, path))
    }

    /// A file that the manifest names, or a problem if there is no such file. One that was left out of the walk
    /// is no problem, and not there either.
    fn named_file(&self, key: &str, path: &str) -> Result<FileId, Option<Problem>> {
        let folder = self.manifests.absolute(self.folder);
        let found = self.manifests.resolve(&folder, path).and_then(|path| find_file(self.files, &path));
        found.ok_or_else(|| {
            if folder.join(path).exists() {
                return None;
            }
            let message = format!("`{key}` names `{path}`, which is not there");
            let problem = Problem::new(ProblemKind::Missing, join(self.folder, MANIFEST), message);
            Some(problem.help("correct the path; cargo does not build the package either"))
        })
    }
}

/// The file at a path relative to the root.
pub(crate) fn find_file(files: &[FoundFile], path: &str) -> Option<FileId> {
    let found = files.binary_search_by(|file| file.path.as_str().cmp(path)).ok()?;
    Some(FileId(found as u32))
}

/// A name of a package, target or folder as code writes it.
pub(crate) fn identifier(name: &str) -> Symbol {
    Symbol::new(&name.replace(|letter: char| !letter.is_alphanumeric(), "_"))
}

/// The name of a file without folders and extension.
pub(crate) fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(".rs").unwrap_or(name)
}

fn several<'m>(manifest: &'m Manifest, package: &PackageTable) -> [Several<'m>; 4] {
    use TargetKind::{Bench, Bin, Example, Test};
    let several = |kind, key, tables, folder, auto| Several { kind, key, tables, folder, auto };
    [
        several(Bin, "bin", &manifest.bin, "src/bin", package.autobins),
        several(Example, "example", &manifest.example, "examples", package.autoexamples),
        several(Test, "test", &manifest.test, "tests", package.autotests),
        several(Bench, "bench", &manifest.bench, "benches", package.autobenches),
    ]
}
