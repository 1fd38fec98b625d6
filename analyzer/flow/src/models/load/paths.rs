//! What the texts of rows name: paths, types, callees.

use ward_semantics::Template;
use ward_syntax::Symbol;

use super::{Author, Callee, Loader, split_last};
use crate::models::schema::{Text, Texts};
use crate::models::{CallModel, UserCall};

impl Loader {
    /// A path as it is written: identifiers and `::`, or `*::name`.
    pub(super) fn path(&mut self, text: &Text) -> Option<Symbol> {
        let path = text.get_ref();
        let is_name = |name: &str| {
            let name = name.strip_prefix("r#").unwrap_or(name);
            // A macro: `sqlx::query!`.
            let name = name.strip_suffix('!').unwrap_or(name);
            !name.is_empty()
                && !name.starts_with(|c: char| c.is_ascii_digit())
                && name.chars().all(|c| c.is_alphanumeric() || c == '_')
        };
        if path.strip_prefix("*::").unwrap_or(if path == "*" { "_" } else { path }).split("::").all(is_name) {
            return Some(Symbol::new(path));
        }
        let help = path.split(['<', '(']).next().filter(|head| head.len() < path.len());
        let help = help.map(|head| format!("write the path alone: `{head}`"));
        self.complain(text.span(), format!("`{path}` is no path"), help);
        None
    }

    pub(super) fn paths(&mut self, texts: Option<&Texts>) -> Vec<Symbol> {
        let mut paths = Vec::new();
        for text in texts.iter().flat_map(|texts| &texts.0) {
            if let Some(path) = self.path(text) {
                self.know(path);
                paths.push(self.models.externals.canonical(path));
            }
        }
        paths
    }

    /// Canonical paths of types; those of the prelude need none.
    pub(super) fn type_paths(&mut self, texts: Option<&Texts>) -> Vec<Symbol> {
        let mut paths = Vec::new();
        for text in texts.iter().flat_map(|texts| &texts.0) {
            let Some(path) = self.path(text) else { continue };
            let path = match Template::parse(text.get_ref(), &[]) {
                Ok(Template::Named(path, _)) => path,
                _ => path,
            };
            self.know(path);
            paths.push(self.models.externals.canonical(path));
        }
        paths
    }

    pub(super) fn callees(&mut self, texts: Option<&Texts>) -> Vec<Callee> {
        let mut callees = Vec::new();
        for text in texts.iter().flat_map(|texts| &texts.0) {
            let Some(path) = self.path(text) else { continue };
            let callee = self.callee_of(path);
            if let Callee::Method(ty, name) = callee {
                self.models.externals.types.entry(ty).or_default().methods.entry(name).or_default();
                self.know(ty);
            } else {
                self.know(path);
            }
            if self.author == Author::User {
                self.note_user_call(path, callee, text);
            }
            callees.push(callee);
        }
        callees
    }

    fn note_user_call(&mut self, path: Symbol, callee: Callee, text: &Text) {
        let (ty, name) = match callee {
            Callee::Function(name) => (None, name),
            Callee::Method(ty, name) => (Some(ty), name),
        };
        let span = (text.span().start as u32, text.span().end as u32);
        self.models.user_calls.push(UserCall { path, ty, name, span });
    }

    /// What a path names: below a known type, or what is spelt like one, stand its methods.
    pub(super) fn callee_of(&self, path: Symbol) -> Callee {
        let externals = &self.models.externals;
        if let Some((owner, name)) = split_last(path.as_str()) {
            let owner = externals.canonical(Symbol::new(owner));
            let last = split_last(owner.as_str()).map_or(owner.as_str(), |(_, last)| last);
            if externals.types.contains_key(&owner) || last == "*" || last.starts_with(char::is_uppercase) {
                return Callee::Method(owner, Symbol::new(name));
            }
        }
        Callee::Function(externals.canonical(path))
    }

    pub(super) fn model(&mut self, callee: Callee) -> &mut CallModel {
        match callee {
            Callee::Function(path) => self.models.functions.entry(path).or_default(),
            Callee::Method(ty, name) => self.models.methods.entry((ty, name)).or_default(),
        }
    }
}
