//! The table for a terminal.

use std::fmt::Write as _;
use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::{RouteReport, counted};
use crate::escape::inline;
use crate::routes::{RouteChange, RouteChangeKind, RouteGuards, RoutePlace, RouteRow};

/// How [`terminal`] writes.
#[derive(Clone, Copy, Debug)]
pub struct RouteTableOptions<'a> {
    /// Whether to colour.
    pub color: bool,
    /// The columns after which lines are cut.
    pub width: usize,
    /// The folder that all paths are relative to, for links; none for no links.
    pub root: Option<&'a str>,
}

const RED: &str = "\u{1b}[31m";
const GREEN: &str = "\u{1b}[32m";
const DIM: &str = "\u{1b}[2m";
const BOLD: &str = "\u{1b}[1m";
const RESET: &str = "\u{1b}[0m";

/// Columns are never narrower than this.
const LEAST: usize = 10;

/// Writes the table, one endpoint a line, cut where the terminal ends.
pub fn terminal(
    report: &RouteReport<'_>,
    options: &RouteTableOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let printer = Printer { options };
    if let Some((since, changes)) = report.changes {
        return printer.changes(since, changes, out);
    }
    let rows: Vec<[Cell; 5]> = report.routes.iter().map(|route| printer.cells(route)).collect();
    let widths = widths(&rows, options.width);
    let titles = ["METHOD", "PATH", "HANDLER", "GUARDS AND LAYERS", "TAKES"]
        .map(|title| Cell::plain(title.to_owned()));
    if !rows.is_empty() {
        let line = printer.line(&titles, &widths, Some(BOLD));
        writeln!(out, "{line}")?;
    }
    for row in &rows {
        writeln!(out, "{}", printer.line(row, &widths, None))?;
    }
    let mut summary = counted(report.routes.len());
    let open = report.routes.iter().filter(|route| route.is_unguarded()).count();
    if open > 0 {
        let _ = write!(summary, ", {open} without a guard");
    }
    let unsure = report.routes.iter().filter(|route| !route.unknown.is_empty()).count();
    if unsure > 0 {
        let _ = write!(summary, ", {unsure} not wholly evaluated (marked `?`)");
    }
    writeln!(out, "{summary}")
}

/// What stands in a column of a row.
struct Cell {
    text: String,
    color: Option<&'static str>,
    link: Option<String>,
}

impl Cell {
    fn plain(text: String) -> Self {
        Self { text, color: None, link: None }
    }
}

struct Printer<'a> {
    options: &'a RouteTableOptions<'a>,
}

impl Printer<'_> {
    fn cells(&self, route: &RouteRow) -> [Cell; 5] {
        let mut path = inline(&route.path).into_owned();
        if !route.unknown.is_empty() {
            path.push_str(" ?");
        }
        let place = &route.handler_at;
        let handler = format!("{} {}:{}", inline(&route.handler), inline(&place.file), place.line);
        let (guards, color) = guards(route);
        let takes = inline(&route.extractors.join(", ")).into_owned();
        [
            Cell::plain(inline(&route.methods.join("|")).into_owned()),
            Cell::plain(path),
            Cell { text: handler, color: None, link: self.link(place) },
            Cell { text: guards, color, link: None },
            Cell { text: takes, color: Some(DIM), link: None },
        ]
    }

    fn link(&self, place: &RoutePlace) -> Option<String> {
        let root = self.options.root?;
        let path: String = format!("{root}/{}", place.file)
            .chars()
            .map(|c| if c.is_ascii_graphic() && c != '%' { c.to_string() } else { encoded(c) })
            .collect();
        Some(format!("file://{path}#L{}", place.line))
    }

    fn line(&self, cells: &[Cell; 5], widths: &[usize; 5], color: Option<&str>) -> String {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(widths) {
            if *width == 0 {
                continue;
            }
            if !line.is_empty() {
                line.push_str("  ");
            }
            let shown = cut(&cell.text, *width);
            let room = width.saturating_sub(shown.width());
            let color = color.or(cell.color).filter(|_| self.options.color);
            let link = cell.link.as_ref();
            if let Some(link) = link {
                let _ = write!(line, "\u{1b}]8;;{link}\u{1b}\\");
            }
            match color {
                Some(color) if !shown.is_empty() => {
                    let _ = write!(line, "{color}{shown}{RESET}");
                }
                _ => line.push_str(&shown),
            }
            if link.is_some() {
                line.push_str("\u{1b}]8;;\u{1b}\\");
            }
            line.push_str(&" ".repeat(room));
        }
        line.trim_end().to_owned()
    }

    fn changes(&self, since: &str, changes: &[RouteChange], out: &mut dyn Write) -> io::Result<()> {
        if changes.is_empty() {
            return writeln!(
                out,
                "no endpoint was added, removed or guarded otherwise since {}",
                inline(since)
            );
        }
        for change in changes {
            let route = &change.route;
            let title = inline(&route.title()).into_owned();
            let place = format!("{}:{}", inline(&route.handler_at.file), route.handler_at.line);
            let names = inline(&change.names.join(", ")).into_owned();
            let (color, word, rest) = match change.kind {
                RouteChangeKind::Unguarded => (RED, "un-guarded", format!(", lost {names}")),
                RouteChangeKind::Guarded => (GREEN, "guarded", format!(", got {names}")),
                RouteChangeKind::Removed => (DIM, "removed", String::new()),
                RouteChangeKind::Added => (BOLD, "added", behind(route)),
            };
            let word = format!("{word:10}");
            let word = if self.options.color { format!("{color}{word}{RESET}") } else { word };
            writeln!(out, "{word} {title}  {place}{rest}")?;
        }
        writeln!(out, "{} changed since {}", counted(changes.len()), inline(since))
    }
}

fn behind(route: &RouteRow) -> String {
    let before = route.before();
    match (route.is_unguarded(), before.is_empty()) {
        (true, _) => ", no guard".to_owned(),
        (_, true) => String::new(),
        _ => format!(", behind {}", inline(&before.join(", "))),
    }
}

fn guards(route: &RouteRow) -> (String, Option<&'static str>) {
    let layers: Vec<&str> = route.layers.iter().map(|layer| layer.name.as_str()).collect();
    let layers = layers.join(", ");
    let (text, color) = match &route.guards {
        RouteGuards::Unknown if layers.is_empty() => ("?".to_owned(), None),
        RouteGuards::Unknown => (format!("{layers} ?"), None),
        RouteGuards::Public(_) => ("public".to_owned(), Some(DIM)),
        RouteGuards::None => ("no guard".to_owned(), Some(RED)),
        RouteGuards::By(guards) => (guards.join(", "), Some(GREEN)),
    };
    (inline(&text).into_owned(), color)
}

fn encoded(c: char) -> String {
    let mut bytes = [0; 4];
    c.encode_utf8(&mut bytes).bytes().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "%{byte:02X}");
        text
    })
}

/// How wide each column is: as wide as needed where there is room, else the wide ones share what there is.
fn widths(rows: &[[Cell; 5]], width: usize) -> [usize; 5] {
    let mut widths = [6, 4, 7, 17, 5];
    for row in rows {
        for (column, cell) in widths.iter_mut().zip(row) {
            *column = (*column).max(cell.text.width());
        }
    }
    widths[0] = widths[0].min(16);
    // What a handler takes is shown only where all the rest fits.
    let needed =
        |widths: &[usize; 5]| widths.iter().sum::<usize>() + 2 * widths.iter().filter(|w| **w > 0).count();
    if needed(&widths) > width {
        let rest = width.saturating_sub(needed(&[widths[0], widths[1], widths[2], widths[3], 0]) + 2);
        widths[4] = if rest > LEAST * 2 { rest.min(widths[4]) } else { 0 };
    }
    while needed(&widths) > width {
        let Some(widest) = (1..5).max_by_key(|column| widths[*column]) else { break };
        if widths[widest] <= LEAST {
            break;
        }
        widths[widest] -= 1;
    }
    widths
}

/// A text cut to a width, with `…` where something is missing.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut shown = String::new();
    for c in text.chars() {
        let mut longer = shown.clone();
        longer.push(c);
        if longer.width() + 1 > width {
            break;
        }
        shown = longer;
    }
    shown.push('…');
    shown
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdef", 4), "abc…");
    }
}
