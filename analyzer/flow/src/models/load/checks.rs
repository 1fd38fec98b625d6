//! Barriers, guards and effects: what a call proves, asks or changes.

use ward_syntax::Symbol;

use super::{Loader, Parsed, split_last, symbols};
use crate::models::port::parse_input;
use crate::models::schema::{BarrierRow, EffectRow, GuardRow, MessageRow, Text};
use crate::models::{
    AttributeKey, Authenticates, Barrier, DeriveModel, Effect, Expression, GuardCall, GuardType, MessageCall,
    NamedCheck, ParameterBarrier, Port, RefusedCharacters, When,
};

impl Loader {
    pub(super) fn checks(&mut self, parsed: &Parsed) {
        for row in &parsed.rows.barriers {
            self.barrier(row);
        }
        for row in &parsed.rows.guards {
            self.guard(row);
        }
        for row in &parsed.rows.effects {
            self.effect(row);
        }
        for row in &parsed.rows.expressions {
            for callee in self.callees(Some(&row.call)) {
                self.model(callee).is_expression = true;
            }
        }
        for row in &parsed.rows.messages {
            self.message(row);
        }
    }

    fn message(&mut self, row: &MessageRow) {
        for (texts, call) in [(&row.send, MessageCall::Send), (&row.receive, MessageCall::Receive)] {
            for callee in self.callees(texts.as_ref()) {
                self.model(callee).message = Some(call);
            }
        }
        for path in self.paths(row.deliver.as_ref()) {
            if let Some((owner, method)) = split_last(path.as_str()) {
                let owner = self.models.externals.canonical(Symbol::new(owner));
                self.models.deliveries.push((owner, Symbol::new(method)));
            }
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
            &row.extracts,
            &row.end,
            &row.waive,
            &row.issue,
            &row.lenient,
        ];
        let mut given = forms.into_iter().flatten();
        if given.clone().count() != 1 {
            let help = "give one of `type`, `call`, `credential`, `holder`, `wrapper`, `derive`, `extracts`, `passes`, `made`, `next`, `end`, `waive`, `issue`, `lenient`";
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
        let derive = DeriveModel { by: self.attribute_key(row.by.as_ref()) };
        for path in self.paths(row.derive.as_ref()) {
            self.models.guards.derives.insert(path, derive);
        }
        for path in self.paths(row.extracts.as_ref()) {
            self.models.guards.extracts.insert(path, derive);
        }
        for (texts, call) in [
            (&row.call, GuardCall::Check(guard)),
            (&row.credential, GuardCall::Credential),
            (&row.next, GuardCall::Next),
            (&row.end, GuardCall::End),
            (&row.waive, GuardCall::Waive),
            (&row.issue, GuardCall::Issue),
        ] {
            for callee in self.callees(texts.as_ref()) {
                self.model(callee).guard = Some(call);
            }
        }
        for path in self.paths(row.lenient.as_ref()) {
            if let Some((owner, name)) = split_last(path.as_str()) {
                let owner = self.models.externals.canonical(Symbol::new(owner));
                self.models.guards.lenient.insert((owner, Symbol::new(name)));
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

    /// `attribute(name)`.
    fn attribute_key(&mut self, text: Option<&Text>) -> Option<AttributeKey> {
        let text = text?;
        let parts = text.get_ref().strip_suffix(')').and_then(|rest| rest.split_once('('));
        if parts.is_none() {
            self.complain(
                text.span(),
                "not an argument of an attribute",
                Some("write `attribute(name)`".to_owned()),
            );
        }
        let (attribute, name) = parts?;
        Some(AttributeKey { attribute: Symbol::new(attribute), name: Symbol::new(name) })
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
        if row.call.is_some() == row.given.is_some() || row.given.is_some() == row.methods.is_empty() {
            let help = "give `call`, or `methods` and `given`".to_owned();
            self.complain(row.kind.span(), "an effect needs one form", Some(help));
        }
        for given in self.type_paths(row.given.as_ref()) {
            for method in &row.methods {
                let effects =
                    self.models.effects_by_given.entry((given, Symbol::new(method.get_ref()))).or_default();
                *effects = effects.with(effect);
            }
        }
        // What only has an effect is not told apart by its path: `diesel::delete` is no rival of `rocket::delete`.
        let named = row.call.iter().flat_map(|call| &call.0).map(|text| Symbol::new(text.get_ref()));
        let only_here: Vec<Symbol> =
            named.filter(|path| !self.models.externals.known_paths.contains(path)).collect();
        for callee in self.callees(row.call.as_ref()) {
            let model = self.model(callee);
            model.effects = model.effects.with(effect);
        }
        for path in only_here {
            self.models.externals.known_paths.remove(&path);
        }
    }

    fn barrier(&mut self, row: &BarrierRow) {
        for kind in &row.kinds {
            if kind.get_ref() != "*" && !self.is_kind(kind.get_ref()) {
                self.complain_of_kind(kind);
            }
        }
        let what = row.what.as_ref().map_or(Some(Port::Return), |what| self.port(what));
        let Some(what) = what else { return };
        let forms = [
            ("always", When::Always),
            ("true", When::True),
            ("false", When::False),
            ("ok", When::Ok),
            ("found", When::Found),
            ("bound", When::Bound),
        ];
        let when = self.choice(row.when.as_ref(), &forms, When::Always);
        let context = row.context.as_ref().map(|context| Symbol::new(context.get_ref()));
        let given = row.given.as_ref().map_or_else(Vec::new, |given| symbols(&given.0));
        let kinds = symbols(&row.kinds);
        let forms = [
            ("whole", Some(Expression::Whole)),
            ("found", Some(Expression::Found)),
            ("groups", Some(Expression::Groups)),
            ("removed", Some(Expression::Removed)),
            ("rooted", Some(Expression::Rooted)),
        ];
        let expression = self.choice(row.expression.as_ref(), &forms, None);
        let statement =
            row.statement.as_ref().and_then(|text| self.told(parse_input(text.get_ref().trim()), text));
        let barrier = Barrier { kinds: kinds.clone(), when, what, context, given, expression, statement };
        if let Some(refuses) = &row.refuses {
            let characters = Symbol::new(refuses.get_ref());
            self.models.refused_characters.push(RefusedCharacters { characters, kinds: kinds.clone() });
        }
        for word in row.named.iter().flat_map(|named| &named.0) {
            let word = Symbol::new(word.get_ref());
            let check = NamedCheck { word, kinds: kinds.clone() };
            match when {
                When::Found => self.models.named_lookups.push(check),
                _ => self.models.named_checks.push(check),
            }
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
}
