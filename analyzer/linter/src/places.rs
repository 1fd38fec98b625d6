//! From places to functions and lines.

use rustc_hash::FxHashMap;
use ward_diagnostics::RoutePlace;
use ward_project::read_source;
use ward_semantics::{DefId, Semantics};
use ward_syntax::{FileId, FileSpan, LineIndex, Span};

/// The innermost functions around places.
#[derive(Default)]
pub(crate) struct Functions {
    by_file: FxHashMap<FileId, Vec<(Span, DefId)>>,
}

impl Functions {
    pub(crate) fn at(&mut self, semantics: &Semantics, place: FileSpan) -> Option<DefId> {
        let functions = self.by_file.entry(place.file).or_insert_with(|| {
            let items = semantics.ir(place.file).tree.iter();
            let functions = items.filter(|(_, item)| item.as_fn().is_some());
            functions.map(|(id, item)| (item.span, semantics.defs.def(place.file, id))).collect()
        });
        let around = functions.iter().filter(|(span, _)| span.contains(place.span));
        around.min_by_key(|(span, _)| span.end - span.start).map(|(_, def)| *def)
    }
}

/// The lines of places; every file is read once.
#[derive(Default)]
pub(crate) struct Lines {
    by_file: FxHashMap<FileId, LineIndex>,
}

impl Lines {
    pub(crate) fn place(&mut self, semantics: &Semantics, place: FileSpan) -> RoutePlace {
        let project = &semantics.project;
        let lines = self
            .by_file
            .entry(place.file)
            .or_insert_with(|| LineIndex::new(&read_source(project, place.file).unwrap_or_default()));
        RoutePlace { file: project.file(place.file).path.clone(), line: lines.line(place.span.start) }
    }
}
