//! A callee's summary, told in the caller's terms.

use smallvec::SmallVec;
use ward_semantics::DefId;
use ward_syntax::{Span, Symbol};

use super::Evaluator;
use crate::step::{SourceStep, StepId, StepKind};
use crate::summary::Exported;
use crate::value::{
    AccessPath, Callable, Fact, Facts, KindSet, MOST_ORIGINS, Origin, Outcome, Root, Text, Value, ValueId,
    add, add_origins, joined_shape,
};

impl Evaluator<'_> {
    /// The value that an exported one is for these arguments.
    pub(super) fn instantiate(
        &mut self,
        exported: &Exported,
        callee: DefId,
        args: &[ValueId],
        span: Span,
        closures: &[(u16, ValueId)],
    ) -> ValueId {
        if let Some(passed) = self.passed_on(exported, callee, args, span, closures) {
            return passed;
        }
        let mut value = Value::shell(exported);
        let mut origins: SmallVec<[Origin; MOST_ORIGINS]> = SmallVec::new();
        let mut whole: Option<ValueId> = None;
        for origin in exported.origins.iter() {
            let through = StepKind::Through { callee, inner: origin.step };
            let base = match origin.root {
                Root::Source(step) if self.is_absent(callee, step, args) => continue,
                Root::Source(_) => {
                    let step = self.step(None, span, through);
                    add_origins(&mut origins, &[Origin { root: Root::Source(step), step, ..origin }]);
                    continue;
                }
                Root::Parameter(index) => args.get(usize::from(index)).copied(),
                Root::ClosureReturn(index) => closures.iter().find(|row| row.0 == index).map(|row| row.1),
            };
            let Some(base) = base else { continue };
            let base = self.part_of_input(base, origin.path);
            if is_unchanged(&origin) && self.guesses == 0 {
                let passed = self.stepped(base, span, through);
                whole = Some(whole.map_or(passed, |all| self.values.join(all, passed)));
                continue;
            }
            value.text = value.text.max(self.values.text_of(base));
            let mut derived: SmallVec<[Origin; MOST_ORIGINS]> = SmallVec::new();
            self.values.flatten_into(base, &mut derived);
            for inner in derived {
                let open = inner.open.intersection(origin.open);
                if open.is_empty() {
                    continue;
                }
                let step = self.step(Some(inner.step), span, through);
                let assumed = inner.assumed.saturating_add(origin.assumed).saturating_add(self.guesses);
                let hole = inner.hole.or(origin.hole);
                let outer = super::functions::outer(&inner, &origin);
                let escaped = origin.escaped.or(inner.escaped);
                let lead = joined_shape(origin.lead, inner.lead);
                add_origins(
                    &mut origins,
                    &[Origin { open, step, assumed, hole, outer, escaped, lead, ..inner }],
                );
            }
        }
        value.callables = self.callables_here(exported.tells.callables(), args);
        if let Some(whole) = whole {
            let own = std::mem::replace(&mut origins, SmallVec::from_slice(self.values.origins_of(whole)));
            add_origins(&mut origins, &own);
            value = merged(self.values.owned_without_origins(whole), value, exported);
        }
        value.if_success = self.facts_here(exported.tells.if_success(), args);
        value.if_failure = self.facts_here(exported.tells.if_failure(), args);
        value.fields.reserve(exported.fields.len());
        for (name, part) in &exported.fields {
            let part = self.instantiate(part, callee, args, span, closures);
            value.set_part(*name, part);
        }
        self.values.push_with_origins(value, &origins)
    }

    /// An argument, or a part of one, that is handed on as it is: what most parts of most results are.
    fn passed_on(
        &mut self,
        exported: &Exported,
        callee: DefId,
        args: &[ValueId],
        span: Span,
        closures: &[(u16, ValueId)],
    ) -> Option<ValueId> {
        let mut origins = exported.origins.iter();
        let (origin, None) = (origins.next()?, origins.next()) else { return None };
        let Root::Parameter(index) = origin.root else { return None };
        if !is_unchanged(&origin) || self.guesses > 0 || !exported.tells.is_nothing() {
            return None;
        }
        let given = args.get(usize::from(index)).copied()?;
        let base = self.part_of_input(given, origin.path);
        let passed = self.stepped(base, span, StepKind::Through { callee, inner: origin.step });
        let mut parts: SmallVec<[(Symbol, ValueId); 4]> = SmallVec::new();
        for (name, part) in &exported.fields {
            parts.push((*name, self.instantiate(part, callee, args, span, closures)));
        }
        Some(self.values.handed_on(passed, exported, &parts))
    }

    /// Whether what enters at a step of the callee is part of an argument that has nothing there: another variant, or one
    /// that is known to hold nothing of that sort.
    fn is_absent(&mut self, callee: DefId, step: StepId, args: &[ValueId]) -> bool {
        let summary = self.cx.summary(callee);
        let Some(StepKind::Source(SourceStep { source, part: Some((index, path)), .. })) =
            summary.and_then(|summary| summary.steps.get(step)).map(|step| step.kind)
        else {
            return false;
        };
        let Some(arg) = args.get(usize::from(index)) else { return false };
        let part = self.part_of_input(*arg, path);
        let kinds = self.cx.models.kinds.of_class(source.class);
        let is_cleared =
            |origin: &Origin| matches!(origin.root, Root::Parameter(_)) && !origin.open.meets(kinds);
        let origins = self.values.origins_of(part);
        (self.values.is_plain(part) && self.values.text_of(part) == Text::Constant)
            || (!origins.is_empty() && origins.iter().all(is_cleared))
    }

    /// A part of what is given to a function: the parts of its result ask for the same parts again and again.
    pub(super) fn part_of_input(&mut self, value: ValueId, path: AccessPath) -> ValueId {
        if path.is_empty() || value == ValueId::NOTHING {
            return value;
        }
        if let Some(part) = self.parts.get(&(value, path)) {
            return *part;
        }
        let part = self.values.part_at(value, path);
        self.parts.insert((value, path), part);
        part
    }

    /// Facts about a callee's parameters as facts about the arguments.
    pub(super) fn facts_here(&mut self, facts: &[Fact], args: &[ValueId]) -> Facts {
        let mut here = Facts::new();
        for fact in facts {
            let Root::Parameter(index) = fact.root else { continue };
            let Some(arg) = args.get(usize::from(index)).copied() else { continue };
            let part = self.part_of_input(arg, fact.path);
            for origin in self.values.flatten(part) {
                add(&mut here, &[Fact { root: origin.root, path: origin.path, kinds: fact.kinds }]);
            }
        }
        here
    }

    fn callables_here(&self, callables: &[Callable], args: &[ValueId]) -> SmallVec<[Callable; 1]> {
        let mut here = SmallVec::new();
        for callable in callables {
            match callable {
                Callable::Parameter(index) => {
                    if let Some(arg) = args.get(usize::from(*index)) {
                        here.extend(self.values.callables_of(*arg).iter().copied());
                    }
                }
                other => here.push(*other),
            }
        }
        here
    }
}

/// The origin is the parameter itself, neither put into a text nor made safe on the way.
fn is_unchanged(origin: &Origin) -> bool {
    origin.hole.is_none() && origin.escaped.is_none() && origin.open == KindSet::ALL && origin.assumed == 0
}

/// An argument that is passed through, joined with what else the result may be.
fn merged(mut whole: Value, value: Value, exported: &Exported) -> Value {
    whole.text = whole.text.max(value.text);
    whole.built |= value.built;
    whole.callables.extend(value.callables);
    if exported.outcome != Outcome::Open {
        whole.outcome = exported.outcome;
    }
    if exported.built || exported.constant.is_some() {
        whole.constant = None;
        whole.tail = None;
        whole.shape = None;
    }
    whole
}
