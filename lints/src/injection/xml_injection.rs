//! Text that somebody else chose in XML that is built as text.
//!
//! Markup is known by its looks: a declaration, a name space or a CDATA section beside a hole. A CDATA section is ended by
//! `]]>` in its text.

use ward_diagnostics::{Confidence, Severity};
use ward_flow::{Entry, Way};
use ward_linter::{Lint, LintContext, declare_lint};

use crate::flows::{Judgement, Stored, Wording, by_request, report};
use crate::output::html::HtmlContext;

declare_lint! {
    /// Text that somebody else chose in XML that is built as text.
    XML_INJECTION = {
        name: "xml-injection",
        group: "injection",
        summary: "a request writes in XML that is built as text",
        severity: Medium,
        confidence: Medium,
        cwe: [91],
        owasp: ["API8:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint =
    Lint { metadata: &XML_INJECTION, check, kinds: &["xml", "cdata", "stored"], guards: false };

static WORDING: Wording = Wording {
    message: "request data becomes part of XML without encoding",
    label: "this text is put into markup",
    note: "whoever chooses this text can end the element and write others, which the reader takes for the service's own",
    help: None,
};

static STORED: Wording = Wording {
    message: "a text that a request has stored becomes part of XML without encoding",
    label: "this text is put into markup",
    note: "whoever chooses this text can end the element and write others, which the reader takes for the service's own",
    help: None,
};

static BY_CALLER: Wording = Wording {
    message: "a caller's text becomes part of a CDATA section without a look at its end",
    label: "this text may hold `]]>`",
    note: "`]]>` ends the section: what follows is read as markup, whoever wrote the text",
    help: None,
};

fn check(cx: &LintContext) {
    let stored = Stored::of(cx, "xml");
    report(cx, &XML_INJECTION, &["xml", "cdata"], |way, _, _| judge(way, &stored));
}

fn judge(way: &Way, stored: &Stored) -> Option<Judgement> {
    if let Entry::Caller { .. } = way.entry {
        let confidence = if way.assumed == 0 { Confidence::Medium } else { Confidence::Low };
        return is_raw(way).then_some(Judgement {
            confidence,
            severity: Severity::Medium,
            wording: &BY_CALLER,
        });
    }
    if is_escaped(way) {
        return None;
    }
    if way.assumed == 0 && !stored.before(way).is_empty() {
        let (confidence, severity) = (Confidence::Medium, Severity::Medium);
        return Some(Judgement { confidence, severity, wording: &STORED });
    }
    let most = if is_own_host(way) { Confidence::Low } else { Confidence::Medium };
    let confidence = by_request(way)?.min(most);
    Some(Judgement { confidence, severity: Severity::Medium, wording: &WORDING })
}

/// Whether the text is the host that the request was sent to: nobody sends another one for somebody else.
fn is_own_host(way: &Way) -> bool {
    let is_header =
        matches!(way.entry, Entry::Request(kind) if matches!(kind.as_str(), "header" | "request"));
    is_header && way.path.names().any(|name| name.as_str().eq_ignore_ascii_case("host"))
}

/// Whether the text's special characters stand as references, which a CDATA section does not read.
fn is_escaped(way: &Way) -> bool {
    let before = way.hole.map_or("", |hole| hole.before.as_str());
    !is_raw(way) && way.escaped.is_some_and(|escape| HtmlContext::after(before).is_served_by(escape.as_str()))
}

/// Whether the text stands in a CDATA section.
fn is_raw(way: &Way) -> bool {
    let before = way.hole.map_or("", |hole| hole.before.as_str());
    before.rfind("<![CDATA[").is_some_and(|start| !before[start..].contains("]]>"))
}
