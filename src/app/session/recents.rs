//! What was run from the command palette, the most recent first.

use std::sync::Arc;

use crate::app::action::Action;
use crate::app::keymap::{BINDINGS, Binding};

/// The maximum number of runs that are remembered.
const MOST: usize = 50;

/// What was run from the palette.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recent {
    /// An action.
    Action(Action),
    /// The command that shows only this channel.
    Channel(Arc<[u8]>),
    /// Another command, as typed.
    Command(String),
}

/// The actions and commands run from the command palette, most recent first, without duplicates.
#[derive(Debug, Default)]
pub struct Recents(Vec<Recent>);

impl Recents {
    /// Creates them from the [`names`](Self::names) that an earlier run has kept. Names that this
    /// version does not know are left out.
    pub(crate) fn of(names: &[String]) -> Self {
        let actions = names.iter().filter_map(|name| {
            let is_it = |binding: &&Binding| kept_name(binding) == *name;
            let binding = BINDINGS.iter().find(is_it)?;
            Some(Recent::Action(binding.action))
        });
        let mut recents = Self::default();
        for action in actions {
            if !recents.0.contains(&action) {
                recents.0.push(action);
            }
        }
        recents.0.truncate(MOST);
        recents
    }

    /// Returns the names of the actions that were run, for later runs. Commands are not kept: their
    /// text may be private.
    pub(crate) fn names(&self) -> Vec<String> {
        let names = self.0.iter().filter_map(|recent| {
            let Recent::Action(action) = recent else {
                return None;
            };
            let mut bindings = BINDINGS.iter();
            let binding = bindings.find(|binding| binding.action == *action)?;
            Some(kept_name(binding))
        });
        names.collect()
    }

    /// Records an action or command that was run.
    pub(crate) fn note(&mut self, recent: Recent) {
        self.0.retain(|known| *known != recent);
        self.0.truncate(MOST - 1);
        self.0.insert(0, recent);
    }

    /// Returns the recorded entries, most recent first.
    pub fn iter(&self) -> impl Iterator<Item = &Recent> {
        self.0.iter()
    }

    /// Returns the number of entries more recent than `action`, or `None` if it is not recorded.
    pub fn place(&self, action: Action) -> Option<usize> {
        let is_it = |recent: &Recent| *recent == Recent::Action(action);
        self.0.iter().position(is_it)
    }
}

/// Returns the name of an action and its pane, as in the config file: `panes.zoom`.
fn kept_name(binding: &Binding) -> String {
    format!("{}.{}", binding.context.name(), binding.action.name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::action::{ChannelsAction, MessageAction};

    #[test]
    fn actions_are_kept_by_name_and_unknown_names_are_ignored() {
        let mut recents = Recents::default();
        let actions = [
            Action::Message(MessageAction::Fold),
            Action::Channels(ChannelsAction::Fold),
            Action::Quit,
        ];
        for action in actions {
            recents.note(Recent::Action(action));
        }
        recents.note(Recent::Command("filter secret".to_owned()));
        let mut names = recents.names();
        assert_eq!(names, ["panes.quit", "channels.fold", "message.fold"]);
        names.insert(1, "panes.no-such-action".to_owned());
        let kept: Vec<Recent> = Recents::of(&names).0;
        assert_eq!(
            kept,
            actions
                .map(Recent::Action)
                .into_iter()
                .rev()
                .collect::<Vec<_>>()
        );
        let repeated = [&names[..], &names[..]].concat();
        assert_eq!(Recents::of(&repeated).0, kept);
        let many: Vec<String> = BINDINGS.iter().map(kept_name).collect();
        assert_eq!(Recents::of(&many).0.len(), MOST);
    }

    #[test]
    fn a_repeated_run_moves_to_the_front() {
        let mut recents = Recents::default();
        for action in [Action::Quit, Action::Back, Action::Quit] {
            recents.note(Recent::Action(action));
        }
        assert_eq!(recents.iter().count(), 2);
        assert_eq!(recents.place(Action::Quit), Some(0));
        assert_eq!(recents.place(Action::Back), Some(1));
        for number in 0..100 {
            recents.note(Recent::Command(number.to_string()));
        }
        assert_eq!(
            (recents.iter().count(), recents.place(Action::Quit)),
            (MOST, None)
        );
    }
}
