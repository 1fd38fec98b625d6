//! What of a file can be seen from outside of its functions' bodies.

use std::hash::Hasher;

use rustc_hash::FxHasher;

use super::Lowerer;
use super::scan::{Chunk, Kind, Places, Scanner};
use crate::{Item, ItemId, ItemKind, Layout, Span};

/// What others ask of the body of a function of this name depends on what stands in it.
const READ_BY_OTHERS: &str = "deserialize";
/// Far fewer tokens than all expansions of a file may have.
const MANY_EXPANDED: usize = 100_000;

impl Lowerer<'_> {
    /// Notes where the body of a function stands.
    pub(super) fn note_written(&mut self, function: ItemId, block: &syn::Block) {
        if self.expanding == 0 {
            let span = self.spans.delimited(block.brace_token.span);
            self.written_bodies.push((function, span));
        }
    }

    /// A hash of what the parser got of the file, without the bodies of functions. What declares something in a body counts:
    /// the items in it, and the calls of macros of the workspace, which may expand to items. So does a body whose text a macro
    /// gets. White space and comments do not count, but in macros and brackets: attributes and macros are kept as they are
    /// written.
    pub(super) fn outline(&self, chunks: &[Chunk<'_>]) -> u128 {
        let is_macro =
            |item: &&Item| matches!(item.kind, ItemKind::MacroCall { .. } | ItemKind::MacroRules { .. });
        let mut as_written: Vec<Span> =
            self.ir.tree.items.iter().filter(is_macro).map(|item| item.span).collect();
        as_written.sort_unstable();
        let (mut outline, seen) = (String::new(), self.seen());
        for chunk in chunks {
            let places = chunk.places();
            for span in &seen {
                self.write_outline(&mut outline, chunk.text, &places, *span, &as_written);
            }
        }
        // Nothing is known of what stands in them.
        let left_out = self.left_out.iter().map(|body| self.slice(Span::new(body.open, body.end)));
        hash(&[outline.as_str()].into_iter().chain(left_out).collect::<Vec<_>>())
    }

    /// Where the bodies stand that cannot be seen from outside. Where there are many expansions, one body may leave another
    /// no room for its own.
    pub(super) fn layout(&self) -> Layout {
        if self.expanded > MANY_EXPANDED {
            Layout::default()
        } else {
            Layout::new(self.text, &self.hidden_bodies())
        }
    }

    /// Adds the tokens of a part of the file, as far as they are in a chunk.
    fn write_outline(
        &self,
        outline: &mut String,
        chunk: &str,
        places: &Places,
        span: Span,
        as_written: &[Span],
    ) {
        let begin = places.in_chunk(span.start);
        let (mut scanner, mut line) = (Scanner::new(chunk, begin), places.line(begin));
        let (mut end, mut brackets) = (None, 0_usize);
        // The part of the chunk that is to be copied next: tokens that stand there as far apart as they are written.
        let mut copied = 0..0;
        while let Some(token) = scanner.next() {
            let start = places.in_file(token.start, &mut line);
            if start >= span.end {
                break;
            }
            if start < span.start {
                continue;
            }
            let gap = match end {
                Some(end) if brackets > 0 => self.slice(Span::new(end, start)),
                Some(end) if end == start => "",
                _ => " ",
            };
            let at = as_written.partition_point(|span| span.start <= start);
            let whole = at.checked_sub(1).map(|at| as_written[at]).filter(|whole| start < whole.end);
            if whole.is_some() || end.is_none() || chunk[copied.end..token.start] != *gap {
                outline.push_str(&chunk[copied]);
                outline.push_str(gap);
                copied = token.start..token.start;
            }
            if let Some(whole) = whole {
                outline.push_str(self.slice(whole));
                scanner.skip_until(places.in_chunk(whole.end));
                end = Some(whole.end);
                continue;
            }
            match token.kind {
                Kind::Open(b'(' | b'[') => brackets += 1,
                Kind::Close(b')' | b']') => brackets = brackets.saturating_sub(1),
                _ => {}
            }
            copied.end = token.end;
            end = Some(start + (token.end - token.start) as u32);
        }
        outline.push_str(&chunk[copied]);
        outline.push('\n');
    }

    /// The parts of the file that are seen from outside, in their order.
    fn seen(&self) -> Vec<Span> {
        let mut counts: Vec<Span> = self.ir.tree.items.iter().map(|item| item.span).collect();
        counts.extend(&self.expanded_calls);
        counts.sort_unstable();
        let mut seen = Vec::new();
        let mut at = 0;
        for body in self.hidden_bodies() {
            if body.start < at {
                continue;
            }
            seen.push(Span::new(at, body.start));
            at = body.start;
            let first = counts.partition_point(|span| span.start <= body.start);
            for inside in counts[first..].iter().take_while(|span| span.start < body.end) {
                let start = inside.start.max(at);
                let end = inside.end.clamp(start, body.end);
                seen.push(Span::new(start, end));
                at = end;
            }
            at = body.end;
        }
        seen.push(Span::new(at, self.text.len() as u32));
        seen
    }

    /// The bodies that cannot be seen from outside, in the order of the file; some stand in others.
    fn hidden_bodies(&self) -> Vec<Span> {
        let items = &self.ir.tree.items;
        let calls = items.iter().filter(|item| matches!(item.kind, ItemKind::MacroCall { .. }));
        let calls: Vec<Span> = calls.map(|item| item.span).collect();
        let is_read = |function: ItemId| {
            let body = items[function.index()].as_fn().and_then(|function| function.body);
            body.is_some_and(|body| self.ir.bodies[body.index()].is_read)
        };
        let is_hidden = |(function, body): &&(ItemId, Span)| {
            items[function.index()].name.as_str() != READ_BY_OTHERS
                && is_read(*function)
                && !calls.iter().any(|call| call.contains(*body))
        };
        let mut bodies: Vec<Span> =
            self.written_bodies.iter().filter(is_hidden).map(|(_, body)| *body).collect();
        bodies.sort_unstable();
        bodies
    }
}

/// A hash of texts, one behind the other.
pub(super) fn hash(pieces: &[&str]) -> u128 {
    let with = |seed: u8| {
        let mut hasher = FxHasher::default();
        hasher.write_u8(seed);
        for piece in pieces {
            hasher.write_usize(piece.len());
            hasher.write(piece.as_bytes());
        }
        u128::from(hasher.finish())
    };
    with(1) << 64 | with(2)
}

#[cfg(test)]
mod tests {
    use crate::{FunctionBodies, TestCode, lower_with};

    fn outline(text: &str) -> u128 {
        let (ir, errors) = lower_with(text, TestCode::Trim, FunctionBodies::LeaveOutTests);
        assert!(errors.is_empty(), "{text}: {errors:?}");
        ir.outline
    }

    fn seen_from_outside(before: &str, after: &str) -> bool {
        outline(before) != outline(after)
    }

    #[test]
    fn what_a_function_does_is_not_seen() {
        let before =
            "use a::b;\nfn f(x: u8) -> u8 { b(x) }\nimpl S { fn g(&self) { {} } }\nconst C: u8 = 1;\n";
        assert!(!seen_from_outside(before, &before.replace("b(x)", "{ let y = b(x); y + 1 }")));
        assert!(!seen_from_outside(before, &before.replace("{ {} }", "{ self.h(|| 1) }")));
        for (what, by) in
            [("u8 {", "u16 {"), ("= 1", "= 2"), ("a::b", "a::c"), ("&self", "self"), ("f(x", "h(x")]
        {
            assert!(seen_from_outside(before, &before.replace(what, by)), "{what} {by}");
        }
    }

    #[test]
    fn comments_and_tests_are_not_seen() {
        let before = "use a::b;\n/// What.\nfn f(x: u8) -> u8 { b(x) }\n#[attr(a, b)]\nstruct S;\n";
        let test = "#[cfg(test)]\nmod tests { use super::*; #[test] fn t() { f(1); } }\n";
        let after = [
            before.replace("/// What.", "/// That.\n// It is.\n"),
            before.replace("fn f(", "\n\n    /* here */ fn f("),
            before.replace("struct S;", "struct S;\n\n// The end."),
            format!("{before}{test}"),
        ];
        for after in after {
            assert!(!seen_from_outside(before, &after), "{after}");
        }
        for (what, by) in [("(a, b)", "(a /* or */, b)"), ("struct S;", "struct S ();")] {
            assert!(seen_from_outside(before, &before.replace(what, by)), "{what} {by}");
        }
        let before = "make! { a /* b */ c }\nmacro_rules! m { () => { /* d */ } }\n";
        assert!(seen_from_outside(before, &before.replace('b', "bb")));
        assert!(seen_from_outside(before, &before.replace('d', "dd")));
    }

    #[test]
    fn what_is_declared_in_a_body_is_seen() {
        let rules = "macro_rules! count { ($n:ident) => { static $n: u8 = 0; }; }\n";
        let before =
            format!("{rules}fn f() {{ let a = 1; use b::c; count!(A); fn d() -> u8 {{ 1 }} c(a); }}\n");
        assert!(!seen_from_outside(&before, &before.replace("let a = 1", "let a = 23")));
        assert!(!seen_from_outside(&before, &before.replace("c(a)", "c(a, a)")));
        for (what, by) in [
            ("use b::c", "use b::d as c"),
            ("count!(A)", "count!(B)"),
            ("fn d() -> u8", "fn d() -> u16"),
            ("c(a);", "c(a); enum E {}"),
            ("let a = 1;", "let a = 1; count!(Z);"),
            ("static", "const"),
        ] {
            assert!(seen_from_outside(&before, &before.replace(what, by)), "{what} {by}");
        }
    }

    #[test]
    fn what_macros_make_of_a_body_is_seen() {
        for before in [
            "macro_rules! make { ($($t:tt)*) => { $($t)* }; }\nmake! { fn f() -> u8 { 1 } }\n",
            "other! { fn f() -> u8 { 1 } }\n",
            "impl<'de> Deserialize<'de> for S { fn deserialize(d: D) -> u8 { 1 } }\n",
        ] {
            assert!(seen_from_outside(before, &before.replace("{ 1 }", "{ 2 }")), "{before}");
        }
    }
}
