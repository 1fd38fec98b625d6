//! Reading model files: every text checked, everything about one callee merged.
//!
//! Rows may speak of what stands in another file, so loading goes in passes over all files: names first
//! (types, functions, aliases), then what types and functions are, then what data does.

use std::ops::Range;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use ward_semantics::{Carries, ExternalFn, ExternalType, Template};
use ward_syntax::Symbol;

use super::error::{Complaint, ModelError, did_you_mean, place};
use super::port::{Wrong, parse_edge, parse_input, parse_port};
use super::schema::{
    BarrierRow, Call, EffectRow, FnRow, GuardRow, KindRow, ModuleRow, Rows, SinkRow, SourceRow, StepRow,
    Table, Text, Texts, TypeRow, UserFile,
};
use super::{
    Asked, AttributeParameters, AttributeSource, Authenticates, Barrier, Beside, Bound, CallModel, Callers,
    Constant, DefaultSink, Edge, Effect, Extractor, GuardCall, GuardType, HandlerSource, Kind, KindCarries,
    Kinds, Models, NameOnlySink, NamedCheck, Operator, ParameterBarrier, Port, RefusedCharacters, Sink,
    Source, SourceBeside, SourceClass, TextSink, TupleSink, When,
};

/// The text of a model file.
#[derive(Debug, Clone, Copy)]
pub struct ModelFile<'a> {
    /// Its name: `<crate>.toml`, or the path of a user's `ward.toml`.
    pub name: &'a str,
    /// Its text.
    pub text: &'a str,
}

/// The rows under `model` in a user's configuration.
#[derive(Debug, Clone, Copy)]
pub struct UserModels<'a> {
    /// The file that holds the configuration.
    pub file: ModelFile<'a>,
    /// The keys that lead to the configuration in it: none in a `ward.toml`.
    pub section: &'a [&'static str],
}

/// Reads `files`, and the rows of a user's configuration. What is wrong is told and left out;
/// errors come in the order of the files and of their places.
pub fn load(files: &[ModelFile<'_>], user: Option<UserModels<'_>>) -> (Models, Vec<ModelError>) {
    let section = user.map_or(&[][..], |user| user.section);
    let user = user.map(|user| user.file);
    let names = files.iter().chain(&user).map(|file| file.name.to_owned()).collect();
    let mut loader = Loader { names, ..Loader::default() };
    let mut parsed = Vec::with_capacity(files.len() + 1);
    let read: Vec<_> = files.par_iter().map(|file| toml::from_str(file.text)).collect();
    for (index, (file, rows)) in files.iter().zip(read).enumerate() {
        let krate = file.name.strip_suffix(".toml").unwrap_or(file.name);
        match rows {
            Ok(rows) => parsed.push(Parsed { file: index, krate: Some(Symbol::new(krate)), rows }),
            Err(error) => loader.complaints.push(Complaint::of_toml(index, &error)),
        }
    }
    if let Some(user) = user {
        let file = files.len();
        match ward_project::read_section::<UserFile>(user.text, section) {
            Ok(UserFile { model }) => parsed.push(Parsed { file, krate: None, rows: model }),
            Err(error) => loader.complaints.push(Complaint::of_toml(file, &error)),
        }
    }
    loader.run(&parsed);
    let macros = loader
        .models
        .functions
        .keys()
        .filter_map(|path| path.as_str().strip_suffix('!').map(|plain| (Symbol::new(plain), *path)));
    loader.models.macros = macros.collect();
    let names = loader
        .models
        .macros
        .keys()
        .map(|path| split_last(path.as_str()).map_or(path.as_str(), |(_, last)| last));
    loader.models.macro_names.extend(names.map(Symbol::new));
    let files: Vec<ModelFile<'_>> = files.iter().copied().chain(user).collect();
    (loader.models, place(&files, loader.complaints))
}

/// A file's rows.
struct Parsed {
    file: usize,
    /// The crate it describes; a user's rows speak of many.
    krate: Option<Symbol>,
    rows: Rows,
}

/// What a `call` names.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Callee {
    Function(Symbol),
    Method(Symbol, Symbol),
}

/// Whether a function is called on a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Receiver {
    Taken,
    None,
}

#[derive(Default)]
struct Loader {
    models: Models,
    complaints: Vec<Complaint>,
    /// The names of all files.
    names: Vec<String>,
    /// The file that is being read.
    file: usize,
    /// The types this file describes by the last segments of their paths; none for a name that several share.
    short: FxHashMap<&'static str, Option<Symbol>>,
    /// The templates this file has shown by the parameters they may name, and by their texts.
    templates: Vec<(Vec<Symbol>, FxHashMap<String, Template>)>,
    /// Names of the parameters of type aliases.
    alias_params: FxHashMap<Symbol, Vec<Symbol>>,
    /// Paths that rows name and what they are canonically, by their first segments.
    within: FxHashMap<&'static str, Vec<(Symbol, Symbol)>>,
    /// Every path that is described, and the file.
    described: FxHashMap<Symbol, usize>,
    /// Callees whose flow is written down.
    explicit: FxHashSet<Callee>,
    /// Kinds of sink that rows declare or name.
    kinds: Vec<Kind>,
}

const SOURCE_KINDS: [&str; 9] =
    ["path", "query", "body", "form", "header", "cookie", "upload", "request", "argument"];

/// Names in templates that are no path.
const NAMES: [&str; 22] = [
    "Item",
    "bool",
    "char",
    "str",
    "slice",
    "i8",
    "i16",
    "i32",
    "i64",
    "i128",
    "isize",
    "u8",
    "u16",
    "u32",
    "u64",
    "u128",
    "usize",
    "f32",
    "f64",
    "fn",
    "!",
    "&'static str",
];

impl Loader {
    fn run(&mut self, parsed: &[Parsed]) {
        for pass in [
            Self::declare,
            Self::aliases,
            Self::type_aliases,
            Self::descriptions,
            Self::flows,
            Self::kinds,
            Self::dangers,
            Self::checks,
        ] {
            for parsed in parsed {
                self.file = parsed.file;
                pass(self, parsed);
            }
        }
        self.models.kinds = Kinds::new(std::mem::take(&mut self.kinds));
    }

    fn complain(&mut self, span: Range<usize>, message: impl Into<String>, help: Option<String>) {
        self.complaints.push(Complaint { file: self.file, span, message: message.into(), help });
    }

    // Names: which types and functions there are, and what else they are called.

    fn declare(&mut self, parsed: &Parsed) {
        for row in &parsed.rows.types {
            for path in &row.path.0 {
                let Some(symbol) = self.described_path(path) else { continue };
                if row.is.is_none() {
                    self.models.externals.types.entry(symbol).or_default();
                }
            }
            self.own_aliases(&row.path, row.aliases.as_ref());
        }
        for row in &parsed.rows.constants {
            for path in &row.path.0 {
                let Some(symbol) = self.path(path) else { continue };
                self.know(symbol);
                self.within.entry(first_segment(symbol)).or_default().push((symbol, symbol));
            }
        }
        for row in &parsed.rows.functions {
            for path in &row.path.0 {
                self.described_path(path);
            }
            self.own_aliases(&row.path, row.aliases.as_ref());
        }
    }

    /// The symbol of a path described here, unless it is none or described already.
    fn described_path(&mut self, path: &Text) -> Option<Symbol> {
        let symbol = self.path(path)?;
        if let Some(earlier) = self.described.insert(symbol, self.file) {
            let elsewhere = (earlier != self.file).then(|| self.names.get(earlier).cloned()).flatten();
            let help = elsewhere.map(|file| format!("also in `{file}`; its flow can be changed by a `step`"));
            self.complain(path.span(), format!("`{symbol}` is described twice"), help);
            return None;
        }
        self.know(symbol);
        self.within.entry(first_segment(symbol)).or_default().push((symbol, symbol));
        Some(symbol)
    }

    fn own_aliases(&mut self, paths: &Texts, aliases: Option<&Texts>) {
        let Some(aliases) = aliases else { return };
        let [path] = paths.0.as_slice() else {
            let span = aliases.0.first().map_or(0..0, Text::span);
            self.complain(
                span,
                "several paths cannot share their aliases",
                Some("write a row for each".to_owned()),
            );
            return;
        };
        for alias in &aliases.0 {
            if let Some(symbol) = self.path(alias) {
                self.alias(symbol, Symbol::new(path.get_ref()), alias.span());
            }
        }
    }

    fn alias(&mut self, alias: Symbol, path: Symbol, span: Range<usize>) {
        self.know(alias);
        self.within.entry(first_segment(alias)).or_default().push((alias, path));
        match self.models.externals.aliases.insert(alias, path) {
            Some(other) if other != path => {
                self.complain(span, format!("`{alias}` is an alias of `{other}` already"), None);
            }
            _ if alias == path => self.complain(span, format!("`{alias}` is an alias of itself"), None),
            _ => {}
        }
    }

    /// Enters a path and the modules it is in.
    fn know(&mut self, path: Symbol) {
        let mut path = path;
        while self.models.externals.known_paths.insert(path)
            && let Some((module, _)) = split_last(path.as_str())
        {
            path = Symbol::new(module);
        }
    }

    /// `[[module]]`: everything below a module has a second path.
    fn aliases(&mut self, parsed: &Parsed) {
        for row in &parsed.rows.modules {
            self.module_aliases(row);
        }
    }

    fn module_aliases(&mut self, row: &ModuleRow) {
        let Some(module) = self.path(&row.path) else { return };
        let within = self.within.entry(first_segment(module)).or_default();
        let below = within.iter().filter_map(|(other, path)| {
            let rest = other.as_str().strip_prefix(module.as_str())?.strip_prefix("::")?;
            Some((rest, *path))
        });
        let found: Vec<(&str, Symbol)> = below.collect();
        for alias in &row.aliases.0 {
            let Some(prefix) = self.path(alias) else { continue };
            self.know(prefix);
            for (rest, path) in &found {
                let other = Symbol::new(&format!("{prefix}::{rest}"));
                // A row of its own says more than the module's.
                if other != *path && !self.described.contains_key(&other) {
                    self.know(other);
                    self.models.externals.aliases.entry(other).or_insert(*path);
                }
            }
        }
    }

    // Descriptions: what types and functions are.

    fn type_aliases(&mut self, parsed: &Parsed) {
        self.shorten(parsed);
        for row in &parsed.rows.types {
            if let Some(is) = &row.is {
                self.type_alias(row, is);
            }
        }
    }

    fn descriptions(&mut self, parsed: &Parsed) {
        self.shorten(parsed);
        for row in parsed.rows.types.iter().filter(|row| row.is.is_none()) {
            self.describe_type(row);
        }
        for row in &parsed.rows.functions {
            self.describe_function(row);
        }
    }

    fn shorten(&mut self, parsed: &Parsed) {
        self.short.clear();
        self.templates.clear();
        for path in parsed.rows.types.iter().flat_map(|row| &row.path.0) {
            let path = Symbol::new(path.get_ref());
            if let Some((_, name)) = split_last(path.as_str()) {
                self.short.entry(name).and_modify(|known| *known = None).or_insert(Some(path));
            }
        }
    }

    fn type_alias(&mut self, row: &TypeRow, is: &Text) {
        let [path] = row.path.0.as_slice() else { return };
        let more = row.deref.is_some() || row.implements.is_some() || row.text.is_some();
        if more || !(row.fields.0.is_empty() && row.methods.0.is_empty() && row.functions.0.is_empty()) {
            self.complain(
                is.span(),
                "a type alias has nothing of its own",
                Some("leave out `is`, or the rest".to_owned()),
            );
        }
        let params = symbols(&row.params);
        let path = Symbol::new(path.get_ref());
        if let Some(template) = self.template(is, &params) {
            self.models.externals.type_aliases.insert(path, template);
            self.alias_params.insert(path, params);
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
        let mut ty = ExternalType { params: params.clone(), ..ExternalType::default() };
        ty.deref = row.deref.as_ref().and_then(|deref| self.template(deref, &params));
        for (name, field) in &row.fields.0 {
            if let Some(template) = self.template(field, &params) {
                ty.fields.insert(Symbol::new(name.get_ref()), template);
            }
        }
        for other in row.implements.iter().flat_map(|texts| &texts.0) {
            ty.implements.extend(self.template(other, &params));
        }
        let carries = [("none", Carries::Nothing), ("number", Carries::Number)];
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

    fn call(&mut self, call: &Call, params: &[Symbol], receiver: Receiver) -> (ExternalFn, CallModel) {
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
        let external = ExternalFn { returns, closures };
        let flow = match &call.flow {
            Some(flow) => self.edges(flow, receiver),
            None => default_flow(&external, params, receiver),
        };
        let has_receiver = receiver == Receiver::Taken;
        let text = |text: &Option<Text>| text.as_ref().map(|text| Symbol::new(text.get_ref()));
        let (appends, part) = (text(&call.appends), text(&call.part));
        let diverges = call.diverges;
        (
            external,
            CallModel { flow: Some(flow), diverges, has_receiver, appends, part, ..CallModel::default() },
        )
    }

    // Flows, sources, sinks and barriers: what data does.

    fn flows(&mut self, parsed: &Parsed) {
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
            &row.handler_of,
            &row.extractor,
            &row.error_type,
        ];
        if forms.iter().filter(|form| form.is_some()).count() != 1 {
            let help = "give one of `parameter`, `call`, `attribute`, `impl_attribute`, `handler_of`, `extractor`, `error_type`";
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
        let attributes = row.attribute.is_some() || row.impl_attribute.is_some();
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
        for path in self.paths(row.impl_attribute.as_ref()) {
            self.models.impl_attributes.insert(path, attribute.clone());
        }
    }

    fn kinds(&mut self, parsed: &Parsed) {
        for row in &parsed.rows.kinds {
            self.kind(row);
        }
    }

    fn kind(&mut self, row: &KindRow) {
        let name = Symbol::new(row.name.get_ref());
        if self.kinds.iter().any(|known| known.name == name) {
            self.complain(row.name.span(), format!("the kind `{name}` is declared twice"), None);
            return;
        }
        let carries = [
            ("text", KindCarries::Text),
            ("number", KindCarries::Number),
            ("large-number", KindCarries::LargeNumber),
            ("any", KindCarries::Any),
        ];
        let carries = self.choice(row.carries.as_ref(), &carries, KindCarries::Text);
        let bounds = [("upper", Bound::Upper), ("any", Bound::Any)];
        let bound = self.choice(row.bound.as_ref(), &bounds, Bound::Upper);
        let classes = row.from.iter().flat_map(|texts| &texts.0);
        let mut from: Vec<SourceClass> = classes.map(|text| self.class(Some(text))).collect();
        if from.is_empty() {
            from.push(SourceClass::Request);
        }
        let callers = if row.callers { Callers::Count } else { Callers::Ignored };
        self.kinds.push(Kind { name, carries, from, callers, bound });
    }

    fn class(&mut self, text: Option<&Text>) -> SourceClass {
        self.choice(text, &SourceClass::ALL, SourceClass::Request)
    }

    fn dangers(&mut self, parsed: &Parsed) {
        for row in &parsed.rows.sinks {
            for kind in &row.kind.0 {
                self.sink(row, kind, parsed.krate);
            }
        }
    }

    fn sink(&mut self, row: &SinkRow, kind: &Text, krate: Option<Symbol>) {
        let Some(input) = row.input.as_ref().map_or(Some(Port::Arguments), |input| self.port(input)) else {
            return;
        };
        let place = row.input.as_ref().unwrap_or(kind);
        if matches!(input, Port::Return | Port::ClosureParameter(..) | Port::Name) {
            self.complain(place.span(), format!("`{}` is no input", place.get_ref()), None);
            return;
        }
        if row.operator.is_none() && row.input.is_none() {
            self.complain(place.span(), "a sink needs an `input`", None);
        }
        let forms = [&row.call, &row.default_of, &row.operator, &row.text_with, &row.tuple_with]
            .into_iter()
            .any(Option::is_some);
        if !forms && row.name_only.is_none() && row.tuple_with_part.is_none() {
            let help = "give `call`, `operator`, `name_only`, `text_with`, `tuple_with` or `tuple_with_part`";
            let help = Some(help.to_owned());
            self.complain(place.span(), "a sink needs a call", help);
        }
        let kind = Symbol::new(kind.get_ref());
        if !self.kinds.iter().any(|known| known.name == kind) {
            self.kinds.push(Kind::plain(kind));
        }
        let first = row.call.as_ref().and_then(|call| call.0.first());
        let first = first.and_then(|path| path.get_ref().split("::").next()).map(Symbol::new);
        let krate = krate.or(first).unwrap_or(kind);
        let context =
            row.context.as_ref().and_then(|text| self.told(parse_input(text.get_ref().trim()), text));
        let when = row.when.as_ref().map(|when| symbols(&when.0)).unwrap_or_default();
        let given = row.given.as_ref().map_or_else(Vec::new, |given| symbols(&given.0));
        let asked = if row.unwrapped { Asked::Unwrapped } else { Asked::Always };
        let sink = Sink {
            kind,
            input,
            help: Symbol::new(row.help.get_ref()),
            krate,
            context,
            when,
            given,
            asked,
            whole: row.whole,
        };
        for path in self.paths(row.default_of.as_ref()) {
            if let Some((owner, method)) = split_last(path.as_str()) {
                let (trait_path, method) = (Symbol::new(owner), Symbol::new(method));
                self.models.default_sinks.push(DefaultSink { sink: sink.clone(), trait_path, method });
            }
        }
        if let Some(holds) = &row.text_with {
            self.models.text_sinks.push(TextSink { sink: sink.clone(), holds: symbols(&holds.0) });
        }
        let types = self.type_paths(row.tuple_with.as_ref()).into_iter().map(Beside::Type);
        let part = row.tuple_with_part.as_ref().map(|part| Beside::Part(Symbol::new(part.get_ref())));
        let rows = types.chain(part).map(|beside| TupleSink { sink: sink.clone(), beside });
        self.models.tuple_sinks.extend(rows.collect::<Vec<_>>());
        for text in row.operator.iter().flat_map(|texts| &texts.0) {
            let forms = [
                ("index", Operator::Index),
                ("slice", Operator::Slice),
                ("sliced-text", Operator::SlicedText),
                ("divide", Operator::Divide),
                ("repeat", Operator::Repeat),
            ];
            let operator = self.choice(Some(text), &forms, Operator::Index);
            self.models.operator_sinks.push((operator, sink.clone()));
        }
        for callee in self.callees(row.call.as_ref()) {
            if let Callee::Function(path) | Callee::Method(_, path) = callee
                && let Some(name) = path.as_str().strip_suffix('!')
            {
                self.macro_sink(callee, name, &sink);
                continue;
            }
            let explicit = self.explicit.contains(&callee);
            let model = self.model(callee);
            if !explicit && sink.asked == Asked::Always {
                // What goes in is reported there; what comes out is something else.
                let flow = model.flow.get_or_insert_default();
                flow.retain(|edge| matches!(edge.from, Port::ClosureReturn(_)));
            }
            model.sinks.push(sink.clone());
        }
        let Some(name_only) = &row.name_only else { return };
        let crates = if name_only.crates.is_empty() { vec![krate] } else { symbols(&name_only.crates) };
        let crates: Vec<Symbol> =
            crates.iter().map(|name| Symbol::new(&name.as_str().replace('-', "_"))).collect();
        for method in &name_only.methods {
            let sink =
                NameOnlySink { sink: sink.clone(), arguments: name_only.arguments, crates: crates.clone() };
            self.models.name_only_sinks.entry(Symbol::new(method.get_ref())).or_default().push(sink);
        }
    }

    /// `postgres_query::query_dyn!`.
    fn macro_sink(&mut self, callee: Callee, name: &str, sink: &Sink) {
        let path = match callee {
            Callee::Function(_) => Symbol::new(name),
            Callee::Method(owner, _) => Symbol::new(&format!("{owner}::{name}")),
        };
        let last = split_last(path.as_str()).map_or(path, |(_, last)| Symbol::new(last));
        self.models.macro_names.insert(last);
        self.models.macro_sinks.entry(path).or_default().push(sink.clone());
    }

    fn checks(&mut self, parsed: &Parsed) {
        for row in &parsed.rows.barriers {
            self.barrier(row);
        }
        for row in &parsed.rows.guards {
            self.guard(row);
        }
        for row in &parsed.rows.effects {
            self.effect(row);
        }
    }

    fn guard(&mut self, row: &GuardRow) {
        let forms = [
            &row.ty,
            &row.call,
            &row.credential,
            &row.holder,
            &row.wrapper,
            &row.derive,
            &row.passes,
            &row.made,
            &row.next,
        ];
        let mut given = forms.into_iter().flatten();
        if given.clone().count() != 1 {
            let help = "give one of `type`, `call`, `credential`, `holder`, `wrapper`, `derive`, `passes`, `made`, `next`";
            let span = given.next().and_then(|texts| texts.0.first()).map_or(0..0, Text::span);
            self.complain(span, "a guard needs one form", Some(help.to_owned()));
        }
        let forms = [("enforced", Authenticates::Enforced), ("optional", Authenticates::Optional)];
        let authenticates = self.choice(row.authenticates.as_ref(), &forms, Authenticates::Enforced);
        let guard = GuardType { authenticates, role: row.role };
        for path in self.type_paths(row.ty.as_ref()) {
            self.models.guards.types.insert(path, guard);
        }
        for path in self.type_paths(row.holder.as_ref()) {
            self.models.guards.holders.insert(path);
        }
        for path in self.type_paths(row.wrapper.as_ref()) {
            self.models.guards.wrappers.insert(path);
        }
        for path in self.paths(row.derive.as_ref()) {
            self.models.guards.derives.insert(path);
        }
        for (texts, call) in [
            (&row.call, GuardCall::Check(guard)),
            (&row.credential, GuardCall::Credential),
            (&row.next, GuardCall::Next),
        ] {
            for callee in self.callees(texts.as_ref()) {
                self.model(callee).guard = Some(call);
            }
        }
        for (texts, is_made) in [(&row.passes, false), (&row.made, true)] {
            for path in self.paths(texts.as_ref()) {
                let Some((owner, name)) = split_last(path.as_str()) else { continue };
                let owner = self.models.externals.canonical(Symbol::new(owner));
                let pair = (owner, Symbol::new(name));
                let guards = &mut self.models.guards;
                if is_made { guards.made.push(pair) } else { guards.passes.push(pair) }
            }
        }
    }

    fn effect(&mut self, row: &EffectRow) {
        const FORMS: [(&str, Option<Effect>); 5] = [
            ("read", Some(Effect::Read)),
            ("write", Some(Effect::Write)),
            ("file", Some(Effect::File)),
            ("command", Some(Effect::Command)),
            ("outbound", Some(Effect::Outbound)),
        ];
        let Some(effect) = self.choice(Some(&row.kind), &FORMS, None) else { return };
        // What only has an effect is not told apart by its path: `diesel::delete` is no rival of `rocket::delete`.
        let named = row.call.0.iter().map(|text| Symbol::new(text.get_ref()));
        let only_here: Vec<Symbol> =
            named.filter(|path| !self.models.externals.known_paths.contains(path)).collect();
        for callee in self.callees(Some(&row.call)) {
            let model = self.model(callee);
            model.effects = model.effects.with(effect);
        }
        for path in only_here {
            self.models.externals.known_paths.remove(&path);
        }
    }

    fn barrier(&mut self, row: &BarrierRow) {
        for kind in &row.kinds {
            let known = &self.kinds;
            if kind.get_ref() != "*" && !known.iter().any(|known| known.name.as_str() == kind.get_ref()) {
                let help = did_you_mean(kind.get_ref(), known.iter().map(|kind| kind.name.as_str()));
                self.complain(kind.span(), format!("no sink is of kind `{}`", kind.get_ref()), help);
            }
        }
        let what = row.what.as_ref().map_or(Some(Port::Return), |what| self.port(what));
        let Some(what) = what else { return };
        let forms =
            [("always", When::Always), ("true", When::True), ("false", When::False), ("ok", When::Ok)];
        let when = self.choice(row.when.as_ref(), &forms, When::Always);
        let context = row.context.as_ref().map(|context| Symbol::new(context.get_ref()));
        let given = row.given.as_ref().map_or_else(Vec::new, |given| symbols(&given.0));
        let kinds = symbols(&row.kinds);
        let barrier = Barrier { kinds: kinds.clone(), when, what, context, given };
        if let Some(refuses) = &row.refuses {
            let characters = Symbol::new(refuses.get_ref());
            self.models.refused_characters.push(RefusedCharacters { characters, kinds: kinds.clone() });
        }
        for word in row.named.iter().flat_map(|named| &named.0) {
            let word = Symbol::new(word.get_ref());
            self.models.named_checks.push(NamedCheck { word, kinds: kinds.clone() });
        }
        let forms = [&row.call, &row.pattern, &row.attribute];
        let places = forms.iter().filter(|form| form.is_some()).count()
            + usize::from(row.refuses.is_some())
            + usize::from(row.named.is_some());
        if places != 1 {
            let help = "give one of `call`, `pattern`, `attribute`, `refuses`, `named`";
            let span = row.kinds.first().map_or(0..0, Text::span);
            self.complain(span, "a barrier needs one place where it stands", Some(help.to_owned()));
        }
        for callee in self.callees(row.call.as_ref()) {
            self.model(callee).barriers.push(barrier.clone());
        }
        for pattern in self.paths(row.pattern.as_ref()) {
            self.models.pattern_barriers.entry(pattern).or_default().push(barrier.clone());
        }
        let attributes = self.paths(row.attribute.as_ref());
        if !attributes.is_empty() {
            let types = self.type_paths(row.types.as_ref());
            self.models.parameter_barriers.push(ParameterBarrier { attributes, types, kinds });
        }
    }

    // Texts.

    /// A path as it is written: identifiers and `::`, or `*::name`.
    fn path(&mut self, text: &Text) -> Option<Symbol> {
        let path = text.get_ref();
        let is_name = |name: &str| {
            let name = name.strip_prefix("r#").unwrap_or(name);
            // A macro: `sqlx::query!`.
            let name = name.strip_suffix('!').unwrap_or(name);
            !name.is_empty()
                && !name.starts_with(|c: char| c.is_ascii_digit())
                && name.chars().all(|c| c.is_alphanumeric() || c == '_')
        };
        if path.strip_prefix("*::").unwrap_or(if path == "*" { "_" } else { path }).split("::").all(is_name) {
            return Some(Symbol::new(path));
        }
        let help = path.split(['<', '(']).next().filter(|head| head.len() < path.len());
        let help = help.map(|head| format!("write the path alone: `{head}`"));
        self.complain(text.span(), format!("`{path}` is no path"), help);
        None
    }

    fn paths(&mut self, texts: Option<&Texts>) -> Vec<Symbol> {
        let mut paths = Vec::new();
        for text in texts.iter().flat_map(|texts| &texts.0) {
            if let Some(path) = self.path(text) {
                self.know(path);
                paths.push(self.models.externals.canonical(path));
            }
        }
        paths
    }

    /// Canonical paths of types; those of the prelude need none.
    fn type_paths(&mut self, texts: Option<&Texts>) -> Vec<Symbol> {
        let mut paths = Vec::new();
        for text in texts.iter().flat_map(|texts| &texts.0) {
            let Some(path) = self.path(text) else { continue };
            let path = match Template::parse(text.get_ref(), &[]) {
                Ok(Template::Named(path, _)) => path,
                _ => path,
            };
            self.know(path);
            paths.push(self.models.externals.canonical(path));
        }
        paths
    }

    fn callees(&mut self, texts: Option<&Texts>) -> Vec<Callee> {
        let mut callees = Vec::new();
        for text in texts.iter().flat_map(|texts| &texts.0) {
            let Some(path) = self.path(text) else { continue };
            let callee = self.callee_of(path);
            if let Callee::Method(ty, name) = callee {
                self.models.externals.types.entry(ty).or_default().methods.entry(name).or_default();
                self.know(ty);
            } else {
                self.know(path);
            }
            callees.push(callee);
        }
        callees
    }

    /// What a path names: below a known type, or what is spelt like one, stand its methods.
    fn callee_of(&self, path: Symbol) -> Callee {
        let externals = &self.models.externals;
        if let Some((owner, name)) = split_last(path.as_str()) {
            let owner = externals.canonical(Symbol::new(owner));
            let last = split_last(owner.as_str()).map_or(owner.as_str(), |(_, last)| last);
            if externals.types.contains_key(&owner) || last == "*" || last.starts_with(char::is_uppercase) {
                return Callee::Method(owner, Symbol::new(name));
            }
        }
        Callee::Function(externals.canonical(path))
    }

    fn model(&mut self, callee: Callee) -> &mut CallModel {
        match callee {
            Callee::Function(path) => self.models.functions.entry(path).or_default(),
            Callee::Method(ty, name) => self.models.methods.entry((ty, name)).or_default(),
        }
    }

    fn port(&mut self, text: &Text) -> Option<Port> {
        let port = parse_port(text.get_ref().trim());
        self.told(port, text)
    }

    fn edges(&mut self, texts: &[Text], receiver: Receiver) -> Vec<Edge> {
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

    fn told<T>(&mut self, result: Result<T, Wrong>, text: &Text) -> Option<T> {
        result.map_err(|(message, help)| self.complain(text.span(), message, help)).ok()
    }

    /// One of a few words.
    fn choice<T: Copy>(&mut self, text: Option<&Text>, forms: &[(&str, T)], absent: T) -> T {
        let Some(text) = text else { return absent };
        if let Some((_, value)) = forms.iter().find(|(word, _)| word == text.get_ref()) {
            return *value;
        }
        let words: Vec<&str> = forms.iter().map(|(word, _)| *word).collect();
        let help = did_you_mean(text.get_ref(), words.iter().copied());
        let help = help.unwrap_or_else(|| format!("write `{}`", words.join("` or `")));
        self.complain(text.span(), format!("`{}` means nothing here", text.get_ref()), Some(help));
        absent
    }

    /// A template with canonical paths. Most stand in a file more than once.
    fn template(&mut self, text: &Text, params: &[Symbol]) -> Option<Template> {
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

fn first_segment(path: Symbol) -> &'static str {
    path.as_str().split(':').next().unwrap_or_default()
}

/// A path without its last segment, and that.
fn split_last(path: &str) -> Option<(&str, &str)> {
    let colon = path.rfind(':')?;
    Some((path[..colon].strip_suffix(':')?, &path[colon + 1..]))
}

fn symbols(texts: &[Text]) -> Vec<Symbol> {
    texts.iter().map(|text| Symbol::new(text.get_ref())).collect()
}

/// How data passes where no `flow` says.
fn default_flow(call: &ExternalFn, params: &[Symbol], receiver: Receiver) -> Vec<Edge> {
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

fn collect_holes(template: &Template, holes: &mut Vec<Symbol>) {
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
