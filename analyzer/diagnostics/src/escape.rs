//! Makes untrusted text safe to print.
//!
//! Source text, paths and messages come from the analysed program. A terminal must see none of their control
//! characters: an escape sequence could rewrite what a reader sees, a bidirectional control could reorder it,
//! an invisible character could hide in it.

use std::borrow::Cow;

/// How far apart tabs become when a block of text is printed.
const TAB: &str = "    ";

/// Whether a character must not reach a terminal: controls, line separators, bidirectional controls, and
/// invisible characters other than the joiners that scripts and emoji need.
pub(crate) fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}'
                | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

/// A text for one line: every hidden character, line breaks and tabs included, becomes a visible escape.
pub fn inline(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        push(&mut shown, character);
    }
    Cow::Owned(shown)
}

/// A text of several lines: keeps line breaks, widens tabs, escapes every other hidden character.
pub fn block(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for line in text.lines() {
        for character in line.chars() {
            match character {
                '\t' => shown.push_str(TAB),
                _ => push(&mut shown, character),
            }
        }
        shown.push('\n');
    }
    shown.pop();
    shown
}

/// Appends a character, or the escape that stands for it.
pub(crate) fn push(shown: &mut String, character: char) {
    if is_hidden(character) {
        shown.extend(character.escape_unicode());
    } else {
        shown.push(character);
    }
}

#[cfg(test)]
mod tests {
    use super::{block, inline};

    #[test]
    fn hidden_characters_become_visible() {
        assert_eq!(inline("plain äöü 🦀"), "plain äöü 🦀");
        assert_eq!(inline("\u{1b}[31mred\u{7}"), "\\u{1b}[31mred\\u{7}");
        assert_eq!(inline("a\nb\tc\r"), "a\\u{a}b\\u{9}c\\u{d}");
        assert_eq!(inline("\u{202e}esrever\u{2066}\u{9b}0m"), "\\u{202e}esrever\\u{2066}\\u{9b}0m");
        assert_eq!(inline("\u{feff}x\u{200b}"), "\\u{feff}x\\u{200b}");
    }

    #[test]
    fn joiners_of_emoji_stay() {
        assert_eq!(inline("👩\u{200d}🚀"), "👩\u{200d}🚀");
    }

    #[test]
    fn a_block_keeps_its_lines() {
        assert_eq!(block("one\r\n\ttwo\u{1b}\n"), "one\n    two\\u{1b}");
        assert_eq!(block(""), "");
    }
}
