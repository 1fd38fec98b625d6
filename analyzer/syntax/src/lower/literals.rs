//! Literals, and how bytes of their source relate to bytes of their value.

use std::borrow::Cow;

use syn::Lit;

use super::Lowerer;
use crate::{Literal, Span, Symbol};

impl Lowerer<'_> {
    /// A literal and its span.
    pub(super) fn literal(&self, lit: &Lit) -> (Literal, Span) {
        let span = self.spans.span(lit.span());
        (self.literal_at(lit, span), span)
    }

    fn literal_at(&self, lit: &Lit, span: Span) -> Literal {
        let written = || Symbol::new(self.written_at(lit, span));
        match lit {
            Lit::Str(_) | Lit::CStr(_) => {
                Literal::Str(Symbol::new(&Cooked::new(self.written_at(lit, span), 0).text))
            }
            Lit::ByteStr(bytes) => Literal::ByteStr(Symbol::new(&String::from_utf8_lossy(&bytes.value()))),
            Lit::Char(character) => Literal::Char(character.value()),
            Lit::Float(_) => Literal::Float(written()),
            Lit::Bool(value) => Literal::Bool(value.value),
            _ => Literal::Int(written()),
        }
    }
}

impl<'t> Lowerer<'t> {
    /// A literal as it is written.
    pub(super) fn written(&self, lit: &Lit) -> &'t str {
        self.written_at(lit, self.spans.span(lit.span()))
    }

    fn written_at(&self, lit: &Lit, span: Span) -> &'t str {
        if self.expanding == 0 {
            return self.slice(span);
        }
        // What a macro brings along does not stand in the file.
        let token = match lit {
            Lit::Str(lit) => lit.token(),
            Lit::ByteStr(lit) => lit.token(),
            Lit::CStr(lit) => lit.token(),
            Lit::Byte(lit) => lit.token(),
            Lit::Char(lit) => lit.token(),
            Lit::Int(lit) => lit.token(),
            Lit::Float(lit) => lit.token(),
            Lit::Bool(lit) => return if lit.value { "true" } else { "false" },
            Lit::Verbatim(lit) => lit.clone(),
            _ => return self.slice(span),
        };
        Symbol::new(&token.to_string()).as_str()
    }

    /// A literal token as it is written.
    pub(super) fn written_literal(&self, literal: &proc_macro2::Literal) -> &'t str {
        if self.expanding == 0 {
            return self.slice(self.spans.span(literal.span()));
        }
        Symbol::new(&literal.to_string()).as_str()
    }
}

/// The value of a string literal, with the place of each of its bytes in the file.
pub(super) struct Cooked<'t> {
    /// The value.
    pub(super) text: Cow<'t, str>,
    /// Where the value would begin if every byte stood for itself.
    base: u32,
    /// What each byte was written as; empty if every byte stands for itself.
    places: Vec<Span>,
}

impl<'t> Cooked<'t> {
    /// Reads a string literal (`"..."`, `r#"..."#`, `b`/`c` prefixed) that stands at byte `start` of the file.
    pub(super) fn new(source: &'t str, start: u32) -> Self {
        let prefix = source.find('"').unwrap_or(0);
        let raw = source[..prefix].contains('r');
        let body = source.get(prefix + 1..).unwrap_or_default();
        let end = body.rfind('"').unwrap_or(body.len());
        let (body, base) = (&body[..end], start + prefix as u32 + 1);
        if !body.contains('\r') && (raw || !body.contains('\\')) {
            return Self { text: Cow::Borrowed(body), base, places: Vec::new() };
        }
        Self::cook(body, base, raw)
    }

    /// A literal that prints as it is written.
    pub(super) fn verbatim(source: &'t str, start: u32) -> Self {
        Self { text: Cow::Borrowed(source), base: start, places: Vec::new() }
    }

    /// The same value, all of which stands at `place`.
    pub(super) fn at(self, place: Span) -> Self {
        let places = vec![place; self.text.len().max(1)];
        Self { base: place.start, places, ..self }
    }

    /// Reads a character literal.
    pub(super) fn new_char(source: &str, start: u32) -> Self {
        let body = source.get(1..source.len().saturating_sub(1)).unwrap_or_default();
        Self::cook(body, start + 1, false)
    }

    fn cook(body: &str, base: u32, raw: bool) -> Self {
        let mut cooking = Cooking { text: String::with_capacity(body.len()), places: Vec::new() };
        cooking.run(body, base, raw);
        Self { text: Cow::Owned(cooking.text), base, places: cooking.places }
    }

    /// Several literals in a row, as `concat!` makes one of them.
    pub(super) fn concat(parts: &[Cooked<'_>]) -> Cooked<'t> {
        let mut text = String::new();
        let mut places = Vec::new();
        for part in parts {
            text.push_str(&part.text);
            places.extend((0..part.text.len()).map(|at| part.span(at, at + 1)));
        }
        Cooked { text: Cow::Owned(text), base: parts.first().map_or(0, |part| part.base), places }
    }

    /// What a range of the value was written as.
    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        let places = self.places.get(start..end).unwrap_or_default();
        match (places.first(), places.last()) {
            (Some(first), Some(last)) => Span::new(first.start, last.end.max(first.start)),
            _ if self.places.is_empty() => Span::new(self.base + start as u32, self.base + end as u32),
            _ => Span::new(self.base, self.base),
        }
    }
}

struct Cooking {
    text: String,
    places: Vec<Span>,
}

impl Cooking {
    fn run(&mut self, body: &str, base: u32, raw: bool) {
        let mut at = 0;
        while let Some(character) = body[at..].chars().next() {
            let rest = &body[at + character.len_utf8()..];
            let (value, length) = match character {
                '\r' if rest.starts_with('\n') => (None, 1),
                '\\' if !raw => {
                    let (value, length) = escape(rest);
                    (value, 1 + length)
                }
                _ => (Some(character), character.len_utf8()),
            };
            if let Some(value) = value {
                let place = Span::new(base + at as u32, base + (at + length) as u32);
                self.places.extend(std::iter::repeat_n(place, value.len_utf8()));
                self.text.push(value);
            }
            at += length;
        }
    }
}

/// What an escape stands for, given what follows its backslash, and how many bytes it takes.
fn escape(rest: &str) -> (Option<char>, usize) {
    let Some(kind) = rest.chars().next() else { return (None, 0) };
    let value = match kind {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        '0' => '\0',
        'x' => {
            let Some(digits) = rest.get(1..3) else { return (Some(char::REPLACEMENT_CHARACTER), 1) };
            let code = u8::from_str_radix(digits, 16);
            return (Some(code.map_or(char::REPLACEMENT_CHARACTER, char::from)), 3);
        }
        'u' => {
            let Some(end) = rest.find('}') else { return (Some(char::REPLACEMENT_CHARACTER), 1) };
            let digits = rest.get(2..end).unwrap_or_default().replace('_', "");
            let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
            return (Some(code.unwrap_or(char::REPLACEMENT_CHARACTER)), end + 1);
        }
        '\n' | '\r' => return (None, rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len()),
        other => other,
    };
    (Some(value), kind.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::Cooked;

    fn check(source: &str, value: &str) {
        let cooked = Cooked::new(source, 0);
        assert_eq!(cooked.text, value, "{source}");
    }

    #[test]
    fn values() {
        check(r#""plain""#, "plain");
        check(r#""a\n\t\\\"\'\x41\u{1F_980}\0""#, "a\n\t\\\"'A🦀\0");
        check("\"a\\\n    b\"", "ab");
        check("\"a\\\r\n    b\r\nc\"", "ab\nc");
        check(r##"r#"a\n"b"#"##, "a\\n\"b");
        check("b\"x\"", "x");
        check("c\"x\"", "x");
    }

    #[test]
    fn places_point_into_the_source() {
        let source = r#""a\tb\u{e9}c""#;
        let cooked = Cooked::new(source, 10);
        let written = |start, end| {
            let span = cooked.span(start, end);
            &source[span.start as usize - 10..span.end as usize - 10]
        };
        assert_eq!(cooked.text, "a\tb\u{e9}c");
        assert_eq!(written(0, 1), "a");
        assert_eq!(written(1, 2), r"\t");
        assert_eq!(written(2, 3), "b");
        assert_eq!(written(3, 5), r"\u{e9}");
        assert_eq!(written(0, 6), r"a\tb\u{e9}c");
        assert_eq!(cooked.span(6, 6).start, 11);
    }

    #[test]
    fn broken_escapes_do_not_panic() {
        for source in [r#""\u{zz}""#, r#""\u""#, r#""\x""#, r#""\x9""#, "\"\\", "\"", "", r#""\u{110000}""#] {
            let cooked = Cooked::new(source, 0);
            assert!(cooked.span(0, cooked.text.len()).end as usize <= source.len() + 1);
        }
    }
}
