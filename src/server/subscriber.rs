//! The subscriber's connection, which is kept open as long as there are subscriptions.

mod buffer;
mod delivery;
mod feed_queue;
mod freshness;
mod greeting;
mod large;
pub(super) mod node_handle;
mod now;
mod protocol;
mod reader;
mod session;
mod subscription_set;
mod unexpected;

use std::future::{Future, pending};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use tokio::select;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep};

use self::feed_queue::FeedQueue;
use self::greeting::Greeting;
use self::node_handle::NodeHandle;
use self::now::Now;
use self::protocol::{End, SubscriberProtocol};
use self::session::Session;
use self::subscription_set::{State, SubscriptionSet};
use crate::message::{Closing, ConnectionError, Notice, Subscription, SubscriptionId, Time};
use crate::server::config::{Config, Counters};
use crate::server::connect::{
    Backoff, Endpoint, Login, Transport, connect, io_cause, is_login_limit, without_arguments,
};
use crate::server::feed::{Command, Connection, Feed};
use crate::server::gaps::Loss;
use crate::server::report::Report;
use crate::server::shared::{Shared, Stopped};

/// If a connection was live for at least this long, the backoff starts over after it, to keep the
/// gap as short as possible.
const STEADY: Duration = Duration::from_secs(1);

/// The subscriber's task.
pub(super) struct Subscriber {
    /// The handle to the server and to the coordinator.
    handle: NodeHandle,
    /// The server's endpoint as of the last connection.
    at: Option<Endpoint>,
    subscriptions: SubscriptionSet,
    feed_queue: FeedQueue,
    commands: UnboundedReceiver<Command>,
    backoff: Backoff,
    login: Login,
    greeting: Greeting,
    /// How many attempts have failed since the connection was last live.
    attempts: u32,
}

/// The event that ended a wait.
enum Waited<T> {
    /// The awaited event.
    Done(T),
    /// The subscriptions changed.
    SubscriptionsChanged,
    /// The user wants to reconnect now.
    ReconnectNow,
    /// Another server has replaced the one that was to be connected to.
    Replaced,
}

impl Subscriber {
    pub(super) fn new(
        handle: NodeHandle,
        subscriptions: Vec<Subscription>,
        commands: UnboundedReceiver<Command>,
    ) -> Self {
        let config = &handle.shared.config;
        let timing = config.timing;
        Self {
            at: None,
            subscriptions: SubscriptionSet::new(subscriptions),
            feed_queue: FeedQueue::new(handle.node, handle.shared.clone()),
            commands,
            backoff: Backoff::new(timing.first_wait, timing.longest_wait),
            login: Login::new(config.login_retries),
            greeting: Greeting::default(),
            attempts: 0,
            handle,
        }
    }

    /// Runs until the command sender or the feed receiver is gone.
    pub(super) async fn run(mut self) {
        while self.listen().await.is_ok() {}
    }

    /// Idles while there are no subscriptions, then keeps connecting until there are none again.
    async fn listen(&mut self) -> Result<(), Stopped> {
        if self.subscriptions.is_over() {
            self.idle().await?;
        }
        self.push_connection(Connection::Connecting);
        while !self.subscriptions.is_over() {
            match self.attempt().await {
                End::Stopped => return Err(Stopped),
                End::Over => (),
                End::Lost(reason) | End::Closed(reason) => self.wait_for_retry(reason).await?,
                End::Refused(reason) => self.wait_for_permission(reason).await?,
            }
        }
        Ok(())
    }

    /// Waits until there are subscriptions.
    async fn idle(&mut self) -> Result<(), Stopped> {
        let now = Time::now();
        if self.subscriptions.has_ended && self.handle.is_alone() {
            self.feed_queue.push_notice(now, Notice::AllEnded);
        }
        // Without subscriptions, no more messages can be missed: close the gaps, although nothing
        // was restored.
        let closed = self.handle.gaps().give_up_all(self.handle.node, now);
        self.feed_queue.push_notices(now, closed);
        self.push_connection(Connection::Idle);
        let mut forever = pin!(pending::<()>());
        loop {
            let waited = self.wait_for(forever.as_mut()).await?;
            let is_hurried =
                matches!(waited, Waited::ReconnectNow) && !self.subscriptions.is_empty();
            if is_hurried || !self.subscriptions.is_over() {
                self.subscriptions.begin_again();
                return Ok(());
            }
        }
    }

    /// Connects and runs the session until the connection ends.
    async fn attempt(&mut self) -> End {
        let config = Arc::clone(&self.handle.shared.config);
        let (login, transport) = match self.reach(&config).await {
            Ok(reached) => reached,
            Err(end) => return end,
        };
        let mut protocol = SubscriberProtocol::new(
            &mut self.subscriptions,
            &mut self.feed_queue,
            &self.handle,
            Now::read(),
        );
        protocol.greet(&login, &config.client_name, self.greeting.is_careful);
        let session = Session::new(transport, &self.handle.shared);
        let end = session.run(&mut protocol, &mut self.commands).await;
        protocol.report_unexpected(Now::read());
        // A replaced server may still send messages, so in this case the time of the replacement
        // counts.
        let (last_heard, cause) = protocol.replaced.take().unwrap_or_else(|| {
            let lost = self.handle.connection_lost();
            (protocol.heard_until_end(&end), lost)
        });
        let (live_since, progress, has_hung_up) =
            (protocol.live_since, protocol.progress, protocol.has_hung_up);
        self.note_outcome(live_since);
        let closing = self.greeting.note_end(progress, has_hung_up).or_else(|| {
            let has_login = login.credentials().is_some();
            let live = live_since.map(|since| since.elapsed());
            let is_limit = has_hung_up && has_login && live.is_some_and(is_login_limit);
            is_limit.then_some(Closing::AtLoginLimit)
        });
        let end = match (end, closing) {
            (End::Closed(_), Some(closing)) => End::Closed(ConnectionError::Closed(closing)),
            (End::Refused(reason), _) => End::Refused(login.login_cause(reason)),
            (end, _) => end,
        };
        let live = self.forget_connection();
        if let End::Lost(reason) | End::Closed(reason) | End::Refused(reason) = &end
            && !self.subscriptions.is_over()
        {
            let reason = reason.clone().into();
            let loss = Loss {
                last_heard,
                cause,
                reason,
            };
            self.open_gap(live, loss);
        }
        end
    }

    /// Locates the server and connects to it. Returns its endpoint with the login.
    async fn reach(&mut self, config: &Config) -> Result<(Endpoint, Transport), End> {
        let location = self.handle.location.clone();
        let dial = config.dial();
        let mut connecting = pin!(async {
            let endpoint = location.locate().await?;
            let transport = connect(&endpoint, &dial).await?;
            let login = endpoint.with_login().await?;
            Ok::<_, ConnectionError>((endpoint, login, transport))
        });
        loop {
            match self.wait_for(connecting.as_mut()).await {
                Ok(Waited::Done(Ok((endpoint, login, transport)))) => {
                    self.note_location(&endpoint);
                    return Ok((login, transport));
                }
                Ok(Waited::Done(Err(error))) => {
                    self.attempts = self.attempts.saturating_add(1);
                    return Err(if error.is_refusal() {
                        End::Refused(error)
                    } else {
                        End::Lost(error)
                    });
                }
                Ok(Waited::SubscriptionsChanged) if self.subscriptions.is_over() => {
                    return Err(End::Over);
                }
                Ok(Waited::Replaced) => return Err(End::Lost(ConnectionError::MasterReplaced)),
                Ok(Waited::SubscriptionsChanged | Waited::ReconnectNow) => (),
                Err(Stopped) => return Err(End::Stopped),
            }
        }
    }

    /// Records the success or failure of a connection that has ended. `live_since` is when the
    /// server accepted it, if it did.
    fn note_outcome(&mut self, live_since: Option<Instant>) {
        let Some(since) = live_since else {
            self.attempts = self.attempts.saturating_add(1);
            return;
        };
        self.attempts = 0;
        self.login.note_success();
        // A server that accepts connections and immediately closes them must not be flooded, so the
        // backoff then continues.
        if since.elapsed() >= STEADY.min(self.handle.shared.config.timing.longest_wait) {
            self.backoff.reset();
        }
    }

    /// Records where the server was reached. If it has moved, records the move as the cause of the
    /// open gap.
    fn note_location(&mut self, here: &Endpoint) {
        let address = here.address();
        if self.handle.location.name_at(address).is_some() {
            let address = address.clone();
            self.handle.report(|node| Report::Located { node, address });
        }
        let before = self.at.replace(here.clone());
        let cause = before.and_then(|before| self.handle.location.move_cause(&before, here));
        let node = self.handle.node;
        let explained = cause.and_then(|cause| self.handle.gaps().explain(node, cause, None));
        self.feed_queue.push_notices(Time::now(), explained);
    }

    /// Resets the subscriptions: none is confirmed, and pending unsubscriptions are complete.
    /// Returns those that were live.
    fn forget_connection(&mut self) -> Vec<SubscriptionId> {
        let live = self.subscriptions.in_state(State::Live);
        let live: Vec<SubscriptionId> = live.map(|of| of.id).collect();
        if !live.is_empty() {
            self.feed_queue.push(Feed::Unconfirmed(live.clone()));
        }
        for subscription in self.subscriptions.restart() {
            self.notify_unsubscribed(Some(subscription));
        }
        live
    }

    /// Opens a gap in the log, or updates the reason of the gap that is already open.
    fn open_gap(&mut self, live: Vec<SubscriptionId>, loss: Loss) {
        let now = Time::now();
        let node = self.handle.node;
        let opened = self.handle.gaps().lose(node, live, loss, now);
        self.feed_queue.push_notices(now, opened);
    }

    async fn wait_for_retry(&mut self, reason: ConnectionError) -> Result<(), Stopped> {
        if self.subscriptions.is_over() {
            return Ok(());
        }
        let attempts = self.attempts;
        self.handle.report(|node| Report::Lost { node, attempts });
        let wait = self.backoff.next_wait();
        self.push_connection(Connection::Reconnecting {
            reason,
            retry_at: Time::now().after(wait),
            attempts,
        });
        if self.wait_for_next(Some(wait)).await? {
            self.backoff.reset();
        }
        Ok(())
    }

    async fn wait_for_permission(&mut self, reason: ConnectionError) -> Result<(), Stopped> {
        let now = Time::now();
        let explained = self.handle.gaps().refuse(self.handle.node, &reason);
        self.feed_queue.push_notices(now, explained);
        let wait = self.login.next_wait();
        let retry_at = wait.map(|wait| now.after(wait));
        self.push_connection(Connection::Refused { reason, retry_at });
        self.wait_for_next(wait).await.map(drop)
    }

    /// Waits before the next attempt, or forever if `wait` is `None`. Returns whether the wait was
    /// cut short.
    async fn wait_for_next(&mut self, wait: Option<Duration>) -> Result<bool, Stopped> {
        let mut wait = pin!(async {
            match wait {
                Some(wait) => sleep(wait).await,
                None => pending::<()>().await,
            }
        });
        loop {
            match self.wait_for(wait.as_mut()).await? {
                Waited::Done(()) => return Ok(false),
                Waited::ReconnectNow | Waited::Replaced => {
                    self.push_connection(Connection::Connecting);
                    return Ok(true);
                }
                Waited::SubscriptionsChanged if self.subscriptions.is_over() => return Ok(false),
                Waited::SubscriptionsChanged => (),
            }
        }
    }

    /// Waits for `event`, handing over feeds and executing commands in the meantime.
    async fn wait_for<T>(
        &mut self,
        mut event: Pin<&mut impl Future<Output = T>>,
    ) -> Result<Waited<T>, Stopped> {
        loop {
            select! {
                done = &mut event => return Ok(Waited::Done(done)),
                command = self.commands.recv() => match command.ok_or(Stopped)? {
                    Command::Reconnect => return Ok(Waited::ReconnectNow),
                    Command::Leave { .. } => return Ok(Waited::Replaced),
                    // The next connection begins with the interval that the tasks share.
                    Command::PingOften(_) | Command::LogIn { .. } => (),
                    Command::Subscribe(subscription) => {
                        let replaced = self.subscriptions.add(subscription);
                        self.notify_unsubscribed(replaced);
                        return Ok(Waited::SubscriptionsChanged);
                    }
                    Command::Unsubscribe(id) => {
                        let removed = self.subscriptions.remove(id);
                        self.notify_unsubscribed(removed);
                        return Ok(Waited::SubscriptionsChanged);
                    }
                    Command::Yield(subscription) => {
                        self.subscriptions.remove(subscription);
                        self.handle.hand_over(subscription, None);
                        return Ok(Waited::SubscriptionsChanged);
                    }
                },
                flushed = self.feed_queue.flush(), if !self.feed_queue.is_empty() => flushed?,
            }
        }
    }

    fn notify_unsubscribed(&mut self, subscription: Option<Subscription>) {
        if let Some(subscription) = subscription {
            let now = Time::now();
            let id = subscription.id;
            let notice = Notice::Unsubscribed {
                subscription,
                count: 0,
                server: self.handle.name_among_others(),
                asked: true,
            };
            self.feed_queue.push_notice(now, notice);
            let closed = self.handle.gaps().give_up(id, self.handle.node, now);
            self.feed_queue.push_notices(now, closed);
        }
    }

    fn push_connection(&mut self, connection: Connection) {
        self.feed_queue
            .push(Feed::Connection(self.handle.node, connection));
    }
}
