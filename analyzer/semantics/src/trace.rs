//! What this thread has looked at, for those who keep what they found out.

use std::cell::{Cell, RefCell};

use ward_syntax::FileId;

use crate::{DefId, DefIndex};

/// Something that was looked at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Seen {
    /// A file, wherever in it.
    File(FileId),
    /// What stands in a file outside of functions' bodies.
    Outside(FileId),
    /// The body of an item.
    Body(DefId),
    /// Which parameters of a file's functions hold request data.
    Inputs(FileId),
}

/// What was looked at.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    seen: Vec<Seen>,
    /// Something was asked for that may be otherwise though nothing of this has changed.
    pub(crate) is_changeable: bool,
}

thread_local! {
    /// Whether somebody wants to know.
    static IS_ON: Cell<bool> = const { Cell::new(false) };
    /// What was noted last.
    static LAST: Cell<Option<Seen>> = const { Cell::new(None) };
    static TRACE: RefCell<Trace> = const { RefCell::new(Trace { seen: Vec::new(), is_changeable: false }) };
}

impl Trace {
    /// What is picked out of what was looked at.
    fn picked<T>(&self, pick: impl Fn(Seen) -> Option<T>) -> impl Iterator<Item = T> {
        self.seen.iter().filter_map(move |seen| pick(*seen))
    }

    /// Files in the items or bodies of which something was looked up.
    pub(crate) fn files(&self, defs: &DefIndex) -> Vec<FileId> {
        let mut files: Vec<FileId> = self
            .seen
            .iter()
            .filter_map(|seen| match *seen {
                Seen::File(file) | Seen::Outside(file) => Some(file),
                Seen::Body(def) => Some(defs.locate(def).0),
                Seen::Inputs(_) => None,
            })
            .collect();
        files.sort_unstable();
        files.dedup();
        files
    }

    /// Files of whose functions it was asked which parameters hold request data.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = FileId> {
        self.picked(|seen| match seen {
            Seen::Inputs(file) => Some(file),
            _ => None,
        })
    }

    /// Files that were looked at as a whole.
    pub(crate) fn whole_files(&self) -> impl Iterator<Item = FileId> {
        self.picked(|seen| match seen {
            Seen::File(file) => Some(file),
            _ => None,
        })
    }

    /// Files in which something was looked at that stands outside of functions' bodies.
    pub(crate) fn outsides(&self) -> impl Iterator<Item = FileId> {
        self.picked(|seen| match seen {
            Seen::Outside(file) => Some(file),
            _ => None,
        })
    }

    /// Items whose bodies were looked at.
    pub(crate) fn bodies(&self) -> impl Iterator<Item = DefId> {
        self.picked(|seen| match seen {
            Seen::Body(def) => Some(def),
            _ => None,
        })
    }

    /// Adds what was looked at on another occasion.
    pub(crate) fn add(&mut self, other: &Self) {
        self.seen.extend(&other.seen);
        self.is_changeable |= other.is_changeable;
    }
}

/// What `body` returns, and what it has looked at on this thread. It must not wait for others.
pub(crate) fn traced<T>(body: impl FnOnce() -> T) -> (T, Trace) {
    let (was_on, outer) = (IS_ON.replace(true), TRACE.take());
    LAST.set(None);
    let result = body();
    let mut trace = TRACE.replace(outer);
    LAST.set(None);
    IS_ON.set(was_on);
    trace.seen.sort_unstable();
    trace.seen.dedup();
    if was_on {
        TRACE.with_borrow_mut(|outer| outer.add(&trace));
    }
    (result, trace)
}

fn note(seen: Seen) {
    if IS_ON.get() && LAST.get() != Some(seen) {
        LAST.set(Some(seen));
        TRACE.with_borrow_mut(|trace| trace.seen.push(seen));
    }
}

/// Notes that something was looked up in a file.
pub(crate) fn note_file(file: FileId) {
    note(Seen::File(file));
}

/// Notes that something was looked up in a file that stands outside of functions' bodies.
pub(crate) fn note_outside(file: FileId) {
    note(Seen::Outside(file));
}

/// Notes that something was looked up in the body of an item.
pub(crate) fn note_body(def: DefId) {
    note(Seen::Body(def));
}

/// Notes that it was asked which parameters of a function in a file hold request data.
pub(crate) fn note_inputs(file: FileId) {
    note(Seen::Inputs(file));
}

/// Notes that something was asked for that may change with any file: the callers of a function, flows, endpoints.
pub fn note_changeable() {
    if IS_ON.get() {
        TRACE.with_borrow_mut(|trace| trace.is_changeable = true);
    }
}
