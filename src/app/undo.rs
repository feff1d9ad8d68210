//! The last act that lost something, and how to take it back.

use super::{App, Effect};
use crate::message::Topic;
use crate::payload::escape::whole;
use crate::server::Command;

/// What can be taken back.
#[derive(Debug)]
pub(super) enum Undo {
    /// A subscription was ended.
    Unsubscribe(Topic),
}

impl App {
    /// Takes back the last act that can be.
    pub(super) fn undo(&mut self) -> Vec<Effect> {
        match self.undo.take() {
            Some(Undo::Unsubscribe(topic)) => self.subscribe_again(topic),
            None => self.tell("nothing to undo"),
        }
    }

    /// Whether taking back the last act would subscribe to `topic` again.
    pub(super) fn undoes_unsubscribing(&self, topic: &Topic) -> bool {
        matches!(&self.undo, Some(Undo::Unsubscribe(ended)) if ended == topic)
    }

    fn subscribe_again(&mut self, topic: Topic) -> Vec<Effect> {
        let name = whole(&topic.name);
        let Some(subscription) = self.subscriptions.add(topic) else {
            return self.tell(format!("already subscribed to {name}"));
        };
        self.tell(format!("subscribed to {name} again"));
        vec![Effect::Command(Command::Subscribe(subscription))]
    }
}
