//! What a function does with data, told to its callers.
//!
//! A [`FunctionSummary`] speaks of the function's parameters only by number and access path. Instantiating it
//! at a call site replaces them by the arguments' values; nothing of the body is needed any more.

use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smallvec::SmallVec;
use ward_semantics::{DefId, Ty};
use ward_syntax::{FileSpan, StoredEach, Symbol};

use crate::models::{Sink, Source};
use crate::origins::Origins;
use crate::step::{StepId, Steps};
use crate::value::{
    AccessPath, Callable, Fact, KindSet, Origin, Outcome, Root, Text, Value, ValueId, Values,
};
use crate::way::parts_of_result;

/// What a function does with data.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FunctionSummary {
    /// The steps that the origins below speak of.
    pub steps: Steps,
    /// What it returns.
    pub result: Exported,
    /// What it leaves in its parameters, by number; only those it changes.
    pub outputs: Vec<(u16, Exported)>,
    /// Text that reaches sinks: a caller's, or the request's.
    pub hits: Vec<Hit>,
    /// How it calls the closures it is given.
    pub closure_calls: Vec<ClosureCall>,
    /// What holds of its parameters whenever it returns.
    pub always: Box<[Fact]>,
    /// The parameters that hold request data, `self` not counted, with what they hold; also where their types
    /// carry no text.
    pub inputs: Box<[(u16, Source)]>,
    /// The parameters of which it asks how long they are, or what is in them.
    pub measures: Box<[u16]>,
    /// The texts and numbers among its parameters by which it is decided whether it fails.
    pub refuses: Box<[u16]>,
    /// The types of the messages that it receives.
    pub receives: Box<[Ty]>,
    /// It never returns.
    pub diverges: bool,
    /// The kinds of the checks that it is known for by its name.
    pub named_checks: Box<[KindSet]>,
    /// The kinds for which what it is given is harmless, by its name, where it has found something.
    pub named_lookups: KindSet,
    /// The parameters, `self` counted first, whose types are read by way of a conversion that may refuse a text.
    pub converted: Box<[u16]>,
}

/// A closure parameter that is called.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct ClosureCall {
    /// The parameter.
    pub parameter: u16,
    /// What it is called with.
    pub arguments: Vec<Exported>,
}

/// A value that outlives the arena it was computed in.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exported {
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
    /// See [`Value::outcome`].
    pub outcome: Outcome,
    /// See [`Value::origins`].
    pub origins: Origins,
    /// See [`Value::fields`].
    pub fields: Box<[(Symbol, Exported)]>,
    /// What else is known of it, which is seldom anything.
    pub(crate) tells: Tells,
}

/// What a value tells, and what it is when it is called.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Tells(Option<Box<Told>>);

/// See [`Tells`].
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Told {
    /// See [`Value::if_success`].
    pub(crate) if_success: Box<[Fact]>,
    /// See [`Value::if_failure`].
    pub(crate) if_failure: Box<[Fact]>,
    /// See [`Value::callables`]; closures cannot leave their function.
    pub(crate) callables: Box<[Callable]>,
}

impl Tells {
    fn new(told: Told) -> Self {
        let is_nothing =
            told.if_success.is_empty() && told.if_failure.is_empty() && told.callables.is_empty();
        Self((!is_nothing).then(|| Box::new(told)))
    }

    pub(crate) fn is_nothing(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn if_success(&self) -> &[Fact] {
        self.0.as_ref().map_or(&[], |told| &told.if_success)
    }

    pub(crate) fn if_failure(&self) -> &[Fact] {
        self.0.as_ref().map_or(&[], |told| &told.if_failure)
    }

    pub(crate) fn callables(&self) -> &[Callable] {
        self.0.as_ref().map_or(&[], |told| &told.callables)
    }

    /// Forgets what may be called.
    pub(crate) fn call_nothing(&mut self) {
        if let Some(told) = self.0.take() {
            *self = Self::new(Told { callables: Box::default(), ..*told });
        }
    }
}

impl Serialize for Tells {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Some(told) => told.serialize(serializer),
            None => Told::default().serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Tells {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Told::deserialize(deserializer).map(Self::new)
    }
}

/// Text that reaches a sink.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// The sink.
    #[serde(with = "shared")]
    pub sink: Arc<Sink>,
    /// The sink's call as it is called: `sqlx::query`, `execute`.
    pub callee: Symbol,
    /// The dangerous argument.
    pub place: FileSpan,
    /// The function that holds the sink.
    pub function: DefId,
    /// The text: its root is a parameter, or request data.
    pub origin: Origin,
    /// Where the way goes on: a hit of a called function.
    pub next: Option<(DefId, u32)>,
    /// How many calls lie between this function and the sink.
    pub calls: u16,
    /// The text of the sink's context, where it is known.
    pub context: Option<Symbol>,
    /// The message that the text is sent with, where that is the sink.
    pub message: Option<Message>,
    /// The named part of what is given, where a sink tells parts from each other.
    pub part: Option<Part>,
}

/// A sink is stored as it is.
mod shared {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::models::Sink;

    pub(super) fn serialize<S: Serializer>(sink: &Arc<Sink>, serializer: S) -> Result<S::Ok, S::Error> {
        Sink::serialize(sink, serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<Sink>, D::Error> {
        Sink::deserialize(deserializer).map(Arc::new)
    }
}

/// A part of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Message {
    /// The message's type.
    pub ty: Ty,
    /// The part.
    pub part: AccessPath,
}

/// A named part of what is given to a sink.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Part {
    /// The type of the workspace, if it is a field that is filled where a value of that type is made.
    pub of: Option<DefId>,
    /// Its name, or the names from outside to inside with `.` between.
    pub name: Symbol,
}

impl Exported {
    /// Copies a value out of its arena, with its parts to a depth of three, or less deep where they are many: what
    /// joins many types is not told apart part by part. What lies deeper is told of the whole there.
    pub fn new(values: &Values, id: ValueId) -> Self {
        let depth = (1..=3).rev().find(|depth| parts_within(values, id, *depth, MOST_PARTS) < MOST_PARTS);
        Self::at_depth(values, id, depth.unwrap_or(0))
    }

    fn at_depth(values: &Values, id: ValueId, depth: u8) -> Self {
        let value = values.get(id);
        let part = |(name, part): &(Symbol, ValueId)| (*name, Self::at_depth(values, *part, depth - 1));
        Self {
            text: value.text,
            constant: value.constant,
            built: value.built,
            tail: value.tail,
            shape: value.shape,
            outcome: value.outcome,
            origins: match depth {
                0 if !value.fields.is_empty() => values.flatten(id).into_iter().collect(),
                _ => value.origins.iter().copied().collect(),
            },
            fields: if depth == 0 { Box::default() } else { value.fields.iter().map(part).collect() },
            tells: Tells::new(Told {
                if_success: about_parameters(value.if_success),
                if_failure: about_parameters(value.if_failure),
                callables: value.callables.iter().copied().filter(Callable::travels).collect(),
            }),
        }
    }

    /// All steps that its origins speak of.
    pub fn each_step(&self, visit: &mut impl FnMut(StepId)) {
        for origin in self.origins.iter() {
            visit(origin.step);
            if let Root::Source(step) = origin.root {
                visit(step);
            }
        }
        self.fields.iter().for_each(|(_, part)| part.each_step(visit));
    }

    /// Its origins and those of its parts.
    pub fn each_origin(&self, visit: &mut impl FnMut(&Origin)) {
        self.origins.iter().for_each(|origin| visit(&origin));
        self.fields.iter().for_each(|(_, part)| part.each_origin(visit));
    }

    /// The same, with where they stand, from `at` on.
    pub fn each_origin_at(&self, at: AccessPath, visit: &mut impl FnMut(AccessPath, &Origin)) {
        self.origins.iter().for_each(|origin| visit(at, &origin));
        self.fields.iter().for_each(|(name, part)| part.each_origin_at(at.then(*name), visit));
    }

    /// Renames the steps.
    pub fn map_steps(&mut self, map: &impl Fn(StepId) -> StepId) {
        self.origins.map_steps(map);
        self.fields.iter_mut().for_each(|(_, part)| part.map_steps(map));
    }

    /// Whether it says nothing a caller could use.
    pub fn is_plain(&self) -> bool {
        self.origins.is_empty() && self.fields.is_empty() && self.tells.callables().is_empty()
    }
}

/// A value leaves its function with this many parts at most, those within parts counted.
const MOST_PARTS: usize = 128;

/// How many parts a value has to a depth, counted up to `most`.
fn parts_within(values: &Values, id: ValueId, depth: u8, most: usize) -> usize {
    if depth == 0 {
        return 0;
    }
    let mut count = 0;
    for (_, part) in values.fields_of(id) {
        if count >= most {
            break;
        }
        count += 1 + parts_within(values, *part, depth - 1, most - count - 1);
    }
    count
}

fn about_parameters(facts: &[Fact]) -> Box<[Fact]> {
    facts.iter().copied().filter(|fact| matches!(fact.root, Root::Parameter(_))).collect()
}

impl Origin {
    /// Renames the steps.
    pub fn map_steps(&mut self, map: &impl Fn(StepId) -> StepId) {
        self.step = map(self.step);
        if let Root::Source(step) = self.root {
            self.root = Root::Source(map(step));
        }
    }
}

impl Callable {
    fn travels(&self) -> bool {
        !matches!(self, Self::Closure(_))
    }
}

impl FunctionSummary {
    /// Takes over those of the steps that something speaks of.
    pub fn compact(&mut self, steps: &Steps) {
        let mut wanted = Vec::new();
        let mut visit = |step| wanted.push(step);
        self.result.each_step(&mut visit);
        self.outputs.iter().for_each(|(_, value)| value.each_step(&mut visit));
        self.closure_calls
            .iter()
            .flat_map(|call| &call.arguments)
            .for_each(|value| value.each_step(&mut visit));
        for hit in &self.hits {
            wanted.push(hit.origin.step);
            if let Root::Source(step) = hit.origin.root {
                wanted.push(step);
            }
        }
        let (kept, map) = steps.retained(&wanted);
        self.steps = kept;
        self.result.map_steps(&map);
        self.outputs.iter_mut().for_each(|(_, value)| value.map_steps(&map));
        let arguments = self.closure_calls.iter_mut().flat_map(|call| &mut call.arguments);
        arguments.for_each(|value| value.map_steps(&map));
        self.hits.iter_mut().for_each(|hit| hit.origin.map_steps(&map));
    }

    /// Whether callers would see the same: steps aside.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let hit = |hit: &Hit| (hit.place, hit.origin.root_kind(), hit.origin.path);
        same(&self.result, &other.result)
            && self.diverges == other.diverges
            && self.refuses == other.refuses
            && self.outputs.len() == other.outputs.len()
            && self.outputs.iter().zip(&other.outputs).all(|(a, b)| a.0 == b.0 && same(&a.1, &b.1))
            && self.hits.iter().map(hit).eq(other.hits.iter().map(hit))
            && self.closure_calls.len() == other.closure_calls.len()
    }
}

fn same(a: &Exported, b: &Exported) -> bool {
    let origin = |origin: Origin| (origin.root_kind(), origin.path, origin.open);
    a.text == b.text
        && a.outcome == b.outcome
        && a.origins.iter().map(origin).eq(b.origins.iter().map(origin))
        && a.fields.len() == b.fields.len()
        && a.fields.iter().zip(&b.fields).all(|(x, y)| x.0 == y.0 && same(&x.1, &y.1))
}

impl Origin {
    /// The root without the numbering of steps.
    fn root_kind(&self) -> (u8, u16) {
        match self.root {
            Root::Parameter(index) => (0, index),
            Root::ClosureReturn(index) => (1, index),
            Root::Source(_) => (2, 0),
        }
    }
}

/// The summaries of all functions.
#[derive(Debug, Default)]
pub struct Summaries(FxHashMap<DefId, Known>);

/// A summary, and the number by which it is known: see [`crate::Evaluations`].
#[derive(Debug, Clone)]
pub(crate) struct Known {
    summary: Arc<Late>,
    pub(crate) version: u32,
}

/// A summary that is restored when somebody asks for more than its [`Brief`].
#[derive(Debug)]
struct Late {
    brief: Brief,
    summary: OnceLock<FunctionSummary>,
    kept: Option<(Arc<StoredEach>, usize)>,
}

/// What is asked of all summaries.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Brief {
    /// The kinds for which what it hands on of sources is dangerous.
    pub(crate) hands_on: KindSet,
    /// The kinds for which what fills parts of what it returns is.
    pub(crate) fills: KindSet,
    /// See [`FunctionSummary::inputs`].
    pub(crate) inputs: Box<[(u16, Source)]>,
    /// The kinds of the sinks that its sources reach.
    pub(crate) reaches: Box<[Symbol]>,
    /// The kinds of the sinks to which it gives its parameters.
    pub(crate) gives: Box<[Symbol]>,
    /// The kinds of the sinks to which it gives its first parameter.
    pub(crate) gives_first: Box<[Symbol]>,
    /// Whether it receives messages.
    pub(crate) receives: bool,
    /// Whether it sends something with messages.
    pub(crate) sends: bool,
}

impl Brief {
    fn of(summary: &FunctionSummary) -> Self {
        let mut hands_on = KindSet::NONE;
        let mut visit = |origin: &Origin| {
            if matches!(origin.root, Root::Source(_)) {
                hands_on = hands_on.union(origin.open);
            }
        };
        summary.result.each_origin(&mut visit);
        summary.outputs.iter().for_each(|(_, value)| value.each_origin(&mut visit));
        let arguments = summary.closure_calls.iter().flat_map(|call| &call.arguments);
        arguments.for_each(|value| value.each_origin(&mut visit));
        let mut fills = KindSet::NONE;
        for (_, part) in parts_of_result(summary) {
            part.each_origin(&mut |origin| {
                if matches!(origin.root, Root::Source(_)) {
                    fills = fills.union(origin.open);
                }
            });
        }
        let kinds = |counts: &dyn Fn(Root) -> bool| {
            let mut kinds: Vec<Symbol> = Vec::new();
            for hit in summary.hits.iter().filter(|hit| counts(hit.origin.root)) {
                if !kinds.contains(&hit.sink.kind) {
                    kinds.push(hit.sink.kind);
                }
            }
            kinds.into()
        };
        Self {
            hands_on,
            fills,
            inputs: summary.inputs.clone(),
            reaches: kinds(&|root| matches!(root, Root::Source(_))),
            gives: kinds(&|root| matches!(root, Root::Parameter(_))),
            gives_first: kinds(&|root| root == Root::Parameter(0)),
            receives: !summary.receives.is_empty(),
            sends: summary.hits.iter().any(|hit| hit.message.is_some()),
        }
    }
}

impl Known {
    pub(crate) fn new(summary: FunctionSummary, version: u32) -> Self {
        let brief = Brief::of(&summary);
        Self { summary: Arc::new(Late { brief, summary: summary.into(), kept: None }), version }
    }

    /// The summary of this number that an earlier run has kept.
    pub(crate) fn kept(brief: Brief, version: u32, kept: (Arc<StoredEach>, usize)) -> Self {
        Self { summary: Arc::new(Late { brief, summary: OnceLock::new(), kept: Some(kept) }), version }
    }

    pub(crate) fn brief(&self) -> &Brief {
        &self.summary.brief
    }

    pub(crate) fn summary(&self) -> &FunctionSummary {
        let restore = || self.summary.kept.as_ref().and_then(|(kept, index)| kept.get(*index));
        // What was stored can be restored: bytes that have changed since are not taken over.
        self.summary.summary.get_or_init(|| restore().unwrap_or_default())
    }

    /// Whether both, of the same function, are equal.
    pub(crate) fn is(&self, other: &Self) -> bool {
        if self.version == 0 || other.version == 0 {
            return self.summary() == other.summary();
        }
        self.version == other.version
    }

    /// See [`FunctionSummary::says_the_same`].
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        self.version != 0 && self.version == other.version || self.summary().says_the_same(other.summary())
    }
}

impl Summaries {
    /// A function's summary, if it has been computed.
    pub fn get(&self, def: DefId) -> Option<&FunctionSummary> {
        self.known(def).map(Known::summary)
    }

    /// The same, and what is known of it without asking for all.
    pub(crate) fn known(&self, def: DefId) -> Option<&Known> {
        self.0.get(&def)
    }

    /// Whether a function's summary has been computed.
    pub(crate) fn has(&self, def: DefId) -> bool {
        self.0.contains_key(&def)
    }

    /// The parameters of a function that hold request data: see [`FunctionSummary::inputs`].
    pub fn inputs(&self, def: DefId) -> &[(u16, Source)] {
        self.known(def).map_or(&[], |known| &known.brief().inputs)
    }

    /// The number of a function's summary, 0 if it has none.
    pub(crate) fn version(&self, def: DefId) -> u32 {
        self.known(def).map_or(0, |known| known.version)
    }

    /// Enters summaries.
    pub(crate) fn extend(&mut self, summaries: impl IntoIterator<Item = (DefId, Known)>) {
        self.0.extend(summaries);
    }

    /// The summaries of these functions only.
    #[must_use]
    pub fn only(&self, defs: impl IntoIterator<Item = DefId>) -> Self {
        Self(defs.into_iter().filter_map(|def| Some((def, self.0.get(&def)?.clone()))).collect())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Value {
    /// Takes over everything but origins and parts, which are instantiated one by one.
    pub fn shell(exported: &Exported) -> Self {
        Self {
            text: exported.text,
            constant: exported.constant,
            built: exported.built,
            tail: exported.tail,
            shape: exported.shape,
            outcome: exported.outcome,
            callables: exported.tells.callables().iter().copied().collect::<SmallVec<_>>(),
            ..Self::default()
        }
    }
}
