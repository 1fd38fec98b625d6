//! Answers to questions about the bodies of a file, kept from run to run.
//!
//! An answer depends on how the workspace looks from outside of functions' bodies, and on the files that were looked at to
//! find it, which is noted on the way. Where all of them are as they were, so is the answer, and nobody has to look at the
//! file at all.

use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use ward_syntax::{FileId, Layout, Moved, restore, store};

use crate::trace::{Trace, note_body, note_changeable, note_file, note_inputs, note_outside, traced};
use crate::{Changes, DefId, Semantics, WorkspaceState};

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
    /// By question, and what the answer rests on.
    others: Mutex<FxHashMap<(String, u128), Other>>,
    /// Whether there is one among them that it takes long to find.
    is_dear: AtomicBool,
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
    /// All of them: whether one holds is seen when it is asked for.
    others: FxHashMap<(String, u128), Other>,
    /// Whether the bodies that were read are the same.
    are_read: bool,
    inputs: Vec<u64>,
    changes: Changes,
}

/// An answer about the whole workspace, or about one item.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Other {
    files: Vec<FileId>,
    /// Files in which something was looked at that stands outside of functions' bodies.
    outsides: Vec<FileId>,
    bodies: Vec<DefId>,
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
    layouts: Vec<Layout>,
    inputs: Vec<u64>,
    records: Vec<HeadOfRecord>,
    others: Vec<((String, u128), Other)>,
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
        // To find such a one anew takes more time than to keep them all.
        let is_worth_it = anew * FEW >= reused || answers.is_dear.load(Ordering::Relaxed);
        if answers.kept.is_none() || is_worth_it {
            *lock(&self.made) = answers.store(semantics);
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
        let kept = bytes.and_then(|bytes| KeptAnswers::read(bytes, semantics, &states));
        let (reused, anew) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let (inputs, added, others, is_dear) = Default::default();
        Self { states, inputs, kept, added, others, is_dear, reused, anew }
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

    fn add(
        &self,
        question: &str,
        file: FileId,
        answer: &impl Serialize,
        (trace, files): (&Trace, &[FileId]),
    ) {
        self.anew.fetch_add(1, Ordering::Relaxed);
        let Some(answer) = store(answer) else { return };
        let mut added = lock(&self.added);
        let record = added.entry(file).or_default();
        if record.answers.iter().any(|(known, ..)| known == question) {
            return;
        }
        record.depends_on.extend(files.iter().filter(|other| **other != file));
        record.inputs_of.extend(trace.inputs());
        let by_inputs = if trace.inputs().next().is_none() { ByInputs::No } else { ByInputs::Yes };
        record.answers.push((question.to_owned(), by_inputs, answer));
    }

    /// A new answer to a question about the whole workspace, or about one item.
    fn answer<T: Serialize>(&self, key: (String, u128), answer: impl FnOnce() -> T) -> T {
        let (answer, trace) = traced(answer);
        if !trace.is_changeable
            && trace.inputs().next().is_none()
            && let Some(bytes) = store(&answer)
        {
            let (files, outsides) = (trace.whole_files().collect(), trace.outsides().collect());
            let other = Other { files, outsides, bodies: trace.bodies().collect(), answer: bytes };
            lock(&self.others).insert(key, other);
        }
        answer
    }

    fn store(&self, semantics: &Semantics) -> Option<Vec<u8>> {
        let WorkspaceState { outline, layouts, .. } = semantics.state();
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
        let mut others = lock(&self.others).clone();
        if let Some(kept) = &self.kept {
            let holding = kept.others.iter().filter(|(_, other)| kept.holds(semantics, other));
            for (key, other) in holding {
                if !others.contains_key(key) && other.moves_nothing(semantics, &kept.changes) {
                    others.insert(key.clone(), other.clone());
                }
            }
        }
        let mut others: Vec<_> = others.into_iter().collect();
        others.sort_by(|(a, _), (b, _)| a.cmp(b));
        let (states, layouts) = (self.states.clone(), layouts.clone());
        let head = store(&Head { questions, states, layouts, inputs, records, others })?;
        let length = (head.len() as u64).to_le_bytes();
        Some([&outline.to_le_bytes()[..], &length, &head, &bytes].concat())
    }
}

impl KeptAnswers {
    fn read(bytes: Arc<Vec<u8>>, semantics: &Semantics, states: &[FileState]) -> Option<Self> {
        let (before, rest) = bytes.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        if u128::from_le_bytes(*before) != semantics.state.outline {
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
        let contents: Vec<(u64, u64)> = head.states.iter().map(|state| state.content).collect();
        let changes = semantics.changes_since(&contents, &head.layouts);
        // Which bodies were read counts of all files.
        let are_read = head.states.iter().zip(states).all(|(before, now)| before.bodies == now.bodies);
        let others = head.others.into_iter().collect();
        Some(Self { bytes, questions, files, others, are_read, inputs: head.inputs, changes })
    }

    /// Whether all that was looked at is the same.
    fn holds(&self, semantics: &Semantics, other: &Other) -> bool {
        let Other { files, outsides, bodies, .. } = other;
        self.are_read
            && files.iter().all(|file| self.changes.is_same(*file))
            && outsides.iter().all(|file| self.changes.is_same_outside(*file))
            && bodies.iter().all(|def| self.changes.is_same_item(semantics.locate(*def).0, *def))
    }
}

impl Other {
    /// Whether places in it are where they were.
    fn moves_nothing(&self, semantics: &Semantics, changes: &Changes) -> bool {
        let of_bodies = self.bodies.iter().map(|def| semantics.locate(*def).0);
        self.outsides.iter().copied().chain(of_bodies).all(|file| changes.is_same(file))
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
        let files = trace.files(&self.defs);
        if !trace.is_changeable && files.len() <= MOST_FILES {
            answers.add(question, file, &answer, (&trace, &files));
        }
        answer
    }

    /// The answer to a question about the whole workspace, by an earlier run if it `rests_on` the same, all that was looked at
    /// on the way is the same, and it `still` holds; or else by `answer`, which must not wait for other threads. It holds no
    /// numbers of what stands in files, but for those of items.
    pub(crate) fn ask_of_all<T: Serialize + DeserializeOwned>(
        &self,
        question: &str,
        rests_on: u128,
        still: impl FnOnce(&T, &Changes) -> bool,
        answer: impl FnOnce() -> T,
    ) -> T {
        let Some(answers) = &self.answers else { return answer() };
        note_changeable();
        let key = (question.to_owned(), rests_on);
        if let Some(kept) = &answers.kept
            && let Some((answer, _)) = self.kept_other(kept, &key)
            && still(&answer, &kept.changes)
        {
            return answer;
        }
        answers.is_dear.store(true, Ordering::Relaxed);
        answers.answer(key, answer)
    }

    /// The answer to a question about an item, by an earlier run if all that was looked at on the way is the same, or else by
    /// `answer`, which must not wait for other threads. It holds no numbers of what stands in files, but for those of items.
    pub fn ask_of<T: Serialize + DeserializeOwned>(
        &self,
        question: &str,
        def: DefId,
        answer: impl FnOnce() -> T,
    ) -> T {
        let Some(answers) = &self.answers else { return answer() };
        let key = (question.to_owned(), def.index() as u128);
        if let Some(kept) = &answers.kept
            && let Some((answer, other)) = self.kept_other(kept, &key)
        {
            answers.reused.fetch_add(1, Ordering::Relaxed);
            other.files.iter().for_each(|file| note_file(*file));
            other.outsides.iter().for_each(|file| note_outside(*file));
            other.bodies.iter().for_each(|def| note_body(*def));
            return answer;
        }
        answers.anew.fetch_add(1, Ordering::Relaxed);
        answers.answer(key, answer)
    }

    fn kept_other<'k, T: DeserializeOwned>(
        &self,
        kept: &'k KeptAnswers,
        key: &(String, u128),
    ) -> Option<(T, &'k Other)> {
        let other = kept.others.get(key).filter(|other| kept.holds(self, other))?;
        let answer = Moved::follow(Some(kept.changes.moved()), || restore(&other.answer))?;
        Some((answer, other))
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

    /// The same, where what is found is kept as well.
    pub fn found<T: Serialize + DeserializeOwned>(
        &self,
        question: &str,
        items: &[DefId],
        find: impl Fn(DefId) -> Vec<T>,
    ) -> Vec<T> {
        note_changeable();
        let mut all = Vec::new();
        for of_file in items.chunk_by(|a, b| self.locate(*a).0 == self.locate(*b).0) {
            let (file, _) = self.locate(of_file[0]);
            all.extend(
                self.ask(question, file, || of_file.iter().flat_map(|def| find(*def)).collect::<Vec<T>>()),
            );
        }
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
                if tells || trace.is_changeable || trace.files(&self.defs).len() > MOST_FILES {
                    telling.push(*def);
                } else {
                    looked_at.add(&trace);
                }
            }
            answers.add(question, file, &telling, (&looked_at, &looked_at.files(&self.defs)));
        }
    }
}

/// No names, and no items.
const NONE: &[u8] = &[0, 0];

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
