//! What names say. A name alone decides nothing: it tells which header or cookie is a credential, and which field is
//! a role, where the code around it reads and compares them.

use std::cell::RefCell;

use rustc_hash::FxHashMap;

thread_local! {
    /// What was asked of names before, and the answers, a bit each: the same names come again and again.
    static ANSWERS: RefCell<FxHashMap<Box<str>, (u8, u8)>> = RefCell::default();
}

/// What is asked of names most often.
#[derive(Clone, Copy)]
enum Question {
    Role,
    Authorizing,
    Authenticating,
    Judging,
    Refusing,
}

/// The answer for a name, found out once.
fn remembered(question: Question, name: &str, decide: impl FnOnce() -> bool) -> bool {
    let bit = 1 << question as u8;
    let known = ANSWERS.with_borrow(|answers| answers.get(name).copied());
    let (asked, yes) = known.unwrap_or_default();
    if asked & bit != 0 {
        return yes & bit != 0;
    }
    let answer = decide();
    ANSWERS.with_borrow_mut(|answers| {
        // What is decided may have asked other questions.
        let entry = match answers.get_mut(name) {
            Some(entry) => entry,
            None => answers.entry(name.into()).or_default(),
        };
        entry.0 |= bit;
        entry.1 |= if answer { bit } else { 0 };
    });
    answer
}

/// The words of a name: `isAdmin_user-id` is `is`, `admin`, `user`, `id`.
pub fn words(name: &str) -> impl Iterator<Item = String> + '_ {
    parts(name).map(str::to_lowercase)
}

/// The words of a name as they stand there.
fn parts(name: &str) -> impl Iterator<Item = &str> {
    let is_ascii = name.is_ascii();
    let mut rest = name;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
        if rest.is_empty() {
            return None;
        }
        let end = if is_ascii { ascii_word_end(rest.as_bytes()) } else { word_end(rest) };
        let (word, after) = rest.split_at(end);
        rest = after;
        Some(word)
    })
}

/// Where the word ends that a text begins with.
fn word_end(text: &str) -> usize {
    let mut chars = text.char_indices().peekable();
    let mut last_lower = false;
    while let Some((at, c)) = chars.next() {
        let next_lower = chars.peek().is_some_and(|(_, next)| next.is_lowercase());
        let starts = c.is_uppercase() && (last_lower || (at > 0 && next_lower));
        if !c.is_alphanumeric() || starts {
            return at;
        }
        last_lower = !c.is_uppercase();
    }
    text.len()
}

/// The same for what is in ASCII, as nearly all names are.
fn ascii_word_end(text: &[u8]) -> usize {
    let mut last_lower = false;
    for (at, c) in text.iter().enumerate() {
        let next_lower = text.get(at + 1).is_some_and(u8::is_ascii_lowercase);
        let starts = c.is_ascii_uppercase() && (last_lower || (at > 0 && next_lower));
        if !c.is_ascii_alphanumeric() || starts {
            return at;
        }
        last_lower = !c.is_ascii_uppercase();
    }
    text.len()
}

fn has_word(name: &str, known: &[&str]) -> bool {
    // All known words are ASCII: what lowers to one of them without being ASCII itself (the Kelvin sign) is none.
    parts(name).any(|word| known.iter().any(|known| known.eq_ignore_ascii_case(word)))
}

/// Whether a path is that of a constant which names a header: `http::header::AUTHORIZATION`.
pub(crate) fn is_header_constant(path: &str) -> bool {
    let mut segments = path.rsplit("::");
    let name = segments.next().unwrap_or_default();
    segments.next() == Some("header") && name.starts_with(char::is_uppercase)
}

/// Whether a header, cookie or metadata key of this name is a credential.
pub(crate) fn is_credential(name: &str) -> bool {
    const PARTS: &[&str] = &[
        "authorization",
        "cookie",
        "token",
        "apikey",
        "session",
        "signature",
        "secret",
        "jwt",
        "bearer",
        "credential",
        "password",
    ];
    if is_about_nobody(name) {
        return false;
    }
    let lower: String = name.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    PARTS.iter().any(|part| lower.contains(part))
        || has_word(name, &["auth", "key", "sid", "user", "hmac", "passwd", "access"])
}

/// Whether what has this name says which header or cookie a credential is in: `user_header`, `session_cookie_name`.
pub(crate) fn is_credential_setting(name: &str) -> bool {
    let of_header = || {
        let rest: Vec<&str> =
            parts(name).filter(|word| !matches!(*word, "header" | "headers" | "HEADER" | "name")).collect();
        !rest.is_empty() && is_credential(&rest.join("_"))
    };
    (has_word(name, &["header"]) || has_word(name, &["cookie"]) && has_word(name, &["name"]))
        && !is_about_nobody(name)
        && of_header()
}

/// Whether a field of a body, a query's or a path's parameter of this name is a credential. A token that somebody was
/// mailed, or one to be changed for another, says nothing of a session.
pub(crate) fn is_sent_credential(name: &str) -> bool {
    const PAIRS: &[(&[&str], &[&str])] = &[
        (&["session", "auth", "admin", "master", "user"], &["token", "key", "secret", "jwt"]),
        (&["api"], &["key", "token", "secret"]),
        (&["admin"], &["password"]),
    ];
    const OTHERS: &[&str] =
        &["reset", "verify", "verification", "confirm", "confirmation", "invite", "refresh", "new", "public"];
    let has_pair = |(first, last): &(&[&str], &[&str])| has_word(name, first) && has_word(name, last);
    (PAIRS.iter().any(has_pair) || has_word(name, &["apikey", "jwt"]))
        && !has_word(name, OTHERS)
        && !is_about_nobody(name)
}

/// Whether a header or cookie of this name says nothing of who calls.
pub(crate) fn is_about_nobody(name: &str) -> bool {
    const NEVER: &[&str] = &[
        "csrf",
        "xsrf",
        "consent",
        "lang",
        "locale",
        "theme",
        "accept",
        "flash",
        "state",
        "timezone",
        "useragent",
    ];
    let lower: String = name.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    NEVER.iter().any(|part| lower.contains(part))
}

/// Whether a type of this name stands for the caller.
pub fn is_identity(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "user",
        "users",
        "claims",
        "claim",
        "identity",
        "principal",
        "session",
        "account",
        "auth",
        "authed",
        "authenticated",
        "authentication",
        "authorization",
        "token",
        "jwt",
        "credential",
        "credentials",
        "admin",
        "caller",
        "subject",
        "actor",
        "member",
        "viewer",
        "profile",
        "login",
        "bearer",
    ];
    has_word(name, WORDS)
}

/// Whether a field or column of this name says whose something is.
pub fn is_owner(name: &str) -> bool {
    const PEOPLE: &[&str] = &[
        "user", "owner", "author", "sender", "creator", "account", "member", "customer", "renter", "tenant",
        "uid", "poster", "seller", "buyer", "player", "student", "patient", "employee", "person", "profile",
    ];
    const PARTS: &[&str] = &["id", "uid", "uuid", "key", "by", "pk"];
    let is_person = has_word(name, PEOPLE);
    is_person && (has_word(name, PARTS) || words(name).count() == 1)
        || matches!(name, "created_by" | "createdBy" | "owned_by" | "ownedBy" | "posted_by" | "added_by")
}

/// Whether a field, method or function of this name is about what the caller may do.
pub(crate) fn is_role(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "role",
        "roles",
        "admin",
        "admins",
        "superuser",
        "superadmin",
        "permission",
        "permissions",
        "perm",
        "perms",
        "privilege",
        "privileges",
        "scope",
        "scopes",
        "staff",
        "moderator",
        "acl",
        "rbac",
        "entitlement",
        "entitlements",
        "capability",
        "capabilities",
        "authorities",
    ];
    remembered(Question::Role, name, || {
        has_word(name, WORDS) || name.starts_with("can_") || name == "is_allowed"
    })
}

/// Whether a call of this name asks whether somebody belongs to those who may: `contains_any_group`.
pub(crate) fn asks_for_group(name: &str) -> bool {
    has_word(name, &["group", "groups"]) && has_word(name, &["contains", "has", "belongs"])
}

/// Whether a type of this name lists what callers may do or be.
pub fn is_role_type(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "role",
        "roles",
        "permission",
        "permissions",
        "scope",
        "privilege",
        "capability",
        "action",
        "rights",
    ];
    has_word(name, WORDS)
}

/// Whether what has this name says that the caller is known: `is_logged_in`.
pub(crate) fn says_known(name: &str) -> bool {
    const WORDS: &[&str] = &["authenticated", "authorized", "authorised", "logged"];
    words(name).next().is_some_and(|first| first == "is") && has_word(name, WORDS)
}

/// Whether a call of this name finds out who calls.
pub(crate) fn is_authenticating(name: &str) -> bool {
    remembered(Question::Authenticating, name, || has_word(name, &["authenticate", "authenticated"]))
}

/// Whether a call of this name asks whether something may be done, where nothing more is known of it.
pub fn is_authorizing(name: &str) -> bool {
    const WORDS: &[&str] = &["authorize", "authorise", "enforce"];
    const ASKING: &[&str] = &["check", "require", "ensure", "has", "validate", "verify", "is"];
    remembered(Question::Authorizing, name, || {
        has_word(name, WORDS) || is_role(name) && has_word(name, ASKING)
    })
}

/// Whether a call of this name is made for its answer: whether somebody is known, or may do something.
pub(crate) fn is_check(name: &str) -> bool {
    const WORDS: &[&str] = &["verify", "check", "require", "ensure", "validate", "authenticate"];
    is_authorizing(name) || has_word(name, WORDS)
}

/// Whether a call of this name judges what it is given: it fails if that is wrong.
pub(crate) fn is_judging(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "verify",
        "validate",
        "decode",
        "authenticate",
        "authorize",
        "check",
        "parse",
        "introspect",
        "decrypt",
        "unseal",
        "compare",
        "eq",
        "matches",
        "contains",
        "enforce",
        "require",
        "ensure",
        "one",
        "first",
        "result",
        "str",
        "find",
        "lookup",
    ];
    remembered(Question::Judging, name, || has_word(name, WORDS))
}

/// Whether a call of this name judges something of that name which a request sent beside what it asks for: a key or
/// signature where it is checked, the token of a session wherever it is looked up.
pub(crate) fn judges_sent(call: &str, sent: &str) -> bool {
    let sent: String = sent.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let is_session =
        ["sessiontoken", "authtoken", "bearertoken", "usertoken"].iter().any(|name| sent.ends_with(name));
    let is_key = ["apikey", "accesskey", "accesstoken", "jwttoken"].iter().any(|name| sent.ends_with(name))
        || matches!(sent.as_str(), "jwt" | "signature" | "hmac");
    let checks = has_word(call, &["valid", "validate", "verify", "check", "authenticate", "authorize"]);
    !is_changing(call) && (is_session || is_key && checks)
}

/// Whether a call of this name changes what is stored or sent.
pub(crate) fn is_changing(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "delete", "remove", "insert", "create", "save", "store", "add", "set", "update", "revoke", "new",
        "refresh", "clear", "expire", "make", "build", "append", "unset",
    ];
    has_word(name, WORDS)
}

/// Whether what has this name refuses: a status, a constructor of an error or of a response.
pub(crate) fn is_refusing(name: &str) -> bool {
    const WORDS: &[&str] =
        &["unauthorized", "unauthorised", "forbidden", "unauthenticated", "redirect", "denied"];
    remembered(Question::Refusing, name, || {
        has_word(name, WORDS) || matches!(name, "SEE_OTHER" | "FOUND" | "SeeOther" | "Found")
    })
}

/// Whether a type of this name may be a guard.
pub(crate) fn is_guard(name: &str) -> bool {
    const WORDS: &[&str] =
        &["guard", "require", "required", "requires", "logged", "protected", "permission", "role"];
    is_identity(name) || has_word(name, WORDS)
}

#[cfg(test)]
mod tests {
    use super::{is_credential, is_identity, is_role, words};

    #[test]
    fn names_have_words() {
        let all = |name| words(name).collect::<Vec<_>>().join(" ");
        assert_eq!(all("isAdmin_user-id"), "is admin user id");
        assert_eq!(all("JWTClaims"), "jwt claims");
        assert_eq!(all("X_API_KEY"), "x api key");
        assert_eq!(all("ÄußererNAMEName_x"), "äußerer name name x");
    }

    #[test]
    fn credentials_are_known_by_their_names() {
        assert!(
            ["authorization", "X_API_KEY", "x-auth-token", "session_id", "AUTHORIZATION"]
                .into_iter()
                .all(is_credential)
        );
        assert!(
            !["host", "x-forwarded-for", "x-csrf-token", "content-type", "lang"]
                .into_iter()
                .any(is_credential)
        );
        assert!(is_identity("CurrentUser") && !is_identity("AppState"));
        assert!(is_role("is_admin") && is_role("can_edit") && !is_role("name"));
    }
}
