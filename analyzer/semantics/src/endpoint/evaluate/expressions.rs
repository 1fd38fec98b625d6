//! Expressions other than calls.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use ward_syntax::{
    BinaryOp, Expr, ExprId, FileSpan, FormatId, Literal, LocalId, PathId, Piece, Run, Symbol, UnaryOp, sym,
};

use super::patterns::Fit;
use super::{Evaluator, Frame};
use crate::endpoint::{Call, ClosureValue, HOLE, Made, StructValue, Value, What};
use crate::{DefKind, Resolution, Ty, TyKind};

/// How many rounds of a loop over a known list are evaluated.
const MOST_ROUNDS: usize = 256;

impl<'a> Evaluator<'a> {
    pub(super) fn expr(&mut self, frame: &mut Frame<'a>, id: ExprId) -> Value {
        self.steps += 1;
        match frame.ir.expr(id) {
            Expr::Literal(literal) => literal_value(literal),
            Expr::Local(local) => frame.locals.get(&local).cloned().unwrap_or_default(),
            Expr::Path(path) => self.path(frame, path, id),
            Expr::Unary { op: UnaryOp::Deref, operand } | Expr::Ref { operand, .. } => {
                self.expr(frame, operand)
            }
            Expr::Unary { operand, .. } | Expr::Cast { operand, .. } => self.expr(frame, operand),
            Expr::Await(operand) | Expr::Try(operand) => self.expr(frame, operand),
            Expr::Binary { op, lhs, rhs } => {
                let (lhs, rhs) = (self.expr(frame, lhs), self.expr(frame, rhs));
                match op {
                    BinaryOp::Add => self.sum(lhs, rhs),
                    BinaryOp::BitOr | BinaryOp::BitAnd | BinaryOp::Or | BinaryOp::Div => {
                        made(What::Unknown, vec![lhs, rhs], frame.expr_place(id))
                    }
                    _ => Value::Unknown,
                }
            }
            Expr::Assign { op, lhs, rhs } => {
                let mut value = self.expr(frame, rhs);
                if op == Some(BinaryOp::Add) {
                    let own = self.expr(frame, lhs);
                    value = self.sum(own, value);
                }
                if let Some(place) = frame.place_of(lhs) {
                    self.assign(frame, &place, value);
                } else {
                    self.serve(&value);
                }
                Value::Unknown
            }
            Expr::Call { callee, args } => self.call(frame, id, callee, args),
            Expr::MethodCall { receiver, method, args, generics } => {
                self.method_call(frame, id, receiver, method, args, generics)
            }
            Expr::Field { base, name } => {
                let base = self.expr(frame, base);
                field(&base, name)
            }
            Expr::Index { base, index } => {
                self.expr(frame, index);
                match self.expr(frame, base) {
                    Value::List(all) => any_of(&all),
                    _ => Value::Unknown,
                }
            }
            Expr::Range { start, end, .. } => {
                for part in [start, end].into_iter().flatten() {
                    self.expr(frame, part);
                }
                Value::Unknown
            }
            Expr::Tuple(parts) | Expr::Array(parts) => {
                let values: Vec<Value> = frame.ir.list(parts).map(|part| self.expr(frame, part)).collect();
                if values.is_empty() { Value::Unknown } else { Value::list(values) }
            }
            Expr::Repeat { value, .. } => Value::list(vec![self.expr(frame, value)]),
            Expr::Struct { path, fields, rest } => self.struct_value(frame, id, path, fields, rest),
            Expr::Record(fields) => {
                let values =
                    frame.ir.field_inits(fields).iter().map(|field| self.expr(frame, field.value)).collect();
                Value::list(values)
            }
            Expr::Block { stmts, tail, .. } => {
                // Of blocks that conditional compilation chooses from, all but the last stand as statements.
                let mut others = Value::Unknown;
                for stmt in frame.ir.list(stmts) {
                    let value = self.expr(frame, stmt);
                    let is_block = matches!(frame.ir.expr(stmt), Expr::Block { .. });
                    if is_block && tail.is_some() && matches!(value, Value::Router(_)) {
                        others = others.or(value);
                    } else {
                        self.dropped(&value);
                    }
                }
                tail.map_or(Value::Unknown, |tail| self.expr(frame, tail)).or(others)
            }
            Expr::LetStmt { pat, ty, init, otherwise } => {
                if let Some(init) = init {
                    let value = self.expr(frame, init);
                    // A declared type tells what a call that is not understood gives.
                    let value = match (value, ty) {
                        (value @ (Value::Unknown | Value::Made(_)), Some(ty)) => {
                            let ty = self.semantics.resolve_type(frame.function, ty);
                            let place = frame.expr_place(init);
                            self.holder(ty, place).map_or(value, Value::router)
                        }
                        (value, _) => value,
                    };
                    self.bind(frame, pat, value);
                }
                if let Some(otherwise) = otherwise {
                    self.expr(frame, otherwise);
                }
                Value::Unknown
            }
            Expr::Item(_) | Expr::Missing | Expr::Continue => Value::Unknown,
            Expr::If { cond, then, otherwise } => {
                self.expr(frame, cond);
                let before = frame.locals.clone();
                let value = self.expr(frame, then);
                let after = std::mem::replace(&mut frame.locals, before);
                let other = otherwise.map_or(Value::Unknown, |otherwise| self.expr(frame, otherwise));
                frame.locals = join(after, std::mem::take(&mut frame.locals));
                value.or(other)
            }
            Expr::Let { pat, scrutinee } => {
                let value = self.expr(frame, scrutinee);
                self.bind(frame, pat, value);
                Value::Unknown
            }
            Expr::Match { scrutinee, arms } => self.match_value(frame, scrutinee, arms),
            Expr::Loop { body } => {
                let outer = std::mem::take(&mut frame.broken);
                self.expr(frame, body);
                std::mem::replace(&mut frame.broken, outer)
            }
            Expr::While { cond, body } => {
                self.expr(frame, cond);
                self.expr(frame, body);
                Value::Unknown
            }
            Expr::For { pat, iter, body } => {
                let all = self.expr(frame, iter);
                match all {
                    Value::List(all) if all.len() <= MOST_ROUNDS => {
                        for value in all.iter() {
                            self.bind(frame, pat, value.clone());
                            self.expr(frame, body);
                        }
                    }
                    _ => {
                        self.bind(frame, pat, Value::Unknown);
                        self.expr(frame, body);
                    }
                }
                Value::Unknown
            }
            Expr::Break(value) => {
                if let Some(value) = value {
                    let value = self.expr(frame, value);
                    frame.broken = std::mem::take(&mut frame.broken).or(value);
                }
                Value::Unknown
            }
            Expr::Return(value) => {
                if let Some(value) = value {
                    let value = self.expr(frame, value);
                    frame.returned = std::mem::take(&mut frame.returned).or(value);
                }
                Value::Unknown
            }
            Expr::Closure(closure) => Value::Closure(Arc::new(ClosureValue {
                function: frame.function,
                file: frame.file,
                closure,
                locals: frame.locals.clone(),
            })),
            Expr::Format(format) => self.format(frame, format),
            Expr::Macro(call) => self.macro_call(frame, id, call),
        }
    }

    fn path(&mut self, frame: &mut Frame<'a>, path: PathId, id: ExprId) -> Value {
        let Some(types) = frame.types else { return Value::Unknown };
        let place = frame.expr_place(id);
        if let Some(constant) = self.constant_of_self(frame, path) {
            return self.constant(constant);
        }
        match types.path(path) {
            Resolution::Def(def) => match self.semantics.def_map.kind(def) {
                DefKind::Fn => Value::Function(def),
                DefKind::Const => self.constant(def),
                _ => made(What::Item(def), Vec::new(), place),
            },
            Resolution::Variant { def, index } => {
                Value::Struct(Arc::new(StructValue { def, variant: Some(index), fields: Vec::new() }))
            }
            Resolution::External(path) => self.external(frame, path, place),
            Resolution::Method { ty, name } => {
                let path = Symbol::new(&format!("{ty}::{name}"));
                self.external(frame, path, place)
            }
            Resolution::TraitItem { item, .. } => {
                let all = self.semantics.implementations(item);
                match all {
                    // What an attribute makes of the type, it is that type's.
                    [] => self.generated(frame, path, place),
                    [one] => Value::Function(*one),
                    all => Value::OneOf(Arc::new(all.iter().map(|def| Value::Function(*def)).collect())),
                }
            }
            Resolution::Param { .. } | Resolution::Unresolved => {
                let segments = frame.ir.path_segments(path);
                let text: Vec<&str> = segments.iter().map(|segment| segment.name.as_str()).collect();
                made(What::External(Symbol::new(&text.join("::"))), Vec::new(), place)
            }
        }
    }

    /// `Self::PATH` in a method that is written for many types, of the one it is called on.
    fn constant_of_self(&self, frame: &Frame<'a>, path: PathId) -> Option<crate::DefId> {
        let owner = self.self_type?;
        let [first, name] = frame.ir.path_segments(path) else { return None };
        if first.name != sym::SELF_TYPE {
            return None;
        }
        let found = self.semantics.members(crate::TypeHead::Adt(owner), name.name).first().copied()?;
        (self.semantics.def_map.kind(found) == DefKind::Const).then_some(found)
    }

    /// An associated function that no impl declares: the type that is said to have it.
    fn generated(&self, frame: &Frame<'a>, path: PathId, place: FileSpan) -> Value {
        let Some(ty) = frame.ir.path(path).qualified_self else { return Value::Unknown };
        match self.semantics.resolve_type(frame.function, ty).kind() {
            TyKind::Adt { def, .. } => made(What::Item(*def), Vec::new(), place),
            _ => Value::Unknown,
        }
    }

    /// The value of an external item.
    fn external(&mut self, frame: &Frame<'a>, path: Symbol, place: FileSpan) -> Value {
        if path.as_str() == "std::option::Option::None" {
            return Value::Unknown;
        }
        let call = Call { path, arguments: &[], types: &[], place, generics: &[], function: frame.function };
        self.framework_call(&call).unwrap_or_else(|| made(What::External(path), Vec::new(), place))
    }

    fn struct_value(
        &mut self,
        frame: &mut Frame<'a>,
        id: ExprId,
        path: PathId,
        fields: Run,
        rest: Option<ExprId>,
    ) -> Value {
        let base = rest.map(|rest| self.expr(frame, rest));
        let inits = frame.ir.field_inits(fields);
        let values: Vec<(Symbol, Value)> =
            inits.iter().map(|field| (field.name, self.expr(frame, field.value))).collect();
        let (def, variant) = match frame.types.map(|types| types.path(path)) {
            Some(Resolution::Def(def)) => (def, None),
            Some(Resolution::Variant { def, index }) => (def, Some(index)),
            Some(Resolution::External(path)) => {
                let values = values.into_iter().map(|(_, value)| value).collect();
                return made(What::External(path), values, frame.expr_place(id));
            }
            _ => return made(What::Unknown, Vec::new(), frame.expr_place(id)),
        };
        let mut value = match base {
            Some(Value::Struct(base)) => StructValue::clone(&base),
            _ => StructValue { def, variant, fields: Vec::new() },
        };
        for (name, field) in values {
            value.set(name, field);
        }
        Value::Struct(Arc::new(value))
    }

    fn match_value(&mut self, frame: &mut Frame<'a>, scrutinee: ExprId, arms: Run) -> Value {
        let matched = self.expr(frame, scrutinee);
        let before = std::mem::take(&mut frame.locals);
        let mut result = Value::Unknown;
        let mut after: Option<FxHashMap<LocalId, Value>> = None;
        for arm in frame.ir.arms(arms) {
            let fit = self.fit(frame, arm.pat, &matched);
            if fit == Fit::No {
                continue;
            }
            frame.locals.clone_from(&before);
            self.bind(frame, arm.pat, matched.clone());
            if let Some(guard) = arm.guard {
                self.expr(frame, guard);
            }
            result = result.or(self.expr(frame, arm.body));
            let locals = std::mem::take(&mut frame.locals);
            after = Some(match after {
                Some(known) => join(known, locals),
                None => locals,
            });
            if fit == Fit::Yes && arm.guard.is_none() {
                break;
            }
        }
        frame.locals = after.unwrap_or(before);
        result
    }

    fn format(&mut self, frame: &mut Frame<'a>, format: FormatId) -> Value {
        let format = frame.ir.format(format);
        let mut text = Vec::new();
        for piece in &format.pieces {
            text.push(match piece {
                Piece::Text { text, .. } => Value::Text(*text),
                Piece::Hole { value, .. } => {
                    let value = self.expr(frame, *value);
                    self.display(value)
                }
            });
        }
        let mut values = text.into_iter();
        let Some(first) = values.next() else { return Value::Text(Symbol::new("")) };
        let first = match first {
            Value::Text(_) | Value::OneOf(_) => first,
            _ => Value::Text(hole()),
        };
        values.fold(first, |text, piece| self.sum(text, piece))
    }

    /// The text that a value of the workspace shows itself as; any other value is itself.
    pub(super) fn display(&mut self, value: Value) -> Value {
        let Value::Struct(shown) = &value else { return value };
        let ty = Ty::new(TyKind::Adt { def: shown.def, args: Box::default() });
        let Some(function) = self.semantics.display_impl(ty) else { return Value::Unknown };
        self.function(function, Some(value), vec![Value::Unknown]).0
    }

    /// Two texts, or lists, one after the other.
    #[allow(clippy::unused_self, reason = "reads as an operation of the evaluation")]
    pub(super) fn sum(&self, lhs: Value, rhs: Value) -> Value {
        match (&lhs, &rhs) {
            (Value::Text(_) | Value::OneOf(_), _) | (_, Value::Text(_)) => {
                let (left, right) = (super::texts(&lhs), super::texts(&rhs));
                let mut all = Vec::new();
                for left in &left {
                    for right in &right {
                        all.push(Value::Text(Symbol::new(&format!("{left}{right}"))));
                    }
                }
                match <[Value; 1]>::try_from(all) {
                    Ok([one]) => one,
                    Err(all) => Value::OneOf(Arc::new(all)),
                }
            }
            (Value::List(a), Value::List(b)) => Value::list(a.iter().chain(b.iter()).cloned().collect()),
            _ => lhs.or(rhs),
        }
    }
}

/// The text that is not known.
pub(super) fn hole() -> Symbol {
    Symbol::new(HOLE.encode_utf8(&mut [0; 4]))
}

/// The result of a call that is not evaluated, or an item.
pub(super) fn made(what: What, arguments: Vec<Value>, place: FileSpan) -> Value {
    Value::Made(Arc::new(Made { what, receiver: None, arguments, place }))
}

fn literal_value(literal: Literal) -> Value {
    match literal {
        Literal::Str(text) | Literal::ByteStr(text) => Value::Text(text),
        Literal::Int(text) => {
            let digits = text.as_str().trim_end_matches(|c: char| c.is_ascii_alphabetic());
            Value::Text(if digits.len() == text.as_str().len() { text } else { Symbol::new(digits) })
        }
        Literal::Char(c) => Value::Text(Symbol::new(c.encode_utf8(&mut [0; 4]))),
        Literal::Bool(truth) => Value::Text(Symbol::new(if truth { "true" } else { "false" })),
        Literal::Float(_) => Value::Unknown,
    }
}

/// A field of a value.
pub(super) fn field(base: &Value, name: Symbol) -> Value {
    match base {
        Value::Struct(value) => value.field(name),
        Value::List(all) => {
            name.as_str().parse::<usize>().ok().and_then(|index| all.get(index)).cloned().unwrap_or_default()
        }
        Value::OneOf(all) => all.iter().fold(Value::Unknown, |known, value| known.or(field(value, name))),
        _ => Value::Unknown,
    }
}

/// Any element of a list.
pub(super) fn any_of(all: &[Value]) -> Value {
    all.iter().fold(Value::Unknown, |known, value| known.or(value.clone()))
}

/// The variables after a conditional.
fn join(mut a: FxHashMap<LocalId, Value>, b: FxHashMap<LocalId, Value>) -> FxHashMap<LocalId, Value> {
    for (local, value) in b {
        match a.entry(local) {
            std::collections::hash_map::Entry::Occupied(mut own) => {
                let joined = std::mem::take(own.get_mut()).or(value);
                own.insert(joined);
            }
            std::collections::hash_map::Entry::Vacant(slot) => {
                slot.insert(value);
            }
        }
    }
    a
}
