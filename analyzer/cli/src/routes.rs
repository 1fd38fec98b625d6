//! `cargo ward routes`: the endpoints of a service, and what changed since another revision.

use std::path::{Path, PathBuf};

use ward_diagnostics::render::Color;
use ward_diagnostics::render::routes::{self, RouteReport, RouteTableOptions};
use ward_diagnostics::{ReportProblem, RouteRow, route_changes};
use ward_linter::config::{self, Configuration};
use ward_linter::{Scope, Settings, TestFindings, analyze, route_rows};
use ward_project::{DiscoverOptions, Examples, TestCode};

use crate::arguments::{RouteFormat, RoutesArguments};
use crate::exit::{self, Failure, Status};
use crate::git::Repository;
use crate::output::Destination;
use crate::since;

/// Finds the endpoints and prints them.
pub(crate) fn routes(arguments: &RoutesArguments) -> anyhow::Result<Status> {
    let destination = Destination::new(arguments.output.as_deref())?;
    if arguments.diff.is_some() && matches!(arguments.format, RouteFormat::Openapi | RouteFormat::Html) {
        let message = "`--diff` is written as `table`, `json` or `markdown`".to_owned();
        return Err(Failure { message, help: Some("choose another `--format`".to_owned()) }.into());
    }
    let pool = ward_project::thread_pool(arguments.threads.map(usize::from))?;
    let mut problems = Vec::new();
    let rows = pool.install(|| rows_of(&arguments.path, arguments, &mut problems))?;
    exit::warn(&problems);
    let changes = match &arguments.diff {
        Some(revision) => {
            let before = pool.install(|| rows_before(revision, arguments))?;
            Some(route_changes(&before, &rows))
        }
        None => None,
    };
    let root = folder(&arguments.path);
    let name = root.file_name().map_or_else(|| "this service".into(), |name| name.to_string_lossy());
    let report = RouteReport {
        routes: &rows,
        changes: arguments.diff.as_deref().zip(changes.as_deref()),
        name: &name,
        tool_version: env!("CARGO_PKG_VERSION"),
    };
    let root_text = root.to_string_lossy();
    let options = RouteTableOptions {
        color: destination.color(arguments.color) == Color::Always,
        // Whoever reads it with another program wants all of it.
        width: destination.terminal_width().unwrap_or(usize::MAX),
        root: destination.links().then_some(&root_text),
    };
    destination.write(|out| match arguments.format {
        RouteFormat::Table => routes::terminal(&report, &options, out),
        RouteFormat::Json => routes::json(&report, out),
        RouteFormat::Markdown => routes::markdown(&report, out),
        RouteFormat::Openapi => routes::openapi(&report, out),
        RouteFormat::Html => routes::html(&report, out),
    })?;
    Ok(Status::Clean)
}

/// The endpoints of what lies at a path; what went wrong is told by the second.
fn rows_of(
    path: &Path,
    arguments: &RoutesArguments,
    told: &mut Vec<ReportProblem>,
) -> anyhow::Result<Vec<RouteRow>> {
    let (configuration, _) = config::read(path, &[], &ward_lints::registry())?;
    let settings = settings(arguments, &configuration);
    let analysis = analyze(path, &ward_lints::registry(), &settings)?;
    if analysis.stats.files == 0 {
        let message = "no file could be analysed".to_owned();
        return Err(Failure { message, help: None }.into());
    }
    let rows = route_rows(&analysis);
    told.extend(analysis.problems.iter().cloned());
    // The process ends soon; taking the index apart piece by piece would only cost time.
    std::mem::forget(analysis);
    Ok(rows)
}

/// The endpoints where the work since `revision` began.
fn rows_before(revision: &str, arguments: &RoutesArguments) -> anyhow::Result<Vec<RouteRow>> {
    let path = arguments.path.canonicalize()?;
    let repository = Repository::around(&folder(&path))?;
    let commit = repository.base(revision)?;
    let other = repository.laid_out(&commit)?;
    let path = other.path().join(path.strip_prefix(&repository.top).unwrap_or(Path::new("")));
    if !path.exists() {
        return Ok(Vec::new());
    }
    match rows_of(&path, arguments, &mut Vec::new()) {
        // There was no Rust yet.
        Err(error) if since::is_empty(&error) => Ok(Vec::new()),
        rows => rows,
    }
}

fn settings(arguments: &RoutesArguments, configuration: &Configuration) -> Settings {
    let default = DiscoverOptions::default();
    let examples = arguments.include_examples || configuration.include_examples;
    let discover = DiscoverOptions {
        tests: TestCode::Trim,
        include_examples: if examples { Examples::Keep } else { Examples::Skip },
        exclude: configuration.exclude().chain(arguments.exclude.iter().cloned()).collect(),
        max_file_size: configuration.max_file_size.map_or(default.max_file_size, |size| size.0),
        ..default
    };
    Settings {
        discover,
        scope: Scope::Endpoints,
        access: configuration.access.clone(),
        suppressions: configuration.suppressions,
        tests: TestFindings::Drop,
        ..Settings::default()
    }
}

/// The folder that the paths of a run are relative to, as far as its name and links go.
fn folder(path: &Path) -> PathBuf {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if path.is_file() { path.parent().map(Path::to_owned).unwrap_or(path) } else { path }
}
