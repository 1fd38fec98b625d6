//! Guards that prove a login where all others of the file that change something take one that proves a role.
//!
//! What a guard asks for by its body is not always what it is taken for: one that refuses some callers may still let in all
//! users. So it counts how it is called, and that the handler never looks at what it takes.

use rustc_hash::FxHashMap;
use ward_diagnostics::Confidence;
use ward_linter::LintContext;
use ward_linter::guards::words;
use ward_semantics::endpoint::Extractor;
use ward_semantics::{DefId, TyKind};
use ward_syntax::{Expr, ExprId, LocalId, SourceIr};

use super::Evidence;
use crate::access::doors::{Door, Openness};
use crate::access::identity::{bound, identities, is_consulted};

/// So many others of the file must take the guard.
const FEWEST: usize = 4;

/// Handlers that take a weaker guard than all others of their file that change something.
pub(super) fn guards(cx: &LintContext, doors: &[Door]) -> Vec<Evidence> {
    let mut groups: FxHashMap<_, Vec<&Door>> = FxHashMap::default();
    let is_meant = |door: &&Door| {
        door.is_guarded() && door.openness == Openness::Closed && door.endpoint.methods.may_change()
    };
    for door in doors.iter().filter(is_meant) {
        groups.entry((door.place.file, door.endpoint.router)).or_default().push(door);
    }
    let mut groups: Vec<Vec<&Door>> = groups.into_values().filter(|group| group.len() > FEWEST).collect();
    groups.sort_by_key(|group| group[0].place);
    groups.iter().filter_map(|group| judge(cx, group)).collect()
}

/// The only one of a group that does not take the role which all others take.
fn judge(cx: &LintContext, group: &[&Door]) -> Option<Evidence> {
    let roles: Vec<Vec<DefId>> = group.iter().map(|door| roles(cx, door)).collect();
    let role = roles.iter().flatten().copied().max_by_key(|role| {
        (roles.iter().filter(|taken| taken.contains(role)).count(), std::cmp::Reverse(*role))
    })?;
    let mut without = (0..group.len()).filter(|index| !roles[*index].contains(&role));
    let (index, None) = (without.next()?, without.next()) else { return None };
    let door = group[index];
    let taken = identities(cx, door);
    let ignores = taken.iter().any(|taken| !is_consulted(cx, door, taken));
    let asks = taken.iter().any(|taken| asks_role_of(cx, door, taken));
    let is_open = roles[index].is_empty() && ignores && !asks && !door.is_about_caller();
    if !is_open || !door.names_object() || door.access.effects.is_empty() {
        return None;
    }
    let name = cx.semantics().def_map.name(role);
    Some(Evidence {
        function: door.function,
        place: door.place,
        message: format!("`{}` does not take `{name}`", door.title()),
        label: "it takes who calls, and never looks at him".to_owned(),
        note: format!("all {} others of this file that change something take `{name}`", group.len() - 1),
        help: format!("take `{name}`, or say what is asked instead"),
        example: group.iter().find(|other| other.place != door.place).map(|other| other.place),
        endpoint: Some(door.reference()),
        confidence: if door.is_unclear() { Confidence::Low } else { Confidence::Medium },
    })
}

/// Whether a handler asks for a role of something that it takes: `session.is_admin`.
fn asks_role_of(cx: &LintContext, door: &Door, taken: &Extractor) -> bool {
    let ir = cx.semantics().ir(door.place.file);
    let mut locals = Vec::new();
    bound(ir, taken.pattern, &mut locals);
    let Some((_, body)) = cx.semantics().body(door.function) else { return true };
    let mut exprs = ir.body(body).exprs.of(&ir.exprs).iter();
    exprs.any(|expr| match *expr {
        Expr::Field { base: of, name } | Expr::MethodCall { receiver: of, method: name, .. } => {
            is_part_of(ir, of, &locals) && is_named_role(name.as_str())
        }
        _ => false,
    })
}

fn is_part_of(ir: &SourceIr, expr: ExprId, locals: &[LocalId]) -> bool {
    match ir.expr(expr) {
        Expr::Local(local) => locals.contains(&local),
        Expr::Field { base, .. } => is_part_of(ir, base, locals),
        Expr::Ref { operand, .. } => is_part_of(ir, operand, locals),
        _ => false,
    }
}

/// Whether a name is about what somebody may do or be.
fn is_named_role(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "role",
        "roles",
        "admin",
        "administrator",
        "superuser",
        "moderator",
        "staff",
        "permission",
        "permissions",
    ];
    words(name).any(|word| WORDS.contains(&word.as_str()))
}

/// The guards that a handler takes which are called after a role, and refuse.
fn roles(cx: &LintContext, door: &Door) -> Vec<DefId> {
    let taken = identities(cx, door).into_iter();
    let enforcing = taken.filter(|taken| cx.guards().of_extractor(taken.ty).enforces());
    let named = enforcing.filter_map(|taken| match taken.ty.kind() {
        TyKind::Adt { def, .. } => Some(*def),
        _ => None,
    });
    named.filter(|def| is_named_role(cx.semantics().def_map.name(*def).as_str())).collect()
}
