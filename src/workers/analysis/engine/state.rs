//! The state of a check.

use std::sync::Arc;

use crate::workers::analysis::delay::Delays;
use crate::workers::analysis::pair::Pair;
use crate::workers::analysis::plan::{Check, Role};
use crate::workers::analysis::report::{Ask, Report};
use crate::workers::analysis::sequence::Sequences;
use crate::workers::analysis::series::AllSeries;
use crate::workers::analysis::shape::Shapes;
use crate::workers::analysis::watched::{Message, Verdict};

/// A check and its state.
#[derive(Debug)]
pub struct State {
    check: Check,
    known: Known,
}

#[derive(Debug)]
enum Known {
    Shape(Box<Shapes>),
    Sequence(Box<Sequences>),
    Pair(Box<Pair>),
    Delay(Box<Delays>),
    Series(Box<AllSeries>),
}

impl State {
    /// Creates the initial state.
    pub fn new(check: &Check) -> Self {
        let known = match check.clone() {
            Check::Shape { .. } => Known::Shape(Box::new(Shapes::new())),
            Check::Sequence { number, key, .. } => {
                Known::Sequence(Box::new(Sequences::new(number, key)))
            }
            Check::Pair { request, reply } => Known::Pair(Box::new(Pair::new(request.1, reply.1))),
            Check::Delay { sent, .. } => Known::Delay(Box::new(Delays::new(sent))),
            Check::Series { what, .. } => Known::Series(Box::new(AllSeries::new(what))),
        };
        Self {
            check: check.clone(),
            known,
        }
    }

    /// Returns the places of the channel `name` in the check: none if it is not watched or the
    /// limit is reached.
    pub fn places(&mut self, name: &Arc<[u8]>) -> Vec<u32> {
        let known = &mut self.known;
        let roles = self.check.roles(name);
        roles.filter_map(|role| known.place(name, role)).collect()
    }

    /// Checks a message on the channel at `place`.
    #[inline]
    pub fn look(&mut self, place: u32, message: &Message<'_>) -> Verdict {
        match &mut self.known {
            Known::Shape(shapes) => shapes.look(place, message),
            Known::Sequence(sequences) => sequences.look(place, message),
            Known::Pair(pair) => pair.look(place, message).into(),
            Known::Delay(delays) => delays.look(place, message).into(),
            Known::Series(series) => {
                series.look(place, message);
                Verdict::Fine
            }
        }
    }

    /// Returns the results; `breaks` is how many times messages may have been lost until now.
    pub fn report(&self, ask: &Ask, breaks: u64) -> Option<Report> {
        let channel = ask.channel.as_deref();
        match &self.known {
            Known::Shape(shapes) => shapes.report(channel, ask.most).map(Report::Shape),
            Known::Sequence(sequences) => {
                Some(Report::Sequence(sequences.report(channel, ask.most)))
            }
            Known::Pair(pair) => Some(Report::Pair(pair.report(ask.most, breaks, ask.gap_until))),
            Known::Delay(delays) => Some(Report::Delay(delays.report(channel, ask.most))),
            Known::Series(series) => {
                let report = series.report(channel, ask.stretch, ask.most);
                report.map(Report::Series)
            }
        }
    }

    /// Whether the check flags rows and has run out of room.
    pub fn leaves_out_some(&self) -> bool {
        match &self.known {
            Known::Shape(shapes) => shapes.is_full(),
            Known::Sequence(sequences) => sequences.is_full(),
            Known::Pair(_) | Known::Delay(_) | Known::Series(_) => false,
        }
    }

    /// Returns the memory use, in bytes.
    pub fn size(&self) -> usize {
        match &self.known {
            Known::Shape(shapes) => shapes.size(),
            Known::Sequence(sequences) => sequences.size(),
            Known::Pair(pair) => pair.size(),
            Known::Delay(delays) => delays.size(),
            Known::Series(series) => series.size(),
        }
    }
}

impl Known {
    fn place(&mut self, name: &Arc<[u8]>, role: Role) -> Option<u32> {
        match self {
            Self::Shape(shapes) => shapes.place(name, role),
            Self::Sequence(sequences) => sequences.place(name, role),
            Self::Pair(_) => Some(Pair::place(role)),
            Self::Delay(delays) => delays.place(name, role),
            Self::Series(series) => series.place(name, role),
        }
    }
}
