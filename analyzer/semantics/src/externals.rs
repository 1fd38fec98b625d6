//! What is known of crates outside the workspace: types, their methods, and functions.
//!
//! The tables are filled from model files by the layer above; nothing here names a crate. All paths are
//! canonical public paths; [`Externals::canonical`] maps what users write to them.

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use ward_syntax::Symbol;

/// Everything known of external crates.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Externals {
    /// Types and traits by canonical path. The methods of the type at `*` belong to every type.
    pub types: FxHashMap<Symbol, ExternalType>,
    /// Free and associated functions by canonical path (`std::fs::read`, `std::string::String::from`).
    pub functions: FxHashMap<Symbol, ExternalFn>,
    /// Other paths of the same thing: `sqlx::pool::Pool` to `sqlx::Pool`, `axum::Json` to
    /// `axum::extract::Json`. Type aliases with arguments of their own are in `type_aliases`.
    pub aliases: FxHashMap<Symbol, Symbol>,
    /// `sqlx::PgPool` is `sqlx::Pool<sqlx::Postgres>`.
    pub type_aliases: FxHashMap<Symbol, Template>,
    /// Every path that some row speaks of, and its prefixes' modules: to choose among glob imports.
    pub known_paths: FxHashSet<Symbol>,
}

/// A type or trait.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ExternalType {
    /// Names of its generic parameters, as the templates use them.
    pub params: Vec<Symbol>,
    /// What it dereferences to.
    pub deref: Option<Template>,
    /// Public fields, a tuple's by index.
    pub fields: FxHashMap<Symbol, Template>,
    /// Traits whose methods it has too.
    pub implements: Vec<Template>,
    /// Methods and associated functions by name.
    pub methods: FxHashMap<Symbol, ExternalFn>,
    /// What of a value somebody else can choose; text also where nobody knows.
    pub carries: Carries,
    /// A tree of any shape: who chooses a value chooses its fields too.
    pub is_document: bool,
}

impl Default for ExternalType {
    fn default() -> Self {
        Self {
            params: Vec::new(),
            deref: None,
            fields: FxHashMap::default(),
            implements: Vec::new(),
            methods: FxHashMap::default(),
            carries: Carries::Text,
            is_document: false,
        }
    }
}

/// What of a value somebody else can choose, the least first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub enum Carries {
    /// Nothing that could do harm by its form: truths, identifiers of fixed form, dates, members of a fixed set.
    #[default]
    Nothing,
    /// Numbers of 16 bits at most.
    SmallNumber,
    /// Numbers.
    Number,
    /// Addresses of hosts, and numbers: no free text, but who is talked to.
    Address,
    /// Free text, itself or in a part of it.
    Text,
}

/// A function or method.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct ExternalFn {
    /// Its return type. Beside the type's own parameters a template may name `Self` (the receiver's type),
    /// `A0`, `A1`, .. (the type of that argument), `F0`, `F1`, .. (what the closure given as that argument
    /// returns) and `G0`, `G1`, .. (turbofish arguments, or what the context asks for).
    pub returns: Option<Template>,
    /// Types of the parameters of closures given as arguments, by argument.
    pub closures: Vec<(usize, Vec<Template>)>,
    /// Of a function that a trait provides: the one that implementations write, which it calls.
    pub calls: Option<Symbol>,
}

/// A type with holes, parsed from model text such as `Result<Vec<T>, std::io::Error>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Template {
    /// `_`.
    Unknown,
    /// A parameter of the type, or one of `Self`, `A0`, `F0`, `G0`.
    Hole(Symbol),
    /// A named type by canonical path, scalars and `str` included.
    Named(Symbol, Vec<Template>),
    /// `(A, B)`.
    Tuple(Vec<Template>),
    /// `[T]`.
    Slice(Box<Template>),
}

impl Externals {
    /// The canonical path for a path that users write.
    pub fn canonical(&self, path: Symbol) -> Symbol {
        self.aliases.get(&path).copied().unwrap_or(path)
    }
}
