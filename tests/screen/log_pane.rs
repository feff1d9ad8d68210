//! The log on the screen: how matches are shown, and how to read long rows.

use std::time::Duration;

use crossterm::event::KeyCode;
use ratatui::buffer::Cell;
use ratatui::style::Color;

use crossterm::event::{MouseButton, MouseEventKind};
use subscope::app::{Chip, Context, Event};

use crate::support::stage::Stage;

/// Returns a stage of this size with a live subscription.
fn stage(width: u16, height: u16) -> Stage {
    let mut stage = Stage::sized((width, height), &["*"], |_| {});
    stage.connection(subscope::server::Connection::Live);
    stage.confirm(0);
    stage
}

/// Sends a message that is longer than a row, with `end` as its last part.
fn send_long(stage: &mut Stage, end: &str) {
    let payload = format!(r#"{{"text":"{}","end":{end}}}"#, "0123456789".repeat(20));
    stage.messages(&[("orders", payload.as_bytes())]);
}

/// Returns the first line of the screen that contains `part`.
fn line_with(stage: &Stage, part: &str) -> String {
    let screen = stage.screen();
    let line = screen.lines().find(|line| line.contains(part));
    line.unwrap_or_else(|| panic!("no {part} in\n{screen}"))
        .to_owned()
}

#[test]
fn the_place_among_the_hits_is_shown_at_every_width() {
    for width in [40, 60, 80, 120, 200] {
        let mut stage = stage(width, 24);
        for number in 0..40 {
            stage.messages(&[("orders", format!("order {number}").as_bytes())]);
        }
        stage.keys("Forder");
        stage.code(KeyCode::Enter);
        stage.keys("NNN");
        line_with(&stage, " 37/40");
        stage.keys("nnnn");
        line_with(&stage, " 1/40");
        stage.keys("N");
        line_with(&stage, " 40/40");
    }
}

#[test]
fn a_running_search_says_that_it_has_not_searched_everything() {
    let mut stage = stage(120, 24);
    stage.numbered("orders", 40);
    stage.keys("F");
    let requests = stage
        .app
        .update(Event::Key(KeyCode::Char('3').into()), stage.now);
    assert_eq!(requests.len(), 1);
    line_with(&stage, "· 0 found so far: 3 · 40 not yet searched");
    let mut stage = self::stage(120, 24);
    stage.numbered("orders", 40);
    stage.keys("F3");
    assert!(!stage.screen().contains("so far"));
}

#[test]
fn the_hints_name_the_keys_for_matches_while_a_search_is_active() {
    for width in [40, 60, 80, 200] {
        let mut stage = stage(width, 12);
        stage.numbered("orders", 40);
        assert!(!stage.screen().contains("n/N match"));
        stage.keys("F3");
        stage.code(KeyCode::Enter);
        line_with(&stage, " n/N match  Enter open");
        line_with(&stage, "q quit");
        stage.keys("GG");
        stage.code(KeyCode::Esc);
        assert!(!stage.screen().contains("n/N match"), "{}", stage.screen());
    }
}

#[test]
fn a_match_beyond_the_end_of_a_row_is_seen_and_the_cut_is_marked() {
    let mut stage = stage(120, 24);
    send_long(&mut stage, r#""needle""#);
    send_long(&mut stage, "1");
    assert!(!stage.screen().contains("needle"));
    stage.keys("Fneedle");
    let line = line_with(&stage, r#""needle"}"#);
    assert!(line.contains("orders …"), "{line}");
    // The row without a match stays as it was.
    assert!(line_with(&stage, r#"{"text":"0123"#).contains("orders {"));
    stage.code(KeyCode::Esc);
    assert!(!stage.screen().contains("needle"));
}

#[test]
fn a_match_of_the_filter_beyond_the_end_of_a_row_is_seen_too() {
    let mut stage = stage(120, 24);
    send_long(&mut stage, r#""needle""#);
    send_long(&mut stage, "1");
    for filter in ["/needle", r#"/.end == "needle""#] {
        stage.keys(filter);
        stage.code(KeyCode::Enter);
        let line = line_with(&stage, r#""needle"}"#);
        assert!(line.contains("orders …"), "{line}");
        // Scrolled sideways, the row shows what is there.
        stage.keys(">");
        assert!(
            !stage.screen().contains(r#""needle"}"#),
            "{}",
            stage.screen()
        );
        stage.keys("<");
        // A filter that matches the start leaves the row as it is.
        stage.keys("/");
        stage.ctrl('u');
        stage.keys("0123");
        stage.code(KeyCode::Enter);
        assert!(line_with(&stage, r#"{"text":"0123"#).contains("orders {"));
        stage.code(KeyCode::Esc);
    }
}

#[test]
fn the_selected_row_is_searched_far_for_its_match() {
    let mut stage = stage(120, 24);
    let payload = "x".repeat(30_000) + "needle";
    stage.messages(&[("orders", payload.as_bytes())]);
    stage.keys("Fneedle");
    assert!(!stage.screen().contains("xneedle"));
    stage.code(KeyCode::Enter);
    line_with(&stage, "xneedle");
}

#[test]
fn rows_scroll_sideways_in_steps_and_the_title_says_so() {
    let mut stage = stage(80, 24);
    send_long(&mut stage, "1");
    stage.keys("<");
    assert_eq!(stage.toast(), "the rows are already shown from their start");
    stage.keys(">");
    line_with(&stage, "Messages 1 · from column 27 ");
    let line = line_with(&stage, "orders …");
    assert!(line.contains("…7890123"), "{line}");
    stage.keys(">");
    line_with(&stage, "· from column 53 ");
    stage.keys("<");
    line_with(&stage, "· from column 27 ");
    // Notices do not scroll; the text of a short row is out of view.
    stage.messages(&[("orders", b"short")]);
    line_with(&stage, "── subscribed to pattern *");
    assert!(!stage.screen().contains("short"));
    stage.code(KeyCode::Esc);
    assert_eq!(stage.toast(), "rows shown from their start again");
    line_with(&stage, "orders short");
    assert!(!stage.screen().contains("from column"));
}

#[test]
fn rows_scroll_as_far_as_the_longest_one() {
    let mut stage = stage(80, 24);
    stage.messages(&[("orders", b"short")]);
    stage.keys(">");
    assert_eq!(stage.toast(), "no visible row continues further right");
    assert!(!stage.screen().contains("from column"));
    send_long(&mut stage, "1");
    stage.keys(&">".repeat(40));
    assert_eq!(stage.toast(), "no visible row continues further right");
    line_with(&stage, r#""end":1}"#);
}

#[test]
fn going_to_a_match_shows_the_rows_from_their_start_again() {
    let mut stage = stage(80, 24);
    send_long(&mut stage, "1");
    stage.keys("Ftext");
    stage.code(KeyCode::Enter);
    stage.keys(">");
    line_with(&stage, "from column 27");
    assert!(!stage.screen().contains("\"text\""));
    stage.keys("n");
    assert!(!stage.screen().contains("from column"));
    line_with(&stage, r#"{"text":"#);
}

/// Returns the colours of the cells that show `text`.
fn colours(stage: &Stage, text: &str) -> Vec<Color> {
    let buffer = stage.buffer();
    let width = usize::from(buffer.area.width);
    let rows = buffer.content.chunks(width);
    for row in rows {
        let symbols: Vec<&str> = row.iter().map(Cell::symbol).collect();
        let letters: Vec<String> = text.chars().map(String::from).collect();
        let mut windows = symbols.windows(letters.len());
        if let Some(at) = windows.position(|window| window == letters) {
            return row[at..at + letters.len()]
                .iter()
                .map(|cell| cell.fg)
                .collect();
        }
    }
    panic!("no {text} in\n{}", stage.screen());
}

#[test]
fn capital_l_turns_the_colours_of_rows_off_and_on() {
    let mut stage = stage(120, 24);
    stage.messages(&[("orders", br#"{"level":"error","id":34621}"#)]);
    let is_plain = |stage: &Stage, text| {
        let colours = colours(stage, text);
        colours.iter().all(|colour| *colour == Color::Reset)
    };
    let time = "22:13:20.000 orders";
    let time = if stage.screen().contains(time) {
        time
    } else {
        ".000 orders"
    };
    let of_time = |stage: &Stage| colours(stage, time)[0];
    assert!(!is_plain(&stage, "level"));
    assert!(!is_plain(&stage, "\"error\""));
    // Numbers stay plain.
    assert!(is_plain(&stage, "34621"));
    assert_eq!(of_time(&stage), Color::Red);
    stage.keys("L");
    assert_eq!(stage.toast(), "row colours off · L turns them on");
    assert!(is_plain(&stage, r#"{"level":"error","id":34621}"#));
    assert_eq!(of_time(&stage), Color::Reset);
    stage.keys("L");
    assert!(!is_plain(&stage, "level"));
    assert_eq!(of_time(&stage), Color::Red);
    assert_eq!(stage.app.context(), Context::Messages);
}

// --- Chips -------------------------------------------------------------------------------------

/// Returns the line of chips.
fn chips(stage: &Stage) -> String {
    let area = stage.app.areas().chips;
    let screen = stage.screen();
    let line = screen.lines().nth(usize::from(area.y)).unwrap();
    let line: String = line.chars().skip(usize::from(area.x)).collect();
    assert!(!area.is_empty(), "no chips in\n{screen}");
    line.trim().to_owned()
}

fn has_chips(stage: &Stage) -> bool {
    !stage.app.areas().chips.is_empty()
}

/// Filters by each of these in turn, keeping the earlier ones in the list of filters.
fn filter(stage: &mut Stage, queries: &[&str]) {
    for (index, query) in queries.iter().enumerate() {
        stage.keys("/");
        stage.keys(query);
        if index + 1 < queries.len() {
            stage.chord(crossterm::event::KeyModifiers::ALT, KeyCode::Enter);
        } else {
            stage.code(KeyCode::Enter);
        }
    }
}

/// Returns a stage with two filters, a muted channel and the log stopped at a breakpoint.
fn limited() -> Stage {
    let mut stage = stage(120, 24);
    stage.messages(&[("jobs", b"a 1"), ("orders", b"a 2"), ("users", b"b 3")]);
    filter(&mut stage, &["a", "/[0-9]/"]);
    stage.code(KeyCode::BackTab);
    stage.keys("gjm");
    stage.code(KeyCode::Tab);
    stage.keys("B4");
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Esc);
    stage.messages(&[("orders", b"a 4"), ("orders", b"a 5")]);
    stage
}

#[test]
fn chips_name_everything_that_limits_the_rows() {
    let mut stage = stage(120, 24);
    stage.numbered("orders", 3);
    assert!(!has_chips(&stage));
    let stage = limited();
    assert_eq!(
        chips(&stage),
        "stopped at 4 ×  muted jobs ×  filter /[0-9]/ ×  filter a ×"
    );
    // The title does not repeat what the chips say.
    let title = line_with(&stage, "Messages 3 of 5 ");
    assert!(
        !title.contains("filter") && !title.contains("muted"),
        "{title}"
    );
}

#[test]
fn chips_are_chosen_and_removed_with_keys_and_z_restores_them() {
    let mut stage = limited();
    stage.keys("X");
    assert_eq!(stage.app.context(), Context::Chips);
    stage.keys("hllllhhlx");
    assert_eq!(stage.toast(), "filter /[0-9]/ removed · Z undoes it");
    assert_eq!(chips(&stage), "stopped at 4 ×  muted jobs ×  filter a ×");
    stage.code(KeyCode::Right);
    stage.code(KeyCode::Delete);
    assert_eq!(stage.toast(), "filter a off · Z undoes it, f lists it");
    assert_eq!(chips(&stage), "stopped at 4 ×  muted jobs ×");
    stage.code(KeyCode::Left);
    stage.keys("x");
    assert_eq!(stage.toast(), "jobs unmuted · Z undoes it");
    assert_eq!(stage.session().shown.messages(), 5);
    assert_eq!(chips(&stage), "stopped at 4 ×");
    let selected = stage.selected();
    stage.keys("lx");
    assert_eq!(stage.toast(), "breakpoint 4 removed · Z undoes it");
    assert!(stage.session().breakpoints.list.is_empty());
    // No chip is left, and the view stays where it was.
    assert!(!has_chips(&stage));
    assert_eq!(stage.app.context(), Context::Messages);
    assert_eq!(stage.selected(), selected);
    assert!(!stage.is_following());
    for toast in [
        "breakpoint 4 restored",
        "jobs muted",
        "filter a on again",
        "filter /[0-9]/ restored",
    ] {
        stage.keys("Z");
        assert_eq!(stage.toast(), toast);
    }
    assert_eq!(chips(&stage), "filter /[0-9]/ ×  filter a ×  muted jobs ×");
    stage.keys("X");
    stage.code(KeyCode::Esc);
    assert_eq!(stage.app.context(), Context::Messages);
    assert!(has_chips(&stage));
}

/// A key pressed twice must not remove what was not selected, such as a breakpoint.
#[test]
fn after_removing_a_chip_none_is_selected() {
    let mut stage = limited();
    stage.keys("Xlxx");
    let none = "none is selected · l selects the next one";
    assert_eq!(stage.toast(), none);
    let rest = "stopped at 4 ×  filter /[0-9]/ ×  filter a ×";
    assert_eq!(chips(&stage), rest);
    stage.code(KeyCode::Enter);
    assert_eq!(stage.toast(), none);
    stage.keys("Z");
    assert_eq!(stage.toast(), "jobs muted");
    stage.keys("x");
    assert_eq!(stage.toast(), none);
    // The selection stays on its chip, even if another one appears before it.
    let mut stage = self::stage(120, 24);
    stage.messages(&[("orders", b"a 1")]);
    filter(&mut stage, &["a"]);
    stage.keys("B4");
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Esc);
    stage.keys("X");
    stage.messages(&[("orders", b"a 4")]);
    assert_eq!(chips(&stage), "stopped at 4 ×  filter a ×");
    stage.keys("x");
    assert_eq!(stage.toast(), "filter a removed · Z undoes it");
}

/// A double click on a cross must not remove the chip that has moved there.
#[test]
fn a_double_click_on_a_cross_removes_one_chip() {
    let mut stage = stage(120, 24);
    stage.messages(&[("jobs", b"1"), ("mail", b"2"), ("orders", b"3")]);
    stage.code(KeyCode::BackTab);
    stage.keys("gjmjm");
    assert_eq!(chips(&stage), "muted mail ×  muted jobs ×");
    let area = stage.app.areas().chips;
    let cross = area.x + 12;
    for _ in 0..2 {
        stage.mouse(MouseEventKind::Down(MouseButton::Left), cross, area.y);
    }
    assert_eq!(chips(&stage), "muted jobs ×");
    // When the last chip goes, the title of the log moves there.
    stage.now = stage.now.after(Duration::from_secs(1));
    for _ in 0..2 {
        stage.mouse(MouseEventKind::Down(MouseButton::Left), cross, area.y);
    }
    assert!(!has_chips(&stage));
    assert_eq!(stage.app.context(), Context::Messages);
    assert!(stage.is_following());
}

/// What the user did last is the most likely reason for what the log shows.
#[test]
fn the_newest_chip_is_in_front_and_texts_shrink_before_chips_hide() {
    let mut stage = stage(80, 24);
    for name in ["bank:accounts:created", "bank:accounts:closed", "orders"] {
        stage.messages(&[(name, b"1")]);
    }
    stage.code(KeyCode::BackTab);
    stage.keys("gjmjm");
    stage.code(KeyCode::Enter);
    filter(&mut stage, &["something_long:1"]);
    let line = chips(&stage);
    assert!(
        line.starts_with("filter someth…ong:1 ×  only bank:a…eated ×  muted"),
        "{line}"
    );
    stage.send(Event::Resize(60, 15));
    let line = chips(&stage);
    assert!(line.starts_with("filter some"), "{line}");
    let used = line.chars().count();
    let free = usize::from(stage.app.areas().chips.width) - used;
    assert!(line.contains("only ban") && free < 16, "{free} {line}");
}

#[test]
fn what_is_shown_alone_is_shown_even_if_it_is_muted_and_everything_says_so() {
    let mut stage = stage(120, 24);
    stage.messages(&[("bank:eu", b"1"), ("bank:us", b"2"), ("orders", b"3")]);
    stage.code(KeyCode::BackTab);
    stage.keys("T");
    let is_branch = |stage: &Stage| stage.app.channels().selected_branch().is_some();
    stage.keys("g");
    for _ in 0..5 {
        if !is_branch(&stage) {
            stage.keys("j");
        }
    }
    assert!(is_branch(&stage), "{}", stage.screen());
    stage.code(KeyCode::Enter);
    assert_eq!(stage.session().shown.messages(), 2);
    stage.keys("m");
    assert_eq!(
        stage.toast(),
        "bank:* muted, but shown while nothing else is · m unmutes it"
    );
    assert_eq!(stage.session().shown.messages(), 2);
    assert_eq!(
        chips(&stage),
        "muted but shown bank:* ×  only branch bank:* ×"
    );
    // Once everything is shown, the mute is in force, and the chip says so.
    stage.code(KeyCode::Enter);
    assert_eq!(stage.session().shown.messages(), 1);
    assert_eq!(chips(&stage), "muted branch bank:* ×");
}

/// What is muted within the only branch stays hidden, and the log says why.
#[test]
fn mutes_within_the_only_pattern_explain_the_empty_log() {
    let mut stage = stage(120, 24);
    stage.messages(&[("bank:eu", b"1"), ("orders", b"2")]);
    stage.code(KeyCode::BackTab);
    stage.keys("gjmjmg");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.session().shown.messages(), 0);
    let screen = stage.screen();
    assert!(
        screen.contains("No kept unmuted messages arrived via *")
            && screen.contains("m on a muted channel to show it"),
        "{screen}"
    );
}

#[test]
fn the_only_channel_has_a_chip() {
    let mut stage = stage(80, 24);
    stage.messages(&[("jobs", b"1"), ("orders", b"2")]);
    stage.code(KeyCode::BackTab);
    stage.keys("gj");
    stage.code(KeyCode::Enter);
    assert_eq!(chips(&stage), "only jobs ×");
    assert_eq!(stage.shown(), 2);
    stage.keys("Xx");
    assert_eq!(stage.toast(), "all channels shown · Z undoes it");
    assert_eq!(stage.shown(), 3);
    stage.keys("Z");
    assert_eq!(stage.toast(), "only jobs shown");
    assert_eq!(chips(&stage), "only jobs ×");
}

/// A mute has no effect on the only channel, but hides messages once all channels are shown.
#[test]
fn mutes_stay_in_the_chips_beside_the_only_channel_and_in_the_toast() {
    let mut stage = stage(120, 24);
    stage.messages(&[("jobs", b"1"), ("orders", b"2")]);
    stage.code(KeyCode::BackTab);
    stage.keys("gm");
    assert_eq!(chips(&stage), "muted via * ×");
    stage.keys("j");
    stage.code(KeyCode::Enter);
    assert_eq!(chips(&stage), "only jobs ×  muted but shown * ×");
    stage.keys("Xx");
    assert_eq!(
        stage.toast(),
        "only jobs removed · still muted: via * · Z undoes it"
    );
    let mut stage = self::stage(120, 24);
    stage.messages(&[("jobs", b"1"), ("orders", b"2")]);
    stage.code(KeyCode::BackTab);
    stage.keys("gjmjm");
    stage.code(KeyCode::Enter);
    assert_eq!(
        chips(&stage),
        "only orders ×  muted but shown orders ×  muted jobs ×"
    );
    stage.keys("Xhhx");
    assert_eq!(
        stage.toast(),
        "only orders removed · 2 still muted · Z undoes it"
    );
}

#[test]
fn enter_on_a_chip_edits_its_query() {
    let mut stage = limited();
    stage.keys("Xhhlhll");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.context(), Context::Query);
    stage.keys("9");
    stage.code(KeyCode::Backspace);
    stage.code(KeyCode::Backspace);
    stage.keys("i");
    stage.ctrl('u');
    stage.keys("5");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.context(), Context::Chips);
    assert_eq!(
        chips(&stage),
        "stopped at 4 ×  filter 5 ×  muted jobs ×  filter a ×"
    );
    stage.keys("l");
    stage.code(KeyCode::Enter);
    assert_eq!(
        stage.toast(),
        "only a filter or breakpoint can be edited · x removes this"
    );
}

/// Clicks on the first cell of `part` in the line of chips.
fn click(stage: &mut Stage, part: &str) {
    let area = stage.app.areas().chips;
    let screen = stage.screen();
    let line = screen.lines().nth(usize::from(area.y)).unwrap();
    let at = line
        .find(part)
        .unwrap_or_else(|| panic!("no {part} in {line}"));
    let column = u16::try_from(line[..at].chars().count()).unwrap();
    stage.mouse(MouseEventKind::Down(MouseButton::Left), column, area.y);
}

#[test]
fn a_click_on_the_cross_of_a_chip_removes_it() {
    let mut stage = limited();
    click(&mut stage, "×  filter a");
    assert_eq!(chips(&stage), "stopped at 4 ×  muted jobs ×  filter a ×");
    assert_eq!(stage.app.context(), Context::Messages);
    click(&mut stage, "jobs");
    assert_eq!(stage.app.context(), Context::Chips);
    assert_eq!(stage.app.messages().chip.chip, Some(Chip::Muted(0)));
    click(&mut stage, "×  muted");
    assert_eq!(chips(&stage), "muted jobs ×  filter a ×");
}

#[test]
fn chips_without_room_are_counted_and_reached() {
    let mut stage = stage(60, 24);
    let names: Vec<String> = (0..12)
        .map(|number| format!("channel-{number:02}"))
        .collect();
    for name in &names {
        stage.messages(&[(name, b"1")]);
    }
    stage.code(KeyCode::BackTab);
    stage.keys("gj");
    stage.keys(&"mj".repeat(12));
    // The one muted last is in front.
    assert_eq!(
        chips(&stage),
        "muted chan…-11 ×  muted chan…-00 ×  muted chan…-01 ×  +9"
    );
    stage.send(Event::Resize(32, 24));
    stage.keys("X");
    for number in [11].into_iter().chain(0..11) {
        let line = chips(&stage);
        let tail = format!("{number:02} ×");
        assert!(
            line.contains(&tail) && line.contains('+'),
            "{number} {line}"
        );
        stage.keys("l");
    }
    stage.code(KeyCode::Esc);
    let hidden = chips(&stage);
    let (_, hidden) = hidden.split_once('+').unwrap();
    click(&mut stage, &format!("+{hidden}"));
    assert_eq!(stage.app.context(), Context::Chips);
}

#[test]
fn chips_shorten_their_texts_and_escape_them() {
    let mut stage = stage(80, 24);
    stage.numbered("orders", 3);
    filter(
        &mut stage,
        &["this_is_a_rather_long_query_to_begin_with", "\u{202e}"],
    );
    let line = chips(&stage);
    assert!(
        line.starts_with("filter \\u{202e} ×  filter this_is"),
        "{line}"
    );
    assert!(line.ends_with('×'), "{line}");
    for (width, height) in [(1, 24), (7, 24), (12, 24), (40, 12), (60, 15)] {
        stage.send(Event::Resize(width, height));
        stage.screen();
        stage.keys("X");
        stage.screen();
        stage.mouse(MouseEventKind::Down(MouseButton::Left), 2, 1);
        stage.code(KeyCode::Esc);
    }
}

#[test]
fn without_anything_to_remove_capital_x_says_so() {
    let mut stage = stage(80, 24);
    stage.keys("X");
    assert_eq!(
        stage.toast(),
        "nothing hides messages: no filter, no single channel, no mute"
    );
    assert_eq!(stage.app.context(), Context::Messages);
    filter(&mut stage, &["a"]);
    stage.send(Event::Resize(80, 7));
    stage.keys("X");
    assert_eq!(
        stage.toast(),
        "no room for the line of filters · f lists them"
    );
    // From the latest values, `X` goes back to the log.
    stage.send(Event::Resize(80, 24));
    stage.keys("v");
    assert!(!has_chips(&stage));
    stage.keys("X");
    assert_eq!(stage.app.context(), Context::Chips);
    // Once the filter is gone, keys go to the log again.
    stage.keys("x");
    assert_eq!(stage.app.context(), Context::Messages);
}

#[test]
fn rows_are_decoded_and_a_key_shows_them_as_they_were_received() {
    let mut stage = stage(140, 30);
    stage.messages(&[
        ("a", br#"{"text":"gr\u00fcn \/","body":"{\"id\":7}"}"#),
        ("b", b"\x82\xa2id\x07\xa4name\xa3Ann"),
        ("c", br#"{"plain": true}"#),
    ]);
    let has = |stage: &Stage, text: &str| stage.screen().contains(text);
    let decoded = [
        r#"{"text":"grün /","body":⟨json⟩ {"id":7}}"#,
        r#"{"id":7,"name":"Ann"}"#,
    ];
    for text in decoded {
        assert!(has(&stage, text), "{}", stage.screen());
    }
    assert!(has(&stage, r#"{"plain": true}"#));
    stage.keys("I");
    assert_eq!(stage.toast(), "rows as they were received · I decodes them");
    for text in decoded {
        assert!(!has(&stage, text), "{}", stage.screen());
    }
    assert!(has(&stage, r"gr\u00fcn \/"), "{}", stage.screen());
    assert!(has(&stage, r"\x82\xa2id\x07"), "{}", stage.screen());
    stage.keys("I");
    assert!(has(&stage, decoded[1]));
}

#[test]
fn a_match_that_only_the_decoded_row_has_is_found_and_highlighted() {
    for (query, shown) in [("grün", "grün"), ("\"Ann\"", "Ann"), ("/J.ns/", "Jens")] {
        let mut stage = stage(120, 30);
        stage.messages(&[
            ("a", br#"{"text":"gr\u00fcn"}"#),
            ("b", b"\x81\xa4name\xa3Ann"),
            ("c", br#"{"who":"\u004aens"}"#),
            ("d", br#"{"text":"rot"}"#),
        ]);
        stage.keys("/");
        stage.keys(query);
        stage.code(KeyCode::Enter);
        assert!(
            stage.screen().contains("Messages 1 of 4"),
            "{}",
            stage.screen()
        );
        // The match is between quotes only in the row.
        let colours = colours(&stage, &format!(":\"{shown}\""));
        let of_match = &colours[2..colours.len() - 1];
        assert!(
            of_match.iter().all(|colour| *colour == Color::Black),
            "{colours:?}"
        );
    }
}

#[test]
fn the_severity_of_a_packed_message_is_that_of_its_content() {
    let mut stage = stage(120, 30);
    // {"level":"error"} in MessagePack.
    stage.messages(&[("packed", b"\x81\xa5level\xa5error")]);
    assert_eq!(colours(&stage, "22:13:20.000 packed")[0], Color::Red);
}

#[test]
fn a_string_does_not_look_like_several_values() {
    let mut stage = stage(120, 30);
    stage.messages(&[
        ("forged", br#"{"user":"eva\",\"role\":\"admin"}"#),
        ("packed", b"\x81\xa1a\xa5x\",\"y"),
        ("escapes", br#"{"a":"gr\u00fcn\t","b":"C:\\dir"}"#),
    ]);
    let screen = stage.screen();
    for row in [
        r#"{"user":"eva\",\"role\":\"admin"}"#,
        r#"{"a":"x\",\"y"}"#,
        r#"{"a":"grün\t","b":"C:\\dir"}"#,
    ] {
        assert!(screen.contains(row), "{row}\n{screen}");
    }
}
