//! `#[instrument]`: the parameters of a function are recorded with its span, unless they are skipped.

use ward_diagnostics::Confidence;
use ward_linter::LintContext;
use ward_semantics::DefId;
use ward_syntax::{FileSpan, Pat};

use super::Evidence;
use super::printed::{self, Printed};
use crate::secrets::is_about_access;

/// The secrets among the parameters that are recorded.
pub(super) fn recorded(cx: &LintContext, function: DefId) -> Vec<Evidence> {
    let semantics = cx.semantics();
    let item = semantics.item(function);
    let Some(attribute) = item.attribute("instrument") else { return Vec::new() };
    let args = attribute.args.as_str();
    if args.contains("skip_all") {
        return Vec::new();
    }
    let (Some(head), Some(signature)) = (item.as_fn(), semantics.signature(function)) else {
        return Vec::new();
    };
    let (file, _) = semantics.locate(function);
    let ir = semantics.ir(file);
    let skipped = skipped(args);
    let is_traced = is_traced(args);
    let mut found = Vec::new();
    for (param, ty) in head.params.iter().zip(&signature.params) {
        let Pat::Bind { local, .. } = ir.pat(param.pat) else { continue };
        let name = ir.local(local).name.as_str();
        if skipped.contains(&name) {
            continue;
        }
        let by_name = printed::of_name(name, *ty, || is_about_access(cx, function))
            .map(|confidence| (Printed::Secret { name: name.to_owned() }, confidence));
        let by_type = || Some((printed::of_type(cx, *ty, printed::DEEPEST)?, Confidence::Medium));
        if let Some((printed, confidence)) = by_name.or_else(by_type) {
            let confidence = if is_traced { Confidence::Low } else { confidence };
            let place = FileSpan { file, span: ir.pat_span(param.pat) };
            found.push(Evidence { place, line: place, function, printed, confidence });
        }
    }
    found
}

/// Whether it is recorded at the lowest level alone, which is for developers: `level = "trace"`.
fn is_traced(args: &str) -> bool {
    let level = args.split_once("level").and_then(|(_, rest)| rest.trim_start().strip_prefix('='));
    level.is_some_and(|level| level.trim_start().trim_start_matches('"').to_lowercase().starts_with("trace"))
}

/// The names in `skip(a, b)`.
fn skipped(args: &str) -> Vec<&str> {
    let Some((_, rest)) = args.split_once("skip(").or_else(|| args.split_once("skip (")) else {
        return Vec::new();
    };
    rest.split(')').next().unwrap_or_default().split(',').map(str::trim).collect()
}

#[cfg(test)]
mod tests {
    use super::{is_traced, skipped};

    #[test]
    fn levels_are_read() {
        assert!(is_traced(r#"skip(self), level = "trace""#));
        assert!(!is_traced("err(level = \"warn\")"));
        assert!(!is_traced("name = \"trace\""));
    }

    #[test]
    fn names_are_skipped_in_a_list() {
        assert_eq!(skipped(r#"name = "x", skip(self, password), err"#), ["self", "password"]);
        assert!(skipped("level = \"debug\"").is_empty());
    }
}
