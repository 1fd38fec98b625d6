//! Values of expressions that are no control flow.

use smallvec::SmallVec;
use ward_semantics::{DefKind, Resolution, TyKind};
use ward_syntax::{BinaryOp, BlockKind, Expr, ExprId, Literal, MacroId, Pat, PatId, PathId, Piece, UnaryOp};

use super::calls::{is_redirect, is_response};
use super::deps::{Deps, Frame, Reach, Sense, Shape, Value};
use super::evaluate::{Evaluator, is_fallible, unwrapped};
use super::matching::decides;
use super::names;

impl Evaluator<'_> {
    pub(crate) fn value(&mut self, expr: ExprId) -> Value {
        match self.ir.expr(expr) {
            Expr::Literal(Literal::Bool(true)) => Value { shape: Shape::Success, ..Value::default() },
            Expr::Literal(Literal::Bool(false)) => Value { shape: Shape::Refusal, ..Value::default() },
            // A status as a number: `Response::new(401)`.
            Expr::Literal(Literal::Int(number)) if matches!(number.as_str(), "401" | "403") => {
                Value { shape: Shape::Refusal, ..Value::default() }
            }
            Expr::Local(local) => self.local(local),
            Expr::Path(path) => self.path_value(path),
            Expr::Unary { op, operand } => {
                let value = self.eval(operand);
                let shape = Shape::Plain;
                match op {
                    UnaryOp::Not => Value { sense: value.sense.inverse(), shape, ..value },
                    UnaryOp::Neg | UnaryOp::Deref => value,
                }
            }
            Expr::Ref { operand, .. } | Expr::Cast { operand, .. } => self.eval(operand),
            Expr::Await(inner) => self.eval(inner),
            Expr::Binary { op, lhs, rhs } => self.binary(op, lhs, rhs),
            Expr::Assign { lhs, rhs, .. } => self.assignment(lhs, rhs),
            Expr::Call { callee, args } => self.call(expr, callee, args),
            Expr::MethodCall { receiver, method, args, generics } => {
                self.method_call(expr, receiver, method, args, generics)
            }
            Expr::Field { base, name } => self.field(expr, base, name.as_str()),
            Expr::Index { base, index } => {
                let (base, index) = (self.eval(base), self.eval(index));
                Value::of(base.data.union(index.data))
            }
            Expr::Range { start, end, .. } => {
                let parts: SmallVec<[ExprId; 2]> = start.into_iter().chain(end).collect();
                self.all_of(parts)
            }
            Expr::Tuple(list) => {
                let parts: SmallVec<[ExprId; 8]> = self.ir.list(list).collect();
                let mut all = Value::default();
                for part in parts {
                    let value = self.eval(part);
                    all.data = all.data.union(value.data);
                    all.fail = all.fail.union(value.fail);
                    // `(StatusCode::UNAUTHORIZED, text)`, `(jar, Redirect::to("/login"))`.
                    if value.shape == Shape::Refusal && self.is_status(part) {
                        all.shape = Shape::Refusal;
                    }
                }
                all
            }
            Expr::Array(list) => {
                let parts: SmallVec<[ExprId; 8]> = self.ir.list(list).collect();
                self.all_of(parts)
            }
            Expr::Repeat { value, len } => self.all_of([value, len]),
            Expr::Struct { fields, rest, path } => {
                let inits = self.ir.field_inits(fields);
                let parts: SmallVec<[ExprId; 8]> = inits.iter().map(|init| init.value).chain(rest).collect();
                let value = self.fields_of(&parts);
                let shape = self.shape_of_path(path);
                Value { shape, ..value }
            }
            Expr::Record(fields) => {
                let inits = self.ir.field_inits(fields);
                let parts: SmallVec<[ExprId; 8]> = inits.iter().map(|init| init.value).collect();
                // It is there, whatever of its fields is not.
                Value::of(self.all_of(parts).data)
            }
            Expr::LetStmt { pat, init, otherwise, ty, .. } => {
                let wanted = ty.is_some_and(|ty| self.names_credential_ref(ty, 0));
                let before = std::mem::replace(&mut self.wants_credential, wanted);
                let value = self.let_statement(pat, init, otherwise);
                self.wants_credential = before;
                value
            }
            Expr::Let { pat, scrutinee } => {
                let value = self.eval(scrutinee);
                self.bind(pat, unwrapped(value));
                self.carry(pat, scrutinee);
                self.note_error(pat, value);
                self.borrow(pat, scrutinee);
                let matched = self.matched(scrutinee, value);
                let sense = self.sense_in(pat, matched).of(value);
                Value { data: decides(value, matched).union(self.roles_in(pat)), sense, ..Value::default() }
            }
            Expr::Loop { body } => self.repeated(Value::default(), body),
            Expr::While { cond, body } => {
                let cond = self.eval(cond);
                self.repeated(cond, body)
            }
            Expr::For { pat, iter, body } => {
                let value = self.eval(iter);
                self.bind(pat, unwrapped(value));
                self.repeated(Value::default(), body)
            }
            Expr::Break(Some(value)) => self.eval(value),
            Expr::Closure(closure) => self.closure_value(closure, Value::default()),
            Expr::Try(inner) => {
                let mut value = self.eval(inner);
                let holds_option = self.types.expr(expr).as_external("std::option::Option").is_some();
                if self.answers_in_ok && self.is_lookup(inner, 0)
                    || holds_option && self.is_unknown_read(inner, 0)
                {
                    // An error of the store is no answer of whom it was asked for.
                    value = Value { fail: Deps::NONE, ..value };
                }
                match value.shape {
                    Shape::Refusal => self.refuse_for(value.fail, Sense::Absent, expr),
                    _ if !value.fail.is_none() => self.may_fail(value.fail, expr),
                    _ => {}
                }
                self.there(expr, value)
            }
            Expr::Format(format) => self.format(format, expr),
            Expr::Macro(id) => self.macro_value(id, expr),
            Expr::Missing
            | Expr::Literal(_)
            | Expr::Item(_)
            | Expr::Break(None)
            | Expr::Continue
            | Expr::Block { .. }
            | Expr::If { .. }
            | Expr::Match { .. }
            | Expr::Return(_) => Value::default(),
        }
    }

    /// What is left of a value that is there; it may hold another that is not.
    pub(crate) fn there(&self, expr: ExprId, value: Value) -> Value {
        if is_fallible(self.types.expr(expr)) { Value::fallible(value.data) } else { unwrapped(value) }
    }

    fn all_of(&mut self, parts: impl IntoIterator<Item = ExprId>) -> Value {
        let mut all = Value::default();
        for part in parts {
            let value = self.eval(part);
            all.data = all.data.union(value.data);
            all.fail = all.fail.union(value.fail);
        }
        all
    }

    /// The fields of a struct. Where all that tell who calls may be absent, it is made for nobody as well.
    fn fields_of(&mut self, parts: &[ExprId]) -> Value {
        let mut all = Value::default();
        let (mut is_there, mut may_be_absent) = (false, false);
        for part in parts {
            let value = self.eval(*part);
            is_there |= value.data.has(Deps::CREDENTIAL) && !value.fail.has(Deps::CREDENTIAL);
            may_be_absent |= value.fail.has(Deps::CREDENTIAL);
            all.data = all.data.union(value.data);
            all.fail = all.fail.union(value.fail);
        }
        if may_be_absent && !is_there {
            all.data = all.data.union(Deps::STAND_IN);
        }
        all
    }

    fn binary(&mut self, op: BinaryOp, lhs: ExprId, rhs: ExprId) -> Value {
        let left = self.eval(lhs);
        // The right side of `&&` runs only if the left side holds.
        let right = match op {
            BinaryOp::And => {
                self.under(Frame { deps: left.all(), sense: left.sense, reach: Reach::Some }, rhs)
            }
            BinaryOp::Or => {
                self.under(Frame { deps: left.all(), sense: left.sense.inverse(), reach: Reach::Some }, rhs)
            }
            _ => self.eval(rhs),
        };
        let mut data = left.all().union(right.all());
        let sense = match op {
            BinaryOp::And if [left.sense, right.sense].contains(&Sense::Present) => Sense::Present,
            BinaryOp::Or if [left.sense, right.sense].contains(&Sense::Absent) => Sense::Absent,
            BinaryOp::And | BinaryOp::Or if left.sense == right.sense => left.sense,
            _ => Sense::Unknown,
        };
        let ranks = matches!(op, BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge);
        if ranks && (self.is_variant(lhs) || self.is_variant(rhs)) {
            // A rank of the caller: `level >= Level::Manager`.
            data = data.union(Deps::ROLE);
        }
        let compares = matches!(op, BinaryOp::Eq | BinaryOp::Ne);
        if compares && self.ties(lhs, left.data, rhs, right.data) {
            data = data.union(Deps::OWNER);
        }
        Value { data, sense, ..Value::default() }
    }

    fn under(&mut self, frame: Frame, expr: ExprId) -> Value {
        // Frames that the right side leaves behind do not hold after it.
        let mark = self.push_frame(frame);
        let value = self.eval(expr);
        self.drop_frames(mark);
        value
    }

    /// Whether the caller's identity on one side meets something else on the other.
    fn ties(&mut self, lhs: ExprId, left: Deps, rhs: ExprId, right: Deps) -> bool {
        // What he may do is not who he is.
        let is_role = |expr| self.last_name(expr, 0).is_some_and(|name| names::is_role(name.as_str()));
        if is_role(lhs) || is_role(rhs) {
            return false;
        }
        let is_other = |own: &Self, deps: Deps, expr| {
            !deps.has(Deps::CREDENTIAL) && !deps.has(Deps::ROLE) && !own.is_constant(expr)
        };
        let ties = (left.has(Deps::CREDENTIAL) && is_other(self, right, rhs))
            || (right.has(Deps::CREDENTIAL) && is_other(self, left, lhs))
            || (left.has(Deps::CREDENTIAL) && right.has(Deps::REQUEST))
            || (right.has(Deps::CREDENTIAL) && left.has(Deps::REQUEST));
        self.summary.ties |= ties;
        ties
    }

    fn is_variant(&self, expr: ExprId) -> bool {
        match self.ir.expr(expr) {
            Expr::Path(path) => matches!(self.types.path(path), Resolution::Variant { .. }),
            _ => false,
        }
    }

    fn is_constant(&self, expr: ExprId) -> bool {
        match self.ir.expr(expr) {
            Expr::Literal(_) => true,
            Expr::Path(_) => true,
            Expr::Ref { operand, .. } | Expr::Unary { operand, .. } => self.is_constant(operand),
            Expr::Call { args, .. } => self.ir.list(args).all(|arg| self.is_constant(arg)),
            _ => false,
        }
    }

    fn assignment(&mut self, lhs: ExprId, rhs: ExprId) -> Value {
        let value = self.eval(rhs);
        if self.overwrites_answer(lhs, value) {
            self.refuse(rhs);
        }
        let mut target = lhs;
        loop {
            match self.ir.expr(target) {
                Expr::Local(local) => {
                    self.assign(local, value, self.types.expr(lhs));
                    self.leave_in_borrowed(local, value);
                    break;
                }
                Expr::Field { base, .. } | Expr::Index { base, .. } => target = base,
                Expr::Unary { operand, .. } => target = operand,
                _ => break,
            }
        }
        Value::default()
    }

    /// `*res = refusal`, where there is no credential or a wrong one: nothing else is answered.
    fn overwrites_answer(&self, lhs: ExprId, value: Value) -> bool {
        let Expr::Unary { op: UnaryOp::Deref, operand } = self.ir.expr(lhs) else { return false };
        let is_absent = |frame: &Frame| frame.sense == Sense::Absent && frame.deps.has(Deps::CREDENTIAL);
        matches!(self.ir.expr(operand), Expr::Local(_))
            && is_response(self.types.expr(lhs))
            && (value.shape == Shape::Refusal || self.frames.iter().any(is_absent))
    }

    fn let_statement(&mut self, pat: PatId, init: Option<ExprId>, otherwise: Option<ExprId>) -> Value {
        let Some(init) = init else { return Value::default() };
        let value = self.eval(init);
        let Some(otherwise) = otherwise else {
            self.dropped_value = value;
            let ty = self.types.expr(init);
            let shape = if is_response(ty) || is_redirect(ty) { value.shape } else { Shape::Plain };
            self.bind(pat, Value { shape, ..value });
            self.carry(pat, init);
            self.borrow(pat, init);
            if self.is_sent(init, 0) {
                self.note_sent(pat);
            }
            if let Pat::Bind { local, .. } = self.ir.pat(pat) {
                if self.is_future(init) {
                    self.futures.insert(local);
                }
                if let Some(text) = self.text_in(init, 0) {
                    self.texts.insert(local, text);
                }
            }
            return Value::default();
        };
        let matched = self.matched(init, value);
        let deps = decides(value, matched);
        let sense = self.sense_in(pat, matched).of(value).inverse();
        let mark = self.push_frame(Frame { deps, sense, reach: Reach::Some });
        self.eval(otherwise);
        self.drop_frames(mark);
        if sense != Sense::Unknown {
            // What comes behind it is for those who have it.
            self.push_frame(Frame { deps, sense: sense.inverse(), reach: Reach::All });
        }
        self.bind(pat, unwrapped(value));
        self.carry(pat, init);
        self.borrow(pat, init);
        Value::default()
    }

    /// Whether an expression is a future that is written out here: an async block, or a variable that holds one.
    pub(crate) fn is_future(&self, expr: ExprId) -> bool {
        match self.ir.expr(expr) {
            Expr::Block { kind, .. } => kind == BlockKind::Async,
            Expr::Local(local) => self.futures.contains(&local),
            _ => false,
        }
    }

    fn repeated(&mut self, cond: Value, body: ExprId) -> Value {
        let mark = self.push_frame(Frame { deps: cond.all(), sense: cond.sense, reach: Reach::Some });
        self.eval(body);
        // What left the function from within holds behind the loop, too: `for a in all { if ok(a) { return Ok(()) } }`.
        self.frames.remove(mark);
        Value::default()
    }

    fn path_value(&mut self, path: PathId) -> Value {
        let shape = self.shape_of_path(path);
        let resolution = self.types.path(path);
        let def = match resolution {
            Resolution::Variant { def, .. } => Some(def),
            Resolution::Def(def) if self.cx.semantics.def_map.kind(def) == DefKind::Const => Some(def),
            _ => None,
        };
        let role = match def {
            Some(def) => {
                let name = self.cx.semantics.def_map.name(def);
                let last = self.ir.path_segments(path).last().map_or("", |segment| segment.name.as_str());
                names::is_role_type(name.as_str()) || names::is_role(last)
            }
            None => self
                .ir
                .path_segments(path)
                .iter()
                .rev()
                .skip(1)
                .take(1)
                .any(|segment| names::is_role_type(segment.name.as_str())),
        };
        Value { data: if role { Deps::ROLE } else { Deps::NONE }, shape, ..Value::default() }
    }

    /// Roles that a pattern names: `Role::Admin | Role::Owner`.
    pub(crate) fn roles_in(&mut self, pat: PatId) -> Deps {
        match self.ir.pat(pat) {
            Pat::Path(path) => self.path_value(path).data,
            Pat::TupleStruct { path, pats } => {
                let own = self.path_value(path).data;
                let parts: SmallVec<[PatId; 4]> = self.ir.list(pats).collect();
                parts.into_iter().fold(own, |all, pat| all.union(self.roles_in(pat)))
            }
            Pat::Or(pats) | Pat::Tuple(pats) => {
                let parts: SmallVec<[PatId; 4]> = self.ir.list(pats).collect();
                parts.into_iter().fold(Deps::NONE, |all, pat| all.union(self.roles_in(pat)))
            }
            _ => Deps::NONE,
        }
    }

    /// How a path stands as an answer: `None`, `StatusCode::UNAUTHORIZED`, `Error::Forbidden`.
    pub(crate) fn shape_of_path(&self, path: PathId) -> Shape {
        let mut names = self.ir.path_segments(path).iter().rev().map(|segment| segment.name.as_str());
        let last = names.next();
        match last {
            // A variant of the service's own that is called so is a value.
            Some("None") if !matches!(self.types.path(path), Resolution::Variant { .. }) => Shape::Refusal,
            Some(name) if names::is_refusing(name) => Shape::Refusal,
            // `Redirect::to("/login")`.
            Some(_) if names.next() == Some("Redirect") => Shape::Refusal,
            _ => Shape::Plain,
        }
    }

    fn field(&mut self, expr: ExprId, base: ExprId, name: &str) -> Value {
        let value = self.eval(base);
        let mut data = value.data;
        if self.is_beside_caller(base, expr) {
            // Who calls is told by another field.
            data = data.without(data.of_caller());
        }
        if names::is_role(name) && !data.is_none() {
            data = data.union(Deps::ROLE);
        }
        if self.is_credential_field(base, name) {
            self.read_credential(expr, 0);
            return Value::fallible(Deps::CREDENTIAL);
        }
        if self.is_sent(base, 0) && self.is_sent_credential(name, self.types.expr(expr)) {
            data = data.union(Deps::CREDENTIAL).union(Deps::SENT);
        }
        if is_fallible(self.types.expr(expr)) { Value::fallible(data) } else { Value::of(data) }
    }

    /// Whether a field stands beside another that holds who calls.
    fn is_beside_caller(&self, base: ExprId, field: ExprId) -> bool {
        let known = self.cx.known;
        known.carries_guard(self.cx, self.types.expr(base))
            && known.type_verdict(self.types.expr(field)).is_none()
    }

    /// A field of an external type that models call a credential, or a credential beside a field for the header
    /// `Authorization`: a type that is filled from a request.
    fn is_credential_field(&self, base: ExprId, name: &str) -> bool {
        let ty = self.types.expr(base);
        if let TyKind::Adt { def, .. } = ty.kind() {
            let fields = self.cx.semantics.fields(*def, None);
            return fields.iter().any(|field| field.name.as_str() == "authorization")
                && (name == "authorization" || name.ends_with("token"));
        }
        match ty.kind() {
            TyKind::External { path, .. } => self.is_credential_row(*path, ward_syntax::Symbol::new(name)),
            _ => false,
        }
    }

    fn format(&mut self, format: ward_syntax::FormatId, expr: ExprId) -> Value {
        let format = self.ir.format(format);
        let leading: SmallVec<[ExprId; 2]> = self.ir.list(format.leading).collect();
        let mut all = self.all_of(leading);
        let args: SmallVec<[ExprId; 4]> = self.ir.list(format.args).collect();
        let fields: SmallVec<[ExprId; 4]> =
            self.ir.field_inits(format.fields).iter().map(|init| init.value).collect();
        let holes: SmallVec<[ExprId; 4]> = format
            .pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Hole { value, .. } => Some(*value),
                Piece::Text { .. } => None,
            })
            .collect();
        let name = format.path.last_segment();
        if matches!(name, "ensure" | "assert" | "assert_eq") {
            self.refuse_for(all.data, all.sense.inverse(), expr);
            return Value::default();
        }
        let inner = self.all_of(holes.into_iter().chain(args).chain(fields));
        all.data = all.data.union(inner.data);
        match name {
            "bail" => self.refuse(expr),
            "format" | "format_args" | "concat" => return Value::of(all.data),
            _ => {}
        }
        Value::default()
    }

    fn macro_value(&mut self, id: MacroId, expr: ExprId) -> Value {
        let call = self.ir.macro_call(id);
        let name = call.path.last_segment();
        let args: SmallVec<[ExprId; 4]> = self.ir.list(call.args).collect();
        let all = self.all_of(args);
        if self.cx.known.is_refusing_macro(call.path) {
            self.refuse(expr);
            return Value::default();
        }
        if name.starts_with("try_outcome") || name == "r#try" || name == "try" {
            self.refuse_for(all.fail, Sense::Absent, expr);
            return self.there(expr, all);
        }
        self.macro_effects(id);
        Value { shape: Shape::Plain, ..all }
    }
}
