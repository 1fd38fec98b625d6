//! What the analyzer knows of web frameworks: how each builds its routers.
//!
//! The engine evaluates the code that builds routers (locals, helper functions, closures, conditionals, loops) and
//! asks the frameworks what a call comes to. A framework is one file here and one line in [`FRAMEWORKS`]. It
//! implements [`Framework`]:
//!
//! - `crates`, `builds`: by which names a body shows that it builds routers. Be narrow: bodies that pass are
//!   evaluated, and handlers should not be among them.
//! - `parameter`: types that hold routes. A function that takes or returns one is evaluated, and a parameter of which
//!   nothing else is known begins as an empty router of that kind.
//! - `call`: functions and macros (`web::get()`, `routes![..]`). Make a [`Router`](ward_semantics::endpoint::Router)
//!   with `cx.router(self, KIND)`, and routes with `cx.routes(methods, path, handler, call)`. Everything that holds
//!   routes is a router: also the methods of one path, a scope, a resource, a filter. `None` says that the call is
//!   not known: routers among its arguments then count as served, closures among them are run.
//! - `method`: methods of these routers, which keep it as it is if not known. Builders give a changed router. What
//!   changes through `&mut` sets `in_place`, and the evaluation puts it back where it came from.
//! - Paths: a child's routes are taken over with `cx.close(&child)`, which puts `prefix` before them and the
//!   pending `layers` around them. A layer that covers what is there already goes on `route.layers`, one that
//!   covers all routes of the router, later ones too, on `router.layers`; both innermost first.
//! - `attributes`, `attributed`: functions that are routes by attribute. They are asked for when such a function is
//!   registered, and those that nothing registers are listed all the same.
//! - `implementation`: impls that are endpoints by themselves.
//!
//! What cannot be evaluated is never dropped: a path that is not known is a text with
//! [`HOLE`](ward_semantics::endpoint::HOLE) in it, a handler `Handler::Unknown`, and both are recorded with their
//! place. The spec `specs/frameworks/<name>.md` shows the table that small projects give: a `routes` fence holds
//! its rows.

mod actix_web;
mod axum;
mod common;
mod dropshot;
mod graphql;
mod hyper;
mod lambda_http;
mod ntex;
mod poem;
mod rocket;
mod salvo;
mod server_functions;
mod tide;
mod tonic;
mod warp;

use ward_semantics::endpoint::Framework;

/// Every framework.
pub static FRAMEWORKS: &[&dyn Framework] = &[
    &actix_web::ACTIX_WEB,
    &axum::Axum,
    &dropshot::Dropshot,
    &graphql::ASYNC_GRAPHQL,
    &graphql::JUNIPER,
    &hyper::Hyper,
    &lambda_http::LambdaHttp,
    &ntex::NTEX,
    &poem::Poem,
    &rocket::Rocket,
    &salvo::Salvo,
    &server_functions::DIOXUS,
    &server_functions::LEPTOS,
    &tide::Tide,
    &tonic::Tonic,
    &warp::Warp,
];
