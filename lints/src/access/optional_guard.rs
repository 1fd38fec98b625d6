//! Guards that let everybody pass: taken as an option whose absence nobody refuses.
//!
//! `Option<User>` is right where a page looks different for those who are logged in. It is reported where the handler
//! changes something and never looks at the option, or where nearly all siblings insist. A check that answers by a `bool`
//! nobody looks at lets everybody pass, too.

use ward_diagnostics::{Confidence, Finding};
use ward_linter::guards::{Authenticates, Effect, Guard, GuardKind};
use ward_linter::{Lint, LintContext, declare_lint};
use ward_semantics::TyKind;
use ward_syntax::{Expr, FileId, FileSpan, LocalId, Pat, PatId};

use super::doors::{Door, Openness, doors, siblings};

declare_lint! {
    /// Guards that let everybody pass: taken as an option whose absence nobody refuses.
    OPTIONAL_GUARD = {
        name: "optional-guard",
        group: "access",
        summary: "a guard is optional and nothing refuses callers without it",
        severity: High,
        confidence: Medium,
        cwe: [287],
        owasp: ["API2:2023"],
        since: "0.1.0",
    }
}

/// The lint.
pub const LINT: Lint = Lint { metadata: &OPTIONAL_GUARD, check, kinds: &[], guards: true };

/// An endpoint behind a guard that lets everybody pass.
struct Evidence<'a> {
    door: Door<'a>,
    guard: Guard,
    /// The guard's type as taken.
    ty: String,
    use_of: Use,
    confidence: Confidence,
}

/// What the handler does with the guard.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// Nothing.
    Ignored,
    /// Something, but nothing that refuses.
    Consulted,
}

fn describe(cx: &LintContext, evidence: &Evidence) -> Finding {
    let Evidence { door, guard, ty, use_of, confidence } = evidence;
    let message = format!("`{}` goes on without `{ty}`", door.title());
    let label = match use_of {
        Use::Ignored => "nothing looks at whether it is there",
        Use::Consulted => "where it is absent, nothing refuses",
    };
    let finding = Finding::new(&OPTIONAL_GUARD, guard.place, message)
        .label(label)
        .note("an optional guard lets callers without a credential, or with a wrong one, do what the handler does")
        .help("take the guard itself, or answer 401 where it is absent");
    door.finding(cx, finding, *confidence)
}

/// An endpoint that has a credential checked and goes on whatever the answer is.
fn describe_unheard(cx: &LintContext, door: &Door, check: FileSpan) -> Finding {
    let message = format!("`{}` goes on whatever this check says", door.title());
    let finding = Finding::new(&OPTIONAL_GUARD, check, message)
        .label("nobody looks at the answer")
        .note("`?` passes on an error and no `Ok(false)`, and `let _ =` nothing at all: callers with a wrong credential do what the handler does")
        .help("answer 401 where it says no: `if !check(..).await? { return Err(..) }`");
    door.finding(cx, finding, if door.is_unclear() { Confidence::Low } else { Confidence::High })
}

fn check(cx: &LintContext) {
    let doors = doors(cx);
    for door in &doors {
        if let Some(check) = unheard(cx, door) {
            cx.report(describe_unheard(cx, door, check));
        } else if let Some(evidence) = judge(cx, &doors, *door) {
            cx.report(describe(cx, &evidence));
        }
    }
}

/// The check whose answer a handler drops that lets in everybody else, too.
fn unheard(cx: &LintContext, door: &Door) -> Option<FileSpan> {
    let is_open = !door.is_guarded() && door.openness != Openness::Declared;
    let matters = door.endpoint.methods.may_change() || !door.access.effects.is_empty();
    cx.guards().unheard(door.function).filter(|_| is_open && matters)
}

fn judge<'a>(cx: &LintContext, doors: &[Door<'a>], door: Door<'a>) -> Option<Evidence<'a>> {
    let changes = door.endpoint.methods.may_change() && is_sensitive(&door);
    if door.is_guarded() || door.openness != Openness::Closed || !changes {
        return None;
    }
    let semantics = cx.semantics();
    let extractors = door.endpoint.extractors(semantics);
    let optional = door.access.guards.iter().find_map(|guard| match guard.how {
        GuardKind::Argument(index) if guard.verdict.authenticates == Authenticates::Optional => {
            let extractor = extractors.get(index)?;
            is_optional(extractor.ty.kind()).then_some((*guard, *extractor))
        }
        _ => None,
    });
    let (guard, extractor) = optional?;
    let use_of = use_of(cx, door.place.file, door.function, extractor.pattern);
    let siblings = siblings(cx, doors, &door);
    let insist = siblings.is_some_and(|siblings| siblings.guarded >= 3 && siblings.percent() >= 75);
    let confidence = match (use_of, insist) {
        (Use::Ignored, true) => Confidence::High,
        (Use::Ignored, false) | (Use::Consulted, true) => Confidence::Medium,
        (Use::Consulted, false) => Confidence::Low,
    };
    let confidence = if door.is_unclear() { Confidence::Low } else { confidence };
    Some(Evidence { door, guard, ty: semantics.pretty_type(extractor.ty), use_of, confidence })
}

fn is_sensitive(door: &Door) -> bool {
    let effects = door.access.effects;
    [Effect::Write, Effect::File, Effect::Command, Effect::Outbound].iter().any(|effect| effects.has(*effect))
}

/// `Option<User>`, or the same in a type of the workspace: `Caller<Option<User>>`.
fn is_optional(kind: &TyKind) -> bool {
    let is_plain = |path: &str| matches!(path, "std::option::Option" | "std::result::Result");
    match kind {
        TyKind::External { path, .. } => is_plain(path.as_str()),
        TyKind::Adt { args, .. } => args
            .iter()
            .any(|arg| matches!(arg.kind(), TyKind::External { path, .. } if is_plain(path.as_str()))),
        _ => false,
    }
}

/// Whether the handler looks at a parameter.
fn use_of(cx: &LintContext, file: FileId, function: ward_semantics::DefId, pattern: PatId) -> Use {
    let ir = cx.semantics().ir(file);
    let Some(local) = bound(ir, pattern) else { return Use::Ignored };
    let Some((_, body)) = cx.semantics().body(function) else { return Use::Consulted };
    let used = ir
        .body(body)
        .exprs
        .of(&ir.exprs)
        .iter()
        .any(|expr| matches!(expr, Expr::Local(found) if *found == local));
    if used { Use::Consulted } else { Use::Ignored }
}

/// The first local that a pattern binds.
fn bound(ir: &ward_syntax::SourceIr, pattern: PatId) -> Option<LocalId> {
    match ir.pat(pattern) {
        Pat::Bind { local, .. } => Some(local),
        Pat::Ref(inner) => bound(ir, inner),
        Pat::Tuple(pats) | Pat::TupleStruct { pats, .. } => ir.list(pats).find_map(|pat| bound(ir, pat)),
        _ => None,
    }
}
