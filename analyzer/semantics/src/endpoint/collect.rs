//! From bodies to endpoints: which are evaluated, and what is done about routes that got lost.

use rustc_hash::{FxHashMap, FxHashSet};
use ward_project::FileRole;
use ward_syntax::{FileSpan, Symbol};

use super::relevant::{Crates, Relevant, asked, is_test};
use super::{
    Condition, Endpoint, Evaluator, Framework, HOLE, Handler, Methods, Route, Router, Unknown, UnknownPart,
    normalize,
};
use crate::{DefId, Semantics};

/// All endpoints, sorted.
pub(super) fn endpoints(semantics: &Semantics, frameworks: &[&'static dyn Framework]) -> Vec<Endpoint> {
    let crates = Crates::new(frameworks);
    let relevant = Relevant::find(semantics, &crates);
    let mut evaluator = Evaluator::new(semantics, frameworks, &crates, &relevant);
    for root in &relevant.roots {
        evaluator.root(*root);
    }
    for function in &relevant.ordered {
        if !evaluator.visited.contains(function) {
            evaluator.root(*function);
        }
    }
    super::dispatch::dispatching(&mut evaluator);
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
    implementations(&mut evaluator, &mut table);
    lost(&mut evaluator, &mut table);
    attributed(&mut evaluator, &mut table);
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
fn attributed(evaluator: &mut Evaluator<'_>, table: &mut Table) {
    let semantics = evaluator.semantics;
    let names: Vec<&str> =
        evaluator.frameworks.iter().flat_map(|framework| framework.attributes()).copied().collect();
    let named = |function: &DefId| {
        let attributes = &semantics.item(*function).attributes;
        attributes.iter().any(|attribute| names.contains(&attribute.last_segment()))
    };
    let functions = asked(semantics, "attributes", |defs| defs.iter().copied().filter(named).collect());
    for function in functions {
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
fn implementations(evaluator: &mut Evaluator<'_>, table: &mut Table) {
    let semantics = evaluator.semantics;
    let impls = semantics.impls.all().iter().map(|data| data.def);
    let impls: Vec<DefId> = impls.filter(|def| !is_test(semantics, *def)).collect();
    semantics.each_telling("implementations", &impls, |def| {
        let mut tells = false;
        for index in 0..evaluator.frameworks.len() {
            evaluator.current_framework = index;
            let framework = evaluator.frameworks[index];
            let Some(mut router) = framework.implementation(evaluator, def) else { continue };
            router.routes.retain(|route| !table.handlers.contains(&route.handler));
            add_unmounted(evaluator, table, &router);
            tells = true;
        }
        tells
    });
}
