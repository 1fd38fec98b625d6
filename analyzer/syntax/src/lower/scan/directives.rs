//! Comments that are meant for the analyzer: `// ward: ..`.

use crate::Span;

/// What such a comment begins with.
pub(in crate::lower) const MARK: &str = "ward:";

/// A comment for the analyzer, before it is known what it belongs to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::lower) struct Comment {
    /// The comment, its `//` or `/* */` included.
    pub(in crate::lower) span: Span,
    /// What stands behind the mark.
    pub(in crate::lower) text: Span,
    /// Where the token before it ends.
    pub(in crate::lower) before: u32,
    /// Where the token after it begins; the end of the text if there is none.
    pub(in crate::lower) after: u32,
}

/// The comments for the analyzer between two tokens. Doc comments are documentation, whatever they say.
pub(super) fn comments(text: &str, before: usize, after: usize) -> Vec<Comment> {
    let mut found = Vec::new();
    let mut at = before;
    while let Some(begin) = text[at..after].find('/').map(|offset| at + offset) {
        let rest = &text[begin..after];
        let (end, body, is_doc) = if rest.starts_with("//") {
            let end = begin + rest.find('\n').unwrap_or(rest.len());
            let is_doc = rest.starts_with("//!") || rest.starts_with("///") && !rest.starts_with("////");
            (end, begin + 2..end, is_doc)
        } else if rest.starts_with("/*") {
            let length = block(rest);
            let end = begin + length;
            let is_doc = rest.starts_with("/*!") || rest.starts_with("/**") && length > 4;
            let close = if length >= 4 && rest[..length].ends_with("*/") { end - 2 } else { end };
            (end, begin + 2..close, is_doc)
        } else {
            at = begin + 1;
            continue;
        };
        at = end;
        if !is_doc && let Some(said) = text[body.clone()].trim_start().strip_prefix(MARK) {
            let start = body.end - said.len();
            let lead = said.len() - said.trim_start().len();
            let said = said.trim();
            let begin_said = start + lead;
            found.push(Comment {
                span: Span::new(begin as u32, (begin + text[begin..end].trim_end().len()) as u32),
                text: Span::new(begin_said as u32, (begin_said + said.len()) as u32),
                before: before as u32,
                after: after as u32,
            });
        }
    }
    found
}

/// The length of the block comment that `text` begins with; blocks nest.
fn block(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0_u32, 0);
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => {
                (depth, at) = (depth - 1, at + 2);
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::comments;

    fn said(text: &str) -> Vec<(&str, &str)> {
        let found = comments(text, 0, text.len());
        found.iter().map(|comment| (comment.span.text(text), comment.text.text(text))).collect()
    }

    #[test]
    fn line_and_block_comments_may_hold_one() {
        assert_eq!(said(" // ward: allow(a) \n"), [("// ward: allow(a)", "allow(a)")]);
        assert_eq!(said("//ward:allow(a)\r\n// b"), [("//ward:allow(a)", "allow(a)")]);
        assert_eq!(said("/* x /* y */ */ /* ward: b */"), [("/* ward: b */", "b")]);
        assert_eq!(said("// ä // ward: no\n  //// no\n /**/ // ward: c"), [("// ward: c", "c")]);
    }

    #[test]
    fn documentation_and_mentions_are_none() {
        for text in [
            "/// ward: a\n",
            "//! ward: a\n",
            "/** ward: a */",
            "/*! ward: a */",
            "// as ward: a\n",
            "// wards: a",
        ] {
            assert_eq!(said(text), [], "{text}");
        }
        assert_eq!(said("/* ward: a"), [("/* ward: a", "a")]);
    }
}
