//! Which item a name means: the module trees of all crates, their scopes, and imports.
//!
//! [`DefMap::build`] makes it once for the whole workspace: one walk over the items lays out crates, modules
//! and the scopes of blocks; then imports are resolved together until nothing changes. After that the map is
//! read only, and [`DefMap::resolve`](crate::DefMap::resolve) answers for any path in any item.
//!
//! What `cfg` would choose between is kept: of several definitions of a name the first that is no test code
//! has the name, and the others are its [`DefMap::duplicates`].

mod files;
mod imports;
mod modules;
#[cfg(test)]
mod tests;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use ward_project::{LoadedFile, PackageId, Project, TargetKind};
use ward_syntax::{FileId, Item, ItemKind, SourceIr, Symbol, Visibility};

use crate::exports::Exports;
use crate::prelude::Prelude;
use crate::traits::ImplHead;
use crate::{DefId, DefIndex, Externals};

/// The names of the whole workspace.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct DefMap {
    pub(crate) crates: Vec<CrateData>,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) items: Vec<DefData>,
    /// The scope of each file's own items.
    pub(crate) file_scopes: Vec<ScopeId>,
    /// Files that only test code names as modules.
    pub(crate) test_files: FxHashSet<FileId>,
    /// Files that no module names, where it can be seen that none does: they are not compiled.
    pub(crate) unnamed_files: FxHashSet<FileId>,
    pub(crate) variants: FxHashMap<(DefId, Symbol), u32>,
    /// Library crates by name, for code whose manifest does not tell.
    pub(crate) libraries: FxHashMap<Symbol, ScopeId>,
    pub(crate) impl_heads: FxHashMap<DefId, ImplHead>,
    #[serde(skip)]
    pub(crate) prelude: Prelude,
    /// Empty once imports are resolved.
    #[serde(skip)]
    changes: Changes,
    duplicates: FxHashMap<DefId, Vec<DefId>>,
    /// The last names of what structs and enums derive, in order.
    pub(crate) derives: FxHashMap<DefId, Vec<Symbol>>,
    exports: Exports,
}

/// A module, or the items of a function's body.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct ScopeId(pub(crate) u32);

/// A crate: a target of a package.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct CrateId(pub u32);

/// What [`DefMap`] knows of a crate.
#[derive(Debug, Serialize, Deserialize)]
pub struct CrateData {
    /// The crate's name as code writes it.
    pub name: Symbol,
    /// Its package.
    pub package: PackageId,
    /// What is built of it.
    pub kind: TargetKind,
    /// Its root module.
    pub root: ScopeId,
    /// Names that begin a path into another crate.
    pub(crate) extern_names: FxHashMap<Symbol, Target>,
    /// `macro_rules!` anywhere in the crate.
    pub(crate) macros: FxHashMap<Symbol, DefId>,
    /// `#[macro_use] extern crate ..`.
    pub(crate) macro_crates: Vec<Target>,
    /// Crates that have files in common with this one, as binaries may have with the library. A file belongs to
    /// one of them, and what it says about `crate` may be true in another.
    pub(crate) siblings: Vec<CrateId>,
    /// `use` paths begin at the crate root.
    pub(crate) is_2015: bool,
    /// A library, or a lone file that may be one.
    pub(crate) is_open: bool,
}

/// Which of the names spelled alike is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Namespace {
    /// Types, traits and modules.
    Type,
    /// Functions, constants, constructors.
    Value,
    /// Macros, attributes and derives.
    Macro,
}

/// The tables that resolution reads beside the map.
#[derive(Clone, Copy)]
pub struct NameContext<'a> {
    /// All files, by [`FileId`].
    pub files: &'a [LoadedFile],
    /// Where items stand.
    pub defs: &'a DefIndex,
    /// What is known of other crates.
    pub externals: &'a Externals,
}

/// What kind of item a [`DefId`] is, without a look at the file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum DefKind {
    Module,
    Use,
    ExternCrate,
    Fn,
    Struct,
    Enum,
    Trait,
    Impl,
    Const,
    TypeAlias,
    MacroRules,
    MacroCall,
}

/// What the map keeps of every item.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct DefData {
    pub(crate) name: Symbol,
    /// The item it stands in, macro calls left out; a file's items stand in the `mod` that names the file.
    pub(crate) parent: Option<DefId>,
    /// The innermost scope for paths inside this item. A module's is its own.
    pub(crate) scope: ScopeId,
    pub(crate) kind: DefKind,
    pub(crate) visibility: Visibility,
    /// [`Item::is_test`].
    pub(crate) is_test: bool,
    /// Whether it has a body, be it read or not.
    pub(crate) has_body: bool,
}

/// A module or block with its names.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Scope {
    pub(crate) kind: ScopeKind,
    pub(crate) name: Symbol,
    /// The enclosing module; for a block the enclosing scope.
    pub(crate) parent: Option<ScopeId>,
    pub(crate) krate: CrateId,
    /// The `mod` or function; none for a crate's root and for files that nobody names.
    pub(crate) owner: Option<DefId>,
    pub(crate) names: FxHashMap<Symbol, Names>,
    pub(crate) globs: Vec<Glob>,
    /// Other modules of the same name, under other `cfg`s.
    pub(crate) alternates: Vec<ScopeId>,
}

/// Whether items are found from inner modules.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum ScopeKind {
    Module,
    Block,
}

/// What one name means in a scope.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Names {
    pub(crate) types: Option<Binding>,
    pub(crate) values: Option<Binding>,
    pub(crate) macros: Option<Binding>,
    /// How many imports of this name are not resolved yet.
    pub(crate) pending: u8,
}

/// One meaning of a name.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Binding {
    pub(crate) target: Target,
    pub(crate) visibility: Visibility,
    pub(crate) origin: Origin,
    pub(crate) is_test: bool,
}

/// Where a name comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Origin {
    Item,
    Import,
}

/// What a name leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Target {
    Def(DefId),
    Module(ScopeId),
    Variant {
        def: DefId,
        index: u32,
    },
    /// A canonical path.
    External(Symbol),
    /// Something that is imported from where nothing of the name was found.
    Unknown,
}

/// What has changed while imports are resolved, to know which of them are worth another try.
#[derive(Debug, Default)]
struct Changes {
    now: u32,
    /// When a glob was last resolved.
    glob: u32,
    /// By symbol: when something anywhere was last given this name, and in which namespaces something has it.
    names: Vec<(u32, [bool; 3])>,
}

/// `use path::*`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Glob {
    pub(crate) target: Target,
    pub(crate) visibility: Visibility,
}

impl DefMap {
    /// Lays out all crates and resolves their imports. `files` are those of `project`, in its order, and
    /// `defs` numbers their items.
    pub fn build(project: &Project, files: &[LoadedFile], defs: &DefIndex, externals: &Externals) -> Self {
        let cx = NameContext { files, defs, externals };
        let (mut map, pending) = modules::collect(project, cx);
        imports::resolve_all(&mut map, cx, pending);
        map.changes = Changes::default();
        map.impl_heads = crate::traits::heads(&map, cx);
        map.exports = Exports::build(&map);
        map
    }

    /// The module that holds an item, itself if it is one.
    pub fn module_of(&self, def: DefId) -> ScopeId {
        self.enclosing_module(self.items[def.index()].scope)
    }

    /// The innermost scope for paths inside an item.
    pub(crate) fn scope_of(&self, def: DefId) -> ScopeId {
        self.items[def.index()].scope
    }

    /// The item that this one stands in: a function, impl, trait or module. Items of a file stand in the `mod`
    /// that names the file; those of a crate's root stand in none.
    pub fn parent(&self, def: DefId) -> Option<DefId> {
        self.items[def.index()].parent
    }

    /// The impl or trait that a method, constant or type belongs to.
    pub fn container(&self, def: DefId) -> Option<DefId> {
        self.parent(def).filter(|parent| matches!(self.kind(*parent), DefKind::Impl | DefKind::Trait))
    }

    /// What kind of item it is.
    pub fn kind(&self, def: DefId) -> DefKind {
        self.items[def.index()].kind
    }

    /// Whether it is test code by itself: see [`Item::is_test`].
    pub fn is_test(&self, def: DefId) -> bool {
        self.items[def.index()].is_test
    }

    /// The last names of what a struct or enum derives, in the order written.
    pub fn derives(&self, def: DefId) -> &[Symbol] {
        self.derives.get(&def).map_or(&[], Vec::as_slice)
    }

    /// Its name; that of the type for an impl.
    pub fn name(&self, def: DefId) -> Symbol {
        self.items[def.index()].name
    }

    /// The crate of an item: the first that reaches its file.
    pub fn crate_of(&self, def: DefId) -> CrateId {
        self.scope(self.items[def.index()].scope).krate
    }

    /// What is known of a crate.
    pub fn crate_data(&self, krate: CrateId) -> &CrateData {
        &self.crates[krate.0 as usize]
    }

    /// Every crate with its id: libraries first, then the other targets, each by package.
    pub fn crates(&self) -> impl Iterator<Item = (CrateId, &CrateData)> {
        (0u32..).map(CrateId).zip(&self.crates)
    }

    /// What is built of the crate of an item. Code that a library and binaries share is the library's.
    pub fn target_kind(&self, def: DefId) -> TargetKind {
        self.crate_data(self.crate_of(def)).kind
    }

    /// Other definitions of the same name in the same place, as under another `cfg`, in source order.
    pub fn duplicates(&self, def: DefId) -> &[DefId] {
        self.duplicates.get(&def).map_or(&[], Vec::as_slice)
    }

    /// The variant of an enum by name.
    pub fn variant(&self, def: DefId, name: Symbol) -> Option<u32> {
        self.variants.get(&(def, name)).copied()
    }

    /// Whether code outside the workspace can name it: it is `pub`, and so is a way to it from a library's
    /// root. Methods and associated items of a type are exported if they are `pub` and the type is; those of
    /// a trait and its impls, if the trait is.
    pub fn is_exported(&self, def: DefId) -> bool {
        self.exports.contains(self, def)
    }

    /// The path of an item for messages: `krate::module::Type::method`.
    pub fn qualified_name(&self, def: DefId) -> String {
        let mut names = vec![self.name(def).as_str()];
        let mut at = def;
        while let Some(parent) = self.parent(at) {
            names.push(self.name(parent).as_str());
            at = parent;
        }
        // Files that nobody names have modules without an item.
        let outermost = self.items[at.index()].scope;
        let own =
            if self.kind(at) == DefKind::Module { self.scope(outermost).parent } else { Some(outermost) };
        let mut scope = own.map(|own| self.enclosing_module(own));
        while let Some(id) = scope {
            let data = self.scope(id);
            names.push(data.name.as_str());
            scope = data.parent;
        }
        names.reverse();
        names.retain(|name| !name.is_empty());
        names.join("::")
    }

    /// The path of a module, the crate's name first.
    pub fn module_path(&self, module: ScopeId) -> String {
        let chain = std::iter::successors(Some(module), |id| self.scope(*id).parent);
        let mut names: Vec<&str> = chain.map(|id| self.scope(id).name.as_str()).collect();
        names.reverse();
        names.join("::")
    }

    /// The nearest module around a scope.
    pub(crate) fn enclosing_module(&self, mut scope: ScopeId) -> ScopeId {
        while self.scope(scope).kind == ScopeKind::Block
            && let Some(parent) = self.scope(scope).parent
        {
            scope = parent;
        }
        scope
    }

    pub(crate) fn scope(&self, id: ScopeId) -> &Scope {
        &self.scopes[id.0 as usize]
    }

    fn scope_mut(&mut self, id: ScopeId) -> &mut Scope {
        &mut self.scopes[id.0 as usize]
    }

    /// Whether `scope` lies in `module` or is it.
    pub(crate) fn is_within(&self, scope: ScopeId, module: ScopeId) -> bool {
        std::iter::successors(Some(scope), |id| self.scope(*id).parent).any(|id| id == module)
    }
}

impl Changes {
    fn note_name(&mut self, name: Symbol, namespace: Namespace) {
        if self.names.len() <= name.index() {
            self.names.resize(name.index() * 2, (0, [false; 3]));
        }
        self.now += 1;
        let (last, namespaces) = &mut self.names[name.index()];
        *last = self.now;
        namespaces[namespace as usize] = true;
    }

    fn note_glob(&mut self) {
        self.now += 1;
        self.glob = self.now;
    }

    /// Whether a search for `name` may end otherwise than at the time `then`.
    fn concern(&self, name: Symbol, then: u32) -> bool {
        self.glob > then || self.names.get(name.index()).is_some_and(|(last, _)| *last > then)
    }

    /// Whether anything in the workspace has the name.
    fn is_declared(&self, name: Symbol, namespace: Namespace) -> bool {
        self.names.get(name.index()).is_some_and(|(_, namespaces)| namespaces[namespace as usize])
    }
}

impl Names {
    pub(crate) fn get(&self, namespace: Namespace) -> Option<Binding> {
        match namespace {
            Namespace::Type => self.types,
            Namespace::Value => self.values,
            Namespace::Macro => self.macros,
        }
    }

    fn slot(&mut self, namespace: Namespace) -> &mut Option<Binding> {
        match namespace {
            Namespace::Type => &mut self.types,
            Namespace::Value => &mut self.values,
            Namespace::Macro => &mut self.macros,
        }
    }
}

impl Namespace {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Type, Self::Value, Self::Macro];
}

impl<'a> NameContext<'a> {
    /// The IR of a file.
    pub fn ir(&self, file: FileId) -> &'a SourceIr {
        &self.files[file.index()].ir
    }

    /// An item.
    pub fn item(&self, def: DefId) -> &'a Item {
        let (file, item) = self.defs.locate(def);
        self.files[file.index()].ir.tree().get(item)
    }
}

impl DefKind {
    fn of(kind: &ItemKind) -> Self {
        match kind {
            ItemKind::Module { .. } => Self::Module,
            ItemKind::Use(_) => Self::Use,
            ItemKind::ExternCrate { .. } => Self::ExternCrate,
            ItemKind::Fn(_) => Self::Fn,
            ItemKind::Struct { .. } => Self::Struct,
            ItemKind::Enum { .. } => Self::Enum,
            ItemKind::Trait { .. } => Self::Trait,
            ItemKind::Impl { .. } => Self::Impl,
            ItemKind::Const { .. } => Self::Const,
            ItemKind::TypeAlias { .. } => Self::TypeAlias,
            ItemKind::MacroRules { .. } => Self::MacroRules,
            ItemKind::MacroCall { .. } => Self::MacroCall,
        }
    }
}
