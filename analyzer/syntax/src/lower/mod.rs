//! Source text to IR: the only place that knows syn.
//!
//! The text is scanned once for its nesting and for what need not be parsed, parsed, and lowered in one walk
//! over the syn tree; names of locals are resolved on the way. The tree and proc-macro2's copy of the text are
//! dropped before [`lower`] returns.

mod attributes;
mod expressions;
mod items;
mod literals;
mod macros;
mod patterns;
mod scope;
mod spans;
mod types;

use proc_macro2::Ident;
use smallvec::SmallVec;

use self::scope::Scopes;
use self::spans::SpanTable;
use crate::{Expr, ExprId, Id, ItemId, SourceIr, Span, Symbol};

/// Something in the text that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// Where.
    pub span: Span,
}

/// Whether test code is lowered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TestCode {
    /// It is lowered and its items are marked.
    Keep,
    /// It is blanked in the text before parsing, together with doc comments.
    Trim,
}

/// Lowers one file. Total: whatever the text, some IR comes back, and an error for what is missing in it.
pub fn lower(text: &str, tests: TestCode) -> (SourceIr, Vec<SyntaxError>) {
    let _ = tests;
    let base = prologue(text);
    let mut errors = Vec::new();
    let mut lowerer = Lowerer::new(text, SpanTable::new(&text[base..], base as u32));
    match syn::parse_str::<syn::File>(&text[base..]) {
        Ok(mut file) => lowerer.file(&mut file),
        Err(error) => {
            errors.push(SyntaxError { message: error.to_string(), span: lowerer.spans.span(error.span()) });
        }
    }
    let ir = lowerer.finish();
    proc_macro2::extra::invalidate_current_thread_spans();
    (ir, errors)
}

/// The bytes before the first token that the parser must not see: a byte order mark and a shebang line.
fn prologue(text: &str) -> usize {
    let mut base = 0;
    while text[base..].starts_with('\u{feff}') {
        base += '\u{feff}'.len_utf8();
    }
    let rest = &text[base..];
    if !rest.starts_with("#!") || rest[2..].trim_start().starts_with('[') {
        return base;
    }
    base + rest.find('\n').unwrap_or(rest.len())
}

/// Ids collected before they become a list.
type Ids<T> = SmallVec<[T; 8]>;

/// The walk over one file's syn tree.
struct Lowerer<'t> {
    text: &'t str,
    spans: SpanTable,
    ir: SourceIr,
    scopes: Scopes,
    /// The item whose content is being lowered.
    parent: Option<ItemId>,
    /// Whether that content is test code.
    in_test: bool,
}

impl<'t> Lowerer<'t> {
    fn new(text: &'t str, spans: SpanTable) -> Self {
        let ir = SourceIr::default();
        Self { text, spans, ir, scopes: Scopes::default(), parent: None, in_test: false }
    }

    fn finish(self) -> SourceIr {
        let mut ir = self.ir;
        ir.shrink_to_fit();
        ir
    }

    /// An identifier's name without `r#`, and its span.
    ///
    /// The name is read from the text, which is cheaper than to have proc-macro2 print it.
    fn ident(&self, ident: &Ident) -> (Symbol, Span) {
        let start = self.spans.start(ident.span());
        let rest = self.text.get(start as usize..).unwrap_or_default().as_bytes();
        let prefix = if rest.starts_with(b"r#") { 2 } else { 0 };
        let name = rest[prefix..].iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
        let length = prefix + name.unwrap_or(rest.len() - prefix);
        let wide = rest.get(length).is_some_and(|byte| !byte.is_ascii());
        let end = if wide { self.spans.end(ident.span()) } else { start + length as u32 };
        let span = Span::new(start, end);
        (Symbol::new(&span.text(self.text)[prefix..]), span)
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
