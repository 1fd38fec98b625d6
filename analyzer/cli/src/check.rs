//! A run: arguments in, report out.

use std::mem;

use ward_diagnostics::{ProblemLevel, ReportProblem};
use ward_linter::{Analysis, Settings, analyze};
use ward_project::TestCode;

use crate::arguments::CheckArguments;
use crate::configuration;
use crate::exit::Status;
use crate::output::Destination;
use crate::report::Reporter;
use crate::settings::{settings, thresholds};

/// Analyses and reports.
pub(crate) fn check(arguments: &CheckArguments) -> anyhow::Result<Status> {
    let destination = Destination::new(arguments.output.as_deref())?;
    let configuration = configuration::read(&arguments.path)?;
    let settings = settings(arguments, &configuration);
    let thresholds = thresholds(arguments, &configuration);
    let pool = ward_project::thread_pool(arguments.threads.map(usize::from))?;
    let registry = ward_lints::registry();
    let mut analysis = pool.install(|| analyze(&arguments.path, &registry, &settings))?;
    let is_empty = analysis.stats.files == 0;
    if is_empty {
        let problem = nothing_analysed(&analysis, &settings);
        analysis.problems.push(problem);
    }
    let reporter = Reporter { arguments, settings: &settings, thresholds, destination: &destination };
    let found = reporter.report(&mut analysis)?;
    // The process ends here; taking the index apart piece by piece would only cost time.
    mem::forget(analysis);
    Ok(match found {
        _ if is_empty => Status::Failed,
        0 => Status::Clean,
        _ => Status::Findings,
    })
}

/// Says that not one file could be analysed.
fn nothing_analysed(analysis: &Analysis, settings: &Settings) -> ReportProblem {
    let help = if analysis.stats.skipped > 0 {
        "see what is said about each file".to_owned()
    } else if settings.discover.tests == TestCode::Trim {
        "test code and examples are left out without `--include-tests` and `--include-examples`".to_owned()
    } else {
        "examples are left out without `--include-examples`".to_owned()
    };
    ReportProblem {
        path: None,
        position: None,
        message: "no file could be analysed".to_owned(),
        help: Some(help),
        level: ProblemLevel::Error,
    }
}
