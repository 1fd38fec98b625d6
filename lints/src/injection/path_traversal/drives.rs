//! Pieces of a request's path that are put onto another path one by one, where one may name a drive of Windows.
//!
//! There `push("c:")` replaces what the path held, and `c:` is a piece as all others are, for `split` and for
//! `Component::Normal`. It is told of libraries that serve files by HTTP and are seen to think of Windows.

use ward_diagnostics::{Confidence, Finding, Severity};
use ward_linter::LintContext;
use ward_semantics::DefId;
use ward_syntax::{Expr, ExprId, FileId, FileSpan, ItemKind, Literal, LocalId, Pat, PatId, PathId};

use super::PATH_TRAVERSAL;
use crate::scope::{Origin, Scope, in_scopes};

/// Crates for requests.
const HTTP: &[&str] = &[
    "http",
    "hyper",
    "axum",
    "tower_http",
    "actix_web",
    "rocket",
    "warp",
    "poem",
    "salvo",
    "tide",
    "ntex",
    "rouille",
    "tiny_http",
];

/// A piece that is put onto a path.
struct Evidence {
    function: DefId,
    place: FileSpan,
    made: Made,
}

/// How a path is taken to pieces.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Made {
    /// By the components that are names.
    Components,
    /// By slashes, and what holds a backslash is refused.
    Split,
}

fn describe(cx: &LintContext, evidence: &Evidence) -> Finding {
    let message = match evidence.made {
        Made::Components => "a component of the path may be a drive of Windows, which replaces the folder",
        Made::Split => "what refuses `\\` lets a drive of Windows pass, which replaces the folder",
    };
    let mut finding = Finding::new(&PATH_TRAVERSAL, evidence.place, message)
        .label("`c:` is put onto the path here")
        .note(
            "on Windows `push(\"c:\")` forgets the path it is called on: any file of the drive can be meant",
        )
        .help(
            "refuse pieces with `:`, or those of which `Path::new(piece).components()` are not all `Normal`",
        );
    finding.confidence = Confidence::Medium;
    finding.severity = Severity::Medium;
    finding.function = Some(cx.name(evidence.function));
    finding
}

pub(super) fn check(cx: &LintContext) {
    // In services it is known what of a request comes where, and such a function is given other paths as well.
    if !cx.endpoints().all().is_empty() {
        return;
    }
    for evidence in in_scopes(cx, "drives in paths", pushed) {
        let is_meant = match evidence.made {
            Made::Components => thinks_of_windows(cx, evidence.function),
            Made::Split => true,
        };
        if is_meant && serves_http(cx, evidence.function) {
            cx.report(describe(cx, &evidence));
        }
    }
}

/// Whether the package of a function depends on something for HTTP.
fn serves_http(cx: &LintContext, function: DefId) -> bool {
    let package = cx.semantics().project.package(cx.semantics().package(function));
    package.dependencies.iter().any(|dependency| HTTP.contains(&dependency.name.as_str()))
}

/// Whether anything in the package of a function is there for Windows alone.
fn thinks_of_windows(cx: &LintContext, function: DefId) -> bool {
    let semantics = cx.semantics();
    let package = semantics.package(function);
    let is_of_windows = |id: FileId| {
        semantics.ask("items for Windows", id, || {
            let tree = &semantics.ir(id).tree;
            tree.items.iter().any(|item| {
                let is_cfg = |attribute: &ward_syntax::Attribute| {
                    attribute.last_segment() == "cfg" && attribute.args.as_str().trim() == "windows"
                };
                let imports = match &item.kind {
                    ItemKind::Use(tree) => tree.path.iter().any(|name| name.as_str() == "windows"),
                    _ => false,
                };
                imports || item.attributes.iter().any(is_cfg)
            })
        })
    };
    let mut files = semantics.project.files().filter(|(_, file)| file.package == package);
    files.any(|(id, _)| is_of_windows(id))
}

/// The pieces that a function puts onto a path, if nothing in it looks for a drive.
fn pushed(scope: &Scope) -> Vec<Evidence> {
    let ir = scope.ir;
    let mut found = Vec::new();
    for id in scope.body.exprs.ids() {
        let Expr::MethodCall { receiver, method, args, .. } = ir.expr(id) else { continue };
        if method.as_str() != "push" || scope.types.expr(receiver).as_external("std::path::PathBuf").is_none()
        {
            continue;
        }
        let piece = ir.list(args).next().and_then(|piece| local(scope, piece));
        let made = piece.and_then(|piece| match () {
            () if is_component(scope, piece) => Some(Made::Components),
            () if is_split(scope, piece) => Some(Made::Split),
            () => None,
        });
        if let Some(made) = made {
            found.push(Evidence { function: scope.function, place: scope.place(id), made });
        }
    }
    found
}

fn local(scope: &Scope, expr: ExprId) -> Option<LocalId> {
    match scope.ir.expr(expr) {
        Expr::Local(local) => Some(local),
        Expr::Ref { operand, .. } => local(scope, operand),
        _ => None,
    }
}

/// Whether a local is what `Component::Normal` holds, in a function that does not speak of prefixes and takes no piece apart
/// again.
fn is_component(scope: &Scope, piece: LocalId) -> bool {
    let ir = scope.ir;
    let holds = |pat: PatId| match ir.pat(pat) {
        Pat::TupleStruct { path, pats } => {
            is_named(scope, path, "Normal")
                && ir.list(pats).any(|pat| matches!(ir.pat(pat), Pat::Bind { local, .. } if local == piece))
        }
        _ => false,
    };
    let exprs = scope.body.exprs.of(&ir.exprs);
    let mut arms = exprs.iter().filter_map(|expr| match *expr {
        Expr::Match { arms, .. } => Some(ir.arms(arms)),
        _ => None,
    });
    let is_bound = arms.any(|arms| {
        arms.iter().any(|arm| holds(arm.pat)) && !arms.iter().any(|arm| names_prefix(scope, arm.pat))
    });
    let takes_apart = exprs
        .iter()
        .filter(|expr| matches!(expr, Expr::MethodCall { method, .. } if method.as_str() == "components"));
    is_bound && takes_apart.count() == 1
}

fn names_prefix(scope: &Scope, pat: PatId) -> bool {
    match scope.ir.pat(pat) {
        Pat::TupleStruct { path, .. } | Pat::Path(path) => is_named(scope, path, "Prefix"),
        Pat::Or(pats) => scope.ir.list(pats).any(|pat| names_prefix(scope, pat)),
        _ => false,
    }
}

fn is_named(scope: &Scope, path: PathId, name: &str) -> bool {
    matches!(scope.ir.path_segments(path), [.., of, last] if of.name.as_str() == "Component" && last.name.as_str() == name)
}

/// Whether a local is a piece between slashes, in a function that refuses backslashes and no colons.
fn is_split(scope: &Scope, piece: LocalId) -> bool {
    let ir = scope.ir;
    let exprs = scope.body.exprs.of(&ir.exprs);
    let is_char = |expr: ExprId, wanted: char| match ir.expr(expr) {
        Expr::Literal(Literal::Char(c)) => c == wanted,
        Expr::Literal(Literal::Str(text)) => text.as_str().chars().eq([wanted]),
        _ => false,
    };
    let splits = |expr: ExprId| match ir.expr(expr) {
        // What a request is taken apart for here is a flow's business.
        Expr::MethodCall { receiver, method, args, .. } => {
            method.as_str() == "split"
                && ir.list(args).any(|arg| is_char(arg, '/'))
                && scope.origin(receiver).0 != Origin::Request
        }
        _ => false,
    };
    let is_piece = exprs.iter().any(|expr| match *expr {
        Expr::For { pat, iter, .. } => {
            splits(iter) && matches!(ir.pat(pat), Pat::Bind { local, .. } if local == piece)
        }
        _ => false,
    });
    let refuses_backslash = || {
        exprs.iter().any(|expr| match *expr {
            Expr::MethodCall { receiver, method, args, .. } => {
                method.as_str() == "contains"
                    && local(scope, receiver) == Some(piece)
                    && ir.list(args).any(|arg| is_char(arg, '\\'))
            }
            _ => false,
        })
    };
    let knows_colon = || {
        exprs.iter().any(|expr| match expr {
            Expr::Literal(Literal::Char(c)) => *c == ':',
            Expr::Literal(Literal::Str(text)) => text.as_str().contains(':') && text.as_str().len() < 4,
            _ => false,
        })
    };
    is_piece && refuses_backslash() && !knows_colon()
}
