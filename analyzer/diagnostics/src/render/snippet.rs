//! The lines of source that a diagnostic shows, made safe to print.
//!
//! codespan-reporting prints what it is given, so it is given a copy: only the lines around the labels, with
//! hidden characters escaped and long lines cut, and every label moved to where its text stands in the copy.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use codespan_reporting::diagnostic::{Label as Shown, LabelStyle};
use codespan_reporting::files::{Error, Files};
use unicode_width::UnicodeWidthChar;
use ward_syntax::{FileId, Span};

use crate::escape;
use crate::finding::Label;
use crate::text::{SourceText, Texts};

/// A label over more lines than this marks its first line only.
const MOST_LINES: u32 = 40;
/// How many characters stay visible before the first label of a line that is cut on its left.
const LEAD: usize = 24;
/// What stands for the part of a line that is cut.
const CUT: char = '…';
/// As in codespan-reporting's default configuration.
const TAB_WIDTH: usize = 4;

/// The shown lines of all files of one diagnostic.
#[derive(Default)]
pub(super) struct Snippets {
    files: Vec<SnippetFile>,
}

struct SnippetFile {
    name: String,
    text: String,
    /// Index of the line in the file, and its bytes in `text` with the line break; ascending in both.
    lines: Vec<(usize, Range<usize>)>,
    /// The true column of the bytes in `text` that labels start at.
    columns: BTreeMap<usize, usize>,
}

/// A label on its way into the copy.
struct Placed<'a> {
    style: LabelStyle,
    label: &'a Label,
    span: Span,
    first_line: u32,
    last_line: u32,
}

impl Snippets {
    /// Shows `primary`, then `related` file by file. Labels in files that are gone are left out. `width` is the
    /// room for a line of source in columns.
    pub(super) fn new(
        primary: &Label,
        related: &[Label],
        texts: &Texts<'_>,
        width: usize,
    ) -> (Self, Vec<Shown<usize>>) {
        let mut by_file: Vec<(FileId, Rc<SourceText>, Vec<Placed<'_>>)> = Vec::new();
        let labels = std::iter::once((LabelStyle::Primary, primary))
            .chain(related.iter().map(|label| (LabelStyle::Secondary, label)));
        for (style, label) in labels {
            let file = label.location.file;
            let Some(text) = texts.text(file) else { continue };
            let placed = Placed::new(style, label, &text);
            match by_file.iter_mut().find(|(known, ..)| *known == file) {
                Some((.., labels)) => labels.push(placed),
                None => by_file.push((file, text, vec![placed])),
            }
        }

        let mut files = Vec::with_capacity(by_file.len());
        let mut shown = Vec::new();
        for (file, text, labels) in &by_file {
            let name = escape::inline(texts.path(*file)).into_owned();
            let (snippet, ranges) = SnippetFile::new(name, text, labels, width);
            for (placed, range) in labels.iter().zip(ranges) {
                let message = escape::inline(&placed.label.message);
                shown.push(Shown::new(placed.style, files.len(), range).with_message(message));
            }
            files.push(snippet);
        }
        (Self { files }, shown)
    }

    fn file(&self, id: usize) -> Result<&SnippetFile, Error> {
        self.files.get(id).ok_or(Error::FileMissing)
    }
}

impl<'a> Placed<'a> {
    fn new(style: LabelStyle, label: &'a Label, text: &SourceText) -> Self {
        let mut span = text.clamp(label.location.span);
        let first_line = text.line(span.start);
        let first = text.line_span(first_line);
        span.start = span.start.max(first.start);
        span.end = span.end.max(span.start);
        let mut last_line = text.line(span.end);
        if last_line > first_line && span.end <= text.line_span(last_line).start {
            // Ends with a line break: nothing of the last line is meant.
            last_line -= 1;
            span.end = text.line_span(last_line).end;
        }
        if last_line - first_line >= MOST_LINES {
            last_line = first_line;
            span.end = first.end.max(span.start);
        }
        Self { style, label, span, first_line, last_line }
    }
}

impl SnippetFile {
    /// The copy, and the range of each label in it.
    fn new(
        name: String,
        source: &SourceText,
        labels: &[Placed<'_>],
        width: usize,
    ) -> (Self, Vec<Range<usize>>) {
        let mut file = Self { name, text: String::new(), lines: Vec::new(), columns: BTreeMap::new() };
        let mut ranges = vec![0..0; labels.len()];
        for line in shown_lines(source, labels) {
            let start = file.text.len();
            let span = source.line_span(line);
            let first = labels.iter().filter(|label| label.first_line == line).map(|label| label.span.start);
            let last = labels.iter().filter(|label| label.last_line == line).map(|label| label.span.end);
            let anchors =
                first.min().into_iter().chain(last.max()).map(|at| at.saturating_sub(span.start) as usize);
            let shown = ShownLine::new(source.slice(span), anchors, width);
            for (label, range) in labels.iter().zip(&mut ranges) {
                if label.first_line == line {
                    range.start = start + shown.place(label.span.start.saturating_sub(span.start) as usize);
                    let column = source.position(label.span.start).column as usize;
                    match label.style {
                        LabelStyle::Primary => file.columns.insert(range.start, column),
                        LabelStyle::Secondary => Some(*file.columns.entry(range.start).or_insert(column)),
                    };
                }
                if label.last_line == line {
                    range.end = start + shown.place(label.span.end.saturating_sub(span.start) as usize);
                }
            }
            file.text.push_str(&shown.text);
            file.text.push('\n');
            file.lines.push((line as usize - 1, start..file.text.len()));
        }
        (file, ranges)
    }
}

/// The lines to copy, ascending: those of the labels, and one on either side, which the renderer uses to close a
/// gap of a single line.
fn shown_lines(source: &SourceText, labels: &[Placed<'_>]) -> Vec<u32> {
    let around = |label: &Placed<'_>| {
        label.first_line.saturating_sub(1).max(1)..=(label.last_line + 1).min(source.line_count())
    };
    let mut lines: Vec<u32> = labels.iter().flat_map(around).collect();
    lines.sort_unstable();
    lines.dedup();
    lines
}

/// One line as it is shown.
struct ShownLine {
    text: String,
    /// Where the shown part begins and ends in the line.
    window: Range<usize>,
    /// For each character of the shown part: its byte in the line and in `text`; the end comes last.
    places: Vec<(usize, usize)>,
}

impl ShownLine {
    /// Shows `line` in at most `width` columns or little more; `anchors` are the bytes that should be visible, the
    /// most important one first.
    fn new(line: &str, anchors: impl Iterator<Item = usize>, width: usize) -> Self {
        let anchors: Vec<usize> = anchors.collect();
        let begin = window_start(line, &anchors, width);
        let mut shown = Self { text: String::new(), window: begin..line.len(), places: Vec::new() };
        if begin > 0 {
            shown.text.push(CUT);
        }
        let mut column = usize::from(begin > 0);
        for (at, character) in line[begin..].char_indices().map(|(at, character)| (begin + at, character)) {
            if column >= width && columns(&line[at..], 1) > 0 {
                shown.window.end = at;
                break;
            }
            shown.places.push((at, shown.text.len()));
            if character == '\t' {
                shown.text.push('\t');
                column += TAB_WIDTH - column % TAB_WIDTH;
            } else {
                let before = shown.text.len();
                escape::push(&mut shown.text, character);
                column += shown.text[before..].chars().map(|shown| shown.width().unwrap_or(0)).sum::<usize>();
            }
        }
        shown.places.push((shown.window.end, shown.text.len()));
        if shown.window.end < line.len() {
            shown.text.push(CUT);
        }
        shown
    }

    /// Where a byte of the line stands in the shown text; what is cut stands at the cut.
    fn place(&self, at: usize) -> usize {
        if at < self.window.start {
            return 0;
        }
        if at > self.window.end {
            return self.text.len();
        }
        let index = self.places.partition_point(|(known, _)| *known < at).min(self.places.len() - 1);
        self.places[index].1
    }
}

/// Where to begin to show a line, so that its anchors are visible.
fn window_start(line: &str, anchors: &[usize], width: usize) -> usize {
    let needed = anchors.iter().copied().max().unwrap_or(0).min(line.len());
    if columns(line, width) < width || columns(line.get(..needed).unwrap_or(line), width) < width {
        return 0;
    }
    let anchor = anchors.first().copied().unwrap_or(0).min(line.len());
    let before = line.get(..anchor).unwrap_or_default();
    before.char_indices().rev().take(LEAD).last().map_or(0, |(at, _)| at)
}

/// How many columns a text takes, counted no further than `most`.
fn columns(text: &str, most: usize) -> usize {
    let mut columns = 0;
    for character in text.chars() {
        if columns >= most {
            break;
        }
        columns += match character {
            '\t' => TAB_WIDTH - columns % TAB_WIDTH,
            _ if escape::is_hidden(character) => character.escape_unicode().len(),
            _ => character.width().unwrap_or(0),
        };
    }
    columns
}

impl<'a> Files<'a> for Snippets {
    type FileId = usize;
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, id: usize) -> Result<&'a str, Error> {
        Ok(&self.file(id)?.name)
    }

    fn source(&'a self, id: usize) -> Result<&'a str, Error> {
        Ok(&self.file(id)?.text)
    }

    fn line_index(&'a self, id: usize, byte: usize) -> Result<usize, Error> {
        let lines = &self.file(id)?.lines;
        let after = lines.partition_point(|(_, range)| range.start <= byte);
        let line = after.checked_sub(1).and_then(|index| lines.get(index));
        line.map(|(line, _)| *line).ok_or(Error::IndexTooLarge { given: byte, max: 0 })
    }

    fn column_number(&'a self, id: usize, _line: usize, byte: usize) -> Result<usize, Error> {
        Ok(self.file(id)?.columns.get(&byte).copied().unwrap_or(1))
    }

    fn line_range(&'a self, id: usize, line: usize) -> Result<Range<usize>, Error> {
        let lines = &self.file(id)?.lines;
        let index = lines.binary_search_by_key(&line, |(line, _)| *line);
        index.map(|index| lines[index].1.clone()).map_err(|_| Error::LineTooLarge { given: line, max: 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::ShownLine;

    fn shown(line: &str, anchors: &[usize], width: usize) -> ShownLine {
        ShownLine::new(line, anchors.iter().copied(), width)
    }

    #[test]
    fn a_short_line_is_kept() {
        let line = shown("let ü = x;", &[4, 6], 40);
        assert_eq!(line.text, "let ü = x;");
        assert_eq!((line.place(4), line.place(6), line.place(11)), (4, 6, 11));
    }

    #[test]
    fn places_move_behind_escapes() {
        let line = shown("a\u{1b}b", &[2], 40);
        assert_eq!(line.text, "a\\u{1b}b");
        assert_eq!((line.place(0), line.place(1), line.place(2), line.place(3)), (0, 1, 7, 8));
    }

    #[test]
    fn a_long_line_is_cut_around_its_anchor() {
        let text = format!("{}NEEDLE{}", "x".repeat(5_000), "y".repeat(5_000));
        let line = shown(&text, &[5_000, 5_006], 60);
        assert_eq!(line.text, format!("…{}NEEDLE{}…", "x".repeat(24), "y".repeat(29)));
        let needle = line.place(5_000)..line.place(5_006);
        assert_eq!(&line.text[needle], "NEEDLE");
        assert_eq!(line.place(10), 0);
        assert_eq!(line.place(9_000), line.text.len());
    }

    #[test]
    fn a_line_is_cut_on_its_right_only_if_that_shows_the_anchor() {
        let line = shown(&format!("    call(a);{}", " ".repeat(500)), &[4, 11], 20);
        assert_eq!(line.text, format!("    call(a);{}…", " ".repeat(8)));
    }
}
