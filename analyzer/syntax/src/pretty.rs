//! A readable print of a file's IR, for snapshots and for looking at.
//!
//! Items are printed as headings with their content indented below; bodies as Rust-like text in which locals carry
//! their number, so that resolution shows: `name#3`. Types are printed as written.

use std::fmt::{self, Write};

use crate::{
    Arm, Attribute, BinaryOp, BlockKind, BodyId, Expr, ExprId, Field, Fields, FieldsShape, FnItem, FormatId,
    Generics, HoleStyle, Item, ItemId, ItemKind, List, Literal, LocalId, Pat, PatId, Path, PathId, Piece,
    Run, SelfParam, SourceIr, Symbol, TypeRef, TypeRefId, UnaryOp, Visibility,
};

/// Prints the items and bodies of a file.
pub fn pretty(ir: &SourceIr) -> String {
    let mut children = vec![Vec::new(); ir.tree.items.len() + 1];
    for (id, item) in ir.tree.iter() {
        children[item.parent.map_or(0, |parent| parent.index() + 1)].push(id);
    }
    let mut printer = Printer { ir, children, out: String::new(), indent: 0 };
    // Writing to a `String` does not fail.
    let _ = printer.items(0);
    printer.out
}

struct Printer<'i> {
    ir: &'i SourceIr,
    /// The children of the file itself, then of each item.
    children: Vec<Vec<ItemId>>,
    out: String,
    indent: usize,
}

impl Write for Printer<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.out.write_str(text)
    }
}

impl Printer<'_> {
    fn newline(&mut self) -> fmt::Result {
        write!(self.out, "\n{:1$}", "", self.indent * 4)
    }

    /// `content` between braces on lines of its own.
    fn braced(&mut self, content: impl FnOnce(&mut Self) -> fmt::Result) -> fmt::Result {
        self.write_str("{")?;
        self.indent += 1;
        content(self)?;
        self.indent -= 1;
        self.newline()?;
        self.write_str("}")
    }

    fn separated<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        separator: &str,
        mut print: impl FnMut(&mut Self, T) -> fmt::Result,
    ) -> fmt::Result {
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                self.write_str(separator)?;
            }
            print(self, item)?;
        }
        Ok(())
    }

    // Items

    fn items(&mut self, slot: usize) -> fmt::Result {
        for id in std::mem::take(&mut self.children[slot]) {
            if !self.out.is_empty() {
                self.newline()?;
            }
            self.item(id)?;
        }
        if slot == 0 && !self.out.is_empty() {
            self.write_str("\n")?;
        }
        Ok(())
    }

    fn item(&mut self, id: ItemId) -> fmt::Result {
        let ir = self.ir;
        let item = ir.tree.get(id);
        self.attributes(&item.attributes)?;
        if item.is_test {
            self.write_str("[test] ")?;
        }
        self.visibility(item.visibility)?;
        self.kind(item)?;
        let inner = id.index() + 1;
        if self.children[inner].is_empty() {
            return Ok(());
        }
        self.indent += 1;
        self.newline()?;
        self.write_str("-- inside:")?;
        self.items(inner)?;
        self.indent -= 1;
        Ok(())
    }

    fn attributes(&mut self, attributes: &[Attribute]) -> fmt::Result {
        for attribute in attributes {
            match attribute.args.as_str() {
                "" => write!(self, "#[{}] ", attribute.path)?,
                args => write!(self, "#[{}: {args}] ", attribute.path)?,
            }
        }
        Ok(())
    }

    fn visibility(&mut self, visibility: Visibility) -> fmt::Result {
        match visibility {
            Visibility::Private => Ok(()),
            Visibility::Restricted => self.write_str("pub(..) "),
            Visibility::Public => self.write_str("pub "),
        }
    }

    fn kind(&mut self, item: &Item) -> fmt::Result {
        let name = item.name;
        match &item.kind {
            ItemKind::Module { inline, path } => {
                write!(self, "mod {name}{}", if *inline { "" } else { ";" })?;
                path.map_or(Ok(()), |path| write!(self, " at {path:?}"))
            }
            ItemKind::Use(tree) => {
                self.write_str(if tree.leading_colon { "use ::" } else { "use " })?;
                self.separated(&tree.path, "::", |this, name| write!(this, "{name}"))?;
                if tree.glob { self.write_str("::*") } else { write!(self, " as {name}") }
            }
            ItemKind::ExternCrate { krate } => write!(self, "extern crate {krate} as {name}"),
            ItemKind::Fn(function) => self.function(name, function),
            ItemKind::Struct { generics, fields } => {
                write!(self, "struct {name}")?;
                self.generics(generics)?;
                self.fields(fields)
            }
            ItemKind::Enum { generics, variants } => {
                write!(self, "enum {name}")?;
                self.generics(generics)?;
                self.write_str(" ")?;
                self.braced(|this| {
                    for variant in variants {
                        this.newline()?;
                        this.attributes(&variant.attributes)?;
                        write!(this, "{}", variant.name)?;
                        this.fields(&variant.fields)?;
                    }
                    Ok(())
                })
            }
            ItemKind::Trait { generics, bounds } => {
                write!(self, "trait {name}")?;
                self.generics(generics)?;
                self.bounds(": ", bounds)
            }
            ItemKind::Impl { generics, trait_ref, self_ty } => {
                self.write_str("impl")?;
                self.generics(generics)?;
                self.write_str(" ")?;
                if let Some(trait_ref) = trait_ref {
                    self.ty(*trait_ref)?;
                    self.write_str(" for ")?;
                }
                self.ty(*self_ty)
            }
            ItemKind::Const { ty, body, is_static } => {
                write!(self, "{} {name}: ", if *is_static { "static" } else { "const" })?;
                self.ty(*ty)?;
                self.body(" = ", *body)
            }
            ItemKind::TypeAlias { generics, ty, bounds } => {
                write!(self, "type {name}")?;
                self.generics(generics)?;
                self.bounds(": ", bounds)?;
                ty.map_or(Ok(()), |ty| {
                    self.write_str(" = ")?;
                    self.ty(ty)
                })
            }
            ItemKind::MacroRules { tokens } => {
                write!(self, "macro_rules {name} of {} bytes", tokens.as_str().len())
            }
            ItemKind::MacroCall { path, body } => {
                write!(self, "{path}!")?;
                self.body(" = ", *body)
            }
        }
    }

    fn function(&mut self, name: Symbol, function: &FnItem) -> fmt::Result {
        write!(self, "{}fn {name}", if function.is_async { "async " } else { "" })?;
        self.generics(&function.generics)?;
        self.write_str("(")?;
        match function.self_param {
            Some(SelfParam::Value) => self.write_str("self, ")?,
            Some(SelfParam::Ref) => self.write_str("&self, ")?,
            Some(SelfParam::RefMut) => self.write_str("&mut self, ")?,
            None => {}
        }
        self.separated(&function.params, ", ", |this, param| {
            this.attributes(&param.attributes)?;
            this.pat(param.pat)?;
            this.write_str(": ")?;
            this.ty(param.ty)
        })?;
        self.write_str(")")?;
        self.optional_type(" -> ", function.ret)?;
        self.body(" ", function.body)
    }

    fn body(&mut self, before: &str, body: Option<BodyId>) -> fmt::Result {
        let Some(body) = body else { return Ok(()) };
        self.write_str(before)?;
        self.expr(self.ir.body(body).root)
    }

    fn fields(&mut self, fields: &Fields) -> fmt::Result {
        match fields.shape {
            FieldsShape::Unit => Ok(()),
            FieldsShape::Tuple => {
                self.write_str("(")?;
                self.separated(&fields.fields, ", ", Self::field)?;
                self.write_str(")")
            }
            FieldsShape::Named => {
                self.write_str(" { ")?;
                self.separated(&fields.fields, ", ", Self::field)?;
                self.write_str(" }")
            }
        }
    }

    fn field(&mut self, field: &Field) -> fmt::Result {
        self.attributes(&field.attributes)?;
        self.visibility(field.visibility)?;
        write!(self, "{}: ", field.name)?;
        self.ty(field.ty)
    }

    fn generics(&mut self, generics: &Generics) -> fmt::Result {
        if !generics.params.is_empty() {
            self.write_str("<")?;
            self.separated(&generics.params, ", ", |this, param| {
                write!(this, "{}", param.name)?;
                this.bounds(": ", &param.bounds)?;
                this.optional_type(" = ", param.default)
            })?;
            self.write_str(">")?;
        }
        for (ty, bounds) in &generics.predicates {
            self.write_str(" where ")?;
            self.ty(*ty)?;
            self.bounds(": ", bounds)?;
        }
        Ok(())
    }

    fn bounds(&mut self, before: &str, bounds: &[TypeRefId]) -> fmt::Result {
        if bounds.is_empty() {
            return Ok(());
        }
        self.write_str(before)?;
        self.separated(bounds, " + ", |this, bound| this.ty(*bound))
    }

    // Types and paths

    fn optional_type(&mut self, before: &str, ty: Option<TypeRefId>) -> fmt::Result {
        let Some(ty) = ty else { return Ok(()) };
        self.write_str(before)?;
        self.ty(ty)
    }

    fn types(&mut self, types: List<TypeRefId>, separator: &str) -> fmt::Result {
        let ir = self.ir;
        self.separated(ir.list(types), separator, Self::ty)
    }

    fn ty(&mut self, ty: TypeRefId) -> fmt::Result {
        match self.ir.type_ref(ty) {
            TypeRef::Missing => self.write_str("<?>"),
            TypeRef::Infer => self.write_str("_"),
            TypeRef::Never => self.write_str("!"),
            TypeRef::Path(path) => self.path(path),
            TypeRef::Ref { inner, mutable, is_static } => {
                self.write_str("&")?;
                self.write_str(if is_static { "'static " } else { "" })?;
                self.write_str(if mutable { "mut " } else { "" })?;
                self.ty(inner)
            }
            TypeRef::Ptr(inner) => {
                self.write_str("*")?;
                self.ty(inner)
            }
            TypeRef::Tuple(types) => {
                self.write_str("(")?;
                self.types(types, ", ")?;
                self.write_str(")")
            }
            TypeRef::Slice(inner) => {
                self.write_str("[")?;
                self.ty(inner)?;
                self.write_str("]")
            }
            TypeRef::Array(inner) => {
                self.write_str("[")?;
                self.ty(inner)?;
                self.write_str("; _]")
            }
            TypeRef::Fn { params, ret } => {
                self.write_str("fn(")?;
                self.types(params, ", ")?;
                self.write_str(")")?;
                self.optional_type(" -> ", ret)
            }
            TypeRef::Impl(bounds) => {
                self.write_str("impl ")?;
                self.types(bounds, " + ")
            }
            TypeRef::Dyn(bounds) => {
                self.write_str("dyn ")?;
                self.types(bounds, " + ")
            }
        }
    }

    fn path(&mut self, path: PathId) -> fmt::Result {
        let ir = self.ir;
        let Path { qualified_self, trait_segments, leading_colon, .. } = ir.path(path);
        if let Some(ty) = qualified_self {
            self.write_str("<")?;
            self.ty(ty)?;
            self.write_str(if trait_segments > 0 { " as " } else { ">::" })?;
        }
        self.write_str(if leading_colon { "::" } else { "" })?;
        for (at, segment) in ir.path_segments(path).iter().enumerate() {
            if at > 0 {
                let closes = trait_segments > 0 && at == usize::from(trait_segments);
                self.write_str(if closes { ">::" } else { "::" })?;
            }
            write!(self, "{}", segment.name)?;
            if segment.args.is_empty() && segment.bindings.len == 0 {
                continue;
            }
            self.write_str("<")?;
            self.types(segment.args, ", ")?;
            for (at, binding) in segment.bindings.of(&ir.bindings).iter().enumerate() {
                self.write_str(if at > 0 || !segment.args.is_empty() { ", " } else { "" })?;
                write!(self, "{} = ", binding.name)?;
                self.ty(binding.ty)?;
            }
            self.write_str(">")?;
        }
        Ok(())
    }

    // Patterns

    fn local(&mut self, local: LocalId) -> fmt::Result {
        write!(self, "{}#{}", self.ir.local(local).name, local.index())
    }

    fn pats(&mut self, pats: List<PatId>, separator: &str) -> fmt::Result {
        let ir = self.ir;
        self.separated(ir.list(pats), separator, Self::pat)
    }

    fn pat(&mut self, pat: PatId) -> fmt::Result {
        match self.ir.pat(pat) {
            Pat::Missing => self.write_str("<?>"),
            Pat::Wild => self.write_str("_"),
            Pat::Rest => self.write_str(".."),
            Pat::Range => self.write_str("<range>"),
            Pat::Bind { local, sub } => {
                self.local(local)?;
                let Some(sub) = sub else { return Ok(()) };
                self.write_str(" @ ")?;
                self.pat(sub)
            }
            Pat::Path(path) => self.path(path),
            Pat::Literal(literal) => self.literal(literal),
            Pat::Ref(inner) => {
                self.write_str("&")?;
                self.pat(inner)
            }
            Pat::Tuple(pats) => {
                self.write_str("(")?;
                self.pats(pats, ", ")?;
                self.write_str(")")
            }
            Pat::Slice(pats) => {
                self.write_str("[")?;
                self.pats(pats, ", ")?;
                self.write_str("]")
            }
            Pat::Or(pats) => self.pats(pats, " | "),
            Pat::TupleStruct { path, pats } => {
                self.path(path)?;
                self.write_str("(")?;
                self.pats(pats, ", ")?;
                self.write_str(")")
            }
            Pat::Struct { path, fields } => {
                let ir = self.ir;
                self.path(path)?;
                self.write_str(" { ")?;
                self.separated(ir.field_pats(fields), ", ", |this, field| {
                    write!(this, "{}: ", field.name)?;
                    this.pat(field.pat)
                })?;
                self.write_str(" }")
            }
        }
    }

    fn literal(&mut self, literal: Literal) -> fmt::Result {
        match literal {
            Literal::Str(text) => write!(self, "{text:?}"),
            Literal::ByteStr(text) => write!(self, "b{text:?}"),
            Literal::Char(character) => write!(self, "{character:?}"),
            Literal::Int(text) | Literal::Float(text) => write!(self, "{text}"),
            Literal::Bool(value) => write!(self, "{value}"),
        }
    }

    // Expressions

    fn exprs(&mut self, exprs: List<ExprId>) -> fmt::Result {
        let ir = self.ir;
        self.separated(ir.list(exprs), ", ", Self::expr)
    }

    /// An operand, in parentheses where it is more than one word.
    fn operand(&mut self, id: ExprId) -> fmt::Result {
        let open = matches!(
            self.ir.expr(id),
            Expr::Binary { .. }
                | Expr::Assign { .. }
                | Expr::Range { .. }
                | Expr::Closure(_)
                | Expr::Cast { .. }
                | Expr::Unary { .. }
                | Expr::Ref { .. }
                | Expr::Let { .. }
        );
        self.write_str(if open { "(" } else { "" })?;
        self.expr(id)?;
        self.write_str(if open { ")" } else { "" })
    }

    fn expr(&mut self, id: ExprId) -> fmt::Result {
        match self.ir.expr(id) {
            Expr::Missing => self.write_str("<?>"),
            Expr::Literal(literal) => self.literal(literal),
            Expr::Local(local) => self.local(local),
            Expr::Path(path) => self.path(path),
            Expr::Unary { op, operand } => {
                self.write_str(match op {
                    UnaryOp::Not => "!",
                    UnaryOp::Neg => "-",
                    UnaryOp::Deref => "*",
                })?;
                self.operand(operand)
            }
            Expr::Ref { mutable, operand } => {
                self.write_str(if mutable { "&mut " } else { "&" })?;
                self.operand(operand)
            }
            Expr::Binary { op, lhs, rhs } => {
                self.operand(lhs)?;
                write!(self, " {} ", symbol(op))?;
                self.operand(rhs)
            }
            Expr::Assign { op, lhs, rhs } => {
                self.operand(lhs)?;
                write!(self, " {}= ", op.map_or("", symbol))?;
                self.expr(rhs)
            }
            Expr::Call { callee, args } => {
                self.operand(callee)?;
                self.arguments(args)
            }
            Expr::MethodCall { receiver, method, args, generics } => {
                self.operand(receiver)?;
                write!(self, ".{method}")?;
                if !generics.is_empty() {
                    self.write_str("::<")?;
                    self.types(generics, ", ")?;
                    self.write_str(">")?;
                }
                self.arguments(args)
            }
            Expr::Field { base, name } => {
                self.operand(base)?;
                write!(self, ".{name}")
            }
            Expr::Index { base, index } => {
                self.operand(base)?;
                self.write_str("[")?;
                self.expr(index)?;
                self.write_str("]")
            }
            Expr::Range { start, end, inclusive } => {
                start.map_or(Ok(()), |start| self.operand(start))?;
                self.write_str(if inclusive { "..=" } else { ".." })?;
                end.map_or(Ok(()), |end| self.operand(end))
            }
            Expr::Tuple(elements) => self.arguments(elements),
            Expr::Array(elements) => {
                self.write_str("[")?;
                self.exprs(elements)?;
                self.write_str("]")
            }
            Expr::Repeat { value, len } => {
                self.write_str("[")?;
                self.expr(value)?;
                self.write_str("; ")?;
                self.expr(len)?;
                self.write_str("]")
            }
            Expr::Struct { path, fields, rest } => {
                self.path(path)?;
                self.write_str(" ")?;
                self.record(fields, rest)
            }
            Expr::Record(fields) => self.record(fields, None),
            Expr::Cast { operand, ty } => {
                self.operand(operand)?;
                self.write_str(" as ")?;
                self.ty(ty)
            }
            Expr::Await(operand) => {
                self.operand(operand)?;
                self.write_str(".await")
            }
            Expr::Try(operand) => {
                self.operand(operand)?;
                self.write_str("?")
            }
            other => self.control(other),
        }
    }

    fn arguments(&mut self, args: List<ExprId>) -> fmt::Result {
        self.write_str("(")?;
        self.exprs(args)?;
        self.write_str(")")
    }

    fn record(&mut self, fields: Run, rest: Option<ExprId>) -> fmt::Result {
        let ir = self.ir;
        self.write_str("{ ")?;
        self.separated(ir.field_inits(fields), ", ", |this, field| {
            write!(this, "{}: ", field.name)?;
            this.expr(field.value)
        })?;
        if let Some(rest) = rest {
            self.write_str(", ..")?;
            self.expr(rest)?;
        }
        self.write_str(" }")
    }

    fn control(&mut self, expr: Expr) -> fmt::Result {
        match expr {
            Expr::Block { kind, stmts, tail } => self.block(kind, stmts, tail),
            Expr::LetStmt { pat, ty, init, otherwise } => {
                self.write_str("let ")?;
                self.pat(pat)?;
                self.optional_type(": ", ty)?;
                self.optional(" = ", init)?;
                self.optional(" else ", otherwise)
            }
            Expr::Item(item) => write!(self, "item {}", self.ir.tree.get(item).name),
            Expr::If { cond, then, otherwise } => {
                self.write_str("if ")?;
                self.expr(cond)?;
                self.write_str(" ")?;
                self.expr(then)?;
                self.optional(" else ", otherwise)
            }
            Expr::Let { pat, scrutinee } => {
                self.write_str("let ")?;
                self.pat(pat)?;
                self.write_str(" = ")?;
                self.expr(scrutinee)
            }
            Expr::Match { scrutinee, arms } => {
                let ir = self.ir;
                self.write_str("match ")?;
                self.expr(scrutinee)?;
                self.write_str(" ")?;
                self.braced(|this| ir.arms(arms).iter().try_for_each(|arm| this.arm(arm)))
            }
            Expr::Loop { body } => {
                self.write_str("loop ")?;
                self.expr(body)
            }
            Expr::While { cond, body } => {
                self.write_str("while ")?;
                self.expr(cond)?;
                self.write_str(" ")?;
                self.expr(body)
            }
            Expr::For { pat, iter, body } => {
                self.write_str("for ")?;
                self.pat(pat)?;
                self.write_str(" in ")?;
                self.expr(iter)?;
                self.write_str(" ")?;
                self.expr(body)
            }
            Expr::Break(value) => {
                self.write_str("break")?;
                self.optional(" ", value)
            }
            Expr::Continue => self.write_str("continue"),
            Expr::Return(value) => {
                self.write_str("return")?;
                self.optional(" ", value)
            }
            Expr::Closure(closure) => {
                let closure = self.ir.closure(closure);
                self.write_str(if closure.is_async { "async |" } else { "|" })?;
                self.separated(&closure.params, ", ", |this, (pat, ty)| {
                    this.pat(*pat)?;
                    this.optional_type(": ", *ty)
                })?;
                self.write_str("|")?;
                self.optional_type(" -> ", closure.ret)?;
                self.optional(" ", Some(closure.body))
            }
            Expr::Format(format) => self.format(format),
            Expr::Macro(call) => {
                let call = self.ir.macro_call(call);
                write!(self, "{}!", call.path)?;
                self.arguments(call.args)?;
                if !call.text.is_empty() {
                    write!(self, " of {:?}", call.text)?;
                }
                self.write_str(if call.complete { "" } else { " in part" })
            }
            _ => self.write_str("<?>"),
        }
    }

    fn optional(&mut self, before: &str, expr: Option<ExprId>) -> fmt::Result {
        let Some(expr) = expr else { return Ok(()) };
        self.write_str(before)?;
        self.expr(expr)
    }

    fn block(&mut self, kind: BlockKind, stmts: List<ExprId>, tail: Option<ExprId>) -> fmt::Result {
        let ir = self.ir;
        self.write_str(match kind {
            BlockKind::Plain => "",
            BlockKind::Async => "async ",
            BlockKind::Unsafe => "unsafe ",
            BlockKind::Const => "const ",
        })?;
        if stmts.is_empty() && tail.is_none() {
            return self.write_str("{}");
        }
        self.braced(|this| {
            for stmt in ir.list(stmts) {
                this.newline()?;
                this.expr(stmt)?;
                this.write_str(";")?;
            }
            let Some(tail) = tail else { return Ok(()) };
            this.newline()?;
            this.expr(tail)
        })
    }

    fn arm(&mut self, arm: &Arm) -> fmt::Result {
        self.newline()?;
        self.pat(arm.pat)?;
        self.optional(" if ", arm.guard)?;
        self.optional(" => ", Some(arm.body))
    }

    /// `path!(leading; "text" {value}; fields; args)`, empty parts left out.
    fn format(&mut self, format: FormatId) -> fmt::Result {
        let format = self.ir.format(format);
        write!(self, "{}!(", format.path)?;
        if !format.leading.is_empty() {
            self.exprs(format.leading)?;
            self.write_str("; ")?;
        }
        self.separated(&format.pieces, " ", |this, piece| match piece {
            Piece::Text { text, .. } => write!(this, "{text:?}"),
            Piece::Hole { value, style, .. } => {
                this.write_str("{")?;
                this.expr(*value)?;
                this.write_str(match style {
                    HoleStyle::Display => "}",
                    HoleStyle::Debug => ":?}",
                    HoleStyle::Other => ":_}",
                })
            }
        })?;
        if format.fields.len > 0 {
            self.write_str("; fields ")?;
            self.record(format.fields, None)?;
        }
        if !format.args.is_empty() {
            self.write_str("; args ")?;
            self.exprs(format.args)?;
        }
        self.write_str(")")
    }
}

fn symbol(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::Div => "/",
        BinaryOp::Rem => "%",
        BinaryOp::And => "&&",
        BinaryOp::Or => "||",
        BinaryOp::BitXor => "^",
        BinaryOp::BitAnd => "&",
        BinaryOp::BitOr => "|",
        BinaryOp::Shl => "<<",
        BinaryOp::Shr => ">>",
        BinaryOp::Eq => "==",
        BinaryOp::Ne => "!=",
        BinaryOp::Lt => "<",
        BinaryOp::Le => "<=",
        BinaryOp::Gt => ">",
        BinaryOp::Ge => ">=",
    }
}
