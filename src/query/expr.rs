//! The syntax tree of a query.

mod condition;

pub use condition::{Condition, Crossing, Edges};

use crate::message::{Time, glob};
use crate::query::compare::Compare;
use crate::query::jq::Program;
use crate::query::literal::Literal;
use crate::query::pattern::Pattern;
use crate::query::value::PathTerm;

/// A logical expression built from terms.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// Matches if all parts match; matches everything if there are none.
    All(Vec<Expr>),
    /// Matches if any part matches; matches nothing if there are none.
    Any(Vec<Expr>),
    /// Negation.
    Not(Box<Expr>),
    /// A single term.
    Term(Term),
}

/// A single condition on a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Term {
    /// The payload contains this text.
    Text(Literal),
    /// The payload or the channel name contains this text.
    Word(Literal),
    /// The payload matches this regular expression.
    Regex(Pattern),
    /// The payload contains this text as it was received.
    RawText(Literal),
    /// The payload matches this regular expression as it was received.
    RawRegex(Pattern),
    /// The channel has this name.
    Channel(Name),
    /// A subscription with this name delivered the row.
    Via(Name),
    /// Compares the original size of the payload with this many bytes.
    Size(Compare, u64),
    /// The row arrived at this time or later.
    Since(Time),
    /// The row arrived before this time.
    Until(Time),
    /// A value in the payload satisfies this condition.
    Path(Box<PathTerm>),
    /// The payload has values, and this jq program accepts them as JSON.
    Jq(Program),
    /// The row is of this kind.
    Is(Is),
    /// A condition on the channel over time. It is evaluated separately, so as a term it matches
    /// every message.
    Condition(Box<Condition>),
}

/// A condition on a name.
#[derive(Clone, Debug, PartialEq)]
pub enum Name {
    /// Exactly this name.
    Exact(Box<[u8]>),
    /// Names that match this glob, by the rules of Redis.
    Glob(Box<[u8]>),
    /// Names that contain this text.
    Part(Literal),
}

/// A kind of row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    /// A message whose payload is JSON.
    Json,
    /// A message whose payload is not text.
    Binary,
    /// A notice.
    Notice,
    /// A notice about a gap.
    Gap,
    /// A message flagged for deviating from its channel's shape.
    Drift,
    /// A message flagged for violating a schema.
    Invalid,
    /// A message flagged for an unexpected sequence number.
    SeqGap,
}

impl Expr {
    /// Returns the conjunction of `parts`, flattened.
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

    /// Returns the disjunction of `parts`, flattened. Text in the payload or in the channel name is
    /// a word, in whatever form it is written.
    pub fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::Any(parts) => flat.extend(parts),
                other => flat.push(other),
            }
        }
        if let [
            Self::Term(Term::Text(text)),
            Self::Term(Term::Channel(Name::Part(part))),
        ] = &flat[..]
            && text == part
        {
            return Self::Term(Term::Word(text.clone()));
        }
        only(&mut flat).unwrap_or(Self::Any(flat))
    }

    /// Returns the negation of the expression.
    pub fn negate(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// Returns whether any term satisfies `condition`.
    pub fn has(&self, condition: &impl Fn(&Term) -> bool) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.has(condition)),
            Self::Not(inner) => inner.has(condition),
            Self::Term(term) => {
                let mut has = condition(term);
                if let Term::Condition(inner) = term {
                    inner.each_term(&mut |term| has |= condition(term));
                }
                has
            }
        }
    }

    /// Calls `visit` with every term.
    pub fn each_term<'a>(&'a self, visit: &mut impl FnMut(&'a Term)) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.each_term(visit);
                }
            }
            Self::Not(inner) => inner.each_term(visit),
            Self::Term(term) => visit(term),
        }
    }

    /// Returns the condition over time that applies to everything that matches, if there is one.
    pub fn condition(&self) -> Option<&Condition> {
        let parts = match self {
            Self::All(parts) => parts.as_slice(),
            alone => std::slice::from_ref(alone),
        };
        parts.iter().find_map(|part| match part {
            Self::Term(Term::Condition(condition)) => Some(&**condition),
            _ => None,
        })
    }

    /// Returns whether all messages on the channel `name` match (`true`) or none do (`false`);
    /// `None` if that depends on more than the channel.
    pub fn on_channel(&self, name: &[u8]) -> Option<bool> {
        match self {
            Self::All(parts) => decided(parts, name, false),
            Self::Any(parts) => decided(parts, name, true),
            Self::Not(inner) => inner.on_channel(name).map(|holds| !holds),
            Self::Term(Term::Channel(wanted)) => Some(wanted.matches(name)),
            Self::Term(Term::Word(text)) => text.find(name).map(|_| true),
            Self::Term(Term::Is(Is::Notice | Is::Gap)) => Some(false),
            Self::Term(Term::Condition(_)) => Some(true),
            Self::Term(_) => None,
        }
    }

    /// Calls `visit` with every term that is not negated. `is_negated` tells whether the whole
    /// expression is negated.
    pub fn positive_terms<'a>(&'a self, is_negated: bool, visit: &mut impl FnMut(&'a Term)) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.positive_terms(is_negated, visit);
                }
            }
            Self::Not(inner) => inner.positive_terms(!is_negated, visit),
            Self::Term(term) if !is_negated => visit(term),
            Self::Term(_) => {}
        }
    }
}

/// Combines the results of [`Expr::on_channel`] for `parts`. If any part has the result `decisive`,
/// so does the whole.
fn decided(parts: &[Expr], name: &[u8], decisive: bool) -> Option<bool> {
    let mut all = Some(!decisive);
    for part in parts {
        match part.on_channel(name) {
            Some(verdict) if verdict == decisive => return Some(decisive),
            Some(_) => {}
            None => all = None,
        }
    }
    all
}

/// Removes and returns the part in `parts`, if there is exactly one.
fn only(parts: &mut Vec<Expr>) -> Option<Expr> {
    if parts.len() == 1 { parts.pop() } else { None }
}

impl Name {
    /// Returns whether `name` satisfies the condition.
    pub fn matches(&self, name: &[u8]) -> bool {
        match self {
            Self::Exact(exact) => **exact == *name,
            Self::Glob(pattern) => glob::matches(pattern, name),
            Self::Part(text) => text.find(name).is_some(),
        }
    }
}
