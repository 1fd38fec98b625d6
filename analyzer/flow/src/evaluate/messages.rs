//! Messages that are sent and received.

use std::sync::Arc;

use smallvec::SmallVec;
use ward_semantics::{Ty, TyKind};
use ward_syntax::{Span, Symbol, sym};

use super::Evaluator;
use super::calls::ExternalCall;
use crate::mail::{assumed_of, payload};
use crate::memo::note_mail;
use crate::models::{Asked, MessageCall, Port, Sink};
use crate::step::StepKind;
use crate::summary::{Hit, Message};
use crate::value::{AccessPath, Origin, Root, ValueId};

/// Parts of messages are told apart to this depth.
const DEPTH: u8 = 3;

impl Evaluator<'_> {
    /// What a call sends, or what its result holds if it receives.
    pub(super) fn message(&mut self, call: &ExternalCall, kind: MessageCall, result: ValueId) -> ValueId {
        match kind {
            MessageCall::Send => {
                self.send(call);
                result
            }
            MessageCall::Receive => {
                let ty = payload(self.types.expr(call.expr));
                let name = Symbol::new(call.name.last_segment());
                self.received(ty, result, name, self.span(call.expr))
            }
        }
    }

    fn send(&mut self, call: &ExternalCall) {
        let Some((Some(expr), value)) = call.args.first().copied() else { return };
        let (carried, is_declared) = match call.receiver.map(|(receiver, _)| self.types.expr(receiver).kind())
        {
            // `Sender<Message>`, not `Addr<Actor>`.
            Some(TyKind::External { path, args }) => {
                (args.first().copied(), path.last_segment().ends_with("Sender"))
            }
            _ => (None, false),
        };
        let given = self.types.expr(expr);
        // What is given may be known less well than what the channel is declared to carry: `(text, answer, span)`.
        let ty = match carried {
            Some(carried) if is_declared && assumed_of(carried).is_some() => carried,
            Some(carried) if assumed_of(given).is_none() => carried,
            _ => given,
        };
        let Some(assumed) = assumed_of(ty) else { return };
        let place = self.place_of_span(self.span(expr));
        let callee = self.callee_name(call);
        let sink = Arc::new(message_sink());
        for (part, origin) in self.parts(value) {
            self.record(Hit {
                sink: Arc::clone(&sink),
                callee,
                place,
                function: self.def,
                origin: Origin { assumed: origin.assumed.saturating_add(assumed), ..origin },
                next: None,
                calls: 0,
                part: None,
                context: None,
                message: Some(Message { ty, part }),
            });
        }
    }

    /// A message's value: what it is otherwise, and what is sent with such messages.
    pub(super) fn received(&mut self, ty: Ty, value: ValueId, name: Symbol, span: Span) -> ValueId {
        if assumed_of(ty).is_none() {
            return value;
        }
        if !self.receives.contains(&ty) {
            self.receives.push(ty);
        }
        let mut value = value;
        if self.cx.memo.is_some() {
            note_mail();
        }
        for (number, letter) in self.cx.mail.of(ty) {
            let step = self.step(None, span, StepKind::Received { letter: number, name });
            let origin = Origin { root: Root::Source(step), step, ..letter.origin };
            let sent = self.values.of_origin(origin);
            let known = self.values.part_at(value, letter.part);
            let sent = if known == ValueId::NOTHING { sent } else { self.values.join(known, sent) };
            let path: SmallVec<[Symbol; 3]> = letter.part.names().collect();
            value = self.values.with_part_at(value, &path, sent);
        }
        value
    }

    /// The origins of a value by the part of it that they fill, if they may be sent with a message.
    pub(super) fn parts(&self, value: ValueId) -> SmallVec<[(AccessPath, Origin); 4]> {
        let mut parts = SmallVec::new();
        self.parts_into(value, AccessPath::EMPTY, DEPTH, &mut parts);
        parts
    }

    fn parts_into(
        &self,
        id: ValueId,
        path: AccessPath,
        depth: u8,
        parts: &mut SmallVec<[(AccessPath, Origin); 4]>,
    ) {
        let value = self.values.get(id);
        parts.extend(value.origins.iter().map(|origin| (path, *origin)));
        if depth > 0 {
            for (name, part) in value.fields {
                self.parts_into(*part, path.then(*name), depth - 1, parts);
            }
        }
    }
}

/// The sink that a message is. No lint asks for its kind: what is sent may be dangerous for any.
fn message_sink() -> Sink {
    Sink {
        kind: Symbol::new("message"),
        input: Port::Argument(0),
        help: sym::EMPTY,
        krate: sym::EMPTY,
        context: None,
        when: Vec::new(),
        parts: false,
        whole: false,
        fields: Vec::new(),
        given: Vec::new(),
        asked: Asked::Always,
    }
}
