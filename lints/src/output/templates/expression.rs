//! What stands between the delimiters of a hole: a value, and the filters it goes through.

use super::{Escaping, Printed};

/// Filters that switch escaping off.
const SAFE: &[&str] = &["safe"];
/// Filters that leave no markup: they escape, or make numbers and names.
const CLEAN: &[&str] = &[
    "abs",
    "count",
    "date",
    "e",
    "escape",
    "escape_xml",
    "filesizeformat",
    "float",
    "force_escape",
    "int",
    "json",
    "json_encode",
    "len",
    "length",
    "round",
    "slugify",
    "tojson",
    "urlencode",
    "urlencode_strict",
    "wordcount",
];
/// Filters that leave markup as it is.
const PLAIN: &[&str] = &[
    "as_ref",
    "as_str",
    "capitalize",
    "center",
    "clone",
    "default",
    "first",
    "fmt",
    "format",
    "indent",
    "join",
    "last",
    "lower",
    "lowercase",
    "replace",
    "reverse",
    "string",
    "title",
    "to_string",
    "trim",
    "truncate",
    "upper",
    "uppercase",
];
/// Methods that give the same text.
const SAME: &[&str] = &[
    "as_deref",
    "as_ref",
    "as_str",
    "borrow",
    "clone",
    "iter",
    "to_owned",
    "to_string",
    "trim",
    "unwrap",
    "unwrap_or_default",
];

/// The value at the start of an expression, as a path; `None` if it is a literal, a call, or something put together.
pub(super) fn path_of(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches(['&', '*', '(']).trim_start();
    let mut path = String::new();
    let mut rest = text;
    loop {
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        if name.is_empty() || (path.is_empty() && name.starts_with(|c: char| c.is_ascii_digit())) {
            return None;
        }
        if after.starts_with('(') {
            // `name.as_str()` is `name`; what other calls make is not known.
            let is_same = !path.is_empty() && SAME.contains(&name);
            return is_same.then_some(path);
        }
        if after.starts_with("::") {
            return None;
        }
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(name);
        match after.strip_prefix(['.', '/']) {
            Some(next) if next.starts_with(|c: char| c.is_alphanumeric() || c == '_') => rest = next,
            _ => break,
        }
    }
    (!matches!(path.as_str(), "true" | "false" | "super" | "loop" | "caller")).then_some(path)
}

/// The names of the filters behind a value, in order.
fn filters(text: &str) -> impl Iterator<Item = &str> {
    let mut quote: Option<char> = None;
    let parts = text.split(move |c: char| {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            _ => {}
        }
        quote.is_none() && c == '|'
    });
    parts.skip(1).map(|part| {
        let part = part.trim();
        let end = part.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(part.len());
        &part[..end]
    })
}

/// What is printed of an expression.
pub(super) fn printed(text: &str, escaping: Escaping) -> Printed {
    let mut is_safe = escaping == Escaping::Off;
    let (mut is_known, mut is_clean) = (true, false);
    for filter in filters(text) {
        is_safe |= SAFE.contains(&filter);
        is_clean |= CLEAN.contains(&filter);
        is_known &= [SAFE, CLEAN, PLAIN].iter().any(|list| list.contains(&filter));
    }
    match (is_safe, is_clean) {
        (true, false) if is_known => Printed::Raw,
        (true, false) => Printed::Filtered,
        _ => Printed::Escaped,
    }
}
