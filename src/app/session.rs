//! The state that the panes share: the log and which of its rows are shown, the subscriptions and
//! the servers, queries, checks, and how messages are decoded.

pub mod acl_fallback;
pub mod breakpoints;
mod check_coverage;
pub mod checks;
pub mod clipboard;
pub mod decoded_rows;
pub mod export;
pub mod feed;
pub mod filters;
pub mod find;
mod formats;
pub mod lenses;
pub mod live_query;
mod marks;
pub mod nodes;
pub mod notices;
pub mod own_messages;
pub mod polling_fallback;
mod queries;
pub mod recents;
pub mod recipes;
pub mod recording;
pub mod remedies;
mod sampling;
pub mod scope;
pub mod server_status;
mod shell_command;
pub mod snapshot;
pub mod socket_io;
pub mod source;
pub mod stops;
mod subscribing;
pub mod subscriptions;
mod tick;
pub mod time_form;
pub mod timed;
mod timed_breakpoints;
mod user_decodings;
pub mod verdict;

use std::collections::BTreeSet;
use std::sync::Arc;

use self::breakpoints::Breakpoints;
use self::checks::Checks;
use self::decoded_rows::DecodedRows;
use self::filters::Filters;
use self::find::Find;
use self::lenses::Lenses;
use self::own_messages::OwnMessages;
use self::recents::Recents;
use self::recipes::RecipesInForce;
use self::recording::Recording;
use self::sampling::Sampling;
use self::server_status::ServerStatus;
use self::source::{OpenedRecording, Source};
use self::subscriptions::Subscriptions;
use self::time_form::TimeForm;
use self::user_decodings::UserDecodings;
use self::verdict::Verdict;
use super::effect::Effect;
use super::event::Ending;
use super::keymap::Context;
use super::settings::{Origin, Settings};
use super::toast::{TOAST_DURATION, Toast};
use crate::config::Theme;
use crate::log::{MessageLog, Selection};
use crate::message::clock::WallClock;
use crate::message::{Notice, RowId, Time, Topic};
use crate::payload::decoder_choices::DecoderChoices;
use crate::payload::figures::{Clock, Zone};
use crate::query::Moment;

/// The state that the panes share.
#[derive(Debug)]
pub struct Session {
    /// The settings that are fixed at startup.
    pub settings: Settings,
    pub(super) toast: Option<Toast>,
    told: Told,

    // Times.
    /// When the last event arrived, which is "now" on the screen.
    pub now: Time,
    /// How times are shown.
    pub time_form: TimeForm,
    /// The theme that the user chose while the program was running.
    pub(super) chosen_theme: Option<Theme>,
    /// How the wall clock has been changed since the program started.
    pub wall: WallClock,

    // Messages.
    /// The message log.
    pub log: MessageLog,
    /// The rows of the log that are shown.
    pub shown: Selection,
    /// The rows that the user marked.
    pub marked: BTreeSet<RowId>,
    /// The messages that this session published.
    pub own: OwnMessages,
    /// The formats that the user chose for channels.
    pub decoder_choices: Arc<DecoderChoices>,
    /// The lenses on channels.
    pub lenses: Lenses,
    /// The recipes in force for channels.
    pub recipes: RecipesInForce,
    /// The messages decoded for the rows of the log.
    pub decoded_rows: DecodedRows,
    /// The messages decoded by the user's own decoders.
    pub user_decodings: UserDecodings,
    /// Whether another program has the terminal: what was typed ahead for it must not act here.
    pub(super) is_terminal_lent: bool,
    /// Why the program is to end, until the user decides to stay.
    pub ending: Option<Ending>,
    /// The paths of the files to which rows are being exported, as the user typed them.
    pub exporting: Vec<String>,
    /// The recording, while one is running.
    pub recording: Option<Recording>,
    /// Width of the widest channel name so far, in columns. Rows would jump if the column shrank.
    pub name_columns: usize,

    // Queries and checks.
    /// Which rows are shown.
    pub filters: Filters,
    /// The active search in the log, if there is one.
    pub find: Option<Find>,
    /// What was found out about the query that is being written, if it is not in force.
    pub(super) draft: Verdict,
    /// The latest sample of messages.
    pub(super) sampling: Sampling,
    /// The breakpoints.
    pub breakpoints: Breakpoints,
    /// The checks.
    pub checks: Checks,
    /// Query history, oldest first.
    pub(super) query_history: Vec<String>,
    /// The value copied last, in case it is pasted into a query.
    pub(in crate::app) copied: Option<clipboard::Copied>,
    /// What was run from the command palette.
    pub(super) recents: Recents,
    /// The last serial number given out.
    serial: u64,

    // Where messages come from.
    /// A server or a recording.
    pub source: Source,
    /// The subscriptions.
    pub subscriptions: Subscriptions,
    /// The state of the server.
    pub server: ServerStatus,
}

/// Which of the notices that are shown only once have already been shown.
#[derive(Debug, Default)]
struct Told {
    /// The notices that are shown only once per session.
    once: BTreeSet<Once>,
    /// The last notice about what the ACL user may receive.
    allowed: Option<Notice>,
}

/// A notice that is shown only once per session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Once {
    /// Keyspace events come from only one primary.
    OnePrimary,
    /// Socket.IO counts a subscription.
    SocketIo,
    /// Keyspace events are off.
    KeyEvents,
    /// Some of the discovered sharded channels are left out.
    LeftOut,
}

impl Session {
    /// Creates a session that subscribes to `topics`.
    pub(crate) fn new(settings: Settings, topics: Vec<Topic>, now: Time) -> Self {
        let mut subscriptions = Subscriptions::default();
        for topic in topics {
            subscriptions.add(topic);
        }
        let log = MessageLog::new(settings.keep);
        let (source, live_since) = match settings.origin {
            Origin::Recording => (Source::Recording(OpenedRecording::new()), Time::default()),
            Origin::Server => (Source::Server, now),
        };
        let decoder_choices = DecoderChoices::new(settings.message_types.clone());
        let user_decoders = settings.user_decoders.clone();
        let decoder_choices = Arc::new(decoder_choices.with_user_decoders(user_decoders.into()));
        let mut session = Self {
            checks: Checks::new(&settings.checks, &decoder_choices, &log),
            filters: Filters::new(&settings.filters),
            query_history: settings.queries.clone(),
            copied: None,
            recents: Recents::of(&settings.recents),
            lenses: Lenses::new(settings.lenses.clone()),
            recipes: RecipesInForce::new(settings.recipes.clone()),
            decoded_rows: DecodedRows::default(),
            user_decodings: UserDecodings::default(),
            settings,
            now,
            toast: None,
            time_form: TimeForm::default(),
            chosen_theme: None,
            log,
            shown: Selection::default(),
            decoder_choices,
            find: None,
            draft: Verdict::default(),
            is_terminal_lent: false,
            ending: None,
            exporting: Vec::new(),
            recording: None,
            sampling: Sampling::default(),
            breakpoints: Breakpoints::default(),
            marked: BTreeSet::new(),
            serial: 0,
            source,
            subscriptions,
            server: ServerStatus {
                live_since,
                ..ServerStatus::default()
            },
            told: Told::default(),
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

    /// Shows times in the next form.
    pub(crate) fn next_time_form(&mut self) -> Vec<Effect> {
        self.time_form = self.time_form.next();
        let name = self.time_form.name();
        self.tell(match self.time_form {
            TimeForm::SinceMark if self.marked.is_empty() => {
                let keys = self.keyed("{toggle-mark} marks one");
                format!("times: {name} · no row is marked: {keys}")
            }
            _ => format!("times: {name}"),
        })
    }

    /// Returns the current time for queries, in the displayed time zone.
    pub(crate) fn moment(&self) -> Moment {
        Moment {
            now: self.present(),
            ahead: self.clock().ahead(self.now),
        }
    }

    /// Returns the theme, which may differ from that on the screen only in the background that it
    /// suits.
    pub fn theme(&self) -> Theme {
        self.chosen_theme.unwrap_or(self.settings.theme)
    }

    /// Returns the clock for displaying times.
    pub fn clock(&self) -> Clock {
        let zone = match self.time_form {
            TimeForm::Utc => Zone::Utc,
            TimeForm::Local | TimeForm::Delta | TimeForm::SinceMark | TimeForm::Age => Zone::Local,
        };
        Clock::new(zone).following(self.wall.clone())
    }

    /// Adds a notice to the log if the wall clock was set.
    pub(crate) fn note_wall_clock(&mut self, ahead: i64) -> Vec<Effect> {
        let by = self.wall.note(self.now, ahead);
        by.map_or_else(Vec::new, |by| self.log_notice(Notice::ClockSet(by)))
    }

    /// Adds a notice to the log and shows it.
    pub(crate) fn log_notice(&mut self, notice: Notice) -> Vec<Effect> {
        self.log.push_notice(self.now, notice);
        self.refresh_shown()
    }

    /// Returns `text` with the key of each action in braces, such as `{undo} undoes it`, as it is in
    /// the log or else in the first pane that has the action.
    pub(crate) fn keyed(&self, text: &'static str) -> String {
        self.settings.keymap.text(Context::Messages, text)
    }

    /// Shows a toast. The returned list is always empty; it is for callers that return effects.
    pub(crate) fn tell(&mut self, text: impl Into<String>) -> Vec<Effect> {
        self.say(text.into(), false)
    }

    pub(crate) fn tell_error(&mut self, text: impl Into<String>) -> Vec<Effect> {
        self.say(text.into(), true)
    }

    fn say(&mut self, text: String, is_error: bool) -> Vec<Effect> {
        self.toast = Some(Toast {
            text,
            is_error,
            until: self.now.after(TOAST_DURATION),
        });
        Vec::new()
    }
}
