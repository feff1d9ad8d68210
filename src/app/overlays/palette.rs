//! The command palette: every action of a context by name, and commands that are typed.

mod channels;
mod command;
mod items;
mod matching;

use std::ops::Range;
use std::sync::Arc;

pub(crate) use self::channels::known_channel;
pub use self::command::Command;
pub(crate) use self::items::applies;

use self::channels::ChannelSearch;
use self::items::{Item, all_items};
use self::matching::{Rank, Typed, mark};
use super::{Overlay, Prompt};
use crate::app::action::{Action, Motion};
use crate::app::input::Input;
use crate::app::keymap::{Chord, Context};
use crate::app::session::Session;
use crate::config::{Theme, suggestion};
use crate::message::Time;
use crate::payload::escape::whole_name;
use crate::query::Query;

/// The palette.
#[derive(Debug)]
pub struct Palette {
    /// What is typed.
    pub input: Input,
    /// The lines that match the typed text, best first.
    pub lines: Vec<PaletteLine>,
    /// The index of the selected line.
    pub selected: usize,
    /// Whether the user has moved the selection. Until then, the best match is selected.
    has_moved: bool,
    /// The index of the first visible line.
    pub top: usize,
    /// The overlay beneath it, in which actions are run.
    pub over: Option<Box<Overlay>>,
    items: Vec<Item>,
    /// The search for the channel that is being named.
    channels: Option<ChannelSearch>,
}

/// A line of the palette.
#[derive(Clone, Debug)]
pub struct PaletteLine {
    /// Its name and what it does, or the name of the channel that it shows.
    pub text: String,
    /// The byte ranges of the text that match what is typed.
    pub marks: Vec<Range<usize>>,
    /// The text at the right: the key of an action, or the syntax or description of a command.
    pub right: String,
    /// What Enter does.
    pub choice: Choice,
}

/// What a line of the palette does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Executes an action, as if its key had been pressed, if it has one.
    Act(Action, Option<Chord>),
    /// Shows only this channel.
    Open(Arc<[u8]>),
    /// Runs a command with its argument.
    Run(Command, String),
    /// Types the name of a command, so that the user can add its argument.
    Begin(Command),
    /// Open the box of a command to correct the query that is typed, in which this is wrong.
    Edit(Command, String, String),
    /// Nothing, because of an error in what is typed.
    Refuse(String),
}

impl Palette {
    /// Opens the palette with the actions of `context`, which is the context of the overlay `over`
    /// or else of a pane.
    pub(crate) fn open(context: Context, over: Option<Box<Overlay>>, session: &Session) -> Self {
        let mut items = all_items(context, session);
        // Recently run lines come first; the others keep their order.
        items.sort_by_key(|item| item.place.unwrap_or(usize::MAX));
        let mut palette = Self {
            input: Input::default(),
            lines: Vec::new(),
            selected: 0,
            has_moved: false,
            top: 0,
            over,
            items,
            channels: None,
        };
        palette.list(session);
        palette
    }

    /// Returns what is typed. A colon in front of it is ignored.
    pub fn typed(&self) -> String {
        let text = self.input.text();
        text.trim_start_matches([' ', ':']).to_owned()
    }

    /// Lists what matches the typed text, with the best match selected.
    pub(crate) fn list(&mut self, session: &Session) {
        let typed = self.typed();
        self.channels = match Command::parse(&typed) {
            Some((Command::Open, name)) => Some(ChannelSearch::start(name, session)),
            _ => None,
        };
        self.lines = self.matching(session);
        (self.selected, self.top, self.has_moved) = (0, 0, false);
    }

    /// Continues the search for channels if that is due. A line that the user has selected stays in
    /// the list, even if there are more and more better ones.
    pub(crate) fn proceed(&mut self, session: &Session, height: usize) {
        let search = self.channels.as_mut();
        if !search.is_some_and(|search| search.proceed(session)) {
            return;
        }
        let chosen = self.chosen().filter(|_| self.has_moved).cloned();
        self.lines = self.matching(session);
        let Some(chosen) = chosen else {
            return;
        };
        let mut lines = self.lines.iter();
        let line = lines.position(|line| line.choice == chosen.choice);
        let line = line.unwrap_or_else(|| {
            let line = self.selected.min(self.lines.len());
            self.lines.insert(line, chosen);
            line
        });
        self.show(line, height);
    }

    /// Returns when the search for channels continues.
    pub fn due(&self) -> Option<Time> {
        self.channels.as_ref().and_then(ChannelSearch::due)
    }

    /// Returns how many channels match the name being typed so far, and whether all have been
    /// searched.
    pub fn channels_found(&self) -> Option<(u64, bool)> {
        self.channels.as_ref().map(ChannelSearch::found)
    }

    /// Returns the lines that match the typed text, best first.
    fn matching(&self, session: &Session) -> Vec<PaletteLine> {
        let typed = self.typed();
        let parsed = Command::parse(&typed);
        let own = match (&self.channels, parsed) {
            (Some(channels), _) => channels.lines(session),
            (None, Some((Command::Theme, name))) => matching_themes(name),
            (None, Some((command, argument))) => vec![command_line(command, argument, session)],
            (None, None) => Vec::new(),
        };
        // The items include the quit command, so do not list it twice.
        let is_quit = matches!(parsed, Some((Command::Quit, _)));
        let again =
            |line: &PaletteLine| is_quit && matches!(line.choice, Choice::Run(Command::Quit, _));
        let items = self.matching_items(&Typed::new(&typed)).into_iter();
        let items = items.filter(|line| !again(line));
        let lines: Vec<PaletteLine> = own.into_iter().chain(items).collect();
        if lines.is_empty() {
            return self.similar(&typed, session);
        }
        lines
    }

    /// Returns the lines that the text may be a misspelling of.
    fn similar(&self, typed: &str, session: &Session) -> Vec<PaletteLine> {
        let meant = typed.split_once(' ').and_then(|(name, argument)| {
            let command = Command::similar_to(name)?;
            let argument = argument.trim();
            let takes = command.argument().is_some() && !argument.is_empty();
            takes.then(|| command_line(command, argument, session))
        });
        let typed = Typed::new(typed);
        let items = self.items.iter().filter_map(|item| {
            let marks = typed.misspells(&item.name)?;
            Some(PaletteLine {
                marks: vec![marks],
                ..item.line.clone()
            })
        });
        meant.into_iter().chain(items).collect()
    }

    /// Returns the items that match, best first; among equals, the most recent first.
    fn matching_items(&self, typed: &Typed) -> Vec<PaletteLine> {
        let items = self.items.iter();
        if typed.is_empty() {
            return items.map(|item| item.line.clone()).collect();
        }
        let matching = items.filter_map(|item| {
            let line = &item.line;
            let is_key = matches!(line.choice, Choice::Act(..)) && typed.is(&line.right);
            let (rank, marks) = match typed.find(&item.name, &line.text, &item.hint) {
                Some(found) if !is_key => found,
                _ if is_key => (Rank::Exact, Vec::new()),
                _ => return None,
            };
            let line = PaletteLine {
                marks,
                ..line.clone()
            };
            Some((rank, line))
        });
        // The items are sorted by how recently they were run.
        let mut matching: Vec<(Rank, PaletteLine)> = matching.collect();
        matching.sort_by_key(|(rank, _)| *rank);
        matching.into_iter().map(|(_, line)| line).collect()
    }

    /// Types the name of `command`, so that the user can add its argument.
    pub(crate) fn begin(&mut self, command: Command) {
        self.input = Input::holding(&format!("{} ", command.name()));
    }

    /// Moves the selection, on a page of `height` lines.
    pub(crate) fn move_by(&mut self, motion: Motion, height: usize) {
        let last = self.lines.len().saturating_sub(1);
        self.has_moved |= motion != Motion::Lines(0);
        self.show(motion.from(self.selected, height, last), height);
    }

    /// Selects a line at the user's request.
    pub(crate) fn select(&mut self, line: usize, height: usize) {
        self.has_moved = true;
        self.show(line, height);
    }

    /// Selects a line, or the last one if there are fewer, and keeps it in view.
    fn show(&mut self, line: usize, height: usize) {
        self.selected = line.min(self.lines.len().saturating_sub(1));
        let lowest = (self.selected + 1).saturating_sub(height.max(1));
        self.top = self.top.clamp(lowest, self.selected);
    }

    /// Returns the selected line.
    pub fn chosen(&self) -> Option<&PaletteLine> {
        self.lines.get(self.selected)
    }
}

/// Returns a line for each theme whose name contains `typed`.
fn matching_themes(typed: &str) -> Vec<PaletteLine> {
    let themes = Theme::ALL.into_iter();
    let lines = themes.filter_map(|theme| {
        let name = theme.name();
        let at = name.find(typed)?;
        Some(PaletteLine {
            text: format!("{name} · {}", theme.purpose()),
            marks: mark(at, typed),
            right: Command::Theme.to_string(),
            choice: Choice::Run(Command::Theme, name.to_owned()),
        })
    });
    let lines: Vec<PaletteLine> = lines.collect();
    if lines.is_empty() {
        let names = Theme::ALL.map(Theme::name);
        let meant = suggestion(typed, &names);
        let typed = whole_name(typed.as_bytes());
        return vec![refusal(format!("no theme is called {typed}{meant}"))];
    }
    lines
}

/// Returns the line that runs `command`, or one that says what is wrong with its argument.
fn command_line(command: Command, argument: &str, session: &Session) -> PaletteLine {
    let wrong = match command {
        Command::Filter | Command::Find => Query::parse(argument, &session.moment()).err(),
        Command::Open
        | Command::Subscribe
        | Command::Export
        | Command::Record
        | Command::Goto
        | Command::Theme
        | Command::Quit => None,
    };
    if let Some(error) = wrong {
        return PaletteLine {
            text: error.message.clone(),
            marks: Vec::new(),
            right: String::new(),
            choice: Choice::Edit(command, argument.to_owned(), error.message),
        };
    }
    let shown = whole_name(argument.as_bytes());
    if command.argument().is_none() {
        return command.line();
    }
    let text = match command {
        _ if argument.is_empty() => command.help().to_owned(),
        Command::Open => format!("show only {shown}"),
        Command::Filter => format!("show only what matches {shown}"),
        Command::Find => format!("mark what matches {shown}"),
        Command::Subscribe => {
            let is_one = Prompt::holding(argument).topic().names_one();
            let kind = if is_one { "channel" } else { "pattern" };
            format!("subscribe to the {kind} {shown}")
        }
        Command::Export => format!("write the rows shown to {shown}"),
        Command::Record => format!("record what the filter shows to {shown}"),
        Command::Goto => format!("go to {shown}"),
        Command::Theme | Command::Quit => command.help().to_owned(),
    };
    PaletteLine {
        text,
        marks: Vec::new(),
        right: command.to_string(),
        choice: Choice::Run(command, argument.to_owned()),
    }
}

fn refusal(why: String) -> PaletteLine {
    PaletteLine {
        text: why.clone(),
        marks: Vec::new(),
        right: String::new(),
        choice: Choice::Refuse(why),
    }
}
