//! Lists: what vectors, arrays and iterators over them do.

use std::sync::Arc;

use ward_syntax::ExprId;

use super::expressions::any_of;
use super::{Evaluator, Frame};
use crate::endpoint::Value;

impl<'a> Evaluator<'a> {
    /// A method of a list; none if lists have no such method.
    pub(super) fn list_method(
        &mut self,
        frame: &mut Frame<'a>,
        all: &Arc<Vec<Value>>,
        receiver: ExprId,
        method: &str,
        arguments: &[Value],
    ) -> Option<Value> {
        let first = || arguments.first().cloned().unwrap_or_default();
        let changed = match method {
            "push" | "push_back" | "insert" => {
                let mut all = all.to_vec();
                all.push(arguments.last().cloned().unwrap_or_default());
                all
            }
            "extend" | "append" | "extend_from_slice" => {
                let mut all = all.to_vec();
                match first() {
                    Value::List(more) => all.extend(more.iter().cloned()),
                    other => all.push(other),
                }
                all
            }
            _ => return self.iterator(frame, all, method, arguments),
        };
        if let Some(place) = frame.place_of(receiver) {
            self.assign(frame, &place, Value::list(changed));
        }
        Some(Value::Unknown)
    }

    fn iterator(
        &mut self,
        frame: &mut Frame<'a>,
        all: &Arc<Vec<Value>>,
        method: &str,
        arguments: &[Value],
    ) -> Option<Value> {
        let first = || arguments.first().cloned().unwrap_or_default();
        Some(match method {
            "iter" | "into_iter" | "iter_mut" | "copied" | "cloned" | "collect" | "to_vec" | "drain"
            | "rev" | "filter" | "skip" | "take" | "as_slice" | "into_boxed_slice" | "by_ref"
            | "peekable" | "values" | "par_iter" => Value::List(Arc::clone(all)),
            "enumerate" => Value::list(
                all.iter().map(|value| Value::list(vec![Value::Unknown, value.clone()])).collect(),
            ),
            "chain" => match first() {
                Value::List(more) => Value::list(all.iter().chain(more.iter()).cloned().collect()),
                _ => Value::List(Arc::clone(all)),
            },
            "zip" => match first() {
                Value::List(more) => Value::list(
                    all.iter()
                        .zip(more.iter())
                        .map(|(a, b)| Value::list(vec![a.clone(), b.clone()]))
                        .collect(),
                ),
                _ => return None,
            },
            "flatten" => Value::list(all.iter().flat_map(parts).collect()),
            "map" | "filter_map" | "flat_map" => {
                let function = first();
                let mut results = Vec::new();
                for value in all.iter() {
                    let result = self.apply_in(frame, &function, vec![value.clone()]);
                    if method == "flat_map" {
                        results.extend(parts(&result));
                    } else {
                        results.push(result);
                    }
                }
                Value::list(results)
            }
            "for_each" => {
                let function = first();
                for value in all.iter() {
                    self.apply_in(frame, &function, vec![value.clone()]);
                }
                Value::Unknown
            }
            "fold" => {
                let function = arguments.get(1).cloned().unwrap_or_default();
                let mut state = first();
                for value in all.iter() {
                    state = self.apply_in(frame, &function, vec![state, value.clone()]);
                }
                state
            }
            "reduce" => {
                let function = first();
                let mut values = all.iter().cloned();
                let mut state = values.next().unwrap_or_default();
                for value in values {
                    state = self.apply_in(frame, &function, vec![state, value]);
                }
                state
            }
            "concat" if all.iter().any(|value| matches!(value, Value::Text(_))) => {
                let mut values = all.iter().cloned();
                let start = values.next().unwrap_or_default();
                values.fold(start, |text, value| self.sum(text, value))
            }
            "concat" => Value::list(all.iter().flat_map(parts).collect()),
            "join" => {
                let separator = first();
                let mut values = all.iter().cloned();
                let Some(start) = values.next() else { return Some(Value::Unknown) };
                values.fold(start, |text, value| {
                    let text = self.sum(text, separator.clone());
                    self.sum(text, value)
                })
            }
            "first" | "last" | "next" | "get" | "pop" | "get_mut" | "remove" | "next_back" => any_of(all),
            "len" | "is_empty" | "contains" | "contains_key" => Value::Unknown,
            _ => return None,
        })
    }

    /// Calls a function or closure of this frame, which may change its variables.
    pub(super) fn apply_in(&mut self, frame: &mut Frame<'a>, callee: &Value, arguments: Vec<Value>) -> Value {
        match callee {
            Value::Closure(closure) => {
                let closure = Arc::clone(closure);
                self.closure_in(&closure, arguments, Some(frame)).0
            }
            _ => self.apply(callee, arguments).0,
        }
    }
}

/// The elements of a list; any other value is one itself.
fn parts(value: &Value) -> Vec<Value> {
    match value {
        Value::List(all) => all.to_vec(),
        other => vec![other.clone()],
    }
}
