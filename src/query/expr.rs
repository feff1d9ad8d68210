//! A query as a tree.

use crate::message::{Time, glob};
use crate::query::compare::Compare;
use crate::query::jq::Program;
use crate::query::literal::Literal;
use crate::query::pattern::Pattern;
use crate::query::value::PathTerm;

/// A question put together from terms.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// All of these; everything if there are none.
    All(Vec<Expr>),
    /// Any of these; nothing if there are none.
    Any(Vec<Expr>),
    /// Not this.
    Not(Box<Expr>),
    /// One thing asked.
    Term(Term),
}

/// One thing asked of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Term {
    /// The payload holds this text.
    Text(Literal),
    /// The payload holds this text, or the channel's name does.
    Word(Literal),
    /// The payload matches this regular expression.
    Regex(Pattern),
    /// The channel has this name.
    Channel(Name),
    /// A subscription of this name brought the row.
    Via(Name),
    /// The payload's true size compares so to this many bytes.
    Size(Compare, u64),
    /// The row came at this time or later.
    Since(Time),
    /// The row came before this time.
    Until(Time),
    /// This is true of a value in the payload.
    Path(Box<PathTerm>),
    /// The payload is JSON, and this says so of it.
    Jq(Program),
    /// The row is of this sort.
    Is(Is),
}

/// What name is asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Name {
    /// Exactly this one.
    Exact(Box<[u8]>),
    /// Every one that this glob matches, as Redis judges it.
    Glob(Box<[u8]>),
    /// Every one that holds this text.
    Part(Literal),
}

/// A sort of row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    /// A message whose payload is JSON.
    Json,
    /// A message whose payload is no text.
    Binary,
    /// A notice.
    Notice,
    /// A notice of a gap.
    Gap,
    /// A message flagged for its shape.
    Drift,
    /// A message flagged for its sequence number.
    SeqGap,
}

impl Expr {
    /// All of `parts`, without needless nesting.
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::All(parts) => flat.extend(parts),
                other => flat.push(other),
            }
        }
        only(&mut flat).unwrap_or(Self::All(flat))
    }

    /// Any of `parts`, without needless nesting.
    pub fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::Any(parts) => flat.extend(parts),
                other => flat.push(other),
            }
        }
        only(&mut flat).unwrap_or(Self::Any(flat))
    }

    /// Not this.
    pub fn negate(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// Whether any term is as `asked`.
    pub fn has(&self, asked: &impl Fn(&Term) -> bool) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.has(asked)),
            Self::Not(inner) => inner.has(asked),
            Self::Term(term) => asked(term),
        }
    }

    /// Whether every message on the channel `name` matches, or none; `None` if that depends on more
    /// than the channel.
    pub fn on_channel(&self, name: &[u8]) -> Option<bool> {
        match self {
            Self::All(parts) => decided(parts, name, false),
            Self::Any(parts) => decided(parts, name, true),
            Self::Not(inner) => inner.on_channel(name).map(|holds| !holds),
            Self::Term(Term::Channel(asked)) => Some(asked.takes(name)),
            Self::Term(Term::Word(text)) => text.find(name).map(|_| true),
            Self::Term(Term::Is(Is::Notice | Is::Gap)) => Some(false),
            Self::Term(_) => None,
        }
    }

    /// Gives `seen` every term that is not negated.
    pub fn positive_terms<'a>(&'a self, seen: &mut impl FnMut(&'a Term)) {
        self.terms_of_sign(true, seen);
    }

    fn terms_of_sign<'a>(&'a self, positive: bool, seen: &mut impl FnMut(&'a Term)) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.terms_of_sign(positive, seen);
                }
            }
            Self::Not(inner) => inner.terms_of_sign(!positive, seen),
            Self::Term(term) if positive => seen(term),
            Self::Term(_) => {}
        }
    }
}

/// What parts say of a channel together, where one that says `decisive` decides for all.
fn decided(parts: &[Expr], name: &[u8], decisive: bool) -> Option<bool> {
    let mut all = Some(!decisive);
    for part in parts {
        match part.on_channel(name) {
            Some(said) if said == decisive => return Some(decisive),
            Some(_) => {}
            None => all = None,
        }
    }
    all
}

/// The part that is alone.
fn only(parts: &mut Vec<Expr>) -> Option<Expr> {
    if parts.len() == 1 { parts.pop() } else { None }
}

impl Name {
    /// Whether `name` is such a one.
    pub fn takes(&self, name: &[u8]) -> bool {
        match self {
            Self::Exact(exact) => **exact == *name,
            Self::Glob(pattern) => glob::matches(pattern, name),
            Self::Part(text) => text.find(name).is_some(),
        }
    }
}
