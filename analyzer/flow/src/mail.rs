//! Messages: what is sent into a channel or to an actor comes out wherever messages of that type are received.
//!
//! No call leads from the one to the other, so the call graph cannot. Which channel it is does not matter: a type of
//! the workspace has one meaning. What of a request is sent is collected when all functions have been evaluated, and
//! those that receive it are evaluated once more.

use rustc_hash::FxHashMap;
use ward_semantics::{Semantics, Ty, TyKind};

use crate::models::{Source, SourceClass};
use crate::summary::{Message, Summaries};
use crate::value::{AccessPath, Origin, Root};
use crate::way::{WayStep, Ways};

/// Every message that holds a request's data.
#[derive(Debug, Default)]
pub struct Mail {
    letters: Vec<Letter>,
    by_type: FxHashMap<Ty, Vec<u32>>,
}

/// A part of a message that a request fills.
#[derive(Debug)]
pub(crate) struct Letter {
    /// Which part of the message.
    pub(crate) part: AccessPath,
    /// What fills it; its root and step are the sender's.
    pub(crate) origin: Origin,
    /// What comes in.
    pub(crate) source: Source,
    /// The way to where it is sent.
    pub(crate) steps: Vec<WayStep>,
}

/// One part of a type's messages is told with this many ways.
const MOST_LETTERS: usize = 3;
/// So many parts of a type's messages are told apart.
const MOST_PARTS: usize = 24;

impl Mail {
    /// Adds what has been sent and was not known yet; whether there was anything.
    pub(crate) fn collect(&mut self, semantics: &Semantics, summaries: &Summaries) -> bool {
        let mut new = Vec::new();
        let ways = Ways { summaries, mail: self };
        for def in semantics.functions() {
            let Some(known) = summaries.known(*def).filter(|known| known.brief().sends) else { continue };
            for hit in &known.summary().hits {
                if let Some(Message { ty, part }) = hit.message
                    && let Root::Source(step) = hit.origin.root
                    && let Some(source) = ways.source(*def, step)
                    && source.class == SourceClass::Request
                {
                    new.push((ty, Letter { part, origin: hit.origin, source, steps: ways.steps(*def, hit) }));
                }
            }
        }
        let before = self.letters.len();
        for (ty, letter) in new {
            self.enter(ty, letter);
        }
        self.letters.len() > before
    }

    fn enter(&mut self, ty: Ty, letter: Letter) {
        let known = self.by_type.entry(ty).or_default();
        let same_part = |at: &&u32| self.letters[**at as usize].part == letter.part;
        let same = |at: &u32| {
            let other = &self.letters[*at as usize];
            other.part == letter.part && other.steps.first() == letter.steps.first()
        };
        if known.iter().any(same)
            || known.iter().filter(same_part).count() >= MOST_LETTERS
            || known.len() >= MOST_PARTS * MOST_LETTERS
        {
            return;
        }
        known.push(self.letters.len() as u32);
        self.letters.push(letter);
    }

    /// Whether messages of a type hold anything.
    pub(crate) fn has(&self, ty: Ty) -> bool {
        self.by_type.contains_key(&ty)
    }

    /// What messages of a type hold, by number.
    pub(crate) fn of(&self, ty: Ty) -> impl Iterator<Item = (u32, &Letter)> {
        let numbers = self.by_type.get(&ty).into_iter().flatten();
        numbers.map(|number| (*number, &self.letters[*number as usize]))
    }

    /// A letter by its number.
    pub(crate) fn letter(&self, number: u32) -> Option<&Letter> {
        self.letters.get(number as usize)
    }
}

/// How sure it is that what is received of a type is what was sent of it: the assumptions that it takes. `None` for
/// types that say nothing.
pub(crate) fn assumed_of(ty: Ty) -> Option<u8> {
    match ty.kind() {
        TyKind::Adt { .. } => Some(0),
        TyKind::Tuple(parts) => {
            parts.iter().filter_map(|part| assumed_of(*part)).min().map(|least| least.min(1))
        }
        TyKind::External { args, .. } => {
            let within = args.iter().filter_map(|part| assumed_of(*part)).min();
            Some(within.unwrap_or(2))
        }
        _ => None,
    }
}

/// The message in what a call returns: what is awaited, within `Option` and `Result`.
pub(crate) fn payload(ty: Ty) -> Ty {
    const WRAPPERS: [&str; 4] =
        ["std::future::Future", "std::option::Option", "std::result::Result", "std::task::Poll"];
    let mut ty = ty;
    while let TyKind::External { path, args } = ty.kind()
        && WRAPPERS.contains(&path.as_str())
        && let Some(inner) = args.first()
    {
        ty = *inner;
    }
    ty
}
