//! Macro calls: the well-known ones by their meaning, all others by whatever their tokens parse as.
//!
//! The workspace's own `macro_rules!` are expanded by [`rules`], and what comes of it is lowered by the same walk
//! in the place of the call.

mod expressions;
mod format;
pub(super) mod items;
mod known;
pub(super) mod rules;
mod template;

use proc_macro2::TokenStream;
use proc_macro2::extra::DelimSpan;
use syn::parse::discouraged::Speculative;
use syn::parse::{Parse, ParseBuffer, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Token, token};

use super::Lowerer;
use crate::{BlockKind, Expr, ExprId, Id, MacroCall, MacroId, Span, Symbol, sym};

/// One macro call on its way into the IR.
struct Call {
    /// Its path, joined with `::`.
    path: Symbol,
    /// The last segment of the path.
    name: &'static str,
    /// The tokens between its delimiters.
    tokens: TokenStream,
    /// The whole call.
    span: Span,
    /// What stands between the delimiters.
    inner: Span,
    /// The delimiters are braces.
    in_braces: bool,
    /// What stands between the delimiters, where that is not to be found in the file.
    written: Option<Symbol>,
}

/// How deep expansions may nest.
const MOST_EXPANSIONS: usize = 24;
/// How many tokens all expansions of a file may have.
const MOST_EXPANDED: usize = 400_000;

impl Lowerer<'_> {
    /// A macro call's path, bang and content.
    pub(super) fn macro_span(&self, call: &syn::Macro) -> Span {
        let end = self.spans.close(*call.delimiter.span());
        let first = match (&call.path.leading_colon, call.path.segments.first()) {
            (Some(colons), _) => colons.spans[0],
            (None, Some(segment)) => segment.ident.span(),
            (None, None) => call.bang_token.spans[0],
        };
        Span::new(self.spans.start(first), end)
    }

    /// A macro call as an expression.
    pub(super) fn macro_expr(&mut self, call: &mut syn::Macro) -> ExprId {
        if let Some(tokens) = self.expansion(call)
            && let Some(id) = self.expanded_expr(tokens, call)
        {
            return id;
        }
        let call = self.call_of(call);
        self.expand(call)
    }

    /// A macro call as a statement. Those that declare things are items.
    pub(super) fn macro_stmt(&mut self, call: &mut syn::StmtMacro) -> ExprId {
        let declares = |name: &str| call.mac.path.segments.last().is_some_and(|last| last.ident == name);
        if declares("thread_local") || declares("lazy_static") || declares("bitflags") {
            let span = self.macro_span(&call.mac);
            let item = self.macro_call(&call.attrs, &mut call.mac, span);
            return self.add(Expr::Item(item), span);
        }
        self.macro_expr(&mut call.mac)
    }

    /// What a call of a macro of the workspace expands to.
    fn expansion(&mut self, call: &syn::Macro) -> Option<TokenStream> {
        if self.expanding >= MOST_EXPANSIONS || self.expanded > MOST_EXPANDED {
            return None;
        }
        let last = &call.path.segments.last()?.ident;
        let name = self.name(last);
        let own = self.macros.get(name);
        if own.as_ref().is_none_or(|own| own.is_foreign) {
            if call.path.segments.len() == 1 && is_well_known(name.as_str()) {
                return None;
            }
            if !self.ir.foreign_macros.contains(&name) {
                self.ir.foreign_macros.push(name);
            }
        }
        let own = own?;
        if self.expanding == 0 {
            let span = self.macro_span(call);
            self.expanded_calls.push(span);
        }
        let first = call.path.segments.first()?.ident.span();
        let span = first.join(call.delimiter.span().close()).unwrap_or(first);
        let tokens =
            own.rules.as_ref()?.expand(call.tokens.clone(), &rules::Place { span, krate: own.krate })?;
        self.expanded += tokens.len() + 1;
        Some(tokens.into_iter().collect())
    }

    /// Lowers something that an expansion yielded.
    pub(super) fn within_expansion<T>(&mut self, content: impl FnOnce(&mut Self) -> T) -> T {
        self.expanding += 1;
        let result = content(self);
        self.expanding -= 1;
        result
    }

    fn expanded_expr(&mut self, tokens: TokenStream, call: &syn::Macro) -> Option<ExprId> {
        let span = self.macro_span(call);
        let mut stmts = read(tokens, |input| attempt_all(input, expressions::statements))?;
        Some(self.within_expansion(|this| match &mut stmts[..] {
            [syn::Stmt::Expr(value, None)] => this.expr(value),
            stmts => this.stmts(stmts, BlockKind::Plain, span),
        }))
    }

    /// The statements that a macro called as one expands to.
    pub(super) fn expanded_stmts(&mut self, call: &syn::Macro) -> Option<Vec<syn::Stmt>> {
        let tokens = self.expansion(call)?;
        read(tokens, |input| attempt_all(input, expressions::statements))
    }

    /// The members that a macro called in an impl or trait expands to.
    pub(super) fn expanded_members<T: Parse>(&mut self, call: &syn::Macro) -> Option<Vec<T>> {
        let tokens = self.expansion(call)?;
        let members = |input: ParseStream| {
            let mut members = Vec::new();
            while !input.is_empty() {
                members.push(input.parse()?);
            }
            Ok(members)
        };
        read(tokens, |input| attempt_all(input, members))
    }

    /// The items that a macro called where items stand expands to.
    fn expanded_items(&mut self, call: &syn::Macro) -> Option<Vec<syn::Item>> {
        let tokens = self.expansion(call)?;
        let items = read(tokens, |input| attempt_all(input, items::items))?;
        // Of code that a build script makes, the call itself tells more.
        let includes =
            |item: &syn::Item| matches!(item, syn::Item::Macro(item) if item.mac.path.is_ident("include"));
        (!items.is_empty() && !items.iter().all(includes)).then_some(items)
    }

    fn call_of(&self, call: &mut syn::Macro) -> Call {
        let span = self.macro_span(call);
        let path = self.joined(&call.path);
        let outer = self.spans.delimited(*call.delimiter.span());
        let written = (self.expanding > 0).then(|| Symbol::new(&call.tokens.to_string()));
        Call {
            path,
            name: path.as_str().rsplit(':').next().unwrap_or_default(),
            tokens: std::mem::take(&mut call.tokens),
            span,
            inner: Span::new(outer.start + 1, outer.end.saturating_sub(1)),
            in_braces: matches!(call.delimiter, syn::MacroDelimiter::Brace(_)),
            written,
        }
    }

    fn expand(&mut self, mut call: Call) -> ExprId {
        // The tokens are given away: those that nobody else holds are not copied.
        let tokens = std::mem::take(&mut call.tokens);
        let expanded = read(tokens, |input| {
            let known = self.format_call(&call, input).or_else(|| self.known_call(&call, input));
            Some(known.unwrap_or_else(|| self.unknown_call(&call, input)))
        });
        expanded.unwrap_or_else(|| self.missing(call.span))
    }

    /// A macro call with its arguments.
    fn add_macro(&mut self, call: &Call, args: &[ExprId], completeness: Completeness) -> ExprId {
        self.add_macro_text(call, args, completeness, sym::EMPTY)
    }

    fn add_macro_text(
        &mut self,
        call: &Call,
        args: &[ExprId],
        completeness: Completeness,
        text: Symbol,
    ) -> ExprId {
        let args = self.ir.lists.push(args);
        let id = MacroId::from_index(self.ir.macros.len());
        let complete = completeness == Completeness::All;
        self.ir.macros.push(MacroCall { path: call.path, args, text, complete });
        self.add(Expr::Macro(id), call.span)
    }
}

/// Whether macros of this name come from crates that everybody uses, and what they mean is known here.
fn is_well_known(name: &str) -> bool {
    format::is_known(name) || known::is_known(name)
}

/// Whether every token of a macro was understood.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Completeness {
    All,
    Part,
}

/// Runs `parse` over `tokens`. What it leaves is no error.
fn read<T>(tokens: TokenStream, parse: impl FnOnce(ParseStream) -> Option<T>) -> Option<T> {
    let mut result = None;
    let parser = |input: ParseStream| {
        result = parse(input);
        Ok(())
    };
    // The only error there can be is about tokens that were left.
    let _ = parser.parse2(tokens);
    result
}

/// Skips one token tree; false at the end.
fn skip(input: ParseStream) -> bool {
    input
        .step(|cursor| match cursor.token_tree() {
            Some((_, rest)) => Ok((true, rest)),
            None => Ok((false, *cursor)),
        })
        .unwrap_or(false)
}

/// Skips `,`, `;`, `=>` or `=`; false if none of them comes next.
fn skip_separator(input: ParseStream) -> bool {
    if input.peek(Token![=>]) {
        return skip(input) && skip(input);
    }
    let single = input.peek(Token![,]) || input.peek(Token![;]) || input.peek(Token![=]);
    single && skip(input)
}

/// Parses a `T` if the input goes on with one, else leaves the input alone.
fn attempt<T>(input: ParseStream, parse: impl FnOnce(ParseStream) -> syn::Result<T>) -> Option<T> {
    let fork = input.fork();
    let value = parse(&fork).ok()?;
    input.advance_to(&fork);
    Some(value)
}

/// Parses a `T` if the rest of the input is one, else leaves the input alone.
fn attempt_all<T>(input: ParseStream, parse: impl FnOnce(ParseStream) -> syn::Result<T>) -> Option<T> {
    let fork = input.fork();
    let value = parse(&fork).ok().filter(|_| fork.is_empty())?;
    input.advance_to(&fork);
    Some(value)
}

/// `a, b, c`
fn comma_separated(input: ParseStream) -> syn::Result<Punctuated<syn::Expr, Token![,]>> {
    Punctuated::parse_terminated(input)
}

/// Whether the input goes on with a group.
fn at_group(input: ParseStream) -> bool {
    input.peek(token::Paren) || input.peek(token::Bracket) || input.peek(token::Brace)
}

/// The content of the group that comes next, given to `content`.
fn in_group<T>(input: ParseStream, content: impl FnOnce(ParseStream, DelimSpan) -> T) -> Option<T> {
    let (group, span) = open_group(input).ok()?;
    Some(content(&group, span))
}

fn open_group<'a>(input: &ParseBuffer<'a>) -> syn::Result<(ParseBuffer<'a>, DelimSpan)> {
    let group;
    let span = if input.peek(token::Paren) {
        syn::parenthesized!(group in input).span
    } else if input.peek(token::Bracket) {
        syn::bracketed!(group in input).span
    } else {
        syn::braced!(group in input).span
    };
    Ok((group, span))
}
