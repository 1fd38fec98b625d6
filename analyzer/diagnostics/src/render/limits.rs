//! What code scanning takes of one SARIF file.

use std::cmp::Reverse;
use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::finding::Finding;

/// The most results of one run.
pub(super) const MOST_RESULTS: usize = 25_000;
/// The most bytes, compressed.
const MOST_BYTES: usize = 10_000_000;

/// Which findings to keep if there is room for `count`: those that count, the most severe, the surest, the first.
pub(super) fn most_severe(findings: &[Finding], count: usize) -> Vec<bool> {
    let mut order: Vec<usize> = (0..findings.len()).collect();
    order.sort_by_key(|index| {
        let finding = &findings[*index];
        (
            finding.suppression.is_some(),
            Reverse((finding.level, finding.severity, finding.confidence)),
            *index,
        )
    });
    let mut kept = vec![false; findings.len()];
    order.into_iter().take(count).for_each(|index| kept[index] = true);
    kept
}

/// How many of `count` results would fit if they are too large together; `None` if they are not.
pub(super) fn fitting(log: &[u8], count: usize) -> Option<usize> {
    if log.len() <= MOST_BYTES || count == 0 {
        return None;
    }
    let size = compressed(log);
    if size <= MOST_BYTES {
        return None;
    }
    // A little less than their share, so that one more round is enough.
    Some((count * MOST_BYTES / size * 19 / 20).min(count - 1))
}

fn compressed(log: &[u8]) -> usize {
    struct Counter(usize);

    impl Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let mut encoder = GzEncoder::new(Counter(0), Compression::default());
    // Counting does not fail.
    let _ = encoder.write_all(log);
    encoder.finish().map_or(usize::MAX, |counter| counter.0)
}
