//! Source text to IR: the only place that knows syn.
//!
//! The text is scanned once for its nesting and for what need not be parsed, parsed, and lowered in one walk
//! over the syn tree; names of locals are resolved on the way. The tree and proc-macro2's copy of the text are
//! dropped before [`lower`] returns.

mod attributes;
mod bodies;
mod directives;
mod expressions;
mod items;
mod literals;
mod macros;
mod outline;
mod patterns;
mod recover;
mod scan;
mod scope;
mod spans;
mod types;

use std::rc::Rc;

use proc_macro2::Ident;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

pub use self::bodies::lower_bodies;
use self::macros::rules::Rules;
use self::scan::{Chunk, LeftOut, Reduced, Scan, is_word};
use self::scope::Scopes;
use self::spans::SpanTable;
use crate::{Expr, ExprId, Id, ItemId, Layout, SourceIr, Span, Symbol};

/// Something in the text that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// Where.
    pub span: Span,
}

/// Whether test code is lowered.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum TestCode {
    /// It is lowered and its items are marked.
    Keep,
    /// It is blanked in the text before parsing, together with doc comments.
    Trim,
}

/// Whether the bodies of functions are lowered.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum FunctionBodies {
    /// They are.
    Read,
    /// Those of test code that hold no items are left out, to be lowered by [`lower_bodies`] once they are wanted.
    LeaveOutTests,
    /// All that hold no items are left out.
    LeaveOut,
}

/// Lowers one file. Total: whatever the text, some IR comes back, and an error for what is missing in it.
///
/// The thread must have a stack of 64 MB: what nests too deep for that yields an empty IR and an error.
pub fn lower(text: &str, tests: TestCode) -> (SourceIr, Vec<SyntaxError>) {
    lower_with(text, tests, FunctionBodies::Read)
}

/// Lowers one file as [`lower()`] does, its functions' bodies only if wanted. What is wrong in a body that is left out is not told.
pub fn lower_with(text: &str, tests: TestCode, bodies: FunctionBodies) -> (SourceIr, Vec<SyntaxError>) {
    lower_with_macros(text, tests, bodies, &FxHashMap::default())
}

/// Lowers one file as [`lower_with`] does; it may call these macros of other files.
#[allow(clippy::implicit_hasher, reason = "there is one kind of map here")]
pub fn lower_with_macros(
    text: &str,
    tests: TestCode,
    bodies: FunctionBodies,
    macros: &FxHashMap<Symbol, ForeignMacro>,
) -> (SourceIr, Vec<SyntaxError>) {
    if u32::try_from(text.len()).is_err() {
        return (SourceIr::default(), vec![SyntaxError::at("the file is larger than 4 GB", Span::default())]);
    }
    let base = prologue(text);
    let reduced = match scan::scan(text, base, tests, bodies) {
        Scan::Text(reduced) => reduced,
        Scan::TooDeep(at) => return (SourceIr::default(), vec![too_deep(at)]),
    };
    if let Ok(mut ir) = lower_reduced(text, &reduced, macros) {
        directives::enter(&mut ir, &reduced.comments, text);
        return (ir, Vec::new());
    }
    if tests == TestCode::Trim {
        // The scan may have cut an item in the wrong place; without that the file may be sound.
        return lower_with_macros(text, TestCode::Keep, bodies, macros);
    }
    let recovered = recover::recover(text, base);
    let mut errors = recovered.errors;
    let rest = match scan::scan(&recovered.text, base, TestCode::Keep, FunctionBodies::Read) {
        Scan::Text(rest) => lower_reduced(text, &rest, macros).map(|mut ir| {
            directives::enter(&mut ir, &rest.comments, text);
            ir
        }),
        Scan::TooDeep(at) => Err(too_deep(at)),
    };
    let mut ir = rest.unwrap_or_else(|error| {
        errors.push(error);
        SourceIr::default()
    });
    // Where something is wrong, anything may mean another thing than it seems.
    ir.outline = outline::hash(&[text]);
    ir.layout = Layout::default();
    errors.sort_by_key(|error| error.span);
    (ir, errors)
}

fn too_deep(at: usize) -> SyntaxError {
    SyntaxError::at("the code nests too deep to be read", Span::new(at as u32, at as u32 + 1))
}

/// Parses with syn alone and drops the tree, to measure what [`lower()`] costs beside it. Says whether the text parses.
///
/// The thread must have a stack of 64 MB, and what nests too deep for that overflows it.
pub fn parse_only(text: &str) -> bool {
    let parses = syn::parse_file(text).is_ok();
    proc_macro2::extra::invalidate_current_thread_spans();
    parses
}

/// Texts longer than this, in bytes, are parsed in chunks.
const CHUNK: usize = 1 << 20;

/// Parses and lowers what the scan left of `text`.
fn lower_reduced(
    text: &str,
    reduced: &Reduced,
    macros: &FxHashMap<Symbol, ForeignMacro>,
) -> Result<SourceIr, SyntaxError> {
    let chunks = reduced.chunks(CHUNK);
    let mut result = lower_chunks(text, &chunks, &reduced.left_out, macros);
    if result.is_err() && chunks.len() > 1 {
        // Perhaps only a cut between chunks was wrong.
        result = lower_chunks(text, &[reduced.whole()], &reduced.left_out, macros);
    }
    result
}

fn lower_chunks(
    text: &str,
    chunks: &[Chunk<'_>],
    left_out: &[LeftOut],
    macros: &FxHashMap<Symbol, ForeignMacro>,
) -> Result<SourceIr, SyntaxError> {
    let macros = OwnMacros { foreign: Some(macros), ..OwnMacros::default() };
    let mut lowerer = Lowerer { left_out, macros, ..Lowerer::new(text) };
    for chunk in chunks {
        lowerer.spans = chunk.spans();
        let lowered = lowerer.chunk(chunk.text);
        // The tree is gone by now; this drops proc-macro2's copy of the text.
        proc_macro2::extra::invalidate_current_thread_spans();
        lowered?;
    }
    Ok(lowerer.finish(chunks))
}

/// The parser's message in our words.
fn complaint(error: &syn::Error) -> String {
    let message = error.to_string();
    if message.starts_with("cannot parse string into token stream") || message.starts_with("lex error") {
        return "not valid Rust: a quote or bracket is not closed, or a character does not belong here"
            .to_owned();
    }
    format!("this does not parse: {message}")
}

impl SyntaxError {
    fn at(message: &str, span: Span) -> Self {
        Self { message: message.to_owned(), span }
    }
}

/// The bytes before the first token that the parser must not see: a byte order mark, a shebang line, and the
/// `---` block of a script for cargo.
fn prologue(text: &str) -> usize {
    let mut base = 0;
    while text[base..].starts_with('\u{feff}') {
        base += '\u{feff}'.len_utf8();
    }
    let rest = &text[base..];
    if rest.starts_with("#!") && !rest[2..].trim_start().starts_with('[') {
        base += rest.find('\n').unwrap_or(rest.len());
    }
    base + frontmatter(&text[base..])
}

/// The length of a leading block between two lines of at least three dashes.
fn frontmatter(text: &str) -> usize {
    let start = text.len() - text.trim_start().len();
    let fence = text[start..].bytes().take_while(|byte| *byte == b'-').count();
    if fence < 3 {
        return 0;
    }
    let dashes = &text[start..start + fence];
    let mut at = start;
    for (number, line) in text[start..].split_inclusive('\n').enumerate() {
        at += line.len();
        if number > 0 && line.trim_end() == dashes {
            return at;
        }
    }
    0
}

/// Ids collected before they become a list.
type Ids<T> = SmallVec<[T; 8]>;

/// The walk over one file's syn tree.
struct Lowerer<'t> {
    text: &'t str,
    spans: SpanTable,
    /// The bodies that the parser did not get, in their order.
    left_out: &'t [LeftOut],
    ir: SourceIr,
    scopes: Scopes,
    /// The item whose content is being lowered.
    parent: Option<ItemId>,
    /// Whether that content is test code.
    in_test: bool,
    /// The macros of the workspace that may be called.
    macros: OwnMacros<'t>,
    /// How many expansions what is being lowered came out of.
    expanding: usize,
    /// How many tokens expansions had so far.
    expanded: usize,
    /// The bodies of functions that stand in the file as they are, with their functions.
    written_bodies: Vec<(ItemId, Span)>,
    /// The calls in the file of macros of the workspace.
    expanded_calls: Vec<Span>,
}

/// A macro of the workspace.
struct OwnMacro {
    /// None if its rules are not understood.
    rules: Option<Rc<Rules>>,
    /// What `$crate` means.
    krate: Symbol,
    /// It is declared in another file.
    is_foreign: bool,
}

/// The macros of the workspace by name.
#[derive(Default)]
struct OwnMacros<'t> {
    known: FxHashMap<Symbol, OwnMacro>,
    /// Those of other files, which are read once they are called.
    foreign: Option<&'t FxHashMap<Symbol, ForeignMacro>>,
}

/// A macro that is declared in another file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ForeignMacro {
    /// What stands between the braces of its `macro_rules!`.
    pub rules: Symbol,
    /// What `$crate` in it means in the file that calls it.
    pub krate: Symbol,
}

impl OwnMacros<'_> {
    fn declare(&mut self, name: Symbol, rules: Symbol) {
        let rules = Rules::of(rules);
        self.known.insert(name, OwnMacro { rules, krate: Symbol::new("crate"), is_foreign: false });
    }

    fn get(&mut self, name: Symbol) -> Option<OwnMacro> {
        if !self.known.contains_key(&name) {
            let foreign = self.foreign?.get(&name)?;
            let rules = Rules::of(foreign.rules);
            self.known.insert(name, OwnMacro { rules, krate: foreign.krate, is_foreign: true });
        }
        let OwnMacro { rules, krate, is_foreign } = self.known.get(&name)?;
        Some(OwnMacro { rules: rules.clone(), krate: *krate, is_foreign: *is_foreign })
    }
}

impl<'t> Lowerer<'t> {
    fn new(text: &'t str) -> Self {
        let (spans, ir) = (SpanTable::default(), SourceIr::default());
        Self {
            text,
            spans,
            left_out: &[],
            ir,
            scopes: Scopes::default(),
            parent: None,
            in_test: false,
            macros: OwnMacros::default(),
            expanding: 0,
            expanded: 0,
            written_bodies: Vec::new(),
            expanded_calls: Vec::new(),
        }
    }

    /// Parses and lowers a part of the file, whose spans are set.
    fn chunk(&mut self, text: &str) -> Result<(), SyntaxError> {
        let mut file: syn::File = syn::parse_str(text).map_err(|error| SyntaxError {
            message: complaint(&error),
            span: self.spans.span(error.span()),
        })?;
        self.file(&mut file);
        Ok(())
    }

    fn finish(self, chunks: &[Chunk<'_>]) -> SourceIr {
        let (outline, layout) = (self.outline(chunks), self.layout());
        let mut ir = self.ir;
        (ir.outline, ir.layout) = (outline, layout);
        ir.shrink_to_fit();
        ir
    }

    /// An identifier's name without `r#`, and its span.
    ///
    /// The name is read from the text, which is cheaper than to have proc-macro2 print it.
    fn ident(&self, ident: &Ident) -> (Symbol, Span) {
        if self.expanding > 0 {
            let name = ident.to_string();
            return (Symbol::new(name.strip_prefix("r#").unwrap_or(&name)), self.spans.span(ident.span()));
        }
        let start = self.spans.start(ident.span());
        let rest = self.text.get(start as usize..).unwrap_or_default().as_bytes();
        let prefix = if rest.starts_with(b"r#") { 2 } else { 0 };
        let name = rest[prefix..].iter().position(|byte| !is_word(*byte)).unwrap_or(rest.len() - prefix);
        let mut span = Span::new(start, start + (prefix + name) as u32);
        // Not every wide character is part of a name.
        if !rest[prefix..prefix + name].is_ascii() {
            span.end = self.spans.end(ident.span());
        }
        (Symbol::new(span.text(self.text).get(prefix..).unwrap_or_default()), span)
    }

    fn name(&self, ident: &Ident) -> Symbol {
        self.ident(ident).0
    }

    fn slice(&self, span: Span) -> &'t str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    fn add(&mut self, expr: Expr, span: Span) -> ExprId {
        let id = ExprId::from_index(self.ir.exprs.len());
        self.ir.exprs.push(expr);
        self.ir.expr_spans.push(span);
        id
    }

    fn expr_span(&self, id: ExprId) -> Span {
        self.ir.expr_spans[id.index()]
    }
}
