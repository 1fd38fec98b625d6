//! What models say of guards and of effects.

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use ward_syntax::Symbol;

/// Whether something makes sure that the caller is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub enum Authenticates {
    /// It does not ask.
    #[default]
    None,
    /// It asks, and goes on without an answer.
    Optional,
    /// Who is not known does not get past it.
    Enforced,
}

/// What a type does where a handler takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardType {
    /// Whether it makes sure of the caller.
    pub authenticates: Authenticates,
    /// Whether it asks for a role or permission.
    pub role: bool,
}

/// What a call has to do with asking who the caller is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum GuardCall {
    /// It gives a credential of the request, or nothing.
    Credential,
    /// It fails for who is not known; attached to routes it lets nobody else in.
    Check(GuardType),
    /// It hands a request on to what is behind a middleware.
    Next,
    /// It ends the way of a request: nothing behind a middleware sees it.
    End,
    /// It makes out a credential for whoever it is told: a signed token.
    Issue,
    /// A setting which, given `true`, lets those through whom it would refuse.
    Waive,
}

/// An argument of an attribute: `oai(checker = ..)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeKey {
    /// The attribute's last segment.
    pub attribute: Symbol,
    /// The argument's name.
    pub name: Symbol,
}

/// What is known of a derive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DeriveModel {
    /// The argument that says how.
    pub by: Option<AttributeKey>,
}

/// Types, traits and derives that ask who the caller is, by canonical path.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct GuardModels {
    /// Types that guard where a handler takes them, or where they are attached.
    pub types: FxHashMap<Symbol, GuardType>,
    /// Types that hold what a middleware left: `Extension<T>`.
    pub holders: FxHashSet<Symbol>,
    /// Types that take what they wrap out of the request, and refuse where that does: `Cached<T>`.
    pub wrappers: FxHashSet<Symbol>,
    /// Derives that make a type a guard, and the argument by which it checks what it is given, where it needs one.
    pub derives: FxHashMap<Symbol, DeriveModel>,
    /// Derives that take a type out of the request: by the extractors of its fields, or by the one that an argument names.
    pub extracts: FxHashMap<Symbol, DeriveModel>,
    /// Methods of traits through which requests pass: trait and method.
    pub passes: Vec<(Symbol, Symbol)>,
    /// Methods that only those versions of an extractor offer which refuse nobody: type and method.
    pub lenient: FxHashSet<(Symbol, Symbol)>,
    /// Associated types by which a middleware names what requests pass through: trait and type.
    pub made: Vec<(Symbol, Symbol)>,
}

/// Something done beyond a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u8)]
pub enum Effect {
    /// A store is read: `read`.
    Read = 1,
    /// A store is changed: `write`.
    Write = 2,
    /// A file is read, written or removed: `file`.
    File = 4,
    /// A program is run: `command`.
    Command = 8,
    /// Another service is asked: `outbound`.
    Outbound = 16,
}

/// A set of effects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Effects(u8);

impl Effects {
    /// None.
    pub const NONE: Self = Self(0);

    /// This set with one more.
    #[must_use]
    pub fn with(self, effect: Effect) -> Self {
        Self(self.0 | effect as u8)
    }

    /// What is in either.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether an effect is among them.
    pub fn has(self, effect: Effect) -> bool {
        self.0 & effect as u8 != 0
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}
