//! Objects that a handler loads by an id of the request and uses without asking, where most functions that load the same
//! kind in the same way ask whether the caller may have it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use ward_linter::LintContext;
use ward_linter::guards::words;
use ward_semantics::{Callee, DefId, TyKind};
use ward_syntax::{BinaryOp, Expr, ExprId, FileSpan, LocalId};

use super::Door;
use super::columns::is_of_staff;
use crate::access::doors::Openness;
use crate::scope::{Root, Scope, found_in_scopes};
use crate::secrets::has;

/// So many functions must ask, and so many for each that does not.
const FEWEST: usize = 3;
/// An object is followed through this many locals and wrappers to where it was loaded.
const DEEPEST: usize = 12;

/// What tells who calls, by its name.
const CALLERS: &str = "user identity claims session auth caller me account member principal requester actor viewer owner \
    customer headers token";
/// What a function begins with that asks.
const ASKS: &str = "is has can may check ensure verify require authorize authorise assert allow allows allowed belongs owned \
    validate must enforce guard";

/// An object that is used without asking, and how many functions ask.
pub(super) struct Evidence<'a> {
    pub(super) door: Door<'a>,
    pub(super) place: FileSpan,
    pub(super) object: String,
    pub(super) loader: String,
    pub(super) asking: usize,
    pub(super) example: Option<FileSpan>,
}

/// What a function does about an object before it uses it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
enum Asked {
    /// Nothing.
    Nothing,
    /// Something of which nothing is known here: it hands it on with the caller, or compares it with something else.
    Something,
    /// Whether the caller may have it, here.
    Caller(FileSpan),
}

/// An object that a function loads by an id that it was given.
#[derive(Serialize, Deserialize)]
struct Loaded {
    function: DefId,
    loader: DefId,
    load: FileSpan,
    asked: Asked,
}

/// Handlers that use an object without asking.
pub(super) fn outliers<'a>(cx: &LintContext, doors: &[Door<'a>]) -> Vec<Evidence<'a>> {
    let mut asking: BTreeMap<DefId, BTreeMap<DefId, FileSpan>> = BTreeMap::new();
    let mut silent: BTreeMap<DefId, BTreeSet<DefId>> = BTreeMap::new();
    let mut of_function: BTreeMap<DefId, Vec<Loaded>> = BTreeMap::new();
    for one in found_in_scopes(cx, "missing-owner-check", loaded) {
        match one.asked {
            Asked::Caller(place) => {
                asking.entry(one.loader).or_default().entry(one.function).or_insert(place);
            }
            Asked::Nothing => drop(silent.entry(one.loader).or_default().insert(one.function)),
            Asked::Something => {}
        }
        of_function.entry(one.function).or_default().push(one);
    }
    let mut told = BTreeSet::new();
    let mut found = Vec::new();
    for door in doors.iter().filter(|door| may_lack(cx, door)) {
        for one in of_function.get(&door.function).into_iter().flatten() {
            let Some(others) = asking.get(&one.loader).filter(|_| one.asked == Asked::Nothing) else {
                continue;
            };
            let alike = silent.get(&one.loader).map_or(0, BTreeSet::len);
            if others.len() < FEWEST || others.len() < FEWEST * alike || !told.insert(one.load) {
                continue;
            }
            found.push(Evidence {
                door: *door,
                place: one.load,
                object: object(cx, one.loader),
                loader: cx.semantics().item(one.loader).name.to_string(),
                asking: others.len(),
                example: others.values().next().copied(),
            });
        }
    }
    found
}

/// Whether an endpoint knows who calls and asks for no role.
fn may_lack(cx: &LintContext, door: &Door) -> bool {
    door.is_guarded()
        && door.openness == Openness::Closed
        && !door.is_unclear()
        && !door.own.role
        && !door.takes_owner()
        && !cx.guards().asks_role(door.function)
        && !is_of_staff(door.endpoint.path.as_str())
        && !is_of_staff(&cx.name(door.function))
}

/// The objects that a function loads by an id that it was given, and what it asks about each.
fn loaded(scope: &Scope) -> Vec<Loaded> {
    let mut by_load: BTreeMap<ExprId, (DefId, Vec<LocalId>)> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for id in scope.body.exprs.ids() {
        let Expr::Local(local) = scope.ir.expr(id) else { continue };
        if seen.insert(local)
            && let Some((loader, load)) = load_of(scope, local)
        {
            by_load.entry(load).or_insert((loader, Vec::new())).1.push(local);
        }
    }
    let of_load = |(load, (loader, locals)): (ExprId, (DefId, Vec<LocalId>))| Loaded {
        function: scope.function,
        loader,
        load: scope.place(load),
        asked: asked(scope, &locals),
    };
    by_load.into_iter().map(of_load).collect()
}

/// The call of a function of the workspace that a local holds the object of, if that was asked by an id that this function
/// was given, and by nothing that tells who calls.
fn load_of(scope: &Scope, local: LocalId) -> Option<(DefId, ExprId)> {
    if !matches!(scope.types.local(local).kind(), TyKind::Adt { .. }) {
        return None;
    }
    let mut value = scope.bound_to(local)?;
    for _ in 0..DEEPEST {
        let next = match scope.ir.expr(value) {
            Expr::Local(local) => scope.bound_to(local),
            _ => scope.inside(value),
        };
        let Some(next) = next else { break };
        value = next;
    }
    let (Expr::Call { args, .. } | Expr::MethodCall { args, .. }) = scope.ir.expr(value) else { return None };
    let Callee::Fn(loader) = scope.types.callee(value) else { return None };
    let mut args = scope.ir.list(args).peekable();
    args.peek()?;
    let all: Vec<ExprId> = args.collect();
    let is_given = |arg: &ExprId| is_id(scope, *arg) && matches!(scope.origin(*arg).1, Root::Parameter(_));
    (all.iter().any(is_given) && !all.iter().any(|arg| tells_caller(scope, *arg))).then_some((*loader, value))
}

/// Whether an argument is the id of something by its name.
fn is_id(scope: &Scope, arg: ExprId) -> bool {
    scope
        .names(arg)
        .iter()
        .any(|name| words(name).last().is_some_and(|word| has("id uuid key slug name", &word)))
}

/// Whether a value tells who calls.
fn tells_caller(scope: &Scope, value: ExprId) -> bool {
    scope.written(value).split(['.', '(']).any(|name| words(name).any(|word| has(CALLERS, &word)))
        || scope.names(value).iter().any(|name| words(name).any(|word| has(CALLERS, &word)))
}

/// What a function asks about an object that these locals hold.
fn asked(scope: &Scope, locals: &[LocalId]) -> Asked {
    let asked = scope.body.exprs.ids().map(|id| match scope.ir.expr(id) {
        Expr::MethodCall { receiver, method, args, .. } => {
            let args: Vec<ExprId> = scope.ir.list(args).collect();
            let on_it = is_of(scope, receiver, locals);
            let given = args.iter().any(|arg| is_it(scope, *arg, locals));
            let others =
                || args.iter().chain(std::iter::once(&receiver)).filter(|arg| !is_it(scope, **arg, locals));
            if !(on_it || given) || !others().any(|arg| tells_caller(scope, *arg)) {
                Asked::Nothing
            } else if begins_asking(method.as_str()) {
                Asked::Caller(scope.place(id))
            } else if given {
                Asked::Something
            } else {
                Asked::Nothing
            }
        }
        Expr::Call { callee, args } => {
            let args: Vec<ExprId> = scope.ir.list(args).collect();
            let has_it = args.iter().any(|arg| is_of(scope, *arg, locals));
            let has_caller = args.iter().any(|arg| !is_of(scope, *arg, locals) && tells_caller(scope, *arg));
            match scope.last_segment(callee) {
                Some(name) if has_it && has_caller && begins_asking(name) => Asked::Caller(scope.place(id)),
                _ if has_it && has_caller => Asked::Something,
                _ => Asked::Nothing,
            }
        }
        Expr::Binary { op: BinaryOp::Eq | BinaryOp::Ne, lhs, rhs } => {
            let sides = [(lhs, rhs), (rhs, lhs)];
            let mut others =
                sides.into_iter().filter(|(side, _)| is_of(scope, *side, locals)).map(|side| side.1);
            match others.next() {
                Some(other) if tells_caller(scope, other) => Asked::Caller(scope.place(id)),
                Some(other) if !matches!(scope.ir.expr(other), Expr::Literal(_)) => Asked::Something,
                _ => Asked::Nothing,
            }
        }
        _ => Asked::Nothing,
    });
    asked.max().unwrap_or(Asked::Nothing)
}

fn begins_asking(name: &str) -> bool {
    words(name).next().is_some_and(|word| has(ASKS, &word))
}

/// Whether an expression is one of some locals.
fn is_it(scope: &Scope, expr: ExprId, locals: &[LocalId]) -> bool {
    match scope.ir.expr(expr) {
        Expr::Local(local) => locals.contains(&local),
        Expr::Ref { operand, .. } => is_it(scope, operand, locals),
        _ => scope.inside(expr).is_some_and(|inside| is_it(scope, inside, locals)),
    }
}

/// Whether an expression is one of some locals, or a part of it.
fn is_of(scope: &Scope, expr: ExprId, locals: &[LocalId]) -> bool {
    match scope.ir.expr(expr) {
        Expr::Field { base, .. } => is_of(scope, base, locals),
        Expr::Ref { operand, .. } => is_of(scope, operand, locals),
        _ => {
            is_it(scope, expr, locals)
                || scope.inside(expr).is_some_and(|inside| is_of(scope, inside, locals))
        }
    }
}

/// What a function loads, for messages.
fn object(cx: &LintContext, loader: DefId) -> String {
    let of_impl = cx.semantics().enclosing_impl(loader).map(|info| info.self_ty.kind());
    match of_impl {
        Some(TyKind::Adt { def, .. }) => cx.semantics().item(*def).name.to_string(),
        _ => "object".to_owned(),
    }
}
