//! A query made ready to be asked of many rows.

use std::cell::Cell;
use std::sync::Arc;

use regex::bytes::Regex;

use crate::message::{SubscriptionId, Time};
use crate::payload::decoder_choices::{DecoderChoice, DecoderChoices};
use crate::payload::lookup::Lookup;
use crate::query::Query;
use crate::query::compare::Compare;
use crate::query::expr::{Expr, Is, Name, Term};
use crate::query::jq::asker::Asker;
use crate::query::literal::Literal;
use crate::query::value::PathTerm;

/// What sort of row it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A message, which has a payload and a channel.
    Message,
    /// A notice that is not a gap.
    Notice,
    /// A gap, which is a notice too.
    Gap,
}

/// A row of the log, borrowed.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// When it came.
    pub time: Time,
    /// What it is.
    pub kind: Kind,
    /// Its channel, as an index into those given to [`Matcher::enter`].
    pub channel: u32,
    /// The payload, or what is kept of it.
    pub payload: &'a [u8],
    /// How many bytes the payload had when it came.
    pub size: u64,
    /// The subscriptions that brought it; only needed if [`Query::asks_via`].
    pub via: &'a [SubscriptionId],
    /// For what checks have flagged it; only needed if [`Query::asks_flags`].
    pub flags: Flags,
}

/// For what checks have flagged a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// It deviates from the shape of its channel.
    pub is_drift: bool,
    /// Its number was not the one expected.
    pub is_seqgap: bool,
}

/// A query made ready to be asked of many rows, on one thread.
pub struct Matcher {
    query: Arc<Query>,
    root: Node,
    decoder_choices: Arc<DecoderChoices>,
    /// What is said of the payloads of each channel by index.
    said: Vec<Option<DecoderChoice>>,
    /// Whether it asks a program.
    is_slow: bool,
}

/// An [`Expr`] with what is known about it.
enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    /// Of messages only, as are all of the next ones.
    Text(Literal),
    Word(Literal, Verdicts),
    Regex(Regex),
    Channel(Verdicts),
    Via(Verdicts),
    Size(Compare, u64),
    Path(Box<PathTerm>),
    Jq(Box<Asker>),
    Json,
    Binary,
    /// Of all rows, as are all of the next ones.
    Since(Time),
    Until(Time),
    Notice,
    Gap,
    Drift,
    SeqGap,
}

/// A row, with what was found out about it.
struct Asked<'a> {
    row: &'a Row<'a>,
    lookup: Lookup<'a, 'a>,
    /// Which row of the turn it is.
    number: usize,
    /// Whether a program has to be asked before there is an answer.
    is_open: Cell<bool>,
}

/// A name, and for each channel or subscription by index whether it has it.
struct Verdicts {
    name: Name,
    holds: Vec<bool>,
}

impl Matcher {
    /// Makes `query` ready.
    #[must_use]
    pub fn new(query: Arc<Query>) -> Self {
        let root = Node::new(&query.root);
        Self {
            is_slow: query.is_slow(),
            query,
            root,
            decoder_choices: Arc::default(),
            said: Vec::new(),
        }
    }

    /// The query that is asked.
    #[must_use]
    pub fn query(&self) -> &Arc<Query> {
        &self.query
    }

    /// Takes the names of all subscriptions by [`SubscriptionId`], for `via:`. A row that was
    /// brought by one that is not among them is as if it was not.
    pub fn know_subscriptions(&mut self, names: &[Arc<[u8]>]) {
        self.root.each(&mut |node| {
            if let Node::Via(verdicts) = node {
                verdicts.judge(names.iter().map(|name| &**name));
            }
        });
    }

    /// Takes what is said of how the messages of channels are read, for the values in them. It
    /// counts from the next [`Matcher::enter`] on.
    pub fn know_readings(&mut self, decoder_choices: &Arc<DecoderChoices>) {
        self.decoder_choices = Arc::clone(decoder_choices);
    }

    /// Takes the names of the channels that the rows which follow give by index.
    pub fn enter<'n>(&mut self, channels: impl IntoIterator<Item = &'n [u8], IntoIter: Clone>) {
        let channels = channels.into_iter();
        self.said.clear();
        if self.query.asks_values() {
            let decoder_choices = &self.decoder_choices;
            self.said
                .extend(channels.clone().map(|name| decoder_choices.of(name)));
        }
        self.root.each(&mut |node| {
            if let Node::Channel(verdicts) | Node::Word(_, verdicts) = node {
                verdicts.judge(channels.clone());
            }
        });
    }

    /// Whether the row matches.
    #[inline]
    pub fn matches(&mut self, row: &Row<'_>) -> bool {
        if self.is_slow {
            return self.matches_in_turn(std::slice::from_ref(row)) == [true];
        }
        self.root.holds(&self.asked(row, 0))
    }

    /// Whether `rows` match: of the first of them, as many as their programs have time for in one
    /// turn, and of one at least. To ask a program of many at once takes much less time than to ask
    /// it of one after the other.
    #[must_use]
    pub fn matches_in_turn(&mut self, rows: &[Row<'_>]) -> Vec<bool> {
        self.root.each_program(&mut |program| {
            program.begin(rows.len());
            true
        });
        let mut answers: Vec<Option<bool>> = vec![None; rows.len()];
        let numbered = rows.iter().enumerate();
        let mut open: Vec<Asked<'_>> = numbered.map(|(at, row)| self.asked(row, at)).collect();
        let mut has_time = true;
        loop {
            open.retain(|asked| {
                asked.is_open.set(false);
                let holds = self.root.holds(asked);
                if !asked.is_open.get() {
                    answers[asked.number] = Some(holds);
                }
                asked.is_open.get()
            });
            let is_first_known = answers.first().is_none_or(Option::is_some);
            if open.is_empty() || is_first_known && !has_time {
                return answers.into_iter().map_while(|answer| answer).collect();
            }
            has_time &= self
                .root
                .each_program(&mut |program| program.ask(|number| rows[number].payload));
        }
    }

    fn asked<'a>(&'a self, row: &'a Row<'a>, number: usize) -> Asked<'a> {
        let reading = self.said.get(row.channel as usize).and_then(Option::as_ref);
        Asked {
            row,
            lookup: Lookup::new(row.payload, reading),
            number,
            is_open: Cell::new(false),
        }
    }

    /// A text that every message which matches holds, to scan a whole arena for. Messages on
    /// [`Self::named_channels`] may match without it.
    #[must_use]
    pub fn required_text(&self) -> Option<&Literal> {
        self.required().map(|(literal, _)| literal)
    }

    /// Whether the name of a channel holds [`Self::required_text`], by the index of the channel;
    /// empty if no name does, or if names do not count.
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

    /// Whether nothing but [`Self::required_text`] is asked, so that a hit within a message is a
    /// match, and so is every message on one of [`Self::named_channels`].
    #[must_use]
    pub fn is_only_text(&self) -> bool {
        self.root.text().is_some()
    }

    /// What went wrong on the way, if anything did: the rows it went wrong with did not match.
    #[must_use]
    pub fn trouble(&self) -> Option<&str> {
        self.root.trouble()
    }
}

impl Asked<'_> {
    /// Whether `program` holds for the payload; if that is not known yet, the answer is left open.
    fn by_program(&self, program: &Asker) -> bool {
        program
            .holds(self.number, self.row.payload)
            .unwrap_or_else(|| {
                self.is_open.set(true);
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
                // A clone has scratch of its own, so that threads do not wait for one another.
                Term::Regex(pattern) => Self::Regex(pattern.regex().clone()),
                Term::Channel(name) => Self::Channel(Verdicts::new(name)),
                Term::Via(name) => Self::Via(Verdicts::new(name)),
                Term::Size(compare, size) => Self::Size(*compare, *size),
                Term::Path(path) => Self::Path(path.clone()),
                Term::Jq(program) => Self::Jq(Box::new(Asker::new(program))),
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

    /// The text that is asked for, if it is no empty one, and which channels have it in their name
    /// if that counts.
    fn text(&self) -> Option<(&Literal, Option<&Verdicts>)> {
        let text = match self {
            Self::Text(literal) => (literal, None),
            Self::Word(literal, verdicts) => (literal, Some(verdicts)),
            _ => return None,
        };
        (!text.0.text().is_empty()).then_some(text)
    }

    fn holds(&self, asked: &Asked<'_>) -> bool {
        let row = asked.row;
        let is_message = row.kind == Kind::Message;
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(asked)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(asked)),
            Self::Not(inner) => !inner.holds(asked),
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
            Self::Path(path) => path.holds(row.payload, &asked.lookup),
            Self::Jq(program) => asked.lookup.is_json() && asked.by_program(program),
            Self::Json => asked.lookup.is_json(),
            Self::Binary => is_binary(row.payload),
        }
    }

    /// Gives `seen` every node that is no list and no negation.
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

    /// Gives `visit` every program, and says whether it is true of all.
    fn each_program(&self, visit: &mut impl FnMut(&Asker) -> bool) -> bool {
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

    /// What it costs to ask this, roughly and to order by.
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

/// The nodes of `parts`, cheap ones first: all are without effect, so the order is free.
fn by_cost(parts: &[Expr]) -> Vec<Node> {
    let mut nodes: Vec<Node> = parts.iter().map(Node::new).collect();
    nodes.sort_by_key(Node::cost);
    nodes
}

/// Whether `payload` is no text: not UTF-8, or with control characters that text has not.
fn is_binary(payload: &[u8]) -> bool {
    str::from_utf8(payload).map_or(true, |text| {
        text.chars()
            .any(|next| next.is_control() && !matches!(next, '\t' | '\n' | '\r'))
    })
}
