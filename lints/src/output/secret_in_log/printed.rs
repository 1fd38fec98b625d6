//! What is secret in a value that is printed.

use ward_diagnostics::Confidence;
use ward_linter::LintContext;
use ward_linter::guards::words;
use ward_semantics::{Callee, DefId, Ty, TyKind};
use ward_syntax::{Attribute, Expr, ExprId, HoleStyle, ItemKind, UnaryOp};

use crate::scope::{Origin, Scope};
use crate::secrets::{Named, has, is_about_access};

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
}

/// Structs are looked into no deeper.
const DEEPEST: u8 = 3;

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
        let has_display = scope.cx.semantics().display_impl(ty).is_some();
        if !(style == HoleStyle::Other && has_display)
            && let Some(printed) = of_type(scope.cx, ty, DEEPEST)
        {
            return Some((printed, Confidence::Medium));
        }
    }
    let (subject, is_exposed) = subject(scope, value);
    let name = match scope.ir.expr(subject) {
        Expr::Local(local) => scope.ir.local(local).name.as_str(),
        Expr::Field { name, .. } => name.as_str(),
        Expr::MethodCall { method, args, .. } if args.is_empty() => method.as_str(),
        _ => return None,
    };
    let is_access = || is_about_access(scope.cx, scope.function);
    let exposed = is_exposed.then_some(Confidence::Medium);
    let confidence = of_name(name, scope.types.expr(subject), is_access).max(exposed)?;
    // A constant stands in the source for everybody to read.
    if scope.origin(subject).0 == Origin::Constant || is_hashed(scope, subject) {
        return None;
    }
    Some((Printed::Secret { name: scope.written(subject) }, confidence))
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

/// Whether a type is a text or bytes; not known of many.
fn is_text(ty: Ty) -> Option<bool> {
    match ty.kind() {
        TyKind::Unknown | TyKind::Param { .. } => None,
        TyKind::Str | TyKind::StaticStr => Some(true),
        TyKind::Slice(element) => Some(is_byte(*element)),
        TyKind::External { path, args } => match path.as_str() {
            "std::string::String" | "bytes::Bytes" | "http::HeaderValue" => Some(true),
            "std::option::Option"
            | "std::result::Result"
            | "std::boxed::Box"
            | "std::sync::Arc"
            | "std::rc::Rc"
            | "std::borrow::Cow" => is_text(*args.first()?),
            "std::vec::Vec" => {
                args.first().map(|element| is_byte(*element) || is_text(*element) == Some(true))
            }
            _ => Some(false),
        },
        _ => Some(false),
    }
}

fn is_byte(ty: Ty) -> bool {
    matches!(ty.kind(), TyKind::Scalar(name) if name.as_str() == "u8")
}

/// The headers of a request: all of them, or a request that is printed with them.
fn headers(scope: &Scope, value: ExprId, ty: Ty) -> Option<(Printed, Confidence)> {
    let TyKind::External { path, .. } = ty.kind() else { return None };
    let is_whole = matches!(path.as_str(), "http::HeaderMap" | "http::Request" | "http::request::Parts");
    (is_whole && scope.origin(value).0 == Origin::Request && !takes_out(scope))
        .then_some((Printed::Headers, Confidence::Medium))
}

/// Whether a function takes headers out or marks them before it prints them, or a layer of the same file does.
fn takes_out(scope: &Scope) -> bool {
    let ir = scope.ir;
    let removes = |expr: &Expr| matches!(expr, Expr::MethodCall { method, .. } if matches!(method.as_str(), "remove" | "set_sensitive" | "retain"));
    scope.body.exprs.of(&ir.exprs).iter().any(removes)
        || ir.segments.iter().any(|segment| segment.name.as_str().starts_with("SetSensitive"))
}

/// The secret that `Debug` of a type prints, if the workspace derives it.
pub(super) fn of_type(cx: &LintContext, ty: Ty, depth: u8) -> Option<Printed> {
    let depth = depth.checked_sub(1)?;
    match ty.kind() {
        TyKind::External { path, args } => {
            let hides = ["Secret", "Redacted", "Sensitive", "Zeroizing", "Masked", "Box<dyn"]
                .iter()
                .any(|word| path.as_str().contains(word));
            if hides { None } else { args.iter().find_map(|arg| of_type(cx, *arg, depth)) }
        }
        TyKind::Slice(element) => of_type(cx, *element, depth),
        TyKind::Tuple(parts) => parts.iter().find_map(|part| of_type(cx, *part, depth)),
        TyKind::Adt { def, .. } => of_struct(cx, *def, depth),
        _ => None,
    }
}

fn of_struct(cx: &LintContext, def: DefId, depth: u8) -> Option<Printed> {
    let semantics = cx.semantics();
    let item = semantics.item(def);
    let ItemKind::Struct { fields, .. } = &item.kind else { return None };
    let derives = item.derives("Debug") && !item.attributes.iter().any(hides);
    if !derives
        || words(item.name.as_str()).any(|word| has("secret sensitive redacted masked view mock test", &word))
    {
        return None;
    }
    let types = semantics.fields(def, None);
    for (field, info) in fields.fields.iter().zip(types) {
        if field.attributes.iter().any(hides) {
            continue;
        }
        if of_name(field.name.as_str(), info.ty, || false) == Some(Confidence::High) {
            return Some(Printed::Field { ty: item.name.to_string(), field: field.name.to_string() });
        }
        if let Some(Printed::Field { ty, field: inner }) = of_type(cx, info.ty, depth) {
            return Some(Printed::Field { ty, field: inner });
        }
    }
    None
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
