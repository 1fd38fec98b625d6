//! Where a text is used as a secret.

use ward_diagnostics::Confidence;
use ward_linter::guards::words;
use ward_semantics::{Callee, Resolution, TraitName, Ty, TyKind};
use ward_syntax::{BinaryOp, Expr, ExprId, FieldInit, ItemKind, List, Literal};

use super::Use;
use crate::scope::{Origin, Scope, refuses};
use crate::secrets::{Named, has, is_about_access};

/// What an expression uses as a secret, and for what.
pub(super) fn of(scope: &Scope, expr: ExprId) -> Option<(Use, ExprId, Confidence)> {
    match scope.ir.expr(expr) {
        Expr::Call { callee, args } => key(scope, callee, args),
        Expr::MethodCall { receiver, method, args, .. } => {
            let method = method.as_str();
            let takes = matches!(method, "unwrap_or" | "unwrap_or_else" | "bearer_auth" | "basic_auth");
            let args: Vec<ExprId> = scope.ir.list(args).filter(|_| takes).collect();
            let default = default(scope, receiver, method, &args).filter(|_| !is_read_as_scalar(scope, expr));
            default.or_else(|| sent(scope, expr, method, &args))
        }
        Expr::Struct { fields, .. } => filled(scope, scope.ir.field_inits(fields)),
        Expr::Binary { op: BinaryOp::Eq | BinaryOp::Ne, lhs, rhs } => {
            compared(scope, lhs, rhs).or_else(|| compared(scope, rhs, lhs))
        }
        _ => None,
    }
}

/// The key that a function takes.
fn key(scope: &Scope, callee: ExprId, args: List<ExprId>) -> Option<(Use, ExprId, Confidence)> {
    let Expr::Path(path) = scope.ir.expr(callee) else { return None };
    let segments = scope.ir.path_segments(path);
    let name = segments.last()?.name.as_str();
    let owner = match scope.types.path(path) {
        Resolution::Method { ty, .. } => ty.as_str(),
        Resolution::External(path) => path.as_str().rsplit_once("::")?.0,
        Resolution::Def(_) | Resolution::Variant { .. } | Resolution::TraitItem { .. } => return None,
        _ => segments.len().checked_sub(2).map(|at| segments[at].name.as_str())?,
    };
    let last = owner.rsplit(':').next().unwrap_or_default();
    let is_cookie = || owner.contains("cookie") || owner.contains("Cookie");
    // Where no signature is checked, the key is a stand-in.
    if last == "DecodingKey" && checks_nothing(scope) {
        return None;
    }
    let (call, at, confidence) = match (last, name) {
        ("EncodingKey", "from_secret") => ("EncodingKey::from_secret", 0, Confidence::High),
        ("EncodingKey", "from_base64_secret") => ("EncodingKey::from_base64_secret", 0, Confidence::High),
        ("EncodingKey", "from_rsa_pem" | "from_ec_pem" | "from_ed_pem") => {
            ("EncodingKey::from_pem", 0, Confidence::High)
        }
        ("EncodingKey", "from_rsa_der" | "from_ec_der" | "from_ed_der") => {
            ("EncodingKey::from_der", 0, Confidence::High)
        }
        ("DecodingKey", "from_secret") => ("DecodingKey::from_secret", 0, Confidence::High),
        ("DecodingKey", "from_base64_secret") => ("DecodingKey::from_base64_secret", 0, Confidence::High),
        ("HS256Key" | "HS384Key" | "HS512Key", "from_bytes") => ("from_bytes", 0, Confidence::High),
        ("Key", "from" | "derive_from") if is_cookie() => ("Key::from", 0, Confidence::High),
        ("CookieKey", "from" | "derive_from" | "signed" | "private") => ("CookieKey", 0, Confidence::High),
        ("CookieIdentityPolicy" | "CookieSession", "new" | "signed" | "private") => {
            ("CookieSession", 0, Confidence::High)
        }
        ("ConstDecoder", "from_secret") => ("ConstDecoder::from_secret", 0, Confidence::High),
        ("PKey", "hmac") => ("PKey::hmac", 0, Confidence::High),
        ("SessionHandler", "builder") => ("SessionHandler::builder", 1, Confidence::High),
        ("SessionLayer" | "SessionMiddleware", "new") => ("the layer of sessions", 1, Confidence::High),
        // What encrypts or decrypts: the key is all that is secret.
        (cipher, "new_from_slice") if cipher.starts_with("Aes") || cipher.ends_with("Poly1305") => {
            ("new_from_slice", 0, Confidence::Medium)
        }
        // A code of a constant key is often a step of a derivation, not a signature.
        ("Mac" | "Hmac" | "SimpleHmac" | "HmacSha256" | "HmacSha512" | "HmacSha1", "new_from_slice") => {
            let names = scope.names(scope.ir.list(args).next()?);
            let is_secret = names.iter().any(|name| Named::of(name) == Named::Secret);
            ("new_from_slice", 0, if is_secret { Confidence::Medium } else { Confidence::Low })
        }
        _ => return None,
    };
    Some((Use::Key(call), scope.ir.list(args).nth(at)?, confidence))
}

/// Whether a function reads tokens without a look at their signatures.
fn checks_nothing(scope: &Scope) -> bool {
    let ir = scope.ir;
    scope.body.exprs.of(&ir.exprs).iter().any(|expr| match *expr {
        Expr::MethodCall { method, .. } => method.as_str() == "insecure_disable_signature_validation",
        _ => false,
    })
}

/// What stands in for a variable of the environment that is called a secret.
fn default(
    scope: &Scope,
    receiver: ExprId,
    method: &str,
    args: &[ExprId],
) -> Option<(Use, ExprId, Confidence)> {
    if !matches!(method, "unwrap_or" | "unwrap_or_else") {
        return None;
    }
    let name = variable(scope, receiver, 5)?;
    if Named::of(name) != Named::Secret {
        return None;
    }
    let value = match scope.ir.expr(*args.first()?) {
        Expr::Closure(closure) => scope.ir.closure(closure).body,
        _ => *args.first()?,
    };
    Some((Use::Default(name.to_owned()), value, Confidence::High))
}

/// Whether a text is only the way by which a number or a truth is written: `text.parse::<bool>()`.
fn is_read_as_scalar(scope: &Scope, text: ExprId) -> bool {
    scope.body.exprs.ids().any(|id| match scope.ir.expr(id) {
        Expr::MethodCall { receiver, method, .. } if method.as_str() == "parse" => {
            is_scalar_result(scope.types.expr(id)) && is_made_of(scope, receiver, text, 5)
        }
        _ => false,
    })
}

fn is_scalar_result(ty: Ty) -> bool {
    matches!(ty.kind(), TyKind::External { args, .. } if args.first().is_some_and(|ty| matches!(ty.kind(), TyKind::Scalar(_))))
}

/// Whether a value is another one, perhaps by the name of a local.
fn is_made_of(scope: &Scope, value: ExprId, other: ExprId, depth: u8) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let below = || match scope.ir.expr(value) {
        Expr::Local(local) => scope.bound_whole(local),
        _ => scope.inside(value),
    };
    value == other || below().is_some_and(|below| is_made_of(scope, below, other, depth))
}

/// What a key of the settings is where none is set: the text that `Default` fills the field with.
fn filled(scope: &Scope, fields: &[FieldInit]) -> Option<(Use, ExprId, Confidence)> {
    let semantics = scope.cx.semantics();
    let is_default = || {
        let bound = semantics.enclosing_impl(scope.function).and_then(|info| info.trait_ref.as_ref());
        bound.is_some_and(
            |bound| matches!(bound.name, TraitName::External(path) if path.as_str().ends_with("::Default")),
        )
    };
    let field = fields.iter().find(|field| is_own_key(field.name.as_str()))?;
    if !is_default() || super::constant::of(scope, field.value).is_none_or(|text| is_gap(text.text.as_str()))
    {
        return None;
    }
    Some((Use::Default(field.name.to_string()), field.value, Confidence::Medium))
}

/// Whether a field is called a key that the service itself signs or encrypts with: `secret`, `jwt_secret`, `session_key`.
fn is_own_key(name: &str) -> bool {
    const OTHERS: &str = "client access aws s3 consumer app bot header env name id path file url api";
    const OWN: &str = "jwt signing sign session cookie encryption crypto hmac private master csrf";
    let all: Vec<String> = words(name).collect();
    let any = |list: &'static str| all.iter().any(|word| has(list, word));
    let is_own = || any(OWN) || (any("auth") && any("keys"));
    let is_key =
        all.last().is_some_and(|word| has("secret secrets", word) || (has("key keys", word) && is_own()));
    is_key && !any(OTHERS)
}

/// Whether a text says that there is no secret, or stands for another that is put in later.
pub(super) fn is_gap(text: &str) -> bool {
    const NONE: [&str; 4] = ["none", "null", "n/a", "unset"];
    text.is_empty()
        || text.contains(['$', '{', '<'])
        || NONE.iter().any(|none| text.eq_ignore_ascii_case(none))
}

/// The variables of the environment that a function insists on: it fails where they are missing.
pub(super) fn demanded(scope: &Scope) -> Vec<&'static str> {
    let ir = scope.ir;
    let mut found = Vec::new();
    let mut reads_listed = false;
    let mut listed = Vec::new();
    for id in scope.body.exprs.ids() {
        match ir.expr(id) {
            Expr::MethodCall { receiver, method, .. } if matches!(method.as_str(), "unwrap" | "expect") => {
                found.extend(variable(scope, receiver, 2));
            }
            Expr::Try(operand) => found.extend(variable(scope, operand, 3)),
            Expr::Array(elements) => {
                listed.extend(ir.list(elements).filter_map(|element| match ir.expr(element) {
                    Expr::Literal(Literal::Str(name)) => Some(name.as_str()),
                    _ => None,
                }));
            }
            Expr::Path(path) => listed.extend(names_of(scope, path)),
            Expr::Call { callee, args } => {
                let is_name =
                    |arg| matches!(ir.expr(arg), Expr::Local(_) | Expr::Unary { .. } | Expr::Ref { .. });
                let reads = matches!(scope.last_segment(callee), Some("var" | "var_os"));
                reads_listed |= reads && ir.list(args).any(is_name);
            }
            _ => {}
        }
    }
    if reads_listed {
        found.extend(listed);
    }
    found
}

/// The texts of a constant that is a list of them.
fn names_of(scope: &Scope, path: ward_syntax::PathId) -> Vec<&'static str> {
    let semantics = scope.cx.semantics();
    let Resolution::Def(def) = scope.types.path(path) else { return Vec::new() };
    if !matches!(semantics.item(def).kind, ItemKind::Const { .. }) {
        return Vec::new();
    }
    let Some((file, body)) = semantics.body(def) else { return Vec::new() };
    let ir = semantics.ir(file);
    let exprs = ir.body(body).exprs;
    let texts = exprs.of(&ir.exprs).iter().filter_map(|expr| match expr {
        Expr::Literal(Literal::Str(name)) => Some(name.as_str()),
        _ => None,
    });
    texts.collect()
}

/// The variable of the environment that an expression reads.
fn variable(scope: &Scope, expr: ExprId, depth: u8) -> Option<&'static str> {
    let depth = depth.checked_sub(1)?;
    match scope.ir.expr(expr) {
        Expr::Call { callee, args } => {
            let Expr::Path(path) = scope.ir.expr(callee) else { return None };
            let names: Vec<&str> =
                scope.ir.path_segments(path).iter().map(|segment| segment.name.as_str()).collect();
            let reads =
                names.ends_with(&["env", "var"]) || names == ["var"] || names.ends_with(&["dotenv", "var"]);
            let first = scope.ir.list(args).next().filter(|_| reads)?;
            match scope.ir.expr(first) {
                Expr::Literal(Literal::Str(name)) => Some(name.as_str()),
                Expr::Path(path) => scope.ir.path_segments(path).last().map(|segment| segment.name.as_str()),
                _ => None,
            }
        }
        Expr::Local(local) => variable(scope, scope.bound_whole(local)?, depth),
        _ => variable(scope, scope.inside(expr)?, depth),
    }
}

/// A credential that a request to another service carries.
fn sent(scope: &Scope, call: ExprId, method: &str, args: &[ExprId]) -> Option<(Use, ExprId, Confidence)> {
    if !matches!(method, "bearer_auth" | "basic_auth")
        || matches!(scope.types.callee(call), Callee::Fn(_) | Callee::Dispatch { .. })
    {
        return None;
    }
    let (name, credential) = match (method, args) {
        ("bearer_auth", [token]) => ("bearer_auth", *token),
        ("basic_auth", [_, password]) => ("basic_auth", *password),
        _ => return None,
    };
    // Some ask on purpose with what cannot be right.
    let is_meant = !args.iter().any(|arg| is_wrong_on_purpose(scope, *arg));
    is_meant.then_some((Use::Sent(name), credential, Confidence::Medium))
}

fn is_wrong_on_purpose(scope: &Scope, value: ExprId) -> bool {
    super::constant::of(scope, value).is_some_and(|constant| constant.text.as_str().contains("invalid"))
}

/// What a secret of a request is compared with.
fn compared(scope: &Scope, given: ExprId, constant: ExprId) -> Option<(Use, ExprId, Confidence)> {
    let names = scope.names(given);
    // The part of a secret that says what the rest is.
    if names.first().is_some_and(|name| has("key k name scheme prefix kind version", name)) {
        return None;
    }
    let named = names.iter().map(|name| Named::of(name)).find(|named| *named != Named::Nothing)?;
    if named < Named::Token {
        return None;
    }
    let text = super::constant::of(scope, constant)?.text;
    // What is compared with a known default is refused, as a rule.
    let is_default = scope.names(constant).iter().any(|name| words(name).any(|word| word == "default"));
    if is_default || is_marker(text.as_str()) || is_stand_in(scope) {
        return None;
    }
    let confidence = match (named, scope.origin(given).0) {
        (Named::Secret, Origin::Request) => Confidence::High,
        (Named::Secret, Origin::Caller) | (Named::Token, Origin::Request)
            if is_about_access(scope.cx, scope.function) || refuses(scope) =>
        {
            Confidence::Medium
        }
        (_, Origin::Request | Origin::Caller) => Confidence::Low,
        _ => return None,
    };
    Some((Use::Compared(scope.written(given)), constant, confidence))
}

/// Whether a text marks that there is none, or what kind it is.
fn is_marker(text: &str) -> bool {
    const MARKERS: &str = "none null undefined true false bearer basic token password secret disabled anonymous default unknown redacted";
    text.len() < 4
        || has(MARKERS, text.trim().to_lowercase().trim_matches(|c: char| !c.is_alphanumeric()))
        || text.ends_with([' ', ':', '=', '-', '_', '/', '.'])
        || text.chars().all(|c| !c.is_alphanumeric())
}

/// Whether a function stands in for another in tests.
fn is_stand_in(scope: &Scope) -> bool {
    words(&scope.cx.name(scope.function)).any(|word| has("mock mocks fake dummy stub test tests", &word))
}
