//! A scan over the bytes of a file before it is parsed: how deep it nests, and what need not be parsed.
//!
//! The parser, the walk over its tree and the tree's drop all recurse, and an overflowing stack aborts the
//! process. So the scan counts what can nest, generously, and a file beyond the limit is not parsed at all.
//! What it blanks becomes spaces, so that every offset stays what it was.

use super::TestCode;
use super::attributes::marks_test;

/// What one token is, as far as the scan cares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// An identifier, keyword or number.
    Word,
    /// A string, character or byte literal.
    Literal,
    /// `'a`
    Lifetime,
    /// `(`, `[`, `{`
    Open(u8),
    /// `)`, `]`, `}`
    Close(u8),
    /// Any other byte.
    Punct(u8),
    /// `///`, `//!`, `/** */`, `/*! */`
    Doc,
}

/// A token and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Splits Rust text into tokens without ever failing.
#[derive(Clone)]
pub(super) struct Scanner<'t> {
    bytes: &'t [u8],
    at: usize,
}

/// What a byte can begin.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Space,
    Word,
    Open,
    Close,
    Quote,
    Apostrophe,
    Slash,
    Punct,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Punct; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b' ' | b'\n' | b'\t' | b'\r' | 0x0b | 0x0c => Class::Space,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'0'..=b'9' | 0x80.. => Class::Word,
            b'(' | b'[' | b'{' => Class::Open,
            b')' | b']' | b'}' => Class::Close,
            b'"' => Class::Quote,
            b'\'' => Class::Apostrophe,
            b'/' => Class::Slash,
            _ => Class::Punct,
        };
        byte += 1;
    }
    classes
};

fn class(byte: u8) -> Class {
    CLASSES[usize::from(byte)]
}

fn is_word(byte: u8) -> bool {
    class(byte) == Class::Word
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str, at: usize) -> Self {
        Self { bytes: text.as_bytes(), at }
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// Moves to the first byte from `from` on that `stop` accepts, or the end.
    fn skip_to(&mut self, from: usize, stop: impl Fn(u8) -> bool) {
        let rest = self.bytes.get(from..).unwrap_or_default();
        self.at = from.min(self.bytes.len()) + rest.iter().position(|byte| stop(*byte)).unwrap_or(rest.len());
    }

    fn skip_line(&mut self) {
        self.skip_to(self.at, |byte| byte == b'\n');
    }

    /// Moves behind a block comment, nested ones included.
    fn skip_block_comment(&mut self) {
        let mut depth = 0usize;
        while self.at < self.bytes.len() {
            match (self.bytes[self.at], self.peek(1)) {
                (b'/', b'*') => depth += 1,
                (b'*', b'/') => depth -= 1,
                _ => {
                    self.at += 1;
                    continue;
                }
            }
            self.at += 2;
            if depth == 0 {
                break;
            }
        }
        self.at = self.at.min(self.bytes.len());
    }

    /// Moves behind a literal that ends in `quote`, from inside it.
    fn skip_quoted(&mut self, quote: u8) {
        while self.at < self.bytes.len() {
            self.skip_to(self.at, |byte| byte == quote || byte == b'\\');
            if self.peek(0) == quote {
                self.at += 1;
                return;
            }
            self.at += 2;
        }
        self.at = self.bytes.len();
    }

    /// Moves behind `#"..."#` with its hashes, if that is what stands here.
    fn skip_raw(&mut self) -> bool {
        let hashes = self.bytes[self.at..].iter().take_while(|byte| **byte == b'#').count();
        if self.peek(hashes) != b'"' {
            return false;
        }
        self.at += hashes + 1;
        while self.at < self.bytes.len() {
            self.skip_to(self.at, |byte| byte == b'"');
            let rest = self.bytes.get(self.at + 1..).unwrap_or_default();
            if rest.len() >= hashes && rest[..hashes].iter().all(|byte| *byte == b'#') {
                self.at = (self.at + 1 + hashes).min(self.bytes.len());
                return true;
            }
            self.at += 1;
        }
        self.at = self.bytes.len();
        true
    }

    /// `'a'`, `'\n'` or `'a`, from the apostrophe on.
    fn apostrophe(&mut self) -> Kind {
        let next = self.peek(1);
        if next == b'\\' {
            self.at += 1;
            self.skip_quoted(b'\'');
            return Kind::Literal;
        }
        let width = match next {
            0..0x80 => 1,
            0x80..0xe0 => 2,
            0xe0..0xf0 => 3,
            _ => 4,
        };
        if self.peek(1 + width) == b'\'' {
            self.at += width + 2;
            return Kind::Literal;
        }
        self.skip_to(self.at + 1, |byte| !is_word(byte));
        Kind::Lifetime
    }

    fn word(&mut self, start: usize) -> Kind {
        self.skip_to(self.at, |byte| !is_word(byte));
        let next = self.peek(0);
        if !matches!(next, b'"' | b'\'' | b'#') || self.at - start > 2 {
            return Kind::Word;
        }
        match (&self.bytes[start..self.at], next) {
            (b"r" | b"br" | b"cr", b'"' | b'#') if self.skip_raw() => Kind::Literal,
            (b"b" | b"c", b'"') => {
                self.at += 1;
                self.skip_quoted(b'"');
                Kind::Literal
            }
            (b"b", b'\'') => self.apostrophe(),
            (b"r", b'#') => {
                self.skip_to(self.at + 1, |byte| !is_word(byte));
                Kind::Word
            }
            _ => Kind::Word,
        }
    }

    /// A comment from its slash on: whether it is documentation.
    fn comment(&mut self) -> bool {
        let (second, third, fourth) = (self.peek(1), self.peek(2), self.peek(3));
        if second == b'/' {
            self.skip_line();
            return third == b'!' || third == b'/' && fourth != b'/';
        }
        self.skip_block_comment();
        third == b'!' || third == b'*' && fourth != b'*' && fourth != b'/'
    }
}

impl Iterator for Scanner<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        loop {
            while self.bytes.get(self.at).is_some_and(|byte| class(*byte) == Class::Space) {
                self.at += 1;
            }
            let start = self.at;
            let byte = *self.bytes.get(start)?;
            let kind = match class(byte) {
                Class::Word => self.word(start),
                Class::Slash if matches!(self.peek(1), b'/' | b'*') => {
                    if !self.comment() {
                        continue;
                    }
                    Kind::Doc
                }
                Class::Quote => {
                    self.at += 1;
                    self.skip_quoted(b'"');
                    Kind::Literal
                }
                Class::Apostrophe => self.apostrophe(),
                Class::Open => {
                    self.at += 1;
                    Kind::Open(byte)
                }
                Class::Close => {
                    self.at += 1;
                    Kind::Close(byte)
                }
                _ => {
                    self.at += 1;
                    Kind::Punct(byte)
                }
            };
            return Some(Token { kind, start, end: self.at });
        }
    }
}

/// What the scan found.
pub(super) enum Scan {
    /// The nesting passes the limit at this byte.
    TooDeep(usize),
    /// The text to parse: comments and what else need not be parsed are spaces, and so are line breaks outside of
    /// strings, because proc-macro2 looks up every position in its table of lines.
    Text(String),
}

/// Scans `text` from byte `base` on.
pub(super) fn scan(text: &str, base: usize, tests: TestCode) -> Scan {
    let mut bytes = text.as_bytes().to_vec();
    let mut nesting = Nesting::default();
    // Where the attributes before the coming item began.
    let mut run = None;
    let mut scanner = Scanner::new(text, base);
    let mut end = base;
    while let Some(token) = scanner.next() {
        if token.start > end {
            bytes[end..token.start].fill(b' ');
        }
        end = token.end;
        match token.kind {
            Kind::Doc => {
                bytes[token.start..end].fill(b' ');
                continue;
            }
            Kind::Punct(b'#') if tests == TestCode::Trim => {
                if let Some(attribute) = attribute(text, &scanner) {
                    let start = *run.get_or_insert(token.start);
                    if attribute.is_test && attribute.is_inner && nesting.levels.is_empty() {
                        bytes[base..].fill(b' ');
                        break;
                    }
                    if attribute.is_test
                        && !attribute.is_inner
                        && let Some(after) = item_end(text, attribute.end)
                    {
                        bytes[start..after].fill(b' ');
                        end = after;
                        run = None;
                    } else {
                        end = attribute.end;
                    }
                    scanner.at = end;
                    continue;
                }
            }
            _ => run = None,
        }
        if nesting.count(text.as_bytes(), token) {
            return Scan::TooDeep(token.start);
        }
    }
    if end < bytes.len() {
        bytes[end..].fill(b' ');
    }
    // Only whole characters were replaced; were it otherwise, the text itself can still be parsed.
    Scan::Text(String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned()))
}

/// As many spaces as `text` has bytes; line breaks stay.
pub(super) fn blanked(text: &str) -> String {
    let mut spaces = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let length = line.strip_suffix('\n').map_or(line.len(), str::len);
        spaces.extend(std::iter::repeat_n(' ', length));
        spaces.push_str(&line[length..]);
    }
    spaces
}

// Test code

struct ScannedAttribute {
    end: usize,
    is_test: bool,
    is_inner: bool,
}

/// The attribute whose `#` has just been scanned.
fn attribute(text: &str, scanner: &Scanner<'_>) -> Option<ScannedAttribute> {
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
pub(super) struct Delimiters(Vec<u8>);

impl Delimiters {
    pub(super) fn open(&mut self, byte: u8) {
        self.0.push(byte);
    }

    /// Closes the last one that `byte` matches; false if there is none.
    pub(super) fn close(&mut self, byte: u8) -> bool {
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

    pub(super) fn is_empty(&self) -> bool {
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
pub(super) fn item_end(text: &str, at: usize) -> Option<usize> {
    let mut scanner = Scanner::new(text, at);
    let ending = item_ending(text, &mut scanner)?;
    let mut delimiters = Delimiters::default();
    for token in scanner {
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

// Nesting

/// One level between delimiters.
#[derive(Default)]
struct Level {
    /// Operators and the like since the last comma, each of which may nest in the one before.
    chain: usize,
    /// What nests across commas: keywords that take an expression, closures, generic arguments.
    sticky: usize,
    /// The part of `sticky` that closing angles take back.
    angles: usize,
}

/// How deep the parser would recurse at most, in units of stack.
#[derive(Default)]
struct Nesting {
    /// The levels around the present one.
    levels: Vec<Level>,
    level: Level,
    units: usize,
    previous: Previous,
}

/// What the token before was.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Previous {
    /// The end of an operand.
    Operand,
    /// `}`
    Brace,
    #[default]
    Other,
}

// A unit is a kilobyte of stack, as measured without optimisation and rounded up: what parsing, lowering and
// dropping one step of nesting takes at most.

/// Units of one pair of delimiters.
const LEVEL: usize = 10;
/// Units of a keyword, an opening angle or a closure.
const STICKY: usize = 8;
/// Units of an operator.
const CHAIN: usize = 3;
/// The units a file may take. A sixth of a worker's stack of 64 MB: whoever walks the IR recurses over it too.
/// That is 1,000 nested delimiters or 3,300 operators in one expression; real code stays far below.
const LIMIT: usize = 10_000;

impl Nesting {
    /// Counts a token and says whether the limit is passed.
    fn count(&mut self, bytes: &[u8], token: Token) -> bool {
        let before = self.previous;
        self.previous = Previous::Other;
        if before == Previous::Brace && begins_statement(bytes, token) {
            self.end_statement();
        }
        match token.kind {
            Kind::Open(_) => {
                // `f()()()`, `a[0][0]`
                if before == Previous::Operand {
                    self.add_chain();
                }
                self.levels.push(std::mem::take(&mut self.level));
                self.units += LEVEL;
            }
            Kind::Close(byte) => {
                self.end_statement();
                if let Some(outer) = self.levels.pop() {
                    self.level = outer;
                    self.units -= LEVEL;
                }
                self.previous = if byte == b'}' { Previous::Brace } else { Previous::Operand };
            }
            Kind::Word => self.word(&bytes[token.start..token.end]),
            Kind::Literal | Kind::Lifetime => self.previous = Previous::Operand,
            Kind::Punct(byte) => self.punct(bytes, token.start, byte, before),
            Kind::Doc => {}
        }
        self.units > LIMIT
    }

    fn word(&mut self, word: &[u8]) {
        match word {
            b"if" | b"match" | b"while" | b"return" | b"break" | b"yield" | b"move" | b"async"
            | b"unsafe" | b"loop" | b"for" | b"static" | b"const" | b"do" | b"become" => self.add_sticky(),
            b"as" | b"await" | b"mut" | b"ref" | b"else" | b"in" | b"dyn" | b"impl" | b"fn" | b"let"
            | b"box" => {
                self.add_chain();
            }
            _ => self.previous = Previous::Operand,
        }
    }

    fn punct(&mut self, bytes: &[u8], at: usize, byte: u8, before: Previous) {
        let next = bytes.get(at + 1).copied().unwrap_or(0);
        match byte {
            b',' => self.end_part(),
            b';' => self.end_statement(),
            b'=' if next == b'>' => self.end_statement(),
            b'<' if opens_angle(&bytes[at..]) => {
                self.add_sticky();
                self.level.angles += 1;
            }
            b'>' if at > 0 && !matches!(bytes[at - 1], b'-' | b'=') => self.close_angle(),
            b'|' if before == Previous::Other => self.add_sticky(),
            b'?' => {
                self.add_chain();
                self.previous = Previous::Operand;
            }
            b':' if at > 0 && bytes[at - 1] != b':' => {}
            b'#' | b'$' => {}
            _ => self.add_chain(),
        }
    }

    fn add_chain(&mut self) {
        self.level.chain += CHAIN;
        self.units += CHAIN;
    }

    fn add_sticky(&mut self) {
        self.level.sticky += STICKY;
        self.units += STICKY;
    }

    fn close_angle(&mut self) {
        let level = &mut self.level;
        if level.angles > 0 {
            level.angles -= 1;
            level.sticky -= STICKY;
            self.units -= STICKY;
        }
        self.previous = Previous::Operand;
    }

    fn end_part(&mut self) {
        let chain = std::mem::take(&mut self.level.chain);
        self.units -= chain;
    }

    fn end_statement(&mut self) {
        let level = std::mem::take(&mut self.level);
        self.units -= level.chain + level.sticky;
    }
}

/// Whether `<` may open generic arguments: no type begins with a digit, so `1 << 3` does not.
fn opens_angle(rest: &[u8]) -> bool {
    let next = rest.iter().take(8).find(|byte| !matches!(byte, b'<' | b' '));
    next.is_some_and(|next| !next.is_ascii_digit() && *next != b'=')
}

/// Whether a token behind `}` begins something new.
fn begins_statement(bytes: &[u8], token: Token) -> bool {
    match token.kind {
        Kind::Word => !matches!(&bytes[token.start..token.end], b"else" | b"as"),
        Kind::Punct(byte) => byte == b'#',
        Kind::Literal | Kind::Lifetime => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Scan, Scanner, scan};
    use crate::TestCode;

    fn tokens(text: &str) -> Vec<&str> {
        Scanner::new(text, 0).map(|token| &text[token.start..token.end]).collect()
    }

    #[test]
    fn tokens_of_all_kinds() {
        assert_eq!(
            tokens(r#"a 'b 'c' '\'' b'd' "e\"f" g"#),
            ["a", "'b", "'c'", r"'\''", "b'd'", r#""e\"f""#, "g"]
        );
        assert_eq!(
            tokens("r#\"a\"b\"# br##\"x\"#\"## c\"d\" r#type r\"\\\" x"),
            ["r#\"a\"b\"#", "br##\"x\"#\"##", "c\"d\"", "r#type", "r\"\\\"", "x"]
        );
        assert_eq!(tokens("a /* b /* c */ d */ e // f\ng"), ["a", "e", "g"]);
        assert_eq!(tokens("'ä' 'é x '🦀'"), ["'ä'", "'é", "x", "'🦀'"]);
        assert_eq!(tokens("('a, b)"), ["(", "'a", ",", "b", ")"]);
    }

    #[test]
    fn documentation_is_told_from_comments() {
        let docs = |text: &str| Scanner::new(text, 0).filter(|token| token.kind == Kind::Doc).count();
        assert_eq!(docs("/// a\n//! b\n/** c */ /*! d */"), 4);
        assert_eq!(docs("// a\n//// b\n/* c */ /*** d */ /**/"), 0);
    }

    #[test]
    fn unfinished_tokens_end_with_the_text() {
        for text in ["\"a", "r#\"a\"", "'", "'\\", "/* a", "b'", "r#", "b\"\\", "\u{e9}'\u{e9}"] {
            assert!(Scanner::new(text, 0).all(|token| token.end <= text.len()), "{text}");
        }
    }

    fn scanned(text: &str, tests: TestCode) -> String {
        match scan(text, 0, tests) {
            Scan::Text(text) => text,
            Scan::TooDeep(at) => panic!("too deep at {at}"),
        }
    }

    fn trimmed(text: &str) -> String {
        let result = scanned(text, TestCode::Trim);
        assert_eq!(result.len(), text.len());
        result.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn test_items_are_blanked_whole() {
        assert_eq!(
            trimmed("fn a() {}\n#[cfg(test)]\nmod tests { fn b() { \"}\" } }\nfn c() {}"),
            "fn a() {} fn c() {}"
        );
        assert_eq!(
            trimmed(
                "/// doc\n#[inline] #[test] /// more\n#[ignore] fn a<A, B>() -> X<A, B> { '}' } fn b() {}"
            ),
            "fn b() {}"
        );
        assert_eq!(
            trimmed("#[tokio::test(flavor = \"x\")] pub(crate) async fn a() {} struct S;"),
            "struct S;"
        );
        assert_eq!(trimmed("#[cfg(test)] use a::{b, c}; #[cfg(test)] mod t; use d;"), "use d;");
        assert_eq!(trimmed("#[cfg(test)] const A: B = B { c: 1 }; const fn d() {}"), "const fn d() {}");
        assert_eq!(trimmed("#[cfg(test)] const fn a() {} b"), "b");
        assert_eq!(trimmed("#[cfg(test)] pub struct A(B); #[cfg(all(test, x))] impl A { } c"), "c");
        assert_eq!(trimmed("#![cfg(test)] fn a() {}"), "");
    }

    #[test]
    fn other_things_stay() {
        for text in [
            "#[cfg(not(test))] fn a() {}",
            "struct A { #[cfg(test)] b: C<D, E>, f: G }",
            "fn a() { #[cfg(test)] b(); }",
            "match a { #[cfg(test)] B => {} C => {} }",
            "fn a() { \"#[test] fn b() {}\" }",
            "#[cfg(test)]",
        ] {
            assert_eq!(trimmed(text), text, "{text}");
        }
    }

    #[test]
    fn offsets_stay() {
        let text = "/// ä\r\nfn a() { \"b\nc\" }\r\n/** b\r\n c */ x // ü";
        let result = scanned(text, TestCode::Keep);
        assert_eq!(result.len(), text.len());
        assert!(result.is_ascii());
        assert_eq!(result.matches('\n').count(), 1);
        for word in ["fn a", "\"b\nc\"", "x"] {
            assert_eq!(result.find(word), text.find(word));
        }
    }

    #[test]
    fn real_code_nests_little() {
        let arms = "A | B | C => x(a < b, c),\n".repeat(20_000);
        let table = "1 << 3, -5, x as u8, a.b.c,\n".repeat(20_000);
        let calls = "f(a)?.b().await; if c { d } else { e }\n".repeat(20_000);
        let text = format!("match x {{ {arms} }} [ {table} ]; {calls}");
        assert!(matches!(scan(&text, 0, TestCode::Keep), Scan::Text(_)));
    }
}
