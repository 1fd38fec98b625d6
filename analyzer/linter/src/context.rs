//! What a lint may ask, and where it reports.

use std::cell::RefCell;

use serde::Serialize;
use serde::de::DeserializeOwned;
use ward_diagnostics::{Finding, Flow};
use ward_flow::models::Source;
use ward_flow::{AccessPath, FlowIndex, Reached, Way};
use ward_project::{FileRole, read_source};
use ward_semantics::endpoint::Endpoints;
use ward_semantics::{DefId, Semantics, note_changeable};
use ward_syntax::{FileId, Symbol};

use crate::config::Access;
use crate::guards::{EndpointAccess, Guards};
use crate::run::Index;
use crate::suppression::Directives;
use crate::{Lint, Settings, TestFindings, tell};

/// The index of a workspace, and the findings of one lint.
#[derive(Debug)]
pub struct LintContext<'a> {
    lint: &'a Lint,
    semantics: &'a Semantics,
    flows: &'a FlowIndex,
    endpoints: &'a Endpoints,
    guards: &'a Guards<'a>,
    settings: &'a Settings,
    directives: &'a Directives,
    findings: RefCell<Vec<Finding>>,
}

impl<'a> LintContext<'a> {
    pub(crate) fn new(
        lint: &'a Lint,
        index: Index<'a>,
        settings: &'a Settings,
        directives: &'a Directives,
    ) -> Self {
        let Index { semantics, flows, endpoints, guards } = index;
        let findings = RefCell::default();
        Self { lint, semantics, flows, endpoints, guards, settings, directives, findings }
    }

    pub(crate) fn into_findings(self) -> Vec<Finding> {
        self.findings.into_inner()
    }

    /// Names, types and calls.
    pub fn semantics(&self) -> &'a Semantics {
        self.semantics
    }

    /// The ways into the service.
    pub fn endpoints(&self) -> &'a Endpoints {
        note_changeable();
        self.endpoints
    }

    /// What the project says about its guards, public endpoints and roles.
    pub fn access(&self) -> &'a Access {
        &self.settings.access
    }

    /// What functions, types and endpoints do about the caller.
    pub fn guards(&self) -> &'a Guards<'a> {
        debug_assert!(self.lint.guards, "{} does not ask for guards", self.lint.metadata.name);
        note_changeable();
        self.guards
    }

    /// What stands before each endpoint, in the order of [`Endpoints::all`].
    pub fn endpoint_access(&self) -> &'a [EndpointAccess] {
        self.guards().of_endpoints(self.endpoints)
    }

    /// What `find` finds in the functions that are reported on, in their order. `find` must ask by its context alone: those
    /// of which it told nothing in an earlier run are not asked again if they would tell nothing now.
    pub fn in_functions<T>(&self, question: &str, find: impl Fn(DefId) -> Vec<T>) -> Vec<T> {
        let functions = self.semantics.functions().iter().copied().filter(|def| self.is_reported(*def));
        self.semantics.telling(question, &functions.collect::<Vec<_>>(), find)
    }

    /// The same, where what is found is kept as well. It may hold no numbers of what stands in a file but those of items.
    pub fn found_in_functions<T: Serialize + DeserializeOwned>(
        &self,
        question: &str,
        find: impl Fn(DefId) -> Vec<T>,
    ) -> Vec<T> {
        let functions = self.semantics.functions().iter().copied().filter(|def| self.is_reported(*def));
        self.semantics.found(question, &functions.collect::<Vec<_>>(), find)
    }

    /// The same of everything that has a body.
    pub fn in_bodies<T>(&self, question: &str, find: impl Fn(DefId) -> Vec<T>) -> Vec<T> {
        let items = self.semantics.with_bodies().iter().copied().filter(|def| self.is_reported(*def));
        self.semantics.telling(question, &items.collect::<Vec<_>>(), find)
    }

    /// Every place where somebody's data reaches a sink of this kind, in code that [`Self::is_reported`].
    pub fn flows(&self, kind: &str) -> Vec<Reached> {
        note_changeable();
        let mut reached = self.flows.reached(self.semantics, self.kind(kind));
        reached.retain(|reached| self.is_reported(reached.function));
        reached
    }

    /// Whether what comes by a way is dangerous for another kind of sink too.
    pub fn is_open(&self, way: &Way, kind: &str) -> bool {
        way.open.meets(self.flows.kind(self.kind(kind)))
    }

    /// The parts of what a function returns that are filled with data dangerous for a kind of sink and coming in
    /// in that function: see [`FlowIndex::filled`].
    pub fn filled(&self, def: DefId, kind: &str) -> Vec<(AccessPath, Way)> {
        note_changeable();
        self.flows.filled(def, self.kind(kind))
    }

    /// The parts of `self` that a method gives to sinks of a kind, and where.
    pub fn given_of_self(&self, def: DefId, kind: &str) -> Vec<(AccessPath, Reached)> {
        note_changeable();
        self.flows.given_of_self(def, self.kind(kind))
    }

    /// A kind of sink that the lint has said it asks for.
    fn kind(&self, name: &str) -> Symbol {
        debug_assert!(self.lint.kinds.contains(&name), "{} does not ask for {name}", self.lint.metadata.name);
        Symbol::new(name)
    }

    /// The parameters of a function that hold request data, `self` not counted, with what they hold.
    pub fn inputs(&self, function: DefId) -> &'a [(u16, Source)] {
        self.semantics.note_inputs(function);
        self.flows.summaries.inputs(function)
    }

    /// Whether an item is code that is reported on: not generated, and test code only if the settings say so.
    pub fn is_reported(&self, def: DefId) -> bool {
        let (file, _) = self.semantics.locate(def);
        let role = self.semantics.files[file.index()].role;
        is_reported_on(role, self.semantics.def_map.is_test(def), self.settings.tests)
    }

    /// Whether an item stands in a file of examples.
    pub fn is_example(&self, def: DefId) -> bool {
        let (file, _) = self.semantics.locate(def);
        self.semantics.files[file.index()].role == FileRole::Example
    }

    /// Why anybody may call a function, if the source says so by `ward: public(reason = "..")` before it: empty if it
    /// gives no reason.
    pub fn declared_public(&self, def: DefId) -> Option<&str> {
        note_changeable();
        self.directives.public(self.semantics, def)
    }

    /// A way as a flow of the report, step by step, ending at the sink.
    pub fn tell(&self, way: &Way, reached: &Reached) -> Flow {
        tell::flow(self.semantics, way, reached)
    }

    /// The text of a file, read again; `None` if it is gone.
    pub fn text(&self, file: FileId) -> Option<String> {
        note_changeable();
        read_source(&self.semantics.project, file).ok()
    }

    /// The qualified name of an item, for messages.
    pub fn name(&self, def: DefId) -> String {
        self.semantics.path(def)
    }

    /// Reports a finding.
    pub fn report(&self, finding: Finding) {
        self.findings.borrow_mut().push(finding);
    }
}

/// Whether code is reported on: not generated, and test code only if asked for.
pub(crate) fn is_reported_on(role: FileRole, is_test: bool, tests: TestFindings) -> bool {
    let is_test = is_test || matches!(role, FileRole::Test | FileRole::Bench);
    match role {
        FileRole::Generated | FileRole::Unnamed | FileRole::BuildScript => false,
        FileRole::Source | FileRole::Template | FileRole::Example | FileRole::Test | FileRole::Bench => {
            !is_test || tests == TestFindings::Report
        }
    }
}
