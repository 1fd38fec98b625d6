//! Interned names.
//!
//! A [`Symbol`] is four bytes and compares by identity. The table is global and append-only; a cache per
//! thread keeps the lock out of the way while files are lowered. Ids depend on the order in which threads
//! meet names, so `Symbol` has no `Ord`: whatever is printed sorts by text.

use std::cell::RefCell;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError, RwLock};

use rustc_hash::FxHashMap;

/// An interned string.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Symbol(NonZeroU32);

struct Table {
    ids: Mutex<FxHashMap<&'static str, Symbol>>,
    texts: RwLock<Vec<&'static str>>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let table = Table { ids: Mutex::default(), texts: RwLock::default() };
    for text in sym::ALL {
        table.intern(text);
    }
    table
});

#[derive(Default)]
struct Cache {
    ids: FxHashMap<&'static str, Symbol>,
    texts: Vec<&'static str>,
}

thread_local! {
    static CACHE: RefCell<Cache> = RefCell::default();
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
        let mut texts = self.texts.write().unwrap_or_else(PoisonError::into_inner);
        texts.push(text);
        let id = u32::try_from(texts.len()).ok().and_then(NonZeroU32::new);
        let symbol = Symbol(id.expect("the table holds at least one and fewer than 2^32 names"));
        ids.insert(text, symbol);
        (symbol, text)
    }
}

impl Symbol {
    /// The symbol for `text`, entered into the table if it is new.
    pub fn new(text: &str) -> Self {
        CACHE.with_borrow_mut(|cache| {
            if let Some(symbol) = cache.ids.get(text) {
                return *symbol;
            }
            let (symbol, text) = TABLE.intern(text);
            cache.ids.insert(text, symbol);
            symbol
        })
    }

    /// The text.
    pub fn as_str(self) -> &'static str {
        let index = self.0.get() as usize - 1;
        CACHE.with_borrow_mut(|cache| {
            if index >= cache.texts.len() {
                let texts = TABLE.texts.read().unwrap_or_else(PoisonError::into_inner);
                let known = cache.texts.len();
                cache.texts.extend_from_slice(&texts[known..]);
            }
            cache.texts[index]
        })
    }

    /// Whether the text is empty.
    pub fn is_empty(self) -> bool {
        self == sym::EMPTY
    }

    /// A dense number for tables indexed by symbol.
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
    }

    #[test]
    fn the_same_text_is_the_same_symbol_on_every_thread() {
        let here = Symbol::new("across threads");
        let there = std::thread::spawn(|| Symbol::new("across threads")).join().unwrap();
        assert_eq!(here, there);
        assert_eq!(there.as_str(), "across threads");
    }
}
