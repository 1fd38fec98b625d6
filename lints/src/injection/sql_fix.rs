//! Repairs: a query written by `format!` becomes a literal with placeholders, and its values are bound.
//!
//! Only what is certain is repaired: the text is written in the call itself or in a local that nothing else uses, every
//! hole stands where SQL expects a value, and the database is known. Where the database is strict about the types of
//! parameters, or a value stood without quotes, the repair has to be read.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::FxHashMap;
use ward_diagnostics::{Applicability, Edit, Fix};
use ward_flow::Reached;
use ward_linter::LintContext;
use ward_semantics::{BodyTypes, PackageId, Semantics, TyKind};
use ward_syntax::{Expr, ExprId, FileId, FileSpan, FormatId, HoleStyle, Pat, Piece, SourceIr, Span};

/// Makes a text of whatever can be formatted.
const TO_TEXT: &str = ".to_string()";

/// How a database writes placeholders, and what it makes of a text that stands for another type.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    /// `$1`; parameters have types.
    Postgres,
    /// `?`; parameters are converted as literals are.
    MySql,
    /// `?`; likewise.
    Sqlite,
}

/// How a crate takes values.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Binding {
    /// `.bind(value)` behind the call.
    Chained,
    /// `.bind::<Text, _>(value)` behind the call.
    ChainedText,
    /// The second argument, empty so far, becomes `rusqlite::params![value]`.
    Params,
    /// The second argument, `&[]` so far, becomes `&[&value]`.
    Slice,
}

/// A query that can be repaired.
struct Query<'a> {
    ir: &'a SourceIr,
    /// The types of the function that holds the call.
    types: Option<&'a BodyTypes>,
    text: &'a str,
    /// The argument that is the query.
    argument: ExprId,
    /// The call that it is given to.
    call: ExprId,
    /// The `format!`.
    template: ExprId,
    format: FormatId,
    /// Whether the template stands in a local of its own.
    in_local: bool,
}

/// A hole with what surrounds it within its quotes.
struct Value {
    /// What goes from the literal.
    span: Span,
    /// What is bound.
    bound: String,
    /// Whether it stood between quotes.
    quoted: bool,
}

/// What repairs need to know of packages and files, looked up once a run.
#[derive(Default)]
pub(super) struct Repairs {
    databases: RefCell<FxHashMap<PackageId, Databases>>,
    /// The file that was repaired last; findings come file by file.
    text: RefCell<Option<(FileId, Rc<str>)>>,
}

/// The one database whose types a package names, as each crate spells them; `None` if it names several, or none.
#[derive(Clone, Copy)]
struct Databases {
    sqlx: Option<Dialect>,
    diesel: Option<Dialect>,
}

impl Repairs {
    /// The repair of a query, if there is one.
    pub(super) fn of(&self, cx: &LintContext, reached: &Reached) -> Option<Fix> {
        let file = reached.place.file;
        let (binding, dialect) = self.binding(cx, reached, file)?;
        let text = self.text(cx, file)?;
        let query = Query::find(cx.semantics(), reached, &text)?;
        let values = query.values()?;
        let mut edits =
            vec![(query.ir.expr_spans[query.template.index()], query.literal(&values, dialect, binding)?)];
        edits.extend(query.plain_argument());
        edits.push(query.bind(&values, binding)?);
        let certain = dialect != Dialect::Postgres
            && binding != Binding::ChainedText
            && values.iter().all(|value| value.quoted);
        Some(Fix {
            description: "write placeholders in the text and bind the values".to_owned(),
            applicability: if certain { Applicability::Safe } else { Applicability::Unsafe },
            edits: edits
                .into_iter()
                .map(|(span, replacement)| Edit { location: FileSpan { file, span }, replacement })
                .collect(),
        })
    }

    /// How the sink's crate binds, and for which database.
    fn binding(&self, cx: &LintContext, reached: &Reached, file: FileId) -> Option<(Binding, Dialect)> {
        let last = reached.callee.as_str().rsplit(':').next().unwrap_or_default();
        match reached.sink.krate.as_str() {
            "sqlx" if matches!(last, "query" | "query_as" | "query_scalar") => {
                Some((Binding::Chained, self.databases(cx, file).sqlx?))
            }
            "diesel" if last == "sql_query" => Some((Binding::ChainedText, self.databases(cx, file).diesel?)),
            "rusqlite" if matches!(last, "execute" | "query_row") => Some((Binding::Params, Dialect::Sqlite)),
            "tokio-postgres" | "postgres"
                if matches!(last, "execute" | "query" | "query_one" | "query_opt") =>
            {
                Some((Binding::Slice, Dialect::Postgres))
            }
            _ => None,
        }
    }

    /// The databases of the package that a file belongs to.
    fn databases(&self, cx: &LintContext, file: FileId) -> Databases {
        let package = cx.semantics().project.file(file).package;
        *self.databases.borrow_mut().entry(package).or_insert_with(|| Databases::of(cx, package))
    }

    fn text(&self, cx: &LintContext, file: FileId) -> Option<Rc<str>> {
        let mut last = self.text.borrow_mut();
        match &*last {
            Some((of, text)) if *of == file => Some(Rc::clone(text)),
            _ => {
                let text: Rc<str> = cx.text(file)?.into();
                *last = Some((file, Rc::clone(&text)));
                Some(text)
            }
        }
    }
}

impl Databases {
    fn of(cx: &LintContext, package: PackageId) -> Self {
        let (mut mysql_of_sqlx, mut mysql_of_diesel, mut sqlite, mut postgres) = (false, false, false, false);
        let files = cx.semantics().project.files().filter(|(_, file)| file.package == package);
        for segment in files.flat_map(|(id, _)| &cx.semantics().ir(id).segments) {
            let name = segment.name.as_str();
            let named = |prefix: &str| {
                name.strip_prefix(prefix)
                    .is_some_and(|rest| matches!(rest, "" | "Pool" | "Connection" | "Row" | "PoolOptions"))
            };
            mysql_of_sqlx |= named("MySql");
            mysql_of_diesel |= named("Mysql");
            sqlite |= named("Sqlite");
            postgres |= name == "Postgres" || name != "Pg" && named("Pg");
        }
        let only = |mysql| match (mysql, sqlite, postgres) {
            (true, false, false) => Some(Dialect::MySql),
            (false, true, false) => Some(Dialect::Sqlite),
            (false, false, true) => Some(Dialect::Postgres),
            _ => None,
        };
        Self { sqlx: only(mysql_of_sqlx), diesel: only(mysql_of_diesel) }
    }
}

impl<'a> Query<'a> {
    fn find(semantics: &'a Semantics, reached: &Reached, text: &'a str) -> Option<Self> {
        let types = semantics.types(reached.function);
        let (file, body) = semantics.body(reached.function)?;
        let FileSpan { file: of, span: place } = reached.place;
        if of != file {
            return None;
        }
        let ir = semantics.ir(file);
        let exprs = ir.body(body).exprs;
        let ids = || exprs.ids::<ExprId>();
        let argument = ids().find(|id| ir.expr_spans[id.index()] == place && is_argument(ir, *id))?;
        let call = ids().find(|id| first_argument(ir, *id) == Some(argument))?;
        let inner = match ir.exprs[argument.index()] {
            Expr::Ref { operand, .. } => operand,
            Expr::MethodCall { receiver, method, args, .. }
                if method.as_str() == "as_str" && args.is_empty() =>
            {
                receiver
            }
            _ => argument,
        };
        let (template, in_local) = match ir.exprs[inner.index()] {
            Expr::Local(local) => {
                let exprs = exprs.of(&ir.exprs);
                let uses =
                    exprs.iter().filter(|expr| matches!(expr, Expr::Local(other) if *other == local)).count();
                let bound = |expr: &Expr| match expr {
                    Expr::LetStmt { pat, ty: None, init, otherwise: None } => {
                        let is_it = matches!(ir.pats[pat.index()], Pat::Bind { local: other, sub: None } if other == local);
                        init.filter(|_| is_it)
                    }
                    _ => None,
                };
                (exprs.iter().find_map(bound).filter(|_| uses == 1)?, true)
            }
            _ => (inner, false),
        };
        let Expr::Format(format) = ir.exprs[template.index()] else { return None };
        let path = ir.formats[format.index()].path.as_str();
        let is_format = path.rsplit(':').next() == Some("format");
        is_format.then_some(Self { ir, types, text, argument, call, template, format, in_local })
    }

    /// The holes; `None` if one is no value, or the text has placeholders already.
    fn values(&self) -> Option<Vec<Value>> {
        let format = &self.ir.formats[self.format.index()];
        let mut values = Vec::new();
        let mut before = "";
        // Whether the text so far ends within quotes.
        let mut open = false;
        for (index, piece) in format.pieces.iter().enumerate() {
            match *piece {
                Piece::Text { text, .. } => {
                    let text = text.as_str();
                    if text.contains(['?', '$', '{', '}', '\\']) || text.contains("--") || text.contains("/*")
                    {
                        return None;
                    }
                    before = text;
                    open ^= text.matches('\'').count() % 2 == 1;
                }
                Piece::Hole { value, style, span } => {
                    let after = match format.pieces.get(index + 1) {
                        Some(Piece::Text { text, .. }) => text.as_str(),
                        _ => "",
                    };
                    if style != HoleStyle::Display || span.text(self.text).contains(':') {
                        return None;
                    }
                    values.push(self.value(value, span, (before, after), open)?);
                    before = "";
                }
            }
        }
        (!values.is_empty()).then_some(values)
    }

    fn value(&self, value: ExprId, hole: Span, (before, after): (&str, &str), open: bool) -> Option<Value> {
        let written = self.ir.expr_spans[value.index()].text(self.text);
        let inline = hole.text(self.text).trim_matches(['{', '}']).trim();
        let written = if inline.is_empty() || inline.bytes().all(|byte| byte.is_ascii_digit()) {
            written
        } else {
            inline
        };
        let is_plain = written.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(&byte));
        if written.is_empty() || !is_plain {
            return None;
        }
        if !open {
            let is_value = super::sql_injection::expects_value(before)
                && !after.starts_with(|next: char| next.is_alphanumeric() || "_.'".contains(next));
            return is_value.then(|| Value { span: hole, bound: written.to_owned(), quoted: false });
        }
        let lead = &before[before.rfind('\'')? + 1..];
        let trail = &after[..after.find('\'')?];
        let is_wild = |text: &str| text.is_empty() || text == "%";
        if !is_wild(lead) || !is_wild(trail) || after[trail.len() + 1..].starts_with('\'') {
            return None;
        }
        let span = Span::new(hole.start - lead.len() as u32 - 1, hole.end + trail.len() as u32 + 1);
        let source = span.text(self.text);
        if !source.starts_with('\'') || !source.ends_with('\'') {
            return None;
        }
        let bound = match (lead, trail) {
            ("", "") if self.is_text(value) => written.to_owned(),
            // What is formatted can be written as a text, whether the crate can bind its type or not.
            ("", "") => format!("{written}{TO_TEXT}"),
            _ => format!("format!(\"{lead}{{}}{trail}\", {written})"),
        };
        Some(Value { span, bound, quoted: true })
    }

    /// Whether a value is known to be a text, which every database's crate can bind.
    fn is_text(&self, value: ExprId) -> bool {
        self.types.is_some_and(|types| match types.expr(value).kind() {
            TyKind::Str | TyKind::StaticStr => true,
            TyKind::External { path, .. } => path.as_str() == "std::string::String",
            _ => false,
        })
    }

    /// The literal with placeholders.
    fn literal(&self, values: &[Value], dialect: Dialect, binding: Binding) -> Option<String> {
        let template = self.ir.formats[self.format.index()].template;
        let mut literal = String::new();
        let mut at = template.start;
        for (number, value) in (1..).zip(values) {
            if value.span.start < at {
                return None;
            }
            literal.push_str(Span::new(at, value.span.start).text(self.text));
            match (dialect, binding) {
                (Dialect::Postgres, _) => literal.extend(["$", &number.to_string()]),
                (_, Binding::Params) => literal.extend(["?", &number.to_string()]),
                (Dialect::MySql | Dialect::Sqlite, _) => literal.push('?'),
            }
            at = value.span.end;
        }
        literal.push_str(Span::new(at, template.end).text(self.text));
        Some(literal)
    }

    /// The argument without the borrow that a literal does not need; nothing if it is the template itself.
    fn plain_argument(&self) -> Vec<(Span, String)> {
        let span = self.ir.expr_spans[self.argument.index()];
        match (self.ir.exprs[self.argument.index()], self.in_local) {
            (Expr::Ref { operand, .. }, _) => {
                let operand = self.ir.expr_spans[operand.index()];
                vec![(Span::new(span.start, operand.start), String::new())]
            }
            (Expr::MethodCall { receiver, .. }, _) => {
                let receiver = self.ir.expr_spans[receiver.index()];
                vec![(Span::new(receiver.end, span.end), String::new())]
            }
            _ => Vec::new(),
        }
    }

    /// Where and how the values are given.
    fn bind(&self, values: &[Value], binding: Binding) -> Option<(Span, String)> {
        let call = self.ir.expr_spans[self.call.index()];
        let behind = Span::new(call.end, call.end);
        let bound =
            |form: &dyn Fn(&str) -> String| values.iter().map(|value| form(&value.bound)).collect::<Vec<_>>();
        let second = || {
            let Expr::MethodCall { args, .. } = self.ir.exprs[self.call.index()] else { return None };
            let second = self.ir.lists.get(args).nth(1)?;
            Some((self.ir.expr_spans[second.index()], self.ir.expr_spans[second.index()].text(self.text)))
        };
        match binding {
            Binding::Chained => {
                Some((behind, self.chained(&bound(&|value| format!(".bind({})", borrowed(value))))))
            }
            Binding::ChainedText => Some((
                behind,
                self.chained(&bound(&|value| {
                    format!(".bind::<diesel::sql_types::Text, _>({})", borrowed(value))
                })),
            )),
            Binding::Params => {
                let (span, written) = second()?;
                let is_empty = matches!(written, "[]" | "()" | "params![]" | "rusqlite::params![]");
                is_empty.then(|| (span, format!("rusqlite::params![{}]", bound(&str::to_owned).join(", "))))
            }
            Binding::Slice => {
                let (span, written) = second()?;
                (written == "&[]")
                    .then(|| (span, format!("&[{}]", bound(&|value| format!("&{value}")).join(", "))))
            }
        }
    }

    /// Calls behind the call, each in a line of its own if the next one is.
    fn chained(&self, calls: &[String]) -> String {
        let after = &self.text[self.ir.expr_spans[self.call.index()].end as usize..];
        let blanks = &after[..after.len() - after.trim_start().len()];
        let is_broken = blanks.contains('\n') && after.trim_start().starts_with('.');
        let line_break = if is_broken { blanks } else { "" };
        calls.iter().flat_map(|call| [line_break, call]).collect()
    }
}

/// A value that stays with its owner; a text made for the call needs none.
fn borrowed(value: &str) -> String {
    let is_made = value.starts_with("format!") || value.ends_with(TO_TEXT);
    if is_made { value.to_owned() } else { format!("&{value}") }
}

fn is_argument(ir: &SourceIr, id: ExprId) -> bool {
    ir.exprs.iter().any(|expr| first_of(ir, expr) == Some(id))
}

fn first_argument(ir: &SourceIr, call: ExprId) -> Option<ExprId> {
    first_of(ir, &ir.exprs[call.index()])
}

fn first_of(ir: &SourceIr, expr: &Expr) -> Option<ExprId> {
    match expr {
        Expr::Call { args, .. } | Expr::MethodCall { args, .. } => ir.lists.get(*args).next(),
        _ => None,
    }
}
