//! Regular expressions: which characters a text can hold that one matches, that its groups capture, or that is left
//! when all it matches is taken out.
//!
//! A match proves as much as the expression says: `^[a-z]+$` that no harmful character is there, `[a-z]+` nothing.

use regex_syntax::hir::{Class, Hir, HirKind, Look};
use ward_semantics::Resolution;
use ward_syntax::{Expr, ExprId, Literal, Symbol};

use super::Evaluator;
use super::calls::ExternalCall;
use crate::models::{Barrier, Expression};
use crate::value::KindSet;

/// Longer expressions are not read.
const LONGEST: usize = 2000;

impl Evaluator<'_> {
    /// The kinds for which a barrier holds that rests on a regular expression, the receiver's.
    pub(super) fn kinds_by_expression(&self, call: &ExternalCall, barrier: &Barrier) -> KindSet {
        let kinds = self.cx.kinds(&barrier.kinds);
        let Some(expression) = barrier.expression else { return kinds };
        let text = call.receiver.and_then(|(receiver, value)| {
            self.values.constant_of(value).or_else(|| self.expression_of(receiver))
        });
        let Some(text) = text else {
            // Whether an expression that is not known is strict enough is the reader's to judge.
            return if expression.is_check() { kinds } else { KindSet::NONE };
        };
        let Some(hir) = parsed(text.as_str()) else { return KindSet::NONE };
        if expression == Expression::Rooted {
            return if begins_rooted(&hir) { kinds } else { KindSet::NONE };
        }
        let cleared = self.cleared_by_characters(|refused| match expression {
            Expression::Whole => is_whole(&hir) && holds_only_safe(&hir, refused),
            Expression::Found => holds_only_safe(&hir, refused),
            Expression::Groups => groups(&hir).iter().all(|group| holds_only_safe(group, refused)),
            Expression::Removed => leaves_only_safe(&hir, refused),
            Expression::Rooted => false,
        });
        let cleared = kinds.intersection(cleared);
        let is_endless = match expression {
            Expression::Whole => is_endless_number(&hir),
            Expression::Groups => groups(&hir).into_iter().any(is_endless_number),
            Expression::Found | Expression::Removed | Expression::Rooted => false,
        };
        // Any number of digits is more than a number has.
        if is_endless { cleared.without(self.refused_kinds()) } else { cleared }
    }

    /// The text of the regular expression that a static or constant holds.
    fn expression_of(&self, expr: ExprId) -> Option<Symbol> {
        let path = match self.ir.expr(expr) {
            Expr::Ref { operand, .. } | Expr::Unary { operand, .. } => return self.expression_of(operand),
            // `RE.get_or_init(..)`, or a function that hands out a static of its own.
            Expr::MethodCall { receiver, .. } => return self.expression_of(receiver),
            Expr::Call { callee, .. } => callee,
            _ => expr,
        };
        let Expr::Path(path) = self.ir.expr(path) else { return None };
        let Resolution::Def(def) = self.types.path(path) else { return None };
        let (file, body) = self.cx.body(def)?;
        let (types, ir) = (self.cx.semantics.types(def)?, self.cx.semantics.ir(file));
        let mut texts = ir.body(body).exprs.ids().filter_map(|id: ExprId| {
            let (args, model) = match ir.expr(id) {
                Expr::Call { args, .. } => (args, self.cx.models.of_callee(types.callee(id))?),
                Expr::Macro(call) => {
                    let call = ir.macro_call(call);
                    let path = self.cx.semantics.resolve_macro(def, call.path);
                    (call.args, self.cx.models.functions.get(self.cx.models.macros.get(&path)?)?)
                }
                _ => return None,
            };
            let first = ir.list(args).next().filter(|_| model.is_expression)?;
            match ir.expr(first) {
                Expr::Literal(Literal::Str(text)) => Some(text),
                _ => None,
            }
        });
        let text = texts.next()?;
        texts.next().is_none().then_some(text)
    }
}

fn parsed(text: &str) -> Option<Hir> {
    (text.len() <= LONGEST).then(|| regex_syntax::parse(text).ok()).flatten()
}

/// Whether an expression is digits, any number of them.
fn is_endless_number(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Repetition(repetition) => {
            let is_digits = matches!(repetition.sub.kind(), HirKind::Class(class)
                if holds(class, '0') && !holds(class, 'a') && !holds(class, '-'));
            is_digits && repetition.max.is_none()
        }
        HirKind::Capture(capture) => is_endless_number(&capture.sub),
        HirKind::Concat(parts) => {
            let mut parts = parts.iter().filter(|part| !matches!(part.kind(), HirKind::Look(_)));
            matches!((parts.next(), parts.next()), (Some(only), None) if is_endless_number(only))
        }
        _ => false,
    }
}

/// Whether nothing can stand before or behind a match.
fn is_whole(hir: &Hir) -> bool {
    let properties = hir.properties();
    properties.look_set_prefix().contains(Look::Start) && properties.look_set_suffix().contains(Look::End)
}

/// Whether what matches begins with one slash, or with a scheme, a host and a slash.
fn begins_rooted(hir: &Hir) -> bool {
    if !hir.properties().look_set_prefix().contains(Look::Start) {
        return false;
    }
    let HirKind::Concat(parts) = hir.kind() else { return false };
    let looks = parts.iter().take_while(|part| matches!(part.kind(), HirKind::Look(_))).count();
    let Some((HirKind::Literal(begin), rest)) =
        parts[looks..].split_first().map(|(first, rest)| (first.kind(), rest))
    else {
        return false;
    };
    match std::str::from_utf8(&begin.0).unwrap_or_default() {
        "/" => !begin_with_slash(rest),
        path if path.starts_with('/') => !path.starts_with("//") && !path.starts_with("/\\"),
        url => url.split_once("://").is_some_and(|(_, rest)| rest.find('/').is_some_and(|end| end > 0)),
    }
}

/// Whether what matches these, one behind the other, can begin with a slash of either kind.
fn begin_with_slash(parts: &[Hir]) -> bool {
    let certain = parts.iter().position(|part| part.properties().minimum_len() != Some(0));
    parts[..certain.map_or(parts.len(), |at| at + 1)].iter().any(begins_with_slash)
}

fn begins_with_slash(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => false,
        HirKind::Literal(literal) => literal.0.first().is_some_and(|first| matches!(first, b'/' | b'\\')),
        HirKind::Class(class) => holds(class, '/') || holds(class, '\\'),
        HirKind::Repetition(repetition) => begins_with_slash(&repetition.sub),
        HirKind::Capture(capture) => begins_with_slash(&capture.sub),
        HirKind::Concat(parts) => begin_with_slash(parts),
        HirKind::Alternation(parts) => parts.iter().any(begins_with_slash),
    }
}

/// Whether what matches holds harmless characters only.
fn holds_only_safe(hir: &Hir, refused: &str) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => {
            std::str::from_utf8(&literal.0).is_ok_and(|text| text.chars().all(|c| is_safe(c, refused)))
        }
        HirKind::Class(class) => harmful(refused).all(|c| !holds(class, c)),
        HirKind::Repetition(repetition) => holds_only_safe(&repetition.sub, refused),
        HirKind::Capture(capture) => holds_only_safe(&capture.sub, refused),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().all(|part| holds_only_safe(part, refused))
        }
    }
}

/// Whether a text holds harmless characters only when all matches are taken out of it: they are of all harmful ones.
fn leaves_only_safe(hir: &Hir, refused: &str) -> bool {
    match hir.kind() {
        HirKind::Class(class) => harmful(refused).all(|c| holds(class, c)),
        HirKind::Repetition(repetition) if repetition.min <= 1 => leaves_only_safe(&repetition.sub, refused),
        HirKind::Capture(capture) => leaves_only_safe(&capture.sub, refused),
        _ => false,
    }
}

/// The groups of an expression; the whole, where it has none.
fn groups(hir: &Hir) -> Vec<&Hir> {
    let mut groups = Vec::new();
    collect_groups(hir, &mut groups);
    if groups.is_empty() { vec![hir] } else { groups }
}

fn collect_groups<'h>(hir: &'h Hir, groups: &mut Vec<&'h Hir>) {
    match hir.kind() {
        HirKind::Capture(capture) => groups.push(&capture.sub),
        HirKind::Repetition(repetition) => collect_groups(&repetition.sub, groups),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            for part in parts {
                collect_groups(part, groups);
            }
        }
        _ => {}
    }
}

/// Characters that are harmful in most texts, and those that are for some.
fn harmful(refused: &str) -> impl Iterator<Item = char> {
    (0..128u8).map(char::from).filter(move |c| !is_safe(*c, refused))
}

fn is_safe(c: char, refused: &str) -> bool {
    super::conditions::is_safe_character(c, refused)
}

fn holds(class: &Class, c: char) -> bool {
    match class {
        Class::Unicode(class) => class.ranges().iter().any(|range| range.start() <= c && c <= range.end()),
        Class::Bytes(class) => {
            let byte = u8::try_from(c).unwrap_or(u8::MAX);
            class.ranges().iter().any(|range| range.start() <= byte && byte <= range.end())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hir(text: &str) -> Hir {
        parsed(text).expect("it is an expression")
    }

    #[test]
    fn a_check_is_of_the_whole_text_and_of_harmless_characters() {
        let checks = |text| is_whole(&hir(text)) && holds_only_safe(&hir(text), "");
        for strict in
            ["^[a-z]+$", r"^\w{1,20}$", r"\A[0-9a-f-]*\z", "^(asc|desc)$", r"^[a-z]+(_[a-z]+)?$", "^(?:a|b)$"]
        {
            assert!(checks(strict), "{strict}");
        }
        for lax in ["[a-z]+", "^[a-z]+", "(?m)^[a-z]+$", "^.*$", "^[^;]+$", r"^\S+$", "^a$|b", r"^'\w+'$"] {
            assert!(!checks(lax), "{lax}");
        }
        assert!(holds_only_safe(&hir("^[a-z./]+$"), "") && !holds_only_safe(&hir("^[a-z./]+$"), "/"));
    }

    #[test]
    fn a_path_begins_with_one_slash() {
        for rooted in
            ["^/([a-z0-9._-]+/?)*$", "^/[a-z]+", r"\A/\w", "^/$", "^/app/.*", r"^https://example\.org/"]
        {
            assert!(begins_rooted(&hir(rooted)), "{rooted}");
        }
        for other in
            ["/[a-z]+", "^/.*", "^/[a-z/]+$", "^/?[a-z]+$", "^//", "^(/a|//b)", r"^https://example\.org"]
        {
            assert!(!begins_rooted(&hir(other)), "{other}");
        }
    }

    #[test]
    fn any_number_of_digits_is_no_number() {
        for endless in [r"^\d+$", "[0-9]*", r"(\d+)"] {
            assert!(is_endless_number(&hir(endless)), "{endless}");
        }
        for bounded in [r"^\d{1,9}$", r"^[a-z]+$", r"^\w+$", r"^-?\d{2}$"] {
            assert!(!is_endless_number(&hir(bounded)), "{bounded}");
        }
    }

    #[test]
    fn groups_are_looked_at_alone() {
        let safe = |text| groups(&hir(text)).iter().all(|group| holds_only_safe(group, ""));
        assert!(safe(r"id='(\d+)'"));
        assert!(!safe(r"id=(.*)"));
        assert!(!safe(r"!\[[^\]]*\]\((https?://[^\)]+)\)"));
    }

    #[test]
    fn what_takes_out_all_harmful_characters_leaves_harmless_ones() {
        assert!(leaves_only_safe(&hir("[^a-z0-9_]"), ""));
        assert!(leaves_only_safe(&hir(r"\W+"), ""));
        assert!(!leaves_only_safe(&hir("'"), ""));
        assert!(!leaves_only_safe(&hir("[^a-z]{2}"), ""));
    }
}
