//! Code and messages as HTML.

use std::fmt::Write as _;

use ward_syntax::Span;

use crate::escape::inline;
use crate::finding::Location;
use crate::text::Texts;

/// A place that spans more lines is shown by its first ones.
const MOST_LINES: u32 = 12;
/// Longer lines are cut, in characters.
const LONGEST_LINE: usize = 400;

/// A line of text in which nothing is markup; what is no character of a page, or would end the line, is replaced.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\t' => escaped.push(character),
            character if character.is_control() || is_direction(character) => escaped.push('\u{fffd}'),
            character => escaped.push(character),
        }
    }
    escaped
}

/// Characters that turn the direction of text, and so can show code as what it is not.
fn is_direction(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// One of our messages: code in backticks becomes code.
pub(super) fn message(text: &str) -> String {
    let parts = escape(text);
    let parts = parts.split('`').enumerate();
    parts
        .map(|(index, part)| if index % 2 == 0 { part.to_owned() } else { format!("<code>{part}</code>") })
        .collect()
}

/// The lines of a place and as many around it, with their numbers, the place marked.
pub(super) fn snippet(texts: &Texts<'_>, location: Location, around: u32) -> String {
    let path = escape(&inline(texts.path(location.file)));
    let Some(text) = texts.text(location.file) else {
        return format!(
            "<figure><figcaption>{path}</figcaption><pre>the file can no longer be read</pre></figure>\n"
        );
    };
    let span = text.clamp(location.span);
    let (first, last) = (text.line(span.start), text.line(span.end.saturating_sub(1).max(span.start)));
    let shown =
        first.saturating_sub(around).max(1)..=(last.min(first + MOST_LINES) + around).min(text.line_count());
    let mut lines = String::new();
    for number in shown {
        let line = text.line_span(number);
        let content: String = text.slice(line).chars().take(LONGEST_LINE).collect();
        let line = Span::new(line.start, line.start + content.len() as u32);
        let marked = Span::new(span.start.clamp(line.start, line.end), span.end.clamp(line.start, line.end));
        let part = |start: u32, end: u32| {
            escape(&content[(start - line.start) as usize..(end - line.start) as usize])
        };
        let _ = write!(lines, "<span class=\"number\">{number:>5}</span> {}", part(line.start, marked.start));
        if marked.start < marked.end {
            let _ = write!(lines, "<mark>{}</mark>", part(marked.start, marked.end));
        }
        let _ = writeln!(lines, "{}", part(marked.end, line.end));
    }
    format!("<figure><figcaption>{path}:{first}</figcaption><pre>{lines}</pre></figure>\n")
}

#[cfg(test)]
mod tests {
    use super::{escape, message};

    #[test]
    fn nothing_becomes_markup() {
        assert_eq!(escape("<a href='x'>&\u{1b}\u{202e}"), "&lt;a href=&#39;x&#39;&gt;&amp;\u{fffd}\u{fffd}");
        assert_eq!(message("pass `<x>` on"), "pass <code>&lt;x&gt;</code> on");
    }
}
