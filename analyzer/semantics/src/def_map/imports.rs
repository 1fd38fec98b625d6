//! Imports, resolved together.
//!
//! An import may depend on others, also in a circle through globs. All of them are tried again and again until
//! nothing changes. A name that an import of its own scope will define is not taken from a glob meanwhile:
//! such searches wait. When only waiting ones are left, they go on without; what is left after that is
//! guessed, and what has no meaning then is known to be unknown, so that nothing else takes its place.

use ward_syntax::{ItemKind, Symbol, UseTree, sym};

use super::modules::{Import, has_macro_use};
use super::{Binding, DefMap, Glob, NameContext, Namespace, Origin, Target};
use crate::resolve::{Certainty, Place, Search, join};

/// A bound that no real code reaches: each round resolves at least one more import.
const MAX_ROUNDS: usize = 256;

/// What a try has changed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// Nothing, so far.
    None,
    /// Something, but another namespace may follow.
    Some,
    /// Everything that can be.
    Done,
}

/// Gives every import its meaning.
pub(super) fn resolve_all(map: &mut DefMap, cx: NameContext<'_>, mut imports: Vec<Import<'_>>) {
    imports.retain_mut(|import| {
        if let ItemKind::ExternCrate { krate } = import.item.kind {
            extern_crate(map, cx, import, krate);
            return false;
        }
        true
    });
    for certainty in [Certainty::Waiting, Certainty::Settled, Certainty::Guessing] {
        to_fixpoint(map, cx, &mut imports, certainty);
    }
    for import in imports.iter().filter(|import| !import.is_resolved()) {
        bind_unknown(map, *import);
    }
}

/// Tries imports until nothing changes.
fn to_fixpoint(map: &mut DefMap, cx: NameContext<'_>, imports: &mut Vec<Import<'_>>, certainty: Certainty) {
    for round in 0..MAX_ROUNDS {
        let mut changed = false;
        imports.retain_mut(|import| {
            if !is_worth_a_try(map, import, round) {
                return true;
            }
            import.tried = map.changes.now;
            let progress = resolve_import(map, cx, import, certainty);
            changed |= progress != Progress::None;
            progress != Progress::Done
        });
        if !changed {
            return;
        }
    }
}

/// In the first round rules are new: whatever waited or found nothing is tried. Later, what may be concerned by
/// some change.
fn is_worth_a_try(map: &DefMap, import: &Import<'_>, round: usize) -> bool {
    let is_open = !import.is_resolved();
    (round == 0 && (is_open || import.waited))
        || (is_open && import.container.is_none())
        || map.changes.concern(import.last, import.tried)
}

fn resolve_import(
    map: &mut DefMap,
    cx: NameContext<'_>,
    import: &mut Import<'_>,
    certainty: Certainty,
) -> Progress {
    let ItemKind::Use(tree) = &import.item.kind else {
        return Progress::Done;
    };
    let name = import.item.name;
    let from = map.enclosing_module(import.scope);
    let mut search = Search::new(cx.externals, from, certainty).for_import(import.scope, name);
    if tree.glob {
        return resolve_glob(map, &mut search, *import, tree);
    }
    let is_path_word = |name: &Symbol| [sym::CRATE, sym::SUPER, sym::SELF_VALUE].contains(name);
    let (Some(last), Some(prefix)) = (tree.path.last(), tree.path.get(..tree.path.len().saturating_sub(1)))
    else {
        return Progress::Done;
    };
    if prefix.is_empty() || is_path_word(last) {
        return resolve_whole(map, &mut search, import, tree);
    }
    if import.container.is_none() {
        let place =
            Place { scope: import.scope, path: prefix, leading_colon: tree.leading_colon, is_use: true };
        let walk = map.walk_path(&mut search, place, Namespace::Type);
        import.container = walk.target.filter(|_| walk.rest == 0);
    }
    match import.container {
        Some(Target::External(base)) => {
            let target = Target::External(join(cx.externals, base, &[*last]));
            bind(map, import, &Namespace::ALL, target);
            Progress::Done
        }
        Some(Target::Module(module)) => {
            let mut progress = Progress::None;
            let mut waited = false;
            for namespace in Namespace::ALL {
                // What only lacks another namespace is not looked for where nothing has the name.
                let is_hopeless = import.is_resolved() && !map.changes.is_declared(*last, namespace);
                if import.filled[namespace as usize] || is_hopeless {
                    continue;
                }
                let rest = [*last];
                let walk = map.walk(&mut search, Target::Module(module), &rest, namespace);
                waited |= search.waits();
                if let Some(target) = walk.target {
                    let namespaces = namespaces_of(target, namespace);
                    bind(map, import, namespaces, target);
                    progress = Progress::Some;
                }
            }
            import.waited = waited;
            if import.filled == [true; 3] { Progress::Done } else { progress }
        }
        Some(Target::Def(def)) if let Some(index) = map.variant(def, *last) => {
            bind(map, import, &[Namespace::Type, Namespace::Value], Target::Variant { def, index });
            Progress::Done
        }
        _ => Progress::None,
    }
}

/// What is outside the workspace may be anything; the rest is what it was asked for.
fn namespaces_of(target: Target, asked: Namespace) -> &'static [Namespace] {
    match (target, asked) {
        (Target::External(_), _) => &Namespace::ALL,
        (_, Namespace::Type) => &[Namespace::Type],
        (_, Namespace::Value) => &[Namespace::Value],
        (_, Namespace::Macro) => &[Namespace::Macro],
    }
}

/// `use name;`, `use crate as name;`, `use super::super as name;`.
fn resolve_whole(
    map: &mut DefMap,
    search: &mut Search<'_>,
    import: &mut Import<'_>,
    tree: &UseTree,
) -> Progress {
    let place =
        Place { scope: import.scope, path: &tree.path, leading_colon: tree.leading_colon, is_use: true };
    let mut progress = Progress::None;
    for namespace in Namespace::ALL {
        if import.filled[namespace as usize] {
            continue;
        }
        let walk = map.walk_path(search, place, namespace);
        if let Some(target) = walk.target.filter(|_| walk.rest == 0) {
            bind(map, import, namespaces_of(target, namespace), target);
            progress = Progress::Some;
        }
    }
    progress
}

fn resolve_glob(map: &mut DefMap, search: &mut Search<'_>, import: Import<'_>, tree: &UseTree) -> Progress {
    let place =
        Place { scope: import.scope, path: &tree.path, leading_colon: tree.leading_colon, is_use: true };
    let target = if tree.path.is_empty() {
        let krate = map.scope(import.scope).krate;
        Some(Target::Module(map.crate_data(krate).root))
    } else {
        let walk = map.walk_path(search, place, Namespace::Type);
        walk.target.filter(|_| walk.rest == 0)
    };
    let Some(target) = target else {
        return Progress::None;
    };
    let visibility = import.item.visibility;
    map.scope_mut(import.scope).globs.push(Glob { target, visibility });
    map.changes.note_glob();
    Progress::Done
}

fn extern_crate(map: &mut DefMap, cx: NameContext<'_>, import: &mut Import<'_>, written: Symbol) {
    let item = import.item;
    let krate = map.scope(import.scope).krate;
    let data = &map.crates[krate.0 as usize];
    let root = data.root;
    let target = if written == sym::SELF_VALUE {
        Target::Module(root)
    } else if let Some(target) = data.extern_names.get(&written) {
        *target
    } else {
        map.libraries
            .get(&written)
            .map_or(Target::External(cx.externals.canonical(written)), |root| Target::Module(*root))
    };
    let data = &mut map.crates[krate.0 as usize];
    if has_macro_use(&item.attributes) {
        data.macro_crates.push(target);
    }
    if import.scope == root && !item.name.is_empty() && item.name != sym::UNDERSCORE {
        data.extern_names.insert(item.name, target);
    }
    bind(map, import, &[Namespace::Type], target);
}

fn bind_unknown(map: &mut DefMap, mut import: Import<'_>) {
    if let ItemKind::Use(tree) = &import.item.kind
        && !tree.glob
    {
        bind(map, &mut import, &Namespace::ALL, Target::Unknown);
    }
}

/// Makes the import's name mean `target`, where no item of the scope has the name.
fn bind(map: &mut DefMap, import: &mut Import<'_>, namespaces: &[Namespace], target: Target) {
    let item = import.item;
    let was_resolved = import.is_resolved();
    for namespace in namespaces {
        import.filled[*namespace as usize] = true;
    }
    if item.name == sym::UNDERSCORE || item.name.is_empty() {
        return;
    }
    let binding =
        Binding { target, visibility: item.visibility, origin: Origin::Import, is_test: item.is_test };
    let names = map.scope_mut(import.scope).names.entry(item.name).or_default();
    if !was_resolved && matches!(item.kind, ItemKind::Use(_)) {
        names.pending = names.pending.saturating_sub(1);
    }
    let mut changed = [false; 3];
    for namespace in namespaces {
        match names.slot(*namespace) {
            Some(first) if (!first.is_test || binding.is_test) && !gives_way(first, target) => {}
            slot => {
                *slot = Some(binding);
                changed[*namespace as usize] = true;
            }
        }
    }
    for namespace in Namespace::ALL.into_iter().filter(|namespace| changed[*namespace as usize]) {
        map.changes.note_name(item.name, namespace);
    }
}

/// Whether a name that is bound goes to another import. What is outside the workspace may be anything, and two things
/// of one kind cannot have one name: next to a module of the workspace, `use log::info` is the macro.
fn gives_way(first: &Binding, target: Target) -> bool {
    let is_known = !matches!(target, Target::External(_) | Target::Unknown);
    first.origin == Origin::Import && matches!(first.target, Target::External(_)) && is_known
}
