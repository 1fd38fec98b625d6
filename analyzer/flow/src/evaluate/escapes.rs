//! Functions that escape text for markup character by character.

use ward_syntax::{Expr, Literal, Symbol};

use super::Evaluator;
use crate::summary::{Exported, FunctionSummary};
use crate::value::Origin;

impl Evaluator<'_> {
    /// Marks what a function makes as escaped, if it writes references to characters (`&lt;`) and no markup of its own.
    pub(super) fn mark_escaped(&self, summary: &mut FunctionSummary) {
        if summary.result.is_plain() && summary.outputs.is_empty() {
            return;
        }
        let Some(context) = self.escaped_for() else { return };
        mark(&mut summary.result, context);
        summary.outputs.iter_mut().for_each(|(_, output)| mark(output, context));
    }

    /// For which context the references that stand in the body are an escape.
    fn escaped_for(&self) -> Option<Symbol> {
        let (mut element, mut quote) = (false, false);
        for expr in self.body.exprs.of(&self.ir.exprs) {
            let Expr::Literal(Literal::Str(text)) = expr else { continue };
            match text.as_str() {
                "&lt;" | "&#60;" | "&#x3c;" => element = true,
                "&quot;" | "&#34;" | "&#x22;" => quote = true,
                text if text.len() > 1 && text.contains('<') => return None,
                _ => {}
            }
        }
        element.then(|| Symbol::new(if quote { "<\"" } else { "<" }))
    }
}

fn mark(value: &mut Exported, context: Symbol) {
    let escaped = |origin: Origin| match origin.escaped {
        Some(_) => origin,
        // What counts from here on is where the escaped text is put.
        None => Origin { escaped: Some(context), hole: None, outer: None, ..origin },
    };
    value.origins = value.origins.iter().map(escaped).collect();
    value.fields.iter_mut().for_each(|(_, part)| mark(part, context));
}
