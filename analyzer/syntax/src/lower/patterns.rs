//! Patterns, and the locals they bind.

use smallvec::SmallVec;
use syn::Member;

use super::scope::Mark;
use super::{Ids, Lowerer};
use crate::{FieldPat, Id, Local, LocalId, Pat, PatId, Run, Span, Symbol, TypeRefId};

/// Whether a name met in a pattern may have been bound by an earlier alternative of the same pattern.
#[derive(Clone, Copy)]
enum Alternatives {
    First,
    Later(Mark),
}

impl Lowerer<'_> {
    pub(super) fn add_pat(&mut self, pat: Pat, span: Span) -> PatId {
        let id = PatId::from_index(self.ir.pats.len());
        self.ir.pats.push(pat);
        self.ir.pat_spans.push(span);
        id
    }

    pub(super) fn pat_span(&self, id: PatId) -> Span {
        self.ir.pat_spans[id.index()]
    }

    pub(super) fn add_local(&mut self, name: Symbol, span: Span) -> LocalId {
        let id = LocalId::from_index(self.ir.locals.len());
        self.ir.locals.push(Local { name, span });
        self.scopes.bind(name, id);
        id
    }

    /// A pattern; its names are visible from here on.
    pub(super) fn pat(&mut self, pat: &syn::Pat) -> PatId {
        self.pat_in(pat, Alternatives::First)
    }

    /// A pattern that may carry its type, as in `let x: T` and closures.
    pub(super) fn typed_pat(&mut self, pat: &syn::Pat) -> (PatId, Option<TypeRefId>) {
        let syn::Pat::Type(typed) = pat else { return (self.pat(pat), None) };
        let ty = self.ty(&typed.ty);
        (self.pat(&typed.pat), Some(ty))
    }

    /// `_`.
    pub(super) fn wild_pat(&mut self, span: Span) -> PatId {
        self.add_pat(Pat::Wild, span)
    }

    /// A tuple of patterns.
    pub(super) fn tuple_pat(&mut self, pats: &[PatId], span: Span) -> PatId {
        let pats = self.ir.lists.push(pats);
        self.add_pat(Pat::Tuple(pats), span)
    }

    fn pat_in(&mut self, pat: &syn::Pat, alternatives: Alternatives) -> PatId {
        match pat {
            syn::Pat::Ident(ident) => self.ident_pat(ident, alternatives),
            syn::Pat::Wild(wild) => {
                let span = self.spans.span(wild.underscore_token.spans[0]);
                self.add_pat(Pat::Wild, span)
            }
            syn::Pat::Rest(rest) => {
                let span = Span::new(
                    self.spans.start(rest.dot2_token.spans[0]),
                    self.spans.end(rest.dot2_token.spans[1]),
                );
                self.add_pat(Pat::Rest, span)
            }
            syn::Pat::Path(path) => {
                let (path, span) = self.path(path.qself.as_ref(), &path.path);
                self.add_pat(Pat::Path(path), span)
            }
            syn::Pat::Lit(literal) => {
                let (literal, span) = self.literal(&literal.lit);
                self.add_pat(Pat::Literal(literal), span)
            }
            syn::Pat::Range(range) => {
                let span = self.range_pat_span(range);
                self.add_pat(Pat::Range, span)
            }
            syn::Pat::Reference(reference) => {
                let inner = self.pat_in(&reference.pat, alternatives);
                let start = self.spans.start(reference.and_token.spans[0]);
                let span = Span::new(start, self.pat_span(inner).end);
                self.add_pat(Pat::Ref(inner), span)
            }
            syn::Pat::Tuple(tuple) => {
                let span = self.spans.delimited(tuple.paren_token.span);
                let elements = self.pats(tuple.elems.iter(), alternatives);
                let elements = self.ir.lists.push(&elements);
                self.add_pat(Pat::Tuple(elements), span)
            }
            syn::Pat::Slice(slice) => {
                let span = self.spans.delimited(slice.bracket_token.span);
                let elements = self.pats(slice.elems.iter(), alternatives);
                let elements = self.ir.lists.push(&elements);
                self.add_pat(Pat::Slice(elements), span)
            }
            syn::Pat::Or(or) => self.or_pat(or, alternatives),
            syn::Pat::Paren(paren) => {
                let span = self.spans.delimited(paren.paren_token.span);
                let inner = self.pat_in(&paren.pat, alternatives);
                self.ir.pat_spans[inner.index()] = span;
                inner
            }
            syn::Pat::TupleStruct(tuple) => {
                let (path, start) = self.path(tuple.qself.as_ref(), &tuple.path);
                let elements = self.pats(tuple.elems.iter(), alternatives);
                let pats = self.ir.lists.push(&elements);
                let span = Span::new(start.start, self.spans.close(tuple.paren_token.span));
                self.add_pat(Pat::TupleStruct { path, pats }, span)
            }
            syn::Pat::Struct(record) => self.struct_pat(record, alternatives),
            syn::Pat::Type(typed) => self.pat_in(&typed.pat, alternatives),
            syn::Pat::Guard(guarded) => self.pat_in(&guarded.pat, alternatives),
            syn::Pat::Macro(call) => {
                let span = self.macro_span(&call.mac);
                self.add_pat(Pat::Missing, span)
            }
            syn::Pat::Const(block) => {
                let span = self.spans.delimited(block.block.brace_token.span);
                self.add_pat(Pat::Missing, span)
            }
            syn::Pat::Verbatim(tokens) => self.verbatim_pat(tokens, alternatives),
            _ => self.add_pat(Pat::Missing, Span::default()),
        }
    }

    fn pats<'p>(
        &mut self,
        pats: impl Iterator<Item = &'p syn::Pat>,
        alternatives: Alternatives,
    ) -> Ids<PatId> {
        pats.map(|pat| self.pat_in(pat, alternatives)).collect()
    }

    fn ident_pat(&mut self, ident: &syn::PatIdent, alternatives: Alternatives) -> PatId {
        let (name, name_span) = self.ident(&ident.ident);
        let plain = ident.by_ref.is_none() && ident.mutability.is_none() && ident.subpat.is_none();
        if plain && name.as_str().starts_with(char::is_uppercase) {
            let path = self.name_path(name, name_span);
            return self.add_pat(Pat::Path(path), name_span);
        }
        let earlier = match alternatives {
            Alternatives::First => None,
            Alternatives::Later(mark) => self.scopes.bound_since(mark, name),
        };
        let local = earlier.unwrap_or_else(|| self.add_local(name, name_span));
        let sub = ident.subpat.as_ref().map(|(_, sub)| self.pat_in(sub, alternatives));
        let mut span = sub.map_or(name_span, |sub| name_span.cover(self.pat_span(sub)));
        if let Some(token) = &ident.mutability {
            span.start = self.spans.start(token.span);
        }
        if let Some(token) = &ident.by_ref {
            span.start = self.spans.start(token.span);
        }
        self.add_pat(Pat::Bind { local, sub }, span)
    }

    /// Alternatives bind the same locals.
    fn or_pat(&mut self, or: &syn::PatOr, alternatives: Alternatives) -> PatId {
        let mark = self.scopes.mark();
        let mut cases: Ids<PatId> = Ids::new();
        for case in &or.cases {
            let within = match alternatives {
                Alternatives::First if cases.is_empty() => Alternatives::First,
                Alternatives::First => Alternatives::Later(mark),
                later @ Alternatives::Later(_) => later,
            };
            cases.push(self.pat_in(case, within));
        }
        if let [only] = cases[..] {
            return only;
        }
        let span = cases.iter().map(|case| self.pat_span(*case)).reduce(Span::cover).unwrap_or_default();
        let cases = self.ir.lists.push(&cases);
        self.add_pat(Pat::Or(cases), span)
    }

    /// `box p`, which syn keeps as tokens.
    fn verbatim_pat(&mut self, tokens: &proc_macro2::TokenStream, alternatives: Alternatives) -> PatId {
        let span = self.tokens_span(tokens);
        let boxed = |input: syn::parse::ParseStream| {
            input.parse::<syn::Token![box]>()?;
            syn::Pat::parse_single(input)
        };
        match syn::parse::Parser::parse2(boxed, tokens.clone()) {
            Ok(pat) => {
                let inner = self.pat_in(&pat, alternatives);
                self.add_pat(Pat::Ref(inner), span)
            }
            Err(_) => self.add_pat(Pat::Missing, span),
        }
    }

    fn struct_pat(&mut self, record: &syn::PatStruct, alternatives: Alternatives) -> PatId {
        let (path, start) = self.path(record.qself.as_ref(), &record.path);
        let mut fields: SmallVec<[FieldPat; 8]> = SmallVec::new();
        for field in &record.fields {
            let (name, _) = self.member(&field.member);
            let pat = self.pat_in(&field.pat, alternatives);
            fields.push(FieldPat { name, pat });
        }
        let run = Run { start: self.ir.field_pats.len() as u32, len: fields.len() as u32 };
        self.ir.field_pats.extend(fields);
        let span = Span::new(start.start, self.spans.close(record.brace_token.span));
        self.add_pat(Pat::Struct { path, fields: run }, span)
    }

    /// A field's name and its span.
    pub(super) fn member(&self, member: &Member) -> (Symbol, Span) {
        match member {
            Member::Named(name) => self.ident(name),
            Member::Unnamed(index) => (Symbol::new(&index.index.to_string()), self.spans.span(index.span)),
        }
    }

    fn range_pat_span(&self, range: &syn::PatRange) -> Span {
        let limits = match &range.limits {
            syn::RangeLimits::HalfOpen(token) => [token.spans[0], token.spans[1]],
            syn::RangeLimits::Closed(token) => [token.spans[0], token.spans[2]],
        };
        let mut span = Span::new(self.spans.start(limits[0]), self.spans.end(limits[1]));
        for bound in [&range.start, &range.end].into_iter().flatten() {
            span = self.bound_span(bound).map_or(span, |bound| span.cover(bound));
        }
        span
    }

    /// The span of a range pattern's bound, which is a literal, a path or a block.
    fn bound_span(&self, bound: &syn::Expr) -> Option<Span> {
        match bound {
            syn::Expr::Lit(literal) => Some(self.spans.span(literal.lit.span())),
            syn::Expr::Path(path) => {
                let first = path.path.segments.first().map(|segment| self.ident(&segment.ident).1)?;
                let last = path.path.segments.last().map(|segment| self.ident(&segment.ident).1)?;
                Some(first.cover(last))
            }
            syn::Expr::Unary(unary) => self.bound_span(&unary.expr),
            syn::Expr::Const(block) => Some(self.spans.delimited(block.block.brace_token.span)),
            _ => None,
        }
    }
}
