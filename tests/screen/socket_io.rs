//! Subscriptions that Socket.IO counts: the user is asked first, and offered a pattern.

use crossterm::event::KeyCode;
use subscope::app::{Context, Effect};
use subscope::message::Topic;
use subscope::server::Command;

use crate::support::stage::Stage;

fn subscribed(effects: &[Effect]) -> Vec<Topic> {
    let topics = effects.iter().filter_map(|effect| match effect {
        Effect::Command(Command::Subscribe(subscription)) => Some(subscription.topic.clone()),
        _ => None,
    });
    topics.collect()
}

fn ask(key: &str, name: &str) -> (Stage, Vec<Effect>) {
    let mut stage = Stage::new(&["orders"]);
    stage.keys(key);
    stage.keys(name);
    let effects = stage.code(KeyCode::Enter);
    (stage, effects)
}

#[test]
fn a_counted_channel_is_subscribed_to_only_after_a_question() {
    let (mut stage, effects) = ask("a", "socket.io-request#/#");
    assert_eq!(effects, []);
    assert_eq!(stage.app.context(), Context::Confirm);
    let screen = stage.screen();
    assert!(screen.contains("y subscribe anyway"), "{screen}");
    assert!(screen.contains("use a pattern"), "{screen}");
    let effects = stage.keys("y");
    assert_eq!(
        subscribed(&effects),
        [Topic::channel(b"socket.io-request#/#")]
    );
}

#[test]
fn the_prompt_then_offers_the_pattern() {
    let (mut stage, _) = ask("a", "socket.io-request#/#");
    assert_eq!(stage.keys("n"), []);
    assert_eq!(stage.app.context(), Context::Prompt);
    let effects = stage.code(KeyCode::Enter);
    assert_eq!(
        subscribed(&effects),
        [Topic::pattern(b"socket.io-request#/#*")]
    );
}

#[test]
fn sharded_channels_have_no_pattern_to_offer() {
    for name in ["socket.io#/#", "socket.io#*"] {
        let (mut stage, effects) = ask("S", name);
        assert_eq!(effects, []);
        assert!(
            stage.screen().contains("patterns do not"),
            "{}",
            stage.screen()
        );
        stage.keys("n");
        assert_eq!(stage.app.context(), Context::Messages);
    }
}

#[test]
fn patterns_and_other_channels_are_subscribed_to_at_once() {
    for (name, topic) in [
        ("socket.io#*", Topic::pattern(b"socket.io#*")),
        (
            "socket.io-response#/#",
            Topic::channel(b"socket.io-response#/#"),
        ),
    ] {
        let (_, effects) = ask("a", name);
        assert_eq!(subscribed(&effects), [topic]);
    }
}
