//! Calls of workspace functions, by their summaries.

use smallvec::SmallVec;
use ward_semantics::{DefId, Ty, TyKind};
use ward_syntax::{Expr, ExprId, FileSpan, Span, Symbol, sym};

use super::Evaluator;
use super::calls::Inputs;
use crate::models::{Asked, Sink, SourceClass};
use crate::sources;
use crate::step::StepKind;
use crate::summary::{FunctionSummary, Hit, Message, Part};
use crate::value::{AccessPath, Fact, Facts, Hole, Origin, Root, ValueId, joined_shape};

/// A function follows its callees' hits up to this many of one kind.
const MOST_HITS: usize = 64;
/// Lines of text are printed everywhere, and matter less.
const MOST_LINES: usize = 16;
/// A call through a trait looks at this many implementations.
const MOST_TARGETS: usize = 24;
/// A function's name of this length says what it does.
const LONG_NAME: usize = 10;
/// More inputs than these, the receiver counted, are seldom those of another function of the same name.
const MANY_INPUTS: usize = 3;
/// Where a trait has more implementations, that it is the one with the sink is an assumption.
const FEW_TARGETS: usize = 6;

impl Evaluator<'_> {
    pub(super) fn call_workspace(&mut self, targets: &[DefId], inputs: &Inputs, span: Span) -> ValueId {
        let values: SmallVec<[ValueId; 4]> = inputs.iter().map(|input| input.1).collect();
        let exprs: SmallVec<[Option<ExprId>; 4]> = inputs.iter().map(|input| input.0).collect();
        if let [target] = targets {
            return self.call_function(*target, &values, span, &exprs);
        }
        let mut result = None;
        let many = u8::from(targets.len() > FEW_TARGETS);
        self.spread += many;
        for target in targets.iter().take(MOST_TARGETS) {
            let before = self.state.cleared.clone();
            let one = self.call_function(*target, &values, span, &exprs);
            self.state.cleared = before;
            self.state.dead = false;
            // What is not written yet is none of those that return something.
            if self.cx.summary(*target).is_some_and(|summary| summary.diverges) {
                continue;
            }
            result = Some(match result {
                Some(all) => self.values.join(all, one),
                None => one,
            });
        }
        self.spread -= many;
        result.unwrap_or_default()
    }

    /// Calls functions that fit by name and number of arguments only: what comes of it is by name alone.
    pub(super) fn call_guessed(&mut self, targets: &[DefId], inputs: &Inputs, span: Span) -> ValueId {
        let name = targets.first().map_or("", |target| self.cx.semantics.def_map.name(*target).as_str());
        // A name of several words and several arguments are seldom another's.
        let is_telling = name.len() >= LONG_NAME && name.contains('_') && inputs.len() > MANY_INPUTS;
        let guesses = if is_telling { 1 } else { 2 };
        self.guesses += guesses;
        let result = self.call_workspace(targets, inputs, span);
        self.guesses -= guesses;
        result
    }

    /// Applies a function's summary. Arguments count `self` first; their expressions are written to where
    /// the function changes what it is given.
    pub(super) fn call_function(
        &mut self,
        def: DefId,
        values: &[ValueId],
        span: Span,
        exprs: &[Option<ExprId>],
    ) -> ValueId {
        let cx = self.cx;
        let Some(summary) = cx.summary(def) else {
            return ValueId::NOTHING;
        };
        let values = &self.given_by_conversion(summary, values);
        let mut closures: SmallVec<[(u16, ValueId); 2]> = SmallVec::new();
        for call in &summary.closure_calls {
            let Some(closure) = values.get(usize::from(call.parameter)).copied() else { continue };
            let arguments: SmallVec<[ValueId; 4]> = call
                .arguments
                .iter()
                .map(|argument| self.instantiate(argument, def, values, span, &closures))
                .collect();
            let result = self.call_value(closure, &arguments, span);
            match closures.iter_mut().find(|(parameter, _)| *parameter == call.parameter) {
                Some((_, all)) => *all = self.values.join(*all, result),
                None => closures.push((call.parameter, result)),
            }
        }
        for (parameter, output) in &summary.outputs {
            let Some(expr) = exprs.get(usize::from(*parameter)).copied().flatten() else { continue };
            let value = self.instantiate(output, def, values, span, &closures);
            if let Some(place) = self.place(expr) {
                self.join_place(&place, value);
            }
        }
        for (index, hit) in summary.hits.iter().enumerate() {
            self.lift(def, index as u32, hit, values, exprs, span);
        }
        let always = self.facts_here(&summary.always, values);
        self.assume(&always);
        self.assume_checked(summary, values);
        self.note_check(def, &summary.measures, values);
        let result = self.instantiate(&summary.result, def, values, span, &closures);
        let result = self.found_by_name(def, summary, values, result);
        let result = self.decoded(def, values, result, span);
        let result = if self.values.is_plain(result) || !sources::converts(self.cx, def) {
            result
        } else {
            self.converted_within(result)
        };
        if summary.diverges && def != self.def {
            self.die();
        }
        result
    }

    /// What a function gives back that decodes a text by its name, character by character: the text that it was given.
    fn decoded(&mut self, def: DefId, values: &[ValueId], result: ValueId, span: Span) -> ValueId {
        let [given] = values else { return result };
        let name = self.cx.semantics.def_map.name(def);
        let decodes = ["decode", "unescape", "unquote"].iter().any(|word| name.as_str().contains(word));
        if !decodes || self.values.is_plain(*given) || !self.goes_by_letters(def) {
            return result;
        }
        let texts = self.cx.models.kinds.of_text();
        if self.values.flatten(result).iter().any(|origin| origin.open.meets(texts)) {
            return result;
        }
        let Some(signature) = self.cx.semantics.signature(def) else { return result };
        let carried = self.carried_by_type(signature.ret);
        let input = signature.self_ty.iter().chain(signature.params.iter()).next();
        if !input.is_some_and(|ty| is_written(*ty)) || !is_written(signature.ret) {
            return result;
        }
        let inputs: Inputs = SmallVec::from_elem((None, *given), 1);
        let made = self.assumed_of(&inputs, span, name);
        let made = self.restricted(made, carried);
        self.values.join(result, made)
    }

    /// Whether a function goes through a text letter by letter, and puts letters one behind the other.
    fn goes_by_letters(&self, def: DefId) -> bool {
        let Some((file, body)) = self.cx.body(def) else { return false };
        let ir = self.cx.semantics.ir(file);
        let calls = |names: &[&str]| {
            let is_one = |expr: &Expr| matches!(expr, Expr::MethodCall { method, .. } if names.contains(&method.as_str()));
            ir.body(body).exprs.of(&ir.exprs).iter().any(is_one)
        };
        calls(&["push"]) && calls(&["chars", "bytes", "char_indices", "as_bytes"])
    }

    /// What a function is given, with what was read by a conversion known by the types of its parameters.
    fn given_by_conversion(
        &mut self,
        summary: &FunctionSummary,
        values: &[ValueId],
    ) -> SmallVec<[ValueId; 4]> {
        let mut given: SmallVec<[ValueId; 4]> = SmallVec::from_slice(values);
        for number in &summary.converted {
            if let Some(value) = given.get_mut(usize::from(*number)) {
                *value = self.converted(*value);
            }
        }
        given
    }

    /// A function that is known by its name for a check that cannot be read from its body: what it was asked is
    /// taken to be checked, whatever it answers.
    fn assume_checked(&mut self, summary: &FunctionSummary, values: &[ValueId]) {
        for kinds in summary.named_checks.iter().copied() {
            for value in values {
                let origins = self.values.flatten(*value);
                let facts = origins.iter().map(|origin| Fact { root: origin.root, path: origin.path, kinds });
                let facts: Facts = facts.collect();
                self.assume(&facts);
            }
        }
    }

    /// What a function that is known by its name for a lookup returns.
    fn found_by_name(
        &mut self,
        def: DefId,
        summary: &FunctionSummary,
        values: &[ValueId],
        result: ValueId,
    ) -> ValueId {
        let kinds = summary.named_lookups;
        let Some(signature) = self.cx.semantics.signature(def).filter(|_| !kinds.is_empty()) else {
            return result;
        };
        let facts = self.facts_of_values(values, kinds);
        self.found(result, signature.ret, &facts)
    }

    /// A sink of a called function that one of the arguments reaches.
    ///
    /// A function that hands on a whole statement is no place to repair anything: the finding stands where the
    /// statement, built by then, is given to it.
    fn lift(
        &mut self,
        callee: DefId,
        index: u32,
        hit: &Hit,
        values: &[ValueId],
        exprs: &[Option<ExprId>],
        span: Span,
    ) {
        let Root::Parameter(parameter) = hit.origin.root else { return };
        let number = usize::from(parameter);
        let Some(value) = values.get(number).copied() else { return };
        let is_error = hit.origin.path.names().next() == Some(sym::ERR);
        if self.state.dead || !is_error && !self.values.may_have_origins(value) {
            return;
        }
        let given = exprs.get(number).copied().flatten();
        let value = self.part_given(value, given, hit.origin.path);
        let kind = self.cx.kind(hit.sink.kind);
        let reaching: SmallVec<[(Option<Message>, Origin); 4]> = match hit.message {
            Some(Message { ty, part }) => self
                .parts(value)
                .into_iter()
                .map(|(inner, origin)| (Some(Message { ty, part: part.join(inner) }), origin))
                .collect(),
            None => self.reaching(&hit.sink, value).into_iter().map(|origin| (None, origin)).collect(),
        };
        for (message, origin) in reaching {
            let open = origin.open.intersection(hit.origin.open);
            if open.is_empty() || (message.is_none() && !open.meets(kind)) {
                continue;
            }
            if self.is_asked_for(&hit.sink) && self.is_measured_origin(&origin) {
                continue;
            }
            let mut lifted = Hit {
                next: Some((callee, index)),
                calls: hit.calls.saturating_add(1),
                message,
                ..hit.clone()
            };
            let is_statement = hit.sink.asked == Asked::Always
                && self.cx.models.kinds.of_class(SourceClass::Request).meets(kind)
                && !self.is_of_operator(&hit.sink);
            if is_statement && hit.part.is_none() && hit.origin.hole.is_none() && origin.hole.is_some() {
                let at = exprs.get(number).copied().flatten().map_or(span, |expr| self.span(expr));
                lifted.place = self.place_of_span(at);
                lifted.function = self.def;
                lifted.callee = self.cx.semantics.def_map.name(callee);
            }
            let step =
                self.step(Some(origin.step), span, StepKind::Through { callee, inner: hit.origin.step });
            lifted.origin = Origin {
                step,
                open,
                assumed: origin
                    .assumed
                    .saturating_add(hit.origin.assumed)
                    .saturating_add(self.guesses)
                    .saturating_add(self.spread),
                hole: origin.hole.or(hit.origin.hole),
                outer: outer(&origin, &hit.origin),
                escaped: hit.origin.escaped.or(origin.escaped),
                lead: joined_shape(hit.origin.lead, origin.lead),
                ..origin
            };
            self.record(lifted);
        }
    }

    /// A part of an argument; of an error in a result its type tells, too.
    fn part_given(&mut self, value: ValueId, given: Option<ExprId>, path: AccessPath) -> ValueId {
        let error = given.filter(|_| path.names().next() == Some(sym::ERR)).and_then(|given| {
            let error = *self.types.expr(given).as_external("std::result::Result")?.get(1)?;
            Some((error, self.span(given)))
        });
        let Some((ty, span)) = error else { return self.part_of_input(value, path) };
        let part = self.values.part(value, sym::ERR);
        let part = self.with_type_source(part, ty, sym::ERR, span);
        path.names().skip(1).fold(part, |part, name| self.values.part(part, name))
    }

    /// Whether a sink's kind is one of an operator's: what panics is repaired where it does.
    fn is_of_operator(&self, sink: &Sink) -> bool {
        self.cx.models.operator_sinks.iter().any(|(_, row)| row.kind == sink.kind)
    }

    pub(super) fn record(&mut self, hit: Hit) {
        if matches!(hit.origin.root, Root::ClosureReturn(_)) || self.state.dead {
            return;
        }
        let rank = |hit: &Hit| (hit.origin.assumed, hit.calls);
        let found = FoundAs::of(&hit);
        match self.found_hits.get(&found).copied() {
            // Of several ways the surest, then the shortest: a way through a recursion is never that.
            Some(known) if rank(&hit) < rank(&self.hits[known]) => self.hits[known] = hit,
            None if self.has_room_for(&hit) => {
                *self.hits_like.entry((hit.message.is_some(), hit.sink.kind)).or_default() += 1;
                self.found_hits.insert(found, self.hits.len());
                self.hits.push(hit);
            }
            _ => {}
        }
    }

    /// Whether there are not too many hits of this sort: messages, and hits of one kind, take no room from the others.
    fn has_room_for(&self, hit: &Hit) -> bool {
        let lines = self.cx.models.kinds.escaped_by_debug();
        let most = if self.cx.kind(hit.sink.kind).meets(lines) { MOST_LINES } else { MOST_HITS };
        let like = self.hits_like.get(&(hit.message.is_some(), hit.sink.kind));
        like.is_none_or(|count| *count < most)
    }
}

/// What hits of one function have in common if they tell of the same.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct FoundAs {
    place: FileSpan,
    kind: Symbol,
    root: Root,
    path: AccessPath,
    escaped: Option<Symbol>,
    message: Option<Message>,
    part: Option<Part>,
}

impl FoundAs {
    fn of(hit: &Hit) -> Self {
        let Hit { place, message, part, .. } = *hit;
        let Origin { root, path, escaped, .. } = hit.origin;
        Self { place, kind: hit.sink.kind, root, path, escaped, message, part }
    }
}

/// The first telling hole around a text that was put into one already, where it goes on in a called function.
pub(super) fn outer(before: &Origin, inside: &Origin) -> Option<Hole> {
    let next = inside.hole.filter(|hole| before.hole.is_some() && hole.is_telling());
    before.outer.or(next).or(inside.outer)
}

/// Whether a type is a text or bytes, or a result that holds one.
fn is_written(ty: Ty) -> bool {
    match ty.kind() {
        TyKind::Str | TyKind::StaticStr => true,
        TyKind::Slice(element) => matches!(element.kind(), TyKind::Scalar(name) if name.as_str() == "u8"),
        TyKind::External { path, args } => match path.as_str() {
            "std::string::String" | "std::borrow::Cow" => true,
            "std::option::Option" | "std::result::Result" => {
                args.first().is_some_and(|inner| is_written(*inner))
            }
            "std::vec::Vec" => args
                .first()
                .is_some_and(|inner| matches!(inner.kind(), TyKind::Scalar(name) if name.as_str() == "u8")),
            _ => false,
        },
        _ => false,
    }
}
