//! The value domain: what a value is made of, and where its text came from.
//!
//! A [`Value`] knows its [`Origin`]s (parameters of the function, or request data), its fields one by one,
//! whether its text is constant, what it tells when it is true or `Ok` ([`Facts`]), and which closure it is.
//! Values live in an arena per evaluated function and are immutable; [`ValueId`] 0 is the value of which
//! nothing is known and nothing is feared.

use smallvec::SmallVec;
use ward_semantics::DefId;
use ward_syntax::{ClosureId, Symbol, sym};

use crate::step::StepId;

/// A set of sink kinds, by their position among [`crate::models::Kinds`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
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
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, PartialOrd, Ord)]
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
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
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
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
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
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Root {
    /// A parameter of the function, `self` counted first.
    Parameter(u16),
    /// Request data that enters at a step of the function.
    Source(StepId),
    /// What the closure given as a parameter returned.
    ClosureReturn(u16),
}

/// Names of parts, outermost first; what lies deeper than three is not told apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
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
#[derive(Clone, Copy, PartialEq, Debug)]
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
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
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
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
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
pub(crate) fn common(a: &Facts, b: &Facts) -> Facts {
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
pub(crate) fn kinds_of(facts: &Facts, root: Root, path: AccessPath) -> KindSet {
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

/// The values of one evaluated function.
#[derive(Debug)]
pub struct Values(Vec<Value>);

impl Default for Values {
    fn default() -> Self {
        Self(vec![Value::default()])
    }
}

impl Values {
    /// None but [`ValueId::NOTHING`], with room for more.
    pub fn with_capacity(capacity: usize) -> Self {
        let mut values = Vec::with_capacity(capacity + 1);
        values.push(Value::default());
        Self(values)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// A value.
    pub fn get(&self, id: ValueId) -> &Value {
        &self.0[id.0 as usize]
    }

    /// Stores a value.
    pub fn push(&mut self, value: Value) -> ValueId {
        let id = ValueId(self.0.len() as u32);
        self.0.push(value);
        id
    }

    /// A constant; its text where it is known.
    pub fn constant(&mut self, text: Option<Symbol>) -> ValueId {
        self.push(Value { text: Text::Constant, constant: text, tail: text, ..Value::default() })
    }

    /// A value's text with [`UNKNOWN`] for what is not fixed.
    pub fn shape(&self, id: ValueId) -> Symbol {
        let value = self.get(id);
        value.constant.or(value.shape).unwrap_or_else(|| Symbol::new(UNKNOWN))
    }

    /// A value with one origin.
    pub fn of_origin(&mut self, origin: Origin) -> ValueId {
        let text = Text::Constant;
        self.push(Value { text, origins: SmallVec::from_elem(origin, 1), ..Value::default() })
    }

    /// Whether nothing is known of it that could matter.
    pub fn is_plain(&self, id: ValueId) -> bool {
        let value = self.get(id);
        value.origins.is_empty() && value.fields.is_empty() && value.callables.is_empty()
    }

    /// A part of a value.
    pub fn part(&mut self, id: ValueId, field: Symbol) -> ValueId {
        let value = self.get(id);
        if let Some((_, part)) = value.fields.iter().find(|(name, _)| *name == field) {
            return *part;
        }
        if value.origins.is_empty() {
            return if value.text == Text::Unknown { ValueId::NOTHING } else { self.same_text(id) };
        }
        let origins = value.origins.iter().map(|origin| Origin { path: origin.path.then(field), ..*origin });
        let part = Value { text: value.text, origins: origins.collect(), ..Value::default() };
        self.push(part)
    }

    /// A part by path.
    pub fn part_at(&mut self, id: ValueId, path: AccessPath) -> ValueId {
        path.names().fold(id, |id, name| self.part(id, name))
    }

    fn same_text(&mut self, id: ValueId) -> ValueId {
        let text = self.get(id).text;
        self.push(Value { text, ..Value::default() })
    }

    /// Replaces a part in place: only for a value that nothing else speaks of yet.
    pub fn set_part(&mut self, id: ValueId, field: Symbol, part: ValueId) {
        self.0[id.0 as usize].set_part(field, part);
    }

    /// The value with one part replaced.
    pub fn with_part(&mut self, id: ValueId, field: Symbol, part: ValueId) -> ValueId {
        let mut value = self.get(id).clone();
        value.set_part(field, part);
        self.push(value)
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
        let (left, right) = (self.get(a).clone(), self.get(b).clone());
        let mut joined = Value {
            text: left.text.max(right.text),
            constant: left.constant.filter(|text| right.constant == Some(*text)),
            built: left.built || right.built,
            tail: left.tail.filter(|tail| right.tail == Some(*tail)),
            shape: left.shape.filter(|shape| right.shape == Some(*shape)),
            if_success: success_of_either(&left, &right),
            if_failure: failure_of_either(&left, &right),
            outcome: if left.outcome == right.outcome { left.outcome } else { Outcome::Open },
            origins: left.origins,
            callables: left.callables,
            fields: SmallVec::new(),
        };
        add_origins(&mut joined.origins, &right.origins);
        for callable in right.callables {
            if !joined.callables.contains(&callable) {
                joined.callables.push(callable);
            }
        }
        let names = left.fields.iter().chain(
            right.fields.iter().filter(|(name, _)| !left.fields.iter().any(|(known, _)| known == name)),
        );
        for name in names.map(|(name, _)| *name).collect::<SmallVec<[Symbol; 8]>>() {
            // What is inside `Ok` is not there where it failed.
            let part = match (self.is_bare_failure(a), self.is_bare_failure(b)) {
                (true, false) if name != sym::ERR => self.part(b, name),
                (false, true) if name != sym::ERR => self.part(a, name),
                _ => {
                    let (x, y) = (self.part(a, name), self.part(b, name));
                    self.join(x, y)
                }
            };
            joined.fields.push((name, part));
        }
        self.push(joined)
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
        let (a, b) = (self.get(a), self.get(b));
        b.text <= a.text
            && (a.constant.is_none() || a.constant == b.constant)
            && (!b.built || a.built)
            && (a.tail.is_none() || a.tail == b.tail)
            && (a.shape.is_none() || a.shape == b.shape)
            && b.callables.iter().all(|callable| a.callables.contains(callable))
            && b.origins.iter().all(|origin| a.origins.iter().any(|known| same_place(known, origin)))
            && b.fields.is_empty()
            && (a.fields.is_empty() || b.origins.is_empty())
            && a.if_success == b.if_success
            && a.if_failure == b.if_failure
            && a.outcome == b.outcome
    }

    /// All origins of a value and of its parts.
    pub fn flatten(&self, id: ValueId) -> SmallVec<[Origin; 4]> {
        let mut all = SmallVec::new();
        self.flatten_into(id, &mut all, 4);
        all
    }

    fn flatten_into(&self, id: ValueId, all: &mut SmallVec<[Origin; 4]>, depth: u8) {
        let value = self.get(id);
        for origin in &value.origins {
            // What is known part by part is told by the parts.
            if !all.iter().any(|known| same_place(known, origin)) && all.len() < MOST_ORIGINS {
                all.push(*origin);
            }
        }
        if depth > 0 {
            for (_, part) in &value.fields {
                self.flatten_into(*part, all, depth - 1);
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

fn success_of_either(a: &Value, b: &Value) -> Facts {
    match (a.outcome, b.outcome) {
        (Outcome::Failure, _) => b.if_success.clone(),
        (_, Outcome::Failure) => a.if_success.clone(),
        _ => common(&a.if_success, &b.if_success),
    }
}

fn failure_of_either(a: &Value, b: &Value) -> Facts {
    match (a.outcome, b.outcome) {
        (Outcome::Success, _) => b.if_failure.clone(),
        (_, Outcome::Success) => a.if_failure.clone(),
        _ => common(&a.if_failure, &b.if_failure),
    }
}
