//! Server functions of leptos and dioxus: functions that a client calls over HTTP.
//!
//! Without a path of its own, such a function answers at its name and a number made of its place, `{hash}` here.

use ward_semantics::DefId;
use ward_semantics::endpoint::{
    AttachedKind, AttributeArgument, Evaluator, Framework, Handler, Methods, Router, Value,
    attribute_arguments,
};
use ward_syntax::{Attribute, FileSpan, Symbol};

use super::common::{attached_by_text, attribute_text, is_attribute_of, method_named};

/// leptos, or dioxus.
#[derive(Debug)]
pub(super) struct ServerFunctions {
    name: &'static str,
    crates: &'static [&'static str],
    attributes: &'static [&'static str],
}

/// leptos.
pub(super) static LEPTOS: ServerFunctions = ServerFunctions {
    name: "leptos",
    crates: &["leptos", "leptos_macro", "server_fn"],
    attributes: &["server"],
};

/// dioxus.
pub(super) static DIOXUS: ServerFunctions = ServerFunctions {
    name: "dioxus",
    crates: &["dioxus", "dioxus_fullstack", "dioxus_server"],
    attributes: &["server", "get", "post", "put", "patch", "delete"],
};

impl Framework for ServerFunctions {
    fn name(&self) -> &'static str {
        self.name
    }

    fn crates(&self) -> &'static [&'static str] {
        self.crates
    }

    fn builds(&self, _: &str) -> bool {
        false
    }

    fn attributes(&self) -> &'static [&'static str] {
        self.attributes
    }

    fn attributed(&self, cx: &mut Evaluator<'_>, function: DefId) -> Option<Router> {
        let item = cx.semantics.item(function);
        let attribute = item.attributes.iter().find(|attribute| {
            self.attributes.contains(&attribute.last_segment())
                && is_attribute_of(cx, function, attribute, self.crates)
        })?;
        let mut route = self.route(cx, function, attribute);
        for middleware in item.attributes.iter().filter(|known| known.last_segment() == "middleware") {
            for argument in attribute_arguments(middleware) {
                let attached = attached_by_text(cx, AttachedKind::Layer, function, &argument);
                route.wrap(&[attached]);
            }
        }
        let mut router = cx.router(self, "functions");
        router.routes.push(route);
        // The function that registers all of them is generated.
        router.notes.push(("mounted", Value::Unknown));
        Some(router)
    }
}

impl ServerFunctions {
    fn route(
        &self,
        cx: &mut Evaluator<'_>,
        function: DefId,
        attribute: &Attribute,
    ) -> ward_semantics::endpoint::Route {
        let arguments = attribute_arguments(attribute);
        let (file, _) = cx.semantics.locate(function);
        let place = FileSpan { file, span: attribute.span };
        let handler = Handler::Function(function);
        if let Some(methods) = method_named(attribute.last_segment()) {
            let path = arguments.first().map_or(Symbol::new(""), |path| attribute_text(cx, function, path));
            return cx.route(methods, path, handler, place, function);
        }
        let mut prefix = "/api".to_owned();
        let mut endpoint = None;
        let mut encoding = "";
        let mut literals = arguments.iter().filter(|argument| argument.name.is_empty()).filter_map(literal);
        if let Some(first) = literals.next() {
            prefix = first;
        }
        if let Some(second) = literals.next()
            && second.starts_with("Get")
        {
            encoding = "Get";
        }
        endpoint = literals.next().or(endpoint);
        for argument in &arguments {
            match argument.name {
                "prefix" => prefix = literal(argument).unwrap_or(prefix),
                "endpoint" => endpoint = literal(argument),
                "input" | "encoding" if argument.value.contains("Get") => encoding = "Get",
                "protocol" if argument.value.contains("GetUrl") => encoding = "Get",
                _ => {}
            }
        }
        let name = cx.semantics.def_map.name(function);
        let endpoint = endpoint.filter(|text| !text.is_empty()).unwrap_or_else(|| format!("{name}{{hash}}"));
        let path = Symbol::new(&self.join(&prefix, &endpoint));
        let methods = Methods::one(if encoding == "Get" { "get" } else { "post" });
        cx.route(methods, path, handler, place, function)
    }
}

fn literal(argument: &AttributeArgument) -> Option<String> {
    argument.literal()
}
