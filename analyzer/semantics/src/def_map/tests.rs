//! Tests of names: each makes a small workspace and asks what paths mean in it.

use ward_project::{LoadedFile, Project};
use ward_syntax::Symbol;

use crate::{
    DefId, DefIndex, DefKind, DefMap, Externals, ImplIndex, NameContext, Namespace, PathTarget, TypeHead,
    pretty_impls, pretty_names, pretty_result, testing,
};

struct World {
    files: Vec<LoadedFile>,
    defs: DefIndex,
    externals: Externals,
    map: DefMap,
}

impl World {
    fn new(fixture: &str) -> Self {
        Self::with(fixture, &[], &[])
    }

    /// With paths that rows speak of, and other names of some.
    fn with(fixture: &str, known: &[&str], aliases: &[(&str, &str)]) -> Self {
        let (project, files) = testing::load(fixture);
        Self::of(&project, files, known, aliases)
    }

    fn of(project: &Project, files: Vec<LoadedFile>, known: &[&str], aliases: &[(&str, &str)]) -> Self {
        let mut externals = Externals::default();
        for path in known {
            let ends = path.match_indices("::").map(|(at, _)| at).chain([path.len()]);
            externals.known_paths.extend(ends.map(|end| Symbol::new(&path[..end])));
        }
        for (other, path) in aliases {
            externals.aliases.insert(Symbol::new(other), Symbol::new(path));
        }
        let defs = DefIndex::new(files.iter().map(|file| file.ir.tree.items.len()));
        let map = DefMap::build(project, &files, &defs, &externals);
        Self { files, defs, externals, map }
    }

    fn cx(&self) -> NameContext<'_> {
        NameContext { files: &self.files, defs: &self.defs, externals: &self.externals }
    }

    fn impls(&self) -> ImplIndex {
        ImplIndex::build(&self.cx(), &self.map)
    }

    fn all(&self, name: &str) -> Vec<DefId> {
        let is_named = |def: &DefId| !matches!(self.map.kind(*def), DefKind::Use | DefKind::ExternCrate);
        self.defs.iter().filter(is_named).filter(|def| self.map.qualified_name(*def) == name).collect()
    }

    /// The first item called so that is no import.
    fn find(&self, name: &str) -> DefId {
        let all = self.all(name);
        let names: Vec<String> = self.defs.iter().map(|def| self.map.qualified_name(def)).collect();
        *all.first().unwrap_or_else(|| panic!("no `{name}` among {names:?}"))
    }

    fn ask(&self, from: &str, path: &str, namespace: Namespace) -> String {
        let result = self.map.resolve_text(&self.cx(), self.find(from), Symbol::new(path), namespace);
        pretty_result(&self.map, result)
    }

    fn ty(&self, from: &str, path: &str) -> String {
        self.ask(from, path, Namespace::Type)
    }

    fn value(&self, from: &str, path: &str) -> String {
        self.ask(from, path, Namespace::Value)
    }

    fn mac(&self, from: &str, path: &str) -> String {
        self.ask(from, path, Namespace::Macro)
    }
}

#[test]
fn modules_have_their_files_by_name_or_as_mod_rs() {
    let world = World::new(
        "
//- src/lib.rs
mod a;
mod b;
fn here() {}
//- src/a.rs
pub mod deep;
pub fn f() {}
//- src/a/deep.rs
pub fn g() {}
//- src/b/mod.rs
pub mod deep;
//- src/b/deep.rs
pub fn h() { super::super::here() }
",
    );
    assert_eq!(world.value("app::here", "a::f"), "fn app::a::f");
    assert_eq!(world.value("app::here", "crate::a::deep::g"), "fn app::a::deep::g");
    assert_eq!(world.value("app::here", "self::b::deep::h"), "fn app::b::deep::h");
    assert_eq!(world.value("app::b::deep::h", "super::super::here"), "fn app::here");
    assert_eq!(world.ty("app::here", "a::deep"), "mod app::a::deep");
}

#[test]
fn inline_modules_nest_their_directories() {
    let world = World::new(
        "
//- src/lib.rs
mod outer {
    pub mod inner;
    pub mod inline { pub mod file; }
}
fn here() {}
//- src/outer/inner.rs
pub fn f() {}
//- src/outer/inline/file.rs
pub fn g() {}
",
    );
    assert_eq!(world.value("app::here", "outer::inner::f"), "fn app::outer::inner::f");
    assert_eq!(world.value("app::here", "outer::inline::file::g"), "fn app::outer::inline::file::g");
}

#[test]
fn a_path_attribute_names_the_file() {
    let world = World::new(
        r#"
//- src/lib.rs
#[path = "elsewhere/thing.rs"]
mod a;
#[path = "../shared/common.rs"]
mod common;
mod inline {
    #[path = "odd.rs"]
    pub mod b;
}
fn here() {}
//- src/elsewhere/thing.rs
pub mod child;
//- src/elsewhere/child.rs
pub fn f() {}
//- src/inline/odd.rs
pub fn g() {}
//- shared/common.rs
pub fn h() {}
"#,
    );
    assert_eq!(world.value("app::here", "a::child::f"), "fn app::a::child::f");
    assert_eq!(world.value("app::here", "inline::b::g"), "fn app::inline::b::g");
    assert_eq!(world.value("app::here", "common::h"), "fn app::common::h");
}

#[test]
fn both_sides_of_a_cfg_are_kept() {
    let world = World::new(
        r#"
//- src/lib.rs
#[cfg(unix)]
#[path = "unix.rs"]
mod imp;
#[cfg(not(unix))]
#[path = "other.rs"]
mod imp;
#[cfg_attr(windows, path = "windows.rs")]
mod system;
#[cfg(unix)]
pub fn twice() {}
#[cfg(not(unix))]
pub fn twice() {}
fn here() {}
//- src/unix.rs
pub fn both() {}
pub fn only_unix() {}
//- src/other.rs
pub fn both() {}
pub fn only_other() {}
//- src/system.rs
pub fn plain() {}
//- src/windows.rs
pub fn windows() {}
"#,
    );
    assert_eq!(world.value("app::here", "imp::both"), "fn app::imp::both");
    assert_eq!(world.value("app::here", "imp::only_unix"), "fn app::imp::only_unix");
    assert_eq!(world.value("app::here", "imp::only_other"), "fn app::imp::only_other");
    assert_eq!(world.value("app::here", "system::plain"), "fn app::system::plain");
    assert_eq!(world.value("app::here", "system::windows"), "fn app::system::windows");
    let both = world.all("app::twice");
    assert_eq!(world.map.duplicates(both[0]), &both[1..]);
}

#[test]
fn what_is_no_test_code_has_the_name() {
    let world = World::new(
        "
//- src/lib.rs
#[cfg(test)]
pub fn client() -> u8 { 0 }
pub fn client() {}
#[cfg(test)]
use mock::Store;
use real::Store;
mod mock { pub struct Store; }
mod real { pub struct Store; }
fn here() {}
",
    );
    let result =
        world.map.resolve_text(&world.cx(), world.find("app::here"), Symbol::new("client"), Namespace::Value);
    assert_eq!(result.target, PathTarget::Def(world.all("app::client")[1]));
    assert_eq!(world.ty("app::here", "Store"), "struct app::real::Store");
}

#[test]
fn every_form_of_import() {
    let world = World::new(
        "
//- src/lib.rs deps: sqlx
mod a {
    pub mod b { pub fn f() {} pub struct S; }
    pub fn g() {}
}
mod user {
    use crate::a;
    use crate::a::b::{self, f, S as Renamed};
    use super::a::g as h;
    use self::inner::i;
    use crate::a::{b::S, g};
    use sqlx::{postgres::{PgPool, PgRow}, query as q, self as db};
    mod inner { pub fn i() {} }
    pub fn here() {}
}
",
    );
    let from = "app::user::here";
    assert_eq!(world.value(from, "a::b::f"), "fn app::a::b::f");
    assert_eq!(world.value(from, "b::f"), "fn app::a::b::f");
    assert_eq!(world.value(from, "f"), "fn app::a::b::f");
    assert_eq!(world.ty(from, "Renamed"), "struct app::a::b::S");
    assert_eq!(world.ty(from, "S"), "struct app::a::b::S");
    assert_eq!(world.value(from, "h"), "fn app::a::g");
    assert_eq!(world.value(from, "g"), "fn app::a::g");
    assert_eq!(world.value(from, "i"), "fn app::user::inner::i");
    assert_eq!(world.ty(from, "PgPool"), "external sqlx::postgres::PgPool");
    assert_eq!(world.ty(from, "PgRow"), "external sqlx::postgres::PgRow");
    assert_eq!(world.value(from, "q"), "external sqlx::query");
    assert_eq!(world.value(from, "db::raw_sql"), "external sqlx::raw_sql");
}

#[test]
fn globs_and_re_exports_lead_on() {
    let world = World::new(
        "
//- src/lib.rs
mod a { pub fn f() {} fn hidden() {} pub(crate) fn shared() {} }
mod b { pub use crate::a::*; }
mod c { pub use super::b::*; pub use super::b::f as renamed; }
mod d { use super::c::*; pub fn here() {} }
mod e { use super::d::*; pub fn here() {} }
",
    );
    assert_eq!(world.value("app::d::here", "f"), "fn app::a::f");
    assert_eq!(world.value("app::d::here", "renamed"), "fn app::a::f");
    assert_eq!(world.value("app::d::here", "shared"), "fn app::a::shared");
    assert_eq!(world.value("app::d::here", "hidden"), "unresolved");
    assert_eq!(world.value("app::e::here", "f"), "unresolved", "a private glob is not re-exported");
}

#[test]
fn a_test_module_sees_the_private_imports_of_its_parent() {
    let world = World::new(
        "
//- src/lib.rs
mod a { pub fn f() {} }
use a::f;
fn private() {}
mod tests { use super::*; fn here() {} }
",
    );
    assert_eq!(world.value("app::tests::here", "f"), "fn app::a::f");
    assert_eq!(world.value("app::tests::here", "private"), "fn app::private");
}

#[test]
fn declared_names_come_before_globs() {
    let world = World::new(
        "
//- src/lib.rs
mod a { pub fn f() {} pub fn g() {} }
mod z { pub fn g() {} }
mod m { pub use crate::a::*; pub use self::late::g; pub fn f() {} mod late { pub use crate::z::g; } }
mod n { use crate::m::{f, g}; pub fn here() {} }
",
    );
    assert_eq!(world.value("app::n::here", "f"), "fn app::m::f");
    assert_eq!(world.value("app::n::here", "g"), "fn app::z::g", "a named import hides the glob's name");
}

#[test]
fn circles_of_imports_end() {
    let world = World::new(
        "
//- src/lib.rs
mod a { pub use crate::b::*; pub fn from_a() {} }
mod b { pub use crate::a::*; pub fn from_b() {} pub use crate::c::X; }
mod c { pub use crate::d::X; }
mod d { pub use crate::c::X; }
mod e { pub use self::e::*; pub use crate::a::{from_b, X}; pub fn here() {} }
",
    );
    assert_eq!(world.value("app::e::here", "from_b"), "fn app::b::from_b");
    assert_eq!(world.value("app::e::here", "crate::b::from_a"), "fn app::a::from_a");
    assert_eq!(world.ty("app::e::here", "X"), "unresolved");
    assert_eq!(world.ty("app::e::here", "crate::a::Nothing"), "unresolved");
}

#[test]
fn a_circle_through_globs_still_finds_what_is_there() {
    let world = World::new(
        "
//- src/lib.rs
mod a { pub use crate::b::*; pub use crate::b::Thing; }
mod b { pub use crate::a::*; pub use crate::c::*; }
mod c { pub struct Thing; }
mod user { use crate::a::Thing; fn here() {} }
",
    );
    assert_eq!(world.ty("app::user::here", "Thing"), "struct app::c::Thing");
}

#[test]
fn enum_variants() {
    let world = World::new(
        "
//- src/lib.rs
pub enum Order { Asc, Desc(u8) }
impl Order { fn flip() {} fn here() {} }
type Alias = Order;
mod a { use crate::Order::*; fn here() {} }
mod b { use crate::Order::{self, Asc as Up}; fn here() {} }
mod c { pub use crate::Order::Desc; }
fn here() {}
",
    );
    assert_eq!(world.value("app::a::here", "Asc"), "variant app::Order::Asc");
    assert_eq!(world.value("app::b::here", "Up"), "variant app::Order::Asc");
    assert_eq!(world.value("app::b::here", "Order::Desc"), "variant app::Order::Desc");
    assert_eq!(world.value("app::here", "c::Desc"), "variant app::Order::Desc");
    assert_eq!(world.value("app::here", "Order::flip"), "enum app::Order + 1");
    assert_eq!(world.value("app::here", "Alias::Desc"), "variant app::Order::Desc");
    assert_eq!(world.value("app::Order::here", "Self::Asc"), "variant app::Order::Asc");
    assert_eq!(world.value("app::Order::here", "Self::flip"), "Self of app::Order + 1");
    assert_eq!(world.ty("app::Order::here", "Self"), "Self of app::Order");
}

#[test]
fn one_name_in_several_namespaces() {
    let world = World::new(
        "
//- src/lib.rs
mod a {
    pub mod user { pub fn inner() {} }
    pub fn user() {}
    macro_rules! user { () => {} }
    pub struct Tuple(u8);
    pub struct Named { pub x: u8 }
    #[allow(non_snake_case)]
    pub fn Named() {}
}
use a::{user, Named, Tuple};
fn here() {}
",
    );
    assert_eq!(world.ty("app::here", "user"), "mod app::a::user");
    assert_eq!(world.value("app::here", "user"), "fn app::a::user");
    assert_eq!(world.value("app::here", "user::inner"), "fn app::a::user::inner");
    assert_eq!(world.ty("app::here", "Named"), "struct app::a::Named");
    assert_eq!(world.value("app::here", "Named"), "fn app::a::Named");
    assert_eq!(world.value("app::here", "Tuple"), "struct app::a::Tuple");
}

#[test]
fn the_prelude_and_primitive_types() {
    let world = World::new("//- src/lib.rs\nfn here() {}\n");
    assert_eq!(world.ty("app::here", "Option"), "external std::option::Option");
    assert_eq!(world.value("app::here", "Some"), "external std::option::Option::Some");
    assert_eq!(world.value("app::here", "Vec::with_capacity"), "external std::vec::Vec::with_capacity");
    assert_eq!(world.ty("app::here", "core::fmt::Display"), "external std::fmt::Display");
    assert_eq!(world.ty("app::here", "alloc::string::String"), "external std::string::String");
    assert_eq!(world.ty("app::here", "u32"), "primitive u32");
    assert_eq!(world.value("app::here", "str::from_utf8"), "primitive str + 1");
    assert_eq!(world.value("app::here", "std::u32::MAX"), "external std::u32::MAX");
    assert_eq!(world.mac("app::here", "println"), "external std::println");
}

#[test]
fn the_prelude_can_be_shadowed() {
    let world = World::new(
        "
//- src/lib.rs deps: anyhow
mod own { pub type Result<T> = std::result::Result<T, u8>; pub struct String; }
mod a { use crate::own::*; fn here() {} }
mod b { use anyhow::Result; fn here() {} }
mod c { use crate::own::missing::Result; fn here() {} }
",
    );
    assert_eq!(world.ty("app::a::here", "Result"), "type app::own::Result");
    assert_eq!(world.ty("app::a::here", "String"), "struct app::own::String");
    assert_eq!(world.ty("app::b::here", "Result"), "external anyhow::Result");
    assert_eq!(world.ty("app::c::here", "Result"), "unresolved", "something else has taken the name");
}

#[test]
fn crates_of_the_workspace_and_others() {
    let world = World::new(
        "
//- app/src/main.rs deps: my-helper, db=tokio-postgres, util=my-helper
use my_helper::query;
use util::deep::Thing;
fn here() {}
//- my-helper/src/lib.rs
pub mod deep { pub struct Thing; }
pub fn query() { crate::deep::Thing; }
",
    );
    assert_eq!(world.value("app::here", "query"), "fn my_helper::query");
    assert_eq!(world.ty("app::here", "Thing"), "struct my_helper::deep::Thing");
    assert_eq!(world.value("app::here", "::my_helper::query"), "fn my_helper::query");
    assert_eq!(world.ty("app::here", "db::Client"), "external tokio_postgres::Client");
    assert_eq!(world.ty("app::here", "unheard::Of"), "unresolved");
    assert_eq!(world.ty("my_helper::query", "crate::deep::Thing"), "struct my_helper::deep::Thing");
}

#[test]
fn external_things_come_through_workspace_modules() {
    let world = World::with(
        "
//- app/src/main.rs deps: helper
use helper::prelude::*;
use helper::sqlx::PgPool;
fn here() {}
//- helper/src/lib.rs deps: sqlx, diesel, serde
pub use sqlx;
pub mod prelude {
    pub use diesel::prelude::*;
    pub use serde::Serialize;
    pub use sqlx::query as run;
}
",
        &["diesel::prelude::RunQueryDsl"],
        &[],
    );
    assert_eq!(world.ty("app::here", "PgPool"), "external sqlx::PgPool");
    assert_eq!(world.value("app::here", "run"), "external sqlx::query");
    assert_eq!(world.ty("app::here", "Serialize"), "external serde::Serialize");
    assert_eq!(world.ty("app::here", "RunQueryDsl"), "external diesel::prelude::RunQueryDsl");
    assert_eq!(world.value("app::here", "helper::sqlx::query"), "external sqlx::query");
}

#[test]
fn external_paths_are_canonical() {
    let world = World::with(
        "
//- src/lib.rs deps: axum, sqlx
use axum::Json;
use sqlx::pool::Pool as P;
fn here() {}
",
        &[],
        &[("axum::Json", "axum::extract::Json"), ("sqlx::pool::Pool", "sqlx::Pool")],
    );
    assert_eq!(world.ty("app::here", "Json"), "external axum::extract::Json");
    assert_eq!(world.value("app::here", "Json::from_bytes"), "external axum::extract::Json::from_bytes");
    assert_eq!(world.ty("app::here", "axum::Json"), "external axum::extract::Json");
    assert_eq!(world.ty("app::here", "P"), "external sqlx::Pool");
}

#[test]
fn external_globs_give_what_is_known() {
    let world = World::with(
        "
//- src/lib.rs deps: axum, diesel
mod two { use axum::{extract::*, routing::*}; use diesel::prelude::*; fn here() {} }
mod one { use diesel::prelude::*; fn here() {} }
",
        &["axum::extract::Path", "axum::routing::get", "diesel::prelude::Option"],
        &[],
    );
    assert_eq!(world.ty("app::two::here", "Path"), "external axum::extract::Path");
    assert_eq!(world.value("app::two::here", "get"), "external axum::routing::get");
    assert_eq!(world.ty("app::two::here", "Unheard"), "unresolved", "three globs could have it");
    assert_eq!(world.ty("app::one::here", "Unheard"), "external diesel::prelude::Unheard");
    assert_eq!(world.ty("app::one::here", "String"), "external std::string::String");
    assert_eq!(world.ty("app::one::here", "u8"), "primitive u8");
    assert_eq!(
        world.ty("app::one::here", "Option"),
        "external diesel::prelude::Option",
        "known, so it hides"
    );
    assert_eq!(world.value("app::one::here", "users::table"), "unresolved", "a macro makes such modules");
}

#[test]
fn a_glob_into_a_private_external_import_is_no_way() {
    let world = World::new(
        "
//- src/lib.rs deps: diesel
mod schema { use diesel::prelude::*; }
fn here() {}
",
    );
    assert_eq!(world.value("app::here", "schema::users"), "unresolved");
}

#[test]
fn extern_crates_and_their_macros() {
    let world = World::with(
        "
//- src/main.rs deps: rocket, serde_json
#[macro_use] extern crate rocket;
extern crate serde_json as js;
extern crate self as app;
mod a { fn here() {} }
",
        &["rocket::get"],
        &[],
    );
    assert_eq!(world.mac("app::a::here", "get"), "external rocket::get");
    assert_eq!(world.mac("app::a::here", "head"), "external rocket::head", "the only crate it can be of");
    assert_eq!(world.mac("app::a::here", "derive"), "unresolved");
    assert_eq!(world.mac("app::a::here", "format"), "external std::format");
    assert_eq!(world.value("app::a::here", "js::from_str"), "external serde_json::from_str");
    assert_eq!(world.value("app::a::here", "app::a::here"), "fn app::a::here");
    assert_eq!(world.mac("app::a::here", "actix_web::get"), "unresolved");
}

#[test]
fn an_import_named_as_its_crate_does_not_hide_it() {
    let world = World::new(
        "
//- src/lib.rs deps: anyhow, time, tokio, util
use anyhow::anyhow;
use tokio::time;
use util::util;
fn here() {}
//- util/src/lib.rs
pub fn util() {}
pub fn other() {}
",
    );
    assert_eq!(world.ty("app::here", "anyhow::Result"), "external anyhow::Result");
    assert_eq!(world.mac("app::here", "anyhow"), "external anyhow::anyhow");
    assert_eq!(world.value("app::here", "time::sleep"), "external tokio::time::sleep");
    assert_eq!(world.value("app::here", "util"), "fn util::util");
    assert_eq!(world.value("app::here", "util::other"), "fn util::other");
}

#[test]
fn items_and_imports_inside_functions() {
    let world = World::new(
        "
//- src/lib.rs
mod a { pub enum E { One } pub fn g() {} }
fn outer() {
    use a::E::*;
    fn helper() { fn inner() {} }
    struct Local;
    impl Local { fn method() {} }
}
fn helper() {}
struct S;
impl S { fn method() { fn nested() {} use a::g; } fn other() {} }
",
    );
    assert_eq!(world.value("app::outer", "One"), "variant app::a::E::One");
    assert_eq!(world.value("app::outer", "helper"), "fn app::outer::helper");
    assert_eq!(world.value("app::outer::helper::inner", "helper"), "fn app::outer::helper");
    assert_eq!(world.ty("app::outer::Local::method", "Local"), "struct app::outer::Local");
    assert_eq!(world.value("app::helper", "helper"), "fn app::helper");
    assert_eq!(world.value("app::helper", "One"), "unresolved");
    assert_eq!(world.value("app::S::method", "nested"), "fn app::S::method::nested");
    assert_eq!(world.value("app::S::method", "g"), "fn app::a::g");
    assert_eq!(world.value("app::S::other", "g"), "unresolved");
    assert_eq!(world.value("app::S::other", "method"), "unresolved", "members are no names of the module");
}

#[test]
fn generic_parameters() {
    let world = World::new(
        "
//- src/lib.rs
struct T;
struct Wrapper<T> { inner: T }
impl<T> Wrapper<T> { fn map<U>() { fn nested() {} } }
trait Service { type Output; fn call(); }
fn free<T>() {}
fn plain() {}
",
    );
    assert_eq!(world.ty("app::Wrapper::map", "U"), "parameter U of app::Wrapper::map");
    assert_eq!(world.ty("app::Wrapper::map", "T"), "parameter T of app::Wrapper");
    assert_eq!(world.ty("app::Wrapper::map::nested", "T"), "struct app::T");
    assert_eq!(world.value("app::free", "T::new"), "parameter T of app::free + 1");
    assert_eq!(world.ty("app::plain", "T"), "struct app::T");
    assert_eq!(world.ty("app::Service::call", "Self::Output"), "Self of app::Service + 1");
    assert_eq!(world.ty("app::plain", "Self"), "unresolved");
}

#[test]
fn items_made_by_macros_belong_to_the_module() {
    let world = World::new(
        "
//- src/lib.rs
cfg_if! { if #[cfg(unix)] { pub fn one() {} } else { pub fn two() {} } }
lazy_static! { pub static ref POOL: u8 = 1; }
macro_rules! query { () => {} }
mod a { fn here() {} #[macro_export] macro_rules! exported { () => {} } }
fn here() {}
",
    );
    let found: Vec<&str> = ["one", "two", "POOL"]
        .into_iter()
        .filter(|name| !world.all(&format!("app::{name}")).is_empty())
        .collect();
    assert!(!found.is_empty(), "no macro's items are lowered");
    for name in found {
        assert!(world.value("app::here", name).ends_with(&format!("app::{name}")));
        assert!(world.value("app::a::here", &format!("crate::{name}")).ends_with(&format!("app::{name}")));
    }
    assert_eq!(world.mac("app::a::here", "query"), "macro app::query");
    assert_eq!(world.mac("app::here", "crate::exported"), "macro app::a::exported");
    assert_eq!(world.mac("app::here", "exported"), "macro app::a::exported");
}

#[test]
fn files_that_nobody_names_are_modules_by_their_path() {
    let world = World::new(
        "
//- src/lib.rs
pub mod a;
pub fn root() {}
//- src/a.rs
pub fn f() {}
//- src/a/forgotten.rs
use super::f;
pub fn here() {}
//- src/lost/mod.rs
mod child;
pub fn here() {}
//- src/lost/child.rs
pub fn g() {}
//- src/old/kept.rs
pub fn g() {}
//- scripts/tool.rs
fn main() {}
",
    );
    assert_eq!(world.value("app::a::forgotten::here", "f"), "fn app::a::f");
    assert_eq!(world.value("app::lost::here", "crate::root"), "fn app::root");
    assert_eq!(world.value("app::lost::here", "child::g"), "fn app::lost::child::g");
    assert_eq!(world.value("tool::main", "self::main"), "fn tool::main");
    assert!(!world.map.is_exported(world.find("app::lost::here")));
    // What no `mod` names is not compiled, nor is what such a file names; a file that lies nowhere near a crate is one
    // of its own.
    assert_eq!(world.map.unnamed_files.len(), 4);
}

#[test]
fn a_library_and_binaries_share_files() {
    let world = World::new(
        "
//- src/lib.rs
pub mod shared;
pub fn only_lib() {}
//- src/main.rs
mod shared;
mod own;
fn main() {}
//- src/bin/tool.rs
use app::shared::f;
fn main() {}
//- src/shared.rs
pub fn f() { crate::only_lib() }
//- src/own.rs
pub fn g() {}
",
    );
    let mains = world.all("app::main");
    let ask = |path: &str| {
        pretty_result(
            &world.map,
            world.map.resolve_text(&world.cx(), mains[0], Symbol::new(path), Namespace::Value),
        )
    };
    assert_eq!(ask("shared::f"), "fn app::shared::f");
    assert_eq!(ask("own::g"), "fn app::own::g");
    assert_eq!(ask("app::only_lib"), "fn app::only_lib");
    assert_eq!(world.value("app::shared::f", "crate::only_lib"), "fn app::only_lib");
    assert_eq!(world.value("tool::main", "f"), "fn app::shared::f");
    assert_eq!(world.map.target_kind(world.find("app::shared::f")), ward_project::TargetKind::Lib);
    assert_eq!(world.map.target_kind(world.find("app::own::g")), ward_project::TargetKind::Bin);
}

#[test]
fn shared_files_see_the_roots_of_all_who_share_them() {
    let world = World::new(
        "
//- src/lib.rs
pub fn library() {}
//- tests/one.rs
mod common;
fn one() {}
//- tests/two.rs
mod common;
fn two() {}
mod inner { use crate::{helper, two}; fn here() {} }
//- tests/common/mod.rs
#[macro_export]
macro_rules! helper { () => {} }
pub fn setup() {}
",
    );
    assert_eq!(world.mac("two::inner::here", "helper"), "macro one::common::helper");
    assert_eq!(world.value("two::inner::here", "two"), "fn two::two");
    assert_eq!(world.value("two::inner::here", "crate::common::setup"), "fn one::common::setup");
    assert_eq!(world.value("one::common::setup", "crate::two"), "fn two::two");
    assert_eq!(world.value("one::common::setup", "app::library"), "fn app::library");
}

#[test]
fn included_files_stand_where_the_macro_does() {
    let world = World::new(
        r#"
//- src/lib.rs
pub mod rpc {
    include!("generated/rpc.rs");
    include!(concat!(env!("CARGO_MANIFEST_DIR"), "/more/types.rs"));
    include!("missing.rs");
    include!(concat!(env!("OUT_DIR"), "/unknown.rs"));
    pub fn here() {}
}
//- src/generated/rpc.rs
pub struct Request { kind: super::rpc::Kind }
impl Request { pub fn new() {} }
//- more/types.rs
pub enum Kind { A }
"#,
    );
    assert_eq!(world.ty("app::rpc::here", "Request"), "struct app::rpc::Request");
    assert_eq!(world.value("app::rpc::Request::new", "Kind::A"), "variant app::rpc::Kind::A");
    assert!(world.map.is_exported(world.find("app::rpc::Request::new")));
}

#[test]
fn loose_files_without_a_manifest() {
    let world = World::with(
        "
//- server.rs
mod db;
use db::run;
use sqlx::PgPool;
fn main() {}
//- db.rs
pub fn run() {}
",
        &["sqlx::query"],
        &[],
    );
    assert_eq!(world.value("server::main", "run"), "fn server::db::run");
    assert_eq!(world.ty("server::main", "PgPool"), "external sqlx::PgPool");
    assert_eq!(world.value("server::main", "sqlx::query"), "external sqlx::query");
    assert!(!world.map.is_exported(world.find("server::db::run")), "a program exports nothing");
}

#[test]
fn the_2015_edition() {
    let world = World::new(
        "
//- src/lib.rs deps: serde edition: 2015
mod a { pub fn f() {} }
mod b { use a::f; use serde::Serialize; pub fn here() {} }
",
    );
    assert_eq!(world.value("app::b::here", "f"), "fn app::a::f");
    assert_eq!(world.value("app::b::here", "::a::f"), "fn app::a::f");
    assert_eq!(world.ty("app::b::here", "Serialize"), "external serde::Serialize");
}

#[test]
fn exported_items() {
    let world = World::new(
        "
//- src/lib.rs
mod private {
    pub fn re_exported() {}
    pub fn kept() {}
    pub struct Store { x: u8 }
    impl Store { pub fn open() {} fn secret() {} }
    pub struct Hidden;
    impl Hidden { pub fn open() {} }
    pub mod globbed { pub fn all() {} }
}
pub use private::{re_exported, Store};
pub use private::globbed::*;
pub trait Run { fn run(); fn step() {} }
trait Quiet { fn hush(); }
impl Run for Store { fn run() {} }
impl Quiet for Store { fn hush() {} }
impl std::fmt::Display for Store { fn fmt() {} }
pub(crate) fn restricted() {}
pub mod public { pub fn f() {} fn g() { fn nested() {} } }
",
    );
    let exported = |name: &str| world.map.is_exported(world.find(name));
    for name in [
        "app::private::re_exported",
        "app::private::Store",
        "app::private::Store::open",
        "app::private::globbed::all",
        "app::Run::step",
        "app::Store::run",
        "app::Store::fmt",
        "app::public::f",
    ] {
        assert!(exported(name), "{name}");
    }
    for name in [
        "app::private::kept",
        "app::private::Store::secret",
        "app::private::Hidden::open",
        "app::Quiet::hush",
        "app::Store::hush",
        "app::restricted",
        "app::public::g",
        "app::public::g::nested",
    ] {
        assert!(!exported(name), "{name}");
    }
}

#[test]
fn impls_by_type_and_trait() {
    let world = World::new(
        "
//- src/lib.rs deps: axum
use std::fmt;
use axum::extract::FromRequestParts;
mod model { pub struct User; pub type Alias = User; pub trait Repo { fn find() {} fn save(); } }
use model::{Alias, Repo, User};
impl Alias { fn new() {} }
impl<'a> Repo for &'a User { fn save() {} }
impl Repo for String { fn save() {} fn find() {} }
impl fmt::Display for User { fn fmt() {} }
impl<T> Repo for Vec<T> { fn save() {} }
impl<T: Repo> fmt::Debug for T { fn fmt() {} }
impl<S> FromRequestParts<S> for User { type Rejection = (); fn from_request_parts() {} }
impl dyn Repo { fn helper() {} }
impl Repo for [u8] { fn save() {} }
impl Repo for (u8, u8) { fn save() {} }
impl Repo for u32 { fn save() {} }
impl Missing for User { fn lost() {} }
",
    );
    let impls = world.impls();
    insta::assert_snapshot!("impls", pretty_impls(&world.map, &impls));
    let user = TypeHead::Adt(world.find("app::model::User"));
    assert_eq!(impls.member_of(user, Symbol::new("save")), Some(world.find("app::User::save")));
    assert_eq!(impls.of_type(user).len(), 5);
    let find = world.find("app::model::Repo::find");
    let found = impls.implementations(find);
    assert!(found.contains(&find), "the default runs for those that do not replace it");
    assert_eq!(found.len(), 2);
    let save = world.find("app::model::Repo::save");
    assert_eq!(impls.implementations(save).len(), 6);
    assert_eq!(impls.members_named(Symbol::new("fmt")).len(), 2);
}

#[test]
fn procedural_macros_have_their_names() {
    let world = World::new(
        "
//- app/src/lib.rs deps: macros
use macros::{Entity, guard};
fn here() {}
//- macros/src/lib.rs
#[proc_macro_derive(Entity, attributes(id))]
pub fn derive_entity() {}
#[proc_macro_attribute]
pub fn guard() {}
",
    );
    assert_eq!(world.mac("app::here", "Entity"), "fn macros::derive_entity");
    assert_eq!(world.mac("app::here", "guard"), "fn macros::guard");
}

#[test]
fn odd_paths_are_unresolved() {
    let world = World::new(
        "
//- src/lib.rs
use super::super::nowhere;
use crate::nowhere::*;
use self::a as b;
use b::a as c;
extern crate missing;
mod a { pub use super::*; }
enum E {}
fn here() {}
",
    );
    for path in
        ["super", "super::super::x", "a::a::nothing", "E::None::x", "b::nothing", "c::c::c", "::", "::::"]
    {
        for namespace in Namespace::ALL {
            world.ask("app::here", path, namespace);
        }
    }
    assert_eq!(world.value("app::here", "nowhere"), "unresolved");
    assert_eq!(world.value("app::here", "b::here"), "fn app::here");
    assert_eq!(world.value("app::here", "a::a::a::here"), "fn app::here");
    let empty = world.map.resolve(&world.cx(), world.find("app::here"), &[], false, Namespace::Type);
    assert_eq!(empty.target, PathTarget::Unresolved);
}

#[test]
fn the_names_of_a_workspace() {
    let world = World::new(
        "
//- server/src/main.rs deps: store, axum
mod routes;
use axum::{Router, routing::get};
use store::{Db, prelude::*};
fn main() {}
//- server/src/routes.rs
use super::Db;
pub(crate) async fn list() { use std::fmt::Write; const LIMIT: u8 = 1; }
mod admin { use super::*; }
//- store/src/lib.rs deps: sqlx
pub use sqlx::PgPool as Db;
pub mod prelude { pub use crate::model::{Kind, Kind::*}; pub use generated::Thing; }
mod model { pub enum Kind { A, B } #[cfg(unix)] pub struct Pair(u8, u8); }
",
    );
    insta::assert_snapshot!("workspace", pretty_names(&world.map));
}

#[test]
fn the_same_input_gives_the_same_names() {
    let fixture = "
//- src/lib.rs
mod a { pub use crate::b::*; pub use crate::c::*; }
mod b { pub fn f() {} pub fn g() {} }
mod c { pub fn f() {} pub fn h() {} }
mod d { use crate::a::{f, g, h}; }
";
    let first = pretty_names(&World::new(fixture).map);
    let second = std::thread::spawn(move || pretty_names(&World::new(fixture).map)).join().unwrap();
    assert_eq!(first, second);
    assert!(first.contains("f: value fn app::b::f"));
}
