//! Binding values to patterns.

use ward_syntax::{Pat, PatId};

use super::{Evaluator, Frame};
use crate::Resolution;
use crate::endpoint::Value;

impl<'a> Evaluator<'a> {
    /// Binds a value to a pattern.
    pub(super) fn bind(&mut self, frame: &mut Frame<'a>, pat: PatId, value: Value) {
        match frame.ir.pat(pat) {
            Pat::Bind { local, sub } => {
                if let Some(sub) = sub {
                    self.bind(frame, sub, value.clone());
                }
                frame.locals.insert(local, value);
            }
            Pat::Ref(inner) => self.bind(frame, inner, value),
            Pat::Tuple(pats) | Pat::Slice(pats) => self.bind_list(frame, pats, &value),
            Pat::Or(pats) => {
                for pat in frame.ir.list(pats) {
                    self.bind(frame, pat, value.clone());
                }
            }
            Pat::TupleStruct { path, pats } => {
                let own = matches!(
                    frame.types.map(|types| types.path(path)),
                    Some(Resolution::Def(_) | Resolution::Variant { .. })
                );
                if own || !matches!(value, Value::Struct(_)) && frame.ir.list(pats).len() != 1 {
                    self.bind_list(frame, pats, &value);
                } else if let Some(pat) = frame.ir.list(pats).next() {
                    // `Some(x)`, `Ok(x)`: the value itself.
                    self.bind(frame, pat, value);
                }
            }
            Pat::Struct { fields, .. } => {
                for field in frame.ir.field_pats(fields) {
                    let part = match &value {
                        Value::Struct(value) => value.field(field.name),
                        _ => Value::Unknown,
                    };
                    self.bind(frame, field.pat, part);
                }
            }
            Pat::Missing | Pat::Wild | Pat::Rest | Pat::Path(_) | Pat::Literal(_) | Pat::Range => {}
        }
    }

    fn bind_list(&mut self, frame: &mut Frame<'a>, pats: ward_syntax::List<PatId>, value: &Value) {
        let ir = frame.ir;
        let count = ir.list(pats).len();
        let rest = ir.list(pats).position(|pat| matches!(ir.pat(pat), Pat::Rest));
        for (index, pat) in ir.list(pats).enumerate() {
            let part = match value {
                Value::List(all) => match rest {
                    Some(rest) if index > rest => {
                        (index + all.len()).checked_sub(count).and_then(|at| all.get(at)).cloned()
                    }
                    _ => all.get(index).cloned(),
                },
                Value::Struct(value) => value.fields.get(index).map(|field| field.1.clone()),
                _ => None,
            };
            self.bind(frame, pat, part.unwrap_or_default());
        }
    }
}
