//! The endpoints of a service as a report shows them, and what two revisions of one differ in.

use serde::Serialize;

/// One endpoint. All texts are as the program has them: escape them before they are printed.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct RouteRow {
    /// The methods, `ANY` for all.
    pub methods: Vec<String>,
    /// The full path, parameters as `{name}`.
    pub path: String,
    /// The framework that serves it.
    pub framework: &'static str,
    /// The handler's name.
    pub handler: String,
    /// Where the handler stands.
    pub handler_at: RoutePlace,
    /// Where it is routed.
    pub routed_at: RoutePlace,
    /// The function that builds its router; none where it is not known.
    pub router: Option<String>,
    /// The types of what the handler takes of a request.
    pub extractors: Vec<String>,
    /// What is attached to it, outermost first.
    pub layers: Vec<RouteLayer>,
    /// What guards it.
    pub guards: RouteGuards,
    /// What its handler does: `database write`, `command`, ..
    pub effects: Vec<String>,
    /// What could not be evaluated.
    pub unknown: Vec<String>,
}

/// A place in a file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct RoutePlace {
    /// The path of the file, relative to the root of the run.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

/// Something attached to an endpoint.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct RouteLayer {
    /// What it is.
    pub name: String,
    /// How it is attached: `layer`, `interceptor`, ..
    pub kind: &'static str,
    /// Where.
    pub at: RoutePlace,
    /// Whether it always applies; not if it stands on one side of a conditional.
    pub always: bool,
}

/// What guards an endpoint.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(tag = "verdict", content = "by", rename_all = "lowercase")]
pub enum RouteGuards {
    /// Nobody looked.
    Unknown,
    /// Nothing.
    None,
    /// Nothing, and the project says that anybody may call it, for this reason if it gives one.
    Public(String),
    /// These.
    By(Vec<String>),
}

/// What changed between two revisions.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RouteChange {
    /// What happened.
    pub kind: RouteChangeKind,
    /// The endpoint, as it is now; as it was if it is gone.
    pub route: RouteRow,
    /// The guards or layers that it lost or got.
    pub names: Vec<String>,
}

/// What happened to an endpoint.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RouteChangeKind {
    /// It is new.
    Added,
    /// It lost what guarded it, or something that was attached to it.
    Unguarded,
    /// It got a guard or something attached.
    Guarded,
    /// It is gone.
    Removed,
}

impl RouteRow {
    /// Methods and path.
    pub fn title(&self) -> String {
        format!("{} {}", self.methods.join("|"), self.path)
    }

    /// Whether it is known that nothing guards it.
    pub fn is_unguarded(&self) -> bool {
        self.guards == RouteGuards::None
    }

    /// Whether it is known that nothing guards it, be that meant or not.
    fn is_open(&self) -> bool {
        matches!(self.guards, RouteGuards::None | RouteGuards::Public(_))
    }

    /// The names of what stands before the handler: guards where they are known, else all that is attached.
    pub fn before(&self) -> Vec<&str> {
        match &self.guards {
            RouteGuards::By(guards) => guards.iter().map(String::as_str).collect(),
            RouteGuards::None | RouteGuards::Public(_) => Vec::new(),
            RouteGuards::Unknown => self.layers.iter().map(|layer| layer.name.as_str()).collect(),
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        self.path == other.path && self.methods == other.methods
    }
}

/// What changed from one table to another, what is worse first, then in the order of the tables.
pub fn route_changes(before: &[RouteRow], after: &[RouteRow]) -> Vec<RouteChange> {
    let mut changes = Vec::new();
    let mut used = vec![false; before.len()];
    for route in after {
        // Of several at one path the one with the same handler is meant.
        let candidates = || before.iter().enumerate().filter(|(at, old)| !used[*at] && old.is_same(route));
        let twin = candidates().find(|(_, old)| old.handler == route.handler).or_else(|| candidates().next());
        let Some((at, old)) = twin else {
            changes.push(RouteChange {
                kind: RouteChangeKind::Added,
                route: route.clone(),
                names: Vec::new(),
            });
            continue;
        };
        used[at] = true;
        changes.extend(guard_change(old, route));
    }
    let gone = before.iter().zip(&used).filter(|(_, used)| !**used);
    changes.extend(gone.map(|(route, _)| RouteChange {
        kind: RouteChangeKind::Removed,
        route: route.clone(),
        names: Vec::new(),
    }));
    changes.sort_by_key(|change| change.kind != RouteChangeKind::Unguarded);
    changes
}

fn guard_change(old: &RouteRow, new: &RouteRow) -> Option<RouteChange> {
    let (was, is) = (old.before(), new.before());
    let missing = |from: &[&str], of: &[&str]| -> Vec<String> {
        of.iter().filter(|name| !from.contains(name)).map(|name| (*name).to_owned()).collect()
    };
    let (lost, got) = (missing(&is, &was), missing(&was, &is));
    let (kind, names) = match (lost.is_empty(), got.is_empty()) {
        (true, true) => return None,
        // One for another is no loss as long as something stands there.
        (false, false) if old.is_open() == new.is_open() => return None,
        (false, _) => (RouteChangeKind::Unguarded, lost),
        (true, false) => (RouteChangeKind::Guarded, got),
    };
    Some(RouteChange { kind, route: new.clone(), names })
}

#[cfg(test)]
mod tests {
    use super::{RouteChangeKind, RouteGuards, RoutePlace, RouteRow, route_changes};

    fn row(method: &str, path: &str, guards: &[&str]) -> RouteRow {
        let place = RoutePlace { file: "src/main.rs".to_owned(), line: 1 };
        RouteRow {
            methods: vec![method.to_owned()],
            path: path.to_owned(),
            framework: "any",
            handler: "handler".to_owned(),
            handler_at: place.clone(),
            routed_at: place,
            router: None,
            extractors: Vec::new(),
            layers: Vec::new(),
            guards: match guards {
                [] => RouteGuards::None,
                guards => RouteGuards::By(guards.iter().map(|guard| (*guard).to_owned()).collect()),
            },
            effects: Vec::new(),
            unknown: Vec::new(),
        }
    }

    #[test]
    fn what_lost_its_guard_comes_first() {
        let before = [row("GET", "/a", &["auth"]), row("GET", "/b", &["auth"]), row("GET", "/c", &[])];
        let after = [row("POST", "/a", &[]), row("GET", "/b", &[]), row("GET", "/c", &["auth"])];
        let changes = route_changes(&before, &after);
        let told: Vec<_> = changes
            .iter()
            .map(|change| (change.kind, change.route.title(), change.names.join(",")))
            .collect();
        let line = |kind, title: &str, names: &str| (kind, title.to_owned(), names.to_owned());
        assert_eq!(
            told,
            [
                line(RouteChangeKind::Unguarded, "GET /b", "auth"),
                line(RouteChangeKind::Added, "POST /a", ""),
                line(RouteChangeKind::Guarded, "GET /c", "auth"),
                line(RouteChangeKind::Removed, "GET /a", ""),
            ]
        );
        assert_eq!(route_changes(&after, &after), []);
    }
}
