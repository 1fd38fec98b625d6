//! The facade: everything known of the workspace, indexed once.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use ward_project::{FileRole, LoadedFile, Lowered, PackageId, Problem, Project};
use ward_syntax::{Attribute, BodyId, FileId, Item, ItemId, SourceIr, Symbol, TypeRefId, sym};

use crate::answers::AnswersOfRun;
use crate::demand::Body;
use crate::kept::{KeptBodies, Tables};
use crate::known::known;
use crate::messages::Messages;
use crate::signature::Signatures;
use crate::text::TextTable;
use crate::trace::{note_body, note_changeable, note_file, note_outside};
use crate::traits::TypeHead;
use crate::type_ref::{Elided, TypeReader};
use crate::{
    BodyTypes, CallGraph, DefId, DefIndex, DefKind, DefMap, Externals, ImplIndex, ImplInfo, NameContext,
    Namespace, PathTarget, ScopeId, Template, TraitName, Ty, Understood, WorkspaceState,
};

static NEXT_ID: AtomicU64 = AtomicU64::new(0);

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
    /// Tells what threads remember of this workspace from what they remember of others.
    pub(crate) id: u64,
    /// Which item a name means.
    pub def_map: DefMap,
    /// Impls and traits.
    pub impls: ImplIndex,
    pub(crate) signatures: Signatures,
    pub(crate) text: TextTable,
    /// Implementations of the methods of the workspace's traits, to be shared by all calls.
    pub(crate) dispatch: FxHashMap<DefId, Arc<[DefId]>>,
    /// Rows of associated functions: from the type and the name to the whole path.
    pub(crate) associated_functions: FxHashMap<(Symbol, Symbol), Symbol>,
    /// What models say that macros give, by the macro's path.
    pub(crate) macro_rows: FxHashMap<Symbol, Template>,
    /// The fields of messages that are declared outside Rust.
    pub(crate) messages: Messages,
    /// Methods of the workspace by name and number of arguments, but for names that the standard library has
    /// too.
    pub(crate) guesses: FxHashMap<(Symbol, usize), SmallVec<[DefId; 2]>>,
    pub(crate) functions: Vec<DefId>,
    pub(crate) bodies: Vec<Body>,
    /// What an earlier run has found in bodies.
    pub(crate) kept: Option<KeptBodies>,
    /// Whose bodies were inferred, in that order.
    pub(crate) inferred: Vec<DefId>,
    /// What each of them needs, until the call graph knows it.
    pub(crate) needs: FxHashMap<DefId, Box<[DefId]>>,
    /// Whose bodies were left out when their files were read.
    pub(crate) read_later: FxHashSet<DefId>,
    pub(crate) state: WorkspaceState,
    /// What an earlier run has made of files.
    pub(crate) lowered: Option<Arc<Lowered>>,
    /// What is known of questions about bodies.
    pub(crate) answers: Option<AnswersOfRun>,
    pub(crate) call_graph: CallGraph,
    /// What went wrong when bodies were read.
    pub problems: Vec<Problem>,
}

impl Semantics {
    /// Indexes a workspace and infers all bodies.
    pub fn new(project: Project, loaded: Vec<LoadedFile>, externals: Externals) -> Self {
        let mut semantics = Self::index(project, loaded, externals);
        let all: Vec<DefId> = semantics.defs.iter().collect();
        semantics.demand(all);
        semantics.settle();
        semantics
    }

    /// Indexes a workspace: names, then signatures. Bodies are inferred by [`Self::demand`], after which [`Self::settle`]
    /// has to be called.
    pub fn index(project: Project, loaded: Vec<LoadedFile>, externals: Externals) -> Self {
        Self::index_with(project, loaded, externals, None)
    }

    /// The same, with what an earlier run has understood.
    pub fn index_with(
        project: Project,
        mut loaded: Vec<LoadedFile>,
        externals: Externals,
        understood: Option<&Understood>,
    ) -> Self {
        let state = WorkspaceState::of(&project, &loaded);
        let defs = DefIndex::new(loaded.iter().map(|file| file.ir.outline().items as usize));
        let file_of = |def: DefId| defs.locate(def).0.index();
        if let Some((tables, kept)) = understood.and_then(|understood| understood.of(&state, file_of)) {
            let Tables { def_map, impls, signatures, text } = tables;
            mark_roles(&mut loaded, &def_map);
            let mut semantics = Self::of_parts(project, loaded, externals, defs, def_map, impls);
            (semantics.signatures, semantics.text) = (signatures, text);
            (semantics.state, semantics.kept) = (state, Some(kept));
            semantics.index_externals();
            Signatures::link(&mut semantics);
            semantics.link();
            return semantics;
        }
        let def_map = DefMap::build(&project, &loaded, &defs, &externals);
        mark_roles(&mut loaded, &def_map);
        let impls =
            ImplIndex::build(&NameContext { files: &loaded, defs: &defs, externals: &externals }, &def_map);
        let mut semantics = Self::of_parts(project, loaded, externals, defs, def_map, impls);
        semantics.state = state;
        semantics.index_externals();
        Signatures::build(&mut semantics);
        semantics.text = TextTable::build(&semantics);
        semantics.link();
        semantics
    }

    fn of_parts(
        project: Project,
        files: Vec<LoadedFile>,
        externals: Externals,
        defs: DefIndex,
        def_map: DefMap,
        impls: ImplIndex,
    ) -> Self {
        let messages = Messages::read(&project);
        Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            project,
            files,
            defs,
            externals,
            def_map,
            impls,
            signatures: Signatures::default(),
            text: TextTable::default(),
            dispatch: FxHashMap::default(),
            associated_functions: FxHashMap::default(),
            macro_rows: FxHashMap::default(),
            messages,
            guesses: FxHashMap::default(),
            functions: Vec::new(),
            bodies: Vec::new(),
            kept: None,
            inferred: Vec::new(),
            needs: FxHashMap::default(),
            read_later: FxHashSet::default(),
            state: WorkspaceState::default(),
            lowered: None,
            answers: None,
            call_graph: CallGraph::default(),
            problems: Vec::new(),
        }
    }

    /// Fills the tables that follow from the others.
    fn link(&mut self) {
        self.index_guesses();
        self.dispatch = self.impls.all_implementations().map(|(item, of)| (item, of.into())).collect();
        self.bodies.resize_with(self.defs.len(), Body::default);
    }

    /// Lets changes of files be told by what an earlier run has made of them.
    pub fn look_back(&mut self, lowered: &Arc<Lowered>) {
        self.lowered = Some(Arc::clone(lowered));
    }

    /// What tells this workspace from others, and from what it was before.
    pub fn state(&self) -> &WorkspaceState {
        &self.state
    }

    /// A number that no other workspace of this process has.
    pub fn id(&self) -> u64 {
        self.id
    }

    fn index_externals(&mut self) {
        for (path, function) in &self.externals.functions {
            let Some((prefix, name)) = split(*path) else { continue };
            self.associated_functions.insert((prefix, name), *path);
            if let Some(plain) = path.as_str().strip_suffix('!')
                && let Some(returns) = &function.returns
            {
                self.macro_rows.insert(Symbol::new(plain), returns.clone());
            }
        }
    }

    fn index_guesses(&mut self) {
        let mut standard: FxHashSet<Symbol> = FxHashSet::default();
        for (path, ty) in &self.externals.types {
            let text = path.as_str();
            if text.starts_with("std::") || !text.contains("::") {
                standard.extend(ty.methods.keys().copied());
            }
        }
        for def in self.defs.iter() {
            let name = self.def_map.name(def);
            if let Some(signature) = self.signature(def)
                && signature.self_ty.is_some()
                && !standard.contains(&name)
            {
                self.guesses.entry((name, signature.params.len())).or_default().push(def);
            }
        }
    }

    pub(crate) fn names(&self) -> NameContext<'_> {
        NameContext { files: &self.files, defs: &self.defs, externals: &self.externals }
    }

    /// The IR of a file.
    pub fn ir(&self, file: FileId) -> &SourceIr {
        note_file(file);
        &self.files[file.index()].ir
    }

    /// The IR of a file, to be asked only for what stands outside of functions' bodies.
    pub fn ir_outside(&self, file: FileId) -> &SourceIr {
        note_outside(file);
        &self.files[file.index()].ir
    }

    /// The IR of the file of an item, to be asked only for what stands in its body.
    pub fn ir_of(&self, def: DefId) -> &SourceIr {
        note_body(def);
        &self.files[self.locate(def).0.index()].ir
    }

    /// An item.
    pub fn item(&self, def: DefId) -> &Item {
        let (file, item) = self.locate(def);
        note_outside(file);
        self.files[file.index()].ir.tree().get(item)
    }

    /// Where an item stands.
    pub fn locate(&self, def: DefId) -> (FileId, ItemId) {
        self.defs.locate(def)
    }

    /// Whether an item is test code, or stands in a file of tests or benches.
    pub fn is_test(&self, def: DefId) -> bool {
        let (file, _) = self.locate(def);
        self.def_map.is_test(def) || matches!(self.files[file.index()].role, FileRole::Test | FileRole::Bench)
    }

    /// The path of an item for messages: `crate_name::module::Type::name`.
    pub fn path(&self, def: DefId) -> String {
        self.def_map.qualified_name(def)
    }

    /// The package an item belongs to.
    pub fn package(&self, def: DefId) -> PackageId {
        self.project.file(self.locate(def).0).package
    }

    /// Every function whose body was read, in the order of files. Initialisers are found by [`Self::body`].
    pub fn functions(&self) -> &[DefId] {
        note_changeable();
        &self.functions
    }

    /// Every item whose body was read, in the order of files.
    pub fn with_bodies(&self) -> &[DefId] {
        note_changeable();
        &self.inferred
    }

    /// The body of a function, const, static or item-level macro call, if it was read.
    pub fn body(&self, def: DefId) -> Option<(FileId, BodyId)> {
        let (file, body) = self.written_body(def)?;
        self.ir_of(def).body(body).is_read.then_some((file, body))
    }

    /// Whether an item has a body, be it read or not.
    pub fn has_body(&self, def: DefId) -> bool {
        self.def_map.items[def.index()].has_body
    }

    /// The body that an item has, be it read or not.
    pub(crate) fn written_body(&self, def: DefId) -> Option<(FileId, BodyId)> {
        if !self.has_body(def) {
            return None;
        }
        let (file, item) = self.locate(def);
        // Who wants the body wants more than the items of the file.
        Some((file, self.ir_of(def).tree.get(item).body()?))
    }

    /// How many expressions the body of an item has, if it was read.
    pub(crate) fn body_size(&self, def: DefId) -> Option<u32> {
        if let Some(Body::Kept(_)) = self.bodies.get(def.index()) {
            note_body(def);
            return self.kept.as_ref()?.size(def);
        }
        let (_, body) = self.body(def)?;
        Some(self.ir_of(def).body(body).exprs.len)
    }

    /// Whether an item has a body that was read and inferred.
    pub fn has_types(&self, def: DefId) -> bool {
        note_body(def);
        self.bodies.get(def.index()).is_some_and(|body| !matches!(body, Body::Unknown))
    }

    /// What inference found in an item's body.
    pub fn types(&self, def: DefId) -> Option<&BodyTypes> {
        note_body(def);
        match self.bodies.get(def.index())? {
            Body::Unknown => None,
            Body::Inferred(types) => Some(types),
            Body::Kept(types) => types.get_or_init(|| self.kept.as_ref()?.types(def)).as_deref(),
        }
    }

    /// The functions that a trait's item may come to: all implementations, and itself where it has a body
    /// that some impl does not override.
    pub fn implementations(&self, trait_item: DefId) -> &[DefId] {
        self.impls.implementations(trait_item)
    }

    /// The workspace's impls of an external trait, by its canonical path.
    pub fn trait_impls(&self, trait_path: Symbol) -> &[DefId] {
        self.impls.of_trait(TraitName::External(trait_path))
    }

    /// The head of the impl that an item belongs to.
    pub fn enclosing_impl(&self, def: DefId) -> Option<&ImplInfo> {
        self.impl_info(self.def_map.container(def)?)
    }

    /// Whether a function is the first that its impl holds.
    pub fn is_first_of_impl(&self, def: DefId) -> bool {
        let Some(container) = self.def_map.container(def) else { return false };
        let mut functions =
            self.impls.items(container).iter().filter(|(_, item)| self.def_map.kind(*item) == DefKind::Fn);
        functions.next().is_some_and(|(_, first)| *first == def)
    }

    /// `Display::fmt` of a type of the workspace.
    pub fn display_impl(&self, ty: Ty) -> Option<DefId> {
        self.trait_method(ty, known().display, known().fmt)
    }

    /// `Debug::fmt` of a type of the workspace, unless it is derived.
    pub fn debug_impl(&self, ty: Ty) -> Option<DefId> {
        self.trait_method(ty, known().debug, known().fmt)
    }

    /// The canonical path of an attribute macro as seen from an item's module: `get` is `rocket::get` or
    /// `actix_web::get`.
    pub fn resolve_attribute(&self, def: DefId, attribute: &Attribute) -> Symbol {
        self.resolve_macro(def, attribute.path)
    }

    /// The canonical path of a macro as seen from an item's module; the path as written where it is no
    /// external one.
    pub fn resolve_macro(&self, def: DefId, path: Symbol) -> Symbol {
        let result = self.def_map.resolve_text(&self.names(), def, path, Namespace::Macro);
        match result.target {
            PathTarget::External(path) => path,
            _ => path,
        }
    }

    /// The canonical path of an external type named in an attribute of an item; the path as written where it is none.
    pub fn resolve_type_path(&self, def: DefId, path: Symbol) -> Symbol {
        match self.def_map.resolve_text(&self.names(), def, path, Namespace::Type).target {
            PathTarget::External(path) => path,
            _ => path,
        }
    }

    /// The function that a path written in an attribute of an item means; none from outside.
    pub fn resolve_function(&self, def: DefId, path: &str) -> Option<DefId> {
        let result = self.def_map.resolve_text(&self.names(), def, Symbol::new(path), Namespace::Value);
        let PathTarget::Def(found) = result.target else { return None };
        let function = match result.rest {
            0 => found,
            // A function of a type: `Readers::file_name`.
            1 => self.impls.member_of(TypeHead::Adt(found), Symbol::new(path.rsplit("::").next()?))?,
            _ => return None,
        };
        self.item(function).as_fn().map(|_| function)
    }

    /// The functions that a path written outside of the source means, sorted: `crate::module::name` in any crate, `krate::Type::name`
    /// in those of that name. A trait's method is its declaration and what implements it.
    pub fn functions_named(&self, path: &str) -> Vec<DefId> {
        let mut segments = path.split("::").map(Symbol::new);
        let Some(first) = segments.next() else { return Vec::new() };
        let below: SmallVec<[Symbol; 4]> = segments.collect();
        let crates = self.def_map.crates().filter(|(_, krate)| first == sym::CRATE || krate.name == first);
        let mut found: Vec<DefId> =
            crates.flat_map(|(_, krate)| self.functions_below(krate.root, &below)).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    fn functions_below(&self, root: ScopeId, path: &[Symbol]) -> Vec<DefId> {
        let (owner, name) = match self.def_map.below(&self.externals, root, path) {
            (Some(def), []) if self.def_map.kind(def) == DefKind::Fn => {
                return [&[def], self.def_map.duplicates(def)].concat();
            }
            (Some(owner), [name]) => (owner, *name),
            _ => return Vec::new(),
        };
        if self.def_map.kind(owner) == DefKind::Trait {
            let declared = self.impls.item(owner, name);
            return declared.map_or_else(Vec::new, |item| [&[item], self.implementations(item)].concat());
        }
        let impls = self.impls.of_type(TypeHead::Adt(owner)).iter();
        impls.filter_map(|of| self.impls.item(*of, name)).collect()
    }

    /// The type that a type written in an item means.
    pub fn resolve_type(&self, def: DefId, ty: TypeRefId) -> Ty {
        TypeReader::new(self, def, Elided::Any, &mut Ty::unknown).ty(ty)
    }

    /// Whether code outside the workspace can name an item: public and reachable from the root of a library.
    pub fn is_exported(&self, def: DefId) -> bool {
        self.def_map.is_exported(def)
    }

    /// The functions that a body calls or names, and the consts and statics with a body that it names; sorted.
    pub fn callees(&self, def: DefId) -> &[DefId] {
        note_body(def);
        match self.needs.get(&def) {
            Some(needs) => needs,
            None => self.call_graph.callees(def),
        }
    }

    /// Which function needs which, once everything is [`Self::settle`]d.
    pub fn call_graph(&self) -> &CallGraph {
        note_changeable();
        &self.call_graph
    }
}

/// Gives files the roles that only the module tree tells.
fn mark_roles(files: &mut [LoadedFile], def_map: &DefMap) {
    for (of_role, known) in
        [(&def_map.test_files, FileRole::Test), (&def_map.unnamed_files, FileRole::Unnamed)]
    {
        for file in of_role {
            let role = &mut files[file.index()].role;
            if *role == FileRole::Source {
                *role = known;
            }
        }
    }
}

/// A path as what stands before its last segment, and that segment.
pub(crate) fn split(path: Symbol) -> Option<(Symbol, Symbol)> {
    thread_local! {
        static SPLIT: RefCell<FxHashMap<Symbol, Option<(Symbol, Symbol)>>> = RefCell::default();
    }
    SPLIT.with_borrow_mut(|known| {
        *known.entry(path).or_insert_with(|| {
            let (prefix, name) = path.as_str().rsplit_once("::")?;
            Some((Symbol::new(prefix), Symbol::new(name)))
        })
    })
}
