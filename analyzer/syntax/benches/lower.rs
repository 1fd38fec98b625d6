//! Lowering against its floor, parsing with syn alone, over a folder of real code.
//!
//! `WARD_BENCH_DIR=path cargo bench -p ward_syntax` times `parse_floor`, `lower_all` and `lower_trimmed` over all Rust files
//! below the folder, with the allocator of the analyzer. For instruction counts, which repeat exactly, run the
//! example `lower_folder` under `valgrind --tool=callgrind`.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::{env, fs};

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use ward_syntax::{TestCode, lower};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Where the code to measure lies.
const FOLDER: &str = "WARD_BENCH_DIR";

static TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut files = Vec::new();
    collect(Path::new(&env::var_os(FOLDER).unwrap_or_default()), &mut files);
    files.iter().filter_map(|file| fs::read_to_string(file).ok()).collect()
});

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

fn main() {
    if env::var_os(FOLDER).is_none() {
        eprintln!("set {FOLDER} to a folder of Rust code to run this");
        return;
    }
    // Deeply nested code needs the stack that the analyzer's workers have.
    let worker = std::thread::Builder::new().stack_size(64 << 20).spawn(divan::main);
    worker.expect("the system gives a thread").join().expect("nothing panics");
}

/// Runs `read` over all texts.
fn over_all(bencher: Bencher<'_, '_>, read: impl Fn(&str) + Sync) {
    let bytes: usize = TEXTS.iter().map(String::len).sum();
    bencher.counter(BytesCount::new(bytes)).bench(|| TEXTS.iter().for_each(|text| read(text)));
}

#[divan::bench(sample_count = 10)]
fn parse_floor(bencher: Bencher<'_, '_>) {
    over_all(bencher, |text| {
        drop(black_box(syn::parse_file(text)));
        proc_macro2::extra::invalidate_current_thread_spans();
    });
}

#[divan::bench(sample_count = 10)]
fn lower_all(bencher: Bencher<'_, '_>) {
    over_all(bencher, |text| drop(black_box(lower(text, TestCode::Keep))));
}

#[divan::bench(sample_count = 10)]
fn lower_trimmed(bencher: Bencher<'_, '_>) {
    over_all(bencher, |text| drop(black_box(lower(text, TestCode::Trim))));
}
