//! Macro calls.

pub(super) mod items;

use super::Lowerer;
use crate::{Expr, ExprId, Id, List, MacroCall, MacroId, Span, Symbol, sym};

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
        let span = self.macro_span(call);
        let path = self.joined(&call.path);
        self.opaque(path, span)
    }

    /// A macro call as a statement.
    pub(super) fn macro_stmt(&mut self, call: &mut syn::StmtMacro) -> ExprId {
        self.macro_expr(&mut call.mac)
    }

    fn opaque(&mut self, path: Symbol, span: Span) -> ExprId {
        let id = MacroId::from_index(self.ir.macros.len());
        self.ir.macros.push(MacroCall { path, args: List::EMPTY, text: sym::EMPTY, complete: false });
        self.add(Expr::Macro(id), span)
    }
}
