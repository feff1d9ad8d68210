//! Matches a query against many rows.

mod node;

use std::cell::Cell;
use std::sync::Arc;

use self::node::{Candidate, Node, Verdicts};
use crate::payload::decoder_choices::{DecoderChoice, DecoderChoices};
use crate::payload::json::locate::PathStep;
use crate::payload::lookup::Lookup;
use crate::query::Query;
use crate::query::literal::Literal;
use crate::query::row::Row;

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

impl Matcher {
    /// Prepares `query` for matching.
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

    /// Sets the names of all subscriptions, indexed by id, for `via:`. Subscriptions that are not
    /// among them never match.
    pub fn set_subscriptions(&mut self, names: &[Arc<[u8]>]) {
        self.root.each(&mut |node| {
            if let Node::Via(verdicts) = node {
                verdicts.judge(names.iter().map(|name| &**name));
            }
        });
    }

    /// Sets the decoder choices of channels, which take effect at the next [`Matcher::enter`].
    pub fn set_decoder_choices(&mut self, decoder_choices: &Arc<DecoderChoices>) {
        self.decoder_choices = Arc::clone(decoder_choices);
    }

    /// Sets the channel names that the following rows refer to by index.
    pub fn enter<'n>(&mut self, channels: impl IntoIterator<Item = &'n [u8], IntoIter: Clone>) {
        let channels = channels.into_iter();
        self.choices.clear();
        if self.query.uses_values() {
            let choices = channels.clone().map(|name| self.decoder_choices.of(name));
            self.choices.extend(choices);
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

    /// Returns whether the row matches, whose payload `lookup` reads. Returns the lookup as well, so
    /// that several queries can share what it has decoded. The query must not run a jq program.
    pub fn matches_read<'a>(
        &self,
        row: &'a Row<'a>,
        lookup: Lookup<'a, 'a>,
    ) -> (bool, Lookup<'a, 'a>) {
        let candidate = Candidate {
            row,
            may_differ: row.may_differ,
            lookup,
            number: 0,
            is_undecided: Cell::new(false),
        };
        (self.root.holds(&candidate), candidate.lookup)
    }

    /// Returns whether each of the first `rows` matches, for as many rows as the jq programs have
    /// time for in one turn, but at least one. Running a program on many rows at once takes much
    /// less time than running it on each row alone.
    pub fn matches_in_turn(&mut self, rows: &[Row<'_>]) -> Vec<bool> {
        self.root
            .each_program(&mut |program| program.begin(rows.len()));
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
            self.root.each_program(&mut |program| {
                has_time &= program.run(|number| input(&undecided, number));
            });
        }
    }

    /// Calls `visit` with the value at `steps` in the payload of a row, if there is one.
    pub fn with_value(&self, row: &Row<'_>, steps: &[PathStep], visit: &mut dyn FnMut(&[u8])) {
        let lookup = self.candidate(row, 0).lookup;
        if let Some(value) = lookup.value(steps) {
            visit(&value);
        }
    }

    fn candidate<'a>(&'a self, row: &'a Row<'a>, number: usize) -> Candidate<'a> {
        let choice = self.choices.get(row.channel as usize);
        let choice = choice.and_then(Option::as_ref);
        Candidate {
            row,
            may_differ: row.may_differ || choice.is_some(),
            lookup: Lookup::new(row.payload, choice),
            number,
            is_undecided: Cell::new(false),
        }
    }

    /// Returns, by channel index, whether a decoder was chosen for the channel; empty if for none.
    pub fn decoded_channels(&self) -> Vec<bool> {
        let chosen: Vec<bool> = self.choices.iter().map(Option::is_some).collect();
        if chosen.contains(&true) {
            chosen
        } else {
            Vec::new()
        }
    }

    /// Returns text that every matching message contains, for scanning a whole arena. Messages on
    /// [`Self::named_channels`], and those that may be shown differently from how they are written,
    /// may match without it.
    pub fn required_text(&self) -> Option<&Literal> {
        self.required().map(|(literal, _)| literal)
    }

    /// Returns, by channel index, whether the name contains [`Self::required_text`]; empty if no
    /// name contains it or if names are not searched.
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

    /// Returns whether the query is just [`Self::required_text`], so that a message matches if it
    /// contains that text or is on one of [`Self::named_channels`].
    pub fn is_only_text(&self) -> bool {
        self.root.text().is_some()
    }

    /// Returns the error that occurred while matching, if any. Rows that caused an error do not
    /// match.
    pub fn trouble(&self) -> Option<&str> {
        let mut trouble = None;
        self.root
            .each_program(&mut |program| trouble = trouble.or(program.trouble()));
        trouble
    }
}

/// Returns what a jq program reads of the candidate with this number.
fn input<'a>(candidates: &'a [Candidate<'_>], number: usize) -> &'a [u8] {
    let index = candidates.binary_search_by_key(&number, |candidate| candidate.number);
    let input = index
        .ok()
        .and_then(|index| candidates[index].lookup.json().ok());
    input.unwrap_or_default()
}
