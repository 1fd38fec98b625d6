//! Models as they were read by an earlier run: to restore them takes a tenth of the time.

use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ward_project::hash_twice;
use ward_syntax::{restore, store};

use super::{ModelError, ModelFile, Models, UserModels, load};

/// The models of a run, kept for the next.
#[derive(Debug, Default)]
pub struct KeptModels {
    kept: Mutex<Option<Vec<u8>>>,
    made: Mutex<Option<Vec<u8>>>,
}

impl KeptModels {
    /// Takes over what [`Self::bytes`] of an earlier run of the same program has returned.
    pub fn fill(&self, bytes: Vec<u8>) {
        *lock(&self.kept) = Some(bytes);
    }

    /// The models of the last run; `None` if an earlier one has kept them.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        lock(&self.made).take()
    }

    /// What [`load`] gives, by an earlier run if the user's rows have not changed.
    pub fn load(&self, files: &[ModelFile<'_>], user: Option<UserModels<'_>>) -> (Models, Vec<ModelError>) {
        let key = hash_twice(|hasher| {
            user.map(|user| (user.file.text, user.section)).hash(hasher);
            files.len().hash(hasher);
        });
        let key = key.to_le_bytes();
        let kept = lock(&self.kept).take();
        if let Some(models) = kept.as_deref().and_then(|kept| restore(kept.strip_prefix(&key)?)) {
            return (models, Vec::new());
        }
        let (models, errors) = load(files, user);
        if errors.is_empty() {
            *lock(&self.made) = store(&models).map(|bytes| [&key[..], &bytes].concat());
        }
        (models, errors)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
