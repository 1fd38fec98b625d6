//! From bodies to endpoints: which are evaluated, and what is done about routes that got lost.

use std::hash::Hash;

use rustc_hash::{FxHashMap, FxHashSet};
use ward_project::{FileRole, hash_twice};
use ward_syntax::{FileSpan, Symbol};

use super::dispatch::{dispatchers, dispatching};
use super::relevant::{Crates, Relevant, asked, asked_of, is_test};
use super::{
    Condition, Endpoint, Endpoints, Evaluator, Framework, HOLE, Handler, Methods, Route, Router, Unknown,
    UnknownPart, normalize,
};
use crate::{Changes, DefId, Semantics};

/// What the bodies of all files have to tell before any is evaluated.
#[derive(Hash)]
struct Candidates {
    relevant: Relevant,
    dispatchers: Vec<(DefId, usize)>,
    /// Functions with attributes of routes.
    attributed: Vec<DefId>,
    /// Impls that are endpoints by themselves.
    implementing: Vec<DefId>,
    /// [`Framework::survey`].
    surveys: u128,
}

/// Whether functions are called by others, as far as that was asked.
type Called = Vec<(DefId, bool)>;

/// All endpoints, sorted: those that an earlier run has found if all is the same that they rest on.
pub(super) fn endpoints(semantics: &Semantics, frameworks: &[&'static dyn Framework]) -> Endpoints {
    let crates = Crates::new(frameworks);
    let candidates = Candidates::find(semantics, frameworks, &crates);
    let rests_on = hash_twice(|hasher| candidates.hash(hasher));
    let still = |(endpoints, called): &(Endpoints, Called), changes: &Changes| {
        let mut places = endpoints.all.iter().flat_map(Endpoint::numbered_in);
        places.all(|file| changes.is_same(file))
            && called.iter().all(|(function, was)| is_called(semantics, *function) == *was)
    };
    let find = || {
        let mut evaluator = Evaluator::new(semantics, frameworks, &crates, &candidates.relevant);
        let mut endpoints = Endpoints { all: evaluated(&mut evaluator, &candidates), ..Endpoints::default() };
        endpoints.index(semantics);
        (endpoints, evaluator.asked_called)
    };
    semantics.ask_of_all("endpoints", rests_on, still, find).0
}

impl Candidates {
    fn find(semantics: &Semantics, frameworks: &[&'static dyn Framework], crates: &Crates<'_>) -> Self {
        let surveys = hash_twice(|state| {
            for framework in frameworks {
                framework.survey(semantics, state);
            }
        });
        Self {
            relevant: Relevant::find(semantics, crates),
            dispatchers: dispatchers(semantics, frameworks, crates),
            attributed: attributed_functions(semantics, frameworks),
            implementing: implementing(semantics, frameworks, crates, surveys),
            surveys,
        }
    }
}

/// Functions with attributes of routes.
fn attributed_functions(semantics: &Semantics, frameworks: &[&'static dyn Framework]) -> Vec<DefId> {
    let names: Vec<&str> = frameworks.iter().flat_map(|framework| framework.attributes()).copied().collect();
    let named = |function: &DefId| {
        let attributes = &semantics.item(*function).attributes;
        attributes.iter().any(|attribute| names.contains(&attribute.last_segment()))
    };
    asked(semantics, "attributes", |defs| defs.iter().copied().filter(named).collect())
}

/// Impls that are endpoints by themselves.
fn implementing(
    semantics: &Semantics,
    frameworks: &[&'static dyn Framework],
    crates: &Crates<'_>,
    surveys: u128,
) -> Vec<DefId> {
    let impls = semantics.impls.all().iter().map(|data| data.def);
    let impls: Vec<DefId> = impls.filter(|def| !is_test(semantics, *def)).collect();
    let question = format!("implementations {surveys:032x}");
    asked_of(semantics, &impls, &question, |defs| {
        let nothing = Relevant::default();
        // What is remembered of one file would hide what it rests on from the next.
        let mut evaluator = Evaluator::new(semantics, frameworks, crates, &nothing);
        let mut tells = |def: &DefId| {
            (0..frameworks.len()).any(|index| {
                evaluator.current_framework = index;
                frameworks[index].implementation(&mut evaluator, *def).is_some()
            })
        };
        defs.iter().copied().filter(|def| tells(def)).collect()
    })
}

/// Whether a function is called by another.
pub(super) fn is_called(semantics: &Semantics, function: DefId) -> bool {
    semantics.call_graph.callers(function).iter().any(|caller| *caller != function)
}

fn evaluated(evaluator: &mut Evaluator<'_>, candidates: &Candidates) -> Vec<Endpoint> {
    let (semantics, frameworks) = (evaluator.semantics, evaluator.frameworks);
    let Candidates { relevant, dispatchers, attributed, implementing, .. } = candidates;
    for root in &relevant.roots {
        evaluator.root(*root);
    }
    for function in &relevant.ordered {
        if !evaluator.visited.contains(function) {
            evaluator.root(*function);
        }
    }
    dispatching(evaluator, dispatchers);
    let mut table = Table::default();
    for (framework, route) in std::mem::take(&mut evaluator.served) {
        table.add(frameworks[framework].name(), route);
    }
    // What a function that nothing calls gives is told where nothing else tells it.
    let placed = table.placed.clone();
    for (framework, route) in std::mem::take(&mut evaluator.given) {
        if route.handler == Handler::Unknown || !placed.contains(&(route.place, route.handler)) {
            table.add(frameworks[framework].name(), route);
        }
    }
    implementations(evaluator, &mut table, implementing);
    lost(evaluator, &mut table);
    add_attributed(evaluator, &mut table, attributed);
    let mut all = table.all;
    // What no `mod` names is not compiled.
    all.retain(|endpoint| {
        let file = endpoint.handler_place(semantics).file;
        semantics.files[file.index()].role != FileRole::Unnamed
    });
    all.sort_by(|a, b| {
        let key = |e: &Endpoint| (e.path.as_str(), e.methods.names(), e.place);
        key(a).cmp(&key(b))
    });
    all
}

/// The endpoints so far.
#[derive(Default)]
struct Table {
    all: Vec<Endpoint>,
    by_key: FxHashMap<(Symbol, Methods, Handler, FileSpan), usize>,
    /// Routes of which an endpoint is known.
    placed: FxHashSet<(FileSpan, Handler)>,
    handlers: FxHashSet<Handler>,
}

impl Table {
    fn add(&mut self, framework: &'static str, route: Route) {
        self.placed.insert((route.place, route.handler));
        self.handlers.insert(route.handler);
        let path = Symbol::new(&normalize(route.path.as_str()));
        let key = (path, route.methods.clone(), route.handler, route.place);
        let mut layers = route.layers;
        layers.reverse();
        let mut unknown = route.unknown;
        if route.path.as_str().contains(HOLE) && !unknown.iter().any(|own| own.part == UnknownPart::Path) {
            unknown.push(Unknown { part: UnknownPart::Path, place: route.place });
        }
        unknown.sort_unstable_by_key(|unknown| (unknown.part, unknown.place));
        unknown.dedup();
        if let Some(at) = self.by_key.get(&key) {
            // Built twice: what only one of them attaches does not always apply.
            let known = &mut self.all[*at];
            known.unknown.retain(|own| unknown.contains(own));
            for own in &mut known.layers {
                if !layers.iter().any(|other| other.place == own.place && other.what == own.what) {
                    own.condition = Condition::Sometimes;
                }
            }
            return;
        }
        self.by_key.insert(key, self.all.len());
        self.all.push(Endpoint {
            framework,
            methods: route.methods,
            path,
            handler: route.handler,
            place: route.place,
            layers,
            router: route.router,
            unknown,
        });
    }
}

/// Routes that were seen and never served.
fn lost(evaluator: &mut Evaluator<'_>, table: &mut Table) {
    let seen = std::mem::take(&mut evaluator.seen);
    let mut seen: Vec<(usize, Route)> =
        seen.into_iter().filter(|(key, _)| !table.placed.contains(key)).map(|(_, route)| route).collect();
    seen.sort_by_key(|(_, route)| (route.place, route.path.as_str(), route.methods.names()));
    for (framework, mut route) in seen {
        let place = route.place;
        route.unknown.push(Unknown { part: UnknownPart::Mount, place });
        table.add(evaluator.frameworks[framework].name(), route);
    }
}

/// Functions with attributes of routes that nothing registers.
fn add_attributed(evaluator: &mut Evaluator<'_>, table: &mut Table, functions: &[DefId]) {
    let semantics = evaluator.semantics;
    for function in functions.iter().copied() {
        if table.handlers.contains(&Handler::Function(function)) || is_test(semantics, function) {
            continue;
        }
        for framework in evaluator.frameworks {
            let Some(router) = evaluator.attributed(*framework, function) else { continue };
            add_unmounted(evaluator, table, &router);
            break;
        }
    }
}

fn add_unmounted(evaluator: &Evaluator<'_>, table: &mut Table, router: &Router) {
    for mut route in evaluator.close(router) {
        if !router.notes.iter().any(|note| note.0 == "mounted") {
            let place = route.place;
            route.unknown.push(Unknown { part: UnknownPart::Mount, place });
        }
        table.add(evaluator.frameworks[router.framework].name(), route);
    }
}

/// Impls that are endpoints by themselves, if nothing is seen to serve them.
fn implementations(evaluator: &mut Evaluator<'_>, table: &mut Table, impls: &[DefId]) {
    for def in impls {
        for index in 0..evaluator.frameworks.len() {
            evaluator.current_framework = index;
            let framework = evaluator.frameworks[index];
            let Some(mut router) = framework.implementation(evaluator, *def) else { continue };
            router.routes.retain(|route| !table.handlers.contains(&route.handler));
            add_unmounted(evaluator, table, &router);
        }
    }
}
