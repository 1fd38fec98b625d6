//! The cache: the same bytes as without it, whatever happens to what it keeps.

// What lays out and runs a test may fail it.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use support::{CLEAN, Project, VULNERABLE};

/// What is kept, by name.
fn kept(project: &Project) -> Vec<PathBuf> {
    let entries = fs::read_dir(project.path("target/ward-cache")).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.retain(|path| {
        ["report-", "stamp-", "base-", "files-", "models-", "answers-", "bodies-", "flows-", "guards-"]
            .iter()
            .any(|kind| path.file_name().unwrap().to_str().unwrap().starts_with(kind))
    });
    paths.sort();
    paths
}

/// Lets all files look as if they had been left alone for a while.
fn settle(project: &Project) {
    let before = SystemTime::now() - Duration::from_mins(1);
    let mut folders = vec![project.path("")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            if entry.file_type().unwrap().is_dir() {
                folders.extend((entry.file_name() != "target").then(|| entry.path()));
            } else {
                fs::File::options().append(true).open(entry.path()).unwrap().set_modified(before).unwrap();
            }
        }
    }
}

fn is_cached(project: &Project) -> bool {
    project.run(&["-vv"]).stderr.contains("cache ")
}

fn report(project: &Project, arguments: &[&str]) -> String {
    project.run(&[arguments, &["--format", "json"]].concat()).told()
}

#[test]
fn nothing_changed_is_known_without_reading() {
    let project = Project::vulnerable();
    assert!(!is_cached(&project));
    assert!(!kept(&project).is_empty());
    assert!(is_cached(&project));
    settle(&project);
    assert!(is_cached(&project));
    assert!(kept(&project).len() > 1);
    for format in ["terminal", "json", "sarif", "markdown", "html"] {
        let with = project.run(&["--format", format]).told();
        assert_eq!(with, project.run(&["--format", format, "--no-cache"]).told(), "{format}");
    }
    assert!(fs::read_to_string(project.path("target/ward-cache/.gitignore")).unwrap().starts_with('*'));
}

#[test]
fn whatever_changes_counts() {
    let project =
        Project::new(&[("src/main.rs", "mod a;\nmod b;\n"), ("src/a.rs", VULNERABLE), ("src/b.rs", CLEAN)]);
    let edits: &[(&str, &str)] = &[
        ("src/b.rs", VULNERABLE),
        ("src/a.rs", CLEAN),
        ("src/c.rs", VULNERABLE),
        ("src/b.rs", "// ward: allow(sql-injection)\nfn a() {}\n"),
        ("ward.toml", "lints.all = \"warn\"\n"),
        ("ward.toml", "min-severity = \"critical\"\n"),
        ("Cargo.toml", "[package]\nname = \"other\"\n"),
        (".gitignore", "c.rs\n"),
        ("src/b.rs", "fn broken( {"),
        ("src/b.rs", VULNERABLE),
    ];
    for (path, text) in edits {
        project.write(path, text);
        let cold = report(&project, &["--no-cache"]);
        assert_eq!(report(&project, &[]), cold, "{path}: {text}");
        settle(&project);
        assert_eq!(report(&project, &[]), cold, "{path}: {text}");
        assert_eq!(report(&project, &[]), cold, "{path}: {text}");
    }
    fs::remove_file(project.path("src/b.rs")).unwrap();
    assert_eq!(report(&project, &[]), report(&project, &["--no-cache"]));
    assert_eq!(report(&project, &["--include-tests"]), report(&project, &["--include-tests", "--no-cache"]));
}

#[test]
fn only_what_changed_is_parsed() {
    let project =
        Project::new(&[("src/main.rs", "mod a;\nmod b;\n"), ("src/a.rs", VULNERABLE), ("src/b.rs", CLEAN)]);
    let files = |arguments: &[&str]| {
        let said = project.run(&[&["-vv"], arguments].concat()).stderr;
        said.lines().find(|line| line.starts_with("files:")).map(str::to_owned)
    };
    assert_eq!(files(&[]).unwrap(), "files: 3 parsed, 0 taken from the cache");
    assert_eq!(files(&[]), None, "nothing changed");
    project.write("src/b.rs", format!("{CLEAN}fn more() {{}}\n"));
    assert_eq!(files(&[]).unwrap(), "files: 1 parsed, 2 taken from the cache");
    // Other levels are another report of the same files.
    assert_eq!(files(&["--allow", "all"]).unwrap(), "files: 0 parsed, 3 taken from the cache");
    assert_eq!(files(&["--include-tests"]).unwrap(), "files: 3 parsed, 0 taken from the cache");
    assert_eq!(files(&["--no-cache"]), None);
    // What was kept with tests does not drive out what was kept without.
    project.write("src/b.rs", CLEAN);
    project.write("src/a.rs", format!("{VULNERABLE}fn more() {{}}\n"));
    assert_eq!(files(&[]).unwrap(), "files: 2 parsed, 1 taken from the cache");
}

/// A handler that passes what it is given to a function of another file.
const HANDLER: &str = "\
use axum::extract::{Path, State};
use sqlx::PgPool;

pub async fn find(State(pool): State<PgPool>, Path(name): Path<String>) {
    crate::db::run(&pool, &format!(\"SELECT 1 FROM a WHERE b = '{name}'\")).await;
}
";
const HARMLESS: &str = "\
use axum::extract::State;
use sqlx::PgPool;

pub async fn find(State(pool): State<PgPool>) {
    crate::db::run(&pool, \"SELECT 1\").await;
}
";
const SINK: &str = "\
pub async fn run(pool: &sqlx::PgPool, sql: &str) {
    let _ = sqlx::query(sql).execute(pool).await;
}
";
const NO_SINK: &str = "pub async fn run(_: &sqlx::PgPool, _: &str) {}\n";
const CODE: [&str; 9] = [
    VULNERABLE,
    CLEAN,
    "",
    "fn broken( {",
    "// ward: allow(injection)\nfn a() {}\n",
    HANDLER,
    HARMLESS,
    SINK,
    NO_SINK,
];
const FILES: [&str; 6] = ["src/a.rs", "src/b.rs", "src/db.rs", "src/a/c.rs", "src/bin/tool.rs", "tests/t.rs"];
const CONFIGURATIONS: [&str; 6] = [
    "",
    "lints.all = \"warn\"\n",
    "min-severity = \"critical\"\n",
    "exclude = [\"b.rs\"]\n",
    "include-tests = true\n",
    "lints.colour = \"warn\"\n",
];
const MANIFESTS: [&str; 5] = [
    "[package]\nname = \"shop\"\nversion = \"0.1.0\"\n\n[dependencies]\naxum = \"0.8\"\nsqlx = \"0.8\"\n",
    "[package]\nname = \"other\"\nedition = \"2015\"\n",
    "[package]\nname = \"shop\"\nautobins = false\n\n[lib]\npath = \"src/a.rs\"\n",
    "[package]\nname = \"shop\"\n\n[dependencies]\nsqlx = { package = \"elsewhere\", version = \"1\" }\n",
    "[workspace]\nmembers = [\"nowhere\"]\n",
];

/// What may stand before and behind functions, and matters to none.
const AROUND: [&str; 6] = [
    "// a line more\n",
    "\n\n\n",
    "/// What it is about.\n",
    "/* SELECT */ ",
    "#[cfg(test)]\nmod tests {\n    #[test]\n    fn works() {\n        assert!(true);\n    }\n}\n",
    "const MORE: &str = \"// no comment\";\n",
];

/// Random edits with a fixed seed: files come, go, move and change, and so do configuration and manifest. What a run
/// with the cache says is what one without it says, also if it is asked twice, and when an earlier state is back.
#[test]
fn a_warm_run_is_a_cold_run() {
    let project = Project::new(&[("src/main.rs", "mod a;\nmod b;\nmod db;\n"), ("src/a.rs", HANDLER)]);
    project.write("src/db.rs", SINK);
    let mut random = random(0x2545_f491_4f6c_dd1d);
    let (mut with_findings, mut cached) = (0, 0);
    for round in 0..60 {
        for _ in 0..=random(2) {
            let path = FILES[random(FILES.len())];
            match random(12) {
                0 => drop(fs::remove_file(project.path(path))),
                1 => {
                    let to = project.path(FILES[random(FILES.len())]);
                    fs::create_dir_all(to.parent().unwrap()).unwrap();
                    drop(fs::rename(project.path(path), to));
                }
                2 => project.write("ward.toml", CONFIGURATIONS[random(CONFIGURATIONS.len())]),
                3 => project.write("Cargo.toml", MANIFESTS[random(MANIFESTS.len())]),
                // The same length, another meaning.
                4 if project.path(path).exists() => {
                    let text = project.read(path);
                    project.write(path, text.replace("query(", "quary("));
                }
                5 if project.path(path).exists() => {
                    let text = project.read(path);
                    project.write(path, format!("{}{text}", AROUND[random(AROUND.len())]));
                }
                6 if project.path(path).exists() => {
                    let text = project.read(path);
                    project.write(path, format!("{text}{}", AROUND[random(AROUND.len())]));
                }
                _ => project.write(path, CODE[random(CODE.len())]),
            }
        }
        if random(2) == 0 {
            settle(&project);
        }
        let cold = report(&project, &["--no-cache"]);
        assert_eq!(report(&project, &[]), cold, "round {round}");
        assert_eq!(report(&project, &[]), cold, "round {round}, asked again");
        with_findings += usize::from(cold.contains("\"sql-injection\""));
        cached += usize::from(is_cached(&project));
    }
    // A property of nothing would hold as well.
    assert!(
        with_findings > 10 && cached > 30,
        "{with_findings} of 60 with findings, {cached} from the cache"
    );
}

/// Numbers below what is asked for, the same in every run.
fn random(mut state: u64) -> impl FnMut(usize) -> usize {
    move |below| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    }
}

/// What a function in [`functions_change`] may do with a text: all of them are seen alike from outside.
const BODIES: [&str; 13] = [
    "text",
    "String::new()",
    "crate::f#::go(pool, text).await",
    "crate::f#::go(pool, format!(\"SELECT 1 FROM a WHERE b = '{text}'\")).await",
    "let _ = sqlx::query(&text).execute(pool).await;\n    text",
    "let _ = sqlx::query(\"SELECT 1\").bind(&text).execute(pool).await;\n    crate::f#::go(pool, text).await",
    "let sql = format!(\"SELECT {text} FROM a\");\n    let _ = sqlx::query(&sql).execute(pool).await;\n    crate::f#::go(pool, text).await",
    "if text.len() > 3 {\n        return crate::f#::go(pool, text).await;\n    }\n    crate::f#::go(pool, String::new()).await",
    "// A line that moves the others.\n    text.trim().to_owned()",
    "let number: u32 = text.parse().unwrap_or_default();\n    crate::f#::go(pool, number.to_string()).await",
    "let run = |sql: &str| sql.to_owned();\n    run(&crate::f#::go(pool, text).await)",
    "use crate::f#::go as other;\n    other(pool, text).await",
    "static KEPT: &str = \"a\";\n    fn inner(text: String) -> String {\n        text\n    }\n    inner(text) + KEPT",
];

/// Only what functions do changes, in chains and circles of calls. What an earlier run has found out about the others is
/// used, and the run says what one says that knows of nothing.
#[test]
fn functions_change() {
    const FILES: usize = 6;
    let function = |body: &str, calls: usize| {
        let body = body.replace('#', &calls.to_string());
        format!("pub async fn go(pool: &sqlx::PgPool, text: String) -> String {{\n    {body}\n}}\n")
    };
    let main = "mod f0;\nmod f1;\nmod f2;\nmod f3;\nmod f4;\nmod f5;\n\
        use axum::extract::{Path, State};\n\
        async fn find(State(pool): State<sqlx::PgPool>, Path(name): Path<String>) -> String {\n    \
        f0::go(&pool, name.clone()).await;\n    f3::go(&pool, name).await\n}\n\
        fn app() -> axum::Router {\n    axum::Router::new().route(\"/{name}\", axum::routing::get(find))\n}\n\
        fn main() {}\n";
    let project = Project::new(&[("src/main.rs", main)]);
    for file in 0..FILES {
        project.write(&format!("src/f{file}.rs"), function(BODIES[2], (file + 1) % FILES));
    }
    report(&project, &[]);
    let mut random = random(0x9e37_79b9_7f4a_7c15);
    let (mut with_findings, mut reused) = (0, 0);
    for round in 0..80 {
        for _ in 0..=random(2) {
            let (file, body, calls) = (random(FILES), random(BODIES.len()), random(FILES));
            let around = AROUND.get(random(AROUND.len() * 4)).copied().unwrap_or_default();
            let text = function(BODIES[body], calls);
            let text = if random(2) == 0 { format!("{around}{text}") } else { format!("{text}{around}") };
            project.write(&format!("src/f{file}.rs"), text);
        }
        let (found, used_cache) = compared_with_cold(&project, round);
        with_findings += usize::from(found);
        reused += usize::from(used_cache);
    }
    assert!(
        with_findings > 15 && reused > 30,
        "{with_findings} of 80 with findings, {reused} that used the cache"
    );
}

/// Whether a warm run that says the same as a cold one finds an injection, and whether it used what was kept of functions.
fn compared_with_cold(project: &Project, round: usize) -> (bool, bool) {
    let cold = project.run(&["--no-cache", "--format", "json"]).stdout;
    let warm = project.run(&["-vv", "--format", "json"]);
    assert_eq!(warm.stdout, cold, "round {round}");
    let said = warm.stderr.lines().find_map(|line| line.strip_prefix("functions: "));
    (cold.contains("\"sql-injection\""), said.is_some_and(|said| !said.contains(" 0 taken")))
}

/// What builds the router of a file in [`bodies_change`].
const ROUTES: [&str; 6] = [
    "Router::new().route(\"/#/{text}\", get(find)).route(\"/#/{text}/more\", get(more))",
    "Router::new().route(\"/moved/#/{text}\", get(find))",
    "let more = |Path(text): Path<String>| async move { sqlx::query(&text).fetch_all(&pool()).await };\n    \
     Router::new().route(\"/#/{text}\", get(more)).route(\"/#\", post(find))",
    "// A line that moves the others.\n    let routes = Router::new().route(\"/#/{text}\", get(find));\n    \
     routes.layer(middleware::from_fn(check))",
    "Router::new().nest(\"/#\", inner())",
    "inner().route(\"/#/{text}/more\", get(more)).fallback(|| async { \"none\" })",
];

/// Some of many bodies of a file change, and so where the others stand. What was found out about these is used, and nobody
/// can tell from what the run says.
#[test]
fn bodies_change() {
    const FILES: usize = 3;
    const BODIES_OF_FILE: usize = 5;
    let text = |file: usize, bodies: &[usize; BODIES_OF_FILE]| {
        let body =
            |at: usize| BODIES[bodies[at] % BODIES.len()].replace('#', &((file + at) % FILES).to_string());
        format!(
            "use axum::{{Router, extract::{{Path, State}}, middleware, routing::{{get, post}}}};\n\
            pub async fn go(pool: &sqlx::PgPool, text: String) -> String {{\n    {}\n}}\n\
            /// The first.\n\
            async fn find(State(pool): State<&sqlx::PgPool>, Path(text): Path<String>) -> String {{\n    {}\n}}\n\
            const LIMIT: usize = 1;\n\
            pub fn routes() -> Router {{\n    {}\n}}\n\
            fn inner() -> Router {{\n    Router::new().route(\"/inner\", get(|Path(text): Path<String>| async move {{ go(&pool(), text).await }}))\n}}\n\
            async fn more(State(pool): State<&sqlx::PgPool>, Path(text): Path<String>) -> String {{\n    {}\n}}\n\
            async fn check(request: axum::extract::Request, next: middleware::Next) -> axum::response::Response {{\n    \
            next.run(request).await\n}}\n\
            impl super::Shown for super::Page<{file}> {{\n    async fn show(pool: &sqlx::PgPool, text: String) -> String {{\n        {}\n    }}\n}}\n",
            body(0),
            body(1),
            ROUTES[bodies[2] % ROUTES.len()].replace('#', &file.to_string()),
            body(3),
            body(4),
        )
    };
    let main = "mod f0;\nmod f1;\nmod f2;\npub struct Page<const N: usize>;\n\
        pub trait Shown {\n    async fn show(pool: &sqlx::PgPool, text: String) -> String;\n}\n\
        fn app() -> axum::Router {\n    axum::Router::new().merge(f0::routes()).merge(f1::routes()).nest(\"/f2\", f2::routes())\n}\n\
        #[tokio::main]\nasync fn main() {\n    axum::serve(listener(), app()).await;\n}\n";
    let project = Project::new(&[("src/main.rs", main)]);
    let mut bodies = [[2, 3, 0, 4, 0]; FILES];
    for (file, bodies) in bodies.iter().enumerate() {
        project.write(&format!("src/f{file}.rs"), text(file, bodies));
    }
    report(&project, &[]);
    let mut random = random(0x2b99_7e1c_5f3a_9b17);
    let (mut with_findings, mut reused) = (0, 0);
    for round in 0..80 {
        let (file, at) = (random(FILES), random(BODIES_OF_FILE));
        bodies[file][at] = random(BODIES.len());
        project.write(&format!("src/f{file}.rs"), text(file, &bodies[file]));
        let (found, used_cache) = compared_with_cold(&project, round);
        with_findings += usize::from(found);
        reused += usize::from(used_cache);
    }
    assert!(
        with_findings > 30 && reused > 40,
        "{with_findings} of 80 with findings, {reused} that used the cache"
    );
}

/// What a function in [`lints_change`] may say that a lint tells of, by itself or by what another file says.
const SAID: [&str; 9] = [
    "crate::g#::key()",
    "std::env::var(\"KEY\").unwrap_or_default()",
    "\"correct horse battery staple\".to_owned()",
    "let key = jsonwebtoken::EncodingKey::from_secret(crate::g#::key().as_bytes());\n    drop(key);\n    String::new()",
    "let client = reqwest::Client::builder().danger_accept_invalid_certs(true).build();\n    drop(client);\n    String::new()",
    "let password = crate::g#::key();\n    tracing::info!(\"{password}\");\n    password",
    "std::env::var(\"SECRET_KEY\").unwrap_or_else(|_| \"development secret\".to_owned())",
    "std::env::var(\"SECRET_KEY\").unwrap()",
    "// A line that moves the others.\n    crate::g#::key().trim().to_owned()",
];

/// Only what functions say changes: of those that had nothing to tell it is found out when they have, be it for what another
/// file says now.
#[test]
fn lints_change() {
    const FILES: usize = 5;
    let function = |body: &str, calls: usize| {
        let body = body.replace('#', &calls.to_string());
        format!("pub fn key() -> String {{\n    {body}\n}}\n")
    };
    let main = "mod g0;\nmod g1;\nmod g2;\nmod g3;\nmod g4;\nfn main() {\n    g0::key();\n}\n";
    let project = Project::new(&[("src/main.rs", main)]);
    for file in 0..FILES {
        project.write(&format!("src/g{file}.rs"), function(SAID[1], 0));
    }
    report(&project, &[]);
    let mut random = random(0x1405_7b7e_f767_814f);
    let (mut with_findings, mut without) = (0, 0);
    for round in 0..60 {
        for _ in 0..=random(2) {
            let (file, said, calls) = (random(FILES), random(SAID.len()), random(FILES));
            let around = AROUND.get(random(AROUND.len() * 4)).copied().unwrap_or_default();
            project.write(&format!("src/g{file}.rs"), format!("{around}{}", function(SAID[said], calls)));
        }
        let cold = project.run(&["--no-cache", "--format", "json"]).stdout;
        assert_eq!(project.run(&["--format", "json"]).stdout, cold, "round {round}");
        let tells = cold.contains("from_secret") || cold.contains("SECRET_KEY") || cold.contains("password");
        with_findings += usize::from(tells);
        without += usize::from(!tells);
    }
    assert!(with_findings > 15 && without > 2, "{with_findings} of 60 with findings, {without} without");
}

/// What finds out who calls: with a credential and without, with a refusal and without.
const CHECKS: [&str; 7] = [
    "headers.get(\"authorization\").is_some()",
    "true",
    "headers.get(\"accept\").is_some()",
    "crate::store::find(headers.get(\"authorization\").unwrap().to_str().unwrap()).is_some()",
    "// A line that moves the others.\n    headers.get(\"x-api-key\").is_some_and(|key| crate::store::find(key.to_str().unwrap()).is_some())",
    "let Some(key) = headers.get(crate::store::NAME) else { return false };\n    key == \"a\"",
    "inner(headers)",
];

/// How an extractor and a handler use it.
const USES: [&str; 4] = [
    "if !crate::auth::check(&parts.headers) {\n            return Err(StatusCode::UNAUTHORIZED);\n        }\n        Ok(User)",
    "let _ = crate::auth::check(&parts.headers);\n        Ok(User)",
    "crate::auth::check(&parts.headers).then_some(User).ok_or(StatusCode::UNAUTHORIZED)",
    "Ok(User)",
];

/// What is known of those who call changes, in chains of calls over several files: who is let in by whom is found out as if
/// nothing were known of before.
#[test]
fn guards_change() {
    let main = "mod auth;\nmod store;\nmod user;\n\
        use axum::http::StatusCode;\nuse axum::routing::{delete, post};\nuse crate::user::User;\n\
        async fn a(_: User) -> StatusCode {\n    crate::store::remove(1).await\n}\n\
        async fn b(_: User) -> StatusCode {\n    crate::store::remove(2).await\n}\n\
        async fn c(_: User) -> StatusCode {\n    crate::store::remove(3).await\n}\n\
        async fn d() -> StatusCode {\n    crate::store::remove(4).await\n}\n\
        fn app() -> axum::Router {\n    axum::Router::new().route(\"/a\", post(a)).route(\"/b\", post(b))\
        .route(\"/c\", post(c)).route(\"/d\", delete(d))\n}\nfn main() {\n    axum::serve(listener(), app());\n}\n";
    let store = |name: &str| {
        format!(
            "pub const NAME: &str = \"{name}\";\npub fn find(key: &str) -> Option<u32> {{\n    key.parse().ok()\n}}\n\
            pub async fn remove(id: u32) -> axum::http::StatusCode {{\n    \
            sqlx::query(\"DELETE FROM notes WHERE id = 1\").execute(&pool()).await;\n    axum::http::StatusCode::OK\n}}\n"
        )
    };
    let auth = |check: &str| {
        format!(
            "use axum::http::HeaderMap;\npub fn check(headers: &HeaderMap) -> bool {{\n    {check}\n}}\n\
            fn inner(headers: &HeaderMap) -> bool {{\n    headers.get(\"authorization\").is_some()\n}}\n"
        )
    };
    let user = |check: &str| {
        format!(
            "use axum::extract::FromRequestParts;\nuse axum::http::{{StatusCode, request::Parts}};\npub struct User;\n\
            impl<S: Send + Sync> FromRequestParts<S> for User {{\n    type Rejection = StatusCode;\n    \
            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {{\n        {check}\n    }}\n}}\n"
        )
    };
    let project = Project::new(&[("src/main.rs", main)]);
    project.write("src/store.rs", store("authorization"));
    project.write("src/auth.rs", auth(CHECKS[0]));
    project.write("src/user.rs", user(USES[0]));
    report(&project, &[]);
    let mut random = random(0x1234_5678_9abc_def1);
    let (mut open, mut guarded) = (0, 0);
    for round in 0..60 {
        match random(4) {
            0 => project.write("src/store.rs", store(["authorization", "accept"][random(2)])),
            1 => project.write("src/user.rs", user(USES[random(USES.len())])),
            _ => project.write("src/auth.rs", auth(CHECKS[random(CHECKS.len())])),
        }
        let cold = project.run(&["--no-cache", "--format", "json"]).stdout;
        assert_eq!(project.run(&["--format", "json"]).stdout, cold, "round {round}");
        open += usize::from(!cold.contains("\"missing-auth\""));
        guarded += usize::from(cold.contains("\"missing-auth\""));
    }
    assert!(open > 10 && guarded > 10, "{guarded} of 60 with a guard, {open} without");
}

/// What happens to the bytes of a file.
type Damage<'a> = &'a dyn Fn(&mut Vec<u8>);

#[test]
fn damage_costs_time_only() {
    let project = Project::vulnerable();
    let cold = report(&project, &["--no-cache"]);
    report(&project, &[]);
    settle(&project);
    report(&project, &[]);
    let damages: [Damage<'_>; 4] = [
        &|bytes| bytes.truncate(bytes.len() / 2),
        &Vec::clear,
        &|bytes| bytes.iter_mut().rev().take(1).for_each(|byte| *byte ^= 1),
        &|bytes| bytes.iter_mut().take(1).for_each(|byte| *byte ^= 1),
    ];
    for damage in damages {
        for path in kept(&project) {
            let mut bytes = fs::read(&path).unwrap();
            damage(&mut bytes);
            fs::write(&path, bytes).unwrap();
        }
        assert_eq!(report(&project, &[]), cold);
        assert!(is_cached(&project), "it is rebuilt");
    }
}

#[test]
fn two_runs_at_once_do_no_harm() {
    let project = Project::vulnerable();
    let cold = report(&project, &["--no-cache"]);
    let children: Vec<_> = (0..8)
        .map(|_| {
            let mut command = project.command(&["--format", "json"]);
            command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for child in children {
        assert_eq!(project.ran(&child.wait_with_output().unwrap()).told(), cold);
    }
    assert_eq!(kept(&project).iter().filter(|path| path.to_str().unwrap().contains("report-")).count(), 1);
}

#[test]
fn what_is_kept_is_bounded() {
    let project = Project::vulnerable();
    report(&project, &[]);
    let folder = project.path("target/ward-cache");
    for number in 0..300 {
        fs::write(folder.join(format!("stamp-{number:032x}")), "old").unwrap();
    }
    fs::write(folder.join("notes.txt"), "not ours").unwrap();
    project.write("src/main.rs", CLEAN);
    report(&project, &[]);
    assert!(kept(&project).len() < 256, "{}", kept(&project).len());
    assert!(folder.join("notes.txt").exists());
}

#[cfg(unix)]
#[test]
fn a_target_directory_that_cannot_be_written_to_is_no_error() {
    use std::os::unix::fs::PermissionsExt;
    let project = Project::vulnerable();
    let cold = report(&project, &["--no-cache"]);
    fs::create_dir(project.path("target")).unwrap();
    fs::set_permissions(project.path("target"), fs::Permissions::from_mode(0o555)).unwrap();
    assert_eq!(report(&project, &[]), cold);
    fs::set_permissions(project.path("target"), fs::Permissions::from_mode(0o755)).unwrap();
    // Some users may write anywhere.
    let _ = fs::remove_dir_all(project.path("target/ward-cache"));
    fs::write(project.path("target/ward-cache"), "a file in its place").unwrap();
    assert_eq!(report(&project, &[]), cold);
}

#[test]
fn folders_without_a_manifest_get_none() {
    let project = Project::bare(&[("a.rs", VULNERABLE.as_bytes())]);
    assert_eq!(project.run(&["-q"]).status, 1);
    assert!(!project.path("target").exists());
    let package = Project::vulnerable();
    assert_eq!(package.run(&["-q", "--no-cache"]).status, 1);
    assert!(!package.path("target").exists());
}

#[test]
fn a_template_that_changes_counts() {
    let code = "use askama::Template;\n\
        #[derive(Template)]\n\
        #[template(path = \"page.html\")]\n\
        struct Page {\n    name: String,\n}\n\
        async fn page(axum::extract::Path(name): axum::extract::Path<String>) -> String {\n    \
        Page { name }.render().unwrap()\n}\n\
        fn app() -> axum::Router {\n    axum::Router::new().route(\"/{name}\", axum::routing::get(page))\n}\n\
        fn main() {}\n";
    let project = Project::new(&[("src/main.rs", code), ("templates/page.html", "<p>{{ name }}</p>\n")]);
    let before = report(&project, &[]);
    assert!(!before.contains("unencoded-html"));
    assert!(is_cached(&project));
    project.write("templates/page.html", "\n<p>{{ name|safe }}</p>\n");
    let after = report(&project, &[]);
    assert!(after.contains("unencoded-html") && after.contains("templates/page.html"), "{after}");
    // The warm run shows the template's line, too.
    assert_eq!(report(&project, &[]), after);
    assert!(project.run(&[]).told().contains("templates/page.html:2:4"));
    fs::write(project.path("templates/page.html"), b"\xff{{{").unwrap();
    assert!(!report(&project, &[]).contains("unencoded-html"));
}

/// What a commit held is found once: git is not asked for its files again.
#[cfg(unix)]
#[test]
fn a_commit_is_analysed_once() {
    use std::os::unix::fs::PermissionsExt;
    let project =
        Project::new(&[("src/main.rs", "mod a;\n"), ("src/a.rs", VULNERABLE), (".gitignore", "target\n")]);
    project.commit();
    project.write("src/main.rs", "mod a;\nmod b;\n");
    project.write("src/b.rs", VULNERABLE.replace("find", "search"));
    let arguments = ["--since", "HEAD", "--format", "json"];
    let cold = project.run(&[&arguments[..], &["--no-cache"]].concat()).told();
    assert!(cold.contains("src/b.rs") && !cold.contains("\"src/a.rs\""), "{cold}");
    // A git that does not give out files.
    let git = std::env::split_paths(&std::env::var_os("PATH").unwrap())
        .map(|folder| folder.join("git"))
        .find(|file| file.is_file())
        .unwrap();
    let script =
        format!("#!/bin/sh\ncase \"$*\" in *checkout-index*) exit 1;; esac\nexec {} \"$@\"\n", git.display());
    let tools = tempfile::tempdir().unwrap();
    fs::write(tools.path().join("git"), script).unwrap();
    fs::set_permissions(tools.path().join("git"), fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", tools.path().display(), std::env::var("PATH").unwrap());
    let without_files = |arguments: &[&str]| {
        let mut command = project.command(arguments);
        project.ran(&command.env("PATH", &path).output().unwrap())
    };
    assert_eq!(without_files(&arguments).status, 2);
    assert_eq!(project.run(&arguments).told(), cold);
    assert_eq!(without_files(&arguments).told(), cold);
    // Other options, another commit, and what is damaged, are looked at anew.
    assert_eq!(without_files(&[&arguments[..], &["--allow", "injection"]].concat()).status, 2);
    for path in kept(&project) {
        fs::write(path, "damaged").unwrap();
    }
    assert_eq!(without_files(&arguments).status, 2);
    assert_eq!(project.run(&arguments).told(), cold);
    project.commit();
    assert_eq!(without_files(&arguments).status, 2);
    project.run(&arguments).succeeded();
    without_files(&arguments).succeeded();
}
