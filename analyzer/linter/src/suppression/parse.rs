//! What a comment or attribute for the analyzer says: `allow(lint, .., reason = "..")` or `public(reason = "..")`.

use std::ops::Range;

/// What is said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Said<'t> {
    /// What it does.
    pub(crate) kind: Kind,
    /// The names in the brackets, each with its bytes in the text.
    pub(crate) names: Vec<(&'t str, Range<usize>)>,
    /// The reason.
    pub(crate) reason: Option<String>,
}

/// What a directive does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Suppresses findings.
    Allow,
    /// Declares that anybody may call a handler.
    Public,
}

/// What is wrong with a text, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Wrong {
    pub(crate) message: String,
    pub(crate) at: Range<usize>,
}

/// The forms there are, for help.
pub(crate) const FORMS: &str = "write `allow(lint, reason = \"..\")` or `public(reason = \"..\")`";

/// Reads a text.
pub(crate) fn parse(text: &str) -> Result<Said<'_>, Wrong> {
    let wrong = |message: &str, at: Range<usize>| Err(Wrong { message: message.to_owned(), at });
    let end = text.find(|byte: char| !byte.is_ascii_alphabetic()).unwrap_or(text.len());
    let kind = match &text[..end] {
        "allow" => Kind::Allow,
        "public" => Kind::Public,
        "" => return wrong("nothing is said here", 0..text.len()),
        other => return wrong(&format!("`{other}` means nothing here"), 0..end),
    };
    let mut said = Said { kind, names: Vec::new(), reason: None };
    let mut at = end + blanks(&text[end..]);
    if !text[at..].starts_with('(') {
        if kind == Kind::Public && at == text.len() {
            return Ok(said);
        }
        return wrong(&format!("`(` is missing after `{}`", &text[..end]), end..text.len());
    }
    at += 1;
    loop {
        at += blanks(&text[at..]);
        let rest = &text[at..];
        if let Some(after) = rest.strip_prefix(')') {
            if !after.trim().is_empty() {
                return wrong(
                    "there is more after the closing bracket; a reason stands within: `reason = \"..\"`",
                    at + 1..text.len(),
                );
            }
            break;
        }
        let length =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_')).unwrap_or(rest.len());
        let word = &rest[..length];
        if word.is_empty() {
            return wrong("a name, `reason = \"..\"` or `)` is missing", at..text.len());
        }
        let after_word = at + length + blanks(&rest[length..]);
        if word == "reason" && text[after_word..].starts_with('=') {
            let quote = after_word + 1 + blanks(&text[after_word + 1..]);
            let Some((reason, length)) = quoted(&text[quote..]) else {
                return wrong("the reason has to stand in quotes: `reason = \"..\"`", at..text.len());
            };
            said.reason = Some(reason).filter(|reason| !reason.trim().is_empty());
            at = quote + length;
        } else {
            said.names.push((word, at..at + length));
            at = after_word;
        }
        at += blanks(&text[at..]);
        if text[at..].starts_with(',') {
            at += 1;
        } else if !text[at..].starts_with(')') {
            return wrong("`,` or `)` is missing", at..text.len());
        }
    }
    match kind {
        Kind::Allow if said.names.is_empty() => wrong("the name of a lint is missing", 0..text.len()),
        Kind::Public if !said.names.is_empty() => {
            let at = said.names[0].1.clone();
            wrong("`public` takes nothing but a reason", at)
        }
        Kind::Allow | Kind::Public => Ok(said),
    }
}

fn blanks(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

/// A text in quotes at the beginning, and how many bytes it takes.
fn quoted(text: &str) -> Option<(String, usize)> {
    let mut inner = text.strip_prefix('"')?.char_indices();
    let mut reason = String::new();
    while let Some((at, character)) = inner.next() {
        match character {
            '"' => return Some((reason, at + 2)),
            '\\' => reason.push(inner.next()?.1),
            _ => reason.push(character),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Kind, parse};

    #[test]
    fn names_and_reasons_are_read() {
        let said = parse("allow(sql-injection, cors_any_origin , reason = \"it is \\\"fine\\\"\")").unwrap();
        let names: Vec<&str> = said.names.iter().map(|(name, _)| *name).collect();
        assert_eq!((said.kind, names), (Kind::Allow, vec!["sql-injection", "cors_any_origin"]));
        assert_eq!(said.reason.as_deref(), Some("it is \"fine\""));
        assert_eq!(parse("allow ( a , )").unwrap().names, [("a", 8..9)]);
        assert_eq!(parse("allow(a, reason = \" \")").unwrap().reason, None);
        assert_eq!(parse("public(reason = \"health\")").unwrap().reason.as_deref(), Some("health"));
        assert_eq!(parse("public").unwrap().kind, Kind::Public);
        assert_eq!(parse("public()").unwrap().reason, None);
    }

    #[test]
    fn mistakes_are_told() {
        let told = |text: &str| {
            let wrong = parse(text).unwrap_err();
            format!("{}: {}", &text[wrong.at], wrong.message)
        };
        assert_eq!(told("alow(a)"), "alow: `alow` means nothing here");
        assert_eq!(told("allow"), ": `(` is missing after `allow`");
        assert_eq!(told("allow()"), "allow(): the name of a lint is missing");
        assert_eq!(told("allow(a b)"), "b): `,` or `)` is missing");
        assert_eq!(told("allow(a"), ": `,` or `)` is missing");
        assert_eq!(
            told("allow(a, reason = x)"),
            "reason = x): the reason has to stand in quotes: `reason = \"..\"`"
        );
        assert_eq!(
            told("allow(a) because"),
            " because: there is more after the closing bracket; a reason stands within: `reason = \"..\"`"
        );
        assert_eq!(told("public(a)"), "a: `public` takes nothing but a reason");
    }
}
