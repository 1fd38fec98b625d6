//! What a framework has to tell, so that its routers can be evaluated.

use std::fmt;
use std::hash::Hasher;
use std::sync::Arc;

use ward_syntax::{FileSpan, Symbol};

use super::{Evaluator, Router, Value, join};
use crate::{DefId, Semantics, Ty};

/// Knowledge of one framework: which calls make and change routers, which attributes are routes.
///
/// All methods but the first three have a default that knows nothing.
pub trait Framework: Sync + fmt::Debug {
    /// Its name.
    fn name(&self) -> &'static str;

    /// The crates whose items it knows, as code writes them.
    fn crates(&self) -> &'static [&'static str];

    /// Whether a body that names this external item, of one of the crates, may build routers. The path is
    /// canonical; an associated function is `Type::name`.
    fn builds(&self, path: &str) -> bool;

    /// The value of a parameter of this type about which nothing else is known, where the type holds routes. The
    /// type is one of the crates'.
    fn parameter(&self, path: &str, arguments: &[Ty]) -> Option<Router> {
        let _ = (path, arguments);
        None
    }

    /// What a call of an external function, a use of an external value (without arguments), or a macro (its path
    /// ends in `!`) comes to. None if the framework does not know it.
    fn call(&self, cx: &mut Evaluator<'_>, call: &Call<'_>) -> Option<Value> {
        let _ = (cx, call);
        None
    }

    /// What a call of a function whose path leads nowhere comes to, as it does into generated code. The path is as
    /// written.
    fn unresolved_call(&self, cx: &mut Evaluator<'_>, call: &Call<'_>) -> Option<Value> {
        let _ = (cx, call);
        None
    }

    /// What a method on one of the framework's routers gives. Methods that are not known keep it as it is.
    fn method(&self, cx: &mut Evaluator<'_>, router: Arc<Router>, call: &Call<'_>) -> Outcome {
        let _ = (cx, call);
        Outcome::value(Value::Router(router))
    }

    /// What a method on any other value gives, if the framework knows it. Asked only where the receiver is known to
    /// belong to one of the crates, or is not known at all.
    fn foreign_method(&self, cx: &mut Evaluator<'_>, receiver: &Value, call: &Call<'_>) -> Option<Outcome> {
        let _ = (cx, receiver, call);
        None
    }

    /// Whether functions that name this external item, of one of the crates, may route by hand.
    fn dispatches(&self, path: &str) -> bool {
        let _ = path;
        false
    }

    /// The routes that a function makes by hand: asked for functions that name an item by which that is done.
    fn dispatch(&self, cx: &mut Evaluator<'_>, function: DefId) -> Option<Router> {
        let _ = (cx, function);
        None
    }

    /// The routes that a method of some other value makes by what it is given, where the first argument is an item of
    /// one of the crates.
    fn registered(&self, cx: &mut Evaluator<'_>, call: &Call<'_>) -> Option<Router> {
        let _ = (cx, call);
        None
    }

    /// What a router becomes when it is served: the place to put together what was kept apart until then.
    fn served(&self, cx: &mut Evaluator<'_>, router: &Arc<Router>) -> Arc<Router> {
        let _ = cx;
        Arc::clone(router)
    }

    /// Last segments of attributes on functions that are routes.
    fn attributes(&self) -> &'static [&'static str] {
        &[]
    }

    /// The routes that a function's attributes make of it.
    fn attributed(&self, cx: &mut Evaluator<'_>, function: DefId) -> Option<Router> {
        let _ = (cx, function);
        None
    }

    /// Whether an impl or item may be endpoints by itself, and which. Asked for every impl.
    fn implementation(&self, cx: &mut Evaluator<'_>, impl_def: DefId) -> Option<Router> {
        let _ = (cx, impl_def);
        None
    }

    /// What has to be known of all files before any body is evaluated. Whoever asks for the same while bodies are evaluated
    /// has to find it remembered.
    fn survey(&self, semantics: &Semantics, state: &mut dyn Hasher) {
        let _ = (semantics, state);
    }

    /// A prefix and a path put together.
    fn join(&self, prefix: &str, path: &str) -> String {
        join(prefix, path)
    }
}

/// A call as a framework sees it.
#[derive(Debug)]
pub struct Call<'a> {
    /// The canonical path of the function; of a macro with `!` at its end; of a method its name alone.
    pub path: Symbol,
    /// The arguments without the receiver.
    pub arguments: &'a [Value],
    /// The types of the arguments; as many as there are, or none where they were not looked up.
    pub types: &'a [Ty],
    /// From the first argument to the end of the call; the end of the call if there is none.
    pub place: FileSpan,
    /// Turbofish arguments, resolved.
    pub generics: &'a [Ty],
    /// The function or initialiser it stands in.
    pub function: DefId,
}

/// What a method call gives, and what it leaves in the place of its receiver.
#[derive(Debug)]
pub struct Outcome {
    /// The result.
    pub value: Value,
    /// The receiver afterwards, if the method changes it in place.
    pub receiver: Option<Value>,
}

impl Call<'_> {
    /// The last segment of the path.
    pub fn name(&self) -> &'static str {
        let path = self.path.as_str();
        path.rsplit(':').next().unwrap_or(path)
    }

    /// An argument; unknown if there is none.
    pub fn argument(&self, index: usize) -> &Value {
        const UNKNOWN: &Value = &Value::Unknown;
        self.arguments.get(index).unwrap_or(UNKNOWN)
    }

    /// The type of an argument; unknown if there is none.
    pub fn argument_type(&self, index: usize) -> Ty {
        self.types.get(index).copied().unwrap_or_else(Ty::unknown)
    }
}

impl Outcome {
    /// A result that leaves the receiver as it is.
    pub fn value(value: Value) -> Self {
        Self { value, receiver: None }
    }

    /// A router as the result; where the receiver is changed in place, as that too.
    pub fn router(router: Router) -> Self {
        let in_place = router.in_place;
        let value = Value::router(router);
        let receiver = in_place.then(|| value.clone());
        Self { value, receiver }
    }
}
