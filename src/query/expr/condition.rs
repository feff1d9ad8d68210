//! Conditions on a channel over time, which only breakpoints can have.

use std::time::Duration;

use crate::query::compare::Compare;
use crate::query::value::{PathTerm, Test, TypeClash};

use super::{Expr, Term};

/// A condition on the messages of each channel over time, rather than on a single message.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// A message is the first to satisfy a condition, or the first that no longer does.
    Crossing(Crossing),
    /// The value at a path differs from that in the previous message with a value at this path.
    Changed(Box<PathTerm>),
    /// The channel has been silent for this long.
    Silent(Duration),
    /// The number of messages per second satisfies this comparison with this number.
    Rate(Compare, f64),
}

/// A state that a channel enters with one message and leaves with a later message.
#[derive(Clone, Debug, PartialEq)]
pub struct Crossing {
    /// The condition that a message must satisfy to enter the state.
    pub(in crate::query) enter: Expr,
    /// The condition that a message must satisfy to leave the state.
    pub(in crate::query) leave: Expr,
    /// Whether entering the state, leaving it or both are hits.
    pub(in crate::query) edges: Edges,
}

/// Which changes of a state are hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edges {
    /// Only entering the state.
    Enter,
    /// Only leaving the state.
    Leave,
    /// Both entering and leaving.
    Both,
}

impl Edges {
    /// Returns whether entering the state (or leaving it, if `is_entering` is not set) is a hit.
    pub fn include(self, is_entering: bool) -> bool {
        match self {
            Self::Enter => is_entering,
            Self::Leave => !is_entering,
            Self::Both => true,
        }
    }
}

impl Crossing {
    /// Creates a state that a message leaves if it has values at all paths that `enter` compares
    /// but does not satisfy `enter`.
    pub fn of(enter: Expr, edges: Edges) -> Self {
        let mut paths = Vec::new();
        enter.each_term(&mut |term| {
            if let Term::Path(path) = term {
                let exists = PathTerm::new(path.steps().to_vec(), Test::Exists);
                paths.push(Expr::Term(Term::Path(Box::new(exists))));
            }
        });
        paths.push(enter.clone().negate());
        let leave = Expr::all(paths);
        Self {
            enter,
            leave,
            edges,
        }
    }

    /// Returns the first path that the condition compares, if any.
    pub(in crate::query) fn path(&self) -> Option<&PathTerm> {
        let mut first = None;
        self.enter.each_term(&mut |term| {
            if let Term::Path(path) = term {
                first = first.or(Some(&**path));
            }
        });
        first
    }
}

impl Condition {
    /// Returns whether messages alone decide the condition, regardless of the time that passes
    /// between them.
    pub fn is_on_messages(&self) -> bool {
        matches!(self, Self::Crossing(_) | Self::Changed(_))
    }

    /// Returns why the condition on messages is met by no value of the type of this one, in JSON.
    /// With several terms, another one may be met.
    pub fn clash(&self, value: &[u8]) -> Option<TypeClash> {
        match self {
            Self::Crossing(crossing) => match &crossing.enter {
                Expr::Term(Term::Path(path)) => path.clash(value),
                _ => None,
            },
            Self::Changed(_) | Self::Silent(_) | Self::Rate(..) => None,
        }
    }

    /// Calls `visit` with every term inside the condition.
    pub(in crate::query) fn each_term<'a>(&'a self, visit: &mut impl FnMut(&'a Term)) {
        if let Self::Crossing(crossing) = self {
            crossing.enter.each_term(visit);
        }
    }
}
