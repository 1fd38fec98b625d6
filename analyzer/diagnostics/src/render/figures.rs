//! The figures of a run, in words: what was analysed and what was not.

use crate::finding::SuppressionKind;
use crate::report::{Report, RunStats};

/// `46 files with 2,945 lines in 4 packages, 127 endpoints`.
pub(super) fn analysed(stats: &RunStats) -> String {
    let files = counted(stats.files, "file");
    let lines = counted(stats.lines, "line");
    let packages = counted(stats.packages, "package");
    let endpoints = counted(stats.endpoints, "endpoint");
    format!("{files} with {lines} in {packages}, {endpoints}")
}

/// What the run did not see. `None` if it saw everything.
pub(super) fn left_out(stats: &RunStats) -> Option<String> {
    let mut parts = Vec::new();
    if stats.unparsed > 0 {
        parts.push(format!("parts of {} that did not parse", counted(stats.unparsed, "file")));
    }
    if stats.skipped > 0 {
        parts.push(format!("{} that could not be read", counted(stats.skipped, "file")));
    }
    if stats.opaque_macros > 0 {
        parts.push(format!("{} that could not be expanded", counted(stats.opaque_macros, "macro call")));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// `5 suppressed: 4 by the baseline, 1 in the source`. `None` if nothing is.
pub(super) fn suppressed(report: &Report<'_>) -> Option<String> {
    let kinds = [
        (SuppressionKind::Baseline, "by the baseline"),
        (SuppressionKind::Configuration, "by the configuration"),
        (SuppressionKind::InSource, "in the source"),
    ];
    let count = |kind| {
        let suppressions = report.findings.iter().filter_map(|finding| finding.suppression.as_ref());
        suppressions.filter(|suppression| suppression.kind == kind).count()
    };
    let counts: Vec<(usize, &str)> =
        kinds.iter().map(|(kind, by)| (count(*kind), *by)).filter(|(count, _)| *count > 0).collect();
    let all: usize = counts.iter().map(|(count, _)| count).sum();
    match counts[..] {
        [] => None,
        [(_, by)] => Some(format!("{} suppressed {by}", grouped(all))),
        _ => {
            let each: Vec<String> =
                counts.iter().map(|(count, by)| format!("{} {by}", grouped(*count))).collect();
            Some(format!("{} suppressed: {}", grouped(all), each.join(", ")))
        }
    }
}

/// A number and what is counted, in the plural if there are more.
pub(super) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(count))
}

/// A number with a comma between its groups of three digits.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
