//! The command palette: running actions by name, and commands that are typed.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent};

use super::App;
use super::opened::NEEDS_SERVER;
use super::undo::named;
use crate::app::action::{Action, Motion, PaletteAction};
use crate::app::channel_list::{Entry, Lists, Target};
use crate::app::effect::Effect;
use crate::app::input::Input;
use crate::app::keymap::Chord;
use crate::app::layout::inside;
use crate::app::overlays::palette::{
    Choice, Command, Palette, PaletteLine, applies, known_channel,
};
use crate::app::overlays::query_box::Purpose;
use crate::app::overlays::{Overlay, Prompt};
use crate::app::session::recents::Recent;
use crate::app::session::scope::Scope;
use crate::app::undo::{RemovedChip, Undo};
use crate::config::Theme;
use crate::message::{ChannelId, Time, Topic};
use crate::payload::escape::whole_name;
use crate::query::Query;

impl App {
    /// Opens the palette with the actions of the current context.
    pub(super) fn open_palette(&mut self) {
        let context = self.context();
        let over = self.overlay.take().map(Box::new);
        let palette = Palette::open(context, over, &self.session);
        self.overlay = Some(Overlay::Palette(Box::new(palette)));
    }

    /// Lists what matches the text typed in the palette.
    pub(super) fn list_in_palette(&mut self) -> Vec<Effect> {
        if let Some(Overlay::Palette(palette)) = &mut self.overlay {
            palette.list(&self.session);
        }
        Vec::new()
    }

    /// Continues the search for the channel named in the palette.
    pub(super) fn search_in_palette(&mut self) {
        if self.palette_due().is_none() {
            return;
        }
        let height = usize::from(self.areas().palette_lines().height);
        if let Some(Overlay::Palette(palette)) = &mut self.overlay {
            palette.proceed(&self.session, height);
        }
    }

    /// Returns when that search continues.
    pub(crate) fn palette_due(&self) -> Option<Time> {
        match &self.overlay {
            Some(Overlay::Palette(palette)) => palette.due(),
            _ => None,
        }
    }

    /// Executes `action` in the palette.
    pub(super) fn act_in_palette(&mut self, action: PaletteAction) -> Vec<Effect> {
        let Some(Overlay::Palette(palette)) = &mut self.overlay else {
            return Vec::new();
        };
        match action {
            PaletteAction::Complete => {
                let Some(text) = palette.chosen().and_then(completed) else {
                    let words = "nothing to complete · {confirm} runs the selected line";
                    return self.tell(self.keyed(words));
                };
                palette.input = Input::holding(&text);
            }
        }
        self.list_in_palette()
    }

    /// Moves the selection in the palette.
    pub(super) fn move_in_palette(&mut self, motion: Motion) {
        let height = usize::from(self.areas().palette_lines().height);
        if let Some(Overlay::Palette(palette)) = &mut self.overlay {
            palette.move_by(motion, height);
        }
    }

    /// Runs the selected line of the palette. The palette stays open if there is nothing to run.
    pub(super) fn run_chosen(&mut self, mut palette: Box<Palette>) -> Vec<Effect> {
        let choice = palette.chosen().map(|line| line.choice.clone());
        let choice = match choice {
            // Without a query, the box opens.
            Some(Choice::Begin(command @ (Command::Filter | Command::Find))) => {
                Some(Choice::Run(command, String::new()))
            }
            other => other,
        };
        match choice {
            Some(Choice::Act(action, chord)) => {
                self.overlay = palette.over.map(|over| *over);
                self.run_action(action, chord)
            }
            Some(Choice::Open(name)) => {
                self.overlay = palette.over.map(|over| *over);
                let mut effects = self.close_overlays();
                effects.extend(self.open_channel_named(name));
                effects
            }
            Some(Choice::Run(command, argument)) => {
                self.overlay = palette.over.map(|over| *over);
                let mut effects = match command {
                    Command::Theme | Command::Quit => Vec::new(),
                    _ => self.close_overlays(),
                };
                effects.extend(self.run_typed(command, &argument));
                effects
            }
            Some(Choice::Edit(command, text, _)) => {
                self.overlay = palette.over.map(|over| *over);
                self.correct_query(command, &text)
            }
            Some(Choice::Begin(command)) => {
                palette.begin(command);
                self.overlay = Some(Overlay::Palette(palette));
                self.list_in_palette()
            }
            Some(Choice::Refuse(why)) => {
                self.overlay = Some(Overlay::Palette(palette));
                self.session.tell_error(why)
            }
            None => {
                self.overlay = Some(Overlay::Palette(palette));
                self.tell(self.keyed("nothing matches · {back} closes the palette"))
            }
        }
    }

    /// Opens the box of `command` with the invalid query `text`.
    fn correct_query(&mut self, command: Command, text: &str) -> Vec<Effect> {
        let mut effects = self.close_overlays();
        self.make_room_for_log();
        self.write_query(match command {
            Command::Find => Purpose::Find,
            _ => Purpose::Filter,
        });
        if let Some(Overlay::Query(query_box)) = &mut self.overlay {
            effects.extend(query_box.refuse(text, &mut self.session));
        }
        effects
    }

    /// Closes what is over the panes, as the user would.
    fn close_overlays(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        while self.overlay.is_some() {
            effects.extend(self.step_back());
        }
        effects
    }

    /// Executes `action` as if its key had been pressed, if it still applies.
    fn run_action(&mut self, action: Action, chord: Option<Chord>) -> Vec<Effect> {
        if !applies(action, self.context(), &self.session) {
            return self.tell("no longer available here");
        }
        self.session.recents.note(Recent::Action(action));
        let key = chord.map_or(KeyEvent::from(KeyCode::Null), |chord| {
            KeyEvent::new(chord.code, chord.modifiers)
        });
        self.act(action, key)
    }

    /// Runs a command that was typed. If a command lacks a required argument, asks for it.
    fn run_typed(&mut self, command: Command, argument: &str) -> Vec<Effect> {
        if !argument.is_empty() {
            let text = format!("{} {argument}", command.name());
            self.session.recents.note(Recent::Command(text));
        }
        match command {
            Command::Open => {
                if let Some(name) = known_channel(argument, &self.session) {
                    return self.open_channel_named(name);
                }
                let name = whole_name(argument.as_bytes());
                self.tell(format!("no messages on channel {name} so far"))
            }
            Command::Filter => self.run_query(Purpose::Filter, argument),
            Command::Find => self.run_query(Purpose::Find, argument),
            Command::Subscribe if self.session.opened().is_some() => self.tell(NEEDS_SERVER),
            Command::Subscribe if argument.is_empty() => {
                self.open_prompt(false);
                Vec::new()
            }
            Command::Subscribe => self.subscribe(&Prompt::holding(argument)),
            Command::Export => self.export_to(argument),
            Command::Record => self.record_to(argument),
            Command::Goto => self.go_to_typed(argument),
            Command::Theme => self.use_theme(argument),
            Command::Quit => self.quit(),
        }
    }

    fn use_theme(&mut self, name: &str) -> Vec<Effect> {
        let Some(theme) = Theme::named(name) else {
            return self.session.tell_error("no such theme");
        };
        self.session.chosen_theme = Some(theme);
        self.tell(format!(
            "theme {name} · theme = \"{name}\" in the config file keeps it"
        ));
        vec![Effect::UseTheme(theme)]
    }

    fn run_query(&mut self, purpose: Purpose, text: &str) -> Vec<Effect> {
        self.make_room_for_log();
        if text.is_empty() {
            self.write_query(purpose);
            return Vec::new();
        }
        match Query::parse(text, &self.session.moment()) {
            Ok(query) => {
                let mut effects = self.session.remember_query(text);
                if purpose == Purpose::Filter {
                    self.keep_replaced(&query);
                }
                effects.extend(self.use_query(purpose, query));
                effects
            }
            Err(error) => self.session.tell_error(error.message),
        }
    }

    /// Tells which filter `query` replaces, and lets the user undo it.
    fn keep_replaced(&mut self, query: &Query) {
        let replaced = self.session.filters.typed.clone();
        if let Some(replaced) = replaced.filter(|replaced| replaced != query) {
            let undo = self.keyed("{undo} undoes it");
            self.tell(format!(
                "filter {} replaced · {undo}",
                named(replaced.text())
            ));
            self.can_undo(Undo::RemoveChip(RemovedChip::Filter(replaced)));
        }
    }

    /// Shows only the channel `name`, and selects it in the list.
    fn open_channel_named(&mut self, name: Arc<[u8]>) -> Vec<Effect> {
        if self.shows_latest() {
            self.leave_latest();
        }
        self.session
            .recents
            .note(Recent::Channel(Arc::clone(&name)));
        if let Some(id) = self.session.log.channels().find(&name) {
            self.select_channel(id, &name);
        }
        let shown = whole_name(&name);
        self.session.filters.only = Some(Scope::Channel(name));
        let back = self.session.keyed("{back} shows all channels");
        self.tell(format!("showing only {shown} · {back}"));
        self.session.refresh_shown()
    }

    /// Selects a channel in the channel list, if it is listed there.
    fn select_channel(&mut self, id: ChannelId, name: &Arc<[u8]>) {
        let mut entries = self.channel_list.entries.iter();
        let line = entries.position(|entry| *entry == Entry::Channel(id));
        if let Some(line) = line {
            let height = inside(self.areas().channels).height;
            let lists = Lists::of(&self.session);
            self.channel_list.select_line(line, height, &lists);
        } else {
            let topic = Topic::shared_channel(Arc::clone(name));
            self.channel_list.selected = Some(Target::Topic(topic));
        }
    }
}

/// Returns the text that a line of the palette completes what is typed to.
fn completed(line: &PaletteLine) -> Option<String> {
    let begun = |command: Command| format!("{} ", command.name());
    match &line.choice {
        Choice::Begin(command) => Some(begun(*command)),
        Choice::Open(name) => Some(begun(Command::Open) + &whole_name(name)),
        Choice::Run(Command::Theme, name) => Some(begun(Command::Theme) + name),
        // The command of the same name takes what the action asks for.
        Choice::Act(action, _) => {
            let command = Command::named(&action.name())?;
            command.argument().map(|_| begun(command))
        }
        Choice::Run(..) | Choice::Edit(..) | Choice::Refuse(_) => None,
    }
}
