//! The check that most siblings call, directly or through helpers, and one does not.
//!
//! Siblings are the implementations of one trait that answer requests, and the handlers of one file or router. It is a
//! matter of calls alone: what stands in a store or in a policy, by which the check decides, is out of sight.

use rustc_hash::{FxHashMap, FxHashSet};
use ward_diagnostics::Confidence;
use ward_linter::LintContext;
use ward_linter::guards::{is_authorizing, is_role_type, words};
use ward_semantics::endpoint::Extractor;
use ward_semantics::{Callee, DefId, Semantics, Ty, TyKind};
use ward_syntax::{BodyId, Expr, ExprId, ItemKind, SourceIr, Symbol, TypeRef, TypeRefId};

use super::{Evidence, actions};
use crate::access::doors::{Door, Openness};
use crate::access::identity::{cannot_tell, identities, is_consulted, only_tells_of, reads_by_caller};

/// So many siblings must call the check.
const FEWEST: usize = 4;
/// So many must call the same one, and this part of them some check, in percent, where a handler takes the identity of the
/// caller and does not look at it.
const FEWEST_OF_SAME: usize = 3;
const LEAST_FOR_IGNORED: usize = 60;

/// A check is looked for below this many calls.
const MOST_CALLS: usize = 3;

/// Handlers that do not call what most of their siblings call.
pub(super) fn outliers(cx: &LintContext, doors: &[Door]) -> Vec<Evidence> {
    let doors: Vec<&Door> = doors.iter().filter(|door| door.openness == Openness::Closed).collect();
    let mut found = Vec::new();
    for group in of_traits(cx, &doors) {
        found.extend(outliers_among(cx, &group, Family::Trait));
    }
    for group in of_files(&doors) {
        found.extend(outliers_among(cx, &group, Family::File));
    }
    found
}

/// What makes handlers siblings.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    /// They implement one trait.
    Trait,
    /// They stand in one file and are routed together.
    File,
}

impl Family {
    /// The part of the siblings that must call the check, in percent. What is one of many to a router is named by the
    /// trait; in a file, other things may stand beside it.
    fn least(self) -> usize {
        match self {
            Self::Trait => 60,
            Self::File => 80,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Trait => "implementations of this trait that answer requests",
            Self::File => "handlers in this file",
        }
    }
}

fn of_traits<'a>(cx: &LintContext, doors: &[&'a Door<'a>]) -> Vec<Vec<&'a Door<'a>>> {
    let mut groups: FxHashMap<(Symbol, Symbol), Vec<&Door>> = FxHashMap::default();
    let semantics = cx.semantics();
    for door in doors {
        let name = semantics.def_map.name(door.function);
        let implemented = semantics
            .def_map
            .container(door.function)
            .and_then(|container| semantics.impls.get(container))
            .and_then(|data| Some((data.def, written_trait(semantics, data.def)?)));
        let Some((implementation, ty)) = implemented else { continue };
        let ir = semantics.ir(semantics.locate(implementation).0);
        if let TypeRef::Path(path) = ir.type_ref(ty)
            && let Some(segment) = ir.path_segments(path).last()
        {
            groups.entry((segment.name, name)).or_default().push(*door);
        }
    }
    in_order(groups)
}

/// The trait of an impl as it is written there.
fn written_trait(semantics: &Semantics, implementation: DefId) -> Option<TypeRefId> {
    match semantics.item(implementation).kind {
        ItemKind::Impl { trait_ref, .. } => trait_ref,
        _ => None,
    }
}

fn of_files<'a>(doors: &[&'a Door<'a>]) -> Vec<Vec<&'a Door<'a>>> {
    let mut groups: FxHashMap<_, Vec<&Door>> = FxHashMap::default();
    for door in doors {
        groups.entry((door.place.file, door.endpoint.router)).or_default().push(*door);
    }
    in_order(groups)
}

fn in_order<'a, K>(groups: FxHashMap<K, Vec<&'a Door<'a>>>) -> Vec<Vec<&'a Door<'a>>> {
    let mut groups: Vec<_> = groups.into_values().filter(|group| group.len() > FEWEST).collect();
    groups.sort_by_key(|group| group[0].place);
    groups
}

/// Those who ask for a login only, and do not call the check that most of the others call.
fn outliers_among(cx: &LintContext, group: &[&Door], family: Family) -> Vec<Evidence> {
    let reached: Vec<Vec<Check>> = group.iter().map(|door| reached(cx, door.function)).collect();
    let mut counts: FxHashMap<Symbol, usize> = FxHashMap::default();
    for checks in &reached {
        let mut names: Vec<Symbol> = checks.iter().map(|check| check.name).collect();
        names.dedup();
        for name in names {
            *counts.entry(name).or_default() += 1;
        }
    }
    // Of two that are called alike, the first by name.
    let common = counts.into_iter().max_by_key(|(name, count)| (*count, std::cmp::Reverse(name.as_str())));
    let Some((name, calling)) = common.filter(|(_, count)| *count >= FEWEST_OF_SAME) else {
        return Vec::new();
    };
    // Some ask in ways of their own; the commonest is told.
    let asks = |index: &usize| {
        reached[*index].iter().any(|check| check.name == name || check.tells)
            || asks_authority(cx, group[*index].function)
    };
    let asking: Vec<usize> = (0..group.len()).filter(asks).collect();
    let part = asking.len() * 100 / group.len();
    if calling * 3 < asking.len() || asking.len() < FEWEST || part < LEAST_FOR_IGNORED {
        return Vec::new();
    }
    let is_usual = calling >= FEWEST && part >= family.least();
    let silent = (0..group.len()).filter(|index| !asks(index));
    let is_about_changes = actions::is_about_changes(name.as_str());
    // What is sent to have an answer computed from it is nobody's.
    let does = |door: &Door| {
        !door.access.effects.is_empty() || door.names_object() || !door.endpoint.methods.may_change()
    };
    let is_meant = |door: &Door| {
        (family == Family::Trait || does(door)) && (!is_about_changes || door.endpoint.methods.may_change())
    };
    // What is listed by who calls is his own.
    let is_own = |door: &Door| {
        family == Family::File && !door.endpoint.methods.may_change() && reads_by_caller(cx, door)
    };
    let stands_out = |door: &Door| is_usual || (family == Family::File && ignores_caller(cx, door));
    let silent = silent.filter(|index| stands_out(group[*index]));
    let silent = silent
        .filter(|index| is_meant(group[*index]) && is_plain(cx, group[*index]) && !is_own(group[*index]));
    // What is read in a file by nobody's id, and takes nobody, may be there for all.
    let is_clear = |door: &Door| {
        let is_for_all = !door.endpoint.methods.may_change() && !door.names_object() && cannot_tell(cx, door);
        family == Family::Trait || !door.is_about_caller() && !is_for_all
    };
    let evidence = |index: usize| {
        let door = group[index];
        Evidence {
            function: door.function,
            place: door.place,
            message: format!("`{}` never calls `{name}`", door.title()),
            label: "it asks who calls, and not whether he may".to_owned(),
            note: format!("{} of {} {} call it or the like", asking.len(), group.len(), family.words()),
            help: format!("call `{name}`, or say what is asked instead"),
            example: asking.first().map(|index| group[*index].place),
            endpoint: Some(door.reference()),
            confidence: if is_clear(door) { Confidence::Medium } else { Confidence::Low },
        }
    };
    silent.map(evidence).collect()
}

/// Whether a handler that is told which object is meant takes the identity of the caller, and does not look at it.
fn ignores_caller(cx: &LintContext, door: &Door) -> bool {
    let taken = identities(cx, door);
    let is_ignored = |taken: &Extractor| !is_consulted(cx, door, taken);
    door.names_object() && !taken.is_empty() && taken.iter().all(is_ignored) && !only_tells_of(cx, door)
}

/// Whether a function asks an authority in another way, and passes on its no: `request.verify(authorizer)?`.
pub(super) fn asks_authority(cx: &LintContext, function: DefId) -> bool {
    let semantics = cx.semantics();
    let Some((types, (file, body))) = semantics.types(function).zip(semantics.body(function)) else {
        return false;
    };
    let ir = semantics.ir(file);
    let is_asked = |call: ExprId| {
        let parts: Vec<ExprId> = match ir.expr(call) {
            Expr::MethodCall { receiver, args, .. } => {
                std::iter::once(receiver).chain(ir.list(args)).collect()
            }
            Expr::Call { args, .. } => ir.list(args).collect(),
            _ => return false,
        };
        let is_it =
            |part: ExprId| is_called_authority(ir, part) || is_authority(cx, types.expr(part), MOST_WRAPPERS);
        parts.into_iter().any(is_it) && is_passed_on(ir, body, call)
    };
    ir.body(body).exprs.ids().any(is_asked)
}

/// How many wrappers may be around an authority.
const MOST_WRAPPERS: u8 = 3;

/// Whether a name is that of what says who may do what.
fn is_named_authority(name: &str) -> bool {
    const WORDS: &[&str] = &["authorizer", "authz", "policy", "policies", "enforcer", "acl", "rbac"];
    words(name).any(|word| WORDS.contains(&word.as_str()))
}

/// Whether a variable or field has such a name.
fn is_called_authority(ir: &SourceIr, expr: ExprId) -> bool {
    match ir.expr(expr) {
        Expr::Ref { operand, .. } => is_called_authority(ir, operand),
        Expr::MethodCall { receiver, method, .. } if method.as_str() == "clone" => {
            is_called_authority(ir, receiver)
        }
        Expr::Field { name, .. } => is_named_authority(name.as_str()),
        Expr::Local(local) => is_named_authority(ir.local(local).name.as_str()),
        _ => false,
    }
}

/// Whether a type is there to say who may do what, by its name.
fn is_authority(cx: &LintContext, ty: Ty, depth: u8) -> bool {
    let is_named = is_named_authority;
    match ty.kind() {
        TyKind::Adt { def, .. } => is_named(cx.semantics().def_map.name(*def).as_str()),
        TyKind::External { path, args } => {
            is_named(path.last_segment())
                || depth > 0 && args.iter().any(|arg| is_authority(cx, *arg, depth - 1))
        }
        _ => false,
    }
}

/// Whether a handler asks who calls and nothing else that is seen.
fn is_plain(cx: &LintContext, door: &Door) -> bool {
    let verdict = door.own;
    door.is_guarded() && !verdict.role && !verdict.owner && !cx.guards().asks_role(door.function)
}

/// A call of something that is there to ask whether something may be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Check {
    /// By its name: not all that is called is there to be looked at.
    name: Symbol,
    /// Whether it is told what for: it takes more than who asks.
    tells: bool,
}

/// The checks that a function calls, itself or below it.
fn reached(cx: &LintContext, function: DefId) -> Vec<Check> {
    let mut seen: FxHashSet<DefId> = FxHashSet::from_iter([function]);
    let mut level = vec![function];
    let mut found = Vec::new();
    for _ in 0..MOST_CALLS {
        found.extend(level.iter().flat_map(|def| called(cx, *def)));
        let callees = level.iter().flat_map(|def| cx.semantics().call_graph().callees(*def)).copied();
        level = callees.filter(|def| seen.insert(*def)).collect();
    }
    found.sort_by_key(|check| (check.name.as_str(), check.tells));
    found.dedup();
    found
}

/// The checks that a body calls.
fn called(cx: &LintContext, function: DefId) -> Vec<Check> {
    let named = cx.semantics().ask_of("named checks", function, || named(cx, function));
    let is_check = |callee: &Option<DefId>| callee.is_none_or(|callee| is_check(cx, callee));
    let checks = named.into_iter().filter(|(.., callee)| is_check(callee));
    checks.map(|(name, tells, _)| Check { name, tells }).collect()
}

/// What a body calls that is called like a check, whether it is told more than who calls, and the function, if it is one of
/// the workspace.
fn named(cx: &LintContext, function: DefId) -> Vec<(Symbol, bool, Option<DefId>)> {
    let semantics = cx.semantics();
    let Some((types, (_, body))) = semantics.types(function).zip(semantics.body(function)) else {
        return Vec::new();
    };
    let ir = semantics.ir_of(function);
    let check = |call: ExprId, callee: &Callee| {
        let (name, args) = match ir.expr(call) {
            Expr::MethodCall { method, args, .. } => (method, ir.list(args).count() + 1),
            Expr::Call { callee, args } => match ir.expr(callee) {
                Expr::Path(path) => (ir.path_segments(path).last()?.name, ir.list(args).count()),
                _ => return None,
            },
            _ => return None,
        };
        let asks_rights = |receiver: ExprId| {
            ["has", "allows", "require"].contains(&name.as_str())
                && matches!(types.expr(receiver).kind(), TyKind::Adt { def, .. } if is_role_type(semantics.def_map.name(*def).as_str()))
        };
        // `permissions.has("files.write")?`.
        let is_asked = matches!(ir.expr(call), Expr::MethodCall { receiver, .. } if asks_rights(receiver));
        if !is_asked && !is_named_check(name.as_str()) {
            return None;
        }
        match callee {
            Callee::Fn(def) => Some((name, args > 1, Some(*def))),
            Callee::External(_) | Callee::Unresolved | Callee::UnknownMethod(_) => {
                is_passed_on(ir, body, call).then_some((name, args > 1, None))
            }
            _ => None,
        }
    };
    types.callees().filter_map(|(call, callee)| check(call, callee)).collect()
}

fn is_named_check(name: &str) -> bool {
    const WORDS: &[&str] = &["authorized", "permission", "permissions", "allowed", "acl"];
    const ASKING: &[&str] = &["is", "check", "ensure", "require", "verify", "assert"];
    let all: Vec<String> = words(name).collect();
    // `is_member(group, user)`: of what belongs to several.
    let of_members = all.first().is_some_and(|first| ASKING.contains(&first.as_str()))
        && all.iter().any(|word| matches!(word.as_str(), "member" | "membership" | "participant"));
    is_authorizing(name) || of_members || all.iter().any(|word| WORDS.contains(&word.as_str()))
}

/// Whether a function's answer can be no, and is for what it is given or reads.
fn is_check(cx: &LintContext, function: DefId) -> bool {
    let answers = |ty: Ty| match ty.kind() {
        TyKind::Scalar(name) => name.as_str() == "bool",
        // Other crates have results of their own: `io::Result`, `S3Result`.
        TyKind::External { path, .. } => path.as_str().ends_with("Result"),
        _ => false,
    };
    let signature = cx.semantics().signature(function);
    signature.is_some_and(|signature| answers(signature.ret)) && cx.guards().judges(function)
}

/// Whether a no of a call is passed on by `?`, or is the last word.
pub(super) fn is_passed_on(ir: &SourceIr, body: BodyId, call: ExprId) -> bool {
    let last = match ir.expr(ir.body(body).root) {
        Expr::Block { tail, .. } => tail,
        _ => None,
    };
    let mut value = call;
    // What wraps a call is lowered after it, in a macro, too.
    for id in ir.body(body).exprs.ids().filter(|id: &ExprId| id.index() > call.index()) {
        match ir.expr(id) {
            Expr::Try(inner) if inner == value => return true,
            Expr::Await(inner) | Expr::MethodCall { receiver: inner, .. } if inner == value => value = id,
            _ => {}
        }
    }
    last == Some(value)
}
