//! What of a file can be seen from outside of its functions' bodies.

use std::hash::Hasher;

use rustc_hash::FxHasher;

use super::Lowerer;
use crate::{ItemId, ItemKind, Span};

/// What others ask of the body of a function of this name depends on what stands in it.
const READ_BY_OTHERS: &str = "deserialize";

impl Lowerer<'_> {
    /// Notes where the body of a function stands.
    pub(super) fn note_written(&mut self, function: ItemId, block: &syn::Block) {
        if self.expanding == 0 {
            let span = self.spans.delimited(block.brace_token.span);
            self.written_bodies.push((function, span));
        }
    }

    /// A hash of the file's text without the bodies of functions. What declares something in a body counts: the items in
    /// it, and the calls of macros of the workspace, which may expand to items. So does a body whose text a macro gets.
    pub(super) fn outline(&self) -> u128 {
        let mut counts: Vec<Span> = self.ir.tree.items.iter().map(|item| item.span).collect();
        counts.extend(&self.expanded_calls);
        counts.sort_unstable();
        let mut pieces = Vec::new();
        let mut at = 0;
        for body in self.hidden_bodies() {
            if body.start < at {
                continue;
            }
            pieces.push(self.slice(Span::new(at, body.start)));
            at = body.start;
            let first = counts.partition_point(|span| span.start <= body.start);
            for inside in counts[first..].iter().take_while(|span| span.start < body.end) {
                let start = inside.start.max(at);
                let end = inside.end.clamp(start, body.end);
                pieces.push(self.slice(Span::new(start, end)));
                at = end;
            }
            at = body.end;
        }
        pieces.push(self.slice(Span::new(at, self.text.len() as u32)));
        hash(&pieces)
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
