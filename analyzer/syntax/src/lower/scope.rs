//! Which local a name means at the present place of a body.

use rustc_hash::FxHashMap;

use crate::{LocalId, Symbol};

/// The visible locals, and how to take them back at the end of a scope.
#[derive(Default)]
pub(super) struct Scopes {
    visible: FxHashMap<Symbol, LocalId>,
    /// Each binding since the body began, with what its name meant before.
    log: Vec<(Symbol, LocalId, Option<LocalId>)>,
}

/// The beginning of a scope.
#[derive(Clone, Copy)]
pub(super) struct Mark(usize);

impl Scopes {
    /// Begins a scope.
    pub(super) fn mark(&self) -> Mark {
        Mark(self.log.len())
    }

    /// Ends the scopes begun since `mark`.
    pub(super) fn close(&mut self, mark: Mark) {
        for (name, _, before) in self.log.drain(mark.0..).rev() {
            match before {
                Some(local) => self.visible.insert(name, local),
                None => self.visible.remove(&name),
            };
        }
    }

    /// Makes `name` mean `local` from here on.
    pub(super) fn bind(&mut self, name: Symbol, local: LocalId) {
        let before = self.visible.insert(name, local);
        self.log.push((name, local, before));
    }

    /// What `name` means here.
    pub(super) fn get(&self, name: Symbol) -> Option<LocalId> {
        self.visible.get(&name).copied()
    }

    /// What `name` was bound to since `mark`, for the alternatives of one pattern.
    pub(super) fn bound_since(&self, mark: Mark, name: Symbol) -> Option<LocalId> {
        self.log[mark.0..].iter().rev().find(|(bound, ..)| *bound == name).map(|(_, local, _)| *local)
    }
}
