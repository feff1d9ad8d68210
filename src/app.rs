//! The state of the screen and how events change it.
//!
//! [`App`] owns everything that the screen shows. [`App::update`] takes one event at a time. It is
//! synchronous, handles every event, does no I/O and reads no clock. It returns [`Effect`]s: plain
//! data that tells the main loop what to do.
//!
//! From the bottom up:
//!
//! - `action`, `effect`, `event`, `export_request`, `focus`, `fuzzy`, `input`, `layout`,
//!   `recording_request`, `settings`, `text_editor`, `timeline`, `toast`, `user_command`,
//!   `user_decoder`: the vocabulary; `keymap`, `hints` and `keyboard`: which action a key triggers,
//!   and when.
//! - `session`: the state that the panes share. A pane is passed all of it or the part it needs.
//! - `channel_list`, `log_pane`, `message_pane`, `plot`, `publish_box`, `overlays`: one pane each,
//!   with its state and the user's actions in it. No pane depends on another.
//! - `update`: the flows that involve several panes or the focus. Only its files and this one
//!   implement methods of `App`.

mod action;
mod causes;
mod channel_list;
mod copy_request;
mod effect;
mod event;
mod export_request;
mod focus;
mod fuzzy;
mod hints;
mod input;
mod keyboard;
mod keymap;
mod layout;
mod log_pane;
mod message_pane;
mod overlays;
mod picker;
mod plot;
mod publish_box;
mod recording_request;
mod session;
mod settings;
mod text_editor;
mod timeline;
mod toast;
mod undo;
mod update;
mod user_command;
mod user_decoder;

pub use self::action::{
    Action, BreakpointAction, ChannelsAction, ChipAction, FilterAction, Kind, LogAction,
    MessageAction, Motion, OutputAction, PaletteAction, PlotAction, PromptAction, PublishAction,
    QueryAction, RecordAction, RowAction, ScreenAction, SessionAction,
};
pub use self::causes::{
    connection_words, gap_cause_words, gap_reason_words, partial_words, password_command_words,
    publish_error_words, trouble_words,
};
pub use self::channel_list::{
    Branch, ChannelList, Entry, FLASH, FOLD_MARK_AT, INDENT, Lists, MAX_LISTED, NameMarker,
    Narrowing, Place, Sort, Sums, Target,
};
pub use self::copy_request::{ClipboardChoice, CopyEnd, CopyReport, CopyRequest, Osc52Obstacle};
pub use self::effect::{Alert, Effect};
pub use self::event::{Ending, Event};
pub use self::export_request::{ExportCounts, ExportRequest, Exported, LensTemplates};
pub use self::focus::Focus;
pub use self::fuzzy::Fuzzy;
pub use self::hints::{Hint, hints_in};
pub use self::input::Input;
pub use self::keymap::{BINDINGS, Binding, Chord, Context, KeySet, Keymap};
pub use self::layout::{Areas, Borders, inside, padded, popup, wrapped};
pub use self::log_pane::chips::{Chip, ChipLine, PlacedChip};
pub use self::log_pane::dates::WindowLine;
pub use self::log_pane::{LogPane, Position, Window};
pub use self::message_pane::channel_tab::ChannelTabLine;
pub use self::message_pane::reader::{
    DIFF_HEADER, Form, Outline, OutlineRow, Page, Reader, Room, TAB_SPACE, Tab,
};
pub use self::message_pane::{Against, Open};
pub use self::overlays::command_output::CommandOutput;
pub use self::overlays::export_prompt::ExportPrompt;
pub use self::overlays::help::{Help, HelpLine, column_offset};
pub use self::overlays::lens_prompt::LensPrompt;
pub use self::overlays::palette::{Choice, Command, Palette, PaletteLine};
pub use self::overlays::password_prompt::PasswordPrompt;
pub use self::overlays::query_box::completion::{Candidate, Completion, Note};
pub use self::overlays::query_box::feedback::ErrorLines;
pub use self::overlays::query_box::{Purpose, QueryBox};
pub use self::overlays::record_prompt::RecordPrompt;
pub use self::overlays::syntax::{SyntaxColumns, syntax_lines};
pub use self::overlays::{List, ListView, Listed, Overlay, Prompt, Question, Search};
pub use self::picker::{Badge, Pickable, Picker};
pub use self::plot::{
    Curve, Dot, EmptyReason, Plot, PlotMode, PlotRoom, PlotWindow, Quantity, Series,
};
pub use self::publish_box::limits::why_ask;
pub use self::publish_box::{Answer, Outgoing, PublishBox};
pub use self::recording_request::{
    RecordedRows, RecordingNews, RecordingRequest, RecordingScope, RecordingSize,
};
pub use self::session::Session;
pub use self::session::acl_fallback::is_refusal_of_all;
pub use self::session::breakpoints::{Attention, Breakpoint, Breakpoints, Stop};
pub use self::session::checks::Checks;
pub use self::session::decoded_rows::{DecodedRows, MOST_DECODED_FOR_ROW, MOST_UNPACKED_FOR_ROW};
pub use self::session::export::write_export;
pub use self::session::feed::MAX_NAME_COLUMNS;
pub use self::session::filters::{Filter, Filters};
pub use self::session::find::Find;
pub use self::session::live_query::{Progress, Unchecked};
pub use self::session::nodes::{LostNode, NodeStatus, Nodes};
pub use self::session::notices::{gap_words, judged_words, notice_words, topic_words};
pub use self::session::own_messages::OwnMessages;
pub use self::session::polling_fallback::polled_instead;
pub use self::session::remedies::{connection_remedy, denial_remedy};
pub use self::session::scope::{Muted, Scope};
pub use self::session::server_status::ServerStatus;
pub use self::session::snapshot::MessageSnapshot;
pub use self::session::socket_io::uncounted_pattern;
pub use self::session::source::OpenedRecording;
pub use self::session::subscriptions::{SubscriptionState, Subscriptions};
pub use self::session::time_form::TimeForm;
pub use self::session::timed::{MOST_MET, Timed};
pub use self::session::verdict::Verdict;
pub use self::settings::{
    Kept, KeyedCommand, ListForm, Origin, RedisCli, SENTINEL_HELLO, Settings,
};
pub use self::text_editor::{EditRequest, EditorClosed};
pub use self::timeline::Timeline;
pub use self::toast::Toast;
pub use self::user_command::{
    CommandEnd, CommandInput, CommandNews, CommandRequest, CommandShow, UserCommand,
};
pub use self::user_decoder::{
    DecoderAnswer, DecoderFailure, DecoderRequest, DecoderTrouble, UserDecoder,
};

use self::keyboard::Keyboard;
use self::layout::Layout;
use self::undo::Undo;
use crate::message::{Subscription, Time, Topic};

/// The columns that the query box needs around its text.
const QUERY_PADDING: usize = 4;

/// Everything that the screen shows.
#[derive(Debug)]
pub struct App {
    session: Session,
    layout: Layout,
    focus: Focus,
    /// The pane that the focus returns to from the publish box.
    pane: Focus,
    channel_list: ChannelList,
    log_pane: LogPane,
    open: Option<Open>,
    plot: Plot,
    publish_box: PublishBox,
    overlay: Option<Overlay>,
    keyboard: Keyboard,
    /// What the last action muted or unsubscribed. Pressing the key again acts on the same topic or
    /// branch, even if the selection has moved to a neighbour.
    acted_on: Option<Target>,
    undo: Vec<Undo>,
}

impl App {
    /// Creates a screen of `size` (columns, rows) that subscribes to `topics`.
    pub fn new(settings: Settings, topics: Vec<Topic>, size: (u16, u16), now: Time) -> Self {
        let log_pane = match settings.origin {
            Origin::Recording => LogPane::of_recording(),
            Origin::Server => LogPane::default(),
        };
        let mut app = Self {
            channel_list: ChannelList::new(
                settings.list_form,
                settings.separator,
                settings.recipes.collapsing(),
            ),
            layout: Layout {
                size,
                borders: settings.borders,
                ..Layout::default()
            },
            session: Session::new(settings, topics, now),
            focus: Focus::default(),
            pane: Focus::default(),
            log_pane,
            open: None,
            plot: Plot::default(),
            publish_box: PublishBox::default(),
            overlay: None,
            keyboard: Keyboard::default(),
            acted_on: None,
            undo: Vec::new(),
        };
        app.refresh_channels();
        app
    }

    /// Returns the state that the panes share.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Returns the initial subscriptions, for the server tasks.
    pub fn first_subscriptions(&self) -> Vec<Subscription> {
        let listed = self.session.subscriptions.listed();
        let topics = listed.map(|(id, topic, _)| (id, topic.clone()));
        topics
            .map(|(id, topic)| Subscription { id, topic })
            .collect()
    }

    /// Returns the region that receives keys while no overlay is open.
    pub fn focus(&self) -> Focus {
        self.focus
    }

    /// Returns the channel list.
    pub fn channels(&self) -> &ChannelList {
        &self.channel_list
    }

    /// Returns the message log's pane.
    pub fn messages(&self) -> &LogPane {
        &self.log_pane
    }

    /// Returns the rows of the log that are on the screen.
    pub fn window(&self) -> Window {
        self.log_pane
            .window(&self.session, inside(self.areas().messages).height)
    }

    /// Returns the line of chips above the log.
    pub fn chips(&self) -> ChipLine {
        let columns = usize::from(self.areas().chips.width);
        let chosen = self.log_pane.chip.chip;
        let chosen = chosen.filter(|_| self.focus == Focus::Chips);
        ChipLine::new(&self.session, columns, chosen)
    }

    /// Returns the open message.
    pub fn open(&self) -> Option<&Open> {
        self.open.as_ref()
    }

    /// Returns the plot.
    pub fn plot(&self) -> &Plot {
        &self.plot
    }

    /// Returns the publish box.
    pub fn publish(&self) -> &PublishBox {
        &self.publish_box
    }

    /// Returns the open overlay, if there is one.
    pub fn overlay(&self) -> Option<&Overlay> {
        self.overlay.as_ref()
    }

    /// Returns the state that is saved for the next run.
    pub fn kept(&self) -> Kept {
        Kept {
            borders: self.layout.borders,
            list_form: self.channel_list.form,
            recents: self.session.recents.names(),
        }
    }

    /// Returns the regions of the screen.
    pub fn areas(&self) -> Areas {
        let is_in_list = self.focus == Focus::Channels;
        let under_list = self.layout.under_list.filter(|_| is_in_list);
        let focus = match under_list.unwrap_or(self.focus) {
            Focus::Chips => Focus::Messages,
            focus => focus,
        };
        let open = self.open.as_ref().map(|open| open.is_whole);
        let message = self.plot.is_whole().or(open);
        let is_whole = focus.is_beside_log() && message == Some(true);
        let state = layout::ScreenState {
            focus,
            box_lines: self.publish_box.payload.lines().len(),
            has_message: message.is_some(),
            is_zoomed: is_whole || self.layout.zoomed == Some(focus),
            shows_latest: self.shows_latest(),
            lists_over: is_in_list,
            name_columns: self.session.name_columns,
            borders: self.layout.borders,
            has_chips: Chip::all(&self.session).next().is_some(),
            query_feedback: self.query_feedback(),
        };
        let (width, height) = self.layout.size;
        Areas::divide(width, height, state)
    }

    /// Returns the number of lines of feedback in the query box, if it is open.
    fn query_feedback(&self) -> Option<usize> {
        let Some(Overlay::Query(query_box)) = &self.overlay else {
            return None;
        };
        let columns = usize::from(self.layout.size.0).saturating_sub(QUERY_PADDING);
        let error = query_box.error_lines(&self.session, columns);
        Some(error.map_or(1, |error| error.rows()))
    }

    /// Returns the context in which keys are looked up.
    pub fn context(&self) -> Context {
        match &self.overlay {
            Some(overlay) if overlay.search().is_some_and(|search| search.is_typing) => {
                Context::ListSearch
            }
            Some(Overlay::Help(_)) => Context::Help,
            Some(Overlay::Palette(_)) => Context::Palette,
            Some(Overlay::Subscribe(_)) => Context::Prompt,
            Some(Overlay::Export(_)) => Context::Export,
            Some(Overlay::Record(_)) => Context::Record,
            Some(Overlay::Lens(_)) => Context::Lens,
            Some(Overlay::Password(_)) => Context::Password,
            Some(Overlay::Output(_)) => Context::Output,
            Some(Overlay::Confirm(_)) => Context::Confirm,
            Some(Overlay::Query(_)) => Context::Query,
            Some(Overlay::List(List::Filters, _)) => Context::Filters,
            Some(Overlay::List(List::Breakpoints, _)) => Context::Breakpoints,
            Some(Overlay::List(List::Nodes, _)) => Context::Nodes,
            Some(Overlay::SearchMessage(_)) => Context::SearchMessage,
            Some(Overlay::List(List::Formats, _)) => Context::Formats,
            None => match self.focus {
                Focus::Channels if self.channel_list.narrowing.is_some() => Context::Narrow,
                Focus::Channels if self.shows_latest() => Context::Latest,
                Focus::Channels => Context::Channels,
                Focus::Messages => Context::Messages,
                Focus::Chips => Context::Chips,
                Focus::Message => Context::Message,
                Focus::Plot if self.plot.mode == PlotMode::Chart => Context::Chart,
                Focus::Plot => Context::Plot,
                Focus::PublishChannel => Context::PublishChannel,
                Focus::PublishPayload => Context::PublishPayload,
            },
        }
    }

    /// Returns when the screen will next change by itself, or `None` if it will not.
    pub fn next_tick(&self) -> Option<Time> {
        let flash = self.shows_latest().then(|| {
            let height = inside(self.areas().channels).height;
            self.channel_list.flash_due(&self.session, height)
        });
        let reported = self.open.as_ref().and_then(Open::reported_channel);
        let dues = [
            self.session.next_tick(),
            self.channel_list.due(),
            self.follow_due(),
            flash.flatten(),
            self.keyboard.held_back_due(),
            reported.and_then(|_| self.session.checks.reports_due()),
            self.plot_due(),
            self.palette_due(),
        ];
        dues.into_iter().flatten().min()
    }
}
