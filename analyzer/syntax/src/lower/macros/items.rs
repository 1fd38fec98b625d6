//! Macros called where items stand.

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
    let mut call = lowerer.call_of(call);
    let tokens = std::mem::take(&mut call.tokens);
    let name = path.as_str().rsplit("::").next().unwrap_or_default();
    read(tokens, |input| {
        match name {
            "cfg_if" => lowerer.cfg_if(input),
            "thread_local" | "lazy_static" => lowerer.statics(input),
            _ => {
                if let Some(mut items) = attempt_all(input, items) {
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

    /// What is no items, read as one macro expression.
    fn content_body(&mut self, owner: ItemId, call: &super::Call, input: ParseStream) -> BodyId {
        self.body(owner, |this| this.unknown_call(call, input))
    }
}

fn items(input: ParseStream) -> syn::Result<Vec<Item>> {
    let mut items = Vec::new();
    while !input.is_empty() {
        items.push(input.parse()?);
    }
    Ok(items)
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
    let semi_token = attempt(input, <Token![;]>::parse).unwrap_or_else(|| Token![;](ident.span()));
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
