//! Addresses of callers that callers write themselves.
//!
//! `X-Forwarded-For` and its like say what whoever sends them likes, unless a proxy that is known writes them. That is no harm in
//! a log; it is told where the address decides: in code about access, bans and limits. A function that speaks of trusted proxies is
//! believed, and so is the end of the list, which the nearest proxy wrote.

use ward_diagnostics::{Confidence, Finding};
use ward_linter::guards::words;
use ward_linter::{Lint, LintContext, declare_lint};
use ward_semantics::{DefId, Resolution};
use ward_syntax::{Expr, ExprId, FileSpan, Literal};

use crate::scope::{Origin, Scope, in_scopes};
use crate::secrets::{has, is_about_access};

declare_lint! {
    /// Addresses of callers that callers write themselves.
    SPOOFABLE_CLIENT_IP = {
        name: "spoofable-client-ip",
        group: "access",
        summary: "a header that any caller can write decides who the caller is",
        severity: Medium,
        confidence: Medium,
        cwe: [290, 348],
        owasp: ["API2:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint = Lint { metadata: &SPOOFABLE_CLIENT_IP, check, kinds: &[], guards: false };

/// Headers that say where a request came from.
const HEADERS: &str = "x-forwarded-for x-real-ip x-client-ip cf-connecting-ip true-client-ip x-originating-ip x-cluster-client-ip";
/// Words for code that decides by an address.
const DECIDES: &str = "rate ratelimit limit limiter throttle throttling ban bans banned block blocked blocklist allowlist whitelist \
    denylist blacklist lockout quota governor policy policies";
/// Words for code that knows which proxies to believe.
const TRUSTS: &str = "trusted trust trusts proxy proxies hops rightmost";

/// An address that its owner writes.
struct Evidence {
    place: FileSpan,
    function: DefId,
    /// The header, or what reads it.
    source: String,
    confidence: Confidence,
}

fn describe(cx: &LintContext, evidence: &Evidence) -> Finding {
    let source = &evidence.source;
    let message = format!("the caller's address is taken from `{source}`, which any caller can write");
    let mut finding = Finding::new(&SPOOFABLE_CLIENT_IP, evidence.place, message)
        .label("says what whoever sends it likes")
        .note("who writes another address with each request passes limits and bans, and who writes an allowed one passes as it")
        .help("take the address of the connection, or the entry that a proxy you know added at the end of the list");
    finding.confidence = evidence.confidence;
    finding.function = Some(cx.name(evidence.function));
    finding
}

fn check(cx: &LintContext) {
    let found = in_scopes(cx, "spoofable-client-ip", |scope| {
        if cx.is_example(scope.function) { Vec::new() } else { of_function(scope) }
    });
    for evidence in &found {
        cx.report(describe(cx, evidence));
    }
}

fn of_function(scope: &Scope) -> Vec<Evidence> {
    let (cx, function) = (scope.cx, scope.function);
    let mut found = Vec::new();
    for id in scope.body.exprs.ids() {
        let Some(source) = source(scope, id) else { continue };
        let confidence = match source {
            // It is there to limit, and for nothing else.
            Source::Limiter => Confidence::Medium,
            Source::Header(_) | Source::Method(_) if !is_taken(scope, id) => continue,
            _ if is_trusting(scope) || !decides(cx, function) => Confidence::Low,
            _ => Confidence::Medium,
        };
        let source = match source {
            Source::Limiter => "SmartIpKeyExtractor".to_owned(),
            Source::Header(name) => name.to_owned(),
            Source::Method(name) => format!("{name}()"),
        };
        found.push(Evidence { place: scope.place(id), function, source, confidence });
    }
    // A function that falls back from one header to the next is told once.
    found.dedup_by_key(|evidence| evidence.confidence);
    found
}

/// What reads an address.
enum Source {
    /// The extractor of keys that `tower_governor` takes them from headers with.
    Limiter,
    Header(&'static str),
    Method(&'static str),
}

fn source(scope: &Scope, expr: ExprId) -> Option<Source> {
    let ir = scope.ir;
    match ir.expr(expr) {
        Expr::Path(path) => {
            let last = ir.path_segments(path).last()?.name.as_str();
            let is_own = matches!(scope.types.path(path), Resolution::Def(_));
            (last == "SmartIpKeyExtractor" && !is_own).then_some(Source::Limiter)
        }
        Expr::MethodCall { method, .. } if method.as_str() == "realip_remote_addr" => {
            Some(Source::Method("realip_remote_addr"))
        }
        Expr::MethodCall { method, args, .. }
            if matches!(method.as_str(), "get" | "get_one" | "get_all" | "header") =>
        {
            let mut args = ir.list(args);
            // With a value, it is written.
            let (key, None) = (args.next()?, args.next()) else { return None };
            let key = match ir.expr(key) {
                Expr::Ref { operand, .. } => operand,
                _ => key,
            };
            let name = match ir.expr(key) {
                Expr::Literal(Literal::Str(name)) => name.as_str().to_lowercase(),
                Expr::Path(path) => {
                    ir.path_segments(path).last()?.name.as_str().to_lowercase().replace('_', "-")
                }
                _ => return None,
            };
            HEADERS.split_whitespace().find(|known| *known == name).map(Source::Header)
        }
        _ => None,
    }
}

/// Whether the value of a header is used, and not the end of its list alone.
fn is_taken(scope: &Scope, read: ExprId) -> bool {
    let ir = scope.ir;
    if scope.origin(read).0 == Origin::Constant {
        return false;
    }
    let place = ir.expr_span(read);
    scope.body.exprs.of(&ir.exprs).iter().all(|expr| match *expr {
        Expr::MethodCall { receiver, method, .. } if ir.expr_span(receiver).contains(place) => !matches!(
            method.as_str(),
            "is_some"
                | "is_none"
                | "contains"
                | "rsplit"
                | "rsplitn"
                | "rsplit_once"
                | "last"
                | "next_back"
                | "rev"
                | "nth_back"
                | "rfind"
        ),
        _ => true,
    })
}

/// Whether a function knows proxies that it believes. That a crate is a proxy itself says nothing of those before it.
fn is_trusting(scope: &Scope) -> bool {
    let ir = scope.ir;
    let name = scope.cx.name(scope.function);
    let in_crate = name.split_once("::").map_or(name.as_str(), |(_, rest)| rest);
    let says = |name: &str| words(name).any(|word| has(TRUSTS, &word));
    scope.body.locals.of(&ir.locals).iter().any(|local| says(local.name.as_str()))
        || scope.body.exprs.of(&ir.exprs).iter().any(|expr| match *expr {
            Expr::Field { name, .. } => says(name.as_str()),
            Expr::MethodCall { method, .. } => says(method.as_str()),
            Expr::Path(path) => ir.path_segments(path).iter().any(|segment| says(segment.name.as_str())),
            _ => false,
        })
        || says(in_crate)
}

/// Whether code of this name decides by an address.
fn decides(cx: &LintContext, function: DefId) -> bool {
    is_about_access(cx, function) || words(&cx.name(function)).any(|word| has(DECIDES, &word))
}
