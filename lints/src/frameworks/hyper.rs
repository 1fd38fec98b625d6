//! Routing by hand, as services on hyper do it: a match on method and path, or a table filled with both.

use ward_semantics::endpoint::{
    Call, Evaluator, Framework, HOLE, Handler, Methods, Route, Router, Value, texts,
};
use ward_semantics::{BodyTypes, Callee, DefId, Resolution, TypeHead};
use ward_syntax::{Expr, ExprId, FileId, FileSpan, Literal, Pat, PatId, SourceIr, Symbol};

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
        let (file, body) = semantics.body(function)?;
        let ir = semantics.ir_of(function);
        let mut router = cx.router(self, "match");
        let types = semantics.types(function)?;
        let view = View { ir, types, file, function };
        let mut nested = Vec::new();
        let mut fills = false;
        for expr in ir.body(body).exprs.ids() {
            match ir.expr(expr) {
                Expr::Match { .. } if !nested.contains(&expr) => {
                    view.arms(expr, &Known::default(), &mut router.routes, &mut nested, cx, DEPTH);
                }
                Expr::MethodCall { args, .. } => fills |= view.is_filling(ir.list(args)),
                _ => {}
            }
        }
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
}

/// A body to look at.
struct View<'a> {
    ir: &'a SourceIr,
    types: &'a BodyTypes,
    file: FileId,
    function: DefId,
}

impl View<'_> {
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
                let item = match self.types.path(path) {
                    Resolution::External(path) => Some(path),
                    Resolution::Method { ty, name } => Some(Symbol::new(&format!("{ty}::{name}"))),
                    _ => None,
                };
                let methods = item.and_then(|item| method_item(item.as_str()));
                vec![Known { methods: methods.or_else(|| outer.methods.clone()), ..outer.clone() }]
            }
            Pat::Literal(Literal::Str(text)) if text.as_str().starts_with('/') => {
                vec![Known { path: Some(text), ..outer.clone() }]
            }
            Pat::Slice(pats) => {
                let mut path = String::new();
                for part in self.ir.list(pats) {
                    path.push('/');
                    match self.ir.pat(part) {
                        Pat::Literal(Literal::Str(text)) => path.push_str(text.as_str()),
                        Pat::Bind { local, sub: None } => {
                            path.push('{');
                            path.push_str(self.ir.local(local).name.as_str());
                            path.push('}');
                        }
                        Pat::Rest | Pat::Bind { .. } => path.push_str("{*rest}"),
                        _ => path.push_str("{param}"),
                    }
                }
                let path = if path.is_empty() { "/" } else { &path };
                vec![Known { path: Some(Symbol::new(path)), ..outer.clone() }]
            }
            _ => vec![outer.clone()],
        }
    }

    /// The value of a block, through what only passes it on.
    fn tail(&self, expr: ExprId) -> ExprId {
        match self.ir.expr(expr) {
            Expr::Block { tail: Some(tail), .. } => self.tail(tail),
            Expr::Await(operand) | Expr::Try(operand) | Expr::Return(Some(operand)) => self.tail(operand),
            _ => expr,
        }
    }

    /// The function that an arm only calls, or its code.
    fn handler(&self, body: ExprId) -> Handler {
        let is_plain = match self.ir.expr(body) {
            Expr::Block { stmts, .. } => self.ir.list(stmts).len() == 0,
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
        match self.types.path(path) {
            Resolution::External(path) => method_item(path.as_str()).is_some(),
            Resolution::Method { ty, name } => method_item(&format!("{ty}::{name}")).is_some(),
            _ => false,
        }
    }
}
