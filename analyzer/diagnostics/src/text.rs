//! The text of analysed files, read once per rendering, with its positions.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use ward_syntax::{FileId, LineColumn, LineIndex, Span};

use crate::escape::inline;
use crate::fingerprint::LineHashes;
use crate::report::Sources;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// The text of one file and where its lines begin.
pub(crate) struct SourceText {
    text: Arc<str>,
    lines: LineIndex,
    hashes: RefCell<Option<Rc<LineHashes>>>,
}

impl SourceText {
    pub(crate) fn new(text: Arc<str>) -> Self {
        let lines = LineIndex::new(&text);
        Self { text, lines, hashes: RefCell::new(None) }
    }

    /// The span fitted into the text: a file may have changed since it was analysed.
    pub(crate) fn clamp(&self, span: Span) -> Span {
        let start = self.boundary(span.start);
        Span::new(start, self.boundary(span.end).max(start))
    }

    /// The line and column of a byte. A byte order mark is no character of its line.
    pub(crate) fn position(&self, offset: u32) -> LineColumn {
        let offset = self.boundary(offset);
        let mut position = self.lines.position(&self.text, offset);
        if position.line == 1 && position.column > 1 && self.text.starts_with(BYTE_ORDER_MARK) {
            position.column -= 1;
        }
        position
    }

    /// The line of a byte, counted from 1.
    pub(crate) fn line(&self, offset: u32) -> u32 {
        self.lines.line(offset)
    }

    /// The bytes of a line (counted from 1) without its line break, and without a byte order mark.
    pub(crate) fn line_span(&self, line: u32) -> Span {
        let whole = self.lines.line_span(&self.text, line);
        let text = whole.text(&self.text);
        let content = text.trim_end_matches(['\n', '\r']);
        let mark =
            if line == 1 && content.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len_utf8() } else { 0 };
        Span::new(whole.start + mark as u32, whole.start + content.len() as u32)
    }

    /// How many lines there are.
    pub(crate) fn line_count(&self) -> u32 {
        self.lines.len() as u32
    }

    /// The text of a span.
    pub(crate) fn slice(&self, span: Span) -> &str {
        self.clamp(span).text(&self.text)
    }

    /// The hashes of the lines, computed when first asked for.
    pub(crate) fn hashes(&self) -> Rc<LineHashes> {
        let mut hashes = self.hashes.borrow_mut();
        Rc::clone(hashes.get_or_insert_with(|| Rc::new(LineHashes::new(&self.text))))
    }

    /// The last character boundary at or before a byte.
    fn boundary(&self, offset: u32) -> u32 {
        let mut offset = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset as u32
    }
}

/// The texts of the files a report talks about.
pub(crate) struct Texts<'a> {
    sources: &'a dyn Sources,
    read: RefCell<BTreeMap<FileId, Option<Rc<SourceText>>>>,
}

impl<'a> Texts<'a> {
    pub(crate) fn new(sources: &'a dyn Sources) -> Self {
        Self { sources, read: RefCell::default() }
    }

    /// The path of a file.
    pub(crate) fn path(&self, file: FileId) -> &'a str {
        self.sources.path(file)
    }

    /// `path:line:column` in one line, or the path alone if the file is gone.
    pub(crate) fn place(&self, location: crate::finding::Location) -> String {
        let path = inline(self.path(location.file));
        let Some(text) = self.text(location.file) else { return path.into_owned() };
        let position = text.position(location.span.start);
        format!("{path}:{}:{}", position.line, position.column)
    }

    /// The text of a file; `None` if it is gone.
    pub(crate) fn text(&self, file: FileId) -> Option<Rc<SourceText>> {
        let mut read = self.read.borrow_mut();
        let text = read
            .entry(file)
            .or_insert_with(|| self.sources.text(file).map(|text| Rc::new(SourceText::new(text))));
        text.clone()
    }
}

#[cfg(test)]
mod tests {
    use ward_syntax::{LineColumn, Span};

    use super::SourceText;

    #[test]
    fn a_byte_order_mark_is_no_column() {
        let text = SourceText::new("\u{feff}let ü = 1;\r\nx".into());
        assert_eq!(text.position(0), LineColumn { line: 1, column: 1 });
        assert_eq!(text.position(3), LineColumn { line: 1, column: 1 });
        assert_eq!(text.position(9), LineColumn { line: 1, column: 6 });
        assert_eq!(text.slice(text.line_span(1)), "let ü = 1;");
        assert_eq!(text.position(16), LineColumn { line: 2, column: 1 });
    }

    #[test]
    fn spans_past_the_end_and_inside_characters_are_fitted() {
        let text = SourceText::new("aü".into());
        assert_eq!(text.clamp(Span::new(2, 90)), Span::new(1, 3));
        assert_eq!(text.clamp(Span::new(90, 2)), Span::new(3, 3));
        assert_eq!(text.position(u32::MAX), LineColumn { line: 1, column: 3 });
    }
}
