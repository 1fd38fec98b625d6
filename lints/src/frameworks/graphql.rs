//! async-graphql and juniper: the fields of the root types are the ways in.
//!
//! Their methods are `QUERY`, `MUTATION` and `SUBSCRIPTION`; their paths are the names by which clients ask for them.

use ward_semantics::endpoint::{
    Attached, AttachedKind, Call, Evaluator, Framework, Handler, Methods, Route, Router, Value,
    attribute_arguments,
};
use ward_semantics::{DefId, TyKind, TypeHead};
use ward_syntax::{Attribute, FileSpan, Symbol};

use super::common::{adt_of, attached_by_text};

/// async-graphql, or juniper.
#[derive(Debug)]
pub(super) struct Graphql {
    name: &'static str,
    crates: &'static [&'static str],
    /// What makes a schema of its root types.
    schema: &'static str,
    /// Attributes of impls whose functions are fields.
    objects: &'static [&'static str],
}

/// async-graphql.
pub(super) static ASYNC_GRAPHQL: Graphql = Graphql {
    name: "async-graphql",
    crates: &["async_graphql"],
    schema: "Schema",
    objects: &["Object", "Subscription"],
};

/// juniper.
pub(super) static JUNIPER: Graphql = Graphql {
    name: "juniper",
    crates: &["juniper"],
    schema: "RootNode",
    objects: &["graphql_object", "graphql_subscription"],
};

const SCHEMA: &str = "schema";

/// The operations in the order in which a schema takes their types, and by what names types show that they are meant.
const OPERATIONS: &[(&str, &[&str])] = &[
    ("QUERY", &["Query", "QueryRoot"]),
    ("MUTATION", &["Mutation", "MutationRoot"]),
    ("SUBSCRIPTION", &["Subscription", "SubscriptionRoot"]),
];

/// How deep types are merged from others.
const DEPTH: usize = 5;

impl Framework for Graphql {
    fn name(&self) -> &'static str {
        self.name
    }

    fn crates(&self) -> &'static [&'static str] {
        self.crates
    }

    fn builds(&self, path: &str) -> bool {
        let mut names = path.rsplit("::");
        matches!(
            names.next(),
            Some("build" | "new" | "build_with_ignore_name_conflicts" | "new_with_scalar_value")
        ) && names.next() == Some(self.schema)
    }

    fn call(&self, cx: &mut Evaluator<'_>, call: &Call<'_>) -> Option<Value> {
        if !self.builds(call.path.as_str()) || call.arguments.is_empty() {
            return None;
        }
        let mut router = cx.router(self, SCHEMA);
        for (index, (operation, _)) in OPERATIONS.iter().enumerate() {
            if let Some(root) = adt_of(cx, call.argument(index), call.argument_type(index)) {
                self.fields(cx, root, operation, &mut router.routes, DEPTH);
            }
        }
        Some(Value::router(router))
    }

    fn implementation(&self, cx: &mut Evaluator<'_>, impl_def: DefId) -> Option<Router> {
        let semantics = cx.semantics;
        let item = semantics.item(impl_def);
        if !item.attributes.iter().any(|attribute| self.is_object(attribute)) {
            return None;
        }
        // A schema may be made where it is not seen: root types are told by their names, too.
        let operation = OPERATIONS.iter().find(|(_, names)| names.contains(&item.name.as_str()))?;
        let TypeHead::Adt(root) = semantics.impls.get(impl_def)?.head else { return None };
        let mut router = cx.router(self, SCHEMA);
        self.fields(cx, root, operation.0, &mut router.routes, DEPTH);
        Some(router)
    }
}

impl Graphql {
    fn is_object(&self, attribute: &Attribute) -> bool {
        self.objects.contains(&attribute.last_segment())
    }

    /// The fields of a root type, and of those it is merged from.
    fn fields(
        &self,
        cx: &mut Evaluator<'_>,
        root: DefId,
        operation: &str,
        routes: &mut Vec<Route>,
        depth: usize,
    ) {
        let semantics = cx.semantics;
        for block in semantics.impls.of_type(TypeHead::Adt(root)) {
            let Some(object) = semantics.item(*block).attributes.iter().find(|known| self.is_object(known))
            else {
                continue;
            };
            let around = guards(cx, *block, object);
            for (name, function) in semantics.impls.items(*block) {
                if semantics.item(*function).as_fn().is_some() {
                    routes.extend(field(cx, operation, *name, *function, &around));
                }
            }
        }
        let merged = semantics
            .item(root)
            .attributes
            .iter()
            .any(|known| known.last_segment() == "derive" && known.args.as_str().contains("Merged"));
        if merged && depth > 0 {
            for part in semantics.fields(root, None) {
                if let TyKind::Adt { def, .. } = part.ty.kind() {
                    self.fields(cx, *def, operation, routes, depth - 1);
                }
            }
        }
    }
}

/// A function as a field; none if its attributes hide it.
fn field(
    cx: &mut Evaluator<'_>,
    operation: &str,
    name: Symbol,
    function: DefId,
    around: &[Attached],
) -> Option<Route> {
    let item = cx.semantics.item(function);
    let mut shown = camel(name.as_str());
    let mut layers = Vec::new();
    for attribute in item.attributes.iter().filter(|known| known.last_segment() == "graphql") {
        for argument in attribute_arguments(attribute) {
            match (argument.name, argument.value) {
                ("", "skip" | "ignore") | ("skip" | "ignore", _) => return None,
                ("name", _) => shown = argument.literal().unwrap_or(shown),
                _ => {}
            }
        }
        layers.extend(guards(cx, function, attribute));
    }
    layers.extend_from_slice(around);
    let (file, _) = cx.semantics.locate(function);
    let place = FileSpan { file, span: item.name_span };
    let mut route =
        cx.route(Methods::one(operation), Symbol::new(&shown), Handler::Function(function), place, function);
    route.wrap(&layers);
    Some(route)
}

/// The guards that an attribute names.
fn guards(cx: &mut Evaluator<'_>, scope: DefId, attribute: &Attribute) -> Vec<Attached> {
    let arguments = attribute_arguments(attribute);
    let named = arguments.iter().filter(|argument| argument.name == "guard");
    named.map(|argument| attached_by_text(cx, AttachedKind::Layer, scope, argument)).collect()
}

/// `find_user` as clients see it: `findUser`.
fn camel(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    let mut upper = false;
    for c in name.trim_start_matches("r#").chars() {
        if c == '_' && !text.is_empty() {
            upper = true;
        } else if upper {
            text.extend(c.to_uppercase());
            upper = false;
        } else {
            text.push(c);
        }
    }
    text
}
