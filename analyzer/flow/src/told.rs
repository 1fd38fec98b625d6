//! Ways that an earlier run has told: to tell them anew, the summaries of all functions on them have to be restored.

use std::cell::RefCell;
use std::sync::{Arc, Mutex};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use ward_semantics::DefId;
use ward_syntax::{StoredEach, Symbol};

use crate::memo::lock;
use crate::summary::{FunctionSummary, Summaries};
use crate::value::AccessPath;
use crate::way::{Reached, Way};

/// What is asked about a function.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(crate) struct Question {
    pub(crate) about: About,
    /// The kind of sink.
    pub(crate) kind: Symbol,
    pub(crate) def: DefId,
}

/// What about it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) enum About {
    /// What reaches sinks in it.
    Reached,
    /// The same, where callers outside the workspace count.
    ReachedByCallers,
    /// What it fills parts of its result with.
    Filled,
    /// What it gives of its first parameter.
    Given,
}

/// An answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Told {
    Reached(Vec<Reached>),
    Filled(Vec<(AccessPath, Way)>),
    Given(Vec<(AccessPath, Reached)>),
}

/// The functions of which summaries were looked at, with the numbers of these.
pub(crate) type LookedAt = Vec<(DefId, u32)>;

/// The answers of one run.
#[derive(Debug, Default)]
pub(crate) struct ToldMemo {
    kept: FxHashMap<Question, Kept>,
    added: Mutex<Vec<(Question, LookedAt, Told)>>,
}

#[derive(Debug)]
struct Kept {
    looked_at: LookedAt,
    told: (Arc<StoredEach>, usize),
}

/// What is behind a number among what was stored.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Stored<'a> {
    Summary(&'a FunctionSummary),
    Told(&'a Told),
}

thread_local! {
    static LOOKED_AT: RefCell<Option<LookedAt>> = const { RefCell::new(None) };
    /// Whether something was looked at that has no number.
    static UNSURE: RefCell<bool> = const { RefCell::new(false) };
}

/// Notes that the summary of a function was looked at.
pub(crate) fn note_summary(def: DefId, version: u32) {
    LOOKED_AT.with_borrow_mut(|all| all.iter_mut().for_each(|all| all.push((def, version))));
}

/// Notes that something was looked at that is found anew in each run.
pub(crate) fn note_unsure() {
    UNSURE.set(true);
}

impl ToldMemo {
    /// With what an earlier run has kept, from a number on.
    pub(crate) fn new(questions: Vec<(Question, LookedAt)>, stored: &Arc<StoredEach>, from: usize) -> Self {
        let kept = questions.into_iter().zip(from..).map(|((question, looked_at), index)| {
            (question, Kept { looked_at, told: (Arc::clone(stored), index) })
        });
        Self { kept: kept.collect(), added: Mutex::default() }
    }

    /// The answer to a question, by an earlier run or else by `tell`.
    pub(crate) fn told(
        &self,
        summaries: &Summaries,
        question: Question,
        tell: impl FnOnce() -> Told,
    ) -> Told {
        if let Some(kept) = self.kept.get(&question)
            && kept.looked_at.iter().all(|(def, version)| summaries.version(*def) == *version)
            && let Some(told) = kept.told.0.get(kept.told.1)
        {
            return told;
        }
        LOOKED_AT.set(Some(Vec::new()));
        UNSURE.set(false);
        let told = tell();
        let mut looked_at = LOOKED_AT.take().unwrap_or_default();
        looked_at.sort_unstable();
        looked_at.dedup();
        if !UNSURE.take() {
            lock(&self.added).push((question, looked_at, told.clone()));
        }
        told
    }

    /// All answers that hold, in a fixed order.
    pub(crate) fn all(&self, summaries: &Summaries) -> Vec<(Question, LookedAt, Told)> {
        let mut all = lock(&self.added).clone();
        let is_new = |question: &Question| !all.iter().any(|(other, ..)| other == question);
        let holds =
            |kept: &Kept| kept.looked_at.iter().all(|(def, version)| summaries.version(*def) == *version);
        let kept = self.kept.iter().filter(|(question, kept)| is_new(question) && holds(kept));
        let kept: Vec<_> = kept
            .filter_map(|(question, kept)| {
                Some((*question, kept.looked_at.clone(), kept.told.0.get(kept.told.1)?))
            })
            .collect();
        all.extend(kept);
        all.sort_by_key(|(Question { about, kind, def }, ..)| (*def, *about, kind.as_str()));
        all.dedup_by_key(|(question, ..)| *question);
        all
    }
}
