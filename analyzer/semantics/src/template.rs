//! The text of templates: `Result<Vec<T>, std::io::Error>` to [`Template`], and from there to a type.

use ward_syntax::{Symbol, sym};

use crate::{Template, Ty, TyKind};

/// Why a template could not be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TemplateError {
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// The byte of the text at which it shows.
    pub offset: usize,
}

/// Names that need no path.
const PRELUDE: &[(&str, &str)] = &[
    ("Arc", "std::sync::Arc"),
    ("BTreeMap", "std::collections::BTreeMap"),
    ("BTreeSet", "std::collections::BTreeSet"),
    ("Box", "std::boxed::Box"),
    ("Cow", "std::borrow::Cow"),
    ("Future", "std::future::Future"),
    ("HashMap", "std::collections::HashMap"),
    ("HashSet", "std::collections::HashSet"),
    ("Iterator", "std::iter::Iterator"),
    ("Option", "std::option::Option"),
    ("Rc", "std::rc::Rc"),
    ("Result", "std::result::Result"),
    ("String", "std::string::String"),
    ("Vec", "std::vec::Vec"),
    ("VecDeque", "std::collections::VecDeque"),
];

const STATIC_STR: &str = "&'static str";
const FN: &str = "fn";
/// `Item<T>`: what iterating a `T` gives.
const ITEM: &str = "Item";
const MAX_DEPTH: usize = 32;

impl Template {
    /// Reads a template. `params` are the names of the type's own parameters. References and lifetimes are
    /// dropped except in `&'static str`; `fn(A) -> B` is a function pointer; array lengths are ignored.
    ///
    /// # Errors
    /// When the text is not a type of this form.
    pub fn parse(text: &str, params: &[Symbol]) -> Result<Self, TemplateError> {
        let mut parser = Parser { text, at: 0, params, depth: 0 };
        let template = parser.template()?;
        parser.skip_space();
        if parser.at < text.len() { Err(parser.error("expected the end of the type")) } else { Ok(template) }
    }

    /// The type this stands for, holes filled by `fill`.
    pub(crate) fn instantiate(&self, fill: &mut dyn FnMut(Symbol) -> Ty) -> Ty {
        match self {
            Self::Unknown => Ty::unknown(),
            Self::Hole(name) => fill(*name),
            Self::Named(path, args) => named(*path, args, fill),
            Self::Tuple(parts) => Ty::new(TyKind::Tuple(all(parts, fill))),
            Self::Slice(element) => Ty::new(TyKind::Slice(element.instantiate(fill))),
        }
    }
}

fn all(templates: &[Template], fill: &mut dyn FnMut(Symbol) -> Ty) -> Box<[Ty]> {
    templates.iter().map(|template| template.instantiate(fill)).collect()
}

fn named(path: Symbol, args: &[Template], fill: &mut dyn FnMut(Symbol) -> Ty) -> Ty {
    if let [Template::Tuple(params), ret] = args
        && path.as_str() == FN
    {
        return Ty::new(TyKind::FnPtr { params: all(params, fill), ret: ret.instantiate(fill) });
    }
    if let [iterated] = args
        && path.as_str() == ITEM
    {
        return item(iterated.instantiate(fill));
    }
    if args.is_empty()
        && let Some(ty) = builtin(path)
    {
        return ty;
    }
    Ty::new(TyKind::External { path, args: all(args, fill) })
}

/// What iterating a value of the standard library gives.
fn item(iterated: Ty) -> Ty {
    let known = crate::known::known();
    match iterated.kind() {
        TyKind::Slice(element) => *element,
        TyKind::External { path, args } if *path == known.hash_map || *path == known.btree_map => {
            Ty::new(TyKind::Tuple(args.iter().take(2).copied().collect()))
        }
        TyKind::External { path, args } if path.as_str().starts_with("std::") => {
            args.first().copied().unwrap_or_else(Ty::unknown)
        }
        _ => Ty::unknown(),
    }
}

/// The type of a primitive's name.
pub(crate) fn builtin(name: Symbol) -> Option<Ty> {
    Some(match name.as_str() {
        "str" => Ty::new(TyKind::Str),
        STATIC_STR => Ty::new(TyKind::StaticStr),
        "!" => Ty::new(TyKind::Never),
        "bool" | "char" | "i8" | "i16" | "i32" | "i64" | "i128" | "isize" | "u8" | "u16" | "u32" | "u64"
        | "u128" | "usize" | "f32" | "f64" => Ty::new(TyKind::Scalar(name)),
        _ => return None,
    })
}

/// Whether a name is a hole whatever the type's parameters are.
fn is_common_hole(name: &str) -> bool {
    name == sym::SELF_TYPE.as_str() || parse_numbered(name).is_some()
}

/// The letter and the number of a hole such as `A0`.
pub(crate) fn numbered_hole(name: Symbol) -> Option<(char, usize)> {
    parse_numbered(name.as_str())
}

fn parse_numbered(name: &str) -> Option<(char, usize)> {
    let letter = name.chars().next().filter(|letter| matches!(letter, 'A' | 'F' | 'G'))?;
    let digits = &name[1..];
    let is_number =
        !digits.is_empty() && digits.len() <= 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
    Some((letter, digits.parse().ok().filter(|_| is_number)?))
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    params: &'a [Symbol],
    depth: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn eat(&mut self, token: &str) -> bool {
        self.skip_space();
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn expect(&mut self, token: &str) -> Result<(), TemplateError> {
        if self.eat(token) { Ok(()) } else { Err(self.error(&format!("expected `{token}`"))) }
    }

    fn error(&self, message: &str) -> TemplateError {
        TemplateError { message: message.to_owned(), offset: self.at }
    }

    /// An identifier; empty if none stands here.
    fn name(&mut self) -> &'a str {
        self.skip_space();
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// A whole word.
    fn eat_word(&mut self, word: &str) -> bool {
        let before = self.at;
        let found = self.name() == word;
        if !found {
            self.at = before;
        }
        found
    }

    fn template(&mut self) -> Result<Template, TemplateError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error("the type is nested too deeply"));
        }
        let template = self.nested();
        self.depth -= 1;
        template
    }

    fn nested(&mut self) -> Result<Template, TemplateError> {
        if self.eat("&") {
            return self.reference();
        }
        if self.eat("(") {
            return self.tuple(")");
        }
        if self.eat("[") {
            let element = self.template()?;
            if self.eat(";") {
                self.name();
            }
            self.expect("]")?;
            return Ok(Template::Slice(Box::new(element)));
        }
        if self.eat("!") {
            return Ok(Template::Named(Symbol::new("!"), Vec::new()));
        }
        if self.eat_word(FN) {
            return self.function();
        }
        self.path()
    }

    fn reference(&mut self) -> Result<Template, TemplateError> {
        let is_static = if self.eat("'") { self.name() == "static" } else { false };
        self.eat_word("mut");
        let inner = self.template()?;
        let is_str =
            matches!(&inner, Template::Named(path, args) if args.is_empty() && path.as_str() == "str");
        Ok(if is_static && is_str { Template::Named(Symbol::new(STATIC_STR), Vec::new()) } else { inner })
    }

    /// The rest of `(A, B)`; `(A)` is `A`.
    fn tuple(&mut self, close: &str) -> Result<Template, TemplateError> {
        let mut parts = Vec::new();
        let mut trailing = true;
        while !self.eat(close) {
            if !trailing {
                return Err(self.error(&format!("expected `,` or `{close}`")));
            }
            parts.push(self.template()?);
            trailing = self.eat(",");
        }
        match parts.len() {
            1 if !trailing => Ok(parts.swap_remove(0)),
            _ => Ok(Template::Tuple(parts)),
        }
    }

    fn function(&mut self) -> Result<Template, TemplateError> {
        self.expect("(")?;
        let params = match self.tuple(")")? {
            Template::Tuple(params) => params,
            one => vec![one],
        };
        let ret = if self.eat("->") { self.template()? } else { Template::Tuple(Vec::new()) };
        Ok(Template::Named(Symbol::new(FN), vec![Template::Tuple(params), ret]))
    }

    fn path(&mut self) -> Result<Template, TemplateError> {
        self.skip_space();
        let start = self.at;
        loop {
            if self.name().is_empty() {
                return Err(self.error("expected a type"));
            }
            if !self.rest().starts_with("::") {
                break;
            }
            self.at += 2;
        }
        let path = &self.text[start..self.at];
        let args = self.arguments()?;
        if !args.is_empty() || path.contains("::") {
            return Ok(Template::Named(Symbol::new(long(path)), args));
        }
        if path == "_" {
            return Ok(Template::Unknown);
        }
        let symbol = Symbol::new(path);
        if self.params.contains(&symbol) || is_common_hole(path) {
            return Ok(Template::Hole(symbol));
        }
        Ok(Template::Named(Symbol::new(long(path)), args))
    }

    fn arguments(&mut self) -> Result<Vec<Template>, TemplateError> {
        let mut args = Vec::new();
        if !self.eat("<") {
            return Ok(args);
        }
        loop {
            if self.eat(">") {
                return Ok(args);
            }
            if self.eat("'") {
                self.name();
            } else {
                args.push(self.template()?);
            }
            if !self.eat(",") {
                self.expect(">")?;
                return Ok(args);
            }
        }
    }
}

/// The whole path of a name of the prelude; others are whole already.
fn long(name: &str) -> &str {
    PRELUDE.binary_search_by_key(&name, |row| row.0).map_or(name, |at| PRELUDE[at].1)
}

#[cfg(test)]
mod tests {
    use ward_syntax::Symbol;

    use super::{PRELUDE, Template};
    use crate::{Ty, TyKind};

    fn instantiated(text: &str) -> Ty {
        let template = Template::parse(text, &[Symbol::new("T")]).unwrap();
        template.instantiate(&mut |hole| match hole.as_str() {
            "T" => Ty::new(TyKind::Str),
            _ => Ty::unit(),
        })
    }

    #[test]
    fn the_prelude_is_sorted() {
        assert!(PRELUDE.is_sorted());
    }

    #[test]
    fn every_form_of_type_is_read() {
        let text = Ty::new(TyKind::Str);
        let string = Ty::external("std::string::String", &[]);
        assert_eq!(instantiated("T"), text);
        assert_eq!(instantiated(" Option<T> "), Ty::external("std::option::Option", &[text]));
        assert_eq!(instantiated("a::B<&'a mut T, [String; 4],>"), {
            Ty::external("a::B", &[text, Ty::new(TyKind::Slice(string))])
        });
        assert_eq!(
            instantiated("(T, G0, ())"),
            Ty::new(TyKind::Tuple([text, Ty::unit(), Ty::unit()].into()))
        );
        assert_eq!(instantiated("(T)"), text);
        assert_eq!(instantiated("(T,)"), Ty::new(TyKind::Tuple([text].into())));
        assert_eq!(instantiated("&'static str"), Ty::new(TyKind::StaticStr));
        assert_eq!(instantiated("&str"), text);
        assert_eq!(instantiated("_"), Ty::unknown());
        assert_eq!(instantiated("u64"), Ty::new(TyKind::Scalar(Symbol::new("u64"))));
        assert_eq!(instantiated("Item<Option<T>>"), text);
        assert_eq!(instantiated("Item<[T]>"), text);
        assert_eq!(instantiated("Item<HashMap<String, T>>"), Ty::new(TyKind::Tuple([string, text].into())));
        assert_eq!(instantiated("Item<String>"), Ty::unknown());
        assert_eq!(
            instantiated("fn(T) -> !"),
            Ty::new(TyKind::FnPtr { params: [text].into(), ret: Ty::new(TyKind::Never) })
        );
        assert_eq!(instantiated("Cow<'a, str>"), Ty::external("std::borrow::Cow", &[text]));
    }

    #[test]
    fn what_is_no_type_is_an_error_with_its_place() {
        let error = |text: &str| Template::parse(text, &[]).unwrap_err();
        assert_eq!(error("Option<T").offset, 8);
        assert_eq!(error("").message, "expected a type");
        assert_eq!(error("A B").message, "expected the end of the type");
        assert_eq!(error("a::").message, "expected a type");
        assert_eq!(error("(A B)").message, "expected `,` or `)`");
        assert!(error(&"Vec<".repeat(1000)).message.contains("nested"));
    }
}
