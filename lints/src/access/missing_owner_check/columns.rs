//! Statements that change a row by its id alone, where others of the same table ask for its owner, too.
//!
//! A statement is a text, or a chain of calls that builds one. What is compared in its condition tells by what rows are found.

use std::collections::{BTreeMap, BTreeSet};

use ward_linter::LintContext;
use ward_linter::guards::{is_owner, words};
use ward_semantics::{CrateId, DefId};
use ward_syntax::{Body, Expr, ExprId, FileSpan, List, Literal, Piece, SourceIr};

use super::Door;
use crate::access::doors::Openness;
use crate::access::identity::cannot_tell;
use crate::input::taken::reached_from;

/// A handler is followed to this many functions.
const MOST_FUNCTIONS: usize = 40;

/// So many other functions must ask for the owner of a table's rows, or so few where so many ask for some owner at all.
const FEWEST: usize = 3;
const FEWEST_OF_CUSTOM: usize = 2;
const CUSTOM: usize = 6;

/// A statement that finds rows by a condition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Statement {
    pub(super) table: String,
    place: ExprId,
    changes: bool,
    by_id: bool,
    by_owner: bool,
}

/// A statement that asks for no owner, and how many others do.
pub(super) struct Evidence<'a> {
    pub(super) door: Door<'a>,
    pub(super) function: DefId,
    pub(super) place: FileSpan,
    pub(super) table: String,
    pub(super) asking: usize,
}

/// The statements of all functions that guarded endpoints reach.
struct Statements {
    of_function: BTreeMap<DefId, Vec<Statement>>,
    /// The functions that ask for the owner of a table's rows, and those that change them by their id alone.
    asking: BTreeMap<(CrateId, String), BTreeSet<DefId>>,
    plain: BTreeMap<(CrateId, String), BTreeSet<DefId>>,
}

/// Endpoints that change rows by their id alone.
pub(super) fn outliers<'a>(cx: &LintContext, doors: &[Door<'a>]) -> Vec<Evidence<'a>> {
    let guarded: Vec<&Door> = doors.iter().filter(|door| door.is_guarded()).collect();
    let statements = Statements::of(cx, &guarded);
    let mut told: BTreeSet<(DefId, String)> = BTreeSet::new();
    let mut found = Vec::new();
    for door in guarded.into_iter().filter(|door| may_lack(cx, door)) {
        let evidence = statements.judge(cx, door);
        found.extend(evidence.filter(|found| told.insert((found.function, found.table.clone()))));
    }
    found
}

/// Whether an endpoint changes something for a caller who is known and of whom nothing more is asked.
fn may_lack(cx: &LintContext, door: &Door) -> bool {
    door.openness == Openness::Closed
        && door.endpoint.methods.may_change()
        && !door.is_unclear()
        && !door.own.role
        && !door.own.owner
        && !cx.guards().asks_role(door.function)
        && !cx.guards().ties(door.function)
        && !is_of_staff(door.endpoint.path.as_str())
        && !is_of_staff(&cx.name(door.function))
}

/// Whether an endpoint takes no identity by which it could ask, and stands behind nothing that is called for some only.
fn is_blind(cx: &LintContext, door: &Door) -> bool {
    let layers = door.endpoint.layers.iter();
    cannot_tell(cx, door) && !layers.map(|layer| layer.name(cx.semantics())).any(|name| is_of_staff(&name))
}

pub(super) fn is_of_staff(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "admin",
        "admins",
        "manage",
        "manager",
        "management",
        "staff",
        "moderator",
        "internal",
        "cron",
        "job",
    ];
    words(name).any(|word| WORDS.contains(&word.as_str()))
}

impl Statements {
    fn of(cx: &LintContext, doors: &[&Door]) -> Self {
        let mut all = Self { of_function: BTreeMap::new(), asking: BTreeMap::new(), plain: BTreeMap::new() };
        for door in doors {
            for function in reached_from(cx, door.function).into_iter().take(MOST_FUNCTIONS) {
                if !all.of_function.contains_key(&function) {
                    all.enter(cx, function);
                }
            }
        }
        all
    }

    fn enter(&mut self, cx: &LintContext, function: DefId) {
        let statements = statements(cx, function);
        let krate = cx.semantics().def_map.crate_of(function);
        for statement in &statements {
            let key = (krate, statement.table.clone());
            if statement.by_owner {
                self.asking.entry(key).or_default().insert(function);
            } else if statement.by_id && statement.changes {
                self.plain.entry(key).or_default().insert(function);
            }
        }
        self.of_function.insert(function, statements);
    }

    fn judge<'a>(&self, cx: &LintContext, door: &Door<'a>) -> Option<Evidence<'a>> {
        let reached: Vec<DefId> = reached_from(cx, door.function).into_iter().take(MOST_FUNCTIONS).collect();
        let all = || {
            reached
                .iter()
                .flat_map(|def| self.of_function.get(def).into_iter().flatten().map(move |one| (*def, one)))
        };
        // Whatever was asked of the owner before may be enough.
        if all().any(|(_, statement)| statement.by_owner && !is_about_callers(&statement.table)) {
            return None;
        }
        let is_plain = |statement: &Statement| {
            statement.changes && statement.by_id && !statement.by_owner && !is_about_callers(&statement.table)
        };
        all().filter(|(_, statement)| is_plain(statement)).find_map(|(function, statement)| {
            let key = (cx.semantics().def_map.crate_of(function), statement.table.clone());
            let asking = self.asking.get(&key).map_or(0, BTreeSet::len);
            let plain = self.plain.get(&key).map_or(0, BTreeSet::len);
            let place = FileSpan {
                file: cx.semantics().locate(function).0,
                span: cx.semantics().ir(cx.semantics().locate(function).0).expr_span(statement.place),
            };
            let of_crate = self.asking.iter().filter(|((krate, _), _)| *krate == key.0);
            let owners = of_crate.flat_map(|(_, functions)| functions).collect::<BTreeSet<_>>().len();
            let is_custom = owners >= CUSTOM && asking >= FEWEST_OF_CUSTOM && plain == 1;
            // What takes no identity could not ask, and those that stand beside it do.
            let beside = self.asking.get(&key).into_iter().flatten();
            let beside = beside.filter(|def| cx.semantics().locate(**def).0 == place.file).count();
            let is_blind = beside >= FEWEST_OF_CUSTOM && beside >= plain && is_blind(cx, door);
            (asking >= FEWEST && asking >= 3 * plain || is_custom || is_blind).then(|| Evidence {
                door: *door,
                function,
                place,
                table: statement.table.clone(),
                asking,
            })
        })
    }
}

/// Whether a table holds those who call, or what they call with.
fn is_about_callers(table: &str) -> bool {
    const WORDS: &[&str] = &[
        "user",
        "users",
        "account",
        "accounts",
        "session",
        "sessions",
        "token",
        "tokens",
        "profile",
        "profiles",
        "member",
        "members",
        "customer",
        "customers",
    ];
    words(table).any(|word| WORDS.contains(&word.as_str()))
}

/// The statements that a body writes out or builds.
fn statements(cx: &LintContext, function: DefId) -> Vec<Statement> {
    let Some((file, body)) = cx.semantics().body(function) else { return Vec::new() };
    let ir = cx.semantics().ir(file);
    let body = ir.body(body);
    let texts = body.exprs.ids().filter_map(|id| {
        let text = match ir.expr(id) {
            Expr::Literal(Literal::Str(text)) => text.as_str().to_owned(),
            Expr::Format(format) => {
                let piece = |piece: &Piece| match piece {
                    Piece::Text { text, .. } => text.as_str(),
                    Piece::Hole { .. } => "?",
                };
                ir.format(format).pieces.iter().map(piece).collect()
            }
            _ => return None,
        };
        of_text(id, &text)
    });
    texts.chain(built(ir, &body)).collect()
}

/// `DELETE FROM notes WHERE id = $1 AND user_id = $2`.
fn of_text(place: ExprId, text: &str) -> Option<Statement> {
    let lower = text.split_whitespace().collect::<Vec<&str>>().join(" ").to_lowercase();
    let (changes, rest) = match lower.split_once(' ')? {
        ("delete", rest) => (true, rest.strip_prefix("from ")?),
        ("update", rest) => (true, rest),
        ("select", rest) => (false, rest.split_once(" from ")?.1),
        _ => return None,
    };
    let table = rest.split([' ', '(', ';']).next()?.trim_matches(['"', '`', '\'']);
    let table = table.rsplit('.').next()?.trim_matches(['"', '`']);
    let (_, condition) = rest.split_once(" where ")?;
    let columns = condition.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    let compared: Vec<&str> = condition
        .match_indices('=')
        .filter_map(|(at, _)| {
            condition[..at]
                .trim_end()
                .rsplit(|c: char| !c.is_alphanumeric() && c != '_')
                .find(|word| !word.is_empty())
        })
        .collect();
    Some(Statement {
        table: table.to_owned(),
        place,
        changes,
        by_id: compared.iter().any(|column| is_id(column, table)),
        by_owner: columns.into_iter().any(is_owner),
    })
}

/// Whether a column holds the ids of a table's rows.
fn is_id(column: &str, table: &str) -> bool {
    let column = column.to_lowercase();
    let own = column.strip_suffix("_id").is_some_and(|name| table.strip_suffix('s').unwrap_or(table) == name);
    matches!(column.as_str(), "id" | "uuid" | "pk") || own
}

/// What a chain of calls compares.
#[derive(Default)]
struct Chain {
    place: Option<ExprId>,
    columns: Vec<&'static str>,
    by_id: bool,
    changes: bool,
}

/// `diesel::delete(notes::table.find(id))`, `notes::Entity::delete_by_id(id)`, `notes::Entity::find().filter(..)`.
fn built(ir: &SourceIr, body: &Body) -> Vec<Statement> {
    let mut chains: BTreeMap<ExprId, Chain> = BTreeMap::new();
    for id in body.exprs.ids() {
        match ir.expr(id) {
            Expr::MethodCall { receiver, method, args, .. }
                if matches!(method.as_str(), "filter" | "find" | "filter_by") =>
            {
                let (start, changes) = start(ir, receiver);
                let chain = chains.entry(start).or_default();
                chain.place.get_or_insert(id);
                chain.changes |= changes;
                chain.by_id |= method.as_str() == "find";
                compared(ir, body, args, &mut chain.columns);
            }
            Expr::Call { callee, args } => {
                let name = last(ir, callee);
                if matches!(name, "update" | "delete")
                    && let Some(arg) = ir.list(args).next()
                {
                    let chain = chains.entry(start(ir, arg).0).or_default();
                    chain.place.get_or_insert(id);
                    chain.changes = true;
                }
                if matches!(name, "delete_by_id" | "find_by_id") {
                    let chain = chains.entry(id).or_default();
                    chain.place.get_or_insert(id);
                    (chain.by_id, chain.changes) = (true, name == "delete_by_id");
                }
                if name == "delete_many" || name == "update_many" {
                    chains.entry(id).or_default().changes = true;
                }
            }
            _ => {}
        }
    }
    let statement = |(start, chain): (ExprId, Chain)| {
        let table = table(ir, start)?;
        Some(Statement {
            by_id: chain.by_id || chain.columns.iter().any(|column| is_id(column, &table)),
            by_owner: chain.columns.iter().any(|column| is_owner(column)),
            changes: chain.changes,
            place: chain.place?,
            table,
        })
    };
    chains.into_iter().filter_map(statement).collect()
}

/// Where a chain of calls begins, and whether what it builds changes rows.
fn start(ir: &SourceIr, mut expr: ExprId) -> (ExprId, bool) {
    let mut changes = false;
    loop {
        expr = match ir.expr(expr) {
            Expr::MethodCall { receiver, .. } => receiver,
            Expr::Ref { operand, .. } => operand,
            Expr::Call { callee, args } if matches!(last(ir, callee), "update" | "delete") => {
                let Some(arg) = ir.list(args).next() else { return (expr, changes) };
                changes = true;
                arg
            }
            _ => return (expr, changes),
        };
    }
}

fn last(ir: &SourceIr, callee: ExprId) -> &'static str {
    match ir.expr(callee) {
        Expr::Path(path) => ir.path_segments(path).last().map_or("", |segment| segment.name.as_str()),
        _ => "",
    }
}

/// The table that a chain begins with: `notes::table`, `dsl::notes`, `notes::Entity::find()`.
fn table(ir: &SourceIr, start: ExprId) -> Option<String> {
    let path = match ir.expr(start) {
        Expr::Path(path) => path,
        Expr::Call { callee, .. } => match ir.expr(callee) {
            Expr::Path(path) => path,
            _ => return None,
        },
        _ => return None,
    };
    let names: Vec<&str> = ir.path_segments(path).iter().map(|segment| segment.name.as_str()).collect();
    let at = names.iter().position(|name| matches!(*name, "table" | "Entity"));
    let name = match at {
        Some(at) => names.get(at.checked_sub(1)?)?,
        None if matches!(ir.expr(start), Expr::Path(_)) => names.last()?,
        None => return None,
    };
    name.starts_with(char::is_lowercase).then(|| (*name).to_owned())
}

/// The columns that a condition compares: `notes::id.eq(id).and(notes::owner.eq(user))`.
fn compared(ir: &SourceIr, body: &Body, args: List<ExprId>, into: &mut Vec<&'static str>) {
    let spans: Vec<_> = ir.list(args).map(|arg| ir.expr_span(arg)).collect();
    for id in body.exprs.ids() {
        if let Expr::MethodCall { receiver, method, .. } = ir.expr(id)
            && matches!(method.as_str(), "eq" | "eq_any" | "is_in")
            && spans.iter().any(|span| span.contains(ir.expr_span(id)))
            && let Expr::Path(path) = ir.expr(receiver)
        {
            into.extend(ir.path_segments(path).last().map(|segment| segment.name.as_str()));
        }
    }
}

#[cfg(test)]
mod tests {
    use ward_syntax::{ExprId, Id};

    use super::of_text;

    #[test]
    fn conditions_tell_by_what_rows_are_found() {
        let found = |text| {
            of_text(ExprId::from_index(0), text).map(|one| (one.table, one.changes, one.by_id, one.by_owner))
        };
        let is = |table: &str, changes, by_id, by_owner| Some((table.to_owned(), changes, by_id, by_owner));
        assert_eq!(found("DELETE FROM notes WHERE id = $1"), is("notes", true, true, false));
        assert_eq!(
            found("UPDATE app.notes SET user_id = $2 WHERE note_id = $1"),
            is("notes", true, true, false)
        );
        assert_eq!(
            found("select * from \"notes\" n\n where n.id = $1 and n.user_id = $2"),
            is("notes", false, true, true)
        );
        assert_eq!(found("DELETE FROM notes"), None);
        assert_eq!(found("delete all of it"), None);
    }
}
