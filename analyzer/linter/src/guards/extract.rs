//! What types say: extractors by their implementations, external ones by their models, wrappers by what they wrap.

use ward_diagnostics::Confidence;
use ward_semantics::{Semantics, Ty, TyKind};
use ward_syntax::Symbol;

use super::deps::{Deps, Summary};
use super::evaluate::Context;
use super::{Authenticates, Verdict, names};

/// How deep wrappers are opened.
const MOST_WRAPPERS: usize = 4;

/// What it says of the caller that a handler takes a parameter of this type.
pub(crate) fn of_type(cx: Context, ty: Ty) -> Verdict {
    judge(cx, ty, MOST_WRAPPERS, Bodies::Followed)
}

/// The same from models alone, while functions are still being evaluated.
pub(crate) fn by_models(cx: Context, ty: Ty) -> Verdict {
    judge(cx, ty, MOST_WRAPPERS, Bodies::Unknown)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Bodies {
    Followed,
    Unknown,
}

fn judge(cx: Context, ty: Ty, depth: usize, bodies: Bodies) -> Verdict {
    let Some(depth) = depth.checked_sub(1) else { return Verdict::NONE };
    match ty.kind() {
        TyKind::External { path, args } => of_external(cx, *path, args, depth, bodies),
        TyKind::Adt { args, .. } => {
            let own = of_own(cx, ty, bodies);
            let role = args.iter().any(|arg| is_role_argument(cx.semantics, *arg));
            Verdict { role: own.role || (role && own.authenticates == Authenticates::Enforced), ..own }
        }
        TyKind::Tuple(parts) => {
            let verdicts = parts.iter().map(|part| judge(cx, *part, depth, bodies));
            verdicts.max_by_key(|verdict| verdict.authenticates).unwrap_or(Verdict::NONE)
        }
        _ => Verdict::NONE,
    }
}

fn of_external(cx: Context, path: Symbol, args: &[Ty], depth: usize, bodies: Bodies) -> Verdict {
    let inner = |depth| args.first().map_or(Verdict::NONE, |ty| judge(cx, *ty, depth, bodies));
    if let Some(row) = cx.models.guards.types.get(&path) {
        return Verdict {
            authenticates: row.authenticates,
            role: row.role,
            confidence: Confidence::High,
            ..Verdict::NONE
        };
    }
    match path.as_str() {
        "std::option::Option" | "std::result::Result" => {
            let inner = inner(depth);
            Verdict { authenticates: inner.authenticates.min(Authenticates::Optional), ..inner }
        }
        "std::boxed::Box" | "std::sync::Arc" => inner(depth),
        _ if cx.models.guards.wrappers.contains(&path) => inner(depth),
        _ if cx.models.guards.holders.contains(&path) => of_held(cx, args, depth, bodies),
        _ => Verdict::NONE,
    }
}

/// What a middleware left: absent without it, so whoever takes it is behind it.
fn of_held(cx: Context, args: &[Ty], depth: usize, bodies: Bodies) -> Verdict {
    let Some(held) = args.first().copied() else { return Verdict::NONE };
    let own = judge(cx, held, depth, bodies);
    if own.authenticates != Authenticates::None {
        return own;
    }
    if let Some([inner, ..]) = held.as_external("std::option::Option")
        && is_identity_type(cx, *inner)
    {
        return Verdict {
            authenticates: Authenticates::Optional,
            confidence: Confidence::Medium,
            ..Verdict::NONE
        };
    }
    if is_identity_type(cx, held) {
        return Verdict {
            authenticates: Authenticates::Enforced,
            confidence: Confidence::Medium,
            ..Verdict::NONE
        };
    }
    Verdict::NONE
}

/// A type of the workspace: by its extracting implementation, else by a derive.
fn of_own(cx: Context, ty: Ty, bodies: Bodies) -> Verdict {
    let TyKind::Adt { def, .. } = ty.kind() else { return Verdict::NONE };
    let item = cx.semantics.item(*def);
    if let Some(role) = cx.known.declared(*def) {
        let role = role == super::index::Role::Asked;
        return Verdict { authenticates: Authenticates::Enforced, role, ..Verdict::NONE };
    }
    let derived = item.attributes.iter().any(|attribute| {
        let derives = attribute.path.as_str() == "derive";
        derives && attribute.args.as_str().split(',').any(|name| is_guard_derive(cx, name.trim()))
    });
    if derived {
        return Verdict {
            authenticates: Authenticates::Enforced,
            confidence: Confidence::High,
            ..Verdict::NONE
        };
    }
    if bodies == Bodies::Unknown {
        return Verdict::NONE;
    }
    let method = cx
        .models
        .extractors
        .iter()
        .find_map(|extractor| cx.semantics.trait_method(ty, extractor.trait_path, extractor.method));
    let Some(summary) = method.and_then(|method| cx.known.summary(method)) else { return Verdict::NONE };
    let mut verdict = of_summary(summary);
    if verdict.authenticates == Authenticates::None && summary.refuses && names::is_guard(item.name.as_str())
    {
        // It refuses, and is called a guard: for what it refuses could not be seen.
        verdict.authenticates = Authenticates::Enforced;
        verdict.confidence = Confidence::Low;
    }
    verdict
}

fn is_guard_derive(cx: Context, name: &str) -> bool {
    let last = name.rsplit("::").next().unwrap_or_default().trim();
    cx.models.guards.derives.iter().any(|path| super::evaluate::last_segment(*path) == last)
}

/// The verdict of a function of which a summary is known.
pub(crate) fn of_summary(summary: &Summary) -> Verdict {
    let authenticates = if summary.fail.has(Deps::CREDENTIAL) {
        Authenticates::Enforced
    } else if summary.reads {
        Authenticates::Optional
    } else {
        Authenticates::None
    };
    let enforced = authenticates == Authenticates::Enforced;
    Verdict {
        authenticates,
        role: enforced && (summary.fail.has(Deps::ROLE) || summary.present.has(Deps::ROLE)),
        owner: enforced && (summary.fail.has(Deps::OWNER) || summary.present.has(Deps::OWNER)),
        confidence: if summary.hops <= 2 { Confidence::High } else { Confidence::Medium },
        credential: summary.credential,
        refusal: summary.refusal,
    }
}

/// Whether a type stands for the caller: some middleware leaves it in requests, or it is named so.
pub(crate) fn is_identity_type(cx: Context, ty: Ty) -> bool {
    if cx.known.is_attached(ty) {
        return true;
    }
    match ty.kind() {
        TyKind::Adt { def, .. } => names::is_identity(cx.semantics.def_map.name(*def).as_str()),
        TyKind::External { path, args } => match path.as_str() {
            "std::sync::Arc" | "std::boxed::Box" | "std::option::Option" => {
                args.first().is_some_and(|inner| is_identity_type(cx, *inner))
            }
            _ => {
                !path.as_str().starts_with("std::")
                    && names::is_identity(super::evaluate::last_segment(*path))
            }
        },
        _ => false,
    }
}

/// `Require<Admin>`: a role as the argument of a guard.
fn is_role_argument(semantics: &Semantics, ty: Ty) -> bool {
    match ty.kind() {
        TyKind::Adt { def, .. } => {
            let name = semantics.def_map.name(*def);
            names::is_role(name.as_str()) || names::is_role_type(name.as_str())
        }
        _ => false,
    }
}
