//! What lies over the panes: the help, a list, a prompt, a question.

use super::input::Input;
use super::keymap::{Binding, Context, bindings_of};
use super::query_editor::QueryBox;
use crate::message::Topic;

/// A box over the panes that has the focus until it is closed.
#[derive(Debug)]
pub enum Overlay {
    /// The help.
    Help {
        /// The first line shown.
        top: usize,
        /// The overlay it was opened over, which returns when the help closes.
        over: Option<Box<Overlay>>,
    },
    /// The prompt for a subscription.
    Subscribe(Box<Prompt>),
    /// The editor for a query.
    Query(Box<QueryBox>),
    /// The list of filters.
    Filters {
        /// The selected line.
        line: usize,
    },
    /// The list of breakpoints.
    Breakpoints {
        /// The selected line.
        line: usize,
    },
    /// The table of nodes.
    Nodes {
        /// The first line shown.
        line: usize,
    },
    /// The formats to choose from for the channel of the open message.
    Formats {
        /// The selected line.
        line: usize,
    },
    /// The prompt for a search in the open message.
    SearchMessage(Box<Input>),
    /// A question to confirm.
    Confirm(Question),
}

/// A question asked before something that cannot be undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Whether to publish the message in the box.
    Publish {
        /// What is unusual about the message, and what it may do.
        warning: String,
    },
    /// Whether to quit even though messages are kept.
    Quit {
        /// The number of messages kept.
        kept: u64,
    },
}

/// The prompt for a subscription.
#[derive(Debug, Default)]
pub struct Prompt {
    /// The text typed so far.
    pub input: Input,
    /// Whether `* ? [` are taken literally.
    pub is_exact: bool,
    /// Whether to subscribe to sharded channels.
    pub is_sharded: bool,
}

impl Prompt {
    /// Returns the topic that the text stands for.
    #[must_use]
    pub fn topic(&self) -> Topic {
        let text = self.input.text();
        match (self.is_sharded, self.is_exact) {
            (false, false) => Topic::guess(text.as_bytes()),
            (false, true) => Topic::channel(text.as_bytes()),
            (true, false) => Topic::guess_shard(text.as_bytes()),
            (true, true) => Topic::shard(text.as_bytes()),
        }
    }
}

/// A line of the help.
#[derive(Clone, Copy, Debug)]
pub enum HelpLine {
    /// A blank line between two contexts.
    Blank,
    /// The title of a context.
    Heading(&'static str),
    /// A key and its meaning.
    Key(&'static Binding),
    /// A line of the notes.
    Note(&'static str),
}

/// The notes below the keys in the help.
const NOTES: &[&str] = &[
    "The wheel scrolls the pane under it; a click focuses and selects.",
    "In the plot the wheel zooms, a drag pans, and a click reads a point.",
    "Shift-drag selects text with the mouse, and so does --no-mouse.",
    "A rate is the mean of the last 5 seconds, or less for a newer channel;",
    "bars show the last minute.",
    "Redis counts the receivers of a publish: one for each matching",
    "subscription, including those of this program.",
    "Pub/Sub delivers at most once: messages published while the connection",
    "is down are lost, and the log shows from when to when.",
    "One publish is one row, however many subscriptions match it.",
    "Filter, search and breakpoints share one query language: F1 in their box",
    "lists it. Filters hide notices only if they use is:notice or is:gap.",
    "Before a row: ● marked by you, ◆ breakpoint hit, ▸ search match.",
    "A row is shown if it matches every include filter and no exclude filter.",
    "Breakpoints check every message that arrives, shown or hidden.",
    "A plot series records every message on its channel, whether the plot is",
    "shown or closed, until d in the plot removes it.",
];

/// Returns the lines of the help, generated from the table of keys.
pub fn help_lines() -> impl Iterator<Item = HelpLine> {
    let keys = Context::ALL.into_iter().flat_map(|context| {
        let bindings = bindings_of(context).map(HelpLine::Key);
        [HelpLine::Heading(context.title())]
            .into_iter()
            .chain(bindings)
            .chain([HelpLine::Blank])
    });
    keys.chain([HelpLine::Heading("Notes")])
        .chain(NOTES.iter().copied().map(HelpLine::Note))
}
