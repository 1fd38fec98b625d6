//! Kinds of sink, and the sinks.

use ward_syntax::Symbol;

use super::{Author, Callee, Loader, Parsed, split_last, symbols};
use crate::models::error::did_you_mean;
use crate::models::port::parse_input;
use crate::models::schema::{KindRow, SinkRow, Text};
use crate::models::{
    Asked, Beside, Bound, Callers, Debug, DefaultSink, Kind, KindCarries, NameOnlySink, Operator, Port, Sink,
    SourceClass, TextSink, TupleSink,
};

impl Loader {
    pub(super) fn kinds(&mut self, parsed: &Parsed) {
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
            ("address", KindCarries::Address),
            ("number", KindCarries::Number),
            ("large-number", KindCarries::LargeNumber),
            ("list", KindCarries::List),
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
        let debug = if row.escaped_by_debug { Debug::Escapes } else { Debug::HandsOn };
        self.kinds.push(Kind { name, carries, from, callers, bound, debug });
    }

    pub(super) fn class(&mut self, text: Option<&Text>) -> SourceClass {
        self.choice(text, &SourceClass::ALL, SourceClass::Request)
    }

    pub(super) fn dangers(&mut self, parsed: &Parsed) {
        for row in &parsed.rows.sinks {
            for kind in &row.kind.0 {
                self.sink(row, kind, parsed.krate);
            }
        }
    }

    pub(super) fn is_kind(&self, name: &str) -> bool {
        self.kinds.iter().any(|known| known.name.as_str() == name)
    }

    /// No lint asks for a kind that no row of ours knows.
    pub(super) fn complain_of_kind(&mut self, kind: &Text) {
        let mut known: Vec<&str> = self.kinds.iter().map(|kind| kind.name.as_str()).collect();
        known.sort_unstable();
        let help = did_you_mean(kind.get_ref(), known.iter().copied());
        let help = help.unwrap_or_else(|| format!("kinds are `{}`", known.join("`, `")));
        self.complain(
            kind.span(),
            format!("no lint asks for sinks of kind `{}`", kind.get_ref()),
            Some(help),
        );
    }

    fn sink(&mut self, row: &SinkRow, kind: &Text, krate: Option<Symbol>) {
        let Some(input) = row.input.as_ref().map_or(Some(Port::Arguments), |input| self.port(input)) else {
            return;
        };
        let place = row.input.as_ref().unwrap_or(kind);
        let is_none = match input {
            Port::Return => !row.unwrapped,
            Port::ClosureParameter(..) | Port::Name => true,
            _ => false,
        };
        if is_none {
            self.complain(place.span(), format!("`{}` is no input", place.get_ref()), None);
            return;
        }
        if row.operator.is_none() && row.fields_of_derive.is_none() && row.input.is_none() {
            self.complain(place.span(), "a sink needs an `input`", None);
        }
        let forms = [
            &row.call,
            &row.default_of,
            &row.converted_into,
            &row.operator,
            &row.text_with,
            &row.tuple_with,
            &row.fields_of_derive,
        ]
        .into_iter()
        .any(Option::is_some);
        let of_parts = row.tuple_with_part.is_some() || row.tuple_part.is_some();
        if !forms && row.name_only.is_none() && !of_parts {
            let help = "give `call`, `operator`, `name_only`, `text_with`, `tuple_with`, `tuple_with_part` or `tuple_part`";
            let help = Some(help.to_owned());
            self.complain(place.span(), "a sink needs a call", help);
        }
        if self.author == Author::User && !self.is_kind(kind.get_ref()) {
            self.complain_of_kind(kind);
            return;
        }
        let kind = Symbol::new(kind.get_ref());
        if !self.is_kind(kind.as_str()) {
            self.kinds.push(Kind::plain(kind));
        }
        let first = row.call.as_ref().and_then(|call| call.0.first());
        let first = first.and_then(|path| path.get_ref().split(':').next()).map(Symbol::new);
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
            fields: row.fields.as_ref().map_or_else(Vec::new, |fields| symbols(&fields.0)),
            parts: row.parts,
        };
        for path in row.fields_of_derive.iter().flat_map(|paths| &paths.0) {
            let path = path.get_ref().as_str();
            let last = path.rsplit(':').next().unwrap_or(path);
            self.models.derive_sinks.push((Symbol::new(last), sink.clone()));
        }
        for path in self.paths(row.default_of.as_ref()) {
            if let Some((owner, method)) = split_last(path.as_str()) {
                let (trait_path, method) = (Symbol::new(owner), Symbol::new(method));
                self.models.default_sinks.push(DefaultSink { sink: sink.clone(), trait_path, method });
            }
        }
        for path in self.type_paths(row.converted_into.as_ref()) {
            self.models.conversion_sinks.push((path, sink.clone()));
        }
        if let Some(holds) = &row.text_with {
            self.models.text_sinks.push(TextSink { sink: sink.clone(), holds: symbols(&holds.0) });
        }
        let types = self.type_paths(row.tuple_with.as_ref()).into_iter().map(Beside::Type);
        let part = row.tuple_with_part.as_ref().map(|part| Beside::Part(Symbol::new(part.get_ref())));
        let own = row.tuple_part.as_ref().map(|part| Beside::Own(Symbol::new(part.get_ref())));
        let not_in = row.tuple_not_in.as_ref().map_or_else(Vec::new, |names| symbols(&names.0));
        let of = |beside| TupleSink { sink: sink.clone(), beside, not_in: not_in.clone() };
        let rows = types.chain(part).chain(own).map(of);
        self.models.tuple_sinks.extend(rows.collect::<Vec<_>>());
        for text in row.operator.iter().flat_map(|texts| &texts.0) {
            let forms = [
                ("index", Operator::Index),
                ("slice", Operator::Slice),
                ("sliced-text", Operator::SlicedText),
                ("cut-text", Operator::CutText),
                ("divide", Operator::Divide),
                ("subtract", Operator::Subtract),
                ("repeat", Operator::Repeat),
                ("first", Operator::First),
                ("later", Operator::Later),
                ("piece", Operator::Piece),
                ("absent", Operator::Absent),
                ("refused-text", Operator::RefusedText),
                ("refused-number", Operator::RefusedNumber),
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
}
