//! Paths of routes: putting them together, and one way to write parameters.

/// Stands in a text for a piece that is not known.
pub const HOLE: char = '\u{1}';

/// How a piece of a path that is not known is shown.
const SHOWN: &str = "{?}";

/// A prefix and a path with one slash between them; an empty path or `/` leaves the prefix as it is.
pub fn join(prefix: &str, path: &str) -> String {
    let (front, back) = (prefix.trim_end_matches('/'), path.trim_start_matches('/'));
    if back.is_empty() {
        return if front.is_empty() { "/".to_owned() } else { front.to_owned() };
    }
    if front.is_empty() && !prefix.starts_with('/') && !path.starts_with('/') {
        return back.to_owned();
    }
    format!("{front}/{back}")
}

/// The path with a slash at its start and parameters as `{name}` or, where they take the rest, `{*name}`. Knows
/// `:name`, `*name`, `{name}`, `{name:pattern}`, `{*name}`, `{**name}`, `{name...}`, `<name>` and `<name..>`; what
/// stands behind a `?` is no part of the path.
pub fn normalize(path: &str) -> String {
    let mut text = String::with_capacity(path.len() + 4);
    if !path.starts_with('/') {
        text.push('/');
    }
    let mut rest = path;
    let mut at_start = true;
    while let Some(first) = rest.chars().next() {
        let length = first.len_utf8();
        let taken = match first {
            '{' => bracketed(rest, '{', '}').map(|(inside, length)| {
                braces(&mut text, inside);
                length
            }),
            '<' => bracketed(rest, '<', '>').map(|(inside, length)| {
                braces(&mut text, inside);
                length
            }),
            ':' | '*' if at_start => {
                let name = &rest[1..rest.find('/').unwrap_or(rest.len())];
                let name = name.split(['(', '<', '{']).next().unwrap_or(name);
                let star = if first == '*' { "*" } else { "" };
                let shown = if name.is_empty() { "rest" } else { name.trim_start_matches('*') };
                text.push('{');
                text.push_str(star);
                text.push_str(shown.trim_end_matches('?'));
                text.push('}');
                Some(rest.find('/').unwrap_or(rest.len()))
            }
            HOLE => {
                text.push_str(SHOWN);
                Some(length)
            }
            '?' => return text,
            _ => None,
        };
        if let Some(taken) = taken {
            rest = &rest[taken..];
            at_start = false;
        } else {
            text.push(first);
            at_start = first == '/';
            rest = &rest[length..];
        }
    }
    text
}

/// A parameter in brackets: its name without patterns and types.
fn braces(text: &mut String, inside: &str) {
    let rest = inside.starts_with('*') || inside.ends_with("..") || inside.contains(":.*");
    let name = inside.trim_start_matches('*').trim_end_matches('.');
    let name = name.split([':', '|', '(']).next().unwrap_or(name).trim();
    text.push('{');
    if rest {
        text.push('*');
    }
    text.push_str(if name.is_empty() { "rest" } else { name });
    text.push('}');
}

/// What stands between a bracket at the start of the text and the one that closes it, and the length with both.
fn bracketed(text: &str, open: char, close: char) -> Option<(&str, usize)> {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        if c == open {
            depth += 1;
        } else if c == close {
            depth -= 1;
            if depth == 0 {
                return Some((&text[1..at], at + 1));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{join, normalize};

    #[test]
    fn paths_are_joined_with_one_slash() {
        assert_eq!(join("/api", "/users"), "/api/users");
        assert_eq!(join("/api/", "/users/"), "/api/users/");
        assert_eq!(join("/api", "/"), "/api");
        assert_eq!(join("", "/users"), "/users");
        assert_eq!(join("/", "/"), "/");
        assert_eq!(join("", ""), "/");
    }

    #[test]
    fn parameters_are_written_in_one_way() {
        assert_eq!(normalize("/a/:id/b"), "/a/{id}/b");
        assert_eq!(normalize("/a/*rest"), "/a/{*rest}");
        assert_eq!(normalize("/a/{id:[0-9]{2}}/x"), "/a/{id}/x");
        assert_eq!(normalize("/a/<id>?<page>"), "/a/{id}");
        assert_eq!(normalize("/a/<path..>"), "/a/{*path}");
        assert_eq!(normalize("/a/{tail:.*}"), "/a/{*tail}");
        assert_eq!(normalize("/a/{**rest}"), "/a/{*rest}");
        assert_eq!(normalize("a\u{1}"), "/a{?}");
        assert_eq!(normalize("/time/10:30"), "/time/10:30");
        assert_eq!(normalize(""), "/");
    }
}
