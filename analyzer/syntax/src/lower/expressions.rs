//! Expressions, statements and blocks.

use smallvec::SmallVec;
use syn::punctuated::Punctuated;
use syn::{Stmt, Token};

use super::{Ids, Lowerer};
use crate::{
    Arm, BinaryOp, BlockKind, Closure, ClosureId, Expr, ExprId, FieldInit, Id, List, Literal, MacroCall,
    MacroId, PatId, Run, Span, Symbol, UnaryOp, sym,
};

impl Lowerer<'_> {
    /// Any expression.
    pub(super) fn expr(&mut self, expr: &mut syn::Expr) -> ExprId {
        match expr {
            syn::Expr::Path(path) => self.path_expr(path),
            syn::Expr::MethodCall(call) => self.method_call(call),
            syn::Expr::Call(call) => self.call(call),
            syn::Expr::Lit(literal) => self.literal_expr(&literal.lit),
            syn::Expr::Field(field) => self.field_expr(field),
            syn::Expr::Reference(reference) => self.reference(reference),
            syn::Expr::Macro(call) => self.macro_expr(&mut call.mac),
            syn::Expr::Try(attempt) => self.try_expr(attempt),
            syn::Expr::Await(awaited) => self.await_expr(awaited),
            syn::Expr::Struct(record) => self.struct_expr(record),
            syn::Expr::Closure(closure) => self.closure(closure),
            syn::Expr::Binary(binary) => self.binary(binary),
            syn::Expr::Block(block) => self.block(&mut block.block, BlockKind::Plain),
            syn::Expr::If(condition) => self.if_expr(condition),
            syn::Expr::Match(choice) => self.match_expr(choice),
            syn::Expr::Paren(paren) => self.paren(paren),
            syn::Expr::Unary(unary) => self.unary(unary),
            syn::Expr::Tuple(tuple) => self.tuple(tuple),
            syn::Expr::Return(value) => self.return_expr(value),
            syn::Expr::Let(condition) => self.let_condition(condition),
            syn::Expr::Assign(assign) => self.assign(assign),
            syn::Expr::Index(index) => self.index(index),
            syn::Expr::Async(block) => {
                let start = self.spans.start(block.async_token.span);
                self.block_from(start, &mut block.block, BlockKind::Async)
            }
            syn::Expr::ForLoop(repeat) => self.for_loop(repeat),
            syn::Expr::While(repeat) => self.while_loop(repeat),
            syn::Expr::Loop(repeat) => self.endless_loop(repeat),
            syn::Expr::Array(array) => self.array(array),
            syn::Expr::Repeat(repeat) => self.repeat(repeat),
            syn::Expr::Range(range) => self.range(range),
            syn::Expr::Cast(cast) => self.cast(cast),
            syn::Expr::Break(value) => self.break_expr(value),
            syn::Expr::Continue(value) => {
                let mut span = self.spans.span(value.continue_token.span);
                span.end = value.label.as_ref().map_or(span.end, |label| self.spans.end(label.ident.span()));
                self.add(Expr::Continue, span)
            }
            syn::Expr::Yield(value) => {
                let start = self.spans.span(value.yield_token.span);
                let value = value.expr.as_mut().map(|value| self.expr(value));
                self.add_after(start, value, Expr::Return(value))
            }
            syn::Expr::Unsafe(block) => {
                let start = self.spans.start(block.unsafe_token.span);
                self.block_from(start, &mut block.block, BlockKind::Unsafe)
            }
            syn::Expr::Const(block) => {
                let start = self.spans.start(block.const_token.span);
                self.block_from(start, &mut block.block, BlockKind::Const)
            }
            syn::Expr::TryBlock(block) => {
                let start = self.spans.start(block.try_token.span);
                self.block_from(start, &mut block.block, BlockKind::Plain)
            }
            syn::Expr::RawAddr(address) => {
                let operand = self.expr(&mut address.expr);
                let mutable = matches!(address.mutability, syn::PointerMutability::Mut(_));
                let start = self.spans.start(address.and_token.spans[0]);
                self.add_from(start, operand, Expr::Ref { mutable, operand })
            }
            syn::Expr::Group(group) => self.expr(&mut group.expr),
            syn::Expr::Infer(infer) => {
                let span = self.spans.span(infer.underscore_token.spans[0]);
                self.missing(span)
            }
            syn::Expr::Verbatim(tokens) => {
                let span = self.tokens_span(tokens);
                self.missing(span)
            }
            _ => self.missing(Span::default()),
        }
    }

    /// The span of tokens as they stand in the file.
    pub(super) fn tokens_span(&self, tokens: &proc_macro2::TokenStream) -> Span {
        let mut tokens = tokens.clone().into_iter();
        let Some(first) = tokens.next().map(|token| self.spans.span(token.span())) else {
            return Span::default();
        };
        tokens.last().map_or(first, |last| first.cover(self.spans.span(last.span())))
    }

    /// An expression that begins at `start` and ends with `last`.
    fn add_from(&mut self, start: u32, last: ExprId, expr: Expr) -> ExprId {
        let span = Span::new(start, self.expr_span(last).end);
        self.add(expr, span)
    }

    /// An expression that begins with a keyword and may have a value after it.
    fn add_after(&mut self, keyword: Span, value: Option<ExprId>, expr: Expr) -> ExprId {
        let span = value.map_or(keyword, |value| keyword.cover(self.expr_span(value)));
        self.add(expr, span)
    }

    fn exprs(&mut self, exprs: &mut Punctuated<syn::Expr, Token![,]>) -> List<ExprId> {
        let ids: Ids<ExprId> = exprs.iter_mut().map(|expr| self.expr(expr)).collect();
        self.ir.lists.push(&ids)
    }

    /// A name: a local if one is visible, else a path.
    pub(super) fn name_expr(&mut self, name: crate::Symbol, span: Span) -> ExprId {
        if let Some(local) = self.scopes.get(name) {
            return self.add(Expr::Local(local), span);
        }
        let path = self.name_path(name, span);
        self.add(Expr::Path(path), span)
    }

    fn path_expr(&mut self, path: &syn::ExprPath) -> ExprId {
        if path.qself.is_none()
            && let Some(name) = path.path.get_ident()
        {
            let (name, span) = self.ident(name);
            return self.name_expr(name, span);
        }
        let (path, span) = self.path(path.qself.as_ref(), &path.path);
        self.add(Expr::Path(path), span)
    }

    fn literal_expr(&mut self, literal: &syn::Lit) -> ExprId {
        let (literal, span) = self.literal(literal);
        self.add(Expr::Literal(literal), span)
    }

    /// A string as an expression.
    pub(super) fn text_expr(&mut self, text: &str, span: Span) -> ExprId {
        self.add(Expr::Literal(Literal::Str(crate::Symbol::new(text))), span)
    }

    fn method_call(&mut self, call: &mut syn::ExprMethodCall) -> ExprId {
        let receiver = self.expr(&mut call.receiver);
        let method = self.name(&call.method);
        let generics = call.turbofish.as_ref().map_or(List::EMPTY, |generics| self.turbofish(generics));
        let args = self.exprs(&mut call.args);
        let span = Span::new(self.expr_span(receiver).start, self.spans.close(call.paren_token.span));
        self.add(Expr::MethodCall { receiver, method, args, generics }, span)
    }

    fn call(&mut self, call: &mut syn::ExprCall) -> ExprId {
        let callee = self.expr(&mut call.func);
        let args = self.exprs(&mut call.args);
        let span = Span::new(self.expr_span(callee).start, self.spans.close(call.paren_token.span));
        self.add(Expr::Call { callee, args }, span)
    }

    fn field_expr(&mut self, field: &mut syn::ExprField) -> ExprId {
        let base = self.expr(&mut field.base);
        let (name, name_span) = self.member(&field.member);
        let span = Span::new(self.expr_span(base).start, name_span.end);
        self.add(Expr::Field { base, name }, span)
    }

    fn index(&mut self, index: &mut syn::ExprIndex) -> ExprId {
        let base = self.expr(&mut index.expr);
        let at = self.expr(&mut index.index);
        let span = Span::new(self.expr_span(base).start, self.spans.close(index.bracket_token.span));
        self.add(Expr::Index { base, index: at }, span)
    }

    fn reference(&mut self, reference: &mut syn::ExprReference) -> ExprId {
        let operand = self.expr(&mut reference.expr);
        let start = self.spans.start(reference.and_token.spans[0]);
        self.add_from(start, operand, Expr::Ref { mutable: reference.mutability.is_some(), operand })
    }

    fn unary(&mut self, unary: &mut syn::ExprUnary) -> ExprId {
        let operand = self.expr(&mut unary.expr);
        let (op, token) = match &unary.op {
            syn::UnOp::Deref(token) => (UnaryOp::Deref, token.spans[0]),
            syn::UnOp::Not(token) => (UnaryOp::Not, token.spans[0]),
            syn::UnOp::Neg(token) => (UnaryOp::Neg, token.spans[0]),
            _ => return operand,
        };
        let start = self.spans.start(token);
        self.add_from(start, operand, Expr::Unary { op, operand })
    }

    /// The inner expression, which takes the span with the parentheses so that what is built of it fits the text.
    fn paren(&mut self, paren: &mut syn::ExprParen) -> ExprId {
        let inner = self.expr(&mut paren.expr);
        self.ir.expr_spans[inner.index()] = self.spans.delimited(paren.paren_token.span);
        inner
    }

    fn try_expr(&mut self, attempt: &mut syn::ExprTry) -> ExprId {
        let operand = self.expr(&mut attempt.expr);
        let end = self.spans.end(attempt.question_token.spans[0]);
        let span = Span::new(self.expr_span(operand).start, end);
        self.add(Expr::Try(operand), span)
    }

    fn await_expr(&mut self, awaited: &mut syn::ExprAwait) -> ExprId {
        let operand = self.expr(&mut awaited.base);
        let end = self.spans.end(awaited.await_token.span);
        let span = Span::new(self.expr_span(operand).start, end);
        self.add(Expr::Await(operand), span)
    }

    fn cast(&mut self, cast: &mut syn::ExprCast) -> ExprId {
        let operand = self.expr(&mut cast.expr);
        let ty = self.ty(&cast.ty);
        let span = Span::new(self.expr_span(operand).start, self.type_span(ty).end);
        self.add(Expr::Cast { operand, ty }, span)
    }

    /// A chain `a + b + c` leans to the left and can be very long: it is walked in a loop.
    fn binary(&mut self, binary: &mut syn::ExprBinary) -> ExprId {
        let mut pending = SmallVec::<[(&mut syn::Expr, &syn::BinOp); 4]>::new();
        let mut current = binary;
        let mut lhs = loop {
            pending.push((&mut *current.right, &current.op));
            match &mut *current.left {
                syn::Expr::Binary(inner) => current = inner,
                first => break self.expr(first),
            }
        };
        while let Some((right, op)) = pending.pop() {
            let rhs = self.expr(right);
            let span = self.expr_span(lhs).cover(self.expr_span(rhs));
            let expr = match operator(op) {
                Operator::Plain(op) => Expr::Binary { op, lhs, rhs },
                Operator::Compound(op) => Expr::Assign { op: Some(op), lhs, rhs },
            };
            lhs = self.add(expr, span);
        }
        lhs
    }

    fn assign(&mut self, assign: &mut syn::ExprAssign) -> ExprId {
        let lhs = self.expr(&mut assign.left);
        let rhs = self.expr(&mut assign.right);
        let span = self.expr_span(lhs).cover(self.expr_span(rhs));
        self.add(Expr::Assign { op: None, lhs, rhs }, span)
    }

    fn range(&mut self, range: &mut syn::ExprRange) -> ExprId {
        let start = range.start.as_mut().map(|start| self.expr(start));
        let end = range.end.as_mut().map(|end| self.expr(end));
        let (inclusive, first, last) = match &range.limits {
            syn::RangeLimits::HalfOpen(token) => (false, token.spans[0], token.spans[1]),
            syn::RangeLimits::Closed(token) => (true, token.spans[0], token.spans[2]),
        };
        let mut span = Span::new(self.spans.start(first), self.spans.end(last));
        for bound in [start, end].into_iter().flatten() {
            span = span.cover(self.expr_span(bound));
        }
        self.add(Expr::Range { start, end, inclusive }, span)
    }

    fn tuple(&mut self, tuple: &mut syn::ExprTuple) -> ExprId {
        let span = self.spans.delimited(tuple.paren_token.span);
        let elements = self.exprs(&mut tuple.elems);
        self.add(Expr::Tuple(elements), span)
    }

    fn array(&mut self, array: &mut syn::ExprArray) -> ExprId {
        let span = self.spans.delimited(array.bracket_token.span);
        let elements = self.exprs(&mut array.elems);
        self.add(Expr::Array(elements), span)
    }

    fn repeat(&mut self, repeat: &mut syn::ExprRepeat) -> ExprId {
        let span = self.spans.delimited(repeat.bracket_token.span);
        let value = self.expr(&mut repeat.expr);
        let len = self.expr(&mut repeat.len);
        self.add(Expr::Repeat { value, len }, span)
    }

    fn struct_expr(&mut self, record: &mut syn::ExprStruct) -> ExprId {
        let (path, path_span) = self.path(record.qself.as_ref(), &record.path);
        let mut fields: SmallVec<[FieldInit; 8]> = SmallVec::new();
        for field in &mut record.fields {
            let (name, _) = self.member(&field.member);
            let value = self.expr(&mut field.expr);
            fields.push(FieldInit { name, value });
        }
        let fields = self.field_run(&fields);
        let rest = record.rest.as_mut().map(|rest| self.expr(rest));
        let span = Span::new(path_span.start, self.spans.close(record.brace_token.span));
        self.add(Expr::Struct { path, fields, rest }, span)
    }

    pub(super) fn field_run(&mut self, fields: &[FieldInit]) -> Run {
        let run = Run { start: self.ir.field_inits.len() as u32, len: fields.len() as u32 };
        self.ir.field_inits.extend_from_slice(fields);
        run
    }

    // Control flow

    fn return_expr(&mut self, value: &mut syn::ExprReturn) -> ExprId {
        let keyword = self.spans.span(value.return_token.span);
        let value = value.expr.as_mut().map(|value| self.expr(value));
        self.add_after(keyword, value, Expr::Return(value))
    }

    fn break_expr(&mut self, value: &mut syn::ExprBreak) -> ExprId {
        let mut keyword = self.spans.span(value.break_token.span);
        if let Some(label) = &value.label {
            keyword.end = self.spans.end(label.ident.span());
        }
        let value = value.expr.as_mut().map(|value| self.expr(value));
        self.add_after(keyword, value, Expr::Break(value))
    }

    /// `let p = e` as a condition: `p`'s names are visible from here to the end of the enclosing scope.
    fn let_condition(&mut self, condition: &mut syn::ExprLet) -> ExprId {
        let scrutinee = self.expr(&mut condition.expr);
        let pat = self.pat(&condition.pat);
        let start = self.spans.start(condition.let_token.span);
        self.add_from(start, scrutinee, Expr::Let { pat, scrutinee })
    }

    /// The `else if`s of a chain are walked in a loop: a chain can be very long.
    fn if_expr(&mut self, condition: &mut syn::ExprIf) -> ExprId {
        let mut pending: SmallVec<[(u32, ExprId, ExprId); 2]> = SmallVec::new();
        let mut current = condition;
        let mut otherwise = loop {
            let start = self.spans.start(current.if_token.span);
            let mark = self.scopes.mark();
            let cond = self.expr(&mut current.cond);
            let then = self.block(&mut current.then_branch, BlockKind::Plain);
            self.scopes.close(mark);
            pending.push((start, cond, then));
            match current.else_branch.as_mut().map(|(_, branch)| &mut **branch) {
                Some(syn::Expr::If(next)) => current = next,
                Some(last) => break Some(self.expr(last)),
                None => break None,
            }
        };
        while let Some((start, cond, then)) = pending.pop() {
            let id = self.add_from(start, otherwise.unwrap_or(then), Expr::If { cond, then, otherwise });
            if pending.is_empty() {
                return id;
            }
            otherwise = Some(id);
        }
        self.missing(Span::default())
    }

    fn match_expr(&mut self, choice: &mut syn::ExprMatch) -> ExprId {
        let start = self.spans.start(choice.match_token.span);
        let scrutinee = self.expr(&mut choice.expr);
        let mut arms: SmallVec<[Arm; 8]> = SmallVec::new();
        for arm in &mut choice.arms {
            let mark = self.scopes.mark();
            let (pat, guard) = self.guarded_pat(&mut arm.pat);
            let body = self.expr(&mut arm.body);
            self.scopes.close(mark);
            arms.push(Arm { pat, guard, body });
        }
        let arms = self.arm_run(&arms);
        let span = Span::new(start, self.spans.close(choice.brace_token.span));
        self.add(Expr::Match { scrutinee, arms }, span)
    }

    /// `p if g`.
    pub(super) fn guarded_pat(&mut self, pat: &mut syn::Pat) -> (PatId, Option<ExprId>) {
        let syn::Pat::Guard(guarded) = pat else { return (self.pat(pat), None) };
        let pat = self.pat(&guarded.pat);
        (pat, Some(self.expr(&mut guarded.guard)))
    }

    pub(super) fn arm_run(&mut self, arms: &[Arm]) -> Run {
        let run = Run { start: self.ir.arms.len() as u32, len: arms.len() as u32 };
        self.ir.arms.extend_from_slice(arms);
        run
    }

    fn for_loop(&mut self, repeat: &mut syn::ExprForLoop) -> ExprId {
        let start = self.loop_start(repeat.label.as_ref(), repeat.for_token.span);
        let iter = self.expr(&mut repeat.expr);
        let mark = self.scopes.mark();
        let pat = self.pat(&repeat.pat);
        let body = self.block(&mut repeat.body, BlockKind::Plain);
        self.scopes.close(mark);
        self.add_from(start, body, Expr::For { pat, iter, body })
    }

    fn while_loop(&mut self, repeat: &mut syn::ExprWhile) -> ExprId {
        let start = self.loop_start(repeat.label.as_ref(), repeat.while_token.span);
        let mark = self.scopes.mark();
        let cond = self.expr(&mut repeat.cond);
        let body = self.block(&mut repeat.body, BlockKind::Plain);
        self.scopes.close(mark);
        self.add_from(start, body, Expr::While { cond, body })
    }

    fn endless_loop(&mut self, repeat: &mut syn::ExprLoop) -> ExprId {
        let start = self.loop_start(repeat.label.as_ref(), repeat.loop_token.span);
        let body = self.block(&mut repeat.body, BlockKind::Plain);
        self.add_from(start, body, Expr::Loop { body })
    }

    fn loop_start(&self, label: Option<&syn::Label>, keyword: proc_macro2::Span) -> u32 {
        label.map_or_else(|| self.spans.start(keyword), |label| self.spans.start(label.name.apostrophe))
    }

    fn closure(&mut self, closure: &mut syn::ExprClosure) -> ExprId {
        let first = closure
            .lifetimes
            .as_ref()
            .map(|lifetimes| lifetimes.for_token.span)
            .or_else(|| closure.constness.as_ref().map(|token| token.span))
            .or_else(|| closure.asyncness.as_ref().map(|token| token.span))
            .or_else(|| closure.capture.as_ref().map(|token| token.span))
            .unwrap_or(closure.inputs_begin.spans[0]);
        let start = self.spans.start(first);
        let mark = self.scopes.mark();
        let params = closure.inputs.iter().map(|input| self.typed_pat(input)).collect();
        let ret = self.return_type(&closure.output);
        let body = self.expr(&mut closure.body);
        self.scopes.close(mark);
        let id = ClosureId::from_index(self.ir.closures.len());
        self.ir.closures.push(Closure { params, ret, body, is_async: closure.asyncness.is_some() });
        self.add_from(start, body, Expr::Closure(id))
    }

    // Blocks

    /// A block whose braces begin it.
    pub(super) fn block(&mut self, block: &mut syn::Block, kind: BlockKind) -> ExprId {
        let start = self.spans.start(block.brace_token.span.open());
        self.block_from(start, block, kind)
    }

    /// The body of a function: its parameters are in scope already.
    pub(super) fn block_root(&mut self, block: &mut syn::Block) -> ExprId {
        self.block(block, BlockKind::Plain)
    }

    fn block_from(&mut self, start: u32, block: &mut syn::Block, kind: BlockKind) -> ExprId {
        let span = Span::new(start, self.spans.close(block.brace_token.span));
        self.stmts(&mut block.stmts, kind, span)
    }

    /// Statements as a block that covers `span`.
    pub(super) fn stmts(&mut self, stmts: &mut [Stmt], kind: BlockKind, span: Span) -> ExprId {
        let mark = self.scopes.mark();
        let mut ids: Ids<ExprId> = Ids::new();
        let tail = self.each_stmt(stmts, true, &mut ids);
        self.scopes.close(mark);
        let stmts = self.ir.lists.push(&ids);
        self.add(Expr::Block { kind, stmts, tail }, span)
    }

    /// Lowers statements, those of an expansion among those around its call; gives the value, if the last may be one.
    fn each_stmt(&mut self, stmts: &mut [Stmt], may_be_value: bool, ids: &mut Ids<ExprId>) -> Option<ExprId> {
        let last = stmts.len().saturating_sub(1);
        for (at, stmt) in stmts.iter_mut().enumerate() {
            let is_last = at == last && may_be_value;
            if let Stmt::Macro(call) = stmt
                && let Some(mut expanded) = self.expanded_stmts(&call.mac)
            {
                // What it declares is there for the statements after it.
                let is_last = is_last && call.semi_token.is_none();
                let value = self.within_expansion(|this| this.each_stmt(&mut expanded, is_last, ids));
                if value.is_some() {
                    return value;
                }
                continue;
            }
            let is_value = is_last
                && matches!(stmt, Stmt::Expr(_, None) | Stmt::Macro(syn::StmtMacro { semi_token: None, .. }));
            let Some(id) = self.stmt(stmt) else { continue };
            if is_value {
                return Some(id);
            }
            ids.push(id);
        }
        None
    }

    fn stmt(&mut self, stmt: &mut Stmt) -> Option<ExprId> {
        match stmt {
            Stmt::Local(local) => Some(self.let_stmt(local)),
            Stmt::Item(item) => {
                let item = self.item(item)?;
                let span = self.ir.tree.items[item.index()].span;
                Some(self.add(Expr::Item(item), span))
            }
            // An empty statement is kept by syn as an expression without tokens.
            Stmt::Expr(syn::Expr::Verbatim(tokens), _) if tokens.is_empty() => None,
            Stmt::Expr(expr, _) => {
                let id = self.expr(expr);
                Some(self.gated(id))
            }
            Stmt::Macro(call) => {
                let id = self.macro_stmt(call);
                Some(self.gated(id))
            }
        }
    }

    /// A statement behind `#[cfg(name)]` as one below `if cfg!(name)`: a flag of the build is seldom set. Of other
    /// conditions both sides are kept.
    fn gated(&mut self, stmt: ExprId) -> ExprId {
        let span = self.expr_span(stmt);
        let before = self.text.get(..span.start as usize).unwrap_or_default().trim_end();
        let Some(flag) = last_flag(before).or_else(|| first_flag(self.slice(span))) else { return stmt };
        // The condition holds nothing of what it decides.
        let place = Span::new(span.start, span.start);
        let name = self.name_expr(Symbol::new(flag), place);
        let args = self.ir.lists.push(&[name]);
        let id = MacroId::from_index(self.ir.macros.len());
        let call = MacroCall { path: Symbol::new("cfg"), args, text: sym::EMPTY, complete: true };
        self.ir.macros.push(call);
        let cond = self.add(Expr::Macro(id), place);
        self.add(Expr::If { cond, then: stmt, otherwise: None }, span)
    }

    fn let_stmt(&mut self, local: &mut syn::Local) -> ExprId {
        let mut init = None;
        let mut otherwise = None;
        if let Some(value) = &mut local.init {
            init = Some(self.expr(&mut value.expr));
            otherwise = value.diverge.as_mut().map(|(_, diverge)| self.expr(diverge));
        }
        let (pat, ty) = self.typed_pat(&local.pat);
        let span =
            Span::new(self.spans.start(local.let_token.span), self.spans.end(local.semi_token.spans[0]));
        self.add(Expr::LetStmt { pat, ty, init, otherwise }, span)
    }

    /// `Ok(value)`, as it stands for sugar.
    pub(super) fn ok_call(&mut self, value: ExprId) -> ExprId {
        let span = self.expr_span(value);
        let path = self.name_path(sym::OK, span);
        let callee = self.add(Expr::Path(path), span);
        let args = self.ir.lists.push(&[value]);
        self.add(Expr::Call { callee, args }, span)
    }
}

/// The flag of the `#[cfg(name)]` that a text ends with.
fn last_flag(text: &str) -> Option<&str> {
    let (_, rest) = text.strip_suffix(")]")?.rsplit_once("#[cfg(")?;
    is_flag(rest).then_some(rest)
}

/// The flag of the `#[cfg(name)]` that a text begins with.
fn first_flag(text: &str) -> Option<&str> {
    let (name, _) = text.strip_prefix("#[cfg(")?.split_once(")]")?;
    is_flag(name).then_some(name)
}

/// Whether a `cfg` predicate is one flag, of which only those who set it know: no target, no test.
fn is_flag(predicate: &str) -> bool {
    !matches!(predicate, "test" | "unix" | "windows")
        && !predicate.is_empty()
        && predicate.chars().all(|c| c.is_alphanumeric() || c == '_')
}

enum Operator {
    Plain(BinaryOp),
    Compound(BinaryOp),
}

fn operator(op: &syn::BinOp) -> Operator {
    use syn::BinOp as Op;
    match op {
        Op::Add(_) => Operator::Plain(BinaryOp::Add),
        Op::Sub(_) => Operator::Plain(BinaryOp::Sub),
        Op::Mul(_) => Operator::Plain(BinaryOp::Mul),
        Op::Div(_) => Operator::Plain(BinaryOp::Div),
        Op::Rem(_) => Operator::Plain(BinaryOp::Rem),
        Op::And(_) => Operator::Plain(BinaryOp::And),
        Op::Or(_) => Operator::Plain(BinaryOp::Or),
        Op::BitXor(_) => Operator::Plain(BinaryOp::BitXor),
        Op::BitAnd(_) => Operator::Plain(BinaryOp::BitAnd),
        Op::BitOr(_) => Operator::Plain(BinaryOp::BitOr),
        Op::Shl(_) => Operator::Plain(BinaryOp::Shl),
        Op::Shr(_) => Operator::Plain(BinaryOp::Shr),
        Op::Eq(_) => Operator::Plain(BinaryOp::Eq),
        Op::Lt(_) => Operator::Plain(BinaryOp::Lt),
        Op::Le(_) => Operator::Plain(BinaryOp::Le),
        Op::Ne(_) => Operator::Plain(BinaryOp::Ne),
        Op::Ge(_) => Operator::Plain(BinaryOp::Ge),
        Op::Gt(_) => Operator::Plain(BinaryOp::Gt),
        Op::AddAssign(_) => Operator::Compound(BinaryOp::Add),
        Op::SubAssign(_) => Operator::Compound(BinaryOp::Sub),
        Op::MulAssign(_) => Operator::Compound(BinaryOp::Mul),
        Op::DivAssign(_) => Operator::Compound(BinaryOp::Div),
        Op::RemAssign(_) => Operator::Compound(BinaryOp::Rem),
        Op::BitXorAssign(_) => Operator::Compound(BinaryOp::BitXor),
        Op::BitAndAssign(_) => Operator::Compound(BinaryOp::BitAnd),
        Op::BitOrAssign(_) => Operator::Compound(BinaryOp::BitOr),
        Op::ShlAssign(_) => Operator::Compound(BinaryOp::Shl),
        Op::ShrAssign(_) => Operator::Compound(BinaryOp::Shr),
        _ => Operator::Plain(BinaryOp::Add),
    }
}
