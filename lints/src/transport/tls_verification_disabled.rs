//! Clients that accept any certificate.
//!
//! What is reported is a check that the code itself switches off: the builder's call with `true`, or OpenSSL's mode with
//! `NONE`. Where a setting decides, the operator does, and nothing is said; where the call stands below a condition, or the
//! client asks without TLS in the same function, the confidence is low. The calls are known by names that no other crate
//! uses.

use ward_diagnostics::{Confidence, Finding};
use ward_linter::{Lint, LintContext, declare_lint};
use ward_semantics::{BodyTypes, Callee, DefId, TyKind};
use ward_syntax::{Body, Expr, ExprId, FileSpan, List, Literal, Pat, Piece, SourceIr, Span, Symbol, UnaryOp};

declare_lint! {
    /// Clients that accept any certificate.
    TLS_VERIFICATION_DISABLED = {
        name: "tls-verification-disabled",
        group: "transport",
        summary: "a client accepts any certificate, so anybody on the way can read and change what is sent",
        severity: High,
        confidence: High,
        cwe: [295],
        owasp: ["API8:2023", "API10:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint = Lint { metadata: &TLS_VERIFICATION_DISABLED, check, kinds: &[], guards: false };

/// Methods of builders that switch a check off when they are given `true`: reqwest, native-tls, lettre, mysql, actix.
const SWITCHES: &[&str] = &[
    "danger_accept_invalid_certs",
    "danger_accept_invalid_hostnames",
    "tls_danger_accept_invalid_certs",
    "tls_danger_accept_invalid_hostnames",
    "dangerous_accept_invalid_certs",
    "dangerous_accept_invalid_hostnames",
    "with_danger_accept_invalid_certs",
    "with_danger_skip_domain_validation",
];

/// A check that is switched off.
struct Evidence {
    function: DefId,
    place: FileSpan,
    /// The method.
    method: &'static str,
    confidence: Confidence,
}

fn describe(cx: &LintContext, evidence: &Evidence) -> Finding {
    let method = evidence.method;
    let what = if method.contains("host") || method.contains("domain") {
        "the certificate of any host"
    } else {
        "any certificate"
    };
    let message = format!("`{method}` makes this client accept {what}");
    let mut finding = Finding::new(&TLS_VERIFICATION_DISABLED, evidence.place, message)
        .label("the check is switched off here")
        .note(
            "whoever sits between the two can answer in the server's name, and read and change what is sent",
        )
        .help("leave the check on, and add the server's own authority to the client's root certificates");
    finding.confidence = evidence.confidence;
    finding.function = Some(cx.name(evidence.function));
    finding
}

fn check(cx: &LintContext) {
    for evidence in cx.in_functions("tls-verification-disabled", |function| switched_off(cx, function)) {
        cx.report(describe(cx, &evidence));
    }
}

fn switched_off(cx: &LintContext, function: DefId) -> Vec<Evidence> {
    let semantics = cx.semantics();
    let mut all = Vec::new();
    let Some(types) = semantics.types(function) else { return all };
    let Some((file, body)) = semantics.body(function) else { return all };
    let ir = semantics.ir(file);
    let body = ir.body(body);
    for call in body.exprs.ids() {
        let Expr::MethodCall { method, args, .. } = ir.expr(call) else { continue };
        // A method of the workspace says for itself what it does.
        if matches!(types.callee(call), Callee::Fn(_) | Callee::Dispatch { .. }) {
            continue;
        }
        let switch = SWITCHES.iter().find(|name| method.as_str() == **name);
        let found = switch.copied().filter(|_| is_true(ir, &body, args));
        let found = found.or_else(|| {
            let is_none =
                method.as_str() == "set_verify" && verifies_nothing(ir, args) && connects(ir, types);
            is_none.then_some("set_verify")
        });
        let Some(method) = found else { continue };
        let span = ir.expr_span(call);
        let hardly_counts = is_conditional(ir, types, &body, span) || asks_without_tls(ir, &body);
        let confidence = if hardly_counts { Confidence::Low } else { Confidence::High };
        // The whole chain up to the call is its span: what is told is its end.
        let place = FileSpan { file, span: argument(ir, args).map_or(span, |arg| ir.expr_span(arg)) };
        all.push(Evidence { function, place, method, confidence });
    }
    all
}

fn argument(ir: &SourceIr, args: List<ExprId>) -> Option<ExprId> {
    ir.list(args).next()
}

/// Whether the argument is `true`, written here or bound to a local that is never anything else.
fn is_true(ir: &SourceIr, body: &Body, args: List<ExprId>) -> bool {
    let Some(argument) = argument(ir, args) else { return false };
    match ir.expr(argument) {
        Expr::Literal(Literal::Bool(given)) => given,
        Expr::Unary { op: UnaryOp::Not, operand } => {
            matches!(ir.expr(operand), Expr::Literal(Literal::Bool(false)))
        }
        Expr::Local(local) => {
            let mut bound = body.exprs.of(&ir.exprs).iter().filter_map(|expr| match *expr {
                Expr::LetStmt { pat, init, .. } => match ir.pat(pat) {
                    Pat::Bind { local: found, .. } if found == local => Some(init),
                    _ => None,
                },
                Expr::Assign { lhs, rhs, .. } if ir.expr(lhs) == Expr::Local(local) => Some(Some(rhs)),
                _ => None,
            });
            let is_true = |init: Option<ExprId>| {
                init.is_some_and(|init| ir.expr(init) == Expr::Literal(Literal::Bool(true)))
            };
            bound.next().is_some_and(is_true) && bound.all(is_true)
        }
        _ => false,
    }
}

/// `SslVerifyMode::NONE` of openssl and boring.
fn verifies_nothing(ir: &SourceIr, args: List<ExprId>) -> bool {
    let Some(Expr::Path(path)) = argument(ir, args).map(|argument| ir.expr(argument)) else { return false };
    let mut names = ir.path_segments(path).iter().rev().map(|segment| segment.name.as_str());
    names.next() == Some("NONE") && names.next() == Some("SslVerifyMode")
}

/// Whether a body makes a client of openssl: a server need not ask its callers for certificates.
fn connects(ir: &SourceIr, types: &BodyTypes) -> bool {
    types
        .paths()
        .any(|(path, _)| ir.path_segments(path).iter().any(|segment| segment.name.as_str() == "SslConnector"))
}

/// Whether a branch or an arm decides if a place of a body is reached, or a truth that is given to a call together with
/// the closure around the place: `builder.apply_if(lax, |builder| ..)`.
fn is_conditional(ir: &SourceIr, types: &BodyTypes, body: &Body, place: Span) -> bool {
    let around = |id: ExprId| ir.expr_span(id).contains(place);
    let is_truth =
        |id: ExprId| matches!(types.expr(id).kind(), TyKind::Scalar(name) if name.as_str() == "bool");
    let is_closure = |id: ExprId| matches!(ir.expr(id), Expr::Closure(_)) && around(id);
    body.exprs.of(&ir.exprs).iter().any(|expr| match *expr {
        Expr::If { then, otherwise, .. } => around(then) || otherwise.is_some_and(around),
        Expr::Match { arms, .. } => ir.arms(arms).iter().any(|arm| around(arm.body)),
        Expr::Call { args, .. } | Expr::MethodCall { args, .. } => {
            ir.list(args).any(is_closure) && ir.list(args).any(is_truth)
        }
        _ => false,
    })
}

/// Whether all URLs that a body writes out are without TLS, so that no certificate is ever shown.
fn asks_without_tls(ir: &SourceIr, body: &Body) -> bool {
    let mut texts = body.exprs.of(&ir.exprs).iter().flat_map(|expr| match *expr {
        Expr::Literal(Literal::Str(text)) => vec![text],
        Expr::Format(format) => ir.format(format).pieces.iter().filter_map(literal).collect(),
        _ => Vec::new(),
    });
    let (mut plain, mut with_tls) = (false, false);
    texts.by_ref().for_each(|text| {
        plain |= text.as_str().starts_with("http://");
        with_tls |= text.as_str().contains("https:");
    });
    plain && !with_tls
}

fn literal(piece: &Piece) -> Option<Symbol> {
    match piece {
        Piece::Text { text, .. } => Some(*text),
        Piece::Hole { .. } => None,
    }
}
