//! Interned names.
//!
//! A [`Symbol`] is four bytes and compares by identity. The table is global and append-only: texts are read without a lock,
//! and a cache per thread keeps the lock out of the way while files are lowered. Ids depend on the order in which threads
//! meet names, so `Symbol` has no `Ord`: whatever is printed sorts by text.

use std::cell::RefCell;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::{LazyLock, Mutex, MutexGuard, OnceLock, PoisonError};

use rustc_hash::FxHashMap;

/// An interned string.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Symbol(NonZeroU32);

struct Table {
    ids: Mutex<FxHashMap<&'static str, Symbol>>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let table = Table { ids: Mutex::default() };
    for text in sym::ALL {
        table.intern(text);
    }
    table
});

/// The texts by id, in blocks each of which is as long as all before it: what was entered never moves.
static TEXTS: [OnceLock<Box<[OnceLock<&'static str>]>>; BLOCKS] = [const { OnceLock::new() }; BLOCKS];
const BLOCKS: usize = 33 - FIRST_BITS as usize;
/// The first block has two to this power.
const FIRST_BITS: u32 = 12;

thread_local! {
    static CACHE: RefCell<FxHashMap<&'static str, Symbol>> = RefCell::default();
}

/// The block that a text stands in, and where.
#[inline]
fn place(id: NonZeroU32) -> (usize, usize) {
    let bits = (id.get() | ((1 << FIRST_BITS) - 1)).ilog2() + 1 - FIRST_BITS;
    let before = if bits == 0 { 0 } else { 1 << (FIRST_BITS + bits - 1) };
    (bits as usize, id.get() as usize - before)
}

impl Table {
    fn ids(&self) -> MutexGuard<'_, FxHashMap<&'static str, Symbol>> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn intern(&self, text: &str) -> (Symbol, &'static str) {
        let mut ids = self.ids();
        if let Some((text, symbol)) = ids.get_key_value(text) {
            return (*symbol, text);
        }
        let text: &'static str = Box::leak(text.into());
        let id = u32::try_from(ids.len() + 1).ok().and_then(NonZeroU32::new);
        let id = id.expect("the table holds at least one and fewer than 2^32 names");
        let (block, at) = place(id);
        let length = 1 << (FIRST_BITS + block.saturating_sub(1) as u32);
        let block = TEXTS[block].get_or_init(|| std::iter::repeat_with(OnceLock::new).take(length).collect());
        block[at].get_or_init(|| text);
        ids.insert(text, Symbol(id));
        (Symbol(id), text)
    }
}

impl Symbol {
    /// The symbol for `text`, entered into the table if it is new.
    pub fn new(text: &str) -> Self {
        CACHE.with_borrow_mut(|cache| {
            if let Some(symbol) = cache.get(text) {
                return *symbol;
            }
            let (symbol, text) = TABLE.intern(text);
            cache.insert(text, symbol);
            symbol
        })
    }

    /// Forgets which names this thread has met: most of those that stand in files are not looked for again.
    pub fn forget_names() {
        CACHE.take();
    }

    /// The text.
    #[inline]
    pub fn as_str(self) -> &'static str {
        let (block, at) = place(self.0);
        let text = TEXTS[block].get().and_then(|block| block.get(at)?.get().copied());
        text.unwrap_or_else(|| self.of_constant())
    }

    /// The text of a constant of [`sym`], before anything was entered.
    #[cold]
    fn of_constant(self) -> &'static str {
        LazyLock::force(&TABLE);
        sym::ALL.get(self.index() - 1).copied().unwrap_or_default()
    }

    /// What stands behind the last `::` of a path.
    pub fn last_segment(self) -> &'static str {
        let text = self.as_str();
        let end = text.bytes().rposition(|byte| byte == b':').map_or(0, |at| at + 1);
        &text[end..]
    }

    /// Whether the text is empty.
    #[inline]
    pub fn is_empty(self) -> bool {
        self == sym::EMPTY
    }

    /// A dense number for tables indexed by symbol.
    #[inline]
    pub fn index(self) -> usize {
        self.0.get() as usize
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

macro_rules! symbols {
    ($($name:ident = $text:literal),* $(,)?) => {
        /// Names the engine itself speaks of, entered first so that they are constants.
        #[allow(missing_docs, non_camel_case_types, clippy::upper_case_acronyms)]
        pub mod sym {
            use super::{NonZeroU32, Symbol};

            #[repr(u32)]
            enum Index { $($name),* }

            pub(super) const ALL: &[&str] = &[$($text),*];

            $(pub const $name: Symbol = match NonZeroU32::new(Index::$name as u32 + 1) {
                Some(id) => Symbol(id),
                None => unreachable!(),
            };)*
        }
    };
}

symbols! {
    EMPTY = "",
    SELF_VALUE = "self",
    SELF_TYPE = "Self",
    CRATE = "crate",
    SUPER = "super",
    UNDERSCORE = "_",
    TO_STRING = "to_string",
    MAIN = "main",
    ANY = "*",
    STD = "std",
    CORE = "core",
    ALLOC = "alloc",
    OK = "Ok",
    ERR = "Err",
    SOME = "Some",
    NONE = "None",
    NEW = "new",
    DEREF = "deref",
    FROM = "from",
    INTO = "into",
    DEFAULT = "default",
    ITEM = "Item",
    OUTPUT = "Output",
    TARGET = "Target",
    DERIVE = "derive",
    // What stands in a shape for a text that is not fixed.
    UNKNOWN = "\u{FFFC}",
}

#[cfg(test)]
mod tests {
    use super::{Symbol, sym};

    #[test]
    fn constants_and_text_agree() {
        assert_eq!(Symbol::new("self"), sym::SELF_VALUE);
        assert_eq!(sym::TARGET.as_str(), "Target");
        assert!(Symbol::new("").is_empty());
        assert_eq!(Symbol::new("std::fmt::Debug").last_segment(), "Debug");
        assert_eq!(Symbol::new("Debug").last_segment(), "Debug");
    }

    #[test]
    fn the_same_text_is_the_same_symbol_on_every_thread() {
        let here = Symbol::new("across threads");
        let there = std::thread::spawn(|| Symbol::new("across threads")).join().unwrap();
        assert_eq!(here, there);
        assert_eq!(there.as_str(), "across threads");
    }
}
