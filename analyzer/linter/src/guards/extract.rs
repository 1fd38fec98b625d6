//! What types say: extractors by their implementations, external ones by their models, wrappers by what they wrap.

use rustc_hash::FxHashMap;
use ward_diagnostics::Confidence;
use ward_flow::models::{AttributeKey, DeriveModel};
use ward_semantics::endpoint::attribute_arguments;
use ward_semantics::{DefId, Semantics, Ty, TyKind};
use ward_syntax::{Attribute, ItemKind, Symbol};

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
        let is_lenient = cx.known.is_lenient(path);
        let most = if is_lenient { Authenticates::Optional } else { Authenticates::Enforced };
        return Verdict {
            authenticates: row.authenticates.min(most),
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
    left(cx, held)
}

/// What it says that a request carries a value of this type, which a middleware left in it.
fn left(cx: Context, ty: Ty) -> Verdict {
    let authenticates = match is_identity_type(cx, ty) {
        true if cx.known.is_for_all(ty) => Authenticates::Optional,
        true => Authenticates::Enforced,
        false => Authenticates::None,
    };
    Verdict { authenticates, confidence: Confidence::Medium, ..Verdict::NONE }
}

/// A type of the workspace: by its extracting implementation, else by a derive.
fn of_own(cx: Context, ty: Ty, bodies: Bodies) -> Verdict {
    let TyKind::Adt { def, .. } = ty.kind() else { return Verdict::NONE };
    let derives = cx.semantics.def_map.derives(*def);
    if let Some(role) = cx.known.declared(*def) {
        let role = role == super::index::Role::Asked;
        return Verdict { authenticates: Authenticates::Enforced, role, ..Verdict::NONE };
    }
    if let Some(derive) = derived(derives, &cx.models.guards.derives) {
        return Verdict { authenticates: of_scheme(cx, *def, derive.by), ..Verdict::NONE };
    }
    if let Some(derive) = derived(derives, &cx.models.guards.extracts) {
        return of_derived(cx, ty, derive.by, bodies);
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
    // It looks up who calls together with what the path names.
    verdict.owner |= verdict.enforces() && summary.ties;
    let name = cx.semantics.def_map.name(*def);
    if verdict.authenticates == Authenticates::None && summary.refuses && names::is_guard(name.as_str()) {
        // It refuses, and is called a guard: for what it refuses could not be seen.
        verdict.authenticates = Authenticates::Enforced;
        verdict.confidence = Confidence::Low;
    }
    verdict
}

/// What is known of one of an item's derives, by its name.
fn derived(derives: &[Symbol], known: &FxHashMap<Symbol, DeriveModel>) -> Option<DeriveModel> {
    derives.iter().find_map(|name| {
        known.iter().find(|(path, _)| path.last_segment() == name.as_str()).map(|(_, derive)| *derive)
    })
}

/// The argument of an attribute, if it is there.
fn argument(attributes: &[Attribute], key: AttributeKey) -> Option<&'static str> {
    let attributes = attributes.iter().filter(|attribute| attribute.last_segment() == key.attribute.as_str());
    let mut arguments = attributes.flat_map(attribute_arguments);
    arguments.find(|argument| argument.name == key.name.as_str()).map(|argument| argument.value)
}

/// A type that stands for a credential. What does not say how it is checked only makes sure that there is one, and of
/// several that are alternatives the weakest counts.
fn of_scheme(cx: Context, def: DefId, key: Option<AttributeKey>) -> Authenticates {
    let item = cx.semantics.item(def);
    let Some(key) = key else { return Authenticates::Enforced };
    let ItemKind::Enum { variants, .. } = &item.kind else {
        let checks = argument(&item.attributes, key).is_some();
        return if checks { Authenticates::Enforced } else { Authenticates::Optional };
    };
    let of_variant = |index: usize| {
        let fields = cx.semantics.fields(def, u32::try_from(index).ok());
        let all = fields.iter().map(|field| judge(cx, field.ty, 2, Bodies::Unknown).authenticates);
        all.max().unwrap_or(Authenticates::Optional)
    };
    (0..variants.len()).map(of_variant).min().unwrap_or(Authenticates::Optional).max(Authenticates::Optional)
}

/// A type that a derive takes out of the request.
fn of_derived(cx: Context, ty: Ty, key: Option<AttributeKey>, bodies: Bodies) -> Verdict {
    let TyKind::Adt { def, .. } = ty.kind() else { return Verdict::NONE };
    let item = cx.semantics.item(*def);
    if let Some(path) = key.and_then(|key| argument(&item.attributes, key)) {
        return of_way(cx, *def, path, ty, bodies);
    }
    let ItemKind::Struct { fields, .. } = &item.kind else { return Verdict::NONE };
    let verdicts = cx.semantics.fields(*def, None).iter().zip(&fields.fields).map(|(field, written)| {
        let way = key.and_then(|key| argument(&written.attributes, key));
        match way {
            Some(path) => of_way(cx, *def, path, field.ty, bodies),
            None => judge(cx, field.ty, 2, bodies),
        }
    });
    verdicts.fold(Verdict::NONE, Verdict::stronger)
}

/// A type that is taken by way of another: `via(Extension)`.
fn of_way(cx: Context, def: DefId, path: &str, ty: Ty, bodies: Bodies) -> Verdict {
    let path = cx.semantics.resolve_type_path(def, Symbol::new(path));
    if cx.models.guards.holders.contains(&path) {
        return left(cx, ty);
    }
    of_external(cx, path, &[ty], 1, bodies)
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
        TyKind::Adt { def, .. } => {
            let name = cx.semantics.def_map.name(*def);
            // Mappers name the row after nothing and its module after the table: `users::Model`.
            let of_module = || {
                let path = cx.semantics.path(*def);
                path.rsplit("::").nth(1).is_some_and(names::is_identity)
            };
            names::is_identity(name.as_str()) || name.as_str() == "Model" && of_module()
        }
        TyKind::External { path, args } => match path.as_str() {
            "std::sync::Arc" | "std::boxed::Box" | "std::option::Option" => {
                args.first().is_some_and(|inner| is_identity_type(cx, *inner))
            }
            _ => !path.as_str().starts_with("std::") && names::is_identity(path.last_segment()),
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
