//! `cargo dev new-lint`: the four things of a lint, to be filled in.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

/// The longest line, as in `rustfmt.toml`.
const LINE: usize = 110;

/// Writes the files of a new lint below `root`, and registers it. Returns the paths that were written.
///
/// # Errors
/// When a name is not right, when the lint exists, or when a file cannot be read or written. Names and files are
/// checked first.
pub fn new_lint(root: &Path, group: &str, name: &str) -> Result<Vec<PathBuf>> {
    ensure!(is_kebab_case(name), "`{name}` is no name for a lint: lower-case words with `-` between them");
    ensure!(
        group.bytes().all(|byte| byte.is_ascii_lowercase()),
        "`{group}` is no name for a group: one lower-case word"
    );
    let lints = root.join("lints");
    let module = name.replace('-', "_");
    let files = [
        (lints.join(format!("src/{group}/{module}.rs")), include_str!("../templates/lint.rs.txt")),
        (lints.join(format!("docs/{name}.md")), include_str!("../templates/page.md.txt")),
        (lints.join(format!("specs/{name}.md")), include_str!("../templates/spec.md.txt")),
    ];
    for (path, _) in &files {
        ensure!(!path.exists(), "{}: there is such a file, so choose another name", path.display());
    }
    let lib = lints.join("src/lib.rs");
    let group_file = lints.join(format!("src/{group}/mod.rs"));
    let mut library = read(&lib)?;
    if !group_file.exists() {
        library = with_module(&library, group);
    }
    let library = registered(&library, group, &module)?;
    let modules =
        if group_file.exists() { read(&group_file)? } else { format!("//! The group `{group}`.\n") };

    let mut written = Vec::new();
    for (path, template) in files {
        let text = template
            .replace("@GROUP@", group)
            .replace("@NAME@", name)
            .replace("@CONST@", &module.to_uppercase());
        write(&path, &text)?;
        written.push(path);
    }
    write(&group_file, &with_module(&modules, &module))?;
    write(&lib, &library)?;
    written.extend([group_file, lib]);
    Ok(written)
}

/// Words of lower-case letters and digits with `-` between them.
fn is_kebab_case(name: &str) -> bool {
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    name.split('-').all(is_word)
}

/// A file's text with another public module, in the order of their names.
fn with_module(text: &str, module: &str) -> String {
    let new = format!("pub mod {module};");
    let mut lines: Vec<&str> = text.lines().collect();
    let is_later = |line: &&str| line.starts_with("pub mod ") && **line > *new;
    let is_module = |line: &&str| line.starts_with("pub mod ");
    if let Some(at) = lines.iter().position(is_later) {
        lines.insert(at, &new);
    } else if let Some(at) = lines.iter().rposition(is_module) {
        lines.insert(at + 1, &new);
    } else {
        let docs = lines.iter().take_while(|line| line.starts_with("//!")).count();
        lines.splice(docs..docs, ["", new.as_str()]);
    }
    lines.join("\n") + "\n"
}

/// The text of the lints' `lib.rs` with another registration, in the order of the lints' names.
fn registered(text: &str, group: &str, module: &str) -> Result<String> {
    let begin = "pub static LINTS: &[Lint] = &[";
    let (before, rest) = text.split_once(begin).with_context(|| format!("lints/src/lib.rs: no `{begin}`"))?;
    let Some((list, after)) = rest.split_once("];") else {
        bail!("lints/src/lib.rs: the list of lints does not end")
    };
    let mut entries: Vec<&str> = list.split(',').map(str::trim).filter(|entry| !entry.is_empty()).collect();
    let new = format!("{group}::{module}::LINT");
    entries.push(&new);
    entries.sort_by_key(|entry| entry.rsplit("::").nth(1));
    let on_one = format!("{begin}{}];", entries.join(", "));
    if on_one.len() <= LINE {
        return Ok(format!("{before}{on_one}{after}"));
    }
    let lines = entries.iter().map(|entry| format!("    {entry},\n")).collect::<Vec<_>>().concat();
    Ok(format!("{before}{begin}\n{lines}];{after}"))
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("{}: cannot be read", path.display()))
}

fn write(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).with_context(|| format!("{}: cannot be created", folder.display()))?;
    fs::write(path, text).with_context(|| format!("{}: cannot be written", path.display()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{new_lint, registered, with_module};

    #[test]
    fn modules_stay_in_order() {
        let text = "//! Docs.\n\npub mod beta;\nmod other;\n";
        assert_eq!(with_module(text, "alpha"), "//! Docs.\n\npub mod alpha;\npub mod beta;\nmod other;\n");
        assert_eq!(with_module(text, "gamma"), "//! Docs.\n\npub mod beta;\npub mod gamma;\nmod other;\n");
        assert_eq!(with_module("//! Docs.\n", "alpha"), "//! Docs.\n\npub mod alpha;\n");
    }

    #[test]
    fn lints_are_registered_by_name() {
        let text = "pub static LINTS: &[Lint] = &[injection::sql_injection::LINT];\n";
        let text = registered(text, "output", "error_leak").unwrap();
        let list = "output::error_leak::LINT, injection::sql_injection::LINT";
        assert_eq!(text, format!("pub static LINTS: &[Lint] = &[{list}];\n"));
        let text = registered(&text, "injection", "path_traversal").unwrap();
        let list = [
            "    output::error_leak::LINT,\n",
            "    injection::path_traversal::LINT,\n",
            "    injection::sql_injection::LINT,\n",
        ];
        assert_eq!(text, format!("pub static LINTS: &[Lint] = &[\n{}];\n", list.concat()));
        assert!(registered("nothing", "output", "error_leak").is_err());
    }

    #[test]
    fn a_lint_is_written_once() {
        let root = tempfile::tempdir().unwrap();
        let source = root.path().join("lints/src");
        fs::create_dir_all(&source).unwrap();
        let lib = "//! Docs.\n\nmod models;\n\npub static LINTS: &[Lint] = &[];\n";
        fs::write(source.join("lib.rs"), lib).unwrap();
        assert!(new_lint(root.path(), "output", "Error-Leak").is_err());
        assert!(new_lint(root.path(), "Output", "error-leak").is_err());
        assert_eq!(fs::read_to_string(source.join("lib.rs")).unwrap(), lib);
        let written = new_lint(root.path(), "output", "error-leak").unwrap();
        assert_eq!(written.len(), 5);
        let lint = fs::read_to_string(source.join("output/error_leak.rs")).unwrap();
        assert!(
            lint.contains("ERROR_LEAK = {") && lint.contains("name: \"error-leak\"") && !lint.contains('@')
        );
        let group = fs::read_to_string(source.join("output/mod.rs")).unwrap();
        assert_eq!(group, "//! The group `output`.\n\npub mod error_leak;\n");
        let error = new_lint(root.path(), "output", "error-leak").unwrap_err();
        assert!(error.to_string().ends_with("choose another name"));
    }
}
