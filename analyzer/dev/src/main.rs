//! `cargo dev`: the chores of the developers.

mod bench;
mod corpus;
mod release;
mod show;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};
use ward_dev::{generate, new_lint, repository, schema};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Chores of the developers of cargo-ward.
#[derive(Parser)]
#[command(bin_name = "cargo dev")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Write the files of a new lint, and register it
    NewLint {
        /// The group, which is a folder below `lints/src`
        group: String,
        /// The lint's name in kebab case
        name: String,
    },
    /// Write the texts that are made from the code: the table of lints in the README, the schema of `ward.toml`
    Generate {
        /// Write nothing, and fail if something is stale
        #[arg(long)]
        check: bool,
    },
    /// Run the release build over each folder in a folder, and print a table
    Corpus {
        /// The folder with the services
        folder: PathBuf,
        /// The command to run, instead of building it
        #[arg(long)]
        binary: Option<PathBuf>,
    },
    /// Compare the CPU time of the analysis with that of parsing alone, over the same files
    Bench {
        /// A workspace, package or folder
        path: PathBuf,
        /// How many threads, all cores by default
        #[arg(long)]
        threads: Option<usize>,
        /// How often each is measured; the median is shown
        #[arg(long, default_value_t = 5)]
        rounds: usize,
    },
    /// Print what a layer of the engine has understood of a project
    Show {
        layer: show::Layer,
        /// A workspace, package or folder
        path: PathBuf,
    },
    /// One measurement, in a process of its own
    #[command(hide = true)]
    Measure {
        work: bench::Work,
        path: PathBuf,
        #[arg(long)]
        threads: Option<usize>,
    },
}

fn main() -> Result<()> {
    match Arguments::parse().chore {
        Chore::NewLint { group, name } => {
            for path in new_lint::new_lint(&repository(), &group, &name)? {
                println!("{}", path.display());
            }
            println!("next: rows in lints/models/, the spec, then `cargo dev generate`");
            Ok(())
        }
        Chore::Generate { check } => {
            write("README.md", check, generate::readme)?;
            write(schema::PATH, check, |_| schema::schema())
        }
        Chore::Corpus { folder, binary } => corpus::run(&folder, binary),
        Chore::Bench { path, threads, rounds } => bench::run(&path, threads, rounds),
        Chore::Show { layer, path } => show::run(layer, &path),
        Chore::Measure { work, path, threads } => bench::measure(work, &path, threads),
    }
}

/// Renews a text of the repository.
fn write(path: &str, check: bool, renew: impl FnOnce(&str) -> Result<String>) -> Result<()> {
    let file = repository().join(path);
    let old = std::fs::read_to_string(&file).with_context(|| format!("{path} cannot be read"))?;
    let new = renew(&old).with_context(|| path.to_owned())?;
    if old == new {
        return Ok(());
    }
    if check {
        bail!("{path} is stale, run `cargo dev generate`");
    }
    std::fs::write(&file, new).with_context(|| format!("{path} cannot be written"))
}
