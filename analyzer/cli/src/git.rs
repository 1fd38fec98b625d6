//! Git, asked by its own command: which files are dirty, what a revision holds.

use std::ffi::OsStr;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context;
use tempfile::TempDir;
use ward_linter::nearest::did_you_mean;

use crate::exit::{self, Failure};

/// The repository around a folder.
#[derive(Debug)]
pub(crate) struct Repository {
    /// Its top folder: absolute, links resolved.
    pub(crate) top: PathBuf,
}

impl Repository {
    /// The repository around `folder`.
    ///
    /// # Errors
    /// When git is not installed, or there is no repository.
    pub(crate) fn around(folder: &Path) -> anyhow::Result<Self> {
        let top = match run(folder, ["rev-parse", "--show-toplevel"], &[])? {
            Ok(top) => top,
            Err(told) if told.is_empty() || told.contains("not a git repository") => {
                let message = format!("`{}` is in no git repository", folder.display());
                let help = "go to a checkout, or leave the option away".to_owned();
                return Err(Failure { message, help: Some(help) }.into());
            }
            Err(told) => {
                let (first, more) = told.split_once('\n').unwrap_or((&told, ""));
                let message = format!("git says: {}", first.trim_start_matches("fatal: "));
                let help = Some(more.trim().to_owned()).filter(|help| !help.is_empty());
                return Err(Failure { message, help }.into());
            }
        };
        let top = PathBuf::from(String::from_utf8_lossy(&top).trim_end_matches(['\n', '\r']).to_owned());
        Ok(Self { top: top.canonicalize().unwrap_or(top) })
    }

    /// What git answers; `None` if it fails.
    fn ask<S: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
    ) -> anyhow::Result<Option<Vec<u8>>> {
        Ok(run(&self.top, arguments, &[])?.ok())
    }

    fn line<S: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
    ) -> anyhow::Result<Option<String>> {
        let answer = self.ask(arguments)?;
        Ok(answer
            .map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned())
            .filter(|line| !line.is_empty()))
    }

    /// The commit from which the work since `revision` has gone out: the last one that both it and the present one hold.
    ///
    /// # Errors
    /// When there is no such revision.
    pub(crate) fn base(&self, revision: &str) -> anyhow::Result<String> {
        let named = format!("{revision}^{{commit}}");
        let commit = self.line(["rev-parse", "--verify", "--quiet", "--end-of-options", &named])?;
        let Some(commit) = commit else {
            let message = format!("git knows no revision `{revision}`");
            let help = self.meant(revision)?.unwrap_or_else(|| {
                "check the spelling; a shallow clone has to fetch it first: `git fetch origin BRANCH`".into()
            });
            return Err(Failure { message, help: Some(help) }.into());
        };
        if let Some(base) = self.line(["merge-base", &commit, "HEAD"])? {
            return Ok(base);
        }
        let is_cut = self.line(["rev-parse", "--is-shallow-repository"])?.as_deref() == Some("true");
        let why = if is_cut {
            "this clone is shallow: `git fetch --unshallow` helps"
        } else {
            "they share no history"
        };
        exit::note(&format!(
            "no common commit of `{revision}` and the present one is known, so `{revision}` itself is compared with; {why}"
        ));
        Ok(commit)
    }

    /// Writes the files of a commit into a folder that is removed when dropped: [`Self::export`].
    pub(crate) fn laid_out(&self, commit: &str) -> anyhow::Result<TempDir> {
        let folder = tempfile::Builder::new().prefix("cargo-ward-").tempdir()?;
        self.export(commit, folder.path())?;
        Ok(folder)
    }

    /// The branch or tag that was probably meant.
    fn meant(&self, wrong: &str) -> anyhow::Result<Option<String>> {
        let names = self.ask(["for-each-ref", "--format=%(refname:short)"])?.unwrap_or_default();
        Ok(did_you_mean(wrong, String::from_utf8_lossy(&names).lines()))
    }

    /// Those of `files` that differ from the last commit, or are not in it.
    pub(crate) fn dirty(&self, files: &[PathBuf]) -> anyhow::Result<Vec<String>> {
        let mut arguments: Vec<&OsStr> =
            ["status", "--porcelain", "-z", "--untracked-files=all", "--ignored", "--"]
                .map(OsStr::new)
                .to_vec();
        arguments.extend(files.iter().map(|file| file.as_os_str()));
        let answer = self.ask(arguments)?.unwrap_or_default();
        let text = String::from_utf8_lossy(&answer).into_owned();
        Ok(text
            .split('\0')
            .filter_map(|entry| entry.get(3..))
            .filter(|path| !path.is_empty())
            .map(str::to_owned)
            .collect())
    }

    /// Writes the files of a commit that an analysis may read into `folder`: all text of a moderate size, with its
    /// path. Nothing is checked out, and no filter of another program is run. Submodules that are checked out come with it.
    fn export(&self, commit: &str, folder: &Path) -> anyhow::Result<()> {
        let tree = self.ask(["ls-tree", "-r", "-z", "-l", "--full-tree", commit])?;
        let tree = tree.with_context(|| format!("git cannot list the files of `{commit}`"))?;
        let (mut paths, mut modules) = (Vec::new(), Vec::new());
        for entry in tree.split(|byte| *byte == 0) {
            let Some(tab) = entry.iter().position(|byte| *byte == b'\t') else { continue };
            let head = String::from_utf8_lossy(&entry[..tab]);
            let mut fields = head.split_whitespace();
            let (mode, object) = (fields.next().unwrap_or_default(), fields.nth(1).unwrap_or_default());
            let is_file = mode.starts_with("100");
            let size: u64 = fields.next().and_then(|size| size.parse().ok()).unwrap_or(u64::MAX);
            let path = &entry[tab + 1..];
            if mode == MODULE {
                modules.push((String::from_utf8_lossy(path).into_owned(), object.to_owned()));
            }
            let is_code = path.ends_with(b".rs") || path.ends_with(b".toml");
            if is_file && (is_code && size <= 64 << 20 || size <= 1 << 20) {
                paths.extend(path);
                paths.push(0);
            }
        }
        let index = folder.join(".ward-index");
        let environment = [("GIT_INDEX_FILE", index.as_os_str())];
        run(&self.top, ["read-tree", commit], &environment)?
            .ok()
            .with_context(|| format!("git cannot read `{commit}`"))?;
        let mut prefix = folder.as_os_str().to_owned();
        prefix.push("/");
        let mut target = std::ffi::OsString::from("--prefix=");
        target.push(prefix);
        let mut command = command(&self.top, &environment);
        command.args([
            "-c",
            "filter.lfs.smudge=",
            "-c",
            "filter.lfs.process=",
            "-c",
            "filter.lfs.required=false",
        ]);
        command.args(["checkout-index", "-q", "-f", "-z", "--stdin"]).arg(target);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(missing)?;
        if let Some(mut input) = child.stdin.take() {
            // That it stops to read shows in its status.
            let _ = input.write_all(&paths);
        }
        let output = child.wait_with_output().context("git did not end")?;
        let _ = std::fs::remove_file(&index);
        if !output.status.success() {
            let told = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(Failure {
                message: format!("git cannot write the files of `{commit}`: {told}"),
                help: None,
            }
            .into());
        }
        for (path, commit) in modules {
            self.export_module(&path, &commit, folder)?;
        }
        Ok(())
    }

    fn export_module(&self, path: &str, commit: &str, folder: &Path) -> anyhow::Result<()> {
        let module = Self { top: self.top.join(path) };
        if !module.top.join(".git").exists() {
            return Ok(());
        }
        let below = folder.join(path);
        std::fs::create_dir_all(&below)?;
        if module.export(commit, &below).is_err() {
            exit::note(&format!(
                "the submodule `{path}` does not hold the commit {commit}: what is in it counts as new"
            ));
        }
        Ok(())
    }
}

/// The mode of a submodule in a tree.
const MODULE: &str = "160000";

/// A git command in a folder, for the repository around it and no other.
fn command(folder: &Path, environment: &[(&str, &OsStr)]) -> Command {
    let mut command = Command::new("git");
    // A hook is run with variables that mean its own repository and index.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        command.env_remove(name);
    }
    command
        .current_dir(folder)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("LC_ALL", "C")
        .envs(environment.iter().copied());
    command
}

/// What git answers, or what it says when it fails.
fn run<S: AsRef<OsStr>>(
    folder: &Path,
    arguments: impl IntoIterator<Item = S>,
    environment: &[(&str, &OsStr)],
) -> anyhow::Result<Result<Vec<u8>, String>> {
    let output =
        command(folder, environment).args(arguments).stdin(Stdio::null()).output().map_err(missing)?;
    let told = || String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Ok(if output.status.success() { Ok(output.stdout) } else { Err(told()) })
}

fn missing(error: std::io::Error) -> anyhow::Error {
    if error.kind() == ErrorKind::NotFound {
        let message = "git is needed for this, and there is no `git` command".to_owned();
        return Failure { message, help: Some("install git, or leave the option away".into()) }.into();
    }
    anyhow::Error::from(error).context("cannot run git")
}
