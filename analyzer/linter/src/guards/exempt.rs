//! Requests that a middleware lets through before it asks who calls: by their method, or by their path.
//!
//! Only what is written out is understood: a condition made of nothing but comparisons with methods and texts, around an
//! answer that comes from behind the middleware.

use rustc_hash::FxHashMap;
use ward_semantics::endpoint::{Endpoint, Methods};
use ward_semantics::{BodyTypes, Callee, DefId, DefKind, Resolution};
use ward_syntax::{BinaryOp, Expr, ExprId, FileSpan, Literal, Pat, PatId, SourceIr, Span, Symbol, UnaryOp};

use super::evaluate::{Context, Evaluator, hands_on, is_next};
use super::names;

/// Requests of one kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Exemption {
    /// Those of a method.
    Method(Symbol),
    /// Those for a path.
    Path(Symbol),
    /// Those for all paths that begin so.
    Below(Symbol),
}

/// Whether all requests for an endpoint are exempt.
pub(crate) fn covers(exemptions: &[Exemption], endpoint: &Endpoint) -> bool {
    let path = endpoint.path.as_str();
    let by_path = exemptions.iter().any(|exemption| match exemption {
        Exemption::Method(_) => false,
        Exemption::Path(text) => path == text.as_str(),
        Exemption::Below(text) => text.as_str().len() > 1 && path.starts_with(text.as_str()),
    });
    let is_method = |name: &Symbol| exemptions.contains(&Exemption::Method(*name));
    by_path
        || match &endpoint.methods {
            Methods::Any => false,
            Methods::Only(names) => !names.is_empty() && names.iter().all(is_method),
        }
}

/// What every middleware lets through before it asks, by where it reads the credential.
pub(crate) fn by_credential(cx: Context) -> FxHashMap<FileSpan, Vec<Exemption>> {
    let of_function = |def: &DefId| {
        let credential = cx.known.summary(*def)?.credential?;
        let (file, _) = cx.semantics.locate(*def);
        let is_middleware = file == credential.file && hands_on(cx, *def, cx.semantics.types(*def)?);
        let evaluator = Evaluator::new(cx, *def, file).filter(|_| is_middleware)?;
        Some((credential, evaluator.exemptions(credential)))
    };
    cx.semantics.functions().iter().filter_map(of_function).filter(|(_, found)| !found.is_empty()).collect()
}

impl Evaluator<'_> {
    /// What the body, which is a middleware's, lets through before it reads the credential.
    fn exemptions(&self, credential: FileSpan) -> Vec<Exemption> {
        let Some((_, body)) = self.cx.semantics.body(self.def) else { return Vec::new() };
        let ids: Vec<ExprId> = self.ir.body(body).exprs.ids().collect();
        let nested = |span: Span| {
            ids.iter().any(|id| match self.ir.expr(*id) {
                Expr::If { then, otherwise, .. } => [Some(then), otherwise]
                    .into_iter()
                    .flatten()
                    .any(|branch| self.ir.expr_span(branch).contains(span)),
                Expr::Match { arms, .. } => {
                    self.ir.arms(arms).iter().any(|arm| self.ir.expr_span(arm.body).contains(span))
                }
                _ => false,
            })
        };
        let mut found = Vec::new();
        for id in &ids {
            let Expr::If { cond, then, otherwise } = self.ir.expr(*id) else { continue };
            let span = self.ir.expr_span(*id);
            let asks_else = otherwise.is_some_and(|other| self.ir.expr_span(other).contains(credential.span));
            let is_first =
                span.start < credential.span.start && !self.ir.expr_span(then).contains(credential.span);
            if !is_first || !(asks_else || self.leaves(then)) || nested(span) || !self.hands_on_in(&ids, then)
            {
                continue;
            }
            let reader = Reader { cx: self.cx, ir: self.ir, types: self.types };
            found.extend(reader.read(cond, MOST_CALLS).unwrap_or_default());
        }
        found
    }

    /// Whether a branch hands the request on.
    fn hands_on_in(&self, ids: &[ExprId], branch: ExprId) -> bool {
        let function = self.cx.semantics.def_map.name(self.def);
        let span = self.ir.expr_span(branch);
        ids.iter().any(|id| {
            span.contains(self.ir.expr_span(*id)) && is_next(self.cx.models, function, self.types.callee(*id))
        })
    }
}

/// A condition may be a function of its own, which calls another.
const MOST_CALLS: usize = 2;

/// What a comparison is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Subject {
    Method,
    Path,
}

/// Reads the conditions of one body.
#[derive(Clone, Copy)]
struct Reader<'a> {
    cx: Context<'a>,
    ir: &'a SourceIr,
    types: &'a BodyTypes,
}

impl Reader<'_> {
    /// The requests for which a condition holds; `None` if it depends on anything else.
    fn read(self, cond: ExprId, calls: usize) -> Option<Vec<Exemption>> {
        match self.ir.expr(cond) {
            Expr::Binary { op: BinaryOp::Or, lhs, rhs } => {
                let mut all = self.read(lhs, calls)?;
                all.extend(self.read(rhs, calls)?);
                Some(all)
            }
            Expr::Binary { op: BinaryOp::Eq, lhs, rhs } => {
                let (subject, other) = match (self.subject(lhs), self.subject(rhs)) {
                    (Some(subject), None) => (subject, rhs),
                    (None, Some(subject)) => (subject, lhs),
                    _ => return None,
                };
                Some(vec![exemption(subject, self.text(other)?)])
            }
            Expr::Let { pat, scrutinee } => self.alternatives(self.subject(scrutinee)?, pat),
            Expr::MethodCall { receiver, method, args, .. } => {
                let arg = self.ir.list(args).next();
                match (method.as_str(), arg) {
                    ("is_safe", None) if self.subject(receiver) == Some(Subject::Method) => {
                        let safe = ["GET", "HEAD", "OPTIONS", "TRACE"].into_iter();
                        Some(safe.map(|name| Exemption::Method(Symbol::new(name))).collect())
                    }
                    ("starts_with", Some(arg)) if self.subject(receiver) == Some(Subject::Path) => {
                        Some(vec![Exemption::Below(self.text(arg)?)])
                    }
                    ("contains", Some(arg)) => {
                        let subject = self.subject(arg)?;
                        Some(self.texts(receiver)?.into_iter().map(|text| exemption(subject, text)).collect())
                    }
                    _ => None,
                }
            }
            Expr::Call { .. } => match self.types.callee(cond) {
                Callee::Fn(def) if calls > 0 => self.answer_of(*def, calls - 1),
                _ => None,
            },
            Expr::Block { stmts, tail: Some(tail), .. } if stmts.is_empty() => self.read(tail, calls),
            _ => None,
        }
    }

    /// The same of what a function answers.
    fn answer_of(self, def: DefId, calls: usize) -> Option<Vec<Exemption>> {
        let (file, body) = self.cx.semantics.body(def)?;
        let ir = self.cx.semantics.ir(file);
        let reader = Reader { ir, types: self.cx.semantics.types(def)?, ..self };
        reader.read(ir.body(body).root, calls)
    }

    fn alternatives(self, subject: Subject, pat: PatId) -> Option<Vec<Exemption>> {
        match self.ir.pat(pat) {
            Pat::Or(pats) => {
                let all = self.ir.list(pats).map(|pat| self.alternatives(subject, pat));
                Some(all.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect())
            }
            Pat::Ref(inner) => self.alternatives(subject, inner),
            Pat::Literal(Literal::Str(text)) => Some(vec![exemption(subject, text)]),
            Pat::Path(path) => Some(vec![exemption(subject, self.ir.path_segments(path).last()?.name)]),
            _ => None,
        }
    }

    /// Whether an expression is the method or the path of the request, by how it is come by or called.
    fn subject(self, expr: ExprId) -> Option<Subject> {
        let named = |name: &str| match name {
            "method" => Some(Subject::Method),
            "path" => Some(Subject::Path),
            _ => None,
        };
        match self.ir.expr(expr) {
            Expr::Local(local) => {
                names::words(self.ir.local(local).name.as_str()).find_map(|word| named(&word))
            }
            Expr::MethodCall { receiver, method, args, .. } if args.is_empty() => {
                named(method.as_str()).or_else(|| self.subject(receiver))
            }
            Expr::Field { name, .. } => named(name.as_str()),
            Expr::Ref { operand, .. } | Expr::Unary { op: UnaryOp::Deref, operand } => self.subject(operand),
            _ => None,
        }
    }

    /// A text, or the name of a method: `Method::GET`.
    fn text(self, expr: ExprId) -> Option<Symbol> {
        match self.ir.expr(expr) {
            Expr::Literal(Literal::Str(text)) => Some(text),
            Expr::Ref { operand, .. } => self.text(operand),
            Expr::Path(path) => match self.types.path(path) {
                Resolution::Def(def) => self.cx.known.text_of_const(self.cx.semantics, def),
                _ => {
                    let [.., of, last] = self.ir.path_segments(path) else { return None };
                    (of.name.as_str() == "Method").then_some(last.name)
                }
            },
            _ => None,
        }
    }

    /// Texts that are listed, here or in a const.
    fn texts(self, expr: ExprId) -> Option<Vec<Symbol>> {
        match self.ir.expr(expr) {
            Expr::Array(list) => self.ir.list(list).map(|part| self.text(part)).collect(),
            Expr::Ref { operand, .. } => self.texts(operand),
            Expr::Path(path) => match self.types.path(path) {
                Resolution::Def(def) if self.cx.semantics.def_map.kind(def) == DefKind::Const => {
                    let (file, body) = self.cx.semantics.body(def)?;
                    let ir = self.cx.semantics.ir(file);
                    let literals = ir.body(body).exprs.ids().filter_map(|id| match ir.expr(id) {
                        Expr::Literal(Literal::Str(text)) => Some(text),
                        _ => None,
                    });
                    Some(literals.collect::<Vec<Symbol>>()).filter(|texts| !texts.is_empty())
                }
                _ => None,
            },
            _ => None,
        }
    }
}

fn exemption(subject: Subject, text: Symbol) -> Exemption {
    match subject {
        Subject::Method => Exemption::Method(text),
        Subject::Path => Exemption::Path(text),
    }
}
