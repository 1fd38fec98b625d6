//! What a run has understood of a workspace, kept for the next.
//!
//! Names, signatures and impls depend on how the workspace looks from outside of functions' bodies; what inference found in a
//! body on that and on its file. Where these are the same, so is what they lead to. The tables are restored at once, what is
//! known of bodies one by one, when somebody asks.

use std::hash::Hash;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use ward_project::{LoadedFile, MESSAGES, Project, hash_twice};
use ward_syntax::{FileId, LateBytes, Layout, Moved, StoredNames};

use crate::signature::Signatures;
use crate::text::TextTable;
use crate::ty::StoredTypes;
use crate::{BodyTypes, DefId, DefMap, ImplIndex, Semantics};

/// At most as many bytes are kept.
const MOST_BYTES: usize = 64 << 20;
/// What is kept stays as it is as long as fewer than one in so many bodies have to be inferred anew: to keep them all again
/// takes more time.
const FEW: usize = 32;

/// What an earlier run has understood, and where that is kept of this one.
#[derive(Debug, Default)]
pub struct Understood {
    kept: Mutex<Option<LateBytes>>,
    restored: Mutex<Option<Restored>>,
    made: Mutex<Option<Vec<u8>>>,
}

/// What results of a run depend on beside what they ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkspaceState {
    /// How the workspace looks from outside of functions' bodies: what gives every item its number and its types.
    pub outline: u128,
    /// What tells whether a file is the same, by file.
    pub contents: Vec<(u64, u64)>,
    /// Where the bodies of its functions stand, by file.
    pub layouts: Vec<Layout>,
}

/// What has changed since an earlier state of the same outline.
#[derive(Debug, Default)]
pub struct Changes {
    is_same: Vec<bool>,
    /// Files of which only bodies of functions have changed.
    moved: Arc<Moved>,
    /// The items of those in which, or around which, such a body stands.
    changed: FxHashSet<DefId>,
}

/// What stands before the bodies.
#[derive(Debug, Deserialize)]
struct Head {
    contents: Vec<(u64, u64)>,
    tables: Tables,
    /// Whose they are, what they need, and how many expressions they have.
    bodies: Vec<(DefId, Box<[DefId]>, u32)>,
}

/// What an earlier run has kept, restored.
#[derive(Debug)]
struct Restored {
    names: StoredNames,
    types: StoredTypes,
    bytes: LateBytes,
    head: Head,
    places: Vec<Range<usize>>,
}

/// What stands before the bodies, to be stored.
#[derive(Serialize)]
struct HeadOf<'a> {
    contents: &'a [(u64, u64)],
    tables: TablesOf<'a>,
    bodies: Vec<(DefId, &'a [DefId], u32)>,
}

/// What depends on how the workspace looks from outside alone.
#[derive(Debug, Deserialize)]
pub(crate) struct Tables {
    pub(crate) def_map: DefMap,
    pub(crate) impls: ImplIndex,
    pub(crate) signatures: Signatures,
    pub(crate) text: TextTable,
}

#[derive(Serialize)]
struct TablesOf<'a> {
    def_map: &'a DefMap,
    impls: &'a ImplIndex,
    signatures: &'a Signatures,
    text: &'a TextTable,
}

/// What an earlier run has found in bodies of files that have not changed since.
#[derive(Debug)]
pub(crate) struct KeptBodies {
    names: StoredNames,
    types: StoredTypes,
    bytes: LateBytes,
    bodies: FxHashMap<DefId, KeptBody>,
}

#[derive(Debug)]
struct KeptBody {
    place: Range<usize>,
    needs: Box<[DefId]>,
    size: u32,
}

impl Understood {
    /// Takes over what [`Self::bytes`] of an earlier run has returned.
    pub fn fill(&self, bytes: LateBytes) {
        *lock(&self.kept) = Some(bytes);
    }

    /// What the last run has understood, to be kept for the next; `None` if there is next to nothing new, or too much.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        lock(&self.made).take().filter(|bytes| bytes.len() <= MOST_BYTES)
    }

    /// Restores what was taken over, on one thread, while others have something else to do.
    pub fn restore(&self) {
        let bytes = lock(&self.kept).clone();
        *lock(&self.restored) = bytes.and_then(Restored::of);
    }

    /// What an earlier run has kept of this workspace.
    pub(crate) fn of(
        &self,
        state: &WorkspaceState,
        file_of: impl Fn(DefId) -> usize,
    ) -> Option<(Tables, KeptBodies)> {
        let bytes = lock(&self.kept).clone()?;
        if bytes.part(0..16)?.as_ref() != state.outline.to_le_bytes() {
            return None;
        }
        // A further run of the same process restores it anew.
        let restored = lock(&self.restored).take().or_else(|| Restored::of(bytes))?;
        let Restored { names, types, bytes, head, places, .. } = restored;
        let is_same = state.is_same(&head.contents);
        let of_same = head.bodies.into_iter().zip(places).filter(|((def, ..), _)| is_same[file_of(*def)]);
        let bodies = of_same.map(|((def, needs, size), place)| (def, KeptBody { place, needs, size }));
        Some((head.tables, KeptBodies { names, types, bytes, bodies: bodies.collect() }))
    }

    /// Takes over what a run has understood.
    pub fn take(&self, semantics: &Semantics) {
        let kept = semantics.kept.as_ref().map_or(0, |kept| kept.bodies.len());
        let all = semantics.inferred.len();
        if semantics.kept.is_some() && all.saturating_sub(kept) * FEW < all {
            return;
        }
        *lock(&self.made) = store(semantics);
    }
}

impl Restored {
    fn of(bytes: LateBytes) -> Option<Self> {
        let end = 24_usize.checked_add(bytes.number(16)?)?;
        let before = bytes.part(0..end)?;
        let (names, rest) = StoredNames::take(before.get(24..)?)?;
        let (length, rest) = rest.split_first_chunk::<8>()?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        let lengths: Vec<u32> = names.read(rest.get(..length)?)?;
        let mut at = before.len() - rest.len() + length;
        let mut places = lengths.into_iter().map(|length| {
            let place = at..at + length as usize;
            at = place.end;
            place
        });
        let types = StoredTypes::read_all(&names, before.get(places.next()?)?)?;
        let head: Head = types.read(&names, before.get(places.next()?)?)?;
        let places = places.collect();
        drop(before);
        Some(Self { names, types, bytes, head, places })
    }
}

fn store(semantics: &Semantics) -> Option<Vec<u8>> {
    let nodes = semantics.inferred.iter().copied().filter(|def| !semantics.read_later.contains(def));
    let nodes: Vec<(DefId, &BodyTypes)> =
        nodes.filter_map(|def| Some((def, semantics.types(def)?))).collect();
    let graph = semantics.call_graph();
    let head = HeadOf {
        contents: &semantics.state.contents,
        tables: TablesOf {
            def_map: &semantics.def_map,
            impls: &semantics.impls,
            signatures: &semantics.signatures,
            text: &semantics.text,
        },
        bodies: nodes.iter().map(|(def, types)| (*def, graph.callees(*def), types.expr_run.len)).collect(),
    };
    let parts = || {
        let (parts, types) = StoredTypes::collect(|| {
            let head = StoredNames::write(&head, Vec::new())?;
            let (mut bodies, mut lengths) = (Vec::new(), vec![head.len() as u32]);
            for (_, types) in &nodes {
                let before = bodies.len();
                bodies = StoredNames::write(types, bodies)?;
                lengths.push((bodies.len() - before) as u32);
            }
            Some((head, lengths, bodies))
        });
        let ((head, mut lengths, bodies), types) = (parts?, types?);
        lengths.insert(0, types.len() as u32);
        Some((StoredNames::write(&lengths, Vec::new())?, types, head, bodies))
    };
    let (parts, names) = StoredNames::collect(parts);
    let ((lengths, types, head, bodies), names) = (parts?, names?);
    let outline = semantics.state.outline.to_le_bytes();
    let count = (lengths.len() as u64).to_le_bytes();
    let before = names.len() + count.len() + lengths.len() + types.len() + head.len();
    let before = (before as u64).to_le_bytes();
    Some([&outline[..], &before, &names, &count, &lengths, &types, &head, &bodies].concat())
}

impl KeptBodies {
    /// What the body of an item needs, if something is kept of it.
    pub(crate) fn needs(&self, def: DefId) -> Option<&[DefId]> {
        self.bodies.get(&def).map(|body| &*body.needs)
    }

    /// How many expressions the body of an item has.
    pub(crate) fn size(&self, def: DefId) -> Option<u32> {
        self.bodies.get(&def).map(|body| body.size)
    }

    /// What inference found in the body of an item.
    pub(crate) fn types(&self, def: DefId) -> Option<Box<BodyTypes>> {
        let place = self.bodies.get(&def)?.place.clone();
        self.types.read(&self.names, &self.bytes.part(place)?)
    }
}

impl WorkspaceState {
    /// That of a workspace whose files were just read. The configuration is a part of it for the models that it may hold.
    pub(crate) fn of(project: &Project, files: &[LoadedFile]) -> Self {
        let packages = format!("{:?}", project.packages);
        let config = project.config.as_ref().map(|config| (&config.text, &config.section));
        let outline = hash_twice(|hasher| {
            (&packages, config).hash(hasher);
            for (file, loaded) in project.files.iter().zip(files) {
                (&file.path, file.package, file.role, loaded.role, loaded.state).hash(hasher);
                let outline = loaded.ir.outline();
                (outline.hash, outline.items, outline.bodies).hash(hasher);
                if file.path.ends_with(MESSAGES) {
                    loaded.content_hash.hash(hasher);
                }
            }
        });
        let layouts = files.iter().map(|loaded| loaded.ir.outline().layout.clone()).collect();
        let files = files.iter().zip(&project.files);
        let contents = files.map(|(loaded, file)| (loaded.content_hash, file.size)).collect();
        Self { outline, contents, layouts }
    }

    /// By file, whether it is the same as in an earlier state.
    pub fn is_same(&self, before: &[(u64, u64)]) -> Vec<bool> {
        self.contents.iter().enumerate().map(|(file, now)| before.get(file) == Some(now)).collect()
    }
}

impl Semantics {
    /// What has changed since an earlier state of the same outline.
    pub fn changes_since(&self, contents: &[(u64, u64)], layouts: &[Layout]) -> Changes {
        let is_same = self.state.is_same(contents);
        let (mut moved, mut changed) = (Moved::default(), FxHashSet::default());
        for (file, _) in is_same.iter().enumerate().filter(|(_, is_same)| !**is_same) {
            let layout = &self.state.layouts[file];
            let Some(mut moves) = layouts.get(file).and_then(|before| layout.moves(before)) else { continue };
            if let Some(before) = self.lowered.as_ref().and_then(|lowered| lowered.before(contents[file])) {
                moves.refine(&before, &self.files[file].ir);
            }
            let (id, tree) = (FileId(file as u32), self.files[file].ir.tree());
            let items = tree.iter().filter(|(_, item)| moves.changes(item.span));
            changed.extend(items.map(|(item, _)| self.defs.def(id, item)));
            moved.insert(id, moves);
        }
        Changes { is_same, moved: Arc::new(moved), changed }
    }
}

impl Changes {
    /// Whether a file is the same.
    pub fn is_same(&self, file: FileId) -> bool {
        self.is_same.get(file.index()).is_some_and(|is_same| *is_same)
    }

    /// Whether all that stands in a file outside of functions' bodies is the same, but for where it stands.
    pub(crate) fn is_same_outside(&self, file: FileId) -> bool {
        self.is_same(file) || self.moved.get(file).is_some()
    }

    /// Whether an item of a file, with all that stands in it, is the same, but for where it stands.
    pub fn is_same_item(&self, file: FileId, def: DefId) -> bool {
        self.is_same(file) || self.moved.get(file).is_some() && !self.changed.contains(&def)
    }

    /// How places in files have moved.
    pub fn moved(&self) -> &Arc<Moved> {
        &self.moved
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
