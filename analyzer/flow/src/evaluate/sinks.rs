//! Sinks: whether what is given to one may be steered.

use std::sync::Arc;

use smallvec::SmallVec;
use ward_semantics::{DefId, Ty, TyKind};
use ward_syntax::{ExprId, Span, Symbol, sym};

use super::Evaluator;
use super::calls::{ExternalCall, Inputs};
use crate::models::{Asked, Beside, CallModel, Operator, Port, Sink};
use crate::sources;
use crate::summary::{Hit, Part};
use crate::value::{Origin, ValueId};

/// So deep in a document a field is looked for.
const DEEPEST_FIELD: u8 = 5;
/// Lists of lists are looked into no deeper.
const MOST_WRAPPERS: u8 = 4;
/// Parts of parts are looked into no deeper.
const MOST_NESTED: usize = 3;

impl Evaluator<'_> {
    pub(super) fn check_sink(&mut self, sink: &Sink, call: &ExternalCall, assumed: u8) {
        if sink.asked == Asked::Unwrapped && (self.unwrapped != Some(call.expr) || self.never_fails(call)) {
            return;
        }
        if self.is_element(sink) {
            if self.is_measured(call)
                || call.receiver.is_some_and(|(receiver, _)| self.is_filled_here(receiver))
            {
                return;
            }
            if let Some(later) = self.sink_of_element(sink, call) {
                return self.check_sink_in(&later, call, assumed, None);
            }
            if self.is_first_of_split(sink, call) {
                return;
            }
        }
        if let Some(context) = self.context_of(sink, call) {
            self.check_sink_in(sink, call, assumed, context);
        }
    }

    /// What reads a request, and fails where it is malformed: its result is unwrapped.
    pub(super) fn check_returned(&mut self, model: &CallModel, call: &ExternalCall, result: ValueId) {
        let is_returned = |sink: &&Sink| sink.input == Port::Return && sink.asked == Asked::Unwrapped;
        for sink in model.sinks.iter().filter(is_returned) {
            if self.unwrapped == Some(call.expr) {
                self.check_input(sink, self.callee_name(call), result, self.span(call.expr), (0, None));
            }
        }
    }

    fn check_sink_in(&mut self, sink: &Sink, call: &ExternalCall, assumed: u8, context: Option<Symbol>) {
        let inputs: Inputs = match sink.input {
            Port::Receiver => call.receiver.iter().map(|(expr, value)| (Some(*expr), *value)).collect(),
            Port::Argument(index) => call.args.get(usize::from(index)).copied().into_iter().collect(),
            Port::Arguments => call.args.clone(),
            Port::Return | Port::ClosureParameter(..) | Port::ClosureReturn(_) | Port::Name => return,
        };
        self.check_inputs(sink, call, inputs, (assumed, context));
    }

    /// Inputs of a sink; with what is assumed, and the text of the sink's context.
    pub(super) fn check_inputs(
        &mut self,
        sink: &Sink,
        call: &ExternalCall,
        inputs: Inputs,
        about: (u8, Option<Symbol>),
    ) {
        if !sink.given.is_empty() && !self.names_given(call, &sink.given) {
            return;
        }
        let kind = self.cx.kind(sink.kind);
        for (expr, value) in inputs {
            if !self.values.flatten(value).iter().any(|origin| origin.open.meets(kind)) {
                continue;
            }
            let span = expr.map_or(self.span(call.expr), |expr| self.span(expr));
            if sink.parts {
                let callee = self.callee_name(call);
                self.check_parts(sink, callee, value, (None, sym::EMPTY), span, about);
                continue;
            }
            self.check_input(sink, self.callee_name(call), value, span, about);
        }
    }

    /// A value that is given to a sink; with what is assumed, and the text of the sink's context.
    pub(super) fn check_input(
        &mut self,
        sink: &Sink,
        callee: Symbol,
        value: ValueId,
        span: Span,
        about: (u8, Option<Symbol>),
    ) {
        self.check_part(sink, callee, (value, None), span, about);
    }

    /// The parts of a value, and theirs, each by itself.
    fn check_parts(
        &mut self,
        sink: &Sink,
        callee: Symbol,
        value: ValueId,
        (of, outer): (Option<DefId>, Symbol),
        span: Span,
        about: (u8, Option<Symbol>),
    ) {
        let fields: SmallVec<[(Symbol, ValueId); 4]> = SmallVec::from_slice(self.values.fields_of(value));
        if !outer.is_empty() && (fields.is_empty() || outer.as_str().matches('.').count() >= MOST_NESTED) {
            self.check_part(sink, callee, (value, Some(Part { of, name: outer })), span, about);
            return;
        }
        for (name, inner) in fields {
            let name = if outer.is_empty() { name } else { Symbol::new(&format!("{outer}.{name}")) };
            self.check_parts(sink, callee, inner, (of, name), span, about);
        }
    }

    /// The fields of a struct that is dangerous to fill for what it derives.
    pub(super) fn check_fields(&mut self, expr: ExprId, fields: &[(Symbol, ValueId, Span)]) {
        let models = self.cx.models;
        if models.derive_sinks.is_empty() || fields.iter().all(|(_, value, _)| self.values.is_plain(*value)) {
            return;
        }
        let &TyKind::Adt { def, .. } = self.types.expr(expr).kind() else { return };
        let item = self.cx.semantics.item(def);
        for (derive, sink) in &models.derive_sinks {
            if !item.derives(derive.as_str()) {
                continue;
            }
            for (name, value, span) in fields {
                // What derives it too prints itself its own way.
                let field = self.cx.semantics.fields(def, None).iter().find(|field| field.name == *name);
                if field.is_some_and(|field| self.holds_derived(field.ty, *derive, MOST_WRAPPERS)) {
                    continue;
                }
                self.check_parts(sink, item.name, *value, (Some(def), *name), *span, (0, None));
            }
        }
    }

    /// Whether a type is a struct that derives this, or holds some.
    fn holds_derived(&self, ty: Ty, derive: Symbol, depth: u8) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        match ty.kind() {
            TyKind::Adt { def, .. } => self.cx.semantics.item(*def).derives(derive.as_str()),
            TyKind::External { args, .. } => args.iter().any(|arg| self.holds_derived(*arg, derive, depth)),
            TyKind::Slice(element) => self.holds_derived(*element, derive, depth),
            _ => false,
        }
    }

    fn check_part(
        &mut self,
        sink: &Sink,
        callee: Symbol,
        (value, part): (ValueId, Option<Part>),
        span: Span,
        (assumed, context): (u8, Option<Symbol>),
    ) {
        let kind = self.cx.kind(sink.kind);
        let mut reaching = self.reaching(sink, value);
        reaching.retain(|origin| origin.open.meets(kind));
        if reaching.is_empty() {
            return;
        }
        let shared = Arc::new(sink.clone());
        for origin in reaching {
            let origin = Origin { assumed: origin.assumed.saturating_add(assumed), ..origin };
            let place = self.place_of_span(span);
            self.record(Hit {
                sink: Arc::clone(&shared),
                callee,
                place,
                function: self.def,
                origin,
                next: None,
                calls: 0,
                context,
                message: None,
                part,
            });
        }
    }

    /// The origins of a value that matter to a sink: those of all its parts, or of the whole alone.
    pub(super) fn reaching(&self, sink: &Sink, value: ValueId) -> SmallVec<[Origin; 4]> {
        if sink.whole {
            let mut origins = self.values.origins_of(value).iter().copied().collect();
            self.in_fields(&sink.fields, value, DEEPEST_FIELD, &mut origins);
            return origins;
        }
        self.values.flatten(value)
    }

    /// Sinks that are macros: their arguments as they stand.
    pub(super) fn check_macro(&mut self, path: Symbol, inputs: &[(ExprId, ValueId)]) {
        let models = self.cx.models;
        let last = Symbol::new(path.last_segment());
        if !models.macro_names.contains(&last) {
            return;
        }
        let path = self.cx.semantics.resolve_macro(self.def, path);
        let Some(sinks) = models.macro_sinks.get(&path) else { return };
        for sink in sinks {
            let context = match sink.context.map(|context| context.port) {
                Some(Port::Argument(index)) => {
                    inputs.get(usize::from(index)).and_then(|(_, value)| self.text_of(*value))
                }
                _ => None,
            };
            if !is_dangerous_in(sink, context) {
                continue;
            }
            let given = match sink.input {
                Port::Argument(index) => inputs.get(usize::from(index)..).unwrap_or_default().iter().take(1),
                Port::Arguments => inputs.iter().take(inputs.len()),
                Port::Receiver
                | Port::Return
                | Port::Name
                | Port::ClosureParameter(..)
                | Port::ClosureReturn(_) => {
                    continue;
                }
            };
            for (expr, value) in given.copied().collect::<SmallVec<[_; 4]>>() {
                self.check_input(sink, last, value, self.span(expr), (0, None));
            }
        }
    }

    /// Macros outside the workspace that say by their names that they panic on what they refuse: `decimal_or_panic!(n)`.
    pub(super) fn check_panicking(&mut self, path: Symbol, inputs: &[(ExprId, ValueId)]) {
        let last = path.last_segment();
        if !last.ends_with("_or_panic") {
            return;
        }
        let callee = Symbol::new(&format!("{last}!"));
        let models = self.cx.models;
        let is_refusing = |of: Operator| matches!(of, Operator::RefusedText | Operator::RefusedNumber);
        for (_, sink) in models.operator_sinks.iter().filter(|(of, _)| is_refusing(*of)) {
            for (expr, value) in inputs {
                self.check_input(sink, callee, *value, self.span(*expr), (0, None));
            }
        }
    }

    /// Lines of text: what they print as it is.
    pub(super) fn check_printed(&mut self, path: Symbol, shown: &[(ExprId, ValueId)]) {
        let models = self.cx.models;
        let last = Symbol::new(path.last_segment());
        if shown.is_empty() || !models.macro_names.contains(&last) {
            return;
        }
        let path = self.cx.semantics.resolve_macro(self.def, path);
        let lines = models.kinds.escaped_by_debug();
        for sink in models.macro_sinks.get(&path).into_iter().flatten() {
            if !self.cx.kind(sink.kind).meets(lines) {
                continue;
            }
            for (expr, value) in shown {
                self.check_input(sink, last, *value, self.span(*expr), (0, None));
            }
        }
    }

    /// The text of a sink's context, if it is one in which the sink is dangerous.
    #[allow(clippy::option_option, reason = "whether it is dangerous, and the text where there is one")]
    fn context_of(&mut self, sink: &Sink, call: &ExternalCall) -> Option<Option<Symbol>> {
        let Some(context) = sink.context else { return Some(None) };
        let value = self.input(call, context.port);
        let value = value.and_then(|value| match context.part {
            Some(part) => self.part_known(value, part),
            None => Some(value),
        });
        let text = value.and_then(|value| self.text_of(value));
        is_dangerous_in(sink, text).then_some(text)
    }

    /// A function that is called as a value, if it is dangerous: `map_err(ErrorBadGateway)`.
    pub(super) fn check_called(
        &mut self,
        model: Option<&CallModel>,
        last: Symbol,
        values: &[ValueId],
        span: Span,
    ) {
        for sink in model.iter().flat_map(|model| &model.sinks) {
            let at = match sink.input {
                Port::Argument(index) => usize::from(index),
                Port::Receiver => 0,
                _ => continue,
            };
            let context = sink.context.and_then(|context| (context.port == Port::Name).then_some(last));
            let is_asked = sink.asked == Asked::Always && sink.given.is_empty();
            if let Some(value) = values.get(at)
                && is_asked
                && is_dangerous_in(sink, context)
            {
                self.check_input(sink, last, *value, span, (0, context));
            }
        }
    }

    /// A part of a value, if it is known as such.
    pub(super) fn part_known(&self, id: ValueId, part: Symbol) -> Option<ValueId> {
        self.values.fields_of(id).iter().find(|(name, _)| *name == part).map(|(_, value)| *value)
    }

    /// A tuple struct or variant outside the workspace that is dangerous to fill.
    pub(super) fn check_constructor(&mut self, expr: ExprId, path: Symbol, inputs: &Inputs) {
        let models = self.cx.models;
        let model = models.functions.get(&path).or_else(|| {
            let (owner, name) = path.as_str().rsplit_once("::")?;
            models.methods.get(&(Symbol::new(owner), Symbol::new(name)))
        });
        let Some(model) = model else { return };
        let call = ExternalCall { expr, ty: None, name: path, receiver: None, args: inputs };
        for sink in &model.sinks {
            self.check_sink(sink, &call, 0);
        }
    }

    /// A tuple whose last element is dangerous beside another of its elements.
    pub(super) fn check_tuple(
        &mut self,
        expr: ExprId,
        elements: &[(ExprId, ValueId)],
        holder: Option<Symbol>,
    ) {
        let models = self.cx.models;
        let Some(((last, value), others)) = elements.split_last() else { return };
        // A header is no field of a struct of the same name.
        let is_struct = |own: &Self, expr: ExprId| matches!(own.types.expr(expr).kind(), TyKind::Adt { .. });
        for row in models.tuple_sinks.iter().filter(|row| !holder.is_some_and(|of| is_named(of, &row.not_in)))
        {
            if let Beside::Own(part) = row.beside {
                for (expr, value) in elements {
                    if is_struct(self, *expr) {
                        continue;
                    }
                    if let Some(value) = self.part_known(*value, part) {
                        let span = self.span(*expr);
                        self.check_input(&row.sink, part, value, span, (0, None));
                    }
                }
                continue;
            }
            let beside = others.iter().find_map(|(expr, value)| match row.beside {
                Beside::Type(path) => sources::is_one_of(self.types.expr(*expr), &[path]).then_some(*value),
                Beside::Part(part) => self.part_known(*value, part),
                Beside::Own(_) => None,
            });
            let Some(text) = beside.map(|beside| self.text_of(beside)) else { continue };
            if is_dangerous_in(&row.sink, text) {
                let inputs = SmallVec::from_elem((Some(*last), *value), 1);
                let name = match row.beside {
                    Beside::Type(path) => Symbol::new(path.last_segment()),
                    Beside::Part(part) | Beside::Own(part) => part,
                };
                let call = ExternalCall { expr, ty: None, name, receiver: None, args: &inputs };
                self.check_sink_in(&row.sink, &call, 0, text);
            }
        }
    }
}

/// Whether a path ends with one of these names.
fn is_named(path: Symbol, names: &[Symbol]) -> bool {
    names
        .iter()
        .any(|name| path.as_str().strip_suffix(name.as_str()).is_some_and(|rest| rest.ends_with("::")))
}

/// Whether a sink is dangerous in this context.
fn is_dangerous_in(sink: &Sink, context: Option<Symbol>) -> bool {
    sink.when.is_empty()
        || context.is_some_and(|context| {
            let context = context.as_str().to_lowercase();
            sink.when.iter().any(|word| context.contains(word.as_str()))
        })
}
