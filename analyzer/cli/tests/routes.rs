//! `cargo ward routes`: its formats, and what changed since a revision.

// What lays out and runs a test may fail it.
#![allow(clippy::unwrap_used)]

mod support;

use support::Project;

const SERVICE: &str = "\
use axum::{Router, extract::Path, middleware::from_fn, routing::{delete, get}};

pub fn app() -> Router {
    Router::new()
        .route(\"/items/{id}\", delete(remove))
        .layer(from_fn(auth))
        .route(\"/health\", get(|| async { \"<ok>\" }))
}

async fn remove(Path(id): Path<u32>) {}
async fn auth(request: axum::extract::Request, next: axum::middleware::Next) -> Result<axum::response::Response, http::StatusCode> {
    let token = request.headers().get(\"authorization\").ok_or(http::StatusCode::UNAUTHORIZED)?;
    if token != std::env::var(\"TOKEN\").unwrap_or_default().as_str() {
        return Err(http::StatusCode::UNAUTHORIZED);
    }
    Ok(next.run(request).await)
}
";

fn service() -> Project {
    Project::new(&[("src/lib.rs", SERVICE)])
}

#[test]
fn the_table_has_a_line_for_each_endpoint() {
    let ran = service().run(&["routes"]);
    assert_eq!(ran.status, 0);
    let lines: Vec<Vec<&str>> = ran.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0][..3], ["METHOD", "PATH", "HANDLER"]);
    assert_eq!(lines[1][..4], ["GET", "/health", "closure", "src/lib.rs:7"]);
    assert_eq!(lines[2][..4], ["DELETE", "/items/{id}", "remove", "src/lib.rs:10"]);
    assert!(ran.stdout.contains("2 endpoints"));
}

#[test]
fn what_the_project_says_of_access_counts() {
    let source = "\
use axum::{Router, routing::get, middleware::from_fn};

pub fn app() -> Router {
    Router::new()
        .route(\"/items\", get(items))
        .layer(from_fn(ours::checked))
        .route(\"/own\", get(own))
        .route(\"/ping\", get(items))
        .route(\"/status\", get(status))
        .route(\"/open\", get(items))
}

pub struct Caller;
async fn items() {}
async fn own(caller: Caller) {}
// ward: public(reason = \"load balancers ask it\")
async fn status() {}
";
    let project = Project::new(&[("src/lib.rs", source)]);
    let verdicts = || {
        let table = project.run(&["routes", "--format", "json"]).json();
        let routes = table["routes"].as_array().unwrap().iter();
        routes
            .map(|route| format!("{} {}", route["path"].as_str().unwrap(), route["guards"]))
            .collect::<Vec<_>>()
            .join("\n")
    };
    project.write("ward.toml", "[access]\nguards = [\"crate::Caller\"]\npublic = [\"/ping\"]\n");
    insta::assert_snapshot!(verdicts(), @r#"
    /items {"verdict":"none"}
    /open {"verdict":"none"}
    /own {"by":["Caller"],"verdict":"by"}
    /ping {"by":"","verdict":"public"}
    /status {"by":"load balancers ask it","verdict":"public"}
    "#);
    let table = project.run(&["routes"]).stdout;
    assert!(table.contains("public") && table.contains("2 without a guard"), "{table}");
    project.write("ward.toml", "[suppressions]\nrequire-reason = true\n[access]\npublic = [\"/pnig\"]\n");
    let ran = project.run(&["routes"]);
    assert_eq!(ran.stderr, "warning: ward.toml:4:11: no endpoint fits `/pnig`\n");
}

#[test]
fn what_was_not_found_is_not_judged() {
    let source = "\
use axum::{Router, routing::{get, post}};
mod gone;

pub fn app() -> Router {
    Router::new()
        .route(\"/list\", get(ext::list))
        .route(\"/gone\", post(gone::save))
        .route(\"/missing\", post(not_here))
        .nest(\"/api\", ext::router())
        .merge(ext::more())
        .route(\"/own\", get(own))
        .nest_service(\"/static\", tower_http::services::ServeDir::new(\"static\"))
}
async fn own() {}
";
    let project = Project::new(&[("src/lib.rs", source)]);
    insta::assert_snapshot!(project.run(&["routes"]).told(), @"
    status 0
    --- stdout
    METHOD  PATH             HANDLER                                            GUARDS AND LAYERS  TAKES
    ANY     /api/{*rest} ?   ext::router src/lib.rs:9                           ?
    POST    /gone ?          gone::save src/lib.rs:7                            ?
    GET     /list ?          ext::list src/lib.rs:6                             ?
    POST    /missing ?       not_here src/lib.rs:8                              ?
    GET     /own             own src/lib.rs:14                                  no guard
    ANY     /static/{*rest}  tower_http::services::ServeDir::new src/lib.rs:12  no guard
    ANY     /{?} ?           ext::more src/lib.rs:10                            ?
    7 endpoints, 2 without a guard, 5 not wholly evaluated (marked `?`)
    ");
    let table = project.run(&["routes", "--format", "json"]).json();
    let list = table["routes"].as_array().unwrap().iter().find(|route| route["path"] == "/list").unwrap();
    assert_eq!(list["guards"]["verdict"], "unknown");
    assert_eq!(list["unknown"][0], "the handler was not found, src/lib.rs:6");
}

#[test]
fn json_holds_everything() {
    let table = service().run(&["routes", "--format", "json"]).json();
    let route = &table["routes"][1];
    assert_eq!(route["methods"][0], "DELETE");
    assert_eq!(route["path"], "/items/{id}");
    assert_eq!(route["handler_at"]["line"], 10);
    assert_eq!(route["router"], "shop::app");
    assert_eq!(route["extractors"][0], "Path<u32>");
    assert_eq!(route["layers"][0]["name"], "from_fn(auth)");
    assert_eq!(table["routes"][0]["layers"], serde_json::json!([]));
}

#[test]
fn openapi_describes_paths_and_parameters() {
    let document = service().run(&["routes", "--format", "openapi"]).json();
    let operation = &document["paths"]["/items/{id}"]["delete"];
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(operation["operationId"], "remove");
    assert_eq!(operation["parameters"][0]["name"], "id");
    assert!(document["paths"]["/health"]["get"].is_object());
}

#[test]
fn markdown_is_a_table() {
    let ran = service().run(&["routes", "--format", "markdown"]);
    assert!(ran.stdout.contains("| DELETE | `/items/{id}` | `remove` src/lib.rs:10 |"), "{}", ran.stdout);
}

#[test]
fn the_page_loads_nothing_and_trusts_nothing() {
    let project = Project::new(&[("src/lib.rs", &SERVICE.replace("/health", "/<script>alert(1)</script>"))]);
    let page = project.run(&["routes", "--format", "html"]).stdout;
    assert!(page.starts_with("<!doctype html>") && page.contains("/items/<i>{id}</i>"));
    assert!(!page.contains("<script>alert") && !page.contains("http"), "{page}");
}

#[test]
fn a_difference_tells_what_lost_its_layer_first() {
    let project = service();
    project.commit();
    let unchanged = project.run(&["routes", "--diff", "HEAD"]);
    assert!(unchanged.stdout.starts_with("no endpoint was added"), "{}", unchanged.stdout);
    let changed = SERVICE.replace("        .layer(from_fn(auth))\n", "").replace("/health", "/ready");
    project.write("src/lib.rs", changed);
    let told = project.run(&["routes", "--diff", "HEAD"]).stdout;
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[0].starts_with("un-guarded DELETE /items/{id}"), "{lines:?}");
    assert!(lines[1].starts_with("added      GET /ready"), "{lines:?}");
    assert!(lines[2].starts_with("removed    GET /health"), "{lines:?}");
    insta::assert_snapshot!(project.run(&["routes", "--diff", "mian"]).told(), @"
    status 2
    --- stderr
    error: git knows no revision `mian`
      help: did you mean `main`?
    ");
    // A hook of another repository is run with variables that mean that one.
    let mut hook = project.command(&["routes", "--diff", "HEAD"]);
    hook.envs([("GIT_DIR", "/nowhere"), ("GIT_WORK_TREE", "/nowhere"), ("GIT_INDEX_FILE", "/nowhere/index")]);
    let told = project.ran(&hook.output().unwrap());
    assert_eq!(told.stdout.lines().collect::<Vec<_>>(), lines, "{}", told.stderr);
}

#[test]
fn services_of_the_first_workspace_are_served() {
    let service = "\
use tonic::{Request, Response, Status, transport::Server};

pub mod pb { tonic::include_proto!(\"shop\"); }
pub struct Orders;

#[tonic::async_trait]
impl pb::orders_server::Orders for Orders {
    async fn create(&self, request: Request<()>) -> Result<Response<()>, Status> { Ok(Response::new(())) }
}

pub async fn serve() {
    Server::builder().add_service(pb::orders_server::OrdersServer::new(Orders)).serve(address()).await.unwrap();
}
";
    let table = Project::new(&[("src/lib.rs", service)]).run(&["routes", "--format", "json"]).json();
    assert_eq!(table["routes"][0]["path"], "/shop.Orders/Create");
    assert_eq!(table["routes"][0]["unknown"], serde_json::json!([]));
}

#[test]
fn a_difference_begins_where_the_branch_did() {
    let project = service();
    project.commit();
    project.git(&["checkout", "-q", "-b", "work"]);
    project.write("src/lib.rs", SERVICE.replace("/health", "/ready"));
    project.commit();
    project.git(&["checkout", "-q", "main"]);
    project.write("src/lib.rs", SERVICE.replace("/items/{id}", "/things/{id}"));
    project.commit();
    project.git(&["checkout", "-q", "work"]);
    let told = project.run(&["routes", "--diff", "main"]).stdout;
    assert!(told.contains("/ready") && !told.contains("/things") && !told.contains("/items"), "{told}");
}

#[test]
fn nothing_is_cut_without_a_terminal() {
    let path = format!("/{}", "very-long-".repeat(20));
    let project = Project::new(&[("src/lib.rs", &SERVICE.replace("/health", &path))]);
    let ran = project.run(&["routes"]);
    assert!(ran.stdout.contains(&path) && !ran.stdout.contains('…'), "{}", ran.stdout);
    let coloured = project.run(&["routes", "--color", "always"]).stdout;
    assert!(coloured.contains("\u{1b}[31m") && !coloured.contains("\u{1b}]8;;"), "{coloured}");
}
