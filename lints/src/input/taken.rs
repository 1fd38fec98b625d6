//! The types of the workspace that functions take of a request, and what is done with them.

use std::collections::{BTreeSet, VecDeque};

use ward_linter::LintContext;
use ward_semantics::{Callee, DefId, Ty, TyKind};
use ward_syntax::{Attribute, Expr, ExprId, Field, FileSpan, ItemKind, Symbol};

/// A type of the workspace that a function takes of a request.
pub(crate) struct Taken {
    /// The function.
    pub(crate) function: DefId,
    /// The type as it is written in the function's head.
    pub(crate) place: FileSpan,
    /// The struct or enum.
    pub(crate) adt: DefId,
    /// The part of the request.
    pub(crate) kind: Symbol,
    /// What stands around it: `Json`, `Option`, by canonical path.
    pub(crate) wrappers: Vec<Symbol>,
}

/// A function is followed to this many others.
const MOST_FUNCTIONS: usize = 600;

/// Every one, in the order of functions.
pub(crate) fn all(cx: &LintContext) -> Vec<Taken> {
    let semantics = cx.semantics();
    let mut all = Vec::new();
    for function in semantics.functions().iter().copied().filter(|def| cx.is_reported(*def)) {
        let inputs = cx.inputs(function);
        if inputs.is_empty() {
            continue;
        }
        let (Some(item), Some(signature)) = (semantics.item(function).as_fn(), semantics.signature(function))
        else {
            continue;
        };
        let (file, _) = semantics.locate(function);
        for (parameter, source) in inputs {
            let parameter = usize::from(*parameter);
            let (Some(ty), Some(param)) = (signature.params.get(parameter), item.params.get(parameter))
            else {
                continue;
            };
            let place = FileSpan { file, span: semantics.ir(file).type_span(param.ty) };
            let mut wrappers = Vec::new();
            each_adt(*ty, 4, &mut wrappers, &mut |adt, wrappers| {
                let wrappers = wrappers.to_vec();
                all.push(Taken { function, place, adt, kind: source.kind, wrappers });
            });
        }
    }
    all
}

/// The structs and enums of the workspace in a type, those in wrappers too.
fn each_adt(ty: Ty, depth: u8, wrappers: &mut Vec<Symbol>, visit: &mut impl FnMut(DefId, &[Symbol])) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match ty.kind() {
        TyKind::Adt { def, args } => {
            visit(*def, wrappers);
            args.iter().for_each(|arg| each_adt(*arg, depth, wrappers, visit));
        }
        TyKind::External { path, args } => {
            wrappers.push(*path);
            args.iter().for_each(|arg| each_adt(*arg, depth, wrappers, visit));
            wrappers.pop();
        }
        TyKind::Tuple(parts) => parts.iter().for_each(|part| each_adt(*part, depth, wrappers, visit)),
        TyKind::Slice(element) => each_adt(*element, depth, wrappers, visit),
        _ => {}
    }
}

/// Whether a type is made of a struct or enum.
pub(crate) fn holds(ty: Ty, adt: DefId) -> bool {
    let mut found = false;
    each_adt(ty, 5, &mut Vec::new(), &mut |def, _| found |= def == adt);
    found
}

/// A struct or enum and those in its fields, nearest first.
pub(crate) fn with_parts(cx: &LintContext, adt: DefId) -> Vec<DefId> {
    let semantics = cx.semantics();
    let mut found = vec![adt];
    let mut next = 0;
    while let Some(def) = found.get(next).copied()
        && found.len() < 60
    {
        next += 1;
        let variants = match &semantics.item(def).kind {
            ItemKind::Enum { variants, .. } => variants.len() as u32,
            _ => 1,
        };
        for field in (0..variants).flat_map(|variant| semantics.fields(def, Some(variant))) {
            each_adt(field.ty, 4, &mut Vec::new(), &mut |part, _| {
                if !found.contains(&part) {
                    found.push(part);
                }
            });
        }
    }
    found
}

/// A function and those that it calls, directly or through others.
pub(crate) fn reached_from(cx: &LintContext, function: DefId) -> Vec<DefId> {
    let mut seen = BTreeSet::from([function]);
    let mut order = vec![function];
    let mut queue = VecDeque::from([function]);
    while let Some(def) = queue.pop_front() {
        for callee in cx.semantics().call_graph().callees(def) {
            if order.len() < MOST_FUNCTIONS && seen.insert(*callee) {
                order.push(*callee);
                queue.push_back(*callee);
            }
        }
    }
    order
}

/// A call in a function's body.
pub(crate) struct Call<'a> {
    /// Its expression.
    pub(crate) expr: ExprId,
    /// The method's name, or the last segment of the function's path.
    pub(crate) name: &'static str,
    /// The receiver and the arguments, with their types.
    pub(crate) inputs: Vec<(ExprId, Ty)>,
    /// What is called.
    pub(crate) callee: &'a Callee,
}

/// The expressions of a function's body.
pub(crate) fn expressions(cx: &LintContext, function: DefId) -> Vec<(ExprId, Expr)> {
    let Some((file, body)) = cx.semantics().body(function) else { return Vec::new() };
    let ir = cx.semantics().ir(file);
    ir.body(body).exprs.ids().map(|id| (id, ir.expr(id))).collect()
}

/// The calls in a function's body.
pub(crate) fn calls<'a>(cx: &LintContext<'a>, function: DefId) -> Vec<Call<'a>> {
    let semantics = cx.semantics();
    let (Some(types), Some((file, body))) = (semantics.types(function), semantics.body(function)) else {
        return Vec::new();
    };
    let ir = semantics.ir(file);
    let mut calls = Vec::new();
    for expr in ir.body(body).exprs.ids() {
        let (name, receiver, args) = match ir.expr(expr) {
            Expr::MethodCall { receiver, method, args, .. } => (method.as_str(), Some(receiver), args),
            Expr::Call { callee, args } => match ir.expr(callee) {
                Expr::Path(path) => {
                    let last = ir.path_segments(path).last().map_or("", |segment| segment.name.as_str());
                    (last, None, args)
                }
                _ => continue,
            },
            _ => continue,
        };
        let inputs = receiver.into_iter().chain(ir.list(args));
        let inputs = inputs.map(|input| (input, types.expr(input))).collect();
        calls.push(Call { expr, name, inputs, callee: types.callee(expr) });
    }
    calls
}

/// The fields of a struct, or of all variants of an enum.
pub(crate) fn fields<'a>(cx: &LintContext<'a>, adt: DefId) -> Vec<&'a Field> {
    match &cx.semantics().item(adt).kind {
        ItemKind::Struct { fields, .. } => fields.fields.iter().collect(),
        ItemKind::Enum { variants, .. } => {
            variants.iter().flat_map(|variant| &variant.fields.fields).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether one of some attributes of this name says a word: `#[serde(try_from = "..")]`.
pub(crate) fn says(attributes: &[Attribute], name: &str, words: &[&str]) -> bool {
    let of_name = attributes.iter().filter(|attribute| attribute.last_segment() == name);
    of_name.flat_map(|attribute| words_of(attribute.args.as_str())).any(|word| words.contains(&word))
}

/// The words at the beginning of the parts of an attribute's text.
fn words_of(args: &str) -> impl Iterator<Item = &str> {
    args.split([',', '(']).map(|part| part.split('=').next().unwrap_or_default().trim())
}

#[cfg(test)]
mod tests {
    use super::words_of;

    #[test]
    fn attributes_are_lists_of_words() {
        let words: Vec<&str> = words_of(r#"default, try_from = "String", length(min = 1)"#).collect();
        assert_eq!(words, ["default", "try_from", "length", "min"]);
    }
}
