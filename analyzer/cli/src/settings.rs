//! From arguments and configuration to the settings of a run. What an argument says wins.

use std::sync::Arc;

use ward_diagnostics::{Confidence, Finding, LintLevel, Severity};
use ward_linter::config::{Configuration, Levels, Size};
use ward_linter::{Scope, Settings, TestFindings};
use ward_project::{DiscoverOptions, Examples, TestCode};

use crate::arguments::AnalysisArguments;

/// Which findings are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Thresholds {
    /// The mildest that is shown.
    pub(crate) severity: Severity,
    /// The least sure that is shown.
    pub(crate) confidence: Confidence,
}

impl Thresholds {
    /// Whether a finding is shown.
    pub(crate) fn show(self, finding: &Finding) -> bool {
        finding.confidence >= self.confidence && finding.severity >= self.severity
    }
}

/// What to show.
pub(crate) fn thresholds(arguments: &AnalysisArguments, configuration: &Configuration) -> Thresholds {
    Thresholds {
        severity: arguments.min_severity.or(configuration.min_severity).unwrap_or(Severity::Info),
        confidence: arguments.min_confidence.or(configuration.min_confidence).unwrap_or(Confidence::Medium),
    }
}

/// What to analyse.
pub(crate) fn settings(
    arguments: &AnalysisArguments,
    configuration: &Configuration,
    mut levels: Levels,
) -> Settings {
    let tests = arguments.include_tests || configuration.include_tests;
    levels.add(arguments.allow.iter().cloned(), LintLevel::Allow);
    levels.add(arguments.warn.iter().cloned(), LintLevel::Warn);
    levels.add(arguments.deny.iter().cloned(), LintLevel::Deny);
    Settings {
        discover: discover_options(arguments, configuration),
        lints: arguments.lints.clone(),
        scope: Scope::Findings,
        levels,
        access: configuration.access.clone(),
        suppressions: configuration.suppressions,
        tests: if tests { TestFindings::Report } else { TestFindings::Drop },
        evaluations: (!arguments.no_cache).then(Arc::default),
        models: (!arguments.no_cache).then(Arc::default),
        answers: (!arguments.no_cache).then(Arc::default),
        understood: (!arguments.no_cache).then(Arc::default),
        judged: (!arguments.no_cache).then(Arc::default),
    }
}

fn discover_options(arguments: &AnalysisArguments, configuration: &Configuration) -> DiscoverOptions {
    let tests = arguments.include_tests || configuration.include_tests;
    let examples = arguments.include_examples || configuration.include_examples;
    let default = DiscoverOptions::default();
    let size = arguments.max_file_size.or(configuration.max_file_size);
    DiscoverOptions {
        tests: if tests { TestCode::Keep } else { TestCode::Trim },
        include_examples: if examples { Examples::Keep } else { Examples::Skip },
        exclude: configuration.exclude().chain(arguments.exclude.iter().cloned()).collect(),
        max_file_size: size.map_or(default.max_file_size, |Size(bytes)| bytes),
        templates: ward_lints::TEMPLATES,
        lowered: (!arguments.no_cache).then(Arc::default),
        ..default
    }
}
