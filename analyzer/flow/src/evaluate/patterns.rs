//! Patterns: binding their variables, and what a match tells.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use ward_semantics::{Resolution, TyKind};
use ward_syntax::{Expr, ExprId, Literal, Pat, PatId, PathId, Symbol, sym};

use super::Evaluator;
use crate::step::StepKind;
use crate::value::{Fact, Facts, KindSet, Origin, Outcome, Root, Value, ValueId};

/// The part that is the truth inside `Ok(..)` or `Some(..)`.
pub(super) const TRUTH: &str = "=";

impl Evaluator<'_> {
    /// Binds the variables of a pattern to the parts of a value.
    pub(super) fn bind(&mut self, pat: PatId, value: ValueId) {
        match self.ir.pat(pat) {
            Pat::Missing | Pat::Wild | Pat::Rest | Pat::Path(_) | Pat::Literal(_) | Pat::Range => {}
            Pat::Bind { local, sub } => {
                let name = self.ir.local(local).name;
                let cut = self.cut(value, self.types.local(local));
                let bound = self.stepped(cut, self.ir.pat_span(pat), StepKind::Bound(name));
                let bound =
                    self.with_type_source(bound, self.types.local(local), name, self.ir.pat_span(pat));
                self.aliases.remove(&local);
                self.set_local(local, bound);
                if let Some(sub) = sub {
                    if self.only_literals(sub) {
                        let constant = self.values.constant(None);
                        self.set_local(local, constant);
                    } else if let Some(begun) = self.begun_with_literal(bound, sub) {
                        self.set_local(local, begun);
                    }
                    self.bind(sub, value);
                }
            }
            Pat::Ref(inner) => self.bind(inner, value),
            Pat::Tuple(pats) => self.bind_numbered(&self.pats(pats), value),
            Pat::Slice(pats) => {
                let pats = self.pats(pats);
                let is_rest = |pat: &PatId| match self.ir.pat(*pat) {
                    Pat::Bind { sub: Some(sub), .. } => self.ir.pat(sub) == Pat::Rest,
                    pat => pat == Pat::Rest,
                };
                let rest = pats.iter().position(is_rest).unwrap_or(pats.len());
                for (index, pat) in pats.iter().enumerate() {
                    let place = match index.cmp(&rest) {
                        Ordering::Less => index.to_string(),
                        Ordering::Equal => format!("{index}.."),
                        Ordering::Greater => format!("-{}", pats.len() - index),
                    };
                    let element = self.element(value, &place);
                    self.bind(*pat, element);
                }
            }
            Pat::Or(pats) => {
                for pat in self.pats(pats) {
                    self.bind(pat, value);
                }
            }
            Pat::TupleStruct { path, pats } => self.bind_tuple_struct(path, &self.pats(pats), value),
            Pat::Struct { path, fields } => {
                let variant = self.variant_name(path);
                for field in self.ir.field_pats(fields) {
                    let part = self.variant_part(value, variant, field.name);
                    let part = match self.types.path(path) {
                        Resolution::Def(def) => self.read_by_refusal(part, def, field.name),
                        _ => part,
                    };
                    self.bind(field.pat, part);
                }
            }
        }
    }

    /// A list that a pattern takes for its first element, a text that is written in the program: `["users", _]`.
    fn begun_with_literal(&mut self, list: ValueId, pat: PatId) -> Option<ValueId> {
        let first = |pat: PatId| match self.ir.pat(pat) {
            Pat::Slice(pats) => match self.ir.pat(self.ir.list(pats).next()?) {
                Pat::Literal(Literal::Str(text)) => Some(text),
                _ => None,
            },
            _ => None,
        };
        let mut firsts = self.alternatives(pat).into_iter().map(first);
        let lead = firsts.next()??;
        (!lead.is_empty() && firsts.all(|other| other.is_some())).then(|| self.behind(lead, list))
    }

    fn pats(&self, list: ward_syntax::List<PatId>) -> SmallVec<[PatId; 6]> {
        self.ir.list(list).collect()
    }

    fn bind_numbered(&mut self, pats: &[PatId], value: ValueId) {
        let rest = pats.iter().position(|pat| self.ir.pat(*pat) == Pat::Rest);
        for (index, pat) in pats.iter().enumerate() {
            if rest.is_some_and(|rest| index > rest) {
                self.bind(*pat, ValueId::NOTHING);
            } else {
                let part = self.values.part(value, index_name(index));
                self.bind(*pat, part);
            }
        }
    }

    fn bind_tuple_struct(&mut self, path: PathId, pats: &[PatId], value: ValueId) {
        match self.types.path(path) {
            Resolution::Def(_) => self.bind_numbered(pats, value),
            Resolution::Variant { .. } => {
                let variant = self.variant_name(path);
                for (index, pat) in pats.iter().enumerate() {
                    let part = self.variant_part(value, variant, index_name(index));
                    self.bind(*pat, part);
                }
            }
            _ => {
                let payload = match self.last_name(path) {
                    sym::ERR => {
                        let error = self.values.part(value, sym::ERR);
                        self.error_bound(error, pats)
                    }
                    sym::OK => {
                        let payload = self.payload(value);
                        self.values.without_error(payload)
                    }
                    sym::SOME => self.payload(value),
                    _ => value,
                };
                for pat in pats {
                    self.bind(*pat, payload);
                }
            }
        }
    }

    /// Whether an expression is a `Result`.
    pub(super) fn is_result(&self, expr: ExprId) -> bool {
        matches!(self.types.expr(expr).kind(), TyKind::External { path, .. } if path.as_str() == "std::result::Result")
    }

    /// A result that a field holds, where it is `Ok`: whoever fills the field gives its error beside that.
    pub(super) fn ok_of_field(&mut self, scrutinee: ExprId, pat: PatId, value: ValueId) -> ValueId {
        let is_ok = self.outcome_of_pattern(pat) == Outcome::Success;
        if !is_ok || !matches!(self.ir.expr(scrutinee), Expr::Field { .. }) || !self.is_result(scrutinee) {
            return value;
        }
        self.values.with_origins(value, |origin| {
            let is_given = matches!(origin.root, Root::Parameter(_)) && !origin.path.is_empty();
            let path = if is_given { origin.path.then(sym::OK) } else { origin.path };
            Some(Origin { path, ..origin })
        })
    }

    /// The payload of an `Err` that a pattern binds: an error of a type that is not known is an internal one.
    fn error_bound(&mut self, error: ValueId, pats: &[PatId]) -> ValueId {
        let &[pat] = pats else { return error };
        let Pat::Bind { local, .. } = self.ir.pat(pat) else { return error };
        self.unknown_error(error, self.types.local(local), self.ir.pat_span(pat))
    }

    /// The value inside `Ok` or `Some`.
    pub(super) fn payload(&mut self, id: ValueId) -> ValueId {
        let value = self.values.get(id);
        if let Some((_, truth)) = value.fields.iter().find(|(name, _)| name.as_str() == TRUTH) {
            return *truth;
        }
        if value.outcome == Outcome::Open
            && value.if_success.is_empty()
            && value.if_failure.is_empty()
            && !value.fields.iter().any(|(name, _)| *name == sym::ERR)
        {
            return id;
        }
        self.values.inside(id, sym::ERR)
    }

    /// The variant's name where a path names one of the workspace; parts are kept apart by it.
    pub(super) fn variant_name(&self, path: PathId) -> Option<Symbol> {
        matches!(self.types.path(path), Resolution::Variant { .. }).then(|| self.last_name(path))
    }

    fn variant_part(&mut self, value: ValueId, variant: Option<Symbol>, field: Symbol) -> ValueId {
        match variant {
            Some(variant) => self.values.part(value, variant_field(variant, field)),
            None => self.values.part(value, field),
        }
    }

    pub(super) fn last_name(&self, path: PathId) -> Symbol {
        self.ir.path_segments(path).last().map_or(sym::EMPTY, |segment| segment.name)
    }

    /// A name for a parameter: the variable it binds, innermost first.
    pub(super) fn pattern_name(&self, pat: PatId) -> Symbol {
        match self.ir.pat(pat) {
            Pat::Bind { local, .. } => self.ir.local(local).name,
            Pat::Ref(inner) => self.pattern_name(inner),
            Pat::TupleStruct { pats, .. } | Pat::Tuple(pats) => {
                self.ir.list(pats).next().map_or(sym::UNDERSCORE, |pat| self.pattern_name(pat))
            }
            _ => sym::UNDERSCORE,
        }
    }

    /// What a match of the pattern tells, and what its failure tells.
    pub(super) fn match_facts(&mut self, pat: PatId, scrutinee: ValueId) -> (Facts, Facts) {
        let outcome = self.outcome_of_pattern(pat);
        if outcome != Outcome::Open {
            self.note_asked(scrutinee);
        }
        self.note_asked_in(pat, scrutinee);
        let value = self.values.get(scrutinee);
        match outcome {
            Outcome::Success => {
                let (mut success, mut failure) =
                    (Facts::from(value.if_success), Facts::from(value.if_failure));
                if let Pat::TupleStruct { pats, .. } = self.ir.pat(pat)
                    && let Some(inner) = self.ir.list(pats).next()
                {
                    if self.ir.list(pats).all(|pat| self.only_literals(pat)) {
                        crate::value::add(&mut success, &self.all_of(scrutinee));
                    }
                    if !matches!(self.ir.pat(inner), Pat::Bind { sub: None, .. } | Pat::Wild) {
                        // `Ok(true)`: what the truth inside tells; that it fails may mean either.
                        let payload = self.payload(scrutinee);
                        let (is, is_not) = self.match_facts(inner, payload);
                        crate::value::add(&mut success, &is);
                        failure = crate::value::common(&failure, &is_not);
                    }
                }
                (success, failure)
            }
            Outcome::Failure => (value.if_failure.into(), value.if_success.into()),
            Outcome::Open => {
                let (mut success, mut failure) = self.modelled_pattern(pat, scrutinee).unwrap_or_default();
                crate::value::add(&mut failure, &self.told_by_numbers(pat, scrutinee));
                crate::value::add(&mut success, &self.told_by_elements_of(pat, scrutinee));
                if self.only_literals(pat) {
                    crate::value::add(&mut success, &self.all_of(scrutinee));
                }
                (success, failure)
            }
        }
    }

    /// A tuple matches where each of its elements does.
    fn told_by_elements_of(&mut self, pat: PatId, scrutinee: ValueId) -> Facts {
        let mut facts = Facts::new();
        let Pat::Tuple(pats) = self.ir.pat(pat) else { return facts };
        let before_rest =
            self.pats(pats).into_iter().take_while(|pat| self.ir.pat(*pat) != Pat::Rest).enumerate();
        for (index, pat) in before_rest.collect::<SmallVec<[_; 6]>>() {
            let element = self.values.part(scrutinee, index_name(index));
            let (success, _) = self.match_facts(pat, element);
            crate::value::add(&mut facts, &success);
        }
        facts
    }

    /// What models say of the variants and texts of a pattern: that one matches, and that none does.
    fn modelled_pattern(&self, pat: PatId, scrutinee: ValueId) -> Option<(Facts, Facts)> {
        let mut success: Option<Facts> = None;
        let mut failure = Facts::new();
        for pat in self.alternatives(pat) {
            let (is, is_not) = match self.ir.pat(pat) {
                Pat::TupleStruct { path, .. } | Pat::Path(path) => self.told_by_variant(path, scrutinee),
                Pat::Literal(Literal::Str(text)) => self.told_by_text(text, scrutinee),
                _ => return None,
            };
            crate::value::add(&mut failure, &is_not);
            success = Some(match success {
                None => is,
                Some(before) => crate::value::common(&before, &is),
            });
        }
        let success = success?;
        (!success.is_empty() || !failure.is_empty()).then_some((success, failure))
    }

    /// A number that none of a pattern's numbers matches was compared with them.
    fn told_by_numbers(&self, pat: PatId, scrutinee: ValueId) -> Facts {
        let is_number = |pat: PatId| matches!(self.ir.pat(pat), Pat::Range | Pat::Literal(Literal::Int(_)));
        if !self.alternatives(pat).into_iter().all(is_number) {
            return Facts::new();
        }
        let compared = self.cx.models.kinds.compared();
        let mut facts = self.all_of(scrutinee);
        facts.iter_mut().for_each(|fact| fact.kinds = compared);
        facts
    }

    /// Whether a pattern matches whatever it is given.
    pub(super) fn matches_all(&self, pat: PatId) -> bool {
        match self.ir.pat(pat) {
            Pat::Wild | Pat::Bind { sub: None, .. } => true,
            Pat::Ref(inner) => self.matches_all(inner),
            _ => false,
        }
    }

    /// Whoever matches options side by side has thought of empty ones.
    fn note_asked_in(&mut self, pat: PatId, scrutinee: ValueId) {
        match self.ir.pat(pat) {
            Pat::Ref(inner) => self.note_asked_in(inner, scrutinee),
            Pat::Or(pats) => self.pats(pats).into_iter().for_each(|pat| self.note_asked_in(pat, scrutinee)),
            Pat::Tuple(pats) => {
                for (index, pat) in self.pats(pats).into_iter().enumerate() {
                    if self.outcome_of_pattern(pat) != Outcome::Open {
                        let part = self.values.part(scrutinee, index_name(index));
                        self.note_asked(part);
                    }
                }
            }
            _ => {}
        }
    }

    /// The patterns of which one must match.
    fn alternatives(&self, pat: PatId) -> SmallVec<[PatId; 2]> {
        match self.ir.pat(pat) {
            Pat::Ref(inner) | Pat::Bind { sub: Some(inner), .. } => self.alternatives(inner),
            Pat::Or(pats) => self.ir.list(pats).flat_map(|pat| self.alternatives(pat)).collect(),
            _ => SmallVec::from_elem(pat, 1),
        }
    }

    /// Facts that clear every origin of a value.
    pub(super) fn all_of(&self, id: ValueId) -> Facts {
        let fact = |origin: &crate::value::Origin| Fact {
            root: origin.root,
            path: origin.path,
            kinds: KindSet::ALL,
        };
        self.values.origins_of(id).iter().map(fact).collect()
    }

    pub(super) fn outcome_of_pattern(&self, pat: PatId) -> Outcome {
        match self.ir.pat(pat) {
            Pat::Ref(inner) => self.outcome_of_pattern(inner),
            Pat::Bind { sub: Some(sub), .. } => self.outcome_of_pattern(sub),
            Pat::Literal(ward_syntax::Literal::Bool(true)) => Outcome::Success,
            Pat::Literal(ward_syntax::Literal::Bool(false)) => Outcome::Failure,
            Pat::TupleStruct { path, .. } | Pat::Path(path) => match self.last_name(path) {
                sym::OK | sym::SOME => Outcome::Success,
                sym::ERR | sym::NONE => Outcome::Failure,
                _ => Outcome::Open,
            },
            _ => Outcome::Open,
        }
    }

    /// Whether a match leaves only values written in the program.
    fn only_literals(&self, pat: PatId) -> bool {
        match self.ir.pat(pat) {
            Pat::Literal(_) | Pat::Range => true,
            Pat::Path(path) => !matches!(self.types.path(path), Resolution::Unresolved),
            Pat::Ref(inner) | Pat::Bind { sub: Some(inner), .. } => self.only_literals(inner),
            Pat::Or(pats) | Pat::Tuple(pats) | Pat::Slice(pats) => {
                self.ir.list(pats).all(|pat| self.only_literals(pat))
            }
            Pat::TupleStruct { path, pats } => {
                matches!(self.last_name(path), sym::SOME | sym::OK)
                    && self.ir.list(pats).all(|pat| self.only_literals(pat))
            }
            _ => false,
        }
    }

    /// An element of a list, by its place: what is known of one element is not known of the others. Where the elements
    /// have known parts they are not told apart.
    pub(super) fn element(&mut self, list: ValueId, place: &str) -> ValueId {
        let value = self.values.get(list);
        let has_parts = value.fields.iter().any(|(name, _)| !name.as_str().starts_with('['));
        if value.origins.is_empty() || has_parts {
            return list;
        }
        let element = self.values.part(list, Symbol::new(&format!("[{place}]")));
        self.narrowed(element)
    }

    /// Whether `base.0` is the value itself: newtypes from outside the workspace are seen through. A named field is
    /// a part, be it of the type itself or of what it dereferences to.
    pub(super) fn is_transparent(&self, base: ward_syntax::ExprId, field: Symbol) -> bool {
        field.as_str().starts_with(|first: char| first.is_ascii_digit())
            && matches!(self.types.expr(base).kind(), TyKind::External { .. })
    }

    /// A struct or variant with these parts.
    pub(super) fn composed(&mut self, parts: SmallVec<[(Symbol, ValueId); 1]>) -> ValueId {
        if parts.iter().all(|(_, part)| self.values.is_plain(*part)) {
            let texts = parts.iter().map(|(_, part)| self.values.text_of(*part));
            let text = texts.max().unwrap_or(crate::value::Text::Constant);
            let keep = parts.iter().any(|(_, part)| self.values.constant_of(*part).is_some());
            let fields = if keep { parts } else { SmallVec::new() };
            return self.values.push(Value { text, fields, ..Value::default() });
        }
        self.values.push(Value { fields: parts, ..Value::default() })
    }
}

/// `0`, `1`, ..
pub(super) fn index_name(index: usize) -> Symbol {
    static NAMES: LazyLock<Vec<Symbol>> =
        LazyLock::new(|| (0..16).map(|index: usize| Symbol::new(&index.to_string())).collect());
    NAMES.get(index).copied().unwrap_or_else(|| Symbol::new(&index.to_string()))
}

/// The name of a variant's field among the parts of a value.
pub(super) fn variant_field(variant: Symbol, field: Symbol) -> Symbol {
    thread_local! {
        static NAMES: RefCell<FxHashMap<(Symbol, Symbol), Symbol>> = RefCell::default();
    }
    NAMES.with_borrow_mut(|names| {
        *names.entry((variant, field)).or_insert_with(|| Symbol::new(&format!("{variant}.{field}")))
    })
}
