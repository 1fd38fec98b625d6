//! Abstract interpretation of one function.
//!
//! The body is walked once in the order of execution; loops twice if the first round changed anything. Every
//! local variable has a value, every branch a state of its own, joined where branches meet. What was checked
//! (`if !ALLOWED.contains(&x) { return .. }`) is kept in the state as facts about origins, so that a check
//! also clears what was read before it. Calls of workspace functions use their summaries.

mod absent;
mod barriers;
mod calls;
mod closures;
mod conditions;
mod conversions;
mod cuts;
mod display;
mod documents;
mod edges;
mod elements;
mod escapes;
mod expressions;
mod external;
mod functions;
mod instantiate;
mod lists;
mod lookups;
mod messages;
mod numbers;
mod patterns;
mod places;
mod refusals;
mod regexes;
mod seals;
mod sinks;
mod text;
mod variants;

use std::cell::RefCell;

pub(crate) use external::STANDARD;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
pub(crate) use text::holds;
use ward_semantics::{BodyTypes, Carries, DefId, Semantics, Ty, TyKind};
use ward_syntax::{
    Attribute, Body, BodyId, ClosureId, ExprId, FileId, FileSpan, LocalId, Pat, SelfParam, SourceIr, Span,
    Symbol, sym,
};

use crate::Mail;
use crate::memo::{self, Memo};
use crate::models::{Models, Source};
use crate::own::OwnModels;
use crate::sources;
use crate::step::{SourceStep, Step, StepId, StepKind, Steps};
use crate::summary::{ClosureCall, Exported, FunctionSummary, Hit, Known, Summaries};
use crate::value::{
    AccessPath, Callable, Fact, Facts, KindSet, Origin, Outcome, Root, Text, Value, ValueId, Values, add,
    common, kinds_of,
};
use places::Place;

/// What every evaluation reads.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Names, types and calls.
    pub semantics: &'a Semantics,
    /// Models of external code.
    pub models: &'a Models,
    /// What the user's rows say of functions of the workspace.
    pub(crate) own: &'a OwnModels<'a>,
    /// The summaries computed so far.
    pub summaries: &'a Summaries,
    /// What has been found to be sent with messages.
    pub mail: &'a Mail,
    /// What an earlier run has found out, if that is wanted.
    pub(crate) memo: Option<&'a Memo>,
}

impl<'a> Context<'a> {
    /// The same with other summaries.
    pub(crate) fn with(self, summaries: &'a Summaries) -> Self {
        Self { summaries, ..self }
    }

    /// A function's summary, if it has been computed.
    pub(crate) fn summary(&self, def: DefId) -> Option<&'a FunctionSummary> {
        if self.memo.is_some() {
            memo::note_summary(def, self.summaries.version(def));
        }
        self.summaries.get(def)
    }

    /// The body of another function or of a constant.
    pub(crate) fn body(&self, def: DefId) -> Option<(FileId, BodyId)> {
        if self.memo.is_some() {
            memo::note_body(def);
        }
        self.semantics.body(def)
    }

    /// What comes of the evaluation of a function, now or in an earlier run.
    pub(crate) fn evaluated(self, def: DefId) -> Option<Known> {
        match self.memo {
            Some(memo) => memo.evaluated(self, def),
            None => Some(Known::new(evaluate(self, def)?, 0)),
        }
    }

    /// Whether callers of a function would see the same in two summaries of it.
    pub(crate) fn are_alike(self, def: DefId, a: &Known, b: &Known) -> bool {
        self.memo.map_or_else(|| a.says_the_same(b), |memo| memo.are_alike(def, a, b))
    }

    /// The set with the one kind, empty if no sink has it.
    pub fn kind(&self, name: Symbol) -> KindSet {
        self.models.kinds.set(name)
    }

    /// The set with all of the kinds; `*` is every kind.
    pub fn kinds(&self, names: &[Symbol]) -> KindSet {
        let set = |name: &Symbol| if name.as_str() == "*" { KindSet::ALL } else { self.kind(*name) };
        names.iter().map(set).fold(KindSet::NONE, KindSet::union)
    }
}

/// Evaluates a function and tells what it does with data. `None` if it has no body.
pub fn evaluate(cx: Context, def: DefId) -> Option<FunctionSummary> {
    let (file, body) = cx.semantics.body(def)?;
    let types = cx.semantics.types(def)?;
    let ir = cx.semantics.ir(file);
    let mut evaluator = Evaluator::new(cx, def, file, ir, types, ir.body(body));
    evaluator.run();
    Some(evaluator.finish())
}

fn is_of_debug_builds(attribute: &Attribute) -> bool {
    attribute.path.as_str() == "cfg" && attribute.args.as_str().trim() == "debug_assertions"
}

thread_local! {
    /// The lists of the last evaluation of this thread, empty, for the next one to fill.
    static SPARE: RefCell<Spare> = RefCell::default();
}

#[derive(Default)]
struct Spare {
    values: Values,
    steps: Steps,
    last: Vec<ValueId>,
    parts: FxHashMap<(ValueId, AccessPath), ValueId>,
}

/// The evaluation of one body.
struct Evaluator<'a> {
    cx: Context<'a>,
    def: DefId,
    file: FileId,
    ir: &'a SourceIr,
    types: &'a BodyTypes,
    body: Body,
    values: Values,
    steps: Steps,
    state: State,
    /// What left the body, and the closures and async blocks around the current expression.
    exits: Vec<Exit>,
    loops: Vec<LoopExit>,
    /// The value each expression had last.
    last: Vec<ValueId>,
    aliases: FxHashMap<LocalId, Place>,
    /// The elements of lists that are written out where a variable is bound, and of what is pushed behind them.
    lists: FxHashMap<LocalId, lists::Written>,
    parameters: Vec<Option<LocalId>>,
    initial: Vec<ValueId>,
    hits: Vec<Hit>,
    /// Where each of them stands.
    found_hits: FxHashMap<functions::FoundAs, usize>,
    /// How many of them are messages or none, and of a kind.
    hits_like: FxHashMap<(bool, Symbol), usize>,
    /// The parts of what was given to functions.
    parts: FxHashMap<(ValueId, AccessPath), ValueId>,
    closure_calls: Vec<ClosureCall>,
    inputs: SmallVec<[(u16, Source); 2]>,
    receives: SmallVec<[Ty; 1]>,
    /// The call on whose result `unwrap` or `expect` is called.
    unwrapped: Option<ExprId>,
    /// The variables whose lists the body fills itself.
    filled: Option<FxHashSet<LocalId>>,
    /// The first `next` of each iterator in a variable.
    taken: FxHashMap<LocalId, ExprId>,
    /// The conditions that hold at the current expression, or that led out of the function before.
    conditions: Vec<ExprId>,
    /// Those of them that have led to a failure.
    failed_by: FxHashSet<ExprId>,
    /// The parameters by which it is decided whether the function fails.
    refuses: SmallVec<[u16; 2]>,
    /// Options of which it was asked whether they are empty.
    asked: Vec<(Root, AccessPath)>,
    /// What was asked how long it is, or what is in it.
    measured: Vec<(Root, AccessPath)>,
    /// What was asked whether it holds a certain text: that tells how many parts it has if the text parts them.
    searched: Vec<(Root, AccessPath, Symbol)>,
    /// The variables of lists of which that was asked.
    measured_lists: FxHashSet<LocalId>,
    running: Vec<ClosureId>,
    /// The constructor outside the workspace that is given the tuple to be evaluated next.
    holder: Option<Symbol>,
    seen_closures: FxHashSet<ClosureId>,
    all_closures: Vec<(ClosureId, ExprId)>,
    /// What the loops around go over, outermost first; nothing where that is not known.
    rounds: SmallVec<[Option<ValueId>; 2]>,
    /// Assumptions that every way through the current call rests on.
    guesses: u8,
    /// How deep in the parts of what is printed.
    printing: u8,
    /// Which variants what is printed can be.
    shown_variants: Option<variants::Variants>,
    /// Calls through a trait with many implementations that lead to where the evaluation is.
    spread: u8,
    budget: u32,
    /// It makes about this many values at most: what is called may return many parts.
    most_values: usize,
}

/// The state of affairs at one point.
#[derive(Default)]
struct State {
    locals: SmallVec<[ValueId; 24]>,
    cleared: Facts,
    /// Which variants variables can be, the latest last.
    variants: SmallVec<[(LocalId, variants::Variants); 0]>,
    /// Execution cannot come here.
    dead: bool,
}

impl Clone for State {
    fn clone(&self) -> Self {
        // As bytes, not element by element as `SmallVec` clones itself.
        Self {
            locals: SmallVec::from_slice(&self.locals),
            cleared: SmallVec::from_slice(&self.cleared),
            variants: self.variants.clone(),
            dead: self.dead,
        }
    }
}

/// What leaves a body, closure or async block.
#[derive(Default)]
struct Exit {
    value: Option<ValueId>,
    locals: Option<SmallVec<[ValueId; 24]>>,
    always: Option<Facts>,
}

/// What leaves a loop by `break`, and what starts its next round by `continue`.
#[derive(Default)]
struct LoopExit {
    value: Option<ValueId>,
    broken: Option<State>,
    continued: Option<State>,
}

/// So many assumptions it takes that a conversion refuses nothing that matters.
const CONVERTED: u8 = 2;

/// An evaluation visits at most this many expressions for each one of the body: closures and loops repeat.
const ROUNDS: u32 = 24;
/// The lists of an evaluation with more values than these are not kept for the next.
const MOST_SPARED: usize = 1 << 12;
/// Enough for all that people write; see `most_values`.
const MOST_VALUES: usize = 1 << 17;
/// So many checks are known at one point; further ones are forgotten.
const MOST_FACTS: usize = 512;
/// A function tells its callers so many of the checks that it makes whatever it returns.
const MOST_FACTS_TOLD: usize = 128;
/// So many parts of one value are told apart by what was checked of them.
const MOST_CHECKED_PARTS: usize = 96;
/// And so many more for each expression.
const VALUES: usize = 32;

impl<'a> Evaluator<'a> {
    fn new(
        cx: Context<'a>,
        def: DefId,
        file: FileId,
        ir: &'a SourceIr,
        types: &'a BodyTypes,
        body: Body,
    ) -> Self {
        let state = State {
            locals: SmallVec::from_elem(ValueId::NOTHING, body.locals.len as usize),
            ..State::default()
        };
        let Spare { values, steps, mut last, parts } = SPARE.take();
        last.resize(body.exprs.len as usize, ValueId::NOTHING);
        Self {
            cx,
            def,
            file,
            ir,
            types,
            body,
            values,
            steps,
            state,
            exits: vec![Exit::default()],
            loops: Vec::new(),
            last,
            aliases: FxHashMap::default(),
            lists: FxHashMap::default(),
            parameters: Vec::new(),
            initial: Vec::new(),
            hits: Vec::new(),
            found_hits: FxHashMap::default(),
            hits_like: FxHashMap::default(),
            parts,
            closure_calls: Vec::new(),
            inputs: SmallVec::new(),
            receives: SmallVec::new(),
            unwrapped: None,
            filled: None,
            taken: FxHashMap::default(),
            conditions: Vec::new(),
            failed_by: FxHashSet::default(),
            refuses: SmallVec::new(),
            asked: Vec::new(),
            measured: Vec::new(),
            searched: Vec::new(),
            measured_lists: FxHashSet::default(),
            running: Vec::new(),
            holder: None,
            seen_closures: FxHashSet::default(),
            all_closures: Vec::new(),
            rounds: SmallVec::new(),
            guesses: 0,
            printing: 0,
            shown_variants: None,
            spread: 0,
            budget: (body.exprs.len + 64).saturating_mul(ROUNDS),
            most_values: MOST_VALUES + VALUES * body.exprs.len as usize,
        }
    }

    fn run(&mut self) {
        self.bind_parameters();
        // What a release does not hold does nothing there.
        if self.cx.semantics.item(self.def).attributes.iter().any(is_of_debug_builds) {
            return;
        }
        self.check_default_method();
        let result = self.eval(self.body.root);
        self.note_doubts(self.body.root);
        self.leave(result);
        self.run_unseen_closures();
    }

    /// A closure that nobody was seen to call may be called all the same.
    fn run_unseen_closures(&mut self) {
        let mut next = 0;
        while let Some((closure, _)) = self.all_closures.get(next).copied() {
            next += 1;
            if !self.seen_closures.contains(&closure) {
                self.state.dead = false;
                self.call_closure(closure, &[]);
            }
        }
    }

    fn bind_parameters(&mut self) {
        let Some(function) = self.cx.semantics.item(self.def).as_fn() else { return };
        let signature = self.cx.semantics.signature(self.def);
        let sources = sources::of_parameters(self.cx, self.def, function);
        let delivered = sources::delivered(self.cx, self.def);
        let mut number = 0u16;
        if let Some(local) = self.body.self_local {
            let value = self.parameter(number, self.ir.local(local).name, self.ir.local(local).span, None);
            self.initial.push(value);
            self.parameters.push(Some(local));
            self.set_local(local, value);
            number += 1;
        } else if matches!(function.self_param, Some(SelfParam::Value | SelfParam::Ref | SelfParam::RefMut)) {
            number += 1;
        }
        for (index, param) in function.params.iter().enumerate() {
            let ty = signature.and_then(|signature| signature.params.get(index)).copied();
            let carries = ty.map_or(Carries::Text, |ty| self.cx.semantics.carries(ty));
            let kinds = ty.map_or(KindSet::ALL, |ty| self.carried_by_type(ty));
            let name = self.pattern_name(param.pat);
            let extracted = ty.and_then(|ty| self.extracted(ty, name, self.ir.pat_span(param.pat)));
            let value = match sources.get(index).copied().flatten() {
                _ if kinds.is_empty() => self.constrained(),
                _ if extracted.is_some() => extracted.unwrap_or_default(),
                Some(source) => self.source(source, name, self.ir.pat_span(param.pat)),
                None => self.parameter(number, name, self.ir.pat_span(param.pat), ty),
            };
            if let Some(source) = sources.get(index).copied().flatten() {
                self.inputs.push((index as u16, source));
            }
            let value = match delivered.filter(|_| index == 0) {
                Some(ty) => self.received(ty, value, name, self.ir.pat_span(param.pat)),
                None => value,
            };
            let value = if carries == Carries::Text { value } else { self.restricted(value, kinds) };
            let value = ty.map_or(value, |ty| self.checked(value, ty));
            let value =
                ty.map_or(value, |ty| self.with_type_source(value, ty, name, self.ir.pat_span(param.pat)));
            let safe = ty.map_or(KindSet::NONE, |ty| sources::checked_by_attribute(self.cx, self.def, ty));
            let value = if safe.is_empty() { value } else { self.without(value, safe) };
            if let Pat::Bind { local, .. } = self.ir.pat(param.pat) {
                self.initial.push(value);
                self.parameters.push(Some(local));
                self.set_local(local, value);
            } else {
                self.initial.push(ValueId::NOTHING);
                self.parameters.push(None);
                self.bind(param.pat, value);
            }
            number += 1;
        }
    }

    /// What the workspace's own extractor makes of a request.
    fn extracted(&mut self, ty: Ty, name: Symbol, span: Span) -> Option<ValueId> {
        let (method, source) = sources::extraction(self.cx, ty)?;
        self.cx.summary(method)?;
        let request = self.source(source, name, span);
        let made = self.call_function(method, &[request], span, &[None]);
        let made = self.payload(made);
        Some(made)
    }

    fn parameter(&mut self, number: u16, name: Symbol, span: Span, ty: Option<Ty>) -> ValueId {
        let step = self.step(None, span, StepKind::Parameter(name));
        let origins = SmallVec::from_elem(origin(Root::Parameter(number), step), 1);
        let callables = match ty.map(Ty::kind) {
            Some(TyKind::FnPtr { .. } | TyKind::Param { .. } | TyKind::Bounds(_) | TyKind::Unknown) => {
                SmallVec::from_elem(Callable::Parameter(number), 1)
            }
            _ => SmallVec::new(),
        };
        self.values.push(Value { text: Text::Constant, origins, callables, ..Value::default() })
    }

    /// What an extractor that checks its content leaves of the dangers.
    fn checked(&mut self, value: ValueId, ty: Ty) -> ValueId {
        let rows = &self.cx.models.checked_parameters;
        let TyKind::External { path, .. } = ty.kind() else { return value };
        let Some(kinds) = rows.get(path) else { return value };
        let kinds = self.cx.kinds(kinds);
        self.without(value, kinds)
    }

    fn source(&mut self, source: Source, name: Symbol, span: Span) -> ValueId {
        self.source_in_part(source, name, span, None)
    }

    fn source_in_part(
        &mut self,
        source: Source,
        name: Symbol,
        span: Span,
        part: Option<(u16, AccessPath)>,
    ) -> ValueId {
        let open = self.cx.models.kinds.of_class(source.class);
        if open.is_empty() {
            return ValueId::NOTHING;
        }
        let step = self.step(None, span, StepKind::Source(SourceStep { source, name, part }));
        self.values.of_origin(Origin { open, ..origin(Root::Source(step), step) })
    }

    /// The value, and what its type alone tells: the text of an internal error is a source wherever it turns up.
    fn with_type_source(&mut self, value: ValueId, ty: Ty, name: Symbol, span: Span) -> ValueId {
        let Some(source) = sources::of_value(self.cx, ty) else { return value };
        let open = self.cx.models.kinds.of_class(source.class);
        let is_known = |origin: &Origin| {
            matches!(origin.root, Root::Source(_))
                && !origin.open.is_empty()
                && open.without(origin.open).is_empty()
        };
        let origins = self.values.origins_of(value);
        if open.is_empty() || origins.iter().any(is_known) {
            return value;
        }
        // Of a parameter it is known here that it holds none.
        let is_cleared =
            |origin: &Origin| matches!(origin.root, Root::Parameter(_)) && !origin.open.meets(open);
        if !origins.is_empty() && origins.iter().all(is_cleared) {
            return value;
        }
        let part = match self.values.origins_of(value) {
            [Origin { root: Root::Parameter(index), path, .. }] if !path.is_empty() => Some((*index, *path)),
            _ => None,
        };
        let made = self.source_in_part(source, name, span, part);
        if value == ValueId::NOTHING { made } else { self.values.join(value, made) }
    }

    /// The field of a value, and what the type of the value tells: a row is read of what was stored before.
    fn with_row_source(&mut self, field: ValueId, base: ExprId, name: Symbol, span: Span) -> ValueId {
        let rows = &self.cx.models.row_sources;
        let value = self.values.get(field);
        let is_known = |origin: &Origin| matches!(origin.root, Root::Source(_));
        if rows.is_empty()
            || value.text == Text::Constant && value.origins.is_empty() && field != ValueId::NOTHING
        {
            return field;
        }
        if value.origins.iter().any(is_known) {
            return field;
        }
        let TyKind::Adt { def, .. } = self.types.expr(base).kind() else { return field };
        let item = self.cx.semantics.item(*def);
        let Some((_, source)) = rows.iter().find(|(derive, _)| item.derives(derive.as_str())) else {
            return field;
        };
        let made = self.source(*source, name, span);
        if field == ValueId::NOTHING { made } else { self.values.join(field, made) }
    }

    fn constrained(&mut self) -> ValueId {
        self.values.of_text(Text::Constrained)
    }

    fn step(&mut self, previous: Option<StepId>, span: Span, kind: StepKind) -> StepId {
        self.steps.push(Step { previous, at: FileSpan { file: self.file, span }, kind })
    }

    /// The value with a further step on every way.
    fn stepped(&mut self, id: ValueId, span: Span, kind: StepKind) -> ValueId {
        if self.values.origins_of(id).is_empty() {
            return id;
        }
        let at = self.place_of_span(span);
        let steps = &mut self.steps;
        self.values.with_origins(id, |origin| {
            let step = steps.push(Step { previous: Some(origin.step), at, kind });
            Some(Origin { step, ..origin })
        })
    }

    fn set_local(&mut self, local: LocalId, value: ValueId) {
        if let Some(slot) = self.local_slot(local) {
            self.state.locals[slot] = value;
        }
    }

    fn local_slot(&self, local: LocalId) -> Option<usize> {
        let slot = local.index().checked_sub(self.body.locals.start as usize)?;
        (slot < self.state.locals.len()).then_some(slot)
    }

    /// The value of a local, less what was checked since.
    fn local(&mut self, local: LocalId) -> ValueId {
        let value = self.local_slot(local).map_or(ValueId::NOTHING, |slot| self.state.locals[slot]);
        self.narrowed(value)
    }

    fn narrowed(&mut self, id: ValueId) -> ValueId {
        if self.state.cleared.is_empty() {
            return id;
        }
        let value = self.values.get(id);
        let is_about = |fact: &&Fact| value.origins.iter().any(|origin| origin.root == fact.root);
        let about: Facts = self.state.cleared.iter().filter(is_about).copied().collect();
        let cleared = |origin: &Origin| kinds_of(&about, origin.root, origin.path);
        let own = !about.is_empty() && value.origins.iter().any(|origin| origin.open.meets(cleared(origin)));
        // A check of one part of a whole: the part is replaced.
        let parts = about.iter().filter(|fact| {
            value.origins.iter().any(|origin| {
                origin.root == fact.root && origin.path != fact.path && origin.path.covers(&fact.path)
            })
        });
        let parts: SmallVec<[Fact; 2]> = parts.copied().take(MOST_CHECKED_PARTS).collect();
        let mut id = id;
        if own {
            let text = value.text;
            id = self.values.with_origins(id, |origin| {
                let open = origin.open.without(cleared(&origin));
                (!open.is_empty()).then_some(Origin { open, ..origin })
            });
            if self.values.origins_of(id).is_empty() {
                self.values.set_text(id, text.min(Text::Constrained));
            }
        }
        if !parts.is_empty() {
            if !own {
                id = self.values.copy(id);
            }
            self.narrow_by_parts(id, &parts);
        }
        if !self.values.fields_of(id).is_empty() {
            id = self.narrowed_parts(id);
        }
        id
    }

    /// Replaces the parts that were checked in a value that nothing else speaks of yet.
    fn narrow_by_parts(&mut self, id: ValueId, parts: &[Fact]) {
        for fact in parts {
            let value = self.values.get(id);
            let above =
                value.origins.iter().find(|origin| origin.root == fact.root).map(|origin| origin.path);
            let Some(above) = above else { continue };
            let rest: SmallVec<[Symbol; 3]> = fact.path.names().skip(above.names().count()).collect();
            let Some((first, inner)) = rest.split_first() else { continue };
            let old = self.values.part(id, *first);
            let part = inner.iter().fold(old, |part, name| self.values.part(part, *name));
            let part = self.without(part, fact.kinds);
            let part = self.values.with_part_at(old, inner, part);
            self.values.set_part(id, *first, part);
        }
    }

    fn narrowed_parts(&mut self, id: ValueId) -> ValueId {
        let mut fields: SmallVec<[(Symbol, ValueId); 4]> = SmallVec::from_slice(self.values.fields_of(id));
        let mut is_new = false;
        for (_, part) in &mut fields {
            if !self.values.origins_of(*part).is_empty() {
                let narrowed = self.narrowed(*part);
                is_new |= narrowed != *part;
                *part = narrowed;
            }
        }
        if is_new { self.values.with_fields(id, &fields) } else { id }
    }

    /// The value without danger for some kinds.
    fn without(&mut self, id: ValueId, kinds: KindSet) -> ValueId {
        let value = self.values.get(id);
        if value.origins.is_empty() && value.fields.is_empty() {
            return id;
        }
        let mut fields: SmallVec<[(Symbol, ValueId); 4]> = SmallVec::from_slice(value.fields);
        let mut id = self.values.with_origins(id, |origin| {
            let open = origin.open.without(kinds);
            (!open.is_empty()).then_some(Origin { open, ..origin })
        });
        if self.values.origins_of(id).is_empty() {
            self.values.set_text(id, Text::Constrained);
        }
        if !fields.is_empty() {
            for (_, part) in &mut fields {
                *part = self.without(*part, kinds);
            }
            id = self.values.with_fields(id, &fields);
        }
        id
    }

    /// The kinds for which a value of a type may be dangerous.
    fn carried_by_type(&self, ty: Ty) -> KindSet {
        let carries = self.cx.semantics.carries(ty);
        match ty.kind() {
            TyKind::Scalar(_) => self.cx.models.kinds.carried_alone(carries),
            _ => self.cx.models.kinds.carried_by(carries),
        }
    }

    /// Cuts what the type of an expression cannot carry.
    fn cut(&mut self, id: ValueId, ty: Ty) -> ValueId {
        if id == ValueId::NOTHING || self.values.is_plain(id) {
            return id;
        }
        let carries = self.cx.semantics.carries(ty);
        if carries != Carries::Text {
            return self.restricted(id, self.carried_by_type(ty));
        }
        if sources::is_read_by_conversion(self.cx, ty) { self.converted(id) } else { id }
    }

    /// What was read by way of a conversion that may have refused it: that it did not is an assumption.
    pub(super) fn converted(&mut self, id: ValueId) -> ValueId {
        if !self.is_open_source(id) {
            return id;
        }
        self.values.with_origins(id, |origin| {
            let assumed = if is_open_source(&origin) { CONVERTED } else { origin.assumed };
            Some(Origin { assumed, ..origin })
        })
    }

    /// What a conversion of the project's own made of what it did not refuse, wherever it put it.
    pub(super) fn converted_within(&mut self, id: ValueId) -> ValueId {
        let mut fields: SmallVec<[(Symbol, ValueId); 4]> = SmallVec::from_slice(self.values.get(id).fields);
        for (name, part) in &mut fields {
            if *name != sym::ERR && !self.values.is_plain(*part) {
                *part = self.converted_within(*part);
            }
        }
        let id = if fields.is_empty() { id } else { self.values.with_fields(id, &fields) };
        self.converted(id)
    }

    /// A field of a value: what its own reader refused is not known.
    pub(super) fn read_by_refusal(&mut self, part: ValueId, of: DefId, field: Symbol) -> ValueId {
        let is_read = self.is_open_source(part) && sources::is_field_read_by_refusal(self.cx, of, field);
        if is_read { self.converted(part) } else { part }
    }

    /// Whether a value comes of a source or from a caller, and nothing is assumed of it.
    fn is_open_source(&self, id: ValueId) -> bool {
        self.values.origins_of(id).iter().any(is_open_source)
    }

    /// What no text can be, and what is dangerous for these kinds only.
    fn restricted(&mut self, id: ValueId, kinds: KindSet) -> ValueId {
        let value = self.values.get(id);
        let is_within = value.text <= Text::Constrained
            && value.fields.is_empty()
            && value.tail == value.constant
            && !value.built
            && value.origins.iter().all(|origin| origin.open.without(kinds).is_empty());
        if is_within {
            return id;
        }
        let mut cut = Value {
            text: value.text.min(Text::Constrained),
            constant: value.constant,
            tail: value.constant,
            if_success: SmallVec::from_slice(value.if_success),
            if_failure: SmallVec::from_slice(value.if_failure),
            outcome: value.outcome,
            callables: SmallVec::from_slice(value.callables),
            // The text of an error travels beside a payload that carries none; what is fixed does no harm.
            fields: value
                .fields
                .iter()
                .filter(|(name, part)| *name == sym::ERR || self.values.is_plain(*part))
                .copied()
                .collect(),
            ..Value::default()
        };
        if !kinds.is_empty() {
            let origins = value
                .origins
                .iter()
                .map(|origin| Origin { open: origin.open.intersection(kinds), ..*origin });
            cut.origins = origins.filter(|origin| !origin.open.is_empty()).collect();
            let fields: SmallVec<[(Symbol, ValueId); 4]> = SmallVec::from_slice(value.fields);
            for (name, part) in fields {
                if name == sym::ERR || self.values.is_plain(part) {
                    continue;
                }
                let part = self.restricted(part, kinds);
                if !self.values.is_plain(part) || !cut.origins.is_empty() {
                    cut.fields.push((name, part));
                }
            }
        }
        self.values.push(cut)
    }

    fn assume(&mut self, facts: &Facts) {
        if self.state.cleared.len() + facts.len() <= MOST_FACTS {
            add(&mut self.state.cleared, facts);
        }
    }

    fn assume_success(&mut self, id: ValueId) {
        let facts: Facts = SmallVec::from_slice(self.values.if_success_of(id));
        self.assume(&facts);
    }

    fn assume_failure(&mut self, id: ValueId) {
        let facts: Facts = SmallVec::from_slice(self.values.if_failure_of(id));
        self.assume(&facts);
    }

    /// Joins another state into this one.
    fn join_states(&mut self, a: State, b: State) -> State {
        if a.dead {
            return b;
        }
        if b.dead {
            return a;
        }
        let mut locals = a.locals;
        for (all, other) in locals.iter_mut().zip(&b.locals) {
            if all != other {
                *all = self.values.join(*all, *other);
            }
        }
        // What one branch knows of variants is forgotten where branches meet.
        let variants = if a.variants == b.variants { a.variants } else { SmallVec::new() };
        State { locals, cleared: common(&a.cleared, &b.cleared), variants, dead: false }
    }

    /// A value leaves the innermost body, closure or async block.
    fn leave(&mut self, value: ValueId) {
        if self.state.dead {
            return;
        }
        self.note_failure(value);
        // What was checked after the value was made holds for it too.
        let value = self.narrowed(value);
        let value = self.with_known_facts(value);
        let Some(mut exit) = self.exits.pop() else { return };
        exit.value = Some(exit.value.map_or(value, |old| self.values.join(old, value)));
        exit.locals = Some(match exit.locals {
            None => SmallVec::from_slice(&self.state.locals),
            // Of what leaves the function nobody asks for more than what it left in its parameters.
            Some(mut old) if self.exits.is_empty() => {
                for number in 0..self.parameters.len() {
                    let slot = self.parameters[number].and_then(|local| self.local_slot(local));
                    if let Some(slot) = slot
                        && old[slot] != self.state.locals[slot]
                    {
                        old[slot] = self.values.join(old[slot], self.state.locals[slot]);
                    }
                }
                old
            }
            Some(mut old) => {
                for (all, here) in old.iter_mut().zip(&self.state.locals) {
                    if all != here {
                        *all = self.values.join(*all, *here);
                    }
                }
                old
            }
        });
        exit.always = Some(match exit.always {
            None => self.state.cleared.clone(),
            Some(old) => common(&old, &self.state.cleared),
        });
        self.exits.push(exit);
    }

    /// What is known where a value is returned holds whenever the caller sees that outcome.
    fn with_known_facts(&mut self, id: ValueId) -> ValueId {
        let facts = self.state.cleared.clone();
        self.with_facts_of_outcome(id, &facts)
    }

    /// The value with what is known whichever of its outcomes it has.
    fn with_facts_of_outcome(&mut self, id: ValueId, facts: &Facts) -> ValueId {
        if facts.is_empty() {
            return id;
        }
        let value = self.values.get(id);
        let (mut success, mut failure): (Facts, Facts) =
            (SmallVec::from_slice(value.if_success), SmallVec::from_slice(value.if_failure));
        if value.outcome != Outcome::Failure {
            add(&mut success, facts);
        }
        if value.outcome != Outcome::Success {
            add(&mut failure, facts);
        }
        self.values.with_facts(id, &success, &failure)
    }

    /// A variable that comes out of a branch as `true` tells that the branch was taken, and what was checked there.
    fn with_branch_facts_of_locals(&mut self, branch: &mut State, other: &State) {
        if branch.dead || branch.cleared.is_empty() {
            return;
        }
        let facts = self.facts_of_every_round(&branch.cleared);
        for (value, unlike) in branch.locals.iter_mut().zip(&other.locals) {
            if value != unlike && self.values.get(*value).outcome != Outcome::Open {
                *value = self.with_facts_of_outcome(*value, &facts);
            }
        }
    }

    /// Those facts that do not speak of what is another thing in the next round of a loop.
    fn facts_of_every_round(&self, facts: &Facts) -> Facts {
        if !self.running.is_empty() || self.rounds.iter().any(Option::is_none) {
            return Facts::new();
        }
        let items: SmallVec<[ValueId; 2]> = self.rounds.iter().flatten().copied().collect();
        items.into_iter().fold(facts.clone(), |facts, items| self.facts_beside(&facts, items))
    }

    fn die(&mut self) {
        self.state.dead = true;
    }

    fn finish(mut self) -> FunctionSummary {
        let exit = self.exits.pop().unwrap_or_default();
        let mut summary = FunctionSummary { diverges: exit.value.is_none(), ..FunctionSummary::default() };
        if let Some(value) = exit.value {
            let ret = self.cx.semantics.signature(self.def).map(|signature| signature.ret);
            let value = ret.map_or(value, |ret| self.cut(value, ret));
            summary.result = Exported::new(&self.values, value);
        }
        if let Some(locals) = exit.locals {
            summary.outputs = self.outputs(&locals);
        }
        self.mark_escaped(&mut summary);
        let about_parameters = |fact: &Fact| matches!(fact.root, Root::Parameter(_));
        let always = exit.always.unwrap_or_default().into_iter().filter(about_parameters);
        summary.always = always.take(MOST_FACTS_TOLD).collect();
        summary.hits = std::mem::take(&mut self.hits);
        summary.closure_calls = std::mem::take(&mut self.closure_calls);
        summary.measures = self.measured_parameters().into_boxed_slice();
        summary.refuses = std::mem::take(&mut self.refuses).into_boxed_slice();
        summary.inputs = std::mem::take(&mut self.inputs).into_boxed_slice();
        summary.receives = std::mem::take(&mut self.receives).into_boxed_slice();
        summary.named_checks = self.named_checks();
        summary.named_lookups = self.named_lookups();
        summary.converted = self.converted_parameters();
        summary.compact(&self.steps);
        summary.hits.shrink_to_fit();
        summary.outputs.shrink_to_fit();
        summary.closure_calls.shrink_to_fit();
        let Self { mut values, mut steps, mut last, mut parts, .. } = self;
        // What a very large function took is given back.
        if values.len() <= MOST_SPARED {
            values.clear();
            steps.clear();
            last.clear();
            parts.clear();
            SPARE.set(Spare { values, steps, last, parts });
        }
        summary
    }

    /// See [`FunctionSummary::named_checks`].
    fn named_checks(&self) -> Box<[KindSet]> {
        let name = self.cx.semantics.def_map.name(self.def).as_str();
        let checks = self.cx.models.named_checks.iter().filter(|check| text::has(name, check.word));
        checks.map(|check| self.cx.kinds(&check.kinds)).collect()
    }

    /// See [`FunctionSummary::converted`].
    fn converted_parameters(&self) -> Box<[u16]> {
        let Some(signature) = self.cx.semantics.signature(self.def) else { return Box::default() };
        let types = (0u16..).zip(signature.self_ty.iter().chain(signature.params.iter()));
        let converted = types.filter(|(_, ty)| sources::is_read_by_conversion(self.cx, **ty));
        converted.map(|(number, _)| number).collect()
    }

    /// What is left in parameters beyond what was in them.
    fn outputs(&mut self, locals: &[ValueId]) -> Vec<(u16, Exported)> {
        let mut outputs = Vec::new();
        let offset = u16::from(self.body.self_local.is_none() && self.takes_self());
        for (index, local) in self.parameters.clone().into_iter().enumerate() {
            let number = index as u16 + offset;
            let Some(slot) = local.and_then(|local| self.local_slot(local)) else { continue };
            let (before, after) = (self.initial[index], locals[slot]);
            if before == after {
                continue;
            }
            let mut exported = Exported::new(&self.values, after);
            let own = |origin: &Origin| origin.root == Root::Parameter(number) && origin.path.is_empty();
            exported.origins = exported.origins.iter().filter(|origin| !own(origin)).collect();
            exported.tells.call_nothing();
            if !exported.is_plain() {
                outputs.push((number, exported));
            }
        }
        outputs
    }

    fn takes_self(&self) -> bool {
        self.cx.semantics.item(self.def).as_fn().is_some_and(|function| function.self_param.is_some())
    }

    fn span(&self, expr: ExprId) -> Span {
        self.ir.expr_span(expr)
    }

    fn place_of_span(&self, span: Span) -> FileSpan {
        FileSpan { file: self.file, span }
    }

    fn type_of_ref(&self, ty: ward_syntax::TypeRefId) -> Ty {
        self.cx.semantics.resolve_type(self.def, ty)
    }
}

/// A fresh origin: nothing assumed, dangerous for every kind.
fn origin(root: Root, step: StepId) -> Origin {
    Origin {
        root,
        path: AccessPath::EMPTY,
        open: KindSet::ALL,
        step,
        assumed: 0,
        hole: None,
        outer: None,
        escaped: None,
        lead: ward_syntax::sym::EMPTY,
    }
}

fn is_open_source(origin: &Origin) -> bool {
    !matches!(origin.root, Root::ClosureReturn(_)) && origin.assumed < CONVERTED
}
