//! Where the bodies of functions stand that can be read later.
//!
//! Such a body holds no items, so that leaving it out changes nothing for the rest of the program. Code inside
//! macro calls is left alone.

use super::tokens::{Kind, Token};

/// Bodies shorter than this, in bytes, are as cheap to read as to put off.
const SHORT: usize = 32;

/// The body of a function that was left out.
#[derive(Clone, Copy)]
pub(in crate::lower) struct LeftOut {
    /// The byte of the opening brace, in the file.
    pub(in crate::lower) open: u32,
    /// The byte behind the closing brace.
    pub(in crate::lower) end: u32,
}

/// Follows the tokens of a file.
#[derive(Default)]
pub(super) struct Bodies {
    pub(super) found: Vec<LeftOut>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum State {
    #[default]
    Outside,
    /// Behind `fn`.
    Fn,
    /// Behind the name of a function that was found at this depth.
    Signature { depth: usize },
    /// Inside a body that was opened at this depth.
    Body { depth: usize, open: usize, is_plain: bool, after_dot: bool },
    /// Behind the `!` of a macro call.
    Bang,
    /// Inside a macro call.
    Macro { depth: usize },
}

/// What a token means for the text that is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    Nothing,
    /// The token opens the body of a function.
    Opens,
    /// The token closes a body that is left out.
    LeavesOut,
}

impl Bodies {
    /// Takes a token; `depth` is how many delimiters are open before it.
    pub(super) fn token(&mut self, text: &str, token: Token, depth: usize) -> Event {
        match self.state {
            State::Body { depth: outside, open, is_plain, after_dot } => {
                return self.inside(text, token, depth == outside + 1, (outside, open, is_plain, after_dot));
            }
            State::Outside => match token.kind {
                Kind::Word if &text[token.start..token.end] == "fn" => self.state = State::Fn,
                Kind::Punct(b'!') => self.state = State::Bang,
                _ => {}
            },
            State::Fn => {
                self.state =
                    if token.kind == Kind::Word { State::Signature { depth } } else { State::Outside };
            }
            State::Signature { depth: outside } => match token.kind {
                Kind::Open(b'{') if depth == outside => {
                    self.state = State::Body { depth, open: token.start, is_plain: true, after_dot: false };
                    return Event::Opens;
                }
                Kind::Punct(b';') if depth == outside => self.state = State::Outside,
                Kind::Close(_) if depth <= outside => self.state = State::Outside,
                _ => {}
            },
            State::Bang => match token.kind {
                Kind::Word => {}
                Kind::Open(_) => self.state = State::Macro { depth },
                _ => self.state = State::Outside,
            },
            State::Macro { depth: outside } => {
                if matches!(token.kind, Kind::Close(_)) && depth <= outside + 1 {
                    self.state = State::Outside;
                }
            }
        }
        Event::Nothing
    }

    fn inside(
        &mut self,
        text: &str,
        token: Token,
        is_outermost: bool,
        (depth, open, is_plain, after_dot): (usize, usize, bool, bool),
    ) -> Event {
        let mut is_plain = is_plain;
        match token.kind {
            Kind::Word => {
                let word = &text.as_bytes()[token.start..token.end];
                if begins_item(word) && !after_dot {
                    is_plain = false;
                }
            }
            Kind::Close(_) if is_outermost => {
                self.state = State::Outside;
                if !is_plain || token.end - open < SHORT {
                    return Event::Nothing;
                }
                self.found.push(LeftOut { open: open as u32, end: token.end as u32 });
                return Event::LeavesOut;
            }
            // A merge conflict is mended with the whole file at hand.
            Kind::Punct(b'<') if text.as_bytes()[token.start..].starts_with(b"<<<<<<<") => is_plain = false,
            _ => {}
        }
        let after_dot = token.kind == Kind::Punct(b'.');
        self.state = State::Body { depth, open, is_plain, after_dot };
        Event::Nothing
    }
}

/// Whether a word may begin an item.
fn begins_item(word: &[u8]) -> bool {
    if !(2..=11).contains(&word.len()) {
        return false;
    }
    matches!(
        word,
        b"fn"
            | b"struct"
            | b"enum"
            | b"union"
            | b"impl"
            | b"mod"
            | b"use"
            | b"trait"
            | b"type"
            | b"const"
            | b"static"
            | b"extern"
            | b"macro"
            | b"macro_rules"
            | b"thread_local"
            | b"lazy_static"
            | b"bitflags"
    )
}
