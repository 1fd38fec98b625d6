//! Checks that name another operation than the one they stand before: an import that asks for the right to export.
//!
//! Operations are told by their names, of which one word is a verb. It counts only where there is no doubt what the
//! handler should have asked for: its own action is among those of the same enum, or it writes, and what it asks for is
//! by name the action of a sibling that reads.

use rustc_hash::{FxHashMap, FxHashSet};
use ward_diagnostics::Confidence;
use ward_linter::LintContext;
use ward_linter::guards::{is_role_type, words};
use ward_semantics::{DefId, DefKind};
use ward_syntax::{Expr, ExprId, FileSpan, ItemKind, PathId, SourceIr, Span, Symbol};

use super::Evidence;
use super::implementations::place;
use crate::access::doors::Door;

/// Verbs of operations that only read.
const READS: &[&str] = &[
    "list", "get", "read", "view", "show", "find", "search", "export", "describe", "info", "fetch", "query",
    "download", "inspect", "count",
];

/// Verbs of operations that change something.
const WRITES: &[&str] = &[
    "import", "create", "add", "new", "insert", "update", "edit", "modify", "set", "put", "write", "upload",
    "delete", "remove", "destroy", "purge", "enable", "disable", "start", "stop", "cancel", "restore",
    "rename", "move", "assign", "attach", "detach", "revoke", "grant", "invite", "approve", "reject",
    "publish", "archive",
];

/// Words that say what a name is of, not what it names.
const KINDS: &[&str] = &[
    "action",
    "admin",
    "permission",
    "privilege",
    "scope",
    "right",
    "op",
    "operation",
    "handler",
    "handle",
    "endpoint",
    "api",
    "route",
    "request",
    "req",
    "controller",
    "impl",
    "by",
    "id",
    "v1",
    "v2",
    "v3",
];

/// What a name says is done: to what, and how.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Operation {
    verb: String,
    object: Vec<String>,
}

impl Operation {
    /// Read off a name; `None` if it has no verb, or is about nothing.
    fn of(name: &str) -> Option<Self> {
        let all: Vec<String> = words(name).collect();
        let at = all.iter().position(|word| is_verb(word))?;
        let object: Vec<String> = all
            .iter()
            .enumerate()
            .filter(|(index, word)| *index != at && !is_kind(word))
            .map(|(_, word)| singular(word).to_owned())
            .collect();
        (!object.is_empty()).then(|| Self { verb: all[at].clone(), object })
    }

    fn reads(&self) -> bool {
        READS.contains(&self.verb.as_str())
    }
}

/// Whether a check is about changing something by its name, `check_write_allowed`: what only reads need not call it.
pub(super) fn is_about_changes(check: &str) -> bool {
    const WORDS: &[&str] =
        &["write", "writes", "writable", "modify", "mutate", "edit", "update", "delete", "upload"];
    words(check).any(|word| WORDS.contains(&word.as_str()))
}

/// Whether a function only reads by its name.
pub(super) fn only_reads(name: &str) -> bool {
    const MORE: &[&str] =
        &["stat", "head", "exists", "lookup", "load", "watch", "scan", "status", "has", "is"];
    words(name).next().is_some_and(|word| READS.contains(&word.as_str()) || MORE.contains(&word.as_str()))
}

fn is_verb(word: &str) -> bool {
    READS.contains(&word) || WRITES.contains(&word)
}

fn is_kind(word: &str) -> bool {
    KINDS.contains(&word)
}

/// A word without the ending of the plural.
fn singular(word: &str) -> &str {
    word.strip_suffix('s').filter(|rest| rest.len() > 2 && !rest.ends_with('s')).unwrap_or(word)
}

/// An action that a body names: of which enum or module, and which.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Named {
    of: Symbol,
    name: Symbol,
    place: Span,
}

/// Handlers whose checks ask for the right to do something else.
pub(super) fn mistaken(cx: &LintContext, doors: &[Door]) -> Vec<Evidence> {
    let handlers = handlers(cx, doors);
    let candidates = candidates(cx, &handlers);
    if candidates.is_empty() {
        return Vec::new();
    }
    let known = known_actions(cx, &candidates.iter().map(|(_, _, named)| named.of).collect());
    let siblings: FxHashMap<&Operation, DefId> = handlers.iter().map(|(def, own)| (own, *def)).collect();
    candidates
        .iter()
        .filter_map(|(def, own, named)| judge(cx, *def, own, *named, &known, &siblings))
        .collect()
}

fn judge(
    cx: &LintContext,
    function: DefId,
    own: &Operation,
    named: Named,
    known: &Actions,
    siblings: &FxHashMap<&Operation, DefId>,
) -> Option<Evidence> {
    let asked = Operation::of(named.name.as_str())?;
    let right = known
        .named
        .get(&named.of)
        .and_then(|all| all.iter().copied().find(|name| Operation::of(name.as_str()).as_ref() == Some(own)));
    let sibling = siblings.get(&asked).copied();
    let (note, confidence) = match right {
        // To look and to list are often one right.
        Some(right) if own.reads() && asked.reads() => {
            (format!("there is `{}::{right}`", named.of), Confidence::Low)
        }
        Some(right) => (format!("there is `{}::{right}`", named.of), Confidence::Medium),
        // Where all actions are known and none is its own, it has to take another's.
        None if known.complete.contains(&named.of) || own.reads() || !asked.reads() => return None,
        None => {
            sibling?;
            (
                "who may read may do this, too: it is what another handler asks that only reads".to_owned(),
                Confidence::Medium,
            )
        }
    };
    let file = place(cx, function).file;
    Some(Evidence {
        function,
        place: FileSpan { file, span: named.place },
        message: format!("what is to `{}` asks for the right to `{}`", own.verb, asked.verb),
        label: format!("`{}` is about another operation", named.name),
        note,
        help: "ask for the action that this handler carries out".to_owned(),
        example: sibling.filter(|sibling| *sibling != function).map(|sibling| place(cx, sibling)),
        endpoint: None,
        confidence,
    })
}

/// Those of the handlers that ask for an action which is not their own.
fn candidates(cx: &LintContext, handlers: &[(DefId, Operation)]) -> Vec<(DefId, Operation, Named)> {
    let candidate = |def: DefId| {
        let own = operation_of(cx, def)?;
        Some((def, own.clone(), asked(cx, def, &own)?))
    };
    // What implements traits is the same in each run, what answers requests is not.
    let implementing = implementing(cx);
    let mut found =
        cx.semantics().telling("asked actions", &implementing, |def| candidate(def).into_iter().collect());
    let others = handlers.iter().map(|(def, _)| *def).filter(|def| implementing.binary_search(def).is_err());
    found.extend(others.filter_map(candidate));
    found.sort_by_key(|(def, ..)| *def);
    found
}

/// The functions of impls of traits, sorted.
fn implementing(cx: &LintContext) -> Vec<DefId> {
    let semantics = cx.semantics();
    let impls = semantics.impls.all().iter().filter(|data| data.has_trait);
    let mut functions: Vec<DefId> = impls.flat_map(|data| &data.items).map(|(_, def)| *def).collect();
    functions.retain(|def| semantics.has_types(*def) && cx.is_reported(*def));
    functions.sort_unstable();
    functions
}

/// The functions that carry out operations, by the names of the types that stand for them, or their own: handlers of
/// endpoints and implementations of the workspace's traits.
fn handlers(cx: &LintContext, doors: &[Door]) -> Vec<(DefId, Operation)> {
    let semantics = cx.semantics();
    let mut functions: Vec<DefId> = doors.iter().map(|door| door.function).collect();
    functions.retain(|def| semantics.has_types(*def) && cx.is_reported(*def));
    functions.extend(implementing(cx));
    functions.sort_unstable();
    functions.dedup();
    functions.into_iter().filter_map(|def| Some((def, operation_of(cx, def)?))).collect()
}

fn operation_of(cx: &LintContext, function: DefId) -> Option<Operation> {
    let semantics = cx.semantics();
    let own = Operation::of(semantics.def_map.name(function).as_str());
    own.or_else(|| match semantics.enclosing_impl(function)?.self_ty.kind() {
        ward_semantics::TyKind::Adt { def, .. } => Operation::of(semantics.def_map.name(*def).as_str()),
        _ => None,
    })
}

/// The one action that a handler asks for in its own body, if it is about the same thing and another verb.
fn asked(cx: &LintContext, function: DefId, own: &Operation) -> Option<Named> {
    let (file, body) = cx.semantics().body(function)?;
    let ir = cx.semantics().ir(file);
    let exprs = ir.body(body).exprs;
    let mut named: Vec<Named> = exprs
        .ids()
        .filter_map(|id| match ir.expr(id) {
            Expr::Path(path) => {
                action(ir, path).map(|(of, name)| Named { of, name, place: ir.expr_span(id) })
            }
            _ => None,
        })
        .collect();
    named.dedup_by_key(|named| (named.of, named.name));
    let mut verbal = named.iter().filter(|named| Operation::of(named.name.as_str()).is_some());
    let only = verbal.next().filter(|_| verbal.next().is_none())?;
    if named.iter().filter(|named| named.of == only.of).count() > 1 {
        return None;
    }
    let asked = Operation::of(only.name.as_str())?;
    if asked.object != own.object || asked.verb == own.verb {
        return None;
    }
    let is_asked = exprs.ids().any(|id| is_check(ir, id) && ir.expr_span(id).contains(only.place));
    is_asked.then_some(*only)
}

/// Whether an expression is a call that asks whether something may be done.
fn is_check(ir: &SourceIr, expr: ExprId) -> bool {
    const WORDS: &[&str] = &[
        "allowed",
        "allows",
        "authorize",
        "authorise",
        "authorized",
        "check",
        "require",
        "requires",
        "ensure",
        "validate",
        "verify",
        "enforce",
        "permission",
        "permissions",
        "permitted",
        "can",
        "has",
    ];
    let name = match ir.expr(expr) {
        Expr::MethodCall { method, .. } => method,
        Expr::Call { callee, .. } => match ir.expr(callee) {
            Expr::Path(path) => match ir.path_segments(path).last() {
                Some(segment) => segment.name,
                None => return false,
            },
            _ => return false,
        },
        _ => return false,
    };
    words(name.as_str()).any(|word| WORDS.contains(&word.as_str()))
}

/// A path that ends with the name of a list of actions and one of them: `AdminAction::Export`, `permissions::READ`.
fn action(ir: &SourceIr, path: PathId) -> Option<(Symbol, Symbol)> {
    let [.., of, last] = ir.path_segments(path) else { return None };
    is_role_type(of.name.as_str()).then_some((of.name, last.name))
}

/// The actions of lists of them.
#[derive(Default)]
struct Actions {
    /// All that are seen, by the name of the list.
    named: FxHashMap<Symbol, Vec<Symbol>>,
    /// Lists of which there are no others: enums of the workspace.
    complete: FxHashSet<Symbol>,
}

/// The actions that the workspace declares or names anywhere.
fn known_actions(cx: &LintContext, wanted: &FxHashSet<Symbol>) -> Actions {
    let semantics = cx.semantics();
    let mut actions = Actions::default();
    for def in semantics.defs.iter() {
        let name = semantics.def_map.name(def);
        if semantics.def_map.kind(def) != DefKind::Enum || !wanted.contains(&name) {
            continue;
        }
        if let ItemKind::Enum { variants, .. } = &semantics.item(def).kind {
            actions.named.entry(name).or_default().extend(variants.iter().map(|variant| variant.name));
            actions.complete.insert(name);
        }
    }
    for file in &semantics.files {
        for expr in &file.ir.exprs {
            let Expr::Path(path) = expr else { continue };
            if let Some((of, name)) = action(&file.ir, *path)
                && wanted.contains(&of)
            {
                let all = actions.named.entry(of).or_default();
                if !all.contains(&name) {
                    all.push(name);
                }
            }
        }
    }
    actions
}

#[cfg(test)]
mod tests {
    use super::Operation;

    #[test]
    fn names_say_what_is_done_to_what() {
        let of = |name| Operation::of(name).map(|operation| (operation.verb, operation.object.join(" ")));
        let some = |verb: &str, object: &str| Some((verb.to_owned(), object.to_owned()));
        assert_eq!(of("ListServiceAccount"), some("list", "service account"));
        assert_eq!(of("ListServiceAccountsAdminAction"), some("list", "service account"));
        assert_eq!(of("EXPORT_KEYS"), some("export", "key"));
        assert_eq!(of("users_delete"), some("delete", "user"));
        assert_eq!(of("call"), None);
        assert_eq!(of("list"), None);
    }
}
