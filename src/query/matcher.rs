//! Matching a query against many rows.

use std::cell::Cell;
use std::sync::Arc;

use regex::bytes::Regex;

use crate::message::{SubscriptionId, Time};
use crate::payload::decoder_choices::{DecoderChoice, DecoderChoices};
use crate::payload::lookup::Lookup;
use crate::query::Query;
use crate::query::compare::Compare;
use crate::query::expr::{Expr, Is, Name, Term};
use crate::query::jq::runner::Runner;
use crate::query::literal::Literal;
use crate::query::value::PathTerm;

/// The kind of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A message, which has a payload and a channel.
    Message,
    /// A notice other than a gap.
    Notice,
    /// A gap, which is also a notice.
    Gap,
}

/// A borrowed row of the log.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// When the row arrived.
    pub time: Time,
    /// The kind of the row.
    pub kind: Kind,
    /// The channel, as an index into those passed to [`Matcher::enter`].
    pub channel: u32,
    /// The payload, or the part of it that is kept.
    pub payload: &'a [u8],
    /// The size of the payload on arrival, in bytes.
    pub size: u64,
    /// The subscriptions that delivered the row; only needed if [`Query::uses_via`].
    pub via: &'a [SubscriptionId],
    /// The flags set on the row by checks; only needed if [`Query::uses_flags`].
    pub flags: Flags,
}

/// The flags set on a row by checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// The message deviates from the shape of its channel.
    pub is_drift: bool,
    /// The sequence number was not the expected one.
    pub is_seqgap: bool,
}

/// A query prepared for matching many rows on one thread.
pub struct Matcher {
    query: Arc<Query>,
    root: Node,
    decoder_choices: Arc<DecoderChoices>,
    /// The decoder choice for each channel, by index.
    choices: Vec<Option<DecoderChoice>>,
    /// Whether the query runs a jq program.
    is_slow: bool,
}

/// An [`Expr`] with its caches.
enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    /// These match messages only.
    Text(Literal),
    Word(Literal, Verdicts),
    Regex(Regex),
    Channel(Verdicts),
    Via(Verdicts),
    Size(Compare, u64),
    Path(Box<PathTerm>),
    Jq(Box<Runner>),
    Json,
    Binary,
    /// These match rows of any kind.
    Since(Time),
    Until(Time),
    Notice,
    Gap,
    Drift,
    SeqGap,
}

/// A row with what has been found out about it.
struct Candidate<'a> {
    row: &'a Row<'a>,
    lookup: Lookup<'a, 'a>,
    /// The index of the row within its turn.
    number: usize,
    /// Whether the answer depends on a program that has not run yet.
    is_undecided: Cell<bool>,
}

/// A condition on names, with its verdict for each channel or subscription by index.
struct Verdicts {
    name: Name,
    holds: Vec<bool>,
}

impl Matcher {
    /// Prepares `query` for matching.
    #[must_use]
    pub fn new(query: Arc<Query>) -> Self {
        let root = Node::new(&query.root);
        Self {
            is_slow: query.is_slow(),
            query,
            root,
            decoder_choices: Arc::default(),
            choices: Vec::new(),
        }
    }

    /// Sets the names of all subscriptions, indexed by [`SubscriptionId`], for `via:`. A
    /// subscription that is not among them never matches.
    pub fn set_subscriptions(&mut self, names: &[Arc<[u8]>]) {
        self.root.each(&mut |node| {
            if let Node::Via(verdicts) = node {
                verdicts.judge(names.iter().map(|name| &**name));
            }
        });
    }

    /// Sets the decoder choices of channels, for values in messages. They take effect at the next
    /// [`Matcher::enter`].
    pub fn set_decoder_choices(&mut self, decoder_choices: &Arc<DecoderChoices>) {
        self.decoder_choices = Arc::clone(decoder_choices);
    }

    /// Sets the channel names that the following rows refer to by index.
    pub fn enter<'n>(&mut self, channels: impl IntoIterator<Item = &'n [u8], IntoIter: Clone>) {
        let channels = channels.into_iter();
        self.choices.clear();
        if self.query.uses_values() {
            let decoder_choices = &self.decoder_choices;
            self.choices
                .extend(channels.clone().map(|name| decoder_choices.of(name)));
        }
        self.root.each(&mut |node| {
            if let Node::Channel(verdicts) | Node::Word(_, verdicts) = node {
                verdicts.judge(channels.clone());
            }
        });
    }

    /// Returns whether the row matches.
    #[inline]
    pub fn matches(&mut self, row: &Row<'_>) -> bool {
        if self.is_slow {
            return self.matches_in_turn(std::slice::from_ref(row)) == [true];
        }
        self.root.holds(&self.candidate(row, 0))
    }

    /// Returns whether each of `rows` matches, for a prefix of them: as many as the programs have
    /// time for in one turn, but at least one. Running a program on many rows at once takes much
    /// less time than on one after the other.
    #[must_use]
    pub fn matches_in_turn(&mut self, rows: &[Row<'_>]) -> Vec<bool> {
        self.root.each_program(&mut |program| {
            program.begin(rows.len());
            true
        });
        let mut answers: Vec<Option<bool>> = vec![None; rows.len()];
        let numbered = rows.iter().enumerate();
        let mut undecided: Vec<Candidate<'_>> =
            numbered.map(|(at, row)| self.candidate(row, at)).collect();
        let mut has_time = true;
        loop {
            undecided.retain(|candidate| {
                candidate.is_undecided.set(false);
                let holds = self.root.holds(candidate);
                if !candidate.is_undecided.get() {
                    answers[candidate.number] = Some(holds);
                }
                candidate.is_undecided.get()
            });
            let is_first_known = answers.first().is_none_or(Option::is_some);
            if undecided.is_empty() || is_first_known && !has_time {
                return answers.into_iter().map_while(|answer| answer).collect();
            }
            has_time &= self
                .root
                .each_program(&mut |program| program.run(|number| rows[number].payload));
        }
    }

    fn candidate<'a>(&'a self, row: &'a Row<'a>, number: usize) -> Candidate<'a> {
        let choice = self
            .choices
            .get(row.channel as usize)
            .and_then(Option::as_ref);
        Candidate {
            row,
            lookup: Lookup::new(row.payload, choice),
            number,
            is_undecided: Cell::new(false),
        }
    }

    /// Returns a text that every matching message contains, for scanning a whole arena. Messages on
    /// [`Self::named_channels`] may match without it.
    #[must_use]
    pub fn required_text(&self) -> Option<&Literal> {
        self.required().map(|(literal, _)| literal)
    }

    /// Returns whether the name of each channel contains [`Self::required_text`], by channel index;
    /// empty if no name does or if names are not searched.
    #[must_use]
    pub fn named_channels(&self) -> &[bool] {
        match self.required() {
            Some((_, Some(verdicts))) if verdicts.holds.contains(&true) => &verdicts.holds,
            _ => &[],
        }
    }

    fn required(&self) -> Option<(&Literal, Option<&Verdicts>)> {
        let all = match &self.root {
            Node::All(parts) => parts.as_slice(),
            alone => std::slice::from_ref(alone),
        };
        let texts = all.iter().filter_map(Node::text);
        texts.max_by_key(|(literal, _)| literal.text().len())
    }

    /// Whether the query consists of [`Self::required_text`] alone, so that every occurrence within
    /// a message is a match, and so is every message on one of [`Self::named_channels`].
    #[must_use]
    pub fn is_only_text(&self) -> bool {
        self.root.text().is_some()
    }

    /// Returns the error that occurred while matching, if any: the affected rows did not match.
    #[must_use]
    pub fn trouble(&self) -> Option<&str> {
        self.root.trouble()
    }
}

impl Candidate<'_> {
    /// Whether `program` holds for the payload; leaves the candidate undecided if that is not known yet.
    fn by_program(&self, program: &Runner) -> bool {
        program
            .holds(self.number, self.row.payload)
            .unwrap_or_else(|| {
                self.is_undecided.set(true);
                false
            })
    }
}

impl Verdicts {
    fn new(name: &Name) -> Self {
        Self {
            name: name.clone(),
            holds: Vec::new(),
        }
    }

    fn judge<'n>(&mut self, names: impl Iterator<Item = &'n [u8]>) {
        self.holds.clear();
        let name = &self.name;
        self.holds.extend(names.map(|other| name.takes(other)));
    }

    fn of(&self, index: u32) -> bool {
        self.holds.get(index as usize).copied().unwrap_or(false)
    }
}

impl Node {
    fn new(expr: &Expr) -> Self {
        match expr {
            Expr::All(parts) => Self::All(by_cost(parts)),
            Expr::Any(parts) => Self::Any(by_cost(parts)),
            Expr::Not(inner) => Self::Not(Box::new(Self::new(inner))),
            Expr::Term(term) => match term {
                Term::Text(literal) => Self::Text(literal.clone()),
                Term::Word(literal) => {
                    Self::Word(literal.clone(), Verdicts::new(&Name::Part(literal.clone())))
                }
                // A clone has its own scratch space, so that threads do not contend for it.
                Term::Regex(pattern) => Self::Regex(pattern.regex().clone()),
                Term::Channel(name) => Self::Channel(Verdicts::new(name)),
                Term::Via(name) => Self::Via(Verdicts::new(name)),
                Term::Size(compare, size) => Self::Size(*compare, *size),
                Term::Path(path) => Self::Path(path.clone()),
                Term::Jq(program) => Self::Jq(Box::new(Runner::new(program))),
                Term::Since(time) => Self::Since(*time),
                Term::Until(time) => Self::Until(*time),
                Term::Is(Is::Json) => Self::Json,
                Term::Is(Is::Binary) => Self::Binary,
                Term::Is(Is::Notice) => Self::Notice,
                Term::Is(Is::Gap) => Self::Gap,
                Term::Is(Is::Drift) => Self::Drift,
                Term::Is(Is::SeqGap) => Self::SeqGap,
            },
        }
    }

    /// Returns the text of a text term, unless it is empty, and the channels whose names contain it
    /// if names are searched.
    fn text(&self) -> Option<(&Literal, Option<&Verdicts>)> {
        let text = match self {
            Self::Text(literal) => (literal, None),
            Self::Word(literal, verdicts) => (literal, Some(verdicts)),
            _ => return None,
        };
        (!text.0.text().is_empty()).then_some(text)
    }

    fn holds(&self, candidate: &Candidate<'_>) -> bool {
        let row = candidate.row;
        let is_message = row.kind == Kind::Message;
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(candidate)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(candidate)),
            Self::Not(inner) => !inner.holds(candidate),
            Self::Since(time) => row.time >= *time,
            Self::Until(time) => row.time < *time,
            Self::Notice => !is_message,
            Self::Gap => row.kind == Kind::Gap,
            _ if !is_message => false,
            Self::Drift => row.flags.is_drift,
            Self::SeqGap => row.flags.is_seqgap,
            Self::Text(literal) => literal.find(row.payload).is_some(),
            Self::Word(literal, verdicts) => {
                verdicts.of(row.channel) || literal.find(row.payload).is_some()
            }
            Self::Regex(regex) => regex.is_match(row.payload),
            Self::Channel(verdicts) => verdicts.of(row.channel),
            Self::Via(verdicts) => row.via.iter().any(|id| verdicts.of(id.0)),
            Self::Size(compare, size) => compare.holds(row.size.cmp(size)),
            Self::Path(path) => path.holds(row.payload, &candidate.lookup),
            Self::Jq(program) => candidate.lookup.is_json() && candidate.by_program(program),
            Self::Json => candidate.lookup.is_json(),
            Self::Binary => is_binary(row.payload),
        }
    }

    /// Calls `seen` with every leaf node.
    fn each(&mut self, seen: &mut impl FnMut(&mut Self)) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.each(seen);
                }
            }
            Self::Not(inner) => inner.each(seen),
            term => seen(term),
        }
    }

    /// Calls `visit` with every program and returns whether it was true for all.
    fn each_program(&self, visit: &mut impl FnMut(&Runner) -> bool) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                let mut is_true = true;
                for part in parts {
                    is_true &= part.each_program(visit);
                }
                is_true
            }
            Self::Not(inner) => inner.each_program(visit),
            Self::Jq(program) => visit(program),
            _ => true,
        }
    }

    fn trouble(&self) -> Option<&str> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().find_map(Self::trouble),
            Self::Not(inner) => inner.trouble(),
            Self::Jq(program) => program.trouble(),
            _ => None,
        }
    }

    /// Returns the approximate cost of evaluating the node, for ordering.
    fn cost(&self) -> u32 {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().map(Self::cost).sum(),
            Self::Not(inner) => inner.cost(),
            Self::Text(_) | Self::Word(..) => 20,
            Self::Binary => 30,
            Self::Regex(_) => 60,
            Self::Path(_) => 80,
            Self::Json => 120,
            Self::Jq(_) => 2000,
            Self::Via(_) => 2,
            _ => 1,
        }
    }
}

/// Returns the nodes of `parts`, cheapest first; they have no side effects, so any order will do.
fn by_cost(parts: &[Expr]) -> Vec<Node> {
    let mut nodes: Vec<Node> = parts.iter().map(Node::new).collect();
    nodes.sort_by_key(Node::cost);
    nodes
}

/// Whether `payload` is not text: not UTF-8, or with control characters other than tab, line feed
/// and carriage return.
fn is_binary(payload: &[u8]) -> bool {
    str::from_utf8(payload).map_or(true, |text| {
        text.chars()
            .any(|next| next.is_control() && !matches!(next, '\t' | '\n' | '\r'))
    })
}
