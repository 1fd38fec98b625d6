//! What a value in a body has to do with the caller's credential.
//!
//! A value is told by what it depends on, as a set of bits: a credential of the request, a role, data that the
//! request chose, the parameters of the function. For what may be absent or wrong (`Option`, `Result`, `bool`)
//! a second set says on what its absence depends: refusing when it is absent is a check of those.

use serde::{Deserialize, Serialize};
use ward_flow::models::Effects;
use ward_syntax::FileSpan;

/// A set of what a value depends on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug, Serialize, Deserialize)]
pub(crate) struct Deps(u64);

/// The first bit of parameters.
const FIRST_PARAM: u32 = 16;
/// Parameters beyond this many share a bit.
const MOST_PARAMS: usize = 40;

impl Deps {
    pub(crate) const NONE: Self = Self(0);
    /// A credential of the request, or the identity it gave.
    pub(crate) const CREDENTIAL: Self = Self(1);
    /// A role, permission or scope.
    pub(crate) const ROLE: Self = Self(2);
    /// The caller's identity together with something else that is named by the request or loaded by it.
    pub(crate) const OWNER: Self = Self(4);
    /// What the request chose: path, query, body.
    pub(crate) const REQUEST: Self = Self(8);
    /// The answer of what is behind a middleware.
    pub(crate) const NEXT: Self = Self(16);

    /// Something that was put in place of a credential where there was none.
    pub(crate) const STAND_IN: Self = Self(32);

    /// A part of what the request asks for that is called a credential: that it is there says nothing yet.
    pub(crate) const SENT: Self = Self(64);

    /// Of what a failure depends on: somebody says no, it is not only the store or the network that fails.
    pub(crate) const REFUSED: Self = Self(128);

    /// The answer of what has found out whether a credential is right.
    pub(crate) const JUDGED: Self = Self(256);

    /// The parameter at `index`, `self` being the first where there is one.
    pub(crate) fn param(index: usize) -> Self {
        Self(1 << (FIRST_PARAM as usize + index.min(MOST_PARAMS)))
    }

    pub(crate) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether it depends on nothing.
    pub(crate) fn is_none(self) -> bool {
        self.without(Self::REFUSED).0 == 0
    }

    /// What is known to come from the caller's side: the credential and parameters, of which no one knows more.
    pub(crate) fn of_caller(self) -> Self {
        Self(self.0 & (Self::CREDENTIAL.0 | !((1 << FIRST_PARAM) - 1)))
    }

    /// Whether all of it is in another.
    pub(crate) fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// This set with every parameter replaced by what was given for it.
    pub(crate) fn instantiate(self, of_param: impl Fn(usize) -> Self) -> Self {
        let mut result = Self(self.0 & ((1 << FIRST_PARAM) - 1));
        let mut params = self.0 >> FIRST_PARAM;
        while params != 0 {
            let index = params.trailing_zeros();
            result = result.union(of_param(index as usize));
            params &= params - 1;
        }
        result
    }
}

/// What it says of a credential when a condition holds.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Sense {
    /// Nothing certain: a comparison, the answer of a function.
    #[default]
    Unknown,
    /// It is there.
    Present,
    /// It is not there, or wrong.
    Absent,
}

impl Sense {
    /// What it says, or the contrary if what is there is a refusal.
    pub(crate) fn of(self, value: Value) -> Self {
        if value.denies { self.inverse() } else { self }
    }

    /// What it says when the condition does not hold.
    pub(crate) fn inverse(self) -> Self {
        match self {
            Self::Unknown => Self::Unknown,
            Self::Present => Self::Absent,
            Self::Absent => Self::Present,
        }
    }
}

/// How a value stands as an answer.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Shape {
    /// Any value.
    #[default]
    Plain,
    /// `Ok(..)`, `Some(..)`, `true`.
    Success,
    /// `Err(..)`, `None`, `false`, a response that refuses.
    Refusal,
}

/// A value.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Value {
    /// What it depends on.
    pub(crate) data: Deps,
    /// What its absence depends on.
    pub(crate) fail: Deps,
    /// Of a condition: what it says when it holds.
    pub(crate) sense: Sense,
    /// How it stands as an answer.
    pub(crate) shape: Shape,
    /// Whether it is what refuses: `Some(response)` of a check that gives nothing to those who may go on.
    pub(crate) denies: bool,
}

impl Value {
    /// A value that is there.
    pub(crate) fn of(data: Deps) -> Self {
        Self { data, ..Self::default() }
    }

    /// A value that is absent depending on what it is.
    pub(crate) fn fallible(data: Deps) -> Self {
        Self { data, fail: data, ..Self::default() }
    }

    /// Everything a decision about it depends on.
    pub(crate) fn all(self) -> Deps {
        self.data.union(self.fail)
    }

    /// One or the other.
    pub(crate) fn join(self, other: Self) -> Self {
        Self {
            data: self.data.union(other.data),
            fail: self.fail.union(other.fail),
            sense: if self.sense == other.sense { self.sense } else { Sense::Unknown },
            shape: if self.shape == other.shape { self.shape } else { Shape::Plain },
            denies: self.denies && other.denies,
        }
    }
}

/// A condition under which code runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    /// What it depends on.
    pub(crate) deps: Deps,
    /// What it says of a credential.
    pub(crate) sense: Sense,
    /// Whether the other side goes on, too.
    pub(crate) reach: Reach,
}

/// What happens where the condition of a frame does not hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reach {
    /// Other code runs, or none: what is refused here is refused to some.
    Some,
    /// The function is left.
    All,
}

impl Frame {
    /// Whether the request itself chose to come here, past a refusal of which the caller's credential is no part.
    pub(crate) fn is_chosen(self) -> bool {
        let about_caller = Deps::CREDENTIAL.union(Deps::ROLE).union(Deps::OWNER);
        self.reach == Reach::Some && self.deps.has(Deps::REQUEST) && !self.deps.has(about_caller)
    }
}

/// What a function does about the caller.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools, reason = "facts that do not depend on each other")]
pub(crate) struct Summary {
    /// What its result depends on.
    pub(crate) data: Deps,
    /// What it refuses for when it is absent: an error, nothing, `false`, a response that refuses.
    pub(crate) fail: Deps,
    /// What it refuses for only when it is there and wrong.
    pub(crate) present: Deps,
    /// Whether a credential is read in it or below it.
    pub(crate) reads: bool,
    /// Whether one is that no middleware has left in a header.
    pub(crate) reads_sent: bool,
    /// Whether the caller's identity meets what the request chose, in it or below it.
    pub(crate) ties: bool,
    /// Whether there is any refusal in it.
    pub(crate) refuses: bool,
    /// Whether it does nothing but refuse: `deny(res)`.
    pub(crate) always: bool,
    /// What it has judged as a credential, in it or below it.
    pub(crate) judged: Deps,
    /// What the credentials depend on that it makes out, in it or below it.
    pub(crate) issued: Deps,
    /// Whether it refuses by giving something: `Some(response)`.
    pub(crate) denies: bool,
    /// Whether it leaves in a header of the request what comes of a credential, in it or below it.
    pub(crate) leaves_header: bool,
    /// How many calls away the credential is read.
    pub(crate) hops: u8,
    /// What it does beyond its result, in it or below it.
    pub(crate) effects: Effects,
    /// Where the credential is read, or the call below which it is.
    pub(crate) credential: Option<FileSpan>,
    /// Where it refuses.
    pub(crate) refusal: Option<FileSpan>,
    /// Where it has a credential checked and drops the answer.
    pub(crate) unheard: Option<FileSpan>,
    /// Where it finds out whether the caller has a role and drops the answer.
    pub(crate) unheard_role: Option<FileSpan>,
    /// Where an owner that the request names goes before the caller.
    pub(crate) yields: Option<FileSpan>,
}

impl Summary {
    /// The same with every parameter replaced by what is given for it.
    pub(crate) fn instantiate(self, given: impl Fn(usize) -> Deps) -> Self {
        let of = |deps: Deps| deps.instantiate(&given);
        let fail = of(self.fail);
        Self {
            fail,
            data: of(self.data),
            present: of(self.present),
            judged: of(self.judged),
            issued: of(self.issued),
            reads: self.reads || fail.has(Deps::CREDENTIAL),
            ..self
        }
    }
}

/// A credential read this many calls away is somebody else's business.
pub(crate) const MOST_HOPS: u8 = 8;
