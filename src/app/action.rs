//! What a person can mean by a key.

/// What the person means, apart from which key says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Close the topmost thing; at the top end the program.
    Quit,
    /// Leave the text box; pressed again, end the program.
    Interrupt,
    /// Undo the last act that lost something.
    Undo,
    /// Stop the program until the shell continues it.
    Suspend,
    /// Open the help.
    Help,
    /// Step back: close what is open, leave the box, show all channels again.
    Back,
    /// Focus the next pane.
    NextPane,
    /// Focus the previous pane.
    PreviousPane,
    /// One line up.
    Up,
    /// One line down.
    Down,
    /// Half a page up.
    HalfPageUp,
    /// Half a page down.
    HalfPageDown,
    /// One page up.
    PageUp,
    /// One page down.
    PageDown,
    /// To the first line.
    First,
    /// To the last line; in the messages also follow them again.
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
    /// Take the channel as a sharded one, or as an ordinary one.
    ToggleSharded,
    /// Open the table of servers.
    Nodes,
    /// End the selected subscription.
    Unsubscribe,
    /// Hide the messages of the selected channel, or show them again.
    ToggleMute,
    /// Sort the channels by the next key.
    NextSort,
    /// List the latest value of every channel, in the log's place.
    ShowLatest,
    /// Go back to the log, with only the selected channel in it.
    ShowInLog,
    /// Show times in the next form.
    NextTimeForm,
    /// Let go of every message.
    Clear,
    /// Take the selected message into the box.
    EditResend,
    /// Copy the payload of the selected message.
    Copy,
    /// Try to connect now.
    Reconnect,
    /// Send what is in the box.
    Send,
    /// Send a message without a payload.
    SendEmpty,
    /// Start a new line in the box.
    NewLine,
    /// The older entry of the history.
    OlderDraft,
    /// The newer entry of the history.
    NewerDraft,
    /// Complete the channel's name.
    Complete,
    /// Go on from the channel's name to the payload.
    EnterPayload,
    /// Go back from the payload to the channel's name.
    EnterChannel,
    /// Read the box as escaped text, or as it stands.
    ToggleEscapes,
    /// Do what was asked about.
    Confirm,
    /// Write the filter.
    Filter,
    /// Write what to look for.
    Find,
    /// To the next row that was found, or to the next match in the open message.
    NextHit,
    /// To the row found before, or to the match before.
    PreviousHit,
    /// Open the list of filters.
    Filters,
    /// Open the list of breakpoints, or set the first.
    Breakpoints,
    /// Mark the selected row, or take its mark away.
    ToggleMark,
    /// To the next mark, hit of a breakpoint, or gap.
    NextLandmark,
    /// To the mark, hit of a breakpoint, or gap before.
    PreviousLandmark,
    /// List the syntax of queries, or not.
    ToggleSyntax,
    /// Put the filter being written into the list.
    KeepFilter,
    /// Write the query that is offered in place of the one being written.
    TakeOffer,
    /// Add to the list that is open.
    AddQuery,
    /// Change the selected query of the list.
    EditQuery,
    /// Switch the selected query of the list on or off.
    ToggleQuery,
    /// Take the selected query out of the list.
    RemoveQuery,
    /// Have the selected filter show or hide what it matches.
    ToggleExclude,
    /// Have the selected breakpoint stop the view, or only count and mark.
    ToggleLogOnly,
    /// Have the selected breakpoint draw attention in the next way.
    NextAttention,
    /// Have the selected breakpoint stop one hit later.
    StopLater,
    /// Have the selected breakpoint stop one hit sooner.
    StopSooner,
    /// Show what has changed since the message before on the channel.
    Diff,
    /// Show what has changed since a marked message.
    DiffToMark,
    /// Close the message.
    CloseMessage,
    /// Hide what the value holds, or go to what holds it.
    Fold,
    /// Show what the value holds, or go into it.
    Unfold,
    /// Hide or show what the value holds.
    ToggleFold,
    /// Show what all values hold.
    OpenAll,
    /// Hide what all values hold.
    CloseAll,
    /// Show the next part of the open message.
    NextTab,
    /// Show the part of the open message before.
    PreviousTab,
    /// Give the open message the whole screen, or its place again.
    ToggleWhole,
    /// Open the row above.
    OlderMessage,
    /// Open the row below.
    NewerMessage,
    /// Look for something in the open message.
    SearchMessage,
    /// Choose the format that the channel's messages are read in.
    Formats,
    /// Copy all of the open message as JSON.
    CopyWhole,
    /// Copy the path of the value.
    CopyPath,
    /// Show only what has the same value at the same path.
    FilterByValue,
    /// Follow the numbers at this path, or no longer.
    ToggleSequence,
    /// Plot the value at this path, or the channel's rate or size over time; or no longer.
    Plot,
    /// Show what is plotted.
    ShowPlot,
    /// Show a shorter stretch of time.
    ZoomIn,
    /// Show a longer stretch of time.
    ZoomOut,
    /// Show all that is known.
    ZoomToAll,
    /// Show what was before.
    Earlier,
    /// Show what came after.
    Later,
    /// Have the plot follow the newest again.
    FollowNewest,
    /// Read the plot at the point before.
    CursorEarlier,
    /// Read the plot at the next point.
    CursorLater,
    /// Close the plot.
    ClosePlot,
    /// Plot the rate of the selected series' channel, or no longer.
    PlotRate,
    /// Plot the sizes of its messages, or no longer.
    PlotSize,
    /// Plot the intervals between its messages, or no longer.
    PlotInterval,
    /// Show how often intervals are how long, or the plot again.
    ToggleHistogram,
    /// Plot the selected series no longer.
    RemoveSeries,
    /// Plot nothing any more.
    ClearSeries,
    /// Show the value at this path as the message in the log, or all of it again.
    ToggleLens,
}

impl Action {
    /// Whether a key that is held down may do it again and again.
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

    /// Whether it only moves what is shown or selected, so that pasted keys may do it outside of a
    /// text box.
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

    /// Whether a held key does this only once: actions that send, remove, end or toggle something.
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

    /// What it does to the highlighted row, or to its channel, to end "press the key again to …".
    /// `None` if it acts on no row.
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
