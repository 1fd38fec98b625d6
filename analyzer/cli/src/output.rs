//! Where a report goes: the standard output, or a file that is replaced as a whole; and how wide and coloured it may be.

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use tempfile::NamedTempFile;
use ward_diagnostics::render::Color;

use crate::arguments::ColorWhen;
use crate::exit::{Failure, Style};

/// The width of lines that no terminal shows.
const WIDTH: usize = 100;

/// Where to write.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Destination {
    /// To the standard output.
    Stdout,
    /// To a regular file that is there or will be: beside it first, then in its place.
    Replaced(PathBuf),
    /// To a device or a pipe, which cannot be replaced.
    Direct(PathBuf),
}

impl Destination {
    /// The destination that `--output` names; fails where writing would fail later.
    pub(crate) fn new(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path.filter(|path| *path != Path::new("-")) else { return Ok(Self::Stdout) };
        // A link stays, what it leads to is replaced.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let cannot = |why: String, help: &str| Failure {
            message: format!("cannot write `{}`: {why}", path.display()),
            help: Some(help.to_owned()),
        };
        match fs::metadata(&target) {
            Ok(found) if found.is_dir() => {
                return Err(cannot("it is a folder".into(), "name a file in it").into());
            }
            Ok(found) if !found.is_file() => return Ok(Self::Direct(target)),
            _ => {}
        }
        let parent = folder(&target);
        if !parent.is_dir() {
            return Err(
                cannot(format!("there is no folder `{}`", parent.display()), "create it first").into()
            );
        }
        Ok(Self::Replaced(target))
    }

    /// Lets `write` write. That nobody reads the standard output any more is no error.
    pub(crate) fn write(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> anyhow::Result<()> {
        match self {
            Self::Stdout => to_stdout(write),
            Self::Replaced(path) => {
                replace(path, write).with_context(|| format!("cannot write `{}`", path.display()))
            }
            Self::Direct(path) => {
                let file = File::options().write(true).open(path);
                let written = file.and_then(|file| buffered(file, write).map(drop));
                written.with_context(|| format!("cannot write `{}`", path.display()))
            }
        }
    }

    /// Whether and how to colour a report.
    pub(crate) fn color(&self, when: ColorWhen) -> Color {
        let coloured = matches!(self, Self::Stdout) && is_coloured(when, &io::stdout());
        if coloured { Color::Always } else { Color::Never }
    }

    /// Whether what is written may hold links.
    pub(crate) fn links(&self) -> bool {
        matches!(self, Self::Stdout) && supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout)
    }

    /// How many columns there are.
    pub(crate) fn width(&self) -> usize {
        self.terminal_width().unwrap_or(WIDTH)
    }

    /// How many columns a terminal has, if it is one.
    pub(crate) fn terminal_width(&self) -> Option<usize> {
        match self {
            Self::Stdout => {
                terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0))
            }
            Self::Replaced(_) | Self::Direct(_) => None,
        }
    }
}

/// Prints a text on the standard output.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    to_stdout(|out| out.write_all(text.as_bytes()))
}

/// How to write messages about the run itself, which go to the standard error.
pub(crate) fn message_style(when: ColorWhen) -> Style {
    if is_coloured(when, &io::stderr()) { Style::Coloured } else { Style::Plain }
}

fn is_coloured(when: ColorWhen, stream: &impl IsTerminal) -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    match when {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        // NO_COLOR counts whatever it is set to.
        ColorWhen::Auto if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) => false,
        ColorWhen::Auto if is_set("CLICOLOR_FORCE") => true,
        ColorWhen::Auto => stream.is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb"),
    }
}

fn to_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> anyhow::Result<()> {
    match buffered(io::stdout().lock(), write) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.map(drop).context("cannot write to the standard output"),
    }
}

fn buffered<W: Write>(inner: W, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<W> {
    let mut out = BufWriter::new(inner);
    write(&mut out)?;
    let mut inner = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    inner.flush()?;
    Ok(inner)
}

fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let temporary = beside(path)?;
    if let Ok(found) = fs::metadata(path) {
        temporary.as_file().set_permissions(found.permissions())?;
    }
    let written = buffered(temporary, write)?;
    written.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// A new file in the same folder, with the permissions that any new file gets.
fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".cargo-ward-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder(path))
}

/// The folder a file is in.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        Some(_) => Path::new("."),
        None => path,
    }
}

/// Replaces the text of a file as a whole; it keeps its permissions.
pub(crate) fn replace_text(path: &Path, text: &str) -> anyhow::Result<()> {
    replace(path, |out| out.write_all(text.as_bytes()))
        .with_context(|| format!("cannot write `{}`", path.display()))
}
