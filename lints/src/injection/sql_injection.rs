//! Text that somebody else chose in the text of an SQL query.
//!
//! Request data is reported wherever in the text it stands. A caller's text is reported in libraries only, and
//! only where a value is expected: a parameter for a table, a column or a whole clause is an interface, not a
//! mistake. A parameter that is the whole query is one too.

use ward_diagnostics::{Confidence, Finding, Severity};
use ward_flow::{Entry, Hole, Reached, Way};
use ward_linter::{Lint, LintContext, declare_lint};
use ward_syntax::FileSpan;

use super::sql_fix::Repairs;

declare_lint! {
    /// Text that somebody else chose in the text of an SQL query.
    SQL_INJECTION = {
        name: "sql-injection",
        group: "injection",
        summary: "text that somebody else chose becomes part of an SQL query",
        severity: High,
        confidence: High,
        cwe: [89],
        owasp: ["API8:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint = Lint { metadata: &SQL_INJECTION, check, kinds: &["sql"], guards: false };

/// A query, and the ways by which others write in its text.
struct Evidence {
    reached: Reached,
    confidence: Confidence,
}

fn describe(cx: &LintContext, repairs: &Repairs, evidence: &Evidence) -> Finding {
    let Evidence { reached, confidence } = evidence;
    let way = &reached.ways[0];
    let who = match way.entry {
        Entry::Request(_) | Entry::Other { .. } => "request data",
        Entry::Caller { .. } => "a caller's text",
    };
    let message = format!("{who} becomes part of the SQL text given to `{}`", reached.callee);
    let mut finding = Finding::new(&SQL_INJECTION, reached.place, message)
        .label("this text is executed as SQL")
        .note("whoever chooses this text can end the statement's own syntax and write another: read, change or delete any data the connection can reach")
        .help(reached.sink.help.as_str());
    finding.confidence = *confidence;
    finding.severity = match way.entry {
        Entry::Request(_) | Entry::Other { .. } => Severity::High,
        Entry::Caller { .. } => Severity::Medium,
    };
    finding.function = Some(cx.name(reached.function));
    finding.fixes.extend(repairs.of(cx, reached));
    for way in &reached.ways {
        finding = finding.flow(cx.tell(way, reached));
    }
    if let Some((at, message)) = entry_label(cx, way, reached) {
        finding = finding.related(at, message);
    }
    finding
}

/// Where the data comes in, as a label beside the query.
fn entry_label(cx: &LintContext, way: &Way, reached: &Reached) -> Option<(FileSpan, String)> {
    let flow = cx.tell(way, reached);
    let first = flow.steps.into_iter().next()?;
    (first.location != reached.place).then_some((first.location, first.message))
}

fn check(cx: &LintContext) {
    let repairs = Repairs::default();
    // In a service what comes in is known, and nobody else calls.
    let is_service = !cx.endpoints().all().is_empty();
    let confidence = |way: &Way| {
        let by_caller = is_service && matches!(way.entry, Entry::Caller { .. });
        confidence(way).map(|sure| if by_caller { Confidence::Low } else { sure })
    };
    for mut reached in cx.flows("sql") {
        reached.ways.retain(|way| confidence(way).is_some());
        // What a request can write is worse than what a caller can: the caller's ways are not told beside it.
        if matches!(reached.ways.first().map(|way| way.entry), Some(Entry::Request(_))) {
            reached.ways.retain(|way| matches!(way.entry, Entry::Request(_)));
        }
        if let Some(confidence) = reached.ways.iter().filter_map(confidence).max() {
            cx.report(describe(cx, &repairs, &Evidence { reached, confidence }));
        }
    }
}

/// How sure it is that a way writes in the query; `None` if it does not.
fn confidence(way: &Way) -> Option<Confidence> {
    if way.escaped.is_some_and(|quote| stands_between(way, quote.as_str())) {
        return None;
    }
    if is_dollar_quoted(way) {
        return None;
    }
    // A text that reads as SQL bears out one assumption: that it is given to a database.
    let assumed = way.assumed - u8::from(way.assumed > 0 && reads_as_sql(way));
    match (way.entry, assumed) {
        (Entry::Request(_), 0) if way.assumed == 0 => Some(Confidence::High),
        (Entry::Request(_), 0 | 1) => Some(Confidence::Medium),
        (Entry::Caller { .. }, 0 | 1) if is_value(way) => Some(Confidence::Medium),
        (_, _) if way.hole.is_some() => Some(Confidence::Low),
        _ => None,
    }
}

/// Whether the text was put between quotes of the kind that was doubled in it.
fn stands_between(way: &Way, quote: &str) -> bool {
    way.hole.is_some_and(|hole| is_open(hole.before.as_str(), quote))
}

/// Whether the text was put between dollar quotes with a tag: `$tag$..$tag$`. The tag is chosen not to be in it.
fn is_dollar_quoted(way: &Way) -> bool {
    way.hole.is_some_and(|hole| hole.before.as_str().ends_with('$') && hole.after.as_str().starts_with('$'))
}

/// Whether a piece of SQL ends within quotes: `LIKE '%`.
fn is_open(before: &str, quote: &str) -> bool {
    before.matches(quote).count() % 2 == 1
}

/// Whether the text was put where SQL expects a value.
fn is_value(way: &Way) -> bool {
    let value = |hole: Option<Hole>| hole.is_some_and(|hole| expects_value(hole.before.as_str()));
    value(way.hole) || (way.hole.is_some_and(|hole| !hole.is_telling()) && value(way.outer))
}

/// Whether the text around the holes is SQL.
fn reads_as_sql(way: &Way) -> bool {
    const WORDS: &[&str] = &[
        "SELECT", "INSERT", "UPDATE", "DELETE", "WHERE", "FROM", "AND", "IN", "VALUES", "LIKE", "LIMIT",
        "BY", "JOIN",
    ];
    let around = [way.hole, way.outer].into_iter().flatten();
    around
        .flat_map(|hole| hole.before.as_str().split(|c: char| !c.is_alphabetic()))
        .any(|word| WORDS.contains(&word))
}

/// Whether a value is expected behind this piece of SQL. Schema changes have none.
pub(super) fn expects_value(before: &str) -> bool {
    let before = before.trim_end().to_uppercase();
    let first = before.split_whitespace().next().unwrap_or_default();
    if ["CREATE", "ALTER", "DROP", "PRAGMA", "SET", "ATTACH", "TRUNCATE", "COPY"].contains(&first) {
        return false;
    }
    let ends =
        ["'", "=", "<", ">", " LIKE", " ILIKE", "IN (", "VALUES (", " BETWEEN", " LIMIT", " OFFSET", "'%"];
    ends.iter().any(|end| before.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::{expects_value, is_open};

    #[test]
    fn quotes_are_open_until_they_are_closed() {
        assert!(is_open("name = 'a' AND title LIKE '%", "'"));
        assert!(!is_open("name = 'a' AND id = ", "'"));
    }

    #[test]
    fn values_stand_behind_operators_and_quotes() {
        let yes = ["WHERE name = '", "WHERE id = ", "AND age >", "name LIKE '%", "rel_type IN (", "VALUES ("];
        assert!(yes.into_iter().all(expects_value));
        let no = ["SELECT * FROM ", "ORDER BY ", "DROP TABLE '", "PRAGMA x = ", "UPDATE ", "WHERE ", ""];
        assert!(!no.into_iter().any(expects_value));
    }
}
