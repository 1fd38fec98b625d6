//! Ways from where data comes in to the sink, told step by step across functions.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use ward_semantics::{DefId, Semantics};
use ward_syntax::{FileId, FileSpan, Symbol, sym};

use crate::mail::Letter;
use crate::models::{Sink, Source, SourceClass};
use crate::step::{SourceStep, StepId, StepKind};
use crate::summary::{Exported, FunctionSummary, Hit, Known, Part, Summaries};
use crate::told::{About, Question, Told, note_summary, note_unsure};
use crate::value::{AccessPath, Hole, KindSet, Origin, Root};
use crate::{FlowIndex, Mail};

/// A dangerous argument, and all the ways by which somebody's data reaches it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reached {
    /// The sink.
    pub sink: Sink,
    /// The call as it is written.
    pub callee: Symbol,
    /// The argument.
    pub place: FileSpan,
    /// The function that holds the call.
    pub function: DefId,
    /// The text of the sink's context, where it is known.
    pub context: Option<Symbol>,
    /// The ways, the surest first; never empty.
    pub ways: Vec<Way>,
}

/// One way.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Way {
    /// Where the data comes from.
    pub entry: Entry,
    /// Which part of what comes in.
    pub path: AccessPath,
    /// The kinds of sink that it is still dangerous for.
    pub open: KindSet,
    /// How many assumptions it rests on.
    pub assumed: u8,
    /// The literal text around the hole it was first put into, if it was put into a text at all.
    pub hole: Option<Hole>,
    /// The literal text around the first telling hole that the text it is part of was put into after that.
    pub outer: Option<Hole>,
    /// The context for which it was made safe, if it was.
    pub escaped: Option<Symbol>,
    /// All the text before it in what is given to the sink, with [`crate::UNKNOWN`] for what is not fixed.
    pub lead: Symbol,
    /// The named part of what is given to the sink that it fills, where the sink tells parts from each other.
    pub part: Option<Part>,
    /// The steps, the first where it comes in, the last before the sink.
    pub steps: Vec<WayStep>,
}

/// Where data comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Entry {
    /// With a request: which part of it.
    Request(Symbol),
    /// Inside: an internal error, a row of a database, a secret, ..
    Other {
        /// Whose data it is; never [`SourceClass::Request`].
        class: SourceClass,
        /// What it is, in the words of its model row.
        kind: Symbol,
    },
    /// From a caller outside the workspace, as this part of a parameter of an exported function that nobody
    /// in the workspace calls.
    Caller {
        /// The function.
        function: DefId,
        /// The parameter, `self` counted first.
        parameter: u16,
        /// The part of it.
        path: AccessPath,
    },
}

/// One step of a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WayStep {
    /// Where.
    pub at: FileSpan,
    /// In which function.
    pub function: DefId,
    /// What happens.
    pub kind: WayStepKind,
    /// How many calls deep, seen from the first function.
    pub depth: u8,
}

/// What happens at a step of a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum WayStepKind {
    /// Data that somebody else chose enters: what it is, and the name it has here.
    Source {
        /// What it is.
        source: Source,
        /// The parameter or function.
        name: Symbol,
    },
    /// A caller's value enters as this parameter.
    Parameter(Symbol),
    /// Bound to or stored in a variable or field.
    Bound(Symbol),
    /// Put into a template.
    Template,
    /// Appended to a text.
    Appended,
    /// Through a function outside the workspace.
    External(Symbol),
    /// Passed to a function.
    Call(DefId),
    /// Returned by a function.
    Return(DefId),
    /// Through a closure.
    Closure,
    /// With a message that is received: the name it has here.
    Received(Symbol),
}

/// Ways are cut after this many steps.
const MOST_STEPS: usize = 200;
/// One place is told with this many ways.
const MOST_WAYS: usize = 5;

impl FlowIndex {
    /// Every place where data of a class that matters for this kind of sink reaches one, or a caller's data in
    /// a library if the kind asks for that; in the order of files and spans.
    pub fn reached(&self, semantics: &Semantics, kind: Symbol) -> Vec<Reached> {
        let mut places: FxHashMap<FileSpan, Reached> = FxHashMap::default();
        for def in self.with_hits.get(&kind).into_iter().flatten() {
            let Some(known) = self.summaries.known(*def) else { continue };
            let by_callers = || self.caller_kinds.contains(&kind) && is_entrance(semantics, *def);
            let about = if by_callers() { About::ReachedByCallers } else { About::Reached };
            if about == About::Reached && !known.brief().reaches.contains(&kind) {
                continue;
            }
            let tell = || Told::Reached(self.reached_in(*def, known, kind, about));
            let Told::Reached(reached) = self.told(Question { about, kind, def: *def }, tell) else {
                continue;
            };
            for Reached { ways, place, sink, callee, function, context } in reached {
                let known = places.entry(place).or_insert_with(|| Reached {
                    ways: Vec::new(),
                    place,
                    sink,
                    callee,
                    function,
                    context,
                });
                known.ways.extend(ways);
            }
        }
        let mut all: Vec<Reached> = places.into_values().collect();
        for reached in &mut all {
            reached.ways.sort_by_key(Way::rank);
            let most = if reached.sink.parts { MOST_WAYS * 8 } else { MOST_WAYS };
            reached.ways.truncate(most);
        }
        all.sort_by_key(|reached| reached.place);
        all
    }

    /// What reaches sinks of a kind in one function, each with its way.
    fn reached_in(&self, def: DefId, known: &Known, kind: Symbol, about: About) -> Vec<Reached> {
        note_summary(def, known.version);
        let hits = known.summary().hits.iter().filter(|hit| hit.sink.kind == kind);
        let reached = hits.filter_map(|hit| {
            let way = self.way(def, hit, about)?;
            Some(Reached { ways: vec![way], ..reached_by(hit) })
        });
        reached.collect()
    }

    /// What an earlier run has told, or else `tell` tells.
    fn told(&self, question: Question, tell: impl FnOnce() -> Told) -> Told {
        match &self.memo {
            Some(memo) => memo.told.told(&self.summaries, question, tell),
            None => tell(),
        }
    }

    /// The set with the one kind, empty if no sink has it.
    pub fn kind(&self, name: Symbol) -> KindSet {
        self.kinds.set(name)
    }

    /// The ways by which data that matters for a kind of sink reaches what a function returns, the surest first.
    /// Of a handler that is what goes into the response.
    pub fn returned(&self, def: DefId, kinds: KindSet) -> Vec<Way> {
        let known = self.summaries.known(def).filter(|known| known.brief().hands_on.meets(kinds));
        let Some(summary) = known.map(Known::summary) else { return Vec::new() };
        let mut origins = Vec::new();
        summary.result.each_origin(&mut |origin| {
            if origin.open.meets(kinds) && !origins.contains(origin) {
                origins.push(*origin);
            }
        });
        let mut ways: Vec<Way> = origins
            .iter()
            .filter_map(|origin| {
                let Root::Source(step) = origin.root else { return None };
                let entry = self.ways().source(def, step)?.into();
                Some(way_of(origin, None, entry, self.ways().steps_to(def, summary, origin.step)))
            })
            .collect();
        ways.sort_by_key(Way::rank);
        ways
    }

    /// The parts of what a function returns, whole or as an error, that it fills with data that matters for a kind of
    /// sink: `Internal.0` of a variant. What a called function has filled already is told of that one.
    pub fn filled(&self, def: DefId, kind: Symbol) -> Vec<(AccessPath, Way)> {
        let kinds = self.kinds.set(kind);
        let known = self.summaries.known(def).filter(|known| known.brief().fills.meets(kinds));
        let Some(known) = known else { return Vec::new() };
        let question = Question { about: About::Filled, kind, def };
        match self.told(question, || Told::Filled(self.filled_in(def, known, kinds))) {
            Told::Filled(filled) => filled,
            _ => Vec::new(),
        }
    }

    fn filled_in(&self, def: DefId, known: &Known, kinds: KindSet) -> Vec<(AccessPath, Way)> {
        note_summary(def, known.version);
        let summary = known.summary();
        let mut filled = Vec::new();
        for (name, part) in parts_of_result(summary) {
            part.each_origin_at(AccessPath::EMPTY.then(*name), &mut |path, origin| {
                let Root::Source(step) = origin.root else { return };
                let is_filled_here = match summary.steps.get(step).map(|step| step.kind) {
                    Some(StepKind::Source(_)) => true,
                    Some(StepKind::Through { callee, .. }) => {
                        let callee = self.ways().summary(callee);
                        callee.is_some_and(|callee| parts_of_result(callee).all(|(other, _)| other != name))
                    }
                    _ => false,
                };
                if is_filled_here
                    && origin.open.meets(kinds)
                    && let Some(source) = self.ways().source(def, step)
                {
                    let steps = self.ways().steps_to(def, summary, origin.step);
                    filled.push((path, way_of(origin, None, source.into(), steps)));
                }
            });
        }
        filled
    }

    /// The parts of its own parameter `self` that a function gives to sinks of a kind.
    pub fn given_of_self(&self, def: DefId, kind: Symbol) -> Vec<(AccessPath, Reached)> {
        let known = self.summaries.known(def).filter(|known| known.brief().gives_first.contains(&kind));
        let Some(known) = known else { return Vec::new() };
        let of_self = |hit: &&Hit| hit.sink.kind == kind && hit.origin.root == Root::Parameter(0);
        let tell = || {
            note_summary(def, known.version);
            let hits = known.summary().hits.iter().filter(of_self);
            Told::Given(hits.map(|hit| (hit.origin.path, reached_by(hit))).collect())
        };
        match self.told(Question { about: About::Given, kind, def }, tell) {
            Told::Given(given) => given,
            _ => Vec::new(),
        }
    }

    fn way(&self, def: DefId, hit: &Hit, about: About) -> Option<Way> {
        let entry = match hit.origin.root {
            Root::Source(step) => self.ways().source(def, step)?.into(),
            Root::Parameter(parameter) if about == About::ReachedByCallers => {
                Entry::Caller { function: def, parameter, path: hit.origin.path }
            }
            _ => return None,
        };
        Some(way_of(&hit.origin, hit.part, entry, self.ways().steps(def, hit)))
    }

    fn ways(&self) -> Ways<'_> {
        Ways { summaries: &self.summaries, mail: &self.mail }
    }
}

/// The named parts of what a function returns, whole or as an error.
pub(crate) fn parts_of_result(summary: &FunctionSummary) -> impl Iterator<Item = &(Symbol, Exported)> {
    let errors = summary.result.fields.iter().filter(|(name, _)| *name == sym::ERR);
    let wholes = std::iter::once(&summary.result).chain(errors.map(|(_, error)| error));
    wholes.flat_map(|whole| &whole.fields).filter(|(name, _)| *name != sym::ERR)
}

/// What the steps of a way are told by.
#[derive(Clone, Copy)]
pub(crate) struct Ways<'a> {
    pub(crate) summaries: &'a Summaries,
    pub(crate) mail: &'a Mail,
}

impl<'a> Ways<'a> {
    fn summary(self, def: DefId) -> Option<&'a FunctionSummary> {
        note_summary(def, self.summaries.version(def));
        self.summaries.get(def)
    }

    fn letter(self, number: u32) -> Option<&'a Letter> {
        note_unsure();
        self.mail.letter(number)
    }

    /// What a source step, possibly one of a called function, brings in.
    pub(crate) fn source(self, def: DefId, step: StepId) -> Option<Source> {
        let (mut def, mut step) = (def, step);
        for _ in 0..MOST_STEPS {
            let steps = &self.summary(def)?.steps;
            let mut here = steps.get(step)?;
            while let Some(previous) = here.previous {
                here = steps.get(previous)?;
            }
            match here.kind {
                StepKind::Source(found) => return Some(found.source),
                StepKind::Received { letter, .. } => return Some(self.letter(letter)?.source),
                StepKind::Through { callee, inner } => (def, step) = (callee, inner),
                _ => return None,
            }
        }
        None
    }

    /// The steps to a sink.
    pub(crate) fn steps(self, def: DefId, hit: &Hit) -> Vec<WayStep> {
        let mut expansion = Expansion { ways: self, steps: Vec::new() };
        expansion.hit(def, hit, 0);
        expansion.steps
    }

    fn steps_to(self, def: DefId, summary: &FunctionSummary, last: StepId) -> Vec<WayStep> {
        let mut expansion = Expansion { ways: self, steps: Vec::new() };
        expansion.steps_to(def, summary, last, 0);
        expansion.steps
    }
}

/// The place of a hit, without ways.
fn reached_by(hit: &Hit) -> Reached {
    Reached {
        sink: Sink::clone(&hit.sink),
        callee: hit.callee,
        place: hit.place,
        function: hit.function,
        context: hit.context,
        ways: Vec::new(),
    }
}

fn way_of(origin: &Origin, part: Option<Part>, entry: Entry, steps: Vec<WayStep>) -> Way {
    let &Origin { path, open, assumed, hole, outer, escaped, lead, .. } = origin;
    Way { entry, path, open, assumed, hole, outer, escaped, lead, part, steps }
}

impl From<Source> for Entry {
    fn from(Source { class, kind }: Source) -> Self {
        match class {
            SourceClass::Request => Self::Request(kind),
            _ => Self::Other { class, kind },
        }
    }
}

/// Whether code outside the workspace can call a function, and nobody inside does. Whoever has a value can print it.
fn is_entrance(semantics: &Semantics, def: DefId) -> bool {
    let is_test = |def: &DefId| semantics.def_map.is_test(*def);
    semantics.is_exported(def)
        && (semantics.def_map.name(def).as_str() == "fmt"
            || semantics.call_graph().callers(def).iter().all(is_test))
}

impl Way {
    /// What a request brings first, then what is stored or fails inside, then what callers bring; of these the surest,
    /// then the shortest; then by where it comes in.
    fn rank(&self) -> (u8, u8, usize, Option<(FileId, u32)>) {
        let at = self.steps.first().map(|step| (step.at.file, step.at.span.start));
        let whose = match self.entry {
            Entry::Request(_) => 0,
            Entry::Other { .. } => 1,
            Entry::Caller { .. } => 2,
        };
        (whose, self.assumed, self.steps.len(), at)
    }
}

struct Expansion<'a> {
    ways: Ways<'a>,
    steps: Vec<WayStep>,
}

impl Expansion<'_> {
    fn hit(&mut self, def: DefId, hit: &Hit, depth: u8) {
        let Some(summary) = self.ways.summary(def) else { return };
        let Some((callee, index)) = hit.next else {
            self.steps_to(def, summary, hit.origin.step, depth);
            return;
        };
        // The last step leads into the callee that holds the sink, and does not come back.
        let Some(last) = summary.steps.get(hit.origin.step) else { return };
        if let Some(previous) = last.previous {
            self.steps_to(def, summary, previous, depth);
        }
        self.push(WayStep { at: last.at, function: def, kind: WayStepKind::Call(callee), depth });
        let inner = self.ways.summary(callee).and_then(|summary| summary.hits.get(index as usize));
        if let Some(inner) = inner.filter(|_| depth < 40) {
            self.hit(callee, inner, depth + 1);
        }
    }

    fn steps_to(&mut self, def: DefId, summary: &FunctionSummary, last: StepId, depth: u8) {
        let mut chain = Vec::new();
        let mut next = Some(last);
        while let Some(step) = next.and_then(|id| summary.steps.get(id)) {
            chain.push(step);
            next = step.previous;
        }
        for (index, step) in chain.into_iter().rev().enumerate() {
            let push = |kind| WayStep { at: step.at, function: def, kind, depth };
            match step.kind {
                // Seen from inside a callee its parameter is where the way went on.
                StepKind::Parameter(_) if depth > 0 => {}
                StepKind::Parameter(name) => self.push(push(WayStepKind::Parameter(name))),
                StepKind::Source(SourceStep { source, name, .. }) => {
                    self.push(push(WayStepKind::Source { source, name }));
                }
                StepKind::Bound(name) => self.push(push(WayStepKind::Bound(name))),
                StepKind::Template => self.push(push(WayStepKind::Template)),
                StepKind::Appended => self.push(push(WayStepKind::Appended)),
                StepKind::External(name) => self.push(push(WayStepKind::External(name))),
                StepKind::Closure => self.push(push(WayStepKind::Closure)),
                StepKind::Received { letter, name } => {
                    for sent in self.ways.letter(letter).into_iter().flat_map(|letter| &letter.steps) {
                        self.push(*sent);
                    }
                    self.push(push(WayStepKind::Received(name)));
                }
                StepKind::Through { callee, inner } => {
                    if index > 0 {
                        self.push(push(WayStepKind::Call(callee)));
                    }
                    if let Some(summary) = self.ways.summary(callee).filter(|_| depth < 40) {
                        self.steps_to(callee, summary, inner, depth + 1);
                    }
                    self.push(push(WayStepKind::Return(callee)));
                }
            }
        }
    }

    fn push(&mut self, step: WayStep) {
        if self.steps.len() < MOST_STEPS && self.steps.last().is_none_or(|last| *last != step) {
            self.steps.push(step);
        }
    }
}
