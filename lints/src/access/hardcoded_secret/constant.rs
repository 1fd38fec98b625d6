//! Values that are the same in every run.

use std::path::Path;

use ward_linter::LintContext;
use ward_semantics::{Callee, DefId, Resolution, TyKind};
use ward_syntax::{Expr, ExprId, FileSpan, ItemKind, Literal, Piece, Symbol};

use crate::scope::Scope;
use crate::secrets::has;

/// A value that is the same in every run.
pub(super) struct Constant {
    /// The text; empty for bytes that are no text.
    pub(super) text: Symbol,
    /// Where it stands.
    pub(super) place: FileSpan,
}

/// Constants are followed through so many others, and functions.
const DEEPEST: u8 = 8;

/// Methods whose result is constant where what they are called on is.
const PURE: &str = "as_str as_bytes as_ref as_slice to_string to_owned to_vec into clone parse unwrap expect into_bytes repeat \
    trim concat as_deref deref try_into ok to_uppercase to_lowercase";

/// The constant that an expression comes to.
pub(super) fn of(scope: &Scope, expr: ExprId) -> Option<Constant> {
    at(scope, expr, DEEPEST).filter(|constant| !is_name_of_variable(constant.text.as_str()))
}

/// The constant that takes the place of what is not set: `settings.key.unwrap_or("..")`.
pub(super) fn fallback(scope: &Scope, expr: ExprId) -> Option<Constant> {
    let mut expr = expr;
    for _ in 0..DEEPEST {
        expr = match scope.ir.expr(expr) {
            Expr::MethodCall { method, args, .. }
                if matches!(method.as_str(), "unwrap_or" | "unwrap_or_else") =>
            {
                let given = scope.ir.list(args).next()?;
                let given = match scope.ir.expr(given) {
                    Expr::Closure(closure) => scope.ir.closure(closure).body,
                    _ => given,
                };
                return of(scope, given);
            }
            Expr::Local(local) => scope.bound_whole(local)?,
            _ => scope.inside(expr)?,
        };
    }
    None
}

/// A text is mistaken for a secret where it is the name under which one is looked up.
fn is_name_of_variable(text: &str) -> bool {
    text.len() > 3
        && text.contains('_')
        && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

fn at(scope: &Scope, expr: ExprId, depth: u8) -> Option<Constant> {
    let depth = depth.checked_sub(1)?;
    let ir = scope.ir;
    let here = |text| Some(Constant { text, place: scope.place(expr) });
    match ir.expr(expr) {
        Expr::Literal(Literal::Str(text) | Literal::ByteStr(text)) => {
            here(text).filter(|constant| !constant.text.is_empty())
        }
        Expr::Array(elements) => {
            let is_written = |element| matches!(ir.expr(element), Expr::Literal(_));
            (ir.list(elements).len() > 3 && ir.list(elements).all(is_written))
                .then(|| here(Symbol::new("")))?
        }
        Expr::Repeat { value, .. } if matches!(ir.expr(value), Expr::Literal(_)) => here(Symbol::new("")),
        Expr::Local(local) => at(scope, scope.bound_whole(local)?, depth),
        Expr::Field { base, name } => of_field(scope, base, name, depth),
        Expr::Path(path) => match scope.types.path(path) {
            Resolution::Def(def) => of_item(scope.cx, def, depth),
            _ => None,
        },
        Expr::MethodCall { receiver, method, .. }
            if has(PURE, method.as_str()) && !matches!(scope.types.callee(expr), Callee::Fn(_)) =>
        {
            at(scope, receiver, depth)
        }
        Expr::MethodCall { .. } => of_callee(scope, expr, depth),
        Expr::Call { callee, args } => match scope.last_segment(callee)? {
            "from" | "Some" | "Ok" | "new" | "from_static" | "from_slice" => {
                let mut args = ir.list(args);
                let first = args.next()?;
                if args.next().is_some() { None } else { at(scope, first, depth) }
            }
            _ if args.is_empty() => of_callee(scope, expr, depth),
            _ => None,
        },
        Expr::Format(format) => {
            let pieces = &ir.format(format).pieces;
            match &**pieces {
                [Piece::Text { text, .. }] => here(*text),
                _ => None,
            }
        }
        Expr::Macro(call) => {
            let call = ir.macro_call(call);
            let name = call.path.as_str().rsplit(':').next().unwrap_or_default();
            let is_read = matches!(name, "include_bytes" | "include_str");
            (is_read && is_in_tree(scope, call.text.as_str())).then(|| here(Symbol::new("")))?
        }
        _ => match scope.inside(expr) {
            Some(inside) => at(scope, inside, depth),
            None => None,
        },
    }
}

/// What a field of a struct of the workspace holds, if it is the same constant wherever one is made. One that is read from a
/// file or the environment may hold anything.
fn of_field(scope: &Scope, base: ExprId, name: Symbol, depth: u8) -> Option<Constant> {
    let semantics = scope.cx.semantics();
    let TyKind::Adt { def: owner, .. } = scope.types.expr(base).kind() else { return None };
    let item = semantics.item(*owner);
    if !matches!(item.kind, ItemKind::Struct { .. }) || item.derives("Deserialize") || item.derives("Parser")
    {
        return None;
    }
    let mut found: Option<Constant> = None;
    for function in semantics.functions().iter().filter(|function| !semantics.is_test(**function)) {
        let scope = Scope::new(scope.cx, *function)?;
        for id in scope.body.exprs.ids() {
            let Expr::Struct { fields, rest, .. } = scope.ir.expr(id) else { continue };
            if !matches!(scope.types.expr(id).kind(), TyKind::Adt { def, .. } if def == owner) {
                continue;
            }
            let filled = scope.ir.field_inits(fields).iter().find(|field| field.name == name);
            let Some(filled) = filled else {
                if rest.is_some() {
                    continue;
                }
                return None;
            };
            found = Some(at(&scope, filled.value, depth)?);
        }
    }
    found
}

/// Whether a file that a macro reads lies among the sources: one that is put there before a build is none of them.
fn is_in_tree(scope: &Scope, args: &str) -> bool {
    let semantics = scope.cx.semantics();
    let (file, _) = semantics.locate(scope.function);
    let project = &semantics.project;
    let written: String =
        args.split('"').skip(1).step_by(2).filter(|text| *text != "CARGO_MANIFEST_DIR").collect();
    let folder = if args.contains("CARGO_MANIFEST_DIR") {
        project.root.join(&project.packages[semantics.package(scope.function).index()].directory)
    } else {
        project.file(file).absolute.parent().map(Path::to_path_buf).unwrap_or_default()
    };
    !written.is_empty() && folder.join(written.trim_start_matches('/')).is_file()
}

/// What a function of the workspace without arguments gives.
fn of_callee(scope: &Scope, call: ExprId, depth: u8) -> Option<Constant> {
    match scope.types.callee(call) {
        Callee::Fn(def) => of_item(scope.cx, *def, depth),
        _ => None,
    }
}

/// What a const or static is, or a function without arguments gives.
fn of_item(cx: &LintContext, def: DefId, depth: u8) -> Option<Constant> {
    let semantics = cx.semantics();
    let item = semantics.item(def);
    if item.is_test || item.as_fn().is_some_and(|function| !function.params.is_empty() || function.is_async) {
        return None;
    }
    let (file, body) = semantics.body(def)?;
    let root = semantics.ir(file).body(body).root;
    at(&Scope::new(cx, def)?, root, depth)
}
