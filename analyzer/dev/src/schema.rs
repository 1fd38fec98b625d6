//! The JSON schema of `ward.toml`, for editors.

use anyhow::{Context, Result};
use schemars::schema_for;
use serde_json::{Value, json};
use ward_linter::config::Configuration;

/// Where it lies in the repository.
pub const PATH: &str = "analyzer/cli/ward.schema.json";

/// The schema as it has to be.
///
/// # Errors
/// When it does not have the parts that the names of lints belong to.
pub fn schema() -> Result<String> {
    let mut schema = schema_for!(Configuration).to_value();
    schema["$id"] = json!(concat!(env!("CARGO_PKG_REPOSITORY"), "/raw/main/analyzer/cli/ward.schema.json"));
    schema["title"] = json!("ward.toml");
    schema["description"] = json!("The configuration of `cargo ward`.");
    let names = names();
    for place in ["/properties/lints", "/$defs/Override/properties/lints"] {
        let table = schema.pointer_mut(place).with_context(|| format!("no `{place}` in the schema"))?;
        table["propertyNames"] = json!({ "enum": names });
    }
    let mut text = serde_json::to_string_pretty(&without_empty_defaults(schema))?;
    text.push('\n');
    Ok(text)
}

/// `all`, the groups, and the lints.
fn names() -> Vec<&'static str> {
    let mut groups: Vec<&str> = ward_lints::LINTS.iter().map(|lint| lint.metadata.group).collect();
    groups.sort_unstable();
    groups.dedup();
    let lints = ward_lints::LINTS.iter().map(|lint| lint.metadata.name);
    std::iter::once("all").chain(groups).chain(lints).collect()
}

/// Defaults that only repeat the absence of a key say nothing to a reader.
fn without_empty_defaults(mut value: Value) -> Value {
    match &mut value {
        Value::Object(entries) => {
            entries.retain(|key, value| {
                !(key == "default" && (value.is_null() || value.is_object() || value.is_array()))
            });
            for value in entries.values_mut() {
                *value = without_empty_defaults(value.take());
            }
        }
        Value::Array(values) => {
            for value in values.iter_mut() {
                *value = without_empty_defaults(value.take());
            }
        }
        _ => {}
    }
    value
}

#[cfg(test)]
mod tests {
    use super::schema;

    #[test]
    fn the_schema_names_keys_and_lints() {
        let schema: serde_json::Value = serde_json::from_str(&schema().unwrap()).unwrap();
        assert_eq!(schema["additionalProperties"], false);
        assert!(schema["properties"]["min-severity"].is_object(), "{schema}");
        let names = schema["properties"]["lints"]["propertyNames"]["enum"].as_array().unwrap();
        assert!(names.contains(&"sql-injection".into()) && names.contains(&"injection".into()));
    }
}
