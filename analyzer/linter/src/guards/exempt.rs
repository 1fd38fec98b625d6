//! Requests that a middleware lets through before it asks who calls: those of some methods, those to some paths.
//!
//! Its body is walked for one endpoint at a time. Conditions on the method and the path are known then; the walk
//! ends where the request is handed on, or where something may refuse it.

mod answers;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use ward_semantics::endpoint::{Attached, AttachedKind, Endpoint, Methods, What};
use ward_semantics::{BodyTypes, Callee, DefId, DefKind, Resolution};
use ward_syntax::{
    BinaryOp, BlockKind, BodyId, ClosureId, Expr, ExprId, FileId, FormatId, List, Literal, LocalId, Pat,
    PatId, PathId, Piece, Run, SourceIr, Span, Symbol, UnaryOp,
};

use super::evaluate::{Context, is_next};
use super::{attached, names};

/// How deep calls and values are followed.
const MOST_DEPTH: u32 = 12;

/// What stands for a middleware: a function, or a closure within one.
#[derive(Clone, Copy)]
pub(crate) struct Body {
    pub(crate) def: DefId,
    pub(crate) closure: Option<(FileId, ClosureId)>,
}

/// A request to an endpoint.
#[derive(Clone, Copy)]
struct Request<'e> {
    path: &'e str,
    /// None where it may be any.
    method: Option<&'e str>,
}

/// What becomes of a request at some place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    /// Nothing yet.
    On,
    /// It is handed on.
    Through,
    /// It may be refused, or nothing is known.
    Stopped,
    /// The function answers this, where it is asked for a yes or no.
    Said(bool),
}

/// What is known of a value.
#[derive(Clone)]
enum Known {
    Nothing,
    /// The request's path.
    Path,
    /// The segments of its path, the last one first.
    Segments,
    /// The last segment of its path.
    LastSegment,
    /// Its method.
    Method,
    /// What an unknown caller does not send.
    Absent,
    /// What the service has, whoever calls.
    Present,
    Text(Symbol),
    /// A regular expression.
    Pattern(Symbol),
    Truth(bool),
    /// A result: whether all went well.
    Outcome(bool),
    Tuple(Vec<Self>),
    List(Vec<Self>),
    Record(Vec<(Symbol, Self)>),
}

/// Whether all requests to an endpoint get past something attached before it asks.
pub(crate) fn lets_through(cx: Context, attached: &Attached, endpoint: &Endpoint) -> bool {
    let mut bodies = Vec::new();
    for what in [&attached.what].into_iter().chain(&attached.arguments) {
        match *what {
            What::Function(def) => bodies.push(Body { def, closure: None }),
            What::Closure { function, file, closure } => {
                bodies.push(Body { def: function, closure: Some((file, closure)) });
            }
            What::Item(def) => attached::passed(cx, def, &mut |def| bodies.push(Body { def, closure: None })),
            _ => {}
        }
    }
    let path = endpoint.path.as_str();
    let methods: SmallVec<[Option<&str>; 4]> = match &endpoint.methods {
        Methods::Any => SmallVec::from_iter([None]),
        Methods::Only(names) => names.iter().map(|name| Some(name.as_str())).collect(),
    };
    let is_extractor = attached.kind == AttachedKind::Extractor;
    bodies.into_iter().any(|body| {
        methods.iter().all(|method| {
            let walk = Walk::new(cx, body.def, Request { path, method: *method }, 0);
            walk.is_some_and(|walk| if is_extractor { walk.gives(body) } else { walk.lets_through(body) })
        })
    })
}

/// The walk through one body.
struct Walk<'a> {
    cx: Context<'a>,
    def: DefId,
    ir: &'a SourceIr,
    types: &'a BodyTypes,
    request: Request<'a>,
    locals: FxHashMap<LocalId, Known>,
    /// Where the request is handed on.
    next: Vec<Span>,
    /// What the function would have answered, had something held of which nothing is known.
    maybe: SmallVec<[bool; 2]>,
    depth: u32,
}

impl<'a> Walk<'a> {
    fn new(cx: Context<'a>, def: DefId, request: Request<'a>, depth: u32) -> Option<Self> {
        let types = cx.semantics.types(def)?;
        let ir = cx.semantics.ir(cx.semantics.locate(def).0);
        let name = cx.semantics.def_map.name(def);
        let next = types.callees().filter(|(_, callee)| is_next(cx.models, name, callee));
        let mut next: Vec<Span> = next.map(|(call, _)| ir.expr_span(call)).collect();
        if let Some((_, body)) = cx.semantics.body(def).filter(|_| !next.is_empty()) {
            put_off(ir, body, &mut next);
        }
        Some(Self {
            cx,
            def,
            ir,
            types,
            request,
            locals: FxHashMap::default(),
            next,
            maybe: SmallVec::new(),
            depth,
        })
    }

    fn lets_through(mut self, body: Body) -> bool {
        let Some(root) = self.root(body) else { return false };
        !self.next.is_empty() && self.walk(root) == Flow::Through
    }

    fn root(&self, body: Body) -> Option<ExprId> {
        match body.closure {
            Some((_, closure)) => Some(self.ir.closure(closure).body),
            None => self.cx.semantics.body(body.def).map(|(_, own)| self.ir.body(own).root),
        }
    }

    fn hands_on(&self, expr: ExprId) -> bool {
        let span = self.ir.expr_span(expr);
        self.next.iter().any(|next| span.contains(*next))
    }

    /// Whether something in an expression leaves the function.
    fn may_leave(&self, expr: ExprId) -> bool {
        let Some((_, body)) = self.cx.semantics.body(self.def) else { return true };
        let span = self.ir.expr_span(expr);
        let leaves = |id: &ExprId| match self.ir.expr(*id) {
            Expr::Try(_) | Expr::Return(_) => true,
            Expr::Format(id) => matches!(self.ir.format(id).path.last_segment(), "bail" | "ensure"),
            _ => false,
        };
        let mut all = self.ir.body(body).exprs.ids().filter(|id| span.contains(self.ir.expr_span(*id)));
        all.any(|id| leaves(&id))
    }

    fn walk(&mut self, expr: ExprId) -> Flow {
        match self.ir.expr(expr) {
            Expr::Block { stmts, tail, .. } => {
                let stmts: SmallVec<[ExprId; 16]> = self.ir.list(stmts).collect();
                for stmt in stmts {
                    match self.walk(stmt) {
                        Flow::On => {}
                        flow => return flow,
                    }
                }
                tail.map_or(Flow::On, |tail| self.walk(tail))
            }
            Expr::If { cond, .. } if self.hands_on(cond) => Flow::Through,
            Expr::If { cond, then, otherwise } => match self.truth(cond) {
                Some(true) => self.walk(then),
                Some(false) => otherwise.map_or(Flow::On, |otherwise| self.walk(otherwise)),
                None => self.either(&[Some(then), otherwise]),
            },
            Expr::Match { scrutinee, arms } => self.walk_match(scrutinee, arms),
            Expr::LetStmt { pat, init: Some(init), otherwise, .. } => self.walk_let(pat, init, otherwise),
            Expr::Return(Some(value)) => match self.walk(value) {
                Flow::On => Flow::Stopped,
                flow => flow,
            },
            Expr::Return(None) => Flow::Stopped,
            Expr::For { pat, iter, body } => self.walk_for(pat, iter, body),
            Expr::Await(inner) => self.walk(inner),
            _ if self.wrapped(expr).is_some() => {
                self.wrapped(expr).map_or(Flow::On, |inner| self.walk(inner))
            }
            _ => self.walk_value(expr),
        }
    }

    /// An expression that is no control flow.
    fn walk_value(&mut self, expr: ExprId) -> Flow {
        if self.next.is_empty()
            && let Known::Truth(truth) | Known::Outcome(truth) = self.known(expr)
        {
            return Flow::Said(truth);
        }
        match () {
            () if self.passes(expr) => Flow::On,
            () if self.hands_on(expr) => Flow::Through,
            () if self.may_leave(expr) => Flow::Stopped,
            () => Flow::On,
        }
    }

    /// An async block that is wrapped: `Box::pin(async move { .. })`.
    fn wrapped(&self, expr: ExprId) -> Option<ExprId> {
        let is_async = |id: &ExprId| matches!(self.ir.expr(*id), Expr::Block { kind: BlockKind::Async, .. });
        match self.ir.expr(expr) {
            Expr::Call { args, .. } => self.ir.list(args).find(is_async),
            Expr::MethodCall { receiver, .. } => Some(receiver).filter(is_async),
            _ => None,
        }
    }

    /// One of several ways, and nothing says which: the request goes on if none of them leaves, and what hands it on
    /// there does so for others.
    fn either(&mut self, ways: &[Option<ExprId>]) -> Flow {
        if self.next.is_empty() {
            for way in ways.iter().flatten() {
                match self.walk(*way) {
                    Flow::Said(truth) => self.maybe.push(truth),
                    Flow::On => {}
                    flow => return flow,
                }
            }
            return Flow::On;
        }
        let flows: SmallVec<[Flow; 2]> =
            ways.iter().map(|way| way.map_or(Flow::On, |way| self.walk(way))).collect();
        match () {
            () if flows.contains(&Flow::Stopped) => Flow::Stopped,
            // The rest tells what becomes of those who come to it.
            () if flows.contains(&Flow::On) => Flow::On,
            () => Flow::Through,
        }
    }

    fn walk_match(&mut self, scrutinee: ExprId, arms: Run) -> Flow {
        if self.hands_on(scrutinee) {
            return Flow::Through;
        }
        let value = self.known(scrutinee);
        if matches!(value, Known::Nothing) {
            return Flow::Stopped;
        }
        for arm in self.ir.arms(arms) {
            let fits = self.fits(arm.pat, &value);
            let holds = arm.guard.map_or(Some(true), |guard| self.truth(guard));
            match (fits, holds) {
                (Some(true), Some(true)) => return self.walk(arm.body),
                (Some(false), _) | (_, Some(false)) => {}
                _ => return Flow::Stopped,
            }
        }
        Flow::Stopped
    }

    fn walk_let(&mut self, pat: PatId, init: ExprId, otherwise: Option<ExprId>) -> Flow {
        let decides = matches!(self.ir.expr(init), Expr::If { .. } | Expr::Match { .. });
        if decides && !self.next.is_empty() && (self.hands_on(init) || self.may_leave(init)) {
            let flow = self.walk(init);
            if flow == Flow::On {
                self.bind(pat, Known::Nothing);
            }
            return flow;
        }
        if self.hands_on(init) {
            return Flow::Through;
        }
        if let Expr::Match { scrutinee, arms } = self.ir.expr(init)
            && self.may_leave(init)
        {
            let flow = self.walk_match(scrutinee, arms);
            if flow == Flow::On {
                self.bind(pat, Known::Nothing);
            }
            return flow;
        }
        if self.may_leave(init) && !matches!(self.ir.expr(init), Expr::Closure(_)) && !self.passes(init) {
            return Flow::Stopped;
        }
        let value = self.known(init);
        if let Some(otherwise) = otherwise {
            return match self.fits(pat, &value) {
                Some(true) => Flow::On,
                Some(false) => self.walk(otherwise),
                None => Flow::Stopped,
            };
        }
        self.bind(pat, value);
        Flow::On
    }

    fn walk_for(&mut self, pat: PatId, iter: ExprId, body: ExprId) -> Flow {
        let Known::List(elements) = self.known(iter) else {
            return if self.may_leave(body) { Flow::Stopped } else { Flow::On };
        };
        for element in elements {
            self.bind(pat, element);
            match self.walk(body) {
                Flow::On => {}
                flow => return flow,
            }
        }
        Flow::On
    }

    fn bind(&mut self, pat: PatId, value: Known) {
        match (self.ir.pat(pat), value) {
            (Pat::Bind { local, .. }, value) => {
                self.locals.insert(local, value);
            }
            (Pat::Ref(inner), value) => self.bind(inner, value),
            (Pat::Tuple(pats), Known::Tuple(values)) => {
                let pats: SmallVec<[PatId; 4]> = self.ir.list(pats).collect();
                pats.into_iter().zip(values).for_each(|(pat, value)| self.bind(pat, value));
            }
            _ => {}
        }
    }

    /// Whether a pattern matches.
    fn fits(&mut self, pat: PatId, value: &Known) -> Option<bool> {
        match (self.ir.pat(pat), value) {
            (Pat::Wild | Pat::Rest, _) => Some(true),
            (Pat::Bind { sub: None, .. }, value) => {
                self.bind(pat, value.clone());
                Some(true)
            }
            (Pat::Ref(inner), value) => self.fits(inner, value),
            (Pat::Literal(Literal::Str(text)), value) => self.equals(value, &Known::Text(text)),
            (Pat::Literal(Literal::Bool(truth)), Known::Truth(value)) => Some(truth == *value),
            (Pat::TupleStruct { path, .. } | Pat::Path(path), Known::Absent | Known::Present) => {
                let last = self.ir.path_segments(path).last()?.name;
                let is_absent = matches!(value, Known::Absent);
                Some(matches!(last.as_str(), "None" | "Err") == is_absent)
            }
            (Pat::TupleStruct { path, .. }, Known::Outcome(went_well)) => {
                match self.ir.path_segments(path).last()?.name.as_str() {
                    "Ok" => Some(*went_well),
                    "Err" => Some(!went_well),
                    _ => None,
                }
            }
            (Pat::Path(path), value) => {
                let text = self.named(path)?;
                self.equals(value, &text)
            }
            (Pat::Or(pats), value) => {
                let pats: SmallVec<[PatId; 4]> = self.ir.list(pats).collect();
                any(pats.into_iter().map(|pat| self.fits(pat, value)))
            }
            (Pat::Tuple(pats), Known::Tuple(values)) => {
                let pats: SmallVec<[PatId; 4]> = self.ir.list(pats).collect();
                let misses =
                    pats.into_iter().zip(values).map(|(pat, value)| self.fits(pat, value).map(|fit| !fit));
                any(misses).map(|misses| !misses)
            }
            _ => None,
        }
    }

    /// What a path names: a method, or a constant text.
    fn named(&self, path: PathId) -> Option<Known> {
        let last = self.ir.path_segments(path).last()?.name;
        match self.types.path(path) {
            Resolution::Def(def) if self.cx.semantics.def_map.kind(def) == DefKind::Const => {
                let (file, body) = self.cx.semantics.body(def)?;
                let ir = self.cx.semantics.ir(file);
                Some(constant_in(ir, ir.body(body).root, 0))
            }
            _ => last.as_str().chars().all(|c| c.is_ascii_uppercase()).then_some(Known::Text(last)),
        }
    }

    fn equals(&self, a: &Known, b: &Known) -> Option<bool> {
        match (a, b) {
            (Known::Path, Known::Text(text)) | (Known::Text(text), Known::Path) => {
                self.path_is(text.as_str())
            }
            (Known::Method, Known::Text(text)) | (Known::Text(text), Known::Method) => {
                self.request.method.map(|method| method == text.as_str())
            }
            (Known::LastSegment, Known::Text(text)) | (Known::Text(text), Known::LastSegment) => {
                let last = self.request.path.rsplit('/').next().unwrap_or_default();
                if last.contains('{') { None } else { Some(last == text.as_str()) }
            }
            (Known::Text(a), Known::Text(b)) => Some(a == b),
            (Known::Truth(a), Known::Truth(b)) => Some(a == b),
            _ => None,
        }
    }

    // Paths.

    /// The part of the endpoint's path that is the same for all requests, and whether that is all of it.
    fn fixed(&self) -> (&'a str, bool) {
        match self.request.path.split_once('{') {
            Some((front, _)) => (front, false),
            None => (self.request.path, true),
        }
    }

    fn path_is(&self, text: &str) -> Option<bool> {
        if let Some((front, back)) = self.request.path.split_once("{?}")
            && !back.contains('{')
        {
            // Some text stands where nothing is known of the path.
            return Some(back.len() > 1 && text.starts_with(front) && text.ends_with(back));
        }
        let (fixed, is_all) = self.fixed();
        let plain = |path: &str| path.trim_end_matches('/').len();
        match is_all {
            true => Some(fixed[..plain(fixed)] == text[..plain(text)]),
            // What is written out has a route of its own.
            false if !self.request.path.contains("{?}") || !text.starts_with(fixed) => Some(false),
            false => None,
        }
    }

    /// Whether a regular expression matches the path. What stands for a parameter may be a number or a word.
    fn path_matches(&self, pattern: &str) -> Option<bool> {
        let path = self.request.path;
        if path.contains("{?}") {
            return None;
        }
        let pattern = regex_automata::meta::Regex::new(pattern).ok()?;
        let of_sample = |sample: &str| {
            let mut filled = String::new();
            let mut rest = path;
            while let Some((front, back)) = rest.split_once('{') {
                filled.push_str(front);
                filled.push_str(sample);
                rest = back.split_once('}').map_or("", |(_, back)| back);
            }
            filled.push_str(rest);
            pattern.is_match(&filled)
        };
        let [number, word] = ["1", "a"].map(of_sample);
        (number == word).then_some(number)
    }

    fn path_begins(&self, text: &str) -> Option<bool> {
        let (fixed, is_all) = self.fixed();
        match () {
            () if fixed.starts_with(text) => Some(true),
            () if is_all || !text.starts_with(fixed) => Some(false),
            () => None,
        }
    }

    fn path_has(&self, text: &str, method: &str) -> Option<bool> {
        let (fixed, is_all) = self.fixed();
        match (method, is_all) {
            ("starts_with", _) => self.path_begins(text),
            ("ends_with", true) => Some(fixed.ends_with(text)),
            ("contains", true) => Some(fixed.contains(text)),
            ("contains", false) if fixed.contains(text) => Some(true),
            ("eq", _) => self.path_is(text),
            _ => None,
        }
    }

    // Values.

    fn truth(&mut self, expr: ExprId) -> Option<bool> {
        match self.known(expr) {
            Known::Truth(truth) => Some(truth),
            _ => None,
        }
    }

    fn known(&mut self, expr: ExprId) -> Known {
        if self.depth >= MOST_DEPTH {
            return Known::Nothing;
        }
        self.depth += 1;
        let value = self.known_of(expr);
        self.depth -= 1;
        value
    }

    fn known_of(&mut self, expr: ExprId) -> Known {
        let truth = |truth: Option<bool>| truth.map_or(Known::Nothing, Known::Truth);
        match self.ir.expr(expr) {
            Expr::Literal(Literal::Bool(value)) => Known::Truth(value),
            Expr::Literal(Literal::Str(text)) => Known::Text(text),
            Expr::Literal(Literal::Char(c)) => Known::Text(Symbol::new(c.encode_utf8(&mut [0; 4]))),
            Expr::Local(local) => self.locals.get(&local).cloned().unwrap_or(Known::Nothing),
            Expr::Path(path) => self.named(path).unwrap_or(Known::Nothing),
            Expr::Unary { op: UnaryOp::Not, operand } => truth(self.truth(operand).map(|value| !value)),
            Expr::Ref { operand, .. } | Expr::Unary { operand, .. } => self.known(operand),
            Expr::Field { base, name } => match self.known(base) {
                Known::Record(fields) => {
                    let field = fields.into_iter().find(|(field, _)| *field == name);
                    field.map_or(Known::Nothing, |(_, value)| value)
                }
                _ if name.as_str() == "method" => Known::Method,
                _ => self.made(self.types.expr(expr)),
            },
            Expr::Binary { op, lhs, rhs } => truth(self.binary(op, lhs, rhs)),
            Expr::Tuple(parts) => {
                let parts: SmallVec<[ExprId; 4]> = self.ir.list(parts).collect();
                Known::Tuple(parts.into_iter().map(|part| self.known(part)).collect())
            }
            Expr::Array(_) | Expr::Macro(_) => constant_in(self.ir, expr, 0),
            Expr::Format(format) => self.formatted(format).map_or(Known::Nothing, Known::Text),
            Expr::Match { scrutinee, arms } => truth(self.chosen(scrutinee, arms)),
            Expr::Let { pat, scrutinee } => {
                let value = self.known(scrutinee);
                truth(self.fits(pat, &value))
            }
            Expr::Call { args, .. } => match self.types.callee(expr) {
                Callee::ExternalConstructor(path) if path.last_segment() == "Ok" => Known::Outcome(true),
                Callee::ExternalConstructor(path) if path.last_segment() == "Err" => Known::Outcome(false),
                _ => self.called(expr, None, args),
            },
            Expr::MethodCall { receiver, method, args, .. } => self.method(expr, receiver, method, args),
            _ => Known::Nothing,
        }
    }

    /// `format!("{API}/login")`, if all of it is known.
    fn formatted(&mut self, format: FormatId) -> Option<Symbol> {
        let mut text = String::new();
        for piece in &self.ir.format(format).pieces {
            match piece {
                Piece::Text { text: piece, .. } => text.push_str(piece.as_str()),
                Piece::Hole { value, .. } => match self.known(*value) {
                    Known::Text(piece) => text.push_str(piece.as_str()),
                    _ => return None,
                },
            }
        }
        Some(Symbol::new(&text))
    }

    fn binary(&mut self, op: BinaryOp, lhs: ExprId, rhs: ExprId) -> Option<bool> {
        match op {
            BinaryOp::Or => any([self.truth(lhs), self.truth(rhs)]),
            BinaryOp::And => {
                any([lhs, rhs].map(|side| self.truth(side).map(|value| !value))).map(|value| !value)
            }
            BinaryOp::Eq | BinaryOp::Ne => {
                let (lhs, rhs) = (self.known(lhs), self.known(rhs));
                self.equals(&lhs, &rhs).map(|same| same == (op == BinaryOp::Eq))
            }
            _ => None,
        }
    }

    /// The arm of a match of truths: `matches!(path, "/a" | "/b")`.
    fn chosen(&mut self, scrutinee: ExprId, arms: Run) -> Option<bool> {
        let value = self.known(scrutinee);
        for arm in self.ir.arms(arms) {
            let fits = self.fits(arm.pat, &value)?;
            if fits && arm.guard.map_or(Some(true), |guard| self.truth(guard))? {
                return self.truth(arm.body);
            }
        }
        None
    }

    fn method(&mut self, expr: ExprId, receiver: ExprId, method: Symbol, args: List<ExprId>) -> Known {
        const KEEPING: &[&str] = &[
            "to_string",
            "to_owned",
            "as_str",
            "clone",
            "as_ref",
            "deref",
            "borrow",
            "iter",
            "into_iter",
            "to_lowercase",
            "copied",
            "as_slice",
            "into_owned",
        ];
        let name = method.as_str();
        match name {
            "path" | "match_info" if args.is_empty() => return Known::Path,
            // What the service itself has, and what an unknown caller is not.
            "app_data" => return Known::Present,
            name if names::says_known(name) => return Known::Truth(false),
            "method" if args.is_empty() => return Known::Method,
            _ => {}
        }
        if matches!(self.types.callee(expr), Callee::Fn(_) | Callee::Dispatch { .. }) {
            return self.called(expr, Some(receiver), args);
        }
        if name == "either" {
            return self.either_of(args);
        }
        if matches!(name, "get" | "get_one") && self.asks_credential(receiver, args) {
            return Known::Absent;
        }
        let own = self.known(receiver);
        match (&own, name) {
            (Known::Absent, "is_none" | "is_none_or") => return Known::Truth(true),
            (Known::Absent, "is_some" | "is_some_and") => return Known::Truth(false),
            (Known::Outcome(went_well), "is_ok") => return Known::Truth(*went_well),
            (Known::Outcome(went_well), "is_err") => return Known::Truth(!went_well),
            (Known::Outcome(_), "map_err" | "context" | "with_context") => return own,
            (
                Known::Absent,
                "map" | "and_then" | "ok" | "filter" | "flatten" | "cloned" | "as_ref" | "as_deref",
            ) => {
                return own;
            }
            _ => {}
        }
        if args.is_empty() && KEEPING.contains(&name) || name.starts_with("unwrap") {
            return own;
        }
        match (&own, name) {
            (Known::Path, "rsplit") => return Known::Segments,
            (Known::Segments, "next") => return Known::LastSegment,
            (Known::Path, "trim_end_matches") => return own,
            (Known::Path | Known::LastSegment, "is_empty") => return Known::Truth(false),
            _ => {}
        }
        let Some(arg) = self.ir.list(args).next() else { return Known::Nothing };
        if let (Known::List(elements), "any", Expr::Closure(closure)) = (&own, name, self.ir.expr(arg)) {
            return self.any_of(elements, closure).map_or(Known::Nothing, Known::Truth);
        }
        if let ("is_some_and", Expr::Closure(closure)) = (name, self.ir.expr(arg)) {
            let closure = self.ir.closure(closure);
            let (pats, body) =
                (closure.params.iter().map(|(pat, _)| *pat).collect::<SmallVec<[PatId; 2]>>(), closure.body);
            pats.into_iter().for_each(|pat| self.bind(pat, own.clone()));
            return self.known(body);
        }
        let arg = self.known(arg);
        let answer = match (&own, &arg) {
            (Known::Path, Known::Text(text)) => self.path_has(text.as_str(), name),
            (Known::Pattern(pattern), Known::Path) if name == "is_match" => {
                self.path_matches(pattern.as_str())
            }
            (Known::List(elements), asked) if matches!(name, "contains" | "contains_key") => {
                any(elements.iter().map(|element| self.equals(asked, element)))
            }
            (own, other) if name == "eq" => self.equals(own, other),
            _ => None,
        };
        answer.map_or(Known::Nothing, Known::Truth)
    }

    /// `PUBLIC.iter().any(|prefix| path.starts_with(prefix))`.
    fn any_of(&mut self, elements: &[Known], closure: ClosureId) -> Option<bool> {
        let closure = self.ir.closure(closure);
        let (pat, _) = closure.params.first()?;
        let (pat, body) = (*pat, closure.body);
        any(elements.iter().map(|element| {
            self.bind(pat, element.clone());
            self.truth(body)
        }))
    }

    /// `headers.get("authorization")`.
    fn asks_credential(&self, receiver: ExprId, args: List<ExprId>) -> bool {
        let name = match self.ir.expr(receiver) {
            Expr::MethodCall { method, .. } => method,
            Expr::Field { name, .. } => name,
            Expr::Local(local) => self.ir.local(local).name,
            _ => return false,
        };
        let is_credential = |arg| match self.ir.expr(arg) {
            Expr::Literal(Literal::Str(text)) => names::is_credential(text.as_str()),
            Expr::Path(path) => {
                let last = self.ir.path_segments(path).last().map_or("", |last| last.name.as_str());
                match self.named(path) {
                    Some(Known::Text(text)) => names::is_credential(text.as_str()),
                    _ => names::is_credential(last),
                }
            }
            _ => false,
        };
        name.as_str().ends_with("headers") && self.ir.list(args).next().is_some_and(is_credential)
    }
}

/// What is bound before anything is asked hands a request on only where it is used: `let next = |request|
/// service.call(request)`, and a future of which nobody has waited for the end.
fn put_off(ir: &SourceIr, body: BodyId, next: &mut Vec<Span>) {
    let exprs = ir.body(body).exprs;
    let bound = exprs.ids().filter_map(|id| match ir.expr(id) {
        Expr::LetStmt { pat, init: Some(init), otherwise: None, .. } => match ir.pat(pat) {
            Pat::Bind { local, sub: None } => Some((local, init)),
            _ => None,
        },
        _ => None,
    });
    for (local, init) in bound {
        let span = match ir.expr(init) {
            Expr::Closure(_) | Expr::Call { .. } | Expr::MethodCall { .. } => ir.expr_span(init),
            _ => continue,
        };
        let before = next.len();
        next.retain(|call| !span.contains(*call));
        if next.len() < before {
            let is_used = |id: &ExprId| matches!(ir.expr(*id), Expr::Local(used) if used == local);
            next.extend(exprs.ids().filter(is_used).map(|id| ir.expr_span(id)));
        }
    }
}

/// Whether one of several holds.
fn any(all: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let mut known = Some(false);
    for one in all {
        match one {
            Some(true) => return Some(true),
            Some(false) => {}
            None => known = None,
        }
    }
    known
}

/// What a constant holds: a text, a regular expression, a record, or a list or set of such.
fn constant_in(ir: &SourceIr, expr: ExprId, depth: u32) -> Known {
    if depth > MOST_DEPTH {
        return Known::Nothing;
    }
    let inner = |inner: ExprId| constant_in(ir, inner, depth + 1);
    match ir.expr(expr) {
        Expr::Literal(Literal::Str(text)) => Known::Text(text),
        Expr::Path(path) => method_named(ir, path),
        Expr::Array(list) => Known::List(ir.list(list).map(inner).collect()),
        Expr::Tuple(list) => Known::Tuple(ir.list(list).map(inner).collect()),
        Expr::Macro(id) => Known::List(ir.list(ir.macro_call(id).args).map(inner).collect()),
        Expr::Struct { fields, .. } => {
            Known::Record(ir.field_inits(fields).iter().map(|init| (init.name, inner(init.value))).collect())
        }
        Expr::Ref { operand, .. } => inner(operand),
        Expr::Closure(closure) => inner(ir.closure(closure).body),
        Expr::Block { stmts, tail: Some(tail), .. } if ir.list(stmts).next().is_none() => inner(tail),
        Expr::Call { callee, args } => {
            let mut args = ir.list(args);
            let value = args.next().filter(|_| args.next().is_none()).map_or(Known::Nothing, inner);
            match value {
                Known::Text(text) if makes_pattern(ir, callee) => Known::Pattern(text),
                value => value,
            }
        }
        Expr::MethodCall { receiver, method, .. }
            if matches!(
                method.as_str(),
                "iter"
                    | "into_iter"
                    | "collect"
                    | "copied"
                    | "cloned"
                    | "to_vec"
                    | "unwrap"
                    | "expect"
                    | "to_string"
                    | "to_owned"
                    | "into"
            ) =>
        {
            inner(receiver)
        }
        _ => Known::Nothing,
    }
}

/// `Method::GET`.
fn method_named(ir: &SourceIr, path: PathId) -> Known {
    match ir.path_segments(path) {
        [.., ty, name] if ty.name.as_str() == "Method" => Known::Text(name.name),
        _ => Known::Nothing,
    }
}

/// `Regex::new`.
fn makes_pattern(ir: &SourceIr, callee: ExprId) -> bool {
    let Expr::Path(path) = ir.expr(callee) else { return false };
    matches!(ir.path_segments(path), [.., ty, _] if ty.name.as_str() == "Regex")
}
