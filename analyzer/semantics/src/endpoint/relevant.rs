//! Which bodies have to be evaluated: those that speak of routers, and those that pass them on.

use std::hash::{Hash, Hasher};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;
use serde::de::DeserializeOwned;
use ward_project::{FileRole, PackageId, TargetKind};
use ward_syntax::{Expr, ExprId, Symbol, sym};

use super::Framework;
use crate::{Callee, DefId, DefKind, Resolution, Semantics, Ty, TyKind};

/// The functions worth evaluating.
#[derive(Debug, Default)]
pub(super) struct Relevant {
    functions: FxHashSet<DefId>,
    /// In the order of files.
    pub(super) ordered: Vec<DefId>,
    /// Those that no other of them calls or names.
    pub(super) roots: Vec<DefId>,
    /// Packages with a `main` that serves routers: what is public in their libraries is there for that.
    pub(super) programs: FxHashSet<PackageId>,
}

/// Tells external paths by their crates.
pub(super) struct Crates<'a> {
    by_name: FxHashMap<&'static str, Vec<usize>>,
    frameworks: &'a [&'static dyn Framework],
}

impl<'a> Crates<'a> {
    pub(super) fn new(frameworks: &'a [&'static dyn Framework]) -> Self {
        let mut by_name: FxHashMap<&'static str, Vec<usize>> = FxHashMap::default();
        for (index, framework) in frameworks.iter().enumerate() {
            for name in framework.crates() {
                by_name.entry(name).or_default().push(index);
            }
        }
        Self { by_name, frameworks }
    }

    /// The frameworks, by index, that know the crate a path begins with.
    pub(super) fn of(&self, path: &str) -> &[usize] {
        let first = path.find(':').map_or(path, |end| &path[..end]);
        self.by_name.get(first).map(Vec::as_slice).unwrap_or_default()
    }

    fn builds(&self, path: &str) -> bool {
        self.of(path).iter().any(|index| self.frameworks[*index].builds(path))
    }

    /// Whether a type, or what it is made of, holds routes.
    pub(super) fn holds(&self, ty: Ty, depth: usize) -> bool {
        if depth == 0 {
            return false;
        }
        match ty.kind() {
            TyKind::External { path, args } => {
                let own = |index: &usize| self.frameworks[*index].parameter(path.as_str(), args).is_some();
                self.of(path.as_str()).iter().any(own) || args.iter().any(|arg| self.holds(*arg, depth - 1))
            }
            TyKind::Tuple(parts) => parts.iter().any(|part| self.holds(*part, depth - 1)),
            TyKind::Slice(part) => self.holds(*part, depth - 1),
            TyKind::Bounds(bounds) => bounds.iter().any(|bound| match bound.name {
                crate::TraitName::External(path) => {
                    let own = |index: &usize| {
                        self.frameworks[*index].parameter(path.as_str(), &bound.args).is_some()
                    };
                    self.of(path.as_str()).iter().any(own)
                        || bound.bindings.iter().any(|(_, ty)| self.holds(*ty, depth - 1))
                }
                crate::TraitName::Workspace(_) => false,
            }),
            _ => false,
        }
    }
}

/// How deep types are searched for routers.
pub(super) const TYPE_DEPTH: usize = 4;

impl Relevant {
    pub(super) fn find(semantics: &Semantics, crates: &Crates<'_>) -> Self {
        let speaks = |def: &DefId| !is_test(semantics, *def) && speaks(semantics, crates, *def);
        let direct = asked(semantics, "routers", |defs| defs.iter().copied().filter(speaks).collect());
        let mut functions: FxHashSet<DefId> = direct.iter().copied().collect();
        // Callers that may pass on what they get.
        let mut open = direct;
        while let Some(def) = open.pop() {
            if !passes_on(semantics, def) {
                continue;
            }
            for caller in semantics.call_graph().callers(def) {
                if semantics.def_map.kind(*caller) == DefKind::Fn
                    && !is_test(semantics, *caller)
                    && functions.insert(*caller)
                {
                    open.push(*caller);
                }
            }
        }
        let mut ordered: Vec<DefId> = functions.iter().copied().collect();
        ordered.sort_unstable();
        let called = |def: &DefId| {
            semantics
                .call_graph()
                .callers(*def)
                .iter()
                .any(|caller| caller != def && functions.contains(caller))
        };
        let roots = ordered.iter().copied().filter(|def| !called(def)).collect();
        let programs = programs(semantics, &functions);
        Self { functions, ordered, roots, programs }
    }

    pub(super) fn contains(&self, def: DefId) -> bool {
        self.functions.contains(&def)
    }
}

impl Hash for Relevant {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // The functions are the ordered ones.
        let mut programs: Vec<PackageId> = self.programs.iter().copied().collect();
        programs.sort_unstable();
        (&self.ordered, &self.roots, programs).hash(state);
    }
}

/// How far below `main` what serves is searched.
const MOST_CALLS_TO_SERVE: usize = 2;

/// The packages whose `main` is one of some functions, or calls one.
fn programs(semantics: &Semantics, functions: &FxHashSet<DefId>) -> FxHashSet<PackageId> {
    let is_main = |def: &&DefId| {
        semantics.def_map.name(**def) == sym::MAIN && semantics.enclosing_impl(**def).is_none()
    };
    let serves = |def: &&DefId| {
        let mut level = vec![**def];
        for _ in 0..MOST_CALLS_TO_SERVE {
            if level.iter().any(|def| functions.contains(def)) {
                return true;
            }
            level = level.iter().flat_map(|def| semantics.call_graph().callees(*def)).copied().collect();
        }
        level.iter().any(|def| functions.contains(def))
    };
    // A manifest may name one file as library and as program.
    let is_program = |def: &&DefId| {
        let krate = semantics.def_map.crate_of(**def);
        matches!(semantics.def_map.crate_data(krate).kind, TargetKind::Bin | TargetKind::Lib)
    };
    let mains = semantics.functions().iter().filter(is_main).filter(is_program);
    mains.filter(serves).map(|def| semantics.package(*def)).collect()
}

/// What is found in the functions of each file, in the order of files.
pub(super) fn asked<T: Serialize + DeserializeOwned + Send>(
    semantics: &Semantics,
    question: &str,
    find: impl Fn(&[DefId]) -> Vec<T> + Sync,
) -> Vec<T> {
    asked_of(semantics, semantics.functions(), question, find)
}

/// What is found in the items of each file, which stand in the order of files.
pub(super) fn asked_of<T: Serialize + DeserializeOwned + Send>(
    semantics: &Semantics,
    items: &[DefId],
    question: &str,
    find: impl Fn(&[DefId]) -> Vec<T> + Sync,
) -> Vec<T> {
    let in_file = |a: &DefId, b: &DefId| semantics.locate(*a).0 == semantics.locate(*b).0;
    let files: Vec<&[DefId]> = items.chunk_by(in_file).collect();
    let of_file = |defs: &&[DefId]| semantics.ask(question, semantics.locate(defs[0]).0, || find(defs));
    files.par_iter().map(of_file).flatten_iter().collect()
}

/// Whether an item is test code.
pub(super) fn is_test(semantics: &Semantics, def: DefId) -> bool {
    let (file, _) = semantics.locate(def);
    let role = semantics.files[file.index()].role;
    semantics.def_map.is_test(def) || matches!(role, FileRole::Test | FileRole::Bench | FileRole::BuildScript)
}

fn speaks(semantics: &Semantics, crates: &Crates<'_>, def: DefId) -> bool {
    if let Some(signature) = semantics.signature(def)
        && signature.params.iter().chain([&signature.ret]).any(|ty| crates.holds(*ty, TYPE_DEPTH))
    {
        return true;
    }
    let Some(types) = semantics.types(def) else { return false };
    let mut text = String::new();
    let mut builds_method = |ty: Symbol, name: Symbol| {
        if crates.of(ty.as_str()).is_empty() {
            return false;
        }
        text.clear();
        text.push_str(ty.as_str());
        text.push_str("::");
        text.push_str(name.as_str());
        crates.builds(&text)
    };
    let path = types.paths().any(|(_, resolution)| match resolution {
        Resolution::External(path) => crates.builds(path.as_str()),
        Resolution::Method { ty, name } => builds_method(ty, name),
        _ => false,
    });
    let is_built = path
        || types.callees().any(|(_, callee)| match callee {
            Callee::Method { ty, name } => builds_method(*ty, *name),
            _ => false,
        });
    is_built || takes_out(semantics, crates, def)
}

/// Whether a function takes a router out of something: `axum::serve(listener, self.router)`.
fn takes_out(semantics: &Semantics, crates: &Crates<'_>, def: DefId) -> bool {
    let (Some((_, body)), Some(types)) = (semantics.body(def), semantics.types(def)) else { return false };
    let ir = semantics.ir_of(def);
    let is_router =
        |id: &ExprId| matches!(ir.expr(*id), Expr::Field { .. }) && crates.holds(types.expr(*id), TYPE_DEPTH);
    ir.body(body).exprs.ids().any(|id| is_router(&id))
}

/// Whether a function gives its callers something in which a router may be.
fn passes_on(semantics: &Semantics, def: DefId) -> bool {
    let Some(signature) = semantics.signature(def) else { return false };
    // A function that changes what it is given.
    if signature.self_ty.is_some() || !signature.params.is_empty() {
        return may_hold(signature.ret, 3) || signature.params.iter().any(|ty| may_hold(*ty, 2));
    }
    may_hold(signature.ret, 3)
}

fn may_hold(ty: Ty, depth: usize) -> bool {
    match ty.kind() {
        TyKind::Scalar(_) | TyKind::Str | TyKind::StaticStr | TyKind::Never => false,
        TyKind::Tuple(parts) => parts.iter().any(|part| may_hold(*part, depth)),
        TyKind::External { path, args } => match path.as_str() {
            "std::string::String" => false,
            "std::result::Result" | "std::option::Option" => {
                depth > 0 && args.first().is_none_or(|first| may_hold(*first, depth - 1))
            }
            _ => true,
        },
        _ => true,
    }
}
