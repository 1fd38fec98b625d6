//! From manifests and files to packages: who owns which file, which crates there are, who depends on whom.
//!
//! Three steps. Each file is given to the nearest package above it; files without one make loose packages. Then
//! each package's targets are found among the files, as cargo would find them on disk. Last, dependencies are
//! tied to the packages they mean.

use rustc_hash::{FxHashMap, FxHashSet};
use ward_syntax::{FileId, Symbol};

use crate::locate::Location;
use crate::manifest::{
    Dependencies, DependencyDetail, DependencySpec, Inheritable, MANIFEST, Manifest, PackageTable,
};
use crate::targets::{TargetFinder, find_file, identifier, stem};
use crate::walk::{Found, FoundFile, is_in_folder};
use crate::workspaces::{Manifests, WorkspaceRef, ancestors, join};
use crate::{
    Dependency, DependencyKind, Edition, Feature, FileRole, Package, PackageId, Problem, Project,
    ProjectFile, Target, TargetKind,
};

/// The folders in which cargo looks for targets that are no part of the program.
const ROLE_FOLDERS: [(&str, FileRole); 3] =
    [("tests", FileRole::Test), ("benches", FileRole::Bench), ("examples", FileRole::Example)];

/// Makes a project of what the walk found.
pub(crate) fn lay_out(location: &Location, found: Found) -> Project {
    let manifests = Manifests::read(location, &found.manifests);
    let drafts = drafts(location, &manifests, &found.files);
    let owners = owners(&drafts, &found.files);
    let layout =
        Layout { location, manifests: &manifests, files: &found.files, drafts: &drafts, owners: &owners };
    let (packages, mut problems) = layout.packages();
    let roles = layout.roles(&packages);
    problems.extend_from_slice(&manifests.problems);
    problems.extend(found.problems);
    problems.sort_by(|a, b| (&a.path, a.span, &a.message).cmp(&(&b.path, b.span, &b.message)));
    let files = found.files.into_iter().zip(owners).zip(roles).map(|((file, package), role)| {
        let FoundFile { path, absolute, size } = file;
        ProjectFile { path, absolute, package, role, size }
    });
    Project { root: location.root.clone(), packages, files: files.collect(), problems, config: None }
}

/// A package to be.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Draft<'l> {
    /// Relative to the root.
    folder: &'l str,
    form: Form,
}

/// How a package's targets are found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Form {
    /// By its manifest.
    Manifest,
    /// By where cargo looks when a manifest says nothing.
    Conventional,
    /// `main.rs` and `lib.rs` lie in its folder itself.
    Flat,
    /// It is one file.
    Lone,
}

/// The packages by folder: those with manifests, those whose manifest is broken, and loose ones.
fn drafts<'l>(location: &Location, manifests: &Manifests<'l>, files: &'l [FoundFile]) -> Vec<Draft<'l>> {
    if location.file.is_some() {
        return vec![Draft { folder: "", form: Form::Lone }];
    }
    let packages = manifests.packages().map(|(folder, ..)| Draft { folder, form: Form::Manifest });
    let broken = manifests.broken.iter().map(|folder| Draft { folder, form: Form::Conventional });
    let mut drafts: Vec<_> = packages.chain(broken).collect();
    let taken: FxHashSet<&str> = drafts.iter().map(|draft| draft.folder).collect();
    let is_loose = |file: &&FoundFile| !ancestors(folder_of(&file.path)).any(|folder| taken.contains(folder));
    let loose: Vec<_> = files.iter().filter(is_loose).collect();
    let mut crates = loose_crates(&loose);
    let is_in_crate =
        |file: &FoundFile| crates.iter().any(|draft| is_in_folder(folder_of(&file.path), draft.folder));
    if !loose.iter().all(|file| is_in_crate(file)) {
        crates.push(Draft { folder: "", form: Form::Conventional });
    }
    drafts.append(&mut crates);
    drafts.sort();
    drafts
}

/// The crates among loose files, each known by its `main.rs` or `lib.rs`. One that lies where another would have
/// its modules or targets is part of it.
fn loose_crates<'l>(loose: &[&'l FoundFile]) -> Vec<Draft<'l>> {
    let roots = loose.iter().map(|file| file.path.as_str());
    let roots = roots.filter(|path| matches!(stem(path), "main" | "lib")).map(folder_of);
    let mut candidates: Vec<_> = roots
        .map(|folder| match folder.strip_suffix("src") {
            Some(above) if above.is_empty() || above.ends_with('/') => {
                Draft { folder: above.trim_end_matches('/'), form: Form::Conventional }
            }
            _ => Draft { folder, form: Form::Flat },
        })
        .collect();
    candidates.sort();
    let mut crates: Vec<Draft<'l>> = Vec::new();
    for candidate in candidates {
        if !crates.iter().any(|draft| draft.holds(candidate.folder)) {
            crates.push(candidate);
        }
    }
    crates
}

impl Draft<'_> {
    /// Whether a crate root in `folder` is part of this package.
    fn holds(&self, folder: &str) -> bool {
        const PARTS: [&str; 4] = ["src", "tests", "benches", "examples"];
        let part = |part| is_in_folder(folder, &join(self.folder, part));
        folder == self.folder || (self.form == Form::Conventional && PARTS.into_iter().any(part))
    }
}

/// For each file the nearest package above it.
fn owners(drafts: &[Draft<'_>], files: &[FoundFile]) -> Vec<PackageId> {
    let by_folder = drafts.iter().map(|draft| draft.folder).zip((0..).map(PackageId));
    let by_folder: FxHashMap<&str, PackageId> = by_folder.collect();
    let owner = |file: &FoundFile| {
        let mut above = ancestors(folder_of(&file.path));
        above.find_map(|folder| by_folder.get(folder).copied()).expect("each file lies below a draft")
    };
    files.iter().map(owner).collect()
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// All there is to know before packages are made.
struct Layout<'l> {
    location: &'l Location,
    manifests: &'l Manifests<'l>,
    files: &'l [FoundFile],
    drafts: &'l [Draft<'l>],
    owners: &'l [PackageId],
}

impl Layout<'_> {
    fn packages(&self) -> (Vec<Package>, Vec<Problem>) {
        let mut problems = Vec::new();
        let packages = self.drafts.iter().zip((0..).map(PackageId)).map(|(draft, id)| {
            let Some((manifest, table)) = self.manifest(draft) else { return self.loose_package(draft, id) };
            let (package, mut missing) = self.package(draft, manifest, table);
            problems.append(&mut missing);
            package
        });
        let mut packages: Vec<_> = packages.collect();
        self.tie_dependencies(&mut packages);
        (packages, problems)
    }

    fn manifest(&self, draft: &Draft<'_>) -> Option<(&Manifest, &PackageTable)> {
        self.manifests.package(draft.folder).filter(|_| draft.form == Form::Manifest)
    }

    fn package(
        &self,
        draft: &Draft<'_>,
        manifest: &Manifest,
        table: &PackageTable,
    ) -> (Package, Vec<Problem>) {
        let workspace = self.manifests.workspace_of(draft.folder);
        let package_name = table.name.clone().unwrap_or_else(|| self.folder_name(draft.folder));
        let mut finder = self.finder(draft, &package_name);
        finder.find(manifest, table);
        let TargetFinder { targets, problems, .. } = finder;
        let library = manifest.lib.as_ref().and_then(|library| library.name.as_deref());
        let features = manifest.features.iter();
        let package = Package {
            name: identifier(library.unwrap_or(&package_name)),
            package_name,
            directory: draft.folder.to_owned(),
            manifest: Some(self.manifests.absolute(draft.folder).join(MANIFEST)),
            edition: edition(table.edition.as_ref(), workspace.as_ref()),
            workspace: workspace.map(|workspace| workspace.folder),
            targets,
            dependencies: Vec::new(),
            features: features
                .map(|(name, enables)| Feature { name: name.clone(), enables: enables.clone() })
                .collect(),
        };
        (package, problems)
    }

    fn loose_package(&self, draft: &Draft<'_>, id: PackageId) -> Package {
        let package_name = match draft.form {
            Form::Lone => stem(&self.files[0].path).to_owned(),
            _ => self.folder_name(draft.folder),
        };
        let mut targets = self.loose_targets(draft, &package_name);
        if !targets.iter().any(|target| matches!(target.kind, TargetKind::Lib | TargetKind::Bin)) {
            targets.extend(self.loose_files(draft, id));
        }
        Package {
            name: identifier(&package_name),
            package_name,
            directory: draft.folder.to_owned(),
            manifest: None,
            workspace: None,
            edition: Edition::E2021,
            targets,
            dependencies: Vec::new(),
            features: Vec::new(),
        }
    }

    fn loose_targets(&self, draft: &Draft<'_>, name: &str) -> Vec<Target> {
        match draft.form {
            Form::Manifest | Form::Conventional => {
                let mut finder = self.finder(draft, name);
                finder.find(&Manifest::default(), &PackageTable::default());
                finder.targets
            }
            Form::Flat => {
                let root = |kind, file: &str| {
                    let root = find_file(self.files, &join(draft.folder, file))?;
                    Some(Target { kind, name: identifier(name), root })
                };
                [root(TargetKind::Lib, "lib.rs"), root(TargetKind::Bin, "main.rs")]
                    .into_iter()
                    .flatten()
                    .collect()
            }
            Form::Lone => Vec::new(),
        }
    }

    /// Each file that no target explains, as a target of its own.
    fn loose_files(&self, draft: &Draft<'_>, id: PackageId) -> impl Iterator<Item = Target> {
        let files = (0..).map(FileId).zip(self.files).zip(self.owners);
        let files = files.filter(move |((_, file), owner)| {
            **owner == id && role_of_folder(&file.path, draft.folder) == FileRole::Source
        });
        files.map(|((root, file), _)| Target {
            kind: TargetKind::Loose,
            name: identifier(stem(&file.path)),
            root,
        })
    }

    fn finder<'a>(&'a self, draft: &'a Draft<'_>, name: &'a str) -> TargetFinder<'a> {
        TargetFinder {
            files: self.files,
            manifests: self.manifests,
            folder: draft.folder,
            name,
            targets: Vec::new(),
            problems: Vec::new(),
        }
    }

    fn folder_name(&self, folder: &str) -> String {
        if !folder.is_empty() {
            return folder.rsplit('/').next().unwrap_or(folder).to_owned();
        }
        let name = self.location.root.file_name();
        name.map_or_else(|| "root".to_owned(), |name| name.to_string_lossy().into_owned())
    }

    fn tie_dependencies(&self, packages: &mut [Package]) {
        let by_folder = self.drafts.iter().map(|draft| draft.folder).zip((0..).map(PackageId));
        let known = by_folder.map(|(folder, id)| (folder, (id, packages[id.index()].name))).collect();
        for (package, draft) in packages.iter_mut().zip(self.drafts) {
            let Some((manifest, _)) = self.manifest(draft) else { continue };
            let workspace = self.manifests.workspace_of(draft.folder);
            let ties =
                Ties { manifests: self.manifests, folder: draft.folder, manifest, workspace, known: &known };
            package.dependencies = ties.dependencies();
        }
    }

    /// What each file is for.
    fn roles(&self, packages: &[Package]) -> Vec<FileRole> {
        let of_packages: Vec<_> =
            packages.iter().map(|package| self.role_of_package(package, packages)).collect();
        let of_roots = roles_of_roots(packages);
        let programs = self.programs_among_examples(packages);
        let test_folders = self.folders_of_tests(packages);
        let role = |((id, file), owner): ((FileId, &FoundFile), &PackageId)| {
            let of_package = of_packages[owner.index()];
            let of_file = || {
                let is_part = programs.iter().any(|program| is_in_folder(&file.path, program));
                let of_tests = test_folders.iter().find(|(folder, _)| is_in_folder(&file.path, folder));
                if is_part {
                    FileRole::Source
                } else if let Some((_, role)) = of_tests {
                    *role
                } else {
                    role_of_folder(&file.path, self.drafts[owner.index()].folder)
                }
            };
            of_package.or_else(|| of_roots.get(&id).copied()).unwrap_or_else(of_file)
        };
        (0..).map(FileId).zip(self.files).zip(self.owners).map(role).collect()
    }

    /// The folders that belong to tests or benches as a whole, wherever a manifest places them: `src/tests/mod.rs`.
    fn folders_of_tests(&self, packages: &[Package]) -> Vec<(&str, FileRole)> {
        let targets = packages.iter().flat_map(|package| &package.targets);
        let path = |target: &Target| self.files[target.root.index()].path.as_str();
        let of_tests = targets.clone().filter_map(|target| {
            let role = match target.kind {
                TargetKind::Test => FileRole::Test,
                TargetKind::Bench => FileRole::Bench,
                _ => return None,
            };
            let path = path(target);
            let is_whole = path.ends_with("/mod.rs") || path.ends_with("/main.rs");
            is_whole.then(|| (folder_of(path), role))
        });
        let holds_program = |folder: &str| {
            let programs = targets.clone().filter(|t| matches!(t.kind, TargetKind::Lib | TargetKind::Bin));
            programs.into_iter().any(|target| is_in_folder(path(target), folder))
        };
        of_tests.filter(|(folder, _)| !holds_program(folder)).collect()
    }

    /// The folders of programs and libraries that a manifest places within `examples` or the like: the modules beside
    /// their roots belong to them.
    fn programs_among_examples(&self, packages: &[Package]) -> Vec<&str> {
        let roots =
            packages.iter().flat_map(|package| package.targets.iter().map(move |target| (package, target)));
        let programs = roots.filter(|(_, target)| matches!(target.kind, TargetKind::Lib | TargetKind::Bin));
        let folders = programs.map(|(package, target)| {
            (package.directory.as_str(), folder_of(&self.files[target.root.index()].path))
        });
        let is_program =
            |(package, folder): &(&str, &str)| role_of_folder(folder, package) != FileRole::Source;
        folders.filter(is_program).map(|(_, folder)| folder).collect()
    }

    /// The role that all files of a package have because of where it lies: in the `tests`, `benches` or `examples` of
    /// another, without being a dependency of anyone. An example that is a member of the workspace is a program.
    fn role_of_package(&self, package: &Package, packages: &[Package]) -> Option<FileRole> {
        if is_named_for_tests(&package.package_name) && serves_tests(package, packages) {
            return Some(FileRole::Test);
        }
        let (above, _) = package.directory.rsplit_once('/')?;
        let parent = ancestors(above).find(|folder| self.manifests.package(folder).is_some())?;
        let role = role_of_folder(&package.directory, parent);
        let is_used = || {
            let dependencies = packages.iter().flat_map(|package| &package.dependencies);
            dependencies
                .filter(|dependency| dependency.kind != DependencyKind::Dev)
                .filter_map(|dependency| dependency.package)
                .any(|id| packages[id.index()].directory == package.directory)
        };
        let is_own_program = || role == FileRole::Example && self.manifests.is_member(&package.directory);
        (role != FileRole::Source && !is_own_program() && !is_used()).then_some(role)
    }
}

/// Whether a package is a library that others need for their tests.
fn serves_tests(package: &Package, packages: &[Package]) -> bool {
    let is_program = package.targets.iter().any(|target| target.kind == TargetKind::Bin);
    let dependencies = packages.iter().flat_map(|package| &package.dependencies);
    let is_needed = dependencies
        .filter(|dependency| dependency.kind == DependencyKind::Dev)
        .filter_map(|dependency| dependency.package)
        .any(|id| packages[id.index()].directory == package.directory);
    is_needed && !is_program
}

/// Whether the last word of a package's name, but for what says that it is a help, is about tests.
fn is_named_for_tests(name: &str) -> bool {
    let mut words = name.rsplit(['-', '_']).skip_while(|word| matches!(*word, "utils" | "util" | "support"));
    words.next().is_some_and(|word| matches!(word, "test" | "tests" | "testing" | "testutil" | "testutils"))
}

/// The roles of target roots. A file that is part of the program is source, whatever else it is.
fn roles_of_roots(packages: &[Package]) -> FxHashMap<FileId, FileRole> {
    let mut roles = FxHashMap::default();
    for Target { kind, root, .. } in packages.iter().flat_map(|package| &package.targets) {
        let role = match kind {
            TargetKind::Lib | TargetKind::Bin | TargetKind::Loose => FileRole::Source,
            TargetKind::Example => FileRole::Example,
            TargetKind::Test => FileRole::Test,
            TargetKind::Bench => FileRole::Bench,
            TargetKind::BuildScript => FileRole::BuildScript,
        };
        roles.entry(*root).and_modify(|known: &mut FileRole| *known = (*known).min(role)).or_insert(role);
    }
    roles
}

/// What is of use to tests alone, though it is no test itself.
const TEST_FILES: &[&str] =
    &["test_utils.rs", "test_util.rs", "test_helpers.rs", "testutils.rs", "testutil.rs"];

/// The role of a path by the folder of the package in which it lies.
fn role_of_folder(path: &str, package: &str) -> FileRole {
    let below = path.strip_prefix(package).unwrap_or(path).trim_start_matches('/');
    let (_, file) = below.rsplit_once('/').unwrap_or(("", below));
    if file.ends_with("_tests.rs") || TEST_FILES.contains(&file) {
        return FileRole::Test;
    }
    let Some((first, _)) = below.split_once('/') else { return FileRole::Source };
    let role = ROLE_FOLDERS.iter().find(|(folder, _)| *folder == first);
    role.map_or(FileRole::Source, |(_, role)| *role)
}

fn edition(own: Option<&Inheritable>, workspace: Option<&WorkspaceRef<'_>>) -> Edition {
    match own {
        None => Edition::E2015,
        Some(Inheritable::Value(text)) => Edition::parse(text),
        Some(Inheritable::Workspace { .. }) => {
            let inherited = workspace.and_then(|workspace| workspace.table.package.edition.as_deref());
            // Inheritance came with 2021, so it is that or later, if the workspace cannot be asked.
            inherited.map_or(Edition::E2021, Edition::parse)
        }
    }
}

/// Ties the dependencies of one package.
struct Ties<'a> {
    manifests: &'a Manifests<'a>,
    folder: &'a str,
    manifest: &'a Manifest,
    workspace: Option<WorkspaceRef<'a>>,
    /// Packages and the names of their libraries, by folder.
    known: &'a FxHashMap<&'a str, (PackageId, Symbol)>,
}

impl Ties<'_> {
    fn dependencies(&self) -> Vec<Dependency> {
        let tables = self.manifest.dependency_tables();
        let entries = tables.flat_map(|(kind, table)| table.iter().map(move |(key, spec)| (kind, key, spec)));
        let mut dependencies: Vec<_> =
            entries.map(|(kind, key, spec)| self.dependency(kind, key, spec)).collect();
        dependencies.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        dependencies.dedup_by(|b, a| a.sort_key() == b.sort_key());
        dependencies
    }

    fn dependency(&self, kind: DependencyKind, key: &str, spec: &DependencySpec) -> Dependency {
        let own = spec.detail();
        let inherited = own.filter(|detail| detail.workspace).and_then(|_| self.inherited(key));
        let renamed = inherited.or(own).and_then(|detail| detail.package.as_deref());
        let package_name = renamed.unwrap_or(key);
        let folder = match (inherited, &self.workspace) {
            (Some(detail), Some(workspace)) => self.resolve(&workspace.folder, detail),
            _ => own.and_then(|detail| self.resolve(&self.manifests.absolute(self.folder), detail)),
        };
        let folder = folder.or_else(|| self.patched(package_name));
        let found = folder.and_then(|folder| self.known.get(folder.as_str()).copied());
        let name = match found {
            Some((_, library)) if renamed.is_none_or(|name| name == key) => library,
            _ => identifier(key),
        };
        Dependency {
            name,
            package_name: package_name.to_owned(),
            kind,
            optional: own.is_some_and(|detail| detail.optional),
            package: found.map(|(id, _)| id),
        }
    }

    fn inherited(&self, key: &str) -> Option<&DependencyDetail> {
        self.workspace.as_ref()?.table.dependencies.get(key)?.detail()
    }

    fn resolve(&self, base: &std::path::Path, detail: &DependencyDetail) -> Option<String> {
        self.manifests.resolve(base, detail.path.as_deref()?)
    }

    /// The folder that `[patch]` puts in the place of a package, in the workspace's manifest or in its own.
    fn patched(&self, package_name: &str) -> Option<String> {
        let own = || (self.manifests.absolute(self.folder), self.manifest);
        let workspace =
            self.workspace.as_ref().map(|workspace| (workspace.folder.clone(), workspace.manifest));
        let (base, manifest) = workspace.unwrap_or_else(own);
        let patches = manifest.patch.values().flat_map(Dependencies::iter);
        let mut details = patches.filter_map(|(key, spec)| Some((key, spec.detail()?)));
        let (_, detail) =
            details.find(|(key, detail)| detail.package.as_ref().unwrap_or(key) == package_name)?;
        self.resolve(&base, detail)
    }
}

impl Dependency {
    fn sort_key(&self) -> (&'static str, DependencyKind, &str) {
        (self.name.as_str(), self.kind, &self.package_name)
    }
}
