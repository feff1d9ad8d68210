//! The command palette: every action of a context by name, and commands that are typed.

mod command;

use std::ops::Range;
use std::sync::Arc;

pub use self::command::Command;
use super::{Overlay, Prompt};
use crate::app::action::{Action, Motion, ScreenAction};
use crate::app::fuzzy::Fuzzy;
use crate::app::input::Input;
use crate::app::keymap::{Binding, Chord, Context};
use crate::app::session::Session;
use crate::app::session::recents::Recent;
use crate::payload::escape::whole_name;
use crate::query::Query;

/// The maximum number of channels listed for a name that is being typed.
const MOST_CHANNELS: usize = 200;

/// How much better the most recent run is rated among texts that match.
const RECENT_BONUS: u32 = 16;

/// How much better a text is rated whose key or command was typed exactly.
const EXACT_BONUS: u32 = 10_000;

/// The palette.
#[derive(Debug)]
pub struct Palette {
    /// What is typed.
    pub input: Input,
    /// The lines that match it, the best first.
    pub lines: Vec<PaletteLine>,
    /// The index of the selected line.
    pub selected: usize,
    /// The index of the first visible line.
    pub top: usize,
    /// The overlay beneath it, in which actions are run.
    pub over: Option<Box<Overlay>>,
    items: Vec<Item>,
}

/// A line of the palette.
#[derive(Clone, Debug)]
pub struct PaletteLine {
    /// What it does, or the name of the channel that it shows.
    pub text: String,
    /// The byte ranges of the text that match what is typed.
    pub marks: Vec<Range<usize>>,
    /// The key of the action, or the form of the command.
    pub right: String,
    /// What Enter does.
    pub choice: Choice,
}

/// What a line of the palette does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Executes an action, as if its key, if it has one, had been pressed.
    Act(Action, Option<Chord>),
    /// Shows only this channel.
    Open(Arc<[u8]>),
    /// Runs a command with its argument.
    Run(Command, String),
    /// Types the name of a command, for its argument to be added.
    Begin(Command),
    /// Nothing, because of an error in what is typed.
    Refuse(String),
}

/// A line that does not depend on what is typed, with the other texts that it is found by.
#[derive(Debug)]
struct Item {
    line: PaletteLine,
    /// The word in the hint line.
    hint: Option<&'static str>,
    /// What, typed exactly, means this line.
    exact: String,
    /// How many lines were run more recently, if it was run.
    place: Option<usize>,
}

impl Palette {
    /// Lists the actions of `context`, which `over` or else a pane gives.
    pub(crate) fn open(context: Context, over: Option<Box<Overlay>>, session: &Session) -> Self {
        let mut items: Vec<Item> = Command::ALL.into_iter().map(Item::of_command).collect();
        items.extend(actions(context, session));
        items.extend(typed_before(session));
        // The most recent first; the others keep their order.
        items.sort_by_key(|item| item.place.unwrap_or(usize::MAX));
        let mut palette = Self {
            input: Input::default(),
            lines: Vec::new(),
            selected: 0,
            top: 0,
            over,
            items,
        };
        palette.list(session, std::iter::empty());
        palette
    }

    /// Returns what is typed. A colon in front of it is ignored.
    pub fn typed(&self) -> String {
        let text = self.input.text();
        text.trim_start_matches([' ', ':']).to_owned()
    }

    /// Returns whether what is typed names a channel.
    pub(crate) fn wants_channels(&self) -> bool {
        matches!(Command::parse(&self.typed()), Some((Command::Open, _)))
    }

    /// Lists what matches the typed text, with the best match selected. `channels` are the names to
    /// choose from if the text names a channel.
    pub(crate) fn list(&mut self, session: &Session, channels: impl Iterator<Item = Arc<[u8]>>) {
        let typed = self.typed();
        self.lines = match Command::parse(&typed) {
            Some((Command::Open, name)) => matching_channels(name, channels),
            Some((command, argument)) => vec![command_line(command, argument, session)],
            None => Vec::new(),
        };
        let is_quit = matches!(Command::parse(&typed), Some((Command::Quit, _)));
        let items = self.matching_items(typed.trim());
        // That command is an item too.
        let again =
            |line: &PaletteLine| is_quit && matches!(line.choice, Choice::Run(Command::Quit, _));
        self.lines
            .extend(items.into_iter().filter(|line| !again(line)));
        (self.selected, self.top) = (0, 0);
    }

    /// Returns the items that match `typed`, the best first.
    fn matching_items(&self, typed: &str) -> Vec<PaletteLine> {
        let mut fuzzy = Fuzzy::new(typed);
        let mut matching: Vec<(u32, PaletteLine)> = Vec::new();
        for item in &self.items {
            let is_exact = !typed.is_empty() && item.exact == typed;
            let exact = is_exact.then_some(EXACT_BONUS);
            let by_text = fuzzy.score(&item.line.text);
            let by_hint = item.hint.and_then(|hint| fuzzy.score(hint));
            let Some(score) = exact.max(by_text).max(by_hint) else {
                continue;
            };
            let place = item.place.and_then(|place| u32::try_from(place).ok());
            let bonus = place.map_or(0, |place| RECENT_BONUS.saturating_sub(place));
            let mut line = item.line.clone();
            line.marks = fuzzy.marks(&line.text).unwrap_or_default();
            matching.push((score + bonus, line));
        }
        if !typed.is_empty() {
            matching.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        }
        matching.into_iter().map(|(_, line)| line).collect()
    }

    /// Types the name of `command`, for its argument to be added.
    pub(crate) fn begin(&mut self, command: Command) {
        self.input = Input::holding(&format!("{} ", command.name()));
    }

    /// Moves the selection, on a page of `height` lines.
    pub(crate) fn move_by(&mut self, motion: Motion, height: usize) {
        let last = self.lines.len().saturating_sub(1);
        self.select(motion.from(self.selected, height, last), height);
    }

    /// Selects a line, or the last one if there are fewer, and keeps it in view.
    pub(crate) fn select(&mut self, line: usize, height: usize) {
        self.selected = line.min(self.lines.len().saturating_sub(1));
        let lowest = (self.selected + 1).saturating_sub(height.max(1));
        self.top = self.top.clamp(lowest, self.selected);
    }

    /// Returns the selected line.
    pub fn chosen(&self) -> Option<&PaletteLine> {
        self.lines.get(self.selected)
    }
}

impl Item {
    fn of_command(command: Command) -> Self {
        let choice = match command.argument() {
            Some(_) => Choice::Begin(command),
            None => Choice::Run(command, String::new()),
        };
        Self {
            line: PaletteLine {
                text: format!("{command} · {}", command.help()),
                marks: Vec::new(),
                right: String::new(),
                choice,
            },
            hint: None,
            exact: command.name().to_owned(),
            place: None,
        }
    }
}

/// Returns the bindings of every action that applies in `context`, with keys or without.
pub(crate) fn bindings(context: Context, session: &Session) -> impl Iterator<Item = &Binding> {
    let keymap = &session.settings.keymap;
    let near = context.chain().flat_map(|near| keymap.bindings_of(near));
    let without_keys = near.filter(|binding| binding.keys.is_empty());
    keymap.bindings_in(context).chain(without_keys)
}

/// Returns an item for each action of `context`.
fn actions(context: Context, session: &Session) -> Vec<Item> {
    let is_listed = |action| {
        // The palette is open already, and the second press that quits cannot be made in it.
        !matches!(
            action,
            Action::Screen(ScreenAction::Palette) | Action::Interrupt
        )
    };
    let bindings = bindings(context, session).filter(|binding| is_listed(binding.action));
    let items = bindings.map(|binding| {
        let chord = binding.keys.first().copied();
        let key = chord.map(Chord::label).unwrap_or_default();
        Item {
            line: PaletteLine {
                text: binding.help.to_string(),
                marks: Vec::new(),
                right: key.clone(),
                choice: Choice::Act(binding.action, chord),
            },
            hint: binding.hint,
            exact: key,
            place: session.recents.place(binding.action),
        }
    });
    items.collect()
}

/// Returns an item for each command that was run before.
fn typed_before(session: &Session) -> Vec<Item> {
    let recents = session.recents.iter().enumerate();
    let items = recents.filter_map(|(place, recent)| {
        let (text, choice) = match recent {
            Recent::Action(_) => return None,
            Recent::Channel(name) => (
                format!("{} {}", Command::Open.name(), whole_name(name)),
                Choice::Open(Arc::clone(name)),
            ),
            Recent::Command(text) => {
                let (command, argument) = Command::parse(text)?;
                let shown = format!("{} {}", command.name(), whole_name(argument.as_bytes()));
                (shown, Choice::Run(command, argument.to_owned()))
            }
        };
        Some(Item {
            line: PaletteLine {
                text,
                marks: Vec::new(),
                right: "again".to_owned(),
                choice,
            },
            hint: None,
            exact: String::new(),
            place: Some(place),
        })
    });
    items.collect()
}

/// Returns a line for each of the `channels` that matches `typed`, the best first.
fn matching_channels(typed: &str, channels: impl Iterator<Item = Arc<[u8]>>) -> Vec<PaletteLine> {
    let mut fuzzy = Fuzzy::new(typed);
    let mut matching: Vec<(bool, u32, String, Arc<[u8]>)> = Vec::new();
    for name in channels {
        let text = whole_name(&name);
        if let Some(score) = fuzzy.score(&text) {
            matching.push((text == typed, score, text, name));
        }
    }
    // Of names that match equally well, the shortest holds the least besides what is typed.
    matching.sort_by(|one, other| {
        let key = |of: &(bool, u32, String, Arc<[u8]>)| (!of.0, u32::MAX - of.1, of.2.len());
        key(one).cmp(&key(other)).then_with(|| one.2.cmp(&other.2))
    });
    matching.truncate(MOST_CHANNELS);
    let lines = matching.into_iter().map(|(.., text, name)| PaletteLine {
        marks: fuzzy.marks(&text).unwrap_or_default(),
        text,
        right: Command::Open.help().to_owned(),
        choice: Choice::Open(name),
    });
    let mut lines: Vec<PaletteLine> = lines.collect();
    if lines.is_empty() && !typed.is_empty() {
        lines.push(refusal(format!(
            "no channel matches {}",
            whole_name(typed.as_bytes())
        )));
    }
    lines
}

/// Returns the line that runs `command`, or one that says what is wrong with its argument.
fn command_line(command: Command, argument: &str, session: &Session) -> PaletteLine {
    let wrong = match command {
        Command::Filter | Command::Find => Query::parse(argument, &session.moment()).err(),
        Command::Open | Command::Subscribe | Command::Export | Command::Quit => None,
    };
    if let Some(error) = wrong {
        return refusal(error.message);
    }
    let shown = whole_name(argument.as_bytes());
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
        Command::Quit => command.help().to_owned(),
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
