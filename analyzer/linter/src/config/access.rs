//! `[access]`: what the project says about its own guards, public endpoints and roles.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

/// Who may do what.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Access {
    /// Paths of what lets only known callers pass: types of extractors, functions that check, middleware. A path is
    /// written as in code (`crate::auth::User`, `my_auth::require_login`); its end alone (`auth::User`) will do.
    #[schemars(with = "Vec<String>")]
    pub guards: Vec<Spanned<String>>,
    /// Endpoints that anybody may call: a path with `*` for a segment and `**` for any rest, after a method if only
    /// that is meant: `/health`, `POST /webhooks/**`.
    #[schemars(with = "Vec<String>")]
    pub public: Vec<Spanned<String>>,
    /// For each role, the guards that let only its holders pass, written as in `guards`; they need not be there too.
    #[schemars(with = "BTreeMap<String, Vec<String>>")]
    pub roles: BTreeMap<String, Vec<Spanned<String>>>,
}

/// Some endpoints, by method and path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EndpointPattern {
    /// In upper case; `None` for any.
    method: Option<String>,
    segments: Vec<Segment>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Segment {
    /// `**`: any number of segments, also none.
    Rest,
    /// `*`, or a parameter: one segment, whatever it is.
    One,
    /// This text, in which `*` stands for any characters.
    Text(String),
}

/// Why a text is no pattern of endpoints.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PatternError(&'static str);

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for PatternError {}

impl Access {
    /// The patterns of public endpoints.
    pub fn public(&self) -> Vec<EndpointPattern> {
        // What is no pattern was an error when the configuration was read.
        self.public.iter().filter_map(|text| text.get_ref().parse().ok()).collect()
    }

    /// Whether the project says that anybody may call an endpoint.
    pub fn is_public(&self, method: &str, path: &str) -> bool {
        self.public().iter().any(|pattern| pattern.matches(method, path))
    }

    /// Every path that is declared as a guard, with the role it proves if it proves one; sorted.
    pub fn guards(&self) -> Vec<(&str, Option<&str>)> {
        let plain = self.guards.iter().map(|path| (path.get_ref().as_str(), None));
        let roles = self.roles.iter();
        let proved = roles.flat_map(|(role, paths)| {
            paths.iter().map(|path| (path.get_ref().as_str(), Some(role.as_str())))
        });
        let mut all: Vec<_> = plain.chain(proved).collect();
        all.sort_unstable();
        all
    }
}

impl FromStr for EndpointPattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let (method, path) = match text.trim().split_once(char::is_whitespace) {
            Some((method, path)) => (Some(method), path.trim_start()),
            None => (None, text.trim()),
        };
        if method.is_some_and(|method| !method.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'*'))
        {
            return Err(PatternError("before the path there may only be a method: `GET /path`"));
        }
        let Some(path) = path.strip_prefix('/').or_else(|| path.starts_with('*').then_some(path)) else {
            return Err(PatternError("the path of an endpoint begins with `/`"));
        };
        let segments = split(path).map(Segment::new).collect();
        let method = method.filter(|method| *method != "*").map(str::to_ascii_uppercase);
        Ok(Self { method, segments })
    }
}

impl EndpointPattern {
    /// Whether it means this endpoint. How a parameter is written (`{id}`, `:id`, `<id>`) and called does not matter,
    /// nor does a `/` at the end.
    pub fn matches(&self, method: &str, path: &str) -> bool {
        let same = |wanted: &String| wanted.eq_ignore_ascii_case(method) || method == "*" || method == "ANY";
        if !self.method.as_ref().is_none_or(same) {
            return false;
        }
        let segments: Vec<&str> = split(path).collect();
        fits(&self.segments, &segments)
    }
}

fn split(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

fn fits(pattern: &[Segment], segments: &[&str]) -> bool {
    match (pattern.split_first(), segments.split_first()) {
        (None, None) => true,
        (None, Some(_)) => false,
        (Some((Segment::Rest, rest)), _) => {
            (0..=segments.len()).any(|skipped| fits(rest, &segments[skipped..]))
        }
        (Some(_), None) => false,
        (Some((first, pattern)), Some((segment, segments))) => first.fits(segment) && fits(pattern, segments),
    }
}

impl Segment {
    fn new(text: &str) -> Self {
        match text {
            "**" => Self::Rest,
            "*" => Self::One,
            text if is_parameter(text) => Self::One,
            text => Self::Text(text.to_owned()),
        }
    }

    fn fits(&self, segment: &str) -> bool {
        match self {
            Self::Rest | Self::One => true,
            Self::Text(text) => wildcard(text, segment),
        }
    }
}

fn is_parameter(segment: &str) -> bool {
    segment.starts_with([':', '<', '{'])
}

/// Whether `text` is what `pattern` says, where `*` stands for any characters.
fn wildcard(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text.strip_prefix(before).is_some_and(|rest| {
            rest.char_indices().map(|(at, _)| at).chain([rest.len()]).any(|at| wildcard(after, &rest[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::EndpointPattern;

    #[track_caller]
    fn matches(pattern: &str, method: &str, path: &str) -> bool {
        pattern.parse::<EndpointPattern>().unwrap().matches(method, path)
    }

    #[test]
    fn segments_are_matched_one_by_one() {
        assert!(matches("/health", "GET", "/health"));
        assert!(matches("/health/", "GET", "/health"));
        assert!(!matches("/health", "GET", "/health/deep"));
        assert!(!matches("/health", "GET", "/healthy"));
        assert!(matches("/static/**", "GET", "/static/css/site.css"));
        assert!(matches("/static/**", "GET", "/static"));
        assert!(matches("/**/login", "POST", "/api/v1/login"));
        assert!(matches("/users/*/avatar", "GET", "/users/{id}/avatar"));
        assert!(!matches("/users/*", "GET", "/users/{id}/avatar"));
        assert!(matches("/v*/ping", "GET", "/v2/ping"));
        assert!(matches("/", "GET", "/"));
        assert!(!matches("/", "GET", "/a"));
    }

    #[test]
    fn parameters_are_the_same_however_they_are_written() {
        for path in ["/users/{id}", "/users/:user_id", "/users/<name>"] {
            assert!(matches("/users/{id}", "GET", path), "{path}");
        }
    }

    #[test]
    fn a_method_narrows() {
        assert!(matches("POST /hooks/*", "POST", "/hooks/pay"));
        assert!(matches("post /hooks/*", "POST", "/hooks/pay"));
        assert!(!matches("POST /hooks/*", "GET", "/hooks/pay"));
        assert!(matches("POST /hooks/*", "ANY", "/hooks/pay"));
        assert!(matches("* /hooks/*", "GET", "/hooks/pay"));
    }

    #[test]
    fn what_is_no_pattern_is_an_error() {
        assert!("health".parse::<EndpointPattern>().is_err());
        assert!("GET health".parse::<EndpointPattern>().is_err());
        assert!("the path /health".parse::<EndpointPattern>().is_err());
        assert!("G3T /health".parse::<EndpointPattern>().is_err());
    }
}
