//! What leaves the evaluated code: routers that are served.

use std::sync::Arc;

use super::Evaluator;
use crate::endpoint::{Router, Value};

/// Methods that begin to serve what they are called on.
const SERVING: &[&str] = &["serve", "serve_connection", "launch", "run", "listen", "start", "bind", "accept"];

impl Evaluator<'_> {
    /// Takes what is called to serve as served.
    pub(super) fn serve_by_method(&mut self, router: &Value, method: &str) {
        if method.starts_with("serve_with") || SERVING.contains(&method) {
            self.serve(router);
        }
    }

    /// A statement's value, which nobody uses: all that builders are called for has been done.
    pub(super) fn dropped(&mut self, value: &Value) {
        if let Value::Router(router) = value
            && !router.in_place
        {
            self.serve(value);
        }
    }

    /// Takes the routes in a value as served: it is given to code that is not evaluated, or nothing else is seen
    /// to happen to it.
    pub fn serve(&mut self, value: &Value) {
        let mut routers: Vec<&Arc<Router>> = Vec::new();
        value.routers(&mut routers);
        for router in routers {
            let framework = self.frameworks[router.framework];
            let router = framework.served(self, router);
            for route in self.close(&router) {
                self.served.push((router.framework, route));
            }
        }
    }
}
