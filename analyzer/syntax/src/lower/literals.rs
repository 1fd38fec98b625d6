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
        let written = || Symbol::new(self.slice(span));
        match lit {
            Lit::Str(_) | Lit::CStr(_) => Literal::Str(Symbol::new(&Cooked::new(self.slice(span), 0).text)),
            Lit::ByteStr(bytes) => Literal::ByteStr(Symbol::new(&String::from_utf8_lossy(&bytes.value()))),
            Lit::Char(character) => Literal::Char(character.value()),
            Lit::Float(_) => Literal::Float(written()),
            Lit::Bool(value) => Literal::Bool(value.value),
            _ => Literal::Int(written()),
        }
    }
}

/// The value of a string literal, with the place of each of its bytes in the file.
pub(super) struct Cooked<'t> {
    /// The value.
    pub(super) text: Cow<'t, str>,
    /// Where the value would begin if every byte stood for itself.
    base: u32,
    /// The place of each byte and of the end; empty if every byte stands for itself.
    places: Vec<u32>,
}

impl<'t> Cooked<'t> {
    /// Reads a string literal (`"..."`, `r#"..."#`, `b`/`c` prefixed) that stands at byte `start` of the file.
    pub(super) fn new(source: &'t str, start: u32) -> Self {
        let prefix = source.find('"').unwrap_or(0);
        let raw = source[..prefix].contains('r');
        let hashes = source[..prefix].bytes().filter(|byte| *byte == b'#').count();
        let body = source.get(prefix + 1..).unwrap_or_default();
        let end = body.rfind('"').unwrap_or(body.len());
        debug_assert!(!raw || body.len() >= end + hashes, "a raw string ends in its hashes");
        let (body, base) = (&body[..end], start + prefix as u32 + 1);
        let plain = !body.contains('\r') && (raw || !body.contains('\\'));
        if plain {
            return Self { text: Cow::Borrowed(body), base, places: Vec::new() };
        }
        let mut cooking = Cooking { text: String::with_capacity(body.len()), places: Vec::new() };
        cooking.run(body, base, raw);
        cooking.places.push(base + body.len() as u32);
        Self { text: Cow::Owned(cooking.text), base, places: cooking.places }
    }

    /// A literal that prints as it is written.
    pub(super) fn verbatim(source: &'t str, start: u32) -> Self {
        Self { text: Cow::Borrowed(source), base: start, places: Vec::new() }
    }

    /// Reads a character literal.
    pub(super) fn new_char(source: &str, start: u32) -> Self {
        let body = source.get(1..source.len().saturating_sub(1)).unwrap_or_default();
        let mut cooking = Cooking { text: String::new(), places: Vec::new() };
        cooking.run(body, start + 1, false);
        cooking.places.push(start + 1 + body.len() as u32);
        Self { text: Cow::Owned(cooking.text), base: start, places: cooking.places }
    }

    /// Several literals in a row, as `concat!` makes one of them.
    pub(super) fn concat(parts: &[Cooked<'_>]) -> Cooked<'t> {
        let mut text = String::new();
        let mut places = Vec::new();
        for part in parts {
            text.push_str(&part.text);
            places.extend((0..part.text.len()).map(|at| part.place(at)));
        }
        let end = parts.last().map_or(0, |part| part.place(part.text.len()));
        places.push(end);
        Cooked { text: Cow::Owned(text), base: 0, places }
    }

    /// The place in the file of a byte of the value, or of its end.
    pub(super) fn place(&self, at: usize) -> u32 {
        if self.places.is_empty() {
            return self.base + at as u32;
        }
        self.places.get(at).or(self.places.last()).copied().unwrap_or(self.base)
    }

    /// The place of a range of the value. It ends where the last byte's source ends, before any line
    /// continuation that follows.
    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.place(start), self.place(end).max(self.place(start)))
    }
}

struct Cooking {
    text: String,
    places: Vec<u32>,
}

impl Cooking {
    fn run(&mut self, body: &str, base: u32, raw: bool) {
        let mut at = 0;
        while let Some(character) = body[at..].chars().next() {
            let rest = &body[at + character.len_utf8()..];
            let place = base + at as u32;
            at += match character {
                '\r' if rest.starts_with('\n') => 1,
                '\\' if !raw => 1 + self.escape(rest, place),
                _ => {
                    self.push(character, place);
                    character.len_utf8()
                }
            };
        }
    }

    fn push(&mut self, character: char, place: u32) {
        self.places.extend(std::iter::repeat_n(place, character.len_utf8()));
        self.text.push(character);
    }

    /// Reads what follows a backslash and returns how many bytes it took.
    fn escape(&mut self, rest: &str, place: u32) -> usize {
        let Some(kind) = rest.chars().next() else { return 0 };
        let character = match kind {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            '0' => '\0',
            'x' => {
                let code = rest.get(1..3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
                self.push(code.map_or(char::REPLACEMENT_CHARACTER, char::from), place);
                return rest.len().min(3);
            }
            'u' => {
                let end = rest.find('}').unwrap_or(rest.len() - 1);
                let digits = rest.get(2..end).unwrap_or_default().replace('_', "");
                let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                self.push(code.unwrap_or(char::REPLACEMENT_CHARACTER), place);
                return end + 1;
            }
            '\n' | '\r' => return rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len(),
            other => other,
        };
        self.push(character, place);
        kind.len_utf8()
    }
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
        let place = |needle: &str| cooked.place(cooked.text.find(needle).unwrap()) as usize - 10;
        assert_eq!(place("a"), 1);
        assert_eq!(place("\t"), 2);
        assert_eq!(&source[place("b")..=place("b")], "b");
        assert_eq!(&source[place("c")..=place("c")], "c");
        let all = cooked.span(0, cooked.text.len());
        assert_eq!(&source[all.start as usize - 10..all.end as usize - 10], r"a\tb\u{e9}c");
    }

    #[test]
    fn broken_escapes_do_not_panic() {
        for source in [r#""\u{zz}""#, r#""\u""#, r#""\x""#, r#""\x9""#, "\"\\", "\"", "", r#""\u{110000}""#] {
            let cooked = Cooked::new(source, 0);
            assert!(cooked.place(cooked.text.len()) as usize <= source.len() + 1);
        }
    }
}
