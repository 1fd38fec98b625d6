//! What a request can leave out: a list that is shorter than it is taken for, an option that stays empty.
//!
//! Whoever asks how long a list is, what is in it, or whether an option is empty, has thought of it: that is noted wherever
//! it stands, and no fact of the value.

use rustc_hash::FxHashSet;
use smallvec::SmallVec;
use ward_semantics::{Callee, DefId, Ty, TyKind};
use ward_syntax::{Body, Expr, ExprId, List, Literal, LocalId, Pat, PatId, SourceIr, Symbol, sym};

use super::Evaluator;
use super::calls::ExternalCall;
use crate::models::{Operator, Sink};
use crate::value::{AccessPath, KindSet, Origin, Outcome, Root, Value, ValueId};

/// How many times a type is dereferenced.
const MOST_DEREFS: usize = 6;

/// Methods that make a list longer or fill it.
const FILLS: &[&str] = &[
    "push",
    "push_back",
    "push_front",
    "insert",
    "extend",
    "extend_from_slice",
    "append",
    "resize",
    "resize_with",
    "read",
    "read_exact",
    "fill",
    "copy_from_slice",
    "clone_from_slice",
];
/// What derives read from outside: what is left out there is `None`.
const READ_BY: &[&str] =
    &["Deserialize", "FromForm", "Multipart", "MultipartForm", "TryFromMultipart", "FromMultipart"];

impl Evaluator<'_> {
    // Lists that are shorter than they are taken for.

    /// `list[1]`: an element that the request may have left out.
    pub(super) fn check_element(&mut self, base: ExprId, value: ValueId, index: ExprId) {
        if self.cx.models.operator_sinks.is_empty() {
            return;
        }
        let Expr::Literal(Literal::Int(number)) = self.ir.expr(index) else { return };
        let is_list = matches!(self.types.expr(base).kind(), TyKind::External { path, .. }
            if matches!(path.as_str(), "std::vec::Vec" | "std::collections::VecDeque" | "bytes::Bytes"));
        if !is_list || self.is_filled_here(base) {
            return;
        }
        let operator = if number.as_str() == "0" { Operator::First } else { Operator::Later };
        if operator == Operator::First && self.is_of_split(base) {
            return;
        }
        // What is found in a text may carry none of it.
        let value = match self.parsed_text(base) {
            Some(text) if !self.is_measured_list(base) => self.last_value(text),
            _ => value,
        };
        let separator = self.separator_of(base, MOST_DEREFS);
        let value = self.unmeasured(value, separator);
        self.check_operator_of(operator, Symbol::new("[..]"), value, base);
    }

    /// Whether what a sink fears is that a list has no such element.
    pub(super) fn is_element(&self, sink: &Sink) -> bool {
        let mut rows = self.cx.models.operator_sinks.iter();
        rows.any(|(of, row)| matches!(of, Operator::First | Operator::Later) && row.kind == sink.kind)
    }

    /// A list that is written out is as long as it is.
    pub(super) fn of_known_length(&mut self, list: ValueId) -> ValueId {
        let rows = self.cx.models.operator_sinks.iter();
        let rows = rows.filter(|(of, _)| matches!(of, Operator::First | Operator::Later));
        let kinds = rows.map(|(_, sink)| self.cx.kind(sink.kind)).fold(KindSet::NONE, KindSet::union);
        if kinds.is_empty() || self.values.origins_of(list).is_empty() {
            return list;
        }
        self.values.with_origins(list, |origin| Some(Origin { open: origin.open.without(kinds), ..origin }))
    }

    /// The sink that counts for a call that takes an element: the second `next` of a variable asks for one behind the
    /// first.
    pub(super) fn sink_of_element(&self, sink: &Sink, call: &ExternalCall) -> Option<Sink> {
        let taken = call.receiver.and_then(|(receiver, _)| self.variable(receiver));
        let before = taken.and_then(|local| self.taken.get(&local)).filter(|first| **first != call.expr);
        before?;
        let mut rows = self.cx.models.operator_sinks.iter();
        let (_, later) = rows.find(|(operator, _)| *operator == Operator::Later)?;
        Some(Sink { kind: later.kind, ..sink.clone() })
    }

    /// Whether it was asked before how many elements there are.
    pub(super) fn is_measured(&self, call: &ExternalCall) -> bool {
        let Some((_, value)) = call.receiver else { return false };
        let separator = call.receiver.and_then(|(receiver, _)| self.separator_of(receiver, MOST_DEREFS));
        let origins = self.values.flatten(value);
        !origins.is_empty() && origins.iter().all(|origin| self.is_measured_for(origin, separator))
    }

    /// The text that parts the one that a list or iterator was split from.
    fn separator_of(&self, list: ExprId, depth: usize) -> Option<Symbol> {
        let depth = depth.checked_sub(1)?;
        match self.ir.expr(list) {
            Expr::Local(local) => self.separator_of(bound_to(self.ir, self.body, local)?, depth),
            Expr::Ref { operand: inner, .. } => self.separator_of(inner, depth),
            Expr::MethodCall { receiver, method, args, .. } => match method.as_str() {
                "split" | "rsplit" => self.written_text(self.ir.list(args).next()?),
                "splitn" | "rsplitn" => self.written_text(self.ir.list(args).nth(1)?),
                "collect" | "map" | "rev" | "iter" | "into_iter" => self.separator_of(receiver, depth),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether what a sink fears is known to whoever has asked before: that an element or an option is not there.
    pub(super) fn is_asked_for(&self, sink: &Sink) -> bool {
        let mut rows = self.cx.models.operator_sinks.iter();
        rows.any(|(of, row)| {
            matches!(of, Operator::First | Operator::Later | Operator::Absent) && row.kind == sink.kind
        })
    }

    /// Whether the first element that a call takes is a part of a text that is split, which always has one.
    pub(super) fn is_first_of_split(&self, sink: &Sink, call: &ExternalCall) -> bool {
        let mut rows = self.cx.models.operator_sinks.iter();
        rows.any(|(of, row)| *of == Operator::First && row.kind == sink.kind)
            && call.receiver.is_some_and(|(receiver, _)| self.is_of_split(receiver))
    }

    fn is_of_split(&self, list: ExprId) -> bool {
        let is_own = is_of_split(self.ir, self.body, list, MOST_DEREFS);
        is_own
            || self.called_function(list).is_some_and(|def| {
                let Some((file, body)) = self.cx.body(def) else { return false };
                let ir = self.cx.semantics.ir(file);
                let body = ir.body(body);
                let leaves_early =
                    body.exprs.of(&ir.exprs).iter().any(|expr| matches!(expr, Expr::Return(_)));
                !leaves_early && is_of_split(ir, body, body.root, MOST_DEREFS)
            })
    }

    /// The function of the workspace that a list comes from.
    fn called_function(&self, expr: ExprId) -> Option<DefId> {
        match self.ir.expr(expr) {
            Expr::Local(local) => self.called_function(bound_to(self.ir, self.body, local)?),
            Expr::Try(inner) | Expr::Await(inner) | Expr::Ref { operand: inner, .. } => {
                self.called_function(inner)
            }
            Expr::Call { .. } | Expr::MethodCall { .. } => match self.types.callee(expr) {
                Callee::Fn(def) => Some(*def),
                _ => None,
            },
            _ => None,
        }
    }

    /// `next` is called on a variable.
    pub(super) fn note_taken(&mut self, expr: ExprId, receiver: ExprId) {
        if let Some(local) = self.variable(receiver) {
            self.taken.entry(local).or_insert(expr);
        }
    }

    /// Whether a list is one that this function fills, or that is written out: how long it is does not depend on what is
    /// in it.
    pub(super) fn is_filled_here(&mut self, base: ExprId) -> bool {
        match self.ir.expr(base) {
            Expr::Local(local) => self.is_filled(local),
            Expr::Field { base, .. }
            | Expr::Ref { operand: base, .. }
            | Expr::Unary { operand: base, .. } => self.is_filled_here(base),
            Expr::MethodCall { receiver, .. } => self.is_filled_here(receiver),
            Expr::Try(inner) => self.is_filled_here(inner),
            Expr::Call { args, .. } => !self.is_parser(args),
            _ => true,
        }
    }

    pub(super) fn is_of_workspace(&self, call: ExprId) -> bool {
        matches!(self.types.callee(call), Callee::Fn(_) | Callee::Dispatch { .. } | Callee::Guess(_))
    }

    /// The text that a list was found in by a function of the workspace.
    fn parsed_text(&self, list: ExprId) -> Option<ExprId> {
        match self.ir.expr(list) {
            Expr::Local(local) => self.parsed_text(bound_to(self.ir, self.body, local)?),
            Expr::Try(inner) | Expr::Ref { operand: inner, .. } => self.parsed_text(inner),
            Expr::MethodCall { receiver, .. } if !self.is_of_workspace(list) => self.parsed_text(receiver),
            Expr::Call { args, .. }
                if matches!(self.types.callee(list), Callee::Fn(_)) && self.is_parser(args) =>
            {
                self.ir.list(args).find(|arg| !self.values.origins_of(self.last_value(*arg)).is_empty())
            }
            _ => None,
        }
    }

    /// Whether it was asked of a list in a variable how long it is.
    fn is_measured_list(&self, list: ExprId) -> bool {
        self.variable(list).is_some_and(|local| self.measured_lists.contains(&local))
    }

    /// Whether a function is given one text of somebody else's: it finds in it what it returns.
    fn is_parser(&self, args: List<ExprId>) -> bool {
        let mut texts =
            self.ir.list(args).filter(|arg| !self.values.origins_of(self.last_value(*arg)).is_empty());
        let first = texts.next();
        first.is_some_and(|text| Self::is_text(self.types.expr(text))) && texts.next().is_none()
    }

    fn is_filled(&mut self, local: LocalId) -> bool {
        if self.body.self_local == Some(local) {
            return true;
        }
        if self.filled.is_none() {
            self.filled = Some(self.filled_variables());
        }
        if self.filled.as_ref().is_some_and(|filled| filled.contains(&local)) {
            return true;
        }
        let mut made = bound_to(self.ir, self.body, local);
        while let Some(expr) = made {
            made = match self.ir.expr(expr) {
                Expr::Try(inner) | Expr::Await(inner) | Expr::Ref { operand: inner, .. } => Some(inner),
                Expr::MethodCall { .. } if self.is_of_workspace(expr) => return true,
                Expr::MethodCall { receiver, .. } => Some(receiver),
                Expr::Call { args, .. } if self.is_of_workspace(expr) => return !self.is_parser(args),
                _ => None,
            };
        }
        false
    }

    fn filled_variables(&self) -> FxHashSet<LocalId> {
        let exprs = self.body.exprs.of(&self.ir.exprs);
        let filled = exprs.iter().filter_map(|expr| match *expr {
            Expr::MethodCall { receiver, method, .. } if FILLS.contains(&method.as_str()) => {
                self.root_of(receiver)
            }
            Expr::Assign { lhs, .. } => self.root_of(lhs),
            Expr::Ref { mutable: true, operand } => self.root_of(operand),
            Expr::LetStmt { pat, init: Some(init), .. }
                if matches!(self.ir.expr(init), Expr::Array(_) | Expr::Repeat { .. }) =>
            {
                match self.ir.pat(pat) {
                    Pat::Bind { local, .. } => Some(local),
                    _ => None,
                }
            }
            _ => None,
        });
        filled.collect()
    }

    /// The variable that a place is or is a part of.
    fn root_of(&self, expr: ExprId) -> Option<LocalId> {
        match self.ir.expr(expr) {
            Expr::Local(local) => Some(local),
            Expr::Field { base, .. } | Expr::Index { base, .. } => self.root_of(base),
            Expr::Ref { operand, .. } | Expr::Unary { operand, .. } => self.root_of(operand),
            _ => None,
        }
    }

    // What is unwrapped.

    /// `unwrap` or `expect` is called on what has just been evaluated.
    pub(super) fn check_unwrapped(&mut self, receiver: ExprId) {
        if self.cx.models.operator_sinks.is_empty() {
            return;
        }
        let expr = self.without_views(receiver);
        match self.ir.expr(expr) {
            Expr::Field { base, name } => self.check_absent(expr, base, name),
            Expr::Local(local) => self.check_piece(expr, local),
            Expr::Call { args, .. } => {
                let args: SmallVec<[ExprId; 4]> = self.ir.list(args).collect();
                self.check_refused(expr, &args);
            }
            Expr::MethodCall { receiver, args, .. } => {
                let args: SmallVec<[ExprId; 4]> =
                    std::iter::once(receiver).chain(self.ir.list(args)).collect();
                self.check_refused(expr, &args);
            }
            _ => {}
        }
    }

    /// `x.as_ref()`, `x.clone()` and the like fail where `x` does.
    fn without_views(&self, expr: ExprId) -> ExprId {
        match self.ir.expr(expr) {
            Expr::Await(inner) => self.without_views(inner),
            Expr::MethodCall { receiver, method, .. }
                if matches!(
                    method.as_str(),
                    "ok" | "as_ref"
                        | "as_mut"
                        | "as_deref"
                        | "map_err"
                        | "cloned"
                        | "copied"
                        | "context"
                        | "clone"
                ) =>
            {
                self.without_views(receiver)
            }
            _ => expr,
        }
    }

    /// A piece of what a request sends: `while let Some(piece) = body.next().await { piece.unwrap() }`.
    fn check_piece(&mut self, piece: ExprId, local: LocalId) {
        let Some(Expr::Await(taken)) = bound_to(self.ir, self.body, local).map(|init| self.ir.expr(init))
        else {
            return;
        };
        let Expr::MethodCall { receiver, method, .. } = self.ir.expr(taken) else { return };
        let value = self.last_value(piece);
        let is_result = self.types.expr(piece).as_external("std::result::Result").is_some();
        // What is made of a stream by steps of the service's own may hold results of these.
        let is_sent = matches!(self.types.expr(receiver).kind(), TyKind::External { path, .. }
            if path.as_str() != "futures::Stream");
        if is_result
            && is_sent
            && matches!(method.as_str(), "next" | "recv")
            && self.values.outcome_of(value) != Outcome::Success
        {
            self.check_operator_of(Operator::Piece, method, value, piece);
        }
    }

    /// An option of what a request is read into: it stays empty if the request leaves it out.
    fn check_absent(&mut self, field: ExprId, base: ExprId, name: Symbol) {
        let is_option = |ty: Ty| matches!(ty.kind(), TyKind::External { path, .. } if path.as_str() == "std::option::Option");
        let value = self.last_value(field);
        if !is_option(self.types.expr(field)) || self.values.outcome_of(value) == Outcome::Success {
            return;
        }
        let read = |def: DefId| {
            let item = self.cx.semantics.item(def);
            READ_BY.iter().any(|derive| item.derives(derive))
        };
        let is_read = self.own_type(self.types.expr(base)).is_some_and(read);
        let is_filled = self.root_of(base).is_some_and(|local| self.is_filled(local));
        let comes_so = |origin: &Origin| {
            origin.path.names().last() == Some(name)
                && !self.asked.contains(&(origin.root, origin.path))
                && !self.is_measured_origin(origin)
        };
        if !is_read || is_filled || !self.values.origins_of(value).iter().any(comes_so) {
            return;
        }
        self.check_operator_of(Operator::Absent, name, value, field);
    }

    /// Whoever matches an option has thought of an empty one. That is no fact of the value: it is as it was.
    pub(super) fn note_asked(&mut self, option: ValueId) {
        if self.cx.models.operator_sinks.is_empty() {
            return;
        }
        let origins = &self.values.origins_of(option);
        self.asked.extend(origins.iter().map(|origin| (origin.root, origin.path)));
    }

    /// The option that a variable was made of by what is there where that is: `let parsed = query.as_ref().map(parse)`.
    fn made_of_option(&self, variable: ExprId) -> Option<ExprId> {
        let mut option = bound_to(self.ir, self.body, self.variable(variable)?)?;
        let mut is_made = false;
        while let Expr::MethodCall { receiver, method, .. } = self.ir.expr(option)
            && matches!(method.as_str(), "as_ref" | "as_deref" | "map" | "cloned" | "copied" | "clone")
        {
            option = receiver;
            is_made = true;
        }
        let is_option = matches!(self.types.expr(option).kind(), TyKind::External { path, .. } if path.as_str() == "std::option::Option");
        (is_made && is_option).then_some(option)
    }

    /// A method is called by which one learns whether something is there, or how much: who asks, be it on another branch,
    /// has thought of it.
    pub(super) fn note_question(
        &mut self,
        method: Symbol,
        receiver: ExprId,
        value: ValueId,
        argument: Option<ExprId>,
    ) {
        match method.as_str() {
            "is_some" | "is_none" | "is_some_and" | "is_none_or" => {
                self.note_asked(value);
                if let Some(made_of) = self.made_of_option(receiver) {
                    let made_of = self.last_value(made_of);
                    self.note_asked(made_of);
                }
                let origins = self.values.flatten(value);
                self.measured.extend(origins.iter().map(|origin| (origin.root, origin.path)));
            }
            // The headers of a request have a `get` too.
            "get" | "first" | "last" | "contains" if !self.is_list_or_text(receiver) => {}
            "len" | "is_empty" | "first" | "last" | "get" | "contains" | "contains_key" | "starts_with"
            | "ends_with" | "matches" | "find" | "rfind" | "count" | "is_match" => {
                let origins = self.values.flatten(value);
                let looks_for = argument.filter(|_| Self::is_text(self.types.expr(receiver)));
                if let Some(text) = looks_for.and_then(|argument| self.written_text(argument)) {
                    let found = origins.iter().map(|origin| (origin.root, origin.path, text));
                    self.searched.extend(found);
                    return;
                }
                self.measured_lists.extend(self.variable(receiver));
                self.measured.extend(origins.iter().map(|origin| (origin.root, origin.path)));
            }
            _ => {}
        }
    }

    /// The text of a literal.
    fn written_text(&self, expr: ExprId) -> Option<Symbol> {
        match self.ir.expr(expr) {
            Expr::Literal(Literal::Str(text)) => Some(text),
            Expr::Literal(Literal::Char(letter)) => Some(Symbol::new(letter.encode_utf8(&mut [0; 4]))),
            Expr::Ref { operand, .. } => self.written_text(operand),
            _ => None,
        }
    }

    fn is_list_or_text(&self, expr: ExprId) -> bool {
        let ty = self.types.expr(expr);
        Self::is_text(ty)
            || match ty.kind() {
                TyKind::Slice(_) => true,
                TyKind::External { path, .. } => {
                    matches!(path.as_str(), "std::vec::Vec" | "std::collections::VecDeque" | "bytes::Bytes")
                }
                _ => false,
            }
    }

    /// What a function that only checks asked of its arguments is asked.
    pub(super) fn note_check(&mut self, def: DefId, measured: &[u16], values: &[ValueId]) {
        if measured.is_empty() || !self.is_check(def) {
            return;
        }
        for parameter in measured {
            let Some(value) = values.get(usize::from(*parameter)) else { continue };
            let origins = self.values.flatten(*value);
            self.measured.extend(origins.iter().map(|origin| (origin.root, origin.path)));
        }
    }

    /// Whether a function returns no more than a truth, or that something is as it should be.
    fn is_check(&self, def: DefId) -> bool {
        let Some(signature) = self.cx.semantics.signature(def) else { return false };
        let is_plain =
            |ty: Ty| ty == Ty::unit() || matches!(ty.kind(), TyKind::Scalar(name) if name.as_str() == "bool");
        is_plain(signature.ret)
            || matches!(signature.ret.kind(), TyKind::External { args, .. } if args.first().is_some_and(|ty| is_plain(*ty)))
    }

    /// The parameters of which it was asked how long they are.
    pub(super) fn measured_parameters(&self) -> SmallVec<[u16; 2]> {
        let mut all: SmallVec<[u16; 2]> = SmallVec::new();
        let searched = self.searched.iter().map(|(root, ..)| root);
        for root in self.measured.iter().map(|(root, _)| root).chain(searched) {
            if let Root::Parameter(parameter) = root
                && !all.contains(parameter)
            {
                all.push(*parameter);
            }
        }
        all
    }

    /// Whether it was asked before how many elements there are where a value comes from.
    pub(super) fn is_measured_origin(&self, origin: &Origin) -> bool {
        self.is_measured_for(origin, None)
    }

    /// The same for what is parted by a certain text: whether another one is there tells nothing of that.
    fn is_measured_for(&self, origin: &Origin, separator: Option<Symbol>) -> bool {
        let covers = |root: &Root, path: &AccessPath| *root == origin.root && path.covers(&origin.path);
        let tells =
            |text: &Symbol| separator.is_none_or(|separator| text.as_str().contains(separator.as_str()));
        self.measured.iter().any(|(root, path)| covers(root, path))
            || self.searched.iter().any(|(root, path, text)| covers(root, path) && tells(text))
    }

    /// The value without what was asked of it before.
    fn unmeasured(&mut self, id: ValueId, separator: Option<Symbol>) -> ValueId {
        if self.measured.is_empty() && self.searched.is_empty() {
            return id;
        }
        let origins =
            self.values.flatten(id).into_iter().filter(|origin| !self.is_measured_for(origin, separator));
        let origins = origins.collect();
        self.values.push(Value { origins, ..Value::default() })
    }

    /// The struct or enum of the workspace that a type is or dereferences to.
    fn own_type(&self, ty: Ty) -> Option<DefId> {
        let mut types = std::iter::successors(Some(ty), |ty| self.cx.semantics.deref(*ty)).take(MOST_DEREFS);
        types.find_map(|ty| match ty.kind() {
            TyKind::Adt { def, .. } => Some(*def),
            _ => None,
        })
    }

    pub(super) fn check_operator_of(
        &mut self,
        operator: Operator,
        callee: Symbol,
        value: ValueId,
        place: ExprId,
    ) {
        let models = self.cx.models;
        for (_, sink) in models.operator_sinks.iter().filter(|(of, _)| *of == operator) {
            self.check_input(sink, callee, value, self.span(place), (0, None));
        }
    }
}

/// Whether a list or iterator is all parts of a text that is split, of which there is one at least.
fn is_of_split(ir: &SourceIr, body: Body, expr: ExprId, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    match ir.expr(expr) {
        Expr::Local(local) => {
            bound_to(ir, body, local).is_some_and(|init| is_of_split(ir, body, init, depth))
        }
        Expr::Ref { operand: inner, .. }
        | Expr::Try(inner)
        | Expr::Await(inner)
        | Expr::Block { tail: Some(inner), .. } => is_of_split(ir, body, inner, depth),
        Expr::MethodCall { receiver, method, .. } => match method.as_str() {
            "split" | "splitn" | "rsplit" | "rsplitn" => true,
            "collect" | "map" | "rev" | "iter" | "into_iter" | "copied" | "cloned" | "to_vec"
            | "peekable" | "by_ref" | "clone" => is_of_split(ir, body, receiver, depth),
            _ => false,
        },
        _ => false,
    }
}

/// What a variable is bound to where it is declared: the whole of it, or what is in an option or result.
pub(super) fn bound_to(ir: &SourceIr, body: Body, variable: LocalId) -> Option<ExprId> {
    let binds = |pat: PatId| binds(ir, pat, variable);
    body.exprs.of(&ir.exprs).iter().find_map(|expr| match *expr {
        Expr::LetStmt { pat, init: Some(value), .. } | Expr::Let { pat, scrutinee: value } => {
            binds(pat).then_some(value)
        }
        Expr::Match { scrutinee, arms } => {
            ir.arms(arms).iter().any(|arm| binds(arm.pat)).then_some(scrutinee)
        }
        _ => None,
    })
}

fn binds(ir: &SourceIr, pat: PatId, variable: LocalId) -> bool {
    match ir.pat(pat) {
        Pat::Bind { local, .. } => local == variable,
        Pat::TupleStruct { path, pats } => {
            let name = ir.path_segments(path).last().map(|segment| segment.name);
            let mut inner = ir.list(pats);
            matches!(name, Some(sym::OK | sym::SOME))
                && matches!((inner.next(), inner.next()), (Some(only), None) if binds(ir, only, variable))
        }
        _ => false,
    }
}
