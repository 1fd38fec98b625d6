//! Rust text as tokens, by bytes alone.

/// What one token is, as far as the scan cares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::lower) enum Kind {
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
pub(in crate::lower) struct Token {
    pub(in crate::lower) kind: Kind,
    pub(in crate::lower) start: usize,
    pub(in crate::lower) end: usize,
}

/// Splits Rust text into tokens without ever failing.
#[derive(Clone)]
pub(in crate::lower) struct Scanner<'t> {
    text: &'t str,
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

/// Whether a byte can be part of an identifier.
pub(in crate::lower) fn is_word(byte: u8) -> bool {
    class(byte) == Class::Word
}

impl<'t> Scanner<'t> {
    pub(in crate::lower) fn new(text: &'t str, at: usize) -> Self {
        Self { text, bytes: text.as_bytes(), at }
    }

    /// Goes on at byte `at`.
    pub(in crate::lower) fn skip_until(&mut self, at: usize) {
        self.at = at;
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
        // Many bytes at a time, as comments are long.
        let rest = self.text.get(self.at..).unwrap_or_default();
        self.at += rest.find('\n').unwrap_or(rest.len());
    }

    fn skip_space(&mut self) {
        const INDENT: &[u8] = b"        ";
        while let Some(byte) = self.bytes.get(self.at).filter(|byte| class(**byte) == Class::Space) {
            self.at += 1;
            // A line begins: its indent is long.
            while *byte == b'\n' && self.bytes[self.at..].starts_with(INDENT) {
                self.at += INDENT.len();
            }
        }
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

    /// Moves behind the text that stands here.
    fn quoted(&mut self) {
        self.at += 1;
        self.skip_quoted(b'"');
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

/// The bytes that open or close a group or end a statement, or begin what may hold such bytes.
const MARKS: [bool; 256] = {
    let mut marks = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        marks[byte] = match CLASSES[byte] {
            Class::Space | Class::Word => false,
            Class::Punct => byte as u8 == b';',
            _ => true,
        };
        byte += 1;
    }
    marks
};

impl Scanner<'_> {
    /// The next token that opens or closes a group, or is a semicolon: what is between is passed over by bytes.
    pub(in crate::lower) fn next_mark(&mut self) -> Option<Token> {
        loop {
            let from = self.at;
            self.skip_to(from, |byte| MARKS[usize::from(byte)]);
            let (start, byte) = (self.at, *self.bytes.get(self.at)?);
            match byte {
                b'"' if self.step_back_to_raw(from) => drop(self.word(self.at)),
                b'"' => self.quoted(),
                b'\'' => drop(self.apostrophe()),
                b'/' if matches!(self.peek(1), b'/' | b'*') => drop(self.comment()),
                b'/' => self.at += 1,
                _ => {
                    self.at += 1;
                    let kind = match class(byte) {
                        Class::Open => Kind::Open(byte),
                        Class::Close => Kind::Close(byte),
                        _ => Kind::Punct(byte),
                    };
                    return Some(Token { kind, start, end: self.at });
                }
            }
        }
    }

    /// Moves back to the `r`, `br` or `cr` before the quote that stands here, not further than `from`; false if there is
    /// none.
    fn step_back_to_raw(&mut self, from: usize) -> bool {
        let before = &self.bytes[from..self.at];
        let hashes = before.iter().rev().take_while(|byte| **byte == b'#').count();
        let before = &before[..before.len() - hashes];
        let word = before.iter().rev().take_while(|byte| is_word(**byte)).count();
        let is_raw = matches!(&before[before.len() - word..], b"r" | b"br" | b"cr");
        if is_raw {
            self.at -= hashes + word;
        }
        is_raw
    }
}

impl Iterator for Scanner<'_> {
    type Item = Token;

    #[inline]
    fn next(&mut self) -> Option<Token> {
        loop {
            self.skip_space();
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
                    self.quoted();
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

#[cfg(test)]
mod tests {
    use super::{Kind, Scanner, Token};

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
    fn marks_are_those_of_the_tokens() {
        for text in [
            r##"a(r"\", 'r"(", br#"}"#, b'{', "\"[", '"', r#type; 1)"##,
            "a { /* ; */ b::<'c>(d); // }\n e[\"f;\"] }",
            "x!(\"r\"\"(\" r\"(\" '(', b\"(\" ar\")\" r#\"#\"#; c'r\"(\" )",
            "r#\"(",
            "'",
            "/",
        ] {
            let is_mark = |token: &Token| match token.kind {
                Kind::Open(_) | Kind::Close(_) => true,
                Kind::Punct(byte) => byte == b';',
                _ => false,
            };
            let places = |tokens: Vec<Token>| tokens.iter().map(|token| token.start).collect::<Vec<_>>();
            let mut scanner = Scanner::new(text, 0);
            let marks = std::iter::from_fn(|| scanner.next_mark()).collect();
            assert_eq!(places(marks), places(Scanner::new(text, 0).filter(is_mark).collect()), "{text}");
        }
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
}
