//! Conditions on a channel over time, which only breakpoints can have.

use std::time::Duration;

use crate::query::compare::Compare;
use crate::query::value::{PathTerm, Test, TypeClash};

use super::{Expr, Term};

/// A condition on the messages of each channel over time, rather than on one message.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// A message is the first to satisfy a condition, or the first that no longer does.
    Crossing(Crossing),
    /// The value at a path differs from that of the previous message with a value there.
    Changed(Box<PathTerm>),
    /// The channel has been silent for this long.
    Silent(Duration),
    /// The messages per second compare to this number in this way.
    Rate(Compare, f64),
}

/// A state that a channel enters with one message and leaves with a later one.
#[derive(Clone, Debug, PartialEq)]
pub struct Crossing {
    /// What a message that enters the state satisfies.
    pub(in crate::query) enter: Expr,
    /// What a message that leaves the state satisfies.
    pub(in crate::query) leave: Expr,
    /// Which of the two is a hit.
    pub(in crate::query) edges: Edges,
}

/// Which changes of a state are hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edges {
    /// Entering it.
    Enter,
    /// Leaving it.
    Leave,
    /// Both.
    Both,
}

impl Edges {
    /// Returns whether a change to or from the state is a hit.
    pub fn include(self, is_entering: bool) -> bool {
        match self {
            Self::Enter => is_entering,
            Self::Leave => !is_entering,
            Self::Both => true,
        }
    }
}

impl Crossing {
    /// Creates a state that a message leaves if it has the values that `enter` asks for and does not
    /// satisfy it.
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
    /// Returns whether the condition is judged by messages alone, rather than by the time that
    /// passes between them.
    pub fn is_on_messages(&self) -> bool {
        matches!(self, Self::Crossing(_) | Self::Changed(_))
    }

    /// Returns why the condition on messages is met by no value of the type of this one, in JSON.
    pub fn clash(&self, value: &[u8]) -> Option<TypeClash> {
        match self {
            Self::Crossing(crossing) => crossing.path()?.clash(value),
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
