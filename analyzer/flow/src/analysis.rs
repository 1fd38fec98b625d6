//! All functions that may have to do with a finding, callees before callers, and what came of it.

use std::hash::{Hash, Hasher};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use ward_semantics::{DefId, Semantics, Ty};
use ward_syntax::Symbol;

use crate::Mail;
use crate::demand::{self, Demand};
use crate::evaluate::Context;
use crate::memo::{Evaluations, Memo};
use crate::models::{Callers, Kind, Kinds, Models};
use crate::own::OwnModels;
use crate::sources;
use crate::summary::{Known, Summaries};

/// The summaries of a whole workspace.
#[derive(Debug)]
pub struct FlowIndex {
    /// By function.
    pub summaries: Summaries,
    /// The functions with hits of a kind of sink, in the order of functions.
    pub(crate) with_hits: FxHashMap<Symbol, Vec<DefId>>,
    /// What is sent with messages.
    pub(crate) mail: Mail,
    /// The kinds of sink for which what callers outside the workspace pass counts.
    pub(crate) caller_kinds: Vec<Symbol>,
    /// All kinds of sink.
    pub(crate) kinds: Kinds,
    /// What an earlier run has kept.
    pub(crate) memo: Option<Memo>,
}

/// A recursive component is evaluated this often at most.
const MOST_ROUNDS: usize = 4;
/// What is received and sent on is followed this often.
const MOST_RELAYS: usize = 3;

impl FlowIndex {
    /// Evaluates all functions that may have to do with a finding, in parallel on the current rayon pool.
    pub fn new(semantics: &Semantics, models: &Models) -> Self {
        Self::with_memo(semantics, models, None)
    }

    /// The same, with the evaluations that an earlier run has kept.
    pub fn with(semantics: &Semantics, models: &Models, evaluations: &Evaluations) -> Self {
        let memo = evaluations.memo(semantics);
        let index = Self::with_memo(semantics, models, Some(&memo));
        Self { memo: Some(memo), ..index }
    }

    /// A number for each file that changes if other parameters of its functions hold request data.
    pub fn states_of_inputs(&self, semantics: &Semantics) -> Vec<u64> {
        let mut states = vec![FxHasher::default(); semantics.files.len()];
        for def in semantics.functions() {
            for (parameter, source) in self.summaries.inputs(*def) {
                let state = &mut states[semantics.locate(*def).0.index()];
                (def, parameter, source.class, source.kind.as_str()).hash(state);
            }
        }
        states.into_iter().map(|state| state.finish()).collect()
    }

    fn with_memo(semantics: &Semantics, models: &Models, memo: Option<&Memo>) -> Self {
        let (nothing, no_mail, own) =
            (Summaries::default(), Mail::default(), OwnModels::new(semantics, models));
        let cx = Context { semantics, models, own: &own, summaries: &nothing, mail: &no_mail, memo: None };
        let demand = Demand::new(cx);
        let (summaries, mail) = (Summaries::default(), Mail::default());
        let mut work = Work { semantics, models, own: &own, demand, summaries, mail, memo };
        work.evaluate(work.demand.roots());
        work.evaluate_extractions();
        for _ in 0..MOST_RELAYS {
            let receivers = work.receivers();
            if receivers.is_empty() || !work.mail.collect(semantics, &work.summaries) {
                break;
            }
            let with_mail = |ty: &Ty| work.mail.has(*ty);
            let reached = receivers.into_iter().filter(|(_, types)| types.iter().any(with_mail));
            work.evaluate(reached.map(|(def, _)| def).collect());
        }
        let Work { summaries, mail, .. } = work;
        let counts = |kind: &&Kind| kind.callers == Callers::Count;
        let caller_kinds = models.kinds.iter().filter(counts).map(|kind| kind.name).collect();
        let with_hits = with_hits(semantics, &summaries);
        Self { summaries, with_hits, mail, caller_kinds, kinds: models.kinds.clone(), memo: None }
    }
}

fn with_hits(semantics: &Semantics, summaries: &Summaries) -> FxHashMap<Symbol, Vec<DefId>> {
    let mut by_kind: FxHashMap<Symbol, Vec<DefId>> = FxHashMap::default();
    for def in semantics.functions() {
        let Some(brief) = summaries.known(*def).map(Known::brief) else { continue };
        for kind in brief.reaches.iter().chain(&brief.gives) {
            let functions = by_kind.entry(*kind).or_default();
            if functions.last() != Some(def) {
                functions.push(*def);
            }
        }
    }
    by_kind
}

/// The evaluation of a workspace.
struct Work<'a> {
    semantics: &'a Semantics,
    models: &'a Models,
    own: &'a OwnModels<'a>,
    demand: Demand<'a>,
    summaries: Summaries,
    mail: Mail,
    memo: Option<&'a Memo>,
}

impl Work<'_> {
    fn context(&self) -> Context<'_> {
        Context {
            semantics: self.semantics,
            models: self.models,
            own: self.own,
            summaries: &self.summaries,
            mail: &self.mail,
            memo: self.memo,
        }
    }

    /// Evaluates functions, all that they call and that was not evaluated yet, and those that turn out to matter by
    /// what they call.
    fn evaluate(&mut self, mut roots: Vec<DefId>) {
        let graph = self.semantics.call_graph();
        let mut makers = None;
        let mut seen: FxHashSet<DefId> = FxHashSet::default();
        while !roots.is_empty() {
            let mut new: FxHashSet<DefId> = FxHashSet::default();
            while let Some(def) = roots.pop() {
                if seen.insert(def) {
                    new.insert(def);
                    let callees = graph.callees(def).iter().copied();
                    roots.extend(callees.filter(|callee| !self.summaries.has(*callee)));
                }
            }
            for level in graph.levels() {
                let cx = self.context();
                let is_new = |component: &&Vec<DefId>| component.first().is_some_and(|def| new.contains(def));
                let done: Vec<Evaluated> = level
                    .par_iter()
                    .filter(is_new)
                    .map(|component| evaluate_component(cx, component))
                    .collect();
                self.summaries.extend(done.into_iter().flatten());
            }
            for def in &new {
                let Some(summary) = self.summaries.known(*def).map(Known::brief) else { continue };
                if self.demand.reaches_callers(summary) {
                    roots.extend(graph.callers(*def));
                }
                if let Some(giver) = self.demand.giver(*def, summary) {
                    let makers = makers.get_or_insert_with(|| demand::makers(self.semantics));
                    roots.extend(makers.remove(&giver).into_iter().flatten());
                }
            }
            roots.retain(|def| !seen.contains(def));
        }
    }

    /// Evaluates once more what takes what the workspace's own code makes of a request, and what a default method prints
    /// in. Both are called by frameworks only: no caller has to be evaluated again.
    fn evaluate_extractions(&mut self) {
        let cx = self.context();
        let again: Evaluated = self
            .semantics
            .functions()
            .par_iter()
            .filter(|def| {
                let is_called_so =
                    || sources::takes_extraction(cx, **def) || self.demand.prints_by_default(**def);
                cx.summaries.has(**def) && is_called_so()
            })
            .filter_map(|def| Some((*def, cx.evaluated(*def)?)))
            .collect();
        self.summaries.extend(again);
    }

    /// The functions that receive messages, with the types of these.
    fn receivers(&self) -> Vec<(DefId, Vec<Ty>)> {
        let received = |def: &DefId| {
            let known = self.summaries.known(*def).filter(|known| known.brief().receives)?;
            Some((*def, known.summary().receives.to_vec()))
        };
        self.semantics.functions().iter().filter_map(received).collect()
    }
}

type Evaluated = Vec<(DefId, Known)>;

fn evaluate_component(cx: Context, component: &[DefId]) -> Evaluated {
    let calls = |def: &DefId| cx.semantics.call_graph().callees(*def).iter().copied();
    let evaluated = |cx: Context, def: &DefId| Some((*def, cx.evaluated(*def)?));
    if let [def] = component
        && !calls(def).any(|callee| callee == *def)
    {
        return evaluated(cx, def).into_iter().collect();
    }
    // Recursive: again until callers would see no difference.
    let mut known = cx.summaries.only(component.iter().flat_map(calls));
    let mut result: Evaluated = component.iter().filter_map(|def| evaluated(cx.with(&known), def)).collect();
    let mut changed: FxHashSet<DefId> = result.iter().map(|(def, _)| *def).collect();
    for _ in 1..MOST_ROUNDS {
        let settled =
            result.iter().all(|(def, new)| known.known(*def).is_some_and(|old| cx.are_alike(*def, old, new)));
        known.extend(result.iter().cloned());
        if settled {
            break;
        }
        let mut now_changed = FxHashSet::default();
        for (def, summary) in &mut result {
            // Nothing that it reads has changed: it would come out the same.
            if !calls(def).any(|callee| changed.contains(&callee)) && !sources::takes_extraction(cx, *def) {
                continue;
            }
            let Some(new) = cx.with(&known).evaluated(*def) else { continue };
            if !new.is(summary) {
                *summary = new;
                now_changed.insert(*def);
            }
        }
        changed = now_changed;
    }
    result
}
