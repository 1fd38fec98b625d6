//! What this thread has looked at, for those who keep what they found out.

use std::cell::{Cell, RefCell};

use ward_syntax::FileId;

/// Nobody wants to know.
const OFF: u32 = u32::MAX;
/// Nothing was looked at yet.
const NOTHING: u32 = u32::MAX - 1;
/// What was looked at.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    /// Files in the items or bodies of which something was looked up.
    pub(crate) files: Vec<FileId>,
    /// Files of whose functions it was asked which parameters hold request data.
    pub(crate) inputs: Vec<FileId>,
    /// Something was asked for that may be otherwise though no file of these has changed.
    pub(crate) is_changeable: bool,
}

thread_local! {
    /// The file that was noted last.
    static LAST: Cell<u32> = const { Cell::new(OFF) };
    static TRACE: RefCell<Trace> = const { RefCell::new(Trace { files: Vec::new(), inputs: Vec::new(), is_changeable: false }) };
}

/// What `body` returns, and what it has looked at on this thread. It must not wait for others.
pub(crate) fn traced<T>(body: impl FnOnce() -> T) -> (T, Trace) {
    let (last, outer) = (LAST.replace(NOTHING), TRACE.take());
    let result = body();
    let mut trace = TRACE.replace(outer);
    LAST.set(last);
    trace.files.sort_unstable();
    trace.files.dedup();
    trace.inputs.sort_unstable();
    trace.inputs.dedup();
    if last != OFF {
        TRACE.with_borrow_mut(|outer| {
            outer.files.extend(&trace.files);
            outer.inputs.extend(&trace.inputs);
            outer.is_changeable |= trace.is_changeable;
        });
    }
    (result, trace)
}

/// Notes that something was looked up in a file.
pub(crate) fn note_file(file: FileId) {
    let last = LAST.get();
    if last != OFF && last != file.0 {
        LAST.set(file.0);
        TRACE.with_borrow_mut(|trace| trace.files.push(file));
    }
}

/// Notes that it was asked which parameters of a function in a file hold request data.
pub(crate) fn note_inputs(file: FileId) {
    if LAST.get() != OFF {
        TRACE.with_borrow_mut(|trace| trace.inputs.push(file));
    }
}

/// Notes that something was asked for that may change with any file: the callers of a function, flows, endpoints.
pub fn note_changeable() {
    if LAST.get() != OFF {
        TRACE.with_borrow_mut(|trace| trace.is_changeable = true);
    }
}
