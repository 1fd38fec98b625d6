//! Inference over small programs.
//!
//! A line that ends in `//: T` binds locals of these types, in order; one that ends in `//= callee` has this
//! as its outermost call; `//? path` names the conversion that a `?` or `.into()` on it applies.

use std::fmt::Write;

use ward_syntax::{FileId, LineIndex, Span, Symbol};

use crate::{Carries, DefId, ExternalFn, ExternalType, Externals, Semantics, Template, Ty, TyKind, testing};

/// A little of the standard library and of two crates, in a form quick to write: `type Path<Params>`, then
/// `method -> Returns`, with `{0: A, B}` for the closure given as argument 0; `*` dereferences.
const ROWS: &str = "
type std::option::Option<T>
  map {0: T} -> Option<F0>
  and_then {0: T} -> F0
  unwrap_or -> T
  unwrap_or_default -> T
  unwrap -> T
  ok_or -> Result<T, A0>
  ok_or_else {0: } -> Result<T, F0>
  as_ref -> Option<T>
  is_some -> bool
  iter -> Iterator<T>
type std::result::Result<T, E>
  map {0: T} -> Result<F0, E>
  map_err {0: E} -> Result<T, F0>
  unwrap -> T
  unwrap_or -> T
  ok -> Option<T>
  and_then {0: T} -> F0
type std::vec::Vec<T>
  * [T]
  new -> Self
  with_capacity -> Self
  push -> ()
  extend -> ()
  pop -> Option<T>
  into_iter -> Iterator<T>
type slice<T>
  iter -> Iterator<T>
  len -> usize
  first -> Option<T>
  to_vec -> Vec<T>
  join -> String
type std::string::String
  * str
  new -> Self
  from -> Self
  push_str -> ()
  as_str -> str
type str
  trim -> str
  len -> usize
  parse -> Result<G0, _>
  split -> Iterator<str>
  chars -> Iterator<char>
type std::iter::Iterator<T>
  map {0: T} -> Iterator<F0>
  filter {0: T} -> Iterator<T>
  filter_map {0: T} -> Iterator<Item<F0>>
  flat_map {0: T} -> Iterator<Item<F0>>
  enumerate -> Iterator<(usize, T)>
  zip -> Iterator<(T, Item<A0>)>
  cloned -> Iterator<T>
  rev -> Iterator<T>
  next -> Option<T>
  collect -> G0
  fold {1: A0, T} -> A0
  sum -> G0
  count -> usize
type std::collections::HashMap<K, V>
  new -> Self
  insert -> Option<V>
  get -> Option<V>
  entry -> std::collections::hash_map::Entry<K, V>
  values -> Iterator<V>
type std::collections::hash_map::Entry<K, V>
  or_insert -> V
  or_default -> V
type std::collections::HashSet<T>
  new -> Self
  insert -> bool
type std::boxed::Box<T>
  * T
  new -> Box<A0>
type std::sync::Arc<T>
  * T
  clone -> A0
  new -> Arc<A0>
type std::sync::Mutex<T>
  new -> Self
  lock -> Result<std::sync::MutexGuard<T>, _>
type std::sync::MutexGuard<T>
  * T
type i64
  abs -> i64
type i32
  abs -> i32
type *
  clone -> Self
  to_string -> String
  to_owned -> Self
  into -> G0
type std::convert::AsRef<T>
  as_ref -> T
type std::string::ToString
  to_string -> String
type std::time::Duration
  none
type web::Query<T>
  * T
  .0 T
type web::Json<T>
  * T
  .0 T
type web::Value
  .0 String
  as_str -> Option<str>
  index -> Self
type db::Pool<D>
  none
  get -> Future<Result<db::Client, db::Error>>
type db::Client
  query -> Future<Result<Vec<db::Row>, db::Error>>
  begin -> db::Transaction
type db::Transaction
  implements Future<db::Client>
type db::Row
  get -> G0
type db::Statement<T>
  fetch -> Future<Result<T, db::Error>>
alias db::PgPool = db::Pool<db::Postgres>
alias db::Result = Result<G0, db::Error>
alias futures::BoxFuture = Future<G0>
fn std::mem::take -> A0
fn std::str::from_utf8 -> Result<str, std::str::Utf8Error>
fn db::statement -> db::Statement<G0>
fn rt::spawn -> Future<A0>
fn rt::run {0: String} -> F0
fn db::checked! -> db::Statement<db::Row>
";

fn function(text: &str, params: &[Symbol]) -> ExternalFn {
    let (head, returns) = text.split_once("->").unwrap();
    let mut function = ExternalFn { returns: Some(template(returns, params)), ..ExternalFn::default() };
    if let Some((_, closure)) = head.split_once('{') {
        let (at, types) = closure.trim().trim_end_matches('}').split_once(':').unwrap();
        let types = types.split(',').map(str::trim).filter(|ty| !ty.is_empty());
        function.closures.push((at.parse().unwrap(), types.map(|ty| template(ty, params)).collect()));
    }
    function
}

fn template(text: &str, params: &[Symbol]) -> Template {
    Template::parse(text, params).unwrap()
}

/// The rows above as tables.
pub(crate) fn externals() -> Externals {
    let mut externals = Externals::default();
    let mut current = Symbol::new("");
    for line in ROWS.lines().filter(|line| !line.is_empty()) {
        if let Some(head) = line.strip_prefix("type ") {
            let (path, params) = head.split_once('<').unwrap_or((head, ""));
            let params = params.trim_end_matches('>').split(", ").filter(|name| !name.is_empty());
            current = Symbol::new(path);
            let row = ExternalType { params: params.map(Symbol::new).collect(), ..ExternalType::default() };
            externals.types.insert(current, row);
        } else if let Some(alias) = line.strip_prefix("alias ") {
            let (path, target) = alias.split_once(" = ").unwrap();
            externals.type_aliases.insert(Symbol::new(path), template(target, &[]));
        } else if let Some(text) = line.strip_prefix("fn ") {
            let path = text.split(' ').next().unwrap();
            externals.functions.insert(Symbol::new(path), function(text, &[]));
        } else {
            let row = externals.types.get_mut(&current).unwrap();
            let line = line.trim();
            let name = line.split(' ').next().unwrap();
            match name {
                "*" => row.deref = Some(template(&line[1..], &row.params)),
                "none" => row.carries = Carries::Nothing,
                "implements" => row.implements.push(template(&line[10..], &row.params)),
                ".0" => {
                    row.fields.insert(Symbol::new("0"), template(&line[2..], &row.params));
                }
                _ => {
                    let function = function(line, &row.params);
                    row.methods.insert(Symbol::new(name), function);
                }
            }
        }
    }
    externals
}

fn semantics(fixture: &str) -> Semantics {
    let fixture = if fixture.contains("//- ") {
        fixture.to_owned()
    } else {
        format!("//- src/lib.rs deps: web, db, rt, futures\n{fixture}")
    };
    let (project, files) = testing::load(&fixture);
    Semantics::new(project, files, externals())
}

/// What is known of one line.
#[derive(Default)]
struct Line {
    locals: Vec<(u32, String)>,
    call: Option<(u32, String)>,
    conversions: Vec<String>,
}

fn lines(semantics: &Semantics, file: FileId, index: &LineIndex) -> Vec<Line> {
    let ir = semantics.ir(file);
    let mut lines: Vec<Line> = (0..=index.len()).map(|_| Line::default()).collect();
    for def in semantics.defs.iter().filter(|def| semantics.locate(*def).0 == file) {
        let (Some(types), Some((_, body))) = (semantics.types(def), semantics.body(def)) else { continue };
        let run = ir.body(body).locals;
        for (at, local) in run.of(&ir.locals).iter().enumerate() {
            let ty = semantics.pretty_type(types.locals[at]);
            // The body around a nested function has its locals too, and knows nothing of them.
            let locals = &mut lines[index.line(local.span.start) as usize].locals;
            match locals.iter_mut().find(|(start, _)| *start == local.span.start) {
                Some((_, known)) if known == "?" => *known = ty,
                Some(_) => {}
                None => locals.push((local.span.start, ty)),
            }
        }
        for (expr, callee) in types.callees() {
            let span: Span = ir.expr_span(expr);
            let line = &mut lines[index.line(span.end - 1) as usize];
            let length = span.end - span.start;
            if line.call.as_ref().is_none_or(|(known, _)| *known <= length) {
                line.call = Some((length, semantics.pretty_callee(callee)));
            }
        }
        for (expr, def) in types.conversions() {
            let line = index.line(ir.expr_span(expr).end - 1);
            lines[line as usize].conversions.push(semantics.path(def));
        }
    }
    lines
}

/// Checks the annotations of a fixture.
#[track_caller]
fn check(fixture: &str) -> Semantics {
    let fixture = if fixture.contains("//- ") {
        fixture.to_owned()
    } else {
        format!("//- src/lib.rs deps: web, db, rt, futures\n{fixture}")
    };
    let semantics = semantics(&fixture);
    let mut checked = 0;
    let mut wrong = Vec::new();
    for (file, (_, text)) in (0u32..).map(FileId).zip(testing::split(&fixture).values()) {
        let lines = lines(&semantics, file, &LineIndex::new(text));
        for (written, mut line) in text.lines().zip(lines.into_iter().skip(1)) {
            let mut expect = |marker: &str, found: &str| {
                if let Some((_, wanted)) = written.split_once(marker) {
                    let wanted = wanted.split("//").next().unwrap_or_default().trim();
                    checked += 1;
                    if wanted != found {
                        wrong.push(format!("{}\n    found {found}", written.trim()));
                    }
                }
            };
            line.locals.sort();
            let locals: Vec<&str> = line.locals.iter().map(|(_, ty)| ty.as_str()).collect();
            expect("//: ", &locals.join(", "));
            expect("//= ", line.call.as_ref().map(|call| call.1.as_str()).unwrap_or_default());
            expect("//? ", &line.conversions.join(", "));
        }
    }
    assert!(checked > 0, "the fixture has no annotation");
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
    semantics
}

fn def(semantics: &Semantics, path: &str) -> DefId {
    semantics.defs.iter().find(|def| semantics.path(*def) == path).unwrap()
}

#[test]
fn literals_and_operators() {
    check(
        r#"
fn f(limit: u64, text: &str) {
    let a = 1; //: i32
    let b = 2.5; //: f64
    let c = 7u8; //: u8
    let d = "x"; //: &'static str
    let e = 'c'; //: char
    let f = a + 1 == 3 && !true; //: bool
    let g = limit - 1; //: u64
    let h = 10 * limit; //: u64
    let i = -b; //: f64
    let j = b"bytes"; //: [u8]
    let k = limit as usize; //: usize
    let l = String::from("x") + text; //: String
    let m = (1, "x", limit); //: (i32, &'static str, u64)
    let n = m.2; //: u64
    let o = &text[1..]; //: str
    let p = 0..limit; //: Range<u64>
    let q = 0xffu8; //: u8
    let r = 1_000i64; //: i64
}
"#,
    );
}

#[test]
fn literals_take_the_type_of_their_place() {
    check(
        "
struct Page { size: i64 }
fn take(n: u16) {}
fn f() -> u8 {
    let a = 1; //: i64
    let page = Page { size: a };
    let b = 2; //: u16
    take(b);
    let c: f32 = 1.0; //: f32
    let d = 3; //: u8
    let (e, g): (u32, _) = (1, 2); //: u32, i32
    return d;
}
",
    );
}

#[test]
fn assigned_literals_are_no_longer_static() {
    check(
        r#"
const NAME: &str = "x";
fn f(text: &str, desc: bool) {
    let a = NAME; //: &'static str
    let mut b = "ASC"; //: str
    if desc { b = text; }
    let c = if desc { "DESC" } else { "ASC" }; //: &'static str
    let d = if desc { "DESC" } else { text }; //: str
    let mut e = vec!["a"]; //: Vec<str>
    e.push(text);
    let g; //: str
    g = "later";
    let h = Some("x"); //: Option<str>
    let i = match desc { true => "a", false => NAME }; //: &'static str
}
"#,
    );
}

#[test]
fn declared_types() {
    check(
        "
use std::collections::HashMap;
struct User;
type Users = Vec<User>;
type Pair<T> = (T, Option<T>);
fn f(a: &User, b: &mut Vec<&str>, c: Box<dyn Fn(u8) -> User>, d: [u8; 4], e: &'static str, //: User, Vec<str>, fn(u8) -> User, [u8], &'static str
    f: Users, g: Pair<u8>, h: impl Iterator<Item = User>, i: impl Into<String>, j: HashMap<String, (u8,)>, //: Vec<User>, (u8, Option<u8>), Iterator<User>, impl Into<String>, HashMap<String, (u8,)>
    k: fn(&str) -> bool, l: futures::BoxFuture<'static, User>, m: std::pin::Pin<Box<dyn std::future::Future<Output = u8>>>, //: fn(str) -> bool, Future<User>, Future<u8>
    n: db::PgPool, o: db::Result<User>, p: dyn Send + 'static, q: *const u8, r: !) { //: Pool<Postgres>, Result<User, Error>, ?, u8, !
}
",
    );
}

#[test]
fn fields_through_pointers_and_generics() {
    check(
        "
use std::sync::{Arc, Mutex};
struct Page<T> { items: Vec<T>, next: Option<u64> }
struct Inner { name: String }
struct State { inner: Arc<Inner>, pool: Mutex<Page<Inner>> }
struct Wrapper(Inner, u8);
fn f(state: &Arc<State>, page: Page<Inner>, wrapper: Wrapper, query: web::Query<Inner>) {
    let a = state.inner.name; //: String
    let b = page.items; //: Vec<Inner>
    let c = &page.items[0].name; //: String
    let d = wrapper.0.name; //: String
    let e = state.pool.lock().unwrap().next; //: Option<u64>
    let f = query.name; //: String
    let g = query.0.name; //: String
    let h = wrapper.missing; //: ?
}
",
    );
}

#[test]
fn methods_of_the_workspace() {
    check(
        "
struct Repo { url: String }
impl Repo {
    const LIMIT: u32 = 5;
    fn new(url: String) -> Self { Self { url } }
    fn url(&self) -> &str { &self.url }
    fn limit() -> u32 { Self::LIMIT } 
}
fn f(repo: &std::sync::Arc<Repo>) {
    let a = Repo::new(String::new()); //: Repo //= fn app::Repo::new
    let b = a.url(); //: str //= fn app::Repo::url
    let c = repo.url(); //: str //= fn app::Repo::url
    let d = Repo::limit(); //: u32
    let e = Repo::LIMIT; //: u32
    let g = Repo::url(&a); //: str //= fn app::Repo::url
    let h = a.derived(); //: ? //= unknown method derived
}
",
    );
}

#[test]
fn generic_functions() {
    check(
        "
struct User { name: String }
fn identity<T>(value: T) -> T { value }
fn first<T, U>(pair: (T, U)) -> Option<T> { None }
fn decode<T>(text: &str) -> Result<T, String> { todo!() }
fn load<T>(text: &str) -> Result<Option<T>, String> { let decoded = decode(text)?; Ok(Some(decoded)) } //: str, T
struct Cell<T> { value: T }
impl<T> Cell<T> {
    fn new(value: T) -> Self { Cell { value } }
    fn get(&self) -> &T { &self.value }
    fn map<U>(self, f: impl Fn(T) -> U) -> Cell<U> { todo!() }
    fn with<F, R>(&self, f: F) -> R where F: FnOnce(&T) -> R { f(&self.value) }
}
fn f(user: User) -> Result<(), String> {
    let a = identity(user); //: User
    let b = first((1u8, a)); //: Option<u8>
    let c = decode::<User>(\"\")?; //: User
    let d: User = decode(\"\")?; //: User
    let e = Cell::new(c); //: Cell<User>
    let g = e.get().name; //: String
    let h = e.with(|user| user.name.len()); //: usize, User
    let i = e.map(|user| user.name); //: Cell<String>, User
    let j = i.get(); //: String
    let k = Cell { value: 1u8 }; //: Cell<u8>
    let l = Cell::<i64>::new(1).value; //: i64
    Ok(())
}
",
    );
}

#[test]
fn question_marks_and_options() {
    check(
        "
struct User { id: i64, name: Option<String> }
enum AppError { Missing, Parse(String) }
fn find(id: i64) -> Option<User> { None }
fn f(text: &str) -> Result<User, AppError> {
    let a = find(1).ok_or(AppError::Missing)?; //: User
    let b: i64 = text.parse().map_err(|_| AppError::Missing)?; //: i64
    let c = text.parse::<u32>().unwrap(); //: u32
    let d = a.name.as_ref().map(|name| name.trim()).unwrap_or(\"\"); //: str, String
    let e = find(2).map(|user| user.id).unwrap_or_default(); //: i64, User
    let g = find(3).and_then(|user| user.name); //: Option<String>, User
    let h = find(4).ok_or_else(|| AppError::Parse(text.to_string()))?.id; //: i64
    let i = text.parse().unwrap_or(0u16); //: u16
    find(text.parse().map_err(|_| AppError::Missing)?).ok_or(AppError::Missing)
}
",
    );
}

#[test]
fn collections_filled_later() {
    check(
        "
use std::collections::{HashMap, HashSet};
fn f(name: String, ids: &[i64]) {
    let mut a = Vec::new(); //: Vec<String>
    a.push(name.clone());
    let mut b = HashMap::new(); //: HashMap<String, Vec<i64>>
    b.entry(name).or_insert(Vec::new()).push(1i64);
    let mut c = HashSet::new(); //: HashSet<i64>
    for id in ids { c.insert(*id); } //: i64
    let mut d = Vec::with_capacity(4); //: Vec<i64>
    d.extend(ids.iter().cloned());
    let mut e = vec![]; //: Vec<u8>
    e.push(1u8);
    let mut g = Default::default(); //: Vec<u8>
    g = e;
    let h = vec![0u64; 4]; //: Vec<u64>
    let mut i = None; //: Option<i64>
    i = ids.first();
}
",
    );
}

#[test]
fn iterator_chains() {
    check(
        "
use std::collections::HashMap;
struct User { id: i64, name: String, tags: Vec<String> }
fn f(users: Vec<User>, map: HashMap<String, User>) -> Result<(), String> {
    let a: Vec<_> = users.iter().map(|user| &user.name).collect(); //: Vec<String>, User
    let b = users.iter().map(|u| u.id).collect::<Vec<_>>(); //: Vec<i64>, User
    let c: HashMap<_, _> = users.iter().map(|u| (u.id, u.name.clone())).collect(); //: HashMap<i64, String>, User
    let d = users.iter().filter(|u| u.id > 3).map(|User { name, .. }| name.trim()).next(); //: Option<str>, User, String
    let e = users.iter().flat_map(|u| u.tags.iter()).collect::<Vec<_>>(); //: Vec<String>, User
    let g = users.iter().enumerate().map(|(index, user)| index).collect::<Vec<usize>>(); //: Vec<usize>, usize, User
    let h = users.iter().map(|u| u.name.parse::<i64>()).collect::<Result<Vec<_>, _>>(); //: Result<Vec<i64>, ?>, User
    let i = map.values().zip(users.iter()).next(); //: Option<(User, User)>
    let j = users.iter().filter_map(|u| u.tags.first()).next(); //: Option<String>, User
    let k = users.iter().fold(0u64, |sum, u| sum + 1); //: u64, u64, User
    for (key, value) in &map { } //: String, User
    for (at, tag) in users[0].tags.iter().enumerate() { } //: usize, String
    for n in 0..10u8 { } //: u8
    for part in \"a,b\".split(',') { let t = part.trim(); } //: str, str
    let l = users.into_iter().map(User::into_name).collect::<Vec<_>>(); //: Vec<String>
    let m = a.iter().map(ToString::to_string).next(); //: Option<String>
    let n = \"a b\".split(' ').map(String::from).collect::<Vec<_>>(); //: Vec<String>
    let o = l.iter().map(Some).next(); //: Option<Option<String>>
    let p: i64 = b.iter().sum(); //: i64
    Ok(())
}
impl User { fn into_name(self) -> String { self.name } }
",
    );
}

#[test]
fn futures() {
    check(
        "
struct User { name: String }
async fn load(id: i64) -> Result<User, db::Error> { todo!() }
fn lazy() -> impl std::future::Future<Output = User> { async { todo!() } }
fn boxed<'a>() -> futures::BoxFuture<'a, db::Result<User>> { todo!() }
struct Service;
impl Service {
    async fn call(&self) -> User { todo!() }
}
async fn f(service: Service, pool: db::PgPool) -> Result<(), db::Error> {
    let a = load(1); //: Future<Result<User, Error>>
    let b = a.await?; //: User
    let c = lazy().await; //: User
    let d = boxed().await?; //: User
    let e = service.call().await; //: User
    let g = pool.get().await?.query().await?; //: Vec<Row>
    let h = async { load(2).await }; //: Future<Result<User, Error>>
    let i = h.await?; //: User
    let j = async move { let user = load(3).await?; Ok::<_, db::Error>(user.name) }.await?; //: String, User
    let k = pool.get().await?.begin().await; //: Client
    let l = rt::spawn(load(4)).await; //: Future<Result<User, Error>>
    let m = async |id: i64| load(id).await; //: |..| Future<Result<User, Error>>, i64
    let n = m(1).await?; //: User
    Ok(())
}
",
    );
}

#[test]
fn patterns() {
    check(
        r#"
struct User { id: i64, name: String }
struct Id(i64, String, u8);
enum Event { Created { user: User, at: u64 }, Renamed(String, i64), Gone }
use Event::Renamed;
fn g(event: Event, pair: (u8, (User, bool)), list: Vec<User>, web::Json(user): web::Json<User>, found: Result<Option<User>, String>) { //: Event, (u8, (User, bool)), Vec<User>, User, Result<Option<User>, String>
    match event {
        Event::Created { user, at } => {} //: User, u64
        Event::Created { user: User { name, .. }, .. } => {} //: String
        Renamed(a, b) => {} //: String, i64
        Event::Gone => {}
    }
    let (a, (b, c)) = pair; //: u8, User, bool
    let User { id, name: other } = b; //: i64, String
    if let Ok(Some(inner)) = &found {} //: User
    if let Err(error) = &found {} //: String
    let Ok(Some(d)) = found else { return }; //: User
    let [first, .., last] = list.as_slice() else { return }; //: ?, ?
    if let [first, rest @ ..] = list.as_ref() {} //: ?, ?
    if let [first, rest @ ..] = &list[..] {} //: User, Vec<User>
    let Id(e, .., h) = Id(1, String::new(), 2); //: i64, u8
    let whole @ (i, ..) = (1u8, "x"); //: (u8, &'static str), u8
    match d.id { n @ 1..=5 => {} n => {} } //: i64, i64
    let (Some(x) | Some(x)) = Some(1u16) else { return }; //: u16
    while let Some(user) = list.iter().next() {} //: User
    if let Some(name) = user.name.parse::<User>().ok() && let n = name.id {} //: User, i64
    let web::Query(q) = web::Query(d); //: User
}
impl std::str::FromStr for User { type Err = (); fn from_str(s: &str) -> Result<Self, ()> { todo!() } }
"#,
    );
}

#[test]
fn closures_and_function_values() {
    check(
        "
struct User { name: String }
struct Hook { run: Box<dyn Fn(&User) -> String + Send>, plain: fn(u8) -> bool }
fn apply<F, T>(f: F) -> T where F: FnOnce(User) -> T { todo!() }
fn both(f: impl Fn(&str, u8) -> bool) -> bool { f(\"\", 1) }
fn adder(n: u64) -> impl Fn(u64) -> u64 { move |m| m + n } //: u64, u64
fn name_of(user: User) -> String { user.name }
fn f(hook: Hook) {
    let a = apply(|user| user.name); //: String, User
    let b = both(|text, n| text.len() == 3); //: bool, str, u8
    let c = |x: i64| x * 2; //: |..| i64, i64
    let d = c(1); //: i64 //= value
    let e = (hook.run)(&User { name: String::new() }); //: String //= value
    let g = (hook.plain)(1); //: bool //= value
    let h = adder(1)(2); //: u64 //= value
    let i = apply(name_of); //: String
    let j = name_of; //: fn app::name_of
    let k = j(User { name: String::new() }); //: String //= fn app::name_of
    let l = |user| name_of(user); //: |..| String, User
    let m = move || { if true { return 1u8; } 2 }; //: |..| u8
    let n = m(); //: u8
    let o = rt::run(|text| text.len()); //: usize, String
    let p: Box<dyn Fn(u8) -> u16> = Box::new(|n| 1); //: fn(u8) -> u16, u8
    let q = |a, b| a; //: |..| u8, u8, bool
    let r = q(1u8, true); //: u8
    let s = apply(|_| ()); //: ()
}
",
    );
}

#[test]
fn traits_and_dispatch() {
    check(
        "
use std::sync::Arc;
struct User;
trait Repo: Named {
    fn find(&self, id: i64) -> Option<User>;
    fn all(&self) -> Vec<User> { vec![] }
    fn make() -> Self;
}
trait Named { fn name(&self) -> String; }
struct Pg; struct Memory;
impl Repo for Pg { fn find(&self, id: i64) -> Option<User> { None } fn make() -> Self { Pg } }
impl Repo for Memory {
    fn find(&self, id: i64) -> Option<User> { None }
    fn all(&self) -> Vec<User> { todo!() }
    fn make() -> Self { Memory }
}
impl Named for Pg { fn name(&self) -> String { todo!() } }
impl Named for Memory { fn name(&self) -> String { todo!() } }
struct Service<R> { repo: R }
impl<R: Repo> Service<R> {
    fn get(&self) {
        let a = self.repo.find(1); //: Option<User> //= dispatch app::Repo::find to [app::Pg::find, app::Memory::find]
        let b = self.repo.all(); //: Vec<User> //= dispatch app::Repo::all to [app::Repo::all, app::Memory::all]
        let c = R::make(); //: R //= dispatch app::Repo::make to [app::Pg::make, app::Memory::make]
        let d = self.repo.name(); //: String //= dispatch app::Named::name to [app::Pg::name, app::Memory::name]
    }
}
fn f(a: &dyn Repo, b: Arc<dyn Repo + Send>, c: impl Repo, pg: Pg, d: Box<dyn Named>) { //: impl Repo, Arc<impl Repo>, impl Repo, Pg, Box<impl Named>
    let e = a.find(1); //: Option<User> //= dispatch app::Repo::find to [app::Pg::find, app::Memory::find]
    let g = b.find(1); //: Option<User> //= dispatch app::Repo::find to [app::Pg::find, app::Memory::find]
    let h = c.name(); //: String //= dispatch app::Named::name to [app::Pg::name, app::Memory::name]
    let i = pg.find(1); //: Option<User> //= fn app::Pg::find
    let j = pg.all(); //: Vec<User> //= fn app::Repo::all
    let k = d.name(); //: String //= dispatch app::Named::name to [app::Pg::name, app::Memory::name]
    let l = Repo::find(&pg, 1); //: Option<User> //= fn app::Pg::find
    let m = <Pg as Repo>::make(); //: Pg //= fn app::Pg::make
    let n = Pg::make(); //: Pg //= fn app::Pg::make
    let o: Memory = Repo::make(); //: Memory //= dispatch app::Repo::make to [app::Pg::make, app::Memory::make]
    let p = Service { repo: pg }; //: Service<Pg>
    let q = p.repo.name(); //: String //= fn app::Pg::name
}
",
    );
}

#[test]
fn traits_for_external_types() {
    check(
        "
struct Row;
trait Fetch { fn fetch_rows(&self) -> Vec<Row>; }
impl Fetch for db::PgPool { fn fetch_rows(&self) -> Vec<Row> { todo!() } }
trait Slug { fn slug(&self) -> String; }
impl Slug for std::sync::Arc<Row> { fn slug(&self) -> String { todo!() } }
impl Slug for str { fn slug(&self) -> String { todo!() } }
trait Pipe { fn pipe<R>(self, f: impl FnOnce(Self) -> R) -> R where Self: Sized; fn tap(self) -> Self; }
impl<T> Pipe for T { fn pipe<R>(self, f: impl FnOnce(Self) -> R) -> R { f(self) } fn tap(self) -> Self { self } }
trait Loud { fn loud(&self) -> String; }
impl<T: Slug> Loud for T { fn loud(&self) -> String { todo!() } }
fn f(pool: std::sync::Arc<db::PgPool>, name: String) {
    let a = pool.fetch_rows(); //: Vec<Row> //= fn app::PgPool::fetch_rows
    let b = name.slug(); //: String //= fn app::str::slug
    let b = std::sync::Arc::new(name.clone()).slug(); //: String //= fn app::str::slug
    let b = std::sync::Arc::new(Row).slug(); //: String //= fn app::Arc::slug
    let c = name.tap(); //: String //= fn app::T::tap
    let d = 1u8.pipe(|n| n == 2); //: bool, u8
    let e = \"x\".loud(); //: String //= fn app::T::loud
}
",
    );
}

#[test]
fn associated_types() {
    check(
        "
struct User; struct Cursor { rows: Vec<User> }
trait Store { type Row; type Error; fn row(&self) -> Self::Row; fn all(&self) -> Vec<Self::Row> { todo!() } }
struct Pg;
impl Store for Pg { type Row = User; type Error = (); fn row(&self) -> Self::Row { let r: Self::Row = User; r } } //: Pg, User
impl Iterator for Cursor { type Item = User; fn next(&mut self) -> Option<Self::Item> { None } }
struct Users(Vec<User>);
impl IntoIterator for Users { type Item = User; type IntoIter = std::vec::IntoIter<User>; fn into_iter(self) -> Self::IntoIter { todo!() } }
impl std::ops::Deref for Users { type Target = Vec<User>; fn deref(&self) -> &Vec<User> { &self.0 } }
impl std::ops::Index<usize> for Cursor { type Output = User; fn index(&self, i: usize) -> &User { &self.rows[i] } }
struct Money(i64);
impl std::ops::Add for Money { type Output = Total; fn add(self, o: Money) -> Total { todo!() } }
struct Total;
impl std::future::Future for Total { type Output = User; fn poll() {} }
fn generic<S: Store>(store: S) -> S::Row { let x = store.row(); x } //: S, Row
fn items<I: IntoIterator<Item = User>>(all: I) { for user in all {} } //: I, User
async fn f(pg: Pg, cursor: Cursor, users: Users) {
    let a = pg.row(); //: User
    let b = pg.all(); //: Vec<User> //= fn app::Store::all
    for c in cursor {} //: User
    for d in users {} //: User
    let e = users.len(); //: usize //= method slice::len
    let g = users.first(); //: Option<User>
    let h = cursor[0]; //: User
    let i = Money(1) + Money(2); //: Total
    let j = cursor.map(|user| 1u8).next(); //: Option<u8>, User
    let k = i.await; //: User
    let l = *users; //: Vec<User>
}
",
    );
}

#[test]
fn conversions() {
    check(
        "
use std::convert::TryFrom;
struct Low; struct Mid; struct Name(String); struct Port(u16);
enum AppError { Low(Low), Mid(Mid) }
impl From<Low> for AppError { fn from(e: Low) -> Self { AppError::Low(e) } }
impl From<Mid> for AppError { fn from(e: Mid) -> Self { AppError::Mid(e) } }
impl From<String> for Name { fn from(s: String) -> Self { Name(s) } }
impl From<&str> for Name { fn from(s: &str) -> Self { Name(s.to_string()) } }
impl TryFrom<i64> for Port { type Error = Low; fn try_from(n: i64) -> Result<Self, Low> { Err(Low) } }
impl std::str::FromStr for Port { type Err = Low; fn from_str(s: &str) -> Result<Self, Low> { Err(Low) } }
impl Default for Name { fn default() -> Self { Name(String::new()) } }
#[derive(Default)]
struct Page { size: u8 }
fn low() -> Result<u8, Low> { Ok(1) }
fn take(name: Name) {}
fn f(text: &str, n: i64) -> Result<(), AppError> {
    let a = low()?; //: u8 //? app::AppError::from
    let b: Name = text.to_string().into(); //: Name //= fn app::Name::from
    let c = Name::from(text); //: Name //= fn app::Name::from
    take(text.into()); //? app::Name::from
    let d: Result<Port, _> = n.try_into(); //: Result<Port, ?> //= fn app::Port::try_from
    let e: Port = text.parse().unwrap(); //: Port //? app::Port::from_str
    let g = Port::try_from(n); //: Result<Port, Low> //= fn app::Port::try_from
    let h: Name = Default::default(); //: Name //= fn app::Name::default
    let i = Name::default(); //: Name //= fn app::Name::default
    let j = Page::default(); //: Page //= method *::default
    let k: u64 = u64::from(7u8); //: u64
    let l = String::from(text); //: String //= method std::string::String::from
    let m = u16::try_from(n).unwrap(); //: u16
    let o: Box<str> = text.into(); //: Box<str>
    Err(Mid.into()) //? app::AppError::from
}
fn g() -> Result<u8, Low> {
    let a = low()?; //: u8 //? 
    Ok(a)
}
",
    );
}

#[test]
fn control_flow() {
    check(
        "
struct User;
fn find() -> Option<User> { None }
fn stop() -> ! { loop {} }
fn f(n: u8, flag: bool) -> u16 {
    let a = if flag { 1u16 } else { return 2 }; //: u16
    let b = match n { 0 => None, _ => Some(User) }; //: Option<User>
    let c = loop { if flag { break find(); } }; //: Option<User>
    let d = match n { 0 => panic!(), 1 => stop(), _ => 5i64 }; //: i64
    let e = { let inner = 3u32; inner }; //: u32, u32
    let g = unsafe { 4u64 }; //: u64
    let h = if let Some(user) = find() { user } else { User }; //: User, User
    let i = while flag {}; //: ()
    let Some(j) = find() else { return 1 }; //: User
    let k = (|| { find()?; Some(1u8) })(); //: Option<u8>
    let l = 'outer: loop { break 'outer 1u8; }; //: u8
    let m = matches!(n, 1 | 2); //: bool
    let o = if flag { vec![] } else { vec![User] }; //: Vec<User>
    let p = match b { Some(user) => Ok(user), None => Err(n) }; //: Result<User, u8>, User
    a
}
",
    );
}

#[test]
fn macros() {
    check(
        r#"
use std::fmt::Write;
use serde_json::json;
fn f(name: &str, n: u8) {
    let a = format!("{name} {}", n); //: String
    let mut out = String::new(); //: String
    let b = write!(out, "{name}"); //: Result<(), Error>
    let c = json!({ "name": name }); //: Value
    let d = vec![1u8, 2]; //: Vec<u8>
    let e = dbg!(n); //: u8
    let g = env!("HOME"); //: &'static str
    let h = println!("{n}"); //: ()
    let i = db::checked!("SELECT 1"); //: Statement<Row>
    let j = unknown!(n); //: ?
    let k: u64 = unknown!(n); //: u64
    let l = concat!("a", "b"); //: &'static str
}
"#,
    );
}

#[test]
fn external_calls() {
    check(
        "
use web::Query;
use std::collections::HashMap;
struct Id(u64);
fn f(query: Query<HashMap<String, String>>, client: db::Client, value: web::Value) {
    let a = query.get(\"x\"); //: Option<String> //= method std::collections::HashMap::get
    let b = client.unheard_of(1); //: ? //= method db::Client::unheard_of
    let b = std::sync::Arc::new(client).unheard_of(1); //: ? //= method db::Client::unheard_of
    let c = db::statement::<Id>(); //: Statement<Id> //= external db::statement
    let d = std::mem::take(&mut Id(1)); //: Id //= external std::mem::take
    let d = std::str::from_utf8(b\"x\"); //: Result<str, Utf8Error> //= external std::str::from_utf8
    let d = std::sync::Arc::new(Id(1)).clone(); //: Arc<Id>
    let d = std::sync::Arc::clone(&d); //: Arc<Id> //= method std::sync::Arc::clone
    let e = Some(1u8); //: Option<u8> //= constructor std::option::Option::Some
    let g = web::Json(Id(1)); //: Json<Id> //= constructor web::Json
    let h = Id(1); //: Id //= constructor app::Id
    let i = value[\"key\"].as_str(); //: Option<str> //= method web::Value::as_str
    let j = db::Unheard::open(); //: ? //= method db::Unheard::open
    let k = db::Unheard { x: 1 }; //: Unheard
    let l = db::Error::NotFound; //: Error
    let m = Id(1).clone(); //: Id //= method *::clone
    let n = query.clone(); //: Query<HashMap<String, String>> //= method *::clone
    let o = db::unheard(1); //: ? //= external db::unheard
    let p = nothing::known(); //: ?
    let q = value.query().x; //: ?
    let r: Id = value.row().get(0); //: Id
}
",
    );
}

#[test]
fn guesses() {
    check(
        "
struct A; struct B;
impl A { fn fetch_user(&self, id: i64) -> String { todo!() } fn fetch_age(&self, id: i64) -> u8 { 1 } fn both(&self) {} fn push(&self, n: u8) {} }
impl B { fn both(&self) {} }
trait T { fn only_here(&self, n: u8) -> u16; }
impl T for A { fn only_here(&self, n: u8) -> u16 { 1 } }
impl T for B { fn only_here(&self, n: u8) -> u16 { 1 } }
fn f() {
    let x = nothing::known(); //: ?
    let a = x.fetch_user(1); //: String //= guess [app::A::fetch_user]
    let a = x.fetch_age(1); //: ? //= guess [app::A::fetch_age]
    let b = x.fetch_user(); //: ? //= unknown method fetch_user
    let c = x.both(); //: ? //= guess [app::A::both, app::B::both]
    let d = x.push(1); //: ? //= unknown method push
    let e = x.only_here(1); //: u16 //= dispatch app::T::only_here to [app::A::only_here, app::B::only_here]
    let g = x.never_heard(); //: ? //= unknown method never_heard
}
",
    );
}

#[test]
fn consts_statics_and_nested_items() {
    let semantics = check(
        r#"
const TABLES: &[&str] = &["a", "b"];
static POOL: std::sync::Mutex<Vec<u8>> = std::sync::Mutex::new(make());
const fn make() -> Vec<u8> { Vec::new() }
struct S;
impl S { const NAME: &'static str = "s"; const fn id() -> u8 { 1 } }
trait Table { const TABLE: &'static str; fn sql() -> String { let t = Self::TABLE; String::from(t) } } //: &'static str
fn f<T: Table>() {
    for table in TABLES {} //: &'static str
    let a = TABLES[0]; //: &'static str
    let b = POOL.lock().unwrap().len(); //: usize
    let c = S::NAME; //: &'static str
    let d = T::TABLE; //: &'static str
    fn inner(x: u8) -> u16 { let y = x; 1 } //: u8, u8
    let e = inner(1); //: u16
    const LOCAL: u64 = 3;
    let g = LOCAL; //: u64
}
"#,
    );
    let pool = def(&semantics, "app::POOL");
    assert_eq!(semantics.call_graph().callees(pool), [def(&semantics, "app::make")]);
}

#[test]
fn returned_impl_trait_and_builders() {
    check(
        "
struct Request { url: String, tries: u8 }
#[derive(Default)]
struct Builder { url: Option<String> }
impl Builder {
    fn url(mut self, url: impl Into<String>) -> Self { self.url = Some(url.into()); self }
    fn build(self) -> Result<Request, String> { Ok(Request { url: self.url.ok_or(String::new())?, ..base() }) }
}
fn base() -> Request { todo!() }
trait Greet { fn hi(&self) -> u8; }
struct En;
impl Greet for En { fn hi(&self) -> u8 { 1 } }
fn greeter() -> impl Greet { En }
fn all<'a>(users: &'a [Request]) -> impl Iterator<Item = &'a String> + 'a { users.iter().map(|u| &u.url) } //: [Request], Request
fn f(users: Vec<Request>) -> Result<(), String> {
    let a = Builder::default().url(\"x\").build()?; //: Request //= fn app::Builder::build
    let b = greeter().hi(); //: u8 //= dispatch app::Greet::hi to [app::En::hi]
    for c in all(&users) {} //: String
    let Request { url, .. } = a; //: String
    Ok(())
}
",
    );
}

#[test]
fn other_crates_and_modules() {
    check(
        "
//- src/main.rs deps: core-lib
mod repo;
use core_lib::model::{User, find};
use repo::Repo;
fn main() {
    let a = find(1); //: Option<User> //= fn core_lib::model::find
    let b = Repo::open().user(); //: User //= fn app::repo::Repo::user
    let c = b.name; //: String
    let d = core_lib::Id::new().0; //: u8
}
//- src/repo.rs
pub struct Repo;
impl Repo {
    pub fn open() -> Self { Repo }
    pub fn user(&self) -> core_lib::model::User { super::find(1).unwrap() }
}
//- core-lib/src/lib.rs
pub mod model;
pub struct Id(pub u8);
impl Id { pub fn new() -> Self { Id(1) } }
//- core-lib/src/model.rs
pub struct User { pub name: String }
pub fn find(id: i64) -> Option<User> { None }
",
    );
}

#[test]
fn what_never_ends_ends() {
    let mut doubled = String::new();
    for n in 1..200 {
        let _ = writeln!(doubled, "    let a{n} = (a{0}.clone(), a{0});", n - 1);
    }
    let fixture = format!(
        "
type A = B; type B = A; type C = Vec<C>;
trait P: Q {{}} trait Q: P {{}}
struct D; impl std::ops::Deref for D {{ type Target = E; }}
struct E; impl std::ops::Deref for E {{ type Target = D; }}
struct F<T>(Vec<F<(T, T)>>, T);
trait H {{ type X; }} impl H for D {{ type X = <E as H>::X; }} impl H for E {{ type X = <D as H>::X; }}
fn f<T: P>(a: A, c: C, t: T, d: D, g: F<u8>, h: <D as H>::X) {{
    let x = d.missing(); //: ?
    let y = t.missing(); //: ?
    let z = d.field; //: ?
    let mut v = Vec::new(); //: Vec<?>
    v.push(v.clone());
    let w = g.0[0].1; //: (u8, u8)
    let a0 = Vec::new();
{doubled}
    let last = 1u8; //: u8
}}
"
    );
    check(&fixture);
}

#[test]
fn text_in_types() {
    let semantics = semantics(
        "
struct Plain { id: u64, at: std::time::Duration, kind: Kind, parent: Option<Box<Plain>> }
enum Kind { A, B }
enum Event { Renamed(String), Gone }
struct Page<T> { items: Vec<T>, size: u32 }
struct Marker<T>(std::marker::PhantomData<T>);
struct Node { next: Option<Box<Node>>, label: Option<Label> }
struct Label(String);
struct Tree<A, B> { left: Option<Box<Tree<B, A>>>, value: A }
type Plains = Page<Plain>; type Events = Page<Event>; type Text = Marker<String>; type Json = web::Json<Plain>;
type JsonText = web::Json<Label>; type Pool = db::PgPool; type Static = &'static str; type Table = [(u8, &'static str)];
type Map = std::collections::HashMap<u8, String>; type Tree1 = Tree<u8, String>; type Tree2 = Tree<u8, bool>;
type Function = fn() -> u8; type Foreign = db::Error;
",
    );
    let carries = |name: &str| {
        let item = def(&semantics, &format!("app::{name}"));
        let ty = match semantics.alias_target(item) {
            Some(target) => semantics.resolve_type(item, target),
            None => semantics.self_type(item),
        };
        semantics.carries_text(ty)
    };
    let with: Vec<&str> =
        "Event Page Node Label Events JsonText Map Tree1 Function Foreign Tree".split(' ').collect();
    let without = "Plain Kind Plains Text Json Pool Static Table Tree2 Marker".split(' ');
    assert_eq!(with.iter().filter(|name| !carries(name)).collect::<Vec<_>>(), Vec::<&&str>::new());
    assert_eq!(without.filter(|name| carries(name)).collect::<Vec<_>>(), Vec::<&str>::new());
    let carries = |text: &str| {
        let item = def(&semantics, &format!("app::{text}"));
        semantics.carries(semantics.self_type(item))
    };
    assert_eq!(semantics.carries(Ty::unknown()), Carries::Text);
    assert_eq!(semantics.carries(Ty::unit()), Carries::Nothing);
    assert_eq!(semantics.carries(Ty::new(TyKind::Str)), Carries::Text);
    assert_eq!(carries("Kind"), Carries::Nothing);
}

#[test]
fn the_call_graph() {
    let semantics = semantics(
        "
trait Step { fn run(&self); fn twice(&self) { self.run(); self.run(); } }
struct A; struct B;
impl Step for A { fn run(&self) { leaf() } }
impl Step for B { fn run(&self) { even(2) } }
fn leaf() {}
fn even(n: u8) { odd(n - 1) }
fn odd(n: u8) { even(n - 1) }
const LIMIT: u8 = compute();
const fn compute() -> u8 { 3 }
fn handler() { let n = LIMIT; }
fn router() { web::get(handler); let all = [1].iter().map(|n| leaf()); }
struct Low; struct High;
impl From<Low> for High { fn from(low: Low) -> High { leaf(); High } }
fn fails() -> Result<(), Low> { Err(Low) }
fn converts() -> Result<(), High> { fails()?; Ok(()) }
fn through(step: &dyn Step) { step.twice() }
",
    );
    let graph = semantics.call_graph();
    let text = |defs: &[DefId]| defs.iter().map(|def| semantics.path(*def)).collect::<Vec<_>>().join(", ");
    let callees = |name: &str| text(graph.callees(def(&semantics, &format!("app::{name}"))));
    assert_eq!(callees("router"), "app::leaf, app::handler");
    assert_eq!(callees("handler"), "app::LIMIT");
    assert_eq!(callees("LIMIT"), "app::compute");
    assert_eq!(callees("converts"), "app::High::from, app::fails");
    assert_eq!(callees("through"), "app::Step::twice");
    assert_eq!(callees("Step::twice"), "app::A::run, app::B::run");
    assert_eq!(
        text(graph.callers(def(&semantics, "app::leaf"))),
        "app::A::run, app::router, app::High::from"
    );
    let levels: Vec<String> = graph
        .levels()
        .iter()
        .map(|level| level.iter().map(|part| text(part)).collect::<Vec<_>>().join(" | "))
        .collect();
    insta::assert_snapshot!(levels.join("\n"));
}

#[test]
fn questions_to_the_facade() {
    let semantics = semantics(
        "
use std::fmt;
use web::get;
struct Name(String);
impl fmt::Display for Name { fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result { write!(f, \"x\") } }
impl fmt::Debug for Name { fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result { write!(f, \"y\") } }
struct State { name: std::sync::Arc<Name> }
impl web::FromRequest for Name { fn from_request(r: u8) -> Self { Name(String::new()) } }
#[get(\"/\")]
fn handler(name: Name) -> State { todo!() }
",
    );
    let handler = def(&semantics, "app::handler");
    let signature = semantics.signature(handler).unwrap();
    let name = signature.params[0];
    let path = |def: Option<DefId>| def.map(|def| semantics.path(def)).unwrap_or_default();
    assert_eq!(path(semantics.display_impl(name)), "app::Name::fmt");
    assert_ne!(semantics.display_impl(name), semantics.debug_impl(name));
    assert_eq!(semantics.display_impl(signature.ret), None);
    let field = semantics.field_ty(signature.ret, Symbol::new("name"));
    assert_eq!(semantics.pretty_type(field), "Arc<Name>");
    assert_eq!(semantics.deref(field), Some(name));
    assert_eq!(semantics.pretty_type(semantics.field_ty(field, Symbol::new("0"))), "String");
    let [extractor] = semantics.trait_impls(Symbol::new("web::FromRequest")) else { panic!() };
    assert_eq!(semantics.impl_info(*extractor).unwrap().self_ty, name);
    let attribute = &semantics.item(handler).attributes[0];
    assert_eq!(semantics.resolve_attribute(handler, attribute).as_str(), "web::get");
    let from_request =
        semantics.trait_method(name, Symbol::new("web::FromRequest"), Symbol::new("from_request"));
    let info = semantics.enclosing_impl(from_request.unwrap()).unwrap();
    assert_eq!(info.def, *extractor);
}

#[test]
fn bodies_as_text() {
    let semantics = semantics(
        "
struct User { name: String }
fn shout(users: &[User]) -> Vec<String> {
    let names = users.iter().map(|user| user.name.trim().to_owned());
    names.collect()
}
fn main() { let all = shout(&[]); helper(all.len()); }
",
    );
    insta::assert_snapshot!(semantics.pretty_bodies());
}

#[test]
fn deeply_nested_bodies_fit_the_stack() {
    let nest = |open: &str, middle: &str, close: &str, levels: usize| {
        let body = format!("{}{middle}{}", open.repeat(levels), close.repeat(levels));
        format!(
            "struct S; impl S {{ fn m(self) -> S {{ self }} fn of<F: Fn() -> S>(f: F) -> S {{ f() }} }}\nfn f(s: S) {{ let x = {body}; }}"
        )
    };
    let fixtures = [
        nest("", "1", " + 1", 1_500),
        nest("", "s", ".m()", 1_500),
        nest("S::m(", "s", ")", 450),
        nest("S::of(|| ", "s", ")", 250),
        nest("{ ", "s", " }", 450),
        nest("if true { ", "s", " } else { S }", 250),
        nest("match 1 { _ => ", "s", " }", 250),
        nest("Some(", "s", ")", 450),
        nest("[", "s", "]", 450),
        nest("&", "s", "", 900),
    ];
    let pool = ward_project::thread_pool(Some(1)).unwrap();
    for fixture in fixtures {
        let semantics = pool.install(|| semantics(&fixture));
        assert!(semantics.types(def(&semantics, "app::f")).is_some());
    }
}

#[test]
fn threads_change_nothing() {
    let body = |n: usize| {
        format!(
            "fn f{n}(users: &[User{n}]) -> Option<String> {{
    let names: Vec<_> = users.iter().map(|user| user.name.clone()).collect();
    let mut pairs = Vec::new();
    pairs.push((names.first()?.len(), User{n} {{ name: String::new() }}));
    f{}(&[]);
    pairs.pop().map(|(_, user)| user.name)
}}
struct User{n} {{ name: String }}
",
            n / 2
        )
    };
    let fixture: String = (0..200).map(body).collect();
    let with = |threads| {
        let pool = ward_project::thread_pool(Some(threads)).unwrap();
        pool.install(|| semantics(&fixture).pretty_bodies())
    };
    let one = with(1);
    assert!(one.contains("pairs: Vec<(usize, User7)>"));
    assert_eq!(one, with(4));
}
