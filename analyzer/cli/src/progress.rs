//! A bar on the standard error while a long run works, if somebody watches.

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::arguments::CheckArguments;

/// Shorter runs have none.
const PATIENCE: Duration = Duration::from_millis(600);
const PAUSE: Duration = Duration::from_millis(100);

/// Removes the bar when dropped.
#[derive(Debug)]
pub(crate) struct Progress {
    done: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Shows how many files have been read, as `read` counts them.
    pub(crate) fn start(arguments: &CheckArguments, read: &Arc<AtomicUsize>) -> Option<Self> {
        if arguments.quiet
            || !io::stderr().is_terminal()
            || std::env::var_os("TERM").is_some_and(|term| term == "dumb")
        {
            return None;
        }
        let done = Arc::new(AtomicBool::new(false));
        let (ended, read) = (Arc::clone(&done), Arc::clone(read));
        let thread = thread::spawn(move || show(&ended, &read));
        Some(Self { done, thread: Some(thread) })
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A bar that failed is no reason to fail.
            let _ = thread.join();
        }
    }
}

fn show(done: &AtomicBool, read: &AtomicUsize) {
    thread::park_timeout(PATIENCE);
    if done.load(Ordering::Relaxed) {
        return;
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
        bar.set_style(style);
    }
    let mut last = 0;
    while !done.load(Ordering::Relaxed) {
        let files = read.load(Ordering::Relaxed);
        // When no more files are read, the program as a whole is looked at.
        let what = if files == last && files > 0 { "following data through" } else { "reading" };
        bar.set_message(format!("{what} {files} files"));
        bar.tick();
        last = files;
        thread::park_timeout(PAUSE);
    }
    bar.finish_and_clear();
}
