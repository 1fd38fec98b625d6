//! What can only be told later: `.collect()` and `.into()` depend on where their result goes.

use ward_syntax::{ExprId, sym};

use super::{Callee, Infer};
use crate::known::known;
use crate::relate::{Subst, fits};
use crate::{DefId, TraitName, Ty, TyKind};

/// Something to be decided when the whole body is known.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pending {
    /// A value is converted by one of the standard library's traits.
    Convert { call: ExprId, conversion: Conversion, source: Ty, target: Ty },
    /// `Default::default()`.
    Default { call: ExprId, target: Ty },
    /// The error of `?` is converted to that of the function.
    Error { expr: ExprId, source: Ty, target: Ty },
}

/// The traits that convert.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Conversion {
    /// `x.into()` and `From::from(x)`.
    From,
    /// `x.try_into()` and `TryFrom::try_from(x)`.
    TryFrom,
    /// `x.parse()`.
    FromStr,
}

impl Infer<'_> {
    /// Decides which iterators are collected into what by now.
    pub(super) fn settle(&mut self) {
        let mut waiting = std::mem::take(&mut self.collecting);
        waiting.retain(|(item, target)| !self.collect_into(*item, *target));
        waiting.append(&mut self.collecting);
        self.collecting = waiting;
    }

    /// Decides everything, at the end of the body.
    pub(super) fn settle_all(&mut self) {
        self.settle();
        for pending in std::mem::take(&mut self.pending) {
            match pending {
                Pending::Convert { call, conversion, source, target } => {
                    if let Some(def) = self.conversion(conversion, source, target) {
                        self.set_callee(call, Callee::Fn(def));
                        self.conversions.push((call, def));
                    }
                }
                Pending::Default { call, target } => {
                    let target = self.variables.finish(target);
                    let method = self.semantics.trait_method(target, known().default_trait, sym::DEFAULT);
                    if let Some(def) = method {
                        self.set_callee(call, Callee::Fn(def));
                    }
                }
                Pending::Error { expr, source, target } => {
                    if let Some(def) = self.conversion(Conversion::From, source, target) {
                        self.conversions.push((expr, def));
                    }
                }
            }
        }
    }

    /// The `?` on a `Result` in a function that returns one.
    pub(super) fn propagate_error(&mut self, expr: ExprId, source: Option<Ty>) {
        let ret = self.variables.shallow(self.ret);
        if let TyKind::External { path, args } = ret.kind()
            && *path == known().result
            && let (Some(source), Some(target)) = (source, args.get(1))
            && source != *target
        {
            self.pending.push(Pending::Error { expr, source, target: *target });
        }
    }

    /// The workspace's function that converts between two types.
    fn conversion(&self, conversion: Conversion, source: Ty, target: Ty) -> Option<DefId> {
        let (source, target) = (self.variables.finish(source), self.variables.finish(target));
        if source.is_unknown() || target.is_unknown() {
            return None;
        }
        let known = known();
        match conversion {
            Conversion::From => {
                let from = self.converting_impl(known.from_trait, target, source, sym::FROM);
                from.or_else(|| self.converting_impl(known.into_trait, source, target, sym::INTO))
            }
            Conversion::TryFrom => self.converting_impl(known.try_from_trait, target, source, known.try_from),
            Conversion::FromStr => self.semantics.trait_method(target, known.from_str_trait, known.from_str),
        }
    }

    /// `impl Trait<other> for ty`.
    fn converting_impl(
        &self,
        trait_path: ward_syntax::Symbol,
        ty: Ty,
        other: Ty,
        method: ward_syntax::Symbol,
    ) -> Option<DefId> {
        let semantics = self.semantics;
        let name = TraitName::External(trait_path);
        let info = semantics.external_impls(ty).find(|info| {
            let arg = info.trait_ref.as_ref().filter(|trait_ref| trait_ref.name == name);
            arg.and_then(|trait_ref| trait_ref.args.first()).is_some_and(|arg| {
                let mut subst = Subst::default();
                !arg.is_unknown()
                    && fits(info.self_ty, ty, info.def, &mut subst, &|ty| ty)
                    && semantics.derefs(other).any(|other| fits(*arg, other, info.def, &mut subst, &|ty| ty))
            })
        })?;
        semantics.impls.item(info.def, method)
    }

    /// Learns the elements of a collection from the iterator collected into it. Whether that is done.
    pub(super) fn collect_into(&mut self, item: Ty, target: Ty) -> bool {
        let target = self.variables.shallow(target);
        let TyKind::External { path, args } = target.kind() else {
            return !matches!(target.kind(), TyKind::Infer(_));
        };
        let known = known();
        let shallow = self.variables.shallow(item);
        if *path == known.result || *path == known.option {
            let TyKind::External { path: of, args: parts } = shallow.kind() else {
                return true;
            };
            if of != path {
                return true;
            }
            if let (Some(a), Some(b)) = (args.get(1), parts.get(1)) {
                self.variables.unify(*a, *b);
            }
            return match (args.first(), parts.first()) {
                (Some(collection), Some(item)) => self.collect_into(*item, *collection),
                _ => true,
            };
        }
        match (&**args, shallow.kind()) {
            ([key, value, ..], TyKind::Tuple(parts))
                if parts.len() == 2 && path.as_str().ends_with("Map") =>
            {
                self.variables.unify(*key, parts[0]);
                self.variables.unify(*value, parts[1]);
            }
            ([element, ..], _) => self.variables.unify(*element, item),
            _ => {}
        }
        true
    }
}
