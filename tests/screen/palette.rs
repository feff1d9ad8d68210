//! The command palette.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Cell;
use ratatui::style::Color;
use subscope::app::{
    Choice, Command, Context, Effect, Event, Focus, Overlay, Palette, PaletteLine, Position,
    Purpose, QueryBox, Question,
};
use subscope::config::Theme;
use subscope::message::Topic;
use subscope::query::Query;
use subscope::server;

use crate::support::stage::Stage;

fn stage() -> Stage {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[
        ("orders:created", b"{\"id\":1}"),
        ("orders:paid", b"{\"id\":2}"),
        ("payments", b"3"),
        ("jobs:high", b"4"),
    ]);
    stage
}

fn palette(stage: &Stage) -> &Palette {
    match stage.app.overlay() {
        Some(Overlay::Palette(palette)) => palette,
        other => panic!("{other:?}"),
    }
}

fn chosen(stage: &Stage) -> &PaletteLine {
    palette(stage).chosen().unwrap()
}

/// Opens the palette, types `text` and runs the best match.
fn run(stage: &mut Stage, text: &str) -> Vec<Effect> {
    stage.keys(&format!(":{text}"));
    stage.code(KeyCode::Enter)
}

fn only(stage: &Stage) -> Option<&str> {
    let only = stage.session().filters.only.as_ref();
    only.map(|scope| std::str::from_utf8(scope.bytes()).unwrap())
}

#[test]
fn it_lists_every_action_of_its_context_with_its_key() {
    let mut stage = stage();
    stage.keys(":");
    assert_eq!(stage.app.context(), Context::Palette);
    let lines = &palette(&stage).lines;
    for (text, key) in [
        (
            "toggle-mute · mute the channel, branch or pattern, or show it again",
            "m",
        ),
        ("clear · clear the log; Z undoes it", "c"),
        ("suspend · suspend; fg in the shell resumes", "Ctrl-Z"),
        ("open · open the selected message", "Enter"),
    ] {
        let line = lines.iter().find(|line| line.text == text);
        assert_eq!(line.map(|line| line.right.as_str()), Some(key), "{text}");
    }
    // In another context, the palette lists other actions.
    stage.code(KeyCode::Esc);
    stage.code(KeyCode::BackTab);
    stage.keys(":");
    let lines = &palette(&stage).lines;
    let has = |text: &str| lines.iter().any(|line| line.text.contains(text));
    assert!(has("plot the channel's rate") && !has("open the selected message"));
}

#[test]
fn typing_finds_actions_by_name_and_by_sentence_and_lights_what_matches() {
    let mut stage = stage();
    for (typed, name, lit) in [
        ("zoom", "zoom", "zoom"),
        ("next-pane", "next-pane", "next-pane"),
        ("next pane", "next-pane", "next-pane"),
        ("np", "next-pane", "np"),
        ("mute", "toggle-mute", "mute"),
        ("togmu", "toggle-mute", "togmu"),
        ("branch mute", "toggle-mute", "mutebranch"),
        ("time", "next-time-form", "time"),
        ("theme", "theme NAME", "theme"),
    ] {
        stage.keys(&format!(":{typed}"));
        let start = format!("{name} · ");
        let text = &chosen(&stage).text;
        assert!(text.starts_with(&start), "{typed}: {text}");
        assert!(stage.screen().contains(&format!(":{typed}")));
        let line = &palette(&stage).lines[0];
        let marks = line.marks.iter().map(|mark| &line.text[mark.clone()]);
        assert_eq!(marks.collect::<String>(), lit, "{typed}");
        let buffer = stage.buffer();
        let yellow = |cell: &&Cell| cell.bg == Color::Yellow;
        let drawn: String = buffer
            .content
            .iter()
            .filter(yellow)
            .map(Cell::symbol)
            .collect();
        assert!(drawn.starts_with(lit), "{typed}: {drawn}");
        stage.code(KeyCode::Esc);
    }
    // Scattered letters match nothing.
    for typed in ["tmfrm", "mutbra", "eee"] {
        stage.keys(&format!(":{typed}"));
        assert!(palette(&stage).lines.is_empty(), "{typed}");
        stage.code(KeyCode::Esc);
    }
    // A key, typed exactly, finds its action.
    for key in ["Z", "]", "c", "Ctrl-D"] {
        stage.keys(&format!(":{key}"));
        assert_eq!(chosen(&stage).right, key);
        stage.code(KeyCode::Esc);
    }
}

#[test]
fn words_from_other_programs_find_what_they_mean() {
    let mut stage = stage();
    for (typed, start) in [
        ("color", "theme NAME · "),
        ("settings", "theme NAME · "),
        ("pause", "toggle-freeze · "),
        ("alert", "breakpoints · "),
        ("bookmark", "toggle-mark · "),
        ("sub", "subscribe · "),
        ("grep", "find QUERY · "),
        ("exit", "quit · "),
        ("wq", "quit · "),
        ("q!", "quit · "),
    ] {
        stage.keys(&format!(":{typed}"));
        let text = &chosen(&stage).text;
        assert!(text.starts_with(start), "{typed}: {text}");
        stage.code(KeyCode::Esc);
    }
    stage.keys(":grep paid");
    assert_eq!(chosen(&stage).text, "mark what matches paid");
    stage.code(KeyCode::Esc);
    assert_eq!(run(&mut stage, "wq"), [Effect::Quit]);
}

#[test]
fn no_two_lines_have_the_same_name_and_different_effects() {
    let mut stage = stage();
    stage.keys(":");
    for name in ["quit", "export", "subscribe"] {
        let lines = palette(&stage).lines.iter();
        let of_name = lines.filter(|line| {
            let first = line.text.split(' ').next();
            first == Some(name)
        });
        assert_eq!(of_name.count(), 1, "{name}");
    }
    // What the action asks for can be typed as well.
    stage.keys("subscribe");
    stage.code(KeyCode::Tab);
    assert_eq!(palette(&stage).typed(), "subscribe ");
    stage.code(KeyCode::Esc);
    stage.keys(":quit");
    assert_eq!(chosen(&stage).text, "quit · leave the program");
}

#[test]
fn the_channel_or_theme_that_may_be_meant_is_named() {
    let mut stage = stage();
    stage.keys(":open orders:piad");
    let refused = "no channel matches orders:piad; did you mean 'orders:paid'?";
    assert_eq!(chosen(&stage).text, refused);
    stage.code(KeyCode::Down);
    stage.code(KeyCode::Enter);
    assert_eq!(only(&stage), Some("orders:paid"));
    run(&mut stage, "theme lihgt");
    assert_eq!(
        stage.toast(),
        "no theme is called lihgt, did you mean 'light'?"
    );
}

/// The names are those of `subscope keys`: none of them may find something else first.
#[test]
fn every_action_is_found_by_its_name() {
    let mut stage = stage();
    let commands: Vec<&str> = Command::ALL.iter().map(|command| command.name()).collect();
    let keymap = stage.session().settings.keymap.clone();
    for binding in keymap.bindings_in(Context::Messages) {
        let name = binding.action.name();
        if commands.contains(&name.as_str()) || ["palette", "interrupt"].contains(&name.as_str()) {
            continue;
        }
        stage.keys(&format!(":{name}"));
        let choice = &chosen(&stage).choice;
        assert!(
            matches!(choice, Choice::Act(action, _) if *action == binding.action),
            "{name}"
        );
        stage.code(KeyCode::Esc);
    }
}

#[test]
fn a_theme_is_chosen_by_name_and_stays_whatever_the_background_is() {
    let mut stage = stage();
    stage.keys(":theme sol");
    let texts = palette(&stage).lines.iter().map(|line| line.text.as_str());
    assert_eq!(
        texts.take(2).collect::<Vec<_>>(),
        [
            "solarized-dark · for Solarized's dark background",
            "solarized-light · for Solarized's light background"
        ]
    );
    let background = || Event::Background([0, 0, 0]);
    let suits = [Effect::SuitBackground([0, 0, 0])];
    assert_eq!(stage.send(background()), suits);
    stage.code(KeyCode::Down);
    stage.code(KeyCode::Tab);
    assert_eq!(palette(&stage).typed(), "theme solarized-light");
    let effects = stage.code(KeyCode::Enter);
    assert_eq!(effects, [Effect::UseTheme(Theme::SolarizedLight)]);
    let toast = "theme solarized-light · theme = \"solarized-light\" in the config file keeps it";
    assert_eq!(stage.toast(), toast);
    assert_eq!(stage.send(background()), []);
    // Where colours may not show the focus, the form of the border does.
    for (name, theme, is_double) in [
        ("plain", Theme::Plain, true),
        ("dark", Theme::Dark, false),
        ("terminal", Theme::Terminal, true),
        ("terminal-light", Theme::TerminalLight, true),
    ] {
        let effects = run(&mut stage, &format!("theme {name}"));
        assert_eq!(effects, [Effect::UseTheme(theme)]);
        assert_eq!(stage.screen().contains('╔'), is_double, "{name}");
    }
    assert_eq!(run(&mut stage, "theme pink"), []);
    assert_eq!(stage.toast(), "no theme is called pink");
}

#[test]
fn enter_runs_the_action_where_the_palette_was_opened() {
    let mut stage = stage();
    run(&mut stage, "breakpoints");
    assert_eq!(stage.app.context(), Context::Query);
    stage.keys("error");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.context(), Context::Breakpoints);
    // In a list, an action applies to the selected entry of the list.
    assert!(!stage.session().breakpoints.list[0].logs_only);
    run(&mut stage, "only count");
    assert_eq!(stage.app.context(), Context::Breakpoints);
    assert!(stage.session().breakpoints.list[0].logs_only);
    stage.code(KeyCode::Esc);
    run(&mut stage, "next pane");
    assert_eq!(stage.app.focus(), Focus::Channels);
}

#[test]
fn an_action_on_a_moving_row_highlights_it_first() {
    let mut stage = stage();
    run(&mut stage, "mute the chan");
    assert!(
        stage.toast().contains("m again to mute its channel"),
        "{}",
        stage.toast()
    );
    assert_eq!(stage.session().filters.muted.len(), 1);
    stage.keys("m");
    assert_eq!(stage.session().filters.muted.len(), 2);
}

#[test]
fn a_dangerous_action_still_asks() {
    let mut stage = Stage::new(&["*"]);
    stage.numbered("a", 1_001);
    assert_eq!(run(&mut stage, "quit"), []);
    let is_asked = |stage: &Stage| {
        matches!(
            stage.app.overlay(),
            Some(Overlay::Confirm(Question::Quit { kept: 1_001, .. }))
        )
    };
    assert!(is_asked(&stage));
    stage.code(KeyCode::Esc);
    assert_eq!(run(&mut stage, "close the message, plot"), []);
    assert!(is_asked(&stage));
    let mut stage = Stage::new(&["*"]);
    assert_eq!(run(&mut stage, "quit"), [Effect::Quit]);
    // An action that is not allowed is refused in the palette too.
    let mut stage = Stage::with(&["*"], |settings| settings.read_only = true);
    run(&mut stage, "publish to");
    assert!(stage.toast().contains("read-only"));
}

#[test]
fn what_was_run_last_comes_first() {
    let mut stage = stage();
    run(&mut stage, "times: local");
    run(&mut stage, "sort the channels");
    stage.keys(":");
    let first: Vec<&str> = palette(&stage)
        .lines
        .iter()
        .map(|line| line.right.as_str())
        .collect();
    assert_eq!(first[..2], ["s", "t"]);
    stage.code(KeyCode::Esc);
    run(&mut stage, "open paid");
    run(&mut stage, "filter id");
    stage.keys(":");
    let texts: Vec<&str> = palette(&stage)
        .lines
        .iter()
        .map(|line| line.text.as_str())
        .collect();
    assert_eq!(texts[..2], ["filter id", "open orders:paid"]);
    // Enter runs the selected entry again.
    stage.code(KeyCode::Down);
    stage.code(KeyCode::Enter);
    assert_eq!(only(&stage), Some("orders:paid"));
    // The next run starts with the actions, but not with what was typed.
    let kept = stage.app.kept();
    assert_eq!(
        kept.recents[..2],
        ["panes.next-sort", "panes.next-time-form"]
    );
    let mut stage = Stage::with(&["*"], |settings| *settings = kept.apply(settings.clone()));
    stage.keys(":");
    let lines = palette(&stage).lines.iter();
    let keys: Vec<&str> = lines.map(|line| line.right.as_str()).collect();
    assert_eq!(keys[..2], ["s", "t"]);
    assert!(!keys.contains(&"again"));
}

#[test]
fn open_searches_any_number_of_channels_in_parts() {
    let mut stage = Stage::with(&["*"], |settings| settings.keep = 64 << 20);
    let names: Vec<String> = (0..30_000)
        .map(|number| format!("once:{number:05}"))
        .collect();
    let messages: Vec<_> = names
        .iter()
        .map(|name| (name.as_str(), &b"x"[..]))
        .collect();
    stage.messages(&messages);
    stage.keys(":open 29999");
    assert!(palette(&stage).due().is_some(), "one part only");
    assert!(stage.screen().contains(" so far "), "{}", stage.screen());
    for _ in 0..10 {
        stage.wait(Duration::from_millis(20));
    }
    assert_eq!(palette(&stage).due(), None);
    assert_eq!(palette(&stage).channels_found(), Some((1, true)));
    assert_eq!(chosen(&stage).text, "once:29999");
    assert!(stage.screen().contains(" 1 channel "), "{}", stage.screen());
    stage.code(KeyCode::Enter);
    assert_eq!(only(&stage), Some("once:29999"));
    // A line that the user has selected stays selected while others are found.
    stage.keys(":open once");
    stage.code(KeyCode::Down);
    stage.code(KeyCode::Down);
    let selected = chosen(&stage).text.clone();
    for _ in 0..10 {
        stage.wait(Duration::from_millis(20));
    }
    assert_eq!(chosen(&stage).text, selected);
    assert_eq!(palette(&stage).channels_found(), Some((30_000, true)));
}

#[test]
fn a_channel_that_the_user_has_selected_stays_although_better_ones_are_found() {
    let mut stage = Stage::with(&["*"], |settings| settings.keep = 64 << 20);
    let names: Vec<String> = (0..40_000)
        .map(|number| {
            let start = if number < 20_000 { "a:long:" } else { "" };
            format!("{start}once:{number:05}")
        })
        .collect();
    let messages: Vec<_> = names
        .iter()
        .map(|name| (name.as_str(), &b"x"[..]))
        .collect();
    stage.messages(&messages);
    stage.keys(":open once");
    stage.code(KeyCode::Down);
    stage.code(KeyCode::Up);
    stage.code(KeyCode::Down);
    let selected = chosen(&stage).text.clone();
    assert!(selected.starts_with("a:long:"), "{selected}");
    while palette(&stage).due().is_some() {
        stage.wait(Duration::from_millis(20));
        assert_eq!(chosen(&stage).text, selected);
    }
    assert_eq!(palette(&stage).channels_found(), Some((40_000, true)));
    assert!(palette(&stage).lines[0].text.starts_with("once:"));
    stage.code(KeyCode::Enter);
    assert_eq!(only(&stage), Some(&*selected));
}

#[test]
fn open_completes_names_and_shows_only_that_channel() {
    let mut stage = stage();
    stage.keys(":open ordpd");
    assert_eq!(chosen(&stage).text, "orders:paid");
    stage.code(KeyCode::Tab);
    assert_eq!(palette(&stage).typed(), "open orders:paid");
    stage.code(KeyCode::Enter);
    assert_eq!(only(&stage), Some("orders:paid"));
    assert_eq!(stage.channel_selected(), "orders:paid");
    assert_eq!(stage.shown(), 1);
    // An exact name comes before longer ones.
    stage.messages(&[("orders", b"5")]);
    stage.keys(":open orders");
    assert_eq!(chosen(&stage).choice, Choice::Open(b"orders"[..].into()));
    stage.code(KeyCode::Esc);
    // Opening a channel closes the latest values and shows the log.
    stage.keys("v");
    run(&mut stage, "open payments");
    assert_eq!(only(&stage), Some("payments"));
    assert_eq!(stage.app.context(), Context::Messages);
    // An unknown name changes nothing.
    run(&mut stage, "open nosuchchannel");
    assert!(stage.toast().contains("nosuchchannel"), "{}", stage.toast());
    assert_eq!(only(&stage), Some("payments"));
    assert_eq!(stage.app.context(), Context::Palette);
}

#[test]
fn open_finds_channels_in_folded_branches() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("beat:one", b"1"), ("beat:two", b"2"), ("other", b"3")]);
    stage.code(KeyCode::Tab);
    stage.keys("T");
    let listed = stage.app.channels().entries.len();
    assert_eq!(
        listed, 3,
        "the pattern, the folded branch, and the other channel"
    );
    run(&mut stage, "open beat:two");
    assert_eq!(only(&stage), Some("beat:two"));
    assert_eq!(stage.shown(), 1);
    stage.keys(":open bone");
    assert_eq!(chosen(&stage).text, "beat:one");
}

#[test]
fn a_name_with_escapes_is_opened_as_it_is_listed() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("odd\u{1b}[31m name", b"1"), ("other", b"2")]);
    stage.keys(":open oddnm");
    assert!(!stage.screen().contains('\u{1b}'));
    stage.code(KeyCode::Tab);
    stage.code(KeyCode::Enter);
    assert_eq!(only(&stage), Some("odd\u{1b}[31m name"));
}

#[test]
fn filter_and_find_take_a_query() {
    let mut stage = stage();
    run(&mut stage, "filter .id = 2");
    assert_eq!(stage.shown(), 1);
    assert_eq!(
        stage.session().filters.typed.as_ref().unwrap().text(),
        ".id = 2"
    );
    run(&mut stage, "find paid");
    assert_eq!(
        stage.session().find.as_ref().unwrap().watch.query().text(),
        "paid"
    );
    // A filter that replaces another one says so.
    run(&mut stage, "filter id");
    assert_eq!(stage.toast(), "filter .id = 2 replaced · Z undoes it");
    stage.keys("Z");
    assert_eq!(stage.toast(), "filter .id = 2 restored in place of id");
    assert_eq!(typed(&stage), Some(".id = 2"));
    // An invalid query opens the box with its text and its error.
    for (command, purpose) in [("filter", Purpose::Filter), ("find", Purpose::Find)] {
        let before = typed(&stage).map(str::to_owned);
        run(&mut stage, &format!("{command} size>"));
        let query_box = query_box(&stage);
        assert_eq!(query_box.purpose, purpose);
        assert_eq!(query_box.input.text(), "size>");
        assert!(query_box.wrong().is_some());
        assert!(
            stage.screen().contains("write a size in bytes"),
            "{}",
            stage.screen()
        );
        assert_eq!(typed(&stage), before.as_deref());
        stage.keys("1");
        stage.code(KeyCode::Enter);
        assert!(stage.app.overlay().is_none());
    }
    assert_eq!(typed(&stage), Some("size>1"));
    // Without a query, the box opens with the filter in force.
    for typed in ["filter ", "filter"] {
        run(&mut stage, typed);
        assert_eq!(query_box(&stage).input.text(), "size>1");
        stage.code(KeyCode::Esc);
    }
}

fn typed(stage: &Stage) -> Option<&str> {
    stage.session().filters.typed.as_ref().map(Query::text)
}

fn query_box(stage: &Stage) -> &QueryBox {
    match stage.app.overlay() {
        Some(Overlay::Query(query_box)) => query_box,
        other => panic!("{other:?}"),
    }
}

#[test]
fn subscribe_says_what_it_subscribes_to() {
    let mut stage = stage();
    for (typed, kind, topic) in [
        ("subscribe jobs:*", "pattern", Topic::pattern(b"jobs:*")),
        ("subscribe jobs:low", "channel", Topic::channel(b"jobs:low")),
    ] {
        stage.keys(&format!(":{typed}"));
        assert!(
            chosen(&stage).text.contains(kind),
            "{}",
            chosen(&stage).text
        );
        let effects = stage.code(KeyCode::Enter);
        let [Effect::Command(server::Command::Subscribe(subscription))] = &effects[..] else {
            panic!("{effects:?}");
        };
        assert_eq!(subscription.topic, topic);
    }
    stage.keys(":subscribe ");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.context(), Context::Prompt);
}

#[test]
fn export_writes_the_rows_shown_or_asks_for_the_file() {
    let mut stage = stage();
    stage.keys(":export rows.csv");
    assert_eq!(chosen(&stage).text, "write the rows shown to rows.csv");
    let effects = stage.code(KeyCode::Enter);
    assert!(matches!(effects[..], [Effect::Export(_)]), "{effects:?}");
    stage.keys(":export ");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.context(), Context::Export);
}

#[test]
fn a_command_without_its_argument_is_begun() {
    let mut stage = stage();
    for key in [KeyCode::Enter, KeyCode::Tab] {
        stage.keys(":open");
        assert!(
            chosen(&stage).text.starts_with("open NAME"),
            "{}",
            chosen(&stage).text
        );
        stage.code(key);
        assert_eq!(palette(&stage).input.text(), "open ");
        assert_eq!(palette(&stage).lines[0].right, "show only this channel");
        stage.code(KeyCode::Esc);
    }
}

#[test]
fn a_paste_never_runs_anything() {
    let mut stage = stage();
    stage.keys(":");
    stage.send(Event::Paste("quit\n".to_owned()));
    for letter in "quit".chars() {
        stage.send(Event::Burst(KeyEvent::from(KeyCode::Char(letter))));
    }
    let effects = stage.send(Event::Burst(KeyEvent::from(KeyCode::Enter)));
    assert_eq!(effects, []);
    assert_eq!(stage.app.context(), Context::Palette);
    assert!(palette(&stage).input.text().starts_with("quitquit"));
}

#[test]
fn nothing_runs_if_nothing_matches() {
    let mut stage = stage();
    run(&mut stage, "qqqqzzzz");
    assert_eq!(stage.app.context(), Context::Palette);
    assert!(stage.toast().contains("nothing matches"));
    assert!(stage.screen().contains("no command matches"));
}

#[test]
fn it_is_usable_at_every_size() {
    for (width, height) in [(200, 50), (120, 40), (80, 24), (60, 15), (40, 12)] {
        let mut stage = stage();
        stage.send(Event::Resize(width, height));
        stage.keys(":mute");
        let screen = stage.screen();
        assert!(
            screen.contains(":mute") && screen.contains("mute the chan"),
            "{screen}"
        );
        assert!(stage.caret().is_some());
        // The selection stays in view.
        stage.code(KeyCode::Esc);
        stage.keys(":");
        for _ in 0..200 {
            stage.code(KeyCode::Down);
            let height = usize::from(stage.app.areas().palette_lines().height);
            let palette = palette(&stage);
            assert!((palette.top..palette.top + height).contains(&palette.selected));
        }
        let last = palette(&stage).lines.len() - 1;
        assert_eq!(palette(&stage).selected, last);
    }
}

#[test]
fn the_log_follows_behind_it() {
    let mut stage = stage();
    stage.keys(":");
    stage.messages(&[("a", b"new")]);
    stage.code(KeyCode::Esc);
    assert_eq!(stage.app.messages().position, Position::Following);
    assert_eq!(stage.shown(), 5);
}

#[test]
fn a_long_error_in_a_query_is_read_in_full() {
    let mut stage = Stage::sized((60, 15), &["*"], |_| {});
    stage.keys(":filter enters(.temp > 80)");
    let screen = stage.screen();
    let shown = screen.replace(['│', '┃', '║', '\n'], " ");
    let shown: Vec<&str> = shown.split_whitespace().collect();
    let words = "enters(…) works only in breakpoints (--break); to find the text, use quotes";
    assert!(shown.join(" ").contains(words), "{screen}");
}

#[test]
fn a_typo_is_forgiven_if_nothing_else_matches() {
    let mut stage = stage();
    stage.send(Event::Resize(60, 15));
    for (typed, name) in [
        ("filtr", "filter QUERY · show only what matches"),
        ("fitler", "filter QUERY · show only what matches"),
        ("exprot", "export"),
        ("togle-mute", "toggle-mute"),
    ] {
        stage.keys(&format!(":{typed}"));
        let first = palette(&stage).lines.first().map(|line| line.text.clone());
        let first = first.unwrap_or_else(|| panic!("{typed} finds nothing"));
        assert!(first.starts_with(name), "{typed}: {first}");
        stage.code(KeyCode::Esc);
    }
    // With an argument, Enter runs the command that was meant.
    run(&mut stage, "filtr orders");
    let typed = stage.session().filters.typed.as_ref();
    assert_eq!(
        typed.map(|query| query.text().to_owned()),
        Some("orders".to_owned())
    );
    // What is not like any name still finds nothing.
    stage.keys(":qqqqqqqq");
    assert!(palette(&stage).lines.is_empty());
}
