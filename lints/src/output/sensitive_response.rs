//! Rows of storage that go out whole, with a secret among their fields.
//!
//! A token in an answer is often what was asked for, so a name decides nothing: the type must be one that rows are read
//! into, and the field one that nobody needs to see. A login that makes its answer of a type of its own stays silent. A type is
//! told once, where it first goes out: leaving out the field repairs all places at once.

mod rows;
mod sent;

use std::collections::BTreeMap;

use ward_diagnostics::{Confidence, Finding, Severity};
use ward_linter::guards::words;
use ward_linter::{Lint, LintContext, declare_lint};
use ward_semantics::DefId;
use ward_syntax::FileSpan;

use self::rows::Candidate;
use self::sent::Outgoing;

declare_lint! {
    /// Rows of storage that go out whole, with a secret among their fields.
    SENSITIVE_RESPONSE = {
        name: "sensitive-response",
        group: "output",
        summary: "a stored row is sent to clients with a secret among its fields",
        severity: Medium,
        confidence: High,
        cwe: [200, 213],
        owasp: ["API3:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint = Lint { metadata: &SENSITIVE_RESPONSE, check, kinds: &[], guards: true };

/// More other places are not listed.
const MOST_OTHERS: usize = 8;

/// A type that goes out with secrets.
struct Evidence<'a> {
    candidate: &'a Candidate<'a>,
    /// The fields that are sent, each with how sure it is that nobody should see it.
    fields: Vec<(usize, Confidence)>,
    sent: Vec<FileSpan>,
    function: DefId,
    is_open: bool,
}

fn describe(cx: &LintContext, evidence: &Evidence) -> Finding {
    let Evidence { candidate, fields, sent, .. } = evidence;
    let names: Vec<String> =
        fields.iter().map(|(at, _)| format!("`{}`", candidate.secrets[*at].field.name)).collect();
    let kind = if candidate.is_row { "row " } else { "" };
    let message = format!("the {kind}`{}` is sent to clients with its {}", candidate.name, names.join(", "));
    let mut finding = Finding::new(&SENSITIVE_RESPONSE, sent[0], message)
        .label("all its fields go out")
        .note("whoever may call this gets the secret: hashes are cracked elsewhere at leisure, the rest is used as it is")
        .help("answer with a type of its own that holds what clients may see, or mark the field `#[serde(skip_serializing)]`");
    for (at, _) in fields {
        let span = candidate.secrets[*at].field.span;
        finding = finding.related(FileSpan { file: candidate.file, span }, "this goes out");
    }
    for place in sent.iter().skip(1).take(MOST_OTHERS) {
        finding = finding.related(*place, "it is sent here too");
    }
    finding.confidence = fields.iter().map(|(_, confidence)| *confidence).max().unwrap_or(Confidence::Low);
    if evidence.is_open {
        finding.severity = Severity::High;
    }
    finding.function = Some(cx.name(evidence.function));
    finding
}

fn check(cx: &LintContext) {
    let candidates = rows::candidates(cx);
    if candidates.is_empty() {
        return;
    }
    let all = sent::all(cx, &candidates);
    let mut by_type: BTreeMap<DefId, Vec<&Outgoing>> = BTreeMap::new();
    for outgoing in &all {
        by_type.entry(outgoing.adt).or_default().push(outgoing);
    }
    for (adt, ways) in by_type {
        let Some(candidate) = candidates.get(&adt) else { continue };
        if let Some(evidence) = evidence(cx, candidate, &ways) {
            cx.report(describe(cx, &evidence));
        }
    }
}

/// What of a type goes out, and where.
fn evidence<'a>(cx: &LintContext, candidate: &'a Candidate<'a>, ways: &[&Outgoing]) -> Option<Evidence<'a>> {
    let mut fields: BTreeMap<usize, Confidence> = BTreeMap::new();
    let mut evidence = Evidence {
        candidate,
        fields: Vec::new(),
        sent: Vec::new(),
        function: ways[0].function,
        is_open: false,
    };
    for way in ways {
        let mut is_sent = false;
        for (at, secret) in candidate.secrets.iter().enumerate() {
            if !secret.goes_out_by(way.channel) || sent::is_blanked(cx, way.function, candidate, secret.field)
            {
                continue;
            }
            let Some(confidence) = confidence(candidate, secret.field.name.as_str()) else { continue };
            let known = fields.entry(at).or_insert(confidence);
            *known = (*known).max(confidence);
            is_sent = true;
        }
        if !is_sent {
            continue;
        }
        if evidence.sent.is_empty() {
            evidence.function = way.function;
        }
        if !evidence.sent.contains(&way.place) {
            evidence.sent.push(way.place);
        }
        evidence.is_open |= way.is_open;
    }
    evidence.fields = fields.into_iter().collect();
    (!evidence.sent.is_empty()).then_some(evidence)
}

/// How sure it is that nobody should be sent a field of this name.
fn confidence(candidate: &Candidate, name: &str) -> Option<Confidence> {
    use crate::secrets::has;
    let any = |list: &'static str| words(name).any(|word| has(list, &word));
    let is_password = any("password passwords passwd passphrase pwd passcode");
    if !candidate.is_row {
        return is_password.then_some(Confidence::Low);
    }
    Some(match () {
        () if candidate.is_itself || any("encrypted sealed wrapped public") => Confidence::Low,
        () if is_password => Confidence::High,
        // What proves who reads a mail or holds a phone is for nobody to see.
        () if any("otp totp mfa 2fa factor reset verification confirmation recovery private master") => {
            Confidence::Medium
        }
        // Tokens and secrets are stored to be given to their owners.
        () => Confidence::Low,
    })
}
