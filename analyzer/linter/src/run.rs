//! One run: from a path to findings.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rayon::prelude::*;
use ward_diagnostics::{
    Edit, Finding, Loss, ProblemLevel, ReportProblem, RunStats, Suppression, SuppressionKind,
};
use ward_flow::models::{self, KeptModels, ModelError, ModelFile, UserModels};
use ward_flow::{Evaluations, FlowIndex};
use ward_project::{
    DiscoverOptions, FileState, FunctionBodies, LoadedFile, Problem, ProblemKind, Project, ProjectError,
    discover, load,
};
use ward_semantics::endpoint::Endpoints;
use ward_semantics::{Answers, DefId, Semantics, Understood};

use crate::config::{Access, Levels, Suppressions, unmatched};
use crate::guards::{EndpointAccess, Guards, Judged};
use crate::suppression::Directives;
use crate::{Lint, LintContext, LintLevel, LintMetadata, Registry, bodies, routes, unreached};

/// What to analyse and how.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Which files.
    pub discover: DiscoverOptions,
    /// Names of the lints to run; all if empty.
    pub lints: Vec<String>,
    /// How far to go.
    pub scope: Scope,
    /// What becomes of the findings of each lint.
    pub levels: Levels,
    /// What the project says about its guards and endpoints.
    pub access: Access,
    /// How suppressions in the source are treated.
    pub suppressions: Suppressions,
    /// Whether test code is reported on, where [`DiscoverOptions::tests`] keeps it.
    pub tests: TestFindings,
    /// What an earlier run has found out about functions, and where that is kept of this one; `None` to keep nothing.
    pub evaluations: Option<Arc<Evaluations>>,
    /// The same of names, types and calls.
    pub understood: Option<Arc<Understood>>,
    /// The same of the models.
    pub models: Option<Arc<KeptModels>>,
    /// The same of questions about bodies.
    pub answers: Option<Arc<Answers>>,
    /// The same of what functions do about the caller.
    pub judged: Option<Arc<Judged>>,
}

impl Settings {
    /// Whether a lint is to run.
    pub fn runs(&self, lint: &LintMetadata) -> bool {
        let wanted = self.lints.is_empty() || self.lints.iter().any(|name| name == lint.name);
        wanted && self.levels.may_report(lint)
    }
}

/// How far a run goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Scope {
    /// To the findings of the lints.
    #[default]
    Findings,
    /// To the endpoints.
    Endpoints,
}

/// Whether findings in test code are reported.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TestFindings {
    /// They are not.
    #[default]
    Drop,
    /// They are.
    Report,
}

/// What a run found.
#[derive(Debug)]
pub struct Analysis {
    /// The index; its project tells paths and reads texts.
    pub semantics: Semantics,
    /// The ways into the service.
    pub endpoints: Endpoints,
    /// What stands before each of them, in the same order; empty if no lint of the run asks for guards.
    pub access: Vec<EndpointAccess>,
    /// Why anybody may call each of them, where the project says so: empty if it gives no reason.
    pub public: Vec<Option<String>>,
    /// Sorted by path, span and lint. All confidences.
    pub findings: Vec<Finding>,
    /// What could not be read or understood.
    pub problems: Vec<ReportProblem>,
    /// What to take out of the source so that no suppression is left that suppresses nothing.
    pub unused: Vec<Edit>,
    /// Figures.
    pub stats: RunStats,
    /// How long each phase took, in order.
    pub phases: Vec<(&'static str, Duration)>,
}

/// Why a run could not be made.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The project could not be laid out.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// A row of the user's own models is wrong.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Models(Vec<ModelError>),
}

impl RunError {
    /// The next step for the user, lower case and without a full stop. Model errors bring their own, one by one.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Project(error) => Some(error.help()),
            Self::Models(_) => None,
        }
    }
}

/// Analyses a path. Uses the current rayon pool; its threads need the stack that
/// [`ward_project::thread_pool`] gives them.
pub fn analyze(path: &Path, registry: &Registry, settings: &Settings) -> Result<Analysis, RunError> {
    let start = Instant::now();
    analyze_project(discover(path, &settings.discover)?, start, registry, settings)
}

/// The same of a project that was laid out since `start`.
pub fn analyze_project(
    project: Project,
    start: Instant,
    registry: &Registry,
    settings: &Settings,
) -> Result<Analysis, RunError> {
    let mut clock = Clock { last: Some(start), ..Clock::default() };
    clock.lap("discover");
    let files: Vec<ModelFile> =
        registry.models.iter().map(|&(name, text)| ModelFile { name, text }).collect();
    let config = project.config.as_ref();
    let name = config.map(|config| config.path.display().to_string());
    let user = config.zip(name.as_deref()).map(|(config, name)| UserModels {
        file: ModelFile { name, text: &config.text },
        section: &config.section,
    });
    let bodies = match settings.tests {
        TestFindings::Drop => FunctionBodies::LeaveOutTests,
        TestFindings::Report => FunctionBodies::Read,
    };
    let options = DiscoverOptions { bodies, ..settings.discover.clone() };
    // Neither needs the other, and half of loading models is not parallel in itself.
    let load_models = || {
        let start = Instant::now();
        let loaded = match &settings.models {
            Some(kept) => kept.load(&files, user),
            None => models::load(&files, user),
        };
        (loaded, start.elapsed())
    };
    let load_files = || rayon::join(|| restore_kept(settings), || load(&project, &options)).1;
    let (((mut models, errors), took), loaded) = rayon::join(load_models, load_files);
    if !errors.is_empty() {
        return Err(RunError::Models(errors));
    }
    let externals = std::mem::take(&mut models.externals);
    models.ask_only(&wanted_kinds(registry, settings));
    clock.laps.push(("models", took));
    clock.lap("parse");
    let understood = settings.understood.as_deref();
    let mut semantics = Semantics::index_with(project, loaded.files, externals, understood);
    let wanted: Vec<DefId> = match settings.tests {
        TestFindings::Drop => semantics.defs.iter().filter(|def| !semantics.is_test(*def)).collect(),
        TestFindings::Report => semantics.defs.iter().collect(),
    };
    semantics.demand(wanted);
    semantics.settle();
    if let Some(understood) = understood {
        understood.take(&semantics);
    }
    if let Some(lowered) = &settings.discover.lowered {
        semantics.look_back(lowered);
    }
    if let Some(answers) = &settings.answers {
        semantics.remember(answers);
    }
    let mut problems = loaded.problems;
    problems.append(&mut semantics.problems);
    let mut stats = stats(&semantics.files, &problems);
    stats.packages = semantics.project.packages.len();
    stats.functions = semantics.functions().len();
    let problems = semantics.project.problems.iter().chain(&problems).map(told).collect();
    clock.lap("resolve");
    let follow = || match &settings.evaluations {
        Some(evaluations) => FlowIndex::with(&semantics, &models, evaluations),
        None => FlowIndex::new(&semantics, &models),
    };
    let guards = Guards::new(&semantics, &models, settings.access.guards(), settings.judged.as_deref());
    let find_endpoints = || {
        let start = Instant::now();
        (Endpoints::new(&semantics, registry.frameworks), start.elapsed())
    };
    // None of the three needs another, and hardly any is parallel in itself where little has changed.
    let asks_guards =
        settings.scope == Scope::Endpoints || wanted_lints(registry, settings).any(|lint| lint.guards);
    let judge = || {
        if asks_guards {
            guards.evaluate();
        }
    };
    let (flows, ((endpoints, took), ())) = rayon::join(follow, || rayon::join(find_endpoints, judge));
    semantics.know_inputs(flows.states_of_inputs(&semantics));
    stats.endpoints = endpoints.all().len();
    clock.lap("flow");
    clock.laps.push(("endpoints", took));
    let mut problems: Vec<ReportProblem> = problems;
    let mut directives = Directives::read(&semantics, settings.suppressions);
    let index = Index { semantics: &semantics, flows: &flows, endpoints: &endpoints, guards: &guards };
    let (mut findings, mut unused) = (Vec::new(), Vec::new());
    if settings.scope == Scope::Findings {
        findings = run_lints(index, registry, settings, &directives);
        routes::name_endpoints(&semantics, &endpoints, &guards, &mut findings);
        unreached::lower(&semantics, &endpoints, &mut findings);
        findings.retain_mut(|finding| apply_level(&semantics, settings, finding));
        bodies::fill_in(&semantics, &mut findings);
        directives.apply(&mut findings);
    }
    let public = routes::declared_public(&semantics, &endpoints, &settings.access, &directives);
    problems.extend(unmatched(&semantics, &endpoints, &models, settings));
    if settings.scope == Scope::Findings {
        let suppressions = directives.judge(&semantics, registry, settings);
        problems.extend(suppressions.problems);
        unused = suppressions.removals;
    }
    let access = if asks_guards { guards.of_endpoints(&endpoints).to_vec() } else { Vec::new() };
    drop(guards);
    if let Some(evaluations) = &settings.evaluations {
        evaluations.take(&flows);
    }
    if let Some(answers) = &settings.answers {
        answers.take(&semantics);
    }
    clock.lap("lint");
    stats.millis = start.elapsed().as_millis() as u64;
    Ok(Analysis {
        semantics,
        endpoints,
        access,
        public,
        findings,
        problems,
        stats,
        unused,
        phases: clock.laps,
    })
}

/// Restores what earlier runs have kept, each on one thread.
fn restore_kept(settings: &Settings) {
    let evaluations = || settings.evaluations.iter().for_each(|evaluations| evaluations.restore());
    let judged = || settings.judged.iter().for_each(|judged| judged.restore());
    let understood = || settings.understood.iter().for_each(|understood| understood.restore());
    rayon::join(understood, || rayon::join(evaluations, judged));
}

/// The kinds of sink that the lints of a run ask for.
fn wanted_kinds(registry: &Registry, settings: &Settings) -> Vec<&'static str> {
    wanted_lints(registry, settings).flat_map(|lint| lint.kinds).copied().collect()
}

fn wanted_lints(registry: &Registry, settings: &Settings) -> impl Iterator<Item = &'static Lint> {
    let is_wanted = settings.scope == Scope::Findings;
    registry.lints.iter().filter(move |lint| is_wanted && settings.runs(lint.metadata))
}

/// What lints ask.
#[derive(Clone, Copy)]
pub(crate) struct Index<'a> {
    pub(crate) semantics: &'a Semantics,
    pub(crate) flows: &'a FlowIndex,
    pub(crate) endpoints: &'a Endpoints,
    pub(crate) guards: &'a Guards<'a>,
}

fn run_lints(
    index: Index,
    registry: &Registry,
    settings: &Settings,
    directives: &Directives,
) -> Vec<Finding> {
    let lints = registry.lints.par_iter().filter(|lint| settings.runs(lint.metadata));
    let mut findings: Vec<Finding> = lints
        .flat_map_iter(|lint| {
            let cx = LintContext::new(lint, index, settings, directives);
            (lint.check)(&cx);
            cx.into_findings()
        })
        .collect();
    // Files are numbered in the order of their paths.
    findings.sort_by(|a, b| {
        let key = |finding: &Finding| (finding.primary.location, finding.lint.name);
        key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
    });
    findings
}

/// Gives a finding its level; false if it is not to be reported.
fn apply_level(semantics: &Semantics, settings: &Settings, finding: &mut Finding) -> bool {
    let file = &semantics.project.file(finding.primary.location.file).absolute;
    let placed = settings.levels.of(finding.lint, file, finding.endpoint.as_ref());
    finding.level = placed.level;
    match (placed.level, placed.reason) {
        (LintLevel::Allow, None) => false,
        (LintLevel::Allow, Some(reason)) => {
            finding.suppression = Some(Suppression {
                kind: SuppressionKind::Configuration,
                justification: Some(reason.to_owned()),
            });
            true
        }
        (LintLevel::Warn | LintLevel::Deny, _) => true,
    }
}

fn stats(files: &[LoadedFile], problems: &[Problem]) -> RunStats {
    let skipped = problems.iter().filter(|problem| costs_a_file(problem.kind)).count();
    let mut stats = RunStats { skipped, ..RunStats::default() };
    for file in files {
        match file.state {
            FileState::Read => stats.files += 1,
            FileState::ReadWithErrors => {
                stats.files += 1;
                stats.unparsed += 1;
            }
            // Left out on purpose, or among the problems.
            FileState::Skipped => {}
        }
        stats.lines += file.lines as usize;
        stats.opaque_macros += file.ir.outline().opaque_macros as usize;
    }
    stats
}

/// Whether a problem says that a whole file was not read.
fn costs_a_file(kind: ProblemKind) -> bool {
    match kind {
        ProblemKind::Unreadable
        | ProblemKind::Vanished
        | ProblemKind::Encoding
        | ProblemKind::TooLarge
        | ProblemKind::Internal => true,
        ProblemKind::Manifest
        | ProblemKind::Missing
        | ProblemKind::Folder
        | ProblemKind::Syntax
        | ProblemKind::Config => false,
    }
}

/// What of the source is not analysed for a problem.
fn loss(kind: ProblemKind) -> Loss {
    match kind {
        kind if costs_a_file(kind) => Loss::Whole,
        ProblemKind::Manifest | ProblemKind::Folder | ProblemKind::Syntax => Loss::Part,
        _ => Loss::Nothing,
    }
}

fn told(problem: &Problem) -> ReportProblem {
    ReportProblem {
        path: Some(problem.path.clone()),
        position: problem.position.map(|at| (at.line, at.column)),
        message: problem.message.clone(),
        help: problem.help.clone(),
        level: ProblemLevel::Warning,
        loss: loss(problem.kind),
    }
}

#[derive(Default)]
struct Clock {
    laps: Vec<(&'static str, Duration)>,
    last: Option<Instant>,
}

impl Clock {
    fn lap(&mut self, phase: &'static str) {
        let now = Instant::now();
        let since = self.last.map_or(Duration::ZERO, |last| now - last);
        self.last = Some(now);
        self.laps.push((phase, since));
    }
}
