//! What is attached to routes: functions, closures, types that requests pass through, and external layers.

use ward_diagnostics::Confidence;
use ward_flow::models::GuardCall;
use ward_semantics::endpoint::{Attached, AttachedKind, Condition, What};
use ward_semantics::{Callee, DefId, DefKind, TraitName, Ty, TyKind, TypeHead};
use ward_syntax::{ClosureId, FileId, ItemKind, Symbol};

use super::evaluate::{Context, Evaluator, hands_on};
use super::{Authenticates, Verdict, extract, names};

/// How many types a middleware may be made of: a layer makes a service, which wraps another.
const MOST_TYPES: usize = 3;

/// What something attached does about the caller.
pub(crate) fn of_attached(cx: Context, attached: &Attached) -> Verdict {
    if matches!(attached.kind, AttachedKind::Hook | AttachedKind::Catcher) {
        // A hook sees requests and cannot refuse them; a catcher answers when it is too late.
        return Verdict::NONE;
    }
    let own = match (attached.kind, attached.what) {
        // It takes the value itself.
        (AttachedKind::Extractor, What::Function(def)) => {
            cx.known.summary(def).map_or(Verdict::NONE, extract::of_summary)
        }
        (_, what) => of_what(cx, what),
    };
    let parts = attached.arguments.iter().map(|what| match what {
        What::Text(text) => of_text(attached, *text),
        What::External(path) if names::is_header_constant(path.as_str()) => {
            of_text(attached, Symbol::new(path.last_segment()))
        }
        what => of_what(cx, *what),
    });
    let mut verdict = parts.fold(own, Verdict::stronger);
    if (attached.condition == Condition::Waived || is_waived(cx, attached)) && verdict.enforces() {
        verdict.authenticates = Authenticates::Optional;
    }
    if attached.condition == Condition::Sometimes && verdict.authenticates == Authenticates::Enforced {
        verdict.confidence = Confidence::Low;
    }
    verdict
}

/// Whether a setting lets everybody through.
fn is_waived(cx: Context, attached: &Attached) -> bool {
    let What::External(path) = attached.what else { return false };
    let Some((ty, _)) = path.as_str().rsplit_once("::") else { return false };
    let model = |name: &Symbol| cx.models.methods.get(&(Symbol::new(ty), *name));
    attached.given_true.iter().filter_map(model).any(|model| model.guard == Some(GuardCall::Waive))
}

/// A filter that takes a credential by its name is passed only by requests that have one.
fn of_text(attached: &Attached, text: Symbol) -> Verdict {
    let takes = |what: &What| match what {
        What::External(path) => ["header", "cookie"].iter().any(|word| path.as_str().contains(word)),
        _ => false,
    };
    let mut takes = attached.arguments.iter().chain([&attached.what]).filter(|what| takes(what));
    let Some(What::External(path)) = takes.next() else { return Verdict::NONE };
    let is_asked = matches!(attached.kind, AttachedKind::Extractor | AttachedKind::Condition);
    if is_asked && names::is_credential(text.as_str()) {
        let is_compared = attached.kind == AttachedKind::Condition;
        let is_optional =
            path.last_segment() == "optional" || attached.condition == Condition::Sometimes && !is_compared;
        return Verdict {
            authenticates: if is_optional { Authenticates::Optional } else { Authenticates::Enforced },
            confidence: Confidence::Medium,
            ..Verdict::NONE
        };
    }
    Verdict::NONE
}

fn of_what(cx: Context, what: What) -> Verdict {
    match what {
        What::Function(def) => of_function(cx, def),
        What::Closure { function, file, closure } => {
            let summary = Evaluator::closure(cx, function, file, closure);
            let own = summary.map_or(Verdict::NONE, |summary| extract::of_summary(&summary));
            own.stronger(of_made(cx, function, file, closure))
        }
        What::Item(def) => of_item(cx, def, MOST_TYPES),
        What::Taken(ty) => cx.known.type_verdict(ty).unwrap_or_else(|| extract::of_type(cx, ty)),
        What::External(path) => of_external(cx, path),
        What::Method(_) | What::Text(_) | What::Unknown => Verdict::NONE,
    }
}

/// The type that a closure makes: `|inner| Check { inner }`.
fn of_made(cx: Context, function: DefId, file: FileId, closure: ClosureId) -> Verdict {
    let body = cx.semantics.ir(file).closure(closure).body;
    let made = cx.semantics.types(function).map_or_else(Ty::unknown, |types| types.expr(body));
    match made.kind() {
        TyKind::Adt { def, .. } => of_item(cx, *def, MOST_TYPES),
        _ => Verdict::NONE,
    }
}

/// A function is the middleware, or makes it.
fn of_function(cx: Context, def: DefId) -> Verdict {
    let own = cx.known.summary(def).map_or(Verdict::NONE, extract::of_summary);
    // What hands requests on itself makes no middleware: it is one, and what it calls is in its summary.
    let is_middleware = || cx.semantics.types(def).is_some_and(|types| hands_on(cx, def, types));
    if own.authenticates == Authenticates::Enforced || is_middleware() {
        return own;
    }
    let made = cx.semantics.signature(def).map_or_else(Ty::unknown, |signature| signature.ret);
    let made = match made.kind() {
        TyKind::Adt { def, .. } => of_item(cx, *def, MOST_TYPES),
        TyKind::External { path, .. } if !waives(cx, def) => inside(cx, def).stronger(of_external(cx, *path)),
        TyKind::External { .. } | TyKind::Bounds(_) | TyKind::Unknown => inside(cx, def),
        _ => Verdict::NONE,
    };
    own.stronger(made)
}

/// Whether a function makes a setting that lets everybody through.
fn waives(cx: Context, def: DefId) -> bool {
    let Some(types) = cx.semantics.types(def) else { return false };
    types.callees().any(|(_, callee)| match callee {
        Callee::Method { ty, name } => {
            let model = cx.models.methods.get(&(*ty, *name));
            model.is_some_and(|model| model.guard == Some(GuardCall::Waive))
        }
        _ => false,
    })
}

/// What a function that makes a middleware names: the functions that do its work.
fn inside(cx: Context, def: DefId) -> Verdict {
    let callees = cx.semantics.call_graph().callees(def).iter();
    let judged = callees.filter_map(|callee| cx.known.summary(*callee)).map(extract::of_summary);
    judged.fold(Verdict::NONE, Verdict::stronger)
}

/// A type: by what requests pass through in it, or in the type that it makes.
pub(crate) fn of_item(cx: Context, def: DefId, depth: usize) -> Verdict {
    let Some(depth) = depth.checked_sub(1) else { return Verdict::NONE };
    if !matches!(cx.semantics.def_map.kind(def), DefKind::Struct | DefKind::Enum) {
        return of_constant(cx, def);
    }
    if let Some(role) = cx.known.declared(def) {
        let role = role == super::index::Role::Asked;
        return Verdict { authenticates: Authenticates::Enforced, role, ..Verdict::NONE };
    }
    let mut verdict = Verdict::NONE;
    let mut made = Vec::new();
    passed_by(cx, def, &mut made, &mut |method| {
        let summary = cx.known.summary(method);
        verdict = verdict.stronger(summary.map_or(Verdict::NONE, extract::of_summary));
    });
    made.into_iter().fold(verdict, |verdict, made| verdict.stronger(of_item(cx, made, depth)))
}

/// The methods through which requests pass in a type, or in those that it makes.
pub(crate) fn passed(cx: Context, def: DefId, visit: &mut dyn FnMut(DefId)) {
    let mut level = vec![def];
    for _ in 0..MOST_TYPES {
        let mut made = Vec::new();
        for def in level {
            passed_by(cx, def, &mut made, visit);
        }
        level = made;
    }
}

/// The methods through which requests pass in a type itself, and the types that it makes.
fn passed_by(cx: Context, def: DefId, made: &mut Vec<DefId>, visit: &mut dyn FnMut(DefId)) {
    for implementation in cx.semantics.impls.of_type(TypeHead::Adt(def)) {
        let Some(data) = cx.semantics.impls.get(*implementation) else { continue };
        let Some(TraitName::External(path)) = data.trait_name else { continue };
        let of_trait = |rows: &[(Symbol, Symbol)]| -> Vec<Symbol> {
            let same = rows.iter().filter(|(row, _)| row.last_segment() == path.last_segment());
            same.map(|(_, name)| *name).collect()
        };
        for method in of_trait(&cx.models.guards.passes) {
            cx.semantics.impls.item(*implementation, method).into_iter().for_each(&mut *visit);
        }
        for name in of_trait(&cx.models.guards.made) {
            let Some(alias) = cx.semantics.impls.item(*implementation, name) else { continue };
            let ItemKind::TypeAlias { ty: Some(ty), .. } = cx.semantics.item(alias).kind else { continue };
            if let TyKind::Adt { def, .. } = cx.semantics.resolve_type(alias, ty).kind() {
                made.push(*def);
            }
        }
    }
}

/// A const or static: what its initialiser names.
fn of_constant(cx: Context, def: DefId) -> Verdict {
    if cx.semantics.body(def).is_some() { inside(cx, def) } else { Verdict::NONE }
}

/// An external layer, by its own row or that of its type.
fn of_external(cx: Context, path: Symbol) -> Verdict {
    let split = path.as_str().rsplit_once("::").map(|(ty, name)| (Symbol::new(ty), Symbol::new(name)));
    let of_type = |ty: Symbol| cx.models.guards.types.get(&ty).copied();
    let row = cx.models.functions.get(&path).and_then(|model| model.guard);
    let row = row.or_else(|| cx.models.methods.get(&split?).and_then(|model| model.guard));
    let guard = match row {
        Some(GuardCall::Check(guard)) => Some(guard),
        _ => of_type(path).or_else(|| of_type(split?.0)),
    };
    guard.map_or(Verdict::NONE, |guard| Verdict {
        authenticates: guard.authenticates,
        role: guard.role,
        ..Verdict::NONE
    })
}
