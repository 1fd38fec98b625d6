//! The IR of a file as bytes, for those who keep it from run to run.
//!
//! Names are kept once a file, in the order in which they are met: a [`Symbol`] means nothing in another process.

use std::cell::RefCell;

use rustc_hash::FxHashMap;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Symbol;

thread_local! {
    static NAMES: RefCell<Names> = RefCell::default();
}

/// The names of the file that this thread stores or restores.
#[derive(Default)]
struct Names {
    all: Vec<Symbol>,
    numbers: FxHashMap<Symbol, u32>,
}

impl Names {
    fn number(&mut self, name: Symbol) -> u32 {
        *self.numbers.entry(name).or_insert_with(|| {
            self.all.push(name);
            self.all.len() as u32 - 1
        })
    }
}

impl Serialize for Symbol {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        NAMES.with_borrow_mut(|names| names.number(*self)).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Symbol {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u32::deserialize(deserializer)?;
        let name = NAMES.with_borrow(|names| names.all.get(number as usize).copied());
        name.ok_or_else(|| D::Error::custom("a name that is not among those of the file"))
    }
}

/// IR, or something else with names in it, as bytes; `None` if it cannot be stored.
pub fn store<T: Serialize>(value: &T) -> Option<Vec<u8>> {
    NAMES.take();
    let body = postcard::to_stdvec(value);
    let names: Vec<&str> = NAMES.take().all.into_iter().map(Symbol::as_str).collect();
    let bytes = postcard::to_stdvec(&names).ok()?;
    Some([bytes, body.ok()?].concat())
}

/// What [`store`] made these bytes of. They must not have changed since.
pub fn restore<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let (names, body): (Vec<&str>, _) = postcard::take_from_bytes(bytes).ok()?;
    let all = names.into_iter().map(Symbol::new).collect();
    NAMES.set(Names { all, numbers: FxHashMap::default() });
    let value = postcard::from_bytes(body);
    NAMES.take();
    value.ok()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{restore, store};
    use crate::{FunctionBodies, SourceIr, TestCode, lower_with};

    /// Calls `with` for each Rust file of a folder.
    fn each(folder: &Path, with: &mut impl FnMut(&str)) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                each(&path, with);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                with(&std::fs::read_to_string(path).unwrap());
            }
        }
    }

    #[test]
    fn what_comes_back_is_what_was_stored() {
        let check = || {
            let (mut nodes, mut left_out) = (0, 0);
            each(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")), &mut |text| {
                for bodies in [FunctionBodies::Read, FunctionBodies::LeaveOut] {
                    let (ir, _) = lower_with(text, TestCode::Keep, bodies);
                    let bytes = store(&ir).unwrap();
                    let restored: SourceIr = restore(&bytes).unwrap();
                    assert_eq!(format!("{ir:?}"), format!("{restored:?}"));
                    assert_eq!(store(&restored).unwrap(), bytes);
                    nodes += ir.exprs.len() + ir.formats.len() + ir.closures.len();
                    left_out += ir.left_out.len();
                }
            });
            // Equal and empty would be equal as well.
            assert!(nodes > 100_000 && left_out > 1000, "{nodes} nodes, {left_out} left out");
        };
        std::thread::Builder::new().stack_size(64 << 20).spawn(check).unwrap().join().unwrap();
    }

    #[test]
    fn what_is_cut_short_is_none() {
        let text = "fn a(b: &str) -> String { format!(\"{b} {}\", b.len()) }\n";
        let bytes = store(&lower_with(text, TestCode::Keep, FunctionBodies::Read).0).unwrap();
        assert!(restore::<SourceIr>(&bytes).is_some());
        for length in 0..bytes.len() {
            assert!(restore::<SourceIr>(&bytes[..length]).is_none(), "{length} of {} bytes", bytes.len());
        }
    }
}
