//! Places that read a body whole where nothing limits it, told by what is called there.

use ward_diagnostics::Confidence;
use ward_linter::LintContext;
use ward_semantics::{Callee, DefId, TraitName, Ty, TyKind};
use ward_syntax::{ExprId, FileSpan};

use super::limits::compares;
use super::{Evidence, limits};
use crate::input::taken::Call;
use crate::scope::{Root, Scope};

/// Every kind of such a place in a function.
pub(super) fn of(cx: &LintContext, function: DefId, calls: &[Call]) -> Vec<Evidence> {
    let found = [
        filters(cx, function, calls),
        extractor(cx, function, calls),
        own_reader(cx, function, calls),
        stream(cx, function, calls),
        archive(cx, function, calls),
    ];
    let found: Vec<Evidence> = found.into_iter().flatten().collect();
    if found.is_empty() || limits(cx, function) { Vec::new() } else { found }
}

fn evidence(
    cx: &LintContext,
    function: DefId,
    places: &[ExprId],
    (what, help): (&'static str, &'static str),
) -> Option<Evidence> {
    let (file, _) = cx.semantics().locate(function);
    let ir = cx.semantics().ir(file);
    let mut places = places.iter().map(|expr| FileSpan { file, span: ir.expr_span(*expr) });
    let at = places.next()?;
    Some(Evidence {
        at,
        function,
        what,
        help,
        confidence: Confidence::Medium,
        others: places.take(8).collect(),
    })
}

/// `warp::body::json()` and its like read whatever comes.
fn filters(cx: &LintContext, function: DefId, calls: &[Call]) -> Option<Evidence> {
    let reads = |call: &&Call| match call.callee {
        Callee::External(path) => {
            let path = path.as_str();
            let is_filter = path.starts_with("warp::body::") || path.starts_with("warp::filters::body::");
            is_filter && matches!(call.name, "json" | "form" | "bytes" | "aggregate")
        }
        _ => false,
    };
    let places: Vec<ExprId> = calls.iter().filter(reads).map(|call| call.expr).collect();
    let wording = (
        "this filter reads the whole body of the request, however long it is",
        "put `warp::body::content_length_limit(..)` before it",
    );
    evidence(cx, function, &places, wording)
}

/// Traits by which a type is made of a request.
const EXTRACTORS: &[&str] = &["FromRequest", "FromRequestBody", "FromData", "Extractible"];

/// An extractor that a library offers is what its users take for limited.
fn extractor(cx: &LintContext, function: DefId, calls: &[Call]) -> Option<Evidence> {
    let semantics = cx.semantics();
    let bound = semantics.enclosing_impl(function)?.trait_ref.as_ref()?;
    let name = match bound.name {
        TraitName::Workspace(def) => semantics.def_map.name(def).as_str(),
        TraitName::External(path) => path.as_str().rsplit(':').next().unwrap_or_default(),
    };
    if !EXTRACTORS.contains(&name) {
        return None;
    }
    let reads = |call: &&Call| {
        let is_function = matches!(call.callee, Callee::External(_) | Callee::Fn(_));
        is_function && matches!(call.name, "to_bytes" | "aggregate") && call.inputs.len() == 1
    };
    let places: Vec<ExprId> = calls.iter().filter(reads).map(|call| call.expr).collect();
    let wording = (
        "this extractor reads the whole body of the request, however long it is",
        "put a limit around the body first: `http_body_util::Limited::new(body, LIMIT)`",
    );
    evidence(cx, function, &places, wording)
}

/// Requests as servers give them, with a body that nothing limits.
const REQUESTS: &[&str] = &["http::Request", "axum::extract::Request"];
/// The bodies of requests, and what may stand in for any.
const BODIES: &[&str] = &["axum::body::Body", "hyper::body::Incoming", "hyper::Body"];

/// A trait that a workspace implements for a server's requests, to read them whole: its users take it for limited.
fn own_reader(cx: &LintContext, function: DefId, calls: &[Call]) -> Option<Evidence> {
    let semantics = cx.semantics();
    let info = semantics.enclosing_impl(function)?;
    let is_own = matches!(info.trait_ref.as_ref()?.name, TraitName::Workspace(_));
    let is_one_of = |ty: Ty, paths: &[&str]| matches!(ty.kind(), TyKind::External { path, .. } if paths.contains(&path.as_str()));
    if !is_own || !is_one_of(info.self_ty, REQUESTS) {
        return None;
    }
    let reads = |call: &&Call| {
        let body = call.inputs.first().is_some_and(|(_, ty)| is_one_of(*ty, BODIES));
        body && call.name == "collect" && call.inputs.len() == 1
    };
    let places: Vec<ExprId> = calls.iter().filter(reads).map(|call| call.expr).collect();
    let wording = (
        "the whole body of the request is read, however long it is",
        "put a limit around the body first: `http_body_util::Limited::new(body, LIMIT)`",
    );
    evidence(cx, function, &places, wording)
}

/// Entries of archives, which are read as what they unpack to.
const ENTRIES: &[&str] = &["zip::read::ZipFile", "zip::read::ZipEntry"];

/// Entries of archives that only put one behind the other what is packed around them.
const ENTRIES_OF_PACKED: &str = "tar::Entry";

/// An archive of which entries are unpacked into memory: a small one may hold a huge text. One that is read from a file is the
/// service's own, as far as is seen here.
fn archive(cx: &LintContext, function: DefId, calls: &[Call]) -> Option<Evidence> {
    let unpacks = unpacks_what_is_given(cx, function, calls);
    let is_entry = |ty: Ty| match ty.kind() {
        TyKind::External { path, .. } => {
            ENTRIES.contains(&path.as_str()) || (unpacks && path.as_str() == ENTRIES_OF_PACKED)
        }
        _ => false,
    };
    let reads = |call: &&Call| {
        matches!(call.name, "read_to_string" | "read_to_end")
            && call.inputs.first().is_some_and(|(_, ty)| is_entry(*ty))
    };
    let opens_file = calls.iter().any(|call| {
        matches!(call.callee, Callee::External(path) if path.as_str().starts_with("std::fs::"))
            || matches!(call.callee, Callee::Method { ty, name } if ty.as_str().ends_with("fs::File") && name.as_str() == "open")
    });
    let limits = calls.iter().any(|call| matches!(call.name, "take" | "size"));
    if opens_file || limits {
        return None;
    }
    let places: Vec<ExprId> = calls.iter().filter(reads).map(|call| call.expr).collect();
    let wording = (
        "an entry of an archive is unpacked into memory, however much comes of it",
        "read no more than a limit: `entry.take(LIMIT).read_to_end(..)`, and refuse what is longer",
    );
    evidence(cx, function, &places, wording)
}

/// Whether a function makes a reader that unpacks bytes that it was given, and none that ends somewhere.
fn unpacks_what_is_given(cx: &LintContext, function: DefId, calls: &[Call]) -> bool {
    let made = |call: &Call| match call.callee {
        Callee::External(path) => path.as_str().to_owned(),
        Callee::Method { ty, .. } => ty.as_str().to_owned(),
        Callee::Fn(def) => cx.name(*def),
        _ => String::new(),
    };
    let is_decoder = |segment: &str| segment.ends_with("Decoder") || segment == "Decompressor";
    let decoders = calls.iter().filter(|call| call.name == "new" && made(call).split("::").any(is_decoder));
    let given: Vec<ExprId> = decoders.filter_map(|call| Some(call.inputs.first()?.0)).collect();
    let ends = || calls.iter().any(|call| made(call).contains("Limit"));
    if given.is_empty() || ends() {
        return false;
    }
    let (Some(scope), Some(signature)) = (Scope::new(cx, function), cx.semantics().signature(function))
    else {
        return false;
    };
    given.into_iter().any(|reader| match scope.origin(reader).1 {
        Root::Parameter(index) => signature.params.get(index).is_some_and(|ty| is_piece(*ty)),
        _ => false,
    })
}

/// Streams of a request that nothing limits.
const STREAMS: &[&str] = &[
    "actix_web::web::Payload",
    "actix_multipart::Field",
    "ntex::web::types::Payload",
    "ntex::http::Payload",
    "hyper::body::Incoming",
];

/// Pieces of a body that are put one behind the other in memory: `while let Some(chunk) = payload.next().await`.
fn stream(cx: &LintContext, function: DefId, calls: &[Call]) -> Option<Evidence> {
    let is_stream =
        |ty: Ty| matches!(ty.kind(), TyKind::External { path, .. } if STREAMS.contains(&path.as_str()));
    let is_next = |call: &Call| {
        matches!(call.name, "next" | "try_next" | "data" | "frame" | "chunk")
            && call.inputs.first().is_some_and(|(_, ty)| is_stream(*ty))
    };
    if !calls.iter().any(is_next) || compares(cx, function) {
        return None;
    }
    let grows = |call: &&Call| {
        matches!(call.name, "extend_from_slice" | "extend" | "put" | "put_slice" | "append" | "unsplit")
            && call.inputs.first().is_some_and(|(_, ty)| is_buffer(*ty))
            && call.inputs.get(1).is_some_and(|(_, ty)| is_piece(*ty))
    };
    let places: Vec<ExprId> = calls.iter().filter(grows).map(|call| call.expr).collect();
    let wording = (
        "pieces of the request's body are collected in memory, however many come",
        "refuse with 413 once the length is above a limit, or take the body with an extractor that has one",
    );
    evidence(cx, function, &places[..places.len().min(1)], wording)
}

fn is_buffer(ty: Ty) -> bool {
    matches!(ty.kind(), TyKind::External { path, .. } if matches!(path.as_str(), "std::vec::Vec" | "bytes::BytesMut" | "ntex::util::BytesMut"))
}

fn is_piece(ty: Ty) -> bool {
    match ty.kind() {
        TyKind::External { path, args } => {
            matches!(path.as_str(), "bytes::Bytes" | "ntex::util::Bytes")
                || (path.as_str() == "std::vec::Vec" && args.first().is_some_and(|ty| is_byte(*ty)))
        }
        TyKind::Slice(element) => is_byte(*element),
        _ => false,
    }
}

fn is_byte(ty: Ty) -> bool {
    matches!(ty.kind(), TyKind::Scalar(name) if name.as_str() == "u8")
}
