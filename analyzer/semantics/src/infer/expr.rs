//! Expressions.

use smallvec::SmallVec;
use ward_syntax::{
    BinaryOp, BlockKind, Expr, ExprId, FieldInit, FormatId, List, Literal, LocalId, MacroId, Piece, Run,
    Symbol, UnaryOp,
};

use super::value::Value;
use super::{Infer, VariableKind};
use crate::known::known;
use crate::relate::Subst;
use crate::template::builtin;
use crate::type_ref::future;
use crate::{Semantics, Ty, TyKind};

impl Infer<'_> {
    /// Infers an expression. `expected` is what its place would like, for what cannot be told from within.
    pub(super) fn infer(&mut self, expr: ExprId, expected: Ty) -> Ty {
        let ty = self.dispatch(expr, expected);
        self.set_expr(expr, ty);
        ty
    }

    /// Infers an expression whose place says nothing.
    pub(super) fn infer_alone(&mut self, expr: ExprId) -> Ty {
        self.infer(expr, Ty::unknown())
    }

    fn dispatch(&mut self, expr: ExprId, expected: Ty) -> Ty {
        let types = &known().types;
        match self.ir.expr(expr) {
            Expr::Missing | Expr::Item(_) => Ty::unknown(),
            Expr::Literal(literal) => self.literal(literal, expected),
            Expr::Local(local) => self.local(local),
            Expr::Path(path) => self.path_value(path),
            Expr::Unary { op: UnaryOp::Deref, operand } => {
                let ty = self.infer_alone(operand);
                self.explicit_deref(ty)
            }
            Expr::Unary { operand, .. } => self.infer(operand, expected),
            Expr::Ref { operand, .. } => {
                let is_unsized =
                    matches!(expected.kind(), TyKind::Str | TyKind::StaticStr | TyKind::Bounds(_));
                self.infer(operand, if is_unsized { Ty::unknown() } else { expected })
            }
            Expr::Binary { op, lhs, rhs } => self.binary(op, lhs, rhs, expected),
            Expr::Assign { op, lhs, rhs } => self.assign(op, lhs, rhs),
            Expr::Call { callee, args } => self.call(expr, callee, args, expected),
            Expr::MethodCall { receiver, method, args, generics } => {
                self.method_call(expr, receiver, method, args, generics, expected)
            }
            Expr::Field { base, name } => self.field(expr, base, name),
            Expr::Index { base, index } => self.index(base, index),
            Expr::Range { start, end, .. } => self.range(start, end, expected),
            Expr::Tuple(parts) => self.tuple(parts, expected),
            Expr::Array(elements) => self.array(elements, expected),
            Expr::Repeat { value, len } => {
                let element = self.element_of(expected);
                let element = self.infer(value, element);
                self.infer(len, types.usize);
                vec_of(element)
            }
            Expr::Struct { path, fields, rest } => self.struct_literal(path, fields, rest, expected),
            Expr::Record(fields) => {
                self.infer_fields(fields);
                types.json
            }
            Expr::Block { kind, stmts, tail } => self.block(kind, stmts, tail, expected),
            Expr::LetStmt { pat, ty, init, otherwise } => {
                let declared = ty.map(|ty| self.written(ty));
                let given = init.map(|init| match declared {
                    Some(declared) => self.check(init, declared),
                    None => self.infer_alone(init),
                });
                if let Some(otherwise) = otherwise {
                    self.infer_alone(otherwise);
                }
                let bound = declared.filter(|declared| !declared.is_unknown()).or(given);
                let bound = bound.unwrap_or_else(|| self.fresh());
                self.bind_pattern(pat, bound);
                if given.is_some_and(|given| given == types.never) { types.never } else { types.unit }
            }
            Expr::If { cond, then, otherwise } => self.conditional(cond, then, otherwise, expected),
            Expr::Let { pat, scrutinee } => {
                let ty = self.infer_alone(scrutinee);
                self.bind_pattern(pat, ty);
                types.bool
            }
            Expr::Match { scrutinee, arms } => self.matching(scrutinee, arms, expected),
            Expr::Loop { body } => {
                self.breaks.push(types.never);
                self.infer_alone(body);
                self.breaks.pop().unwrap_or(types.never)
            }
            Expr::While { cond, body } => {
                self.infer(cond, types.bool);
                self.loop_body(body)
            }
            Expr::For { pat, iter, body } => {
                let iterated = self.infer_alone(iter);
                let item = self.item_of(iterated).unwrap_or_else(Ty::unknown);
                self.bind_pattern(pat, item);
                self.loop_body(body)
            }
            Expr::Break(value) => {
                let outer = self.breaks.last().copied();
                let ty =
                    value.map_or(types.unit, |value| self.infer(value, outer.unwrap_or_else(Ty::unknown)));
                if let Some(outer) = outer {
                    let joined = self.join(outer, ty);
                    *self.breaks.last_mut().expect("a loop is around, it was just looked at") = joined;
                }
                types.never
            }
            Expr::Continue => types.never,
            Expr::Return(value) => {
                if let Some(value) = value {
                    self.check(value, self.ret);
                }
                types.never
            }
            Expr::Closure(closure) => self.closure(closure, expected),
            Expr::Await(operand) => {
                let ty = self.infer(operand, Ty::unknown());
                self.output_of(ty)
            }
            Expr::Try(operand) => self.question_mark(expr, operand),
            Expr::Cast { operand, ty } => {
                let ty = self.written(ty);
                self.infer(operand, Ty::unknown());
                ty
            }
            Expr::Format(format) => self.format(format),
            Expr::Macro(call) => self.macro_call(call, expected),
        }
    }

    fn literal(&mut self, literal: Literal, expected: Ty) -> Ty {
        let types = &known().types;
        match literal {
            Literal::Str(_) => types.static_str,
            Literal::ByteStr(_) => Ty::new(TyKind::Slice(types.u8)),
            Literal::Char(_) => types.char,
            Literal::Bool(_) => types.bool,
            Literal::Int(text) => self.number(text, expected, VariableKind::Integer),
            Literal::Float(text) => self.number(text, expected, VariableKind::Float),
        }
    }

    fn number(&mut self, text: Symbol, expected: Ty, kind: VariableKind) -> Ty {
        if let Some(ty) = suffix(text.as_str()) {
            return ty;
        }
        match self.variables.shallow(expected).kind() {
            TyKind::Scalar(name) if name.as_str().starts_with(['i', 'u', 'f']) => expected,
            TyKind::Infer(variable) if self.variables.kind(*variable) == kind => expected,
            _ => self.variables.fresh(kind),
        }
    }

    /// `*e`. References are not part of types, so only what is certainly no reference is dereferenced.
    fn explicit_deref(&mut self, ty: Ty) -> Ty {
        let ty = self.known(ty);
        match self.semantics.deref(ty) {
            Some(target) if !matches!(target.kind(), TyKind::Str | TyKind::Slice(_)) => target,
            _ => ty,
        }
    }

    fn binary(&mut self, op: BinaryOp, lhs: ExprId, rhs: ExprId, expected: Ty) -> Ty {
        let types = &known().types;
        match op {
            BinaryOp::And | BinaryOp::Or => {
                self.infer(lhs, types.bool);
                self.infer(rhs, types.bool);
                types.bool
            }
            BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => {
                let left = self.infer_alone(lhs);
                let right = self.infer(rhs, left);
                self.unify_numbers(left, right);
                types.bool
            }
            BinaryOp::Shl | BinaryOp::Shr => {
                let left = self.infer(lhs, expected);
                self.infer_alone(rhs);
                left
            }
            _ => {
                let expected = if is_number(expected) { expected } else { Ty::unknown() };
                let left = self.infer(lhs, expected);
                let right = self.infer(rhs, left);
                self.unify_numbers(left, right);
                self.operator_output(op, left, right)
            }
        }
    }

    fn unify_numbers(&mut self, a: Ty, b: Ty) {
        let is_simple = |ty: Ty| matches!(ty.kind(), TyKind::Infer(_) | TyKind::Scalar(_));
        if is_simple(self.variables.shallow(a)) && is_simple(self.variables.shallow(b)) {
            self.variables.unify(a, b);
        }
    }

    /// What an arithmetic operator gives: for the workspace's own types what their impl says, otherwise the
    /// left side's type, or the right side's where the left is a number.
    fn operator_output(&mut self, op: BinaryOp, left: Ty, right: Ty) -> Ty {
        let shallow = self.variables.shallow(left);
        match shallow.kind() {
            TyKind::Adt { .. } => {
                let output = operator_trait(op)
                    .and_then(|path| self.semantics.associated_of(shallow, path, ward_syntax::sym::OUTPUT));
                output.unwrap_or(left)
            }
            TyKind::Scalar(_) if matches!(self.variables.shallow(right).kind(), TyKind::External { .. }) => {
                right
            }
            TyKind::Unknown if is_number(right) => right,
            TyKind::StaticStr => known().types.str,
            _ => left,
        }
    }

    fn assign(&mut self, op: Option<BinaryOp>, lhs: ExprId, rhs: ExprId) -> Ty {
        let left = self.infer_alone(lhs);
        if op.is_none() {
            self.check(rhs, left);
        } else {
            let right = self.infer(rhs, if is_number(left) { left } else { Ty::unknown() });
            self.unify_numbers(left, right);
        }
        known().types.unit
    }

    fn field(&mut self, expr: ExprId, base: ExprId, name: Symbol) -> Ty {
        let ty = self.infer_alone(base);
        let ty = self.known(ty);
        let ty = self.variables.resolve(ty);
        let found = self.semantics.find_field(ty, name);
        let found =
            found.or_else(|| self.wrapped(ty).and_then(|inner| self.semantics.find_field(inner, name)));
        match found {
            Some((field, owner)) => {
                if let Some(def) = owner {
                    self.fields.push((expr, (def, None)));
                }
                field
            }
            None if ty.is_unknown() => self.semantics.messages.field(name).unwrap_or_else(Ty::unknown),
            None => Ty::unknown(),
        }
    }

    fn index(&mut self, base: ExprId, index: ExprId) -> Ty {
        let base = self.infer_alone(base);
        let index = self.infer_alone(index);
        let base = self.known(base);
        let base = self.variables.resolve(base);
        let is_range = matches!(self.variables.shallow(index).kind(), TyKind::External { path, .. } if *path == known().range);
        indexed(self.semantics, base, is_range).unwrap_or_else(Ty::unknown)
    }

    fn range(&mut self, start: Option<ExprId>, end: Option<ExprId>, expected: Ty) -> Ty {
        let wanted = match expected.kind() {
            TyKind::External { path, args } if *path == known().range => args.first().copied(),
            _ => None,
        };
        let wanted = wanted.unwrap_or_else(Ty::unknown);
        let start = start.map(|start| self.infer(start, wanted));
        let end = end.map(|end| self.infer(end, start.unwrap_or(wanted)));
        let element = match (start, end) {
            (Some(start), Some(end)) => {
                self.unify_numbers(start, end);
                start
            }
            (one, other) => one.or(other).unwrap_or_else(Ty::unknown),
        };
        Ty::new(TyKind::External { path: known().range, args: [element].into() })
    }

    fn tuple(&mut self, parts: List<ExprId>, expected: Ty) -> Ty {
        let wanted: &[Ty] = match self.variables.shallow(expected).kind() {
            TyKind::Tuple(wanted) => wanted,
            _ => &[],
        };
        let ir = self.ir;
        let parts: SmallVec<[Ty; 4]> = ir
            .list(parts)
            .enumerate()
            .map(|(at, part)| {
                let wanted = wanted.get(at).copied().unwrap_or_else(Ty::unknown);
                let ty = self.infer(part, wanted);
                self.coerce(ty, wanted);
                ty
            })
            .collect();
        Ty::tuple(&parts)
    }

    /// What the elements of an expected collection are.
    fn element_of(&mut self, expected: Ty) -> Ty {
        match self.variables.shallow(expected).kind() {
            TyKind::Slice(element) => *element,
            TyKind::External { path, args } if *path == known().vec => {
                args.first().copied().unwrap_or_else(Ty::unknown)
            }
            _ => Ty::unknown(),
        }
    }

    /// `[a, b]` and `vec![a, b]` look alike: a vector, which has all that an array has.
    fn array(&mut self, elements: List<ExprId>, expected: Ty) -> Ty {
        let wanted = self.element_of(expected);
        let mut element = wanted;
        let ir = self.ir;
        for (at, part) in ir.list(elements).enumerate() {
            let ty = self.check(part, element);
            element = if at == 0 && wanted.is_unknown() { ty } else { self.join(element, ty) };
        }
        let types = &known().types;
        if element.is_unknown() && elements.is_empty() {
            element = self.fresh();
        } else if element == types.static_str && wanted.is_unknown() {
            // Other text may be pushed later.
            element = types.str;
        }
        vec_of(element)
    }

    fn struct_literal(
        &mut self,
        path: ward_syntax::PathId,
        fields: Run,
        rest: Option<ExprId>,
        expected: Ty,
    ) -> Ty {
        let value = self.type_or_variant(path);
        let ir = self.ir;
        let inits = ir.field_inits(fields);
        let ty = match value {
            Value::Constructor { def, variant, ty } => {
                self.expect(ty, expected);
                let resolved = self.variables.resolve(ty);
                let semantics = self.semantics;
                let subst = match resolved.kind() {
                    TyKind::Adt { args, .. } => Subst::of_args(semantics, def, args),
                    _ => Subst::default(),
                };
                let declared = semantics.fields(def, variant);
                for FieldInit { name, value } in inits {
                    let field = declared.iter().find(|field| field.name == *name);
                    let wanted = field.map_or_else(Ty::unknown, |field| subst.apply(semantics, field.ty));
                    self.check(*value, wanted);
                }
                ty
            }
            Value::ExternalConstructor { ty, .. } => {
                let semantics = self.semantics;
                for FieldInit { name, value } in inits {
                    let row = semantics.row(ty);
                    let template =
                        row.and_then(|row| row.row.fields.get(name).map(|field| row.instantiate(field)));
                    self.check(*value, template.unwrap_or_else(Ty::unknown));
                }
                ty
            }
            _ => {
                self.infer_fields(fields);
                Ty::unknown()
            }
        };
        if let Some(rest) = rest {
            self.infer(rest, ty);
        }
        ty
    }

    fn infer_fields(&mut self, fields: Run) {
        let ir = self.ir;
        for FieldInit { value, .. } in ir.field_inits(fields) {
            self.infer_alone(*value);
        }
    }

    fn block(&mut self, kind: BlockKind, stmts: List<ExprId>, tail: Option<ExprId>, expected: Ty) -> Ty {
        if kind != BlockKind::Async {
            return self.statements(stmts, tail, expected);
        }
        let wanted = match self.variables.shallow(expected).kind() {
            TyKind::External { path, args } if *path == known().future => args.first().copied(),
            _ => None,
        };
        let output = wanted.filter(|ty| !ty.is_unknown()).unwrap_or_else(|| self.fresh());
        let outer = std::mem::replace(&mut self.ret, output);
        let breaks = std::mem::take(&mut self.breaks);
        let ty = self.statements(stmts, tail, output);
        self.coerce(ty, output);
        self.breaks = breaks;
        self.ret = outer;
        let shallow = self.variables.shallow(ty);
        let is_telling = !matches!(shallow.kind(), TyKind::Never | TyKind::Unknown | TyKind::StaticStr);
        future(if is_telling { ty } else { output })
    }

    fn statements(&mut self, stmts: List<ExprId>, tail: Option<ExprId>, expected: Ty) -> Ty {
        let types = &known().types;
        let ir = self.ir;
        let mut diverges = false;
        for stmt in ir.list(stmts) {
            diverges |= self.infer_alone(stmt) == types.never;
        }
        match tail {
            Some(tail) => {
                let ty = self.check(tail, expected);
                if diverges { types.never } else { ty }
            }
            None if diverges => types.never,
            None => types.unit,
        }
    }

    fn conditional(&mut self, cond: ExprId, then: ExprId, otherwise: Option<ExprId>, expected: Ty) -> Ty {
        self.infer(cond, known().types.bool);
        let Some(otherwise) = otherwise else {
            self.infer_alone(then);
            return known().types.unit;
        };
        let then = self.check(then, expected);
        let otherwise = self.check(otherwise, expected);
        self.join(then, otherwise)
    }

    fn matching(&mut self, scrutinee: ExprId, arms: Run, expected: Ty) -> Ty {
        let types = &known().types;
        let matched = self.infer_alone(scrutinee);
        let ir = self.ir;
        let mut joined = types.never;
        for arm in ir.arms(arms) {
            self.bind_pattern(arm.pat, matched);
            if let Some(guard) = arm.guard {
                self.infer(guard, types.bool);
            }
            let ty = self.check(arm.body, expected);
            joined = self.join(joined, ty);
        }
        joined
    }

    fn loop_body(&mut self, body: ExprId) -> Ty {
        self.breaks.push(known().types.unit);
        self.infer_alone(body);
        self.breaks.pop();
        known().types.unit
    }

    /// `e?`.
    fn question_mark(&mut self, expr: ExprId, operand: ExprId) -> Ty {
        let ty = self.infer_alone(operand);
        let ty = self.known(ty);
        let TyKind::External { path, args } = ty.kind() else {
            return Ty::unknown();
        };
        let known = known();
        if *path == known.poll {
            let inner = args.first().copied().unwrap_or_else(Ty::unknown);
            let inner = self.propagated(expr, inner).unwrap_or_else(Ty::unknown);
            return Ty::new(TyKind::External { path: known.poll, args: [inner].into() });
        }
        self.propagated(expr, ty).unwrap_or_else(|| args.first().copied().unwrap_or_else(Ty::unknown))
    }

    /// The value in a `Result` or `Option`; the error goes to the caller.
    fn propagated(&mut self, expr: ExprId, ty: Ty) -> Option<Ty> {
        let TyKind::External { path, args } = self.variables.shallow(ty).kind() else {
            return None;
        };
        if *path == known().result {
            self.propagate_error(expr, args.get(1).copied());
        }
        (*path == known().result || *path == known().option).then(|| args.first().copied()).flatten()
    }

    fn format(&mut self, format: FormatId) -> Ty {
        let ir = self.ir;
        let format = ir.format(format);
        for arg in ir.list(format.leading).chain(ir.list(format.args)) {
            self.infer_alone(arg);
        }
        self.infer_fields(format.fields);
        for piece in &format.pieces {
            // Inline captures are among no arguments.
            if let Piece::Hole { value, .. } = piece
                && matches!(ir.expr(*value), Expr::Local(_) | Expr::Path(_))
            {
                self.infer_alone(*value);
            }
        }
        format_type(format.path.last_segment())
    }

    fn macro_call(&mut self, call: MacroId, expected: Ty) -> Ty {
        let types = &known().types;
        let ir = self.ir;
        let call = ir.macro_call(call);
        let name = call.path.last_segment();
        let mut first = None;
        for arg in ir.list(call.args) {
            let ty = self.infer(arg, if name == "dbg" { expected } else { Ty::unknown() });
            first = first.or(Some(ty));
        }
        match name {
            "include_str" | "env" | "concat" | "stringify" | "file" | "module_path" => types.static_str,
            "option_env" => {
                Ty::new(TyKind::External { path: known().option, args: [types.static_str].into() })
            }
            "include_bytes" => Ty::new(TyKind::Slice(types.u8)),
            "line" | "column" => types.u32,
            "cfg" => types.bool,
            "dbg" => first.unwrap_or(types.unit),
            "json" => types.json,
            "compile_error" => types.never,
            _ => self.macro_row(call.path),
        }
    }

    /// What a model says of a macro: a function whose path ends in `!`.
    fn macro_row(&mut self, path: Symbol) -> Ty {
        let semantics = self.semantics;
        if semantics.macro_rows.is_empty() {
            return Ty::unknown();
        }
        let template = semantics.macro_rows.get(&semantics.resolve_macro(self.owner, path));
        template.map_or_else(Ty::unknown, |template| template.instantiate(&mut |_| Ty::unknown()))
    }

    /// The type of a local bound to a value of type `ty`.
    pub(super) fn bind_local(&mut self, local: LocalId, ty: Ty) {
        // `let mut order = "ASC"` may be assigned any text later.
        let is_widened = ty == known().types.static_str && self.assigned.binary_search(&local).is_ok();
        self.set_local(local, if is_widened { known().types.str } else { ty });
    }
}

/// What indexing gives.
fn indexed(semantics: &Semantics, base: Ty, is_range: bool) -> Option<Ty> {
    let known = known();
    semantics.derefs(base).find_map(|ty| match ty.kind() {
        TyKind::Str | TyKind::StaticStr => Some(known.types.str),
        TyKind::Slice(element) => Some(if is_range { ty } else { *element }),
        TyKind::External { path, .. } if *path == known.string => Some(known.types.str),
        TyKind::External { path, args } if *path == known.vec || *path == known.vec_deque => {
            if is_range {
                Some(ty)
            } else {
                args.first().copied()
            }
        }
        TyKind::External { path, args } if *path == known.hash_map || *path == known.btree_map => {
            args.get(1).copied()
        }
        TyKind::Adt { .. } => semantics.associated_of(ty, known.index_trait, ward_syntax::sym::OUTPUT),
        _ => {
            let row = semantics.row(ty)?;
            let function = row.row.methods.get(&known.index)?;
            let returns = function.returns.as_ref()?;
            Some(returns.instantiate(&mut |hole| {
                if hole == ward_syntax::sym::SELF_TYPE { ty } else { row.fill(hole) }
            }))
        }
    })
}

pub(super) fn vec_of(element: Ty) -> Ty {
    Ty::new(TyKind::External { path: known().vec, args: [element].into() })
}

fn is_number(ty: Ty) -> bool {
    matches!(ty.kind(), TyKind::Scalar(name) if name.as_str().starts_with(['i', 'u', 'f']))
}

/// The type of a number with a suffix: `1u8`, `0xffi32`, `1_000_f64`.
fn suffix(text: &str) -> Option<Ty> {
    let is_hex = text.starts_with("0x");
    let start = text.rfind(if is_hex { ['i', 'u', 'u'] } else { ['i', 'u', 'f'] })?;
    builtin(Symbol::new(&text[start..])).or_else(|| text.starts_with("b'").then_some(known().types.u8))
}

/// What a format-like macro gives.
fn format_type(name: &str) -> Ty {
    let types = &known().types;
    match name {
        "format" => types.string,
        "format_args" => Ty::external("std::fmt::Arguments", &[]),
        "concat" => types.static_str,
        "write" | "writeln" => {
            let error = Ty::external("std::fmt::Error", &[]);
            Ty::new(TyKind::External { path: known().result, args: [types.unit, error].into() })
        }
        "panic" | "unreachable" | "todo" | "unimplemented" | "bail" => types.never,
        "print" | "println" | "eprint" | "eprintln" | "assert" | "assert_eq" | "assert_ne"
        | "debug_assert" | "debug_assert_eq" | "debug_assert_ne" | "trace" | "debug" | "info" | "warn"
        | "error" | "ensure" => types.unit,
        _ => Ty::unknown(),
    }
}

fn operator_trait(op: BinaryOp) -> Option<Symbol> {
    Some(Symbol::new(match op {
        BinaryOp::Add => "std::ops::Add",
        BinaryOp::Sub => "std::ops::Sub",
        BinaryOp::Mul => "std::ops::Mul",
        BinaryOp::Div => "std::ops::Div",
        BinaryOp::Rem => "std::ops::Rem",
        BinaryOp::BitAnd => "std::ops::BitAnd",
        BinaryOp::BitOr => "std::ops::BitOr",
        BinaryOp::BitXor => "std::ops::BitXor",
        _ => return None,
    }))
}
