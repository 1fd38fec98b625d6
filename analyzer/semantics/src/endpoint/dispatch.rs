//! Functions that route by hand: a match on method and path, or a table that is filled with both.

use ward_syntax::Symbol;

use super::relevant::{Crates, asked, is_test};
use super::{Evaluator, Framework};
use crate::{DefId, Resolution, Semantics};

/// The functions that name one of the items by which a framework says that is done, with the framework.
pub(super) fn dispatchers(
    semantics: &Semantics,
    frameworks: &[&'static dyn Framework],
    crates: &Crates<'_>,
) -> Vec<(DefId, usize)> {
    let wanted =
        |path: &str| crates.of(path).iter().find(|index| frameworks[**index].dispatches(path)).copied();
    let named = |function: &DefId| {
        let types = semantics.types(*function)?;
        types.paths().find_map(|(_, resolution)| match resolution {
            Resolution::External(path) => wanted(path.as_str()),
            Resolution::Method { ty, name } if !crates.of(ty.as_str()).is_empty() => {
                wanted(Symbol::new(&format!("{ty}::{name}")).as_str())
            }
            _ => None,
        })
    };
    asked(semantics, "dispatchers", |functions| {
        let named = functions.iter().filter_map(|function| Some((*function, named(function)?)));
        named.filter(|(function, _)| !is_test(semantics, *function)).collect()
    })
}

/// Asks the frameworks about those.
pub(super) fn dispatching(evaluator: &mut Evaluator<'_>, dispatchers: &[(DefId, usize)]) {
    for (function, index) in dispatchers {
        evaluator.current_framework = *index;
        if let Some(router) = evaluator.frameworks[*index].dispatch(evaluator, *function) {
            evaluator.serve(&super::Value::router(router));
        }
    }
}

impl Evaluator<'_> {
    /// Evaluates a function of which nothing is called, if that has not been done.
    pub fn evaluate(&mut self, function: DefId) {
        if !self.visited.contains(&function) {
            self.root(function);
        }
    }
}
