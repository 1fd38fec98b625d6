//! Attributes as text, and which of them mark test code.

use syn::{AttrStyle, Meta};

use super::Lowerer;
use crate::{Attribute, Span, Symbol};

/// Whether the attribute `path(args)` makes its item test code.
pub(super) fn marks_test(path: &str, args: &str) -> bool {
    let last = path.rsplit(':').next().unwrap_or_default().trim();
    match last {
        "test" | "rstest" | "test_case" | "bench" | "quickcheck" | "test_log" | "wasm_bindgen_test" => true,
        "cfg" => requires_test(args),
        _ => false,
    }
}

/// Whether a `cfg` predicate holds only under test: `test`, a feature for tests, `all(..)` with such a part, or `any(..)` of
/// nothing else.
fn requires_test(predicate: &str) -> bool {
    let predicate = predicate.trim();
    if predicate == "test" || is_test_feature(predicate) {
        return true;
    }
    let inner = |name: &str| {
        let rest = predicate.strip_prefix(name)?.trim_start().strip_prefix('(')?;
        rest.trim_end().strip_suffix(')')
    };
    let mut any = inner("any").into_iter().flat_map(split_commas).peekable();
    inner("all").is_some_and(|inner| split_commas(inner).any(requires_test_part))
        || any.peek().is_some() && any.all(requires_test_part)
}

/// Whether a predicate asks for a feature that is there for tests: `feature = "test-utils"`.
fn is_test_feature(predicate: &str) -> bool {
    let value = predicate.strip_prefix("feature").and_then(|rest| rest.trim_start().strip_prefix('='));
    let name = value.map(|value| value.trim().trim_matches('"'));
    name.is_some_and(|name| matches!(name, "test" | "tests" | "testing" | "test-utils" | "test_utils"))
}

fn requires_test_part((_, part): (usize, &str)) -> bool {
    part.trim().is_empty() || requires_test(part)
}

/// Whether the conditions of two things are such that one is compiled where the other is not: `cfg(a)`, `cfg(not(a))`.
pub(super) fn exclude(one: &[Attribute], other: &[Attribute]) -> bool {
    let predicates = |attributes: &[Attribute]| {
        let of_cfg = attributes.iter().filter(|attribute| attribute.path.as_str() == "cfg");
        of_cfg.map(|attribute| attribute.args.as_str().trim()).collect::<Vec<_>>()
    };
    let negates = |a: &str, b: &str| {
        let inner = a.strip_prefix("not").map(str::trim_start).and_then(|rest| rest.strip_prefix('('));
        inner.and_then(|rest| rest.strip_suffix(')')).is_some_and(|inner| inner.trim() == b)
    };
    let others = predicates(other);
    predicates(one).into_iter().any(|a| others.iter().any(|b| negates(a, b) || negates(b, a)))
}

/// The parts of `text` between commas outside delimiters and strings, with their offsets.
fn split_commas(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let rest = text.get(start..)?;
        let end = part_end(rest);
        let part = (start, &rest[..end]);
        start += end + 1;
        Some(part)
    })
}

/// Where the first part of `text` ends.
fn part_end(text: &str) -> usize {
    let mut depth = 0i32;
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            b',' if depth <= 0 => return at,
            b'"' => {
                while let Some((_, byte)) = bytes.next() {
                    match byte {
                        b'\\' => drop(bytes.next()),
                        b'"' => break,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    text.len()
}

impl Lowerer<'_> {
    /// Outer and inner attributes without doc comments; what `cfg_attr` adds follows it.
    pub(super) fn attributes(&self, attributes: &[syn::Attribute]) -> Vec<Attribute> {
        let mut lowered = Vec::new();
        for attribute in attributes {
            self.attribute(attribute, &mut lowered);
        }
        lowered
    }

    fn attribute(&self, attribute: &syn::Attribute, lowered: &mut Vec<Attribute>) {
        if attribute.path().is_ident("doc") {
            return;
        }
        let close = self.spans.close(attribute.bracket_token.span);
        let span = Span::new(self.spans.start(attribute.pound_token.spans[0]), close);
        let args = match &attribute.meta {
            Meta::Path(_) => Span::new(close, close),
            Meta::List(list) => {
                let outer = self.spans.delimited(*list.delimiter.span());
                Span::new(outer.start + 1, outer.end.saturating_sub(1))
            }
            Meta::NameValue(value) => {
                let start = self.spans.end(value.eq_token.spans[0]);
                self.trimmed(Span::new(start, close.saturating_sub(1)))
            }
        };
        let path = self.joined(attribute.path());
        let text = match &attribute.meta {
            Meta::List(list) if self.expanding > 0 => Symbol::new(&list.tokens.to_string()).as_str(),
            Meta::NameValue(value) if self.expanding > 0 => match &value.value {
                syn::Expr::Lit(literal) => self.written(&literal.lit),
                _ => "",
            },
            _ => self.slice(args),
        };
        lowered.push(Attribute { path, args: Symbol::new(text), span, args_start: args.start });
        if path.as_str() == "cfg_attr" {
            conditional(text, args.start, lowered);
        }
    }

    fn trimmed(&self, span: Span) -> Span {
        let text = self.slice(span);
        let start = span.start + (text.len() - text.trim_start().len()) as u32;
        Span::new(start, start + text.trim().len() as u32)
    }

    /// A path's names joined with `::`.
    pub(super) fn joined(&self, path: &syn::Path) -> Symbol {
        if let Some(name) = path.get_ident() {
            return self.name(name);
        }
        let mut text = String::new();
        for segment in &path.segments {
            if !text.is_empty() {
                text.push_str("::");
            }
            text.push_str(self.name(&segment.ident).as_str());
        }
        Symbol::new(&text)
    }

    /// Where an item begins: at its first attribute that is no doc comment, else at `start`.
    pub(super) fn outer_start(&self, attributes: &[syn::Attribute], start: u32) -> u32 {
        let mut outer = attributes.iter().filter(|attribute| {
            matches!(attribute.style, AttrStyle::Outer) && !attribute.path().is_ident("doc")
        });
        outer.next().map_or(start, |first| self.spans.start(first.pound_token.spans[0]))
    }
}

/// The attributes that `cfg_attr(predicate, ..)` adds, read from its text at byte `base` of the file.
fn conditional(args: &str, base: u32, lowered: &mut Vec<Attribute>) {
    for (at, part) in split_commas(args).skip(1) {
        let trimmed = part.trim();
        if trimmed.is_empty() {
            continue;
        }
        let start = at + (part.len() - part.trim_start().len());
        let name =
            trimmed.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(trimmed.len());
        let rest = trimmed[name..].trim_start();
        let inner = match rest.bytes().next() {
            Some(b'(' | b'[' | b'{') => rest.get(1..rest.len() - 1).unwrap_or_default(),
            Some(b'=') => rest[1..].trim_start(),
            _ => "",
        };
        let inner_at = if inner.is_empty() { trimmed.len() } else { offset_in(trimmed, inner) };
        let place = |offset: usize| base + (start + offset) as u32;
        lowered.push(Attribute {
            path: Symbol::new(&trimmed[..name]),
            args: Symbol::new(inner),
            span: Span::new(place(0), place(trimmed.len())),
            args_start: place(inner_at),
        });
        if &trimmed[..name] == "cfg_attr" {
            conditional(inner, place(inner_at), lowered);
        }
    }
}

/// Where `part`, a slice of `whole`, begins in it.
fn offset_in(whole: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize)
}

#[cfg(test)]
mod tests {
    use super::{conditional, marks_test};

    #[test]
    fn test_markers() {
        for (path, args) in [
            ("test", ""),
            ("tokio::test", "flavor = \"multi_thread\""),
            ("sqlx::test", ""),
            ("rstest", ""),
            ("cfg", "test"),
            ("cfg", "all(unix, test)"),
            ("cfg", "all(unix, all(test, feature = \"a,b\"))"),
            ("cfg", "feature = \"test-utils\""),
            ("cfg", "any(test, feature = \"testing\")"),
        ] {
            assert!(marks_test(path, args), "{path}({args})");
        }
        for (path, args) in [
            ("cfg", "not(test)"),
            ("cfg", "any(test, unix)"),
            ("cfg", "feature = \"latest\""),
            ("get", "test"),
        ] {
            assert!(!marks_test(path, args), "{path}({args})");
        }
    }

    #[test]
    fn conditional_attributes() {
        let args = r#"feature = "a,b", derive(A, B), path = "x.rs", cfg_attr(b, inline)"#;
        let mut lowered = Vec::new();
        conditional(args, 100, &mut lowered);
        let seen: Vec<_> = lowered.iter().map(|one| (one.path.as_str(), one.args.as_str())).collect();
        assert_eq!(
            seen,
            [("derive", "A, B"), ("path", "\"x.rs\""), ("cfg_attr", "b, inline"), ("inline", "")]
        );
        for one in &lowered {
            let start = one.args_start as usize - 100;
            assert_eq!(&args[start..start + one.args.as_str().len()], one.args.as_str());
            assert!(args[one.span.start as usize - 100..].starts_with(one.path.as_str()));
        }
    }
}
