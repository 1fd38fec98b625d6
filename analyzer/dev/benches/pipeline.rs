//! The whole analysis against its floor, parsing the same files with syn alone.
//!
//! `WARD_BENCH_DIR=path cargo bench -p ward_dev` times `parse_floor`, `full` and `full_trimmed` over the workspace at the path, on one
//! thread, with the allocator of the analyzer; without a path over a service that is made for it. Only the ratios of one run
//! say anything. `cargo dev bench` measures CPU time and memory, each in a process of its own.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::{env, fs};

use divan::Bencher;
use ward_dev::pipeline::{analyze_all, parse_all};
use ward_project::{TestCode, thread_pool};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Where the code to measure lies.
const FOLDER: &str = "WARD_BENCH_DIR";
/// Modules of the service that is made where no folder is given.
const MODULES: usize = 400;

static SERVICE: LazyLock<PathBuf> = LazyLock::new(|| match env::var_os(FOLDER) {
    Some(folder) => folder.into(),
    None => made_service(),
});

/// Writes a service below the target directory: modules of a handler, a helper and a query each.
fn made_service() -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("made_service");
    let manifest = "[package]\nname = \"made\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\naxum = \"0.8\"\nsqlx = \"0.8\"\n";
    let mut main = "use axum::{Router, routing::get};\n".to_owned();
    let mut routes = String::new();
    write(&root, "Cargo.toml", manifest);
    for number in 0..MODULES {
        write(&root, &format!("src/m{number}.rs"), &module(number));
        let _ = writeln!(main, "mod m{number};");
        let _ = writeln!(routes, "        .route(\"/m{number}/{{id}}\", get(m{number}::show))");
    }
    let _ = writeln!(
        main,
        "fn app(pool: sqlx::PgPool) -> Router {{\n    Router::new()\n{routes}        .with_state(pool)\n}}"
    );
    main.push_str("fn main() {}\n");
    write(&root, "src/main.rs", &main);
    root
}

fn module(number: usize) -> String {
    let helper = if number == 0 {
        "text.trim().to_owned()".to_owned()
    } else {
        format!("super::m{}::tidy(text)", number - 1)
    };
    format!(
        "use axum::extract::{{Path, State}};\nuse sqlx::PgPool;\n\n\
         pub struct Row {{\n    pub id: i64,\n    pub name: String,\n}}\n\n\
         pub fn tidy(text: &str) -> String {{\n    if text.is_empty() {{\n        return String::new();\n    }}\n    {helper}\n}}\n\n\
         pub async fn show(State(pool): State<PgPool>, Path(id): Path<String>) -> Result<String, String> {{\n    \
         let name = tidy(&id);\n    let rows: Vec<Row> = sqlx::query_as(\"SELECT * FROM t{number} WHERE name = $1\")\n        \
         .bind(&name)\n        .fetch_all(&pool)\n        .await\n        .map_err(|_| \"failed\".to_owned())?;\n    \
         let total: i64 = rows.iter().map(|row| row.id).sum();\n    \
         Ok(rows.iter().map(|row| format!(\"{{}}: {{total}}\", row.name)).collect::<Vec<_>>().join(\", \"))\n}}\n"
    )
}

#[allow(clippy::expect_used, reason = "without the files there is nothing to measure")]
fn write(root: &Path, name: &str, text: &str) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap_or(root)).expect("the target directory can be written to");
    fs::write(path, text).expect("the target directory can be written to");
}

fn main() {
    LazyLock::force(&SERVICE);
    divan::main();
}

/// Runs the work on one thread with the stack of the analyzer's workers.
fn on_one_thread(bencher: Bencher<'_, '_>, work: impl Fn() -> anyhow::Result<()> + Sync) {
    let pool = thread_pool(Some(1)).expect("the system gives a thread");
    bencher.bench_local(|| pool.install(|| work().expect("the folder holds code")));
}

#[divan::bench(sample_count = 10)]
fn parse_floor(bencher: Bencher<'_, '_>) {
    on_one_thread(bencher, || parse_all(&SERVICE));
}

#[divan::bench(sample_count = 10)]
fn full(bencher: Bencher<'_, '_>) {
    on_one_thread(bencher, || analyze_all(&SERVICE, TestCode::Keep));
}

#[divan::bench(sample_count = 10)]
fn full_trimmed(bencher: Bencher<'_, '_>) {
    on_one_thread(bencher, || analyze_all(&SERVICE, TestCode::Trim));
}
