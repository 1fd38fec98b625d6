//! Bodies of functions that are lowered after the rest of their file.

use smallvec::SmallVec;
use syn::parse::{Parse, ParseStream};

use super::scan::reduce;
use super::{CHUNK, Lowerer, SyntaxError, complaint};
use crate::{
    Body, BodyId, ItemKind, LeftOutBody, List, Local, LocalId, Pat, PatId, Run, SourceIr, Span, sym,
};

/// Lowers bodies that were left out, in the order of `bodies`, which are not lowered yet and without repetition. `text` is the file's text as it was
/// when the rest of it was lowered. A body that does not parse stays empty and is an error.
///
/// The thread must have a stack of 64 MB.
pub fn lower_bodies(ir: &mut SourceIr, text: &str, bodies: &[BodyId]) -> Vec<SyntaxError> {
    let mut errors = Vec::new();
    let found = |body: &BodyId| {
        let at = ir.left_out.binary_search_by_key(body, |left_out| left_out.body).ok()?;
        let left_out = ir.left_out[at];
        text.get(left_out.span.start as usize..left_out.span.end as usize)?;
        Some(left_out)
    };
    let left_out: Vec<LeftOutBody> = bodies.iter().filter_map(found).collect();
    let mut lowerer = Lowerer { ir: std::mem::take(ir), ..Lowerer::new(text) };
    let mut rest = left_out.as_slice();
    while !rest.is_empty() {
        let mut size = 0;
        let is_within = |left_out: &&LeftOutBody| {
            size += (left_out.span.end - left_out.span.start) as usize;
            size <= CHUNK
        };
        let count = rest.iter().take_while(is_within).count().max(1);
        let (chunk, more) = rest.split_at(count);
        if let Err(error) = lowerer.left_out_bodies(chunk) {
            let alone = chunk.iter().filter(|_| chunk.len() > 1);
            let failed = alone.filter_map(|body| lowerer.left_out_bodies(std::slice::from_ref(body)).err());
            let before = errors.len();
            errors.extend(failed);
            if errors.len() == before {
                errors.push(error);
            }
        }
        rest = more;
    }
    *ir = lowerer.ir;
    for body in bodies {
        if let Some(body) = ir.bodies.get_mut(body.index()) {
            body.is_read = true;
        }
    }
    errors
}

/// Blocks, one after the other.
struct Blocks(Vec<syn::Block>);

impl Parse for Blocks {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let mut blocks = Vec::new();
        while !input.is_empty() {
            blocks.push(input.parse()?);
        }
        Ok(Self(blocks))
    }
}

impl Lowerer<'_> {
    /// Notes that a body was left out, if it was.
    pub(super) fn note_left_out(&mut self, body: BodyId, block: &syn::Block) {
        if self.left_out.is_empty() {
            return;
        }
        let open = self.spans.start(block.brace_token.span.open());
        let Ok(at) = self.left_out.binary_search_by_key(&open, |left_out| left_out.open) else { return };
        let found = self.left_out[at];
        self.ir.bodies[body.index()].is_read = false;
        self.ir.left_out.push(LeftOutBody { body, span: Span::new(found.open, found.end) });
    }

    /// Parses and lowers some bodies, all or none.
    fn left_out_bodies(&mut self, bodies: &[LeftOutBody]) -> Result<(), SyntaxError> {
        let reduced = reduce(self.text, bodies.iter().map(|left_out| left_out.span));
        self.spans = reduced.whole().spans();
        let parsed = syn::parse_str::<Blocks>(&reduced.text)
            .map_err(|error| SyntaxError { message: complaint(&error), span: self.spans.span(error.span()) });
        let result = parsed.map(|mut blocks| {
            for (left_out, block) in bodies.iter().zip(&mut blocks.0) {
                self.left_out_body(left_out.body, block);
            }
        });
        proc_macro2::extra::invalidate_current_thread_spans();
        result
    }

    fn left_out_body(&mut self, id: BodyId, block: &mut syn::Block) {
        let old = self.ir.bodies[id.index()];
        let (exprs, locals) = (self.ir.exprs.len(), self.ir.locals.len());
        let mut params: SmallVec<[PatId; 8]> = SmallVec::new();
        if let ItemKind::Fn(function) = &self.ir.tree.items[old.owner.index()].kind {
            params.extend(function.params.iter().map(|param| param.pat));
        }
        let (self_local, root) = self.inside(old.owner, |this| {
            let self_local = old.self_local.map(|local| {
                let span = this.ir.local(local).span;
                this.add_local(sym::SELF_VALUE, span)
            });
            let mut renamed = Renamed::new();
            for pat in &mut params {
                *pat = this.renewed(*pat, &mut renamed);
            }
            (self_local, this.block_root(block))
        });
        if let ItemKind::Fn(function) = &mut self.ir.tree.items[old.owner.index()].kind {
            for (param, pat) in function.params.iter_mut().zip(params) {
                param.pat = pat;
            }
        }
        let run = |start: usize, end: usize| Run { start: start as u32, len: (end - start) as u32 };
        self.ir.bodies[id.index()] = Body {
            root,
            exprs: run(exprs, self.ir.exprs.len()),
            locals: run(locals, self.ir.locals.len()),
            self_local,
            is_read: true,
            ..old
        };
    }

    /// A copy of a parameter's pattern whose locals are the body's.
    fn renewed(&mut self, id: PatId, renamed: &mut Renamed) -> PatId {
        let span = self.pat_span(id);
        let pat = match self.ir.pat(id) {
            Pat::Bind { local, sub } => {
                let local = self.renewed_local(local, renamed);
                Pat::Bind { local, sub: sub.map(|sub| self.renewed(sub, renamed)) }
            }
            Pat::Ref(inner) => Pat::Ref(self.renewed(inner, renamed)),
            Pat::Tuple(pats) => Pat::Tuple(self.renewed_list(pats, renamed)),
            Pat::Slice(pats) => Pat::Slice(self.renewed_list(pats, renamed)),
            Pat::Or(pats) => Pat::Or(self.renewed_list(pats, renamed)),
            Pat::TupleStruct { path, pats } => {
                Pat::TupleStruct { path, pats: self.renewed_list(pats, renamed) }
            }
            Pat::Struct { path, fields } => {
                let mut new: SmallVec<[_; 8]> = self.ir.field_pats(fields).into();
                for field in &mut new {
                    field.pat = self.renewed(field.pat, renamed);
                }
                let fields = Run { start: self.ir.field_pats.len() as u32, len: new.len() as u32 };
                self.ir.field_pats.extend(new);
                Pat::Struct { path, fields }
            }
            same @ (Pat::Missing | Pat::Wild | Pat::Rest | Pat::Path(_) | Pat::Literal(_) | Pat::Range) => {
                same
            }
        };
        self.add_pat(pat, span)
    }

    fn renewed_list(&mut self, pats: List<PatId>, renamed: &mut Renamed) -> List<PatId> {
        let pats: SmallVec<[PatId; 8]> = self.ir.list(pats).collect();
        let pats: SmallVec<[PatId; 8]> = pats.into_iter().map(|pat| self.renewed(pat, renamed)).collect();
        self.ir.lists.push(&pats)
    }

    fn renewed_local(&mut self, old: LocalId, renamed: &mut Renamed) -> LocalId {
        if let Some((_, new)) = renamed.iter().find(|(known, _)| *known == old) {
            return *new;
        }
        let Local { name, span } = self.ir.local(old);
        let new = self.add_local(name, span);
        renamed.push((old, new));
        new
    }
}

/// The locals of parameters, as they were and as they are.
type Renamed = SmallVec<[(LocalId, LocalId); 8]>;
