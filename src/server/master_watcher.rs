//! Watches over who is the master: asks the sentinels again and again, and both the master and the
//! one before it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use redis::aio::PubSubStream;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{Instant, sleep};
use tokio::{join, select};

use super::backoff::Backoff;
use super::endpoint::Endpoint;
use super::link::{Failure, Link, is_refusal};
use super::node::Report;
use super::sentinel::{Masters, NoSentinel, SentinelAnswer, Standing, standing};
use super::succession::Progress;
use crate::message::Time;

/// All are asked this often, though sentinels tell by themselves.
const EVERY: Duration = Duration::from_secs(1);

/// Sentinels that do not let us in any more are asked this often.
const LOCKED_OUT: Duration = Duration::from_secs(30);

/// That no sentinel can be asked is told after this time: one may just be starting again.
const TELL_AFTER: Duration = Duration::from_secs(3);

/// A promotion is so much older at most than the first word of it: sentinels ask a replica that is
/// to take over each second, and tell one another every two seconds.
const UNNOTICED: Duration = Duration::from_secs(4);

/// The watcher's task.
pub(super) struct Watcher {
    masters: Arc<Masters>,
    report_tx: UnboundedSender<Report>,
    /// When this began: nothing was listened to before.
    began: Time,
    reign: Option<CurrentMaster>,
    former: Option<PreviousMaster>,
    /// Since when no sentinel can be asked.
    blind_since: Option<Instant>,
    /// Whether that was told.
    is_told: bool,
}

/// The time of a master.
struct CurrentMaster {
    master: Endpoint,
    link: Option<Link>,
    progress: Progress,
    /// When a sentinel was last asked that named it.
    agreed: Time,
}

/// A master whose time is over. It may not know.
struct PreviousMaster {
    server: Endpoint,
    link: Option<Link>,
    /// Since when it may be taking messages that nobody else passes on.
    since: Time,
    /// Whether it is known to.
    is_serving: bool,
    /// Whether it has become a replica.
    is_over: bool,
}

impl Watcher {
    pub(super) fn new(masters: Arc<Masters>, report_tx: UnboundedSender<Report>) -> Self {
        Self {
            masters,
            report_tx,
            began: Time::now(),
            reign: None,
            former: None,
            blind_since: None,
            is_told: false,
        }
    }

    /// Tells the coordinator whenever there is another master than before, for as long as the
    /// coordinator is there.
    pub(super) async fn run(mut self) {
        // Whoever was let in nowhere is not to knock again and again.
        if self.masters.found().await.is_err() {
            return;
        }
        let mut backoff = Backoff::new(EVERY / 4, EVERY);
        while !self.report_tx.is_closed() {
            match self.masters.informant().await {
                Ok(informant) => {
                    backoff.reset();
                    self.note_sight();
                    self.watch_by(informant).await;
                }
                Err(nobody) => {
                    let is_refusal = nobody.failure.is_refusal;
                    self.note_blindness(nobody);
                    sleep(if is_refusal {
                        LOCKED_OUT
                    } else {
                        backoff.next_wait()
                    })
                    .await;
                }
            }
        }
    }

    /// A sentinel can be asked.
    fn note_sight(&mut self) {
        self.blind_since = None;
        if std::mem::take(&mut self.is_told) {
            let _ = self.report_tx.send(Report::Partial(None));
        }
    }

    /// None can be asked, so that a failover would not be followed. Those that answer but lead
    /// nowhere may be at a failover.
    fn note_blindness(&mut self, nobody: NoSentinel) {
        if nobody.is_any_heard {
            self.note_sight();
            return;
        }
        let since = *self.blind_since.get_or_insert_with(Instant::now);
        if since.elapsed() < TELL_AFTER && !nobody.failure.is_refusal {
            return;
        }
        self.is_told = true;
        let reason = nobody.failure.reason;
        let words = format!("{reason} · a failover would not be followed");
        let _ = self.report_tx.send(Report::Partial(Some(words.into())));
    }

    /// The same by one sentinel, for as long as it can be believed.
    async fn watch_by(&mut self, informant: SentinelAnswer) {
        let SentinelAnswer {
            mut link,
            sentinel,
            mut master,
        } = informant;
        // Without it a new master is noticed by asking, a little later.
        let mut switches = self.masters.switches(&sentinel).await.ok();
        let mut asked = Time::now();
        loop {
            if self.is_new(&master) {
                self.switch_master(&master, asked).await;
            } else if let Some(reign) = &mut self.reign {
                reign.agreed = asked;
            }
            select! {
                () = self.look() => (),
                () = next(&mut switches) => (),
            }
            asked = Time::now();
            match self.masters.ask(&mut link).await {
                Ok(named) => master = named,
                Err(_) => return,
            }
            // A sentinel may be behind the times: then the others are asked.
            if self.is_new(&master) && self.masters.verify(&master).await.is_err() {
                return;
            }
        }
    }

    fn is_new(&self, master: &Endpoint) -> bool {
        let known = self.reign.as_ref().map(|reign| &reign.master);
        known != Some(master)
    }

    /// There is a new master, which one of the sentinels, asked at this time, has named.
    async fn switch_master(&mut self, master: &Endpoint, asked: Time) {
        let mut new = CurrentMaster::new(master.clone(), asked);
        let info = new.ask_replication(&self.masters).await;
        let Some(old) = self.reign.replace(new) else {
            return;
        };
        let heard = self.former.take().and_then(PreviousMaster::forget);
        let last_served = old.served_until(info.as_deref(), self.began);
        let moved = Report::MasterMoved {
            from: old.master.address().clone(),
            to: master.address().clone(),
            last_served,
        };
        self.former = Some(PreviousMaster::of(old));
        for report in heard.into_iter().chain([moved]) {
            // The coordinator outlives this task, but for the program's end.
            let _ = self.report_tx.send(report);
        }
    }

    /// Asks the servers how things stand, and waits until it is time to do so again.
    async fn look(&mut self) {
        let masters = &self.masters;
        let at_master = async {
            if let Some(reign) = &mut self.reign {
                reign.ask_replication(masters).await;
            }
        };
        let at_former = async {
            let former = self.former.as_mut()?;
            former.look(masters).await
        };
        let ((), heard) = join!(at_master, at_former);
        if let Some(report) = heard {
            let _ = self.report_tx.send(report);
        }
        if self.former.as_ref().is_some_and(|former| former.is_over) {
            self.former = None;
        }
        sleep(EVERY).await;
    }
}

impl CurrentMaster {
    fn new(master: Endpoint, agreed: Time) -> Self {
        Self {
            master,
            link: None,
            progress: Progress::default(),
            agreed,
        }
    }

    /// Asks the master how far it has got. Gives its answer back.
    async fn ask_replication(&mut self, masters: &Masters) -> Option<String> {
        let asked = Time::now();
        let link = opened(&mut self.link, &self.master, masters).await.ok()?;
        let info: Result<String, _> = link.ask(redis::cmd("INFO").arg("replication")).await;
        match info {
            Ok(info) => {
                self.progress.note(&info, asked);
                Some(info)
            }
            Err(error) => {
                if !is_refusal(&error) {
                    self.link = None;
                }
                None
            }
        }
    }

    /// Until when it was certainly the only master, by what its heir says of its replication.
    fn served_until(&self, heir: Option<&str>, began: Time) -> Time {
        let told = heir.and_then(|info| self.progress.followed_until(info, began));
        told.unwrap_or_else(|| self.agreed.before(UNNOTICED).max(began))
    }
}

impl PreviousMaster {
    fn of(reign: CurrentMaster) -> Self {
        Self {
            server: reign.master,
            link: None,
            since: Time::now(),
            is_serving: false,
            is_over: false,
        }
    }

    /// Looks whether it still takes itself for a master. Gives what is new of that.
    async fn look(&mut self, masters: &Masters) -> Option<Report> {
        let asked = Time::now();
        let standing = match opened(&mut self.link, &self.server, masters).await {
            Ok(link) => Some(standing(link).await),
            Err(failure) if failure.is_refusal => Some(Standing::Unknown),
            Err(_) => None,
        };
        if standing == Some(Standing::Master) {
            let is_new = !std::mem::replace(&mut self.is_serving, true);
            return is_new.then(|| Report::FormerServes {
                server: self.server.address().clone(),
                since: self.since,
            });
        }
        self.link = None;
        self.since = asked;
        // One that is gone may come back as the master that it was.
        self.is_over = standing == Some(Standing::Replica);
        std::mem::take(&mut self.is_serving).then_some(Report::FormerIsOver)
    }

    /// It no longer matters.
    fn forget(self) -> Option<Report> {
        self.is_serving.then_some(Report::FormerIsOver)
    }
}

/// The connection, made if there is none.
async fn opened<'a>(
    link: &'a mut Option<Link>,
    server: &Endpoint,
    masters: &Masters,
) -> Result<&'a mut Link, Failure> {
    let usable = link.take().filter(|link| !link.is_closed());
    let usable = match usable {
        Some(link) => link,
        None => masters.open(server).await?,
    };
    Ok(link.insert(usable))
}

/// Waits for the next event; for ever where none can come.
async fn next(events: &mut Option<PubSubStream>) {
    if let Some(stream) = events {
        if stream.next().await.is_some() {
            return;
        }
        *events = None;
    }
    std::future::pending::<()>().await;
}
