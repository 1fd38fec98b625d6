//! Evaluations, kept from run to run.
//!
//! What comes of an evaluation depends on how the workspace looks from outside of functions' bodies, on the function's own,
//! and on what is asked for on the way: the summaries of other functions, a few of their bodies, mail. What was asked is kept
//! beside what came of it. Where the workspace and the body are the same, and every answer would be, so is the result, but
//! for where things stand in a file that has changed elsewhere: a run that uses what an earlier one has kept finds what one
//! without it finds.
//!
//! A summary is known by a number. Another summary of the same function has the same one if it is equal, and only then, so a
//! function that changed and yet does what it did before costs its callers nothing.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use ward_semantics::{Changes, DefId, Semantics, WorkspaceState};
use ward_syntax::{LateBytes, Layout, StoredEach};

use crate::FlowIndex;
use crate::evaluate::{Context, evaluate};
use crate::summary::{Brief, Known};
use crate::told::{LookedAt, Question, Stored, ToldMemo};

/// At most as many bytes are kept.
const MOST_BYTES: usize = 64 << 20;
/// What is kept stays as it is as long as fewer than one in so many evaluations have to be made anew: to keep them all
/// again takes more time.
const FEW: usize = 32;

/// How the workspace looked from outside stands in so many bytes before everything else.
const OUTLINE: usize = 16;

/// Evaluations that an earlier run, or this one, has made.
#[derive(Debug, Default)]
pub struct Evaluations {
    kept: Mutex<Option<LateBytes>>,
    restored: Mutex<Option<(Kept, StoredEach)>>,
    made: Mutex<Option<Vec<u8>>>,
    reused: AtomicUsize,
    anew: AtomicUsize,
}

/// All evaluations of a run, but for the summaries. How the workspace looked from outside of functions' bodies stands before
/// it, and the summaries behind it in the same order.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    /// What tells whether a file is the same, by file.
    contents: Vec<(u64, u64)>,
    /// Where the bodies of its functions stand, by file.
    layouts: Vec<Layout>,
    /// No summary has this number, or a higher one.
    next: u32,
    evaluations: Vec<(DefId, u32, Asked, Brief)>,
    /// Whether two summaries of a function say the same, by their numbers.
    alike: Vec<(DefId, u32, u32, bool)>,
    /// Ways that were told; they stand behind the summaries.
    told: Vec<(Question, LookedAt)>,
}

/// What came of an evaluation, and what that depends on.
#[derive(Debug)]
struct Evaluation {
    asked: Asked,
    known: Known,
}

/// What was asked for on the way.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Asked {
    /// The numbers of the summaries of functions, 0 for those that had none.
    summaries: Vec<(DefId, u32)>,
    /// Functions whose bodies were looked at.
    bodies: Vec<DefId>,
    /// Whether mail was looked at: what that tells is found anew in each run.
    mail: bool,
}

/// The evaluations of one run.
#[derive(Debug)]
pub(crate) struct Memo {
    state: WorkspaceState,
    /// Since what was kept was made.
    changes: Changes,
    kept: FxHashMap<DefId, Vec<Arc<Evaluation>>>,
    next: AtomicU32,
    /// See [`Kept::alike`].
    alike: FxHashMap<(DefId, u32, u32), bool>,
    more_alike: Mutex<FxHashMap<(DefId, u32, u32), bool>>,
    used: Mutex<FxHashMap<DefId, Vec<Arc<Evaluation>>>>,
    /// What is told of the summaries.
    pub(crate) told: ToldMemo,
    reused: AtomicUsize,
    anew: AtomicUsize,
}

thread_local! {
    static ASKED: RefCell<Asked> = RefCell::default();
}

/// Notes that an evaluation has asked for the summary of a function.
pub(crate) fn note_summary(def: DefId, version: u32) {
    ASKED.with_borrow_mut(|asked| asked.summaries.push((def, version)));
}

/// Notes that an evaluation has looked at the body of a function.
pub(crate) fn note_body(def: DefId) {
    ASKED.with_borrow_mut(|asked| asked.bodies.push(def));
}

/// Notes that an evaluation has looked at mail.
pub(crate) fn note_mail() {
    ASKED.with_borrow_mut(|asked| asked.mail = true);
}

impl Evaluations {
    /// Takes over what [`Self::bytes`] of an earlier run has returned.
    pub fn fill(&self, bytes: LateBytes) {
        *lock(&self.kept) = Some(bytes);
    }

    /// Restores what was taken over, on one thread, while others have something else to do.
    pub fn restore(&self) {
        let bytes = lock(&self.kept).clone();
        *lock(&self.restored) = bytes.and_then(|bytes| StoredEach::restore(bytes, OUTLINE));
    }

    /// What the last run has used, to be kept for the next; `None` if there is nothing, or too much.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        lock(&self.made).take().filter(|bytes| bytes.len() <= MOST_BYTES)
    }

    /// How many evaluations of the last run an earlier one had made, and how many it had not.
    pub fn reused(&self) -> (usize, usize) {
        (self.reused.load(Ordering::Relaxed), self.anew.load(Ordering::Relaxed))
    }

    /// What a run on this workspace may use.
    pub(crate) fn memo(&self, semantics: &Semantics) -> Memo {
        let state = semantics.state().clone();
        let of_this_world = |bytes: &LateBytes| {
            bytes.part(0..OUTLINE).is_some_and(|before| *before == state.outline.to_le_bytes())
        };
        let bytes = lock(&self.kept).clone().filter(of_this_world);
        let restored = lock(&self.restored).take();
        // A further run of the same process restores it anew.
        let restored = bytes.and_then(|bytes| restored.or_else(|| StoredEach::restore(bytes, OUTLINE)));
        let mut kept: FxHashMap<DefId, Vec<Arc<Evaluation>>> = FxHashMap::default();
        let (mut next, mut told, mut changes) = (1, ToldMemo::default(), Changes::default());
        let (mut alike, more_alike) = (FxHashMap::default(), Mutex::default());
        if let Some((of_before, summaries)) = restored {
            changes = semantics.changes_since(&of_before.contents, &of_before.layouts);
            let summaries = Arc::new(summaries.moved(Arc::clone(changes.moved())));
            told = ToldMemo::new(of_before.told, &summaries, of_before.evaluations.len());
            for (index, (def, version, asked, brief)) in of_before.evaluations.into_iter().enumerate() {
                let known = Known::kept(brief, version, (Arc::clone(&summaries), index));
                kept.entry(def).or_default().push(Arc::new(Evaluation { asked, known }));
            }
            next = of_before.next;
            alike.extend(of_before.alike.into_iter().map(|(def, a, b, are)| ((def, a, b), are)));
        }
        let (next, used) = (AtomicU32::new(next), Mutex::default());
        let (reused, anew) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Memo { state, changes, kept, next, alike, more_alike, used, told, reused, anew }
    }

    /// Takes over what a run has used, once nothing more is asked of its flows.
    pub fn take(&self, flows: &FlowIndex) {
        let Some(memo) = &flows.memo else { return };
        let (reused, anew) = (memo.reused.load(Ordering::Relaxed), memo.anew.load(Ordering::Relaxed));
        self.reused.store(reused, Ordering::Relaxed);
        self.anew.store(anew, Ordering::Relaxed);
        if anew * FEW < reused {
            return;
        }
        let used = lock(&memo.used);
        let mut evaluations: Vec<(DefId, &Evaluation)> =
            used.iter().flat_map(|(def, all)| all.iter().map(|one| (*def, &**one))).collect();
        evaluations.sort_by_key(|(def, evaluation)| (*def, evaluation.known.version));
        evaluations.dedup_by(|(a, one), (b, other)| {
            a == b && one.known.version == other.known.version && one.asked == other.asked
        });
        let head = |(def, Evaluation { asked, known }): &(DefId, &Evaluation)| {
            (*def, known.version, asked.clone(), known.brief().clone())
        };
        let told = memo.told.all(&flows.summaries);
        let mut alike: Vec<(DefId, u32, u32, bool)> = lock(&memo.more_alike)
            .iter()
            .chain(&memo.alike)
            .filter(|((def, a, b), _)| {
                let is_used = |version| {
                    used.get(def).is_some_and(|all| all.iter().any(|one| one.known.version == version))
                };
                is_used(*a) && is_used(*b)
            })
            .map(|((def, a, b), are)| (*def, *a, *b, *are))
            .collect();
        alike.sort_unstable();
        let kept = Kept {
            contents: memo.state.contents.clone(),
            layouts: memo.state.layouts.clone(),
            next: memo.next.load(Ordering::Relaxed),
            evaluations: evaluations.iter().map(head).collect(),
            alike,
            told: told.iter().map(|(question, looked_at, _)| (*question, looked_at.clone())).collect(),
        };
        let summaries = evaluations.iter().map(|(_, evaluation)| Stored::Summary(evaluation.known.summary()));
        let all: Vec<Stored> = summaries.chain(told.iter().map(|(.., told)| Stored::Told(told))).collect();
        let kept = StoredEach::store(&kept, &all);
        *lock(&self.made) = kept.map(|kept| [&memo.state.outline.to_le_bytes()[..], &kept].concat());
    }
}

impl Memo {
    /// What comes of the evaluation of a function.
    pub(crate) fn evaluated(&self, cx: Context, def: DefId) -> Option<Known> {
        let kept = self.kept.get(&def).map(Vec::as_slice).unwrap_or_default();
        if let Some(found) = kept.iter().find(|kept| self.holds(cx, def, &kept.asked)) {
            self.reused.fetch_add(1, Ordering::Relaxed);
            return Some(self.used(def, Arc::clone(found)));
        }
        self.anew.fetch_add(1, Ordering::Relaxed);
        ASKED.take();
        let summary = evaluate(cx, def)?;
        let mut asked = ASKED.take();
        asked.summaries.sort_unstable();
        asked.summaries.dedup();
        asked.bodies.sort_unstable();
        asked.bodies.dedup();
        let used_before = lock(&self.used).get(&def).cloned().unwrap_or_default();
        let equal = kept.iter().chain(&used_before).find(|before| *before.known.summary() == summary);
        let version = equal.map(|before| before.known.version);
        let version = version.unwrap_or_else(|| self.next.fetch_add(1, Ordering::Relaxed));
        Some(self.used(def, Arc::new(Evaluation { asked, known: Known::new(summary, version) })))
    }

    /// Whether callers of a function would see the same in two summaries of it.
    pub(crate) fn are_alike(&self, def: DefId, a: &Known, b: &Known) -> bool {
        let key = (def, a.version, b.version);
        if let Some(known) = self.alike.get(&key) {
            return *known;
        }
        let are_alike = a.says_the_same(b);
        if a.version != b.version && a.version != 0 && b.version != 0 {
            lock(&self.more_alike).insert(key, are_alike);
        }
        are_alike
    }

    fn used(&self, def: DefId, evaluation: Arc<Evaluation>) -> Known {
        let known = evaluation.known.clone();
        lock(&self.used).entry(def).or_default().push(evaluation);
        known
    }

    /// Whether everything would be answered as it was.
    fn holds(&self, cx: Context, def: DefId, asked: &Asked) -> bool {
        let is_same = |def: DefId| self.changes.is_same_item(cx.semantics.locate(def).0, def);
        is_same(def)
            && !asked.mail
            && asked.bodies.iter().all(|def| is_same(*def))
            && asked.summaries.iter().all(|(def, version)| cx.summaries.version(*def) == *version)
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
