//! What several frameworks need: names of methods, parts of values.

use std::sync::Arc;

use ward_semantics::endpoint::{
    Attached, AttachedKind, AttributeArgument, Call, Evaluator, HOLE, Made, Methods, Route, Router, Value,
    What, handler, join,
};
use ward_semantics::{DefId, Ty, TyKind};
use ward_syntax::{Attribute, FileSpan, ItemKind, Symbol};

/// The methods that functions and attributes are named after.
pub(super) const METHODS: &[&str] =
    &["get", "post", "put", "patch", "delete", "head", "options", "trace", "connect"];

/// The method that a function or attribute is named after.
pub(super) fn method_named(name: &str) -> Option<Methods> {
    METHODS.contains(&name).then(|| Methods::one(name))
}

/// The methods that a value names: `Method::GET`, `MethodFilter::GET.or(MethodFilter::POST)`, `"GET"`; any if it
/// names none.
pub(super) fn methods_in(value: &Value) -> Methods {
    let mut names: Vec<&'static str> = Vec::new();
    collect_methods(value, &mut names, 0);
    if names.is_empty() { Methods::Any } else { Methods::of(names) }
}

fn collect_methods(value: &Value, names: &mut Vec<&'static str>, depth: usize) {
    let mut add = |text: &'static str| {
        let name = text.rsplit(':').next().unwrap_or(text);
        if METHODS.iter().any(|known| known.eq_ignore_ascii_case(name)) && !names.contains(&name) {
            names.push(name);
        }
    };
    match value {
        Value::Text(text) => add(text.as_str()),
        Value::Made(made) if depth < 6 => {
            if let What::External(path) = made.what {
                add(path.as_str());
            }
            if let Some(receiver) = &made.receiver {
                collect_methods(receiver, names, depth + 1);
            }
            for argument in &made.arguments {
                collect_methods(argument, names, depth + 1);
            }
        }
        Value::List(all) | Value::OneOf(all) => {
            for value in all.iter() {
                collect_methods(value, names, depth + 1);
            }
        }
        _ => {}
    }
}

/// A text value.
pub(super) fn text(text: &str) -> Value {
    Value::Text(Symbol::new(text))
}

/// A path of which nothing is known.
pub(super) fn unknown_path() -> Symbol {
    Symbol::new(HOLE.encode_utf8(&mut [0; 4]))
}

/// The path of everything below a prefix.
pub(super) const REST: &str = "/{*rest}";

/// The path of what answers when no other route does.
pub(super) const FALLBACK: &str = "/{*fallback}";

/// An external call with this path end, if the value is the result of one.
pub(super) fn made_by<'v>(value: &'v Value, end: &str) -> Option<&'v Made> {
    let Value::Made(made) = value else { return None };
    match made.what {
        What::External(path) if path.as_str().ends_with(end) => Some(made),
        _ => None,
    }
}

/// A route for a value put into a router that is none itself: a file server, a service, or not known.
pub(super) fn opaque_route(cx: &mut Evaluator<'_>, path: Symbol, value: &Value, call: &Call<'_>) -> Route {
    cx.route(Methods::Any, path, handler(value), call.place, call.function)
}

/// What a text in an attribute names, attached: `"Auth"`, `"Auth::new(check)"`.
pub(super) fn attached_by_text(
    cx: &mut Evaluator<'_>,
    kind: AttachedKind,
    function: DefId,
    argument: &AttributeArgument,
) -> Attached {
    let text = argument.literal().unwrap_or_else(|| argument.value.to_owned());
    let mut names = text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).filter(|name| {
        name.starts_with(|c: char| c.is_alphabetic() || c == '_') && !matches!(*name, "true" | "false")
    });
    let what = names.next().map_or(What::Unknown, |name| cx.named(function, name));
    let arguments =
        names.map(|name| cx.named(function, name)).filter(|what| *what != What::Unknown).collect();
    let (file, _) = cx.semantics.locate(function);
    Attached { arguments, ..Attached::new(kind, &Value::Unknown, FileSpan { file, span: argument.span }) }
        .with(what)
}

/// The text that an argument of an attribute is: a literal, or a const by its name.
pub(super) fn attribute_text(
    cx: &mut Evaluator<'_>,
    function: DefId,
    argument: &AttributeArgument,
) -> Symbol {
    if let Some(text) = argument.literal() {
        return Symbol::new(&text);
    }
    let value = cx.constant_text(function, argument.value);
    value.as_text().unwrap_or_else(unknown_path)
}

/// Whether an attribute, by its path, is one of a framework's: resolved to one of its crates, or not resolved in a
/// package that depends on one.
pub(super) fn is_attribute_of(
    cx: &Evaluator<'_>,
    function: DefId,
    attribute: &Attribute,
    crates: &[&str],
) -> bool {
    let semantics = cx.semantics;
    let path = semantics.resolve_attribute(function, attribute);
    match path.as_str().split_once("::") {
        Some((first, _)) if !is_guess(path) => crates.contains(&first),
        _ => {
            let package = semantics.project.package(semantics.package(function));
            crates.iter().any(|name| {
                package.dependency(Symbol::new(name)).is_some()
                    || package.dependency(Symbol::new(&name.replace('_', "-"))).is_some()
            })
        }
    }
}

/// Whether a path is that of an attribute found through an external glob import, for want of anything better.
fn is_guess(path: Symbol) -> bool {
    path.as_str().contains("::prelude::")
}

/// The first text among what something was made with, under all its settings: the path of a file server.
pub(super) fn first_text(value: &Value) -> Option<Symbol> {
    let mut value = value;
    loop {
        let Value::Made(made) = value else { return None };
        match &made.receiver {
            Some(receiver) => value = receiver,
            None => return made.arguments.first().and_then(Value::as_text),
        }
    }
}

/// The paths at which a viewer of an API's document answers, with those of the documents: `SwaggerUi::new("/docs")
/// .url("/openapi.json", document)`.
pub(super) fn viewer_paths(value: &Value) -> Option<Vec<Symbol>> {
    let Value::Made(made) = value else { return None };
    let first = made.beginning();
    let What::External(path) = first.what else { return None };
    let mut names = path.as_str().rsplit("::");
    let (name, ty) = (names.next()?, names.next()?);
    let text = |at: usize| first.arguments.get(at).and_then(Value::as_text);
    let mut paths: Vec<Symbol> = match (ty, name) {
        ("SwaggerUi", "new") => vec![Symbol::new(&join(text(0)?.as_str().split(['{', '<']).next()?, REST))],
        ("Redoc" | "Scalar", "with_url") => vec![text(0)?],
        ("RapiDoc", "new") => Vec::new(),
        ("RapiDoc", "with_openapi") => vec![text(0)?],
        ("RapiDoc", "with_url") => vec![text(0)?, text(1)?],
        _ => return None,
    };
    documents(made, &mut paths);
    Some(paths)
}

/// The paths that the methods called on a viewer say.
fn documents(made: &Made, into: &mut Vec<Symbol>) {
    let Some(Value::Made(receiver)) = &made.receiver else { return };
    documents(receiver, into);
    let (What::Method(path) | What::External(path)) = made.what else { return };
    // A document may have a name beside its path.
    let path_in = |value: &Value| match value {
        Value::Text(text) => Some(*text),
        Value::Made(made) => made.arguments.get(1).and_then(Value::as_text),
        _ => None,
    };
    match (path.as_str().rsplit(':').next(), made.arguments.first()) {
        (Some("url" | "path"), Some(value)) => into.extend(path_in(value)),
        (Some("urls"), Some(value)) => {
            let all = each(value);
            into.extend(all.iter().filter_map(|entry| path_in(each(entry).first()?)));
        }
        _ => {}
    }
}

/// Every value in a list, or the value itself.
pub(super) fn each(value: &Value) -> Vec<Value> {
    match value {
        Value::List(all) => all.to_vec(),
        other => vec![other.clone()],
    }
}

/// The router in an `Arc`, to be changed.
pub(super) fn owned(router: Arc<Router>) -> Router {
    Arc::unwrap_or_clone(router)
}

/// The type of the workspace that a value is of, told by the value or by its type.
pub(super) fn adt_of(cx: &Evaluator<'_>, value: &Value, ty: Ty) -> Option<DefId> {
    if let Some(def) = adt(ty) {
        return Some(def);
    }
    match value {
        Value::Struct(value) => Some(value.def),
        Value::Made(made) => match made.what {
            What::Item(def) if cx.semantics.item(def).as_fn().is_none() => {
                match cx.semantics.item(def).kind {
                    ItemKind::Struct { .. } | ItemKind::Enum { .. } => Some(def),
                    _ => None,
                }
            }
            What::Function(def) => adt(cx.semantics.signature(def)?.ret),
            _ => None,
        },
        Value::OneOf(all) => all.iter().find_map(|value| adt_of(cx, value, Ty::unknown())),
        _ => None,
    }
}

/// The type of the workspace that a type is, in a pointer, a result or an option too.
fn adt(ty: Ty) -> Option<DefId> {
    match ty.kind() {
        TyKind::Adt { def, .. } => Some(*def),
        TyKind::External { args, path } if path.as_str().starts_with("std::") => adt(*args.first()?),
        _ => None,
    }
}

/// The impl or trait around a function.
pub(super) fn block_of(cx: &Evaluator<'_>, function: DefId) -> Option<DefId> {
    let parent = cx.semantics.item(function).parent?;
    let (file, _) = cx.semantics.locate(function);
    Some(cx.semantics.defs.def(file, parent))
}
