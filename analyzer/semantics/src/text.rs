//! Whether a value of a type can carry text that somebody chose.

use ward_syntax::{ItemKind, Symbol};

use crate::known::known;
use crate::{CarriesText, DefId, Semantics, Ty, TyKind};

/// For every struct and enum of the workspace: whether it carries text itself, or by which of its parameters.
#[derive(Debug, Default)]
pub(crate) struct TextTable {
    rules: Vec<TextRule>,
}

/// What decides whether a type carries text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct TextRule {
    always: bool,
    /// A bit for every parameter that decides; those past the 31st share the last.
    params: u32,
}

/// How deeply a type is looked into before it is taken to carry text.
const MAX_DEPTH: u32 = 32;

impl TextTable {
    /// The least solution: a type that only contains itself carries nothing.
    pub(crate) fn build(semantics: &Semantics) -> Self {
        let is_adt = |def: &DefId| {
            matches!(semantics.item(*def).kind, ItemKind::Struct { .. } | ItemKind::Enum { .. })
        };
        let adts: Vec<DefId> = semantics.defs.iter().filter(is_adt).collect();
        let mut table = Self { rules: vec![TextRule::default(); semantics.defs.len()] };
        let mut is_stable = false;
        while !is_stable {
            is_stable = true;
            for def in &adts {
                let rule = table.rule_of(semantics, *def);
                is_stable &= rule == table.rules[def.index()];
                table.rules[def.index()] = rule;
            }
        }
        table
    }

    fn rule_of(&self, semantics: &Semantics, def: DefId) -> TextRule {
        let mut rule = TextRule::default();
        let generics = semantics.generics(def);
        let index_of =
            |name: Symbol| generics.and_then(|all| all.params.iter().position(|param| param.name == name));
        for field in semantics.all_fields(def) {
            let mut params = 0;
            let carries = self.carries(semantics, field.ty, MAX_DEPTH, &mut |owner, name| {
                let index = index_of(name).filter(|_| owner == def);
                params |= index.map_or(0, bit);
                index.is_none()
            });
            rule.always |= carries;
            rule.params |= params;
            if rule.always {
                break;
            }
        }
        rule
    }

    /// Whether a type carries text, given whether its parameters do. Every parameter is asked for unless the
    /// answer is already yes.
    fn carries(
        &self,
        semantics: &Semantics,
        ty: Ty,
        depth: u32,
        param: &mut dyn FnMut(DefId, Symbol) -> bool,
    ) -> bool {
        let Some(depth) = depth.checked_sub(1) else {
            return true;
        };
        match ty.kind() {
            TyKind::Never | TyKind::Scalar(_) | TyKind::StaticStr => false,
            TyKind::Str | TyKind::Unknown | TyKind::Infer(_) | TyKind::Bounds(_) => true,
            TyKind::FnDef(_) | TyKind::FnPtr { .. } | TyKind::Closure { .. } => true,
            TyKind::Param { owner, name } => param(*owner, *name),
            TyKind::Tuple(parts) => parts.iter().any(|part| self.carries(semantics, *part, depth, param)),
            TyKind::Slice(element) => {
                is_unit_of_text(*element) || self.carries(semantics, *element, depth, param)
            }
            TyKind::Adt { def, args } => {
                let rule = self.rules.get(def.index()).copied().unwrap_or_default();
                let mut decisive = args.iter().enumerate().filter(|(at, _)| rule.params & bit(*at) != 0);
                rule.always || decisive.any(|(_, arg)| self.carries(semantics, *arg, depth, param))
            }
            TyKind::External { path, args } => self.external(semantics, ty, *path, args, depth, param),
        }
    }

    /// A row decides; without one the standard library's containers carry what is in them, and wrappers what
    /// they wrap.
    fn external(
        &self,
        semantics: &Semantics,
        ty: Ty,
        path: Symbol,
        args: &[Ty],
        depth: u32,
        param: &mut dyn FnMut(DefId, Symbol) -> bool,
    ) -> bool {
        let row = semantics.row(ty);
        if path == known().phantom_data || row.is_some_and(|row| row.row.text == CarriesText::No) {
            return false;
        }
        if let [element] = args
            && [known().vec, known().vec_deque, known().iterator].contains(&path)
            && is_unit_of_text(*element)
        {
            return true;
        }
        if !args.is_empty() && path.as_str().starts_with("std::") {
            return args.iter().any(|arg| self.carries(semantics, *arg, depth, param));
        }
        let Some(row) = row else {
            return true;
        };
        let wrapped = row.row.fields.get(&Symbol::new("0")).or(row.row.deref.as_ref());
        wrapped.is_none_or(|template| self.carries(semantics, row.instantiate(template), depth, param))
    }
}

/// One byte or character is no text, but many are.
fn is_unit_of_text(ty: Ty) -> bool {
    matches!(ty.kind(), TyKind::Scalar(name) if matches!(name.as_str(), "u8" | "char"))
}

fn bit(index: usize) -> u32 {
    1 << index.min(31)
}

impl Semantics {
    /// Whether a value of a type can carry text that somebody chose. What is not known can, and so can generic
    /// parameters, closures and trait objects; scalars, `&'static str` and what is made of them cannot.
    pub fn carries_text(&self, ty: Ty) -> CarriesText {
        let carries = self.text.carries(self, ty, MAX_DEPTH, &mut |_, _| true);
        if carries { CarriesText::Yes } else { CarriesText::No }
    }
}
