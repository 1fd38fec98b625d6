//! The table as one page to look at: searchable, grouped by router, what is not guarded standing out. It loads nothing.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::{RouteReport, counted};
use crate::escape::inline;
use crate::routes::{RouteGuards, RouteRow};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Writes the table as a page.
pub fn html(report: &RouteReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let name = escaped(report.name);
    let mut page = String::new();
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Endpoints of {name}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n"
    );
    let open = report.routes.iter().filter(|route| route.is_unguarded()).count();
    let judged = report.routes.iter().any(|route| route.guards != RouteGuards::Unknown);
    let _ = write!(
        page,
        "<header>\n<h1>Endpoints of {name}</h1>\n<p>{}{}</p>\n\
         <input id=\"search\" type=\"search\" placeholder=\"method, path, handler, guard…\" aria-label=\"Search\" autofocus>\n",
        counted(report.routes.len()),
        if judged { format!(", <strong>{open} without a guard</strong>") } else { String::new() },
    );
    if judged {
        page.push_str("<label><input id=\"open\" type=\"checkbox\"> only without a guard</label>\n");
    }
    page.push_str("</header>\n<main>\n");
    let mut groups: BTreeMap<&str, Vec<&RouteRow>> = BTreeMap::new();
    for route in report.routes {
        groups.entry(route.router.as_deref().unwrap_or("not known")).or_default().push(route);
    }
    for (router, routes) in groups {
        group(router, &routes, &mut page);
    }
    let _ = write!(
        page,
        "</main>\n<footer>{} {}</footer>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n",
        super::super::TOOL_NAME,
        escaped(report.tool_version)
    );
    out.write_all(page.as_bytes())
}

fn group(router: &str, routes: &[&RouteRow], page: &mut String) {
    let _ = write!(
        page,
        "<section>\n<h2><code>{}</code> <small>{}</small></h2>\n<table>\n<thead><tr><th>Method</th><th>Path</th>\
         <th>Handler</th><th>Guards</th><th>Layers</th><th>Takes</th><th>Does</th></tr></thead>\n<tbody>\n",
        escaped(router),
        counted(routes.len())
    );
    for route in routes {
        row(route, page);
    }
    page.push_str("</tbody>\n</table>\n</section>\n");
}

fn row(route: &RouteRow, page: &mut String) {
    let class = if route.is_unguarded() { " class=\"open\"" } else { "" };
    let methods: String = route.methods.iter().fold(String::new(), |mut text, method| {
        let _ = write!(text, "<span class=\"method {}\">{}</span> ", class_of(method), escaped(method));
        text
    });
    let guards = match &route.guards {
        RouteGuards::Unknown => "?".to_owned(),
        RouteGuards::Public(reason) => format!("<span title=\"{}\">public</span>", escaped(reason)),
        RouteGuards::None => "<strong>none</strong>".to_owned(),
        RouteGuards::By(guards) => codes(guards.iter().map(String::as_str)),
    };
    let layers = route.layers.iter().fold(String::new(), |mut text, layer| {
        let sometimes = if layer.always { "" } else { " <em>sometimes</em>" };
        let _ = write!(
            text,
            "<code title=\"{}:{}\">{}</code>{sometimes} ",
            escaped(&layer.at.file),
            layer.at.line,
            escaped(&layer.name)
        );
        text
    });
    let unknown = if route.unknown.is_empty() {
        String::new()
    } else {
        format!(" <abbr title=\"{}\">?</abbr>", escaped(&route.unknown.join("; ")))
    };
    let _ = writeln!(
        page,
        "<tr{class}><td>{methods}</td><td><code class=\"path\">{}</code>{unknown}</td>\
         <td><code>{}</code><br><small>{}:{}</small></td><td>{guards}</td><td>{layers}</td><td>{}</td><td>{}</td></tr>",
        path(&route.path),
        escaped(&route.handler),
        escaped(&route.handler_at.file),
        route.handler_at.line,
        codes(route.extractors.iter().map(String::as_str)),
        escaped(&route.effects.join(", ")),
    );
}

fn codes<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    texts.fold(String::new(), |mut all, text| {
        let _ = write!(all, "<code>{}</code> ", escaped(text));
        all
    })
}

/// A path with its parameters marked.
fn path(path: &str) -> String {
    escaped(path).replace('{', "<i>{").replace('}', "}</i>")
}

fn class_of(method: &str) -> &'static str {
    match method {
        "GET" | "HEAD" | "OPTIONS" | "TRACE" => "reads",
        "DELETE" => "deletes",
        _ => "writes",
    }
}

/// A text as the content of an element or an attribute.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in inline(text).chars() {
        match c {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            '\'' => shown.push_str("&#39;"),
            c => shown.push(c),
        }
    }
    shown
}
