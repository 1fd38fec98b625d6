//! Endpoints that let administrators in alone. What an administrator makes the service do, or reads of its errors, is
//! mostly what the endpoint is for.

use ward_linter::LintContext;
use ward_linter::guards::{EndpointAccess, GuardKind, words};
use ward_semantics::DefId;
use ward_semantics::endpoint::Endpoint;
use ward_syntax::{Expr, FileSpan, Literal};

use crate::secrets::has;

/// Whether all endpoints by which a request comes to a function, or to a place in it, ask for an administrator.
pub(crate) fn are_alone(cx: &LintContext, function: DefId, place: FileSpan) -> bool {
    let reaching = cx.endpoints().reaching(cx.semantics(), function, Some(place));
    !reaching.is_empty() && reaching.into_iter().all(|endpoint| lets_in_alone(cx, endpoint))
}

fn lets_in_alone(cx: &LintContext, endpoint: &Endpoint) -> bool {
    let mut all = cx.endpoints().all().iter().zip(cx.endpoint_access());
    let access = all.find(|(other, _)| std::ptr::eq(*other, endpoint)).map(|(_, access)| access);
    let is_of_part = words(endpoint.path.as_str()).any(|word| has(PARTS, &word));
    !is_of_part && access.is_some_and(|access| access.verdict.enforces() && asks(cx, endpoint, access))
}

/// Words in paths that say that an administrator is one of a part of the service, which anybody may have.
const PARTS: &str = "org orgs organization organizations organisation organisations team teams workspace workspaces tenant \
    tenants project projects group groups guild guilds room rooms channel channels community communities space spaces \
    company companies";

/// Whether one of the guards that ask for a role is called by an administrator's name.
fn asks(cx: &LintContext, endpoint: &Endpoint, access: &EndpointAccess) -> bool {
    let semantics = cx.semantics();
    let roles = access.guards.iter().filter(|guard| guard.verdict.enforces() && guard.verdict.role);
    roles.into_iter().any(|guard| match guard.how {
        GuardKind::Attached(index) => {
            endpoint.layers.get(index).is_some_and(|layer| means(&layer.name(semantics)))
        }
        GuardKind::Argument(index) => {
            let extractors = endpoint.extractors(semantics);
            extractors.get(index).is_some_and(|extractor| means(&semantics.pretty_type(extractor.ty)))
        }
        GuardKind::Body => endpoint.function().is_some_and(|function| speaks(cx, function)),
    })
}

/// Whether a function asks for something with an administrator's name: `require_admin(..)`, `user.is_admin`.
fn speaks(cx: &LintContext, function: DefId) -> bool {
    let Some((file, body)) = cx.semantics().body(function) else { return false };
    let ir = cx.semantics().ir(file);
    ir.body(body).exprs.of(&ir.exprs).iter().any(|expr| match *expr {
        Expr::Field { name, .. } | Expr::MethodCall { method: name, .. } => means(name.as_str()),
        // `user.role != "admin"`
        Expr::Literal(Literal::Str(text)) => means(text.as_str()),
        Expr::Path(path) => ir.path_segments(path).last().is_some_and(|last| means(last.name.as_str())),
        _ => false,
    })
}

fn means(name: &str) -> bool {
    words(name).any(|word| {
        matches!(word.as_str(), "admin" | "administrator" | "superuser" | "superadmin" | "sysadmin")
    })
}
