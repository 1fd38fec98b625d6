//! Sources, and where data flows through a call.

use ward_semantics::{Carries, ExternalFn};
use ward_syntax::Symbol;

use super::types::collect_holes;
use super::{Loader, Parsed, Receiver, SOURCE_KINDS, split_last, symbols};
use crate::models::error::did_you_mean;
use crate::models::port::{parse_edge, parse_port};
use crate::models::schema::{SourceRow, StepRow, Text};
use crate::models::{
    AttributeParameters, AttributeSource, Constant, Edge, Extractor, HandlerSource, Port, Source,
    SourceBeside, SourceClass,
};

impl Loader {
    pub(super) fn flows(&mut self, parsed: &Parsed) {
        for StepRow { call, flow } in &parsed.rows.steps {
            let edges = self.edges(flow, Receiver::Taken);
            for callee in self.callees(Some(call)) {
                let replaced = self.explicit.insert(callee);
                let own = self.model(callee).flow.get_or_insert_default();
                if replaced {
                    own.clear();
                }
                own.extend(&edges);
            }
        }
        for row in &parsed.rows.sources {
            self.source(row);
        }
        for row in &parsed.rows.constants {
            let key = row.key.as_ref().map(|key| Symbol::new(key.get_ref()));
            let constant = Constant { text: Symbol::new(row.text.get_ref()), key };
            for callee in self.callees(Some(&row.path)) {
                self.model(callee).constant = Some(constant);
            }
        }
    }

    fn source(&mut self, row: &SourceRow) {
        let forms = [
            &row.parameter,
            &row.call,
            &row.attribute,
            &row.impl_attribute,
            &row.trait_named,
            &row.handler_of,
            &row.extractor,
            &row.derive,
            &row.error_type,
            &row.fields_of_derive,
        ];
        if forms.iter().filter(|form| form.is_some()).count() != 1 {
            let help = "give one of `parameter`, `call`, `attribute`, `impl_attribute`, `trait_named`, `handler_of`, `extractor`, `derive`, `error_type`, `fields_of_derive`";
            self.complain(
                row.kind.span(),
                "a source needs one place where it comes in",
                Some(help.to_owned()),
            );
        }
        let by_form = if row.error_type.is_some() { SourceClass::Error } else { SourceClass::Request };
        let class = row.class.as_ref().map_or(by_form, |class| self.class(Some(class)));
        // What the data of other classes is, is for lints to know.
        if class == SourceClass::Request && !SOURCE_KINDS.contains(&row.kind.get_ref().as_str()) {
            let help = did_you_mean(row.kind.get_ref(), SOURCE_KINDS);
            let help = help.unwrap_or_else(|| format!("kinds are `{}`", SOURCE_KINDS.join("`, `")));
            self.complain(
                row.kind.span(),
                format!("unknown kind of source `{}`", row.kind.get_ref()),
                Some(help),
            );
        }
        let source = Source { class, kind: Symbol::new(row.kind.get_ref()) };
        for path in self.type_paths(row.error_type.as_ref()) {
            // Whatever the type is made of, its text tells something.
            self.models.externals.types.entry(path).or_default().carries = Carries::Text;
            self.models.type_sources.insert(path, source);
        }
        for path in row.fields_of_derive.iter().flat_map(|paths| &paths.0) {
            let path = path.get_ref().as_str();
            let last = path.rsplit(':').next().unwrap_or(path);
            self.models.row_sources.push((Symbol::new(last), source));
        }
        if let (Some(checked), Some(parameter)) = (&row.checked, &row.parameter) {
            for path in self.type_paths(Some(parameter)) {
                self.models.checked_parameters.insert(path, symbols(&checked.0));
            }
        }
        let types = self.type_paths(row.types.as_ref());
        let parameters = self.type_paths(row.parameter.as_ref());
        let beside = self.type_paths(row.beside.as_ref());
        if beside.is_empty() {
            self.models.parameter_sources.extend(parameters.into_iter().map(|path| (path, source)));
        } else {
            self.models.sources_beside.push(SourceBeside { types: parameters, beside, source });
        }
        for callee in self.callees(row.call.as_ref()) {
            self.model(callee).source = Some(source);
        }
        for callee in self.callees(row.handler_of.as_ref()) {
            let argument = row.argument.unwrap_or(0);
            self.model(callee).handlers.push(HandlerSource { argument, types: types.clone(), source });
        }
        for path in self.paths(row.extractor.as_ref()) {
            if let Some((extractor, method)) = split_last(path.as_str()) {
                self.models.extractors.push(Extractor {
                    trait_path: Symbol::new(extractor),
                    method: Symbol::new(method),
                    source,
                });
            }
        }
        for path in self.paths(row.derive.as_ref()) {
            let last = path.as_str().rsplit(':').next().unwrap_or_default();
            self.models.derive_sources.push((Symbol::new(last), source));
        }
        let attributes = row.attribute.is_some() || row.impl_attribute.is_some() || row.trait_named.is_some();
        if attributes && row.parameters.is_none() {
            let help = Some("add `parameters = \"all\"` or `\"bracketed\"`".to_owned());
            self.complain(row.kind.span(), "which parameters is not said", help);
        }
        let forms = [("all", AttributeParameters::All), ("bracketed", AttributeParameters::Bracketed)];
        let parameters = self.choice(row.parameters.as_ref(), &forms, AttributeParameters::All);
        let attribute = AttributeSource { source, parameters, types };
        for path in self.paths(row.attribute.as_ref()) {
            self.models.function_attributes.insert(path, attribute.clone());
        }
        for word in row.trait_named.iter().flat_map(|words| symbols(&words.0)) {
            self.models.trait_names.push((word, attribute.clone()));
        }
        for path in self.paths(row.impl_attribute.as_ref()) {
            self.models.impl_attributes.insert(path, attribute.clone());
        }
    }

    pub(super) fn edges(&mut self, texts: &[Text], receiver: Receiver) -> Vec<Edge> {
        let mut edges = Vec::with_capacity(texts.len());
        for text in texts {
            let edge = parse_edge(text.get_ref());
            let Some(edge) = self.told(edge, text) else { continue };
            if receiver == Receiver::None && [edge.from, edge.to].contains(&Port::Receiver) {
                self.complain(
                    text.span(),
                    "a function has no `self`",
                    Some("count its arguments from `0`".to_owned()),
                );
                continue;
            }
            edges.push(edge);
        }
        edges
    }

    pub(super) fn port(&mut self, text: &Text) -> Option<Port> {
        let port = parse_port(text.get_ref().trim());
        self.told(port, text)
    }
}

/// How data passes where no `flow` says.
pub(super) fn default_flow(call: &ExternalFn, params: &[Symbol], receiver: Receiver) -> Vec<Edge> {
    let mut holes = Vec::new();
    call.returns.iter().for_each(|returns| collect_holes(returns, &mut holes));
    let mut edges = Vec::new();
    let mut own = false;
    for hole in holes {
        let (letter, number) = hole.as_str().split_at(1);
        let from = match (letter, number.parse()) {
            _ if params.contains(&hole) => None,
            ("A", Ok(number)) => Some(Port::Argument(number)),
            ("F", Ok(number)) => Some(Port::ClosureReturn(number)),
            _ => None,
        };
        match from {
            Some(from) => edges.push(Edge::new(from, Port::Return)),
            None => own = true,
        }
    }
    if edges.is_empty() || (own && receiver == Receiver::Taken) {
        let from = if receiver == Receiver::Taken { Port::Receiver } else { Port::Arguments };
        edges.insert(0, Edge::new(from, Port::Return));
    }
    if receiver == Receiver::Taken {
        for (argument, parameters) in &call.closures {
            let ports =
                (0..parameters.len()).map(|index| Port::ClosureParameter(*argument as u8, index as u8));
            edges.extend(ports.map(|to| Edge::new(Port::Receiver, to)));
        }
    }
    edges
}
