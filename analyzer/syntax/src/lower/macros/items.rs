//! Macros called where items stand.

use crate::lower::Lowerer;
use crate::{BodyId, ItemId, Span, Symbol};

/// Lowers the content of such a macro; `owner` is the item that stands for the call.
pub(in crate::lower) fn content(
    lowerer: &mut Lowerer<'_>,
    owner: ItemId,
    path: Symbol,
    call: &mut syn::Macro,
    span: Span,
) -> Option<BodyId> {
    let _ = (lowerer, owner, path, call, span);
    None
}
