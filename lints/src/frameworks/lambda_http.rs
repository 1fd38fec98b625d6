//! `lambda_http`: one function answers everything.

use ward_semantics::endpoint::{Call, Evaluator, Framework, Methods, Router, Value, handler};
use ward_semantics::{Ty, TyKind};

use super::common::{REST, made_by, text};

/// The framework.
#[derive(Debug)]
pub(super) struct LambdaHttp;

/// Types of events that are requests over HTTP.
const REQUESTS: &[&str] = &["ApiGateway", "AlbTargetGroup", "LambdaFunctionUrl"];

impl Framework for LambdaHttp {
    fn name(&self) -> &'static str {
        "lambda_http"
    }

    fn crates(&self) -> &'static [&'static str] {
        &["lambda_http", "lambda_runtime"]
    }

    fn builds(&self, path: &str) -> bool {
        let name = path.rsplit(':').next().unwrap_or_default();
        matches!(name, "run" | "run_with_streaming_response" | "run_concurrent")
    }

    fn call(&self, cx: &mut Evaluator<'_>, call: &Call<'_>) -> Option<Value> {
        if !self.builds(call.path.as_str()) {
            return None;
        }
        let service = made_by(call.argument(0), "service_fn")?;
        let answers = service.arguments.first()?;
        if call.path.as_str().starts_with("lambda_runtime::") && !takes_requests(cx, answers) {
            return None;
        }
        let mut router: Router = cx.router(self, "service");
        router.routes = cx.routes(&Methods::Any, &text(REST), answers, call);
        cx.serve(&Value::router(router));
        Some(Value::Unknown)
    }
}

/// Whether a function takes events that are requests.
fn takes_requests(cx: &Evaluator<'_>, value: &Value) -> bool {
    let ward_semantics::endpoint::Handler::Function(def) = handler(value) else { return false };
    let Some(signature) = cx.semantics.signature(def) else { return false };
    let is_request = |ty: &Ty| match ty.kind() {
        TyKind::External { path, .. } => REQUESTS
            .iter()
            .any(|name| path.as_str().rsplit(':').next().is_some_and(|ty| ty.starts_with(name))),
        _ => false,
    };
    signature.params.iter().any(|ty| match ty.kind() {
        TyKind::External { args, .. } => is_request(ty) || args.iter().any(is_request),
        _ => false,
    })
}
