//! The IR of a file, restored when somebody looks at it: most files of a run have not changed, and nobody does.

use std::fmt;
use std::ops::{Deref, DerefMut, Range};
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use ward_syntax::{ItemKind, ItemTree, LateBytes, Layout, SourceIr, Symbol, restore, restore_first};

/// What stands in a file.
#[derive(Default)]
pub struct FileIr {
    outline: FileOutline,
    ir: OnceLock<Box<SourceIr>>,
    /// The items alone, where somebody has asked for them before the rest.
    tree: OnceLock<ItemTree>,
    stored: Option<StoredIr>,
}

/// What is asked of every file.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct FileOutline {
    /// [`SourceIr::outline`].
    pub hash: u128,
    /// How many items it has.
    pub items: u32,
    /// How many bodies it has.
    pub bodies: u32,
    /// How many macro calls were not understood.
    pub opaque_macros: u32,
    /// Whether comments or attributes may speak to the analyzer.
    pub has_directives: bool,
    /// [`SourceIr::foreign_macros`].
    pub(crate) foreign_macros: Vec<Symbol>,
    /// The macros that it declares for others, with their rules.
    pub(crate) declared_macros: Vec<(Symbol, Symbol)>,
    /// [`SourceIr::layout`].
    pub layout: Layout,
}

/// Where the bytes of an IR are.
#[derive(Clone, Debug)]
pub(crate) struct StoredIr {
    pub(crate) bytes: LateBytes,
    pub(crate) place: Range<usize>,
}

impl FileIr {
    /// What [`ward_syntax::store`] has made these bytes of.
    pub(crate) fn stored(outline: FileOutline, stored: StoredIr) -> Self {
        Self { outline, stored: Some(stored), ..Self::default() }
    }

    /// What is asked of every file.
    pub fn outline(&self) -> &FileOutline {
        &self.outline
    }

    /// The items: many ask for nothing else.
    pub fn tree(&self) -> &ItemTree {
        match (self.ir.get(), &self.stored) {
            (Some(ir), _) => &ir.tree,
            (None, Some(stored)) => self.tree.get_or_init(|| stored.restore_tree().unwrap_or_default()),
            (None, None) => &self.restored().tree,
        }
    }

    /// Gives back what memory it has too much of, and notes what was read since it was made.
    pub fn settle(&mut self) {
        if let Some(ir) = self.ir.get_mut() {
            ir.shrink_to_fit();
            self.outline.opaque_macros = opaque_macros(ir);
        }
    }

    fn restored(&self) -> &SourceIr {
        self.ir.get_or_init(|| self.stored.as_ref().and_then(StoredIr::restore).unwrap_or_default())
    }
}

impl StoredIr {
    fn restore(&self) -> Option<Box<SourceIr>> {
        restore(&self.bytes.part(self.place.clone())?)
    }

    /// The items stand first.
    fn restore_tree(&self) -> Option<ItemTree> {
        restore_first(&self.bytes.part(self.place.clone())?)
    }
}

impl From<SourceIr> for FileIr {
    fn from(ir: SourceIr) -> Self {
        Self { outline: FileOutline::of(&ir), ir: OnceLock::from(Box::new(ir)), ..Self::default() }
    }
}

impl fmt::Debug for FileIr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Where it comes from does not count.
        (&self.outline, self.restored()).fmt(f)
    }
}

impl Deref for FileIr {
    type Target = SourceIr;

    fn deref(&self) -> &SourceIr {
        self.restored()
    }
}

impl DerefMut for FileIr {
    fn deref_mut(&mut self) -> &mut SourceIr {
        self.restored();
        self.ir.get_mut().expect("it was just restored")
    }
}

impl FileOutline {
    pub(crate) fn of(ir: &SourceIr) -> Self {
        let items = &ir.tree.items;
        let declared = items.iter().filter(|item| !item.is_test).filter_map(|item| match item.kind {
            ItemKind::MacroRules { tokens } => Some((item.name, tokens)),
            _ => None,
        });
        let speaks =
            || items.iter().flat_map(|item| &item.attributes).any(|one| one.last_segment() == "cfg_attr");
        Self {
            hash: ir.outline,
            items: items.len() as u32,
            bodies: ir.bodies.len() as u32,
            opaque_macros: opaque_macros(ir),
            has_directives: !ir.directives.is_empty() || speaks(),
            foreign_macros: ir.foreign_macros.clone(),
            declared_macros: declared.collect(),
            layout: ir.layout.clone(),
        }
    }
}

fn opaque_macros(ir: &SourceIr) -> u32 {
    ir.macros.iter().filter(|call| !call.complete).count() as u32
}
