//! Sign-ups for administrators: whoever calls one becomes what the guards of others let in.
//!
//! A sign-up is for everybody, but for one that makes an administrator. It is told where other endpoints for administrators are
//! guarded, and nothing here says that only the first of them may come so, or somebody who was invited.

use ward_linter::LintContext;
use ward_linter::guards::{Authenticates, Effect, words};
use ward_semantics::{Callee, DefId};
use ward_syntax::{Expr, Literal};

use super::doors::{Door, Openness};
use super::open_tokens::{any_reached, compares};
use super::public::takes_field;

const ADMINISTRATORS: &[&str] =
    &["admin", "admins", "administrator", "administrators", "superuser", "superadmin"];

const SIGN_UPS: &[&str] = &["signup", "register", "registration", "enroll"];

/// What a newcomer brings who was invited.
const INVITED: &[&str] = &[
    "token",
    "secret",
    "jwt",
    "key",
    "apikey",
    "code",
    "otp",
    "invite",
    "invitation",
    "captcha",
    "signature",
    "master",
    "pin",
    "passphrase",
];

/// Names of what asks whether somebody may still come so.
const ASKING: &[&str] = &[
    "count",
    "setup",
    "bootstrap",
    "initial",
    "initialized",
    "invite",
    "invitation",
    "allow",
    "allowed",
    "enable",
    "enabled",
    "disabled",
    "open",
    "otp",
    "code",
    "verify",
    "any",
    "has",
    "empty",
];

/// How far calls are followed.
const MOST_LEVELS: u32 = 3;

/// Whether everybody becomes an administrator by an endpoint.
pub(super) fn makes_administrator(cx: &LintContext, doors: &[Door], door: &Door) -> bool {
    let is_open = door.access.verdict.authenticates == Authenticates::None
        && door.openness != Openness::Declared
        && !door.is_unclear()
        && !door.has_unseen_guard(cx);
    is_open
        && door.endpoint.methods.may_change()
        && door.access.effects.has(Effect::Write)
        && is_called(cx, door, ADMINISTRATORS)
        && is_called(cx, door, SIGN_UPS)
        && !takes_field(cx, door.endpoint, &|name| has_word(name, INVITED))
        && doors.iter().any(|other| other.is_guarded() && is_called(cx, other, ADMINISTRATORS))
        && !compares(cx, door)
        && !any_reached(cx, door.function, MOST_LEVELS, |def| names_question(cx, def))
}

fn has_word(name: &str, known: &[&str]) -> bool {
    words(name).any(|word| known.contains(&word.as_str()))
}

/// Whether an endpoint's path or its handler is called so.
fn is_called(cx: &LintContext, door: &Door, known: &[&str]) -> bool {
    let name = cx.semantics().def_map.name(door.function);
    let name = name.as_str().replace("sign_up", "signup");
    has_word(&door.endpoint.path.as_str().replace("sign-up", "signup"), known) || has_word(&name, known)
}

/// Whether a body names such a question: in what it calls, in a variable or field, in a statement.
fn names_question(cx: &LintContext, def: DefId) -> bool {
    let semantics = cx.semantics();
    let (Some((file, body)), Some(types)) = (semantics.body(def), semantics.types(def)) else { return false };
    let asks = |name: &str| has_word(name, ASKING) && !name.starts_with("status");
    let called = |callee: &Callee| match callee {
        Callee::Fn(def) => asks(semantics.def_map.name(*def).as_str()),
        Callee::Method { name, .. } | Callee::UnknownMethod(name) => asks(name.as_str()),
        _ => false,
    };
    let ir = semantics.ir(file);
    types.callees().any(|(_, callee)| called(callee))
        || ir.body(body).exprs.of(&ir.exprs).iter().any(|expr| match expr {
            Expr::Local(local) => asks(ir.local(*local).name.as_str()),
            Expr::Field { name, .. } => asks(name.as_str()),
            Expr::Literal(Literal::Str(text)) => {
                let upper = text.as_str().to_uppercase();
                ["COUNT(", "EXISTS", "LIMIT 1"].iter().any(|word| upper.contains(word))
            }
            _ => false,
        })
}
