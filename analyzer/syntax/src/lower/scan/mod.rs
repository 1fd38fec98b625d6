//! A scan over the bytes of a file before it is parsed: how deep it nests, and what need not be parsed.
//!
//! The parser, the walk over its tree and the tree's drop all recurse, and an overflowing stack aborts the
//! process. So the scan counts what can nest, generously, and a file beyond the limit is not parsed at all.
//!
//! What the parser gets is shorter than the file: comments, long stretches of white space and test code are cut. Each cut is
//! a line break there, and so a row in the table that maps positions back. All other line breaks outside
//! of strings are spaces: proc-macro2 looks up every position in its table of lines, which should be short.

mod bodies;
mod directives;
mod items;
mod nesting;
mod tokens;

pub(super) use self::bodies::LeftOut;
use self::bodies::{Bodies, Event};
pub(super) use self::directives::{Comment, MARK};
pub(super) use self::items::{Delimiters, item_end};
use self::items::{attribute, begins_item};
use self::nesting::Nesting;
pub(super) use self::tokens::{Kind, Scanner, Token, is_word};
use super::spans::SpanTable;
use super::{FunctionBodies, TestCode};
use crate::Span;

/// White space and comments at least this long, in bytes, are cut. proc-macro2 spends some 20 instructions on a blank.
const CUT: usize = 64;

/// What the scan found.
pub(super) enum Scan {
    /// The nesting passes the limit at this byte.
    TooDeep(usize),
    /// The text to parse.
    Text(Reduced),
}

/// A text without what need not be parsed.
#[derive(Default)]
pub(super) struct Reduced {
    /// What is left.
    pub(super) text: String,
    /// First byte in the file of each line of what is left.
    starts: Vec<u32>,
    /// Comments for the analyzer in what is left.
    pub(super) comments: Vec<Comment>,
    /// The bodies of functions that were left out, in their order.
    pub(super) left_out: Vec<LeftOut>,
}

/// Part of a reduced text: some items, or all of them.
pub(super) struct Chunk<'r> {
    /// The part.
    pub(super) text: &'r str,
    /// First byte in the file of each of its lines.
    starts: Vec<u32>,
}

impl Chunk<'_> {
    /// What maps bytes of the chunk to bytes of the file, and back.
    pub(super) fn places(&self) -> Places {
        let begins = self.text.match_indices('\n').map(|(at, _)| at + 1);
        Places {
            begins: std::iter::once(0).chain(begins).collect(),
            starts: self.starts.clone(),
            length: self.text.len(),
        }
    }

    /// The table that maps positions in the chunk to the file.
    pub(super) fn spans(&self) -> SpanTable {
        SpanTable::with_lines(self.text, self.starts.clone())
    }
}

/// Where the lines of a chunk begin: in the chunk, and in the file.
pub(super) struct Places {
    begins: Vec<usize>,
    starts: Vec<u32>,
    length: usize,
}

impl Places {
    /// The byte of the file that a byte of the chunk is. `line` is one at or before its own, and becomes its own.
    pub(super) fn in_file(&self, at: usize, line: &mut usize) -> u32 {
        while self.begins.get(*line + 1).is_some_and(|begin| *begin <= at) {
            *line += 1;
        }
        self.starts[*line] + (at - self.begins[*line]) as u32
    }

    /// The line of the chunk that holds a byte of it.
    pub(super) fn line(&self, at: usize) -> usize {
        self.begins.partition_point(|begin| *begin <= at) - 1
    }

    /// The first byte of the chunk that stands at a byte of the file or behind it.
    pub(super) fn in_chunk(&self, at: u32) -> usize {
        let Some(line) = self.starts.partition_point(|start| *start <= at).checked_sub(1) else { return 0 };
        let next = self.begins.get(line + 1).copied().unwrap_or(self.length);
        (self.begins[line] + (at - self.starts[line]) as usize).min(next)
    }
}

impl Reduced {
    /// Nothing yet, of a text from byte `base` on.
    fn at(base: usize, capacity: usize) -> Self {
        Self { text: String::with_capacity(capacity), starts: vec![base as u32], ..Self::default() }
    }

    /// All of it.
    pub(super) fn whole(&self) -> Chunk<'_> {
        Chunk { text: &self.text, starts: self.starts.clone() }
    }

    /// Chunks of items, none much longer than `size` bytes if the items are not: a syn tree takes more than a hundred times the
    /// memory of its text.
    pub(super) fn chunks(&self, size: usize) -> Vec<Chunk<'_>> {
        if self.text.len() <= size {
            return vec![self.whole()];
        }
        let mut chunks = Vec::new();
        let (mut begin, mut line) = (0, 0);
        for end in boundaries(&self.text, size).into_iter().chain([self.text.len()]) {
            let text = &self.text[begin..end];
            let line_begin = self.text[..begin].rfind('\n').map_or(0, |at| at + 1);
            let first = self.starts[line] + (begin - line_begin) as u32;
            let last = line + text.matches('\n').count();
            chunks.push(Chunk { text, starts: [&[first], &self.starts[line + 1..=last]].concat() });
            (begin, line) = (end, last);
        }
        chunks
    }
}

/// Places between items, at least `size` bytes apart.
fn boundaries(text: &str, size: usize) -> Vec<usize> {
    let mut found = Vec::new();
    let mut delimiters = Delimiters::default();
    let mut begin = 0;
    // Whether an item may have ended before the present token.
    let mut ended = false;
    for token in Scanner::new(text, 0) {
        if ended && token.start - begin >= size && begins_item(text, token) {
            found.push(token.start);
            begin = token.start;
        }
        ended = false;
        match token.kind {
            Kind::Open(byte) => delimiters.open(byte),
            Kind::Close(byte) => {
                delimiters.close(byte);
                ended = byte == b'}' && delimiters.is_empty();
            }
            Kind::Punct(b';') => ended = delimiters.is_empty(),
            _ => {}
        }
    }
    found
}

/// Scans `text` from byte `base` on.
pub(super) fn scan(text: &str, base: usize, tests: TestCode, bodies: FunctionBodies) -> Scan {
    let mut nesting = Nesting::default();
    let mut left_out = Bodies::default();
    // Behind the brace that opened the body at hand.
    let mut opened: Option<Checkpoint> = None;
    // Bodies are left out up to here.
    let mut left_out_until = if bodies == FunctionBodies::LeaveOut { text.len() } else { 0 };
    let mut reducer = Reducer::new(text, base);
    // The attributes before the coming item: where the first began, and where the last ends.
    let mut attributes: Option<(Checkpoint, usize)> = None;
    let mut scanner = Scanner::new(text, base);
    while let Some(token) = scanner.next() {
        if token.kind == Kind::Doc {
            continue;
        }
        reducer.token(token);
        if attributes.as_ref().is_some_and(|(_, end)| token.start >= *end) && token.kind != Kind::Punct(b'#')
        {
            attributes = None;
        }
        let may_leave_out = bodies == FunctionBodies::LeaveOutTests && token.start >= left_out_until;
        let wanted = token.kind == Kind::Punct(b'#') && (may_leave_out || tests == TestCode::Trim);
        let attribute = if wanted { attribute(text, &scanner) } else { None };
        let of_item = attribute.as_ref().filter(|attribute| attribute.is_test && !attribute.is_inner);
        let test_end = of_item.and_then(|attribute| item_end(text, attribute.end));
        if may_leave_out
            && let Some(attribute) = &attribute
            && attribute.is_test
        {
            left_out_until = match attribute.is_inner {
                true if nesting.is_outermost() => text.len(),
                true => 0,
                false => test_end.unwrap_or(0),
            };
        }
        if tests == TestCode::Trim
            && let Some(attribute) = attribute
        {
            if attribute.is_test && attribute.is_inner && nesting.is_outermost() {
                return Scan::Text(Reduced::at(base, 0));
            }
            let start = match attributes.take() {
                Some((start, _)) => start,
                None => reducer.checkpoint(token),
            };
            if let Some(after) = test_end
                && !names_file(&text[attribute.end..after])
            {
                reducer.cut_from(&start, after);
                scanner.skip_until(after);
                continue;
            }
            attributes = Some((start, attribute.end));
        }
        if token.start < left_out_until {
            match left_out.token(text, token, nesting.depth()) {
                Event::Nothing => {}
                Event::Opens => opened = Some(reducer.checkpoint_behind(token)),
                Event::LeavesOut => {
                    if let Some(opened) = opened.take() {
                        reducer.cut_from(&opened, token.start);
                        reducer.token(token);
                    }
                }
            }
        }
        if nesting.count(text.as_bytes(), token) {
            return Scan::TooDeep(token.start);
        }
    }
    Scan::Text(Reduced { left_out: left_out.found, ..reducer.finish() })
}

/// Whether an item is `mod name;`: that the file is one of tests is known by nothing else.
fn names_file(item: &str) -> bool {
    let mut words = item.trim_end().strip_suffix(';').unwrap_or_default().split_whitespace().rev();
    words.next().is_some() && words.next() == Some("mod")
}

/// The texts of some bodies, one after the other, reduced as a file is.
pub(super) fn reduce(text: &str, bodies: impl IntoIterator<Item = Span>) -> Reduced {
    let mut bodies = bodies.into_iter().peekable();
    let first = bodies.peek().map_or(0, |body| body.start as usize);
    let mut reducer = Reducer::new(text, first);
    for body in bodies {
        let (start, end) = (body.start as usize, body.end as usize);
        if start < reducer.end {
            // Within what is there already.
            continue;
        }
        if start != first {
            reducer.copy(reducer.end);
            reducer.cut(start);
            reducer.end = start;
        }
        let tokens = Scanner::new(&text[..end], start).filter(|token| token.kind != Kind::Doc);
        tokens.for_each(|token| reducer.token(token));
    }
    reducer.finish()
}

/// Copies what is kept of a text.
struct Reducer<'t> {
    text: &'t str,
    reduced: Reduced,
    /// Up to where the text is copied or cut.
    copied: usize,
    /// Where the last token ends.
    end: usize,
    /// Whether some comment may be for the analyzer.
    marked: bool,
}

/// A place to cut back to.
struct Checkpoint {
    start: usize,
    length: usize,
    lines: usize,
}

impl<'t> Reducer<'t> {
    fn new(text: &'t str, base: usize) -> Self {
        let reduced = Reduced::at(base, text.len() - base);
        Self { text, reduced, copied: base, end: base, marked: text.contains(MARK) }
    }

    /// Keeps a token, and of what stands before it as much as keeps it apart.
    #[inline]
    fn token(&mut self, token: Token) {
        let gap = token.start - self.end;
        if self.marked {
            self.comments(token.start);
        }
        if gap > 1 || gap == 1 && self.text.as_bytes()[self.end] != b' ' {
            self.copy(self.end);
            if gap >= CUT {
                self.cut(token.start);
            } else {
                self.reduced.text.push_str(&SPACES[..gap]);
                self.copied = token.start;
            }
        }
        if token.kind == Kind::Literal {
            let written = &self.text[token.start..token.end];
            if written.contains('\n') {
                let breaks = written.match_indices('\n');
                self.reduced.starts.extend(breaks.map(|(at, _)| (token.start + at + 1) as u32));
            }
        }
        self.end = token.end;
    }

    /// Takes the comments for the analyzer between the last token and byte `after`.
    fn comments(&mut self, after: usize) {
        if self.marked && after - self.end > MARK.len() {
            self.reduced.comments.extend(directives::comments(self.text, self.end, after));
        }
    }

    fn copy(&mut self, end: usize) {
        self.reduced.text.push_str(&self.text[self.copied..end]);
        self.copied = end;
    }

    /// Goes on at byte `after`.
    fn cut(&mut self, after: usize) {
        self.reduced.text.push('\n');
        self.reduced.starts.push(after as u32);
        self.copied = after;
    }

    /// The place before the token that was kept last.
    fn checkpoint(&mut self, token: Token) -> Checkpoint {
        self.copy(token.start);
        Checkpoint { start: token.start, length: self.reduced.text.len(), lines: self.reduced.starts.len() }
    }

    /// The place behind the token that was kept last.
    fn checkpoint_behind(&mut self, token: Token) -> Checkpoint {
        self.copy(token.end);
        Checkpoint { start: token.end, length: self.reduced.text.len(), lines: self.reduced.starts.len() }
    }

    fn cut_from(&mut self, start: &Checkpoint, after: usize) {
        self.reduced.text.truncate(start.length);
        self.reduced.starts.truncate(start.lines);
        self.reduced.comments.retain(|comment| (comment.after as usize) < start.start);
        self.cut(after);
        self.end = after;
    }

    fn finish(mut self) -> Reduced {
        self.copy(self.end);
        self.comments(self.text.len());
        self.reduced
    }
}

const SPACES: &str = "                                                                ";

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

#[cfg(test)]
mod tests {
    use super::{CUT, SPACES, Scan, reduce, scan};
    use crate::lower::FunctionBodies;
    use crate::{Span, TestCode};

    fn reduced(text: &str, tests: TestCode) -> String {
        let Scan::Text(reduced) = scan(text, 0, tests, FunctionBodies::Read) else { panic!("too deep") };
        let lines = reduced.text.split('\n');
        assert_eq!(lines.clone().count(), reduced.starts.len());
        // Every line of what is left stands in the text where the table says, but for blanks.
        for (line, start) in lines.zip(&reduced.starts) {
            let original = &text.as_bytes()[*start as usize..];
            for (left, right) in line.bytes().zip(original) {
                assert!(left == *right || left == b' ', "{line:?} at {start} of {text:?}");
            }
        }
        reduced.text
    }

    fn trimmed(text: &str) -> String {
        reduced(text, TestCode::Trim).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn test_items_are_cut_whole() {
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
        // That a file holds tests is known by its `mod` alone.
        assert_eq!(
            trimmed("#[cfg(test)] use a::{b, c}; #[cfg(test)] pub mod t; use d;"),
            "#[cfg(test)] pub mod t; use d;"
        );
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
    fn bodies_are_left_out() {
        let left_out = |text: &str, bodies| {
            let Scan::Text(reduced) = scan(text, 0, TestCode::Keep, bodies) else { panic!("too deep") };
            let spans = reduced.left_out.iter().map(|body| Span::new(body.open, body.end));
            let rest = reduced.text.split_whitespace().collect::<Vec<_>>().join(" ");
            let again = reduce(text, spans.collect::<Vec<_>>()).text;
            (rest, again.split_whitespace().collect::<Vec<_>>().join(" "))
        };
        let long = "let long_name = another_name(and, more);";
        let text = format!(
            "fn a() {{ {long} }} #[test] fn b() -> [u8; {{ 1 }}] {{ {long} }} impl C {{ fn d(&self) {{ use e; {long} }} fn f() {{ }} }} m! {{ fn g() {{ {long} }} }}"
        );
        let (rest, again) = left_out(&text, FunctionBodies::LeaveOut);
        assert_eq!(
            rest,
            format!(
                "fn a() {{ }} #[test] fn b() -> [u8; {{ 1 }}] {{ }} impl C {{ fn d(&self) {{ use e; {long} }} fn f() {{ }} }} m! {{ fn g() {{ {long} }} }}"
            )
        );
        assert_eq!(again, format!("{{ {long} }} {{ {long} }}"));
        let (rest, _) = left_out(&text, FunctionBodies::LeaveOutTests);
        assert!(
            rest.starts_with(&format!("fn a() {{ {long} }} #[test] fn b() -> [u8; {{ 1 }}] {{ }} impl")),
            "{rest}"
        );
    }

    #[test]
    fn chunks_are_items() {
        let text = "const A: B = B { };\n/* comment */ fn c() { \"d\ne\" } struct F;                                                                  \nfn g() {}";
        let Scan::Text(reduced) = scan(text, 0, TestCode::Keep, FunctionBodies::Read) else {
            panic!("too deep")
        };
        let chunks = reduced.chunks(4);
        assert_eq!(
            chunks.iter().map(|chunk| chunk.text.trim()).collect::<Vec<_>>(),
            ["const A: B = B { };", "fn c() { \"d\ne\" }", "struct F;", "fn g() {}"]
        );
        for chunk in &chunks {
            let lines = chunk.text.split('\n');
            assert_eq!(lines.clone().count(), chunk.starts.len());
            for (line, start) in lines.zip(&chunk.starts) {
                assert!(text[*start as usize..].starts_with(line.trim_end()), "{line:?} at {start}");
            }
        }
        assert_eq!(reduced.chunks(1000).len(), 1);
    }

    #[test]
    fn comments_and_line_breaks_go_and_strings_stay() {
        let text = "/// ä\r\nfn a() { \"b\nc\" }\r\n/** b\r\n c */ x // ü";
        assert_eq!(
            reduced(text, TestCode::Keep).split_whitespace().collect::<Vec<_>>(),
            ["fn", "a()", "{", "\"b", "c\"", "}", "x"]
        );
        assert!(reduced(text, TestCode::Keep).is_ascii());
        let long = format!("a{}b // c\nd\n\n  e", " ".repeat(CUT));
        assert_eq!(reduced(&long, TestCode::Keep), "a\nb      d    e");
        assert_eq!(SPACES.len(), CUT);
    }

    #[test]
    fn real_code_nests_little() {
        let arms = "A | B | C => x(a < b, c),\n".repeat(20_000);
        let table = "1 << 3, -5, x as u8, a.b.c,\n".repeat(20_000);
        let calls = "f(a)?.b().await; if c { d } else { e }\n".repeat(20_000);
        let text = format!("match x {{ {arms} }} [ {table} ]; {calls}");
        assert!(matches!(scan(&text, 0, TestCode::Keep, FunctionBodies::Read), Scan::Text(_)));
    }
}
