//! Texts of forms that only secrets have.

/// The fewest characters of a private key's body.
const SHORTEST_KEY: usize = 60;

/// Which secret a text is, by its form.
pub(super) fn of(text: &str) -> Option<&'static str> {
    if text.len() < 20 || has_gaps(text) {
        return None;
    }
    if let Some(body) = private_key(text) {
        return (body.chars().filter(char::is_ascii_alphanumeric).count() >= SHORTEST_KEY)
            .then_some("a private key");
    }
    let token = |prefix: &str, length: usize| {
        text.strip_prefix(prefix).is_some_and(|rest| {
            rest.len() >= length
                && rest.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
                && is_varied(rest)
        })
    };
    let is_upper =
        |rest: &str| rest.len() == 16 && rest.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    match text {
        _ if ["AKIA", "ASIA"].iter().any(|prefix| text.strip_prefix(prefix).is_some_and(is_upper)) => {
            Some("a key of AWS")
        }
        _ if ["ghp_", "gho_", "ghs_", "ghu_"].iter().any(|prefix| token(prefix, 36))
            || token("github_pat_", 50) =>
        {
            Some("a token of GitHub")
        }
        _ if token("glpat-", 20) => Some("a token of GitLab"),
        _ if token("sk_live_", 20) || token("rk_live_", 20) => Some("a key of Stripe"),
        _ if token("xoxb-", 20) || token("xoxp-", 20) => Some("a token of Slack"),
        _ if token("sk-ant-", 40) || token("sk-proj-", 40) => Some("a key of a model's service"),
        _ => None,
    }
}

/// Whether a text is a template, or the example of a manual.
fn has_gaps(text: &str) -> bool {
    text.contains(['{', '<', '*'])
        || text.contains("...")
        || text.contains("EXAMPLE")
        || text.contains("xxxx")
        || text.contains("XXXX")
}

/// What stands between the lines of a private key.
fn private_key(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("-----BEGIN ")?;
    let (kind, rest) = rest.split_once("-----")?;
    let (body, _) = rest.split_once("-----END ")?;
    kind.ends_with("PRIVATE KEY").then_some(body)
}

/// Whether a text is no row of one letter, or of a few.
fn is_varied(text: &str) -> bool {
    let mut seen: Vec<char> = text.chars().collect();
    seen.sort_unstable();
    seen.dedup();
    seen.len() >= 8
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn forms_are_whole() {
        let key = format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----",
            "MIIEvAIBADANBgkq".repeat(5)
        );
        assert_eq!(of(&key), Some("a private key"));
        assert_eq!(of("-----BEGIN PRIVATE KEY-----"), None);
        assert_eq!(of(&key.replace("PRIVATE", "PUBLIC")), None);
        assert_eq!(of(&["AKIA", "QYLPMN5HHHFPZAM2"].concat()), Some("a key of AWS"));
        assert_eq!(of("AKIAIOSFODNN7EXAMPLE"), None);
        assert_eq!(of(&["ghp_", &"a1B2c3D4e5".repeat(4)].concat()), Some("a token of GitHub"));
        assert_eq!(of(&["ghp_", &"a".repeat(40)].concat()), None);
        assert_eq!(of("ghp_ is how tokens of GitHub begin"), None);
    }
}
