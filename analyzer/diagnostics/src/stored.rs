//! Findings in a form that can be kept and read again.

use serde::{Deserialize, Serialize};

use crate::finding::{EndpointRef, Finding, Fix, Flow, Label, Suppression};
use crate::metadata::{Confidence, LintLevel, LintMetadata, Severity};

/// A [`Finding`] whose lint is named.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StoredFinding {
    lint: String,
    severity: Severity,
    confidence: Confidence,
    level: LintLevel,
    message: String,
    primary: Label,
    related: Vec<Label>,
    flows: Vec<Flow>,
    notes: Vec<String>,
    help: Vec<String>,
    endpoint: Option<EndpointRef>,
    function: Option<String>,
    body_hash: Option<u64>,
    suppression: Option<Suppression>,
    fixes: Vec<Fix>,
}

impl StoredFinding {
    /// A finding to keep.
    pub fn new(finding: &Finding) -> Self {
        let finding = finding.clone();
        Self {
            lint: finding.lint.name.to_owned(),
            severity: finding.severity,
            confidence: finding.confidence,
            level: finding.level,
            message: finding.message,
            primary: finding.primary,
            related: finding.related,
            flows: finding.flows,
            notes: finding.notes,
            help: finding.help,
            endpoint: finding.endpoint,
            function: finding.function,
            body_hash: finding.body_hash,
            suppression: finding.suppression,
            fixes: finding.fixes,
        }
    }

    /// The finding that was kept; `None` if `lint` does not know its lint.
    pub fn restore(self, lint: impl Fn(&str) -> Option<&'static LintMetadata>) -> Option<Finding> {
        Some(Finding {
            lint: lint(&self.lint)?,
            severity: self.severity,
            confidence: self.confidence,
            level: self.level,
            message: self.message,
            primary: self.primary,
            related: self.related,
            flows: self.flows,
            notes: self.notes,
            help: self.help,
            endpoint: self.endpoint,
            function: self.function,
            body_hash: self.body_hash,
            suppression: self.suppression,
            fixes: self.fixes,
        })
    }
}

/// A place as three numbers.
pub(crate) mod location {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use ward_syntax::{FileId, Span};

    use crate::finding::Location;

    pub(crate) fn serialize<S: Serializer>(location: &Location, serializer: S) -> Result<S::Ok, S::Error> {
        (location.file.0, location.span.start, location.span.end).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Location, D::Error> {
        let (file, start, end) = <(u32, u32, u32)>::deserialize(deserializer)?;
        Ok(Location { file: FileId(file), span: Span::new(start, end) })
    }
}
