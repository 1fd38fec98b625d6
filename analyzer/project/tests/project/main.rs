//! Discovery and loading over folders that are written for each test.

#![allow(clippy::unwrap_used)] // The helpers are test code, too, which the lint does not see.

mod configuration;
mod discovery;
mod loading;
mod manifests;
mod support;
