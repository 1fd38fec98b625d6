//! Models for a run that asks for some kinds of sink only: what leads to no other is not followed.

use rustc_hash::FxHashMap;
use ward_syntax::Symbol;

use super::{CallModel, Kinds, Models, Sink};

impl Models {
    /// Forgets all kinds of sink but these, and their sinks.
    pub fn ask_only(&mut self, kinds: &[&str]) {
        let is_wanted = |kind: Symbol| kinds.contains(&kind.as_str());
        let is_asked = |sink: &Sink| is_wanted(sink.kind);
        self.kinds = Kinds::new(self.kinds.iter().filter(|kind| is_wanted(kind.name)).cloned().collect());
        let calls = self.functions.values_mut().chain(self.methods.values_mut());
        calls.for_each(|CallModel { sinks, .. }| sinks.retain(is_asked));
        retain_in_lists(&mut self.name_only_sinks, |row| is_asked(&row.sink));
        retain_in_lists(&mut self.macro_sinks, is_asked);
        self.operator_sinks.retain(|(_, sink)| is_asked(sink));
        self.default_sinks.retain(|row| is_asked(&row.sink));
        self.conversion_sinks.retain(|(_, sink)| is_asked(sink));
        self.derive_sinks.retain(|(_, sink)| is_asked(sink));
        self.text_sinks.retain(|row| is_asked(&row.sink));
        self.tuple_sinks.retain(|row| is_asked(&row.sink));
    }
}

/// Retains what is wanted of each list, and the lists of which something is left.
fn retain_in_lists<T>(lists: &mut FxHashMap<Symbol, Vec<T>>, is_wanted: impl Fn(&T) -> bool) {
    lists.retain(|_, list| {
        list.retain(&is_wanted);
        !list.is_empty()
    });
}
