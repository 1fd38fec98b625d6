//! The steps of a way: every origin remembers the last step it took, every step the one before.

use serde::{Deserialize, Serialize};
use ward_semantics::DefId;
use ward_syntax::{FileSpan, Symbol};

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

/// What happens at a step.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub enum StepKind {
    /// Data that somebody else chose enters: what it is, and the name it has here.
    Source {
        /// What it is.
        source: Source,
        /// The parameter or function.
        name: Symbol,
        /// The part of a parameter whose type alone says so: it is not there where a caller's value has nothing in it.
        part: Option<(u16, AccessPath)>,
    },
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

/// The steps of one function.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct Steps(Vec<Step>);

impl Steps {
    /// Adds a step.
    pub fn push(&mut self, step: Step) -> StepId {
        let id = StepId(self.0.len() as u32);
        self.0.push(step);
        id
    }

    /// A step, if it was kept.
    pub fn get(&self, id: StepId) -> Option<Step> {
        self.0.get(id.0 as usize).copied()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Forgets all, and keeps the room.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The ways to the given steps alone, numbered anew; and what maps old steps to new ones.
    pub fn retained(&self, wanted: &[StepId]) -> (Self, impl Fn(StepId) -> StepId + use<>) {
        let mut keep = vec![false; self.0.len()];
        for last in wanted {
            let mut next = Some(*last);
            while let Some(id) = next
                && !keep[id.0 as usize]
            {
                keep[id.0 as usize] = true;
                next = self.0[id.0 as usize].previous;
            }
        }
        let mut map = vec![StepId(0); self.0.len()];
        let mut kept = Vec::with_capacity(keep.iter().filter(|keep| **keep).count());
        for (old, step) in self.0.iter().enumerate().filter(|(old, _)| keep[*old]) {
            map[old] = StepId(kept.len() as u32);
            kept.push(Step { previous: step.previous.map(|id| map[id.0 as usize]), ..*step });
        }
        (Self(kept), move |id| map[id.0 as usize])
    }
}
