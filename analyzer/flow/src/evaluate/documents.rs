//! Documents: trees of named values that are written out in the program, such as `json!({ "name": name })`.

use smallvec::SmallVec;
use ward_semantics::{Ty, TyKind};
use ward_syntax::{Run, Symbol};

use super::Evaluator;
use crate::value::{Origin, Value, ValueId, add_origins};

impl Evaluator<'_> {
    /// A document with these fields. Who chooses a whole tree in it chooses its form too: its fields are not named here.
    pub(super) fn eval_document(&mut self, fields: Run) -> ValueId {
        let inits = self.ir.field_inits(fields);
        let mut trees: SmallVec<[Origin; 2]> = SmallVec::new();
        let mut parts = SmallVec::new();
        for init in inits {
            let value = self.eval(init.value);
            if self.is_document(self.types.expr(init.value)) {
                add_origins(&mut trees, self.values.origins_of(value));
            }
            parts.push((init.name, value));
        }
        let document = self.composed(parts);
        if trees.is_empty() {
            return document;
        }
        let mut value: Value = self.values.owned(document);
        add_origins(&mut value.origins, &trees);
        self.values.push(value)
    }

    /// Whether a value of a type is a tree of any shape.
    fn is_document(&self, ty: Ty) -> bool {
        match ty.kind() {
            TyKind::External { path, args } => {
                let row = self.cx.semantics.externals.types.get(path);
                row.is_some_and(|row| row.is_document)
                    || (matches!(path.as_str(), "std::option::Option" | "std::vec::Vec")
                        && args.first().is_some_and(|inner| self.is_document(*inner)))
            }
            _ => false,
        }
    }

    /// What stands in fields of certain names, however deep.
    pub(super) fn in_fields(
        &self,
        names: &[Symbol],
        document: ValueId,
        depth: u8,
        origins: &mut SmallVec<[Origin; 4]>,
    ) {
        let Some(depth) = depth.checked_sub(1) else { return };
        if names.is_empty() {
            return;
        }
        for (name, part) in self.values.fields_of(document) {
            if names.contains(name) {
                origins.extend(self.values.flatten(*part));
            } else {
                self.in_fields(names, *part, depth, origins);
            }
        }
    }
}
