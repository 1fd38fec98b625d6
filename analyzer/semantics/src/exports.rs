//! What code outside the workspace can name.

use serde::{Deserialize, Serialize};
use ward_project::TargetKind;
use ward_syntax::{Symbol, Visibility};

use crate::def_map::Target;
use crate::traits::TypeHead;
use crate::{DefId, DefKind, DefMap, ScopeId, TraitName};

/// The items that a path of public names from the root of a library leads to.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Exports {
    named: Vec<bool>,
}

impl Exports {
    /// Follows all public names from the roots of libraries.
    pub(crate) fn build(map: &DefMap) -> Self {
        let mut named = vec![false; map.items.len()];
        let mut visited = vec![false; map.scopes.len()];
        let mut queue: Vec<ScopeId> = Vec::new();
        let main = Symbol::new("main");
        for krate in map.crates.iter().filter(|krate| krate.is_open) {
            // A lone file with a `main` is a program.
            let is_program = krate.kind == TargetKind::Loose
                && map.scope(krate.root).names.get(&main).is_some_and(|names| names.values.is_some());
            if !is_program {
                queue.push(krate.root);
            }
        }
        while let Some(id) = queue.pop() {
            if std::mem::replace(&mut visited[id.0 as usize], true) {
                continue;
            }
            let scope = map.scope(id);
            if let Some(owner) = scope.owner {
                named[owner.index()] = true;
            }
            queue.extend(&scope.alternates);
            let bindings = scope.names.values().flat_map(|names| [names.types, names.values, names.macros]);
            let bound = bindings.flatten().filter(|binding| binding.visibility == Visibility::Public);
            let globs = scope.globs.iter().filter(|glob| glob.visibility == Visibility::Public);
            for target in bound.map(|binding| binding.target).chain(globs.map(|glob| glob.target)) {
                match target {
                    Target::Def(def) | Target::Variant { def, .. } => {
                        named[def.index()] = true;
                        for other in map.duplicates(def) {
                            named[other.index()] = true;
                        }
                    }
                    Target::Module(module) => queue.push(module),
                    Target::External(_) | Target::Unknown => {}
                }
            }
        }
        Self { named }
    }

    /// Whether an item is exported, be it by a path or as a part of something that is.
    pub(crate) fn contains(&self, map: &DefMap, def: DefId) -> bool {
        let Some(container) = map.container(def) else {
            return self.named[def.index()];
        };
        if map.kind(container) == DefKind::Trait {
            return self.named[container.index()];
        }
        let Some(head) = map.impl_heads.get(&container) else { return false };
        let is_type_exported = match head.self_head {
            TypeHead::Adt(ty) => self.named[ty.index()],
            TypeHead::Dyn(TraitName::Workspace(of)) => self.named[of.index()],
            _ => true,
        };
        match head.trait_name {
            Some(TraitName::Workspace(of)) => is_type_exported && self.named[of.index()],
            _ if head.has_trait => is_type_exported,
            _ => is_type_exported && map.items[def.index()].visibility == Visibility::Public,
        }
    }
}
