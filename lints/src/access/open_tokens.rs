//! Endpoints that make out a credential for whoever the request names, and ask for no proof.
//!
//! A login is open to everybody, and compares a password, a code or a signature before it makes out a token. One that does not
//! makes every caller whoever he likes. It is told only where nothing in the handler, or in what it calls, is called
//! after a proof, and where the service asks for credentials elsewhere.

use rustc_hash::FxHashSet;
use ward_linter::LintContext;
use ward_linter::guards::{Authenticates, Effect, words};
use ward_semantics::{Callee, DefId};
use ward_syntax::{BinaryOp, Expr, ExprId, Literal, LocalId, Pat, Piece, SourceIr};

use super::doors::{Door, Openness};
use super::identity::bound;
use super::public::takes_field;

/// Names of what proves who calls, or of its check.
const PROOFS: &[&str] = &[
    "password",
    "passwords",
    "passwd",
    "pwd",
    "pass",
    "passcode",
    "passphrase",
    "pin",
    "otp",
    "totp",
    "hotp",
    "mfa",
    "code",
    "signature",
    "captcha",
    "hmac",
    "argon2",
    "bcrypt",
    "scrypt",
    "pbkdf2",
    "oauth",
    "oauth2",
    "oidc",
    "openid",
    "ldap",
    "webauthn",
    "passkey",
    "challenge",
    "nonce",
    "credential",
    "credentials",
    "verify",
    "verified",
    "verifies",
    "verification",
    "authenticate",
    "hash",
    "hasher",
    "proof",
    "assertion",
    "exchange",
    "recover",
    "ticket",
    "invite",
    "invitation",
    "magic",
    "refresh",
    "renew",
    "device",
    "fingerprint",
    "installation",
    "decode",
];

/// What a request may bring as a proof beside that, whole or in part.
const SENT: &[&str] = &["token", "secret", "jwt", "key", "apikey", "uuid"];

/// Names of endpoints that let somebody in who was not there before, or nobody in particular.
const NEWCOMERS: &[&str] =
    &["register", "registration", "signup", "guest", "anonymous", "anon", "create", "new", "join", "visitor"];

/// Names of endpoints that let somebody in.
const DOORS: &[&str] = &[
    "login",
    "signin",
    "logon",
    "auth",
    "authenticate",
    "token",
    "tokens",
    "jwt",
    "session",
    "sessions",
    "sso",
];

/// How far calls are followed.
const MOST_LEVELS: u32 = 4;

/// Whether an endpoint makes out a credential for whoever the request names.
pub(super) fn issues_for_anybody(cx: &LintContext, door: &Door) -> bool {
    let is_open = door.access.verdict.authenticates == Authenticates::None
        && door.openness != Openness::Declared
        && !door.is_unclear();
    is_open
        && cx.guards().issues_on_request(door.function)
        && !door.access.effects.has(Effect::Outbound)
        && is_called(cx, door, DOORS)
        && !is_called(cx, door, NEWCOMERS)
        && !takes_field(cx, door.endpoint, &|name| is_proof(name) || has_word(name, SENT))
        && !compares(cx, door)
        && !any_reached(cx, door.function, MOST_LEVELS, |def| names_proof(cx, def))
}

fn has_word(name: &str, known: &[&str]) -> bool {
    words(name).any(|word| known.contains(&word.as_str()))
}

/// `verify_password`, `code`, `login_code`; a status code is none.
fn is_proof(name: &str) -> bool {
    !has_word(name, &["status", "error"]) && has_word(name, PROOFS)
}

/// Whether an endpoint's path or its handler is called so.
fn is_called(cx: &LintContext, door: &Door, known: &[&str]) -> bool {
    let name = cx.semantics().def_map.name(door.function);
    has_word(door.endpoint.path.as_str(), known)
        || has_word(name.as_str(), known)
        || name.as_str().contains("sign_up")
}

/// Whether a handler compares what it takes with something that is not written out.
pub(super) fn compares(cx: &LintContext, door: &Door) -> bool {
    let Some((file, body)) = cx.semantics().body(door.function) else { return true };
    let ir = cx.semantics().ir(file);
    let mut taken: Vec<LocalId> = Vec::new();
    for extractor in door.endpoint.extractors(cx.semantics()) {
        bound(ir, extractor.pattern, &mut taken);
    }
    let is_taken = |side: ExprId| root(ir, side).is_some_and(|local| taken.contains(&local));
    ir.body(body).exprs.of(&ir.exprs).iter().any(|expr| match *expr {
        Expr::Binary { op: BinaryOp::Eq | BinaryOp::Ne, lhs, rhs } => is_taken(lhs) || is_taken(rhs),
        _ => false,
    })
}

/// The local that an expression is, or is a part of.
fn root(ir: &SourceIr, mut expr: ExprId) -> Option<LocalId> {
    loop {
        expr = match ir.expr(expr) {
            Expr::Local(local) => return Some(local),
            Expr::Field { base: inner, .. }
            | Expr::MethodCall { receiver: inner, .. }
            | Expr::Ref { operand: inner, .. }
            | Expr::Unary { operand: inner, .. } => inner,
            _ => return None,
        };
    }
}

/// Whether something holds of a function, or of what it calls, so many levels down in all.
pub(super) fn any_reached(
    cx: &LintContext,
    function: DefId,
    levels: u32,
    holds: impl Fn(DefId) -> bool,
) -> bool {
    let mut seen: FxHashSet<DefId> = FxHashSet::default();
    let mut level = vec![function];
    for _ in 0..levels {
        level.retain(|def| seen.insert(*def));
        if level.iter().any(|def| holds(*def)) {
            return true;
        }
        let next = level.iter().flat_map(|def| cx.semantics().call_graph().callees(*def));
        level = next.copied().collect();
    }
    false
}

/// Whether a body names a proof: in what it calls, in a variable or field, in a short text, in what a statement asks for.
fn names_proof(cx: &LintContext, def: DefId) -> bool {
    let semantics = cx.semantics();
    let (Some((file, body)), Some(types)) = (semantics.body(def), semantics.types(def)) else { return false };
    let called = |callee: &Callee| match callee {
        Callee::Fn(def) => is_proof(semantics.def_map.name(*def).as_str()),
        Callee::Method { name, .. } | Callee::UnknownMethod(name) => is_proof(name.as_str()),
        Callee::External(path) => path.as_str().rsplit("::").take(2).any(is_proof),
        _ => false,
    };
    let ir = semantics.ir(file);
    types.callees().any(|(_, callee)| called(callee))
        || ir.body(body).exprs.of(&ir.exprs).iter().any(|expr| match expr {
            Expr::Local(local) => is_proof(ir.local(*local).name.as_str()),
            Expr::Field { name, .. } => is_proof(name.as_str()),
            Expr::Literal(Literal::Str(text)) => says_proof(text.as_str()),
            Expr::Format(format) => ir.format(*format).pieces.iter().any(|piece| match piece {
                Piece::Text { text, .. } => says_proof(text.as_str()),
                Piece::Hole { .. } => false,
            }),
            Expr::LetStmt { pat, .. } => match ir.pat(*pat) {
                Pat::Bind { local, .. } => is_proof(ir.local(local).name.as_str()),
                _ => false,
            },
            _ => false,
        })
}

/// Whether a text names a proof, of a statement what stands behind its condition: it may fetch a hash that nobody looks at.
fn says_proof(text: &str) -> bool {
    let upper = text.to_uppercase();
    match upper.find("WHERE ") {
        Some(at) if upper.contains("SELECT ") => is_proof(&text[at..]),
        _ => is_proof(text),
    }
}
