//! What expressions come to while routers are built.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use ward_syntax::{ClosureId, FileId, FileSpan, LocalId, Symbol};

use super::{Attached, Condition, Handler, Methods, Unknown, What};
use crate::DefId;

/// An abstract value. `Some(x)`, `Ok(x)`, boxes and references are what they hold.
#[derive(Clone, Default, Debug)]
pub enum Value {
    /// Nothing known.
    #[default]
    Unknown,
    /// A constant text; pieces that are not known are [`super::HOLE`].
    Text(Symbol),
    /// A function of the workspace.
    Function(DefId),
    /// A closure with what it captured.
    Closure(Arc<ClosureValue>),
    /// A router, or any other thing that holds routes.
    Router(Arc<Router>),
    /// An array, a vector or a tuple.
    List(Arc<Vec<Self>>),
    /// A struct of the workspace with its fields.
    Struct(Arc<StructValue>),
    /// What a call made that is not evaluated, or an item from outside the workspace.
    Made(Arc<Made>),
    /// One of these, by conditions.
    OneOf(Arc<Vec<Self>>),
}

/// A closure with what it captured.
#[derive(Clone, Debug)]
pub struct ClosureValue {
    /// The function or initialiser around it.
    pub function: DefId,
    /// Its file.
    pub file: FileId,
    /// The closure.
    pub closure: ClosureId,
    /// The variables where it was made.
    pub(super) locals: FxHashMap<LocalId, Value>,
}

/// A value of a struct of the workspace.
#[derive(Clone, Debug)]
pub struct StructValue {
    /// The struct or enum.
    pub def: DefId,
    /// The variant of an enum.
    pub variant: Option<u32>,
    /// Its fields as far as they are known, a tuple's by index.
    pub fields: Vec<(Symbol, Value)>,
}

/// The result of a call that is not evaluated; an item from outside the workspace has no arguments.
#[derive(Clone, Debug)]
pub struct Made {
    /// What was called, or the item.
    pub what: What,
    /// The receiver of a method call.
    pub receiver: Option<Value>,
    /// The arguments.
    pub arguments: Vec<Value>,
    /// Where.
    pub place: FileSpan,
}

/// Anything that holds routes: a router, a scope, the methods of one path, a filter.
#[derive(Clone, Debug)]
pub struct Router {
    /// The framework, by index.
    pub framework: usize,
    /// What the framework calls this kind of holder.
    pub kind: &'static str,
    /// The routes in it, with paths as seen from inside.
    pub routes: Vec<Route>,
    /// What stands before all paths once it is put into another; several where conditions choose.
    pub prefix: Vec<Symbol>,
    /// What applies to all routes once it is put into another, also to those added later; innermost first.
    pub layers: Vec<Attached>,
    /// Methods that a framework has set aside for routes to come.
    pub methods: Option<Methods>,
    /// Whether methods change it in place, through a reference.
    pub in_place: bool,
    /// Whether its routes are parts of which routes may be made: they are none before it is served.
    pub partial: bool,
    /// What else a framework wants to remember.
    pub notes: Vec<(&'static str, Value)>,
    /// What is not known of all routes in it.
    pub unknown: Vec<Unknown>,
}

/// One route of a [`Router`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Route {
    /// Which requests it answers.
    pub methods: Methods,
    /// Its path so far, as written; pieces that are not known are [`super::HOLE`].
    pub path: Symbol,
    /// What answers.
    pub handler: Handler,
    /// Where it is routed.
    pub place: FileSpan,
    /// What is attached so far, innermost first.
    pub layers: Vec<Attached>,
    /// The function that builds the router.
    pub router: Option<DefId>,
    /// What is not known of it.
    pub unknown: Vec<Unknown>,
}

impl Made {
    /// What the first of a chain of method calls was called on.
    pub fn beginning(&self) -> &Self {
        let mut made = self;
        while let Some(Value::Made(receiver)) = &made.receiver {
            made = receiver;
        }
        made
    }
}

impl Value {
    /// A list.
    pub fn list(values: Vec<Self>) -> Self {
        Self::List(Arc::new(values))
    }

    /// A router.
    pub fn router(router: Router) -> Self {
        Self::Router(Arc::new(router))
    }

    /// The router of this kind, if it is one.
    pub fn as_router(&self, kind: &str) -> Option<&Router> {
        match self {
            Self::Router(router) if router.kind == kind => Some(router),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<Symbol> {
        match self {
            Self::Text(text) => Some(*text),
            _ => None,
        }
    }

    /// Every router in it, however deep, in order.
    pub fn routers<'a>(&'a self, into: &mut Vec<&'a Arc<Router>>) {
        self.each_router(&mut FxHashSet::default(), &mut |router| into.push(router));
    }

    /// Values are shared: one that a thousand others are made of stands in each of them, and is looked into once.
    fn each_router<'a>(&'a self, seen: &mut FxHashSet<*const u8>, visit: &mut impl FnMut(&'a Arc<Router>)) {
        let parts = match self {
            Self::Router(router) => return visit(router),
            Self::List(all) | Self::OneOf(all) => Arc::as_ptr(all).cast(),
            Self::Struct(value) => Arc::as_ptr(value).cast(),
            Self::Made(made) => Arc::as_ptr(made).cast(),
            Self::Unknown | Self::Text(_) | Self::Function(_) | Self::Closure(_) => return,
        };
        if !seen.insert(parts) {
            return;
        }
        match self {
            Self::List(all) | Self::OneOf(all) => {
                all.iter().for_each(|value| value.each_router(seen, visit));
            }
            Self::Struct(value) => {
                value.fields.iter().for_each(|(_, value)| value.each_router(seen, visit));
            }
            Self::Made(made) => {
                let parts = made.receiver.iter().chain(&made.arguments);
                parts.for_each(|value| value.each_router(seen, visit));
            }
            _ => {}
        }
    }

    pub(super) fn holds_router(&self) -> bool {
        let mut holds = false;
        self.each_router(&mut FxHashSet::default(), &mut |_| holds = true);
        holds
    }

    /// Whether nothing is known.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// What a conditional gives: one of two values. Routers are joined into one that has the routes of both.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unknown, other) | (other, Self::Unknown) => other,
            (Self::Text(a), Self::Text(b)) if a == b => Self::Text(a),
            (Self::Function(a), Self::Function(b)) if a == b => Self::Function(a),
            (Self::Router(a), Self::Router(b)) => {
                if Arc::ptr_eq(&a, &b) || a.kind != b.kind {
                    return Self::Router(a);
                }
                Self::router(Arc::unwrap_or_clone(a).or(&b))
            }
            (Self::List(a), Self::List(b)) if Arc::ptr_eq(&a, &b) => Self::List(a),
            (Self::List(a), Self::List(b)) if a.len() == b.len() => {
                Self::list(a.iter().zip(b.iter()).map(|(a, b)| a.clone().or(b.clone())).collect())
            }
            (Self::List(a), Self::List(b)) => {
                let (long, short) = if a.len() > b.len() { (a, b) } else { (b, a) };
                if !short.iter().any(Self::holds_router) {
                    return Self::List(long);
                }
                Self::list(long.iter().chain(short.iter()).cloned().collect())
            }
            (Self::List(a), router @ Self::Router(_)) | (router @ Self::Router(_), Self::List(a))
                if a.iter().any(Self::holds_router) =>
            {
                Self::list(a.iter().cloned().chain([router]).collect())
            }
            (Self::Struct(a), Self::Struct(b)) if a.def == b.def && a.variant == b.variant => {
                Self::Struct(Arc::new(a.or(&b)))
            }
            (Self::Closure(a), Self::Closure(b)) if Arc::ptr_eq(&a, &b) => Self::Closure(a),
            (Self::Made(a), Self::Made(b)) if a.place == b.place => Self::Made(a),
            // A router wins over what is none: `None`, an error, a value that never was.
            (Self::Router(a), _) | (_, Self::Router(a)) => Self::Router(a),
            (Self::OneOf(all), other) | (other, Self::OneOf(all)) => one_of(all, other),
            (a, b) => Self::OneOf(Arc::new(vec![a, b])),
        }
    }
}

/// How many values a conditional keeps.
const MOST_CHOICES: usize = 24;

fn one_of(mut all: Arc<Vec<Value>>, other: Value) -> Value {
    if all.len() >= MOST_CHOICES {
        return Value::OneOf(all);
    }
    let known = |value: &Value| match (value, &other) {
        (Value::Text(a), Value::Text(b)) => a == b,
        (Value::Function(a), Value::Function(b)) => a == b,
        (Value::Made(a), Value::Made(b)) => a.place == b.place,
        (Value::Struct(a), Value::Struct(b)) => a.def == b.def && a.variant == b.variant,
        _ => false,
    };
    if !all.iter().any(known) {
        Arc::make_mut(&mut all).push(other);
    }
    Value::OneOf(all)
}

impl StructValue {
    /// A field.
    pub fn field(&self, name: Symbol) -> Value {
        self.fields.iter().find(|field| field.0 == name).map(|field| field.1.clone()).unwrap_or_default()
    }

    /// Sets a field.
    pub fn set(&mut self, name: Symbol, value: Value) {
        match self.fields.iter_mut().find(|field| field.0 == name) {
            Some(field) => field.1 = value,
            None => self.fields.push((name, value)),
        }
    }

    fn or(&self, other: &Self) -> Self {
        let mut joined = self.clone();
        for (name, value) in &other.fields {
            let own = joined.field(*name);
            joined.set(*name, own.or(value.clone()));
        }
        joined
    }
}

impl Route {
    /// Whether two are the same but for what is attached.
    fn is_same(&self, other: &Self) -> bool {
        self.place == other.place
            && self.path == other.path
            && self.handler == other.handler
            && self.methods == other.methods
    }

    /// Attaches something around all that is attached.
    pub fn wrap(&mut self, attached: &[Attached]) {
        self.layers.extend_from_slice(attached);
    }
}

impl Router {
    /// A router with nothing in it, of a framework still to be set.
    pub fn empty(kind: &'static str) -> Self {
        Self {
            framework: 0,
            kind,
            routes: Vec::new(),
            prefix: Vec::new(),
            layers: Vec::new(),
            methods: None,
            in_place: false,
            partial: false,
            notes: Vec::new(),
            unknown: Vec::new(),
        }
    }

    /// The routes as the parent sees them: behind the prefix, inside the layers. `join` puts paths together.
    #[must_use]
    pub fn close(&self, join: &dyn Fn(&str, &str) -> String) -> Vec<Route> {
        let mut closed = Vec::with_capacity(self.routes.len());
        let none = [Symbol::new("")];
        let prefixes = if self.prefix.is_empty() { &none[..] } else { &self.prefix };
        for prefix in prefixes {
            for route in &self.routes {
                let mut route = route.clone();
                if !self.prefix.is_empty() {
                    route.path = Symbol::new(&join(prefix.as_str(), route.path.as_str()));
                }
                route.wrap(&self.layers);
                route.unknown.extend_from_slice(&self.unknown);
                closed.push(route);
            }
        }
        closed
    }

    /// What was noted under a name.
    pub fn note(&self, name: &str) -> Option<&Value> {
        self.notes.iter().rev().find(|note| note.0 == name).map(|note| &note.1)
    }

    /// Both sides of a conditional: the routes of both, and what only one side attaches marked as such.
    fn or(mut self, other: &Self) -> Self {
        let mut used = vec![false; other.routes.len()];
        for route in &mut self.routes {
            let twin = other.routes.iter().enumerate().find(|(at, twin)| !used[*at] && twin.is_same(route));
            if let Some((at, twin)) = twin {
                used[at] = true;
                route.layers = either(&route.layers, &twin.layers);
            }
        }
        let only_there = other.routes.iter().zip(&used).filter(|(_, used)| !**used).map(|(route, _)| route);
        self.routes.extend(only_there.cloned());
        self.layers = either(&self.layers, &other.layers);
        for prefix in &other.prefix {
            if !self.prefix.contains(prefix) {
                self.prefix.push(*prefix);
            }
        }
        for note in &other.notes {
            if !self.notes.iter().any(|own| own.0 == note.0) {
                self.notes.push(note.clone());
            }
        }
        self
    }
}

/// The attachments of two sides of a conditional: what both have always applies.
fn either(a: &[Attached], b: &[Attached]) -> Vec<Attached> {
    if a == b {
        return a.to_vec();
    }
    let same = |a: &Attached, b: &Attached| a.place == b.place && a.what == b.what;
    let mut all = Vec::with_capacity(a.len().max(b.len()));
    let mut rest = b;
    for own in a {
        match rest.iter().position(|other| same(own, other)) {
            Some(at) => {
                all.extend(rest[..at].iter().cloned().map(sometimes));
                rest = &rest[at + 1..];
                let condition = own.condition.max(
                    b.iter()
                        .find(|other| same(own, other))
                        .map_or(Condition::Always, |other| other.condition),
                );
                all.push(Attached { condition, ..own.clone() });
            }
            None => all.push(sometimes(own.clone())),
        }
    }
    all.extend(rest.iter().cloned().map(sometimes));
    all
}

fn sometimes(attached: Attached) -> Attached {
    Attached { condition: Condition::Sometimes, ..attached }
}
