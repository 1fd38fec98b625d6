//! Summaries as text, for tests and for looking at what an evaluation has understood.

use std::fmt::Write;

use ward_semantics::{DefId, Semantics};
use ward_syntax::Symbol;

use crate::FlowIndex;
use crate::step::{SourceStep, StepId, StepKind};
use crate::summary::{Exported, FunctionSummary, Hit};
use crate::value::{AccessPath, Fact, KindSet, Origin, Outcome, Root, Text};

impl FlowIndex {
    /// What every function does with data, in the order of functions; those that have nothing to tell are left out.
    pub fn pretty_summaries(&self, semantics: &Semantics) -> String {
        let mut text = String::new();
        for def in semantics.functions() {
            let Some(summary) = self.summaries.get(*def) else { continue };
            let mut printer = Printer { semantics, flows: self, def: *def, summary, text: String::new() };
            printer.summary();
            if !printer.text.is_empty() {
                let _ = write!(text, "fn {}\n{}", semantics.path(*def), printer.text);
            }
        }
        text
    }
}

/// Writes the summary of one function.
struct Printer<'a> {
    semantics: &'a Semantics,
    flows: &'a FlowIndex,
    def: DefId,
    summary: &'a FunctionSummary,
    text: String,
}

impl Printer<'_> {
    fn summary(&mut self) {
        let summary = self.summary;
        self.value("returns", &summary.result, 1);
        for (parameter, value) in &summary.outputs {
            self.value(&format!("leaves in {}", self.parameter(*parameter)), value, 1);
        }
        for (parameter, source) in &summary.inputs {
            let class = source.class.name();
            let _ = writeln!(self.text, "    takes parameter {parameter}: {class} {}", source.kind);
        }
        for call in &summary.closure_calls {
            let closure = self.parameter(call.parameter);
            for (at, argument) in call.arguments.iter().enumerate() {
                self.value(&format!("calls {closure} with {at}:"), argument, 1);
            }
        }
        self.facts("checks", &summary.always, 1);
        self.parameters("measures", &summary.measures);
        self.parameters("refuses by", &summary.refuses);
        if summary.diverges {
            self.text.push_str("    never returns\n");
        }
        summary.hits.iter().for_each(|hit| self.hit(hit));
    }

    /// What is known of a value, then its parts, each further in.
    fn value(&mut self, title: &str, value: &Exported, depth: usize) {
        let mut told: Vec<String> = Vec::new();
        match (value.constant, value.text) {
            (Some(constant), _) => told.push(format!("{:?}", constant.as_str())),
            (None, Text::Constant) => {}
            (None, Text::Constrained) => told.push("constrained".to_owned()),
            (None, Text::Unknown) => told.push("any".to_owned()),
        }
        match value.outcome {
            Outcome::Open => {}
            Outcome::Success => told.push("success".to_owned()),
            Outcome::Failure => told.push("failure".to_owned()),
        }
        told.extend(value.origins.iter().map(|origin| self.origin(&origin)));
        let is_plain =
            value.is_plain() && value.tells.if_success().is_empty() && value.tells.if_failure().is_empty();
        if is_plain && value.constant.is_none() {
            return;
        }
        let _ = writeln!(self.text, "{:1$}{title} {2}", "", depth * 4, told.join("; "));
        self.facts("if it succeeds", value.tells.if_success(), depth + 1);
        self.facts("if it fails", value.tells.if_failure(), depth + 1);
        for (name, part) in &value.fields {
            self.value(&format!(".{name}"), part, depth + 1);
        }
    }

    fn facts(&mut self, title: &str, facts: &[Fact], depth: usize) {
        for fact in facts {
            let (what, kinds) = (self.root(fact.root, fact.path), self.kinds(fact.kinds));
            let _ = writeln!(self.text, "{:1$}{title}: {what} is safe for {kinds}", "", depth * 4);
        }
    }

    fn parameters(&mut self, title: &str, parameters: &[u16]) {
        if !parameters.is_empty() {
            let names: Vec<String> = parameters.iter().map(|index| self.parameter(*index)).collect();
            let _ = writeln!(self.text, "    {title} {}", names.join(", "));
        }
    }

    fn hit(&mut self, hit: &Hit) {
        let (kind, callee, origin) = (hit.sink.kind, hit.callee, self.origin(&hit.origin));
        let _ = write!(self.text, "    reaches {kind} at `{callee}`: {origin}");
        let _ = match hit.next {
            Some((next, _)) => writeln!(self.text, ", by way of {}", self.semantics.path(next)),
            None => self.text.write_char('\n'),
        };
    }

    fn origin(&self, origin: &Origin) -> String {
        let mut text = self.root(origin.root, origin.path);
        for kind in self.steps(origin.step) {
            let _ = write!(text, " > {kind}");
        }
        if let Some(context) = origin.escaped {
            let _ = write!(text, " (escaped for {:?})", context.as_str());
        }
        let closed = KindSet::ALL.without(origin.open);
        let names = self.kinds(closed);
        if !names.is_empty() {
            let _ = write!(text, " (safe for {names})");
        }
        text
    }

    fn root(&self, root: Root, path: AccessPath) -> String {
        let mut text = match root {
            Root::Parameter(index) => self.parameter(index),
            Root::ClosureReturn(index) => format!("what {} returns", self.parameter(index)),
            Root::Source(step) => match self.summary.steps.get(step).map(|step| step.kind) {
                Some(StepKind::Source(SourceStep { source, name, .. })) => format!("{} {name}", source.kind),
                _ => "a source".to_owned(),
            },
        };
        path.names().for_each(|name| text = format!("{text}.{name}"));
        text
    }

    /// A parameter's name; `self` is counted first.
    fn parameter(&self, index: u16) -> String {
        let item = self.semantics.item(self.def).as_fn();
        let Some(item) = item else { return format!("parameter {index}") };
        match (item.self_param.is_some(), usize::from(index)) {
            (true, 0) => "self".to_owned(),
            (has_self, index) => format!("parameter {}", index - usize::from(has_self)),
        }
    }

    /// What happens on the way to a step, its first left out.
    fn steps(&self, last: StepId) -> Vec<String> {
        let mut told = Vec::new();
        let mut next = Some(last);
        while let Some(step) = next.and_then(|id| self.summary.steps.get(id)) {
            next = step.previous;
            told.push(match step.kind {
                StepKind::Source(_) | StepKind::Parameter(_) => continue,
                StepKind::Bound(name) => format!("`{name}`"),
                StepKind::Template => "template".to_owned(),
                StepKind::Appended => "appended".to_owned(),
                StepKind::External(name) => format!("{name}()"),
                StepKind::Through { callee, .. } => format!("{}()", self.semantics.path(callee)),
                StepKind::Closure => "closure".to_owned(),
                StepKind::Received { name, .. } => format!("message {name}"),
            });
        }
        told.reverse();
        told
    }

    /// A set of kinds by their names, or by those that are not in it where they are fewer.
    fn kinds(&self, kinds: KindSet) -> String {
        let of = |set: KindSet| {
            let names = self.flows.kinds.iter().map(|kind| kind.name);
            names.filter(|name| set.meets(self.flows.kinds.set(*name))).collect::<Vec<Symbol>>()
        };
        let joined = |names: &[Symbol]| names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
        let (inside, outside) = (of(kinds), of(KindSet::ALL.without(kinds)));
        match outside.len() {
            0 => "everything".to_owned(),
            few if few < inside.len() => format!("all but {}", joined(&outside)),
            _ => joined(&inside),
        }
    }
}
