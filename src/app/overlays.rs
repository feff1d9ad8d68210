//! Boxes over the panes: the help, a list, a prompt, a question.

pub mod command_output;
pub mod export_prompt;
pub mod help;
pub mod query_box;
pub mod syntax;

use self::command_output::CommandOutput;
use self::export_prompt::ExportPrompt;
use self::query_box::QueryBox;
use super::input::Input;
use crate::message::Topic;

/// A box over the panes that has the focus until it is closed.
#[derive(Debug)]
pub enum Overlay {
    /// The help.
    Help {
        /// The first line shown.
        top: usize,
        /// The overlay beneath it, which is shown again when the help closes.
        over: Option<Box<Overlay>>,
    },
    /// The prompt for a subscription.
    Subscribe(Box<Prompt>),
    /// The prompt for the name of the file to export to.
    Export(Box<ExportPrompt>),
    /// The output of a command.
    Output(Box<CommandOutput>),
    /// The editor for a query.
    Query(Box<QueryBox>),
    /// A list, and its selected line; for the table of servers, the first line shown.
    List(List, usize),
    /// The prompt for a search in the open message.
    SearchMessage(Box<Input>),
    /// A question to confirm.
    Confirm(Question),
}

/// A list over the panes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// The filters.
    Filters,
    /// The breakpoints.
    Breakpoints,
    /// The table of servers.
    Nodes,
    /// The formats for the channel of the open message.
    Formats,
}

/// A question asked before something that cannot be undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Whether to publish the message in the box.
    Publish {
        /// What is unusual about the message, and what harm it may do.
        warning: String,
    },
    /// Whether to replace an existing file with the exported rows.
    Replace {
        /// The path of the file, as the user typed it.
        path: String,
    },
    /// Whether to quit and lose the kept messages.
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
