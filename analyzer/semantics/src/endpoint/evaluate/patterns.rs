//! Binding values to patterns.

use ward_syntax::{Literal, Pat, PatId};

use super::{Evaluator, Frame};
use crate::Resolution;
use crate::endpoint::{HOLE, Value};

/// Whether a value fits a pattern.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fit {
    Yes,
    No,
    /// It may.
    Maybe,
}

impl<'a> Evaluator<'a> {
    /// Whether a value fits a pattern, as far as variants and texts tell.
    #[allow(
        clippy::self_only_used_in_recursion,
        clippy::only_used_in_recursion,
        reason = "reads as a question to the evaluation"
    )]
    pub(super) fn fit(&self, frame: &Frame<'a>, pat: PatId, value: &Value) -> Fit {
        let variant = |path| match frame.types.map(|types| types.path(path)) {
            Some(Resolution::Variant { def, index }) => match value {
                Value::Struct(value) if value.def == def => {
                    let own = value.variant.map(|own| own == index);
                    own.map_or(Fit::Maybe, |same| if same { Fit::Yes } else { Fit::No })
                }
                _ => Fit::Maybe,
            },
            _ => Fit::Maybe,
        };
        match frame.ir.pat(pat) {
            Pat::Wild | Pat::Bind { sub: None, .. } => Fit::Yes,
            Pat::Ref(inner) => self.fit(frame, inner, value),
            Pat::Path(path) => variant(path),
            Pat::TupleStruct { path, .. } | Pat::Struct { path, .. } => match variant(path) {
                // Its fields may not fit.
                Fit::Yes => Fit::Maybe,
                fit => fit,
            },
            Pat::Literal(Literal::Str(text)) => match value {
                Value::Text(own) if !own.as_str().contains(HOLE) => {
                    if *own == text {
                        Fit::Yes
                    } else {
                        Fit::No
                    }
                }
                _ => Fit::Maybe,
            },
            Pat::Or(pats) => {
                let mut all = Fit::No;
                for pat in frame.ir.list(pats) {
                    match self.fit(frame, pat, value) {
                        Fit::Yes => return Fit::Yes,
                        Fit::Maybe => all = Fit::Maybe,
                        Fit::No => {}
                    }
                }
                all
            }
            _ => Fit::Maybe,
        }
    }

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
                // A router that is a tuple has what documents it before itself.
                Value::Router(_) if index + 1 == count => Some(value.clone()),
                _ => None,
            };
            self.bind(frame, pat, part.unwrap_or_default());
        }
    }
}
