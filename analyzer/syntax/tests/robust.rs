//! Whatever the bytes, lowering returns: something sensible for broken files, no panic for mangled ones.

use std::time::{Duration, Instant};

use ward_syntax::{
    BodyId, FunctionBodies, ItemKind, SourceIr, SyntaxError, TestCode, lower, lower_bodies, lower_with,
};

fn names(ir: &SourceIr) -> Vec<&'static str> {
    ir.tree.items.iter().map(|item| item.name.as_str()).collect()
}

fn broken(text: &str) -> (SourceIr, Vec<SyntaxError>) {
    let (ir, errors) = lower(text, TestCode::Keep);
    assert!(!errors.is_empty(), "{text}");
    for error in &errors {
        assert!(error.span.end as usize <= text.len());
        assert!(
            error.message.starts_with(char::is_lowercase) && !error.message.ends_with('.'),
            "{}",
            error.message
        );
    }
    (ir, errors)
}

#[test]
fn a_broken_item_leaves_the_others() {
    let text = "use a::b;\nfn good() { 1 }\nfn bad( { }\nstruct S { x: u8 }\nimpl S { fn m(&self) {} fn broken(&self) { let = ; } fn n() {} }\nfn last() {}";
    let (ir, errors) = broken(text);
    assert_eq!(names(&ir), ["b", "good", "S", "S", "m", "n", "last"]);
    let spots: Vec<_> = errors.iter().map(|error| error.span.text(text)).collect();
    assert_eq!(spots, ["fn bad( { }", "fn broken(&self) { let = ; }"]);
}

#[test]
fn a_missing_brace_hides_only_its_item() {
    let text = "fn a() { 1 }\nfn b() { if x {\nfn c() { 2 }\n\npub struct D;\n";
    let (ir, _) = broken(text);
    assert_eq!(names(&ir), ["a", "c", "D"]);
}

#[test]
fn a_stray_brace_hides_nothing() {
    let (ir, _) = broken("fn a() {} } fn b() {}\n}\nfn c() {}");
    assert_eq!(names(&ir), ["a", "b", "c"]);
}

#[test]
fn merge_conflicts_keep_their_first_side() {
    let text = "fn a() {\n<<<<<<< HEAD\n    b();\n||||||| base\n    x();\n=======\n    c();\n>>>>>>> other\n}\nfn d() {}";
    let (ir, errors) = broken(text);
    assert_eq!(names(&ir), ["a", "d"]);
    assert_eq!(errors.len(), 1);
    assert!(errors[0].span.text(text).starts_with("<<<<<<<"));
    assert_eq!(ir.expr_spans[0].text(text), "b");
}

#[test]
fn nested_modules_are_repaired_too() {
    let (ir, errors) =
        broken("mod a { mod b { fn good() {} fn bad(x) {} } trait T { fn t(); fn u( ; } } fn c() {}");
    assert_eq!(names(&ir), ["a", "b", "good", "T", "t", "c"]);
    assert_eq!(errors.len(), 2);
}

#[test]
fn what_the_trimming_scan_mistakes_is_read_whole() {
    let text = "#[cfg(test)] impl A<{ 1 }> for B {}\nfn c() {}";
    let (ir, errors) = lower(text, TestCode::Trim);
    assert_eq!(errors, []);
    assert!(names(&ir).contains(&"c"));
    assert!(ir.tree.items[0].is_test);
}

#[test]
fn no_rust_at_all() {
    for text in [
        "\0\u{1}\u{2}",
        "<html><p>it's</p></html>",
        "{\"a\": [1, 2]}",
        "\"",
        "'",
        "/*",
        "r#\"",
        "\u{feff}",
        "",
        "#!",
        "---",
        "}}}}",
        "((((",
        "\u{a0}\u{2028}",
    ] {
        let (ir, errors) = lower(text, TestCode::Trim);
        assert!(
            ir.exprs.len() < 10 && errors.iter().all(|error| error.span.end as usize <= text.len()),
            "{text:?}"
        );
    }
}

#[test]
fn large_files_take_linear_time() {
    let junk = "fn a( { \" }\n".repeat(20_000);
    let started = Instant::now();
    let (_, errors) = broken(&junk);
    assert!(!errors.is_empty());
    let opened = "fn a() { if x {\n".repeat(1_000);
    broken(&opened);
    assert!(started.elapsed() < Duration::from_mins(1));
}

#[test]
fn a_large_file_is_whole() {
    let item = "/// é\nfn f(x: u8) { g(\"ä\n🦀\", x) } const A: B = B { };\n#[test] fn t() {}\n";
    let mut text = item.repeat(14_000);
    let (ir, errors) = lower(&text, TestCode::Trim);
    assert_eq!(errors, []);
    assert_eq!(ir.tree.items.len(), 28_000);
    let last = ir.tree.items.last().unwrap();
    assert_eq!(last.span.text(&text), "const A: B = B { };");
    assert!(ir.exprs.iter().zip(&ir.expr_spans).all(|(expr, span)| match expr {
        ward_syntax::Expr::Call { .. } => span.text(&text) == "g(\"ä\n🦀\", x)",
        _ => true,
    }));
    text.push_str("fn broken( { }\n");
    let (ir, errors) = lower(&text, TestCode::Keep);
    assert_eq!(ir.tree.items.len(), 42_000);
    assert_eq!(errors.len(), 1);
}

#[test]
fn a_document_after_the_last_item_is_no_error() {
    let (ir, errors) = lower("fn a() {}\n/// dangling", TestCode::Keep);
    assert_eq!(errors, []);
    assert_eq!(ir.tree.items.len(), 1);
}

/// A file with something of everything.
const SAMPLE: &str = r##"
#![allow(unused)]
use a::{b::{self, c as d}, e::*};
/// Doc with 'quotes" and { braces.
#[derive(Clone)] #[cfg_attr(x, y(z = "1"))]
pub struct S<'a, T: Clone + 'a> where T: Send { pub a: &'a str, b: Vec<Option<T>>, c: [u8; 3] }
enum E { A, B(u8), C { d: char } }
impl<'a, T> Tr<u8> for S<'a, T> {
    const N: usize = 1 << 3;
    async fn m(&mut self, (x, mut y): (u8, String), _: &dyn Fn(u8) -> u8) -> Result<(), Box<dyn Error>> {
        let s = format!("a {x} {:?} {{}} {0:>1$}", y, 2);
        let r = r#"raw "string" {x}"#; let c = '\u{1F980}'; let l: &'static str = "esc \"\\ \n";
        if let Some(z) = self.a.get(0) && z > 'a' { return Err(z.into()); } else if x < 3 { y.push_str(&s) }
        match x { 1 | 2 => {} n @ 3..=9 if n % 2 == 0 => drop(n), _ => loop { break } }
        for i in (0..10).map(|i| i as usize * 2) { info!(target: "t", i, ?x, "m {}", i); }
        let v = vec![1u8, 2]; let w = vec![0; 4]; let j = json!({ "a": [1, null, { "b": x }], "c": y });
        let q = sqlx::query!("select * from t where a = $1", x).fetch_one(&self.pool).await?;
        tokio::select! { a = f() => a, _ = g(), if true => { 1 } else => 2 };
        html! { <p class="x">{ y }</p> }; matches!(x, 1 if true); /* c /* n */ */
        fn inner<U>(u: U) -> U { u } inner::<u8>(x); a.b.c[1..=2].d()?; -x + !y * *z; &mut *w;
        S { a: "é🦀", ..other }; async move { f().await }; unsafe { g() }; 'l: while true { continue 'l; }
        Ok(())
    }
}
impl Q { fn p(self, (a, b): (u8, String), S { a: q, .. }: S, v @ (Some(_) | None): Option<u8>) -> bool {
    let long = |x: u8| format!("{a} {b} {x} ä"); self.r(&v) && q == b && long(a).is_empty() // é
} }
macro_rules! m { ($($x:expr),*) => { $($x)* } }
lazy_static! { static ref R: Regex = Regex::new("x").unwrap(); }
#[cfg(test)] mod tests { #[test] fn t() { assert_eq!(1, 1, "no {}", 2); } }
"##;

/// xorshift64*
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound.max(1)
    }
}

/// Deletes, repeats, swaps or replaces a few stretches of `text`.
fn mangle(text: &str, random: &mut Random) -> String {
    const JUNK: &[u8] = b"(){}[]<>\"'#!/*\\|&,;:=.rb$@?0_ \n\xc3\xa9";
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        let end = (at + random.below(12)).min(bytes.len());
        match random.below(4) {
            0 => drop(bytes.drain(at..end)),
            1 => {
                let copy = bytes[at..end].to_vec();
                let to = random.below(bytes.len());
                bytes.splice(to..to, copy);
            }
            2 => bytes[at] = JUNK[random.below(JUNK.len())],
            _ => bytes.insert(at, JUNK[random.below(JUNK.len())]),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Ids, runs and spans stay within their file.
fn check(text: &str, ir: &SourceIr, errors: &[SyntaxError]) {
    let length = text.len() as u32;
    let spans = ir.expr_spans.iter().chain(&ir.pat_spans).chain(&ir.type_spans);
    for span in
        spans.chain(ir.tree.items.iter().map(|item| &item.span)).chain(errors.iter().map(|error| &error.span))
    {
        assert!(span.start <= span.end && span.end <= length, "{span:?} in {text:?}");
        assert!(
            text.is_char_boundary(span.start as usize) && text.is_char_boundary(span.end as usize),
            "{span:?} in {text:?}"
        );
    }
    for (id, item) in ir.tree.iter() {
        assert!(item.parent.is_none_or(|parent| parent < id));
    }
    // The printer reaches every node.
    ward_syntax::pretty(ir);
}

#[test]
fn mangled_files_do_not_panic() {
    let started = Instant::now();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut rounds = 0;
    while started.elapsed() < Duration::from_secs(2) {
        let text = mangle(SAMPLE, &mut random);
        for tests in [TestCode::Keep, TestCode::Trim] {
            let (ir, errors) = lower(&text, tests);
            check(&text, &ir, &errors);
        }
        rounds += 1;
    }
    assert!(rounds > 10);
}

#[test]
fn the_sample_is_sound() {
    let (ir, errors) = lower(SAMPLE, TestCode::Keep);
    assert_eq!(errors, []);
    check(SAMPLE, &ir, &errors);
    assert!(ir.tree.items.iter().any(|item| matches!(item.kind, ItemKind::MacroRules { .. })));
}

/// Lowers the functions' bodies after the rest of the file.
fn lowered_late(text: &str, bodies: FunctionBodies) -> (SourceIr, Vec<SyntaxError>) {
    let (mut ir, mut errors) = lower_with(text, TestCode::Keep, bodies);
    let left_out: Vec<BodyId> = ir.left_out.iter().map(|left_out| left_out.body).collect();
    assert!(left_out.iter().all(|body| !ir.body(*body).is_read));
    errors.extend(lower_bodies(&mut ir, text, &left_out));
    assert!(ir.bodies.iter().all(|body| body.is_read));
    (ir, errors)
}

/// The IR as text, locals without their numbers.
fn without_numbers(ir: &SourceIr) -> String {
    let text = ward_syntax::pretty(ir);
    let mut parts = text.split('#');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + "#" + part.trim_start_matches(|c: char| c.is_ascii_digit()))
}

#[test]
fn bodies_lowered_late_are_the_same() {
    let (ir, _) = lower(SAMPLE, TestCode::Keep);
    for bodies in [FunctionBodies::LeaveOut, FunctionBodies::LeaveOutTests] {
        let (late, errors) = lowered_late(SAMPLE, bodies);
        assert_eq!(errors, []);
        assert_eq!(without_numbers(&late), without_numbers(&ir));
        check(SAMPLE, &late, &errors);
    }
    assert!(!lower_with(SAMPLE, TestCode::Keep, FunctionBodies::LeaveOut).0.left_out.is_empty());
}

#[test]
fn a_broken_body_is_found_when_it_is_lowered() {
    let text = "fn a(x: u8) { the_first(x); let = ; the_third(x); } fn b(y: u8) { the_rest_is_sound(y, y) }";
    let (ir, errors) = lowered_late(text, FunctionBodies::LeaveOut);
    assert_eq!(errors.len(), 1);
    let span = errors[0].span;
    assert!(text[..span.start as usize].ends_with("let "), "{span:?}");
    assert!(ir.expr_spans.iter().any(|span| span.text(text) == "the_rest_is_sound(y, y)"));
}
