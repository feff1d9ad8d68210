//! The analysis itself: passes the rows of a segment to the checks that watch their channels.

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

/// Marks a channel of the segment whose route has not been looked up yet.
const UNRESOLVED: u32 = u32::MAX;

/// Marks a channel that no check watches.
const UNWATCHED: u32 = u32::MAX - 1;

/// The maximum number of cached routes. For channels that only pair checks watch, there is no other
/// limit.
const MAX_ROUTES: usize = 16_384;

/// Runs the checks of a plan on rows. Has no thread and reads no clock.
#[derive(Debug, Default)]
pub struct Engine {
    watching: Vec<Watching>,
    /// The routes of watched channels.
    routes: Vec<Route>,
    by_name: HashMap<Arc<[u8]>, u32>,
    /// The route of each channel of the segment.
    channel_routes: Vec<u32>,
    /// Skipped messages not yet reported.
    skips: Skips,
    decoder_choices: Arc<DecoderChoices>,
}

/// The checks that messages on a channel are passed to.
#[derive(Debug)]
struct Route {
    name: Arc<[u8]>,
    uses: Vec<Use>,
    /// The decoder choice of the channel.
    choice: Option<DecoderChoice>,
}

/// A check and its progress.
#[derive(Debug)]
struct Watching {
    id: CheckId,
    /// Rows before this one are checked only in requests for this check alone.
    from: RowId,
    /// The row after the last one passed to the check.
    next: Option<RowId>,
    /// The number of breaks so far: points at which messages may have been lost or were not
    /// checked.
    breaks: u64,
    state: State,
}

/// A check, and the slot of the channel in it.
#[derive(Clone, Copy, Debug)]
struct Use {
    watching: u32,
    place: u32,
}

impl Engine {
    /// Switches to the checks of `plan`. Checks that were already running keep their state.
    pub fn follow(&mut self, plan: &Plan) {
        let mut before = std::mem::take(&mut self.watching);
        for entry in &plan.entries {
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
        self.decoder_choices = Arc::clone(&plan.decoder_choices);
        self.forget_routes();
    }

    /// Switches to the checks of `plan`, which start anew.
    pub fn restart(&mut self, plan: &Plan) {
        self.watching.clear();
        self.skips = Skips::default();
        self.follow(plan);
    }

    /// Returns whether the check is running.
    pub fn runs(&self, check: CheckId) -> bool {
        self.watching.iter().any(|watching| watching.id == check)
    }

    /// Prepares for rows of `segment`. Call this before [`Engine::check`] whenever the segment
    /// changes. `rows` are the ids of the next rows to check. If `only` is given, no other check
    /// runs on them.
    pub fn enter(&mut self, segment: &Segment, rows: Range<RowId>, only: Option<CheckId>) {
        self.channel_routes.clear();
        let channels = segment.channels().len();
        self.channel_routes.resize(channels, UNRESOLVED);
        for watching in &mut self.watching {
            let is_affected = only.map_or(watching.from < rows.end, |only| only == watching.id);
            if is_affected {
                watching.breaks += u64::from(watching.next.is_some_and(|next| next < rows.start));
                watching.next = watching.next.max(Some(rows.end));
            }
        }
    }

    /// Checks the rows at the indexes `rows` of `segment` and adds the findings to `found`. Runs
    /// all checks that were added before these rows arrived or, if `only` is given, that check
    /// alone.
    pub fn check(
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
                    let mut route = self.channel_routes[row.channel as usize];
                    if route == UNRESOLVED {
                        route = self.resolve(segment, row.channel);
                    }
                    if route != UNWATCHED {
                        self.check_message(route, (id, &row), only, found);
                    }
                }
            }
        }
    }

    /// Returns the messages skipped since the last call.
    pub fn take_skipped(&mut self) -> Skips {
        std::mem::take(&mut self.skips)
    }

    /// Returns the current results; `None` if the check or channel does not exist.
    pub fn report(&self, ask: &Ask) -> Option<Report> {
        let mut all = self.watching.iter();
        let watching = all.find(|watching| watching.id == ask.check)?;
        watching.state.report(ask, watching.breaks)
    }

    /// Returns whether checks that flag rows have left out channels because a limit was reached.
    pub fn leaves_out_some(&self) -> bool {
        let mut all = self.watching.iter();
        all.any(|watching| watching.state.leaves_out_some())
    }

    /// Returns the memory use, in bytes.
    pub fn size(&self) -> usize {
        let states = self.watching.iter().map(|watching| watching.state.size());
        let routes = self.routes.iter();
        let uses =
            routes.map(|route| size_of_val(route) + route.uses.capacity() * size_of::<Use>());
        states.sum::<usize>()
            + uses.sum::<usize>()
            + self.watching.capacity() * size_of::<Watching>()
            + self.by_name.capacity() * size_of::<(Arc<[u8]>, u32)>()
            + self.channel_routes.capacity() * size_of::<u32>()
            + self.skips.size()
    }

    fn forget_routes(&mut self) {
        self.routes.clear();
        self.by_name.clear();
        self.channel_routes.fill(UNRESOLVED);
    }

    fn note_gap(&mut self, row: RowId, only: Option<CheckId>) {
        for watching in &mut self.watching {
            watching.breaks += u64::from(watching.wants(row, only));
        }
    }

    /// Passes a message to the checks of a route.
    #[inline]
    fn check_message(
        &mut self,
        route: u32,
        (id, row): (RowId, &SegmentRow<'_>),
        only: Option<CheckId>,
        found: &mut Vec<Finding>,
    ) {
        let route = &self.routes[route as usize];
        // All checks share the lookup and its cache.
        let lookup = Lookup::new(row.payload, route.choice.as_ref());
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
            match watching.state.check(one.place, &message) {
                Verdict::Fine => {}
                Verdict::Skipped => self.skips.note(check, &route.name, id),
                Verdict::Finding(what) => found.push(Finding {
                    check,
                    row: id,
                    what,
                }),
            }
        }
    }

    /// Looks up the route of a channel of the segment and caches it.
    #[cold]
    fn resolve(&mut self, segment: &Segment, channel: u32) -> u32 {
        let name = segment.channel_name(channel);
        let route = name.map_or(UNWATCHED, |name| self.route(name));
        self.channel_routes[channel as usize] = route;
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
        // Only routes of watched channels are cached: the number of others is unlimited.
        if uses.is_empty() {
            return UNWATCHED;
        }
        if self.routes.len() >= MAX_ROUTES {
            self.forget_routes();
        }
        let route = u32::try_from(self.routes.len()).unwrap_or(UNWATCHED);
        self.routes.push(Route {
            name: Arc::clone(name),
            uses,
            choice: self.decoder_choices.of(name),
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
