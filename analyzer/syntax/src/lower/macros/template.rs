//! The language of format templates: text, `{{`, and holes.

use std::ops::Range;

use crate::HoleStyle;

/// A part of a template; ranges are bytes of its value.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    Text { text: String, range: Range<usize> },
    Hole { argument: Argument, style: HoleStyle, range: Range<usize> },
}

/// What a hole prints.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Argument {
    /// The n-th argument, written out or counted.
    Position(usize),
    /// A named argument or a captured variable: its range without `r#`.
    Name(Range<usize>),
}

/// Splits a template. What is no valid hole stays text.
pub(super) fn parts(template: &str) -> Vec<Part> {
    Reader { template, parts: Vec::new(), text: String::new(), text_start: 0, next: 0 }.run()
}

struct Reader<'t> {
    template: &'t str,
    parts: Vec<Part>,
    text: String,
    text_start: usize,
    /// The next argument counted.
    next: usize,
}

impl Reader<'_> {
    fn run(mut self) -> Vec<Part> {
        let mut at = 0;
        while let Some(brace) = self.template[at..].find(['{', '}']).map(|brace| at + brace) {
            self.text.push_str(&self.template[at..brace]);
            let rest = &self.template[brace..];
            at = if rest.starts_with("{{") || rest.starts_with("}}") {
                self.text.push_str(&rest[..1]);
                brace + 2
            } else if let Some(end) = self.hole(brace) {
                end
            } else {
                self.text.push_str(&rest[..1]);
                brace + 1
            };
        }
        self.text.push_str(&self.template[at..]);
        self.flush(self.template.len());
        self.parts
    }

    fn flush(&mut self, end: usize) {
        if !self.text.is_empty() {
            let text = std::mem::take(&mut self.text);
            self.parts.push(Part::Text { text, range: self.text_start..end });
        }
    }

    /// Reads the hole that opens at `start` and returns where it ends.
    fn hole(&mut self, start: usize) -> Option<usize> {
        let body = self.template[start..].strip_prefix('{')?;
        let length = body.find('}')?;
        let body = &body[..length];
        let (name, spec) = body.split_once(':').unwrap_or((body, ""));
        let spec = Spec::read(spec);
        let name_start = start + 1 + (name.len() - name.trim_start().len());
        let name = name.trim();
        let argument = if name.is_empty() {
            self.next += usize::from(spec.precision_counts);
            self.next += 1;
            Argument::Position(self.next - 1)
        } else if let Ok(position) = name.parse() {
            Argument::Position(position)
        } else {
            let raw = if name.starts_with("r#") { 2 } else { 0 };
            is_name(&name[raw..]).then_some(Argument::Name(name_start + raw..name_start + name.len()))?
        };
        let end = start + length + 2;
        self.flush(start);
        self.parts.push(Part::Hole { argument, style: spec.style, range: start..end });
        self.text_start = end;
        Some(end)
    }
}

fn is_name(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && characters.all(|character| character.is_alphanumeric() || character == '_')
}

/// What follows the colon: `[[fill]align][sign]['#']['0'][width]['.' precision][type]`.
struct Spec {
    style: HoleStyle,
    /// `.*` takes an argument of its own before the value.
    precision_counts: bool,
}

impl Spec {
    fn read(spec: &str) -> Self {
        let mut rest = spec.trim_end();
        let mut characters = rest.chars();
        let (first, second) = (characters.next(), characters.next());
        if let (Some(fill), Some('<' | '^' | '>')) = (first, second) {
            rest = &rest[fill.len_utf8() + 1..];
        }
        rest = rest.trim_start_matches(['<', '^', '>']).trim_start_matches(['+', '-']);
        // `#?` and `#x` alike: the sign says nothing of the style.
        rest = rest.strip_prefix('#').unwrap_or(rest);
        rest = count(rest);
        let mut precision_counts = false;
        if let Some(precision) = rest.strip_prefix('.') {
            precision_counts = precision.starts_with('*');
            rest = precision.strip_prefix('*').unwrap_or_else(|| count(precision));
        }
        let style = match rest {
            "" => HoleStyle::Display,
            "?" | "x?" | "X?" | "#?" => HoleStyle::Debug,
            _ => HoleStyle::Other,
        };
        Self { style, precision_counts }
    }
}

/// `rest` without the width or precision it begins with: digits, or an argument and `$`.
fn count(rest: &str) -> &str {
    let end = rest.find(|character: char| !(character.is_alphanumeric() || character == '_'));
    if let Some(end) = end
        && rest[end..].starts_with('$')
    {
        return &rest[end + 1..];
    }
    rest.trim_start_matches(|character: char| character.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{Argument, Part, parts};
    use crate::HoleStyle;

    fn show(template: &str) -> String {
        let show = |part: &Part| match part {
            Part::Text { text, range } => format!("{text:?}@{}..{}", range.start, range.end),
            Part::Hole { argument, style, range } => {
                let argument = match argument {
                    Argument::Position(position) => position.to_string(),
                    Argument::Name(name) => template[name.clone()].to_string(),
                };
                format!("<{argument} {style:?} {}>", &template[range.clone()])
            }
        };
        parts(template).iter().map(show).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn holes_of_all_kinds() {
        assert_eq!(show("a {} b {:?}"), r#""a "@0..2 <0 Display {}> " b "@4..7 <1 Debug {:?}>"#);
        assert_eq!(show("{1}{0}{}"), "<1 Display {1}> <0 Display {0}> <0 Display {}>");
        assert_eq!(
            show("{name:>10}{x:#?}{ y }"),
            "<name Display {name:>10}> <x Debug {x:#?}> <y Display { y }>"
        );
        assert_eq!(
            show("{:.*}{:08.3}{:width$.prec$}"),
            "<1 Display {:.*}> <2 Display {:08.3}> <3 Display {:width$.prec$}>"
        );
        assert_eq!(show("{:#x}{:e}{:#010b}"), "<0 Other {:#x}> <1 Other {:e}> <2 Other {:#010b}>");
        assert_eq!(show("{r#type}{:*^9?}"), "<type Display {r#type}> <0 Debug {:*^9?}>");
    }

    #[test]
    fn escapes_and_what_is_no_hole() {
        assert_eq!(show("{{}} {{{}}}"), r#""{} {"@0..7 <0 Display {}> "}"@9..11"#);
        assert_eq!(show("{a.b} {"), r#""{a.b} {"@0..7"#);
        assert_eq!(show("}{"), r#""}{"@0..2"#);
        assert_eq!(show(""), "");
    }

    #[test]
    fn holes_beside_wide_characters() {
        assert_eq!(show("ä{ö}🦀"), r#""ä"@0..2 <ö Display {ö}> "🦀"@6..10"#);
        assert_eq!(show("{:🦀<5}"), "<0 Display {:🦀<5}>");
    }

    #[test]
    fn style_is_that_of_the_type() {
        let style = |template: &str| match &parts(template)[..] {
            [Part::Hole { style, .. }] => *style,
            other => panic!("{other:?}"),
        };
        assert_eq!(style("{:?}"), HoleStyle::Debug);
        assert_eq!(style("{:5$}"), HoleStyle::Display);
        assert_eq!(style("{:<5x}"), HoleStyle::Other);
    }
}
