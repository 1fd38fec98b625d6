//! The scanner: from the text of a template to its holes.

use ward_syntax::Span;

use super::expression::{path_of, printed};
use super::{Dialect, Escaping, Printed, Template, TemplateHole};

/// As much of the text before a hole is kept.
const MOST_BEFORE: usize = 400;
/// A template with more holes is no page anybody wrote.
const MOST_HOLES: usize = 4000;

/// Reads a template.
pub(crate) fn scan(text: &str, dialect: Dialect, escaping: Escaping) -> Template {
    let mut scanner =
        Scanner { text, dialect, escaping, names: Vec::new(), blocks: Vec::new(), literal: String::new() };
    let mut template = Template::default();
    let mut at = 0;
    while let Some(found) = text[at..].find('{').filter(|_| template.holes.len() < MOST_HOLES) {
        let start = at + found;
        scanner.keep(&text[at..start]);
        at = scanner.token(start, &mut template);
    }
    template
}

/// A block that is open.
#[derive(Debug)]
struct Block {
    /// Its keyword.
    name: String,
    /// How many names were bound outside of it.
    names: usize,
    /// How the engine escapes outside of it.
    escaping: Escaping,
}

struct Scanner<'t> {
    text: &'t str,
    dialect: Dialect,
    escaping: Escaping,
    /// Names with the paths they stand for, empty for what is not known; later ones hide earlier ones.
    names: Vec<(String, String)>,
    blocks: Vec<Block>,
    literal: String,
}

impl Scanner<'_> {
    /// Remembers literal text.
    fn keep(&mut self, text: &str) {
        self.literal.push_str(text);
        if self.literal.len() > 2 * MOST_BEFORE {
            let mut from = self.literal.len() - MOST_BEFORE;
            // What opens a script stays.
            from = self
                .literal
                .rfind("<script")
                .or(self.literal.rfind("<style"))
                .map_or(from, |at| from.min(at));
            from = if self.literal.len() - from > 16 * MOST_BEFORE {
                self.literal.len() - MOST_BEFORE
            } else {
                from
            };
            while !self.literal.is_char_boundary(from) {
                from += 1;
            }
            self.literal.drain(..from);
        }
    }

    /// What begins with the brace at `start`; gives back where the text goes on.
    fn token(&mut self, start: usize, template: &mut Template) -> usize {
        let rest = &self.text[start..];
        let forms: &[(&str, &str)] = match self.dialect {
            Dialect::Jinja => &[("{#", "#}"), ("{%", "%}"), ("{{", "}}")],
            Dialect::Handlebars => &[("{{!--", "--}}"), ("{{{{", "}}}}"), ("{{{", "}}}"), ("{{", "}}")],
        };
        let form = forms.iter().find(|(open, _)| rest.starts_with(open));
        let inside = form.and_then(|(open, close)| {
            let length = rest[open.len()..].find(close)?;
            Some((*open, &rest[open.len()..open.len() + length], open.len() + length + close.len()))
        });
        let Some((open, inside, length)) = inside else {
            self.keep("{");
            return start + 1;
        };
        let end = start + length;
        let span = Span { start: start as u32, end: end as u32 };
        let inside = inside.trim_matches(['-', '+', '~', '_']).trim();
        match open {
            "{%" => {
                if inside.split_whitespace().next() == Some("raw") {
                    let close = ["{% endraw", "{%- endraw", "{%endraw"];
                    let ends = close.iter().filter_map(|close| self.text[end..].find(close)).min();
                    return ends.map_or(self.text.len(), |at| end + at + 1);
                }
                self.statement(inside, template);
            }
            "{{" if self.dialect == Dialect::Handlebars => self.handlebars(inside, span, template),
            "{{{" => self.hole(inside, Printed::Raw, span, template),
            "{{" => self.hole(inside, printed(inside, self.escaping), span, template),
            _ => {}
        }
        end
    }

    fn hole(&mut self, inside: &str, printed: Printed, span: Span, template: &mut Template) {
        let is_put_together = inside.contains([' ', '+', '~']) && inside.starts_with(['"', '\'', '(']);
        let path = path_of(inside).filter(|_| !is_put_together).and_then(|path| self.resolve(&path));
        if let Some(path) = path {
            template.holes.push(TemplateHole { span, path, printed, before: self.literal.clone() });
        }
        // Something stands here, whatever it is.
        self.keep("\u{1}");
    }

    /// What a path stands for; `None` if that is not known.
    fn resolve(&self, path: &str) -> Option<String> {
        let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
        let Some((_, stands_for)) = self.names.iter().rev().find(|(name, _)| name == first) else {
            // The value itself.
            return match (first, rest) {
                ("self" | "this", rest) => rest.map(str::to_owned),
                _ => Some(path.to_owned()),
            };
        };
        if stands_for.is_empty() {
            return None;
        }
        Some(rest.map_or_else(|| stands_for.clone(), |rest| format!("{stands_for}.{rest}")))
    }

    fn bind(&mut self, name: &str, value: &str) {
        let path = path_of(value).and_then(|path| self.resolve(&path)).unwrap_or_default();
        self.names.push((name.trim().to_owned(), path));
    }

    fn open(&mut self, name: &str) {
        self.blocks.push(Block { name: name.to_owned(), names: self.names.len(), escaping: self.escaping });
    }

    /// Closes the innermost block of this name, and all in it.
    fn close(&mut self, name: &str) {
        let Some(at) = self.blocks.iter().rposition(|block| block.name == name) else { return };
        if let Some(block) = self.blocks.drain(at..).next() {
            self.names.truncate(block.names);
            self.escaping = block.escaping;
        }
    }

    /// `{% .. %}`.
    fn statement(&mut self, inside: &str, template: &mut Template) {
        let (keyword, rest) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
        let rest = rest.trim();
        match keyword {
            "extends" | "include" | "import" | "from" => template.others.extend(quoted(rest)),
            "for" => {
                self.open(keyword);
                let Some((pattern, items)) = rest.split_once(" in ") else { return };
                let names: Vec<&str> = names_of(pattern).collect();
                for name in &names {
                    // Of `(index, item)` and `key, value` any may be the item.
                    self.bind(name, items);
                }
            }
            "if" | "match" => {
                self.open(keyword);
                self.bind_pattern(rest);
                if keyword == "match" {
                    self.names.push((
                        String::new(),
                        path_of(rest).and_then(|path| self.resolve(&path)).unwrap_or_default(),
                    ));
                }
            }
            "elif" | "else" if rest.contains("let ") => self.bind_pattern(rest),
            "when" => {
                // What is matched was bound under no name.
                let matched = self.names.iter().rev().find(|(name, _)| name.is_empty());
                let matched = matched.map(|(_, path)| path.clone()).unwrap_or_default();
                if let Some((_, inner)) = rest.split_once('(') {
                    let names: Vec<String> = names_of(inner).map(str::to_owned).collect();
                    self.names.extend(names.into_iter().map(|name| (name, matched.clone())));
                }
            }
            "let" | "set" => {
                if let Some((name, value)) = rest.split_once('=') {
                    self.bind(name, value);
                }
            }
            "macro" => {
                self.open(keyword);
                let parameters = rest.split_once('(').map_or("", |(_, parameters)| parameters);
                for name in names_of(parameters) {
                    self.names.push((name.to_owned(), String::new()));
                }
            }
            "autoescape" => {
                self.open(keyword);
                let is_off = ["false", "off", "none", "\"none\"", "'none'"].contains(&rest);
                self.escaping = if is_off { Escaping::Off } else { Escaping::On };
            }
            _ => {
                if let Some(name) = keyword.strip_prefix("end") {
                    self.close(name);
                }
            }
        }
    }

    /// `let Some(name) = value`.
    fn bind_pattern(&mut self, text: &str) {
        let Some((pattern, value)) = text
            .strip_prefix("if ")
            .unwrap_or(text)
            .strip_prefix("let ")
            .and_then(|rest| rest.split_once('='))
        else {
            return;
        };
        let inner = pattern.split_once('(').map_or(pattern, |(_, inner)| inner);
        let names: Vec<&str> = names_of(inner).collect();
        for name in names {
            self.bind(name, value);
        }
    }

    /// `{{ .. }}`.
    fn handlebars(&mut self, inside: &str, span: Span, template: &mut Template) {
        if let Some(raw) = inside.strip_prefix('&') {
            return self.hole(raw, Printed::Raw, span, template);
        }
        if let Some(partial) = inside.strip_prefix('>').or_else(|| inside.strip_prefix("#>")) {
            let name = partial.split_whitespace().next().unwrap_or_default();
            template.others.push(name.trim_matches(['"', '\'']).to_owned());
            return;
        }
        if let Some(block) = inside.strip_prefix('#') {
            let (keyword, rest) = block.split_once(char::is_whitespace).unwrap_or((block, ""));
            self.open(keyword);
            if matches!(keyword, "each" | "with") {
                let names = rest.split_once('|').map_or("", |(_, names)| names);
                for name in names_of(names.trim_end_matches('|')) {
                    self.bind(name, rest);
                }
                self.bind("this", rest);
            }
            return;
        }
        if let Some(name) = inside.strip_prefix('/') {
            return self.close(name.trim());
        }
        if inside.starts_with('!') || inside.starts_with("else") || inside.contains(' ') {
            return self.keep("\u{1}");
        }
        let printed = match self.escaping {
            Escaping::On => Printed::Escaped,
            Escaping::Off => Printed::Raw,
        };
        self.hole(inside, printed, span, template);
    }
}

/// The names in a pattern or a list of parameters.
fn names_of(pattern: &str) -> impl Iterator<Item = &str> {
    let words =
        pattern.split([',', '(', ')', ' ', '&']).map(|word| word.split(['=', ':']).next().unwrap_or(word));
    words
        .map(str::trim)
        .filter(|word| word.chars().all(|c| c.is_alphanumeric() || c == '_') && !word.is_empty())
}

/// The texts between quotes.
fn quoted(text: &str) -> Vec<String> {
    let mut parts = text.split(['"', '\'']);
    let mut found = Vec::new();
    while let (Some(_), Some(inside)) = (parts.next(), parts.next()) {
        found.push(inside.to_owned());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Dialect, Escaping, Printed, scan};

    fn raw(text: &str, dialect: Dialect) -> Vec<String> {
        let template = scan(text, dialect, Escaping::On);
        let raw = template.holes.into_iter().filter(|hole| hole.printed == Printed::Raw);
        raw.map(|hole| hole.path).collect()
    }

    #[test]
    fn what_is_printed_as_it_is_has_a_filter_or_three_braces() {
        let text = "<p>{{ a }}{{ b|safe }}{{- self.c.d | trim | safe -}}{{ e|escape|safe }}{{ f|markdown|safe }}{{ g(h)|safe }}</p>";
        assert_eq!(raw(text, Dialect::Jinja), ["b", "c.d"]);
        assert_eq!(raw("{{a}}{{{b}}}{{& c}}{{!-- {{{d}}} --}}", Dialect::Handlebars), ["b", "c"]);
    }

    #[test]
    fn loops_and_bindings_are_parts_of_what_they_go_over() {
        let text = "{% for post in posts %}{{ post.body|safe }}{% endfor %}{{ post|safe }}\
            {% if let Some(note) = user.note %}{{ note|safe }}{% endif %}\
            {% match result %}{% when Some with (x) %}{{ x|safe }}{% endmatch %}\
            {% macro show(item) %}{{ item|safe }}{% endmacro %}{% let y = z.w %}{{ y|safe }}";
        assert_eq!(raw(text, Dialect::Jinja), ["posts.body", "post", "user.note", "result", "z.w"]);
        let text = "{{#each items}}{{{this.name}}}{{{other}}}{{/each}}{{#with a as |b|}}{{{b.c}}}{{/with}}";
        assert_eq!(raw(text, Dialect::Handlebars), ["items.name", "other", "a.c"]);
    }

    #[test]
    fn escaping_is_switched_and_raw_text_is_none() {
        let text = "{% autoescape false %}{{ a }}{% endautoescape %}{{ b }}{% raw %}{{ c|safe }}{% endraw %}{{ d|safe }}";
        assert_eq!(raw(text, Dialect::Jinja), ["a", "d"]);
    }

    #[test]
    fn whatever_stands_in_a_file_it_is_read() {
        for text in [
            "{",
            "{{",
            "{{ a",
            "{% for",
            "{% endfor %}{% endif %}",
            "{{{}}}",
            "{{}}",
            "{%%}",
            "ä{{ü|safe}}{#",
            "{{#each}}{{/if}}{{",
        ] {
            for dialect in [Dialect::Jinja, Dialect::Handlebars] {
                let _ = scan(text, dialect, Escaping::Off);
            }
        }
        let deep = "{{#if a}}{% if b %}".repeat(5000);
        assert!(scan(&deep, Dialect::Handlebars, Escaping::On).holes.is_empty());
    }
}
