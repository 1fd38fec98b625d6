//! Answers to questions about the bodies of a file, kept from run to run.
//!
//! An answer depends on how the workspace looks from outside of functions' bodies, and on the files that were looked at to
//! find it, which is noted on the way. Where all of them are as they were, so is the answer, and nobody has to look at the
//! file at all.

use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use ward_syntax::{FileId, restore, store};

use crate::trace::{Trace, note_changeable, note_inputs, traced};
use crate::{DefId, Semantics};

/// At most as many bytes are kept.
const MOST_BYTES: usize = 64 << 20;
/// What is kept stays as it is as long as fewer than one in so many questions have to be answered anew: to keep all answers
/// again takes more time.
const FEW: usize = 32;
/// Who looks at more files than this to answer a question about one depends on nearly every change.
const MOST_FILES: usize = 64;

/// Answers that an earlier run has found, and where those of this one are kept.
#[derive(Debug, Default)]
pub struct Answers {
    kept: Mutex<Option<Arc<Vec<u8>>>>,
    made: Mutex<Option<Vec<u8>>>,
}

/// The answers of one run.
#[derive(Debug)]
pub(crate) struct AnswersOfRun {
    /// What tells whether the bodies of a file are the same, by file.
    states: Vec<FileState>,
    /// What tells whether the same parameters of a file's functions hold request data, by file, once that is known.
    inputs: OnceLock<Vec<u64>>,
    kept: Option<KeptAnswers>,
    added: Mutex<FxHashMap<FileId, Record>>,
    of_all: Mutex<Vec<OfAll>>,
    reused: AtomicUsize,
    anew: AtomicUsize,
}

/// What tells whether what a file says about bodies is the same: its content, and which of its bodies were read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct FileState {
    content: (u64, u64),
    bodies: u64,
}

#[derive(Debug)]
struct KeptAnswers {
    bytes: Arc<Vec<u8>>,
    questions: FxHashMap<String, u32>,
    /// By file, where its answers hold.
    files: Vec<Option<KeptRecord>>,
    /// Those that hold.
    of_all: Vec<OfAll>,
    inputs: Vec<u64>,
}

/// An answer about the whole workspace.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct OfAll {
    question: String,
    rests_on: u128,
    depends_on: Vec<FileId>,
    answer: Vec<u8>,
}

#[derive(Debug)]
struct KeptRecord {
    depends_on: Vec<FileId>,
    /// Files on whose [`AnswersOfRun::inputs`] some of the answers depend.
    inputs_of: Vec<FileId>,
    answers: Vec<(u32, ByInputs, Range<usize>)>,
}

/// What was found out about a file.
#[derive(Debug, Default)]
struct Record {
    depends_on: FxHashSet<FileId>,
    inputs_of: FxHashSet<FileId>,
    answers: Vec<(String, ByInputs, Vec<u8>)>,
}

/// Whether an answer depends on which parameters hold request data.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
enum ByInputs {
    Yes,
    No,
}

#[derive(Serialize, Deserialize)]
struct Head {
    questions: Vec<String>,
    states: Vec<FileState>,
    inputs: Vec<u64>,
    records: Vec<HeadOfRecord>,
    of_all: Vec<OfAll>,
}

/// What the answers about a file depend on, and the questions with the lengths of their answers.
#[derive(Serialize, Deserialize)]
struct HeadOfRecord {
    depends_on: Vec<FileId>,
    inputs_of: Vec<FileId>,
    answers: Vec<(u32, ByInputs, u32)>,
}

impl Answers {
    /// Takes over what [`Self::bytes`] of an earlier run has returned.
    pub fn fill(&self, bytes: Vec<u8>) {
        *lock(&self.kept) = Some(Arc::new(bytes));
    }

    /// The answers of the last run, to be kept for the next; `None` if there is next to nothing new, or too much.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        lock(&self.made).take().filter(|bytes| bytes.len() <= MOST_BYTES)
    }

    /// Takes over the answers of a run.
    pub fn take(&self, semantics: &Semantics) {
        let Some(answers) = &semantics.answers else { return };
        let (reused, anew) = (answers.reused.load(Ordering::Relaxed), answers.anew.load(Ordering::Relaxed));
        // To find one about all anew takes more time than to keep them all.
        let is_worth_it = anew * FEW >= reused || !lock(&answers.of_all).is_empty();
        if answers.kept.is_none() || is_worth_it {
            *lock(&self.made) = answers.store(semantics.state.outline);
        }
    }
}

impl AnswersOfRun {
    fn new(answers: &Answers, semantics: &Semantics) -> Self {
        let mut bodies = vec![FxHasher::default(); semantics.files.len()];
        for def in &semantics.inferred {
            def.hash(&mut bodies[semantics.locate(*def).0.index()]);
        }
        let contents = semantics.state.contents.iter().zip(bodies);
        let states: Vec<FileState> = contents
            .map(|(content, bodies)| FileState { content: *content, bodies: bodies.finish() })
            .collect();
        let bytes = lock(&answers.kept).clone();
        let kept = bytes.and_then(|bytes| KeptAnswers::read(bytes, semantics.state.outline, &states));
        let (reused, anew) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let (inputs, added, of_all) = Default::default();
        Self { states, inputs, kept, added, of_all, reused, anew }
    }

    fn kept(&self, question: &str, file: FileId) -> Option<&[u8]> {
        let kept = self.kept.as_ref()?;
        let question = kept.questions.get(question)?;
        let record = kept.files.get(file.index())?.as_ref()?;
        let (_, by_inputs, place) = record.answers.iter().find(|(known, ..)| known == question)?;
        if *by_inputs == ByInputs::Yes {
            let now = self.inputs.get()?;
            let is_same = |file: &FileId| now.get(file.index()) == kept.inputs.get(file.index());
            if !record.inputs_of.iter().all(is_same) {
                return None;
            }
        }
        self.reused.fetch_add(1, Ordering::Relaxed);
        kept.bytes.get(place.clone())
    }

    fn add(&self, question: &str, file: FileId, answer: &impl Serialize, trace: &Trace) {
        self.anew.fetch_add(1, Ordering::Relaxed);
        let Some(answer) = store(answer) else { return };
        let mut added = lock(&self.added);
        let record = added.entry(file).or_default();
        if record.answers.iter().any(|(known, ..)| known == question) {
            return;
        }
        record.depends_on.extend(trace.files.iter().filter(|other| **other != file));
        record.inputs_of.extend(&trace.inputs);
        let by_inputs = if trace.inputs.is_empty() { ByInputs::No } else { ByInputs::Yes };
        record.answers.push((question.to_owned(), by_inputs, answer));
    }

    fn store(&self, outline: u128) -> Option<Vec<u8>> {
        let added = lock(&self.added);
        let mut numbers: FxHashMap<&str, u32> = FxHashMap::default();
        let mut questions: Vec<String> = Vec::new();
        let mut number = |question| {
            *numbers.entry(question).or_insert_with(|| {
                questions.push(str::to_owned(question));
                questions.len() as u32 - 1
            })
        };
        let names: FxHashMap<u32, &str> = self
            .kept
            .iter()
            .flat_map(|kept| &kept.questions)
            .map(|(name, at)| (*at, name.as_str()))
            .collect();
        let (mut records, mut bytes) = (Vec::new(), Vec::new());
        for file in (0..self.states.len() as u32).map(FileId) {
            let before = self.kept.as_ref().and_then(|kept| Some((kept, kept.files[file.index()].as_ref()?)));
            let (mut depends_on, mut inputs_of): (Vec<FileId>, Vec<FileId>) = Default::default();
            let mut answers: Vec<(&str, ByInputs, &[u8])> = Vec::new();
            if let Some(record) = added.get(&file) {
                depends_on.extend(&record.depends_on);
                inputs_of.extend(&record.inputs_of);
                let added = record.answers.iter();
                answers.extend(added.map(|(question, by, answer)| (question.as_str(), *by, &answer[..])));
            }
            if let Some((kept, record)) = before {
                depends_on.extend(&record.depends_on);
                inputs_of.extend(&record.inputs_of);
                let kept = record.answers.iter().filter_map(|(question, by, place)| {
                    Some((*names.get(question)?, *by, kept.bytes.get(place.clone())?))
                });
                let is_new = |question: &str| !answers.iter().any(|(other, ..)| *other == question);
                let kept: Vec<_> = kept.filter(|(question, ..)| is_new(question)).collect();
                answers.extend(kept);
            }
            depends_on.sort_unstable();
            depends_on.dedup();
            inputs_of.sort_unstable();
            inputs_of.dedup();
            answers.sort_unstable_by_key(|(question, ..)| *question);
            let of_file = answers.into_iter().map(|(question, by_inputs, answer)| {
                bytes.extend_from_slice(answer);
                (number(question), by_inputs, answer.len() as u32)
            });
            records.push(HeadOfRecord { depends_on, inputs_of, answers: of_file.collect() });
        }
        let inputs = self.inputs.get().cloned().unwrap_or_default();
        let mut of_all = lock(&self.of_all).clone();
        let before = self.kept.iter().flat_map(|kept| &kept.of_all);
        let is_new = |one: &&OfAll| !of_all.iter().any(|other| other.question == one.question);
        let before: Vec<OfAll> = before.filter(is_new).cloned().collect();
        of_all.extend(before);
        let head = store(&Head { questions, states: self.states.clone(), inputs, records, of_all })?;
        let length = (head.len() as u64).to_le_bytes();
        Some([&outline.to_le_bytes()[..], &length, &head, &bytes].concat())
    }
}

impl KeptAnswers {
    fn read(bytes: Arc<Vec<u8>>, outline: u128, states: &[FileState]) -> Option<Self> {
        let (before, rest) = bytes.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        if u128::from_le_bytes(*before) != outline {
            return None;
        }
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        let head: Head = restore(rest.get(..length)?)?;
        let is_same =
            |file: usize| head.states.get(file).is_some_and(|before| states.get(file) == Some(before));
        let mut at = bytes.len() - rest.len() + length;
        let mut files = Vec::with_capacity(head.records.len());
        for (file, record) in head.records.into_iter().enumerate() {
            let HeadOfRecord { depends_on, inputs_of, answers } = record;
            let answers = answers.into_iter().map(|(question, by_inputs, length)| {
                let place = at..at + length as usize;
                at = place.end;
                (question, by_inputs, place)
            });
            let answers = answers.collect();
            let holds = is_same(file) && depends_on.iter().all(|other| is_same(other.index()));
            files.push(holds.then_some(KeptRecord { depends_on, inputs_of, answers }));
        }
        let questions = head.questions.into_iter().zip(0..).collect();
        let mut of_all = head.of_all;
        of_all.retain(|one| one.depends_on.iter().all(|file| is_same(file.index())));
        Some(Self { bytes, questions, files, of_all, inputs: head.inputs })
    }

    fn of_all(&self, question: &str, rests_on: u128) -> Option<&[u8]> {
        let found = self.of_all.iter().find(|one| one.question == question && one.rests_on == rests_on)?;
        Some(&found.answer)
    }
}

impl Semantics {
    /// Lets this run use the answers that an earlier one has found, once all bodies are read.
    pub fn remember(&mut self, answers: &Answers) {
        self.answers = Some(AnswersOfRun::new(answers, self));
    }

    /// Lets questions depend on which parameters of a file's functions hold request data, told by a number for each file.
    pub fn know_inputs(&self, inputs: Vec<u64>) {
        if let Some(answers) = &self.answers {
            // It is known once.
            let _ = answers.inputs.set(inputs);
        }
    }

    /// Notes that somebody asks which parameters of a function hold request data.
    pub fn note_inputs(&self, function: DefId) {
        note_inputs(self.locate(function).0);
    }

    /// The answer to a question about a file, by an earlier run or else by `answer`, which must not wait for other threads.
    pub fn ask<T: Serialize + DeserializeOwned>(
        &self,
        question: &str,
        file: FileId,
        answer: impl FnOnce() -> T,
    ) -> T {
        let Some(answers) = &self.answers else { return answer() };
        if let Some(kept) = answers.kept(question, file).and_then(restore) {
            // What it depends on is not told to who asks within another question.
            note_changeable();
            return kept;
        }
        let (answer, trace) = traced(answer);
        if !trace.is_changeable && trace.files.len() <= MOST_FILES {
            answers.add(question, file, &answer, &trace);
        }
        answer
    }

    /// The answer to a question about the whole workspace, by an earlier run if it `rests_on` the same, all files that were
    /// looked at on the way are the same, and it `still` holds; or else by `answer`, which must not wait for other threads.
    pub(crate) fn ask_of_all<T: Serialize + DeserializeOwned>(
        &self,
        question: &str,
        rests_on: u128,
        still: impl FnOnce(&T) -> bool,
        answer: impl FnOnce() -> T,
    ) -> T {
        let Some(answers) = &self.answers else { return answer() };
        note_changeable();
        let kept = answers.kept.as_ref().and_then(|kept| kept.of_all(question, rests_on));
        if let Some(kept) = kept.and_then(restore).filter(still) {
            return kept;
        }
        let (answer, trace) = traced(answer);
        if !trace.is_changeable && trace.inputs.is_empty()
            && let Some(bytes) = store(&answer)
        {
            let question = question.to_owned();
            lock(&answers.of_all).push(OfAll { question, rests_on, depends_on: trace.files, answer: bytes });
        }
        answer
    }

    /// What `find` finds in some items, which stand in the order of files. Those of which it has told nothing in an earlier
    /// run are not asked again if they would tell nothing now.
    pub fn telling<T>(&self, question: &str, items: &[DefId], find: impl Fn(DefId) -> Vec<T>) -> Vec<T> {
        let mut all = Vec::new();
        self.each_telling(question, items, |def| {
            let before = all.len();
            all.extend(find(def));
            all.len() > before
        });
        all
    }

    /// Shows `look` items, which stand in the order of files, but for those of which it has said in an earlier run that there
    /// is nothing to them, if it would say so now.
    pub fn each_telling(&self, question: &str, items: &[DefId], mut look: impl FnMut(DefId) -> bool) {
        note_changeable();
        let Some(answers) = &self.answers else {
            for def in items {
                look(*def);
            }
            return;
        };
        for of_file in items.chunk_by(|a, b| self.locate(*a).0 == self.locate(*b).0) {
            let (file, _) = self.locate(of_file[0]);
            if let Some(kept) = answers.kept(question, file) {
                if kept != NONE {
                    let telling: Vec<DefId> = restore(kept).unwrap_or_else(|| of_file.to_vec());
                    for def in of_file.iter().filter(|def| telling.binary_search(def).is_ok()) {
                        look(*def);
                    }
                }
                continue;
            }
            let (mut telling, mut looked_at) = (Vec::new(), Trace::default());
            for def in of_file {
                let (tells, trace) = traced(|| look(*def));
                if tells || trace.is_changeable || trace.files.len() > MOST_FILES {
                    telling.push(*def);
                } else {
                    looked_at.files.extend(trace.files);
                    looked_at.inputs.extend(trace.inputs);
                }
            }
            answers.add(question, file, &telling, &looked_at);
        }
    }
}

/// No names, and no items.
const NONE: &[u8] = &[0, 0];

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
