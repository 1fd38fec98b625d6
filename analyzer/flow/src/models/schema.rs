//! The form of a model file: what stands in its TOML, with the place of every text.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};
use toml::Spanned;

/// A text and where it stands.
pub(super) type Text = Spanned<String>;

/// All rows of a file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rows {
    #[serde(default, rename = "module")]
    pub(super) modules: Vec<ModuleRow>,
    #[serde(default, rename = "type")]
    pub(super) types: Vec<TypeRow>,
    #[serde(default, rename = "fn")]
    pub(super) functions: Vec<FnRow>,
    #[serde(default, rename = "step")]
    pub(super) steps: Vec<StepRow>,
    #[serde(default, rename = "kind")]
    pub(super) kinds: Vec<KindRow>,
    #[serde(default, rename = "source")]
    pub(super) sources: Vec<SourceRow>,
    #[serde(default, rename = "sink")]
    pub(super) sinks: Vec<SinkRow>,
    #[serde(default, rename = "barrier")]
    pub(super) barriers: Vec<BarrierRow>,
    #[serde(default, rename = "constant")]
    pub(super) constants: Vec<ConstantRow>,
    #[serde(default, rename = "guard")]
    pub(super) guards: Vec<GuardRow>,
    #[serde(default, rename = "effect")]
    pub(super) effects: Vec<EffectRow>,
    #[serde(default, rename = "expression")]
    pub(super) expressions: Vec<ExpressionRow>,
    #[serde(default, rename = "message")]
    pub(super) messages: Vec<MessageRow>,
}

/// A user's `ward.toml`, as far as it speaks of models.
#[derive(Debug, Default, Deserialize)]
pub(super) struct UserFile {
    #[serde(default)]
    pub(super) model: Rows,
}

/// `[[module]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ModuleRow {
    pub(super) path: Text,
    pub(super) aliases: Texts,
}

/// `[[type]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TypeRow {
    pub(super) path: Texts,
    pub(super) aliases: Option<Texts>,
    #[serde(default)]
    pub(super) params: Vec<Text>,
    pub(super) deref: Option<Text>,
    #[serde(default)]
    pub(super) fields: Table<Text>,
    pub(super) implements: Option<Texts>,
    pub(super) text: Option<Text>,
    pub(super) is: Option<Text>,
    #[serde(default)]
    pub(super) document: bool,
    #[serde(default)]
    pub(super) methods: Table<Call>,
    #[serde(default)]
    pub(super) functions: Table<Call>,
}

/// `[[fn]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FnRow {
    pub(super) path: Texts,
    pub(super) aliases: Option<Texts>,
    pub(super) returns: Option<Text>,
    #[serde(default)]
    pub(super) closures: Table<Vec<Text>>,
    pub(super) flow: Option<Vec<Text>>,
    #[serde(default)]
    pub(super) diverges: bool,
    pub(super) elements: Option<Text>,
}

/// A method: its return type, or all there is to say.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) returns: Option<Text>,
    pub(super) closures: Table<Vec<Text>>,
    pub(super) flow: Option<Vec<Text>>,
    pub(super) diverges: bool,
    pub(super) appends: Option<Text>,
    pub(super) part: Option<Text>,
    pub(super) calls: Option<Text>,
    pub(super) elements: Option<Text>,
}

/// `[[step]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepRow {
    pub(super) call: Texts,
    pub(super) flow: Vec<Text>,
}

/// `[[kind]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KindRow {
    pub(super) name: Text,
    pub(super) carries: Option<Text>,
    pub(super) from: Option<Texts>,
    #[serde(default)]
    pub(super) callers: bool,
    pub(super) bound: Option<Text>,
    #[serde(default)]
    pub(super) escaped_by_debug: bool,
}

/// `[[source]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceRow {
    pub(super) parameter: Option<Texts>,
    pub(super) beside: Option<Texts>,
    pub(super) call: Option<Texts>,
    pub(super) attribute: Option<Texts>,
    pub(super) impl_attribute: Option<Texts>,
    pub(super) trait_named: Option<Texts>,
    pub(super) handler_of: Option<Texts>,
    pub(super) extractor: Option<Texts>,
    pub(super) derive: Option<Texts>,
    pub(super) error_type: Option<Texts>,
    pub(super) fields_of_derive: Option<Texts>,
    pub(super) class: Option<Text>,
    pub(super) checked: Option<Texts>,
    pub(super) argument: Option<u8>,
    pub(super) parameters: Option<Text>,
    pub(super) types: Option<Texts>,
    pub(super) kind: Text,
}

/// `[[sink]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SinkRow {
    pub(super) call: Option<Texts>,
    pub(super) operator: Option<Texts>,
    #[serde(default)]
    pub(super) unwrapped: bool,
    pub(super) input: Option<Text>,
    pub(super) kind: Texts,
    pub(super) help: Text,
    pub(super) given: Option<Texts>,
    #[serde(default)]
    pub(super) whole: bool,
    pub(super) fields: Option<Texts>,
    pub(super) name_only: Option<NameOnly>,
    #[serde(default)]
    pub(super) parts: bool,
    pub(super) fields_of_derive: Option<Texts>,
    pub(super) default_of: Option<Texts>,
    pub(super) converted_into: Option<Texts>,
    pub(super) text_with: Option<Texts>,
    pub(super) tuple_with: Option<Texts>,
    pub(super) tuple_with_part: Option<Text>,
    pub(super) tuple_part: Option<Text>,
    pub(super) tuple_not_in: Option<Texts>,
    pub(super) context: Option<Text>,
    pub(super) when: Option<Texts>,
}

/// `[[constant]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConstantRow {
    pub(super) path: Texts,
    pub(super) text: Text,
    pub(super) key: Option<Text>,
}

/// `name_only` of a sink.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NameOnly {
    pub(super) methods: Vec<Text>,
    pub(super) arguments: u8,
    #[serde(default)]
    pub(super) crates: Vec<Text>,
}

/// `[[barrier]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BarrierRow {
    pub(super) call: Option<Texts>,
    pub(super) pattern: Option<Texts>,
    pub(super) attribute: Option<Texts>,
    pub(super) types: Option<Texts>,
    pub(super) given: Option<Texts>,
    pub(super) named: Option<Texts>,
    pub(super) refuses: Option<Text>,
    pub(super) kinds: Vec<Text>,
    pub(super) what: Option<Text>,
    pub(super) when: Option<Text>,
    pub(super) context: Option<Text>,
    pub(super) expression: Option<Text>,
    pub(super) statement: Option<Text>,
}

/// `[[expression]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpressionRow {
    pub(super) call: Texts,
}

/// `[[guard]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GuardRow {
    #[serde(rename = "type")]
    pub(super) ty: Option<Texts>,
    pub(super) call: Option<Texts>,
    pub(super) credential: Option<Texts>,
    pub(super) holder: Option<Texts>,
    pub(super) wrapper: Option<Texts>,
    pub(super) derive: Option<Texts>,
    pub(super) extracts: Option<Texts>,
    pub(super) by: Option<Text>,
    pub(super) passes: Option<Texts>,
    pub(super) made: Option<Texts>,
    pub(super) next: Option<Texts>,
    pub(super) end: Option<Texts>,
    pub(super) waive: Option<Texts>,
    pub(super) issue: Option<Texts>,
    pub(super) lenient: Option<Texts>,
    pub(super) authenticates: Option<Text>,
    #[serde(default)]
    pub(super) role: bool,
}

/// `[[effect]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EffectRow {
    pub(super) call: Option<Texts>,
    #[serde(default)]
    pub(super) methods: Vec<Text>,
    pub(super) given: Option<Texts>,
    pub(super) kind: Text,
}

/// `[[message]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MessageRow {
    pub(super) send: Option<Texts>,
    pub(super) receive: Option<Texts>,
    pub(super) deliver: Option<Texts>,
}

/// One text or a list of texts.
#[derive(Debug)]
pub(super) struct Texts(pub(super) Vec<Text>);

/// A table in the order of its keys.
#[derive(Debug)]
pub(super) struct Table<V>(pub(super) Vec<(Text, V)>);

impl<V> Default for Table<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Form;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or an array of strings")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Form, E> {
                Ok(Form::One(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Form, A::Error> {
                let mut many = Vec::with_capacity(items.size_hint().unwrap_or(0));
                while let Some(item) = items.next_element()? {
                    many.push(item);
                }
                Ok(Form::Many(many))
            }
        }

        enum Form {
            One(String),
            Many(Vec<Text>),
        }

        impl<'de> Deserialize<'de> for Form {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(Reader)
            }
        }

        let form = Spanned::<Form>::deserialize(deserializer)?;
        let span = form.span();
        Ok(match form.into_inner() {
            Form::One(text) => Self(vec![Spanned::new(span, text)]),
            Form::Many(texts) => Self(texts),
        })
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Table<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<V>(PhantomData<V>);

        impl<'de, V: Deserialize<'de>> Visitor<'de> for Reader<V> {
            type Value = Table<V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Table<V>, A::Error> {
                let mut table = Vec::with_capacity(entries.size_hint().unwrap_or(0));
                while let Some(entry) = entries.next_entry()? {
                    table.push(entry);
                }
                Ok(Table(table))
            }
        }

        deserializer.deserialize_map(Reader(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Call {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Full {
            returns: Option<Text>,
            #[serde(default)]
            closures: Table<Vec<Text>>,
            flow: Option<Vec<Text>>,
            #[serde(default)]
            diverges: bool,
            appends: Option<Text>,
            part: Option<Text>,
            calls: Option<Text>,
            elements: Option<Text>,
        }

        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Form;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a return type or a table")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Form, E> {
                Ok(Form::Returns(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Form, A::Error> {
                Full::deserialize(MapAccessDeserializer::new(entries)).map(|full| Form::Full(Box::new(full)))
            }
        }

        enum Form {
            Returns(String),
            Full(Box<Full>),
        }

        impl<'de> Deserialize<'de> for Form {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(Reader)
            }
        }

        let form = Spanned::<Form>::deserialize(deserializer)?;
        let span = form.span();
        Ok(match form.into_inner() {
            Form::Returns(text) => Self {
                returns: Some(Spanned::new(span, text)),
                closures: Table::default(),
                flow: None,
                diverges: false,
                appends: None,
                part: None,
                calls: None,
                elements: None,
            },
            Form::Full(full) => {
                let Full { returns, closures, flow, diverges, appends, part, calls, elements } = *full;
                Self { returns, closures, flow, diverges, appends, part, calls, elements }
            }
        })
    }
}
