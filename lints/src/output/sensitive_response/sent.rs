//! What endpoints answer with.

use std::collections::{BTreeMap, BTreeSet};

use ward_linter::LintContext;
use ward_linter::guards::words;
use ward_semantics::endpoint::{Endpoint, Handler};
use ward_semantics::{Callee, DefId, TraitName, Ty, TyKind};
use ward_syntax::{Attribute, Expr, ExprId, Field, FileSpan, Item, ItemKind, Symbol};

use super::rows::{Candidate, derives};
use crate::input::taken;
use crate::scope::{Origin, Scope};
use crate::secrets::has;

/// How a type is written out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Channel {
    /// By `Serialize`.
    Serde,
    /// As an object of GraphQL.
    GraphQl,
    /// As an object of poem-openapi.
    OpenApi,
}

impl Channel {
    pub(super) const ALL: [Self; 3] = [Self::Serde, Self::GraphQl, Self::OpenApi];

    /// Whether a field of a type goes out this way.
    pub(super) fn sends(self, item: &Item, field: &Field) -> bool {
        let says = |name: &str, words: &[&str]| says(&field.attributes, name, words);
        match self {
            Self::Serde => {
                let hides = ["skip", "skip_serializing", "serialize_with", "with", "getter"];
                let is_rewritten = taken::says(&item.attributes, "serde", &["into", "remote"]);
                derives(item, "Serialize")
                    && !is_rewritten
                    && !says("serde", &hides)
                    && !says("serde_as", &[""])
                    && !field.attributes.iter().any(|attribute| attribute.last_segment() == "serde_as")
            }
            Self::GraphQl => {
                (derives(item, "SimpleObject") || derives(item, "GraphQLObject"))
                    && !says("graphql", &["skip", "skip_output", "ignore", "guard", "visible"])
            }
            Self::OpenApi => derives(item, "Object") && !says("oai", &["skip", "write_only"]),
        }
    }

    /// How an endpoint of a framework writes this type.
    fn of(endpoint: &Endpoint, item: &Item) -> Self {
        match endpoint.framework {
            "async-graphql" | "juniper" => Self::GraphQl,
            "poem" if derives(item, "Object") => Self::OpenApi,
            _ => Self::Serde,
        }
    }
}

/// Whether a field says one of some words in an attribute, under a condition too.
fn says(attributes: &[Attribute], name: &str, words: &[&str]) -> bool {
    let is_conditional = |attribute: &Attribute| {
        attribute.path.as_str() == "cfg_attr"
            && attribute.args.as_str().split([',', '(', ')', '=']).any(|word| words.contains(&word.trim()))
    };
    taken::says(attributes, name, words) || attributes.iter().any(is_conditional)
}

/// A type that an endpoint answers with.
pub(super) struct Outgoing {
    pub(super) adt: DefId,
    pub(super) place: FileSpan,
    /// The handler.
    pub(super) function: DefId,
    pub(super) channel: Channel,
    /// Whether nobody is asked who they are.
    pub(super) is_open: bool,
}

/// A handler is followed to this many functions.
const MOST_FUNCTIONS: usize = 40;
/// Types are looked into no deeper.
const DEEPEST: u8 = 8;

/// Everything of the candidates that is sent, in the order of places.
pub(super) fn all(cx: &LintContext, candidates: &BTreeMap<DefId, Candidate>) -> Vec<Outgoing> {
    let semantics = cx.semantics();
    let mut found: Vec<Outgoing> = Vec::new();
    let mut known: BTreeMap<DefId, Vec<(FileSpan, Ty)>> = BTreeMap::new();
    for (endpoint, access) in cx.endpoints().all().iter().zip(cx.endpoint_access()) {
        let Some(function) = endpoint.function().filter(|function| cx.is_reported(*function)) else {
            continue;
        };
        let values = of_endpoint(cx, endpoint, function, &mut known);
        let mut seen = BTreeSet::new();
        for (place, ty) in values {
            each_sent(cx, ty, DEEPEST, &mut Vec::new(), &mut |adt| {
                if candidates.contains_key(&adt) && seen.insert(adt) {
                    let channel = Channel::of(endpoint, semantics.item(adt));
                    let is_open = !access.verdict.enforces();
                    found.push(Outgoing { adt, place, function, channel, is_open });
                }
            });
        }
    }
    found.sort_by_key(|outgoing| (outgoing.place, outgoing.adt));
    found
}

/// The values that an endpoint answers with, by type.
fn of_endpoint(
    cx: &LintContext,
    endpoint: &Endpoint,
    function: DefId,
    known: &mut BTreeMap<DefId, Vec<(FileSpan, Ty)>>,
) -> Vec<(FileSpan, Ty)> {
    let semantics = cx.semantics();
    let mut values = Vec::new();
    let code = endpoint.handler_place(semantics);
    match endpoint.handler {
        Handler::Function(_) => values.extend(declared(cx, function)),
        Handler::Closure { file, closure, .. } => {
            let body = semantics.ir(file).closure(closure).body;
            values.extend(semantics.types(function).map(|types| (code, types.expr(body))));
        }
        Handler::Inline { body, .. } => {
            values.extend(semantics.types(function).map(|types| (code, types.expr(body))));
        }
        _ => {}
    }
    let is_whole = matches!(endpoint.handler, Handler::Function(_) | Handler::Factory(_));
    // Where the handler says what it returns, what others make for it may become something else first.
    let says = is_whole && semantics.signature(function).is_some_and(|signature| names_type(signature.ret));
    for reached in taken::reached_from(cx, function).into_iter().take(MOST_FUNCTIONS) {
        if reached != function && (says || !answers(cx, reached)) {
            continue;
        }
        let written = known.entry(reached).or_insert_with(|| written(cx, reached));
        let own = |place: &FileSpan| is_whole || reached != function || code.span.contains(place.span);
        values.extend(written.iter().copied().filter(|(place, _)| own(place)));
    }
    values
}

/// What a function says that it returns.
fn declared(cx: &LintContext, function: DefId) -> Option<(FileSpan, Ty)> {
    let semantics = cx.semantics();
    let signature = semantics.signature(function)?;
    let (file, _) = semantics.locate(function);
    let ret = semantics.item(function).as_fn()?.ret?;
    Some((FileSpan { file, span: semantics.ir(file).type_span(ret) }, signature.ret))
}

/// Whether a function makes an answer: what it returns says so.
fn answers(cx: &LintContext, function: DefId) -> bool {
    fn is_answer(ty: Ty, depth: u8) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        match ty.kind() {
            TyKind::External { path, args } => {
                let last = path.as_str().rsplit(':').next().unwrap_or_default();
                last.contains("Response")
                    || has("Json Custom", last)
                    || args.iter().any(|arg| is_answer(*arg, depth))
            }
            TyKind::Bounds(bounds) => bounds.iter().any(|bound| {
                let TraitName::External(path) = bound.name else { return false };
                has("IntoResponse Responder Reply", path.as_str().rsplit(':').next().unwrap_or_default())
            }),
            TyKind::Tuple(parts) => parts.iter().any(|part| is_answer(*part, depth)),
            _ => false,
        }
    }
    cx.semantics().signature(function).is_some_and(|signature| is_answer(signature.ret, 4))
}

/// What the code of a function writes into answers.
fn written(cx: &LintContext, function: DefId) -> Vec<(FileSpan, Ty)> {
    let Some(scope) = Scope::new(cx, function) else { return Vec::new() };
    let mut found = Vec::new();
    for id in scope.body.exprs.ids() {
        if let Some(value) = answered(&scope, id) {
            collect(&scope, value, 6, &mut found);
        }
    }
    found
}

/// The value that a call makes an answer of.
fn answered(scope: &Scope, call: ExprId) -> Option<ExprId> {
    match scope.ir.expr(call) {
        Expr::Call { callee, args } => {
            let first = scope.ir.list(args).next()?;
            let is_own = matches!(scope.types.callee(call), Callee::Constructor { .. });
            match scope.last_segment(callee)? {
                "Json" if !is_own && !is_of_storage(scope, call) => Some(first),
                "json" | "from_json" if !matches!(scope.types.callee(call), Callee::Fn(_)) => Some(first),
                // A function of the service's own that makes an answer of whatever it is given.
                _ => generic(scope, call, first),
            }
        }
        Expr::MethodCall { receiver, method, args, .. } if method.as_str() == "json" => {
            let is_answer = match scope.types.expr(receiver).kind() {
                TyKind::External { path, .. } => {
                    path.as_str().contains("Response") && !path.as_str().starts_with("reqwest")
                }
                _ => false,
            };
            scope.ir.list(args).next().filter(|_| is_answer)
        }
        _ => None,
    }
}

/// Whether a wrapper is that of a database's column.
fn is_of_storage(scope: &Scope, call: ExprId) -> bool {
    match scope.types.expr(call).kind() {
        TyKind::External { path, .. } => {
            ["sqlx", "sea_orm", "diesel", "postgres"].iter().any(|krate| path.as_str().starts_with(krate))
        }
        _ => false,
    }
}

/// The first argument of a function of the service's own that makes an answer of any value.
fn generic(scope: &Scope, call: ExprId, first: ExprId) -> Option<ExprId> {
    let Callee::Fn(def) = scope.types.callee(call) else { return None };
    let signature = scope.cx.semantics().signature(*def)?;
    let takes_any = signature
        .params
        .first()
        .is_some_and(|param| matches!(param.kind(), TyKind::Param { .. } | TyKind::Bounds(_)));
    (takes_any && answers(scope.cx, *def)).then_some(first)
}

/// The types of what a value is made of, where it is a document that is put together.
fn collect(scope: &Scope, value: ExprId, depth: u8, found: &mut Vec<(FileSpan, Ty)>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    let ir = scope.ir;
    match ir.expr(value) {
        Expr::Record(fields) => {
            ir.field_inits(fields).iter().for_each(|field| collect(scope, field.value, depth, found));
        }
        Expr::Array(elements) => ir.list(elements).for_each(|element| collect(scope, element, depth, found)),
        Expr::Ref { operand, .. } => collect(scope, operand, depth, found),
        Expr::Local(local) if !names_type(scope.types.expr(value)) => {
            if let Some(bound) = scope.bound_whole(local) {
                collect(scope, bound, depth, found);
            }
        }
        Expr::Call { callee, args } if scope.last_segment(callee) == Some("to_value") => {
            ir.list(args).for_each(|arg| collect(scope, arg, depth, found));
        }
        Expr::MethodCall { receiver, method, .. }
            if matches!(method.as_str(), "unwrap" | "expect") && !names_type(scope.types.expr(value)) =>
        {
            collect(scope, receiver, depth, found);
        }
        Expr::Try(inner) if !names_type(scope.types.expr(value)) => collect(scope, inner, depth, found),
        _ => found.push((scope.place(value), scope.types.expr(value))),
    }
}

/// Whether a type holds one of the workspace, errors aside.
fn names_type(ty: Ty) -> bool {
    match ty.kind() {
        TyKind::Adt { .. } => true,
        TyKind::External { path, args } if path.as_str() == "std::result::Result" => {
            args.first().is_some_and(|arg| names_type(*arg))
        }
        TyKind::External { args, .. } => args.iter().any(|arg| names_type(*arg)),
        TyKind::Slice(element) => names_type(*element),
        TyKind::Tuple(parts) => parts.iter().any(|part| names_type(*part)),
        _ => false,
    }
}

/// The structs that go out with a value of a type.
fn each_sent(cx: &LintContext, ty: Ty, depth: u8, seen: &mut Vec<Ty>, visit: &mut impl FnMut(DefId)) {
    let Some(depth) = depth.checked_sub(1) else { return };
    if seen.contains(&ty) {
        return;
    }
    match ty.kind() {
        TyKind::External { path, args } if !path.as_str().contains("Secret") => {
            args.iter().for_each(|arg| each_sent(cx, *arg, depth, seen, visit));
        }
        TyKind::Tuple(parts) => parts.iter().for_each(|part| each_sent(cx, *part, depth, seen, visit)),
        TyKind::Slice(element) => each_sent(cx, *element, depth, seen, visit),
        TyKind::Adt { def, args } => {
            seen.push(ty);
            visit(*def);
            let item = cx.semantics().item(*def);
            if is_written(item) {
                each_field(cx, *def, args, &mut |ty| each_sent(cx, ty, depth, seen, visit));
            } else {
                // It makes its own answer of what it holds.
                args.iter().for_each(|arg| each_sent(cx, *arg, depth, seen, visit));
            }
        }
        _ => {}
    }
}

/// Whether the fields of a type go out with it.
fn is_written(item: &Item) -> bool {
    const DERIVES: &[&str] =
        &["Serialize", "SimpleObject", "GraphQLObject", "Object", "ApiResponse", "Responder", "Union"];
    DERIVES.iter().any(|name| derives(item, name)) && !taken::says(&item.attributes, "serde", &["into"])
}

/// The types of the fields that go out, with the type's arguments in place of its parameters.
fn each_field(cx: &LintContext, adt: DefId, args: &[Ty], visit: &mut impl FnMut(Ty)) {
    let semantics = cx.semantics();
    let item = semantics.item(adt);
    let (generics, variants) = match &item.kind {
        ItemKind::Struct { generics, fields } => (generics, vec![fields]),
        // Which variant goes out is not known; that of a union may be any.
        ItemKind::Enum { generics, variants } if derives(item, "Union") || derives(item, "ApiResponse") => {
            (generics, variants.iter().map(|variant| &variant.fields).collect())
        }
        _ => return,
    };
    let names: Vec<Symbol> = generics.params.iter().map(|param| param.name).collect();
    for (index, fields) in (0..).zip(variants) {
        for (field, info) in fields.fields.iter().zip(semantics.fields(adt, Some(index))) {
            if !says(&field.attributes, "serde", &["skip", "skip_serializing", "serialize_with", "with"])
                && !says(&field.attributes, "graphql", &["skip"])
            {
                substituted(info.ty, &names, args, 4, visit);
            }
        }
    }
}

/// The types that a field's type is once its parameters are known.
fn substituted(ty: Ty, names: &[Symbol], args: &[Ty], depth: u8, visit: &mut impl FnMut(Ty)) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match ty.kind() {
        TyKind::Param { name, .. } => {
            if let Some(arg) = names.iter().position(|known| known == name).and_then(|at| args.get(at)) {
                visit(*arg);
            }
        }
        TyKind::External { path, args: inner } if !path.as_str().contains("Secret") => {
            inner.iter().for_each(|arg| substituted(*arg, names, args, depth, visit));
        }
        TyKind::Tuple(parts) => parts.iter().for_each(|part| substituted(*part, names, args, depth, visit)),
        TyKind::Slice(element) => substituted(*element, names, args, depth, visit),
        _ => visit(ty),
    }
}

/// Whether a handler, or what it calls, empties a field before it is sent, or calls what does.
pub(super) fn is_blanked(cx: &LintContext, handler: DefId, candidate: &Candidate, field: &Field) -> bool {
    let functions = taken::reached_from(cx, handler);
    functions.into_iter().take(MOST_FUNCTIONS).any(|function| {
        Scope::new(cx, function).is_some_and(|scope| {
            scope.body.exprs.ids().any(|id| blanks(&scope, id, candidate.adt, field.name))
        })
    })
}

fn blanks(scope: &Scope, expr: ExprId, adt: DefId, field: Symbol) -> bool {
    const HIDES: &str = "without sanitize sanitized redact redacted strip stripped scrub mask masked hide clean clear public safe";
    let ir = scope.ir;
    let is_it = |expr: ExprId| match ir.expr(expr) {
        Expr::Field { base, name } => name == field && taken::holds(scope.types.expr(base), adt),
        _ => false,
    };
    let is_constant = |value: ExprId| scope.origin(value).0 == Origin::Constant;
    match ir.expr(expr) {
        Expr::Assign { lhs, rhs, .. } => is_it(lhs) && is_constant(rhs),
        Expr::Struct { fields, .. } => {
            taken::holds(scope.types.expr(expr), adt)
                && ir.field_inits(fields).iter().any(|init| init.name == field && is_constant(init.value))
        }
        Expr::MethodCall { receiver, method, .. } => {
            let empties = has("clear take zeroize truncate", method.as_str()) && is_it(receiver);
            let is_own = matches!(scope.types.callee(expr), Callee::Fn(_));
            let hides = is_own && words(method.as_str()).any(|word| has(HIDES, &word));
            empties || (hides && taken::holds(scope.types.expr(receiver), adt))
        }
        Expr::Call { callee, args } => {
            let takes = matches!(scope.last_segment(callee), Some("take" | "replace"));
            takes
                && ir.list(args).any(|arg| match ir.expr(arg) {
                    Expr::Ref { operand, .. } => is_it(operand),
                    _ => is_it(arg),
                })
        }
        _ => false,
    }
}
