//! What a comment for the analyzer belongs to: the statement, match arm, field or item it stands behind, before, or in.

use super::scan::Comment;
use crate::{Directive, Expr, ItemKind, SourceIr, Span, Symbol};

/// Enters comments into the IR, each with what it belongs to.
pub(super) fn enter(ir: &mut SourceIr, comments: &[Comment], text: &str) {
    if comments.is_empty() {
        return;
    }
    let pieces = Pieces::of(ir, text);
    let directives = comments.iter().map(|comment| Directive {
        text: Symbol::new(comment.text.text(text)),
        text_start: comment.text.start,
        span: comment.span,
        target: pieces.target(ir, comment),
    });
    ir.directives = directives.collect();
}

/// Statements, arms, fields and items of a file.
struct Pieces<'t> {
    text: &'t str,
    spans: Vec<Span>,
}

impl<'t> Pieces<'t> {
    fn of(ir: &SourceIr, text: &'t str) -> Self {
        let mut spans: Vec<Span> = Vec::new();
        for (_, item) in ir.tree.iter() {
            spans.push(item.span);
            match &item.kind {
                ItemKind::Struct { fields, .. } => spans.extend(fields.fields.iter().map(|field| field.span)),
                ItemKind::Enum { variants, .. } => {
                    for variant in variants {
                        spans.push(variant.span);
                        spans.extend(variant.fields.fields.iter().map(|field| field.span));
                    }
                }
                ItemKind::Fn(function) => spans.extend(function.params.iter().map(|param| param.span)),
                _ => {}
            }
        }
        for expr in &ir.exprs {
            if let Expr::Block { stmts, tail, .. } = expr {
                spans.extend(ir.lists.get(*stmts).chain(*tail).map(|stmt| ir.expr_spans[stmt.index()]));
            }
        }
        let arm = |arm: &crate::Arm| ir.pat_spans[arm.pat.index()].cover(ir.expr_spans[arm.body.index()]);
        spans.extend(ir.arms.iter().map(arm));
        Self { text, spans }
    }

    fn target(&self, ir: &SourceIr, comment: &Comment) -> Span {
        let gap = Span::new(comment.before, comment.span.start).text(self.text);
        let is_behind = comment.before > 0 && !gap.contains('\n');
        if is_behind {
            return self.around(comment.before.saturating_sub(1)).unwrap_or(comment.span);
        }
        let begins = |span: &&Span| span.start == comment.after;
        let pieces = self.spans.iter().filter(begins);
        let exprs = ir.expr_spans.iter().filter(begins);
        let before = pieces.chain(exprs).copied().max_by_key(|span| span.end);
        before.or_else(|| self.around(comment.after)).unwrap_or(comment.span)
    }

    /// The smallest piece that holds a byte, or ends before it with only a separator between.
    fn around(&self, at: u32) -> Option<Span> {
        let holds = |span: &&Span| {
            let ends =
                span.end > at || matches!(Span::new(span.end, at + 1).text(self.text).trim(), ";" | ",");
            span.start <= at && ends
        };
        self.spans.iter().filter(holds).copied().min_by_key(|span| span.end - span.start)
    }
}

#[cfg(test)]
mod tests {
    use crate::{TestCode, lower};

    /// For each comment what it says, and what it belongs to.
    fn targets(text: &str) -> Vec<(&'static str, String)> {
        let (ir, errors) = lower(text, TestCode::Trim);
        assert_eq!(errors, []);
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let target = |span: crate::Span| words(&span.text(text).replace("// ward: x", ""));
        ir.directives.iter().map(|directive| (directive.text.as_str(), target(directive.target))).collect()
    }

    #[track_caller]
    fn assert_target(text: &str, expected: &str) {
        assert_eq!(targets(text), [("x", expected.to_owned())], "{text}");
    }

    #[test]
    fn a_comment_before_an_item_belongs_to_it() {
        assert_target("// ward: x\nfn a() { b() }\nfn c() {}", "fn a() { b() }");
        assert_target(
            "fn c() {}\n\n// ward: x\n/// doc\n#[get(\"/\")]\npub fn a() {}",
            "#[get(\"/\")] pub fn a() {}",
        );
        assert_target("#[get(\"/\")]\n// ward: x\nfn a() {}", "#[get(\"/\")] fn a() {}");
        assert_target("impl A {\n    // ward: x\n    // more\n    fn a() {}\n    fn b() {}\n}", "fn a() {}");
        assert_target("enum A {\n    B,\n    // ward: x\n    C(D),\n}", "C(D)");
    }

    #[test]
    fn a_comment_before_a_statement_belongs_to_it() {
        assert_target(
            "fn a() {\n    // ward: x\n    let b = c(\n        d,\n    );\n    e();\n}",
            "let b = c( d, );",
        );
        assert_target("fn a() {\n    // ward: x\n    b().c().await?;\n    e();\n}", "b().c().await?");
        assert_target("fn a() {\n    b();\n    // ward: x\n    c()\n}", "c()");
        assert_target(
            "fn a() {\n    match b {\n        // ward: x\n        C => d(),\n        E => {}\n    }\n}",
            "C => d()",
        );
        assert_target("fn a() {\n    b(\n        // ward: x\n        c.d(),\n        e,\n    );\n}", "c.d()");
        assert_target("fn a() {\n    b\n        // ward: x\n        .c();\n    d();\n}", "b .c()");
    }

    #[test]
    fn a_comment_behind_something_belongs_to_it() {
        assert_target("fn a() {\n    let b = c; // ward: x\n    let d = e;\n}", "let b = c;");
        assert_target("fn a() {\n    b(); // ward: x\n    c();\n}", "b()");
        assert_target("fn a() {\n    b(\n        c,\n    ); // ward: x\n    d();\n}", "b( c, )");
        assert_target("fn a() {\n    b(\n        c, // ward: x\n    );\n    d();\n}", "b( c, )");
        assert_target(
            "fn a() {\n    match b {\n        C => d(), // ward: x\n        E => {}\n    }\n}",
            "C => d()",
        );
        assert_target("fn a() { // ward: x\n    b();\n}", "fn a() { b(); }");
        assert_target("struct A {\n    b: C, // ward: x\n    d: E,\n}", "b: C");
    }

    #[test]
    fn strings_tests_and_documentation_hold_none() {
        assert_eq!(targets("/// ward: x\nfn a() { \"// ward: x\" }"), []);
        assert_eq!(targets("// ward: x\n#[test]\nfn a() {\n    // ward: x\n    b();\n}\nfn c() {}"), []);
        assert_eq!(
            targets("#[cfg(test)]\nmod t { fn a() {} // ward: x\n}\n// ward: y\nfn c() {}"),
            [("y", "fn c() {}".to_owned())]
        );
    }

    #[test]
    fn what_does_not_parse_keeps_the_rest() {
        let text = "fn broken( {\n}\nfn between() {}\n// ward: x\nfn a() {}\n";
        let (ir, errors) = lower(text, TestCode::Trim);
        assert!(!errors.is_empty());
        assert_eq!(ir.directives.len(), 1);
        assert_eq!(ir.directives[0].target.text(text), "fn a() {}");
    }
}
