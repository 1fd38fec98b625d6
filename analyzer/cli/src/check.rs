//! A run: arguments in, report out.

use std::path::Path;
use std::time::Instant;

use ward_diagnostics::{Location, Loss, ProblemLevel, ReportProblem};
use ward_linter::{Registry, RunError, Settings, analyze, analyze_project, config};
use ward_project::{DiscoverOptions, TestCode, discover};

use crate::arguments::{AnalysisArguments, CheckArguments};
use crate::cache::Cache;
use crate::exit::{self, Status};
use crate::outcome::Outcome;
use crate::paths::Place;
use crate::progress::Progress;
use crate::report::{Reporter, Target};
use crate::settings::{Thresholds, settings, thresholds};
use crate::{baseline, fix, paths, since};

/// Everything that is settled before an analysis.
#[derive(Debug)]
pub(crate) struct Plan {
    /// What is analysed.
    pub(crate) place: Place,
    /// Lints and models.
    pub(crate) registry: Registry,
    /// What to analyse and how.
    pub(crate) settings: Settings,
    /// Which findings are shown.
    pub(crate) thresholds: Thresholds,
    arguments: AnalysisArguments,
}

impl Plan {
    /// Settles what the arguments and the configuration leave open.
    pub(crate) fn new(arguments: &AnalysisArguments) -> anyhow::Result<Self> {
        let place = paths::to_analyse(arguments)?;
        let registry = ward_lints::registry();
        let (configuration, levels) = config::read(&place.path, &place.within, &registry)?;
        let mut settings = settings(arguments, &configuration, levels);
        settings.discover.within.clone_from(&place.within);
        let thresholds = thresholds(arguments, &configuration);
        Ok(Self { place, registry, settings, thresholds, arguments: arguments.clone() })
    }

    /// Analyses what is there, as it is now, or takes what an earlier run has found in the same files.
    pub(crate) fn analyse(&self) -> anyhow::Result<Outcome> {
        let mut outcome = self.analyse_whole()?;
        self.narrow(&mut outcome);
        Ok(outcome)
    }

    /// Leaves only what is reported: a part of a package is analysed with the rest.
    pub(crate) fn narrow(&self, outcome: &mut Outcome) {
        let files = &outcome.files;
        let is_reported = |at: Location| self.place.reports(files.absolute(at.file));
        outcome.findings.retain(|finding| is_reported(finding.primary.location));
        outcome.unused.retain(|edit| is_reported(edit.location));
    }

    fn analyse_whole(&self) -> anyhow::Result<Outcome> {
        let Some(cache) = self.cache() else { return self.analyse_at(&self.place.path) };
        let missed = match cache.find() {
            Ok(outcome) => return Ok(outcome),
            Err(missed) => missed,
        };
        let start = Instant::now();
        let fill = || rayon::join(|| self.take_lowered(&cache), || cache.fill_evaluations(&self.settings));
        // What was kept is read and checked while the project is laid out.
        let (project, _) = rayon::join(|| discover(&self.place.path, &self.settings.discover), fill);
        let mut settings = self.settings.clone();
        settings.discover.contents = missed.contents();
        let project = project.map_err(RunError::from)?;
        let outcome = analyze_project(project, start, &self.registry, &settings)?.into();
        cache.keep(&missed, &outcome);
        if let Some(lowered) = &self.settings.discover.lowered {
            cache.keep_lowered(lowered);
        }
        cache.keep_evaluations(&self.settings);
        Ok(outcome)
    }

    /// Where earlier runs have kept what they found; `None` if there is no place for it, or it is not wanted.
    pub(crate) fn cache(&self) -> Option<Cache> {
        if self.arguments.no_cache { None } else { Cache::of(self) }
    }

    /// Lets an analysis use the files that an earlier run has lowered.
    pub(crate) fn take_lowered(&self, cache: &Cache) {
        if let Some(lowered) = &self.settings.discover.lowered {
            cache.fill(lowered);
        }
    }

    /// What an analysis depends on beside files and configuration, as a text.
    pub(crate) fn key(&self) -> String {
        let Settings { discover, lints, tests, .. } = &self.settings;
        let AnalysisArguments { allow, warn, deny, .. } = &self.arguments;
        let DiscoverOptions { tests: code, include_examples, exclude, max_file_size, within, .. } = discover;
        format!(
            "{code:?} {include_examples:?} {exclude:?} {within:?} {max_file_size} {lints:?} {tests:?} {allow:?} {warn:?} {deny:?}"
        )
    }

    /// Analyses another folder in the same way.
    pub(crate) fn analyse_at(&self, path: &Path) -> anyhow::Result<Outcome> {
        let mut settings = self.settings.clone();
        for folder in &mut settings.discover.within {
            if let Ok(below) = folder.strip_prefix(&self.place.path) {
                *folder = path.join(below);
            }
        }
        Ok(analyze(path, &self.registry, &settings)?.into())
    }
}

/// Analyses and reports.
pub(crate) fn check(arguments: &CheckArguments) -> anyhow::Result<Status> {
    let targets = Target::all(arguments)?;
    let pool = ward_project::thread_pool(arguments.analysis.threads.map(usize::from))?;
    pool.install(|| run(arguments, &targets))
}

fn run(arguments: &CheckArguments, targets: &[Target]) -> anyhow::Result<Status> {
    if arguments.unsafe_fixes && !arguments.fix && !arguments.diff {
        exit::note("`--unsafe-fixes` changes nothing by itself: add `--fix`, or `--diff` to see the changes");
    }
    let plan = Plan::new(&arguments.analysis)?;
    let known = baseline::for_run(arguments, &plan.place)?;
    let progress = Progress::start(arguments, &plan.settings.discover.loaded);
    let analysed = plan.analyse();
    drop(progress);
    let mut outcome = match analysed {
        // A hook is given whatever has changed.
        Err(error) if arguments.analysis.workspace && since::is_empty(&error) => {
            if !arguments.quiet {
                exit::note("no Rust file to analyse in the workspaces of these paths");
            }
            return Ok(Status::Clean);
        }
        analysed => analysed?,
    };
    let is_empty = outcome.stats.files == 0;
    if is_empty {
        outcome.problems.push(nothing_analysed(&outcome, &plan.settings));
    }
    let revision = arguments.since.as_ref();
    let before = revision.map(|revision| since::old(revision, &plan, &outcome.files.root)).transpose()?;
    // What is known is not reported, and what is not reported is not changed.
    let drop_known = |outcome: &mut Outcome| {
        let stale = baseline::apply(known.as_ref(), &plan, outcome);
        (before.as_ref().map(|before| since::drop_old(before, plan.thresholds, outcome)), stale)
    };
    let (mut old, mut stale) = drop_known(&mut outcome);
    let mut changed = 0;
    if arguments.fix_mode() != fix::Mode::Keep {
        changed =
            fix::run(arguments, &plan, &mut outcome, &mut |outcome| (old, stale) = drop_known(outcome))?;
    }
    if arguments.fix_mode() == fix::Mode::Show {
        return Ok(if changed == 0 { Status::Clean } else { Status::Findings });
    }
    let reporter = Reporter { arguments, plan: &plan, targets, fixed: changed, old, stale };
    let failing = reporter.report(&mut outcome)?;
    Ok(match failing {
        _ if is_empty => Status::Failed,
        0 => Status::Clean,
        _ => Status::Findings,
    })
}

/// Says that not one file could be analysed.
fn nothing_analysed(outcome: &Outcome, settings: &Settings) -> ReportProblem {
    let help = if outcome.stats.skipped > 0 {
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
        loss: Loss::Nothing,
    }
}
