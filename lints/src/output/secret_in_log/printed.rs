//! What is secret in a value that is printed.

use ward_diagnostics::Confidence;
use ward_linter::LintContext;
use ward_linter::guards::words;
use ward_semantics::{Callee, DefId, Ty, TyKind};
use ward_syntax::{
    Attribute, BinaryOp, Expr, ExprId, Field, HoleStyle, ItemKind, Literal, LocalId, Pat, PatId, Piece,
    UnaryOp,
};

use crate::scope::{Origin, Root, Scope, refuses};
use crate::secrets::{Named, has, is_about_access, is_text};

/// What is printed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Printed {
    /// A text that is called a secret.
    Secret {
        /// How it is written.
        name: String,
    },
    /// A struct of the workspace whose derived `Debug` prints a secret.
    Field {
        /// The struct.
        ty: String,
        /// The field.
        field: String,
    },
    /// The headers of a request.
    Headers,
    /// Headers into which a credential was put.
    Filled {
        /// The header.
        name: &'static str,
    },
    /// The body of what a client of OAuth sends or gets.
    Body {
        /// How it is written.
        name: String,
    },
    /// A value of which a secret is read beside it.
    Whole {
        /// How it is written.
        name: String,
        /// The field.
        field: &'static str,
    },
}

/// Structs are looked into no deeper.
pub(super) const DEEPEST: u8 = 3;
/// Wrappers around them are.
const MOST_WRAPPERS: u8 = 4;

/// Structs whose names end so hold what a service is set up with.
const SETUP: &str = "config configuration conf cfg settings options credentials";
/// Databases whose addresses hold a password.
const DATABASES: &str =
    "database db mongo mongodb postgres postgresql pg mysql mariadb amqp rabbitmq clickhouse";
/// So many generic functions may hand a value on to each other.
const MOST_GENERIC: u8 = 3;
/// Callers of a generic function are looked at up to this many.
const MOST_CALLERS: usize = 64;

/// Words that say that a value was made harmless.
const HARMLESS: &str = "masked mask redacted redact hidden obfuscated censored sanitized truncated short preview fingerprint \
    encrypted hashed public dummy example sample partial";

/// Methods that hand on the text they are called on.
const SAME_TEXT: &str = "as_str as_ref as_deref as_mut clone cloned to_string to_owned unwrap expect unwrap_or_default unwrap_or \
    expose_secret expose to_str as_bytes into_inner trim borrow ok into get_ref lossy to_string_lossy secret unsecure";

/// What is secret in a printed value, and how sure that is.
pub(super) fn of(scope: &Scope, value: ExprId, style: HoleStyle) -> Option<(Printed, Confidence)> {
    if style == HoleStyle::Debug || style == HoleStyle::Other {
        let ty = scope.types.expr(value);
        if let Some(found) = headers(scope, value, ty) {
            return Some(found);
        }
        let of_debug = || whole(scope, value, ty).filter(|_| style == HoleStyle::Debug);
        if let Some(found) = filled(scope, value, ty).or_else(of_debug) {
            return Some((found, Confidence::Medium));
        }
        let has_display = scope.cx.semantics().display_impl(ty).is_some();
        if !(style == HoleStyle::Other && has_display)
            && let Some(printed) = of_type(scope.cx, ty, DEEPEST).or_else(|| of_generic(scope, value, ty))
            && !is_overwritten(scope, value, &printed)
        {
            return Some((printed, Confidence::Medium));
        }
    }
    let (subject, is_exposed) = subject(scope, value);
    if is_body_of_oauth(scope, subject, value) {
        return Some((Printed::Body { name: scope.written(subject) }, Confidence::Medium));
    }
    if is_of_headers(scope, subject) {
        return Some((Printed::Headers, Confidence::Medium));
    }
    let name = match scope.ir.expr(subject) {
        Expr::Local(local) => scope.ir.local(local).name.as_str(),
        Expr::Field { name, .. } => name.as_str(),
        Expr::MethodCall { method, args, .. } if args.is_empty() => method.as_str(),
        _ => return None,
    };
    let is_access = || is_about_access(scope.cx, scope.function) || is_checked(scope, subject, name);
    let is_bearer = is_bearer(scope, subject).then_some(Confidence::High);
    let exposed = is_exposed.then_some(Confidence::Medium);
    let ty = scope.types.expr(subject);
    let connection =
        (is_text(ty) == Some(true) && is_connection(scope, subject, name)).then_some(Confidence::Medium);
    let confidence = of_name(name, ty, is_access).max(exposed).max(connection).max(is_bearer)?;
    // A constant stands in the source for everybody to read.
    if scope.origin(subject).0 == Origin::Constant || is_hashed(scope, subject) || is_key(scope, subject) {
        return None;
    }
    if is_called_otherwise(scope, subject) {
        return None;
    }
    Some((Printed::Secret { name: scope.written(subject) }, confidence))
}

/// Whether a text is the whole body of a request or its answer, in a client of OAuth: it holds the client's secret, codes and
/// tokens. What is printed where something has failed is an error, and what everybody may ask for holds none of these.
fn is_body_of_oauth(scope: &Scope, subject: ExprId, value: ExprId) -> bool {
    const CLIENTS: &str = "oidc oauth oauth2 openid openidconnect";
    const PUBLIC: &str = "jwks jwk keys discovery discover metadata userinfo error";
    let Expr::Local(local) = scope.ir.expr(subject) else { return false };
    let all: Vec<String> = words(scope.ir.local(local).name.as_str()).collect();
    let is_whole = match &all[..] {
        [body] => body == "body",
        [of, body] => body == "body" && has("request response req resp res token", of),
        _ => false,
    };
    if !is_whole || is_text(scope.types.local(local)) != Some(true) {
        return false;
    }
    let path = scope.cx.semantics().path(scope.function);
    let any = |list: &'static str| words(&path).any(|word| has(list, &word));
    any(CLIENTS) && !any(PUBLIC) && !scope.is_below_failure(value)
}

/// Whether a text is the token of a request's `Authorization`, taken out by the type that reads it.
fn is_bearer(scope: &Scope, subject: ExprId) -> bool {
    let Expr::MethodCall { receiver, method, .. } = scope.ir.expr(subject) else { return false };
    if !matches!(method.as_str(), "token" | "password") {
        return false;
    }
    let mut ty = scope.types.expr(receiver);
    for _ in 0..MOST_WRAPPERS {
        let TyKind::External { path, args } = ty.kind() else { return false };
        let last = path.as_str().rsplit("::").next().unwrap_or_default();
        if has("BearerAuth Bearer Authorization", last) {
            return true;
        }
        let Some(inner) = args.first() else { return false };
        ty = *inner;
    }
    false
}

/// Whether a function compares a text, and answers that somebody may not come in.
fn is_checked(scope: &Scope, subject: ExprId, name: &str) -> bool {
    let ir = scope.ir;
    let is_it = |expr: ExprId| expr == subject || scope.names(expr).first() == Some(&name);
    let compares = |expr: &Expr| matches!(*expr, Expr::Binary { op: BinaryOp::Eq | BinaryOp::Ne, lhs, rhs } if is_it(lhs) || is_it(rhs));
    refuses(scope) && scope.body.exprs.of(&ir.exprs).iter().any(compares)
}

/// Whether a text is what a secret is looked up by: `std::env::var(secret)`, `vault.get_secret(secret)`.
fn is_key(scope: &Scope, subject: ExprId) -> bool {
    let ir = scope.ir;
    let local = ir.expr(subject);
    if !matches!(local, Expr::Local(_)) {
        return false;
    }
    let is_it = |mut expr: ExprId| {
        while let Expr::Ref { operand, .. } = ir.expr(expr) {
            expr = operand;
        }
        ir.expr(expr) == local
    };
    let looks_up = |name: &str| {
        let all: Vec<String> = words(name).collect();
        let begins = all.first().is_some_and(|word| has("get read load fetch find lookup", word));
        matches!(name, "var" | "var_os")
            || (begins && all.iter().any(|word| has("secret secrets env var variable", word)))
    };
    scope.body.exprs.of(&ir.exprs).iter().any(|expr| match *expr {
        Expr::Call { callee, args } => {
            scope.last_segment(callee).is_some_and(looks_up) && ir.list(args).any(is_it)
        }
        Expr::MethodCall { method, args, .. } => looks_up(method.as_str()) && ir.list(args).any(is_it),
        _ => false,
    })
}

/// Whether a local has the name of a secret and holds what a function made of it that hides it:
/// `let password = hash_password(&password)?`.
fn is_hashed(scope: &Scope, subject: ExprId) -> bool {
    const HIDING: &str =
        "hash hashed digest mask masked redact redacted obfuscate obfuscated encrypt encrypted";
    let Expr::Local(local) = scope.ir.expr(subject) else { return false };
    let Some(mut value) = scope.bound_whole(local) else { return false };
    loop {
        let name = match scope.ir.expr(value) {
            Expr::Try(inner) | Expr::Await(inner) => {
                value = inner;
                continue;
            }
            Expr::Call { callee, .. } => scope.last_segment(callee),
            Expr::MethodCall { method, .. } => Some(method.as_str()),
            _ => None,
        };
        return name.is_some_and(|name| words(name).any(|word| has(HIDING, &word)));
    }
}

/// How sure it is that a printed value of this name and type is a secret.
pub(super) fn of_name(name: &str, ty: Ty, is_access: impl Fn() -> bool) -> Option<Confidence> {
    if words(name).any(|word| has(HARMLESS, &word)) {
        return None;
    }
    let named = Named::of(name);
    match (named, is_text(ty)) {
        // Private keys are mostly told by the path of their file.
        (Named::Secret, Some(true)) if words(name).any(|word| word == "private") => Some(Confidence::Low),
        (Named::Secret, Some(true)) => Some(Confidence::High),
        (Named::Token, Some(true)) if is_access() => Some(Confidence::Medium),
        (Named::Secret, None) | (Named::Token, Some(true)) => Some(Confidence::Low),
        _ => None,
    }
}

/// What is printed, below borrows and conversions, and whether a secret was unwrapped for it.
fn subject(scope: &Scope, value: ExprId) -> (ExprId, bool) {
    let mut value = value;
    let mut is_exposed = false;
    for _ in 0..8 {
        value = match scope.ir.expr(value) {
            Expr::Ref { operand, .. } | Expr::Unary { op: UnaryOp::Deref, operand } => operand,
            Expr::MethodCall { receiver, method, .. }
                if has(SAME_TEXT, method.as_str()) && !matches!(scope.types.callee(value), Callee::Fn(_)) =>
            {
                is_exposed |= matches!(method.as_str(), "expose_secret" | "unsecure" | "secret");
                receiver
            }
            _ => break,
        };
    }
    (value, is_exposed)
}

/// The headers of a request: all of them, or a request that is printed with them.
fn headers(scope: &Scope, value: ExprId, ty: Ty) -> Option<(Printed, Confidence)> {
    let TyKind::External { path, .. } = ty.kind() else { return None };
    let is_whole = matches!(path.as_str(), "http::HeaderMap" | "http::Request" | "http::request::Parts");
    (is_whole && scope.origin(value).0 == Origin::Request && !takes_out(scope))
        .then_some((Printed::Headers, Confidence::Medium))
}

/// Headers that the function, or one that it calls for them, has put a credential into.
fn filled(scope: &Scope, value: ExprId, ty: Ty) -> Option<Printed> {
    if ty.as_external("http::HeaderMap").is_none() || takes_out(scope) {
        return None;
    }
    let made = scope.made_of(value);
    let callees = made.iter().filter_map(|part| match scope.types.callee(*part) {
        Callee::Fn(def) => Scope::new(scope.cx, *def),
        _ => None,
    });
    let is_here = |map: ExprId| {
        let name = scope.names(map).first().copied();
        name.is_some() && name == scope.names(value).first().copied()
    };
    let name = put_into(scope, is_here).or_else(|| {
        callees.filter(|callee| !takes_out(callee)).find_map(|callee| put_into(&callee, |_| true))
    })?;
    Some(Printed::Filled { name })
}

/// The credential's header that is put into a map of headers, unless it stands in the source.
fn put_into(scope: &Scope, is_it: impl Fn(ExprId) -> bool) -> Option<&'static str> {
    const CREDENTIALS: &str = "authorization proxy-authorization cookie x-api-key";
    let ir = scope.ir;
    scope.body.exprs.of(&ir.exprs).iter().find_map(|expr| {
        let Expr::MethodCall { receiver, method, args, .. } = *expr else { return None };
        let mut args = ir.list(args);
        let (Some(key), Some(sent), None) = (args.next(), args.next(), args.next()) else { return None };
        let is_headers = scope.types.expr(receiver).as_external("http::HeaderMap").is_some();
        if !is_headers || !matches!(method.as_str(), "insert" | "append") || !is_it(receiver) {
            return None;
        }
        // The name of a header may be a setting: `token_header`.
        let known = if let Expr::Local(local) = ir.expr(key) {
            let name = ir.local(local).name.as_str();
            let is_credential = Named::of(name) >= Named::Token && words(name).any(|word| word == "header");
            is_credential.then_some(name)?
        } else {
            let name = scope.key(key)?.to_ascii_lowercase().replace('_', "-");
            CREDENTIALS.split_ascii_whitespace().find(|known| *known == name)?
        };
        (scope.origin(sent).0 != Origin::Constant).then_some(known)
    })
}

/// A value of a type that is not known here, of which the same function reads a field that is a secret.
fn whole(scope: &Scope, value: ExprId, ty: Ty) -> Option<Printed> {
    if !ty.is_unknown() {
        return None;
    }
    let ir = scope.ir;
    let (subject, _) = subject(scope, value);
    let local = ir.expr(subject);
    if !matches!(local, Expr::Local(_)) {
        return None;
    }
    let field = scope.body.exprs.ids().find_map(|id| match ir.expr(id) {
        Expr::Field { base, name } if ir.expr(base) == local => {
            let sure = of_name(name.as_str(), scope.types.expr(id), || false);
            (sure.is_some() && Named::of(name.as_str()) == Named::Secret).then(|| name.as_str())
        }
        _ => None,
    })?;
    Some(Printed::Whole { name: scope.written(subject), field })
}

/// Whether a value is that of each header in turn, whatever the header is called: `for (name, value) in request.headers()`.
fn is_of_headers(scope: &Scope, subject: ExprId) -> bool {
    let ir = scope.ir;
    let Expr::Local(printed) = ir.expr(subject) else { return false };
    let binds =
        |pat: PatId, local: LocalId| matches!(ir.pat(pat), Pat::Bind { local: bound, .. } if bound == local);
    scope.body.exprs.of(&ir.exprs).iter().any(|expr| {
        let Expr::For { pat, iter, .. } = *expr else { return false };
        let Pat::Tuple(pats) = ir.pat(pat) else { return false };
        let mut pats = ir.list(pats);
        let (Some(name), Some(value), None) = (pats.next(), pats.next(), pats.next()) else { return false };
        binds(value, printed) && is_all_headers(scope, iter) && only_prints(scope, name) && !takes_out(scope)
    })
}

/// Whether an expression is all headers of a request that came in, or that goes out.
fn is_all_headers(scope: &Scope, iter: ExprId) -> bool {
    let of = match scope.ir.expr(iter) {
        Expr::MethodCall { receiver, method, .. } if method.as_str() == "iter" => receiver,
        Expr::Ref { operand, .. } => operand,
        _ => iter,
    };
    let is_map = scope.types.expr(of).as_external("http::HeaderMap").is_some();
    let is_answer = match scope.ir.expr(of) {
        Expr::MethodCall { receiver, .. } => {
            let names = scope.names(receiver);
            names.first().is_some_and(|name| words(name).any(|word| has("response resp res answer", &word)))
        }
        _ => false,
    };
    let goes_out = || match scope.ir.expr(of) {
        Expr::MethodCall { receiver, method, .. } => {
            let ty = scope.types.expr(receiver);
            method.as_str() == "headers" && ty.as_external("reqwest::Request").is_some()
        }
        _ => false,
    };
    is_map && !is_answer && scope.origin(of).0 == Origin::Request || goes_out()
}

/// Whether what a pattern binds is looked at nowhere but where it is printed.
fn only_prints(scope: &Scope, pat: PatId) -> bool {
    let ir = scope.ir;
    let Pat::Bind { local, .. } = ir.pat(pat) else { return true };
    let prints = scope.body.exprs.ids().filter(|id| matches!(ir.expr(*id), Expr::Format(_)));
    let prints: Vec<_> = prints.map(|id| ir.expr_span(id)).collect();
    let mut uses = scope.body.exprs.ids().filter(|id| ir.expr(*id) == Expr::Local(local));
    uses.all(|id| prints.iter().any(|print| print.contains(ir.expr_span(id))))
}

/// Whether a function takes headers out or marks them before it prints them, or a layer of the same file does.
fn takes_out(scope: &Scope) -> bool {
    let ir = scope.ir;
    let removes = |expr: &Expr| matches!(expr, Expr::MethodCall { method, .. } if matches!(method.as_str(), "remove" | "set_sensitive" | "retain"));
    scope.body.exprs.of(&ir.exprs).iter().any(removes)
        || ir.segments.iter().any(|segment| segment.name.as_str().starts_with("SetSensitive"))
}

/// Whether a value is what a function returns that says that it hides something, and that writes over this field.
fn is_overwritten(scope: &Scope, value: ExprId, printed: &Printed) -> bool {
    let Printed::Field { field, .. } = printed else { return false };
    let (subject, _) = subject(scope, value);
    let Callee::Fn(def) = scope.types.callee(subject) else { return false };
    let name = scope.cx.semantics().def_map.name(*def);
    let says_so = words(name.as_str()).any(|word| has(HARMLESS, &word));
    let Some(own) = Scope::new(scope.cx, *def).filter(|_| says_so) else { return false };
    let last = field.rsplit('.').next().unwrap_or_default();
    own.body.exprs.of(&own.ir.exprs).iter().any(|expr| match *expr {
        Expr::Assign { lhs, .. } => {
            matches!(own.ir.expr(lhs), Expr::Field { name, .. } if name.as_str() == last)
        }
        _ => false,
    })
}

/// The secret that `Debug` of a type prints, if the workspace derives it. Only structs and enums count for how deep it is.
pub(super) fn of_type(cx: &LintContext, ty: Ty, depth: u8) -> Option<Printed> {
    of_wrapped(cx, ty, depth, MOST_WRAPPERS)
}

fn of_wrapped(cx: &LintContext, ty: Ty, depth: u8, wrappers: u8) -> Option<Printed> {
    let inside = |ty: Ty| of_wrapped(cx, ty, depth, wrappers.checked_sub(1)?);
    match ty.kind() {
        TyKind::External { path, args } => {
            let hides = ["Secret", "Redacted", "Sensitive", "Zeroizing", "Masked", "Box<dyn"]
                .iter()
                .any(|word| path.as_str().contains(word));
            if hides { None } else { args.iter().find_map(|arg| inside(*arg)) }
        }
        TyKind::Slice(element) => inside(*element),
        TyKind::Tuple(parts) => parts.iter().find_map(|part| inside(*part)),
        TyKind::Adt { def, .. } => of_own(cx, *def, depth.checked_sub(1)?),
        _ => None,
    }
}

/// The secret in a struct or enum of the workspace.
fn of_own(cx: &LintContext, def: DefId, depth: u8) -> Option<Printed> {
    let semantics = cx.semantics();
    let item = semantics.item(def);
    let derives = item.derives("Debug") && !item.attributes.iter().any(hides);
    if !derives
        || words(item.name.as_str()).any(|word| has("secret sensitive redacted masked view mock test", &word))
    {
        return None;
    }
    match &item.kind {
        ItemKind::Struct { fields, .. } => of_fields(cx, def, None, &fields.fields, depth),
        // Of an enum within something else it is seldom this variant.
        ItemKind::Enum { variants, .. } if depth + 1 == DEEPEST => {
            variants.iter().enumerate().find_map(|(index, variant)| {
                of_fields(cx, def, Some(index as u32), &variant.fields.fields, depth)
            })
        }
        _ => None,
    }
}

fn of_fields(
    cx: &LintContext,
    def: DefId,
    variant: Option<u32>,
    fields: &[Field],
    depth: u8,
) -> Option<Printed> {
    let item = cx.semantics().item(def);
    let types = cx.semantics().fields(def, variant);
    for (field, info) in fields.iter().zip(types) {
        if field.attributes.iter().any(hides) {
            continue;
        }
        let of_setup = || words(item.name.as_str()).last().is_some_and(|word| has(SETUP, &word));
        let least = if of_setup() { Confidence::Medium } else { Confidence::High };
        if of_name(field.name.as_str(), info.ty, of_setup) >= Some(least) {
            return Some(Printed::Field { ty: item.name.to_string(), field: field.name.to_string() });
        }
        if let Some(printed) = of_type(cx, info.ty, depth) {
            return Some(printed);
        }
    }
    None
}

/// What a function that prints any type prints for one of its callers.
fn of_generic(scope: &Scope, value: ExprId, ty: Ty) -> Option<Printed> {
    let TyKind::Param { .. } = ty.kind() else { return None };
    let (_, Root::Parameter(index)) = scope.origin(value) else { return None };
    of_argument(scope.cx, scope.function, index, MOST_GENERIC)
}

/// What `Debug` of an argument of a function prints, for one of its callers or theirs.
fn of_argument(cx: &LintContext, function: DefId, index: usize, depth: u8) -> Option<Printed> {
    let depth = depth.checked_sub(1)?;
    find_argument(cx, function, index, |scope, arg| {
        let ty = scope.types.expr(arg);
        match (ty.kind(), scope.origin(arg)) {
            (TyKind::Param { .. }, (_, Root::Parameter(index))) => {
                of_argument(cx, scope.function, index, depth)
            }
            _ => of_type(cx, ty, DEEPEST),
        }
    })
}

/// Whether a parameter is called a secret, and its callers call what they pass something else, and none of them a secret:
/// `keep(&request_path, ..)` for the `api_key` that an answer is kept by.
fn is_called_otherwise(scope: &Scope, subject: ExprId) -> bool {
    let Expr::Local(_) = scope.ir.expr(subject) else { return false };
    let (_, Root::Parameter(index)) = scope.origin(subject) else { return false };
    let mut is_other = false;
    let secret = find_argument(scope.cx, scope.function, index, |scope, arg| {
        let named = scope.names(arg).first().map_or(Named::Nothing, |name| Named::of(name));
        is_other |= named == Named::Other;
        (named >= Named::Token).then_some(())
    });
    is_other && secret.is_none()
}

/// What is found first in what callers pass for a parameter.
fn find_argument<T>(
    cx: &LintContext,
    function: DefId,
    index: usize,
    mut find: impl FnMut(&Scope, ExprId) -> Option<T>,
) -> Option<T> {
    let mut callers: Vec<DefId> = cx.semantics().call_graph().callers(function).to_vec();
    callers.sort_unstable();
    let mut scopes = callers.into_iter().take(MOST_CALLERS).filter_map(|caller| Scope::new(cx, caller));
    scopes.find_map(|scope| {
        scope.body.exprs.ids().find_map(|call| {
            let arg = match (scope.types.callee(call), scope.ir.expr(call)) {
                (Callee::Fn(def), Expr::Call { args, .. } | Expr::MethodCall { args, .. })
                    if *def == function =>
                {
                    scope.ir.list(args).nth(index)?
                }
                _ => return None,
            };
            find(&scope, arg)
        })
    })
}

/// Whether a text is what a database is connected to by, which holds the password: by its name, or as the address in the
/// settings of one.
fn is_connection(scope: &Scope, subject: ExprId, name: &str) -> bool {
    let all: Vec<String> = words(name).collect();
    let Some((last, before)) = all.split_last() else { return false };
    if all.iter().any(|word| has(HARMLESS, word) || has("base sqlite", word)) || speaks_of_files(scope) {
        return false;
    }
    let is_database = |word: &String| has(DATABASES, word);
    match last.as_str() {
        "dsn" => true,
        "url" | "uri" if before.iter().any(is_database) => true,
        "string" | "str" => before.last().is_some_and(|word| has("connection conn", word)),
        "url" | "uri" if before.is_empty() => match scope.ir.expr(subject) {
            Expr::Field { base, .. } => match scope.types.expr(base).kind() {
                TyKind::Adt { def, .. } => {
                    let of: Vec<String> = words(scope.cx.semantics().def_map.name(*def).as_str()).collect();
                    of.iter().any(is_database) && of.last().is_some_and(|word| has(SETUP, word))
                }
                _ => false,
            },
            _ => false,
        },
        _ => false,
    }
}

/// Whether a function has to do with a database that is a file, whose address holds no password.
fn speaks_of_files(scope: &Scope) -> bool {
    let ir = scope.ir;
    let names_one = |text: &str| text.to_ascii_lowercase().contains("sqlite");
    scope.body.exprs.of(&ir.exprs).iter().any(|expr| match *expr {
        Expr::Literal(Literal::Str(text)) => names_one(text.as_str()),
        Expr::Path(path) => ir.path_segments(path).iter().any(|segment| names_one(segment.name.as_str())),
        Expr::Format(format) => ir.format(format).pieces.iter().any(|piece| match piece {
            Piece::Text { text, .. } => names_one(text.as_str()),
            Piece::Hole { .. } => false,
        }),
        _ => false,
    })
}

/// Whether an attribute takes a field out of `Debug`, or has a macro write it.
fn hides(attribute: &Attribute) -> bool {
    let says = attribute.args.as_str();
    let name = attribute.last_segment();
    has("debug derivative educe derive_where debug_stub redact veil sensitive", name)
        && ["skip", "ignore", "redact", "with", "fmt", "format"].iter().any(|word| says.contains(word))
        || has("redact sensitive derivative debug_stub", name)
        || (name == "derive"
            && ["Redact", "Derivative", "Veil", "DebugStub", "Educe"].iter().any(|word| says.contains(word)))
}
