//! Specs and pages as tests: Markdown to small projects, markers to expectations.
//!
//! A section (`## Title`) is one project. A `rust` fence is `src/lib.rs` unless a line such as `` `src/db.rs`: ``
//! before it names another file; `toml` fences need such a line. Markers stand in comments of any file:
//!
//! - `//~ lint` the line must be reported, `//~^ lint` the line above; `//~ lint high` with this confidence;
//!   what has low confidence is hidden, and silent unless a marker says `low`,
//! - `//~ MISSING: lint` it should be reported and is not, `//~ SPURIOUS: lint` it is and should not be.
//!
//! A `routes` fence holds the table of endpoints that the project gives, as [`route_lines`] writes it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use ward_diagnostics::{Confidence, Finding, LintMetadata, RouteGuards, RouteRow};
use ward_linter::{Analysis, Settings, analyze, route_rows};
use ward_project::{DiscoverOptions, read_source, thread_pool};

/// A section of a spec or page.
#[derive(Debug, Clone)]
pub struct Section {
    /// Its title.
    pub title: String,
    /// The line of its title, from 1.
    pub line: usize,
    /// Path and text of its files.
    pub files: Vec<(String, String)>,
    /// The rows of the table of endpoints it must give, from a `routes` fence.
    pub routes: Option<Vec<String>>,
}

/// The language of a fence that holds the table of endpoints.
const ROUTES: &str = "routes";

/// An expectation, or what was found: file, line from 1, lint.
type Place = (String, usize, String);

/// What a marker says.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Marker {
    Expected(Option<Confidence>),
    Missing,
    Spurious,
}

/// Reads the sections of a Markdown text that hold code.
pub fn sections(text: &str) -> Vec<Section> {
    let mut all: Vec<Section> = Vec::new();
    let mut name: Option<String> = None;
    let mut fence: Option<(String, String)> = None;
    for (index, line) in text.lines().enumerate() {
        if let Some((path, body)) = &mut fence {
            if line.trim_end() == "```" {
                let file = (std::mem::take(path), std::mem::take(body));
                fence = None;
                if let Some(section) = all.last_mut() {
                    match file.0.as_str() {
                        "" => {}
                        ROUTES => section.routes = Some(file.1.lines().map(str::to_owned).collect()),
                        _ => section.files.push(file),
                    }
                }
            } else {
                body.push_str(line);
                body.push('\n');
            }
        } else if let Some(language) = line.strip_prefix("```") {
            let default = match language.trim() {
                "rust" => "src/lib.rs",
                ROUTES => ROUTES,
                _ => "",
            };
            fence = Some((name.take().unwrap_or_else(|| default.to_owned()), String::new()));
        } else if let Some(title) = line.strip_prefix("## ") {
            all.push(Section { title: title.to_owned(), line: index + 1, files: Vec::new(), routes: None });
        } else if let Some(path) = line.strip_prefix('`').and_then(|rest| rest.trim_end().strip_suffix("`:"))
        {
            name = Some(path.to_owned());
        }
    }
    all.retain(|section| !section.files.is_empty());
    all
}

/// Splits a page's section into one project for each unnamed fence, since they stand for themselves.
pub fn one_by_one(section: &Section) -> Vec<Section> {
    let one = |file: &(String, String)| Section { files: vec![file.clone()], ..section.clone() };
    section.files.iter().map(one).collect()
}

/// Writes the files of a section, with a manifest if it has none.
///
/// # Panics
/// When the folder cannot be written to.
pub fn lay_out(section: &Section, root: &Path) {
    let mut files = section.files.clone();
    if !files.iter().any(|(path, _)| path == "Cargo.toml") {
        files.push(("Cargo.toml".to_owned(), manifest(&files)));
    }
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap_or(root)).expect("a temporary folder can be written to");
        fs::write(path, text).expect("a temporary folder can be written to");
    }
}

/// A package that depends on every crate its text names.
fn manifest(files: &[(String, String)]) -> String {
    const CRATES: &[&str] = &[
        "actix-files",
        "actix-web",
        "async-graphql",
        "axum",
        "axum-extra",
        "bb8-postgres",
        "clickhouse",
        "datafusion",
        "deadpool-postgres",
        "diesel",
        "dioxus",
        "dropshot",
        "duckdb",
        "hyper",
        "juniper",
        "lambda_http",
        "lambda_runtime",
        "leptos",
        "libsql",
        "mysql",
        "mysql_async",
        "ntex",
        "odbc-api",
        "poem",
        "poem-openapi",
        "postgres",
        "rocket",
        "rusqlite",
        "salvo",
        "scylla",
        "sea-orm",
        "sqlx",
        "surrealdb",
        "tiberius",
        "tide",
        "tokio-postgres",
        "tonic",
        "tower",
        "tower-http",
        "utoipa-axum",
        "warp",
    ];
    let mut manifest = "[package]\nname = \"app\"\nedition = \"2024\"\n\n[dependencies]\n".to_owned();
    let named = |name: &&&str| files.iter().any(|(_, text)| text.contains(&name.replace('-', "_")));
    for name in CRATES.iter().filter(named) {
        writeln!(manifest, "{name} = \"*\"").expect("a string can be written to");
    }
    manifest
}

/// Analyses a folder with all lints.
pub fn analyze_folder(root: &Path) -> Result<Analysis, String> {
    let settings = Settings {
        discover: DiscoverOptions { templates: ward_lints::TEMPLATES, ..DiscoverOptions::default() },
        ..Settings::default()
    };
    let pool = thread_pool(Some(2)).map_err(|error| error.to_string())?;
    pool.install(|| analyze(root, &ward_lints::registry(), &settings)).map_err(|error| error.to_string())
}

/// What is wrong with a folder's findings, measured by the markers in its files; empty if nothing is.
pub fn compare(root: &Path, lints: &[&LintMetadata]) -> Vec<String> {
    let analysis = match analyze_folder(root) {
        Ok(analysis) => analysis,
        Err(error) => return vec![error],
    };
    let mut wrong: Vec<String> = analysis
        .problems
        .iter()
        .map(|problem| format!("{}: {}", problem.path.as_deref().unwrap_or_default(), problem.message))
        .collect();
    let mut markers: BTreeMap<Place, Marker> = BTreeMap::new();
    let mut texts = BTreeMap::new();
    for (id, file) in analysis.semantics.project.files() {
        let text = read_source(&analysis.semantics.project, id).unwrap_or_default();
        markers.extend(markers_of(&file.path, &text, lints));
        texts.insert(id, text);
    }
    let mut found: BTreeMap<Place, &Finding> = BTreeMap::new();
    for finding in &analysis.findings {
        let at = finding.primary.location;
        let text = texts.get(&at.file).map_or("", String::as_str);
        let line = text[..(at.span.start as usize).min(text.len())].matches('\n').count() + 1;
        let path = analysis.semantics.project.file(at.file).path.clone();
        let place = (path, line, finding.lint.name.to_owned());
        // What is hidden by default counts only where it is asked for.
        let is_asked = matches!(markers.get(&place), Some(Marker::Expected(Some(Confidence::Low))));
        if finding.confidence > Confidence::Low || is_asked {
            found.insert(place, finding);
        }
    }
    for (place, marker) in &markers {
        let (path, line, lint) = place;
        let at = format!("{path}:{line}: {lint}");
        match (marker, found.get(place)) {
            (Marker::Expected(_), None) => wrong.push(format!("{at}: expected, not reported")),
            (Marker::Expected(Some(wanted)), Some(finding)) if finding.confidence != *wanted => {
                wrong.push(format!(
                    "{at}: expected with confidence {wanted}, reported with {}",
                    finding.confidence
                ));
            }
            (Marker::Missing, Some(_)) => wrong.push(format!("{at}: marked as missing, but it is reported")),
            (Marker::Spurious, None) => {
                wrong.push(format!("{at}: marked as spurious, but it is not reported"));
            }
            _ => {}
        }
    }
    for ((path, line, lint), finding) in &found {
        if !markers.contains_key(&(path.clone(), *line, lint.clone())) {
            wrong.push(format!("{path}:{line}: {lint}: reported, not expected: {}", finding.message));
        }
    }
    wrong
}

/// What is wrong with a folder's table of endpoints, measured by the rows a section expects; empty if nothing is.
pub fn compare_routes(root: &Path, expected: &[String]) -> Vec<String> {
    compare_lines(root, expected, route_lines)
}

/// What is wrong with the guards of a folder's endpoints, measured by the lines that are expected.
pub fn compare_guards(root: &Path, expected: &[String]) -> Vec<String> {
    compare_lines(root, expected, guard_lines)
}

fn compare_lines(root: &Path, expected: &[String], lines: fn(&Analysis) -> Vec<String>) -> Vec<String> {
    let analysis = match analyze_folder(root) {
        Ok(analysis) => analysis,
        Err(error) => return vec![error],
    };
    let found = lines(&analysis);
    let missing = expected.iter().filter(|line| !found.contains(line)).map(|line| format!("missing: {line}"));
    let extra =
        found.iter().filter(|line| !expected.contains(line)).map(|line| format!("not expected: {line}"));
    missing.chain(extra).collect()
}

/// The table of endpoints as lines: methods, path, handler; in brackets what is attached, outermost first, with how
/// before it unless it is a layer, and `?` behind it where it does not always apply; `?part` for what is not known.
pub fn route_lines(analysis: &Analysis) -> Vec<String> {
    let rows = route_rows(analysis);
    let lines = rows.iter().zip(analysis.endpoints.all()).map(|(row, endpoint)| {
        let mut line = format!("{} {} {}", row.methods.join("|"), row.path, row.handler);
        if !row.layers.is_empty() {
            let layers = row.layers.iter().map(|layer| {
                let kind = if layer.kind == "layer" { String::new() } else { format!("{} ", layer.kind) };
                format!("{kind}{}{}", layer.name, if layer.always { "" } else { "?" })
            });
            let _ = write!(line, " [{}]", layers.collect::<Vec<_>>().join(", "));
        }
        let mut unknown: Vec<String> =
            endpoint.unknown.iter().map(|unknown| format!("{:?}", unknown.part).to_lowercase()).collect();
        unknown.dedup();
        for part in unknown {
            let _ = write!(line, " ?{part}");
        }
        line
    });
    lines.collect()
}

/// The table of endpoints with what guards them: methods, path, `by` and the guards, or `open`.
pub fn guard_lines(analysis: &Analysis) -> Vec<String> {
    let line = |row: RouteRow| {
        let guards = match &row.guards {
            RouteGuards::By(names) => format!("by {}", names.join(", ")),
            _ => "open".to_owned(),
        };
        format!("{} {} {guards}", row.methods.join("|"), row.path)
    };
    route_rows(analysis).into_iter().map(line).collect()
}

/// The markers of a file.
fn markers_of(path: &str, text: &str, lints: &[&LintMetadata]) -> Vec<(Place, Marker)> {
    let mut markers = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for (at, _) in line.match_indices("//~") {
            let rest = &line[at + 3..];
            let up = rest.chars().take_while(|c| *c == '^').count();
            let words: Vec<&str> = rest[up..].split_whitespace().collect();
            let (marker, words) = match words.split_first() {
                Some((&"MISSING:", rest)) => (Marker::Missing, rest),
                Some((&"SPURIOUS:", rest)) => (Marker::Spurious, rest),
                _ => (Marker::Expected(words.get(1).and_then(|word| word.parse().ok())), &words[..]),
            };
            let lint = words.first().map(|word| word.trim_end_matches([',', ':'])).unwrap_or_default();
            if lints.iter().any(|known| known.name == lint) {
                markers.push(((path.to_owned(), index + 1 - up, lint.to_owned()), marker));
            }
        }
    }
    markers
}
