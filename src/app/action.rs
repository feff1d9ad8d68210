//! The actions that keys can trigger, grouped by pane. Each function that executes actions takes
//! those of one pane and matches all of them, so that none is left unhandled.

mod group;
mod motion;

pub use self::group::Kind;
pub use self::motion::Motion;

use self::group::actions;
pub(super) use self::group::kebab_case;

/// A user action, independent of the key bound to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Move within whatever has the focus.
    Move(Motion),
    /// Close the topmost view, or quit if none is open.
    Quit,
    /// Leave the text box; if pressed twice in a row, quit.
    Interrupt,
    /// Suspend the process until the shell continues it.
    Suspend,
    /// Go back: close what is open, leave the text box, or show all channels again.
    Back,
    /// Confirm the question, the input or the choice.
    Confirm,
    /// Search in the open message, the help, or a list.
    Search,
    /// An action that opens something or changes the focus.
    Screen(ScreenAction),
    /// An action on the log or the connection as a whole.
    Session(SessionAction),
    /// An action on the channel list.
    Channels(ChannelsAction),
    /// An action in the log.
    Log(LogAction),
    /// An action on the highlighted row.
    Row(RowAction),
    /// An action on the open message.
    Message(MessageAction),
    /// An action on the plot.
    Plot(PlotAction),
    /// An action in the publish box.
    Publish(PublishAction),
    /// An action in the pane with a command's output.
    Output(OutputAction),
    /// Run the user-defined command with this index.
    Run(usize),
    /// An action in the command palette.
    Palette(PaletteAction),
    /// An action in the prompt for a subscription.
    Prompt(PromptAction),
    /// An action in the prompt for a recording.
    Record(RecordAction),
    /// An action in the query box.
    Query(QueryAction),
    /// An action on the chips above the log.
    Chip(ChipAction),
    /// An action on the filter selected in the list.
    Filter(FilterAction),
    /// An action on the breakpoint selected in the list.
    Breakpoint(BreakpointAction),
}

actions! {
    /// An action that opens something or changes the focus.
    ScreenAction {
        /// Open the help.
        Help: Plain,
        /// Open the command palette.
        Palette: Plain,
        /// Focus the next pane.
        NextPane: Jump,
        /// Focus the previous pane.
        PreviousPane: Jump,
        /// List the latest value of every channel in place of the log.
        ShowLatest: Plain,
        /// Show the plot.
        ShowPlot: Plain,
        /// Focus the channel list, or go back from it. If the list is hidden, it is shown over the
        /// other panes.
        ShowList: Plain,
        /// Switch the focused pane between the whole screen and its usual place.
        Zoom: Once,
        /// Move the border of the focused pane to the left.
        BorderLeft: Step,
        /// Move the border of the focused pane to the right.
        BorderRight: Step,
        /// Move the border above the open message up.
        BorderUp: Step,
        /// Move the border above the open message down.
        BorderDown: Step,
        /// Switch to the next time format.
        NextTimeForm: Plain,
        /// Scroll the payloads in the rows left, towards their starts.
        ScrollLeft: Step,
        /// Scroll the payloads in the rows right, towards their ends.
        ScrollRight: Step,
        /// Turn the colouring of payloads in the log rows on or off.
        ToggleRowColours: Once,
        /// Show the rows decoded, or as they were received.
        ToggleRawRows: Once,
        /// Write a message.
        Publish: Plain,
        /// Subscribe to a channel or pattern.
        Subscribe: Plain,
        /// Subscribe to a sharded channel.
        SubscribeSharded: Plain,
        /// Ask for a file to export the displayed rows to.
        Export: Plain,
        /// Ask for a file to record to, or stop the recording.
        Record: Once,
        /// Open the table of servers.
        Nodes: Plain,
        /// Open the list of filters or, if it is empty, write the first one.
        Filters: Plain,
        /// Write another filter and add it to the list.
        AddFilter: Plain,
        /// Open the list of breakpoints or, if it is empty, set the first one.
        Breakpoints: Plain,
        /// Set another breakpoint.
        AddBreakpoint: Plain,
    }

    /// An action on the log or the connection as a whole.
    SessionAction {
        /// Freeze the messages, or follow them again.
        ToggleFreeze: Once,
        /// Clear the log.
        Clear: Once,
        /// Undo the last action that removed something.
        Undo: Once,
        /// Reconnect now.
        Reconnect: Once,
        /// Enter the password after a refused login.
        EnterPassword: Plain,
    }

    /// An action on the channel list.
    ChannelsAction {
        /// Show only the messages of the selected line, or all messages again.
        ToggleOnly: Once,
        /// Go back to the log, showing only the messages of the selected line.
        ShowInLog: Plain,
        /// Sort the channels by the next criterion.
        NextSort: Plain,
        /// Plot the rate of the selected channel, or stop plotting it.
        PlotRate: Once,
        /// Narrow the list to the names that match the typed text.
        Narrow: Plain,
        /// Switch between a flat list and a tree.
        ToggleTree: Once,
        /// Fold the branch, or go to its parent branch.
        Fold: Plain,
        /// Unfold the branch, or go to its first line.
        Unfold: Plain,
    }

    /// An action in the log. If the latest values are shown in place of the log, the log is shown
    /// again first.
    LogAction {
        /// Open the selected message.
        Open: Plain,
        /// Edit the filter.
        Filter: Plain,
        /// Edit the query for finding rows in the log.
        Find: Plain,
        /// Go to the next matching row.
        NextHit: Step,
        /// Go to the previous matching row.
        PreviousHit: Step,
        /// Go to the next mark, breakpoint hit or gap.
        NextLandmark: Step,
        /// Go to the previous mark, breakpoint hit or gap.
        PreviousLandmark: Step,
        /// Focus the chips above the log.
        Chips: Plain,
        /// Go back by a part of the time that the messages span.
        EarlierPart: Step,
        /// Go forward by a part of the time that the messages span.
        LaterPart: Step,
    }

    /// An action on the highlighted row, its channel, or the selected value of its message.
    RowAction {
        /// Mark the row, or remove its mark.
        ToggleMark: Once,
        /// Show what changed since the previous message on the channel.
        Diff: Once,
        /// Show what changed since a marked message.
        DiffToMark: Once,
        /// Put the message into the publish box to edit and resend it.
        EditResend: Plain,
        /// Copy the payload.
        CopyPayload: Plain,
        /// End the subscription to the channel.
        Unsubscribe: Once,
        /// Hide the messages of the channel, or show them again.
        ToggleMute: Once,
        /// Show the channel's messages in full again.
        RemoveLens: Once,
        /// Plot the sizes of the messages on the channel, or stop plotting them.
        PlotSize: Once,
        /// Choose the format for decoding the channel's messages.
        Formats: Plain,
        /// Copy the selected value, or the payload.
        CopyValue: Plain,
        /// Copy the whole message as JSON.
        CopyWhole: Plain,
        /// Copy the path of the selected value.
        CopyPath: Plain,
        /// Filter the log to messages that have the selected value at the same path.
        FilterByValue: Plain,
        /// Show only the selected value in the channel's log rows, or the whole messages again.
        ToggleLens: Once,
        /// Show the selected string or bytes as received, or unfold the value in them.
        ToggleNested: Once,
        /// Write which values the channel's log rows show.
        WriteLens: Plain,
        /// Turn the recipe of the channel off, or on again.
        ToggleRecipe: Once,
        /// Start or stop checking the sequence numbers at the path of the selected value.
        ToggleSequence: Once,
        /// Plot the selected value over time, or stop plotting it.
        PlotValue: Once,
    }

    /// An action on the open message.
    MessageAction {
        /// Close the message.
        Close: Plain,
        /// Go to the next match.
        NextMatch: Step,
        /// Go to the previous match.
        PreviousMatch: Step,
        /// Fold the value, or go to its parent.
        Fold: Plain,
        /// Unfold the value, or go to its first child.
        Unfold: Plain,
        /// Fold or unfold the value.
        ToggleFold: Once,
        /// Unfold all values.
        OpenAll: Plain,
        /// Fold all values.
        CloseAll: Plain,
        /// Show the next tab.
        NextTab: Jump,
        /// Show the previous tab.
        PreviousTab: Jump,
        /// Open the row above.
        Older: Step,
        /// Open the row below.
        Newer: Step,
    }

    /// An action on the plot.
    PlotAction {
        /// Show a shorter time range.
        ZoomIn: Step,
        /// Show a longer time range.
        ZoomOut: Step,
        /// Show the whole time range.
        ZoomToAll: Plain,
        /// Show an earlier time range.
        Earlier: Step,
        /// Show a later time range.
        Later: Step,
        /// Follow the newest values again.
        FollowNewest: Plain,
        /// Move the cursor to the previous point.
        CursorEarlier: Step,
        /// Move the cursor to the next point.
        CursorLater: Step,
        /// Close the plot.
        Close: Plain,
        /// Plot the rate of the selected series' channel, or stop plotting it.
        ToggleRate: Once,
        /// Plot the sizes of the messages on the selected series' channel, or stop plotting them.
        ToggleSize: Once,
        /// Plot the intervals between the messages on the selected series' channel, or stop
        /// plotting them.
        ToggleInterval: Once,
        /// Show the interval histogram, or the plot again.
        ToggleHistogram: Once,
        /// Remove the selected series.
        RemoveSeries: Once,
        /// Remove all series.
        ClearSeries: Once,
    }

    /// An action in the publish box.
    PublishAction {
        /// Publish the message.
        Send: Once,
        /// Publish a message without a payload.
        SendEmpty: Once,
        /// Start a new line.
        NewLine: Adjust,
        /// Move up, or show the previous history entry.
        Older: Adjust,
        /// Move down, or show the next history entry.
        Newer: Adjust,
        /// Complete the channel's name.
        Complete: Plain,
        /// Move from the channel's name to the payload.
        EnterPayload: Plain,
        /// Move back from the payload to the channel's name.
        EnterChannel: Plain,
        /// Switch between interpreting escapes and taking them literally.
        ToggleEscapes: Once,
        /// Switch between the decoded form of the payload and its bytes.
        ToggleDecoded: Once,
        /// Open the text in the user's editor.
        OpenEditor: Once,
        /// Switch between a sharded and an ordinary channel.
        ToggleSharded: Once,
    }

    /// An action in the pane with a command's output.
    OutputAction {
        /// Scroll to the left.
        Left: Step,
        /// Scroll to the right.
        Right: Step,
        /// Copy the output.
        Copy: Plain,
    }

    /// An action in the command palette.
    PaletteAction {
        /// Complete the command or the name with the selected line.
        Complete: Plain,
    }

    /// An action in the prompt for a subscription.
    PromptAction {
        /// Switch between a pattern and the exact name.
        ToggleExact: Once,
        /// Switch between a sharded and an ordinary channel.
        ToggleSharded: Once,
    }

    /// An action in the prompt for a recording.
    RecordAction {
        /// Switch between recording from now on and including the kept messages.
        ToggleKept: Once,
        /// Switch between recording what the filter shows and everything.
        ToggleFiltered: Once,
    }

    /// An action in the query box.
    QueryAction {
        /// Show the previous history entry.
        Older: Adjust,
        /// Show the next history entry.
        Newer: Adjust,
        /// Show or hide the list of query syntax.
        ToggleSyntax: Once,
        /// Add the filter to the list.
        KeepFilter: Once,
        /// Accept the suggested query or the selected completion, or list the completions.
        Accept: Plain,
        /// Select the next completion.
        NextCompletion: Adjust,
        /// Select the previous completion.
        PreviousCompletion: Adjust,
    }

    /// An action on the selected chip above the log.
    ChipAction {
        /// Select the chip to the right.
        Next: Step,
        /// Select the chip to the left.
        Previous: Step,
        /// Remove the chip, and with it the filter, mute or breakpoint that it stands for.
        Remove: Once,
        /// Edit the query that the chip shows.
        Edit: Plain,
    }

    /// An action on the filter selected in the list.
    FilterAction {
        /// Edit the filter's query.
        Edit: Plain,
        /// Switch the filter on or off.
        Toggle: Once,
        /// Switch the filter between showing and hiding what it matches.
        ToggleExclude: Once,
        /// Remove the filter.
        Remove: Once,
    }

    /// An action on the breakpoint selected in the list.
    BreakpointAction {
        /// Edit the breakpoint's query.
        Edit: Plain,
        /// Switch the breakpoint on or off.
        Toggle: Once,
        /// Switch the breakpoint between stopping the view and only counting and marking hits.
        ToggleLogOnly: Once,
        /// Switch to the next kind of alert.
        NextAttention: Plain,
        /// Make the breakpoint stop one hit later.
        StopLater: Adjust,
        /// Make the breakpoint stop one hit sooner.
        StopSooner: Adjust,
        /// Remove the breakpoint.
        Remove: Once,
    }
}

impl Action {
    /// Returns the kind of the action.
    pub fn kind(self) -> Kind {
        match self {
            Self::Move(Motion::Lines(_) | Motion::HalfPages(_)) => Kind::Step,
            Self::Move(Motion::First | Motion::Last) => Kind::Jump,
            Self::Quit | Self::Interrupt | Self::Suspend | Self::Back | Self::Search => Kind::Plain,
            Self::Confirm | Self::Run(_) => Kind::Once,
            Self::Screen(action) => action.kind(),
            Self::Session(action) => action.kind(),
            Self::Channels(action) => action.kind(),
            Self::Log(action) => action.kind(),
            Self::Row(action) => action.kind(),
            Self::Message(action) => action.kind(),
            Self::Plot(action) => action.kind(),
            Self::Publish(action) => action.kind(),
            Self::Output(action) => action.kind(),
            Self::Palette(action) => action.kind(),
            Self::Prompt(action) => action.kind(),
            Self::Record(action) => action.kind(),
            Self::Query(action) => action.kind(),
            Self::Chip(action) => action.kind(),
            Self::Filter(action) => action.kind(),
            Self::Breakpoint(action) => action.kind(),
        }
    }

    /// Returns the name of the action in the config file, which is unique within a context.
    pub fn name(self) -> String {
        kebab_case(match self {
            Self::Move(motion) => motion.variant(),
            Self::Quit => "Quit",
            Self::Interrupt => "Interrupt",
            Self::Suspend => "Suspend",
            Self::Back => "Back",
            Self::Confirm => "Confirm",
            Self::Search => "Search",
            Self::Screen(action) => action.variant(),
            Self::Session(action) => action.variant(),
            Self::Channels(action) => action.variant(),
            Self::Log(action) => action.variant(),
            Self::Row(action) => action.variant(),
            Self::Message(action) => action.variant(),
            Self::Plot(action) => action.variant(),
            Self::Publish(action) => action.variant(),
            Self::Output(action) => action.variant(),
            Self::Run(_) => "Run",
            Self::Palette(action) => action.variant(),
            Self::Prompt(action) => action.variant(),
            Self::Record(action) => action.variant(),
            Self::Query(action) => action.variant(),
            Self::Chip(action) => action.variant(),
            Self::Filter(action) => action.variant(),
            Self::Breakpoint(action) => action.variant(),
        })
    }
}
