//! The nodes of a query, prepared for matching.

use std::cell::Cell;

use regex::bytes::Regex;

use crate::log::RowKind;
use crate::message::Time;
use crate::payload::lookup::Lookup;
use crate::query::compare::Compare;
use crate::query::expr::{Expr, Is, Name, Term};
use crate::query::jq::runner::Runner;
use crate::query::literal::Literal;
use crate::query::row::Row;
use crate::query::value::PathTerm;

/// An [`Expr`] with its caches.
pub enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    /// This variant and those below, up to `Jq`, match only messages.
    Text(Literal),
    Word(Literal, Verdicts),
    Regex(Regex),
    RawText(Literal),
    RawRegex(Regex),
    Channel(Verdicts),
    Via(Verdicts),
    Size(Compare, u64),
    Path(Box<PathTerm>),
    Jq(Box<Runner>),
    /// This variant and those below match rows of any kind.
    Since(Time),
    Until(Time),
    Is(Is),
}

/// A row being matched.
pub struct Candidate<'a> {
    pub row: &'a Row<'a>,
    pub lookup: Lookup<'a, 'a>,
    /// Whether the payload may be shown differently from how it is written.
    pub may_differ: bool,
    /// The index of the row within its turn.
    pub number: usize,
    /// Whether the answer depends on a program that has not run yet.
    pub is_undecided: Cell<bool>,
}

impl Candidate<'_> {
    /// Returns whether `test` is true for the payload as it is written or as it is shown.
    fn has_text(&self, test: impl Fn(&[u8]) -> bool) -> bool {
        test(self.row.payload) || self.may_differ && self.lookup.text().is_some_and(test)
    }
}

/// A condition on names, with its result for each channel or subscription, by index.
pub struct Verdicts {
    name: Name,
    pub holds: Vec<bool>,
}

impl Verdicts {
    pub fn new(name: &Name) -> Self {
        Self {
            name: name.clone(),
            holds: Vec::new(),
        }
    }

    pub fn judge<'n>(&mut self, names: impl Iterator<Item = &'n [u8]>) {
        self.holds.clear();
        let name = &self.name;
        self.holds.extend(names.map(|other| name.matches(other)));
    }

    pub fn of(&self, index: u32) -> bool {
        self.holds.get(index as usize).copied().unwrap_or(false)
    }
}

impl Node {
    pub fn new(expr: &Expr) -> Self {
        match expr {
            Expr::All(parts) => Self::All(by_cost(parts)),
            Expr::Any(parts) => Self::Any(by_cost(parts)),
            Expr::Not(inner) => Self::Not(Box::new(Self::new(inner))),
            Expr::Term(term) => match term {
                Term::Text(literal) => Self::Text(literal.clone()),
                Term::Word(literal) => {
                    Self::Word(literal.clone(), Verdicts::new(&Name::Part(literal.clone())))
                }
                // Each clone has its own scratch space, so threads do not contend for it.
                Term::Regex(pattern) => Self::Regex(pattern.regex().clone()),
                Term::RawText(literal) => Self::RawText(literal.clone()),
                Term::RawRegex(pattern) => Self::RawRegex(pattern.regex().clone()),
                Term::Channel(name) => Self::Channel(Verdicts::new(name)),
                Term::Via(name) => Self::Via(Verdicts::new(name)),
                Term::Size(compare, size) => Self::Size(*compare, *size),
                Term::Path(path) => Self::Path(path.clone()),
                Term::Jq(program) => Self::Jq(Box::new(Runner::new(program))),
                Term::Since(time) => Self::Since(*time),
                Term::Until(time) => Self::Until(*time),
                Term::Is(kind) => Self::Is(*kind),
                Term::Condition(_) => Self::All(Vec::new()),
            },
        }
    }

    /// Returns the text of a text term, if it is not empty, and the channels whose names contain
    /// the text.
    pub fn text(&self) -> Option<(&Literal, Option<&Verdicts>)> {
        let text = match self {
            Self::Text(literal) | Self::RawText(literal) => (literal, None),
            Self::Word(literal, verdicts) => (literal, Some(verdicts)),
            _ => return None,
        };
        (!text.0.text().is_empty()).then_some(text)
    }

    pub fn holds(&self, candidate: &Candidate<'_>) -> bool {
        let row = candidate.row;
        let is_message = row.kind == RowKind::Message;
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(candidate)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(candidate)),
            Self::Not(inner) => !inner.holds(candidate),
            Self::Since(time) => row.time >= *time,
            Self::Until(time) => row.time < *time,
            Self::Is(Is::Notice) => !is_message,
            Self::Is(Is::Gap) => row.kind == RowKind::Gap,
            _ if !is_message => false,
            Self::Is(Is::Drift) => row.flags.is_drift,
            Self::Is(Is::Invalid) => row.flags.is_invalid,
            Self::Is(Is::SeqGap) => row.flags.is_seqgap,
            Self::Text(literal) => candidate.has_text(|text| literal.find(text).is_some()),
            Self::Word(literal, verdicts) => {
                verdicts.of(row.channel) || candidate.has_text(|text| literal.find(text).is_some())
            }
            Self::Regex(regex) => candidate.has_text(|text| regex.is_match(text)),
            Self::RawText(literal) => literal.find(row.payload).is_some(),
            Self::RawRegex(regex) => regex.is_match(row.payload),
            Self::Channel(verdicts) => verdicts.of(row.channel),
            Self::Via(verdicts) => row.via.iter().any(|id| verdicts.of(id.0)),
            Self::Size(compare, size) => compare.holds(row.size.cmp(size)),
            Self::Path(path) => path.holds(row.payload, &candidate.lookup, candidate.may_differ),
            Self::Jq(program) => candidate.lookup.json().is_ok_and(|input| {
                let holds = program.holds(candidate.number, input);
                holds.unwrap_or_else(|| {
                    candidate.is_undecided.set(true);
                    false
                })
            }),
            Self::Is(Is::Json) => candidate.lookup.is_json(),
            Self::Is(Is::Binary) => is_binary(row.payload),
        }
    }

    /// Calls `visit` with every leaf node.
    pub fn each(&mut self, visit: &mut impl FnMut(&mut Self)) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.each(visit);
                }
            }
            Self::Not(inner) => inner.each(visit),
            term => visit(term),
        }
    }

    /// Calls `visit` with every program.
    pub fn each_program<'a>(&'a self, visit: &mut impl FnMut(&'a Runner)) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.each_program(visit);
                }
            }
            Self::Not(inner) => inner.each_program(visit),
            Self::Jq(program) => visit(program),
            _ => {}
        }
    }

    /// Returns the approximate cost of evaluating the node, for ordering.
    fn cost(&self) -> u32 {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().map(Self::cost).sum(),
            Self::Not(inner) => inner.cost(),
            Self::Text(_) | Self::Word(..) | Self::RawText(_) => 20,
            Self::Is(Is::Binary) => 30,
            Self::Regex(_) | Self::RawRegex(_) => 60,
            Self::Path(_) => 80,
            Self::Is(Is::Json) => 120,
            Self::Jq(_) => 2000,
            Self::Via(_) => 2,
            _ => 1,
        }
    }
}

/// Returns the nodes of `parts`, cheapest first. Nodes have no side effects, so their order does
/// not affect the result.
fn by_cost(parts: &[Expr]) -> Vec<Node> {
    let mut nodes: Vec<Node> = parts.iter().map(Node::new).collect();
    nodes.sort_by_key(Node::cost);
    nodes
}

/// Returns whether `payload` is not UTF-8, or has control characters other than `\t`, `\n`, `\r`.
fn is_binary(payload: &[u8]) -> bool {
    str::from_utf8(payload).map_or(true, |text| {
        text.chars()
            .any(|next| next.is_control() && !matches!(next, '\t' | '\n' | '\r'))
    })
}
