//! Boxes over the panes: the help, a list, the command palette, a prompt, a question.

pub mod command_output;
pub mod export_prompt;
pub mod help;
pub mod lens_prompt;
pub mod palette;
pub mod password_prompt;
pub mod query_box;
pub mod record_prompt;
pub mod syntax;

use std::ops::Range;

use self::command_output::CommandOutput;
use self::export_prompt::ExportPrompt;
use self::help::Help;
use self::lens_prompt::LensPrompt;
use self::palette::Palette;
use self::password_prompt::PasswordPrompt;
use self::query_box::QueryBox;
use self::record_prompt::RecordPrompt;
use super::input::Input;
use super::recording_request::RecordingScope;
use crate::message::Topic;

/// A box over the panes that has the focus until it is closed.
#[derive(Debug)]
pub enum Overlay {
    /// The help.
    Help(Box<Help>),
    /// The command palette.
    Palette(Box<Palette>),
    /// The prompt for a subscription.
    Subscribe(Box<Prompt>),
    /// The prompt for the name of the file to export to.
    Export(Box<ExportPrompt>),
    /// The prompt for the name of the file to record to.
    Record(Box<RecordPrompt>),
    /// The prompt for the lens of a channel.
    Lens(Box<LensPrompt>),
    /// The prompt for a password.
    Password(Box<PasswordPrompt>),
    /// The output of a command.
    Output(Box<CommandOutput>),
    /// The editor for a query.
    Query(Box<QueryBox>),
    /// A list, and which part of it is shown.
    List(List, ListView),
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

impl List {
    /// Returns the preferred width of the list, including the border; the table of servers may need
    /// more.
    pub fn columns(self) -> u16 {
        match self {
            Self::Filters | Self::Breakpoints => 90,
            Self::Nodes => 100,
            Self::Formats => 48,
        }
    }
}

/// Which part of a list is shown.
#[derive(Debug, Default)]
pub struct ListView {
    /// The selected entry; for the table of servers, the first one shown.
    pub line: usize,
    /// The search that narrows the list.
    pub search: Option<Search>,
}

impl ListView {
    /// Shows the whole list with `line` selected.
    pub fn at(line: usize) -> Self {
        Self { line, search: None }
    }
}

/// An entry of a list that matches the search in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its index among all entries.
    pub index: usize,
    /// The byte ranges of its text that match.
    pub marks: Vec<Range<usize>>,
}

/// A search that narrows a list or the help to matching entries.
#[derive(Debug)]
pub struct Search {
    /// The text searched for.
    pub input: Box<Input>,
    /// Whether keys are typed into the search instead of triggering actions.
    pub is_typing: bool,
}

impl Search {
    /// Edits the text of `search`, or starts a new search.
    pub(super) fn edit(search: &mut Option<Self>) {
        let search = search.get_or_insert_with(|| Self {
            input: Box::default(),
            is_typing: true,
        });
        search.is_typing = true;
    }

    /// Keeps the search, but lets keys trigger actions again. Removes an empty search.
    pub(super) fn keep(search: &mut Option<Self>) {
        *search = search.take().filter(|search| !search.input.is_empty());
        if let Some(search) = search {
            search.is_typing = false;
        }
    }

    /// Returns the text of `search`, which is empty if there is none.
    pub fn text(search: Option<&Self>) -> String {
        search.map(|search| search.input.text()).unwrap_or_default()
    }
}

impl Overlay {
    /// Returns the search that narrows the overlay, if there is one.
    pub fn search(&self) -> Option<&Search> {
        match self {
            Self::Help(help) => help.search.as_ref(),
            Self::List(_, view) => view.search.as_ref(),
            _ => None,
        }
    }

    /// Returns the overlay beneath it, if there is one.
    pub(super) fn beneath_mut(&mut self) -> Option<&mut Self> {
        match self {
            Self::Help(help) => help.over.as_deref_mut(),
            Self::Palette(palette) => palette.over.as_deref_mut(),
            Self::Confirm(Question::Quit { over, .. } | Question::FinishExport { over, .. }) => {
                over.as_deref_mut()
            }
            _ => None,
        }
    }

    /// Returns the field with the search that narrows the overlay, if the overlay can be narrowed.
    pub(super) fn search_mut(&mut self) -> Option<&mut Option<Search>> {
        match self {
            Self::Help(help) => Some(&mut help.search),
            Self::List(_, view) => Some(&mut view.search),
            _ => None,
        }
    }
}

/// A question to confirm something that cannot be undone.
#[derive(Debug)]
pub enum Question {
    /// Whether to publish the message in the box.
    Publish {
        /// What is unusual about the message, and what harm it may do.
        warning: String,
    },
    /// Whether to subscribe although Socket.IO counts the subscription.
    Counted {
        /// What to subscribe to.
        topic: Topic,
    },
    /// Whether to replace an existing file with the exported rows or with a recording.
    Replace {
        /// The path of the file, as the user typed it.
        path: String,
        /// What is to be recorded; `None` for an export.
        recording: Option<RecordingScope>,
    },
    /// Whether to quit and lose the kept messages.
    Quit {
        /// The number of messages kept.
        kept: u64,
        /// The overlay beneath it, which is shown again if the user stays.
        over: Option<Box<Overlay>>,
    },
    /// Whether to wait for an export that is still running. Without an answer, the program quits once
    /// it is complete.
    FinishExport {
        /// The path of the file, as the user typed it.
        path: String,
        /// The overlay beneath it, which is shown again if the user stays.
        over: Option<Box<Overlay>>,
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
    /// Creates a prompt that contains `text`.
    pub fn holding(text: &str) -> Self {
        Self {
            input: Input::holding(text),
            ..Self::default()
        }
    }

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
