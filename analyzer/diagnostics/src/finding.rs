//! One finding: where it is, how the data got there, why it matters and what to write instead.

use serde::{Deserialize, Serialize};

use crate::metadata::{Confidence, LintLevel, LintMetadata, Severity};
use crate::report::Sources;
use crate::stored::location;

/// A place in the analysed source: a file and the bytes in it.
pub use ward_syntax::FileSpan as Location;

/// A place with what to say about it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Label {
    /// The place.
    #[serde(with = "location")]
    pub location: Location,
    /// What is there, lower case, no full stop.
    pub message: String,
}

/// One way of the data from a source to a sink.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Flow {
    /// The stations of the way: the source first, the sink last.
    pub steps: Vec<FlowStep>,
}

/// One station of a [`Flow`].
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct FlowStep {
    /// Where it is.
    #[serde(with = "location")]
    pub location: Location,
    /// What happens to the data there, lower case, no full stop.
    pub message: String,
    /// The part it plays.
    pub kind: StepKind,
    /// The qualified name of the function it is in.
    pub function: Option<String>,
}

/// The part a [`FlowStep`] plays on the way.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum StepKind {
    /// The data enters the program.
    Source,
    /// The data changes its shape or its place within a function.
    Step,
    /// The data enters a function as an argument; the steps after it are one level deeper.
    Call,
    /// The data leaves a function as its result; the steps after it are one level higher.
    Return,
    /// The data reaches the dangerous operation.
    Sink,
}

impl StepKind {
    /// The name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Step => "step",
            Self::Call => "call",
            Self::Return => "return",
            Self::Sink => "sink",
        }
    }
}

/// The endpoint a finding is reachable through.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct EndpointRef {
    /// The HTTP method in upper case, or what the framework calls the operation.
    pub method: String,
    /// The full path, for example `/users/{id}`.
    pub path: String,
    /// The handler.
    #[serde(with = "location")]
    pub handler: Location,
    /// What protects it.
    pub guarded: EndpointGuard,
}

/// What protects an endpoint.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum EndpointGuard {
    /// Nobody looked.
    Unknown,
    /// Nothing.
    None,
    /// The guard of this name.
    By(String),
    /// The handler itself asks who calls.
    InHandler,
}

impl EndpointGuard {
    /// The name of the guard.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::By(name) => Some(name),
            Self::InHandler => Some("checked in the handler"),
            Self::Unknown | Self::None => None,
        }
    }

    /// What to say of it behind the endpoint: `, no guard`; `code` writes the name. Empty if nobody looked.
    pub fn told(&self, code: impl Fn(&str) -> String) -> String {
        match self {
            Self::By(name) => format!(", guarded by {}", code(name)),
            Self::InHandler => ", guarded by a check in the handler".to_owned(),
            Self::None => ", no guard".to_owned(),
            Self::Unknown => String::new(),
        }
    }
}

/// Why a finding is not counted although it is true.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Suppression {
    /// Where it was said.
    pub kind: SuppressionKind,
    /// The reason that was given.
    pub justification: Option<String>,
}

/// Where a [`Suppression`] was said.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum SuppressionKind {
    /// Beside the code, in a comment or an attribute.
    InSource,
    /// In the configuration.
    Configuration,
    /// In a baseline.
    Baseline,
}

/// A change of the source that repairs a finding.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Fix {
    /// What the change does, lower case, no full stop.
    pub description: String,
    /// Whether it may be applied unseen.
    pub applicability: Applicability,
    /// The changes, none overlapping another.
    pub edits: Vec<Edit>,
}

/// Whether a [`Fix`] may be applied unseen.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Applicability {
    /// Keeps the meaning of everything but the mistake.
    Safe,
    /// Has to be read first.
    Unsafe,
}

/// One replaced piece of text.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Edit {
    /// The bytes that go.
    #[serde(with = "location")]
    pub location: Location,
    /// The text that comes.
    pub replacement: String,
}

/// What a lint found at one place.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Finding {
    /// The lint that found it.
    pub lint: &'static LintMetadata,
    /// How bad it is.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// Whether it makes the run fail.
    pub level: LintLevel,
    /// What is wrong, lower case, no full stop, code in backticks.
    pub message: String,
    /// Where to edit.
    pub primary: Label,
    /// Other places to look at, in flow order.
    pub related: Vec<Label>,
    /// The ways of the data to the primary place, the shortest first; empty if data does not matter.
    pub flows: Vec<Flow>,
    /// Why it matters.
    pub notes: Vec<String>,
    /// What to write instead; may hold several lines.
    pub help: Vec<String>,
    /// The endpoint it is reachable through.
    pub endpoint: Option<EndpointRef>,
    /// The qualified name of the function the primary place is in.
    pub function: Option<String>,
    /// A hash of the text of that function, which does not change with its format; the run fills it in.
    pub body_hash: Option<u64>,
    /// Why it does not count, if it does not.
    pub suppression: Option<Suppression>,
    /// Changes that repair it.
    pub fixes: Vec<Fix>,
}

impl Finding {
    /// A finding of `lint` at `location` with the lint's own severity and confidence. The label of the
    /// primary place is empty until set by [`Finding::label`].
    pub fn new(lint: &'static LintMetadata, location: Location, message: impl Into<String>) -> Self {
        Self {
            lint,
            severity: lint.severity,
            confidence: lint.confidence,
            level: LintLevel::default(),
            message: message.into(),
            primary: Label { location, message: String::new() },
            related: Vec::new(),
            flows: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
            endpoint: None,
            function: None,
            body_hash: None,
            suppression: None,
            fixes: Vec::new(),
        }
    }

    /// Sets what to say at the primary place.
    #[must_use]
    pub fn label(mut self, message: impl Into<String>) -> Self {
        self.primary.message = message.into();
        self
    }

    /// Adds another place to look at.
    #[must_use]
    pub fn related(mut self, location: Location, message: impl Into<String>) -> Self {
        self.related.push(Label { location, message: message.into() });
        self
    }

    /// Adds a reason.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Adds what to write instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Adds a way of the data.
    #[must_use]
    pub fn flow(mut self, flow: Flow) -> Self {
        self.flows.push(flow);
        self
    }
}

/// Sorts by path, span and lint, then by message, so that the order of discovery leaves no trace.
pub fn sort(findings: &mut [Finding], sources: &dyn Sources) {
    findings.sort_by(|one, other| {
        let key = |finding: &Finding| (finding.primary.location.span, finding.lint.name);
        let path = |finding: &Finding| sources.path(finding.primary.location.file).to_owned();
        let by_path = if one.primary.location.file == other.primary.location.file {
            std::cmp::Ordering::Equal
        } else {
            path(one).cmp(&path(other))
        };
        by_path.then_with(|| key(one).cmp(&key(other))).then_with(|| one.message.cmp(&other.message))
    });
}
