//! The table for a pull request or a document.

use std::io::{self, Write};

use super::{RouteReport, counted};
use crate::escape::inline;
use crate::routes::{RouteChange, RouteChangeKind, RouteGuards, RouteRow};

/// Writes the table as Markdown.
pub fn markdown(report: &RouteReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    if let Some((since, changes)) = report.changes {
        return write_changes(since, changes, out);
    }
    writeln!(out, "# Endpoints of {}\n", text(report.name))?;
    writeln!(out, "{}.\n", counted(report.routes.len()))?;
    if report.routes.is_empty() {
        return Ok(());
    }
    writeln!(out, "| Method | Path | Handler | Guards | Layers | Takes | Does |")?;
    writeln!(out, "|---|---|---|---|---|---|---|")?;
    for route in report.routes {
        row(route, out)?;
    }
    Ok(())
}

fn row(route: &RouteRow, out: &mut dyn Write) -> io::Result<()> {
    let guards = match &route.guards {
        RouteGuards::Unknown => "?".to_owned(),
        RouteGuards::Public(reason) if reason.is_empty() => "public".to_owned(),
        RouteGuards::Public(reason) => format!("public: {}", text(reason)),
        RouteGuards::None => "**none**".to_owned(),
        RouteGuards::By(guards) => codes(guards),
    };
    let layers: Vec<String> = route.layers.iter().map(|layer| layer.name.clone()).collect();
    let handler =
        format!("{} {}:{}", code(&route.handler), text(&route.handler_at.file), route.handler_at.line);
    writeln!(
        out,
        "| {} | {} | {handler} | {guards} | {} | {} | {} |",
        text(&route.methods.join(" ")),
        code(&route.path),
        codes(&layers),
        codes(&route.extractors),
        text(&route.effects.join(", ")),
    )
}

fn write_changes(since: &str, changes: &[RouteChange], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# Endpoints changed since {}\n", text(since))?;
    if changes.is_empty() {
        return writeln!(out, "No endpoint was added, removed or guarded otherwise.");
    }
    for change in changes {
        let route = &change.route;
        let title = code(&route.title());
        let at = format!("{}:{}", text(&route.handler_at.file), route.handler_at.line);
        let names = codes(&change.names);
        match change.kind {
            RouteChangeKind::Unguarded => writeln!(out, "- **un-guarded** {title}: lost {names} ({at})")?,
            RouteChangeKind::Guarded => writeln!(out, "- guarded {title}: got {names} ({at})")?,
            RouteChangeKind::Removed => writeln!(out, "- removed {title}")?,
            RouteChangeKind::Added => {
                let before: Vec<String> = route.before().into_iter().map(str::to_owned).collect();
                let behind = match (route.is_unguarded(), before.is_empty()) {
                    (true, _) => ", **no guard**".to_owned(),
                    (_, true) => String::new(),
                    _ => format!(", behind {}", codes(&before)),
                };
                writeln!(out, "- added {title} ({at}){behind}")?;
            }
        }
    }
    Ok(())
}

fn codes(texts: &[String]) -> String {
    texts.iter().map(|text| code(text)).collect::<Vec<_>>().join(", ")
}

/// A text in a cell as code.
fn code(text: &str) -> String {
    let shown = inline(text).replace('`', "'").replace('|', "\\|");
    if shown.is_empty() { shown } else { format!("`{shown}`") }
}

/// A text in a cell.
fn text(text: &str) -> String {
    inline(text).replace('\\', "\\\\").replace('|', "\\|").replace('<', "&lt;").replace('`', "\\`")
}
