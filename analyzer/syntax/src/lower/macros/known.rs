//! Macros of std and of widespread crates whose meaning is plain expressions.

use syn::parse::{Parse, ParseStream};
use syn::{Ident, Lit, Pat, Token, token};

use super::{Call, Completeness, attempt, attempt_all, comma_separated, in_group, skip};
use crate::lower::{Ids, Lowerer};
use crate::{Arm, BinaryOp, BlockKind, Expr, ExprId, FieldInit, List, Literal, PatId, Span, Symbol, sym};

/// One arm of `select!`.
struct SelectArm {
    pat: Option<Pat>,
    future: Option<syn::Expr>,
    guard: Option<syn::Expr>,
    body: syn::Expr,
}

/// Whether a macro of this name is one of those known by their meaning.
pub(super) fn is_known(name: &str) -> bool {
    matches!(
        name,
        "vec"
            | "matches"
            | "json"
            | "concat"
            | "stringify"
            | "include_str"
            | "join"
            | "try_join"
            | "select"
            | "quote"
    )
}

impl Lowerer<'_> {
    /// The call by its meaning, if its macro has one known here and its arguments fit.
    pub(super) fn known_call(&mut self, call: &Call, input: ParseStream) -> Option<ExprId> {
        match call.name {
            "vec" | "smallvec" => self.vec_call(call, input),
            "matches" | "assert_matches" | "debug_assert_matches" => self.matches_call(call, input),
            "json" | "bson" | "doc" | "rawdoc" | "rawbson" => Some(self.json_call(call, input)),
            "context" => self.context_call(call, input),
            "concat" => self.concat_call(call, input),
            "stringify" | "file" | "line" | "column" | "module_path" | "env" | "option_env"
            | "include_str" | "include_bytes" | "include" | "concat_bytes" => {
                Some(self.text_call(call, input))
            }
            "join" | "try_join" => self.join_call(call, input),
            "select" | "select_biased" => self.select_call(call, input),
            // Code that is made, not run.
            "quote" | "quote_spanned" | "parse_quote" | "parse_quote_spanned" => {
                Some(self.add_macro(call, &[], Completeness::Part))
            }
            _ => None,
        }
    }

    /// `vec![a, b]`, `vec![value; len]`.
    fn vec_call(&mut self, call: &Call, input: ParseStream) -> Option<ExprId> {
        let (elements, len) = attempt_all(input, elements)?;
        let elements: Ids<ExprId> = elements.into_iter().map(|mut element| self.expr(&mut element)).collect();
        if let Some(mut len) = len {
            let value = *elements.first()?;
            let len = self.expr(&mut len);
            return Some(self.add(Expr::Repeat { value, len }, call.span));
        }
        let elements = self.ir.lists.push(&elements);
        Some(self.add(Expr::Array(elements), call.span))
    }

    /// `matches!(e, p if g)` as `let p = e && g`.
    fn matches_call(&mut self, call: &Call, input: ParseStream) -> Option<ExprId> {
        let (mut scrutinee, pat, guard) = attempt(input, |input| {
            let scrutinee: syn::Expr = input.parse()?;
            input.parse::<Token![,]>()?;
            let pat = Pat::parse_multi_with_leading_vert(input)?;
            let guard = if input.peek(Token![if]) {
                input.parse::<Token![if]>()?;
                Some(input.parse::<syn::Expr>()?)
            } else {
                None
            };
            Ok((scrutinee, pat, guard))
        })?;
        let scrutinee = self.expr(&mut scrutinee);
        let mark = self.scopes.mark();
        let pat = self.pat(&pat);
        let condition = self.add(Expr::Let { pat, scrutinee }, call.span);
        let guard = guard.map(|mut guard| self.expr(&mut guard));
        self.scopes.close(mark);
        let Some(rhs) = guard else { return Some(condition) };
        Some(self.add(Expr::Binary { op: BinaryOp::And, lhs: condition, rhs }, call.span))
    }

    /// `concat!` of literals as the text it makes.
    fn concat_call(&mut self, call: &Call, input: ParseStream) -> Option<ExprId> {
        let mut parts = attempt_all(input, comma_separated)?;
        if let Some(text) = self.concat(parts.iter()) {
            return Some(self.text_expr(&text.text, call.span));
        }
        let args: Ids<ExprId> = parts.iter_mut().map(|part| self.expr(part)).collect();
        let text = call.written.unwrap_or_else(|| Symbol::new(self.slice(call.inner).trim()));
        Some(self.add_macro_text(call, &args, Completeness::All, text))
    }

    /// A macro that reads a file or makes a constant: its text as written is what counts.
    fn text_call(&mut self, call: &Call, input: ParseStream) -> ExprId {
        let args = match call.name {
            "stringify" => None,
            _ => attempt_all(input, comma_separated),
        };
        let args: Ids<ExprId> = args.into_iter().flatten().map(|mut arg| self.expr(&mut arg)).collect();
        let text = call.written.unwrap_or_else(|| Symbol::new(self.slice(call.inner).trim()));
        self.add_macro_text(call, &args, Completeness::All, text)
    }

    /// `join!(a, b)` as `(a.await, b.await)`, `try_join!(a, b)` as `async { Ok((a.await?, b.await?)) }.await`.
    fn join_call(&mut self, call: &Call, input: ParseStream) -> Option<ExprId> {
        skip_biased(input);
        let futures = attempt_all(input, comma_separated)?;
        let mut values = Ids::new();
        for mut future in futures {
            let future = self.expr(&mut future);
            let span = self.expr_span(future);
            let value = self.add(Expr::Await(future), span);
            values.push(if call.name == "join" { value } else { self.add(Expr::Try(value), span) });
        }
        let values = self.ir.lists.push(&values);
        let tuple = self.add(Expr::Tuple(values), call.span);
        if call.name == "join" {
            return Some(tuple);
        }
        // The first failure ends the macro, not the function around it.
        let tail = Some(self.ok_call(tuple));
        let block = Expr::Block { kind: BlockKind::Async, stmts: List::EMPTY, tail };
        let block = self.add(block, call.span);
        Some(self.add(Expr::Await(block), call.span))
    }

    // select!

    /// `select! { p = f => e, q = g => h }` as `match (f.await, g.await) { (p, _) => e, (_, q) => h }`.
    fn select_call(&mut self, call: &Call, input: ParseStream) -> Option<ExprId> {
        skip_biased(input);
        let mut read = attempt_all(input, select_arms)?;
        let mut futures = Ids::new();
        for arm in &mut read {
            let Some(future) = &mut arm.future else { continue };
            let future = self.expr(future);
            let span = self.expr_span(future);
            futures.push(self.add(Expr::Await(future), span));
        }
        let count = futures.len();
        let futures = self.ir.lists.push(&futures);
        let scrutinee = self.add(Expr::Tuple(futures), call.span);
        let mut arms = Vec::with_capacity(read.len());
        let mut position = 0;
        for mut arm in read {
            let mark = self.scopes.mark();
            let pat = self.select_pat(&arm, position, count, call.span);
            position += usize::from(arm.future.is_some());
            let guard = arm.guard.as_mut().map(|guard| self.expr(guard));
            let body = self.expr(&mut arm.body);
            self.scopes.close(mark);
            arms.push(Arm { pat, guard, body });
        }
        let arms = self.arm_run(&arms);
        Some(self.add(Expr::Match { scrutinee, arms }, call.span))
    }

    fn select_pat(&mut self, arm: &SelectArm, position: usize, count: usize, span: Span) -> PatId {
        let Some(pat) = &arm.pat else { return self.wild_pat(span) };
        let pats: Ids<PatId> =
            (0..count).map(|at| if at == position { self.pat(pat) } else { self.wild_pat(span) }).collect();
        self.tuple_pat(&pats, span)
    }

    // json!

    /// `json!({ "a": [b, c] })` as records and arrays.
    fn json_call(&mut self, call: &Call, input: ParseStream) -> ExprId {
        // `doc!` and its like have the object's braces as their own.
        if matches!(call.name, "doc" | "rawdoc") {
            return self.json_fields(input, call.span);
        }
        let value = self.json_value(input, call.span);
        self.ir.expr_spans[value.index()] = call.span;
        value
    }

    /// `context! { name: value, other => value, short }`: the values for a template.
    fn context_call(&mut self, call: &Call, input: ParseStream) -> Option<ExprId> {
        let fields = attempt_all(input, |input| {
            let mut fields: Vec<(Ident, Option<syn::Expr>)> = Vec::new();
            while !input.is_empty() {
                if input.peek(Token![..]) {
                    input.parse::<Token![..]>()?;
                    input.parse::<syn::Expr>()?;
                } else {
                    let name: Ident = input.parse()?;
                    let has_value = input.parse::<Option<Token![=>]>>()?.is_some()
                        || input.parse::<Option<Token![:]>>()?.is_some();
                    let value = if has_value { Some(input.parse()?) } else { None };
                    fields.push((name, value));
                }
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(fields)
        })?;
        let mut inits = Vec::with_capacity(fields.len());
        for (name, value) in fields {
            let symbol = Symbol::new(&name.to_string());
            let mut value = value.unwrap_or_else(|| path_of(name));
            let value = self.expr(&mut value);
            inits.push(FieldInit { name: symbol, value });
        }
        let fields = self.field_run(&inits);
        Some(self.add(Expr::Record(fields), call.span))
    }

    fn json_value(&mut self, input: ParseStream, span: Span) -> ExprId {
        if input.peek(token::Brace) {
            let value = in_group(input, |inner, braces| {
                let span = self.spans.delimited(braces);
                self.json_fields(inner, span)
            });
            return value.unwrap_or_else(|| self.missing(span));
        }
        if input.peek(token::Bracket) && ends_value(input) {
            let value = in_group(input, |inner, brackets| {
                let span = self.spans.delimited(brackets);
                self.json_elements(inner, span)
            });
            return value.unwrap_or_else(|| self.missing(span));
        }
        if let Some((name, rest)) = input.cursor().ident()
            && name == "null"
            && (rest.eof() || rest.punct().is_some_and(|(punct, _)| punct.as_char() == ','))
        {
            skip(input);
            let span = self.spans.span(name.span());
            return self.add(Expr::Tuple(List::EMPTY), span);
        }
        if let Some(mut value) = attempt(input, syn::Expr::parse) {
            return self.expr(&mut value);
        }
        while !input.is_empty() && !input.peek(Token![,]) && skip(input) {}
        self.missing(span)
    }

    fn json_elements(&mut self, input: ParseStream, span: Span) -> ExprId {
        let mut elements = Ids::new();
        while !input.is_empty() {
            if input.peek(Token![,]) {
                skip(input);
                continue;
            }
            elements.push(self.json_value(input, span));
            if !input.is_empty() && !input.peek(Token![,]) && !skip(input) {
                break;
            }
        }
        let elements = self.ir.lists.push(&elements);
        self.add(Expr::Array(elements), span)
    }

    fn json_fields(&mut self, input: ParseStream, span: Span) -> ExprId {
        let mut fields: Vec<FieldInit> = Vec::new();
        while !input.is_empty() {
            if input.peek(Token![,]) {
                skip(input);
                continue;
            }
            let name = self.json_key(input);
            while !input.is_empty() && !input.peek(Token![:]) && skip(input) {}
            skip(input);
            let value = self.json_value(input, span);
            fields.push(FieldInit { name, value });
        }
        let fields = self.field_run(&fields);
        self.add(Expr::Record(fields), span)
    }

    /// A key that is a literal or a name; empty for an expression.
    fn json_key(&mut self, input: ParseStream) -> Symbol {
        if !input.peek(Lit) {
            return sym::EMPTY;
        }
        let Some(literal) = attempt(input, Lit::parse) else { return sym::EMPTY };
        match self.literal(&literal).0 {
            Literal::Str(text) | Literal::Int(text) => text,
            _ => sym::EMPTY,
        }
    }
}

/// A variable.
fn path_of(name: Ident) -> syn::Expr {
    syn::Expr::Path(syn::ExprPath { attrs: Vec::new(), qself: None, path: name.into() })
}

/// `a, b` or `value; len`.
fn elements(input: ParseStream) -> syn::Result<(Vec<syn::Expr>, Option<syn::Expr>)> {
    let mut elements = Vec::new();
    while !input.is_empty() {
        elements.push(input.parse()?);
        if elements.len() == 1 && input.peek(Token![;]) {
            input.parse::<Token![;]>()?;
            return Ok((elements, Some(input.parse()?)));
        }
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok((elements, None))
}

/// `biased;` before the futures.
fn skip_biased(input: ParseStream) {
    if !input.peek(Ident) || !input.peek2(Token![;]) {
        return;
    }
    attempt(input, |input| {
        let name: Ident = input.parse()?;
        input.parse::<Token![;]>()?;
        if name == "biased" { Ok(()) } else { Err(input.error("no option")) }
    });
}

/// Whether the group that comes next is all of a JSON value.
fn ends_value(input: ParseStream) -> bool {
    input
        .cursor()
        .any_group()
        .is_some_and(|(.., rest)| rest.eof() || rest.punct().is_some_and(|(punct, _)| punct.as_char() == ','))
}

fn select_arms(input: ParseStream) -> syn::Result<Vec<SelectArm>> {
    let mut arms = Vec::new();
    while !input.is_empty() {
        arms.push(select_arm(input)?);
        if input.peek(Token![,]) {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(arms)
}

fn select_arm(input: ParseStream) -> syn::Result<SelectArm> {
    let (pat, future) = select_head(input)?;
    let guard = if input.peek(Token![,]) && input.peek2(Token![if]) {
        input.parse::<Token![,]>()?;
        input.parse::<Token![if]>()?;
        Some(input.parse()?)
    } else {
        None
    };
    input.parse::<Token![=>]>()?;
    let body = if input.peek(token::Brace) { syn::Expr::Block(input.parse()?) } else { input.parse()? };
    Ok(SelectArm { pat, future, guard, body })
}

/// `pat = future`, `else`, `complete`, `default`, `recv(channel) -> pat`.
fn select_head(input: ParseStream) -> syn::Result<(Option<Pat>, Option<syn::Expr>)> {
    if input.peek(Token![else]) {
        input.parse::<Token![else]>()?;
        return Ok((None, None));
    }
    if input.peek(Ident) && (input.peek2(Token![=>]) || input.peek2(token::Paren) && input.peek3(Token![=>]))
    {
        input.parse::<Ident>()?;
        if input.peek(token::Paren) {
            skip(input);
        }
        return Ok((None, None));
    }
    if input.peek(Ident) && input.peek2(token::Paren) && input.peek3(Token![->]) {
        input.parse::<Ident>()?;
        let channel;
        syn::parenthesized!(channel in input);
        let channel = comma_separated(&channel)?.into_iter().next();
        input.parse::<Token![->]>()?;
        return Ok((Some(Pat::parse_single(input)?), channel));
    }
    let pat = Pat::parse_multi_with_leading_vert(input)?;
    input.parse::<Token![=]>()?;
    Ok((Some(pat), Some(input.parse()?)))
}
