//! Text that is put together: templates, `push_str`, `write!`, `+`.

use std::sync::Arc;

use smallvec::SmallVec;
use ward_semantics::{DefId, TraitName};
use ward_syntax::{ExprId, FormatId, HoleStyle, Piece, Span, Symbol, sym};

use super::calls::ExternalCall;
use super::{Evaluator, ValueId};
use crate::step::StepKind;
use crate::summary::Hit;
use crate::value::{Hole, Origin, Outcome, Text, UNKNOWN, Value, add_origins, joined_shape};

impl Evaluator<'_> {
    pub(super) fn eval_format(&mut self, expr: ExprId, id: FormatId) -> ValueId {
        let format = self.ir.format(id);
        let name = format.path.as_str().rsplit(':').next().unwrap_or_default();
        let leading: SmallVec<[ExprId; 2]> = self.ir.list(format.leading).collect();
        let conditions: SmallVec<[ValueId; 2]> = leading.iter().map(|expr| self.eval(*expr)).collect();
        for field in self.ir.field_inits(format.fields) {
            self.eval(field.value);
        }
        match name {
            "assert" | "debug_assert" | "ensure" => {
                if let Some(condition) = conditions.first() {
                    self.assume_success(*condition);
                }
                return ValueId::NOTHING;
            }
            _ => {}
        }
        let text = self.eval_template(id);
        match name {
            "panic" | "unreachable" | "todo" | "unimplemented" => {
                self.die();
                ValueId::NOTHING
            }
            "bail" => {
                let failure = self.failure(text);
                self.leave(failure);
                self.die();
                ValueId::NOTHING
            }
            "write" | "writeln" => {
                if let Some(place) = leading.first().and_then(|target| self.place(*target)) {
                    self.append(&place, text, self.span(expr));
                }
                ValueId::NOTHING
            }
            _ => text,
        }
    }

    /// A default method that prints the value, and that this impl leaves as it is. Told with the impl's first
    /// function.
    pub(super) fn check_default_method(&mut self) {
        let cx = self.cx;
        if cx.models.default_sinks.is_empty() {
            return;
        }
        let Some(info) = cx.semantics.enclosing_impl(self.def) else { return };
        let Some(TraitName::External(path)) = info.trait_ref.as_ref().map(|of| of.name) else { return };
        let (ty, at) = (info.self_ty, cx.semantics.item(info.def).name_span);
        for row in cx.models.default_sinks.iter().filter(|row| row.trait_path == path) {
            let has_own = cx.semantics.trait_method(ty, path, row.method).is_some();
            if has_own || !cx.semantics.is_first_of_impl(self.def) {
                continue;
            }
            let text = self.printed(ValueId::NOTHING, ty, HoleStyle::Display, at);
            self.check_input(&row.sink, row.method, text, at, (0, None));
        }
    }

    /// The text that a template makes.
    fn eval_template(&mut self, id: FormatId) -> ValueId {
        let format = self.ir.format(id);
        if format.pieces.is_empty() {
            let args: SmallVec<[ExprId; 4]> = self.ir.list(format.args).collect();
            let values: SmallVec<[ValueId; 4]> = args.into_iter().map(|arg| self.eval(arg)).collect();
            return values
                .into_iter()
                .fold(None, |all, value| Some(self.join_all(all, value)))
                .unwrap_or_default();
        }
        let mut text = Value { text: Text::Constant, built: true, ..Value::default() };
        let mut whole = Some(String::new());
        let mut shape = sym::EMPTY;
        let mut shown: SmallVec<[(ExprId, ValueId); 4]> = SmallVec::new();
        for (index, piece) in format.pieces.iter().enumerate() {
            match *piece {
                Piece::Text { text: piece, .. } => {
                    if let Some(whole) = &mut whole {
                        whole.push_str(piece.as_str());
                    }
                    text.tail = Some(piece);
                    shape = joined_shape(shape, piece);
                }
                Piece::Hole { value: expr, style, span } => {
                    let value = self.eval_hole(expr, style);
                    if style == HoleStyle::Display {
                        shown.push((expr, value));
                    }
                    let filled = self.values.get(value);
                    text.text = text.text.max(filled.text);
                    whole = whole.zip(filled.constant).map(|(whole, constant)| whole + constant.as_str());
                    let tail = text.tail.filter(|_| index > 0);
                    let hole =
                        Hole { before: tail.unwrap_or(sym::EMPTY), after: text_after(&format.pieces, index) };
                    text.tail = filled.constant;
                    let mut origins = self.put_into(value, hole, shape, span, StepKind::Template);
                    if style == HoleStyle::Debug {
                        self.escape(&mut origins);
                    }
                    add_origins(&mut text.origins, &origins);
                    shape = joined_shape(shape, self.values.shape(value));
                }
            }
        }
        if let Some(whole) = whole {
            text.constant = Some(Symbol::new(&whole));
        }
        text.shape = Some(shape);
        self.check_printed(format.path, &shown);
        self.values.push(text)
    }

    /// What `{:?}` escapes is harmless for some kinds.
    fn escape(&self, origins: &mut SmallVec<[Origin; 4]>) {
        let escaped = self.cx.models.kinds.escaped_by_debug();
        origins.iter_mut().for_each(|origin| origin.open = origin.open.without(escaped));
        origins.retain(|origin| !origin.open.is_empty());
    }

    fn join_all(&mut self, all: Option<ValueId>, value: ValueId) -> ValueId {
        all.map_or(value, |all| self.values.join(all, value))
    }

    /// The origins of a value put into a text.
    pub(super) fn put_into(
        &mut self,
        id: ValueId,
        hole: Hole,
        lead: Symbol,
        span: Span,
        kind: StepKind,
    ) -> SmallVec<[Origin; 4]> {
        let mut origins = self.values.flatten(id);
        // A number that stands in a text is a text.
        let numbers = self.cx.models.kinds.of_numbers();
        origins.iter_mut().for_each(|origin| origin.open = origin.open.without(numbers));
        origins.retain(|origin| !origin.open.is_empty());
        if !origins.is_empty() {
            self.check_text(&origins, hole, span);
        }
        for origin in &mut origins {
            origin.step = self.step(Some(origin.step), span, kind);
            if origin.hole.is_some() && origin.outer.is_none() && hole.is_telling() {
                origin.outer = Some(hole);
            }
            origin.hole = origin.hole.or(Some(hole));
            origin.lead = joined_shape(lead, origin.lead);
        }
        origins
    }

    /// A hole in a text that is dangerous for what it is.
    fn check_text(&mut self, origins: &[Origin], hole: Hole, span: Span) {
        for row in &self.cx.models.text_sinks {
            let kind = self.cx.kind(row.sink.kind);
            if !origins.iter().any(|origin| origin.open.meets(kind)) {
                continue;
            }
            if !row.holds.iter().any(|mark| holds(hole.before, *mark) || holds(hole.after, *mark)) {
                continue;
            }
            let sink = Arc::new(row.sink.clone());
            for origin in origins.iter().filter(|origin| origin.open.meets(kind)) {
                // What was put together before is told where that was done.
                let origin = Origin { hole: origin.hole.or(Some(hole)), ..*origin };
                self.record(Hit {
                    sink: Arc::clone(&sink),
                    callee: sym::EMPTY,
                    place: self.place_of_span(span),
                    function: self.def,
                    origin: Origin { outer: origin.outer.or(Some(hole)), ..origin },
                    next: None,
                    calls: 0,
                    context: None,
                    message: None,
                    part: None,
                });
            }
        }
    }

    /// What a hole prints: its argument, or what the argument's `Display` writes.
    fn eval_hole(&mut self, expr: ExprId, style: HoleStyle) -> ValueId {
        let value = self.eval(expr);
        self.printed_expression(expr, value, style, self.span(expr))
    }

    pub(super) fn printed(
        &mut self,
        value: ValueId,
        ty: ward_semantics::Ty,
        style: HoleStyle,
        span: Span,
    ) -> ValueId {
        let printer = match style {
            HoleStyle::Display => self.cx.semantics.display_impl(ty),
            HoleStyle::Debug => self.cx.semantics.debug_impl(ty),
            HoleStyle::Other => None,
        };
        let written = match printer {
            Some(printer) => self.written_by(printer, value, span),
            None => self.printed_by_derive(value, ty, style, span),
        };
        written.unwrap_or(value)
    }

    /// What `fmt` writes into its formatter.
    fn written_by(&mut self, printer: DefId, value: ValueId, span: Span) -> Option<ValueId> {
        let cx = self.cx;
        let summary = cx.summary(printer)?;
        let Some((_, written)) = summary.outputs.iter().find(|(parameter, _)| *parameter == 1) else {
            return Some(self.constrained());
        };
        Some(self.instantiate(written, printer, &[value, ValueId::NOTHING], span, &[]))
    }

    /// Appends a value to the text that a place holds.
    pub(super) fn append(&mut self, place: &super::Place, value: ValueId, span: Span) {
        let old = self.read_place(place);
        let new = self.appended(old, value, span);
        self.write_place(place, new);
    }

    /// `"/users/{id}".replace("{id}", id)`: a fixed text is a template for what is put into it.
    pub(super) fn substituted(&mut self, call: &ExternalCall) -> Option<ValueId> {
        let ((_, receiver), [(_, from), (_, to)]) = (call.receiver?, call.args.as_slice()) else {
            return None;
        };
        if !matches!(call.name.as_str(), "replace" | "replacen") {
            return None;
        }
        let whole = self.values.get(receiver);
        let from = self.values.constant_of(*from)?;
        // What looks like a placeholder is one, in the middle of a text that is the service's own.
        let is_own = whole.origins.is_empty() && from.as_str().contains(['{', '<', ':', '%', '$', '@', '_']);
        let assumed = is_own.then(|| Symbol::new(&format!("{UNKNOWN}{from}{UNKNOWN}")));
        let shape = whole.constant.or(whole.shape).or(assumed)?;
        let (first, rest) = shape.as_str().split_once(from.as_str()).filter(|_| !from.is_empty())?;
        if self.values.is_plain(*to) {
            return None;
        }
        let mut text = Value { constant: None, tail: None, built: true, ..whole.to_value() };
        let (first, rest) = (Symbol::new(first), Symbol::new(rest));
        let origins = self.put_into(
            *to,
            Hole { before: first, after: rest },
            first,
            self.span(call.expr),
            StepKind::Template,
        );
        add_origins(&mut text.origins, &origins);
        text.text = text.text.max(self.values.text_of(*to));
        text.shape = Some(joined_shape(joined_shape(first, self.values.shape(*to)), rest));
        Some(self.values.push(text))
    }

    /// A text with another behind it.
    pub(super) fn appended(&mut self, old: ValueId, value: ValueId, span: Span) -> ValueId {
        let (base, more) = (self.values.owned(old), self.values.owned(value));
        let before = base.tail.unwrap_or(sym::EMPTY);
        let hole = Hole { before, after: sym::EMPTY };
        let constant = base.constant.zip(more.constant);
        let constant = constant.map(|(a, b)| Symbol::new(&format!("{a}{b}")));
        let (before, behind) = (self.values.shape(old), self.values.shape(value));
        let origins = self.put_into(value, hole, before, span, StepKind::Appended);
        let mut text = Value {
            text: base.text.max(more.text),
            built: true,
            tail: if more.constant.is_some() { constant.or(more.constant) } else { more.tail },
            constant,
            shape: Some(joined_shape(before, behind)),
            outcome: Outcome::Open,
            ..base
        };
        add_origins(&mut text.origins, &origins);
        self.values.push(text)
    }
}

/// Whether a text holds another, which is in lower case.
pub(crate) fn holds(text: Symbol, part: Symbol) -> bool {
    let (text, part) = (text.as_str().as_bytes(), part.as_str().as_bytes());
    let Some(first) = part.first() else { return true };
    // What begins with no letter is looked for many bytes at a time.
    if !first.is_ascii_alphabetic() && !text.contains(first) {
        return false;
    }
    text.windows(part.len())
        .any(|window| window[0].to_ascii_lowercase() == *first && window.eq_ignore_ascii_case(part))
}

/// Whether a name holds a word: for a short name this is quicker than the search of the standard library, which prepares for
/// long texts.
pub(super) fn has(name: &str, word: Symbol) -> bool {
    let (name, word) = (name.as_bytes(), word.as_str().as_bytes());
    let Some((first, rest)) = word.split_first() else { return true };
    let Some(last) = name.len().checked_sub(word.len()) else { return false };
    (0..=last).any(|at| name[at] == *first && name[at + 1..].starts_with(rest))
}

fn text_after(pieces: &[Piece], index: usize) -> Symbol {
    match pieces.get(index + 1) {
        Some(Piece::Text { text, .. }) => *text,
        _ => sym::EMPTY,
    }
}

impl Default for ValueId {
    fn default() -> Self {
        Self::NOTHING
    }
}
