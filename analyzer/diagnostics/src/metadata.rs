//! What a lint says about itself: name, page, severity, confidence and taxonomies.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How bad a finding is if it is true; ordered from harmless to worst.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing, no harm by itself.
    Info,
    /// Helps an attack, but does not make one.
    Low,
    /// Harm under conditions the attacker does not control.
    Medium,
    /// Harm to data or users.
    High,
    /// Takes over data or the host.
    Critical,
}

impl Severity {
    /// Every severity, mildest first.
    pub const ALL: [Self; 5] = [Self::Info, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The name in lower case, as [`FromStr`] reads it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// How sure the analyzer is that a finding is true; ordered from guess to proof.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// By name or shape alone; hidden by default.
    Low,
    /// One modelled assumption.
    Medium,
    /// Resolved end to end.
    High,
}

impl Confidence {
    /// Every confidence, weakest first.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// The name in lower case, as [`FromStr`] reads it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A severity or confidence that is none; its message lists those there are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownLevel {
    given: String,
    what: &'static str,
    known: Vec<&'static str>,
}

impl fmt::Display for UnknownLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown {} `{}`, it is one of {}", self.what, self.given, self.known.join(", "))
    }
}

impl std::error::Error for UnknownLevel {}

impl FromStr for Severity {
    type Err = UnknownLevel;

    /// Reads a name in any case.
    fn from_str(given: &str) -> Result<Self, UnknownLevel> {
        let found = Self::ALL.into_iter().find(|severity| severity.name().eq_ignore_ascii_case(given));
        found.ok_or_else(|| UnknownLevel {
            given: given.to_owned(),
            what: "severity",
            known: Self::ALL.map(Self::name).to_vec(),
        })
    }
}

impl FromStr for Confidence {
    type Err = UnknownLevel;

    /// Reads a name in any case.
    fn from_str(given: &str) -> Result<Self, UnknownLevel> {
        let found = Self::ALL.into_iter().find(|confidence| confidence.name().eq_ignore_ascii_case(given));
        found.ok_or_else(|| UnknownLevel {
            given: given.to_owned(),
            what: "confidence",
            known: Self::ALL.map(Self::name).to_vec(),
        })
    }
}

/// What becomes of the findings of a lint.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum LintLevel {
    /// They are not reported.
    Allow,
    /// They are reported, and do not make the run fail.
    Warn,
    /// They are reported, and the exit status says so.
    #[default]
    Deny,
}

impl LintLevel {
    /// The name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }
}

/// What a lint says about itself.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct LintMetadata {
    /// The name in kebab case, for example `sql-injection`; also the id of the SARIF rule.
    pub name: &'static str,
    /// The group it lies in, for example `injection`.
    pub group: &'static str,
    /// One sentence, lower case, no full stop.
    pub summary: &'static str,
    /// How bad its findings are unless one says otherwise.
    pub severity: Severity,
    /// How sure its findings are unless one says otherwise.
    pub confidence: Confidence,
    /// The numbers of the CWE entries it belongs to, the closest first.
    pub cwe: &'static [u16],
    /// The OWASP API Security risks it belongs to, for example `API8:2023`, the closest first.
    pub owasp: &'static [&'static str],
    /// The version of the analyzer that brought it, for example `0.1.0`.
    pub since: &'static str,
    /// Its page in Markdown.
    pub page: &'static str,
}

#[cfg(test)]
mod tests {
    use super::{Confidence, Severity};

    #[test]
    fn levels_are_ordered_and_read_what_they_print() {
        assert!(Severity::Info < Severity::Low && Severity::High < Severity::Critical);
        assert!(Confidence::Low < Confidence::High);
        for severity in Severity::ALL {
            assert_eq!(severity.to_string().parse(), Ok(severity));
        }
        for confidence in Confidence::ALL {
            assert_eq!(confidence.to_string().to_uppercase().parse(), Ok(confidence));
        }
    }

    #[test]
    fn an_unknown_level_names_the_known_ones() {
        let error = "urgent".parse::<Severity>().unwrap_err().to_string();
        assert_eq!(error, "unknown severity `urgent`, it is one of info, low, medium, high, critical");
        let error = "sure".parse::<Confidence>().unwrap_err().to_string();
        assert_eq!(error, "unknown confidence `sure`, it is one of low, medium, high");
    }
}
