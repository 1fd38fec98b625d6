//! Macros called where items stand.

use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Ident, Item, Token, token};

use super::{attempt, attempt_all, in_group, read, skip};
use crate::lower::Lowerer;
use crate::{BodyId, ItemId, Symbol};

/// Lowers the content of such a macro; `owner` is the item that stands for the call.
pub(in crate::lower) fn content(
    lowerer: &mut Lowerer<'_>,
    owner: ItemId,
    path: Symbol,
    call: &mut syn::Macro,
) -> Option<BodyId> {
    if let Some(mut items) = lowerer.expanded_items(call) {
        lowerer.within_expansion(|this| this.items(&mut items));
        return None;
    }
    let mut call = lowerer.call_of(call);
    let tokens = std::mem::take(&mut call.tokens);
    let name = path.as_str().rsplit(':').next().unwrap_or_default();
    read(tokens, |input| {
        match name {
            "cfg_if" => lowerer.cfg_if(input),
            "thread_local" | "lazy_static" => lowerer.statics(input),
            "bitflags" => lowerer.flags(input),
            _ => {
                if let Some(mut items) = begins_item(input).then(|| attempt_all(input, items)).flatten() {
                    lowerer.items(&mut items);
                } else {
                    return Some(lowerer.content_body(owner, &call, input));
                }
            }
        }
        None
    })
}

impl Lowerer<'_> {
    /// `if #[cfg(..)] { items } else { items }`: all branches are kept.
    fn cfg_if(&mut self, input: ParseStream) {
        while !input.is_empty() {
            if !input.peek(token::Brace) {
                skip(input);
                continue;
            }
            in_group(input, |inner, _| {
                if let Some(mut items) = attempt_all(inner, items) {
                    self.items(&mut items);
                }
            });
        }
    }

    /// `static ref NAME: T = value;`, `static NAME: T = value;`
    fn statics(&mut self, input: ParseStream) {
        while !input.is_empty() {
            match attempt(input, static_item) {
                Some(mut item) => drop(self.item(&mut item)),
                None => drop(skip(input)),
            }
        }
    }

    /// `struct Name: Bits { const A = 1; }` as a struct and an impl with the constants.
    fn flags(&mut self, input: ParseStream) {
        while !input.is_empty() {
            match attempt(input, flags_items) {
                Some(mut items) => self.items(&mut items),
                None => drop(skip(input)),
            }
        }
    }

    /// What is no items, read as one macro expression.
    fn content_body(&mut self, owner: ItemId, call: &super::Call, input: ParseStream) -> BodyId {
        self.body(owner, |this| this.unknown_call(call, input))
    }
}

/// Whether an item may come next; asking is much cheaper than the parser's complaint.
fn begins_item(input: ParseStream) -> bool {
    let Some((name, rest)) = input.cursor().ident() else { return input.is_empty() || input.peek(Token![#]) };
    let is_macro = rest.punct().is_some_and(|(punct, _)| matches!(punct.as_char(), '!' | ':'));
    is_macro || KEYWORDS.iter().any(|keyword| name == keyword)
}

/// What items begin with.
const KEYWORDS: [&str; 18] = [
    "pub",
    "fn",
    "struct",
    "enum",
    "impl",
    "mod",
    "use",
    "const",
    "static",
    "trait",
    "type",
    "async",
    "unsafe",
    "extern",
    "macro_rules",
    "union",
    "default",
    "auto",
];

pub(super) fn items(input: ParseStream) -> syn::Result<Vec<Item>> {
    let mut items = Vec::new();
    while !input.is_empty() {
        items.push(input.parse()?);
    }
    Ok(items)
}

/// One type of `bitflags!`: `struct Name: Bits { .. }`, or `impl Name: Bits { .. }` for one declared elsewhere.
fn flags_items(input: ParseStream) -> syn::Result<Vec<Item>> {
    let attrs = input.call(syn::Attribute::parse_outer)?;
    let vis: syn::Visibility = input.parse()?;
    let struct_token: Option<Token![struct]> = input.parse()?;
    if struct_token.is_none() {
        input.parse::<Token![impl]>()?;
    }
    let ident: Ident = input.parse()?;
    input.parse::<Token![:]>()?;
    input.parse::<syn::Type>()?;
    let content;
    let brace_token = syn::braced!(content in input);
    let mut constants = Vec::new();
    while !content.is_empty() {
        constants.push(syn::ImplItem::Const(flag(&content, &ident)?));
    }
    let self_ty = Box::new(type_named(&ident));
    let mut items = Vec::new();
    let impl_token = Token![impl](ident.span());
    items.extend(struct_token.map(|struct_token| {
        let (generics, fields) = (syn::Generics::default(), syn::Fields::Unit);
        Item::Struct(syn::ItemStruct { attrs, vis, struct_token, ident, generics, fields, semi_token: None })
    }));
    items.push(Item::Impl(syn::ItemImpl {
        attrs: Vec::new(),
        modifiers: syn::ImplModifiers::default(),
        unsafety: None,
        impl_token,
        generics: syn::Generics::default(),
        trait_: None,
        self_ty,
        brace_token,
        items: constants,
    }));
    Ok(items)
}

fn type_named(name: &Ident) -> syn::Type {
    syn::Type::Path(syn::TypePath { attrs: Vec::new(), qself: None, path: name.clone().into() })
}

/// `const A = 1;`
fn flag(input: ParseStream, flags: &Ident) -> syn::Result<syn::ImplItemConst> {
    Ok(syn::ImplItemConst {
        attrs: input.call(syn::Attribute::parse_outer)?,
        vis: syn::Visibility::Public(Token![pub](input.span())),
        modifiers: syn::ConstModifiers::default(),
        const_token: input.parse()?,
        ident: input.call(Ident::parse_any)?,
        generics: syn::Generics::default(),
        colon_token: Token![:](input.span()),
        ty: type_named(flags),
        eq_token: input.parse()?,
        expr: input.parse()?,
        semi_token: input.parse()?,
    })
}

/// A static of `lazy_static!` or `thread_local!`, whose last semicolon may be missing.
fn static_item(input: ParseStream) -> syn::Result<Item> {
    let attrs = input.call(syn::Attribute::parse_outer)?;
    let vis = input.parse()?;
    let static_token = input.parse()?;
    attempt(
        input,
        |input| if input.peek(Token![ref]) { input.parse::<Token![ref]>() } else { Err(input.error("")) },
    );
    let ident = input.parse::<Ident>()?;
    let colon_token = input.parse()?;
    let ty = input.parse()?;
    let eq_token = input.parse()?;
    let expr = input.parse()?;
    let semi_token =
        attempt(input, <Token![;]>::parse).unwrap_or_else(|| Token![;](input.cursor().prev_span()));
    Ok(Item::Static(syn::ItemStatic {
        attrs,
        vis,
        static_token,
        mutability: syn::StaticMutability::None,
        ident,
        colon_token,
        ty,
        eq_token,
        expr,
        semi_token,
    }))
}
