//! Templates of pages: which values they print, where, and whether they are escaped there.
//!
//! A template is read for its holes alone; whatever stands in the file, some holes come back. Names are resolved as far
//! as loops, `with` and `let` bind them to a part of what the template is given; what a macro or a function makes
//! of a value is not known, and such holes are left out.

mod expression;
mod scan;

pub(crate) use scan::scan;
use ward_syntax::Span;

/// How the names of files end that are read as templates.
pub(crate) const NAMES: &[&str] =
    &[".html", ".htm", ".hbs", ".handlebars", ".tera", ".j2", ".jinja", ".jinja2", ".askama", ".rinja"];

/// How the engine writes what is not text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Dialect {
    /// `{{ name|safe }}`, `{% for item in items %}`: askama, tera, minijinja.
    Jinja,
    /// `{{{ name }}}`, `{{#each items}}`: handlebars.
    Handlebars,
}

/// Whether the engine escapes what no filter touches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Escaping {
    /// It does, as for a page.
    On,
    /// It does not.
    Off,
}

/// What a template prints, and which others it takes in.
#[derive(Debug, Default)]
pub(crate) struct Template {
    /// In order.
    pub(crate) holes: Vec<TemplateHole>,
    /// The names of templates it extends, includes or imports.
    pub(crate) others: Vec<String>,
}

/// A value that is printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TemplateHole {
    /// Where, delimiters included.
    pub(crate) span: Span,
    /// The part of what the template is given, with `.` between names.
    pub(crate) path: String,
    /// What becomes of it.
    pub(crate) printed: Printed,
    /// The literal text before it, as much of it as tells the context.
    pub(crate) before: String,
}

/// How a value is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Printed {
    /// As it is.
    Raw,
    /// As a filter made it that is not known, which may well have cleaned it.
    Filtered,
    /// Escaped for text and quoted attributes.
    Escaped,
}
