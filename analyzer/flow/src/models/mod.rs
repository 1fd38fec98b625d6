//! Models: what is known of external functions and types, as rows of data.
//!
//! A model file is TOML (`lints/models/<crate>.toml`, and `[[model.*]]` in a user's `ward.toml`); its rows
//! are explained in `lints/models/README.md`. This module holds the rows as the engine uses them: everything
//! about one callee merged into a [`CallModel`], found by canonical path.

mod error;
mod guard;
mod kept;
mod kinds;
mod load;
mod port;
mod schema;
#[cfg(test)]
mod tests;
mod wanted;

pub use error::ModelError;
pub use guard::{
    AttributeKey, Authenticates, DeriveModel, Effect, Effects, GuardCall, GuardModels, GuardType,
};
pub use kept::KeptModels;
pub use kinds::{Bound, Callers, Debug, Kind, KindCarries, Kinds, SourceClass};
pub use load::{ModelFile, UserModels, load};

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use ward_semantics::{Callee, Externals};
use ward_syntax::Symbol;

/// All models of a run.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Models {
    /// Types, methods and functions, for name resolution and type inference.
    pub externals: Externals,
    /// Free functions by canonical path.
    pub functions: FxHashMap<Symbol, CallModel>,
    /// Methods and associated functions by the canonical path of their type, and name. The type `*` stands
    /// for every type.
    pub methods: FxHashMap<(Symbol, Symbol), CallModel>,
    /// Types whose parameters of a function hold request data, by canonical path.
    pub parameter_sources: FxHashMap<Symbol, Source>,
    /// Types that hold request data only in a function that is seen to be a handler.
    pub sources_beside: Vec<SourceBeside>,
    /// Traits by which types of the workspace are made of a request.
    pub extractors: Vec<Extractor>,
    /// Attributes on a function (`rocket::get`) that make its parameters request data.
    pub function_attributes: FxHashMap<Symbol, AttributeSource>,
    /// Attributes on an impl or trait (`async_graphql::Object`) that make the parameters of its methods
    /// request data.
    pub impl_attributes: FxHashMap<Symbol, AttributeSource>,
    /// Words in the names of traits whose implementations take what others chose.
    pub trait_names: Vec<(Symbol, AttributeSource)>,
    /// What a match of an external pattern tells, by the canonical path of the variant.
    pub pattern_barriers: FxHashMap<Symbol, Vec<Barrier>>,
    /// What attributes make of parameters of certain types.
    pub parameter_barriers: Vec<ParameterBarrier>,
    /// Functions of the workspace that are known by a word in their names for checks.
    pub named_checks: Vec<NamedCheck>,
    /// Words in the names of functions that find what equals what they are given.
    pub named_lookups: Vec<NamedCheck>,
    /// Characters that a test must refuse, to make a text harmless for certain kinds of sink.
    pub refused_characters: Vec<RefusedCharacters>,
    /// Sinks known by method name alone, for receivers of unknown type.
    pub name_only_sinks: FxHashMap<Symbol, Vec<NameOnlySink>>,
    /// Macros with dangerous inputs by canonical path, without the `!`.
    pub macro_sinks: FxHashMap<Symbol, Vec<Sink>>,
    /// The last segments of these paths: a macro of another name is not looked up.
    pub macro_names: FxHashSet<Symbol>,
    /// Dangerous inputs of operators.
    pub operator_sinks: Vec<(Operator, Sink)>,
    /// Extractors that check what they take of a request: the kinds of sink for which that is harmless, by path.
    pub checked_parameters: FxHashMap<Symbol, Vec<Symbol>>,
    /// Types every value of which is data of a class other than a request's: internal errors.
    pub type_sources: FxHashMap<Symbol, Source>,
    /// Derives whose types hold such data in all their fields: rows.
    pub row_sources: Vec<(Symbol, Source)>,
    /// Kinds of sink.
    pub kinds: Kinds,
    /// Methods of traits whose default body prints the value.
    pub default_sinks: Vec<DefaultSink>,
    /// Types whose values are read from a request, by the last name of what they derive.
    pub derive_sources: Vec<(Symbol, Source)>,
    /// Types of errors that keep what any other error prints, when `?` makes one of it.
    pub conversion_sinks: Vec<(Symbol, Sink)>,
    /// Structs whose fields are dangerous to fill, by the last name of what they derive.
    pub derive_sinks: Vec<(Symbol, Sink)>,
    /// Texts in whose holes something is dangerous, by the literal text around the hole.
    pub text_sinks: Vec<TextSink>,
    /// Tuples whose last element is dangerous beside a certain other one.
    pub tuple_sinks: Vec<TupleSink>,
    /// Methods of traits that are called with messages: the trait's canonical path, and the name.
    pub deliveries: Vec<(Symbol, Symbol)>,
    /// Macros that rows describe: the path without `!`, and with it, under which [`Self::functions`] has it.
    pub macros: FxHashMap<Symbol, Symbol>,
    /// Types, traits and derives that ask who the caller is.
    pub guards: GuardModels,
    /// What the user's own rows call, which may be the workspace's own functions.
    pub user_calls: Vec<UserCall>,
    /// What methods of these names do that are given this type and nothing else: the type, the method.
    pub effects_by_given: FxHashMap<(Symbol, Symbol), Effects>,
}

impl Models {
    /// What is known of a callee outside the workspace.
    pub(crate) fn of_callee(&self, callee: &Callee) -> Option<&CallModel> {
        match callee {
            Callee::External(path) => self.functions.get(path),
            Callee::Method { ty, name } => self.methods.get(&(*ty, *name)),
            _ => None,
        }
    }
}

/// What a user's row calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserCall {
    /// As the row writes it.
    pub path: Symbol,
    /// Of a method the canonical path of its type: [`Models::methods`] has it.
    pub ty: Option<Symbol>,
    /// The method's name; of a function its canonical path: [`Models::functions`] has it.
    pub name: Symbol,
    /// Where in the file of the configuration, in bytes.
    pub span: (u32, u32),
}

/// What the models say of one callee.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct CallModel {
    /// Dangerous inputs.
    pub sinks: Vec<Sink>,
    /// How data passes through. `None` where no row says: a method then passes its receiver to its result, a
    /// function its arguments.
    pub flow: Option<Vec<Edge>>,
    /// The result is request data.
    pub source: Option<Source>,
    /// The constant, or what the function returns.
    pub constant: Option<Constant>,
    /// The result, or what was checked, is safe for some kinds of sink.
    pub barriers: Vec<Barrier>,
    /// Never returns to its caller.
    pub diverges: bool,
    /// Each argument is put behind the text of the receiver, with this between: the words of a command.
    pub appends: Option<Symbol>,
    /// The result is a part of the receiver by this name: what is checked of it says nothing of the whole.
    pub part: Option<Symbol>,
    /// Called on a value: called by its path (`Option::map(x, f)`), its first argument is the receiver and the
    /// others are counted from 0. Not set for associated functions, nor for methods of types no row describes.
    pub has_receiver: bool,
    /// Functions or closures given as an argument whose parameters are request data: handlers.
    pub handlers: Vec<HandlerSource>,
    /// What it does to a list of values of which each has its place.
    pub elements: Option<Elements>,
    /// What it has to do with asking who the caller is.
    pub guard: Option<GuardCall>,
    /// What it does beyond its result.
    pub effects: Effects,
    /// What it has to do with messages.
    pub message: Option<MessageCall>,
    /// Its first argument is a regular expression.
    pub is_expression: bool,
}

/// What a call has to do with messages: what is sent comes out wherever messages of its type are received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MessageCall {
    /// Its first argument is sent.
    Send,
    /// Its result is one that was sent, awaited or within an option or result.
    Receive,
}

/// What a call does to a list of values of which each has its place: what a chain of filters takes out of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Elements {
    /// A list of so many, each what the result is.
    Count(u8),
    /// Of a macro: as many as there are types between the slashes.
    Path,
    /// The argument's elements behind those of the receiver.
    Append,
    /// The closure gets the elements, what it returns is the only one.
    Call,
    /// No place is known any more.
    Unknown,
}

/// A dangerous input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sink {
    /// Which kind: `sql`, ..
    pub kind: Symbol,
    /// The input that matters.
    pub input: Port,
    /// What to write instead, one sentence.
    pub help: Symbol,
    /// The crate it belongs to, as in `lints/models/<crate>.toml`.
    pub krate: Symbol,
    /// What the sink's danger depends on: the text there is told with what is found.
    pub context: Option<Input>,
    /// Only where the context's text, in lower case, holds one of these words; empty for everywhere.
    pub when: Vec<Symbol>,
    /// Each named part of the input by itself is given: the values for a template.
    pub parts: bool,
    /// What stands in a named part of the input is safe: the fields of a document.
    pub whole: bool,
    /// What stands in named parts is safe but in these, how deep they may be.
    pub fields: Vec<Symbol>,
    /// It is one only if an argument, or the first part of one, is one of these constants, whatever the case of
    /// their letters; empty for any.
    pub given: Vec<Symbol>,
    /// When it is one.
    pub asked: Asked,
}

/// Something that goes into a call: a port or a part of what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Where.
    pub port: Port,
    /// Which part of it: `self[content-type]`.
    pub part: Option<Symbol>,
}

/// A method of a trait that gives away what the value prints, unless an impl has its own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DefaultSink {
    /// The sink.
    pub sink: Sink,
    /// The trait, by canonical path.
    pub trait_path: Symbol,
    /// The method.
    pub method: Symbol,
}

/// A text that is dangerous in its holes wherever it goes, for what it is: markup.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TextSink {
    /// The sink.
    pub sink: Sink,
    /// The text around the hole holds one of these, in lower case.
    pub holds: Vec<Symbol>,
}

/// A tuple that is dangerous in its last element, by another of its elements.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TupleSink {
    /// The sink; its context is the other element.
    pub sink: Sink,
    /// What the other element is.
    pub beside: Beside,
    /// Constructors, by the last two names of their paths, that make something else of such a tuple.
    pub not_in: Vec<Symbol>,
}

/// What an element of a tuple is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Beside {
    /// Its type, by canonical path; the context is its text.
    Type(Symbol),
    /// A part that it has; the context is that part's text.
    Part(Symbol),
    /// This part of any element is the input itself.
    Own(Symbol),
}

/// When an input of a call is dangerous.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Asked {
    /// Always.
    Always,
    /// Where `unwrap` or `expect` is called on what it returns.
    Unwrapped,
}

/// An operator that can be a sink.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operator {
    /// The index of `list[index]`, where a wrong one panics.
    Index,
    /// A bound of `list[a..b]`.
    Slice,
    /// The text of `text[..8]`, where the bounds are not the request's.
    SlicedText,
    /// The text of `text[..text.len().min(8)]`, and of `text[..8]` where it was asked whether it is that long.
    CutText,
    /// What an integer is divided by, `%` too.
    Divide,
    /// What an unsigned number is taken from: `page` of `page - 1`.
    Subtract,
    /// The length of `[value; length]` and `vec![value; length]`.
    Repeat,
    /// The list of `list[0]`.
    First,
    /// The list of `list[1]`, `list[2]`, ..
    Later,
    /// A piece of a stream, where it is unwrapped: what is sent may break off.
    Piece,
    /// What is unwrapped of a value that was read from a request: an option that it may leave out.
    Absent,
    /// A text that a function of the workspace may refuse, where its result is unwrapped.
    RefusedText,
    /// A number that one may refuse.
    RefusedNumber,
}

/// A sink known by name alone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NameOnlySink {
    /// The sink.
    pub sink: Sink,
    /// How many arguments the call must have.
    pub arguments: u8,
    /// The package must depend on one of these crates.
    pub crates: Vec<Symbol>,
}

/// A place in a call where data goes in or comes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Port {
    /// The receiver of a method: `self`.
    Receiver,
    /// An argument, counted from 0, the receiver not counted: `0`.
    Argument(u8),
    /// All arguments: `args`.
    Arguments,
    /// The result: `return`.
    Return,
    /// A parameter of the closure given as an argument: `0.1` is the second parameter of argument 0.
    ClosureParameter(u8, u8),
    /// What the closure given as an argument returns: `0.return`.
    ClosureReturn(u8),
    /// The last name of the called function's path, as a constant text: `name`.
    Name,
}

/// A text fixed in a library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constant {
    /// The text.
    pub text: Symbol,
    /// It is the value of this key: a typed header.
    pub key: Option<Symbol>,
}

/// Data passes from one port to another: `0 -> self`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    /// Where from.
    pub from: Port,
    /// Where to.
    pub to: Port,
    /// As which part of what is there: `0 -> return[content-type]`.
    pub part: Option<Part>,
}

impl Edge {
    /// The whole passes.
    pub const fn new(from: Port, to: Port) -> Self {
        Self { from, to, part: None }
    }
}

/// The name of a part that an edge sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// Written in the row: `return[content-type]`.
    Named(Symbol),
    /// The constant text of an argument, in lower case and with `-` for `_`: `return[0]`.
    Argument(u8),
    /// A pair as its second element under the constant text of its first, a map as all its parts: `return[*]`.
    Pairs,
}

/// Data that somebody else chose, or that is not everybody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Whose.
    pub class: SourceClass,
    /// Of a request, which part of it: `path`, `query`, `body`, `form`, `header`, `cookie`, `upload`, `request`,
    /// `argument` (GraphQL, RPC). Of another class a word for what it is: `database`, `io`.
    pub kind: Symbol,
}

/// A trait by which a type of the workspace is made of a request: a parameter of such a type holds what the
/// type's own implementation returns.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Extractor {
    /// The trait, by canonical path.
    pub trait_path: Symbol,
    /// The method that makes the value; its first parameter is the request.
    pub method: Symbol,
    /// What the request is.
    pub source: Source,
}

/// Types whose parameters hold request data where the function also takes what only handlers take.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SourceBeside {
    /// The types, by canonical path.
    pub types: Vec<Symbol>,
    /// The types of which the function must take one, by canonical path.
    pub beside: Vec<Symbol>,
    /// The source.
    pub source: Source,
}

/// An attribute that makes parameters request data.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AttributeSource {
    /// The source.
    pub source: Source,
    /// Which parameters.
    pub parameters: AttributeParameters,
    /// Only those whose type, without what it dereferences to, is one of these; empty for all.
    pub types: Vec<Symbol>,
}

/// A call whose argument is a handler: its parameters are request data.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HandlerSource {
    /// The argument that is the handler: a function's path or a closure.
    pub argument: u8,
    /// Only parameters of these types, by canonical path; empty for all that can carry text.
    pub types: Vec<Symbol>,
    /// The source.
    pub source: Source,
}

/// Which parameters an attribute makes request data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AttributeParameters {
    /// All but `self` and those whose type is modelled as holding none ([`CallModel`] rows aside): `all`.
    All,
    /// Those named in angle brackets in the attribute's text: `#[get("/<id>?<q>", data = "<form>")]`.
    Bracketed,
}

/// Data made safe for some kinds of sink.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Barrier {
    /// Which kinds; the kind `*` is all.
    pub kinds: Vec<Symbol>,
    /// When.
    pub when: When,
    /// What is safe: [`Port::Return`] for an escape or a parser, an input for a check.
    pub what: Port,
    /// Of a result: only for a hole between single quotes of SQL text, or the like: a context the lint knows by
    /// name. Of a check: it holds only for what a barrier with this context made.
    pub context: Option<Symbol>,
    /// It holds only if an argument, or an element of one, is one of these constants; empty for any.
    pub given: Vec<Symbol>,
    /// It holds as far as the receiver, a regular expression, says.
    pub expression: Option<Expression>,
    /// Of a lookup: the statement, which must ask for equality.
    pub statement: Option<Input>,
}

/// What a call does with a regular expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Expression {
    /// It asks whether a text matches: `whole`.
    Whole,
    /// Its result is what matches: `found`.
    Found,
    /// Its result is what the groups capture: `groups`.
    Groups,
    /// Its result is the text without what matches: `removed`.
    Removed,
    /// It asks whether a text begins with a path of its own, or with a whole origin and a slash: `rooted`.
    Rooted,
}

impl Expression {
    /// Whether texts are matched to be checked: an expression that is not known is then taken for strict.
    pub const fn is_check(self) -> bool {
        matches!(self, Self::Whole | Self::Groups)
    }
}

/// A function whose name tells that it checks what it is given.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NamedCheck {
    /// The word in its name.
    pub word: Symbol,
    /// For which kinds.
    pub kinds: Vec<Symbol>,
}

/// Characters that are harmless in most texts, and harmful for certain kinds of sink.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RefusedCharacters {
    /// All of them.
    pub characters: Symbol,
    /// Which kinds.
    pub kinds: Vec<Symbol>,
}

/// A parameter that is safe for some kinds of sink as it comes in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ParameterBarrier {
    /// The attributes of the function, by canonical path.
    pub attributes: Vec<Symbol>,
    /// The types of the parameter, by canonical path.
    pub types: Vec<Symbol>,
    /// Which kinds.
    pub kinds: Vec<Symbol>,
}

/// When a barrier holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum When {
    /// Always: `always`.
    Always,
    /// The call returned true: `true`.
    True,
    /// The call returned false: `false`.
    False,
    /// The call returned `Ok` or `Some`: `ok`.
    Ok,
    /// The call, or one that runs the statement it makes, found what equals it: `found`, and `bound` of the statement.
    Found,
    /// See [`When::Found`].
    Bound,
}
