//! The summaries of all functions, callees first.

use std::hash::{Hash, Hasher};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use ward_semantics::endpoint::attribute_arguments;
use ward_semantics::{DefId, DefKind, Semantics, Ty, TyKind};
use ward_syntax::{Expr, ExprId, ItemKind, Literal, Pat, SourceIr, Symbol};

use super::deps::{Deps, Summary, Value};
use super::evaluate::{Context, Evaluator, Given, Types};
use super::memo::{Judged, Memo, hash_of, note_body, note_summary};
use super::{Authenticates, Verdict, extract, names};
use crate::config::means;

/// What is known so far.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// By function, with [`hash_of`] each.
    summaries: Vec<Option<Box<(u64, Summary)>>>,
    /// A hash of everything below that evaluations ask for.
    of_types: u64,
    /// The last segments of the workspace's macros that answer with a refusal.
    refusing_macros: FxHashSet<Symbol>,
    /// Of types, once all functions have been evaluated.
    verdicts: FxHashMap<Ty, Verdict>,
    /// Types of what middleware leaves in requests.
    attached: FxHashSet<Ty>,
    /// Those of them that it leaves in all requests: with nobody in them where nobody is known.
    for_all: FxHashSet<Ty>,
    /// Types that functions extract by naming them, and the functions.
    asked: FxHashMap<Ty, Vec<DefId>>,
    /// Names under which middleware leaves in requests what comes of a credential.
    named: FxHashSet<Symbol>,
    /// External extractors of which the workspace uses a version that refuses nobody.
    lenient: FxHashSet<Symbol>,
    /// What the project declares as a guard.
    declared: FxHashMap<DefId, Role>,
}

/// Whether a declared guard proves a role.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    Asked,
    None,
}

/// What the evaluation of a function gives.
type Evaluated = (DefId, Summary, Types);

/// What it takes to build.
#[derive(Clone, Copy)]
struct Building<'a> {
    semantics: &'a Semantics,
    models: &'a ward_flow::models::Models,
    memo: Option<&'a Memo>,
}

impl Building<'_> {
    /// What comes of the evaluation of a function, now or in an earlier run.
    fn evaluated(self, cx: Context, def: DefId) -> Option<Evaluated> {
        let evaluate = || evaluate(cx, def);
        let (summary, types) = match self.memo {
            Some(memo) => memo.evaluated(cx.semantics, cx.known, def, evaluate)?,
            None => evaluate()?,
        };
        Some((def, summary, types))
    }

    /// Evaluates the functions of which a parameter is of some type.
    fn evaluate_some(self, cx: Context, is_asked: impl Fn(Ty) -> bool + Sync) -> Vec<Evaluated> {
        let takes = |def: &&DefId| {
            let signature = cx.semantics.signature(**def);
            signature.is_some_and(|signature| signature.params.iter().any(|ty| is_asked(*ty)))
        };
        let functions = cx.semantics.functions().par_iter().filter(takes);
        functions.filter_map(|def| self.evaluated(cx, *def)).collect()
    }
}

/// A guard that asks for another, which asks for another: this deep.
const MOST_GUARDS_ASKED: usize = 3;

impl Known {
    /// Evaluates all functions in parallel on the current rayon pool, and those that take guards a second time.
    pub(crate) fn build(
        semantics: &Semantics,
        models: &ward_flow::models::Models,
        declared: &[(&str, Option<&str>)],
        judged: Option<&Judged>,
    ) -> Self {
        let memo = judged.map(|judged| judged.memo(semantics));
        let cx = Building { semantics, models, memo: memo.as_ref() };
        let known = Self::build_with(cx, declared);
        if let Some((judged, memo)) = judged.zip(memo) {
            judged.take(memo);
        }
        known
    }

    fn build_with(building: Building, declared: &[(&str, Option<&str>)]) -> Self {
        let Building { semantics, models, .. } = building;
        let mut known = Self { declared: declared_in(semantics, declared), ..Self::default() };
        known.summaries.resize_with(semantics.defs.len(), || None);
        known.refusing_macros = refusing_macros(semantics);
        known.of_types = known.hash_of_types();
        known.evaluate_all(building);
        // What a middleware leaves may have any name, and what a version of an extractor does is told by how it is used:
        // those who ask for it are seen the second time.
        let cx = Context { semantics, models, known: &Self::default() };
        let is_new = |ty: &Ty| known.for_all.contains(ty) || !extract::is_identity_type(cx, *ty);
        if known.attached.iter().any(is_new) || !known.lenient.is_empty() || !known.named.is_empty() {
            known.evaluate_all(building);
        }
        known.judge_types(semantics, models);
        known.follow_asked(building);
        // Those who are given one among other things come first: those who take one of the request call them.
        let cx = Context { semantics, models, known: &known };
        let again = building.evaluate_some(cx, |ty| known.carries_guard(cx, ty));
        known.enter(again);
        let cx = Context { semantics, models, known: &known };
        let again = building.evaluate_some(cx, |ty| known.verdicts.contains_key(&ty));
        known.enter(again);
        known
    }

    /// Whether a struct of the workspace has the caller's identity in one of its fields, as an extractor gives it.
    pub(crate) fn carries_guard(&self, cx: Context, ty: Ty) -> bool {
        let TyKind::Adt { def, .. } = ty.kind() else { return false };
        if self.verdicts.contains_key(&ty) || cx.semantics.def_map.kind(*def) != DefKind::Struct {
            return false;
        }
        cx.semantics.fields(*def, None).iter().any(|field| self.verdicts.contains_key(&field.ty))
    }

    /// Evaluates anew what extracts a guard by naming its type, now that there are verdicts, and so on for what
    /// then turns out to be one.
    fn follow_asked(&mut self, building: Building) {
        let Building { semantics, models, .. } = building;
        for _ in 0..MOST_GUARDS_ASKED {
            let asking = self.asked.iter().filter(|(ty, _)| self.verdicts.contains_key(ty));
            let mut asking: Vec<DefId> =
                asking.flat_map(|(_, functions)| functions.iter().copied()).collect();
            asking.sort_unstable();
            asking.dedup();
            let cx = Context { semantics, models, known: self };
            let again: Vec<Evaluated> =
                asking.par_iter().filter_map(|def| building.evaluated(cx, *def)).collect();
            if again.iter().all(|(def, summary, _)| self.summary(*def) == Some(summary)) {
                return;
            }
            self.enter(again);
            // Those who call them.
            self.evaluate_all(building);
            self.judge_types(semantics, models);
        }
    }

    fn evaluate_all(&mut self, building: Building) {
        let Building { semantics, models, .. } = building;
        for level in semantics.call_graph().levels() {
            let cx = Context { semantics, models, known: self };
            let of_component = |component: &Vec<DefId>| -> Vec<Evaluated> {
                component.iter().filter_map(|def| building.evaluated(cx, *def)).collect()
            };
            let evaluated: Vec<Evaluated> = level.par_iter().flat_map_iter(of_component).collect();
            self.enter(evaluated);
        }
    }

    fn enter(&mut self, evaluated: Vec<Evaluated>) {
        let before = self.counts();
        for (def, mut summary, types) in evaluated {
            if let Some(role) = self.declared.get(&def) {
                let role = if *role == Role::Asked { Deps::ROLE } else { Deps::NONE };
                summary.fail = summary.fail.union(Deps::CREDENTIAL).union(role);
                summary.reads = true;
                summary.hops = 0;
            }
            self.summaries[def.index()] = Some(Box::new((hash_of(&summary), summary)));
            self.for_all.extend(types.attached.iter().filter(|(_, for_all)| *for_all).map(|(ty, _)| *ty));
            self.attached.extend(types.attached.into_iter().map(|(ty, _)| ty));
            self.lenient.extend(types.lenient);
            self.named.extend(types.named);
            for ty in types.asked {
                let asking = self.asked.entry(ty).or_default();
                if !asking.contains(&def) {
                    asking.push(def);
                }
            }
        }
        // Nothing is ever taken out.
        if before != self.counts() {
            self.of_types = self.hash_of_types();
        }
    }

    /// How much is known of types and names.
    fn counts(&self) -> [usize; 4] {
        [self.attached.len(), self.for_all.len(), self.lenient.len(), self.named.len()]
    }

    fn judge_types(&mut self, semantics: &Semantics, models: &ward_flow::models::Models) {
        self.verdicts = self.type_verdicts(semantics, models);
        self.of_types = self.hash_of_types();
    }

    /// What evaluations may ask for beside summaries, as a number. What is declared is a part of the configuration.
    fn hash_of_types(&self) -> u64 {
        let macros = self.refusing_macros.iter().map(|name| name.as_str().to_owned());
        let attached = self.attached.iter().map(|ty| format!("{ty:?} {}", self.for_all.contains(ty)));
        let verdict =
            |(ty, verdict): (&Ty, &Verdict)| format!("{ty:?} {:?} {}", verdict.authenticates, verdict.role);
        let lenient = self.lenient.iter().map(|ty| format!("lenient {ty}"));
        let named = self.named.iter().map(|name| format!("named {name}"));
        let verdicts = self.verdicts.iter().map(verdict);
        let mut all: Vec<String> =
            macros.chain(attached).chain(lenient).chain(named).chain(verdicts).collect();
        all.sort_unstable();
        let mut hasher = FxHasher::default();
        all.hash(&mut hasher);
        hasher.finish()
    }

    /// What tells whether an evaluation would find the same of types.
    pub(super) fn of_types(&self) -> u64 {
        self.of_types
    }

    /// [`hash_of`] the summary of a function, 0 if there is none.
    pub(super) fn hash_of(&self, def: DefId) -> u64 {
        self.summaries.get(def.index()).and_then(Option::as_deref).map_or(0, |(hash, _)| *hash)
    }

    /// Whether the project declares an item as a guard.
    pub(crate) fn declared(&self, def: DefId) -> Option<Role> {
        self.declared.get(&def).copied()
    }

    /// Whether some middleware leaves a value of this type in requests that comes of a credential.
    pub(crate) fn is_attached(&self, ty: Ty) -> bool {
        self.attached.contains(&ty)
    }

    /// Whether some middleware leaves a value of this type in all requests, whoever sends them.
    pub(crate) fn is_for_all(&self, ty: Ty) -> bool {
        self.for_all.contains(&ty)
    }

    /// Whether some middleware leaves in requests what comes of a credential under this name.
    pub(crate) fn is_named(&self, name: Symbol) -> bool {
        self.named.contains(&name)
    }

    /// Whether the workspace uses a version of an external extractor that refuses nobody.
    pub(crate) fn is_lenient(&self, ty: Symbol) -> bool {
        self.lenient.contains(&ty)
    }

    /// The verdicts of all types that functions take, where there is one.
    fn type_verdicts(
        &self,
        semantics: &Semantics,
        models: &ward_flow::models::Models,
    ) -> FxHashMap<Ty, Verdict> {
        let cx = Context { semantics, models, known: self };
        let mut types: FxHashSet<Ty> = FxHashSet::default();
        for def in semantics.functions() {
            types.extend(
                semantics.signature(*def).into_iter().flat_map(|signature| signature.params.iter().copied()),
            );
        }
        types.extend(self.asked.keys().copied());
        let types: Vec<Ty> = types.into_iter().collect();
        let judged = types.into_par_iter().map(|ty| (ty, extract::of_type(cx, ty)));
        judged.filter(|(_, verdict)| verdict.authenticates != Authenticates::None).collect()
    }

    pub(crate) fn summary(&self, def: DefId) -> Option<&Summary> {
        note_summary(def, self.hash_of(def));
        self.summaries.get(def.index())?.as_deref().map(|(_, summary)| summary)
    }

    /// What a parameter of a type holds.
    pub(crate) fn given(&self, cx: Context, ty: Ty) -> Value {
        let verdict = self.verdicts.get(&ty).copied().unwrap_or_else(|| extract::by_models(cx, ty));
        let role = if verdict.role { Deps::ROLE } else { Deps::NONE };
        match verdict.authenticates {
            Authenticates::None => Value::default(),
            Authenticates::Optional => Value::fallible(Deps::CREDENTIAL),
            Authenticates::Enforced => Value::of(Deps::CREDENTIAL.union(role)),
        }
    }

    /// The verdict of a type that some function takes.
    pub(crate) fn type_verdict(&self, ty: Ty) -> Option<Verdict> {
        self.verdicts.get(&ty).copied()
    }

    /// Whether a macro of the workspace makes its caller refuse: `err!`, `bail_unauthorized!`.
    pub(crate) fn is_refusing_macro(&self, path: Symbol) -> bool {
        let name = path.last_segment();
        name == "abort" || self.refusing_macros.contains(&Symbol::new(name))
    }

    /// The text of a const or static that is a string, or made of one.
    #[allow(clippy::unused_self, reason = "reads as a question to the evaluation")]
    pub(crate) fn text_of_const(&self, semantics: &Semantics, def: DefId) -> Option<Symbol> {
        if semantics.def_map.kind(def) != DefKind::Const {
            return None;
        }
        note_body(def);
        let (file, body) = semantics.body(def)?;
        let ir = semantics.ir(file);
        text_in(ir, ir.body(body).root, 0)
    }
}

/// The items that declared paths mean: those whose path ends so.
fn declared_in(semantics: &Semantics, declared: &[(&str, Option<&str>)]) -> FxHashMap<DefId, Role> {
    let mut found = FxHashMap::default();
    if declared.is_empty() {
        return found;
    }
    for def in semantics.defs.iter() {
        if !matches!(semantics.def_map.kind(def), DefKind::Fn | DefKind::Struct | DefKind::Enum) {
            continue;
        }
        for (path, role) in declared {
            if means(semantics, path, def) {
                let role = if role.is_some() { Role::Asked } else { Role::None };
                let known = found.entry(def).or_insert(role);
                if role == Role::Asked {
                    *known = role;
                }
            }
        }
    }
    found
}

fn text_in(ir: &SourceIr, expr: ExprId, depth: u32) -> Option<Symbol> {
    match ir.expr(expr) {
        Expr::Literal(Literal::Str(text)) => Some(text),
        Expr::Ref { operand, .. } if depth < 4 => text_in(ir, operand, depth + 1),
        Expr::Call { args, .. } if depth < 4 => ir.list(args).find_map(|arg| text_in(ir, arg, depth + 1)),
        Expr::Block { tail: Some(tail), .. } if depth < 4 => text_in(ir, tail, depth + 1),
        _ => None,
    }
}

fn evaluate(cx: Context, def: DefId) -> Option<(Summary, Types)> {
    if cx.semantics.def_map.kind(def) != DefKind::Fn {
        return None;
    }
    let sources = ward_flow::request_parameters(cx.semantics, cx.models, def);
    Evaluator::function(cx, def, &|index, ty| {
        let guard = cx.known.given(cx, ty);
        if !guard.data.is_none() {
            return Given { value: guard, ..Given::default() };
        }
        let Some(source) = sources.get(index).copied().flatten() else { return Given::default() };
        if is_sent_beside(source.kind) && is_one_value(ty) && is_named_credential(cx, def, index) {
            return Given { value: Value::fallible(Deps::CREDENTIAL), is_read: true, is_sent: false };
        }
        let is_sent = is_chosen(source.kind);
        let value = Value::of(if is_sent { Deps::REQUEST } else { Deps::NONE });
        Given { value, is_read: false, is_sent }
    })
}

/// Whether a kind of source is what comes with a request beside what it asks for.
fn is_sent_beside(kind: Symbol) -> bool {
    matches!(kind.as_str(), "header" | "cookie")
}

/// Whether a type holds one header or cookie as text, `Header<String>`: what others hold is said by their types.
fn is_one_value(ty: Ty) -> bool {
    match ty.kind() {
        TyKind::External { path, args } => {
            path.as_str() == "std::string::String" || args.first().is_some_and(|inner| is_one_value(*inner))
        }
        TyKind::Str => true,
        _ => false,
    }
}

/// Whether a parameter is called like a credential, by an attribute or else by itself.
fn is_named_credential(cx: Context, def: DefId, index: usize) -> bool {
    let (file, _) = cx.semantics.locate(def);
    let Some(param) = cx.semantics.item(def).as_fn().and_then(|function| function.params.get(index)) else {
        return false;
    };
    let arguments = param.attributes.iter().flat_map(attribute_arguments);
    let named = arguments.filter(|argument| argument.name == "name").find_map(|argument| argument.literal());
    let ir = cx.semantics.ir(file);
    match (named, ir.pat(param.pat)) {
        (Some(name), _) => names::is_credential(&name),
        (None, Pat::Bind { local, .. }) => names::is_credential(ir.local(local).name.as_str()),
        _ => false,
    }
}

/// Whether a kind of source is what a request chose to name something.
fn is_chosen(kind: Symbol) -> bool {
    matches!(kind.as_str(), "path" | "query" | "body" | "form" | "argument" | "tool")
}

/// Macros of the workspace whose text answers with an error or a refusing status.
fn refusing_macros(semantics: &Semantics) -> FxHashSet<Symbol> {
    let macros = semantics.defs.iter().filter(|def| semantics.def_map.kind(*def) == DefKind::MacroRules);
    let refusing = |def: DefId| match &semantics.item(def).kind {
        ItemKind::MacroRules { tokens } if refuses(tokens.as_str()) => vec![semantics.def_map.name(def)],
        _ => Vec::new(),
    };
    semantics.telling("refusing macros", &macros.collect::<Vec<_>>(), refusing).into_iter().collect()
}

fn refuses(tokens: &str) -> bool {
    let compact: String = tokens.chars().filter(|c| !c.is_whitespace()).collect();
    let returns = compact.match_indices("return").map(|(at, _)| &compact[at + "return".len()..]);
    returns.into_iter().any(|rest| {
        let end = rest.find([';', '}']).unwrap_or(rest.len());
        ["Err(", "Error(", "Failure(", "Forward(", "Unauthorized", "UNAUTHORIZED"]
            .iter()
            .any(|word| rest[..end].contains(word))
    })
}

#[cfg(test)]
mod tests {
    use super::refuses;

    #[test]
    fn macros_refuse_by_their_text() {
        assert!(refuses("($e:expr) => {{ error!($e); return Err(Error::new($e)); }};"));
        assert!(!refuses("($e:expr) => { println!($e) };"));
    }
}
