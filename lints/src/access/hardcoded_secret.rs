//! Secrets that stand in the source.
//!
//! A literal counts where it is used as a secret: as the key of a signature or cookie, as what a variable of the environment
//! is replaced by, as what a password of a request is compared with. The name of a constant alone says nothing: `API_KEY` is
//! mostly the name of a header. Texts of well known forms (private keys, tokens of large services) are told wherever they stand.

mod constant;
mod form;
mod used;

use std::collections::BTreeSet;

use ward_diagnostics::{Confidence, Finding, Severity};
use ward_linter::guards::words;
use ward_linter::{Lint, LintContext, declare_lint};
use ward_semantics::DefId;
use ward_syntax::{BinaryOp, Expr, ExprId, FileSpan, Literal, Symbol};

use crate::scope::{Scope, in_scopes};
use crate::secrets::has;

declare_lint! {
    /// Secrets that stand in the source.
    HARDCODED_SECRET = {
        name: "hardcoded-secret",
        group: "access",
        summary: "a secret stands in the source, where everybody who has the code reads it",
        severity: High,
        confidence: Medium,
        cwe: [798],
        owasp: ["API2:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint = Lint { metadata: &HARDCODED_SECRET, check, kinds: &[], guards: false };

/// What a literal is used as.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Use {
    /// The key of a signature, code or cookie.
    Key(&'static str),
    /// What a variable of the environment, or an option of the command line, is replaced by.
    Default(String),
    /// What something of a request is compared with.
    Compared(String),
    /// A credential that is sent to another service.
    Sent(&'static str),
    /// A text of a form that only secrets have.
    Form(&'static str),
}

/// A secret in the source.
struct Evidence {
    /// Where it is used.
    place: FileSpan,
    /// Where the literal stands, if that is elsewhere.
    literal: Option<FileSpan>,
    owner: DefId,
    what: Use,
    confidence: Confidence,
}

fn describe(cx: &LintContext, evidence: &Evidence) -> Finding {
    let message = match &evidence.what {
        Use::Key(call) => format!("the key given to `{call}` stands in the source"),
        Use::Default(name) => format!("without `{name}`, a secret from the source is used"),
        Use::Compared(name) => format!("`{name}` is checked against a text in the source"),
        Use::Sent(call) => format!("the credential given to `{call}` stands in the source"),
        Use::Form(form) => format!("{form} stands in the source"),
    };
    let note = match &evidence.what {
        Use::Default(_) => {
            "a forgotten setting goes unnoticed, and everybody who has the code knows the secret that is used then"
        }
        _ => {
            "everybody who has the code or the binary knows it, and it cannot be changed without a new release"
        }
    };
    let help = match &evidence.what {
        Use::Default(_) => "refuse to start where the setting is missing",
        Use::Form(_) => "take it out, and replace it at its issuer: it stays readable in the history",
        _ => "read it from the environment or a secret store at start, and refuse to start without it",
    };
    let mut finding = Finding::new(&HARDCODED_SECRET, evidence.place, message)
        .label("known to whoever has the code")
        .note(note)
        .help(help);
    if let Some(literal) = evidence.literal.filter(|literal| *literal != evidence.place) {
        finding = finding.related(literal, "it stands here");
    }
    finding.confidence = evidence.confidence;
    if matches!(evidence.what, Use::Sent(_) | Use::Default(_)) {
        finding.severity = Severity::Medium;
    }
    if cx.semantics().item(evidence.owner).as_fn().is_some() {
        finding.function = Some(cx.name(evidence.owner));
    }
    finding
}

fn check(cx: &LintContext) {
    let mut all: Vec<Evidence> = cx.in_bodies("hardcoded-secret", |def| {
        let found = if cx.is_example(def) { Vec::new() } else { of_body(cx, def) };
        if found.is_empty() || is_for_tests(cx, def) { Vec::new() } else { found }
    });
    // A constant that several keys are made of is told where it is first used.
    all.sort_by_key(|evidence| {
        (evidence.literal.unwrap_or(evidence.place), std::cmp::Reverse(evidence.confidence), evidence.place)
    });
    all.dedup_by_key(|evidence| evidence.literal.unwrap_or(evidence.place));
    leave_out_demanded(cx, &mut all);
    for evidence in all {
        cx.report(describe(cx, &evidence));
    }
}

/// Leaves out what stands in for variables without which the service does not start.
fn leave_out_demanded(cx: &LintContext, all: &mut Vec<Evidence>) {
    if !all.iter().any(|evidence| matches!(evidence.what, Use::Default(_))) {
        return;
    }
    let demanded = in_scopes(cx, "demanded variables", |scope| {
        if cx.semantics().is_test(scope.function) { Vec::new() } else { used::demanded(scope) }
    });
    let demanded: BTreeSet<&str> = demanded.into_iter().collect();
    all.retain(|evidence| !matches!(&evidence.what, Use::Default(name) if demanded.contains(name.as_str())));
}

/// Words in conditions that say that the service is tried out only: `if self.is_test_mode`.
const TRIALS: &str = "test tests testing mock mocked";

/// Whether a function, or the module or type that holds an item, is named for tests, or for a value that is none yet.
fn is_for_tests(cx: &LintContext, def: DefId) -> bool {
    let map = &cx.semantics().def_map;
    let is_function = cx.semantics().item(def).as_fn().is_some();
    let named = if is_function { Some(def) } else { map.parent(def) };
    let path = named.map(|named| cx.name(named)).unwrap_or_default();
    words(&path).any(|word| has("test tests testing mock mocks fake dummy stub fixture fixtures zero", &word))
}

/// Whether a function compares what it has with a text, and then gives up: a default that must be replaced.
fn is_refused(scope: &Scope, text: Symbol) -> bool {
    let ir = scope.ir;
    let is_it = |expr: ExprId| matches!(ir.expr(expr), Expr::Literal(Literal::Str(found)) if found == text);
    let dies = |branch: ExprId| {
        let place = ir.expr_span(branch);
        scope.body.exprs.ids().any(|id| {
            place.contains(ir.expr_span(id))
                && match ir.expr(id) {
                    Expr::Return(_) => true,
                    Expr::Format(format) => ir.format(format).path.as_str().ends_with("panic"),
                    Expr::Macro(call) => ir.macro_call(call).path.as_str().ends_with("bail"),
                    _ => false,
                }
        })
    };
    scope.body.exprs.of(&ir.exprs).iter().any(|expr| match *expr {
        Expr::If { cond, then, .. } => {
            matches!(ir.expr(cond), Expr::Binary { op: BinaryOp::Eq, lhs, rhs } if is_it(lhs) || is_it(rhs))
                && dies(then)
        }
        _ => false,
    })
}

/// What a key is where nothing is set.
fn fallback(scope: &Scope, what: &Use, value: ExprId) -> Option<constant::Constant> {
    matches!(what, Use::Key(_)).then(|| constant::fallback(scope, value))?
}

/// The secrets in the body of a function, const or static.
fn of_body(cx: &LintContext, owner: DefId) -> Vec<Evidence> {
    let semantics = cx.semantics();
    let Some((file, body)) = semantics.body(owner) else { return Vec::new() };
    let ir = semantics.ir(file);
    let mut found = Vec::new();
    let scope = Scope::new(cx, owner);
    for id in ir.body(body).exprs.ids() {
        let expr = ir.expr(id);
        if let Expr::Literal(Literal::Str(text) | Literal::ByteStr(text)) = expr
            && let Some(form) = form::of(text.as_str())
        {
            let place = FileSpan { file, span: ir.expr_span(id) };
            found.push(Evidence {
                place,
                literal: None,
                owner,
                what: Use::Form(form),
                confidence: Confidence::High,
            });
        }
        let is_use = matches!(
            expr,
            Expr::Call { .. } | Expr::MethodCall { .. } | Expr::Binary { .. } | Expr::Struct { .. }
        );
        if !is_use {
            continue;
        }
        let Some(scope) = &scope else { continue };
        if let Some((what, value, confidence)) = used::of(scope, id)
            && let Some(constant) = constant::of(scope, value).or_else(|| fallback(scope, &what, value))
        {
            let is_none = used::is_gap(constant.text.as_str()) || is_refused(scope, constant.text);
            if matches!(what, Use::Default(_)) && is_none {
                continue;
            }
            // Where the literal stands in the same body, it is what to change.
            let used = FileSpan { file, span: ir.expr_span(value) };
            let is_here =
                constant.place.file == file && ir.expr_span(ir.body(body).root).contains(constant.place.span);
            let place = if is_here { constant.place } else { used };
            let confidence = if scope.is_below(id, TRIALS) { Confidence::Low } else { confidence };
            found.push(Evidence { place, literal: Some(constant.place), owner, what, confidence });
        }
    }
    found
}
