//! The value domain: what a value is made of, and where its text came from.
//!
//! A [`Value`] knows its [`Origin`]s (parameters of the function, or request data), its fields one by one,
//! whether its text is constant, what it tells when it is true or `Ok` ([`Facts`]), and which closure it is.
//! Values live in an arena per evaluated function and are immutable; [`ValueId`] 0 is the value of which
//! nothing is known and nothing is feared.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use ward_semantics::DefId;
use ward_syntax::{ClosureId, Symbol, sym};

use crate::step::StepId;
use crate::summary::Exported;

/// A set of sink kinds, by their position among [`crate::models::Kinds`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct KindSet(pub u64);

impl KindSet {
    /// No kind.
    pub const NONE: Self = Self(0);
    /// Every kind.
    pub const ALL: Self = Self(u64::MAX);

    /// The set of the kind at `index`; kinds past the 64th share the last bit.
    pub fn of(index: usize) -> Self {
        Self(1 << index.min(63))
    }

    /// Whether the sets share a kind.
    pub fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// This set without the other.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether it is empty.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// A value in the arena of one evaluated function.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct ValueId(pub u32);

impl ValueId {
    /// Nothing is known of it and nothing feared.
    pub const NOTHING: Self = Self(0);
}

/// How free the text of a value is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Text {
    /// Fixed in the program.
    Constant,
    /// Numbers, identifiers, members of a fixed set.
    Constrained,
    /// Not known to be either.
    #[default]
    Unknown,
}

/// What is known of the outcome of a value: `true`, `Ok`, `Some` against `false`, `Err`, `None`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Outcome {
    /// Either.
    #[default]
    Open,
    /// `true`, `Ok(..)`, `Some(..)`.
    Success,
    /// `false`, `Err(..)`, `None`.
    Failure,
}

/// A value.
#[derive(Debug, Default)]
pub struct Value {
    /// How free its text is, what its origins brought left aside.
    pub text: Text,
    /// Its text, where it is one constant.
    pub constant: Option<Symbol>,
    /// It was put together from pieces by a template or by appending.
    pub built: bool,
    /// The literal text it ends with, where that is known.
    pub tail: Option<Symbol>,
    /// Its text with [`UNKNOWN`] for what is not fixed, where it was put together from pieces.
    pub shape: Option<Symbol>,
    /// Where its text came from.
    pub origins: SmallVec<[Origin; 1]>,
    /// Parts known by name; they replace what the origins would say of that part. The payload of an `Err` is
    /// the part `Err`; the payloads of `Ok` and `Some` are the value itself.
    pub fields: SmallVec<[(Symbol, ValueId); 1]>,
    /// What holds if the value is true, `Ok` or `Some`.
    pub if_success: Facts,
    /// What holds if the value is false, `Err` or `None`.
    pub if_failure: Facts,
    /// The outcome, where it is known.
    pub outcome: Outcome,
    /// The functions it may be, when called.
    pub callables: SmallVec<[Callable; 1]>,
}

impl Clone for Value {
    fn clone(&self) -> Self {
        // What is small is copied at once, not element by element as `SmallVec` clones itself.
        Self {
            origins: SmallVec::from_slice(&self.origins),
            fields: SmallVec::from_slice(&self.fields),
            if_success: SmallVec::from_slice(&self.if_success),
            if_failure: SmallVec::from_slice(&self.if_failure),
            callables: SmallVec::from_slice(&self.callables),
            ..*self
        }
    }
}

/// Something that can be called.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Callable {
    /// A closure of the evaluated function.
    Closure(ClosureId),
    /// A function of the workspace.
    Function(DefId),
    /// A parameter of the evaluated function.
    Parameter(u16),
    /// A tuple struct or variant of the workspace.
    Constructor {
        /// The item.
        def: DefId,
        /// The variant of an enum.
        variant: Option<u32>,
    },
    /// A function or constructor outside the workspace: type, if it belongs to one, and name.
    External(Option<Symbol>, Symbol),
}

/// What a text was traced to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Root {
    /// A parameter of the function, `self` counted first.
    Parameter(u16),
    /// Request data that enters at a step of the function.
    Source(StepId),
    /// What the closure given as a parameter returned.
    ClosureReturn(u16),
}

/// Names of parts, outermost first; what lies deeper than three is not told apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct AccessPath([Symbol; 3]);

impl AccessPath {
    /// The value itself.
    pub const EMPTY: Self = Self([sym::EMPTY; 3]);

    /// The part `field` of what this leads to.
    #[must_use]
    pub fn then(mut self, field: Symbol) -> Self {
        if let Some(free) = self.0.iter_mut().find(|name| name.is_empty()) {
            *free = field;
        }
        self
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = Symbol> + '_ {
        self.0.iter().copied().take_while(|name| !name.is_empty())
    }

    /// This path followed by another.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        other.names().fold(self, Self::then)
    }

    /// What is left of it behind the first names.
    #[must_use]
    fn after(self, count: usize) -> Self {
        let mut rest = [sym::EMPTY; 3];
        rest.iter_mut().zip(self.0.iter().skip(count)).for_each(|(slot, name)| *slot = *name);
        Self(rest)
    }

    /// Whether it is the value itself.
    pub fn is_empty(&self) -> bool {
        self.0[0].is_empty()
    }

    /// Whether `other` leads to this place or into it.
    pub fn covers(&self, other: &Self) -> bool {
        self.names().zip(other.0).all(|(a, b)| a == b)
    }
}

/// One place that text came from.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Origin {
    /// Where it began.
    pub root: Root,
    /// Which part of that.
    pub path: AccessPath,
    /// The kinds of sink it is still dangerous for.
    pub open: KindSet,
    /// The last step of its way so far.
    pub step: StepId,
    /// How many assumptions the way rests on.
    pub assumed: u8,
    /// The text around the hole it was first put into.
    pub hole: Option<Hole>,
    /// The text around the first telling hole that the text it is part of was put into after that.
    pub outer: Option<Hole>,
    /// A barrier that holds in a certain context only, by the context's name.
    pub escaped: Option<Symbol>,
    /// All the text before it in what it was put into, with [`UNKNOWN`] for what is not fixed.
    pub lead: Symbol,
}

/// The part of a map that is its keys, where the service itself chose some.
pub(crate) const KEYS: &str = "keys()";

/// Stands in a shape for a text that is not fixed.
pub const UNKNOWN: &str = "\u{FFFC}";
/// Shapes are cut in the middle when they grow longer than this, in bytes.
const LONGEST_SHAPE: usize = 240;

/// One shape behind another.
pub(crate) fn joined_shape(a: Symbol, b: Symbol) -> Symbol {
    if a.is_empty() {
        return b;
    }
    if b.is_empty() {
        return a;
    }
    let mut whole = String::with_capacity(a.as_str().len() + b.as_str().len());
    whole.push_str(a.as_str());
    whole.push_str(b.as_str());
    Symbol::new(&shortened(whole))
}

/// A shape of bearable length: its beginning and its end.
fn shortened(shape: String) -> String {
    if shape.len() <= LONGEST_SHAPE {
        return shape;
    }
    let head = shape.floor_char_boundary(LONGEST_SHAPE / 2);
    let tail = shape.ceil_char_boundary(shape.len() - LONGEST_SHAPE / 2 + UNKNOWN.len());
    format!("{}{UNKNOWN}{}", &shape[..head], &shape[tail..])
}

/// The literal text around a hole.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Hole {
    /// Before it, up to the previous hole.
    pub before: Symbol,
    /// After it, up to the next hole.
    pub after: Symbol,
}

impl Hole {
    /// Whether the text before it says anything but where a text is quoted or listed.
    pub fn is_telling(&self) -> bool {
        self.before.as_str().chars().any(char::is_alphanumeric)
    }
}

/// One thing that is known: this text is no longer dangerous for these kinds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Fact {
    /// Which text.
    pub root: Root,
    /// Which part of it.
    pub path: AccessPath,
    /// For which kinds.
    pub kinds: KindSet,
}

/// What is known in one state of affairs.
pub type Facts = SmallVec<[Fact; 0]>;

/// Facts that hold in both.
pub(crate) fn common(a: &[Fact], b: &[Fact]) -> Facts {
    let both = a.iter().filter_map(|fact| {
        let kinds = kinds_of(b, fact.root, fact.path).intersection(fact.kinds);
        (!kinds.is_empty()).then_some(Fact { kinds, ..*fact })
    });
    both.collect()
}

/// Adds facts to facts.
pub(crate) fn add(facts: &mut Facts, more: &[Fact]) {
    for fact in more {
        match facts.iter_mut().find(|known| known.root == fact.root && known.path == fact.path) {
            Some(known) => known.kinds = known.kinds.union(fact.kinds),
            None => facts.push(*fact),
        }
    }
}

/// The kinds for which facts clear a text.
pub(crate) fn kinds_of(facts: &[Fact], root: Root, path: AccessPath) -> KindSet {
    let about = facts.iter().filter(|fact| fact.root == root && fact.path.covers(&path));
    about.fold(KindSet::NONE, |kinds, fact| kinds.union(fact.kinds))
}

impl Value {
    /// Puts a part in place of the one of that name.
    pub(crate) fn set_part(&mut self, field: Symbol, part: ValueId) {
        match self.fields.iter_mut().find(|(name, _)| *name == field) {
            Some((_, old)) => *old = part,
            None => self.fields.push((field, part)),
        }
        self.constant = None;
    }
}

/// A value as it is stored: what there may be any number of stands in the lists of [`Values`], where values that have
/// the same share it.
#[derive(Clone, Copy, Debug, Default)]
struct Stored {
    text: Text,
    outcome: Outcome,
    built: bool,
    constant: Option<Symbol>,
    tail: Option<Symbol>,
    shape: Option<Symbol>,
    origins: Slice,
    fields: Slice,
    if_success: Slice,
    if_failure: Slice,
    callables: Slice,
}

/// A part of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Slice {
    start: u32,
    length: u32,
}

impl Slice {
    /// Nothing here can panic, so what a reader does not look at costs nothing.
    #[inline]
    fn of<T>(self, all: &[T]) -> &[T] {
        all.get(self.indices()).unwrap_or_default()
    }

    fn indices(self) -> Range<usize> {
        self.start as usize..(self.start + self.length) as usize
    }

    fn is_empty(self) -> bool {
        self.length == 0
    }

    /// What was added to a list since it was so long.
    fn since<T>(start: usize, all: &[T]) -> Self {
        Self { start: start as u32, length: (all.len() - start) as u32 }
    }
}

/// Adds to a list.
fn entered<T: Copy>(all: &mut Vec<T>, more: &[T]) -> Slice {
    if more.is_empty() {
        return Slice::default();
    }
    let start = all.len();
    all.extend_from_slice(more);
    Slice::since(start, all)
}

/// A stored value, to be read: see [`Value`].
#[derive(Clone, Copy, Debug)]
pub struct ValueRef<'a> {
    /// See [`Value::text`].
    pub text: Text,
    /// See [`Value::constant`].
    pub constant: Option<Symbol>,
    /// See [`Value::built`].
    pub built: bool,
    /// See [`Value::tail`].
    pub tail: Option<Symbol>,
    /// See [`Value::shape`].
    pub shape: Option<Symbol>,
    /// See [`Value::origins`].
    pub origins: &'a [Origin],
    /// See [`Value::fields`].
    pub fields: &'a [(Symbol, ValueId)],
    /// See [`Value::if_success`].
    pub if_success: &'a [Fact],
    /// See [`Value::if_failure`].
    pub if_failure: &'a [Fact],
    /// See [`Value::outcome`].
    pub outcome: Outcome,
    /// See [`Value::callables`].
    pub callables: &'a [Callable],
}

impl ValueRef<'_> {
    /// A copy to make another value of.
    pub fn to_value(self) -> Value {
        Value { origins: SmallVec::from_slice(self.origins), ..self.without_origins() }
    }

    fn without_origins(self) -> Value {
        Value {
            text: self.text,
            constant: self.constant,
            built: self.built,
            tail: self.tail,
            shape: self.shape,
            origins: SmallVec::new(),
            fields: SmallVec::from_slice(self.fields),
            if_success: SmallVec::from_slice(self.if_success),
            if_failure: SmallVec::from_slice(self.if_failure),
            outcome: self.outcome,
            callables: SmallVec::from_slice(self.callables),
        }
    }
}

/// The values of one evaluated function.
#[derive(Debug)]
pub struct Values {
    all: Vec<Stored>,
    origins: Vec<Origin>,
    fields: Vec<(Symbol, ValueId)>,
    facts: Vec<Fact>,
    callables: Vec<Callable>,
}

impl Default for Values {
    fn default() -> Self {
        Self {
            all: vec![Stored::default()],
            origins: Vec::new(),
            fields: Vec::new(),
            facts: Vec::new(),
            callables: Vec::new(),
        }
    }
}

impl Values {
    /// Forgets all but [`ValueId::NOTHING`], and keeps the room.
    pub fn clear(&mut self) {
        self.all.truncate(1);
        self.origins.clear();
        self.fields.clear();
        self.facts.clear();
        self.callables.clear();
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    fn stored(&self, id: ValueId) -> Stored {
        self.all[id.0 as usize]
    }

    fn store(&mut self, value: Stored) -> ValueId {
        let id = ValueId(self.all.len() as u32);
        self.all.push(value);
        id
    }

    /// A value.
    #[inline]
    pub fn get(&self, id: ValueId) -> ValueRef<'_> {
        let value = &self.all[id.0 as usize];
        ValueRef {
            text: value.text,
            constant: value.constant,
            built: value.built,
            tail: value.tail,
            shape: value.shape,
            origins: value.origins.of(&self.origins),
            fields: value.fields.of(&self.fields),
            if_success: value.if_success.of(&self.facts),
            if_failure: value.if_failure.of(&self.facts),
            outcome: value.outcome,
            callables: value.callables.of(&self.callables),
        }
    }

    /// See [`Value::text`].
    pub fn text_of(&self, id: ValueId) -> Text {
        self.all[id.0 as usize].text
    }

    /// See [`Value::origins`].
    pub fn origins_of(&self, id: ValueId) -> &[Origin] {
        self.all[id.0 as usize].origins.of(&self.origins)
    }

    /// See [`Value::fields`].
    pub fn fields_of(&self, id: ValueId) -> &[(Symbol, ValueId)] {
        self.all[id.0 as usize].fields.of(&self.fields)
    }

    /// See [`Value::if_success`].
    pub fn if_success_of(&self, id: ValueId) -> &[Fact] {
        self.all[id.0 as usize].if_success.of(&self.facts)
    }

    /// See [`Value::if_failure`].
    pub fn if_failure_of(&self, id: ValueId) -> &[Fact] {
        self.all[id.0 as usize].if_failure.of(&self.facts)
    }

    /// See [`Value::callables`].
    pub fn callables_of(&self, id: ValueId) -> &[Callable] {
        self.all[id.0 as usize].callables.of(&self.callables)
    }

    /// See [`Value::constant`].
    pub fn constant_of(&self, id: ValueId) -> Option<Symbol> {
        self.all[id.0 as usize].constant
    }

    /// See [`Value::outcome`].
    pub fn outcome_of(&self, id: ValueId) -> Outcome {
        self.all[id.0 as usize].outcome
    }

    /// A copy of a value to make another of.
    pub fn owned(&self, id: ValueId) -> Value {
        self.get(id).to_value()
    }

    /// The same without its origins.
    pub fn owned_without_origins(&self, id: ValueId) -> Value {
        self.get(id).without_origins()
    }

    /// Stores a value.
    pub fn push(&mut self, mut value: Value) -> ValueId {
        let origins = std::mem::take(&mut value.origins);
        self.push_with_origins(value, &origins)
    }

    /// Stores a value with these origins.
    #[allow(clippy::needless_pass_by_value, reason = "it is made to be stored")]
    pub fn push_with_origins(&mut self, value: Value, origins: &[Origin]) -> ValueId {
        let stored = Stored {
            text: value.text,
            outcome: value.outcome,
            built: value.built,
            constant: value.constant,
            tail: value.tail,
            shape: value.shape,
            origins: entered(&mut self.origins, origins),
            fields: entered(&mut self.fields, &value.fields),
            if_success: entered(&mut self.facts, &value.if_success),
            if_failure: entered(&mut self.facts, &value.if_failure),
            callables: entered(&mut self.callables, &value.callables),
        };
        self.store(stored)
    }

    /// The same value once more, to be changed in place.
    pub fn copy(&mut self, id: ValueId) -> ValueId {
        self.store(self.stored(id))
    }

    /// A constant; its text where it is known.
    pub fn constant(&mut self, text: Option<Symbol>) -> ValueId {
        self.store(Stored { text: Text::Constant, constant: text, tail: text, ..Stored::default() })
    }

    /// A value of which it is known only how free its text is.
    pub fn of_text(&mut self, text: Text) -> ValueId {
        self.store(Stored { text, ..Stored::default() })
    }

    /// A fixed value that may be called.
    pub fn of_callable(&mut self, text: Text, callable: Callable) -> ValueId {
        let callables = entered(&mut self.callables, &[callable]);
        self.store(Stored { text, callables, ..Stored::default() })
    }

    /// A value's text with [`UNKNOWN`] for what is not fixed.
    pub fn shape(&self, id: ValueId) -> Symbol {
        let value = self.stored(id);
        value.constant.or(value.shape).unwrap_or(sym::UNKNOWN)
    }

    /// A value with one origin.
    pub fn of_origin(&mut self, origin: Origin) -> ValueId {
        let origins = entered(&mut self.origins, &[origin]);
        self.store(Stored { text: Text::Constant, origins, ..Stored::default() })
    }

    /// Whether nothing is known of it that could matter.
    pub fn is_plain(&self, id: ValueId) -> bool {
        let value = &self.all[id.0 as usize];
        value.origins.is_empty() && value.fields.is_empty() && value.callables.is_empty()
    }

    /// Whether anything may be known of where the text of a value or of its parts came from.
    pub fn may_have_origins(&self, id: ValueId) -> bool {
        let value = &self.all[id.0 as usize];
        !value.origins.is_empty() || !value.fields.is_empty()
    }

    /// A part of a value.
    pub fn part(&mut self, id: ValueId, field: Symbol) -> ValueId {
        let value = &self.all[id.0 as usize];
        if let Some((_, part)) = value.fields.of(&self.fields).iter().find(|(name, _)| *name == field) {
            return *part;
        }
        // An element of a map is its key and what stands under it.
        let keys = |(name, _): &&(Symbol, ValueId)| name.as_str() == KEYS && field.as_str() == "0";
        if let Some((_, part)) = value.fields.of(&self.fields).iter().find(keys) {
            return *part;
        }
        if field == sym::OK {
            let inside = self.inside(id, sym::ERR);
            return self.without_error(inside);
        }
        let value = &self.all[id.0 as usize];
        let text = value.text;
        if value.origins.is_empty() {
            return if text == Text::Unknown { ValueId::NOTHING } else { self.of_text(text) };
        }
        let indices = value.origins.indices();
        let origins = self.mapped(indices, |origin| Some(Origin { path: origin.path.then(field), ..origin }));
        self.store(Stored { text, origins, ..Stored::default() })
    }

    /// What is inside the `Ok` of a value: whoever gives a parameter gives its error beside that.
    pub fn without_error(&mut self, id: ValueId) -> ValueId {
        let is_given = |origin: &Origin| matches!(origin.root, Root::Parameter(_)) && origin.path.is_empty();
        if !self.get(id).origins.iter().any(is_given) {
            return id;
        }
        self.with_origins(id, |origin| {
            let path = if is_given(&origin) { origin.path.then(sym::OK) } else { origin.path };
            Some(Origin { path, ..origin })
        })
    }

    /// Other origins made of some.
    fn mapped(&mut self, indices: Range<usize>, mut map: impl FnMut(Origin) -> Option<Origin>) -> Slice {
        let start = self.origins.len();
        for index in indices {
            let new = map(self.origins[index]);
            self.origins.extend(new);
        }
        Slice::since(start, &self.origins)
    }

    /// The value with other origins.
    pub fn with_origins(&mut self, id: ValueId, map: impl FnMut(Origin) -> Option<Origin>) -> ValueId {
        let value = self.stored(id);
        let origins = self.mapped(value.origins.indices(), map);
        self.store(Stored { origins, ..value })
    }

    /// The value with other facts.
    pub fn with_facts(&mut self, id: ValueId, if_success: &[Fact], if_failure: &[Fact]) -> ValueId {
        let if_success = entered(&mut self.facts, if_success);
        let if_failure = entered(&mut self.facts, if_failure);
        self.store(Stored { if_success, if_failure, ..self.stored(id) })
    }

    /// The value with other parts.
    pub fn with_fields(&mut self, id: ValueId, fields: &[(Symbol, ValueId)]) -> ValueId {
        let fields = entered(&mut self.fields, fields);
        self.store(Stored { fields, ..self.stored(id) })
    }

    /// What is inside a value: without what its outcome tells, and without the part `except`.
    pub fn inside(&mut self, id: ValueId, except: Symbol) -> ValueId {
        let value = self.stored(id);
        let fields = self.fields_without(value.fields, except);
        let nothing = Slice::default();
        let outcome = Outcome::Open;
        self.store(Stored { fields, outcome, if_success: nothing, if_failure: nothing, ..value })
    }

    /// Says how free the text of a value is: only for a value that nothing else speaks of yet.
    pub fn set_text(&mut self, id: ValueId, text: Text) {
        self.all[id.0 as usize].text = text;
    }

    /// A value that a function hands on, with what the function says of it, and these parts in place of those of their
    /// names.
    pub(crate) fn handed_on(&mut self, id: ValueId, said: &Exported, parts: &[(Symbol, ValueId)]) -> ValueId {
        let mut value = self.stored(id);
        value.text = value.text.max(said.text);
        value.built |= said.built;
        if said.outcome != Outcome::Open {
            value.outcome = said.outcome;
        }
        if said.built || said.constant.is_some() {
            (value.constant, value.tail, value.shape) = (None, None, None);
        }
        (value.if_success, value.if_failure) = (Slice::default(), Slice::default());
        if !parts.is_empty() {
            value.constant = None;
            let start = self.fields.len();
            self.fields.extend_from_within(value.fields.indices());
            for (name, part) in parts {
                match self.fields[start..].iter_mut().find(|(known, _)| known == name) {
                    Some((_, old)) => *old = *part,
                    None => self.fields.push((*name, *part)),
                }
            }
            value.fields = Slice::since(start, &self.fields);
        }
        self.store(value)
    }

    /// A part by path.
    pub fn part_at(&mut self, id: ValueId, path: AccessPath) -> ValueId {
        let mut id = id;
        for (depth, name) in path.names().enumerate() {
            if id == ValueId::NOTHING {
                break;
            }
            let value = &self.all[id.0 as usize];
            let is_plain_way = !path.names().skip(depth).any(|name| name == sym::OK);
            if is_plain_way && value.fields.is_empty() && !value.origins.is_empty() {
                return self.part_of_origins(id, path.after(depth));
            }
            id = self.part(id, name);
        }
        id
    }

    /// A part of a value of which no part is known by itself.
    fn part_of_origins(&mut self, id: ValueId, path: AccessPath) -> ValueId {
        let Stored { text, origins, .. } = self.stored(id);
        let origins =
            self.mapped(origins.indices(), |origin| Some(Origin { path: origin.path.join(path), ..origin }));
        self.store(Stored { text, origins, ..Stored::default() })
    }

    fn fields_without(&mut self, fields: Slice, except: Symbol) -> Slice {
        if !fields.of(&self.fields).iter().any(|(name, _)| *name == except) {
            return fields;
        }
        let start = self.fields.len();
        for index in fields.indices() {
            let field = self.fields[index];
            self.fields.extend((field.0 != except).then_some(field));
        }
        Slice::since(start, &self.fields)
    }

    fn fields_with(&mut self, fields: Slice, field: Symbol, part: ValueId) -> Slice {
        let start = self.fields.len();
        self.fields.extend_from_within(fields.indices());
        match self.fields[start..].iter_mut().find(|(name, _)| *name == field) {
            Some((_, old)) => *old = part,
            None => self.fields.push((field, part)),
        }
        Slice::since(start, &self.fields)
    }

    /// Replaces a part in place: only for a value that nothing else speaks of yet.
    pub fn set_part(&mut self, id: ValueId, field: Symbol, part: ValueId) {
        let fields = self.fields_with(self.stored(id).fields, field, part);
        let value = &mut self.all[id.0 as usize];
        value.fields = fields;
        value.constant = None;
    }

    /// The value with one part replaced.
    pub fn with_part(&mut self, id: ValueId, field: Symbol, part: ValueId) -> ValueId {
        let value = self.stored(id);
        let fields = self.fields_with(value.fields, field, part);
        self.store(Stored { fields, constant: None, ..value })
    }

    /// The value with the part at a path replaced.
    pub fn with_part_at(&mut self, id: ValueId, path: &[Symbol], part: ValueId) -> ValueId {
        let Some((first, rest)) = path.split_first() else { return part };
        let old = self.part(id, *first);
        let new = self.with_part_at(old, rest, part);
        self.with_part(id, *first, new)
    }

    /// One value or the other.
    pub fn join(&mut self, a: ValueId, b: ValueId) -> ValueId {
        if a == b || self.includes(a, b) {
            return a;
        }
        if self.includes(b, a) {
            return b;
        }
        let (left, right) = (self.stored(a), self.stored(b));
        let mut joined = Stored {
            text: left.text.max(right.text),
            constant: left.constant.filter(|text| right.constant == Some(*text)),
            built: left.built || right.built,
            tail: left.tail.filter(|tail| right.tail == Some(*tail)),
            shape: left.shape.filter(|shape| right.shape == Some(*shape)),
            if_success: self.success_of_either(&left, &right),
            if_failure: self.failure_of_either(&left, &right),
            outcome: if left.outcome == right.outcome { left.outcome } else { Outcome::Open },
            origins: self.origins_of_both(left.origins, right.origins),
            callables: self.callables_of_both(left.callables, right.callables),
            fields: Slice::default(),
        };
        if !left.fields.is_empty() || !right.fields.is_empty() {
            joined.fields = self.fields_of_both(a, b);
        }
        self.store(joined)
    }

    fn fields_of_both(&mut self, a: ValueId, b: ValueId) -> Slice {
        let (left, right) = (self.fields_of(a), self.fields_of(b));
        let only_right = right.iter().filter(|(name, _)| !left.iter().any(|(known, _)| known == name));
        let names: SmallVec<[Symbol; 8]> = left.iter().chain(only_right).map(|(name, _)| *name).collect();
        let mut fields: SmallVec<[(Symbol, ValueId); 8]> = SmallVec::new();
        for name in names {
            // What is inside `Ok` is not there where it failed.
            let part = match (self.is_bare_failure(a), self.is_bare_failure(b)) {
                (true, false) if name != sym::ERR => self.part(b, name),
                (false, true) if name != sym::ERR => self.part(a, name),
                _ => {
                    let (x, y) = (self.part(a, name), self.part(b, name));
                    self.join(x, y)
                }
            };
            fields.push((name, part));
        }
        entered(&mut self.fields, &fields)
    }

    fn origins_of_both(&mut self, a: Slice, b: Slice) -> Slice {
        if b.is_empty() {
            return a;
        }
        if a.is_empty() && b.length == 1 {
            return b;
        }
        let mut origins: SmallVec<[Origin; 4]> = SmallVec::from_slice(a.of(&self.origins));
        add_origins(&mut origins, b.of(&self.origins));
        entered(&mut self.origins, &origins)
    }

    fn callables_of_both(&mut self, a: Slice, b: Slice) -> Slice {
        let (left, right) = (a.of(&self.callables), b.of(&self.callables));
        if right.iter().all(|callable| left.contains(callable)) {
            return a;
        }
        let mut callables: SmallVec<[Callable; 4]> = SmallVec::from_slice(left);
        for callable in right {
            if !callables.contains(callable) {
                callables.push(*callable);
            }
        }
        entered(&mut self.callables, &callables)
    }

    fn success_of_either(&mut self, a: &Stored, b: &Stored) -> Slice {
        match (a.outcome, b.outcome) {
            (Outcome::Failure, _) => b.if_success,
            (_, Outcome::Failure) => a.if_success,
            _ => self.facts_of_both(a.if_success, b.if_success),
        }
    }

    fn failure_of_either(&mut self, a: &Stored, b: &Stored) -> Slice {
        match (a.outcome, b.outcome) {
            (Outcome::Success, _) => b.if_failure,
            (_, Outcome::Success) => a.if_failure,
            _ => self.facts_of_both(a.if_failure, b.if_failure),
        }
    }

    fn facts_of_both(&mut self, a: Slice, b: Slice) -> Slice {
        if a.is_empty() || b.is_empty() {
            return Slice::default();
        }
        let facts = common(a.of(&self.facts), b.of(&self.facts));
        entered(&mut self.facts, &facts)
    }

    /// Whether a value is an `Err` or `None` with nothing known but what went wrong.
    fn is_bare_failure(&self, id: ValueId) -> bool {
        let value = self.get(id);
        value.outcome == Outcome::Failure
            && value.origins.is_empty()
            && value.fields.iter().all(|(name, _)| *name == sym::ERR)
    }

    /// Whether `b` adds nothing to `a`. Only shallow values are compared; `false` is always right.
    fn includes(&self, a: ValueId, b: ValueId) -> bool {
        let (a, b) = (&self.all[a.0 as usize], &self.all[b.0 as usize]);
        let same_facts = |x: Slice, y: Slice| x == y || x.of(&self.facts) == y.of(&self.facts);
        b.text <= a.text
            && (a.constant.is_none() || a.constant == b.constant)
            && (!b.built || a.built)
            && (a.tail.is_none() || a.tail == b.tail)
            && (a.shape.is_none() || a.shape == b.shape)
            && b.fields.is_empty()
            && (a.fields.is_empty() || b.origins.is_empty())
            && a.outcome == b.outcome
            && self.includes_all(a, b)
            && same_facts(a.if_success, b.if_success)
            && same_facts(a.if_failure, b.if_failure)
    }

    fn includes_all(&self, a: &Stored, b: &Stored) -> bool {
        let (known, callables) = (a.origins.of(&self.origins), a.callables.of(&self.callables));
        let is_known = |origin: &Origin| known.iter().any(|known| same_place(known, origin));
        b.callables.of(&self.callables).iter().all(|callable| callables.contains(callable))
            && b.origins.of(&self.origins).iter().all(is_known)
    }

    /// All origins of a value and of its parts.
    pub fn flatten(&self, id: ValueId) -> SmallVec<[Origin; 4]> {
        let mut all = SmallVec::new();
        self.flatten_into(id, &mut all);
        all
    }

    /// Adds them to a list.
    pub fn flatten_into<const N: usize>(&self, id: ValueId, all: &mut SmallVec<[Origin; N]>) {
        self.flatten_to(id, all, 4);
    }

    fn flatten_to<const N: usize>(&self, id: ValueId, all: &mut SmallVec<[Origin; N]>, depth: u8) {
        let value = &self.all[id.0 as usize];
        for origin in value.origins.of(&self.origins) {
            // What is known part by part is told by the parts.
            if !all.iter().any(|known| same_place(known, origin)) && all.len() < MOST_ORIGINS {
                all.push(*origin);
            }
        }
        if depth > 0 {
            for (_, part) in value.fields.of(&self.fields) {
                self.flatten_to(*part, all, depth - 1);
            }
        }
    }
}

/// More origins than this are not told apart in one value.
pub(crate) const MOST_ORIGINS: usize = 12;

/// Whether `a` tells of all that `b` does. What was made safe for a context tells nothing of the same text elsewhere.
fn same_place(a: &Origin, b: &Origin) -> bool {
    a.root == b.root
        && a.path == b.path
        && b.open.without(a.open).is_empty()
        && (a.escaped == b.escaped || a.escaped.is_none())
}

/// Adds origins that are not there yet; of two for one place the one with fewer assumptions stays. A text that was made
/// safe for a context and the same text as it was are two.
pub(crate) fn add_origins<const N: usize>(origins: &mut SmallVec<[Origin; N]>, more: &[Origin]) {
    for origin in more {
        let same = |known: &Origin| {
            known.root == origin.root && known.path == origin.path && known.escaped == origin.escaped
        };
        match origins.iter().position(same) {
            Some(known) => {
                let known = &mut origins[known];
                let open = known.open.union(origin.open);
                if (origin.hole.is_some() && known.hole.is_none()) || origin.assumed < known.assumed {
                    *known = *origin;
                }
                known.open = open;
            }
            None if origins.len() < MOST_ORIGINS => origins.push(*origin),
            None => {}
        }
    }
}
