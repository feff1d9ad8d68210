//! The state of the screen, and how events change it.
//!
//! [`App`] owns all that the screen shows. [`App::update`] takes one event at a time: it is
//! synchronous and total, does no I/O and reads no clock, and answers with [`Effect`]s, plain
//! data that says what the outside must do. A file here for each pane: what it shows of the log,
//! where it stands, what is selected.

mod acl_fallback;
mod action;
mod actions;
mod box_limits;
mod breakpoints;
mod burst;
mod channel_tab;
mod channels;
mod check_coverage;
mod checking;
mod checks;
mod comparing;
mod current;
mod effect;
mod event;
mod filtering;
mod finding;
mod format_picker;
mod highlighting;
mod holding;
mod input;
mod keymap;
mod latest;
mod layout;
mod lens;
mod lists;
mod live_query;
mod marking;
mod messages;
mod mouse;
mod moving;
mod nodes;
mod notices;
mod opening;
mod overlay;
mod own;
mod picker;
mod plot;
mod plot_cursor;
mod plotting;
mod publish;
mod publishing;
mod query_editor;
mod quitting;
mod reader;
mod reading;
mod remedies;
mod shell;
mod socket_io;
mod stopping;
mod subscribing;
mod subscriptions;
mod syntax;
mod undo;
mod update;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

pub use action::Action;
pub use breakpoints::{Attention, Breakpoint, Breakpoints, Stop};
pub use channel_tab::About;
pub use channels::{ChannelsPane, Entry, Lists, MOST_LISTED, Sort};
pub use check_coverage::Unchecked;
pub use checks::Checks;
pub use effect::{Alert, Effect};
pub use event::Event;
pub use filtering::{Filter, Filters};
pub use finding::Find;
pub use input::Input;
pub use keymap::{BINDINGS, Binding, Chord, Context, action_for, bindings_in, bindings_of};
pub use latest::{FLASH, ListForm};
pub use layout::{Areas, inside, padded};
pub use lens::{DecodedRows, MOST_THROUGH_LENS, MOST_UNPACKED_THROUGH_LENS};
pub use live_query::Progress;
pub use messages::{MessagesPane, Position, TimeForm, Window};
pub use nodes::{Away, NodeStatus, Nodes};
pub use notices::{gap_words, notice_words, topic_words};
pub use opening::{Against, Open};
pub use overlay::{HelpLine, Overlay, Prompt, Question, help_lines};
pub use own::OwnMessages;
pub use picker::{Badge, Pickable, Picker};
pub use plot::{
    Curve, Dot, EmptyReason, Figures, Plot, PlotMode, PlotRoom, PlotWindow, Quantity, Series,
};
pub use publish::{Answer, Outgoing, PublishBox};
pub use query_editor::{Purpose, QueryBox};
pub use quitting::MOST_LOST_BY_QUITTING;
pub use reader::{
    Columns, DIFF_HEADER, Form, MessageSnapshot, Outline, OutlineRow, Page, Reader, Room,
    TAB_SPACE, Tab,
};
pub use remedies::{connection_remedy, denial_remedy};
pub use shell::RedisCli;
pub use subscriptions::{SubscriptionState, Subscriptions};
pub use syntax::{SyntaxColumns, SyntaxLine, syntax_lines, wrapped};
pub use update::MAX_NAME_COLUMNS;

use crate::analysis::Check;
use crate::log::{MessageLog, Selection};
use crate::message::clock::WallClock;
use crate::message::glob::ByGlob;
use crate::message::names::Names;
use crate::message::{Gap, Notice, RowId, Subscription, Time, Topic};
use crate::payload::decoder_choices::DecoderChoices;
use crate::payload::figures::{Clock, Zone};
use crate::payload::protobuf::MessageType;
use crate::query::{Path, Query};
use crate::server::Connection;

/// Sentinels greet each other here every two seconds: noise, so it starts muted.
pub const SENTINEL_HELLO: &[u8] = b"__sentinel__:hello";

/// A server that has said nothing for this long has left a PING unanswered: one is sent every
/// 5 seconds.
const ANSWER_EXPECTED: Duration = Duration::from_secs(7);

/// How long a toast stays in the hint line.
const REMARK_TIME: Duration = Duration::from_secs(5);

/// What the screen is told at the start and never changes.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The profile, if one was asked for.
    pub profile: Option<Badge>,
    /// The server's address, without its password.
    pub address: String,
    /// TLS is spoken there, but the server's certificate is not checked.
    pub is_insecure: bool,
    /// What to say beside the address, such as how to join the demo; empty for nothing.
    pub note: String,
    /// How redis-cli reaches the server.
    pub redis_cli: RedisCli,
    /// Every write is refused.
    pub read_only: bool,
    /// The bytes that the log may take.
    pub keep: usize,
    /// What to filter by from the start.
    pub filters: Vec<Query>,
    /// Where to stop from the start.
    pub breakpoints: Vec<Query>,
    /// What is checked of messages from the start.
    pub checks: Vec<Check>,
    /// Queries written in earlier runs, oldest first.
    pub queries: Vec<String>,
    /// What messages are looked at through in the log from the start.
    pub lenses: ByGlob<Path>,
    /// The types of the Protobuf messages that channels carry.
    pub message_types: ByGlob<MessageType>,
    /// All types that Protobuf messages can be read by.
    pub known_types: Vec<MessageType>,
}

/// Which region the keys go to while nothing stands over the panes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Focus {
    /// The channel list.
    Channels,
    /// The message log.
    #[default]
    Messages,
    /// The open message.
    Message,
    /// The plot, in the open message's place.
    Plot,
    /// The box, on the channel's name.
    PublishChannel,
    /// The box, on the payload.
    PublishPayload,
}

/// Something said to the person for a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// The words.
    pub text: String,
    /// Whether something went wrong.
    pub is_error: bool,
    until: Time,
}

/// What is known of the server.
#[derive(Debug)]
pub struct ServerStatus {
    /// The state of the subscriber's connection.
    pub connection: Connection,
    /// How long the last PING took.
    pub round_trip: Option<Duration>,
    /// What kind of server it is, such as "Redis 7.0.15".
    pub version: Option<Box<str>>,
    /// The masters that it watches, if it is a sentinel.
    pub sentinel_of: Option<Vec<Box<str>>>,
    /// Something that is not as it should be, in words.
    pub trouble: Option<Box<str>>,
    /// That not all that is wanted can be heard, or not for good; what, and after a colon why.
    pub partial: Option<Box<str>>,
    /// Since when the connection is live, if it is.
    pub live_since: Time,
    /// The gaps that are open, by [`Gap::noticed`].
    pub losing: BTreeMap<Time, Gap>,
    /// When the last of the gaps that have closed did.
    pub gap_ended: Option<Time>,
    /// Whether it was said that some of the sharded channels that were found are left out.
    pub has_left_some_out: bool,
}

/// All that the screen shows.
#[derive(Debug)]
pub struct App {
    settings: Settings,
    width: u16,
    height: u16,
    now: Time,
    log: MessageLog,
    shown: Selection,
    only: Option<Arc<[u8]>>,
    muted: Names,
    /// How many of these have been heard.
    muted_and_heard: usize,
    /// What the person looks at channels through; `None` to look at the whole messages though the
    /// settings say otherwise.
    lenses: BTreeMap<Box<[u8]>, Option<Path>>,
    decoded_rows: DecodedRows,
    /// How the person has chosen to read channels.
    decoder_choices: Arc<DecoderChoices>,
    filters: Filters,
    find: Option<Find>,
    breakpoints: Breakpoints,
    checks: Checks,
    /// When it was counted last what they have not looked at.
    counted: Option<check_coverage::Counted>,
    plot: Plot,
    marked: BTreeSet<RowId>,
    /// The history of queries, oldest first.
    queries: Vec<String>,
    /// Queries asked so far.
    serial: u64,
    subscriptions: Subscriptions,
    server: ServerStatus,
    nodes: Nodes,
    /// Whether it was said that the events of keys come from one primary only.
    has_said_whose_keys: bool,
    /// Whether it was said that Socket.IO counts a subscription.
    has_said_counted: bool,
    /// What the user may hear, as was last told.
    allowed: Option<Notice>,
    focus: Focus,
    /// The pane that the box gives the focus back to.
    pane: Focus,
    channels: ChannelsPane,
    list_form: ListForm,
    messages: MessagesPane,
    publish: PublishBox,
    own: OwnMessages,
    wall: WallClock,
    open: Option<Open>,
    /// The number of the open message for those who find out what it is.
    decode_serial: u64,
    overlay: Option<Overlay>,
    toast: Option<Toast>,
    /// The keys pressed last.
    typed: holding::Typed,
    /// What was muted or unsubscribed last, until the selection is moved: the key pressed again is
    /// meant for it, though the selection may have fallen to a neighbour.
    acted_on: Option<Topic>,
    undo: Vec<undo::Undo>,
    /// A line break has come in a burst of keys, and nothing after it yet.
    held_break: bool,
    /// The widest name of a channel so far, in columns: the log's column never shrinks, so that
    /// rows do not jump sideways.
    name_columns: usize,
}

impl App {
    /// The screen of `width` columns and `height` rows before anything has happened, with `topics`
    /// asked for.
    #[must_use]
    pub fn new(settings: Settings, topics: Vec<Topic>, size: (u16, u16), now: Time) -> Self {
        let mut subscriptions = Subscriptions::default();
        for topic in topics {
            subscriptions.add(topic);
        }
        let breakpoints = settings.breakpoints.clone();
        let log = MessageLog::new(settings.keep);
        let decoder_choices = Arc::new(DecoderChoices::new(settings.message_types.clone()));
        let mut app = Self {
            checks: Checks::new(&settings.checks, &decoder_choices, &log),
            log,
            counted: None,
            plot: Plot::default(),
            filters: Filters::new(&settings.filters),
            find: None,
            breakpoints: Breakpoints::default(),
            marked: BTreeSet::new(),
            queries: settings.queries.clone(),
            serial: 0,
            settings,
            width: size.0,
            height: size.1,
            now,
            shown: Selection::default(),
            only: None,
            lenses: BTreeMap::new(),
            decoded_rows: DecodedRows::default(),
            decoder_choices,
            muted: Names::from_iter([SENTINEL_HELLO.into()]),
            muted_and_heard: 0,
            subscriptions,
            server: ServerStatus {
                connection: Connection::Connecting,
                round_trip: None,
                version: None,
                sentinel_of: None,
                trouble: None,
                partial: None,
                live_since: now,
                losing: BTreeMap::new(),
                gap_ended: None,
                has_left_some_out: false,
            },
            nodes: Nodes::default(),
            has_said_whose_keys: false,
            has_said_counted: false,
            allowed: None,
            focus: Focus::default(),
            pane: Focus::default(),
            channels: ChannelsPane::default(),
            list_form: ListForm::default(),
            messages: MessagesPane::default(),
            publish: PublishBox::default(),
            own: OwnMessages::default(),
            wall: WallClock::default(),
            open: None,
            decode_serial: 0,
            overlay: None,
            toast: None,
            typed: holding::Typed::default(),
            acted_on: None,
            undo: Vec::new(),
            held_break: false,
            name_columns: 0,
        };
        for query in breakpoints {
            app.set_breakpoint(query);
        }
        // Nothing is kept yet that would have to be looked at.
        app.refresh_shown();
        app.refresh_channels();
        app
    }

    /// The subscriptions asked for at the start, for the server tasks.
    #[must_use]
    pub fn first_subscriptions(&self) -> Vec<Subscription> {
        let listed = self.subscriptions.listed();
        listed
            .map(|(id, topic, _)| Subscription {
                id,
                topic: topic.clone(),
            })
            .collect()
    }

    /// What the screen was told at the start.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// When the last event arrived: what "now" means on the screen.
    #[must_use]
    pub fn now(&self) -> Time {
        self.now
    }

    /// The messages kept.
    #[must_use]
    pub fn log(&self) -> &MessageLog {
        &self.log
    }

    /// The rows of the log that are shown.
    #[must_use]
    pub fn shown(&self) -> &Selection {
        &self.shown
    }

    /// The only channel that is shown, if one was chosen.
    #[must_use]
    pub fn only(&self) -> Option<&[u8]> {
        self.only.as_deref()
    }

    /// Whether the channel called `name` is muted.
    #[must_use]
    pub fn is_muted(&self, name: &[u8]) -> bool {
        self.muted.contains(name)
    }

    /// How many channels are muted that have been heard.
    #[must_use]
    pub fn muted_and_heard(&self) -> usize {
        self.muted_and_heard
    }

    /// What is filtered by.
    #[must_use]
    pub fn filters(&self) -> &Filters {
        &self.filters
    }

    /// What is looked for, if anything is.
    #[must_use]
    pub fn find(&self) -> Option<&Find> {
        self.find.as_ref()
    }

    /// The breakpoints.
    #[must_use]
    pub fn breakpoints(&self) -> &Breakpoints {
        &self.breakpoints
    }

    /// What is subscribed to.
    #[must_use]
    pub fn subscriptions(&self) -> &Subscriptions {
        &self.subscriptions
    }

    /// What is known of the server.
    #[must_use]
    pub fn server(&self) -> &ServerStatus {
        &self.server
    }

    /// Which region the keys go to while nothing stands over the panes.
    #[must_use]
    pub fn focus(&self) -> Focus {
        self.focus
    }

    /// The channel list.
    #[must_use]
    pub fn channels(&self) -> &ChannelsPane {
        &self.channels
    }

    /// The message log's pane.
    #[must_use]
    pub fn messages(&self) -> &MessagesPane {
        &self.messages
    }

    /// The rows of the log on the screen.
    #[must_use]
    pub fn window(&self) -> Window {
        self.messages
            .window(&self.shown, inside(self.areas().messages).height)
    }

    /// Returns whether the wall clock was set since it was last noted, if it is `ahead` of the
    /// steady one now.
    #[must_use]
    pub fn is_wall_clock_set(&self, ahead: i64) -> bool {
        self.wall.is_set_to(ahead)
    }

    /// The clock that shows times.
    #[must_use]
    pub fn clock(&self) -> Clock {
        let zone = match self.messages.time_form {
            TimeForm::Utc => Zone::Utc,
            TimeForm::Local | TimeForm::Delta | TimeForm::Age => Zone::Local,
        };
        Clock::new(zone).following(self.wall.clone())
    }

    /// The messages that this session published.
    #[must_use]
    pub fn own(&self) -> &OwnMessages {
        &self.own
    }

    /// The box to publish from.
    #[must_use]
    pub fn publish(&self) -> &PublishBox {
        &self.publish
    }

    /// What stands over the panes.
    #[must_use]
    pub fn overlay(&self) -> Option<&Overlay> {
        self.overlay.as_ref()
    }

    /// What is said to the person for a moment.
    #[must_use]
    pub fn toast(&self) -> Option<&Toast> {
        self.toast.as_ref().filter(|toast| self.now < toast.until)
    }

    /// The widest name of a channel so far, in columns.
    #[must_use]
    pub fn name_columns(&self) -> usize {
        self.name_columns
    }

    /// What the channel list draws from.
    #[must_use]
    pub fn lists(&self) -> Lists<'_> {
        Lists {
            channels: self.log.channels(),
            subscriptions: &self.subscriptions,
        }
    }

    /// Where everything stands.
    #[must_use]
    pub fn areas(&self) -> Areas {
        let wishes = layout::Wishes {
            channels_focused: self.focus == Focus::Channels,
            publish_focused: matches!(self.focus, Focus::PublishChannel | Focus::PublishPayload),
            box_lines: self.publish.payload.line_count(),
            message: match self.plot.is_whole() {
                Some(is_whole) => Some(is_whole),
                None => self.open.as_ref().map(|open| open.is_whole),
            },
            message_focused: matches!(self.focus, Focus::Message | Focus::Plot),
            form: self.list_form,
        };
        Areas::divide(self.width, self.height, wishes)
    }

    /// For how long a server has said nothing though it was asked; `None` while all answer.
    #[must_use]
    pub fn unanswered(&self) -> Option<Duration> {
        let is_live = self.server.connection == Connection::Live;
        self.silence_since(self.nodes.answered()?)
            .filter(|_| is_live)
    }

    /// The time since then, if that is longer than an answer may take.
    fn silence_since(&self, answered: Time) -> Option<Duration> {
        // A server that refuses PING gives no signs of life to wait for.
        let silence = self.now.since(answered);
        (self.server.trouble.is_none() && silence >= ANSWER_EXPECTED).then_some(silence)
    }

    /// Where keys are looked up now.
    #[must_use]
    pub fn context(&self) -> Context {
        match &self.overlay {
            Some(Overlay::Help { .. }) => Context::Help,
            Some(Overlay::Subscribe(_)) => Context::Prompt,
            Some(Overlay::Confirm(_)) => Context::Confirm,
            Some(Overlay::Query(_)) => Context::Query,
            Some(Overlay::Filters { .. }) => Context::Filters,
            Some(Overlay::Breakpoints { .. }) => Context::Breakpoints,
            Some(Overlay::Nodes { .. }) => Context::Nodes,
            Some(Overlay::SearchMessage(_)) => Context::SearchMessage,
            Some(Overlay::Formats { .. }) => Context::Formats,
            None => match self.focus {
                Focus::Channels if self.shows_latest() => Context::Latest,
                Focus::Channels => Context::Channels,
                Focus::Messages => Context::Messages,
                Focus::Message => Context::Message,
                Focus::Plot if self.plot.mode() == PlotMode::Chart => Context::Chart,
                Focus::Plot => Context::Plot,
                Focus::PublishChannel => Context::PublishChannel,
                Focus::PublishPayload => Context::PublishPayload,
            },
        }
    }

    /// When the screen changes by the passing of time alone; `None` while it does not.
    ///
    /// Rates and bars move for a minute after the last message. Then only "silent for" counts on,
    /// by the minute.
    #[must_use]
    pub fn next_tick(&self) -> Option<Time> {
        let toast = self.toast().map(|toast| toast.until);
        let retry = match self.server.connection {
            Connection::Reconnecting { retry_at, .. }
            | Connection::Refused {
                retry_at: Some(retry_at),
                ..
            } if retry_at > self.now => Some(self.next_second()),
            _ => None,
        };
        let ages = (self.messages.time_form == TimeForm::Age && !self.shown.is_empty())
            .then(|| self.next_second());
        let answer = match (&self.server.connection, self.nodes.answered()) {
            (Connection::Live, Some(answered)) if self.server.trouble.is_none() => {
                Some(answered.after(ANSWER_EXPECTED).max(self.next_second()))
            }
            _ => None,
        };
        let order = self.channels.due();
        [
            toast,
            retry,
            ages,
            answer,
            order,
            self.follow_due(),
            self.flash_due(),
            self.held_back_due(),
            self.report_due(),
            self.plot_due(),
            self.next_tick_of_rates(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn next_tick_of_rates(&self) -> Option<Time> {
        let history = self.log.history()?;
        let quiet = self.now.since(history.last());
        if quiet < Duration::from_secs(70) {
            return Some(self.next_second());
        }
        Some(
            self.now
                .after(Duration::from_secs(if quiet.as_secs() < 3600 {
                    60
                } else {
                    3600
                })),
        )
    }

    fn next_second(&self) -> Time {
        Time((self.now.second() + 1) * 1_000_000)
    }
}
