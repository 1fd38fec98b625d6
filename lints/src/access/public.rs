//! Endpoints that anybody is meant to call, known by name, path and behaviour.

use ward_linter::LintContext;
use ward_linter::guards::{Effect, EndpointAccess, words};
use ward_semantics::endpoint::Endpoint;
use ward_semantics::{Callee, DefId, Ty, TyKind};
use ward_syntax::{Pat, Symbol};

use super::doors::Openness;

/// Words that say it wherever they stand: in a segment of the path, or in the handler's name.
const STRONG: &[&str] = &[
    "login",
    "signin",
    "logon",
    "register",
    "signup",
    "logout",
    "signout",
    "logoff",
    "refresh",
    "forgot",
    "forgotten",
    "forget",
    "callback",
    "webhook",
    "webhooks",
    "health",
    "healthz",
    "healthcheck",
    "ping",
    "readyz",
    "livez",
    "readiness",
    "liveness",
    "heartbeat",
    "alive",
    "oauth",
    "oauth2",
    "oidc",
    "saml",
    "sso",
    "openid",
    "openidconnect",
    "inbox",
    "captcha",
    "recaptcha",
    "prelogin",
    "csrf",
    "unsubscribe",
    "webauthn",
    "passkey",
    "passkeys",
    "favicon",
    "robots",
    "sitemap",
    "swagger",
    "openapi",
    "redoc",
    "graphiql",
    "playground",
    "static",
    "assets",
    "nodeinfo",
    "webfinger",
    "authenticate",
    "signing",
];

/// Words that say it at the end of a path.
const WEAK: &[&str] = &[
    "reset",
    "schema",
    "recover",
    "recovery",
    "verify",
    "verification",
    "registration",
    "confirm",
    "confirmation",
    "activate",
    "activation",
    "status",
    "version",
    "info",
    "public",
    "contact",
    "newsletter",
    "subscribe",
    "subscriptions",
    "token",
    "tokens",
    "session",
    "sessions",
    "invite",
    "invitation",
    "auth",
    "challenge",
    "otp",
    "totp",
    "mfa",
    "2fa",
    "magic",
    "setup",
    "install",
    "onboarding",
    "graphql",
    "metrics",
    "docs",
    "doc",
    "known",
    "rss",
    "feed",
    "atom",
    "css",
    "js",
    "img",
    "images",
    "icon",
    "icons",
    "fonts",
    "about",
    "terms",
    "privacy",
    "index",
    "home",
    "error",
    "hello",
    "echo",
    "ready",
    "live",
    "password",
    "passwords",
    "connect",
    "accept",
    "ws",
    "websocket",
    "events",
];

/// Those of them that name what a service stores, too: whoever adds or changes one does not ask to be let in by it.
const STORED: &[&str] = &["tokens", "images", "icons", "doc", "docs", "index"];

/// Words that say it within the last segments of a path: `start-password-reset`, `magic-link/request`.
const ENDS: &[&str] =
    &["reset", "recover", "recovery", "hint", "magic", "otp", "totp", "invite", "invitation"];

/// Fields and parameters that prove who sends them.
const PROOFS: &[&str] = &[
    "token",
    "otp",
    "password",
    "passwd",
    "pwd",
    "passcode",
    "secret",
    "signature",
    "captcha",
    "apikey",
    "assertion",
    "ticket",
    "jwt",
    "nonce",
    "credential",
    "credentials",
    "hmac",
];

/// Whether anybody is meant to call an endpoint.
pub(super) fn openness(
    cx: &LintContext,
    endpoint: &Endpoint,
    access: &EndpointAccess,
    function: DefId,
) -> Openness {
    let path = endpoint.path.as_str();
    let declared = endpoint.methods.names().iter().any(|method| cx.access().is_public(method, path));
    if declared || cx.declared_public(function).is_some() {
        return Openness::Declared;
    }
    let name = cx.semantics().def_map.name(function);
    // What runs programs is for nobody by its last word alone: `/extension/install`.
    let stores = endpoint.methods.may_change() && access.effects.has(Effect::Write);
    let is_weak = |word: &str| {
        !access.effects.has(Effect::Command) && WEAK.contains(&word) && !(stores && STORED.contains(&word))
    };
    let by_nature = says_so(path, name.as_str(), &is_weak)
        || proves_itself(cx, endpoint, stores)
        || lets_in(cx, function)
        || endpoint.methods.names() == ["OPTIONS"];
    if by_nature { Openness::ByNature } else { Openness::Closed }
}

/// By the names.
fn says_so(path: &str, handler: &str, is_weak: &dyn Fn(&str) -> bool) -> bool {
    let fixed = || path.split('/').filter(|segment| !segment.is_empty() && !segment.starts_with('{'));
    let has = |text: &str, known: &[&str]| words(text).any(|word| known.contains(&word.as_str()));
    let squashed =
        |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    fixed().any(|segment| has(segment, STRONG) || STRONG.contains(&squashed(segment).as_str()))
        || has(handler, STRONG)
        || ["sign_up", "sign_in", "sign_out", "log_in", "log_out"].iter().any(|name| handler.contains(name))
        || fixed().next_back().is_none_or(|segment| words(segment).all(|word| is_weak(&word)))
        || fixed().rev().take(2).any(|segment| {
            has(segment, ENDS)
                || has(segment, &["password"]) && has(segment, &["request", "send", "lost", "mail", "email"])
        })
        || fixed().any(|segment| segment == "auth" || segment == "public" || segment == ".well-known")
}

/// Whether what an endpoint writes often comes from people who are not known: an account of their own, a word to those who run
/// the service, a trace of what they did.
pub(super) fn is_for_visitors(endpoint: &Endpoint, handler: &str) -> bool {
    const THINGS: &[&str] = &[
        "user",
        "users",
        "account",
        "accounts",
        "customer",
        "customers",
        "member",
        "members",
        "client",
        "clients",
        "feedback",
        "feedbacks",
        "waitlist",
        "newsletter",
        "contact",
        "contacts",
        "inquiry",
        "enquiry",
        "message",
        "messages",
        "lead",
        "leads",
        "comment",
        "comments",
        "view",
        "views",
        "visit",
        "visits",
        "visitor",
        "visitors",
        "hit",
        "hits",
        "click",
        "clicks",
        "track",
        "tracking",
        "analytics",
        "telemetry",
        "event",
        "events",
        "collect",
        "log",
        "logs",
        "metric",
        "metrics",
        "report",
        "reports",
        "beacon",
        "vote",
        "votes",
        "like",
        "likes",
        "cart",
        "carts",
        "checkout",
        "order",
        "orders",
        "payment",
        "payments",
        "donation",
        "donations",
        "booking",
        "bookings",
        "reservation",
        "reservations",
        "notify",
        "ipn",
        "search",
        "query",
        "guest",
        "guests",
        "response",
        "responses",
        "answer",
        "answers",
        "submission",
        "submissions",
        "submit",
        "rsvp",
        "upload",
        "uploads",
        "paste",
        "pastes",
        "shorten",
        "links",
        "device",
        "devices",
        "heartbeat",
        "sync",
        "push",
        "receive",
        "exists",
        "check",
    ];
    let has = |text: &str| words(text).any(|word| THINGS.contains(&word.as_str()));
    let fixed = endpoint.path.as_str().split('/').filter(|segment| !segment.contains('{'));
    fixed.into_iter().any(has) || has(handler)
}

/// By what it takes: a token in the path or body stands for a session. One of the stored tokens that is to be changed
/// (`/tokens/{token}`) is an object like any other.
fn proves_itself(cx: &LintContext, endpoint: &Endpoint, stores: bool) -> bool {
    let is_proof = |name: &str| words(name).any(|word| PROOFS.contains(&word.as_str()));
    let is_object = |before: &str| stores && STORED.contains(&before);
    let segments: Vec<&str> = endpoint.path.as_str().split('/').collect();
    let in_path = segments.windows(2).filter(|pair| pair[1].starts_with('{') && !is_object(pair[0]));
    if in_path.into_iter().any(|pair| is_proof(pair[1])) {
        return true;
    }
    takes_field(cx, endpoint, &is_proof) || takes_argument(cx, endpoint, &is_proof)
}

/// Whether the request gives an argument of such a name: those of an operation of GraphQL are what others have as fields.
fn takes_argument(cx: &LintContext, endpoint: &Endpoint, is_wanted: &dyn Fn(&str) -> bool) -> bool {
    let is_operation = |name: &&str| matches!(*name, "QUERY" | "MUTATION" | "SUBSCRIPTION");
    let ir = cx.semantics().ir(endpoint.handler_place(cx.semantics()).file);
    endpoint.methods.names().iter().any(is_operation)
        && endpoint.extractors(cx.semantics()).iter().any(|extractor| match ir.pat(extractor.pattern) {
            Pat::Bind { local, .. } => is_wanted(ir.local(local).name.as_str()),
            _ => false,
        })
}

/// Whether the request has a field of such a name.
pub(super) fn takes_field(cx: &LintContext, endpoint: &Endpoint, is_wanted: &dyn Fn(&str) -> bool) -> bool {
    endpoint.extractors(cx.semantics()).iter().any(|extractor| has_field(cx, extractor.ty, is_wanted, 3))
}

fn has_field(cx: &LintContext, ty: Ty, is_wanted: &dyn Fn(&str) -> bool, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    match ty.kind() {
        TyKind::External { path, args } => {
            // State and extensions are the service's own.
            let own = ["State", "Data", "Extension", "Arc", "Depot"];
            let name = path.as_str().rsplit(':').next().unwrap_or_default();
            !own.contains(&name) && args.iter().any(|arg| has_field(cx, *arg, is_wanted, depth))
        }
        TyKind::Tuple(parts) => parts.iter().any(|part| has_field(cx, *part, is_wanted, depth)),
        TyKind::Adt { def, args } => {
            let item = cx.semantics().item(*def);
            let is_read = item.derives("Deserialize") || item.derives("FromForm") || item.derives("Object");
            is_read && cx.semantics().fields(*def, None).iter().any(|field| is_wanted(field.name.as_str()))
                || args.iter().any(|arg| has_field(cx, *arg, is_wanted, depth))
        }
        _ => false,
    }
}

/// By what it does: it checks or stores a password, or makes out a token.
fn lets_in(cx: &LintContext, function: DefId) -> bool {
    let Some(types) = cx.semantics().types(function) else { return false };
    let name_of = |callee: &Callee| -> Option<Symbol> {
        match callee {
            Callee::Fn(def) => Some(cx.semantics().def_map.name(*def)),
            Callee::Method { name, .. } | Callee::UnknownMethod(name) => Some(*name),
            Callee::External(path) => Some(Symbol::new(path.as_str().rsplit(':').next().unwrap_or_default())),
            _ => None,
        }
    };
    types.callees().filter_map(|(_, callee)| name_of(callee)).any(|name| {
        let all: Vec<String> = words(name.as_str()).collect();
        let has = |known: &[&str]| all.iter().any(|word| known.contains(&word.as_str()));
        (has(&["password", "signature", "captcha", "hmac"])
            && has(&["verify", "check", "validate", "hash", "compare"]))
            || (has(&["token", "jwt", "session", "cookie"])
                && has(&["create", "generate", "issue", "encode", "sign", "new"]))
            // Who proves by it that a telephone or a mailbox is his is not known yet.
            || (has(&["send"]) && has(&["otp", "code", "verification", "confirmation", "activation"]))
    })
}

#[cfg(test)]
mod tests {
    use super::{WEAK, says_so};

    #[test]
    fn names_tell_what_anybody_may_call() {
        let says_so = |path, handler| says_so(path, handler, &|word: &str| WEAK.contains(&word));
        assert!(says_so("/api/v1/login", "post"));
        assert!(says_so("/users/password/reset", "x"));
        assert!(says_so("/users", "sign_up"));
        assert!(says_so("/verification/request-password-token", "x"));
        assert!(says_so("/passwords", "create"));
        assert!(says_so("/healthz", "x"));
        assert!(!says_so("/users/{id}", "delete_user"));
        assert!(!says_so("/orders/{id}/status/history", "list"));
    }
}
