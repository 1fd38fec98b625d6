//! Where in a page a text stands, read off the literal text before it.

/// Where in a page a text is put.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum HtmlContext {
    /// Between elements.
    Text,
    /// In the value of an attribute, between quotes of this kind.
    Quoted(char),
    /// In the value of an attribute without quotes, or where an attribute's name is expected.
    Unquoted,
    /// At the start of an address: `href="`.
    Address,
    /// In a script, or in an attribute that is one: `onclick="`.
    Script,
    /// In a style sheet.
    Style,
}

/// Attributes whose values are addresses.
const ADDRESSES: &[&str] =
    &["action", "background", "cite", "data", "formaction", "href", "manifest", "ping", "poster", "src"];

impl HtmlContext {
    /// The context that a piece of markup leaves open.
    pub(crate) fn after(before: &str) -> Self {
        let before = before.to_lowercase();
        if is_open(&before, "<script", "</script") {
            return Self::Script;
        }
        if is_open(&before, "<style", "</style") {
            return Self::Style;
        }
        let inside = before.rfind('<').map_or(before.as_str(), |tag| &before[tag..]);
        let after_tag = inside.rfind('>').is_some_and(|end| inside[end..].len() <= inside.len());
        // A piece that begins inside a tag has no `<` of its own: `" href="`.
        let open = if after_tag { &inside[inside.rfind('>').unwrap_or(0) + 1..] } else { inside };
        if after_tag {
            return Self::Text;
        }
        let Some(Value { name, quote, text: value }) = open_value(open) else {
            let is_name = open.starts_with('<') && open.contains(' ') && !open.contains('=');
            return if is_name { Self::Unquoted } else { Self::Text };
        };
        let Some(quote) = quote else {
            // A piece of an address: `&sort=`.
            if name.starts_with(['&', '?']) {
                return Self::Quoted('"');
            }
            let is_value = !name.is_empty() && (value.is_empty() || open.starts_with('<'));
            return if is_value { Self::Unquoted } else { Self::Text };
        };
        match name {
            _ if name.starts_with("on") => Self::Script,
            "style" => Self::Style,
            _ if ADDRESSES.contains(&name) && value.is_empty() => Self::Address,
            _ => Self::Quoted(quote),
        }
    }

    /// Whether a text that was escaped so is harmless here.
    ///
    /// The name of an escape lists what it takes out: `<`, `"` (and `'`), white space; `script` is an escape for
    /// texts of a script.
    pub(crate) fn is_served_by(self, escape: &str) -> bool {
        match self {
            Self::Text => escape.contains('<'),
            Self::Quoted(_) => escape.contains('"'),
            Self::Unquoted => escape.contains(' '),
            Self::Script => escape == "script",
            Self::Address | Self::Style => false,
        }
    }

    /// For messages: where the text is put.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Text => "the text of a page",
            Self::Quoted(_) => "an attribute of a page",
            Self::Unquoted => "an attribute without quotes",
            Self::Address => "the start of an address in a page",
            Self::Script => "a script of a page",
            Self::Style => "a style sheet of a page",
        }
    }
}

/// The value of an attribute that is not closed.
struct Value<'t> {
    /// The attribute, with a `&` or `?` before it if it is a part of an address.
    name: &'t str,
    /// The quote that opens it.
    quote: Option<char>,
    /// As much of it as there is.
    text: &'t str,
}

/// The value that a piece of a tag leaves open, if it does.
fn open_value(piece: &str) -> Option<Value<'_>> {
    let mut rest = piece;
    loop {
        let equals = rest.find('=')?;
        let name = rest[..equals].trim_end();
        let from = name.rfind(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '&' | '?' | '_'));
        let from = name.rfind(['&', '?']).or(from.map(|at| at + 1)).unwrap_or(0);
        let name = name.get(from..).unwrap_or_default();
        let value = rest[equals + 1..].trim_start();
        let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''));
        let text = if quote.is_some() { &value[1..] } else { value };
        let end = match quote {
            Some(quote) => text.find(quote).map(|at| at + 1),
            None => text.find(char::is_whitespace),
        };
        let Some(end) = end else { return Some(Value { name, quote, text }) };
        rest = &text[end..];
    }
}

/// Whether the last element of a kind was opened and not closed; within its own tag stand attributes like any others.
fn is_open(text: &str, start: &str, end: &str) -> bool {
    text.rfind(start).is_some_and(|at| text[at..].contains('>') && !text[at..].contains(end))
}

/// Whether the text around a hole is markup.
pub(crate) fn is_markup(before: &str, after: &str) -> bool {
    before.contains('<') || after.contains('<') || before.ends_with('>') || before.ends_with("=\"")
}

#[cfg(test)]
mod tests {
    use super::HtmlContext::{self, Address, Quoted, Script, Style, Text, Unquoted};

    #[test]
    fn the_text_before_a_hole_tells_its_context() {
        let cases = [
            ("<h1>Hello ", Text),
            ("", Text),
            ("</a></td><td>", Text),
            ("\">", Text),
            ("<a class=\"x\" title=\"", Quoted('"')),
            ("<a title='by ", Quoted('\'')),
            ("\" value=\"", Quoted('"')),
            ("<input value=", Unquoted),
            ("<a href=\"", Address),
            ("<a href=\"/users/", Quoted('"')),
            ("<a href=\"/users?name=", Quoted('"')),
            ("<a href=\"/users?name=\u{1}&sort=", Quoted('"')),
            ("&sort=", Quoted('"')),
            ("<a href=/users?name=", Unquoted),
            ("<a class='x' href=\"", Address),
            ("<script>var name = \"", Script),
            ("<script data-site=\"", Quoted('"')),
            ("<script src=\"", Address),
            ("<script data-site=\"a\">var name = \"", Script),
            ("<script>a()</script><p>", Text),
            ("<button onclick=\"go('", Script),
            ("<div style=\"color: ", Style),
            ("<style>a { color: ", Style),
        ];
        for (before, context) in cases {
            assert_eq!(HtmlContext::after(before), context, "{before}");
        }
    }

    #[test]
    fn an_escape_serves_where_it_takes_out_what_ends_the_context() {
        assert!(Text.is_served_by("<") && Text.is_served_by("<\"") && Quoted('"').is_served_by("<\""));
        assert!(!Quoted('"').is_served_by("<") && !Unquoted.is_served_by("<\""));
        assert!(!Script.is_served_by("<\"") && !Address.is_served_by("<\"") && Script.is_served_by("script"));
    }
}
