//! The table as the skeleton of an `OpenAPI` document: paths, methods, parameters of paths. What requests and
//! responses look like is not in it.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::RouteReport;
use crate::routes::{RouteGuards, RouteRow};

/// The methods that the format has.
const METHODS: &[&str] = &["GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"];

/// Writes the table as an `OpenAPI` 3.1 document. Paths of which a part is not known are left out; what takes any
/// method is described under all of `GET`, `POST`, `PUT`, `PATCH` and `DELETE`.
pub fn openapi(report: &RouteReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut paths = Map::new();
    for route in report.routes.iter().filter(|route| !route.path.contains("{?}")) {
        let (path, parameters) = templated(&route.path);
        let entry = paths.entry(path).or_insert_with(|| json!({}));
        let Some(entry) = entry.as_object_mut() else { continue };
        for method in methods(route) {
            entry.entry(method.to_ascii_lowercase()).or_insert_with(|| operation(route, &parameters));
        }
    }
    let document = json!({
        "openapi": "3.1.0",
        "info": { "title": report.name, "version": "0" },
        "paths": paths,
    });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    out.write_all(b"\n")
}

fn methods(route: &RouteRow) -> Vec<&str> {
    let own: Vec<&str> = route.methods.iter().map(String::as_str).collect();
    if own == ["ANY"] {
        return vec!["GET", "POST", "PUT", "PATCH", "DELETE"];
    }
    own.into_iter().filter(|name| METHODS.contains(name)).collect()
}

fn operation(route: &RouteRow, parameters: &[String]) -> Value {
    let parameters: Vec<Value> = parameters
        .iter()
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    let mut operation = json!({
        "operationId": route.handler,
        "responses": { "default": { "description": "not known" } },
        "x-handler": format!("{}:{}", route.handler_at.file, route.handler_at.line),
    });
    if let Some(fields) = operation.as_object_mut() {
        if !parameters.is_empty() {
            fields.insert("parameters".to_owned(), parameters.into());
        }
        if let RouteGuards::By(guards) = &route.guards {
            fields.insert("x-guards".to_owned(), json!(guards));
        }
        if route.is_unguarded() {
            fields.insert("x-guards".to_owned(), json!([]));
        }
    }
    operation
}

/// The path as a template, and the names of its parameters.
fn templated(path: &str) -> (String, Vec<String>) {
    let path = path.replace("{*", "{");
    let names = path.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    let names = names.map(|(name, _)| name.to_owned()).collect();
    (path, names)
}
