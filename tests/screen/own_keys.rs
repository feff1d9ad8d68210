//! The user's own key bindings: they take effect, and every text names them.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use subscope::app::{BINDINGS, Context, Event, KeySet, Keymap};
use subscope::config::Config;
use subscope::message::Notice;
use subscope::query::{Moment, Query};
use subscope::server::Connection;

use crate::support::stage::{START, Stage};

/// Returns a stage with the keys of `set`, changed by the config file `text`.
fn stage(size: (u16, u16), set: KeySet, text: &str) -> Stage {
    let config = Config::parse(Path::new("config.toml"), text).unwrap();
    let keymap = Keymap::new(set, config.keys.valid().unwrap()).unwrap();
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
    let text = "[keys.publish-payload]\nsend = \"Ctrl-L\"\nnew-line = \"Enter\"\n";
    let mut stage = stage((80, 24), KeySet::Vim, text);
    stage.keys("pa");
    stage.code(KeyCode::Enter);
    stage.keys("x");
    let key = KeyEvent::new(KeyCode::Char('l'), KeyModifiers::CONTROL);
    assert_eq!(stage.send(Event::Burst(key)), []);
    assert_eq!(stage.toast(), "pasted, not sent · Ctrl-L send");
    stage.wait(Duration::from_secs(1));
    stage.code(KeyCode::Enter);
    stage.keys("y");
    assert_eq!(stage.box_texts().1, "x\ny");
    stage.wait(Duration::from_secs(1));
    assert_ne!(stage.send(Event::Key(key)), []);
}

/// Returns a config file that gives every action a key of its own, which no default key is.
fn other_keys() -> String {
    let mut names: Vec<String> = BINDINGS
        .iter()
        .map(|binding| binding.action.name())
        .collect();
    names.sort_unstable();
    names.dedup();
    let mut text = String::new();
    for context in Context::ALL {
        writeln!(text, "[keys.{}]", context.name()).unwrap();
        let bindings = BINDINGS.iter();
        for binding in bindings.filter(|binding| binding.context == context) {
            let name = binding.action.name();
            let at = names.iter().position(|other| *other == name).unwrap();
            let letter = char::from_u32(u32::from('一') + u32::try_from(at).unwrap()).unwrap();
            writeln!(text, "{name} = \"Alt-{letter}\"").unwrap();
        }
    }
    text
}

/// The actions that lead to each pane and box.
const WAYS: [(Context, &str); 20] = [
    (Context::Messages, ""),
    (Context::Channels, "next-pane"),
    (Context::Narrow, "next-pane narrow"),
    (Context::Latest, "show-latest"),
    (Context::Chips, "chips"),
    (Context::Query, "filter"),
    (Context::Filters, "filter keep-filter filters"),
    (Context::ListSearch, "breakpoints search"),
    (Context::Breakpoints, "breakpoints"),
    (Context::Nodes, "nodes"),
    (Context::Message, "toggle-freeze open open"),
    (Context::SearchMessage, "toggle-freeze open open search"),
    (Context::Formats, "toggle-freeze open open formats"),
    (Context::Chart, "toggle-freeze plot-size"),
    (Context::Plot, "toggle-freeze plot-size toggle-histogram"),
    (Context::PublishPayload, "toggle-freeze publish"),
    (
        Context::PublishChannel,
        "toggle-freeze publish enter-channel",
    ),
    (Context::Confirm, "toggle-freeze publish send-empty"),
    (Context::Prompt, "subscribe"),
    (Context::Help, "help"),
];

/// Returns a screen with something to show in every pane, after these actions.
fn walked(keymap: &Keymap, way: &str) -> Stage {
    let query = |text: &str| {
        let moment = Moment {
            now: START,
            ahead: 0,
        };
        vec![Query::parse(text, &moment).unwrap()]
    };
    let mut stage = Stage::with(&["*"], |settings| {
        settings.keymap = keymap.clone();
        settings.filters = query("paid or 12");
        settings.breakpoints = query("never");
    });
    stage.connection(Connection::Live);
    stage.confirm(0);
    let value: &[u8] = br#"{"id": 7, "state": "paid"}"#;
    stage.messages(&[
        ("metrics", b"12"),
        ("orders:old", value),
        ("orders:new", value),
    ]);
    for name in way.split_whitespace() {
        act(&mut stage, name);
    }
    stage
}

/// Presses the key of an action.
fn act(stage: &mut Stage, name: &str) {
    let keymap = &stage.session().settings.keymap;
    let context = stage.app.context();
    let mut bindings = keymap.bindings_in(context);
    let binding = bindings.find(|binding| binding.action.name() == name);
    let key = binding
        .unwrap_or_else(|| panic!("{name} in {context:?}"))
        .keys[0];
    drop(bindings);
    stage.now = stage.now.after(Duration::from_secs(1));
    stage.chord(key.modifiers, key.code);
}

#[test]
fn no_screen_and_no_toast_names_a_key_that_the_user_has_changed() {
    let labels = BINDINGS.iter().flat_map(|binding| binding.keys.iter());
    let labels: HashSet<String> = labels.map(|chord| chord.label()).collect();
    // These occur for other reasons: as an article, as the unit of sizes, and as the one key that
    // cannot be changed.
    let others = ["a", "B", "Ctrl-C"];
    let in_toast = |word: &&str| labels.contains(*word) && !others.contains(word);
    // On a whole screen, a single character may be anything.
    let on_screen = |word: &&str| in_toast(word) && word.chars().count() > 1;
    let words = |text: &str| -> Vec<String> {
        let words = text.split_whitespace();
        let words = words.map(|word| word.trim_matches([',', ';', ':', '.', '(', ')']));
        words.map(str::to_owned).collect()
    };
    let config = Config::parse(Path::new("config.toml"), &other_keys()).unwrap();
    let keymap = Keymap::new(KeySet::Vim, config.keys.valid().unwrap()).unwrap();
    for (context, way) in WAYS {
        let before = walked(&keymap, way);
        assert_eq!(before.app.context(), context, "{way}");
        for binding in keymap.bindings_in(context) {
            let mut stage = walked(&keymap, way);
            let name = binding.action.name();
            act(&mut stage, &name);
            let (toast, screen) = (words(stage.toast()), words(&stage.screen()));
            let in_toast = toast.iter().map(String::as_str).filter(in_toast);
            let on_screen = screen.iter().map(String::as_str).filter(on_screen);
            let found: Vec<&str> = in_toast.chain(on_screen).collect();
            assert!(
                found.is_empty(),
                "{found:?} after {name} in {context:?}\n{}",
                stage.screen()
            );
        }
    }
}
