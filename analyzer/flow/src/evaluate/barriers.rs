//! What a call clears: escapes, checks, parsed text, and what its outcome then proves.

use ward_semantics::{Carries, Ty, TyKind};
use ward_syntax::{Expr, Span, Symbol, sym};

use super::Evaluator;
use super::calls::ExternalCall;
use super::patterns::TRUTH;
use crate::models::{Barrier, Port, When};
use crate::sources;
use crate::value::{Callable, Fact, Facts, KindSet, Origin, Outcome, Text, Value, ValueId, add, kinds_of};

impl Evaluator<'_> {
    /// What is known of a receiver's outcome is known of what is made of it.
    pub(super) fn outcome_through(&mut self, call: &ExternalCall, result: ValueId) -> ValueId {
        let Some((_, receiver)) = call.receiver else { return result };
        let value = self.values.get(receiver);
        let known = !value.if_success.is_empty()
            || !value.if_failure.is_empty()
            || value.outcome != Outcome::Open
            || value.fields.iter().any(|(name, _)| *name == sym::ERR);
        if !known {
            return result;
        }
        let (success, failure): (Facts, Facts) = (value.if_success.into(), value.if_failure.into());
        let is_around = value.fields.iter().any(|(name, _)| name.as_str() == TRUTH);
        match call.name.as_str() {
            "unwrap_or" | "unwrap_or_default" if is_around => result,
            "ok" if is_around => self.with_outcome(result, &success, &failure),
            "is_ok" | "is_some" | "is_ok_and" | "is_some_and" => self.truth(success, failure),
            "is_err" | "is_none" => self.truth(failure, success),
            "unwrap" | "expect" => {
                self.assume(&success);
                let payload = self.payload(result);
                self.narrowed(payload)
            }
            "unwrap_or_else" if self.gets_nothing_else(call) => {
                self.assume(&success);
                let payload = self.payload(result);
                self.narrowed(payload)
            }
            "unwrap_or" | "unwrap_or_default" | "unwrap_or_else" | "clone" | "iter" | "into_iter" => {
                self.payload(result)
            }
            "ok" => {
                let kept = self.payload(result);
                self.with_outcome(kept, &success, &failure)
            }
            _ => self.with_outcome(result, &success, &failure),
        }
    }

    /// Whether the closure that should make another value never returns one: `unwrap_or_else(|| panic!(..))`.
    fn gets_nothing_else(&self, call: &ExternalCall) -> bool {
        let Some((Some(expr), _)) = call.args.first() else { return false };
        let Expr::Closure(closure) = self.ir.expr(*expr) else { return false };
        let body = self.ir.closure(closure).body;
        let last = match self.ir.expr(body) {
            Expr::Block { tail: Some(tail), .. } => tail,
            _ => body,
        };
        match self.ir.expr(last) {
            Expr::Format(format) => {
                let name = self.ir.format(format).path.last_segment();
                matches!(name, "panic" | "unreachable" | "todo" | "unimplemented")
            }
            _ => false,
        }
    }

    pub(super) fn with_outcome(&mut self, id: ValueId, if_success: &[Fact], if_failure: &[Fact]) -> ValueId {
        let value = self.values.get(id);
        let (mut success, mut failure): (Facts, Facts) = (value.if_success.into(), value.if_failure.into());
        add(&mut success, if_success);
        add(&mut failure, if_failure);
        self.values.with_facts(id, &success, &failure)
    }

    /// A text that parses as something that carries no text is harmless itself.
    pub(super) fn parsed(&mut self, call: &ExternalCall, result: ValueId) -> ValueId {
        if !parses(call.name) && !reads(call.name) {
            return result;
        }
        let input =
            call.receiver.map(|receiver| receiver.1).or_else(|| call.args.first().map(|input| input.1));
        let Some(input) = input else { return result };
        let ty = self.types.expr(call.expr);
        let payload = match ty.kind() {
            ward_semantics::TyKind::External { args, .. } => args.first().copied(),
            _ => None,
        };
        let carries = payload.map_or(Carries::Text, |ty| self.cx.semantics.carries(ty));
        if carries == Carries::Text {
            if !parses(call.name) {
                return result;
            }
            // What the parser of a type refuses of which nothing is known is not known, either.
            let is_unknown = |path: Symbol| !self.cx.semantics.externals.types.contains_key(&path);
            let is_foreign = payload.is_some_and(|ty| {
                matches!(ty.kind(), TyKind::External { path, .. } if !Self::is_text(ty) && is_unknown(*path))
            }) || owner_of(call).is_some_and(is_unknown);
            return if is_foreign { self.converted(result) } else { result };
        }
        let text = self.cx.models.kinds.of_text();
        let kinds = payload.map_or(KindSet::ALL, |ty| self.carried_by_type(ty));
        let mut if_success = self.all_of(input);
        if_success.iter_mut().for_each(|fact| fact.kinds = text.without(kinds));
        let mut parsed = Value { text: Text::Constrained, if_success, ..Value::default() };
        if !kinds.is_empty() {
            let result = self.restricted(result, kinds);
            parsed.origins = self.values.origins_of(result).into();
        }
        self.values.push(parsed)
    }

    /// The payload of an `Err`, as far as its type tells too.
    pub(super) fn error_of(&mut self, value: ValueId, ty: Ty, span: Span) -> ValueId {
        let error = self.values.part(value, sym::ERR);
        match ty.kind() {
            TyKind::External { path, args } if path.as_str() == "std::result::Result" => {
                let error_type = args.get(1).copied().unwrap_or_else(Ty::unknown);
                match self.unknown_error(error, error_type, span) {
                    known if known == error => self.with_type_source(error, error_type, sym::ERR, span),
                    made => made,
                }
            }
            TyKind::Unknown => self.unknown_error(error, ty, span),
            _ => error,
        }
    }

    /// An error of a type of which nothing is known, or nothing but that it is one, is an internal one.
    pub(super) fn unknown_error(&mut self, error: ValueId, ty: Ty, span: Span) -> ValueId {
        let Some(source) = sources::of_unknown_error(self.cx, ty) else { return error };
        if !self.values.get(error).origins.is_empty() {
            return error;
        }
        let made = self.source(source, sym::ERR, span);
        if error == ValueId::NOTHING { made } else { self.values.join(error, made) }
    }

    /// What a call that nothing is known of makes of a text, if it parses the text as a type.
    pub(super) fn parsed_as_unknown(&mut self, call: &ExternalCall, result: ValueId) -> ValueId {
        if parses(call.name) && owner_of(call).is_some() { self.converted(result) } else { result }
    }

    pub(super) fn guarded(&mut self, call: &ExternalCall, barrier: &Barrier, result: ValueId) -> ValueId {
        if !barrier.given.is_empty() && !self.is_given(call, &barrier.given) {
            return result;
        }
        let kinds = self.kinds_by_expression(call, barrier);
        if barrier.what == Port::Return {
            return match barrier.context {
                None => self.without(result, kinds),
                Some(context) if kinds.is_empty() => self.marked(result, context),
                Some(context) => self.escaped(result, context),
            };
        }
        let Some(checked) = self.input(call, barrier.what) else { return result };
        // A check against what the request itself brought proves nothing, unless that was signed.
        let is_sealed = barrier.when == When::Found && barrier.what == Port::Receiver;
        let others =
            call.receiver.iter().map(|receiver| receiver.1).chain(call.args.iter().map(|input| input.1));
        let brought =
            |other: ValueId| self.values.origins_of(other).iter().any(|origin| self.is_of_request(origin));
        if !is_sealed && others.into_iter().any(|other| other != checked && brought(other)) {
            return result;
        }
        if barrier.when == When::Bound {
            let expr = call.args.iter().find(|input| input.1 == checked).and_then(|input| input.0);
            let facts = self.facts_of_asked(expr, checked, kinds);
            return self.bound_by(call, barrier, (&facts, checked), result);
        }
        let facts = self.facts_for(barrier, kinds, checked);
        match barrier.when {
            When::Always => {
                self.assume(&facts);
                result
            }
            When::True | When::Ok => self.with_outcome(result, &facts, &[]),
            When::False => self.with_outcome(result, &[], &facts),
            When::Bound => result,
            When::Found => self.answered(call, barrier, (kinds, checked), result),
        }
    }

    /// The quote that `text.replace("'", "''")` doubles.
    pub(super) fn doubled_quote(&self, call: &ExternalCall) -> Option<Symbol> {
        let [(_, from), (_, to)] = call.args.as_slice() else { return None };
        if call.name.as_str() != "replace" {
            return None;
        }
        let (from, to) = (self.values.constant_of(*from)?, self.values.constant_of(*to)?);
        let quote = from.as_str();
        let doubles = to.as_str().len() == 2 * quote.len()
            && to.as_str().starts_with(quote)
            && to.as_str().ends_with(quote);
        (doubles && matches!(quote, "'" | "\"" | "`")).then_some(from)
    }

    /// The character that `text.replace('<', "&lt;")` takes out of a text.
    pub(super) fn character_reference(&self, call: &ExternalCall) -> Option<char> {
        let [(_, from), (_, to)] = call.args.as_slice() else { return None };
        if call.name.as_str() != "replace" {
            return None;
        }
        let from = self.values.constant_of(*from)?;
        let to = self.values.constant_of(*to)?;
        let is_reference = to.as_str().starts_with('&') && to.as_str().ends_with(';');
        match from.as_str() {
            "<" if is_reference => Some('<'),
            "\"" if is_reference => Some('"'),
            _ => None,
        }
    }

    /// A text in which a character of markup stands as a reference. Without `<` no element can begin, without
    /// `"` too no value of an attribute can end.
    pub(super) fn referenced(&mut self, id: ValueId, character: char) -> ValueId {
        let (element, value, both) = (Symbol::new("<"), Symbol::new("\""), Symbol::new("<\""));
        let before = self.values.origins_of(id).first().and_then(|origin| origin.escaped);
        let context = match character {
            '<' if before == Some(value) || before == Some(both) => both,
            '<' => element,
            _ if before == Some(element) || before == Some(both) => both,
            _ => value,
        };
        self.escaped(id, context)
    }

    pub(super) fn escaped(&mut self, id: ValueId, context: Symbol) -> ValueId {
        // What counts from here on is where the escaped text is put.
        let escaped = Some(context);
        self.values.with_origins(id, |origin| Some(Origin { escaped, hole: None, outer: None, ..origin }))
    }

    pub(super) fn marked(&mut self, id: ValueId, context: Symbol) -> ValueId {
        let escaped = Some(context);
        self.values.with_origins(id, |origin| Some(Origin { escaped, ..origin }))
    }

    /// Whether an argument names something that a sink asks for: a header by its text or its constant.
    pub(super) fn names_given(&mut self, call: &ExternalCall, given: &[Symbol]) -> bool {
        call.args.clone().into_iter().any(|(_, value)| {
            let part = self.values.part(value, super::patterns::index_name(0));
            [value, part].into_iter().any(|value| self.is_named(value, given))
        })
    }

    fn is_named(&self, value: ValueId, given: &[Symbol]) -> bool {
        let value = self.values.get(value);
        let by_constant = value.callables.iter().filter_map(|callable| match callable {
            Callable::External(_, path) => Some(path.last_segment().replace('_', "-")),
            _ => None,
        });
        let by_text = value.constant.map(|text| text.as_str().to_owned());
        let mut names = by_text.into_iter().chain(by_constant);
        names.any(|name| given.iter().any(|given| given.as_str().eq_ignore_ascii_case(&name)))
    }

    /// Whether an argument, or an element of one, is one of these constants.
    fn is_given(&self, call: &ExternalCall, given: &[Symbol]) -> bool {
        let is_one =
            |value: ValueId| self.values.constant_of(value).is_some_and(|text| given.contains(&text));
        // What a text is put in the place of, not what is put there.
        let asked = if call.name.as_str() == "replace" { 1 } else { call.args.len() };
        call.args.iter().take(asked).any(|(expr, value)| {
            is_one(*value)
                || expr.is_some_and(|expr| self.elements(expr).into_iter().any(|element| is_one(element.1)))
        })
    }

    /// The value without what facts tell of its origins.
    pub(super) fn cleared_of(&mut self, id: ValueId, facts: &Facts) -> ValueId {
        let cleared = self.values.with_origins(id, |origin| {
            let open = origin.open.without(kinds_of(facts, origin.root, origin.path));
            (!open.is_empty()).then_some(Origin { open, ..origin })
        });
        let origins = self.values.get(cleared).origins;
        let is_of_part = |fact: &&Fact| {
            origins.iter().any(|origin| {
                origin.root == fact.root && origin.path != fact.path && origin.path.covers(&fact.path)
            })
        };
        let parts: Facts = facts.iter().filter(is_of_part).copied().collect();
        self.narrow_by_parts(cleared, &parts);
        cleared
    }

    // Sinks.
}

/// Whether a function of this name makes something of a text that may not be one.
fn parses(name: Symbol) -> bool {
    let name = name.last_segment();
    matches!(name, "parse" | "parse_str" | "from_str" | "try_parse" | "parse_from_str" | "from_str_radix")
}

/// Whether a function of this name reads a text as something else, if it gives something else.
fn reads(name: Symbol) -> bool {
    let name = name.last_segment();
    name == "try_from"
        || ["parse_", "from_str", "from_string", "try_parse"].iter().any(|begin| name.starts_with(begin))
}

/// The type that stands in the path of a call: `Cid::from_str(text)`.
fn owner_of(call: &ExternalCall) -> Option<Symbol> {
    let named = call.name.as_str().rsplit_once("::").map(|(owner, _)| Symbol::new(owner));
    let owner = call.ty.or(named).filter(|_| call.receiver.is_none())?;
    owner.last_segment().starts_with(char::is_uppercase).then_some(owner)
}
