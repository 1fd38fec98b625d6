//! What of a value somebody else can choose, by its type: text, numbers, nothing.

use std::cell::RefCell;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use ward_syntax::{ItemKind, Symbol};

use crate::known::known;
use crate::{Carries, DefId, Semantics, Ty, TyKind};

/// For every struct and enum of the workspace: what it carries itself, and by which of its parameters.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct TextTable {
    rules: Vec<TextRule>,
}

/// What decides what a type carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
struct TextRule {
    always: Carries,
    /// A bit for every parameter that decides; those past the 31st share the last.
    params: u32,
}

thread_local! {
    /// What the types of one workspace carry, remembered.
    static CARRIES: RefCell<(u64, FxHashMap<Ty, Carries>)> = RefCell::default();
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
                if index.is_none() { Carries::Text } else { Carries::Nothing }
            });
            rule.always = rule.always.max(carries);
            rule.params |= params;
            if rule.always == Carries::Text {
                break;
            }
        }
        rule
    }

    /// What a value of a type carries, given what its parameters do. Every parameter is asked for unless the
    /// answer is text already.
    fn carries(
        &self,
        semantics: &Semantics,
        ty: Ty,
        depth: u32,
        param: &mut dyn FnMut(DefId, Symbol) -> Carries,
    ) -> Carries {
        let Some(depth) = depth.checked_sub(1) else {
            return Carries::Text;
        };
        match ty.kind() {
            TyKind::Never | TyKind::StaticStr => Carries::Nothing,
            TyKind::Scalar(name) => of_scalar(*name),
            TyKind::Str | TyKind::Unknown | TyKind::Infer(_) | TyKind::Bounds(_) => Carries::Text,
            TyKind::FnDef(_) | TyKind::FnPtr { .. } | TyKind::Closure { .. } => Carries::Text,
            TyKind::Param { owner, name } => param(*owner, *name),
            TyKind::Tuple(parts) => self.most(semantics, parts.iter().copied(), depth, param),
            TyKind::Slice(element) if is_unit_of_text(*element) => Carries::Text,
            TyKind::Slice(element) => self.carries(semantics, *element, depth, param),
            TyKind::Adt { def, args } => {
                let rule = self.rules.get(def.index()).copied().unwrap_or_default();
                if rule.always == Carries::Text {
                    return Carries::Text;
                }
                let decisive = args.iter().enumerate().filter(|(at, _)| rule.params & bit(*at) != 0);
                rule.always.max(self.most(semantics, decisive.map(|(_, arg)| *arg), depth, param))
            }
            TyKind::External { path, args } => self.external(semantics, ty, *path, args, depth, param),
        }
    }

    /// The most that one of several types carries.
    fn most(
        &self,
        semantics: &Semantics,
        types: impl Iterator<Item = Ty>,
        depth: u32,
        param: &mut dyn FnMut(DefId, Symbol) -> Carries,
    ) -> Carries {
        let mut most = Carries::Nothing;
        for ty in types {
            most = most.max(self.carries(semantics, ty, depth, param));
            if most == Carries::Text {
                break;
            }
        }
        most
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
        param: &mut dyn FnMut(DefId, Symbol) -> Carries,
    ) -> Carries {
        let row = semantics.row(ty);
        if path == known().phantom_data {
            return Carries::Nothing;
        }
        if let Some(row) = row
            && row.row.carries != Carries::Text
        {
            return row.row.carries;
        }
        if let [element] = args
            && [known().vec, known().vec_deque, known().iterator].contains(&path)
            && is_unit_of_text(*element)
        {
            return Carries::Text;
        }
        if !args.is_empty() && path.as_str().starts_with("std::") {
            return self.most(semantics, args.iter().copied(), depth, param);
        }
        let Some(row) = row else {
            return Carries::Text;
        };
        let wrapped = row.row.fields.get(&Symbol::new("0")).or(row.row.deref.as_ref());
        wrapped.map_or(Carries::Text, |template| {
            self.carries(semantics, row.instantiate(template), depth, param)
        })
    }
}

/// One byte or character is no text, but many are.
fn is_unit_of_text(ty: Ty) -> bool {
    matches!(ty.kind(), TyKind::Scalar(name) if matches!(name.as_str(), "u8" | "char"))
}

/// Numbers of 16 bits at most are small.
fn of_scalar(name: Symbol) -> Carries {
    match name.as_str() {
        "bool" | "char" => Carries::Nothing,
        "u8" | "i8" | "u16" | "i16" => Carries::SmallNumber,
        _ => Carries::Number,
    }
}

fn bit(index: usize) -> u32 {
    1 << index.min(31)
}

impl Semantics {
    /// What somebody else can choose in a value of a type. What is not known can carry text, and so can generic
    /// parameters, closures and trait objects; scalars, `&'static str` and what is made of them cannot.
    pub fn carries(&self, ty: Ty) -> Carries {
        let carries = || self.text.carries(self, ty, MAX_DEPTH, &mut |_, _| Carries::Text);
        let is_made_of_others = matches!(
            ty.kind(),
            TyKind::Adt { .. } | TyKind::External { .. } | TyKind::Tuple(_) | TyKind::Slice(_)
        );
        if !is_made_of_others || self.text.rules.is_empty() {
            return carries();
        }
        let known = CARRIES.with_borrow_mut(|(workspace, known)| {
            if *workspace != self.id {
                *workspace = self.id;
                known.clear();
            }
            known.get(&ty).copied()
        });
        known.unwrap_or_else(|| {
            let found = carries();
            CARRIES.with_borrow_mut(|(_, known)| known.insert(ty, found));
            found
        })
    }

    /// Whether what text a type may carry is in types of other crates alone that nothing is known of: names of things
    /// more often than text.
    pub fn is_foreign(&self, ty: Ty) -> bool {
        self.carries_text(ty) && self.holds_only_foreign(ty, MAX_DEPTH)
    }

    fn holds_only_foreign(&self, ty: Ty, depth: u32) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let all = |types: &[Ty]| types.iter().all(|ty| self.holds_only_foreign(*ty, depth));
        match ty.kind() {
            TyKind::Tuple(parts) => all(parts),
            TyKind::Slice(element) => self.holds_only_foreign(*element, depth),
            TyKind::External { path, args } if path.as_str().starts_with("std::") => {
                if args.is_empty() {
                    !self.carries_text(ty)
                } else {
                    all(args)
                }
            }
            TyKind::External { args, .. } => args.is_empty() && self.row(ty).is_none(),
            _ => !self.carries_text(ty),
        }
    }

    /// Whether a value of a type can carry text that somebody chose.
    pub fn carries_text(&self, ty: Ty) -> bool {
        self.carries(ty) == Carries::Text
    }
}
