//! No nesting overflows the stack that the analyzer's workers have: it is read, or refused with an error.

use std::thread;

use ward_syntax::{SourceIr, SyntaxError, TestCode, lower};

/// The stack of a worker.
const STACK: usize = 64 << 20;

/// Texts that repeat something `n` times so that a parser recurses.
fn texts(n: usize) -> Vec<(&'static str, String)> {
    let nest = |open: &str, middle: &str, close: &str| [&open.repeat(n), middle, &close.repeat(n)].concat();
    let body = |content: String| format!("fn f() {{ {content} }}");
    let typed = |ty: String| format!("fn f(x: {ty}) {{}}");
    vec![
        ("parentheses", body(nest("(", "x", ")"))),
        ("blocks", body(nest("{", "x", "}"))),
        ("unsafe blocks", body(nest("unsafe{", "x", "}"))),
        ("arrays", body(nest("[", "x", "]"))),
        ("calls", body(nest("f(", "x", ")"))),
        ("method calls", body(nest("x.f(", "x", ")"))),
        ("struct literals", body(nest("S{x:", "x", "}"))),
        ("matches", body(nest("match x { _ => ", "x", "}"))),
        ("ifs", body(nest("if x { ", "x", "}"))),
        ("closures with blocks", body(nest("|x| {", "x", "}"))),
        ("macros", body(nest("m!(", "x", ")"))),
        ("macros with markup", body(nest("m!{<a> ", "x", "}"))),
        ("vec!", body(nest("vec![", "x", "]"))),
        ("format!", body(nest("format!(\"{}\", ", "x", ")"))),
        ("json!", body(nest("json!({\"a\": ", "x", "})"))),
        ("json! arrays", body(format!("json!({})", nest("[", "x", "]")))),
        ("concat!", body(nest("println!(concat!(\"a\",", "x", "))"))),
        ("select!", body(nest("select!{ x = y => {", "x", "}}"))),
        ("cfg_if!", nest("cfg_if!{ if x {", "", "}}")),
        ("items in macros", nest("m!{ fn f() {", "x", "}}")),
        ("functions", nest("fn f() {", "x", "}")),
        ("modules", nest("mod m {", "", "}")),
        ("imports", format!("use {};", nest("{", "x", "}"))),
        ("long imports", format!("use {}x;", "a::".repeat(n))),
        ("patterns in parentheses", body(format!("let {} = x;", nest("(", "x", ")")))),
        ("patterns of structs", body(format!("let {} = x;", nest("S(", "x", ")")))),
        ("patterns of references", body(format!("let {}x = x;", "&".repeat(n)))),
        ("bound patterns", body(format!("let {}x = x;", "x@".repeat(n)))),
        ("types in parentheses", typed(nest("(", "x", ")"))),
        ("array types", typed(nest("[", "x", ";1]"))),
        ("generic types", typed(nest("A<", "x", ">"))),
        ("generic types with commas", typed(nest("A<b,", "x", ">"))),
        ("generic blocks", typed(nest("A<{", "x", "}>"))),
        ("references", typed(format!("{}x", "&".repeat(n)))),
        ("pointers", typed(format!("{}x", "*const ".repeat(n)))),
        ("function types", typed(format!("{}x", "fn()->".repeat(n)))),
        ("impl types", typed(format!("{}x", "impl Fn()->".repeat(n)))),
        ("turbofish", body(nest("a::<", "x", ">"))),
        ("qualified paths", body(nest("<", "x", " as a>::b"))),
        ("long paths", body(format!("{}x", "a::".repeat(n)))),
        ("sums", body(format!("1{}", "+1".repeat(2 * n)))),
        ("products in sums", body(format!("1{}", "+1*1".repeat(n)))),
        ("conjunctions", body(format!("x{}", " && x".repeat(n)))),
        ("chained conditions", body(format!("if x{} {{}}", " && let x = y".repeat(n)))),
        ("method chains", body(format!("a{}", ".a()".repeat(n)))),
        ("field chains", body(format!("a{}", ".a".repeat(n)))),
        ("try chains", body(format!("a{}", "?".repeat(n)))),
        ("cast chains", body(format!("a{}", " as u8".repeat(n)))),
        ("index chains", body(format!("a{}", "[0]".repeat(n)))),
        ("call chains", body(format!("a{}", "()".repeat(n)))),
        ("negations", body(format!("{}x", "!".repeat(n)))),
        ("signs", body(format!("{}x", "-".repeat(n)))),
        ("dereferences", body(format!("{}x", "*".repeat(n)))),
        ("borrows", body(format!("{}x", "& ".repeat(n)))),
        ("double borrows", body(format!("{}x", "&&".repeat(n)))),
        ("closures", body(format!("{}x", "||".repeat(n)))),
        ("closures with parameters", body(format!("{}x", "|a,b|".repeat(n)))),
        ("assigned closures", body(format!("x{}", " = |x| x == 1".repeat(n)))),
        ("returns", body(format!("{}x", "return ".repeat(n)))),
        ("assignments", body(format!("{}x", "a=".repeat(n)))),
        ("ranges", body(format!("{}x", "..".repeat(n)))),
        ("conditions in conditions", body(format!("{}x{}", "if ".repeat(n), "{}".repeat(n)))),
        ("bindings in conditions", body(format!("{}x", "if let x = ".repeat(n)))),
        ("matches in matches", body(format!("{}x{}", "match ".repeat(n), "{}".repeat(n)))),
        ("else ifs", body(format!("if x {{}} {}", "else if x {} ".repeat(n)))),
        ("labels", body(format!("{}{{}}", "'a: ".repeat(n)))),
        ("attributes", format!("{}fn f() {{}}", "#[a]".repeat(n))),
        ("open brackets alone", "[".repeat(n)),
        ("closing brackets alone", ")".repeat(n)),
        ("open angles alone", format!("type A = {}", "B<".repeat(n))),
    ]
}

fn lower_on_worker(text: String) -> (SourceIr, Vec<SyntaxError>) {
    let worker = thread::Builder::new().stack_size(STACK).spawn(move || lower(&text, TestCode::Trim));
    worker.expect("the system gives a thread").join().expect("lowering does not panic")
}

#[test]
fn hundred_thousand_levels_are_refused_or_read() {
    for (name, text) in texts(100_000) {
        let length = text.len() as u32;
        let (ir, errors) = lower_on_worker(text);
        if name == "attributes" {
            assert!(errors.is_empty() && ir.tree.items.len() == 1, "{name}");
            continue;
        }
        assert!(!errors.is_empty(), "{name} should be refused");
        assert!(errors.iter().all(|error| error.span.end <= length), "{name}: {errors:?}");
        assert!(ir.exprs.is_empty(), "{name}");
    }
}

#[test]
fn the_deepest_nesting_that_is_read_fits_the_stack() {
    for (name, text) in [300, 990, 1_600, 3_300].into_iter().flat_map(texts) {
        let length = text.len() as u32;
        let (_, errors) = lower_on_worker(text);
        assert!(errors.iter().all(|error| error.span.end <= length), "{name}: {errors:?}");
    }
}

#[test]
fn nesting_of_real_code_is_read() {
    for (name, text) in texts(90) {
        if matches!(name, "labels" | "open brackets alone" | "closing brackets alone" | "open angles alone")
            || matches!(name, "bindings in conditions" | "assigned closures" | "generic blocks" | "ranges")
        {
            continue;
        }
        let (_, errors) = lower_on_worker(text);
        assert_eq!(errors, [], "{name}");
    }
}
