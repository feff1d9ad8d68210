//! Watches for failovers by polling the sentinels, the current master and the previous one.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use redis::aio::PubSubStream;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{Instant, sleep};
use tokio::{join, select};

use super::masters::{Masters, ReplicationRole, SentinelAnswer, replication_role};
use super::succession::OffsetHistory;
use crate::message::{ConnectionError, Partial, SentinelErrors, SentinelOutcome, Time};
use crate::server::connect::{Backoff, Endpoint, Link, is_refusal};
use crate::server::report::Report;

/// Poll interval. Sentinels also announce failovers themselves.
const POLL_EVERY: Duration = Duration::from_secs(1);

/// Poll interval while the sentinels refuse the login.
const REFUSED_EVERY: Duration = Duration::from_secs(30);

/// How long all sentinels must be unreachable before this is reported. A sentinel may just be
/// restarting.
const REPORT_AFTER: Duration = Duration::from_secs(3);

/// Upper bound on how long a promotion can go unnoticed. Every second, sentinels query a replica
/// that is being promoted. Every two seconds, they exchange their state.
const MAX_UNNOTICED: Duration = Duration::from_secs(4);

/// The watcher's task.
pub(crate) struct Watcher {
    masters: Arc<Masters>,
    report_tx: UnboundedSender<Report>,
    /// When watching began. No messages were received before that.
    began: Time,
    current: Option<CurrentMaster>,
    previous: Option<PreviousMaster>,
    /// When all sentinels became unreachable, if none is reachable.
    unreachable_since: Option<Instant>,
    /// Whether it was reported that no sentinel is reachable.
    is_reported: bool,
}

/// The current master.
struct CurrentMaster {
    master: Endpoint,
    link: Option<Link>,
    offsets: OffsetHistory,
    /// When the latest query that a sentinel answered with this master was sent.
    agreed: Time,
}

/// A replaced master. It may not know that it was replaced.
struct PreviousMaster {
    server: Endpoint,
    link: Option<Link>,
    /// The start of the period in which the server may accept messages that nothing else delivers.
    since: Time,
    /// Whether the server is known to accept messages.
    is_serving: bool,
    /// Whether the server has become a replica.
    is_over: bool,
}

impl Watcher {
    pub(crate) fn new(masters: Arc<Masters>, report_tx: UnboundedSender<Report>) -> Self {
        Self {
            masters,
            report_tx,
            began: Time::now(),
            current: None,
            previous: None,
            unreachable_since: None,
            is_reported: false,
        }
    }

    /// Reports every change of the master to the coordinator, until the coordinator is gone.
    pub(crate) async fn run(mut self) {
        // Wait until the subscriber has found a master. Until then, all logins may have been
        // refused, and more attempts could lock the client out.
        if self.masters.found().await.is_err() {
            return;
        }
        let mut backoff = Backoff::new(POLL_EVERY / 4, POLL_EVERY);
        while !self.report_tx.is_closed() {
            match self.masters.first_answer().await {
                Ok(answer) => {
                    backoff.reset();
                    self.note_reachable();
                    self.watch_through(answer).await;
                }
                Err(errors) => {
                    let outcome = errors.outcome();
                    self.note_unreachable(errors);
                    let wait = match outcome {
                        SentinelOutcome::LoginRefused => REFUSED_EVERY,
                        _ => backoff.next_wait(),
                    };
                    sleep(wait).await;
                }
            }
        }
    }

    /// Records that a sentinel can be reached.
    fn note_reachable(&mut self) {
        self.unreachable_since = None;
        if std::mem::take(&mut self.is_reported) {
            let _ = self.report_tx.send(Report::Partial(None));
        }
    }

    /// Records that no sentinel can be reached, so a failover would go unnoticed. If sentinels
    /// answer without naming a usable master, a failover may be in progress.
    fn note_unreachable(&mut self, errors: SentinelErrors) {
        let outcome = errors.outcome();
        if outcome == SentinelOutcome::NoMaster {
            self.note_reachable();
            return;
        }
        let since = *self.unreachable_since.get_or_insert_with(Instant::now);
        if since.elapsed() < REPORT_AFTER && outcome == SentinelOutcome::Unreachable {
            return;
        }
        self.is_reported = true;
        let partial = Partial::FailoversUnnoticed(errors);
        let _ = self.report_tx.send(Report::Partial(Some(partial)));
    }

    /// Watches for failovers with the help of one sentinel, until that sentinel fails or proves to
    /// be outdated.
    async fn watch_through(&mut self, answer: SentinelAnswer) {
        let (mut link, mut master) = (answer.link, answer.master);
        // If the sentinel sends no events, polling notices a new master a little later.
        let mut switches = self.masters.switches(&answer.sentinel).await.ok();
        let mut asked = Time::now();
        loop {
            if self.is_new(&master) {
                self.switch_master(&master, asked).await;
            } else if let Some(current) = &mut self.current {
                current.agreed = asked;
            }
            select! {
                () = self.poll() => (),
                () = next(&mut switches) => (),
            }
            asked = Time::now();
            let Ok(named) = self.masters.ask(&mut link).await else {
                return;
            };
            master = named;
            // The sentinel may be outdated. Return, so that the other sentinels are asked.
            if self.is_new(&master) && self.masters.verify(&master).await.is_err() {
                return;
            }
        }
    }

    fn is_new(&self, master: &Endpoint) -> bool {
        let known = self.current.as_ref().map(|current| &current.master);
        known != Some(master)
    }

    /// Switches to a new master, named by a sentinel that was queried at `asked`.
    async fn switch_master(&mut self, master: &Endpoint, asked: Time) {
        let mut new = CurrentMaster {
            master: master.clone(),
            link: None,
            offsets: OffsetHistory::default(),
            agreed: asked,
        };
        let info = new.ask_replication(&self.masters).await;
        let Some(old) = self.current.replace(new) else {
            return;
        };
        // The master before the old one is no longer watched, so it is unknown whether it still
        // serves.
        let was_serving = self.previous.take().is_some_and(|of| of.is_serving);
        let stopped = was_serving.then_some(Report::PreviousMasterStopped);
        let last_served = old.served_until(info.as_deref(), self.began);
        let moved = Report::MasterMoved {
            from: old.master.address().clone(),
            to: master.address().clone(),
            last_served,
        };
        self.previous = Some(PreviousMaster {
            server: old.master,
            link: None,
            since: Time::now(),
            is_serving: false,
            is_over: false,
        });
        for report in stopped.into_iter().chain([moved]) {
            // The coordinator outlives this task, except at shutdown.
            let _ = self.report_tx.send(report);
        }
    }

    /// Polls the current and previous master, and then waits for the poll interval.
    async fn poll(&mut self) {
        let masters = &self.masters;
        let at_master = async {
            if let Some(current) = &mut self.current {
                current.ask_replication(masters).await;
            }
        };
        let at_previous = async { self.previous.as_mut()?.poll(masters).await };
        let ((), changed) = join!(at_master, at_previous);
        if let Some(report) = changed {
            let _ = self.report_tx.send(report);
        }
        self.previous.take_if(|previous| previous.is_over);
        sleep(POLL_EVERY).await;
    }
}

impl CurrentMaster {
    /// Queries and records the replication state of the master, and returns its answer.
    async fn ask_replication(&mut self, masters: &Masters) -> Option<String> {
        let asked = Time::now();
        let link = opened(&mut self.link, &self.master, masters).await.ok()?;
        let info: Result<String, _> = link.ask(redis::cmd("INFO").arg("replication")).await;
        if info.as_ref().is_err_and(|error| !is_refusal(error)) {
            self.link = None;
        }
        let info = info.ok()?;
        self.offsets.note(&info, asked);
        Some(info)
    }

    /// Returns the time until which this server was certainly the only master, based on the
    /// replication state of its successor.
    fn served_until(&self, successor: Option<&str>, began: Time) -> Time {
        let followed = successor.and_then(|info| self.offsets.followed_until(info, began));
        followed.unwrap_or_else(|| self.agreed.before(MAX_UNNOTICED).max(began))
    }
}

impl PreviousMaster {
    /// Checks whether the server still considers itself a master. Returns a report if that changed.
    async fn poll(&mut self, masters: &Masters) -> Option<Report> {
        let asked = Time::now();
        let role = match opened(&mut self.link, &self.server, masters).await {
            Ok(link) => Some(replication_role(link).await),
            Err(error) if error.is_refusal() => Some(ReplicationRole::Unknown),
            Err(_) => None,
        };
        if role == Some(ReplicationRole::Master) {
            let is_new = !std::mem::replace(&mut self.is_serving, true);
            return is_new.then(|| Report::PreviousMasterServes {
                server: self.server.address().clone(),
                since: self.since,
            });
        }
        self.link = None;
        self.since = asked;
        // Keep watching an unreachable server, since it may come back as a master.
        self.is_over = role == Some(ReplicationRole::Replica);
        std::mem::take(&mut self.is_serving).then_some(Report::PreviousMasterStopped)
    }
}

/// Returns the open link, connecting first if necessary.
async fn opened<'a>(
    link: &'a mut Option<Link>,
    server: &Endpoint,
    masters: &Masters,
) -> Result<&'a mut Link, ConnectionError> {
    let open = match link.take() {
        Some(open) if !open.is_closed() => open,
        _ => masters.open(server).await?,
    };
    Ok(link.insert(open))
}

/// Waits for the next event, or forever if no more events can arrive.
async fn next(events: &mut Option<PubSubStream>) {
    if let Some(stream) = events {
        if stream.next().await.is_some() {
            return;
        }
        *events = None;
    }
    std::future::pending::<()>().await;
}
