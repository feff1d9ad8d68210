//! The table of all keys. It drives dispatch, the hint line and the help.

mod changes;
mod chord;

use std::borrow::Cow;
use std::collections::HashMap;
use std::iter;

use crossterm::event::{KeyCode, KeyModifiers};

pub use self::changes::KeySet;
pub use self::chord::Chord;

use super::action::{
    Action, BreakpointAction as Breakpoint, ChannelsAction as Channels, ChipAction as Chip,
    FilterAction as Filter, LogAction as Log, MessageAction as Message, Motion,
    OutputAction as Output, PaletteAction as Palette, PlotAction as Plot, PromptAction as Prompt,
    PublishAction as Publish, QueryAction as Query, RecordAction as Record, RowAction as Row,
    ScreenAction as Screen, SessionAction as Session, kebab_case,
};

/// Declares the contexts, each with its heading in the help.
macro_rules! contexts {
    ($($(#[$doc:meta])* $context:ident: $title:literal,)+) => {
        /// The context in which a binding applies.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Context {
            $($(#[$doc])* $context,)+
        }

        impl Context {
            /// Every context, in the order of the help.
            pub const ALL: [Self; 30] = [$(Self::$context,)+];

            /// Returns the heading of the context in the help.
            pub fn title(self) -> &'static str {
                match self {
                    $(Self::$context => $title,)+
                }
            }

            /// Returns the name of the context in the config file.
            pub fn name(self) -> String {
                kebab_case(match self {
                    $(Self::$context => stringify!($context),)+
                })
            }
        }
    };
}

contexts! {
    /// In every pane where no text is typed.
    Panes: "Channels and messages",
    /// In the channel list.
    Channels: "Channels",
    /// In the channel list while it shows the latest values.
    Latest: "Latest values",
    /// In the text box that narrows the channel list.
    Narrow: "Channels: narrow the list",
    /// In the message log.
    Messages: "Messages",
    /// On the chips above the log.
    Chips: "Filters and mutes above the messages",
    /// In the query box.
    Query: "Query: filter, search, breakpoint",
    /// In the list of filters.
    Filters: "List of filters",
    /// In the list of breakpoints.
    Breakpoints: "List of breakpoints",
    /// In the table of servers.
    Nodes: "Table of servers",
    /// In an open message.
    Message: "Open message",
    /// In the search box of an open message.
    SearchMessage: "Find in the open message",
    /// In the list of formats for an open message.
    Formats: "Format of the open message",
    /// In the plot while it shows values over time.
    Chart: "Plot over time",
    /// In the plot, whatever its mode.
    Plot: "Plot, and histogram of intervals",
    /// On the payload in the publish box.
    PublishPayload: "Publish: message",
    /// On the channel's name in the publish box.
    PublishChannel: "Publish: channel",
    /// In the prompt for a subscription.
    Prompt: "Subscribe",
    /// In the prompt for the name of the file to export to.
    Export: "Export",
    /// In the prompt for the name of the file to record to.
    Record: "Record",
    /// In the prompt for the lens of a channel.
    Lens: "Lens",
    /// In the prompt for a password.
    Password: "Password",
    /// In the pane with the output of a command.
    Output: "Output of a command",
    /// In the command palette.
    Palette: "Command palette",
    /// In the search that narrows a list or the help.
    ListSearch: "Search in a list or the help",
    /// In a question to be confirmed.
    Confirm: "Confirmation",
    /// In the help.
    Help: "Help",
    /// In the profile picker.
    Profiles: "Profiles at startup",
    /// In the profile picker, while a name is typed.
    ProfileName: "Profiles: find by name",
    /// Everywhere, text boxes included.
    Always: "Everywhere",
}

impl Context {
    /// Returns whether keys are entered as text in this context.
    pub fn is_text(self) -> bool {
        matches!(
            self,
            Self::PublishChannel
                | Self::PublishPayload
                | Self::Prompt
                | Self::Export
                | Self::Record
                | Self::Lens
                | Self::Password
                | Self::Query
                | Self::Narrow
                | Self::SearchMessage
                | Self::Palette
                | Self::ListSearch
                | Self::ProfileName
        )
    }

    /// Returns whether user-defined commands can be run in this context.
    pub fn runs_commands(self) -> bool {
        matches!(
            self,
            Self::Channels | Self::Latest | Self::Messages | Self::Message
        )
    }

    /// Returns the contexts whose keys apply while this one has the focus, innermost first.
    pub fn chain(self) -> impl Iterator<Item = Self> {
        let outer: &'static [Self] = match self {
            Self::Always => &[],
            Self::Latest => &[Self::Channels, Self::Panes, Self::Always],
            Self::Channels | Self::Messages => &[Self::Panes, Self::Always],
            Self::Chart => &[Self::Plot, Self::Always],
            _ => &[Self::Always],
        };
        iter::once(self).chain(outer.iter().copied())
    }
}

const fn chord(code: KeyCode, modifiers: KeyModifiers) -> Chord {
    Chord { code, modifiers }
}

const fn key(code: KeyCode) -> Chord {
    chord(code, KeyModifiers::NONE)
}

const fn char(letter: char) -> Chord {
    key(KeyCode::Char(letter))
}

const fn ctrl(letter: char) -> Chord {
    chord(KeyCode::Char(letter), KeyModifiers::CONTROL)
}

const fn ctrl_key(code: KeyCode) -> Chord {
    chord(code, KeyModifiers::CONTROL)
}

const fn alt(code: KeyCode) -> Chord {
    chord(code, KeyModifiers::ALT)
}

/// A binding of keys to an action.
#[derive(Clone, Debug)]
pub struct Binding {
    /// The context in which it applies.
    pub context: Context,
    /// The keys; the first one is shown. There may be none.
    pub keys: Cow<'static, [Chord]>,
    /// The action that they trigger.
    pub action: Action,
    /// One or two words for the hint line, or `None` if only the help lists it.
    pub hint: Option<&'static str>,
    /// A sentence for the help. In [`BINDINGS`], an action's name in braces, such as `{undo}`,
    /// stands for its key; in a [`Keymap`], it has been replaced with the key.
    pub help: Cow<'static, str>,
}

const fn bind(
    context: Context,
    keys: &'static [Chord],
    action: Action,
    hint: Option<&'static str>,
    help: &'static str,
) -> Binding {
    Binding {
        context,
        keys: Cow::Borrowed(keys),
        action,
        hint,
        help: Cow::Borrowed(help),
    }
}

use Action as A;
use Context as C;
use KeyCode as K;

const UP: A = A::Move(Motion::Lines(-1));
const DOWN: A = A::Move(Motion::Lines(1));
const HALF_PAGE_UP: A = A::Move(Motion::HalfPages(-1));
const HALF_PAGE_DOWN: A = A::Move(Motion::HalfPages(1));
const PAGE_UP: A = A::Move(Motion::HalfPages(-2));
const PAGE_DOWN: A = A::Move(Motion::HalfPages(2));
const FIRST: A = A::Move(Motion::First);
const LAST: A = A::Move(Motion::Last);

/// The default keys of every action, in the order of the help and the hint line.
#[rustfmt::skip] // One line per binding, so that it reads as a table.
pub const BINDINGS: &[Binding] = &[
    bind(C::Panes, &[key(K::Tab)], A::Screen(Screen::NextPane), Some("pane"), "next pane"),
    bind(C::Panes, &[key(K::BackTab)], A::Screen(Screen::PreviousPane), None, "previous pane"),
    bind(C::Channels, &[key(K::Enter)], A::Channels(Channels::ToggleOnly), Some("only this channel"), "show only the selection in the log, or everything again"),
    bind(C::Channels, &[char('/')], A::Channels(Channels::Narrow), Some("narrow"), "narrow the list to names that match what you type"),
    bind(C::Channels, &[char('>')], A::Screen(Screen::ScrollRight), Some("scroll"), "scroll rows or latest values right, to see their ends"),
    bind(C::Channels, &[char('<')], A::Screen(Screen::ScrollLeft), None, "scroll the rows or the latest values back to the left"),
    bind(C::Channels, &[char('T')], A::Channels(Channels::ToggleTree), Some("tree"), "show the channels as a flat list or as a tree"),
    bind(C::Channels, &[char('l'), key(K::Right)], A::Channels(Channels::Unfold), None, "unfold the branch, or go into it"),
    bind(C::Channels, &[char('h'), key(K::Left)], A::Channels(Channels::Fold), None, "fold the branch, or go to its parent branch"),
    bind(C::Narrow, &[key(K::Enter)], A::Confirm, Some("show only this"), "show only the selected match in the log, or all again"),
    bind(C::Narrow, &[key(K::Esc)], A::Back, Some("clear"), "list everything again"),
    bind(C::Narrow, &[key(K::Down), ctrl('n'), key(K::Tab)], DOWN, Some("down"), "to the next match"),
    bind(C::Narrow, &[key(K::Up), ctrl('p'), key(K::BackTab)], UP, Some("up"), "to the previous match"),
    bind(C::Narrow, &[key(K::PageDown)], PAGE_DOWN, None, "a page down"),
    bind(C::Narrow, &[key(K::PageUp)], PAGE_UP, None, "a page up"),
    bind(C::Latest, &[key(K::Enter)], A::Channels(Channels::ShowInLog), Some("see messages"), "back to the log, showing only the selection"),
    bind(C::Latest, &[key(K::Esc), char('v')], A::Back, Some("log"), "back to the log"),
    bind(C::Messages, &[key(K::Enter)], A::Log(Log::Open), Some("open"), "open the selected message"),
    bind(C::Panes, &[char(' ')], A::Session(Session::ToggleFreeze), Some("freeze"), "freeze the log, or follow; at a breakpoint: the next hit"),
    bind(C::Panes, &[char('/')], A::Log(Log::Filter), Some("filter"), "filter: show only what matches, as you type"),
    bind(C::Panes, &[char('b')], A::Screen(Screen::ShowList), Some("channels"), "go to the channel list (over the log if hidden), or back"),
    bind(C::Panes, &[char('p')], A::Screen(Screen::Publish), Some("publish"), "publish to the highlighted channel or the last one used"),
    bind(C::Panes, &[char('v')], A::Screen(Screen::ShowLatest), Some("values"), "the latest value of every channel, and what changed"),
    bind(C::Panes, &[char('B')], A::Screen(Screen::Breakpoints), Some("break"), "set or list breakpoints, which freeze the log"),
    bind(C::Panes, &[char('a')], A::Screen(Screen::Subscribe), Some("subscribe"), "subscribe to a channel or a pattern"),
    bind(C::Panes, &[char('S')], A::Screen(Screen::SubscribeSharded), None, "subscribe to sharded channels by name or pattern"),
    bind(C::Panes, &[char('E')], A::Screen(Screen::Export), None, "export the rows shown to a file: NDJSON, text or CSV"),
    bind(C::Panes, &[char('R')], A::Screen(Screen::Record), None, "record what arrives to a file, or stop recording"),
    bind(C::Panes, &[char('C')], A::Screen(Screen::Nodes), None, "table of servers: role, slots, state, rate, round trip"),
    bind(C::Panes, &[char('F')], A::Log(Log::Find), Some("find"), "find: mark what matches and keep showing the rest"),
    bind(C::Panes, &[char('u')], A::Row(Row::Unsubscribe), Some("unsubscribe"), "end the selected subscription; {undo} undoes it"),
    bind(C::Panes, &[char('m')], A::Row(Row::ToggleMute), Some("mute"), "mute the channel, branch or pattern, or show it again"),
    bind(C::Panes, &[char('s')], A::Channels(Channels::NextSort), Some("sort"), "sort the channels by name, rate, count, last heard"),
    bind(C::Panes, &[char('z')], A::Screen(Screen::Zoom), None, "focused pane: full screen on or off"),
    bind(C::Panes, &[ctrl_key(K::Left)], A::Screen(Screen::BorderLeft), None, "move the pane's border left (or drag it with the mouse)"),
    bind(C::Panes, &[ctrl_key(K::Right)], A::Screen(Screen::BorderRight), None, "move the pane's border right"),
    bind(C::Panes, &[ctrl_key(K::Up)], A::Screen(Screen::BorderUp), None, "move the border above the message up"),
    bind(C::Panes, &[ctrl_key(K::Down)], A::Screen(Screen::BorderDown), None, "move the border above the message down"),
    bind(C::Panes, &[char('t')], A::Screen(Screen::NextTimeForm), Some("time"), "times: local, UTC, since previous row, since mark, age"),
    bind(C::Panes, &[char('X')], A::Log(Log::Chips), None, "go to the filters and mutes above the log, to remove one"),
    bind(C::Panes, &[char('L')], A::Screen(Screen::ToggleRowColours), None, "colours for JSON and severity in the rows: off or on"),
    bind(C::Panes, &[char('I')], A::Screen(Screen::ToggleRawRows), None, "rows and values: decoded, or as they were received"),
    bind(C::Panes, &[char('n')], A::Log(Log::NextHit), None, "next match in the log; wraps around"),
    bind(C::Panes, &[char('N')], A::Log(Log::PreviousHit), None, "previous match in the log"),
    bind(C::Panes, &[char('f')], A::Screen(Screen::Filters), None, "add a filter to the list; in the list: on, off, exclude"),
    bind(C::Panes, &[char('x')], A::Row(Row::ToggleMark), None, "mark or unmark the selected row"),
    bind(C::Panes, &[char(']')], A::Log(Log::NextLandmark), None, "next mark, breakpoint hit or gap"),
    bind(C::Panes, &[char('[')], A::Log(Log::PreviousLandmark), None, "previous mark, breakpoint hit or gap"),
    bind(C::Panes, &[char('{')], A::Log(Log::EarlierPart), None, "go back by a twentieth of the time; {later-part} forward"),
    bind(C::Panes, &[char('}')], A::Log(Log::LaterPart), None, "go forward by a twentieth of the time; in the palette: goto 11:05"),
    bind(C::Panes, &[char('e')], A::Row(Row::EditResend), None, "edit and resend the message, or the channel's last one"),
    bind(C::Panes, &[char('y')], A::Row(Row::CopyPayload), None, "copy the payload, or the channel's last one"),
    bind(C::Panes, &[char('c')], A::Session(Session::Clear), None, "clear the log; {undo} undoes it"),
    bind(C::Panes, &[char('r')], A::Session(Session::Reconnect), None, "reconnect now"),
    bind(C::Panes, &[char('K')], A::Session(Session::EnterPassword), None, "enter the password after a refused login"),
    bind(C::Panes, &[char('j'), key(K::Down)], DOWN, None, "down"),
    bind(C::Panes, &[char('k'), key(K::Up)], UP, None, "up"),
    bind(C::Panes, &[ctrl('d')], HALF_PAGE_DOWN, None, "half a page down"),
    bind(C::Panes, &[ctrl('u')], HALF_PAGE_UP, None, "half a page up"),
    bind(C::Panes, &[key(K::PageDown), ctrl('f')], PAGE_DOWN, None, "a page down"),
    bind(C::Panes, &[key(K::PageUp), ctrl('b')], PAGE_UP, None, "a page up"),
    bind(C::Panes, &[char('g'), key(K::Home)], FIRST, None, "to the first"),
    bind(C::Panes, &[char('G'), key(K::End)], LAST, None, "to the last; in the log, follow again"),
    bind(C::Panes, &[key(K::Esc)], A::Back, None, "go back one step: filter, only one channel, frozen log"),
    bind(C::Panes, &[char('?'), key(K::F(1))], A::Screen(Screen::Help), Some("help"), "this help"),
    bind(C::Panes, &[char(':')], A::Screen(Screen::Palette), Some("commands"), "run any action by name; open, filter, subscribe, record"),
    bind(C::Panes, &[char('q')], A::Quit, Some("quit"), "close the message, plot or list; if none is open, quit"),
    bind(C::Panes, &[char('Z')], A::Session(Session::Undo), None, "undo the last clear, unsubscribe or removal"),
    bind(C::Messages, &[char('T')], A::Channels(Channels::ToggleTree), None, "flat list or tree of the channels"),
    bind(C::Messages, &[char('d')], A::Row(Row::Diff), None, "what changed since the channel's previous message"),
    bind(C::Messages, &[char('D')], A::Row(Row::DiffToMark), None, "what changed since the nearest marked message ({toggle-mark} marks one)"),
    bind(C::Messages, &[char('>')], A::Screen(Screen::ScrollRight), None, "scroll the rows to the right, to see their ends"),
    bind(C::Messages, &[char('<')], A::Screen(Screen::ScrollLeft), None, "scroll the rows back to the left"),
    bind(C::Channels, &[char('w')], A::Channels(Channels::PlotRate), None, "plot the channel's rate, or remove it from the plot"),
    bind(C::Messages, &[char('w')], A::Row(Row::PlotSize), None, "plot the channel's message sizes, or remove them"),
    bind(C::Panes, &[char('W')], A::Screen(Screen::ShowPlot), None, "show the plot"),
    bind(C::Panes, &[char('i')], A::Row(Row::RemoveLens), None, "remove the lens: show the channel's whole messages again"),
    bind(C::Panes, &[char('H')], A::Row(Row::WriteLens), None, "write a lens: which values the channel's rows show"),
    bind(C::Panes, &[char('A')], A::Row(Row::ToggleRecipe), None, "turn the channel's recipe off, or on again"),
    bind(C::Message, &[key(K::Esc)], A::Back, Some("log"), "back to the log, where {back} closes the message"),
    bind(C::Message, &[key(K::Tab)], A::Screen(Screen::NextPane), None, "next pane"),
    bind(C::Message, &[key(K::BackTab)], A::Screen(Screen::PreviousPane), None, "previous pane"),
    bind(C::Message, &[char('q')], A::Message(Message::Close), Some("close"), "close the message"),
    bind(C::Message, &[char('j'), key(K::Down)], DOWN, None, "down"),
    bind(C::Message, &[char('k'), key(K::Up)], UP, None, "up"),
    bind(C::Message, &[char('n')], A::Message(Message::NextMatch), Some("next match"), "next match in the message"),
    bind(C::Message, &[char('h'), key(K::Left)], A::Message(Message::Fold), Some("fold"), "fold the value, or go to its parent"),
    bind(C::Message, &[char('l'), key(K::Right)], A::Message(Message::Unfold), Some("unfold"), "unfold the value, or go into it"),
    bind(C::Message, &[key(K::Enter)], A::Message(Message::ToggleFold), None, "fold or unfold the value; the outermost is only unfolded"),
    bind(C::Message, &[char('o')], A::Message(Message::OpenAll), None, "unfold all"),
    bind(C::Message, &[char('O')], A::Message(Message::CloseAll), None, "fold all"),
    bind(C::Message, &[char(']')], A::Message(Message::NextTab), Some("tab"), "next tab: value, diff, bytes, channel (starts shape check)"),
    bind(C::Message, &[char('[')], A::Message(Message::PreviousTab), None, "previous tab"),
    bind(C::Message, &[char('d')], A::Row(Row::Diff), Some("diff"), "what changed since the channel's previous message"),
    bind(C::Message, &[char('D')], A::Row(Row::DiffToMark), None, "what changed since the nearest marked message ({toggle-mark} marks one)"),
    bind(C::Message, &[char('z')], A::Screen(Screen::Zoom), Some("zoom"), "full screen on or off"),
    bind(C::Message, &[ctrl_key(K::Left)], A::Screen(Screen::BorderLeft), None, "move the pane's border left (or drag it with the mouse)"),
    bind(C::Message, &[ctrl_key(K::Right)], A::Screen(Screen::BorderRight), None, "move the pane's border right"),
    bind(C::Message, &[ctrl_key(K::Up)], A::Screen(Screen::BorderUp), None, "move the border above the message up"),
    bind(C::Message, &[ctrl_key(K::Down)], A::Screen(Screen::BorderDown), None, "move the border above the message down"),
    bind(C::Message, &[char('b')], A::Screen(Screen::ShowList), None, "channel list (over the other panes if hidden)"),
    bind(C::Message, &[char('J')], A::Message(Message::Newer), Some("next"), "the message below in the log"),
    bind(C::Message, &[char('K')], A::Message(Message::Older), None, "the message above in the log"),
    bind(C::Message, &[char('/')], A::Search, Some("find"), "find in the message"),
    bind(C::Message, &[char('N')], A::Message(Message::PreviousMatch), None, "previous match in the message"),
    bind(C::Message, &[char('=')], A::Row(Row::FilterByValue), Some("filter value"), "filter by the same value at the same path"),
    bind(C::Message, &[char('i')], A::Row(Row::ToggleLens), Some("lens"), "show only this value in the rows, or whole messages again"),
    bind(C::Message, &[char('I')], A::Row(Row::ToggleNested), None, "value inside a string: as received, or unfolded again"),
    bind(C::Message, &[char('H')], A::Row(Row::WriteLens), None, "write a lens: which values the channel's rows show"),
    bind(C::Message, &[char('A')], A::Row(Row::ToggleRecipe), None, "turn the channel's recipe off, or on again"),
    bind(C::Message, &[char('R')], A::Screen(Screen::Record), None, "record what arrives to a file, or stop recording"),
    bind(C::Message, &[char('#')], A::Row(Row::ToggleSequence), None, "track this number: flag missing, duplicate, late ones"),
    bind(C::Message, &[char('f')], A::Row(Row::Formats), Some("format"), "choose the format for decoding the channel's messages"),
    bind(C::Message, &[char('w')], A::Row(Row::PlotValue), Some("plot"), "plot this number over time, or stop"),
    bind(C::Message, &[char('W')], A::Screen(Screen::ShowPlot), None, "show the plot"),
    bind(C::Message, &[char('y')], A::Row(Row::CopyValue), Some("copy"), "copy the value, or the payload"),
    bind(C::Message, &[char('Y')], A::Row(Row::CopyWhole), None, "copy the whole message as JSON"),
    bind(C::Message, &[char('P')], A::Row(Row::CopyPath), None, "copy the path of the value"),
    bind(C::Message, &[char('x')], A::Row(Row::ToggleMark), None, "mark or unmark the selected row"),
    bind(C::Message, &[key(K::PageDown), char(' '), ctrl('f')], PAGE_DOWN, None, "a page down"),
    bind(C::Message, &[key(K::PageUp), ctrl('b')], PAGE_UP, None, "a page up"),
    bind(C::Message, &[ctrl('d')], HALF_PAGE_DOWN, None, "half a page down"),
    bind(C::Message, &[ctrl('u')], HALF_PAGE_UP, None, "half a page up"),
    bind(C::Message, &[char('g'), key(K::Home)], FIRST, None, "to the start"),
    bind(C::Message, &[char('G'), key(K::End)], LAST, None, "to the end"),
    bind(C::Message, &[char('e')], A::Row(Row::EditResend), None, "edit and resend the message"),
    bind(C::Message, &[char('Z')], A::Session(Session::Undo), None, "undo the last clear, unsubscribe or removal"),
    bind(C::Message, &[char('?'), key(K::F(1))], A::Screen(Screen::Help), Some("help"), "this help"),
    bind(C::Message, &[char(':')], A::Screen(Screen::Palette), Some("commands"), "run any action by name"),
    bind(C::SearchMessage, &[key(K::Enter)], A::Confirm, Some("keep"), "keep the highlights and close the box"),
    bind(C::SearchMessage, &[key(K::Esc)], A::Back, Some("clear"), "clear the highlights and close the box"),
    bind(C::Formats, &[key(K::Enter)], A::Confirm, Some("choose"), "use this format for the channel"),
    bind(C::Formats, &[char('j'), key(K::Down)], DOWN, Some("down"), "down"),
    bind(C::Formats, &[char('k'), key(K::Up)], UP, Some("up"), "up"),
    bind(C::Formats, &[char('/')], A::Search, Some("search"), "search the list"),
    bind(C::Formats, &[ctrl('d')], HALF_PAGE_DOWN, None, "half a page down"),
    bind(C::Formats, &[ctrl('u')], HALF_PAGE_UP, None, "half a page up"),
    bind(C::Formats, &[key(K::PageDown), ctrl('f')], PAGE_DOWN, None, "a page down"),
    bind(C::Formats, &[key(K::PageUp), ctrl('b')], PAGE_UP, None, "a page up"),
    bind(C::Formats, &[char('g'), key(K::Home)], FIRST, None, "to the first"),
    bind(C::Formats, &[char('G'), key(K::End)], LAST, None, "to the last"),
    bind(C::Formats, &[char('?'), key(K::F(1))], A::Screen(Screen::Help), Some("help"), "this help"),
    bind(C::Formats, &[char(':')], A::Screen(Screen::Palette), None, "run any action by name"),
    bind(C::Formats, &[key(K::Esc), char('q'), char('f')], A::Back, Some("close"), "keep the current format"),
    bind(C::Chart, &[char('+'), char('=')], A::Plot(Plot::ZoomIn), Some("zoom in"), "zoom in on the newest data, the cursor or the middle"),
    bind(C::Chart, &[char('-')], A::Plot(Plot::ZoomOut), Some("out"), "zoom out, around the same point"),
    bind(C::Chart, &[char('0')], A::Plot(Plot::ZoomToAll), Some("all"), "all data"),
    bind(C::Chart, &[char('h')], A::Plot(Plot::Earlier), Some("earlier"), "earlier data"),
    bind(C::Chart, &[char('l')], A::Plot(Plot::Later), None, "later data, up to the newest"),
    bind(C::Chart, &[key(K::Left)], A::Plot(Plot::CursorEarlier), Some("read"), "show a point's time and value, starting at the newest"),
    bind(C::Chart, &[key(K::Right)], A::Plot(Plot::CursorLater), None, "the next point of the selected series"),
    bind(C::Chart, &[char('G'), char('f'), key(K::End)], A::Plot(Plot::FollowNewest), Some("newest"), "follow the newest data again"),
    bind(C::Plot, &[char('j'), key(K::Down)], DOWN, None, "to the series below"),
    bind(C::Plot, &[char('k'), key(K::Up)], UP, None, "to the series above"),
    bind(C::Plot, &[char('d'), key(K::Delete)], A::Plot(Plot::RemoveSeries), Some("remove"), "remove the selected series and stop recording it"),
    bind(C::Plot, &[char('D')], A::Plot(Plot::ClearSeries), None, "remove all series; {undo} undoes it"),
    bind(C::Plot, &[char('Z')], A::Session(Session::Undo), None, "undo the last clear, unsubscribe or removal"),
    bind(C::Plot, &[char('r')], A::Plot(Plot::ToggleRate), Some("rate"), "plot the channel's rate, or stop plotting it"),
    bind(C::Plot, &[char('s')], A::Plot(Plot::ToggleSize), None, "plot the channel's message sizes, or stop plotting them"),
    bind(C::Plot, &[char('i')], A::Plot(Plot::ToggleInterval), None, "plot the channel's message intervals, or stop plotting them"),
    bind(C::Plot, &[char('H')], A::Plot(Plot::ToggleHistogram), Some("histogram"), "interval histogram, or the plot again"),
    bind(C::Plot, &[char('z')], A::Screen(Screen::Zoom), Some("full screen"), "full screen on or off"),
    bind(C::Plot, &[ctrl_key(K::Left)], A::Screen(Screen::BorderLeft), None, "move the pane's border left (or drag it with the mouse)"),
    bind(C::Plot, &[ctrl_key(K::Right)], A::Screen(Screen::BorderRight), None, "move the pane's border right"),
    bind(C::Plot, &[ctrl_key(K::Up)], A::Screen(Screen::BorderUp), None, "move the border above the message up"),
    bind(C::Plot, &[ctrl_key(K::Down)], A::Screen(Screen::BorderDown), None, "move the border above the message down"),
    bind(C::Plot, &[char('b')], A::Screen(Screen::ShowList), None, "channel list (over the other panes if hidden)"),
    bind(C::Plot, &[char('t')], A::Screen(Screen::NextTimeForm), None, "times: local, UTC, age"),
    bind(C::Plot, &[key(K::Tab)], A::Screen(Screen::NextPane), None, "next pane"),
    bind(C::Plot, &[key(K::BackTab)], A::Screen(Screen::PreviousPane), None, "previous pane"),
    bind(C::Plot, &[char('?'), key(K::F(1))], A::Screen(Screen::Help), Some("help"), "this help"),
    bind(C::Plot, &[char(':')], A::Screen(Screen::Palette), Some("commands"), "run any action by name"),
    bind(C::Plot, &[key(K::Esc)], A::Back, Some("close"), "hide the cursor, or close the plot"),
    bind(C::Plot, &[char('q'), char('W')], A::Plot(Plot::Close), None, "close the plot; its series keep recording until removed"),
    bind(C::PublishPayload, &[key(K::Enter)], A::Publish(Publish::Send), Some("publish"), "publish the message"),
    bind(C::PublishPayload, &[alt(K::Enter), ctrl('j')], A::Publish(Publish::NewLine), Some("new line"), "start a new line"),
    bind(C::PublishPayload, &[key(K::Up)], A::Publish(Publish::Older), Some("history"), "on the first line: the previous message sent"),
    bind(C::PublishPayload, &[key(K::Down)], A::Publish(Publish::Newer), None, "on the last line: the next message sent"),
    bind(C::PublishPayload, &[key(K::Tab), key(K::BackTab)], A::Publish(Publish::EnterChannel), Some("channel"), "edit the channel's name"),
    bind(C::PublishPayload, &[ctrl('o')], A::Publish(Publish::SendEmpty), None, "publish an empty message"),
    bind(C::PublishPayload, &[ctrl('x')], A::Publish(Publish::ToggleEscapes), Some("escapes"), r"interpret \n \t \xff, or take them literally"),
    bind(C::PublishPayload, &[ctrl('t')], A::Publish(Publish::ToggleDecoded), Some("decoded"), "edit the decoded message as JSON, or its bytes"),
    bind(C::PublishPayload, &[ctrl('g'), alt(K::Char('e'))], A::Publish(Publish::OpenEditor), Some("editor"), "open the text in $VISUAL or $EDITOR"),
    bind(C::PublishPayload, &[ctrl('s')], A::Publish(Publish::ToggleSharded), None, "publish to a sharded (SPUBLISH) or an ordinary channel"),
    bind(C::PublishPayload, &[key(K::Esc)], A::Back, Some("leave"), "leave the box; the text stays"),
    bind(C::PublishChannel, &[key(K::Tab)], A::Publish(Publish::Complete), Some("complete"), "complete the channel's name, or go to the message"),
    bind(C::PublishChannel, &[key(K::Enter), key(K::Down), key(K::BackTab)], A::Publish(Publish::EnterPayload), Some("message"), "go on to the message"),
    bind(C::PublishChannel, &[ctrl('x')], A::Publish(Publish::ToggleEscapes), Some("escapes"), r"interpret \n \t \xff, or take them literally"),
    bind(C::PublishChannel, &[ctrl('s')], A::Publish(Publish::ToggleSharded), Some("sharded"), "publish to a sharded (SPUBLISH) or an ordinary channel"),
    bind(C::PublishChannel, &[key(K::Esc)], A::Back, Some("leave"), "leave the box; the text stays"),
    bind(C::Prompt, &[key(K::Enter)], A::Confirm, Some("subscribe"), "subscribe; a name with * ? or [ is a pattern"),
    bind(C::Prompt, &[ctrl('x')], A::Prompt(Prompt::ToggleExact), Some("exact name"), "take * ? and [ literally, or as a pattern"),
    bind(C::Prompt, &[ctrl('s')], A::Prompt(Prompt::ToggleSharded), Some("sharded"), "subscribe to a sharded or an ordinary channel"),
    bind(C::Prompt, &[key(K::Esc)], A::Back, Some("leave"), "leave without subscribing"),
    bind(C::Query, &[key(K::Enter)], A::Confirm, Some("keep"), "keep the query and close; an empty box clears it"),
    bind(C::Query, &[key(K::Tab)], A::Query(Query::Accept), Some("complete"), "take the suggestion, or complete a name, path or value"),
    bind(C::Query, &[ctrl('n')], A::Query(Query::NextCompletion), None, "the next completion"),
    bind(C::Query, &[ctrl('p')], A::Query(Query::PreviousCompletion), None, "the previous completion"),
    bind(C::Query, &[key(K::F(1))], A::Query(Query::ToggleSyntax), Some("syntax"), "show the query syntax, with examples"),
    bind(C::Query, &[key(K::PageDown)], PAGE_DOWN, None, "a page down in the syntax or the completions"),
    bind(C::Query, &[key(K::PageUp)], PAGE_UP, None, "a page up in the syntax or the completions"),
    bind(C::Query, &[key(K::Up)], A::Query(Query::Older), Some("history"), "the previous query, or completion"),
    bind(C::Query, &[key(K::Down)], A::Query(Query::Newer), None, "the next query, or completion"),
    bind(C::Query, &[alt(K::Enter)], A::Query(Query::KeepFilter), Some("save to list"), "save the filter to the list"),
    bind(C::Query, &[key(K::Esc)], A::Back, Some("cancel"), "close the completions, or cancel and restore the query"),
    bind(C::Chips, &[char('h'), key(K::Left)], A::Chip(Chip::Previous), Some("previous"), "select the one to the left"),
    bind(C::Chips, &[char('l'), key(K::Right)], A::Chip(Chip::Next), Some("next"), "select the one to the right"),
    bind(C::Chips, &[char('x'), key(K::Delete)], A::Chip(Chip::Remove), Some("remove"), "remove the selected one (saved filter: off); {undo} undoes it"),
    bind(C::Chips, &[key(K::Enter)], A::Chip(Chip::Edit), Some("edit"), "edit the filter or the breakpoint"),
    bind(C::Chips, &[char('Z')], A::Session(Session::Undo), None, "undo the last clear, unsubscribe or removal"),
    bind(C::Chips, &[key(K::Tab)], A::Screen(Screen::NextPane), None, "next pane"),
    bind(C::Chips, &[key(K::BackTab)], A::Screen(Screen::PreviousPane), None, "previous pane"),
    bind(C::Chips, &[char('?'), key(K::F(1))], A::Screen(Screen::Help), Some("help"), "this help"),
    bind(C::Chips, &[key(K::Esc), char('q'), char('X')], A::Back, Some("log"), "back to the log"),
    bind(C::Filters, &[char('a')], A::Screen(Screen::AddFilter), Some("add"), "add a filter"),
    bind(C::Filters, &[key(K::Enter), char('e')], A::Filter(Filter::Edit), Some("edit"), "edit the filter"),
    bind(C::Filters, &[char(' ')], A::Filter(Filter::Toggle), Some("on/off"), "switch the filter on or off"),
    bind(C::Filters, &[char('i')], A::Filter(Filter::ToggleExclude), Some("include/exclude"), "switch between showing and hiding the matches"),
    bind(C::Filters, &[char('d'), key(K::Delete)], A::Filter(Filter::Remove), Some("remove"), "remove the filter; {undo} undoes it"),
    bind(C::Filters, &[char('Z')], A::Session(Session::Undo), None, "undo the last clear, unsubscribe or removal"),
    bind(C::Filters, &[char('j'), key(K::Down)], DOWN, None, "down"),
    bind(C::Filters, &[char('k'), key(K::Up)], UP, None, "up"),
    bind(C::Filters, &[char('/')], A::Search, Some("search"), "search the list"),
    bind(C::Filters, &[ctrl('d')], HALF_PAGE_DOWN, None, "half a page down"),
    bind(C::Filters, &[ctrl('u')], HALF_PAGE_UP, None, "half a page up"),
    bind(C::Filters, &[key(K::PageDown), ctrl('f')], PAGE_DOWN, None, "a page down"),
    bind(C::Filters, &[key(K::PageUp), ctrl('b')], PAGE_UP, None, "a page up"),
    bind(C::Filters, &[char('g'), key(K::Home)], FIRST, None, "to the first"),
    bind(C::Filters, &[char('G'), key(K::End)], LAST, None, "to the last"),
    bind(C::Filters, &[char('?'), key(K::F(1))], A::Screen(Screen::Help), Some("help"), "this help"),
    bind(C::Filters, &[char(':')], A::Screen(Screen::Palette), None, "run any action by name"),
    bind(C::Filters, &[key(K::Esc), char('q'), char('f')], A::Back, Some("close"), "close the list"),
    bind(C::Breakpoints, &[char('a')], A::Screen(Screen::AddBreakpoint), Some("add"), "set a breakpoint"),
    bind(C::Breakpoints, &[key(K::Enter), char('e')], A::Breakpoint(Breakpoint::Edit), Some("edit"), "edit the breakpoint's query and restart the count"),
    bind(C::Breakpoints, &[char(' ')], A::Breakpoint(Breakpoint::Toggle), Some("on/off"), "switch the breakpoint on or off"),
    bind(C::Breakpoints, &[char('+'), char('=')], A::Breakpoint(Breakpoint::StopLater), Some("count"), "stop less often: at every 2nd, 3rd, … hit"),
    bind(C::Breakpoints, &[char('-')], A::Breakpoint(Breakpoint::StopSooner), None, "stop more often"),
    bind(C::Breakpoints, &[char('l')], A::Breakpoint(Breakpoint::ToggleLogOnly), Some("log only"), "only count and mark hits, without stopping"),
    bind(C::Breakpoints, &[char('b')], A::Breakpoint(Breakpoint::NextAttention), Some("alert"), "alert by bell, notification (OSC 9), toast or command"),
    bind(C::Breakpoints, &[char('d'), key(K::Delete)], A::Breakpoint(Breakpoint::Remove), Some("remove"), "remove the breakpoint; {undo} undoes it"),
    bind(C::Breakpoints, &[char('Z')], A::Session(Session::Undo), None, "undo the last clear, unsubscribe or removal"),
    bind(C::Breakpoints, &[char('j'), key(K::Down)], DOWN, None, "down"),
    bind(C::Breakpoints, &[char('k'), key(K::Up)], UP, None, "up"),
    bind(C::Breakpoints, &[char('/')], A::Search, Some("search"), "search the list"),
    bind(C::Breakpoints, &[ctrl('d')], HALF_PAGE_DOWN, None, "half a page down"),
    bind(C::Breakpoints, &[ctrl('u')], HALF_PAGE_UP, None, "half a page up"),
    bind(C::Breakpoints, &[key(K::PageDown), ctrl('f')], PAGE_DOWN, None, "a page down"),
    bind(C::Breakpoints, &[key(K::PageUp), ctrl('b')], PAGE_UP, None, "a page up"),
    bind(C::Breakpoints, &[char('g'), key(K::Home)], FIRST, None, "to the first"),
    bind(C::Breakpoints, &[char('G'), key(K::End)], LAST, None, "to the last"),
    bind(C::Breakpoints, &[char('?'), key(K::F(1))], A::Screen(Screen::Help), Some("help"), "this help"),
    bind(C::Breakpoints, &[char(':')], A::Screen(Screen::Palette), None, "run any action by name"),
    bind(C::Breakpoints, &[key(K::Esc), char('q'), char('B')], A::Back, Some("close"), "close the list"),
    bind(C::Nodes, &[char('j'), key(K::Down)], DOWN, Some("down"), "down"),
    bind(C::Nodes, &[char('k'), key(K::Up)], UP, Some("up"), "up"),
    bind(C::Nodes, &[char('/')], A::Search, Some("search"), "search the list"),
    bind(C::Nodes, &[ctrl('d')], HALF_PAGE_DOWN, None, "half a page down"),
    bind(C::Nodes, &[ctrl('u')], HALF_PAGE_UP, None, "half a page up"),
    bind(C::Nodes, &[key(K::PageDown), ctrl('f')], PAGE_DOWN, None, "a page down"),
    bind(C::Nodes, &[key(K::PageUp), ctrl('b')], PAGE_UP, None, "a page up"),
    bind(C::Nodes, &[char('g'), key(K::Home)], FIRST, None, "to the first"),
    bind(C::Nodes, &[char('G'), key(K::End)], LAST, None, "to the last"),
    bind(C::Nodes, &[char('r')], A::Session(Session::Reconnect), Some("reconnect"), "reconnect now"),
    bind(C::Nodes, &[char('K')], A::Session(Session::EnterPassword), None, "enter the password after a refused login"),
    bind(C::Nodes, &[char('?'), key(K::F(1))], A::Screen(Screen::Help), Some("help"), "this help"),
    bind(C::Nodes, &[char(':')], A::Screen(Screen::Palette), None, "run any action by name"),
    bind(C::Nodes, &[key(K::Esc), char('q'), char('C')], A::Back, Some("close"), "close the table"),
    bind(C::Export, &[key(K::Enter)], A::Confirm, Some("export"), "write the file"),
    bind(C::Export, &[key(K::Esc)], A::Back, Some("cancel"), "cancel"),
    bind(C::Record, &[key(K::Enter)], A::Confirm, Some("record"), "start recording"),
    bind(C::Record, &[ctrl('o')], A::Record(Record::ToggleKept), Some("from when"), "from now on, or including the messages that are kept"),
    bind(C::Record, &[ctrl('x')], A::Record(Record::ToggleFiltered), Some("what"), "what the filter shows at the start, or everything"),
    bind(C::Record, &[key(K::Esc)], A::Back, Some("cancel"), "cancel"),
    bind(C::Lens, &[key(K::Enter)], A::Confirm, Some("set"), "set the lens; an empty box removes it"),
    bind(C::Lens, &[key(K::Esc)], A::Back, Some("cancel"), "cancel"),
    bind(C::Password, &[key(K::Enter)], A::Confirm, Some("log in"), "use the password until the program ends"),
    bind(C::Password, &[key(K::Esc)], A::Back, Some("cancel"), "cancel"),
    bind(C::Output, &[char('j'), key(K::Down)], DOWN, Some("down"), "down"),
    bind(C::Output, &[char('k'), key(K::Up)], UP, Some("up"), "up"),
    bind(C::Output, &[ctrl('d')], HALF_PAGE_DOWN, None, "half a page down"),
    bind(C::Output, &[ctrl('u')], HALF_PAGE_UP, None, "half a page up"),
    bind(C::Output, &[key(K::PageDown), char(' '), ctrl('f')], PAGE_DOWN, None, "a page down"),
    bind(C::Output, &[key(K::PageUp), ctrl('b')], PAGE_UP, None, "a page up"),
    bind(C::Output, &[char('g'), key(K::Home)], FIRST, None, "to the start"),
    bind(C::Output, &[char('G'), key(K::End)], LAST, None, "to the end"),
    bind(C::Output, &[char('h'), key(K::Left)], A::Output(Output::Left), None, "scroll to the left"),
    bind(C::Output, &[char('l'), key(K::Right)], A::Output(Output::Right), Some("right"), "scroll to the right"),
    bind(C::Output, &[char('y')], A::Output(Output::Copy), Some("copy"), "copy the output"),
    bind(C::Output, &[char('?'), key(K::F(1))], A::Screen(Screen::Help), Some("help"), "this help"),
    bind(C::Output, &[char(':')], A::Screen(Screen::Palette), None, "run any action by name"),
    bind(C::Output, &[key(K::Esc), char('q')], A::Back, Some("close"), "close the pane, and stop the command if it still runs"),
    bind(C::Confirm, &[char('y')], A::Confirm, Some("yes"), "yes, do it"),
    bind(C::Confirm, &[char('n'), key(K::Esc)], A::Back, Some("no"), "no"),
    bind(C::Help, &[key(K::Esc), char('?'), char('q'), key(K::F(1))], A::Back, Some("close"), "close the help"),
    bind(C::Help, &[char('j'), key(K::Down)], DOWN, Some("down"), "down"),
    bind(C::Help, &[char('k'), key(K::Up)], UP, Some("up"), "up"),
    bind(C::Help, &[char('/')], A::Search, Some("search"), "search the help"),
    bind(C::Help, &[ctrl('d')], HALF_PAGE_DOWN, None, "half a page down"),
    bind(C::Help, &[ctrl('u')], HALF_PAGE_UP, None, "half a page up"),
    bind(C::Help, &[key(K::PageDown), char(' '), ctrl('f')], PAGE_DOWN, None, "a page down"),
    bind(C::Help, &[key(K::PageUp), ctrl('b')], PAGE_UP, None, "a page up"),
    bind(C::Help, &[char('g'), key(K::Home)], FIRST, None, "to the start"),
    bind(C::Help, &[char('G'), key(K::End)], LAST, None, "to the end"),
    bind(C::Palette, &[key(K::Enter)], A::Confirm, Some("run"), "run the selected action or command"),
    bind(C::Palette, &[key(K::Tab)], A::Palette(Palette::Complete), Some("complete"), "complete the command or the channel's name"),
    bind(C::Palette, &[key(K::Down), ctrl('n')], DOWN, Some("down"), "down"),
    bind(C::Palette, &[key(K::Up), ctrl('p')], UP, Some("up"), "up"),
    bind(C::Palette, &[key(K::PageDown)], PAGE_DOWN, None, "a page down"),
    bind(C::Palette, &[key(K::PageUp)], PAGE_UP, None, "a page up"),
    bind(C::Palette, &[key(K::Esc)], A::Back, Some("close"), "close the palette without running anything"),
    bind(C::ListSearch, &[key(K::Enter)], A::Confirm, Some("keep"), "keep the search and return to the list"),
    bind(C::ListSearch, &[key(K::Down), ctrl('n')], DOWN, Some("down"), "down"),
    bind(C::ListSearch, &[key(K::Up), ctrl('p')], UP, Some("up"), "up"),
    bind(C::ListSearch, &[key(K::PageDown)], PAGE_DOWN, None, "a page down"),
    bind(C::ListSearch, &[key(K::PageUp)], PAGE_UP, None, "a page up"),
    bind(C::ListSearch, &[key(K::Esc)], A::Back, Some("clear"), "clear the search: show all lines again"),
    bind(C::Profiles, &[key(K::Enter)], A::Confirm, Some("choose"), "connect with the selected profile"),
    bind(C::Profiles, &[char('j'), key(K::Down)], DOWN, Some("down"), "down"),
    bind(C::Profiles, &[char('k'), key(K::Up)], UP, Some("up"), "up"),
    bind(C::Profiles, &[char('g'), key(K::Home)], FIRST, None, "to the first"),
    bind(C::Profiles, &[char('G'), key(K::End)], LAST, None, "to the last"),
    bind(C::Profiles, &[char('/')], A::Search, Some("name"), "find by name (any letter without a key here starts it too)"),
    bind(C::Profiles, &[key(K::Esc), char('q')], A::Quit, Some("quit"), "quit"),
    bind(C::ProfileName, &[key(K::Enter)], A::Confirm, Some("choose"), "connect with the selected profile"),
    bind(C::ProfileName, &[key(K::Down)], DOWN, None, "down"),
    bind(C::ProfileName, &[key(K::Up)], UP, None, "up"),
    bind(C::ProfileName, &[key(K::Esc)], A::Back, Some("all"), "list all profiles again"),
    bind(C::Always, &[ctrl('c')], A::Interrupt, None, "leave a text box; twice in a row, quit"),
    bind(C::Always, &[ctrl('z')], A::Suspend, None, "suspend; fg in the shell resumes"),
];

/// The keys of all actions.
#[derive(Clone, Debug)]
pub struct Keymap {
    bindings: Vec<Binding>,
    actions: HashMap<(Context, Chord), Action>,
}

impl Default for Keymap {
    fn default() -> Self {
        Self::of(BINDINGS.to_vec())
    }
}

impl Keymap {
    /// Creates a keymap of these bindings. If a context has a key twice, the first binding wins.
    fn of(bindings: Vec<Binding>) -> Self {
        let mut actions = HashMap::new();
        for binding in &bindings {
            for chord in binding.keys.iter() {
                let key = (binding.context, *chord);
                actions.entry(key).or_insert(binding.action);
            }
        }
        let mut keymap = Self { bindings, actions };
        for number in 0..keymap.bindings.len() {
            let binding = &keymap.bindings[number];
            if let Cow::Owned(help) = keymap.with_keys(binding.context, &binding.help) {
                keymap.bindings[number].help = help.into();
            }
        }
        keymap
    }

    /// Returns every binding, in the order of the help.
    pub fn bindings(&self) -> &[Binding] {
        &self.bindings
    }

    /// Returns the action that `chord` triggers while `context` has the focus.
    pub fn action_for(&self, context: Context, chord: Chord) -> Option<Action> {
        let mut contexts = context.chain();
        contexts.find_map(|context| self.actions.get(&(context, chord)).copied())
    }

    /// Returns the bindings of one context, without those of the enclosing contexts.
    pub fn bindings_of(&self, context: Context) -> impl Iterator<Item = &Binding> {
        let bindings = self.bindings.iter();
        bindings.filter(move |binding| binding.context == context)
    }

    /// Returns the bindings that apply while `context` has the focus, innermost context first.
    /// Bindings without keys, and those whose first key has another meaning there, are left out.
    pub fn bindings_in(&self, context: Context) -> impl Iterator<Item = &Binding> {
        let bindings = context
            .chain()
            .flat_map(|context| self.bindings_of(context));
        bindings.filter(move |binding| {
            let first = binding.keys.first();
            first.and_then(|key| self.action_for(context, *key)) == Some(binding.action)
        })
    }

    /// Returns the label of the key that triggers `action` while `context` has the focus, for texts
    /// that name a key. If it has no key there, returns the action's name in brackets.
    pub fn label(&self, context: Context, action: Action) -> String {
        let mut bindings = self.bindings_in(context);
        let binding = bindings.find(|binding| binding.action == action);
        match binding.and_then(|binding| binding.keys.first()) {
            Some(chord) => chord.label(),
            None => format!("[{}]", action.name()),
        }
    }

    /// Returns `text` with the name of each action in braces, as in `{undo} undoes it`, replaced
    /// with the key of the action: its key in `context`, or else in the first context that has the
    /// action.
    pub fn text(&self, context: Context, text: &'static str) -> String {
        self.with_keys(context, text).into_owned()
    }

    /// Replaces the name of each action in braces, such as `{undo}`, with its key in `context`, or
    /// else in the first context that has the action.
    fn with_keys<'a>(&self, context: Context, text: &'a str) -> Cow<'a, str> {
        let Some((before, rest)) = text.split_once('{') else {
            return text.into();
        };
        let Some((name, after)) = rest.split_once('}') else {
            return text.into();
        };
        let inner = context
            .chain()
            .flat_map(|context| self.bindings_of(context));
        let mut bindings = inner.chain(&self.bindings);
        let binding = bindings.find(|binding| binding.action.name() == name);
        debug_assert!(binding.is_some(), "no action is named {name}");
        let label = binding.and_then(|binding| Some(binding.keys.first()?.label()));
        let label = label.unwrap_or_else(|| format!("[{name}]"));
        let after = self.with_keys(context, after);
        format!("{before}{label}{after}").into()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use crossterm::event::KeyEvent;

    use super::*;

    fn chord(text: &str) -> Chord {
        Chord::parse(text).expect(text)
    }

    #[test]
    fn no_key_means_two_things_in_one_context() {
        let keymap = Keymap::default();
        for context in Context::ALL {
            let mut seen = HashSet::new();
            for binding in keymap.bindings_of(context) {
                for chord in binding.keys.iter() {
                    let label = chord.label();
                    assert!(seen.insert(*chord), "{label} twice in {context:?}");
                }
            }
        }
    }

    #[test]
    fn no_two_actions_of_a_context_have_the_same_name() {
        let mut seen = HashSet::new();
        for binding in BINDINGS {
            let name = format!("{}.{}", binding.context.name(), binding.action.name());
            assert!(seen.insert(name.clone()), "{name} twice");
        }
    }

    #[test]
    fn names_are_those_of_the_variants() {
        assert_eq!(Context::PublishPayload.name(), "publish-payload");
        assert_eq!(Action::Screen(Screen::NextPane).name(), "next-pane");
        assert_eq!(Action::Interrupt.name(), "interrupt");
        assert_eq!(Action::Move(Motion::HalfPages(2)).name(), "page-down");
    }

    #[test]
    fn every_key_reaches_its_action_where_it_is_bound_and_has_a_name() {
        let keymap = Keymap::default();
        for binding in BINDINGS {
            for chord in binding.keys.iter() {
                let key = KeyEvent::new(chord.code, chord.modifiers);
                let reached = keymap.action_for(binding.context, Chord::of(key));
                assert_eq!(reached, Some(binding.action), "{}", chord.label());
                assert_eq!(Chord::parse(&chord.name()), Ok(*chord));
            }
        }
    }

    #[test]
    fn every_binding_has_keys_a_help_text_and_a_listed_context() {
        let keymap = Keymap::default();
        for (raw, binding) in BINDINGS.iter().zip(keymap.bindings()) {
            assert!(!binding.help.is_empty() && !binding.keys.is_empty());
            assert!(Context::ALL.contains(&binding.context));
            // The name of an action that does not exist would be left in brackets.
            let names_keys = raw.help.contains('{');
            assert!(
                !names_keys || !binding.help.contains(['{', '[']),
                "{}",
                binding.help
            );
        }
    }

    #[test]
    fn every_context_has_a_hint() {
        let keymap = Keymap::default();
        for context in Context::ALL {
            if context != Context::Always {
                let mut bindings = keymap.bindings_in(context);
                assert!(
                    bindings.any(|binding| binding.hint.is_some()),
                    "{context:?}"
                );
            }
        }
    }

    #[test]
    fn ctrl_c_is_bound_everywhere_and_q_only_where_no_text_is_typed() {
        let keymap = Keymap::default();
        for context in Context::ALL {
            let action = keymap.action_for(context, chord("Ctrl-C"));
            assert_eq!(action, Some(Action::Interrupt));
            if context.is_text() {
                assert_eq!(keymap.action_for(context, chord("q")), None, "{context:?}");
            }
        }
        let quit = keymap.action_for(Context::Messages, chord("q"));
        assert_eq!(quit, Some(Action::Quit));
    }

    #[test]
    fn a_text_names_the_key_in_use() {
        let mut bindings = BINDINGS.to_vec();
        let undo = |binding: &&mut Binding| binding.action.name() == "undo";
        for binding in bindings.iter_mut().filter(undo) {
            binding.keys = Cow::Owned(vec![Chord {
                code: KeyCode::Char('u'),
                modifiers: KeyModifiers::ALT,
            }]);
        }
        let keymap = Keymap::of(bindings);
        let mut panes = keymap.bindings_of(Context::Panes);
        let clear = panes.find(|binding| binding.action.name() == "clear");
        let help = clear.map(|binding| binding.help.as_ref());
        assert_eq!(help, Some("clear the log; Alt-u undoes it"));
    }
}
