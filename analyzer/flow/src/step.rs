//! The steps of a way: every origin remembers the last step it took, every step the one before.

use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ward_semantics::DefId;
use ward_syntax::{FileId, FileSpan, Span, Symbol};

use crate::models::Source;
use crate::value::AccessPath;

/// A step in the table of one function.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StepId(pub u32);

/// One step.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Step {
    /// The step before; the first has none.
    pub previous: Option<StepId>,
    /// Where it happens.
    pub at: FileSpan,
    /// What happens.
    pub kind: StepKind,
}

/// Where data that somebody else chose enters.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct SourceStep {
    /// What it is.
    pub source: Source,
    /// The parameter or function.
    pub name: Symbol,
    /// The part of a parameter whose type alone says so: it is not there where a caller's value has nothing in it.
    pub part: Option<(u16, AccessPath)>,
}

/// What happens at a step. `S` is how a source is told.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub enum StepKind<S = SourceStep> {
    /// Data that somebody else chose enters: what it is, and the name it has here.
    Source(S),
    /// A caller's value enters as a parameter.
    Parameter(Symbol),
    /// It is bound to or stored in a variable or field.
    Bound(Symbol),
    /// It is put into a template.
    Template,
    /// It is appended to a text that is being built.
    Appended,
    /// It passes through a function outside the workspace.
    External(Symbol),
    /// It passes through a function of the workspace, whose own steps end at `inner`.
    Through {
        /// The function.
        callee: DefId,
        /// The last step there.
        inner: StepId,
    },
    /// It is given to a closure.
    Closure,
    /// It comes in with a message, sent elsewhere.
    Received {
        /// The letter's number in [`crate::Mail`].
        letter: u32,
        /// The parameter or function.
        name: Symbol,
    },
}

/// The steps of one function, as short as they can be kept: there are many.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Steps {
    /// The file that all of them stand in, once there are any.
    file: Option<FileId>,
    all: Vec<Kept>,
    sources: Vec<SourceStep>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Kept {
    /// [`FIRST`] if there is none before.
    previous: u32,
    span: Span,
    /// A source is told by its number among them.
    kind: StepKind<u32>,
}

/// See [`Step::previous`].
const FIRST: u32 = u32::MAX;

impl<S> StepKind<S> {
    /// The same, with a source told in another way.
    fn with_source<T>(self, told: impl FnOnce(S) -> T) -> StepKind<T> {
        match self {
            Self::Source(source) => StepKind::Source(told(source)),
            Self::Parameter(name) => StepKind::Parameter(name),
            Self::Bound(name) => StepKind::Bound(name),
            Self::Template => StepKind::Template,
            Self::Appended => StepKind::Appended,
            Self::External(name) => StepKind::External(name),
            Self::Through { callee, inner } => StepKind::Through { callee, inner },
            Self::Closure => StepKind::Closure,
            Self::Received { letter, name } => StepKind::Received { letter, name },
        }
    }
}

impl Steps {
    /// Adds a step, which stands in the same file as all others.
    pub fn push(&mut self, step: Step) -> StepId {
        let id = StepId(self.all.len() as u32);
        self.file = Some(step.at.file);
        let kind = step.kind.with_source(|source| self.keep(source));
        let previous = step.previous.map_or(FIRST, |previous| previous.0);
        self.all.push(Kept { previous, span: step.at.span, kind });
        id
    }

    /// Keeps a source, and gives its number.
    fn keep(&mut self, source: SourceStep) -> u32 {
        self.sources.push(source);
        self.sources.len() as u32 - 1
    }

    /// A step, if it was kept.
    pub fn get(&self, id: StepId) -> Option<Step> {
        let Kept { previous, span, kind } = *self.all.get(id.0 as usize)?;
        let kind = kind.with_source(|number| self.sources[number as usize]);
        let previous = (previous != FIRST).then_some(StepId(previous));
        Some(Step { previous, at: FileSpan { file: self.file?, span }, kind })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Forgets all, and keeps the room.
    pub fn clear(&mut self) {
        self.file = None;
        self.all.clear();
        self.sources.clear();
    }

    /// The ways to the given steps alone, numbered anew; and what maps old steps to new ones.
    pub fn retained(&self, wanted: &[StepId]) -> (Self, impl Fn(StepId) -> StepId + use<>) {
        let mut keep = vec![false; self.all.len()];
        for last in wanted {
            let mut next = last.0;
            while next != FIRST && !keep[next as usize] {
                keep[next as usize] = true;
                next = self.all[next as usize].previous;
            }
        }
        let mut map = vec![StepId(0); self.all.len()];
        let count = keep.iter().filter(|keep| **keep).count();
        let file = self.file.filter(|_| count > 0);
        let mut kept = Self { file, all: Vec::with_capacity(count), sources: Vec::new() };
        for (old, step) in self.all.iter().enumerate().filter(|(old, _)| keep[*old]) {
            map[old] = StepId(kept.all.len() as u32);
            let previous = if step.previous == FIRST { FIRST } else { map[step.previous as usize].0 };
            let kind = step.kind.with_source(|number| kept.keep(self.sources[number as usize]));
            kept.all.push(Kept { previous, kind, ..*step });
        }
        kept.sources.shrink_to_fit();
        (kept, move |id| map[id.0 as usize])
    }
}

impl Serialize for Steps {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut steps = serializer.serialize_seq(Some(self.all.len()))?;
        for step in (0..self.all.len() as u32).filter_map(|id| self.get(StepId(id))) {
            steps.serialize_element(&step)?;
        }
        steps.end()
    }
}

impl<'de> Deserialize<'de> for Steps {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let steps = Vec::<Step>::deserialize(deserializer)?;
        let mut all = Self { all: Vec::with_capacity(steps.len()), ..Self::default() };
        for step in steps {
            all.push(step);
        }
        Ok(all)
    }
}
