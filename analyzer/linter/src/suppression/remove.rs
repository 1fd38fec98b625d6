//! Taking suppressions out of a text.

use ward_syntax::Span;

/// What goes with a comment or an attribute: its line if nothing else stands there, else the blanks before it.
pub(super) fn whole(text: &str, span: Span, is_comment: bool) -> Span {
    let (start, end) = (span.start as usize, span.end as usize);
    let before = text.get(..start).unwrap_or_default();
    let after = text.get(end..).unwrap_or_default();
    let line = before.rfind('\n').map_or(0, |at| at + 1);
    let to_break = after.find('\n').map_or(after.len(), |at| at + 1);
    let alone = before[line..].trim().is_empty() && after[..to_break].trim().is_empty();
    if alone {
        return Span::new(line as u32, (end + to_break) as u32);
    }
    if is_comment && after[..to_break].trim().is_empty() {
        let kept = before.trim_end_matches([' ', '\t']).len();
        return Span::new(kept as u32, span.end);
    }
    let blanks = after.len() - after.trim_start_matches([' ', '\t']).len();
    Span::new(span.start, (end + blanks) as u32)
}

#[cfg(test)]
mod tests {
    use ward_syntax::Span;

    use super::whole;

    fn without(text: &str, part: &str, cut: impl Fn(&str, Span) -> Span) -> String {
        let start = text.find(part).unwrap() as u32;
        let gone = cut(text, Span::new(start, start + part.len() as u32));
        format!("{}{}", &text[..gone.start as usize], &text[gone.end as usize..])
    }

    #[test]
    fn a_comment_goes_with_its_line_or_its_blanks() {
        let comment = |text: &str| without(text, "// x", |text, span| whole(text, span, true));
        assert_eq!(comment("a\n    // x\nb"), "a\nb");
        assert_eq!(comment("a; // x\nb"), "a;\nb");
        assert_eq!(comment("// x"), "");
        let attribute = |text: &str| without(text, "#[x]", |text, span| whole(text, span, false));
        assert_eq!(attribute("#[x]\nfn a() {}"), "fn a() {}");
        assert_eq!(attribute("#[x] fn a() {}"), "fn a() {}");
    }
}
