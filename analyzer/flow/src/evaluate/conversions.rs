//! Conversions that a derive wrote: `#[from]` on the field of an error makes `?` put what failed into that variant, and
//! into no other.

use smallvec::SmallVec;
use ward_semantics::{Callee, DefId, Ty, TyKind};
use ward_syntax::{Attribute, Expr, ExprId, HoleStyle, Symbol};

use super::Evaluator;
use super::patterns::variant_field;
use super::variants::shapes;
use crate::value::{Origin, Root, Text, ValueId};

/// An error that is made of more types is not looked into.
const MOST_CONVERSIONS: usize = 24;
/// What is assumed where another conversion may be meant.
const GUESSED: u8 = 2;

impl Evaluator<'_> {
    /// The error that a `?` hands over in this function, made of the one of another type.
    pub(super) fn error_handed_over(&mut self, error: ValueId, operand: ExprId) -> ValueId {
        // What a closure or an async block returns is not declared.
        if self.exits.len() != 1 || self.values.is_plain(error) {
            return error;
        }
        let Some(signature) = self.cx.semantics.signature(self.def) else { return error };
        let Some(target) = error_type(signature.ret) else { return error };
        let source = error_type(self.types.expr(operand)).unwrap_or_else(Ty::unknown);
        self.check_conversion(error, source, target, operand);
        let derived = self.converted_by_derive(error, source, target);
        // What of an unknown type becomes one of the project's own passes one of its conversions.
        if !is_open(source) || !matches!(target.kind(), TyKind::Adt { .. }) {
            return derived;
        }
        let conversions = self.likely(self.cx.semantics.conversions_from_outside(target), operand);
        if derived != error {
            if conversions.is_empty() {
                return derived;
            }
            let guessed = self.guessed(error);
            return self.converted_by_derive(guessed, source, target);
        }
        if conversions.is_empty() || conversions.len() > MOST_CONVERSIONS {
            return error;
        }
        let roots: SmallVec<[Root; 4]> =
            self.values.flatten(error).iter().map(|origin| origin.root).collect();
        let span = self.span(operand);
        let passes_on = conversions.into_iter().any(|conversion| {
            let made = self.call_function(conversion, &[error], span, &[None]);
            self.values.flatten(made).iter().any(|origin| roots.contains(&origin.root))
        });
        // Which of them it is does not matter where all leave the text behind.
        if passes_on { error } else { self.values.constant(None) }
    }

    /// The conversions that may be meant of an error whose type is not known: those of a type of the crate that failed, if
    /// there are any.
    fn likely(&self, conversions: Vec<DefId>, operand: ExprId) -> Vec<DefId> {
        let Some(failed) = self.crate_called(operand) else { return conversions };
        let is_of_crate = |conversion: &DefId| {
            let signature = self.cx.semantics.signature(*conversion);
            let source = signature.and_then(|signature| signature.params.first());
            source.is_some_and(
                |ty| matches!(ty.kind(), TyKind::External { path, .. } if crate_of(path.as_str()) == failed),
            )
        };
        let of_crate: Vec<DefId> = conversions.iter().copied().filter(is_of_crate).collect();
        if of_crate.is_empty() { conversions } else { of_crate }
    }

    /// The crate of what is called last in an expression.
    fn crate_called(&self, operand: ExprId) -> Option<&'static str> {
        match self.ir.expr(operand) {
            Expr::Await(inner) => self.crate_called(inner),
            Expr::Call { .. } | Expr::MethodCall { .. } => match self.types.callee(operand) {
                Callee::External(path) | Callee::Method { ty: path, .. } => Some(crate_of(path.as_str())),
                _ => None,
            },
            _ => None,
        }
    }

    /// A value that another conversion may have made as well.
    fn guessed(&mut self, id: ValueId) -> ValueId {
        self.values.with_origins(id, |origin| {
            Some(Origin { assumed: origin.assumed.saturating_add(GUESSED), ..origin })
        })
    }

    /// An error that becomes one that keeps what it prints.
    fn check_conversion(&mut self, error: ValueId, source: Ty, target: Ty, operand: ExprId) {
        let models = self.cx.models;
        let TyKind::External { path, .. } = target.kind() else { return };
        // An error that is made in place is what the service has to say.
        let is_made = matches!(self.ir.expr(operand), Expr::MethodCall { method, .. }
            if matches!(method.as_str(), "ok_or" | "ok_or_else"));
        if source == target || is_made {
            return;
        }
        for (_, sink) in models.conversion_sinks.iter().filter(|(into, _)| into == path) {
            let span = self.span(operand);
            let text = self.printed(error, source, HoleStyle::Display, span);
            self.check_input(sink, *path, text, span, (0, None));
        }
    }

    /// The error of a result, as it is in the other result that it is converted for: `map_err(Error::from)`.
    pub(super) fn error_converted(&mut self, error: ValueId, before: Ty, after: Ty) -> ValueId {
        let source = error_type(before).unwrap_or_else(Ty::unknown);
        error_type(after).map_or(error, |target| self.converted_by_derive(error, source, target))
    }

    /// A value put where `#[from]` puts it in the type it is converted to.
    pub(super) fn converted_by_derive(&mut self, value: ValueId, source: Ty, target: Ty) -> ValueId {
        if source == target || self.values.is_plain(value) {
            return value;
        }
        let parts = self.parts_converted(source, target);
        if parts.is_empty() {
            return value;
        }
        let is_sure = parts.len() == 1;
        let parts = parts.into_iter().map(|part| (part, value)).collect();
        let made = self.composed(parts);
        if is_sure {
            // It holds nothing beside that.
            self.values.set_text(made, Text::Constant);
        }
        made
    }

    /// The parts of a type that a value of another may become: the one of that type, or any where the type is not known.
    fn parts_converted(&self, source: Ty, target: Ty) -> SmallVec<[Symbol; 2]> {
        let TyKind::Adt { def, .. } = target.kind() else { return SmallVec::new() };
        let mut exact = SmallVec::new();
        let mut all = SmallVec::new();
        for shape in shapes(self.cx.semantics.item(*def)) {
            let infos = self.cx.semantics.fields(*def, shape.index);
            for (field, info) in shape.fields.fields.iter().zip(infos) {
                if !field.attributes.iter().any(is_from) {
                    continue;
                }
                let part = shape.variant.map_or(info.name, |variant| variant_field(variant, info.name));
                if info.ty == source {
                    exact.push(part);
                }
                all.push(part);
            }
        }
        if exact.is_empty() && is_open(source) { all } else { exact }
    }
}

/// Whether it is not known which type it is.
fn is_open(ty: Ty) -> bool {
    matches!(ty.kind(), TyKind::Unknown | TyKind::Param { .. } | TyKind::Bounds(_))
}

/// The crate that a path begins with.
fn crate_of(path: &'static str) -> &'static str {
    path.split_once("::").map_or(path, |(krate, _)| krate)
}

fn is_from(attribute: &Attribute) -> bool {
    attribute.last_segment() == "from"
}

/// The error of a result.
fn error_type(ty: Ty) -> Option<Ty> {
    ty.as_external("std::result::Result")?.get(1).copied()
}
