//! Filters that hand values to each other: one takes a credential that may be absent, and a later one refuses for what
//! came of it.

use smallvec::SmallVec;
use ward_semantics::endpoint::{Attached, AttachedKind, What};
use ward_semantics::{Ty, TyKind};
use ward_syntax::Pat;

use super::deps::{Deps, Summary};
use super::evaluate::{Context, Evaluator};
use super::{Authenticates, Verdict, attached, extract};

/// What the extractors of an endpoint do about the caller with what they hand to each other.
#[derive(Debug, Default)]
pub(crate) struct Chain {
    /// Of each attachment, in their order.
    verdicts: Vec<Verdict>,
    /// Whether a credential is handed on that may be absent.
    hands_option: bool,
    /// The types of values that came of it.
    carried: Vec<Ty>,
}

impl Chain {
    /// Follows the attachments of an endpoint, from outside in.
    pub(crate) fn follow(cx: Context, layers: &[Attached]) -> Self {
        let mut chain = Self { verdicts: vec![Verdict::NONE; layers.len()], ..Self::default() };
        for (index, layer) in layers.iter().enumerate() {
            if layer.kind != AttachedKind::Extractor {
                continue;
            }
            match layer.what {
                What::Function(_) | What::Closure { .. } => {
                    if let Some(verdict) = chain.pass(cx, layer.what) {
                        chain.verdicts[index] = verdict;
                    }
                }
                _ => {
                    let own = attached::of_attached(cx, layer).authenticates;
                    chain.hands_option |= own == Authenticates::Optional;
                }
            }
        }
        chain
    }

    /// What an attachment does with what it is handed.
    pub(crate) fn verdict(&self, index: usize) -> Verdict {
        self.verdicts.get(index).copied().unwrap_or(Verdict::NONE)
    }

    /// Whether a value of this type came of a credential.
    pub(crate) fn carries(&self, ty: Ty) -> bool {
        self.hands_option && ty.as_external("std::option::Option").is_some() || self.carried.contains(&ty)
    }

    /// What a function does with what it is handed, if a credential is in that.
    fn pass(&mut self, cx: Context, what: What) -> Option<Verdict> {
        let (params, result, summary) = function(cx, what)?;
        let given = |index: usize| match params.get(index) {
            Some(ty) if self.carries(*ty) => Deps::CREDENTIAL,
            _ => Deps::param(index),
        };
        if !params.iter().any(|ty| self.carries(*ty)) {
            return None;
        }
        let summary = summary.instantiate(given);
        if summary.data.has(Deps::CREDENTIAL) {
            // What it was given beside that, it may only give back.
            let is_new = |ty: &Ty| !matches!(ty.kind(), TyKind::Unknown) && !params.contains(ty);
            let made: Vec<Ty> = parts(result).into_iter().filter(is_new).collect();
            self.carried.extend(made);
        }
        Some(extract::of_summary(&summary))
    }
}

/// What a function takes and gives, and what it does.
fn function(cx: Context, what: What) -> Option<(SmallVec<[Ty; 4]>, Ty, Summary)> {
    match what {
        What::Function(def) => {
            let signature = cx.semantics.signature(def)?;
            Some((signature.params.iter().copied().collect(), signature.ret, *cx.known.summary(def)?))
        }
        What::Closure { function, file, closure } => {
            let summary = Evaluator::closure(cx, function, file, closure)?;
            let types = cx.semantics.types(function)?;
            let ir = cx.semantics.ir(file);
            let own = ir.closure(closure);
            let param = |(pat, _): &(_, _)| match ir.pat(*pat) {
                Pat::Bind { local, .. } => types.local(local),
                _ => Ty::unknown(),
            };
            Some((own.params.iter().map(param).collect(), types.expr(own.body), summary))
        }
        _ => None,
    }
}

/// The values that a result holds when all went well.
fn parts(result: Ty) -> Vec<Ty> {
    match result.kind() {
        TyKind::External { path, args }
            if matches!(path.as_str(), "std::result::Result" | "std::future::Future") =>
        {
            args.first().map_or_else(Vec::new, |inner| parts(*inner))
        }
        TyKind::Bounds(bounds) => {
            let outputs = bounds.iter().flat_map(|bound| bound.bindings.iter());
            outputs.flat_map(|(_, ty)| parts(*ty)).collect()
        }
        TyKind::Tuple(all) => all.to_vec(),
        _ => vec![result],
    }
}
