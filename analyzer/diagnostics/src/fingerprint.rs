//! Fingerprints: what makes a finding of one run the same finding in the next.
//!
//! There are two. GitHub identifies alerts by `primaryLocationLineHash`, which its upload action computes by
//! itself and compares with what a file brings, so ours is the same algorithm bit by bit. Our own depends on
//! the lint, the function and the code of the primary place, and survives lines that move.

use std::collections::BTreeMap;

use ward_syntax::Span;

use crate::finding::Finding;
use crate::report::Sources;
use crate::text::Texts;

/// How many characters a line's hash looks at, from its first one on.
const WINDOW: usize = 100;
/// The factor of the rolling hash.
const FACTOR: u64 = 37;
/// What stands for the end of the file: JavaScript's 16 bits of -1.
const END_OF_FILE: u16 = u16::MAX;

const TAB: u16 = b'\t' as u16;
const SPACE: u16 = b' ' as u16;
const LINE_FEED: u16 = b'\n' as u16;
const CARRIAGE_RETURN: u16 = b'\r' as u16;

/// The hash that GitHub's upload action gives to each line of a file.
pub(crate) struct LineHashes(Vec<(u64, u32)>);

impl LineHashes {
    /// Hashes all lines of a text. Lines end here at `\n`, `\r\n` and at a lone `\r`.
    pub(crate) fn new(text: &str) -> Self {
        let mut rolling = RollingHash::new();
        let mut at_line_start = true;
        let mut after_carriage_return = false;
        for mut unit in text.encode_utf16().chain([END_OF_FILE]) {
            let repeated_break = after_carriage_return && unit == LINE_FEED;
            after_carriage_return = unit == CARRIAGE_RETURN;
            if unit == SPACE || unit == TAB || repeated_break {
                continue;
            }
            if unit == CARRIAGE_RETURN {
                unit = LINE_FEED;
            }
            rolling.push(unit, at_line_start);
            at_line_start = unit == LINE_FEED;
        }
        for _ in 0..WINDOW {
            rolling.push(0, false);
        }
        Self(rolling.lines)
    }

    /// The hash of a line (counted from 1) in the form `hash:count`.
    pub(crate) fn get(&self, line: u32) -> Option<String> {
        let (hash, count) = self.0.get((line as usize).checked_sub(1)?)?;
        Some(format!("{hash:x}:{count}"))
    }
}

/// A hash over the last [`WINDOW`] units, which notes its value whenever a line's first unit leaves the window.
struct RollingHash {
    window: [(u16, bool); WINDOW],
    next: usize,
    hash: u64,
    leaving_factor: u64,
    lines: Vec<(u64, u32)>,
    seen: BTreeMap<u64, u32>,
}

impl RollingHash {
    fn new() -> Self {
        Self {
            window: [(0, false); WINDOW],
            next: 0,
            hash: 0,
            leaving_factor: FACTOR.wrapping_pow(WINDOW as u32),
            lines: Vec::new(),
            seen: BTreeMap::new(),
        }
    }

    fn push(&mut self, unit: u16, starts_line: bool) {
        let (leaving, started_line) = std::mem::replace(&mut self.window[self.next], (unit, starts_line));
        if started_line {
            let count = self.seen.entry(self.hash).or_default();
            *count += 1;
            self.lines.push((self.hash, *count));
        }
        self.hash = FACTOR
            .wrapping_mul(self.hash)
            .wrapping_add(u64::from(unit))
            .wrapping_sub(self.leaving_factor.wrapping_mul(u64::from(leaving)));
        self.next = (self.next + 1) % WINDOW;
    }
}

/// The fingerprints of findings, in their order: 16 hexadecimal digits, a colon, and a counter that tells apart
/// what is otherwise the same. Give all findings of a run in the order of [`crate::sort`], because the counter
/// follows it.
pub fn fingerprints(findings: &[Finding], sources: &dyn Sources) -> Vec<String> {
    compute(findings, &Texts::new(sources))
}

/// As [`fingerprints`], over texts that are already at hand.
pub(crate) fn compute(findings: &[Finding], texts: &Texts<'_>) -> Vec<String> {
    let mut seen = BTreeMap::<u64, u32>::new();
    let number = |finding: &Finding| {
        let hash = identity(finding, texts);
        let count = seen.entry(hash).or_default();
        *count += 1;
        format!("{hash:016x}:{count}")
    };
    findings.iter().map(number).collect()
}

/// What stays of a finding when lines move. Outside a function the path takes the function's place.
fn identity(finding: &Finding, texts: &Texts<'_>) -> u64 {
    let place = finding.primary.location;
    let owner = finding.function.as_deref().unwrap_or_else(|| texts.path(place.file));
    let code = texts.text(place.file).map(|text| normalise(text.slice(place.span))).unwrap_or_default();
    fnv(&[finding.lint.name, owner, &code])
}

/// A hash of code that does not change with its format, nor with the version of the analyzer.
pub fn content_hash(code: &str) -> u64 {
    fnv(&[&normalise(code)])
}

fn fnv(parts: &[&str]) -> u64 {
    let mut hash = FNV_OFFSET;
    for part in parts {
        // No part holds the byte 0xff, so it cannot be mistaken for text.
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME);
        }
    }
    hash
}

/// The parameters of FNV-1a: fingerprints are kept in files, so the hash may never change with a dependency.
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

/// Code without what a formatter changes: white space, and a comma before a closing bracket.
fn normalise(code: &str) -> String {
    let mut normal = String::with_capacity(code.len());
    for character in code.chars().filter(|character| !character.is_whitespace()) {
        if matches!(character, ')' | ']' | '}') && normal.ends_with(',') {
            normal.pop();
        }
        normal.push(character);
    }
    normal
}

/// The hash GitHub gives to the line a span starts in.
pub(crate) fn line_hash(text: &crate::text::SourceText, span: Span) -> Option<String> {
    text.hashes().get(text.line(text.clamp(span).start))
}

#[cfg(test)]
mod tests {
    use super::{LineHashes, normalise};

    #[track_caller]
    fn assert_hashes(text: &str, expected: &[&str]) {
        let hashes = LineHashes::new(text);
        let found: Vec<_> = (1..).map_while(|line| hashes.get(line)).collect();
        assert_eq!(found, expected);
    }

    // The expected hashes are those of the upload action itself: of its tests, or printed by it.

    #[test]
    fn an_empty_file_has_one_line() {
        assert_hashes("", &["c129715d7a2bc9a3:1"]);
        assert_eq!(LineHashes::new("").get(0), None);
    }

    #[test]
    fn white_space_within_lines_is_ignored() {
        assert_hashes(
            " a\nb\n  \t\tc\n d",
            &["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"],
        );
        assert_hashes(
            " hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End",
            &[
                "8b7cf3e952e7aeb2:1",
                "b1ae1287ec4718d9:1",
                "bff680108adb0fcc:1",
                "c6805c5e1288b612:1",
                "b86d3392aea1be30:1",
                "e6ceba753e1a442:1",
            ],
        );
    }

    #[test]
    fn all_line_breaks_are_the_same() {
        for text in [
            " hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n",
            " hello; \t\nworld!!!\r\r\r  \t\tGreetings\r End\r",
            " hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End\r\n",
            " hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n",
        ] {
            assert_hashes(
                text,
                &[
                    "e9496ae3ebfced30:1",
                    "fb7c023a8b9ccb3f:1",
                    "ce8ba1a563dcdaca:1",
                    "e20e36e16fcb0cc8:1",
                    "b3edc88f2938467e:1",
                    "c8e28b0b4002a3a0:1",
                    "c129715d7a2bc9a3:1",
                ],
            );
        }
    }

    #[test]
    fn repeated_lines_are_counted() {
        assert_hashes(
            &"Lorem ipsum dolor sit amet.\n".repeat(10),
            &[
                "a7f2ff13bc495cf2:1",
                "a7f2ff13bc495cf2:2",
                "a7f2ff13bc495cf2:3",
                "a7f2ff13bc495cf2:4",
                "a7f2ff13bc495cf2:5",
                "a7f2ff13bc495cf2:6",
                "a7f2ff1481e87703:1",
                "a9cf91f7bbf1862b:1",
                "55ec222b86bcae53:1",
                "cc97dc7b1d7d8f7b:1",
                "c129715d7a2bc9a3:1",
            ],
        );
        assert_hashes(
            "x = 2\nx = 1\nprint(x)\nx = 3\nprint(x)\nx = 4\nprint(x)\n",
            &[
                "e54938cc54b302f1:1",
                "bb609acbe9138d60:1",
                "1131fd5871777f34:1",
                "5c482a0f8b35ea28:1",
                "54517377da7028d2:1",
                "2c644846cb18d53e:1",
                "f1b89f20de0d133:1",
                "c129715d7a2bc9a3:1",
            ],
        );
    }

    #[test]
    fn characters_are_utf_16_units_and_a_byte_order_mark_counts() {
        assert_hashes(
            "\u{feff}let crab = \"🦀\";\r\n\tlet ü = \"äöü\";\n\n",
            &["155c4d37ac63ee9a:1", "4c6e058a18e3c096:1", "3c5bef55b72b93c9:1", "c129715d7a2bc9a3:1"],
        );
    }

    #[test]
    fn formatting_does_not_count() {
        assert_eq!(normalise("query(&sql,  name)"), normalise("query(\n    &sql,\n    name,\n)"));
        assert_ne!(normalise("query(a)"), normalise("query(b)"));
    }
}
