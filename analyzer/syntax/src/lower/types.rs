//! Paths, types, bounds and generics.

use smallvec::SmallVec;
use syn::punctuated::Punctuated;
use syn::{GenericArgument, PathArguments, ReturnType, Token, Type, TypeParamBound};

use super::{Ids, Lowerer};
use crate::{
    GenericParam, Generics, Id, List, Path, PathId, Run, Segment, Span, TypeBinding, TypeRef, TypeRefId, sym,
};

type Bounds = Punctuated<TypeParamBound, Token![+]>;

/// The type arguments and bindings of a path segment.
#[derive(Clone, Copy)]
struct Arguments {
    args: List<TypeRefId>,
    bindings: Run,
    /// Where they end in the file; 0 if there are none.
    end: u32,
}

impl Arguments {
    const NONE: Self = Self { args: List::EMPTY, bindings: Run { start: 0, len: 0 }, end: 0 };
}

impl Lowerer<'_> {
    fn add_type(&mut self, ty: TypeRef, span: Span) -> TypeRefId {
        let id = TypeRefId::from_index(self.ir.types.len());
        self.ir.types.push(ty);
        self.ir.type_spans.push(span);
        id
    }

    pub(super) fn type_span(&self, id: TypeRefId) -> Span {
        self.ir.type_spans[id.index()]
    }

    /// A path and its span.
    pub(super) fn path(&mut self, qself: Option<&syn::QSelf>, path: &syn::Path) -> (PathId, Span) {
        let qualified_self = qself.map(|qself| self.ty(&qself.ty));
        let mut segments: SmallVec<[Segment; 4]> = SmallVec::new();
        let mut span: Option<Span> = None;
        for segment in &path.segments {
            let (name, name_span) = self.ident(&segment.ident);
            let Arguments { args, bindings, end } = self.arguments(&segment.arguments);
            segments.push(Segment { name, args, bindings, span: name_span });
            let whole = Span::new(name_span.start, end.max(name_span.end));
            span = Some(span.map_or(whole, |span| span.cover(whole)));
        }
        let mut span = span.unwrap_or_default();
        if let Some(colons) = &path.leading_colon {
            span.start = self.spans.start(colons.spans[0]);
        }
        if let Some(qself) = qself {
            span.start = self.spans.start(qself.lt_token.spans[0]);
        }
        let run = Run { start: self.ir.segments.len() as u32, len: segments.len() as u32 };
        self.ir.segments.extend(segments);
        let lowered = Path {
            qualified_self,
            trait_segments: qself.map_or(0, |qself| qself.position as u16),
            leading_colon: path.leading_colon.is_some(),
            segments: run,
        };
        (self.add_path(lowered), span)
    }

    fn add_path(&mut self, path: Path) -> PathId {
        let id = PathId::from_index(self.ir.paths.len());
        self.ir.paths.push(path);
        id
    }

    /// A path of one name.
    pub(super) fn name_path(&mut self, name: crate::Symbol, span: Span) -> PathId {
        let run = Run { start: self.ir.segments.len() as u32, len: 1 };
        self.ir.segments.push(Segment { name, args: List::EMPTY, bindings: Run::default(), span });
        self.add_path(Path { qualified_self: None, trait_segments: 0, leading_colon: false, segments: run })
    }

    fn arguments(&mut self, arguments: &PathArguments) -> Arguments {
        match arguments {
            PathArguments::None => Arguments::NONE,
            PathArguments::AngleBracketed(generic) => self.angle_bracketed(generic),
            PathArguments::Parenthesized(function) => {
                let span = self.spans.delimited(function.paren_token.span);
                let params: Ids<_> = function.inputs.iter().map(|input| self.ty(&input.ty)).collect();
                let params = self.ir.lists.push(&params);
                let params = self.add_type(TypeRef::Tuple(params), span);
                let args = self.ir.lists.push(&[params]);
                let ReturnType::Type(_, output) = &function.output else {
                    return Arguments { args, bindings: Run::default(), end: span.end };
                };
                let ty = self.ty(output);
                let bindings = Run { start: self.ir.bindings.len() as u32, len: 1 };
                self.ir.bindings.push(TypeBinding { name: sym::OUTPUT, ty });
                Arguments { args, bindings, end: self.type_span(ty).end }
            }
        }
    }

    fn angle_bracketed(&mut self, generic: &syn::AngleBracketedGenericArguments) -> Arguments {
        let mut args = Ids::new();
        let mut bindings: SmallVec<[TypeBinding; 2]> = SmallVec::new();
        for argument in &generic.args {
            match argument {
                GenericArgument::Type(ty) => args.push(self.ty(ty)),
                GenericArgument::AssocType(binding) => {
                    bindings.push(TypeBinding { name: self.name(&binding.ident), ty: self.ty(&binding.ty) });
                }
                GenericArgument::Constraint(constraint) => {
                    let (name, span) = self.ident(&constraint.ident);
                    let bounds = self.bounds(&constraint.bounds);
                    let span = bounds.last().map_or(span, |last| span.cover(self.type_span(*last)));
                    let bounds = self.ir.lists.push(&bounds);
                    bindings.push(TypeBinding { name, ty: self.add_type(TypeRef::Impl(bounds), span) });
                }
                _ => {}
            }
        }
        let run = Run { start: self.ir.bindings.len() as u32, len: bindings.len() as u32 };
        self.ir.bindings.extend(bindings);
        let end = self.spans.end(generic.gt_token.spans[0]);
        Arguments { args: self.ir.lists.push(&args), bindings: run, end }
    }

    /// A turbofish's types.
    pub(super) fn turbofish(&mut self, generic: &syn::AngleBracketedGenericArguments) -> List<TypeRefId> {
        self.angle_bracketed(generic).args
    }

    /// A type.
    pub(super) fn ty(&mut self, ty: &Type) -> TypeRefId {
        match ty {
            Type::Path(path) => {
                let (path, span) = self.path(path.qself.as_ref(), &path.path);
                self.add_type(TypeRef::Path(path), span)
            }
            Type::Reference(reference) => {
                let inner = self.ty(&reference.elem);
                let is_static =
                    reference.lifetime.as_ref().is_some_and(|lifetime| lifetime.ident == "static");
                let span = self.type_from(reference.and_token.spans[0], inner);
                self.add_type(
                    TypeRef::Ref { inner, mutable: reference.mutability.is_some(), is_static },
                    span,
                )
            }
            Type::Ptr(pointer) => {
                let inner = self.ty(&pointer.elem);
                let span = self.type_from(pointer.star_token.spans[0], inner);
                self.add_type(TypeRef::Ptr(inner), span)
            }
            Type::Tuple(tuple) => {
                let span = self.spans.delimited(tuple.paren_token.span);
                let elements: Ids<_> = tuple.elems.iter().map(|element| self.ty(element)).collect();
                let elements = self.ir.lists.push(&elements);
                self.add_type(TypeRef::Tuple(elements), span)
            }
            Type::Slice(slice) => {
                let span = self.spans.delimited(slice.bracket_token.span);
                let element = self.ty(&slice.elem);
                self.add_type(TypeRef::Slice(element), span)
            }
            Type::Array(array) => {
                let span = self.spans.delimited(array.bracket_token.span);
                let element = self.ty(&array.elem);
                self.add_type(TypeRef::Array(element), span)
            }
            Type::Paren(paren) => {
                let span = self.spans.delimited(paren.paren_token.span);
                let inner = self.ty(&paren.elem);
                self.ir.type_spans[inner.index()] = span;
                inner
            }
            Type::Group(group) => self.ty(&group.elem),
            Type::FnPtr(function) => self.fn_pointer(function),
            Type::ImplTrait(bounded) => {
                let bounds = self.bounds(&bounded.bounds);
                let span = self.bounded_span(self.spans.span(bounded.impl_token.span), &bounds);
                let bounds = self.ir.lists.push(&bounds);
                self.add_type(TypeRef::Impl(bounds), span)
            }
            Type::TraitObject(object) => {
                let bounds = self.bounds(&object.bounds);
                let first = bounds.first().map(|first| self.type_span(*first)).unwrap_or_default();
                let start = object.dyn_token.as_ref().map_or(first, |token| self.spans.span(token.span));
                let span = self.bounded_span(start, &bounds);
                let bounds = self.ir.lists.push(&bounds);
                self.add_type(TypeRef::Dyn(bounds), span)
            }
            Type::Infer(infer) => {
                let span = self.spans.span(infer.underscore_token.spans[0]);
                self.add_type(TypeRef::Infer, span)
            }
            Type::Never(never) => {
                let span = self.spans.span(never.bang_token.spans[0]);
                self.add_type(TypeRef::Never, span)
            }
            Type::Macro(call) => {
                let span = self.macro_span(&call.mac);
                self.add_type(TypeRef::Missing, span)
            }
            Type::Verbatim(tokens) => {
                let span = self.tokens_span(tokens);
                self.add_type(TypeRef::Missing, span)
            }
            _ => self.add_type(TypeRef::Missing, Span::default()),
        }
    }

    fn type_from(&self, start: proc_macro2::Span, last: TypeRefId) -> Span {
        Span::new(self.spans.start(start), self.type_span(last).end)
    }

    fn bounded_span(&self, start: Span, bounds: &[TypeRefId]) -> Span {
        bounds.iter().fold(start, |span, bound| span.cover(self.type_span(*bound)))
    }

    fn fn_pointer(&mut self, function: &syn::TypeFnPtr) -> TypeRefId {
        let params: Ids<_> = function.inputs.iter().map(|input| self.ty(&input.ty)).collect();
        let ret = self.return_type(&function.output);
        let start = self.spans.start(function.fn_token.span);
        let end = self.spans.close(function.paren_token.span);
        let end = ret.map_or(end, |ret| self.type_span(ret).end);
        let params = self.ir.lists.push(&params);
        self.add_type(TypeRef::Fn { params, ret }, Span::new(start, end))
    }

    pub(super) fn return_type(&mut self, output: &ReturnType) -> Option<TypeRefId> {
        match output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some(self.ty(ty)),
        }
    }

    /// The traits among bounds; lifetimes, `?Sized` and captures are left out.
    pub(super) fn bounds(&mut self, bounds: &Bounds) -> Ids<TypeRefId> {
        bounds.iter().filter_map(|bound| self.bound(bound)).collect()
    }

    fn bound(&mut self, bound: &TypeParamBound) -> Option<TypeRefId> {
        let TypeParamBound::Trait(bound) = bound else { return None };
        if bound.maybe.is_some() {
            return None;
        }
        let (path, span) = self.path(None, &bound.path);
        Some(self.add_type(TypeRef::Path(path), span))
    }

    /// A trait named by its path alone, as in `impl Trait for ..`.
    pub(super) fn trait_ref(&mut self, path: &syn::Path) -> TypeRefId {
        let (path, span) = self.path(None, path);
        self.add_type(TypeRef::Path(path), span)
    }

    pub(super) fn generics(&mut self, generics: &syn::Generics) -> Generics {
        let mut lowered = Generics::default();
        for param in &generics.params {
            let syn::GenericParam::Type(param) = param else { continue };
            lowered.params.push(GenericParam {
                name: self.name(&param.ident),
                bounds: self.bounds(&param.bounds).into_vec(),
                default: param.default.as_ref().map(|(_, ty)| self.ty(ty)),
            });
        }
        for predicate in generics.where_clause.iter().flat_map(|clause| &clause.predicates) {
            let syn::WherePredicate::Type(predicate) = predicate else { continue };
            self.where_predicate(predicate, &mut lowered);
        }
        lowered
    }

    fn where_predicate(&mut self, predicate: &syn::PredicateType, generics: &mut Generics) {
        let bounds = self.bounds(&predicate.bounds);
        if let Type::Path(path) = &predicate.bounded_ty
            && path.qself.is_none()
            && let Some(name) = path.path.get_ident()
        {
            let name = self.name(name);
            if let Some(param) = generics.params.iter_mut().find(|param| param.name == name) {
                param.bounds.extend(bounds);
                return;
            }
        }
        let ty = self.ty(&predicate.bounded_ty);
        generics.predicates.push((ty, bounds.into_vec()));
    }
}
