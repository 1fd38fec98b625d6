//! What the IR of short texts looks like, topic by topic.

// All texts are raw alike, whether they hold quotes or not.
#![allow(clippy::needless_raw_string_hashes)]

use crate::{TestCode, lower, pretty};

/// The print of a text that has no errors.
fn print(text: &str) -> String {
    let (ir, errors) = lower(text, TestCode::Keep);
    assert_eq!(errors, []);
    pretty(&ir)
}

/// The print of a function with this body.
fn print_body(body: &str) -> String {
    print(&format!("fn f() {{ {body} }}"))
}

macro_rules! snapshots {
    ($($name:ident: $print:ident($text:expr);)*) => {$(
        #[test]
        fn $name() {
            insta::assert_snapshot!($print($text));
        }
    )*};
}

snapshots! {
    imports: print(r#"
        use a::b::{self, c, d as e, f::*, g::{self as h, i}};
        pub use ::k::l;
        pub(crate) use m as _;
        use n::*;
        extern crate o;
        #[macro_use] extern crate p as q;
        use r#type::r#fn;
        use {s, t::u};
        pub use {v::W, ::x::{Y, z::*}};
    "#);

    modules: print(r#"
        mod a;
        #[path = "other.rs"] pub mod b;
        pub(super) mod c { #![allow(unused)] fn d() {} mod e { struct F; } }
        #[cfg(test)] mod tests { use super::*; #[test] fn g() {} fn helper() {} }
        #[cfg(not(test))] mod h {}
    "#);

    types: print(r#"
        #[derive(Debug, serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub struct A<'a, T: Clone + 'a = u8, const N: usize> where T: Send, Vec<T>: Sync {
            /// Documentation is dropped.
            #[serde(default)] pub a: &'a str,
            pub(crate) b: &'static mut [T],
            c: [u8; N],
        }
        struct B(pub u8, Option<Box<dyn Fn(u8, &str) -> String + Send + 'static>>);
        struct C;
        union D { a: u8 }
        #[cfg_attr(feature = "x", derive(Clone), path = "y")]
        enum E<T> { A, #[default] B(T, u8), C { x: <T as Iterator>::Item } = 3 }
        type F<T> = Result<T, Box<dyn std::error::Error>>;
        type G = fn(u8, *const u8) -> !;
        type H = (impl Iterator<Item = u8> + 'static, impl Into<String>, _, (), (u8,));
        type I = impl Iterator<Item: Display>;
        type J = for<'a> fn(&'a ()) -> <Vec<u8>>::Item;
        type K = (u8);
    "#);

    traits_and_impls: print(r#"
        pub trait A<T>: B + Send where T: C {
            const X: u8;
            const Y: u8 = 1;
            type Z: Clone;
            fn a(&self);
            fn b(&mut self, x: u8) -> Self::Z { self.a(); x }
            async fn c(self: Box<Self>);
        }
        impl<T: D> A<T> for E<T> where T: F {
            const X: u8 = 2;
            type Z = u8;
            fn a(&self) {}
        }
        impl E<u8> { pub fn new() -> Self { Self } fn private(mut self) -> Self { self } }
        impl<'a> G for &'a [u8] {}
        impl !Send for E<u8> {}
        unsafe impl Sync for dyn H {}
        trait I = Send + Sync;
    "#);

    functions: print(r#"
        pub async unsafe fn a<T>(x: T, #[oai(name = "y")] Path((y, z)): Path<(u8, u8)>, _: ()) -> impl B where T: C { z }
        const fn d() -> u8 { fn inner(x: u8) -> u8 { x } inner(1) }
        extern "C" { pub fn e(x: *const u8); static F: u8; }
        pub fn no_body();
        #[tokio::test] async fn g() {}
        #[sqlx::test(fixtures("x"))] fn h() {}
        #[actix_web::main] async fn i() {}
    "#);

    consts: print(r#"
        const A: &str = "a\tb\u{e9}\
            c";
        pub static mut B: u8 = 1 + 2;
        static C: fn(u8) -> u8 = |x| x;
        const _: () = { const D: u8 = 1; };
    "#);

    literals: print_body(r##"
        ("a", r"b\n", r#"c"d"#, b"e\xff", c"f", 'g', '\'', b'h', 1, 0xffu8, 1_000, 1.5, 1e3f32, true, -1, "ä🦀")
    "##);

    locals_and_scopes: print_body(r#"
        let x = x;
        let x = x + 1;
        { let x = 2; x; }
        x;
        let y = { let z = x; z };
        z;
        fn g(x: u8) -> u8 { x + y }
        let h = |x, (a, b): (u8, u8)| { let y = a; x + y + b };
        x;
        for x in x..=y { x; }
        x;
        while let Some(w) = x.next() { w; }
        w;
        loop { break x }
    "#);

    if_let_chains: print_body(r#"
        if let Some(a) = a && let Ok(b) = a.b() && b > 1 { a + b } else if let Some(c) = b { c } else { a }
        let Some(d) = d else { return d };
        match e { Some(f) if let Ok(g) = f.g() && g => g, Some(f) => f, f @ None => g }
        matches!(h, Some(i) if i > 1) && i
    "#);

    patterns: print_body(r#"
        match x {
            A | B::C => 1,
            D(a, .., b) | E { a, b: (b, _), .. } => a + b,
            [first, rest @ ..] => rest,
            &mut ref c => c,
            1 | -2 | "a" | 'b' => 2,
            1..=9 | A::B.. => 3,
            (Some(d) | Ok(d)) => d,
            F::<u8>::G => 4,
            <H as I>::J => 5,
            mut e @ (1 | 2) => e,
            box k => k,
            UPPER => 6,
            m!() => 7,
        }
    "#);

    operators: print_body(r#"
        a = b; a += 1; a <<= 2; a == b && c || !d; -a + *b * c as u8 as u16; (a + b) * c; &a; &mut *b; &raw const c;
        a[1..]; a[..=2]; ..; a.0.1; a?.b?; a & b | c ^ d; a << 1 >> 2 % 3 / 4 - 5; a < b; a <= b; a > b; a >= b; a != b;
        _ = a; (a, b) = c;
    "#);

    calls: print_body(r#"
        a(b, c)(d); a::b::<T>(c); a.b::<C, D>(e)?.f.await?; (a.b)(c); <A as B<C>>::d(e); <A>::f(); ::a::b();
        A { b, c: d, 0: e, ..f() }; A::<B> {}; self::g(); Self(1); crate::h(super::i);
    "#);

    blocks: print_body(r#"
        async move { a.await }; unsafe { b }; const { c }; 'l: { break 'l d; };
        let e = async |x: u8| -> u8 { x }; let f = move || g; return; continue 'l;
        if a { b } else { c }
        match d {}
        ;;
        [1, 2]; [0; 4]; (); (1,);
        h
    "#);

    formats: print_body(r#"
        let (name, n) = (1, 2);
        format!("a {} {name} {{{0:?}}} {x:>1$} {:.*} {other:#?}", n, 3, 4.0, x = 5);
        println!(); println!("plain"); print!("{n:?}\n");
        write!(f, "{}", name)?; writeln!(f)?;
        assert!(n > 1); assert!(n > 1, "n is {n}"); assert_eq!(n, 2, "not {}", 2); debug_assert_ne!(a, b);
        panic!("{}", n); todo!(); unimplemented!("later"); unreachable!(); std::panic!("x");
        anyhow!("no {name}"); anyhow!(err); bail!("no"); ensure!(n == 1, "no {}", n); ensure!(n == 1, Error::No { n });
        format!(concat!("a{}", 'b', 1, "{n}"), name); panic!(TEMPLATE, n);
        format!("{0} {0} {missing} {}", n); format!("{} {}", n);
        format_args!(r"\{}", n);
    "#);

    events: print_body(r#"
        let (user, id) = (1, 2);
        info!("hello {user}"); info!(user, "hello"); info!(%user.name, ?id, "hello {}", id);
        tracing::warn!(target: "t", user = %user, "a.b" = id, x.y = 1, "m {} {user}", id);
        error!(err = ?e); error!(?e); debug!("{}", x = 1);
        log::info!(target: "t", key:? = user, other = id; "m {}", id);
        event!(Level::INFO, user, "m"); log!(Level::Warn, "m {}", id);
        info_span!("name {}", user, id = %id); span!(Level::INFO, "name", user);
        slog::info!(logger, "m {}", id; "k" => user);
    "#);

    format_like: print_body(r#"
        let name = 1;
        my_error!("no {name}"); err!(Kind, "no {} {}", name, 2); not_format!("{}", 1, 2); json_like!("{}");
        sqlx::query!("update t set x = '{}' where id = $1", name);
        custom!("{unknown}"); custom!("{unknown}", unknown = 1);
    "#);

    known_macros: print_body(r##"
        vec![]; vec![1, a]; vec![0; n]; std::vec![b];
        json!({ "a": b, "c": [d, null, { "e": 1 }], (f): g.h(), "i": vec![1].len(), "j": true, });
        json!([1, 2]); json!(null); json!(x); doc! { "a": 1, "$in": [2] }; json!([1][0]);
        concat!("a", 1, 2.5, true, 'c'); concat!("a", env!("B"));
        include_str!("a.sql"); env!("HOME"); option_env!("X"); file!(); line!(); stringify!(a + b); include_bytes!("b");
        tokio::join!(a(), b); try_join!(a(), b)?; futures::join!(c);
        quote! { fn #name() {} };
    "##);

    select: print_body(r#"
        tokio::select! {
            biased;
            Some(m) = rx.recv(), if ready => { handle(m) }
            _ = &mut done => break,
            r = async { 1 } => r,
            else => panic!("closed"),
        }
        futures::select! { a = x.next() => a, complete => 1, default => 2 }
        crossbeam::select! { recv(r) -> m => m, default(t) => 3 }
    "#);

    unknown_macros: print_body(r##"
        let a = 1;
        custom!(a, b); custom!(a; b); map! { "k" => a, "l" => b }; stmts! { let c = a; c }; stmts!(let d = a; d);
        sqlx::query_as!(User<'_>, "select", a as _, b); sqlx::query!(r#"select"#, a).fetch_one(&p).await?;
        html! { <p class={a}>{ "t" }</p> <b/> { for x.iter() } }; view! { <div on:click=move |_| go(a)>{a}</div> };
        maud! { p { (a) @if a { "b" } } };
        db_run! { conn: { a.run(conn) } }; assert_snapshot!(a, @"text"); named!(label: a, other: 2);
        Token![;]; empty!(); nested!(a + custom2!(a));
    "##);

    item_macros: print(r#"
        lazy_static! { static ref A: Regex = Regex::new("a").unwrap(); #[x] pub static ref B: u8 = 1; }
        thread_local! { static C: RefCell<u8> = const { RefCell::new(1) }; pub static D: u8 = 2 }
        cfg_if::cfg_if! { if #[cfg(unix)] { mod e; } else if #[cfg(windows)] { fn f() {} } else { fn g() {} } }
        wrapper! { pub async fn h(x: u8) -> u8 { x } struct I; }
        bitflags! { pub struct Flags: u32 { const A = 1; const B = 1 << 1; } }
        macro_rules! rules { ($x:expr) => { $x + 1 }; }
        #[macro_export] macro_rules! exported { () => {} }
        call!(1, f("x"));
        table! { users (id) { id -> Integer, name -> Text, } }
        impl J { custom! { fn in_impl(&self) {} } }
        fn k() { thread_local! { static L: u8 = 3; } L }
    "#);
}
