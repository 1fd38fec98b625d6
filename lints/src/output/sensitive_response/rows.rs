//! Types that are sent as they are and have a secret among their fields, and which of them are rows of storage.

use std::collections::{BTreeMap, BTreeSet};

use ward_linter::LintContext;
use ward_linter::guards::words;
use ward_semantics::{DefId, DefKind, Resolution, Ty, TyKind};
use ward_syntax::{Attribute, Expr, ExprId, Field, FileId, Item, ItemKind};

use super::sent::Channel;
use crate::input::taken;
use crate::scope::{Scope, in_scopes};
use crate::secrets::{Named, has, is_text};

/// A type with secrets among the fields that go out with it.
pub(super) struct Candidate<'a> {
    pub(super) adt: DefId,
    pub(super) file: FileId,
    /// How messages call it: of entities that all are `Model`, with their module.
    pub(super) name: String,
    pub(super) is_row: bool,
    /// Whether the type is about the secret: who asks for one, asks for that.
    pub(super) is_itself: bool,
    pub(super) secrets: Vec<Secret<'a>>,
}

/// A field that is a secret, and the ways by which it goes out.
pub(super) struct Secret<'a> {
    pub(super) field: &'a Field,
    channels: Vec<Channel>,
}

impl Secret<'_> {
    /// Whether it is among what is sent this way.
    pub(super) fn goes_out_by(&self, channel: Channel) -> bool {
        self.channels.contains(&channel)
    }
}

/// Derives by which a type is read from storage.
const ROWS: &[&str] = &[
    "FromRow",
    "Queryable",
    "QueryableByName",
    "DeriveEntityModel",
    "FromQueryResult",
    "DerivePartialModel",
    "PostgresMapper",
    "FromDocument",
];

/// All of them, by type.
pub(super) fn candidates<'a>(cx: &LintContext<'a>) -> BTreeMap<DefId, Candidate<'a>> {
    let semantics = cx.semantics();
    let mut found = BTreeMap::new();
    let mut is_plain = false;
    let is_meant = |def: &DefId| {
        let is_struct = semantics.def_map.kind(*def) == DefKind::Struct;
        is_struct && !semantics.def_map.is_test(*def) && cx.is_reported(*def)
    };
    let structs: Vec<DefId> = semantics.defs.iter().filter(is_meant).collect();
    let secrets = |adt: DefId| Vec::from_iter(secrets_of(cx, adt));
    for (adt, secrets) in semantics.telling("structs with secrets", &structs, secrets) {
        let item = semantics.item(adt);
        let ItemKind::Struct { fields, .. } = &item.kind else { continue };
        let is_row = ROWS.iter().any(|name| derives(item, name));
        is_plain |= !is_row;
        let (file, _) = semantics.locate(adt);
        let is_itself = fields.fields.len() == 1
            || words(item.name.as_str())
                .any(|word| has("secret secrets token tokens key keys credential apikey", &word));
        let name = called(cx, adt);
        found.insert(adt, Candidate { adt, file, name, is_row, is_itself, secrets });
    }
    if is_plain {
        let rows = read_from_storage(cx);
        for candidate in found.values_mut() {
            candidate.is_row |= rows.contains(&candidate.adt);
        }
    }
    found
}

/// The secrets among the fields of a struct that go out with it, if there are any.
fn secrets_of<'a>(cx: &LintContext<'a>, adt: DefId) -> Option<(DefId, Vec<Secret<'a>>)> {
    let semantics = cx.semantics();
    let item = semantics.item(adt);
    let ItemKind::Struct { fields, .. } = &item.kind else { return None };
    if is_of_tests(item) {
        return None;
    }
    let fields = fields.fields.iter().zip(semantics.fields(adt, None));
    let secret = fields.filter(|(field, info)| is_secret(field) && carries_text(cx, info.ty, 3));
    let secrets: Vec<Secret> = secret
        .filter_map(|(field, _)| {
            let channels: Vec<Channel> =
                Channel::ALL.into_iter().filter(|channel| channel.sends(item, field)).collect();
            (!channels.is_empty()).then_some(Secret { field, channels })
        })
        .collect();
    (!secrets.is_empty()).then_some((adt, secrets))
}

fn called(cx: &LintContext, adt: DefId) -> String {
    let path = cx.name(adt);
    let mut segments = path.rsplit("::");
    match (segments.next(), segments.next()) {
        (Some("Model"), Some(module)) => format!("{module}::Model"),
        (Some(name), _) => name.to_owned(),
        _ => path,
    }
}

fn is_of_tests(item: &Item) -> bool {
    words(item.name.as_str()).any(|word| has("test tests mock fake dummy fixture", &word))
}

/// Whether a type derives something, under a condition too.
pub(super) fn derives(item: &Item, name: &str) -> bool {
    let is_conditional = |attribute: &Attribute| {
        attribute.path.as_str() == "cfg_attr"
            && attribute.args.as_str().contains("derive")
            && words_of(attribute.args.as_str()).any(|word| word == name)
    };
    item.derives(name) || item.attributes.iter().any(is_conditional)
}

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
}

/// Whether a field is called a secret, and is filled from storage.
fn is_secret(field: &Field) -> bool {
    let name = field.name.as_str();
    let is_about = words(name).any(|word| has("masked redacted hint public", &word));
    Named::of(name) == Named::Secret
        && !is_about
        && !taken::says(&field.attributes, "sqlx", &["skip"])
        && !taken::says(&field.attributes, "sea_orm", &["ignore", "skip"])
}

/// Whether a field of this type holds a text that is sent as it is.
fn carries_text(cx: &LintContext, ty: Ty, depth: u8) -> bool {
    if is_text(ty) == Some(true) {
        return true;
    }
    let semantics = cx.semantics();
    let Some(depth) = depth.checked_sub(1) else { return false };
    match ty.kind() {
        // A newtype that writes itself may leave everything out.
        TyKind::Adt { def, .. } => {
            let item = semantics.item(*def);
            let is_newtype =
                matches!(&item.kind, ItemKind::Struct { fields, .. } if fields.fields.len() == 1);
            is_newtype
                && derives(item, "Serialize")
                && !taken::says(&item.attributes, "serde", &["into"])
                && semantics.fields(*def, None).iter().any(|field| carries_text(cx, field.ty, depth))
        }
        TyKind::External { path, args } if path.as_str() == "std::option::Option" => {
            args.first().is_some_and(|inner| carries_text(cx, *inner, depth))
        }
        _ => false,
    }
}

/// The structs that functions read from storage without a derive that says so: in checked queries, collections of documents,
/// and column by column.
fn read_from_storage(cx: &LintContext) -> BTreeSet<DefId> {
    in_scopes(cx, "rows read from storage", |scope| {
        scope.body.exprs.ids().filter_map(|id| read_by(scope, id)).collect()
    })
    .into_iter()
    .collect()
}

fn read_by(scope: &Scope, expr: ExprId) -> Option<DefId> {
    let adt = |ty: Ty| match ty.kind() {
        TyKind::Adt { def, .. } => Some(*def),
        _ => None,
    };
    match scope.ir.expr(expr) {
        Expr::Macro(call) => {
            let call = scope.ir.macro_call(call);
            let name = call.path.as_str().rsplit(':').next().unwrap_or_default();
            if !name.starts_with("query_as") && !name.starts_with("query_file_as") {
                return None;
            }
            let Expr::Path(path) = scope.ir.expr(scope.ir.list(call.args).next()?) else { return None };
            match scope.types.path(path) {
                Resolution::Def(def) => Some(def),
                _ => None,
            }
        }
        Expr::MethodCall { receiver, .. } => match scope.types.expr(receiver).kind() {
            TyKind::External { path, args } if path.as_str() == "mongodb::Collection" => adt(*args.first()?),
            _ => None,
        },
        Expr::Struct { fields, .. } => {
            let fields = scope.ir.field_inits(fields);
            let columns = fields.iter().filter(|field| is_column(scope, field.value)).count();
            (columns > 1).then(|| adt(scope.types.expr(expr)))?
        }
        _ => None,
    }
}

/// Whether a value is a column of a row: `row.get("name")`, `row.try_get(0)?`.
fn is_column(scope: &Scope, value: ExprId) -> bool {
    let value = match scope.ir.expr(value) {
        Expr::Try(inner) => inner,
        Expr::MethodCall { receiver, method, .. } if matches!(method.as_str(), "unwrap" | "expect") => {
            receiver
        }
        _ => value,
    };
    let Expr::MethodCall { receiver, method, .. } = scope.ir.expr(value) else { return false };
    let is_row = match scope.types.expr(receiver).kind() {
        TyKind::External { path, .. } => path.as_str().ends_with("Row"),
        TyKind::Unknown => scope.names(receiver).first().is_some_and(|name| has("row r", name)),
        _ => false,
    };
    is_row && has("get try_get get_unwrap get_opt take", method.as_str())
}
