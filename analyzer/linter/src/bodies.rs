//! The hash of the function around each finding.

use std::collections::BTreeMap;

use ward_diagnostics::{Finding, content_hash};
use ward_project::read_source;
use ward_semantics::Semantics;
use ward_syntax::FileId;

/// Fills in [`Finding::body_hash`].
pub(crate) fn fill_in(semantics: &Semantics, findings: &mut [Finding]) {
    let mut texts: BTreeMap<FileId, String> = BTreeMap::new();
    for finding in findings {
        let at = finding.primary.location;
        let functions = semantics.ir(at.file).tree.items.iter().filter(|item| item.as_fn().is_some());
        let around = functions.map(|item| item.span).filter(|span| span.contains(at.span));
        let Some(span) = around.min_by_key(|span| span.end - span.start) else { continue };
        let text = texts
            .entry(at.file)
            .or_insert_with(|| read_source(&semantics.project, at.file).unwrap_or_default());
        finding.body_hash = Some(content_hash(span.text(text)));
    }
}
