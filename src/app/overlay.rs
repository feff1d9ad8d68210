//! What stands over the panes: the help, an open message, a prompt, a question.

use super::input::Input;
use super::keymap::{Binding, Context, bindings_of};
use super::query_editor::QueryBox;
use crate::message::Topic;

/// What stands over the panes and has the focus until it is closed.
#[derive(Debug)]
pub enum Overlay {
    /// The help, from this line on.
    Help {
        /// The first line shown.
        top: usize,
        /// What it was opened over, and gives way to.
        over: Option<Box<Overlay>>,
    },
    /// What to subscribe to.
    Subscribe(Box<Prompt>),
    /// A query being written.
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
    /// The table of servers.
    Nodes {
        /// The first line shown.
        line: usize,
    },
    /// How to read the messages of the open one's channel.
    Formats {
        /// The selected line.
        line: usize,
    },
    /// What to look for in the open message.
    SearchMessage(Box<Input>),
    /// A question that wants a yes.
    Confirm(Question),
}

/// What is asked before something that cannot be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Whether to publish the message in the box.
    Publish {
        /// What is unusual about it, and what it may do.
        warning: String,
    },
    /// Whether to quit, though messages are kept.
    Quit {
        /// How many.
        kept: u64,
    },
}

/// The prompt for a subscription.
#[derive(Debug, Default)]
pub struct Prompt {
    /// What is written.
    pub input: Input,
    /// Whether `* ? [` stand for themselves.
    pub is_exact: bool,
    /// Whether it asks for sharded channels.
    pub is_sharded: bool,
}

impl Prompt {
    /// What it asks for now.
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
    /// Nothing, between two contexts.
    Blank,
    /// The name of a context.
    Heading(&'static str),
    /// A key and what it means.
    Key(&'static Binding),
    /// A sentence.
    Note(&'static str),
}

/// What the help says beside the keys.
const NOTES: &[&str] = &[
    "The wheel scrolls the pane under it; a click focuses and selects.",
    "Of the plot the wheel zooms, a drag pans, and a click reads a point.",
    "Shift-drag selects text with the mouse, and so does --no-mouse.",
    "A rate is the mean of the last 5 seconds, or of a younger channel's life;",
    "bars show the last minute.",
    "Redis counts the receivers of a publish: one for each subscription that",
    "it matches, those of this program included.",
    "Pub/Sub is at most once: what is published while the connection is",
    "lost is lost, and the log says from when to when.",
    "One publish is one row, however many subscriptions bring it.",
    "Filter, search and breakpoints share one query language: F1 in their box",
    "lists it. A filter hides no notice unless it speaks of is:notice or is:gap.",
    "Before a row: ● you marked it, ◆ a breakpoint has hit it, ▸ it was found.",
    "A row is shown if it matches every filter that includes, and none that",
    "excludes. Breakpoints see every message that comes, shown or not.",
    "A series of the plot is read of every message on its channel, be the plot",
    "shown or closed, until d in the plot takes it out.",
];

/// The lines of the help, made from the table of keys.
pub fn help_lines() -> impl Iterator<Item = HelpLine> {
    let keys = Context::ALL.into_iter().flat_map(|context| {
        let bindings = bindings_of(context).map(HelpLine::Key);
        [HelpLine::Heading(context.title())]
            .into_iter()
            .chain(bindings)
            .chain([HelpLine::Blank])
    });
    keys.chain([HelpLine::Heading("To know")])
        .chain(NOTES.iter().copied().map(HelpLine::Note))
}
