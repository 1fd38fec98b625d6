//! The arguments of attributes, read from their text.

use ward_syntax::{Attribute, Span};

/// One argument of an attribute: `value` or `name = value` or `name(value)`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AttributeArgument {
    /// Its name; empty if it has none.
    pub name: &'static str,
    /// The value as written, without spaces around it.
    pub value: &'static str,
    /// Name and value as written, without spaces around them.
    pub whole: &'static str,
    /// Where the value stands in the file.
    pub span: Span,
}

/// The arguments of an attribute, split at commas.
pub fn attribute_arguments(attribute: &Attribute) -> Vec<AttributeArgument> {
    let text = attribute.args.as_str();
    let mut arguments = Vec::new();
    let mut start = 0;
    let mut push = |from: usize, to: usize| {
        if let Some(argument) = argument(text, from, to, attribute.args_start) {
            arguments.push(argument);
        }
    };
    for at in top_level(text, b',') {
        push(start, at);
        start = at + 1;
    }
    push(start, text.len());
    arguments
}

fn argument(text: &'static str, from: usize, to: usize, offset: u32) -> Option<AttributeArgument> {
    let from = from + comments(text.get(from..to)?);
    let whole = text.get(from..to)?.trim_end();
    if whole.is_empty() {
        return None;
    }
    let named = top_level(whole, b'=').next().map(|at| (whole[..at].trim(), at + 1));
    let (name, start) = match named {
        Some((name, at)) if is_name(name) => (name, at),
        _ => {
            let open = whole.find('(').filter(|at| is_name(whole[..*at].trim()) && whole.ends_with(')'));
            match open {
                Some(at) => {
                    let inner = &whole[at + 1..];
                    let inner = inner.strip_suffix(')').unwrap_or(inner).trim();
                    let start = from + at + 1;
                    return Some(located(whole, whole[..at].trim(), inner, start, offset));
                }
                None => ("", 0),
            }
        }
    };
    let value = &whole[start..];
    let lead = value.len() - value.trim_start().len();
    Some(located(whole, name, value.trim(), from + start + lead, offset))
}

/// How much of a text its leading spaces and comments take.
fn comments(text: &str) -> usize {
    let mut at = 0;
    loop {
        let rest = &text[at..];
        at += rest.len() - rest.trim_start().len();
        let end = end_of_comment(text.as_bytes(), at);
        if end == at {
            return at;
        }
        at = end;
    }
}

/// Where a comment that begins at a byte ends; that byte if none does.
fn end_of_comment(bytes: &[u8], start: usize) -> usize {
    let (end, length): (&[u8], usize) = match bytes.get(start..start + 2) {
        Some(b"//") => (b"\n", 1),
        Some(b"/*") => (b"*/", 2),
        _ => return start,
    };
    let found = bytes[start + 2..].windows(length).position(|window| window == end);
    found.map_or(bytes.len(), |at| start + 2 + at + length)
}

fn located(
    whole: &'static str,
    name: &'static str,
    value: &'static str,
    start: usize,
    offset: u32,
) -> AttributeArgument {
    let start = offset + start as u32;
    AttributeArgument { name, value, whole, span: Span::new(start, start + value.len() as u32) }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == ':')
}

/// Where a byte stands outside of brackets and literals.
fn top_level(text: &str, wanted: u8) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut depth = 0_i32;
    let mut at = 0;
    while at < bytes.len() {
        let comment = end_of_comment(bytes, at);
        if comment > at {
            at = comment;
            continue;
        }
        match bytes[at] {
            b'"' => at = end_of_string(bytes, at),
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            byte if byte == wanted && depth == 0 => {
                let double = wanted == b'=' && bytes.get(at + 1) == Some(&b'=');
                if !double {
                    found.push(at);
                }
            }
            _ => {}
        }
        at += 1;
    }
    found.into_iter()
}

/// The closing quote of a string that opens at `start`, raw strings included.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let hashes = bytes[..start].iter().rev().take_while(|byte| **byte == b'#').count();
    let raw = start.checked_sub(hashes + 1).is_some_and(|at| bytes[at] == b'r');
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if !raw => at += 1,
            b'"' if !raw
                || bytes[at + 1..].iter().take(hashes).filter(|byte| **byte == b'#').count() == hashes =>
            {
                return at;
            }
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

impl AttributeArgument {
    /// The text of a string literal; none if the value is something else.
    pub fn literal(&self) -> Option<String> {
        let value = self.value;
        if let Some(raw) = value.strip_prefix('r') {
            let raw = raw.trim_matches('#');
            return raw.strip_prefix('"')?.strip_suffix('"').map(str::to_owned);
        }
        let inside = value.strip_prefix('"')?.strip_suffix('"')?;
        if !inside.contains('\\') {
            return Some(inside.to_owned());
        }
        let mut text = String::with_capacity(inside.len());
        let mut escaped = false;
        for c in inside.chars() {
            if !escaped && c == '\\' {
                escaped = true;
                continue;
            }
            text.push(c);
            escaped = false;
        }
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use ward_syntax::{Attribute, Span, Symbol};

    use super::attribute_arguments;

    fn read(text: &str) -> Vec<(String, String, u32)> {
        let attribute = Attribute {
            path: Symbol::new("get"),
            args: Symbol::new(text),
            span: Span::new(0, 0),
            args_start: 10,
        };
        let arguments = attribute_arguments(&attribute);
        arguments.into_iter().map(|a| (a.name.to_owned(), a.value.to_owned(), a.span.start)).collect()
    }

    fn row(name: &str, value: &str, start: u32) -> (String, String, u32) {
        (name.to_owned(), value.to_owned(), start)
    }

    #[test]
    fn arguments_are_split_at_commas_outside_of_literals() {
        assert_eq!(
            read(r#""/a,b", method = "GET", wrap = "Auth::new(1, 2)""#),
            [
                row("", r#""/a,b""#, 10),
                row("method", r#""GET""#, 27),
                row("wrap", r#""Auth::new(1, 2)""#, 41)
            ]
        );
        assert_eq!(read(r##"r#"/x"y,"#, rank = 2"##), [row("", r##"r#"/x"y,"#"##, 10), row("rank", "2", 29)]);
        assert_eq!(read("path(id, b)"), [row("path", "id, b", 15)]);
        assert_eq!(read("path(id, b(c))"), [row("path", "id, b(c)", 15)]);
        assert_eq!(
            read("// not (this, one\nmethod = GET, /* \" */ b"),
            [row("method", "GET", 37), row("", "b", 50)]
        );
        assert_eq!(read("  "), []);
    }
}
