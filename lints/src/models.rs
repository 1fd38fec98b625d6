//! The model files, embedded.

/// Name and text.
pub(crate) const FILES: &[(&str, &str)] = &[];
