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
        let Some(equals) = open.rfind('=') else {
            return if open.starts_with('<') && open.contains(' ') { Self::Unquoted } else { Self::Text };
        };
        let name = open[..equals].trim_end();
        let name = &name[name.rfind(|c: char| !c.is_alphanumeric() && c != '-').map_or(0, |at| at + 1)..];
        let value = open[equals + 1..].trim_start();
        let Some(quote) = value.chars().next().filter(|quote| matches!(quote, '"' | '\'')) else {
            return if value.is_empty() && !name.is_empty() { Self::Unquoted } else { Self::Text };
        };
        let value = &value[1..];
        if value.contains(quote) {
            return Self::Text;
        }
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

/// Whether the last element of a kind was opened and not closed.
fn is_open(text: &str, start: &str, end: &str) -> bool {
    text.rfind(start).is_some_and(|at| !text[at..].contains(end))
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
            ("<script>var name = \"", Script),
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
