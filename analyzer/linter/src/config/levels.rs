//! Lint levels: what becomes of a finding, by its lint, group, place and endpoint.

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;
use ward_diagnostics::{EndpointRef, LintLevel, LintMetadata};
use ward_project::PathPatterns;

use super::{EndpointPattern, Table};

/// The word for every lint.
pub(super) const ALL: &str = "all";

/// Levels for some places only.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Override {
    /// Findings in these files only; patterns as in a `.gitignore` beside this file.
    #[schemars(with = "Vec<String>")]
    pub paths: Vec<Spanned<String>>,
    /// Findings reachable through these endpoints only: `/internal/**`, `POST /hooks/*`.
    #[schemars(with = "Vec<String>")]
    pub endpoints: Vec<Spanned<String>>,
    /// The levels: by the name of a lint, of a group, or `all`.
    #[schemars(with = "std::collections::BTreeMap<String, LintLevel>")]
    pub lints: Table<LintLevel>,
    /// Why; findings that are allowed for a reason are counted as suppressed, with this text.
    pub reason: Option<String>,
}

/// The levels of all lints.
#[derive(Clone, Debug, Default)]
pub struct Levels {
    base: Vec<(String, LintLevel)>,
    overrides: Vec<PlacedLevels>,
}

/// The levels of one override.
#[derive(Clone, Debug)]
struct PlacedLevels {
    paths: Option<PathPatterns>,
    endpoints: Vec<EndpointPattern>,
    levels: Vec<(String, LintLevel)>,
    reason: Option<String>,
    /// The patterns of the one and the other as they are written.
    written: [Vec<Spanned<String>>; 2],
}

/// The level of a finding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PlacedLevel<'a> {
    /// The level.
    pub level: LintLevel,
    /// Why an override says so.
    pub reason: Option<&'a str>,
}

impl Levels {
    /// The levels of a configuration; its patterns have been checked.
    pub(super) fn new(base: &Table<LintLevel>, overrides: Vec<(&Override, Option<PathPatterns>)>) -> Self {
        let overrides = overrides.into_iter().map(|(row, paths)| PlacedLevels {
            paths,
            endpoints: row.endpoints.iter().filter_map(|text| text.get_ref().parse().ok()).collect(),
            levels: plain(&row.lints),
            reason: row.reason.clone(),
            written: [row.paths.clone(), row.endpoints.clone()],
        });
        Self { base: plain(base), overrides: overrides.collect() }
    }

    /// Adds levels that go before all others, for example of the command line.
    pub fn add(&mut self, names: impl IntoIterator<Item = String>, level: LintLevel) {
        for name in names {
            let forced = PlacedLevels {
                paths: None,
                endpoints: Vec::new(),
                levels: vec![(name, level)],
                reason: None,
                written: [Vec::new(), Vec::new()],
            };
            self.overrides.push(forced);
        }
    }

    /// The level of a lint's findings in a file, given absolute, and at an endpoint.
    pub fn of(
        &self,
        lint: &LintMetadata,
        file: &std::path::Path,
        endpoint: Option<&EndpointRef>,
    ) -> PlacedLevel<'_> {
        for row in self.overrides.iter().rev() {
            if let Some(level) = level_in(&row.levels, lint)
                && row.paths.as_ref().is_none_or(|paths| paths.matches(file))
                && row.is_at(endpoint)
            {
                return PlacedLevel { level, reason: row.reason.as_deref() };
            }
        }
        PlacedLevel { level: level_in(&self.base, lint).unwrap_or(LintLevel::Deny), reason: None }
    }

    /// The patterns of files and those of endpoints that overrides are for, as they are written.
    pub(super) fn patterns(&self) -> [Vec<&Spanned<String>>; 2] {
        [0, 1].map(|which| self.overrides.iter().flat_map(|row| &row.written[which]).collect())
    }

    /// Whether some finding of the lint could be reported.
    pub fn may_report(&self, lint: &LintMetadata) -> bool {
        let everywhere = self.overrides.iter().rev().find_map(|row| {
            let level = level_in(&row.levels, lint)?;
            (row.paths.is_none() && row.endpoints.is_empty() && row.reason.is_none()).then_some(level)
        });
        let base = everywhere.or_else(|| level_in(&self.base, lint)).unwrap_or(LintLevel::Deny);
        base != LintLevel::Allow
            || self
                .overrides
                .iter()
                .any(|row| level_in(&row.levels, lint).is_some_and(|level| level != LintLevel::Allow))
    }
}

impl PlacedLevels {
    fn is_at(&self, endpoint: Option<&EndpointRef>) -> bool {
        self.endpoints.is_empty()
            || endpoint.is_some_and(|endpoint| {
                self.endpoints.iter().any(|pattern| pattern.matches(&endpoint.method, &endpoint.path))
            })
    }
}

/// The level that names the lint, or else its group, or else all.
fn level_in(levels: &[(String, LintLevel)], lint: &LintMetadata) -> Option<LintLevel> {
    let named = |wanted: &str| levels.iter().find(|(name, _)| name == wanted).map(|(_, level)| *level);
    named(lint.name).or_else(|| named(lint.group)).or_else(|| named(ALL))
}

fn plain(table: &Table<LintLevel>) -> Vec<(String, LintLevel)> {
    table.0.iter().map(|(name, level)| (name.get_ref().clone(), *level)).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use ward_diagnostics::{Confidence, LintLevel, LintMetadata, Severity};

    use super::Levels;

    const LINT: LintMetadata = LintMetadata {
        name: "sql-injection",
        group: "injection",
        summary: "",
        severity: Severity::High,
        confidence: Confidence::High,
        cwe: &[],
        owasp: &[],
        since: "0.1.0",
        page: "",
    };

    fn levels(base: &[(&str, LintLevel)]) -> Levels {
        Levels {
            base: base.iter().map(|(name, level)| ((*name).to_owned(), *level)).collect(),
            overrides: Vec::new(),
        }
    }

    #[test]
    fn the_name_goes_before_the_group_and_the_group_before_all() {
        use LintLevel::{Allow, Deny, Warn};
        let of = |base: &[(&str, LintLevel)]| levels(base).of(&LINT, Path::new("/a.rs"), None).level;
        assert_eq!(of(&[]), Deny);
        assert_eq!(of(&[("all", Warn)]), Warn);
        assert_eq!(of(&[("all", Warn), ("injection", Allow)]), Allow);
        assert_eq!(of(&[("injection", Allow), ("sql-injection", Deny), ("all", Warn)]), Deny);
        assert_eq!(of(&[("access", Allow)]), Deny);
    }

    #[test]
    fn a_lint_allowed_everywhere_need_not_run() {
        let mut all = levels(&[("all", LintLevel::Allow)]);
        assert!(!all.may_report(&LINT));
        all.add(["sql-injection".to_owned()], LintLevel::Warn);
        assert!(all.may_report(&LINT));
        assert_eq!(all.of(&LINT, Path::new("/a.rs"), None).level, LintLevel::Warn);
        all.add(["injection".to_owned()], LintLevel::Allow);
        assert_eq!(all.of(&LINT, Path::new("/a.rs"), None).level, LintLevel::Allow);
    }
}
