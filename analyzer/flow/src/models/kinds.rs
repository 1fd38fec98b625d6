//! Kinds of sink: what sort of value is dangerous there, and whose.

use serde::{Deserialize, Serialize};
use ward_semantics::Carries;
use ward_syntax::Symbol;

use crate::value::KindSet;

/// A kind of sink.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kind {
    /// Its name: `sql`.
    pub name: Symbol,
    /// What sort of value is dangerous.
    pub carries: KindCarries,
    /// Whose data is.
    pub from: Vec<SourceClass>,
    /// Whether the parameters of a library's exported functions count as well.
    pub callers: Callers,
    /// Which comparison makes a number harmless.
    pub bound: Bound,
    /// What `{:?}` makes of a text.
    pub debug: Debug,
}

/// What sort of value is dangerous for a kind of sink.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum KindCarries {
    /// Text: what parses as a number is harmless.
    Text,
    /// Text that names a host: what parses as an address is as dangerous.
    Address,
    /// Numbers, also those parsed of a text.
    Number,
    /// Numbers of more than 16 bits.
    LargeNumber,
    /// Text, and what holds texts or numbers; not a number alone.
    List,
    /// Text and numbers.
    Any,
}

/// Whose data it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub enum SourceClass {
    /// Chosen by who sends a request.
    #[default]
    Request,
    /// What an internal error says.
    Error,
    /// Rows of a database.
    Stored,
    /// Names and contents of files.
    Filesystem,
    /// Secrets of the service.
    Secret,
}

/// Whether a caller outside the workspace is somebody to be feared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Callers {
    /// What exported functions take counts.
    Count,
    /// Only sources do.
    Ignored,
}

/// Which comparison makes a number harmless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Bound {
    /// One that shows that it is no more than something.
    Upper,
    /// Any, whatever its outcome: who compares has thought of it.
    Any,
}

/// What `{:?}` makes of a text, which it writes with quotes, and with line breaks and control characters escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Debug {
    /// What was dangerous is so no more.
    Escapes,
    /// It is as dangerous as before.
    HandsOn,
}

impl SourceClass {
    /// All, with their names in model files.
    pub const ALL: [(&'static str, Self); 5] = [
        ("request", Self::Request),
        ("error", Self::Error),
        ("stored", Self::Stored),
        ("filesystem", Self::Filesystem),
        ("secret", Self::Secret),
    ];

    /// Its name in model files.
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].0
    }
}

/// All kinds, and the sets of them that an evaluation asks for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Kinds {
    /// By name; the position is the bit in a [`KindSet`].
    all: Vec<Kind>,
    carried: [KindSet; 5],
    lists: KindSet,
    of_class: [KindSet; SourceClass::ALL.len()],
    upper: KindSet,
    compared: KindSet,
    escaped_by_debug: KindSet,
}

impl Default for Kinds {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl Kind {
    /// A kind of which no row says more: a request's text.
    pub fn plain(name: Symbol) -> Self {
        Self {
            name,
            carries: KindCarries::Text,
            from: vec![SourceClass::Request],
            callers: Callers::Ignored,
            bound: Bound::Upper,
            debug: Debug::HandsOn,
        }
    }

    fn is_open_for(&self, carries: Carries) -> bool {
        match carries {
            Carries::Nothing => false,
            Carries::SmallNumber => {
                matches!(self.carries, KindCarries::Number | KindCarries::List | KindCarries::Any)
            }
            Carries::Number => !matches!(self.carries, KindCarries::Text | KindCarries::Address),
            Carries::Address => self.carries != KindCarries::Text,
            // A number may be parsed of it.
            Carries::Text => true,
        }
    }
}

impl Kinds {
    /// Numbers the kinds by their names.
    pub fn new(mut all: Vec<Kind>) -> Self {
        all.sort_unstable_by_key(|kind| kind.name.as_str());
        let set = |wanted: &dyn Fn(&Kind) -> bool| {
            let of = all.iter().enumerate().filter(|(_, kind)| wanted(kind)).map(|(at, _)| KindSet::of(at));
            of.fold(KindSet::NONE, KindSet::union)
        };
        let others = KindSet::ALL.without(set(&|_| true));
        let carried =
            [Carries::Nothing, Carries::SmallNumber, Carries::Number, Carries::Address, Carries::Text]
                .map(|carries| set(&|kind| kind.is_open_for(carries)));
        let of_class = SourceClass::ALL.map(|(_, class)| set(&|kind| kind.from.contains(&class)));
        let is_number = |kind: &Kind| matches!(kind.carries, KindCarries::Number | KindCarries::LargeNumber);
        let upper = set(&is_number);
        let lists = set(&|kind| kind.carries == KindCarries::List);
        let compared = set(&|kind| is_number(kind) && kind.bound == Bound::Any);
        let escaped_by_debug = set(&|kind| kind.debug == Debug::Escapes);
        let mut kinds = Self { all, carried, lists, of_class, upper, compared, escaped_by_debug };
        // What nobody declared is a request's text.
        kinds.carried[Carries::Text as usize] = KindSet::ALL;
        kinds.of_class[SourceClass::Request as usize] =
            kinds.of_class[SourceClass::Request as usize].union(others);
        kinds
    }

    /// In the order of their bits.
    pub fn iter(&self) -> impl Iterator<Item = &Kind> {
        self.all.iter()
    }

    /// A kind by its name.
    pub fn get(&self, name: Symbol) -> Option<&Kind> {
        self.all.iter().find(|kind| kind.name == name)
    }

    /// The set with the one kind, empty if there is none of this name.
    pub fn set(&self, name: Symbol) -> KindSet {
        let index = self.all.iter().position(|kind| kind.name == name);
        index.map_or(KindSet::NONE, KindSet::of)
    }

    /// The kinds for which a value that carries this may be dangerous.
    pub fn carried_by(&self, carries: Carries) -> KindSet {
        self.carried[carries as usize]
    }

    /// The kinds for which a single number may be dangerous that carries this.
    pub fn carried_alone(&self, carries: Carries) -> KindSet {
        self.carried_by(carries).without(self.lists)
    }

    /// The kinds for which data of a class is dangerous.
    pub fn of_class(&self, class: SourceClass) -> KindSet {
        self.of_class[class as usize]
    }

    /// The kinds for which only text is dangerous.
    pub fn of_text(&self) -> KindSet {
        KindSet::ALL.without(self.carried_by(Carries::Number))
    }

    /// The kinds for which only numbers are dangerous: what they make harmless is to be no more than something.
    pub fn of_numbers(&self) -> KindSet {
        self.upper
    }

    /// The kinds for which `{:?}` makes a text harmless.
    pub fn escaped_by_debug(&self) -> KindSet {
        self.escaped_by_debug
    }

    /// The kinds for which any comparison makes a number harmless.
    pub fn compared(&self) -> KindSet {
        self.compared
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(name: &str, carries: KindCarries, from: &[SourceClass]) -> Kind {
        Kind { carries, from: from.to_vec(), ..Kind::plain(Symbol::new(name)) }
    }

    #[test]
    fn what_a_type_carries_decides_the_kinds() {
        let request = &[SourceClass::Request][..];
        let kinds = Kinds::new(vec![
            kind("sql", KindCarries::Text, request),
            kind("capacity", KindCarries::LargeNumber, request),
            kind("index", KindCarries::Number, request),
            kind("leak", KindCarries::Any, &[SourceClass::Error]),
            kind("url", KindCarries::Address, request),
            kind("first", KindCarries::List, request),
        ]);
        let set = |names: &[&str]| {
            names.iter().map(|name| kinds.set(Symbol::new(name))).fold(KindSet::NONE, KindSet::union)
        };
        assert_eq!(kinds.carried_by(Carries::Nothing), KindSet::NONE);
        assert_eq!(kinds.carried_by(Carries::SmallNumber), set(&["index", "leak", "first"]));
        assert_eq!(kinds.carried_by(Carries::Number), set(&["index", "leak", "capacity", "first"]));
        assert_eq!(kinds.carried_alone(Carries::Number), set(&["index", "leak", "capacity"]));
        assert_eq!(kinds.carried_by(Carries::Address), set(&["index", "leak", "capacity", "url", "first"]));
        assert_eq!(kinds.carried_by(Carries::Text), KindSet::ALL);
        assert_eq!(kinds.of_numbers(), set(&["capacity", "index"]));
        assert_eq!(kinds.of_class(SourceClass::Error), set(&["leak"]));
        assert_eq!(kinds.of_class(SourceClass::Stored), KindSet::NONE);
        assert!(!kinds.of_class(SourceClass::Request).meets(set(&["leak"])));
        assert!(
            kinds.of_text().meets(set(&["sql", "url"])) && !kinds.of_text().meets(set(&["index", "leak"]))
        );
    }
}
