//! Another revision of the analysed tree, laid out in a temporary folder. The repository is only read.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::exit::Failure;
use crate::git;

/// A revision on disk, removed when dropped.
#[derive(Debug)]
pub(crate) struct Revision {
    #[expect(dead_code, reason = "holds the folder until the end")]
    folder: TempDir,
    path: PathBuf,
}

impl Revision {
    /// Lays out the revision of the repository around `path`.
    pub(crate) fn check_out(path: &Path, revision: &str) -> anyhow::Result<Self> {
        let inside = if path.is_file() { path.parent().unwrap_or(Path::new(".")) } else { path };
        let inside = if inside == Path::new("") { Path::new(".") } else { inside };
        let top = answer(inside, &["rev-parse", "--show-toplevel"], None)?;
        let prefix = answer(inside, &["rev-parse", "--show-prefix"], None)?;
        // A name that begins with a dash would be an option.
        let named = format!("{revision}^{{tree}}");
        let tree = answer(inside, &["rev-parse", "--verify", "--quiet", "--end-of-options", &named], None)
            .map_err(|_| Failure {
                message: format!("there is no revision `{revision}`"),
                help: Some("name a branch, a tag or a commit".to_owned()),
            })?;
        let tree = tree.lines().last().unwrap_or_default().to_owned();
        let folder = tempfile::Builder::new().prefix("cargo-ward-").tempdir()?;
        let index = folder.path().join("index");
        let content = folder.path().join("tree");
        std::fs::create_dir(&content)?;
        let target = format!("--prefix={}/", content.display());
        let top = Path::new(&top);
        answer(top, &["read-tree", &tree], Some(&index))?;
        answer(top, &["checkout-index", "--all", "--force", "--quiet", &target], Some(&index))?;
        let mut path_there = content.join(prefix);
        if path.is_file()
            && let Some(name) = path.file_name()
        {
            path_there.push(name);
        }
        Ok(Self { folder, path: path_there })
    }

    /// The path in it that corresponds to the analysed one.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Runs git and gives what it prints, without the line break at the end. `index` is used in place of the
/// repository's own.
fn answer(folder: &Path, arguments: &[&str], index: Option<&Path>) -> anyhow::Result<String> {
    let index = index.map(|index| ("GIT_INDEX_FILE", index.as_os_str()));
    let mut command = git::command(folder, index.as_slice());
    command.args(arguments);
    let failure = |why: String| Failure {
        message: format!("cannot read another revision: {why}"),
        help: Some("`--diff` needs git, and a folder in a repository".to_owned()),
    };
    let output = command.output().map_err(|error| failure(error.to_string()))?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr);
        return Err(failure(told.lines().next().unwrap_or("git failed").to_owned()).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned())
}
