//! Cookies that are made by hand.

use ward_diagnostics::Confidence;
use ward_linter::guards::words;
use ward_semantics::{Callee, DefId, Resolution, TraitName, Ty, TyKind};
use ward_syntax::{Expr, ExprId, FormatId, ItemKind, Literal, Piece, Symbol};

use super::{Attribute, Evidence, Why};
use crate::scope::Scope;
use crate::secrets::{Named, has, is_text};

/// Words for cookies that let their owner in.
const SESSION: &str = "session sessions sess sid sessionid session_id auth jwt token login access refresh admin identity authentication";
/// Words for cookies that do not.
const HARMLESS: &str = "csrf xsrf flash theme lang language locale consent state nonce pkce prefs preference settings csrftoken \
    redirect return banner";

/// Methods of the builders themselves.
const SETTERS: &str = "secure http_only path domain same_site max_age expires finish build permanent removal set_secure set_http_only \
    set_path set_domain set_same_site set_max_age set_expires value name clone into add insert";

/// A cookie that is made here and lacks an attribute.
pub(super) fn of(scope: &Scope, expr: ExprId) -> Option<Evidence> {
    match scope.ir.expr(expr) {
        Expr::Call { callee, args } => {
            let Expr::Path(path) = scope.ir.expr(callee) else { return None };
            let names: Vec<&str> =
                scope.ir.path_segments(path).iter().map(|segment| segment.name.as_str()).collect();
            let [.., "Cookie" | "CookieBuilder", "build" | "new"] = names.as_slice() else { return None };
            if matches!(scope.types.path(path), Resolution::Def(_)) {
                return None;
            }
            let args: Vec<ExprId> = scope.ir.list(args).collect();
            let (name, value) = match args.as_slice() {
                [pair] => match scope.ir.expr(*pair) {
                    Expr::Tuple(pair) if scope.ir.list(pair).len() == 2 => {
                        let mut pair = scope.ir.list(pair);
                        (pair.next()?, pair.next()?)
                    }
                    _ => return None,
                },
                [name, value] => (*name, *value),
                _ => return None,
            };
            by_hand(scope, expr, name, value)
        }
        // A pair is a cookie without attributes.
        Expr::MethodCall { receiver, method, args, .. }
            if has("add add_private add_signed", method.as_str()) && is_jar(scope, receiver) =>
        {
            let mut args = scope.ir.list(args);
            let (pair, None) = (args.next()?, args.next()) else { return None };
            let Expr::Tuple(parts) = scope.ir.expr(pair) else { return None };
            let mut parts = scope.ir.list(parts);
            let (name, value, None) = (parts.next()?, parts.next()?, parts.next()) else { return None };
            by_hand(scope, pair, name, value)
        }
        Expr::Format(format) => header(scope, expr, format),
        _ => None,
    }
}

/// Whether a value is what cookies are put into.
fn is_jar(scope: &Scope, expr: ExprId) -> bool {
    match scope.types.expr(expr).kind() {
        TyKind::External { path, .. } => path.as_str().contains("Cookie"),
        TyKind::Unknown => scope.names(expr).iter().any(|name| says(name, "jar cookie cookies")),
        _ => false,
    }
}

/// Whether a name is that of a cookie that lets its owner in: `session`, `EXAUTH`.
fn is_session_name(name: &str) -> bool {
    let lower = name.to_lowercase();
    let ends = ["auth", "session", "token", "jwt"].iter().any(|end| lower.ends_with(end));
    says(name, SESSION) || (ends && !lower.ends_with("oauth"))
}

/// Whether a cookie says who somebody is, and its signature makes that believed.
fn is_signed_identity(scope: &Scope, name: &str) -> bool {
    const IDENTITY: &str = "uid user userid owner account member";
    let is_signed = |ty: &Ty| matches!(ty.kind(), TyKind::External { path, .. } if path.as_str().ends_with("SignedCookieJar"));
    let signature = scope.cx.semantics().signature(scope.function);
    let takes = signature.is_some_and(|signature| signature.params.iter().any(is_signed));
    takes && says(name, IDENTITY)
}

/// Whether the cookie that a chain of methods makes is one that lets nobody in.
pub(super) fn is_harmless(scope: &Scope, expr: ExprId) -> bool {
    let name = |part: ExprId| match scope.ir.expr(part) {
        Expr::Tuple(pair) => text_of(scope, scope.ir.list(pair).next()?),
        _ => text_of(scope, part),
    };
    scope.made_of(expr).into_iter().filter_map(name).any(|name| says(&name, HARMLESS))
}

fn says(name: &str, list: &'static str) -> bool {
    words(name).any(|word| has(list, &word))
}

fn by_hand(scope: &Scope, made: ExprId, name: ExprId, value: ExprId) -> Option<Evidence> {
    let name = text_of(scope, name)?;
    let named = scope.names(value).first().map_or(Named::Nothing, |name| Named::of(name));
    let is_session = is_session_name(&name) || named == Named::Secret || is_signed_identity(scope, &name);
    if says(&name, HARMLESS) || !(is_session || named == Named::Token) || is_taken_away(scope, made, value) {
        return None;
    }
    let set = set_on(scope, made);
    // What a function is given may set the rest.
    let confidence = if set.contains(&"?") || !is_session { Confidence::Low } else { Confidence::Medium };
    let lacks = |methods: &[&str]| !set.iter().any(|method| methods.contains(method));
    let mut lacking = Vec::new();
    if lacks(&["secure", "set_secure"]) {
        lacking.push(Attribute::Secure);
    }
    if lacks(&["http_only", "set_http_only", "add_private", "private"]) {
        lacking.push(Attribute::HttpOnly);
    }
    if lacking.is_empty() {
        return None;
    }
    Some(Evidence {
        place: scope.place(made),
        function: scope.function,
        cookie: Some(name),
        lacks: lacking,
        why: Why::NotSet,
        confidence,
    })
}

/// The text of a literal, or of a constant.
fn text_of(scope: &Scope, expr: ExprId) -> Option<String> {
    match scope.ir.expr(expr) {
        Expr::Literal(Literal::Str(text)) => Some(text.to_string()),
        Expr::Path(path) => {
            let Resolution::Def(def) = scope.types.path(path) else { return None };
            let semantics = scope.cx.semantics();
            if !matches!(semantics.item(def).kind, ItemKind::Const { .. }) {
                return None;
            }
            let (file, body) = semantics.body(def)?;
            let ir = semantics.ir(file);
            match ir.expr(ir.body(body).root) {
                Expr::Literal(Literal::Str(text)) => Some(text.to_string()),
                _ => Some(semantics.def_map.name(def).to_string()),
            }
        }
        Expr::Local(_) | Expr::Format(_) => None,
        _ => text_of(scope, scope.inside(expr)?),
    }
}

/// Whether a cookie is made to be taken away: it is empty, or given to what removes it.
fn is_taken_away(scope: &Scope, made: ExprId, value: ExprId) -> bool {
    let ir = scope.ir;
    let is_empty = |expr: &Expr| matches!(expr, Expr::Literal(Literal::Str(text)) if text.is_empty());
    let value = scope.made_of(value);
    let constructs_nothing = value.iter().any(|part| match ir.expr(*part) {
        Expr::Call { callee, args } => args.is_empty() && scope.last_segment(callee) == Some("new"),
        expr => is_empty(&expr),
    });
    let place = ir.expr_span(made);
    constructs_nothing
        || set_on(scope, made).iter().any(|method| matches!(*method, "remove" | "removal" | "make_removal"))
        || scope.body.exprs.of(&ir.exprs).iter().any(|expr| match *expr {
            Expr::MethodCall { method, args, .. }
                if matches!(method.as_str(), "remove" | "remove_private" | "del_cookie") =>
            {
                ir.list(args).any(|arg| ir.expr_span(arg).contains(place))
            }
            _ => false,
        })
}

/// The methods that are called on a cookie after it is made, and those it is given to; `?` where a function of the
/// workspace is given it.
fn set_on(scope: &Scope, made: ExprId) -> Vec<&'static str> {
    let ir = scope.ir;
    let place = ir.expr_span(made);
    let mut locals = Vec::new();
    let mut methods = Vec::new();
    let is_it = |expr: ExprId, locals: &[_]| {
        ir.expr_span(expr).contains(place)
            || scope
                .made_of(expr)
                .iter()
                .any(|part| matches!(ir.expr(*part), Expr::Local(local) if locals.contains(&local)))
    };
    for id in scope.body.exprs.ids() {
        if let Expr::LetStmt { pat, init: Some(init), .. } = ir.expr(id)
            && ir.expr_span(init).contains(place)
            && let ward_syntax::Pat::Bind { local, .. } = ir.pat(pat)
        {
            locals.push(local);
        }
    }
    for id in scope.body.exprs.ids() {
        match ir.expr(id) {
            Expr::MethodCall { receiver, method, args, .. }
                if is_it(receiver, &locals) || ir.list(args).any(|arg| is_it(arg, &locals)) =>
            {
                methods.push(method.as_str());
                methods
                    .extend(own_methods(scope, id, method).into_iter().flat_map(|own| called_in(scope, own)));
            }
            Expr::Call { args, .. } if id != made => {
                let is_own = matches!(scope.types.callee(id), Callee::Fn(_));
                if is_own && ir.list(args).any(|arg| is_it(arg, &locals)) {
                    methods.push("?");
                }
            }
            _ => {}
        }
    }
    methods
}

/// The methods of the workspace that a call may mean: those of its own traits extend types from outside, too.
fn own_methods(scope: &Scope, call: ExprId, method: Symbol) -> Vec<DefId> {
    let semantics = scope.cx.semantics();
    match scope.types.callee(call) {
        Callee::Fn(own) => vec![*own],
        Callee::Dispatch { targets, .. } | Callee::Guess(targets) => targets.to_vec(),
        Callee::Method { .. } | Callee::UnknownMethod(_) if !has(SETTERS, method.as_str()) => {
            let extends = |def: &DefId| {
                let of_trait = semantics.enclosing_impl(*def).and_then(|info| info.trait_ref.as_ref());
                of_trait.is_some_and(|of| matches!(of.name, TraitName::Workspace(_)))
            };
            let named =
                semantics.functions().iter().copied().filter(|def| semantics.def_map.name(*def) == method);
            named.filter(extends).collect()
        }
        _ => Vec::new(),
    }
}

/// The methods that a method of the workspace calls: `fn hardened(self) -> Self { self.secure(true).http_only(true) }`.
fn called_in(scope: &Scope, method: DefId) -> Vec<&'static str> {
    let Some(scope) = Scope::new(scope.cx, method) else { return Vec::new() };
    let called = scope.body.exprs.of(&scope.ir.exprs).iter().filter_map(|expr| match *expr {
        Expr::MethodCall { method, .. } => Some(method.as_str()),
        _ => None,
    });
    called.collect()
}

/// A cookie that is written as the text of its header.
fn header(scope: &Scope, expr: ExprId, format: FormatId) -> Option<Evidence> {
    let pieces = &scope.ir.format(format).pieces;
    let (name, attributes) = named(scope, pieces)?;
    let is_name =
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if !is_name || !is_session_name(&name) || says(&name, HARMLESS) || !sets_cookie(scope, expr) {
        return None;
    }
    let text = text_of_pieces(attributes) + &appended(scope);
    let holes = open_holes(attributes);
    if text.contains("max-age=0") || !text.contains(';') || holes > 1 {
        return None;
    }
    let mut lacks = Vec::new();
    if !text.contains("secure") {
        lacks.push(Attribute::Secure);
    }
    if !text.contains("httponly") {
        lacks.push(Attribute::HttpOnly);
    }
    let confidence = if holes > 0 { Confidence::Low } else { Confidence::Medium };
    (!lacks.is_empty()).then(|| Evidence {
        place: scope.place(expr),
        function: scope.function,
        cookie: Some(name),
        lacks,
        why: Why::NotSet,
        confidence,
    })
}

/// The literal text of a template, in small letters.
fn text_of_pieces(pieces: &[Piece]) -> String {
    let texts = pieces.iter().filter_map(|piece| match piece {
        Piece::Text { text, .. } => Some(text.as_str().to_lowercase()),
        Piece::Hole { .. } => None,
    });
    texts.collect()
}

/// The attributes that a function puts behind a cookie, perhaps under a setting only: `cookie += "; Secure"`.
fn appended(scope: &Scope) -> String {
    let ir = scope.ir;
    let is_attribute = |text: &str| text.trim_start().starts_with(';') || has("secure httponly", text.trim());
    let texts = scope.body.exprs.ids().filter_map(|id| match ir.expr(id) {
        Expr::Literal(Literal::Str(text)) => Some(text.as_str().to_lowercase()),
        Expr::Format(format) => match &*ir.format(format).pieces {
            [Piece::Hole { .. }, Piece::Text { text, .. }, ..] if text.as_str().starts_with('=') => None,
            [Piece::Hole { .. }, rest @ ..] => Some(text_of_pieces(rest)),
            pieces => Some(text_of_pieces(pieces)),
        },
        _ => None,
    });
    texts.filter(|text| is_attribute(text)).collect()
}

/// The name of a cookie that a template begins with, and what stands behind its value: `session={}; Path=/`,
/// `{NAME}={}; Path=/`.
fn named<'a>(scope: &Scope, pieces: &'a [Piece]) -> Option<(String, &'a [Piece])> {
    match pieces {
        [Piece::Text { text, .. }, Piece::Hole { .. }, attributes @ ..] => {
            let name = text.as_str().strip_suffix('=')?;
            Some((name.to_owned(), attributes))
        }
        [Piece::Hole { value, .. }, Piece::Text { text, .. }, Piece::Hole { .. }, attributes @ ..]
            if text.as_str() == "=" =>
        {
            Some((text_of(scope, *value)?, attributes))
        }
        _ => None,
    }
}

/// The holes in which attributes may stand: behind `=` stands the value of one, `Max-Age={}`.
fn open_holes(attributes: &[Piece]) -> usize {
    let mut before = "";
    let mut open = 0;
    for piece in attributes {
        match piece {
            Piece::Text { text, .. } => before = text.as_str(),
            Piece::Hole { .. } => {
                open += usize::from(!before.ends_with('='));
                before = "";
            }
        }
    }
    open
}

/// Whether a function sets a cookie's header, reads the text as a cookie, or makes cookies by its name.
fn sets_cookie(scope: &Scope, text: ExprId) -> bool {
    let ir = scope.ir;
    let item = scope.cx.semantics().item(scope.function);
    let makes = || {
        let returns = scope.cx.semantics().signature(scope.function).map(|signature| signature.ret);
        says(item.name.as_str(), "cookie") && returns.is_some_and(|ty| is_text(ty) == Some(true))
    };
    scope.body.exprs.of(&ir.exprs).iter().any(|expr| match *expr {
        Expr::Literal(Literal::Str(text)) => text.as_str().eq_ignore_ascii_case("set-cookie"),
        Expr::Path(path) => {
            ir.path_segments(path).last().is_some_and(|segment| segment.name.as_str() == "SET_COOKIE")
        }
        Expr::Call { callee, args } => {
            let parses = scope.last_segment(callee) == Some("parse")
                && matches!(ir.expr(callee), Expr::Path(path) if ir.path_segments(path).iter().any(|segment| segment.name.as_str() == "Cookie"));
            parses && ir.list(args).any(|arg| scope.made_of(arg).contains(&text))
        }
        _ => false,
    }) || makes()
}
