//! From proc-macro2's lines and columns to bytes of the file.
//!
//! `Span::byte_range` would count characters anew and keep a map of its own; lines and columns are cheap,
//! and with a table of line starts a byte offset is one addition. Columns count characters, so files that
//! hold wide ones keep a second table of where they stand. Lines need not follow one another in the file.

use proc_macro2::LineColumn;
use proc_macro2::extra::DelimSpan;

use crate::Span;

/// Offsets of the text that was parsed, which may begin somewhere inside the file.
#[derive(Default)]
pub(super) struct SpanTable {
    /// First byte of each line, in the file.
    starts: Vec<u32>,
    /// For each line the first of its entries in `wide`; empty if the text is ASCII.
    first_wide: Vec<u32>,
    /// Column after each character of more than one byte, and the bytes beyond one per character up to there.
    wide: Vec<(u32, u32)>,
}

impl SpanTable {
    /// The table for a text whose lines begin at these bytes of the file.
    pub(super) fn with_lines(text: &str, starts: Vec<u32>) -> Self {
        let mut table = Self { starts, first_wide: Vec::new(), wide: Vec::new() };
        if !text.is_ascii() {
            table.index_wide(text);
        }
        table
    }

    fn index_wide(&mut self, text: &str) {
        for line in text.split('\n') {
            self.first_wide.push(self.wide.len() as u32);
            if line.is_ascii() {
                continue;
            }
            let mut extra = 0;
            for (column, character) in line.chars().enumerate() {
                if !character.is_ascii() {
                    extra += character.len_utf8() as u32 - 1;
                    self.wide.push((column as u32 + 1, extra));
                }
            }
        }
        self.first_wide.push(self.wide.len() as u32);
    }

    fn offset(&self, at: LineColumn) -> u32 {
        let line = at.line.wrapping_sub(1);
        let Some(start) = self.starts.get(line) else { return self.starts.first().copied().unwrap_or(0) };
        start + at.column as u32 + self.extra(line, at.column as u32)
    }

    fn extra(&self, line: usize, column: u32) -> u32 {
        if self.wide.is_empty() {
            return 0;
        }
        let bounds = (self.first_wide.get(line), self.first_wide.get(line + 1));
        let (Some(from), Some(to)) = bounds else { return 0 };
        let wide = &self.wide[*from as usize..*to as usize];
        let before = wide.partition_point(|(after, _)| *after <= column);
        before.checked_sub(1).map_or(0, |last| wide[last].1)
    }

    /// Where a span begins.
    pub(super) fn start(&self, span: proc_macro2::Span) -> u32 {
        self.offset(span.start())
    }

    /// Where a span ends.
    pub(super) fn end(&self, span: proc_macro2::Span) -> u32 {
        self.offset(span.end())
    }

    /// A whole span.
    pub(super) fn span(&self, span: proc_macro2::Span) -> Span {
        Span::new(self.start(span), self.end(span))
    }

    /// A span with delimiters.
    pub(super) fn delimited(&self, span: DelimSpan) -> Span {
        self.span(span.join())
    }

    /// The end of a closing delimiter.
    pub(super) fn close(&self, span: DelimSpan) -> u32 {
        self.end(span.join())
    }
}

#[cfg(test)]
mod tests {
    use super::SpanTable;
    use proc_macro2::LineColumn;

    #[test]
    fn columns_are_characters_and_offsets_are_bytes() {
        let text = "ab\näöx\r\n🦀y";
        let table = SpanTable::with_lines(text, vec![3, 6, 13]);
        let at = |line, column| table.offset(LineColumn { line, column }) as usize - 3;
        assert_eq!(at(1, 1), 1);
        assert_eq!(at(2, 0), 3);
        assert_eq!(&text[at(2, 1)..at(2, 2)], "ö");
        assert_eq!(&text[at(2, 2)..at(2, 3)], "x");
        assert_eq!(&text[at(3, 1)..at(3, 2)], "y");
        assert_eq!(at(9, 9), 0);
    }
}
