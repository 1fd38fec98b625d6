//! What paths mean, remembered: most names stand many times in a module.

use std::cell::RefCell;

use rustc_hash::FxHashMap;
use ward_syntax::{PathId, Symbol, sym};

use crate::{DefId, Namespace, PathResult, ScopeId, Semantics};

/// The names of a path, as far as they are remembered.
type Key = (Namespace, [Symbol; 3]);

/// What the paths of the scope looked at last mean.
#[derive(Default)]
struct Memo {
    /// Which workspace's, and which scope.
    place: Option<(u64, ScopeId)>,
    results: FxHashMap<Key, PathResult>,
}

thread_local! {
    static MEMO: RefCell<Memo> = RefCell::default();
}

impl Semantics {
    /// What a path of a file means inside one of its items.
    pub(crate) fn resolve_path(&self, scope: DefId, path: PathId, namespace: Namespace) -> PathResult {
        let resolve = || self.def_map.resolve_path(&self.names(), scope, path, namespace);
        let Some(key) = self.key(scope, path, namespace) else {
            return resolve();
        };
        let place = Some((self.id, self.def_map.scope_of(scope)));
        let known = MEMO.with_borrow_mut(|memo| {
            if memo.place != place {
                memo.place = place;
                memo.results.clear();
            }
            memo.results.get(&key).copied()
        });
        known.unwrap_or_else(|| {
            let result = resolve();
            MEMO.with_borrow_mut(|memo| memo.results.insert(key, result));
            result
        })
    }

    /// The path's names, if they mean the same in all items of a scope: neither `Self` nor a generic parameter
    /// comes first.
    fn key(&self, scope: DefId, path: PathId, namespace: Namespace) -> Option<Key> {
        let ir = self.ir_of(scope);
        let data = ir.path(path);
        let segments = ir.path_segments(path);
        let first = segments.first()?.name;
        if data.qualified_self.is_some()
            || data.leading_colon
            || segments.len() > 3
            || first == sym::SELF_TYPE
        {
            return None;
        }
        let declares = |def: DefId| {
            let generics = self.generics(def);
            generics.is_some_and(|generics| generics.params.iter().any(|param| param.name == first))
        };
        if declares(scope) || self.def_map.container(scope).is_some_and(declares) {
            return None;
        }
        let name = |at: usize| segments.get(at).map_or(sym::EMPTY, |segment| segment.name);
        Some((namespace, [first, name(1), name(2)]))
    }
}
