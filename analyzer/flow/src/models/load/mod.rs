//! Reading model files: every text checked, everything about one callee merged.
//!
//! Rows may speak of what stands in another file, so loading goes in passes over all files: names first
//! (types, functions, aliases), then what types and functions are, then what data does.

mod checks;
mod names;
mod paths;
mod sinks;
mod sources;
mod types;

use std::ops::Range;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use ward_semantics::Template;
use ward_syntax::Symbol;

use super::error::{Complaint, ModelError, did_you_mean, place};
use super::port::Wrong;
use super::schema::{Rows, Text, UserFile};
use super::{Kind, Kinds, Models};

/// The text of a model file.
#[derive(Debug, Clone, Copy)]
pub struct ModelFile<'a> {
    /// Its name: `<crate>.toml`, or the path of a user's `ward.toml`.
    pub name: &'a str,
    /// Its text.
    pub text: &'a str,
}

/// The rows under `model` in a user's configuration.
#[derive(Debug, Clone, Copy)]
pub struct UserModels<'a> {
    /// The file that holds the configuration.
    pub file: ModelFile<'a>,
    /// The keys that lead to the configuration in it: none in a `ward.toml`.
    pub section: &'a [&'static str],
}

/// Reads `files`, and the rows of a user's configuration. What is wrong is told and left out;
/// errors come in the order of the files and of their places.
pub fn load(files: &[ModelFile<'_>], user: Option<UserModels<'_>>) -> (Models, Vec<ModelError>) {
    let section = user.map_or(&[][..], |user| user.section);
    let user = user.map(|user| user.file);
    let names = files.iter().chain(&user).map(|file| file.name.to_owned()).collect();
    let mut loader = Loader { names, ..Loader::default() };
    let mut parsed = Vec::with_capacity(files.len() + 1);
    let read: Vec<_> = files.par_iter().map(|file| toml::from_str(file.text)).collect();
    for (index, (file, rows)) in files.iter().zip(read).enumerate() {
        let krate = file.name.strip_suffix(".toml").unwrap_or(file.name);
        match rows {
            Ok(rows) => parsed.push(Parsed { file: index, krate: Some(Symbol::new(krate)), rows }),
            Err(error) => loader.complaints.push(Complaint::of_toml(index, &error)),
        }
    }
    if let Some(user) = user {
        let file = files.len();
        match ward_project::read_section::<UserFile>(user.text, section) {
            Ok(UserFile { model }) => parsed.push(Parsed { file, krate: None, rows: model }),
            Err(error) => loader.complaints.push(Complaint::of_toml(file, &error)),
        }
    }
    loader.run(&parsed);
    let macros = loader
        .models
        .functions
        .keys()
        .filter_map(|path| path.as_str().strip_suffix('!').map(|plain| (Symbol::new(plain), *path)));
    loader.models.macros = macros.collect();
    let names = loader
        .models
        .macros
        .keys()
        .map(|path| split_last(path.as_str()).map_or(path.as_str(), |(_, last)| last));
    loader.models.macro_names.extend(names.map(Symbol::new));
    let files: Vec<ModelFile<'_>> = files.iter().copied().chain(user).collect();
    (loader.models, place(&files, loader.complaints))
}

/// A file's rows.
struct Parsed {
    file: usize,
    /// The crate it describes; a user's rows speak of many.
    krate: Option<Symbol>,
    rows: Rows,
}

/// What a `call` names.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Callee {
    Function(Symbol),
    Method(Symbol, Symbol),
}

/// Who has written rows.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Author {
    #[default]
    Library,
    User,
}

/// Whether a function is called on a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Receiver {
    Taken,
    None,
}

#[derive(Default)]
struct Loader {
    models: Models,
    complaints: Vec<Complaint>,
    /// The names of all files.
    names: Vec<String>,
    /// The file that is being read.
    file: usize,
    /// Whose rows are read.
    author: Author,
    /// The types this file describes by the last segments of their paths; none for a name that several share.
    short: FxHashMap<&'static str, Option<Symbol>>,
    /// The templates this file has shown by the parameters they may name, and by their texts.
    templates: Vec<(Vec<Symbol>, FxHashMap<String, Template>)>,
    /// Names of the parameters of type aliases.
    alias_params: FxHashMap<Symbol, Vec<Symbol>>,
    /// Paths that rows name and what they are canonically, by their first segments.
    within: FxHashMap<&'static str, Vec<(Symbol, Symbol)>>,
    /// Every path that is described, and the file.
    described: FxHashMap<Symbol, usize>,
    /// Callees whose flow is written down.
    explicit: FxHashSet<Callee>,
    /// Kinds of sink that rows declare or name.
    kinds: Vec<Kind>,
}

const SOURCE_KINDS: [&str; 13] = [
    "path",
    "query",
    "body",
    "form",
    "header",
    "cookie",
    "upload",
    "uri",
    "request",
    "argument",
    "tool",
    "archive",
    "connection",
];

/// Names in templates that are no path.
const NAMES: [&str; 22] = [
    "Item",
    "bool",
    "char",
    "str",
    "slice",
    "i8",
    "i16",
    "i32",
    "i64",
    "i128",
    "isize",
    "u8",
    "u16",
    "u32",
    "u64",
    "u128",
    "usize",
    "f32",
    "f64",
    "fn",
    "!",
    "&'static str",
];
impl Loader {
    fn run(&mut self, parsed: &[Parsed]) {
        for pass in [
            Self::declare,
            Self::aliases,
            Self::type_aliases,
            Self::descriptions,
            Self::flows,
            Self::kinds,
            Self::dangers,
            Self::checks,
        ] {
            for parsed in parsed {
                self.file = parsed.file;
                self.author = if parsed.krate.is_some() { Author::Library } else { Author::User };
                pass(self, parsed);
            }
        }
        self.models.kinds = Kinds::new(std::mem::take(&mut self.kinds));
    }

    fn complain(&mut self, span: Range<usize>, message: impl Into<String>, help: Option<String>) {
        self.complaints.push(Complaint { file: self.file, span, message: message.into(), help });
    }

    fn told<T>(&mut self, result: Result<T, Wrong>, text: &Text) -> Option<T> {
        result.map_err(|(message, help)| self.complain(text.span(), message, help)).ok()
    }

    /// One of a few words.
    fn choice<T: Copy>(&mut self, text: Option<&Text>, forms: &[(&str, T)], absent: T) -> T {
        let Some(text) = text else { return absent };
        if let Some((_, value)) = forms.iter().find(|(word, _)| word == text.get_ref()) {
            return *value;
        }
        let words: Vec<&str> = forms.iter().map(|(word, _)| *word).collect();
        let help = did_you_mean(text.get_ref(), words.iter().copied());
        let help = help.unwrap_or_else(|| format!("write `{}`", words.join("` or `")));
        self.complain(text.span(), format!("`{}` means nothing here", text.get_ref()), Some(help));
        absent
    }
}

fn first_segment(path: Symbol) -> &'static str {
    path.as_str().split(':').next().unwrap_or_default()
}

/// A path without its last segment, and that.
fn split_last(path: &str) -> Option<(&str, &str)> {
    let colon = path.rfind(':')?;
    Some((path[..colon].strip_suffix(':')?, &path[colon + 1..]))
}

fn symbols(texts: &[Text]) -> Vec<Symbol> {
    texts.iter().map(|text| Symbol::new(text.get_ref())).collect()
}
