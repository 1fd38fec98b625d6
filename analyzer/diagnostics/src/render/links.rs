//! Links in a terminal: places lead to their files, names of lints to their pages.

use std::collections::BTreeMap;

use crate::metadata::LintMetadata;

const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// What texts lead to.
#[derive(Debug, Default)]
pub(super) struct Links(BTreeMap<String, String>);

impl Links {
    /// Lets a place lead to a file below `root`, an absolute path.
    pub(super) fn place(&mut self, place: &str, root: &str, path: &str) {
        let line = place.rsplit(':').nth(1).filter(|line| line.bytes().all(|byte| byte.is_ascii_digit()));
        let line = line.map(|line| format!("#L{line}")).unwrap_or_default();
        let target = format!("file://{}/{}{line}", encoded(root.trim_end_matches('/')), encoded(path));
        self.0.insert(place.to_owned(), target);
    }

    /// Lets the name of a lint, in brackets, lead to its page.
    pub(super) fn lint(&mut self, lint: &LintMetadata) {
        self.0.insert(
            format!("[{}]", lint.name),
            format!("{REPOSITORY}/blob/main/lints/docs/{}.md", lint.name),
        );
    }

    /// The text with links.
    pub(super) fn apply(&self, text: &str) -> String {
        let mut linked = String::with_capacity(text.len() + 256);
        let mut rest = text;
        let mut before = None;
        while !rest.is_empty() {
            // The longest one that begins here.
            let found = self.0.iter().rev().find(|(place, _)| begins(rest, place));
            if let Some((place, target)) = found.filter(|_| !before.is_some_and(is_path)) {
                linked.extend(["\u{1b}]8;;", target, "\u{1b}\\", place, "\u{1b}]8;;\u{1b}\\"]);
                rest = &rest[place.len()..];
                before = place.chars().next_back();
                continue;
            }
            let next = rest.chars().next();
            linked.extend(next);
            before = next;
            rest = &rest[next.map_or(0, char::len_utf8)..];
        }
        linked
    }
}

fn begins(text: &str, place: &str) -> bool {
    text.strip_prefix(place).is_some_and(|after| !after.starts_with(|next: char| next.is_ascii_digit()))
}

fn is_path(character: char) -> bool {
    character.is_alphanumeric() || "_-./".contains(character)
}

fn encoded(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                encoded.push(char::from(byte));
            }
            byte => encoded.extend(format!("%{byte:02X}").chars()),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::Links;

    #[test]
    fn whole_places_are_linked() {
        let mut links = Links::default();
        links.place("a.rs:1:1", "/work dir", "a.rs");
        links.place("a.rs:1:12", "/work dir", "a.rs");
        let link =
            |place: &str| format!("\u{1b}]8;;file:///work%20dir/a.rs#L1\u{1b}\\{place}\u{1b}]8;;\u{1b}\\");
        assert_eq!(
            links.apply("in a.rs:1:12, b/a.rs:1:1, a.rs:1:13"),
            format!("in {}, b/a.rs:1:1, a.rs:1:13", link("a.rs:1:12"))
        );
        assert_eq!(links.apply("a.rs:1:1"), link("a.rs:1:1"));
    }
}
