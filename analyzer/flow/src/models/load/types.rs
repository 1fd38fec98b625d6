//! What types and functions are: fields, parameters, results.

use rustc_hash::FxHashMap;
use ward_semantics::{Carries, ExternalFn, ExternalType, Template};
use ward_syntax::Symbol;

use super::sources::default_flow;
use super::{Callee, Loader, NAMES, Parsed, Receiver, split_last, symbols};
use crate::models::error::did_you_mean;
use crate::models::schema::{Call, FnRow, Table, Text, TypeRow};
use crate::models::{CallModel, Elements};

impl Loader {
    pub(super) fn descriptions(&mut self, parsed: &Parsed) {
        self.shorten(parsed);
        for row in parsed.rows.types.iter().filter(|row| row.is.is_none()) {
            self.describe_type(row);
        }
        for row in &parsed.rows.functions {
            self.describe_function(row);
        }
    }

    /// The name of a type in its own row is that type's, even if others are called so too.
    fn describe_type(&mut self, row: &TypeRow) {
        let own = match row.path.0.as_slice() {
            [path] => Symbol::new(path.get_ref()),
            _ => return self.describe_types(row),
        };
        let name = split_last(own.as_str()).map_or("", |(_, name)| name);
        let shared = self.short.insert(name, Some(own)).filter(Option::is_none);
        let others = shared.is_some().then(|| std::mem::take(&mut self.templates));
        self.describe_types(row);
        if let Some((shared, others)) = shared.zip(others) {
            self.short.insert(name, shared);
            self.templates = others;
        }
    }

    fn describe_types(&mut self, row: &TypeRow) {
        let params = symbols(&row.params);
        let mut ty =
            ExternalType { params: params.clone(), is_document: row.document, ..ExternalType::default() };
        ty.deref = row.deref.as_ref().and_then(|deref| self.template(deref, &params));
        for (name, field) in &row.fields.0 {
            if let Some(template) = self.template(field, &params) {
                ty.fields.insert(Symbol::new(name.get_ref()), template);
            }
        }
        for other in row.implements.iter().flat_map(|texts| &texts.0) {
            ty.implements.extend(self.template(other, &params));
        }
        let carries =
            [("none", Carries::Nothing), ("number", Carries::Number), ("address", Carries::Address)];
        ty.carries = self.choice(row.text.as_ref(), &carries, Carries::Text);
        let mut models = Vec::with_capacity(row.methods.0.len() + row.functions.0.len());
        for (calls, receiver) in [(&row.methods, Receiver::Taken), (&row.functions, Receiver::None)] {
            for (name, call) in &calls.0 {
                let symbol = Symbol::new(name.get_ref());
                let (external, model) = self.call(call, &params, receiver);
                if ty.methods.insert(symbol, external).is_some() {
                    self.complain(
                        name.span(),
                        format!("`{symbol}` stands under `methods` and under `functions`"),
                        None,
                    );
                }
                models.push((symbol, model, call.flow.is_some()));
            }
        }
        for path in &row.path.0 {
            let path = Symbol::new(path.get_ref());
            for (name, model, explicit) in &models {
                if *explicit {
                    self.explicit.insert(Callee::Method(path, *name));
                }
                self.models.methods.insert((path, *name), model.clone());
            }
            let known = self.models.externals.types.entry(path).or_default();
            let earlier = std::mem::replace(known, ty.clone());
            known.methods.extend(earlier.methods);
        }
    }

    fn describe_function(&mut self, row: &FnRow) {
        let call = Call {
            returns: row.returns.clone(),
            closures: Table(row.closures.0.clone()),
            flow: row.flow.clone(),
            diverges: row.diverges,
            appends: None,
            part: None,
            calls: None,
            elements: row.elements.clone(),
        };
        let (external, model) = self.call(&call, &[], Receiver::None);
        for path in &row.path.0 {
            let symbol = Symbol::new(path.get_ref());
            self.models.externals.functions.insert(symbol, external.clone());
            let callee = self.callee_of(symbol);
            if let Callee::Method(ty, name) = callee {
                let ty = self.models.externals.types.entry(ty).or_default();
                ty.methods.insert(name, external.clone());
            }
            if row.flow.is_some() {
                self.explicit.insert(callee);
            }
            *self.model(callee) = model.clone();
        }
    }

    pub(super) fn call(
        &mut self,
        call: &Call,
        params: &[Symbol],
        receiver: Receiver,
    ) -> (ExternalFn, CallModel) {
        let returns = call.returns.as_ref().and_then(|text| self.template(text, params));
        let mut closures = Vec::with_capacity(call.closures.0.len());
        for (argument, texts) in &call.closures.0 {
            let Ok(argument) = argument.get_ref().parse::<u8>() else {
                let message = format!("`{}` is no argument", argument.get_ref());
                self.complain(argument.span(), message, Some("arguments are counted from `0`".to_owned()));
                continue;
            };
            let parameters =
                texts.iter().map(|text| self.template(text, params).unwrap_or(Template::Unknown));
            closures.push((usize::from(argument), parameters.collect()));
        }
        let calls = call.calls.as_ref().map(|name| Symbol::new(name.get_ref()));
        let external = ExternalFn { returns, closures, calls };
        let flow = match &call.flow {
            Some(flow) => self.edges(flow, receiver),
            None => default_flow(&external, params, receiver),
        };
        let has_receiver = receiver == Receiver::Taken;
        let text = |text: &Option<Text>| text.as_ref().map(|text| Symbol::new(text.get_ref()));
        let (appends, part) = (text(&call.appends), text(&call.part));
        let diverges = call.diverges;
        let forms = [
            ("0", Some(Elements::Count(0))),
            ("1", Some(Elements::Count(1))),
            ("path", Some(Elements::Path)),
            ("append", Some(Elements::Append)),
            ("call", Some(Elements::Call)),
            ("unknown", Some(Elements::Unknown)),
        ];
        let elements = self.choice(call.elements.as_ref(), &forms, None);
        (
            external,
            CallModel {
                flow: Some(flow),
                diverges,
                has_receiver,
                appends,
                part,
                elements,
                ..CallModel::default()
            },
        )
    }

    /// A template with canonical paths. Most stand in a file more than once.
    pub(super) fn template(&mut self, text: &Text, params: &[Symbol]) -> Option<Template> {
        let known = self.templates.iter().position(|(of, _)| of.as_slice() == params);
        let known = known.unwrap_or_else(|| {
            self.templates.push((params.to_vec(), FxHashMap::default()));
            self.templates.len() - 1
        });
        if let Some(template) = self.templates[known].1.get(text.get_ref()) {
            return Some(template.clone());
        }
        match Template::parse(text.get_ref(), params) {
            Ok(mut template) => {
                let complaints = self.complaints.len();
                self.canonical_template(&mut template, text, params);
                if complaints == self.complaints.len() {
                    self.templates[known].1.insert(text.get_ref().clone(), template.clone());
                }
                Some(template)
            }
            Err(error) => {
                // The text may hold escapes; then this is a little off.
                let at = (text.span().start + 1 + error.offset).min(text.span().end);
                self.complain(at..at, format!("`{}` is no type: {}", text.get_ref(), error.message), None);
                None
            }
        }
    }

    fn canonical_template(&mut self, template: &mut Template, text: &Text, params: &[Symbol]) {
        match template {
            Template::Unknown | Template::Hole(_) => {}
            Template::Slice(element) => self.canonical_template(element, text, params),
            Template::Tuple(parts) => {
                for part in parts {
                    self.canonical_template(part, text, params);
                }
            }
            Template::Named(path, args) => {
                for arg in args.iter_mut() {
                    self.canonical_template(arg, text, params);
                }
                match self.short.get(path.as_str()) {
                    Some(Some(full)) => *path = *full,
                    Some(None) => {
                        let help = Some("write its whole path".to_owned());
                        self.complain(text.span(), format!("several types here are called `{path}`"), help);
                    }
                    None if path.as_str().contains("::") || NAMES.contains(&path.as_str()) => {}
                    None => {
                        let known =
                            self.short.keys().copied().chain(params.iter().map(|param| param.as_str()));
                        let help = did_you_mean(path.as_str(), known);
                        let help = help.unwrap_or_else(|| "a type of another file needs its path".to_owned());
                        self.complain(text.span(), format!("unknown type `{path}`"), Some(help));
                    }
                }
                *path = self.models.externals.canonical(*path);
                self.know(*path);
                if let Some(alias) = self.models.externals.type_aliases.get(path) {
                    let params = self.alias_params.get(path).map_or(&[][..], Vec::as_slice);
                    *template = substitute(alias, params, args);
                }
            }
        }
    }
}

/// A type alias with its parameters given.
fn substitute(template: &Template, params: &[Symbol], args: &[Template]) -> Template {
    let all = |parts: &[Template]| parts.iter().map(|part| substitute(part, params, args)).collect();
    match template {
        Template::Unknown => Template::Unknown,
        Template::Hole(hole) => match params.iter().position(|param| param == hole) {
            Some(index) => args.get(index).cloned().unwrap_or(Template::Unknown),
            None => Template::Hole(*hole),
        },
        Template::Named(path, parts) => Template::Named(*path, all(parts)),
        Template::Tuple(parts) => Template::Tuple(all(parts)),
        Template::Slice(element) => Template::Slice(Box::new(substitute(element, params, args))),
    }
}

pub(super) fn collect_holes(template: &Template, holes: &mut Vec<Symbol>) {
    match template {
        Template::Unknown => {}
        Template::Hole(hole) => {
            if !holes.contains(hole) {
                holes.push(*hole);
            }
        }
        Template::Named(_, parts) | Template::Tuple(parts) => {
            for part in parts {
                collect_holes(part, holes);
            }
        }
        Template::Slice(element) => collect_holes(element, holes),
    }
}
