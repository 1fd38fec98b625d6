//! The fields of messages that `.proto` files declare. The code that is generated of them is not there to be read, so fields
//! of what has an unknown type are looked for here by their names; a name counts if all messages agree on its type.

use rustc_hash::FxHashMap;
use ward_project::{FileRole, MESSAGES, Project, read_source};
use ward_syntax::{FileId, Symbol};

use crate::known::known;
use crate::{Ty, TyKind};

/// The types of fields by their names; unknown where messages differ.
#[derive(Debug, Default)]
pub(crate) struct Messages(FxHashMap<Symbol, Ty>);

/// A block of declarations.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Block {
    Message,
    /// The fields of a `oneof` become variants.
    Choice,
    Other,
}

impl Messages {
    /// Those of a project.
    pub(crate) fn read(project: &Project) -> Self {
        let mut messages = Self::default();
        for (index, file) in project.files.iter().enumerate() {
            if file.role == FileRole::Template
                && file.path.ends_with(MESSAGES)
                && let Ok(text) = read_source(project, FileId(index as u32))
            {
                messages.scan(&text);
            }
        }
        messages
    }

    /// The type of a field, if it is known.
    pub(crate) fn field(&self, name: Symbol) -> Option<Ty> {
        self.0.get(&name).copied().filter(|ty| !ty.is_unknown())
    }

    fn scan(&mut self, text: &str) {
        let text = without_comments(text);
        let mut blocks = Vec::new();
        let mut rest = text.as_str();
        while let Some(end) = rest.find(['{', '}', ';']) {
            let words: Vec<&str> = rest[..end].split_whitespace().collect();
            match &rest[end..=end] {
                "{" => blocks.push(block(&words)),
                "}" => drop(blocks.pop()),
                _ => self.declare(&words, blocks.last().copied()),
            }
            rest = &rest[end + 1..];
        }
    }

    /// `repeated string names = 4 [deprecated = true]`.
    fn declare(&mut self, words: &[&str], block: Option<Block>) {
        let (label, words) = match words {
            [label @ ("repeated" | "optional" | "required"), rest @ ..] => (*label, rest),
            _ => ("", words),
        };
        let [ty, name, equals, ..] = words else { return };
        if !equals.starts_with('=') || matches!(*ty, "option" | "reserved") {
            return;
        }
        let ty = match (block, label) {
            (Some(Block::Message), "repeated") => around(&known().vec, scalar(ty)),
            (Some(Block::Message), "optional") => around(&known().option, scalar(ty)),
            (Some(Block::Message), _) => scalar(ty),
            (Some(Block::Choice), _) => None,
            _ => return,
        };
        let ty = ty.unwrap_or_else(Ty::unknown);
        let known = self.0.entry(Symbol::new(&snake_case(name))).or_insert(ty);
        if *known != ty {
            *known = Ty::unknown();
        }
    }
}

fn block(words: &[&str]) -> Block {
    match words.first() {
        Some(&"message") => Block::Message,
        Some(&"oneof") => Block::Choice,
        _ => Block::Other,
    }
}

fn around(path: &Symbol, element: Option<Ty>) -> Option<Ty> {
    Some(Ty::new(TyKind::External { path: *path, args: [element?].into() }))
}

/// What a scalar type becomes in Rust.
fn scalar(name: &str) -> Option<Ty> {
    let rust = match name {
        "int32" | "sint32" | "sfixed32" => "i32",
        "int64" | "sint64" | "sfixed64" => "i64",
        "uint32" | "fixed32" => "u32",
        "uint64" | "fixed64" => "u64",
        "bool" => "bool",
        "float" => "f32",
        "double" => "f64",
        "string" => return Some(known().types.string),
        "bytes" => return around(&known().vec, Some(known().types.u8)),
        _ => return None,
    };
    Some(Ty::new(TyKind::Scalar(Symbol::new(rust))))
}

/// The name of a field as it is generated: `gameId` becomes `game_id`.
fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 2);
    let mut follows_lower = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && follows_lower {
            snake.push('_');
        }
        follows_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

fn without_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("//").into_iter().chain(rest.find("/*")).min() {
        kept.push_str(&rest[..start]);
        let end = if rest[start..].starts_with("//") {
            rest[start..].find('\n')
        } else {
            rest[start..].find("*/").map(|end| end + 2)
        };
        let Some(end) = end else { return kept };
        rest = &rest[start + end..];
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Messages {
        let mut messages = Messages::default();
        messages.scan(text);
        messages
    }

    #[test]
    fn fields_of_messages() {
        let text = "syntax = \"proto3\"; // of the shop
            package shop.v1;
            message Item {
              message Part { uint64 weight = 1; }
              int32 itemId = 1 [deprecated = true];
              /* how it is shown */ string title = 2; repeated string tags=3;
              optional bool sold = 4;
              Part part = 5;
              oneof price { int32 cents = 6; string text = 7; }
              reserved 8, 9;
            }
            enum State { OPEN = 0; }
            message Other { string weight = 1; int64 at = 2; }";
        let messages = read(text);
        let field = |name: &str| messages.field(Symbol::new(name));
        assert_eq!(field("item_id"), scalar("int32"));
        assert_eq!(field("title"), Some(known().types.string));
        assert_eq!(field("tags"), around(&known().vec, scalar("string")));
        assert_eq!(field("sold"), around(&known().option, scalar("bool")));
        assert_eq!(field("at"), scalar("int64"));
        for name in ["weight", "part", "cents", "text", "open", "package"] {
            assert_eq!(field(name), None, "{name}");
        }
    }
}
