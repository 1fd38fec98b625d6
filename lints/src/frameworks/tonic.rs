//! tonic: every method of an impl of a generated service trait is an endpoint, `/package.Service/Method`.
//!
//! The generated code is mostly not there to be read. A trait `name_server::Name` is one by its path, and the package
//! is what the module that the path goes through includes.

use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use ward_semantics::endpoint::{
    AttachedKind, Call, Evaluator, Framework, HOLE, Handler, Methods, Outcome, Router, Value,
};
use ward_semantics::{DefId, Semantics, TraitName, Ty};
use ward_syntax::{Expr, FileId, FileSpan, Item, ItemKind, Literal, Symbol, TypeRef, TypeRefId};

use super::common::owned;

/// The framework.
#[derive(Debug)]
pub(super) struct Tonic;

/// `Server`, `Router`, `Routes`: holds services.
const SERVER: &str = "server";
/// A service.
const SERVICE: &str = "service";

impl Framework for Tonic {
    fn name(&self) -> &'static str {
        "tonic"
    }

    fn crates(&self) -> &'static [&'static str] {
        &["tonic"]
    }

    fn builds(&self, path: &str) -> bool {
        path.starts_with("tonic::transport") && path.contains("Server")
            || path.starts_with("tonic::service::Routes")
            || path.starts_with("tonic::service::InterceptorLayer")
    }

    fn parameter(&self, path: &str, _: &[Ty]) -> Option<Router> {
        match path {
            "tonic::transport::Server"
            | "tonic::transport::server::Router"
            | "tonic::service::Routes"
            | "tonic::service::RoutesBuilder" => Some(Router::empty(SERVER)),
            _ => None,
        }
    }

    fn call(&self, cx: &mut Evaluator<'_>, call: &Call<'_>) -> Option<Value> {
        let path = call.path.as_str();
        if path.ends_with("Server::builder")
            || path.ends_with("Routes::builder")
            || path.ends_with("Routes::default")
        {
            return Some(Value::router(cx.router(self, SERVER)));
        }
        if path.ends_with("Routes::new") {
            let mut server = cx.router(self, SERVER);
            self.add(cx, &mut server, call.argument(0));
            return Some(Value::router(server));
        }
        if path.ends_with("InterceptedService::new") {
            return self.intercepted(cx, call.argument(0), call);
        }
        None
    }

    fn unresolved_call(&self, cx: &mut Evaluator<'_>, call: &Call<'_>) -> Option<Value> {
        let mut segments = call.path.as_str().rsplit("::");
        let (name, ty) = (segments.next()?, segments.next()?);
        if !matches!(name, "new" | "with_interceptor" | "from_arc" | "from_shared") {
            return None;
        }
        let mut router = self.served_by(cx, ty)?;
        if name == "with_interceptor" {
            router.layers.push(cx.attached(AttachedKind::Interceptor, call.argument(1), call));
        }
        Some(Value::router(router))
    }

    fn method(&self, cx: &mut Evaluator<'_>, router: Arc<Router>, call: &Call<'_>) -> Outcome {
        let mut router = owned(router);
        match call.name() {
            "add_service" | "add_optional_service" | "add_routes" => {
                self.add(cx, &mut router, call.argument(0));
            }
            "layer" => router.layers.push(cx.attached(AttachedKind::Layer, call.argument(0), call)),
            _ => {}
        }
        Outcome::router(router)
    }

    fn survey(&self, semantics: &Semantics, mut state: &mut dyn Hasher) {
        let services = services(semantics);
        services.hash(&mut state);
        // Who serves none asks for no packages.
        let packages = (!services.is_empty()).then(|| packages(semantics));
        for (file, around, name) in packages.iter().flat_map(|all| all.iter()) {
            let around: Option<Vec<&str>> =
                around.as_ref().map(|around| around.iter().map(|name| name.as_str()).collect());
            (file, around, name.as_str()).hash(&mut state);
        }
    }

    fn implementation(&self, cx: &mut Evaluator<'_>, impl_def: DefId) -> Option<Router> {
        let semantics = cx.semantics;
        let service = service_of(semantics, impl_def)?;
        let mut router = cx.router(self, SERVICE);
        let (file, _) = semantics.locate(impl_def);
        let items: Vec<DefId> = semantics.impls.items(impl_def).iter().map(|(_, item)| *item).collect();
        for function in items {
            let item = semantics.item(function);
            let Some(declared) = item.as_fn() else { continue };
            if declared.self_param.is_none() {
                continue;
            }
            let method = camel_case(item.name.as_str());
            let package = service.package.as_deref();
            let unknown = HOLE.to_string();
            let package = match package {
                Some("") => String::new(),
                Some(package) => format!("{package}."),
                None => format!("{unknown}."),
            };
            let declared = semantics.service_path(&service.name, item.name.as_str());
            let path = declared.map_or_else(|| format!("/{package}{}/{method}", service.name), str::to_owned);
            let path = Symbol::new(&path);
            let place = FileSpan { file, span: item.name_span };
            let handler = Handler::Function(function);
            let route = cx.route(Methods::one("RPC"), path, handler, place, impl_def);
            router.routes.push(route);
        }
        Some(router)
    }
}

#[allow(clippy::unused_self, reason = "methods of the framework, whether they need it or not")]
impl Tonic {
    /// The routes of all impls of the trait that a generated server is for.
    fn served_by(&self, cx: &mut Evaluator<'_>, server: &str) -> Option<Router> {
        let service = server.strip_suffix("Server").filter(|service| !service.is_empty())?;
        cx.remembered(self, service, |cx| self.implementations_of(cx, service))
    }

    fn implementations_of(&self, cx: &mut Evaluator<'_>, service: &str) -> Option<Router> {
        let semantics = cx.semantics;
        let mut router = cx.router(self, SERVICE);
        let services = services(semantics);
        let of_service =
            services.iter().filter(|(def, name)| name == service && names_trait(semantics, *def, service));
        let impls: Vec<DefId> = of_service.map(|(def, _)| *def).collect();
        for def in impls {
            if let Some(found) = self.implementation(cx, def) {
                router.routes.extend(found.routes);
            }
        }
        (!router.routes.is_empty()).then_some(router)
    }

    fn add(&self, cx: &mut Evaluator<'_>, server: &mut Router, value: &Value) {
        match value {
            Value::Router(service) => server.routes.extend(cx.close(service)),
            // Generated code that is there to be read.
            Value::Struct(made) => {
                let name = cx.semantics.def_map.name(made.def);
                if let Some(service) = self.served_by(cx, name.as_str()) {
                    server.routes.extend(cx.close(&service));
                }
            }
            Value::OneOf(all) | Value::List(all) => {
                for value in all.iter() {
                    self.add(cx, server, value);
                }
            }
            Value::Made(made) => {
                for value in made.receiver.iter().chain(&made.arguments) {
                    self.add(cx, server, value);
                }
            }
            // Health checks and reflection: services from elsewhere.
            _ => {}
        }
    }

    fn intercepted(&self, cx: &mut Evaluator<'_>, service: &Value, call: &Call<'_>) -> Option<Value> {
        let mut service = match service {
            Value::Router(service) => Router::clone(service),
            Value::Struct(made) => {
                let name = cx.semantics.def_map.name(made.def);
                self.served_by(cx, name.as_str())?
            }
            _ => return None,
        };
        service.layers.push(cx.attached(AttachedKind::Interceptor, call.argument(1), call));
        Some(Value::router(service))
    }
}

/// Impls of generated traits, each with the service's name.
type Services = Arc<[(DefId, String)]>;
/// What all files tell of packages.
type Packages = Arc<[(FileId, Option<Vec<Symbol>>, Symbol)]>;

/// The services of one workspace, remembered: every server asks for them.
static SERVICES: Remembered<(DefId, String)> = Mutex::new(None);
/// The same of packages.
static PACKAGES: Remembered<(FileId, Option<Vec<Symbol>>, Symbol)> = Mutex::new(None);

/// What is known of one workspace.
type Remembered<T> = Mutex<Option<(u64, Arc<[T]>)>>;

fn remembered<T>(of: &Remembered<T>, semantics: &Semantics, find: impl FnOnce() -> Arc<[T]>) -> Arc<[T]> {
    let lock = || of.lock().unwrap_or_else(PoisonError::into_inner);
    let known = lock().clone().filter(|(workspace, _)| *workspace == semantics.id());
    if let Some((_, known)) = known {
        return known;
    }
    let found = find();
    *lock() = Some((semantics.id(), Arc::clone(&found)));
    found
}

/// The services of a workspace.
fn services(semantics: &Semantics) -> Services {
    remembered(&SERVICES, semantics, || {
        let all = semantics.impls.all().iter().map(|data| data.def);
        let all: Vec<DefId> = all.filter(|def| may_be_generated(semantics, *def)).collect();
        let named = |def| Vec::from_iter(service_name(semantics, def).map(|(name, _)| (def, name)));
        let mut services = semantics.found("services", &all, named);
        // Where a path leads is asked anew each time.
        let known: Vec<DefId> = services.iter().map(|(def, _)| *def).collect();
        let others = all.iter().filter(|def| !known.contains(def));
        services.extend(others.filter_map(|def| Some((*def, resolved_name(semantics, *def)?.0))));
        services.into()
    })
}

/// A service trait.
struct Service {
    name: String,
    /// None if it is not known.
    package: Option<String>,
}

/// Whether the path of the trait that an impl implements ends with a name, as written or as imported.
fn names_trait(semantics: &Semantics, impl_def: DefId, name: &str) -> bool {
    let ItemKind::Impl { trait_ref: Some(trait_ref), .. } = semantics.item(impl_def).kind else {
        return false;
    };
    let ir = semantics.ir_outside(semantics.locate(impl_def).0);
    let TypeRef::Path(path) = ir.type_ref(trait_ref) else { return false };
    let is_imported = |written: Symbol| {
        ir.tree.items.iter().any(|item| match &item.kind {
            ItemKind::Use(tree) => {
                item.name == written && tree.path.last().is_some_and(|last| last.as_str() == name)
            }
            _ => false,
        })
    };
    match ir.path_segments(path) {
        [only] => only.name.as_str() == name || is_imported(only.name),
        [.., last] => last.name.as_str() == name,
        [] => false,
    }
}

/// The service whose generated trait an impl implements.
fn service_of(semantics: &Semantics, impl_def: DefId) -> Option<Service> {
    if !may_be_generated(semantics, impl_def) {
        return None;
    }
    let (name, module) = service_name(semantics, impl_def).or_else(|| resolved_name(semantics, impl_def))?;
    let package = package(semantics, semantics.locate(impl_def).0, module.as_deref(), &name);
    Some(Service { name, package })
}

/// The name of that service, and the module before the one of its server.
fn service_name(semantics: &Semantics, impl_def: DefId) -> Option<(String, Option<String>)> {
    let ItemKind::Impl { trait_ref: Some(trait_ref), .. } = semantics.item(impl_def).kind else {
        return None;
    };
    let (file, _) = semantics.locate(impl_def);
    named_by(&full_path(semantics, file, trait_ref)?)
}

/// The same where the generated code is there, or what it is made of, by whatever path it is imported.
fn resolved_name(semantics: &Semantics, impl_def: DefId) -> Option<(String, Option<String>)> {
    let Some(TraitName::Workspace(def)) = semantics.impls.get(impl_def)?.trait_name else {
        return declared_name(semantics, impl_def);
    };
    let path: Vec<String> = semantics.path(def).split("::").map(str::to_owned).collect();
    named_by(&path)
}

/// The same by the name alone, where a service of that name is declared and has a method that is implemented.
fn declared_name(semantics: &Semantics, impl_def: DefId) -> Option<(String, Option<String>)> {
    let ItemKind::Impl { trait_ref: Some(trait_ref), .. } = semantics.item(impl_def).kind else {
        return None;
    };
    let name = full_path(semantics, semantics.locate(impl_def).0, trait_ref)?.pop()?;
    let items = semantics.impls.items(impl_def).iter();
    let mut methods = items.map(|(_, item)| semantics.def_map.name(*item));
    methods.any(|method| semantics.service_path(&name, method.as_str()).is_some()).then_some((name, None))
}

/// The name of a service and the module before the one of its server, by the path of its trait.
fn named_by(path: &[String]) -> Option<(String, Option<String>)> {
    let [front @ .., module, name] = path else { return None };
    let is_generated = *module == format!("{}_server", snake_case(name));
    is_generated.then(|| (name.clone(), front.last().cloned()))
}

/// Whether the trait that an impl implements may stand in the module of a generated server: most do not, and to
/// see that costs less than to read the file's imports.
fn may_be_generated(semantics: &Semantics, impl_def: DefId) -> bool {
    match semantics.impls.get(impl_def).and_then(|data| data.trait_name) {
        Some(TraitName::External(path)) => path.as_str().contains("_server"),
        Some(TraitName::Workspace(def)) => {
            semantics.def_map.module_path(semantics.def_map.module_of(def)).ends_with("_server")
        }
        None => true,
    }
}

/// A trait's path as far as the file tells: what is imported by one `use` is written out.
fn full_path(semantics: &Semantics, file: FileId, ty: TypeRefId) -> Option<Vec<String>> {
    let ir = semantics.ir_outside(file);
    let TypeRef::Path(path) = ir.type_ref(ty) else { return None };
    let segments = ir.path_segments(path);
    let first = segments.first()?.name;
    let mut full: Vec<String> = Vec::new();
    if segments.len() <= 2 {
        let imported = ir.tree.items.iter().find_map(|item| match &item.kind {
            ItemKind::Use(tree) if item.name == first && !tree.glob => Some(&tree.path),
            _ => None,
        });
        full.extend(imported.into_iter().flatten().map(|name| name.as_str().to_owned()));
    }
    let skip = usize::from(!full.is_empty());
    full.extend(segments.iter().skip(skip).map(|segment| segment.name.as_str().to_owned()));
    Some(full)
}

/// The package of a service: what the module named in its path includes, or the only one there is.
fn package(semantics: &Semantics, file: FileId, module: Option<&str>, service: &str) -> Option<String> {
    let own = semantics.project.file(file).package;
    let mut all: Vec<(Vec<&str>, bool, String)> = Vec::new();
    let packages = packages(semantics);
    for (id, around, text) in packages.iter() {
        let file = semantics.project.file(*id);
        match around {
            Some(around) => {
                let around = around.iter().map(|name| name.as_str()).chain(file_module(&file.path));
                all.push((around.collect(), file.package == own, text.as_str().to_owned()));
            }
            // Generated code that is there: the full name stands in it.
            None => {
                if let Some(package) = text.as_str().strip_suffix(service) {
                    return Some(package.trim_end_matches('.').to_owned());
                }
            }
        }
    }
    // What is included may be given on by the modules around it: `pub use v1::*`.
    let depth = |around: &[&str]| around.iter().position(|name| Some(*name) == module);
    let named = all.iter().filter_map(|(around, near, text)| Some((depth(around)?, !near, text)));
    let named = named.min_by_key(|(depth, far, _)| (*far, *depth)).map(|(.., text)| text);
    let mut near = all.iter().filter(|(_, near, _)| *near);
    let only = match (near.next(), near.next()) {
        (Some(only), None) => Some(only),
        _ if all.len() == 1 => all.first(),
        _ => None,
    };
    named.or(only.map(|(.., text)| text)).cloned()
}

/// What all files of a workspace tell of packages, in their order.
fn packages(semantics: &Semantics) -> Packages {
    remembered(&PACKAGES, semantics, || {
        let in_file = |id| semantics.ask("packages of services", id, || packages_in(semantics, id));
        let files = semantics.project.files().map(|(id, _)| id);
        files.flat_map(|id| in_file(id).into_iter().map(move |(around, text)| (id, around, text))).collect()
    })
}

/// What a file tells of packages: what it includes, with the modules around, and the names of generated services.
fn packages_in(semantics: &Semantics, file: FileId) -> Vec<(Option<Vec<Symbol>>, Symbol)> {
    let tree = &semantics.ir(file).tree;
    let told = tree.items.iter().filter_map(|item| match &item.kind {
        ItemKind::MacroCall { path, body: Some(body) } if path.as_str().ends_with("include_proto") => {
            let parent = |item: &Item| item.parent.map(|parent| tree.get(parent));
            let around = std::iter::successors(parent(item), |item| parent(item)).map(|item| item.name);
            Some((Some(around.collect()), first_text(semantics, file, *body)?))
        }
        ItemKind::Const { body: Some(body), .. } if matches!(item.name.as_str(), "SERVICE_NAME" | "NAME") => {
            Some((None, first_text(semantics, file, *body)?))
        }
        _ => None,
    });
    told.collect()
}

/// The first text in an initialiser.
fn first_text(semantics: &Semantics, file: FileId, body: ward_syntax::BodyId) -> Option<Symbol> {
    let ir = semantics.ir(file);
    ir.body(body).exprs.of(&ir.exprs).iter().find_map(|expr| match expr {
        Expr::Literal(Literal::Str(text)) => Some(*text),
        _ => None,
    })
}

/// The module that a file is, by its name.
fn file_module(path: &str) -> Option<&str> {
    let stem = path.rsplit('/').next()?.strip_suffix(".rs")?;
    match stem {
        "mod" => path.rsplit('/').nth(1),
        "lib" | "main" => None,
        stem => Some(stem),
    }
}

fn snake_case(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    let letters: Vec<char> = name.chars().collect();
    for (at, c) in letters.iter().enumerate() {
        let after_lower = at > 0 && !letters[at - 1].is_uppercase();
        let before_lower = letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        if c.is_uppercase() && at > 0 && (after_lower || before_lower) {
            text.push('_');
        }
        text.extend(c.to_lowercase());
    }
    text
}

fn camel_case(name: &str) -> String {
    name.split('_')
        .map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default();
            first + letters.as_str()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{camel_case, snake_case};

    #[test]
    fn names_change_their_case() {
        assert_eq!(snake_case("Greeter"), "greeter");
        assert_eq!(snake_case("SysDb"), "sys_db");
        assert_eq!(snake_case("HTTPProxy"), "http_proxy");
        assert_eq!(camel_case("say_hello"), "SayHello");
    }
}
