//! Which parameters of a function hold request data.

use std::cell::RefCell;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use ward_semantics::{DefId, Semantics, TraitName, Ty, TyKind};
use ward_syntax::{Attribute, Expr, FnItem, ItemId, ItemKind, Span, Symbol, TypeRef, sym};

use crate::Mail;
use crate::evaluate::Context;
use crate::models::{AttributeParameters, AttributeSource, Models, Source};
use crate::own::OwnModels;
use crate::summary::Summaries;
use crate::value::KindSet;

/// For every parameter of a function but `self`, the request data that its type or an attribute says it holds.
pub fn request_parameters(
    semantics: &Semantics,
    models: &Models,
    def: DefId,
) -> SmallVec<[Option<Source>; 4]> {
    let Some(function) = semantics.item(def).as_fn() else { return SmallVec::new() };
    let (summaries, mail, own) = (Summaries::default(), Mail::default(), OwnModels::default());
    let cx = Context { semantics, models, own: &own, summaries: &summaries, mail: &mail, memo: None };
    of_parameters(cx, def, function)
}

/// For every parameter of a function but `self`, the request data it holds, if any.
pub(crate) fn of_parameters(cx: Context, def: DefId, function: &FnItem) -> SmallVec<[Option<Source>; 4]> {
    let by_attribute = attribute_source(cx, def);
    let signature = cx.semantics.signature(def);
    let parameters = function.params.iter().enumerate().map(|(index, param)| {
        let ty = signature.and_then(|signature| signature.params.get(index)).copied();
        if let Some(source) = ty.and_then(|ty| of_type(cx, ty)) {
            return Some(source);
        }
        if let Some(source) =
            ty.and_then(|ty| beside(cx, ty, signature.map_or(&[], |signature| &signature.params)))
        {
            return Some(source);
        }
        let (attribute, text) = by_attribute.as_ref()?;
        let named = match attribute.parameters {
            AttributeParameters::All if attribute.types.is_empty() => {
                !ty.is_some_and(|ty| is_known_external(cx, ty))
            }
            AttributeParameters::All => ty.is_some_and(|ty| is_one_of(ty, &attribute.types)),
            AttributeParameters::Bracketed => {
                let (file, _) = cx.semantics.locate(def);
                names_in(cx, file, param.pat).is_some_and(|name| is_bracketed(text.as_str(), name.as_str()))
            }
        };
        named.then_some(attribute.source)
    });
    parameters.collect()
}

/// The request data that a parameter of a plain type holds beside one that only handlers take.
fn beside(cx: Context, ty: Ty, all: &[Ty]) -> Option<Source> {
    let rows = cx.models.sources_beside.iter().filter(|row| is_one_of(ty, &row.types));
    let mut known = rows.filter(|row| all.iter().any(|other| is_one_of(*other, &row.beside)));
    known.next().map(|row| row.source)
}

/// The workspace's own code that makes a parameter of this type of a request.
pub(crate) fn extraction(cx: Context, ty: Ty) -> Option<(DefId, Source)> {
    if !matches!(ty.kind(), TyKind::Adt { .. }) {
        return None;
    }
    cx.models.extractors.iter().find_map(|extractor| {
        let method = cx.semantics.trait_method(ty, extractor.trait_path, extractor.method)?;
        Some((method, extractor.source))
    })
}

/// Whether a function takes what the workspace's own code makes of a request: it is evaluated once more when
/// that code has been.
pub(crate) fn takes_extraction(cx: Context, def: DefId) -> bool {
    let signature = cx.semantics.signature(def);
    signature.is_some_and(|signature| signature.params.iter().any(|ty| extraction(cx, *ty).is_some()))
}

/// The type of the messages that a method is called with by whoever delivers them: an actor's.
pub(crate) fn delivered(cx: Context, def: DefId) -> Option<Ty> {
    if cx.models.deliveries.is_empty() {
        return None;
    }
    let info = cx.semantics.enclosing_impl(def)?;
    let TraitName::External(path) = info.trait_ref.as_ref()?.name else { return None };
    let name = cx.semantics.def_map.name(def);
    let is_delivery = cx.models.deliveries.iter().any(|(of, method)| *of == path && *method == name);
    if !is_delivery {
        return None;
    }
    cx.semantics.signature(def)?.params.first().copied()
}

/// Whether a type is one of the external types at these paths.
pub(crate) fn is_one_of(ty: Ty, paths: &[Symbol]) -> bool {
    matches!(ty.kind(), TyKind::External { path, .. } if paths.contains(path))
}

/// The request data that a parameter of this type holds.
pub(crate) fn of_type(cx: Context, ty: Ty) -> Option<Source> {
    match ty.kind() {
        TyKind::External { path, args } => {
            let own = cx.models.parameter_sources.get(path).copied();
            let wraps =
                matches!(path.as_str(), "std::option::Option" | "std::result::Result" | "std::boxed::Box");
            own.or_else(|| if wraps { of_type(cx, *args.first()?) } else { None })
        }
        TyKind::Adt { def, .. } if !cx.models.derive_sources.is_empty() => {
            let derives = cx.semantics.def_map.derives(*def);
            let row = cx.models.derive_sources.iter().find(|(derive, _)| derives.contains(derive));
            row.map(|(_, source)| *source)
        }
        _ => None,
    }
}

thread_local! {
    /// What was found out about the types of one workspace: see [`is_read_by_conversion`].
    static READ_BY_CONVERSION: RefCell<(u64, FxHashMap<Ty, bool>)> = RefCell::default();
}

/// Whether a value of this type can be read only by way of a conversion that may fail: what that refuses is not known.
pub(crate) fn is_read_by_conversion(cx: Context, ty: Ty) -> bool {
    if !matches!(ty.kind(), TyKind::Adt { .. } | TyKind::External { .. }) {
        return false;
    }
    let known = READ_BY_CONVERSION.with_borrow_mut(|(workspace, known)| {
        if *workspace != cx.semantics.id() {
            *workspace = cx.semantics.id();
            known.clear();
        }
        known.get(&ty).copied()
    });
    known.unwrap_or_else(|| {
        let is_read = is_converted(cx, ty);
        READ_BY_CONVERSION.with_borrow_mut(|(_, known)| known.insert(ty, is_read));
        is_read
    })
}

fn is_converted(cx: Context, ty: Ty) -> bool {
    let def = match ty.kind() {
        TyKind::Adt { def, .. } => def,
        // One of them, some of them, or none.
        TyKind::External { path, args }
            if matches!(path.as_str(), "std::option::Option" | "std::vec::Vec" | "std::boxed::Box") =>
        {
            return args.first().is_some_and(|inner| is_read_by_conversion(cx, *inner));
        }
        _ => return false,
    };
    let converts = |attribute: &Attribute| {
        attribute.path.as_str() == "serde" && attribute.args.as_str().contains("try_from")
    };
    let is_alone = cx.semantics.fields(*def, None).len() == 1;
    let read =
        || cx.semantics.trait_method(ty, Symbol::new("serde::Deserialize"), Symbol::new("deserialize"));
    // Who writes the reading of a text by hand, or leaves it to `FromStr`, does it for what is refused; that of several
    // parts may only put them in order.
    cx.semantics.def_map.derives(*def).iter().any(|name| name.as_str() == "DeserializeFromStr")
        || is_alone && cx.semantics.item(*def).attributes.iter().any(converts)
        || read().is_some_and(|read| is_alone || refuses(cx, read))
}

/// Whether a field of a struct is read by a function of the project's own that may refuse what it reads:
/// `#[serde(deserialize_with = "file_name")]`.
pub(crate) fn is_field_read_by_refusal(cx: Context, of: DefId, field: Symbol) -> bool {
    let ItemKind::Struct { fields, .. } = &cx.semantics.item(of).kind else { return false };
    let field = fields.fields.iter().find(|known| known.name == field);
    let mut attributes = field.into_iter().flat_map(|field| &field.attributes);
    attributes.any(|attribute| {
        let reader = (attribute.path.as_str() == "serde").then(|| reader_in(attribute.args.as_str()));
        reader
            .flatten()
            .and_then(|path| cx.semantics.resolve_function(of, &path))
            .is_some_and(|reader| refuses(cx, reader))
    })
}

/// The function that reads a field, in the arguments of its attribute.
fn reader_in(args: &str) -> Option<String> {
    let value = |key: &str| {
        let (_, after) = args.split_once(key)?;
        let text = after.trim_start().strip_prefix('=')?.trim_start().strip_prefix('"')?;
        text.split('"').next()
    };
    let whole = value("deserialize_with").map(str::to_owned);
    whole.or_else(|| value("with").map(|module| format!("{module}::deserialize")))
}

/// Whether a function is a conversion that looks at what a text is made of and may refuse it: `TryFrom` and `FromStr` of a
/// type of the project.
pub(crate) fn converts(cx: Context, function: DefId) -> bool {
    if !matches!(cx.semantics.item(function).name.as_str(), "try_from" | "from_str") {
        return false;
    }
    let of_trait = cx.semantics.enclosing_impl(function).and_then(|info| info.trait_ref.as_ref());
    let is_conversion = of_trait.is_some_and(|of| match of.name {
        TraitName::External(path) => matches!(path.as_str(), "std::convert::TryFrom" | "std::str::FromStr"),
        TraitName::Workspace(_) => false,
    });
    is_conversion && looks_into(cx, function)
}

/// Whether what a function asks is more than how long something is, and what it is made of.
fn looks_into(cx: Context, function: DefId) -> bool {
    const LENGTHS: &[&str] = &["len", "is_empty", "count", "chars", "trim", "as_str"];
    let Some((file, body)) = cx.body(function) else { return false };
    let ir = cx.semantics.ir(file);
    let exprs = || ir.body(body).exprs.ids();
    let asked = exprs().filter_map(|expr| match ir.expr(expr) {
        Expr::If { cond, .. } if !matches!(ir.expr(cond), Expr::Let { .. }) => Some(ir.expr_span(cond)),
        _ => None,
    });
    let asked: SmallVec<[Span; 4]> = asked.collect();
    exprs().any(|expr| {
        let asks = match ir.expr(expr) {
            Expr::MethodCall { method, .. } => !LENGTHS.contains(&method.as_str()),
            Expr::Call { .. } => true,
            _ => false,
        };
        asks && asked.iter().any(|span| span.contains(ir.expr_span(expr)))
    })
}

/// Whether reading a value fails with an error of its own.
pub(crate) fn refuses(cx: Context, read: DefId) -> bool {
    let Some((file, body)) = cx.body(read) else { return false };
    let ir = cx.semantics.ir(file);
    ir.body(body).exprs.of(&ir.exprs).iter().any(|expr| match *expr {
        Expr::Path(path) => ir.path_segments(path).last().is_some_and(|segment| {
            let name = segment.name.as_str();
            name == "custom" || name.starts_with("invalid_")
        }),
        _ => false,
    })
}

/// The data that every value of this type is, an internal error's.
pub(crate) fn of_value(cx: Context, ty: Ty) -> Option<Source> {
    if cx.models.type_sources.is_empty() {
        return None;
    }
    match ty.kind() {
        TyKind::External { path, args } if path.as_str() == "std::boxed::Box" => {
            let inner = args.first().copied()?;
            of_value(cx, inner).or_else(|| of_any_error(cx, inner))
        }
        TyKind::External { path, .. } => cx.models.type_sources.get(path).copied(),
        _ => None,
    }
}

/// What a value is of which it is known that it is an error, of any kind: `dyn Error + Send + Sync`.
fn of_any_error(cx: Context, ty: Ty) -> Option<Source> {
    let TyKind::Bounds(bounds) = ty.kind() else { return None };
    let any = Symbol::new("std::error::Error");
    let is_error = bounds.iter().any(|bound| bound.name == TraitName::External(any));
    is_error.then(|| cx.models.type_sources.get(&any).copied())?
}

/// What an error of a type is that nothing is known of, or nothing but that it is an error.
pub(crate) fn of_unknown_error(cx: Context, ty: Ty) -> Option<Source> {
    let source = cx.models.type_sources.get(&sym::ANY).copied()?;
    if matches!(ty.kind(), TyKind::Bounds(_)) {
        return Some(of_any_error(cx, ty).unwrap_or(source));
    }
    let is_unknown = match ty.kind() {
        TyKind::Unknown => true,
        TyKind::External { path, .. } => {
            path.as_str().ends_with("Error") && !cx.semantics.externals.types.contains_key(path)
        }
        _ => false,
    };
    is_unknown.then_some(source)
}

/// A type with a model of its own that is no source (state, connections, contexts) holds no request data.
fn is_known_external(cx: Context, ty: Ty) -> bool {
    match ty.kind() {
        TyKind::External { path, .. } => {
            cx.semantics.externals.types.contains_key(path) && !path.as_str().starts_with("std::")
        }
        _ => false,
    }
}

fn attribute_source(cx: Context, def: DefId) -> Option<(AttributeSource, Symbol)> {
    let item = cx.semantics.item(def);
    let find =
        |def: DefId, attributes: &[Attribute], rows: &rustc_hash::FxHashMap<Symbol, AttributeSource>| {
            attributes.iter().find_map(|attribute| {
                let path = cx.semantics.resolve_attribute(def, attribute);
                Some((rows.get(&path)?.clone(), attribute.args))
            })
        };
    if let Some(found) = find(def, &item.attributes, &cx.models.function_attributes) {
        return Some(found);
    }
    let parent: ItemId = item.parent?;
    let (file, _) = cx.semantics.locate(def);
    let parent = cx.semantics.defs.def(file, parent);
    find(parent, &cx.semantics.item(parent).attributes, &cx.models.impl_attributes)
        .or_else(|| Some((trait_source(cx, def)?, sym::EMPTY)))
}

/// What the parameters of a method hold because of the name of the trait that it implements.
fn trait_source(cx: Context, def: DefId) -> Option<AttributeSource> {
    if cx.models.trait_names.is_empty() {
        return None;
    }
    // As it is written: it need not be known.
    let (file, _) = cx.semantics.locate(def);
    let parent = cx.semantics.defs.def(file, cx.semantics.item(def).parent?);
    let ItemKind::Impl { trait_ref: Some(written), .. } = &cx.semantics.item(parent).kind else {
        return None;
    };
    let ir = cx.semantics.ir(file);
    let TypeRef::Path(path) = ir.type_ref(*written) else { return None };
    let name = ir.path_segments(path).last()?.name.as_str();
    let mut rows = cx.models.trait_names.iter();
    rows.find(|(word, _)| name.contains(word.as_str())).map(|(_, source)| source.clone())
}

/// The kinds of sink for which a parameter of this type is safe because of an attribute of its function.
pub(crate) fn checked_by_attribute(cx: Context, def: DefId, ty: Ty) -> KindSet {
    let mut rows = cx.models.parameter_barriers.iter().filter(|row| is_one_of(ty, &row.types)).peekable();
    if rows.peek().is_none() {
        return KindSet::NONE;
    }
    let attributes = &cx.semantics.item(def).attributes;
    let paths: SmallVec<[Symbol; 2]> =
        attributes.iter().map(|attribute| cx.semantics.resolve_attribute(def, attribute)).collect();
    let holds = rows.filter(|row| row.attributes.iter().any(|path| paths.contains(path)));
    holds.map(|row| cx.kinds(&row.kinds)).fold(KindSet::NONE, KindSet::union)
}

fn names_in(cx: Context, file: ward_syntax::FileId, pat: ward_syntax::PatId) -> Option<Symbol> {
    let ir = cx.semantics.ir(file);
    match ir.pat(pat) {
        ward_syntax::Pat::Bind { local, .. } => Some(ir.local(local).name),
        _ => None,
    }
}

/// Whether `<name>`, `<name..>` or `<_>`-like brackets in an attribute's text name a parameter.
fn is_bracketed(text: &str, name: &str) -> bool {
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let Some(length) = rest[start..].find('>') else { return false };
        let inside = rest[start + 1..start + length].trim().trim_end_matches("..");
        if inside == name {
            return true;
        }
        rest = &rest[start + length..];
    }
    false
}

#[cfg(test)]
mod tests {
    use super::is_bracketed;

    #[test]
    fn brackets_name_parameters() {
        let text = r#""/users/<id>/<path..>?<page>", data = "<form>""#;
        assert!(["id", "path", "page", "form"].iter().all(|name| is_bracketed(text, name)));
        assert!(!is_bracketed(text, "users") && !is_bracketed("\"/<a", "a"));
    }
}
