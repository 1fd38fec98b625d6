//! `cargo ward`: the command line.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser;
use ward_diagnostics::{Report, Sources, render};
use ward_linter::{Confidence, Settings, analyze};
use ward_syntax::FileId;

#[global_allocator]
static GLOBAL: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
struct Arguments {
    #[arg(default_value = ".")]
    path: PathBuf,
    #[arg(long, default_value = "terminal")]
    format: String,
    #[arg(long)]
    output: Option<PathBuf>,
    #[arg(long, default_value = "medium")]
    min_confidence: Confidence,
    #[arg(long)]
    threads: Option<usize>,
    #[arg(short, long)]
    verbose: bool,
}

struct Texts<'a>(&'a ward_project::Project);

impl Sources for Texts<'_> {
    fn path(&self, file: FileId) -> &str {
        &self.0.file(file).path
    }

    fn text(&self, file: FileId) -> Option<Arc<str>> {
        Some(ward_project::read_source(self.0, file).ok()?.into())
    }
}

fn main() -> anyhow::Result<()> {
    let mut args: Vec<_> = std::env::args_os().collect();
    if args.get(1).is_some_and(|arg| arg == "ward") {
        args.remove(1);
    }
    let arguments = Arguments::parse_from(args);
    let pool = ward_project::thread_pool(arguments.threads)?;
    let registry = ward_lints::registry();
    let analysis = pool.install(|| analyze(&arguments.path, &registry, &Settings::default()))?;
    if arguments.verbose {
        for (phase, time) in &analysis.phases {
            eprintln!("{phase:10} {:7.1} ms", time.as_secs_f64() * 1000.0);
        }
        eprintln!("{:?}", analysis.stats);
    }
    let lints: Vec<_> = registry.lints.iter().map(|lint| lint.metadata).collect();
    let mut findings = analysis.findings;
    findings.retain(|finding| finding.confidence >= arguments.min_confidence);
    let count = findings.len();
    let report = Report {
        tool_version: env!("CARGO_PKG_VERSION"),
        lints: &lints,
        findings,
        problems: analysis.problems,
        stats: analysis.stats,
        root: ".".into(),
    };
    let sources = Texts(&analysis.semantics.project);
    let mut out: Box<dyn Write> = match &arguments.output {
        Some(path) => Box::new(std::fs::File::create(path)?),
        None => Box::new(std::io::stdout()),
    };
    match arguments.format.as_str() {
        "sarif" => render::sarif(&report, &sources, &render::SarifOptions::default(), &mut out)?,
        "json" => render::json(&report, &sources, &mut out)?,
        _ => render::terminal(&report, &sources, &render::TerminalOptions::default(), &mut out)?,
    }
    std::process::exit(i32::from(count > 0));
}
