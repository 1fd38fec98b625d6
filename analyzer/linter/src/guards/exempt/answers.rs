//! What functions say that are asked whether a request may go on, for an endpoint of which method and path are known.

use smallvec::SmallVec;
use ward_semantics::{Callee, DefId, DefKind, Ty, TyKind, TypeHead};
use ward_syntax::{Expr, ExprId, List, Pat, PatId};

use super::{Body, Flow, Known, Walk, constant_in};

impl Walk<'_> {
    /// Whether a function of which handlers take what it gives gives it, whoever asks.
    pub(super) fn gives(mut self, body: Body) -> bool {
        let Some(root) = self.root(body) else { return false };
        self.take_request(body);
        self.next.is_empty() && self.walk(root) == Flow::Said(true) && self.maybe.iter().all(|maybe| *maybe)
    }

    /// Method and path, where a function takes them by their types, and the header that somebody may leave away.
    fn take_request(&mut self, body: Body) {
        let params: SmallVec<[PatId; 4]> = if let Some((_, closure)) = body.closure {
            self.ir.closure(closure).params.iter().map(|(pat, _)| *pat).collect()
        } else {
            let function = self.cx.semantics.item(body.def).as_fn();
            function.iter().flat_map(|own| own.params.iter().map(|param| param.pat)).collect()
        };
        for pat in params {
            let Pat::Bind { local, .. } = self.ir.pat(pat) else { continue };
            let TyKind::External { path, .. } = self.types.local(local).kind() else { continue };
            let value = match path.last_segment() {
                "Method" => Known::Method,
                "FullPath" => Known::Path,
                "Option" => Known::Absent,
                _ => continue,
            };
            self.locals.insert(local, value);
        }
    }

    /// `check(&method)?` of what is known to go well.
    pub(super) fn passes(&mut self, expr: ExprId) -> bool {
        match self.ir.expr(expr) {
            Expr::Try(inner) => matches!(self.known(inner), Known::Outcome(true)),
            _ => false,
        }
    }

    /// The value of a struct of the workspace, as the one function makes it that takes nothing: `PublicPaths::new()`.
    pub(super) fn made(&self, ty: Ty) -> Known {
        let semantics = self.cx.semantics;
        let adt = semantics.derefs(ty).find_map(|ty| match ty.kind() {
            TyKind::Adt { def, .. } => Some(*def),
            _ => None,
        });
        let Some(def) = adt.filter(|def| semantics.def_map.kind(*def) == DefKind::Struct) else {
            return Known::Nothing;
        };
        let blocks = semantics.impls.of_type(TypeHead::Adt(def)).iter();
        let items = blocks.flat_map(|block| semantics.impls.items(*block)).map(|(_, item)| *item);
        let mut records = items.filter_map(|item| {
            let function = semantics.item(item).as_fn()?;
            let takes_nothing = function.self_param.is_none() && function.params.is_empty();
            let (file, body) = semantics.body(item).filter(|_| takes_nothing)?;
            let ir = semantics.ir(file);
            let value = constant_in(ir, ir.body(body).root, 0);
            matches!(value, Known::Record(_)).then_some(value)
        });
        match (records.next(), records.next()) {
            (Some(only), None) => only,
            _ => Known::Nothing,
        }
    }

    /// `item.either(|one| check(one), |other| check(other))`: what all closures say.
    pub(super) fn either_of(&mut self, args: List<ExprId>) -> Known {
        let closures: SmallVec<[ExprId; 2]> = self.ir.list(args).collect();
        let mut said: SmallVec<[Known; 2]> = SmallVec::new();
        for closure in closures {
            let Expr::Closure(closure) = self.ir.expr(closure) else { return Known::Nothing };
            let body = self.ir.closure(closure).body;
            said.push(self.known(body));
        }
        agreed(&said)
    }

    /// A function of the workspace that is given what is known and says yes or no. Of several that may be meant, all have to
    /// say the same.
    pub(super) fn called(&mut self, expr: ExprId, receiver: Option<ExprId>, args: List<ExprId>) -> Known {
        let targets: &[DefId] = match self.types.callee(expr) {
            Callee::Fn(def) => std::slice::from_ref(def),
            Callee::Dispatch { targets, .. } => targets,
            _ => return Known::Nothing,
        };
        let args: SmallVec<[ExprId; 4]> = self.ir.list(args).collect();
        let values: SmallVec<[Known; 4]> = args.into_iter().map(|arg| self.known(arg)).collect();
        if !values.iter().any(|value| matches!(value, Known::Path | Known::Method)) {
            return Known::Nothing;
        }
        let own = receiver.map(|receiver| match self.known(receiver) {
            Known::Nothing => self.made(self.types.expr(receiver)),
            known => known,
        });
        let said: SmallVec<[Known; 4]> =
            targets.iter().map(|def| self.answered(*def, own.as_ref(), &values)).collect();
        agreed(&said)
    }

    /// What one function answers.
    fn answered(&self, def: DefId, own: Option<&Known>, values: &[Known]) -> Known {
        let semantics = self.cx.semantics;
        let (Some((_, body)), Some(function)) = (semantics.body(def), semantics.item(def).as_fn()) else {
            return Known::Nothing;
        };
        let Some(mut walk) = Self::new(self.cx, def, self.request, self.depth + 1) else {
            return Known::Nothing;
        };
        if let (Some(own), Some(local)) = (own, walk.ir.body(body).self_local) {
            walk.locals.insert(local, own.clone());
        }
        let skip = usize::from(own.is_none() && function.self_param.is_some());
        for (param, value) in function.params.iter().zip(values.iter().skip(skip)) {
            walk.bind(param.pat, value.clone());
        }
        let is_result = semantics
            .signature(def)
            .is_some_and(|signature| signature.ret.as_external("std::result::Result").is_some());
        match walk.walk(walk.ir.body(body).root) {
            Flow::Said(truth) if walk.maybe.iter().all(|maybe| *maybe == truth) => {
                if is_result {
                    Known::Outcome(truth)
                } else {
                    Known::Truth(truth)
                }
            }
            _ => Known::Nothing,
        }
    }
}

/// What all say, if they say the same.
fn agreed(said: &[Known]) -> Known {
    let truths = said.iter().map(|one| match one {
        Known::Truth(truth) => Some((false, *truth)),
        Known::Outcome(went_well) => Some((true, *went_well)),
        _ => None,
    });
    let Some((is_result, truth)) = truths.clone().next().flatten() else { return Known::Nothing };
    match truths.clone().all(|one| one == Some((is_result, truth))) {
        true if is_result => Known::Outcome(truth),
        true => Known::Truth(truth),
        false => Known::Nothing,
    }
}
