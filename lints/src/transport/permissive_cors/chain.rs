//! Layers and options of libraries: chains of methods that begin with one, and structs.

use ward_diagnostics::Confidence;
use ward_semantics::Resolution;
use ward_syntax::{Expr, ExprId, FieldInit, Literal};

use super::{Evidence, How};
use crate::scope::Scope;

/// A method of a chain.
struct Link {
    method: &'static str,
    argument: Option<ExprId>,
    expr: ExprId,
}

/// What a chain begins with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    /// `CorsLayer` of tower-http: it refuses any origin with credentials, if that is what it is told.
    Layer,
    /// `Cors` of actix-web, ntex, poem or salvo; with the function that makes it.
    Cors(&'static str),
    /// `warp::cors()`.
    Warp,
    /// `CorsOptions` of `rocket_cors`.
    Options,
}

/// Any origin with credentials, by what an expression sets up.
pub(super) fn of(scope: &Scope, expr: ExprId) -> Option<Evidence> {
    let (how, place, confidence) = match scope.ir.expr(expr) {
        Expr::Struct { path, fields, .. } => {
            let name = scope.ir.path_segments(path).last()?.name.as_str();
            let how = options(scope, scope.ir.field_inits(fields)).filter(|_| name == "CorsOptions")?;
            (how, expr, Confidence::Medium)
        }
        Expr::Call { .. } => {
            let how = permissive(scope, expr)?;
            match replaced(scope, expr) {
                None => (how, expr, Confidence::High),
                Some(origin) => (allowed(scope, origin)?, origin, Confidence::High),
            }
        }
        Expr::MethodCall { method, args, .. } => {
            let allows = match method.as_str() {
                "allow_credentials" => scope.ir.list(args).next().is_some_and(|arg| is_true(scope, arg)),
                "supports_credentials" => args.is_empty(),
                _ => false,
            };
            if !allows {
                return None;
            }
            let (start, links) = chain(scope, expr)?;
            let (how, place) = any_origin(scope, start, &links, expr)?;
            (how, place, Confidence::High)
        }
        _ => return None,
    };
    let credentials = None;
    Some(Evidence { place: scope.place(place), function: scope.function, credentials, how, confidence })
}

/// A call that allows everything: `Cors::permissive()` of actix-cors, `CorsLayer::very_permissive()`.
fn permissive(scope: &Scope, call: ExprId) -> Option<How> {
    match start(scope, call)? {
        (Start::Layer, "very_permissive") => Some(How::Permissive("CorsLayer::very_permissive")),
        (Start::Cors(_), "permissive") => Some(How::Permissive("Cors::permissive")),
        _ => None,
    }
}

/// What is given to a later method of the chain that takes the place of all origins. A chain that turns credentials off
/// gives nothing that is allowed either.
fn replaced(scope: &Scope, call: ExprId) -> Option<ExprId> {
    let (start, links) = chain(scope, call)?;
    let is_setter = |link: &&Link| match start {
        Start::Layer if link.method == "allow_credentials" => {
            !link.argument.is_some_and(|given| is_true(scope, given))
        }
        Start::Layer => link.method == "allow_origin",
        // The first origin that is named replaces all.
        _ => link.method == "allowed_origin",
    };
    links.iter().find(is_setter)?.argument
}

/// What a call makes, by the path that is called, and the function's name.
fn start(scope: &Scope, call: ExprId) -> Option<(Start, &'static str)> {
    let Expr::Call { callee, .. } = scope.ir.expr(call) else { return None };
    let Expr::Path(path) = scope.ir.expr(callee) else { return None };
    if matches!(scope.types.path(path), Resolution::Def(_) | Resolution::TraitItem { .. }) {
        return None;
    }
    let names: Vec<&'static str> =
        scope.ir.path_segments(path).iter().map(|segment| segment.name.as_str()).collect();
    match names.as_slice() {
        [.., "CorsLayer", made] => Some((Start::Layer, made)),
        [.., "Cors", made] => Some((Start::Cors(made), made)),
        [.., "CorsOptions", made] => Some((Start::Options, made)),
        ["warp", "cors"] => Some((Start::Warp, "cors")),
        _ => None,
    }
}

/// All methods of the chain that a call belongs to, and what it begins with.
fn chain(scope: &Scope, call: ExprId) -> Option<(Start, Vec<Link>)> {
    let ir = scope.ir;
    // The calls behind it stand around it.
    let mut outermost = call;
    while let Some(next) = scope
        .body
        .exprs
        .ids()
        .find(|id| matches!(ir.expr(*id), Expr::MethodCall { receiver, .. } if receiver == outermost))
    {
        outermost = next;
    }
    let mut links = Vec::new();
    let mut expr = outermost;
    for _ in 0..40 {
        match ir.expr(expr) {
            Expr::MethodCall { receiver, method, args, .. } => {
                links.push(Link { method: method.as_str(), argument: ir.list(args).next(), expr });
                expr = receiver;
            }
            Expr::Local(local) => expr = scope.bound_to(local)?,
            Expr::Call { .. } => return start(scope, expr).map(|(start, _)| (start, links)),
            _ => expr = scope.inside(expr)?,
        }
    }
    None
}

/// How a chain lets any origin in, and where.
fn any_origin(scope: &Scope, start: Start, links: &[Link], credentials: ExprId) -> Option<(How, ExprId)> {
    let has = |name: &str| links.iter().any(|link| link.method == name);
    for link in links {
        let how = match (start, link.method) {
            (Start::Layer | Start::Cors(_), "allow_origin") => {
                link.argument.and_then(|origin| allowed(scope, origin))
            }
            // With a wildcard, browsers send no credentials.
            (Start::Cors(_), "allow_any_origin") if !has("send_wildcard") => {
                Some(How::Mirrored("allow_any_origin"))
            }
            (Start::Warp, "allow_any_origin") => Some(How::Mirrored("allow_any_origin")),
            (Start::Cors(_), "allowed_origin_fn" | "allow_origins_fn") => {
                link.argument.and_then(|test| tested(scope, test))
            }
            (Start::Options, "allowed_origins") => link
                .argument
                .filter(|origins| is_all(scope, *origins))
                .map(|_| How::Mirrored("AllowedOrigins::all")),
            _ => None,
        };
        if let Some(how) = how {
            return Some((how, link.argument.unwrap_or(link.expr)));
        }
    }
    let names_origins = links.iter().any(|link| link.method.contains("origin"));
    // Where they are made by `new`, none named means all; a function that goes on with it may name some.
    let is_finished = links.iter().all(|link| link.expr != credentials || !is_handed_on(scope, links));
    (matches!(start, Start::Cors("new")) && !names_origins && !has("send_wildcard") && is_finished)
        .then_some((How::Default, credentials))
}

/// Whether a chain ends in a local, which may be changed later.
fn is_handed_on(scope: &Scope, links: &[Link]) -> bool {
    let Some(last) = links.first() else { return false };
    let ir = scope.ir;
    let bound = scope.body.exprs.of(&ir.exprs).iter().find_map(|expr| match *expr {
        Expr::LetStmt { pat, init: Some(init), .. } if init == last.expr => Some(pat),
        _ => None,
    });
    let Some(ward_syntax::Pat::Bind { local, .. }) = bound.map(|pat| ir.pat(pat)) else { return false };
    scope.body.exprs.of(&ir.exprs).iter().any(|expr| match *expr {
        Expr::MethodCall { receiver, method, .. } => {
            ir.expr(receiver) == Expr::Local(local) && method.as_str().contains("origin")
        }
        _ => false,
    })
}

/// What is given to `allow_origin`, if it lets any origin in.
fn allowed(scope: &Scope, origin: ExprId) -> Option<How> {
    let Expr::Call { callee, args } = scope.ir.expr(origin) else {
        return match scope.ir.expr(origin) {
            Expr::Local(local) => allowed(scope, scope.bound_whole(local)?),
            _ => None,
        };
    };
    match scope.last_segment(callee)? {
        "mirror_request" => Some(How::Mirrored("AllowOrigin::mirror_request")),
        "predicate" | "dynamic" => tested(scope, scope.ir.list(args).next()?),
        _ => None,
    }
}

/// A test of an origin that anybody's can pass.
fn tested(scope: &Scope, test: ExprId) -> Option<How> {
    let Expr::Closure(closure) = scope.ir.expr(test) else { return None };
    let mut body = scope.ir.closure(closure).body;
    while let Expr::Block { tail: Some(tail), stmts, .. } = scope.ir.expr(body)
        && stmts.is_empty()
    {
        body = tail;
    }
    let literal = |args| scope.ir.list(args).next().and_then(|arg| text(scope, arg));
    match scope.ir.expr(body) {
        Expr::Literal(Literal::Bool(true)) => Some(How::Tested("true")),
        Expr::MethodCall { method, args, .. } => {
            let text = literal(args)?;
            match method.as_str() {
                // `evil-example.com` ends in `example.com`, `example.com.evil.com` begins with it.
                "ends_with" if !text.starts_with(['.', '/', ':']) && !text.contains("://") => {
                    Some(How::Tested("ends_with"))
                }
                "starts_with" if !text.ends_with(['/', ':']) => Some(How::Tested("starts_with")),
                "contains" => Some(How::Tested("contains")),
                _ => None,
            }
        }
        _ => None,
    }
}

fn text(scope: &Scope, expr: ExprId) -> Option<&'static str> {
    match scope.ir.expr(expr) {
        Expr::Literal(Literal::Str(text) | Literal::ByteStr(text)) => Some(text.as_str()),
        _ => text(scope, scope.inside(expr)?),
    }
}

/// The fields of `CorsOptions`.
fn options(scope: &Scope, fields: &[FieldInit]) -> Option<How> {
    let field = |name: &str| fields.iter().find(|field| field.name.as_str() == name).map(|field| field.value);
    if !is_true(scope, field("allow_credentials")?)
        || field("send_wildcard").is_some_and(|value| is_true(scope, value))
    {
        return None;
    }
    match field("allowed_origins") {
        None => Some(How::Default),
        Some(origins) if is_all(scope, origins) => Some(How::Mirrored("AllowedOrigins::all")),
        Some(_) => None,
    }
}

/// `AllowedOrigins::all()`, `AllOrSome::All`.
fn is_all(scope: &Scope, origins: ExprId) -> bool {
    match scope.ir.expr(origins) {
        Expr::Call { callee, args } => args.is_empty() && scope.last_segment(callee) == Some("all"),
        Expr::Path(_) => scope.last_segment(origins) == Some("All"),
        Expr::Local(local) => scope.bound_whole(local).is_some_and(|value| is_all(scope, value)),
        _ => false,
    }
}

fn is_true(scope: &Scope, expr: ExprId) -> bool {
    scope.ir.expr(expr) == Expr::Literal(Literal::Bool(true))
}
