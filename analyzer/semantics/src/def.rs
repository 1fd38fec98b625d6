//! The identity of items across the whole workspace.

use std::fmt;

use serde::{Deserialize, Serialize};
use ward_syntax::{FileId, ItemId};

/// An item of the workspace: a dense number over all files' items.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DefId(pub u32);

impl DefId {
    /// The index as a `usize`, for tables over all items.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Debug for DefId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "def{}", self.0)
    }
}

/// Numbers the items of all files: file by file, in the order of their trees.
#[derive(Debug, Default)]
pub struct DefIndex {
    /// The first id of every file, and one past the last id.
    starts: Vec<u32>,
    files: Vec<FileId>,
}

impl DefIndex {
    /// Numbers files by how many items each has.
    pub fn new(item_counts: impl IntoIterator<Item = usize>) -> Self {
        let mut index = Self { starts: vec![0], files: Vec::new() };
        for (file, count) in item_counts.into_iter().enumerate() {
            index.files.resize(index.files.len() + count, FileId(file as u32));
            index.starts.push(index.files.len() as u32);
        }
        index
    }

    /// The id of an item.
    pub fn def(&self, file: FileId, item: ItemId) -> DefId {
        DefId(self.starts[file.index()] + item.0)
    }

    /// Where an item stands.
    pub fn locate(&self, def: DefId) -> (FileId, ItemId) {
        let file = self.files[def.index()];
        (file, ItemId(def.0 - self.starts[file.index()]))
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// All ids.
    pub fn iter(&self) -> impl Iterator<Item = DefId> + use<> {
        (0..self.files.len() as u32).map(DefId)
    }
}
