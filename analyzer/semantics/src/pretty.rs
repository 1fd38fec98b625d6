//! The names of a workspace as text, for tests and for looking at what resolution has understood.

use std::fmt::Write;

use ward_syntax::{Symbol, Visibility};

use crate::def_map::{Binding, Names, ScopeKind, Target};
use crate::{DefKind, DefMap, ImplIndex, PathResult, PathTarget, ScopeId, TraitName, TypeHead};

/// Every crate with its modules, and in each the names with what they mean.
pub fn pretty_names(map: &DefMap) -> String {
    let mut text = String::new();
    for (_, krate) in map.crates() {
        let _ = writeln!(text, "crate {} ({:?})", krate.name, krate.kind);
    }
    let mut scopes: Vec<(String, ScopeId)> =
        (0..map.scopes.len() as u32).map(ScopeId).map(|id| (scope_title(map, id), id)).collect();
    scopes.sort();
    for (title, id) in scopes {
        let _ = writeln!(text, "{title}");
        let scope = map.scope(id);
        let mut names: Vec<(&str, &Names)> =
            scope.names.iter().map(|(name, names)| (name.as_str(), names)).collect();
        names.sort_by_key(|(name, _)| *name);
        for (name, names) in names {
            let spaces = [("type", names.types), ("value", names.values), ("macro", names.macros)];
            let meanings = meanings(map, &spaces);
            let _ = writeln!(text, "    {name}: {}", meanings.join(", "));
        }
        for glob in &scope.globs {
            let mark = visibility_mark(glob.visibility);
            let _ = writeln!(text, "    {mark}*: {}", target_text(map, glob.target));
        }
        for alternate in &scope.alternates {
            let _ = writeln!(text, "    or: {}", scope_title(map, *alternate));
        }
    }
    text
}

/// Every impl: its trait, the head of its type, and its items.
pub fn pretty_impls(map: &DefMap, impls: &ImplIndex) -> String {
    let mut text = String::new();
    for data in impls.all() {
        let of = match (data.trait_name, data.has_trait) {
            (Some(name), _) => format!("{} for ", trait_text(map, name)),
            (None, true) => "? for ".to_owned(),
            (None, false) => String::new(),
        };
        let names: Vec<&str> = data.items.iter().map(|(name, _)| name.as_str()).collect();
        let _ = writeln!(text, "impl {of}{} {{ {} }}", head_text(map, data.head), names.join(", "));
    }
    text
}

/// What a path means, with the number of segments left where it means something.
pub fn pretty_result(map: &DefMap, result: PathResult) -> String {
    let target = match result.target {
        PathTarget::Def(def) => target_text(map, Target::Def(def)),
        PathTarget::Variant { def, index } => target_text(map, Target::Variant { def, index }),
        PathTarget::External(path) => target_text(map, Target::External(path)),
        PathTarget::Param { owner, name } => format!("parameter {name} of {}", map.qualified_name(owner)),
        PathTarget::SelfType(owner) => format!("Self of {}", map.qualified_name(owner)),
        PathTarget::Primitive(name) => format!("primitive {name}"),
        PathTarget::Unresolved => return "unresolved".to_owned(),
    };
    if result.rest == 0 { target } else { format!("{target} + {}", result.rest) }
}

fn scope_title(map: &DefMap, id: ScopeId) -> String {
    let scope = map.scope(id);
    match (scope.kind, scope.owner) {
        (ScopeKind::Block, Some(owner)) => format!("block of {}", map.qualified_name(owner)),
        _ => format!("mod {}", map.module_path(id)),
    }
}

/// `type struct a::B`; equal meanings in several namespaces together.
fn meanings(map: &DefMap, spaces: &[(&str, Option<Binding>)]) -> Vec<String> {
    let mut found: Vec<(String, String)> = Vec::new();
    for (space, binding) in spaces {
        let Some(binding) = binding else { continue };
        let mark = visibility_mark(binding.visibility);
        let meaning = format!("{mark}{}", target_text(map, binding.target));
        match found.iter_mut().find(|(_, known)| *known == meaning) {
            Some((spaces, _)) => {
                spaces.push('+');
                spaces.push_str(space);
            }
            None => found.push(((*space).to_owned(), meaning)),
        }
    }
    found.into_iter().map(|(spaces, meaning)| format!("{spaces} {meaning}")).collect()
}

fn visibility_mark(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Private => "",
        Visibility::Restricted => "pub(..) ",
        Visibility::Public => "pub ",
    }
}

fn target_text(map: &DefMap, target: Target) -> String {
    match target {
        Target::Def(def) => format!("{} {}", kind_text(map.kind(def)), map.qualified_name(def)),
        Target::Module(scope) => scope_title(map, scope),
        Target::Variant { def, index } => {
            let name = map.variants.iter().find(|((of, _), at)| *of == def && **at == index);
            let name = name.map_or("?", |((_, name), _)| Symbol::as_str(*name));
            format!("variant {}::{name}", map.qualified_name(def))
        }
        Target::External(path) => format!("external {path}"),
        Target::Unknown => "unknown".to_owned(),
    }
}

fn head_text(map: &DefMap, head: TypeHead) -> String {
    match head {
        TypeHead::Adt(def) => map.qualified_name(def),
        TypeHead::External(path) => format!("external {path}"),
        TypeHead::Primitive(name) => name.to_string(),
        TypeHead::Dyn(name) => format!("dyn {}", trait_text(map, name)),
        TypeHead::Slice => "[_]".to_owned(),
        TypeHead::Tuple => "(..)".to_owned(),
        TypeHead::Function => "fn(..)".to_owned(),
        TypeHead::Param => "every type".to_owned(),
        TypeHead::Unknown => "?".to_owned(),
    }
}

fn trait_text(map: &DefMap, name: TraitName) -> String {
    match name {
        TraitName::Workspace(def) => map.qualified_name(def),
        TraitName::External(path) => format!("external {path}"),
    }
}

fn kind_text(kind: DefKind) -> &'static str {
    match kind {
        DefKind::Module => "mod",
        DefKind::Use => "use",
        DefKind::ExternCrate => "extern crate",
        DefKind::Fn => "fn",
        DefKind::Struct => "struct",
        DefKind::Enum => "enum",
        DefKind::Trait => "trait",
        DefKind::Impl => "impl",
        DefKind::Const => "const",
        DefKind::TypeAlias => "type",
        DefKind::MacroRules => "macro",
        DefKind::MacroCall => "macro call",
    }
}
