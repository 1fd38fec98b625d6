//! Files that do not parse as a whole: what breaks them is blanked, the rest is parsed.
//!
//! The text is split into items by a byte scan, each is parsed alone, and where an inline module, impl or trait
//! fails its members are tried the same way. All of this works on text of unchanged length, so offsets hold.

use std::ops::Range;

use super::SyntaxError;
use super::scan::{Delimiters, Kind, Scanner, Token, blanked, item_end};
use crate::Span;

/// What became of a broken text.
pub(super) struct Recovered {
    /// The text with what is broken blanked.
    pub(super) text: String,
    /// What was blanked, and why.
    pub(super) errors: Vec<SyntaxError>,
}

/// Where items stand, which decides how one is parsed alone.
#[derive(Clone, Copy)]
enum Container {
    Module,
    Impl,
    Trait,
}

/// How deep containers are searched for what breaks them.
const SEARCH_DEPTH: usize = 8;
/// How often the text may be gone through anew before the rest of it is given up.
const PASSES: usize = 16;

/// Blanks what keeps `text`, which the parser refuses, from being parsed.
pub(super) fn recover(text: &str, base: usize) -> Recovered {
    let mut recovery = Recovery { text: text.to_owned(), errors: Vec::new(), budget: PASSES * text.len() };
    recovery.conflicts();
    recovery.items(base..text.len(), Container::Module, SEARCH_DEPTH);
    Recovered { text: recovery.text, errors: recovery.errors }
}

struct Recovery {
    text: String,
    errors: Vec<SyntaxError>,
    /// Bytes that may still be gone through.
    budget: usize,
}

impl Recovery {
    fn blank(&mut self, range: Range<usize>) {
        let spaces = blanked(&self.text[range.clone()]);
        self.text.replace_range(range, &spaces);
    }

    fn error(&mut self, message: &str, range: Range<usize>) {
        self.errors.push(SyntaxError::at(message, Span::new(range.start as u32, range.end as u32)));
    }

    /// Keeps the first side of every merge conflict.
    fn conflicts(&mut self) {
        let mut start = None;
        let mut second = None;
        let mut at = 0;
        let mut gone = Vec::new();
        let mut conflicts = Vec::new();
        for line in self.text.split_inclusive('\n') {
            let end = at + line.len();
            if line.starts_with("<<<<<<< ") {
                (start, second) = (Some(at..end), None);
            } else if start.is_some() && (line.starts_with("|||||||") || line.trim_end() == "=======") {
                second.get_or_insert(at);
            } else if line.starts_with(">>>>>>>")
                && let (Some(start), Some(second)) = (start.take(), second.take())
            {
                conflicts.push(start.start..end);
                gone.extend([start, second..end]);
            }
            at = end;
        }
        for range in gone {
            self.blank(range);
        }
        for range in conflicts {
            self.error("merge conflict: only its first side is read", range);
        }
    }

    /// Whether `range` parses as one item of `container`; the parser's complaint if not.
    fn parses(&mut self, range: &Range<usize>, container: Container) -> Result<(), String> {
        let Some(budget) = self.budget.checked_sub(range.len()) else {
            return Err("this is too broken to be read".to_owned());
        };
        self.budget = budget;
        parses(&self.text[range.clone()], container)
    }

    /// Blanks the items in `range` that do not parse alone.
    fn items(&mut self, range: Range<usize>, container: Container, depth: usize) {
        let mut pieces = self.split(range);
        pieces.reverse();
        while let Some(piece) = pieces.pop() {
            let Err(problem) = self.parses(&piece, container) else { continue };
            if self.repaired(&piece, container, depth) {
                continue;
            }
            // An item that runs on because a brace is missing hides those after it.
            let next = line_of_item(&self.text[piece.clone()]).filter(|_| self.budget > 0);
            let end = next.map_or(piece.end, |next| piece.start + next);
            let shown = self.text[piece.start..end].trim_end().len();
            self.error(&problem, piece.start..piece.start + shown);
            self.blank(piece.start..end);
            if next.is_some() {
                pieces.extend(self.split(end..piece.end).into_iter().rev());
            }
        }
    }

    /// The pieces of `range`; all of it as one when the budget is used up.
    fn split(&mut self, range: Range<usize>) -> Vec<Range<usize>> {
        let Some(budget) = self.budget.checked_sub(range.len()) else {
            self.budget = 0;
            return vec![range];
        };
        self.budget = budget;
        split(&self.text[..range.end], range.start)
    }

    /// Blanks what is broken within a container; whether that made it parse.
    fn repaired(&mut self, piece: &Range<usize>, container: Container, depth: usize) -> bool {
        let Some((inside, inner)) = content(&self.text[piece.clone()]).filter(|_| depth > 0) else {
            return false;
        };
        let errors = self.errors.len();
        let before = self.text[piece.clone()].to_owned();
        self.items(piece.start + inner.start..piece.start + inner.end, inside, depth - 1);
        if self.parses(piece, container).is_ok() {
            return true;
        }
        self.text.replace_range(piece.clone(), &before);
        self.errors.truncate(errors);
        false
    }
}

/// The pieces of `text` from `start` on, each from one item's begin to its end.
fn split(text: &str, start: usize) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut at = start;
    while let Some(first) = Scanner::new(text, at).next() {
        let end = item_end(text, first.start).unwrap_or_else(|| piece_end(text, first));
        pieces.push(first.start..end);
        at = end;
    }
    pieces
}

/// Where something ends that is no item: behind the next semicolon or group in braces outside others.
fn piece_end(text: &str, first: Token) -> usize {
    let mut delimiters = Delimiters::default();
    for token in Scanner::new(text, first.start) {
        match token.kind {
            Kind::Open(byte) => delimiters.open(byte),
            Kind::Close(byte) => {
                delimiters.close(byte);
                if delimiters.is_empty() && byte == b'}' {
                    return token.end;
                }
            }
            Kind::Punct(b';') if delimiters.is_empty() => return token.end,
            _ => {}
        }
    }
    text.len()
}

/// The first line after the first one on which an item begins at column 0.
fn line_of_item(text: &str) -> Option<usize> {
    const BEGINNINGS: [&str; 17] = [
        "pub ",
        "pub(",
        "fn ",
        "async fn ",
        "const ",
        "static ",
        "struct ",
        "enum ",
        "trait ",
        "impl ",
        "impl<",
        "mod ",
        "use ",
        "type ",
        "unsafe ",
        "macro_rules!",
        "#[",
    ];
    let mut lines = text.match_indices('\n').map(|(at, _)| at + 1);
    lines.find(|line| BEGINNINGS.iter().any(|beginning| text[*line..].starts_with(beginning)))
}

/// What an item contains, if it is an inline module, an impl or a trait, and where.
fn content(text: &str) -> Option<(Container, Range<usize>)> {
    let mut kind = None;
    let mut delimiters = Delimiters::default();
    let mut open = None;
    for token in Scanner::new(text, 0) {
        match token.kind {
            Kind::Word if kind.is_none() && delimiters.is_empty() => {
                kind = match &text[token.start..token.end] {
                    "mod" => Some(Container::Module),
                    "impl" => Some(Container::Impl),
                    "trait" => Some(Container::Trait),
                    "fn" | "struct" | "enum" | "const" | "static" | "union" => return None,
                    _ => None,
                };
            }
            Kind::Open(byte) => {
                if delimiters.is_empty() && byte == b'{' && kind.is_some() {
                    open = Some(token.end);
                }
                delimiters.open(byte);
            }
            Kind::Close(byte) => {
                delimiters.close(byte);
                if delimiters.is_empty()
                    && let (Some(kind), Some(open)) = (kind, open)
                {
                    return Some((kind, open..token.start));
                }
            }
            _ => {}
        }
    }
    None
}

/// Whether one item parses alone; the parser's complaint if not.
fn parses(text: &str, container: Container) -> Result<(), String> {
    let result = match container {
        Container::Module => syn::parse_str::<syn::Item>(text).map(drop),
        Container::Impl => syn::parse_str::<syn::ImplItem>(text).map(drop),
        Container::Trait => syn::parse_str::<syn::TraitItem>(text).map(drop),
    };
    proc_macro2::extra::invalidate_current_thread_spans();
    result.map_err(|error| super::complaint(&error))
}
