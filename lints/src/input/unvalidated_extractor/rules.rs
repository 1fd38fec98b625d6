//! Rules that a derive declares and nobody runs.

use std::collections::BTreeMap;

use ward_diagnostics::{Confidence, Finding};
use ward_linter::LintContext;
use ward_semantics::{Callee, DefId, Ty, TyKind};
use ward_syntax::{Attribute, Expr, FileSpan};

use super::UNVALIDATED_EXTRACTOR;
use crate::input::taken::{self, Call, Taken};

/// A type with rules that a handler takes and does not check.
struct Evidence<'a> {
    taken: &'a Taken,
    /// The first rule.
    rule: FileSpan,
    confidence: Confidence,
}

/// How a type is checked on the way from a handler.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Checked {
    Yes,
    No,
    /// It is given to code that is not known.
    Perhaps,
}

fn describe(cx: &LintContext, evidence: &Evidence) -> Finding {
    let Evidence { taken, rule, confidence } = evidence;
    let name = cx.semantics().def_map.name(taken.adt);
    let message = format!("the validation rules of `{name}` are never run for this request");
    let mut finding = Finding::new(&UNVALIDATED_EXTRACTOR, taken.place, message)
        .label(format!("nobody calls `validate` on this `{name}`"))
        .related(*rule, "the rules are declared here")
        .note("deriving the rules checks nothing by itself, so every value passes")
        .help("call `.validate()` and refuse what fails, or take the type with an extractor that does");
    finding.confidence = *confidence;
    finding.function = Some(cx.name(taken.function));
    finding
}

pub(super) fn check(cx: &LintContext, all: &[Taken]) {
    let mut rules: BTreeMap<DefId, Option<FileSpan>> = BTreeMap::new();
    for taken in all {
        let rule = *rules.entry(taken.adt).or_insert_with(|| first_rule(cx, taken.adt, 4));
        let Some(rule) = rule else { continue };
        if taken.wrappers.iter().any(|wrapper| validates_by_name(wrapper.as_str())) {
            continue;
        }
        let confidence = match checked(cx, taken) {
            Checked::Yes => continue,
            Checked::No if is_derived_whole(cx, taken) => Confidence::Low,
            Checked::No => Confidence::High,
            Checked::Perhaps => Confidence::Low,
        };
        cx.report(describe(cx, &Evidence { taken, rule, confidence }));
    }
}

/// The first rule of a type that derives validation, its parts included where it says so.
fn first_rule(cx: &LintContext, adt: DefId, depth: u8) -> Option<FileSpan> {
    let semantics = cx.semantics();
    let item = semantics.item(adt);
    // What is made of another type is checked there, and a deserializer may be told to run the rules.
    if depth == 0
        || !item.derives("Validate")
        || taken::says(&item.attributes, "serde", &["try_from", "validate"])
    {
        return None;
    }
    let (file, _) = semantics.locate(adt);
    let own = item.attributes.iter().find(|attribute| is_rule(attribute));
    let mut rules = own.into_iter().chain(
        taken::fields(cx, adt)
            .into_iter()
            .flat_map(|field| field.attributes.iter().filter(|attribute| is_rule(attribute))),
    );
    if let Some(rule) = rules.next() {
        return Some(FileSpan { file, span: rule.span });
    }
    let nested = taken::fields(cx, adt).into_iter().filter(|field| {
        taken::says(&field.attributes, "validate", &["nested", ""])
            || taken::says(&field.attributes, "garde", &["dive"])
    });
    let names: Vec<_> = nested.map(|field| field.name).collect();
    let parts = semantics.fields(adt, None).iter().filter(|field| names.contains(&field.name));
    parts.filter_map(|field| part_of(field.ty)).find_map(|part| first_rule(cx, part, depth - 1))
}

/// The struct of a field's type, through `Option` and `Vec`.
fn part_of(ty: Ty) -> Option<DefId> {
    match ty.kind() {
        TyKind::Adt { def, .. } => Some(*def),
        TyKind::External { args, .. } => part_of(*args.first()?),
        _ => None,
    }
}

/// Whether an attribute declares a rule: `#[validate(length(min = 1))]`, `#[garde(ascii)]`.
fn is_rule(attribute: &Attribute) -> bool {
    const NO_RULES: [&str; 6] = ["", "nested", "skip", "dive", "allow_unvalidated", "context"];
    let args = attribute.args.as_str();
    let first = args.split(['(', ',', '=']).next().unwrap_or_default().trim();
    match attribute.last_segment() {
        "validate" | "garde" => !NO_RULES.contains(&first),
        _ => false,
    }
}

/// Whether an extractor is called after what it does: `Valid`, `ValidatedJson`, `Garde`.
fn validates_by_name(path: &str) -> bool {
    let path = path.to_lowercase();
    path.contains("valid") || path.contains("garde")
}

/// Derives that say how a type is printed, compared, read or described; none of them takes it of a request and checks it.
const PLAIN_DERIVES: &[&str] = &[
    "Debug",
    "Clone",
    "Copy",
    "PartialEq",
    "Eq",
    "PartialOrd",
    "Ord",
    "Hash",
    "Default",
    "Serialize",
    "Deserialize",
    "Validate",
    "ToSchema",
    "IntoParams",
    "JsonSchema",
    "Apiv2Schema",
    "TS",
    "Type",
    "Builder",
    "FromRequest",
    "FromRequestParts",
    "FromForm",
    "Object",
    "InputObject",
    "SimpleObject",
    "Multipart",
    "MultipartForm",
    "Extractible",
];

/// Whether a type is taken as it is, by the code of a derive that is not known: that may check it.
fn is_derived_whole(cx: &LintContext, taken: &Taken) -> bool {
    let item = cx.semantics().item(taken.adt);
    let derives = item.attributes.iter().filter(|attribute| attribute.last_segment() == "derive");
    let mut names = derives.flat_map(|attribute| attribute.args.as_str().split(','));
    taken.wrappers.is_empty()
        && names.any(|name| {
            let last = name.rsplit(':').next().unwrap_or_default().trim();
            !last.is_empty() && !PLAIN_DERIVES.contains(&last)
        })
}

fn checked(cx: &LintContext, taken: &Taken) -> Checked {
    let mut checked = Checked::No;
    for function in taken::reached_from(cx, taken.function) {
        for call in taken::calls(cx, function) {
            if is_check(&call, taken.adt) {
                return Checked::Yes;
            }
            let is_unknown = matches!(call.callee, Callee::UnknownMethod(_) | Callee::Unresolved);
            if is_unknown
                && !starts_outside(cx, function, &call)
                && call.inputs.iter().any(|(_, ty)| taken::holds(*ty, taken.adt))
            {
                checked = Checked::Perhaps;
            }
        }
    }
    checked
}

/// Whether a call goes on with what code outside the workspace gave, which knows nothing of the rules:
/// `insert_into(animals::table).values(&body)`.
fn starts_outside(cx: &LintContext, function: DefId, call: &Call) -> bool {
    let semantics = cx.semantics();
    let Some(types) = semantics.types(function) else { return false };
    let ir = semantics.ir(semantics.locate(function).0);
    let mut expr = call.expr;
    loop {
        match ir.expr(expr) {
            Expr::MethodCall { receiver, .. } => expr = receiver,
            Expr::Call { .. } => return matches!(types.callee(expr), Callee::External(_)),
            _ => return false,
        }
    }
}

/// Whether a call checks a value of a type: `body.validate()`, `check_valid(&body)`, also of a type parameter.
fn is_check(call: &Call, adt: DefId) -> bool {
    if !call.name.to_lowercase().contains("valid") {
        return false;
    }
    let may_be = |ty: Ty| {
        let is_open = matches!(ty.kind(), TyKind::Param { .. } | TyKind::Bounds(_) | TyKind::Unknown);
        is_open || taken::holds(ty, adt)
    };
    call.inputs.iter().any(|(_, ty)| may_be(*ty))
}
