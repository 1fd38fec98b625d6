//! What `.proto` files declare. The code that is generated of them is not there to be read, so fields of what has an unknown
//! type are looked for here by their names, of which one counts if all messages agree on its type; and services have here the
//! names by which they are called, which those of the traits come from.

use std::fmt::Write;

use heck::{ToSnakeCase, ToUpperCamelCase};
use rustc_hash::FxHashMap;
use ward_project::{FileRole, MESSAGES, Project, read_source};
use ward_syntax::{FileId, Symbol};

use crate::known::known;
use crate::{Semantics, Ty, TyKind};

/// What the messages and services of a project are.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    /// The types of fields by their names; unknown where messages differ.
    fields: FxHashMap<Symbol, Ty>,
    /// The paths that methods are called by, by the names of the trait and its function; `None` where there are several.
    methods: FxHashMap<(String, String), Option<String>>,
}

/// A block of declarations.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Block {
    Message,
    /// The fields of a `oneof` become variants.
    Choice,
    Service(String),
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
        self.fields.get(&name).copied().filter(|ty| !ty.is_unknown())
    }

    /// The path that a method of a service is called by: `/package.Service/Method`.
    fn path(&self, service: &str, method: &str) -> Option<&str> {
        self.methods.get(&(service.to_owned(), method.to_owned()))?.as_deref()
    }

    fn scan(&mut self, text: &str) {
        let text = without_comments(text);
        let (mut package, mut blocks) = (String::new(), Vec::new());
        let mut rest = text.as_str();
        while let Some(end) = rest.find(['{', '}', ';']) {
            let statement = rest[..end].replace('=', " = ");
            let words: Vec<&str> = statement.split_whitespace().collect();
            match (&rest[end..=end], &*words) {
                ("}", _) => drop(blocks.pop()),
                (";", ["package", name]) => {
                    package.clear();
                    let _ = write!(package, "{name}.");
                }
                (delimiter, words) => {
                    self.declare(words, &package, blocks.last());
                    if delimiter == "{" {
                        blocks.push(block(words));
                    }
                }
            }
            rest = &rest[end + 1..];
        }
    }

    fn declare(&mut self, words: &[&str], package: &str, block: Option<&Block>) {
        match block {
            Some(Block::Service(service)) => self.declare_method(words, package, service),
            Some(block) => self.declare_field(words, block),
            None => {}
        }
    }

    /// `rpc FindAll(Query) returns (stream Item)`.
    fn declare_method(&mut self, words: &[&str], package: &str, service: &str) {
        let ["rpc", name, ..] = words else { return };
        let name = name.split('(').next().unwrap_or_default();
        let path = format!("/{package}{service}/{name}");
        let known = self.methods.entry((service.to_upper_camel_case(), name.to_snake_case()));
        known.and_modify(|known| *known = known.take().filter(|known| *known == path)).or_insert(Some(path));
    }

    /// `repeated string names = 4 [deprecated = true]`.
    fn declare_field(&mut self, words: &[&str], block: &Block) {
        let (label, words) = match words {
            [label @ ("repeated" | "optional" | "required"), rest @ ..] => (*label, rest),
            _ => ("", words),
        };
        let [ty, name, "=", ..] = words else { return };
        if *ty == "option" {
            return;
        }
        let ty = match (block, label) {
            (Block::Message, "repeated") => around(known().vec, scalar(ty)),
            (Block::Message, "optional") => around(known().option, scalar(ty)),
            (Block::Message, _) => scalar(ty),
            (Block::Choice, _) => None,
            _ => return,
        };
        let ty = ty.unwrap_or_else(Ty::unknown);
        let known = self.fields.entry(Symbol::new(&name.to_snake_case())).or_insert(ty);
        if *known != ty {
            *known = Ty::unknown();
        }
    }
}

fn block(words: &[&str]) -> Block {
    match words {
        ["message", ..] => Block::Message,
        ["oneof", ..] => Block::Choice,
        ["service", name, ..] => Block::Service((*name).to_owned()),
        _ => Block::Other,
    }
}

fn around(path: Symbol, element: Option<Ty>) -> Option<Ty> {
    Some(Ty::new(TyKind::External { path, args: [element?].into() }))
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
        "bytes" => return around(known().vec, Some(known().types.u8)),
        _ => return None,
    };
    Some(Ty::new(TyKind::Scalar(Symbol::new(rust))))
}

impl Semantics {
    /// The path that a method of a generated service trait is called by, as `.proto` files tell: `/package.Service/Method`.
    pub fn service_path(&self, service: &str, method: &str) -> Option<&str> {
        self.messages.path(service, method)
    }
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
        assert_eq!(field("tags"), around(known().vec, scalar("string")));
        assert_eq!(field("sold"), around(known().option, scalar("bool")));
        assert_eq!(field("at"), scalar("int64"));
        for name in ["weight", "part", "cents", "text", "open", "package"] {
            assert_eq!(field(name), None, "{name}");
        }
    }

    #[test]
    fn methods_of_services() {
        let messages = read(
            "package shop.v1; service ItemDB { rpc FindKNN (Query) returns (Item) {} rpc Drop(Item) returns (Item); }",
        );
        assert_eq!(messages.path("ItemDb", "find_knn"), Some("/shop.v1.ItemDB/FindKNN"));
        assert_eq!(messages.path("ItemDb", "drop"), Some("/shop.v1.ItemDB/Drop"));
        assert_eq!(messages.path("ItemDb", "find"), None);
    }

    #[test]
    fn a_service_that_is_declared_twice() {
        let twice = "package a; service S { rpc Run(X) returns (X); } package b; service S { rpc Run(X) returns (X); }";
        assert_eq!(read(twice).path("S", "run"), None);
    }
}
