//! How deep the parser would recurse, counted generously from tokens.

use super::tokens::{Kind, Token};

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
pub(super) struct Nesting {
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
    /// Whether no delimiter is open.
    pub(super) fn is_outermost(&self) -> bool {
        self.levels.is_empty()
    }

    /// How many delimiters are open.
    pub(super) fn depth(&self) -> usize {
        self.levels.len()
    }

    /// Counts a token and says whether the limit is passed.
    pub(super) fn count(&mut self, bytes: &[u8], token: Token) -> bool {
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
        self.previous = Previous::Operand;
        // Keywords have two to six letters: most words are done here.
        if !(2..=6).contains(&word.len()) || !word[0].is_ascii_lowercase() {
            return;
        }
        match word {
            b"if" | b"match" | b"while" | b"return" | b"break" | b"yield" | b"move" | b"async"
            | b"unsafe" | b"loop" | b"for" | b"static" | b"const" | b"do" | b"become" => self.add_sticky(),
            b"as" | b"await" | b"mut" | b"ref" | b"else" | b"in" | b"dyn" | b"impl" | b"fn" | b"let"
            | b"box" => {
                self.add_chain();
            }
            _ => return,
        }
        self.previous = Previous::Other;
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
