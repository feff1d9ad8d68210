//! The lines of the palette that do not depend on what is typed: commands, actions, the user's own
//! commands, and what was typed before.

use std::sync::Arc;

use super::{Choice, Command, PaletteLine};
use crate::app::action::{Action, LogAction, RowAction, ScreenAction, SessionAction};
use crate::app::keymap::{Binding, Chord, Context};
use crate::app::session::Session;
use crate::app::session::recents::Recent;
use crate::app::settings::KeyedCommand;
use crate::payload::escape::whole_name;

/// The name of the action that leaves the program only if no pane is left to close, so that it is
/// not taken for the command that quits.
const CLOSE: &str = "close";

/// A line that does not depend on what is typed, with other texts that also find it.
#[derive(Debug)]
pub(super) struct Item {
    pub line: PaletteLine,
    /// The name that its text starts with, with hyphens between its words. May be empty.
    pub name: String,
    /// Other words that it is found by.
    pub hint: String,
    /// The number of lines that were run more recently; `None` if this one was never run.
    pub place: Option<usize>,
}

/// Returns every item for `context`.
pub(super) fn all_items(context: Context, session: &Session) -> Vec<Item> {
    let actions = actions(context, session);
    // An action that asks for the argument stands for the command of the same name.
    let is_action = |command: &Command| {
        matches!(command, Command::Subscribe | Command::Export)
            && actions.iter().any(|item| item.name == command.name())
    };
    let commands = Command::ALL.into_iter();
    let commands = commands.filter(|command| !is_action(command));
    let mut items: Vec<Item> = commands.map(Item::of_command).collect();
    items.extend(own_commands(context, session));
    items.extend(actions);
    items.extend(typed_before(session));
    items
}

impl Item {
    fn of_command(command: Command) -> Self {
        Self {
            line: command.line(),
            name: command.name().to_owned(),
            hint: command.synonyms().join(" "),
            place: None,
        }
    }

    fn of_own_command(index: usize, own: &KeyedCommand, session: &Session) -> Self {
        let action = Action::Run(index);
        let (name, run) = (&own.command.name, &own.command.run);
        Self {
            line: PaletteLine {
                text: format!("{name} · {run}"),
                marks: Vec::new(),
                right: own.key.map(Chord::label).unwrap_or_default(),
                choice: Choice::Act(action, own.key),
            },
            name: name.to_ascii_lowercase().replace(' ', "-"),
            hint: "your own command".to_owned(),
            place: session.recents.place(action),
        }
    }
}

/// Returns whether `action` can be run in `context`.
pub(crate) fn applies(action: Action, context: Context, session: &Session) -> bool {
    match action {
        Action::Run(index) => context.runs_commands() && index < session.settings.commands.len(),
        _ => bindings(context, session).any(|binding| binding.action == action),
    }
}

/// Returns the bindings of every action that applies in `context`, with or without keys.
fn bindings(context: Context, session: &Session) -> impl Iterator<Item = &Binding> {
    let keymap = &session.settings.keymap;
    let near = context.chain().flat_map(|near| keymap.bindings_of(near));
    let without_keys = near.filter(|binding| binding.keys.is_empty());
    keymap.bindings_in(context).chain(without_keys)
}

/// Returns an item for each action of `context`.
fn actions(context: Context, session: &Session) -> Vec<Item> {
    let is_listed = |action| {
        // The palette is already open, and an interrupt that quits needs a second press, which the
        // palette cannot make.
        !matches!(
            action,
            Action::Screen(ScreenAction::Palette) | Action::Interrupt
        )
    };
    let bindings = bindings(context, session).filter(|binding| is_listed(binding.action));
    let items = bindings.map(|binding| {
        let chord = binding.keys.first().copied();
        let name = match binding.action {
            Action::Quit => CLOSE.to_owned(),
            action => action.name(),
        };
        let hint = binding.hint.unwrap_or_default();
        Item {
            line: PaletteLine {
                text: format!("{name} · {}", binding.help),
                marks: Vec::new(),
                right: chord.map(Chord::label).unwrap_or_default(),
                choice: Choice::Act(binding.action, chord),
            },
            name,
            hint: format!("{hint} {}", synonyms(binding.action)),
            place: session.recents.place(binding.action),
        }
    });
    items.collect()
}

/// Returns other words for an action, known from other programs.
fn synonyms(action: Action) -> &'static str {
    match action {
        Action::Session(SessionAction::ToggleFreeze) => "pause stop",
        Action::Screen(ScreenAction::Breakpoints) => "alert alarm",
        Action::Screen(ScreenAction::Subscribe) => "sub",
        Action::Log(LogAction::Filter) => "grep",
        Action::Row(RowAction::ToggleMark) => "bookmark",
        _ => "",
    }
}

/// Returns an item for each of the user's own commands.
fn own_commands(context: Context, session: &Session) -> Vec<Item> {
    let commands = session.settings.commands.iter().enumerate();
    let commands = commands.filter(|_| context.runs_commands());
    let items = commands.map(|(index, own)| Item::of_own_command(index, own, session));
    items.collect()
}

/// Returns an item for each command that has been run from the palette.
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
                right: "recent".to_owned(),
                choice,
            },
            name: String::new(),
            hint: String::new(),
            place: Some(place),
        })
    });
    items.collect()
}
