//! Running user-defined commands on the selected message.

use super::App;
use crate::app::action::{Action, OutputAction};
use crate::app::effect::Effect;
use crate::app::keymap::Chord;
use crate::app::overlays::Overlay;
use crate::app::overlays::command_output::CommandOutput;
use crate::app::settings::KeyedCommand;
use crate::app::user_command::{CommandNews, CommandRequest, CommandShow, UserCommand};
use crate::payload::escape::{whole, whole_name};
use crate::payload::figures;

impl App {
    /// Runs a user-defined command on the selected message.
    pub(super) fn run_command(&mut self, index: usize) -> Vec<Effect> {
        let Some(keyed) = self.session.settings.commands.get(index) else {
            return Vec::new();
        };
        let command = keyed.command.clone();
        let name = whole(command.name.as_bytes());
        let Some(snapshot) = self.current_message() else {
            return self.tell(format!("select a message for {name}"));
        };
        let channel = snapshot.channel.clone().unwrap_or_default();
        if let Some(refusal) = refusal(&command, &channel) {
            return self.session.tell_error(refusal);
        }
        if snapshot.is_cut() {
            let (kept, size) = (snapshot.payload.len() as u64, snapshot.size);
            let [kept, size] = [kept, size].map(figures::size);
            self.tell(format!("{name} gets only the first {kept} of {size}"));
        }
        let id = self.session.next_serial();
        match command.show {
            CommandShow::Pane => {
                let output = CommandOutput::new(id, command.name.clone());
                self.overlay = Some(Overlay::Output(Box::new(output)));
            }
            CommandShow::Terminal => self.session.is_terminal_lent = true,
        }
        vec![Effect::RunCommand(Box::new(CommandRequest {
            id,
            choice: self.session.choice_of(snapshot.row, &channel),
            payload: snapshot.payload,
            time: self.session.clock().timestamp(snapshot.time),
            command,
            channel,
        }))]
    }

    /// Returns the action of a key bound to user-defined commands: the first command for the
    /// current channel, or else the first command of all.
    pub(super) fn command_for(&self, chord: Chord) -> Option<Action> {
        if !self.context().runs_commands() {
            return None;
        }
        let channel = self.current_channel();
        let channel = channel.as_deref().unwrap_or_default();
        let commands = self.session.settings.commands.iter().enumerate();
        let keyed = commands.filter(|(_, keyed)| keyed.key == Some(chord));
        let keyed: Vec<(usize, &UserCommand)> = keyed
            .map(|(index, keyed)| (index, &keyed.command))
            .collect();
        let fitting = keyed.iter().find(|(_, command)| command.is_for(channel));
        let (index, _) = fitting.or(keyed.first())?;
        Some(Action::Run(*index))
    }

    /// Returns what a command does to a message of `channel`, to complete "press the key again to
    /// …", or why it does not run.
    pub(super) fn offer_command(&self, index: usize, channel: &[u8]) -> Result<String, String> {
        let Some(KeyedCommand { command, .. }) = self.session.settings.commands.get(index) else {
            return Err("no such command".to_owned());
        };
        let name = whole(command.name.as_bytes());
        refusal(command, channel).map_or(Ok(format!("run {name}")), Err)
    }

    /// Handles output from a command, or its end.
    pub(super) fn note_command(&mut self, news: CommandNews) -> Vec<Effect> {
        match news {
            CommandNews::Output { id, bytes } => {
                if let Some(output) = self.output_of(id) {
                    output.add(&bytes);
                }
                Vec::new()
            }
            CommandNews::Ended {
                id,
                name,
                end,
                had_terminal,
            } => {
                if let Some(output) = self.output_of(id) {
                    output.end = Some(end);
                    return Vec::new();
                }
                if !had_terminal {
                    return Vec::new();
                }
                self.session.is_terminal_lent = false;
                if let Some(trouble) = end.trouble() {
                    let name = whole(name.as_bytes());
                    self.session.tell_error(format!("{name}: {trouble}"));
                }
                vec![Effect::TakeTerminal]
            }
        }
    }

    /// Returns the pane with the output of this run, if it is open, even beneath another overlay.
    fn output_of(&mut self, run: u64) -> Option<&mut CommandOutput> {
        let mut overlay = self.overlay.as_mut();
        while let Some(top) = overlay {
            match top {
                Overlay::Output(output) => return (output.id == run).then_some(output),
                beneath => overlay = beneath.beneath_mut(),
            }
        }
        None
    }

    /// Handles the closing of an output pane: stops the command if it is still running.
    pub(super) fn leave_output(&mut self, output: &CommandOutput) -> Vec<Effect> {
        if output.end.is_some() {
            return Vec::new();
        }
        let name = whole(output.name.as_bytes());
        self.tell(format!("{name} stopped"));
        vec![Effect::StopCommand(output.id)]
    }

    /// Executes an action in the output pane.
    pub(super) fn act_in_output(&mut self, action: OutputAction) -> Vec<Effect> {
        let Some(Overlay::Output(output)) = &mut self.overlay else {
            return Vec::new();
        };
        match action {
            OutputAction::Left => output.move_sideways(false),
            OutputAction::Right => output.move_sideways(true),
            OutputAction::Copy => {
                let text = output.text().into();
                return self.session.copy_to_clipboard(text, "the output");
            }
        }
        Vec::new()
    }
}

/// Returns why a command does not run on messages of `channel`, or `None` if it does.
fn refusal(command: &UserCommand, channel: &[u8]) -> Option<String> {
    let glob = command.channel.as_deref()?;
    let (name, globs) = (whole(command.name.as_bytes()), whole_name(glob));
    (!command.is_for(channel)).then(|| format!("{name} is only for channels matching {globs}"))
}
