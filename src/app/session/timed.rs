//! Conditions on whole channels, which are judged by the clock: silence and rates.
//!
//! Silence is meaningful only while the connection is known to work. A channel is therefore judged
//! up to the time at which the last answered PING was sent, and only over a period in which nothing
//! was missed: everything that the server sent before that PING was processed before its answer.
//! While a condition depends on this, a PING is sent every second.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::subscriptions::Subscriptions;
use crate::log::{Channel, ChannelTable};
use crate::message::{ChannelId, JudgedChannel, Time, Verdict};
use crate::query::{Compare, Condition, Query};

/// Number of channel table slots judged at a time by all conditions together, which takes a few
/// milliseconds.
pub(crate) const PART: usize = 16_384;

/// The pause between two parts, in which keys and messages are handled.
const BETWEEN_PARTS: Duration = Duration::from_millis(10);

/// The least time from the start of a pass to the start of the next.
const BETWEEN_PASSES: Duration = Duration::from_secs(1);

/// The seconds that a rate covers, plus the current second.
const RATE_SPAN: Duration = Duration::from_secs(6);

/// The maximum number of channels remembered as meeting a condition at the same time.
pub const MOST_MET: usize = 100_000;

/// Maximum number of channels named in a notice.
const MOST_NAMED: usize = 3;

/// Maximum number of bytes of a channel's name in a notice.
const MOST_NAME: usize = 200;

/// The state by which channels are judged.
#[derive(Clone, Copy)]
pub(crate) struct World<'a> {
    pub(crate) channels: &'a ChannelTable,
    pub(crate) subscriptions: &'a Subscriptions,
    pub(crate) now: Time,
    /// Whether the connection is live.
    pub(crate) is_live: bool,
    /// The time before which everything that the server sent has been processed.
    pub(crate) proven: Time,
    /// Number of messages received.
    pub(crate) received: u64,
}

/// Channels that started, or stopped, meeting a condition.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Judged {
    /// The first of these channels, to be named in a notice.
    pub(crate) named: Vec<JudgedChannel>,
    /// The number of these channels.
    pub(crate) count: u64,
}

impl Judged {
    fn add(&mut self, channel: &Channel, verdict: Verdict) {
        self.count += 1;
        if self.named.len() < MOST_NAMED {
            self.named.push(judged(channel, verdict));
        }
    }
}

fn judged(channel: &Channel, verdict: Verdict) -> JudgedChannel {
    let name = channel.name();
    JudgedChannel {
        name: name[..name.len().min(MOST_NAME)].into(),
        verdict,
    }
}

/// A channel that meets the condition.
#[derive(Debug)]
struct Met {
    name: Arc<[u8]>,
    /// When the last message arrived before the channel met the condition.
    last: Time,
}

/// A condition that is judged by the clock, and the channels that meet it.
#[derive(Debug)]
pub struct Timed {
    condition: Condition,
    met: HashMap<ChannelId, Met>,
    /// The channel that most recently met the condition.
    pub newest: Option<JudgedChannel>,
    /// Number of channels that could not be judged in the last full pass, because messages may be
    /// missing.
    pub unknown: u64,
    /// Whether more than [`MOST_MET`] channels meet the condition.
    pub is_full: bool,
    /// Whether a full pass has been completed.
    pub has_judged: bool,
    pass: Option<Pass>,
    started: Time,
    part_done: Time,
    /// [`World::proven`] and the number of messages received, both at the start of the last pass.
    known: (Time, u64),
}

/// A pass over all channels.
#[derive(Debug, Default)]
struct Pass {
    left: Range<usize>,
    /// The time up to which everything that arrived has been processed.
    judged_to: Time,
    entered: Judged,
    ended: Judged,
    unknown: u64,
}

impl Timed {
    /// Creates the state of `query`; `None` if it has no condition that is judged by the clock.
    pub(crate) fn new(query: &Query) -> Option<Self> {
        let condition = query.condition()?;
        (!condition.is_on_messages()).then(|| Self {
            condition: condition.clone(),
            met: HashMap::new(),
            newest: None,
            unknown: 0,
            is_full: false,
            has_judged: false,
            pass: None,
            started: Time::default(),
            part_done: Time::default(),
            known: (Time::default(), 0),
        })
    }

    /// Returns whether channels are judged only up to the last answered PING. A rate that is too
    /// high needs no proof that everything has arrived.
    pub fn needs_pings(&self) -> bool {
        let is_above = |compare| matches!(compare, Compare::Greater | Compare::AtLeast);
        !matches!(self.condition, Condition::Rate(compare, _) if is_above(compare))
    }

    /// Returns how many channels meet the condition.
    pub fn met(&self) -> u64 {
        self.met.len() as u64
    }

    /// Returns when to judge channels next, or `None` if nothing has changed since the last pass.
    pub(crate) fn due(&self, world: &World<'_>) -> Option<Time> {
        if self.pass.is_some() {
            return Some(self.part_done.after(BETWEEN_PARTS));
        }
        let is_stale = world.is_live && self.known != (world.proven, world.received);
        is_stale.then(|| self.started.after(BETWEEN_PASSES))
    }

    /// Judges the channels in the next `part` slots, if that is due. At the end of a pass, returns
    /// those that now meet the condition, and those that no longer do.
    pub(crate) fn judge(
        &mut self,
        query: &Query,
        world: &World<'_>,
        part: usize,
    ) -> Option<[Judged; 2]> {
        let is_due = self.due(world).is_some_and(|due| due <= world.now);
        let is_decaying = self.pass.is_none()
            && matches!(self.condition, Condition::Rate(..))
            && world.now.second() > self.started.second();
        if !is_due && !is_decaying {
            return None;
        }
        let mut pass = match self.pass.take() {
            Some(pass) => pass,
            None if !world.is_live => return None,
            None => self.start(world),
        };
        self.part_done = world.now;
        let end = pass.left.end.min(pass.left.start + part);
        for (id, channel) in world.channels.within(pass.left.start..end) {
            self.judge_channel(id, channel, query, world, &mut pass);
        }
        pass.left.start = end;
        if !pass.left.is_empty() {
            self.pass = Some(pass);
            return None;
        }
        self.unknown = pass.unknown;
        self.has_judged = true;
        // Forget channels that have been removed from the table.
        self.met.retain(|id, met| {
            let channel = world.channels.by_id(*id);
            channel.is_some_and(|channel| *channel.name() == *met.name)
        });
        Some([pass.entered, pass.ended])
    }

    fn start(&mut self, world: &World<'_>) -> Pass {
        self.known = (world.proven, world.received);
        self.started = world.now;
        self.is_full = false;
        Pass {
            left: 0..world.channels.slots(),
            judged_to: world.proven,
            ..Pass::default()
        }
    }

    fn judge_channel(
        &mut self,
        id: ChannelId,
        channel: &Channel,
        query: &Query,
        world: &World<'_>,
        pass: &mut Pass,
    ) {
        let known = self.met.get(&id);
        if let Some(met) = known.filter(|met| *met.name == *channel.name()) {
            match ending(&self.condition, met, channel, world) {
                Some(Ending::Told(verdict)) => pass.ended.add(channel, verdict),
                Some(Ending::Unsubscribed) => {}
                None => return,
            }
            self.met.remove(&id);
            return;
        }
        if !may_meet(&self.condition, channel, world, pass.judged_to) {
            return;
        }
        if self.met.len() >= MOST_MET {
            self.is_full = true;
            return;
        }
        if !query.includes_channel(channel.name()) || !world.subscriptions.include(channel.name()) {
            return;
        }
        let since = world
            .subscriptions
            .covered_since(channel.name(), pass.judged_to);
        let Some(verdict) = verdict(&self.condition, channel, world, (since, pass.judged_to))
        else {
            pass.unknown += u64::from(since.is_none());
            return;
        };
        let (name, last) = (channel.shared_name(), channel.last_received);
        self.met.insert(id, Met { name, last });
        self.newest = Some(judged(channel, verdict));
        pass.entered.add(channel, verdict);
    }
}

/// Why a channel no longer meets a condition.
enum Ending {
    Told(Verdict),
    Unsubscribed,
}

/// Returns whether the channel may meet the condition. This check is cheap and rules out most
/// channels.
fn may_meet(condition: &Condition, channel: &Channel, world: &World<'_>, judged_to: Time) -> bool {
    match condition {
        Condition::Silent(span) => judged_to.since(channel.last_received) >= *span,
        Condition::Rate(Compare::Greater | Compare::AtLeast, most) => {
            *most <= 0.0 || world.now.since(channel.last_received) <= RATE_SPAN
        }
        Condition::Rate(..) => true,
        Condition::Crossing(_) | Condition::Changed(_) => false,
    }
}

/// Returns the verdict on a channel, or `None` if it does not meet the condition. The last argument
/// is the start, if known, and the end of the period in which everything on the channel was
/// received.
fn verdict(
    condition: &Condition,
    channel: &Channel,
    world: &World<'_>,
    (since, judged_to): (Option<Time>, Time),
) -> Option<Verdict> {
    match condition {
        Condition::Silent(span) => {
            let silence = judged_to.since(channel.last_received.max(since?));
            (silence >= *span).then_some(Verdict::Silent(silence))
        }
        Condition::Rate(compare @ (Compare::Greater | Compare::AtLeast), most) => {
            let rate = channel.rate(world.now);
            holds(*compare, rate, *most).then(|| Verdict::RateMet(millis(rate)))
        }
        Condition::Rate(compare, least) => {
            // A low rate is meaningful only if nothing was missed and the rate covers its full
            // span.
            let rate = channel.rate(judged_to);
            let is_known = judged_to.since(since?) >= RATE_SPAN && channel.has_full_rate(judged_to);
            let is_met = is_known && holds(*compare, rate, *least);
            is_met.then(|| Verdict::RateMet(millis(rate)))
        }
        Condition::Crossing(_) | Condition::Changed(_) => None,
    }
}

/// Returns why a channel no longer meets the condition, or `None` if it still does.
fn ending(
    condition: &Condition,
    met: &Met,
    channel: &Channel,
    world: &World<'_>,
) -> Option<Ending> {
    let told = match condition {
        Condition::Silent(_) if channel.last_received > met.last => {
            Some(Verdict::HeardAgain(channel.last_received.since(met.last)))
        }
        Condition::Rate(compare, limit) => {
            let rate = channel.rate(world.now);
            (!holds(*compare, rate, *limit)).then(|| Verdict::RateEnded(millis(rate)))
        }
        _ => None,
    };
    match told {
        Some(verdict) => Some(Ending::Told(verdict)),
        None if !world.subscriptions.include(channel.name()) => Some(Ending::Unsubscribed),
        None => None,
    }
}

fn holds(compare: Compare, rate: f64, limit: f64) -> bool {
    rate.partial_cmp(&limit)
        .is_some_and(|order| compare.holds(order))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rates are positive, and saturate"
)]
fn millis(rate: f64) -> u64 {
    (rate * 1000.0).round() as u64
}
