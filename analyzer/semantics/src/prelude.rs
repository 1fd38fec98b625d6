//! The names that every module has without importing them.

use rustc_hash::{FxHashMap, FxHashSet};
use ward_syntax::Symbol;

use crate::Namespace;

/// The prelude of the standard library, its macros, the primitive types, and the attributes of the language.
#[derive(Debug)]
pub(crate) struct Prelude {
    types: FxHashMap<Symbol, Symbol>,
    values: FxHashMap<Symbol, Symbol>,
    macros: FxHashMap<Symbol, Symbol>,
    primitives: FxHashSet<Symbol>,
    builtin_attributes: FxHashSet<Symbol>,
}

const TYPES: &[&str] = &[
    "std::option::Option",
    "std::result::Result",
    "std::string::String",
    "std::string::ToString",
    "std::vec::Vec",
    "std::boxed::Box",
    "std::borrow::ToOwned",
    "std::convert::AsMut",
    "std::convert::AsRef",
    "std::convert::From",
    "std::convert::Into",
    "std::convert::TryFrom",
    "std::convert::TryInto",
    "std::iter::DoubleEndedIterator",
    "std::iter::ExactSizeIterator",
    "std::iter::Extend",
    "std::iter::FromIterator",
    "std::iter::IntoIterator",
    "std::iter::Iterator",
    "std::future::Future",
    "std::future::IntoFuture",
    "std::default::Default",
    "std::clone::Clone",
    "std::cmp::Eq",
    "std::cmp::Ord",
    "std::cmp::PartialEq",
    "std::cmp::PartialOrd",
    "std::marker::Copy",
    "std::marker::Send",
    "std::marker::Sized",
    "std::marker::Sync",
    "std::marker::Unpin",
    "std::ops::Drop",
    "std::ops::Fn",
    "std::ops::FnMut",
    "std::ops::FnOnce",
    "std::ops::AsyncFn",
    "std::ops::AsyncFnMut",
    "std::ops::AsyncFnOnce",
];

const VALUES: &[&str] = &[
    "std::option::Option::Some",
    "std::option::Option::None",
    "std::result::Result::Ok",
    "std::result::Result::Err",
    "std::mem::drop",
    "std::mem::size_of",
    "std::mem::size_of_val",
    "std::mem::align_of",
    "std::mem::align_of_val",
];

const MACROS: &[&str] = &[
    "std::assert",
    "std::assert_eq",
    "std::assert_ne",
    "std::cfg",
    "std::column",
    "std::compile_error",
    "std::concat",
    "std::dbg",
    "std::debug_assert",
    "std::debug_assert_eq",
    "std::debug_assert_ne",
    "std::env",
    "std::eprint",
    "std::eprintln",
    "std::file",
    "std::format",
    "std::format_args",
    "std::include",
    "std::include_bytes",
    "std::include_str",
    "std::line",
    "std::matches",
    "std::module_path",
    "std::option_env",
    "std::panic",
    "std::print",
    "std::println",
    "std::stringify",
    "std::thread_local",
    "std::todo",
    "std::try",
    "std::unimplemented",
    "std::unreachable",
    "std::vec",
    "std::write",
    "std::writeln",
    "std::clone::Clone",
    "std::cmp::Eq",
    "std::cmp::Ord",
    "std::cmp::PartialEq",
    "std::cmp::PartialOrd",
    "std::default::Default",
    "std::fmt::Debug",
    "std::hash::Hash",
    "std::marker::Copy",
];

const PRIMITIVES: &[&str] = &[
    "bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128",
    "isize", "f16", "f32", "f64", "f128",
];

/// Attributes that no macro defines, and those that derives bring with them everywhere.
const BUILTIN_ATTRIBUTES: &[&str] = &[
    "allow",
    "automatically_derived",
    "bench",
    "cfg",
    "cfg_attr",
    "cold",
    "coverage",
    "crate_name",
    "crate_type",
    "deny",
    "deprecated",
    "derive",
    "diagnostic",
    "doc",
    "expect",
    "export_name",
    "feature",
    "forbid",
    "global_allocator",
    "ignore",
    "inline",
    "instruction_set",
    "link",
    "link_name",
    "link_section",
    "macro_export",
    "macro_use",
    "must_use",
    "no_implicit_prelude",
    "no_link",
    "no_main",
    "no_mangle",
    "no_std",
    "non_exhaustive",
    "panic_handler",
    "path",
    "proc_macro",
    "proc_macro_attribute",
    "proc_macro_derive",
    "recursion_limit",
    "repr",
    "rustfmt",
    "should_panic",
    "target_feature",
    "test",
    "track_caller",
    "type_length_limit",
    "unsafe",
    "used",
    "warn",
];

impl Prelude {
    /// What a name means in the prelude, as a canonical path.
    pub(crate) fn get(&self, name: Symbol, namespace: Namespace) -> Option<Symbol> {
        let table = match namespace {
            Namespace::Type => &self.types,
            Namespace::Value => &self.values,
            Namespace::Macro => &self.macros,
        };
        table.get(&name).copied()
    }

    /// Whether it is the name of a primitive type.
    pub(crate) fn is_primitive(&self, name: Symbol) -> bool {
        self.primitives.contains(&name)
    }

    /// Whether it is an attribute of the language itself.
    pub(crate) fn is_builtin_attribute(&self, name: Symbol) -> bool {
        self.builtin_attributes.contains(&name)
    }
}

impl Default for Prelude {
    fn default() -> Self {
        let set = |names: &[&str]| names.iter().map(|name| Symbol::new(name)).collect();
        Self {
            types: by_last_segment(TYPES),
            values: by_last_segment(VALUES),
            macros: by_last_segment(MACROS),
            primitives: set(PRIMITIVES),
            builtin_attributes: set(BUILTIN_ATTRIBUTES),
        }
    }
}

fn by_last_segment(paths: &[&str]) -> FxHashMap<Symbol, Symbol> {
    let last = |path: &str| path.rsplit(':').next().map(Symbol::new);
    paths.iter().filter_map(|path| Some((last(path)?, Symbol::new(path)))).collect()
}
