//! Columns that say what somebody may do, filled from a field of the request: in the text of a statement, in a statement that is
//! built, and in a row that is put together.

use std::collections::{BTreeMap, BTreeSet};

use ward_diagnostics::{Confidence, Finding};
use ward_linter::LintContext;
use ward_linter::guards::words;
use ward_semantics::endpoint::Endpoint;
use ward_semantics::{DefId, TyKind};
use ward_syntax::{Expr, ExprId, FileSpan, Literal, Piece, Symbol};

use super::{MASS_ASSIGNMENT, sets};
use crate::input::taken::{self, Taken};
use crate::scope::{Origin, Root, Scope};
use crate::secrets::has;

/// Columns that say what somebody may do.
const PRIVILEGES: &str = "isadmin admin issuperuser superuser isstaff ismoderator role roles roleid userrole permission permissions \
    privileges privilege accesslevel";
/// What tables of people are called; messages have roles too.
const PEOPLE: &str = "user users account accounts member members profile profiles person people customer customers employee employees \
    staff admin admins principal operator";
/// A handler is followed to this many functions.
const MOST_FUNCTIONS: usize = 40;

/// A column that a request fills.
struct Filled {
    column: String,
    value: ExprId,
}

/// A column, and where it is filled.
struct Evidence<'a> {
    column: String,
    place: FileSpan,
    function: DefId,
    endpoint: &'a Endpoint,
}

fn describe(cx: &LintContext, evidence: &Evidence) -> Finding {
    let message = format!("the request chooses the stored `{}`", evidence.column);
    let mut finding = Finding::new(&MASS_ASSIGNMENT, evidence.place, message)
        .label("whatever the request says is stored")
        .related(evidence.endpoint.place, "everybody who gets in here may say it")
        .note("whoever sends the request gives themselves, or others, what only an administrator should give")
        .help(
            "leave the column out or give it a fixed value, and change it where only administrators get in",
        );
    finding.confidence = Confidence::Medium;
    finding.function = Some(cx.name(evidence.function));
    finding
}

pub(super) fn check(cx: &LintContext, all: &[Taken]) {
    let mut told: BTreeSet<FileSpan> = BTreeSet::new();
    let mut known: BTreeMap<DefId, Vec<Filled>> = BTreeMap::new();
    for (endpoint, access) in cx.endpoints().all().iter().zip(cx.endpoint_access()) {
        let Some(handler) = endpoint.function().filter(|function| cx.is_reported(*function)) else {
            continue;
        };
        if access.verdict.role || is_for_administrators(cx, endpoint, handler) {
            continue;
        }
        let is_body = |taken: &&Taken| {
            // A type that is stored as it is, is told for itself.
            taken.function == handler
                && super::row_of(cx, taken.adt).is_none()
                && matches!(taken.kind.as_str(), "body" | "form" | "request" | "argument")
        };
        let bodies: Vec<&Taken> = all.iter().filter(is_body).collect();
        if bodies.is_empty() {
            continue;
        }
        let functions = taken::reached_from(cx, handler);
        for function in functions.iter().copied().take(MOST_FUNCTIONS) {
            // Nearly no function fills such a column.
            let fills = || Scope::new(cx, function).is_some_and(|scope| !filled(&scope).is_empty());
            if !cx.semantics().ask_of("privileged columns", function, fills) {
                continue;
            }
            let Some(scope) = Scope::new(cx, function) else { continue };
            let filled = known.entry(function).or_insert_with(|| filled(&scope));
            for filled in filled.iter() {
                let place = scope.place(filled.value);
                if is_of_request(&scope, handler, &bodies, filled.value, &functions) && told.insert(place) {
                    let column = filled.column.clone();
                    cx.report(describe(cx, &Evidence { column, place, function, endpoint }));
                }
            }
        }
    }
}

/// Whether only administrators are meant to get in: path or handler say so.
fn is_for_administrators(cx: &LintContext, endpoint: &Endpoint, handler: DefId) -> bool {
    let speaks = |text: &str| {
        words(text).any(|word| {
            has("admin admins administrator administrators root staff internal setup bootstrap seed", &word)
        })
    };
    let semantics = cx.semantics();
    let taken = endpoint.extractors(semantics);
    let is_guard = taken.iter().any(|extractor| speaks(&semantics.pretty_type(extractor.ty)));
    speaks(endpoint.path.as_str()) || speaks(&cx.name(handler)) || is_guard
}

/// Whether a value is a field of what the handler takes as its body, which nobody sets or looks at before.
fn is_of_request(
    scope: &Scope,
    handler: DefId,
    bodies: &[&Taken],
    value: ExprId,
    functions: &[DefId],
) -> bool {
    let mut expr = value;
    while let Some(inside) = scope.inside(expr) {
        expr = inside;
    }
    match scope.ir.expr(expr) {
        Expr::Field { base, name } => bodies.iter().any(|taken| {
            let fields = taken::fields(scope.cx, taken.adt);
            let field = fields.into_iter().find(|field| field.name == name);
            taken::holds(scope.types.expr(base), taken.adt)
                && field.is_some_and(|field| {
                    !functions
                        .iter()
                        .take(MOST_FUNCTIONS)
                        .any(|function| sets(scope.cx, *function, taken.adt, field))
                })
        }),
        // A part of a parameter's pattern: `Json(NewUser { role, .. })`.
        Expr::Local(local) if scope.function == handler => {
            let is_parameter = matches!(scope.origin(expr), (Origin::Request, Root::Parameter(_)));
            let name = scope.ir.local(local).name;
            is_parameter
                && scope.bound_to(local).is_none()
                && bodies
                    .iter()
                    .any(|taken| taken::fields(scope.cx, taken.adt).iter().any(|field| field.name == name))
        }
        _ => false,
    }
}

/// The columns of privileges that a function fills.
fn filled(scope: &Scope) -> Vec<Filled> {
    let mut found = Vec::new();
    for id in scope.body.exprs.ids() {
        match scope.ir.expr(id) {
            Expr::MethodCall { receiver, method, args, .. } => {
                let args: Vec<ExprId> = scope.ir.list(args).collect();
                match (method.as_str(), args.as_slice()) {
                    ("bind", [value]) => found.extend(bound(scope, receiver, *value)),
                    ("set" | "values", [value]) => found.extend(built(scope, receiver, *value)),
                    (_, [text, values]) => found.extend(listed(scope, *text, *values)),
                    _ => {}
                }
            }
            Expr::Macro(call) => {
                let args: Vec<ExprId> = scope.ir.list(scope.ir.macro_call(call).args).collect();
                let Some(at) = args.iter().position(|arg| text_of(scope, *arg).is_some()) else { continue };
                let text = text_of(scope, args[at]).unwrap_or_default();
                found.extend(in_text(&text, |index| args.get(at + 1 + index).copied()));
            }
            Expr::Struct { path, fields, .. } => {
                let path: Vec<&str> =
                    scope.ir.path_segments(path).iter().map(|segment| segment.name.as_str()).collect();
                if is_row(scope, id, &path) {
                    let fields = scope.ir.field_inits(fields).iter();
                    found.extend(fields.filter(|field| is_privilege(field.name.as_str())).map(|field| {
                        Filled { column: field.name.to_string(), value: set_to(scope, field.value) }
                    }));
                }
            }
            _ => {}
        }
    }
    found
}

fn is_privilege(name: &str) -> bool {
    has(PRIVILEGES, &name.to_lowercase().replace(['_', '"', '`'], ""))
}

fn is_of_people(name: &str) -> bool {
    words(name).any(|word| has(PEOPLE, &word))
}

/// `sqlx::query("UPDATE ..").bind(a).bind(b)`: the one value, by its index.
fn bound(scope: &Scope, receiver: ExprId, value: ExprId) -> Vec<Filled> {
    let mut index = 0;
    let mut next = receiver;
    loop {
        match scope.ir.expr(next) {
            Expr::MethodCall { receiver, method, .. } => {
                index += usize::from(method.as_str() == "bind");
                next = receiver;
            }
            Expr::Call { args, .. } => {
                let text = scope.ir.list(args).find_map(|arg| text_of(scope, arg)).unwrap_or_default();
                return in_text(&text, |at| (at == index).then_some(value));
            }
            _ => return Vec::new(),
        }
    }
}

/// `client.execute("UPDATE ..", &[&a, &b])`, `connection.execute("..", params![a, b])`.
fn listed(scope: &Scope, text: ExprId, values: ExprId) -> Vec<Filled> {
    let Some(text) = text_of(scope, text) else { return Vec::new() };
    let mut values = values;
    while let Expr::Ref { operand, .. } = scope.ir.expr(values) {
        values = operand;
    }
    let values: Vec<ExprId> = match scope.ir.expr(values) {
        Expr::Array(values) | Expr::Tuple(values) => scope.ir.list(values).collect(),
        Expr::Macro(call) => scope.ir.list(scope.ir.macro_call(call).args).collect(),
        _ => return Vec::new(),
    };
    in_text(&text, |index| values.get(index).copied())
}

/// `diesel::update(users.find(id)).set((name.eq(a), role.eq(b)))`.
fn built(scope: &Scope, receiver: ExprId, value: ExprId) -> Vec<Filled> {
    let named = scope.made_of(receiver).into_iter().any(|part| match scope.ir.expr(part) {
        Expr::Path(path) => {
            scope.ir.path_segments(path).iter().any(|segment| is_of_people(segment.name.as_str()))
        }
        _ => false,
    });
    if !named {
        return Vec::new();
    }
    let parts: Vec<ExprId> = match scope.ir.expr(value) {
        Expr::Tuple(parts) | Expr::Array(parts) => scope.ir.list(parts).collect(),
        _ => vec![value],
    };
    let columns = parts.into_iter().filter_map(|part| match scope.ir.expr(part) {
        Expr::MethodCall { receiver, method, args, .. } if method.as_str() == "eq" => {
            let column = scope.last_segment(receiver).filter(|column| is_privilege(column))?;
            Some(Filled { column: column.to_owned(), value: scope.ir.list(args).next()? })
        }
        _ => None,
    });
    columns.collect()
}

/// Whether a struct that is put together is a row of a table of people.
fn is_row(scope: &Scope, expr: ExprId, path: &[&str]) -> bool {
    if path.last() == Some(&"ActiveModel") {
        return path.iter().any(|segment| is_of_people(segment));
    }
    let TyKind::Adt { def, .. } = scope.types.expr(expr).kind() else { return false };
    let item = scope.cx.semantics().item(*def);
    let stores = item.derives("Insertable") || item.derives("AsChangeset");
    stores && is_of_people(item.name.as_str())
}

/// What `Set(value)` holds.
fn set_to(scope: &Scope, value: ExprId) -> ExprId {
    match scope.ir.expr(value) {
        Expr::Call { callee, args } if scope.last_segment(callee) == Some("Set") => {
            scope.ir.list(args).next().unwrap_or(value)
        }
        _ => value,
    }
}

/// The text of a statement, holes left out.
fn text_of(scope: &Scope, expr: ExprId) -> Option<String> {
    match scope.ir.expr(expr) {
        Expr::Literal(Literal::Str(text)) => Some(text.as_str().to_owned()),
        Expr::Ref { operand, .. } => text_of(scope, operand),
        Expr::Local(local) => text_of(scope, scope.bound_whole(local)?),
        Expr::Format(format) => {
            let pieces = scope.ir.format(format).pieces.iter();
            let texts = pieces
                .map(|piece| if let Piece::Text { text, .. } = piece { *text } else { Symbol::new("_") });
            Some(texts.map(Symbol::as_str).collect())
        }
        _ => None,
    }
}

/// The columns of privileges that a statement fills with bound values.
fn in_text(text: &str, value: impl Fn(usize) -> Option<ExprId>) -> Vec<Filled> {
    let columns = assigned(text).into_iter().filter(|(column, _)| is_privilege(column));
    columns.filter_map(|(column, index)| Some(Filled { column, value: value(index)? })).collect()
}

/// The columns of a table of people that a statement assigns bound values to, with the indexes of those.
fn assigned(text: &str) -> Vec<(String, usize)> {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let lower = flat.to_ascii_lowercase();
    if let Some(rest) = lower.strip_prefix("update ") {
        let Some((table, assignments)) = rest.split_once(" set ") else { return Vec::new() };
        let end = [" where ", " returning ", " from "]
            .iter()
            .filter_map(|word| assignments.find(word))
            .min()
            .unwrap_or(assignments.len());
        return if is_of_people(table) { of_assignments(&assignments[..end]) } else { Vec::new() };
    }
    let Some(rest) = lower.strip_prefix("insert into ") else { return Vec::new() };
    let Some((table, rest)) = rest.split_once('(') else { return Vec::new() };
    let Some((columns, rest)) = rest.split_once(')') else { return Vec::new() };
    let Some((_, values)) = rest.split_once("values") else { return Vec::new() };
    if !is_of_people(table) {
        return Vec::new();
    }
    let values = values.trim().trim_start_matches('(');
    let mut before = 0;
    let mut found = Vec::new();
    for (column, value) in columns.split(',').zip(parts(values)) {
        if let Some(index) = placeholder(value, before) {
            found.push((column.trim().to_owned(), index));
        }
        before += value.matches('?').count();
    }
    found
}

fn of_assignments(text: &str) -> Vec<(String, usize)> {
    let mut before = 0;
    let mut found = Vec::new();
    for part in parts(text) {
        if let Some((column, value)) = part.split_once('=')
            && let Some(index) = placeholder(value, before)
        {
            found.push((column.trim().to_owned(), index));
        }
        before += part.matches('?').count();
    }
    found
}

/// What stands between commas, those in parentheses aside; the end of a list ends it.
fn parts(text: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    let mut start = 0;
    let mut found = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => {
                found.push(&text[start..at]);
                return found;
            }
            ')' => depth -= 1,
            ',' if depth == 0 => {
                found.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&text[start..]);
    found
}

/// The index of the value that is bound here: `$2`, or the next `?`.
fn placeholder(text: &str, before: usize) -> Option<usize> {
    if let Some((_, rest)) = text.split_once('$') {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        return digits.parse::<usize>().ok()?.checked_sub(1);
    }
    let (_, rest) = text.split_once('?')?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    if digits.is_empty() { Some(before) } else { digits.parse::<usize>().ok()?.checked_sub(1) }
}

#[cfg(test)]
mod tests {
    use super::assigned;

    #[test]
    fn columns_are_found_with_their_values() {
        let of = |text: &str| assigned(text);
        let pair = |column: &str, index| (column.to_owned(), index);
        assert_eq!(
            of("UPDATE users SET name = $2, role = COALESCE($3, role) WHERE id = $1"),
            [pair("name", 1), pair("role", 2)]
        );
        assert_eq!(
            of("update users set name = ?, is_admin = ? where id = ?"),
            [pair("name", 0), pair("is_admin", 1)]
        );
        assert_eq!(
            of("INSERT INTO users (id, name, role)\n VALUES (gen_random_uuid(), $1, $2) RETURNING id"),
            [pair("name", 0), pair("role", 1)]
        );
        assert_eq!(of("INSERT INTO users (name, role) VALUES (?, ?)"), [pair("name", 0), pair("role", 1)]);
        assert_eq!(of("UPDATE messages SET role = $1"), []);
        assert_eq!(of("UPDATE users SET role = 'user' WHERE name = ?"), []);
    }
}
