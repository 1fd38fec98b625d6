//! What a model says flows where: from the arguments of a call into its result, its receiver, its closures.

use smallvec::SmallVec;
use ward_semantics::{Ty, TyKind};
use ward_syntax::{Expr, ExprId, Span, Symbol, sym};

use super::Evaluator;
use super::calls::ExternalCall;
use crate::models::{CallModel, Constant, Edge, MessageCall, Part, Port};
use crate::step::StepKind;
use crate::value::{Callable, Fact, Facts, KEYS, KindSet, Text, Value, ValueId, ValueRef, add, joined_shape};

impl Evaluator<'_> {
    pub(super) fn flow_through(&mut self, call: &ExternalCall, model: &CallModel) -> ValueId {
        let default = default_flow(call);
        let edges: &[Edge] = model.flow.as_deref().unwrap_or(&default);
        let mut closures: SmallVec<[(u8, ValueId); 2]> = SmallVec::new();
        for (index, (expr, value)) in call.args.iter().enumerate() {
            if self.values.callables_of(*value).is_empty() {
                continue;
            }
            let mut given = self.given_to_closure(call, edges, index as u8);
            self.leave_out_shared(*value, &mut given);
            let span = expr.map_or(self.span(call.expr), |expr| self.span(expr));
            let result = self.call_value(*value, &given, span);
            closures.push((index as u8, result));
        }
        let keys = self.keys_with(call);
        let mut result: Option<ValueId> = None;
        let mut parts: SmallVec<[(Port, Symbol, ValueId); 1]> = SmallVec::new();
        for edge in edges {
            let value = match edge.from {
                Port::ClosureReturn(index) => {
                    closures.iter().find(|(known, _)| *known == index).map(|row| row.1)
                }
                from => self.input(call, from),
            };
            let Some(value) = value else { continue };
            if let Some(part) = edge.part {
                let set = self.parts_set(call, part, value);
                parts.extend(set.into_iter().map(|(name, value)| (edge.to, name, value)));
                continue;
            }
            match edge.to {
                Port::Return if call.receiver.is_some() && matches!(edge.from, Port::Argument(_)) => {
                    let name = Symbol::new(call.name.last_segment());
                    let value = self.stepped(value, self.span(call.expr), StepKind::External(name));
                    result = Some(result.map_or(value, |all| self.values.join(all, value)));
                }
                Port::Return => result = Some(result.map_or(value, |all| self.values.join(all, value))),
                Port::Receiver => self.flow_into(call.receiver.map(|receiver| receiver.0), value, call),
                Port::Argument(index) => {
                    let target = call.args.get(usize::from(index)).and_then(|input| input.0);
                    self.flow_into(target, value, call);
                }
                Port::Arguments | Port::ClosureParameter(..) | Port::ClosureReturn(_) | Port::Name => {}
            }
        }
        if let Some(keys) = keys {
            self.part_into(call.receiver.map(|receiver| receiver.0), Symbol::new(KEYS), keys);
        }
        for (to, name, value) in parts {
            match to {
                Port::Return => result = Some(self.values.with_part(result.unwrap_or_default(), name, value)),
                _ => self.part_into(call.receiver.map(|receiver| receiver.0), name, value),
            }
        }
        if matches!(call.name.as_str(), "map_err" | "ok_or_else")
            && let Some((_, error)) = closures.first()
            && !(self.values.is_plain(*error) && self.values.is_plain(result.unwrap_or_default()))
        {
            // What the closure makes is the new error.
            result = Some(self.values.with_part(result.unwrap_or_default(), sym::ERR, *error));
        }
        if call.name.as_str() == "map_err"
            && let Some((receiver, value)) = call.receiver
            && let Some((Some(mapper), _)) = call.args.first()
            && let Expr::Path(path) = self.ir.expr(*mapper)
            && matches!(self.last_name(path).as_str(), "from" | "into")
        {
            let (before, after) = (self.types.expr(receiver), self.types.expr(call.expr));
            let error = self.error_of(value, before, self.span(receiver));
            let converted = match self.types.conversion(*mapper) {
                Some(conversion) => self.call_function(conversion, &[error], self.span(*mapper), &[None]),
                None => self.error_converted(error, before, after),
            };
            // What a function of the workspace made of it is known by now.
            if converted != error || closures.is_empty() {
                result = Some(self.values.with_part(result.unwrap_or_default(), sym::ERR, converted));
            }
        }
        let Some(mut result) = result else {
            let is_empty_text =
                edges.is_empty() && call.receiver.is_none() && Self::is_text(self.types.expr(call.expr));
            return if is_empty_text && matches!(call.name.as_str(), "new" | "with_capacity" | "default") {
                self.values.constant(Some(sym::EMPTY))
            } else {
                ValueId::NOTHING
            };
        };
        if let Some(quote) = self.doubled_quote(call) {
            result = self.escaped(result, quote);
        }
        if let Some(character) = self.character_reference(call) {
            result = self.referenced(result, character);
        }
        if let Some(keys) = self.keys_of_map(call) {
            result = keys;
        }
        let known = self.values.get(result);
        if changes_text(call.name.last_segment())
            && !self.is_builder(call)
            && (known.constant.is_some() || known.shape.is_some())
        {
            let value = Value { constant: None, tail: None, shape: None, ..known.to_value() };
            result = self.values.push(value);
        }
        if call.receiver.is_none() {
            let name = Symbol::new(call.name.last_segment());
            result = self.stepped(result, self.span(call.expr), StepKind::External(name));
        }
        self.test_over_items(call, &closures, result)
    }

    /// What is shared (`Arc<App>`) is the service's own: no data comes to a closure in it.
    pub(super) fn leave_out_shared(&self, called: ValueId, given: &mut [ValueId]) {
        let is_shared = |ty: Ty| match ty.kind() {
            TyKind::External { path, args } => {
                path.as_str() == "std::sync::Arc"
                    && args.first().is_some_and(|inner| matches!(inner.kind(), TyKind::Adt { .. }))
            }
            _ => false,
        };
        for callable in self.values.callables_of(called) {
            let types: SmallVec<[Ty; 4]> = match callable {
                Callable::Closure(closure) => {
                    let params = &self.ir.closure(*closure).params;
                    let ty = |ty: Option<_>| ty.map_or_else(Ty::unknown, |ty| self.type_of_ref(ty));
                    params.iter().map(|(_, written)| ty(*written)).collect()
                }
                Callable::Function(def) => {
                    let signature = self.cx.semantics.signature(*def);
                    signature.map(|signature| signature.params.iter().copied().collect()).unwrap_or_default()
                }
                _ => continue,
            };
            for (value, ty) in given.iter_mut().zip(types) {
                if is_shared(ty) {
                    *value = ValueId::NOTHING;
                }
            }
        }
    }

    /// `map.insert("name", value)`: a map that is filled under keys of the service's own has no others.
    fn keys_with(&mut self, call: &ExternalCall) -> Option<ValueId> {
        let (Some((_, map)), [(_, key), _]) = (call.receiver, call.args.as_slice()) else { return None };
        if call.name.as_str() != "insert" || !is_map(call.ty) {
            return None;
        }
        let is_own = self.values.is_plain(*key) && self.values.get(*key).text == Text::Constant;
        match self.part_known(map, Symbol::new(KEYS)) {
            Some(known) => Some(self.values.join(known, *key)),
            None => (is_own && self.values.is_plain(map)).then_some(*key),
        }
    }

    /// The keys of a map that are known.
    fn keys_of_map(&self, call: &ExternalCall) -> Option<ValueId> {
        let (_, map) = call.receiver.filter(|_| matches!(call.name.as_str(), "keys" | "into_keys"))?;
        self.part_known(map, Symbol::new(KEYS))
    }

    /// `any`, `all` and `find` tell what their closure tells.
    fn test_over_items(
        &mut self,
        call: &ExternalCall,
        closures: &[(u8, ValueId)],
        result: ValueId,
    ) -> ValueId {
        let (Some((_, test)), Some((_, items))) = (closures.first(), call.receiver) else { return result };
        let test = self.values.get(*test);
        if test.if_success.is_empty() && test.if_failure.is_empty() {
            return result;
        }
        match call.name.as_str() {
            "all" => {
                let facts = test.if_success.into();
                self.truth(facts, Facts::new())
            }
            "any" => {
                let (success, failure): (Facts, Facts) = (test.if_success.into(), test.if_failure.into());
                let success = self.facts_beside(&success, items);
                self.truth(success, failure)
            }
            "filter" | "take_while" => {
                let facts: Facts = test.if_success.into();
                self.cleared_of(result, &facts)
            }
            "find" | "position" => {
                let (success, failure): (Facts, Facts) = (test.if_success.into(), test.if_failure.into());
                let if_success = self.facts_beside(&success, items);
                let value = Value { if_success, if_failure: failure, ..self.values.owned(result) };
                self.values.push(value)
            }
            _ => result,
        }
    }

    fn given_to_closure(
        &mut self,
        call: &ExternalCall,
        edges: &[Edge],
        argument: u8,
    ) -> SmallVec<[ValueId; 4]> {
        let mut given: SmallVec<[ValueId; 4]> = SmallVec::from_elem(ValueId::NOTHING, 4);
        if call.name.as_str() == "map_err"
            || call.name.as_str() == "or_else"
            || call.name.as_str() == "unwrap_or_else"
        {
            if let Some((expr, value)) = call.receiver {
                given[0] = self.error_of(value, self.types.expr(expr), self.span(expr));
            }
            return given;
        }
        for edge in edges {
            let Port::ClosureParameter(to, parameter) = edge.to else { continue };
            if to != argument || usize::from(parameter) >= given.len() {
                continue;
            }
            let Some(value) = self.input(call, edge.from) else { continue };
            let value = self.payload(value);
            let is_of_result = edge.from == Port::Receiver
                && call.receiver.is_some_and(|(receiver, _)| self.is_result(receiver));
            let value = if is_of_result { self.values.without_error(value) } else { value };
            let slot = usize::from(parameter);
            given[slot] =
                if given[slot] == ValueId::NOTHING { value } else { self.values.join(given[slot], value) };
        }
        given
    }

    pub(super) fn input(&mut self, call: &ExternalCall, port: Port) -> Option<ValueId> {
        match port {
            Port::Receiver => call.receiver.map(|receiver| receiver.1).or_else(|| Some(call.args.first()?.1)),
            Port::Argument(index) => call.args.get(usize::from(index)).map(|input| input.1),
            Port::Arguments => {
                let values = call.args.iter().map(|input| input.1);
                values.reduce(|all, value| self.values.join(all, value))
            }
            Port::Name => Some(self.values.constant(Some(Symbol::new(call.name.last_segment())))),
            Port::Return | Port::ClosureParameter(..) | Port::ClosureReturn(_) => None,
        }
    }

    /// The parts that an edge sets.
    fn parts_set(&self, call: &ExternalCall, part: Part, value: ValueId) -> SmallVec<[(Symbol, ValueId); 1]> {
        match part {
            Part::Named(name) => SmallVec::from_elem((name, value), 1),
            Part::Argument(index) => {
                let name = call.args.get(usize::from(index)).and_then(|input| self.key_of(input.1));
                name.map(|name| (name, value)).into_iter().collect()
            }
            Part::Pairs => {
                let [first, second] = [0, 1].map(super::patterns::index_name);
                let key = self.part_known(value, first).and_then(|key| self.key_of(key));
                match key.zip(self.part_known(value, second)) {
                    Some(pair) => SmallVec::from_elem(pair, 1),
                    None => self.values.fields_of(value).into(),
                }
            }
        }
    }

    /// A constant as the name of a part.
    pub(super) fn key_of(&self, id: ValueId) -> Option<Symbol> {
        self.text_of(id).map(|text| Symbol::new(&text.as_str().to_lowercase().replace('_', "-")))
    }

    /// A text fixed in a library.
    pub(super) fn constant_of(&mut self, constant: Constant) -> ValueId {
        let text = self.values.constant(Some(constant.text));
        let Some(key) = constant.key else { return text };
        let fields = SmallVec::from_elem((key, text), 1);
        self.values.push(Value { fields, ..self.values.owned(text) })
    }

    /// What a constant says: its text, or the name by which it is known.
    pub(super) fn text_of(&self, id: ValueId) -> Option<Symbol> {
        let value = self.values.get(id);
        value.constant.or_else(|| match value.callables {
            [Callable::External(_, name)] => Some(Symbol::new(name.last_segment())),
            _ => None,
        })
    }

    /// Sets a part of what a place holds.
    fn part_into(&mut self, target: Option<ExprId>, name: Symbol, value: ValueId) {
        let Some(mut place) = target.and_then(|target| self.place(target)) else { return };
        place.path.push(name);
        self.write_place(&place, value);
    }

    /// Data flows into a receiver or argument: appended to a text, added to anything else.
    fn flow_into(&mut self, target: Option<ExprId>, value: ValueId, call: &ExternalCall) {
        let Some(target) = target else { return };
        let Some(place) = self.place(target) else { return };
        let ty = self.types.expr(target);
        if Self::is_text(ty)
            || call.name.last_segment().starts_with("push_str")
            || call.name.as_str() == "write_str"
        {
            self.append(&place, value, self.span(call.expr));
            return;
        }
        let name = place.path.last().copied().unwrap_or_else(|| self.ir.local(place.local).name);
        let value = self.stepped(value, self.span(call.expr), StepKind::Bound(name));
        self.join_place(&place, value);
    }

    /// The items of a value that a loop goes over, with the marks that models give them.
    pub(super) fn iterated(&mut self, id: ValueId, ty: Ty, span: Span) -> ValueId {
        let TyKind::External { path, args } = ty.kind() else { return id };
        let models = self.cx.models;
        let Some(model) = models.methods.get(&(*path, Symbol::new("into_iter"))) else { return id };
        let id = match (model.message, args.first()) {
            (Some(MessageCall::Receive), Some(ty)) => self.received(*ty, id, sym::EMPTY, span),
            _ => id,
        };
        let marks = model.barriers.iter().filter(|barrier| barrier.what == Port::Return);
        marks.filter_map(|barrier| barrier.context).fold(id, |id, context| self.marked(id, context))
    }

    /// The elements of an array that is written out, with the values they had last.
    pub(super) fn elements(&self, expr: ExprId) -> SmallVec<[(Option<ExprId>, ValueId); 4]> {
        match self.ir.expr(expr) {
            Expr::Ref { operand, .. } => self.elements(operand),
            Expr::Index { base, .. } => self.elements(base),
            Expr::Array(elements) => {
                self.ir.list(elements).map(|element| (Some(element), self.last_value(element))).collect()
            }
            _ => SmallVec::new(),
        }
    }

    /// The part of a result that a row names; `{0}` is the part that the first argument names.
    pub(super) fn part_by_row(&mut self, call: &ExternalCall, result: ValueId, part: Symbol) -> ValueId {
        let name = if part.as_str() == "{0}" {
            let key = call.args.first().map(|input| self.values.get(input.1));
            let by_constant = |key: ValueRef<'_>| {
                key.callables.iter().find_map(|callable| match callable {
                    Callable::External(_, path) => Some(Symbol::new(path.last_segment())),
                    _ => None,
                })
            };
            key.and_then(|key| key.constant.or_else(|| by_constant(key))).unwrap_or(sym::UNDERSCORE)
        } else {
            part
        };
        let part = self.values.part(result, name);
        self.narrowed(part)
    }

    /// Each argument behind the text of the receiver; the elements of a list that is not written out stand
    /// behind others of which nothing is known.
    pub(super) fn append_arguments(
        &mut self,
        call: &ExternalCall,
        model: &CallModel,
        between: Symbol,
    ) -> ValueId {
        let Some((receiver, mut all)) = call.receiver else { return ValueId::NOTHING };
        let span = self.span(call.expr);
        let between = self.values.constant(Some(between));
        for (expr, value) in call.args.clone() {
            let mut inputs = expr.map_or_else(SmallVec::new, |expr| self.listed_elements(expr));
            if inputs.is_empty() {
                if expr.is_some_and(|expr| Self::is_list(self.types.expr(expr))) {
                    all = self.appended(all, between, span);
                    all = self.appended(all, ValueId::NOTHING, span);
                }
                inputs.push((expr, value));
            }
            for (expr, value) in inputs {
                all = self.appended(all, between, span);
                let own = self.behind(self.values.shape(all), value);
                for sink in &model.sinks {
                    let given = SmallVec::from_elem((expr, own), 1);
                    self.check_inputs(sink, call, given, (0, None));
                }
                all = self.appended(all, value, span);
            }
        }
        if let Some(place) = self.place(receiver) {
            self.write_place(&place, all);
        }
        all
    }

    /// The value with what stands before it in a text that is no text of its own.
    pub(super) fn behind(&mut self, lead: Symbol, id: ValueId) -> ValueId {
        let mut origins = self.values.flatten(id);
        origins.iter_mut().for_each(|origin| origin.lead = joined_shape(lead, origin.lead));
        self.values.push(Value { origins: origins.into_iter().collect(), ..Value::default() })
    }

    /// The element of a list that a call takes: the first, the one at a fixed place, the next one here.
    pub(super) fn element_taken(&mut self, call: &ExternalCall, result: ValueId) -> ValueId {
        let Some((receiver, _)) = call.receiver else { return result };
        let fixed = |value: ValueId| self.values.constant_of(value).map(Symbol::as_str);
        let here = || self.span(call.expr).start.to_string();
        let place = match (call.name.as_str(), call.args.as_slice()) {
            ("first", []) => "0".to_owned(),
            ("last" | "next" | "next_back" | "pop" | "pop_front" | "pop_back" | "peek", []) => here(),
            ("get" | "nth", [(_, at)]) => match fixed(*at) {
                Some(at) if at.starts_with(|first: char| first.is_ascii_digit()) => at.to_owned(),
                _ => return result,
            },
            _ => return result,
        };
        if !Self::is_list(self.types.expr(receiver)) {
            return result;
        }
        let element = self.element(result, &place);
        let nothing_left = self.told_by_end(result, element);
        if nothing_left.is_empty() {
            return element;
        }
        self.values.push(Value { if_failure: nothing_left, ..self.values.owned(element) })
    }

    /// What it tells that there is no further element: nothing is wrong with that one, and nothing with the list for
    /// which nothing is wrong with those that were looked at.
    fn told_by_end(&self, list: ValueId, element: ValueId) -> Facts {
        let mut facts = self.all_of(element);
        add(&mut facts, &self.told_by_elements(list));
        facts
    }

    /// What is known of a list if it holds no elements but those of which something is known.
    pub(super) fn told_by_elements(&self, list: ValueId) -> Facts {
        let mut facts = Facts::new();
        for origin in self.values.origins_of(list) {
            let is_element = |fact: &&Fact| {
                let mut below = fact.path.names().skip(origin.path.names().count());
                fact.root == origin.root
                    && origin.path.covers(&fact.path)
                    && below.next().is_some_and(|name| name.as_str().starts_with('['))
            };
            let known = self.state.cleared.iter().filter(is_element);
            let kinds = known.map(|fact| fact.kinds).reduce(KindSet::intersection).unwrap_or(KindSet::NONE);
            if !kinds.is_empty() {
                add(&mut facts, &[Fact { root: origin.root, path: origin.path, kinds }]);
            }
        }
        facts
    }

    fn is_list(ty: ward_semantics::Ty) -> bool {
        match ty.kind() {
            ward_semantics::TyKind::External { path, .. } => {
                matches!(path.as_str(), "std::vec::Vec" | "slice" | "std::iter::Iterator" | "array")
            }
            ward_semantics::TyKind::Slice(_) => true,
            _ => false,
        }
    }
}

fn default_flow(call: &ExternalCall) -> SmallVec<[Edge; 4]> {
    match call.receiver {
        Some(_) => {
            let mut edges = SmallVec::from_elem(Edge::new(Port::Receiver, Port::Return), 1);
            for index in 0..call.args.len() as u8 {
                edges.push(Edge::new(Port::Receiver, Port::ClosureParameter(index, 0)));
            }
            edges
        }
        None => SmallVec::from_elem(Edge::new(Port::Arguments, Port::Return), 1),
    }
}

impl Evaluator<'_> {
    /// Whether a method gives back what it is called on, with something set: what is no text, and of the same type. The
    /// text that it was put together of stays.
    fn is_builder(&self, call: &ExternalCall) -> bool {
        let Some((receiver, _)) = call.receiver else { return false };
        let (before, after) = (self.types.expr(receiver), self.types.expr(call.expr));
        let is_built = matches!(after.kind(), TyKind::External { args, .. } if args.is_empty());
        is_built && !Self::is_text(after) && before == after
    }
}

/// Methods whose result is another text than their receiver's.
fn changes_text(name: &str) -> bool {
    !matches!(
        name,
        "from"
            | "new"
            | "cmd"
            | "from_static"
            | "from_str"
            | "parse"
            | "as_path"
            | "to_path_buf"
            | "as_os_str"
            | "to_str"
            | "to_string_lossy"
            | "display"
            | "to_string"
            | "to_owned"
            | "into"
            | "clone"
            | "as_str"
            | "as_ref"
            | "borrow"
            | "deref"
            | "unwrap"
            | "into_owned"
            | "try_from"
            | "try_into"
            | "expect"
    )
}

/// Whether a type is a map of the standard library or one like it.
fn is_map(ty: Option<Symbol>) -> bool {
    ty.is_some_and(|ty| matches!(ty.last_segment(), "HashMap" | "BTreeMap" | "IndexMap"))
}
