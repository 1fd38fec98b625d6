//! `macro_rules!`: what a call of one of the workspace's own macros expands to.
//!
//! This is no compiler: the first rule that fits is taken, a name that the macro binds hides one of the call only
//! where the two differ, and whatever is not understood leaves the call as it is. All that comes from the macro
//! stands, as far as spans go, at the call.

use std::cell::RefCell;
use std::rc::Rc;
use std::str::FromStr;

use proc_macro2::{Delimiter, Group, Ident, Spacing, Span, TokenStream, TokenTree};
use rustc_hash::{FxHashMap, FxHashSet};
use syn::parse::{Parse, ParseStream, Parser};

use crate::Symbol;

/// Calls with more tokens than this are left alone, and so are expansions to more.
const MOST_TOKENS: usize = 4096;
/// How often a part of a pattern may repeat.
const MOST_REPETITIONS: usize = 1024;
/// How deep groups and repetitions may nest.
const MOST_NESTING: usize = 32;

/// The rules of one macro.
pub(in crate::lower) struct Rules(Vec<Rule>);

struct Rule {
    pattern: Vec<Matcher>,
    body: Vec<Piece>,
    /// Names that the body binds with `let`.
    bound: FxHashSet<String>,
}

/// A part of a pattern.
enum Matcher {
    /// This very token.
    Token(TokenTree),
    /// A group around a pattern.
    Group(Delimiter, Vec<Matcher>),
    /// `$name:kind`
    Fragment { name: String, kind: String },
    /// `$( .. ) separator times`
    Repetition { inner: Vec<Matcher>, separator: Vec<TokenTree>, times: Times },
}

/// A part of a body.
enum Piece {
    Token(TokenTree),
    Group(Delimiter, Vec<Piece>),
    /// `$name`
    Variable(String),
    /// `$crate`
    Crate,
    Repetition {
        inner: Vec<Piece>,
        separator: Vec<TokenTree>,
    },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Times {
    Any,
    Some,
    AtMostOnce,
}

/// What a variable stands for.
#[derive(Clone)]
enum Binding {
    Tokens(Rc<[TokenTree]>),
    Each(Rc<[Bindings]>),
}

type Bindings = FxHashMap<String, Binding>;

thread_local! {
    /// What this thread has read: files that call the same macros follow one another. The spans in it belong to files that
    /// are gone, and are never looked at.
    static KNOWN: RefCell<FxHashMap<Symbol, Option<Rc<Rules>>>> = RefCell::default();
}

impl Rules {
    /// The same as [`Self::read`], of a definition that may have been read before.
    pub(in crate::lower) fn of(definition: Symbol) -> Option<Rc<Self>> {
        KNOWN.with_borrow_mut(|known| {
            known.entry(definition).or_insert_with(|| Self::read(definition.as_str()).map(Rc::new)).clone()
        })
    }

    /// Reads what stands between the braces of `macro_rules!`. None if a part of it is not understood.
    fn read(definition: &str) -> Option<Self> {
        let tokens: Vec<TokenTree> = TokenStream::from_str(definition).ok()?.into_iter().collect();
        let mut rules = Vec::new();
        let mut rest = tokens.as_slice();
        while let [
            TokenTree::Group(pattern),
            TokenTree::Punct(a),
            TokenTree::Punct(b),
            TokenTree::Group(body),
            after @ ..,
        ] = rest
        {
            if a.as_char() != '=' || b.as_char() != '>' {
                return None;
            }
            let tokens: Vec<TokenTree> = body.stream().into_iter().collect();
            let mut bound = FxHashSet::default();
            bound_names(&tokens, &mut bound, 0);
            rules.push(Rule { pattern: matchers(pattern.stream(), 0)?, body: pieces(&tokens, 0)?, bound });
            rest = match after {
                [TokenTree::Punct(semicolon), after @ ..] if semicolon.as_char() == ';' => after,
                after => after,
            };
        }
        (rest.is_empty() && !rules.is_empty()).then_some(Self(rules))
    }

    /// What a call comes to; none if no rule fits, or if it is too much.
    pub(in crate::lower) fn expand(&self, call: TokenStream, place: &Place) -> Option<Vec<TokenTree>> {
        let tokens: Vec<TokenTree> = call.into_iter().collect();
        if tokens.len() > MOST_TOKENS {
            return None;
        }
        for rule in &self.0 {
            let mut bindings = Bindings::default();
            if fits(&rule.pattern, &tokens, &mut bindings, 0) != Some(tokens.len()) {
                continue;
            }
            let mut names = FxHashSet::default();
            if !rule.bound.is_empty() {
                names_in(&tokens, &mut names, 0);
            }
            let hidden: FxHashSet<&str> =
                rule.bound.iter().map(String::as_str).filter(|name| names.contains(*name)).collect();
            let mut writer = Writer { place, hidden, left: MOST_TOKENS };
            let mut expansion = Vec::new();
            let bound =
                Bound { own: bindings.iter().map(|(name, to)| (name.as_str(), to)).collect(), outer: None };
            writer.write(&rule.body, &bound, &mut expansion)?;
            return Some(expansion);
        }
        None
    }
}

/// Where a macro is called.
pub(in crate::lower) struct Place {
    /// The call.
    pub(in crate::lower) span: Span,
    /// What `$crate` means there.
    pub(in crate::lower) krate: Symbol,
}

// Reading rules

fn is_punct(token: &TokenTree, wanted: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == wanted)
}

fn matchers(stream: TokenStream, depth: usize) -> Option<Vec<Matcher>> {
    if depth > MOST_NESTING {
        return None;
    }
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let mut found = Vec::new();
    let mut rest = tokens.as_slice();
    while let [first, after @ ..] = rest {
        rest = after;
        match first {
            TokenTree::Punct(dollar) if dollar.as_char() == '$' => match rest {
                [TokenTree::Group(group), after @ ..] if group.delimiter() == Delimiter::Parenthesis => {
                    let (separator, times, after) = repetition(after)?;
                    let inner = matchers(group.stream(), depth + 1)?;
                    found.push(Matcher::Repetition { inner, separator: separator.to_vec(), times });
                    rest = after;
                }
                [TokenTree::Ident(name), colon, TokenTree::Ident(kind), after @ ..]
                    if is_punct(colon, ':') =>
                {
                    found.push(Matcher::Fragment { name: name.to_string(), kind: kind.to_string() });
                    rest = after;
                }
                _ => return None,
            },
            TokenTree::Group(group) => {
                found.push(Matcher::Group(group.delimiter(), matchers(group.stream(), depth + 1)?));
            }
            token => found.push(Matcher::Token(token.clone())),
        }
    }
    Some(found)
}

/// What follows the group of a repetition: `,*`, `+`, `?`.
fn repetition(rest: &[TokenTree]) -> Option<(&[TokenTree], Times, &[TokenTree])> {
    for length in 0..=rest.len().min(3) {
        let times = match rest.get(length)? {
            TokenTree::Punct(punct) => match punct.as_char() {
                '*' => Times::Any,
                '+' => Times::Some,
                '?' => Times::AtMostOnce,
                _ => continue,
            },
            _ => continue,
        };
        return Some((&rest[..length], times, &rest[length + 1..]));
    }
    None
}

fn pieces(tokens: &[TokenTree], depth: usize) -> Option<Vec<Piece>> {
    if depth > MOST_NESTING {
        return None;
    }
    let mut found = Vec::new();
    let mut rest = tokens;
    while let [first, after @ ..] = rest {
        rest = after;
        match first {
            TokenTree::Punct(dollar) if dollar.as_char() == '$' => match rest {
                [TokenTree::Group(group), after @ ..] if group.delimiter() == Delimiter::Parenthesis => {
                    let (separator, _, after) = repetition(after)?;
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    let inner = pieces(&inner, depth + 1)?;
                    found.push(Piece::Repetition { inner, separator: separator.to_vec() });
                    rest = after;
                }
                [TokenTree::Ident(name), after @ ..] => {
                    found.push(if name == "crate" {
                        Piece::Crate
                    } else {
                        Piece::Variable(name.to_string())
                    });
                    rest = after;
                }
                _ => return None,
            },
            TokenTree::Group(group) => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                found.push(Piece::Group(group.delimiter(), pieces(&inner, depth + 1)?));
            }
            token => found.push(Piece::Token(token.clone())),
        }
    }
    Some(found)
}

/// The names that `let` binds in a body, in plain patterns.
fn bound_names(tokens: &[TokenTree], names: &mut FxHashSet<String>, depth: usize) {
    if depth > MOST_NESTING {
        return;
    }
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(word) if word == "let" => {
                let mut next = tokens[at + 1..].iter();
                let name = next.find(|token| !matches!(token, TokenTree::Ident(word) if word == "mut"));
                if let Some(TokenTree::Ident(name)) = name {
                    names.insert(name.to_string());
                }
            }
            TokenTree::Group(group) => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                bound_names(&inner, names, depth + 1);
            }
            _ => {}
        }
    }
}

fn names_in(tokens: &[TokenTree], names: &mut FxHashSet<String>, depth: usize) {
    for token in tokens {
        match token {
            TokenTree::Ident(name) => drop(names.insert(name.to_string())),
            TokenTree::Group(group) if depth < MOST_NESTING => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                names_in(&inner, names, depth + 1);
            }
            _ => {}
        }
    }
}

// Matching

/// How many of the tokens a pattern takes, if it fits their beginning.
fn fits(pattern: &[Matcher], tokens: &[TokenTree], bindings: &mut Bindings, depth: usize) -> Option<usize> {
    if depth > MOST_NESTING {
        return None;
    }
    let mut at = 0;
    for matcher in pattern {
        let rest = &tokens[at..];
        at += match matcher {
            Matcher::Token(wanted) => usize::from(same(wanted, rest.first()?).then_some(true)?),
            Matcher::Group(delimiter, inner) => {
                let TokenTree::Group(group) = rest.first()? else { return None };
                let within: Vec<TokenTree> = group.stream().into_iter().collect();
                let taken = fits(inner, &within, bindings, depth + 1)?;
                (group.delimiter() == *delimiter && taken == within.len()).then_some(1)?
            }
            Matcher::Fragment { name, kind } => {
                let taken = fragment(kind, rest)?;
                bindings.insert(name.clone(), Binding::Tokens(kept(kind, &rest[..taken]).into()));
                taken
            }
            Matcher::Repetition { inner, separator, times } => {
                repeated(inner, separator, *times, rest, bindings, depth)?
            }
        };
    }
    Some(at)
}

fn repeated(
    inner: &[Matcher],
    separator: &[TokenTree],
    times: Times,
    tokens: &[TokenTree],
    bindings: &mut Bindings,
    depth: usize,
) -> Option<usize> {
    let mut at = 0;
    let mut rounds = Vec::new();
    while at < tokens.len() && rounds.len() < MOST_REPETITIONS {
        let mut start = at;
        if !rounds.is_empty() {
            let separated = tokens[at..].len() >= separator.len()
                && separator.iter().zip(&tokens[at..]).all(|(wanted, token)| same(wanted, token));
            if !separated {
                break;
            }
            start += separator.len();
        }
        let mut round = Bindings::default();
        let Some(taken) = fits(inner, &tokens[start..], &mut round, depth + 1) else { break };
        if taken == 0 {
            break;
        }
        rounds.push(round);
        at = start + taken;
        if times == Times::AtMostOnce {
            break;
        }
    }
    if times == Times::Some && rounds.is_empty() {
        return None;
    }
    let rounds: Rc<[Bindings]> = rounds.into();
    let mut names = Vec::new();
    variables(inner, &mut names);
    for name in names {
        bindings.insert(name.to_owned(), Binding::Each(Rc::clone(&rounds)));
    }
    Some(at)
}

fn variables<'m>(pattern: &'m [Matcher], names: &mut Vec<&'m str>) {
    for matcher in pattern {
        match matcher {
            Matcher::Fragment { name, .. } => names.push(name),
            Matcher::Group(_, inner) | Matcher::Repetition { inner, .. } => variables(inner, names),
            Matcher::Token(_) => {}
        }
    }
}

fn same(wanted: &TokenTree, token: &TokenTree) -> bool {
    match (wanted, token) {
        (TokenTree::Ident(a), TokenTree::Ident(b)) => a == b,
        (TokenTree::Punct(a), TokenTree::Punct(b)) => a.as_char() == b.as_char(),
        (TokenTree::Literal(a), TokenTree::Literal(b)) => a.to_string() == b.to_string(),
        _ => false,
    }
}

/// How many tokens a fragment of this kind takes.
fn fragment(kind: &str, tokens: &[TokenTree]) -> Option<usize> {
    match kind {
        "tt" => return (!tokens.is_empty()).then_some(1),
        "ident" => {
            return matches!(tokens.first()?, TokenTree::Ident(name) if name != "_").then_some(1);
        }
        "block" => {
            let is_block =
                matches!(tokens.first()?, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
            return is_block.then_some(1);
        }
        "lifetime" => {
            let [quote, TokenTree::Ident(_), ..] = tokens else { return None };
            return is_punct(quote, '\'').then_some(2);
        }
        "literal" => {
            return match tokens {
                [TokenTree::Literal(_), ..] => Some(1),
                [TokenTree::Ident(word), ..] if word == "true" || word == "false" => Some(1),
                [minus, TokenTree::Literal(_), ..] if is_punct(minus, '-') => Some(2),
                [TokenTree::Group(group), ..] if group.delimiter() == Delimiter::None => {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    (fragment(kind, &inner)? == inner.len()).then_some(1)
                }
                _ => None,
            };
        }
        _ => {}
    }
    match kind {
        "expr" | "expr_2021" if is_short_expression(tokens) => Some(1),
        "expr" | "expr_2021" => taken::<syn::Expr>(up_to_comma(tokens), Parse::parse),
        "ty" => taken::<syn::Type>(up_to_comma(tokens), Parse::parse),
        "path" => taken::<syn::Path>(up_to_comma(tokens), Parse::parse),
        "pat" => taken::<syn::Pat>(tokens, syn::Pat::parse_multi_with_leading_vert),
        "pat_param" => taken::<syn::Pat>(tokens, syn::Pat::parse_single),
        "stmt" => taken::<syn::Stmt>(tokens, Parse::parse),
        "item" => taken::<syn::Item>(tokens, Parse::parse),
        "meta" => taken::<syn::Meta>(tokens, Parse::parse),
        "vis" => taken::<syn::Visibility>(tokens, Parse::parse),
        _ => None,
    }
}

/// Whether the tokens begin with a literal or a name that nothing follows but the next argument: most arguments are that.
fn is_short_expression(tokens: &[TokenTree]) -> bool {
    let (first, next) = match tokens {
        [first] => (first, None),
        [first, next, ..] => (first, Some(next)),
        [] => return false,
    };
    next.is_none_or(|next| is_punct(next, ','))
        && match first {
            TokenTree::Literal(_) => true,
            // Keywords that are, or begin, an expression are left to the parser, and so are all others.
            TokenTree::Ident(name) => {
                syn::parse2::<syn::Ident>(TokenTree::Ident(name.clone()).into()).is_ok()
            }
            TokenTree::Group(_) | TokenTree::Punct(_) => false,
        }
}

/// The tokens before the first comma or semicolon, which ends a type or an expression outside of generic arguments and
/// closures: what the parser is given it copies.
fn up_to_comma(tokens: &[TokenTree]) -> &[TokenTree] {
    let mut puncts = tokens.iter().enumerate().filter_map(|(at, token)| match token {
        TokenTree::Punct(punct) => Some((at, punct.as_char())),
        _ => None,
    });
    match puncts.find(|(_, punct)| matches!(punct, ',' | ';' | '<' | '|')) {
        Some((at, ',' | ';')) => &tokens[..at],
        _ => tokens,
    }
}

fn taken<T>(tokens: &[TokenTree], parse: impl FnOnce(ParseStream) -> syn::Result<T>) -> Option<usize> {
    let mut left = None;
    let parser = |input: ParseStream| {
        parse(input)?;
        left = Some(input.cursor().token_stream().into_iter().count());
        // The rest is no error.
        input.parse::<TokenStream>()?;
        Ok(())
    };
    parser.parse2(tokens.iter().cloned().collect()).ok()?;
    tokens.len().checked_sub(left?)
}

/// The tokens that a fragment stands for. Operators around it must not tear an expression apart.
fn kept(kind: &str, tokens: &[TokenTree]) -> Vec<TokenTree> {
    if kind.starts_with("expr") && tokens.len() > 1 {
        let mut group = Group::new(Delimiter::None, tokens.iter().cloned().collect());
        if let Some(span) = span_of(tokens) {
            group.set_span(span);
        }
        return vec![group.into()];
    }
    tokens.to_vec()
}

fn span_of(tokens: &[TokenTree]) -> Option<Span> {
    let (first, last) = (tokens.first()?.span(), tokens.last()?.span());
    Some(first.join(last).unwrap_or(first))
}

// Writing

struct Writer<'p> {
    place: &'p Place,
    /// Names of the body that the call uses for something else.
    hidden: FxHashSet<&'p str>,
    /// How many tokens may still be written.
    left: usize,
}

/// What variables stand for in a part of a body.
struct Bound<'b> {
    own: Vec<(&'b str, &'b Binding)>,
    /// What those stand for that are not among its own.
    outer: Option<&'b Bound<'b>>,
}

impl<'b> Bound<'b> {
    fn get(&self, name: &str) -> Option<&'b Binding> {
        let own = self.own.iter().find(|(own, _)| *own == name).map(|(_, binding)| *binding);
        own.or_else(|| self.outer?.get(name))
    }
}

impl Writer<'_> {
    fn write(&mut self, body: &[Piece], bindings: &Bound, out: &mut Vec<TokenTree>) -> Option<()> {
        for piece in body {
            self.left = self.left.checked_sub(1)?;
            match piece {
                Piece::Token(token) => out.push(self.own(token)),
                Piece::Group(delimiter, inner) => {
                    let mut tokens = Vec::new();
                    self.write(inner, bindings, &mut tokens)?;
                    let mut group = Group::new(*delimiter, tokens.into_iter().collect());
                    group.set_span(self.place.span);
                    out.push(group.into());
                }
                Piece::Crate => out.push(Ident::new(self.place.krate.as_str(), self.place.span).into()),
                Piece::Variable(name) => match bindings.get(name) {
                    Some(Binding::Tokens(tokens)) => {
                        self.left = self.left.checked_sub(tokens.len())?;
                        out.extend(tokens.iter().cloned());
                    }
                    Some(Binding::Each(_)) => return None,
                    // A variable of a macro that this one declares.
                    None => {
                        let mut dollar = proc_macro2::Punct::new('$', Spacing::Alone);
                        dollar.set_span(self.place.span);
                        out.push(dollar.into());
                        out.push(Ident::new(name, self.place.span).into());
                    }
                },
                Piece::Repetition { inner, separator } => self.repeat(inner, separator, bindings, out)?,
            }
        }
        Some(())
    }

    fn repeat(
        &mut self,
        inner: &[Piece],
        separator: &[TokenTree],
        bindings: &Bound,
        out: &mut Vec<TokenTree>,
    ) -> Option<()> {
        let mut used = Vec::new();
        used_in(inner, &mut used);
        let repeated = used.iter().filter_map(|name| match bindings.get(name) {
            Some(Binding::Each(rounds)) => Some((*name, rounds)),
            _ => None,
        });
        let repeated: Vec<_> = repeated.collect();
        let count = repeated.first()?.1.len();
        if repeated.iter().any(|(_, rounds)| rounds.len() != count) {
            return None;
        }
        for round in 0..count {
            let mut own = Vec::with_capacity(repeated.len());
            for (name, rounds) in &repeated {
                own.push((*name, rounds[round].get(*name)?));
            }
            let own = Bound { own, outer: Some(bindings) };
            if round > 0 {
                out.extend(separator.iter().map(|token| self.own(token)));
            }
            self.write(inner, &own, out)?;
        }
        Some(())
    }

    /// A token of the macro, at the place of the call.
    fn own(&self, token: &TokenTree) -> TokenTree {
        let mut token = token.clone();
        if let TokenTree::Ident(name) = &token
            && !self.hidden.is_empty()
        {
            let name = name.to_string();
            if self.hidden.contains(name.as_str()) {
                token = Ident::new(&format!("{name}__macro"), self.place.span).into();
            }
        }
        token.set_span(self.place.span);
        token
    }
}

fn used_in<'b>(body: &'b [Piece], names: &mut Vec<&'b str>) {
    for piece in body {
        match piece {
            Piece::Variable(name) => names.push(name),
            Piece::Group(_, inner) | Piece::Repetition { inner, .. } => used_in(inner, names),
            Piece::Token(_) | Piece::Crate => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use proc_macro2::{Span, TokenStream};

    use super::{Place, Rules};
    use crate::Symbol;

    fn expanded(definition: &str, call: &str) -> Option<String> {
        let place = Place { span: Span::call_site(), krate: Symbol::new("crate") };
        let call = TokenStream::from_str(call).ok()?;
        let tokens = Rules::read(definition)?.expand(call, &place)?;
        let text = tokens.into_iter().collect::<TokenStream>().to_string();
        Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    #[track_caller]
    fn check(definition: &str, call: &str, wanted: &str) {
        let plain = |text: &str| text.replace(' ', "");
        assert_eq!(expanded(definition, call).map(|text| plain(&text)).as_deref(), Some(&*plain(wanted)));
    }

    #[test]
    fn fragments_of_all_kinds() {
        check("($a:ident, $b:ty, $c:tt) => { $a $b $c }", "x, Vec<u8>, (1)", "x Vec<u8> (1)");
        check(
            "($v:vis $n:ident : $l:literal) => { $v const $n: u8 = $l; }",
            "pub A: 3",
            "pub const A: u8 = 3;",
        );
        check("($v:vis $n:ident) => { $v fn $n() {} }", "a", "fn a() {}");
        check("($p:path => $b:block) => { $p $b }", "a::b => { c }", "a::b { c }");
        check("($l:lifetime $i:item) => { $i }", "'a fn x() {}", "fn x() {}");
        check("(#[$m:meta] $p:pat) => { $p }", "#[x(y)] A | B", "A | B");
        check("($a:expr) => { $a * 2 }", "1 + 2", "1 + 2 * 2");
    }

    #[test]
    fn repetitions_nest() {
        check("($($a:ident),* $(,)?) => { $($a();)* }", "a, b,", "a(); b();");
        check(
            "($($a:ident => [$($b:expr),*]);+) => { $( $( $a.f($b); )* )+ }",
            "x => [1, 2]; y => [3]",
            "x.f(1); x.f(2); y.f(3);",
        );
        check("($a:ident $(, $b:ident)*) => { [$( $a($b) ),*] }", "f, x, y", "[f(x), f(y)]");
        assert_eq!(expanded("($($a:ident),+) => { $($a)* }", ""), None);
    }

    #[test]
    fn the_first_rule_that_fits_is_taken() {
        let rules =
            "(get $p:literal) => { g($p) }; ($m:ident $p:expr) => { m($p) }; () => { $crate::none() };";
        check(rules, "get \"/\"", "g(\"/\")");
        check(rules, "get path", "m(path)");
        check(rules, "", "crate::none()");
        assert_eq!(expanded(rules, "1 2 3"), None);
    }

    #[test]
    fn names_of_the_macro_do_not_hide_those_of_the_call() {
        check("($e:expr) => { { let a = 1; f(a, $e) } }", "a", "{ let a__macro = 1; f(a__macro, a) }");
        check("($n:ident) => { let $n = 1; }", "a", "let a = 1;");
    }

    #[test]
    fn what_is_too_much_or_not_understood_is_left() {
        assert_eq!(expanded("($($a:tt)*) => { $($a $a)* }", &"x ".repeat(3000)), None);
        assert!(Rules::read("($a) => {}").is_none());
        assert!(Rules::read("nothing").is_none());
        assert!(Rules::read("").is_none());
    }
}
