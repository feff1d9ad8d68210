//! Subscribing and unsubscribing.

use std::sync::Arc;

use super::App;
use crate::app::channel_list::Target;
use crate::app::effect::Effect;
use crate::app::focus::Focus;
use crate::app::input::Input;
use crate::app::overlays::{Overlay, Prompt, Question};
use crate::app::session::feed::MAX_NAME_COLUMNS;
use crate::app::session::scope::pattern_of_branch;
use crate::app::session::socket_io::{is_counted, uncounted_pattern};
use crate::app::undo::Undo;
use crate::message::Topic;
use crate::payload::escape::{self, whole_name};
use crate::server::Command;

impl App {
    pub(super) fn open_prompt(&mut self, is_sharded: bool) {
        let prompt = Box::new(Prompt {
            is_sharded,
            ..Prompt::default()
        });
        self.overlay = Some(Overlay::Subscribe(prompt));
    }

    /// Opens the prompt. If a branch is selected, the prompt already contains its pattern.
    pub(super) fn open_prompt_for_branch(&mut self) {
        let target = self
            .current_target()
            .filter(|_| self.focus == Focus::Channels);
        self.open_prompt(false);
        if let Some(Target::Branch(prefix) | Target::Group(prefix)) = target
            && let Ok(pattern) = String::from_utf8(pattern_of_branch(&prefix))
            && let Some(Overlay::Subscribe(prompt)) = &mut self.overlay
        {
            prompt.input = Input::holding(&pattern);
        }
    }

    /// Subscribes to the topic in the prompt.
    pub(super) fn subscribe(&mut self, prompt: &Prompt) -> Vec<Effect> {
        let topic = prompt.topic();
        if topic.name.is_empty() && !prompt.is_exact {
            let words = "no name given · {toggle-exact} in the prompt allows an empty one";
            return self.tell(self.keyed(words));
        }
        if is_counted(&topic) && self.session.subscription_to(&topic).is_none() {
            self.overlay = Some(Overlay::Confirm(Question::Counted { topic }));
            return Vec::new();
        }
        self.session.subscribe(topic)
    }

    /// Offers the pattern that Socket.IO does not count in the prompt, if there is one.
    pub(super) fn offer_uncounted(&mut self, topic: &Topic) {
        let pattern = uncounted_pattern(topic);
        if let Some(pattern) = pattern.and_then(|pattern| String::from_utf8(pattern).ok()) {
            self.overlay = Some(Overlay::Subscribe(Box::new(Prompt::holding(&pattern))));
        }
    }

    pub(super) fn unsubscribe(&mut self) -> Vec<Effect> {
        let target = self.acted_on.clone().or_else(|| self.current_target());
        let topic = match target {
            Some(Target::Topic(topic)) => topic,
            Some(Target::Branch(prefix) | Target::Group(prefix)) => {
                Topic::pattern(&pattern_of_branch(&prefix))
            }
            None => return self.tell("select a subscription to end it"),
        };
        let Some(id) = self.session.subscription_to(&topic) else {
            return self.tell(self.why_not_ended(&topic));
        };
        let Some(topic) = self.session.subscriptions.topic(id).cloned() else {
            return Vec::new();
        };
        self.session.subscriptions.unsubscribe(id, self.session.now);
        let name = whole_name(&topic.name);
        let undo = self.keyed("{undo} undoes it");
        self.tell(format!("unsubscribed from {name} · {undo}"));
        self.acted_on = Some(Target::Topic(topic.clone()));
        self.can_undo(Undo::Unsubscribe(topic));
        vec![Effect::Command(Command::Unsubscribe(id))]
    }

    /// Returns why the user cannot unsubscribe from the channel `name`, or `None` if that is
    /// possible.
    pub(super) fn why_not_unsubscribe(&self, name: &Arc<[u8]>) -> Option<String> {
        let topic = Topic::shared_channel(Arc::clone(name));
        let is_none = self.session.subscription_to(&topic).is_none();
        is_none.then(|| self.why_not_ended(&topic))
    }

    fn why_not_ended(&self, topic: &Topic) -> String {
        let name = escape::name(&topic.name, MAX_NAME_COLUMNS).string;
        if self.undoes_unsubscribing(topic) {
            let undo = self.keyed("{undo} undoes it");
            format!("already unsubscribed from {name} · {undo}")
        } else if self.session.subscriptions.include(&topic.name) {
            let mute = self.keyed("mute with {toggle-mute}");
            format!("{name} arrives through a pattern: unsubscribe that, or {mute}")
        } else {
            format!("not subscribed to {name}")
        }
    }
}
