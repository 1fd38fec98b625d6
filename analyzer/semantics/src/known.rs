//! Names of the standard library that the language itself needs: what `?`, `.await`, `for`, indexing and
//! macros stand for.

use std::sync::LazyLock;

use ward_syntax::Symbol;

use crate::{Ty, TyKind};

macro_rules! known {
    ($($name:ident = $text:literal),* $(,)?) => {
        /// The names, interned once.
        #[derive(Debug)]
        pub(crate) struct Known { $(pub(crate) $name: Symbol,)* pub(crate) types: KnownTypes }

        static KNOWN: LazyLock<Known> =
            LazyLock::new(|| Known { $($name: Symbol::new($text),)* types: KnownTypes::new() });
    };
}

known! {
    option = "std::option::Option",
    result = "std::result::Result",
    some = "std::option::Option::Some",
    none = "std::option::Option::None",
    ok = "std::result::Result::Ok",
    err = "std::result::Result::Err",
    poll = "std::task::Poll",
    poll_ready = "std::task::Poll::Ready",
    vec = "std::vec::Vec",
    vec_deque = "std::collections::VecDeque",
    binary_heap = "std::collections::BinaryHeap",
    hash_map = "std::collections::HashMap",
    btree_map = "std::collections::BTreeMap",
    hash_set = "std::collections::HashSet",
    btree_set = "std::collections::BTreeSet",
    boxed = "std::boxed::Box",
    arc = "std::sync::Arc",
    rc = "std::rc::Rc",
    pin = "std::pin::Pin",
    string = "std::string::String",
    range = "std::ops::Range",
    iterator = "std::iter::Iterator",
    into_iterator = "std::iter::IntoIterator",
    double_ended = "std::iter::DoubleEndedIterator",
    exact_size = "std::iter::ExactSizeIterator",
    fused = "std::iter::FusedIterator",
    future = "std::future::Future",
    into_future = "std::future::IntoFuture",
    fn_trait = "std::ops::Fn",
    fn_mut = "std::ops::FnMut",
    fn_once = "std::ops::FnOnce",
    async_fn = "std::ops::AsyncFn",
    async_fn_mut = "std::ops::AsyncFnMut",
    async_fn_once = "std::ops::AsyncFnOnce",
    deref_trait = "std::ops::Deref",
    index_trait = "std::ops::Index",
    send = "std::marker::Send",
    sync = "std::marker::Sync",
    sized = "std::marker::Sized",
    unpin = "std::marker::Unpin",
    unwind_safe = "std::panic::UnwindSafe",
    ref_unwind_safe = "std::panic::RefUnwindSafe",
    from_trait = "std::convert::From",
    into_trait = "std::convert::Into",
    try_from_trait = "std::convert::TryFrom",
    from_str_trait = "std::str::FromStr",
    default_trait = "std::default::Default",
    display = "std::fmt::Display",
    debug = "std::fmt::Debug",
    fmt = "fmt",
    phantom_data = "std::marker::PhantomData",
    every_type = "*",
    slice = "slice",
    str_type = "str",
    index = "index",
    into_iter = "into_iter",
    iter = "iter",
    collect = "collect",
    parse = "parse",
    map_err = "map_err",
    try_into = "try_into",
    try_from = "try_from",
    from_str = "from_str",
    clone = "clone",
    push = "push",
    push_back = "push_back",
    push_front = "push_front",
    insert = "insert",
    entry = "entry",
    extend = "extend",
    append = "append",
    replace = "replace",
    get_or_insert = "get_or_insert",
    unwrap_or = "unwrap_or",
    or_insert = "or_insert",
}

/// Types without arguments.
#[derive(Debug)]
pub(crate) struct KnownTypes {
    pub(crate) unit: Ty,
    pub(crate) never: Ty,
    pub(crate) bool: Ty,
    pub(crate) char: Ty,
    pub(crate) i32: Ty,
    pub(crate) f64: Ty,
    pub(crate) u8: Ty,
    pub(crate) u32: Ty,
    pub(crate) usize: Ty,
    pub(crate) str: Ty,
    pub(crate) static_str: Ty,
    pub(crate) string: Ty,
    pub(crate) json: Ty,
}

impl KnownTypes {
    fn new() -> Self {
        let scalar = |name: &str| Ty::new(TyKind::Scalar(Symbol::new(name)));
        Self {
            unit: Ty::unit(),
            never: Ty::new(TyKind::Never),
            bool: scalar("bool"),
            char: scalar("char"),
            i32: scalar("i32"),
            f64: scalar("f64"),
            u8: scalar("u8"),
            u32: scalar("u32"),
            usize: scalar("usize"),
            str: Ty::new(TyKind::Str),
            static_str: Ty::new(TyKind::StaticStr),
            string: Ty::external("std::string::String", &[]),
            json: Ty::external("serde_json::Value", &[]),
        }
    }
}

/// The names.
pub(crate) fn known() -> &'static Known {
    &KNOWN
}

impl Known {
    /// Whether a trait says nothing about a value's methods.
    pub(crate) fn is_marker(&self, path: Symbol) -> bool {
        [self.send, self.sync, self.sized, self.unpin, self.unwind_safe, self.ref_unwind_safe].contains(&path)
    }

    /// Whether a trait is one of those that closures implement.
    pub(crate) fn is_fn_trait(&self, path: Symbol) -> bool {
        [self.fn_trait, self.fn_mut, self.fn_once].contains(&path) || self.is_async_fn_trait(path)
    }

    /// Whether calling through the trait gives a future.
    pub(crate) fn is_async_fn_trait(&self, path: Symbol) -> bool {
        [self.async_fn, self.async_fn_mut, self.async_fn_once].contains(&path)
    }

    /// Whether a trait's values are iterated.
    pub(crate) fn is_iterator_trait(&self, path: Symbol) -> bool {
        [self.iterator, self.into_iterator, self.double_ended, self.exact_size, self.fused].contains(&path)
    }
}
