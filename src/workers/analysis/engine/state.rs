//! The state of a check.

use std::sync::Arc;

use crate::workers::analysis::conformance::Conformance;
use crate::workers::analysis::delay::Delays;
use crate::workers::analysis::pair::Pair;
use crate::workers::analysis::plan::Check;
use crate::workers::analysis::report::{Ask, Report};
use crate::workers::analysis::sequence::Sequences;
use crate::workers::analysis::series::AllSeries;
use crate::workers::analysis::shape::Shapes;
use crate::workers::analysis::watched::{Message, Verdict};

/// A check and its state.
#[derive(Debug)]
pub struct State {
    check: Check,
    results: Results,
}

#[derive(Debug)]
enum Results {
    Shape(Box<Shapes>),
    Schema(Box<Conformance>),
    Sequence(Box<Sequences>),
    Pair(Box<Pair>),
    Delay(Box<Delays>),
    Series(Box<AllSeries>),
}

impl State {
    /// Creates the initial state.
    pub fn new(check: &Check) -> Self {
        let results = match check.clone() {
            Check::Shape(_) => Results::Shape(Box::new(Shapes::new())),
            Check::Schema(_, schema) => Results::Schema(Box::new(Conformance::new(schema))),
            Check::Sequence { number, key, .. } => {
                Results::Sequence(Box::new(Sequences::new(number, key)))
            }
            Check::Pair { request, reply } => {
                Results::Pair(Box::new(Pair::new(request.1, reply.1)))
            }
            Check::Delay { sent, .. } => Results::Delay(Box::new(Delays::new(sent))),
            Check::Series { what, .. } => Results::Series(Box::new(AllSeries::new(what))),
        };
        let check = check.clone();
        Self { check, results }
    }

    /// Returns the slots of the channel `name` in the check: none if the channel is not watched, or
    /// if the limit on channels is reached.
    pub fn places(&mut self, name: &Arc<[u8]>) -> Vec<u32> {
        let results = &mut self.results;
        let places = self.check.roles(name).filter_map(|role| match results {
            Results::Shape(shapes) => shapes.channels.place(name),
            Results::Schema(schema) => schema.channels.place(name),
            Results::Sequence(sequences) => sequences.channels.place(name),
            Results::Pair(_) => Some(role as u32),
            Results::Delay(delays) => delays.channels.place(name),
            Results::Series(series) => series.channels.place(name),
        });
        places.collect()
    }

    /// Checks a message on the channel in slot `place`.
    #[inline]
    pub fn check(&mut self, place: u32, message: &Message<'_>) -> Verdict {
        match &mut self.results {
            Results::Shape(shapes) => shapes.check(place, message),
            Results::Schema(schema) => schema.check(place, message),
            Results::Sequence(sequences) => sequences.check(place, message),
            Results::Pair(pair) => pair.check(place, message).into(),
            Results::Delay(delays) => delays.check(place, message).into(),
            Results::Series(series) => {
                series.add(place, message);
                Verdict::Fine
            }
        }
    }

    /// Returns the current results. `breaks` is the number of breaks so far (see
    /// `Message::breaks`).
    pub fn report(&self, ask: &Ask, breaks: u64) -> Option<Report> {
        let channel = ask.channel.as_deref();
        Some(match &self.results {
            Results::Shape(shapes) => Report::Shape(shapes.report(channel, ask.most)?),
            Results::Schema(schema) => Report::Schema(schema.report(channel)?),
            Results::Sequence(sequences) => Report::Sequence(sequences.report(channel, ask.most)),
            Results::Pair(pair) => Report::Pair(pair.report(ask.most, breaks, ask.gap_until)),
            Results::Delay(delays) => Report::Delay(delays.report(channel, ask.most)),
            Results::Series(series) => {
                Report::Series(series.report(channel, ask.stretch, ask.most)?)
            }
        })
    }

    /// Returns whether the check flags rows and has left out channels because a limit was reached.
    pub fn leaves_out_some(&self) -> bool {
        match &self.results {
            Results::Shape(shapes) => shapes.channels.is_full,
            Results::Schema(schema) => schema.channels.is_full,
            Results::Sequence(sequences) => sequences.channels.is_full,
            Results::Pair(_) | Results::Delay(_) | Results::Series(_) => false,
        }
    }

    /// Returns the memory use, in bytes.
    pub fn size(&self) -> usize {
        match &self.results {
            Results::Shape(shapes) => shapes.size(),
            Results::Schema(schema) => schema.size(),
            Results::Sequence(sequences) => sequences.size(),
            Results::Pair(pair) => pair.size(),
            Results::Delay(delays) => delays.size(),
            Results::Series(series) => series.size(),
        }
    }
}
