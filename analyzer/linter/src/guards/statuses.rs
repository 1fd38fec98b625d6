//! Statuses by which an answer says no for another reason than who calls.

use ward_syntax::{Expr, ExprId, Span};

use super::evaluate::Evaluator;

/// What a status says that is not about who calls.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// There were too many requests, or too much in one.
    Limit,
    /// The service has failed.
    Fault,
    /// The request is wrong, or asks for what is not there.
    Error,
}

impl Evaluator<'_> {
    /// Whether an answer names a status of this kind.
    pub(crate) fn names_status(&self, status: Status, expr: ExprId) -> bool {
        let span = self.ir.expr_span(expr);
        let named = self.statuses.get_or_init(|| self.named_statuses());
        named.iter().any(|(known, place)| *known == status && span.contains(*place))
    }

    /// Where the body names a status that is not about who calls.
    fn named_statuses(&self) -> Vec<(Status, Span)> {
        let Some((_, body)) = self.cx.semantics.body(self.def) else { return Vec::new() };
        let named = |id: ExprId| {
            let name = match self.ir.expr(id) {
                Expr::Path(path) => self.ir.path_segments(path).last().map(|segment| segment.name),
                Expr::MethodCall { method, .. } => Some(method),
                _ => None,
            };
            Some((status_named(name?.as_str())?, self.ir.expr_span(id)))
        };
        self.ir.body(body).exprs.ids().filter_map(named).collect()
    }
}

/// What the status of a name says, if that is not about who calls.
fn status_named(name: &str) -> Option<Status> {
    Some(match name {
        "TOO_MANY_REQUESTS" | "TooManyRequests" | "PAYLOAD_TOO_LARGE" | "PayloadTooLarge" => Status::Limit,
        "INTERNAL_SERVER_ERROR"
        | "InternalServerError"
        | "SERVICE_UNAVAILABLE"
        | "ServiceUnavailable"
        | "NOT_IMPLEMENTED"
        | "NotImplemented" => Status::Fault,
        "BAD_REQUEST"
        | "BadRequest"
        | "NOT_FOUND"
        | "NotFound"
        | "CONFLICT"
        | "Conflict"
        | "UNPROCESSABLE_ENTITY"
        | "UnprocessableEntity" => Status::Error,
        _ => return None,
    })
}
