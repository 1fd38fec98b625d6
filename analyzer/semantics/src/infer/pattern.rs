//! Patterns: locals get the types of what they are bound to.

use ward_syntax::{FieldPat, List, Pat, PatId, PathId, Run, Symbol, sym};

use super::Infer;
use super::value::Value;
use crate::known::known;
use crate::relate::Subst;
use crate::signature::head;
use crate::{DefId, Ty, TyKind};

/// The names of tuple fields, as far as anyone goes.
const INDICES: [&str; 12] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"];

impl Infer<'_> {
    /// Matches a pattern with a value of type `ty`.
    pub(super) fn bind_pattern(&mut self, pat: PatId, ty: Ty) {
        let ir = self.ir;
        match ir.pat(pat) {
            Pat::Missing | Pat::Wild | Pat::Rest | Pat::Literal(_) | Pat::Range => {}
            Pat::Bind { local, sub } => {
                self.bind_local(local, ty);
                if let Some(sub) = sub {
                    self.bind_pattern(sub, ty);
                }
            }
            Pat::Path(path) => {
                self.constructor(path, ty);
            }
            Pat::Ref(inner) => self.bind_pattern(inner, ty),
            Pat::Tuple(pats) => self.bind_tuple(pats, ty),
            Pat::Slice(pats) => self.bind_slice(pats, ty),
            Pat::Or(pats) => ir.list(pats).for_each(|pat| self.bind_pattern(pat, ty)),
            Pat::TupleStruct { path, pats } => self.bind_tuple_struct(path, pats, ty),
            Pat::Struct { path, fields } => self.bind_struct(path, fields, ty),
        }
    }

    fn bind_tuple(&mut self, pats: List<PatId>, ty: Ty) {
        let count = self.ir.lists.len(pats);
        let shallow = self.known(ty);
        let has_rest = self.ir.list(pats).any(|pat| self.ir.pat(pat) == Pat::Rest);
        let parts: Box<[Ty]> = match shallow.kind() {
            TyKind::Tuple(parts) => parts.clone(),
            TyKind::Infer(_) if !has_rest => {
                let parts: Box<[Ty]> = (0..count).map(|_| self.fresh()).collect();
                self.variables.unify(shallow, Ty::tuple(&parts));
                parts
            }
            _ => {
                let tuple = self.semantics.derefs(shallow).find_map(|ty| match ty.kind() {
                    TyKind::Tuple(parts) => Some(parts.clone()),
                    _ => None,
                });
                tuple.unwrap_or_default()
            }
        };
        self.bind_positions(pats, &|at, from_end| {
            let at = if from_end { parts.len().checked_sub(at + 1) } else { Some(at) };
            at.and_then(|at| parts.get(at)).copied().unwrap_or_else(Ty::unknown)
        });
    }

    /// Binds patterns by position: from the start up to `..`, and from the end after it.
    fn bind_positions(&mut self, pats: List<PatId>, field: &dyn Fn(usize, bool) -> Ty) {
        let ir = self.ir;
        let count = ir.lists.len(pats);
        let rest = ir.list(pats).position(|pat| ir.pat(pat) == Pat::Rest);
        for (at, pat) in ir.list(pats).enumerate() {
            let ty = match rest {
                Some(rest) if at > rest => field(count - at - 1, true),
                _ => field(at, false),
            };
            self.bind_pattern(pat, ty);
        }
    }

    fn bind_slice(&mut self, pats: List<PatId>, ty: Ty) {
        let ir = self.ir;
        let slice = self.known(ty);
        let element = self.item_of(slice).unwrap_or_else(Ty::unknown);
        for pat in ir.list(pats) {
            let is_rest = matches!(ir.pat(pat), Pat::Bind { sub: Some(sub), .. } if ir.pat(sub) == Pat::Rest);
            self.bind_pattern(pat, if is_rest { slice } else { element });
        }
    }

    fn bind_tuple_struct(&mut self, path: PathId, pats: List<PatId>, ty: Ty) {
        let value = self.constructor(path, ty);
        let count = self.ir.lists.len(pats);
        let ty = self.known(ty);
        match value {
            Value::Constructor { def, variant, ty } => {
                let subst = self.args_of(def, ty);
                let semantics = self.semantics;
                let fields = semantics.fields(def, variant);
                self.bind_positions(pats, &|at, from_end| {
                    let at = if from_end { fields.len().checked_sub(at + 1) } else { Some(at) };
                    let field = at.and_then(|at| fields.get(at));
                    field.map_or_else(Ty::unknown, |field| subst.apply(semantics, field.ty))
                });
            }
            Value::ExternalConstructor { path, .. } => {
                let fields: Vec<Ty> = (0..count.min(INDICES.len()))
                    .map(|at| self.external_field(path, INDICES[at], ty))
                    .collect();
                self.bind_positions(pats, &|at, from_end| {
                    fields.get(at).copied().filter(|_| !from_end).unwrap_or_else(Ty::unknown)
                });
            }
            _ => self.bind_positions(pats, &|_, _| Ty::unknown()),
        }
    }

    fn bind_struct(&mut self, path: PathId, fields: Run, ty: Ty) {
        let value = self.type_or_variant(path);
        self.meet(&value, ty);
        let ty = self.known(ty);
        let ir = self.ir;
        let semantics = self.semantics;
        let (subst, declared) = match value {
            Value::Constructor { def, variant, ty } => {
                (self.args_of(def, ty), semantics.fields(def, variant))
            }
            _ => (Subst::default(), [].as_slice()),
        };
        for FieldPat { name, pat } in ir.field_pats(fields) {
            let field = declared.iter().find(|field| field.name == *name);
            let ty = match (field, &value) {
                (Some(field), _) => subst.apply(semantics, field.ty),
                (None, Value::ExternalConstructor { path, .. }) => {
                    self.external_field(*path, name.as_str(), ty)
                }
                (None, Value::Unknown) => semantics.messages.field(*name).unwrap_or_else(Ty::unknown),
                _ => Ty::unknown(),
            };
            self.bind_pattern(*pat, ty);
        }
    }

    /// What a path in a pattern names, brought together with the type of what is matched.
    fn constructor(&mut self, path: PathId, matched: Ty) -> Value {
        let value = self.value(path);
        self.meet(&value, matched);
        value
    }

    fn meet(&mut self, value: &Value, matched: Ty) {
        let (Value::Constructor { ty, .. } | Value::ExternalConstructor { ty, .. }) = value else {
            return;
        };
        let matched = self.known(matched);
        let wanted = head(*ty);
        let fitting = self.semantics.derefs(matched).find(|matched| head(*matched) == wanted);
        self.variables.unify(*ty, fitting.unwrap_or(matched));
    }

    fn args_of(&mut self, def: DefId, ty: Ty) -> Subst {
        let resolved = self.variables.resolve(ty);
        match resolved.kind() {
            TyKind::Adt { args, .. } => Subst::of_args(self.semantics, def, args),
            _ => Subst::default(),
        }
    }

    /// A field of an external tuple struct or variant that is matched with a value of type `ty`.
    fn external_field(&mut self, path: Symbol, field: &str, ty: Ty) -> Ty {
        let known = known();
        let semantics = self.semantics;
        let at = |args: &[Ty], at: usize| args.get(at).copied().unwrap_or_else(Ty::unknown);
        let wrapper = if path == known.some {
            Some((known.option, 0))
        } else if path == known.ok {
            Some((known.result, 0))
        } else if path == known.err {
            Some((known.result, 1))
        } else if path == known.poll_ready {
            Some((known.poll, 0))
        } else {
            None
        };
        if let Some((wrapper, index)) = wrapper {
            let found = semantics.derefs(ty).find_map(|ty| match ty.kind() {
                TyKind::External { path, args } if *path == wrapper => Some(at(args, index)),
                _ => None,
            });
            return found.unwrap_or_else(Ty::unknown);
        }
        let Some(row) = semantics.externals.types.get(&path) else {
            return Ty::unknown();
        };
        let Some(template) = row.fields.get(&Symbol::new(field)) else {
            return Ty::unknown();
        };
        let args: &'static [Ty] = semantics
            .derefs(ty)
            .find_map(|ty| match ty.kind() {
                TyKind::External { path: own, args } if *own == path || is_variant_of(path, *own) => {
                    Some(&**args)
                }
                _ => None,
            })
            .unwrap_or_default();
        template.instantiate(&mut |hole| {
            if hole == sym::SELF_TYPE {
                return ty;
            }
            let index = row.params.iter().position(|param| *param == hole);
            index.map_or_else(Ty::unknown, |index| at(args, index))
        })
    }
}

fn is_variant_of(variant: Symbol, of: Symbol) -> bool {
    variant.as_str().rsplit_once("::").is_some_and(|(prefix, _)| prefix == of.as_str())
}
