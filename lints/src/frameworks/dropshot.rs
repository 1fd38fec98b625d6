//! dropshot: functions that say method and path by attribute, registered one by one or by the trait they are of.

use std::sync::Arc;

use ward_semantics::endpoint::{
    Call, Evaluator, Framework, Handler, Methods, Outcome, Route, Router, Unknown, UnknownPart, Value,
    attribute_arguments,
};
use ward_semantics::{DefId, TraitName, Ty};
use ward_syntax::{Attribute, FileSpan, ItemKind};

use super::common::{attribute_text, is_attribute_of, opaque_route, owned, unknown_path};

/// The framework.
#[derive(Debug)]
pub(super) struct Dropshot;

/// `ApiDescription`.
const API: &str = "api";

impl Framework for Dropshot {
    fn name(&self) -> &'static str {
        "dropshot"
    }

    fn crates(&self) -> &'static [&'static str] {
        &["dropshot"]
    }

    fn builds(&self, path: &str) -> bool {
        path.split("::").any(|name| name == "ApiDescription")
    }

    fn parameter(&self, path: &str, _: &[Ty]) -> Option<Router> {
        path.ends_with("::ApiDescription").then(|| Router { in_place: true, ..Router::empty(API) })
    }

    fn call(&self, cx: &mut Evaluator<'_>, call: &Call<'_>) -> Option<Value> {
        call.path
            .as_str()
            .ends_with("ApiDescription::new")
            .then(|| Value::router(Router { in_place: true, ..cx.router(self, API) }))
    }

    fn unresolved_call(&self, cx: &mut Evaluator<'_>, call: &Call<'_>) -> Option<Value> {
        // Generated from a trait, whose impls are endpoints by themselves: more may be registered.
        let generated = call.path.as_str().ends_with("::api_description") && call.arguments.is_empty();
        generated.then(|| Value::router(Router { in_place: true, ..cx.router(self, API) }))
    }

    fn method(&self, cx: &mut Evaluator<'_>, router: Arc<Router>, call: &Call<'_>) -> Outcome {
        let mut router = owned(router);
        if call.name() == "register" {
            let value = call.argument(0);
            let inner = match value {
                Value::Function(function) => cx.attributed(self, *function),
                _ => None,
            };
            if let Some(inner) = inner {
                for mut route in cx.close(&inner) {
                    route.router = Some(call.function);
                    router.routes.push(route);
                }
            } else {
                let mut route = opaque_route(cx, unknown_path(), value, call);
                route.unknown.push(Unknown { part: UnknownPart::Methods, place: call.place });
                router.routes.push(route);
            }
        }
        Outcome::router(router)
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["endpoint", "channel"]
    }

    fn attributed(&self, cx: &mut Evaluator<'_>, function: DefId) -> Option<Router> {
        let mut router = cx.router(self, API);
        for attribute in &cx.semantics.item(function).attributes {
            if is_attribute_of(cx, function, attribute, self.crates()) {
                router.routes.extend(self.operation(cx, attribute, function, function));
            }
        }
        (!router.routes.is_empty()).then_some(router)
    }

    /// The function that registers all of a trait is generated: its impls are endpoints.
    fn implementation(&self, cx: &mut Evaluator<'_>, impl_def: DefId) -> Option<Router> {
        let semantics = cx.semantics;
        let Some(TraitName::Workspace(declared)) = semantics.impls.get(impl_def)?.trait_name else {
            return None;
        };
        if !is_described(cx, declared) {
            return None;
        }
        let mut router = cx.router(self, API);
        for (name, function) in semantics.impls.items(declared) {
            let answers = semantics.impls.item(impl_def, *name).unwrap_or(*function);
            for attribute in &semantics.item(*function).attributes {
                router.routes.extend(self.operation(cx, attribute, *function, answers));
            }
        }
        router.notes.push(("mounted", Value::Unknown));
        Some(router)
    }
}

impl Dropshot {
    /// The route that an attribute makes of a function.
    fn operation(
        &self,
        cx: &mut Evaluator<'_>,
        attribute: &Attribute,
        marked: DefId,
        answers: DefId,
    ) -> Option<Route> {
        if !self.attributes().contains(&attribute.last_segment()) {
            return None;
        }
        let (mut path, mut methods) = (None, Methods::one("get"));
        for argument in attribute_arguments(attribute) {
            match argument.name {
                "path" => path = Some(attribute_text(cx, marked, &argument)),
                "method" => methods = Methods::one(argument.value.rsplit(':').next().unwrap_or_default()),
                _ => {}
            }
        }
        let (file, _) = cx.semantics.locate(marked);
        let place = FileSpan { file, span: attribute.span };
        Some(cx.route(methods, path?, Handler::Function(answers), place, answers))
    }
}

/// Whether a trait declares an API.
fn is_described(cx: &Evaluator<'_>, block: DefId) -> bool {
    let item = cx.semantics.item(block);
    matches!(item.kind, ItemKind::Trait { .. })
        && item.attributes.iter().any(|known| known.last_segment() == "api_description")
}
