//! Implementations of one trait, and methods of one implementation.

use ward_diagnostics::Confidence;
use ward_linter::LintContext;
use ward_linter::guards::{Authenticates, words};
use ward_semantics::{Callee, DefId, DefKind, TraitName, Ty, TyKind, TypeHead};
use ward_syntax::{BinaryOp, Expr, ExprId, FileSpan, Pat, Span, Symbol};

use super::common::{asks_authority, is_passed_on};
use super::{Evidence, actions};

/// So many implementations, or methods, must ask.
const FEWEST: usize = 4;

/// Implementations and methods that do not ask where their siblings do.
pub(super) fn outliers(cx: &LintContext) -> Vec<Evidence> {
    let mut found = of_traits(cx);
    found.extend(of_methods(cx));
    found
}

pub(super) fn place(cx: &LintContext, function: DefId) -> FileSpan {
    let (file, _) = cx.semantics().locate(function);
    FileSpan { file, span: cx.semantics().item(function).name_span }
}

/// Methods of the workspace's traits: all their implementations, if they read credentials.
fn of_traits(cx: &LintContext) -> Vec<Evidence> {
    let semantics = cx.semantics();
    let mut found = Vec::new();
    for def in semantics.defs.iter() {
        let is_method = semantics.def_map.kind(def) == DefKind::Fn
            && semantics
                .def_map
                .container(def)
                .is_some_and(|container| semantics.def_map.kind(container) == DefKind::Trait);
        if !is_method {
            continue;
        }
        let all: Vec<DefId> =
            semantics.implementations(def).iter().copied().filter(|def| cx.is_reported(*def)).collect();
        if all.len() > FEWEST && takes_request(cx, def) {
            found.extend(outliers_among(cx, def, &all));
        }
    }
    found
}

/// Whether a method is given the request of whoever calls: what others ask of him below is not this method's business.
fn takes_request(cx: &LintContext, method: DefId) -> bool {
    let semantics = cx.semantics();
    let Some(signature) = semantics.signature(method) else { return false };
    let is_request = |ty: &Ty| {
        let name = match ty.kind() {
            TyKind::Adt { def, .. } => semantics.def_map.name(*def),
            TyKind::External { path, .. } => *path,
            _ => return false,
        };
        let last = name.as_str().rsplit(':').next().unwrap_or_default();
        words(last).any(|word| ["request", "req", "parts", "headers", "header"].contains(&word.as_str()))
    };
    signature.params.iter().any(is_request)
}

/// Implementations that ask who calls and not whether he may, where nearly all ask both.
fn outliers_among(cx: &LintContext, declaration: DefId, all: &[DefId]) -> Vec<Evidence> {
    let guards = cx.guards();
    let asking: Vec<DefId> = all
        .iter()
        .copied()
        .filter(|def| guards.of_function(*def).enforces() && guards.asks_role(*def))
        .collect();
    if asking.len() < FEWEST || asking.len() * 10 < all.len() * 6 {
        return Vec::new();
    }
    let name = cx.semantics().def_map.name(declaration);
    let plain = all.iter().copied().filter(|def| {
        guards.of_function(*def).authenticates != Authenticates::None && !guards.asks_role(*def)
    });
    let evidence = |function: DefId| Evidence {
        function,
        place: place(cx, function),
        message: format!("this `{name}` is open to every caller who has a credential"),
        label: "it asks who calls, and not whether he may".to_owned(),
        note: format!(
            "{} of {} implementations of `{}` ask for a permission",
            asking.len(),
            all.len(),
            cx.name(declaration)
        ),
        help: "ask for the permission that this operation needs, as the others do".to_owned(),
        example: asking.first().map(|def| place(cx, *def)),
        endpoint: None,
        confidence: Confidence::Medium,
    };
    plain.map(evidence).collect()
}

/// Methods of one implementation that use what its other methods ask before using.
fn of_methods(cx: &LintContext) -> Vec<Evidence> {
    let semantics = cx.semantics();
    let mut found = Vec::new();
    for implementation in semantics.impls.all() {
        if implementation.trait_name.is_none() || !is_interface(implementation.trait_name) {
            continue;
        }
        let methods: Vec<DefId> = implementation
            .items
            .iter()
            .map(|(_, def)| *def)
            .filter(|def| semantics.has_types(*def) && cx.is_reported(*def))
            .collect();
        found.extend(outliers_in(cx, &methods));
    }
    found
}

/// Whether a trait may be an interface of a service; those of the language are not.
fn is_interface(name: Option<TraitName>) -> bool {
    match name {
        Some(TraitName::External(path)) => {
            !path.as_str().starts_with("std::") && path.as_str().contains("::")
        }
        Some(TraitName::Workspace(_)) => true,
        None => false,
    }
}

/// The functions that ask whether something may be done, called in a body.
fn authorizing(cx: &LintContext, function: DefId) -> Vec<DefId> {
    let Some(types) = cx.semantics().types(function) else { return Vec::new() };
    let mut found = Vec::new();
    for (_, callee) in types.callees() {
        if let Callee::Fn(def) = callee
            && is_authorizing(cx, *def)
        {
            found.push(*def);
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Whether a function is there to ask: it is called so, and its answer can be no.
fn is_authorizing(cx: &LintContext, function: DefId) -> bool {
    let name = cx.semantics().def_map.name(function);
    let asks = words(name.as_str()).any(|word| {
        ["authorize", "authorise", "authorized", "permission", "permissions", "access", "allowed", "acl"]
            .contains(&word.as_str())
    });
    let answers = cx
        .semantics()
        .signature(function)
        .is_some_and(|signature| signature.ret.as_external("std::result::Result").is_some());
    asks && answers
}

fn outliers_in(cx: &LintContext, methods: &[DefId]) -> Vec<Evidence> {
    let mut checks: Vec<DefId> = methods.iter().flat_map(|def| authorizing(cx, *def)).collect();
    checks.sort_unstable();
    checks.dedup();
    let mut found = Vec::new();
    for check in checks {
        let (asking, silent): (Vec<DefId>, Vec<DefId>) =
            methods.iter().copied().partition(|def| reaches(cx, *def, check, 2));
        if asking.len() < 3 || asking.len() * 2 < silent.len() {
            continue;
        }
        // A method that only asks is there for callers of the others, who are to ask first.
        let asks_alone = |def: &&DefId| backend_calls(cx, **def).is_empty() && is_authorizing(cx, **def);
        let confidence =
            if asking.iter().any(|def| asks_alone(&def)) { Confidence::Low } else { Confidence::Medium };
        // What the asking ones do after they asked: calls on the same fields.
        let guarded: Vec<Symbol> = asking.iter().flat_map(|def| backend_calls(cx, *def)).collect();
        let is_about_changes = actions::is_about_changes(cx.semantics().def_map.name(check).as_str());
        for function in silent {
            if is_about_changes && actions::only_reads(cx.semantics().def_map.name(function).as_str()) {
                continue;
            }
            if !authorizing(cx, function).is_empty()
                || asks_authority(cx, function)
                || asks_beside(cx, function, check)
                || !names_object(cx, function)
                || compares(cx, function)
                || begins_something(cx, function, &asking)
            {
                continue;
            }
            let used: Vec<Symbol> = backend_calls(cx, function);
            if used.is_empty() || !used.iter().any(|name| guarded.contains(name)) {
                continue;
            }
            let name = cx.semantics().def_map.name(function);
            let check_name = cx.semantics().def_map.name(check);
            found.push(Evidence {
                function,
                place: backend_place(cx, function).unwrap_or_else(|| place(cx, function)),
                message: format!("`{name}` never calls `{check_name}`"),
                label: "this is done for whoever asks".to_owned(),
                note: format!(
                    "{} of {} methods of this implementation call it first",
                    asking.len(),
                    methods.len()
                ),
                help: format!("call `{check_name}` before this"),
                example: asking.first().map(|def| place(cx, *def)),
                endpoint: None,
                confidence,
            });
        }
    }
    found
}

/// Whether a function asks by another method of the type that a check belongs to, and passes its no on:
/// `self.rights.check_newcomer(&token)?`.
fn asks_beside(cx: &LintContext, function: DefId, check: DefId) -> bool {
    const ASKING: &[&str] = &["check", "verify", "ensure", "require", "validate", "authenticate"];
    let semantics = cx.semantics();
    let head_of = |def: DefId| {
        semantics.def_map.container(def).and_then(|block| semantics.impls.get(block)).map(|data| data.head)
    };
    let Some(head @ TypeHead::Adt(_)) = head_of(check) else { return false };
    let Some((types, (file, body))) = semantics.types(function).zip(semantics.body(function)) else {
        return false;
    };
    let asks = |def: DefId| {
        words(semantics.def_map.name(def).as_str()).any(|word| ASKING.contains(&word.as_str()))
            && head_of(def) == Some(head)
    };
    types.callees().any(|(call, callee)| match callee {
        Callee::Fn(def) => asks(*def) && is_passed_on(semantics.ir(file), body, call),
        _ => false,
    })
}

/// Whether a method is told which of many objects is meant: by an id that is not its caller's, or in something that may
/// hold one.
fn names_object(cx: &LintContext, function: DefId) -> bool {
    let semantics = cx.semantics();
    let Some((declared, signature)) = semantics.item(function).as_fn().zip(semantics.signature(function))
    else {
        return true;
    };
    let ir = semantics.ir(semantics.locate(function).0);
    declared.params.iter().zip(&signature.params).any(|(param, ty)| {
        let by_name = match ir.pat(param.pat) {
            Pat::Bind { local, .. } => is_id(ir.local(local).name.as_str()),
            _ => true,
        };
        match ty.kind() {
            TyKind::Adt { def, .. } => {
                let is_key = |name: &str| is_id(name) && !matches!(name, "name" | "path" | "key");
                by_name || semantics.fields(*def, None).iter().any(|field| is_key(field.name.as_str()))
            }
            // A request in the words of a library: what is in it is not known.
            TyKind::External { path, args } => {
                by_name || (!args.is_empty() && path.as_str().ends_with("::Request"))
            }
            TyKind::Unknown | TyKind::Param { .. } => true,
            _ => by_name,
        }
    })
}

/// Whether a name is that of an object, and not of whoever asks.
fn is_id(name: &str) -> bool {
    const IDS: &[&str] = &["id", "ids", "uuid", "key", "name", "path", "slug", "bucket", "object"];
    const CALLERS: &[&str] =
        &["user", "caller", "owner", "account", "actor", "me", "my", "current", "requester"];
    words(name).any(|word| IDS.contains(&word.as_str()))
        && !words(name).any(|word| CALLERS.contains(&word.as_str()))
}

/// Whether a method compares two things and leaves where they differ: the owner of what it loaded with whoever asks.
fn compares(cx: &LintContext, function: DefId) -> bool {
    let Some((file, body)) = cx.semantics().body(function) else { return false };
    let ir = cx.semantics().ir(file);
    let exprs = ir.body(body).exprs.of(&ir.exprs);
    let is_field = |expr: ExprId| matches!(ir.expr(expr), Expr::Field { .. });
    let compared = exprs.iter().filter_map(|expr| match *expr {
        Expr::Binary { op: BinaryOp::Ne | BinaryOp::Eq, lhs, rhs } if is_field(lhs) || is_field(rhs) => {
            Some(lhs)
        }
        _ => None,
    });
    let conditions: Vec<Span> = exprs
        .iter()
        .filter_map(|expr| match *expr {
            Expr::If { cond, .. } => Some(ir.expr_span(cond)),
            _ => None,
        })
        .collect();
    let leaves = exprs.iter().any(|expr| matches!(expr, Expr::Return(Some(_))));
    let mut compared = compared.map(|lhs| ir.expr_span(lhs));
    leaves && compared.any(|place| conditions.iter().any(|cond| cond.contains(place)))
}

/// Whether a method makes something new, and none that does so asks.
fn begins_something(cx: &LintContext, function: DefId, asking: &[DefId]) -> bool {
    const BEGINNINGS: &[&str] = &["create", "register", "new", "login", "callback", "signup", "ping"];
    let begins = |def: DefId| {
        words(cx.semantics().def_map.name(def).as_str()).any(|word| BEGINNINGS.contains(&word.as_str()))
    };
    begins(function) && !asking.iter().any(|def| begins(*def))
}

/// Whether a function calls another, in so many steps.
fn reaches(cx: &LintContext, from: DefId, to: DefId, depth: usize) -> bool {
    let callees = cx.semantics().call_graph().callees(from);
    callees.contains(&to) || (depth > 0 && callees.iter().any(|callee| reaches(cx, *callee, to, depth - 1)))
}

/// The fields of `self` on which a method calls something that may fail: `self.storage.get(..)` is `storage`.
fn backend_calls(cx: &LintContext, function: DefId) -> Vec<Symbol> {
    backends(cx, function).into_iter().map(|(name, _)| name).collect()
}

/// The last of these calls: what the method is there for.
fn backend_place(cx: &LintContext, function: DefId) -> Option<FileSpan> {
    backends(cx, function).into_iter().next_back().map(|(_, place)| place)
}

fn backends(cx: &LintContext, function: DefId) -> Vec<(Symbol, FileSpan)> {
    let Some((file, body)) = cx.semantics().body(function) else { return Vec::new() };
    let ir = cx.semantics().ir(file);
    let body = ir.body(body);
    let Some(own) = body.self_local else { return Vec::new() };
    let start = body.exprs.start;
    let mut found = Vec::new();
    for (index, expr) in body.exprs.of(&ir.exprs).iter().enumerate() {
        let Expr::MethodCall { receiver, .. } = expr else { continue };
        let Expr::Field { base, name } = ir.expr(*receiver) else { continue };
        if !matches!(ir.expr(base), Expr::Local(local) if local == own) {
            continue;
        }
        let id = <ExprId as ward_syntax::Id>::from_index(start as usize + index);
        // Only what is waited for: what goes to a store or to another service.
        let is_awaited =
            body.exprs.of(&ir.exprs).iter().any(|expr| matches!(expr, Expr::Await(inner) if *inner == id));
        if is_awaited {
            found.push((name, FileSpan { file, span: ir.expr_span(id) }));
        }
    }
    found
}
