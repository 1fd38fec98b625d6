//! `cargo dev bench`: what the analysis costs beside parsing alone.
//!
//! Every measurement is a process of its own, so that none finds memory or names that another left, and kinds
//! take turns, so that a slow minute of the machine strikes all of them. CPU time and memory are read from
//! `/proc`, so this runs on Linux only.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;
use ward_dev::pipeline::{analyze_all, parse_all};
use ward_project::{TestCode, thread_pool};

use crate::release;

/// What is measured.
#[derive(Clone, Copy, ValueEnum, PartialEq, Eq)]
pub(crate) enum Work {
    /// syn over all files.
    ParseFloor,
    /// The whole analysis.
    Full,
    /// The whole analysis without test code.
    FullTrimmed,
}

impl Work {
    fn name(self) -> &'static str {
        match self {
            Self::ParseFloor => "parse-floor",
            Self::Full => "full",
            Self::FullTrimmed => "full-trimmed",
        }
    }
}

/// CPU time in seconds, and peak memory in MB.
#[derive(Clone, Copy)]
struct Cost {
    seconds: f64,
    memory: f64,
}

/// Measures each kind of work `rounds` times, and prints medians and their ratio to the floor.
pub(crate) fn run(path: &Path, threads: Option<usize>, rounds: usize) -> Result<()> {
    ensure!(rounds > 0, "nothing can be said from no measurement");
    let binary = release::build("ward_dev")?;
    let kinds = [Work::ParseFloor, Work::Full, Work::FullTrimmed];
    let mut costs = [const { Vec::new() }; 3];
    for _ in 0..rounds {
        for (work, costs) in kinds.into_iter().zip(&mut costs) {
            costs.push(measured(&binary, work, path, threads)?);
        }
    }
    let [floor, ..] = costs.each_ref().map(|costs| median(costs, |cost| cost.seconds));
    println!("{:24} {:>8} {:>7} {:>8}", "", "CPU s", "ratio", "peak MB");
    for (work, costs) in kinds.into_iter().zip(&costs) {
        let (seconds, memory) = (median(costs, |cost| cost.seconds), median(costs, |cost| cost.memory));
        let name = format!("pipeline/{}", work.name().replace('-', "_"));
        println!("{name:24} {seconds:8.2} {:7.2} {memory:8.0}", seconds / floor);
    }
    Ok(())
}

fn median(costs: &[Cost], part: fn(&Cost) -> f64) -> f64 {
    let mut values: Vec<f64> = costs.iter().map(part).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Runs one measurement in a process of its own.
fn measured(binary: &Path, work: Work, path: &Path, threads: Option<usize>) -> Result<Cost> {
    let mut command = Command::new(binary);
    command.args(["measure", work.name()]).arg(path);
    if let Some(threads) = threads {
        command.args(["--threads", &threads.to_string()]);
    }
    let output = command.output().with_context(|| format!("{}: cannot be run", binary.display()))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let mut words = said.split_whitespace().map(str::parse);
    let (Some(Ok(seconds)), Some(Ok(memory))) = (words.next(), words.next()) else {
        bail!("{}: {}", work.name(), String::from_utf8_lossy(&output.stderr).trim());
    };
    Ok(Cost { seconds, memory })
}

/// Does the work and prints the CPU seconds and the MB that this process took.
pub(crate) fn measure(work: Work, path: &Path, threads: Option<usize>) -> Result<()> {
    let pool = thread_pool(threads)?;
    pool.install(|| match work {
        Work::ParseFloor => parse_all(path),
        Work::Full => analyze_all(path, TestCode::Keep),
        Work::FullTrimmed => analyze_all(path, TestCode::Trim),
    })?;
    println!("{} {}", cpu_seconds()?, peak_memory()?);
    Ok(())
}

/// User and system time of this process, all threads.
fn cpu_seconds() -> Result<f64> {
    /// How the kernel counts for programs, whatever it does itself.
    const TICKS: f64 = 100.0;
    let stat = fs::read_to_string("/proc/self/stat").context("CPU time is known on Linux only")?;
    // The name in parentheses may hold spaces; user and system time are the 12th and 13th word behind it.
    let words = stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace()).into_iter().flatten();
    let ticks: Vec<f64> = words.skip(11).take(2).filter_map(|word| word.parse().ok()).collect();
    ensure!(ticks.len() == 2, "/proc/self/stat is not as expected");
    Ok(ticks.iter().sum::<f64>() / TICKS)
}

/// The most memory this process had at once, in MB.
fn peak_memory() -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status").context("memory is known on Linux only")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|rest| rest.trim().strip_suffix("kB")?.trim().parse::<f64>().ok());
    kilobytes.map(|kilobytes| kilobytes / 1024.0).context("/proc/self/status is not as expected")
}
