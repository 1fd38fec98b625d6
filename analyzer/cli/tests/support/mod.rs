//! A project in a folder of its own, and the command that is run in it.

// What lays out and runs a test may fail it; not every test uses everything.
#![allow(clippy::unwrap_used, dead_code, missing_docs)]

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) const MANIFEST: &str = "\
[package]
name = \"shop\"
version = \"0.1.0\"
edition = \"2024\"

[dependencies]
axum = \"0.8\"
sqlx = \"0.8\"
";

/// One finding of high severity and confidence, in line 6.
pub(crate) const VULNERABLE: &str = "\
use axum::extract::{Path, State};
use sqlx::PgPool;

async fn find(State(pool): State<PgPool>, Path(name): Path<String>) -> sqlx::Result<()> {
    let sql = format!(\"SELECT id FROM users WHERE name = '{name}'\");
    sqlx::query(&sql).execute(&pool).await?;
    Ok(())
}
";

/// A finding only if somebody says what `warehouse::ask` is.
pub(crate) const WAREHOUSE: &str = "\
use axum::extract::Path;

async fn find(Path(name): Path<String>) {
    warehouse::ask(&format!(\"SELECT id FROM parts WHERE name = '{name}'\")).await;
}
";

pub(crate) const CLEAN: &str = "pub fn double(number: u32) -> u32 {\n    number * 2\n}\n";

/// A package in a folder of its own.
pub(crate) struct Project {
    pub(crate) folder: TempDir,
}

/// What a run did.
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Project {
    /// A folder with these files.
    pub(crate) fn bare(files: &[(&str, &[u8])]) -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap() };
        for (path, text) in files {
            project.write(path, text);
        }
        project
    }

    /// A package with these files.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let project = Self::bare(&[("Cargo.toml", MANIFEST.as_bytes())]);
        for (path, text) in files {
            project.write(path, text);
        }
        project
    }

    pub(crate) fn vulnerable() -> Self {
        Self::new(&[("src/main.rs", VULNERABLE)])
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// The command, to be run in the folder, with nothing in the environment that changes what it prints.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-ward"));
        command.args(arguments).current_dir(self.folder.path());
        for name in [
            "NO_COLOR",
            "CLICOLOR_FORCE",
            "RUST_BACKTRACE",
            "COLUMNS",
            "CARGO_TARGET_DIR",
            "SOURCE_DATE_EPOCH",
        ] {
            command.env_remove(name);
        }
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.ran(&self.command(arguments).output().unwrap())
    }

    /// Runs git, which has to succeed.
    #[track_caller]
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        command.args([
            "-c",
            "user.name=test",
            "-c",
            "user.email=test@example.com",
            "-c",
            "commit.gpgsign=false",
        ]);
        let output = command.args(arguments).current_dir(self.folder.path()).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Commits everything.
    pub(crate) fn commit(&self) {
        if !self.path(".git").exists() {
            self.git(&["init", "-q", "-b", "main"]);
        }
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "state"]);
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    pub(crate) fn ran(&self, output: &Output) -> Ran {
        let status = output.status.code().expect("it ends by itself");
        Ran { status, stdout: self.settled(&output.stdout), stderr: self.settled(&output.stderr) }
    }

    /// What was printed, without what changes from run to run.
    pub(crate) fn settled(&self, printed: &[u8]) -> String {
        let text = std::str::from_utf8(printed).expect("UTF-8");
        let folder = fs::canonicalize(self.folder.path()).unwrap();
        let text = text.replace(folder.to_str().unwrap(), "[folder]");
        let lines = text.split_inclusive('\n').map(|line| match line.rsplit_once(" endpoints, in ") {
            Some((before, time)) if time.ends_with(" s\n") => format!("{before} endpoints, in [time]\n"),
            _ => line.to_owned(),
        });
        lines.collect()
    }
}

impl Ran {
    #[track_caller]
    pub(crate) fn succeeded(self) -> Self {
        assert_eq!(self.status, 0, "{}", self.told());
        self
    }

    /// Status and both outputs, for snapshots.
    pub(crate) fn told(&self) -> String {
        let mut text = format!("status {}\n", self.status);
        for (name, printed) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !printed.is_empty() {
                write!(text, "--- {name}\n{printed}").unwrap();
            }
        }
        text
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

pub(crate) fn nothing() -> Project {
    Project::bare(&[])
}
