//! The actions that keys can trigger.

/// An action of the user, independent of the key bound to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Close the topmost view; with none open, quit.
    Quit,
    /// Leave the text box; twice in a row, quit.
    Interrupt,
    /// Undo the last action that lost something.
    Undo,
    /// Suspend the process until the shell continues it.
    Suspend,
    /// Open the help.
    Help,
    /// Step back: close what is open, leave the box, or show all channels again.
    Back,
    /// Focus the next pane.
    NextPane,
    /// Focus the previous pane.
    PreviousPane,
    /// Move up one line.
    Up,
    /// Move down one line.
    Down,
    /// Move up half a page.
    HalfPageUp,
    /// Move down half a page.
    HalfPageDown,
    /// Move up one page.
    PageUp,
    /// Move down one page.
    PageDown,
    /// Go to the first line.
    First,
    /// Go to the last line; in the messages, also follow them again.
    Last,
    /// Freeze the messages, or follow them again.
    ToggleFreeze,
    /// Open the selected message.
    Open,
    /// Show only the selected channel, or all again.
    ToggleOnly,
    /// Write a message.
    Publish,
    /// Subscribe to a channel or pattern.
    Subscribe,
    /// Subscribe to a sharded channel.
    SubscribeSharded,
    /// Switch between a sharded and an ordinary channel.
    ToggleSharded,
    /// Open the table of servers.
    Nodes,
    /// End the selected subscription.
    Unsubscribe,
    /// Hide the messages of the selected channel, or show them again.
    ToggleMute,
    /// Sort the channels by the next criterion.
    NextSort,
    /// List the latest value of every channel, in the log's place.
    ShowLatest,
    /// Go back to the log, showing only the selected channel.
    ShowInLog,
    /// Switch to the next time format.
    NextTimeForm,
    /// Clear the log.
    Clear,
    /// Put the selected message into the publish box to edit and resend it.
    EditResend,
    /// Copy the payload of the selected message.
    Copy,
    /// Reconnect now.
    Reconnect,
    /// Publish the message in the box.
    Send,
    /// Publish a message without a payload.
    SendEmpty,
    /// Start a new line in the box.
    NewLine,
    /// Show the older history entry.
    OlderDraft,
    /// Show the newer history entry.
    NewerDraft,
    /// Complete the channel's name.
    Complete,
    /// Move from the channel's name to the payload.
    EnterPayload,
    /// Move back from the payload to the channel's name.
    EnterChannel,
    /// Switch between interpreting escapes in the box and taking them literally.
    ToggleEscapes,
    /// Confirm the question, the input or the choice.
    Confirm,
    /// Edit the filter.
    Filter,
    /// Edit the query to find in the log.
    Find,
    /// Go to the next matching row, or to the next match in the open message.
    NextHit,
    /// Go to the previous matching row, or to the previous match in the open message.
    PreviousHit,
    /// Open the list of filters.
    Filters,
    /// Open the list of breakpoints, or set the first.
    Breakpoints,
    /// Mark the selected row, or remove its mark.
    ToggleMark,
    /// Go to the next mark, breakpoint hit or gap.
    NextLandmark,
    /// Go to the previous mark, breakpoint hit or gap.
    PreviousLandmark,
    /// Show or hide the list of the query syntax.
    ToggleSyntax,
    /// Add the filter being edited to the list.
    KeepFilter,
    /// Replace the query being edited with the one offered instead.
    TakeOffer,
    /// Add an entry to the open list.
    AddQuery,
    /// Edit the selected query of the list.
    EditQuery,
    /// Switch the selected query of the list on or off.
    ToggleQuery,
    /// Remove the selected query from the list.
    RemoveQuery,
    /// Switch the selected filter between showing and hiding what it matches.
    ToggleExclude,
    /// Switch the selected breakpoint between stopping the view and only counting and marking.
    ToggleLogOnly,
    /// Switch the selected breakpoint to its next kind of alert.
    NextAttention,
    /// Make the selected breakpoint stop one hit later.
    StopLater,
    /// Make the selected breakpoint stop one hit sooner.
    StopSooner,
    /// Show what changed since the previous message on the channel.
    Diff,
    /// Show what changed since a marked message.
    DiffToMark,
    /// Close the message.
    CloseMessage,
    /// Fold the value, or go to its parent.
    Fold,
    /// Unfold the value, or go into it.
    Unfold,
    /// Fold or unfold the value.
    ToggleFold,
    /// Unfold all values.
    OpenAll,
    /// Fold all values.
    CloseAll,
    /// Show the next tab of the open message.
    NextTab,
    /// Show the previous tab of the open message.
    PreviousTab,
    /// Switch the open message between the whole screen and its usual place.
    ToggleWhole,
    /// Open the row above.
    OlderMessage,
    /// Open the row below.
    NewerMessage,
    /// Search the open message.
    SearchMessage,
    /// Choose the format for decoding the channel's messages.
    Formats,
    /// Copy the whole open message as JSON.
    CopyWhole,
    /// Copy the path of the value.
    CopyPath,
    /// Show only messages with the same value at the same path.
    FilterByValue,
    /// Start or stop checking the sequence numbers at this path.
    ToggleSequence,
    /// Plot the value at this path, or the channel's rate or size, over time; or stop plotting it.
    Plot,
    /// Show the plot.
    ShowPlot,
    /// Show a shorter time range.
    ZoomIn,
    /// Show a longer time range.
    ZoomOut,
    /// Show the whole time range.
    ZoomToAll,
    /// Show an earlier time range.
    Earlier,
    /// Show a later time range.
    Later,
    /// Make the plot follow the newest values again.
    FollowNewest,
    /// Move the plot's cursor to the previous point.
    CursorEarlier,
    /// Move the plot's cursor to the next point.
    CursorLater,
    /// Close the plot.
    ClosePlot,
    /// Plot the rate of the selected series' channel, or stop plotting it.
    PlotRate,
    /// Plot the sizes of its messages, or stop plotting them.
    PlotSize,
    /// Plot the intervals between its messages, or stop plotting them.
    PlotInterval,
    /// Show the interval histogram, or the plot again.
    ToggleHistogram,
    /// Remove the selected series from the plot.
    RemoveSeries,
    /// Remove all series from the plot.
    ClearSeries,
    /// Show only the value at this path in the channel's log rows, or the whole messages again.
    ToggleLens,
}

impl Action {
    /// Returns whether holding the key down repeats the action.
    #[must_use]
    pub fn repeats(self) -> bool {
        matches!(
            self,
            Self::Up
                | Self::Down
                | Self::HalfPageUp
                | Self::HalfPageDown
                | Self::PageUp
                | Self::PageDown
                | Self::NewLine
                | Self::OlderDraft
                | Self::NewerDraft
                | Self::NextHit
                | Self::PreviousHit
                | Self::NextLandmark
                | Self::PreviousLandmark
                | Self::OlderMessage
                | Self::NewerMessage
                | Self::ZoomIn
                | Self::ZoomOut
                | Self::Earlier
                | Self::Later
                | Self::CursorEarlier
                | Self::CursorLater
                | Self::StopLater
                | Self::StopSooner
        )
    }

    /// Returns whether it only moves the view or the selection, so that pasted keys may trigger it
    /// outside a text box.
    #[must_use]
    pub fn only_moves(self) -> bool {
        matches!(
            self,
            Self::Up
                | Self::Down
                | Self::HalfPageUp
                | Self::HalfPageDown
                | Self::PageUp
                | Self::PageDown
                | Self::First
                | Self::Last
                | Self::NextPane
                | Self::PreviousPane
                | Self::NextHit
                | Self::PreviousHit
                | Self::NextLandmark
                | Self::PreviousLandmark
                | Self::OlderMessage
                | Self::NewerMessage
                | Self::NextTab
                | Self::PreviousTab
                | Self::ZoomIn
                | Self::ZoomOut
                | Self::Earlier
                | Self::Later
                | Self::CursorEarlier
                | Self::CursorLater
        )
    }

    /// Returns whether holding the key down triggers it only once, as for actions that send,
    /// remove, end or toggle something.
    #[must_use]
    pub fn acts_once(self) -> bool {
        matches!(
            self,
            Self::Send
                | Self::SendEmpty
                | Self::Confirm
                | Self::KeepFilter
                | Self::Undo
                | Self::Clear
                | Self::Unsubscribe
                | Self::RemoveQuery
                | Self::RemoveSeries
                | Self::ClearSeries
                | Self::Reconnect
                | Self::ToggleFreeze
                | Self::ToggleOnly
                | Self::ToggleMute
                | Self::ToggleMark
                | Self::ToggleLens
                | Self::ToggleSequence
                | Self::ToggleQuery
                | Self::ToggleExclude
                | Self::ToggleLogOnly
                | Self::ToggleSharded
                | Self::ToggleEscapes
                | Self::ToggleSyntax
                | Self::ToggleHistogram
                | Self::ToggleWhole
                | Self::ToggleFold
                | Self::Diff
                | Self::DiffToMark
                | Self::Plot
                | Self::PlotRate
                | Self::PlotSize
                | Self::PlotInterval
        )
    }

    /// Returns what it does to the highlighted row or its channel, to complete "press the key again
    /// to …". Returns `None` if it does not act on a row.
    #[must_use]
    pub fn on_row(self) -> Option<&'static str> {
        Some(match self {
            Self::EditResend => "edit and resend it",
            Self::Copy => "copy it",
            Self::Diff | Self::DiffToMark => "compare it",
            Self::ToggleMute => "mute its channel",
            Self::Unsubscribe => "unsubscribe from its channel",
            Self::ToggleLens => "change the lens on its channel",
            Self::ToggleMark => "mark it",
            Self::Plot => "plot it",
            Self::FilterByValue => "filter by its value",
            Self::ToggleSequence => "check its numbers",
            Self::CopyWhole | Self::CopyPath => "copy from it",
            Self::Formats => "choose its format",
            _ => return None,
        })
    }
}
