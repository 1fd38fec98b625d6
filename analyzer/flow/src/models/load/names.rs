//! Names: which types and functions there are, and what else they are called.

use std::ops::Range;

use ward_syntax::Symbol;

use super::{Loader, Parsed, first_segment, split_last, symbols};
use crate::models::schema::{ModuleRow, Text, Texts, TypeRow};

impl Loader {
    pub(super) fn declare(&mut self, parsed: &Parsed) {
        for row in &parsed.rows.types {
            for path in &row.path.0 {
                let Some(symbol) = self.described_path(path) else { continue };
                if row.is.is_none() {
                    self.models.externals.types.entry(symbol).or_default();
                }
            }
            self.own_aliases(&row.path, row.aliases.as_ref());
        }
        for row in &parsed.rows.constants {
            for path in &row.path.0 {
                let Some(symbol) = self.path(path) else { continue };
                self.know(symbol);
                self.within.entry(first_segment(symbol)).or_default().push((symbol, symbol));
            }
        }
        for row in &parsed.rows.functions {
            for path in &row.path.0 {
                self.described_path(path);
            }
            self.own_aliases(&row.path, row.aliases.as_ref());
        }
    }

    /// The symbol of a path described here, unless it is none or described already.
    fn described_path(&mut self, path: &Text) -> Option<Symbol> {
        let symbol = self.path(path)?;
        if let Some(earlier) = self.described.insert(symbol, self.file) {
            let elsewhere = (earlier != self.file).then(|| self.names.get(earlier).cloned()).flatten();
            let help = elsewhere.map(|file| format!("also in `{file}`; its flow can be changed by a `step`"));
            self.complain(path.span(), format!("`{symbol}` is described twice"), help);
            return None;
        }
        self.know(symbol);
        self.within.entry(first_segment(symbol)).or_default().push((symbol, symbol));
        Some(symbol)
    }

    fn own_aliases(&mut self, paths: &Texts, aliases: Option<&Texts>) {
        let Some(aliases) = aliases else { return };
        let [path] = paths.0.as_slice() else {
            let span = aliases.0.first().map_or(0..0, Text::span);
            self.complain(
                span,
                "several paths cannot share their aliases",
                Some("write a row for each".to_owned()),
            );
            return;
        };
        for alias in &aliases.0 {
            if let Some(symbol) = self.path(alias) {
                self.alias(symbol, Symbol::new(path.get_ref()), alias.span());
            }
        }
    }

    fn alias(&mut self, alias: Symbol, path: Symbol, span: Range<usize>) {
        self.know(alias);
        self.within.entry(first_segment(alias)).or_default().push((alias, path));
        match self.models.externals.aliases.insert(alias, path) {
            Some(other) if other != path => {
                self.complain(span, format!("`{alias}` is an alias of `{other}` already"), None);
            }
            _ if alias == path => self.complain(span, format!("`{alias}` is an alias of itself"), None),
            _ => {}
        }
    }

    /// Enters a path and the modules it is in.
    pub(super) fn know(&mut self, path: Symbol) {
        let mut path = path;
        while self.models.externals.known_paths.insert(path)
            && let Some((module, _)) = split_last(path.as_str())
        {
            path = Symbol::new(module);
        }
    }

    /// `[[module]]`: everything below a module has a second path.
    pub(super) fn aliases(&mut self, parsed: &Parsed) {
        for row in &parsed.rows.modules {
            self.module_aliases(row);
        }
    }

    fn module_aliases(&mut self, row: &ModuleRow) {
        let Some(module) = self.path(&row.path) else { return };
        let within = self.within.entry(first_segment(module)).or_default();
        let below = within.iter().filter_map(|(other, path)| {
            let rest = other.as_str().strip_prefix(module.as_str())?.strip_prefix("::")?;
            Some((rest, *path))
        });
        let found: Vec<(&str, Symbol)> = below.collect();
        for alias in &row.aliases.0 {
            let Some(prefix) = self.path(alias) else { continue };
            self.know(prefix);
            for (rest, path) in &found {
                let other = Symbol::new(&format!("{prefix}::{rest}"));
                // A row of its own says more than the module's.
                if other != *path && !self.described.contains_key(&other) {
                    self.know(other);
                    self.models.externals.aliases.entry(other).or_insert(*path);
                }
            }
        }
    }

    pub(super) fn type_aliases(&mut self, parsed: &Parsed) {
        self.shorten(parsed);
        for row in &parsed.rows.types {
            if let Some(is) = &row.is {
                self.type_alias(row, is);
            }
        }
    }

    pub(super) fn shorten(&mut self, parsed: &Parsed) {
        self.short.clear();
        self.templates.clear();
        for path in parsed.rows.types.iter().flat_map(|row| &row.path.0) {
            let path = Symbol::new(path.get_ref());
            if let Some((_, name)) = split_last(path.as_str()) {
                self.short.entry(name).and_modify(|known| *known = None).or_insert(Some(path));
            }
        }
    }

    fn type_alias(&mut self, row: &TypeRow, is: &Text) {
        let [path] = row.path.0.as_slice() else { return };
        let more = row.deref.is_some() || row.implements.is_some() || row.text.is_some();
        if more || !(row.fields.0.is_empty() && row.methods.0.is_empty() && row.functions.0.is_empty()) {
            self.complain(
                is.span(),
                "a type alias has nothing of its own",
                Some("leave out `is`, or the rest".to_owned()),
            );
        }
        let params = symbols(&row.params);
        let path = Symbol::new(path.get_ref());
        if let Some(template) = self.template(is, &params) {
            self.models.externals.type_aliases.insert(path, template);
            self.alias_params.insert(path, params);
        }
    }
}
