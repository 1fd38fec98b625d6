//! Which variants of an enum a variable can be where a match has told: what it prints there is what those print.

use smallvec::SmallVec;
use ward_semantics::{Ty, TyKind};
use ward_syntax::{
    Attribute, Expr, ExprId, Fields, HoleStyle, Item, ItemKind, LocalId, Pat, PatId, Span, Symbol, UnaryOp,
};

use super::patterns::variant_field;
use super::{Evaluator, ValueId};

/// Which variants a value can be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Variants {
    /// One of these.
    Only(SmallVec<[Symbol; 2]>),
    /// Any but these.
    Not(SmallVec<[Symbol; 2]>),
}

/// A variant of an enum, or a struct.
pub(super) struct Shape<'a> {
    /// The variant's place among all; none for a struct.
    pub(super) index: Option<u32>,
    pub(super) variant: Option<Symbol>,
    pub(super) attributes: &'a [Attribute],
    pub(super) fields: &'a Fields,
}

/// All variants of an enum, or the struct itself; none of another item.
pub(super) fn shapes(item: &Item) -> SmallVec<[Shape<'_>; 4]> {
    match &item.kind {
        ItemKind::Enum { variants, .. } => {
            let named = variants.iter().zip(0..).map(|(variant, at)| Shape {
                index: Some(at),
                variant: Some(variant.name),
                attributes: &variant.attributes,
                fields: &variant.fields,
            });
            named.collect()
        }
        ItemKind::Struct { fields, .. } => {
            let shape = Shape { index: None, variant: None, attributes: &item.attributes, fields };
            std::iter::once(shape).collect()
        }
        _ => SmallVec::new(),
    }
}

/// How a variant of what a variant holds is noted.
fn within(outer: Symbol, inner: Symbol) -> Symbol {
    Symbol::new(&format!("{outer}>{inner}"))
}

impl Variants {
    /// Whether a value can be this variant.
    pub(super) fn hold(&self, variant: Symbol) -> bool {
        match self {
            Self::Only(variants) => variants.contains(&variant),
            Self::Not(variants) => !variants.contains(&variant),
        }
    }

    /// Which variants the value can be that this variant holds.
    pub(super) fn inside(&self, variant: Symbol) -> Option<Self> {
        let Self::Not(variants) = self else { return None };
        let inner = variants.iter().filter_map(|name| {
            let (outer, inner) = name.as_str().split_once('>')?;
            (outer == variant.as_str()).then(|| Symbol::new(inner))
        });
        let inner: SmallVec<[Symbol; 2]> = inner.collect();
        (!inner.is_empty()).then_some(Self::Not(inner))
    }
}

impl Evaluator<'_> {
    /// What an expression prints; of a variable only what its variants print.
    pub(super) fn printed_expression(
        &mut self,
        expr: ExprId,
        value: ValueId,
        style: HoleStyle,
        span: Span,
    ) -> ValueId {
        let ty = self.types.expr(expr);
        let local = if self.state.variants.is_empty() { None } else { self.variable(expr) };
        let known = local.and_then(|local| self.known_variants(local)).cloned();
        let before = std::mem::replace(&mut self.shown_variants, known);
        let printed = self.printed(value, ty, style, span);
        self.shown_variants = before;
        printed
    }

    fn known_variants(&self, local: LocalId) -> Option<&Variants> {
        self.state.variants.iter().rev().find(|(known, _)| *known == local).map(|row| &row.1)
    }

    /// A variable read where a match has told which variants it is not: it holds nothing of those.
    pub(super) fn without_other_variants(&mut self, local: LocalId, value: ValueId) -> ValueId {
        if self.state.variants.is_empty() || self.values.is_plain(value) {
            return value;
        }
        let Some(Variants::Not(missed)) = self.known_variants(local).cloned() else { return value };
        let ty = self.types.local(local);
        missed.into_iter().fold(value, |value, variant| match variant.as_str().split_once('>') {
            None => self.without_variant(value, ty, variant, &[]),
            Some((outer, inner)) => match self.fields_of_variant(ty, Symbol::new(outer)).as_slice() {
                [(part, ty)] => self.without_variant(value, *ty, Symbol::new(inner), &[*part]),
                _ => value,
            },
        })
    }

    fn without_variant(&mut self, value: ValueId, ty: Ty, variant: Symbol, at: &[Symbol]) -> ValueId {
        let nothing = self.values.constant(None);
        self.fields_of_variant(ty, variant).into_iter().fold(value, |value, (part, _)| {
            let path: SmallVec<[Symbol; 2]> = at.iter().copied().chain([part]).collect();
            self.values.with_part_at(value, &path, nothing)
        })
    }

    /// The parts of a value that are a variant's fields, and their types.
    fn fields_of_variant(&self, ty: Ty, variant: Symbol) -> SmallVec<[(Symbol, Ty); 2]> {
        let TyKind::Adt { def, .. } = ty.kind() else { return SmallVec::new() };
        let shapes = shapes(self.cx.semantics.item(*def));
        let Some(shape) = shapes.iter().find(|shape| shape.variant == Some(variant)) else {
            return SmallVec::new();
        };
        let infos = self.cx.semantics.fields(*def, shape.index);
        infos.iter().map(|info| (variant_field(variant, info.name), info.ty)).collect()
    }

    /// The variable that an expression is, through references.
    pub(super) fn variable(&self, expr: ExprId) -> Option<LocalId> {
        match self.ir.expr(expr) {
            Expr::Local(local) => Some(local),
            Expr::Ref { operand, .. } | Expr::Unary { op: UnaryOp::Deref, operand } => self.variable(operand),
            _ => None,
        }
    }

    /// Whether the variants of a matched expression are worth knowing: it is an enum of the workspace.
    pub(super) fn has_variants(&self, scrutinee: ExprId) -> bool {
        let TyKind::Adt { def, .. } = self.types.expr(scrutinee).kind() else { return false };
        matches!(self.cx.semantics.item(*def).kind, ItemKind::Enum { .. })
    }

    /// Notes for one arm which variants the variables can be: the one that is matched, and those that the pattern
    /// binds. `missed` are the variants that the arms before have taken.
    pub(super) fn note_variants(&mut self, matched: Option<LocalId>, pat: PatId, missed: &[Symbol]) {
        if let (Some(local), Some(variants)) = (matched, self.variants_of(pat, missed)) {
            self.state.variants.push((local, variants));
        }
        self.note_bound(pat, missed);
    }

    fn note_bound(&mut self, pat: PatId, missed: &[Symbol]) {
        match self.ir.pat(pat) {
            Pat::Ref(inner) => self.note_bound(inner, missed),
            Pat::Bind { local, sub } => {
                let variants = match sub {
                    Some(sub) => self.variants_of(sub, missed),
                    None => self.variants_of(pat, missed),
                };
                if let Some(variants) = variants {
                    self.state.variants.push((local, variants));
                }
            }
            Pat::TupleStruct { pats, .. } => {
                for inner in self.ir.list(pats).collect::<SmallVec<[PatId; 4]>>() {
                    self.note_bound(inner, &[]);
                }
            }
            _ => {}
        }
    }

    fn variants_of(&self, pat: PatId, missed: &[Symbol]) -> Option<Variants> {
        match self.ir.pat(pat) {
            Pat::Ref(inner) | Pat::Bind { sub: Some(inner), .. } => self.variants_of(inner, missed),
            Pat::Wild | Pat::Bind { sub: None, .. } => {
                (!missed.is_empty()).then(|| Variants::Not(missed.iter().copied().collect()))
            }
            _ => Some(Variants::Only(self.named_variants(pat)?)),
        }
    }

    /// The variants that a pattern names, if it names nothing else.
    fn named_variants(&self, pat: PatId) -> Option<SmallVec<[Symbol; 2]>> {
        match self.ir.pat(pat) {
            Pat::Ref(inner) => self.named_variants(inner),
            Pat::Path(path) | Pat::TupleStruct { path, .. } | Pat::Struct { path, .. } => {
                self.variant_name(path).map(|name| SmallVec::from_elem(name, 1))
            }
            Pat::Or(pats) => {
                let mut all = SmallVec::new();
                for pat in self.ir.list(pats) {
                    all.extend(self.named_variants(pat)?);
                }
                Some(all)
            }
            _ => None,
        }
    }

    /// The variants that a pattern takes whatever they hold.
    pub(super) fn taken_variants(&self, pat: PatId) -> SmallVec<[Symbol; 2]> {
        let takes =
            |pat: PatId| matches!(self.ir.pat(pat), Pat::Wild | Pat::Rest | Pat::Bind { sub: None, .. });
        match self.ir.pat(pat) {
            Pat::Ref(inner) | Pat::Bind { sub: Some(inner), .. } => self.taken_variants(inner),
            Pat::Path(path) => self.variant_name(path).into_iter().collect(),
            Pat::TupleStruct { path, pats } if self.ir.list(pats).all(takes) => {
                self.variant_name(path).into_iter().collect()
            }
            // `Error::Store(StoreError::Database(_))`: of one variant, what it holds.
            Pat::TupleStruct { path, pats } if self.ir.list(pats).count() == 1 => {
                let Some(outer) = self.variant_name(path) else { return SmallVec::new() };
                let inner = self.ir.list(pats).flat_map(|pat| self.taken_variants(pat));
                inner.map(|inner| within(outer, inner)).collect()
            }
            Pat::Struct { path, fields }
                if self.ir.field_pats(fields).iter().all(|field| takes(field.pat)) =>
            {
                self.variant_name(path).into_iter().collect()
            }
            Pat::Or(pats) => self.ir.list(pats).flat_map(|pat| self.taken_variants(pat)).collect(),
            _ => SmallVec::new(),
        }
    }
}
