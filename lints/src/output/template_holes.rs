//! Which holes of which templates a value fills, that is given to a template engine under a name.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use ward_flow::{Part, Reached};
use ward_linter::LintContext;
use ward_semantics::{DefId, Semantics};
use ward_syntax::{Expr, ExprId, FileId, FileSpan, Span, Symbol};

use super::templates::{Dialect, Escaping, NAMES, TemplateHole, scan};

/// As many templates are looked at for one page.
const MOST_TEMPLATES: usize = 24;

/// A hole that a value fills.
#[derive(Debug, Clone)]
pub(super) struct Filled {
    /// Where the template prints it.
    pub(super) at: FileSpan,
    pub(super) hole: TemplateHole,
    /// Whether the name is just that of the value, not of a part of it or of what holds it.
    pub(super) is_exact: bool,
}

/// Holes with their places.
type Holes = Vec<(FileSpan, TemplateHole)>;
/// What tells pages from each other: the struct or the name, and the file it is used in.
type PageKey = (Option<DefId>, Symbol, FileId);

/// The templates of a project, read as they are asked for.
pub(super) struct Templates<'c> {
    cx: &'c LintContext<'c>,
    files: Vec<(FileId, &'c str)>,
    texts: BTreeMap<FileId, String>,
    /// The holes of the pages that were asked for.
    pages: FxHashMap<PageKey, Holes>,
}

/// Where the template of a page is.
struct Page {
    name: String,
    escaping: Escaping,
}

impl<'c> Templates<'c> {
    pub(super) fn new(cx: &'c LintContext<'c>) -> Self {
        let files = cx.semantics().project.files().map(|(id, file)| (id, file.path.as_str()));
        let files = files.filter(|(_, path)| NAMES.iter().any(|end| path.ends_with(end))).collect();
        Self { cx, files, texts: BTreeMap::new(), pages: FxHashMap::default() }
    }

    /// The holes that a part of what is given to a template fills.
    pub(super) fn filled(&mut self, reached: &Reached, part: Part) -> Vec<Filled> {
        let name = part.name.as_str();
        let holes = self.holes(reached, part);
        let fits = |hole: &TemplateHole| {
            let is_inner = |outer: &str, inner: &str| {
                inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'))
            };
            (hole.path == name)
                .then_some(true)
                .or_else(|| (is_inner(name, &hole.path) || is_inner(&hole.path, name)).then_some(false))
        };
        holes
            .iter()
            .filter_map(|(at, hole)| Some(Filled { at: *at, hole: hole.clone(), is_exact: fits(hole)? }))
            .collect()
    }

    fn holes(&mut self, reached: &Reached, part: Part) -> Holes {
        let key = (part.of, reached.context.unwrap_or(part.name), reached.place.file);
        let key = if part.of.is_some() { (part.of, reached.callee, reached.place.file) } else { key };
        if let Some(known) = self.pages.get(&key) {
            return known.clone();
        }
        let holes = self.read(reached, part);
        self.pages.insert(key, holes.clone());
        holes
    }

    fn read(&mut self, reached: &Reached, part: Part) -> Holes {
        let page = match part.of {
            Some(def) => match self.derived(def) {
                Derived::File(page) => page,
                Derived::Inline(holes) => return holes,
                Derived::Unknown => return Vec::new(),
            },
            None => match reached.context {
                Some(name) => Page { name: name.as_str().to_owned(), escaping: Escaping::On },
                None => return Vec::new(),
            },
        };
        let home = part.of.unwrap_or(reached.function);
        let (mut holes, mut seen) = (Vec::new(), Vec::new());
        let mut open = vec![page.name];
        while let Some(name) = open.pop() {
            let Some(file) = self.find(&name, home).filter(|file| !seen.contains(file)) else { continue };
            seen.push(file);
            if seen.len() > MOST_TEMPLATES {
                break;
            }
            let path = &self.cx.semantics().project.file(file).path;
            let is_handlebars = matches!(path.rsplit('.').next(), Some("hbs" | "handlebars"));
            let is_handlebars = is_handlebars || reached.sink.krate.as_str() == "handlebars";
            let dialect = if is_handlebars { Dialect::Handlebars } else { Dialect::Jinja };
            let is_off = is_handlebars && self.escapes_nothing(home);
            let escaping = if is_off { Escaping::Off } else { page.escaping };
            let text = self.texts.entry(file).or_insert_with(|| self.cx.text(file).unwrap_or_default());
            // Without a tag it is no page, however it is escaped.
            let template = scan(text, dialect, escaping);
            if text.contains('<') {
                let placed = |hole: TemplateHole| (FileSpan { file, span: hole.span }, hole);
                holes.extend(template.holes.into_iter().map(placed));
            }
            open.extend(template.others);
        }
        holes
    }

    /// Whether the only registry of handlebars in a package was told to escape nothing: `register_escape_fn(no_escape)`.
    fn escapes_nothing(&self, user: DefId) -> bool {
        let semantics = self.cx.semantics();
        let package = semantics.package(user);
        let own = semantics.project.files().filter(|(_, file)| file.package == package);
        let told =
            own.map(|(id, _)| semantics.ask("registries of handlebars", id, || registries(semantics, id)));
        let (made, silenced) =
            told.fold((0, 0), |(made, silenced), (more, off)| (made + more, silenced + off));
        made == 1 && silenced > 0
    }

    /// The file of a template, by the end of its path, in the package it is used in before others.
    fn find(&self, name: &str, user: DefId) -> Option<FileId> {
        let name = name.trim_start_matches("./").trim_start_matches("../").trim_start_matches('/');
        if name.is_empty() {
            return None;
        }
        let semantics = self.cx.semantics();
        let package = semantics.package(user);
        let ends_so = |path: &str| {
            let Some(at) = path.rfind(name) else { return false };
            let begins = at == 0 || path[..at].ends_with('/');
            let rest = &path[at + name.len()..];
            // `index` is `index.html.hbs` too.
            begins
                && (rest.is_empty()
                    || (NAMES.contains(&rest) || rest.starts_with(".html.")) && !name.contains('.'))
        };
        let fits = self.files.iter().filter(|(_, path)| ends_so(path));
        let rank =
            |(id, path): &&(FileId, &str)| (semantics.project.file(*id).package != package, path.len(), *id);
        fits.min_by_key(rank).map(|(id, _)| *id)
    }

    /// What a struct says of its template: `#[template(path = "page.html")]`.
    fn derived(&self, def: DefId) -> Derived {
        let semantics = self.cx.semantics();
        let item = semantics.item(def);
        let Some(attribute) = item.attributes.iter().find(|attribute| attribute.path.as_str() == "template")
        else {
            return Derived::Unknown;
        };
        let args = attribute.args.as_str();
        let escaping = match value_of(args, "escape") {
            Some("none") => Escaping::Off,
            _ => Escaping::On,
        };
        if let Some(path) = value_of(args, "path") {
            return Derived::File(Page { name: path.to_owned(), escaping });
        }
        let Some(source) = value_of(args, "source").filter(|source| source.contains('<')) else {
            return Derived::Unknown;
        };
        let file = semantics.locate(def).0;
        let holes = scan(source, Dialect::Jinja, escaping).holes.into_iter();
        let span: Span = attribute.span;
        Derived::Inline(holes.map(|hole| (FileSpan { file, span }, hole)).collect())
    }
}

/// How many registries of handlebars a file makes, and how many it tells to escape nothing.
fn registries(semantics: &Semantics, file: FileId) -> (u32, u32) {
    let ir = semantics.ir(file);
    let ends_with = |expr: ExprId, names: &[&str]| match ir.expr(expr) {
        Expr::Path(path) => {
            let segments = ir.path_segments(path).iter().rev().map(|segment| segment.name.as_str());
            segments.take(names.len()).eq(names.iter().rev().copied())
        }
        _ => false,
    };
    ir.exprs.iter().fold((0, 0), |(made, silenced), expr| match *expr {
        Expr::Call { callee, .. } if ends_with(callee, &["Handlebars", "new"]) => (made + 1, silenced),
        Expr::MethodCall { method, args, .. } if method.as_str() == "register_escape_fn" => {
            let is_off = ir.list(args).any(|arg| ends_with(arg, &["no_escape"]));
            (made, silenced + u32::from(is_off))
        }
        _ => (made, silenced),
    })
}

/// Where the template of a struct is.
enum Derived {
    File(Page),
    Inline(Holes),
    Unknown,
}

/// The text after `name =` in the arguments of an attribute.
fn value_of<'a>(args: &'a str, name: &str) -> Option<&'a str> {
    let starts = args.match_indices(name).map(|(at, _)| at);
    let mut values = starts.filter_map(|at| {
        let is_name = !args[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let value = args[at + name.len()..].trim_start().strip_prefix('=')?.trim_start();
        if !is_name {
            return None;
        }
        if let Some(raw) = value.strip_prefix('r').map(|raw| raw.trim_start_matches('#')) {
            let hashes = value.len() - 1 - raw.len();
            let end = format!("\"{}", "#".repeat(hashes));
            let inside = raw.strip_prefix('"')?;
            return Some(&inside[..inside.find(&end)?]);
        }
        let inside = value.strip_prefix('"')?;
        Some(&inside[..inside.find('"')?])
    });
    values.next()
}

#[cfg(test)]
mod tests {
    use super::value_of;

    #[test]
    fn arguments_of_an_attribute_are_read() {
        let args = r##"path = "a.html", escape="none", source = r#"<p>"{{ a }}"</p>"#"##;
        assert_eq!(value_of(args, "path"), Some("a.html"));
        assert_eq!(value_of(args, "escape"), Some("none"));
        assert_eq!(value_of(args, "source"), Some("<p>\"{{ a }}\"</p>"));
        assert_eq!((value_of(args, "ext"), value_of("source = r#\"", "source")), (None, None));
    }
}
