//! What the engine has understood of a project, layer by layer, as text.

use std::path::Path;

use anyhow::{Result, bail};
use clap::ValueEnum;
use ward_flow::FlowIndex;
use ward_flow::models::{self, ModelFile};
use ward_project::{DiscoverOptions, discover, load, thread_pool};
use ward_semantics::{Semantics, pretty_names};

/// A layer of the engine.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Layer {
    /// The syntax trees as they were lowered
    Syntax,
    /// The modules and what their names mean
    Names,
    /// The types of expressions, and what is called
    Types,
    /// What every function does with data
    Summaries,
}

/// Prints a layer of the project at a path.
pub(crate) fn run(layer: Layer, path: &Path) -> Result<()> {
    let text = thread_pool(None)?.install(|| text(layer, path))?;
    print!("{text}");
    Ok(())
}

fn text(layer: Layer, path: &Path) -> Result<String> {
    let files: Vec<ModelFile> =
        ward_lints::registry().models.iter().map(|&(name, text)| ModelFile { name, text }).collect();
    let (mut models, errors) = models::load(&files, None);
    if let Some(error) = errors.first() {
        bail!("{error}");
    }
    let options = DiscoverOptions::default();
    let project = discover(path, &options)?;
    let loaded = load(&project, &options);
    let semantics = Semantics::new(project, loaded.files, std::mem::take(&mut models.externals));
    Ok(match layer {
        Layer::Syntax => semantics.files.iter().map(|file| ward_syntax::pretty(&file.ir)).collect(),
        Layer::Names => pretty_names(&semantics.def_map),
        Layer::Types => semantics.pretty_bodies(),
        Layer::Summaries => FlowIndex::new(&semantics, &models).pretty_summaries(&semantics),
    })
}
