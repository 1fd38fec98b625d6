//! Discovery and loading over folders that are written for each test.

mod configuration;
mod discovery;
mod loading;
mod manifests;
mod support;
