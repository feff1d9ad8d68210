//! How the screen is divided: zooming, moving borders, and the channel list on narrow screens.

use std::collections::HashSet;

use crossterm::event::{KeyCode, KeyModifiers, MouseButton, MouseEventKind};
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use subscope::app::{Context, Event, Focus, inside};
use subscope::config::Theme;
use subscope::message::NodeId;
use subscope::server::{Connection, Feed};

use crate::support::stage::{Stage, line_of};

/// The channels of the demo.
const DEMO: [&str; 16] = [
    "auth:login",
    "cache:invalidate",
    "chat:general",
    "heartbeat:worker-1",
    "heartbeat:worker-2",
    "heartbeat:worker-3",
    "images:thumbnails",
    "inventory:stock",
    "jobs:done",
    "logs:api",
    "metrics:cpu",
    "orders:created",
    "orders:paid",
    "orders:shipped",
    "rpc:price:reply",
    "rpc:price:request",
];

/// Returns a screen with messages on the channels of the demo. Each payload is a run of one letter.
fn demo(width: u16, height: u16) -> Stage {
    let mut stage = Stage::sized((width, height), &["*"], |_| {});
    stage.connection(Connection::Live);
    stage.confirm(0);
    let payload = "x".repeat(300);
    for channel in DEMO {
        stage.messages(&[(channel, payload.as_bytes())]);
    }
    stage
}

/// Returns the text in a part of the screen, line by line.
fn lines_in(stage: &Stage, area: Rect) -> Vec<String> {
    let buffer = stage.buffer();
    let rows = area.top()..area.bottom();
    let row = |y: u16| {
        let start = usize::from(y) * usize::from(buffer.area.width);
        let columns = usize::from(area.left())..usize::from(area.right());
        line_of(&buffer.content[start..][columns])
    };
    rows.map(row).collect()
}

fn widths(stage: &Stage) -> (u16, u16, u16) {
    let areas = stage.app.areas();
    (
        areas.channels.width,
        areas.messages.width,
        areas.message.width,
    )
}

fn left_button(stage: &mut Stage, from: (u16, u16), to: (u16, u16)) {
    stage.mouse(MouseEventKind::Down(MouseButton::Left), from.0, from.1);
    stage.mouse(MouseEventKind::Drag(MouseButton::Left), to.0, to.1);
    stage.mouse(MouseEventKind::Up(MouseButton::Left), to.0, to.1);
}

#[test]
fn a_row_shows_enough_of_the_payload_on_small_screens() {
    let long = "company:production:eu-west-1:service-orders:events:created";
    for ((width, height), least) in [
        ((60, 15), 25),
        ((80, 24), 40),
        ((89, 24), 40),
        ((90, 24), 40),
        ((100, 30), 40),
        ((110, 30), 40),
    ] {
        for has_long in [false, true] {
            let mut stage = demo(width, height);
            if has_long {
                stage.messages(&[(long, "x".repeat(300).as_bytes())]);
            }
            let rows = lines_in(&stage, stage.app.areas().messages);
            let rows: Vec<&String> = rows.iter().filter(|row| row.contains("… 300 B")).collect();
            assert!(rows.len() >= 10, "{rows:#?}");
            let shown = rows.iter().map(|row| row.matches('x').count()).min();
            assert!(shown.is_some_and(|shown| shown >= least), "{rows:#?}");
            // However short they are cut, the names differ.
            let name = |row: &&String| {
                row.split("xxx")
                    .next()?
                    .split_whitespace()
                    .last()
                    .map(str::to_owned)
            };
            let mut names: Vec<String> = rows.iter().filter_map(name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), rows.len(), "{rows:#?}");
        }
    }
}

#[test]
fn a_row_shows_enough_of_the_payload_in_every_state_of_a_small_screen() {
    for ((width, height), least) in [((80, 24), 40), ((60, 15), 25)] {
        for keys in [
            "", "b", "\t", "\r", "\r\r", "\r\rb", "\r\t", "ww", "/x\r", "/x\rb",
        ] {
            let mut stage = demo(width, height);
            for key in keys.chars() {
                match key {
                    '\t' => stage.code(KeyCode::Tab),
                    '\r' => stage.code(KeyCode::Enter),
                    key => stage.code(KeyCode::Char(key)),
                };
            }
            let areas = stage.app.areas();
            let rows = lines_in(&stage, inside(areas.messages));
            // The mark of a truncated payload and its size belong to the payload.
            let rows = rows.iter().filter(|row| row.contains("… 300 B"));
            let shown = rows.map(|row| row.matches('x').count() + 7);
            let shown = shown.min().unwrap_or(usize::MAX);
            assert!(shown >= least, "{keys:?}: {}", stage.screen());
            assert!(areas.messages.is_empty() || shown < usize::MAX, "{keys:?}");
        }
    }
}

#[test]
fn an_idle_publish_box_is_one_line_and_none_on_a_low_screen() {
    let mut stage = demo(80, 24);
    assert_eq!(stage.app.areas().publish.height, 1);
    assert!(
        stage
            .screen()
            .contains("\n Publish  press p to publish a message\n")
    );
    stage.keys("phello");
    assert_eq!(stage.app.areas().publish.height, 3);
    stage.code(KeyCode::Esc);
    assert_eq!(stage.app.areas().publish.height, 1);
    let screen = stage.screen();
    assert!(
        screen.contains("\n Publish to rpc:price:request  hello\n"),
        "{screen}"
    );
    stage.send(Event::Resize(80, 19));
    assert_eq!(stage.app.areas().publish.height, 0);
    stage.keys("p");
    assert_eq!(stage.app.areas().publish.height, 3);
    assert_eq!(stage.app.focus(), Focus::PublishPayload);
}

#[test]
fn on_a_narrow_screen_b_shows_the_list_over_the_log_and_enter_or_esc_leave_it() {
    let mut stage = demo(80, 24);
    assert_eq!(widths(&stage), (0, 80, 0));
    assert!(stage.screen().contains("b channels"));
    for leave in [
        KeyCode::Enter,
        KeyCode::Esc,
        KeyCode::Char('q'),
        KeyCode::Char('b'),
    ] {
        stage.keys("b");
        assert_eq!(stage.app.context(), Context::Channels);
        assert!(stage.app.areas().is_list_over);
        assert_eq!(widths(&stage), (38, 80, 0), "the log stays as it is");
        assert!(
            stage.screen().contains("╭ Channels 16"),
            "{}",
            stage.screen()
        );
        assert_eq!(stage.code(leave), []);
        assert_eq!(stage.app.focus(), Focus::Messages, "{leave}");
        assert_eq!(widths(&stage), (0, 80, 0));
    }
    // Esc leaves the list but changes nothing else.
    stage.keys("b");
    stage.keys("jj");
    stage.code(KeyCode::Enter);
    assert!(stage.session().filters.only.is_some());
    stage.keys("b");
    stage.code(KeyCode::Esc);
    assert!(stage.session().filters.only.is_some());
}

#[test]
fn on_a_narrow_screen_tab_shows_the_list_over_the_pane_that_it_leaves() {
    let mut stage = demo(80, 24);
    for leave in [
        KeyCode::Tab,
        KeyCode::BackTab,
        KeyCode::Esc,
        KeyCode::Char('q'),
    ] {
        stage.code(KeyCode::BackTab);
        assert_eq!(stage.app.focus(), Focus::Channels);
        assert!(stage.app.areas().is_list_over);
        assert_eq!(widths(&stage), (38, 80, 0), "the log stays as it is");
        assert!(stage.screen().contains("q close"), "{}", stage.screen());
        assert_eq!(stage.code(leave), []);
        assert_eq!(stage.app.focus(), Focus::Messages, "{leave}");
        assert_eq!(widths(&stage), (0, 80, 0));
    }
    // Esc goes back to the message that it came from.
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.focus(), Focus::Message);
    let before = stage.app.areas();
    stage.code(KeyCode::Tab);
    assert_eq!(widths(&stage), (38, 80, 80));
    stage.code(KeyCode::Esc);
    assert_eq!(stage.app.focus(), Focus::Message);
    assert_eq!(stage.app.areas(), before);
}

#[test]
fn a_screen_that_shrinks_shows_the_list_over_the_log_while_it_has_the_focus() {
    let mut stage = demo(120, 40);
    stage.code(KeyCode::BackTab);
    assert_eq!(widths(&stage), (40, 80, 0));
    stage.send(Event::Resize(80, 24));
    assert_eq!(widths(&stage), (38, 80, 0));
    assert!(stage.app.areas().is_list_over);
    stage.code(KeyCode::Esc);
    assert_eq!(stage.app.focus(), Focus::Messages);
    assert_eq!(widths(&stage), (0, 80, 0));
}

#[test]
fn what_acts_on_the_log_closes_the_list_over_it() {
    let mut stage = demo(80, 24);
    for keys in ["bF", "bn"] {
        stage.keys(keys);
        assert_eq!(stage.app.focus(), Focus::Messages, "{keys}");
        stage.code(KeyCode::Esc);
    }
    stage.keys("b/paid");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.focus(), Focus::Messages);
    assert!(!stage.app.areas().is_list_over);
}

#[test]
fn without_colours_the_focus_shows_in_the_form_of_the_border() {
    let stage = |theme: Theme| {
        let mut stage = Stage::sized((120, 40), &["*"], |settings| settings.theme = theme);
        stage.messages(&[("orders:paid", b"1")]);
        stage
    };
    let corners = |stage: &Stage| {
        let areas = stage.app.areas();
        [areas.channels, areas.messages, areas.message].map(|area| {
            let buffer = stage.buffer();
            let cell = buffer.cell((area.x, area.bottom().saturating_sub(1)));
            cell.map_or(String::new(), |cell| cell.symbol().to_owned())
        })
    };
    let mut plain = stage(Theme::Plain);
    plain.code(KeyCode::Enter);
    assert_eq!(corners(&plain), ["╰", "╚", "╰"]);
    plain.code(KeyCode::Enter);
    assert_eq!(corners(&plain), ["╰", "╰", "╚"]);
    plain.code(KeyCode::Tab);
    assert_eq!(corners(&plain), ["╚", "╰", "╰"]);
    plain.keys("B");
    assert!(
        plain.screen().contains("╔ Breakpoint"),
        "{}",
        plain.screen()
    );
    let coloured = stage(Theme::Dark);
    assert!(!coloured.screen().contains(['═', '╔', '║']));
}

#[test]
fn only_the_focused_pane_has_a_bold_title() {
    let mut stage = Stage::sized((120, 40), &["*"], |_| {});
    stage.messages(&[("orders:paid", b"1")]);
    let bold = |stage: &Stage| {
        let areas = stage.app.areas();
        [areas.channels, areas.messages].map(|area| {
            let buffer = stage.buffer();
            let cell = buffer.cell((area.x + 2, area.y)).unwrap();
            cell.modifier.contains(Modifier::BOLD)
        })
    };
    assert_eq!(bold(&stage), [false, true]);
    stage.code(KeyCode::Tab);
    assert_eq!(bold(&stage), [true, false]);
}

#[test]
fn a_narrow_list_keeps_its_title_and_shortens_the_heading() {
    let mut stage = demo(120, 40);
    stage.code(KeyCode::BackTab);
    stage.keys("T");
    let title = |stage: &Stage| lines_in(stage, stage.app.areas().channels)[0].clone();
    let mut seen = Vec::new();
    while !stage
        .app
        .session()
        .toast()
        .is_some_and(|toast| toast.text.contains("further"))
    {
        let title = title(&stage);
        let number = if stage.app.areas().channels.width < 18 {
            ""
        } else {
            "16 "
        };
        assert!(
            title.starts_with(&format!("╭ Channels {number}")),
            "{title}"
        );
        seen.push(title);
        stage.chord(KeyModifiers::CONTROL, KeyCode::Left);
    }
    assert_eq!(stage.app.areas().channels.width, 16);
    for heading in ["─ tree by name ╮", "─ by name ╮", "─ name ╮"] {
        assert!(
            seen.iter().any(|title| title.ends_with(heading)),
            "{seen:#?}"
        );
    }
    // The names are still there.
    let list = lines_in(&stage, stage.app.areas().channels);
    assert!(
        list.iter().any(|line| line.contains(" auth… ")),
        "{list:#?}"
    );
}

#[test]
fn names_take_the_blanks_before_the_figures_and_no_single_letter_is_cut() {
    let mut stage = demo(93, 30);
    stage.code(KeyCode::BackTab);
    for keys in ["", "T"] {
        stage.keys(keys);
        let list = lines_in(&stage, stage.app.areas().channels);
        for name in ["images:thumbnails", "inventory:stock", "cache:invalidate"] {
            assert!(
                list.iter().any(|line| line.contains(name)),
                "{name}: {list:#?}"
            );
        }
    }
}

#[test]
fn the_hint_line_says_what_enter_and_the_fold_keys_do_on_the_selected_line() {
    let mut stage = demo(120, 40);
    stage.code(KeyCode::BackTab);
    stage.keys("g");
    let hints = |stage: &Stage| stage.screen().lines().last().unwrap().to_owned();
    assert!(
        hints(&stage).contains("Enter only this pattern"),
        "{}",
        hints(&stage)
    );
    stage.keys("T");
    assert!(hints(&stage).contains("T flat"));
    stage.keys("jjjj");
    assert_eq!(stage.channel_selected(), "heartbeat:*");
    assert!(
        hints(&stage).contains("Enter only this branch"),
        "{}",
        hints(&stage)
    );
    assert!(hints(&stage).contains("l unfold") && !hints(&stage).contains("h fold"));
    stage.keys("l");
    assert!(hints(&stage).contains("h fold") && !hints(&stage).contains("l unfold"));
    stage.keys("l");
    assert!(
        hints(&stage).contains("Enter only this channel"),
        "{}",
        hints(&stage)
    );
    stage.code(KeyCode::Enter);
    assert!(hints(&stage).contains("Enter all channels"));
    stage.keys("j");
    assert!(hints(&stage).contains("Enter only this channel"));
}

#[test]
fn a_key_without_use_in_a_pane_says_so() {
    let mut stage = demo(120, 40);
    stage.keys("T");
    assert!(
        stage.session().toast().is_none(),
        "the list is on the screen"
    );
    assert!(lines_in(&stage, stage.app.areas().channels)[0].contains("tree by name"));
    stage.code(KeyCode::BackTab);
    stage.keys("d");
    assert_eq!(
        stage.toast(),
        "d does nothing here · in Messages: what changed since the channel's previous message"
    );
    stage.keys("U");
    assert_eq!(stage.toast(), "U does nothing here");
    let mut narrow = demo(80, 24);
    narrow.keys("T");
    assert_eq!(narrow.toast(), "channels in a tree · b shows them");
    narrow.keys("s");
    assert_eq!(narrow.toast(), "channels by rate · b shows them");
}

#[test]
fn b_shows_the_list_over_an_open_message_and_returns_to_it() {
    let mut stage = demo(80, 24);
    for _ in 0..2 {
        stage.code(KeyCode::Enter);
    }
    stage.keys("z");
    assert_eq!(stage.app.focus(), Focus::Message);
    stage.keys("b");
    assert!(stage.app.areas().is_list_over);
    assert!(stage.app.areas().is_zoomed, "the message stays as it is");
    stage.code(KeyCode::Esc);
    assert_eq!(stage.app.focus(), Focus::Message);
    assert!(stage.app.areas().is_zoomed);
}

#[test]
fn b_focuses_a_list_that_is_on_the_screen_and_returns() {
    let mut stage = demo(120, 40);
    let before = stage.app.areas();
    stage.keys("b");
    assert_eq!(stage.app.focus(), Focus::Channels);
    assert_eq!(stage.app.areas(), before);
    stage.keys("b");
    assert_eq!(stage.app.focus(), Focus::Messages);
    stage.keys("vb");
    assert!(stage.toast().contains("already list every channel"));
}

#[test]
fn z_zooms_the_log_and_the_list_and_says_so_in_the_bottom_border() {
    let mut stage = demo(120, 40);
    stage.keys("z");
    assert_eq!(widths(&stage), (0, 120, 0));
    assert!(stage.screen().contains("╭ Messages 16 ──"));
    let mark = "── full screen ─╯";
    assert!(stage.screen().contains(mark), "{}", stage.screen());
    assert!(stage.app.areas().publish.is_empty());
    stage.keys("z");
    assert_eq!(widths(&stage), (40, 80, 0));
    assert!(!stage.screen().contains("full screen"));
    stage.code(KeyCode::BackTab);
    stage.keys("z");
    assert_eq!(widths(&stage), (120, 0, 0));
    assert!(stage.screen().contains("╭ Channels 16 ──"));
    assert!(stage.screen().contains(mark), "{}", stage.screen());
    // Moving to another pane restores the usual layout.
    stage.code(KeyCode::Tab);
    assert_eq!(widths(&stage), (40, 80, 0));
    stage.code(KeyCode::BackTab);
    for end in [KeyCode::Esc, KeyCode::Char('q')] {
        assert_eq!(widths(&stage), (120, 0, 0));
        assert_eq!(stage.code(end), []);
        assert_eq!(widths(&stage), (40, 80, 0), "{end}");
        stage.keys("z");
    }
}

#[test]
fn the_mark_of_a_zoomed_pane_is_in_the_same_place_on_every_screen() {
    for (width, height) in [(200, 50), (80, 24), (40, 12)] {
        let mut stage = demo(width, height);
        for focus in [KeyCode::BackTab, KeyCode::Tab, KeyCode::Enter] {
            stage.code(focus);
            stage.keys("z");
            let bottom = lines_in(&stage, stage.app.areas().zoomed().unwrap()).pop();
            assert!(bottom.is_some_and(|line| line.ends_with(" full screen ─╯")));
            stage.keys("z");
        }
    }
}

#[test]
fn publishing_from_a_zoomed_log_shows_the_box_and_returns_to_the_zoomed_log() {
    let mut stage = demo(80, 24);
    stage.keys("zp");
    assert!(!stage.app.areas().publish.is_empty());
    stage.code(KeyCode::Esc);
    assert!(stage.app.areas().is_zoomed);
}

#[test]
fn keys_move_the_border_of_the_focused_pane() {
    let mut stage = demo(200, 50);
    let ctrl = KeyModifiers::CONTROL;
    assert_eq!(widths(&stage), (60, 140, 0));
    stage.chord(ctrl, KeyCode::Right);
    assert_eq!(widths(&stage), (62, 138, 0));
    stage.code(KeyCode::BackTab);
    stage.chord(ctrl, KeyCode::Left);
    stage.chord(ctrl, KeyCode::Left);
    assert_eq!(widths(&stage), (58, 142, 0));
    stage.chord(ctrl, KeyCode::Up);
    assert!(stage.toast().contains("no border"));
    stage.code(KeyCode::Tab);
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.focus(), Focus::Message);
    let (list, log, message) = widths(&stage);
    assert_eq!(log, message);
    stage.chord(ctrl, KeyCode::Left);
    assert_eq!(widths(&stage), (list, log - 2, message + 2));
    // The list has a separate width while a message is open.
    stage.code(KeyCode::Esc);
    stage.chord(ctrl, KeyCode::Right);
    assert_eq!(widths(&stage).0, list + 2);
    stage.code(KeyCode::Esc);
    assert_eq!(widths(&stage), (58, 142, 0));
}

#[test]
fn keys_move_the_border_of_a_message_below_the_log() {
    let mut stage = demo(80, 24);
    let heights = |stage: &Stage| {
        let areas = stage.app.areas();
        (areas.messages.height, areas.message.height)
    };
    let ctrl = KeyModifiers::CONTROL;
    stage.code(KeyCode::Enter);
    let (log, message) = heights(&stage);
    stage.chord(ctrl, KeyCode::Down);
    assert_eq!(heights(&stage), (log + 1, message - 1));
    stage.code(KeyCode::Enter);
    stage.chord(ctrl, KeyCode::Up);
    stage.chord(ctrl, KeyCode::Left);
    assert_eq!(heights(&stage), (log - 1, message + 1));
    stage.chord(ctrl, KeyCode::Right);
    assert_eq!(heights(&stage), (log, message));
    for _ in 0..30 {
        stage.chord(ctrl, KeyCode::Up);
    }
    assert_eq!(heights(&stage).0, 4);
    assert!(stage.toast().contains("cannot move further"));
}

#[test]
fn a_drag_moves_a_border_and_a_click_on_it_changes_nothing() {
    let mut stage = demo(200, 50);
    stage.code(KeyCode::Enter);
    let before = stage.app.areas();
    let edge = before.message.x;
    left_button(&mut stage, (edge, 10), (edge, 10));
    assert_eq!(stage.app.areas(), before);
    assert_eq!(stage.app.focus(), Focus::Messages);
    left_button(&mut stage, (edge - 1, 10), (edge - 21, 12));
    let after = stage.app.areas();
    assert_eq!(after.messages.right(), edge - 20);
    assert_eq!(after.channels, before.channels);
    stage.code(KeyCode::Esc);
    let edge = stage.app.areas().messages.x;
    left_button(&mut stage, (edge, 10), (40, 10));
    assert_eq!(stage.app.areas().channels.width, 40);
    // A drag that did not start on a border moves no border.
    let before = stage.app.areas();
    left_button(&mut stage, (100, 10), (120, 10));
    assert_eq!(stage.app.areas(), before);
}

#[test]
fn a_click_on_the_title_of_a_message_below_the_log_still_focuses_it() {
    let mut stage = demo(80, 24);
    stage.code(KeyCode::Enter);
    let before = stage.app.areas();
    let title = before.message.y;
    stage.mouse(MouseEventKind::Down(MouseButton::Left), 5, title);
    stage.mouse(MouseEventKind::Up(MouseButton::Left), 5, title);
    assert_eq!(stage.app.focus(), Focus::Message);
    assert_eq!(stage.app.areas(), before);
    left_button(&mut stage, (5, title), (5, title + 3));
    assert_eq!(stage.app.areas().message.y, title + 3);
}

#[test]
fn a_message_beside_the_log_leaves_the_names_of_the_channels_readable() {
    let mut stage = demo(160, 40);
    stage.send(Event::Feed(Feed::RoundTrip(
        NodeId(0),
        stage.now,
        std::time::Duration::ZERO,
    )));
    stage.code(KeyCode::Enter);
    let areas = stage.app.areas();
    assert!(areas.names_first && areas.message.y == areas.messages.y);
    assert!(areas.channels.width <= 26);
    let list = lines_in(&stage, areas.channels);
    for name in DEMO {
        assert!(
            list.iter().any(|line| line.contains(name)),
            "{name}: {list:#?}"
        );
    }
}

#[test]
fn borders_start_where_they_were_kept() {
    let mut stage = demo(120, 40);
    let before = stage.app.kept();
    stage.chord(KeyModifiers::CONTROL, KeyCode::Right);
    let kept = stage.app.kept();
    assert_ne!(kept, before);
    let again = Stage::sized((120, 40), &["*"], |settings| {
        *settings = kept.apply(settings.clone());
    });
    assert_eq!(again.app.areas().channels.width, 42);
    assert_eq!(again.app.kept(), kept);
}

#[test]
fn names_that_must_be_cut_keep_what_differs_and_the_border_shows_the_selected_one() {
    let mut stage = Stage::sized((100, 24), &["*"], |_| {});
    let ends = ["created", "paid", "shipped", "cancelled"];
    let names = ends.map(|end| format!("tenant:acme:region:eu-west-1:orders:{end}"));
    for name in &names {
        stage.messages(&[(name, b"1")]);
    }
    stage.code(KeyCode::BackTab);
    for end in ends {
        let list = lines_in(&stage, stage.app.areas().channels);
        assert!(
            list.iter()
                .any(|line| line.contains(&format!("…orders:{end} "))),
            "{list:#?}"
        );
    }
    stage.send(Event::Resize(160, 24));
    stage.keys("G");
    let list = lines_in(&stage, stage.app.areas().channels);
    let border = list.last().unwrap();
    assert!(
        border.contains(" tenant:acme:region:eu-west-1:orders:shipped "),
        "{border}"
    );
}

#[test]
fn names_use_all_columns_that_the_figures_leave() {
    let mut stage = Stage::sized((160, 24), &["*"], |_| {});
    let name = "n".repeat(34);
    stage.messages(&[(&name, b"1"), ("short", b"1")]);
    assert!(stage.app.areas().channels.width == 53);
    let list = lines_in(&stage, stage.app.areas().channels);
    assert!(
        list.iter().any(|line| line.contains(&"n".repeat(15))),
        "{list:#?}"
    );
    stage.send(Event::Resize(180, 24));
    for _ in 0..6 {
        stage.code(KeyCode::BackTab);
        stage.chord(KeyModifiers::CONTROL, KeyCode::Right);
    }
    let list = lines_in(&stage, stage.app.areas().channels);
    assert!(list.iter().any(|line| line.contains(&name)), "{list:#?}");
}

#[test]
fn sparklines_of_a_list_share_a_scale_and_are_blank_before_the_first_message() {
    let mut stage = Stage::sized((200, 50), &["*"], |_| {});
    stage.connection(Connection::Live);
    stage.confirm(0);
    let bars = |stage: &Stage, name: &str| {
        let list = lines_in(stage, stage.app.areas().channels);
        let line = list.iter().find(|line| line.contains(name)).unwrap();
        let line = line.trim_end_matches(['│', ' ']);
        let start = line.find("/s ").map_or(line.len(), |at| at + 3);
        line[start..].to_owned()
    };
    stage.numbered("busy", 90);
    stage.messages(&[("quiet", b"1")]);
    for _ in 0..4 {
        stage.wait(std::time::Duration::from_secs(2));
        stage.numbered("busy", 90);
        stage.messages(&[("quiet", b"1")]);
    }
    stage.wait(std::time::Duration::from_secs(1));
    let busy = bars(&stage, "busy");
    assert!(busy.trim_start().chars().all(|bar| bar >= '⠀'), "{busy}");
    assert_eq!(
        busy.trim_start().chars().count(),
        3,
        "ten seconds: {busy:?}"
    );
    assert_eq!(busy.chars().count(), 15, "a minute: {busy:?}");
    assert!(busy.ends_with("⣿⣿"), "{busy:?}");
    let quiet = bars(&stage, "quiet");
    assert!(
        quiet.ends_with("⣤⣤"),
        "not as high as the busy one: {quiet:?}"
    );
}

#[test]
fn after_a_burst_bars_still_tell_a_busy_channel_from_a_quiet_one() {
    let mut stage = Stage::sized((200, 50), &["*"], |_| {});
    stage.connection(Connection::Live);
    stage.confirm(0);
    stage.numbered("burst", 10_000);
    for _ in 0..4 {
        stage.numbered("busy", 100);
        stage.numbered("quiet", 2);
        stage.wait(std::time::Duration::from_secs(2));
    }
    let list = lines_in(&stage, stage.app.areas().channels);
    let has = |name: &str, bars: &str| {
        let mut lines = list.iter();
        lines.any(|line| line.contains(name) && line.contains(bars))
    };
    assert!(has("burst", "⢸⣀⣀"), "{list:#?}");
    assert!(has("busy", "⣶"), "{list:#?}");
    assert!(has("quiet", "⣤"), "{list:#?}");
}

#[test]
fn names_have_other_colours_than_the_keys_and_strings_of_payloads() {
    let mut stage = Stage::sized((120, 40), &["*"], |_| {});
    for number in 0..30 {
        let name = format!("name-{number:02}");
        stage.messages(&[(&name, br#"{"key":"text"}"#)]);
    }
    let buffer = stage.buffer();
    let width = usize::from(buffer.area.width);
    let (mut names, mut payloads) = (HashSet::new(), HashSet::new());
    for row in buffer.content.chunks(width) {
        let text: Vec<&str> = row.iter().map(ratatui::buffer::Cell::symbol).collect();
        let text = text.concat();
        let at = |words: &str| text.find(words).map(|byte| text[..byte].chars().count());
        if let Some(key) = at("\"key\"") {
            names.insert(row[key - 4].fg);
            payloads.extend([row[key + 1].fg, row[key + 8].fg]);
        }
    }
    assert!(
        names.len() >= 4 && payloads.len() == 2,
        "{names:?} {payloads:?}"
    );
    assert!(names.is_disjoint(&payloads), "{names:?} {payloads:?}");
}
