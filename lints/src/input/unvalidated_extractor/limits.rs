//! Limits of a query that the request chooses and nothing limits.

use ward_diagnostics::{Confidence, Severity};
use ward_flow::{Reached, Way, WayStepKind};
use ward_linter::LintContext;
use ward_syntax::{Expr, ExprId, Literal, Piece, SourceIr};

use super::UNVALIDATED_EXTRACTOR;
use crate::input::{numbers, taken};

/// What stands at a place that a request's number reaches.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// The limit of a query.
    Limit,
    /// Something else that is bound.
    Other,
    /// Not known: the query's text is elsewhere.
    Unknown,
}

pub(super) fn check(cx: &LintContext) {
    for (reached, confidence) in cx.flows("limit").into_iter().filter_map(numbers::of_request) {
        let confidence = match use_of(cx, &reached) {
            Use::Limit => confidence,
            Use::Unknown if reached.ways.iter().any(is_called_limit) => Confidence::Low,
            Use::Unknown | Use::Other => continue,
        };
        let message =
            format!("the request chooses how many rows `{}` asks for, without a bound", reached.callee);
        let mut finding = numbers::finding(cx, &UNVALIDATED_EXTRACTOR, message, &reached, confidence)
            .label("nothing bounds this number")
            .note("one request can read a whole table into memory and send it");
        finding.severity = Severity::Medium;
        cx.report(finding);
    }
}

/// Whether a way goes through a name that says limit.
fn is_called_limit(way: &Way) -> bool {
    let last = way.path.names().last();
    let bound = way.steps.iter().filter_map(|step| match step.kind {
        WayStepKind::Bound(name) | WayStepKind::Parameter(name) => Some(name),
        _ => None,
    });
    last.into_iter().chain(bound).any(|name| says_limit(name.as_str()))
}

fn says_limit(name: &str) -> bool {
    let name = name.to_lowercase().replace('_', "");
    ["limit", "pagesize", "perpage", "itemsperpage", "maxresults"].iter().any(|word| name.contains(word))
}

/// What the place is to the query it is given to.
fn use_of(cx: &LintContext, reached: &Reached) -> Use {
    if matches!(reached.callee.as_str(), "limit" | "paginate") {
        return Use::Limit;
    }
    let ir = cx.semantics().ir(reached.place.file);
    let is_place = |expr: ExprId| ir.expr_span(expr) == reached.place.span;
    for (_, expr) in taken::expressions(cx, reached.function) {
        match expr {
            Expr::MethodCall { receiver, args, .. } if ir.list(args).any(is_place) => {
                return bound_by_method(ir, receiver);
            }
            Expr::Macro(id) => {
                let args: Vec<ExprId> = ir.list(ir.macro_call(id).args).collect();
                let Some(at) = args.iter().position(|arg| is_place(*arg)) else { continue };
                let text = args.iter().position(|arg| text_of(ir, *arg).is_some());
                let Some(first) = text.filter(|first| *first < at) else { return Use::Unknown };
                return use_at(&text_of(ir, args[first]).unwrap_or_default(), at - first - 1);
            }
            _ => {}
        }
    }
    Use::Unknown
}

/// What the next value is that is bound to a query: `sqlx::query("..").bind(a)`.
fn bound_by_method(ir: &SourceIr, receiver: ExprId) -> Use {
    let mut bound = 0;
    let mut next = receiver;
    loop {
        match ir.expr(next) {
            Expr::MethodCall { receiver, method, .. } => {
                bound += usize::from(method.as_str() == "bind");
                next = receiver;
            }
            Expr::Call { args, .. } => {
                let text = ir.list(args).find_map(|arg| text_of(ir, arg));
                return text.map_or(Use::Unknown, |text| use_at(&text, bound));
            }
            _ => return Use::Unknown,
        }
    }
}

/// The text of a query, holes left out.
fn text_of(ir: &SourceIr, expr: ExprId) -> Option<String> {
    match ir.expr(expr) {
        Expr::Literal(Literal::Str(text)) => Some(text.as_str().to_owned()),
        Expr::Ref { operand, .. } => text_of(ir, operand),
        Expr::Format(format) => {
            let pieces = ir.format(format).pieces.iter();
            Some(
                pieces
                    .map(|piece| if let Piece::Text { text, .. } = piece { text.as_str() } else { "_" })
                    .collect(),
            )
        }
        _ => None,
    }
}

/// What the value at an index is in a query's text: `LIMIT $2`, `LIMIT ?`.
fn use_at(text: &str, index: usize) -> Use {
    let upper = text.to_uppercase();
    let Some(at) = upper.find("LIMIT") else { return Use::Other };
    let behind = upper[at + "LIMIT".len()..].trim_start();
    let is_it = if let Some(number) = behind.strip_prefix('$') {
        let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
        digits.parse() == Ok(index + 1)
    } else if behind.starts_with('?') {
        upper[..at].matches('?').count() == index
    } else {
        false
    };
    if is_it { Use::Limit } else { Use::Other }
}

#[cfg(test)]
mod tests {
    use super::{Use, says_limit, use_at};

    #[test]
    fn the_limit_is_found_by_its_number() {
        let numbered = "SELECT id FROM users WHERE a = $1 limit $2 OFFSET $3";
        assert!(use_at(numbered, 1) == Use::Limit && use_at(numbered, 2) == Use::Other);
        let plain = "SELECT id FROM users WHERE a = ? LIMIT ?";
        assert!(use_at(plain, 1) == Use::Limit && use_at(plain, 0) == Use::Other);
        assert!(use_at("INSERT INTO t (size) VALUES ($1)", 0) == Use::Other);
    }

    #[test]
    fn names_say_limit() {
        assert!(["limit", "page_size", "perPage", "query_limit"].into_iter().all(says_limit));
        assert!(!["offset", "page", "id"].into_iter().any(says_limit));
    }
}
