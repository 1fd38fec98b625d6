//! The table as JSON: `{ version, tool, routes: [..] }`, and `changes: { since, list: [..] }` if they were asked for.

use std::io::{self, Write};

use serde::Serialize;

use super::RouteReport;
use crate::routes::{RouteChange, RouteRow};

/// The version of the form.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    tool: Tool<'a>,
    routes: &'a [RouteRow],
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Changes<'a>>,
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'static str,
    version: &'a str,
}

#[derive(Serialize)]
struct Changes<'a> {
    since: &'a str,
    list: &'a [RouteChange],
}

/// Writes the table as JSON.
pub fn json(report: &RouteReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        version: VERSION,
        tool: Tool { name: super::super::TOOL_NAME, version: report.tool_version },
        routes: report.routes,
        changes: report.changes.map(|(since, list)| Changes { since, list }),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    out.write_all(b"\n")
}
