//! What files became when they were lowered, kept from run to run: reading that back takes a twentieth of the time.
//!
//! A file is known by its text and by everything else that its IR depends on. Only files without errors are kept.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use rustc_hash::{FxHashMap, FxHasher};
use serde::{Deserialize, Serialize};
use ward_syntax::{ForeignMacro, FunctionBodies, LateBytes, SourceIr, Symbol, TestCode, restore, store};

use crate::file_ir::{FileIr, FileOutline, StoredIr};

/// What is kept stays as it is as long as fewer than one in so many files have to be lowered anew: to keep them all again
/// takes more time.
const FEW: usize = 64;

/// Files that this run and an earlier one have lowered.
#[derive(Debug, Default)]
pub struct Lowered {
    /// What the earlier run has kept.
    kept: OnceLock<Kept>,
    /// What this run adds.
    added: Mutex<FxHashMap<LoweredKey, Added>>,
    reused: AtomicUsize,
}

/// A file that this run has lowered.
#[derive(Clone, Debug)]
struct Added {
    seen: Seen,
    outline: FileOutline,
    ir: LateBytes,
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
    bytes: LateBytes,
    files: FxHashMap<LoweredKey, KeptFile>,
    /// By hash and length of the text.
    seen: FxHashMap<(u64, u64), Seen>,
}

#[derive(Debug)]
struct KeptFile {
    seen: Seen,
    outline: FileOutline,
    place: Range<usize>,
    uses: AtomicUsize,
}

impl Lowered {
    /// Takes over what [`Self::bytes`] of an earlier run has returned; nothing if that are other bytes, or if there is something
    /// already.
    pub fn fill(&self, bytes: LateBytes) {
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
        let mut files: Vec<(LoweredKey, Seen, &FileOutline, Cow<'_, [u8]>)> = Vec::new();
        for (key, file) in &*added {
            files.push((*key, file.seen, &file.outline, file.ir.part(0..file.ir.len())?));
        }
        let used = |file: &KeptFile| file.uses.load(Ordering::Relaxed) > 0;
        if let Some(kept) = self.kept.get() {
            for (key, file) in kept.files.iter().filter(|(_, file)| used(file)) {
                files.push((*key, file.seen, &file.outline, kept.bytes.part(file.place.clone())?));
            }
        }
        files.sort_unstable_by_key(|(key, ..)| *key);
        let index: Vec<(LoweredKey, Seen, &FileOutline, usize)> =
            files.iter().map(|(key, seen, outline, file)| (*key, *seen, *outline, file.len())).collect();
        let index = store(&index)?;
        let mut bytes = (index.len() as u64).to_le_bytes().to_vec();
        bytes.extend(index);
        if bytes.len() + files.iter().map(|(.., file)| file.len()).sum::<usize>() > most {
            return None;
        }
        for (.., file) in files {
            bytes.extend_from_slice(&file);
        }
        Some(bytes)
    }

    /// What this run or an earlier one has made of a text of this hash and length.
    pub fn before(&self, (content_hash, length): (u64, u64)) -> Option<Box<SourceIr>> {
        let is_it = |key: &&LoweredKey| key.content_hash == content_hash && key.length == length;
        let kept = self.kept.get().and_then(|kept| {
            let file = &kept.files[kept.files.keys().find(is_it)?];
            restore(&kept.bytes.part(file.place.clone())?)
        });
        kept.or_else(|| {
            let added = self.added.lock().unwrap_or_else(PoisonError::into_inner);
            let ir = &added[added.keys().find(is_it)?].ir;
            restore(&ir.part(0..ir.len())?)
        })
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

    pub(crate) fn get(&self, key: &LoweredKey) -> Option<(FileIr, Seen)> {
        self.kept.get().and_then(|kept| kept.get(key)).or_else(|| {
            let added = self.added.lock().unwrap_or_else(PoisonError::into_inner);
            let Added { seen, outline, ir } = added.get(key)?.clone();
            let place = 0..ir.len();
            Some((FileIr::stored(outline, StoredIr { bytes: ir, place }), seen))
        })
    }

    pub(crate) fn count_reuse(&self) {
        self.reused.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add(&self, key: LoweredKey, seen: Seen, ir: &FileIr) {
        if let Some(bytes) = store(&**ir) {
            let added = Added { seen, outline: ir.outline().clone(), ir: bytes.into() };
            self.added.lock().unwrap_or_else(PoisonError::into_inner).insert(key, added);
        }
    }
}

impl Kept {
    fn read(bytes: LateBytes) -> Option<Self> {
        let mut at = bytes.number(0)?.checked_add(8)?;
        let index: Vec<(LoweredKey, Seen, FileOutline, usize)> = restore(&bytes.part(8..at)?)?;
        let (mut files, mut all_seen) = (FxHashMap::default(), FxHashMap::default());
        for (key, seen, outline, length) in index {
            let end = at.checked_add(length).filter(|end| *end <= bytes.len())?;
            files.insert(key, KeptFile { seen, outline, place: at..end, uses: AtomicUsize::new(0) });
            all_seen.insert((key.content_hash, key.length), seen);
            at = end;
        }
        (at == bytes.len()).then_some(Self { bytes, files, seen: all_seen })
    }

    fn get(&self, key: &LoweredKey) -> Option<(FileIr, Seen)> {
        let file = self.files.get(key)?;
        file.uses.fetch_add(1, Ordering::Relaxed);
        let stored = StoredIr { bytes: self.bytes.clone(), place: file.place.clone() };
        Some((FileIr::stored(file.outline.clone(), stored), file.seen))
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
