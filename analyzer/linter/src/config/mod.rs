//! What `ward.toml`, or `metadata.ward` of a manifest, says about a run: its keys, checked, with the place of whatever is wrong.

mod access;
mod levels;
mod read;
mod size;
mod unmatched;

pub use access::{Access, EndpointPattern, PatternError};
pub use levels::{Levels, Override, PlacedLevel};
pub use read::{ConfigurationError, read};
pub use size::Size;
pub(crate) use unmatched::{means, unmatched};

use std::fmt;
use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use toml::Spanned;
use ward_diagnostics::{Confidence, LintLevel, Severity};

/// The configuration of a run. Keys mean what the options of the same name mean.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Configuration {
    /// Files and folders to leave out, as in a `.gitignore` beside this file.
    #[schemars(with = "Vec<String>")]
    pub exclude: Vec<Spanned<String>>,
    /// Also report on test code.
    pub include_tests: bool,
    /// Also report on examples.
    pub include_examples: bool,
    /// Skip larger files.
    pub max_file_size: Option<Size>,
    /// Hide findings that are less severe.
    pub min_severity: Option<Severity>,
    /// Hide findings that are less sure.
    pub min_confidence: Option<Confidence>,
    /// What becomes of the findings of a lint, of the lints of a group, or of `all`.
    #[schemars(with = "std::collections::BTreeMap<String, LintLevel>")]
    pub lints: Table<LintLevel>,
    /// The same for some places only. Of several that fit, the last counts.
    #[serde(rename = "override")]
    pub overrides: Vec<Override>,
    /// Who may do what: guards, public endpoints and roles.
    pub access: Access,
    /// How suppressions in the source are treated.
    pub suppressions: Suppressions,
    /// Your own models of calls: rows as `lints/models/README.md` describes them.
    #[schemars(with = "Option<std::collections::BTreeMap<String, serde_json::Value>>")]
    pub model: Option<Spanned<IgnoredAny>>,
}

impl Configuration {
    /// The patterns of files and folders to leave out.
    pub fn exclude(&self) -> impl Iterator<Item = String> + '_ {
        self.exclude.iter().map(|pattern| pattern.get_ref().clone())
    }
}

/// How suppressions in the source are treated.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Suppressions {
    /// A suppression without a reason suppresses nothing.
    pub require_reason: bool,
    /// What becomes of suppressions that suppress nothing: `allow`, `warn` (the default) or `deny`.
    pub unused: Unused,
}

/// What becomes of suppressions that suppress nothing, or nothing that exists.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Unused {
    /// Nothing is said.
    Allow,
    /// They are told of.
    #[default]
    Warn,
    /// They are told of, and the run ends as if there were findings.
    Deny,
}

/// A table in the order of its keys, with the place of each key.
#[derive(Clone, Debug)]
pub struct Table<V>(pub Vec<(Spanned<String>, V)>);

impl<V> Default for Table<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Table<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<V>(PhantomData<V>);

        impl<'de, V: Deserialize<'de>> Visitor<'de> for Reader<V> {
            type Value = Table<V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Table<V>, A::Error> {
                let mut table = Vec::with_capacity(entries.size_hint().unwrap_or(0));
                while let Some(entry) = entries.next_entry()? {
                    table.push(entry);
                }
                Ok(Table(table))
            }
        }

        deserializer.deserialize_map(Reader(PhantomData))
    }
}
