//! The facade: everything known of the workspace, indexed once.

use ward_project::{LoadedFile, PackageId, Project};
use ward_syntax::{Attribute, BodyId, FileId, Item, ItemId, ItemKind, SourceIr, Symbol, TypeRefId};

use crate::{
    BodyTypes, CallGraph, CarriesText, DefId, DefIndex, Externals, FieldInfo, ImplInfo, Signature, Ty,
};

/// Names, types and calls of a whole workspace.
#[derive(Debug)]
pub struct Semantics {
    /// Packages and files.
    pub project: Project,
    /// The files' contents, by [`FileId`].
    pub files: Vec<LoadedFile>,
    /// The numbering of items.
    pub defs: DefIndex,
    /// What is known of crates outside the workspace.
    pub externals: Externals,
    functions: Vec<DefId>,
    bodies: Vec<Option<Box<BodyTypes>>>,
    call_graph: CallGraph,
}

impl Semantics {
    /// Indexes a workspace: names, then signatures, then bodies in parallel on the current rayon pool.
    pub fn new(project: Project, loaded: Vec<LoadedFile>, externals: Externals) -> Self {
        let defs = DefIndex::new(loaded.iter().map(|file| file.ir.tree.items.len()));
        let mut semantics = Self {
            project,
            files: loaded,
            defs,
            externals,
            functions: Vec::new(),
            bodies: Vec::new(),
            call_graph: CallGraph::default(),
        };
        let has_body = |def: &DefId| semantics.body(*def).is_some() && semantics.item(*def).as_fn().is_some();
        semantics.functions = semantics.defs.iter().filter(has_body).collect();
        semantics
    }

    /// The IR of a file.
    pub fn ir(&self, file: FileId) -> &SourceIr {
        &self.files[file.index()].ir
    }

    /// An item.
    pub fn item(&self, def: DefId) -> &Item {
        let (file, item) = self.locate(def);
        self.ir(file).tree.get(item)
    }

    /// Where an item stands.
    pub fn locate(&self, def: DefId) -> (FileId, ItemId) {
        self.defs.locate(def)
    }

    /// The path of an item for messages: `crate_name::module::Type::name`.
    pub fn path(&self, def: DefId) -> String {
        self.item(def).name.to_string()
    }

    /// The package an item belongs to.
    pub fn package(&self, def: DefId) -> PackageId {
        self.project.file(self.locate(def).0).package
    }

    /// Every function with a body, in the order of files. Initialisers are found by [`Self::body`].
    pub fn functions(&self) -> &[DefId] {
        &self.functions
    }

    /// The body of a function, const, static or item-level macro call.
    pub fn body(&self, def: DefId) -> Option<(FileId, BodyId)> {
        let body = match &self.item(def).kind {
            ItemKind::Fn(function) => function.body,
            ItemKind::Const { body, .. } | ItemKind::MacroCall { body, .. } => *body,
            _ => None,
        };
        Some((self.locate(def).0, body?))
    }

    /// What inference found in an item's body.
    pub fn types(&self, def: DefId) -> Option<&BodyTypes> {
        self.bodies.get(def.index())?.as_deref()
    }

    /// The signature of a function.
    pub fn signature(&self, def: DefId) -> Option<&Signature> {
        let _ = def;
        None
    }

    /// The fields of a struct, or of a variant of an enum.
    pub fn fields(&self, def: DefId, variant: Option<u32>) -> &[FieldInfo] {
        let _ = (def, variant);
        &[]
    }

    /// The type of a field, after dereferencing as often as it takes; unknown if there is none.
    pub fn field_ty(&self, ty: Ty, name: Symbol) -> Ty {
        let _ = (ty, name);
        Ty::unknown()
    }

    /// Whether a value of a type can carry text that somebody chose.
    pub fn carries_text(&self, ty: Ty) -> CarriesText {
        let _ = ty;
        CarriesText::Yes
    }

    /// What a type dereferences to: smart pointers, guards, extractors, the workspace's `impl Deref`.
    pub fn deref(&self, ty: Ty) -> Option<Ty> {
        let _ = ty;
        None
    }

    /// The functions that a trait's item may come to: all implementations, and itself where it has a body
    /// that some impl does not override.
    pub fn implementations(&self, trait_item: DefId) -> &[DefId] {
        let _ = trait_item;
        &[]
    }

    /// The workspace's impls of an external trait, by its canonical path.
    pub fn trait_impls(&self, trait_path: Symbol) -> &[DefId] {
        let _ = trait_path;
        &[]
    }

    /// The head of an impl.
    pub fn impl_info(&self, impl_def: DefId) -> Option<&ImplInfo> {
        let _ = impl_def;
        None
    }

    /// The head of the impl that an item belongs to.
    pub fn enclosing_impl(&self, def: DefId) -> Option<&ImplInfo> {
        let (file, _) = self.locate(def);
        self.impl_info(self.defs.def(file, self.item(def).parent?))
    }

    /// The workspace's implementation of a method of an external trait for a type.
    pub fn trait_method(&self, ty: Ty, trait_path: Symbol, method: Symbol) -> Option<DefId> {
        let _ = (ty, trait_path, method);
        None
    }

    /// `Display::fmt` of a type of the workspace.
    pub fn display_impl(&self, ty: Ty) -> Option<DefId> {
        self.trait_method(ty, Symbol::new("std::fmt::Display"), Symbol::new("fmt"))
    }

    /// `Debug::fmt` of a type of the workspace, unless it is derived.
    pub fn debug_impl(&self, ty: Ty) -> Option<DefId> {
        self.trait_method(ty, Symbol::new("std::fmt::Debug"), Symbol::new("fmt"))
    }

    /// The canonical path of an attribute macro as seen from an item's module: `get` is `rocket::get` or
    /// `actix_web::get`.
    pub fn resolve_attribute(&self, def: DefId, attribute: &Attribute) -> Symbol {
        let _ = def;
        attribute.path
    }

    /// The type that a type written in an item means.
    pub fn resolve_type(&self, def: DefId, ty: TypeRefId) -> Ty {
        let _ = (def, ty);
        Ty::unknown()
    }

    /// Whether code outside the workspace can name an item: public and reachable from the root of a library.
    pub fn is_exported(&self, def: DefId) -> bool {
        let _ = def;
        false
    }

    /// Which function needs which.
    pub fn call_graph(&self) -> &CallGraph {
        &self.call_graph
    }
}
