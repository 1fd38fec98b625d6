//! Where a value comes from: of whoever calls, of what the service holds, or of the source itself.

use ward_linter::guards::words;
use ward_semantics::{Resolution, Ty, TyKind};
use ward_syntax::{Expr, ExprId, FormatId, ItemKind, LocalId, Piece};

use super::{Binding, DEEPEST, Scope};
use crate::secrets::has;

/// Where a value comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Origin {
    /// It stands in the source.
    Constant,
    /// It is part of a request.
    Request,
    /// Whoever calls the function gave it.
    Caller,
    /// The service holds, reads or computes it.
    Held,
    /// Nothing known.
    Unknown,
}

impl Origin {
    /// Whether somebody outside the function gave it.
    pub(crate) fn is_given(self) -> bool {
        matches!(self, Self::Request | Self::Caller)
    }
}

/// The place a chain of fields and calls begins at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Root {
    /// A parameter, by its index.
    Parameter(usize),
    /// `self`.
    Receiver,
    /// Any other expression.
    Expr(ExprId),
}

impl Scope<'_> {
    /// Where a value comes from, and where the chain to it begins.
    pub(crate) fn origin(&self, expr: ExprId) -> (Origin, Root) {
        self.origin_at(expr, DEEPEST)
    }

    fn origin_at(&self, expr: ExprId, depth: u8) -> (Origin, Root) {
        let here = Root::Expr(expr);
        let Some(depth) = depth.checked_sub(1) else { return (Origin::Unknown, here) };
        if let Some(inside) = self.inside(expr) {
            return self.origin_at(inside, depth);
        }
        match self.ir.expr(expr) {
            Expr::Literal(_) => (Origin::Constant, here),
            Expr::Local(local) => match self.binding(local) {
                Some(Binding::Receiver) => (self.of_receiver(), Root::Receiver),
                Some(Binding::Parameter(index)) => (self.of_parameter(index), Root::Parameter(index)),
                Some(Binding::Of(value)) => match self.origin_at(value, depth) {
                    (Origin::Constant, root) => {
                        self.assigned(local, depth).unwrap_or((Origin::Constant, root))
                    }
                    found => found,
                },
                None => (Origin::Unknown, here),
            },
            Expr::Path(path) => (self.of_path(self.types.path(path)), here),
            Expr::Field { base, name } => match self.origin_at(base, depth) {
                // What a request carries beside what was sent.
                (Origin::Request | Origin::Caller, _) if is_state(name.as_str()) => (Origin::Held, here),
                found => found,
            },
            Expr::Index { base, .. } => self.origin_at(base, depth),
            Expr::MethodCall { receiver, method, args, .. } => {
                let inputs: Vec<ExprId> = std::iter::once(receiver).chain(self.ir.list(args)).collect();
                self.of_call(expr, method.as_str(), &inputs, depth)
            }
            Expr::Call { callee, args } => {
                let inputs: Vec<ExprId> = self.ir.list(args).collect();
                self.of_call(expr, self.last_segment(callee).unwrap_or_default(), &inputs, depth)
            }
            Expr::Format(format) => (self.of_format(format, depth), here),
            Expr::If { then, otherwise, .. } => {
                self.first([Some(then), otherwise].into_iter().flatten(), expr, depth)
            }
            Expr::Match { arms, .. } => {
                self.first(self.ir.arms(arms).iter().map(|arm| arm.body), expr, depth)
            }
            Expr::Struct { fields, .. } => {
                let fields =
                    self.ir.field_inits(fields).iter().map(|field| self.origin_at(field.value, depth));
                fields.into_iter().find(|(origin, _)| origin.is_given()).unwrap_or((Origin::Held, here))
            }
            Expr::Macro(_) => (Origin::Held, here),
            _ => (Origin::Unknown, here),
        }
    }

    /// Where comes from what a local is set to later that begins as a constant: `let mut sent = None; .. sent = Some(part)`.
    fn assigned(&self, local: LocalId, depth: u8) -> Option<(Origin, Root)> {
        let ir = self.ir;
        let values = self.body.exprs.of(&ir.exprs).iter().filter_map(|expr| match *expr {
            Expr::Assign { lhs, rhs, .. } if ir.expr(lhs) == Expr::Local(local) => Some(rhs),
            _ => None,
        });
        values
            .map(|value| self.origin_at(value, depth))
            .find(|(origin, _)| !matches!(origin, Origin::Constant | Origin::Unknown))
    }

    /// The first of several values that somebody gave, else the first that is neither constant nor unknown.
    fn first(&self, values: impl Iterator<Item = ExprId>, expr: ExprId, depth: u8) -> (Origin, Root) {
        let rank = |origin: Origin| match origin {
            Origin::Request | Origin::Caller => 3,
            Origin::Held => 2,
            Origin::Constant => 1,
            Origin::Unknown => 0,
        };
        let mut found = (Origin::Unknown, Root::Expr(expr));
        for value in values {
            let other = self.origin_at(value, depth);
            if rank(other.0) > rank(found.0) {
                found = other;
            }
        }
        found
    }

    /// What a method's own value holds: what was sent, if its type says so.
    fn of_receiver(&self) -> Origin {
        const SENT: &str = "credentials request payload form body params query input claims";
        let semantics = self.cx.semantics();
        let ty = semantics.enclosing_impl(self.function).map(|info| info.self_ty.kind());
        let Some(TyKind::Adt { def, .. }) = ty else { return Origin::Held };
        let last = words(semantics.def_map.name(*def).as_str()).last();
        if last.is_some_and(|word| has(SENT, &word)) { Origin::Caller } else { Origin::Held }
    }

    fn of_parameter(&self, index: usize) -> Origin {
        if self.cx.inputs(self.function).iter().any(|(known, _)| usize::from(*known) == index) {
            return Origin::Request;
        }
        let signature = self.cx.semantics().signature(self.function);
        let Some(ty) = signature.and_then(|signature| signature.params.get(index)) else {
            return Origin::Caller;
        };
        self.of_type(*ty, 4)
    }

    /// What a parameter of this type holds.
    fn of_type(&self, ty: Ty, depth: u8) -> Origin {
        let semantics = self.cx.semantics();
        let (name, args): (&str, &[Ty]) = match ty.kind() {
            TyKind::Adt { def, args } => (semantics.def_map.name(*def).as_str(), args),
            TyKind::External { path, args } => (path.as_str().rsplit(':').next().unwrap_or_default(), args),
            _ => return Origin::Caller,
        };
        if is_state(name) {
            return Origin::Held;
        }
        if matches!(
            name,
            "HeaderMap"
                | "HttpRequest"
                | "Parts"
                | "Request"
                | "ServiceRequest"
                | "CookieJar"
                | "HeaderValue"
        ) {
            return Origin::Request;
        }
        let depth = depth.saturating_sub(1);
        let first = args.first().filter(|_| depth > 0);
        first.map_or(Origin::Caller, |arg| self.of_type(*arg, depth))
    }

    fn of_path(&self, resolution: Resolution) -> Origin {
        let semantics = self.cx.semantics();
        match resolution {
            Resolution::Def(def) => match semantics.item(def).kind {
                ItemKind::Const { is_static: false, .. } => Origin::Constant,
                ItemKind::Const { .. } => {
                    let ty = semantics.value_type(def).map(Ty::kind);
                    let is_text = matches!(ty, Some(TyKind::Str | TyKind::StaticStr));
                    if is_text { Origin::Constant } else { Origin::Held }
                }
                _ => Origin::Unknown,
            },
            Resolution::Variant { .. }
            | Resolution::TraitItem { .. }
            | Resolution::External(_)
            | Resolution::Method { .. } => Origin::Constant,
            _ => Origin::Unknown,
        }
    }

    fn of_call(&self, expr: ExprId, name: &str, inputs: &[ExprId], depth: u8) -> (Origin, Root) {
        const TAKES: &str = "extract parse header headers bearer presented provided decode strip token cookie \
            cookies query credentials";
        const MAKES: &str = "generate derive compute calculate sign hmac hash digest encrypt decrypt find fetch \
            load select lookup expected stored sha256 md5 make create state data extensions config env";
        let here = Root::Expr(expr);
        let any = |known: &'static str| words(name).any(|word| has(known, &word));
        let mut given: Option<(Origin, Root)> = None;
        let mut is_held = false;
        let mut is_known = true;
        for input in inputs.iter().filter(|input| !matches!(self.ir.expr(**input), Expr::Closure(_))) {
            match self.origin_at(*input, depth) {
                (Origin::Constant, _) => {}
                (Origin::Held, _) => is_held = true,
                (Origin::Unknown, _) => is_known = false,
                found if found.0 == Origin::Request || given.is_none() => given = Some(found),
                _ => {}
            }
        }
        if any(MAKES) {
            return (Origin::Held, here);
        }
        match given {
            Some(found) if any(TAKES) || !is_held => found,
            _ if is_held => (Origin::Held, here),
            _ if !is_known => (Origin::Unknown, here),
            // A constructor or conversion of constants; any other function finds something.
            _ if matches!(
                name,
                "new" | "from" | "default" | "into" | "to_string" | "from_static" | "parse"
            ) =>
            {
                (Origin::Constant, here)
            }
            _ => (Origin::Held, here),
        }
    }

    fn of_format(&self, format: FormatId, depth: u8) -> Origin {
        let mut found = Origin::Constant;
        for piece in &self.ir.format(format).pieces {
            let Piece::Hole { value, .. } = *piece else { continue };
            match self.origin_at(value, depth).0 {
                Origin::Constant => {}
                Origin::Unknown if found == Origin::Constant => found = Origin::Unknown,
                Origin::Unknown => {}
                other => return other,
            }
        }
        found
    }
}

/// Whether a type or field of this name holds what the service was set up with.
fn is_state(name: &str) -> bool {
    const WORDS: &str =
        "config configuration cfg conf state settings context ctx app env environment options";
    words(name).last().is_some_and(|word| has(WORDS, &word))
        || matches!(name, "Data" | "State" | "Extension" | "extensions" | "Session")
}
