//! Reads and lowers all files on the workers of a rayon pool.
//!
//! Each worker reads a file, lowers it and drops the text, so that no more texts are in memory than there are
//! workers. The largest files go first, one at a time, so that no worker is left with a large one at the end.

use std::hash::Hasher;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;

use rayon::iter::{IntoParallelIterator, IntoParallelRefMutIterator, ParallelBridge, ParallelIterator};
use rayon::{ThreadPool, ThreadPoolBuilder};
use rustc_hash::{FxHashMap, FxHasher};
use ward_syntax::{
    BodyId, FileId, ForeignMacro, FunctionBodies, LineIndex, Span, Symbol, SyntaxError, TestCode,
    lower_bodies, lower_with_macros,
};

use crate::file_ir::FileIr;
use crate::lowered::{LoweredKey, MacroTable, Seen};
use crate::{
    DiscoverOptions, Examples, FileRole, PackageId, Problem, ProblemKind, Project, ProjectError, ProjectFile,
};

/// Deeply nested source is lowered by recursion, and an overflow of the stack cannot be caught. The memory is
/// only reserved, not used.
const STACK_SIZE: usize = 64 << 20;

/// How many bytes at the beginning of a file may say that it is generated.
const MARKER_BYTES: usize = 2048;

/// The files of a project, read.
#[derive(Debug)]
pub struct Loaded {
    /// In the order of [`Project::files`].
    pub files: Vec<LoadedFile>,
    /// What could not be read, in the order of files and spans.
    pub problems: Vec<Problem>,
}

/// One file, read.
#[derive(Debug)]
pub struct LoadedFile {
    /// What stands in it; empty if it was skipped.
    pub ir: FileIr,
    /// What the file is for, now that it is known whether it is generated.
    pub role: FileRole,
    /// How many lines it has; none if it was skipped.
    pub lines: u32,
    /// A hash of its bytes, 0 if it was skipped and is no template. Good to notice changes with, not against those who would
    /// forge one.
    pub content_hash: u64,
    /// Whether it was read.
    pub state: FileState,
}

/// Whether a file was read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FileState {
    /// Wholly.
    Read,
    /// With syntax errors, which are among the problems.
    ReadWithErrors,
    /// Not at all: the options leave it out, or it could not be read, which is among the problems then.
    Skipped,
}

/// A pool whose workers have stacks deep enough for any file, to be installed around all phases of a run.
/// `None` starts as many threads as there are cores.
///
/// # Errors
/// When the system refuses to start the threads.
pub fn thread_pool(threads: Option<usize>) -> Result<ThreadPool, ProjectError> {
    ThreadPoolBuilder::new()
        .num_threads(threads.unwrap_or(0))
        .stack_size(STACK_SIZE)
        .thread_name(|index| format!("ward-{index}"))
        .build()
        .map_err(|error| ProjectError::Threads { message: error.to_string() })
}

/// Reads and lowers all files. Whatever they hold, it comes to an end: a file that cannot be read is empty and
/// a problem.
///
/// Runs on the pool it is called in, which should be one of [`thread_pool`]; called outside of any, it makes
/// one for itself.
pub fn load(project: &Project, options: &DiscoverOptions) -> Loaded {
    if rayon::current_thread_index().is_some() {
        return load_here(project, options);
    }
    match thread_pool(None) {
        Ok(pool) => pool.install(|| load_here(project, options)),
        Err(_) => load_here(project, options),
    }
}

fn load_here(project: &Project, options: &DiscoverOptions) -> Loaded {
    let mut order: Vec<usize> = (0..project.files.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(project.files[*index].size));
    let declares = |index: &usize| may_declare_macros(&project.files[*index], options);
    // Both keep their order.
    let (declaring, rest): (Vec<usize>, Vec<usize>) = order.into_par_iter().partition(declares);
    let mut files = load_files(project, options, declaring, &Tables::default());
    let tables = tables(project, &files);
    files.par_iter_mut().for_each(|(index, loaded, problems)| {
        let file = &project.files[*index];
        let Some(table) = tables.get(&file.package) else { return };
        if calls_foreign(&loaded.ir, table) {
            (*loaded, *problems) = load_file(file, options, table);
        }
    });
    files.extend(load_files(project, options, rest, &tables));
    rayon::spawn_broadcast(|_| Symbol::forget_names());
    files.sort_unstable_by_key(|(index, ..)| *index);
    let mut loaded = Loaded { files: Vec::with_capacity(files.len()), problems: Vec::new() };
    for (_, file, problems) in files {
        loaded.files.push(file);
        loaded.problems.extend(problems);
    }
    loaded
}

/// A file by its index, and what is wrong with it.
type Indexed = (usize, LoadedFile, Vec<Problem>);

/// The macros that files of a package may call and do not declare.
type Tables = FxHashMap<PackageId, MacroTable>;

fn load_files(
    project: &Project,
    options: &DiscoverOptions,
    indices: Vec<usize>,
    tables: &Tables,
) -> Vec<Indexed> {
    let none = MacroTable::default();
    let load = |index: usize| {
        let file = &project.files[index];
        let (loaded, problems) = load_file(file, options, tables.get(&file.package).unwrap_or(&none));
        options.loaded.fetch_add(1, Ordering::Relaxed);
        (index, loaded, problems)
    };
    indices.into_iter().par_bridge().map(load).collect()
}

/// Whether a file may declare macros for others. Those that do are loaded first, so that the rest are lowered once.
fn may_declare_macros(file: &ProjectFile, options: &DiscoverOptions) -> bool {
    if matches!(file.role, FileRole::Test | FileRole::Bench | FileRole::Template) {
        return false;
    }
    if let Some(text) = options.texts.get(&file.absolute) {
        return declares_macros(text);
    }
    let seen = options.lowered.as_ref().zip(options.contents.get(&file.absolute));
    match seen.and_then(|(lowered, content_hash)| lowered.seen(*content_hash, file.size)) {
        Some(seen) => seen.declares,
        None => read_text(file, options.max_file_size).is_ok_and(|text| declares_macros(&text)),
    }
}

fn declares_macros(text: &str) -> bool {
    text.contains("macro_rules")
}

/// Reads the text of a file again, to show it. It may have changed since it was analysed.
///
/// # Errors
/// When the file is gone, cannot be read, or is not UTF-8.
pub fn read_source(project: &Project, file: FileId) -> Result<String, Problem> {
    read_text(project.file(file), u64::MAX)
}

/// The macros that files declare, by the packages that may call them.
fn tables(project: &Project, files: &[Indexed]) -> Tables {
    let mut declared: FxHashMap<Symbol, Vec<(PackageId, Symbol)>> = FxHashMap::default();
    for (index, file, _) in files {
        let package = project.files[*index].package;
        for (name, rules) in &file.ir.outline().declared_macros {
            let all = declared.entry(*name).or_default();
            if !all.contains(&(package, *rules)) {
                all.push((package, *rules));
            }
        }
    }
    if declared.is_empty() {
        return Tables::default();
    }
    let packages = (0..project.packages.len()).map(|index| PackageId(index as u32));
    packages.map(|package| (package, MacroTable::new(visible(project, package, &declared)))).collect()
}

/// The macros of the workspace that code of a package may mean by a name, where that is sure.
fn visible(
    project: &Project,
    package: PackageId,
    declared: &FxHashMap<Symbol, Vec<(PackageId, Symbol)>>,
) -> FxHashMap<Symbol, ForeignMacro> {
    let mut macros = FxHashMap::default();
    for (name, all) in declared {
        let own: Vec<_> = all.iter().filter(|(of, _)| *of == package).collect();
        let (of, rules) = match (&own[..], &all[..]) {
            ([one], _) => **one,
            ([], [one]) => *one,
            _ => continue,
        };
        let krate = if of == package { Symbol::new("crate") } else { project.package(of).name };
        macros.insert(*name, ForeignMacro { rules, krate });
    }
    macros
}

/// Whether a file calls macros of other files.
fn calls_foreign(ir: &FileIr, table: &MacroTable) -> bool {
    ir.outline().foreign_macros.iter().any(|name| table.macros.contains_key(name))
}

fn load_file(
    file: &ProjectFile,
    options: &DiscoverOptions,
    macros: &MacroTable,
) -> (LoadedFile, Vec<Problem>) {
    if file.role == FileRole::Template {
        return (hashed(file), Vec::new());
    }
    if is_left_out(file.role, options) {
        return (LoadedFile::skipped(file.role), Vec::new());
    }
    if let Some(text) = options.texts.get(&file.absolute) {
        return load_text(file, text, options, FunctionBodies::Read, macros);
    }
    let bodies = match (options.bodies, file.role) {
        (FunctionBodies::LeaveOutTests, FileRole::Test | FileRole::Bench) => FunctionBodies::LeaveOut,
        (bodies, _) => bodies,
    };
    let limit = options.max_file_size.min(u64::from(u32::MAX));
    if let Some(content_hash) = options.contents.get(&file.absolute)
        && file.size <= limit
        && let Some(loaded) = known(file, options, bodies, macros, (*content_hash, file.size))
    {
        return (loaded, Vec::new());
    }
    match read_text(file, limit) {
        Ok(text) => load_text(file, &text, options, bodies, macros),
        Err(problem) => (LoadedFile::skipped(file.role), vec![problem]),
    }
}

/// A file that is not lowered. Whether it can be read is the business of those who ask for its text.
fn hashed(file: &ProjectFile) -> LoadedFile {
    let hash = read_text(file, u64::from(u32::MAX)).map_or(0, |text| content_hash(&text));
    LoadedFile { content_hash: hash, ..LoadedFile::skipped(file.role) }
}

fn is_left_out(role: FileRole, options: &DiscoverOptions) -> bool {
    match role {
        FileRole::Test | FileRole::Bench => options.tests == TestCode::Trim,
        FileRole::Example => options.include_examples == Examples::Skip,
        FileRole::Source
        | FileRole::BuildScript
        | FileRole::Generated
        | FileRole::Unnamed
        | FileRole::Template => false,
    }
}

fn read_text(file: &ProjectFile, limit: u64) -> Result<String, Problem> {
    if file.size > limit {
        return Err(too_large(file, file.size, limit));
    }
    let bytes = std::fs::read(&file.absolute).map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            Problem::new(ProblemKind::Vanished, &file.path, "the file was gone when it was to be read")
                .help("run again when nothing changes the folder")
        }
        _ => Problem::new(ProblemKind::Unreadable, &file.path, format!("cannot read the file: {error}"))
            .help("make it readable, or exclude it"),
    })?;
    if bytes.len() as u64 > limit {
        return Err(too_large(file, bytes.len() as u64, limit));
    }
    String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        Problem::new(ProblemKind::Encoding, &file.path, format!("not UTF-8 from byte {offset} on, skipped"))
            .help("save it as UTF-8; the compiler does not read it either")
    })
}

fn too_large(file: &ProjectFile, size: u64, limit: u64) -> Problem {
    Problem::new(
        ProblemKind::TooLarge,
        &file.path,
        format!("{size} bytes, more than the {limit} allowed, skipped"),
    )
    .help("raise `max-file-size` to analyse it, or exclude it")
}

fn load_text(
    file: &ProjectFile,
    text: &str,
    options: &DiscoverOptions,
    bodies: FunctionBodies,
    macros: &MacroTable,
) -> (LoadedFile, Vec<Problem>) {
    let content = (content_hash(text), text.len() as u64);
    if let Some(loaded) = known(file, options, bodies, macros, content) {
        return (loaded, Vec::new());
    }
    let seen = Seen::of(text);
    let (loaded, problems) = lower_file(file, text, (content.0, seen), (options.tests, bodies), macros);
    if let Some(lowered) = &options.lowered
        && loaded.state == FileState::Read
        && problems.is_empty()
    {
        let macros = if calls_foreign(&loaded.ir, macros) { macros.hash } else { 0 };
        lowered.add(key(options, bodies, content, macros), seen, &loaded.ir);
    }
    (loaded, problems)
}

/// What a file of this hash and length was lowered to before.
fn known(
    file: &ProjectFile,
    options: &DiscoverOptions,
    bodies: FunctionBodies,
    macros: &MacroTable,
    content: (u64, u64),
) -> Option<LoadedFile> {
    let lowered = options.lowered.as_ref()?;
    let key = |macros: u64| key(options, bodies, content, macros);
    // What calls none of the macros is the same with and without them.
    let without = lowered.get(&key(0)).filter(|(ir, _)| !calls_foreign(ir, macros));
    let with = || lowered.get(&key(macros.hash)).filter(|_| macros.hash != 0);
    let (ir, seen) = without.or_else(with)?;
    lowered.count_reuse();
    Some(LoadedFile::read(file.role, content.0, seen, ir))
}

fn key(
    options: &DiscoverOptions,
    bodies: FunctionBodies,
    (content_hash, length): (u64, u64),
    macros: u64,
) -> LoweredKey {
    LoweredKey { content_hash, length, tests: options.tests, bodies, macros }
}

fn lower_file(
    file: &ProjectFile,
    text: &str,
    (content_hash, seen): (u64, Seen),
    (tests, bodies): (TestCode, FunctionBodies),
    macros: &MacroTable,
) -> (LoadedFile, Vec<Problem>) {
    let macros = &macros.macros;
    // The last line of defence: nothing in `lower` is meant to panic.
    let Ok((ir, errors)) = catch_unwind(AssertUnwindSafe(|| lower_with_macros(text, tests, bodies, macros)))
    else {
        let problem =
            Problem::new(ProblemKind::Internal, &file.path, "internal error while reading the file, skipped")
                .help("please report it with the file");
        return (LoadedFile::skipped(file.role), vec![problem]);
    };
    let mut loaded = LoadedFile::read(file.role, content_hash, seen, ir.into());
    if !errors.is_empty() {
        loaded.state = FileState::ReadWithErrors;
    }
    (loaded, syntax_problems(file, text, errors))
}

/// Lowers bodies that were left out when their file was loaded, in the given order and each once. Bodies that cannot be read any more stay
/// empty.
///
/// Runs on a worker of [`thread_pool`].
pub fn read_bodies(file: &ProjectFile, loaded: &mut LoadedFile, bodies: &[BodyId]) -> Vec<Problem> {
    let text = match read_text(file, u64::from(u32::MAX)) {
        Ok(text) if content_hash(&text) == loaded.content_hash => text,
        Ok(_) => {
            return vec![
                Problem::new(ProblemKind::Vanished, &file.path, "the file changed while it was analysed")
                    .help("run again when nothing changes the folder"),
            ];
        }
        Err(problem) => return vec![problem],
    };
    let ir = &mut loaded.ir;
    // The last line of defence, as for whole files.
    let Ok(errors) = catch_unwind(AssertUnwindSafe(|| lower_bodies(ir, &text, bodies))) else {
        return vec![
            Problem::new(ProblemKind::Internal, &file.path, "internal error while reading functions")
                .help("please report it with the file"),
        ];
    };
    if !errors.is_empty() {
        loaded.state = FileState::ReadWithErrors;
    }
    syntax_problems(file, &text, errors)
}

fn syntax_problems(file: &ProjectFile, text: &str, mut errors: Vec<SyntaxError>) -> Vec<Problem> {
    if errors.is_empty() {
        return Vec::new();
    }
    errors.sort_by_key(|error| error.span);
    let lines = LineIndex::new(text);
    let problem = |SyntaxError { message, span }: SyntaxError| {
        let Span { start, .. } = span;
        Problem::new(ProblemKind::Syntax, &file.path, message).at(span, lines.position(text, start))
    };
    errors.into_iter().map(problem).collect()
}

fn count_lines(text: &str) -> u32 {
    // So many at a time that their sum fits a byte, and many are counted by one instruction.
    let in_block = |block: &[u8]| block.iter().map(|byte| u8::from(*byte == b'\n')).sum::<u8>();
    let breaks: u32 = text.as_bytes().chunks(255).map(|block| u32::from(in_block(block))).sum();
    breaks + u32::from(!text.is_empty() && !text.ends_with('\n'))
}

/// A hash of a text or of bytes, which is that of [`LoadedFile::content_hash`].
pub fn content_hash(text: impl AsRef<[u8]>) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(text.as_ref());
    hasher.finish()
}

/// Whether the comments before the first code say that a program wrote the file. The word alone is not enough:
/// a code generator's own documentation speaks of generated files, too.
fn is_generated(text: &str) -> bool {
    let head = &text[..text.floor_char_boundary(MARKER_BYTES)];
    let mut in_block = false;
    let comments = head.trim_start_matches('\u{feff}').lines().map(str::trim).take_while(|line| {
        let is_comment = in_block || line.starts_with("//") || line.starts_with("/*");
        in_block = (in_block || line.starts_with("/*")) && !line.contains("*/");
        is_comment || line.is_empty() || line.starts_with("#!")
    });
    comments.map(str::to_ascii_lowercase).any(|line| says_generated(&line))
}

fn says_generated(line: &str) -> bool {
    const PHRASES: [&str; 6] = [
        "automatically generated by",
        "file is automatically generated",
        "file was automatically generated",
        "file is generated by",
        "file was generated by",
        "file is auto-generated",
    ];
    if !line.contains("generated") {
        return false;
    }
    let marker = line.contains("@generated") && !line.contains("`@generated`");
    let order = line.contains("do not edit") || line.contains("do not modify");
    marker || order || PHRASES.iter().any(|phrase| line.contains(phrase))
}

impl Seen {
    fn of(text: &str) -> Self {
        let declares = declares_macros(text);
        Self { lines: count_lines(text), is_generated: is_generated(text), declares }
    }
}

impl LoadedFile {
    fn read(role: FileRole, content_hash: u64, seen: Seen, ir: FileIr) -> Self {
        let role = if seen.is_generated { FileRole::Generated } else { role };
        Self { ir, role, lines: seen.lines, content_hash, state: FileState::Read }
    }

    fn skipped(role: FileRole) -> Self {
        Self { ir: FileIr::default(), role, lines: 0, content_hash: 0, state: FileState::Skipped }
    }
}
