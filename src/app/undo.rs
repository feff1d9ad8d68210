//! The last act that lost something, and how to take it back.

use super::{App, Effect, MessagesPane};
use crate::log::Cleared;
use crate::message::Topic;
use crate::payload::escape::whole_name;
use crate::payload::figures;
use crate::server::Command;

/// What can be taken back.
#[derive(Debug)]
pub(super) enum Undo {
    /// The log was cleared; and where its pane stood.
    Clear(Cleared, MessagesPane),
    /// A subscription was ended.
    Unsubscribe(Topic),
}

impl App {
    /// Takes back the last act that can be.
    pub(super) fn undo(&mut self) -> Vec<Effect> {
        match self.undo.take() {
            Some(Undo::Clear(cleared, pane)) => self.restore(cleared, pane),
            Some(Undo::Unsubscribe(topic)) => self.subscribe_again(topic),
            None => self.tell("nothing to undo"),
        }
    }

    /// Clears the log.
    pub(super) fn clear(&mut self) -> Vec<Effect> {
        if self.log.first() == self.log.end() {
            return self.tell("the log is empty");
        }
        let cleared = self.log.clear();
        // Pressed once more, the key takes nothing out of reach.
        self.undo = Some(match self.undo.take() {
            Some(Undo::Clear(before, pane)) => Undo::Clear(before.and(cleared), pane),
            _ => Undo::Clear(cleared, self.messages),
        });
        self.forget_gone();
        self.follow();
        self.tell("log cleared (counters kept) · Z undoes it");
        self.refresh_shown()
    }

    fn restore(&mut self, cleared: Cleared, pane: MessagesPane) -> Vec<Effect> {
        let restored = self.log.restore(cleared);
        self.messages.stand_as(pane);
        let lost = cleared.messages.saturating_sub(restored);
        let count = figures::count(restored);
        self.tell(match lost {
            0 => format!("{count} messages restored"),
            lost => format!(
                "{count} messages restored · {} were evicted meanwhile",
                figures::count(lost)
            ),
        });
        self.shown.follow(&self.log);
        self.ask_again(|_| true)
    }

    /// Whether taking back the last act would subscribe to `topic` again.
    pub(super) fn undoes_unsubscribing(&self, topic: &Topic) -> bool {
        matches!(&self.undo, Some(Undo::Unsubscribe(ended)) if ended == topic)
    }

    fn subscribe_again(&mut self, topic: Topic) -> Vec<Effect> {
        let name = whole_name(&topic.name);
        let Some(subscription) = self.subscriptions.add(topic) else {
            return self.tell(format!("already subscribed to {name}"));
        };
        self.tell(format!("subscribed to {name} again"));
        vec![Effect::Command(Command::Subscribe(subscription))]
    }
}
