//! Evaluations, kept from run to run.
//!
//! What comes of an evaluation depends on how the workspace looks from outside of functions' bodies, on the file that the
//! function stands in, and on what is asked for on the way: the summaries of other functions, a few of their bodies, mail.
//! What was asked is kept beside what came of it. Where the workspace and the file are the same, and every answer would be,
//! so is the result: a run that uses what an earlier one has kept finds what one without it finds.
//!
//! A summary is known by a number. Another summary of the same function has the same one only if it is equal, so a function
//! that changed and yet does what it did before costs its callers nothing.

use std::cell::RefCell;
use std::hash::Hash;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use ward_project::hash_twice;
use ward_semantics::{DefId, Semantics};
use ward_syntax::{FileId, restore, store};

use crate::evaluate::{Context, evaluate};
use crate::summary::{FunctionSummary, Known};

/// At most as many bytes are kept.
const MOST_BYTES: usize = 64 << 20;
/// What is kept stays as it is as long as fewer than one in so many evaluations have to be made anew: to keep them all
/// again takes more time.
const FEW: usize = 32;

/// Evaluations that an earlier run, or this one, has made.
#[derive(Debug, Default)]
pub struct Evaluations {
    kept: Mutex<Option<Vec<u8>>>,
    made: Mutex<Option<Vec<u8>>>,
    reused: AtomicUsize,
    anew: AtomicUsize,
}

/// All evaluations of a run. How the workspace looked from outside of functions' bodies stands before it.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// What tells whether a file is the same, by file.
    contents: Vec<(u64, u64)>,
    /// No summary has this number, or a higher one.
    next: u32,
    evaluations: Vec<(DefId, Evaluation)>,
}

/// What came of an evaluation, and what that depends on.
#[derive(Clone, Serialize, Deserialize)]
struct Evaluation {
    version: u32,
    asked: Asked,
    #[serde(with = "shared")]
    summary: Arc<FunctionSummary>,
}

/// What was asked for on the way.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
struct Asked {
    /// The numbers of the summaries of functions, 0 for those that had none.
    summaries: Vec<(DefId, u32)>,
    /// Functions whose bodies were looked at.
    bodies: Vec<DefId>,
    /// Whether mail was looked at: what that tells is found anew in each run.
    mail: bool,
}

/// The evaluations of one run.
pub(crate) struct Memo {
    world: u128,
    contents: Vec<(u64, u64)>,
    /// By file, whether it is the one that what was kept was made of.
    is_same: Vec<bool>,
    kept: FxHashMap<DefId, Vec<Evaluation>>,
    next: AtomicU32,
    used: Mutex<Vec<(DefId, Evaluation)>>,
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
    pub fn fill(&self, bytes: Vec<u8>) {
        *lock(&self.kept) = Some(bytes);
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
        let (world, contents) = (world(semantics), contents(semantics));
        let of_this_world = |bytes: &[u8]| {
            let (before, kept) = bytes.split_first_chunk()?;
            (u128::from_le_bytes(*before) == world).then(|| restore::<Kept>(kept))?
        };
        let kept = lock(&self.kept).as_deref().and_then(of_this_world);
        let Kept { contents: before, next, evaluations } =
            kept.unwrap_or(Kept { contents: Vec::new(), next: 1, evaluations: Vec::new() });
        let is_same = contents.iter().enumerate().map(|(file, now)| before.get(file) == Some(now)).collect();
        let mut kept: FxHashMap<DefId, Vec<Evaluation>> = FxHashMap::default();
        for (def, evaluation) in evaluations {
            kept.entry(def).or_default().push(evaluation);
        }
        let (next, used) = (AtomicU32::new(next), Mutex::default());
        let (reused, anew) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Memo { world, contents, is_same, kept, next, used, reused, anew }
    }

    /// Takes over what a run has used.
    pub(crate) fn take(&self, memo: Memo) {
        let mut evaluations = memo.used.into_inner().unwrap_or_else(PoisonError::into_inner);
        evaluations.sort_by_key(|(def, evaluation)| (*def, evaluation.version));
        evaluations.dedup_by(|(a, one), (b, other)| {
            a == b && one.version == other.version && one.asked == other.asked
        });
        let (reused, anew) = (memo.reused.into_inner(), memo.anew.into_inner());
        self.reused.store(reused, Ordering::Relaxed);
        self.anew.store(anew, Ordering::Relaxed);
        if anew * FEW < reused {
            return;
        }
        let next = memo.next.into_inner();
        let kept = store(&Kept { contents: memo.contents, next, evaluations });
        *lock(&self.made) = kept.map(|kept| [&memo.world.to_le_bytes()[..], &kept].concat());
    }
}

impl Memo {
    /// What comes of the evaluation of a function.
    pub(crate) fn evaluated(&self, cx: Context, def: DefId) -> Option<Known> {
        let kept = self.kept.get(&def).map(Vec::as_slice).unwrap_or_default();
        if let Some(found) = kept.iter().find(|kept| self.holds(cx, def, &kept.asked)) {
            self.reused.fetch_add(1, Ordering::Relaxed);
            return Some(self.used(def, found.clone()));
        }
        self.anew.fetch_add(1, Ordering::Relaxed);
        ASKED.take();
        let summary = evaluate(cx, def)?;
        let mut asked = ASKED.take();
        asked.summaries.sort_unstable();
        asked.summaries.dedup();
        asked.bodies.sort_unstable();
        asked.bodies.dedup();
        let equal = kept.iter().find(|kept| *kept.summary == summary).map(|kept| kept.version);
        let version = equal.unwrap_or_else(|| self.next.fetch_add(1, Ordering::Relaxed));
        Some(self.used(def, Evaluation { version, asked, summary: Arc::new(summary) }))
    }

    fn used(&self, def: DefId, evaluation: Evaluation) -> Known {
        let known = Known { summary: Arc::clone(&evaluation.summary), version: evaluation.version };
        lock(&self.used).push((def, evaluation));
        known
    }

    /// Whether everything would be answered as it was.
    fn holds(&self, cx: Context, def: DefId, asked: &Asked) -> bool {
        let is_same = |def: DefId| self.is_same[cx.semantics.locate(def).0.index()];
        is_same(def)
            && !asked.mail
            && asked.bodies.iter().all(|def| is_same(*def))
            && asked.summaries.iter().all(|(def, version)| cx.summaries.version(*def) == *version)
    }
}

/// How a workspace looks from outside of functions' bodies: what gives every item its number and its types. The
/// configuration is a part of it for the models that it may hold.
fn world(semantics: &Semantics) -> u128 {
    let project = &semantics.project;
    let packages = format!("{:?}", project.packages);
    let config = project.config.as_ref().map(|config| (&config.text, &config.section));
    hash_twice(|hasher| {
        (&packages, config).hash(hasher);
        for (file, loaded) in project.files.iter().zip(&semantics.files) {
            (&file.path, file.package, file.role, loaded.role, loaded.state).hash(hasher);
            (loaded.ir.outline, loaded.ir.tree.items.len(), loaded.ir.bodies.len()).hash(hasher);
        }
    })
}

fn contents(semantics: &Semantics) -> Vec<(u64, u64)> {
    let file = |(index, file): (usize, &ward_project::LoadedFile)| {
        (file.content_hash, semantics.project.file(FileId(index as u32)).size)
    };
    semantics.files.iter().enumerate().map(file).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is shared, stored by itself.
mod shared {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<T: Serialize, S: Serializer>(
        shared: &Arc<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        (**shared).serialize(serializer)
    }

    pub(super) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Arc<T>, D::Error> {
        T::deserialize(deserializer).map(Arc::new)
    }
}
