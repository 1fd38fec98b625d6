//! The first walk over all items: crates, modules, scopes, and what is declared in each.

use rustc_hash::{FxHashMap, FxHashSet};
use ward_project::{Edition, FileRole, PackageId, Project, Target as PackageTarget, TargetKind};
use ward_syntax::{
    Attribute, BodyId, Expr, FieldsShape, FileId, Item, ItemId, ItemKind, Literal, SourceIr, Symbol,
    Visibility, sym,
};

use super::files::{self, ModuleDirectory};
use super::{
    Binding, CrateData, CrateId, DefData, DefKind, DefMap, NameContext, Namespace, Origin, Scope, ScopeId,
    ScopeKind, Target,
};
use crate::DefId;

/// How many items may share one name in one scope, for different `cfg`s; more are not real code.
const MOST_ALIKE: usize = 64;

/// An import that is to be resolved.
#[derive(Clone, Copy, Debug)]
pub(super) struct Import<'a> {
    /// The `use` or `extern crate`.
    pub(super) item: &'a Item,
    /// Where it stands.
    pub(super) scope: ScopeId,
    /// The last name of its path.
    pub(super) last: Symbol,
    /// What the path before the last name means, once known.
    pub(super) container: Option<Target>,
    /// Which namespaces it has given a meaning, by [`Namespace`] as a number.
    pub(super) filled: [bool; 3],
    /// Whether it was put off for another import when it was last tried.
    pub(super) waited: bool,
    /// When it was last tried, by [`super::Changes`].
    pub(super) tried: u32,
}

impl Import<'_> {
    /// Whether the name means something.
    pub(super) fn is_resolved(&self) -> bool {
        self.filled != [false; 3]
    }
}

/// Where an item stands.
#[derive(Clone, Copy)]
struct Place {
    scope: ScopeId,
    /// The item around it, macro calls left out.
    parent: Option<DefId>,
    /// Members of impls and traits are no names of the scope.
    is_member: bool,
}

/// Whether what a crate's root exports can be used from outside the workspace.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Openness {
    AsItsKind,
    Closed,
}

struct Collector<'a> {
    project: &'a Project,
    cx: NameContext<'a>,
    map: DefMap,
    imports: Vec<Import<'a>>,
    /// The module of each file that has one.
    owners: Vec<Option<ScopeId>>,
    /// Files that have a module and were not read yet.
    queue: Vec<(FileId, ScopeId, ModuleDirectory)>,
    /// Packages that were asked whether their targets and modules tell all of their code.
    closed: FxHashMap<PackageId, bool>,
    names: AttributeNames,
}

/// Attributes that say something about names.
struct AttributeNames {
    macro_export: Symbol,
    proc_macro: Symbol,
    proc_macro_attribute: Symbol,
    proc_macro_derive: Symbol,
}

/// Lays out everything but the imports, which it returns.
pub(super) fn collect<'a>(project: &'a Project, cx: NameContext<'a>) -> (DefMap, Vec<Import<'a>>) {
    let nowhere = DefData {
        name: sym::EMPTY,
        parent: None,
        scope: ScopeId(0),
        kind: DefKind::MacroCall,
        visibility: Visibility::Private,
        is_test: false,
        has_body: false,
    };
    let mut collector = Collector {
        project,
        cx,
        map: DefMap { items: vec![nowhere; cx.defs.len()], ..DefMap::default() },
        imports: Vec::new(),
        owners: vec![None; cx.files.len()],
        queue: Vec::new(),
        closed: FxHashMap::default(),
        names: AttributeNames::default(),
    };
    collector.crates();
    collector.unnamed_files();
    collector.link_crates();
    collector.map.file_scopes = collector.owners.iter().map(|owner| owner.unwrap_or(ScopeId(0))).collect();
    (collector.map, collector.imports)
}

impl<'a> Collector<'a> {
    /// All crates: libraries before what may share files with them, loose files last.
    fn crates(&mut self) {
        let mut targets: Vec<(PackageId, PackageTarget)> = Vec::new();
        for (id, package) in self.project.packages() {
            targets.extend(package.targets.iter().map(|target| (id, *target)));
        }
        let named = self.files_named_by_loose(&targets);
        targets.sort_by_key(|(package, target)| {
            let order = match target.kind {
                TargetKind::Lib => 0,
                TargetKind::Bin => 1,
                TargetKind::Loose if named.contains(&target.root) => 4,
                TargetKind::Loose => 3,
                _ => 2,
            };
            (order, *package)
        });
        for (package, target) in targets {
            let is_taken = self.owner(target.root).is_some();
            if target.root.index() >= self.owners.len() || (is_taken && target.kind == TargetKind::Loose) {
                continue;
            }
            self.new_crate(package, target, Openness::AsItsKind);
            self.read_queue();
        }
    }

    /// The files that loose files name with `mod`.
    fn files_named_by_loose(&self, targets: &[(PackageId, PackageTarget)]) -> FxHashSet<FileId> {
        let mut named = FxHashSet::default();
        for (_, target) in targets.iter().filter(|(_, target)| target.kind == TargetKind::Loose) {
            let Some(file) = self.cx.files.get(target.root.index()) else { continue };
            let own = &self.project.file(target.root).path;
            // It may be a root, or a module of another loose file.
            for directory in [ModuleDirectory::of_owner(own), ModuleDirectory::of(own)] {
                for item in &file.ir.tree.items {
                    if let ItemKind::Module { inline: false, path } = item.kind
                        && item.parent.is_none()
                    {
                        let files = directory.find(self.project, item.name, path, &item.attributes);
                        named.extend(
                            files.into_iter().map(|(file, _)| file).filter(|file| *file != target.root),
                        );
                    }
                }
            }
        }
        named
    }

    fn new_crate(&mut self, package: PackageId, target: PackageTarget, openness: Openness) {
        let krate = CrateId(self.map.crates.len() as u32);
        let root = self.new_scope(ScopeKind::Module, target.name, None, krate, None);
        let edition = self.project.package(package).edition;
        self.map.crates.push(CrateData {
            name: target.name,
            package,
            kind: target.kind,
            root,
            extern_names: FxHashMap::default(),
            macros: FxHashMap::default(),
            macro_crates: Vec::new(),
            siblings: Vec::new(),
            is_2015: edition == Edition::E2015,
            is_open: openness == Openness::AsItsKind
                && matches!(target.kind, TargetKind::Lib | TargetKind::Loose),
        });
        if target.kind == TargetKind::Lib {
            self.map.libraries.entry(target.name).or_insert(root);
        }
        if let Some(first) = self.owner(target.root) {
            // Two targets with one root: the second sees the names of the first.
            self.map.scope_mut(root).alternates.push(first);
            self.share(krate, self.map.scope(first).krate);
        } else {
            let path = &self.project.file(target.root).path;
            self.claim(target.root, root, ModuleDirectory::of_owner(path));
        }
    }

    fn owner(&self, file: FileId) -> Option<ScopeId> {
        self.owners.get(file.index()).copied().flatten()
    }

    fn claim(&mut self, file: FileId, scope: ScopeId, directory: ModuleDirectory) {
        self.owners[file.index()] = Some(scope);
        self.queue.push((file, scope, directory));
    }

    fn read_queue(&mut self) {
        while let Some((file, scope, directory)) = self.queue.pop() {
            self.read_file(file, scope, &directory);
        }
    }

    fn new_scope(
        &mut self,
        kind: ScopeKind,
        name: Symbol,
        parent: Option<ScopeId>,
        krate: CrateId,
        owner: Option<DefId>,
    ) -> ScopeId {
        let id = ScopeId(self.map.scopes.len() as u32);
        self.map.scopes.push(Scope {
            kind,
            name,
            parent,
            krate,
            owner,
            names: FxHashMap::default(),
            globs: Vec::new(),
            alternates: Vec::new(),
        });
        id
    }

    fn read_file(&mut self, file: FileId, module: ScopeId, directory: &ModuleDirectory) {
        let tree = &self.cx.ir(file).tree;
        let mut directories: FxHashMap<ItemId, ModuleDirectory> = FxHashMap::default();
        for (id, item) in tree.iter() {
            let def = self.cx.defs.def(file, id);
            let place = self.place(file, module, item.parent);
            self.map.items[def.index()] = DefData {
                name: item.name,
                parent: place.parent,
                scope: place.scope,
                kind: DefKind::of(&item.kind),
                visibility: item.visibility,
                is_test: item.is_test,
                has_body: item.body().is_some(),
            };
            if let ItemKind::Struct { .. } | ItemKind::Enum { .. } = item.kind {
                let derives: Vec<Symbol> = item.derived().map(Symbol::new).collect();
                if !derives.is_empty() {
                    self.map.derives.insert(def, derives);
                }
            }
            if let ItemKind::Module { inline, path } = item.kind {
                let around = inline_module(tree, item.parent).and_then(|outer| directories.get(&outer));
                let around = around.unwrap_or(directory);
                if inline {
                    let inner = around.inline(item.name, path);
                    directories.insert(id, inner);
                    self.inline_module(def, item, place);
                } else {
                    let found = around.find(self.project, item.name, path, &item.attributes);
                    self.file_module(def, item, place, found);
                }
            } else if !place.is_member {
                self.declare(def, item, place);
                if let ItemKind::MacroCall { body: Some(body), .. } = item.kind {
                    self.include(file, body, place);
                }
            }
            if let ItemKind::Enum { variants, .. } = &item.kind {
                for (variant, index) in variants.iter().zip(0u32..) {
                    self.map.variants.entry((def, variant.name)).or_insert(index);
                    self.map.changes.note_name(variant.name, Namespace::Type);
                    self.map.changes.note_name(variant.name, Namespace::Value);
                }
            }
        }
    }

    /// Where the children of `parent` stand. Items come after their parents, so the parent has its scope.
    fn place(&mut self, file: FileId, module: ScopeId, parent: Option<ItemId>) -> Place {
        let tree = &self.cx.ir(file).tree;
        let Some(item) = parent else {
            return Place { scope: module, parent: self.map.scope(module).owner, is_member: false };
        };
        let def = self.cx.defs.def(file, item);
        let scope = self.map.items[def.index()].scope;
        match tree.get(item).kind {
            ItemKind::MacroCall { .. } => self.place(file, module, tree.get(item).parent),
            ItemKind::Impl { .. } | ItemKind::Trait { .. } => {
                Place { scope, parent: Some(def), is_member: true }
            }
            ItemKind::Module { .. } => Place { scope, parent: Some(def), is_member: false },
            _ => Place { scope: self.block(def, scope), parent: Some(def), is_member: false },
        }
    }

    /// The scope of a function's own items, made when the first of them is met.
    fn block(&mut self, def: DefId, scope: ScopeId) -> ScopeId {
        let data = self.map.scope(scope);
        if data.kind == ScopeKind::Block && data.owner == Some(def) {
            return scope;
        }
        let krate = data.krate;
        let name = self.map.items[def.index()].name;
        let block = self.new_scope(ScopeKind::Block, name, Some(scope), krate, Some(def));
        self.map.items[def.index()].scope = block;
        block
    }

    fn inline_module(&mut self, def: DefId, item: &Item, place: Place) {
        let krate = self.map.scope(place.scope).krate;
        let parent = self.map.enclosing_module(place.scope);
        // A module inside a function sees none of the function's names.
        let scope = self.new_scope(ScopeKind::Module, item.name, Some(parent), krate, Some(def));
        self.declare_module(def, item, place, scope);
    }

    fn file_module(&mut self, def: DefId, item: &Item, place: Place, found: Vec<(FileId, ModuleDirectory)>) {
        let krate = self.map.scope(place.scope).krate;
        let parent = self.map.enclosing_module(place.scope);
        if found.is_empty() {
            let scope = self.new_scope(ScopeKind::Module, item.name, Some(parent), krate, Some(def));
            self.declare_module(def, item, place, scope);
        }
        let is_test = self.is_test(def, item);
        for (file, directory) in found {
            let scope = if let Some(owner) = self.owner(file) {
                self.share(krate, self.map.scope(owner).krate);
                if !is_test {
                    self.map.test_files.remove(&file);
                }
                owner
            } else {
                if is_test {
                    self.map.test_files.insert(file);
                }
                let scope = self.new_scope(ScopeKind::Module, item.name, Some(parent), krate, Some(def));
                self.claim(file, scope, directory);
                scope
            };
            self.declare_module(def, item, place, scope);
        }
    }

    /// Whether what a `mod` names is test code: the item is, or stands in a file of tests.
    fn is_test(&self, def: DefId, item: &Item) -> bool {
        let (file, _) = self.cx.defs.locate(def);
        let role = self.cx.files.get(file.index()).map(|file| file.role);
        item.is_test
            || self.map.test_files.contains(&file)
            || matches!(role, Some(FileRole::Test | FileRole::Bench))
    }

    /// `include!("file.rs")`: its items stand where the macro does.
    fn include(&mut self, file: FileId, body: BodyId, place: Place) {
        let Some(path) = included_path(self.cx.ir(file), body) else { return };
        let own = self.project.file(file);
        let found = match path {
            IncludedPath::BesideFile(path) => files::beside(self.project, &own.path, path),
            IncludedPath::InPackage(path) => {
                files::below(self.project, &self.project.package(own.package).directory, path)
            }
        };
        let Some(found) = found.filter(|found| *found != file) else { return };
        match self.owner(found) {
            Some(owner) if owner != place.scope => self.map.scope_mut(place.scope).alternates.push(owner),
            Some(_) => {}
            None => {
                let path = &self.project.file(found).path;
                self.claim(found, place.scope, ModuleDirectory::of_owner(path));
            }
        }
    }

    /// Notes that two crates have a file in common.
    fn share(&mut self, krate: CrateId, other: CrateId) {
        for (one, other) in [(krate, other), (other, krate)] {
            let siblings = &mut self.map.crates[one.0 as usize].siblings;
            if one != other && !siblings.contains(&other) {
                siblings.push(other);
            }
        }
    }

    fn declare_module(&mut self, def: DefId, item: &Item, place: Place, scope: ScopeId) {
        self.map.items[def.index()].scope = scope;
        self.bind(place.scope, item, Namespace::Type, Target::Module(scope));
    }

    /// Enters an item into the scope it stands in.
    fn declare(&mut self, def: DefId, item: &'a Item, place: Place) {
        let target = Target::Def(def);
        match &item.kind {
            ItemKind::Use(tree) => {
                self.import(item, place.scope);
                if !tree.glob && item.name != sym::UNDERSCORE {
                    let names = self.map.scope_mut(place.scope).names.entry(item.name).or_default();
                    names.pending = names.pending.saturating_add(1);
                }
            }
            ItemKind::ExternCrate { .. } => {
                self.import(item, place.scope);
            }
            ItemKind::Fn(_) => {
                self.bind(place.scope, item, Namespace::Value, target);
                self.declare_procedural_macro(item, place, target);
            }
            ItemKind::Struct { fields, .. } => {
                self.bind(place.scope, item, Namespace::Type, target);
                if fields.shape != FieldsShape::Named {
                    self.bind(place.scope, item, Namespace::Value, target);
                }
            }
            ItemKind::Const { .. } => self.bind(place.scope, item, Namespace::Value, target),
            ItemKind::Enum { .. } | ItemKind::Trait { .. } | ItemKind::TypeAlias { .. } => {
                self.bind(place.scope, item, Namespace::Type, target);
            }
            ItemKind::MacroRules { .. } => self.declare_macro(def, item, place),
            ItemKind::Module { .. } | ItemKind::Impl { .. } | ItemKind::MacroCall { .. } => {}
        }
    }

    fn import(&mut self, item: &'a Item, scope: ScopeId) {
        let last = match &item.kind {
            ItemKind::Use(tree) => tree.path.last().copied(),
            _ => None,
        };
        self.imports.push(Import {
            item,
            scope,
            last: last.unwrap_or(sym::EMPTY),
            container: None,
            filled: [false; 3],
            waited: false,
            tried: 0,
        });
    }

    fn declare_macro(&mut self, def: DefId, item: &Item, place: Place) {
        self.bind(place.scope, item, Namespace::Macro, Target::Def(def));
        let krate = self.map.scope(place.scope).krate;
        let data = &mut self.map.crates[krate.0 as usize];
        data.macros.entry(item.name).or_insert(def);
        let root = data.root;
        if root != place.scope
            && item.attributes.iter().any(|attribute| attribute.path == self.names.macro_export)
        {
            let binding = Binding {
                target: Target::Def(def),
                visibility: Visibility::Public,
                origin: Origin::Item,
                is_test: item.is_test,
            };
            self.map.scope_mut(root).names.entry(item.name).or_default().macros.get_or_insert(binding);
            self.map.changes.note_name(item.name, Namespace::Macro);
        }
    }

    fn declare_procedural_macro(&mut self, item: &Item, place: Place, target: Target) {
        for attribute in &item.attributes {
            if attribute.path == self.names.proc_macro || attribute.path == self.names.proc_macro_attribute {
                self.bind(place.scope, item, Namespace::Macro, target);
            } else if attribute.path == self.names.proc_macro_derive
                && let Some(name) = attribute.args.as_str().split(',').next()
            {
                self.bind_as(place.scope, Symbol::new(name.trim()), item, Namespace::Macro, target);
            }
        }
    }

    fn bind(&mut self, scope: ScopeId, item: &Item, namespace: Namespace, target: Target) {
        self.bind_as(scope, item.name, item, namespace, target);
    }

    fn bind_as(&mut self, scope: ScopeId, name: Symbol, item: &Item, namespace: Namespace, target: Target) {
        if name.is_empty() || name == sym::UNDERSCORE {
            return;
        }
        let binding =
            Binding { target, visibility: item.visibility, origin: Origin::Item, is_test: item.is_test };
        let slot = self.map.scope_mut(scope).names.entry(name).or_default().slot(namespace);
        let Some(first) = slot else {
            *slot = Some(binding);
            self.map.changes.note_name(name, namespace);
            return;
        };
        let (kept, other) = if first.is_test && !binding.is_test {
            (binding.target, std::mem::replace(first, binding).target)
        } else {
            (first.target, target)
        };
        match (kept, other) {
            (Target::Module(kept), Target::Module(other)) if kept != other => {
                let alternates = &mut self.map.scope_mut(kept).alternates;
                if alternates.len() < MOST_ALIKE && !alternates.contains(&other) {
                    alternates.push(other);
                }
            }
            (Target::Def(kept), Target::Def(other)) if kept != other => {
                let duplicates = self.map.duplicates.entry(kept).or_default();
                if duplicates.len() < MOST_ALIKE && !duplicates.contains(&other) {
                    duplicates.push(other);
                }
            }
            _ => {}
        }
    }

    /// Gives files that nobody names a module by where they lie, so that their own names resolve.
    fn unnamed_files(&mut self) {
        let mut files: Vec<(usize, FileId)> = Vec::new();
        for (id, file) in self.project.files() {
            let is_code = file.role != FileRole::Template;
            if is_code && id.index() < self.owners.len() && self.owner(id).is_none() {
                files.push((file.path.matches('/').count(), id));
            }
        }
        // Outer files first: they may name inner ones.
        files.sort_unstable_by_key(|(depth, id)| {
            (*depth, !self.project.file(*id).path.ends_with("/mod.rs"), *id)
        });
        for (_, id) in files {
            if self.owner(id).is_some() {
                continue;
            }
            self.unnamed_file(id);
            let before = self.owners.clone();
            self.read_queue();
            if self.map.unnamed_files.contains(&id) {
                // What only such a file names is not compiled either.
                let all = before.iter().zip(&self.owners).enumerate();
                let named = all.filter(|(_, (before, after))| before.is_none() && after.is_some());
                self.map.unnamed_files.extend(named.map(|(index, _)| FileId(index as u32)));
            }
        }
    }

    fn unnamed_file(&mut self, id: FileId) {
        let file = self.project.file(id);
        let Some((root, inside)) = self.nearest_root(id) else {
            if self.is_left_out(id) {
                self.map.unnamed_files.insert(id);
            }
            let (_, name) = files::split(&file.path);
            let name = Symbol::new(name.strip_suffix(".rs").unwrap_or(name));
            let target = PackageTarget { kind: TargetKind::Loose, name, root: id };
            self.new_crate(file.package, target, Openness::Closed);
            return;
        };
        let inside = inside.strip_suffix(".rs").unwrap_or(inside);
        let inside = inside.strip_suffix("/mod").unwrap_or(inside);
        let mut module = root;
        let mut parent = root;
        for part in inside.split('/') {
            parent = module;
            module = self.child_module(module, Symbol::new(part));
        }
        // A folder without a file of its own is no module unless one of those above names it, or writes it out.
        while let Some(above) = &self.map.scope(parent).parent
            && !self.owners.contains(&Some(parent))
        {
            parent = *above;
        }
        if self.names_all_files(parent) {
            self.map.unnamed_files.insert(id);
        }
        self.claim(id, module, ModuleDirectory::of(&file.path));
    }

    /// Whether a file lies beside all that cargo builds of its package, no macro may name it, and it is no script.
    fn is_left_out(&mut self, id: FileId) -> bool {
        let is_main = |item: &Item| item.as_fn().is_some() && item.name.as_str() == "main";
        if self.cx.files[id.index()].ir.tree.iter().any(|(_, item)| is_main(item)) {
            return false;
        }
        let package = self.project.file(id).package;
        if let Some(known) = self.closed.get(&package) {
            return *known;
        }
        let closed = self.is_closed(package);
        self.closed.insert(package, closed);
        closed
    }

    /// Whether the targets and modules of a package tell all of its code.
    fn is_closed(&self, package: PackageId) -> bool {
        let is_built = |target: &PackageTarget| matches!(target.kind, TargetKind::Lib | TargetKind::Bin);
        let includes = |item: &Item| match item.kind {
            ItemKind::MacroCall { path, .. } => path.as_str().ends_with("include"),
            _ => false,
        };
        let own = self.project.files().filter(|(_, file)| file.package == package);
        let mut own = own.filter_map(|(id, _)| self.cx.files.get(id.index()));
        self.project.package(package).targets.iter().any(is_built)
            && !own.any(|file| file.ir.tree.iter().any(|(_, item)| includes(item)))
    }

    /// Whether the file of a module is there and says by `mod` alone what lies below it: no macro may name more.
    fn names_all_files(&self, module: ScopeId) -> bool {
        let Some(index) = self.owners.iter().position(|owner| *owner == Some(module)) else { return false };
        let Some(file) = self.cx.files.get(index) else { return false };
        let is_named = !self.map.unnamed_files.contains(&FileId(index as u32));
        let calls = |item: &Item| matches!(item.kind, ItemKind::MacroCall { .. });
        is_named && !file.ir.tree.iter().any(|(_, item)| calls(item))
    }

    /// The crate whose root lies nearest above a file, and the path of the file below it.
    fn nearest_root(&self, id: FileId) -> Option<(ScopeId, &'a str)> {
        let project = self.project;
        let file = project.file(id);
        let inside_of = |krate: &CrateData, target: &PackageTarget| {
            let (directory, name) = files::split(&self.project.file(target.root).path);
            let is_owner = matches!(name, "lib.rs" | "main.rs" | "mod.rs") || target.kind == TargetKind::Lib;
            if !is_owner || krate.package != file.package || target.kind == TargetKind::Loose {
                return None;
            }
            let inside = if directory.is_empty() {
                Some(file.path.as_str())
            } else {
                file.path.strip_prefix(directory).and_then(|rest| rest.strip_prefix('/'))
            };
            inside.map(|inside| (krate.root, inside))
        };
        let targets = &self.project.package(file.package).targets;
        let candidates = targets.iter().filter_map(|target| {
            let mut crates = self.map.crates.iter();
            let krate = crates.find(|krate| {
                krate.package == file.package && krate.kind == target.kind && krate.name == target.name
            })?;
            inside_of(krate, target)
        });
        // The first of those that lie equally near: the library.
        candidates.reduce(|best, next| if next.1.len() < best.1.len() { next } else { best })
    }

    fn child_module(&mut self, parent: ScopeId, name: Symbol) -> ScopeId {
        let names = self.map.scope_mut(parent).names.entry(name).or_default();
        if let Some(Binding { target: Target::Module(child), .. }) = names.types {
            return child;
        }
        let krate = self.map.scope(parent).krate;
        let child = self.new_scope(ScopeKind::Module, name, Some(parent), krate, None);
        let binding = Binding {
            target: Target::Module(child),
            visibility: Visibility::Restricted,
            origin: Origin::Item,
            is_test: false,
        };
        self.map.scope_mut(parent).names.entry(name).or_default().types.get_or_insert(binding);
        self.map.changes.note_name(name, Namespace::Type);
        child
    }

    /// Tells every crate by which names it reaches others.
    fn link_crates(&mut self) {
        for index in 0..self.map.crates.len() {
            let CrateData { package, kind, .. } = self.map.crates[index];
            let package = self.project.package(package);
            let mut names: FxHashMap<Symbol, Target> = FxHashMap::default();
            for dependency in &package.dependencies {
                let local = dependency.package.and_then(|id| self.library_of(id));
                let target = match local {
                    Some(root) => Target::Module(root),
                    None => Target::External(Symbol::new(&dependency.package_name.replace('-', "_"))),
                };
                // A normal dependency stands before those of tests and build scripts.
                names.entry(dependency.name).or_insert(target);
            }
            // A dependency of such a name takes its place.
            for name in ["std", "core", "alloc", "proc_macro", "test"] {
                let unified = if matches!(name, "core" | "alloc") { "std" } else { name };
                names.entry(Symbol::new(name)).or_insert(Target::External(Symbol::new(unified)));
            }
            if kind != TargetKind::Lib
                && let Some(library) = package.library()
                && let Some(root) = self.library_of(self.map.crates[index].package)
            {
                names.insert(library.name, Target::Module(root));
            }
            self.map.crates[index].extern_names = names;
        }
    }

    fn library_of(&self, package: PackageId) -> Option<ScopeId> {
        let mut crates = self.map.crates.iter();
        crates.find(|krate| krate.package == package && krate.kind == TargetKind::Lib).map(|krate| krate.root)
    }
}

/// The innermost inline module around an item.
fn inline_module(tree: &ward_syntax::ItemTree, parent: Option<ItemId>) -> Option<ItemId> {
    let mut at = parent;
    while let Some(id) = at {
        if let ItemKind::Module { inline: true, .. } = tree.get(id).kind {
            return Some(id);
        }
        at = tree.get(id).parent;
    }
    None
}

impl Default for AttributeNames {
    fn default() -> Self {
        Self {
            macro_export: Symbol::new("macro_export"),
            proc_macro: Symbol::new("proc_macro"),
            proc_macro_attribute: Symbol::new("proc_macro_attribute"),
            proc_macro_derive: Symbol::new("proc_macro_derive"),
        }
    }
}

/// The file that `include!` names.
#[derive(Clone, Copy)]
enum IncludedPath {
    /// `"path"`.
    BesideFile(&'static str),
    /// `concat!(env!("CARGO_MANIFEST_DIR"), "path")`.
    InPackage(&'static str),
}

/// The path in `include!(..)`, where `body` is what was read of the call.
fn included_path(ir: &SourceIr, body: BodyId) -> Option<IncludedPath> {
    let Expr::Macro(call) = ir.expr(ir.body(body).root) else { return None };
    let call = ir.macro_call(call);
    if call.path.as_str().rsplit(':').next() != Some("include") {
        return None;
    }
    let mut argument = ir.expr(ir.list(call.args).next()?);
    while let Expr::Block { tail: Some(tail), .. } = argument {
        argument = ir.expr(tail);
    }
    match argument {
        Expr::Literal(Literal::Str(path)) => Some(IncludedPath::BesideFile(path.as_str())),
        Expr::Macro(inner) => {
            let rest = ir.macro_call(inner).text.as_str().strip_prefix("env!(\"CARGO_MANIFEST_DIR\")")?;
            let path = rest.trim_start_matches([',', ' ', '\n']).strip_prefix('"')?.strip_suffix('"')?;
            Some(IncludedPath::InPackage(path))
        }
        _ => None,
    }
}

/// Whether `attributes` hold `#[macro_use]`.
pub(super) fn has_macro_use(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| attribute.path.as_str() == "macro_use")
}
