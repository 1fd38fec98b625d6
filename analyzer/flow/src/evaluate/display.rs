//! What values look like as text, where a derive wrote the code that prints them.

use smallvec::SmallVec;
use ward_semantics::{DefId, Ty, TyKind};
use ward_syntax::{Attribute, HoleStyle, ItemKind, Span, Symbol, sym};

use super::variants::{Shape, shapes};
use super::{Evaluator, patterns};
use crate::step::StepKind;
use crate::value::{Hole, Text, Value, ValueId, add_origins};

/// Printed parts are looked into this deep.
const MOST_NESTED: u8 = 4;

/// A field that is printed.
struct Shown {
    variant: Option<Symbol>,
    field: Symbol,
    ty: Ty,
    style: HoleStyle,
    hole: Hole,
}

impl Evaluator<'_> {
    /// What a type of the workspace prints by attributes: `#[error("no user {0}")]`, `#[display("..")]`, a
    /// derived `Debug`. `None` where it has none.
    pub(super) fn printed_by_derive(
        &mut self,
        value: ValueId,
        ty: Ty,
        style: HoleStyle,
        span: Span,
    ) -> Option<ValueId> {
        let TyKind::Adt { def, .. } = ty.kind() else { return None };
        if self.printing >= MOST_NESTED {
            return None;
        }
        let variants = self.shown_variants.take();
        let mut shown = self.shown(*def, style)?;
        if let Some(variants) = &variants {
            shown.retain(|part| part.variant.is_none_or(|variant| variants.hold(variant)));
        }
        self.printing += 1;
        let mut text = Value { text: Text::Constant, built: true, ..Value::default() };
        for part in shown {
            let before = match part.variant {
                Some(variant) => self.values.part(value, patterns::variant_field(variant, part.field)),
                None => self.values.part(value, part.field),
            };
            let before = self.cut(before, part.ty);
            let before = if self.is_of_another_variant(before, &part) {
                before
            } else {
                self.with_type_source(before, part.ty, part.field, span)
            };
            self.shown_variants =
                variants.as_ref().zip(part.variant).and_then(|(variants, variant)| variants.inside(variant));
            let printed = self.printed(before, part.ty, part.style, span);
            self.shown_variants = None;
            text.text = text.text.max(self.values.text_of(printed));
            let origins = self.put_into(printed, part.hole, part.hole.before, span, StepKind::Template);
            add_origins(&mut text.origins, &origins);
        }
        self.printing -= 1;
        Some(self.values.push(text))
    }

    /// Whether a field is known to be empty: the value is another variant.
    fn is_of_another_variant(&self, field: ValueId, part: &Shown) -> bool {
        part.variant.is_some() && self.values.is_plain(field) && self.values.get(field).text == Text::Constant
    }

    /// The fields that are printed, of all variants.
    fn shown(&self, def: DefId, style: HoleStyle) -> Option<SmallVec<[Shown; 4]>> {
        let item = self.cx.semantics.item(def);
        if !matches!(item.kind, ItemKind::Enum { .. } | ItemKind::Struct { .. }) {
            return None;
        }
        let is_debug = match style {
            HoleStyle::Display => false,
            HoleStyle::Debug if item.derives("Debug") => true,
            HoleStyle::Debug | HoleStyle::Other => return None,
        };
        let mut shown = SmallVec::new();
        let mut is_written = is_debug;
        for Shape { index, variant, attributes, .. } in shapes(item) {
            let template = attributes.iter().find(|attribute| is_template(attribute));
            is_written |= template.is_some();
            for field in self.cx.semantics.fields(def, index) {
                let hole = if is_debug {
                    Some((Hole { before: sym::EMPTY, after: sym::EMPTY }, HoleStyle::Debug))
                } else {
                    template.and_then(|template| hole_of(template.args.as_str(), field.name.as_str()))
                };
                if let Some((hole, style)) = hole {
                    shown.push(Shown { variant, field: field.name, ty: field.ty, style, hole });
                }
            }
        }
        is_written.then_some(shown)
    }
}

fn is_template(attribute: &Attribute) -> bool {
    matches!(attribute.last_segment(), "error" | "display")
}

/// Where a template prints a field, and how: `"no user {name}"`, `"{}", .0`, `transparent`.
fn hole_of(args: &str, field: &str) -> Option<(Hole, HoleStyle)> {
    let args = args.trim();
    let nowhere = Hole { before: sym::EMPTY, after: sym::EMPTY };
    let Some(start) = args.find('"') else {
        return (args == "transparent" || args == "forward").then_some((nowhere, HoleStyle::Display));
    };
    let text = &args[start + 1..];
    let end = closing_quote(text)?;
    let (template, rest) = (&text[..end], &text[end..]);
    let mut before = 0;
    let mut at = 0;
    while let Some(open) = template[at..].find('{').map(|open| at + open) {
        if template[open..].starts_with("{{") {
            at = open + 2;
            continue;
        }
        let close = open + template[open..].find('}')?;
        let inside = &template[open + 1..close];
        let (name, format) = inside.split_once(':').unwrap_or((inside, ""));
        // An argument may be anything that names the field.
        let by_argument = || mentions(rest, field);
        let is_own = name.trim() == field
            || name.trim() == format!("_{field}")
            || (!is_field_name(name.trim()) && by_argument());
        if is_own {
            let after = &template[close + 1..];
            let after = &after[..after.find('{').unwrap_or(after.len())];
            let hole = Hole { before: Symbol::new(&template[before..open]), after: Symbol::new(after) };
            let style = if format.contains('?') { HoleStyle::Debug } else { HoleStyle::Display };
            return Some((hole, style));
        }
        before = close + 1;
        at = close + 1;
    }
    None
}

/// Whether a hole names a field, and not an argument that stands behind the template.
fn is_field_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit())
}

fn mentions(arguments: &str, field: &str) -> bool {
    let mut words = arguments.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.any(|word| word == field)
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.char_indices().find_map(|(at, c)| {
        let closes = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        closes.then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(args: &str, field: &str) -> Option<(String, String)> {
        hole_of(args, field).map(|(hole, _)| (hole.before.to_string(), hole.after.to_string()))
    }

    #[test]
    fn templates_print_the_fields_they_name() {
        let text = |before: &str, after: &str| Some((before.to_owned(), after.to_owned()));
        assert_eq!(around(r#""no user {0}!""#, "0"), text("no user ", "!"));
        assert_eq!(around(r#""{code}: {reason:?}""#, "reason"), text(": ", ""));
        assert_eq!(around(r#""said {}", .0.text()"#, "0"), text("said ", ""));
        assert_eq!(around(r#"fmt = "said \"{what}\"""#, "what"), text("said \\\"", "\\\""));
        assert_eq!(around("transparent", "0"), text("", ""));
        for (args, field) in [(r#""no user""#, "0"), (r#""{{0}}""#, "0"), (r#""{1}""#, "0"), ("", "0")] {
            assert_eq!(around(args, field), None, "{args}");
        }
        assert_eq!(hole_of(r#""{0:?}""#, "0").map(|(_, style)| style == HoleStyle::Debug), Some(true));
    }
}
