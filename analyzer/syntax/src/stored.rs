//! The IR of a file as bytes, for those who keep it from run to run.
//!
//! Names are kept once a file, in the order in which they are met: a [`Symbol`] means nothing in another process.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fs::File;
use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Moved, Symbol};

thread_local! {
    static NAMES: RefCell<Names> = RefCell::default();
    /// The names of what this thread restores.
    static RESTORED: RefCell<Arc<[Symbol]>> = RefCell::default();
}

/// The names of what this thread stores.
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
        let name = RESTORED.with_borrow(|names| names.get(number as usize).copied());
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
    let (names, body) = names(bytes)?;
    restore_with(names, body)
}

/// The first part of what [`store`] made these bytes of: the first field of a struct.
pub fn restore_first<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let (names, body) = names(bytes)?;
    RESTORED.set(names);
    let value = postcard::take_from_bytes(body);
    RESTORED.take();
    value.ok().map(|(value, _)| value)
}

/// Bytes of which parts are wanted only: what is in a file stays there until then.
#[derive(Clone, Debug)]
pub struct LateBytes(Arc<Place>);

#[derive(Debug)]
enum Place {
    Memory(Vec<u8>),
    #[cfg(unix)]
    File(File, usize),
}

impl LateBytes {
    /// Those at the beginning of a file, which nobody changes any more.
    pub fn in_file(file: File, length: usize) -> Option<Self> {
        #[cfg(unix)]
        let place = Place::File(file, length);
        #[cfg(not(unix))]
        let place = {
            let mut bytes = Vec::with_capacity(length);
            std::io::Read::read_to_end(&mut std::io::Read::take(file, length as u64), &mut bytes).ok()?;
            Place::Memory(bytes)
        };
        Some(Self(Arc::new(place)))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match &*self.0 {
            Place::Memory(bytes) => bytes.len(),
            #[cfg(unix)]
            Place::File(_, length) => *length,
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Some of them; `None` if they end before, or cannot be read.
    pub fn part(&self, place: Range<usize>) -> Option<Cow<'_, [u8]>> {
        match &*self.0 {
            Place::Memory(bytes) => bytes.get(place).map(Cow::Borrowed),
            #[cfg(unix)]
            Place::File(file, length) => {
                let mut bytes = vec![0; place.end.min(*length).checked_sub(place.start)?];
                std::os::unix::fs::FileExt::read_exact_at(file, &mut bytes, place.start as u64).ok()?;
                (place.end <= *length).then_some(Cow::Owned(bytes))
            }
        }
    }

    /// A number of eight bytes, least first.
    pub fn number(&self, at: usize) -> Option<usize> {
        let bytes = self.part(at..at.checked_add(8)?)?;
        usize::try_from(u64::from_le_bytes(bytes.as_ref().try_into().ok()?)).ok()
    }
}

impl From<Vec<u8>> for LateBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Place::Memory(bytes)))
    }
}

/// Names that several values have in common which are stored one by one.
#[derive(Clone, Debug)]
pub struct StoredNames(Arc<[Symbol]>);

impl StoredNames {
    /// What `body` returns, and the names of all that it has stored by [`Self::write`], as bytes.
    pub fn collect<T>(body: impl FnOnce() -> T) -> (T, Option<Vec<u8>>) {
        NAMES.take();
        let result = body();
        let names: Vec<&str> = NAMES.take().all.into_iter().map(Symbol::as_str).collect();
        (result, postcard::to_stdvec(&names).ok())
    }

    /// Puts a value behind other bytes; `None` if it cannot be stored.
    pub fn write<T: Serialize>(value: &T, bytes: Vec<u8>) -> Option<Vec<u8>> {
        postcard::to_extend(value, bytes).ok()
    }

    /// The names at the beginning of these bytes, and what stands behind them.
    pub fn take(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (names, rest) = names(bytes)?;
        Some((Self(names), rest))
    }

    /// A value that was stored with these names.
    pub fn read<T: DeserializeOwned>(&self, bytes: &[u8]) -> Option<T> {
        restore_with(Arc::clone(&self.0), bytes)
    }
}

fn names(bytes: &[u8]) -> Option<(Arc<[Symbol]>, &[u8])> {
    let (names, rest): (Vec<&str>, _) = postcard::take_from_bytes(bytes).ok()?;
    Some((names.into_iter().map(Symbol::new).collect(), rest))
}

fn restore_with<T: DeserializeOwned>(names: Arc<[Symbol]>, body: &[u8]) -> Option<T> {
    RESTORED.set(names);
    let value = postcard::from_bytes(body);
    RESTORED.take();
    value.ok()
}

/// Spans as they are in memory: there are more of them than of anything else.
pub(crate) mod spans {
    use std::fmt;

    use serde::de::{Error, Visitor};
    use serde::{Deserializer, Serializer};

    use crate::Span;

    pub(crate) fn serialize<S: Serializer>(spans: &[Span], serializer: S) -> Result<S::Ok, S::Error> {
        let bytes =
            spans.iter().flat_map(|span| (u64::from(span.start) | u64::from(span.end) << 32).to_le_bytes());
        serializer.serialize_bytes(&bytes.collect::<Vec<u8>>())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Span>, D::Error> {
        deserializer.deserialize_bytes(Spans)
    }

    struct Spans;

    impl Visitor<'_> for Spans {
        type Value = Vec<Span>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("eight bytes for each span")
        }

        fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<Span>, E> {
            let (spans, []) = bytes.as_chunks::<8>() else {
                return Err(E::invalid_length(bytes.len(), &self));
            };
            let span = |bytes: &[u8; 8]| {
                let both = u64::from_le_bytes(*bytes);
                Span::new(both as u32, (both >> 32) as u32)
            };
            Ok(spans.iter().map(span).collect())
        }
    }
}

/// Values that were stored together, each to be restored when it is wanted.
#[derive(Debug)]
pub struct StoredEach {
    names: Arc<[Symbol]>,
    bytes: LateBytes,
    places: Vec<Range<usize>>,
    moved: Option<Arc<Moved>>,
}

impl StoredEach {
    /// Values as bytes, with another before them; `None` if they cannot be stored.
    pub fn store<'a, H: Serialize, T: Serialize + 'a>(
        head: &H,
        values: impl IntoIterator<Item = &'a T>,
    ) -> Option<Vec<u8>> {
        NAMES.take();
        let (mut bodies, mut lengths) = (Vec::new(), Vec::new());
        let head = postcard::to_stdvec(head);
        for value in values {
            let before = bodies.len();
            bodies = postcard::to_extend(value, bodies).ok()?;
            lengths.push(bodies.len() - before);
        }
        let names: Vec<&str> = NAMES.take().all.into_iter().map(Symbol::as_str).collect();
        let head = head.ok()?;
        let index = postcard::to_stdvec(&(head.len(), lengths)).ok()?;
        let names = postcard::to_stdvec(&names).ok()?;
        let before = (names.len() + index.len() + head.len()) as u64;
        Some([before.to_le_bytes().to_vec(), names, index, head, bodies].concat())
    }

    /// What [`Self::store`] made these bytes of, from a place on: what stands before the values, and these. The bytes must
    /// not have changed since.
    pub fn restore<H: DeserializeOwned>(bytes: LateBytes, from: usize) -> Option<(H, Self)> {
        let (start, length) = (from + 8, bytes.number(from)?);
        let before = bytes.part(start..start.checked_add(length)?)?;
        let (names, rest) = names(&before)?;
        let ((head_length, lengths), rest): ((usize, Vec<usize>), _) =
            postcard::take_from_bytes(rest).ok()?;
        let head = restore_with(Arc::clone(&names), rest.get(..head_length)?)?;
        let mut at = start + length;
        let mut places = Vec::with_capacity(lengths.len());
        for length in lengths {
            let end = at.checked_add(length).filter(|end| *end <= bytes.len())?;
            places.push(at..end);
            at = end;
        }
        drop(before);
        Some((head, Self { names, bytes, places, moved: None }))
    }

    /// The same, with what has moved since it was stored.
    #[must_use]
    pub fn moved(self, moved: Arc<Moved>) -> Self {
        Self { moved: Some(moved), ..self }
    }

    /// A value by its number.
    pub fn get<T: DeserializeOwned>(&self, index: usize) -> Option<T> {
        let bytes = self.bytes.part(self.places.get(index)?.clone())?;
        Moved::follow(self.moved.as_ref(), || restore_with(Arc::clone(&self.names), &bytes))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{restore, restore_first, store};
    use crate::{FunctionBodies, ItemTree, SourceIr, TestCode, lower_with};

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
                    let tree: ItemTree = restore_first(&bytes).unwrap();
                    assert_eq!(format!("{tree:?}"), format!("{:?}", ir.tree));
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
