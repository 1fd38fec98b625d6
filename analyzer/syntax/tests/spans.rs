//! Spans are bytes of the file as it is, whatever stands in it.

use ward_syntax::{Expr, LineIndex, Literal, Pat, Piece, SourceIr, Span, TestCode, lower};

fn lowered(text: &str) -> SourceIr {
    let (ir, errors) = lower(text, TestCode::Keep);
    assert_eq!(errors, [], "{text}");
    ir
}

/// The texts of all expressions.
fn texts<'t>(ir: &SourceIr, text: &'t str) -> Vec<&'t str> {
    ir.expr_spans.iter().map(|span| span.text(text)).collect()
}

fn assert_expr(text: &str, expected: &str) {
    let ir = lowered(text);
    let texts = texts(&ir, text);
    assert!(texts.contains(&expected), "{expected:?} is not among {texts:?}");
}

#[test]
fn every_form_covers_its_text() {
    for expected in [
        "a.b(c)",
        "a.b::<u8>(c)?",
        "a.await",
        "(a + b).c()",
        "((a)).c",
        "x[1]",
        "&mut x",
        "&raw const x",
        "!x",
        "a..=b",
        "..b",
        "a..",
        "x as Vec<u8>",
        "S { a, b: 1, ..c }",
        "a::B::<C> {}",
        "|x: u8| -> u8 { x }",
        "async move |x| x",
        "move || x",
        "for x in y {}",
        "'l: loop {}",
        "while x {}",
        "if a {} else if b {} else {}",
        "match x { _ => 1 }",
        "async move { x }",
        "unsafe { x }",
        "const { x }",
        "return x",
        "break 'l x",
        "continue 'l",
        "let x: u8 = 1;",
        "let Some(x) = y else { return };",
        "vec![a, b]",
        "a::b!{ c }",
        "json!({})",
        "(a, b)",
        "[a; 3]",
        "r#\"a\"#",
        "<A as B>::c",
        "::a::b",
        "r#type",
        "-1",
        "a + b * c",
        "a = b",
        "a += b",
        "yield x",
    ] {
        assert_expr(&format!("fn f() {{ {expected}; }}"), expected);
        assert_expr(&format!("fn f() {{\r\n\t{expected}\t;\r\n}}"), expected);
        assert_expr(
            &format!("\u{feff}#!/usr/bin/env x\n/* ä🦀 */ fn f() {{ g(\"ä🦀\"); {expected}; }} // é"),
            expected,
        );
    }
}

#[test]
fn byte_order_mark_shebang_and_frontmatter() {
    let code = "fn f() { g(1) }";
    for before in [
        "",
        "\u{feff}",
        "#!/bin/sh\n",
        "\u{feff}#!/bin/sh\r\n",
        "#!/usr/bin/env cargo\n---\n[dependencies]\na = \"1\"\n---\n",
        "\u{feff}---cargo\n",
        "#![allow(unused)]\n",
        "#!\n[allow(unused)]\n",
    ] {
        let before = if before.ends_with("cargo\n") { "\n\n---\n[package]\n---\n" } else { before };
        let text = format!("{before}{code}");
        let ir = lowered(&text);
        let item = &ir.tree.items[0];
        assert_eq!(item.span.text(&text), code, "{before:?}");
        assert_eq!(item.name_span.text(&text), "f");
        assert!(texts(&ir, &text).contains(&"g(1)"));
    }
}

#[test]
fn lines_and_columns_follow() {
    let text = "\u{feff}fn f() {\r\n\tlet ä = \"🦀\"; ö(ä);\r\n}";
    let ir = lowered(text);
    let call = texts(&ir, text).iter().position(|text| *text == "ö(ä)").unwrap();
    let index = LineIndex::new(text);
    let at = index.position(text, ir.expr_spans[call].start);
    assert_eq!((at.line, at.column), (2, 15));
}

#[test]
fn multi_line_strings_shift_nothing() {
    let text = "fn f() { g(\"a\nä\n🦀\", r\"\n\n\"); h(1); /* \n */ i(\"\\\n   x\"); j(2) }\nfn k() { l() }";
    let ir = lowered(text);
    for expected in ["h(1)", "j(2)", "l()", "\"a\nä\n🦀\"", "i(\"\\\n   x\")"] {
        assert!(texts(&ir, text).contains(&expected), "{expected:?}");
    }
}

#[test]
fn test_code_and_documentation_shift_nothing() {
    let text = "/// ä\n#[test]\nfn t() { \"🦀\" }\n/** ö\n */ fn f() { g(1) } // é\n#[cfg(test)] mod m { fn x() {} } fn h() { i(2) }";
    for tests in [TestCode::Keep, TestCode::Trim] {
        let (ir, errors) = lower(text, tests);
        assert_eq!(errors, []);
        for expected in ["g(1)", "i(2)"] {
            assert!(texts(&ir, text).contains(&expected), "{expected:?}");
        }
        let names: Vec<_> = ir.tree.items.iter().map(|item| item.name.as_str()).collect();
        match tests {
            TestCode::Keep => assert_eq!(names, ["t", "f", "m", "x", "h"]),
            TestCode::Trim => assert_eq!(names, ["f", "h"]),
        }
    }
}

#[test]
fn items_and_their_parts() {
    let text = "/// doc\n#[a(b)] /// more\npub(crate) struct S<T> { #[c] pub x: Vec<T>, y: u8 }\n#[d = \"e\"] impl S<u8> { #[get(\"/x\")] async fn m(&self, #[p] x: u8) {} }";
    let ir = lowered(text);
    let [item, implementation, method] = &ir.tree.items[..] else { panic!("{:?}", ir.tree.items.len()) };
    assert!(item.span.text(text).starts_with("#[a(b)]"));
    assert!(item.span.text(text).ends_with("y: u8 }"));
    assert_eq!(item.attributes[0].span.text(text), "#[a(b)]");
    assert_eq!(implementation.name_span.text(text), "S");
    assert_eq!(implementation.attributes[0].args.as_str(), "\"e\"");
    assert_eq!(method.span.text(text), "#[get(\"/x\")] async fn m(&self, #[p] x: u8) {}");
    let get = method.attribute("get").unwrap();
    let args = Span::new(get.args_start, get.args_start + get.args.as_str().len() as u32);
    assert_eq!(args.text(text), "\"/x\"");
    assert_eq!(method.as_fn().unwrap().params[0].span.text(text), "#[p] x: u8");
}

#[test]
fn holes_stand_inside_the_literal() {
    for literal in [
        r#""a {name} b {} c {0:>5}""#,
        r#""\t{name}\u{e9}{}\\{0:>5}""#,
        r##"r#"ä{name}"{}🦀{0:>5}"#"##,
        "\"a\\\n   {name}\r\n{}{0:>5}\"",
    ] {
        let text = format!("fn f(name: u8) {{ format!({literal}, x) }}");
        let ir = lowered(&text);
        let holes: Vec<_> = ir.formats[0]
            .pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Hole { span, .. } => Some(span.text(&text)),
                Piece::Text { .. } => None,
            })
            .collect();
        assert_eq!(holes, ["{name}", "{}", "{0:>5}"], "{text}");
        let captured = texts(&ir, &text);
        assert!(captured.contains(&"name"), "{text}: {captured:?}");
        assert_eq!(ir.formats[0].template.text(&text), literal);
    }
}

#[test]
fn pieces_of_text_stand_inside_the_literal() {
    let text = "fn f() { format!(\"a{{b}}{x}c\\nd\") }";
    let ir = lowered(text);
    let pieces: Vec<_> = ir.formats[0]
        .pieces
        .iter()
        .filter_map(|piece| match piece {
            Piece::Text { text: value, span } => Some((value.as_str(), span.text(text))),
            Piece::Hole { .. } => None,
        })
        .collect();
    assert_eq!(pieces, [("a{b}", "a{{b}}"), ("c\nd", "c\\nd")]);
}

#[test]
fn patterns_and_types() {
    let text = "fn f(a: &'static mut [u8], (b, mut c): (u8, Vec<u8>)) -> impl Fn(u8) -> u8 + Send { match a { S { x: Some(ref y), .. } | T(y @ 1..=2) => y } }";
    let ir = lowered(text);
    let pats: Vec<_> = ir.pat_spans.iter().map(|span| span.text(text)).collect();
    for expected in
        ["a", "(b, mut c)", "mut c", "S { x: Some(ref y), .. }", "Some(ref y)", "ref y", "y @ 1..=2", "1..=2"]
    {
        assert!(pats.contains(&expected), "{expected:?} is not among {pats:?}");
    }
    let types: Vec<_> = ir.type_spans.iter().map(|span| span.text(text)).collect();
    for expected in
        ["&'static mut [u8]", "[u8]", "(u8, Vec<u8>)", "Vec<u8>", "impl Fn(u8) -> u8 + Send", "Fn(u8) -> u8"]
    {
        assert!(types.contains(&expected), "{expected:?} is not among {types:?}");
    }
}

#[test]
fn alternatives_bind_one_local() {
    let text = "fn f() { match x { A(y, z) | B(z, y) | (C(y) | D(y), z) => y + z } }";
    let ir = lowered(text);
    let names: Vec<_> = ir.locals.iter().map(|local| local.name.as_str()).collect();
    assert_eq!(names, ["y", "z"]);
    let bindings = ir.pats.iter().filter(|pat| matches!(pat, Pat::Bind { .. })).count();
    assert_eq!(bindings, 7);
}

#[test]
fn bodies_are_runs() {
    let text = "fn a(x: u8) { x; fn b(y: u8) { y } b(x) } impl S { fn c(&self) { self.d } } const E: u8 = 1;";
    let ir = lowered(text);
    for body in &ir.bodies {
        let owner = ir.tree.get(body.owner);
        for span in body.exprs.of(&ir.expr_spans) {
            assert!(owner.span.contains(*span), "{}: {}", owner.name, span.text(text));
        }
        assert!(body.root.index() < (body.exprs.start + body.exprs.len) as usize);
        if let Some(local) = body.self_local {
            assert_eq!(local.index(), body.locals.start as usize);
            assert_eq!(ir.local(local).name.as_str(), "self");
        }
    }
    assert_eq!(ir.bodies.len(), 4);
}

#[test]
fn literals_are_their_values() {
    let text = "const A: &str = \"a\\tb\\u{e9}\\\n   c\r\nd\";";
    let ir = lowered(text);
    assert!(matches!(ir.exprs[0], Expr::Literal(Literal::Str(value)) if value.as_str() == "a\tb\u{e9}c\nd"));
}
