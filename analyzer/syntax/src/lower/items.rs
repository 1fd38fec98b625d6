//! Items: modules, imports, functions, types, impls.

use syn::{ImplItem, Item as SynItem, TraitItem};

use super::attributes::{exclude, marks_test};
use super::{Lowerer, macros};
use crate::{
    Attribute, Body, BodyId, Expr, ExprId, Field, Fields, FieldsShape, FnItem, Id, Item, ItemId, ItemKind,
    LocalId, Param, Run, SelfParam, Span, Symbol, UseTree, Variant, Visibility, sym,
};

/// Where an item stands, which decides what no visibility means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A module, block or inherent impl.
    Open,
    /// A trait, the impl of one, or an enum: what stands there is as visible as that.
    Inherits,
}

/// What an item is known by before its content is lowered.
#[derive(Clone, Copy)]
struct Head<'s> {
    attributes: &'s [syn::Attribute],
    visibility: Visibility,
    name: Symbol,
    name_span: Span,
    /// From the first token after the attributes to the last.
    span: Span,
}

impl Lowerer<'_> {
    /// All items of a file.
    pub(super) fn file(&mut self, file: &mut syn::File) {
        let attributes = self.attributes(&file.attrs);
        self.in_test |= attributes.iter().any(is_test_marker);
        self.items(&mut file.items);
    }

    pub(super) fn items(&mut self, items: &mut [SynItem]) {
        for item in items {
            self.item(item);
        }
    }

    /// One item; an import with several leaves becomes several.
    pub(super) fn item(&mut self, item: &mut SynItem) -> Option<ItemId> {
        match item {
            SynItem::Fn(function) => {
                let head = self.fn_head(
                    &function.attrs,
                    &function.vis,
                    &function.modifiers,
                    &function.sig,
                    Place::Open,
                );
                let end = self.spans.close(function.block.brace_token.span);
                let head = Head { span: Span::new(head.span.start, end), ..head };
                Some(self.function(head, &function.sig, Some(&mut function.block)))
            }
            SynItem::Struct(item) => Some(self.struct_item(item)),
            SynItem::Enum(item) => Some(self.enum_item(item)),
            SynItem::Union(item) => Some(self.union_item(item)),
            SynItem::Impl(item) => self.impl_item(item),
            SynItem::Trait(item) => Some(self.trait_item(item)),
            SynItem::TraitAlias(item) => Some(self.trait_alias(item)),
            SynItem::Mod(item) => Some(self.module(item)),
            SynItem::Use(item) => self.import(item),
            SynItem::ExternCrate(item) => Some(self.extern_crate(item)),
            SynItem::Const(item) => {
                let start =
                    item.modifiers.defaultness.as_ref().map_or(item.const_token.span, |token| token.span);
                let end = self.spans.end(item.semi_token.spans[0]);
                let head = self.head(&item.attrs, &item.vis, Place::Open, &item.ident, start, end);
                Some(self.constant(head, &item.ty, Some(&mut item.expr), IsStatic::No))
            }
            SynItem::Static(item) => {
                let end = self.spans.end(item.semi_token.spans[0]);
                let head =
                    self.head(&item.attrs, &item.vis, Place::Open, &item.ident, item.static_token.span, end);
                Some(self.constant(head, &item.ty, Some(&mut item.expr), IsStatic::Yes))
            }
            SynItem::Type(item) => {
                let start =
                    item.modifiers.defaultness.as_ref().map_or(item.type_token.span, |token| token.span);
                let end = self.spans.end(item.semi_token.spans[0]);
                let head = self.head(&item.attrs, &item.vis, Place::Open, &item.ident, start, end);
                Some(self.type_alias(head, &item.generics, Some(&item.ty), None))
            }
            SynItem::Macro(item) => Some(self.macro_item(item)),
            SynItem::ForeignMod(item) => {
                self.foreign(item);
                None
            }
            SynItem::Verbatim(tokens) => self.verbatim_item(std::mem::take(tokens), Place::Open),
            _ => None,
        }
    }

    // What items share

    fn head<'s>(
        &self,
        attributes: &'s [syn::Attribute],
        visibility: &syn::Visibility,
        place: Place,
        name: &syn::Ident,
        start: proc_macro2::Span,
        end: u32,
    ) -> Head<'s> {
        let (name, name_span) = self.ident(name);
        let (visibility, public) = self.visibility(visibility, place);
        let start = public.unwrap_or_else(|| self.spans.start(start));
        Head { attributes, visibility, name, name_span, span: Span::new(start, end) }
    }

    /// A visibility, and where it begins if it is written.
    fn visibility(&self, visibility: &syn::Visibility, place: Place) -> (Visibility, Option<u32>) {
        match visibility {
            syn::Visibility::Public(token) => (Visibility::Public, Some(self.spans.start(token.span))),
            syn::Visibility::Restricted(restricted) => {
                (Visibility::Restricted, Some(self.spans.start(restricted.pub_token.span)))
            }
            syn::Visibility::Inherited if place == Place::Inherits => (Visibility::Public, None),
            syn::Visibility::Inherited => (Visibility::Private, None),
        }
    }

    /// Enters an item whose kind is filled in later, so that it comes before its children.
    fn enter(&mut self, head: Head<'_>) -> ItemId {
        let attributes = self.attributes(head.attributes);
        let is_test = self.in_test || attributes.iter().any(is_test_marker);
        let start = self.outer_start(head.attributes, head.span.start);
        let id = ItemId(self.ir.tree.items.len() as u32);
        self.ir.tree.items.push(Item {
            name: head.name,
            kind: ItemKind::Module { inline: false, path: None },
            visibility: head.visibility,
            attributes,
            parent: self.parent,
            is_test,
            span: Span::new(start, head.span.end),
            name_span: head.name_span,
        });
        id
    }

    fn fill(&mut self, id: ItemId, kind: ItemKind) -> ItemId {
        self.ir.tree.items[id.index()].kind = kind;
        id
    }

    /// Runs `content` with `item` as parent of whatever it enters, and without the locals around it.
    pub(super) fn inside<T>(&mut self, item: ItemId, content: impl FnOnce(&mut Self) -> T) -> T {
        let parent = self.parent.replace(item);
        let in_test = std::mem::replace(&mut self.in_test, self.ir.tree.items[item.index()].is_test);
        let scopes = std::mem::take(&mut self.scopes);
        let result = content(self);
        self.scopes = scopes;
        self.in_test = in_test;
        self.parent = parent;
        result
    }

    /// Makes a body of what `root` lowers.
    pub(super) fn body(&mut self, owner: ItemId, root: impl FnOnce(&mut Self) -> ExprId) -> BodyId {
        let (exprs, locals) = (self.ir.exprs.len(), self.ir.locals.len());
        let root = root(self);
        self.push_body(owner, root, exprs, locals, None)
    }

    fn push_body(
        &mut self,
        owner: ItemId,
        root: ExprId,
        exprs: usize,
        locals: usize,
        self_local: Option<LocalId>,
    ) -> BodyId {
        let run = |start: usize, end: usize| Run { start: start as u32, len: (end - start) as u32 };
        let id = BodyId::from_index(self.ir.bodies.len());
        self.ir.bodies.push(Body {
            owner,
            root,
            exprs: run(exprs, self.ir.exprs.len()),
            locals: run(locals, self.ir.locals.len()),
            self_local,
            is_read: true,
        });
        id
    }

    // Functions

    /// A function's head; its span ends with the signature.
    fn fn_head<'s>(
        &self,
        attributes: &'s [syn::Attribute],
        visibility: &syn::Visibility,
        modifiers: &syn::FnModifiers,
        signature: &syn::Signature,
        place: Place,
    ) -> Head<'s> {
        let safety = match &signature.safety {
            syn::Safety::Safe(token) => Some(token.span),
            syn::Safety::Unsafe(token) => Some(token.span),
            syn::Safety::Default => None,
        };
        let first = modifiers
            .defaultness
            .as_ref()
            .map(|token| token.span)
            .or_else(|| signature.constness.as_ref().map(|token| token.span))
            .or_else(|| signature.asyncness.as_ref().map(|token| token.span))
            .or(safety)
            .or_else(|| signature.abi.as_ref().map(|abi| abi.extern_token.span))
            .unwrap_or(signature.fn_token.span);
        let end = self.spans.close(signature.paren_token.span);
        self.head(attributes, visibility, place, &signature.ident, first, end)
    }

    fn function(
        &mut self,
        head: Head<'_>,
        signature: &syn::Signature,
        block: Option<&mut syn::Block>,
    ) -> ItemId {
        let id = self.enter(head);
        let kind = self.inside(id, |this| {
            let generics = this.generics(&signature.generics);
            let (exprs, locals) = (this.ir.exprs.len(), this.ir.locals.len());
            let mut function = FnItem {
                generics,
                self_param: None,
                params: Vec::with_capacity(signature.inputs.len()),
                ret: this.return_type(&signature.output),
                is_async: signature.asyncness.is_some(),
                body: None,
            };
            let mut self_local = None;
            for input in &signature.inputs {
                match input {
                    syn::FnArg::Receiver(receiver) => {
                        function.self_param = Some(self_param(receiver));
                        let span = this.spans.span(receiver.self_token.span);
                        if block.is_some() {
                            self_local = Some(this.add_local(sym::SELF_VALUE, span));
                        }
                    }
                    syn::FnArg::Typed(param) => {
                        let param = this.param(param);
                        let stands_for = |other: &Param| exclude(&other.attributes, &param.attributes);
                        if !function.params.iter().any(stands_for) {
                            function.params.push(param);
                        }
                    }
                }
            }
            if let Some(block) = block {
                let root = this.block_root(block);
                let body = this.push_body(id, root, exprs, locals, self_local);
                this.note_left_out(body, block);
                this.note_written(id, block);
                function.body = Some(body);
            }
            ItemKind::Fn(Box::new(function))
        });
        self.fill(id, kind)
    }

    fn param(&mut self, param: &syn::PatType) -> Param {
        let ty = self.ty(&param.ty);
        let pat = self.pat(&param.pat);
        let span = self.pat_span(pat).cover(self.type_span(ty));
        let span = Span::new(self.outer_start(&param.attrs, span.start), span.end);
        Param { pat, ty, attributes: self.attributes(&param.attrs), span }
    }

    // Types

    fn struct_item(&mut self, item: &syn::ItemStruct) -> ItemId {
        let end = match (&item.semi_token, &item.fields) {
            (Some(token), _) => self.spans.end(token.spans[0]),
            (None, syn::Fields::Named(fields)) => self.spans.close(fields.brace_token.span),
            (None, _) => self.spans.end(item.ident.span()),
        };
        let start = item.struct_token.span;
        let id = self.enter(self.head(&item.attrs, &item.vis, Place::Open, &item.ident, start, end));
        let generics = self.generics(&item.generics);
        let fields = self.fields(&item.fields, Place::Open);
        self.fill(id, ItemKind::Struct { generics, fields })
    }

    fn union_item(&mut self, item: &syn::ItemUnion) -> ItemId {
        let end = self.spans.close(item.fields.brace_token.span);
        let start = item.union_token.span;
        let id = self.enter(self.head(&item.attrs, &item.vis, Place::Open, &item.ident, start, end));
        let generics = self.generics(&item.generics);
        let fields = self.named_fields(&item.fields, Place::Open);
        self.fill(id, ItemKind::Struct { generics, fields })
    }

    fn enum_item(&mut self, item: &syn::ItemEnum) -> ItemId {
        let end = self.spans.close(item.brace_token.span);
        let start = item.enum_token.span;
        let id = self.enter(self.head(&item.attrs, &item.vis, Place::Open, &item.ident, start, end));
        let generics = self.generics(&item.generics);
        let variants = item.variants.iter().map(|variant| self.variant(variant)).collect();
        self.fill(id, ItemKind::Enum { generics, variants })
    }

    fn variant(&mut self, variant: &syn::Variant) -> Variant {
        let (name, mut span) = self.ident(&variant.ident);
        span.end = match &variant.fields {
            syn::Fields::Named(fields) => self.spans.close(fields.brace_token.span),
            syn::Fields::Unnamed(fields) => self.spans.close(fields.paren_token.span),
            syn::Fields::Unit => span.end,
        };
        span.start = self.outer_start(&variant.attrs, span.start);
        let fields = self.fields(&variant.fields, Place::Inherits);
        Variant { name, fields, attributes: self.attributes(&variant.attrs), span }
    }

    fn fields(&mut self, fields: &syn::Fields, place: Place) -> Fields {
        match fields {
            syn::Fields::Named(fields) => self.named_fields(fields, place),
            syn::Fields::Unnamed(fields) => {
                let fields = fields.unnamed.iter().enumerate();
                let fields = fields.map(|(index, field)| self.field(field, Some(index), place)).collect();
                Fields { shape: FieldsShape::Tuple, fields }
            }
            syn::Fields::Unit => Fields::default(),
        }
    }

    fn named_fields(&mut self, fields: &syn::FieldsNamed, place: Place) -> Fields {
        let fields = fields.named.iter().map(|field| self.field(field, None, place)).collect();
        Fields { shape: FieldsShape::Named, fields }
    }

    fn field(&mut self, field: &syn::Field, index: Option<usize>, place: Place) -> Field {
        let ty = self.ty(&field.ty);
        let type_span = self.type_span(ty);
        let named = field.ident.as_ref().map(|name| self.ident(name));
        let (name, span) = named.unwrap_or_else(|| {
            let index = index.unwrap_or_default();
            (Symbol::new(&index.to_string()), type_span)
        });
        let (visibility, public) = self.visibility(&field.vis, place);
        let start = self.outer_start(&field.attrs, public.unwrap_or(span.start));
        let span = Span::new(start, type_span.end.max(span.end));
        Field { name, ty, visibility, attributes: self.attributes(&field.attrs), span }
    }

    fn type_alias(
        &mut self,
        head: Head<'_>,
        generics: &syn::Generics,
        ty: Option<&syn::Type>,
        bounds: Option<&syn::punctuated::Punctuated<syn::TypeParamBound, syn::Token![+]>>,
    ) -> ItemId {
        let id = self.enter(head);
        let generics = self.generics(generics);
        let ty = ty.map(|ty| self.ty(ty));
        let bounds = bounds.map(|bounds| self.bounds(bounds).into_vec()).unwrap_or_default();
        self.fill(id, ItemKind::TypeAlias { generics, ty, bounds })
    }

    // Traits and impls

    fn trait_item(&mut self, item: &mut syn::ItemTrait) -> ItemId {
        let start = item
            .unsafety
            .as_ref()
            .map(|token| token.span)
            .or_else(|| item.modifiers.auto_token.as_ref().map(|token| token.span))
            .unwrap_or(item.trait_token.span);
        let end = self.spans.close(item.brace_token.span);
        let id = self.enter(self.head(&item.attrs, &item.vis, Place::Open, &item.ident, start, end));
        let generics = self.generics(&item.generics);
        let bounds = self.bounds(&item.supertraits).into_vec();
        self.fill(id, ItemKind::Trait { generics, bounds });
        self.inside(id, |this| {
            for item in &mut item.items {
                this.trait_member(item);
            }
        });
        id
    }

    fn trait_alias(&mut self, item: &syn::ItemTraitAlias) -> ItemId {
        let end = self.spans.end(item.semi_token.spans[0]);
        let start = item.trait_token.span;
        let id = self.enter(self.head(&item.attrs, &item.vis, Place::Open, &item.ident, start, end));
        let generics = self.generics(&item.generics);
        let bounds = self.bounds(&item.bounds).into_vec();
        self.fill(id, ItemKind::Trait { generics, bounds })
    }

    fn trait_member(&mut self, item: &mut TraitItem) {
        let inherited = syn::Visibility::Inherited;
        match item {
            TraitItem::Fn(function) => {
                let head = self.fn_head(
                    &function.attrs,
                    &inherited,
                    &function.modifiers,
                    &function.sig,
                    Place::Inherits,
                );
                let end = match (&function.default, &function.semi_token) {
                    (Some(block), _) => self.spans.close(block.brace_token.span),
                    (None, Some(token)) => self.spans.end(token.spans[0]),
                    (None, None) => head.span.end,
                };
                let head = Head { span: Span::new(head.span.start, end), ..head };
                self.function(head, &function.sig, function.default.as_mut());
            }
            TraitItem::Const(item) => {
                let end = self.spans.end(item.semi_token.spans[0]);
                let start = item.const_token.span;
                let head = self.head(&item.attrs, &inherited, Place::Inherits, &item.ident, start, end);
                let initialiser = item.default.as_mut().map(|(_, initialiser)| initialiser);
                self.constant(head, &item.ty, initialiser, IsStatic::No);
            }
            TraitItem::Type(item) => {
                let end = self.spans.end(item.semi_token.spans[0]);
                let start = item.type_token.span;
                let head = self.head(&item.attrs, &inherited, Place::Inherits, &item.ident, start, end);
                let default = item.default.as_ref().map(|(_, ty)| ty);
                self.type_alias(head, &item.generics, default, Some(&item.bounds));
            }
            TraitItem::Macro(item) => {
                if let Some(mut members) = self.expanded_members::<TraitItem>(&item.mac) {
                    self.within_expansion(|this| {
                        for member in &mut members {
                            this.trait_member(member);
                        }
                    });
                    return;
                }
                self.member_macro(&item.attrs, &mut item.mac, item.semi_token.as_ref());
            }
            TraitItem::Verbatim(tokens) => {
                self.verbatim_item(std::mem::take(tokens), Place::Inherits);
            }
            _ => {}
        }
    }

    fn impl_item(&mut self, item: &mut syn::ItemImpl) -> Option<ItemId> {
        if item.modifiers.polarity.is_some() {
            return None;
        }
        let start = item
            .modifiers
            .defaultness
            .as_ref()
            .map(|token| token.span)
            .or_else(|| item.unsafety.as_ref().map(|token| token.span))
            .unwrap_or(item.impl_token.span);
        let span = Span::new(self.spans.start(start), self.spans.close(item.brace_token.span));
        let (name, name_span) = self.type_name(&item.self_ty).unwrap_or((sym::EMPTY, span));
        let id = self.enter(Head {
            attributes: &item.attrs,
            visibility: Visibility::Private,
            name,
            name_span,
            span,
        });
        let generics = self.generics(&item.generics);
        let trait_ref = item.trait_.as_ref().map(|(path, _)| self.trait_ref(path));
        let self_ty = self.ty(&item.self_ty);
        self.fill(id, ItemKind::Impl { generics, trait_ref, self_ty });
        let place = if trait_ref.is_some() { Place::Inherits } else { Place::Open };
        self.inside(id, |this| {
            for item in &mut item.items {
                this.impl_member(item, place);
            }
        });
        Some(id)
    }

    /// The last segment of a type's path, through references and parentheses.
    fn type_name(&self, ty: &syn::Type) -> Option<(Symbol, Span)> {
        match ty {
            syn::Type::Path(path) => path.path.segments.last().map(|segment| self.ident(&segment.ident)),
            syn::Type::Reference(reference) => self.type_name(&reference.elem),
            syn::Type::Paren(paren) => self.type_name(&paren.elem),
            syn::Type::Group(group) => self.type_name(&group.elem),
            _ => None,
        }
    }

    fn impl_member(&mut self, item: &mut ImplItem, place: Place) {
        match item {
            ImplItem::Fn(function) => {
                let head =
                    self.fn_head(&function.attrs, &function.vis, &function.modifiers, &function.sig, place);
                let end = self.spans.close(function.block.brace_token.span);
                let head = Head { span: Span::new(head.span.start, end), ..head };
                self.function(head, &function.sig, Some(&mut function.block));
            }
            ImplItem::Const(item) => {
                let start =
                    item.modifiers.defaultness.as_ref().map_or(item.const_token.span, |token| token.span);
                let end = self.spans.end(item.semi_token.spans[0]);
                let head = self.head(&item.attrs, &item.vis, place, &item.ident, start, end);
                self.constant(head, &item.ty, Some(&mut item.expr), IsStatic::No);
            }
            ImplItem::Type(item) => {
                let start =
                    item.modifiers.defaultness.as_ref().map_or(item.type_token.span, |token| token.span);
                let end = self.spans.end(item.semi_token.spans[0]);
                let head = self.head(&item.attrs, &item.vis, place, &item.ident, start, end);
                self.type_alias(head, &item.generics, Some(&item.ty), None);
            }
            ImplItem::Macro(item) => {
                if let Some(mut members) = self.expanded_members::<ImplItem>(&item.mac) {
                    self.within_expansion(|this| {
                        for member in &mut members {
                            this.impl_member(member, place);
                        }
                    });
                    return;
                }
                self.member_macro(&item.attrs, &mut item.mac, item.semi_token.as_ref());
            }
            ImplItem::Verbatim(tokens) => {
                self.verbatim_item(std::mem::take(tokens), place);
            }
            _ => {}
        }
    }

    // Consts and statics

    fn constant(
        &mut self,
        head: Head<'_>,
        ty: &syn::Type,
        initialiser: Option<&mut syn::Expr>,
        is_static: IsStatic,
    ) -> ItemId {
        let id = self.enter(head);
        let ty = self.ty(ty);
        let body = initialiser
            .map(|initialiser| self.inside(id, |this| this.body(id, |this| this.expr(initialiser))));
        self.fill(id, ItemKind::Const { ty, body, is_static: is_static == IsStatic::Yes })
    }

    // Modules and imports

    fn module(&mut self, item: &mut syn::ItemMod) -> ItemId {
        let start = item.unsafety.as_ref().map_or(item.mod_token.span, |token| token.span);
        let end = match (&item.content, &item.semi) {
            (Some((brace, _)), _) => self.spans.close(brace.span),
            (None, Some(token)) => self.spans.end(token.spans[0]),
            (None, None) => self.spans.end(item.ident.span()),
        };
        let id = self.enter(self.head(&item.attrs, &item.vis, Place::Open, &item.ident, start, end));
        let attributes = &self.ir.tree.items[id.index()].attributes;
        let path = attributes.iter().find(|attribute| attribute.path.as_str() == "path");
        let path = path.map(|path| Symbol::new(path.args.as_str().trim_matches('"')));
        self.fill(id, ItemKind::Module { inline: item.content.is_some(), path });
        if let Some((_, items)) = &mut item.content {
            self.inside(id, |this| this.items(items));
        }
        id
    }

    fn extern_crate(&mut self, item: &syn::ItemExternCrate) -> ItemId {
        let end = self.spans.end(item.semi_token.spans[0]);
        let known_as = item.rename.as_ref().map_or(&item.ident, |(_, alias)| alias);
        let start = item.extern_token.span;
        let id = self.enter(self.head(&item.attrs, &item.vis, Place::Open, known_as, start, end));
        let krate = self.name(&item.ident);
        self.fill(id, ItemKind::ExternCrate { krate })
    }

    fn import(&mut self, item: &syn::ItemUse) -> Option<ItemId> {
        let (visibility, public) = self.visibility(&item.vis, Place::Open);
        let start = public.unwrap_or_else(|| self.spans.start(item.use_token.span));
        let span = Span::new(start, self.spans.end(item.semi_token.spans[0]));
        let mut leaves = Leaves {
            attributes: &item.attrs,
            visibility,
            span,
            leading_colon: item.leading_colon.is_some(),
            path: Vec::new(),
            last: None,
        };
        self.use_tree(&item.tree, &mut leaves);
        leaves.last
    }

    fn use_tree(&mut self, tree: &syn::UseTree, leaves: &mut Leaves<'_>) {
        match tree {
            syn::UseTree::Path(path) => {
                let (name, span) = self.ident(&path.ident);
                leaves.path.push((name, span));
                self.use_tree(&path.tree, leaves);
                leaves.path.pop();
            }
            syn::UseTree::Name(name) => {
                let named = self.ident(&name.ident);
                self.use_leaf(named, named, leaves);
            }
            syn::UseTree::Rename(rename) => {
                let (name, alias) = (self.ident(&rename.ident), self.ident(&rename.rename));
                self.use_leaf(name, alias, leaves);
            }
            syn::UseTree::Glob(glob) => {
                let span = self.spans.span(glob.star_token.spans[0]);
                let path = leaves.path.iter().map(|(name, _)| *name).collect();
                self.push_use(leaves, (sym::EMPTY, span), path, Glob::Yes);
            }
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.use_tree(tree, leaves);
                }
            }
        }
    }

    /// `a::b`, `a::b as c`; `a::self` means `a`.
    fn use_leaf(&mut self, name: (Symbol, Span), alias: (Symbol, Span), leaves: &mut Leaves<'_>) {
        let mut path: Vec<Symbol> = leaves.path.iter().map(|(name, _)| *name).collect();
        let mut known_as = alias;
        if name.0 == sym::SELF_VALUE && !path.is_empty() {
            if alias.0 == sym::SELF_VALUE {
                known_as = *leaves.path.last().unwrap_or(&alias);
            }
        } else {
            path.push(name.0);
        }
        self.push_use(leaves, known_as, path, Glob::No);
    }

    fn push_use(&mut self, leaves: &mut Leaves<'_>, name: (Symbol, Span), path: Vec<Symbol>, glob: Glob) {
        let id = self.enter(Head {
            attributes: leaves.attributes,
            visibility: leaves.visibility,
            name: name.0,
            name_span: name.1,
            span: leaves.span,
        });
        let tree = UseTree { path, leading_colon: leaves.leading_colon, glob: glob == Glob::Yes };
        leaves.last = Some(self.fill(id, ItemKind::Use(tree)));
    }

    // The rest

    fn foreign(&mut self, item: &syn::ItemForeignMod) {
        for item in &item.items {
            match item {
                syn::ForeignItem::Fn(function) => {
                    let head = self.fn_head(
                        &function.attrs,
                        &function.vis,
                        &function.modifiers,
                        &function.sig,
                        Place::Open,
                    );
                    let end = self.spans.end(function.semi_token.spans[0]);
                    let head = Head { span: Span::new(head.span.start, end), ..head };
                    self.function(head, &function.sig, None);
                }
                syn::ForeignItem::Static(item) => {
                    let end = self.spans.end(item.semi_token.spans[0]);
                    let start = item.static_token.span;
                    let head = self.head(&item.attrs, &item.vis, Place::Open, &item.ident, start, end);
                    self.constant(head, &item.ty, None, IsStatic::Yes);
                }
                _ => {}
            }
        }
    }

    fn macro_item(&mut self, item: &mut syn::ItemMacro) -> ItemId {
        let path = self.joined(&item.mac.path);
        let mut span = self.macro_span(&item.mac);
        if let Some(token) = &item.semi_token {
            span.end = self.spans.end(token.spans[0]);
        }
        let Some(name) = &item.ident else {
            return self.macro_call(&item.attrs, &mut item.mac, span);
        };
        let (name, name_span) = self.ident(name);
        let exported = item.attrs.iter().any(|attribute| attribute.path().is_ident("macro_export"));
        let visibility = if exported { Visibility::Public } else { Visibility::Private };
        let id = self.enter(Head { attributes: &item.attrs, visibility, name, name_span, span });
        if path.as_str() != "macro_rules" {
            return self.fill(id, ItemKind::MacroCall { path, body: None });
        }
        let tokens = if self.expanding > 0 {
            Symbol::new(&item.mac.tokens.to_string())
        } else {
            let outer = self.spans.delimited(*item.mac.delimiter.span());
            Symbol::new(self.slice(Span::new(outer.start + 1, outer.end.saturating_sub(1))))
        };
        self.macros.declare(name, tokens);
        self.fill(id, ItemKind::MacroRules { tokens })
    }

    fn member_macro(
        &mut self,
        attributes: &[syn::Attribute],
        call: &mut syn::Macro,
        semi: Option<&syn::Token![;]>,
    ) {
        let mut span = self.macro_span(call);
        if let Some(token) = semi {
            span.end = self.spans.end(token.spans[0]);
        }
        self.macro_call(attributes, call, span);
    }

    /// A macro called where an item stands.
    pub(super) fn macro_call(
        &mut self,
        attributes: &[syn::Attribute],
        call: &mut syn::Macro,
        span: Span,
    ) -> ItemId {
        let path = self.joined(&call.path);
        let name_span = call.path.segments.last().map_or(span, |segment| self.ident(&segment.ident).1);
        let id = self.enter(Head {
            attributes,
            visibility: Visibility::Private,
            name: sym::EMPTY,
            name_span,
            span,
        });
        self.fill(id, ItemKind::MacroCall { path, body: None });
        let body = self.inside(id, |this| macros::items::content(this, id, path, call));
        self.fill(id, ItemKind::MacroCall { path, body })
    }

    /// What syn knows is an item and keeps as tokens: a function without a body, a const without a value.
    fn verbatim_item(&mut self, tokens: proc_macro2::TokenStream, place: Place) -> Option<ItemId> {
        if let Some(item) = without_colons_in_groups(&tokens) {
            return self.import(&item);
        }
        let mut function = syn::parse2::<BareFn>(tokens).ok()?;
        let head = self.fn_head(
            &function.attributes,
            &function.visibility,
            &function.item.modifiers,
            &function.item.sig,
            place,
        );
        let end =
            function.item.semi_token.as_ref().map_or(head.span.end, |token| self.spans.end(token.spans[0]));
        let head = Head { span: Span::new(head.span.start, end), ..head };
        Some(self.function(head, &function.item.sig, function.item.default.as_mut()))
    }

    /// The expression that stands for nothing readable at `span`.
    pub(super) fn missing(&mut self, span: Span) -> ExprId {
        self.add(Expr::Missing, span)
    }
}

/// A `use` in whose groups paths begin with `::`, which syn does not read: without these.
///
/// `use {::a::B, c::D}`: the edition decides whether `::a` is any different from `a`, and names that are not found in the
/// crate are looked for among crates either way.
fn without_colons_in_groups(tokens: &proc_macro2::TokenStream) -> Option<syn::ItemUse> {
    use proc_macro2::TokenTree;
    let is_use = |token: &TokenTree| matches!(token, TokenTree::Ident(ident) if ident == "use");
    if !tokens.clone().into_iter().any(|token| is_use(&token)) {
        return None;
    }
    syn::parse2(without_leading_colons(tokens.clone(), false)).ok()
}

/// The tokens without each `::` that stands first in a brace or after a comma in one.
fn without_leading_colons(tokens: proc_macro2::TokenStream, in_group: bool) -> proc_macro2::TokenStream {
    use proc_macro2::{Delimiter, Group, TokenTree};
    let mut kept: Vec<TokenTree> = Vec::new();
    let mut at_start = in_group;
    for token in tokens {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ':' && at_start => {}
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let mut inner = Group::new(Delimiter::Brace, without_leading_colons(group.stream(), true));
                inner.set_span(group.span());
                kept.push(inner.into());
                at_start = false;
            }
            token => {
                at_start = in_group && matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ',');
                kept.push(token);
            }
        }
    }
    kept.into_iter().collect()
}

/// `pub fn name();`
struct BareFn {
    attributes: Vec<syn::Attribute>,
    visibility: syn::Visibility,
    item: syn::TraitItemFn,
}

impl syn::parse::Parse for BareFn {
    fn parse(input: syn::parse::ParseStream) -> syn::Result<Self> {
        Ok(Self {
            attributes: input.call(syn::Attribute::parse_outer)?,
            visibility: input.parse()?,
            item: input.parse()?,
        })
    }
}

/// What the leaves of one `use` share.
struct Leaves<'s> {
    attributes: &'s [syn::Attribute],
    visibility: Visibility,
    span: Span,
    leading_colon: bool,
    path: Vec<(Symbol, Span)>,
    last: Option<ItemId>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum IsStatic {
    Yes,
    No,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Glob {
    Yes,
    No,
}

fn is_test_marker(attribute: &Attribute) -> bool {
    marks_test(attribute.path.as_str(), attribute.args.as_str())
}

fn self_param(receiver: &syn::Receiver) -> SelfParam {
    match &receiver.kind {
        syn::ReceiverKind::Reference(_, _, None) => SelfParam::Ref,
        syn::ReceiverKind::Reference(_, _, Some(_)) => SelfParam::RefMut,
        syn::ReceiverKind::Typed(_, ty) => match &**ty {
            syn::Type::Reference(reference) if reference.mutability.is_some() => SelfParam::RefMut,
            syn::Type::Reference(_) => SelfParam::Ref,
            _ => SelfParam::Value,
        },
        _ => SelfParam::Value,
    }
}
