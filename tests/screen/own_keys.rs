//! Keys of the user's own: they act, and every text names them.

use std::path::Path;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use subscope::app::{Context, Event, KeySet, Keymap};
use subscope::config::Config;
use subscope::message::Notice;
use subscope::server::Connection;

use crate::support::stage::Stage;

/// Returns a stage whose keys are `set` changed by the config file `text`.
fn stage(size: (u16, u16), set: KeySet, text: &str) -> Stage {
    let config = Config::parse(Path::new("config.toml"), text).unwrap();
    let keymap = Keymap::new(set, &config.keys.unwrap()).unwrap();
    Stage::sized(size, &["*"], |settings| settings.keymap = keymap)
}

#[test]
fn a_changed_key_acts_and_the_hints_and_the_help_name_it() {
    let text =
        "[keys.panes]\npublish = \"P\"\nhelp = \"F2\"\nclear = []\n[keys.all]\nundo = \"U\"\n";
    let mut stage = stage((200, 60), KeySet::Vim, text);
    assert!(stage.screen().contains("P publish"), "{}", stage.screen());
    assert!(stage.screen().contains("F2 help"), "{}", stage.screen());
    stage.keys("p");
    assert_eq!(stage.app.context(), Context::Messages);
    stage.code(KeyCode::F(2));
    let help = stage.screen();
    for line in [
        "P                 publish to",
        "U                 undo the last",
    ] {
        assert!(help.contains(line), "{help}");
    }
    assert!(
        help.contains("end the selected subscription; U undoes it"),
        "{help}"
    );
    assert!(!help.contains("clear the log"), "{help}");
    stage.code(KeyCode::Esc);
    stage.keys("P");
    assert_eq!(stage.app.context(), Context::PublishChannel);
    stage.ctrl('c');
    assert_eq!(stage.app.context(), Context::Messages);
}

#[test]
fn the_text_of_an_empty_log_names_the_keys_in_use() {
    let text = "[keys.panes]\npublish = \"P\"\nsubscribe = \"+\"\nfilter = \"Ctrl-F\"\n\
                page-down = \"PageDown\"\nback = [\"Esc\", \"-\"]\n";
    let mut stage = stage((120, 30), KeySet::Vim, text);
    stage.connection(Connection::Live);
    stage.confirm(0);
    let words = "Press P to publish a message, + to subscribe to more";
    assert!(stage.screen().contains(words), "{}", stage.screen());
    stage.messages(&[("a", b"x")]);
    stage.ctrl('f');
    stage.keys("zebra");
    stage.code(KeyCode::Enter);
    let words = "Press Ctrl-F to change the filter, Esc to clear it.";
    assert!(stage.screen().contains(words), "{}", stage.screen());
    stage.notice(Notice::AllEnded);
    stage.keys("-");
    let words = "all subscriptions have ended · press + to subscribe again";
    assert!(stage.screen().contains(words), "{}", stage.screen());
}

#[test]
fn the_arrows_move_without_letters() {
    let mut stage = stage((80, 24), KeySet::Arrows, "");
    stage.messages(&[("a", b"1"), ("b", b"2"), ("c", b"3")]);
    stage.code(KeyCode::Tab);
    stage.code(KeyCode::Home);
    let first = stage.channel_selected();
    stage.keys("jGk");
    assert_eq!(stage.channel_selected(), first);
    stage.code(KeyCode::Down);
    assert_ne!(stage.channel_selected(), first);
    stage.code(KeyCode::F(1));
    assert!(!stage.screen().contains(" j "), "{}", stage.screen());
}

#[test]
fn a_paste_that_contains_the_key_for_sending_does_not_send() {
    let text = "[keys.publish-payload]\nsend = \"Ctrl-G\"\nnew-line = \"Enter\"\n";
    let mut stage = stage((80, 24), KeySet::Vim, text);
    stage.keys("pa");
    stage.code(KeyCode::Enter);
    stage.keys("x");
    let key = KeyEvent::new(KeyCode::Char('g'), KeyModifiers::CONTROL);
    assert_eq!(stage.send(Event::Burst(key)), []);
    assert_eq!(stage.toast(), "pasted, not sent · Ctrl-G send");
    stage.wait(Duration::from_secs(1));
    stage.code(KeyCode::Enter);
    stage.keys("y");
    assert_eq!(stage.box_texts().1, "x\ny");
    stage.wait(Duration::from_secs(1));
    assert_ne!(stage.send(Event::Key(key)), []);
}
