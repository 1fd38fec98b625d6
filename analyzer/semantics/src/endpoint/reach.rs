//! From a function to the endpoints through which it is reached.

use rustc_hash::FxHashSet;
use smallvec::SmallVec;
use ward_syntax::{FileSpan, Span};

use super::{Endpoint, Endpoints, Handler};
use crate::{Callee, DefId, Resolution, Semantics};

/// How many functions are looked at on the way up.
const MOST_FUNCTIONS: usize = 4_000;

impl Endpoints {
    pub(super) fn index(&mut self, semantics: &Semantics) {
        for (at, endpoint) in self.all.iter().enumerate() {
            match endpoint.handler {
                Handler::Function(def) | Handler::Factory(def) => {
                    self.by_handler.entry(def).or_default().push(at);
                }
                Handler::Closure { function, .. } | Handler::Inline { function, .. } => {
                    self.inside.entry(function).or_default().push(at);
                    for entry in called_within(semantics, function, endpoint.handler_place(semantics).span) {
                        self.by_entry.entry(entry).or_default().push(at);
                    }
                }
                Handler::Service(def) => {
                    for entry in service_functions(semantics, def) {
                        self.by_entry.entry(entry).or_default().push(at);
                    }
                }
                Handler::External(_) | Handler::Unknown => {}
            }
        }
    }

    /// The endpoints whose handler calls a function, directly or through others, nearest first. `place` is the place
    /// in it that matters: code of a handler that stands inside another function belongs to that handler alone.
    pub fn reaching(
        &self,
        semantics: &Semantics,
        function: DefId,
        place: Option<FileSpan>,
    ) -> Vec<&Endpoint> {
        let mut found: Vec<usize> = Vec::new();
        if let (Some(inside), Some(place)) = (self.inside.get(&function), place) {
            let around = |at: &&usize| {
                let code = self.all[**at].handler_place(semantics);
                code.file == place.file && code.span.contains(place.span)
            };
            found.extend(inside.iter().filter(around));
            if !found.is_empty() {
                return found.into_iter().map(|at| &self.all[at]).collect();
            }
        }
        let mut seen: FxHashSet<DefId> = FxHashSet::from_iter([function]);
        let mut level = vec![function];
        while !level.is_empty() && seen.len() < MOST_FUNCTIONS {
            let mut next = Vec::new();
            for def in level {
                let own = self.by_handler.get(&def).into_iter().chain(self.by_entry.get(&def)).flatten();
                let before = found.len();
                found.extend(own);
                // What calls a handler is a router, or another handler that is found by itself.
                if found.len() > before {
                    continue;
                }
                for caller in semantics.call_graph().callers(def) {
                    if seen.insert(*caller) {
                        next.push(*caller);
                    }
                }
            }
            level = next;
        }
        let mut known = FxHashSet::default();
        found.retain(|at| known.insert(*at));
        found.into_iter().map(|at| &self.all[at]).collect()
    }
}

/// The functions called or named within a part of a body.
fn called_within(semantics: &Semantics, function: DefId, span: Span) -> SmallVec<[DefId; 4]> {
    let ir = semantics.ir_of(function);
    let Some(types) = semantics.types(function) else { return SmallVec::new() };
    let mut called = SmallVec::new();
    for (call, callee) in types.callees() {
        if !span.contains(ir.expr_span(call)) {
            continue;
        }
        match callee {
            Callee::Fn(def) => called.push(*def),
            Callee::Dispatch { targets, .. } | Callee::Guess(targets) => called.extend_from_slice(targets),
            _ => {}
        }
    }
    let named = types.paths().filter_map(|(path, resolution)| match resolution {
        Resolution::Def(def) if semantics.item(def).as_fn().is_some() => Some((path, def)),
        _ => None,
    });
    for (path, def) in named {
        let inside = ir.path_segments(path).last().is_some_and(|segment| span.contains(segment.span));
        if inside {
            called.push(def);
        }
    }
    called.sort_unstable();
    called.dedup();
    called
}

/// The functions of the impls of a type.
fn service_functions(semantics: &Semantics, def: DefId) -> Vec<DefId> {
    let mut functions = Vec::new();
    for impl_def in semantics.impls.of_type(crate::TypeHead::Adt(def)) {
        functions.extend(semantics.impls.items(*impl_def).iter().map(|(_, item)| *item));
    }
    functions
}
