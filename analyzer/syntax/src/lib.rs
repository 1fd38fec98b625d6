//! Rust source as the analyzer sees it: byte spans, interned names, and an owned IR of items and bodies.
//!
//! The way in is [`lower()`]: text to [`SourceIr`]. syn is used in `lower/` and nowhere else.

mod arena;
mod body;
mod item_tree;
mod layout;
mod lower;
mod pretty;
mod source;
mod span;
mod stored;
mod symbol;

#[cfg(test)]
mod snapshot_tests;

pub use arena::{Id, List, ListPool, Run};
pub use body::*;
pub use item_tree::*;
pub use layout::{Layout, Moved, Moves};
pub use lower::{
    ForeignMacro, FunctionBodies, SyntaxError, TestCode, lower, lower_bodies, lower_with, lower_with_macros,
    parse_only,
};
pub use pretty::pretty;
pub use source::{LineColumn, LineIndex};
pub use span::{FileId, FileSpan, Span};
pub use stored::{LateBytes, StoredEach, StoredNames, restore, restore_first, store};
pub use symbol::{Symbol, sym};
