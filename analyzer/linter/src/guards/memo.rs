//! Evaluations of functions, kept from run to run: see [`ward_flow::Evaluations`], where the same is done for flows.
//!
//! What comes of an evaluation depends on how the workspace looks from outside, on the function's file, on what was known of
//! types when it was made, and on the summaries and bodies that were asked for on the way. Summaries are small: a hash of
//! each is kept, and compared with what would be answered now.

use std::cell::RefCell;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::{FxHashMap, FxHasher};
use serde::{Deserialize, Serialize};
use ward_semantics::{DefId, Semantics, Ty, WorkspaceState};
use ward_syntax::{Symbol, restore, store};

use super::deps::Summary;
use super::evaluate::Types;
use super::index::Known;

/// What is kept stays as it is as long as fewer than one in so many evaluations have to be made anew.
const FEW: usize = 32;

/// Evaluations that an earlier run, or this one, has made.
#[derive(Debug, Default)]
pub struct Judged {
    kept: Mutex<Option<Arc<Vec<u8>>>>,
    restored: Mutex<Option<Kept<Evaluation>>>,
    made: Mutex<Option<Vec<u8>>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Kept<E> {
    outline: u128,
    contents: Vec<(u64, u64)>,
    evaluations: Vec<E>,
}

/// What came of an evaluation, and what that depends on.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Evaluation {
    def: DefId,
    /// [`Known::of_types`] when it was made.
    of_types: u64,
    asked: Asked,
    summary: Summary,
    attached: Vec<(Ty, bool)>,
    types: Vec<Ty>,
    lenient: Vec<Symbol>,
    named: Vec<Symbol>,
}

impl Evaluation {
    fn types(&self) -> Types {
        let (attached, asked) = (self.attached.clone(), self.types.clone());
        Types { attached, asked, lenient: self.lenient.clone(), named: self.named.clone() }
    }
}

/// What was asked for on the way.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Asked {
    /// Functions with [`hash_of`] their summaries.
    summaries: Vec<(DefId, u64)>,
    /// Items whose bodies were looked at.
    bodies: Vec<DefId>,
}

/// The evaluations of one run.
pub(super) struct Memo {
    state: WorkspaceState,
    is_same: Vec<bool>,
    kept: FxHashMap<(DefId, u64), Vec<Arc<Evaluation>>>,
    used: Mutex<Vec<Arc<Evaluation>>>,
    anew: AtomicUsize,
}

thread_local! {
    /// What the evaluation of this thread has asked for, if there is one that is to be kept.
    static ASKED: RefCell<Option<Asked>> = const { RefCell::new(None) };
}

/// Notes that an evaluation has asked for the summary of a function.
pub(super) fn note_summary(def: DefId, hash: u64) {
    ASKED.with_borrow_mut(|asked| asked.iter_mut().for_each(|asked| asked.summaries.push((def, hash))));
}

/// Notes that an evaluation has looked at the body of an item.
pub(super) fn note_body(def: DefId) {
    ASKED.with_borrow_mut(|asked| asked.iter_mut().for_each(|asked| asked.bodies.push(def)));
}

/// What tells a summary from others; none has 0.
pub(super) fn hash_of(summary: &Summary) -> u64 {
    let mut hasher = FxHasher::default();
    summary.hash(&mut hasher);
    hasher.finish().max(1)
}

impl Judged {
    /// Takes over what [`Self::bytes`] of an earlier run has returned.
    pub fn fill(&self, bytes: Vec<u8>) {
        *lock(&self.kept) = Some(Arc::new(bytes));
    }

    /// Restores what was taken over, on one thread, while others have something else to do.
    pub fn restore(&self) {
        let bytes = lock(&self.kept).clone();
        *lock(&self.restored) = bytes.and_then(|bytes| restore(&bytes));
    }

    /// What the last run has used, to be kept for the next; `None` if there is next to nothing new.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        lock(&self.made).take()
    }

    /// What a run on this workspace may use.
    pub(super) fn memo(&self, semantics: &Semantics) -> Memo {
        let state = semantics.state().clone();
        // A further run of the same process restores it anew.
        if lock(&self.restored).is_none() {
            self.restore();
        }
        let before = lock(&self.restored).take().filter(|before| before.outline == state.outline);
        let mut memo = Memo {
            is_same: state.is_same(before.as_ref().map_or(&[], |before| &before.contents)),
            state,
            kept: FxHashMap::default(),
            used: Mutex::default(),
            anew: AtomicUsize::new(0),
        };
        for evaluation in before.into_iter().flat_map(|before| before.evaluations) {
            let key = (evaluation.def, evaluation.of_types);
            memo.kept.entry(key).or_default().push(Arc::new(evaluation));
        }
        memo
    }

    /// Takes over what a run has used.
    pub(super) fn take(&self, memo: Memo) {
        let used = memo.used.into_inner().unwrap_or_else(PoisonError::into_inner);
        if memo.anew.into_inner() * FEW < used.len() {
            return;
        }
        let mut evaluations: Vec<&Evaluation> = used.iter().map(|one| &**one).collect();
        evaluations.sort_by_key(|one| (one.def, one.of_types));
        evaluations.dedup();
        let WorkspaceState { outline, contents, .. } = memo.state;
        *lock(&self.made) = store(&Kept { outline, contents, evaluations });
    }
}

impl Memo {
    /// What comes of the evaluation of a function, by an earlier run or else by `evaluate`.
    pub(super) fn evaluated(
        &self,
        semantics: &Semantics,
        known: &Known,
        def: DefId,
        evaluate: impl FnOnce() -> Option<(Summary, Types)>,
    ) -> Option<(Summary, Types)> {
        let key = (def, known.of_types());
        let kept = self.kept.get(&key).map(Vec::as_slice).unwrap_or_default();
        if let Some(found) = kept.iter().find(|kept| self.holds(semantics, known, kept)) {
            lock(&self.used).push(Arc::clone(found));
            return Some((found.summary, found.types()));
        }
        ASKED.set(Some(Asked::default()));
        let evaluated = evaluate();
        let mut asked = ASKED.take()?;
        let (summary, types) = evaluated?;
        asked.summaries.sort_unstable();
        asked.summaries.dedup();
        asked.bodies.sort_unstable();
        asked.bodies.dedup();
        self.anew.fetch_add(1, Ordering::Relaxed);
        let Types { attached, asked: extracted, lenient, named } = types.clone();
        let evaluation =
            Evaluation { def, of_types: key.1, asked, summary, attached, types: extracted, lenient, named };
        lock(&self.used).push(Arc::new(evaluation));
        Some((summary, types))
    }

    /// Whether everything would be answered as it was.
    fn holds(&self, semantics: &Semantics, known: &Known, kept: &Evaluation) -> bool {
        let is_same = |def: &DefId| self.is_same[semantics.locate(*def).0.index()];
        is_same(&kept.def)
            && kept.asked.bodies.iter().all(is_same)
            && kept.asked.summaries.iter().all(|(def, hash)| known.hash_of(*def) == *hash)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
