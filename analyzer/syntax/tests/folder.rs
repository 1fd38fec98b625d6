//! Properties of the IR over a folder of real code: set `WARD_BENCH_DIR` to one; without it the test says so and ends.

use std::path::{Path, PathBuf};
use std::{env, fs, thread};

use syn::parse::Parser;
use ward_syntax::{Expr, ItemKind, SourceIr, Span, TestCode, lower};

/// Where the code to look at lies.
const FOLDER: &str = "WARD_BENCH_DIR";

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_file() {
        files.extend(path.extension().is_some_and(|extension| extension == "rs").then(|| path.to_owned()));
        return;
    }
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        if !entry.path().is_symlink() {
            collect(&entry.path(), files);
        }
    }
}

/// The expressions an expression is made of, where they stand inside its text.
fn children(ir: &SourceIr, expr: Expr) -> Vec<ward_syntax::ExprId> {
    match expr {
        Expr::Unary { operand, .. } | Expr::Ref { operand, .. } | Expr::Cast { operand, .. } => vec![operand],
        Expr::Await(operand) | Expr::Try(operand) => vec![operand],
        Expr::Binary { lhs, rhs, .. } | Expr::Assign { lhs, rhs, .. } => vec![lhs, rhs],
        Expr::Call { callee, args } => ir.list(args).chain([callee]).collect(),
        Expr::MethodCall { receiver, args, .. } => ir.list(args).chain([receiver]).collect(),
        Expr::Field { base, .. } => vec![base],
        Expr::Index { base, index } => vec![base, index],
        Expr::Range { start, end, .. } => start.into_iter().chain(end).collect(),
        Expr::Tuple(list) | Expr::Array(list) => ir.list(list).collect(),
        Expr::Repeat { value, len } => vec![value, len],
        Expr::Struct { fields, rest, .. } => {
            ir.field_inits(fields).iter().map(|field| field.value).chain(rest).collect()
        }
        Expr::Record(fields) => ir.field_inits(fields).iter().map(|field| field.value).collect(),
        Expr::Block { stmts, tail, .. } => ir.list(stmts).chain(tail).collect(),
        Expr::LetStmt { init, otherwise, .. } => init.into_iter().chain(otherwise).collect(),
        Expr::If { cond, then, otherwise } => [cond, then].into_iter().chain(otherwise).collect(),
        Expr::Let { scrutinee, .. } => vec![scrutinee],
        Expr::Match { scrutinee, arms } => {
            let arms = ir.arms(arms).iter().flat_map(|arm| arm.guard.into_iter().chain([arm.body]));
            arms.chain([scrutinee]).collect()
        }
        Expr::Loop { body } => vec![body],
        Expr::While { cond, body } => vec![cond, body],
        Expr::For { iter, body, .. } => vec![iter, body],
        Expr::Break(value) | Expr::Return(value) => value.into_iter().collect(),
        Expr::Closure(closure) => vec![ir.closure(closure).body],
        Expr::Format(format) => ir.list(ir.format(format).args).collect(),
        Expr::Macro(call) => ir.list(ir.macro_call(call).args).collect(),
        _ => Vec::new(),
    }
}

/// Whether `text` is what the parser takes for an expression or a statement, or for a type given to a macro.
fn parses(text: &str) -> bool {
    syn::parse_str::<syn::Expr>(text).is_ok()
        || syn::parse_str::<syn::Type>(text).is_ok()
        || syn::Block::parse_within.parse_str(text).is_ok()
        || syn::Block::parse_within.parse_str(&format!("if {text} {{}}")).is_ok()
}

/// What does not hold, with where.
#[derive(Default)]
struct Problems(Vec<String>);

impl Problems {
    fn expect(&mut self, holds: bool, message: impl FnOnce() -> String) {
        if !holds {
            self.0.push(message());
        }
    }
}

fn check(file: &Path, text: &str, tests: TestCode, problems: &mut Problems) {
    let (ir, errors) = lower(text, tests);
    if let Some(error) = errors.first() {
        let sound = syn::parse_file(text).is_ok();
        problems.expect(!sound, || format!("{} parses, yet: {}", file.display(), error.message));
    }
    let place = |span: Span| format!("{} {span:?}: {:?}", file.display(), span.text(text));
    for span in ir.expr_spans.iter().chain(&ir.pat_spans).chain(&ir.type_spans) {
        let fits = text.get(span.start as usize..span.end as usize).is_some();
        problems.expect(fits, || format!("{} does not fit", place(*span)));
    }
    for (index, expr) in ir.exprs.iter().enumerate() {
        let span = ir.expr_spans[index];
        for child in children(&ir, *expr) {
            let inner = ir.expr_span(child);
            problems
                .expect(span.contains(inner), || format!("{} does not hold {}", place(span), place(inner)));
        }
        // What brackets hold in a macro may be no Rust, such as JSON, and so may names in templates. Every seventh, so that a large folder is gone through in minutes.
        let is_rust = !matches!(
            expr,
            Expr::Missing
                | Expr::Record(_)
                | Expr::Array(_)
                | Expr::Repeat { .. }
                | Expr::Index { .. }
                | Expr::Item(_)
                | Expr::Local(_)
        );
        if index % 7 == 0 && is_rust && errors.is_empty() {
            problems.expect(parses(span.text(text)), || format!("{} is no {expr:?}", place(span)));
        }
    }
    proc_macro2::extra::invalidate_current_thread_spans();
    for (_, item) in ir.tree.iter() {
        if let Some(parent) = item.parent {
            let parent = ir.tree.get(parent);
            problems
                .expect(parent.span.contains(item.span), || format!("{} lies elsewhere", place(item.span)));
        }
        let name = item.name_span.text(text).trim_start_matches("r#");
        let named = name == item.name.as_str()
            || item.name.is_empty()
            || matches!(item.kind, ItemKind::Impl { .. } | ItemKind::MacroCall { .. });
        problems.expect(named && item.span.contains(item.name_span), || {
            format!("{} is named {name}", place(item.span))
        });
    }
    for local in &ir.locals {
        let name = local.span.text(text).trim_start_matches("r#");
        problems.expect(name == local.name.as_str(), || format!("{} is {}", place(local.span), local.name));
    }
    for body in &ir.bodies {
        let (owner, root) = (ir.tree.get(body.owner).span, ir.expr_span(body.root));
        problems.expect(owner.contains(root), || format!("{} lies elsewhere", place(root)));
    }
    ward_syntax::pretty(&ir);
}

#[test]
fn the_ir_fits_its_text() {
    let Some(folder) = env::var_os(FOLDER) else {
        eprintln!("set {FOLDER} to a folder of Rust code to run this");
        return;
    };
    let mut files = Vec::new();
    collect(Path::new(&folder), &mut files);
    assert!(!files.is_empty());
    files.sort();
    let worker = thread::Builder::new().stack_size(64 << 20).spawn(move || {
        let mut problems = Problems::default();
        for file in files {
            let Ok(text) = fs::read_to_string(&file) else { continue };
            check(&file, &text, TestCode::Keep, &mut problems);
            check(&file, &text, TestCode::Trim, &mut problems);
        }
        problems.0
    });
    let problems = worker.expect("the system gives a thread").join().expect("nothing panics");
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}
