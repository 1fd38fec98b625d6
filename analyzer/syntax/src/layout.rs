//! Where the bodies of functions stand in a file, and what moves when some of them change.

use std::cell::RefCell;
use std::fmt;
use std::hash::Hasher;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHasher};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{FileId, SourceIr, Span};

/// The bodies of a file's functions that cannot be seen from outside, none within another, and what stands around them.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Layout {
    /// A hash of all that is in none of them; 0 if the file may not be told by its parts.
    around: u64,
    bodies: Arc<[Hidden]>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Hidden {
    span: Span,
    hash: u64,
}

/// How places of an earlier text are places of a later one that differs in bodies alone.
#[derive(Clone, Debug)]
pub struct Moves {
    before: Arc<[Hidden]>,
    now: Arc<[Hidden]>,
    /// Of bodies that have changed, by number, how many bytes at the beginning and at the end have not.
    kept: FxHashMap<usize, (u32, u32)>,
}

/// No place.
const GONE: u32 = u32::MAX;

/// The files of which some bodies have changed.
#[derive(Clone, Default, Debug)]
pub struct Moved(FxHashMap<FileId, Moves>);

impl Layout {
    /// That of a text, with its bodies in their order.
    pub(crate) fn new(text: &str, bodies: &[Span]) -> Self {
        let (mut around, mut at) = (FxHasher::default(), 0);
        let mut hidden: Vec<Hidden> = Vec::new();
        for body in bodies.iter().copied() {
            if body.start < at {
                continue;
            }
            add(&mut around, Span::new(at, body.start).text(text));
            let mut hash = FxHasher::default();
            add(&mut hash, body.text(text));
            hidden.push(Hidden { span: body, hash: hash.finish() });
            at = body.end;
        }
        add(&mut around, Span::new(at, text.len() as u32).text(text));
        Self { around: around.finish().max(1), bodies: hidden.into() }
    }

    /// How places of an earlier text have moved; `None` if more has changed than what stands in bodies.
    pub fn moves(&self, before: &Self) -> Option<Moves> {
        let is_alike = self.around != 0 && self.around == before.around;
        (is_alike && self.bodies.len() == before.bodies.len()).then(|| Moves {
            before: Arc::clone(&before.bodies),
            now: Arc::clone(&self.bodies),
            kept: FxHashMap::default(),
        })
    }
}

fn add(hasher: &mut FxHasher, text: &str) {
    hasher.write_usize(text.len());
    hasher.write(text.as_bytes());
}

impl Moves {
    /// Whether some body in a part of the later text, or around it, is not what it was.
    pub fn changes(&self, part: Span) -> bool {
        let first = self.now.partition_point(|body| body.span.end <= part.start);
        let inside = self.now.iter().zip(&*self.before).skip(first);
        inside.take_while(|(now, _)| now.span.start < part.end).any(|(now, before)| now.hash != before.hash)
    }

    /// Tells more of bodies that have changed: what stands before and behind what is new in them.
    pub fn refine(&mut self, before: &SourceIr, now: &SourceIr) {
        for (number, (old, new)) in self.before.iter().zip(&*self.now).enumerate() {
            if old.hash != new.hash {
                self.kept.insert(number, ends(&places(before, old.span), &places(now, new.span)));
            }
        }
    }

    /// Where what was at a place of the earlier text is in the later one.
    fn moved(&self, at: u32) -> u32 {
        let Some(last) = self.before.partition_point(|body| body.span.start <= at).checked_sub(1) else {
            return at;
        };
        let (before, now) = (self.before[last].span, self.now[last].span);
        let (from_start, is_same) = (at - before.start, self.before[last].hash == self.now[last].hash);
        let (first, rest) = self.kept.get(&last).copied().unwrap_or_default();
        if at >= before.end || !is_same && before.end - at <= rest {
            // Behind the body, or behind what is new in it.
            now.end.wrapping_add(at.wrapping_sub(before.end))
        } else if is_same || from_start <= first {
            now.start + from_start
        } else {
            GONE
        }
    }
}

/// All places that the IR of a file has in a part of it, counted from its beginning, with its length.
fn places(ir: &SourceIr, part: Span) -> (Vec<u32>, u32) {
    let locals = ir.locals.iter().map(|local| local.span);
    let all = ir.expr_spans.iter().chain(&ir.pat_spans).copied().chain(locals);
    let inside = all.filter(|span| part.contains(*span));
    let mut places: Vec<u32> =
        inside.flat_map(|span| [span.start, span.end]).map(|at| at - part.start).collect();
    places.sort_unstable();
    places.dedup();
    (places, part.end - part.start)
}

/// How far places are alike from the beginning, and from the end.
fn ends((before, old): &(Vec<u32>, u32), (now, new): &(Vec<u32>, u32)) -> (u32, u32) {
    let alike = before.iter().zip(now).take_while(|(before, now)| before == now);
    let first = alike.last().map_or(0, |(at, _)| *at);
    let back = before.iter().rev().map(|at| old - at).zip(now.iter().rev().map(|at| new - at));
    let rest = back.take_while(|(before, now)| before == now).last().map_or(0, |(at, _)| at);
    (first, rest.min((*old).min(*new).saturating_sub(first)))
}

thread_local! {
    /// What has moved since what this thread restores was stored.
    static MOVED: RefCell<Option<Arc<Moved>>> = const { RefCell::new(None) };
}

impl Moved {
    /// Enters a file.
    pub fn insert(&mut self, file: FileId, moves: Moves) {
        self.0.insert(file, moves);
    }

    /// What has moved in a file of which only bodies have changed.
    pub fn get(&self, file: FileId) -> Option<&Moves> {
        self.0.get(&file)
    }

    /// Lets places that `body` restores be those where things are now.
    pub fn follow<T>(moved: Option<&Arc<Self>>, body: impl FnOnce() -> T) -> T {
        let Some(moved) = moved.filter(|moved| !moved.0.is_empty()) else { return body() };
        MOVED.set(Some(Arc::clone(moved)));
        let result = body();
        MOVED.set(None);
        result
    }

    /// Where what was at a place is now.
    pub(crate) fn place(file: FileId, span: Span) -> Span {
        MOVED.with_borrow(|moved| match moved.as_ref().and_then(|moved| moved.get(file)) {
            Some(moves) => Span::new(moves.moved(span.start), moves.moved(span.end)),
            None => span,
        })
    }
}

/// As it is in memory: there are many.
impl Serialize for Layout {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = self.around.to_le_bytes().to_vec();
        for Hidden { span, hash } in &*self.bodies {
            bytes.extend(span.start.to_le_bytes());
            bytes.extend(span.end.to_le_bytes());
            bytes.extend(hash.to_le_bytes());
        }
        serializer.serialize_bytes(&bytes)
    }
}

impl<'de> Deserialize<'de> for Layout {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(Bytes)
    }
}

struct Bytes;

impl Visitor<'_> for Bytes {
    type Value = Layout;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("eight bytes, and sixteen for each body")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Layout, E> {
        let read = |bytes: &[u8]| {
            let (around, rest) = bytes.split_first_chunk()?;
            let (bodies, []) = rest.as_chunks::<16>() else { return None };
            let hidden = |bytes: &[u8; 16]| {
                let all = u128::from_le_bytes(*bytes);
                Hidden { span: Span::new(all as u32, (all >> 32) as u32), hash: (all >> 64) as u64 }
            };
            Some(Layout { around: u64::from_le_bytes(*around), bodies: bodies.iter().map(hidden).collect() })
        };
        read(bytes).ok_or_else(|| E::invalid_length(bytes.len(), &self))
    }
}

#[cfg(test)]
mod tests {
    use super::{GONE, Layout, Moves};
    use crate::{FunctionBodies, Span, TestCode, lower_with};

    fn layout(text: &str) -> Layout {
        let (ir, errors) = lower_with(text, TestCode::Trim, FunctionBodies::LeaveOutTests);
        assert!(errors.is_empty(), "{text}: {errors:?}");
        ir.layout
    }

    fn moves(before: &str, now: &str) -> Option<Moves> {
        layout(now).moves(&layout(before))
    }

    fn span(text: &str, part: &str) -> Span {
        let start = text.find(part).unwrap() as u32;
        Span::new(start, start + part.len() as u32)
    }

    const BEFORE: &str =
        "use a::b;\nfn f(x: u8) -> u8 { b(x) }\nconst C: u8 = 1;\nfn g() { h(\"g\"); }\nfn i() {}\n";

    #[test]
    fn what_stands_behind_an_edited_body_moves() {
        let now = BEFORE.replace("b(x)", "let y = 23; b(y)");
        let moves = moves(BEFORE, &now).unwrap();
        for part in ["use a", "fn f", "const C", "h(\"g\")", "fn g() { h(\"g\"); }", "fn i() {}"] {
            let (before, now) = (span(BEFORE, part), span(&now, part));
            assert_eq!(Span::new(moves.moved(before.start), moves.moved(before.end)), now, "{part}");
            assert!(!moves.changes(now), "{part}");
        }
        assert!(moves.changes(span(&now, "fn f(x: u8) -> u8 {")) && moves.changes(span(&now, "b(y)")));
    }

    #[test]
    fn what_stands_around_an_edit_is_known() {
        let lowered = |text| lower_with(text, TestCode::Trim, FunctionBodies::LeaveOutTests).0;
        let (before, now) = ("fn f(x: u8) { a(x); b(x); }\n", "fn f(x: u8) { a(x); let yy = 23; b(x); }\n");
        let mut known = moves(before, now).unwrap();
        assert_eq!(known.moved(span(before, "a(x)").start), GONE);
        known.refine(&lowered(before), &lowered(now));
        for part in ["a(x)", "b(x)"] {
            let (before, now) = (span(before, part), span(now, part));
            assert_eq!(Span::new(known.moved(before.start), known.moved(before.end)), now, "{part}");
        }
        let now = "fn f(x: u8) { a(x); }\n";
        let mut known = moves(before, now).unwrap();
        known.refine(&lowered(before), &lowered(now));
        assert_eq!(known.moved(span(before, "b(x)").start + 1), GONE);
    }

    #[test]
    fn what_changes_around_bodies_moves_nothing() {
        for (what, by) in [("const C", "// Why.\nconst C"), ("fn i() {}", ""), ("x: u8", "x: u16")] {
            assert!(moves(BEFORE, &BEFORE.replace(what, by)).is_none(), "{what} {by}");
        }
    }

    #[test]
    fn a_body_within_another_is_a_part_of_it() {
        let before = "fn f() { fn g() { 1 } g(); }\nfn h() {}\n";
        let now = before.replace('1', "22");
        let moves = moves(before, &now).unwrap();
        assert!(moves.changes(span(&now, "fn g() { 22 }")) && !moves.changes(span(&now, "fn h() {}")));
    }
}
