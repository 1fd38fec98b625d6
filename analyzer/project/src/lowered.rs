//! What files became when they were lowered, kept from run to run: reading that back takes a twentieth of the time.
//!
//! A file is known by its text and by everything else that its IR depends on. Only files without errors are kept.

use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use rustc_hash::{FxHashMap, FxHasher};
use serde::{Deserialize, Serialize};
use ward_syntax::{ForeignMacro, FunctionBodies, SourceIr, Symbol, TestCode, restore, store};

/// What is kept stays as it is as long as fewer than one in so many files have to be lowered anew: to keep them all again
/// takes more time.
const FEW: usize = 64;

/// Files that this run and an earlier one have lowered.
#[derive(Debug, Default)]
pub struct Lowered {
    /// What the earlier run has kept.
    kept: OnceLock<Kept>,
    /// What this run adds.
    added: Mutex<FxHashMap<LoweredKey, (Seen, Vec<u8>)>>,
    reused: AtomicUsize,
}

/// What the IR of a file depends on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) struct LoweredKey {
    pub(crate) content_hash: u64,
    pub(crate) length: u64,
    pub(crate) tests: TestCode,
    pub(crate) bodies: FunctionBodies,
    /// [`MacroTable::hash`].
    pub(crate) macros: u64,
}

/// What a text tells at first sight.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub(crate) lines: u32,
    pub(crate) is_generated: bool,
    /// Whether it may declare macros for other files.
    pub(crate) declares: bool,
}

/// The macros that a file may call and does not declare, by name.
#[derive(Debug, Default)]
pub(crate) struct MacroTable {
    pub(crate) macros: FxHashMap<Symbol, ForeignMacro>,
    /// A number that changes if one of them does; 0 if there are none.
    pub(crate) hash: u64,
}

/// The bytes that a run has kept, and where in them the files are.
#[derive(Debug)]
struct Kept {
    bytes: Vec<u8>,
    files: FxHashMap<LoweredKey, KeptFile>,
    /// By hash and length of the text.
    seen: FxHashMap<(u64, u64), Seen>,
}

#[derive(Debug)]
struct KeptFile {
    seen: Seen,
    place: Range<usize>,
    uses: AtomicUsize,
}

impl Lowered {
    /// Takes over what [`Self::bytes`] of an earlier run has returned; nothing if that are other bytes, or if there is something
    /// already.
    pub fn fill(&self, bytes: Vec<u8>) {
        if let Some(kept) = Kept::read(bytes) {
            // The first are as good as any.
            let _ = self.kept.set(kept);
        }
    }

    /// Whether something was taken over.
    pub fn is_filled(&self) -> bool {
        self.kept.get().is_some()
    }

    /// Everything that this run has used, to be kept for the next; `None` if that is nothing new, or next to nothing, or more
    /// than `most` bytes.
    pub fn bytes(&self, most: usize) -> Option<Vec<u8>> {
        let added = self.added.lock().unwrap_or_else(PoisonError::into_inner);
        if added.is_empty() || added.len() * FEW < self.reused() {
            return None;
        }
        let mut files: Vec<(LoweredKey, Seen, &[u8])> =
            added.iter().map(|(key, (seen, file))| (*key, *seen, &file[..])).collect();
        if let Some(kept) = self.kept.get() {
            let used = kept.files.iter().filter(|(_, file)| file.uses.load(Ordering::Relaxed) > 0);
            files.extend(used.map(|(key, file)| (*key, file.seen, &kept.bytes[file.place.clone()])));
        }
        files.sort_unstable_by_key(|(key, ..)| *key);
        let index: Vec<(LoweredKey, Seen, usize)> =
            files.iter().map(|(key, seen, file)| (*key, *seen, file.len())).collect();
        let mut bytes = postcard::to_stdvec(&index).ok()?;
        if bytes.len() + index.iter().map(|(.., length)| length).sum::<usize>() > most {
            return None;
        }
        for (.., file) in files {
            bytes.extend_from_slice(file);
        }
        Some(bytes)
    }

    /// How many files need not be lowered since an earlier run, or this one, had done it.
    pub fn reused(&self) -> usize {
        self.reused.load(Ordering::Relaxed)
    }

    /// How many files had to be lowered.
    pub fn added(&self) -> usize {
        self.added.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// What a text of this hash and length told an earlier run.
    pub(crate) fn seen(&self, content_hash: u64, length: u64) -> Option<Seen> {
        self.kept.get()?.seen.get(&(content_hash, length)).copied()
    }

    pub(crate) fn get(&self, key: &LoweredKey) -> Option<(SourceIr, Seen)> {
        self.kept.get().and_then(|kept| kept.get(key)).or_else(|| {
            let added = self.added.lock().unwrap_or_else(PoisonError::into_inner);
            let (seen, file) = added.get(key)?.clone();
            drop(added);
            Some((restore(&file)?, seen))
        })
    }

    pub(crate) fn count_reuse(&self) {
        self.reused.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add(&self, key: LoweredKey, seen: Seen, ir: &SourceIr) {
        if let Some(file) = store(ir) {
            self.added.lock().unwrap_or_else(PoisonError::into_inner).insert(key, (seen, file));
        }
    }
}

impl Kept {
    fn read(bytes: Vec<u8>) -> Option<Self> {
        let (index, rest): (Vec<(LoweredKey, Seen, usize)>, _) = postcard::take_from_bytes(&bytes).ok()?;
        let mut at = bytes.len() - rest.len();
        let (mut files, mut all_seen) = (FxHashMap::default(), FxHashMap::default());
        for (key, seen, length) in index {
            let end = at.checked_add(length).filter(|end| *end <= bytes.len())?;
            files.insert(key, KeptFile { seen, place: at..end, uses: AtomicUsize::new(0) });
            all_seen.insert((key.content_hash, key.length), seen);
            at = end;
        }
        (at == bytes.len()).then_some(Self { bytes, files, seen: all_seen })
    }

    fn get(&self, key: &LoweredKey) -> Option<(SourceIr, Seen)> {
        let file = self.files.get(key)?;
        let ir = restore(&self.bytes[file.place.clone()])?;
        file.uses.fetch_add(1, Ordering::Relaxed);
        Some((ir, file.seen))
    }
}

impl MacroTable {
    pub(crate) fn new(macros: FxHashMap<Symbol, ForeignMacro>) -> Self {
        let hash = |(name, foreign): (&Symbol, &ForeignMacro)| {
            let mut hasher = FxHasher::default();
            (name.as_str(), foreign.rules.as_str(), foreign.krate.as_str()).hash(&mut hasher);
            hasher.finish()
        };
        // The order of the map must not count.
        let hash = macros.iter().map(hash).fold(0, u64::wrapping_add);
        Self { macros, hash }
    }
}
