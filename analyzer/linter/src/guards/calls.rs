//! Values of calls: of workspace functions by their summaries, of external code by its models, and of what is known
//! by name only.

use smallvec::SmallVec;
use ward_flow::models::{Authenticates, CallModel, Effect, Effects, GuardCall, GuardType};
use ward_semantics::{Callee, DefId, DefKind, Resolution, TraitName, TraitRef, Ty, TyKind};
use ward_syntax::{Expr, ExprId, List, Literal, LocalId, Pat, PatId, Symbol, TypeRef, TypeRefId};

use super::deps::{Deps, Frame, MOST_HOPS, Sense, Shape, Value};
use super::evaluate::{Evaluator, is_bool, is_fallible, is_next};
use super::names;

/// The receiver, if any, and the arguments.
type Inputs = SmallVec<[(ExprId, Value); 4]>;

/// A call, its inputs evaluated.
struct Call<'c> {
    expr: ExprId,
    name: &'c str,
    has_receiver: bool,
    inputs: Inputs,
}

impl Call<'_> {
    fn receiver(&self) -> Value {
        if self.has_receiver { self.inputs[0].1 } else { Value::default() }
    }

    fn args(&self) -> &[(ExprId, Value)] {
        &self.inputs[usize::from(self.has_receiver)..]
    }

    fn data(&self) -> Deps {
        self.inputs.iter().fold(Deps::NONE, |all, (_, value)| all.union(value.data))
    }
}

/// How many calls away the credential counts that something chosen at run time is told to judge.
const HOPS_OF_DECLARED: u8 = 3;

/// Methods by which drivers and mappers of stores read.
const READS: &[&str] = &[
    "fetch_one",
    "fetch_all",
    "fetch_optional",
    "get_result",
    "get_results",
    "query_row",
    "query_map",
    "query_one",
    "query_opt",
    "find_one",
    "find_by_id",
];

/// A call through a trait is followed to this many implementations.
const MOST_TARGETS: usize = 24;

impl Evaluator<'_> {
    pub(crate) fn call(&mut self, expr: ExprId, callee: ExprId, args: List<ExprId>) -> Value {
        let name = match self.ir.expr(callee) {
            Expr::Path(path) => {
                self.ir.path_segments(path).last().map_or("", |segment| segment.name.as_str())
            }
            _ => "",
        };
        let called = match self.ir.expr(callee) {
            Expr::Path(_) => Value::default(),
            _ => self.eval(callee),
        };
        let shape = match self.ir.expr(callee) {
            Expr::Path(path) => self.shape_of_path(path),
            _ => Shape::Plain,
        };
        if let Expr::Path(path) = self.ir.expr(callee)
            && name.starts_with("from_request")
            && (self.wants_credential || self.names_credential_type(path))
        {
            self.inputs(expr, None, args);
            self.read_credential(expr, 0);
            return Value::fallible(Deps::CREDENTIAL);
        }
        let inputs = self.inputs(expr, None, args);
        let call = Call { expr, name, has_receiver: false, inputs };
        let mut value = self.apply(&call);
        value.data = value.data.union(called.data);
        if let Expr::Path(path) = self.ir.expr(callee)
            && name.starts_with("from_request")
            && self.names_sent(path)
        {
            value.data = value.data.union(Deps::REQUEST);
        }
        if shape == Shape::Refusal {
            value.shape = shape;
        }
        value
    }

    pub(crate) fn method_call(
        &mut self,
        expr: ExprId,
        receiver: ExprId,
        method: Symbol,
        args: List<ExprId>,
        generics: List<TypeRefId>,
    ) -> Value {
        let inputs = self.inputs(expr, Some(receiver), args);
        let call = Call { expr, name: method.as_str(), has_receiver: true, inputs };
        if let Some(value) =
            self.by_type_argument(&call, generics).or_else(|| self.by_result(&call, generics))
        {
            return value;
        }
        self.apply(&call)
    }

    /// Whether a path names an extractor of what the request asks for: `Path::from_request_parts`.
    fn names_sent(&self, path: ward_syntax::PathId) -> bool {
        let names = self.ir.path_segments(path).iter().map(|segment| segment.name.as_str());
        names.into_iter().any(|name| matches!(name, "Path" | "Query" | "Form"))
    }

    /// Evaluates the receiver and the arguments; closures see what the others hold.
    fn inputs(&mut self, call: ExprId, receiver: Option<ExprId>, args: List<ExprId>) -> Inputs {
        let exprs: SmallVec<[ExprId; 4]> = receiver.into_iter().chain(self.ir.list(args)).collect();
        let is_closure = |own: &Self, expr: ExprId| matches!(own.ir.expr(expr), Expr::Closure(_));
        let mut inputs: Inputs = SmallVec::new();
        let mut given = Deps::NONE;
        for expr in &exprs {
            let value = if is_closure(self, *expr) { Value::default() } else { self.eval(*expr) };
            given = given.union(value.data);
            inputs.push((*expr, value));
        }
        // A helper that finds out who calls tells it to the closure that it is given.
        if let Callee::Fn(def) = self.types.callee(call)
            && self.cx.known.summary(*def).is_some_and(|summary| summary.reads && summary.hops < MOST_HOPS)
        {
            given = given.union(Deps::CREDENTIAL);
        }
        for expr in &exprs {
            self.effects_of_given(*expr);
        }
        for (expr, value) in &mut inputs {
            if let Expr::Closure(closure) = self.ir.expr(*expr) {
                if let Some(receiver) = receiver {
                    let params: SmallVec<[PatId; 2]> =
                        self.ir.closure(closure).params.iter().map(|(pat, _)| *pat).collect();
                    params.into_iter().for_each(|pat| self.carry(pat, receiver));
                }
                *value = self.closure_value(closure, Value::of(given));
            }
        }
        inputs
    }

    /// What a function does that is given to be called.
    fn effects_of_given(&mut self, expr: ExprId) {
        let Expr::Path(path) = self.ir.expr(expr) else { return };
        let Resolution::Def(def) = self.types.path(path) else { return };
        if self.cx.semantics.def_map.kind(def) == DefKind::Fn
            && let Some(summary) = self.cx.known.summary(def)
        {
            self.summary.effects = self.summary.effects.union(summary.effects);
        }
    }

    fn apply(&mut self, call: &Call) -> Value {
        let types = self.types;
        let callee = types.callee(call.expr);
        let function = self.cx.semantics.def_map.name(self.def);
        if is_next(self.cx.models, function, callee) {
            return Value { data: call.data().union(Deps::NEXT), ..Value::default() };
        }
        let mut value = match callee {
            Callee::Fn(def) => self.workspace(call, &[*def]),
            Callee::Dispatch { declaration, targets } => {
                let mut value = self.workspace(call, targets);
                if targets.is_empty()
                    && names::is_authorizing(self.cx.semantics.def_map.name(*declaration).as_str())
                {
                    value = by_name(call);
                }
                self.told_to_check(call).unwrap_or(value)
            }
            Callee::Guess(targets) => self.workspace(call, targets),
            Callee::Constructor { .. } => Value::of(call.data()),
            Callee::ExternalConstructor(path) => self.construct(call, *path),
            Callee::External(path) => {
                let model = self.cx.models.functions.get(path);
                self.external(call, model)
            }
            Callee::Method { ty, name } => {
                let models = self.cx.models;
                if models.guards.lenient.contains(&(*ty, *name)) {
                    self.lenient.push(*ty);
                }
                let model = models.methods.get(&(*ty, *name));
                let model = model.or_else(|| models.methods.get(&(Symbol::new("*"), *name)));
                self.external(call, model)
            }
            Callee::UnknownMethod(name) => {
                let model = self.cx.models.methods.get(&(Symbol::new("*"), *name));
                self.external(call, model)
            }
            Callee::Value | Callee::Unresolved => self.external(call, None),
        };
        if self.judges_sent(call) {
            self.read_credential(call.expr, 0);
            value.data = value.data.union(Deps::CREDENTIAL);
            value.fail = value.fail.union(Deps::CREDENTIAL);
        }
        self.attach(call);
        if let Some((receiver, _)) = call.inputs.first()
            && let Expr::Local(local) = self.ir.expr(*receiver)
            && call.has_receiver
        {
            self.leave_in_borrowed(
                local,
                Value::of(call.args().iter().fold(Deps::NONE, |all, (_, arg)| all.union(arg.data))),
            );
        }
        if self.yields(call) {
            self.summary.yields.get_or_insert(self.place(call.expr));
        }
        if self.is_tie(call) {
            value.data = value.data.union(Deps::OWNER);
            if !value.fail.is_none() {
                value.fail = value.fail.union(Deps::OWNER);
            }
            self.summary.ties = true;
        }
        value
    }

    /// Whether a call finds out whether a credential is right that the request names in its path, query or body:
    /// `is_valid(&body.session_token)`. What is only stored, a key for another service, is none.
    fn judges_sent(&self, call: &Call) -> bool {
        let is_sent = |value: &Value| {
            value.data.has(Deps::REQUEST) && !value.data.has(Deps::CREDENTIAL.union(Deps::NEXT))
        };
        let mut sent = call
            .args()
            .iter()
            .filter(|(_, value)| is_sent(value))
            .filter_map(|(arg, _)| self.last_name(*arg, 0));
        let ty = self.types.expr(call.expr);
        let answers = is_fallible(ty) || ty.is_unknown() || ty.as_external("std::future::Future").is_some();
        answers && sent.any(|name| names::judges_sent(call.name, name.as_str()))
    }

    /// The last name of an expression that is a place, or made of one: `body.token.as_str()` is `token`.
    pub(crate) fn last_name(&self, expr: ExprId, depth: u32) -> Option<Symbol> {
        match self.ir.expr(expr) {
            Expr::Local(local) => Some(self.ir.local(local).name),
            Expr::Field { name, .. } => Some(name),
            Expr::Ref { operand: inner, .. } | Expr::Unary { operand: inner, .. } if depth < 4 => {
                self.last_name(inner, depth + 1)
            }
            Expr::MethodCall { receiver, method, .. }
                if depth < 4
                    && matches!(
                        method.as_str(),
                        "as_str"
                            | "clone"
                            | "as_ref"
                            | "as_deref"
                            | "to_owned"
                            | "to_string"
                            | "trim"
                            | "as_bytes"
                    ) =>
            {
                self.last_name(receiver, depth + 1)
            }
            _ => None,
        }
    }

    /// What a middleware leaves in the request for those behind it.
    fn attach(&mut self, call: &Call) {
        if !call.has_receiver {
            return;
        }
        let Some((arg, value)) = call.args().last() else { return };
        let is_word = |name: &str| matches!(name, "extensions" | "extensions_mut" | "depot");
        let is_headers = |name: &str| name == "headers_mut";
        if self.is_middleware
            && call.name == "insert"
            && value.data.has(Deps::CREDENTIAL)
            && self.by_its_name(call.inputs[0].0, 0, &is_headers)
        {
            self.summary.leaves_header = true;
            self.named.extend(self.text_in(call.inputs[1].0, 0));
        }
        let is_carried = || match call.name {
            "insert" | "inject" => self.by_its_name(call.inputs[0].0, 0, &is_word),
            "data" | "set_local" | "set_ext" => true,
            _ => false,
        };
        if value.all().has(Deps::CREDENTIAL) && is_carried() {
            let ty = self.types.expr(*arg);
            if let [(key, _), _] = call.args()
                && let Some(name) = self.text_in(*key, 0)
            {
                self.named.push(name);
            }
            if matches!(ty.kind(), TyKind::Adt { .. } | TyKind::External { .. }) {
                let is_there =
                    |frame: &Frame| frame.sense == Sense::Present && frame.deps.has(Deps::CREDENTIAL);
                // Made of one that may be absent, it says nothing of who is known: `Context { user: Option<User>, .. }`.
                let is_option = ty.as_external("std::option::Option").is_some();
                let may_be_nobody = value.data.has(Deps::STAND_IN)
                    || (!is_option && value.fail.has(Deps::CREDENTIAL) && self.makes_struct(*arg));
                let is_known = self.summary.fail.has(Deps::CREDENTIAL) || self.frames.iter().any(is_there);
                let for_all = may_be_nobody && !is_known;
                self.attached.push((ty, for_all));
            }
        }
    }

    /// `if let Some(context) = request.extensions_mut().get_mut::<Context>()`: a reference to what the request carries.
    pub(crate) fn borrow(&mut self, pat: PatId, from: ExprId) {
        let Expr::MethodCall { method, generics, receiver, .. } = self.ir.expr(from) else { return };
        let Some(ty) = self.ir.list(generics).next() else { return };
        let is_word = |name: &str| matches!(name, "extensions_mut" | "extensions" | "depot");
        if !self.is_middleware || method.as_str() != "get_mut" || !self.by_its_name(receiver, 0, &is_word) {
            return;
        }
        let mut bound = pat;
        while let Pat::TupleStruct { pats, .. } = self.ir.pat(bound)
            && let Some(inner) = self.ir.list(pats).next()
        {
            bound = inner;
        }
        if let Pat::Bind { local, .. } = self.ir.pat(bound) {
            self.borrowed.insert(local, self.cx.semantics.resolve_type(self.def, ty));
        }
    }

    /// Something is put into what a variable holds: where that is carried by all requests, it now tells who calls.
    pub(crate) fn leave_in_borrowed(&mut self, local: LocalId, value: Value) {
        if value.data.has(Deps::CREDENTIAL)
            && let Some(ty) = self.borrowed.get(&local)
        {
            self.attached.push((*ty, true));
        }
    }

    /// Whether an expression writes out a struct.
    fn makes_struct(&self, expr: ExprId) -> bool {
        matches!(self.ir.expr(expr), Expr::Struct { .. })
    }

    /// `body.sender_id.unwrap_or(user.id)`: who is said to do it is the caller only where the request names nobody else.
    fn yields(&self, call: &Call) -> bool {
        const KEEPING: &[&str] =
            &["get_or_insert", "get_or_insert_with", "unwrap_or", "unwrap_or_else", "or", "or_else"];
        let own = call.receiver();
        let is_chosen = call.has_receiver
            && KEEPING.contains(&call.name)
            && own.data.has(Deps::REQUEST)
            && !own.data.has(Deps::CREDENTIAL);
        is_chosen
            && call.args().iter().any(|(_, value)| value.data.has(Deps::CREDENTIAL))
            && self.last_name(call.inputs[0].0, 0).is_some_and(|name| names::is_owner(name.as_str()))
    }

    /// Whether the caller's identity and something the request chose go into a call together.
    #[allow(clippy::unused_self, reason = "reads as a question to the evaluation")]
    fn is_tie(&self, call: &Call) -> bool {
        let identity = |deps: Deps| deps.has(Deps::CREDENTIAL);
        call.inputs.iter().enumerate().any(|(at, (_, one))| {
            identity(one.data)
                && call.inputs.iter().enumerate().any(|(other_at, (_, other))| {
                    at != other_at && other.data.has(Deps::REQUEST) && !identity(other.data)
                })
        })
    }

    /// What it gives to hand a request to something that is there to judge it and is chosen only at run time:
    /// `auth.authenticate(&headers)?`. Implementations that let everybody pass are for tests and trials.
    fn told_to_check(&mut self, call: &Call) -> Option<Value> {
        let authorizes = names::is_authorizing(call.name);
        let is_request = |own: &Self| call.args().iter().any(|(arg, _)| own.is_of_request(*arg, 0));
        if !(authorizes || names::is_authenticating(call.name)) || !is_request(self) {
            return None;
        }
        self.read_credential(call.expr, HOPS_OF_DECLARED);
        let role = if authorizes { Deps::ROLE } else { Deps::NONE };
        Some(Value::fallible(call.data().union(Deps::CREDENTIAL).union(role)))
    }

    // Workspace functions.

    fn workspace(&mut self, call: &Call, targets: &[DefId]) -> Value {
        let mut all = Value::default();
        for target in targets.iter().take(MOST_TARGETS) {
            let Some(summary) = self.cx.known.summary(*target) else { continue };
            let of_param = |index: usize| call.inputs.get(index).map_or(Deps::NONE, |(_, value)| value.all());
            let is_near = summary.hops < MOST_HOPS;
            let own = |deps: Deps| {
                let known = if is_near { deps } else { deps.without(Deps::CREDENTIAL).without(Deps::ROLE) };
                known.without(Deps::NEXT).instantiate(of_param)
            };
            all.data = all.data.union(own(summary.data));
            all.fail = all.fail.union(own(summary.fail));
            all.denies |= summary.denies;
            self.prove(own(summary.judged));
            self.summary.issued = self.summary.issued.union(own(summary.issued));
            if summary.reads && is_near {
                // Versions of one method that call each other are as near as the last of them.
                let family = |def: DefId| {
                    self.cx.semantics.item(def).parent.map(|parent| (self.cx.semantics.locate(def).0, parent))
                };
                let is_kin = family(*target).is_some_and(|own| family(self.def) == Some(own));
                self.note_read(call.expr, summary.hops + u8::from(!is_kin));
                self.summary.reads_sent |= summary.reads_sent;
            }
            self.summary.ties |= summary.ties;
            self.summary.leaves_header |= summary.leaves_header;
            self.summary.effects = self.summary.effects.union(summary.effects);
        }
        for (expr, value) in &call.inputs {
            if self.tells_error(call, *expr) {
                all.fail = all.fail.union(value.fail);
            }
            if matches!(self.ir.expr(*expr), Expr::Closure(_)) || self.is_future(*expr) {
                all.data = all.data.union(value.data);
                all.fail = all.fail.union(value.fail);
            }
        }
        let name = call.name;
        if self.takes_by_name(call) {
            self.read_credential(call.expr, 0);
            all.data = all.data.union(Deps::CREDENTIAL);
            all.fail = all.fail.union(Deps::CREDENTIAL);
        }
        let always = matches!(targets, [only] if self.always_refuses(*only));
        if names::is_refusing(name) || is_redirect(self.types.expr(call.expr)) || always {
            all.shape = Shape::Refusal;
        }
        if (names::is_role(name) || names::asks_for_group(name)) && !call.data().is_none() {
            // What it compares is a role; whether it refuses is told by its body.
            all.data = all.data.union(Deps::ROLE);
            if all.fail.has(Deps::CREDENTIAL) || !all.fail.of_caller().is_none() {
                all.fail = all.fail.union(self.role_of(targets));
            }
        }
        all
    }

    /// Whether a function of the workspace takes a header, cookie or metadata out of a request by a credential's name:
    /// `header_of(&request, "authorization")`. What only says that all went well has given nothing, and a cookie that is
    /// set or deleted is none of the request.
    fn takes_by_name(&self, call: &Call) -> bool {
        if !["header", "cookie", "metadata"].iter().any(|word| call.name.contains(word))
            || !self.reads_by_name(call)
            || names::is_changing(call.name)
        {
            return false;
        }
        let is_unit = |ty: Ty| matches!(ty.kind(), TyKind::Tuple(parts) if parts.is_empty());
        let ty = self.types.expr(call.expr);
        let says_nothing = is_unit(ty)
            || ty
                .as_external("std::result::Result")
                .and_then(|args| args.first())
                .is_some_and(|ty| is_unit(*ty));
        !says_nothing || call.inputs.iter().any(|(input, _)| self.is_of_request(*input, 0))
    }

    /// Whether a function does nothing but refuse, and its result is an answer, not one of two that a caller asks for.
    fn always_refuses(&self, def: DefId) -> bool {
        let asked = |ty: Ty| is_bool(ty) || ty.as_external("std::option::Option").is_some();
        self.cx.known.summary(def).is_some_and(|summary| summary.always)
            && self.cx.semantics.signature(def).is_some_and(|signature| !asked(signature.ret))
    }

    /// Whether a call makes the answer of a result that it is given: an error becomes the response that tells it.
    fn tells_error(&self, call: &Call, input: ExprId) -> bool {
        self.types.expr(input).as_external("std::result::Result").is_some()
            && is_response(self.types.expr(call.expr))
    }

    /// A role, if a function's answer is yes or no, or nothing is known of its body.
    fn role_of(&self, targets: &[DefId]) -> Deps {
        let decides = |def: &DefId| {
            let signature = self.cx.semantics.signature(*def);
            signature.is_some_and(|signature| super::evaluate::is_bool(signature.ret))
        };
        if targets.iter().any(decides) { Deps::ROLE } else { Deps::NONE }
    }

    // External code.

    fn external(&mut self, call: &Call, model: Option<&CallModel>) -> Value {
        match model {
            Some(model) => self.effects_of(call, model),
            None => self.effects_by_name(call),
        }
        match model.and_then(|model| model.guard) {
            Some(GuardCall::Credential)
                if !call.args().first().is_some_and(|(arg, _)| self.is_harmless(*arg)) =>
            {
                self.read_credential(call.expr, 0);
                return self.credential(call);
            }
            Some(GuardCall::End) => return Value { shape: Shape::Refusal, ..Value::default() },
            Some(GuardCall::Waive) => {
                let own = call.receiver();
                let waives = call.args().first().is_none_or(|(_, value)| value.shape != Shape::Refusal);
                return if waives { Value::of(own.data) } else { own };
            }
            Some(GuardCall::Check(GuardType { authenticates, role })) => {
                self.read_credential(call.expr, 0);
                let role = if role { Deps::ROLE } else { Deps::NONE };
                self.prove(call.data());
                let data = call.data().union(Deps::CREDENTIAL).union(Deps::JUDGED).union(role);
                let fail = if authenticates == Authenticates::Enforced { data } else { Deps::NONE };
                return Value { data, fail, ..Value::default() };
            }
            Some(GuardCall::Issue) => self.summary.issued = self.summary.issued.union(call.data()),
            Some(GuardCall::Next | GuardCall::Credential) | None => {}
        }
        if self.reads_credential(call) || self.reads_query(call) {
            self.note_read(call.expr, 0);
            let name = call.args().first().and_then(|(arg, _)| self.text_in(*arg, 0));
            self.summary.reads_sent |= !name.is_some_and(|name| self.cx.known.is_named(name));
            return self.credential(call);
        }
        if let Some(value) = self.left_by_name(call) {
            return value;
        }
        if let Some(value) = self.measured(call) {
            return value;
        }
        if call.has_receiver
            && let Some(value) = self.of_option(call)
        {
            return value;
        }
        self.assumed(call)
    }

    /// What a middleware has left under a name: `depot.get("role")`.
    fn left_by_name(&mut self, call: &Call) -> Option<Value> {
        const READERS: &[&str] = &["get", "try_borrow", "borrow", "obtain", "remove", "take", "steal"];
        let [(key, _)] = call.args() else { return None };
        let is_depot = |name: &str| names::words(name).any(|word| word == "depot");
        if !call.has_receiver || !READERS.contains(&call.name) {
            return None;
        }
        let name = self.text_in(*key, 0).filter(|name| self.cx.known.is_named(*name))?;
        let receiver = call.inputs[0].0;
        let is_of_type = matches!(self.types.expr(receiver).kind(), TyKind::External { path, .. } if path.last_segment() == "Depot");
        if !is_of_type && !self.by_its_name(receiver, 0, &is_depot) {
            return None;
        }
        self.read_credential(call.expr, 0);
        let role = if names::is_role(name.as_str()) { Deps::ROLE } else { Deps::NONE };
        Some(Value::fallible(Deps::CREDENTIAL.union(role)))
    }

    /// What the length of a part of the request says: nothing of who sent it.
    #[allow(clippy::unused_self, reason = "reads as a question to the evaluation")]
    fn measured(&self, call: &Call) -> Option<Value> {
        let own = call.receiver();
        let measures = matches!(call.name, "is_empty" | "len" | "chars" | "is_ascii" | "trim");
        if !call.has_receiver || !measures || !own.data.has(Deps::SENT) {
            return None;
        }
        if call.name == "trim" {
            return Some(own);
        }
        let about = Deps::CREDENTIAL.union(Deps::SENT);
        Some(Value { data: own.data.without(about), fail: own.fail.without(about), ..Value::default() })
    }

    /// A credential that a call gives. Where it gives a result of an option, the error is the store's, and only the option
    /// may be absent.
    fn credential(&self, call: &Call) -> Value {
        let mut ty = self.types.expr(call.expr);
        if let Some([output, ..]) = ty.as_external("std::future::Future") {
            ty = *output;
        }
        let inner = ty.as_external("std::result::Result").and_then(|args| args.first());
        match inner.and_then(|inner| inner.as_external("std::option::Option")) {
            Some(_) => Value::of(Deps::CREDENTIAL),
            None => Value::fallible(Deps::CREDENTIAL),
        }
    }

    /// A method that takes a header, cookie or metadata by a name that is a credential's.
    fn reads_credential(&self, call: &Call) -> bool {
        const READERS: &[&str] = &[
            "get",
            "get_one",
            "get_all",
            "get_bin",
            "get_raw",
            "get_vec",
            "get_first",
            "header",
            "headers_get",
            "contains_key",
            "remove",
            "typed_get",
            "typed_try_get",
        ];
        const COOKIES: &[&str] = &["cookie", "get_private", "get_signed", "get_pending"];
        let args = call.args().len();
        if COOKIES.contains(&call.name) && call.has_receiver && args == 1 {
            let (arg, _) = call.args()[0];
            // A response is given a cookie that is made for it; a request is asked for one by its name.
            let is_made = matches!(
                self.ir.expr(arg),
                Expr::Call { .. } | Expr::MethodCall { .. } | Expr::Struct { .. }
            );
            return !is_made && !self.is_harmless(arg);
        }
        if !READERS.contains(&call.name) || args != 1 || !call.has_receiver {
            return false;
        }
        if self.is_sent(call.inputs[0].0, 0) {
            // `Query(map)`.
            let name = self.text_in(call.args()[0].0, 0);
            return name.is_some_and(|name| self.is_sent_credential(name.as_str(), Ty::unknown()));
        }
        self.reads_by_name(call) && self.is_of_request(call.inputs[0].0, 0)
    }

    /// `request.uri().query()` in what stands before all handlers, where its code names a part of it as a credential:
    /// `"token="`.
    fn reads_query(&self, call: &Call) -> bool {
        const READERS: &[&str] = &["query", "query_string", "query_pairs"];
        let is_uri = |name: &str| matches!(name, "uri" | "url" | "req" | "request" | "parts");
        self.is_middleware
            && call.has_receiver
            && call.args().is_empty()
            && READERS.contains(&call.name)
            && self.by_its_name(call.inputs[0].0, 0, &is_uri)
            && self.names_part()
    }

    /// Whether a text of the body is the name of a credential with the sign that stands before its value, or all of one.
    fn names_part(&self) -> bool {
        let Some((_, body)) = self.cx.body(self.def) else { return false };
        let is_name = |text: Symbol| {
            let text = text.as_str();
            let name = text.strip_suffix('=').unwrap_or(text);
            let is_word = name.len() < 24 && name.chars().all(|c| c.is_alphanumeric() || c == '_');
            is_word && names::is_credential(name) && !matches!(name, "authorization" | "cookie")
        };
        self.ir.body(body).exprs.ids().any(|id| match self.ir.expr(id) {
            Expr::Literal(Literal::Str(text)) => is_name(text),
            Expr::Format(format) => self.ir.format(format).pieces.iter().any(|piece| match piece {
                ward_syntax::Piece::Text { text, .. } => {
                    let last = text.as_str().rsplit(['&', '?']).next().unwrap_or_default();
                    last.ends_with('=') && is_name(Symbol::new(last))
                }
                ward_syntax::Piece::Hole { .. } => false,
            }),
            _ => false,
        })
    }

    /// Whether a value is a request, its headers, cookies or metadata: by its type, else by how it is come by.
    fn is_of_request(&self, expr: ExprId, depth: u32) -> bool {
        let by_name = || self.by_its_name(expr, depth, &is_carrier) || self.is_carried(expr, depth);
        match self.types.expr(expr).kind() {
            TyKind::External { path, .. } => {
                let is_map = path.as_str().starts_with("std::collections::");
                is_carrier(path.last_segment()) || (is_map && by_name())
            }
            TyKind::Unknown | TyKind::Param { .. } | TyKind::Bounds(_) | TyKind::Adt { .. } => by_name(),
            _ => false,
        }
    }

    /// Whether an expression begins with a variable that was given headers, cookies or a session.
    fn is_carried(&self, expr: ExprId, depth: u32) -> bool {
        if depth > 4 || self.carriers.is_empty() {
            return false;
        }
        match self.ir.expr(expr) {
            Expr::Local(local) => self.carriers.contains(&local),
            Expr::Field { base: inner, .. }
            | Expr::MethodCall { receiver: inner, .. }
            | Expr::Ref { operand: inner, .. }
            | Expr::Unary { operand: inner, .. }
            | Expr::Await(inner)
            | Expr::Try(inner) => self.is_carried(inner, depth + 1),
            _ => false,
        }
    }

    /// Whether an expression is what the request asks for, or a part of it.
    pub(crate) fn is_sent(&self, expr: ExprId, depth: u32) -> bool {
        if depth > 6 || self.sent.is_empty() {
            return false;
        }
        match self.ir.expr(expr) {
            Expr::Local(local) => self.sent.contains(&local),
            Expr::Field { base: inner, .. }
            | Expr::Ref { operand: inner, .. }
            | Expr::Unary { operand: inner, .. } => self.is_sent(inner, depth + 1),
            Expr::MethodCall { receiver, method, args, .. } if args.is_empty() => {
                let is_same = matches!(
                    method.as_str(),
                    "into_inner" | "clone" | "as_ref" | "as_str" | "as_deref" | "to_owned" | "to_string"
                );
                is_same && self.is_sent(receiver, depth + 1)
            }
            _ => false,
        }
    }

    /// Whether a part of what the request asks for is called a credential. What stands before all handlers asks for
    /// nothing else by such a name.
    pub(crate) fn is_sent_credential(&self, name: &str, ty: Ty) -> bool {
        let is_named =
            if self.is_middleware { names::is_credential(name) } else { names::is_sent_credential(name) };
        let mut inner = ty;
        while let TyKind::External { args, .. } = inner.kind()
            && let Some(first) = args.first()
        {
            inner = *first;
        }
        is_named && !is_bool(ty) && !matches!(inner.kind(), TyKind::Adt { .. })
    }

    /// What a pattern binds holds headers, cookies or a session if that is what it is bound to.
    pub(crate) fn carry(&mut self, pat: PatId, from: ExprId) {
        if self.is_credential_setting(from, 0) {
            self.note_setting(pat);
        }
        if !self.by_its_name(from, 0, &is_carrier) {
            return;
        }
        match self.ir.pat(pat) {
            Pat::Bind { local, .. } => {
                self.carriers.insert(local);
            }
            Pat::TupleStruct { pats, .. } => {
                let pats: SmallVec<[PatId; 2]> = self.ir.list(pats).collect();
                pats.into_iter().for_each(|pat| self.carry(pat, from));
            }
            _ => {}
        }
    }

    /// What a pattern binds is the name of a credential's header or cookie.
    fn note_setting(&mut self, pat: PatId) {
        match self.ir.pat(pat) {
            Pat::Bind { local, .. } => {
                self.settings.insert(local);
            }
            Pat::TupleStruct { pats, .. } => {
                let pats: SmallVec<[PatId; 2]> = self.ir.list(pats).collect();
                pats.into_iter().for_each(|pat| self.note_setting(pat));
            }
            _ => {}
        }
    }

    fn by_its_name(&self, expr: ExprId, depth: u32, is_word: &dyn Fn(&str) -> bool) -> bool {
        if depth > 4 {
            return false;
        }
        match self.ir.expr(expr) {
            Expr::Local(local) => is_word(self.ir.local(local).name.as_str()),
            Expr::Field { base, name } => {
                is_word(name.as_str()) || self.by_its_name(base, depth + 1, is_word)
            }
            Expr::MethodCall { receiver, method, .. } => {
                is_word(method.as_str()) || self.by_its_name(receiver, depth + 1, is_word)
            }
            Expr::Ref { operand, .. } | Expr::Unary { operand, .. } => {
                self.by_its_name(operand, depth + 1, is_word)
            }
            Expr::Await(inner) | Expr::Try(inner) | Expr::Match { scrutinee: inner, .. } => {
                self.by_its_name(inner, depth + 1, is_word)
            }
            _ => false,
        }
    }

    /// Whether a name is one of what says nothing of who calls.
    fn is_harmless(&self, arg: ExprId) -> bool {
        match self.ir.expr(arg) {
            Expr::Literal(Literal::Str(text) | Literal::ByteStr(text)) => {
                names::is_about_nobody(text.as_str())
            }
            Expr::Path(path) => match self.types.path(path) {
                Resolution::Def(def) => {
                    let text = self.cx.known.text_of_const(self.cx.semantics, def);
                    text.is_some_and(|text| names::is_about_nobody(text.as_str()))
                }
                _ => false,
            },
            Expr::Ref { operand, .. } => self.is_harmless(operand),
            _ => false,
        }
    }

    fn reads_by_name(&self, call: &Call) -> bool {
        call.args().iter().any(|(arg, _)| self.names_credential(*arg, 0))
    }

    /// Whether an argument is the name of a header or cookie that is a credential.
    fn names_credential(&self, arg: ExprId, depth: u32) -> bool {
        match self.ir.expr(arg) {
            Expr::Literal(Literal::Str(text) | Literal::ByteStr(text)) => names::is_credential(text.as_str()),
            Expr::Path(path) => {
                let name = self.ir.path_segments(path).last().map_or("", |segment| segment.name.as_str());
                if let Resolution::Def(def) = self.types.path(path) {
                    if self.cx.semantics.def_map.kind(def) != DefKind::Const {
                        return false;
                    }
                    if let Some(text) = self.cx.known.text_of_const(self.cx.semantics, def) {
                        return names::is_credential(text.as_str());
                    }
                    if self.is_number(def) {
                        return false;
                    }
                }
                name.starts_with(char::is_uppercase) && names::is_credential(name)
            }
            Expr::Ref { operand, .. } => self.names_credential(operand, depth + 1),
            Expr::Call { args, .. } if depth < 3 => {
                self.ir.list(args).any(|arg| self.names_credential(arg, depth + 1))
            }
            Expr::MethodCall { receiver, args, .. } if depth < 3 && args.is_empty() => {
                self.is_credential_setting(arg, depth) || self.names_credential(receiver, depth + 1)
            }
            _ => self.is_credential_setting(arg, depth),
        }
    }

    /// Whether an expression is the name of a header or cookie that is set somewhere else, and is called that of a
    /// credential: `config.user_header`, `self.session_cookie()`, and what is bound to one.
    fn is_credential_setting(&self, expr: ExprId, depth: u32) -> bool {
        match self.ir.expr(expr) {
            Expr::Local(local) => {
                self.settings.contains(&local)
                    || names::is_credential_setting(self.ir.local(local).name.as_str())
            }
            Expr::Field { name, .. } => names::is_credential_setting(name.as_str()),
            Expr::MethodCall { receiver, method, args, .. } if args.is_empty() && depth < 4 => {
                names::is_credential_setting(method.as_str())
                    || self.is_credential_setting(receiver, depth + 1)
            }
            Expr::Ref { operand: inner, .. } | Expr::Unary { operand: inner, .. } | Expr::Try(inner)
                if depth < 4 =>
            {
                self.is_credential_setting(inner, depth + 1)
            }
            _ => false,
        }
    }

    /// Whether a const is no name of anything.
    fn is_number(&self, def: DefId) -> bool {
        let Some((file, body)) = self.cx.body(def) else { return false };
        let ir = self.cx.semantics.ir(file);
        matches!(
            ir.expr(ir.body(body).root),
            Expr::Literal(Literal::Int(_) | Literal::Float(_) | Literal::Bool(_))
        )
    }

    /// `extensions().get::<Claims>()`, `parts.extract::<TypedHeader<Authorization<Bearer>>>()`: by what is asked for.
    fn by_type_argument(&mut self, call: &Call, generics: List<TypeRefId>) -> Option<Value> {
        let mut types = self.ir.list(generics);
        let first = types.next()?;
        let asks = matches!(
            call.name,
            "get"
                | "get_mut"
                | "remove"
                | "obtain"
                | "extract"
                | "extract_with_state"
                | "data"
                | "data_opt"
                | "guard"
                | "data_unchecked"
                | "local"
                | "ext"
                | "typed_get"
                | "typed_try_get"
                | "get_data"
                | "app_data"
                | "req_data"
        );
        if !asks || call.name == "app_data" {
            return None;
        }
        let ty = self.cx.semantics.resolve_type(self.def, first);
        let given = self.cx.known.given(self.cx, ty);
        if matches!(ty.kind(), TyKind::Adt { .. }) {
            self.asked.push(ty);
        }
        let named = self.names_credential_ref(first, 0)
            || (matches!(
                call.name,
                "get"
                    | "remove"
                    | "obtain"
                    | "data"
                    | "data_opt"
                    | "data_unchecked"
                    | "get_mut"
                    | "req_data"
                    | "local"
                    | "ext"
            ) && self.is_from_request(call)
                && self.names_identity(ty));
        if !named && !given.data.has(Deps::CREDENTIAL) {
            return None;
        }
        self.read_credential(call.expr, 0);
        let data = Deps::CREDENTIAL.union(given.data);
        Some(if self.cx.known.is_for_all(ty) { Value::of(data) } else { Value::fallible(data) })
    }

    /// `let user: &User = context.data_unchecked()`: by what is wanted of it, here or by who calls.
    fn by_result(&mut self, call: &Call, generics: List<TypeRefId>) -> Option<Value> {
        if !generics.is_empty() || !matches!(call.name, "data" | "data_unchecked" | "data_opt") {
            return None;
        }
        let inside = |ty: Ty| match ty.kind() {
            TyKind::External { path, args }
                if matches!(path.as_str(), "std::result::Result" | "std::option::Option") =>
            {
                args.first().copied()
            }
            TyKind::Unknown => None,
            _ => Some(ty),
        };
        let wanted = inside(self.types.expr(call.expr)).filter(|ty| !ty.is_unknown());
        let returned = || inside(self.cx.semantics.signature(self.def)?.ret);
        let ty = wanted.or_else(returned)?;
        if !matches!(ty.kind(), TyKind::Adt { .. }) || !self.names_identity(ty) {
            return None;
        }
        self.asked.push(ty);
        self.read_credential(call.expr, 0);
        Some(Value::fallible(Deps::CREDENTIAL))
    }

    /// Whether a `get::<T>()` is one of what a request carries, not of a map.
    #[allow(clippy::unused_self, reason = "reads as a question to the evaluation")]
    fn is_from_request(&self, call: &Call) -> bool {
        call.has_receiver && call.args().len() <= 1
    }

    fn names_identity(&self, ty: Ty) -> bool {
        super::extract::is_identity_type(self.cx, ty)
    }

    pub(crate) fn names_credential_ref(&self, ty: TypeRefId, depth: u32) -> bool {
        let TypeRef::Path(path) = self.ir.type_ref(ty) else { return false };
        depth < 4 && self.names_credential_type_at(path, depth)
    }

    /// Whether a path names a type that is made of a credential alone: `TypedHeader::<Authorization<Bearer>>`.
    fn names_credential_type(&self, path: ward_syntax::PathId) -> bool {
        self.names_credential_type_at(path, 0)
    }

    fn names_credential_type_at(&self, path: ward_syntax::PathId, depth: u32) -> bool {
        let qualified = self.ir.path(path).qualified_self;
        if qualified.is_some_and(|ty| self.names_credential_ref(ty, depth + 1)) {
            return true;
        }
        self.ir.path_segments(path).iter().any(|segment| {
            matches!(
                segment.name.as_str(),
                "Authorization" | "Bearer" | "BearerAuth" | "BasicAuth" | "AuthBearer" | "AuthBasic"
            ) || self.ir.list(segment.args).any(|arg| self.names_credential_ref(arg, depth + 1))
        })
    }

    pub(crate) fn is_credential_row(&self, ty: Symbol, name: Symbol) -> bool {
        let model = self.cx.models.methods.get(&(ty, name));
        model.and_then(|model| model.guard) == Some(GuardCall::Credential)
    }

    /// `None` or `false`.
    fn is_no(&self, arg: ExprId) -> bool {
        match self.ir.expr(arg) {
            Expr::Literal(Literal::Bool(truth)) => !truth,
            Expr::Path(path) => {
                self.ir.path_segments(path).last().is_some_and(|segment| segment.name.as_str() == "None")
            }
            _ => false,
        }
    }

    fn construct(&mut self, call: &Call, path: Symbol) -> Value {
        let inner = call.inputs.first().map(|(_, value)| *value).unwrap_or_default();
        let shape = match path.last_segment() {
            // `Ok(None)` and `Ok(false)` refuse nobody: whoever is told so decides.
            "Ok" | "Some" | "Success" | "Ready" | "Continue"
                if inner.shape == Shape::Refusal
                    && !call.inputs.first().is_some_and(|(arg, _)| self.is_no(*arg)) =>
            {
                Shape::Refusal
            }
            "Ok" | "Some" | "Success" => Shape::Success,
            "Err" | "Error" | "Failure" | "Forward" => Shape::Refusal,
            "Ready" => return inner,
            _ => Shape::Plain,
        };
        Value { data: call.data(), shape, ..Value::default() }
    }

    /// Methods of options, results and answers that change what is known of them.
    fn of_option(&mut self, call: &Call) -> Option<Value> {
        let own = call.receiver();
        let all = own.all();
        let args = call.args().iter().map(|(_, value)| *value).reduce(Value::join).unwrap_or_default();
        let data = own.data.union(args.data);
        let value = match call.name {
            "is_some" | "is_ok" => Value { data: all, sense: Sense::Present.of(own), ..Value::default() },
            "is_some_and" | "is_ok_and" => {
                Value { data: all.union(args.all()), sense: Sense::Present, ..Value::default() }
            }
            "is_none" | "is_err" => Value { data: all, sense: Sense::Absent.of(own), ..Value::default() },
            "is_none_or" => Value { data: all.union(args.all()), sense: Sense::Absent, ..Value::default() },
            "unwrap" | "expect" => {
                // What only the service may lack is no reason to send anybody away.
                if !own.fail.is_none() {
                    self.may_fail(own.fail, call.expr);
                }
                self.there(call.expr, own)
            }
            "unwrap_or" | "unwrap_or_default" | "unwrap_or_else" | "map_or" | "map_or_else" => {
                let data = data.union(own.fail);
                if matches!(call.name, "unwrap_or_else" | "map_or_else")
                    && self.tells_error(call, call.inputs[0].0)
                {
                    return Some(Value { data, fail: own.fail, ..Value::default() });
                }
                if args.shape == Shape::Refusal || is_fallible(self.types.expr(call.expr)) {
                    Value::fallible(data.union(args.fail))
                } else if own.fail.has(Deps::CREDENTIAL) {
                    Value::of(data.union(Deps::STAND_IN))
                } else {
                    Value::of(data)
                }
            }
            // Of a future: both of its outcomes are handed on.
            "then" if !is_bool(self.types.expr(call.inputs[0].0)) => {
                Value { data: data.union(own.fail), fail: args.fail, ..Value::default() }
            }
            // `Option<Result<..>>`: only what is there can fail, and what is not there is no failure.
            "transpose" if self.types.expr(call.inputs[0].0).as_external("std::result::Result").is_none() => {
                Value::of(data.union(own.fail))
            }
            "filter" | "and_then" | "then" | "then_some" | "and" => {
                Value { data, fail: own.fail.union(args.all()), ..Value::default() }
            }
            // Only what may be absent has these. That nothing is found says nothing of a role.
            "ok_or" | "ok_or_else" | "flatten"
                if own.fail.is_none()
                    && own.data.has(Deps::CREDENTIAL)
                    && self.may_be_absent(call)
                    && !self.holds_for_all(call.inputs[0].0) =>
            {
                Value { data, fail: data.without(Deps::ROLE).without(Deps::OWNER), ..Value::default() }
            }
            "or_else" | "or" | "ok_or" | "ok_or_else" | "map_err" | "ok" | "err" | "map" | "transpose"
            | "flatten" | "as_ref" | "as_deref" | "as_mut" | "cloned" | "copied" | "context"
            | "with_context" | "inspect" | "inspect_err" | "take" | "clone" | "wrap_err" => {
                Value { data, fail: own.fail.union(args.fail), ..Value::default() }
            }
            _ => return None,
        };
        Some(value)
    }

    /// Whether the receiver of a call may be absent, or holds what may.
    fn may_be_absent(&self, call: &Call) -> bool {
        call.name != "flatten" || is_fallible(self.types.expr(call.expr))
    }

    /// Whether a value comes straight out of a store: unknown code, without anything that makes nothing an error.
    pub(crate) fn is_lookup(&self, expr: ExprId, depth: u32) -> bool {
        if depth > 6 {
            return false;
        }
        let inner = match self.ir.expr(expr) {
            Expr::Await(inner) => inner,
            Expr::MethodCall { receiver, method, .. } => match method.as_str() {
                "map_err" | "context" | "with_context" | "inspect_err" => receiver,
                _ => {
                    let model = match self.types.callee(expr) {
                        Callee::Method { ty, name } => self.cx.models.methods.get(&(*ty, *name)),
                        _ => None,
                    };
                    let is_store = |model: &CallModel| {
                        model.effects.has(Effect::Read)
                            || model.sinks.iter().any(|sink| matches!(sink.kind.as_str(), "sql" | "nosql"))
                    };
                    return READS.contains(&method.as_str()) || model.is_some_and(is_store);
                }
            },
            _ => return false,
        };
        self.is_lookup(inner, depth + 1)
    }

    /// Whether a value is what a method of a type that is not known gives, or its error in another form.
    pub(crate) fn is_unknown_read(&self, expr: ExprId, depth: u32) -> bool {
        match self.ir.expr(expr) {
            Expr::Await(inner) if depth < 6 => self.is_unknown_read(inner, depth + 1),
            Expr::MethodCall { receiver, method, .. } if depth < 6 => match method.as_str() {
                "map_err" | "context" | "with_context" | "inspect_err" => {
                    self.is_unknown_read(receiver, depth + 1)
                }
                _ => matches!(self.types.callee(expr), Callee::UnknownMethod(_)),
            },
            _ => false,
        }
    }

    /// What a call of unknown code gives: what went in, and no answer if that is wrong where it judges.
    fn assumed(&mut self, call: &Call) -> Value {
        let data = call.data();
        let ty = self.types.expr(call.expr);
        let waited = ty.as_external("std::future::Future").and_then(|args| args.first());
        let fallible = ty.is_unknown() || is_fallible(ty) || waited.is_some_and(|ty| is_fallible(*ty));
        // What may be absent and is handed on as such is not refused.
        let handed_on = |own: &Self, arg: ExprId| {
            is_fallible(own.types.expr(arg)) && !is_fallible(own.types.expr(call.expr))
        };
        let fail = call.args().iter().filter(|(arg, _)| !handed_on(self, *arg));
        let fail = fail.fold(call.receiver().fail, |all, (_, value)| all.union(value.fail));
        let mut value = Value { data, fail, ..Value::default() };
        if fallible && names::is_judging(call.name) {
            value.fail = value.fail.union(data);
        }
        if fallible && let Some(checked) = self.told_to_check(call) {
            return checked;
        }
        if names::is_role(call.name) && !data.is_none() {
            value.data = value.data.union(Deps::ROLE);
            value.fail = value.fail.union(value.data);
        } else if names::is_authorizing(call.name) && call.args().len() > 1 {
            value = by_name(call);
        }
        let refuses =
            call.args().iter().any(|(arg, value)| value.shape == Shape::Refusal && self.is_status(*arg));
        // `found.or_error(Status::Unauthorized)` refuses where nothing was found.
        let refuses = refuses && (!call.has_receiver || call.receiver().fail.is_none());
        if names::is_refusing(call.name) || refuses {
            value.shape = Shape::Refusal;
        } else if call.has_receiver && call.receiver().shape == Shape::Refusal && !fallible {
            // What is built on a refusal is one: `HttpResponse::Unauthorized().json(..)`.
            value.shape = Shape::Refusal;
        }
        value
    }

    /// A status as an argument, in contrast to `None` and `false`.
    pub(crate) fn is_status(&self, arg: ExprId) -> bool {
        match self.ir.expr(arg) {
            Expr::Path(path) => {
                let name = self.ir.path_segments(path).last().map_or("", |segment| segment.name.as_str());
                names::is_refusing(name)
            }
            Expr::Literal(Literal::Int(_)) | Expr::Call { .. } | Expr::MethodCall { .. } | Expr::Tuple(_) => {
                true
            }
            _ => false,
        }
    }

    // Effects.

    fn effects_of(&mut self, call: &Call, model: &CallModel) {
        let mut effects = model.effects;
        for sink in &model.sinks {
            match sink.kind.as_str() {
                "sql" | "nosql" => effects = effects.union(self.sql_effect(call)),
                "command" => effects = effects.with(Effect::Command),
                "path" => effects = effects.with(Effect::File),
                "url" | "ssrf" => effects = effects.with(Effect::Outbound),
                _ => {}
            }
        }
        self.summary.effects = self.summary.effects.union(effects);
    }

    /// What calls of unknown code do, by the names that drivers and mappers of stores share.
    fn effects_by_name(&mut self, call: &Call) {
        const WRITES: &[&str] = &[
            "insert_one",
            "insert_many",
            "update_one",
            "update_many",
            "delete_one",
            "delete_many",
            "replace_one",
            "find_one_and_update",
            "find_one_and_delete",
            "find_one_and_replace",
            "insert_into",
            "delete_by_id",
            "put_object",
            "copy_object",
            "delete_object",
            "delete_objects",
            "create_multipart_upload",
            "upload_part",
            "complete_multipart_upload",
            "abort_multipart_upload",
        ];
        let effects = match call.name {
            name if WRITES.contains(&name) => Effects::NONE.with(Effect::Write),
            name if READS.contains(&name) => Effects::NONE.with(Effect::Read),
            _ => self.effects_by_given(call),
        };
        self.summary.effects = self.summary.effects.union(effects);
    }

    /// What a method does that is given a store's connection and nothing else.
    fn effects_by_given(&self, call: &Call) -> Effects {
        let [(arg, _)] = call.args() else { return Effects::NONE };
        let models = self.cx.models;
        if !call.has_receiver || models.effects_by_given.is_empty() {
            return Effects::NONE;
        }
        let name = Symbol::new(call.name);
        let of_path = |path: Symbol| models.effects_by_given.get(&(path, name)).copied();
        let of_bound = |bound: &TraitRef| match bound.name {
            TraitName::External(path) => of_path(path),
            TraitName::Workspace(_) => None,
        };
        let mut known = self.cx.semantics.derefs(self.types.expr(*arg)).filter_map(|ty| match ty.kind() {
            TyKind::External { path, .. } => of_path(*path),
            TyKind::Bounds(bounds) => bounds.iter().find_map(of_bound),
            TyKind::Param { owner, name } => {
                self.cx.semantics.bounds(*owner, *name).iter().find_map(of_bound)
            }
            _ => None,
        });
        known.next().unwrap_or(Effects::NONE)
    }

    /// Whether a statement changes data: by its first word.
    fn sql_effect(&self, call: &Call) -> Effects {
        let text = call.inputs.iter().find_map(|(expr, _)| self.text_in(*expr, 0));
        statement_effect(text.map_or("", Symbol::as_str))
    }

    /// The text that an expression is, or begins with.
    pub(crate) fn text_in(&self, expr: ExprId, depth: u32) -> Option<Symbol> {
        match self.ir.expr(expr) {
            Expr::Literal(Literal::Str(text)) => Some(text),
            Expr::Local(local) => self.texts.get(&local).copied(),
            Expr::Ref { operand, .. } if depth < 4 => self.text_in(operand, depth + 1),
            Expr::Path(path) => match self.types.path(path) {
                Resolution::Def(def) => self.cx.known.text_of_const(self.cx.semantics, def),
                _ => None,
            },
            Expr::Format(format) => self.ir.format(format).pieces.iter().find_map(|piece| match piece {
                ward_syntax::Piece::Text { text, .. } => Some(*text),
                ward_syntax::Piece::Hole { .. } => None,
            }),
            Expr::MethodCall { receiver, .. } if depth < 4 => self.text_in(receiver, depth + 1),
            // `adapted(dialect, "DELETE FROM ..")` is still that statement.
            Expr::Call { args, .. } if depth < 4 => {
                let mut texts = self.ir.list(args).filter_map(|arg| self.text_in(arg, depth + 1));
                texts.find(|text| statement_effect(text.as_str()).has(Effect::Write))
            }
            _ => None,
        }
    }

    /// A macro that executes SQL: `sqlx::query!("INSERT ..")`.
    pub(crate) fn macro_effects(&mut self, id: ward_syntax::MacroId) {
        let call = self.ir.macro_call(id);
        let name = call.path.last_segment();
        if name.starts_with("query") {
            let text = self.ir.list(call.args).find_map(|arg| self.text_in(arg, 0));
            let effects = statement_effect(text.map_or("", Symbol::as_str));
            self.summary.effects = self.summary.effects.union(effects);
        }
    }

    pub(crate) fn push_frame(&mut self, frame: Frame) -> usize {
        let mark = self.frames.len();
        self.frames.push(frame);
        mark
    }

    pub(crate) fn drop_frames(&mut self, mark: usize) {
        self.frames.truncate(mark);
    }
}

/// Whether what has this name is a request, or carries what came with it.
fn is_carrier(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "header",
        "headers",
        "request",
        "req",
        "cookie",
        "cookies",
        "metadata",
        "parts",
        "session",
        "jar",
        "depot",
        "extensions",
        "trailers",
    ];
    names::words(name).any(|word| WORDS.contains(&word.as_str()))
}

/// Whether a type is an answer that sends its reader somewhere else.
pub(crate) fn is_redirect(ty: Ty) -> bool {
    matches!(ty.kind(), TyKind::External { path, .. } if path.last_segment() == "Redirect")
}

/// Whether a type is an answer to a request.
pub(crate) fn is_response(ty: Ty) -> bool {
    match ty.kind() {
        TyKind::External { path, .. } => path.last_segment().ends_with("Response"),
        _ => false,
    }
}

/// A call that asks whether something may be done, of which only the name is known.
fn by_name(call: &Call) -> Value {
    let data = call.data().union(Deps::ROLE);
    Value::fallible(data)
}

fn statement_effect(text: &str) -> Effects {
    let first = text.split_whitespace().next().unwrap_or_default().to_uppercase();
    match first.as_str() {
        "INSERT" | "UPDATE" | "DELETE" | "REPLACE" | "MERGE" | "TRUNCATE" | "CREATE" | "DROP" | "ALTER" => {
            Effects::NONE.with(Effect::Write)
        }
        "WITH"
            if ["INSERT INTO", "UPDATE ", "DELETE FROM"]
                .iter()
                .any(|word| text.to_uppercase().contains(word)) =>
        {
            Effects::NONE.with(Effect::Write)
        }
        _ => Effects::NONE.with(Effect::Read),
    }
}

#[cfg(test)]
mod tests {
    use ward_flow::models::Effect;

    use super::statement_effect;

    #[test]
    fn statements_change_data_by_their_first_word() {
        assert!(statement_effect(" insert into users ..").has(Effect::Write));
        assert!(statement_effect("WITH x AS (..) DELETE FROM y").has(Effect::Write));
        assert!(!statement_effect("SELECT 1").has(Effect::Write));
    }
}
