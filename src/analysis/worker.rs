//! The work itself: rows of a segment, put to the checks that watch their channels.

mod state;

use std::ops::Range;
use std::sync::Arc;

use hashbrown::HashMap;

use self::state::State;
use super::finding::Finding;
use super::plan::{CheckId, Plan};
use super::report::{Ask, Report};
use super::skips::Skips;
use super::watched::{Message, Verdict};
use crate::log::{RowKind, Segment, SegmentRow};
use crate::message::RowId;
use crate::payload::decoder_choices::{DecoderChoice, DecoderChoices};
use crate::payload::lookup::Lookup;

/// Stands for a channel of the segment that has not been judged yet.
const UNJUDGED: u32 = u32::MAX;

/// Stands for a channel that no check watches.
const UNWATCHED: u32 = u32::MAX - 1;

/// The most channels whose routes are remembered. Of a pair there is no other bound of channels.
const MOST_ROUTES: usize = 16_384;

/// Makes the checks of a plan of the rows that it is given. Has no thread and reads no clock.
#[derive(Debug, Default)]
pub struct Worker {
    watching: Vec<Watching>,
    /// What is to be done with the messages of each channel that is watched.
    routes: Vec<Route>,
    by_name: HashMap<Arc<[u8]>, u32>,
    /// The route of each channel of the segment.
    judged: Vec<u32>,
    /// What was skipped and not yet told.
    skips: Skips,
    decoder_choices: Arc<DecoderChoices>,
}

/// What is done with the messages of a channel.
#[derive(Debug)]
struct Route {
    name: Arc<[u8]>,
    uses: Vec<Use>,
    /// How they are read.
    reading: Option<DecoderChoice>,
}

/// A check, and how far it has got.
#[derive(Debug)]
struct Watching {
    id: CheckId,
    /// Rows before this one are looked at only for this check alone.
    from: RowId,
    /// The row behind the last that it was given.
    next: Option<RowId>,
    /// How often messages may have been lost, or were not looked at.
    breaks: u64,
    state: State,
}

/// That a check looks at the messages of a channel.
#[derive(Clone, Copy, Debug)]
struct Use {
    watching: u32,
    place: u32,
}

impl Worker {
    /// Makes the checks of `plan` from now on. What is known of those that it had before stays.
    pub fn follow(&mut self, plan: &Plan) {
        let mut before = std::mem::take(&mut self.watching);
        for entry in plan.entries() {
            let known = before.iter().position(|one| one.id == entry.id);
            let watching = known.map_or_else(
                || Watching {
                    id: entry.id,
                    from: entry.from,
                    next: None,
                    breaks: 0,
                    state: State::new(&entry.check),
                },
                |index| before.swap_remove(index),
            );
            self.watching.push(watching);
        }
        self.decoder_choices = Arc::clone(plan.decoder_choices());
        self.forget_routes();
    }

    /// Whether it makes this check.
    #[must_use]
    pub fn makes(&self, check: CheckId) -> bool {
        self.watching.iter().any(|watching| watching.id == check)
    }

    /// Gets ready for rows of `segment`: to be called before [`Worker::look`] whenever that is to
    /// have rows of another segment than before, with the ids of the first and behind the last of
    /// the rows that will come, for all checks or for `only` one.
    pub fn enter(&mut self, segment: &Segment, rows: Range<RowId>, only: Option<CheckId>) {
        self.judged.clear();
        self.judged.resize(segment.channels().len(), UNJUDGED);
        for watching in &mut self.watching {
            let is_meant = only.map_or(watching.from < rows.end, |only| only == watching.id);
            if is_meant {
                watching.breaks += u64::from(watching.next.is_some_and(|next| next < rows.start));
                watching.next = watching.next.max(Some(rows.end));
            }
        }
    }

    /// Looks at the rows of `segment` at the indices `rows`, for all checks that were added before
    /// these rows came, or for `only` one. What is found is added to `found`.
    pub fn look(
        &mut self,
        segment: &Segment,
        rows: Range<usize>,
        only: Option<CheckId>,
        found: &mut Vec<Finding>,
    ) {
        let first = segment.rows().start;
        for index in rows {
            let Some(row) = segment.row(index) else {
                return;
            };
            let id = RowId(first.0 + index as u64);
            match row.kind {
                RowKind::Notice => {}
                RowKind::Gap | RowKind::Break => self.note_gap(id, only),
                RowKind::Message => {
                    let mut route = self.judged[row.channel as usize];
                    if route == UNJUDGED {
                        route = self.judge(segment, row.channel);
                    }
                    if route != UNWATCHED {
                        self.put(route, (id, &row), only, found);
                    }
                }
            }
        }
    }

    /// What was skipped since this was asked last.
    pub fn take_skipped(&mut self) -> Skips {
        std::mem::take(&mut self.skips)
    }

    /// What is known at this moment. `None` if there is no such check or channel.
    #[must_use]
    pub fn report(&self, ask: &Ask) -> Option<Report> {
        let mut all = self.watching.iter();
        let watching = all.find(|watching| watching.id == ask.check)?;
        watching.state.report(ask, watching.breaks)
    }

    /// Whether checks that flag rows had no room for some.
    #[must_use]
    pub fn leaves_out_some(&self) -> bool {
        let mut all = self.watching.iter();
        all.any(|watching| watching.state.leaves_out_some())
    }

    /// The bytes that all it knows takes.
    #[must_use]
    pub fn size(&self) -> usize {
        let states = self.watching.iter().map(|watching| watching.state.size());
        let routes = self.routes.iter();
        let uses =
            routes.map(|route| size_of_val(route) + route.uses.capacity() * size_of::<Use>());
        states.sum::<usize>()
            + uses.sum::<usize>()
            + self.watching.capacity() * size_of::<Watching>()
            + self.by_name.capacity() * size_of::<(Arc<[u8]>, u32)>()
            + self.judged.capacity() * size_of::<u32>()
            + self.skips.size()
    }

    fn forget_routes(&mut self) {
        self.routes.clear();
        self.by_name.clear();
        self.judged.fill(UNJUDGED);
    }

    fn note_gap(&mut self, row: RowId, only: Option<CheckId>) {
        for watching in &mut self.watching {
            watching.breaks += u64::from(watching.wants(row, only));
        }
    }

    /// Puts a message to the checks of a route.
    #[inline]
    fn put(
        &mut self,
        route: u32,
        (id, row): (RowId, &SegmentRow<'_>),
        only: Option<CheckId>,
        found: &mut Vec<Finding>,
    ) {
        let route = &self.routes[route as usize];
        // What is found out about the payload serves all.
        let lookup = Lookup::new(row.payload, route.reading.as_ref());
        for one in &route.uses {
            let watching = &mut self.watching[one.watching as usize];
            if !watching.wants(id, only) {
                continue;
            }
            let message = Message {
                row: id,
                time: row.time,
                payload: row.payload,
                lookup: &lookup,
                size: row.size,
                breaks: watching.breaks,
            };
            let check = watching.id;
            match watching.state.look(one.place, &message) {
                Verdict::Fine => {}
                Verdict::Skipped => self.skips.note(check, &route.name, id),
                Verdict::Said(what) => found.push(Finding {
                    check,
                    row: id,
                    what,
                }),
            }
        }
    }

    /// Finds out who watches a channel of the segment, once.
    #[cold]
    fn judge(&mut self, segment: &Segment, channel: u32) -> u32 {
        let name = segment.channel_name(channel);
        let route = name.map_or(UNWATCHED, |name| self.route(name));
        self.judged[channel as usize] = route;
        route
    }

    fn route(&mut self, name: &Arc<[u8]>) -> u32 {
        if let Some(route) = self.by_name.get(name) {
            return *route;
        }
        let mut uses = Vec::new();
        for (watching, index) in self.watching.iter_mut().zip(0..) {
            let places = watching.state.places(name);
            uses.extend(places.into_iter().map(|place| Use {
                watching: index,
                place,
            }));
        }
        // Others are not remembered: there is no end of channels that nobody watches.
        if uses.is_empty() {
            return UNWATCHED;
        }
        if self.routes.len() >= MOST_ROUTES {
            self.forget_routes();
        }
        let route = u32::try_from(self.routes.len()).unwrap_or(UNWATCHED);
        let reading = self.decoder_choices.of(name);
        self.routes.push(Route {
            name: Arc::clone(name),
            uses,
            reading,
        });
        self.by_name.insert(Arc::clone(name), route);
        route
    }
}

impl Watching {
    #[inline]
    fn wants(&self, row: RowId, only: Option<CheckId>) -> bool {
        match only {
            None => row >= self.from,
            Some(only) => only == self.id,
        }
    }
}
