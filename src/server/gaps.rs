//! The open gaps in the log, across all servers.

use std::collections::BTreeSet;

use crate::message::{
    ConnectionError, Gap, GapCause, GapEnd, GapReason, NodeId, Notice, SubscriptionId, Time,
};

/// Placeholder node for subscriptions with no known server.
pub(super) const NOWHERE: NodeId = NodeId(u16::MAX);

/// Maximum number of topics that a gap names, which is more than are ever shown.
const MAX_NAMED: usize = 40;

/// A missing subscription and the server that should deliver it again.
type Missing = (SubscriptionId, NodeId);

/// The open gaps. Each is closed once everything that is missing is restored or given up.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    open: Vec<OpenGap>,
    last_noticed: Time,
}

#[derive(Debug)]
struct OpenGap {
    gap: Gap,
    missing: BTreeSet<Missing>,
    /// Whether any missing subscription was restored.
    is_any_restored: bool,
}

impl OpenGap {
    /// Returns whether `node` should deliver anything that is missing.
    fn waits_for(&self, node: NodeId) -> bool {
        self.missing.iter().any(|(_, at)| *at == node)
    }

    fn notice(&self) -> Notice {
        Notice::Gap(self.gap.clone())
    }
}

/// When and why subscriptions went missing.
#[derive(Clone, Debug)]
pub(super) struct Loss {
    pub(super) last_heard: Time,
    pub(super) cause: GapCause,
    pub(super) reason: GapReason,
}

impl Gaps {
    /// Records that `node` no longer delivers `subscriptions`. Opens a gap, or extends the open gap
    /// that waits for `node` and replaces its reason. Returns `None` if `subscriptions` is empty.
    pub(super) fn lose(
        &mut self,
        node: NodeId,
        subscriptions: impl IntoIterator<Item = SubscriptionId>,
        loss: Loss,
        now: Time,
    ) -> Option<Notice> {
        let missing = subscriptions.into_iter().map(|id| (id, node));
        let missing: BTreeSet<Missing> = missing.collect();
        if missing.is_empty() {
            return None;
        }
        if let Some(open) = self.open.iter_mut().find(|open| open.waits_for(node)) {
            open.missing.extend(missing);
            open.gap.reason = loss.reason;
            open.gap.last_heard = open.gap.last_heard.min(loss.last_heard);
            return Some(open.notice());
        }
        Some(self.open(missing, loss, now))
    }

    fn open(&mut self, missing: BTreeSet<Missing>, loss: Loss, now: Time) -> Notice {
        let gap = Gap {
            last_heard: loss.last_heard,
            noticed: self.unique(now),
            end: GapEnd::Open,
            cause: loss.cause,
            reason: loss.reason,
        };
        self.open.push(OpenGap {
            gap: gap.clone(),
            missing,
            is_any_restored: false,
        });
        Notice::Gap(gap)
    }

    /// Records that the current server of a subscription no longer delivers it, and that `node`
    /// should deliver it instead. Losses with the same cause share one gap.
    pub(super) fn lose_to_others(
        &mut self,
        node: NodeId,
        id: SubscriptionId,
        loss: Loss,
        now: Time,
    ) -> Notice {
        let same = |open: &&mut OpenGap| open.gap.cause == loss.cause;
        if let Some(open) = self.open.iter_mut().find(same) {
            open.missing.insert((id, node));
            open.gap.last_heard = open.gap.last_heard.min(loss.last_heard);
            add_topics(&mut open.gap.reason, loss.reason);
            return open.notice();
        }
        self.open(BTreeSet::from([(id, node)]), loss, now)
    }

    /// Moves the start of the gap in which a subscription is missing at `node` back to `start`, if
    /// that is earlier than recorded. Returns the gap if it changed.
    pub(super) fn start_by(
        &mut self,
        id: SubscriptionId,
        node: NodeId,
        start: Time,
    ) -> Option<Notice> {
        let is_missing = |open: &&mut OpenGap| open.missing.contains(&(id, node));
        let open = self.open.iter_mut().find(is_missing)?;
        let is_earlier = start < open.gap.last_heard;
        open.gap.last_heard = open.gap.last_heard.min(start);
        is_earlier.then(|| open.notice())
    }

    /// Records the actual cause of a loss at `node`. Also records the time up to which everything
    /// was received, if it is earlier than the recorded one. Returns the gap, if there is one.
    pub(super) fn explain(
        &mut self,
        node: NodeId,
        cause: GapCause,
        last_heard: Option<Time>,
    ) -> Option<Notice> {
        let open = self.open.iter_mut().find(|open| open.waits_for(node))?;
        open.gap.cause = cause;
        let recorded = open.gap.last_heard;
        open.gap.last_heard = recorded.min(last_heard.unwrap_or(recorded));
        Some(open.notice())
    }

    /// Records that `node` refuses the login with this error. Returns the changed gaps.
    pub(super) fn refuse(&mut self, node: NodeId, error: &ConnectionError) -> Vec<Notice> {
        let reason = GapReason::Connection(error.clone());
        let mut notices = Vec::new();
        for open in self.open.iter_mut().filter(|open| open.waits_for(node)) {
            let gap = &mut open.gap;
            if (&gap.cause, &gap.reason) != (&GapCause::LoginRefused, &reason) {
                gap.cause = GapCause::LoginRefused;
                gap.reason = reason.clone();
                notices.push(open.notice());
            }
        }
        notices
    }

    /// Records that `node` delivers a subscription again. Returns the gaps that this closes.
    pub(super) fn restore(&mut self, id: SubscriptionId, node: NodeId, now: Time) -> Vec<Notice> {
        self.settle(now, true, |missing| missing.remove(&(id, node)))
    }

    /// Records that `node` delivers all its subscriptions again. Returns the gaps that this closes.
    pub(super) fn restore_all(&mut self, node: NodeId, now: Time) -> Vec<Notice> {
        self.settle(now, true, |missing| remove_all(missing, node))
    }

    /// Records that a subscription is no longer expected from `node`. Returns the gaps that this
    /// closes.
    pub(super) fn give_up(&mut self, id: SubscriptionId, node: NodeId, now: Time) -> Vec<Notice> {
        self.settle(now, false, |missing| missing.remove(&(id, node)))
    }

    /// Records that no subscriptions are expected from `node` any longer. Returns the gaps that
    /// this closes.
    pub(super) fn give_up_all(&mut self, node: NodeId, now: Time) -> Vec<Notice> {
        self.settle(now, false, |missing| remove_all(missing, node))
    }

    /// Records that a subscription missing at `from` is restored once all of `to` deliver it.
    pub(super) fn hand_over(&mut self, id: SubscriptionId, from: NodeId, to: &[NodeId]) {
        for open in &mut self.open {
            if !to.is_empty() && open.missing.remove(&(id, from)) {
                open.missing.extend(to.iter().map(|node| (id, *node)));
            }
        }
    }

    /// Returns whether a subscription is missing at `node`.
    pub(super) fn is_missing(&self, id: SubscriptionId, node: NodeId) -> bool {
        let mut open = self.open.iter();
        open.any(|open| open.missing.contains(&(id, node)))
    }

    /// Removes missing subscriptions with `remove`, which returns whether it removed any, and
    /// closes the gaps in which nothing is missing any longer.
    fn settle(
        &mut self,
        now: Time,
        is_restored: bool,
        remove: impl Fn(&mut BTreeSet<Missing>) -> bool,
    ) -> Vec<Notice> {
        let mut notices = Vec::new();
        self.open.retain_mut(|open| {
            let is_any_settled = remove(&mut open.missing);
            open.is_any_restored |= is_restored && is_any_settled;
            if !open.missing.is_empty() {
                return true;
            }
            open.gap.end = if open.is_any_restored {
                GapEnd::Restored(now)
            } else {
                GapEnd::GivenUp(now)
            };
            notices.push(open.notice());
            false
        });
        notices
    }

    /// Returns a time that differs from those of all other gaps, since gaps are identified by their
    /// time.
    fn unique(&mut self, now: Time) -> Time {
        self.last_noticed = now.max(Time(self.last_noticed.0 + 1));
        self.last_noticed
    }
}

fn remove_all(missing: &mut BTreeSet<Missing>, node: NodeId) -> bool {
    let before = missing.len();
    missing.retain(|(_, at)| *at != node);
    missing.len() < before
}

/// Adds the topics of another loss to a gap's reason, or replaces the reason if it does not list
/// topics.
fn add_topics(reason: &mut GapReason, more: GapReason) {
    match (reason, more) {
        (GapReason::Moved(topics), GapReason::Moved(more)) => {
            topics.extend(more);
            topics.truncate(MAX_NAMED);
        }
        (reason, newest) => *reason = newest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: NodeId = NodeId(0);
    const B: NodeId = NodeId(1);
    const FIRST: SubscriptionId = SubscriptionId(0);
    const SECOND: SubscriptionId = SubscriptionId(1);

    fn loss(reason: &str) -> Loss {
        Loss {
            last_heard: Time(5),
            cause: GapCause::ConnectionLost(None),
            reason: because(reason),
        }
    }

    fn because(text: &str) -> GapReason {
        ConnectionError::Io(text.into()).into()
    }

    fn failover() -> GapCause {
        GapCause::Failover {
            from: "a".into(),
            to: "b".into(),
        }
    }

    fn gap(notice: Option<Notice>) -> Gap {
        match notice {
            Some(Notice::Gap(gap)) => gap,
            other => panic!("no gap: {other:?}"),
        }
    }

    fn only(notices: Vec<Notice>) -> Gap {
        assert_eq!(notices.len(), 1, "{notices:?}");
        gap(notices.into_iter().next())
    }

    #[test]
    fn a_gap_closes_when_everything_is_restored() {
        let mut gaps = Gaps::default();
        let open = gap(gaps.lose(A, [FIRST, SECOND], loss("closed"), Time(10)));
        assert_eq!((open.last_heard, open.noticed), (Time(5), Time(10)));
        assert_eq!(gaps.restore(FIRST, A, Time(11)), []);
        assert!(gaps.is_missing(SECOND, A) && !gaps.is_missing(FIRST, A));
        let closed = only(gaps.restore(SECOND, A, Time(12)));
        assert_eq!(closed.end, GapEnd::Restored(Time(12)));
        assert_eq!(closed.noticed, open.noticed);
        assert_eq!(gaps.restore(SECOND, A, Time(13)), []);
    }

    #[test]
    fn a_further_loss_extends_an_open_gap() {
        let mut gaps = Gaps::default();
        let first = gap(gaps.lose(A, [FIRST, SECOND], loss("closed"), Time(10)));
        gaps.restore(FIRST, A, Time(11));
        let again = gap(gaps.lose(A, [FIRST], loss("reset"), Time(12)));
        assert_eq!(again.noticed, first.noticed);
        assert_eq!(again.reason, because("reset"));
        assert_eq!(gaps.restore(SECOND, A, Time(13)), []);
        let closed = only(gaps.restore(FIRST, A, Time(14)));
        assert_eq!(closed.end, GapEnd::Restored(Time(14)));
    }

    #[test]
    fn a_gap_does_not_wait_for_what_is_given_up() {
        let mut gaps = Gaps::default();
        assert_eq!(gaps.lose(A, [], loss("closed"), Time(10)), None);
        gap(gaps.lose(A, [FIRST, SECOND], loss("closed"), Time(10)));
        gaps.give_up(FIRST, A, Time(11));
        let closed = only(gaps.give_up(SECOND, A, Time(12)));
        assert_eq!(closed.end, GapEnd::GivenUp(Time(12)));
        gap(gaps.lose(A, [FIRST, SECOND], loss("closed"), Time(20)));
        gaps.restore(FIRST, A, Time(21));
        let closed = only(gaps.give_up_all(A, Time(22)));
        assert_eq!(closed.end, GapEnd::Restored(Time(22)));
    }

    #[test]
    fn another_server_may_close_a_gap() {
        let mut gaps = Gaps::default();
        let at_a = gap(gaps.lose(A, [FIRST], loss("closed"), Time(10)));
        gaps.hand_over(FIRST, A, &[B]);
        let at_b = gap(gaps.lose(B, [SECOND], loss("closed"), Time(10)));
        // The new loss extends the open gap, which now waits for B.
        assert_eq!(at_a.noticed, at_b.noticed);
        assert_eq!(gaps.restore(FIRST, A, Time(11)), []);
        assert_eq!(gaps.restore(FIRST, B, Time(12)), []);
        let closed = only(gaps.restore(SECOND, B, Time(13)));
        assert_eq!(closed.noticed, at_a.noticed);
    }

    #[test]
    fn a_gap_may_need_several_servers_to_close() {
        let mut gaps = Gaps::default();
        gap(gaps.lose(NOWHERE, [FIRST], loss("moved"), Time(10)));
        gaps.hand_over(FIRST, NOWHERE, &[]);
        assert!(gaps.is_missing(FIRST, NOWHERE));
        gaps.hand_over(FIRST, NOWHERE, &[A, B]);
        assert_eq!(gaps.restore(FIRST, B, Time(11)), []);
        let closed = only(gaps.restore(FIRST, A, Time(12)));
        assert_eq!(closed.end, GapEnd::Restored(Time(12)));
    }

    #[test]
    fn a_gap_may_get_another_cause_and_an_earlier_start() {
        let mut gaps = Gaps::default();
        assert_eq!(gaps.explain(A, failover(), Some(Time(1))), None);
        gap(gaps.lose(A, [FIRST, SECOND], loss("closed"), Time(10)));
        assert_eq!(gaps.explain(B, failover(), Some(Time(1))), None);
        let named = gap(gaps.explain(A, failover(), None));
        assert_eq!((named.cause, named.last_heard), (failover(), Time(5)));
        let longer = gap(gaps.explain(A, failover(), Some(Time(3))));
        assert_eq!(longer.last_heard, Time(3));
        let later = gap(gaps.explain(A, failover(), Some(Time(7))));
        assert_eq!(later.last_heard, Time(3));
        let end = only(gaps.restore_all(A, Time(11))).end;
        assert_eq!(end, GapEnd::Restored(Time(11)));
    }

    #[test]
    fn a_refused_login_becomes_the_cause_of_all_gaps_that_wait_for_it() {
        let mut gaps = Gaps::default();
        gap(gaps.lose(A, [FIRST], loss("closed"), Time(10)));
        gap(gaps.lose(B, [SECOND], loss("closed"), Time(10)));
        gap(gaps.lose(NOWHERE, [SECOND], loss("moved"), Time(11)));
        gaps.hand_over(SECOND, NOWHERE, &[A]);
        let wrong = ConnectionError::Redis("WRONGPASS".into());
        let refused = gaps.refuse(A, &wrong);
        let causes = refused.into_iter().map(|notice| {
            let gap = gap(Some(notice));
            (gap.cause, gap.reason)
        });
        let cause = (GapCause::LoginRefused, wrong.clone().into());
        assert!(causes.eq([cause.clone(), cause]));
        assert_eq!(gaps.refuse(A, &wrong), []);
    }

    #[test]
    fn a_gap_may_get_an_earlier_start() {
        let mut gaps = Gaps::default();
        gap(gaps.lose(A, [FIRST], loss("closed"), Time(10)));
        assert_eq!(gaps.start_by(FIRST, B, Time(3)), None);
        assert_eq!(gaps.start_by(FIRST, A, Time(6)), None);
        assert_eq!(gap(gaps.start_by(FIRST, A, Time(3))).last_heard, Time(3));
        assert_eq!(only(gaps.restore(FIRST, A, Time(11))).last_heard, Time(3));
    }

    #[test]
    fn no_two_gaps_are_noticed_at_the_same_time() {
        let mut gaps = Gaps::default();
        let at_a = gap(gaps.lose(A, [FIRST], loss("closed"), Time(10)));
        let at_b = gap(gaps.lose(B, [FIRST], loss("closed"), Time(10)));
        assert!(at_a.noticed < at_b.noticed);
        let ends = [
            only(gaps.restore(FIRST, B, Time(12))),
            only(gaps.restore(FIRST, A, Time(13))),
        ];
        assert_eq!(ends.map(|gap| gap.noticed), [at_b.noticed, at_a.noticed]);
    }
}
