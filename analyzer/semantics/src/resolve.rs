//! What a path means in the place where it stands.

use rustc_hash::FxHashSet;
use smallvec::SmallVec;
use ward_syntax::{ItemKind, PathId, Symbol, Visibility, sym};

use crate::def_map::{Binding, Origin, ScopeKind, Target};
use crate::traits::TypeHead;
use crate::{DefId, DefKind, DefMap, Externals, NameContext, Namespace, ScopeId};

/// What the beginning of a path leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PathTarget {
    /// An item of the workspace.
    Def(DefId),
    /// A variant of an enum of the workspace.
    Variant {
        /// The enum.
        def: DefId,
        /// Which variant.
        index: u32,
    },
    /// Something outside the workspace, by canonical path. All segments are part of it.
    External(Symbol),
    /// A generic type parameter.
    Param {
        /// The function, impl, trait or type that declares it.
        owner: DefId,
        /// Its name.
        name: Symbol,
    },
    /// `Self`, of this impl, trait, struct or enum.
    SelfType(DefId),
    /// `str`, `u32`, ..
    Primitive(Symbol),
    /// Not known. The root module of a crate is not known either: it is no item.
    Unresolved,
}

/// What a path means, as far as names tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PathResult {
    /// What the segments before the rest lead to.
    pub target: PathTarget,
    /// How many segments at the end are left: `Type::name` leaves one, which only the type's impls tell.
    pub rest: usize,
}

/// How sure the search has to be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Certainty {
    /// Some imports are not resolved: where one of them could decide, wait.
    Waiting,
    /// No import that could decide will be resolved any more.
    Settled,
    /// Whatever has a meaning has been found; guess the rest by what is left.
    Guessing,
}

/// By which way a search has come into a scope.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Access {
    /// The path stands in it or names it. Visibility is not checked: the code compiles.
    Direct,
    /// Through a glob, which leaves out what is not visible.
    Glob,
}

/// How many scopes a search compares one by one.
const VISITED_INLINE: usize = 12;

/// One search for a name.
pub(crate) struct Search<'a> {
    externals: &'a Externals,
    certainty: Certainty,
    /// The module the path stands in: it decides what is visible through globs.
    from: ScopeId,
    /// The import whose own path is searched, which does not see itself.
    own: Option<(ScopeId, Symbol)>,
    /// An import that is not resolved yet could decide.
    waits: bool,
    /// The first scopes looked into, few as a rule.
    visited: SmallVec<[ScopeId; VISITED_INLINE]>,
    /// Those after them.
    visited_more: FxHashSet<ScopeId>,
    /// Globs of external modules that may have the name.
    external_globs: SmallVec<[Symbol; 4]>,
}

/// How far a walk along a path has come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Walk {
    pub(crate) target: Option<Target>,
    pub(crate) rest: usize,
}

/// A path with the place it stands in.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) scope: ScopeId,
    pub(crate) path: &'a [Symbol],
    pub(crate) leading_colon: bool,
    /// In a `use`, where the first name is that of a crate or module.
    pub(crate) is_use: bool,
}

impl DefMap {
    /// What `path` means inside the item `scope`: in its signature, fields or body. `namespace` is that of the
    /// whole path; what stands before its last segment is a type or module. Where a value is asked for and
    /// there is only a type of that name, it is the type.
    pub fn resolve(
        &self,
        cx: &NameContext<'_>,
        scope: DefId,
        path: &[Symbol],
        leading_colon: bool,
        namespace: Namespace,
    ) -> PathResult {
        let Some((first, more)) = path.split_first() else {
            return PathResult::unresolved(0);
        };
        if !leading_colon && *first == sym::SELF_TYPE && namespace != Namespace::Macro {
            return self.resolve_self(scope, more);
        }
        let first_namespace = if more.is_empty() { namespace } else { Namespace::Type };
        let is_type = !leading_colon && first_namespace == Namespace::Type;
        if is_type && let Some(owner) = self.param_owner(cx, scope, *first) {
            return PathResult { target: PathTarget::Param { owner, name: *first }, rest: more.len() };
        }
        let place = Place { scope: self.items[scope.index()].scope, path, leading_colon, is_use: false };
        let mut search = Search::new(cx.externals, self.enclosing_module(place.scope), Certainty::Guessing);
        let walk = self.walk_path(&mut search, place, namespace);
        if walk.target.is_none() && walk.rest == path.len() && is_type && self.prelude.is_primitive(*first) {
            return PathResult { target: PathTarget::Primitive(*first), rest: more.len() };
        }
        let result = self.finish(cx, walk.target, &path[path.len() - walk.rest..]);
        match result.target {
            // Macros take types among expressions.
            PathTarget::Unresolved if namespace == Namespace::Value => {
                let ty = self.resolve(cx, scope, path, leading_colon, Namespace::Type);
                if matches!(ty.target, PathTarget::Def(def) if self.is_type(def)) { ty } else { result }
            }
            _ => result,
        }
    }

    fn is_type(&self, def: DefId) -> bool {
        matches!(self.kind(def), DefKind::Struct | DefKind::Enum | DefKind::TypeAlias)
    }

    /// What a path of a file means inside one of its items. Paths with a qualified self, `<T>::x`, begin with
    /// a type instead and stay unresolved.
    pub fn resolve_path(
        &self,
        cx: &NameContext<'_>,
        scope: DefId,
        path: PathId,
        namespace: Namespace,
    ) -> PathResult {
        let (file, _) = cx.defs.locate(scope);
        let ir = cx.ir(file);
        let data = ir.path(path);
        let segments: SmallVec<[Symbol; 6]> =
            ir.path_segments(path).iter().map(|segment| segment.name).collect();
        match data.qualified_self {
            Some(_) => PathResult::unresolved(segments.len()),
            None => self.resolve(cx, scope, &segments, data.leading_colon, namespace),
        }
    }

    /// What a path written as text, as those of attributes and macro calls are, means inside an item.
    pub fn resolve_text(
        &self,
        cx: &NameContext<'_>,
        scope: DefId,
        path: Symbol,
        namespace: Namespace,
    ) -> PathResult {
        let text = path.as_str();
        if !text.contains(':') {
            return self.resolve(cx, scope, &[path], false, namespace);
        }
        let relative = text.strip_prefix("::");
        let names = relative.unwrap_or(text).split("::").map(|name| Symbol::new(name.trim()));
        let segments: SmallVec<[Symbol; 6]> = names.collect();
        self.resolve(cx, scope, &segments, relative.is_some(), namespace)
    }

    /// The trait or type whose `Self` is meant inside an item.
    pub fn self_owner(&self, scope: DefId) -> Option<DefId> {
        let owner = match self.kind(scope) {
            DefKind::Impl | DefKind::Trait | DefKind::Struct | DefKind::Enum => Some(scope),
            _ => None,
        };
        owner.or_else(|| self.container(scope))
    }

    fn resolve_self(&self, scope: DefId, more: &[Symbol]) -> PathResult {
        let Some(owner) = self.self_owner(scope) else {
            return PathResult::unresolved(more.len());
        };
        let ty = match self.impl_heads.get(&owner).map(|head| head.self_head) {
            Some(TypeHead::Adt(def)) => def,
            _ => owner,
        };
        match more.split_first() {
            Some((name, more)) if let Some(index) = self.variant(ty, *name) => {
                PathResult { target: PathTarget::Variant { def: ty, index }, rest: more.len() }
            }
            _ => PathResult { target: PathTarget::SelfType(owner), rest: more.len() },
        }
    }

    /// The item around `scope` that declares a generic parameter of this name.
    fn param_owner(&self, cx: &NameContext<'_>, scope: DefId, name: Symbol) -> Option<DefId> {
        let container = self.container(scope);
        [Some(scope), container].into_iter().flatten().find(|def| declares(cx, *def, name))
    }

    fn finish(&self, cx: &NameContext<'_>, target: Option<Target>, rest: &[Symbol]) -> PathResult {
        let target = match target {
            Some(Target::Def(def)) => {
                if let Some((name, rest)) = rest.split_first()
                    && self.kind(def) == DefKind::TypeAlias
                    && let TypeHead::Adt(def) = self.alias_head(cx, def)
                    && let Some(index) = self.variant(def, *name)
                {
                    return PathResult { target: PathTarget::Variant { def, index }, rest: rest.len() };
                }
                PathTarget::Def(def)
            }
            Some(Target::Module(scope)) => {
                let is_whole = rest.is_empty();
                let owner = self.scope(scope).owner.filter(|_| is_whole);
                owner.map_or(PathTarget::Unresolved, PathTarget::Def)
            }
            Some(Target::Variant { def, index }) => PathTarget::Variant { def, index },
            Some(Target::External(path)) => PathTarget::External(path),
            Some(Target::Unknown) | None => PathTarget::Unresolved,
        };
        PathResult { target, rest: rest.len() }
    }

    /// Resolves a path in a scope. Neither `Self` nor generic parameters nor primitive types are scope names.
    pub(crate) fn walk_path(&self, search: &mut Search<'_>, place: Place<'_>, namespace: Namespace) -> Walk {
        let first_namespace = if place.path.len() <= 1 { namespace } else { Namespace::Type };
        match self.first(search, place, first_namespace) {
            Some((target, used)) => self.walk(search, target, &place.path[used..], namespace),
            None => Walk { target: None, rest: place.path.len() },
        }
    }

    /// What the first segment means, or the first few if they are `self` and `super`, and how many these are.
    fn first(
        &self,
        search: &mut Search<'_>,
        place: Place<'_>,
        namespace: Namespace,
    ) -> Option<(Target, usize)> {
        let name = *place.path.first()?;
        let krate = &self.crates[self.scope(place.scope).krate.0 as usize];
        if name == sym::CRATE || name.as_str() == "$crate" {
            return Some((Target::Module(krate.root), 1));
        }
        if name == sym::SELF_VALUE || name == sym::SUPER {
            return self.relative(place);
        }
        let found = if place.leading_colon {
            self.first_global(search, krate.root, name, namespace)
        } else if place.is_use && krate.is_2015 {
            let at_root = self.lookup(search, krate.root, name, namespace);
            at_root.or_else(|| self.first_local(search, place, name, namespace))
        } else {
            self.first_local(search, place, name, namespace)
        };
        found.map(|target| (target, 1))
    }

    fn relative(&self, place: Place<'_>) -> Option<(Target, usize)> {
        let mut module = self.enclosing_module(place.scope);
        let mut used = 0;
        for name in place.path {
            match *name {
                sym::SELF_VALUE if used == 0 => {}
                sym::SUPER => module = self.scope(module).parent?,
                _ => break,
            }
            used += 1;
        }
        Some((Target::Module(module), used))
    }

    /// `::name`: a crate, or in the 2015 edition something at the root.
    fn first_global(
        &self,
        search: &mut Search<'_>,
        root: ScopeId,
        name: Symbol,
        namespace: Namespace,
    ) -> Option<Target> {
        let krate = self.extern_crate(root, name);
        let found = krate.or_else(|| self.lookup(search, root, name, namespace));
        found.or_else(|| self.guess_crate(search, name))
    }

    fn first_local(
        &self,
        search: &mut Search<'_>,
        place: Place<'_>,
        name: Symbol,
        namespace: Namespace,
    ) -> Option<Target> {
        let is_prefix = place.is_use || place.path.len() > 1;
        let found = self.lookup_outwards(search, place.scope, name, namespace);
        if search.waits {
            return None;
        }
        let root = self.crates[self.scope(place.scope).krate.0 as usize].root;
        match namespace {
            Namespace::Type => match found {
                // `use anyhow::anyhow` does not hide the crate: it is no module.
                Some(Target::External(path)) if repeats_last_segment(path) => {
                    return self.extern_crate(root, name).or(found);
                }
                Some(_) => return found,
                None if let Some(krate) = self.extern_crate(root, name) => return Some(krate),
                None => {}
            },
            Namespace::Value if found.is_some() => return found,
            Namespace::Macro => {
                let found = found.or_else(|| self.textual_macro(search, place.scope, name));
                if found.is_some() {
                    return found;
                }
            }
            Namespace::Value => {}
        }
        if let Some(path) = self.prelude.get(name, namespace) {
            return Some(Target::External(search.externals.canonical(path)));
        }
        if search.certainty != Certainty::Guessing {
            return None;
        }
        if namespace == Namespace::Type && self.prelude.is_primitive(name) {
            return None;
        }
        self.guess(search, root, name, namespace, is_prefix)
    }

    /// What a name that nothing declares most likely means.
    fn guess(
        &self,
        search: &mut Search<'_>,
        root: ScopeId,
        name: Symbol,
        namespace: Namespace,
        is_prefix: bool,
    ) -> Option<Target> {
        let is_language = namespace == Namespace::Macro && self.prelude.is_builtin_attribute(name);
        if !is_language && let Some(target) = search.guess_glob(name, !is_prefix) {
            return Some(target);
        }
        if !is_prefix {
            return None;
        }
        let from_root = self.lookup(search, root, name, namespace);
        from_root.or_else(|| self.guess_crate(search, name))
    }

    /// A crate that no manifest names: one of the workspace, or one that something is known of.
    fn guess_crate(&self, search: &Search<'_>, name: Symbol) -> Option<Target> {
        if search.certainty != Certainty::Guessing {
            return None;
        }
        if let Some(root) = self.libraries.get(&name) {
            return Some(Target::Module(*root));
        }
        search
            .externals
            .known_paths
            .contains(&name)
            .then(|| Target::External(search.externals.canonical(name)))
    }

    /// The crate that a name means in the crate of `root`.
    fn extern_crate(&self, root: ScopeId, name: Symbol) -> Option<Target> {
        self.crates[self.scope(root).krate.0 as usize].extern_names.get(&name).copied()
    }

    /// Macros without a path: `macro_rules!` further out or elsewhere in the crate, and those of crates with
    /// `#[macro_use]`.
    fn textual_macro(&self, search: &Search<'_>, scope: ScopeId, name: Symbol) -> Option<Target> {
        let outwards = std::iter::successors(Some(scope), |id| self.scope(*id).parent);
        for scope in outwards {
            let binding = self.scope(scope).names.get(&name).and_then(|names| names.macros);
            if let Some(Binding { target, origin: Origin::Item, .. }) = binding {
                return Some(target);
            }
        }
        let krate = &self.crates[self.scope(scope).krate.0 as usize];
        if let Some(def) = krate.macros.get(&name) {
            return Some(Target::Def(*def));
        }
        let mut candidates: SmallVec<[Symbol; 4]> = SmallVec::new();
        for target in &krate.macro_crates {
            match target {
                Target::Module(root) => {
                    let other = &self.crates[self.scope(*root).krate.0 as usize];
                    if let Some(def) = other.macros.get(&name) {
                        return Some(Target::Def(*def));
                    }
                }
                Target::External(path) => candidates.push(join(search.externals, *path, &[name])),
                _ => {}
            }
        }
        let known = candidates.iter().find(|path| is_known(search.externals, **path));
        let only = || match candidates.as_slice() {
            [only] if search.certainty == Certainty::Guessing && self.may_be_foreign(name) => Some(only),
            _ => None,
        };
        known.or_else(only).map(|path| Target::External(*path))
    }

    fn may_be_foreign(&self, name: Symbol) -> bool {
        !self.prelude.is_builtin_attribute(name) && self.prelude.get(name, Namespace::Macro).is_none()
    }

    /// Follows the segments after what the first means.
    pub(crate) fn walk(
        &self,
        search: &mut Search<'_>,
        mut target: Target,
        mut path: &[Symbol],
        namespace: Namespace,
    ) -> Walk {
        while let Some((name, more)) = path.split_first() {
            let next = match target {
                Target::Module(module) if *name == sym::SUPER => {
                    self.scope(module).parent.map(Target::Module)
                }
                Target::Module(module) => {
                    let namespace = if more.is_empty() { namespace } else { Namespace::Type };
                    let found = self.lookup(search, module, *name, namespace);
                    found.or_else(|| search.guess_glob(*name, more.is_empty()))
                }
                Target::Def(def) if self.kind(def) == DefKind::Enum => match self.variant(def, *name) {
                    Some(index) => Some(Target::Variant { def, index }),
                    None => break,
                },
                Target::External(base) => {
                    return Walk {
                        target: Some(Target::External(join(search.externals, base, path))),
                        rest: 0,
                    };
                }
                Target::Def(_) | Target::Variant { .. } | Target::Unknown => break,
            };
            let Some(next) = next else {
                return Walk { target: None, rest: path.len() };
            };
            target = next;
            path = more;
        }
        Walk { target: Some(target), rest: path.len() }
    }

    /// The item that a path leads to from a crate's root, and the names that are left: of a method, one.
    pub(crate) fn below<'p>(
        &self,
        externals: &Externals,
        root: ScopeId,
        path: &'p [Symbol],
    ) -> (Option<DefId>, &'p [Symbol]) {
        let mut search = Search::new(externals, root, Certainty::Guessing);
        let walk = self.walk(&mut search, Target::Module(root), path, Namespace::Value);
        let found = match walk.target {
            Some(Target::Def(def)) => Some(def),
            _ => None,
        };
        (found, &path[path.len() - walk.rest..])
    }

    /// A name in a scope, or in the scopes of blocks around it up to the module.
    fn lookup_outwards(
        &self,
        search: &mut Search<'_>,
        mut scope: ScopeId,
        name: Symbol,
        namespace: Namespace,
    ) -> Option<Target> {
        search.begin();
        loop {
            let found = self.lookup_in(search, scope, name, namespace, Access::Direct);
            let data = self.scope(scope);
            if found.is_some() || search.waits || data.kind == ScopeKind::Module {
                return found;
            }
            scope = data.parent?;
        }
    }

    /// A name in one module, through its globs.
    pub(crate) fn lookup(
        &self,
        search: &mut Search<'_>,
        module: ScopeId,
        name: Symbol,
        namespace: Namespace,
    ) -> Option<Target> {
        search.begin();
        let found = self.lookup_in(search, module, name, namespace, Access::Direct);
        if found.is_some() || search.certainty == Certainty::Waiting || self.scope(module).parent.is_some() {
            return found;
        }
        let siblings = self.crates[self.scope(module).krate.0 as usize].siblings.iter();
        let mut roots = siblings.map(|krate| self.crates[krate.0 as usize].root);
        roots.find_map(|root| self.lookup_in(search, root, name, namespace, Access::Direct))
    }

    fn lookup_in(
        &self,
        search: &mut Search<'_>,
        scope: ScopeId,
        name: Symbol,
        namespace: Namespace,
        access: Access,
    ) -> Option<Target> {
        if !search.enter(scope) {
            return None;
        }
        let data = self.scope(scope);
        if let Some(names) = data.names.get(&name) {
            if let Some(binding) = names.get(namespace)
                && (access == Access::Direct || self.is_visible(search.from, binding.visibility, scope))
            {
                return Some(binding.target);
            }
            let own = u8::from(search.own == Some((scope, name)));
            if search.certainty == Certainty::Waiting && names.pending > own {
                search.waits = true;
                return None;
            }
        }
        for alternate in &data.alternates {
            let found = self.lookup_in(search, *alternate, name, namespace, access);
            if found.is_some() || search.waits {
                return found;
            }
        }
        for glob in &data.globs {
            let is_lenient = access == Access::Direct && !matches!(glob.target, Target::External(_));
            if !is_lenient && !self.is_visible(search.from, glob.visibility, scope) {
                continue;
            }
            let found = match glob.target {
                Target::Module(module) => self.lookup_in(search, module, name, namespace, Access::Glob),
                Target::Def(def) if namespace != Namespace::Macro => {
                    self.variant(def, name).map(|index| Target::Variant { def, index })
                }
                Target::External(base) => search.external_glob(base, name),
                Target::Def(_) | Target::Variant { .. } | Target::Unknown => None,
            };
            if found.is_some() || search.waits {
                return found;
            }
        }
        None
    }

    /// Whether something in `owner` can be seen from the module `from`.
    fn is_visible(&self, from: ScopeId, visibility: Visibility, owner: ScopeId) -> bool {
        match visibility {
            Visibility::Public => true,
            Visibility::Restricted => self.scope(from).krate == self.scope(owner).krate,
            Visibility::Private => self.is_within(from, owner),
        }
    }
}

impl<'a> Search<'a> {
    pub(crate) fn new(externals: &'a Externals, from: ScopeId, certainty: Certainty) -> Self {
        Self {
            externals,
            certainty,
            from,
            own: None,
            waits: false,
            visited: SmallVec::new(),
            visited_more: FxHashSet::default(),
            external_globs: SmallVec::new(),
        }
    }

    /// For the path of the import that gives `name` a meaning in `scope`.
    pub(crate) fn for_import(mut self, scope: ScopeId, name: Symbol) -> Self {
        self.own = Some((scope, name));
        self
    }

    /// Whether the last search was put off for an import that is not resolved yet.
    pub(crate) fn waits(&self) -> bool {
        self.waits
    }

    fn begin(&mut self) {
        self.waits = false;
        if self.visited.len() == VISITED_INLINE {
            self.visited_more.clear();
        }
        self.visited.clear();
        self.external_globs.clear();
    }

    /// Whether a scope has not been looked into yet.
    fn enter(&mut self, scope: ScopeId) -> bool {
        if self.visited.contains(&scope) {
            return false;
        }
        if self.visited.len() == VISITED_INLINE {
            return self.visited_more.insert(scope);
        }
        self.visited.push(scope);
        true
    }

    fn external_glob(&mut self, base: Symbol, name: Symbol) -> Option<Target> {
        let path = join(self.externals, base, &[name]);
        if is_known(self.externals, path) {
            return Some(Target::External(path));
        }
        if !self.external_globs.contains(&base) {
            self.external_globs.push(base);
        }
        None
    }

    /// The name in the only external module that is imported whole where it was looked for, or the only one of which
    /// nothing is known: of the others it would be. A module is more likely one that a macro makes here.
    fn guess_glob(&self, name: Symbol, is_last: bool) -> Option<Target> {
        let is_capitalised = name.as_str().starts_with(char::is_uppercase);
        if self.certainty != Certainty::Guessing || !(is_last || is_capitalised) {
            return None;
        }
        let glob = match self.external_globs.as_slice() {
            [glob] => *glob,
            globs if is_capitalised => {
                let mut unknown = globs.iter().filter(|glob| !self.externals.known_paths.contains(glob));
                unknown.next().filter(|_| unknown.next().is_none()).copied()?
            }
            _ => return None,
        };
        Some(Target::External(join(self.externals, glob, &[name])))
    }
}

impl PathResult {
    fn unresolved(rest: usize) -> Self {
        Self { target: PathTarget::Unresolved, rest }
    }
}

/// The canonical path of `base::segments`. Every prefix may have another name.
pub(crate) fn join(externals: &Externals, base: Symbol, segments: &[Symbol]) -> Symbol {
    let mut path = externals.canonical(base);
    let mut text = String::with_capacity(64);
    for segment in segments {
        text.clear();
        text.push_str(path.as_str());
        text.push_str("::");
        text.push_str(segment.as_str());
        path = externals.canonical(Symbol::new(&text));
    }
    path
}

/// Whether some row speaks of a canonical path.
fn is_known(externals: &Externals, path: Symbol) -> bool {
    externals.known_paths.contains(&path)
        || externals.types.contains_key(&path)
        || externals.functions.contains_key(&path)
        || externals.type_aliases.contains_key(&path)
}

/// Whether a path ends like `anyhow::anyhow`.
fn repeats_last_segment(path: Symbol) -> bool {
    let mut segments = path.as_str().rsplit("::");
    segments.next() == segments.next()
}

/// Whether an item declares a type parameter.
fn declares(cx: &NameContext<'_>, def: DefId, name: Symbol) -> bool {
    let generics = match &cx.item(def).kind {
        ItemKind::Fn(function) => &function.generics,
        ItemKind::Struct { generics, .. }
        | ItemKind::Enum { generics, .. }
        | ItemKind::Trait { generics, .. }
        | ItemKind::Impl { generics, .. }
        | ItemKind::TypeAlias { generics, .. } => generics,
        _ => return false,
    };
    generics.params.iter().any(|param| param.name == name)
}
