//! Types that are both what a request may say and what is stored, with fields no request should decide.
//!
//! A type that only reads rows is not enough, nor one that only comes in: the same value must be seen to be stored,
//! and the field must say who owns a thing or what somebody may do. A field that is set before it is stored is the
//! service's own.

mod columns;

use std::collections::BTreeSet;

use ward_diagnostics::{Confidence, Finding};
use ward_linter::{Lint, LintContext, declare_lint};
use ward_semantics::{DefId, Ty, TyKind};
use ward_syntax::{Expr, Field, FileSpan};

use super::taken::{self, Taken};

declare_lint! {
    /// Request types that are stored with fields that say who owns a thing or what somebody may do.
    MASS_ASSIGNMENT = {
        name: "mass-assignment",
        group: "input",
        summary: "a request fills fields of a stored row that say who owns it or what somebody may do",
        severity: High,
        confidence: Medium,
        cwe: [915],
        owasp: ["API3:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint = Lint { metadata: &MASS_ASSIGNMENT, check, kinds: &[], guards: true };

/// A type that comes in and is stored.
struct Evidence<'a> {
    taken: &'a Taken,
    /// The fields that a request should not fill.
    fields: Vec<&'a Field>,
    /// Where it is stored.
    stored: FileSpan,
    confidence: Confidence,
}

fn describe(cx: &LintContext, evidence: &Evidence) -> Finding {
    let Evidence { taken, fields, stored, confidence } = evidence;
    let semantics = cx.semantics();
    let name = semantics.def_map.name(taken.adt);
    let names: Vec<String> = fields.iter().map(|field| format!("`{}`", field.name)).collect();
    let message = format!("the request fills {} of the stored `{name}`", names.join(", "));
    let (file, _) = semantics.locate(taken.adt);
    let mut finding = Finding::new(&MASS_ASSIGNMENT, taken.place, message)
        .label("whatever the request says is taken over")
        .note("whoever sends the request can make themselves owner or administrator by naming one more field")
        .help("take a type of its own with the fields that a request may fill, and set the others from the session; or skip them with `#[serde(skip_deserializing)]`");
    for field in fields {
        finding = finding.related(FileSpan { file, span: field.span }, "a request can fill this");
    }
    finding = finding.related(*stored, "it is stored here");
    finding.confidence = *confidence;
    finding.function = Some(cx.name(taken.function));
    finding
}

fn check(cx: &LintContext) {
    let mut seen: BTreeSet<(DefId, DefId)> = BTreeSet::new();
    let all = taken::all(cx);
    for taken in &all {
        if !matches!(taken.kind.as_str(), "body" | "form" | "request" | "argument")
            || !seen.insert((taken.function, taken.adt))
        {
            continue;
        }
        let Some(row) = row_of(cx, taken.adt) else { continue };
        let mut fields: Vec<&Field> =
            taken::fields(cx, taken.adt).into_iter().filter(|field| is_telling(field)).collect();
        if fields.is_empty() {
            continue;
        }
        let functions = taken::reached_from(cx, taken.function);
        fields
            .retain(|field| !functions.iter().take(40).any(|function| sets(cx, *function, taken.adt, field)));
        let stored = functions.iter().find_map(|function| stored_in(cx, *function, taken.adt, row));
        if let Some(stored) = stored
            && !fields.is_empty()
        {
            cx.report(describe(cx, &Evidence { taken, fields, stored, confidence: Confidence::Medium }));
        }
    }
    columns::check(cx, &all);
}

/// How a type is stored.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Row {
    /// As a whole: it is made for that.
    Whole,
    /// It is what a row is read into; its fields are bound one by one.
    Fields,
}

/// Whether a type is made for a table, and comes of a request by a derive.
fn row_of(cx: &LintContext, adt: DefId) -> Option<Row> {
    let item = cx.semantics().item(adt);
    if !item.derives("Deserialize") && !item.derives("FromForm") && !item.derives("InputObject") {
        return None;
    }
    let derives = |names: &[&str]| names.iter().any(|name| item.derives(name));
    if derives(&["Insertable", "AsChangeset", "DeriveEntityModel", "DeriveModel", "DeriveIntoActiveModel"]) {
        return Some(Row::Whole);
    }
    derives(&["FromRow", "Queryable", "QueryableByName", "Identifiable"]).then_some(Row::Fields)
}

/// Whether a field says who owns a thing or what somebody may do, and a request can fill it.
fn is_telling(field: &Field) -> bool {
    const NAMES: &[&str] = &[
        "isadmin",
        "admin",
        "issuperuser",
        "superuser",
        "isstaff",
        "ismoderator",
        "role",
        "roles",
        "roleid",
        "permission",
        "permissions",
        "privileges",
        "accesslevel",
        "ownerid",
        "userid",
        "authorid",
        "createdby",
        "accountid",
        "tenantid",
        "balance",
        "credits",
        "isverified",
        "verified",
        "emailverified",
        "isbanned",
        "passwordhash",
    ];
    let name = field.name.as_str().to_lowercase().replace('_', "");
    NAMES.contains(&name.as_str())
        && !taken::says(&field.attributes, "serde", &["skip", "skip_deserializing"])
        && !taken::says(&field.attributes, "sea_orm", &["ignore"])
        && !taken::says(&field.attributes, "graphql", &["skip", "skip_input"])
}

fn is_adt(ty: Ty, adt: DefId) -> bool {
    match ty.kind() {
        TyKind::Adt { def, .. } => *def == adt,
        TyKind::External { args, .. } => args.first().is_some_and(|arg| is_adt(*arg, adt)),
        _ => false,
    }
}

/// Whether a function sets a field of such a value itself: `new.owner_id = user.id`, `New { owner_id, ..new }`.
fn sets(cx: &LintContext, function: DefId, adt: DefId, field: &Field) -> bool {
    let semantics = cx.semantics();
    let Some(types) = semantics.types(function) else { return false };
    let ir = semantics.ir(semantics.locate(function).0);
    taken::expressions(cx, function).into_iter().any(|(id, expr)| match expr {
        Expr::Assign { lhs, .. } => match ir.expr(lhs) {
            Expr::Field { base, name } => name == field.name && is_adt(types.expr(base), adt),
            _ => false,
        },
        Expr::Struct { fields, .. } => {
            is_adt(types.expr(id), adt) && ir.field_inits(fields).iter().any(|init| init.name == field.name)
        }
        // What is compared or asked for may be refused.
        Expr::Binary { lhs, rhs, .. } => [lhs, rhs].into_iter().any(|side| match ir.expr(side) {
            Expr::Field { base, name } => name == field.name && is_adt(types.expr(base), adt),
            _ => false,
        }),
        _ => false,
    })
}

/// Where a function stores such a value.
fn stored_in(cx: &LintContext, function: DefId, adt: DefId, row: Row) -> Option<FileSpan> {
    const WHOLE: &[&str] =
        &["values", "set", "into_active_model", "insert", "save", "insert_into", "save_changes"];
    let semantics = cx.semantics();
    let types = semantics.types(function)?;
    let (file, _) = semantics.locate(function);
    let ir = semantics.ir(file);
    taken::calls(cx, function).into_iter().find_map(|call| {
        let is_stored = match row {
            Row::Whole => WHOLE.contains(&call.name) && call.inputs.iter().any(|(_, ty)| is_adt(*ty, adt)),
            Row::Fields => {
                matches!(call.name, "bind" | "push_bind")
                    && call.inputs.iter().skip(1).any(|(expr, _)| {
                        let mut expr = *expr;
                        while let Expr::Ref { operand, .. } | Expr::Unary { operand, .. } = ir.expr(expr) {
                            expr = operand;
                        }
                        matches!(ir.expr(expr), Expr::Field { base, name }
                            if is_adt(types.expr(base), adt) && is_name_telling(cx, adt, name))
                    })
            }
        };
        is_stored.then(|| FileSpan { file, span: ir.expr_span(call.expr) })
    })
}

fn is_name_telling(cx: &LintContext, adt: DefId, name: ward_syntax::Symbol) -> bool {
    taken::fields(cx, adt).into_iter().any(|field| field.name == name && is_telling(field))
}
