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
    assert_eq!(project.run(&["routes", "--diff", "nothing"]).status, 2);
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
