//! Writing the lens of a channel, and switching its recipe.

use super::App;
use crate::app::effect::Effect;
use crate::app::layout::inside;
use crate::app::overlays::Overlay;
use crate::app::overlays::lens_prompt::LensPrompt;

impl App {
    /// Opens the prompt for the lens of the selected channel. The prompt contains the current lens.
    pub(super) fn open_lens_prompt(&mut self) -> Vec<Effect> {
        let Some(channel) = self.current_channel() else {
            return self.tell("select a channel or a message to choose what its rows show");
        };
        let lens = self.session.lens_of(&channel);
        let text = lens.map(|lens| lens.text().to_owned()).unwrap_or_default();
        let prompt = LensPrompt::holding(channel, &text);
        self.overlay = Some(Overlay::Lens(Box::new(prompt)));
        Vec::new()
    }

    /// Turns the recipe of the selected channel off, or on again, and decodes the open message anew.
    pub(super) fn toggle_recipe(&mut self) -> Vec<Effect> {
        let Some(channel) = self.current_channel() else {
            return self.tell("select a channel or a message to switch its recipe");
        };
        let mut effects = self.session.toggle_recipe(&channel);
        effects.extend(self.with_open(|open, session, area| {
            open.turn_to(open.reader.snapshot.clone(), session, area)
        }));
        effects
    }

    /// Decides the recipes of the selected channel and of those whose messages are shown.
    pub(super) fn decide_recipes(&mut self) -> Vec<Effect> {
        if !self.session.looks_for_recipes() {
            return Vec::new();
        }
        let mut rows = if self.shows_latest() {
            let height = inside(self.areas().channels).height;
            self.channel_list.last_rows(&self.session, height)
        } else {
            self.window().rows
        };
        rows.extend(self.selected_row());
        rows.extend(self.selected_channel().map(|channel| channel.last_row));
        self.session.decide_recipes(&rows)
    }

    /// Sets the lens in the prompt, or removes that of the channel if the prompt is empty. A prompt
    /// with a mistake stays open.
    pub(super) fn set_lens(&mut self, prompt: Box<LensPrompt>) -> Vec<Effect> {
        match prompt.lens() {
            Ok(Some(lens)) => self.session.set_lens(&prompt.channel, lens, false),
            Ok(None) if self.session.lens_of(&prompt.channel).is_none() => Vec::new(),
            Ok(None) => self.session.remove_lens(&prompt.channel),
            Err(wrong) => {
                self.overlay = Some(Overlay::Lens(prompt));
                self.session.tell_error(wrong)
            }
        }
    }
}
