//! Findings and the ways to show them.
//!
//! A lint describes itself by a [`LintMetadata`] and reports [`Finding`]s; a run collects them in a [`Report`],
//! and [`render`] writes that for a terminal, as SARIF 2.1.0, or as JSON. Nothing here knows how a finding
//! was made, and every renderer writes the same bytes for the same report.

pub mod escape;
mod finding;
mod fingerprint;
mod metadata;
pub mod render;
mod report;
mod routes;
mod stored;
mod text;

pub use finding::{
    Applicability, Edit, EndpointGuard, EndpointRef, Finding, Fix, Flow, FlowStep, Label, Location, StepKind,
    Suppression, SuppressionKind, sort,
};
pub use fingerprint::{content_hash, fingerprints};
pub use metadata::{Confidence, LintLevel, LintMetadata, Severity, UnknownLevel};
pub use report::{Loss, ProblemLevel, Report, ReportProblem, RunStats, Sources};
pub use routes::{
    RouteChange, RouteChangeKind, RouteGuards, RouteLayer, RoutePlace, RouteRow, route_changes,
};
pub use stored::StoredFinding;
