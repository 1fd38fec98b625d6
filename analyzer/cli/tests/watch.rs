//! `--watch`: a run for every change of somebody else.

// What lays out and runs a test may fail it.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use support::{CLEAN, Project, VULNERABLE};

/// Ends with the test.
struct Watching(Child);

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How many runs have ended.
fn runs(project: &Project) -> usize {
    fs::read_to_string(project.path("log")).unwrap().matches("waiting for changes").count()
}

#[track_caller]
fn wait_for(project: &Project, count: usize) {
    let start = Instant::now();
    while runs(project) < count {
        assert!(start.elapsed() < Duration::from_mins(1), "no run number {count}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_change_starts_another_run_and_a_report_does_not() {
    let project = Project::vulnerable();
    let log = fs::File::create(project.path("log")).unwrap();
    let mut command =
        project.command(&["--watch", "--format", "html=report.html", "--format", "json=out.json"]);
    let child = command.stdout(Stdio::null()).stderr(log).spawn().unwrap();
    let _watching = Watching(child);
    wait_for(&project, 1);
    assert!(project.read("out.json").contains("sql-injection"));
    // A page in the folder could be a template.
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(runs(&project), 1);
    project.write("src/main.rs", CLEAN);
    wait_for(&project, 2);
    assert!(!project.read("out.json").contains("sql-injection"));
    // What goes wrong is told, and ends nothing.
    project.write("ward.toml", "colour = 1\n");
    wait_for(&project, 3);
    assert!(project.read("log").contains("unknown key `colour`"));
    fs::remove_file(project.path("ward.toml")).unwrap();
    project.write("src/main.rs", VULNERABLE);
    wait_for(&project, 4);
    // So does a baseline.
    project.run(&["baseline"]).succeeded();
    wait_for(&project, 5);
}
