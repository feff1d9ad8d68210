//! The latest values: the channel list in its wide form.

use std::time::Duration;

use crossterm::event::{KeyCode, MouseButton, MouseEventKind};
use ratatui::style::Color;

use subscope::app::{Event, Focus, Scope};
use subscope::message::glob::ByGlob;
use subscope::query::Path;
use subscope::server::{Connection, Feed};

use crate::support::stage::{START, Stage, copied};

/// Returns the latest values on a screen of this size.
fn latest(width: u16, height: u16) -> Stage {
    let mut stage = Stage::new(&["*"]);
    stage.connection(Connection::Live);
    stage.confirm(0);
    stage.send(Event::Resize(width, height));
    stage.keys("v");
    stage
}

/// Returns the latest values after two rounds of messages on several channels.
fn market(width: u16, height: u16) -> Stage {
    let mut stage = latest(width, height);
    stage.messages(&[
        ("price:btc", b"399.41"),
        ("price:eth", b"20.5"),
        ("door", b"open"),
        ("stock", br#"{"seq":15,"sku":"mug","left":46}"#),
        ("flag", b"true"),
        ("sensor", b"\x82\xa1t\x14\xa2ok\xc3"),
    ]);
    stage.wait(Duration::from_secs(40));
    stage.messages(&[("flag", b"true"), ("door", b"closed")]);
    stage.wait(Duration::from_secs(2));
    stage.messages(&[
        ("price:btc", b"412.48"),
        ("stock", br#"{"seq":16,"sku":"mug","left":45}"#),
        ("sensor", b"\x82\xa1t\x15\xa2ok\xc3"),
        ("new", b"first"),
    ]);
    stage.wait(Duration::from_millis(200));
    stage
}

#[test]
fn a_lens_shows_the_latest_value_in_every_format() {
    let mut stage = Stage::with(&["*"], |settings| {
        let lens = subscope::query::Template::parse(".t").unwrap();
        settings.lenses = [(b"sensor*".as_slice().into(), lens)].into_iter().collect();
    });
    stage.send(Event::Resize(100, 24));
    stage.keys("v");
    stage.messages(&[
        ("sensor:a", b"\x82\xa1t\x14\xa2ok\xc3"),
        ("sensor:b", b"\xa1at\xf5"),
        ("sensor:c", b"\x81\xa1t\x01"),
    ]);
    stage.messages(&[
        ("sensor:a", b"\x82\xa1t\x17\xa2ok\xc3"),
        ("sensor:c", b"words"),
    ]);
    let screen = stage.screen();
    let row = |name: &str| {
        let row = screen.lines().find(|line| line.contains(name)).unwrap();
        row.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert!(row("sensor:a").contains(" 23 +3 ← 20"), "{screen}");
    assert!(row("sensor:b").contains(" true"), "{screen}");
    assert!(
        row("sensor:c").contains("no .t: no values in it"),
        "{screen}"
    );
}

/// Returns the text highlighted as just changed.
fn flashing(stage: &Stage) -> Vec<String> {
    let buffer = stage.buffer();
    let mut flashing = Vec::new();
    let mut was_green = false;
    for cell in &buffer.content {
        let is_green = cell.bg == Color::Green;
        if is_green && !was_green {
            flashing.push(String::new());
        }
        if let Some(last) = flashing.last_mut().filter(|_| is_green) {
            last.push_str(cell.symbol());
        }
        was_green = is_green;
    }
    flashing
}

/// Returns the line of the screen that contains `words`.
fn line_with(stage: &Stage, words: &str) -> String {
    let screen = stage.screen();
    let line = screen.lines().find(|line| line.contains(words));
    line.unwrap_or_else(|| panic!("{words} is not in\n{screen}"))
        .to_owned()
}

// --- Keys --------------------------------------------------------------------------------------

#[test]
fn v_replaces_the_log_with_the_latest_values_and_v_or_esc_goes_back() {
    for back in [KeyCode::Char('v'), KeyCode::Esc] {
        let mut stage = Stage::new(&["*"]);
        stage.numbered("a", 3);
        assert!(!stage.app.channels().shows_latest);
        stage.keys("v");
        assert!(stage.app.channels().shows_latest);
        assert_eq!(stage.app.focus(), Focus::Channels);
        assert!(stage.app.areas().messages.is_empty());
        assert_eq!(stage.app.areas().channels.width, 80);
        stage.code(back);
        assert!(!stage.app.channels().shows_latest);
        assert_eq!(stage.app.focus(), Focus::Messages);
        assert!(stage.is_following());
    }
}

#[test]
fn esc_first_returns_to_the_log_then_clears_the_filter_then_follows() {
    let mut stage = Stage::new(&["*"]);
    stage.numbered("a", 3);
    stage.keys("/2");
    stage.code(KeyCode::Enter);
    stage.keys(" v");
    stage.code(KeyCode::Esc);
    assert_eq!((stage.shown(), stage.is_following()), (1, false));
    stage.code(KeyCode::Esc);
    assert_eq!((stage.shown(), stage.is_following()), (3, false));
    stage.code(KeyCode::Esc);
    assert!(stage.is_following());
}

#[test]
fn the_values_scroll_sideways_as_the_rows_of_the_log_do() {
    let mut stage = latest(80, 24);
    let long = "0123456789".repeat(12);
    stage.messages(&[("long", long.as_bytes()), ("short", b"word")]);
    stage.keys("<");
    assert_eq!(stage.toast(), "the rows are already shown from their start");
    stage.keys(">");
    assert!(stage.app.channels().shows_latest);
    line_with(&stage, " Latest values 2 · from column 16 ");
    assert!(line_with(&stage, "  long").contains("now  …567890"));
    assert!(
        line_with(&stage, "  long")
            .trim_end_matches(['│', ' '])
            .ends_with('…')
    );
    assert!(line_with(&stage, "  short").contains("now  …  "));
    stage.keys(">>>>>>>>>");
    assert_eq!(stage.toast(), "no visible row continues further right");
    assert!(line_with(&stage, "  long").contains("789 "));
    // The log has the same columns out of view.
    stage.keys("v");
    line_with(&stage, "Messages 2 · from column 106 ");
    stage.keys("v<");
    line_with(&stage, " Latest values 2 · from column 91 ");
}

#[test]
fn a_change_beyond_the_scrolled_columns_stays_highlighted() {
    let mut stage = latest(80, 24);
    let value = |end: &str| format!("{}{end}", "0123456789".repeat(6));
    stage.messages(&[("long", value("old").as_bytes())]);
    stage.messages(&[("long", value("new").as_bytes())]);
    stage.keys(">>>");
    assert!(line_with(&stage, "  long").contains("…56789"));
    assert_eq!(flashing(&stage)[0], "new");
}

#[test]
fn the_hints_are_those_of_the_latest_values() {
    let hints = |width: u16| {
        let stage = latest(width, 24);
        stage.screen().lines().last().unwrap().to_owned()
    };
    for width in [40, 60, 80] {
        let narrow = hints(width);
        assert!(narrow.contains("/ narrow"), "{narrow}");
    }
    assert!(hints(80).contains("> scroll"));
    let wide = hints(140);
    for hint in ["> scroll", "/ narrow", "T tree", "m mute", "s sort"] {
        assert!(wide.contains(hint), "{hint}: {wide}");
    }
    for other in ["Space freeze", "F find", "B break", "u unsubscribe"] {
        assert!(!wide.contains(other), "{other}: {wide}");
    }
}

#[test]
fn enter_goes_back_to_the_log_with_only_that_channel() {
    let mut stage = market(80, 24);
    stage.keys("j");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.session().filters.only, Some(Scope::channel(b"door")));
    assert_eq!(stage.app.focus(), Focus::Messages);
    assert_eq!(stage.session().shown.messages(), 2);
    // Pressing Enter again keeps the channel selected.
    stage.keys("v");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.session().filters.only, Some(Scope::channel(b"door")));
}

#[test]
fn keys_that_act_on_a_channel_act_on_the_selected_one() {
    let mut stage = market(80, 24);
    stage.keys("j");
    assert_eq!(stage.channel_selected(), "door");
    assert_eq!(copied(&stage.keys("y")), b"closed");
    stage.keys("m");
    assert!(stage.session().filters.muted.contains(b"door"));
    assert!(line_with(&stage, "door").contains("closed"));
    stage.keys("p");
    assert_eq!(stage.box_texts().0, "door");
    stage.code(KeyCode::Esc);
    assert_eq!(stage.app.focus(), Focus::Channels);
    stage.keys("e");
    assert_eq!(stage.box_texts(), ("door".into(), "closed".into()));
    stage.code(KeyCode::Esc);
    assert!(stage.app.channels().shows_latest);
    stage.keys("ss");
    assert!(stage.screen().contains("by count"));
}

#[test]
fn tab_skips_the_hidden_log() {
    let mut stage = market(80, 24);
    for key in [KeyCode::Tab, KeyCode::BackTab] {
        stage.code(key);
        assert_eq!(stage.app.focus(), Focus::Channels);
    }
}

#[test]
fn keys_that_act_on_the_log_go_back_to_it_or_say_why_not() {
    for key in ["F", "n", "N", "]", "["] {
        let mut stage = market(80, 24);
        stage.keys(key);
        assert!(!stage.app.channels().shows_latest, "{key}");
    }
    let mut stage = market(80, 24);
    stage.keys(" ");
    assert!(
        stage
            .toast()
            .contains("Esc shows the log, Space freezes it")
    );
    assert!(stage.is_following());
}

#[test]
fn an_open_message_stays_and_follows_the_selected_channel() {
    let mut stage = Stage::new(&["*"]);
    stage.send(Event::Resize(200, 40));
    stage.messages(&[("a", b"1"), ("b", b"2")]);
    stage.code(KeyCode::Enter);
    stage.keys("vj");
    stage.wait(Duration::from_secs(1));
    assert_eq!(&*stage.snapshot().payload, b"1");
    stage.messages(&[("a", b"3")]);
    stage.wait(Duration::from_secs(1));
    assert_eq!(&*stage.snapshot().payload, b"3");
    stage.code(KeyCode::Tab);
    assert_eq!(stage.app.focus(), Focus::Message);
    stage.keys("J");
    stage.wait(Duration::from_secs(1));
    assert_eq!(stage.channel_selected(), "b");
    assert_eq!(&*stage.snapshot().payload, b"2");
    stage.code(KeyCode::Esc);
    assert_eq!(stage.app.focus(), Focus::Channels);
    stage.code(KeyCode::Esc);
    assert!(!stage.app.channels().shows_latest);
    assert!(stage.app.open().is_some());
    stage.code(KeyCode::Esc);
    assert!(stage.app.open().is_none());
    assert_eq!(stage.app.focus(), Focus::Messages);
}

#[test]
fn closing_the_message_returns_the_focus_to_the_list() {
    let mut stage = Stage::new(&["*"]);
    for size in [(200, 40), (40, 12)] {
        stage.send(Event::Resize(size.0, size.1));
        stage.messages(&[("a", b"1")]);
        stage.code(KeyCode::Enter);
        if stage.app.focus() == Focus::Message {
            stage.code(KeyCode::Esc);
            stage.keys("v");
            continue;
        }
        stage.keys("v");
        stage.code(KeyCode::Tab);
        stage.keys("q");
        assert_eq!(stage.app.focus(), Focus::Channels, "{size:?}");
        stage.keys("v");
    }
}

#[test]
fn the_mouse_selects_a_row_and_the_wheel_scrolls() {
    let mut stage = market(80, 24);
    stage.mouse(MouseEventKind::Down(MouseButton::Left), 60, 4);
    assert_eq!(stage.channel_selected(), "flag");
    stage.send(Event::Resize(80, 10));
    let top = |stage: &Stage| stage.app.channels().top(3);
    let before = top(&stage);
    stage.mouse(MouseEventKind::ScrollDown, 60, 4);
    assert!(top(&stage) > before);
}

// --- Display -----------------------------------------------------------------------------------

#[test]
fn everything_has_a_column_on_a_wide_screen() {
    insta::assert_snapshot!(market(200, 20).screen(), @r#"
     subscope  redis://127.0.0.1:6379  ● live  1 subscription  0.4/s     ⣇⣀⣀⣀⣀⣀⣀⣀⣀⣀⣴  12 received
    ╭ Latest values 7 ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────── by name ╮
    │ ● *                                                                                                                                                                                             live │
    │   door         2s    0.2/s  closed                                                                                               ← open                                                              │
    │   flag         2s    0.2/s  true                                                                                                 same                                                                │
    │   new         now    1.0/s  first                                                                                                                                                                    │
    │   price:btc   now      0/s  412.48                                                                                               +13.07 ← 399.41                                                     │
    │   price:eth   42s   silent  20.5                                                                                                                                                                     │
    │   sensor      now      0/s  {"t":21,"ok":true}                                                                                   .t 20→21                                                            │
    │   stock       now      0/s  {"seq":16,"sku":"mug","left":45}                                                                     .left 46→45  .seq 15→16                                             │
    │                                                                                                                                                                                                      │
    │                                                                                                                                                                                                      │
    │                                                                                                                                                                                                      │
    │                                                                                                                                                                                                      │
    │                                                                                                                                                                                                      │
    │                                                                                                                                                                                                      │
    │                                                                                                                                                                                                      │
    ╰──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────╯
     Publish  press p to publish a message
     Enter see messages  / narrow  > scroll  T tree  Tab pane  p publish  a subscribe  m mute  s sort  t time  : commands  Esc log  ? help  q close
    "#);
}

#[test]
fn the_change_follows_the_value_on_a_narrower_one() {
    insta::assert_snapshot!(market(100, 20).screen(), @r#"
     subscope  redis://127.0.0.1:6379  ● live  1 subscription  0.4/s     ⣇⣀⣀⣀⣀⣀⣀⣀⣀⣀⣴  12 received
    ╭ Latest values 7 ──────────────────────────────────────────────────────────────────────── by name ╮
    │ ● *                                                                                         live │
    │   door         2s    0.2/s  closed  ← open                                                       │
    │   flag         2s    0.2/s  true  same                                                           │
    │   new         now    1.0/s  first                                                                │
    │   price:btc   now      0/s  412.48  +13.07 ← 399.41                                              │
    │   price:eth   42s   silent  20.5                                                                 │
    │   sensor      now      0/s  {"t":21,"ok":true}  .t 20→21                                         │
    │   stock       now      0/s  {"seq":16,"sku":"mug","left":45}  .left 46→45  .seq 15→16            │
    │                                                                                                  │
    │                                                                                                  │
    │                                                                                                  │
    │                                                                                                  │
    │                                                                                                  │
    │                                                                                                  │
    │                                                                                                  │
    ╰──────────────────────────────────────────────────────────────────────────────────────────────────╯
     Publish  press p to publish a message
     Enter see messages  / narrow  > scroll  T tree  Tab pane  p publish  Esc log  ? help  q close
    "#);
}

#[test]
fn eighty_columns_have_no_rate() {
    insta::assert_snapshot!(market(80, 24).screen(), @r#"
     subscope  redis://127.0.0.1:6379  ● live  1 subscription  0.4/s 12 received
    ╭ Latest values 7 ──────────────────────────────────────────────────── by name ╮
    │ ● *                                                                     live │
    │   door         2s  closed  ← open                                            │
    │   flag         2s  true  same                                                │
    │   new         now  first                                                     │
    │   price:btc   now  412.48  +13.07 ← 399.41                                   │
    │   price:eth   42s  20.5                                                      │
    │   sensor      now  {"t":21,"ok":true}  .t 20→21                              │
    │   stock       now  {"seq":16,"sku":"mug","left":45}  .left 46→45  .seq 15→16 │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    ╰──────────────────────────────────────────────────────────────────────────────╯
     Publish  press p to publish a message
     Enter see messages  / narrow  > scroll  T tree  Esc log  ? help  q close
    "#);
}

#[test]
fn forty_columns_have_the_name_and_the_value() {
    insta::assert_snapshot!(market(40, 12).screen(), @r#"
     redis://127.0.0.1:6379  ● live  0.4/s
    ╭ Latest values 7 ──────────── by name ╮
    │ ● *                             live │
    │   door       closed                  │
    │   flag       true                    │
    │   new        first                   │
    │   price:btc  412.48                  │
    │   price:eth  20.5                    │
    │   sensor     {"t":21,"ok":true}      │
    │   stock      {"seq":16,"sku":"mug",… │
    ╰──────────────────────────────────────╯
     / narrow  Esc log  ? help  q close
    "#);
}

#[test]
fn the_list_is_drawn_at_the_smallest_sizes() {
    for width in 0..=3 {
        for height in 0..=3 {
            assert_eq!(market(width, height).buffer().area.width, width);
        }
    }
    for size in [
        (0, 24),
        (80, 0),
        (1, 24),
        (9, 9),
        (49, 12),
        (50, 12),
        (111, 12),
    ] {
        market(size.0, size.1).buffer();
    }
}

#[test]
fn before_the_first_message_it_shows_the_state() {
    let stage = latest(80, 24);
    assert!(
        stage.screen().contains("Listening to "),
        "{}",
        stage.screen()
    );
}

#[test]
fn changes_flash_for_a_second() {
    let mut stage = market(200, 20);
    assert_eq!(
        flashing(&stage),
        ["412.48", "+13.07", "21", "21", "16", "45", "45", "16"]
    );
    let due = stage.app.next_tick().unwrap();
    assert!(due <= stage.now.after(Duration::from_millis(800)));
    stage.wait(Duration::from_millis(799));
    assert!(!flashing(&stage).is_empty());
    let due = stage.app.next_tick().unwrap();
    assert_eq!(due, stage.now.after(Duration::from_millis(1)));
    stage.now = due;
    stage.send(Event::Tick);
    assert_eq!(flashing(&stage), [""; 0]);
}

#[test]
fn a_flash_fades_even_if_nothing_else_changes() {
    let mut stage = latest(80, 24);
    stage.wait(Duration::from_millis(700));
    stage.messages(&[("a", b"1")]);
    stage.messages(&[("a", b"2")]);
    // The rates update at 1.0 s; the flash ends at 1.7 s.
    stage.wait(Duration::from_millis(400));
    let due = stage.app.next_tick().unwrap();
    assert_eq!(due, START.after(Duration::from_millis(1_700)));
    stage.keys("v");
    assert_ne!(stage.app.next_tick(), Some(due));
}

#[test]
fn a_value_that_stays_the_same_does_not_flash() {
    let mut stage = latest(80, 24);
    for (old, new) in [
        (&b"on"[..], &b"on"[..]),
        (b"1.0", b"1"),
        (br#"{"a":1,"b":2}"#, br#"{"b":2, "a":1}"#),
    ] {
        stage.messages(&[("a", old)]);
        stage.messages(&[("a", new)]);
        assert_eq!(flashing(&stage), [""; 0]);
        assert!(line_with(&stage, " a ").contains("  same"));
    }
}

#[test]
fn a_lens_distinguishes_a_string_from_other_values_spelt_the_same() {
    let path = |text| Path::parse(text).unwrap();
    let mut stage = Stage::with(&["*"], |settings| {
        settings.lenses = ByGlob::from_iter([(b"a".as_slice().into(), path(".v").into())]);
    });
    stage.keys("v");
    for (value, shown) in [
        ("1", " 1 "),
        (r#""1""#, r#" "1"  ← 1 "#),
        ("null", r#" null  ← "1" "#),
        (r#""null""#, r#" "null"  ← null "#),
        (r#""007""#, " 007  ← null "),
        (r#""7""#, " 7  ← 007 "),
        (r#""7.50 kW""#, " 7.50 kW  ← 7 "),
        (r#""9.00 kW""#, " 9.00 kW  +1.50 ← 7.50 kW "),
        ("[1,2]", r#" [1,2]  ← "9.00 kW" "#),
        ("[1,2.0]", " [1,2.0]  same "),
    ] {
        stage.messages(&[("a", format!(r#"{{"v":{value}}}"#).as_bytes())]);
        let line = line_with(&stage, " a ");
        assert!(line.contains(shown), "{value}: {line}");
    }
}

#[test]
fn a_number_with_a_unit_shows_its_difference_and_007_is_text() {
    let mut stage = Stage::new(&["*"]);
    stage.keys("v");
    for (payload, shown) in [
        (r#""20.0 °C""#, r#" "20.0 °C" "#),
        (r#""21.5 °C""#, r#" "21.5 °C"  +1.5 ← "20.0 °C" "#),
        ("007", r#" 007  ← "21.5 °C" "#),
        ("7", " 7  ← 007 "),
        ("7.0", " 7.0  same "),
    ] {
        stage.messages(&[("a", payload.as_bytes())]);
        let line = line_with(&stage, " a ");
        assert!(line.contains(shown), "{payload}: {line}");
    }
}

#[test]
fn a_lens_shows_its_value_and_how_it_changed() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("a", br#"{"id":7,"price":20.5,"state":"open"}"#)]);
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Enter);
    stage.keys("jji");
    stage.code(KeyCode::Esc);
    stage.code(KeyCode::Esc);
    stage.keys("v");
    assert!(line_with(&stage, " a ").contains(" 20.5 "));
    stage.messages(&[("a", br#"{"id":8,"price":21.0,"state":"open"}"#)]);
    assert!(line_with(&stage, " a ").contains(" 21.0  +0.5 ← 20.5 "));
    assert_eq!(flashing(&stage), ["21.0", "+0.5"]);
    stage.messages(&[("a", br#"{"id":9}"#)]);
    assert!(line_with(&stage, " a ").contains(" no .price  ← 21.0 "));
    assert_eq!(flashing(&stage), ["no .price"]);
    stage.messages(&[("a", br#"{"id":9}"#)]);
    assert!(line_with(&stage, " a ").contains("no .price  "));
    assert!(!line_with(&stage, " a ").contains('←'));
    stage.messages(&[("a", br#"{"price":"\u20ac 3\n"}"#)]);
    assert!(line_with(&stage, " a ").contains(r" € 3\n  ← no .price "));
    // Escape sequences are excluded from the flash.
    assert_eq!(flashing(&stage), ["€ 3"]);
    stage.messages(&[("a", b"{")]);
    assert!(line_with(&stage, " a ").contains(r" no .price: no values in it  ← € 3\n "));
    stage.messages(&[("a", br#"{"id":9}"#)]);
    stage.keys("ji");
    assert!(line_with(&stage, " a ").contains(r#"{"id":9}"#));
}

#[test]
fn json_strings_are_shown_unescaped() {
    let mut stage = latest(120, 24);
    stage.messages(&[
        ("whole", br#""caf\u00e9 \"open\"""#),
        ("within", br#"{"name":"caf\u00e9","note":"a\tb"}"#),
        ("text", b"a \\n b"),
    ]);
    let line = line_with(&stage, "whole");
    assert!(line.contains(r#" "café \"open\"" "#), "{line}");
    stage.messages(&[
        ("whole", br#" "caf\u00e9 \u001b[31m\n" "#),
        ("within", br#"{"name":"th\u00e9","note":"\u202ea"}"#),
        ("text", b"a \\t b"),
    ]);
    let line = line_with(&stage, "whole");
    assert!(line.contains(r#" "café \x1b[31m\n" "#), "{line}");
    assert!(line.contains(r#" ← "café \"open\"" "#), "{line}");
    let line = line_with(&stage, "within");
    assert!(line.contains(r#".name "café"→"thé""#), "{line}");
    stage.messages(&[("within", br#"{"name":"th\u00e9","note":"\u001bb"}"#)]);
    let line = line_with(&stage, "within");
    assert!(line.contains(r#".note "\u{202e}a"→"\x1bb""#), "{line}");
    let line = line_with(&stage, "text");
    assert!(line.contains(r"a \t b"), "{line}");
    // The same value with different escapes.
    stage.messages(&[("whole", "\"café \\u001b[31m\\n\"".as_bytes())]);
    assert!(line_with(&stage, "whole").contains("  same"));
}

#[test]
fn values_are_decoded_and_compared_by_their_paths_unless_they_are_shown_raw() {
    let mut stage = latest(120, 24);
    stage.messages(&[
        ("packed", b"\x82\xa1n\x01\xa1b\xc4\x01\xff"),
        ("packed", b"\x82\xa1n\x02\xa1b\xc4\x01\xff"),
        ("nested", br#"{"data":"{\"id\":7}"}"#),
        ("nested", br#"{"data":"{\"id\":8}"}"#),
    ]);
    let line = line_with(&stage, "packed");
    assert!(line.contains(r#"{"n":2,"b":h'ff'}"#), "{line}");
    assert!(line.contains(".n 1→2"), "{line}");
    let line = line_with(&stage, "nested");
    assert!(line.contains(r#"{"data":⟨json⟩ {"id":8}}"#), "{line}");
    assert!(line.contains(".data.id 7→8"), "{line}");
    stage.keys("I");
    let line = line_with(&stage, "packed");
    assert!(line.contains(r"\x82\xa1n\x02\xa1b"), "{line}");
    stage.keys("I");
    assert!(line_with(&stage, "packed").contains(".n 1→2"));
}

#[test]
fn a_folded_branch_has_the_columns_of_channels() {
    for width in [80, 120] {
        let mut stage = latest(width, 24);
        stage.messages(&[("jobs:a", b"1"), ("jobs:b", b"2"), ("plain", b"three")]);
        stage.keys("T");
        let [branch, channel] = ["jobs: (2)", "plain"].map(|name| line_with(&stage, name));
        let column = |line: &str, part: &str| {
            let at = line
                .find(part)
                .unwrap_or_else(|| panic!("{part} in {line}"));
            line[..at].chars().count()
        };
        assert_eq!(column(&branch, "now"), column(&channel, "now"), "{branch}");
        assert_eq!(
            column(&branch, "2 messages"),
            column(&channel, "three"),
            "{branch}"
        );
    }
}

#[test]
fn bytes_are_escaped_and_huge_payloads_are_not_parsed() {
    let mut stage = latest(80, 24);
    stage.messages(&[("bin", b"\x00\xff\x1b[31m"), ("bin", b"\x00\xfe\x1b[31m")]);
    let line = line_with(&stage, "bin");
    assert!(line.contains(r"\0\xfe\x1b[31m  ← \0\xff\x1b[31m"), "{line}");
    let huge = vec![b'['; 200 << 10];
    stage.messages(&[("huge", b"[1]"), ("huge", &huge)]);
    let line = line_with(&stage, "huge");
    assert!(line.contains("… 200 KiB  3 B → 200 KiB"), "{line}");
    stage.messages(&[("huge", &huge)]);
    assert!(line_with(&stage, "huge").contains("same size"));
}

#[test]
fn only_the_first_of_many_long_values_are_compared() {
    let mut stage = latest(120, 40);
    let names: Vec<String> = (0..20).map(|name| format!("c{name:02}")).collect();
    for filler in ["1", "2"] {
        let payload = format!("[{filler},\"{}\"]", "x".repeat(8 << 10));
        for name in &names {
            stage.messages(&[(name, payload.as_bytes())]);
        }
    }
    assert!(line_with(&stage, "c00").contains("[0] 1→2"));
    assert!(line_with(&stage, "c19").contains("changed"));
}

#[test]
fn an_evicted_value_is_shown_as_gone() {
    let mut stage = market(80, 24);
    stage.keys("c");
    assert!(line_with(&stage, "door").contains("(gone)"));
    stage.messages(&[("door", b"ajar")]);
    let line = line_with(&stage, "door");
    assert!(line.contains("ajar") && !line.contains('←'), "{line}");
}

#[test]
fn a_channel_that_is_not_received_is_marked_off() {
    let mut stage = latest(80, 24);
    stage.messages(&[("door", b"open")]);
    let id = stage.subscription(0).id;
    stage.send(Event::Feed(Feed::Unconfirmed(vec![id])));
    let line = line_with(&stage, "door");
    assert!(line.contains(" off "), "{line}");
}
