//! `cargo ward init`: a first `ward.toml`, an entry for pre-commit, and a CI workflow. It asks nothing that it can see,
//! and changes nothing that is there.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use ward_project::{BASELINE_FILE, CONFIG_FILE};

use crate::arguments::InitArguments;
use crate::exit::{Status, shown};
use crate::output;

const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");
const VERSION: &str = env!("CARGO_PKG_VERSION");
const CONFIGURATION: &str = include_str!("../templates/ward.toml");
const WORKFLOW: &str = include_str!("../templates/ward.yml");
const PIPELINE: &str = include_str!("../templates/gitlab.yml");
const HOOK: &str = include_str!("../templates/pre-commit.yaml");

/// Writes what is missing, and says what was done and what is left to do.
pub(crate) fn init(arguments: &InitArguments) -> anyhow::Result<Status> {
    let folder = ward_project::workspace_of(&arguments.path)?;
    let top = repository_of(&folder).unwrap_or_else(|| folder.clone());
    let mut told = String::new();
    configuration(&folder, &mut told)?;
    hook(&top, &mut told)?;
    attributes(&folder, &mut told)?;
    workflow(&top, &folder, &mut told)?;
    told.push_str("next:    cargo ward; then `cargo ward baseline` records what is to be left for later\n");
    told.push_str("         `pre-commit install` starts the hook; the rest starts with the next push\n");
    output::print(&told)?;
    Ok(Status::Clean)
}

fn configuration(folder: &Path, told: &mut String) -> anyhow::Result<()> {
    let file = folder.join(CONFIG_FILE);
    if let Some(config) = ward_project::read_config(folder, &[])?
        && config.path.starts_with(folder)
    {
        // Writing to a string does not fail.
        let _ = writeln!(told, "kept:    the configuration in `{}`", shown(&config.path));
        return Ok(());
    }
    write(&file, &filled(CONFIGURATION), told)
}

fn hook(top: &Path, told: &mut String) -> anyhow::Result<()> {
    let file = top.join(".pre-commit-config.yaml");
    let entry = filled(HOOK);
    let Ok(text) = fs::read_to_string(&file) else {
        return write(&file, &format!("repos:\n{entry}"), told);
    };
    if text.contains("cargo-ward") {
        let _ = writeln!(told, "kept:    `{}`", shown(&file));
        return Ok(());
    }
    // An entry can be added at the end if the list of repositories is the last thing there, indented as ours.
    let last_key = text.lines().rfind(|line| line.starts_with(|first: char| first.is_ascii_alphabetic()));
    let is_indented = text.lines().any(|line| line.starts_with("  - repo:"));
    if last_key.is_some_and(|line| line.trim_end() == "repos:") && is_indented {
        let line_break = if text.ends_with('\n') { "" } else { "\n" };
        output::replace_text(&file, &format!("{text}{line_break}{entry}"))?;
        let _ = writeln!(told, "changed: `{}`, one entry added at the end", shown(&file));
        return Ok(());
    }
    let _ = writeln!(told, "to do:   add this to the `repos` in `{}`:\n{entry}", shown(&file));
    Ok(())
}

/// Lets branches that change the baseline merge without conflict.
fn attributes(folder: &Path, told: &mut String) -> anyhow::Result<()> {
    let file = folder.join(".gitattributes");
    let line = format!("{BASELINE_FILE} merge=union\n");
    let Ok(text) = fs::read_to_string(&file) else { return write(&file, &line, told) };
    if text.contains(BASELINE_FILE) {
        let _ = writeln!(told, "kept:    `{}`", shown(&file));
        return Ok(());
    }
    let line_break = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    output::replace_text(&file, &format!("{text}{line_break}{line}"))?;
    let _ = writeln!(told, "changed: `{}`, one line added at the end", shown(&file));
    Ok(())
}

/// A workspace below the top of its repository, as the host of the repository names it.
fn below(top: &Path, folder: &Path) -> Option<String> {
    let below = folder.strip_prefix(top).ok()?;
    let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
    if parts.is_empty() { None } else { Some(parts.join("/")) }
}

/// The branch that pull requests go to, as far as the repository tells.
fn main_branch(top: &Path) -> String {
    const USUAL: [&str; 2] = ["main", "master"];
    let git = top.join(".git");
    let named = |file: &str, before: &str| {
        let text = fs::read_to_string(git.join(file)).ok()?;
        Some(text.trim().strip_prefix("ref: ")?.strip_prefix(before)?.to_owned())
    };
    if let Some(remote) = named("refs/remotes/origin/HEAD", "refs/remotes/origin/") {
        return remote;
    }
    let packed = fs::read_to_string(git.join("packed-refs")).unwrap_or_default();
    let exists = |name: &&str| {
        git.join("refs/heads").join(name).exists() || packed.contains(&format!("refs/heads/{name}\n"))
    };
    if USUAL.iter().any(exists) {
        return USUAL.join(", ");
    }
    named("HEAD", "refs/heads/").unwrap_or_else(|| USUAL.join(", "))
}

fn workflow(top: &Path, folder: &Path, told: &mut String) -> anyhow::Result<()> {
    let below = below(top, folder);
    let remote = fs::read_to_string(top.join(".git/config")).unwrap_or_default();
    if top.join(".gitlab-ci.yml").exists() || remote.contains("gitlab") {
        let file = top.join(".gitlab-ci.yml");
        let path = below.map(|below| format!(" {below}")).unwrap_or_default();
        let job = filled(PIPELINE).replace("{path}", &path);
        return match fs::read_to_string(&file) {
            Ok(text) if text.contains("cargo-ward") => {
                let _ = writeln!(told, "kept:    `{}`", shown(&file));
                Ok(())
            }
            Ok(_) => {
                let _ = writeln!(told, "to do:   add this job to `{}`:\n{job}", shown(&file));
                Ok(())
            }
            Err(_) => write(&file, &job, told),
        };
    }
    let workflows = top.join(".github/workflows");
    let is_used = |path: &PathBuf| fs::read_to_string(path).is_ok_and(|text| text.contains("cargo-ward"));
    let mut there: Vec<PathBuf> =
        fs::read_dir(&workflows).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    there.sort();
    if let Some(file) = there.iter().find(|path| is_used(path)) {
        let _ = writeln!(told, "kept:    `{}`", shown(file));
        return Ok(());
    }
    fs::create_dir_all(&workflows)?;
    let path = below.map(|below| format!("        with:\n          path: {below}\n")).unwrap_or_default();
    let text = filled(WORKFLOW).replace("{branches}", &main_branch(top)).replace("{path}", &path);
    write(&workflows.join("ward.yml"), &text, told)
}

/// Writes a file that is not there.
fn write(file: &Path, text: &str, told: &mut String) -> anyhow::Result<()> {
    if file.exists() {
        let _ = writeln!(told, "kept:    `{}`", shown(file));
        return Ok(());
    }
    output::replace_text(file, text)?;
    let _ = writeln!(told, "written: `{}`", shown(file));
    Ok(())
}

fn filled(template: &str) -> String {
    template.replace("{repository}", REPOSITORY).replace("{version}", VERSION)
}

/// The nearest folder above that is a repository.
fn repository_of(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().find(|above| above.join(".git").exists()).map(Path::to_owned)
}
