//! Lowers every Rust file below a folder and says what came of it, for counting instructions and for looking.
//!
//! `lower_folder FOLDER [floor|lower|trim|heads|print]`: `floor` parses with syn alone, `lower` lowers everything (the default),
//! `trim` lowers without test code, `heads` without test code and functions' bodies, `print` shows the IR. Under
//! `valgrind --tool=callgrind` all but the last compare.

use std::fs;
use std::path::{Path, PathBuf};

use ward_syntax::{Expr, FunctionBodies, SourceIr, TestCode, lower_with, pretty};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Default)]
struct Totals {
    files: usize,
    bytes: usize,
    lines: usize,
    errors: usize,
    exprs: usize,
    missing: usize,
    formats: usize,
    macros: usize,
    incomplete: usize,
}

fn main() {
    let mut args = std::env::args().skip(1);
    let Some(folder) = args.next() else {
        eprintln!("usage: lower_folder FOLDER [floor|lower|trim|heads|print]");
        std::process::exit(2);
    };
    let mode = args.next().unwrap_or_default();
    let mut files = Vec::new();
    collect(Path::new(&folder), &mut files);
    files.sort();
    // Deeply nested code needs the stack that the analyzer's workers have.
    let worker = std::thread::Builder::new().stack_size(64 << 20).spawn(move || run(&files, &mode));
    if worker.is_ok_and(|worker| worker.join().is_err()) {
        std::process::exit(1);
    }
}

fn run(files: &[PathBuf], mode: &str) {
    let mut totals = Totals::default();
    for file in files {
        let Ok(text) = fs::read_to_string(file) else { continue };
        totals.files += 1;
        totals.bytes += text.len();
        totals.lines += text.lines().count();
        if mode == "floor" {
            totals.errors += usize::from(syn::parse_file(&text).is_err());
            proc_macro2::extra::invalidate_current_thread_spans();
            continue;
        }
        let tests = if matches!(mode, "trim" | "heads") { TestCode::Trim } else { TestCode::Keep };
        let bodies = if mode == "heads" { FunctionBodies::LeaveOut } else { FunctionBodies::Read };
        let (ir, errors) = lower_with(&text, tests, bodies);
        for error in &errors {
            eprintln!("{}: {}: {}", file.display(), error.span.start, error.message);
        }
        totals.errors += errors.len();
        totals.count(&ir);
        if mode == "print" {
            println!("== {}\n{}", file.display(), pretty(&ir));
        }
    }
    totals.print();
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_file() {
        files.extend(path.extension().is_some_and(|extension| extension == "rs").then(|| path.to_owned()));
        return;
    }
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        if !entry.path().is_symlink() {
            collect(&entry.path(), files);
        }
    }
}

impl Totals {
    fn count(&mut self, ir: &SourceIr) {
        self.exprs += ir.exprs.len();
        self.missing += ir.exprs.iter().filter(|expr| matches!(expr, Expr::Missing)).count();
        self.formats += ir.formats.len();
        self.macros += ir.macros.len();
        self.incomplete += ir.macros.iter().filter(|call| !call.complete).count();
    }

    fn print(&self) {
        println!(
            "{} files, {} lines, {} bytes, {} errors; {} expressions, {} missing, {} formats, {} macros, {} in part",
            self.files,
            self.lines,
            self.bytes,
            self.errors,
            self.exprs,
            self.missing,
            self.formats,
            self.macros,
            self.incomplete
        );
    }
}
