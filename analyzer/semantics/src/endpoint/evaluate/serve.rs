//! What leaves the evaluated code: routers that are served.

use std::sync::Arc;

use super::Evaluator;
use crate::endpoint::{Router, Value};

impl Evaluator<'_> {
    /// Takes the routes in a value as served: it is given to code that is not evaluated, or nothing else is seen
    /// to happen to it.
    pub(in crate::endpoint) fn serve(&mut self, value: &Value) {
        let mut routers: Vec<&Arc<Router>> = Vec::new();
        value.routers(&mut routers);
        for router in routers {
            for route in self.close(router) {
                self.served.push((router.framework, route));
            }
        }
    }
}
