//! Guards: what makes sure that a caller is known, and may do what he asks for.
//!
//! A guard is recognised by what it does: it reads a credential of the request and refuses where there is none.
//! Every function is evaluated once, callees first ([`index`]), with a small domain of its own ([`deps`]); extractors,
//! middleware, helpers and handlers are then judged by the same summaries. Names decide which header is a
//! credential and which field a role ([`names`]), never that something is a guard.

mod attached;
mod calls;
mod chain;
mod deps;
mod evaluate;
mod exempt;
mod expressions;
mod extract;
mod index;
mod matching;
mod memo;
mod names;
mod statuses;

use std::sync::OnceLock;

pub use self::memo::Judged;
pub use self::names::{is_authorizing, is_identity, is_owner, is_role_type, words};
use rayon::prelude::*;
use ward_diagnostics::Confidence;
use ward_flow::models::Models;
pub use ward_flow::models::{Authenticates, Effect, Effects};
use ward_semantics::endpoint::{Attached, AttachedKind, Endpoint, Endpoints, Handler, What};
use ward_semantics::{DefId, Semantics, Ty};
use ward_syntax::{ClosureId, FileId, FileSpan, Pat};

use self::chain::Chain;
use self::deps::Deps;
use self::evaluate::{Context, Evaluator};
use self::index::Known;

/// What something does about the caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// Whether it makes sure that he is known.
    pub authenticates: Authenticates,
    /// Whether it asks for a role, permission or scope.
    pub role: bool,
    /// Whether it ties what the request names to him.
    pub owner: bool,
    /// How sure this is.
    pub confidence: Confidence,
    /// Where the credential is read, or the call below which it is.
    pub credential: Option<FileSpan>,
    /// Where it refuses.
    pub refusal: Option<FileSpan>,
}

impl Verdict {
    /// It asks nothing.
    pub const NONE: Self = Self {
        authenticates: Authenticates::None,
        role: false,
        owner: false,
        confidence: Confidence::High,
        credential: None,
        refusal: None,
    };

    /// What both do together, told by the stronger one.
    #[must_use]
    pub fn stronger(self, other: Self) -> Self {
        let (strong, weak) =
            if other.authenticates > self.authenticates { (other, self) } else { (self, other) };
        Self { role: strong.role || weak.role, owner: strong.owner || weak.owner, ..strong }
    }

    /// Whether nobody gets past it unknown.
    pub fn enforces(&self) -> bool {
        self.authenticates == Authenticates::Enforced
    }
}

/// A guard of an endpoint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Guard {
    /// What it does.
    pub verdict: Verdict,
    /// How the endpoint comes by it.
    pub how: GuardKind,
    /// Where it stands: the attachment, the handler's parameter, the refusal in its body.
    pub place: FileSpan,
}

/// What stands between a caller and what an endpoint does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EndpointAccess {
    /// Its guards, those that do not enforce included: attached ones from outside in, then those that the handler
    /// takes, then what it asks itself.
    pub guards: Vec<Guard>,
    /// What they do together.
    pub verdict: Verdict,
    /// What the handler does beyond its answer.
    pub effects: Effects,
}

/// How an endpoint comes by a guard.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum GuardKind {
    /// It is attached to the route or to a router around it; the number is that of [`Endpoint::layers`].
    Attached(usize),
    /// The handler takes it; the number is that of the parameter.
    Argument(usize),
    /// The handler asks in its body, or by calls.
    Body,
}

/// What every function and type of a workspace does about the caller.
#[derive(Debug)]
pub struct Guards<'a> {
    semantics: &'a Semantics,
    models: &'a Models,
    /// Paths that the project declares as guards, with the role that each proves, if any.
    declared: Vec<(&'a str, Option<&'a str>)>,
    /// What an earlier run has found out, if that is wanted.
    judged: Option<&'a Judged>,
    known: OnceLock<Known>,
    endpoints: OnceLock<Vec<EndpointAccess>>,
}

impl<'a> Guards<'a> {
    /// Nothing is evaluated until it is asked for. `declared` are the paths of guards that the project names itself, with
    /// the role that each proves, if any; `judged` is what an earlier run has kept, if this one is to use it.
    pub fn new(
        semantics: &'a Semantics,
        models: &'a Models,
        declared: Vec<(&'a str, Option<&'a str>)>,
        judged: Option<&'a Judged>,
    ) -> Self {
        Self { semantics, models, declared, judged, known: OnceLock::new(), endpoints: OnceLock::new() }
    }

    fn known(&self) -> &Known {
        self.known.get_or_init(|| Known::build(self.semantics, self.models, &self.declared, self.judged))
    }

    /// Evaluates all functions, which is done only once: whoever asks first waits for it otherwise.
    pub(crate) fn evaluate(&self) {
        self.known();
    }

    /// What stands before each endpoint, in the order of [`Endpoints::all`].
    pub fn of_endpoints(&self, endpoints: &Endpoints) -> &[EndpointAccess] {
        self.endpoints.get_or_init(|| {
            let all = endpoints.all().par_iter();
            all.map(|endpoint| {
                let guards = self.of_endpoint(endpoint);
                let verdict = guards.iter().fold(Verdict::NONE, |all, guard| all.stronger(guard.verdict));
                EndpointAccess { guards, verdict, effects: self.endpoint_effects(endpoint) }
            })
            .collect()
        })
    }

    fn context(&self) -> Context<'_> {
        Context { semantics: self.semantics, models: self.models, known: self.known() }
    }

    /// What a function's own body does, calls included: of a handler, a helper, a middleware, an interceptor.
    pub fn of_function(&self, def: DefId) -> Verdict {
        self.known().summary(def).map_or(Verdict::NONE, extract::of_summary)
    }

    /// What a closure does that stands for a function.
    pub fn of_closure(&self, function: DefId, file: FileId, closure: ClosureId) -> Verdict {
        let summary = Evaluator::closure(self.context(), function, file, closure);
        summary.map_or(Verdict::NONE, |summary| extract::of_summary(&summary))
    }

    /// What it says that a handler takes a parameter of this type.
    pub fn of_extractor(&self, ty: Ty) -> Verdict {
        let known = self.known();
        known.type_verdict(ty).unwrap_or_else(|| extract::of_type(self.context(), ty))
    }

    /// What something attached to routes does.
    pub fn of_attached(&self, attached: &Attached) -> Verdict {
        attached::of_attached(self.context(), attached)
    }

    fn of_endpoint(&self, endpoint: &Endpoint) -> Vec<Guard> {
        let mut guards = Vec::new();
        let chain = Chain::follow(self.context(), &endpoint.layers);
        // Past a middleware that tells by a header who calls, everybody can send that header.
        let mut is_forgeable = false;
        for (index, layer) in endpoint.layers.iter().enumerate() {
            let mut verdict = self.of_attached(layer).stronger(chain.verdict(index));
            let is_passed = |layer| {
                self.is_unused(endpoint, layer) || exempt::lets_through(self.context(), layer, endpoint)
            };
            if verdict.enforces() && is_passed(layer) {
                verdict = Verdict::NONE;
                is_forgeable |= self.leaves_header(layer);
            }
            guards.push(Guard { verdict, how: GuardKind::Attached(index), place: layer.place });
        }
        let file = endpoint.handler_place(self.semantics).file;
        for (index, extractor) in endpoint.extractors(self.semantics).iter().enumerate() {
            let place = FileSpan { file, span: self.semantics.ir(file).pat_span(extractor.pattern) };
            let mut verdict = self.of_extractor(extractor.ty);
            if verdict.authenticates == Authenticates::Optional && self.is_rewritten(endpoint) {
                verdict = Verdict {
                    authenticates: Authenticates::Enforced,
                    confidence: Confidence::Medium,
                    ..verdict
                };
            }
            guards.push(Guard { verdict, how: GuardKind::Argument(index), place });
        }
        let is_taken = |guard: &Guard| match guard.how {
            GuardKind::Attached(index) => endpoint.layers[index].kind == AttachedKind::Extractor,
            GuardKind::Argument(_) | GuardKind::Body => false,
        };
        let taken = guards.iter().filter(|guard| is_taken(guard));
        let is_taken = taken.clone().any(|guard| guard.verdict.authenticates == Authenticates::Optional);
        let mut verdict = if is_taken { self.of_given(endpoint, &chain) } else { self.of_handler(endpoint) };
        if is_forgeable && !self.reads_sent(endpoint) {
            verdict.authenticates = verdict.authenticates.min(Authenticates::Optional);
        }
        let place = verdict.refusal.or(verdict.credential).unwrap_or(endpoint.place);
        guards.push(Guard { verdict, how: GuardKind::Body, place });
        guards.retain(|guard| guard.verdict.authenticates != Authenticates::None);
        guards
    }

    /// Whether a middleware tells those behind it by a header of the request who calls.
    fn leaves_header(&self, layer: &Attached) -> bool {
        [&layer.what].into_iter().chain(&layer.arguments).any(|what| match what {
            What::Function(def) => self.known().summary(*def).is_some_and(|summary| summary.leaves_header),
            _ => false,
        })
    }

    /// Whether a handler reads a credential that no middleware has left in a header.
    fn reads_sent(&self, endpoint: &Endpoint) -> bool {
        match endpoint.handler {
            Handler::Function(def) => self.known().summary(def).is_none_or(|summary| summary.reads_sent),
            _ => true,
        }
    }

    /// Whether an attribute that is called a guard rewrites the function that answers: `#[login_required]`.
    fn is_rewritten(&self, endpoint: &Endpoint) -> bool {
        let Handler::Function(def) = endpoint.handler else { return false };
        let attributes = &self.semantics.item(def).attributes;
        attributes.iter().any(|attribute| names::is_guard(attribute.last_segment()))
    }

    /// Whether a header that is only demanded is given to a handler that does not look at it.
    fn is_unused(&self, endpoint: &Endpoint, layer: &Attached) -> bool {
        let is_text = |what: &What| matches!(what, What::Text(_));
        let is_code = |layer: &Attached| match layer.what {
            What::Function(def) => self.semantics.signature(def).is_none_or(|own| !own.params.is_empty()),
            What::Closure { file, closure, .. } => {
                !self.semantics.ir(file).closure(closure).params.is_empty()
            }
            _ => false,
        };
        let demands = layer.kind == AttachedKind::Extractor && layer.arguments.iter().any(is_text);
        let extractors = endpoint.layers.iter().filter(|layer| layer.kind == AttachedKind::Extractor);
        if !demands || extractors.into_iter().any(is_code) {
            return false;
        }
        let ir = self.semantics.ir(endpoint.handler_place(self.semantics).file);
        endpoint.extractors(self.semantics).iter().any(|extractor| match ir.pat(extractor.pattern) {
            Pat::Bind { local, .. } => {
                let name = ir.local(local).name.as_str();
                name.starts_with('_') && names::is_credential(name)
            }
            _ => false,
        })
    }

    /// What the code of a handler does itself that is given a credential, or none: what may be absent of what it takes is
    /// the credential.
    fn of_given(&self, endpoint: &Endpoint, chain: &Chain) -> Verdict {
        let summary = match endpoint.handler {
            Handler::Closure { function, file, closure } => {
                Evaluator::closure(self.context(), function, file, closure)
            }
            Handler::Function(def) => self.known().summary(def).copied(),
            _ => None,
        };
        let Some(summary) = summary else { return self.of_handler(endpoint) };
        let extractors = endpoint.extractors(self.semantics);
        let is_carried = |index: usize| {
            extractors.get(index).is_some_and(|extractor| {
                extractor.ty.as_external("std::option::Option").is_some() || chain.carries(extractor.ty)
            })
        };
        let given = |index: usize| if is_carried(index) { Deps::CREDENTIAL } else { Deps::param(index) };
        extract::of_summary(&summary.instantiate(given))
    }

    /// What the code of a handler does itself.
    fn of_handler(&self, endpoint: &Endpoint) -> Verdict {
        match endpoint.handler {
            Handler::Function(def) => self.of_function(def),
            Handler::Inline { function, .. } => self.of_function(function),
            Handler::Closure { function, file, closure } => self.of_closure(function, file, closure),
            Handler::Service(def) => attached::of_item(self.context(), def, 2),
            Handler::Factory(def) => self.of_function(def),
            Handler::External(_) | Handler::Unknown => Verdict::NONE,
        }
    }

    /// What the handler of an endpoint does beyond its answer.
    fn endpoint_effects(&self, endpoint: &Endpoint) -> Effects {
        match endpoint.handler {
            Handler::Closure { function, file, closure } => {
                let summary = Evaluator::closure(self.context(), function, file, closure);
                summary.map_or(Effects::NONE, |summary| summary.effects)
            }
            _ => endpoint.function().map_or(Effects::NONE, |def| self.effects(def)),
        }
    }

    /// What a function does beyond its result, in it or below it.
    pub fn effects(&self, def: DefId) -> Effects {
        self.known().summary(def).map_or(Effects::NONE, |summary| summary.effects)
    }

    /// Where a function has a credential checked and drops the answer, if it does.
    pub fn unheard(&self, def: DefId) -> Option<FileSpan> {
        self.known().summary(def)?.unheard
    }

    /// Where a function finds out whether the caller has a role and drops the answer, if nothing else in it asks for one.
    pub fn unheard_role(&self, def: DefId) -> Option<FileSpan> {
        let summary = self.known().summary(def)?;
        summary.unheard_role.filter(|_| !self.asks_role(def))
    }

    /// Where a function takes for the owner whom the request names, and the caller only where it names nobody, if it does not
    /// ask whether he may.
    pub fn yields(&self, def: DefId) -> Option<FileSpan> {
        let summary = self.known().summary(def)?;
        summary.yields.filter(|_| !self.asks_role(def) && !summary.fail.has(Deps::OWNER))
    }

    /// Whether a function makes out a credential for whoever the request names, of nobody who is known.
    pub fn issues_on_request(&self, def: DefId) -> bool {
        let issued = self.known().summary(def).map_or(Deps::NONE, |summary| summary.issued);
        issued.has(Deps::REQUEST) && !issued.has(Deps::CREDENTIAL)
    }

    /// Whether something in a function, or below it, refuses for the lack of a role: `authorize(&user, Action::Delete)?`.
    pub fn asks_role(&self, def: DefId) -> bool {
        let summary = self.known().summary(def);
        summary.is_some_and(|summary| summary.fail.has(Deps::ROLE) || summary.present.has(Deps::ROLE))
    }

    /// Whether a function refuses for something that it is given or that the caller sent.
    pub fn judges(&self, def: DefId) -> bool {
        self.known().summary(def).is_some_and(|summary| !summary.fail.of_caller().is_none())
    }

    /// Whether the caller's identity meets something that the request chose, in a function or below it.
    pub fn ties(&self, def: DefId) -> bool {
        self.known().summary(def).is_some_and(|summary| summary.ties || summary.fail.has(Deps::OWNER))
    }
}
