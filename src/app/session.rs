//! What the panes share: the log and which of its rows are shown, the subscriptions and the servers,
//! queries, checks, and how messages are decoded.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::check_coverage::Counted;
use super::{
    Breakpoints, Checks, DecodedRows, Filters, Find, Nodes, OwnMessages, ServerStatus, Settings,
    Subscriptions, TimeForm, Toast,
};
use crate::log::{MessageLog, Selection};
use crate::message::clock::WallClock;
use crate::message::names::Names;
use crate::message::{Notice, RowId, Time, Topic};
use crate::payload::decoder_choices::DecoderChoices;
use crate::payload::figures::{Clock, Zone};
use crate::query::Path;
use crate::server::Connection;

/// Sentinels announce themselves here every two seconds. The channel starts muted.
pub const SENTINEL_HELLO: &[u8] = b"__sentinel__:hello";

/// Silence after which a server counts as having left a PING unanswered. A PING is sent every 5
/// seconds.
pub(super) const ANSWER_EXPECTED: Duration = Duration::from_secs(7);

/// What the panes share.
#[derive(Debug)]
pub struct Session {
    pub(super) settings: Settings,
    /// When the last event arrived.
    pub(super) now: Time,
    pub(super) toast: Option<Toast>,
    /// How times are shown.
    pub(super) time_form: TimeForm,
    pub(super) log: MessageLog,
    pub(super) shown: Selection,
    pub(super) only: Option<Arc<[u8]>>,
    pub(super) muted: Names,
    /// Number of `muted` channels that have received messages.
    pub(super) muted_and_heard: usize,
    /// The lenses that the user set. `None` shows whole messages although the settings have a lens.
    pub(super) lenses: BTreeMap<Box<[u8]>, Option<Path>>,
    pub(super) decoded_rows: DecodedRows,
    /// The formats that the user chose for channels.
    pub(super) decoder_choices: Arc<DecoderChoices>,
    pub(super) filters: Filters,
    pub(super) find: Option<Find>,
    pub(super) breakpoints: Breakpoints,
    pub(super) checks: Checks,
    /// When the messages not covered by `checks` were last counted.
    pub(super) counted: Option<Counted>,
    pub(super) marked: BTreeSet<RowId>,
    /// Query history, oldest first.
    pub(super) queries: Vec<String>,
    /// Number of queries started so far.
    pub(super) serial: u64,
    pub(super) subscriptions: Subscriptions,
    pub(super) server: ServerStatus,
    pub(super) nodes: Nodes,
    /// Whether the user was told that keyspace events come from one primary only.
    pub(super) was_told_one_primary: bool,
    /// Whether the user was told that Socket.IO counts a subscription.
    pub(super) was_told_counted: bool,
    /// The last notice of what the ACL user may receive.
    pub(super) allowed: Option<Notice>,
    pub(super) own: OwnMessages,
    pub(super) wall: WallClock,
    /// Width of the widest channel name so far, in columns. The log's column never shrinks, so that
    /// rows do not jump sideways.
    pub(super) name_columns: usize,
}

impl Session {
    /// Creates a session that subscribes to `topics`.
    pub(super) fn new(settings: Settings, topics: Vec<Topic>, now: Time) -> Self {
        let mut subscriptions = Subscriptions::default();
        for topic in topics {
            subscriptions.add(topic);
        }
        let log = MessageLog::new(settings.keep);
        let decoder_choices = Arc::new(DecoderChoices::new(settings.message_types.clone()));
        let mut session = Self {
            checks: Checks::new(&settings.checks, &decoder_choices, &log),
            filters: Filters::new(&settings.filters),
            queries: settings.queries.clone(),
            settings,
            now,
            toast: None,
            time_form: TimeForm::default(),
            log,
            shown: Selection::default(),
            only: None,
            muted: Names::from_iter([SENTINEL_HELLO.into()]),
            muted_and_heard: 0,
            lenses: BTreeMap::new(),
            decoded_rows: DecodedRows::default(),
            decoder_choices,
            find: None,
            breakpoints: Breakpoints::default(),
            counted: None,
            marked: BTreeSet::new(),
            serial: 0,
            subscriptions,
            server: ServerStatus::new(now),
            nodes: Nodes::default(),
            was_told_one_primary: false,
            was_told_counted: false,
            allowed: None,
            own: OwnMessages::default(),
            wall: WallClock::default(),
            name_columns: 0,
        };
        for query in session.settings.breakpoints.clone() {
            session.set_breakpoint(query);
        }
        // The effects can be ignored: the log is still empty, so there is nothing to scan.
        session.refresh_shown();
        session
    }

    /// Returns how times are shown.
    #[must_use]
    pub fn time_form(&self) -> TimeForm {
        self.time_form
    }

    /// Returns the clock for displaying times.
    #[must_use]
    pub fn clock(&self) -> Clock {
        let zone = match self.time_form {
            TimeForm::Utc => Zone::Utc,
            TimeForm::Local | TimeForm::Delta | TimeForm::Age => Zone::Local,
        };
        Clock::new(zone).following(self.wall.clone())
    }

    /// Returns how long a server has been silent although it was pinged; `None` while all servers
    /// answer.
    #[must_use]
    pub fn unanswered(&self) -> Option<Duration> {
        let is_live = self.server.connection == Connection::Live;
        self.silence_since(self.nodes.answered()?)
            .filter(|_| is_live)
    }

    /// Returns the time since `answered` if it is longer than an answer may take.
    pub(super) fn silence_since(&self, answered: Time) -> Option<Duration> {
        // A server that refuses PING never answers, so its silence means nothing.
        let silence = self.now.since(answered);
        (self.server.trouble.is_none() && silence >= ANSWER_EXPECTED).then_some(silence)
    }

    pub(super) fn next_second(&self) -> Time {
        Time((self.now.second() + 1) * 1_000_000)
    }
}
