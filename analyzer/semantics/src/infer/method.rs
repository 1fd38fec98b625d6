//! Method calls.

use std::sync::Arc;

use smallvec::SmallVec;
use ward_syntax::{Expr, ExprId, List, Symbol, TypeRefId, sym};

use super::call::{Args, Receiver, result_of};
use super::lookup::Method;
use super::pending::{Conversion, Pending};
use super::row::RowCall;
use super::{Callee, Infer};
use crate::known::known;
use crate::{DefId, Semantics, TraitName, Ty, TyKind};

/// With more candidates than this a guess is worth nothing.
const MAX_GUESSES: usize = 4;

impl Infer<'_> {
    pub(super) fn method_call(
        &mut self,
        expr: ExprId,
        receiver: ExprId,
        name: Symbol,
        args: List<ExprId>,
        generics: List<TypeRefId>,
        expected: Ty,
    ) -> Ty {
        let receiver = self.infer_alone(receiver);
        let mut args = self.args(args);
        let written = if generics.is_empty() { SmallVec::new() } else { self.written_all(generics) };
        match self.method(receiver, name) {
            Method::Fn { def, self_ty } => {
                let def = self.method_by_argument(def, self_ty, name, &mut args);
                self.set_callee(expr, Callee::Fn(def));
                let subst = self.subst(def, Some(self_ty), &written);
                self.apply(def, &subst, &mut args, Receiver::Dot, expected)
            }
            Method::Dispatch { item, self_ty } => {
                self.set_callee(
                    expr,
                    Callee::Dispatch { declaration: item, targets: self.semantics.targets(item) },
                );
                let subst = self.subst(item, Some(self_ty), &written);
                self.apply(item, &subst, &mut args, Receiver::Dot, expected)
            }
            Method::Row { row, function, self_ty } => {
                self.set_callee(expr, Callee::Method { ty: row.path, name });
                if let Some(ty) = self.converting(expr, receiver, name, &mut args, &written, expected) {
                    return ty;
                }
                self.fill_collection(self_ty, name, &mut args);
                self.fill_buffer(name, &mut args);
                let call = RowCall { row: Some(row), self_ty, written: &written };
                let ty = self.call_row(Some(function), &call, &mut args, expected);
                if name == known().map_err {
                    self.convert_error(&args, self_ty, ty);
                }
                ty
            }
            Method::External(path) => {
                self.set_callee(expr, Callee::Method { ty: path, name });
                let converted = self.converting(expr, receiver, name, &mut args, &written, expected);
                self.all_args(&mut args);
                converted.unwrap_or_else(Ty::unknown)
            }
            Method::Missing => {
                let converted = self.converting(expr, receiver, name, &mut args, &written, expected);
                let callee = match converted {
                    Some(_) => Callee::Method { ty: known().every_type, name },
                    None => Callee::UnknownMethod(name),
                };
                self.set_callee(expr, callee);
                self.all_args(&mut args);
                converted.unwrap_or_else(Ty::unknown)
            }
            Method::Unknown => {
                if let Some(ty) = self.converting(expr, receiver, name, &mut args, &written, expected) {
                    self.set_callee(expr, Callee::UnknownMethod(name));
                    return ty;
                }
                self.guess(expr, name, &mut args, &written, expected)
            }
        }
    }

    /// `map_err(Error::from)`, `map_err(Into::into)`: the errors on both sides tell which conversion that is.
    fn convert_error(&mut self, args: &Args, before: Ty, after: Ty) {
        let Some(mapper) = args.exprs.first().copied() else { return };
        let Expr::Path(path) = self.ir.expr(mapper) else { return };
        let name = self.ir.path_segments(path).last().map(|segment| segment.name);
        if !matches!(name, Some(sym::FROM | sym::INTO)) {
            return;
        }
        let error = |ty: Ty| ty.as_external("std::result::Result")?.get(1).copied();
        if let (Some(source), Some(target)) = (error(before), error(self.variables.shallow(after))) {
            self.pending.push(Pending::Error { expr: mapper, source, target });
        }
    }

    /// Of several impls of one trait for a type the first argument decides: `impl Add<A>`, `impl Add<B>`.
    fn method_by_argument(&mut self, def: DefId, self_ty: Ty, name: Symbol, args: &mut Args) -> DefId {
        let semantics = self.semantics;
        let candidates =
            crate::signature::head(self_ty).map(|head| semantics.members(head, name)).unwrap_or_default();
        if candidates.len() < 2 || args.exprs.is_empty() || !candidates.contains(&def) {
            return def;
        }
        let of_trait = semantics.trait_of_member(def);
        if of_trait.is_none() {
            return def;
        }
        let arg = self.arg(args, 0, Ty::unknown());
        let arg = self.variables.resolve(arg);
        let fits = |candidate: &DefId| {
            let Some(param) = semantics.signature(*candidate).and_then(|signature| signature.params.first())
            else {
                return false;
            };
            let container = semantics.def_map.container(*candidate).unwrap_or(*candidate);
            let mut subst = crate::relate::Subst::default();
            !arg.is_unknown()
                && semantics.trait_of_member(*candidate) == of_trait
                && self.is_member_of(*candidate, self_ty)
                && crate::relate::fits(*param, arg, container, &mut subst, &|ty| self.variables.shallow(ty))
        };
        candidates.iter().copied().find(|candidate| fits(candidate)).unwrap_or(def)
    }

    /// Methods whose result is what its place wants: `into`, `try_into`, `parse`, `collect`.
    fn converting(
        &mut self,
        expr: ExprId,
        receiver: Ty,
        name: Symbol,
        args: &mut Args,
        written: &[Ty],
        expected: Ty,
    ) -> Option<Ty> {
        let known = known();
        if !args.exprs.is_empty() {
            return None;
        }
        let conversion = if name == sym::INTO {
            Conversion::From
        } else if name == known.try_into {
            Conversion::TryFrom
        } else if name == known.parse {
            Conversion::FromStr
        } else if name == known.collect {
            return self.collecting(receiver, written, expected);
        } else {
            return None;
        };
        let target = written.first().copied().unwrap_or_else(|| self.fresh());
        self.pending.push(Pending::Convert { call: expr, conversion, source: receiver, target });
        let ty = if conversion == Conversion::From { target } else { result_of(target) };
        self.expect(ty, expected);
        Some(ty)
    }

    fn collecting(&mut self, receiver: Ty, written: &[Ty], expected: Ty) -> Option<Ty> {
        let item = self.item_of(receiver)?;
        let target = written.first().copied().unwrap_or_else(|| self.fresh());
        self.expect(target, expected);
        if !self.collect_into(item, target) {
            self.collecting.push((item, target));
        }
        Some(target)
    }

    /// A collection that was made empty gets its element type from what is put in.
    fn fill_collection(&mut self, collection: Ty, name: Symbol, args: &mut Args) {
        let known = known();
        let collection = self.variables.shallow(collection);
        let TyKind::External { path, args: parts } = collection.kind() else {
            return;
        };
        if !collection.has_infer() || !path.as_str().starts_with("std::") {
            return;
        }
        let parts: &'static [Ty] = parts;
        let mut meet = |at: usize, part: usize| {
            if let Some(part) = parts.get(part) {
                let ty = self.arg(args, at, *part);
                self.variables.unify(*part, ty);
            }
        };
        let is_map = path.as_str().ends_with("Map");
        if is_map && (name == known.insert || name == known.entry) {
            meet(0, 0);
            if name == known.insert {
                meet(1, 1);
            }
        } else if [known.push, known.push_back, known.push_front, known.unwrap_or, known.replace]
            .contains(&name)
            || [known.get_or_insert].contains(&name)
        {
            meet(0, 0);
        } else if name == known.insert {
            let last = args.exprs.len().saturating_sub(1);
            let ty = self.arg(args, last, Ty::unknown());
            if let Some(part) = parts.first() {
                self.variables.unify(*part, ty);
            }
        } else if name == known.or_insert && path.as_str().ends_with("Entry") {
            meet(0, 1);
        } else if name == known.extend || name == known.append {
            let ty = self.arg(args, 0, Ty::unknown());
            if let Some(item) = self.item_of(ty) {
                self.collect_into(item, collection);
            }
        }
    }

    /// A list of integers that something is read into is one of bytes: `let mut buffer = [0; 1024]`.
    fn fill_buffer(&mut self, name: Symbol, args: &mut Args) {
        const READERS: [&str; 7] =
            ["read", "read_exact", "read_buf", "read_to_end", "peek", "recv", "recv_from"];
        if args.exprs.is_empty() || !READERS.contains(&name.as_str()) {
            return;
        }
        let ty = self.arg(args, 0, Ty::unknown());
        let ty = self.variables.shallow(ty);
        if !ty.has_infer() {
            return;
        }
        if let Some(item) = self.item_of(ty) {
            self.variables.unify(item, known().types.u8);
        }
    }

    /// The receiver's type is not known: the few methods of the workspace that fit by name and arity.
    fn guess(&mut self, expr: ExprId, name: Symbol, args: &mut Args, written: &[Ty], expected: Ty) -> Ty {
        let semantics = self.semantics;
        let candidates = semantics.methods_that_fit(name, args.exprs.len());
        if let Some(item) = semantics.common_declaration(candidates) {
            self.set_callee(expr, Callee::Dispatch { declaration: item, targets: semantics.targets(item) });
            let subst = self.subst(item, None, written);
            return self.apply(item, &subst, args, Receiver::Dot, expected);
        }
        if candidates.is_empty() || candidates.len() > MAX_GUESSES {
            self.set_callee(expr, Callee::UnknownMethod(name));
            self.all_args(args);
            return Ty::unknown();
        }
        self.set_callee(expr, Callee::Guess(Arc::from(candidates)));
        if let [only] = candidates {
            let subst = self.subst(*only, None, written);
            let ty = self.apply(*only, &subst, args, Receiver::Dot, expected);
            // A guess must not be the reason to believe that no text passes.
            return if semantics.carries_text(ty) { ty } else { Ty::unknown() };
        }
        self.all_args(args);
        Ty::unknown()
    }
}

impl Semantics {
    fn methods_that_fit(&self, name: Symbol, args: usize) -> &[DefId] {
        self.guesses.get(&(name, args)).map(|defs| &**defs).unwrap_or_default()
    }

    /// The trait's item that all candidates are implementations of.
    fn common_declaration(&self, candidates: &[DefId]) -> Option<DefId> {
        let trait_name = self.trait_of_member(*candidates.first()?)?;
        let TraitName::Workspace(trait_def) = trait_name else {
            return None;
        };
        let is_common = candidates.iter().all(|def| self.trait_of_member(*def) == Some(trait_name));
        candidates.iter().copied().find(|def| is_common && self.def_map.container(*def) == Some(trait_def))
    }

    /// Whether the workspace implements one of its traits for a type.
    pub(crate) fn implements(&self, ty: Ty, trait_def: DefId) -> bool {
        let name = TraitName::Workspace(trait_def);
        match ty.kind() {
            TyKind::Param { owner, name: param } => {
                self.bounds(*owner, *param).iter().any(|bound| bound.name == name)
            }
            TyKind::Bounds(bounds) => bounds.iter().any(|bound| bound.name == name),
            TyKind::Unknown | TyKind::Infer(_) => true,
            _ => {
                let wanted = crate::signature::head(ty);
                self.impls
                    .of_trait(name)
                    .iter()
                    .filter_map(|def| self.impls.get(*def))
                    .any(|data| data.head == crate::TypeHead::Param || Some(data.head) == wanted)
            }
        }
    }
}
