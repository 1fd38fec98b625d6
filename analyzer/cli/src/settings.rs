//! From arguments and configuration to the settings of a run. What an argument says wins.

use ward_diagnostics::{Confidence, Severity};
use ward_linter::{Scope, Settings, TestFindings};
use ward_project::{DiscoverOptions, Examples, TestCode};

use crate::arguments::CheckArguments;
use crate::configuration::Configuration;
use crate::size::Size;

/// Which findings are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Thresholds {
    /// The mildest that is shown.
    pub(crate) severity: Severity,
    /// The least sure that is shown.
    pub(crate) confidence: Confidence,
}

/// What to show.
pub(crate) fn thresholds(arguments: &CheckArguments, configuration: &Configuration) -> Thresholds {
    Thresholds {
        severity: arguments.min_severity.or(configuration.min_severity).unwrap_or(Severity::Info),
        confidence: arguments.min_confidence.or(configuration.min_confidence).unwrap_or(Confidence::Medium),
    }
}

/// What to analyse.
pub(crate) fn settings(arguments: &CheckArguments, configuration: &Configuration) -> Settings {
    let tests = arguments.include_tests || configuration.include_tests;
    let configured = configuration.lints.iter().map(|name| name.get_ref().clone()).collect();
    Settings {
        discover: discover_options(arguments, configuration),
        lints: if arguments.lints.is_empty() { configured } else { arguments.lints.clone() },
        scope: Scope::Findings,
        tests: if tests { TestFindings::Report } else { TestFindings::Drop },
    }
}

fn discover_options(arguments: &CheckArguments, configuration: &Configuration) -> DiscoverOptions {
    let tests = arguments.include_tests || configuration.include_tests;
    let examples = arguments.include_examples || configuration.include_examples;
    let default = DiscoverOptions::default();
    let size = arguments.max_file_size.or(configuration.max_file_size);
    DiscoverOptions {
        tests: if tests { TestCode::Keep } else { TestCode::Trim },
        include_examples: if examples { Examples::Keep } else { Examples::Skip },
        exclude: configuration.exclude.iter().chain(&arguments.exclude).cloned().collect(),
        max_file_size: size.map_or(default.max_file_size, |Size(bytes)| bytes),
    }
}
