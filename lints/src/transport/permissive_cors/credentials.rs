//! What a workspace knows its callers by: what browsers add by themselves, or what a page must have.

use ward_linter::LintContext;
use ward_syntax::{Expr, ItemKind, Literal, SourceIr};

use crate::secrets::has;

/// What callers are known by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Credentials {
    /// Nothing that is seen: something before it may ask.
    Unseen,
    /// A header that only those send who have the token.
    Header,
    /// Cookies, or a password that browsers send along.
    Browser,
}

const COOKIES: &str = "Cookie CookieJar Cookies PrivateCookieJar SignedCookieJar CookieBuilder COOKIE SET_COOKIE Session \
    SessionMiddleware SessionManagerLayer Identity IdentityMiddleware AuthSession WWW_AUTHENTICATE BasicAuth Basic cookie cookies";
const METHODS: &str =
    "cookie cookies add_cookie insert_cookie set_cookie get_private add_private get_pending session";
const HEADERS: &str = "AUTHORIZATION Authorization Bearer BearerAuth DecodingKey";

/// Names that a type of the workspace's own has as well.
const AMBIGUOUS: &str = "Session Identity";

/// What all of the workspace's files speak of.
pub(super) fn of(cx: &LintContext) -> Credentials {
    let files = cx.semantics().files.iter();
    let own = files
        .clone()
        .flat_map(|file| &file.ir.tree.items)
        .filter(|item| matches!(item.kind, ItemKind::Struct { .. } | ItemKind::Enum { .. }));
    let own: Vec<&str> = own.map(|item| item.name.as_str()).filter(|name| has(AMBIGUOUS, name)).collect();
    files.map(|file| spoken_of(&file.ir, &own)).max().unwrap_or(Credentials::Unseen)
}

/// What a file speaks of, the workspace's `own` names left out.
fn spoken_of(ir: &SourceIr, own: &[&str]) -> Credentials {
    let imports = || {
        ir.tree.items.iter().filter_map(|item| match &item.kind {
            ItemKind::Use(tree) => tree.path.last().copied(),
            _ => None,
        })
    };
    let is_any = |list: &'static str| {
        let mut names = ir.segments.iter().map(|segment| segment.name).chain(imports());
        names.any(|name| has(list, name.as_str()) && !own.contains(&name.as_str()))
    };
    if is_any(COOKIES) || ir.exprs.iter().any(is_cookie) {
        return Credentials::Browser;
    }
    let is_header = |expr: &Expr| is_text(expr, &["authorization"]);
    if is_any(HEADERS) || ir.exprs.iter().any(is_header) { Credentials::Header } else { Credentials::Unseen }
}

fn is_cookie(expr: &Expr) -> bool {
    match expr {
        Expr::MethodCall { method, .. } => has(METHODS, method.as_str()),
        _ => is_text(expr, &["cookie", "set-cookie", "www-authenticate"]),
    }
}

fn is_text(expr: &Expr, texts: &[&str]) -> bool {
    matches!(expr, Expr::Literal(Literal::Str(text)) if texts.iter().any(|known| text.as_str().eq_ignore_ascii_case(known)))
}
