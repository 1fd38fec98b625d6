//! Which functions are worth an evaluation.
//!
//! A finding needs a source and a sink. Of most classes of data sources are rare: a function matters that holds a
//! source, or calls one that hands on what it brings in. Where every value of a type is a source (the errors of a
//! library), and for kinds of sink that fear any caller, sinks are rarer: a function matters that holds such a sink,
//! or calls one that gives what it is given to it. And all that they call matters too, for what it makes of data.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use ward_semantics::{BodyTypes, Callee, DefId, DefKind, Semantics, TraitName, Ty, TyKind};
use ward_syntax::{Expr, ExprId, List, Literal, Piece, SourceIr, Symbol, sym};

use crate::evaluate::{Context, STANDARD, holds};
use crate::models::{Beside, CallModel, Callers, MessageCall, SourceClass};
use crate::sources;
use crate::summary::Brief;
use crate::value::KindSet;

/// What of the models makes a function worth an evaluation by itself.
pub(crate) struct Demand<'a> {
    cx: Context<'a>,
    /// The kinds whose sinks are looked for.
    by_sink: KindSet,
    /// The kinds whose sources are.
    by_source: KindSet,
    /// Free functions, constructors and macros that are such sources or sinks.
    functions: FxHashSet<Symbol>,
    /// Methods that are.
    methods: FxHashSet<(Symbol, Symbol)>,
    /// Methods that are, whatever has them.
    by_name: FxHashSet<Symbol>,
    /// The names of all those methods.
    names: FxHashSet<Symbol>,
    /// The last segments of macros that are.
    macros: FxHashSet<Symbol>,
    /// Traits whose methods are by default.
    traits: FxHashSet<Symbol>,
    /// Types of errors that are when `?` makes one.
    errors: FxHashSet<Symbol>,
    /// What else may be such a sink: any expression of some form.
    any: bool,
    /// What makes any text that holds it such a sink.
    marks: Vec<Symbol>,
    /// Elements that make a tuple such a sink.
    tuples: Vec<Beside>,
    /// The types of the workspace whose fields are such sources.
    rows: FxHashSet<DefId>,
}

impl<'a> Demand<'a> {
    pub(crate) fn new(cx: Context<'a>) -> Self {
        let models = cx.models;
        let is_everywhere = |class: SourceClass| models.type_sources.values().any(|of| of.class == class);
        let fears_all = |kind: &crate::models::Kind| kind.callers == Callers::Count;
        let by_sink = models
            .kinds
            .iter()
            .filter(|kind| fears_all(kind) || kind.from.iter().any(|class| is_everywhere(*class)))
            .fold(KindSet::NONE, |all, kind| all.union(cx.kind(kind.name)));
        let by_source = SourceClass::ALL
            .into_iter()
            .filter(|(_, class)| !is_everywhere(*class))
            .fold(KindSet::NONE, |all, (_, class)| all.union(models.kinds.of_class(class)));
        let is_sink = |kind: Symbol| cx.kind(kind).meets(by_sink);
        let counts = |model: &CallModel| {
            model.sinks.iter().any(|sink| is_sink(sink.kind))
                || model.source.is_some_and(|source| !is_everywhere(source.class))
                || !model.handlers.is_empty()
                || model.message == Some(MessageCall::Receive)
        };
        let functions = models.functions.iter().filter(|(_, model)| counts(model));
        let methods = models.methods.iter().filter(|(_, model)| counts(model)).map(|(key, _)| *key);
        let methods: FxHashSet<(Symbol, Symbol)> = methods.collect();
        let mut names: FxHashSet<Symbol> = methods.iter().map(|(_, name)| *name).collect();
        let by_name = models.name_only_sinks.iter();
        let by_name = by_name.filter(|(_, rows)| rows.iter().any(|row| is_sink(row.sink.kind)));
        let by_name: FxHashSet<Symbol> = by_name.map(|(name, _)| *name).collect();
        names.extend(&by_name);
        let macros =
            models.macro_sinks.iter().filter(|(_, sinks)| sinks.iter().any(|sink| is_sink(sink.kind)));
        let traits = models.default_sinks.iter().filter(|row| is_sink(row.sink.kind));
        let errors = models.conversion_sinks.iter().filter(|(_, sink)| is_sink(sink.kind));
        let tuples = models.tuple_sinks.iter().filter(|row| is_sink(row.sink.kind));
        let any = models.operator_sinks.iter().any(|(_, sink)| is_sink(sink.kind));
        let texts = models.text_sinks.iter().filter(|row| is_sink(row.sink.kind));
        let marks = texts.flat_map(|row| row.holds.iter().copied()).collect();
        Self {
            cx,
            by_sink,
            by_source,
            functions: functions.map(|(path, _)| *path).collect(),
            by_name,
            names,
            macros: macros.map(|(path, _)| Symbol::new(path.last_segment())).collect(),
            traits: traits.map(|row| row.trait_path).collect(),
            errors: errors.map(|(path, _)| *path).collect(),
            tuples: tuples.map(|row| row.beside).collect(),
            rows: rows(cx),
            methods,
            any,
            marks,
        }
    }

    /// The functions that matter by themselves, sorted.
    pub(crate) fn roots(&self) -> Vec<DefId> {
        let semantics = self.cx.semantics;
        let (graph, all) = (semantics.call_graph(), semantics.with_bodies());
        let in_file = |a: &DefId, b: &DefId| semantics.locate(*a).0 == semantics.locate(*b).0;
        let of_file = |defs: &&[DefId]| {
            let (file, _) = semantics.locate(defs[0]);
            semantics.ask("flow roots", file, || {
                let roots: Vec<DefId> = defs.iter().flat_map(|def| self.of_itself(*def)).collect();
                let marked: Vec<DefId> = defs.iter().copied().filter(|def| self.is_marked(*def)).collect();
                (roots, marked)
            })
        };
        let files: Vec<&[DefId]> = all.chunk_by(in_file).collect();
        let of_files: Vec<(Vec<DefId>, Vec<DefId>)> = files.par_iter().map(of_file).collect();
        let mut roots = Vec::new();
        for (of_file, marked) in of_files {
            roots.extend(of_file);
            // A text that makes a sink of what holds it may stand in a constant, or come from a function.
            roots.extend(marked.iter().flat_map(|def| graph.callers(*def)));
        }
        roots.sort_unstable();
        roots.dedup();
        roots
    }

    /// A function, if it matters by itself; with it what makes its parameters of a request.
    fn of_itself(&self, def: DefId) -> Vec<DefId> {
        let cx = self.cx;
        let mut roots = Vec::new();
        if let Some(signature) = cx.semantics.signature(def) {
            let made = signature.params.iter().filter_map(|ty| Some(sources::extraction(cx, *ty)?.0));
            roots.extend(made);
        }
        // What a default method prints is written by a function that nobody calls.
        let prints = self.prints_by_default(def);
        let owner = cx.semantics.enclosing_impl(def).filter(|_| prints).map(|info| info.self_ty);
        if let Some(printer) = owner.and_then(|ty| cx.semantics.display_impl(ty)) {
            roots.extend([printer, def]);
        }
        if !roots.is_empty()
            || self.is_used_unnamed(def)
            || self.takes_source(def)
            || sources::delivered(cx, def).is_some()
            || self.holds(def)
        {
            roots.push(def);
        }
        roots
    }

    fn takes_source(&self, def: DefId) -> bool {
        let function = self.cx.semantics.item(def).as_fn();
        function.is_some_and(|function| {
            sources::of_parameters(self.cx, def, function).iter().any(Option::is_some)
        })
    }

    /// Whether a body holds a source or a sink.
    fn holds(&self, def: DefId) -> bool {
        let semantics = self.cx.semantics;
        let Some((file, body)) = semantics.body(def) else { return false };
        let Some(types) = semantics.types(def) else { return false };
        if self.any || self.prints_by_default(def) || self.converts(def) {
            return true;
        }
        let ir = semantics.ir(file);
        let into_iter = Symbol::new("into_iter");
        let run = ir.body(body).exprs;
        run.ids().zip(run.of(&ir.exprs)).any(|(id, expr)| match *expr {
            Expr::Call { .. } => self.is_called(types.callee(id)),
            Expr::MethodCall { method, .. } => self.is_called_on(types.callee(id), method),
            Expr::Macro(call) => self.macros.contains(&Symbol::new(ir.macro_call(call).path.last_segment())),
            Expr::Tuple(elements) => self.is_tuple(ir, types, elements),
            Expr::Field { base, .. } => {
                matches!(types.expr(base).kind(), TyKind::Adt { def, .. } if self.rows.contains(def))
            }
            Expr::Literal(Literal::Str(text)) => self.is_mark(text),
            Expr::Format(format) => ir.format(format).pieces.iter().any(|piece| match piece {
                Piece::Text { text, .. } => self.is_mark(*text),
                Piece::Hole { .. } => false,
            }),
            // A loop over a receiver of messages.
            Expr::For { iter, .. } => {
                matches!(types.expr(iter).kind(), TyKind::External { path, .. } if self.is_method(*path, into_iter))
            }
            Expr::Closure(closure) => ir.closure(closure).params.iter().any(|(_, ty)| {
                ty.is_some_and(|ty| sources::of_type(self.cx, semantics.resolve_type(def, ty)).is_some())
            }),
            _ => false,
        })
    }

    /// Whether a text stands in a body that makes texts sinks.
    fn is_marked(&self, def: DefId) -> bool {
        if self.marks.is_empty() {
            return false;
        }
        let Some((file, body)) = self.cx.semantics.body(def) else { return false };
        let ir = self.cx.semantics.ir(file);
        ir.body(body).exprs.of(&ir.exprs).iter().any(|expr| match *expr {
            Expr::Literal(Literal::Str(text)) => self.is_mark(text),
            _ => false,
        })
    }

    fn is_mark(&self, text: Symbol) -> bool {
        self.marks.iter().any(|mark| holds(text, *mark))
    }

    fn is_called(&self, callee: &Callee) -> bool {
        match callee {
            Callee::Fn(_) | Callee::Dispatch { .. } => self.is_own(callee),
            Callee::External(path) => self.functions.contains(path),
            Callee::Method { ty, name } => self.is_method(*ty, *name),
            Callee::ExternalConstructor(path) => {
                self.functions.contains(path)
                    || path.as_str().rsplit_once("::").is_some_and(|(owner, name)| {
                        self.methods.contains(&(Symbol::new(owner), Symbol::new(name)))
                    })
            }
            _ => false,
        }
    }

    fn is_called_on(&self, callee: &Callee, method: Symbol) -> bool {
        if matches!(callee, Callee::Fn(_) | Callee::Dispatch { .. }) {
            return self.is_own(callee);
        }
        if !self.names.contains(&method) {
            return false;
        }
        match callee {
            Callee::Guess(_) | Callee::Value => false,
            Callee::Method { ty, name } => self.is_method(*ty, *name) || self.by_name.contains(name),
            // Nothing is known of the receiver: a method of any type, or of the standard library.
            _ => {
                let of_standard = |ty: &Symbol| self.methods.contains(&(*ty, method));
                self.by_name.contains(&method)
                    || self.methods.contains(&(sym::ANY, method))
                    || STANDARD.iter().any(of_standard)
            }
        }
    }

    /// Whether rows make a source or a sink of a function of the workspace.
    fn is_own(&self, callee: &Callee) -> bool {
        self.cx.own.of_callee(callee).is_some_and(|model| {
            model.source.is_some() || model.sinks.iter().any(|sink| self.fears(&[sink.kind]))
        })
    }

    fn is_method(&self, ty: Symbol, name: Symbol) -> bool {
        self.names.contains(&name)
            && (self.methods.contains(&(ty, name)) || self.methods.contains(&(sym::ANY, name)))
    }

    fn is_tuple(&self, ir: &SourceIr, types: &BodyTypes, elements: List<ExprId>) -> bool {
        self.tuples.iter().any(|beside| match beside {
            Beside::Type(path) => {
                ir.list(elements).any(|element| sources::is_one_of(types.expr(element), &[*path]))
            }
            Beside::Part(_) | Beside::Own(_) => true,
        })
    }

    /// Whether a function is made use of where its name does not stand: what an error of an unknown type is converted by,
    /// and what prints the parts of a value.
    fn is_used_unnamed(&self, def: DefId) -> bool {
        self.outside_trait(def).is_some_and(|path| {
            matches!(path.as_str(), "std::convert::From" | "std::fmt::Display" | "std::fmt::Debug")
        })
    }

    pub(crate) fn prints_by_default(&self, def: DefId) -> bool {
        self.outside_trait(def).is_some_and(|path| self.traits.contains(&path))
    }

    /// The trait from outside the workspace that a method implements.
    fn outside_trait(&self, def: DefId) -> Option<Symbol> {
        match self.cx.semantics.enclosing_impl(def)?.trait_ref.as_ref()?.name {
            TraitName::External(path) => Some(path),
            TraitName::Workspace(_) => None,
        }
    }

    /// Whether a function fails with an error that keeps what any other prints.
    fn converts(&self, def: DefId) -> bool {
        let signature = self.cx.semantics.signature(def);
        let error = signature
            .and_then(|signature| signature.ret.as_external("std::result::Result")?.get(1))
            .map(|error| error.kind());
        matches!(error, Some(TyKind::External { path, .. }) if self.errors.contains(path))
    }

    /// Whether a function's callers matter for what it does: it hands on what a source gives, or gives to a sink what
    /// it is given.
    pub(crate) fn reaches_callers(&self, summary: &Brief) -> bool {
        summary.hands_on.meets(self.by_source) || self.fears(&summary.gives)
    }

    /// Whether sinks of one of these kinds are looked for.
    fn fears(&self, kinds: &[Symbol]) -> bool {
        kinds.iter().any(|kind| self.cx.kind(*kind).meets(self.by_sink))
    }

    /// The type of the workspace a method of which gives a part of `self` to a sink: who makes such a value matters.
    pub(crate) fn giver(&self, def: DefId, summary: &Brief) -> Option<DefId> {
        if !self.fears(&summary.gives_first) {
            return None;
        }
        match self.cx.semantics.enclosing_impl(def)?.self_ty.kind() {
            TyKind::Adt { def, .. } => Some(*def),
            _ => None,
        }
    }
}

/// The types of the workspace that are rows by what they derive.
fn rows(cx: Context) -> FxHashSet<DefId> {
    let rows = &cx.models.row_sources;
    if rows.is_empty() {
        return FxHashSet::default();
    }
    let map = &cx.semantics.def_map;
    let is_row = |def: &DefId| {
        map.kind(*def) == DefKind::Struct
            && map.derives(*def).iter().any(|name| rows.iter().any(|(derive, _)| derive == name))
    };
    cx.semantics.defs.iter().filter(is_row).collect()
}

/// The functions that return a type of the workspace, whole or as an error, by type.
pub(crate) fn makers(semantics: &Semantics) -> FxHashMap<DefId, Vec<DefId>> {
    let mut makers: FxHashMap<DefId, Vec<DefId>> = FxHashMap::default();
    for function in semantics.functions() {
        let Some(signature) = semantics.signature(*function) else { continue };
        enter_made(signature.ret, *function, &mut makers);
    }
    makers
}

fn enter_made(ty: Ty, function: DefId, makers: &mut FxHashMap<DefId, Vec<DefId>>) {
    match ty.kind() {
        TyKind::Adt { def, .. } => makers.entry(*def).or_default().push(function),
        TyKind::External { args, .. } => args.iter().for_each(|arg| enter_made(*arg, function, makers)),
        _ => {}
    }
}
