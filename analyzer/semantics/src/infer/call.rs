//! Calls of paths and values, and what generic parameters stand for in them.

use smallvec::SmallVec;
use ward_syntax::{Expr, ExprId, List, PathId, Symbol, TypeRefId, sym};

use super::pending::{Conversion, Pending};
use super::row::RowCall;
use super::value::Value;
use super::{Callee, Infer};
use crate::known::known;
use crate::relate::{Subst, fits};
use crate::signature::head;
use crate::type_ref::{future, special_bound};
use crate::{DefId, DefKind, ExternalFn, Semantics, Ty, TyKind};

/// The arguments of a call. Each is inferred once, when it is known what is wanted of it.
#[derive(Clone, Debug)]
pub(super) struct Args {
    pub(super) exprs: SmallVec<[ExprId; 4]>,
    pub(super) types: SmallVec<[Option<Ty>; 4]>,
}

/// A call by path.
#[derive(Clone, Copy)]
pub(super) struct Site<'s> {
    pub(super) expr: ExprId,
    /// The turbofish.
    pub(super) written: &'s [Ty],
    /// What the place of the call would like.
    pub(super) expected: Ty,
}

impl Infer<'_> {
    pub(super) fn args(&self, args: List<ExprId>) -> Args {
        let exprs: SmallVec<[ExprId; 4]> = self.ir.list(args).collect();
        let types = SmallVec::from_elem(None, exprs.len());
        Args { exprs, types }
    }

    /// Infers an argument, or learns more from one inferred before.
    pub(super) fn arg(&mut self, args: &mut Args, at: usize, expected: Ty) -> Ty {
        let Some(expr) = args.exprs.get(at) else {
            return Ty::unknown();
        };
        if let Some(ty) = args.types[at] {
            self.coerce(ty, expected);
            return ty;
        }
        let ty = self.check(*expr, expected);
        args.types[at] = Some(ty);
        ty
    }

    /// Infers the arguments of which nothing is wanted.
    pub(super) fn all_args(&mut self, args: &mut Args) {
        for at in 0..args.exprs.len() {
            self.arg(args, at, Ty::unknown());
        }
    }

    /// Lets the place of an expression decide what it leaves open.
    pub(super) fn expect(&mut self, ty: Ty, expected: Ty) {
        if ty.has_infer() && self.is_definite(expected) {
            self.variables.unify(ty, expected);
        }
    }

    pub(super) fn call(&mut self, expr: ExprId, callee: ExprId, args: List<ExprId>, expected: Ty) -> Ty {
        let mut args = self.args(args);
        if let Expr::Path(path) = self.ir.expr(callee) {
            return self.call_path(expr, callee, path, &mut args, expected);
        }
        let ty = self.infer_alone(callee);
        self.call_value(expr, ty, &mut args)
    }

    /// A closure, function pointer or function item in a value is called.
    fn call_value(&mut self, expr: ExprId, callee: Ty, args: &mut Args) -> Ty {
        let callee = self.known(callee);
        let semantics = self.semantics;
        let callable =
            semantics.derefs(callee).map(|ty| semantics.through_bounds(ty)).find(|ty| is_callable(*ty));
        match callable.map(Ty::kind) {
            Some(TyKind::FnDef(def)) => {
                self.call_function(*def, None, args, Site { expr, written: &[], expected: Ty::unknown() })
            }
            Some(TyKind::FnPtr { params, ret }) => {
                self.set_callee(expr, Callee::Value);
                for at in 0..args.exprs.len() {
                    let param = params.get(at).copied().unwrap_or_else(Ty::unknown);
                    self.arg(args, at, param);
                }
                *ret
            }
            Some(TyKind::Closure { closure, ret, .. }) => {
                self.set_callee(expr, Callee::Value);
                let params = self.closure_params(*closure);
                for at in 0..args.exprs.len() {
                    let param = params.get(at).copied().unwrap_or_else(Ty::unknown);
                    self.arg(args, at, param);
                }
                *ret
            }
            _ => {
                self.set_callee(expr, Callee::Value);
                self.all_args(args);
                Ty::unknown()
            }
        }
    }

    fn call_path(&mut self, expr: ExprId, callee: ExprId, path: PathId, args: &mut Args, expected: Ty) -> Ty {
        let value = self.value(path);
        let written = self.turbofish(path);
        let site = Site { expr, written: &written, expected };
        match value {
            Value::Fn { def, self_ty } => {
                self.set_expr(callee, Ty::new(TyKind::FnDef(def)));
                let (def, self_ty) = self.choose_by_argument(def, self_ty, args);
                self.call_function(def, self_ty, args, site)
            }
            Value::Dispatch { item, self_ty } => {
                self.set_expr(callee, Ty::new(TyKind::FnDef(item)));
                self.call_trait_item(item, self_ty, args, site)
            }
            Value::Constructor { def, variant, ty } => {
                let constructor = self.type_of(&value);
                self.set_expr(callee, constructor);
                self.set_callee(expr, Callee::Constructor { def, variant });
                self.expect(ty, expected);
                let params: &[Ty] = match constructor.kind() {
                    TyKind::FnPtr { params, .. } => params,
                    _ => &[],
                };
                for at in 0..args.exprs.len() {
                    self.arg(args, at, params.get(at).copied().unwrap_or_else(Ty::unknown));
                }
                ty
            }
            Value::ExternalConstructor { path, ty } => {
                self.set_callee(expr, Callee::ExternalConstructor(path));
                self.external_constructor(path, ty, args, expected)
            }
            Value::External(path) => {
                self.set_callee(expr, Callee::External(path));
                let row = self.semantics.externals.functions.get(&path);
                let call = RowCall { row: None, self_ty: Ty::unknown(), written: &written };
                self.call_row(row, &call, args, expected)
            }
            Value::Associated { ty, path, name } => self.call_associated(ty, path, name, args, site),
            Value::Const { ty, .. } => self.call_value(expr, ty, args),
            Value::Item(_) | Value::Param { .. } | Value::Unknown => {
                self.set_callee(expr, Callee::Unresolved);
                self.all_args(args);
                Ty::unknown()
            }
        }
    }

    /// The type arguments written on a path's last segment.
    fn turbofish(&mut self, path: PathId) -> SmallVec<[Ty; 2]> {
        let ir = self.ir;
        match ir.path_segments(path).last() {
            Some(segment) if !segment.args.is_empty() => self.written_all(segment.args),
            _ => SmallVec::new(),
        }
    }

    pub(super) fn written_all(&mut self, list: List<TypeRefId>) -> SmallVec<[Ty; 2]> {
        let ir = self.ir;
        ir.list(list).map(|ty| self.written(ty)).collect()
    }

    /// `Type::from(x)`: among several impls of a trait the argument decides.
    fn choose_by_argument(
        &mut self,
        def: DefId,
        self_ty: Option<Ty>,
        args: &mut Args,
    ) -> (DefId, Option<Ty>) {
        let semantics = self.semantics;
        let Some(base) = self_ty else {
            return (def, None);
        };
        let Some(head) = head(base) else {
            return (def, self_ty);
        };
        let candidates = semantics.members(head, semantics.def_map.name(def));
        if candidates.len() < 2 || args.exprs.is_empty() || !candidates.contains(&def) {
            return (def, self_ty);
        }
        let arg = self.arg(args, 0, Ty::unknown());
        (self.fitting(candidates, base, arg).unwrap_or(def), self_ty)
    }

    /// The candidate of the type's impls whose first parameter, `self` included, fits an argument.
    pub(super) fn fitting(&self, candidates: &[DefId], self_ty: Ty, first: Ty) -> Option<DefId> {
        let semantics = self.semantics;
        let first = self.variables.resolve(first);
        let fits_first = |def: DefId, exactly: bool| {
            let Some(signature) = semantics.signature(def) else {
                return false;
            };
            let param = signature.self_ty.or(signature.params.first().copied());
            let container = semantics.def_map.container(def).unwrap_or(def);
            param.is_some_and(|param| {
                let mut types = semantics.derefs(first).take(if exactly { 1 } else { usize::MAX });
                types.any(|ty| {
                    !ty.is_unknown()
                        && fits(param, ty, container, &mut Subst::default(), &|ty| self.variables.shallow(ty))
                })
            })
        };
        let own = || candidates.iter().copied().filter(|def| self.is_member_of(*def, self_ty));
        own().find(|def| fits_first(*def, true)).or_else(|| own().find(|def| fits_first(*def, false)))
    }

    /// Calls a function of the workspace by path; `self`, if it takes it, is the first argument.
    pub(super) fn call_function(
        &mut self,
        def: DefId,
        self_ty: Option<Ty>,
        args: &mut Args,
        site: Site<'_>,
    ) -> Ty {
        self.set_callee(site.expr, Callee::Fn(def));
        let subst = self.subst(def, self_ty, site.written);
        self.apply(def, &subst, args, Receiver::Argument, site.expected)
    }

    /// `Trait::f(x)`, `T::f()`: the implementation if the type is known, else all of them.
    fn call_trait_item(&mut self, item: DefId, self_ty: Ty, args: &mut Args, site: Site<'_>) -> Ty {
        let semantics = self.semantics;
        let takes_self = semantics.signature(item).is_some_and(|signature| signature.self_ty.is_some());
        if takes_self {
            let receiver = self.arg(args, 0, Ty::unknown());
            let receiver = self.known(receiver);
            if let Some((def, self_ty)) = self.implementation(item, receiver) {
                return self.call_function(def, Some(self_ty), args, site);
            }
            self.variables.unify(self_ty, receiver);
        }
        let declaration = item;
        self.set_callee(site.expr, Callee::Dispatch { declaration, targets: semantics.targets(item) });
        let subst = self.subst(item, Some(self_ty), site.written);
        self.apply(item, &subst, args, Receiver::Argument, site.expected)
    }

    /// The implementation of a trait's item for a type or what it dereferences to.
    fn implementation(&self, item: DefId, ty: Ty) -> Option<(DefId, Ty)> {
        let semantics = self.semantics;
        let wanted = semantics.trait_of_member(item);
        let name = semantics.def_map.name(item);
        let ty = self.variables.resolve(ty);
        semantics.derefs(ty).find_map(|ty| {
            let members = semantics.members(head(ty)?, name).iter().copied();
            let mut own = members.filter(|def| semantics.trait_of_member(*def) == wanted);
            own.find(|def| self.is_member_of(*def, ty)).map(|def| (def, ty))
        })
    }

    /// Infers the arguments for a function's parameters, and what the call gives.
    pub(super) fn apply(
        &mut self,
        def: DefId,
        subst: &Subst,
        args: &mut Args,
        receiver: Receiver,
        expected: Ty,
    ) -> Ty {
        let semantics = self.semantics;
        let Some(signature) = semantics.signature(def) else {
            self.all_args(args);
            return Ty::unknown();
        };
        let ret = subst.apply(semantics, signature.ret);
        let ret = if signature.is_async { future(ret) } else { ret };
        self.expect(ret, expected);
        let first = signature.self_ty.filter(|_| receiver == Receiver::Argument);
        let mut params = first.iter().chain(&signature.params);
        for at in 0..args.exprs.len() {
            let wanted = self.wanted(params.next().copied().unwrap_or_else(Ty::unknown), subst);
            let ty = self.arg(args, at, wanted.shape);
            self.variables.unify(wanted.bound, ty);
        }
        self.meet_bounds(def, subst);
        ret
    }

    /// What a parameter wants of its argument. For `f: F` where `F: Fn(A) -> B` that is a function.
    fn wanted(&mut self, param: Ty, subst: &Subst) -> Wanted {
        let semantics = self.semantics;
        let applied = subst.apply(semantics, param);
        if let TyKind::Param { owner, name } = param.kind()
            && let Some(function) = semantics.bounds(*owner, *name).iter().find_map(special_bound)
            && matches!(function.kind(), TyKind::FnPtr { .. })
        {
            return Wanted { shape: subst.apply(semantics, function), bound: applied };
        }
        let is_own_param = matches!(applied.kind(), TyKind::Param { .. });
        let shape = if is_own_param { Ty::unknown() } else { applied };
        Wanted { shape, bound: Ty::unknown() }
    }

    /// Learns associated types from what the parameters turned out to be: `I: Iterator<Item = T>`.
    fn meet_bounds(&mut self, def: DefId, subst: &Subst) {
        let semantics = self.semantics;
        let Some(generics) = semantics.generics(def) else {
            return;
        };
        for param in generics.params.iter().filter(|param| !param.bounds.is_empty()) {
            let Some(given) = subst.get(def, param.name) else { continue };
            for bound in semantics.bounds(def, param.name) {
                let Some(special) = special_bound(bound) else { continue };
                let wanted = subst.apply(semantics, special);
                let given = self.known(given);
                match wanted.kind() {
                    TyKind::External { path, args } if *path == known().iterator => {
                        let item = self.item_of(given);
                        self.variables.unify(args[0], item.unwrap_or_else(Ty::unknown));
                    }
                    TyKind::External { path, args } if *path == known().future => {
                        let output = self.output_of(given);
                        self.variables.unify(args[0], output);
                    }
                    TyKind::FnPtr { params, ret } => match given.kind() {
                        TyKind::FnDef(def) => {
                            let result = self.apply_function(*def, None, params);
                            self.variables.unify(*ret, result);
                        }
                        _ => self.variables.unify(given, wanted),
                    },
                    _ => {}
                }
            }
        }
    }

    /// What the generic parameters of a function and of its impl or trait stand for.
    pub(super) fn subst(&mut self, def: DefId, self_ty: Option<Ty>, written: &[Ty]) -> Subst {
        let semantics = self.semantics;
        let mut subst = match semantics.def_map.container(def) {
            Some(_) => self.container_subst(def, self_ty.unwrap_or_else(Ty::unknown)),
            None => Subst::default(),
        };
        if let Some(generics) = semantics.generics(def) {
            for (at, param) in generics.params.iter().enumerate() {
                let ty = written.get(at).copied().unwrap_or_else(|| self.fresh());
                subst.insert(def, param.name, ty);
            }
        }
        subst
    }

    /// What the parameters of an item's impl or trait stand for.
    pub(super) fn container_subst(&mut self, def: DefId, self_ty: Ty) -> Subst {
        let semantics = self.semantics;
        let mut subst = Subst::default();
        let Some(container) = semantics.def_map.container(def) else {
            return subst;
        };
        let is_trait = semantics.def_map.kind(container) == DefKind::Trait;
        if is_trait {
            let own = self.variables.resolve(self_ty);
            subst.insert(container, sym::SELF_TYPE, if own.is_unknown() { self.fresh() } else { own });
        }
        let Some(generics) = semantics.generics(container).filter(|generics| !generics.params.is_empty())
        else {
            return subst;
        };
        if let Some(info) = semantics.impl_info(container)
            && !self_ty.is_unknown()
        {
            fits(info.self_ty, self_ty, container, &mut subst, &|ty| self.variables.shallow(ty));
        }
        if is_trait {
            self.trait_args(container, self_ty, &mut subst);
        }
        for param in &generics.params {
            if subst.get(container, param.name).is_none() {
                let ty = self.fresh();
                subst.insert(container, param.name, ty);
            }
        }
        subst
    }

    /// The arguments of a trait as a bound gives them: `T: Repository<User>`.
    fn trait_args(&mut self, trait_def: DefId, self_ty: Ty, subst: &mut Subst) {
        let semantics = self.semantics;
        let bounds = match self.variables.shallow(self_ty).kind() {
            TyKind::Param { owner, name } => semantics.bounds(*owner, *name),
            TyKind::Bounds(bounds) => bounds,
            _ => return,
        };
        let bound = bounds.iter().find(|bound| bound.name == crate::TraitName::Workspace(trait_def));
        if let Some(bound) = bound
            && let Some(generics) = semantics.generics(trait_def)
        {
            for (param, arg) in generics.params.iter().zip(&bound.args) {
                subst.insert(trait_def, param.name, *arg);
            }
        }
    }

    fn external_constructor(&mut self, path: Symbol, ty: Ty, args: &mut Args, expected: Ty) -> Ty {
        let known = known();
        self.expect(ty, expected);
        let parts: &[Ty] = match ty.kind() {
            TyKind::External { args, .. } => args,
            _ => &[],
        };
        let wrapped = if path == known.some || path == known.ok {
            parts.first()
        } else if path == known.err {
            parts.get(1)
        } else {
            None
        };
        if let Some(wrapped) = wrapped {
            self.arg(args, 0, *wrapped);
            return ty;
        }
        let semantics = self.semantics;
        let row = semantics.row(ty).filter(|row| row.path == path);
        for at in 0..args.exprs.len() {
            let name = Symbol::new(["0", "1", "2", "3"].get(at).unwrap_or(&"4"));
            let field = row.and_then(|row| row.row.fields.get(&name).map(|field| row.instantiate(field)));
            self.arg(args, at, field.unwrap_or_else(Ty::unknown));
        }
        ty
    }

    /// Calls an associated function of an external type, or one of a trait.
    fn call_associated(&mut self, ty: Ty, path: Symbol, name: Symbol, args: &mut Args, site: Site<'_>) -> Ty {
        let known = known();
        let Site { expr, written, expected } = site;
        let is_open = matches!(ty.kind(), TyKind::External { path, .. }
            if *path == known.default_trait || *path == known.from_trait || *path == known.try_from_trait);
        let target = if is_open { self.fresh() } else { ty };
        if name == sym::DEFAULT && args.exprs.is_empty() {
            self.set_callee(expr, Callee::Method { ty: path, name });
            self.expect(target, expected);
            self.pending.push(Pending::Default { call: expr, target });
            return target;
        }
        let conversion = if name == sym::FROM {
            Some(Conversion::From)
        } else if name == known.try_from {
            Some(Conversion::TryFrom)
        } else {
            None
        };
        let (owner, row) = self.associated_row(ty, path, name);
        self.set_callee(expr, Callee::Method { ty: owner, name });
        if let Some(conversion) = conversion
            && (is_open || row.is_none())
        {
            let source = self.arg(args, 0, Ty::unknown());
            self.all_args(args);
            self.pending.push(Pending::Convert { call: expr, conversion, source, target });
            let ty = match conversion {
                Conversion::TryFrom => result_of(target),
                _ => target,
            };
            self.expect(ty, expected);
            return ty;
        }
        if name == sym::NEW
            && args.exprs.len() == 1
            && let TyKind::External { args: parts, .. } = ty.kind()
            && let [inner] = &**parts
            && matches!(self.variables.shallow(*inner).kind(), TyKind::Infer(_))
        {
            // `Mutex::new(value)`: whatever wraps one value is generic in its type.
            self.expect(ty, expected);
            let is_unboxed = matches!(self.variables.shallow(expected).kind(), TyKind::FnPtr { .. });
            let value = self.arg(args, 0, if is_unboxed { expected } else { *inner });
            self.variables.unify(*inner, value);
        }
        let mut self_ty = ty;
        if !args.exprs.is_empty() && name != sym::NEW {
            // `Arc::clone(&x)`, `Clone::clone(&x)`: the first argument may be the receiver.
            let closures = row.is_some_and(|row| row.closures.iter().any(|(at, _)| *at == 0));
            let first = if closures { Ty::unknown() } else { self.arg(args, 0, Ty::unknown()) };
            let first = self.known(first);
            if head(first).is_some() && head(first) == head(ty) {
                self.variables.unify(ty, first);
            } else if conversion.is_none() && self.semantics.is_of_every_type(row, name) {
                self_ty = first;
            }
        }
        let row_of = self.semantics.row(ty);
        let call = RowCall { row: row_of, self_ty, written };
        self.call_row(row, &call, args, expected)
    }
}

/// What a parameter wants: the shape of the argument, and the type parameter that becomes its type.
struct Wanted {
    shape: Ty,
    bound: Ty,
}

/// Where a method's `self` stands in a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Receiver {
    /// Before the dot.
    Dot,
    /// First among the arguments, or there is none.
    Argument,
}

fn is_callable(ty: Ty) -> bool {
    matches!(ty.kind(), TyKind::FnDef(_) | TyKind::FnPtr { .. } | TyKind::Closure { .. })
}

/// `Result<T, _>`.
pub(super) fn result_of(ok: Ty) -> Ty {
    Ty::new(TyKind::External { path: known().result, args: [ok, Ty::unknown()].into() })
}

impl Semantics {
    /// Whether a row is among those for every type.
    fn is_of_every_type(&self, function: Option<&ExternalFn>, name: Symbol) -> bool {
        let every = self.row_at(known().every_type, &[]).and_then(|row| row.row.methods.get(&name));
        function.zip(every).is_some_and(|(function, every)| std::ptr::eq(function, every))
    }

    /// What a call through a trait may reach.
    pub(crate) fn targets(&self, item: DefId) -> std::sync::Arc<[DefId]> {
        self.dispatch.get(&item).cloned().unwrap_or_else(|| self.implementations(item).into())
    }
}
