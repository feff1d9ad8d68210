//! The command connection: publishes messages and identifies the server.

mod contacts;
pub(super) mod poller;
pub(super) mod rights;
pub(super) mod server_kind;

use std::time::Duration;

use redis::{Cmd, FromRedisValue as _, Value};
use tokio::select;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until};

use self::rights::ask_rights;
use self::server_kind::{Membership, membership, mode_in, version_in};
use crate::log::Batch;
use crate::message::{Allowed, ConnectionError, DatabaseError, Notice, Partial, Time};
use crate::server::cluster::topology::{parse_address, slot_of};
use crate::server::connect::{
    Address, AddressMap, Endpoint, Link, Login, Target, cut, excess_of, is_refusal, refusal,
};
use crate::server::feed::{Ask, Feed, PublishError, Trouble};
use crate::server::gaps::NOWHERE;
use crate::server::node_location::NodeLocation;
use crate::server::replication::{Change, Upstream};
use crate::server::report::Report;
use crate::server::sentinel::masters::known_masters;
use crate::server::shared::{Shared, Stopped};

/// The setting that selects the keyspace events to send.
const KEY_EVENTS: &str = "notify-keyspace-events";

/// The commander's task.
pub(super) struct Commander {
    shared: Shared,
    /// The location of the server to publish to.
    location: NodeLocation,
    ask_rx: UnboundedReceiver<Ask>,
    link: Option<Link>,
    /// The endpoint of the link.
    at: Option<Endpoint>,
    /// Whether a refusal was reported to the event loop and the report has not been withdrawn.
    has_reported_trouble: bool,
    login: Login,
    /// Whether the login was refused permanently. The commander does not log in again until the
    /// subscriber has logged in.
    is_locked_out: bool,
    /// Delay before the next connection check, if it differs from the regular PING interval.
    pause: Option<Duration>,
    /// Whether the connection is kept open. Set once the server has answered a subscriber.
    is_maintained: bool,
    /// State of the server's link to its primary, if it matters and may be queried.
    upstream: Option<Upstream>,
    /// Whether the server belongs to a cluster.
    membership: Membership,
    /// The last reported error about a database that cannot be selected.
    reported_database: Option<DatabaseError>,
}

/// How many clients received a message and which server counted them, or why the message was not
/// published.
type Published = Result<(i64, Option<Address>), PublishError>;

impl Commander {
    pub(super) fn new(
        shared: Shared,
        location: NodeLocation,
        ask_rx: UnboundedReceiver<Ask>,
    ) -> Self {
        let login = Login::new(shared.config.login_retries);
        Self {
            shared,
            location,
            ask_rx,
            link: None,
            at: None,
            has_reported_trouble: false,
            login,
            is_locked_out: false,
            pause: None,
            is_maintained: false,
            upstream: None,
            membership: Membership::Alone,
            reported_database: None,
        }
    }

    /// Handles requests until the request sender or the feed receiver is gone.
    pub(super) async fn run(mut self) {
        let mut next_check = Instant::now();
        loop {
            let is_checked = self.is_maintained && !self.is_locked_out;
            let done = select! {
                ask = self.ask_rx.recv() => match ask {
                    Some(Ask::Publish { id, channel, payload, is_sharded }) => {
                        let name = if is_sharded { "SPUBLISH" } else { "PUBLISH" };
                        let command = redis::cmd(name).arg(&*channel).arg(&*payload).to_owned();
                        let owner = is_sharded.then(|| self.owner_of(&channel)).flatten();
                        self.answer_publish(id, owner, &command).await
                    }
                    Some(Ask::Allowed) => self.answer_allowed().await,
                    Some(Ask::KeyEvents) => self.answer_key_events().await,
                    None => return,
                },
                () = self.shared.answering.notified() => self.maintain().await,
                () = sleep_until(next_check), if is_checked => self.maintain().await,
            };
            if done.is_err() {
                return;
            }
            let pause = self.pause.take();
            next_check = Instant::now() + pause.unwrap_or(self.shared.config.timing.ping_every);
        }
    }

    /// Returns the node that serves a sharded channel, if it is known.
    fn owner_of(&self, channel: &[u8]) -> Option<Address> {
        let topology = self.shared.topology_tx.borrow();
        Some(topology.owner(slot_of(channel))?.address.clone())
    }

    async fn answer_publish(
        &mut self,
        id: u64,
        owner: Option<Address>,
        command: &Cmd,
    ) -> Result<(), Stopped> {
        let published = if self.shared.config.read_only {
            Err(PublishError::ReadOnly)
        } else {
            match self.ensure_connected().await? {
                Ok(()) => self.publish(owner, command).await,
                Err(error) => Err(PublishError::NotPublished(error)),
            }
        };
        let (receivers, at) = match published {
            Ok((receivers, at)) => (Ok(receivers), at),
            Err(why) => (Err(why), None),
        };
        let counted_at = at.filter(|_| self.membership == Membership::Member);
        let answer = Feed::Published {
            id,
            receivers,
            counted_at: counted_at.map(|at| at.to_string().into()),
        };
        self.shared.send(answer).await
    }

    /// Publishes a message at most once: a command that may have been sent is never retried.
    ///
    /// `owner` is the owner of the channel's slot, if the channel is sharded and the owner is
    /// known. A replica would accept a sharded message without delivering it.
    async fn publish(&mut self, owner: Option<Address>, command: &Cmd) -> Published {
        let Some(link) = &mut self.link else {
            return Err(PublishError::NotPublished(ConnectionError::NotConnected));
        };
        let here = self.at.as_ref().map(Endpoint::address);
        if let Some(owner) = owner
            && here.is_some_and(|here| *here != owner)
        {
            return self.publish_at(owner, command).await;
        }
        match link.ask(command).await {
            Ok(receivers) => Ok((receivers, here.cloned())),
            Err(error) => {
                let failed = publish_error(link, &error);
                if !is_refusal(&error) {
                    self.link = None;
                } else if let Some(owner) =
                    here.and_then(|here| owner_in(&error, here, &self.shared.config.address_map))
                {
                    return self.publish_at(owner, command).await;
                }
                Err(failed)
            }
        }
    }

    /// Publishes a message through the owner of the channel's slot.
    async fn publish_at(&self, owner: Address, command: &Cmd) -> Published {
        let located = self.location.locate().await;
        let endpoint = located.map_err(PublishError::NotPublished)?;
        let endpoint = endpoint.at(owner.clone());
        let link = Link::open(&endpoint, &self.shared.config.dial()).await;
        let link = link.map_err(PublishError::NotPublished)?;
        match link.ask(command).await {
            Ok(receivers) => Ok((receivers, Some(owner))),
            Err(error) => Err(publish_error(&link, &error)),
        }
    }

    async fn answer_allowed(&mut self) -> Result<(), Stopped> {
        let (user, channels) = match (self.ensure_connected().await?, &mut self.link) {
            (Ok(()), Some(link)) => ask_rights(link).await,
            (Ok(()), None) => (None, Allowed::Unknown(ConnectionError::NotConnected)),
            (Err(error), _) => (None, Allowed::Unknown(error)),
        };
        // Without a password, the connection did not log in.
        let login = self.at.as_ref().filter(|at| at.has_login());
        let login = login.and_then(|at| at.user.as_deref());
        let user = user.as_deref().or(login).unwrap_or("default").into();
        self.shared.send(Feed::Allowed { user, channels }).await
    }

    /// Reports if the server sends no keyspace events. Many servers refuse to say.
    async fn answer_key_events(&mut self) -> Result<(), Stopped> {
        let (Ok(()), Some(link)) = (self.ensure_connected().await?, &mut self.link) else {
            return Ok(());
        };
        let question = redis::cmd("CONFIG").arg("GET").arg(KEY_EVENTS).to_owned();
        let answer = link.ask::<Vec<(String, String)>>(&question).await;
        let is_off = |(name, flags): &(String, String)| name == KEY_EVENTS && flags.is_empty();
        if answer.is_ok_and(|settings| settings.iter().any(is_off)) {
            self.shared.send(Feed::KeyEventsOff).await?;
        }
        Ok(())
    }

    /// Ensures that the connection is open and that the server responds.
    async fn maintain(&mut self) -> Result<(), Stopped> {
        self.is_maintained = true;
        self.follow();
        if self.link.is_some() {
            self.check_alive().await;
        }
        if self.link.is_some() {
            return Ok(());
        }
        // Unreachable servers are reported by the subscriber.
        if let Err(error) = self.ensure_connected().await?
            && error.is_refusal()
        {
            self.has_reported_trouble = true;
            if error.is_about_login() {
                self.pause = self.login.next_wait();
                self.is_locked_out = self.pause.is_none();
            }
            let trouble = Trouble::NoPublishing(error);
            self.shared.send(Feed::Trouble(Some(trouble))).await?;
        }
        Ok(())
    }

    /// Sends a request to check whether the connection is alive. Any answer, even an error, proves
    /// this.
    async fn check_alive(&mut self) {
        let Some(link) = &mut self.link else {
            return;
        };
        let asked = Time::now();
        let command = match &self.upstream {
            Some(_) => redis::cmd("INFO").arg("replication").to_owned(),
            None => redis::cmd("PING"),
        };
        match link.ask::<Value>(&command).await {
            Ok(answer) => {
                let info = String::from_redis_value(answer).unwrap_or_default();
                let upstream = self.upstream.as_mut();
                let changes = upstream.map(|upstream| upstream.note(&info, asked));
                self.report_changes(changes.unwrap_or_default());
            }
            Err(error) if is_refusal(&error) => self.watch_upstream(false),
            Err(_) => self.link = None,
        }
    }

    /// Starts or stops watching the server's link to its primary.
    fn watch_upstream(&mut self, is_on: bool) {
        if is_on {
            self.upstream.get_or_insert_default();
        } else if let Some(mut upstream) = self.upstream.take() {
            self.report_changes(upstream.forget());
        }
    }

    fn report_changes(&self, changes: Vec<Change>) {
        for change in changes {
            self.shared.report(Report::Upstream(change));
        }
    }

    /// Drops the link if the server has moved elsewhere.
    fn follow(&mut self) {
        let has_left = |at: &Endpoint| self.location.has_left(at);
        if self.at.as_ref().is_some_and(has_left) {
            self.link = None;
        }
    }

    /// Connects unless already connected.
    async fn ensure_connected(&mut self) -> Result<Result<(), ConnectionError>, Stopped> {
        self.follow();
        // The driver ends when the connection closes, so no command is sent to a dead connection.
        if self.link.as_ref().is_some_and(|link| !link.is_closed()) {
            return Ok(Ok(()));
        }
        self.link = None;
        let mut link = match self.connect().await {
            Ok(link) => link,
            Err(error) => return Ok(Err(error)),
        };
        let info = match link.ask::<String>(redis::cmd("INFO").arg("server")).await {
            Ok(info) => Some(info),
            Err(error) if excess_of(&error).is_some() => {
                let error = Box::new(link.failure(&error));
                return Ok(Err(ConnectionError::Reply("INFO", error)));
            }
            Err(_) => None,
        };
        let mode = info.as_deref().and_then(mode_in);
        let membership = match (&self.shared.config.target, &info) {
            (Target::Cluster(_), _) => Membership::Member,
            (Target::Server(_), _) if mode == Some("cluster") => Membership::Member,
            // Sentinels do not manage cluster nodes.
            (Target::Server(_), Some(_)) | (Target::Sentinel(_), _) => Membership::Alone,
            (Target::Server(_), None) => membership(&mut link).await,
        };
        self.login.note_success();
        self.is_locked_out = false;
        if mode == Some("sentinel") {
            let masters = known_masters(&mut link).await;
            let masters = masters.iter().map(|name| cut(name).into()).collect();
            self.shared.send(Feed::Sentinel(masters)).await?;
        }
        let no_db = link.no_db.take();
        self.link = Some(link);
        self.note_membership(membership);
        // Cluster nodes forward messages to each other, and sentinels name a master, so in both
        // cases, the link to a primary does not matter.
        let is_alone = self.membership == Membership::Alone
            && matches!(self.shared.config.target, Target::Server(_));
        self.watch_upstream(is_alone && info.is_some());
        self.check_alive().await;
        // Some services refuse INFO. In that case, no version is shown.
        if let Some(version) = info.and_then(|info| version_in(&info)) {
            self.shared.send(Feed::ServerVersion(version)).await?;
        }
        if std::mem::take(&mut self.has_reported_trouble) {
            self.shared.send(Feed::Trouble(None)).await?;
        }
        if let Some(error) = no_db {
            self.report_database(error).await?;
        }
        Ok(Ok(()))
    }

    /// Reports that the database cannot be selected. The error is shown next to the address, and
    /// once as a row in the log.
    async fn report_database(&mut self, error: DatabaseError) -> Result<(), Stopped> {
        let trouble = Trouble::Database(error.clone());
        self.shared.send(Feed::Trouble(Some(trouble))).await?;
        if self.reported_database.as_ref() == Some(&error) {
            return Ok(());
        }
        self.reported_database = Some(error.clone());
        let mut batch = Batch::default().from_node(NOWHERE);
        batch.push_notice(Time::now(), Notice::Partial(Partial::Database(error)));
        self.shared.send(Feed::Batch(Box::new(batch))).await
    }

    /// Reports to the coordinator that the server belongs to a cluster, or why that is unknown.
    fn note_membership(&mut self, now: Membership) {
        let before = std::mem::replace(&mut self.membership, now);
        let report = match (before, &self.membership) {
            (_, Membership::Member) => Report::IsCluster,
            (_, Membership::Unknown(error)) => Report::MayBeCluster(Some(error.clone())),
            (Membership::Unknown(_), Membership::Alone) => Report::MayBeCluster(None),
            (_, Membership::Alone) => return,
        };
        self.shared.report(report);
    }

    async fn connect(&mut self) -> Result<Link, ConnectionError> {
        let endpoint = self.location.locate().await?;
        let link = Link::open(&endpoint, &self.shared.config.dial()).await;
        self.at = Some(endpoint);
        link
    }
}

/// Returns why a message was not published.
fn publish_error(link: &Link, error: &redis::RedisError) -> PublishError {
    match refusal(error) {
        Some(error) => PublishError::Refused(error),
        None => PublishError::Unknown(link.failure(error)),
    }
}

/// Returns the owner of a sharded channel from a redirection error of the node at `here`.
fn owner_in(error: &redis::RedisError, here: &Address, map: &AddressMap) -> Option<Address> {
    let (place, _slot) = error.redirect_node()?;
    parse_address(place, here, map)
}
