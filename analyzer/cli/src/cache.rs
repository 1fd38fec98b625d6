//! What an earlier run has found, kept in the target directory.
//!
//! A report is kept under a key of everything it depends on: the analyzer itself, its configuration and options, and the
//! content of all files. A second key, of sizes and times alone, leads to the first without reading anything. What `--since`
//! compares with is kept by its commit. For runs after a change it is kept what each file was lowered to, by its text, and
//! what functions do with data and about the caller. What is kept bears a checksum: a file that was cut short, or damaged, is
//! as good as none. Files are written beside and moved into place, so two runs at once do no harm, and neither does one that
//! is killed. Whatever goes wrong here costs time only.

use std::collections::BTreeMap;
use std::fs;
use std::hash::Hash;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use serde::{Deserialize, Serialize};
use ward_diagnostics::{Edit, ReportProblem, RunStats, StoredFinding};
use ward_linter::Settings;
use ward_linter::baseline::Baseline;
use ward_project::{Lowered, Snapshot, TestCode, content_hash, hash_twice};
use ward_syntax::{LateBytes, restore, store};

use crate::catalog::lints;
use crate::check::Plan;
use crate::outcome::{Files, Outcome};

/// The folder in the target directory.
const FOLDER: &str = "ward-cache";
/// The form of what is kept.
const FORM: &str = "cargo-ward 2";
/// A checksum is made of so many bytes at a time.
const CHUNK: usize = 1 << 16;
/// At most as many bytes are kept.
const MOST_BYTES: u64 = 256 << 20;
/// At most as many files are kept.
const MOST_FILES: usize = 256;

/// At most as many bytes of lowered files are kept, which are some ten million lines.
const MOST_LOWERED: usize = 128 << 20;

/// What is kept of the models, of questions about bodies, of names, types and calls, of flows, and of guards.
const MODELS: &str = "models";
const ANSWERS: &str = "answers";
const BODIES: &str = "bodies";
const FLOWS: &str = "flows";
const GUARDS: &str = "guards";

/// Where a run looks for its own result.
#[derive(Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
    snapshot: Snapshot,
    /// What the result depends on beside the files.
    plan: u128,
    /// What the lowered files depend on beside their texts.
    lowered: u128,
}

/// What was read for a run that found nothing kept.
#[derive(Debug)]
pub(crate) struct Missed {
    key: u128,
    /// A hash of each file by where it lies.
    contents: Arc<BTreeMap<PathBuf, u64>>,
}

impl Missed {
    /// A hash of each file by where it lies.
    pub(crate) fn contents(&self) -> Arc<BTreeMap<PathBuf, u64>> {
        Arc::clone(&self.contents)
    }
}

#[derive(Serialize, Deserialize)]
struct Kept {
    findings: Vec<StoredFinding>,
    problems: Vec<ReportProblem>,
    stats: RunStats,
    unused: Vec<Edit>,
    root: PathBuf,
    files: Vec<(String, PathBuf)>,
    hashes: Vec<u64>,
}

impl Cache {
    /// The cache of a run; `None` if there is no place for one.
    pub(crate) fn of(plan: &Plan) -> Option<Self> {
        let snapshot = Snapshot::take(&plan.place.path, &plan.settings.discover).ok()?;
        let folder = target_directory(snapshot.workspace())?.join(FOLDER);
        let program = std::env::current_exe().and_then(fs::metadata).ok()?;
        let program = (FORM, env!("CARGO_PKG_VERSION"), program.len(), program.modified().ok());
        let lowered = hash_twice(|hasher| {
            (&program, snapshot.root()).hash(hasher);
            (plan.settings.discover.tests == TestCode::Keep).hash(hasher);
        });
        let plan = hash_twice(|hasher| {
            program.hash(hasher);
            if let Some(config) = snapshot.config() {
                (&config.path, &config.text).hash(hasher);
            }
            plan.key().hash(hasher);
        });
        Some(Self { folder, snapshot, plan, lowered })
    }

    /// What an earlier run has found in the very same files, or else what it takes to keep what this run finds.
    pub(crate) fn find(&self) -> Result<Outcome, Missed> {
        let start = Instant::now();
        let stamp = self.stamp();
        let pointed = self.read(&stamp).and_then(|bytes| Some(u128::from_le_bytes(bytes.try_into().ok()?)));
        if let Some(outcome) = pointed.and_then(|key| self.restore(key, start)) {
            return Ok(outcome);
        }
        let contents = self.snapshot.contents();
        let key = hash_twice(|hasher| {
            self.plan.hash(hasher);
            contents.hash(hasher);
        });
        if let Some(outcome) = self.restore(key, start) {
            self.point(key);
            Ok(outcome)
        } else {
            let read = contents.into_iter().filter_map(|(path, hash)| Some((path, hash?)));
            Err(Missed { key, contents: Arc::new(read.collect()) })
        }
    }

    /// The findings of a commit, below `folder` of its repository: those that were kept, or else what `find` finds. A
    /// commit never changes.
    pub(crate) fn at_commit(
        &self,
        commit: &str,
        folder: &Path,
        find: impl FnOnce() -> anyhow::Result<Baseline>,
    ) -> anyhow::Result<Baseline> {
        let name = name("base", hash_twice(|hasher| (self.plan, commit, folder).hash(hasher)));
        let kept = self.read(&name).and_then(|bytes| String::from_utf8(bytes).ok());
        if let Some(kept) = kept.and_then(|text| Baseline::parse(&text).ok()) {
            return Ok(kept);
        }
        let found = find()?;
        self.prune(0);
        self.write(&name, found.text().as_bytes());
        Ok(found)
    }

    /// Keeps what a run has found, unless a file has changed meanwhile.
    pub(crate) fn keep(&self, missed: &Missed, outcome: &Outcome) {
        let files = &outcome.files;
        let same = files.files.iter().zip(&files.hashes).all(|((_, absolute), hash)| {
            // Files that were left out have no hash.
            *hash == 0 || missed.contents.get(absolute) == Some(hash)
        });
        let is_text = files.files.iter().all(|(_, absolute)| absolute.to_str().is_some());
        if !same || !is_text {
            return;
        }
        let kept = Kept {
            findings: outcome.findings.iter().map(StoredFinding::new).collect(),
            problems: outcome.problems.clone(),
            stats: outcome.stats,
            unused: outcome.unused.clone(),
            root: files.root.clone(),
            files: files.files.clone(),
            hashes: files.hashes.clone(),
        };
        let Some(body) = store(&kept) else { return };
        self.prune(body.len() as u64);
        if self.write(&name("report", missed.key), &body).is_some() {
            self.point(missed.key);
        }
    }

    /// Takes over the files that an earlier run has lowered.
    pub(crate) fn fill(&self, lowered: &Lowered) {
        if lowered.is_filled() {
            return;
        }
        if let Some(bytes) = self.open(&name("files", self.lowered)) {
            lowered.fill(bytes);
        }
    }

    /// Keeps the files that a run has lowered.
    pub(crate) fn keep_lowered(&self, lowered: &Lowered) {
        if let Some(bytes) = lowered.bytes(MOST_LOWERED) {
            self.prune(bytes.len() as u64);
            self.write(&name("files", self.lowered), &bytes);
        }
    }

    /// Takes over what an earlier run has found out.
    pub(crate) fn fill_evaluations(&self, settings: &Settings) {
        let Settings { models, answers, understood, evaluations, judged, .. } = settings;
        let read = |kind: &str| self.read(&name(kind, self.plan));
        let open = |kind: &str| self.open(&name(kind, self.plan));
        if let (Some(models), Some(bytes)) = (models, read(MODELS)) {
            models.fill(bytes);
        }
        if let (Some(answers), Some(bytes)) = (answers, read(ANSWERS)) {
            answers.fill(bytes);
        }
        if let (Some(understood), Some(bytes)) = (understood, open(BODIES)) {
            understood.fill(bytes);
        }
        if let (Some(evaluations), Some(bytes)) = (evaluations, open(FLOWS)) {
            evaluations.fill(bytes);
        }
        if let (Some(judged), Some(bytes)) = (judged, read(GUARDS)) {
            judged.fill(bytes);
        }
    }

    /// Keeps what a run has found out.
    pub(crate) fn keep_evaluations(&self, settings: &Settings) {
        let Settings { models, answers, understood, evaluations, judged, .. } = settings;
        let all = [
            (MODELS, models.as_ref().and_then(|models| models.bytes())),
            (ANSWERS, answers.as_ref().and_then(|answers| answers.bytes())),
            (BODIES, understood.as_ref().and_then(|understood| understood.bytes())),
            (FLOWS, evaluations.as_ref().and_then(|evaluations| evaluations.bytes())),
            (GUARDS, judged.as_ref().and_then(|judged| judged.bytes())),
        ];
        for (kind, bytes) in all {
            if let Some(bytes) = bytes {
                self.prune(bytes.len() as u64);
                self.write(&name(kind, self.plan), &bytes);
            }
        }
    }

    fn stamp(&self) -> String {
        name("stamp", hash_twice(|hasher| (self.plan, self.snapshot.stamp()).hash(hasher)))
    }

    /// Lets the present state of the files lead to a report.
    fn point(&self, key: u128) {
        if self.snapshot.is_settled() {
            self.write(&self.stamp(), &key.to_le_bytes());
        }
    }

    fn restore(&self, key: u128, start: Instant) -> Option<Outcome> {
        let kept: Kept = restore(&self.read(&name("report", key))?)?;
        let lint = |name: &str| lints().find(|lint| lint.name == name);
        let findings =
            kept.findings.into_iter().map(|finding| finding.restore(lint)).collect::<Option<Vec<_>>>()?;
        let in_range = |file: ward_syntax::FileId| file.index() < kept.files.len();
        if !findings.iter().all(|finding| in_range(finding.primary.location.file)) {
            return None;
        }
        let mut stats = kept.stats;
        stats.millis = start.elapsed().as_millis() as u64;
        Some(Outcome {
            findings,
            problems: kept.problems,
            stats,
            unused: kept.unused,
            files: Files { root: kept.root, files: kept.files, hashes: kept.hashes },
            phases: vec![("cache", start.elapsed())],
        })
    }

    /// The content of a file whose checksum is right.
    fn read(&self, name: &str) -> Option<Vec<u8>> {
        let bytes = self.open(name)?;
        Some(bytes.part(0..bytes.len())?.into_owned())
    }

    /// The same, of which parts are read when they are wanted: a file that is there is never written to.
    fn open(&self, name: &str) -> Option<LateBytes> {
        let path = self.folder.join(name);
        let mut file = fs::File::open(&path).ok()?;
        let Some(length) = checked(&mut file) else {
            let _ = fs::remove_file(&path);
            return None;
        };
        // What is used is kept longest.
        let _ = fs::File::options()
            .append(true)
            .open(&path)
            .and_then(|file| file.set_modified(SystemTime::now()));
        LateBytes::in_file(file, length)
    }

    fn write(&self, name: &str, body: &[u8]) -> Option<()> {
        prepare(&self.folder)?;
        let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(&self.folder).ok()?;
        let checksum = body.chunks(CHUNK).fold(body.len() as u64, checksum_of);
        file.write_all(body).ok()?;
        file.write_all(&checksum.to_le_bytes()).ok()?;
        file.persist(self.folder.join(name)).ok()?;
        Some(())
    }

    /// Removes what was not used for longest, so that there is room for as many bytes, and what a killed run has left.
    fn prune(&self, room: u64) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        let mut files: Vec<(SystemTime, u64, PathBuf)> = entries
            .flatten()
            .filter_map(|entry| {
                let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
                Some((metadata.modified().ok()?, metadata.len(), entry.path()))
            })
            .filter(|(.., path)| is_ours(path))
            .collect();
        files.sort();
        let mut bytes: u64 = room + files.iter().map(|(_, size, _)| size).sum::<u64>();
        let mut count = files.len();
        for (modified, size, path) in files {
            let old = modified.elapsed().is_ok_and(|age| age.as_secs() > 3600);
            let left_over =
                old && path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".new-"));
            if bytes <= MOST_BYTES * 3 / 4 && count <= MOST_FILES * 3 / 4 && !left_over {
                continue;
            }
            // Another run may have been quicker.
            let _ = fs::remove_file(&path);
            bytes -= size;
            count -= 1;
        }
    }
}

/// How many bytes the file holds before its checksum, if that is right.
fn checked(file: &mut fs::File) -> Option<usize> {
    let length = usize::try_from(file.metadata().ok()?.len()).ok()?.checked_sub(8)?;
    let mut chunk = vec![0; CHUNK.min(length.max(8))];
    let (mut checksum, mut rest) = (length as u64, length);
    while rest > 0 {
        let next = rest.min(CHUNK);
        file.read_exact(&mut chunk[..next]).ok()?;
        checksum = checksum_of(checksum, &chunk[..next]);
        rest -= next;
    }
    file.read_exact(&mut chunk[..8]).ok()?;
    (chunk[..8] == checksum.to_le_bytes()).then_some(length)
}

/// The checksum of bytes with more of them behind.
fn checksum_of(before: u64, chunk: &[u8]) -> u64 {
    before.rotate_left(5) ^ content_hash(chunk)
}

fn name(kind: &str, key: u128) -> String {
    format!("{kind}-{key:032x}")
}

fn is_ours(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    ["report-", "stamp-", "base-", "files-", "models-", "answers-", "bodies-", "flows-", "guards-", ".new-"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

/// Makes the folder, marked as one that no backup and no repository needs.
fn prepare(folder: &Path) -> Option<()> {
    if folder.is_dir() {
        return Some(());
    }
    fs::create_dir_all(folder).ok()?;
    let tag =
        "Signature: 8a477f597d28d172789f06886806bc55\n# Kept by cargo-ward; may be deleted at any time.\n";
    fs::write(folder.join("CACHEDIR.TAG"), tag).ok()?;
    fs::write(folder.join(".gitignore"), "*\n").ok()
}

/// Where cargo builds a workspace; none if there is no workspace or package.
fn target_directory(workspace: &Path) -> Option<PathBuf> {
    if let Some(set) = std::env::var_os("CARGO_TARGET_DIR").filter(|set| !set.is_empty()) {
        return std::path::absolute(set).ok();
    }
    workspace.join("Cargo.toml").is_file().then(|| workspace.join("target"))
}
