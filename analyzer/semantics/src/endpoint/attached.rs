//! What is attached to an endpoint: layers, middleware, interceptors, guards by attribute.

use serde::{Deserialize, Serialize};
use ward_syntax::{ClosureId, FileId, FileSpan, Symbol};

use super::{Made, Value};
use crate::{DefId, Semantics, Ty};

/// Something that a request passes on its way to a handler.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Attached {
    /// How it is attached.
    pub kind: AttachedKind,
    /// What it is: the function or closure, the type of the workspace, or the external function that makes it.
    pub what: What,
    /// Everything of interest among the arguments it was made with, nested ones too: functions and closures that do
    /// the work, types, texts. A middleware made of a function has that function first, before functions that make its
    /// other arguments.
    pub arguments: Vec<What>,
    /// Methods that were called on it with `true`: settings.
    pub given_true: Vec<Symbol>,
    /// Where it is attached.
    pub place: FileSpan,
    /// Whether it always is.
    pub condition: Condition,
}

/// How something is attached.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum AttachedKind {
    /// A layer or middleware around the handler.
    Layer,
    /// A condition on the request that chooses the route: where it fails, another route may answer.
    Condition,
    /// A function that sees every request of a service before the handler, and may refuse it.
    Interceptor,
    /// A hook of the whole service, which sees requests and cannot answer them.
    Hook,
    /// A value taken of the request by composition, which fails where it is absent.
    Extractor,
    /// What answers when a handler refuses or fails.
    Catcher,
}

/// Whether something attached always applies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Condition {
    /// It does.
    Always,
    /// Only on one side of a conditional.
    Sometimes,
    /// It does, and who fails it goes on all the same.
    Waived,
}

/// A callable, a type, or a path.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum What {
    /// A function or method of the workspace.
    Function(DefId),
    /// A closure.
    Closure {
        /// The function or initialiser around it.
        function: DefId,
        /// Its file.
        file: FileId,
        /// The closure.
        closure: ClosureId,
    },
    /// A type, const or static of the workspace; for a type, a value of it.
    Item(DefId),
    /// A type by which something is taken out of the request: who cannot give it does not get further.
    Taken(Ty),
    /// Something from outside the workspace, by canonical path; of a method `Type::method`, of a macro `path!`.
    External(Symbol),
    /// A method on a value of unknown type.
    Method(Symbol),
    /// A text.
    Text(Symbol),
    /// Not known.
    Unknown,
}

impl Attached {
    /// What a value is, attached.
    pub fn new(kind: AttachedKind, value: &Value, place: FileSpan) -> Self {
        let what = what(value);
        let mut arguments = Vec::new();
        let mut given_true = Vec::new();
        if let Value::Made(made) = value {
            of_made(made, &mut arguments, 0);
            first_named(made, &mut arguments);
            settings(made, &mut given_true);
        }
        arguments.retain(|argument| *argument != What::Unknown);
        Self { kind, what, arguments, given_true, place, condition: Condition::Always }
    }

    /// The same, but for what it is.
    #[must_use]
    pub fn with(mut self, what: What) -> Self {
        self.what = what;
        self
    }

    /// A short name for people: the function, the type, or the last two segments of the path.
    pub fn name(&self, semantics: &Semantics) -> String {
        let own = self.what.name(semantics);
        let inner = self
            .arguments
            .iter()
            .find(|what| matches!(what, What::Function(_) | What::Closure { .. } | What::Taken(_)));
        match (self.what, inner) {
            (What::External(_) | What::Method(_), Some(inner)) => {
                format!("{own}({})", inner.name(semantics))
            }
            _ => own,
        }
    }
}

impl What {
    /// A short name for people.
    pub fn name(&self, semantics: &Semantics) -> String {
        match self {
            Self::Function(def) | Self::Item(def) => {
                let name = semantics.def_map.name(*def).as_str().to_owned();
                match semantics.enclosing_impl(*def) {
                    Some(info) => format!("{}::{name}", semantics.pretty_type(info.self_ty)),
                    None => name,
                }
            }
            Self::Taken(ty) => semantics.pretty_type(*ty),
            Self::Closure { .. } => "closure".to_owned(),
            Self::External(path) => {
                let segments: Vec<&str> = path.as_str().rsplitn(3, "::").take(2).collect();
                match segments[..] {
                    [name, ty] if ty.starts_with(char::is_uppercase) => format!("{ty}::{name}"),
                    [name, ..] => name.to_owned(),
                    [] => String::new(),
                }
            }
            Self::Method(name) => name.as_str().to_owned(),
            Self::Text(text) => format!("{:?}", text.as_str()),
            Self::Unknown => "?".to_owned(),
        }
    }
}

/// How deep arguments of arguments are searched.
const DEPTH: usize = 6;

/// What a value is.
pub(super) fn what(value: &Value) -> What {
    match value {
        Value::Function(def) => What::Function(*def),
        Value::Closure(closure) => {
            What::Closure { function: closure.function, file: closure.file, closure: closure.closure }
        }
        Value::Struct(value) => What::Item(value.def),
        Value::Made(made) => match (made.what, &made.receiver) {
            // Settings on a value do not change what it is.
            (What::Method(_) | What::External(_), Some(receiver)) if is_setting(made) => what(receiver),
            (own, _) => own,
        },
        Value::Text(text) => What::Text(*text),
        Value::OneOf(all) => all.first().map_or(What::Unknown, what),
        _ => What::Unknown,
    }
}

/// Whether a method call on something made before gives the same thing with other settings.
fn is_setting(made: &Made) -> bool {
    match made.receiver.as_ref() {
        Some(Value::Made(receiver)) => receiver.what != What::Unknown,
        Some(Value::Struct(_) | Value::Function(_) | Value::Closure(_)) => true,
        _ => false,
    }
}

fn of_made(made: &Made, into: &mut Vec<What>, depth: usize) {
    if let Some(receiver) = &made.receiver {
        match receiver {
            Value::Made(receiver) => of_made(receiver, into, depth + 1),
            other => of_value(other, into, depth + 1),
        }
    }
    for argument in &made.arguments {
        of_value(argument, into, depth + 1);
    }
}

/// Puts the function that something was given before those that make its other arguments.
fn first_named(made: &Made, arguments: &mut Vec<What>) {
    let given = made.beginning().arguments.iter().find_map(|value| match value {
        Value::Function(_) | Value::Closure(_) => Some(what(value)),
        _ => None,
    });
    if let Some(given) = given {
        arguments.retain(|argument| *argument != given);
        arguments.insert(0, given);
    }
}

/// The methods that were called on something with `true`.
fn settings(made: &Made, into: &mut Vec<Symbol>) {
    let Some(Value::Made(receiver)) = &made.receiver else { return };
    settings(receiver, into);
    if let (What::Method(name) | What::External(name), [Value::Text(text)]) = (made.what, &made.arguments[..])
        && text.as_str() == "true"
    {
        into.push(Symbol::new(name.as_str().rsplit(':').next().unwrap_or_default()));
    }
}

fn of_value(value: &Value, into: &mut Vec<What>, depth: usize) {
    if depth > DEPTH {
        return;
    }
    match value {
        Value::Made(made) => {
            if made.receiver.is_none() {
                into.push(made.what);
            }
            of_made(made, into, depth);
        }
        Value::List(all) | Value::OneOf(all) => all.iter().for_each(|value| of_value(value, into, depth + 1)),
        Value::Struct(value) => into.push(What::Item(value.def)),
        other => into.push(what(other)),
    }
}
