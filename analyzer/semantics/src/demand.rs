//! Reading and inferring the bodies that somebody asks for, and all that these need.

use std::sync::OnceLock;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use ward_project::{LoadedFile, Problem, read_bodies};
use ward_syntax::{BodyId, Expr, FileId, HoleStyle, Piece, sym};

use crate::infer::infer;
use crate::{BodyTypes, CallGraph, Callee, DefId, DefKind, Resolution, Semantics};

/// What is known of the body of an item.
#[derive(Debug, Default)]
pub(crate) enum Body {
    /// Nobody has asked for it, or it has none.
    #[default]
    Unknown,
    /// Its types.
    Inferred(Box<BodyTypes>),
    /// An earlier run has kept its types; here they are once somebody asks.
    Kept(OnceLock<Option<Box<BodyTypes>>>),
}

impl Semantics {
    /// Reads and infers the bodies of these items and of everything that they need, in parallel on the current rayon
    /// pool.
    pub fn demand(&mut self, wanted: impl IntoIterator<Item = DefId>) {
        let mut frontier = self.unknown(wanted);
        while !frontier.is_empty() {
            let unknown = self.take_kept(&frontier);
            self.read(&unknown);
            let inferred: Vec<_> = unknown.par_iter().filter_map(|def| self.infer_body(*def)).collect();
            for (def, types, needs) in inferred {
                self.bodies[def.index()] = Body::Inferred(types);
                self.needs.insert(def, needs);
                self.inferred.push(def);
            }
            frontier = self.unknown(frontier.iter().flat_map(|def| self.callees(*def)).copied());
        }
    }

    /// Gives back what was only needed to demand more, and completes the call graph.
    pub fn settle(&mut self) {
        self.inferred.sort_unstable();
        let nodes = &self.inferred;
        let edges: Vec<(DefId, &[DefId])> = nodes.iter().map(|def| (*def, self.callees(*def))).collect();
        self.call_graph = CallGraph::new(self.defs.len(), &edges);
        self.needs = FxHashMap::default();
        let is_function = |def: &DefId| self.def_map.kind(*def) == DefKind::Fn;
        self.functions = self.inferred.iter().copied().filter(is_function).collect();
        self.files.par_iter_mut().for_each(|file| file.ir.settle());
        self.problems.sort_by(|a, b| (&a.path, a.span).cmp(&(&b.path, b.span)));
    }

    /// Those of the items that have a body which was not inferred yet, sorted.
    fn unknown(&self, defs: impl IntoIterator<Item = DefId>) -> Vec<DefId> {
        let is_new = |def: &DefId| matches!(self.bodies[def.index()], Body::Unknown) && self.has_body(*def);
        let mut defs: Vec<DefId> = defs.into_iter().filter(is_new).collect();
        defs.sort_unstable();
        defs.dedup();
        defs
    }

    /// Takes over what an earlier run has kept of these, and returns the others.
    fn take_kept(&mut self, defs: &[DefId]) -> Vec<DefId> {
        let Some(kept) = &self.kept else { return defs.to_vec() };
        let mut unknown = Vec::new();
        for def in defs {
            let Some(needs) = kept.needs(*def) else {
                unknown.push(*def);
                continue;
            };
            self.bodies[def.index()] = Body::Kept(OnceLock::new());
            self.needs.insert(*def, needs.into());
            self.inferred.push(*def);
        }
        unknown
    }

    /// Lowers those bodies that were left out.
    fn read(&mut self, defs: &[DefId]) {
        let mut unread: Vec<(usize, Vec<BodyId>)> = Vec::new();
        for def in defs {
            let Some((file, body)) = self.written_body(*def) else { continue };
            if self.ir(file).body(body).is_read {
                continue;
            }
            self.read_later.insert(*def);
            match unread.last_mut() {
                Some((last, bodies)) if *last == file.index() => bodies.push(body),
                _ => unread.push((file.index(), vec![body])),
            }
        }
        let mut rest = unread.into_iter().peekable();
        let mut work: Vec<(usize, &mut LoadedFile, Vec<BodyId>)> = Vec::new();
        for (index, file) in self.files.iter_mut().enumerate() {
            if let Some((_, bodies)) = rest.next_if(|(wanted, _)| *wanted == index) {
                work.push((index, file, bodies));
            }
        }
        let project = &self.project;
        let problems: Vec<Vec<Problem>> = work
            .into_par_iter()
            .map(|(index, file, bodies)| read_bodies(&project.files[index], file, &bodies))
            .collect();
        self.problems.extend(problems.into_iter().flatten());
    }

    fn infer_body(&self, def: DefId) -> Option<(DefId, Box<BodyTypes>, Box<[DefId]>)> {
        let (file, body) = self.body(def)?;
        let types = Box::new(infer(self, def, file, body));
        let needs = self.needs(&types, file, body).into();
        Some((def, types, needs))
    }

    /// Every function and initialiser that a body needs, sorted.
    fn needs(&self, types: &BodyTypes, file: FileId, body: BodyId) -> Vec<DefId> {
        let mut needs = self.printers(types, file, body);
        for (_, callee) in types.callees() {
            match callee {
                Callee::Fn(def) => needs.push(*def),
                Callee::Dispatch { targets, .. } | Callee::Guess(targets) => needs.extend_from_slice(targets),
                _ => {}
            }
        }
        for (_, resolution) in types.paths() {
            match resolution {
                Resolution::Def(def) => needs.push(def),
                Resolution::TraitItem { item, .. } => needs.extend_from_slice(self.implementations(item)),
                _ => {}
            }
        }
        needs.extend(types.conversions().map(|(_, def)| def));
        needs.sort_unstable();
        needs.dedup();
        needs.retain(|def| self.has_body(*def));
        needs
    }

    /// The `Display` and `Debug` of the workspace's own types that a body puts into texts.
    fn printers(&self, types: &BodyTypes, file: FileId, body: BodyId) -> Vec<DefId> {
        let ir = self.ir(file);
        let mut printers = Vec::new();
        for expr in ir.body(body).exprs.of(&ir.exprs) {
            match *expr {
                Expr::Format(format) => {
                    for piece in &ir.format(format).pieces {
                        let Piece::Hole { value, style, .. } = *piece else { continue };
                        let ty = types.expr(value);
                        printers.extend(match style {
                            HoleStyle::Display => self.display_impl(ty),
                            HoleStyle::Debug => self.debug_impl(ty),
                            HoleStyle::Other => None,
                        });
                    }
                }
                Expr::MethodCall { receiver, method: sym::TO_STRING, .. } => {
                    printers.extend(self.display_impl(types.expr(receiver)));
                }
                _ => {}
            }
        }
        printers
    }
}
