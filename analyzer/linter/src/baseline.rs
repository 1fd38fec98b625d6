//! A baseline: findings that are known and not to be reported again, counted by what they consist of.
//!
//! It is a text of one line for each kind of finding, sorted by its fingerprint, without dates or places: branches that
//! change different lines merge without conflict, and a file that a merge has joined line by line is read as well.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ward_diagnostics::{Finding, Sources, Suppression, SuppressionKind, fingerprints};

pub use ward_project::BASELINE_FILE;

const HEAD: &str = "# cargo-ward baseline, version ";
const VERSION: u32 = 1;
const COLUMNS: &str = "# fingerprint\tcount\tbody\tlint\tpath\tfunction\n";

/// Known findings.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Baseline {
    entries: BTreeMap<Key, Entry>,
}

/// What a kind of finding consists of.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Key {
    /// Of the lint, the function's name, and the code at the place.
    fingerprint: String,
    /// Of the text of the function around it, which stays if it moves to another module; empty outside of functions.
    body: String,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Entry {
    count: usize,
    lint: String,
    /// Where one of them was; for readers only.
    path: String,
    function: String,
}

/// Why a text is no baseline.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BaselineError {
    /// A newer version of the analyzer wrote it.
    #[error("the baseline has the form {found}, which is newer than {known}, the last this version reads")]
    Newer {
        /// The form it has.
        found: u32,
        /// The last form that is known.
        known: u32,
    },
    /// The first line does not say what it is.
    #[error("this is no baseline: the first line has to be `{HEAD}{VERSION}`")]
    NoHead,
    /// A line does not have the right shape.
    #[error("line {line}: {message}")]
    Line {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        message: &'static str,
    },
}

impl BaselineError {
    /// The next step for the user.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Newer { .. } => "update cargo-ward, or write the baseline anew by `cargo ward baseline`",
            Self::NoHead | Self::Line { .. } => "correct it, or write it anew by `cargo ward baseline`",
        }
    }
}

impl Baseline {
    /// The baseline of these findings, as far as nothing suppresses them. Give all findings of a run in their order.
    pub fn of(findings: &[Finding], sources: &dyn Sources) -> Self {
        let mut entries = BTreeMap::new();
        for (key, finding) in keys(findings, sources).into_iter().zip(findings) {
            if finding.suppression.is_some() {
                continue;
            }
            let entry = entries.entry(key).or_insert_with(|| Entry {
                count: 0,
                lint: finding.lint.name.to_owned(),
                path: sources.path(finding.primary.location.file).to_owned(),
                function: finding.function.clone().unwrap_or_default(),
            });
            entry.count += 1;
        }
        Self { entries }
    }

    /// Reads a baseline. Lines may be in any order and repeat; the higher count of two counts.
    ///
    /// # Errors
    /// When a newer version wrote it, or it is none.
    pub fn parse(text: &str) -> Result<Self, BaselineError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let head =
            text.lines().next().and_then(|line| line.strip_prefix(HEAD)).ok_or(BaselineError::NoHead)?;
        let found = head.trim().parse().map_err(|_| BaselineError::NoHead)?;
        if found > VERSION {
            return Err(BaselineError::Newer { found, known: VERSION });
        }
        let mut entries: BTreeMap<Key, Entry> = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let (key, entry) =
                parse_line(line).map_err(|message| BaselineError::Line { line: index + 1, message })?;
            let known = entries.entry(key).or_insert_with(|| entry.clone());
            known.count = known.count.max(entry.count);
        }
        Ok(Self { entries })
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        let mut text = format!("{HEAD}{VERSION}\n{COLUMNS}");
        for (Key { fingerprint, body }, Entry { count, lint, path, function }) in &self.entries {
            // Writing to a string does not fail.
            let _ =
                writeln!(text, "{fingerprint}\t{count}\t{body}\t{lint}\t{}\t{}", cell(path), cell(function));
        }
        text
    }

    /// How many findings it knows.
    pub fn len(&self) -> usize {
        self.entries.values().map(|entry| entry.count).sum()
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Says of each active finding whether the baseline knows it: as many of a kind as it has counted. Also returns what
    /// is left of the baseline: entries that no finding has used up.
    pub fn known(&self, findings: &[Finding], sources: &dyn Sources) -> (Vec<bool>, Self) {
        let keys = keys(findings, sources);
        let mut left = self.clone();
        let mut known = vec![false; findings.len()];
        let open = |known: &[bool], index: usize| !known[index] && findings[index].suppression.is_none();
        for (index, key) in keys.iter().enumerate() {
            known[index] = open(&known, index) && left.take(|entry| entry == key);
        }
        // The code around a place may have changed, and then its fingerprint alone counts.
        for (index, key) in keys.iter().enumerate() {
            if open(&known, index) {
                known[index] = left.take(|entry| entry.fingerprint == key.fingerprint);
            }
        }
        // A function may have moved as a whole.
        for (index, key) in keys.iter().enumerate() {
            if open(&known, index) && !key.body.is_empty() {
                known[index] = left.take(|entry| entry.body == key.body);
            }
        }
        (known, left)
    }

    /// Suppresses the active findings that the baseline knows. Returns what is left of it.
    #[allow(
        clippy::must_use_candidate,
        clippy::return_self_not_must_use,
        reason = "called for what it suppresses"
    )]
    pub fn apply(&self, findings: &mut [Finding], sources: &dyn Sources) -> Self {
        let (known, left) = self.known(findings, sources);
        for (finding, _) in findings.iter_mut().zip(known).filter(|(_, known)| *known) {
            finding.suppression = Some(Suppression {
                kind: SuppressionKind::Baseline,
                justification: Some("in the baseline".to_owned()),
            });
        }
        left
    }

    /// The baseline without the findings in `fixed`, as [`Self::known`] has left them.
    #[must_use]
    pub fn without(&self, fixed: &Self) -> Self {
        let mut entries = self.entries.clone();
        for (key, gone) in &fixed.entries {
            if let Some(entry) = entries.get_mut(key) {
                entry.count = entry.count.saturating_sub(gone.count);
            }
        }
        entries.retain(|_, entry| entry.count > 0);
        Self { entries }
    }

    /// The entries of which `is_meant` says so, given the lint and the path.
    #[must_use]
    pub fn only(&self, is_meant: impl Fn(&str, &str) -> bool) -> Self {
        let entries = self.entries.iter().filter(|(_, entry)| is_meant(&entry.lint, &entry.path));
        Self { entries: entries.map(|(key, entry)| (key.clone(), entry.clone())).collect() }
    }

    /// The findings of both.
    #[must_use]
    pub fn with(mut self, others: &Self) -> Self {
        for (key, other) in &others.entries {
            match self.entries.get_mut(key) {
                Some(entry) => entry.count += other.count,
                None => {
                    self.entries.insert(key.clone(), other.clone());
                }
            }
        }
        self
    }

    /// Takes one finding of the first kind that fits; false if there is none.
    fn take(&mut self, fits: impl Fn(&Key) -> bool) -> bool {
        let Some(key) = self.entries.keys().find(|key| fits(key)).cloned() else { return false };
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.count -= 1;
            if entry.count == 0 {
                self.entries.remove(&key);
            }
        }
        true
    }
}

fn keys(findings: &[Finding], sources: &dyn Sources) -> Vec<Key> {
    let fingerprints = fingerprints(findings, sources).into_iter();
    let key = |(fingerprint, finding): (String, &Finding)| Key {
        fingerprint: fingerprint.split(':').next().unwrap_or_default().to_owned(),
        body: finding.body_hash.map(|hash| format!("{hash:016x}")).unwrap_or_default(),
    };
    fingerprints.zip(findings).map(key).collect()
}

/// A text without what would break the line.
fn cell(text: &str) -> String {
    text.replace(['\t', '\n', '\r'], " ")
}

fn parse_line(line: &str) -> Result<(Key, Entry), &'static str> {
    let cells: Vec<&str> = line.trim_end_matches('\r').split('\t').collect();
    let [fingerprint, count, body, lint, path, function] = cells[..] else {
        return Err("six values have to stand here, with tabs between them");
    };
    let is_hash = |text: &str| text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hash(fingerprint) || !body.is_empty() && !is_hash(body) {
        return Err("a fingerprint consists of 16 hexadecimal digits");
    }
    let count: usize =
        count.parse().ok().filter(|count| *count > 0).ok_or("the count has to be a number above 0")?;
    let key = Key { fingerprint: fingerprint.to_owned(), body: body.to_owned() };
    let entry = Entry { count, lint: lint.to_owned(), path: path.to_owned(), function: function.to_owned() };
    Ok((key, entry))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ward_diagnostics::{Confidence, Finding, LintMetadata, Location, Severity, Sources};
    use ward_syntax::{FileId, Span};

    use super::{Baseline, BaselineError};

    static LINT: LintMetadata = LintMetadata {
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

    struct OneFile(&'static str);

    impl Sources for OneFile {
        fn path(&self, _: FileId) -> &'static str {
            "src/a.rs"
        }

        fn text(&self, _: FileId) -> Option<Arc<str>> {
            Some(self.0.into())
        }
    }

    const TEXT: OneFile = OneFile("abcdef");

    /// A finding at one byte in a function, whose text has this hash.
    fn finding(at: u32, function: &str, body: u64) -> Finding {
        let location = Location { file: FileId(0), span: Span::new(at, at + 1) };
        let mut finding = Finding::new(&LINT, location, "m");
        finding.function = Some(function.to_owned());
        finding.body_hash = Some(body);
        finding
    }

    fn known(baseline: &Baseline, findings: &[Finding]) -> Vec<bool> {
        baseline.known(findings, &TEXT).0
    }

    #[test]
    fn a_second_instance_is_new() {
        let baseline = Baseline::of(&[finding(0, "f", 1)], &TEXT);
        assert_eq!(known(&baseline, &[finding(0, "f", 1), finding(0, "f", 1)]), [true, false]);
        assert_eq!(known(&baseline, &[finding(1, "f", 2)]), [false]);
    }

    #[test]
    fn what_moves_or_changes_around_it_stays_known() {
        let baseline = Baseline::of(&[finding(0, "a::f", 1), finding(1, "a::g", 2)], &TEXT);
        assert_eq!(known(&baseline, &[finding(0, "b::f", 1), finding(1, "a::g", 3)]), [true, true]);
        assert_eq!(known(&baseline, &[finding(0, "b::f", 9)]), [false]);
    }

    #[test]
    fn the_text_is_read_again() {
        let baseline = Baseline::of(&[finding(0, "f", 1), finding(0, "f", 1), finding(2, "g", 7)], &TEXT);
        let text = baseline.text();
        assert_eq!(Baseline::parse(&text), Ok(baseline.clone()));
        assert_eq!(baseline.len(), 3);
        let joined = format!("{text}{}\n", text.lines().last().unwrap());
        assert_eq!(Baseline::parse(&joined.replace('\n', "\r\n")), Ok(baseline));
    }

    #[test]
    fn fixed_findings_are_pruned() {
        let baseline = Baseline::of(&[finding(0, "f", 1), finding(0, "f", 1), finding(2, "g", 7)], &TEXT);
        let (_, left) = baseline.known(&[finding(0, "f", 1)], &TEXT);
        let pruned = baseline.without(&left);
        assert_eq!(pruned, Baseline::of(&[finding(0, "f", 1)], &TEXT));
    }

    #[test]
    fn what_is_no_baseline_is_told() {
        assert_eq!(Baseline::parse(""), Err(BaselineError::NoHead));
        assert_eq!(Baseline::parse("# cargo-ward baseline, version x"), Err(BaselineError::NoHead));
        let newer = Baseline::parse("# cargo-ward baseline, version 9\nwhatever").unwrap_err();
        assert_eq!(newer, BaselineError::Newer { found: 9, known: 1 });
        let wrong = Baseline::parse("# cargo-ward baseline, version 1\n\nab\t1\n").unwrap_err();
        assert_eq!(wrong.to_string(), "line 3: six values have to stand here, with tabs between them");
    }
}
