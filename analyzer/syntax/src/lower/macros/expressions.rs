//! Macros nobody knows: their tokens are read as expressions wherever they parse.

use syn::parse::{Parse, ParseStream};
use syn::{Block, Ident, Token, Type};

use super::{
    Call, Completeness, at_group, attempt, attempt_all, comma_separated, in_group, skip, skip_separator,
};
use crate::lower::Lowerer;
use crate::{BlockKind, Expr, ExprId};

/// How deep groups are searched for expressions.
const SEARCH_DEPTH: usize = 64;

/// What a macro's tokens were read as.
#[derive(Default)]
struct Reading {
    args: Vec<ExprId>,
    incomplete: bool,
}

impl Lowerer<'_> {
    /// Tries statements or separated expressions, and last whatever parses anywhere.
    pub(super) fn unknown_call(&mut self, call: &Call, input: ParseStream) -> ExprId {
        // What braces enclose is mostly statements; read as a list they would lose their bindings.
        let block_first = call.in_braces || input.peek(Token![let]);
        if block_first && let Some(id) = self.block_call(call, input) {
            return id;
        }
        if let Some(args) = attempt_all(input, separated) {
            return match self.format_like(call, args) {
                Ok(id) => id,
                Err(args) => self.macro_of(call, args),
            };
        }
        if !block_first && let Some(id) = self.block_call(call, input) {
            return id;
        }
        let mut reading = Reading::default();
        self.search(input, SEARCH_DEPTH, &mut reading);
        let completeness = if reading.incomplete { Completeness::Part } else { Completeness::All };
        self.add_macro(call, &reading.args, completeness)
    }

    fn macro_of(&mut self, call: &Call, args: Vec<syn::Expr>) -> ExprId {
        let args: Vec<ExprId> = args.into_iter().map(|mut arg| self.expr(&mut arg)).collect();
        self.add_macro(call, &args, Completeness::All)
    }

    /// The macro with statements as its one argument, if its tokens are statements.
    fn block_call(&mut self, call: &Call, input: ParseStream) -> Option<ExprId> {
        let mut stmts = attempt_all(input, statements)?;
        // A lone value is no block.
        if let [syn::Stmt::Expr(value, None)] = &mut stmts[..] {
            let value = self.expr(value);
            return Some(self.add_macro(call, &[value], Completeness::All));
        }
        let args =
            if stmts.is_empty() { None } else { Some(self.stmts(&mut stmts, BlockKind::Plain, call.inner)) };
        Some(self.add_macro(call, args.as_slice(), Completeness::All))
    }

    /// Reads every part between separators that is an expression, and looks into the groups of all others.
    fn search(&mut self, input: ParseStream, depth: usize, reading: &mut Reading) {
        let mut at_start = true;
        while !input.is_empty() {
            if at_start && self.part(input, reading) {
                at_start = false;
            } else if at_group(input) {
                self.search_group(input, depth, reading);
                at_start = true;
            } else {
                at_start = skip_separator(input);
                if !at_start {
                    reading.incomplete = true;
                    at_start = introduces(input);
                    skip(input);
                }
            }
        }
    }

    /// One part, if it is an expression or a type up to the next separator. A label before it is passed over.
    fn part(&mut self, input: ParseStream, reading: &mut Reading) -> bool {
        // An inline snapshot: `assert_snapshot!(value, @"text")`.
        if input.peek(Token![@]) {
            skip(input);
        }
        if input.peek(Ident) && input.peek2(Token![:]) && !input.peek2(Token![::]) {
            skip(input);
            skip(input);
        }
        if let Some(mut value) = attempt(input, |input| up_to_separator(input, syn::Expr::parse)) {
            let id = self.expr(&mut value);
            reading.args.push(id);
            return true;
        }
        let Some(ty) = attempt(input, |input| up_to_separator(input, Type::parse)) else { return false };
        let Type::Path(path) = &ty else { return true };
        let (path, span) = self.path(path.qself.as_ref(), &path.path);
        let id = self.add(Expr::Path(path), span);
        reading.args.push(id);
        true
    }

    fn search_group(&mut self, input: ParseStream, depth: usize, reading: &mut Reading) {
        let searched = in_group(input, |inner, delimiters| {
            if depth == 0 {
                reading.incomplete |= !inner.is_empty();
                return;
            }
            if let Some(values) = attempt_all(inner, comma_separated) {
                for mut value in values {
                    let id = self.expr(&mut value);
                    reading.args.push(id);
                }
                return;
            }
            if let Some(mut stmts) = attempt_all(inner, statements) {
                if stmts.is_empty() {
                    return;
                }
                let span = self.spans.delimited(delimiters);
                let id = self.stmts(&mut stmts, BlockKind::Plain, span);
                reading.args.push(id);
                return;
            }
            self.search(inner, depth - 1, reading);
        });
        if searched.is_none() {
            skip(input);
        }
    }
}

/// Statements, of which semicolons alone are none.
pub(super) fn statements(input: ParseStream) -> syn::Result<Vec<syn::Stmt>> {
    let mut stmts = Block::parse_within(input)?;
    stmts
        .retain(|stmt| !matches!(stmt, syn::Stmt::Expr(syn::Expr::Verbatim(tokens), _) if tokens.is_empty()));
    Ok(stmts)
}

/// Expressions between commas, semicolons and double arrows.
fn separated(input: ParseStream) -> syn::Result<Vec<syn::Expr>> {
    let mut values = Vec::new();
    while !input.is_empty() {
        values.push(input.parse()?);
        if !skip_separator(input) && !input.is_empty() {
            return Err(input.error("no separator"));
        }
    }
    Ok(values)
}

fn up_to_separator<T>(
    input: ParseStream,
    parse: impl FnOnce(ParseStream) -> syn::Result<T>,
) -> syn::Result<T> {
    let value = parse(input)?;
    if input.is_empty() || separates(input) || at_group(input) {
        Ok(value)
    } else {
        Err(input.error("more than an expression"))
    }
}

/// Whether what comes next is a keyword of a template language that an expression follows.
fn introduces(input: ParseStream) -> bool {
    input.peek(Token![for]) || input.peek(Token![in]) || input.peek(Token![if]) || input.peek(Token![match])
}

fn separates(input: ParseStream) -> bool {
    input.peek(Token![,]) || input.peek(Token![;]) || input.peek(Token![=>]) || input.peek(Token![=])
}
