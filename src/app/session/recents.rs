//! What was run from the command palette, the most recent first.

use std::sync::Arc;

use crate::app::action::Action;

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

/// What was run from the palette, the most recent first, without repetitions.
#[derive(Debug, Default)]
pub struct Recents(Vec<Recent>);

impl Recents {
    /// Records a run.
    pub(crate) fn note(&mut self, recent: Recent) {
        self.0.retain(|known| *known != recent);
        self.0.truncate(MOST - 1);
        self.0.insert(0, recent);
    }

    /// Returns the runs, the most recent first.
    pub fn iter(&self) -> impl Iterator<Item = &Recent> {
        self.0.iter()
    }

    /// Returns how many runs are more recent than the last one of `action`, if it was run.
    pub fn place(&self, action: Action) -> Option<usize> {
        let is_it = |recent: &Recent| *recent == Recent::Action(action);
        self.0.iter().position(is_it)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
