//! What stands inside functions and initialisers: expressions, patterns, types and paths of one file.
//!
//! All nodes of a file share one set of arenas. An expression is 16 to 20 bytes; its span lies beside it.
//! Local variables are resolved while lowering ([`Expr::Local`]); every other name stays a [`Path`].
//! Sugar is reduced: `matches!(e, p if g)` is `let p = e && g`, `join!(a, b)` is `(a.await, b.await)`, `try_join!(a, b)` is `async {
//! Ok((a.await?, b.await?)) }.await`, `select! { p = a => x, q = b => y }` is a match of `(a.await, b.await)` with `(p, _)` and
//! `(_, q)`; statements are expressions, and anything that could not be read is [`Expr::Missing`].

use serde::{Deserialize, Serialize};

use crate::arena::{Id, List, ListPool, Run, ids};
use crate::item_tree::{ItemId, ItemTree};
use crate::{Layout, Span, Symbol};

ids! {
    /// An expression or statement.
    ExprId,
    /// A pattern.
    PatId,
    /// A type as written.
    TypeRefId,
    /// A path as written.
    PathId,
    /// A local variable.
    LocalId,
    /// A closure's signature.
    ClosureId,
    /// A format-like macro's template.
    FormatId,
    /// A macro call read as expressions.
    MacroId,
    /// A function body or initialiser.
    BodyId,
}

/// The IR of one file: owned, `Send + Sync`, without lifetimes, without the text.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct SourceIr {
    /// The items.
    pub tree: ItemTree,
    /// Bodies of functions, consts and statics.
    pub bodies: Vec<Body>,
    /// Expressions.
    pub exprs: Vec<Expr>,
    /// Their spans.
    #[serde(with = "crate::stored::spans")]
    pub expr_spans: Vec<Span>,
    /// Patterns.
    pub pats: Vec<Pat>,
    /// Their spans.
    #[serde(with = "crate::stored::spans")]
    pub pat_spans: Vec<Span>,
    /// Types as written.
    pub types: Vec<TypeRef>,
    /// Their spans.
    #[serde(with = "crate::stored::spans")]
    pub type_spans: Vec<Span>,
    /// Paths as written.
    pub paths: Vec<Path>,
    /// Segments of paths.
    pub segments: Vec<Segment>,
    /// Local variables of all bodies.
    pub locals: Vec<Local>,
    /// Arms of matches.
    pub arms: Vec<Arm>,
    /// Fields of struct literals and records.
    pub field_inits: Vec<FieldInit>,
    /// Fields of struct patterns.
    pub field_pats: Vec<FieldPat>,
    /// `Item = T` in generic arguments.
    pub bindings: Vec<TypeBinding>,
    /// Closures.
    pub closures: Vec<Closure>,
    /// Format templates.
    pub formats: Vec<Format>,
    /// Macro calls.
    pub macros: Vec<MacroCall>,
    /// Lists of ids.
    pub lists: ListPool,
    /// Comments that are meant for the analyzer.
    pub directives: Vec<Directive>,
    /// Names of macros that are called and not declared in the file, each once: what a macro of another file with such a name
    /// expands to would stand here.
    pub foreign_macros: Vec<Symbol>,
    /// Bodies that were not lowered with the file, by their ids; they stay listed when they are.
    pub left_out: Vec<LeftOutBody>,
    /// A hash of all that stands outside of functions' bodies. Files of which it is the same have the same items, whatever
    /// their functions do.
    pub outline: u128,
    /// Where the bodies of functions stand.
    pub layout: Layout,
}

/// A comment that is meant for the analyzer: `// ward: allow(..)`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Directive {
    /// What stands behind `ward:`.
    pub text: Symbol,
    /// Where that begins in the file.
    pub text_start: u32,
    /// The comment.
    pub span: Span,
    /// The statement, match arm, field or item it belongs to: that before it in its line, or else that which begins
    /// after it, or else that which holds it.
    pub target: Span,
}

/// A function body or initialiser.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Body {
    /// The function, const, static or macro call it belongs to.
    pub owner: ItemId,
    /// Its value.
    pub root: ExprId,
    /// All its expressions, a run in [`SourceIr::exprs`]; functions nested in it have runs inside this one.
    pub exprs: Run,
    /// All its locals, a run in [`SourceIr::locals`], likewise.
    pub locals: Run,
    /// `self`, the first local where the function takes it.
    pub self_local: Option<LocalId>,
    /// Whether it was lowered. A body that was left out is an empty block until [`crate::lower_bodies`] has read it.
    pub is_read: bool,
}

/// The body of a function that was not lowered with its file.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct LeftOutBody {
    /// The body.
    pub body: BodyId,
    /// Where it stands, with its braces.
    pub span: Span,
}

/// A local variable. `self` is one.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Local {
    /// Its name.
    pub name: Symbol,
    /// Where it is bound.
    pub span: Span,
}

/// An expression or statement.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub enum Expr {
    /// What could not be read.
    Missing,
    /// A literal.
    Literal(Literal),
    /// A local variable.
    Local(LocalId),
    /// Any other name.
    Path(PathId),
    /// `!e`, `-e`, `*e`.
    Unary {
        /// The operator.
        op: UnaryOp,
        /// The operand.
        operand: ExprId,
    },
    /// `&e`, `&mut e`, `&raw e`.
    Ref {
        /// `&mut`.
        mutable: bool,
        /// The operand.
        operand: ExprId,
    },
    /// A binary operator without assignment; `&&` and `||` included.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Left.
        lhs: ExprId,
        /// Right.
        rhs: ExprId,
    },
    /// `lhs = rhs`, or `lhs op= rhs`.
    Assign {
        /// The operator of a compound assignment.
        op: Option<BinaryOp>,
        /// Left.
        lhs: ExprId,
        /// Right.
        rhs: ExprId,
    },
    /// `callee(args)`; tuple structs and variants too.
    Call {
        /// What is called.
        callee: ExprId,
        /// The arguments.
        args: List<ExprId>,
    },
    /// `receiver.method::<generics>(args)`.
    MethodCall {
        /// The receiver.
        receiver: ExprId,
        /// The method's name.
        method: Symbol,
        /// The arguments.
        args: List<ExprId>,
        /// The turbofish.
        generics: List<TypeRefId>,
    },
    /// `base.name`, `base.0`.
    Field {
        /// The base.
        base: ExprId,
        /// The field's name, or index as text.
        name: Symbol,
    },
    /// `base[index]`.
    Index {
        /// The base.
        base: ExprId,
        /// The index.
        index: ExprId,
    },
    /// `start..end`.
    Range {
        /// From.
        start: Option<ExprId>,
        /// To.
        end: Option<ExprId>,
        /// `..=`.
        inclusive: bool,
    },
    /// `(a, b)`; `()` is the empty one.
    Tuple(List<ExprId>),
    /// `[a, b]`, `vec![a, b]`.
    Array(List<ExprId>),
    /// `[value; len]`, `vec![value; len]`.
    Repeat {
        /// The element.
        value: ExprId,
        /// The length.
        len: ExprId,
    },
    /// `Path { field: value, ..rest }`.
    Struct {
        /// The type or variant.
        path: PathId,
        /// A run in [`SourceIr::field_inits`].
        fields: Run,
        /// `..rest`.
        rest: Option<ExprId>,
    },
    /// An object of `json!`: a run in [`SourceIr::field_inits`].
    Record(Run),
    /// `{ stmts; tail }`.
    Block {
        /// Plain, async, unsafe, const.
        kind: BlockKind,
        /// The statements.
        stmts: List<ExprId>,
        /// The value.
        tail: Option<ExprId>,
    },
    /// `let pat: ty = init else { otherwise };` as a statement.
    LetStmt {
        /// The pattern.
        pat: PatId,
        /// The declared type.
        ty: Option<TypeRefId>,
        /// The initialiser.
        init: Option<ExprId>,
        /// The `else` block, which diverges.
        otherwise: Option<ExprId>,
    },
    /// An item inside a block.
    Item(ItemId),
    /// `if cond { then } else { otherwise }`.
    If {
        /// The condition; may hold [`Expr::Let`] below `&&`.
        cond: ExprId,
        /// The block taken when true.
        then: ExprId,
        /// The block or `if` taken otherwise.
        otherwise: Option<ExprId>,
    },
    /// `let pat = scrutinee` as a condition.
    Let {
        /// The pattern.
        pat: PatId,
        /// What is matched.
        scrutinee: ExprId,
    },
    /// `match scrutinee { arms }`.
    Match {
        /// What is matched.
        scrutinee: ExprId,
        /// A run in [`SourceIr::arms`].
        arms: Run,
    },
    /// `loop { .. }`.
    Loop {
        /// The body.
        body: ExprId,
    },
    /// `while cond { .. }`.
    While {
        /// The condition; may hold [`Expr::Let`].
        cond: ExprId,
        /// The body.
        body: ExprId,
    },
    /// `for pat in iter { .. }`; also `for await`.
    For {
        /// The pattern.
        pat: PatId,
        /// What is iterated.
        iter: ExprId,
        /// The body.
        body: ExprId,
    },
    /// `break value`.
    Break(Option<ExprId>),
    /// `continue`.
    Continue,
    /// `return value`; also `yield`, `bail!`-like macros stay [`Expr::Format`].
    Return(Option<ExprId>),
    /// A closure.
    Closure(ClosureId),
    /// `e.await`.
    Await(ExprId),
    /// `e?`.
    Try(ExprId),
    /// `e as ty`.
    Cast {
        /// The operand.
        operand: ExprId,
        /// The target type.
        ty: TypeRefId,
    },
    /// A format-like macro: `format!`, `write!`, `println!`, `info!`, `anyhow!`, `panic!`, ..
    Format(FormatId),
    /// Any other macro.
    Macro(MacroId),
}

/// A literal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Literal {
    /// A string, C string too, unescaped.
    Str(Symbol),
    /// A byte string, unescaped; bytes that are not UTF-8 replaced.
    ByteStr(Symbol),
    /// A character.
    Char(char),
    /// An integer or byte as written, suffix included.
    Int(Symbol),
    /// A float as written, suffix included.
    Float(Symbol),
    /// `true`, `false`.
    Bool(bool),
}

/// Prefix operators.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum UnaryOp {
    /// `!`.
    Not,
    /// `-`.
    Neg,
    /// `*`.
    Deref,
}

/// Infix operators.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    And,
    Or,
    BitXor,
    BitAnd,
    BitOr,
    Shl,
    Shr,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// Kinds of block.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum BlockKind {
    /// `{ .. }`, labelled or not.
    Plain,
    /// `async { .. }`, `async move { .. }`.
    Async,
    /// `unsafe { .. }`.
    Unsafe,
    /// `const { .. }`.
    Const,
}

/// `field: value`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct FieldInit {
    /// The field's name, tuple index as text, or a record's key (empty if the key is an expression).
    pub name: Symbol,
    /// The value.
    pub value: ExprId,
}

/// `field: pat`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct FieldPat {
    /// The field's name.
    pub name: Symbol,
    /// The pattern.
    pub pat: PatId,
}

/// One arm of a match.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Arm {
    /// The pattern.
    pub pat: PatId,
    /// The guard.
    pub guard: Option<ExprId>,
    /// The value.
    pub body: ExprId,
}

/// A closure's signature and body.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Closure {
    /// Parameters.
    pub params: Box<[(PatId, Option<TypeRefId>)]>,
    /// `-> ret`.
    pub ret: Option<TypeRefId>,
    /// The body.
    pub body: ExprId,
    /// `async |x| ..`.
    pub is_async: bool,
}

/// A format-like macro call.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Format {
    /// The macro's path as written, joined with `::`.
    pub path: Symbol,
    /// Arguments before the template: the target of `write!`, the condition of `assert!`, ..
    pub leading: List<ExprId>,
    /// The template and its arguments in order; where there is no literal template, empty.
    pub pieces: Box<[Piece]>,
    /// All arguments after the template, captured ones excluded.
    pub args: List<ExprId>,
    /// `key = value` fields of `tracing` and `log`: a run in [`SourceIr::field_inits`].
    pub fields: Run,
    /// The template literal; empty where there is none.
    pub template: Span,
}

/// A piece of a format template.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Piece {
    /// Literal text, unescaped.
    Text {
        /// The text.
        text: Symbol,
        /// Where it stands inside the literal.
        span: Span,
    },
    /// `{}`, `{name}`, `{0:?}`.
    Hole {
        /// The argument; an inline capture has an expression of its own, its span inside the literal.
        value: ExprId,
        /// How it is printed.
        style: HoleStyle,
        /// The hole with its braces.
        span: Span,
    },
}

/// How a hole prints its argument.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum HoleStyle {
    /// `{}`.
    Display,
    /// `{:?}`, `{:#?}`.
    Debug,
    /// `{:x}`, `{:e}`, `{:p}` and the like.
    Other,
}

/// A macro call other than a format-like one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MacroCall {
    /// The path as written, joined with `::`.
    pub path: Symbol,
    /// The arguments that could be read as expressions; all comma- or semicolon-separated parts are
    /// tried, nested groups too where a part is no expression.
    pub args: List<ExprId>,
    /// The literal text of the tokens where the macro is one that reads a file or makes a constant
    /// (`include_str!`, `env!`, `concat!` that is not all literals); empty otherwise.
    pub text: Symbol,
    /// Whether every token was understood.
    pub complete: bool,
}

/// A pattern.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub enum Pat {
    /// What could not be read.
    Missing,
    /// `_`.
    Wild,
    /// `..`.
    Rest,
    /// `name`, `ref mut name`, `name @ sub`.
    Bind {
        /// The variable.
        local: LocalId,
        /// `name @ sub`.
        sub: Option<PatId>,
    },
    /// A unit variant or const; a lone identifier that starts with a capital is read so.
    Path(PathId),
    /// A literal.
    Literal(Literal),
    /// `a..=b`.
    Range,
    /// `&p`, `box p`.
    Ref(PatId),
    /// `(a, b)`.
    Tuple(List<PatId>),
    /// `[a, b]`.
    Slice(List<PatId>),
    /// `a | b`.
    Or(List<PatId>),
    /// `Path(a, b)`.
    TupleStruct {
        /// The struct or variant.
        path: PathId,
        /// The fields' patterns.
        pats: List<PatId>,
    },
    /// `Path { a, b: p }`.
    Struct {
        /// The struct or variant.
        path: PathId,
        /// A run in [`SourceIr::field_pats`].
        fields: Run,
    },
}

/// A type as written.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub enum TypeRef {
    /// What could not be read.
    Missing,
    /// `_`.
    Infer,
    /// `!`.
    Never,
    /// A named type.
    Path(PathId),
    /// `&T`, `&'static T`.
    Ref {
        /// What it points to.
        inner: TypeRefId,
        /// `&mut`.
        mutable: bool,
        /// `'static`.
        is_static: bool,
    },
    /// `*const T`.
    Ptr(TypeRefId),
    /// `(A, B)`.
    Tuple(List<TypeRefId>),
    /// `[T]`.
    Slice(TypeRefId),
    /// `[T; N]`.
    Array(TypeRefId),
    /// `fn(A) -> B`.
    Fn {
        /// Parameters.
        params: List<TypeRefId>,
        /// Return type.
        ret: Option<TypeRefId>,
    },
    /// `impl A + B`.
    Impl(List<TypeRefId>),
    /// `dyn A + B`.
    Dyn(List<TypeRefId>),
}

/// A path as written. A trait bound is a [`TypeRef::Path`] too.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Path {
    /// `<T>::x`, `<T as Trait>::x`.
    pub qualified_self: Option<TypeRefId>,
    /// How many of the segments belong to the trait of a qualified path.
    pub trait_segments: u16,
    /// `::a`.
    pub leading_colon: bool,
    /// A run in [`SourceIr::segments`].
    pub segments: Run,
}

/// A segment of a path.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Segment {
    /// The name.
    pub name: Symbol,
    /// Generic type arguments; for `Fn(A, B) -> C` one tuple of the parameters.
    pub args: List<TypeRefId>,
    /// `Item = T`; for `Fn(A) -> C` the binding `Output = C`. A run in [`SourceIr::bindings`].
    pub bindings: Run,
    /// The name's span.
    pub span: Span,
}

/// `Item = T`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct TypeBinding {
    /// The associated type.
    pub name: Symbol,
    /// What it is.
    pub ty: TypeRefId,
}

impl SourceIr {
    /// Gives back the memory that growing left over.
    pub fn shrink_to_fit(&mut self) {
        self.tree.items.shrink_to_fit();
        self.bodies.shrink_to_fit();
        self.exprs.shrink_to_fit();
        self.expr_spans.shrink_to_fit();
        self.pats.shrink_to_fit();
        self.pat_spans.shrink_to_fit();
        self.types.shrink_to_fit();
        self.type_spans.shrink_to_fit();
        self.paths.shrink_to_fit();
        self.segments.shrink_to_fit();
        self.locals.shrink_to_fit();
        self.arms.shrink_to_fit();
        self.field_inits.shrink_to_fit();
        self.field_pats.shrink_to_fit();
        self.bindings.shrink_to_fit();
        self.closures.shrink_to_fit();
        self.formats.shrink_to_fit();
        self.macros.shrink_to_fit();
        self.lists.shrink_to_fit();
        self.foreign_macros.shrink_to_fit();
        self.left_out.shrink_to_fit();
    }

    /// An expression.
    #[inline]
    pub fn expr(&self, id: ExprId) -> Expr {
        self.exprs[id.index()]
    }

    /// An expression's span.
    pub fn expr_span(&self, id: ExprId) -> Span {
        self.expr_spans[id.index()]
    }

    /// A pattern.
    #[inline]
    pub fn pat(&self, id: PatId) -> Pat {
        self.pats[id.index()]
    }

    /// A pattern's span.
    pub fn pat_span(&self, id: PatId) -> Span {
        self.pat_spans[id.index()]
    }

    /// A type as written.
    pub fn type_ref(&self, id: TypeRefId) -> TypeRef {
        self.types[id.index()]
    }

    /// A type's span.
    pub fn type_span(&self, id: TypeRefId) -> Span {
        self.type_spans[id.index()]
    }

    /// A path.
    #[inline]
    pub fn path(&self, id: PathId) -> Path {
        self.paths[id.index()]
    }

    /// A path's segments.
    #[inline]
    pub fn path_segments(&self, id: PathId) -> &[Segment] {
        self.path(id).segments.of(&self.segments)
    }

    /// A local variable.
    pub fn local(&self, id: LocalId) -> Local {
        self.locals[id.index()]
    }

    /// A body.
    #[inline]
    pub fn body(&self, id: BodyId) -> Body {
        self.bodies[id.index()]
    }

    /// A closure.
    pub fn closure(&self, id: ClosureId) -> &Closure {
        &self.closures[id.index()]
    }

    /// A format template.
    pub fn format(&self, id: FormatId) -> &Format {
        &self.formats[id.index()]
    }

    /// A macro call.
    pub fn macro_call(&self, id: MacroId) -> &MacroCall {
        &self.macros[id.index()]
    }

    /// The ids of a list.
    pub fn list<T: Id>(&self, list: List<T>) -> impl ExactSizeIterator<Item = T> + DoubleEndedIterator + '_ {
        self.lists.get(list)
    }

    /// The arms of a match.
    pub fn arms(&self, run: Run) -> &[Arm] {
        run.of(&self.arms)
    }

    /// The fields of a struct literal or record.
    pub fn field_inits(&self, run: Run) -> &[FieldInit] {
        run.of(&self.field_inits)
    }

    /// The fields of a struct pattern.
    pub fn field_pats(&self, run: Run) -> &[FieldPat] {
        run.of(&self.field_pats)
    }
}

#[cfg(test)]
mod tests {
    use super::{Expr, Pat, SourceIr, TypeRef};

    #[test]
    fn nodes_stay_small() {
        assert!(size_of::<Expr>() <= 20);
        assert!(size_of::<Pat>() <= 16);
        assert!(size_of::<TypeRef>() <= 12);
    }

    #[test]
    fn the_ir_crosses_threads() {
        fn check<T: Send + Sync + 'static>() {}
        check::<SourceIr>();
    }
}
