//! Running lints: the registry, what a lint may ask, and the run from a path to findings.
//!
//! A lint is a [`Lint`]: what it says about itself and a function that asks a [`LintContext`]. The linter never
//! names one; it is given a [`Registry`].

pub mod baseline;
mod bodies;
pub mod config;
mod context;
pub mod guards;
pub mod nearest;
mod places;
mod routes;
mod run;
mod suppression;
mod tell;
mod unreached;

pub use context::LintContext;
pub use routes::route_rows;
pub use run::{Analysis, RunError, Scope, Settings, TestFindings, analyze, analyze_project};
pub use ward_diagnostics::{Confidence, LintLevel, LintMetadata, Severity};
pub use ward_flow::Evaluations;
pub use ward_flow::models::ModelError;
use ward_semantics::endpoint::Framework;
pub use ward_semantics::{Answers, Understood};

/// A lint.
#[derive(Clone, Copy, Debug)]
pub struct Lint {
    /// What it says about itself.
    pub metadata: &'static LintMetadata,
    /// Asks the index and reports.
    pub check: fn(&LintContext),
    /// The kinds of sink that it asks for: what reaches none that any lint of a run asks for is not followed.
    pub kinds: &'static [&'static str],
    /// Whether it asks for guards, or for what stands before endpoints.
    pub guards: bool,
}

/// The lints and models of a run.
#[derive(Clone, Copy, Debug)]
pub struct Registry {
    /// The lints, by name.
    pub lints: &'static [Lint],
    /// Model files: name and text.
    pub models: &'static [(&'static str, &'static str)],
    /// How web frameworks build their routers.
    pub frameworks: &'static [&'static dyn Framework],
}

impl Registry {
    /// Whether there is a lint or a group of this name.
    pub fn names(&self, name: &str) -> bool {
        self.lints.iter().any(|lint| lint.metadata.name == name || lint.metadata.group == name)
    }

    /// What to do about a name that is none.
    pub fn advice(&self, wrong: &str) -> String {
        let lowered = wrong.to_lowercase().replace('_', "-");
        let names = self.lints.iter().flat_map(|lint| [lint.metadata.name, lint.metadata.group]);
        nearest::did_you_mean(&lowered, names).unwrap_or_else(|| "`cargo ward lints` lists them".to_owned())
    }
}

/// Declares what a lint says about itself.
///
/// ```ignore
/// declare_lint! {
///     /// What it finds, one line.
///     SQL_INJECTION = {
///         name: "sql-injection",
///         group: "injection",
///         summary: "..",
///         severity: High,
///         confidence: High,
///         cwe: [89],
///         owasp: ["API8:2023"],
///         since: "0.1.0",
///     }
/// }
/// ```
///
/// The page is `docs/<name>.md` of the crate that declares the lint.
#[macro_export]
macro_rules! declare_lint {
    (
        $(#[$doc:meta])*
        $ident:ident = {
            name: $name:literal,
            group: $group:literal,
            summary: $summary:literal,
            severity: $severity:ident,
            confidence: $confidence:ident,
            cwe: [$($cwe:literal),* $(,)?],
            owasp: [$($owasp:literal),* $(,)?],
            since: $since:literal $(,)?
        }
    ) => {
        $(#[$doc])*
        pub static $ident: $crate::LintMetadata = $crate::LintMetadata {
            name: $name,
            group: $group,
            summary: $summary,
            severity: $crate::Severity::$severity,
            confidence: $crate::Confidence::$confidence,
            cwe: &[$($cwe),*],
            owasp: &[$($owasp),*],
            since: $since,
            page: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/", $name, ".md")),
        };
    };
}
