//! Format-like macros: those of std, log, tracing, anyhow, eyre, and what looks like them.

use syn::buffer::Cursor;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Ident, Lit, Token};

use super::template::{self, Part};
use super::{Call, attempt, comma_separated, read, skip};
use crate::lower::Lowerer;
use crate::lower::literals::Cooked;
use crate::{Expr, ExprId, FieldInit, Format, FormatId, Id, Piece, Span, Symbol};

/// How the arguments of a format-like macro are laid out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// So many arguments, then the template, then what it prints.
    Template { leading: usize },
    /// So many arguments, then fields, then the template, then what it prints.
    Event { leading: usize },
    /// So many arguments, then the name, then fields.
    Span { leading: usize },
}

fn layout(name: &str) -> Option<Layout> {
    Some(match name {
        "format" | "print" | "println" | "eprint" | "eprintln" | "panic" | "todo" | "unimplemented"
        | "unreachable" | "format_args" | "format_args_nl" | "anyhow" | "bail" | "eyre" | "format_err"
        | "format_compact" | "formatcp" | "formatdoc" | "printdoc" | "eprintdoc" => {
            Layout::Template { leading: 0 }
        }
        "write" | "writeln" | "writedoc" | "assert" | "debug_assert" | "ensure" => {
            Layout::Template { leading: 1 }
        }
        "assert_eq" | "assert_ne" | "debug_assert_eq" | "debug_assert_ne" => Layout::Template { leading: 2 },
        "trace" | "debug" | "info" | "warn" | "error" => Layout::Event { leading: 0 },
        "event" | "log" => Layout::Event { leading: 1 },
        "trace_span" | "debug_span" | "info_span" | "warn_span" | "error_span" => Layout::Span { leading: 0 },
        "span" => Layout::Span { leading: 1 },
        _ => return None,
    })
}

/// Whether a macro of this name is format-like.
pub(super) fn is_known(name: &str) -> bool {
    layout(name).is_some()
}

impl Layout {
    fn may_be_template(self, at: usize, argument: &Argument) -> bool {
        let unnamed = argument.name.is_none() && !argument.is_field;
        unnamed
            && match self {
                Self::Template { leading } => at == leading,
                Self::Event { leading } | Self::Span { leading } => at >= leading,
            }
    }
}

/// One argument as parsed.
struct Argument {
    name: Option<Symbol>,
    /// A field by its form: `%value`, `target: value`, `"key" => value`.
    is_field: bool,
    value: syn::Expr,
}

/// The parts of a call in the order of the source, lowered.
#[derive(Default)]
struct Parts {
    leading: Vec<ExprId>,
    fields: Vec<FieldInit>,
    args: Vec<(Option<Symbol>, ExprId)>,
}

impl Lowerer<'_> {
    /// The call as [`Expr::Format`], if its macro is known to be format-like.
    pub(super) fn format_call(&mut self, call: &Call, input: ParseStream) -> Option<ExprId> {
        let layout = layout(call.name)?;
        let arguments = self.arguments_of(input, layout);
        Some(self.lower_format(call.path, call.span, layout, arguments))
    }

    /// The call of a macro nobody knows as [`Expr::Format`], if its arguments fit a template among them.
    pub(super) fn format_like(
        &mut self,
        call: &Call,
        args: Vec<syn::Expr>,
    ) -> Result<ExprId, Vec<syn::Expr>> {
        let Some(leading) = self.template_position(call, &args) else { return Err(args) };
        let argument = |value| match value {
            syn::Expr::Assign(assign) => match &*assign.left {
                syn::Expr::Path(path) if path.path.get_ident().is_some() => {
                    let name = path.path.get_ident().map(|name| self.name(name));
                    Argument { name, is_field: false, value: *assign.right }
                }
                _ => Argument { name: None, is_field: false, value: syn::Expr::Assign(assign) },
            },
            value => Argument { name: None, is_field: false, value },
        };
        let arguments = args.into_iter().map(argument).collect();
        Ok(self.lower_format(call.path, call.span, Layout::Template { leading }, arguments))
    }

    /// Where among the first arguments a literal stands whose holes are just filled by what follows it.
    fn template_position(&self, call: &Call, args: &[syn::Expr]) -> Option<usize> {
        // sqlx's macros: their text is SQL, whatever braces it holds.
        if call.name.starts_with("query") {
            return None;
        }
        let position = args
            .iter()
            .take(4)
            .position(|arg| matches!(arg, syn::Expr::Lit(lit) if matches!(lit.lit, Lit::Str(_))))?;
        let cooked = self.template(&args[position])?;
        let mut filled = 0;
        let mut holes = 0;
        for part in template::parts(&cooked.text) {
            let Part::Hole { argument, .. } = part else { continue };
            holes += 1;
            match argument {
                template::Argument::Position(at) => filled = filled.max(at + 1),
                template::Argument::Name(name) => {
                    let name = &cooked.text[name];
                    let is_local = self.scopes.get(Symbol::new(name)).is_some();
                    let is_named = args[position + 1..].iter().any(|arg| assigns(arg, name));
                    if !is_local && !is_named {
                        return None;
                    }
                }
            }
        }
        let rest = &args[position + 1..];
        let unnamed = rest.iter().filter(|arg| !matches!(arg, syn::Expr::Assign(_))).count();
        (holes > 0 && filled == unnamed).then_some(position)
    }

    // Reading

    fn arguments_of(&self, input: ParseStream, layout: Layout) -> Vec<Argument> {
        let mut arguments = Vec::new();
        while !input.is_empty() {
            if input.peek(Token![,]) || input.peek(Token![;]) {
                skip(input);
                continue;
            }
            let argument = if matches!(layout, Layout::Template { .. }) {
                self.plain_argument(input)
            } else {
                self.field_argument(input)
            };
            // What does not parse keeps its place: holes are counted.
            arguments.push(argument.unwrap_or_else(|| unreadable(input)));
        }
        arguments
    }

    /// `value` or `name = value`.
    fn plain_argument(&self, input: ParseStream) -> Option<Argument> {
        let mut name = None;
        if input.peek(Ident::peek_any)
            && input.peek2(Token![=])
            && !input.peek2(Token![==])
            && !input.peek2(Token![=>])
        {
            let ident = attempt(input, |input| input.call(Ident::parse_any))?;
            name = Some(self.name(&ident));
            skip(input);
        }
        // On failure the input stands somewhere within the argument, of which nothing is read then.
        let value = input.parse::<syn::Expr>().ok()?;
        Some(Argument { name, is_field: false, value })
    }

    /// `value`, `name = value`, `?value`, `%value`, `name = %value`, `target: value`, `name:? = value`, `"name" => value`.
    fn field_argument(&self, input: ParseStream) -> Option<Argument> {
        let head = input
            .step(|cursor| {
                let (head, rest) =
                    self.field_head(*cursor).map_or((None, *cursor), |(head, rest)| (Some(head), rest));
                Ok((head, rest))
            })
            .ok()
            .flatten();
        let has_sigil = sigil(input);
        let value = input.parse::<syn::Expr>().ok()?;
        if let syn::Expr::Lit(key) = &value
            && head.is_none()
            && input.peek(Token![=>])
        {
            let key = self.written(&key.lit).trim_matches('"');
            let name = Some(Symbol::new(key));
            skip(input);
            skip(input);
            return Some(Argument { name, is_field: true, value: attempt(input, syn::Expr::parse)? });
        }
        match head {
            Some((name, is_field)) => Some(Argument { name: Some(name), is_field, value }),
            None => Some(Argument { name: None, is_field: has_sigil, value }),
        }
    }

    /// A field's name up to and including its `=` or `:`; whether it is one by its form alone.
    fn field_head<'c>(&self, cursor: Cursor<'c>) -> Option<((Symbol, bool), Cursor<'c>)> {
        let (name, mut rest) = self.field_name(cursor)?;
        let (punct, after) = rest.punct()?;
        if punct.as_char() == '=' {
            let next = after.punct().map(|(next, _)| next.as_char());
            let is_operator =
                punct.spacing() == proc_macro2::Spacing::Joint && matches!(next, Some('=' | '>'));
            return (!is_operator).then_some(((name, false), after));
        }
        if punct.as_char() != ':' || after.punct().is_some_and(|(next, _)| next.as_char() == ':') {
            return None;
        }
        if matches!(name.as_str(), "target" | "parent" | "name" | "logger") {
            return Some(((name, true), after));
        }
        // `key:? = value`, `key:debug = value`
        rest = after.punct().map(|(_, rest)| rest).or_else(|| after.ident().map(|(_, rest)| rest))?;
        let (punct, after) = rest.punct()?;
        (punct.as_char() == '=').then_some(((name, true), after))
    }

    /// `name`, `dotted.name`, `"name"`.
    fn field_name<'c>(&self, cursor: Cursor<'c>) -> Option<(Symbol, Cursor<'c>)> {
        if let Some((literal, rest)) = cursor.literal() {
            let text = self.written_literal(&literal);
            return Some((Symbol::new(text.strip_prefix('"')?.strip_suffix('"')?), rest));
        }
        let (first, mut rest) = cursor.ident()?;
        let mut name = self.name(&first);
        while let Some((dot, after)) = rest.punct()
            && dot.as_char() == '.'
            && let Some((next, after)) = after.ident()
        {
            name = Symbol::new(&format!("{name}.{}", self.name(&next)));
            rest = after;
        }
        Some((name, rest))
    }

    // Lowering

    fn lower_format(&mut self, path: Symbol, span: Span, layout: Layout, arguments: Vec<Argument>) -> ExprId {
        let mut parts = Parts::default();
        let mut template = None;
        let mut template_span = Span::default();
        for (at, mut argument) in arguments.into_iter().enumerate() {
            if template.is_none()
                && layout.may_be_template(at, &argument)
                && let Some(cooked) = self.template(&argument.value)
            {
                template_span = self.template_span(&argument.value);
                template = Some(cooked);
                continue;
            }
            self.lower_argument(layout, at, template.is_some(), &mut argument, &mut parts);
        }
        let pieces = match &template {
            Some(template) if !matches!(layout, Layout::Span { .. }) => self.pieces(template, &parts.args),
            Some(name) => text_piece(name),
            None => Box::default(),
        };
        let args: Vec<ExprId> = parts.args.iter().map(|(_, value)| *value).collect();
        let format = Format {
            path,
            leading: self.ir.lists.push(&parts.leading),
            pieces,
            args: self.ir.lists.push(&args),
            fields: self.field_run(&parts.fields),
            template: template_span,
        };
        let id = FormatId::from_index(self.ir.formats.len());
        self.ir.formats.push(format);
        self.add(Expr::Format(id), span)
    }

    fn lower_argument(
        &mut self,
        layout: Layout,
        at: usize,
        after_template: bool,
        argument: &mut Argument,
        parts: &mut Parts,
    ) {
        let value = self.expr(&mut argument.value);
        let own_text = match &argument.value {
            syn::Expr::Path(path) if self.expanding > 0 => self.joined(&path.path),
            _ => Symbol::new(self.slice(self.expr_span(value))),
        };
        let is_place = matches!(argument.value, syn::Expr::Path(_) | syn::Expr::Field(_));
        match layout {
            Layout::Template { leading } if at < leading => parts.leading.push(value),
            Layout::Template { .. } => parts.args.push((argument.name, value)),
            Layout::Event { .. } if after_template && !argument.is_field => {
                parts.args.push((argument.name, value));
            }
            Layout::Event { leading } | Layout::Span { leading } => match argument.name {
                Some(name) => parts.fields.push(FieldInit { name, value }),
                None if argument.is_field || is_place && at >= leading => {
                    parts.fields.push(FieldInit { name: own_text, value });
                }
                None => parts.leading.push(value),
            },
        }
    }

    fn pieces(&mut self, template: &Cooked<'_>, args: &[(Option<Symbol>, ExprId)]) -> Box<[Piece]> {
        let parts = template::parts(&template.text);
        parts.into_iter().map(|part| self.piece(template, part, args)).collect()
    }

    fn piece(&mut self, template: &Cooked<'_>, part: Part, args: &[(Option<Symbol>, ExprId)]) -> Piece {
        match part {
            Part::Text { text, range } => {
                Piece::Text { text: Symbol::new(&text), span: template.span(range.start, range.end) }
            }
            Part::Hole { argument, style, range } => {
                let span = template.span(range.start, range.end);
                let value = match argument {
                    template::Argument::Position(at) => args.get(at).map(|(_, value)| *value),
                    template::Argument::Name(range) => {
                        let name = Symbol::new(&template.text[range.clone()]);
                        let given = args.iter().find(|(given, _)| *given == Some(name));
                        let place = template.span(range.start, range.end);
                        Some(given.map_or_else(|| self.name_expr(name, place), |(_, value)| *value))
                    }
                };
                Piece::Hole { value: value.unwrap_or_else(|| self.missing(span)), style, span }
            }
        }
    }

    fn template_span(&self, value: &syn::Expr) -> Span {
        match value {
            syn::Expr::Lit(literal) => self.spans.span(literal.lit.span()),
            syn::Expr::Macro(call) => self.macro_span(&call.mac),
            syn::Expr::Group(group) => self.template_span(&group.expr),
            _ => Span::default(),
        }
    }
}

impl<'t> Lowerer<'t> {
    /// The value of a string literal, or of `concat!` of literals.
    fn template(&self, value: &syn::Expr) -> Option<Cooked<'t>> {
        match value {
            syn::Expr::Lit(literal) => matches!(literal.lit, Lit::Str(_)).then(|| self.cooked(&literal.lit)),
            syn::Expr::Macro(call) if call.mac.path.segments.last()?.ident == "concat" => {
                self.concat(read(call.mac.tokens.clone(), |input| comma_separated(input).ok())?.iter())
            }
            syn::Expr::Group(group) => self.template(&group.expr),
            _ => None,
        }
    }

    /// The value of `concat!`, if all its arguments are literals or nested calls of it.
    pub(super) fn concat<'e>(&self, args: impl Iterator<Item = &'e syn::Expr>) -> Option<Cooked<'t>> {
        let mut strings = Vec::new();
        for arg in args {
            strings.push(match arg {
                syn::Expr::Lit(literal) => self.cooked(&literal.lit),
                other => self.template(other)?,
            });
        }
        Some(Cooked::concat(&strings))
    }

    /// A literal as it prints.
    fn cooked(&self, literal: &Lit) -> Cooked<'t> {
        let span = self.spans.span(literal.span());
        let source = self.written(literal);
        let cooked = match literal {
            Lit::Str(_) => Cooked::new(source, span.start),
            Lit::Char(_) => Cooked::new_char(source, span.start),
            Lit::Int(number) => Cooked::verbatim(&source[..source.len() - number.suffix().len()], span.start),
            _ => Cooked::verbatim(source, span.start),
        };
        if self.expanding > 0 && source != self.slice(span) { cooked.at(span) } else { cooked }
    }
}

/// `?` or `%` before a value.
fn sigil(input: ParseStream) -> bool {
    (input.peek(Token![?]) || input.peek(Token![%])) && skip(input)
}

/// A name that is no template, as the one piece.
fn text_piece(name: &Cooked<'_>) -> Box<[Piece]> {
    let piece = Piece::Text { text: Symbol::new(&name.text), span: name.span(0, name.text.len()) };
    Box::new([piece])
}

/// The tokens up to the next comma.
fn unreadable(input: ParseStream) -> Argument {
    let mut tokens = proc_macro2::TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        tokens.extend(input.parse::<proc_macro2::TokenTree>());
    }
    Argument { name: None, is_field: false, value: syn::Expr::Verbatim(tokens) }
}

/// Whether `arg` is `name = value`.
fn assigns(arg: &syn::Expr, name: &str) -> bool {
    let syn::Expr::Assign(assign) = arg else { return false };
    matches!(&*assign.left, syn::Expr::Path(path) if path.path.is_ident(name))
}
