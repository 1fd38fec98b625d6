//! Which function needs which: the call graph, its strongly connected components, and the order in which
//! they can be summarised.

use crate::DefId;

/// Calls and references between the functions and initialisers of the workspace.
///
/// Its nodes are all functions, consts and statics that have a body.
#[derive(Debug, Default)]
pub struct CallGraph {
    callees: Edges,
    callers: Edges,
    levels: Vec<Vec<Vec<DefId>>>,
}

/// Adjacency in two flat tables, indexed by [`DefId`].
#[derive(Debug, Default)]
struct Edges {
    starts: Vec<u32>,
    targets: Vec<DefId>,
}

impl Edges {
    /// `count` rows in order, each sorted.
    fn new<'a>(count: usize, rows: impl Iterator<Item = (DefId, &'a [DefId])>) -> Self {
        let mut edges = Self { starts: Vec::with_capacity(count + 1), targets: Vec::new() };
        for (from, targets) in rows {
            edges.starts.resize(from.index() + 1, edges.targets.len() as u32);
            edges.targets.extend_from_slice(targets);
        }
        edges.starts.resize(count + 1, edges.targets.len() as u32);
        edges
    }

    /// The same edges the other way round.
    fn reversed(&self) -> Self {
        let count = self.starts.len() - 1;
        let mut starts = vec![0u32; count + 1];
        for to in &self.targets {
            starts[to.index() + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut targets = vec![DefId(0); self.targets.len()];
        for from in (0..count as u32).map(DefId) {
            for to in self.of(from) {
                targets[next[to.index()] as usize] = from;
                next[to.index()] += 1;
            }
        }
        Self { starts, targets }
    }

    fn of(&self, def: DefId) -> &[DefId] {
        match (self.starts.get(def.index()), self.starts.get(def.index() + 1)) {
            (Some(start), Some(end)) => &self.targets[*start as usize..*end as usize],
            _ => &[],
        }
    }
}

impl CallGraph {
    /// Builds the graph over `count` items. `nodes` are those with a body, in order, each with what it needs,
    /// sorted and without repetition.
    pub(crate) fn new(count: usize, nodes: &[(DefId, &[DefId])]) -> Self {
        let callees = Edges::new(count, nodes.iter().copied());
        let levels = levels(count, nodes.iter().map(|(def, _)| *def), &callees);
        let callers = callees.reversed();
        Self { callees, callers, levels }
    }

    /// The functions that a body calls or names, and the consts and statics with a body that it names; sorted.
    pub fn callees(&self, def: DefId) -> &[DefId] {
        self.callees.of(def)
    }

    /// The reverse of [`Self::callees`].
    pub fn callers(&self, def: DefId) -> &[DefId] {
        self.callers.of(def)
    }

    /// Vec<Vec<Vec<DefId>>> of strongly connected components, bottom-up: a component only needs components of earlier
    /// levels and itself. Components are sorted, and so are their members.
    pub fn levels(&self) -> &[Vec<Vec<DefId>>] {
        &self.levels
    }
}

const UNSEEN: u32 = u32::MAX;

/// Tarjan's algorithm with an explicit stack.
struct Tarjan<'a> {
    edges: &'a Edges,
    /// Order of discovery, by item.
    found: Vec<u32>,
    low: Vec<u32>,
    /// The level of an item's component, once it is complete.
    level: Vec<u32>,
    open: Vec<DefId>,
    next: u32,
    levels: Vec<Vec<Vec<DefId>>>,
}

/// A node being visited, and which of its callees comes next.
struct Visit {
    def: DefId,
    next: usize,
}

fn levels(count: usize, nodes: impl Iterator<Item = DefId>, edges: &Edges) -> Vec<Vec<Vec<DefId>>> {
    let mut tarjan = Tarjan {
        edges,
        found: vec![UNSEEN; count],
        low: vec![UNSEEN; count],
        level: vec![UNSEEN; count],
        open: Vec::new(),
        next: 0,
        levels: Vec::new(),
    };
    let mut stack = Vec::new();
    for node in nodes {
        if tarjan.found[node.index()] == UNSEEN {
            tarjan.run(node, &mut stack);
        }
    }
    for level in &mut tarjan.levels {
        level.sort_unstable();
    }
    tarjan.levels
}

impl Tarjan<'_> {
    fn run(&mut self, root: DefId, stack: &mut Vec<Visit>) {
        self.enter(root, stack);
        while let Some(top) = stack.last_mut() {
            let def = top.def;
            if let Some(callee) = self.edges.of(def).get(top.next).copied() {
                top.next += 1;
                if self.found[callee.index()] == UNSEEN {
                    self.enter(callee, stack);
                } else if self.level[callee.index()] == UNSEEN {
                    self.lower(def, self.found[callee.index()]);
                }
                continue;
            }
            stack.pop();
            if self.low[def.index()] == self.found[def.index()] {
                self.close(def);
            }
            if let Some(caller) = stack.last() {
                self.lower(caller.def, self.low[def.index()]);
            }
        }
    }

    fn enter(&mut self, def: DefId, stack: &mut Vec<Visit>) {
        self.found[def.index()] = self.next;
        self.low[def.index()] = self.next;
        self.next += 1;
        self.open.push(def);
        stack.push(Visit { def, next: 0 });
    }

    fn lower(&mut self, def: DefId, low: u32) {
        let own = &mut self.low[def.index()];
        *own = low.min(*own);
    }

    /// Takes the component whose first node is `first` off the open nodes.
    fn close(&mut self, first: DefId) {
        let start = self.open.iter().rposition(|open| *open == first).unwrap_or(0);
        let mut component = self.open.split_off(start);
        component.sort_unstable();
        let needs = component.iter().flat_map(|def| self.edges.of(*def));
        let below =
            needs.filter_map(|def| Some(self.level[def.index()]).filter(|level| *level != UNSEEN)).max();
        let level = below.map_or(0, |below| below + 1);
        for def in &component {
            self.level[def.index()] = level;
        }
        if self.levels.len() <= level as usize {
            self.levels.resize_with(level as usize + 1, Vec::new);
        }
        self.levels[level as usize].push(component);
    }
}

#[cfg(test)]
mod tests {
    use super::CallGraph;
    use crate::DefId;

    fn graph(count: u32, edges: &[(u32, u32)]) -> CallGraph {
        let mut nodes: Vec<(DefId, Vec<DefId>)> = (0..count).map(|node| (DefId(node), Vec::new())).collect();
        for (from, to) in edges {
            nodes[*from as usize].1.push(DefId(*to));
        }
        let nodes: Vec<(DefId, &[DefId])> = nodes.iter().map(|(node, to)| (*node, to.as_slice())).collect();
        CallGraph::new(count as usize, &nodes)
    }

    #[test]
    fn components_come_after_what_they_need() {
        // 0 -> 1 -> 2 -> 1, 2 -> 3, 4 -> 4, 5 -> 0
        let graph = graph(6, &[(0, 1), (1, 2), (2, 1), (2, 3), (4, 4), (5, 0)]);
        let levels: Vec<Vec<Vec<u32>>> = graph
            .levels()
            .iter()
            .map(|level| level.iter().map(|component| component.iter().map(|def| def.0).collect()).collect())
            .collect();
        assert_eq!(levels, [vec![vec![3], vec![4]], vec![vec![1, 2]], vec![vec![0]], vec![vec![5]]]);
        assert_eq!(graph.callees(DefId(0)), [DefId(1)]);
        assert_eq!(graph.callers(DefId(1)), [DefId(0), DefId(2)]);
    }

    #[test]
    fn a_long_chain_needs_no_stack() {
        let edges: Vec<(u32, u32)> = (0..200_000).map(|at| (at, at + 1)).collect();
        assert_eq!(graph(200_001, &edges).levels().len(), 200_001);
    }

    #[test]
    fn a_component_with_two_ways_in() {
        let graph = graph(4, &[(0, 1), (1, 2), (2, 0), (2, 3), (3, 1)]);
        assert_eq!(graph.levels(), [vec![vec![DefId(0), DefId(1), DefId(2), DefId(3)]]]);
    }
}
