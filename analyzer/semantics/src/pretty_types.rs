//! Types and callees as text, for tests and for looking at what inference has understood.

use std::fmt::Write;

use ward_syntax::{ExprId, ItemKind};

use crate::{BodyTypes, Callee, DefId, Resolution, Semantics, TraitName, TraitRef, Ty, TyKind};

impl Semantics {
    /// A type as one would write it, paths by their last segment; `?` is unknown.
    pub fn pretty_type(&self, ty: Ty) -> String {
        let mut text = String::new();
        self.write_type(ty, &mut text);
        text
    }

    fn write_type(&self, ty: Ty, text: &mut String) {
        match ty.kind() {
            TyKind::Unknown => text.push('?'),
            TyKind::Never => text.push('!'),
            TyKind::Scalar(name) => text.push_str(name.as_str()),
            TyKind::Str => text.push_str("str"),
            TyKind::StaticStr => text.push_str("&'static str"),
            TyKind::Tuple(parts) => {
                text.push('(');
                self.write_types(parts, text);
                text.push_str(if parts.len() == 1 { ",)" } else { ")" });
            }
            TyKind::Slice(element) => {
                text.push('[');
                self.write_type(*element, text);
                text.push(']');
            }
            TyKind::Adt { def, args } => {
                text.push_str(self.def_map.name(*def).as_str());
                self.write_args(args, text);
            }
            TyKind::External { path, args } => {
                text.push_str(last(path.as_str()));
                self.write_args(args, text);
            }
            TyKind::Param { name, .. } => text.push_str(name.as_str()),
            TyKind::Bounds(bounds) => {
                text.push_str("impl ");
                for (at, bound) in bounds.iter().enumerate() {
                    text.push_str(if at > 0 { " + " } else { "" });
                    self.write_trait(bound, text);
                }
            }
            TyKind::FnDef(def) => {
                let _ = write!(text, "fn {}", self.path(*def));
            }
            TyKind::FnPtr { params, ret } => {
                text.push_str("fn(");
                self.write_types(params, text);
                text.push_str(") -> ");
                self.write_type(*ret, text);
            }
            TyKind::Closure { ret, .. } => {
                text.push_str("|..| ");
                self.write_type(*ret, text);
            }
            TyKind::Infer(variable) => {
                let _ = write!(text, "?{variable}");
            }
        }
    }

    fn write_types(&self, types: &[Ty], text: &mut String) {
        for (at, ty) in types.iter().enumerate() {
            text.push_str(if at > 0 { ", " } else { "" });
            self.write_type(*ty, text);
        }
    }

    fn write_args(&self, args: &[Ty], text: &mut String) {
        if !args.is_empty() {
            text.push('<');
            self.write_types(args, text);
            text.push('>');
        }
    }

    fn write_trait(&self, bound: &TraitRef, text: &mut String) {
        match bound.name {
            TraitName::Workspace(def) => text.push_str(self.def_map.name(def).as_str()),
            TraitName::External(path) => text.push_str(last(path.as_str())),
        }
        if bound.args.is_empty() && bound.bindings.is_empty() {
            return;
        }
        text.push('<');
        self.write_types(&bound.args, text);
        for (at, (name, ty)) in bound.bindings.iter().enumerate() {
            text.push_str(if at > 0 || !bound.args.is_empty() { ", " } else { "" });
            let _ = write!(text, "{name} = ");
            self.write_type(*ty, text);
        }
        text.push('>');
    }

    /// What a call reaches.
    pub fn pretty_callee(&self, callee: &Callee) -> String {
        match callee {
            Callee::Fn(def) => format!("fn {}", self.path(*def)),
            Callee::Dispatch { declaration, targets } => {
                format!("dispatch {} to [{}]", self.path(*declaration), self.paths(targets))
            }
            Callee::External(path) => format!("external {path}"),
            Callee::Method { ty, name } => format!("method {ty}::{name}"),
            Callee::UnknownMethod(name) => format!("unknown method {name}"),
            Callee::Guess(targets) => format!("guess [{}]", self.paths(targets)),
            Callee::Constructor { def, variant } => {
                format!("constructor {}", self.variant_path(*def, *variant))
            }
            Callee::ExternalConstructor(path) => format!("constructor {path}"),
            Callee::Value => "value".to_owned(),
            Callee::Unresolved => "unresolved".to_owned(),
        }
    }

    fn paths(&self, defs: &[DefId]) -> String {
        let paths: Vec<String> = defs.iter().map(|def| self.path(*def)).collect();
        paths.join(", ")
    }

    fn variant_path(&self, def: DefId, variant: Option<u32>) -> String {
        let path = self.path(def);
        match (variant, &self.item(def).kind) {
            (Some(index), ItemKind::Enum { variants, .. }) => match variants.get(index as usize) {
                Some(variant) => format!("{path}::{}", variant.name),
                None => path,
            },
            _ => path,
        }
    }

    /// What a path means.
    pub fn pretty_resolution(&self, resolution: Resolution) -> String {
        match resolution {
            Resolution::Def(def) => format!("item {}", self.path(def)),
            Resolution::Variant { def, index } => format!("variant {}", self.variant_path(def, Some(index))),
            Resolution::External(path) => format!("external {path}"),
            Resolution::Method { ty, name } => format!("method {ty}::{name}"),
            Resolution::Param { name, .. } => format!("parameter {name}"),
            Resolution::TraitItem { item, .. } => format!("trait item {}", self.path(item)),
            Resolution::Unresolved => "unresolved".to_owned(),
        }
    }

    /// The locals of all bodies with their types, and the calls with what they reach.
    pub fn pretty_bodies(&self) -> String {
        let mut text = String::new();
        for def in self.defs.iter() {
            if let (Some(types), Some((file, body))) = (self.types(def), self.body(def)) {
                let ir = self.ir(file);
                let body = ir.body(body);
                let _ = writeln!(text, "{}", self.path(def));
                for (at, local) in body.locals.of(&ir.locals).iter().enumerate() {
                    let ty = types.locals.get(at).copied().unwrap_or_else(Ty::unknown);
                    let _ = writeln!(text, "    {}: {}", local.name, self.pretty_type(ty));
                }
                self.write_calls(types, &mut text);
            }
        }
        text
    }

    fn write_calls(&self, types: &BodyTypes, text: &mut String) {
        for (_, callee) in types.callees() {
            let _ = writeln!(text, "    call {}", self.pretty_callee(callee));
        }
        let conversions: Vec<(ExprId, DefId)> = types.conversions().collect();
        for (_, def) in conversions {
            let _ = writeln!(text, "    conversion {}", self.path(def));
        }
    }
}

fn last(path: &str) -> &str {
    path.rsplit(':').next().unwrap_or(path)
}
