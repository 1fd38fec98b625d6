//! Routing by hand, as services on hyper do it: a match on method and path, or a table filled with both.

use ward_semantics::endpoint::{
    Attached, AttachedKind, Call, Evaluator, Framework, HOLE, Handler, Methods, Route, Router, Value, texts,
};
use ward_semantics::{BodyTypes, Callee, DefId, Resolution, Semantics, TyKind, TypeHead};
use ward_syntax::{
    BinaryOp, BodyId, Expr, ExprId, FileId, FileSpan, Literal, Pat, PatId, PathId, SourceIr, Symbol,
};

use super::common::{adt_of, method_named, methods_in};

/// The framework, or the lack of one.
#[derive(Debug)]
pub(super) struct Hyper;

/// Functions by which a type that is put into a table of routes answers.
const ANSWERS: &[&str] = &["call", "handle", "run", "execute", "oneshot"];

/// Methods that send requests.
const SENDS: &[&str] = &["request", "send", "call", "fetch", "build_request"];

/// How deep matches stand in each other.
const DEPTH: usize = 4;

impl Framework for Hyper {
    fn name(&self) -> &'static str {
        "hyper"
    }

    fn crates(&self) -> &'static [&'static str] {
        &["hyper", "http"]
    }

    fn builds(&self, _: &str) -> bool {
        false
    }

    fn dispatches(&self, path: &str) -> bool {
        method_item(path).is_some()
    }

    fn dispatch(&self, cx: &mut Evaluator<'_>, function: DefId) -> Option<Router> {
        let semantics = cx.semantics;
        let view = View::of(semantics, function)?;
        let (ir, body) = (view.ir, view.body);
        let mut router = cx.router(self, "match");
        let mut nested = Vec::new();
        let mut fills = false;
        let mut exprs: Vec<ExprId> = ir.body(body).exprs.ids().collect();
        // A match within an arm of another stands before it.
        exprs.reverse();
        for expr in exprs {
            match ir.expr(expr) {
                Expr::Match { .. } if !nested.contains(&expr) => {
                    view.arms(expr, &Known::default(), &mut router.routes, &mut nested, cx, DEPTH);
                }
                Expr::If { cond, then, .. } => view.asked(cond, then, &mut router.routes, cx),
                Expr::MethodCall { args, .. } => fills |= view.is_filling(ir.list(args)),
                _ => {}
            }
        }
        router.routes.sort_by_key(|route| route.place);
        view.ask_before(&mut router.routes, cx);
        if fills {
            cx.evaluate(function);
        }
        (!router.routes.is_empty()).then_some(router)
    }

    fn registered(&self, cx: &mut Evaluator<'_>, call: &Call<'_>) -> Option<Router> {
        let [method, path, answer, ..] = call.arguments else { return None };
        let Value::Made(made) = method else { return None };
        let ward_semantics::endpoint::What::External(item) = made.what else { return None };
        method_item(item.as_str())?;
        let texts = texts(path);
        if SENDS.contains(&call.name()) || !texts.iter().all(|path| path.as_str().starts_with(['/', HOLE])) {
            return None;
        }
        let answer = answering(cx, answer, call)?;
        let mut router = cx.router(self, "table");
        router.routes = cx.routes(&methods_in(method), path, &answer, call);
        Some(router)
    }
}

/// What answers, where a value is put into a table: a function, or what a type's impl of a trait does.
fn answering(cx: &Evaluator<'_>, value: &Value, call: &Call<'_>) -> Option<Value> {
    match value {
        Value::Function(_) | Value::Closure(_) => Some(value.clone()),
        value => {
            // The innermost value: a table's own wrapper says nothing.
            let inner = match value {
                Value::Struct(outer) if outer.fields.len() == 1 => &outer.fields[0].1,
                Value::Made(outer) if outer.receiver.is_none() && outer.arguments.len() == 1 => {
                    &outer.arguments[0]
                }
                other => other,
            };
            let ty = if std::ptr::eq(inner, value) {
                call.argument_type(2)
            } else {
                ward_semantics::Ty::unknown()
            };
            let def = adt_of(cx, inner, ty)?;
            let impls = &cx.semantics.impls;
            let blocks = impls.of_type(TypeHead::Adt(def)).iter();
            let of_traits = blocks.filter(|block| impls.get(**block).is_some_and(|data| data.has_trait));
            let found = of_traits
                .flat_map(|block| impls.items(*block))
                .find(|(name, _)| ANSWERS.contains(&name.as_str()));
            found.map(|(_, function)| Value::Function(*function))
        }
    }
}

/// The method that an item is.
fn method_item(path: &str) -> Option<Methods> {
    let (front, name) = path.rsplit_once("::")?;
    (front == "Method" || front.ends_with("::Method")).then_some(())?;
    let lower = name.to_ascii_lowercase();
    (lower != name).then(|| method_named(&lower)).flatten()
}

/// What the patterns around an arm say.
#[derive(Clone, Default)]
struct Known {
    methods: Option<Methods>,
    path: Option<Symbol>,
    /// Whether the pattern binds what comes behind that path, for a match of its own.
    goes_on: bool,
}

/// A body to look at.
struct View<'a> {
    ir: &'a SourceIr,
    types: &'a BodyTypes,
    file: FileId,
    function: DefId,
    body: BodyId,
}

impl<'a> View<'a> {
    fn of(semantics: &'a Semantics, function: DefId) -> Option<Self> {
        let (file, body) = semantics.body(function)?;
        let types = semantics.types(function)?;
        Some(View { ir: semantics.ir_of(function), types, file, function, body })
    }

    /// The arms of a match that say method and path, or one of them and hold a match that says the other.
    fn arms(
        &self,
        expr: ExprId,
        outer: &Known,
        routes: &mut Vec<Route>,
        nested: &mut Vec<ExprId>,
        cx: &mut Evaluator<'_>,
        depth: usize,
    ) {
        let Expr::Match { arms, .. } = self.ir.expr(expr) else { return };
        for arm in self.ir.arms(arms) {
            for known in self.known(arm.pat, outer) {
                match (&known.methods, known.path) {
                    (Some(methods), Some(path)) => {
                        let handler = self.handler(arm.body);
                        let place = FileSpan { file: self.file, span: self.ir.pat_span(arm.pat) };
                        routes.push(cx.route(methods.clone(), path, handler, place, self.function));
                    }
                    (None, None) => {}
                    _ if depth > 0 => {
                        let inner = self.tail(arm.body);
                        if matches!(self.ir.expr(inner), Expr::Match { .. }) {
                            nested.push(inner);
                            self.arms(inner, &known, routes, nested, cx, depth - 1);
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    /// What a pattern adds to what is known: one for each of its alternatives.
    fn known(&self, pat: PatId, outer: &Known) -> Vec<Known> {
        match self.ir.pat(pat) {
            Pat::Or(pats) => self.ir.list(pats).flat_map(|pat| self.known(pat, outer)).collect(),
            Pat::Tuple(pats) => {
                let mut all = vec![outer.clone()];
                for part in self.ir.list(pats) {
                    all = all.iter().flat_map(|known| self.known(part, known)).collect();
                }
                all
            }
            Pat::Ref(inner) => self.known(inner, outer),
            Pat::Bind { sub: Some(sub), .. } => self.known(sub, outer),
            Pat::Path(path) => {
                let methods = self.method_at(path);
                vec![Known { methods: methods.or_else(|| outer.methods.clone()), ..outer.clone() }]
            }
            Pat::Literal(Literal::Str(text)) if text.as_str().starts_with('/') => {
                vec![Known { path: Some(text), ..outer.clone() }]
            }
            Pat::Slice(pats) => {
                let front = outer.path.filter(|_| outer.goes_on).map_or("", |path| path.as_str());
                let mut path = front.trim_end_matches("/{*rest}").to_owned();
                let mut goes_on = false;
                for part in self.ir.list(pats) {
                    path.push('/');
                    match self.ir.pat(part) {
                        Pat::Literal(Literal::Str(text)) => path.push_str(text.as_str()),
                        Pat::Bind { local, sub: None } => {
                            path.push('{');
                            path.push_str(self.ir.local(local).name.as_str());
                            path.push('}');
                        }
                        Pat::Rest => path.push_str("{*rest}"),
                        Pat::Bind { .. } => {
                            goes_on = true;
                            path.push_str("{*rest}");
                        }
                        _ => path.push_str("{param}"),
                    }
                }
                let path = if path.is_empty() { "/" } else { &path };
                vec![Known { path: Some(Symbol::new(path)), goes_on, ..outer.clone() }]
            }
            _ => vec![outer.clone()],
        }
    }

    /// `if let Some(parameters) = matches(&Method::GET, "/users/:id", &request) { .. }`, and a condition that compares
    /// both.
    fn asked(&self, cond: ExprId, then: ExprId, routes: &mut Vec<Route>, cx: &mut Evaluator<'_>) {
        let mut known = Known::default();
        self.compared(cond, &mut known, DEPTH);
        let (Some(methods), Some(path)) = (known.methods, known.path) else { return };
        // What only looks at some requests hands them to nobody.
        let handler @ Handler::Function(_) = self.handler(then) else { return };
        let place = FileSpan { file: self.file, span: self.ir.expr_span(cond) };
        routes.push(cx.route(methods, path, handler, place, self.function));
    }

    /// What a condition says of method and path.
    fn compared(&self, cond: ExprId, known: &mut Known, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        match self.ir.expr(cond) {
            Expr::Let { scrutinee: inner, .. } | Expr::Await(inner) | Expr::Try(inner) => {
                self.compared(inner, known, depth);
            }
            Expr::Binary { op: BinaryOp::And, lhs, rhs } => {
                self.compared(lhs, known, depth);
                self.compared(rhs, known, depth);
            }
            Expr::Binary { op: BinaryOp::Eq, lhs, rhs } => {
                for side in [lhs, rhs] {
                    self.named(side, known);
                }
            }
            Expr::Call { args, .. } if self.ir.list(args).len() > 2 => {
                self.ir.list(args).for_each(|arg| self.named(arg, known));
            }
            _ => {}
        }
    }

    /// The method or path that an expression is.
    fn named(&self, expr: ExprId, known: &mut Known) {
        match self.ir.expr(expr) {
            Expr::Ref { operand, .. } => self.named(operand, known),
            Expr::Literal(Literal::Str(text)) if text.as_str().starts_with('/') => known.path = Some(text),
            Expr::Path(path) => {
                if let Some(methods) = self.method_at(path) {
                    known.methods = Some(methods);
                }
            }
            _ => {}
        }
    }

    /// The method that a path leads to.
    fn method_at(&self, path: PathId) -> Option<Methods> {
        match self.types.path(path) {
            Resolution::External(path) => method_item(path.as_str()),
            Resolution::Method { ty, name } => method_item(&format!("{ty}::{name}")),
            _ => None,
        }
    }

    /// What a request has to pass before it is routed: in the function that routes, and in the only one that calls it.
    fn ask_before(&self, routes: &mut [Route], cx: &Evaluator<'_>) {
        let Some(first) = routes.iter().map(|route| route.place.span.start).min() else { return };
        let mut asked = self.passed_before(first, cx.semantics);
        if let [caller] = cx.semantics.call_graph().callers(self.function)
            && *caller != self.function
            && let Some(view) = View::of(cx.semantics, *caller)
            && let Some(call) = view.call_of(self.function)
        {
            asked.extend(view.passed_before(call, cx.semantics));
        }
        for route in routes {
            route.wrap(&asked);
        }
    }

    /// Functions that are given a request, and of which a statement before some place passes on the error.
    fn passed_before(&self, end: u32, semantics: &Semantics) -> Vec<Attached> {
        let Expr::Block { stmts, .. } = self.ir.expr(self.ir.body(self.body).root) else { return Vec::new() };
        let before = self.ir.list(stmts).filter(|stmt| self.ir.expr_span(*stmt).end <= end);
        before.filter_map(|stmt| self.passed(stmt, semantics)).collect()
    }

    /// `let user = verify(&request).await?;`.
    fn passed(&self, stmt: ExprId, semantics: &Semantics) -> Option<Attached> {
        let value = match self.ir.expr(stmt) {
            Expr::LetStmt { init: Some(init), otherwise: None, .. } => init,
            _ => stmt,
        };
        let Expr::Try(mut call) = self.ir.expr(value) else { return None };
        while let Expr::Await(inner) | Expr::MethodCall { receiver: inner, .. } = self.ir.expr(call)
            && !matches!(self.types.callee(call), Callee::Fn(_))
        {
            call = inner;
        }
        let Callee::Fn(function) = self.types.callee(call) else { return None };
        let (Expr::Call { args, .. } | Expr::MethodCall { args, .. }) = self.ir.expr(call) else {
            return None;
        };
        let is_request = |arg: ExprId| {
            semantics.derefs(self.types.expr(arg)).any(|ty| match ty.kind() {
                TyKind::External { path, .. } => {
                    matches!(path.last_segment(), "Request" | "HeaderMap" | "Parts")
                }
                _ => false,
            })
        };
        let place = FileSpan { file: self.file, span: self.ir.expr_span(call) };
        let attached = Attached::new(AttachedKind::Layer, &Value::Function(*function), place);
        self.ir.list(args).any(is_request).then_some(attached)
    }

    /// Where a function is called.
    fn call_of(&self, function: DefId) -> Option<u32> {
        let mut calls =
            self.types.callees().filter(|(_, callee)| matches!(callee, Callee::Fn(def) if *def == function));
        calls.next().map(|(call, _)| self.ir.expr_span(call).start)
    }

    /// The value of a block, through what only passes it on.
    fn tail(&self, expr: ExprId) -> ExprId {
        match self.ir.expr(expr) {
            Expr::Block { tail: Some(tail), .. } => self.tail(tail),
            // `{ return show(request).await; }`.
            Expr::Block { stmts, tail: None, .. } => match self.ir.list(stmts).last() {
                Some(last) if matches!(self.ir.expr(last), Expr::Return(Some(_))) => self.tail(last),
                _ => expr,
            },
            Expr::Await(operand) | Expr::Try(operand) | Expr::Return(Some(operand)) => self.tail(operand),
            _ => expr,
        }
    }

    /// Whether a statement calls nothing of the workspace and does not leave: `drop(path);`.
    fn only_prepares(&self, stmt: ExprId) -> bool {
        let span = self.ir.expr_span(stmt);
        let mut inner =
            self.ir.body(self.body).exprs.ids().filter(|id| span.contains(self.ir.expr_span(*id)));
        inner.all(|id| match self.ir.expr(id) {
            Expr::Try(_) | Expr::Return(_) | Expr::Assign { .. } => false,
            Expr::Call { .. } | Expr::MethodCall { .. } => {
                !matches!(self.types.callee(id), Callee::Fn(_) | Callee::Dispatch { .. } | Callee::Guess(_))
            }
            _ => true,
        })
    }

    /// The function that an arm only calls, or its code.
    fn handler(&self, body: ExprId) -> Handler {
        let is_plain = match self.ir.expr(body) {
            Expr::Block { stmts, tail: None, .. } if self.ir.list(stmts).len() == 1 => true,
            Expr::Block { stmts, .. } => self.ir.list(stmts).all(|stmt| self.only_prepares(stmt)),
            _ => true,
        };
        let mut inner = self.tail(body);
        // `Ok(show(request).await)`.
        if let Expr::Call { args, .. } = self.ir.expr(inner)
            && matches!(self.types.callee(inner), Callee::External(_) | Callee::ExternalConstructor(_))
            && let Some(only) = self.ir.list(args).next()
        {
            inner = self.tail(only);
        }
        match (is_plain, self.ir.expr(inner), self.types.callee(inner)) {
            (true, Expr::Call { .. } | Expr::MethodCall { .. }, Callee::Fn(function)) => {
                Handler::Function(*function)
            }
            _ => Handler::Inline { function: self.function, file: self.file, body },
        }
    }

    /// Whether a call may put a method, a path and what answers into a table.
    fn is_filling(&self, mut args: impl ExactSizeIterator<Item = ExprId>) -> bool {
        if args.len() < 3 {
            return false;
        }
        let Some(Expr::Path(path)) = args.next().map(|first| self.ir.expr(first)) else { return false };
        self.method_at(path).is_some()
    }
}
