//! What rows say of functions of the workspace itself: a user's own wrappers.

use rustc_hash::FxHashMap;
use ward_semantics::{Callee, DefId, Semantics};

use crate::models::{CallModel, Models};

/// The rows by function. Empty, and free, where the user has none.
#[derive(Debug, Default)]
pub(crate) struct OwnModels<'a> {
    by_function: FxHashMap<DefId, &'a CallModel>,
}

impl<'a> OwnModels<'a> {
    /// The functions that the user's rows mean.
    pub(crate) fn new(semantics: &Semantics, models: &'a Models) -> Self {
        let mut by_function = FxHashMap::default();
        for call in &models.user_calls {
            let model = match call.ty {
                Some(ty) => models.methods.get(&(ty, call.name)),
                None => models.functions.get(&call.name),
            };
            let Some(model) = model else { continue };
            let functions = semantics.functions_named(call.path.as_str()).into_iter();
            by_function.extend(functions.map(|def| (def, model)));
        }
        Self { by_function }
    }

    /// What is said of a function.
    pub(crate) fn of(&self, def: DefId) -> Option<&'a CallModel> {
        if self.by_function.is_empty() {
            return None;
        }
        self.by_function.get(&def).copied()
    }

    /// What is said of what a call reaches.
    pub(crate) fn of_callee(&self, callee: &Callee) -> Option<&'a CallModel> {
        match callee {
            Callee::Fn(def) => self.of(*def),
            Callee::Dispatch { declaration, targets } => {
                self.of(*declaration).or_else(|| targets.iter().find_map(|target| self.of(*target)))
            }
            _ => None,
        }
    }
}
