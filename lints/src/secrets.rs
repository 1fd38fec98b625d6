//! What names say of secrets. A name alone decides nothing: most things called `token` or `key` are none.

use std::cell::RefCell;

use rustc_hash::{FxHashMap, FxHashSet};
use ward_linter::LintContext;
use ward_linter::guards::words;
use ward_semantics::{DefId, Ty, TyKind};

/// What a name says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Named {
    /// Something else, whatever else it holds: a count, a kind, an id, a public key.
    Other,
    /// Nothing.
    Nothing,
    /// Perhaps a secret: `token`, `login_code`.
    Token,
    /// A secret.
    Secret,
}

/// What a name ends in that is about a secret, and is none.
const ABOUT: &str = "identity type types kind kinds class id ids uuid name names len length count size limit max min expires expiry \
    expiration exp expired at date dates time ttl age hint url uri path file filename dir column field prefix suffix scope scopes index \
    idx version mode method format algorithm alg status num number policy entrypoint endpoint kdf salt iterations email \
    template label placeholder tokenizer lemma position offset span range reference metadata info config settings store \
    manager provider service issuer audience usage budget total lifetime duration strength error errors message msg rules \
    rule pattern regex attempts tries validity reset env var variable table query user users client state result response \
    request arn login strategy source stream iter builder validator verifier hasher host hostname domain address in hours \
    minutes seconds days weeks millis secs mins";

/// Words that make a token or key one that is no secret, wherever they stand.
const HARMLESS: &str = "publish push page pagination next continuation cursor sync resume read write lock fencing cancel \
    cancellation public pub stop eos bos pad lexer syntax keyword transaction txn poison batch idempotency partition primary \
    foreign sort cache status language country postal error exit return source challenge";

/// How a value is written, at the end of a name.
const WRITTEN: &str = "value val str string text bytes opt option b64 base64 b64u hex hexa encoded decoded raw plain header ref inner lock guard";

/// What a name begins with that is a question or a number.
const ASKED: &str = "is has max min num no allow use require enable";

/// Words for secrets.
const SECRET: &str = "password passwords passwd passphrase passcode secret secrets apikey apikeys hmac bearer jwt otp totp pwd psk \
    authtoken accesstoken";

/// Words for what is often a secret.
const TOKEN: &str = "token tokens credential authorization";

/// Keys, tokens and codes of these kinds are secrets.
const KINDS_OF_KEY: &str =
    "api master admin private signing secret auth encryption shared root webhook service setup";
const KINDS_OF_TOKEN: &str = "access auth api admin bearer session refresh csrf xsrf secret registration reset verification \
    authorization jwt id invite as hs service webhook unsubscribe expected required security shared";
const KINDS_OF_CODE: &str =
    "verification verify auth login access invite recovery backup confirmation confirm sms mfa 2fa expected";
const KINDS_OF_PASS: &str = "expected user admin root db database basic auth login smtp mail master";
const KINDS_OF_HASH: &str = "password passwd token secret key";

thread_local! {
    /// The words of the lists that were asked, by where a list stands and its length.
    static LISTS: RefCell<FxHashMap<(usize, usize), FxHashSet<&'static str>>> = RefCell::default();
    /// What names were found to say: the same ones come again and again.
    static KNOWN: RefCell<FxHashMap<Box<str>, Named>> = RefCell::default();
}

/// Whether a list has a word.
pub(crate) fn has(list: &'static str, word: &str) -> bool {
    LISTS.with_borrow_mut(|lists| {
        let words = lists.entry((list.as_ptr().addr(), list.len()));
        words.or_insert_with(|| list.split_ascii_whitespace().collect()).contains(word)
    })
}

impl Named {
    /// What a name says.
    pub(crate) fn of(name: &str) -> Self {
        if let Some(known) = KNOWN.with_borrow(|known| known.get(name).copied()) {
            return known;
        }
        let named = Self::read(name);
        KNOWN.with_borrow_mut(|known| known.insert(name.into(), named));
        named
    }

    fn read(name: &str) -> Self {
        let mut all: Vec<String> = words(name).collect();
        // How a value is written says nothing of what it is.
        while all.len() > 1 && all.last().is_some_and(|word| has(WRITTEN, word)) {
            all.pop();
        }
        let Some((last, before)) = all.split_last() else { return Self::Nothing };
        if has(WRITTEN, last) {
            return Self::Nothing;
        }
        let any = |list: &'static str| all.iter().any(|word| has(list, word));
        let is_kind = |list: &'static str| before.iter().any(|word| has(list, word));
        // What a name ends in is what it is: `token_type` is a type, `type_token` a token.
        if has(ABOUT, last) || all.first().is_some_and(|first| has(ASKED, first)) {
            return Self::Other;
        }
        match last.as_str() {
            // The access key of S3 is a name, and the secret is beside it.
            "key" | "keys" if before.last().is_some_and(|word| word == "access") => Self::Nothing,
            "key" | "keys" if is_kind(KINDS_OF_KEY) && !any("public pub id") => Self::Secret,
            "token" | "tokens" if is_kind(KINDS_OF_TOKEN) && !any(HARMLESS) => Self::Secret,
            "code" | "pin" if is_kind(KINDS_OF_CODE) => Self::Token,
            "hash" | "digest" if is_kind(KINDS_OF_HASH) => Self::Secret,
            "pass" if is_kind(KINDS_OF_PASS) => Self::Secret,
            _ if any(SECRET) => Self::Secret,
            _ if any(HARMLESS) => Self::Other,
            _ if has(TOKEN, last) => Self::Token,
            _ => Self::Nothing,
        }
    }
}

/// Whether a function is about who may come in, by its name and those of what holds it.
pub(crate) fn is_about_access(cx: &LintContext, function: DefId) -> bool {
    const WORDS: &str = "auth authenticate authenticated authentication authenticator authn authz authorize \
        authorized authorization authorizer login signin verify verifies verified verifier verification \
        credential credentials guard webhook webhooks password secret admin permission bearer middleware jwt \
        apikey identity oauth oauth2 oidc totp otp csrf access";
    words(&cx.name(function)).any(|word| has(WORDS, &word))
}

/// Whether a type is a text or bytes; not known of many.
pub(crate) fn is_text(ty: Ty) -> Option<bool> {
    match ty.kind() {
        TyKind::Unknown | TyKind::Param { .. } => None,
        TyKind::Str | TyKind::StaticStr => Some(true),
        TyKind::Slice(element) => Some(is_byte(*element)),
        TyKind::External { path, args } => match path.as_str() {
            "std::string::String" | "bytes::Bytes" | "http::HeaderValue" => Some(true),
            "std::option::Option"
            | "std::result::Result"
            | "std::boxed::Box"
            | "std::sync::Arc"
            | "std::rc::Rc"
            | "std::borrow::Cow" => is_text(*args.first()?),
            "std::vec::Vec" => {
                args.first().map(|element| is_byte(*element) || is_text(*element) == Some(true))
            }
            _ => Some(false),
        },
        _ => Some(false),
    }
}

fn is_byte(ty: Ty) -> bool {
    matches!(ty.kind(), TyKind::Scalar(name) if name.as_str() == "u8")
}

#[cfg(test)]
mod tests {
    use super::Named;

    #[test]
    fn names_end_in_what_they_are() {
        let cases = [
            (
                Named::Secret,
                "password webhook_secret apiKey X-Api-Key ADMIN_TOKEN session_token password_hash master_key totp_code auth_token_str expected_pass setup_key_lock",
            ),
            (Named::Token, "token verification_code authorization tokens"),
            (Named::Nothing, "body access_key key code value hash mac pass render_pass lock guard"),
            (
                Named::Other,
                "token_type max_tokens token_id secret_name password_reset_date has_password publish_token public_key_token page_token",
            ),
        ];
        for (named, names) in cases {
            for name in names.split(' ') {
                assert_eq!(Named::of(name), named, "{name}");
            }
        }
    }
}
