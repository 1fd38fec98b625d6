//! Where an item ends, and which attributes mark test code, by tokens alone.

use super::tokens::{Kind, Scanner, Token};
use crate::lower::attributes::marks_test;

/// An attribute, with its brackets.
pub(super) struct ScannedAttribute {
    /// Where it ends.
    pub(super) end: usize,
    /// It marks test code.
    pub(super) is_test: bool,
    /// `#![..]`
    pub(super) is_inner: bool,
}

/// The attribute whose `#` has just been scanned.
pub(super) fn attribute(text: &str, scanner: &Scanner<'_>) -> Option<ScannedAttribute> {
    let mut inner = scanner.clone();
    let mut first = inner.next()?;
    let is_inner = first.kind == Kind::Punct(b'!');
    if is_inner {
        first = inner.next()?;
    }
    if first.kind != Kind::Open(b'[') {
        return None;
    }
    let end = closing(&mut inner)?;
    let body = text.get(first.end..end - 1)?.trim();
    Some(ScannedAttribute { end, is_test: is_test(body), is_inner })
}

/// Whether an attribute, written without its brackets, marks test code.
fn is_test(body: &str) -> bool {
    let path_end = body.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(body.len());
    let args = body[path_end..].trim();
    let args = args.strip_prefix('(').and_then(|args| args.strip_suffix(')')).unwrap_or(args);
    marks_test(&body[..path_end], args)
}

/// Moves behind the group that has just been opened.
fn closing(scanner: &mut Scanner<'_>) -> Option<usize> {
    let mut depth = 1usize;
    for token in scanner.by_ref() {
        match token.kind {
            Kind::Open(_) => depth += 1,
            Kind::Close(_) => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(token.end);
        }
    }
    None
}

/// The delimiters that are open. One that closes takes with it what was left open inside.
#[derive(Default)]
pub(in crate::lower) struct Delimiters(Vec<u8>);

impl Delimiters {
    pub(in crate::lower) fn open(&mut self, byte: u8) {
        self.0.push(byte);
    }

    /// Closes the last one that `byte` matches; false if there is none.
    pub(in crate::lower) fn close(&mut self, byte: u8) -> bool {
        let open = match byte {
            b')' => b'(',
            b']' => b'[',
            _ => b'{',
        };
        let matching = self.0.iter().rposition(|other| *other == open);
        if let Some(matching) = matching {
            self.0.truncate(matching);
        }
        matching.is_some()
    }

    pub(in crate::lower) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// How an item ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// With a semicolon only.
    Semicolon,
    /// With a semicolon or the brace that closes its body.
    Brace,
}

/// Where the item ends that begins at `at`, more attributes included; `None` where what follows is no item.
pub(in crate::lower) fn item_end(text: &str, at: usize) -> Option<usize> {
    let mut scanner = Scanner::new(text, at);
    let ending = item_ending(text, &mut scanner)?;
    let mut delimiters = Delimiters::default();
    while let Some(token) = scanner.next_mark() {
        match token.kind {
            Kind::Open(byte) => delimiters.open(byte),
            Kind::Close(byte) => {
                if !delimiters.close(byte) {
                    return None;
                }
                if delimiters.is_empty() && byte == b'}' && ending == Ending::Brace {
                    return Some(token.end);
                }
            }
            Kind::Punct(b';') if delimiters.is_empty() => return Some(token.end),
            _ => {}
        }
    }
    None
}

/// Whether a token is the first of an item.
pub(super) fn begins_item(text: &str, token: Token) -> bool {
    match token.kind {
        Kind::Punct(byte) => byte == b'#',
        Kind::Word => matches!(
            &text[token.start..token.end],
            "pub"
                | "fn"
                | "struct"
                | "enum"
                | "impl"
                | "mod"
                | "use"
                | "const"
                | "static"
                | "trait"
                | "type"
                | "async"
                | "unsafe"
                | "extern"
                | "macro_rules"
        ),
        _ => false,
    }
}

/// Reads an item's attributes and modifiers up to the keyword that says what it is.
fn item_ending(text: &str, scanner: &mut Scanner<'_>) -> Option<Ending> {
    loop {
        let token = scanner.next()?;
        match token.kind {
            Kind::Doc | Kind::Literal => {}
            Kind::Punct(b'#') => {
                if scanner.next()?.kind != Kind::Open(b'[') {
                    return None;
                }
                closing(scanner)?;
            }
            Kind::Word => match &text[token.start..token.end] {
                "pub" | "async" | "unsafe" | "default" | "auto" | "safe" | "crate" => {
                    let mut ahead = scanner.clone();
                    if ahead.next()?.kind == Kind::Open(b'(') {
                        closing(&mut ahead)?;
                        *scanner = ahead;
                    }
                }
                // `extern crate x;`, `extern "C" { }`, `extern "C" fn f() { }`
                "extern" | "fn" | "mod" | "struct" | "enum" | "union" | "trait" | "impl" | "macro_rules" => {
                    return Some(Ending::Brace);
                }
                "use" | "static" | "type" => return Some(Ending::Semicolon),
                "const" => {
                    let next = scanner.clone().next()?;
                    let is_fn = matches!(&text[next.start..next.end], "fn" | "unsafe" | "async" | "extern");
                    return Some(if is_fn { Ending::Brace } else { Ending::Semicolon });
                }
                _ => return None,
            },
            _ => return None,
        }
    }
}
