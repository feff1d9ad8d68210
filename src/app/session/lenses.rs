//! Lenses: the log shows only some values instead of a channel's whole messages.

use super::Session;
use crate::app::effect::Effect;
use crate::app::export_request::LensTemplates;
use crate::message::glob::ByGlob;
use crate::payload::escape::{whole, whole_name};
use crate::query::Template;

/// The lenses on channels.
#[derive(Debug)]
pub struct Lenses {
    /// The templates of the lenses.
    pub(super) templates: LensTemplates,
}

impl Lenses {
    pub(super) fn new(preset: ByGlob<Template>) -> Self {
        Self {
            templates: LensTemplates::new(preset),
        }
    }

    /// Returns the template of the lens on the channel called `name`.
    pub fn of(&self, name: &[u8]) -> Option<&Template> {
        self.templates.of(name)
    }

    /// Forgets that the user removed the lens of a channel.
    pub(super) fn forget_removal(&mut self, channel: &[u8]) {
        self.templates.forget_removal(channel);
    }
}

impl Session {
    /// Returns what the rows of the channel called `name` show: the user's lens, or the summary of
    /// the recipe in force.
    pub fn lens_of(&self, name: &[u8]) -> Option<&Template> {
        self.lenses.of(name).or_else(|| self.summary_of(name))
    }

    /// Returns the summary of a channel's recipe, unless the user chose what its rows show.
    pub fn summary_of(&self, name: &[u8]) -> Option<&Template> {
        let is_chosen = self.lenses.of(name).is_some() || self.lenses.templates.is_removed(name);
        let recipe = self.recipes.in_force(name).filter(|_| !is_chosen)?;
        recipe.summary.as_ref()
    }

    /// Sets `lens` on `channel`, or removes it if it is already there.
    pub(crate) fn toggle_lens(
        &mut self,
        channel: &[u8],
        lens: Template,
        is_too_long: bool,
    ) -> Vec<Effect> {
        if self.lens_of(channel) == Some(&lens) {
            return self.remove_lens(channel);
        }
        self.set_lens(channel, lens, is_too_long)
    }

    /// Sets `lens` on `channel`.
    pub(crate) fn set_lens(
        &mut self,
        channel: &[u8],
        lens: Template,
        is_too_long: bool,
    ) -> Vec<Effect> {
        let name = whole_name(channel);
        let text = whole(lens.text().as_bytes());
        self.lenses.templates.choose(channel, Some(lens));
        let but = if is_too_long {
            " (this message is too long)"
        } else {
            ""
        };
        let whole = self.keyed("{toggle-lens} shows whole messages");
        self.tell(format!("showing only {text} for {name}{but} · {whole}"))
    }

    /// Removes the lens from a channel.
    pub(crate) fn remove_lens(&mut self, channel: &[u8]) -> Vec<Effect> {
        self.lenses.templates.choose(channel, None);
        self.tell(format!("showing whole messages of {}", whole_name(channel)))
    }
}
