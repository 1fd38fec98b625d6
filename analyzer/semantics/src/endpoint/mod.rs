//! The endpoints of a workspace: each route with its methods, full path, handler and all that is attached to it.
//!
//! Routers are values. Every body that speaks of router building is evaluated abstractly: routers flow through
//! locals, functions that return them or take them, closures, conditionals and loops, and what a [`Framework`]
//! says about a call decides what becomes of them. What reaches the end of the way becomes an [`Endpoint`];
//! what got lost on it becomes one too, with what is known of it, and says so ([`Unknown`]).

mod attached;
mod attributes;
mod collect;
mod dispatch;
mod evaluate;
mod framework;
mod path;
mod reach;
mod relevant;
mod value;

pub use attached::{Attached, AttachedKind, Condition, What};
pub use attributes::{AttributeArgument, attribute_arguments};
pub use evaluate::{Evaluator, handler, texts};
pub use framework::{Call, Framework, Outcome};
pub use path::{HOLE, join, normalize};
pub use value::{ClosureValue, Made, Route, Router, StructValue, Value};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use ward_syntax::{ClosureId, ExprId, FileId, FileSpan, PatId, Symbol};

use crate::{DefId, Semantics, Ty};

/// The name of a framework.
pub type Name = &'static str;

/// A way into the service.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Endpoint {
    /// The framework that serves it.
    #[serde(with = "framework_name")]
    pub framework: Name,
    /// Which requests it answers.
    pub methods: Methods,
    /// The full path, parameters as `{name}`, those that take the rest of the path as `{*name}`. Parts that are
    /// not known are `{?}`.
    pub path: Symbol,
    /// What answers.
    pub handler: Handler,
    /// Where it is routed: the call, or the attribute.
    pub place: FileSpan,
    /// All that is attached to it and really applies, outermost first.
    pub layers: Vec<Attached>,
    /// The function that builds the router it is in, for grouping; none where it is not known.
    pub router: Option<DefId>,
    /// What could not be evaluated, and where.
    pub unknown: Vec<Unknown>,
}

/// Which methods an endpoint answers.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Methods {
    /// All, or all that nothing else answers.
    Any,
    /// These, in upper case, in the order written; what a protocol of its own calls them where it is not HTTP.
    Only(#[serde(with = "few")] SmallVec<[Symbol; 2]>),
}

/// What answers the requests of an endpoint.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Handler {
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
    /// What a function of the workspace makes when the router is built.
    Factory(DefId),
    /// A value of this type of the workspace, which is a service itself.
    Service(DefId),
    /// Something from outside the workspace: a file server, a redirect, generated code.
    External(Symbol),
    /// Code in place: the arm of a dispatching match.
    Inline {
        /// The function around it.
        function: DefId,
        /// Its file.
        file: FileId,
        /// The code.
        body: ExprId,
    },
    /// Not known.
    Unknown,
}

/// What stands in place of the path of a handler that is no code, but what it answers.
pub const CONSTANT: &str = "constant";

/// A part of an endpoint that could not be evaluated.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Unknown {
    /// Which part.
    pub part: UnknownPart,
    /// Where it stands.
    pub place: FileSpan,
}

/// The parts of an endpoint that may be unknown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum UnknownPart {
    /// A piece of the path, which is `{?}` there.
    Path,
    /// The methods.
    Methods,
    /// The handler.
    Handler,
    /// Where the router goes: it was not seen to be served, so outer paths and layers may be missing.
    Mount,
    /// Something attached.
    Layer,
}

/// A parameter that a handler takes of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Extractor {
    /// Its type.
    pub ty: Ty,
    /// Its pattern, in the file of the handler.
    pub pattern: PatId,
}

/// All endpoints of a workspace, sorted by path, method and place.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Endpoints {
    all: Vec<Endpoint>,
    by_handler: FxHashMap<DefId, Vec<usize>>,
    /// Functions that a handler without a name of its own calls.
    by_entry: FxHashMap<DefId, Vec<usize>>,
    /// Endpoints whose code stands in another function's body, by that function.
    inside: FxHashMap<DefId, Vec<usize>>,
}

impl Endpoints {
    /// Finds the endpoints of a workspace with what these frameworks know.
    pub fn new(semantics: &Semantics, frameworks: &[&'static dyn Framework]) -> Self {
        collect::endpoints(semantics, frameworks)
    }

    /// All of them.
    pub fn all(&self) -> &[Endpoint] {
        &self.all
    }

    /// Those that this function answers itself.
    pub fn of_handler(&self, function: DefId) -> impl Iterator<Item = &Endpoint> {
        self.by_handler.get(&function).into_iter().flatten().map(|at| &self.all[*at])
    }
}

impl Methods {
    /// Only this one.
    pub fn one(name: &str) -> Self {
        Self::Only(SmallVec::from_iter([Symbol::new(&name.to_ascii_uppercase())]))
    }

    /// These.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self::Only(names.into_iter().map(|name| Symbol::new(&name.to_ascii_uppercase())).collect())
    }

    /// The names, `ANY` for all.
    pub fn names(&self) -> Vec<&'static str> {
        match self {
            Self::Any => vec!["ANY"],
            Self::Only(names) => names.iter().map(|name| name.as_str()).collect(),
        }
    }

    /// Whether a request with one of them may change something, as far as methods promise.
    pub fn may_change(&self) -> bool {
        match self {
            Self::Any => true,
            Self::Only(names) => names.iter().any(|name| {
                !matches!(name.as_str(), "GET" | "HEAD" | "OPTIONS" | "TRACE" | "QUERY" | "SUBSCRIPTION")
            }),
        }
    }
}

impl Endpoint {
    /// What the handler takes of a request, in order; empty where it is not known.
    pub fn extractors(&self, semantics: &Semantics) -> Vec<Extractor> {
        match self.handler {
            Handler::Function(def) => {
                let Some(signature) = semantics.signature(def) else { return Vec::new() };
                let Some(function) = semantics.item(def).as_fn() else { return Vec::new() };
                let params = function.params.iter().zip(&signature.params);
                params.map(|(param, ty)| Extractor { ty: *ty, pattern: param.pat }).collect()
            }
            Handler::Closure { function, file, closure } => {
                let params = &semantics.ir(file).closure(closure).params;
                let ty = |pattern, written: Option<_>| match written {
                    Some(written) => semantics.resolve_type(function, written),
                    None => semantics.types(function).map_or_else(Ty::unknown, |types| {
                        match semantics.ir(file).pat(pattern) {
                            ward_syntax::Pat::Bind { local, .. } => types.local(local),
                            _ => Ty::unknown(),
                        }
                    }),
                };
                params
                    .iter()
                    .map(|(pattern, written)| Extractor { ty: ty(*pattern, *written), pattern: *pattern })
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// The function whose body holds the handler's code.
    pub fn function(&self) -> Option<DefId> {
        match self.handler {
            Handler::Function(def) | Handler::Factory(def) => Some(def),
            Handler::Closure { function, .. } | Handler::Inline { function, .. } => Some(function),
            Handler::Service(_) | Handler::External(_) | Handler::Unknown => None,
        }
    }

    /// Where the handler's code stands; where it is routed if there is none.
    pub fn handler_place(&self, semantics: &Semantics) -> FileSpan {
        match self.handler {
            Handler::Function(def) | Handler::Factory(def) | Handler::Service(def) => {
                let (file, _) = semantics.locate(def);
                FileSpan { file, span: semantics.item(def).name_span }
            }
            Handler::Closure { function, file, closure } => {
                let ir = semantics.ir_of(function);
                FileSpan { file, span: ir.expr_span(ir.closure(closure).body) }
            }
            Handler::Inline { function, file, body } => {
                FileSpan { file, span: semantics.ir_of(function).expr_span(body) }
            }
            Handler::External(_) | Handler::Unknown => self.place,
        }
    }

    /// The files in which closures, or other code in place, are parts of it.
    fn numbered_in(&self) -> impl Iterator<Item = FileId> {
        let own = match self.handler {
            Handler::Closure { file, .. } | Handler::Inline { file, .. } => Some(file),
            _ => None,
        };
        let what = self.layers.iter().flat_map(|layer| layer.arguments.iter().chain([&layer.what]));
        own.into_iter().chain(what.filter_map(|what| match what {
            What::Closure { file, .. } => Some(*file),
            _ => None,
        }))
    }

    /// Methods and path, for messages.
    pub fn title(&self) -> String {
        format!("{} {}", self.methods.names().join("|"), self.path)
    }
}

/// The name of a framework as the name it is, stored once.
mod framework_name {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use ward_syntax::Symbol;

    use super::Name;

    pub(super) fn serialize<S: Serializer>(name: Name, serializer: S) -> Result<S::Ok, S::Error> {
        Symbol::new(name).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Name, D::Error> {
        Symbol::deserialize(deserializer).map(Symbol::as_str)
    }
}

/// A few names as a list.
mod few {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use smallvec::SmallVec;
    use ward_syntax::Symbol;

    pub(super) fn serialize<S: Serializer>(
        names: &SmallVec<[Symbol; 2]>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        names.as_slice().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<SmallVec<[Symbol; 2]>, D::Error> {
        Vec::deserialize(deserializer).map(SmallVec::from_vec)
    }
}
