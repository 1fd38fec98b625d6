//! Origins as summaries keep them: there are very many, and of most it is known only where they began.

use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ward_syntax::{Symbol, sym};

use crate::step::StepId;
use crate::value::{AccessPath, Hole, KindSet, Origin, Root};

/// A list of [`Origin`]s.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Origins {
    all: Box<[Kept]>,
    /// What those say that were put into a text, in their order.
    texts: Box<[Around]>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Kept {
    root: Root,
    path: AccessPath,
    /// The halves of a [`KindSet`].
    open: [u32; 2],
    step: StepId,
    assumed: u8,
    is_in_text: bool,
}

/// The fields of an [`Origin`] that speak of the text that it was put into.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Around {
    hole: Option<Hole>,
    outer: Option<Hole>,
    escaped: Option<Symbol>,
    lead: Symbol,
}

const ALONE: Around = Around { hole: None, outer: None, escaped: None, lead: sym::EMPTY };

impl Origins {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Origin> + '_ {
        let mut texts = self.texts.iter();
        self.all.iter().map(move |kept| {
            let Kept { root, path, open: [low, high], step, assumed, is_in_text } = *kept;
            let around = if is_in_text { texts.next().copied() } else { None };
            let Around { hole, outer, escaped, lead } = around.unwrap_or(ALONE);
            let open = KindSet(u64::from(low) | u64::from(high) << 32);
            Origin { root, path, open, step, assumed, hole, outer, escaped, lead }
        })
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Renames the steps.
    pub fn map_steps(&mut self, map: &impl Fn(StepId) -> StepId) {
        for kept in &mut self.all {
            kept.step = map(kept.step);
            if let Root::Source(step) = kept.root {
                kept.root = Root::Source(map(step));
            }
        }
    }
}

impl FromIterator<Origin> for Origins {
    fn from_iter<I: IntoIterator<Item = Origin>>(origins: I) -> Self {
        let mut texts = Vec::new();
        let keep = |origin: Origin| {
            let Origin { root, path, open, step, assumed, hole, outer, escaped, lead } = origin;
            let around = Around { hole, outer, escaped, lead };
            let is_in_text = around != ALONE;
            texts.extend(is_in_text.then_some(around));
            let open = [open.0 as u32, (open.0 >> 32) as u32];
            Kept { root, path, open, step, assumed, is_in_text }
        };
        let all = origins.into_iter().map(keep).collect();
        Self { all, texts: texts.into() }
    }
}

impl Serialize for Origins {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut origins = serializer.serialize_seq(Some(self.all.len()))?;
        for origin in self.iter() {
            origins.serialize_element(&origin)?;
        }
        origins.end()
    }
}

impl<'de> Deserialize<'de> for Origins {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Origin>::deserialize(deserializer)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use ward_syntax::{Symbol, sym};

    use super::Origins;
    use crate::step::StepId;
    use crate::value::{AccessPath, Hole, KindSet, Origin, Root};

    #[test]
    fn what_is_kept_comes_out_as_it_was() {
        let plain = Origin {
            root: Root::Parameter(1),
            path: AccessPath::EMPTY.then(Symbol::new("field")),
            open: KindSet(u64::MAX - 5),
            step: StepId(3),
            assumed: 2,
            hole: None,
            outer: None,
            escaped: None,
            lead: sym::EMPTY,
        };
        let hole = Some(Hole { before: Symbol::new("a"), after: Symbol::new("b") });
        let put = Origin { root: Root::Source(StepId(0)), hole, lead: Symbol::new("c"), ..plain };
        let all = [plain, put, plain, Origin { escaped: Some(Symbol::new("d")), ..plain }];
        let mut kept: Origins = all.into_iter().collect();
        assert!(kept.iter().eq(all));
        kept.map_steps(&|step| StepId(step.0 + 1));
        let mapped: Vec<Origin> = kept.iter().collect();
        assert_eq!((mapped[0].step, mapped[1].root), (StepId(4), Root::Source(StepId(1))));
        assert_eq!(mapped[3].escaped, Some(Symbol::new("d")));
    }
}
